"""A lane is a seed under a policy, and nothing reaches it from another lane."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import cache

import pandas as pd
import pytest

from sim.model.arrays import model
from sim.model.records import Records
from sim.policies.age import AgePolicy
from sim.policies.closure import ClosurePolicy
from sim.policies.detection import DetectionPolicy
from sim.policies.freemium import FreemiumPolicy
from sim.policies.hosting import HostingPolicy
from sim.policies.limits import LimitsPolicy
from sim.policies.logs import LogsPolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.police import PolicePolicy
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.sanctions import SanctionsPolicy
from sim.policies.set import SetPolicy
from sim.policies.undercover import UndercoverPolicy
from sim.policies.warnings import WarningsPolicy
from sim.rules.rulebook import RULES
from sim.scenario.scenario import BASELINE
from tests.engines.chats import BUSY as CHAT
from tests.engines.chats import COMBINED, LEVERS, RUNS, START, arms, assert_same, of

BUSY = CHAT.replace(days=10, warmup_days=4)
EMAIL = BUSY.replace(**{
    "registration.level": "email",
    "moderation.triage": "gravest",
    "moderation.staff": 0.03,
    "moderation.dossier_expiry_hours": 24,
    "detection.coverage": 0.3,
})  # fmt: skip
RULES_NOW = {rule: EMAIL.platform.rules.value_of(rule) for rule in RULES}

INERT: dict[str, tuple[Policy, ...]] = {
    "registration": (RegistrationPolicy(level=EMAIL.registration.level),),
    "retention": (RetentionPolicy(message_hours=EMAIL.retention.message_hours),),
    "reporting": (ReportingPolicy(friction=EMAIL.reporting.friction),),
    "moderation": (
        ModerationPolicy(
            staff=EMAIL.moderation.staff,
            shift_start_hour=EMAIL.moderation.shift_start_hour,
            shift_hours=EMAIL.moderation.shift_hours,
            shift_days=EMAIL.moderation.shift_days,
            reviews_per_hour=EMAIL.moderation.reviews_per_hour,
            triage=EMAIL.moderation.triage,
        ),
    ),
    "sanctions": (SanctionsPolicy(ladder_hours=EMAIL.sanctions.ladder_hours, binds=EMAIL.sanctions.binds),),
    "limits": (LimitsPolicy(cooling_off_hours=EMAIL.limits.cooling_off_hours, adults_to_minors=True),),
    "age": (AgePolicy(level=EMAIL.age.level, protects=EMAIL.age.protects, gate=EMAIL.age.gate),),
    "logs": (LogsPolicy(log_hours=EMAIL.retention.log_hours),),
    "police": (PolicePolicy(direct=EMAIL.cooperation.direct, p_refer=EMAIL.cooperation.p_refer),),
    "hosting": (HostingPolicy(host=EMAIL.cooperation.host),),
    "undercover": (
        UndercoverPolicy(
            decoys=EMAIL.undercover.decoys,
            start_hour=EMAIL.undercover.start_hour,
            hours=EMAIL.undercover.hours,
        ),
    ),
    "freemium": (FreemiumPolicy(p_paying=EMAIL.freemium.p_paying, rel_predators=EMAIL.freemium.rel_predators),),
    "detection": (DetectionPolicy(coverage=EMAIL.detection.coverage, p_false=EMAIL.detection.p_false),),
    "closure": (ClosurePolicy(open=True),),
    # A mechanism is in force, and has nothing to change.
    "untrained": (ModerationPolicy(training=0.0),),
    "unanswered": (ReportingPolicy(rel_ready=1.0, rel_false=1.0, snapshot=False, p_flagged=0.0),),
    "warned-of-nothing": (WarningsPolicy(p_reached=0.8, rel_recognise=1.0),),
    # Ages that are known, and on which nothing rests.
    "known-for-nothing": (
        AgePolicy(protects="under_15"),
        SetPolicy(rule="age.p_gets_round", value=0.0),
        SetPolicy(rule="age.p_cannot_show", value=0.5),
    ),
    "warned-nobody": (WarningsPolicy(p_reached=0.0, rel_recognise=2.0),),
    "device-for-nothing": (
        SanctionsPolicy(binds="device"),
        SetPolicy(rule="sanctions.rel_return_device", value=1.0),
        SetPolicy(rule="sanctions.rel_recognised_device", value=1.0),
    ),
    "identity-for-nothing": (
        SanctionsPolicy(binds="identity"),
        SetPolicy(rule="sanctions.rel_return_identity", value=1.0),
    ),
    **{rule.replace(".", "-"): (SetPolicy(rule=rule, value=RULES_NOW[rule]),) for rule in RULES},
}
PARTS_OF_ALL = ("registration", "retention", "reporting", "moderation", "logs", "police", "hosting", "undercover")
INERT["all"] = tuple(policy for name in PARTS_OF_ALL for policy in INERT[name])
INERT["dated"] = tuple(
    policy.model_copy(update={"start": START + dt.timedelta(3), "end": START + dt.timedelta(8)})
    for policy in INERT["all"]
)

MID = 6
"""Measured day on which the policies begin that begin in mid-window."""

MANY = BUSY.replace(days=8, policies={a: LEVERS[a] for a in ("phone", "triage", "clumsy")} | {"four": COMBINED["four"]})


def lane(records: Records, policy: str) -> Records:
    return of(records, policy=policy)


@cache
def together() -> Records:
    return model.simulate(MANY, [5, 6], arms(MANY), events=True)


def test_policies_at_the_level_of_the_baseline_change_nothing() -> None:
    scenario = EMAIL.replace(policies=INERT)
    records = model.simulate(scenario, [1], arms(scenario), events=True)
    expected = lane(records, BASELINE)
    happens = [
        "n_detect",
        "n_false_alarm",
        "n_harm",
        "n_review",
        "n_bar",
        "n_expire",
        "n_return",
        "n_decoy",
        "n_request",
        "n_identify",
        "n_arrest",
    ]
    assert (expected.daily[happens].sum() > 0).all()
    for arm in INERT:
        assert_same(lane(records, arm), expected)


@pytest.mark.slow
def test_with_several_sites_a_policy_and_a_seed_alone_are_as_among_others() -> None:
    scenario, _ = RUNS["sites"]
    every = model.simulate(scenario, [6, 7], arms(scenario), events=True)
    for arm in ("strict", "closed", "closed-at-once"):
        alone = of(model.simulate(scenario, [7], [BASELINE, arm], events=True), policy=arm, seed=7)
        assert alone.events is not None and (alone.events["event"] == "shut").any() == (arm != "strict")
        assert_same(alone, of(every, policy=arm, seed=7))


def test_complaints_about_earlier_harm_are_the_same_in_every_lane_of_a_seed() -> None:
    """They come from the warm-up and from before it, which no policy reached."""
    often = {
        "contacts.private_harm_per_hour": 1.0,
        "responses.complaint_delay_median_days": 15.0,
        "contacts.engaged_private_per_hour": 1.0,
    }
    scenario = BUSY.replace(policies=MANY.policies, **often)
    events = model.simulate(scenario, [5, 6], arms(scenario), events=["complain_earlier"]).events
    assert events is not None
    complaints = {key: rows[["hour", "detail"]].to_numpy().tolist() for key, rows in events.groupby(["policy", "seed"])}
    for arm in arms(scenario):
        assert complaints[arm, 5] == complaints[BASELINE, 5] != complaints[arm, 6] == complaints[BASELINE, 6]
        assert min(len(complaints[arm, seed]) for seed in (5, 6)) > 1
    assert min(events["hour"]) >= 24 * scenario.warmup_days


def test_before_its_start_a_policy_changes_nothing_and_afterwards_it_does() -> None:
    start = START + dt.timedelta(MID)
    later = {
        arm: tuple(p.model_copy(update={"start": start, "end": None}) for p in policies)
        for arm, policies in (LEVERS | {"four": COMBINED["four"]}).items()
    }
    scenario = BUSY.replace(policies=later)
    records = model.simulate(scenario, [2], arms(scenario), events=True)
    first = 24 * (scenario.warmup_days + MID)
    events, daily = records.events, records.daily
    assert events is not None
    for arm in later:
        ours, theirs = (events[events["policy"] == p].drop(columns="policy") for p in (arm, BASELINE))
        before = [frame[frame["hour"] < first].reset_index(drop=True) for frame in (ours, theirs)]
        after = [frame[frame["hour"] >= first].reset_index(drop=True) for frame in (ours, theirs)]
        pd.testing.assert_frame_equal(*before)
        assert not after[0].equals(after[1]), arm
        days = [daily[(daily["policy"] == p) & (daily["day"] < MID)].drop(columns="policy") for p in (arm, BASELINE)]
        pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in days))


@pytest.mark.parametrize("policy", ["phone", "triage", "four"])
def test_a_policy_alone_is_the_policy_among_others(policy: str) -> None:
    alone = model.simulate(MANY, [5, 6], [BASELINE, policy], events=True)
    assert_same(lane(alone, policy), lane(together(), policy))


@pytest.mark.parametrize("policy", ["phone", "four"])
def test_without_the_baseline_persons_are_held_against_nobody_and_nothing_else_is_missing(policy: str) -> None:
    alone = model.simulate(MANY, [5, 6], [policy], events=True)
    assert not len(alone.persons)
    among = lane(together(), policy)
    assert {"both", "members"} < {*among.persons["flow"]}
    assert_same(lane(alone, policy), dataclasses.replace(among, persons=among.persons.iloc[:0]))


def test_policies_in_any_order() -> None:
    backwards = model.simulate(MANY, [6, 5], arms(MANY)[::-1], events=True)
    assert_same(backwards, together())


@pytest.mark.parametrize("seed", [5, 6])
def test_a_seed_alone_is_the_seed_among_others(seed: int) -> None:
    alone = model.simulate(MANY, [seed], arms(MANY), events=True)
    assert_same(of(alone, seed=seed), of(together(), seed=seed))
    other = of(together(), seed=11 - seed)
    assert not of(alone, seed=seed).events.equals(other.events)


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    scenario = BUSY.replace(policies={"four": COMBINED["four"]})
    short, long = (model.simulate(scenario.replace(days=n), [8], arms(scenario), events=True) for n in (20, 40))
    assert short.events is not None and long.events is not None
    shared = long.events[long.events["hour"] < 24 * (scenario.warmup_days + 20)].reset_index(drop=True)
    pd.testing.assert_frame_equal(shared, short.events)
    # Months are counted back from the end of the window.
    months = ["n_monthly_visitors", "n_monthly_turned_away"]
    days = [r.daily[r.daily["day"] < 20].drop(columns=months).reset_index(drop=True) for r in (long, short)]
    pd.testing.assert_frame_equal(*days)
