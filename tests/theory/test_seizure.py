"""What is seized with a site: whom it leads to, read from events alone, and what it does for files."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.decisions.codes import NO_DATA, PRIVATE, SEIZED
from sim.model.records import Records
from sim.policies.closure import ClosurePolicy
from sim.policies.retention import RetentionPolicy
from sim.scenario.scenario import Scenario
from tests.engines.chats import BUSY, day

CLOSING = 3
SEEDS = (1, 2)
NO_OTHER_LEADS: dict[str, object] = {
    "responses.p_complain_harmed": 0.0, "responses.p_complain_recognised": 0.0, "cooperation.p_refer": 0.0,
    "undercover.decoys": 0.0,
}  # fmt: skip
CHAT = BUSY.replace(**NO_OTHER_LEADS, **{
    "policies": {"seized": (ClosurePolicy(start=day(CLOSING), seizure=True),)},
    "population.monthly_visitors": 1500.0,
    "population.monthly_visitors_start": 1500.0,
    "predators.p_deterred_by_retention": 0.0,
    "moderation.staff": 0.0,
    "warmup_days": 4,
    "days": 5,
    "retention.message_hours": 60,
    "police.p_seized": 1.0,
})  # fmt: skip
"""A site full of predators of whom nobody tells the police, where no message changes what happens before it closes."""

HOUR = 24 * (CHAT.warmup_days + CLOSING)
"""When it closes."""


@cache
def seized(**changes: float) -> Records:
    """Run the chat with other numbers, dotted names with two underscores for the dot."""
    numbers = {name.replace("__", "."): value for name, value in changes.items()}
    return simulate(CHAT.replace(**numbers), SEEDS, ["seized"], events=True)


def found(records: Records) -> set[tuple[int, int]]:
    """Return those on whom a file was opened for what was seized, by seed."""
    assert records.events is not None
    cases = records.events.query(f"event == 'case' and detail == {SEIZED}")
    assert set(cases["hour"]) <= {HOUR}
    return {(int(seed), int(person)) for seed, person in zip(cases["seed"], cases["target"], strict=True)}


ENDS = ("fade", "block", "withdraw", "leave", "harm")
PARTS = ("find", "lose", "shut")


def latest_private(events: pd.DataFrame) -> dict[tuple[int, int], int]:
    """Return the latest hour before the closure in which each predator was in private contact on the platform.

    It is read from what happened to each contact, in its order: a private one goes on until it ends within an hour, or
    until the beginning of an hour in which a session is over.
    """
    latest: dict[tuple[int, int], int] = {}
    turned_private = events.loc[events["event"] == "private", "contact"]
    own = events[events["contact"].isin(turned_private) & (events["hour"] <= HOUR)]
    for (seed, _), of_contact in own.groupby(["seed", "contact"], sort=False):
        since = None
        rows = of_contact.sort_values(["hour", "step", "second"], kind="stable")
        predators = pd.concat([rows["actor"][rows["actor_kind"] == "predator"],
                               rows["target"][rows["target_kind"] == "predator"]])  # fmt: skip
        who = (int(str(seed)), int(predators.iloc[0]))
        until = None
        for event, hour, detail in zip(rows["event"], rows["hour"], rows["detail"], strict=True):
            if event == "private" or (event == "meet" and detail == PRIVATE):
                since = hour
            elif since is not None and event in ENDS:
                since, until = None, hour
            elif since is not None and event in PARTS:
                since, until = None, hour - 1
        if until is not None:
            latest[who] = max(latest.get(who, -1), int(until))
    return latest


def kept(records: Records, hours: int) -> set[tuple[int, int]]:
    """Return of whom a site that keeps so many hours still has private messages when it closes."""
    assert records.events is not None
    return {who for who, last in latest_private(records.events).items() if HOUR - last < hours}


@pytest.mark.parametrize("hours", [0, 1, 2, 6, 60, 1000])
def test_who_is_in_what_is_kept_is_found_if_all_are(hours: int) -> None:
    records = seized(retention__message_hours=hours)
    expected = kept(records, hours)
    assert found(records) == expected
    # A message of the hour before is an hour old when the site closes.
    assert len(expected) > 40 if hours >= 60 else (len(expected) > 3) == (hours > 1)


def test_the_found_are_a_binomial_share_and_those_of_less_are_among_those_of_more() -> None:
    everybody = found(seized())
    before: set[tuple[int, int]] = set()
    for p in (0.0, 0.1, 0.3, 0.7):
        some = found(seized(police__p_seized=p))
        assert before <= some <= everybody
        n = len(everybody)
        assert abs(len(some) - p * n) <= 3.5 * math.sqrt(p * (1 - p) * n)
        before = some
    assert len(everybody) > 40


def test_the_longer_messages_are_kept_the_more_are_found() -> None:
    for less, more in pairwise([found(seized(retention__message_hours=hours)) for hours in (2, 6, 60, 1000)]):
        assert less < more


def test_what_was_deleted_before_is_not_brought_back_by_a_longer_time() -> None:
    """Longer retention from two days before the closure on has what was written since, and what was there then."""
    since = HOUR - 24 * 2
    longer = (RetentionPolicy(message_hours=1000, start=day(CLOSING - 2)), *CHAT.policies["seized"])
    scenario = CHAT.replace(policies={"seized": longer}, **{"retention.message_hours": 5})
    records = simulate(scenario, SEEDS, ["seized"], events=True)
    assert found(records) == kept(records, HOUR - since + 6)
    assert len(kept(records, HOUR - since)) < len(found(records)) < len(kept(records, 1000))


def files(scenario: Scenario) -> pd.Series:
    """Return how often what happened after the closure to files, and how they were closed."""
    events = simulate(scenario, SEEDS, ["seized"], events=True).events
    assert events is not None
    after = events[events["hour"] >= HOUR]
    reasons = after.query("event == 'close'")["detail"].map("close {}".format)
    return pd.concat([after["event"], reasons]).value_counts()


LATE_REQUESTS = {"police.investigators": 500.0, "police.max_data_age_days": 1000}


def test_logs_that_were_seized_need_no_request_however_long_files_wait() -> None:
    """They come with what was found, as with a referral."""
    scenario = CHAT.replace(**LATE_REQUESTS, **{"retention.log_hours": 60, "registration.none.p_identity": 1.0})
    for heads in (500.0, 20.0):
        happened = files(scenario.replace(**{"police.investigators": heads}))
        assert happened["identify"] > 20
        assert happened["identify"] == happened["take_up"]
        assert not {"request", "answer", "close"} & {*happened.index}


def test_where_no_logs_are_kept_a_seizure_opens_files_that_lead_to_nobody() -> None:
    happened = files(CHAT.replace(**LATE_REQUESTS, **{"retention.log_hours": 0}))
    assert happened["case"] == happened["take_up"] == happened[f"close {NO_DATA}"] > 40
    assert not {"request", "answer", "identify"} & {*happened.index}


def test_files_that_were_open_before_find_their_logs_in_what_was_seized() -> None:
    """Complaints about the site that are taken up, or come, after its closure: none is asked for any more."""
    others = {name: getattr(BUSY.responses, name.partition(".")[2]) for name in NO_OTHER_LEADS if "complain" in name}
    numbers = LATE_REQUESTS | {f"responses.{name.partition('.')[2]}": value for name, value in others.items()}
    scenario = CHAT.replace(**numbers, **{"police.p_seized": 0.0, "retention.log_hours": 1000})
    usual = scenario.replace(policies={"seized": (ClosurePolicy(start=day(CLOSING)),)})
    with_logs, without = files(scenario), files(usual)
    assert with_logs["take_up"] > 5 < without["request"]
    assert "request" not in with_logs
    assert with_logs["identify"] > without.get("identify", 0)


def test_files_that_wait_find_what_would_have_been_deleted_meanwhile() -> None:
    """Of files of which nothing new was heard since the closure, taken up when logs of a day would all be gone."""
    scenario = CHAT.replace(**{
        "days": 8, "police.max_data_age_days": 1000, "retention.log_hours": 24, "police.investigators": 1.0,
        "police.p_seized": 0.0,
        "police.p_other_evidence": 0.0, "registration.none.p_identity": 1.0,
        "responses.p_complain_harmed": 1.0, "responses.p_complain_recognised": 0.9,
        "responses.complaint_delay_median_days": 1.0,
    })  # fmt: skip
    events = simulate(scenario, SEEDS, ["seized"], events=True).events
    assert events is not None

    def whom(kind: str, first: int, end: float = math.inf) -> set[tuple[int, int]]:
        rows = events[(events["event"] == kind) & (events["hour"] >= first) & (events["hour"] < end)]
        return {*zip(rows["seed"], rows["target"], strict=True)}

    waited = (whom("case", 0, HOUR) & whom("take_up", HOUR + 24)) - whom("complain", HOUR)
    assert len(waited & whom("identify", HOUR + 24)) > 3
    assert whom("close", HOUR + 24) & waited, "what was deleted before the closure stays gone"
