"""The world is drawn once: nobody can write to it, and every policy sees the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sim.model.arrays import model
from sim.model.world.day import Day
from sim.model.world.world import World
from sim.scenario.scenario import BASELINE, Scenario
from tests.engines.chats import BUSY, LEVERS, arms
from tests.lanes.worlds import arrays, hashed

CHAT = BUSY.replace(days=8, warmup_days=2, policies={arm: LEVERS[arm] for arm in ("document", "staff", "clumsy")})
SEEDS = [1, 2]


def test_the_days_of_the_world_are_read_only() -> None:
    day = next(World(CHAT, SEEDS).days())
    names = [name for name, _ in arrays(day)]
    assert {"intents.contact", "false_reports.row"} <= set(names)
    for name, array in arrays(day):
        assert array.size > 0 or name.startswith("false_alarms")  # nobody detects here
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array
        with pytest.raises(ValueError, match="read-only"):
            array.reshape(-1)[:1] = 0


def days_of_a_run(scenario: Scenario, policies: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run, and return the hash of every day as it is after the run has used it."""
    used = []
    draw = World.days

    def watched(world: World) -> Iterator[Day]:
        for day in draw(world):
            yield day
            used.append(hashed(day))

    with monkeypatch.context() as patch:
        patch.setattr(World, "days", watched)
        chat = model.ChatModel(scenario, SEEDS, policies)
        chat.run()
    # The run never asks for a day after the last: what it has not come back for is not in the list.
    return used


def test_separate_runs_of_each_policy_see_the_same_world(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [hashed(day) for day in World(CHAT, SEEDS).days()]
    assert len(set(expected)) == CHAT.days + CHAT.warmup_days
    for policies in ([BASELINE], *([arm] for arm in CHAT.policies), arms(CHAT)):
        assert days_of_a_run(CHAT, policies, monkeypatch) == expected[:-1]
    assert [hashed(day) for day in World(CHAT, SEEDS[::-1]).days()] != expected


def test_every_approach_in_every_lane_is_an_intent_of_the_world() -> None:
    records = model.simulate(CHAT, SEEDS, arms(CHAT), events=True)
    intents = {
        (SEEDS[seed], contact, hour, second)
        for day in World(CHAT, SEEDS).days()
        for seed, contact, hour, second in zip(*intents_of(day), strict=True)
    }
    assert records.events is not None
    approaches = records.events.query("event == 'approach'")
    made = {
        arm: set(rows[["seed", "contact", "hour", "second"]].itertuples(index=False, name=None))
        for arm, rows in approaches.groupby("policy")
    }
    assert all(found and found < intents for found in made.values())
    assert made["document"] != made[BASELINE]


def intents_of(day: Day) -> tuple[list[int], ...]:
    intents = day.intents
    columns = (day.people.seed[intents.row], intents.contact, intents.hour, intents.second)
    return tuple(column.tolist() for column in columns)
