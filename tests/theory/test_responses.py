"""Responses against theory: every yes or no is binomial with the declared share, every delay has the declared law."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.decisions import sanctions
from sim.model.decisions.codes import NEVER
from sim.model.decisions.numbers import complaint_delays
from sim.model.decisions.responses import p_report, would_report
from sim.model.records import Records
from sim.model.world.draws import Draws, Purpose
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.set import SetPolicy
from sim.rules.offences import Offence
from sim.scenario.scenario import BASELINE
from tests.theory.laboratory import ERRORS, class_of, laboratory, ratio, share_z

# Contacts that run through their stages within the hour, so that many are recognised in each.
QUICK = {
    f"contacts.{name}_per_hour": rate
    for name, rate in {
        "contact_engage": 8.0, "contact_fade": 1.0, "contact_recognise": 4.0,
        "engaged_private": 8.0, "engaged_fade": 1.0, "engaged_recognise": 4.0,
        "private_harm": 2.0, "private_fade": 0.5, "private_recognise": 4.0, "private_leave": 1.0,
        "off_harm": 0.1, "off_fade": 0.01, "off_recognise": 0.1,
    }.items()
}  # fmt: skip
ON_ALL = Offence(name="on_all", target_weights=(1, 1, 1, 1), rel_report=0.9, rel_complain=1.5)
COMMON = QUICK | {
    "days": 7,
    "offences": (ON_ALL,),
    "predators.p_of_adults": 0.2,
    "population.p_under_15": 0.2,
    "population.p_15_17": 0.2,
    "population.p_minority": 0.2,
    "responses.p_constant": 0.0,
}


def run(*arms: str, **changes: Any) -> Records:
    return simulate(laboratory(**(COMMON | changes)), [1], arms or ("baseline",), events=True)


@pytest.fixture(scope="module")
def reporting() -> Records:
    """Two lanes that differ in how hard it is to report and how easily the parted find each other again."""
    arms = {
        "easy": (ReportingPolicy(friction=0.1), SetPolicy(rule="registration.findability", value=0.1)),
        "hard": (ReportingPolicy(friction=0.6), SetPolicy(rule="registration.findability", value=0.7)),
    }
    complaints = {"responses.p_complain_recognised": 0.2, "responses.complaint_delay_median_days": 1.0}
    false_reports = {"responses.p_ready_false_report": 0.05, "predators.approaches_per_hour": 2.0}
    return run("easy", "hard", policies=arms, **(complaints | false_reports))


def of_kind(records: Records, kind: str, policy: str = "easy") -> pd.DataFrame:
    assert records.events is not None
    return records.events[(records.events.event == kind) & (records.events.policy == policy)]


@pytest.mark.parametrize(("policy", "friction"), [("easy", 0.1), ("hard", 0.6)])
def test_recognised_contacts_are_reported_with_the_share_of_class_stage_and_friction(
    reporting: Records, policy: str, friction: float
) -> None:
    recognised = of_kind(reporting, "recognise", policy)
    reported = recognised.contact.isin(of_kind(reporting, "report", policy).contact)
    assert not reported[recognised.detail == 3].any(), "off the platform the site is told nothing"
    for row, readiness in enumerate((0.8, 1.0, 1.0, 0.8)):  # defaults of responses.rel_report_*
        for stage in range(3):
            chosen = reported[(class_of(recognised.actor) == row) & (recognised.detail == stage)]
            p = min(1, 0.3 * 0.9 * readiness * (stage + 1)) * (1 - friction)
            assert chosen.size > 100
            assert abs(share_z(chosen.sum(), chosen.size, p)) < ERRORS, (row, stage)


@pytest.mark.parametrize(("policy", "friction"), [("easy", 0.1), ("hard", 0.6)])
def test_false_reports_are_poisson_counts_per_lawful_hour(reporting: Records, policy: str, friction: float) -> None:
    daily = reporting.daily[reporting.daily.policy == policy]
    mean = daily["n_user_hours"].to_numpy() * 0.5 * 0.05 * (1 - friction)
    drawn = daily["n_false_report"].to_numpy()
    assert abs((drawn - mean).sum()) < ERRORS * np.sqrt(mean.sum())
    assert abs((((drawn - mean) ** 2 / mean) - 1).sum() / np.sqrt((2 + 1 / mean).sum())) < ERRORS
    gravity = of_kind(reporting, "false_report", policy).detail
    for level, p in enumerate((0.6, 0.3, 0.1)):  # defaults of responses.p_false_*
        assert abs(share_z((gravity == level).sum(), gravity.size, p)) < ERRORS


def test_complaints_follow_recognition_and_harm_with_their_shares_at_once_or_late(reporting: Records) -> None:
    complaints = of_kind(reporting, "complain").set_index("contact")
    for kind, after_harm, p in (("recognise", 0, 0.2 * 1.5), ("harm", 1, 0.09 * 1.5)):
        causes = of_kind(reporting, kind).set_index("contact")
        mine = complaints[complaints.detail == after_harm]
        assert mine.index.is_unique
        assert mine.index.isin(causes.index).all()
        delay = mine.hour - causes.hour.loc[mine.index]
        assert delay.min() == 0
        # Of contacts recognised in the first 5 days, 0.2 at once and of the rest those within 2 days: with a median of
        # a day and a sigma of 1.5 that is Phi(log(48.5 / 24) / 1.5), for delays are rounded to hours.
        early = causes[causes.hour < 24 * 5].index
        n_early = mine.index.isin(early) & (delay <= 48)
        within = 0.2 + 0.8 * 0.6806
        assert abs(share_z(n_early.sum(), early.size, p * within)) < ERRORS
        assert abs(share_z((n_early & (delay == 0)).sum(), early.size, p * (0.2 + 0.8 * 0.0049))) < ERRORS


def test_delays_of_complaints_have_the_declared_median_and_a_long_tail() -> None:
    delay = complaint_delays(120.0, 1.5)
    assert delay.size == 4096  # equally likely
    assert np.median(delay) == pytest.approx(120 * 24, rel=1e-3)
    for share, z in ((0.05, 1.6449), (0.01, 2.3263), (0.9, -1.2816)):
        assert (delay > 120 * 24 * np.exp(1.5 * z)).mean() == pytest.approx(share, abs=1 / 4096)


# -- blocking, withdrawing, staying -----------------------------------------------------------------------------------

P_BLOCK, P_STAY = 0.6, 0.7
TARGETS = ["block", "withdraw", "stay"]
MOMENT = ["contact", "hour", "second"]


@pytest.fixture(scope="module")
def answered() -> Records:
    answers = {"responses.p_block": P_BLOCK, "responses.p_stay": P_STAY, "predators.p_seek_after_block": 1.0}
    complaints = {"responses.p_complain_recognised": 0.3, "responses.p_complain_at_once": 1.0}
    easy = {"reporting.friction": 0.1, "registration.none.findability": 0.6}
    return run("baseline", **answers, **complaints, **easy)


def answers(records: Records) -> pd.DataFrame:
    """Return every recognition with what the target did, and whether it was reported."""
    assert records.events is not None
    events = records.events
    found = events[events.event == "recognise"].set_index(MOMENT)
    assert found.index.is_unique
    given = events[events.event.isin(TARGETS)].set_index(MOMENT)
    assert given.index.sort_values().equals(found.index.sort_values()), "one answer to every recognition"
    reported = found.index.isin(events[events.event == "report"].set_index(MOMENT).index)
    return found.assign(answer=given.event, reported=reported)


def test_targets_who_recognise_a_contact_block_withdraw_or_stay_with_their_shares(answered: Records) -> None:
    found = answers(answered)
    for stage in range(4):
        answer = found.answer[found.detail == stage]
        assert answer.size > 500
        for name, p in zip(TARGETS, (P_BLOCK, 0.4 * (1 - P_STAY), 0.4 * P_STAY), strict=True):
            assert abs(share_z((answer == name).sum(), answer.size, p)) < ERRORS, (stage, name)


def test_what_targets_do_after_a_second_recognition_is_drawn_anew(answered: Records) -> None:
    found = answers(answered).reset_index().sort_values(MOMENT)
    again = found[(found.answer.groupby(found.contact).shift() == "stay").to_numpy()]
    assert len(again) > 300
    assert abs(share_z((again.answer == "block").sum(), len(again), P_BLOCK)) < ERRORS


def test_blocking_and_reporting_are_independent_and_the_ignored_are_counted(answered: Records) -> None:
    here = answers(answered).query("detail < 3")
    by_answer = {name: here.reported[here.answer == name] for name in TARGETS}
    p = here.reported.mean()
    for name, reported in by_answer.items():
        error = np.sqrt(p * (1 - p) * (1 / reported.size + 1 / len(here)))
        assert abs(reported.mean() - p) < ERRORS * error, name
    counted = answered.daily[["n_recognise_on_platform", "n_block_on_platform", "n_ignore_on_platform"]].sum()
    ignored = (here.answer != "block") & ~here.reported
    assert counted.tolist() == [len(here), (here.answer == "block").sum(), ignored.sum()]


def test_a_contact_gone_on_with_is_recognised_again_at_a_later_stage_only(answered: Records) -> None:
    events = answered.events
    assert events is not None
    life = events[events.event.isin(["recognise", "seek", "engage", "private", "leave", "stay"])]
    life = life.sort_values([*MOMENT, "event"])
    begun_anew = life.event.eq("seek").groupby(life.contact).cumsum()
    met = life[life.event == "recognise"].assign(anew=begun_anew)
    stage = met.groupby(["contact", "anew"]).detail
    assert (stage.shift() < met.detail)[stage.cumcount() > 0].all()
    assert (stage.cumcount() > 0).sum() > 300


def test_only_a_block_on_the_platform_makes_a_predator_seek_the_target(answered: Records) -> None:
    found = answers(answered)
    sought = of_kind(answered, "seek", "baseline").set_index(MOMENT).index
    assert sought.size > 300
    assert (found.answer.loc[sought] == "block").all()
    assert (found.detail.loc[sought] < 3).all()


def test_nothing_follows_a_block_or_a_withdrawal_but_what_a_new_identity_brings(answered: Records) -> None:
    found = answers(answered).reset_index()
    sought = set(of_kind(answered, "seek", "baseline").contact)
    over = found[found.answer.isin(["block", "withdraw"]) & ~found.contact.isin(sought)].set_index("contact")
    assert answered.events is not None
    life = answered.events[answered.events.contact.isin(over.index) & (answered.events.event != "complain")]
    end = over.loc[life.contact]
    later = (life.hour * 3600 + life.second).to_numpy() - (end.hour * 3600 + end.second).to_numpy()
    assert later.max() == 0


# -- persons are alike from day to day --------------------------------------------------------------------------------


@pytest.mark.parametrize("p_constant", [0.0, 0.5, 1.0])
def test_a_persons_decisions_keep_their_mean_and_are_correlated_as_declared(p_constant: float) -> None:
    n_persons, n_times, p = 100_000, 4, 0.3
    person = np.repeat(np.arange(n_persons), n_times)
    contact = np.arange(person.size) + (1 << 30)
    draws = Draws([1])
    constant, fresh = draws.words((Purpose.REPORT_CONSTANT, Purpose.REPORT_FRESH), 0, contact)
    trait = draws.words(Purpose.REPORT_TRAIT, 0, person)
    said = would_report(constant, trait, fresh, p_report(0.6, 1.0, 0.5), p_constant)
    value, error = ratio(said, np.ones(said.size), person)
    assert abs(value - p) < ERRORS * error
    # Two decisions both follow the trait with probability p_constant**2, and are independent otherwise.
    pairs = (said.reshape(-1, n_times)[:, ::2] & said.reshape(-1, n_times)[:, 1::2]).reshape(-1)
    both = p**2 + p_constant**2 * p * (1 - p)
    value, error = ratio(pairs, np.ones(pairs.size), person[::2])
    assert abs(value - both) < ERRORS * error


# -- reviews, bars, returns -------------------------------------------------------------------------------------------

ENOUGH_STAFF = {
    "moderation.staff": 100.0, "moderation.shift_start_hour": 0, "moderation.shift_hours": 24,
    "moderation.p_find_with_evidence": 0.7, "moderation.p_find_without_evidence": 0.3,
    "moderation.p_clear_with_evidence": 0.6, "moderation.p_clear_without_evidence": 0.8,
    "reporting.friction": 0.0, "responses.p_ready_to_report": 0.9, "responses.p_ready_false_report": 0.02,
}  # fmt: skip


@pytest.fixture(scope="module")
def moderated() -> Records:
    """Lanes in which everything reported is reviewed within the hour."""

    def rules(**values: float | bool) -> tuple[SetPolicy, ...]:
        return tuple(SetPolicy(rule=f"registration.{name}", value=value) for name, value in values.items())

    arms = {
        "kept": (RetentionPolicy(message_hours=24),),
        "gone": (RetentionPolicy(message_hours=0),),
        "accounts": rules(accounts_persist=True, p_return=0.6, return_delay_hours=20.0),
        # A mean delay of 100,000 hours tells a recognised device from the rest of a visit (24 hours at most; the
        # recognised whose delay is shorter are 0.02%).
        "devices": rules(p_device_recognised=0.4, p_return=0.7, return_delay_hours=100_000.0),
    }
    return run(*arms, policies=arms, **ENOUGH_STAFF)


def bars(records: Records, arm: str, kind: str) -> pd.DataFrame:
    found = of_kind(records, "bar", arm)
    return found[found.target_kind == kind]


@pytest.mark.parametrize(
    ("arm", "evidence", "p_bar_user", "p_bar_predator"), [("kept", 1, 0.4, 0.7), ("gone", 0, 0.2, 0.3)]
)
def test_reviews_end_in_a_bar_with_the_share_of_guilt_and_evidence(
    moderated: Records, arm: str, evidence: int, p_bar_user: float, p_bar_predator: float
) -> None:
    detail = of_kind(moderated, "review", arm).detail
    assert (detail % 2 == evidence).all()
    for predator, p in ((0, p_bar_user), (1, p_bar_predator)):
        ended = detail[detail // 2 % 2 == predator] // 4
        assert ended.size > 400
        assert abs(share_z(ended.sum(), ended.size, p)) < ERRORS


@pytest.mark.parametrize("kind", ["user", "predator"])
def test_the_barred_return_with_the_declared_share_and_mean_delay(moderated: Records, kind: str) -> None:
    barred = bars(moderated, "accounts", kind)
    out = barred.detail
    assert abs(share_z((out > 0).sum(), out.size, 0.6)) < ERRORS
    assert set(out[out <= 0]) == {-1}
    # One hour and the whole hours of an exponential time of mean 20: a geometric number.
    hours = out[out > 0]
    mean = 1 + 1 / np.expm1(1 / 20)
    assert abs(hours.mean() - mean) < ERRORS * hours.std() / np.sqrt(hours.size)
    assert hours.std() == pytest.approx(20, rel=ERRORS * np.sqrt(2 / hours.size))  # kurtosis 9: error sqrt(2 / n)
    back = of_kind(moderated, "return", "accounts")
    due = {(h + n, who) for h, n, who in zip(barred.hour, out, barred.target, strict=True) if 0 < n < 24 * 7 - h}
    assert set(zip(back.hour, back.actor, strict=True)) >= due


def test_devices_are_recognised_with_the_declared_share_and_hold_the_bar_beyond_the_visit(moderated: Records) -> None:
    out = bars(moderated, "devices", "predator").detail
    recognised = out > 24
    assert out[~recognised].between(0, 24).all()
    assert abs(share_z(recognised.sum(), out.size, 0.4)) < ERRORS
    # A million hours on, all who return under a new identity are back; of the others those whose device is known still.
    assert abs(share_z((out > 1e6).sum(), recognised.sum(), 0.3 * np.exp(-1e6 / 2.4e6))) < ERRORS


def test_a_recognised_device_is_known_for_an_exponential_time() -> None:
    days, hour = 20.0, 500
    site = laboratory(**{
        "registration.p_device_recognised": 0.4, "registration.device_known_days": days,
        "registration.none.p_return": 0.0,
    }).platform.rules  # fmt: skip
    draws, ends = Draws([1]), []
    for person in range(20_000):
        known = sanctions.known_until(draws, 0, person, 0, hour, hour, site, 0.5)
        bar = sanctions.sanction(draws, 0, person, 0, hour, hour, known, NEVER, site, 0.5)
        ends.append(bar[0] - hour - 1)
        assert bar[1] == (sanctions.DEVICE_FORGOTTEN if known > hour + 1 else sanctions.AS_BEFORE)
    out = np.array(ends)
    assert abs(share_z((out > 0).sum(), out.size, 0.4)) < ERRORS
    # One hour and the whole hours of an exponential time: a geometric number.
    hours = out[out > 0]
    mean = 1 + 1 / np.expm1(1 / (24 * days))
    assert abs(hours.mean() - mean) < ERRORS * mean / np.sqrt(hours.size)
    assert hours.std() == pytest.approx(mean, rel=ERRORS * np.sqrt(2 / hours.size))  # kurtosis 9: error sqrt(2 / n)


def test_a_forgotten_device_ends_the_bar_and_the_strikes() -> None:
    ladder = (24 * 30,)
    records = run("baseline", **ENOUGH_STAFF, **{
        "registration.p_device_recognised": 1.0, "registration.device_known_days": 1.0,
        "registration.none.p_return": 0.0, "sanctions.ladder_hours": ladder, "days": 14,
    })  # fmt: skip
    back = of_kind(records, "return", "baseline")
    assert len(back) > 300
    assert set(back.detail) == {sanctions.DEVICE_FORGOTTEN}
    assert records.events is not None
    moves = records.events[records.events.event.isin(["suspend", "bar", "return"])]
    moves = moves.assign(who=moves.target.where(moves.event != "return", moves.actor))
    # Of two dossiers read in one hour the first can end in a suspension and the second in a ban.
    moves = moves.sort_values(["hour", "step", "event"], ascending=[True, True, False])
    before = moves.groupby("who").event.shift()
    assert set(moves.event[before.isna()]) == {"suspend"}
    after = moves.event[before == "return"]
    assert len(after) > 300
    assert set(after) == {"suspend"}, "a stranger is on the first rung again"


# -- looking further, finding again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("p_retry", [0.0, 0.4, 1.0])
def test_predators_look_further_with_the_declared_share(p_retry: float) -> None:
    arms = {"strict": (SetPolicy(rule="registration.friction_user", value=0.3),)}
    seldom = {"predators.approaches_per_hour": 0.3, "predators.p_retry_absent": p_retry}
    records = run("baseline", "strict", policies=arms, **seldom)
    before = of_kind(records, "approach", "baseline").set_index("contact")
    after = of_kind(records, "approach", "strict").set_index("contact").reindex(before.index)
    n_absent = (after.detail != 0).sum()  # redirected, or nobody approached
    absent = n_absent / len(before)
    assert absent == pytest.approx(0.3, abs=0.03)
    # Of those whose first person is absent, a share r (1 - a) / (1 - r a) finds somebody else in the end. A rare
    # predator comes upon somebody approached in the same hour, so that 1 is not reached.
    expected = p_retry * (1 - absent) / (1 - p_retry * absent)
    redirected = (after.detail == 1).sum()
    if p_retry in (0, 1):
        assert 0.99 * expected * n_absent <= redirected <= expected * n_absent
    else:
        assert abs(share_z(redirected, n_absent, expected)) < ERRORS


@pytest.mark.parametrize(("policy", "findability"), [("easy", 0.1), ("hard", 0.7)])
def test_the_parted_are_found_again_with_the_declared_share(
    reporting: Records, policy: str, findability: float
) -> None:
    found, lost = (len(of_kind(reporting, kind, policy)) for kind in ("find", "lose"))
    assert abs(share_z(found, found + lost, findability)) < ERRORS


@pytest.mark.slow
def test_a_person_harmed_in_two_years_counts_in_both_and_twice_in_a_year_once() -> None:
    scenario = laboratory(days=400, **{
        "population.monthly_visitors": 100.0, "population.monthly_visitors_start": 100.0,
        "population.visits_per_month": 30.0, "predators.p_of_adults": 0.2, "predators.visits_per_month": 60.0,
        "contacts.private_harm_per_hour": 2.0,
    })  # fmt: skip
    records = simulate(scenario, [1], [BASELINE], events=True)
    harms = records.events[records.events.event == "harm"]
    by_year = harms.groupby(harms.hour // 24 // 365).target.nunique()
    again = set(harms.target[harms.hour < 24 * 365]) & set(harms.target[harms.hour >= 24 * 365])
    assert len(again) > 10 and len(harms) > 2 * by_year.sum()
    year = records.daily.day // 365
    assert records.daily.groupby(year)["n_persons_harmed"].sum().tolist() == by_year.tolist()
    persons = records.breakdown.query("quantity == 'persons_harmed' and offence == 'all' and victim_class == 'all'")
    assert persons.set_index("year")["count"].to_dict() == by_year.to_dict()
