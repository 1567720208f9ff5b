"""What is wrong with a scenario, in words: where, what was given, what is allowed, what to do."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

import numpy as np
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sim.rules.declare import Parameter, Section, listed_names
from sim.rules.hints import hint
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words, WordsError, paragraph, spoken

MOST_PROBLEMS = 50
"""Problems of one file or section that are listed."""

_LONGEST = 2_000
"""Characters of a line that says what is wrong."""

_LARGEST = 10**30
"""Whole numbers from which on their digits are not shown."""

_MOST_ENTRIES = 24
"""Entries of a list up to which they are shown."""

_LONGEST_NAME = 60
"""Characters that are shown of a name, and up to which others are looked for that may be meant."""

Place = tuple[str | int, ...]
"""Place of a value in a scenario: the keys, and the number of the row in a list, that lead to it."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        path: Where in the scenario.
        text: What was given, what is allowed, what to do.
    """

    path: Place
    text: Words

    def __str__(self) -> str:
        """Return the text alone."""
        return spoken(self.text)


class ScenarioError(ValueError):
    """A scenario, or what is asked of it, cannot be run as it stands: one line for each problem."""

    def __init__(self, *problems: Problem | Words) -> None:
        """Keep the problems; `str` joins them."""
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        """Return one line for each problem, control characters replaced and what is overlong cut."""
        lines = (text if len(text) <= _LONGEST else _cut(text) for text in map(_read, self.problems))
        return "\n".join("".join(c if _is_seen(c) else "?" for c in line) for line in lines)


def _read(problem: Problem | Words) -> str:
    return str(problem) if isinstance(problem, Problem) else spoken(problem)


def _is_seen(character: str) -> bool:
    """Tell whether a character is seen, or is a blank, such as stands between thousands in French."""
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _cut(text: str) -> str:
    """Return an overlong text without its middle: it begins with where and ends with what to do."""
    return f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"


class ExperimentError(RuntimeError):
    """Something went wrong while simulating: units failed, or processes were killed. What was finished is kept.

    Attributes:
        units: Names of units that failed.
    """

    def __init__(self, *lines: Words, units: Sequence[str] = ()) -> None:
        """Keep a line for each thing that went wrong."""
        super().__init__(*lines)
        self.units = units

    def __str__(self) -> str:
        """Return one line for each thing that went wrong."""
        return "\n".join(map(spoken, self.args))


class UnitsFailedError(ExperimentError):
    """Runs of some units raised an error. What can be answered without them is left to who asked.

    Attributes:
        failed: Errors by the names of units.
    """

    def __init__(self, failed: Mapping[str, str]) -> None:
        """Keep a line for each unit."""
        super().__init__(*failures(failed), units=[*failed])
        self.failed = dict(failed)


class UnansweredError(ExperimentError):
    """With what there is, this cannot be answered: too little was run to its end, or too little happened."""


def failures(failed: Mapping[str, str]) -> list[Words]:
    """Return a line for each unit that failed, of its error."""
    return [Sentence("{unit} failed: {error}", unit=unit, error=error) for unit, error in failed.items()]


def dotted(path: Place) -> str:
    """Return a path as scenario files and people write it: ``offences[row 2].weight``.

    >>> dotted(("offences", 1, "weight"))
    'offences[row 2].weight'
    """
    return "".join(f"[row {part + 1}]" if isinstance(part, int) else f".{short(part)}" for part in path).lstrip(".")


def short(name: str) -> str:
    """Return a name, or its beginning if it is overlong."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def written(value: object, exactly: bool = False) -> str:
    """Return a value that a setting has as it would be written in a scenario file, shortened.

    Args:
        value: A number, a text, a date, or a list of these.
        exactly: Whether it is what somebody gave: ``24.0`` is then not shown as 24, nor what is just above 1 as 1.
    """
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value[:40]}..."' if len(value) > 40 else f'"{value}"'
        case float() if not exactly:
            return f"{value:.12g}"
        case dt.date() | dt.time():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(written(entry, exactly) for entry in value)}]"
        case _:
            return str(value)


def shown(value: object, exactly: bool = False) -> Words:
    """Return anything that was given as it would be written in a scenario file, shortened, or what kind of thing it is.

    Args:
        value: Whatever was given.
        exactly: As for `written`.
    """
    match value:
        case int() if abs(value) >= _LARGEST:
            return Term("a number of more than 30 digits")
        case dict():
            return Term("a table")
        case list() | tuple():
            if len(value) > _MOST_ENTRIES or not all(isinstance(entry, int | float | str) for entry in value):
                return Term("a list")
            return Listed(("[", Listed(tuple(shown(entry, exactly) for entry in value)), "]"), "")
        case None | str() | int() | float() | dt.date() | dt.time():
            return written(value, exactly)
        case np.generic():
            return shown(value.item(), exactly)
        case _:
            return Sentence("something of the type {type}", type=type(value).__name__)


def suggestion(name: str, known: Sequence[str]) -> Sentence | None:
    """Return ``Did you mean ...? `` for a misspelt name, a clause before others, if a known name is close."""
    return _did_you_mean(_close(name, known))


def _close(name: str, known: Sequence[str]) -> str:
    """Return the known name that may be meant, or nothing."""
    close = get_close_matches(name, known, n=1, cutoff=0.6) if len(name) <= _LONGEST_NAME else []
    return close[0] if close else ""


def _did_you_mean(name: str) -> Sentence | None:
    return Sentence("Did you mean {name}? ", name=name) if name else None


def problems_of(error: ValidationError, model: type[Section], prefix: Place = ()) -> Iterator[Problem]:
    """Yield every problem that checking found, in words.

    Args:
        error: What pydantic found.
        model: The section that was checked.
        prefix: Where that section stands in the scenario.
    """
    found = error.errors(include_url=False)
    around = {details["loc"][:n] for details in found for n in range(1, len(details["loc"]))}
    for number, details in enumerate(found):
        if number == MOST_PROBLEMS:
            left = len(found) - number
            one = Sentence("{n} more mistake is not listed. Mend these first.", n=left)
            many = Sentence("{n} more mistakes are not listed. Mend these first.", n=left)
            yield Problem(prefix + details["loc"], Counted(left, one, many))
            return
        if details["loc"] in around:
            continue  # a list is "too short" only because of its rows, which have a line of their own
        cause = details.get("ctx", {}).get("error")
        path = prefix + details["loc"]
        if isinstance(cause, ScenarioError):
            yield from (p if isinstance(p, Problem) else Problem(path, p) for p in cause.problems)
        elif cause is not None:
            why = cause.words if isinstance(cause, WordsError) else f"{cause}."
            yield Problem(path, Listed((dotted(path), why), ": ") if path else why)
        else:
            yield Problem(path, _words(details, model, prefix))


def _words(details: ErrorDetails, model: type[Section], prefix: Place) -> Words:
    """Say in words what pydantic's details mean."""
    loc, kind, given = details["loc"], details["type"], details["input"]
    if kind == "missing" and isinstance(loc[-1], int):  # of a list with a fixed number of rows
        loc, kind = loc[:-1], "too_short"
    name, owner = dotted(prefix + loc), _section(model, loc[:-1])
    if kind == "extra_forbidden":
        return unknown(prefix + loc, owner)
    if kind == "missing":
        return Sentence("{name} is missing. It takes {taken}.", name=name, taken=_parameter(owner, name, loc).accepts)
    if not any(part in owner.model_fields for part in loc):
        return Sentence(
            "{name} = {given}, but it takes settings: {known}.",
            name=name, given=shown(given), known=Listed(tuple(owner.model_fields)),
        )  # fmt: skip
    taken = _parameter(owner, name, loc)
    accepts, finite = taken.accepts, None
    if kind == "int_type" and isinstance(loc[-1], int):
        accepts = Term("a whole number")
    elif kind == "literal_error" and isinstance(loc[-1], int):
        values = Listed(listed_names(taken.type)) if listed_names(taken.type) else details["ctx"]["expected"]
        accepts = Sentence("one of {values}", values=values)
    elif kind == "finite_number" or (isinstance(given, float) and not math.isfinite(given)):
        finite = Sentence("; nan and inf are no numbers here")
    refusal = Sentence(
        "{name} = {given} is not allowed. It takes {taken}{finite}.",
        name=name, given=shown(given, exactly=True), taken=accepts, finite=finite,
    )  # fmt: skip
    return paragraph(refusal, hint(given, taken))


def unknown(path: Place, owner: type[Section]) -> Sentence:
    """Say that a setting is not known, which one may be meant, and which there are."""
    *parents, name = path
    where = dotted(tuple(parents))
    known = list(owner.model_fields)
    meant = _elsewhere(str(name), owner) or _close(str(name), known)
    if not where:
        return Sentence(
            "{name} is not a setting. {meant}A scenario has: {known}.",
            name=dotted(path), meant=_did_you_mean(meant), known=Listed(tuple(known)),
        )  # fmt: skip
    return Sentence(
        "{name} is not a setting. {meant}[{section}] has: {known}.",
        name=dotted(path), meant=_did_you_mean(meant and f"{where}.{meant}"), section=where, known=Listed(tuple(known)),
    )  # fmt: skip


def _elsewhere(name: str, owner: type[Section]) -> str:
    """Return a setting of that name in a section below, or nothing."""
    inner = [
        f"{k}.{n}"
        for k, f in owner.model_fields.items()
        if isinstance(f.default, Section)
        for n in type(f.default).model_fields
    ]
    return next((key for key in inner if key.endswith(f".{name}")), "")


def _section(model: type[Section], path: Place) -> type[Section]:
    """Return the section to which a path leads, or the last one on its way."""
    for part in path:
        field = model.model_fields.get(str(part))
        types: list[Any] = [] if field is None else [field.annotation, *get_args(field.annotation)]
        model = next((t for t in types if isinstance(t, type) and issubclass(t, Section)), model)
    return model


def _parameter(owner: type[Section], name: str, loc: Place) -> Parameter:
    """Return the declaration of the innermost setting on a path."""
    field = next(owner.model_fields[part] for part in reversed(loc) if part in owner.model_fields)
    return Parameter.of(name, field)
