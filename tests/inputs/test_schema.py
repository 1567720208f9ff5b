"""What is wrong with a scenario file by itself, an editor sees with the schema; the rest only `check` sees."""

import tomllib

import pytest

from tests.inputs.test_mistakes import MISTAKES
from tests.parts.editor import complaints

ONLY_CHECK_SEES = {
    "date in quotes", "time for a date", "ancient date", "nan",  # editors have no dates, nan or infinity
    "a date in French", "a whole number with a point", "a name that reads as missing", "a name in other capitals",
    "a site that reads as missing", "an offence called all", "shares of more than 1", "days out of order",
    "a day twice", "no days",
    "small scale", "large population", "too large for itself", "a door that lets nobody in", "two of a name",
    "no weight at all", "collision", "collision of combined policies", "collision with a combined policy",
    "unknown policy to combine", "combine itself", "combine nothing", "a ladder that goes down",
    "a policy whose ladder goes down", "an offence without weights", "start before the window",
    "start after the window", "end before start", "decoys whom nobody seeks", "decoys of a policy whom nobody seeks",
    "an age gate without ages", "a policy about ages without ages",
}  # fmt: skip
"""Mistakes that are no single value's."""


def is_toml(text: str) -> bool:
    try:
        return bool(tomllib.loads(text)) and "0xfff" not in text  # the validator cannot print such a number
    except (ValueError, RecursionError):
        return False


TOML = [name for name, (text, _) in MISTAKES.items() if is_toml(text)]


@pytest.mark.parametrize("name", TOML)
def test_a_mistake_is_seen_by_whom_it_should(name: str) -> None:
    assert bool(complaints(MISTAKES[name][0])) == (name not in ONLY_CHECK_SEES)


def test_most_mistakes_are_seen_and_the_exceptions_are_real() -> None:
    assert set(TOML) >= ONLY_CHECK_SEES
    assert len(TOML) > 2 * len(ONLY_CHECK_SEES)
