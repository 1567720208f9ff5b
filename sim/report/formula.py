"""Formulas of outcomes in words: computed with terms in place of numbers, they spell themselves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.outcomes.counts import Sums
from sim.outcomes.outcome import Outcome
from sim.rules.sentences import Term

GIVEN = {
    "days": Term("days added up"),
    "months": Term(
        "months that end within them, counted back from the end of the window; without one there is no value"
    ),
    "visitors": Term("mean monthly visitors of the baseline, or the declared ones where the window holds no month"),
    "conversations_per_hour": Term("population.conversations_per_hour, an input"),
    "proceedings_per_case": Term("1 / police.p_modelled, an input"),
}
"""What a formula reads beside columns."""


def formula(outcome: Outcome) -> str:
    """Return the formula of an outcome in words: what it does to the sums of a run."""
    terms: dict[str, Any] = {name: _Term(name) for name in GIVEN}
    told: Any = outcome.formula(Sums(table=_Columns(), **terms))  # type: ignore[arg-type]
    return str(told.text)


@dataclass(frozen=True)
class _Term:
    """In place of a number: an outcome's formula, computed with terms, spells itself out."""

    text: str
    sign: str = ""

    def _with(self, sign: str, other: object, turned: bool = False) -> _Term:
        """Join two terms; `turned` if the other one comes first."""
        term = other if isinstance(other, _Term) else _Term(f"{other:g}")
        left, right = (term, self) if turned else (self, term)
        looser = "+-" if sign in "*/" else ""
        first = f"({left.text})" if left.sign and left.sign in looser else left.text
        second = f"({right.text})" if right.sign and sign != "+" else right.text
        return _Term(f"{first} {sign} {second}", sign)

    def __add__(self, other: object) -> _Term:
        return self._with("+", other)

    def __sub__(self, other: object) -> _Term:
        return self._with("-", other)

    def __rsub__(self, other: object) -> _Term:
        return self._with("-", other, turned=True)

    def __mul__(self, other: object) -> _Term:
        return self._with("*", other)

    def __rmul__(self, other: object) -> _Term:
        return self._with("*", other, turned=True)

    def __truediv__(self, other: object) -> _Term:
        return self._with("/", other)

    def __rtruediv__(self, other: object) -> _Term:
        return self._with("/", other, turned=True)

    def __gt__(self, other: object) -> bool:
        return True

    def where(self, condition: bool) -> _Term:
        return self

    def astype(self, kind: type) -> _Term:
        return self


class _Columns:
    """In place of the table of sums: every column is a term."""

    def __getitem__(self, column: str) -> _Term:
        return _Term(column)
