"""What holds in every run, whatever the scenario: small random chats and policies."""

import datetime as dt
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sim.model.arrays.model import simulate
from sim.model.decisions.entry import doors_of
from sim.model.records import Records
from sim.model.world.keys import N_STRATA, N_USER_STRATA
from sim.model.world.population import TOLERANCES
from sim.model.world.world import World
from sim.outcomes.flows import COME, GONE, bounds_of_both
from sim.policies.closure import ClosurePolicy
from sim.policies.detection import DetectionPolicy
from sim.policies.limits import LimitsPolicy
from sim.policies.logs import LogsPolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.police import PolicePolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.sanctions import SanctionsPolicy
from sim.policies.undercover import UndercoverPolicy
from sim.policies.warnings import WarningsPolicy
from sim.scenario.scenario import BASELINE, Scenario
from tests.theory.laboratory import laboratory

ENDS = ("fade", "harm", "lose", "miss", "lapse", "stop", "shut")
ANSWERS = ("block", "withdraw", "stay")
ENDED_BY_TARGET = ANSWERS[:2]
BY_TARGET = ("recognise", *ANSWERS)
# State of a contact -> kind of event that may come next -> state after it.
ON_PLATFORM = {"engage": "engaged", "private": "private", "leave": "off", "find": "apart"} | dict.fromkeys(ENDS, "over")
FOLLOWS = {
    "approached": {k: v for k, v in ON_PLATFORM.items() if k not in ("private", "leave", "harm", "miss", "lapse")},
    "engaged": {k: v for k, v in ON_PLATFORM.items() if k not in ("engage", "leave", "harm", "miss", "lapse")},
    "private": {k: v for k, v in ON_PLATFORM.items() if k not in ("engage", "private", "miss", "lapse")},
    "apart": {"meet": "together", "miss": "over", "lapse": "over", "stop": "over", "shut": "over"},
    "off": {"harm": "over", "fade": "over", "stop": "over"},
    "over": {"seek": "apart"},
}
WHOLE = ("lose", "find", "meet", "miss", "lapse", "warn", "suspend", "bar", "stop", "shut")
ALARMS = ("engage", "private", "leave", "harm", "fade", *BY_TARGET, "report", "flag", "seek", "false_report")
STAGE = {"approached": 0, "engaged": 1, "private": 2, "off": 3}


def shares() -> st.SearchStrategy[float]:
    return st.sampled_from([0.7, 0.3, 1.0, 0.0])


@st.composite
def chats(draw: st.DrawFn) -> tuple[Scenario, int]:
    """A chat of 100 to 400 a month for six days, with hazards from none to several stages an hour, and one policy."""
    hazards = st.sampled_from([2.0, 0.2, 60.0, 0.0])
    names = (
        "contact_engage", "contact_fade", "contact_recognise", "engaged_private", "engaged_fade", "engaged_recognise",
        "private_harm", "private_fade", "private_recognise", "private_leave", "off_harm", "off_fade", "off_recognise",
    )  # fmt: skip
    visitors = draw(st.sampled_from([400.0, 100.0]))
    policy = draw(
        st.sampled_from([
            RegistrationPolicy(level="email"),
            RegistrationPolicy(level="document"),
            ReportingPolicy(friction=0.0),
            RetentionPolicy(message_hours=0),
            ModerationPolicy(staff=0.3, triage="gravest"),
            ModerationPolicy(staff=0.3, triage="newest", training=0.5),
            ReportingPolicy(snapshot=True, p_flagged=0.7),
            SanctionsPolicy(ladder_hours=(0, 2, 5), binds="device"),
            WarningsPolicy(p_reached=0.5, rel_recognise=3.0, p_kept_per_week=0.5),
            LimitsPolicy(cooling_off_hours=2),
            LogsPolicy(log_hours=100),
            PolicePolicy(direct=True, p_refer=1.0),
            UndercoverPolicy(decoys=3.0, start_hour=0, hours=24),
            ClosurePolicy(start=dt.date(2024, 1, 3)),
            DetectionPolicy(coverage=1.0, p_contact=0.5, p_false=0.05),
        ])
    )  # fmt: skip
    changes: dict[str, Any] = {f"contacts.{name}_per_hour": draw(hazards) for name in names} | {
        "days": 5,
        "warmup_days": draw(st.sampled_from([0, 1])),
        "policies": {"policy": (policy,)},
        "population.monthly_visitors": visitors,
        "population.monthly_visitors_start": visitors,
        "population.mean_stay_days": 40.0,
        "population.mean_session_hours": draw(st.sampled_from([3.0, 1.0])),
        "population.visits_per_month": draw(st.sampled_from([60.0, 3.0])),
        "predators.p_of_adults": draw(st.sampled_from([0.3, 0.05])),
        "predators.visits_per_month": 60.0,
        "predators.approaches_per_hour": draw(st.sampled_from([6.0, 1.0])),
        "predators.contacts_at_once": draw(st.sampled_from([3, 1])),
        "predators.p_retry_absent": draw(shares()),
        "predators.p_seek_after_block": draw(shares()),
        "responses.p_block": draw(shares()),
        "responses.p_stay": draw(shares()),
        "reporting.p_flagged": draw(shares()),
        "detection.coverage": draw(st.sampled_from([0.0, 0.6])),
        "predators.rel_leave_detector": draw(st.sampled_from([1.0, 1.5])),
        "sanctions.ladder_hours": draw(st.sampled_from([(), (0, 1), (4,)])),
        "contacts.rel_meeting": draw(st.sampled_from([300.0, 1.0])),
        "responses.p_ready_to_report": draw(shares()),
        "responses.p_ready_false_report": draw(st.sampled_from([0.05, 0.0])),
        "reporting.friction": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "registration.level": draw(st.sampled_from(["none", "email"])),
        "registration.none.findability": draw(shares()),
        "registration.p_device_recognised": draw(shares()),
        "registration.device_known_days": draw(st.sampled_from([30.0, 0.5, 0.0])),
        "moderation.staff": draw(st.sampled_from([5.0, 0.01])),
        "moderation.shift_start_hour": 0,
        "moderation.shift_hours": 24,
        "moderation.p_find_with_evidence": draw(shares()),
        "moderation.p_clear_with_evidence": draw(shares()),
        "moderation.dossier_expiry_hours": draw(st.sampled_from([20, 1])),
        "responses.p_complain_recognised": draw(shares()),
        "responses.p_complain_harmed": draw(shares()),
        "responses.complaint_delay_median_days": draw(st.sampled_from([1.0, 20.0])),
        "police.investigators": draw(st.sampled_from([5.0, 0.3, 0.0])),
        "police.cases_per_month": 500.0,
        "police.order": draw(st.sampled_from(["oldest", "gravest"])),
        "police.max_data_age_days": draw(st.sampled_from([365, 0])),
        "police.request_days_abroad": draw(st.sampled_from([0.4, 2.0])),
        "police.request_days_direct": 0.1,
        "police.request_sigma": 0.7,
        "police.p_answered": draw(shares()),
        "police.p_other_evidence": draw(shares()),
        "police.p_decoy_case": draw(shares()),
        "police.p_decoy_evidence": draw(shares()),
        "police.arrest_delay_median_days": draw(st.sampled_from([0.3, 2.0])),
        "retention.log_hours": draw(st.sampled_from([12, 60, 0])),
        "cooperation.p_refer": draw(shares()),
        "undercover.decoys": draw(st.sampled_from([0.0, 0.7])),
        "registration.none.p_identity": draw(shares()),
        "felt_risk.sensitivity": draw(st.sampled_from([0.0, 0.02])),
        "felt_risk.rel_leave": draw(st.sampled_from([0.0, 3.0])),
    }
    offences = Scenario().offences
    return laboratory(offences=offences, **changes), draw(st.integers(0, 2**63 - 1))


def check_a_contact(life: pd.DataFrame) -> None:
    """A contact begins with its approach, its events follow each other in time, and it ends once at most."""
    state, stage, left, sought = "", "", -1, False
    recognised, knows, harmed = None, False, False
    for event in life.itertuples():
        if not state:
            assert event.event == "approach"
            state = stage = "approached"
            continue
        if event.event == "complain":  # may come late, when the two are in contact once more
            assert recognised or harmed
            continue
        if event.event in (*BY_TARGET, "report", "flag"):
            assert event.detail == STAGE[stage]
            if event.event == "recognise":
                assert state == stage and not knows and event.hour > left
                recognised = event.hour, event.second
            else:
                assert (event.hour, event.second) == recognised
            if event.event == "stay":
                knows = True
            elif event.event in ENDED_BY_TARGET:
                state = "over"
            continue
        if event.event == "detect":
            assert state == stage and event.detail == STAGE[stage] and not knows
            assert not (sought and stage == "approached"), "apart when it begins anew"
            continue
        if event.event == "seek":
            assert not sought and stage != "off" and event.detail == STAGE[stage]
            stage, sought, knows = "approached", True, False
        harmed |= event.event == "harm"
        before = stage
        state = FOLLOWS[state][event.event]
        if state == "together":
            state = stage
        elif state in STAGE:
            stage, knows = state, False
        if event.event in ("fade", "lose", "find", "meet", "lapse", "miss", "stop", "shut"):
            assert event.detail == STAGE[before]
        if event.event == "leave":
            left = event.hour
        elif left >= 0 and event.event != "stop":
            assert event.hour > left, "off the platform the clock runs from the next full hour on"


def check_seconds(events: pd.DataFrame) -> None:
    assert events.second.between(0, 3600).all()
    approach, whole = events.event == "approach", events.event.isin(WHOLE)
    alarm = events.event.isin(ALARMS)
    assert (events.second[approach] < 3600).all()
    assert (events.second[whole] == 0).all()
    assert (events.second[alarm] > 0).all(), "an alarm takes a second at least, and an hour's last second is its own"


def check_places(events: pd.DataFrame, at_once: int) -> None:
    """At an approach a predator has no more contacts on the platform than places, and none with the target."""
    live: dict[int, set[int]] = defaultdict(set)
    running: dict[tuple[int, int], int] = {}
    for hour, rows in events[events.contact >= 0].groupby("hour"):
        for event in rows[rows.event == "approach"].itertuples():
            live[event.actor].add(event.contact)
            assert len(live[event.actor]) <= at_once, hour
            assert (event.actor, event.target) not in running
            running[event.actor, event.target] = event.contact
        for event in rows[~rows.event.isin(["approach", "report", "flag", "detect", "complain"])].itertuples():
            if event.event in ("stop", "shut"):
                pair = next(pair for pair, contact in running.items() if contact == event.contact)
                assert pair[0] == event.target
            else:
                pair = (event.target, event.actor) if event.event in BY_TARGET else (event.actor, event.target)
            if event.event in (*ENDS, *ENDED_BY_TARGET, "find", "leave"):
                live[pair[0]].discard(event.contact)
            elif event.event == "meet":
                live[pair[0]].add(event.contact)
            if event.event in (*ENDS, *ENDED_BY_TARGET):
                assert running.pop(pair) == event.contact
            elif event.event == "seek":
                running[pair] = event.contact


def kept_out(events: pd.DataFrame, last: int) -> set[tuple[int, int]]:
    """Return (person, hour) under a bar."""
    found = set()
    for bar in events[events.event.isin(["warn", "suspend", "bar"])].itertuples():
        first: int = bar.hour + 1
        until = last if bar.detail < 0 else first + bar.detail
        found |= {(bar.target, hour) for hour in range(first, min(until, last))}
    for arrest in events[events.event == "arrest"].itertuples():
        found |= {(arrest.target, hour) for hour in range(arrest.hour + 1, last)}
    return found


def check_presence(scenario: Scenario, seed: int, arm: str, events: pd.DataFrame) -> None:
    """Whoever is barred or arrested does nothing on the platform; an approach has both online, let in, not barred."""
    barred = kept_out(events, scenario.hours)
    arrested = events[events.event == "arrest"].set_index("target").hour
    last = events[events.contact >= 0].query("event != 'complain'")
    for person in (last.actor, last.target):
        kinds = last.actor_kind if person is last.actor else last.target_kind
        assert not (last.hour > person.map(arrested))[kinds == "predator"].any(), "an arrest ends all of a predator"
    off = (events.event == "harm") & (events.detail % 2 == 0)
    off |= events.event.isin(["fade", "recognise"]) & (events.detail == 3)
    doing = events[
        events.event.isin(["approach", "engage", "private", "leave", "harm", "fade", "recognise", "meet"]) & ~off
        | events.event.isin(["detect", "false_alarm"])
    ]
    for person in (doing.actor, doing.target):  # a predator and a user have no number in common
        assert not barred & set(zip(person, doing.hour, strict=True))
    online = defaultdict(set)
    world = World(scenario, [seed])
    ages = world.ages
    for day in world.days():
        rules = [scenario.rules_on(day.number - back - scenario.warmup_days, arm) for back in (0, 1)]
        people = day.people
        everybody = np.arange(people.person.size)
        tolerance = people.door_type(everybody) % TOLERANCES
        columns = (people.person, people.begin, people.start, people.end, tolerance)
        for person, begin, start, end, t in zip(*(c.tolist() for c in columns), strict=True):
            # Whoever is there when the site is closed is put out.
            door = rules[begin < day.first_hour and rules[0].operation.open]
            predator = person % N_STRATA >= N_USER_STRATA
            if t >= doors_of(door, ages)[int(predator), 0]:
                online[person].update(range(max(start, day.first_hour), min(end, day.first_hour + 24)))
    for event in events[events.event == "approach"].itertuples():
        assert event.hour in online[event.target]
        assert event.hour in online[event.actor]


def check_persons(records: Records, arm: str) -> None:
    """Persons go one way each, the net is what changes of those harmed, and each number is one that could be."""
    harmed = {
        policy: int(records.daily.loc[records.daily["policy"] == policy, "n_persons_harmed"].sum())
        for policy in (BASELINE, arm)
    }
    flows = records.persons[records.persons["policy"] == arm].groupby("flow")["count"].sum()
    both, gone, come = (int(flows.reindex(of).sum()) for of in (["both"], [*GONE], [*COME]))
    assert come - gone + flows.get("outside", 0) == harmed[arm] - harmed[BASELINE]
    fewest, most = bounds_of_both(*(np.array([n]) for n in (both + gone, both + come, flows["members"])))
    assert fewest[0] <= both <= most[0]
    own = records.persons[records.persons["policy"] == BASELINE]
    assert {*own["flow"]} <= {"both", "members"}
    assert own.loc[own["flow"] == "both", "count"].sum() == both + gone


def check_counts(records: Records, scenario: Scenario, arm: str, events: pd.DataFrame) -> None:
    """Counts are never negative, days add up to events, and dossiers to what became of them."""
    daily = records.daily[records.daily.policy == arm]
    counts = daily.drop(columns=["policy", "seed", "site", "day"])
    assert (counts >= 0).all(axis=None)
    measured = events[events.hour >= 24 * scenario.warmup_days]
    n = measured.event.value_counts()
    for kind in (
        "approach", "harm", "report", "open", "review", "bar", "find", "complain", "flag", "seek", "warn", "detect",
        "false_alarm", *BY_TARGET,
    ):  # fmt: skip
        assert counts[f"n_{kind}"].sum() == n.get(kind, 0)
    assert (counts["n_recognise"] == counts[[f"n_{answer}" for answer in ANSWERS]].sum(axis=1)).all()
    assert (counts["n_seek"] <= counts["n_block_on_platform"]).all()
    neither = counts["n_recognise_on_platform"] - counts["n_block_on_platform"]
    assert (counts["n_ignore_on_platform"] <= neither).all()
    assert (neither - counts["n_report"] <= counts["n_ignore_on_platform"]).all()
    everything = events.event.value_counts()
    closed = everything.get("review", 0) + everything.get("expire", 0)
    assert everything.get("open", 0) == closed + daily["n_waiting"].iloc[-1]
    assert (counts["n_persons_harmed"] <= counts["n_harm"]).all()
    assert (counts["n_review_evidence"] <= counts["n_review"]).all()
    assert (counts[["n_warn", "n_suspend", "n_bar"]].sum(axis=1) <= counts["n_review"]).all()
    assert (counts["n_flag"] <= counts["n_recognise_on_platform"] - counts["n_report"]).all()
    assert (counts["n_detect"] <= counts[["n_approach", "n_engage", "n_private"]].sum(axis=1)).all()
    assert (counts["n_snapshot_hours"] <= counts["n_waiting_hours"]).all()
    assert (counts["n_user_hours_limited"] <= counts["n_user_hours"]).all()
    breakdown = records.breakdown[records.breakdown.policy == arm]
    persons = breakdown[(breakdown.quantity == "persons_harmed") & (breakdown.victim_class == "all")]
    assert persons[persons.offence == "all"]["count"].sum() == daily["n_persons_harmed"].sum()
    assert (persons["count"] <= daily["n_harm"].sum()).all()


# Without shrinking, which takes minutes: a run takes a third of a second.
@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
@given(chat=chats())
def test_what_holds_in_every_run(chat: tuple[Scenario, int]) -> None:
    scenario, seed = chat
    records = simulate(scenario, [seed], ["baseline", "policy"], events=True)
    assert records.events is not None
    for arm in ("baseline", "policy"):
        events = records.events[records.events.policy == arm].sort_values(["hour", "second", "step"], kind="stable")
        check_counts(records, scenario, arm, events)
        check_persons(records, arm)
        check_seconds(events)
        # Arrests are made at the end of the hour.
        events = events.assign(second=events.second.where(events.event != "stop", 3601))
        events = events.sort_values(["hour", "second", "step"], kind="stable")
        check_places(events, scenario.predators.contacts_at_once)
        check_presence(scenario, seed, arm, events)
        order = {"approach": 0, "find": 1, "lose": 1, "meet": 1, "report": 3, "flag": 3, "complain": 3, "seek": 5}
        order |= dict.fromkeys(ANSWERS, 4) | {"detect": 3}
        in_order = events.assign(turn=events.event.map(order).fillna(2)).sort_values(
            ["contact", "hour", "second", "turn"], kind="stable"
        )
        for _, life in in_order[in_order.contact >= 0].groupby("contact"):
            check_a_contact(life)
