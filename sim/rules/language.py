"""The language that people read: which it is now, its catalogue, and how numbers are punctuated in it.

Files of data, names of settings, policies and columns are the same in every language.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import NamedTuple

LOCALES = Path(__file__).parents[1] / "locale"
"""Where the catalogues lie: ``fr/LC_MESSAGES/sim.mo``, made of the file ``sim.po`` beside it."""

DOMAIN = "sim"


class Language(NamedTuple):
    """How a language writes.

    Attributes:
        name: What it calls itself.
        thousands: What stands between groups of three digits.
        decimal: What stands before decimals.
        one: Whether one speaks of so many things as of one thing.
        months: Names of the months as a calendar shortens them, blanks between.
    """

    name: str
    thousands: str
    decimal: str
    one: Callable[[float], bool]
    months: str


_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"

LANGUAGES: Mapping[str, Language] = {
    "en": Language("English", ",", ".", lambda n: n == 1, "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    "fr": Language(
        "français",
        _NARROW_SPACE,
        ",",
        lambda n: n < 2,
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    ),
}
"""By the code that ``--lang`` takes. All text is written in the first one; the others have catalogues."""

_spoken: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """Return the code of the language that people read now."""
    return _spoken.get()


def writing() -> Language:
    """Return how the language that people read now writes."""
    return LANGUAGES[language()]


def speak(code: str) -> None:
    """Let people read a language from now on, in this thread: one of `LANGUAGES`."""
    _spoken.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Let people read a language within: one of `LANGUAGES`."""
    before = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(before)


def of_environment(environment: Mapping[str, str]) -> str:
    """Return the language that the environment asks for, as programs are told on Unix: English if none is known.

    >>> of_environment({"LANG": "fr_FR.UTF-8"}), of_environment({"LC_ALL": "C", "LANG": "fr_FR.UTF-8"})
    ('fr', 'en')
    """
    wanted = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    code = wanted.replace("-", "_").split("_")[0].split(".")[0]
    return code if code in LANGUAGES else "en"


def translated(message: str) -> str:
    """Return a message in the language that people read now; as it stands where its catalogue has it not."""
    return message if language() == "en" or not message else _catalogue(language()).gettext(message)


def punctuated(number: str) -> str:
    """Return a number as English writes it, with commas and a point, in the language that people read now."""
    write = writing()
    return number.translate({ord(","): write.thousands, ord("."): write.decimal})


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALES, [code], fallback=True)
