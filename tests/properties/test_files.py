"""What holds of every file of the police, whatever the scenario, in both engines."""

import datetime as dt
from collections import defaultdict
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sim.model import agents
from sim.model.arrays import model
from sim.model.records import Records
from sim.policies.closure import ClosurePolicy
from sim.scenario.scenario import Scenario
from tests.engines.chats import assert_same
from tests.properties.test_invariants import chats, shares

FOLLOWS: dict[str, dict[str, str]] = {
    "none": {"case": "waits"},
    "waits": {"take_up": "taken up"},
    "taken up": {"request": "asked", "identify": "identified", "close": "none"},
    "asked": {"answer": "answered", "identify": "identified", "close": "none"},
    "answered": {"identify": "identified", "close": "none"},
    "identified": {"arrest": "arrested", "close": "none"},
    "arrested": {},
}
"""State of the one file there may be on a person -> kind of event that may come next -> state after it."""

IN_AN_HOUR = ("answer", "arrest", "case", "take_up", "request", "identify", "close")
"""In an hour answers are read first and files taken up last; what a file comes to stands behind."""

CLEARED, NO_DATA, NO_IDENTITY, NO_ANSWER, TOO_OLD = 5, 1, 2, 3, 4


def lives(events: pd.DataFrame) -> dict[int, list[Any]]:
    """Return the events of files by person, in the order in which they follow."""
    found: dict[int, list[Any]] = defaultdict(list)
    rows = events[events.event.isin(IN_AN_HOUR)]
    for _, of_hour in rows.groupby("hour"):
        for person, mine in of_hour.groupby("target"):
            waiting = [*mine.itertuples()]
            state = found[person][-1][1] if found[person] else "none"
            while waiting:
                allowed = [event for event in waiting if event.event in FOLLOWS[state]]
                assert allowed, (person, state, [event.event for event in waiting])
                event = min(allowed, key=lambda e: IN_AN_HOUR.index(e.event))
                waiting.remove(event)
                state = FOLLOWS[state][event.event]
                found[person].append((event, state))
    return found


def check_a_life(life: list[Any], referred: set[int]) -> None:
    """Reasons fit what was done, innocents are cleared, and sources stay those of the file.

    What makes a request needless is used when it comes: other evidence, or logs that a referral gives along.
    """
    source = answer = -1
    before = ""
    for event, _ in life:
        if event.event == "case":
            source = event.detail
        if event.event in ("take_up", "arrest"):
            assert event.detail == source
        if event.event == "arrest":
            assert event.target_kind == "predator"
        if event.event == "answer":
            answer = event.detail
        if event.event == "close":
            reasons = {"take_up": {TOO_OLD, NO_IDENTITY}, "request": {NO_IDENTITY}, "identify": {CLEARED}}
            after_answer = ({NO_ANSWER}, {NO_DATA}, {NO_IDENTITY})[answer]
            assert event.detail in reasons.get(before, after_answer)
            assert (event.target_kind == "user") >= (event.detail == CLEARED)
        if event.event == "identify" and before == "answer" and event.detail < 3:
            assert answer == 2, "without logs nobody is found by them"
        if event.event in ("identify", "close") and before == "request" and event.detail < 3:
            assert event.hour in referred, "nothing but logs given along leads to the account before the answer"
        before = event.event


def check_files(records: Records, scenario: Scenario, arm: str) -> None:
    """A file is in one state at a time, and counts add up to events."""
    assert records.events is not None
    events = records.events[records.events.policy == arm]
    daily = records.daily[records.daily.policy == arm]
    found = lives(events)
    referred = events[events.event == "refer"].groupby("target").hour.agg(set)
    for person, life in found.items():
        check_a_life(life, referred.get(person, set()))
    n = events.event.value_counts().reindex(
        [*IN_AN_HOUR, "complain_earlier", "take_up_earlier", "refer", "decoy"], fill_value=0
    )
    ends = [life[-1][1] for life in found.values()]
    still_open = sum(state not in ("none", "arrested") for state in ends)
    assert n["case"] == n["close"] + n["arrest"] + still_open
    assert n["arrest"] == ends.count("arrested")
    needless = sum(
        first.event == "request" and then.event != "answer"
        for life in found.values()
        for (first, _), (then, _) in pairwise(life)
    )
    assert n["answer"] == n["request"] - ends.count("asked") - needless
    waiting = ends.count("waits") + n["complain_earlier"] - n["take_up_earlier"]
    assert n["case"] + n["complain_earlier"] == n["take_up"] + n["take_up_earlier"] + waiting
    measured = events[events.hour >= 24 * scenario.warmup_days]
    in_window = measured.event.value_counts().reindex(n.index, fill_value=0)
    total = daily.drop(columns=["policy", "seed", "site", "day"]).sum()
    for kind, count in in_window.items():
        assert total[f"n_{kind}"] == count
    details = measured.groupby(["event", "detail"]).size()
    for count, kind, detail in (
        ("n_case_referral", "case", 1), ("n_case_decoy", "case", 2), ("n_case_seized", "case", 4),
        ("n_request_data", "request", 1),
        ("n_answer_data", "answer", 2), ("n_identify_payment", "identify", 2), ("n_identify_other", "identify", 3),
        ("n_close_no_data", "close", NO_DATA), ("n_close_no_identity", "close", NO_IDENTITY),
        ("n_close_no_answer", "close", NO_ANSWER), ("n_close_too_old", "close", TOO_OLD),
        ("n_close_cleared", "close", CLEARED), ("n_arrest_referral", "arrest", 1), ("n_arrest_decoy", "arrest", 2),
        ("n_arrest_seized", "arrest", 4),
    ):  # fmt: skip
        assert total[count] == details.get((kind, detail), 0), count
    assert total["n_case_user"] == ((measured.event == "case") & (measured.target_kind == "user")).sum()
    durations = records.durations[records.durations.policy == arm]
    took = durations.groupby("kind")["count"].sum()
    for kind, event in (
        *zip(*2 * (("take_up", "request", "identify", "arrest"),), strict=True),
        ("at_large", "arrest"),
    ):
        assert took.get(kind, 0) == in_window[event]
    hours = (durations["hours"] * durations["count"]).groupby(durations.kind).sum()
    for kind in ("identify", "arrest", "at_large"):
        assert hours.get(kind, 0) == total[f"n_{kind}_hours"]
    assert (durations["hours"] >= 0).all()
    if not scenario.police.investigators:
        assert not n.drop(["refer", "decoy"]).any()
    taken = daily["n_take_up"] + daily["n_take_up_earlier"]
    assert (taken.cumsum() <= daily["n_case_capacity"].cumsum()).all()
    assert daily["n_case_waiting_hours"].iloc[-1] >= waiting


# Without shrinking, which takes minutes.
@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
@given(chat=chats())
def test_what_holds_of_every_file_holds_in_both_engines(chat: tuple[Scenario, int]) -> None:
    scenario, seed = chat
    array, plain = (
        engine.simulate(scenario, [seed], ["baseline", "policy"], events=True) for engine in (model, agents)
    )
    assert_same(array, plain)
    for arm in ("baseline", "policy"):
        check_files(array, scenario, arm)


@st.composite
def with_sites(draw: st.DrawFn) -> tuple[Scenario, int]:
    """One of those chats beside a rival, with a clone to come; one of the sites may be closed, and people go on."""
    chat, seed = draw(chats())
    day = chat.start + dt.timedelta(draw(st.sampled_from([2, 0])))
    closed = ClosurePolicy(site=draw(st.sampled_from(["site", "rival"])), start=day, clone="clone", clone_days=1,
                           seizure=draw(st.sampled_from([None, True])))  # fmt: skip
    numbers = {
        "p_users": draw(shares()), "p_predators": draw(shares()), "p_elsewhere": draw(st.sampled_from([0.0, 0.5])),
        "delay_days": draw(st.sampled_from([1.0, 0.0])),
    }  # fmt: skip
    rival = {
        "monthly_visitors": draw(st.sampled_from([200.0, 0.0])),
        "registration": {"level": draw(st.sampled_from(["none", "phone"]))},
        "moderation": {"staff": draw(st.sampled_from([0.0, 2.0]))},
    }
    scenario = chat.replace(
        sites={"rival": rival, "clone": {"operation": {"open": False}}},
        policies={"policy": chat.policies["policy"], "closed": (closed,)},
        displacement=numbers,
    )
    return scenario, seed


@pytest.mark.slow
@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
@given(chat=with_sites())
def test_both_engines_agree_on_several_sites(chat: tuple[Scenario, int]) -> None:
    scenario, seed = chat
    arms = ["baseline", *scenario.policies]
    array, plain = (engine.simulate(scenario, [seed], arms, events=True) for engine in (model, agents))
    assert_same(array, plain)
    assert (array.daily[["n_visits", "n_user_hours", "n_user_hours_moved_in", "n_predator_hours"]] >= 0).all(axis=None)
