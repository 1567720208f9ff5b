"""Compare: what was found of policies: its tables, its files and its figures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from sim.model.engines import Engine
from sim.model.records import Records, Runs, write_csv
from sim.outcomes import dictionary, transparency
from sim.outcomes.at_sites import at_sites_of
from sim.outcomes.best import best_of
from sim.outcomes.counts import HEADLINE, HERE, Counts, by_seed, dated, years_of
from sim.outcomes.effects import contains_of, in_force_of, over_time_of
from sim.outcomes.elsewhere import elsewhere_of
from sim.outcomes.flows import flows_of
from sim.outcomes.outcomes import BY_NAME, outcomes_of
from sim.outcomes.stages import seeds_in_all
from sim.outcomes.statistics import FEWEST_EVENTS
from sim.outcomes.verdicts import Verdict
from sim.report import compare_notes, headings
from sim.report.blocks import Prose
from sim.report.cells import Cells
from sim.report.doubt import Doubt
from sim.report.grounds import assumptions, inert
from sim.report.headline import headline, lowering, told_apart
from sim.report.remarks import larger_scale, partly_in_force
from sim.report.result import Result
from sim.report.text import percent_as_given
from sim.report.why import COLUMNS, Why
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Amount, Listed, Sentence, Words
from sim.scenario.arguments import MOST_SEEDS, instance_of
from sim.scenario.scenario import BASELINE, Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MECHANISMS = {"policy": dictionary.EVERYWHERE["policy"], **COLUMNS}
"""Columns of the table of mechanisms, of all policies that were taken apart."""


@dataclass(frozen=True)
class Compared(Result):
    """Policies compared with the baseline, seed by seed: all that was found; how it reads is `sim.report.compare`.

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
        apart: The effects of policies named first, taken apart, if that was asked.
        first: Seeds whose spread said how many follow, and on which intervals of effects rest; 0 if all were asked.
        halfwidth: Half the width asked of intervals of serious harm, as a share of the baseline; 0 if none was.
    """

    columns: ClassVar = {**dictionary.OF_A_COMPARISON, **Doubt.columns, "mechanisms": MECHANISMS}
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
    apart: tuple[Why, ...] = field(repr=False, default=())
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

    @property
    def persons(self) -> pd.DataFrame:
        """Persons harmed, held against those of the baseline, of every run: see `sim.model.records.FLOWS`."""
        return self._records.persons

    @cached_property
    def best(self) -> pd.DataFrame:
        """Policies not told apart from the one that lowers serious harm most, cheapest first; see `best_of`."""
        return best_of(self.counts, self.policies, lowering(self.cells))

    @cached_property
    def contains(self) -> pd.DataFrame:
        """What policies add to those that they contain, a row for each outcome; see `contains_of`."""
        return contains_of(self.counts, self.policies)

    @cached_property
    def over_time(self) -> pd.DataFrame:
        """Changes of serious harms by quarter and year of the window; see `over_time_of`."""
        return over_time_of(self.counts, self.policies)

    @cached_property
    def elsewhere(self) -> pd.DataFrame:
        """What of effects rests on those kept out, who may go on elsewhere; see `elsewhere_of`."""
        return elsewhere_of(self.counts, self.policies)

    @cached_property
    def flows(self) -> pd.DataFrame:
        """What becomes of persons under each policy beside the baseline, person by person; see `flows_of`."""
        return flows_of(self.counts, self.policies, self.first)

    @cached_property
    def at_sites(self) -> pd.DataFrame:
        """What becomes of harm and use on each site, a row for each policy and site; see `at_sites_of`."""
        return at_sites_of(self.counts, self.policies)

    @cached_property
    def in_force(self) -> pd.DataFrame:
        """Effects while in force of policies in force on a part of the window, a row an outcome; see `in_force_of`."""
        return in_force_of(self.counts, self.policies)

    @cached_property
    def named_first(self) -> tuple[str, ...]:
        """Policies whose effect on serious harm is told apart, in the order in which they matter; see `told_apart`."""
        return told_apart(self.cells, self.best)

    @cached_property
    def cells(self) -> Cells:
        """The effects as tables show them, doubt beside luck."""
        return Cells(self.scenario, self.effects, self.policies, self._spreads)

    @property
    def _spreads(self) -> pd.DataFrame | None:
        """The ranges of doubt, if that was asked and enough worlds have an answer."""
        return None if self.doubt is None or self.doubt.unanswered else self.doubt.spreads

    @cached_property
    def busy(self) -> dict[str, float]:
        """The share of its capacity that staff uses, mean over the seeds, by arm; missing where nobody is on shift.

        Unlike in the table of effects, an arm has it though the other one that it is compared with has nobody on shift.
        """
        return self._levels("staff_busy_share")

    @cached_property
    def precision(self) -> dict[str, float]:
        """The share of the detector's flags that are on predators, likewise; missing where nothing is flagged."""
        return self._levels("detector_precision")

    def _levels(self, outcome: str) -> dict[str, float]:
        means = BY_NAME[outcome].formula(self.counts.sums()).groupby("policy").mean()
        return {arm: float(means[arm]) for arm in (BASELINE, *self.policies)}

    @cached_property
    def idle(self) -> dict[str, Words]:
        """Policies that change nothing, with what they lacked."""
        return inert(self.policies, self.counts)

    @cached_property
    def resting(self) -> dict[str, list[Sentence]]:
        """What policies rest on that is assumed; without those that rest on nothing."""
        return {arm: rests for arm in self.policies if (rests := assumptions(self.scenario, arm))}

    @property
    def headline(self) -> Prose:
        """What is said first."""
        return headline(self.cells, self.best, self.contains, self.elsewhere, self.doubt, self.idle, self.resting)

    @property
    def notes(self) -> Prose:
        """What to know of it."""
        return compare_notes.notes(
            self.scenario,
            self.cells,
            self.contains,
            self.idle,
            self.busy,
            self._levels("investigators_busy_share"),
            self.resting,
            self.first,
        )

    @cached_property
    def _records(self) -> Records:
        return Records.joined(self.runs.parts())

    @property
    def unanswered(self) -> Sentence | None:
        """That harms are too few to tell any policy from the baseline, or to know one as asked, and what to do."""
        if self.halfwidth and (vague := [arm for arm, seeds in self.seeds_in_all.items() if math.isinf(seeds)]):
            return Sentence(
                "This cannot be answered: no number of seeds, up to {most}, makes {policies} known to within {width} "
                "of the baseline. Take longer --days or a wider interval{scale}.",
                most=MOST_SEEDS, policies=Listed(tuple(vague)), width=Amount(self.halfwidth, percent_as_given),
                scale=larger_scale(self.scenario),
            )  # fmt: skip
        if any(self.cells.verdict(policy, HEADLINE) is not Verdict.TOO_FEW for policy in self.policies):
            return None
        return Sentence(
            "This cannot be answered: neither under the baseline nor under any policy are there {n} serious harms to "
            "compare. Take longer --days or more --seeds{scale}.",
            n=FEWEST_EVENTS,
            scale=larger_scale(self.scenario),
        )

    @cached_property
    def seeds_in_all(self) -> dict[str, float]:
        """How many seeds it takes to know each change of serious harm as well as was asked, by the first of them."""
        harmed = self.counts.of_seeds(self.seeds[: self.first]).sums().total_harmed
        first = {arm: by_seed(harmed, arm) for arm in (BASELINE, *self.policies)}
        return seeds_in_all({arm: first[arm] for arm in self.policies}, first[BASELINE], self.halfwidth)

    def transparency(self) -> pd.DataFrame:
        """Return what the platform itself could publish of every policy: `sim.outcomes.transparency.COLUMNS`."""
        return transparency.record(self.counts)

    def plot(self, what: str = HERE) -> Figure:
        """Draw the difference of an outcome from the baseline over time, or one of the figures that have a name.

        A notebook shows the figure by itself; in a script ``plot().show()`` opens it and ``plot().savefig("a.png")``
        keeps it. To put it into a figure of one's own, see `sim.figures`.

        Args:
            what: An outcome that has a course over time; ``overview`` (change in percent by policy), ``course`` (the
                level of the baseline over time), ``price`` (harm spared and visitors turned away), ``recorded`` (true
                and recorded harm), ``staff`` (how busy moderators are), ``flows`` (who is harmed under one alone),
                ``by_year`` (changes in each year of a window of several) or ``files`` (how files of the police end,
                where somebody investigates).

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
            there = Listed((*named, *found))
            raise ScenarioError(
                Sentence(
                    "no figure and no outcome over time is called {name}; there are: {there}",
                    name=repr(what), there=there,
                )
            )  # fmt: skip
        return figures.figure_of(figures.difference, self.counts, self.effects, found[what])

    def fill(self, folder: Path) -> None:
        """Write the tables."""
        write_csv(self.effects, folder / "effects.csv")
        write_csv(self.interactions, folder / "interactions.csv")
        write_csv(self.best, folder / "best.csv")
        write_csv(self.contains, folder / "contains.csv")
        write_csv(self.elsewhere, folder / "elsewhere.csv")
        write_csv(self.flows, folder / "flows.csv")
        write_csv(self.in_force, folder / "in_force.csv")
        write_csv(self.over_time, folder / "over_time.csv")
        write_csv(self.transparency(), folder / "transparency.csv")
        if self.scenario.sites:
            write_csv(self.at_sites, folder / "sites.csv")
        if self.doubt:
            self.doubt.fill(folder)
        if self.apart:
            write_csv(
                pd.concat([why.parts.assign(policy=why.policy)[list(MECHANISMS)] for why in self.apart]),
                folder / "mechanisms.csv",
            )

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figures: changes over time, those that `plot` names, and mechanisms."""
        apart = {f"why-{why.policy}": why.plot for why in self.apart if why.taken_apart()}
        of_doubt = self.doubt.figures() if self.doubt and not self.doubt.unanswered else {}
        return {"difference": self.plot} | self._named_figures() | apart | of_doubt

    def _named_figures(self) -> dict[str, Callable[[], Figure]]:
        from sim.report import figures

        spreads, dates = self._spreads, partly_in_force(self.scenario, self.policies)
        return {
            "overview": partial(figures.figure_of, figures.overview, self.effects, spreads=spreads, note=dates),
            "course": partial(figures.figure_of, figures.course, self.counts),
            "price": partial(figures.figure_of, figures.price, self.effects, note=dates),
            "recorded": partial(figures.figure_of, figures.recorded, self.effects),
            "staff": partial(figures.figure_of, figures.staff, self.counts),
            **self._figures_of_some(),
        }

    def _figures_of_some(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws what not every comparison has: persons told apart, several years, files of the police."""
        from sim.report import figures

        found: dict[str, Callable[[], Figure]] = {}
        if len(self.flows):
            found["flows"] = partial(figures.figure_of, figures.flows, self.flows)
        if len(years_of(self.scenario)) > 1:
            found["by_year"] = partial(figures.figure_of, figures.by_year, self.counts, self.over_time)
        if self.scenario.police.investigators:
            found["files"] = partial(figures.figure_of, figures.files, self.counts)
        return found
