"""Validation: run the patterns and lay what comes out beside what is known of real platforms."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim import results, running
from sim.errors import ScenarioError
from sim.patterns import EVENTS, KINDS, MEASURES, Pattern, Quantity, Simulated, chosen
from sim.question import Question, Result
from sim.records import Records, Runs
from sim.scenario import BASELINE, Scenario
from sim.statistics import NONE, Interval
from sim.store import Task
from sim.text import grid

WIDTH = 112
UNEXPLAINED = "Nobody has explained this yet."
TOO_WIDE = "The interval reaches beyond the tolerance; more seeds would make it narrower."


@dataclass(frozen=True)
class Finding:
    """What came out for one quantity: the simulated value with its 95% interval over the seeds."""

    pattern: Pattern
    quantity: Quantity
    seeds: int
    days: int
    simulated: Interval

    @property
    def verdict(self) -> str:
        """``passed`` if the whole interval is within the tolerance, or in which way it is not passed."""
        low, high = self.quantity.low, self.quantity.high
        if not self.quantity.measure:
            return "not represented"
        if low <= self.simulated.low and self.simulated.high <= high:
            return "passed"
        return "not passed" if self.simulated.high < low or high < self.simulated.low else "not resolved"


@dataclass(frozen=True)
class Validation(Result):
    """Patterns with what came out, passed or not.

    Attributes:
        found: One result for each quantity of each pattern.
    """

    found: tuple[Finding, ...]

    def table(self) -> str:
        """Return a line for each quantity, then what makes each pattern and why it did not pass."""
        return "\n".join([*table(self.found), "", *_totals(self.found), "", *_notes(self.found)])

    def fill(self, folder: Path) -> None:
        """Write the table."""
        rows = [
            {
                "number": r.pattern.number,
                "name": r.pattern.name,
                "kind": r.quantity.kind,
                "quantity": r.quantity.label,
                "observed": r.quantity.observed,
                "evidence": " ".join(r.quantity.evidence),
                "simulated": r.simulated.value,
                "low": r.simulated.low,
                "high": r.simulated.high,
                "tolerance_low": r.quantity.low,
                "tolerance_high": r.quantity.high,
                "seeds": r.seeds,
                "days": r.days,
                "result": r.verdict,
            }
            for r in self.found
        ]

        results.write_csv(pd.DataFrame(rows), folder / "patterns.csv")


@dataclass(frozen=True)
class ValidateQuestion(Question, name="validate"):
    """Patterns to run.

    Attributes:
        patterns: Their names.
        seeds: How many runs of each arm (0, 1, 2, ...); as many as each pattern says if not given.
    """

    patterns: tuple[str, ...]
    seeds: int | None

    def tasks(self) -> list[Task]:
        """Return a task for every scenario of every pattern."""
        return [task for runs in self._runs for task in runs.tasks]

    def answer(self, runs: Iterable[Runs]) -> Validation:
        """Measure every quantity."""
        counted = iter(runs)
        return Validation(tuple(result for of_pattern in self._runs for result in of_pattern.results(counted)))

    @cached_property
    def _runs(self) -> list[_PatternRuns]:
        return [_PatternRuns.of(pattern, self.seeds) for pattern in chosen(self.patterns)]


def validate(
    names: Sequence[str] = (),
    seeds: int | None = None,
    workers: int = 1,
    progress: bool = False,
    out: str | Path | None = None,
) -> Validation:
    """Run patterns and return what came out, passed or not.

    Args:
        names: Numbers or names of patterns; all if empty.
        seeds: How many runs of each arm; as many as each pattern says if not given.
        workers: Processes. The results do not depend on it.
        progress: Show a bar, where there is a terminal.
        out: A folder to keep finished runs in, and to write the result into; see `sim.compare`.

    Raises:
        ScenarioError: If a pattern is unknown, or there are fewer than two seeds.
    """
    found: Validation = results.answer(question(names, seeds), workers, progress, out)
    return found


def question(names: Sequence[str] = (), seeds: int | None = None) -> ValidateQuestion:
    """Return what `validate` asks, checked; arguments and errors are those of `validate`."""
    if seeds is not None and seeds < 2:
        raise ScenarioError(f"{seeds} seeds give no interval: validate takes at least 2")
    return ValidateQuestion(tuple(pattern.name for pattern in chosen(names)), seeds)


def run(pattern: Pattern, seeds: int | None = None, off: bool = False, **settings: Any) -> list[Finding]:
    """Run one pattern.

    Args:
        pattern: The pattern.
        seeds: How many runs of each arm (0, 1, 2, ...); as many as the pattern says if not given.
        off: Switch the mechanism off.
        settings: Other settings, over everything else.
    """
    runs = _PatternRuns.of(pattern, seeds, off, **settings)
    return list(runs.results(iter(running.simulate_all(runs.tasks))))


@dataclass(frozen=True)
class _PatternRuns:
    """The runs that one pattern needs: a task for each scenario, and for each quantity the task it is measured on."""

    pattern: Pattern
    seeds: int
    tasks: list[Task]
    measured: list[tuple[Quantity, Scenario, int | None]]

    @classmethod
    def of(cls, pattern: Pattern, seeds: int | None, off: bool = False, **settings: Any) -> _PatternRuns:
        n = pattern.seeds if seeds is None else seeds
        kinds = tuple(sorted({kind for q in pattern.quantity for kind in EVENTS.get(q.measure, ())}))
        tasks: list[Task] = []
        measured: list[tuple[Quantity, Scenario, int | None]] = []
        for quantity in pattern.quantity:
            scenario = pattern.scenario(quantity.preset, pattern.off if off else {}, settings)
            place = None
            if quantity.measure:
                label = f"{pattern.name} {len(tasks) + 1}"
                task = Task(scenario, (BASELINE, *scenario.policies), tuple(range(n)), kinds, label)
                place = next((i for i, t in enumerate(tasks) if _alike(t, task)), len(tasks))
                tasks[place:] = tasks[place:] or [task]
            measured.append((quantity, scenario, place))
        return cls(pattern, n, tasks, measured)

    def results(self, counted: Iterator[Runs]) -> Iterator[Finding]:
        """Measure the quantities on the runs of the tasks, which come in their order."""
        made = [_measurable(task, next(counted)) for task in self.tasks]
        for quantity, scenario, place in self.measured:
            simulated = NONE if place is None else MEASURES[quantity.measure](made[place], **quantity.of)
            yield Finding(self.pattern, quantity, self.seeds, scenario.days, simulated)


def _alike(one: Task, other: Task) -> bool:
    return (one.fingerprint, one.lanes) == (other.fingerprint, other.lanes)


def _measurable(task: Task, runs: Runs) -> Simulated:
    records = Records.joined(runs.parts())
    events = records.events
    if events is not None:
        events = events[events["hour"] >= 24 * task.scenario.warmup_days]
    return Simulated(task.scenario, records.daily, events)


# -- telling what came out ---------------------------------------------------------------------------------------------


def table(results: Sequence[Finding]) -> list[str]:
    """Return the lines of the table, heading first, a line for each quantity."""
    head, rows = ["no", "", "quantity", "observed", "simulated (95%)", "tolerance", "result"], []
    for r in results:
        q = r.quantity
        rows.append([str(r.pattern.number), q.kind, q.label, q.observed, _simulated(r), _tolerance(q), r.verdict])
    return grid(head, rows, left=range(len(head))).splitlines()


def _simulated(result: Finding) -> str:
    if not result.quantity.measure:
        return "-"
    value, low, high = (_number(x, result.quantity.percent) for x in result.simulated)
    return f"{value}{'%' * result.quantity.percent} ({low} to {high})"


def _tolerance(quantity: Quantity) -> str:
    low, high = (_number(x, quantity.percent) for x in (quantity.low, quantity.high))
    unit = "%" * quantity.percent
    if quantity.high == np.inf:
        return f"{low}{unit} or more"
    if quantity.low == -np.inf:
        return f"{high}{unit} or less"
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def _number(x: float, percent: bool) -> str:
    return f"{round(100 * x, 1) + 0.0:g}" if percent else f"{x:.3g}"


def _totals(results: Sequence[Finding]) -> Iterator[str]:
    """Yield how many passed, kind by kind: an echo that passes counts for little."""
    parts = []
    for kind, words in KINDS.items():
        of_kind = [r.verdict == "passed" for r in results if r.quantity.kind == kind]
        if of_kind:
            parts.append(f"{kind} {words}: {sum(of_kind)} of {len(of_kind)}")
    yield from textwrap.wrap(
        f"Passed, by kind: {'; '.join(parts)}. Passed is what lies in the tolerance with its whole interval, which "
        "covers Monte Carlo error only. There is no quota; what did not pass is a finding.",
        WIDTH,
    )


def _notes(results: Sequence[Finding]) -> Iterator[str]:
    for number in dict.fromkeys(r.pattern.number for r in results):
        of = [r for r in results if r.pattern.number == number]
        pattern, evidence = of[0].pattern, dict.fromkeys(row for r in of for row in r.quantity.evidence)
        size = f"{of[0].seeds} seeds, {of[0].days} days"
        known = ", ".join([pattern.name, size, *evidence])
        yield from _wrapped(f"{number:>2}  ", f"{pattern.title} ({known}).")
        yield from _wrapped("    ", f"Made by {pattern.mechanism}.")
        if pattern.off_words:
            yield from _wrapped("    ", f"Switched off: {pattern.off_words}.")
        for r in of:
            if r.verdict != "passed":
                why = r.quantity.finding.strip() or (TOO_WIDE if r.verdict == "not resolved" else UNEXPLAINED)
                yield from _wrapped("    * ", f"{r.quantity.label}, {r.verdict}: {why}")


def _wrapped(indent: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))
