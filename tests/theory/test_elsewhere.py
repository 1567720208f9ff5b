"""Hours kept out against theory: a door keeps out that share of hours which does not tolerate its friction."""

import numpy as np

from sim.model.arrays.model import simulate
from sim.outcomes.counts import counts_of
from sim.outcomes.elsewhere import elsewhere_of
from sim.policies.registration import RegistrationPolicy
from sim.scenario.scenario import BASELINE
from tests.theory.laboratory import ERRORS, laboratory

USERS, PREDATORS = 0.4, 0.15


def test_a_door_keeps_out_the_share_of_hours_of_its_friction() -> None:
    """Tolerance depends on no other trait, so that hours are kept out like persons, in the mean over seeds."""
    doors = {"registration.email.friction_user": USERS, "registration.email.friction_predator": PREDATORS}
    scenario = laboratory(**doors, policies={"door": (RegistrationPolicy(level="email"),)}, days=14)
    records = simulate(scenario, range(8), [BASELINE, "door"])
    found = elsewhere_of(counts_of(scenario, records), ["door"]).iloc[0]
    daily = records.daily[records.daily.policy == BASELINE]
    predators = scenario.population.monthly_visitors * scenario.predators.p_of_adults * 0.7  # rather too few
    assert daily["n_predator_hours"].sum() > 10_000
    for share, expected, persons in (
        (found["predators_out"], PREDATORS, predators),
        (found["users_out"], USERS, scenario.population.monthly_visitors),
    ):
        # Each person is in or out for good; visits spread evenly, so that persons count about alike, half more at most.
        error = np.sqrt(expected * (1 - expected) / (8 * persons) * 1.5)
        assert abs(share - expected) < ERRORS * error
