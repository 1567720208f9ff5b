"""The ways in which the benchmark writes the core model agree in the mean, two-sided, with room for luck alone."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from tests.bench.alternatives import (
    CLEVER,
    LOOP,
    STANDARD_ERRORS,
    WAYS,
    Way,
    apart,
    hourly,
    of_the_platform,
    small,
    ways,
)
from tests.bench.core import COUNTS, Core

CORE = Core.of(small())
_FADING = (CORE.hazards[0][0], 2 * CORE.hazards[0][1], *CORE.hazards[0][2:])
SEEDS = {CLEVER: 12, LOOP: 80}
"""Runs of a week: few of the slow ways, which are the others."""


@pytest.fixture(scope="module")
def runs() -> dict[Way, Any]:
    return {way: hourly(way, CORE, range(SEEDS.get(way, 3))) for way in ways()}


@pytest.mark.parametrize("two", list(combinations(WAYS, 2)), ids=lambda two: " and ".join(way.maker for way in two))
def test_the_means_agree(two: tuple[Way, Way], runs: dict[Way, Any]) -> None:
    if not set(two) <= runs.keys():
        pytest.skip("Starsim or a compiler is missing")
    assert np.abs(apart(*(runs[way] for way in two))).max() < STANDARD_ERRORS


def test_everything_that_is_counted_happens(runs: dict[Way, Any]) -> None:
    assert all((of_way.sum(axis=0) > 0).all() for of_way in runs.values())


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"user_rates": tuple(1.03 * r for r in CORE.user_rates)}, "visits"),
        ({"approaches": 1.1 * CORE.approaches}, "approaches"),
        ({"hazards": (_FADING, *CORE.hazards[1:])}, "engaged"),
        ({"p_report": tuple(0.5 * p for p in CORE.p_report)}, "reports"),
        ({"p_find": (0.6, 0.15)}, "bars"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_difference_is_seen(change: dict[str, Any], count: str, runs: dict[Way, Any]) -> None:
    if LOOP not in runs:
        pytest.skip("so many runs take a compiler")
    other = hourly(LOOP, replace(CORE, **change), range(100, 100 + SEEDS[LOOP]))
    assert abs(apart(other, runs[LOOP])[COUNTS.index(count)]) > STANDARD_ERRORS


def test_the_platform_stands_beside_them(runs: dict[Way, Any]) -> None:
    # What cannot be switched off there: reports on one visit are one dossier; several visits may begin in one hour.
    platform, core = (rows.mean(axis=0) for rows in (of_the_platform(small(), range(30)), runs[CLEVER]))
    for name, ratio in zip(COUNTS, platform / core, strict=True):
        assert ratio == pytest.approx(1, abs=0.5 if name == "bars" else 0.15), name
