import numpy as np
import pytest

from sim.statistics import (
    paired_effect,
    poisson_yardstick,
    ratio_change_interval,
    ratio_interval,
    t_interval,
    variance_reduction,
)

BASE = np.array([10.0, 12.0, 9.0, 14.0])


def effect(value: list[float], base: np.ndarray = BASE, events: tuple[float, float] = (45, 45), harm: bool = True):
    return paired_effect(base, np.array(value), events, "policy/outcome", harm)


def test_the_difference_is_the_mean_within_seeds() -> None:
    found = effect([8, 11, 7, 11])
    assert (found.baseline, found.value, found.difference.value, found.seeds) == (11.25, 9.25, -2.0, 4)
    assert found.relative.value == pytest.approx(-8 / 45)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ([8, 11, 7, 11], "lowers"),
        ([12, 13, 11, 17], "raises"),
        ([8, 13, 8, 15], "not resolved"),
        ([10, 12, 9, 14], "identical"),
    ],
)
def test_verdicts(value: list[float], verdict: str) -> None:
    assert effect(value).verdict == verdict


def test_few_events_give_no_relative_figure() -> None:
    found = effect([8, 11, 7, 11], events=(19, 19))
    assert found.verdict == "too few"
    assert np.isnan(found.relative).all()
    assert np.isnan(found.variance_reduction).all()
    assert found.seeds_to_halve is None
    assert effect([8, 11, 7, 11], events=(19, 20)).verdict == "lowers"


def test_no_events_at_all_are_identical() -> None:
    assert effect([0, 0, 0, 0], base=np.zeros(4), events=(0, 0)).verdict == "identical"


def test_what_is_identical_has_a_difference_of_zero_and_nothing_to_halve() -> None:
    found = effect([10, 12, 9, 14])
    assert found.difference == (0, 0, 0)
    assert found.relative == (0, 0, 0)
    assert found.seeds_to_halve is None
    assert np.isnan(found.poisson_yardstick)


def test_seeds_without_a_value_in_both_arms_do_not_count() -> None:
    found = effect([8, np.nan, 7, 11])
    assert (found.seeds, found.baseline) == (3, 11.0)
    nothing = effect([np.nan] * 4)
    assert (nothing.seeds, nothing.verdict) == (0, "too few")
    assert effect([10, np.nan, 9, 14]).verdict == "not resolved"  # equal where both exist, but not identical
    alike = np.array([10, np.nan, 9, 14])
    assert effect(alike.tolist(), base=alike).verdict == "identical"


def test_from_nothing_there_is_no_percentage() -> None:
    found = effect([8, 11, 7, 11], base=np.zeros(4))
    assert found.verdict == "raises"
    assert np.isnan(found.relative).all()


def test_the_yardstick_is_for_harm_that_a_policy_spares() -> None:
    assert poisson_yardstick(0.8) == pytest.approx(9)
    assert np.isnan(poisson_yardstick(1.0))
    assert effect([8, 11, 7, 11]).poisson_yardstick == pytest.approx((11.25 + 9.25) / 2)
    assert np.isnan(effect([12, 13, 11, 17]).poisson_yardstick)
    assert np.isnan(effect([8, 11, 7, 11], harm=False).poisson_yardstick)


def test_variance_reduction_by_hand() -> None:
    value = np.array([8.0, 11.0, 7.0, 11.0])
    expected = (BASE.var(ddof=1) + value.var(ddof=1)) / (value - BASE).var(ddof=1)
    found = variance_reduction(BASE, value, "k")
    assert found.value == pytest.approx(expected)
    assert found.low <= found.value <= found.high


def test_the_bootstrap_depends_on_its_key_and_on_nothing_else() -> None:
    base, value = np.random.Generator(np.random.PCG64(1)).poisson(50, (2, 12)).astype(float)
    assert variance_reduction(base, value, "k") == variance_reduction(base, value, "k")
    assert variance_reduction(base, value, "k") != variance_reduction(base, value, "another")


def test_a_constant_difference_has_no_variance_to_reduce() -> None:
    assert np.isnan(variance_reduction(BASE, BASE - 2, "k")).all()
    assert effect((BASE - 2).tolist()).verdict == "lowers"


def test_too_little_for_an_interval() -> None:
    assert t_interval(np.array([3.0]))[0] == 3
    assert np.isnan(t_interval(np.array([3.0]))[1:]).all()
    assert np.isnan(t_interval(np.array([]))).all()
    assert np.isnan(ratio_interval(np.array([1.0, 0.0]), np.array([5.0, 0.0]))).all()  # one seed carries everything


def test_the_jackknife_interval_by_hand() -> None:
    part, whole = np.array([-2.0, -1.0, -4.0]), np.array([10.0, 8.0, 12.0])
    without = np.array([-5 / 20, -6 / 22, -3 / 18])
    half = 4.302653 * np.sqrt(2 / 3 * ((without - without.mean()) ** 2).sum())  # t of 2 degrees of freedom
    assert ratio_interval(part, whole) == pytest.approx((-7 / 30, -7 / 30 - half, -7 / 30 + half))


def test_the_change_of_a_ratio_has_the_interval_of_the_pairs() -> None:
    whole = np.array([100.0, 80.0, 120.0])
    part, other = -0.3 * whole, -0.1 * whole
    luck = np.array([9.0, -4.0, -6.0])
    found = ratio_change_interval(part + luck, whole, other + luck, whole)
    assert found == pytest.approx((0.2, 0.2, 0.2))
    alone = ratio_interval(part + luck, whole)
    assert alone.high - alone.low > 0.1
    assert np.isnan(ratio_change_interval(part, whole * 0, other, whole)).all()
    assert ratio_change_interval(part, whole, other, whole * 2).value == pytest.approx(-0.05 + 0.3)
