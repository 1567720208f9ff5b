"""The tables that hold policies against one another: the best and their price, what parts do, what two do together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sim.outcomes.best import Asked
from sim.outcomes.counts import HEADLINE
from sim.outcomes.effects import rest_of, words_of
from sim.outcomes.in_force import part_of_window
from sim.outcomes.statistics import interval_of
from sim.outcomes.verdicts import Verdict
from sim.report import headings
from sim.report.blocks import Block, Column, Table
from sim.report.cells import CHANGES, LEVELS, Cells, cost
from sim.report.remarks import costs_in_words
from sim.report.tables import NOTHING
from sim.report.text import DASH, LONGEST_NAME, points, short
from sim.rules.sentences import Amount, Sentence, Term, Words, paragraph
from sim.scenario.scenario import Scenario


def best(cells: Cells, found: pd.DataFrame) -> Block | None:
    """Return the policies that are not told apart from the best, the cheapest first, if there are several."""
    if len(found) < 2:
        return None
    rows = found.to_dict("records")
    of_change, of_more = headings.BEST
    more = [
        Amount(interval_of(row, "more"), points) if row["policy"] != row["best"] else Term("the best") for row in rows
    ]
    columns = [
        Column(Term(of_change.words), [cells.relative(row["policy"], HEADLINE) for row in rows]),
        Column(Term(of_more.words), more),
    ]
    note = Sentence(
        "Points: of the baseline, seed by seed; these intervals are so wide that all of them hold together at 95%."
    )
    return Table(Term("NOT TOLD APART FROM THE BEST"), CHANGES, _in_order(cells.scenario, rows), columns, note)


def cheapest_first(scenario: Scenario, found: pd.DataFrame) -> Block | None:
    """Return what the policies cost that are not told apart from the best, the cheapest first, if there are several."""
    if len(found) < 2:
        return None
    rows = found.to_dict("records")
    behind = Sentence(
        "What is in force on a part of the window stands last, since it costs less and spares less by that alone."
    )
    parts = any(part_of_window(scenario, row["policy"]) for row in rows)
    columns = [
        Column(Term(head.words), [cost(row[name]) for row in rows])
        for head, name in zip(headings.CHEAPEST, ("staff", "turned_away", *Asked._fields), strict=True)
    ]
    note = paragraph(
        Sentence("Order: {costs}; then the fewest levers.", costs=costs_in_words(scenario)), behind if parts else None
    )
    return Table(Term("CHEAPEST FIRST"), LEVELS, _in_order(scenario, rows), columns, note)


def _in_order(scenario: Scenario, rows: Sequence[Mapping[Any, Any]]) -> list[Column]:
    """Return what the rows are: policies and, where some are in force on a part of the window, on how many days."""
    names = Column(Term("policy"), [short(row["policy"]) for row in rows], left=True)
    if not any(part_of_window(scenario, row["policy"]) for row in rows):
        return [names]
    return [names, Column(Term(headings.DAYS_IN_FORCE.words), [row["days_in_force"] for row in rows])]


def what_works(scenario: Scenario, contains: pd.DataFrame) -> Block | None:
    """Return what policies add to those that they contain, if any contains another."""
    rows = contains[contains["outcome"] == HEADLINE].to_dict("records")
    if not rows:
        return None
    verdicts = [Verdict(row["verdict"]) for row in rows]
    adds = [
        Term("nothing") if verdict is Verdict.IDENTICAL
        else DASH if verdict in NOTHING
        else Verdict.NO_PERCENTAGE if row["relative"] != row["relative"]
        else Amount(interval_of(row, "relative"), points)
        for row, verdict in zip(rows, verdicts, strict=True)
    ]  # fmt: skip
    contained, rest, added = headings.ADDS
    keys = [
        Column(Term("policy"), [short(row["policy"]) for row in rows], left=True),
        Column(Term(contained.words), [short(row["contains"]) for row in rows], left=True),
        Column(Term(rest.words), [_rest(scenario, row) for row in rows], left=True, breaks=LONGEST_NAME),
    ]
    columns = [Column(Term(added.words), adds), Column(Term("verdict"), verdicts)]
    note = Sentence(
        "The policy less the one that it contains, seed by seed. Identical: what it has beyond that does nothing here."
    )
    kind = Term(
        "change of persons seriously harmed, here and elsewhere, in % of the baseline's, in brackets its 95% interval"
    )
    return Table(Term("WHAT DOES THE WORK"), kind, keys, columns, note)


def _rest(scenario: Scenario, row: Mapping[Any, Any]) -> Words:
    return words_of(rest_of(scenario, row["policy"], row["contains"]))


def together(interactions: pd.DataFrame) -> Block | None:
    """Return the table of what two policies do together beyond the sum of what each does, if there are any."""
    rows = interactions[interactions["outcome"] == HEADLINE].to_dict("records")
    if not rows:
        return None
    verdicts = [Verdict(row["verdict"]) for row in rows]
    beyond = [
        DASH if verdict in NOTHING else Amount(interval_of(row, "relative"), points)
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
