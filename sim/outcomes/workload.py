"""How much work moderators have and how much they can do, without a run: shifts in paid hours, and an estimate of load.

The estimate is for warnings before anything is simulated. What a run finds is the outcome `staff_busy_share`.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.model.decisions.approach import MONTH_HOURS
from sim.model.decisions.codes import ENGAGED, GO_ON, LEAVE, NANO, OFF, RECOGNISE
from sim.model.decisions.detection import p_detect, watched_milli
from sim.model.decisions.moderation import capacity_milli
from sim.model.decisions.numbers import hazards
from sim.model.decisions.responses import p_report
from sim.model.world.draws import Floats
from sim.model.world.keys import N_USER_STRATA
from sim.model.world.population import (
    RATE_WEIGHTS,
    p_let_in,
    relative_rates,
    session_lengths,
    shares_and_uniques,
    visits_per_month,
    weekly_profile,
)
from sim.rules.age import BAND_OF_CLASS
from sim.rules.parameters import HOURS_PER_MONTH
from sim.rules.rulebook import WEEKDAYS, Rules
from sim.rules.sentences import Amount, Counted, Sentence, Term, Words
from sim.rules.words import days_in_words, decimal_if_any, one_decimal, plain_number
from sim.scenario.scenario import BASELINE, Scenario

FULL_TIME_HOURS: Final = 35
"""Paid hours a week of a full-time employee, by which hours on shift are turned into employees: the legal week in
France, an assumption elsewhere. Leave, illness, training and breaks come on top, so a real team is larger."""


# -- shifts -----------------------------------------------------------------------------------------------------------


def paid_hours(rules: Rules) -> float:
    """Return the hours that all moderators together are on shift in a week, at full scale."""
    return rules.moderation.staff * len(rules.moderation.shift_days) * rules.moderation.shift_hours


def staffing(rules: Rules) -> Words:
    """Say who works when, and what that comes to in paid hours a week and in full-time employees."""
    hours, staff = paid_hours(rules), rules.moderation.staff
    if not hours:
        return Term("nobody is ever on shift")
    n, when, paid = Amount(staff, plain_number), _shift(rules), Amount(hours, decimal_if_any)
    employees = Amount(hours / FULL_TIME_HOURS, one_decimal)
    return Counted(
        staff,
        Sentence(
            "{n} moderator on shift {when}: {paid} paid hours a week, about {employees} full-time employees of {week} "
            "hours",
            n=n, when=when, paid=paid, employees=employees, week=FULL_TIME_HOURS,
        ),
        Sentence(
            "{n} moderators on shift {when}: {paid} paid hours a week, about {employees} full-time employees of {week} "
            "hours",
            n=n, when=when, paid=paid, employees=employees, week=FULL_TIME_HOURS,
        ),
    )  # fmt: skip


def _shift(rules: Rules) -> Words:
    """Return on which days and from when to when a shift is."""
    start, length = rules.moderation.shift_start_hour, rules.moderation.shift_hours
    if length == 24 and rules.moderation.shift_days == WEEKDAYS:
        return Term("at all hours, every day")
    days, end = days_in_words(rules.moderation.shift_days), start + length
    if end <= 24:
        return Sentence("{days}, {start}:00 to {end}:00", days=days, start=start, end=end)
    return Sentence("{days}, {start}:00 to {end}:00 the next day", days=days, start=start, end=end - 24)


# -- load -------------------------------------------------------------------------------------------------------------


def busy_share(scenario: Scenario, arm: str) -> float:
    """Return about which share of what moderators can read comes in under an arm; above 1 the queue cannot keep up.

    Reports over the measured window (`reports_an_hour`, at the window's mean audience) divided by the reviews that
    the staff can do in it, an arm's dated rules each for the days on which they hold.

    Args:
        scenario: What would be run.
        arm: A policy of it, or ``baseline``.

    Returns:
        The share, missing if nobody is ever on shift.
    """
    changes = [(0, scenario.platform.rules)] if arm == BASELINE else scenario.changes_of(arm)
    visitors = scenario.population.mean_visitors(scenario.days)
    reports = capacity = 0.0
    for (day, rules), (end, _) in pairwise([*changes, (scenario.days, scenario.platform.rules)]):
        if rules.operation.open:
            reports += (end - day) * sum(reports_an_hour(scenario, rules, visitors))
        capacity += (end - day) * float(capacity_milli(rules, np.arange(168), scenario.scale).mean()) / 1000
    return reports / capacity if capacity else math.nan


def reports_an_hour(scenario: Scenario, rules: Rules, visitors: float) -> tuple[float, float]:
    """Return about how many reports of predators and of lawful users reach the site in an hour, under some rules.

    A detector's flags are reports too. Those of lawful users are exact but for chance: users online x conversations x
    (readiness x what friction leaves of it + coverage x false alarms). Those of predators are approaches x the chance
    that the target recognises the contact on the platform before it ends x that of a report, and x the chances that
    it begins a stage, is read and flagged. For these chances a session together ends at a constant hazard, and a pair
    that finds each other again is as if it had not parted; a second contact after a block counts too.

    It leaves out, and so mostly errs on the high side: that predators who are barred are missing; that several
    reports on one account are one dossier; that a predator has no more than `predators.contacts_at_once` contacts;
    that in a small chat nobody of the class sought may be online; and the hours of day and week.

    Args:
        scenario: The chat.
        rules: Rules in force.
        visitors: Monthly visitors at full scale, as in ``population.monthly_visitors``.

    Returns:
        Reports of predators, those of trusted flaggers and of a detector among them, and reports of lawful users.
    """
    users, predators = _online(scenario, rules, visitors)
    conversations = users * scenario.population.conversations_per_hour
    false = scenario.responses.p_ready_false_report * (1 - rules.reporting.friction) * rules.reporting.rel_false
    false += rules.detection.coverage * rules.detection.p_false
    approaches = predators * _approaches_an_hour_online(scenario, rules)
    return approaches * _reports_an_approach(scenario, rules), conversations * false


def _online(scenario: Scenario, rules: Rules, visitors: float) -> tuple[float, float]:
    """Return how many lawful users and predators are online in the mean hour, bars apart."""
    share, uniques = shares_and_uniques(scenario, scenario.platform)
    means = (scenario.population.mean_session_hours, scenario.predators.mean_session_hours)
    longest = scenario.population.max_session_hours
    user, predator = (np.dot(np.arange(longest + 1), session_lengths(mean, longest)) for mean in means)
    stay = np.repeat([user, predator], [N_USER_STRATA, len(RATE_WEIGHTS)])
    there = -np.expm1(-visits_per_month(scenario) / HOURS_PER_MONTH * stay)  # overlapping visits are one presence
    online = np.array(share) * there * visitors * scenario.scale / uniques
    let_in = online * p_let_in(rules)
    return float(let_in[:N_USER_STRATA].sum()), float(let_in[N_USER_STRATA:].sum())


def _approaches_an_hour_online(scenario: Scenario, rules: Rules) -> float:
    """Return the approaches of a predator in an hour online: intents less those held back or without a target."""
    predators = scenario.predators
    kept = min(rules.retention.message_hours, MONTH_HOURS) / MONTH_HOURS
    intents = predators.approaches_per_hour * (1 - predators.p_deterred_by_retention * kept)
    if not rules.registration.accounts_persist and rules.limits.cooling_off_hours:
        old = rules.limits.cooling_off_hours < scenario.population.max_session_hours
        intents *= old * (1 - 1 / predators.mean_session_hours) ** rules.limits.cooling_off_hours
    there = _p_within_reach(scenario, rules)
    return intents * there / (1 - (1 - there) * predators.p_retry_absent) if there else 0.0


def _p_within_reach(scenario: Scenario, rules: Rules) -> float:
    """Return the share of those sought whom predators may write to, of those whom they may under the baseline."""
    today, usual = _within_reach(rules), _within_reach(scenario.platform.rules)
    sought = np.array([np.array(o.target_weights) / sum(o.target_weights) for o in scenario.offences])
    of_class = np.average(sought, axis=0, weights=[offence.weight for offence in scenario.offences])
    return float(of_class @ np.minimum(1, today / np.where(usual > 0, usual, 1) * (usual > 0)))


def _within_reach(rules: Rules) -> NDArray[np.float64]:
    """Return the share of each class of users whom the door lets in and no limit keeps from predators."""
    let_in = np.array(p_let_in(rules))[: N_USER_STRATA : len(RATE_WEIGHTS)]
    if rules.limits.adults_to_minors:
        return let_in
    *of_bands, of_predators = rules.p_pass_for_adults
    may_write = 1 - (1 - np.array(of_bands).take(BAND_OF_CLASS)) * of_predators
    found: NDArray[np.float64] = np.where(rules.age.gate, let_in, let_in * may_write)
    return found


def _reports_an_approach(scenario: Scenario, rules: Rules) -> float:
    """Return the mean number of reports to the site that an approach leads to."""
    found_again = _p_meet_again(scenario)
    hazard = hazards(scenario)[:, :OFF] / NANO
    hazard[:, :, LEAVE] *= watched_milli(rules, scenario.predators.rel_leave_detector) / 1000
    hazard[:, :, RECOGNISE] *= 1 + rules.warnings.p_reached * (rules.warnings.rel_recognise - 1)
    parts_for_good = (1 - rules.registration.findability * found_again) / _hours_together(scenario)
    ends = hazard.sum(axis=2) + parts_for_good
    responses = scenario.responses
    stays = (1 - responses.p_block) * responses.p_stay * hazard[:, :, RECOGNISE] / (ends - hazard[:, :, RECOGNISE])
    goes_on = np.cumprod((hazard[:, :, GO_ON] / ends * (1 + stays))[:, :-1], axis=1)
    reached = np.concatenate((np.ones((len(hazard), 1)), goes_on), axis=1)
    recognised = reached * hazard[:, :, RECOGNISE] / ends
    reported = (recognised * _p_reported(scenario, rules)).sum(axis=1)
    seeks = responses.p_block * scenario.predators.p_seek_after_block * rules.registration.p_return
    sought_again = recognised.sum(axis=1) * seeks * rules.registration.findability * found_again
    reported *= 1 + sought_again
    by_stage = reached * _p_detected(scenario, rules)
    # A contact that is sought again is read from its second stage on.
    reported += by_stage.sum(axis=1) + by_stage[:, ENGAGED:].sum(axis=1) * sought_again
    return float(np.average(reported, weights=[offence.weight for offence in scenario.offences]))


def _hours_together(scenario: Scenario) -> float:
    """Return the mean time from an approach until the first of two sessions ends: half an hour, then whole hours."""
    both_stay = (1 - 1 / scenario.population.mean_session_hours) * (1 - 1 / scenario.predators.mean_session_hours)
    return 0.5 + both_stay / (1 - both_stay)


def _p_meet_again(scenario: Scenario) -> float:
    """Return the chance that a parted pair that could meet does so before it gives up; those who come often count."""
    people, predators = scenario.population, scenario.predators
    rates = people.visits_per_month * predators.visits_per_month / HOURS_PER_MONTH**2
    oftener = np.dot(RATE_WEIGHTS, np.square(relative_rates(people.visit_rate_sigma)))
    together = people.mean_session_hours + predators.mean_session_hours
    alike = np.square(weekly_profile(scenario)).mean()
    meetings = float(rates * oftener**2 * together * alike * scenario.contacts.rel_meeting)
    return meetings / (meetings + scenario.contacts.lapse_per_hour) if meetings else 0.0


def _p_reported(scenario: Scenario, rules: Rules) -> NDArray[np.float64]:
    """Return the chance that a recognised contact is reported, by a target or a flagger, shape (offences, stages)."""
    responses, stage = scenario.responses, np.arange(1, OFF + 1)
    chances = []
    for offence in scenario.offences:
        ready = np.minimum(1, responses.p_ready_to_report * offence.rel_report * np.outer(responses.rel_report, stage))
        by_class = p_report(ready, rules.reporting.rel_ready, rules.reporting.friction)
        by_target = np.average(by_class, axis=0, weights=offence.target_weights)
        chances.append(by_target + (1 - by_target) * rules.reporting.p_flagged)
    return np.array(chances)


def _p_detected(scenario: Scenario, rules: Rules) -> Floats:
    """Return the chance that a contact is read and flagged as it begins a stage, shape (offences, stages)."""
    sensitivity = np.array([rules.detection.p_contact, rules.detection.p_engaged, rules.detection.p_private])
    seen = np.array([offence.rel_detect for offence in scenario.offences])
    return np.asarray(rules.detection.coverage * p_detect(sensitivity, seen[:, None]), np.float64)
