"""Small chats in which much happens, for the tests that compare runs event by event."""

from __future__ import annotations

import datetime as dt

import pandas as pd

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
from sim.rules.offences import OFFENCES, Offence
from sim.scenario.scenario import BASELINE, Scenario

START = dt.date(2021, 1, 22)
"""First measured day."""

POLICED: dict[str, object] = {
    # Files wait for hours, requests and arrests take about a day, and nothing is asked for that is older than three.
    "police.investigators": 2.0,
    "police.cases_per_month": 200.0,
    "police.max_data_age_days": 3,
    "police.request_days_home": 0.3,
    "police.request_days_abroad": 1.2,
    "police.request_days_direct": 0.1,
    "police.request_sigma": 0.7,
    "police.p_other_evidence": 0.15,
    "police.p_decoy_case": 0.2,
    "police.p_decoy_evidence": 0.3,
    "police.arrest_delay_median_days": 4.0,
    "retention.log_hours": 10,
    "cooperation.p_refer": 0.25,
    "undercover.decoys": 0.4,
    "freemium.p_paying": 0.15,
    "registration.none.p_identity": 0.5,
    "felt_risk.sensitivity": 0.01,
    "felt_risk.rel_leave": 3.0,
    "felt_risk.half_life_weeks": 0.5,
}  # fmt: skip
"""Police to whom in two weeks everything happens, and predators who feel it."""

BUSY = Scenario(start=START, days=14, warmup_days=7).replace(**POLICED, **{
    "population.monthly_visitors": 600.0,
    "population.monthly_visitors_start": 500.0,
    "population.growth_days": 30,
    "population.mean_stay_days": 40.0,
    "population.visits_per_month": 15.0,
    "predators.p_of_adults": 0.2,
    "predators.visits_per_month": 40.0,
    "contacts.private_harm_per_hour": 0.1,
    "contacts.off_harm_per_hour": 0.05,
    "responses.p_complain_harmed": 0.5,
    "responses.p_complain_recognised": 0.4,
    "responses.complaint_delay_median_days": 3.0,
    "responses.complaint_delay_sigma": 2.5,
    "responses.p_ready_false_report": 0.05,
    "reporting.friction": 0.3,
    "moderation.staff": 0.1,
    "moderation.dossier_expiry_hours": 30,
    "predators.p_deterred_by_retention": 0.2,
    "registration.device_known_days": 2.0,
    "predators.rel_leave_detector": 4.0,
})  # fmt: skip
"""Mostly predators, so that few persons and days see all kinds of events; a fraction of a moderator, overloaded."""

TABLES = ("events", "daily", "breakdown", "durations", "persons")


def day(number: int) -> dt.date:
    """Return the date of a measured day."""
    return START + dt.timedelta(number)


LEVERS: dict[str, tuple[Policy, ...]] = {
    "email": (RegistrationPolicy(level="email"),),
    "phone": (RegistrationPolicy(level="phone", start=day(3), end=day(10)),),
    "document": (RegistrationPolicy(level="document", start=day(6)),),
    "retention": (RetentionPolicy(message_hours=720),),
    "reporting": (ReportingPolicy(friction=0.1, start=day(2), end=day(12)),),
    "staff": (ModerationPolicy(staff=2.5),),
    "shift": (ModerationPolicy(shift_start_hour=0, shift_hours=24, reviews_per_hour=33.3, start=day(1)),),
    "nights": (
        ModerationPolicy(
            shift_days=("mon", "tue", "wed", "thu", "fri"),
            shift_start_hour=22,
            shift_hours=8,
            staff=0.5,
            start=day(1),
            end=day(11),
        ),
    ),
    "triage": (ModerationPolicy(triage="gravest", end=day(12)),),
    "device": (SetPolicy(rule="registration.p_device_recognised", value=0.9),),
    "ladder": (SanctionsPolicy(ladder_hours=(0, 3, 24), start=day(1)),),
    "snapshot": (ReportingPolicy(snapshot=True),),
    "answers": (ReportingPolicy(rel_ready=1.5, rel_false=0.3, end=day(13)),),
    "flaggers": (ReportingPolicy(p_flagged=0.5), ModerationPolicy(training=0.5)),
    "warnings": (WarningsPolicy(p_reached=0.6, rel_recognise=2.0, p_kept_per_week=0.6, start=day(1)),),
    "cooling-off": (LimitsPolicy(cooling_off_hours=1, start=day(2)),),
    "age-gate": (AgePolicy(level="estimated", gate=True, start=day(2), end=day(12)),),
    "apart": (LimitsPolicy(adults_to_minors=False, start=day(1)),),
    "clumsy": (SetPolicy(rule="moderation.p_clear_without_evidence", value=0, start=day(2), end=day(13)),),
    "logs": (LogsPolicy(log_hours=720),),
    "police": (PolicePolicy(direct=True, p_refer=0.6, start=day(1)),),
    "hosting": (HostingPolicy(host="home", start=day(2), end=day(9)),),
    "undercover": (UndercoverPolicy(decoys=3.5, start_hour=20, hours=10, end=day(12)),),
    "freemium": (FreemiumPolicy(p_paying=1.0, rel_predators=0.9), PolicePolicy(direct=True)),
    "closure": (ClosurePolicy(start=day(9)),),
    "detection": (DetectionPolicy(coverage=0.7, p_false=0.05, start=day(1), end=day(12)),),
    "seizure": (ClosurePolicy(start=day(8), seizure=True),),
}
"""Every policy alone, several of them dated."""

COMBINED: dict[str, tuple[Policy, ...]] = {
    "back-to-none": (RegistrationPolicy(level="none", start=day(4)),),
    "four": (
        RegistrationPolicy(level="phone", start=day(3)),
        RetentionPolicy(message_hours=48, start=day(1)),
        ReportingPolicy(friction=0.1),
        ModerationPolicy(staff=1, triage="oldest", start=day(2), end=day(9)),
    ),
    "accounts": (
        SanctionsPolicy(ladder_hours=(0, 12, 24), binds="identity"),
        LimitsPolicy(cooling_off_hours=48, start=day(3)),
        ModerationPolicy(triage="most_reported", staff=1.0, shift_start_hour=0, shift_hours=24),
        ReportingPolicy(friction=0.0),
    ),
    "newest": (
        ModerationPolicy(triage="newest", end=day(9)),
        SanctionsPolicy(binds="device", start=day(2)),
        ReportingPolicy(p_flagged=0.4, snapshot=True),
        SetPolicy(rule="moderation.shift_days", value=("fri", "sun"), start=day(1)),
    ),
    "detected": (
        DetectionPolicy(coverage=1.0, p_contact=0.5, p_private=0.95, p_false=0.03),
        ReportingPolicy(snapshot=True, start=day(2)),
        ModerationPolicy(triage="most_reported", staff=0.5),
    ),
    "one-after-another": (
        RegistrationPolicy(level="document", end=day(5)),
        RegistrationPolicy(level="none", start=day(5), end=day(9)),
        SetPolicy(rule="registration.findability", value=0.9, start=day(9)),
        SetPolicy(rule="moderation.dossier_expiry_hours", value=3, start=day(7)),
    ),
}
"""Combinations, against a baseline that asks for an e-mail address and reads the gravest first."""

ONE_MORE = Offence(
    name="one_more", serious=False, weight=20, target_weights=(0, 1, 4, 1), rel_leave=2.0, rel_complain=2.0,
    rel_detect=0.3,
)  # fmt: skip
OUTSIDE = Offence(
    name="outside_harm", weight=40, target_weights=(0, 1, 1, 0), outside=True, rel_harm=3.0, rel_detect=2.0
)

RUNS: dict[str, tuple[Scenario, tuple[int, ...]]] = {
    "levers": (BUSY.replace(policies=LEVERS), (7,)),
    "combined": (
        BUSY.replace(**{
            "policies": COMBINED,
            "days": 12,
            "registration.level": "email",
            "moderation.triage": "gravest",
            "moderation.staff": 0.03,
            "police.investigators": 0.4,
            "police.order": "gravest",
            "police.home_days": 5,
            "cooperation.host": "moves",
        }),
        (2**63 - 1,),
    ),
    "lists-run-out": (
        BUSY.replace(**{
            "policies": {
                "phone": LEVERS["phone"],
                "steep": (SetPolicy(rule="registration.friction_user", value=0.85),),
            },
            "days": 8,
            "warmup_days": 3,
            "population.monthly_visitors": 200.0,
            "population.monthly_visitors_start": 200.0,
            "population.visits_per_month": 90.0,
            # Most of those drawn are passed over, so that lists are walked through to their ends.
            "registration.level": "document",
            "registration.document.friction_predator": 0.1,
            "predators.p_of_adults": 0.1,
            "predators.approaches_per_hour": 6.0,
            "predators.contacts_at_once": 30,
            "predators.p_retry_absent": 0.8,
        }),
        (0, 1),
    ),
    "full-of-bars": (
        BUSY.replace(**{
            "policies": {
                "both": (*LEVERS["document"], *LEVERS["staff"]),
                "ladder": (SanctionsPolicy(ladder_hours=(0, 6, 12)),),
            },
            "days": 8,
            "registration.level": "email",
            "registration.email.return_delay_hours": 96.0,
            "moderation.staff": 1.0,
            "moderation.shift_start_hour": 0,
            "moderation.shift_hours": 24,
            "moderation.p_clear_with_evidence": 0.6,
            "moderation.p_find_without_evidence": 0.8,
        }),
        (9,),
    ),
    # Two months and a few days before them; doors change before the first, within both and where they meet.
    "months": (
        BUSY.replace(**{
            "policies": {
                "before": (RegistrationPolicy(level="phone", end=day(3)),),
                "within": (RegistrationPolicy(level="phone", start=day(20), end=day(50)),),
                "between": (RegistrationPolicy(level="document", start=day(34)),),
            },
            "days": 64,
            "warmup_days": 2,
            "population.monthly_visitors": 150.0,
            "population.monthly_visitors_start": 150.0,
            "population.visits_per_month": 3.0,
        }),
        (5,),
    ),
    "more-offences": (
        BUSY.replace(
            offences=(*OFFENCES, ONE_MORE, OUTSIDE),
            policies={
                "both": (*LEVERS["email"], *LEVERS["retention"], *LEVERS["staff"]),
                "detection": (DetectionPolicy(coverage=0.9),),
            },
            days=8,
        ),
        (3, 4),
    ),
    "known-accounts": (
        BUSY.replace(**{
            "policies": {
                "phone": (RegistrationPolicy(level="phone", start=day(1)),),
                "gravest-for-days": (ModerationPolicy(triage="gravest", start=day(1), end=day(3)),),
            },
            "days": 6,
            "warmup_days": 9,
            # The warm-up leaves strikes, suspensions and a backlog behind, for every lane to begin with.
            "registration.level": "email",
            "registration.email.return_delay_hours": 200.0,
            "reporting.friction": 0.0,
            "reporting.snapshot": True,
            "moderation.staff": 0.02,
            "moderation.shift_start_hour": 0,
            "moderation.shift_hours": 24,
            "moderation.dossier_expiry_hours": 200,
            "moderation.p_find_with_evidence": 0.95,
            "moderation.p_clear_with_evidence": 0.5,
            "sanctions.ladder_hours": (0, 4),
            "sanctions.binds": "device",
        }),
        (1,),
    ),
    # A strict home, a lax rival, a third site and a clone; doors, bars and closures move people at once and later.
    "sites": (
        BUSY.replace(**{
            "site": "home",
            "sites": {
                "rival": {"monthly_visitors": 300.0, "registration": {"level": "none"}, "moderation": {"staff": 0.0}},
                "third": {
                    "monthly_visitors": 200.0, "attraction": 2.0, "retention": {"log_hours": 100},
                    "moderation": {"staff": 1.0}, "undercover": {"decoys": 1.5}, "cooperation": {"p_refer": 0.9},
                    "detection": {"coverage": 0.5, "p_engaged": 0.6},
                },
                "clone": {"operation": {"open": False}},
            },
            "policies": {
                "strict": (RegistrationPolicy(level="document", site="home", start=day(2), end=day(9)),),
                "strict-everywhere": (RegistrationPolicy(level="document"),),
                "staffed": (ModerationPolicy(staff=2.0, shift_start_hour=0, shift_hours=24, site="home"),),
                "closed": (ClosurePolicy(site="home", start=day(3), clone="clone", clone_days=4),),
                "closed-at-once": (ClosurePolicy(site="home"), ClosurePolicy(site="third", start=day(6))),
                "all-closed": (ClosurePolicy(start=day(10)),),
                "seized": (
                    ClosurePolicy(site="home", start=day(4), seizure=True, clone="clone", clone_days=2),
                    RetentionPolicy(message_hours=400, site="third"),
                    ClosurePolicy(site="third", start=day(7), seizure=True),
                ),
            },
            "registration.level": "email",
            "moderation.staff": 0.3,
            "moderation.p_find_without_evidence": 0.6,
            "predators.p_retry_absent": 0.7,
            "displacement.p_users": 0.6,
            "displacement.p_predators": 0.9,
            "displacement.p_elsewhere": 0.2,
            "displacement.delay_days": 3.0,
        }),
        (6,),
    ),
    # Adults are kept from minors under the baseline already; a month in which adults are taken for minors, too.
    "ages": (
        BUSY.replace(**{
            "policies": {
                "gate": (AgePolicy(level="estimated", buffer_years=7.0, gate=True, start=day(3)),),
                "lifted": (LimitsPolicy(adults_to_minors=True, start=day(2), end=day(20)),),
                "verified": (AgePolicy(level="verified"),),
                "not-asked": (
                    AgePolicy(level="none", start=day(5)),
                    LimitsPolicy(adults_to_minors=True, start=day(5)),
                ),
                "under-15": (AgePolicy(protects="under_15", level="estimated"), *LEVERS["undercover"]),
            },
            "days": 32,
            "warmup_days": 4,
            "population.monthly_visitors": 300.0,
            "population.monthly_visitors_start": 300.0,
            "population.p_under_15": 0.2,
            "population.p_15_17": 0.3,
            "predators.p_retry_protected": 0.7,
            "limits.adults_to_minors": False,
            "age.declared.p_misstates": 0.2,
            "undercover.decoys": 1.5,
        }),
        (2,),
    ),
    # A gate at home and none at the rival's, which keeps adults from minors; both may change.
    "ages-on-sites": (
        BUSY.replace(**{
            "site": "home",
            "sites": {
                "rival": {
                    "monthly_visitors": 200.0,
                    "age": {"level": "declared", "gate": False},
                    "limits": {"adults_to_minors": False},
                },
                "third": {},
            },
            "policies": {
                "open": (AgePolicy(gate=False, site="home", start=day(2)),),
                "gates": (AgePolicy(level="verified", gate=True),),
                "closed": (ClosurePolicy(site="home", start=day(4)), *LEVERS["apart"]),
            },
            "days": 10,
            "age.level": "estimated",
            "age.gate": True,
            "age.estimated.friction_user": 0.1,
            "age.estimated.friction_predator": 0.05,
            "population.monthly_visitors": 300.0,
            "population.p_under_15": 0.3,
            "population.p_15_17": 0.3,
            "undercover.decoys": 1.5,
            "displacement.p_users": 0.8,
            "displacement.p_elsewhere": 0.1,
            "displacement.delay_days": 2.0,
        }),
        (8,),
    ),
    # Days of messages are seized, on the first day too, while files wait, and of a site that opens again.
    "seized": (
        BUSY.replace(**{
            "policies": {
                "closed": (ClosurePolicy(start=day(4)),),
                "seized": (ClosurePolicy(start=day(4), seizure=True),),
                "seized-at-once": (ClosurePolicy(seizure=True), LogsPolicy(log_hours=400)),
                "kept": (ClosurePolicy(start=day(6), seizure=True), RetentionPolicy(message_hours=400)),
                "opened-again": (
                    SetPolicy(rule="operation.open", value=False, start=day(2), end=day(5)),
                    SetPolicy(rule="operation.seized", value=True),
                ),
            },
            "retention.message_hours": 100,
            "retention.log_hours": 60,
            "population.monthly_visitors": 900.0,
            "population.monthly_visitors_start": 900.0,
            "registration.none.p_identity": 0.9,
            "police.cases_per_month": 40.0,
            "police.p_seized": 0.9,
            "police.request_days_abroad": 2.5,
            "police.arrest_delay_median_days": 0.5,
        }),
        (8,),
    ),
    # Lawful users are barred for days, and go to no other site; predators who are do.
    "innocents-barred": (
        BUSY.replace(**{
            "site": "home",
            "sites": {"rival": {"monthly_visitors": 200.0, "limits": {"cooling_off_hours": 24}}},
            "policies": {"closed": (ClosurePolicy(site="home", start=day(4)),)},
            "days": 8,
            "warmup_days": 3,
            "population.monthly_visitors": 300.0,
            "population.monthly_visitors_start": 300.0,
            "registration.level": "email",
            "registration.email.return_delay_hours": 96.0,
            "moderation.staff": 2.0,
            "moderation.shift_start_hour": 0,
            "moderation.shift_hours": 24,
            "moderation.p_clear_with_evidence": 0.3,
            "moderation.p_clear_without_evidence": 0.3,
            "responses.p_ready_false_report": 0.3,
            "displacement.p_users": 1.0,
            "displacement.p_predators": 1.0,
            "displacement.p_elsewhere": 0.0,
        }),
        (3,),
    ),
    # Without delay, a month long, and with hardly anybody at home on the other site: searches go far.
    "few-of-another-home": (
        BUSY.replace(**{
            "sites": {"other": {"monthly_visitors": 100.0}},
            "policies": {
                "strict": (SetPolicy(rule="registration.friction_user", value=0.1, site="site"),),
                "closed": (ClosurePolicy(site="site", start=day(10)),),
            },
            "days": 32,
            "warmup_days": 4,
            "population.monthly_visitors": 400.0,
            "displacement.p_users": 0.15,
            "displacement.p_predators": 1.0,
            "displacement.p_elsewhere": 0.0,
            "displacement.delay_days": 0.0,
        }),
        (2,),
    ),
    # Nobody is barred by the baseline; bans drive contacts off the platform, where harm takes long.
    "put-off": (
        BUSY.replace(**{
            "policies": {
                "staffed": (ModerationPolicy(staff=3.0, shift_start_hour=0, shift_hours=24),),
                "friction": (SetPolicy(rule="registration.friction_user", value=0.4),),
            },
            "days": 6,
            "warmup_days": 3,
            "population.monthly_visitors": 900.0,
            "predators.p_retry_absent": 0.9,
            "moderation.staff": 0.0,
            "reporting.friction": 0.0,
            "felt_risk.sensitivity": 0.05,
            "felt_risk.rel_leave": 100.0,
            "felt_risk.half_life_weeks": 8.0,
            "felt_risk.per_ban": 0.03,
            "contacts.contact_engage_per_hour": 1.0,
            "contacts.engaged_private_per_hour": 1.0,
            "contacts.private_harm_per_hour": 0.4,
            "contacts.private_leave_per_hour": 0.05,
            "contacts.off_harm_per_hour": 0.005,
            "contacts.off_fade_per_hour": 0.0,
            "contacts.off_recognise_per_hour": 0.0,
        }),
        (7, 15),
    ),
}  # fmt: skip
"""Scenarios and seeds on which the engines must agree."""


def arms(scenario: Scenario) -> list[str]:
    """Return the names of all arms."""
    return [BASELINE, *scenario.policies]


def assert_same(one: Records, other: Records) -> None:
    """Check that all tables are equal, data types included."""
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table), obj=table)


def of(records: Records, **cells: object) -> Records:
    """Return the rows of some policy or seed, or both, without the columns named so."""
    tables = []
    for table in ("daily", "breakdown", "durations", "persons", "events"):
        frame = getattr(records, table)
        for column, value in cells.items():
            frame = frame[frame[column] == value].drop(columns=column)
        tables.append(frame.reset_index(drop=True))
    return Records(*tables)
