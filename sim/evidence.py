"""The table of evidence: which source says what about which quantity, and how far to trust it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path


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
        how_seen: ``excerpt`` if it was seen in its source; ``memory`` if not, then it is no more than an assumption.
        note: Grade and caution.
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


@cache
def evidence() -> dict[str, Evidence]:
    """Return the rows of the table by their id."""
    with Path(__file__).with_name("evidence.csv").open(encoding="utf-8", newline="") as file:
        rows = [Evidence(**row) for row in csv.DictReader(file)]
    return {row.id: row for row in rows}
