"""Numbers of the scenario as decisions need them, made once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.model.decisions.codes import MICRO, N_ALARMS, N_STAGES, NANO, OFF
from sim.model.world.draws import Ints
from sim.model.world.keys import N_USER_STRATA
from sim.model.world.world import World
from sim.rules.parameters import HOURS_PER_MONTH, FeltRisk, Police
from sim.scenario.scenario import Scenario

DELAY_CELLS: Final = 4096


@dataclass(frozen=True)
class Numbers:
    """Numbers of the scenario as decisions need them, made once.

    Attributes:
        hazard: Hazards in billionths an hour, shape (offences, stages, alarms).
        p_report: Probability that a target reports who reports without effort, shape (offences, classes, stages).
        rel_detect: How far a detector can see each offence.
        p_complain: Probability of a complaint, shape (offences, 2): after recognition, after harm.
        delay_hours: Delays of complaints that do not come at once: DELAY_CELLS equally likely cells.
        meeting_rate: Meetings an hour of a parted pair at the mean hour, in billionths, shape (user strata, predator
            rate classes).
        week_meeting: Relative chance of meeting summed over the hours of the run's week, 169 entries in millionths.
        p_constant: Share of decisions that follow a person's own trait.
        p_at_once: Share of complaints that come within the hour.
        p_retry_absent: Chance of looking further where somebody is absent.
        p_retry_protected: Likewise where somebody is protected.
        p_block: Chance that a target who recognises a contact blocks the predator.
        p_stay: Chance that one who does not block goes on with it.
        p_seek: Chance that a blocked predator seeks the target once more, if a new identity lets them.
        p_deterred: Share of approaches that messages kept for a month deter.
        lapse_nano: Hazard of giving up a parted contact, in billionths an hour.
        police: What is known of the police.
        host_moves: Hour from which a host that moves is abroad.
        request_spread: How long a request takes relative to its median, in millionths: DELAY_CELLS cells.
        arrest_hours: Hours from identification to arrest, likewise.
        felt_risk: What predators make of arrests and bans.
        rel_leave_detector: How much oftener private contacts leave a platform whose detector reads everything.
    """

    hazard: Ints
    p_report: NDArray[np.float64]
    rel_detect: NDArray[np.float64]
    p_complain: NDArray[np.float64]
    delay_hours: Ints
    meeting_rate: Ints
    week_meeting: Ints
    p_constant: float
    p_at_once: float
    p_retry_absent: float
    p_retry_protected: float
    p_block: float
    p_stay: float
    p_seek: float
    p_deterred: float
    lapse_nano: int
    police: Police
    host_moves: int
    request_spread: Ints
    arrest_hours: Ints
    felt_risk: FeltRisk
    rel_leave_detector: float

    def hazards(self, offence: Ints, stage: int | Ints) -> Ints:
        """Return the hazards of contacts of offences at stages: a new array of shape (contacts, alarms)."""
        return self.hazard.reshape(-1, N_ALARMS).take(offence * N_STAGES + stage, axis=0)


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
        rel_detect=np.array([o.rel_detect for o in scenario.offences]),
        p_complain=np.array(p_complain),
        delay_hours=complaint_delays(responses.complaint_delay_median_days, responses.complaint_delay_sigma),
        meeting_rate=meeting_rates(world),
        week_meeting=np.concatenate(([0], np.cumsum(squared))),
        p_constant=responses.p_constant,
        p_at_once=responses.p_complain_at_once,
        p_retry_absent=scenario.predators.p_retry_absent,
        p_retry_protected=scenario.predators.p_retry_protected,
        p_block=responses.p_block,
        p_stay=responses.p_stay,
        p_seek=scenario.predators.p_seek_after_block,
        p_deterred=scenario.predators.p_deterred_by_retention,
        lapse_nano=round(scenario.contacts.lapse_per_hour * NANO),
        police=scenario.police,
        host_moves=24 * (scenario.warmup_days + scenario.police.home_days),
        request_spread=lognormal(scenario.police.request_sigma, MICRO),
        arrest_hours=lognormal(scenario.police.arrest_delay_sigma, 24 * scenario.police.arrest_delay_median_days),
        felt_risk=scenario.felt_risk,
        rel_leave_detector=scenario.predators.rel_leave_detector,
    )


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
    hazard: Ints = np.rint(np.array(table) * NANO).astype(np.int64)
    return hazard


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


def complaint_delays(median_days: float, sigma: float) -> Ints:
    """Return the delays of complaints in whole hours, one for each of DELAY_CELLS equally likely cells (lognormal)."""
    return lognormal(sigma, 24 * median_days)


@cache
def lognormal(sigma: float, median: float) -> Ints:
    """Return whole numbers of a lognormal quantity, one for each of DELAY_CELLS equally likely cells."""
    normal = NormalDist()
    values = []
    for cell in range(DELAY_CELLS):
        z = round(normal.inv_cdf((2 * cell + 1) / (2 * DELAY_CELLS)) * sigma, 9)
        values.append(int((Decimal(str(z)).exp() * Decimal(str(median))).to_integral_value()))
    return np.array(values, np.int64)
