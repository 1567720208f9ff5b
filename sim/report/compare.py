"""Compare: what was found of policies, and how it reads: headline, tables, and what to know of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from sim.model.engines import Engine
from sim.model.records import Records, Runs, write_csv
from sim.outcomes import dictionary, transparency
from sim.outcomes.best import best_of
from sim.outcomes.counts import HEADLINE, Counts, dated
from sim.outcomes.doubt import FEWEST_FOR_A_RANGE
from sim.outcomes.effects import contains_of, in_force_of
from sim.outcomes.in_force import part_of_window
from sim.outcomes.outcomes import BY_NAME, SECOND, outcomes_of
from sim.outcomes.statistics import FEWEST_EVENTS, interval_of
from sim.outcomes.verdicts import Verdict
from sim.report import headings, tables
from sim.report.blocks import Block, Note, Prose
from sim.report.cells import Cells
from sim.report.doubt import Doubt, told
from sim.report.grounds import assumptions, inert, of_parts, settings_behind
from sim.report.remarks import ETHICS, caveat, marked, of_seeds, of_short_window, of_staff, title
from sim.report.result import Result
from sim.report.sentences import Amount, Counted, Listed, Sentence, Words
from sim.report.text import number, points, size
from sim.report.worlds import Worlds, range_in_words
from sim.rules.errors import ScenarioError
from sim.scenario.arguments import instance_of
from sim.scenario.scenario import BASELINE, Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST = 0.5
"""Share of luck in doubt from which it is named before all else."""


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
        first: Seeds whose spread said how many follow, and on which the intervals of effects rest; 0 if all were asked.
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
        return best_of(self.counts, self.policies, _lowering(cells))

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
        """That under no policy are there harms enough to tell it from the baseline, if so, and what to do."""
        cells = Cells(self.scenario, self.effects, self.policies)
        if any(cells.verdict(policy, HEADLINE) is not Verdict.TOO_FEW for policy in self.policies):
            return None
        return Sentence(
            "This cannot be answered: neither under the baseline nor under any policy are there {n} serious harms to "
            "compare. Take longer --days, a larger --scale or more --seeds.",
            n=FEWEST_EVENTS,
        )

    def blocks(self) -> list[Block]:
        """Return the headline sentence, tables, and what to know of them."""
        return comparison(self)

    def transparency(self) -> pd.DataFrame:
        """Return what the platform itself could publish of every policy: `sim.outcomes.transparency.COLUMNS`."""
        return transparency.record(self.counts)

    def plot(self, what: str = HEADLINE) -> Figure:
        """Draw the difference of an outcome from the baseline over time, or one of the figures that have a name.

        A notebook shows the figure by itself; in a script ``plot().show()`` opens it and ``plot().savefig("a.png")``
        keeps it.

        Args:
            what: An outcome that has a course over time; ``overview`` (change in percent by policy), ``price`` (harm
                spared against visitors turned away) or ``staff`` (how busy moderators are).

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
        return figures.differences(self.scenario, self.policies, self.counts, self.effects, found[what])

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
        """Return what draws its figures: the course over time, all at a glance, harm against its price, busy staff."""
        return {"difference": self.plot} | self._named_figures() | (self.doubt.figures() if self.doubt else {})

    def _named_figures(self) -> dict[str, Callable[[], Figure]]:
        from sim.report import figures

        spreads = self.doubt.spreads if self.doubt else None
        return {
            "overview": partial(figures.overview, self.policies, self.effects, spreads),
            "price": partial(figures.price, self.policies, self.effects),
            "staff": partial(figures.staff, self.policies, self.counts),
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
        _headline(cells, found, idle, resting),
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


def _lowering(cells: Cells) -> list[str]:
    """Return the policies that are seen to lower serious harm."""
    return [policy for policy in cells.policies if cells.verdict(policy, HEADLINE) is Verdict.LOWERS]


def _headline(cells: Cells, found: Comparison, idle: Collection[str], resting: Collection[str]) -> Block:
    """Return sentences on the cheapest of the best policies, the others, each that raises harm, and the rest."""
    scenario, best = cells.scenario, found.best
    resolved = [p for p in cells.policies if cells.resolved(p, HEADLINE)]
    lowering = _lowering(cells)
    first = next((policy for policy in best["policy"] if policy in lowering), None)

    def told(policy: str) -> Sentence:
        return _sentence(cells, policy, resting, found.doubt)

    sentences: list[Words] = [
        Sentence(
            "In this model, with these assumptions, {finding} {caveat}",
            finding=told(first) if first else Sentence("no policy was seen to lower serious harm."),
            caveat=caveat(scenario, _of_doubt(found.doubt)),
        )
    ]
    if first and len(best) > 1:
        sentences.append(_not_told_apart(cells, first, best, lowering))
    others = [p for p in lowering if p != first]
    sentences += [Sentence("Also, {finding}", finding=told(p)) for p in others if _signs_differ(cells, p)]
    if plain := [p for p in others if not _signs_differ(cells, p)]:
        sizes = [
            Sentence("{policy} by {size}", policy=marked(scenario, p), size=cells.size(p, HEADLINE)) for p in plain
        ]
        sentences.append(
            Sentence(
                "Serious harm is also lowered by these: {sizes}{assumed}.",
                sizes=Listed(tuple(sizes)), assumed=_resting(plain, resting),
            )
        )  # fmt: skip
    sentences += [Sentence("On the other hand, {finding}", finding=told(p)) for p in resolved if p not in lowering]
    if rest := [_with_doubt(cells, p, _unresolved(cells, p, idle)) for p in cells.policies if p not in resolved]:
        policies = Listed(tuple(rest))
        sentences.append(Sentence("Not told apart from the baseline in serious harm: {policies}.", policies=policies))
    if added := _adds_nothing(found.contains):
        sentences.append(Sentence("No more is seen of these than of a part of them: {each}.", each=Listed(added, "; ")))
    return Prose(tuple(sentences))


def _of_doubt(doubt: Doubt | None) -> Sentence:
    """Say what doubt is, or that it was not asked and how it is."""
    if doubt is None:
        return Sentence("How far it hangs on these values was not asked: --doubt 24 does, or python -m sim doubt.")
    if doubt.n_known < FEWEST_FOR_A_RANGE:
        return Sentence(
            "Doubt: too few of {n} worlds have harms enough to compare. Take longer --days, a larger --scale or more "
            "worlds.",
            n=doubt.draws,
        )  # fmt: skip
    return Sentence(
        "Doubt: {share}, in each of which {other}.", share=range_in_words(doubt.n_known), other=doubt.other()
    )


def _not_told_apart(cells: Cells, first: str, found: pd.DataFrame, lowering: Sequence[str]) -> Sentence:
    """Say which policies are not told apart from the best, and that the first is the cheapest that lowers harm."""
    scenario, arms, best = cells.scenario, list(found["policy"]), str(found["best"].iloc[0])
    behind = any(part_of_window(scenario, arm) for arm in arms if arm in lowering)
    every_day = Sentence(" on every day") if behind and not part_of_window(scenario, first) else None
    others = tuple(marked(scenario, arm) for arm in arms if arm not in (best, first))
    if first == best:
        return Sentence(
            "Not told apart from {best} in serious harm: {others}. Of those that lower it{every_day}, {best} is the "
            "cheapest too.",
            best=marked(scenario, best), others=Listed(others), every_day=every_day,
        )  # fmt: skip
    too = Counted(
        len(others),
        Sentence("; nor is {others}", others=Listed(others)),
        Sentence("; nor are {others}", others=Listed(others)),
    )
    return Sentence(
        "It falls most under {best}, by {size}, from which {first} is not told apart{too}. Of those that lower "
        "it{every_day}, {first} is the cheapest.",
        best=marked(scenario, best), size=cells.size(best, HEADLINE), first=first, every_day=every_day,
        too=too if others else None,
    )  # fmt: skip


def _adds_nothing(contains: pd.DataFrame) -> tuple[Words, ...]:
    """Return what is not seen to add to a policy that it contains, with by how much harm differs."""
    found: list[Words] = []
    for row in contains[contains["outcome"] == HEADLINE].to_dict("records"):
        arm, part, verdict = row["policy"], row["contains"], Verdict(row["verdict"])
        if verdict is Verdict.IDENTICAL:
            found.append(Sentence("{arm} adds 0 points to {part} in every seed", arm=arm, part=part))
        elif verdict is Verdict.NOT_RESOLVED and row["relative"] == row["relative"]:
            adds = Amount(interval_of(row, "relative"), points)
            found.append(Sentence("{arm} adds {adds} points to {part}", arm=arm, adds=adds, part=part))
    return tuple(found)


def _unresolved(cells: Cells, policy: str, idle: Collection[str]) -> Words:
    """Return the name of a policy whose effect is not resolved, with why if it is not for the width of the interval."""
    if policy in idle:
        return Sentence("{policy} (inert)", policy=policy)
    match cells.verdict(policy, HEADLINE):
        case Verdict.IDENTICAL:
            return Sentence("{policy} (as many in every seed)", policy=policy)
        case Verdict.TOO_FEW:
            return Sentence("{policy} (too few harms to say)", policy=policy)
        case _:
            return marked(cells.scenario, policy)


def _with_doubt(cells: Cells, policy: str, name: Words) -> Words:
    """Return the name of a policy with how far its effect goes over worlds, if that was asked and it goes anywhere."""
    worlds = cells.worlds(policy, HEADLINE)
    if worlds is None or worlds.alone is None:
        return name
    return Sentence("{policy} ({doubt})", policy=name, doubt=worlds.alone)


def _signs_differ(cells: Cells, policy: str) -> bool:
    compared = cells.verdict(policy, SECOND) not in (Verdict.IDENTICAL, Verdict.TOO_FEW)
    return compared and cells.number(policy, HEADLINE) * cells.number(policy, SECOND) < 0


def _resting(policies: Sequence[str], resting: Collection[str]) -> Sentence | None:
    """Say which of some policies rest on assumed inputs, if any do."""
    match [p for p in policies if p in resting]:
        case []:
            return None
        case found if len(found) == len(policies):
            return Sentence("; size and sign of them all rest on assumed inputs too")
        case found:
            return Sentence("; of {policies}, size and sign rest on assumed inputs too", policies=Listed(tuple(found)))


def _sentence(cells: Cells, policy: str, resting: Collection[str], doubt: Doubt | None = None) -> Sentence:
    """Return what a policy does to serious harm, whose sign is known, at what price, and where it does not."""
    assumed = Sentence(", a size and sign that rest on assumed inputs (below)")
    falls = cells.verdict(policy, HEADLINE) is Verdict.LOWERS
    return Sentence(
        "{finding}{assumed}{price}{turns}{share}.",
        finding=_finding(cells, policy),
        assumed=assumed if policy in resting else None,
        price=_price(cells, policy),
        turns=_turns(doubt, policy, falls) if doubt else None,
        share=_shares(cells.worlds(policy, HEADLINE)),
    )


def _turns(doubt: Doubt, policy: str, falls: bool) -> Sentence | None:
    """Say where over the worlds an effect has the other sign or, if that is the commoner one, its own; if known."""
    if where := doubt.where(policy, rises=falls):
        return (
            Sentence("; it fails where {where}", where=where)
            if falls
            else Sentence("; it lowers it where {where}", where=where)
        )
    if where := doubt.where(policy, rises=not falls):
        return Sentence("; over the worlds it does so where {where}", where=where)
    return None


def _shares(worlds: Worlds | None) -> Sentence | None:
    """Say how much of its doubt is luck, if most, or rests on assumed numbers, where that is known well enough."""
    if worlds is None:
        return None
    if told(worlds.luck) and worlds.luck.value > MOST:
        return Sentence("; {share} of its doubt is luck", share=Amount(worlds.luck, size))
    if not told(worlds.assumed):
        return None
    return Sentence("; at most {share} of its doubt rests on assumed numbers", share=Amount(worlds.assumed, size))


def _finding(cells: Cells, policy: str) -> Sentence:
    """Return what a policy does to serious harm, and to the risk of those who remain if that has the other sign."""
    size, lowers = cells.size(policy, HEADLINE), cells.verdict(policy, HEADLINE) is Verdict.LOWERS
    name = marked(cells.scenario, policy)
    if not _signs_differ(cells, policy):
        if lowers:
            return Sentence("{policy} lowers serious harm by {size}", policy=name, size=size)
        return Sentence("{policy} raises serious harm by {size}", policy=name, size=size)
    if not cells.resolved(policy, SECOND):
        risk = cells.signed(policy, SECOND)
        if lowers:
            return Sentence(
                "{policy} lowers serious harm by {size} while the risk per day of use of those who remain changes by "
                "{risk}, its sign not resolved",
                policy=name, size=size, risk=risk,
            )  # fmt: skip
        return Sentence(
            "{policy} raises serious harm by {size} while the risk per day of use of those who remain changes by "
            "{risk}, its sign not resolved",
            policy=name, size=size, risk=risk,
        )  # fmt: skip
    risk = cells.size(policy, SECOND)
    if lowers:
        return Sentence(
            "{policy} lowers serious harm by {size} but raises the risk per day of use of those who remain by {risk}",
            policy=name, size=size, risk=risk,
        )  # fmt: skip
    return Sentence(
        "{policy} raises serious harm by {size} but lowers the risk per day of use of those who remain by {risk}",
        policy=name, size=size, risk=risk,
    )  # fmt: skip


def _price(cells: Cells, policy: str) -> Sentence | None:
    """Return what a policy costs lawful users at the door, if it does."""
    if cells.verdict(policy, "visitors_turned_away") is Verdict.RAISES:
        visitors = Amount(cells.number(policy, "visitors_turned_away"), number)
        return Sentence("; it turns away {visitors} more lawful visitors a month", visitors=visitors)
    if cells.verdict(policy, "user_days_lost") is Verdict.RAISES:
        days = Amount(cells.number(policy, "user_days_lost"), number)
        return Sentence("; it costs lawful users {days} more days of use a month", days=days)
    return None


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
