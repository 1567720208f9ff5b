import numpy as np
import pytest

from sim.outcomes.statistics import (
    NONE,
    Effect,
    Interval,
    paired_effect,
    poisson_yardstick,
    ratio_change_interval,
    ratio_interval,
    t_interval,
    variance_reduction,
)

BASE = np.array([10.0, 12.0, 9.0, 14.0])


def effect(
    value: list[float], base: np.ndarray = BASE, events: tuple[float, float] = (45, 45), harm: bool = True
) -> Effect:
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
    assert found.difference == found.relative == Interval(0, 0, 0)
    assert found.seeds_to_halve is None
    assert np.isnan(found.poisson_yardstick)


def test_seeds_without_a_value_in_both_arms_do_not_count() -> None:
    found = effect([8, np.nan, 7, 11])
    assert (found.seeds, found.baseline) == (3, 11.0)
    nothing = effect([np.nan] * 4)
    assert (nothing.seeds, nothing.verdict) == (0, "too few")
    assert effect([10, np.nan, 9, 14]).verdict == "not resolved"  # equal where both exist, but not identical
    neither = effect([np.nan] * 4, base=np.full(4, np.nan))
    assert (neither.seeds, neither.verdict) == (0, "not counted")
    assert np.isnan((neither.baseline, *neither.difference, *neither.relative)).all()
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


@pytest.mark.parametrize(
    ("base", "shift", "verdict"),
    [
        ([10, 12], 6, "not resolved"),
        ([10, 12], 7, "raises"),
        ([10, 12], -6, "not resolved"),
        ([10, 12], -7, "lowers"),
        ([10, 12, 9], 1, "not resolved"),
        ([10, 12, 9], 2, "raises"),
        ([10, 12, 9, 14], 1, "raises"),
    ],
)
@pytest.mark.parametrize("worth", [1, 365.25 / 60, 1e-3])
def test_equal_differences_of_few_counts_in_few_seeds_are_not_told_apart(
    base: list[int], shift: int, verdict: str, worth: float
) -> None:
    counts = np.array(base, float)
    found = paired_effect(
        counts * worth, (counts + shift) * worth, (sum(base), sum(base) + shift * len(base)), "k", True
    )
    assert (found.verdict, found.difference.value) == (verdict, pytest.approx(shift * worth))
    assert (found.difference.high - found.difference.low > worth) == (len(base) < 4)
    assert found.relative.sign == found.difference.sign or np.isnan(found.relative).all()


def test_what_the_least_spread_is_changes_no_interval_that_is_wider() -> None:
    for differences, step in ((np.array([-2.0, -1.0, -3.0]), 1.0), (np.array([-2.0, -1.0, -2.0, -3.0]), 99.0)):
        base = BASE[: len(differences)]
        assert t_interval(differences, step) == t_interval(differences)
        assert ratio_interval(differences, base, step) == ratio_interval(differences, base)
    assert t_interval(np.zeros(4), 1.0) == (0, 0, 0)
    assert t_interval(np.full(3, 5.0), 1.0) == t_interval(np.full(3, 5.0) + np.array([1, 0, 0]) - 1 / 3)


def test_too_little_for_an_interval() -> None:
    assert t_interval(np.array([3.0]))[0] == 3
    assert np.isnan(t_interval(np.array([3.0]))[1:]).all()
    assert np.isnan(t_interval(np.array([]))).all()
    assert np.isnan(ratio_interval(np.array([1.0, 0.0]), np.array([5.0, 0.0]))).all()  # one seed carries everything
    assert np.isnan(ratio_interval(np.array([1.0]), np.array([5.0]))).all()


def test_the_ends_of_a_ratio_are_where_the_t_interval_of_the_rest_begins_at_zero() -> None:
    part, whole = np.array([-2.0, -1.0, -4.0, -2.0]), np.array([10.0, 8.0, 12.0, 11.0])
    found = ratio_interval(part, whole)
    assert found.value == pytest.approx(-9 / 41)
    for end, side in ((found.low, 1), (found.high, 2)):
        assert t_interval(part - end * whole)[side] == pytest.approx(0, abs=1e-12)
    a, b, c = (  # the quadratic equation of Fieller, by hand
        41**2 / 16 - 3.182446**2 * whole.var(ddof=1) / 4,
        9 * 41 / 16 + 3.182446**2 * np.cov(part, whole)[0, 1] / 4,
        81 / 16 - 3.182446**2 * part.var(ddof=1) / 4,
    )
    roots = sorted((-b + sign * np.sqrt(b * b - a * c)) / a for sign in (1, -1))
    assert found[1:] == pytest.approx(roots, rel=1e-5)


def test_of_a_whole_that_is_not_told_from_zero_nothing_is_said_in_percent() -> None:
    base = np.array([1.0, 60.0, 2.0])
    found = effect([41, 100, 42], base=base)
    assert t_interval(base).sign == 0
    assert found.verdict == "raises"
    assert np.isnan(found.relative).all()
    assert effect(base.tolist(), base=base).relative == (0, 0, 0)


def test_constant_ratios_and_ratios_at_the_edge_stand_firm() -> None:
    whole = np.array([1e9 / 3, 1e9 / 7, 1e9 / 11, 1e9 / 6])
    assert ratio_interval(-0.3 * whole, whole * 1.0) == pytest.approx((-0.3, -0.3, -0.3))
    assert ratio_interval(-whole, whole) == (-1, -1, -1)
    steady = np.full(5, 7.0)
    assert ratio_interval(steady / 7, steady) == pytest.approx((1 / 7, 1 / 7, 1 / 7))
    assert ratio_interval(steady * 0, steady) == (0, 0, 0)
    part = np.array([1.0, 2.0, 3.0])
    at_zero = part - t_interval(part).low  # the lower end of its t interval is zero, up to rounding
    assert ratio_interval(at_zero, np.array([9.0, 8.0, 9.5])).sign == t_interval(at_zero).sign


def test_no_percentage_goes_below_what_can_be() -> None:
    found = effect([1, 0, 0, 30], base=np.array([20.0, 31.0, 28.0, 25.0]))
    assert ratio_interval(np.array([-19.0, -31, -28, 5]), np.array([20.0, 31, 28, 25])).low < -1
    assert (found.relative.low, found.verdict) == (-1, "not resolved")
    assert Interval(0.5, -0.2, 1.3).within(0, 1) == (0.5, 0, 1)
    assert np.isnan(NONE.within(0, 1)).all()


def test_the_jackknife_of_a_change_of_ratios_by_hand() -> None:
    part, whole = np.array([-2.0, -1.0, -4.0]), np.array([10.0, 8.0, 12.0])
    other, other_whole = np.array([-1.0, -1.0, -1.0]), np.array([11.0, 8.0, 13.0])
    without = np.array([-2 / 21 + 5 / 20, -2 / 24 + 6 / 22, -2 / 19 + 3 / 18])
    half = 4.302653 * np.sqrt(2 / 3 * ((without - without.mean()) ** 2).sum())  # t of 2 degrees of freedom
    value = -3 / 32 + 7 / 30
    found = ratio_change_interval(part, whole, other, other_whole)
    assert found == pytest.approx((value, value - half, value + half))


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
