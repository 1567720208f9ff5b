"""Doubt agrees with answers worked out by hand: shares of variance, luck, the value of knowing, where a sign turns."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sim
from sim.outcomes import doubt, turns
from sim.outcomes.counts import HEADLINE, HERE
from sim.outcomes.sets import points, values
from sim.outcomes.statistics import Floats
from sim.questions.doubt import question
from sim.report.doubt import Doubt
from sim.report.doubt_tables import ALL_ASSUMED
from sim.rules.declare import Parameter, Shape
from sim.rules.settings import SETTINGS
from tests.theory import toy

STAY, HARMED, CONSTANT = toy.USED
P_STAY = SETTINGS[STAY]


def headline(found: Doubt, policy: str) -> pd.Series:
    rows = found.spreads[(found.spreads["policy"] == policy) & (found.spreads["outcome"] == HEADLINE)]
    return rows.iloc[0]


def luck_of(n: int, seed: int = 0) -> Floats:
    return np.random.Generator(np.random.PCG64(seed)).normal(size=n)


# -- sets --------------------------------------------------------------------------------------------------------------


def shaped(shape: Shape, low: float, high: float, **bounds: float) -> Parameter:
    return replace(P_STAY, shape=shape, low=low, high=high, **{"minimum": None, "maximum": None} | bounds)


Z = 1.6448536269514722
DECLARED = {
    "uniform": (shaped("uniform", 2, 5), stats.uniform(2, 3)),
    "log-uniform": (shaped("log-uniform", 0.01, 3), stats.loguniform(0.01, 3)),
    "normal": (shaped("normal", 1, 4), stats.norm(2.5, 1.5 / Z)),
    "lognormal": (shaped("lognormal", 1, 9), stats.lognorm(math.log(3) / Z, scale=3)),
    "normal, cut": (
        shaped("normal", 0.1, 0.9, minimum=0, maximum=1),
        stats.truncnorm(-0.5 / 0.4 * Z, 0.5 / 0.4 * Z, 0.5, 0.4 / Z),
    ),
    "lognormal, cut": (shaped("lognormal", 1, 9, minimum=0, maximum=4), None),
}


@pytest.mark.parametrize("name", DECLARED)
def test_values_have_the_declared_distribution(name: str) -> None:
    parameter, law = DECLARED[name]
    for column in points(512, 7).T:
        drawn = values(parameter, column)
        if law is None:
            whole = stats.lognorm(math.log(3) / Z, scale=3)
            below = whole.cdf(drawn) / whole.cdf(4)
        else:
            below = law.cdf(drawn)
        assert 0.001 < stats.kstest(below, "uniform").statistic < 0.02  # much nearer than chance, and not all alike
        other = values(shaped("uniform" if name != "uniform" else "log-uniform", 2, 5), column)
        assert law is None or stats.kstest(law.cdf(other), "uniform").pvalue < 1e-3


def test_a_share_with_a_90_percent_interval_is_logit_normal() -> None:
    drawn = values(shaped("logit-normal", 0.02, 0.3, minimum=0, maximum=1), points(4096, 1)[:, 0])
    assert ((drawn > 0) & (drawn < 1)).all()
    assert np.quantile(drawn, [0.05, 0.95]) == pytest.approx([0.02, 0.3], rel=0.01)


def test_whole_numbers_are_rounded_and_a_range_without_a_shape_is_refused() -> None:
    drawn = values(SETTINGS["predators.contacts_at_once"], points(64, 1)[:, 0])
    assert (drawn == drawn.round()).all() and {*drawn} <= {*range(2, 13)}
    often = np.unique_counts(values(SETTINGS["predators.contacts_at_once"], points(1024, 1)[:, 0])).counts / 1024
    assert often == pytest.approx(np.full(11, 1 / 11), abs=0.005)  # both ends as often as the others
    with pytest.raises(ValueError, match="has no shape"):
        values(replace(P_STAY, shape=None), np.array([0.5]))


def test_the_first_points_are_the_same_however_many_there_are() -> None:
    assert (points(100, 5)[:64] == points(64, 5)).all()
    first = [of.scenario for of in question(toy.scenario("a"), draws=16).sets]
    assert [of.scenario for of in question(toy.scenario("a"), draws=40).sets][:16] == first


@pytest.mark.parametrize("n", [64, 100, 300])
def test_no_coordinate_is_a_function_of_another(n: int) -> None:
    at = points(n, 150)
    assert all((np.sort(np.floor(16 * column[:64])) == np.repeat(range(16), 4)).all() for column in at.T)
    for driver in (0, 7, 70):
        found = doubt.first_order(np.delete(at, driver, axis=1), at[:, driver], luck_of(5 * n).reshape(n, 5))
        assert found is not None and found.shares.max() < 4 * math.sqrt(1 / n)


# -- one linear effect in the same code path ---------------------------------------------------------------------------

LINEAR, SOURCED, LUCK = 0.2, 0.1, 0.1 / math.sqrt(12)
VARIANCE = (LINEAR**2 + SOURCED**2) / 12 + LUCK**2


@pytest.fixture(scope="module")
def linear() -> Doubt:
    """Two policies: one whose effect is linear in an assumed and a sourced parameter, one that is luck alone."""
    with toy.where(
        both=lambda at, luck: -0.3 + LINEAR * (at[0] - 0.5) + SOURCED * (at[1] - 0.5) + LUCK * luck,
        luck=lambda at, luck: -0.3 + 0.05 * luck,
    ) as scenario:
        return sim.doubt(scenario, draws=320)


def test_first_order_shares_are_those_of_a_linear_model(linear: Doubt) -> None:
    of = linear.parameters[linear.parameters["policy"] == "both"].set_index("parameter")
    for key, share in ((STAY, LINEAR**2 / 12 / VARIANCE), (HARMED, SOURCED**2 / 12 / VARIANCE)):
        assert of.loc[key, "first"] == pytest.approx(share, abs=0.06)
        assert abs(of.loc[key, "first"] - share) < 1.5 * of.loc[key, "noise"]
        assert of.loc[key, "total"] == pytest.approx(share, abs=0.06)  # they do nothing together
        assert of.loc[key, "stands_out"]
    assert of["stands_out"].sum() <= 3  # of 68, one more at most by chance
    assert of.loc[CONSTANT, "first"] < 1.5 * of.loc[CONSTANT, "dummy"]
    assert linear.parameters[linear.parameters["policy"] == "luck"]["stands_out"].sum() <= 1


def test_the_spread_is_split_into_luck_and_what_rests_on_assumed_numbers(linear: Doubt) -> None:
    row = headline(linear, "both")
    for name, share in (("luck", LUCK**2 / VARIANCE), ("assumed", LINEAR**2 / 12 / VARIANCE)):
        assert row[f"{name}_low"] < share < row[f"{name}_high"]
        assert row[name] == pytest.approx(share, abs=0.12)
    assert row["luck_alone"] == pytest.approx(1.645 * LUCK, rel=0.25)
    alone = headline(linear, "luck")
    assert alone["luck_high"] == 1 and alone["luck"] > 0.7 and alone["assumed"] < 0.3


def test_the_range_is_that_of_the_sum(linear: Doubt) -> None:
    at = np.random.Generator(np.random.PCG64(1)).random((2, 10**6)) - 0.5
    whole = -0.3 + LINEAR * at[0] + SOURCED * at[1] + LUCK * luck_of(10**6)
    row = headline(linear, "both")
    assert [row["median_low"], row["median"], row["median_high"]] == pytest.approx(
        np.quantile(whole, [0.05, 0.5, 0.95]), abs=0.015
    )
    assert row["lowered"] == 1 and row["lowered_low"] > 0.98 and row["raised"] == 0


def test_what_two_parameters_do_together_is_in_their_total_share() -> None:
    with toy.where(a=lambda at, luck: at[0] + 0.5 * at[2] + 3 * (at[0] - 0.5) * (at[2] - 0.5)) as scenario:
        found = sim.doubt(scenario, parameters=toy.USED, draws=600).parameters.set_index("parameter")
    alone, other, together = 1 / 12, 0.25 / 12, 9 / 144
    whole = alone + other + together
    assert found.loc[[STAY, CONSTANT], "first"].tolist() == pytest.approx([alone / whole, other / whole], abs=0.08)
    assert found.loc[[STAY, CONSTANT], "total"].tolist() == pytest.approx(
        [(alone + together) / whole, (other + together) / whole], abs=0.08
    )


def test_harm_elsewhere_is_reckoned_in_each_world_with_its_own_numbers() -> None:
    """A policy spares 30% here and keeps half of the predators out: in all -0.3 + 0.5 p r, p and r uniform."""
    p, r = "displacement.p_predators", "displacement.rel_elsewhere"
    with toy.where({"door": 0.5}, door=lambda at, luck: -0.3, wall=lambda at, luck: -0.3) as scenario:
        found = sim.doubt(scenario, parameters=[p, r], draws=200)
        worlds = [of.scenario for of in question(scenario, parameters=[p, r], draws=200).sets]
    spreads = found.spreads.set_index(["policy", "outcome"])
    assert spreads.loc[("wall", HEADLINE), ["median", "median_low", "median_high"]].tolist() == pytest.approx(
        [-0.3] * 3
    )
    assert spreads.loc[("door", HERE), ["median", "median_low", "median_high"]].tolist() == pytest.approx([-0.3] * 3)
    effects = [-0.3 + 0.5 * of.displacement.p_predators * of.displacement.rel_elsewhere for of in worlds]
    names = ["median", "median_low", "median_high"]
    assert spreads.loc[("door", HEADLINE), names].tolist() == pytest.approx([*doubt.spread(np.array(effects))])
    share = 0.03 / (0.48 / 3 - 0.09)  # of each by itself
    shares = found.parameters.set_index(["policy", "parameter"])["first"]
    assert [shares["door", p], shares["door", r]] == pytest.approx([share, share], abs=0.08)


def test_with_few_sets_there_is_no_total_share() -> None:
    with toy.where(a=lambda at, luck: at[0] + at[2]) as scenario:
        found = sim.doubt(scenario, parameters=toy.USED, draws=100)
    assert found.parameters["total"].isna().all()
    assert "--draws 300 or more" in " ".join(found.table().split())


def test_an_effect_in_few_sets_is_not_laid_to_a_parameter() -> None:
    at, few = points(48, 20), np.zeros(48)
    few[3] = -1.0
    found = doubt.first_order(at, few, points(48, 40)[:, 20:])
    assert found is not None and not found.stands_out.any()
    assert np.isfinite(found.noise).all()


# -- luck --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_nested_variance_holds_the_known_share_of_luck(share: float) -> None:
    inside, found = 0, []
    for repetition in range(200):
        draws = luck_of(300, repetition)
        first = math.sqrt(1 - share) * draws[:100] + math.sqrt(share) * draws[100:200]
        second = np.full(100, np.nan)
        second[:25] = (math.sqrt(1 - share) * draws[:100] + math.sqrt(share) * draws[200:])[:25]
        interval = doubt.luck(first, second)
        found.append(interval.value)
        inside += interval.low <= share <= interval.high
    assert inside >= 170  # a jackknife over twenty groups, of 25 pairs: 85 to 95%
    assert np.median(found) == pytest.approx(share, abs=0.05)


def test_wilson_by_hand() -> None:
    assert doubt.binomial(97, 100) == pytest.approx((0.97, 0.9155, 0.9897), abs=1e-4)
    assert doubt.binomial(0, 20)[:2] == (0, 0) and doubt.binomial(20, 20)[::2] == (1, 1)
    assert math.isnan(doubt.binomial(0, 0).value)


# -- the value of knowing ----------------------------------------------------------------------------------------------


def test_knowing_what_decides_between_two_policies_is_worth_what_it_spares() -> None:
    with toy.where(
        steady=lambda at, luck: -0.1 + 0.01 * luck,
        hanging=lambda at, luck: -0.1 + 0.4 * (at[0] - 0.5) + 0.01 * luck,
    ) as scenario:
        # Felt risk reaches nothing here, and each of its numbers would be one more that may stand out by luck.
        drawn = [key for key in question(scenario).drawn if not key.startswith("felt_risk.")]
        found = sim.doubt(scenario, parameters=drawn, draws=160).worth.set_index("parameter")
    spared = 0.4 / 8 * toy.LEVEL  # half of the mean of 0.4 |u - 1/2|
    for known in (STAY, ALL_ASSUMED):
        row = found.loc[known]
        assert row["value"] == pytest.approx(spared, rel=0.15)
        assert row["value_low"] < spared < row["value_high"]
        assert row["share"] == pytest.approx(row["value"] / toy.LEVEL)
    assert found.loc[CONSTANT, "value"] < 0.1 * spared
    assert found["stands_out"].sum() <= 3


def test_knowing_what_changes_no_choice_is_worth_nothing() -> None:
    with toy.where(a=lambda at, luck: -0.5 + 0.4 * (at[0] - 0.5)) as scenario:
        found = sim.doubt(scenario, draws=64).worth
    assert (found["choice"] == "a").all()
    assert not found[["value", "value_low", "value_high"]].to_numpy().any()


# -- where the sign turns ----------------------------------------------------------------------------------------------


def test_a_planted_condition_is_found_and_counted_on_the_other_half() -> None:
    def turning(at: list[float], luck: float) -> float:
        return 0.3 if at[0] > 0.6 and at[2] < 0.4 else -0.2

    with toy.where(a=turning) as scenario:
        found = sim.doubt(scenario, draws=200)
    parts = found.conditions.set_index("parameter")
    assert {*parts.index} == {STAY, CONSTANT}
    assert parts["rises"].all()
    assert (parts.loc[STAY, "above"], parts.loc[CONSTANT, "above"]) == (True, False)
    assert parts["threshold"].to_dict() == pytest.approx({STAY: 0.6, CONSTANT: 0.4}, abs=0.101)  # a step of the grid
    assert (parts["density"] > 0.85).all() and (parts["coverage"] > 0.7).all()
    assert "raises harm where" in " ".join(found.table().split())


def test_one_condition_is_said_as_one() -> None:
    at = points(120, 30)
    found = turns.where_it_turns(at, np.where(at[:, 7] < 0.3, -1.0, 1.0) + 0.2 * luck_of(120))
    assert found is not None and not found.raises
    assert [(part.parameter, part.above) for part in found.parts] == [(7, False)]
    assert found.density > 0.9 and found.coverage > 0.9


def test_an_absent_condition_is_found_no_oftener_than_by_chance() -> None:
    at = points(100, 70)
    found = [turns.where_it_turns(at, luck_of(100, seed)) for seed in range(100)]
    assert sum(condition is not None for condition in found) <= 11


def test_a_sign_that_hardly_turns_is_not_asked_about() -> None:
    at = points(100, 3)
    assert turns.where_it_turns(at, np.where(at[:, 0] < 0.05, 1.0, -1.0)) is None
