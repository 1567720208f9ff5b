"""The statistics against theory and against answers known from elsewhere; tolerances are 4 standard errors."""

import hashlib

import numpy as np
import pytest
from scipy import stats

from sim.outcomes.statistics import (
    keyed_indices,
    paired_effect,
    poisson_yardstick,
    ratio_change_interval,
    ratio_interval,
    seeds_to_halve,
    t_interval,
    t_quantile,
    variance_reduction,
)


def luck(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def within(hits: int, trials: int, p: float, errors: float = 4) -> bool:
    return abs(hits / trials - p) < errors * np.sqrt(p * (1 - p) / trials)


def test_the_t_interval_is_that_of_scipy() -> None:
    x = luck(1).normal(3, 2, 12)
    known = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    assert t_interval(x) == pytest.approx((x.mean(), known.low, known.high))


def test_t_quantiles_are_those_of_the_printed_table() -> None:
    assert [round(t_quantile(df), 3) for df in (1, 5, 10, 30)] == [12.706, 2.571, 2.228, 2.042]


@pytest.mark.parametrize("n", [2, 6, 20])
def test_the_t_interval_covers_the_truth_in_95_of_100_cases(n: int) -> None:
    samples = luck(n).normal(1, 3, (3000, n))
    covered = sum(low < 1 < high for _, low, high in map(t_interval, samples))
    assert within(covered, 3000, 0.95)


def test_without_an_effect_one_verdict_in_twenty_is_wrong_in_both_directions_alike() -> None:
    draws = luck(3)
    verdicts = []
    for i in range(1500):
        common, a, b = draws.poisson(40, 12), draws.poisson(40, 12), draws.poisson(40, 12)
        effect = paired_effect((common + a).astype(float), (common + b).astype(float), (900, 900), str(i), harm=False)
        verdicts.append(effect.verdict)
    assert within(verdicts.count("lowers"), 1500, 0.025)
    assert within(verdicts.count("raises"), 1500, 0.025)


def test_with_many_seeds_the_interval_of_a_ratio_is_that_of_the_delta_method() -> None:
    draws = luck(4)
    base = draws.gamma(20, 5, 400)
    part = -0.2 * base + draws.normal(0, 3, 400)
    ratio = part.sum() / base.sum()
    error = np.sqrt(((part - ratio * base) ** 2).sum() / 399 / 400) / base.mean()
    half = t_quantile(399) * error
    assert ratio_interval(part, base) == pytest.approx((ratio, ratio - half, ratio + half), rel=0.01)


@pytest.mark.parametrize("n", [2, 3, 5, 12])
def test_the_interval_of_a_ratio_is_exact_for_normal_pairs_however_few(n: int) -> None:
    draws, covered, trials = luck(50 + n), 0, 3000
    for _ in range(trials):
        common, noise = draws.normal(10, 0.2, n), draws.normal(0, 0.1, (2, n))
        low, high = ratio_interval(-0.3 * common + noise[1], common + noise[0])[1:]
        covered += low < -0.3 < high
    assert within(covered, trials, 0.95)


@pytest.mark.parametrize("mean", [100, 20])
def test_the_interval_of_thinned_harms_covers_the_truth(mean: int) -> None:
    draws, covered = luck(5), 0
    for _ in range(2000):
        base = draws.poisson(mean, 12).astype(float)
        kept = draws.binomial(base.astype(int), 0.7)
        _, low, high = ratio_interval(kept - base, base)
        covered += low < -0.3 < high
    assert within(covered, 2000, 0.95)


def test_harms_in_clusters_are_covered_nearly_as_often() -> None:
    """Skewed counts bend every interval that knows mean and variance alone; here by up to two in a hundred."""
    draws, covered, trials = luck(9), 0, 2000
    for _ in range(trials):
        base = draws.poisson(draws.gamma(2, 10, 12)).astype(float)
        kept = draws.binomial(base.astype(int), 0.95)
        _, low, high = ratio_interval(kept - base, base)
        covered += low < -0.05 < high
    error = np.sqrt(0.95 * 0.05 / trials)
    assert 0.93 - 4 * error < covered / trials < 0.95 + 4 * error


@pytest.mark.parametrize("n", [5, 20])
def test_the_interval_of_a_change_of_ratios_covers_the_truth(n: int) -> None:
    draws, covered, trials = luck(60 + n), 0, 2000
    for _ in range(trials):
        base = draws.poisson(100, n)
        more = draws.poisson(30, n)
        kept, of_more = draws.binomial(base, 0.7), draws.binomial(more, 0.8)
        parts = (kept - base, base, kept + of_more - base - more, base + more)
        _, low, high = ratio_change_interval(*(np.asarray(x, float) for x in parts))
        covered += low < (0.7 + 0.3 * 0.8) / 1.3 - 0.7 < high
    assert within(covered, trials, 0.95)


@pytest.mark.parametrize("kept", [0.3, 0.8, 0.95])
def test_thinned_poisson_harms_reduce_variance_as_the_yardstick_says(kept: float) -> None:
    draws = luck(6)
    base = draws.poisson(200, 20_000)
    policy = draws.binomial(base, kept)
    reduction = variance_reduction(base.astype(float), policy.astype(float), "k")
    # A variance of n normal numbers has the relative standard error sqrt(2 / n); here are two that hardly correlate.
    assert reduction.value == pytest.approx(poisson_yardstick(kept), rel=4 * np.sqrt(2 * 2 / 20_000))
    assert reduction.low < poisson_yardstick(kept) < reduction.high


def test_independent_arms_are_not_reduced() -> None:
    a, b = luck(7).normal(size=(2, 20_000))
    assert variance_reduction(a, b, "k").value == pytest.approx(1, abs=4 * np.sqrt(2 / 20_000))


def test_the_bootstrap_interval_covers_the_true_reduction() -> None:
    draws, covered, trials = luck(8), 0, 300
    for i in range(trials):
        base = draws.poisson(200, 80)
        policy = draws.binomial(base, 0.8)
        reduction = variance_reduction(base.astype(float), policy.astype(float), str(i))
        covered += reduction.low < poisson_yardstick(0.8) < reduction.high
    assert 0.88 < covered / trials < 0.99  # percentile intervals of a ratio of variances fall a little short of 0.95


def test_keyed_indices_are_uniform_and_depend_on_the_key_alone() -> None:
    drawn = keyed_indices("phone/persons_harmed", 1000, 20)
    counts = np.bincount(drawn.ravel(), minlength=20)
    assert len(counts) == 20
    assert 0.001 < stats.chisquare(counts).pvalue < 0.999
    assert (drawn == keyed_indices("phone/persons_harmed", 1000, 20)).all()
    assert abs(np.corrcoef(drawn.ravel(), keyed_indices("email/persons_harmed", 1000, 20).ravel())[0, 1]) < 0.03


def test_keyed_indices_are_the_splitmix64_of_the_paper_from_a_hash_of_the_key() -> None:
    mask = 2**64 - 1
    state = int.from_bytes(hashlib.sha256(b"phone/persons_harmed").digest()[:8], "little")
    expected = []
    for _ in range(24):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        expected.append(((z ^ (z >> 31)) >> 11) * 12 // 2**53)
    assert keyed_indices("phone/persons_harmed", 2, 12).ravel().tolist() == expected


@pytest.mark.parametrize("n", [2, 3, 6, 20, 200])
def test_so_many_seeds_halve_an_interval_and_one_less_do_not(n: int) -> None:
    def width(m: int) -> float:
        return t_quantile(m - 1) / np.sqrt(m)

    more = seeds_to_halve(n)
    assert width(more) <= width(n) / 2 < width(more - 1)
    if n == 200:
        assert more == pytest.approx(800, abs=10)
