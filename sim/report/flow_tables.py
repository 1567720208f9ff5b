"""What a comparison tells person by person: the net first, and whom the model's luck puts on either side of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from sim.outcomes.counts import HERE
from sim.outcomes.flows import COME, GONE
from sim.report import headings
from sim.report.blocks import Block, Column, Prose, Table
from sim.report.cells import Cells
from sim.report.headings import Heading
from sim.report.text import difference, number, numbers
from sim.rules.sentences import Amount, Sentence, Term, Words

_SIGNED = ("net", "outside", "elsewhere")
_PARTS = (*GONE, *COME)


def person_by_person(cells: Cells, found: pd.DataFrame, named_first: Sequence[str]) -> Iterator[Block]:
    """Yield a sentence on the policy that the answer names first, if it names one, and the table of all.

    Args:
        cells: The effects.
        found: As `Comparison.flows`; nothing is told where it is empty.
        named_first: As `Comparison.named_first`.
    """
    if not len(found):
        return
    rows = {(row["policy"], row["flow"]): row for row in found.to_dict("records")}
    if named_first:
        yield Prose((finding(rows, named_first[0]),))
    columns = [
        Column(Term(heading.words), [_cell(rows[policy, flow]) for policy in cells.policies])
        if flow
        else Column(Term(heading.words), [_bounds(rows[policy, of]) for policy in cells.policies])
        for heading, flow, of in _COLUMNS
        if flow != "outside" or any(rows[policy, flow]["rate"] for policy in cells.policies)
    ]
    note = Sentence(
        "The net is what a policy does. Who stands on either side of it is matched by the luck that the model lets "
        "runs of a seed share: other luck gives other persons, and more or fewer of them on both sides, the same net. "
        "So it says of no given person what the policy did for them. At any luck: between what the two numbers of "
        "persons harmed leave open. Let in that day: the policy's doors let them in to a simulated site on the day of "
        "the baseline's first harm; kept out: to none, and what becomes of them elsewhere is not simulated; beside it "
        "stands what is expected there. Put off: the same contact goes on when the window ends, and harm may come "
        "after it. Redirected: approached in place of somebody absent or protected because of the policy. The luck of "
        "parts stands in flows.csv.",
    )
    kind = Sentence("{unit}, in brackets their luck (95%)", unit=cells.unit(HERE))
    yield Table(Term("PERSON BY PERSON"), kind, [cells.names()], columns, note)


_COLUMNS: tuple[tuple[Heading, str, str], ...] = (
    (headings.NET, "net", ""),
    (headings.BASELINE_ALONE, "baseline_alone", ""),
    (headings.BOUNDS_OF_BASELINE, "", "baseline_alone"),
    (headings.LET_IN, "spared", ""),
    (headings.ABSENT, "absent", ""),
    (headings.PUT_OFF, "put_off", ""),
    (headings.POLICY_ALONE, "policy_alone", ""),
    (headings.BOUNDS_OF_POLICY, "", "policy_alone"),
    (headings.REDIRECTED, "redirected", ""),
    (headings.IN_BOTH, "both", ""),
    (headings.OUTSIDE_NET, "outside", ""),
    (headings.EXPECTED_ELSEWHERE, "elsewhere", ""),
)
"""Columns: the heading, whose rate stands under it, or whose bounds."""


def finding(rows: Mapping[tuple[str, str], Mapping[Any, Any]], policy: str) -> Sentence:
    """Say in a sentence what the net of a policy is made of, and that this hangs on shared luck."""

    def rate(flow: str) -> Amount:
        return Amount(float(rows[policy, flow]["rate"]), number)

    return Sentence(
        "Person by person, {policy}: net {net} {unit}. As the model's luck matches persons, {gone} are harmed under "
        "the baseline alone ({let_in} let in that day, {absent} kept out by doors, {put_off} put off) and {come} under "
        "the policy alone ({redirected} redirected); other luck gives other persons the same net.",
        policy=policy, net=_cell(rows[policy, "net"]), unit=Term(rows[policy, "net"]["unit"]),
        gone=rate("baseline_alone"), let_in=rate("spared"), absent=rate("absent"), put_off=rate("put_off"),
        come=rate("policy_alone"), redirected=rate("redirected"),
    )  # fmt: skip


def _cell(row: Mapping[Any, Any]) -> Amount:
    """Return a rate with its interval, with a sign where it is a difference; of parts the rate alone, for room."""
    if row["flow"] in _PARTS:
        return Amount(float(row["rate"]), number)
    interval = (float(row["rate"]), float(row["low"]), float(row["high"]))
    return Amount(interval, difference) if row["flow"] in _SIGNED else Amount(interval, numbers)


def _bounds(row: Mapping[Any, Any]) -> Words:
    return Sentence("{low} to {high}", low=Amount(row["fewest"], number), high=Amount(row["most"], number))
