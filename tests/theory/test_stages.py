"""Two stages of seeds: intervals cover as often as they say, and are as narrow as asked (Stein 1945)."""

import math

import numpy as np
import pytest

from sim.outcomes.stages import FEWEST_FIRST, seeds_in_all
from sim.outcomes.statistics import ratio_interval, t_interval
from tests.theory.test_statistics import within

STUDIES = 2000
LEVEL = 500.0
EFFECTS = {"little": -0.05, "more": -0.3}
"""Changes of two policies, as shares of the baseline; the second one varies more."""


def study(rng: np.random.Generator, sd: float, halfwidth: float) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Run both stages of a study: harm by policy and under the baseline, every seed with luck that they share."""

    def seeds(n: int) -> np.ndarray:
        base = rng.normal(LEVEL, 0.05 * LEVEL, n)
        own = rng.normal(0, sd * LEVEL, (2, n)) * [[0.6], [1.0]]
        return np.array(
            [base, *(base * (1 + effect) + luck for effect, luck in zip(EFFECTS.values(), own, strict=True))]
        )

    first = seeds(FEWEST_FIRST)
    asked = seeds_in_all(dict(zip(EFFECTS, first[1:], strict=True)), first[0], halfwidth)
    more = math.ceil(max(asked.values())) - FEWEST_FIRST
    base, *harmed = np.hstack([first, seeds(more)])
    return dict(zip(EFFECTS, harmed, strict=True)), base


@pytest.mark.parametrize("more", [0.7, 1.5, 4.0])
def test_after_two_stages_the_interval_covers_the_truth_in_95_of_100_studies(more: float) -> None:
    """Whether hardly any or many seeds follow; of each policy, though the other one may decide how many."""
    rng = np.random.default_rng(7)
    halfwidth = 0.02
    sd = halfwidth / 1.96 * math.sqrt(more * FEWEST_FIRST)
    hits, widths = dict.fromkeys(EFFECTS, 0), []
    for _ in range(STUDIES):
        harmed, base = study(rng, sd, halfwidth)
        for policy, truth in EFFECTS.items():
            found = ratio_interval(harmed[policy] - base, base, first=FEWEST_FIRST)
            hits[policy] += found.low <= truth <= found.high
        widths.append((found.high - found.low) / 2)
    for policy in EFFECTS:
        assert within(hits[policy], STUDIES, 0.95)
    assert np.mean(widths) <= halfwidth * 1.001
    assert max(widths) < 1.1 * halfwidth


@pytest.mark.slow
def test_the_spread_of_all_seeds_would_cover_too_seldom() -> None:
    """Which is why that of the first ones is taken: the fault is small, and known."""
    rng = np.random.default_rng(8)
    n, studies = FEWEST_FIRST, 40_000
    hits = {0: 0, n: 0}
    half = 1.96 / math.sqrt(1.5 * n)
    for _ in range(studies):
        first = rng.normal(0, 1, n)
        (needed,) = seeds_in_all({"a": 1e6 + first}, np.full(n, 1e6), half / 1e6).values()
        x = np.append(first, rng.normal(0, 1, math.ceil(needed) - n))
        for seen in hits:
            found = t_interval(x, first=seen)
            hits[seen] += found.low <= 0 <= found.high
    assert within(hits[n], studies, 0.95)
    assert hits[0] / studies < 0.946


def test_the_first_seeds_are_enough_where_they_are() -> None:
    base = np.full(FEWEST_FIRST, 100.0)
    assert seeds_in_all({"same": base}, base, 0.02) == {"same": FEWEST_FIRST}


def test_no_percentage_needs_infinitely_many() -> None:
    base = np.zeros(FEWEST_FIRST)
    assert seeds_in_all({"some": base + 1}, base, 0.02) == {"some": math.inf}
