"""Compare: what was found of policies, and how it reads: headline, tables, and what to know of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from sim.model.engines import Engine
from sim.model.records import Records, Runs, write_csv
from sim.outcomes import dictionary, transparency
from sim.outcomes.best import best_of
from sim.outcomes.counts import HEADLINE, Counts, by_seed, dated
from sim.outcomes.effects import contains_of, in_force_of
from sim.outcomes.outcomes import BY_NAME, outcomes_of
from sim.outcomes.stages import seeds_in_all
from sim.outcomes.statistics import FEWEST_EVENTS
from sim.outcomes.verdicts import Verdict
from sim.report import headings, tables
from sim.report.blocks import Block, Note, Prose
from sim.report.cells import Cells
from sim.report.doubt import Doubt
from sim.report.grounds import assumptions, inert, of_parts, settings_behind
from sim.report.headline import headline, lowering
from sim.report.remarks import ETHICS, of_seeds, of_short_window, of_staff, title
from sim.report.result import Result
from sim.report.text import number, percent_as_given
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Words
from sim.scenario.arguments import MOST_SEEDS, instance_of
from sim.scenario.scenario import BASELINE, Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Comparison(Result):
    """Policies compared with the baseline, seed by seed.

    Attributes:
        scenario: What was run.
        policies: The arms, without the baseline, in the scenario's order.
        seeds: The seeds, each run under every arm.
        engine: ``array`` or ``agents``.
        effects: One row per policy and outcome; ``relative`` is a share, ``low`` and ``high`` end 95% intervals. Where
            an outcome cannot be counted, ``reason`` says why.
        interactions: One row per outcome and policy that is exactly two others together: what they do beyond the sum.
        counts: The counts of every run, added up over stretches of days.
        runs: The runs themselves.
        doubt: What is left of the effects over parameter sets, if that was asked.
        first: Seeds whose spread said how many follow, and on which intervals of effects rest; 0 if all were asked.
        halfwidth: Half the width asked of intervals of serious harm, as a share of the baseline; 0 if none was.
    """

    columns: ClassVar = {**dictionary.OF_A_COMPARISON, **Doubt.columns}
    printed: ClassVar = headings.OF_A_COMPARISON

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine
    effects: pd.DataFrame = field(repr=False)
    interactions: pd.DataFrame = field(repr=False)
    counts: Counts = field(repr=False)
    runs: Runs = field(repr=False)
    doubt: Doubt | None = field(repr=False, default=None)
    first: int = 0
    halfwidth: float = 0.0

    @property
    def daily(self) -> pd.DataFrame:
        """Daily counts of every run, the date beside the number of the day."""
        return dated(self.scenario, self._records.daily)

    @property
    def breakdown(self) -> pd.DataFrame:
        """Counts by year, offence and class of every run."""
        return self._records.breakdown

    @property
    def durations(self) -> pd.DataFrame:
        """How often what took how long, of every run: see `sim.model.records.DURATIONS`."""
        return self._records.durations

    @cached_property
    def best(self) -> pd.DataFrame:
        """Policies not told apart from the one that lowers serious harm most, cheapest first; see `best_of`."""
        cells = Cells(self.scenario, self.effects, self.policies)
        return best_of(self.counts, self.policies, lowering(cells))

    @cached_property
    def contains(self) -> pd.DataFrame:
        """What policies add to those that they contain, a row for each outcome; see `contains_of`."""
        return contains_of(self.counts, self.policies)

    @cached_property
    def in_force(self) -> pd.DataFrame:
        """Effects while in force of policies in force on a part of the window, a row an outcome; see `in_force_of`."""
        return in_force_of(self.counts, self.policies)

    @cached_property
    def _records(self) -> Records:
        return Records.joined(self.runs.parts())

    @property
    def unanswered(self) -> Sentence | None:
        """That harms are too few to tell any policy from the baseline, or to know one as asked, and what to do."""
        if self.halfwidth and (vague := [arm for arm, seeds in self.seeds_in_all.items() if math.isinf(seeds)]):
            return Sentence(
                "This cannot be answered: no number of seeds, up to {most}, makes {policies} known to within {width} "
                "of the baseline. Take longer --days, a larger --scale or a wider interval.",
                most=MOST_SEEDS, policies=Listed(tuple(vague)), width=Amount(self.halfwidth, percent_as_given),
            )  # fmt: skip
        cells = Cells(self.scenario, self.effects, self.policies)
        if any(cells.verdict(policy, HEADLINE) is not Verdict.TOO_FEW for policy in self.policies):
            return None
        return Sentence(
            "This cannot be answered: neither under the baseline nor under any policy are there {n} serious harms to "
            "compare. Take longer --days, a larger --scale or more --seeds.",
            n=FEWEST_EVENTS,
        )

    @cached_property
    def seeds_in_all(self) -> dict[str, float]:
        """How many seeds it takes to know each change of serious harm as well as was asked, by the first of them."""
        harmed = BY_NAME[HEADLINE].formula(self.counts.sums())
        first = {arm: by_seed(harmed, arm)[: self.first] for arm in (BASELINE, *self.policies)}
        return seeds_in_all({arm: first[arm] for arm in self.policies}, first[BASELINE], self.halfwidth)

    def blocks(self) -> list[Block]:
        """Return the headline sentence, tables, and what to know of them."""
        return comparison(self)

    def transparency(self) -> pd.DataFrame:
        """Return what the platform itself could publish of every policy: `sim.outcomes.transparency.COLUMNS`."""
        return transparency.record(self.counts)

    def plot(self, what: str = HEADLINE) -> Figure:
        """Draw the difference of an outcome from the baseline over time, or one of the figures that have a name.

        A notebook shows the figure by itself; in a script ``plot().show()`` opens it and ``plot().savefig("a.png")``
        keeps it. To put it into a figure of one's own, see `sim.figures`.

        Args:
            what: An outcome that has a course over time; ``overview`` (change in percent by policy), ``course`` (the
                level of the baseline over time), ``price`` (harm spared and visitors turned away), ``recorded`` (true
                and recorded harm) or ``staff`` (how busy moderators are).

        Raises:
            ScenarioError: If there is no such outcome or figure, or the outcome has no course over time.
        """
        from sim.report import figures

        instance_of(str, what, "what", "the name of a figure or outcome")
        named = self._named_figures()
        if what in named:
            return named[what]()
        found = {o.name: o for o in outcomes_of(self.scenario) if o.over_time}
        if what not in found:
            there = ", ".join((*named, *found))
            raise ScenarioError(f"no figure and no outcome over time is called {what!r}; there are: {there}")
        return figures.figure_of(figures.difference, self.counts, self.effects, found[what])

    def fill(self, folder: Path) -> None:
        """Write the tables."""
        write_csv(self.effects, folder / "effects.csv")
        write_csv(self.interactions, folder / "interactions.csv")
        write_csv(self.best, folder / "best.csv")
        write_csv(self.contains, folder / "contains.csv")
        write_csv(self.in_force, folder / "in_force.csv")
        write_csv(self.transparency(), folder / "transparency.csv")
        if self.doubt:
            self.doubt.fill(folder)

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figures: those that `plot` names, and what each policy changes over time."""
        return {"difference": self.plot} | self._named_figures() | (self.doubt.figures() if self.doubt else {})

    def _named_figures(self) -> dict[str, Callable[[], Figure]]:
        from sim.report import figures

        spreads = self.doubt.spreads if self.doubt else None
        return {
            "overview": partial(figures.figure_of, figures.overview, self.effects, spreads=spreads),
            "course": partial(figures.figure_of, figures.course, self.counts),
            "price": partial(figures.figure_of, figures.price, self.effects),
            "recorded": partial(figures.figure_of, figures.recorded, self.effects),
            "staff": partial(figures.figure_of, figures.staff, self.counts),
        }


def comparison(found: Comparison) -> list[Block]:
    """Return a comparison as blocks."""
    scenario, policies, counts = found.scenario, found.policies, found.counts
    n_seeds = len(found.seeds)
    cells = Cells(scenario, found.effects, policies, found.doubt.spreads if found.doubt else None)
    busy, idle = _busy_shares(policies, counts), inert(policies, counts)
    resting = {arm: rests for arm in policies if (rests := assumptions(scenario, arm))}
    done = Counted(
        len(policies),
        Sentence("1 policy against the baseline, {seeds} seeds each", seeds=n_seeds),
        Sentence("{policies} policies against the baseline, {seeds} seeds each", policies=len(policies), seeds=n_seeds),
    )
    blocks: list[Block | None] = [
        title(scenario, done),
        headline(cells, found.best, found.contains, found.doubt, idle, resting),
        tables.harm(cells),
        tables.how_sure(cells, found.doubt),
        tables.best(cells, found.best),
        tables.cheapest_first(scenario, found.best),
        tables.what_works(found.contains),
        tables.while_in_force(cells, found.in_force),
        tables.over_time(cells, counts),
        tables.together(found.interactions),
        tables.for_whom(cells),
        tables.by_severity(cells),
        tables.costs(cells),
        tables.process(cells, busy),
        *(found.doubt.analysis() if found.doubt else ()),
        _notes(scenario, cells, found.contains, idle, busy, resting, found.first),
    ]
    return [block for block in blocks if block]


def _busy_shares(policies: Sequence[str], counts: Counts) -> dict[str, float]:
    """Return the share of its capacity that staff uses, mean over the seeds, by arm; missing where nobody is on shift.

    Unlike in the table of effects, an arm has it though the other one that it is compared with has nobody on shift.
    """
    means = BY_NAME["staff_busy_share"].formula(counts.sums()).groupby("policy").mean()
    return {arm: float(means[arm]) for arm in (BASELINE, *policies)}


def _notes(
    scenario: Scenario,
    cells: Cells,
    contains: pd.DataFrame,
    idle: Mapping[str, Words],
    busy: Mapping[str, float],
    resting: Mapping[str, Sequence[Sentence]],
    first: int,
) -> Block:
    notes: list[Words] = [
        Sentence("{policy} is inert, everything happened as in the baseline: {lack}.", policy=arm, lack=lack)
        for arm, lack in idle.items()
    ]
    notes += of_parts(scenario, cells.policies, contains)
    notes += of_staff(busy)
    for arm in cells.policies:
        if arm not in idle and cells.verdict(arm, "harms") is Verdict.IDENTICAL:
            before, after = (cells.number(arm, "predators_barred", column) for column in ("baseline", "value"))
            notes.append(
                Sentence(
                    "{policy}: as many harms as the baseline in every seed (bars on predators: {before} a year, now "
                    "{after}).",
                    policy=arm, before=Amount(before, number), after=Amount(after, number),
                )
            )  # fmt: skip
    assumed: dict[tuple[Sentence, ...], list[str]] = {}
    for arm, inputs in resting.items():
        if arm not in idle:
            assumed.setdefault(tuple(inputs), []).append(arm)
    for found, arms in assumed.items():
        notes.append(
            Sentence(
                "What is shown for {policies} rests on assumed inputs: {inputs}.",
                policies=Listed(tuple(arms)), inputs=Listed(found),
            )
        )  # fmt: skip
    if settings := settings_behind(scenario, [arm for arms in assumed.values() for arm in arms]):
        notes.append(
            Sentence(
                "Vary these before believing it, one at a time: python -m sim ranges FILE --parameters KEY,KEY with "
                "the keys {settings}. Without --parameters it varies others. python -m sim why FILE --policy NAME "
                "takes an effect apart.",
                settings=Listed(tuple(settings)),
            )
        )
    notes += of_short_window(scenario)
    if first:
        notes.append(
            Sentence(
                "The first {first} seeds said by their spread how many it takes; the intervals of the changes rest on "
                "that spread, so that they cover as often as they say (Stein 1945).",
                first=first,
            )
        )
    elif set(cells.policies) - set(idle):
        notes.append(of_seeds(int(max(cells.number(p, HEADLINE, "seeds") for p in cells.policies))))
    alone = [p for p in cells.policies if cells.resolved(p, HEADLINE) and not cells.together(p, HEADLINE).sign]
    if alone:
        notes.append(
            Sentence(
                "Told apart from the baseline in serious harm by intervals of their own, but not by those that hold "
                "for all policies together: {policies}. Among many policies, one or another is told apart by luck.",
                policies=Listed(tuple(alone)),
            )
        )
    notes.append(
        Sentence(
            "Each interval misses with a chance of 5%, so one in twenty does; of those that hold together, one in "
            "twenty studies has one that does. More outcomes, with intervals, stand in "
            "effects.csv; those by offence illustrate, for the shares of offences are assumed."
        )
    )
    return Prose(tuple(Note(note) for note in (*notes, ETHICS)))
