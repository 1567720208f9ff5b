"""Sentences: what is said to people, as whole templates with named values, and the text that is read.

What makes a result, or finds something wrong, declares whole sentences and hands over the values as they are: numbers,
codes, names. Only `spoken` makes text of them, in the language that people read now: its catalogue has every template,
term and label, and numbers are punctuated as it does. What declares them does not know of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, LiteralString, TypeAlias

from sim.rules.language import punctuated, translated, writing


class Code(StrEnum):
    """A word of a fixed list: itself in files and wherever it is compared, its label where people read it."""

    label: str
    """What people read; the code itself unless it is given beside it."""

    def __new__(cls, code: str, label: str = "") -> Code:
        """Make a code, with a label if that is another one."""
        made = str.__new__(cls, code)
        made._value_, made.label = code, label or code
        return made


class Term(str):
    """Words of the project's own that are declared where they stand and have no values: a label, a heading, a unit."""


@dataclass(frozen=True, init=False)
class Sentence:
    """A whole sentence, or a clause that may be left out as a whole.

    Attributes:
        template: The sentence, a literal with the names of its values in braces.
        values: The values, each with its name. A text is a name as it was given, the same in every language.
    """

    template: str
    values: tuple[tuple[str, Words], ...]

    def __init__(self, template: LiteralString, **values: Words) -> None:
        """Put values into a template."""
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "values", tuple(values.items()))

    @classmethod
    def declared(cls, text: str, values: Mapping[str, Words]) -> Sentence:
        """Return a sentence whose template was declared with what it tells of; its names are of settings, with dots."""
        made = cls("")
        object.__setattr__(made, "template", re.sub(r"{[^}]*}", lambda name: name[0].replace(".", "_"), text))
        object.__setattr__(made, "values", tuple((name.replace(".", "_"), value) for name, value in values.items()))
        return made


@dataclass(frozen=True)
class Counted:
    """A sentence on a number of things: one for one thing, and one for any other number."""

    n: float
    one: Sentence
    many: Sentence


@dataclass(frozen=True)
class Amount:
    """A number or an interval, and the way in which it reads: a function of `sim.report.text`."""

    value: Any
    reads: Callable[[Any], str]


@dataclass(frozen=True)
class Listed:
    """Values one after the other, between them punctuation or a term: names, amounts, or sentences of a paragraph."""

    values: tuple[Words, ...]
    link: Words = ", "


Words: TypeAlias = str | int | dt.date | Code | Term | Sentence | Counted | Amount | Listed | None
"""What can be said: a name as it was given, a number of things, a day, a code, a term, and what is made of these.
``None`` is a clause that is left out."""


def paragraph(*sentences: Words) -> Listed | None:
    """Return sentences one after the other, without those that are left out; ``None`` if there are none."""
    said = tuple(sentence for sentence in sentences if sentence)
    return Listed(said, " ") if said else None


def spoken(words: Words) -> str:
    """Return words as they are read in the language that people read now."""
    match words:
        case None:
            return ""
        case Sentence():
            return translated(words.template).format_map({name: spoken(value) for name, value in words.values})
        case Counted():
            return spoken(words.one if writing().one(words.n) else words.many)
        case Amount():
            return words.reads(words.value)
        case Listed():
            return spoken(words.link).join(map(spoken, words.values))
        case Code():
            return translated(words.label)
        case Term():
            return translated(words)
        case int():
            return punctuated(f"{words:,}")
        case _:
            return str(words)


class WordsError(ValueError):
    """Something that is not allowed, told in whole sentences; its text is that of the language that people read now.

    Attributes:
        words: The sentences.
    """

    def __init__(self, words: Words) -> None:
        """Keep what is told."""
        super().__init__(words)
        self.words = words

    def __str__(self) -> str:
        """Return what is told as it reads now."""
        return spoken(self.words)
