"""Each decision of the hour as a pure function of numbers: what both engines share besides the world and the draws.

Functions take Python numbers or arrays alike. Times of a contact are in whole seconds, hazards in billionths an hour; a
hazard that rounds to none never acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.draws import Draws, Ints, Purpose, exponential, pick, unit
from sim.parameters import HOURS_PER_MONTH, WEEKDAYS
from sim.population import N_USER_STRATA, permille
from sim.rules import Rules
from sim.scenario import Scenario
from sim.world import World

CONTACT, ENGAGED, PRIVATE, OFF = range(4)
"""Stages of a contact."""
RECOGNISE, FADE, LEAVE, GO_ON = range(4)
"""What can end a stage; in a tie the earlier in this order rings."""
BLOCK, WITHDRAW, STAY = range(3)
"""What a target does who recognises a contact: the first two end it."""
NEVER: Final = 1 << 50
"""An hour or second that never comes."""
SECONDS: Final = 3600
MONTH_HOURS: Final = 720
"""Thirty days, from which on announced retention deters as much as it can."""
MICRO: Final = 1_000_000
NANO: Final = 1_000_000_000
ALARMS: Final = (Purpose.ALARM_RECOGNISE, Purpose.ALARM_FADE, Purpose.ALARM_LEAVE, Purpose.ALARM_GO_ON)
DELAY_CELLS: Final = 4096
LEVELS: Final = 8
"""Levels of priority of a dossier: its gravity or number of reports; those of trusted flaggers stand above them all."""


@dataclass(frozen=True)
class Numbers:
    """Numbers of the scenario as decisions need them, made once.

    Attributes:
        hazard: Hazards in billionths an hour, shape (offences, stages, alarms).
        p_report: Probability that a target reports who reports without effort, shape (offences, classes, stages).
        p_complain: Probability of a complaint, shape (offences, 2): after recognition, after harm.
        delay_hours: Delays of complaints that do not come at once: DELAY_CELLS equally likely cells.
        meeting_rate: Meetings an hour of a parted pair at the mean hour, in billionths, shape (user strata, predator
            rate classes).
        week_meeting: Relative chance of meeting summed over the hours of the run's week, 169 entries in millionths.
        p_constant: Share of decisions that follow a person's own trait.
        p_at_once: Share of complaints that come within the hour.
        p_retry_absent: Chance of looking further.
        p_block: Chance that a target who recognises a contact blocks the predator.
        p_stay: Chance that one who does not block goes on with it.
        p_seek: Chance that a blocked predator seeks the target once more, if a new identity lets them.
        p_deterred: Share of approaches that messages kept for a month deter.
        lapse_nano: Hazard of giving up a parted contact, in billionths an hour.
    """

    hazard: Ints
    p_report: NDArray[np.float64]
    p_complain: NDArray[np.float64]
    delay_hours: Ints
    meeting_rate: Ints
    week_meeting: Ints
    p_constant: float
    p_at_once: float
    p_retry_absent: float
    p_block: float
    p_stay: float
    p_seek: float
    p_deterred: float
    lapse_nano: int


def numbers_of(world: World) -> Numbers:
    """Make the tables that decisions need from a world's scenario."""
    scenario = world.scenario
    responses = scenario.responses
    rel_report = np.array(responses.rel_report)
    stage = np.arange(1, OFF + 1)
    p_report = [
        np.minimum(1, responses.p_ready_to_report * o.rel_report * rel_report[:, None] * stage)
        for o in scenario.offences
    ]
    p_complain = [
        np.minimum(1, np.array([responses.p_complain_recognised, responses.p_complain_harmed]) * o.rel_complain)
        for o in scenario.offences
    ]
    squared = np.rint(world.profile**2 * MICRO).astype(np.int64)
    return Numbers(
        hazard=hazards(scenario),
        p_report=np.array(p_report),
        p_complain=np.array(p_complain),
        delay_hours=complaint_delays(responses.complaint_delay_median_days, responses.complaint_delay_sigma),
        meeting_rate=meeting_rates(world),
        week_meeting=np.concatenate(([0], np.cumsum(squared))),
        p_constant=responses.p_constant,
        p_at_once=responses.p_complain_at_once,
        p_retry_absent=scenario.predators.p_retry_absent,
        p_block=responses.p_block,
        p_stay=responses.p_stay,
        p_seek=scenario.predators.p_seek_after_block,
        p_deterred=scenario.predators.p_deterred_by_retention,
        lapse_nano=round(scenario.contacts.lapse_per_hour * NANO),
    )


# -- the door -----------------------------------------------------------------------------------------------------


def lets_in(tolerance: Any, friction: Any) -> Any:
    """Tell whether a door lets in a person of a tolerance; who passes a strict door passes a mild one."""
    return tolerance >= friction


def doors_of(rules: Rules) -> tuple[int, int]:
    """Return the friction of entry for lawful users and predators as classes of tolerance."""
    return permille(rules.registration_friction_user), permille(rules.registration_friction_predator)


def looks_further(word: Any, numbers: Numbers) -> Any:
    """Tell whether a predator looks for somebody else when the person drawn is absent because of a policy."""
    return unit(word) < numbers.p_retry_absent


def deterred(word: Any, numbers: Numbers, retention_hours: Any) -> Any:
    """Tell whether the announced retention of messages deters an approach: most from a month on."""
    return unit(word) < numbers.p_deterred * np.minimum(retention_hours, MONTH_HOURS) / MONTH_HOURS


def may_write(age_hours: Any, cooling_off_hours: Any) -> Any:
    """Tell whether an account of an age may write to strangers."""
    return age_hours >= cooling_off_hours


# -- contacts -----------------------------------------------------------------------------------------------------


def hazards(scenario: Scenario) -> Ints:
    """Return hazards by offence, stage and alarm in billionths an hour; 0 is never."""
    c = scenario.contacts
    table = [
        [
            [c.contact_recognise_per_hour * o.rel_recognise, c.contact_fade_per_hour, 0, c.contact_engage_per_hour],
            [c.engaged_recognise_per_hour * o.rel_recognise, c.engaged_fade_per_hour, 0, c.engaged_private_per_hour],
            [
                c.private_recognise_per_hour * o.rel_recognise,
                c.private_fade_per_hour,
                c.private_leave_per_hour * o.rel_leave,
                c.private_harm_per_hour * o.rel_harm,
            ],
            [c.off_recognise_per_hour * o.rel_recognise, c.off_fade_per_hour, 0, c.off_harm_per_hour * o.rel_harm],
        ]
        for o in scenario.offences
    ]
    return np.rint(np.array(table) * NANO).astype(np.int64)


def alarm_seconds(exponential_units: Any, hazard_nano: Any) -> Any:
    """Return whole seconds, at least one, until an alarm rings: an exponential time divided by its hazard.

    Args:
        exponential_units: Exponential time of mean 1 in units of 1e-9.
        hazard_nano: Hazard in billionths an hour; 0 never rings.
    """
    return exponential_units * SECONDS // np.maximum(hazard_nano, 1) + 1 + (hazard_nano == 0) * NEVER


def first_alarm(
    draws: Draws, hazard: Ints, seed: Any, contact: Ints, offence: Ints, stage: Any, again: Any = 0, knowing: Any = 0,
    recognise_milli: Ints | None = None,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Draw the alarms of a stage and return which rings first and after how many seconds of the contact's clock.

    Args:
        draws: Where words come from.
        hazard: `Numbers.hazard`.
        seed: Index of the seed, arrays of one shape.
        contact: Id.
        offence: Row.
        stage: Stage that begins, array or one number.
        again: 1 where the predator came back after a block, likewise.
        knowing: 1 where the stage goes on after the target recognised the contact and stayed, likewise.
        recognise_milli: Recognition in thousandths of its hazard, by contact; not given: all at the hazard.
    """
    units = exponential(draws.words(ALARMS, seed, contact, alarm_key(stage, again, knowing)))
    in_force = hazard[offence, stage].T
    if recognise_milli is not None:
        in_force[RECOGNISE] = warned(in_force[RECOGNISE], recognise_milli)
    in_force[RECOGNISE] *= 1 - knowing
    seconds = alarm_seconds(units, in_force)
    alarm = seconds.argmin(axis=0)
    return alarm, seconds[alarm, np.arange(alarm.size)]


def alarm_key(stage: Any, again: Any, knowing: Any = 0) -> Any:
    """Return the occurrence that keys the alarms of a stage: before a block or after it, and once it is recognised."""
    return stage + 4 * again + 8 * knowing


def recognise_milli(rules: Rules) -> int:
    """Return recognition by those whom warnings reach, in thousandths of its hazard; 1000 if they reach nobody."""
    return round(rules.warnings_rel_recognise * 1000) if rules.warnings_p_reached else 1000


def warned(hazard_nano: Any, recognise_milli: Any) -> Any:
    """Return the hazard of recognition of those whom warnings reach."""
    return hazard_nano * recognise_milli // 1000


def warning_reaches(word: Any, p_reached: Any) -> Any:
    """Tell whether warnings reach a person; whom few reach, many reach too."""
    return unit(word) < p_reached


def occasion_key(again: Any, n_recognised: Any) -> Any:
    """Return the occurrence that keys what a target does: before a block or after it, after so many recognitions.

    Not by the stage, so that a target whom another policy lets recognise later has the same luck.
    """
    return again + 2 * n_recognised


def on_recognition(block: Any, stay: Any, numbers: Numbers) -> Any:
    """Return what a target who recognises a contact does: `BLOCK`, `WITHDRAW` (end it without a block) or `STAY`."""
    return np.where(unit(block) < numbers.p_block, BLOCK, np.where(unit(stay) < numbers.p_stay, STAY, WITHDRAW))


def seeks(word: Any, numbers: Numbers, findability: Any, p_return: Any) -> Any:
    """Tell whether a blocked predator comes upon the target once more under a new identity."""
    return unit(word) < numbers.p_seek * findability * p_return


def ring_hour(ring: Any) -> Any:
    """Return the hour in which an absolute second falls: an hour's last second is its own."""
    return (ring - 1) // SECONDS


def meeting_rates(world: World) -> Ints:
    """Return meetings an hour of a parted pair, in billionths, by the strata of user and predator; 0 is never.

    Either comes while the other is there, by chance, times `rel_meeting`.

    With visit rates r and mean sessions D, the one begins a visit at rate r1 while the other is there with
    probability r2 D2, and the other way round.
    """
    rate = world.visits_per_month / HOURS_PER_MONTH
    stay_user = world.scenario.population.mean_session_hours
    stay_predator = world.scenario.predators.mean_session_hours
    user, predator = rate[:N_USER_STRATA, None], rate[None, N_USER_STRATA:]
    chance = user * predator * (stay_user + stay_predator) * world.scenario.contacts.rel_meeting
    return np.rint(chance * NANO).astype(np.int64)


def meeting_hour(exponential_units: Any, rate: Any, hour: Any, week_meeting: Ints) -> Any:
    """Return the hour in which a parted pair would meet, at the earliest the hour after.

    The pair's hazard follows the hours of the week; the exponential time is spent hour by hour.

    Args:
        exponential_units: Exponential time of mean 1 in units of 1e-9.
        rate: Meetings an hour at the mean hour, in billionths; 0 never meets.
        hour: Hour of parting.
        week_meeting: `Numbers.week_meeting`.
    """
    need = exponential_units * MICRO // np.maximum(rate, 1) + 1  # in millionths of a mean hour, at least one
    at = week_meeting[(hour + 1) % 168] + need
    weeks, rest = np.divmod(at - 1, week_meeting[168])
    met = hour + 1 - (hour + 1) % 168 + weeks * 168 + np.searchsorted(week_meeting, rest + 1) - 1
    return met + (rate == 0) * NEVER


def lapse_hour(exponential_units: Any, hour: Any, numbers: Numbers) -> Any:
    """Return the hour in which a parted pair gives up, at the earliest the hour after; at a hazard of 0 never."""
    return hour + 1 + exponential_units // max(numbers.lapse_nano, 1) + (numbers.lapse_nano == 0) * NEVER


# -- responses ----------------------------------------------------------------------------------------------------


def chance(constant: Any, trait: Any, fresh: Any, p: Any, p_constant: float) -> Any:
    """Decide with probability p; a share `p_constant` of a person's decisions follows the same trait.

    Args:
        constant: Word that says whether this decision follows the trait.
        trait: The person's own word.
        fresh: Word of this occasion.
        p: Probability.
        p_constant: Share that follows the trait.
    """
    return np.where(unit(constant) < p_constant, unit(trait) < p, unit(fresh) < p)


def p_report(p_ready: Any, rel_ready: Any, friction: Any) -> Any:
    """Return the probability that a target reports, given readiness, what answers do to it, and friction."""
    return np.minimum(1, p_ready * rel_ready) * (1 - friction)


def would_report(draws: Draws, seed: Any, contact: Any, occasion: Any, person: Any, p: Any, p_constant: float) -> Any:
    """Tell whether a target who recognised a contact reports it; who reports when it is hard does when it is easy."""
    constant, fresh = draws.words((Purpose.REPORT_CONSTANT, Purpose.REPORT_FRESH), seed, contact, occasion)
    trait = draws.words(Purpose.REPORT_TRAIT, seed, person)
    return chance(constant, trait, fresh, p, p_constant)


def reports_falsely(effort: Any, friction: Any, rel_false: Any) -> Any:
    """Tell whether a lawful conversation leads to a report."""
    return effort < (1 - friction) * rel_false


def flags(word: Any, p_flagged: Any) -> Any:
    """Tell whether a trusted flagger reports a contact that the target recognised but did not report."""
    return unit(word) < p_flagged


@cache
def complaint_delays(median_days: float, sigma: float) -> Ints:
    """Return the delays of complaints in whole hours, one for each of DELAY_CELLS equally likely cells (lognormal)."""
    normal = NormalDist()
    delays = []
    for cell in range(DELAY_CELLS):
        z = round(normal.inv_cdf((2 * cell + 1) / (2 * DELAY_CELLS)) * sigma, 9)
        delays.append(int((Decimal(str(z)).exp() * Decimal(str(median_days)) * 24).to_integral_value()))
    return np.array(delays, np.int64)


def complaint_delay(draws: Draws, seed: Any, contact: Any, occasion: Any, numbers: Numbers) -> Any:
    """Return after how many hours a complaint reaches the police."""
    at_once, delay = draws.words((Purpose.COMPLAIN_AT_ONCE, Purpose.COMPLAIN_DELAY), seed, contact, occasion)
    return np.where(unit(at_once) < numbers.p_at_once, 0, pick(delay, numbers.delay_hours))


# -- moderation ---------------------------------------------------------------------------------------------------


def dossier_key(hour: Any, session: Any) -> Any:
    """Return the number of a person's dossier: hour of opening and age of the account's visit (63: it persists)."""
    return hour * 64 + np.where(session < 0, 63, np.minimum(hour - session, 62))


def level_of_reports(n_reports: int) -> int:
    """Return the level of priority of so many reports on one account; the highest takes all that are more."""
    return min(n_reports, LEVELS) - 1


def queue_entry(
    gravity: tuple[int, int], reports: tuple[int, int], flagged_since: int, opened: int, triage: str
) -> tuple[int, int]:
    """Return the level of priority of a dossier and the hour since which it has it, under a rule of triage.

    Args:
        gravity: Gravest stage reported, and the hour since which.
        reports: Level by number of reports, and the hour since which.
        flagged_since: Hour of a trusted flagger's first report; -1 if there is none.
        opened: Hour of the first report.
        triage: The rule.
    """
    level, since = {"gravest": gravity, "most_reported": reports}.get(triage, (0, opened))
    return (level, since) if flagged_since < 0 else (level + LEVELS, max(since, flagged_since))


def finds(word: int, predator: bool, evidence: bool, rules: Rules) -> bool:
    """Tell whether a review ends in a sanction: an offender found, or an innocent hit."""
    if predator:
        p = rules.moderation_p_find_with_evidence if evidence else rules.moderation_p_find_without_evidence
    else:
        p = 1 - (rules.moderation_p_clear_with_evidence if evidence else rules.moderation_p_clear_without_evidence)
    return bool(unit(word) < p)


def history_since(before: Any, hour: int, retention_hours: Any) -> Any:
    """Return the oldest hour whose messages are still kept: deletion is final, whatever the rule later."""
    return np.maximum(before, hour - retention_hours + 1)


def capacity_milli(rules: Rules, hour_of_week: Any, scale: float) -> Any:
    """Return thousandths of a review that the staff can do in an hour of the week."""
    milli = moderators(rules, hour_of_week, scale) * rules.moderation_reviews_per_hour * 1000
    return np.rint(milli).astype(np.int64)


def moderators(rules: Rules, hour_of_week: Any, scale: float) -> Any:
    """Return the heads on shift in an hour of the week."""
    return rules.moderation_staff * scale * on_shift(rules, hour_of_week)


def on_shift(rules: Rules, hour_of_week: Any) -> Any:
    """Tell whether an hour lies in a shift: one that begins on a day of shifts, and may last into the next day.

    Args:
        rules: Rules of the day on which the hour falls.
        hour_of_week: Counted from the midnight before Monday.
    """
    begins = np.array([day in rules.moderation_shift_days for day in WEEKDAYS])
    latest, since = np.divmod((hour_of_week - rules.moderation_shift_start_hour) % 168, 24)
    return begins[latest] & (since < rules.moderation_shift_hours)
