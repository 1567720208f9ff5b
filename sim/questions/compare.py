"""Compare: run policies over seeds and compare them in pairs; if asked, over parameter sets too."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Self

from sim.model.engines import Engine
from sim.model.records import Runs
from sim.outcomes.counts import counts_of
from sim.outcomes.doubt import FEWEST_FOR_A_RANGE
from sim.outcomes.effects import effects_of, interactions_of
from sim.outcomes.in_force import part_of_window
from sim.outcomes.stages import FEWEST_FIRST
from sim.questions.doubt import MOST_DRAWS, DoubtQuestion
from sim.questions.doubt import question as doubt_question
from sim.questions.why import WhyQuestion
from sim.questions.why import question as why_question
from sim.report.compare import Comparison
from sim.report.text import percent_as_given
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words, paragraph
from sim.scenario.arguments import (
    MOST_SEEDS,
    Seeds,
    arms_of,
    instance_of,
    scenario_of,
    seeds_of,
    share_of,
    whole_number,
)
from sim.scenario.limits import MAX_POLICIES
from sim.scenario.scenario import BASELINE, Scenario
from sim.study.answer import answer
from sim.study.command import Command, add_engine, add_set, add_size, literal, names_given, scenario_given
from sim.study.question import Question
from sim.study.task import Task


@dataclass(frozen=True)
class CompareQuestion(Question):
    """Policies compared with the baseline, seed by seed, and over parameter sets if asked for; see `compare`.

    Attributes:
        scenario: What to run.
        policies: Arms.
        seeds: Seeds; of a first stage, if there are to be two.
        engine: ``array`` or ``agents``.
        doubt: Parameter sets, 0 for none.
        doubt_days: Measured days of each, after a quarter as many of warm-up, 0 for those of the scenario.
        halfwidth: Half the width asked of the intervals of serious harm, as a share of the baseline, 0 if none was.
        first: Seeds of the first stage are below it.
        why: Policies whose effects are to be taken apart, those that are named first.
        named: Those that were named first, which are taken apart; empty before that is known.
        lost: Names of units of parameter sets that failed.
    """

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine = "array"
    doubt: int = 0
    doubt_days: int = 0
    halfwidth: float = 0.0
    first: int = 0
    why: int = 0
    named: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that are none: a manifest may say anything."""
        for name, most in (
            ("doubt", MOST_DRAWS),
            ("doubt_days", self.scenario.days),
            ("first", MOST_SEEDS),
            ("why", MAX_POLICIES),
        ):
            whole_number(getattr(self, name), name, 0, most)
        instance_of(float, self.halfwidth, "halfwidth", Term("a share"))

    @cached_property
    def doubted(self) -> DoubtQuestion | None:
        """What is asked of the parameter sets, if there are any."""
        if not self.doubt:
            return None
        scenario = self.scenario
        if self.doubt_days:
            warmup_days = min(scenario.warmup_days, self.doubt_days // 4)
            scenario = scenario.replace(days=self.doubt_days, warmup_days=warmup_days)
        asked = doubt_question(scenario, self.policies, draws=self.doubt, fewest=FEWEST_FOR_A_RANGE)
        return asked.without(dict.fromkeys(self.lost, "")) if self.lost else asked

    @cached_property
    def taken_apart(self) -> tuple[WhyQuestion, ...]:
        """What is asked of the mechanisms of the policies named first."""
        return tuple(why_question(self.scenario, policy, self.seeds) for policy in self.named)

    def tasks(self) -> list[Task]:
        """Return the comparison itself, a task for every parameter set, and those of what is taken apart."""
        sets = self.doubted.tasks() if self.doubted else []
        several = "scenario" * bool(sets or self.why)
        return [Task(self.scenario, (BASELINE, *self.policies), self.seeds, label=several), *sets, *self._apart()]

    def _apart(self) -> Iterator[Task]:
        """Yield the tasks of what is taken apart, under labels of their own."""
        for question in self.taken_apart:
            for task in question.tasks():
                yield replace(task, label=f"why {question.policy}: {task.label}")

    def effects_and_panels(self) -> tuple[int, int]:
        """Return how much is compared and drawn."""
        effects, panels = self.doubted.effects_and_panels() if self.doubted else (0, 0)
        return effects + len(self.policies), panels + len(self.policies) + 8

    def answer(self, runs: Iterable[Runs]) -> Comparison:
        """Make the comparison."""
        found, *of_sets = runs
        counts = counts_of(self.scenario, found)
        first = sum(seed < self.first for seed in self.seeds)
        effects, interactions = effects_of(counts, self.policies, first), interactions_of(counts, self.policies)
        further = iter(of_sets)
        doubt = self.doubted.answer(islice(further, len(self.doubted.tasks()))) if self.doubted else None
        apart = tuple(question.answer(islice(further, len(question.tasks()))) for question in self.taken_apart)
        return Comparison(
            self.scenario, self.policies, self.seeds, self.engine, effects, interactions, counts, found, doubt, apart,
            first, self.halfwidth,
        )  # fmt: skip

    def without(self, lost: Mapping[str, str]) -> Self:
        """Return what can be asked without units that failed: without seeds of its own, and without sets."""
        sets = {task.unit(seed) for task in (self.doubted.tasks() if self.doubted else ()) for seed in task.seeds}
        own = {unit: error for unit, error in lost.items() if unit not in sets}
        found = super().without(own) if own else self
        if of_sets := {unit: error for unit, error in lost.items() if unit in sets}:
            assert self.doubted is not None
            self.doubted.without(of_sets)
            found = replace(found, lost=tuple(of_sets))
        return found

    def core(self) -> Self:
        """Return the comparison alone, without worlds and mechanisms."""
        return replace(self, doubt=0, doubt_days=0, why=0, named=())

    @property
    def open_end(self) -> Words:
        """Say that more seeds may follow."""
        seeds = Sentence(
            "As many more seeds follow as the first {n} show to be needed; how many is not known before.", n=self.first
        )
        mechanisms = Counted(
            self.why,
            Sentence("Then the effect of the policy named first is taken apart, in step loops of its own."),
            Sentence(
                "Then the effects of the {n} policies named first are taken apart, in loops of their own.", n=self.why
            ),
        )
        return paragraph(seeds if self.halfwidth else None, mechanisms if self.why else None)

    def more(self, found: Comparison) -> tuple[Self, Words] | None:  # type: ignore[override]
        """Return the next stage, if any, and why: the seeds that the spread of the first asks for, or mechanisms."""
        return self._more_seeds(found) or self._mechanisms(found)

    def _more_seeds(self, found: Comparison) -> tuple[Self, Words] | None:
        if not self.halfwidth or max(self.seeds) >= self.first:
            return None
        asked = found.seeds_in_all
        most = max(asked, key=asked.__getitem__)
        if math.isinf(asked[most]) or asked[most] <= len(found.seeds):
            return None
        n = math.ceil(asked[most])
        seeds = (*self.seeds, *range(self.first, self.first + n - len(found.seeds)))
        why = Sentence(
            "{policy} varies most: it takes {n} seeds in all to know it to within {share} of the baseline to either "
            "side.",
            policy=most, n=n, share=Amount(self.halfwidth, percent_as_given),
        )  # fmt: skip
        return replace(self, seeds=seeds), why

    def _mechanisms(self, found: Comparison) -> tuple[Self, Words] | None:
        if self.named or not self.why or not (named := found.named_first[: self.why]):
            return None
        why = Sentence("Now what makes the effects of those named first: {policies}.", policies=Listed(named))
        return replace(self, named=named), why


def compare(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    seeds: Seeds | None = None,
    workers: int = 1,
    engine: Engine = "array",
    progress: bool = False,
    out: str | Path | None = None,
    doubt: int = 0,
    doubt_days: int | None = None,
    until_halfwidth: float | None = None,
    why: int = 0,
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
        doubt: Run them over so many parameter sets too, drawn as `sim.doubt` draws them, at least 12; none if 0.
        doubt_days: Measured days of each set, after a quarter as many of warm-up, to have them sooner; as in the
            scenario if not given.
        until_halfwidth: Run as many more seeds as it takes to know every policy's change of serious harm to within so
            much, as a share of the baseline (0.02 is 2 points to either side). The first 20 seeds or more say how many;
            see `sim.outcomes.stages`.
        why: Take the effects of so many policies apart, of those that the answer names first: which mechanisms make
            them; see `sim.why`.

    Raises:
        ScenarioError: If a policy is unknown, there is none, there are fewer than two seeds or too few parameter sets,
            sets are to have fewer days than a policy with dates needs, or the folder holds something else.
    """
    asked = question(scenario, policies, seeds, engine, doubt, doubt_days, until_halfwidth, why)
    found: Comparison = answer(asked, workers, progress, out)
    return found


def question(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    seeds: Seeds | None = None,
    engine: Engine = "array",
    doubt: int = 0,
    doubt_days: int | None = None,
    until_halfwidth: float | None = None,
    why: int = 0,
) -> CompareQuestion:
    """Return what `compare` asks, checked; arguments and errors are those of `compare`."""
    arms = arms_of(scenario_of(scenario), policies)
    sets = whole_number(doubt, "doubt", 0, MOST_DRAWS)
    if 0 < sets < FEWEST_FOR_A_RANGE:
        raise ScenarioError(
            Sentence(
                "doubt = {sets} parameter sets are too few for a range. It takes 0 or from {fewest} to {most}.",
                sets=sets, fewest=FEWEST_FOR_A_RANGE, most=str(MOST_DRAWS),
            )
        )  # fmt: skip
    days = 0 if doubt_days is None else whole_number(doubt_days, "doubt_days", 1, scenario.days)
    if days and not sets:
        raise ScenarioError(
            Sentence("doubt_days are those of parameter sets, and there are none. Give doubt too: --doubt 24.")
        )
    if 0 < days < scenario.days and (dated := [arm for arm in arms if part_of_window(scenario, arm)]):
        raise ScenarioError(
            Sentence(
                "{policies}: in force on a part of the window alone, of which fewer doubt_days would be another part. "
                "Leave doubt_days out, or the policy.",
                policies=Listed(tuple(dated)),
            )
        )
    numbers, halfwidth, first = seeds_of(scenario.seeds if seeds is None else seeds), 0.0, 0
    if until_halfwidth is not None:
        halfwidth = share_of(until_halfwidth, "until_halfwidth")
        numbers = seeds_of(max(scenario.seeds, FEWEST_FIRST) if seeds is None else seeds)
        first = len(numbers)
        if numbers != tuple(range(first)) or first < FEWEST_FIRST:
            raise ScenarioError(
                Sentence(
                    "{n} seeds are no first stage. With until_halfwidth it takes a number of seeds, at least {fewest}, "
                    "to tell how many follow.",
                    n=first, fewest=FEWEST_FIRST,
                )
            )  # fmt: skip
    apart = whole_number(why, "why", 0, len(arms))
    found = CompareQuestion(scenario, arms, numbers, engine, sets, days, halfwidth, first, apart)
    found.tasks()
    return found


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE")
    command.add_argument("--policies", metavar="A,B", help="policies of the file (all)")
    command.add_argument(
        "--doubt", type=literal, default=0, metavar="N", help="parameter sets, from 12 on, to see how sure it is (none)"
    )
    command.add_argument("--doubt-days", type=literal, metavar="N", help="measured days of each (as the scenario)")
    command.add_argument(
        "--until-halfwidth",
        type=literal,
        metavar="X%",
        help="as many more seeds as it takes to know every change of serious harm to within so much of the baseline",
    )
    command.add_argument(
        "--why", type=literal, default=0, metavar="N", help="policies named first whose effects are taken apart (none)"
    )
    add_set(command)
    add_size(command)
    add_engine(command)


def _ask(given: Namespace) -> CompareQuestion:
    policies = names_given("--policies", given.policies)
    scenario = scenario_given(given, policies)
    return question(
        scenario, policies, given.seeds, given.engine, given.doubt, given.doubt_days, given.until_halfwidth, given.why
    )


COMMAND = Command(
    "Compare policies with the baseline: what changes, at what cost?",
    "scenarios/classroom.toml --policies email,phone",
    _take,
    _ask,
    after="run",
)
