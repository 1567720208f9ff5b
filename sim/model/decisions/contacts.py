"""How a contact goes on: its stages and alarms, parting, meeting again and giving up."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sim.model.decisions.codes import MICRO, NEVER, RECOGNISE, SECONDS
from sim.model.decisions.numbers import Numbers
from sim.model.world.draws import Draws, Ints, Purpose, exponential, unit
from sim.rules.rulebook import Rules

ALARMS: Final = (Purpose.ALARM_RECOGNISE, Purpose.ALARM_FADE, Purpose.ALARM_LEAVE, Purpose.ALARM_GO_ON)


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
    return round(rules.warnings.rel_recognise * 1000) if rules.warnings.p_reached else 1000


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


def seeks(word: Any, numbers: Numbers, findability: Any, p_return: Any) -> Any:
    """Tell whether a blocked predator comes upon the target once more under a new identity."""
    return unit(word) < numbers.p_seek * findability * p_return


def ring_hour(ring: Any) -> Any:
    """Return the hour in which an absolute second falls: an hour's last second is its own."""
    return (ring - 1) // SECONDS


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
