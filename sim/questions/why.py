"""Why: which mechanism makes a policy's effect. The policy once more with each mechanism held as in the baseline."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from sim.model.records import Runs
from sim.outcomes.counts import HEADLINE, Counts, by_seed, counts_of
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.statistics import FEWEST_EVENTS, NONE, Floats, Interval, paired_change, ratio_interval
from sim.outcomes.verdicts import Verdict
from sim.policies.altered import held
from sim.policies.policy import Policy
from sim.report.why import COLUMNS, Why
from sim.rules.errors import ScenarioError
from sim.rules.mechanisms import MECHANISMS, Mechanism
from sim.rules.rulebook import rules_through
from sim.rules.sentences import Sentence
from sim.scenario.arguments import Seeds, arms_of, scenario_of, seeds_of
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.uncertain import changed_rules
from sim.study.answer import answer
from sim.study.command import Command, add_set, add_size, scenario_given
from sim.study.question import Question
from sim.study.task import Task


@dataclass(frozen=True)
class WhyQuestion(Question):
    """A policy once more without each of its mechanisms; see `why`."""

    scenario: Scenario = field(repr=False)
    policy: str
    seeds: tuple[int, ...]

    def tasks(self) -> list[Task]:
        """Return the loop of the policy itself, and one for each thing that predators make of it."""
        return _tasks(self.scenario, self.policy, self.seeds)

    def answer(self, runs: Iterable[Runs]) -> Why:
        """Take the effect apart."""
        counts = [counts_of(task.scenario, found) for task, found in zip(self.tasks(), runs, strict=True)]
        return _taken_apart(self, counts)


def why(
    scenario: Scenario,
    policy: str,
    seeds: Seeds | None = None,
    workers: int = 1,
    progress: bool = False,
    out: str | Path | None = None,
) -> Why:
    """Run a policy once more with each mechanism that it works through held as in the baseline, and compare.

    Rules are held in the lanes of the step loop that runs the policy itself; what predators make of a policy is
    switched off in a loop of its own, over the same seeds.

    Args:
        scenario: What to run.
        policy: An arm of it.
        seeds: How many (then 0, 1, 2, ...) or which; as many as the scenario says if not given.
        workers: Processes. The results do not depend on it.
        progress: Show how far it is: a bar on a terminal, elsewhere a line now and then.
        out: A folder to keep finished runs in, and to write the result into; see `sim.compare`.

    Raises:
        ScenarioError: If the policy is unknown or changes no rule, or there are fewer than two seeds.
    """
    found: Why = answer(question(scenario, policy, seeds), workers, progress, out)
    return found


def question(scenario: Scenario, policy: str, seeds: Seeds | None = None) -> WhyQuestion:
    """Return what `why` asks, checked; arguments and errors are those of `why`."""
    (arm,) = arms_of(scenario, [scenario_of(scenario).arm(policy)])
    asked = WhyQuestion(scenario, arm, seeds_of(scenario.seeds if seeds is None else seeds))
    asked.tasks()
    return asked


_WHOLE = "whole"


def _tasks(scenario: Scenario, policy: str, seeds: tuple[int, ...]) -> list[Task]:
    found, works = scenario.policies[policy], mechanisms_of(scenario, policy)
    if not works:
        raise ScenarioError(
            Sentence(
                "policy {policy} changes no rule within the window, so nothing can be taken apart", policy=repr(policy)
            )
        )
    by_rules = {i: mechanism for i, mechanism in enumerate(works) if not mechanism.switch}

    def arms(of: Mechanism | None) -> dict[str, tuple[Policy, ...]]:
        named = {_WHOLE: found}
        for i, mechanism in by_rules.items():
            if _sharing(mechanism, works) is of:
                named[f"without-{i}"] = held(found, [mechanism])
                named[f"alone-{i}"] = held(found, [m for m in by_rules.values() if m is not mechanism])
        return named

    tasks = [Task(scenario.replace(policies=arms(None)), (BASELINE, *arms(None)), seeds, label=_WHOLE)]
    for mechanism in works:
        if mechanism.switch:
            changed = scenario.replace(policies=arms(mechanism), **{mechanism.switch: 0.0})
            tasks.append(Task(changed, (BASELINE, *arms(mechanism)), seeds, label=f"without {mechanism.name}"))
    return tasks


def _taken_apart(asked: WhyQuestion, counts: Sequence[Counts]) -> Why:
    """Say what each mechanism does, from the counts of every task."""
    found = [_harmed(of_task) for of_task in counts]
    base, whole = found[0][BASELINE], found[0][_WHOLE]
    works = mechanisms_of(asked.scenario, asked.policy)
    switched_off = dict(zip([m.name for m in works if m.switch], found[1:], strict=True))
    events = (_events(counts[0], BASELINE), _events(counts[0], _WHOLE))
    effect = paired_change(base, whole, events)
    enough = max(events) >= FEWEST_EVENTS
    rows, parts = [], []
    for i, mechanism in enumerate(works):
        if mechanism.switch:
            off = switched_off[mechanism.name]
            part, alone = whole - base - (off[_WHOLE] - off[BASELINE]), None
        else:
            # What predators make of the same rules is a part of its own, so it is off where this one is told.
            sharing = _sharing(mechanism, works)
            off = switched_off[sharing.name] if sharing else found[0]
            part, alone = off[_WHOLE] - off[f"without-{i}"], off[f"alone-{i}"] - off[BASELINE]
        parts.append(part)
        # Nobody can be spared more than is harmed, whatever luck leaves of the difference of two differences.
        intervals = [_share(whole - base - part, base, enough).within(least=-1), _share(part, base, enough)]
        intervals.append(_share(alone, base, enough).within(least=-1) if alone is not None else NONE)
        rows.append((mechanism.name, mechanism.is_input, *(x for interval in intervals for x in interval)))
    together = _share(whole - base - np.sum(parts, axis=0), base, enough)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    relative, verdict = (effect.relative, effect.verdict) if enough else (NONE, Verdict.TOO_FEW)
    return Why(asked.scenario, asked.policy, asked.seeds, relative, effect.difference, verdict, table, together)


def _sharing(mechanism: Mechanism, works: Sequence[Mechanism]) -> Mechanism | None:
    """Return what predators make of the rules of a mechanism, if it is at work."""
    return next((m for m in works if m.switch and {*rules_through(m)} & {*rules_through(mechanism)}), None)


def mechanisms_of(scenario: Scenario, policy: str) -> list[Mechanism]:
    """Return the mechanisms through which an arm works."""
    changed = set(changed_rules(scenario, policy))
    works = [m for m in MECHANISMS if changed & {*rules_through(m)}]
    return [m for m in works if not m.switch or scenario.value_of(m.switch)]


def _harmed(counts: Counts) -> dict[str, Floats]:
    """Return persons seriously harmed here and elsewhere by arm, seed by seed."""
    values = BY_NAME[HEADLINE].formula(counts.sums())
    return {arm: by_seed(values, arm) for arm in values.index.get_level_values("policy").unique()}


def _events(counts: Counts, arm: str) -> int:
    return int(by_seed(counts.sums()["n_persons_harmed"], arm).sum())


def _share(difference: Floats, base: Floats, enough: bool) -> Interval:
    return ratio_interval(difference, base) if enough else NONE


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE")
    command.add_argument("--policy", required=True, metavar="A", help="a policy of the file")
    add_set(command)
    add_size(command)


def _ask(given: Namespace) -> WhyQuestion:
    return question(scenario_given(given, [given.policy]), given.policy)


COMMAND = Command(
    "Take the effect of a policy apart: which mechanisms make it?", "scenarios/classroom.toml --policy email",
    _take, _ask, after="ranges",
)  # fmt: skip
