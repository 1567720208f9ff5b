"""The tables of a comparison that tell when: effects while in force, at the window's ends, and year by year."""

from __future__ import annotations

import pandas as pd

from sim.model.records import DAYS_PER_WINDOW_YEAR
from sim.outcomes.counts import HERE, quarters_of, years_of
from sim.outcomes.outcomes import SECOND
from sim.outcomes.statistics import interval_of
from sim.outcomes.verdicts import Verdict
from sim.report import headings
from sim.report.blocks import Block, Column, Table
from sim.report.cells import CHANGES, Cells, level
from sim.report.tables import NOTHING
from sim.report.text import DASH, in_percent, short
from sim.rules.sentences import Sentence, Term, Words


def while_in_force(cells: Cells, effects: pd.DataFrame) -> Block | None:
    """Return effects over the window beside those while in force, of the policies in force on a part of it, if any."""
    found = {(row["policy"], row["outcome"]): row for row in effects.to_dict("records")}
    arms = list(dict.fromkeys(effects["policy"]))
    if not arms:
        return None
    of_days = [[found[arm, outcome] for arm in arms] for outcome in (HERE, SECOND)]
    columns = [
        Column(Term(headings.DAYS_IN_FORCE.words), [row["days"] for row in of_days[0]]),
        Column(Term(headings.ON_SITE.words), [cells.relative(arm, HERE) for arm in arms]),
    ]
    for head, rows in zip(headings.WHILE_IN_FORCE, of_days, strict=True):
        shown = [in_percent(Verdict(row["verdict"]), interval_of(row, "relative")) for row in rows]
        columns.append(Column(Term(head.words), shown))
    lost = [found[arm, "user_days_lost"] for arm in arms]
    columns.append(Column(Term(headings.LOST_IN_FORCE.words), [level(float(row["value"])) for row in lost]))
    note = Sentence(
        "Persons harmed here: over the whole window of {days} days, the days without the policy included. They count "
        "once in a year, so that no part of a year tells of them: serious harms stand for them on the days in force.",
        days=cells.scenario.days,
    )
    names = Column(Term("policy"), [short(arm) for arm in arms], left=True)
    return Table(Term("WHILE IN FORCE"), CHANGES, [names], columns, note)


def over_time(cells: Cells, found: pd.DataFrame) -> Block | None:
    """Return the changes of serious harms in the first and the last quarter of the window, if it is long enough.

    Args:
        cells: The effects.
        found: As `Comparison.over_time`.
    """
    quarters = quarters_of(cells.scenario)
    if quarters is None:
        return None
    columns = [
        Column(Term(head.words), _within(cells, found, days))
        for days, head in zip(quarters, headings.QUARTERS, strict=True)
    ]
    there = {cell for column in columns for cell in column.cells}
    if there <= NOTHING:
        return None
    note = Sentence(
        "A dash: the policy is not in force on every day of that quarter, so that the first and the last quarter do "
        "not show whether its effect grows or fades."
    )
    return Table(Term("OVER TIME"), CHANGES, [cells.names()], columns, note if DASH in there else None)


def by_year(cells: Cells, found: pd.DataFrame) -> Block | None:
    """Return the changes of serious harms in each year of the window, if it has several; `found` as for `over_time`."""
    years = years_of(cells.scenario)
    if len(years) < 2:
        return None
    columns = [
        Column(Sentence("serious harms in year {n}", n=n), _within(cells, found, days))
        for n, days in enumerate(years, 1)
    ]
    note = Sentence(
        "Years are of {days} days from the first measured one; the last may be shorter. A dash: the policy is not in "
        "force on every day of that year.",
        days=DAYS_PER_WINDOW_YEAR,
    )
    return Table(Term("BY YEAR"), CHANGES, [cells.names()], columns, note)


def _within(cells: Cells, found: pd.DataFrame, days: tuple[int, int]) -> list[Words]:
    """Return the changes of serious harms on some days; a dash where a policy is not in force on all of them."""
    first, end = days
    rows = found[(found["first_day"] == first) & (found["end_day"] == end)].set_index("policy").to_dict("index")
    return [
        in_percent(Verdict(rows[policy]["verdict"]), interval_of(rows[policy], "relative"))
        if rows[policy]["in_force"]
        else DASH
        for policy in cells.policies
    ]
