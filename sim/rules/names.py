"""What policies, sites and offences may be called, so that tables, shells and disks take every name for what it is."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Collection, Iterable

LONGEST = 60
"""Characters of the name of a policy."""

MOST_ACCENTS = 30
"""Accents on one letter: so many has none, as Unicode says of texts that can be read in a stream."""

PATTERN = rf"^[^\x00-/:-@\[-^`{{-\xbf\xd7\xf7][^\x00-,./:-@\[-^`{{-\xbf\xd7\xf7]{{0,{LONGEST - 1}}}$"
"""A name of a policy, for editors: letters of any alphabet, digits, - and _; `refusal` looks more closely."""

SMALL = r"[^\x00-`{-\xbf\xd7\xf7]"
"""A letter that is no capital, likewise."""

_MONTHS = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in map(str.lower, calendar.month_name[1:]))
_DATE = re.compile(rf"\d+(?:-\d+)+|\d{{1,4}}-?(?:{_MONTHS}|sept)(?:-?\d{{1,4}})?|(?:{_MONTHS}|sept)-?\d{{1,4}}")
_DEVICE = re.compile("con|prn|aux|nul|(?:com|lpt)[0-9]")


def normal(name: str) -> str:
    """Return a name spelt in one way: an accent may be a character of its own or part of its letter.

    A letter with more accents than any alphabet has is left alone: sorting them would take the square of their number.
    """
    return name if name.isascii() or _piled_up(name) else unicodedata.normalize("NFC", name)


def _piled_up(name: str) -> bool:
    n_accents = 0
    for character in name:
        n_accents = n_accents + 1 if unicodedata.combining(character) else 0
        if n_accents > MOST_ACCENTS:
            return True
    return False


def refusals(kind: str, called: Iterable[str], kept: Collection[str] = ()) -> dict[str, str]:
    """Return by name what is wrong with it, alone or beside those before it, and what to write instead.

    Args:
        kind: What is called so: ``policy``, ``site`` or ``offence``.
        called: The names.
        kept: Names that tables use for something else.
    """
    found: dict[str, str] = {}
    before = {name.casefold(): name for name in kept}
    for name in called:
        other = before.setdefault(name.casefold(), name)
        if words := refusal(kind, name):
            found[name] = words
        elif name in kept:
            words = "tables use this name for something else"
            found[name] = f"no {kind} may be called {name}: {words}. Write {_longer(kind, name)!r}, or another name."
        elif other != name:
            words = f"many disks take this name and {other!r} for the same"
            second = f"{name[: LONGEST - 2]}-2"
            instead = _longer(kind, second) if _misread(second) else second
            found[name] = f"{kind} {name!r}: {words}. Write {instead!r}, or another name."
    return found


def refusal(kind: str, name: str) -> str:
    """Return what is wrong with a name and what to write instead, or nothing.

    Args:
        kind: What is called so: ``policy``, ``site`` or ``offence``.
        name: Its name.
    """
    instead = "".join(c if _allowed(c) else "-" for c in name).strip("-")[:LONGEST] or kind
    words = _misread(name)
    if not name or len(name) > LONGEST or not all(map(_allowed, name)):
        words = f"a name takes up to {LONGEST} letters, digits, - and _"
    elif kind != "policy" and name != name.lower():
        words, instead = "a name takes small letters", name.lower()
    if _misread(instead):
        instead = _longer(kind, instead)
    given = name if len(name) <= LONGEST else f"{name[:LONGEST]}..."
    return f"{kind} {given!r}: {words}. Write {instead!r}, or another name." if words else ""


def _longer(kind: str, name: str) -> str:
    """Return a name with what it is of before it: ``policy-7``."""
    return f"{kind}{'_' if kind == 'offence' else '-'}{name}"[:LONGEST]


def _allowed(character: str) -> bool:
    """Tell whether a character is a letter with or without an accent, a digit, - or _."""
    return character in "-_0123456789" or unicodedata.category(character)[0] in "LM"


def _misread(name: str) -> str:
    """Return what other programs take a name for, in words, or nothing."""
    small = name.casefold()
    if name.startswith("-"):
        return "on a command line, what begins with - is an option"
    if small in ("na", "nan", "null") or name == "None":
        return "programs that read tables take this for a missing value"
    if small in ("true", "false"):
        return "programs that read tables take this for true or false"
    if _DATE.fullmatch(small):
        return "programs that read tables take this for a date"
    if _DEVICE.fullmatch(small):
        return "Windows keeps this name for a device, and no file can have it"
    try:
        float(name)
    except ValueError:
        return ""
    return "programs that read tables take this for a number"
