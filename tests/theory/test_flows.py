"""Flows between arms: what two margins leave open, and what stands in the table of rates."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim
from sim.model.records import person_table
from sim.outcomes.counts import DAYS_PER_YEAR, counts_of
from sim.outcomes.flows import COME, GONE, TOLD, bounds_of_both, flows_of
from sim.report.compare import Comparison

SEEDS = (6, 9, 12, 13, 15)
"""Seeds with outside victims under one arm alone."""

CLASSROOM = Path(__file__).parents[2] / "scenarios" / "classroom.toml"


@given(
    st.integers(1, 60).flatmap(
        lambda n: st.tuples(st.just(n), *2 * [st.sets(st.integers(0, n - 1))]),
    )
)
def test_no_two_sets_have_fewer_or_more_in_common_than_the_bounds(drawn: tuple[int, set[int], set[int]]) -> None:
    n, one, other = drawn
    sizes = [np.array([size]) for size in (len(one), len(other), n)]
    (fewest,), (most,) = bounds_of_both(*sizes)
    assert fewest <= len(one & other) <= most
    # Both ends are reached by sets of the same sizes.
    first, last = set(range(len(one))), set(range(n - len(other), n))
    assert len(first & last) == fewest
    assert len(first & set(range(len(other)))) == most


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return sim.compare(sim.load(CLASSROOM), seeds=SEEDS)


def test_rates_are_persons_a_year_per_thousand_visitors_and_add_up(comparison: Comparison) -> None:
    found = comparison.flows.set_index(["policy", "flow"])
    assert [*found.loc["phone"].index] == [*TOLD]
    rate = comparison.flows.pivot_table("rate", "policy", "flow")
    assert rate["baseline_alone"].to_numpy() == pytest.approx(rate[[*GONE]].sum(axis=1).to_numpy())
    assert rate["policy_alone"].to_numpy() == pytest.approx(rate[[*COME]].sum(axis=1).to_numpy())
    net = rate["policy_alone"] + rate["outside"] - rate["baseline_alone"]
    assert rate["net"].to_numpy() == pytest.approx(net.to_numpy())
    phone = comparison.persons.query("policy == 'phone' and flow == 'absent'")["count"].sum() / len(SEEDS)
    factor = DAYS_PER_YEAR / comparison.scenario.days * 1000 / comparison.counts.sums().visitors
    assert phone > 0 and rate["absent"]["phone"] == pytest.approx(phone * factor)


def test_the_net_is_the_effect_on_persons_harmed_here(comparison: Comparison) -> None:
    effects = comparison.effects.query("outcome == 'persons_harmed'").set_index("policy")
    net = comparison.flows.query("flow == 'net'").set_index("policy")
    assert (comparison.flows.query("flow == 'outside'")["rate"] != 0).any()
    pd.testing.assert_frame_equal(
        net[["rate", "low", "high"]].set_axis(["difference", "low", "high"], axis=1),
        effects[["difference", "low", "high"]], check_like=True,
    )  # fmt: skip
    assert net["unit"].to_dict() == effects["unit"].to_dict()
    beside = comparison.flows.query("flow == 'elsewhere'").set_index("policy")["rate"]
    total = comparison.effects.query("outcome == 'total_harmed'").set_index("policy")["difference"]
    assert (net["rate"] + beside).to_numpy() == pytest.approx(total.reindex(net.index).to_numpy())


def test_gross_numbers_lie_within_what_margins_leave_open(comparison: Comparison) -> None:
    bounded = comparison.flows.dropna(subset=["fewest"])
    assert {*bounded["flow"]} == {"both", "baseline_alone", "policy_alone"}
    assert bounded["rate"].between(bounded["fewest"] - 1e-9, bounded["most"] + 1e-9).all()
    assert (bounded["fewest"] < bounded["most"]).all()


def test_bounds_are_those_of_each_seed_and_year() -> None:
    """Worked out by hand: seed 0 has 3 of 4 and 2 of 4 persons harmed, seed 1 one and three of ten."""
    scenario = sim.load(CLASSROOM)
    records = sim.compare(scenario, ["phone"], seeds=2).runs
    (part,) = records.parts()
    rows = {
        0: {"both": 1, "spared": 2, "redirected": 1, "members": 4},
        1: {"absent": 1, "new": 3, "members": 10},
    }  # fmt: skip
    persons = [("phone", seed, 0, "x", flow, "adult", n) for seed, flows in rows.items() for flow, n in flows.items()]
    counts = counts_of(scenario, replace(part, persons=person_table(persons)))
    found = flows_of(counts, ["phone"]).set_index("flow")
    factor = DAYS_PER_YEAR / scenario.days * 1000 / counts.sums().visitors
    ends = {flow: [x / factor * 2 for x in found.loc[flow, ["fewest", "most"]]] for flow in ("both", *ALONE)}
    assert ends["both"] == pytest.approx([1 + 0, 2 + 1])
    assert ends["baseline_alone"] == pytest.approx([1 + 0, 2 + 1])
    assert ends["policy_alone"] == pytest.approx([0 + 2, 1 + 3])


ALONE = ("baseline_alone", "policy_alone")
