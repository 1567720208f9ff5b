"""Ranges: how far each policy's effect depends on uncertain parameters, varied one at a time over what is plausible.

Every variant of the scenario meets the same seeds, so that the same luck stands behind all of them and what a
parameter changes in an effect is known better than the effect itself.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.model.records import Runs
from sim.outcomes.counts import HEADLINE, Counts, by_seed, counts_of
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.statistics import NONE, Effect, Floats, Interval, paired_effect, ratio_change_interval
from sim.outcomes.verdicts import Verdict
from sim.policies.altered import under
from sim.report.ranges import COLUMNS, ENDS, Ranges
from sim.report.remarks import outside_its_range
from sim.report.text import plain_number
from sim.rules.declare import Parameter
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Amount, Sentence
from sim.scenario.arguments import Seeds, arms_of, scenario_of, seeds_of, texts_of
from sim.scenario.limits import MAX_POLICIES
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.uncertain import UNCERTAIN, bears_on, check_named, level_elsewhere
from sim.study.answer import answer
from sim.study.command import Command, add_set, add_size, names_given, scenario_given
from sim.study.question import Question
from sim.study.task import Task

SEEDS = 5
"""Seeds unless told otherwise, or fewer if the scenario has fewer: a survey of many variants, each a comparison."""

ALL = "all"
"""In place of names of parameters: every one with a plausible range."""


class _Lane(NamedTuple):
    """One policy under one variant: which parameter is at which end; neither is named where nothing is varied."""

    policy: str
    parameter: str = ""
    end: str = ""


@dataclass(frozen=True)
class RangesQuestion(Question):
    """Each parameter at either end of its plausible range; see `ranges`.

    Attributes:
        scenario: The scenario before anything is varied.
        policies: Arms.
        parameters: Dotted names, ``("all",)``, or ``None`` for those declared with a doubt.
        seeds: Seeds.
    """

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    parameters: tuple[str, ...] | None
    seeds: tuple[int, ...]

    @cached_property
    def varied(self) -> dict[str, Parameter]:
        """Parameters by name."""
        return {
            key: UNCERTAIN[key]
            for key in self._wanted
            if key not in self.left_out and any(bears_on(self.scenario, arm, key) for arm in self.policies)
        }

    @cached_property
    def left_out(self) -> dict[str, Sentence]:
        """Parameters that cannot be varied, with the reason; none if they were asked for by name."""
        reasons = {key: _reason(self.scenario, UNCERTAIN[key]) for key in self._wanted if not self._named}
        return {key: reason for key, reason in reasons.items() if reason}

    @property
    def _named(self) -> bool:
        return self.parameters not in (None, (ALL,))

    @property
    def _wanted(self) -> list[str]:
        if self._named:
            return [key for key in UNCERTAIN if key in (self.parameters or ())]
        return [key for key, p in UNCERTAIN.items() if self.parameters or p.doubt]

    def tasks(self) -> list[Task]:
        """Return a task for what needs none of its own, and one for every end of a parameter."""
        return [Task(variant, (BASELINE, *arms), self.seeds, label=label) for variant, arms, label in self._variants]

    def effects_and_panels(self) -> tuple[int, int]:
        """Return how much is compared and drawn."""
        return 0, 4 * len(self.policies)

    def answer(self, runs: Iterable[Runs]) -> Ranges:
        """Make the bars."""
        found: dict[_Lane, _Found] = {}
        for (variant, arms, _), of_task in zip(self._variants, runs, strict=True):
            found |= dict(_read(counts_of(variant, of_task), arms))
        bars = _bars(self, found)
        every = RangesQuestion(self.scenario, self.policies, (ALL,), self.seeds)
        more = bool({*every.varied} - {*self.varied})
        return Ranges(self.scenario, self.policies, self.seeds, _effects(self, found), bars, self.left_out, more)

    @cached_property
    def _variants(self) -> list[tuple[Scenario, dict[str, _Lane], str]]:
        """The scenario of each task, its arms with what each of them is, and its label."""
        together = [_Lane(policy) for policy in self.policies]
        alone: dict[tuple[str, str], list[_Lane]] = {}
        for key in self.varied:
            for end in ENDS:
                lanes = [_Lane(p, key, end) for p in self.policies if bears_on(self.scenario, p, key)]
                # What sites have of their own, numbers of the first one cannot stand for.
                if level_elsewhere(self.scenario, key) and not self.scenario.sites:
                    together += lanes
                else:
                    alone[key, end] = lanes
        groups = [together[i : i + MAX_POLICIES] for i in range(0, len(together), MAX_POLICIES)]
        variants = [(*self._side_by_side(lanes), f"as it is {i}") for i, lanes in enumerate(groups, 1)]
        for (key, end), lanes in alone.items():
            arms = {lane.policy: lane for lane in lanes}
            variants.append((_variant(self.scenario, self.varied[key], end), arms, f"{key} {end}"))
        return variants

    def _side_by_side(self, lanes: Sequence[_Lane]) -> tuple[Scenario, dict[str, _Lane]]:
        """Return a scenario with an arm for each lane, under numbers of its own where one is varied."""
        arms = {f"lane-{number}": lane for number, lane in enumerate(lanes)}
        policies = {}
        for arm, lane in arms.items():
            policies[arm] = self.scenario.policies[lane.policy]
            if lane.parameter:
                varied = _variant(self.scenario, self.varied[lane.parameter], lane.end)
                policies[arm] = under(policies[arm], varied.platform)
        return self.scenario.replace(policies=policies), arms


def question(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    parameters: Iterable[str] | None = None,
    seeds: Seeds | None = None,
) -> RangesQuestion:
    """Return what `ranges` asks, checked; arguments and errors are those of `ranges`."""
    arms = arms_of(scenario_of(scenario), policies)
    numbers = seeds_of(min(SEEDS, scenario.seeds) if seeds is None else seeds)
    asked = None if parameters is None else texts_of(parameters, "parameters")
    if asked is not None and asked != (ALL,):
        check_named(scenario, arms, asked)
        for key in asked:
            for end in ENDS:
                _variant(scenario, UNCERTAIN[key], end)
    found = RangesQuestion(scenario, arms, asked, numbers)
    if not found.varied:
        raise ScenarioError(Sentence("there is no parameter to vary: name some with --parameters"))
    return found


def ranges(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    parameters: Iterable[str] | None = None,
    seeds: Seeds | None = None,
    workers: int = 1,
    progress: bool = False,
    out: str | Path | None = None,
) -> Ranges:
    """Run baseline and policies with each parameter at either end of its plausible range, the others as they are.

    A rule that a policy sets itself is varied in the baseline alone: the effect is then against another baseline. A
    policy has no bar for a level of registration that neither it nor the baseline is at.

    Args:
        scenario: What to run.
        policies: Arms of the scenario; all of them if not given.
        parameters: Dotted names; ``["all"]`` for every parameter with a plausible range; if not given, those declared
            with a doubt in `sim.rules.parameters` and `sim.rules.rulebook`.
        seeds: How many (then 0, 1, 2, ...) or which; `SEEDS` if not given, or the scenario's if those are fewer.
        workers: Processes. The results do not depend on it.
        progress: Show how far it is: a bar on a terminal, elsewhere a line now and then.
        out: A folder to keep finished runs in, and to write the result into; see `sim.compare`.

    Raises:
        ScenarioError: If a policy or parameter is unknown, a parameter changes nothing or cannot take its range here,
            or there are fewer than two seeds.
    """
    found: Ranges = answer(question(scenario, policies, parameters, seeds), workers, progress, out)
    return found


def _variant(scenario: Scenario, parameter: Parameter, end: str) -> Scenario:
    return scenario.replace(**{parameter.key: _end(parameter, end)})


def _end(parameter: Parameter, end: str) -> float | int:
    value: float | int = getattr(parameter, end)
    return float(value) if parameter.type is float else value


def _reason(scenario: Scenario, parameter: Parameter) -> Sentence | None:
    """Return why a parameter cannot be varied over its range in this scenario, if it cannot."""
    if outside := outside_its_range(scenario, parameter):
        return outside
    for end in ENDS:
        try:
            _variant(scenario, parameter, end)
        except ScenarioError:
            return Sentence("{value} cannot be run here", value=Amount(_end(parameter, end), plain_number))
    return None


class _Found(NamedTuple):
    """Persons seriously harmed of one lane and of its baseline, by seed, and what the pair of them says."""

    baseline: Floats
    policy: Floats
    effect: Effect


def _read(counts: Counts, arms: Mapping[str, _Lane]) -> Iterator[tuple[_Lane, _Found]]:
    """Yield what each lane of a step loop says."""
    outcome = BY_NAME[HEADLINE]
    sums = counts.sums()
    values, events = outcome.formula(sums), sums[outcome.behind[0]]
    baseline, before = by_seed(values, BASELINE), float(by_seed(events, BASELINE).sum())
    for arm, lane in arms.items():
        policy, after = by_seed(values, arm), float(by_seed(events, arm).sum())
        yield lane, _Found(baseline, policy, paired_effect(baseline, policy, (before, after), "/".join(lane), True))


def _effects(planned: RangesQuestion, found: Mapping[_Lane, _Found]) -> pd.DataFrame:
    rows = []
    for policy in planned.policies:
        effect = found[_Lane(policy)].effect
        rows.append((policy, *effect.relative, effect.seeds, effect.verdict))
    names = ["policy", "relative", "relative_low", "relative_high", "seeds", "verdict"]
    return pd.DataFrame(rows, columns=names)


def _bars(planned: RangesQuestion, found: Mapping[_Lane, _Found]) -> pd.DataFrame:
    """Return the bars, in the order of the policies and then of their width; ties in the order of declaration."""
    rows = []
    for policy in planned.policies:
        for key, parameter in planned.varied.items():
            if _Lane(policy, key, "low") not in found:
                continue
            low, high = (found[_Lane(policy, key, end)] for end in ENDS)
            setting = found[_Lane(policy)].effect
            change, verdict = _change(low, high)
            signs = {effect.relative.sign for effect in (setting, low.effect, high.effect)}
            rows.append((
                policy, key, parameter.unit, parameter.doubt, planned.scenario.value_of(key), parameter.low,
                parameter.high, *setting.relative, *low.effect.relative, *high.effect.relative, *change,
                setting.seeds, verdict, verdict is Verdict.MOVES and signs >= {-1, 1},
            ))  # fmt: skip
    bars = pd.DataFrame(rows, columns=list(COLUMNS))
    place = {policy: number for number, policy in enumerate(planned.policies)}
    order = np.lexsort((-bars["change"].abs().fillna(-1), bars["policy"].map(place)))
    return bars.iloc[order].reset_index(drop=True)


def _change(low: _Found, high: _Found) -> tuple[Interval, Verdict]:
    """Return by how much the effect at the high end exceeds that at the low end, and whether that is resolved."""
    change = ratio_change_interval(low.policy - low.baseline, low.baseline, high.policy - high.baseline, high.baseline)
    if Verdict.TOO_FEW in (low.effect.verdict, high.effect.verdict):
        return NONE, Verdict.TOO_FEW
    if any(np.isnan(found.value) for found in (change, low.effect.relative, high.effect.relative)):
        return NONE, Verdict.NO_PERCENTAGE
    if change.value == change.low == change.high == 0:
        return change, Verdict.IDENTICAL
    return change, Verdict.MOVES if change.sign else Verdict.NOT_RESOLVED


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE")
    command.add_argument("--policies", metavar="A,B", help="policies of the file (all)")
    command.add_argument(
        "--parameters", metavar="KEY,...", help="parameters to vary, or all (those declared with a doubt)"
    )
    add_set(command)
    add_size(command)


def _ask(given: Namespace) -> RangesQuestion:
    policies, parameters = names_given("--policies", given.policies), names_given("--parameters", given.parameters)
    return question(scenario_given(given, policies), policies, parameters, given.seeds)


COMMAND = Command(
    "Vary parameters over their ranges: how much is assumed?", "scenarios/classroom.toml --policies phone",
    _take, _ask, after="sweep",
)  # fmt: skip
