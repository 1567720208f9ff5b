"""Doubt: how sure an answer is if all that is uncertain varies at once, over jointly drawn parameter sets.

Every set has a seed of its own, and all policies as lanes. Some sets are run with a second seed: what differs between
the two is luck.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd

from sim.model.records import Runs
from sim.outcomes import doubt as analysis
from sim.outcomes import turns, worth
from sim.outcomes.best import not_told_apart
from sim.outcomes.counts import HEADLINE, added_up_together, sums_of
from sim.outcomes.kept_out import World
from sim.outcomes.outcomes import not_counted, outcomes_of
from sim.outcomes.sets import points, values
from sim.outcomes.statistics import FEWEST_EVENTS, NONE, Flags, Floats, Interval
from sim.report.doubt import COLUMNS, Doubt
from sim.report.doubt_tables import ALL_ASSUMED
from sim.report.remarks import outside_its_range
from sim.rules.declare import Parameter
from sim.rules.errors import ScenarioError, UnansweredError, failures
from sim.rules.sentences import Listed, Sentence
from sim.scenario.arguments import arms_of, scenario_of, texts_of, whole_number
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.uncertain import UNCERTAIN, check_named, no_bearing, setters
from sim.study.answer import answer
from sim.study.command import Command, add_set, add_window, literal, names_given, scenario_given
from sim.study.question import Question
from sim.study.task import Task

DRAWS = 100
"""Parameter sets unless told otherwise."""

MOST_DRAWS = 10_000
"""Parameter sets that one question takes."""

SECOND_RUNS, FEWEST_SECOND_RUNS = 4, 8
"""Of so many sets one, the first ones, is run with a second seed, and of so many at least."""

SECOND_SEED = 1_000_000
"""The second seed of a set is so much more than the first, which is the number of the set."""

MOST_REFUSED = 4
"""So many points are tried for each set that is asked for: a scenario may refuse what some add up to."""


class _Set(NamedTuple):
    """A parameter set: the number of its point, the point, made-up parameters last, and the scenario that has it."""

    number: int
    point: Floats
    scenario: Scenario


class _Sample(NamedTuple):
    """What came out of all sets.

    Attributes:
        points: ``[set, parameter]``.
        dummies: The same of made-up parameters that reach nothing.
        outcomes: By outcome, with its unit: ``[arm, seed of two, set]``, the baseline first; the second seed is missing
            where there was none.
        harmed: Persons seriously harmed in a run, likewise.
        total: The same, here and elsewhere.
    """

    points: Floats
    dummies: Floats
    outcomes: Mapping[tuple[str, str], Floats]
    harmed: Floats
    total: Floats


@dataclass(frozen=True)
class DoubtQuestion(Question):
    """Policies compared over parameter sets; see `doubt`.

    Attributes:
        scenario: The scenario before anything is drawn.
        policies: Arms.
        parameters: Dotted names, or ``None`` for all that are uncertain here.
        draws: How many sets.
        fewest: So many of them must be left if some fail.
        lost: Names of units that failed: a set is left out with its first seed, a second seed alone.
    """

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    parameters: tuple[str, ...] | None
    draws: int
    fewest: int = analysis.FEWEST_SETS
    lost: tuple[str, ...] = ()

    @cached_property
    def drawn(self) -> dict[str, Parameter]:
        """Parameters that are drawn, by name."""
        return {key: parameter for key, parameter in self._asked.items() if key not in self.left_out}

    @cached_property
    def left_out(self) -> dict[str, Sentence]:
        """Parameters with a plausible range that are not drawn, with the reason; none if some were named."""
        if self.parameters is not None:
            return {}
        reasons = {key: _reason(self.scenario, self.policies, parameter) for key, parameter in self._asked.items()}
        return {key: reason for key, reason in reasons.items() if reason}

    @property
    def _asked(self) -> dict[str, Parameter]:
        named = self.parameters
        return UNCERTAIN if named is None else {key: p for key, p in UNCERTAIN.items() if key in named}

    @cached_property
    def sets(self) -> tuple[_Set, ...]:
        """The sets: of all points in their order those that the scenario does not refuse.

        A parameter has a coordinate of its own, so that its values do not depend on which others are drawn.

        Raises:
            ScenarioError: If it refuses too many.
        """
        draws = whole_number(self.draws, "draws", 1, MOST_DRAWS)
        whole_number(self.fewest, "fewest", 1, draws)
        dummies, at = np.split(
            points(MOST_REFUSED * draws, analysis.DUMMIES + len(UNCERTAIN)), [analysis.DUMMIES], axis=1
        )
        at = np.hstack([at[:, [place for place, key in enumerate(UNCERTAIN) if key in self.drawn]], dummies])
        columns = {key: values(p, at[:, i]) for i, (key, p) in enumerate(self.drawn.items())}
        kinds = {key: int if parameter.type is int else float for key, parameter in self.drawn.items()}
        found: list[_Set] = []
        for number, point in enumerate(at):
            try:
                changed = self.scenario.replace(**{key: kinds[key](of[number]) for key, of in columns.items()})
            except ScenarioError as error:
                refusal = error
            else:
                found.append(_Set(number, point, changed))
                if len(found) == draws:
                    return tuple(found)
        raise ScenarioError(
            Sentence(
                "{n} of {tried} parameter sets cannot be run here, the last because {refusal}",
                n=len(at) - len(found), tried=len(at), refusal=str(refusal),
            )
        )  # fmt: skip

    def tasks(self) -> list[Task]:
        """Return a task for every set that is not lost; the first ones have two seeds, where luck can be told apart."""
        return [task for _, task in self._left]

    def without(self, lost: Mapping[str, str]) -> Self:
        """Return what can be asked without units that failed; see `sim.study.question.Question.without`."""
        found = replace(self, lost=tuple(lost))
        if (n := len(found._left)) < self.fewest:
            raise UnansweredError(
                *failures(lost),
                Sentence(
                    "{n} of {draws} parameter sets are left, and the analysis takes at least {fewest}: it cannot be "
                    "answered",
                    n=n, draws=self.draws, fewest=self.fewest,
                ),
                units=[*lost],
            )  # fmt: skip
        return found

    @cached_property
    def _left(self) -> tuple[tuple[_Set, Task], ...]:
        """The sets that are not lost, each with its task."""
        seeds = [tuple(seed for seed in task.seeds if task.unit(seed) not in self.lost) for task in self._tasks]
        return tuple(
            (of, replace(task, seeds=left) if left != task.seeds else task)
            for of, task, left in zip(self.sets, self._tasks, seeds, strict=True)
            if of.number in left
        )

    @cached_property
    def _tasks(self) -> tuple[Task, ...]:
        analysed = self.draws >= analysis.FEWEST_SETS
        twice = max(FEWEST_SECOND_RUNS, self.draws // SECOND_RUNS) if analysed else 0
        return tuple(
            Task(
                of.scenario,
                (BASELINE, *self.policies),
                (of.number, of.number + SECOND_SEED)[: 2 if place < twice else 1],
                label=f"set-{of.number:04d}",
            )
            for place, of in enumerate(self.sets)
        )

    def effects_and_panels(self) -> tuple[int, int]:
        """Return how much is compared and drawn."""
        return 6 * len(self.policies), 3 * len(self.policies)

    def answer(self, runs: Iterable[Runs]) -> Doubt:
        """Make the analysis."""
        _check_installed(len(self._left))
        sample = self._sample(runs)
        effects = {outcome: analysis.relative(found) for outcome, found in sample.outcomes.items()}
        (headline,) = (found for (name, _), found in effects.items() if name == HEADLINE)
        return Doubt(
            self.scenario,
            self.policies,
            len(self._left),
            len(self.drawn),
            self.sets[-1].number + 1 - self.draws,
            self._spreads(sample, effects),
            self._parameters(sample, headline),
            self._conditions(sample, headline),
            self._values(sample),
            self.left_out,
            tuple(key for key in self.left_out if setters(self.scenario, self.policies, key)),
            analysis.spread(sample.harmed[0, 0]),
        )

    def _sample(self, runs: Iterable[Runs]) -> _Sample:
        """Add up all runs at once, each set with its own numbers of what is done elsewhere.

        What else differs between scenarios of sets is the same for all arms of one.
        """
        parts = added_up_together((part for found in runs for part in found.parts()), [0])
        worlds = [World(of.scenario, task.seeds) for of, task in self._left]
        sums = sums_of(self.scenario, parts.daily, parts.breakdown, durations=parts.durations, worlds=worlds)
        arms, sets = (BASELINE, *self.policies), [of for of, _ in self._left]
        seeds = [*(of.number for of in sets), *(of.number + SECOND_SEED for of in sets)]
        order = sums.table.index.get_indexer(pd.MultiIndex.from_product([arms, seeds]))

        def by_arm(counted: pd.Series[float]) -> Floats:
            found: Floats = np.where(order < 0, np.nan, np.asarray(counted, float)[order])
            return found.reshape(len(arms), 2, len(sets))

        outcomes = {}
        for outcome in outcomes_of(self.scenario):
            found = by_arm(outcome.formula(sums))
            found[[bool(not_counted(self.scenario, outcome, arm)) for arm in arms]] = np.nan
            events = by_arm(sums.table[list(outcome.behind)].sum(axis=1))
            found[1:][np.maximum(events[:1], events[1:]) < FEWEST_EVENTS] = np.nan  # as a comparison has it
            outcomes[outcome.name, outcome.unit] = found
        drawn, dummies = np.split(np.array([of.point for of in sets]), [len(self.drawn)], axis=1)
        return _Sample(drawn, dummies, outcomes, by_arm(sums["n_persons_harmed"]), by_arm(sums.total_harmed))

    def _spreads(self, sample: _Sample, effects: Mapping[tuple[str, str], Floats]) -> pd.DataFrame:
        others = sample.points[:, [p.standing != "assumed" for p in self.drawn.values()]]
        rows = []
        for arm, policy in enumerate(self.policies):
            for (name, unit), of_outcome in effects.items():
                base, value = sample.outcomes[name, unit][[0, arm + 1], 0]
                first, second = of_outcome[arm]
                there = np.isfinite(first)
                lower, higher, n = (value < base)[there], (value > base)[there], int(there.sum())
                first, second = first[there], second[there]
                enough = len(first) >= analysis.FEWEST_SETS
                of_luck = analysis.luck(first, second) if enough else NONE
                rests = NONE
                if enough and name == HEADLINE and len(self.drawn) > others.shape[1]:
                    rests = analysis.assumed(others[there], first, second)
                rows.append((
                    policy, name, unit, len(there), len(there) - n, *analysis.spread(first),
                    *analysis.binomial(int(lower.sum()), n), float(higher.mean()) if n else np.nan,
                    analysis.luck_alone(first, second), *of_luck, *rests,
                ))  # fmt: skip
        return pd.DataFrame(rows, columns=[*COLUMNS["doubt"]])

    def _parameters(self, sample: _Sample, headline: Floats) -> pd.DataFrame:
        rows: list[tuple[Any, ...]] = []
        for policy, there, effects in self._of_policies(headline):
            at = sample.points[there]
            found = analysis.first_order(at, effects, sample.dummies[there])
            if found is None:
                continue
            totals = analysis.total(at, effects, found)
            drawn = [*self.drawn.values()]
            for i in np.argsort(-found.shares, kind="stable"):
                p = drawn[i]
                numbers = float(found.shares[i]), float(found.noise[i]), found.dummy, float(totals[i])
                rows.append((policy, p.key, p.unit, p.standing, p.doubt, *numbers, bool(found.stands_out[i])))
        return pd.DataFrame(rows, columns=[*COLUMNS["doubt_parameters"]])

    def _conditions(self, sample: _Sample, headline: Floats) -> pd.DataFrame:
        rows: list[tuple[Any, ...]] = []
        for policy, there, effects in self._of_policies(headline):
            found = turns.where_it_turns(sample.points[there], effects, len(self.policies))
            if found is None:
                continue
            for part in found.parts:
                p = [*self.drawn.values()][part.parameter]
                threshold = float(values(p, np.array([part.point]))[0])
                numbers = found.sets, found.met, found.wanted, found.density, found.coverage
                rows.append((policy, found.raises, p.key, p.doubt, part.above, threshold, *numbers))
        return pd.DataFrame(rows, columns=[*COLUMNS["doubt_conditions"]])

    def _of_policies(self, headline: Floats) -> Iterator[tuple[str, Flags, Floats]]:
        """Yield each policy with the sets in which it has an effect, if they are enough, and the effects there."""
        for policy, (first, _) in zip(self.policies, headline, strict=True):
            there = np.isfinite(first)
            if there.sum() >= analysis.FEWEST_SETS:
                yield policy, there, first[there]

    def _values(self, sample: _Sample) -> pd.DataFrame:
        if len(sample.points) < analysis.FEWEST_SETS:
            return pd.DataFrame(columns=[*COLUMNS["doubt_value"]])
        harm = sample.total[:, 0]
        arms = (BASELINE, *self.policies)
        choice = arms[worth.least_harm(harm)]
        more = {arm: of_arm - harm[arms.index(choice)] for arm, of_arm in zip(arms, harm, strict=True)}
        others = ";".join(arm for arm in not_told_apart(more) if arm != choice)
        level = float(harm[0].mean())
        kinds = [(p.key, p.unit, p.standing, [i]) for i, p in enumerate(self.drawn.values())]
        group = [i for i, p in enumerate(self.drawn.values()) if p.standing == "assumed"]
        if len(group) > 1:
            kinds.insert(0, (ALL_ASSUMED, "", "assumed", group))
        rows, dummy = [], worth.most_of_made_up(harm, sample.dummies)
        for key, unit, standing, columns in kinds:
            found = worth.value_of_knowing(harm, sample.points[:, columns])
            share = Interval(*(x / level if level else np.nan for x in found))
            stands_out = bool(found.value > dummy and found.low > 0)
            rows.append((key, unit, standing, choice, others, *found, *share, dummy, stands_out))
        table = pd.DataFrame(rows, columns=[*COLUMNS["doubt_value"]])
        order = np.lexsort((-table["value"], table["parameter"] != ALL_ASSUMED))
        return table.iloc[order].reset_index(drop=True)


def question(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    parameters: Iterable[str] | None = None,
    draws: int = DRAWS,
    fewest: int = analysis.FEWEST_SETS,
) -> DoubtQuestion:
    """Return what `doubt` asks, checked; arguments and errors are those of `doubt`.

    Args:
        scenario: See `doubt`.
        policies: See `doubt`.
        parameters: See `doubt`.
        draws: See `doubt`.
        fewest: So many sets it takes; with fewer than `analysis.FEWEST_SETS` there are ranges, and nothing else.
    """
    arms = arms_of(scenario_of(scenario), policies)
    n = whole_number(draws, "draws", 0, MOST_DRAWS)
    if n < fewest:
        raise ScenarioError(
            Sentence(
                "draws = {n} are fewer than the analysis can bear. It takes a whole number from {fewest} to {most}.",
                n=n, fewest=fewest, most=str(MOST_DRAWS),
            )
        )  # fmt: skip
    asked = None if parameters is None else texts_of(parameters, "parameters")
    if asked is not None:
        check_named(scenario, arms, asked)
        for key in asked:
            if own := setters(scenario, arms, key):
                raise ScenarioError(
                    Sentence(
                        "{key} is set by {policies}: a policy's own lever is chosen and no doubt. Leave it out, or the "
                        "policy.",
                        key=key, policies=Listed(tuple(own)),
                    )
                )  # fmt: skip
    chosen = scenario.replace(policies={arm: scenario.policies[arm] for arm in arms})
    found = DoubtQuestion(chosen, arms, asked, n, fewest)
    if not found.drawn:
        raise ScenarioError(Sentence("there is no parameter to draw: name some with --parameters"))
    for key, parameter in found.drawn.items():
        if parameter.shape is None:
            raise ScenarioError(
                Sentence("{key} has a plausible range without a shape, so that nothing can be drawn from it.", key=key)
            )
    _check_installed(n)
    return found


def _check_installed(draws: int) -> None:
    """Refuse what could be simulated and not be analysed."""
    if draws >= analysis.FEWEST_SETS and find_spec("SALib") is None:
        raise ScenarioError(Sentence("doubt needs SALib, which is not installed: python -m pip install SALib"))


def doubt(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    parameters: Iterable[str] | None = None,
    draws: int = DRAWS,
    workers: int = 1,
    progress: bool = False,
    out: str | Path | None = None,
) -> Doubt:
    """Run baseline and policies over parameter sets drawn jointly from the plausible ranges, and tell luck from doubt.

    Drawn is by default every parameter with a plausible range that holds its value in the scenario, and that bears on
    a policy, but for what a policy sets itself and what the platform decides and so knows. The first sets are the same
    however many are drawn.

    Args:
        scenario: What to run.
        policies: Arms of the scenario; all of them if not given.
        parameters: Dotted names; if not given, all that are uncertain here.
        draws: How many parameter sets, at least 16.
        workers: Processes. The results do not depend on it.
        progress: Show how far it is: a bar on a terminal, elsewhere a line now and then.
        out: A folder to keep finished runs in, and to write the result into; see `sim.compare`.

    Raises:
        ScenarioError: If a policy or parameter is unknown, a parameter is a lever of a policy or has no shape, there
            are too few draws, or SALib is not installed.
    """
    found: Doubt = answer(question(scenario, policies, parameters, draws), workers, progress, out)
    return found


def _reason(scenario: Scenario, policies: Sequence[str], parameter: Parameter) -> Sentence | None:
    """Return why a parameter is not drawn unless it is named, if so."""
    if why := no_bearing(scenario, policies, parameter.key):
        return why
    if own := setters(scenario, policies, parameter.key):
        return Sentence("set by {policies}", policies=Listed(tuple(own)))
    if parameter.chosen:
        return Sentence("decided by the platform, which knows it")
    return outside_its_range(scenario, parameter)


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE")
    command.add_argument("--policies", metavar="A,B", help="policies of the file (all)")
    command.add_argument("--parameters", metavar="KEY,...", help="parameters to draw (all that are uncertain here)")
    command.add_argument("--draws", type=literal, default=DRAWS, metavar="N", help="parameter sets (%(default)s)")
    add_set(command)
    add_window(command)


def _ask(given: Namespace) -> DoubtQuestion:
    policies, parameters = names_given("--policies", given.policies), names_given("--parameters", given.parameters)
    return question(scenario_given(given, policies), policies, parameters, given.draws)


COMMAND = Command(
    "Draw all that is uncertain at once: how sure is it, and of what?", "scenarios/classroom.toml --draws 64",
    _take, _ask, after="ranges",
)  # fmt: skip
