"""Where a cause is taken away from the police, so are its effects: both engines, against a control with all of them."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from sim.model.arrays import model
from sim.model.records import Records
from sim.policies.closure import ClosurePolicy
from sim.policies.freemium import FreemiumPolicy
from sim.policies.hosting import HostingPolicy
from sim.policies.logs import LogsPolicy
from sim.policies.police import PolicePolicy
from sim.policies.policy import Policy
from sim.policies.set import SetPolicy
from sim.rules.parameters import FeltRisk, Police
from sim.rules.rulebook import Cooperation, Freemium, Undercover
from sim.scenario.scenario import BASELINE
from tests.engines.chats import BUSY, day, of
from tests.nulls.test_nulls import ENGINES, WITHOUT_POLICE, same_but_for

CHAT = BUSY.replace(days=16, warmup_days=2, **{
    "contacts.private_harm_per_hour": 0.3,
    "responses.complaint_delay_median_days": 10.0,
    "moderation.staff": 2.0,
    "moderation.p_clear_without_evidence": 0.5,
        "retention.log_hours": 30,
    "registration.p_device_recognised": 0.0,
    "undercover.decoys": 1.0,
    "cooperation.p_refer": 0.6,
    "freemium.p_paying": 0.6,
    "registration.none.p_identity": 0.2,
    "police.request_days_abroad": 0.8,
    "felt_risk.sensitivity": 0.003,
})  # fmt: skip
"""Police with leads of every kind, innocents among them."""

OF_POLICE = (
    "n_complain_earlier", "n_case", "n_case_user", "n_case_referral", "n_case_decoy", "n_case_capacity",
    "n_case_waiting_hours", "n_take_up", "n_take_up_earlier", "n_request", "n_request_data", "n_answer",
    "n_answer_data", "n_identify", "n_identify_payment", "n_identify_other", "n_identify_hours", "n_close",
    "n_close_no_data", "n_close_no_identity", "n_close_no_answer", "n_close_too_old", "n_close_cleared", "n_arrest",
    "n_arrest_referral", "n_arrest_decoy", "n_arrest_hours", "n_stop",
)  # fmt: skip
"""What investigators do, and what needs them."""

NULLS: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "no predators": (
        {"predators.p_of_adults": 0.0},
        ("n_decoy", "n_complain", "n_complain_earlier", "n_arrest", "n_stop", "n_felt_risk_milli"),
    ),
    "no approaches": ({"predators.approaches_per_hour": 0.0}, ("n_decoy", "n_case_decoy", "n_arrest")),
    "no sanctions": ({"moderation.staff": 0.0}, ("n_refer", "n_case_referral", "n_case_user", "n_close_cleared")),
    "no complaints": (
        {"responses.p_complain_harmed": 0.0, "responses.p_complain_recognised": 0.0},
        ("n_complain", "n_complain_earlier", "n_take_up_earlier"),
    ),
    "nobody investigates": ({"police.investigators": 0.0}, OF_POLICE),
    "no leads": (
        {
            "responses.p_complain_harmed": 0.0, "responses.p_complain_recognised": 0.0, "cooperation.p_refer": 0.0,
            "undercover.decoys": 0.0,
        },
        (
            "n_case", "n_case_referral", "n_case_decoy", "n_case_user", "n_case_waiting_hours", "n_request",
            "n_identify", "n_arrest", "n_stop",
        ),
    ),
    "nobody is referred": (
        {"cooperation.p_refer": 0.0}, ("n_refer", "n_case_referral", "n_case_user", "n_close_cleared")
    ),
    "no decoys": ({"undercover.decoys": 0.0}, ("n_decoy", "n_decoy_milli_hours", "n_case_decoy", "n_arrest_decoy")),
    "decoys learn nothing": ({"police.p_decoy_case": 0.0}, ("n_case_decoy", "n_arrest_decoy")),
    "no logs": (
        {"retention.log_hours": 0},
        ("n_log_hours", "n_request_data", "n_answer_data", "n_identify_payment", "n_close_no_identity"),
    ),
    "nobody is known by logs": (
        {
            "registration.none.p_identity": 0.0, "freemium.p_identity": 0.0, "police.p_other_evidence": 0.0,
            "police.p_decoy_evidence": 0.0,
        },
        ("n_identify", "n_identify_payment", "n_identify_other", "n_close_cleared", "n_arrest", "n_stop"),
    ),
    "no other evidence": (
        {"police.p_other_evidence": 0.0, "police.p_decoy_evidence": 0.0}, ("n_identify_other",)
    ),
    "nobody pays": ({"freemium.p_paying": 0.0}, ("n_identify_payment",)),
    "never answered": (
        {"police.p_answered": 0.0, "police.p_answered_direct": 0.0}, ("n_answer_data", "n_close_no_data")
    ),
    "always answered": ({"police.p_answered": 1.0}, ("n_close_no_answer",)),
    "nothing is too old to be asked for": ({"police.max_data_age_days": 10_000}, ("n_close_too_old",)),
}  # fmt: skip
"""Changes of the scenario, and the counts that are then nothing."""


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


def arms(policies: dict[str, tuple[Policy, ...]], **changes: object) -> dict[str, Records]:
    """Run policies on arrays (the agents are equal, see tests/engines); return what became of each without its name."""
    chat = CHAT.replace(policies=policies, **changes)
    records = model.simulate(chat, [1], list(policies), events=True)
    return {name: of(records, policy=name) for name in policies}


@pytest.mark.parametrize("engine", ENGINES)
def test_where_nobody_investigates_nothing_else_that_is_said_of_the_police_changes_anything(engine: str) -> None:
    """A scenario that has no section of the police has the same tables, but for how long logs are kept."""
    told = CHAT.replace(**WITHOUT_POLICE)
    plain = told.replace(**{
        "police": Police(), "felt_risk": FeltRisk(), "cooperation": Cooperation(), "undercover": Undercover(),
        "freemium": Freemium(), "retention.log_hours": 3, "registration.none.p_identity": 0.3,
    })  # fmt: skip
    assert told.police != plain.police and told.felt_risk != plain.felt_risk and told.freemium != plain.freemium
    ours, theirs = (ENGINES[engine](chat, [1], [BASELINE], events=True) for chat in (told, plain))
    assert same_but_for(ours, theirs, "n_log_hours")
    assert ours.durations.equals(theirs.durations)
    assert ours.breakdown.equals(theirs.breakdown)
    assert ours.persons.equals(theirs.persons)
    assert ours.daily["n_harm"].sum() > 30
    # Logs are kept for as long as each says, and for nothing more.
    hours = [r.daily["n_log_hours"] / r.daily["n_user_hours"] for r in (ours, theirs)]
    assert [set(h) for h in hours] == [{told.retention.log_hours}, {plain.retention.log_hours}]


def test_where_nobody_investigates_logs_answers_hosts_and_payments_change_nothing() -> None:
    policies: dict[str, tuple[Policy, ...]] = {
        "none": (),
        "logs": (LogsPolicy(log_hours=5000),),
        "police": (PolicePolicy(direct=True),),
        "hosting": (HostingPolicy(host="home"),),
        "freemium": (FreemiumPolicy(p_paying=1.0),),
    }
    idle = arms(policies, **{"police.investigators": 0.0})
    assert all(same_but_for(idle[name], idle["none"], "n_log_hours") for name in policies)
    at_work = arms(policies)
    assert not any(same_but_for(at_work[name], at_work["none"], "n_log_hours") for name in policies if name != "none")


def test_where_everything_is_taken_up_at_once_the_order_of_files_changes_nothing() -> None:
    many, few = ({"police.investigators": heads} for heads in (1000.0, 0.3))
    enough, scarce = (
        [arms({"a": ()}, **heads, **{"police.order": order})["a"] for order in ("oldest", "gravest")]
        for heads in (many, few)
    )
    assert enough[0].daily["n_take_up"].sum() > 20
    assert same_but_for(*enough)
    assert not same_but_for(*scarce)


def test_a_seizure_does_nothing_without_a_closure_investigators_or_anybody_in_what_is_seized() -> None:
    seized, closed = ClosurePolicy(start=day(6), seizure=True), ClosurePolicy(start=day(6))
    policies: dict[str, tuple[Policy, ...]] = {
        "none": (),
        "not-closed": (SetPolicy(rule="operation.seized", value=True),),
        "closed-before": (closed, SetPolicy(rule="operation.seized", value=True, start=day(7))),
        "closed": (closed,),
        "seized": (seized,),
    }
    kept = {"retention.message_hours": 400, "retention.log_hours": 400, "police.p_seized": 1.0}
    found = arms(policies, **kept)
    assert same_but_for(found["not-closed"], found["none"])
    assert same_but_for(found["closed-before"], found["closed"])
    assert found["seized"].daily["n_case_seized"].sum() > 5
    assert all(not found[name].daily[["n_case_seized", "n_arrest_seized"]].to_numpy().any() for name in policies
               if name != "seized")  # fmt: skip
    nobody = arms(policies, **kept | {"police.investigators": 0.0})
    assert same_but_for(nobody["seized"], nobody["closed"])
    # Whom nobody finds and whose logs are gone: all that is left is that nobody is asked.
    blind = arms(policies, **{"police.p_seized": 0.0, "retention.message_hours": 400})["seized"]
    assert not blind.daily["n_case_seized"].any()


@pytest.mark.parametrize("engine", ENGINES)
def test_what_may_be_seized_elsewhere_changes_nothing_here(engine: str) -> None:
    """An arm beside that seizes has all arms keep in mind who wrote; nothing follows from that."""
    closed: dict[str, tuple[Policy, ...]] = {"closed": (ClosurePolicy(start=day(6)),)}
    beside = closed | {"seized": (ClosurePolicy(start=day(6), seizure=True),)}
    one, two = (ENGINES[engine](CHAT.replace(policies=p), [1], ["closed"], events=True) for p in (closed, beside))
    assert same_but_for(one, two)


def test_felt_risk_that_nothing_adds_to_is_as_none() -> None:
    nothing = {f"felt_risk.per_{event}": 0.0 for event in ("arrest", "decoy_arrest", "ban")}
    off, unfed, fed = (
        arms({"a": ()}, **changes)["a"]
        for changes in ({"felt_risk.sensitivity": 0.0}, {"felt_risk.sensitivity": 1.0, **nothing}, {})
    )
    assert same_but_for(off, unfed)
    assert not same_but_for(off, fed)
    assert fed.daily["n_felt_risk_milli"].sum() > 0


def test_the_share_of_proceedings_that_are_modelled_moves_no_run() -> None:
    some, all_of = (arms({"a": ()}, **{"police.p_modelled": p})["a"] for p in (0.1, 1.0))
    assert same_but_for(some, all_of)


def test_innocents_are_investigated_and_never_arrested() -> None:
    """Whom the site refers by mistake the police identify and clear."""
    found = arms({"a": ()}, **{"cooperation.p_refer": 1.0, "moderation.p_clear_without_evidence": 0.2})["a"]
    assert found.events is not None
    of_kind = found.events.pivot_table(
        index="event", columns="target_kind", values="hour", aggfunc="size", fill_value=0
    )
    assert of_kind.loc["case", "user"] > 20
    assert found.daily["n_close_cleared"].sum() > 5
    assert of_kind.loc[["arrest", "stop"], "user"].sum() == 0 < of_kind.loc["arrest", "predator"]
