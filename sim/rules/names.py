"""What policies, sites and offences may be called, so that tables, shells and disks take every name for what it is."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from sim.rules.sentences import Sentence, Term

BASELINE = "baseline"
"""The arm without policies, which every scenario has."""

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


Kind = Literal["policy", "site", "offence"]
"""What is called by a name."""

_KINDS: Mapping[Kind, Term] = {"policy": Term("policy"), "site": Term("site"), "offence": Term("offence")}

_NONE: Mapping[Kind, Term] = {"policy": Term("no policy"), "site": Term("no site"), "offence": Term("no offence")}


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


def refusals(kind: Kind, called: Iterable[str], kept: Collection[str] = ()) -> dict[str, Sentence]:
    """Return by name what is wrong with it, alone or beside those before it, and what to write instead.

    Args:
        kind: What is called so.
        called: The names.
        kept: Names that tables use for something else.
    """
    found: dict[str, Sentence] = {}
    before = {name.casefold(): name for name in kept}
    for name in called:
        other = before.setdefault(name.casefold(), name)
        if words := refusal(kind, name):
            found[name] = words
        elif name in kept:
            found[name] = Sentence(
                "{none} may be called {name}: tables use this name for something else. Write {instead}, or another "
                "name.",
                none=_NONE[kind], name=name, instead=repr(_longer(kind, name)),
            )  # fmt: skip
        elif other != name:
            second = f"{name[: LONGEST - 2]}-2"
            found[name] = Sentence(
                "{kind} {name}: many disks take this name and {other} for the same. Write {instead}, or another name.",
                kind=_KINDS[kind], name=repr(name), other=repr(other),
                instead=repr(_longer(kind, second) if _misread(second) else second),
            )  # fmt: skip
    return found


def refusal(kind: Kind, name: str) -> Sentence | None:
    """Return what is wrong with a name and what to write instead, or nothing.

    Args:
        kind: What is called so.
        name: Its name.
    """
    instead = "".join(c if _allowed(c) else "-" for c in name).strip("-")[:LONGEST] or kind
    why: Sentence | Term | None = _misread(name)
    if not name or len(name) > LONGEST or not all(map(_allowed, name)):
        why = Sentence("a name takes up to {most} letters, digits, - and _", most=LONGEST)
    elif kind != "policy" and name != name.lower():
        why, instead = Term("a name takes small letters"), name.lower()
    if not why:
        return None
    if _misread(instead):
        instead = _longer(kind, instead)
    given = name if len(name) <= LONGEST else f"{name[:LONGEST]}..."
    return Sentence(
        "{kind} {name}: {why}. Write {instead}, or another name.",
        kind=_KINDS[kind], name=repr(given), why=why, instead=repr(instead),
    )  # fmt: skip


def _longer(kind: Kind, name: str) -> str:
    """Return a name with what it is of before it: ``policy-7``."""
    return f"{kind}{'_' if kind == 'offence' else '-'}{name}"[:LONGEST]


def _allowed(character: str) -> bool:
    """Tell whether a character is a letter with or without an accent, a digit, - or _."""
    return character in "-_0123456789" or unicodedata.category(character)[0] in "LM"


def _misread(name: str) -> Term | None:
    """Return what other programs take a name for, in words, or nothing."""
    small = name.casefold()
    if name.startswith("-"):
        return Term("on a command line, what begins with - is an option")
    if small in ("na", "nan", "null") or name == "None":
        return Term("programs that read tables take this for a missing value")
    if small in ("true", "false"):
        return Term("programs that read tables take this for true or false")
    if _DATE.fullmatch(small):
        return Term("programs that read tables take this for a date")
    if _DEVICE.fullmatch(small):
        return Term("Windows keeps this name for a device, and no file can have it")
    try:
        float(name)
    except ValueError:
        return None
    return Term("programs that read tables take this for a number")
