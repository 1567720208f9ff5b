"""The table of evidence: which source says what about which quantity, and how far to trust it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

HOW_SEEN: Final[Mapping[str, str]] = {
    "excerpt": "seen in an excerpt of the source",
    "computed": "computed for this table from a published data set",
    "memory": "from memory: not seen in the source",
}
"""How far a row was seen, in words. One from memory is no more than an assumption until somebody reads the source."""


@dataclass(frozen=True)
class Evidence:
    """A row of ``evidence.csv``, as text.

    Attributes:
        id: Name of the row, for instance ``CASE-03``.
        topic: Part of the table.
        parameter: What was measured.
        value_low: Lower value, or empty.
        value_central: Central value, or empty.
        value_high: Upper value, or empty.
        unit: Unit of the values.
        population: Whom or what it was measured on.
        source: Who says so.
        year: Year of the source.
        address: Where to read it.
        how_seen: One of `HOW_SEEN`.
        note: Grade and caution. The grade is A to C by how well the source measures, from official counts and field
            experiments to the press and interested parties; D for what is derived here or a prior. A setting that is
            named rests on the row: its default or an end of its plausible range.
    """

    id: str
    topic: str
    parameter: str
    value_low: str
    value_central: str
    value_high: str
    unit: str
    population: str
    source: str
    year: str
    address: str
    how_seen: str
    note: str

    @property
    def seen(self) -> bool:
        """Whether somebody has seen the values in the source or computed them from it."""
        return self.how_seen != "memory"


@cache
def evidence() -> dict[str, Evidence]:
    """Return the rows of the table by their id."""
    with Path(__file__).with_name("evidence.csv").open(encoding="utf-8", newline="") as file:
        rows = [Evidence(**row) for row in csv.DictReader(file)]
    return {row.id: row for row in rows}
