"""What public functions are given: a wrong type is one clear sentence from each of them, and integers are integers."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.model import agents
from sim.policies.registration import RegistrationPolicy
from sim.policies.retention import RetentionPolicy
from sim.questions import reproduce, validate
from sim.rules.errors import ScenarioError
from sim.scenario.scenario import Scenario
from sim.study import export
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(
    policies={"email": (RegistrationPolicy(level="email"),), "keep": (RetentionPolicy(message_hours=720),)}
)


class Thing:
    """Something that nobody expects."""


THINGS: list[Any] = [3, None, b"email", {"email": 1}, Thing(), 1.5]
WRONG: dict[str, list[Any]] = {
    "path": [3, None, b"x.toml", [], Thing(), SCENARIO, "x.toml"],
    "scenario": ["x.toml", Path("x.toml"), None, 3, {}, [], Thing(), b"x.toml"],
    "policies": ["email", "baseline", 3, b"email", [3], [None], {"email": 1}, Thing(), ["nobody"], 1.5],
    "policy": [*THINGS, ["email"], "nobody", ""],
    "seeds": [
        *(1.5, "12", True, [1.5, 2.7], [True, False], ["1", "2"], -3, [-1, 2], [2**63, 1], 10**12, b"12", {0: 1}),
        *(np.array([1.5, 2]), np.array(2.5), np.bool_(True), np.array([[1, 2]]), itertools.count(), Thing(), "2"),
        *(float("nan"), pd.Series([0.5, 1]), [None], [[1]], np.float64(2), 1, [7]),
    ],
    "lanes": [3, "12", [], [1.5], [True], ["1"], [-1], [2**63], b"12", {0: 1}, np.array(2), None, Thing()],
    "seed": [1.5, "1", True, None, [1], -1, 2**63, b"1", np.float64(1), np.bool_(True), Thing(), float("nan")],
    "workers": [0, -1, 1.5, "2", True, None, 10**9, [1], Thing(), np.float64(1)],
    "engine": ["gpu", None, 3, [], {}, Thing()],
    "out": [3, b"x", [], Thing(), True],
    "over": [*THINGS, "reporting.friction=0.2", [], {}, {"reporting.friction": "0.2,0.5"}, {3: [1, 2]},
             {"reporting.friction": 0.2}, {"reporting.friction": [None, 1]}, {"reporting.friction": [[0.2], [0.5]]},
             {"reporting.friction": np.array(0.2)}, {"reporting.friction": {0.2: 1}}],
    "draws": [0, 15, 10**6, 1.5, "20", True, None, [20], b"20", Thing(), np.float64(20), float("nan")],
    "drawn": ["contacts.rel_meeting", 3, [3], ["all"], b"all", {"all": 1}, Thing(), ["x"], ["retention.message_hours"]],
    "parameters": ["contacts.rel_meeting", "all", 3, [3], b"all", {"all": 1}, Thing(), ["x"]],
    "names": ["nulls", 3, [None], Thing(), [[]], {"nulls": 1}, b"nulls"],
    "folder": [3, None, b"x", [], Thing(), "no-such-folder"],
    "form": ["xls", None, 3, []],
    "decimal": [";", None, 3, []],
    "sample": [0, 1.5, "2", True, [1]],
    "unit": ["nobody", None, 3],
    "outcome": ["nobody", None, 3, [], ["persons_harmed"]],
    "contact": ["x", None, 1.5, [1], 10**9, -1, True],
    "run": [None, 3, "x", Thing(), SCENARIO],
    "events": [3, "harm", ["nothing"], None, Thing(), [3]],
    "keep_events": [3, "yes", None, ["harm"]],
    "sets": [-1, 1.5, "x", True, Thing(), [24], 10**9],
    "halfwidth": [0, 1, -0.1, "x", "2", True, Thing(), [0.1]],
    "language": ["xx", "FR", "", None, 3, [], {}, Thing()],
    "key": ["nothing", "reporting.nothing", "days.x", ""],
}  # fmt: skip
"""By kind of argument what it does not take."""


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "one"
    sim.compare(SCENARIO, seeds=2, out=folder)
    return folder


def functions(folder: Path) -> dict[str, tuple[Callable[..., Any], dict[str, str], dict[str, Any]]]:
    """Return every public function with the kinds of its arguments by name, and what a call needs."""
    many = {"workers": "workers", "out": "out"}
    asked = {"scenario": "scenario", "policies": "policies", "seeds": "seeds"}
    comparison, run = sim.compare(SCENARIO, seeds=2), sim.run(SCENARIO, events=True)
    ranges = sim.ranges(SCENARIO, ["email"], ["contacts.rel_meeting"], 2)
    scenario = {"scenario": SCENARIO}
    return {
        "load": (sim.load, {"path": "path"}, {}),
        "speak": (sim.speak, {"language": "language"}, {}),
        "compare": (
            sim.compare,
            asked
            | many
            | dict.fromkeys(("doubt", "doubt_days", "why"), "sets")
            | {"engine": "engine", "until_halfwidth": "halfwidth"},
            scenario,
        ),
        "sweep": (
            sim.sweep, {"scenario": "scenario", "over": "over", "seeds": "seeds"} | many,
            scenario | {"over": {"reporting.friction": [0.2, 0.5]}},
        ),
        "ranges": (sim.ranges, asked | many | {"parameters": "parameters"}, scenario),
        "doubt": (
            sim.doubt, {"scenario": "scenario", "policies": "policies", "parameters": "drawn", "draws": "draws"} | many,
            scenario,
        ),
        "why": (
            sim.why, {"scenario": "scenario", "policy": "policy", "seeds": "seeds"} | many,
            scenario | {"policy": "email"},
        ),
        "validate": (validate.validate, {"names": "names", "seeds": "seeds"} | many, {"names": ["nulls"]}),
        "reproduce": (
            reproduce.reproduce, {"folder": "folder", "sample": "sample", "workers": "workers"}, {"folder": folder}
        ),
        "run_alone": (reproduce.run_alone, {"folder": "folder", "unit": "unit"}, {"folder": folder, "unit": "seed-0"}),
        "export": (
            export.export, {"folder": "folder", "out": "out", "form": "form", "decimal": "decimal"},
            {"folder": folder, "out": folder / "new"},
        ),
        "run": (
            sim.run,
            {"scenario": "scenario", "policy": "policy", "seed": "seed", "engine": "engine", "events": "keep_events"},
            scenario,
        ),
        "ChatModel": (
            sim.ChatModel,
            asked | {"seeds": "lanes", "events": "events", "seed": "seed", "rng": "seed", "policy": "policy"}, scenario,
        ),
        "Chat": (
            agents.Chat,
            {"scenario": "scenario", "seed": "seed", "rng": "seed", "policy": "policy", "shuffle": "seed"}, scenario,
        ),
        "first_difference": (sim.first_difference, {"one": "run", "other": "run"}, {"one": run, "other": run}),
        "Comparison.plot": (comparison.plot, {"what": "outcome"}, {}),
        "Ranges.plot": (ranges.plot, {"policy": "policy"}, {}),
        "Run.trace": (run.trace, {"contact": "contact"}, {}),
        "Scenario.value_of": (SCENARIO.value_of, {"key": "key"}, {}),
        "Scenario.changes_of": (SCENARIO.changes_of, {"arm": "policy"}, {}),
        "Scenario.inert": (SCENARIO.inert, {"arm": "policy"}, {}),
        "Scenario.changed_rules": (SCENARIO.changed_rules, {"arm": "policy"}, {}),
    }  # fmt: skip


NEVER_WRONG = {"progress", "collect", "warn", "beside"}
"""Arguments that take anything, as true or false, or are called."""


def test_every_public_function_is_in_the_table(folder: Path) -> None:
    table = functions(folder)
    public = {name for name in sim.__all__ if callable(getattr(sim, name)) and name[0].islower()} | {"ChatModel"}
    assert public <= set(table)
    for name, (function, kinds, _) in table.items():
        given = {p for p in inspect.signature(function).parameters if p not in NEVER_WRONG}
        assert given == set(kinds), name


def test_a_wrong_argument_is_one_clear_sentence(folder: Path) -> None:
    for name, (function, kinds, rest) in functions(folder).items():
        defaults = {key: p.default for key, p in inspect.signature(function).parameters.items()}
        for argument, kind in kinds.items():
            for wrong in WRONG[kind]:
                if wrong is None and defaults[argument] is None:
                    continue
                with pytest.raises(ScenarioError) as found:
                    function(**(rest | {argument: wrong}))
                words = str(found.value)
                assert "\n" not in words, (name, argument, words)
                assert 10 < len(words) < 2000, (name, argument, words)


def test_a_path_where_a_scenario_is_meant_says_how_to_read_it() -> None:
    with pytest.raises(ScenarioError, match=r'^scenario = "x.toml" .* read it with sim.load\("x.toml"\)\.$'):
        sim.compare("x.toml")
    with pytest.raises(
        ScenarioError, match=r'^policies = "email" is not allowed. It takes a list of names: \["email"\].$'
    ):
        sim.compare(SCENARIO, policies="email")


SEEDS: list[Any] = [
    *(3, range(3), [2, 0, 1], (0, 1, 2, 2), {0, 1, 2}, (seed for seed in (0, 1, 2)), np.int64(3), np.uint8(3)),
    *(np.array(3), np.arange(3), np.array([0, 1, 2], np.uint64), [np.int32(0), 1, np.int8(2)]),
    *(pd.Series([0, 1, 2]), pd.Index([2, 1, 0]), np.arange(3).astype(object)),
]


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda s: f"{type(s).__name__}-{s}"[:40])
def test_seeds_of_any_integer_type_are_the_same_seeds(seeds: Any) -> None:
    found = sim.compare(SCENARIO, ["email"], seeds=seeds).seeds
    assert found == (0, 1, 2)
    assert {type(seed) for seed in found} == {int}


def test_one_seed_of_any_integer_type() -> None:
    for seed in (3, np.int64(3), np.uint8(3), np.array(3)):
        run = sim.run(SCENARIO, seed=seed)
        assert (run.seed, type(run.seed)) == (3, int)
        assert agents.Chat(SCENARIO.replace(scale=0.1), seed=seed).seed_number == 3


def test_what_is_numbers_in_numpy_is_numbers_in_a_scenario() -> None:
    changed = SCENARIO.replace(
        days=np.int64(30), scale=np.float32(0.5), policies=SCENARIO.policies,
        **{"population.hourly_weights": np.ones(24, np.int64), "reporting.snapshot": np.bool_(True)},
    )  # fmt: skip
    assert (changed.days, changed.scale, changed.reporting.snapshot) == (30, 0.5, True)
    assert changed.population.hourly_weights == (1,) * 24
    over = {"retention.message_hours": np.array([1, 24]), "moderation.staff": np.linspace(1, 2, 2)}
    assert sim.sweep(SCENARIO, over, 2).over == {"retention.message_hours": (1, 24), "moderation.staff": (1.0, 2.0)}


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        ({"a": RetentionPolicy(message_hours=3)}, "policies.a = something of the type RetentionPolicy is not allowed."),
        (
            {"a": ["email"]},
            'policies.a = ["email"] is not allowed. It takes levers: in a file a table [policies.a], in ',
        ),
        ({"a": {"retention": {"message_hours": 24}}}, "policies.a = a table is not allowed. It takes levers"),
        ({1: ()}, "policies = 1: the name of a policy is a text."),
        ("email", 'policies = "email" is not allowed.'),
        (None, "policies = None is not allowed."),
    ],
)
def test_policies_that_are_none(policies: Any, words: str) -> None:
    with pytest.raises(ScenarioError) as found:
        SCENARIO.replace(policies=policies)
    assert str(found.value).startswith(words)


@pytest.mark.parametrize("wrong", [Thing(), "x", None, [], {}, b"x", 1j, np.array(["a"]), float("nan")])
def test_any_value_of_any_type_of_a_setting(wrong: Any) -> None:
    for key in ("days", "scale", "start", "reporting", "reporting.friction", "offences", "registration.level"):
        if (key, wrong) not in [("reporting", {})]:
            with pytest.raises(ScenarioError):
                SCENARIO.replace(**{key: wrong})


def test_the_agents_engine_refuses_a_large_chat_in_a_sentence() -> None:
    with pytest.raises(ScenarioError, match="takes 20,000 members at most; this scenario has"):
        agents.Chat(Scenario(days=1, warmup_days=0, scale=0.05))
