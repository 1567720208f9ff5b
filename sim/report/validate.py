"""Validate: what was found of the patterns, and how it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.dictionary import Meaning
from sim.outcomes.patterns import KINDS, Pattern, Quantity
from sim.outcomes.statistics import Interval
from sim.report.blocks import Block, Column, Prose, Table
from sim.report.headings import Heading, Printed
from sim.report.result import Result
from sim.report.text import number

COLUMNS = {
    "number": Meaning("whole number", "number of the pattern"),
    "name": Meaning("name", "its name"),
    "kind": Meaning("letter", "C calibrates, E must emerge, I echo of an input, A arithmetic"),
    "quantity": Meaning("words", "what is measured"),
    "observed": Meaning("words", "what is known of real platforms"),
    "evidence": Meaning("names", "rows of the evidence table"),
    "simulated": Meaning("as the tolerance", "value over the seeds"),
    "low": Meaning("as the tolerance", "lower end of its 95% interval"),
    "high": Meaning("as the tolerance", "upper end of it"),
    "tolerance_low": Meaning("shares and factors; counts for nulls", "least that passes"),
    "tolerance_high": Meaning("shares and factors; counts for nulls", "most that passes"),
    "days": Meaning("days", "measured days"),
    "result": Meaning("words", "passed, not passed, not resolved (sign: only the direction was asked for)"),
}
"""Columns of the table of patterns."""

NUMBER = Heading("no", column="patterns.number")
SIMULATED = Heading("simulated (95%)", column="patterns.simulated")

UNEXPLAINED = "Nobody has explained this yet."
TOO_WIDE = "The interval reaches beyond the tolerance; more seeds would make it narrower."


@dataclass(frozen=True)
class Finding:
    """What came out for one quantity: the simulated value with its 95% interval over the seeds."""

    pattern: Pattern
    quantity: Quantity
    seeds: int
    days: int
    simulated: Interval

    @property
    def passed(self) -> bool:
        """Whether the whole interval is within the tolerance."""
        return self.quantity.low <= self.simulated.low and self.simulated.high <= self.quantity.high

    @property
    def verdict(self) -> str:
        """``passed`` or in which way it is not passed; where only the sign was asked for, that says so."""
        outside = self.simulated.high < self.quantity.low or self.quantity.high < self.simulated.low
        verdict = "passed" if self.passed else "not passed" if outside else "not resolved"
        return f"sign {verdict}" if self.quantity.sign_only else verdict


@dataclass(frozen=True)
class Validation(Result):
    """Patterns with what came out, passed or not.

    Attributes:
        found: One result for each quantity of each pattern.
    """

    columns: ClassVar = {"patterns": COLUMNS}
    printed: ClassVar = (Printed("PATTERNS passed", (NUMBER, SIMULATED)),)

    found: tuple[Finding, ...]

    def blocks(self) -> list[Block]:
        """Return how many passed, a line for each quantity, then what makes each pattern and why it did not pass."""
        return [_quantities(self.found), _passing(self.found), _notes(self.found)]

    def fill(self, folder: Path) -> None:
        """Write the table."""
        rows = [
            {
                "number": r.pattern.number,
                "name": r.pattern.name,
                "kind": r.quantity.kind,
                "quantity": r.quantity.label,
                "observed": r.quantity.observed,
                "evidence": " ".join(r.quantity.evidence),
                "simulated": r.simulated.value,
                "low": r.simulated.low,
                "high": r.simulated.high,
                "tolerance_low": r.quantity.low,
                "tolerance_high": r.quantity.high,
                "seeds": r.seeds,
                "days": r.days,
                "result": r.verdict,
            }
            for r in self.found
        ]

        write_csv(pd.DataFrame(rows), folder / "patterns.csv")


# -- telling what came out ---------------------------------------------------------------------------------------------


def totals(found: Sequence[Finding]) -> str:
    """Return how many passed, kind by kind, with how many of these were asked for their sign alone."""
    parts = []
    for kind in KINDS:
        of_kind = [r for r in found if r.quantity.kind == kind]
        signs = [r for r in of_kind if r.quantity.sign_only]
        sign_only = f" (sign only: {_of(signs)})" if signs else ""
        if of_kind:
            parts.append(f"{kind} {_of(of_kind)}{sign_only}")
    return ", ".join(parts)


def _of(found: Sequence[Finding]) -> str:
    return f"{sum(r.passed for r in found)} of {len(found)}"


def _quantities(found: Sequence[Finding]) -> Block:
    """Return the table: a line for each quantity."""
    quantities = [r.quantity for r in found]
    keys = [
        Column(NUMBER.words, [str(r.pattern.number) for r in found], left=True),
        Column("", [q.kind for q in quantities], left=True),
        Column("quantity", [q.label for q in quantities], left=True),
    ]
    columns = [
        Column("observed", [q.observed for q in quantities], left=True, breaks=12),
        Column(SIMULATED.words, [_simulated(r) for r in found], left=True),
        Column("tolerance", [_tolerance(q) for q in quantities], left=True),
        Column("result", [r.verdict for r in found], left=True),
    ]
    return Table("PATTERNS passed", totals(found), keys, columns)


def _simulated(result: Finding) -> str:
    value, low, high = (_number(x, result.quantity.percent) for x in result.simulated)
    return f"{value}{'%' * result.quantity.percent} ({low} to {high})"


def _tolerance(quantity: Quantity) -> str:
    low, high = (_number(x, quantity.percent) for x in (quantity.low, quantity.high))
    unit = "%" * quantity.percent
    if quantity.high == np.inf:
        return f"{low}{unit} or more"
    if quantity.low == -np.inf:
        return f"{high}{unit} or less"
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def _number(x: float, percent: bool) -> str:
    return f"{round(100 * x, 1) + 0.0:g}" if percent else number(x)


def _passing(found: Sequence[Finding]) -> Block:
    """Say what passing means: an echo that passes counts for little."""
    present = {r.quantity.kind for r in found}
    kinds = "; ".join(f"{kind} {words}" for kind, words in KINDS.items() if kind in present)
    sign = "sign: only the direction was asked for, so that the size shown beside it may be another one; "
    return Prose((
        f"Kinds: {kinds}. Passed is what lies in the tolerance with its whole interval, which covers Monte Carlo "
        f"error only; {sign * any(r.quantity.sign_only for r in found)}there is no quota, and what did not pass is a "
        "finding.",
    ))  # fmt: skip


def _notes(found: Sequence[Finding]) -> Block:
    """Return what makes each pattern, and why a quantity did not pass."""
    lines = []
    for name in dict.fromkeys(r.pattern.name for r in found):
        of = [r for r in found if r.pattern.name == name]
        pattern, evidence = of[0].pattern, dict.fromkeys(row for r in of for row in r.quantity.evidence)
        known = ", ".join([pattern.name, f"{of[0].seeds} seeds, {of[0].days} days", *evidence])
        off = f" Switched off: {pattern.off_words}." if pattern.off_words else ""
        lines.append(f"{pattern.number}. {pattern.title} ({known}). Made by {pattern.mechanism}.{off}")
        for r in of:
            if not r.passed:
                why = r.quantity.finding.strip() or (TOO_WIDE if "not resolved" in r.verdict else UNEXPLAINED)
                lines.append(f"- {r.quantity.label}, {r.verdict}: {why}")
    return Prose(tuple(lines))
