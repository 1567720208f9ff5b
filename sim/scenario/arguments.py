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
from sim.scenario.scenario import Scenario

MOST_SEEDS = 100_000
"""Seeds that one question takes, as many as a scenario may say."""

LAST_SEED = 2**63 - 1

Seeds = int | Iterable[int]
"""How many seeds (then 0, 1, 2, ...) or which: whole numbers of any type that is made for them, NumPy's included."""

_Given = TypeVar("_Given")


def refused(name: str, given: object, takes: str) -> ScenarioError:
    """Return the error that says what was given for an argument and what it takes."""
    return ScenarioError(f"{name} = {shown(given, exactly=True)} is not allowed. It takes {takes}.")


def scenario_of(given: object) -> Scenario:
    """Return a scenario, or refuse what is none."""
    if isinstance(given, Scenario):
        return given
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    how = "read one with sim.load" if path is None else f"read it with sim.load({shown(path)})"
    raise refused("scenario", given if path is None else path, f"a scenario: {how}")


def instance_of(kind: type[_Given], given: object, name: str, takes: str) -> _Given:
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
        raise refused(name, given, "a path: a text or a pathlib.Path")
    if not os.fspath(given) or "\0" in os.fspath(given):
        raise ScenarioError("an empty path names nothing" if not os.fspath(given) else f"{Path(given)} is no path")
    path = Path(given)
    with suppress(RuntimeError):
        path = path.expanduser()
    try:
        return path.absolute()
    except OSError:
        raise ScenarioError(f"{path}: the folder from which this is to be found is gone; give the whole path") from None


def texts_of(given: object, name: str) -> tuple[str, ...]:
    """Return several names, or refuse what is none of them: above all a single text, which would be so many letters."""
    takes = f"a list of names: [{shown(given)}]" if isinstance(given, str) else "a list of names"
    return tuple(instance_of(str, entry, name, takes) for entry in entries_of(given, name, takes))


def entries_of(given: object, name: str, takes: str) -> tuple[Any, ...]:
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
        raise ScenarioError("there is no policy to compare with the baseline")
    return found


def lanes_of(scenario: Scenario, policies: object, seeds: object) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the policies, the baseline among them if it is named, and the seeds of a model, each once, as ordered."""
    arms = tuple(dict.fromkeys(scenario.arm(name) for name in texts_of(policies, "policies")))
    numbers = tuple(dict.fromkeys(seed_of(seed) for seed in entries_of(seeds, "seeds", "a list of whole numbers")))
    if not arms or not numbers:
        raise ScenarioError("there is nothing to simulate: it takes at least one policy, or baseline, and one seed")
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
        raise refused(name, given, f"a whole number from {least} to {most}")
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
        raise refused(name, given, "a share above 0 and below 1, or above 0% and below 100%, such as 2%")
    return share


def language_of(given: object) -> str:
    """Return the code of a language that people can read, or refuse what is none."""
    if isinstance(given, str) and given in LANGUAGES:
        return given
    raise refused("language", given, f"one of {', '.join(LANGUAGES)}")


def seed_of(given: object) -> int:
    """Return a seed, or refuse what is none."""
    number = whole(given)
    if number is None or not 0 <= number <= LAST_SEED:
        raise ScenarioError(f"{shown(given, exactly=True)} is no seed; seeds are whole numbers from 0 to 2^63 - 1")
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
        raise refused("seeds", given, f"how many seeds, up to {MOST_SEEDS}, or which: a list of whole numbers")
    if len(numbers) > MOST_SEEDS:
        raise ScenarioError(f"these are more than {MOST_SEEDS} seeds; take fewer")
    if len(numbers) < fewest:
        gives = "1 seed gives" if len(numbers) == 1 else f"{len(numbers)} seeds give"
        raise ScenarioError(f"{gives} no interval: a comparison takes at least 2 (use run for a single one)")
    return numbers
