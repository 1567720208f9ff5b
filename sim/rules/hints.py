"""How to write a value as its setting takes it: with a unit, in percent, with a comma, a date as people write it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator

from sim.rules.declare import Parameter
from sim.rules.sentences import Sentence, Term

LONGEST = 100
"""Characters of a text, up to which it may be a quantity or a date."""

LARGEST = 10**30
"""Whole numbers beyond it are quantities of nothing."""

_HOURS_IN = {"h": 1, "hour": 1, "d": 24, "day": 24, "w": 168, "week": 168}
_QUANTITY = re.compile(r"([-+]?\d[\d_]*(?:\.\d+|,\d\d?)?)\s*(%|[A-Za-z]*)")
_DATE_IN_NUMBERS = re.compile(r"(\d{4})(\d\d)(\d\d)|(\d{1,4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,4})\.?")
_DATE_IN_WORDS = re.compile(
    r"(?:(\d{1,2})[a-z]{0,2}\.?[ -]*)?([a-z]{3,9})\.?[ -]*(?:(\d{1,2})[a-z]{0,2},?[ -]+)?(\d{4})"
)
_MONTHS = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11},
    **{"dec": 12, "fev": 2, "avr": 4, "mai": 5, "juin": 6, "juil": 7, "aou": 8},
}
"""First letters of the months in English and French, without accents."""


def hint(given: object, takes: Parameter, *, in_file: bool = False) -> Sentence | None:
    """Return how to write a value as its setting takes it, a sentence to follow a message, if that can be told.

    Args:
        given: What was written: ``80%``, ``7d``, ``0,5``, 80 for a share, 24.0 for a whole number, ``1/2/2021``.
        takes: The setting.
        in_file: Whether it was certainly written in a file, not in Python.

    >>> from sim.rules.rulebook import RULES
    >>> from sim.rules.sentences import spoken
    >>> spoken(hint("7d", RULES["retention.message_hours"]))
    'Write 168: this is in hours.'
    """
    if (isinstance(given, str) and len(given) > LONGEST) or (isinstance(given, int) and abs(given) > LARGEST):
        return None
    if takes.type is dt.date:
        return _of_date(given, takes, in_python=isinstance(given, str) and not in_file)
    if takes.type == tuple[int, ...]:
        return _of_list(given, takes)
    if takes.type not in (int, float) or isinstance(given, bool):
        return None
    if isinstance(given, str):
        return _of_quantity(given, takes)
    if not isinstance(given, int | float):
        return None
    if takes.unit == "share" and 1.01 <= given <= 100:
        return Sentence("For {percent}% write {share}.", percent=f"{given:.12g}", share=f"{given / 100:.12g}")
    whole = _number(given)
    if isinstance(given, float) and takes.allows(whole):
        return Sentence("Write {number}, without a point.", number=str(whole))
    return None


def _number(number: float) -> int | float:
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _in_unit(given: str, takes: Parameter) -> int | float | str | None:
    """Return the number that a quantity is in the unit of its setting, its suffix if that is no unit known, or none."""
    match = _QUANTITY.fullmatch(given.strip())
    if match is None:
        return None
    number, suffix = float(match[1].replace("_", "").replace(",", ".")), match[2].lower()
    hours = _HOURS_IN.get(suffix.removesuffix("s"))
    per = {"hours": 1, "days": 24}.get(re.split("[ ,]", takes.unit)[0])
    if suffix == "%" and takes.unit in ("share", "factor"):
        number /= 100
    elif hours and per:
        number *= hours / per
    elif suffix:
        return suffix
    return _number(number)


def _of_quantity(given: str, takes: Parameter) -> Sentence | None:
    value = _in_unit(given, takes)
    if isinstance(value, str):
        return Sentence("Write the number alone; its unit is: {unit}.", unit=Term(takes.unit))
    if value is None or not takes.allows(value):
        return None
    number = f"{value:.12g}"
    if takes.unit == "share":
        return Sentence("Write {number}: this is a share.", number=number)
    if takes.unit == "factor":
        return Sentence("Write {number}: this is a factor.", number=number)
    return Sentence("Write {number}: this is in {unit}.", number=number, unit=Term(takes.unit))


def _of_list(given: object, takes: Parameter) -> Sentence | None:
    """Return the hint for a list, or for one entry of it."""
    alone = not isinstance(given, list | tuple)
    entries = [given] if alone else [*given]  # type: ignore[misc]
    meant = [
        _in_unit(entry, takes) if isinstance(entry, str) else _number(entry) if isinstance(entry, float) else entry
        for entry in entries
    ]
    right = type(meant[0]) is int and takes.within(meant[0]) if alone else takes.allows(tuple(meant))
    if not right or [*map(type, meant)] == [*map(type, entries)]:
        return None
    written = ", ".join(map(str, meant))
    return Sentence("Write {value}.", value=written if alone else f"[{written}]")


def _of_date(given: object, takes: Parameter, in_python: bool) -> Sentence | None:
    days = dict.fromkeys(_days(given))
    match [day for day in days if takes.minimum is None or takes.minimum <= day <= takes.maximum]:
        case [day]:
            if not in_python:
                return Sentence("Write {day}.", day=day)
            made = f"datetime.date({day.year}, {day.month}, {day.day})"
            return Sentence("Write {day}; in Python, {made}.", day=day, made=made)
        case [one, other]:
            return Sentence(
                "Write {one} if {first} is the day, or {other} if {second} is the day.",
                one=one, first=one.day, other=other, second=other.day,
            )  # fmt: skip
    return None


def _days(given: object) -> Iterator[dt.date]:
    """Yield the days that may be meant: several where it is not said which number is the month."""
    if isinstance(given, dt.datetime):
        yield given.date()
        return
    text = unicodedata.normalize("NFKD", str(given)).encode("ascii", "ignore").decode().lower().strip("\"' ")
    if found := _DATE_IN_NUMBERS.fullmatch(text):
        one, two, three = (int(part) for part in found.groups() if part)
        orders = [(one, two, three)] if one > 31 else [(three, two, one), (three, one, two)]
    elif found := _DATE_IN_WORDS.fullmatch(text):
        day, word, later, year = found.groups()
        month = next((_MONTHS[word[:n]] for n in (4, 3) if word[:n] in _MONTHS), 0)
        orders = [(int(year), month, int(day or later or 0))]
    else:
        orders = []
    for year, month, day in orders:
        if 1000 <= year <= 9999 and 1 <= month <= 12:
            try:
                yield dt.date(year, month, day)
            except ValueError:
                continue
