"""Validate: run the patterns and lay what comes out beside what is known of real platforms."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sim.model.records import Records, Runs
from sim.outcomes.patterns import EVENTS, MEASURES, Pattern, Quantity, Simulated, chosen
from sim.report.validate import Finding, Validation
from sim.rules.sentences import Term
from sim.scenario.arguments import MOST_SEEDS, entries_of, whole_number
from sim.scenario.scenario import BASELINE, Scenario
from sim.study.answer import answer
from sim.study.command import Command, add_folder, literal
from sim.study.question import Question
from sim.study.task import Task
from sim.study.workers import simulate_all


@dataclass(frozen=True)
class ValidateQuestion(Question):
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
        progress: Show how far it is: a bar on a terminal, elsewhere a line now and then.
        out: A folder to keep finished runs in, and to write the result into; see `sim.compare`.

    Raises:
        ScenarioError: If a pattern is unknown, or there are fewer than two seeds.
    """
    found: Validation = answer(question(names, seeds), workers, progress, out)
    return found


def question(names: Sequence[str] = (), seeds: int | None = None) -> ValidateQuestion:
    """Return what `validate` asks, checked; arguments and errors are those of `validate`."""
    many = None if seeds is None else whole_number(seeds, "seeds", 2, MOST_SEEDS)
    asked = [str(name) for name in entries_of(names, "names", Term("a list of numbers or names of patterns"))]
    return ValidateQuestion(tuple(pattern.name for pattern in chosen(asked)), many)


def run(pattern: Pattern, seeds: int | None = None, off: bool = False, **settings: Any) -> list[Finding]:
    """Run one pattern.

    Args:
        pattern: The pattern.
        seeds: How many runs of each arm (0, 1, 2, ...); as many as the pattern says if not given.
        off: Switch the mechanism off.
        settings: Other settings, over everything else.
    """
    runs = _PatternRuns.of(pattern, seeds, off, **settings)
    return list(runs.results(iter(simulate_all(runs.tasks))))


@dataclass(frozen=True)
class _PatternRuns:
    """The runs that one pattern needs: a task for each scenario, and for each quantity the task it is measured on."""

    pattern: Pattern
    seeds: int
    tasks: list[Task]
    measured: list[tuple[Quantity, Scenario, int]]

    @classmethod
    def of(cls, pattern: Pattern, seeds: int | None, off: bool = False, **settings: Any) -> _PatternRuns:
        n = pattern.seeds if seeds is None else seeds
        kinds = tuple(sorted({kind for q in pattern.quantity for kind in EVENTS.get(q.measure, ())}))
        tasks: list[Task] = []
        measured: list[tuple[Quantity, Scenario, int]] = []
        for quantity in pattern.quantity:
            scenario = pattern.scenario(quantity.preset, pattern.off if off else {}, settings)
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
            simulated = MEASURES[quantity.measure](made[place], **quantity.of)
            yield Finding(self.pattern, quantity, self.seeds, scenario.days, simulated)


def _alike(one: Task, other: Task) -> bool:
    return (one.fingerprint, one.lanes) == (other.fingerprint, other.lanes)


def _measurable(task: Task, runs: Runs) -> Simulated:
    records = Records.joined(runs.parts())
    events = records.events
    if events is not None:
        events = events[events["hour"] >= 24 * task.scenario.warmup_days]
    return Simulated(task.scenario, records.daily, records.breakdown, events)


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("patterns", nargs="*", metavar="PATTERN", help="number or name of a pattern (all)")
    command.add_argument("--seeds", type=literal, metavar="N", help="runs of every arm (as many as each pattern says)")
    add_folder(command)


def _ask(given: Namespace) -> ValidateQuestion:
    return question(given.patterns, given.seeds)


COMMAND = Command(
    "Hold the model against what is known of real platforms.", "nulls --seeds 5", _take, _ask, after="why"
)
