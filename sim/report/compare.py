"""Compare: what was found of policies, and how it reads: headline, tables, and what to know of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from sim.model.engines import Engine
from sim.model.records import DAYS_PER_WINDOW_YEAR, Records, Runs, write_csv
from sim.outcomes import dictionary, transparency, workload
from sim.outcomes.counts import HEADLINE, Counts, by_seed, dated, quarters_of, sums_of
from sim.outcomes.outcomes import BY_NAME, NO_MONTH, SECOND, outcomes_of
from sim.outcomes.statistics import FEWEST_EVENTS, NONE, interval_of, paired_change, seeds_to_halve, t_interval
from sim.report import headings
from sim.report.blocks import Block, Column, Prose, Table
from sim.report.cells import CHANGES, LEVELS, Cells
from sim.report.grounds import assumptions, inert
from sim.report.result import Result
from sim.report.text import (
    ETHICS,
    NO_PERCENTAGE,
    caveat,
    change,
    in_percent,
    means_of_all_days,
    number,
    partly_in_force,
    short,
    throughout,
    title,
    window,
)
from sim.rules.errors import ScenarioError
from sim.rules.words import counted
from sim.scenario.arguments import instance_of
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
    """

    columns: ClassVar = dictionary.OF_A_COMPARISON
    printed: ClassVar = headings.OF_A_COMPARISON

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine
    effects: pd.DataFrame = field(repr=False)
    interactions: pd.DataFrame = field(repr=False)
    counts: Counts = field(repr=False)
    runs: Runs = field(repr=False)

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
    def _records(self) -> Records:
        return Records.joined(self.runs.parts())

    def blocks(self) -> list[Block]:
        """Return the headline sentence, tables, and what to know of them."""
        return comparison(self.scenario, self.policies, len(self.seeds), self.effects, self.counts, self.interactions)

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
        write_csv(self.transparency(), folder / "transparency.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figures: the course over time, all at a glance, harm against its price, busy staff."""
        return {"difference": self.plot} | self._named_figures()

    def _named_figures(self) -> dict[str, Callable[[], Figure]]:
        from sim.report import figures

        of_effects = {name: partial(draw, self.policies, self.effects) for name, draw in figures.OF_EFFECTS.items()}
        return {**of_effects, "staff": partial(figures.staff, self.policies, self.counts)}


def comparison(
    scenario: Scenario,
    policies: Sequence[str],
    n_seeds: int,
    effects: pd.DataFrame,
    counts: Counts,
    interactions: pd.DataFrame,
) -> list[Block]:
    """Return a comparison as blocks.

    Args:
        scenario: What was run.
        policies: The arms, in the order in which to show them.
        n_seeds: Number of seeds.
        effects: The table of effects.
        counts: The counts of every run.
        interactions: The table of interactions.
    """
    cells = Cells(scenario, effects, policies)
    busy, idle = _busy_shares(policies, counts), inert(policies, counts)
    arms = counted(len(policies), "policy", "policies")
    blocks: list[Block | None] = [
        title(scenario, f"{arms} against the baseline, {n_seeds} seeds each"),
        _headline(cells, counts, idle),
        _harm(cells),
        _over_time(cells, counts),
        _together(interactions),
        _for_whom(cells),
        _by_severity(cells),
        _costs(cells),
        _process(cells, busy),
        _notes(scenario, cells, idle, busy),
    ]
    return [block for block in blocks if block]


def summary(scenario: Scenario, policy: str, seed: int, daily: pd.DataFrame) -> list[Block]:
    """Return the outcomes of one run as blocks: one run, not an estimate."""
    sums = sums_of(scenario, daily)
    found = [o for o in outcomes_of(scenario, policy == BASELINE) if o.over_time]
    values = [number(float(o.formula(sums).iloc[0])) for o in found]
    said = (
        f"{scenario.title or scenario.site}: policy {policy}, seed {seed}, {window(scenario)}",
        "One run, not an estimate; on this site only. Levels of true harm are not identified, only changes are.",
    )
    names = Column("outcome", [o.label for o in found], left=True, breaks=40)
    units = Column("unit", [o.unit for o in found], left=True, breaks=26)
    notes = tuple(f"- {note}" for note in _short_window(scenario))
    compare = Table("RUN", "levels", [names], [Column("value", values), units])
    return [Prose(said), compare, *([Prose(notes)] if notes else [])]


def _busy_shares(policies: Sequence[str], counts: Counts) -> dict[str, float]:
    """Return the share of its capacity that staff uses, mean over the seeds, by arm; missing where nobody is on shift.

    Unlike in the table of effects, an arm has it though the other one that it is compared with has nobody on shift.
    """
    means = BY_NAME["staff_busy_share"].formula(counts.sums()).groupby("policy").mean()
    return {arm: float(means[arm]) for arm in (BASELINE, *policies)}


def _headline(cells: Cells, counts: Counts, idle: Collection[str]) -> Block:
    """Return sentences on the policy that lowers harm most, the others that do, each that raises it, and the rest."""
    resolved = [p for p in cells.policies if cells.resolved(p, HEADLINE)]
    lowering = [p for p in resolved if cells.verdict(p, HEADLINE) == "lowers"]
    best = min(lowering, key=lambda p: cells.number(p, HEADLINE), default=None)
    finding = _sentence(cells, best) if best else "no policy was seen to lower serious harm."
    sentences = [f"In this model, with these assumptions, {finding} {caveat(cells.scenario)}"]
    others = [p for p in lowering if p != best]
    if best and (same := _not_told_apart(best, others, counts)):
        sentences.append(f"Not told apart from {best} in serious harm: {', '.join(same)}.")
    sentences += [f"Also, {_sentence(cells, p)}" for p in others if _signs_differ(cells, p)]
    if plain := [p for p in others if not _signs_differ(cells, p)]:
        sizes = ", ".join(f"{p} by {cells.size(p, HEADLINE)}" for p in plain)
        sentences.append(f"Serious harm is also lowered by these: {sizes}.")
    sentences += [f"On the other hand, {_sentence(cells, p)}" for p in resolved if p not in lowering]
    if rest := [_unresolved(cells, p, idle) for p in cells.policies if p not in resolved]:
        sentences.append(f"Not told apart from the baseline in serious harm: {', '.join(rest)}.")
    return Prose(tuple(sentences))


def _unresolved(cells: Cells, policy: str, idle: Collection[str]) -> str:
    """Return the name of a policy whose effect is not resolved, with why if it is not for the width of the interval."""
    reasons_why = {"identical": "as many in every seed", "too few": "too few harms to say"}
    why = "inert" if policy in idle else reasons_why.get(cells.verdict(policy, HEADLINE), "")
    return f"{policy} ({why})" if why else policy


def _not_told_apart(best: str, others: Sequence[str], counts: Counts) -> list[str]:
    """Return the policies whose paired difference from the best one has an interval that holds zero."""
    harmed = counts.sums()["n_persons_harmed"]
    return [p for p in others if not t_interval(by_seed(harmed, p) - by_seed(harmed, best), step=1).sign]


def _signs_differ(cells: Cells, policy: str) -> bool:
    compared = cells.verdict(policy, SECOND) not in ("identical", "too few")
    return compared and cells.number(policy, HEADLINE) * cells.number(policy, SECOND) < 0


def _sentence(cells: Cells, policy: str) -> str:
    """Return what a policy does to serious harm, whose sign is known, and at what price."""
    text = f"{policy} {cells.verdict(policy, HEADLINE)} serious harm by {cells.size(policy, HEADLINE)}"
    if _signs_differ(cells, policy) and cells.resolved(policy, SECOND):
        size = cells.size(policy, SECOND)
        text += f" but {cells.verdict(policy, SECOND)} the risk per day of use of those who remain by {size}"
    elif _signs_differ(cells, policy):
        risk = cells.signed(policy, SECOND)
        text += f" while the risk per day of use of those who remain changes by {risk}, its sign not resolved"
    if assumptions(cells.scenario, policy):
        text += ", a size and sign that rest on assumed inputs (below)"
    for outcome, words in (
        ("visitors_turned_away", "turns away {} lawful visitors a month"),
        ("user_days_lost", "costs lawful users {} days of use a month"),
    ):
        if cells.verdict(policy, outcome) == "raises":
            return f"{text}; it {words.format(number(cells.number(policy, outcome)))}."
    return f"{text}."


def _harm(cells: Cells) -> Block:
    columns = []
    for head in headings.HARM:
        columns.append(Column(head.words, [cells.relative(p, head.outcome) for p in cells.policies]))
        columns.append(Column("verdict", [cells.verdict(p, head.outcome) for p in cells.policies]))
    levels = " and ".join(f"{cells.levels(outcome)[0]} {cells.unit(outcome)}" for outcome in (HEADLINE, SECOND))
    note = (
        f"Under the baseline the model has {levels}. Such levels of harm are not identified, only changes are. "
        "Those who remain: lawful users whom neither the door nor a bar kept out that day; the days of the others are "
        f"among the costs and not in the risk. Too few: under {FEWEST_EVENTS} events in both."
    )
    if any(NO_PERCENTAGE in column.cells for column in columns):
        note += (
            " No percentage: the baseline is not told apart from zero, so nothing is said in percent of it; the "
            "differences stand in effects.csv."
        )
    note = f"{partly_in_force(cells.scenario, cells.policies)} {note}".strip()
    return Table("HARM", CHANGES, [cells.names()], columns, note)


def _over_time(cells: Cells, counts: Counts) -> Block | None:
    """Return the changes of serious harms in the first and the last quarter of the window, if it is long enough."""
    quarters = quarters_of(counts.scenario)
    if quarters is None:
        return None
    columns = []
    for days, head in zip(quarters, headings.QUARTERS, strict=True):
        harms = counts.sums(days)["n_harm_serious"]
        base = by_seed(harms, BASELINE)
        found = []
        for policy in cells.policies:
            value = by_seed(harms, policy)
            made = paired_change(base, value, (float(base.sum()), float(value.sum())))
            whole = throughout(counts.scenario, policy, range(*days))
            found.append(in_percent(made.verdict, made.relative) if whole else "-")
        columns.append(Column(head.words, found))
    there = {cell for column in columns for cell in column.cells}
    if there <= {"identical", "too few", "-"}:
        return None
    note = (
        "A dash: the policy is not in force on every day of that quarter, so that the first and the last quarter do "
        "not show whether its effect grows or fades."
    )
    return Table("OVER TIME", CHANGES, [cells.names()], columns, note if "-" in there else "")


def _together(interactions: pd.DataFrame) -> Block | None:
    """Return the table of what two policies do together beyond the sum of what each does, if there are any."""
    rows = interactions[interactions["outcome"] == HEADLINE].to_dict("records")
    if not rows:
        return None
    shares = [interval_of(row, "relative") for row in rows]
    known = [row["verdict"] not in ("identical", "too few") for row in rows]
    cells = [change(share if so else NONE, "", "-") for share, so in zip(shares, known, strict=True)]
    keys = [Column("policy", [short(row["policy"]) for row in rows], left=True)]
    keys += [
        Column(head.words, [short(row[head.column.partition(".")[2]]) for row in rows], left=True)
        for head in headings.TOGETHER_WITH
    ]
    columns = [
        Column(headings.TOGETHER.words, cells),
        Column("verdict", [row["verdict"] for row in rows]),
    ]
    note = (
        "Both less one less the other plus the baseline, seed by seed. Below the sum: together they lower harm by "
        "more, or raise it by less, than the two changes add up to. Identical: they add up exactly."
    )
    kind = "change beyond the sum of both changes, in brackets its 95% interval"
    return Table("TOGETHER", kind, keys, columns, note)


def _for_whom(cells: Cells) -> Block | None:
    columns = [
        Column(head.words, [cells.if_any(p, head.outcome) for p in cells.policies]) for head in headings.FOR_WHOM
    ]
    if {cell for column in columns for cell in column.cells} <= {"identical", "too few", "no harm"}:
        return None
    return Table("FOR WHOM, persons seriously harmed", CHANGES, [cells.names()], columns)


def _by_severity(cells: Cells) -> Block | None:
    """Return changes of all harms under each way of weighing them, with the order of the policies."""
    own = (
        len({offence.severity_own for offence in cells.scenario.offences}) > 1
    )  # else each harm counts alike there too
    heads = [head for head in headings.SEVERITY if own or head != headings.BY_OWN_WEIGHTS]
    moved = [p for p in cells.policies if any(cells.resolved(p, head.outcome) for head in heads)]
    if len(moved) < 2:
        return None
    columns = [Column(head.words, [cells.relative(p, head.outcome) for p in moved]) for head in heads]
    orders = {}
    for head in heads:
        falls = {policy: cells.number(policy, head.outcome) for policy in moved}
        orders[head.words] = ", ".join(sorted(falls, key=falls.__getitem__))
    if len({*orders.values()}) == 1:
        order = f"is the same under {'all three' if own else 'both'}: {next(iter(orders.values()))}."
    else:
        order = f"depends on the weights. {' '.join(f'{words.capitalize()}: {o}.' for words, o in orders.items())}"
    note = f"The order of the policies by their means, the largest fall first, {order}"
    names = Column("policy", [short(p) for p in moved], left=True)
    return Table("BY SEVERITY, harms of every offence", CHANGES, [names], columns, note)


def _columns(cells: Cells, of: Sequence[headings.Heading]) -> list[Column]:
    return [Column(head.words, cells.levels(head.outcome, head.factor)) for head in of]


def _costs(cells: Cells) -> Block:
    note = (
        "Echo: an assumed input, conversations an hour, times the hours lost; no finding. So is who is turned away. "
        "Sanctions: warnings, suspensions and bans. Intervals of all of this stand in effects.csv."
    )
    note = " ".join(
        filter(None, (note, means_of_all_days(cells.scenario, cells.policies), cells.visitors_not_counted()))
    )
    return Table("COSTS", LEVELS, [cells.names(baseline=True)], _columns(cells, headings.COSTS), note)


def _process(cells: Cells, busy: Mapping[str, float]) -> Block:
    note = (
        "Complaints to the police are recorded harm: another thing than the true harm above. Out: suspended or banned."
    )
    columns = _columns(cells, headings.PROCESS)
    shares = [number(headings.STAFF_BUSY.factor * share) for share in busy.values()]
    columns[headings.PROCESS.index(headings.STAFF_BUSY)] = Column(headings.STAFF_BUSY.words, shares)
    if any("-" in column.cells for column in columns):
        note += " A dash: in no seed have both the policy and the baseline something to take a share or a mean of."
    note = f"{note} {means_of_all_days(cells.scenario, cells.policies)}".strip()
    return Table("WHAT HAPPENS", LEVELS, [cells.names(baseline=True)], columns, note)


def _notes(scenario: Scenario, cells: Cells, idle: Mapping[str, str], busy: Mapping[str, float]) -> Block:
    notes = [f"{arm} is inert, everything happened as in the baseline: {lack}." for arm, lack in idle.items()]
    notes += workload.remarks(busy)
    unmoved = [p for p in cells.policies if p not in idle and cells.verdict(p, "harms") == "identical"]
    for arm in unmoved:
        before, after = (number(cells.number(arm, "predators_barred", column)) for column in ("baseline", "value"))
        notes.append(
            f"{arm}: as many harms as the baseline in every seed (bars on predators: {before} a year, now {after})."
        )
    assumed: dict[str, list[str]] = {}
    for arm in cells.policies:
        if arm not in idle:
            assumed.setdefault(", ".join(assumptions(scenario, arm)), []).append(arm)
    assumed.pop("", None)
    for inputs, arms in assumed.items():
        notes.append(f"What is shown for {', '.join(arms)} rests on assumed inputs: {inputs}.")
    if assumed:
        notes.append(
            "Vary these before believing it: python -m sim ranges does so one at a time, python -m sim why --policy "
            "takes an effect apart, and --set gives any setting another value, such as registration.email.findability "
            "or contacts.rel_meeting."
        )
    notes += _short_window(scenario)
    if set(cells.policies) - set(idle):
        n = int(max(cells.number(p, HEADLINE, "seeds") for p in cells.policies))
        notes.append(f"Each interval would be about half as wide with {seeds_to_halve(n)} seeds in all instead of {n}.")
    notes.append(
        "Each interval misses with a chance of 5%, so one in twenty does. More outcomes, with intervals, stand in "
        "effects.csv; those by offence illustrate, for the shares of offences are assumed."
    )
    return Prose(tuple(f"- {note}" for note in (*notes, ETHICS)))


def _short_window(scenario: Scenario) -> list[str]:
    """Return what a short window keeps from being counted or compared."""
    notes = []
    if not scenario.months:
        notes.append(
            "Persons harmed are related to the monthly visitors that the scenario declares, for none are counted: "
            f"{NO_MONTH}."
        )
    if scenario.days < DAYS_PER_WINDOW_YEAR:
        notes.append(
            f"A person harmed counts once in these {counted(scenario.days, 'day', 'days')}. Scaled up to a year, that "
            "may be more than a whole year would count, where the same persons are harmed again: compare such rates "
            "between windows of one length only."
        )
    return notes
