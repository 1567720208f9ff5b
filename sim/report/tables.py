"""The tables of a comparison: what becomes of harm, when, for whom and how it weighs, the price, and what happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from sim.outcomes.counts import HEADLINE, Counts, by_seed, quarters_of
from sim.outcomes.outcomes import SECOND
from sim.outcomes.statistics import FEWEST_EVENTS, interval_of, paired_change
from sim.outcomes.verdicts import Verdict
from sim.report import headings
from sim.report.blocks import Block, Column, Table
from sim.report.cells import CHANGES, LEVELS, Cells, level
from sim.report.remarks import means_of_all_days, partly_in_force, throughout
from sim.report.sentences import Amount, Listed, Sentence, Term, Words, paragraph
from sim.report.text import DASH, in_percent, points, short
from sim.scenario.scenario import BASELINE

_NOTHING = {Verdict.IDENTICAL, Verdict.TOO_FEW, Verdict.NO_HARM, DASH}
"""What stands in the cells of a table that says nothing, and is left out."""


def harm(cells: Cells) -> Block:
    """Return the changes of serious harm, and of the risk of those who remain, with their verdicts."""
    columns = []
    for head in headings.HARM:
        columns.append(Column(Term(head.words), [cells.relative(p, head.outcome) for p in cells.policies]))
        columns.append(Column(Term("verdict"), [cells.verdict(p, head.outcome) for p in cells.policies]))
    known = not any(Verdict.NO_PERCENTAGE in column.cells for column in columns)
    note = paragraph(
        partly_in_force(cells.scenario, cells.policies),
        Sentence(
            "Under the baseline the model has {harmed} {persons} and {harms} {per_day}.",
            harmed=cells.levels(HEADLINE)[0], persons=cells.unit(HEADLINE),
            harms=cells.levels(SECOND)[0], per_day=cells.unit(SECOND),
        ),
        Sentence("Such levels of harm are not identified, only changes are."),
        Sentence(
            "Those who remain: lawful users whom neither the door nor a bar kept out that day; the days of the others "
            "are among the costs and not in the risk."
        ),
        Sentence("Too few: under {fewest} events in both.", fewest=FEWEST_EVENTS),
        None if known else Sentence(
            "No percentage: the baseline is not told apart from zero, so nothing is said in percent of it; the "
            "differences stand in effects.csv."
        ),
    )  # fmt: skip
    return Table(Term("HARM"), CHANGES, [cells.names()], columns, note)


def over_time(cells: Cells, counts: Counts) -> Block | None:
    """Return the changes of serious harms in the first and the last quarter of the window, if it is long enough."""
    quarters = quarters_of(counts.scenario)
    if quarters is None:
        return None
    columns = []
    for days, head in zip(quarters, headings.QUARTERS, strict=True):
        harms = counts.sums(days)["n_harm_serious"]
        base = by_seed(harms, BASELINE)
        found: list[Words] = []
        for policy in cells.policies:
            value = by_seed(harms, policy)
            made = paired_change(base, value, (float(base.sum()), float(value.sum())))
            whole = throughout(counts.scenario, policy, range(*days))
            found.append(in_percent(made.verdict, made.relative) if whole else DASH)
        columns.append(Column(Term(head.words), found))
    there = {cell for column in columns for cell in column.cells}
    if there <= _NOTHING:
        return None
    note = Sentence(
        "A dash: the policy is not in force on every day of that quarter, so that the first and the last quarter do "
        "not show whether its effect grows or fades."
    )
    return Table(Term("OVER TIME"), CHANGES, [cells.names()], columns, note if DASH in there else None)


def together(interactions: pd.DataFrame) -> Block | None:
    """Return the table of what two policies do together beyond the sum of what each does, if there are any."""
    rows = interactions[interactions["outcome"] == HEADLINE].to_dict("records")
    if not rows:
        return None
    verdicts = [Verdict(row["verdict"]) for row in rows]
    beyond = [
        DASH if verdict in _NOTHING else Amount(interval_of(row, "relative"), points)
        for row, verdict in zip(rows, verdicts, strict=True)
    ]
    keys = [Column(Term("policy"), [short(row["policy"]) for row in rows], left=True)]
    keys += [
        Column(Term(head.words), [short(row[head.column.partition(".")[2]]) for row in rows], left=True)
        for head in headings.TOGETHER_WITH
    ]
    columns = [Column(Term(headings.TOGETHER.words), beyond), Column(Term("verdict"), verdicts)]
    note = Sentence(
        "Both less one less the other plus the baseline, seed by seed. Below the sum: together they lower harm by "
        "more, or raise it by less, than the two changes add up to. Identical: they add up exactly."
    )
    kind = Term("change beyond the sum of both changes, in brackets its 95% interval")
    return Table(Term("TOGETHER"), kind, keys, columns, note)


def for_whom(cells: Cells) -> Block | None:
    """Return the changes of serious harm by class of victim, if there are any."""
    columns = [
        Column(Term(head.words), [cells.if_any(p, head.outcome) for p in cells.policies]) for head in headings.FOR_WHOM
    ]
    if {cell for column in columns for cell in column.cells} <= _NOTHING:
        return None
    return Table(Term("FOR WHOM, persons seriously harmed"), CHANGES, [cells.names()], columns)


def by_severity(cells: Cells) -> Block | None:
    """Return changes of all harms under each way of weighing them, with the order of the policies."""
    own = (
        len({offence.severity_own for offence in cells.scenario.offences}) > 1
    )  # else each harm counts alike there too
    heads = [head for head in headings.SEVERITY if own or head != headings.BY_OWN_WEIGHTS]
    moved = [p for p in cells.policies if any(cells.resolved(p, head.outcome) for head in heads)]
    if len(moved) < 2:
        return None
    columns = [Column(Term(head.words), [cells.relative(p, head.outcome) for p in moved]) for head in heads]
    names = Column(Term("policy"), [short(p) for p in moved], left=True)
    note = _order(cells, heads, moved)
    return Table(Term("BY SEVERITY, harms of every offence"), CHANGES, [names], columns, note)


def _order(cells: Cells, heads: Sequence[headings.Heading], moved: Sequence[str]) -> Sentence:
    """Return the order of the policies under each way of weighing harms."""
    orders = []
    for head in heads:
        falls = {policy: cells.number(policy, head.outcome) for policy in moved}
        order: list[str] = sorted(falls, key=falls.__getitem__)
        orders.append(Listed(tuple(order)))
    if len({*orders}) > 1:
        each = [
            Sentence("{weights}: {policies}.", weights=Term(head.words.capitalize()), policies=order)
            for head, order in zip(heads, orders, strict=True)
        ]
        return Sentence(
            "The order of the policies by their means, the largest fall first, depends on the weights. {each}",
            each=paragraph(*each),
        )
    if len(heads) > 2:
        return Sentence(
            "The order of the policies by their means, the largest fall first, is the same under all three: "
            "{policies}.",
            policies=orders[0],
        )
    return Sentence(
        "The order of the policies by their means, the largest fall first, is the same under both: {policies}.",
        policies=orders[0],
    )


def _columns(cells: Cells, of: Sequence[headings.Heading]) -> list[Column]:
    return [Column(Term(head.words), cells.levels(head.outcome, head.factor)) for head in of]


def costs(cells: Cells) -> Block:
    """Return what every policy costs lawful users, and what it takes."""
    note = paragraph(
        Sentence(
            "Echo: an assumed input, conversations an hour, times the hours lost; no finding. So is who is turned away."
        ),
        Sentence("Sanctions: warnings, suspensions and bans. Intervals of all of this stand in effects.csv."),
        means_of_all_days(cells.scenario, cells.policies),
        cells.visitors_not_counted(),
    )
    return Table(Term("COSTS"), LEVELS, [cells.names(baseline=True)], _columns(cells, headings.COSTS), note)


def process(cells: Cells, busy: Mapping[str, float]) -> Block:
    """Return what happens between harm and sanction, staff busy as `busy` has it for every arm."""
    columns = _columns(cells, headings.PROCESS)
    shares = [level(headings.STAFF_BUSY.factor * share) for share in busy.values()]
    columns[headings.PROCESS.index(headings.STAFF_BUSY)] = Column(Term(headings.STAFF_BUSY.words), shares)
    dashes = any(DASH in column.cells for column in columns)
    note = paragraph(
        Sentence(
            "Complaints to the police are recorded harm: another thing than the true harm above. Out: suspended or "
            "banned."
        ),
        Sentence("A dash: in no seed have both the policy and the baseline something to take a share or a mean of.")
        if dashes
        else None,
        means_of_all_days(cells.scenario, cells.policies),
    )
    return Table(Term("WHAT HAPPENS"), LEVELS, [cells.names(baseline=True)], columns, note)
