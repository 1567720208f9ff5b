"""The core model: what of the platform all alternatives write, stated once, with the numbers of a scenario.

Persons, lawful ones and predators, come and go. An hour h has four steps, in this order.

1. **Visits.** Whoever is under no bar begins a visit with probability ``1 - exp(-rate * weight)``: visits an hour of
   the person's own times the weight of the hour of the week. It lasts whole hours, geometric from 1 on, cut off at the
   longest; who is here already stays until the later end.
2. **Approaches.** A predator online intends a Poisson number of approaches. So many of them as the predator had free
   places at the start of this step become contacts, each at a moment uniform in the hour, each with a lawful person
   online, all equally likely.
3. **Contacts.** A contact on the platform is over when one of its two is no longer online. All others follow the
   hazards of their stage (first contact, engaged, private, off the platform), from moment to moment, as often as
   something rings in the hour: the target recognises it, it fades, it leaves the platform (and goes on from the end of
   the hour), or it goes on to the next stage, from the last two to harm, which ends it. Who recognises a contact on the
   platform reports it with a probability of the stage. Recognition ends a contact with a probability; if it does not,
   the stage goes on without being recognised again.
4. **Reviews.** Reports stand in one queue, first come, first served. Staff on shift gains its reviews of the hour,
   fractions too, and reads; what it could have done and did not, for want of reports, is lost, but for the fraction. A
   review finds the predator with a probability that depends on whether messages of the hour of the report still exist.
   Whoever is found is barred from the next hour on: if the device is recognised, for an exponential time; else for the
   rest of the visit that was reported, if it is still going on.

What is counted stands in `COUNTS`. All else that the platform does is left out; `LEFT_OUT` says what.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from sim.model.decisions.moderation import capacity_milli
from sim.model.decisions.numbers import hazards
from sim.model.world.keys import N_RATES, N_USER_STRATA
from sim.model.world.population import shares_and_uniques, visits_per_month, weekly_profile
from sim.rules.offences import Offence
from sim.rules.parameters import CLASSES, HOURS_PER_MONTH
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario

COCO = Path(__file__).parents[2] / "scenarios" / "coco.toml"

COUNTS = (
    "visits", "approaches", "engaged", "private", "off", "harms", "recognised", "reports", "reviews", "bars",
)  # fmt: skip
"""What every alternative counts: visits of lawful persons; approaches, and contacts that reach each later stage and
harm; recognitions, reports, reviews, bars."""

LEFT_OUT = (
    "offences and classes of targets, members who join and leave, doors, parted pairs who meet again, blocks and those "
    "who seek again, false reports and bars on lawful users, dossiers and triage, complaints, harm counted by person, "
    "who visits by day and month, and draws keyed so that policies can be compared pair by pair"
)
"""What the core model, and so every alternative, leaves out of what the platform does."""

FIRST, ENGAGED, PRIVATE, OFF = range(4)
RECOGNISE, FADE, LEAVE, GO_ON = range(4)


class Alternative(Protocol):
    """The core model written in one way.

    Attributes:
        counts: What happened since the beginning, by the names in `COUNTS`.
    """

    counts: dict[str, int]

    def run(self, hours: int) -> None:
        """Simulate so many more hours."""


@dataclass(frozen=True)
class Core:
    """The numbers of the core model.

    Attributes:
        n_users, n_predators: Persons by class of visit rate.
        user_rates, predator_rates: Visits an hour of a person of each class, at the mean hour.
        weights: Visits by hour of the run's week, relative to the mean hour.
        user_stay, predator_stay: Mean hours of a visit, before they are cut off at `longest`; more than 1.
        longest: Hours of the longest visit.
        approaches: Mean intents of a predator in an hour online.
        places: Contacts on the platform that a predator runs at a time.
        hazards: Per hour, by stage, of what can happen: recognition, fading, leaving the platform, going on.
        p_over: Chance that recognition ends a contact.
        p_report: Chances of a report by stage on the platform.
        message_hours: Hours for which messages are kept.
        p_find: Chances that a review finds a predator: with messages, and without.
        reviews: Reviews that the staff gains, by hour of the run's week.
        p_known: Chance that the device of a barred predator is recognised.
        bar_hours: Mean hours of the bar then.
    """

    n_users: tuple[int, ...]
    n_predators: tuple[int, ...]
    user_rates: tuple[float, ...]
    predator_rates: tuple[float, ...]
    weights: tuple[float, ...]
    user_stay: float
    predator_stay: float
    longest: int
    approaches: float
    places: int
    hazards: tuple[tuple[float, ...], ...]
    p_over: float
    p_report: tuple[float, ...]
    message_hours: int
    p_find: tuple[float, float]
    reviews: tuple[float, ...]
    p_known: float
    bar_hours: float

    @classmethod
    def of(cls, scenario: Scenario) -> Core:
        """Return the numbers of a scenario that `only_the_core` has made."""
        share, uniques = shares_and_uniques(scenario, scenario.platform)
        members = scenario.population.monthly_visitors * scenario.scale / uniques
        persons = np.rint(np.array(share) * members).astype(int)
        rates = visits_per_month(scenario) / HOURS_PER_MONTH
        rules, responses = scenario.platform.rules, scenario.responses
        p_ready = responses.p_ready_to_report * scenario.offences[0].rel_report
        return cls(
            n_users=tuple(persons[:N_USER_STRATA].reshape(-1, N_RATES).sum(axis=0).tolist()),
            n_predators=tuple(persons[N_USER_STRATA:].tolist()),
            user_rates=tuple(rates[:N_RATES].tolist()),
            predator_rates=tuple(rates[N_USER_STRATA:].tolist()),
            weights=tuple(weekly_profile(scenario).tolist()),
            user_stay=scenario.population.mean_session_hours,
            predator_stay=scenario.predators.mean_session_hours,
            longest=scenario.population.max_session_hours,
            approaches=scenario.predators.approaches_per_hour,
            places=scenario.predators.contacts_at_once,
            hazards=tuple(map(tuple, (hazards(scenario)[0] / 1e9).tolist())),
            p_over=1 - (1 - responses.p_block) * responses.p_stay,
            p_report=tuple(min(1, p_ready * n) * (1 - rules.reporting.friction) for n in (1, 2, 3)),
            message_hours=rules.retention.message_hours,
            p_find=(rules.moderation.p_find_with_evidence, rules.moderation.p_find_without_evidence),
            reviews=tuple(
                (capacity_milli(rules, scenario.hour_of_week(np.arange(168)), scenario.scale) / 1000).tolist()
            ),
            p_known=rules.registration.p_device_recognised,
            bar_hours=rules.registration.return_delay_hours,
        )

    def p_visit(self, rate: float, hour: int) -> float:
        """Return the chance that somebody of a rate begins a visit in an hour."""
        return 1 - math.exp(-rate * self.weights[hour % 168])


def only_the_core(scenario: Scenario) -> Scenario:
    """Return a scenario without what the core model leaves out, as far as settings can say so.

    The offences become a single one, with their factors in the mean over predators and targets, which seeks lawful
    persons as they come. What stays otherwise than in the core model: members join and leave, reports on one visit are
    one dossier, and a predator has no two contacts with the same person.
    """
    classes = np.array(scenario.responses.rel_report)
    weight = np.array([o.weight for o in scenario.offences], float)
    sought = np.array([np.array(o.target_weights) / sum(o.target_weights) for o in scenario.offences])
    mean = {
        name: float(np.average([getattr(o, name) for o in scenario.offences], weights=weight))
        for name in ("rel_harm", "rel_leave", "rel_recognise")
    }
    ready = [o.rel_report for o in scenario.offences] * (sought @ classes)
    one = Offence(
        name="any_offence",
        target_weights=tuple(round(1000 * p) for p in scenario.population.p_classes),
        rel_report=float(np.average(ready, weights=weight)),
        **mean,
    )
    return scenario.replace(
        offences=(one,),
        **{f"responses.rel_report_{name}": 1.0 for name in CLASSES},
        **{
            "population.monthly_visitors_start": scenario.population.monthly_visitors,
            "predators.p_seek_after_block": 0.0,
            "responses.p_constant": 0.0,
            "responses.p_ready_false_report": 0.0,
            "responses.p_complain_recognised": 0.0,
            "responses.p_complain_harmed": 0.0,
            "registration.none.findability": 0.0,
            "registration.none.p_return": 1.0,
            "registration.device_known_days": 100_000.0,
            "moderation.dossier_expiry_hours": 100_000,
        },
    )


def coco() -> Scenario:
    """Return the reference case at full size from the first hour on, every day of the week alike."""
    scenario = load(COCO)
    return scenario.replace(**{
        "population.monthly_visitors_start": scenario.population.monthly_visitors,
        "population.rel_weekend": 1.0,
    })  # fmt: skip
