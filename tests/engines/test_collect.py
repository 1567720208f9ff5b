"""Mesa's DataCollector works on both engines, and collects the same of them."""

from __future__ import annotations

import pandas as pd
import pytest
from mesa.datacollection import DataCollector

from sim.model.agents import Chat
from sim.model.arrays.model import ChatModel
from sim.policies.closure import ClosurePolicy
from sim.scenario.scenario import Scenario
from tests.engines.chats import BUSY, LEVERS, arms, day

COUNTS = (
    "predators_online",
    "contacts_on_platform",
    "contacts_parted",
    "contacts_off_platform",
    "dossiers_waiting",
    "reports_so_far",
    "harms_so_far",
)
SCENARIO = BUSY.replace(days=7, policies={"email": LEVERS["email"]})
BESIDE = SCENARIO.replace(
    sites={"rival": {"monthly_visitors": 300.0}},
    policies={"email": LEVERS["email"], "closed": (ClosurePolicy(site="site", start=day(3)),)},
    **{"moderation.staff": 3.0, "registration.none.accounts_persist": True, "displacement.p_elsewhere": 0.0},
)
"""Two sites, of which one closes, where predators are on the other one because of a bar."""
SEEDS = (7, 5)
ARMS = arms(SCENARIO)
HOURS = SCENARIO.hours


def collected(model: ChatModel | Chat, hours: int) -> pd.DataFrame:
    """Return what is collected before the first step and after each."""
    collector = DataCollector(model_reporters={name: name for name in COUNTS})
    collector.collect(model)
    for _ in range(hours):
        model.step()
        collector.collect(model)
    return collector.get_model_vars_dataframe()


@pytest.fixture(scope="module")
def by_lane() -> pd.DataFrame:
    return collected(ChatModel(SCENARIO, SEEDS, ARMS), HOURS)


@pytest.mark.parametrize("scenario", [SCENARIO, BESIDE], ids=["alone", "beside"])
def test_both_engines_collect_the_same(scenario: Scenario) -> None:
    by_lane = collected(ChatModel(scenario, SEEDS, arms(scenario)), HOURS)
    for policy in arms(scenario):
        for seed in SEEDS:
            one = collected(Chat(scenario, seed, policy), HOURS)
            for name in COUNTS:
                assert one[name].tolist() == [counts[policy, seed] for counts in by_lane[name]], (policy, name, seed)


def test_something_is_collected_and_policies_differ(by_lane: pd.DataFrame) -> None:
    for name in COUNTS:
        table = pd.DataFrame(by_lane[name].tolist())
        assert list(table.columns) == [(policy, seed) for seed in SEEDS for policy in ARMS]
        assert (table.max() > 0).all(), name
        before = table.iloc[: 24 * SCENARIO.warmup_days + 1]
        assert before[ARMS[0], 5].tolist() == before[ARMS[1], 5].tolist()
        assert table[ARMS[0], 5].tolist() != table[ARMS[1], 5].tolist()


def test_what_is_so_far_begins_with_the_window_and_ends_with_the_records() -> None:
    model = ChatModel(SCENARIO, SEEDS, ARMS)
    table = collected(model, HOURS)
    daily = model.record.records().daily.groupby(["policy", "seed"])[["n_harm", "n_report"]].sum()
    for name, column in (("harms_so_far", "n_harm"), ("reports_so_far", "n_report")):
        assert set(table[name].iloc[24 * SCENARIO.warmup_days].values()) == {0}
        assert table[name].iloc[-1] == daily[column].to_dict()


def test_collecting_changes_nothing() -> None:
    watched, alone = ChatModel(SCENARIO, SEEDS, ARMS), ChatModel(SCENARIO, SEEDS, ARMS)
    collected(watched, HOURS)
    pd.testing.assert_frame_equal(watched.record.records().daily, alone.run().daily)
