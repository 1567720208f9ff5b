"""The sentences and tables of doubt: how far effects go over worlds, what they rest on, where they turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sim.outcomes.doubt import SETS_WITHIN
from sim.outcomes.statistics import Interval, interval_of
from sim.outcomes.turns import FEWEST_TURNED
from sim.report.blocks import Block, Column, Note, Prose, Table
from sim.report.headings import Heading
from sim.report.text import (
    DASH,
    ends_alone,
    numbers,
    short,
    size,
    two_digits,
    value_alone,
    whole_percent,
)
from sim.report.worlds import share_cell, told, worlds_of
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words, paragraph

MOST_PARAMETERS = 5
"""Parameters shown of a policy, and of what to find out first; the others stand in the files."""

ALL_ASSUMED = "assumed"
"""Stands for a parameter where all that are assumed are meant, as one."""

Row = Mapping[Any, Any]
"""A row of a table of `Doubt` by column."""

ALONE = Heading("here alone, middle of the worlds", column="doubt.median")
EFFECTS = (
    Heading("middle of the worlds", column="doubt.median"),
    Heading("lowers, of the worlds", column="doubt.lowered"),
    Heading("luck, of the spread", column="doubt.luck"),
    Heading("rests on assumed numbers, at most, of the spread", column="doubt.assumed"),
)
FIRST = Heading("by itself, of the spread", column="doubt_parameters.first")
TOTAL = Heading("with others too, of the spread", column="doubt_parameters.total")
WORTH = (
    Heading("persons harmed less in a run", column="doubt_value.value"),
    Heading("of the harm under the baseline", column="doubt_value.share"),
)


def rows_of(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table."""
    rows: list[Row] = list(table.to_dict("records"))
    return rows


def rows_of_policy(table: pd.DataFrame, policy: str) -> list[Row]:
    """Return those of a policy."""
    return rows_of(table[table["policy"] == policy])


def sentence(row: Row) -> Sentence:
    """Return what becomes of a policy's effect over the worlds.

    ``phone: -41% in the median of 100 worlds (90% of them: -62 to -12); it lowers in 97 and raises in 3 of them; luck
    makes 8% (2 to 14) of the spread; at most 85% (75 to 95) rests on assumed numbers``. A share that is not known to
    within `VAGUE` is left to the table.

    Args:
        row: Of `Doubt.spreads`, of serious harm.
    """
    policy, worlds = row["policy"], worlds_of(row)
    without = Counted(
        worlds.asked - worlds.known,
        Sentence("; in 1 more there are too few harms to compare"),
        Sentence("; in {n} more there are too few harms to compare", n=worlds.asked - worlds.known),
    )
    if not worlds.enough:
        return Sentence(
            "{policy}: too few harms to say: in {n} of {sets} worlds are there enough to compare",
            policy=policy, n=worlds.known, sets=worlds.asked,
        )  # fmt: skip
    if not any(worlds.middle) and not worlds.lowers and not worlds.raises:
        return Sentence(
            "{policy}: as under the baseline in each of {n} worlds{without}",
            policy=policy, n=worlds.known, without=without if without.n else None,
        )  # fmt: skip
    of_luck = Sentence("; luck makes {share} of the spread", share=Amount(worlds.luck, size))
    of_assumed = Sentence("; at most {share} rests on assumed numbers", share=Amount(worlds.assumed, size))
    lie = Sentence("all of them") if worlds.known < SETS_WITHIN else Sentence("90% of them")
    return Sentence(
        "{policy}: {middle} in the median of {n} worlds ({lie}: {ends}); it lowers in {lowers} and raises in "
        "{raises} of them{luck}{rests}{without}",
        policy=policy, middle=Amount(worlds.middle, value_alone), n=worlds.known, lie=lie,
        ends=Amount(worlds.middle, ends_alone), lowers=worlds.lowers, raises=worlds.raises,
        luck=of_luck if told(worlds.luck) else None, rests=of_assumed if told(worlds.assumed) else None,
        without=without if without.n else None,
    )  # fmt: skip


def effects(rows: Sequence[Row], here: Sequence[Row]) -> Block:
    """Return the table of effects over worlds.

    Args:
        rows: Of `Doubt.spreads`, those of the headline, one for each policy.
        here: Those of harm on what is simulated alone.
    """
    kind = Term(
        "change of persons seriously harmed, here and elsewhere, from the baseline, in brackets where 90% of worlds "
        "lie (of fewer than 19 all); shares with their 95% interval"
    )
    cells = [
        [worlds_of(row).cell, *(share_cell(interval_of(row, name)) for name in ("lowered", "luck", "assumed"))]
        for row in rows
    ]
    columns = [Column(Term(head.words), found) for head, found in zip(EFFECTS, zip(*cells, strict=True), strict=True)]
    columns.append(Column(Term(ALONE.words), [worlds_of(row).cell for row in here]))
    names = Column(Term("policy"), [short(row["policy"]) for row in rows], left=True)
    note = Sentence("A dash: too few worlds with harm under the baseline, or no spread to share out.")
    dashes = any(DASH in column.cells for column in columns)
    return Table(Term("EFFECTS"), kind, [names], columns, note if dashes else None)


def rests_on(policies: Sequence[str], parameters: pd.DataFrame) -> Block | None:
    """Return the table of the parameters that stand out, the largest of each policy."""
    large = [row for policy in policies for row in _standing_out(rows_of_policy(parameters, policy))]
    if not large:
        return Prose((Sentence("No parameter stands out: none moves an effect more than a made-up one seems to."),))
    keys = [
        Column(Term("policy"), [short(row["policy"]) for row in large], left=True),
        Column(Term("parameter"), [row["parameter"] for row in large], left=True),
    ]
    noise = [Interval(row["first"], row["first"] - row["noise"], row["first"] + row["noise"]) for row in large]
    columns = [Column(Term(FIRST.words), [share_cell(found.within(0, 1)) for found in noise])]
    totals = [
        Amount(min(max(row["total"], row["first"]), 1.0), whole_percent) if row["total"] == row["total"] else DASH
        for row in large
    ]
    if {*totals} != {DASH}:
        columns.append(Column(Term(TOTAL.words), totals))
    columns.append(Column(Term("standing"), [Term(row["standing"]) for row in large], left=True))
    note = paragraph(
        Sentence(
            "Shown are up to {most} of each policy that stand out: what is told apart from made-up parameters that "
            "reach nothing. All stand in doubt_parameters.csv.",
            most=MOST_PARAMETERS,
        ),
        _nothing_of(policies, large),
    )
    kind = Term(
        "share of the spread of the change of persons seriously harmed, here and elsewhere, in brackets its 95% "
        "interval"
    )
    return Table(Term("IT RESTS ON"), kind, keys, columns, note)


def _standing_out(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["stands_out"]][:MOST_PARAMETERS]


def _nothing_of(policies: Sequence[str], large: Sequence[Row]) -> Sentence | None:
    none = tuple(policy for policy in policies if policy not in {row["policy"] for row in large})
    return Sentence("None stands out of {policies}.", policies=Listed(none)) if none else None


def turns(rows: Sequence[Row], conditions: pd.DataFrame) -> Block | None:
    """Say of each policy with both signs in enough worlds where the rarer one is."""
    said = [
        Note(_turn(row, rows_of_policy(conditions, row["policy"]))) for row in rows if _n_turned(row) >= FEWEST_TURNED
    ]
    if not said:
        return None
    head = Sentence("Where the sign turns (found on half of the worlds, counted on the other half):")
    return Prose((head, *said))


def _n_turned(row: Row) -> int:
    worlds = worlds_of(row)
    return min(worlds.raises, worlds.lowers) if worlds.enough else 0


def _turn(row: Row, parts: Sequence[Row]) -> Sentence:
    worlds = worlds_of(row)
    if not parts:
        return Sentence(
            "{policy} raises harm in {raised} of {n} worlds and lowers it in {lowered}; no one or two parameters tell "
            "where.",
            policy=row["policy"], raised=worlds.raises, lowered=worlds.lowers, n=worlds.known,
        )  # fmt: skip
    first = parts[0]
    where = Listed(tuple(map(condition, parts)), Term(" and "))
    sets, met, wanted = (int(first[name]) for name in ("sets", "met", "wanted"))
    density, coverage = (Amount(first[name], whole_percent) for name in ("density", "coverage"))
    if first["rises"]:
        return Sentence(
            "{policy} raises harm where {where}: {sets} worlds, in {met} of which it does ({density}); in all it does "
            "in {wanted} ({coverage} of them there).",
            policy=row["policy"], where=where, sets=sets, met=met, wanted=wanted, density=density, coverage=coverage,
        )  # fmt: skip
    return Sentence(
        "{policy} lowers harm where {where}: {sets} worlds, in {met} of which it does ({density}); in all it does "
        "in {wanted} ({coverage} of them there).",
        policy=row["policy"], where=where, sets=sets, met=met, wanted=wanted, density=density, coverage=coverage,
    )  # fmt: skip


def condition(part: Row) -> Sentence:
    """Return a row of `Doubt.conditions` in words."""
    doubt = Sentence(" ({words})", words=Term(part["doubt"])) if part["doubt"] else None
    threshold = Amount(part["threshold"], two_digits)
    if part["above"]:
        return Sentence("{key} is above {value}{doubt}", key=part["parameter"], value=threshold, doubt=doubt)
    return Sentence("{key} is below {value}{doubt}", key=part["parameter"], value=threshold, doubt=doubt)


def to_find_out(values: pd.DataFrame) -> Block:
    """Return the table of what is worth knowing before a choice, all assumed parameters first."""
    rows = rows_of(values)
    single = [row for row in rows if row["parameter"] != ALL_ASSUMED]
    worth = [row for row in single if row["stands_out"]][:MOST_PARAMETERS]
    shown = [row for row in rows if row["parameter"] == ALL_ASSUMED and _seen(row)] + worth
    choice = Sentence("In the mean over the worlds the least harm is under {choice}.", choice=rows[0]["choice"])
    if others := [name for name in str(rows[0]["not_told_apart"]).split(";") if name]:
        choice = Sentence(
            "In the mean over the worlds the least harm is under {choice}; not told apart from it by that mean: "
            "{others}.",
            choice=rows[0]["choice"], others=Listed(tuple(others)),
        )  # fmt: skip
    none = Sentence(
        "So few worlds do not show which parameter is worth knowing before a policy is chosen: none is told apart from "
        "a made-up one."
    )
    if not shown:
        return Prose((paragraph(choice, none),))
    names = Column(Term("parameter"), [_what(row) for row in shown], left=True)
    columns = [
        Column(Term(WORTH[0].words), [Amount(interval_of(row, "value"), numbers) for row in shown]),
        Column(Term(WORTH[1].words), [share_cell(interval_of(row, "share")) for row in shown]),
    ]
    note = paragraph(
        choice,
        Sentence(
            "Who knows a parameter chooses another arm where that has less. Shown are those told apart from made-up "
            "ones that reach nothing; values are rather too low with few worlds. The others stand in doubt_value.csv."
        ),
        None if worth else none,
    )
    kind = Term(
        "persons seriously harmed less, here and elsewhere, if it is known before a policy is chosen, in brackets the "
        "95% interval"
    )
    return Table(Term("TO FIND OUT FIRST"), kind, [names], columns, note)


def _seen(row: Row) -> bool:
    """Tell whether something is seen to be worth knowing; of worlds too few nothing is, and that is no zero."""
    return bool(row["value_low"] > 0)


def _what(row: Row) -> Words:
    return Term("all assumed numbers") if row["parameter"] == ALL_ASSUMED else row["parameter"]
