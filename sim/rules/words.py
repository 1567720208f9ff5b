"""Numbers, times and days of the week, in words."""

from __future__ import annotations

from collections.abc import Mapping

from sim.rules.language import punctuated
from sim.rules.rulebook import WEEKDAYS, Weekday
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words

_DAYS: Mapping[Weekday, Term] = {
    "mon": Term("mon"),
    "tue": Term("tue"),
    "wed": Term("wed"),
    "thu": Term("thu"),
    "fri": Term("fri"),
    "sat": Term("sat"),
    "sun": Term("sun"),
}


def plain_number(value: float) -> str:
    """Return a number with as many digits as it has, up to six: ``0.2``."""
    return punctuated(f"{value:g}")


def one_decimal(value: float) -> str:
    """Return a number with a decimal, ``2.5`` or ``2.0``."""
    return punctuated(f"{value:,.1f}")


def decimal_if_any(value: float) -> str:
    """Return a number with a decimal unless that is zero, ``2.5`` or ``2``."""
    return punctuated(f"{value:,.1f}".removesuffix(".0"))


def lasting(seconds: float) -> Words:
    """Return a time in words, in the unit that suits it: ``7 seconds``, ``4 minutes``, ``2.5 hours``."""
    if (n := round(seconds)) < 120:
        return Counted(n, Sentence("{n} second", n=n), Sentence("{n} seconds", n=n))
    if seconds < 5400:
        return Sentence("{n} minutes", n=round(seconds / 60))
    return Sentence("{n} hours", n=Amount(seconds / 3600, one_decimal))


def days_in_words(days: tuple[Weekday, ...]) -> Words:
    """Return days of the week in words: ``every day``, ``from mon to fri``, ``on mon, wed, fri``."""
    if days == WEEKDAYS:
        return Term("every day")
    named = tuple(_DAYS[day] for day in days)
    first, last = WEEKDAYS.index(days[0]), WEEKDAYS.index(days[-1])
    if last - first + 1 == len(days) > 2:
        return Sentence("from {first} to {last}", first=named[0], last=named[-1])
    return Sentence("on {days}", days=Listed(named))
