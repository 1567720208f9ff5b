"""Luck and doubt on synthetic truths, by the road that a comparison takes: what is said at 95% is as often true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.outcomes import effects
from sim.outcomes.counts import HEADLINE
from sim.outcomes.doubt import spread
from sim.outcomes.outcomes import BY_NAME
from sim.report.compare import Comparison
from tests.theory import toy
from tests.theory.test_statistics import within

pytestmark = pytest.mark.slow

STUDIES = 400
SEEDS = 8
TRUTHS = {"less": -0.3, "more": 0.1, "idle": 0.0, "next": -0.01}
NOISE = {"less": 0.04, "more": 0.1, "idle": 0.03, "next": 0.02}


@pytest.fixture(scope="module")
def studies() -> list[Comparison]:
    """Return studies of policies whose effects are known, each with seeds of its own; of one outcome, to be quick."""
    with toy.where(**{name: _formula(name) for name in TRUTHS}) as scenario, pytest.MonkeyPatch.context() as patched:
        patched.setattr(effects, "outcomes_of", lambda scenario: [BY_NAME[HEADLINE]])
        asked = [range(n * SEEDS, (n + 1) * SEEDS) for n in range(STUDIES)]
        return [sim.compare(scenario, seeds=seeds) for seeds in asked]


def _formula(name: str) -> toy.Formula:
    return lambda at, luck: TRUTHS[name] + NOISE[name] * luck


def rows(found: Comparison) -> list[dict[Any, Any]]:
    table = found.effects.set_index("policy")
    return [table.loc[name].to_dict() for name in TRUTHS]


@pytest.mark.parametrize("place", range(len(TRUTHS)), ids=TRUTHS)
def test_the_luck_of_a_policy_covers_its_truth(studies: list[Comparison], place: int) -> None:
    truth = [*TRUTHS.values()][place]
    hits = sum(row["relative_low"] <= truth <= row["relative_high"] for row in (rows(of)[place] for of in studies))
    assert within(hits, STUDIES, 0.95)


def test_intervals_that_hold_together_cover_all_truths_at_once(studies: list[Comparison]) -> None:
    hits = sum(
        all(
            row["simultaneous_low"] <= truth <= row["simultaneous_high"]
            for row, truth in zip(rows(of), TRUTHS.values(), strict=True)
        )
        for of in studies
    )
    assert within(hits, STUDIES, 0.95)
    alone = sum(
        all(
            row["relative_low"] <= truth <= row["relative_high"]
            for row, truth in zip(rows(of), TRUTHS.values(), strict=True)
        )
        for of in studies
    )
    assert alone < 0.9 * STUDIES  # plain ones do not


@pytest.mark.parametrize(("n", "share"), [(12, 11 / 13), (19, 0.9), (64, 0.9)])
def test_another_world_lies_in_the_range_as_often_as_is_said(n: int, share: float) -> None:
    """Of few worlds the range is that of all of them, in which another one lies less often, and it is said so."""
    rng = np.random.default_rng(n)
    studies = 20_000
    drawn, another = rng.normal(size=(studies, n)) ** 3, rng.normal(size=studies) ** 3
    found = [spread(worlds) for worlds in drawn]
    hits = sum(of.low <= x <= of.high for of, x in zip(found, another, strict=True))
    assert within(hits, studies, share)


def test_the_range_over_worlds_is_that_of_the_formula_in_a_comparison() -> None:
    """Points are uniform, so that the middle 90% of a linear effect is known; they fill it more evenly than chance."""
    with toy.where(linear=lambda at, luck: -0.5 + 0.4 * at[0]) as scenario:
        found = sim.compare(scenario, seeds=2, doubt=64)
    assert found.doubt is not None
    (row,) = found.doubt.spreads[found.doubt.spreads["outcome"] == "persons_harmed"].to_dict("records")
    assert [row["median_low"], row["median"], row["median_high"]] == pytest.approx([-0.48, -0.3, -0.12], abs=0.02)
    assert (row["lowered"], row["raised"], row["luck"]) == (1, 0, 0)
