"""In which direction a change moves things, where theory leaves no doubt; each with its reason.

"More" means a mean difference within seeds of more than 4 standard errors: with 8 seeds (t with 7 degrees of freedom)
a change without effect passes in 1 of 400 cases.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.records import Records
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.set import SetPolicy
from sim.rules.offences import OFFENCES
from sim.rules.rulebook import WEEKDAYS
from tests.theory.laboratory import laboratory

SEEDS = range(8)
ARMS = {
    "strict": (SetPolicy(rule="registration.friction_user", value=0.4),
               SetPolicy(rule="registration.friction_predator", value=0.4)),
    "findable": (SetPolicy(rule="registration.findability", value=0.9),),
    "easy": (ReportingPolicy(friction=0.1),),
    "kept": (RetentionPolicy(message_hours=500),),
    "staff": (ModerationPolicy(staff=3.0),),
    "weekdays": (ModerationPolicy(shift_days=WEEKDAYS[:5]),),
    "gravest": (ModerationPolicy(triage="gravest"),),
    "no-return": (SetPolicy(rule="registration.p_return", value=0.0),),
    "document": (RegistrationPolicy(level="document"),),
}  # fmt: skip


def chat(**changes: Any) -> Any:
    """A chat with e-mail accounts, a short memory and a backlog."""
    common = {
        "days": 40,
        "warmup_days": 10,
        "policies": ARMS,
        "offences": OFFENCES,
        "population.monthly_visitors": 3_000.0,
        "population.monthly_visitors_start": 3_000.0,
        "predators.p_of_adults": 0.03,
        "predators.visits_per_month": 30.0,
        "predators.contacts_at_once": 6,
        "contacts.private_harm_per_hour": 0.1,
        "contacts.private_recognise_per_hour": 0.4,
        "registration.level": "email",
        "registration.email.friction_user": 0.0,
        "registration.email.friction_predator": 0.0,
        "retention.message_hours": 2,
        "responses.p_ready_false_report": 0.01,
        "reporting.friction": 0.7,
        "moderation.staff": 1.0,
        "moderation.reviews_per_hour": 1.0,
        "moderation.dossier_expiry_hours": 500,
    }
    return laboratory(**(common | changes))


@pytest.fixture(scope="module")
def records() -> Records:
    return simulate(chat(), list(SEEDS), ["baseline", *ARMS], events=True)


def clearly_more(high: pd.Series, low: pd.Series) -> bool:
    """Tell whether the mean difference within seeds is above 4 standard errors."""
    difference = (high - low).to_numpy(float)
    return bool(difference.mean() > 4 * difference.std(ddof=1) / np.sqrt(difference.size))


def total(records: Records, arm: str, outcome: str) -> pd.Series:
    return records.daily[records.daily.policy == arm].groupby("seed")[outcome].sum()


def test_a_stricter_door_lets_in_fewer_lawful_visits_and_predator_hours(records: Records) -> None:
    """Whoever has less patience than the door asks for stays out, and nobody comes instead."""
    for outcome in ("n_visits", "n_user_hours", "n_predator_hours"):
        assert clearly_more(total(records, "baseline", outcome), total(records, "strict", outcome))


def test_parted_pairs_that_find_each_other_more_easily_meet_more(records: Records) -> None:
    """Each parting leads to a later meeting with a probability that rises with findability."""
    assert clearly_more(total(records, "findable", "n_meet"), total(records, "baseline", "n_meet"))


def test_easier_reporting_brings_more_reports_both_true_and_false(records: Records) -> None:
    """The effort stops the offended and the mistaken alike."""
    for outcome in ("n_report", "n_false_report"):
        assert clearly_more(total(records, "easy", outcome), total(records, "baseline", outcome))


def test_longer_retention_brings_more_reviews_with_evidence_and_more_bars(records: Records) -> None:
    """With a backlog longer than the memory reviews come too late, and without evidence they find less."""
    for outcome in ("n_review_evidence", "n_bar"):
        assert clearly_more(total(records, "kept", outcome), total(records, "baseline", outcome))


def test_free_weekends_mean_more_waiting(records: Records) -> None:
    """The same heads are there for five days instead of seven."""
    assert clearly_more(total(records, "weekdays", "n_waiting_hours"), total(records, "baseline", "n_waiting_hours"))


def test_more_staff_means_less_waiting(records: Records) -> None:
    """The same dossiers meet more hands."""
    assert clearly_more(total(records, "baseline", "n_waiting_hours"), total(records, "staff", "n_waiting_hours"))


def waits_of_the_grave(records: Records, arm: str) -> pd.Series:
    """Return the mean hours from the first report to the review of dossiers opened with the highest gravity."""
    assert records.events is not None
    events = records.events[(records.events.policy == arm)]
    moves = events[events.event.isin(["open", "review", "expire"])].sort_values(["seed", "target", "hour", "step"])
    same = (moves.target == moves.target.shift()) & (moves.seed == moves.seed.shift())
    wait = moves.hour.diff().where(same & (moves.event == "review")).shift(-1)
    grave = events[(events.event == "report") & (events.detail == 2)]
    keys = set(zip(grave.seed, grave.hour, grave.target, strict=True))
    opened = moves[moves.event == "open"]
    is_grave = [key in keys for key in zip(opened.seed, opened.hour, opened.target, strict=True)]
    chosen = opened[is_grave].assign(wait=wait).dropna(subset="wait")
    assert (chosen.groupby("seed").size() > 20).all()
    return chosen.groupby("seed").wait.mean()


def test_with_the_gravest_first_grave_dossiers_wait_less(records: Records) -> None:
    """They overtake the lighter ones that came before them."""
    assert clearly_more(waits_of_the_grave(records, "baseline"), waits_of_the_grave(records, "gravest"))


def test_where_nobody_returns_after_a_bar_predators_are_online_for_fewer_hours(records: Records) -> None:
    """A bar for good takes all later visits."""
    assert clearly_more(total(records, "baseline", "n_predator_hours"), total(records, "no-return", "n_predator_hours"))


def test_predators_who_look_further_approach_more_under_a_strict_door(records: Records) -> None:
    """Whoever gives up on an absent person loses the approach; without a door nobody is absent by a policy."""
    gives_up, goes_on = (
        simulate(chat(**{"predators.p_retry_absent": p}), list(SEEDS), ["document", "baseline"]) for p in (0.0, 1.0)
    )
    assert clearly_more(total(goes_on, "document", "n_approach"), total(gives_up, "document", "n_approach"))
    assert (total(goes_on, "baseline", "n_approach") == total(gives_up, "baseline", "n_approach")).all()


def test_leaving_the_platform_more_readily_moves_harm_off_it() -> None:
    """Leaving competes with harm on the platform, and harm off it needs leaving first."""
    stays, leaves = (
        simulate(
            chat(**{"contacts.private_leave_per_hour": rate, "contacts.off_harm_per_hour": 0.05}),
            list(SEEDS),
            ["baseline"],
        )
        for rate in (0.1, 0.6)
    )
    off = [total(r, "baseline", "n_harm_off_platform") for r in (stays, leaves)]
    on = [total(r, "baseline", "n_harm") - o for r, o in zip((stays, leaves), off, strict=True)]
    assert clearly_more(off[1], off[0])
    assert clearly_more(on[0], on[1])


def test_the_more_targets_stay_the_more_are_harmed() -> None:
    """A contact that goes on can still go further, and it is recognised and reported once more."""
    leave, stay = (
        simulate(chat(**{"responses.p_block": 0.2, "responses.p_stay": p}), list(SEEDS), ["baseline"])
        for p in (0.0, 1.0)
    )
    for outcome in ("n_private", "n_harm", "n_recognise"):
        assert clearly_more(total(stay, "baseline", outcome), total(leave, "baseline", outcome))


def test_the_longer_a_device_is_known_the_less_predators_are_online_without_accounts() -> None:
    """A bar on somebody without an account holds as long as the device is recognised."""
    changes = {
        "registration.level": "none", "registration.p_device_recognised": 1.0, "registration.none.p_return": 0.0,
        "moderation.staff": 10.0,
    }  # fmt: skip
    short, long = (
        simulate(chat(**changes, **{"registration.device_known_days": d}), list(SEEDS), ["baseline"])
        for d in (2.0, 40.0)
    )
    assert clearly_more(total(short, "baseline", "n_predator_hours"), total(long, "baseline", "n_predator_hours"))
