"""Compare: run policies over seeds and compare them in pairs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sim.model.engines import Engine
from sim.model.records import Runs
from sim.outcomes.counts import counts_of
from sim.outcomes.effects import effects_of, interactions_of
from sim.report.compare import Comparison
from sim.rules.errors import ScenarioError
from sim.scenario.arguments import Seeds, scenario_of, seeds_of, texts_of
from sim.scenario.scenario import BASELINE, Scenario
from sim.study.answer import answer
from sim.study.command import Command, add_engine, add_set, add_size, names_given, scenario_given
from sim.study.question import Question
from sim.study.task import Task


@dataclass(frozen=True)
class CompareQuestion(Question):
    """Policies compared with the baseline, seed by seed; see `compare`."""

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine = "array"

    def tasks(self) -> list[Task]:
        """Return the one task there is."""
        return [Task(self.scenario, (BASELINE, *self.policies), self.seeds)]

    def effects_and_panels(self) -> tuple[int, int]:
        """Return how much is compared and drawn."""
        return len(self.policies), len(self.policies) + 4

    def answer(self, runs: Iterable[Runs]) -> Comparison:
        """Make the comparison."""
        (found,) = runs
        counts = counts_of(self.scenario, found)
        effects, interactions = effects_of(counts, self.policies), interactions_of(counts, self.policies)
        return Comparison(self.scenario, self.policies, self.seeds, self.engine, effects, interactions, counts, found)


def compare(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    seeds: Seeds | None = None,
    workers: int = 1,
    engine: Engine = "array",
    progress: bool = False,
    out: str | Path | None = None,
) -> Comparison:
    """Run policies and the baseline over the same seeds and compare them in pairs.

    Args:
        scenario: What to run.
        policies: Arms of the scenario; all of them if not given.
        seeds: How many (then 0, 1, 2, ...) or which; as many as the scenario says if not given.
        workers: Processes. The results do not depend on it.
        engine: ``array`` (fast) or ``agents`` (to be read; small chats only).
        progress: Show how far it is: a bar on a terminal, elsewhere a line now and then.
        out: A folder to keep finished runs in, and to write tables and figures into. The same call again runs only
            what is missing there; more seeds or policies are added to it.

    Raises:
        ScenarioError: If a policy is unknown, there is none, there are fewer than two seeds, or the folder holds
            something else.
    """
    found: Comparison = answer(question(scenario, policies, seeds, engine), workers, progress, out)
    return found


def question(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    seeds: Seeds | None = None,
    engine: Engine = "array",
) -> CompareQuestion:
    """Return what `compare` asks, checked; arguments and errors are those of `compare`."""
    arms = arms_of(scenario_of(scenario), policies)
    return CompareQuestion(scenario, arms, seeds_of(scenario.seeds if seeds is None else seeds), engine)


def arms_of(scenario: Scenario, policies: Iterable[str] | None) -> tuple[str, ...]:
    """Return the arms asked for, in the order of the scenario; all of them if none are named.

    Raises:
        ScenarioError: If one is unknown or there is none.
    """
    known = list(scenario.policies)
    asked = known if policies is None else [scenario.arm(name) for name in texts_of(policies, "policies")]
    found = tuple(name for name in known if name in asked)
    if not found:
        raise ScenarioError("there is no policy to compare with the baseline")
    return found


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE")
    command.add_argument("--policies", metavar="A,B", help="policies of the file (all)")
    add_set(command)
    add_size(command)
    add_engine(command)


def _ask(given: Namespace) -> CompareQuestion:
    policies = names_given("--policies", given.policies)
    return question(scenario_given(given, policies), policies, engine=given.engine)


COMMAND = Command(
    "Compare policies with the baseline: what changes, at what cost?",
    "scenarios/classroom.toml --policies email,phone",
    _take,
    _ask,
    after="run",
)
