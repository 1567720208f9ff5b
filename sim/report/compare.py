"""Compare: what was found of policies, and how it reads: headline, tables, and what to know of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sim.model.engines import Engine
from sim.model.records import Records, Runs, write_csv
from sim.outcomes import dictionary, transparency
from sim.outcomes.at_sites import at_sites_of
from sim.outcomes.best import best_of
from sim.outcomes.counts import HEADLINE, HERE, Counts, by_seed, dated, years_of
from sim.outcomes.effects import contains_of, in_force_of, over_time_of
from sim.outcomes.elsewhere import elsewhere_of
from sim.outcomes.outcomes import BY_NAME, SECOND, outcomes_of
from sim.outcomes.stages import seeds_in_all
from sim.outcomes.statistics import FEWEST_EVENTS
from sim.outcomes.verdicts import Verdict
from sim.report import compare_notes, course_tables, elsewhere_tables, headings, tables
from sim.report.blocks import Block, Note, Prose
from sim.report.cells import Cells
from sim.report.doubt import Doubt
from sim.report.grounds import assumptions, inert, settings_behind
from sim.report.headline import headline, lowering, told_apart
from sim.report.parts import Page, Part, Picture, filled, there
from sim.report.remarks import ETHICS, larger_scale, name, title, window
from sim.report.result import Result
from sim.report.text import percent_as_given
from sim.report.trust import EXPLAIN, assumptions_that_matter, card
from sim.report.why import COLUMNS, ECHO, Why, echo, mechanisms
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words
from sim.scenario.arguments import MOST_SEEDS, instance_of
from sim.scenario.scenario import BASELINE, Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MECHANISMS = {"policy": dictionary.EVERYWHERE["policy"], **COLUMNS}
"""Columns of the table of mechanisms, of all policies that were taken apart."""


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
        return Cells(self.scenario, self.effects, self.policies, self.doubt.spreads if self.doubt else None)

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

    def blocks(self) -> list[Block]:
        """Return the headline sentence, tables, and what to know of them."""
        return comparison(self)

    def page(self, made: Mapping[str, Any]) -> Page:
        """Return what stands on its page."""
        return _page(self, made)

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
                and recorded harm), ``staff`` (how busy moderators are), ``by_year`` (changes in each year of a window
                of several) or ``files`` (how files of the police end, where somebody investigates).

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
        return {"difference": self.plot} | self._named_figures() | apart | (self.doubt.figures() if self.doubt else {})

    def _named_figures(self) -> dict[str, Callable[[], Figure]]:
        from sim.report import figures

        spreads = self.doubt.spreads if self.doubt else None
        return {
            "overview": partial(figures.figure_of, figures.overview, self.effects, spreads=spreads),
            "course": partial(figures.figure_of, figures.course, self.counts),
            "price": partial(figures.figure_of, figures.price, self.effects),
            "recorded": partial(figures.figure_of, figures.recorded, self.effects),
            "staff": partial(figures.figure_of, figures.staff, self.counts),
            **self._figures_of_the_police(),
        }

    def _figures_of_the_police(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws the years of a window of several, and what becomes of files where somebody investigates."""
        from sim.report import figures

        found: dict[str, Callable[[], Figure]] = {}
        if len(years_of(self.scenario)) > 1:
            found["by_year"] = partial(figures.figure_of, figures.by_year, self.counts, self.over_time)
        if self.scenario.police.investigators:
            found["files"] = partial(figures.figure_of, figures.files, self.counts)
        return found


def comparison(found: Comparison) -> list[Block]:
    """Return a comparison as blocks."""
    scenario, cells = found.scenario, found.cells
    n_seeds, n_policies = len(found.seeds), len(found.policies)
    done = Counted(
        n_policies,
        Sentence("1 policy against the baseline, {seeds} seeds each", seeds=n_seeds),
        Sentence("{policies} policies against the baseline, {seeds} seeds each", policies=n_policies, seeds=n_seeds),
    )
    blocks: list[Block | None] = [
        title(scenario, done),
        found.headline,
        tables.harm(cells),
        tables.how_sure(cells, found.doubt),
        tables.how_sure(cells, found.doubt, HERE),
        elsewhere_tables.elsewhere(cells, found.elsewhere),
        elsewhere_tables.at_sites(cells, found.at_sites),
        tables.best(cells, found.best),
        tables.cheapest_first(scenario, found.best),
        tables.what_works(scenario, found.contains),
        course_tables.while_in_force(cells, found.in_force),
        course_tables.over_time(cells, found.over_time),
        course_tables.by_year(cells, found.over_time),
        tables.together(found.interactions),
        tables.for_whom(cells),
        tables.by_severity(cells),
        tables.costs(cells),
        tables.money(cells),
        tables.process(cells, found.busy),
        tables.detector(cells, found.precision),
        tables.police(cells),
        *(found.doubt.analysis() if found.doubt else ()),
        *mechanisms(found.apart),
        found.notes,
    ]
    return [block for block in blocks if block]


# -- the page ----------------------------------------------------------------------------------------------------------


def _page(found: Comparison, made: Mapping[str, Any]) -> Page:
    """Return the page of a comparison.

    Args:
        found: The comparison.
        made: What the manifest says of how it was made.
    """
    about = Counted(
        len(found.policies),
        Sentence("1 policy against the baseline, {window}", window=window(found.scenario)),
        Sentence("{n} policies against the baseline, {window}", n=len(found.policies), window=window(found.scenario)),
    )
    first, *others = found.headline.words
    caveats = first.values if isinstance(first, Listed) else (first,)  # noqa: PD011 (no data frame)
    told = ECHO if found.apart and found.apart[0].policy == found.named_first[0] and echo(found.apart[0]) else None
    answer = [words for words in (caveats[0], told, *caveats[1:], ETHICS) if words]
    parts = [part for part in _parts(found, made, others) if part.items]
    return Page(name(found.scenario), [about, HELP], answer, parts)


def _parts(found: Comparison, made: Mapping[str, Any], others: Sequence[Words]) -> Iterator[Part]:
    """Yield the parts under the answer; `others` is what is said of the other policies."""
    cells, doubt, scenario = found.cells, found.doubt, found.scenario
    effects = ["effects.csv"]
    yield Part("trust", Term("How far to trust it"), [card(made, len(found.seeds), doubt, found.idle)])
    yield Part("compared", Term("What is compared"), [tables.compared(cells)], command=None)
    yield Part(
        "effects",
        Term("What each policy does"),
        [
            Picture("overview", Sentence("Change of serious harm and of the risk of those who remain, by policy")),
            Prose(tuple(map(Note, others))),
            tables.harm(cells),
            *there(
                tables.best(cells, found.best),
                tables.cheapest_first(scenario, found.best),
                tables.what_works(scenario, found.contains),
                tables.together(found.interactions),
            ),
        ],
        stands_in=[
            *effects,
            *filled({"best": found.best, "contains": found.contains, "interactions": found.interactions}),
        ],
    )
    if doubt:
        pictures = [
            Picture("doubt", Sentence("How far each effect on serious harm goes over worlds")),
            Picture("doubt-shares", Sentence("What makes the spread of each effect")),
        ]
        yield Part(
            "doubt",
            Term("How sure that is"),
            [
                *there(tables.how_sure(cells, doubt)),
                *pictures,
                *there(tables.how_sure(cells, doubt, HERE), tables.how_sure(cells, doubt, SECOND)),
                *doubt.analysis(),
            ],
            stands_in=[*effects, *filled(doubt.tables)],
        )
    yield Part(
        "elsewhere",
        Term("And elsewhere"),
        [*there(elsewhere_tables.elsewhere(cells, found.elsewhere), elsewhere_tables.at_sites(cells, found.at_sites))],
        stands_in=["elsewhere.csv", *(["sites.csv"] if scenario.sites else [])],
    )
    yield Part(
        "whom",
        Term("For whom"),
        [*there(tables.for_whom(cells), tables.for_whom_over_worlds(cells), tables.by_severity(cells))],
        stands_in=[*effects, *(["doubt.csv"] if doubt else [])],
    )
    yield Part(
        "costs",
        Term("At what cost"),
        [
            Picture("price", Sentence("Harm spared against lawful visitors turned away, by policy")),
            tables.costs(cells),
            tables.money(cells) or Prose((NO_PRICES,)),
            tables.privacy(cells),
            Picture("staff", Sentence("How busy moderators are, by policy")),
        ],
        stands_in=[*effects, "transparency.csv"],
    )
    yield Part(
        "when",
        Term("When"),
        [
            Picture("course", Sentence("Serious harm under the baseline, over the window")),
            Picture("difference", Sentence("Difference of serious harm from the baseline over time, by policy")),
            *there(
                course_tables.over_time(cells, found.over_time),
                course_tables.by_year(cells, found.over_time),
                course_tables.while_in_force(cells, found.in_force),
            ),
            *_drawn(found, Picture("by_year", Sentence("Change of serious harms in each year, by policy"))),
        ],
        stands_in=["over_time.csv", *filled({"in_force": found.in_force})],
    )
    yield Part("why", Term("What makes it"), _why(found), stands_in=["mechanisms.csv"] if found.apart else [])
    yield Part(
        "happens",
        Term("What happens between harm and sanction"),
        [tables.process(cells, found.busy), *there(tables.detector(cells, found.precision))],
        stands_in=effects,
    )
    yield Part(
        "police",
        Term("What becomes of files of the police"),
        [
            *_drawn(found, Picture("files", Sentence("How files of the police end, by policy"))),
            *there(tables.police(cells)),
        ],
        stands_in=effects,
    )
    yield Part(
        "recorded",
        Term("True harm and recorded harm"),
        [
            Picture("recorded", Sentence("Change of true harm beside that of complaints to the police, by policy")),
            tables.recorded(cells),
        ],
        stands_in=effects,
    )
    yield Part("wrongly", Term("Who is sanctioned wrongly"), [tables.wrongly(cells)], stands_in=effects)
    yield Part(
        "assumptions",
        Term("Assumptions that matter"),
        [*there(assumptions_that_matter(scenario, _that_matter(found))), *_not_varied(doubt)],
        command=EXPLAIN,
    )
    yield Part("limits", Term("What it does not show"), [found.notes], command=None)
    help_too = Term("What it may not be taken for, and where help is found")
    yield Part("ethics", help_too, [Prose((ETHICS, HELP))], command=None)


NO_PRICES = Sentence(
    "In money: not told, for the scenario states no prices. A table [prices] with a source does, and needs no new run."
)
"""What stands where money would."""

HELP = Sentence(
    "In need of help in France: call 17 (police), 119 (children in danger) or 3018 (online violence), or report to "
    "PHAROS (internet-signalement.gouv.fr)."
)
"""Where help is found."""


def _drawn(found: Comparison, picture: Picture) -> Iterator[Picture]:
    """Yield a picture if the comparison has what it shows."""
    if picture.name in found.figures():
        yield picture


def _not_varied(doubt: Doubt | None) -> Iterator[Block]:
    """Yield which uncertain numbers were the same in all worlds, if there were worlds."""
    if doubt and doubt.left_out:
        yield Prose((Sentence("Not varied over the worlds: {names}.", names=Listed(tuple(doubt.left_out))),))


def _why(found: Comparison) -> list[Block | Picture]:
    """Return what makes the effects of the policies named first, or that it was not asked."""
    if not found.apart:
        words = Sentence(
            "Not asked, or no effect is told apart: --why 2 takes the effects of the two policies named first apart."
        )
        return [Prose((words,))]
    pictures = [
        Picture(f"why-{why.policy}", Sentence("Which mechanisms make the effect of {policy}", policy=why.policy))
        for why in found.apart
    ]
    return [*pictures, *mechanisms(found.apart)]


def _that_matter(found: Comparison) -> list[str]:
    """Return the settings that the effects rest on: what stands out over worlds first, then what is declared."""
    behind = settings_behind(found.scenario, [arm for arm in found.policies if arm not in found.idle])
    if found.doubt is None:
        return behind
    shares = found.doubt.parameters
    stand_out = shares[shares["stands_out"].astype(bool)].sort_values("first", ascending=False)["parameter"]
    return [*dict.fromkeys([*map(str, stand_out), *behind])]
