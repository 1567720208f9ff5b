"""A detector that reads nothing, or sees nothing and scares nobody, changes nothing; without one nothing is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model import agents
from sim.model.arrays import model
from sim.model.records import Records
from sim.model.world.world import World
from sim.policies.detection import DetectionPolicy
from sim.policies.set import SetPolicy
from sim.rules.rulebook import MOST_P_FALSE
from sim.scenario.scenario import BASELINE
from tests.engines.chats import BUSY, of

CHAT = BUSY.replace(days=8, warmup_days=2)
FLAGS = ("n_detect", "n_false_alarm")
BLIND = DetectionPolicy(coverage=1.0, p_contact=0.0, p_engaged=0.0, p_private=0.0, p_false=0.0)
ENGINES = {"array": model.simulate, "agents": agents.simulate}


def run(engine: str, *arms: str, **changes: object) -> Records:
    return ENGINES[engine](CHAT.replace(**changes), [1], arms, events=True)


def equal(ours: Records, theirs: Records) -> bool:
    assert ours.events is not None and theirs.events is not None
    return all(mine.equals(theirs.tables()[name]) for name, mine in ours.tables().items())


@pytest.mark.parametrize("engine", ENGINES)
def test_where_nothing_is_read_no_sensitivity_changes_anything(engine: str) -> None:
    arms = {"keen": (DetectionPolicy(coverage=0.0, p_contact=1.0, p_engaged=1.0, p_private=1.0, p_false=0.05),)}
    found = run(engine, BASELINE, "keen", policies=arms)
    assert equal(of(found, policy="keen"), of(found, policy=BASELINE))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_detector_that_sees_nothing_and_scares_nobody_changes_nothing(engine: str) -> None:
    nobody_leaves = {"predators.rel_leave_detector": 1.0}
    found = run(engine, BASELINE, "blind", policies={"blind": (BLIND,)}, **nobody_leaves)
    assert equal(of(found, policy="blind"), of(found, policy=BASELINE))
    assert found.daily["n_leave"].sum() > 10


def test_a_detector_that_sees_nothing_lets_contacts_leave_sooner_all_the_same() -> None:
    found = run("array", BASELINE, "blind", policies={"blind": (BLIND,)}, **{"predators.rel_leave_detector": 4.0})
    blind, usual = (of(found, policy=arm).daily[[*FLAGS, "n_leave"]].sum() for arm in ("blind", BASELINE))
    assert (blind[[*FLAGS]] == 0).all()
    assert blind["n_leave"] > 1.1 * usual["n_leave"]


def test_an_offence_that_no_detector_can_see_is_never_flagged() -> None:
    seen, unseen = CHAT.offences[0], CHAT.offences[1].model_copy(update={"rel_detect": 0.0})
    found = run("array", BASELINE, offences=(seen, unseen), **{"detection.coverage": 1.0})
    assert found.events is not None
    flagged = found.events[found.events["event"] == "detect"]["offence"].value_counts()
    assert [*flagged.index] == [seen.name]
    assert flagged.iloc[0] > 30
    assert (found.events[found.events["event"] == "private"]["offence"] == unseen.name).sum() > 3


def test_off_the_platform_and_before_it_is_in_force_nothing_is_flagged() -> None:
    late = DetectionPolicy(coverage=1.0, p_contact=1.0, p_engaged=1.0, p_private=1.0, start=CHAT.start.replace(day=26))
    found = run("array", "late", policies={"late": (late,)})
    assert found.events is not None
    events = found.events
    flags = events[events["event"].isin(["detect", "false_alarm"])]
    assert flags["hour"].min() == 24 * (CHAT.warmup_days + 4)
    assert {*flags["detail"]} == {0, 1, 2}
    # Where everything is read and seen, every stage that begins on the platform is flagged, at its second.
    moment = ["contact", "hour", "second"]
    begun = events[events["event"].isin(["approach", "engage", "private"]) & (events["hour"] >= flags["hour"].min())]
    stage = begun["event"].map({"approach": 0, "engage": 1, "private": 2})
    expected = begun.assign(detail=stage)[[*moment, "detail"]].sort_values([*moment, "detail"], ignore_index=True)
    seen = flags[flags["event"] == "detect"][[*moment, "detail"]].sort_values([*moment, "detail"], ignore_index=True)
    assert len(seen) > 50
    assert seen.equals(expected)


def test_false_alarms_are_drawn_where_some_arm_detects_and_nowhere_else() -> None:
    idle = SetPolicy(rule="detection.p_false", value=MOST_P_FALSE)
    some = DetectionPolicy(coverage=0.001, end=CHAT.start.replace(day=CHAT.start.day + 1))
    for policies, detects in (({}, False), ({"idle": (idle,)}, False), ({"some": (some,)}, True)):
        scenario = CHAT.replace(policies=policies)
        assert scenario.detects == detects
        drawn = [day.false_alarms.row.size for day in World(scenario, [1, 2]).days()]
        assert (np.array(drawn) > 0).all() if detects else not any(drawn)
    by_site = CHAT.replace(sites={"other": {"monthly_visitors": 300.0, "detection": {"coverage": 0.1}}})
    assert by_site.detects


def test_what_is_drawn_does_not_depend_on_how_much_is_read() -> None:
    days = [
        list(World(CHAT.replace(policies={"a": (DetectionPolicy(coverage=c, p_false=p),)}), [1]).days())
        for c, p in ((0.01, 0.001), (1.0, 0.05))
    ]
    for one, other in zip(*days, strict=True):
        for name in ("row", "hour", "second", "gravity", "effort", "start"):
            assert np.array_equal(getattr(one.false_alarms, name), getattr(other.false_alarms, name))
