"""Why: which mechanism makes a policy's effect. The policy once more with each mechanism held as in the baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim import experiment, headings, results
from sim.arguments import Seeds, scenario_of, seeds_of
from sim.errors import ScenarioError
from sim.mechanisms import MECHANISMS, Mechanism, held
from sim.outcomes import OUTCOMES, Counts, by_seed, counts_of, outcomes_of
from sim.question import Question, Result
from sim.records import Runs
from sim.rules import Policy
from sim.scenario import BASELINE, Scenario
from sim.statistics import (
    FEWEST_EVENTS,
    NONE,
    Floats,
    Interval,
    interval_of,
    paired_change,
    ratio_interval,
    seeds_to_halve,
)
from sim.store import Task
from sim.text import ETHICS, Block, Column, Prose, Table, caveat, change, numbers, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEARLY_ALL = 0.9
"""Share of an effect from which on inputs alone are said to make it."""

COLUMNS = (
    "mechanism", "is_input", "without", "without_low", "without_high", "part", "part_low", "part_high", "alone",
    "alone_low", "alone_high",
)  # fmt: skip
"""Columns of `Why.parts`; all but the first two are shares of the baseline."""


@dataclass(frozen=True)
class Why(Result):
    """One policy's effect on persons seriously harmed, taken apart.

    Attributes:
        scenario: What was run.
        policy: The arm.
        seeds: The seeds, each run under every variant.
        effect: The whole effect, as a share of the baseline, with its 95% interval, as in `Comparison.effects`.
        difference: The same in the unit of the outcome, persons a year per 1,000 monthly visitors.
        verdict: The same in one word.
        parts: One row per mechanism: the effect ``without`` it, its ``part`` (the whole less that), and what it does
            ``alone``, all others held (missing for what no rule switches off), each with its ends. What predators make
            of the same rules is a row of its own and left out of the others.
        together: The whole less the sum of the parts.
    """

    scenario: Scenario = field(repr=False)
    policy: str
    seeds: tuple[int, ...]
    effect: Interval
    difference: Interval
    verdict: str
    parts: pd.DataFrame = field(repr=False)
    together: Interval

    def blocks(self) -> list[Block]:
        """Return what makes the effect: a sentence, the parts, and what to know of them."""
        parts = [_parts(self)] if len(self.parts) > 1 else []
        return [_title(self), _sentence(self), *parts, _notes(self)]

    def plot(self) -> Figure:
        """Draw the part of every mechanism with its 95% interval, and the whole."""
        from sim import figures

        return figures.parts(self.policy, self.effect, self.parts, self.together)

    def fill(self, folder: Path) -> None:
        """Write the table."""
        results.write_csv(self.parts, folder / "why.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figure."""
        return {"why": self.plot}


@dataclass(frozen=True)
class WhyQuestion(Question, name="why"):
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
    found: Why = results.answer(question(scenario, policy, seeds), workers, progress, out)
    return found


def question(scenario: Scenario, policy: str, seeds: Seeds | None = None) -> WhyQuestion:
    """Return what `why` asks, checked; arguments and errors are those of `why`."""
    (arm,) = experiment.arms_of(scenario, [scenario_of(scenario).arm(policy)])
    asked = WhyQuestion(scenario, arm, seeds_of(scenario.seeds if seeds is None else seeds))
    asked.tasks()
    return asked


_WHOLE = "whole"


def _tasks(scenario: Scenario, policy: str, seeds: tuple[int, ...]) -> list[Task]:
    found, works = scenario.policies[policy], mechanisms_of(scenario, policy)
    if not works:
        raise ScenarioError(f"policy {policy!r} changes no rule within the window, so nothing can be taken apart")
    by_rules = {i: mechanism for i, mechanism in enumerate(works) if not mechanism.settings}

    def arms(of: Mechanism | None) -> dict[str, tuple[Policy, ...]]:
        named = {_WHOLE: found}
        for i, mechanism in by_rules.items():
            if _sharing(mechanism, works) is of:
                named[f"without-{i}"] = held(found, [mechanism])
                named[f"alone-{i}"] = held(found, [m for m in by_rules.values() if m is not mechanism])
        return named

    tasks = [Task(scenario.replace(policies=arms(None)), (BASELINE, *arms(None)), seeds, label=_WHOLE)]
    for mechanism in works:
        if mechanism.settings:
            changed = scenario.replace(policies=arms(mechanism), **mechanism.settings)
            tasks.append(Task(changed, (BASELINE, *arms(mechanism)), seeds, label=f"without {mechanism.name}"))
    return tasks


def _taken_apart(asked: WhyQuestion, counts: Sequence[Counts]) -> Why:
    """Say what each mechanism does, from the counts of every task."""
    found = [_harmed(of_task) for of_task in counts]
    base, whole = found[0][BASELINE], found[0][_WHOLE]
    works = mechanisms_of(asked.scenario, asked.policy)
    switched_off = dict(zip([m.name for m in works if m.settings], found[1:], strict=True))
    events = (_events(counts[0], BASELINE), _events(counts[0], _WHOLE))
    effect = paired_change(base, whole, events)
    enough = max(events) >= FEWEST_EVENTS
    rows, parts = [], []
    for i, mechanism in enumerate(works):
        if mechanism.settings:
            off = switched_off[mechanism.name]
            part, alone = whole - base - (off[_WHOLE] - off[BASELINE]), None
        else:
            # What predators make of the same rules is a part of its own, so it is off where this one is told.
            sharing = _sharing(mechanism, works)
            off = switched_off[sharing.name] if sharing else found[0]
            part, alone = off[_WHOLE] - off[f"without-{i}"], off[f"alone-{i}"] - off[BASELINE]
        parts.append(part)
        # Nobody can be spared more than is harmed; but what is taken off one baseline may exceed another one.
        least = -1.0 if off is found[0] else -np.inf
        intervals = [_share(whole - base - part, base, enough).within(least), _share(part, base, enough)]
        intervals.append(_share(alone, base, enough).within(least) if alone is not None else NONE)
        rows.append((mechanism.name, mechanism.is_input, *(x for interval in intervals for x in interval)))
    together = _share(whole - base - np.sum(parts, axis=0), base, enough)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    relative, verdict = (effect.relative, effect.verdict) if enough else (NONE, "too few")
    return Why(asked.scenario, asked.policy, asked.seeds, relative, effect.difference, verdict, table, together)


def _sharing(mechanism: Mechanism, works: Sequence[Mechanism]) -> Mechanism | None:
    """Return what predators make of the rules of a mechanism, if it is at work."""
    return next((m for m in works if m.settings and set(m.rules) & set(mechanism.rules)), None)


def mechanisms_of(scenario: Scenario, policy: str) -> list[Mechanism]:
    """Return the mechanisms through which an arm works."""
    changed = set(scenario.changed_rules(policy))
    works = [m for m in MECHANISMS if changed & set(m.rules)]
    return [m for m in works if any(scenario.value_of(key) != off for key, off in m.settings.items()) or not m.settings]


def _harmed(counts: Counts) -> dict[str, Floats]:
    """Return persons seriously harmed by arm, seed by seed."""
    values = OUTCOMES[0].formula(counts.sums())
    return {arm: by_seed(values, arm) for arm in values.index.get_level_values("policy").unique()}


def _events(counts: Counts, arm: str) -> int:
    return int(by_seed(counts.sums()["n_persons_harmed"], arm).sum())


def _share(difference: Floats, base: Floats, enough: bool) -> Interval:
    return ratio_interval(difference, base) if enough else NONE


def _title(found: Why) -> Block:
    return title(found.scenario, f"what makes the effect of {found.policy}, {len(found.seeds)} seeds each")


def _sentence(found: Why) -> Block:
    return Prose((f"{_finding(found)} {caveat(found.scenario)}",))


def _finding(found: Why) -> str:
    """Return what the policy does to serious harm, as far as the verdict goes, and through what."""
    name, assumed = found.policy, "In this model, with these assumptions,"
    if found.verdict == "too few":
        return f"Too few persons are harmed here to say what {name} does."
    if found.verdict == "identical":
        return f"{assumed} as many are harmed under {name} as under the baseline in every seed: nothing to take apart."
    if found.effect.value != found.effect.value:
        size = f"{numbers(found.difference, '+')} {outcomes_of(found.scenario)[0].unit}"
        return (
            f"{assumed} {name} changes serious harm by {size} ({found.verdict}). Under the baseline it is not told "
            "apart from none, so that nothing can be said in percent of it."
        )
    if found.verdict == "not resolved":
        return (
            f"{assumed} {name} was not seen to change serious harm: {change(found.effect)}, its sign not resolved. "
            "Nor is it known then what makes the change."
        )
    head = f"{assumed} {name} changes serious harm by {change(found.effect)}"
    parts = found.parts.to_dict("records")
    if len(parts) == 1:
        return f"{head}, all of it through {parts[0]['mechanism']}: there is nothing to take apart."
    known = [row for row in parts if interval_of(row, "part").sign and row["part"] * found.effect.value > 0]
    if not known:
        return f"{head}; through which mechanism is not resolved."
    first = max(known, key=lambda row: abs(row["part"]))
    if abs(found.together.value) > abs(found.effect.value) / 2:
        return (
            f"{head}. The parts need each other or stand in for each other, so that no single one can be said to make "
            f"it: together beyond the sum they come to {change(found.together, '')} points. The largest is "
            f"{first['mechanism']}, without which it would be {change(interval_of(first, 'without'))}."
        )
    much = "most of it" if abs(first["part"]) > abs(found.effect.value) / 2 else "the largest part of it"
    without = change(interval_of(first, "without"))
    return f"{head}, {much} through {first['mechanism']}, without which it would be {without}."


def _parts(found: Why) -> Block:
    records = found.parts.to_dict("records")
    names = [f"{row['mechanism']}{' (input)' * row['is_input']}" for row in records]
    names += ["together beyond the sum", "the whole policy"]
    wholes = [change(interval, "", "-") for interval in (found.together, found.effect)]
    columns = []
    for head, last in ((headings.PART, wholes), (headings.WITHOUT, ["", ""]), (headings.ALONE, ["", ""])):
        cells = [change(interval_of(row, head.column.partition(".")[2]), "", "-") for row in records]
        columns.append(Column(head.words, [*cells, *last]))
    kind = "change of persons seriously harmed, in % of the baseline's, in brackets its 95% interval"
    note = "Paired seed by seed. -: no rule switches it off alone, or nothing can be said in percent of the baseline."
    return Table("WHY", kind, [Column(headings.THROUGH.words, names, left=True)], columns, note)


def echo(found: Why) -> bool:
    """Tell whether inputs alone make nearly all of an effect that is resolved: it is an echo of them and no finding."""
    inputs = found.parts.loc[found.parts["is_input"], "part"].sum()
    rest = abs(inputs - found.effect.value)
    return bool(found.effect.sign) and bool(rest <= (1 - NEARLY_ALL) * abs(found.effect.value))


def _notes(found: Why) -> Block:
    notes = []
    if echo(found):
        notes.append(
            "This effect is an echo: inputs alone (shares turned away, findability, factors put in) make nearly all of "
            "it. It shows what was assumed, and is no finding. python -m sim ranges varies them."
        )
    if len(found.parts) > 1:
        notes += [
            "An input is a share or factor that the scenario states; the others come about in the model, which rests "
            "on assumptions too.",
            "Parts need not add up: mechanisms need each other or stand in for each other, which is the last line but "
            "one.",
        ]
    notes += [
        "python -m sim ranges FILE --parameters KEY,... varies the numbers on which it rests; python -m sim explain "
        "NAME says which these are.",
        f"Each interval would be about half as wide with {seeds_to_halve(len(found.seeds))} seeds in all instead of "
        f"{len(found.seeds)}.",
        ETHICS,
    ]
    return Prose(tuple(f"- {note}" for note in notes))
