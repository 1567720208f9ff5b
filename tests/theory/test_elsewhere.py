"""Hours kept out against theory: a door keeps out that share of hours which does not tolerate its friction."""

import numpy as np
import pytest

from sim.model.arrays.model import simulate
from sim.outcomes.counts import by_seed, counts_of
from sim.outcomes.elsewhere import elsewhere_of
from sim.policies.closure import ClosurePolicy
from sim.policies.registration import RegistrationPolicy
from sim.scenario.scenario import BASELINE
from tests.engines.chats import BUSY
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


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"clone": {"operation": {"open": False}}},
        {"rival": {"monthly_visitors": 300.0}},
    ],
    ids=["alone", "with a clone that stays closed", "with a rival that closes too"],
)
@pytest.mark.parametrize("p_elsewhere", [0.0, 0.5])
def test_where_all_sites_close_and_everybody_goes_on_as_many_are_harmed_elsewhere(
    beside: dict[str, dict[str, object]], p_elsewhere: float
) -> None:
    scenario = BUSY.replace(
        sites=beside, policies={"closed": (ClosurePolicy(),)},
        **{"displacement.delay_days": 0.0, "displacement.p_predators": 1.0, "displacement.p_users": 1.0,
           "displacement.p_elsewhere": p_elsewhere, "police.investigators": 0.0, "warmup_days": 3},
    )  # fmt: skip
    sums = counts_of(scenario, simulate(scenario, [0, 1], [BASELINE, "closed"])).sums()
    before, after = (by_seed(sums.total_harmed, policy).sum() for policy in (BASELINE, "closed"))
    assert by_seed(sums["n_persons_harmed"], "closed").sum() == 0 < 10 < before
    # Whom a door or a bar keeps out under the baseline is on no site either way: nearly all, not to the last.
    assert after == pytest.approx(before, rel=0.01)
