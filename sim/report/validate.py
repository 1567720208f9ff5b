"""Validate: what was found of the patterns, and how it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.dictionary import Meaning
from sim.outcomes.patterns import KINDS, Pattern, Quantity
from sim.outcomes.statistics import Interval
from sim.outcomes.verdicts import Verdict
from sim.report.blocks import Block, Column, Note, Prose, Table
from sim.report.headings import Heading, Printed
from sim.report.parts import Page, Part, Picture
from sim.report.result import Result
from sim.report.text import number, tenths, tenths_percent
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = {
    "number": Meaning("whole number", "number of the pattern"),
    "name": Meaning("name", "its name"),
    "kind": Meaning("letter", "C calibrates, E must emerge, I echo of an input, A arithmetic"),
    "quantity": Meaning("words", "what is measured"),
    "observed": Meaning("words", "what is known of real platforms"),
    "evidence": Meaning("names", "rows of the evidence table"),
    "simulated": Meaning("as the tolerance", "value over the seeds"),
    "low": Meaning("as the tolerance", "lower end of its 95% interval"),
    "high": Meaning("as the tolerance", "upper end of its 95% interval"),
    "tolerance_low": Meaning("shares and factors; counts for nulls", "least that passes"),
    "tolerance_high": Meaning("shares and factors; counts for nulls", "most that passes"),
    "days": Meaning("days", "measured days"),
    "result": Meaning("words", "passed, not passed, not resolved (sign: only the direction was asked for)"),
}
"""Columns of the table of patterns."""

NUMBER = Heading("no", column="patterns.number")
SIMULATED = Heading("simulated (95%)", column="patterns.simulated")

UNEXPLAINED = Sentence("Nobody has explained this yet.")
TOO_WIDE = Sentence("The interval reaches beyond the tolerance; more seeds would make it narrower.")


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
    def verdict(self) -> Verdict:
        """``passed`` or in which way it is not passed; where only the sign was asked for, that says so."""
        sign = self.quantity.sign_only
        if self.passed:
            return Verdict.SIGN_PASSED if sign else Verdict.PASSED
        if self.simulated.high < self.quantity.low or self.quantity.high < self.simulated.low:
            return Verdict.SIGN_NOT_PASSED if sign else Verdict.NOT_PASSED
        return Verdict.SIGN_NOT_RESOLVED if sign else Verdict.NOT_RESOLVED


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

    def page(self, made: Mapping[str, Any]) -> Page:
        """Return its page: how many passed, all quantities, and what to know of them."""
        table, passing, notes = self.blocks()
        passed = Sentence("Passed of what is known of real platforms, by kind: {totals}.", totals=totals(self.found))
        parts = [
            Part(
                "figures", Term("In pictures"), [Picture("patterns", Sentence("What came out beside what would pass"))]
            ),
            Part("tables", Term("In numbers"), [table]),
            Part("notes", Term("What to know of it"), [passing, notes]),
        ]
        return Page(Term("Patterns of real platforms, held against the model"), [], [passed], parts)

    @property
    def _patterns(self) -> pd.DataFrame:
        """The table of patterns."""
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
        return pd.DataFrame(rows)

    def plot(self) -> Figure:
        """Draw what was simulated beside what passes, a row for each quantity."""
        from sim.report import figures

        return figures.figure_of(figures.patterns, self._patterns)

    def fill(self, folder: Path) -> None:
        """Write the table."""
        write_csv(self._patterns, folder / "patterns.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figure."""
        return {"patterns": self.plot}


# -- telling what came out ---------------------------------------------------------------------------------------------


def totals(found: Sequence[Finding]) -> Listed:
    """Return how many passed, kind by kind, with how many of these were asked for their sign alone."""
    parts = []
    for kind in KINDS:
        of_kind = [r for r in found if r.quantity.kind == kind]
        signs = [r for r in of_kind if r.quantity.sign_only]
        sign_only = Sentence(" (sign only: {passed})", passed=_passed_of(signs)) if signs else None
        if of_kind:
            passed = _passed_of(of_kind)
            parts.append(Sentence("{kind} {passed}{sign_only}", kind=kind, passed=passed, sign_only=sign_only))
    return Listed(tuple(parts))


def _passed_of(found: Sequence[Finding]) -> Sentence:
    return Sentence("{passed} of {n}", passed=sum(r.passed for r in found), n=len(found))


def _quantities(found: Sequence[Finding]) -> Block:
    """Return the table: a line for each quantity."""
    quantities = [r.quantity for r in found]
    keys = [
        Column(Term(NUMBER.words), [r.pattern.number for r in found], left=True),
        Column(None, [q.kind for q in quantities], left=True),
        Column(Term("quantity"), [Term(q.label) for q in quantities], left=True),
    ]
    columns = [
        Column(Term("observed"), [Term(q.observed) for q in quantities], left=True, breaks=12),
        Column(Term(SIMULATED.words), [_simulated(r) for r in found], left=True),
        Column(Term("tolerance"), [_tolerance(q) for q in quantities], left=True),
        Column(Term("result"), [r.verdict for r in found], left=True),
    ]
    return Table(Term("PATTERNS passed"), totals(found), keys, columns)


def _simulated(result: Finding) -> Sentence:
    """Return an estimate with its interval, the unit at the estimate alone."""
    ends = (Amount(x, tenths if result.quantity.percent else number) for x in result.simulated[1:])
    value = Amount(result.simulated.value, tenths_percent if result.quantity.percent else number)
    return Sentence("{value} ({low} to {high})", value=value, low=next(ends), high=next(ends))


def _tolerance(quantity: Quantity) -> Words:
    """Return which values pass, the unit once."""
    low, high = (Amount(x, tenths_percent if quantity.percent else number) for x in (quantity.low, quantity.high))
    if quantity.high == np.inf:
        return Sentence("{low} or more", low=low)
    if quantity.low == -np.inf:
        return Sentence("{high} or less", high=high)
    if quantity.low == quantity.high:
        return low
    return Sentence("{low} to {high}", low=Amount(low.value, tenths) if quantity.percent else low, high=high)


def _passing(found: Sequence[Finding]) -> Block:
    """Say what passing means: an echo that passes counts for little."""
    present = {r.quantity.kind for r in found}
    kinds = [
        Sentence("{kind} {words}", kind=kind, words=Term(words)) for kind, words in KINDS.items() if kind in present
    ]
    sign = Sentence("sign: only the direction was asked for, so that the size shown beside it may be another one; ")
    said = Sentence(
        "Kinds: {kinds}. Passed is what lies in the tolerance with its whole interval, which covers Monte Carlo error "
        "only; {sign}there is no quota, and what did not pass is a finding.",
        kinds=Listed(tuple(kinds), Term("; ")), sign=sign if any(r.quantity.sign_only for r in found) else None,
    )  # fmt: skip
    return Prose((said,))


def _notes(found: Sequence[Finding]) -> Block:
    """Return what makes each pattern, and why a quantity did not pass."""
    lines: list[Words | Note] = []
    for name in dict.fromkeys(r.pattern.name for r in found):
        of = [r for r in found if r.pattern.name == name]
        pattern, evidence = of[0].pattern, dict.fromkeys(row for r in of for row in r.quantity.evidence)
        runs = Sentence("{seeds} seeds, {days} days", seeds=of[0].seeds, days=of[0].days)
        off = Sentence(" Switched off: {words}.", words=Term(pattern.off_words)) if pattern.off_words else None
        known = Listed((name, runs, *evidence))
        made = Sentence(
            "{number}. {title} ({known}). Made by {mechanism}.{off}",
            number=pattern.number, title=Term(pattern.title), known=known, mechanism=Term(pattern.mechanism), off=off,
        )  # fmt: skip
        lines.append(made)
        lines += [
            Note(
                Sentence(
                    "{quantity}, {verdict}: {why}", quantity=Term(r.quantity.label), verdict=r.verdict, why=_why(r)
                )
            )
            for r in of
            if not r.passed
        ]
    return Prose(tuple(lines))


def _why(result: Finding) -> Words:
    """Return why a quantity did not pass, as far as it was explained."""
    if explained := result.quantity.finding.strip():
        return Term(explained)
    return TOO_WIDE if result.verdict in (Verdict.NOT_RESOLVED, Verdict.SIGN_NOT_RESOLVED) else UNEXPLAINED
