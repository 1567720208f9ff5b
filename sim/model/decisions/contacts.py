"""How a contact goes on: its stages and alarms, parting, meeting again and giving up."""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.model.decisions.codes import BLOCK, MICRO, N_ALARMS, NEVER, OFF, RECOGNISE, SECONDS
from sim.model.decisions.either import yes_or_no
from sim.model.decisions.numbers import Numbers
from sim.model.world.draws import Bools, Ints, Number, Purpose, Word, Words, exponential, unit
from sim.model.world.keys import N_USER_STRATA, Whole, stratum_of
from sim.rules.rulebook import Rules

ALARMS: Final = (Purpose.ALARM_RECOGNISE, Purpose.ALARM_FADE, Purpose.ALARM_LEAVE, Purpose.ALARM_GO_ON)
_ALARM: Final = np.arange(N_ALARMS)[:, None]


def alarm_seconds(exponential_units: Whole, hazard_nano: Whole) -> Whole:
    """Return whole seconds, at least one, until an alarm rings: an exponential time divided by its hazard.

    Args:
        exponential_units: Exponential time of mean 1 in units of 1e-9.
        hazard_nano: Hazard in billionths an hour; 0 never rings.
    """
    seconds: Whole = exponential_units * SECONDS // np.maximum(hazard_nano, 1) + 1 + (hazard_nano == 0) * NEVER
    return seconds


def first_alarm(
    words: Words, hazard: Ints, knowing: int | Ints = 0, recognise_milli: Ints | None = None
) -> tuple[Ints, Ints]:
    """Return which alarm of a stage rings first, and after how many seconds of the contact's clock.

    Args:
        words: One for each of `ALARMS` and contact, under `keys.alarm_key`.
        hazard: Those of `Numbers.hazard` for the contacts' offences and stages, shape (contacts, alarms); written.
        knowing: 1 where the stage goes on after the target recognised the contact and stayed, or 0 for all.
        recognise_milli: Recognition in thousandths of its hazard, by contact; not given: all at the hazard.
    """
    units = exponential(words)
    in_force = hazard.T  # a view: what is written below is the caller's array
    if recognise_milli is not None:
        in_force[RECOGNISE] = warned(in_force[RECOGNISE], recognise_milli)
    in_force[RECOGNISE] *= 1 - knowing
    seconds = alarm_seconds(units, in_force)
    # An alarm and its seconds in one number, so that of several in one second the earlier in the order of alarms rings.
    first = (seconds * N_ALARMS + _ALARM).min(axis=0)
    return first % N_ALARMS, first // N_ALARMS


def recognise_milli(rules: Rules) -> int:
    """Return recognition by those whom warnings reach, in thousandths of its hazard; 1000 if they reach nobody."""
    return round(rules.warnings.rel_recognise * 1000) if rules.warnings.p_reached else 1000


def warned(hazard_nano: Whole, recognise_milli: Whole) -> Whole:
    """Return the hazard of recognition of those whom warnings reach."""
    return hazard_nano * recognise_milli // 1000


@yes_or_no
def warning_reaches(word: Word, p_reached: Number) -> bool | Bools:
    """Tell whether warnings reach a person; whom few reach, many reach too."""
    return unit(word) < p_reached


@yes_or_no
def found_again(word: Word, findability: Number) -> bool | Bools:
    """Tell whether two who are parted can find each other again."""
    return unit(word) < findability


@yes_or_no
def may_seek(answer: int | Ints, stage: int | Ints, again: int | Ints) -> bool | Bools:
    """Tell whether a predator may seek the target once more: blocked, on the platform, for the first time."""
    return (answer == BLOCK) & (stage < OFF) & (again == 0)


@yes_or_no
def seeks(word: Word, numbers: Numbers, findability: Number, p_return: Number) -> bool | Bools:
    """Tell whether a blocked predator comes upon the target once more under a new identity."""
    return unit(word) < numbers.p_seek * findability * p_return


def ring_hour(ring: Whole) -> Whole:
    """Return the hour in which an absolute second falls: an hour's last second is its own."""
    return (ring - 1) // SECONDS


def meeting_rate(target: Whole, predator: Whole, numbers: Numbers) -> Ints:
    """Return meetings an hour of a parted pair at the mean hour, in billionths."""
    rate: Ints = numbers.meeting_rate[stratum_of(target), stratum_of(predator) - N_USER_STRATA]
    return rate


def meeting_hour(exponential_units: int | Ints, rate: int | Ints, hour: int, week_meeting: Ints) -> Ints:
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
    # The table has the running sum of a week: whole weeks at once, and the rest looked up among its hours.
    weeks, rest = np.divmod(at - 1, week_meeting[168])
    met = hour - (hour + 1) % 168 + weeks * 168 + week_meeting.searchsorted(rest + 1)
    hours: Ints = met + (rate == 0) * NEVER
    return hours


def lapse_hour(exponential_units: Whole, hour: int, numbers: Numbers) -> Whole:
    """Return the hour in which a parted pair gives up, at the earliest the hour after; at a hazard of 0 never."""
    return hour + 1 + exponential_units // max(numbers.lapse_nano, 1) + (numbers.lapse_nano == 0) * NEVER


@yes_or_no
def meets_first(meet: int | Ints, lapse: int | Ints) -> bool | Bools:
    """Tell whether a parted pair meets again before it gives up, or in the same hour."""
    return meet <= lapse
