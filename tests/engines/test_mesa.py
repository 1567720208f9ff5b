"""What users of Mesa are used to works with both models, and gives the same data of both."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from mesa.datacollection import DataCollector

from sim.model.agents import Chat, Predator, User
from sim.model.agents.investigators import Investigator
from sim.model.arrays.model import ChatModel
from sim.model.hourly import COUNTS, HourlyModel, one_seed
from sim.rules.errors import ScenarioError
from tests.engines.chats import BUSY, LEVERS

SCENARIO = BUSY.replace(days=2, warmup_days=1, policies={"phone": LEVERS["email"], "shift": LEVERS["shift"]})
HOURS = SCENARIO.hours
POLICIES = ["baseline", "phone"]
SEEDS = [3, 8]
MODELS = pytest.mark.parametrize("model", [ChatModel, Chat])
TAKES_RNG = "rng" in inspect.signature(mesa.batch_run).parameters
"""Mesa 3.5 takes seeds as an argument of their own, before that they are among the parameters."""


def batch(model: type[HourlyModel], seeds: list[Any] | None, **more: Any) -> pd.DataFrame:
    """Run a model over policies and seeds with Mesa's `batch_run`."""
    parameters: dict[str, Any] = {"scenario": SCENARIO, "policy": POLICIES} | more.pop("parameters", {})
    if seeds and TAKES_RNG:
        more["rng"] = seeds
    elif seeds:
        parameters["seed"] = seeds
    return pd.DataFrame(mesa.batch_run(model, parameters, display_progress=False, **({"max_steps": HOURS} | more)))


def counts(policy: str, seed: int) -> tuple[int, int]:
    """Return harms and reports of the window of a run without Mesa's help."""
    daily = ChatModel(SCENARIO, [seed], [policy], collect=False).run().daily
    return int(daily["n_harm"].sum()), int(daily["n_report"].sum())


@MODELS
def test_a_batch_has_a_row_a_policy_and_seed_as_it_stood_at_the_end(model: type[HourlyModel]) -> None:
    rows = batch(model, SEEDS)
    assert len(rows) == len(POLICIES) * len(SEEDS)
    assert {*COUNTS} <= {*rows.columns}
    found = {(r.policy, r.seed): (r.harms_so_far, r.reports_so_far) for r in rows.itertuples()}
    assert found == {(policy, seed): counts(policy, seed) for policy in POLICIES for seed in SEEDS}
    assert rows["harms_so_far"].min() > 0


def test_a_batch_of_either_model_is_the_same_hour_by_hour() -> None:
    array, agents = (batch(model, SEEDS[:1], data_collection_period=1) for model in (ChatModel, Chat))
    assert len(array) == len(POLICIES) * HOURS
    names = ["policy", "seed", "Step", *COUNTS]
    pd.testing.assert_frame_equal(array[names], agents[names])


@MODELS
def test_a_batch_that_goes_on_for_longer_ends_with_the_window(model: type[HourlyModel]) -> None:
    pd.testing.assert_frame_equal(batch(model, SEEDS[:1], max_steps=10 * HOURS), batch(model, SEEDS[:1]))


@MODELS
def test_a_batch_that_is_cut_has_the_hours_until_then(model: type[HourlyModel]) -> None:
    rows = batch(model, SEEDS[:1], max_steps=30, data_collection_period=1)
    whole = batch(model, SEEDS[:1], data_collection_period=1)
    for policy in POLICIES:
        short, long = (table[table["policy"] == policy][[*COUNTS]].reset_index(drop=True) for table in (rows, whole))
        assert len(short) in (30, 31)  # Mesa 3.3 takes one step more than it is asked for
        pd.testing.assert_frame_equal(short, long[: len(short)])


@MODELS
def test_iterations_without_seeds_are_runs_of_their_own(model: type[HourlyModel]) -> None:
    many = {"rng": [None] * 3} if TAKES_RNG else {"iterations": 3}
    rows = batch(model, None, **many, parameters={"policy": "phone"})
    assert rows["seed"].nunique() == 3
    seed = int(rows["seed"][0])
    assert (rows["harms_so_far"][0], rows["reports_so_far"][0]) == counts("phone", seed)


def test_a_batch_over_processes() -> None:
    one, two = (batch(ChatModel, SEEDS, number_processes=n).sort_values("RunId", ignore_index=True) for n in (1, 2))
    pd.testing.assert_frame_equal(one.drop(columns="scenario"), two.drop(columns="scenario"))
    assert [*two["scenario"]] == [SCENARIO] * len(two)


def test_several_lanes_are_collected_by_lane() -> None:
    model = ChatModel(SCENARIO, SEEDS, POLICIES)
    model.run_model()
    table = model.datacollector.get_model_vars_dataframe()
    assert [*table.columns] == [*COUNTS]
    assert len(table) == HOURS
    by_lane = pd.DataFrame(table["harms_so_far"].tolist())
    assert by_lane.iloc[-1].to_dict() == {(p, s): counts(p, s)[0] for p in POLICIES for s in SEEDS}


@MODELS
@pytest.mark.parametrize("run", ["run", "run_model"])
def test_the_data_collector_is_full_after_every_way_to_run(model: type[HourlyModel], run: str) -> None:
    chat = model(SCENARIO, seed=3)  # type: ignore[call-arg]
    ran = [chat.running]
    getattr(chat, run)()
    assert [*ran, chat.running] == [True, False]
    assert len(chat.datacollector.get_model_vars_dataframe()) == chat.steps == chat.hour == HOURS


@MODELS
def test_there_is_no_hour_after_the_last(model: type[HourlyModel]) -> None:
    chat = model(SCENARIO, seed=3)  # type: ignore[call-arg]
    records = chat.run()
    with pytest.raises(RuntimeError, match=r"the window is over after 72 hours"):
        chat.step()
    assert chat.hour == HOURS
    pd.testing.assert_frame_equal(chat.run().daily, records.daily)
    assert len(chat.datacollector.get_model_vars_dataframe()) == HOURS


@MODELS
def test_without_collecting_there_is_no_data_collector(model: type[HourlyModel]) -> None:
    assert not hasattr(model(SCENARIO, seed=3, collect=False), "datacollector")  # type: ignore[call-arg]


def test_everybody_can_be_listed_from_the_start_on() -> None:
    chat = Chat(SCENARIO, seed=3)
    investigators = {*chat.police.investigators}
    assert set(chat.agents) == set(chat.persons.values()) | investigators
    assert len(investigators) == SCENARIO.police.investigators == 2
    assert {*chat.agent_types} == {User, Predator, Investigator}
    assert len(chat.agents_by_type[User]) + len(chat.agents_by_type[Predator]) == len(chat.agents) - 2 > 300
    numbers = chat.agents.select(agent_type=Predator).get("number")
    assert sorted(numbers) == sorted(person.number for person in chat.persons.values() if person.kind == "predator")
    collector = DataCollector(agenttype_reporters={Predator: {"tolerance": "tolerance"}})
    chat.step()
    collector.collect(chat)
    assert len(collector.get_agenttype_vars_dataframe(Predator)) == len(numbers)


def test_the_array_model_has_no_agents_and_says_where_they_are() -> None:
    model = ChatModel(SCENARIO, seed=3)
    model.step()
    assert len(model.agents) == 0
    assert model.agent_types == []
    assert "`sim.model.agents.Chat` is the" in inspect.getdoc(ChatModel)


@MODELS
@pytest.mark.parametrize("given", [{"seed": 3}, {"rng": 3}, {"seed": np.int32(3)}, {"rng": np.uint64(3), "seed": None}])
def test_a_seed_is_given_as_in_mesa(model: type[HourlyModel], given: dict[str, Any]) -> None:
    chat = model(SCENARIO, **given)
    assert (chat.seeds if isinstance(chat, ChatModel) else (chat.seed_number,)) == (3,)


def test_a_generator_gives_a_seed_of_its_own_each_time() -> None:
    # Under either name: Mesa 3.5 passes what it is given as `rng` on as `seed`.
    luck, again = np.random.default_rng(1), np.random.default_rng(1)
    seeds = [one_seed(None, luck) for _ in range(3)]
    assert seeds == [one_seed(again, None) for _ in range(3)]
    assert len({*seeds, one_seed(None, None), one_seed(None, None)}) == 5
    assert one_seed(None, np.random.SeedSequence(4)) == one_seed(None, np.random.SeedSequence(4))
    assert all(0 <= seed < 2**53 for seed in seeds)


@MODELS
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seed": 3, "rng": 3}, "seed and rng are two names for the same"),
        ({"seed": 3.5}, "3.5 is no seed"),
        ({"seed": -1}, "-1 is no seed"),
        ({"rng": 2**63}, "9223372036854775808 is no seed"),
        ({"seed": True}, "true is no seed"),
        ({"rng": [1, 2]}, r"\[1, 2\] is no seed"),
        ({"seed": "3"}, '"3" is no seed'),
    ],
)
def test_what_is_no_seed_is_refused(model: type[HourlyModel], given: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        model(SCENARIO, **given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"seeds": [1], "seed": 1}, "seeds and seed are given"),
        ({"seeds": [1], "rng": 1}, "seeds and seed are given"),
        ({"policies": ["phone"], "policy": "phone"}, "policies and policy are given"),
    ],
)
def test_one_or_several_but_not_both(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        ChatModel(SCENARIO, **given)


def test_a_scenario_is_one_parameter_of_a_batch_and_not_a_list_of_its_settings() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        iter(SCENARIO)  # type: ignore[call-overload]
    assert pickle.loads(pickle.dumps(SCENARIO)) == SCENARIO
