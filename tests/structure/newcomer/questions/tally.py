"""Tally: how many persons are seriously harmed in each run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from sim.model.records import Runs
from sim.outcomes.counts import by_seed, counts_of
from sim.outcomes.outcomes import OUTCOMES
from sim.report.tally import Tally
from sim.scenario.arguments import seeds_of
from sim.scenario.scenario import BASELINE, Scenario
from sim.study.command import Command, add_set, add_size, scenario_given
from sim.study.question import Question
from sim.study.task import Task


@dataclass(frozen=True)
class TallyQuestion(Question):
    """Runs of the baseline, counted one by one."""

    scenario: Scenario = field(repr=False)
    seeds: tuple[int, ...]

    def tasks(self) -> list[Task]:
        """Return the one task there is."""
        return [Task(self.scenario, (BASELINE,), self.seeds)]

    def answer(self, runs: Iterable[Runs]) -> Tally:
        """Count."""
        (found,) = runs
        harmed = by_seed(OUTCOMES[0].formula(counts_of(self.scenario, found).sums()), BASELINE)
        return Tally(pd.DataFrame({"seed": self.seeds, "tallied": harmed}))


def _take(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE")
    add_set(command)
    add_size(command)


def _ask(given: Namespace) -> TallyQuestion:
    scenario = scenario_given(given, [])
    return TallyQuestion(scenario, seeds_of(scenario.seeds))


COMMAND = Command(
    "Count the persons harmed in each run.", "scenarios/classroom.toml --seeds 3", _take, _ask, after="why"
)
