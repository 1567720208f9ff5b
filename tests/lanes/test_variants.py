"""A variant is the scenario with another value: alone in its loop or with others, its effect is that of `compare`."""

import pytest

import sim
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from tests.theory.laboratory import laboratory

BUSY = laboratory(
    days=8,
    warmup_days=4,
    policies={
        "email": (RegistrationPolicy(level="email"),),
        "email-easy": (RegistrationPolicy(level="email"), ReportingPolicy(friction=0.1)),
    },
    **{
        "population.monthly_visitors": 2000.0,
        "population.monthly_visitors_start": 2000.0,
        "predators.p_of_adults": 0.1,
        "contacts.private_harm_per_hour": 0.2,
        "contacts.off_harm_per_hour": 0.2,
    },
)
KEYS = (
    *("registration.email.findability", "registration.email.friction_user"),
    *("contacts.rel_meeting", "moderation.staff"),
)


@pytest.mark.slow
def test_a_variant_has_the_effect_of_a_scenario_of_its_own() -> None:
    found = sim.ranges(BUSY, parameters=KEYS, seeds=3)
    assert len(found.bars) == 2 * len(KEYS)
    assert set(found.bars["verdict"]) & {"moves", "not resolved"}
    for bar in found.bars.to_dict("records"):
        for end in ("low", "high"):
            variant = BUSY.replace(**{bar["parameter"]: bar[f"setting_{end}"]})
            effects = sim.compare(variant, [bar["policy"]], 3).effects
            alone = effects[effects["outcome"] == "total_harmed"].iloc[0]
            assert bar[f"at_{end}"] == pytest.approx(alone["relative"], rel=1e-12)
            assert bar[f"at_{end}_low"] == pytest.approx(alone["relative_low"], rel=1e-9)
