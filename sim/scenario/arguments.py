"""What public functions are given: each kind of argument is checked by one function, where it comes in."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import numpy as np

from sim.rules.errors import ScenarioError, shown
from sim.rules.language import LANGUAGES
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words
from sim.scenario.scenario import Scenario

MOST_SEEDS = 100_000
"""Seeds that one question takes, as many as a scenario may say."""

LAST_SEED = 2**63 - 1

Seeds = int | Iterable[int]
"""How many seeds (then 0, 1, 2, ...) or which: whole numbers of any type that is made for them, NumPy's included."""

_Given = TypeVar("_Given")


def refused(name: str, given: object, takes: Words) -> ScenarioError:
    """Return the error that says what was given for an argument and what it takes."""
    return ScenarioError(
        Sentence(
            "{name} = {given} is not allowed. It takes {taken}.",
            name=name,
            given=shown(given, exactly=True),
            taken=takes,
        )
    )


def scenario_of(given: object) -> Scenario:
    """Return a scenario, or refuse what is none."""
    if isinstance(given, Scenario):
        return given
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if path is None:
        raise refused("scenario", given, Term("a scenario: read one with sim.load"))
    raise refused("scenario", path, Sentence("a scenario: read it with sim.load({path})", path=shown(path)))


def instance_of(kind: type[_Given], given: object, name: str, takes: Words) -> _Given:
    """Return what is of a type, or refuse what is not.

    Args:
        kind: The type.
        given: What was given.
        name: Name of the argument.
        takes: What it takes, in words.
    """
    if isinstance(given, kind):
        return given
    raise refused(name, given, takes)


def path_of(given: object, name: str) -> Path:
    """Return a path that means the same from now on, wherever this process goes: absolute, ``~`` the home folder.

    As in a shell, ``~name`` is a file of that name where there is no such user.
    """
    if not isinstance(given, str | Path):
        raise refused(name, given, Term("a path: a text or a pathlib.Path"))
    if not os.fspath(given):
        raise ScenarioError(Sentence("an empty path names nothing"))
    if "\0" in os.fspath(given):
        raise ScenarioError(Sentence("{path} is no path", path=str(Path(given))))
    path = Path(given)
    with suppress(RuntimeError):
        path = path.expanduser()
    try:
        return path.absolute()
    except OSError:
        raise ScenarioError(
            Sentence("{path}: the folder from which this is to be found is gone; give the whole path", path=str(path))
        ) from None


def texts_of(given: object, name: str) -> tuple[str, ...]:
    """Return several names, or refuse what is none of them: above all a single text, which would be so many letters."""
    takes: Words = Term("a list of names")
    if isinstance(given, str):
        takes = Sentence("a list of names: [{given}]", given=shown(given))
    return tuple(instance_of(str, entry, name, takes) for entry in entries_of(given, name, takes))


def entries_of(given: object, name: str, takes: Words) -> tuple[Any, ...]:
    """Return the entries of a list, an array or anything else that has some, NumPy's numbers as Python's own.

    Args:
        given: What was given.
        name: Name of the argument.
        takes: What it takes, in words.
    """
    if not _lists(given):
        raise refused(name, given, takes)
    return tuple(entry.item() if isinstance(entry, np.generic) else entry for entry in given)


def arms_of(scenario: Scenario, policies: Iterable[str] | None) -> tuple[str, ...]:
    """Return the arms asked for, in the order of the scenario; all of them if none are named.

    Raises:
        ScenarioError: If one is unknown or there is none.
    """
    known = list(scenario.policies)
    asked = known if policies is None else [scenario.arm(name) for name in texts_of(policies, "policies")]
    found = tuple(name for name in known if name in asked)
    if not found:
        raise ScenarioError(Sentence("there is no policy to compare with the baseline"))
    return found


def lanes_of(scenario: Scenario, policies: object, seeds: object) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the policies, the baseline among them if it is named, and the seeds of a model, each once, as ordered."""
    arms = tuple(dict.fromkeys(scenario.arm(name) for name in texts_of(policies, "policies")))
    asked = entries_of(seeds, "seeds", Term("a list of whole numbers"))
    numbers = tuple(dict.fromkeys(seed_of(seed) for seed in asked))
    if not arms or not numbers:
        raise ScenarioError(
            Sentence("there is nothing to simulate: it takes at least one policy, or baseline, and one seed")
        )
    return arms, numbers


def _lists(given: object) -> TypeGuard[Iterable[object]]:
    """Tell whether it has entries: no text, no table, no array with other than one dimension."""
    listed = isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping)
    return listed and getattr(given, "ndim", 1) == 1


def whole(given: object) -> int | None:
    """Return a whole number of any integer type as Python's own, or nothing where it is none; true is no number."""
    if isinstance(given, bool):
        return None
    try:
        return operator.index(given)  # type: ignore[arg-type]
    except TypeError:
        return None


def whole_number(given: object, name: str, least: int, most: int) -> int:
    """Return a whole number of any integer type as Python's own, or refuse what is none or too small or large."""
    number = whole(given)
    if number is None or not least <= number <= most:
        takes = Sentence("a whole number from {least} to {most}", least=str(least), most=str(most))
        raise refused(name, given, takes)
    return number


def share_of(given: object, name: str) -> float:
    """Return a share above 0 and below 1, given as a number or in percent (``"2%"``)."""
    share = None
    with suppress(TypeError, ValueError, OverflowError):
        if isinstance(given, str) and given.strip().endswith("%"):
            share = float(given.strip().removesuffix("%")) / 100
        elif not isinstance(given, str | bool):
            share = float(given)  # type: ignore[arg-type]
    if share is None or not 0 < share < 1:
        raise refused(name, given, Term("a share above 0 and below 1, or above 0% and below 100%, such as 2%"))
    return share


def language_of(given: object) -> str:
    """Return the code of a language that people can read, or refuse what is none."""
    if isinstance(given, str) and given in LANGUAGES:
        return given
    raise refused("language", given, Sentence("one of {languages}", languages=Listed(tuple(LANGUAGES))))


def seed_of(given: object) -> int:
    """Return a seed, or refuse what is none."""
    number = whole(given)
    if number is None or not 0 <= number <= LAST_SEED:
        raise ScenarioError(
            Sentence("{given} is no seed; seeds are whole numbers from 0 to 2^63 - 1", given=shown(given, exactly=True))
        )
    return number


def seeds_of(given: object, fewest: int = 2) -> tuple[int, ...]:
    """Return the seeds asked for, rising, each once: 0, 1, 2, ... if it is said how many.

    Args:
        given: How many, or which.
        fewest: How many it takes.

    Raises:
        ScenarioError: If they are no whole numbers, too few or too many.
    """
    many = whole(given)
    if many is not None and 0 <= many <= MOST_SEEDS:
        numbers = tuple(range(many))
    elif many is None and _lists(given):
        numbers = tuple(sorted({seed_of(seed) for seed in islice(given, MOST_SEEDS + 1)}))
    else:
        takes = Sentence("how many seeds, up to {most}, or which: a list of whole numbers", most=str(MOST_SEEDS))
        raise refused("seeds", given, takes)
    n = len(numbers)
    if n > MOST_SEEDS:
        raise ScenarioError(Sentence("these are more than {most} seeds; take fewer", most=MOST_SEEDS))
    if n < fewest:
        raise ScenarioError(
            Counted(
                n,
                Sentence("{n} seed gives no interval: a comparison takes at least 2 (use run for a single one)", n=n),
                Sentence("{n} seeds give no interval: a comparison takes at least 2 (use run for a single one)", n=n),
            )
        )
    return numbers
