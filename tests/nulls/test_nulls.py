"""Where a cause is taken away, so are its effects: both engines, against a control in which all of them occur."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pandas as pd
import pytest

import sim
from sim.model import agents
from sim.model.arrays import model
from sim.model.records import Records
from sim.policies.moderation import ModerationPolicy
from sim.policies.policy import Policy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.sanctions import SanctionsPolicy
from sim.policies.set import SetPolicy
from sim.scenario.scenario import BASELINE
from tests.engines.chats import BUSY, of

WITHOUT_POLICE = {
    "police.investigators": 0.0, "cooperation.p_refer": 0.0, "undercover.decoys": 0.0, "felt_risk.sensitivity": 0.0,
}  # fmt: skip
"""What is so where a scenario says nothing of the police."""

CHAT = BUSY.replace(days=16, warmup_days=2, **WITHOUT_POLICE, **{"contacts.private_harm_per_hour": 0.3})
ENGINES = {"array": model.simulate, "agents": agents.simulate}

ON_MINORS = tuple(offence.model_copy(update={"target_weights": (3, 5, 0, 0)}) for offence in CHAT.offences)

NULLS: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "no predators": (
        {"predators.p_of_adults": 0.0},
        ("n_predator_hours", "n_approach", "n_harm", "n_persons_harmed", "n_report", "n_complain", "n_review_predator"),
    ),
    "no approaches": ({"predators.approaches_per_hour": 0.0}, ("n_approach", "n_engage", "n_harm", "n_report")),
    "nobody engages": (
        {"contacts.contact_engage_per_hour": 0.0},
        ("n_engage", "n_private", "n_leave", "n_harm", "n_persons_harmed"),
    ),
    "no staff": ({"moderation.staff": 0.0}, ("n_capacity", "n_review", "n_bar", "n_return", "n_predator_hours_barred")),
    "no harm": (
        {"contacts.private_harm_per_hour": 0.0, "contacts.off_harm_per_hour": 0.0},
        ("n_harm", "n_harm_serious", "n_harm_off_platform", "n_persons_harmed"),
    ),
    "nobody leaves": ({"contacts.private_leave_per_hour": 0.0}, ("n_leave", "n_harm_off_platform")),
    "nobody reports": (
        {"responses.p_ready_to_report": 0.0, "responses.p_ready_false_report": 0.0},
        ("n_report", "n_false_report", "n_open", "n_review", "n_bar", "n_waiting_hours"),
    ),
    "reporting is impossible": ({"reporting.friction": 1.0}, ("n_report", "n_false_report", "n_open", "n_review")),
    "nothing kept": ({"retention.message_hours": 0}, ("n_review_evidence", "n_history_hours")),
    "nobody findable": ({"registration.none.findability": 0.0}, ("n_find", "n_seek", "n_meet", "n_miss", "n_lapse")),
    "nobody seeks": ({"predators.p_seek_after_block": 0.0}, ("n_seek",)),
    "nobody comes back": (
        {"registration.none.p_return": 0.0, "registration.p_device_recognised": 0.0}, ("n_seek", "n_return")
    ),
    "chance brings nobody together again": ({"contacts.rel_meeting": 0.0}, ("n_meet", "n_miss")),
    "nobody is given up": ({"contacts.lapse_per_hour": 0.0}, ("n_lapse",)),
    "nothing is recognised": (
        {f"contacts.{stage}_recognise_per_hour": 0.0 for stage in ("contact", "engaged", "private", "off")},
        ("n_recognise", "n_block", "n_withdraw", "n_stay", "n_report", "n_seek", "n_ignore_on_platform"),
    ),
    "nothing fades": (
        {f"contacts.{stage}_fade_per_hour": 0.0 for stage in ("contact", "engaged", "private", "off")}, ("n_fade",)
    ),
    "everybody blocks": ({"responses.p_block": 1.0}, ("n_withdraw", "n_stay", "n_ignore_on_platform")),
    "nobody blocks": ({"responses.p_block": 0.0}, ("n_block", "n_block_on_platform", "n_seek")),
    "nobody stays": ({"responses.p_stay": 0.0}, ("n_stay",)),
    "everybody stays": ({"responses.p_block": 0.0, "responses.p_stay": 1.0}, ("n_block", "n_withdraw", "n_seek")),
    "only minors are sought, and all are known and protected": (
        {"limits.adults_to_minors": False, "age.declared.p_gets_round": 0.0, "age.declared.p_poses": 0.0,
         "offences": ON_MINORS},
        ("n_approach", "n_harm"),
    ),
    "no complaints": (
        {"responses.p_complain_harmed": 0.0, "responses.p_complain_recognised": 0.0},
        ("n_complain",),
    ),
}  # fmt: skip
"""Changes of the scenario, and the counts that are then nothing."""


SWITCHED_ON: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "flaggers": ({"reporting.p_flagged": 0.5}, ("n_flag",)),
    "a ladder": (
        {
            "sanctions.ladder_hours": (0, 3), "registration.p_device_recognised": 1.0, "moderation.staff": 2.0,
            "reporting.friction": 0.0, "moderation.p_clear_with_evidence": 0.0,
            "moderation.p_clear_without_evidence": 0.0,
        },
        ("n_warn", "n_suspend", "n_warn_user", "n_suspend_user"),
    ),
    "copies": ({"reporting.snapshot": True}, ("n_snapshot_hours",)),
    "limits": ({"limits.cooling_off_hours": 1}, ("n_user_hours_limited",)),
    "adults kept from minors": ({"limits.adults_to_minors": False}, ("n_user_hours_protected",)),
    "detection": ({"detection.coverage": 0.5}, ("n_detect", "n_false_alarm")),
}  # fmt: skip
"""What the chat has not: changes of the scenario that bring it, and the counts that are then something."""


def daily(engine: str, changes: dict[str, object]) -> pd.DataFrame:
    return ENGINES[engine](CHAT.replace(**changes), [1], [BASELINE]).daily


@cache
def control() -> pd.DataFrame:
    return daily("array", {})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NULLS)
def test_without_the_cause_no_effect(name: str, engine: str) -> None:
    changes, counts = NULLS[name]
    found = daily(engine, changes)[list(counts)].sum()
    assert found[found != 0].to_dict() == {}
    usual = control()[list(counts)].sum()
    assert usual[usual == 0].to_dict() == {}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_door_that_lets_nobody_in(engine: str) -> None:
    start = 3
    shut = tuple(
        SetPolicy(rule=f"registration.friction_{who}", value=1, start=CHAT.start + dt.timedelta(start))
        for who in ("user", "predator")
    )
    table = ENGINES[engine](CHAT.replace(policies={"shut": shut}), [1], ["shut"]).daily.set_index("day")
    inside = ["n_visits", "n_user_days"]
    assert (table.loc[start:, inside] == 0).all(axis=None)
    assert (table.loc[: start - 1, inside] > 0).all(axis=None)
    # Visits that began before go on to their end, at most half a day later.
    there = ["n_user_hours", "n_predator_hours", "n_approach", "n_engage", "n_meet", "n_false_report"]
    assert (table.loc[start + 1 :, there] == 0).all(axis=None)
    assert (table.loc[: start - 1, there].sum() > 0).all()
    assert (table.loc[start + 1 :, ["n_visits_turned_away", "n_predator_hours_turned_away"]] > 0).all(axis=None)


@pytest.mark.parametrize("engine", ENGINES)
def test_under_a_policy_that_changes_nothing_the_same_persons_are_harmed(engine: str) -> None:
    same = {"none": (), "as-before": (ReportingPolicy(friction=CHAT.reporting.friction),)}
    records = ENGINES[engine](CHAT.replace(policies=same), [1], [BASELINE, *same], events=True)
    assert {*records.persons["flow"]} == {"both", "members"}
    harmed = records.persons.query("flow == 'both'").groupby("policy")["count"].sum()
    assert {*harmed} == {harmed[BASELINE]} and harmed[BASELINE] >= 5
    for arm in same:
        assert of(records, policy=arm).persons.equals(of(records, policy=BASELINE).persons)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_switched_on_does_not_happen(engine: str) -> None:
    usual = daily(engine, {"moderation.staff": 2.0}).sum()
    for _, counts in SWITCHED_ON.values():
        assert usual[list(counts)].to_dict() == dict.fromkeys(counts, 0)


@pytest.mark.parametrize("name", SWITCHED_ON)
def test_what_is_switched_on_happens(name: str) -> None:
    changes, counts = SWITCHED_ON[name]
    found = daily("array", changes)[list(counts)].sum()
    assert (found > 0).all(), found.to_dict()


def arms(policies: dict[str, tuple[Policy, ...]], **changes: object) -> dict[str, Records]:
    """Run policies on arrays (the agents are equal, see tests/engines); return what became of each without its name."""
    chat = CHAT.replace(policies=policies, **changes)
    records = model.simulate(chat, [1], list(policies), events=True)
    return {name: of(records, policy=name) for name in policies}


def same_but_for(ours: Records, theirs: Records, *counts: str) -> bool:
    """Tell whether all events are equal, and all daily counts but those named."""
    assert ours.events is not None and theirs.events is not None
    days = [records.daily.drop(columns=list(counts)) for records in (ours, theirs)]
    return ours.events.equals(theirs.events) and days[0].equals(days[1])


def test_a_copy_changes_nothing_where_messages_are_kept_for_longer_than_any_wait() -> None:
    policies = {"none": (), "copies": (ReportingPolicy(snapshot=True),)}
    kept = arms(policies, **{"retention.message_hours": 5000})
    assert same_but_for(kept["copies"], kept["none"], "n_snapshot_hours")
    assert kept["copies"].daily["n_snapshot_hours"].sum() > 0
    gone = arms(policies)
    assert gone["copies"].daily["n_review_evidence"].sum() > gone["none"].daily["n_review_evidence"].sum()


def test_without_deterrence_or_without_retention_an_announcement_changes_no_contact() -> None:
    policies = {f"keep-{hours}h": (RetentionPolicy(message_hours=hours),) for hours in (1, 5000)}
    still = {"moderation.staff": 0.0}
    undeterred = arms(policies, **still, **{"predators.p_deterred_by_retention": 0.0})
    assert same_but_for(undeterred["keep-5000h"], undeterred["keep-1h"], "n_history_hours")
    deterred = arms(policies, **still)
    n_approaches = {hours: records.daily["n_approach"].sum() for hours, records in deterred.items()}
    assert n_approaches["keep-5000h"] < 0.9 * n_approaches["keep-1h"]
    nothing_kept = {"retention.message_hours": 0}
    both = [arms({"as-is": ()}, **nothing_kept, **{"predators.p_deterred_by_retention": p}) for p in (0.0, 1.0)]
    assert same_but_for(both[0]["as-is"], both[1]["as-is"])


def test_where_everything_is_read_within_the_hour_the_order_of_reading_changes_nothing() -> None:
    triages = ("oldest", "newest", "gravest", "most_reported")
    policies = {triage: (ModerationPolicy(triage=triage, staff=1000.0),) for triage in triages}
    all_day = {"moderation.shift_start_hour": 0, "moderation.shift_hours": 24, "reporting.p_flagged": 0.5}
    # The baseline reads everything too: a backlog at the fork would be dropped in another order.
    found = arms(policies, **all_day, **{"moderation.staff": 1000.0})
    assert found["oldest"].daily["n_review"].sum() > 100
    assert all(same_but_for(found[triage], found["oldest"]) for triage in triages)
    few = arms({t: (ModerationPolicy(triage=t),) for t in triages}, **all_day)
    assert not any(same_but_for(few[triage], few["oldest"]) for triage in triages[1:])


def test_where_nobody_is_told_apart_what_a_ban_binds_changes_nothing() -> None:
    """Without accounts there is no identity behind them; where nobody returns and no device is known, nothing binds."""
    unknown = {"registration.p_device_recognised": 0.0, "moderation.staff": 2.0}
    binds = ("account", "device", "identity")
    policies = {b: (SanctionsPolicy(binds=b),) for b in binds}
    found = arms(policies, **unknown)
    assert found["account"].daily["n_bar"].sum() > 20
    assert all(same_but_for(found[b], found["account"]) for b in binds)
    known = arms(policies, **{"moderation.staff": 2.0})
    assert same_but_for(known["identity"], known["account"])
    assert not same_but_for(known["device"], known["account"])


def test_a_part_that_does_nothing_adds_exactly_nothing_to_a_combination_and_is_said_to() -> None:
    easy, copies = ReportingPolicy(friction=0.1), SetPolicy(rule="reporting.snapshot", value=True)
    chat = CHAT.replace(policies={"easy": (easy,), "both": (easy, copies)}, **{"retention.message_hours": 5000})
    found = sim.compare(chat, seeds=3)
    rows = found.contains[~found.contains["outcome"].isin(["history_kept", "snapshots_kept"])]
    assert {*rows["verdict"]} == {"identical", "not counted"}
    nothing = rows[rows["verdict"] == "identical"]
    assert len(nothing) > 30
    assert (nothing[["adds", "low", "high", "relative", "relative_low", "relative_high"]].fillna(0) == 0).all(axis=None)
    said = " ".join(found.table().split())
    assert "both adds 0 points to easy in every seed" in said
    assert "does nothing in both: as many are seriously harmed as under easy in every seed." in said
