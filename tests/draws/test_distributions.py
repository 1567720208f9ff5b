"""What words are turned into: Poisson counts, exponential times, whole numbers, cells of a table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.model.decisions.codes import NEVER
from sim.model.decisions.contacts import alarm_seconds
from sim.model.world.draws import (
    EXPONENTIAL_UNITS,
    MASK,
    POISSON_UNITS,
    Draws,
    Purpose,
    below,
    cells,
    exponential,
    pick,
    poisson_table,
    unit,
)

N = 200_000
SIGMAS = 4.5
"""Tolerance in standard errors: a correct implementation exceeds it with probability 7e-6 a comparison."""


def words(purpose: Purpose = Purpose.LAPSE, n: int = N) -> np.ndarray:
    return Draws([12]).words(purpose, 0, np.arange(n))


# -- Poisson ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bit", range(30))
def test_poisson_tables_are_exact(bit: int) -> None:
    table = poisson_table(bit)
    mean = 2.0**bit / POISSON_UNITS
    count = np.arange(table.size)
    # Thresholds are rounded to 2**-64; scipy is right to about 1e-12 of the smaller tail.
    lower, upper = table / 2.0**64, (2.0**64 - table.astype(np.float64)) / 2.0**64
    np.testing.assert_allclose(lower, stats.poisson.cdf(count, mean), rtol=1e-9, atol=2**-60)
    np.testing.assert_allclose(upper, stats.poisson.sf(count, mean), rtol=1e-9, atol=2**-52)
    # Whatever lies beyond the last threshold is one count more: the rest is less than a word in 2**64.
    assert stats.poisson.sf(table.size, mean) < 2**-64 * 1.001
    assert (np.diff(table.astype(object)) >= 0).all()


@pytest.mark.parametrize("mean", [0.0005, 0.01, 0.3, 1, 3.7, 42, 255.99, 5000])
def test_poisson_counts_have_the_mean_and_variance_asked_for(mean: float) -> None:
    units = round(mean * POISSON_UNITS)
    mean = units / POISSON_UNITS
    one = np.arange(N)
    found = Draws([3]).poisson(Purpose.N_INTENTS, np.zeros(N, np.int64), one, 5, np.full(N, units))
    assert abs(found.mean() - mean) < SIGMAS * math.sqrt(mean / N)
    # The variance of a sample variance is (fourth central moment - variance**2) / n = (mean + 2 mean**2) / n.
    assert abs(found.var() - mean) < SIGMAS * math.sqrt((mean + 2 * mean**2) / N)


def test_poisson_counts_have_the_right_distribution() -> None:
    mean = np.full(N, round(3.7 * POISSON_UNITS))
    found = Draws([3]).poisson(Purpose.N_VISITS, np.zeros(N, np.int64), np.arange(N), 8, mean)
    expected = N * stats.poisson.pmf(np.arange(13), mean[0] / POISSON_UNITS)
    counts = np.bincount(np.minimum(found, 13), minlength=14)
    expected = np.append(expected, N - expected.sum())
    p = stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), 13)
    assert 1e-5 < p < 1 - 1e-5


def test_poisson_counts_follow_their_keys_and_no_mean_is_no_count() -> None:
    draws = Draws([1, 2])
    seed, entity, hour = np.array([0, 1, 0, 1]), np.array([5, 5, 6, 7]), np.array([10, 10, 10, 11])
    mean = np.array([700_000, 700_000, 0, 3_000_000])
    together = draws.poisson(Purpose.N_VISITS, seed, entity, hour, mean)
    one_by_one = [
        draws.poisson(Purpose.N_VISITS, *(a[i : i + 1] for a in (seed, entity, hour, mean))) for i in range(4)
    ]
    assert together.tolist() == np.concatenate(one_by_one).tolist()
    assert together[2] == 0 and together[0] != together[1]
    assert draws.poisson(Purpose.N_VISITS, seed[:0], entity[:0], hour[:0], mean[:0]).size == 0


# -- exponential ------------------------------------------------------------------------------------------------------


def p_at_most(x: float) -> float:
    """Return the exact share of words whose exponential time is at most x, by bisection: it rises with the word."""
    low, high = -1, MASK + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if exponential(middle) <= x * EXPONENTIAL_UNITS else (low, middle)
    return high / 2.0**64


def test_exponential_mean_is_one() -> None:
    first = np.arange(4096, dtype=np.uint64) << np.uint64(52)
    last = first + np.uint64(2**52 - 1)
    # Straight lines within classes: the mean of a class lies half way between its ends.
    mean = (exponential(first) + exponential(last)).mean() / 2 / EXPONENTIAL_UNITS
    assert abs(mean - 1) < 2e-5
    sample = exponential(words()) / EXPONENTIAL_UNITS
    assert abs(sample.mean() - 1) < SIGMAS / math.sqrt(N)
    # The fourth central moment is 9; the last class is a little too narrow, which takes 0.0003 of the variance.
    assert abs(sample.var() - 1) < SIGMAS * math.sqrt(8 / N) + 0.001


@pytest.mark.parametrize("x", [1e-6, 1e-4, 0.01, 0.1, 0.5, 1, 2, 3, 5, 7, 8, 8.3])
def test_exponential_probabilities(x: float) -> None:
    # A straight line between exact ends errs by at most a twelfth of 1 / (4096 x rest of the classes) in the distance
    # squared over eight: 1 / (8 x 4096 x (4095 - class)), and for small x by the relative slope, 1 / (2 x 4096).
    exact = -math.expm1(-x)
    left = max(4096 * math.exp(-x) - 1, 1)
    assert abs(p_at_most(x) - exact) < min(1 / (8 * 4096 * left) * 1.1, exact / (2 * 4096) * 1.01) + 2e-9


def test_exponential_at_the_limits_of_classes_is_exact_and_scalars_equal_arrays() -> None:
    for k in (1, 2, 100, 2048, 4000, 4095):
        assert exponential(k << 52) == round(-math.log1p(-k / 4096) * EXPONENTIAL_UNITS)
    assert exponential(0) == 0
    some = words(n=1000)
    assert exponential(some).tolist() == [exponential(word) for word in some.tolist()]
    assert (np.diff(exponential(np.sort(some))) >= 0).all()


def test_a_higher_hazard_never_rings_later() -> None:
    units = exponential(words(n=2000))
    hazards = np.array([0, 1, 2, 10, 999, 10_000, 250_000, 250_001, 10**6, 10**9])
    seconds = alarm_seconds(units[:, None], hazards[None, :])
    assert (np.diff(seconds, axis=1) <= 0).all()
    assert (seconds[:, 0] >= NEVER).all() and (seconds[:, 1:] < NEVER).all() and (seconds >= 1).all()


# -- whole numbers and cells ------------------------------------------------------------------------------------------

SIZES = [1, 2, 3, 5, 7, 1000, 4097, 72_000_000, 2**31 - 1, 2**31 + 1, 2**40 + 3]


@pytest.mark.parametrize("n", SIZES)
def test_below_never_reaches_n(n: int) -> None:
    ends = np.array([0, MASK - 2**11, MASK], np.uint64)
    assert below(ends, n).tolist()[::2] == [0, n - 1]
    assert [below(word, n) for word in ends.tolist()] == below(ends, n).tolist()
    assert below(ends, np.full(3, n)).tolist() == below(ends, n).tolist()


@pytest.mark.parametrize("n", [3, 7, 1000, 72_000_000, 2**31 + 1])
def test_below_gives_every_number_an_equal_share_of_all_words(n: int) -> None:
    def first(value: int) -> int:
        """Return the first word that gives at least a value, by bisection."""
        low, high = -1, MASK + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if below(middle, n) >= value else (middle, high)
        return high

    for value in (0, 1, n // 3, n // 2, n - 2, n - 1):
        share = (first(value + 1) - first(value)) / 2.0**64
        # The 2**53 numbers that a word can be fall on n values: shares differ by at most one of them, and by rounding.
        assert abs(share - 1 / n) <= 2 * 2.0**-53


@pytest.mark.parametrize("n", [7, 100])
def test_below_is_even_over_keyed_words(n: int) -> None:
    counts = np.bincount(below(words(), n), minlength=n)
    p = stats.chi2.sf(((counts - N / n) ** 2).sum() / (N / n), n - 1)
    assert counts.size == n and 1e-5 < p < 1 - 1e-5


def test_unit_stays_below_one() -> None:
    assert unit(MASK) == 1 - 2.0**-53 and unit(2**11 - 1) == 0 and unit(2**11) == 2.0**-53
    ends = np.array([MASK, 2**11 - 1, 2**11], np.uint64)
    assert unit(ends).tolist() == [unit(word) for word in ends.tolist()]


def test_pick_gives_every_cell_the_same_share_of_words() -> None:
    table = np.arange(4096) * 3
    firsts = np.arange(4096, dtype=np.uint64) << np.uint64(52)
    lasts = firsts + np.uint64(2**52 - 1)
    assert pick(firsts, table).tolist() == table.tolist() == pick(lasts, table).tolist()
    assert [pick(word, table) for word in lasts.tolist()] == table.tolist()


@pytest.mark.parametrize(
    "p", [(1.0,), (0.0, 0.5, 0.25, 0.25), (0.1,) * 10, (0.0, 1 / 3, 1 / 3, 1 / 3), (0.9999, 0.0001)]
)
def test_cells_meet_probabilities_to_a_cell(p: tuple[float, ...]) -> None:
    shares = np.bincount(cells(p), minlength=len(p)) / 4096
    assert shares.sum() == 1 and (np.diff(cells(p)) >= 0).all()
    assert (abs(shares - p) < 1 / 4096 + 1e-12).all()
    assert (shares[np.array(p) == 0] == 0).all()
