"""The hour is not a parameter: with every number of hours doubled and every rate an hour halved, effects stay."""

import numpy as np
import pandas as pd
import pytest

from sim.model.arrays.model import simulate
from sim.model.world.world import World
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.rules.parameters import Contacts
from sim.scenario.scenario import Scenario
from tests.theory.laboratory import ERRORS, laboratory

pytestmark = pytest.mark.slow

SEEDS = range(30)
ARMS = {"phone": (RegistrationPolicy(level="phone"),), "reporting": (ReportingPolicy(friction=0.0),)}
HAZARDS = {name: field.default for name, field in Contacts.model_fields.items() if name.endswith("_per_hour")}
HOURS = {
    "population.mean_session_hours": 4.0,
    "predators.mean_session_hours": 6.0,
    "population.max_session_hours": 12,
    "registration.email.return_delay_hours": 60.0,
    "registration.phone.return_delay_hours": 100.0,
    "retention.message_hours": 12,
    "moderation.dossier_expiry_hours": 168,
    "responses.complaint_delay_median_days": 30.0,
}
RATES = {
    "population.visits_per_month": 6.0,
    "predators.visits_per_month": 12.0,
    "predators.approaches_per_hour": 0.8,
    "population.conversations_per_hour": 0.5,
    "moderation.reviews_per_hour": 20.0,
    **{f"contacts.{name}": 2 * rate for name, rate in HAZARDS.items()},
}


def members(scenario: Scenario) -> float:
    return float(World(scenario, SEEDS).membership.n_members(0).sum() / len(SEEDS))


def scenario(unit: int, visitors: float = 1_500.0) -> Scenario:
    """A chat whose hours are `unit` times as many: at 2, two of its hours are one hour of the other."""
    return laboratory(
        policies=ARMS,
        warmup_days=10 * unit,
        days=40 * unit,
        **{name: value * unit for name, value in HOURS.items()},
        **{name: value / unit for name, value in RATES.items()},
        **{
            "population.hourly_weights": (1,) * 24,
            "population.rel_weekend": 1.0,
            "population.monthly_visitors": visitors,
            "population.monthly_visitors_start": visitors,
            "population.mean_stay_days": 200.0 * unit,
            "predators.p_of_adults": 0.06,
            # Accounts persist: a bar that ends with the visit would be shorter by the half hour until the next full
            # one, on average, which is less of a doubled visit (measured: -16.8% approaches against -18.3%).
            "registration.level": "email",
            "moderation.staff": 1.0,
            "moderation.shift_start_hour": 0,
            "moderation.shift_hours": 24,
        },
    )


def relative(daily: pd.DataFrame, arm: str, outcome: str) -> tuple[float, float]:
    """Return the relative effect of an arm and its standard error, from a jackknife over seeds."""
    sums = daily.pivot_table(index="seed", columns="policy", values=outcome, aggfunc="sum")
    part, whole = (sums[arm] - sums["baseline"]).to_numpy(float), sums["baseline"].to_numpy(float)
    left_out = (part.sum() - part) / (whole.sum() - whole)
    n = part.size
    return float(part.sum() / whole.sum()), float(np.sqrt((n - 1) ** 2 / n * left_out.var(ddof=1)))


@pytest.fixture(scope="module")
def both() -> tuple[pd.DataFrame, pd.DataFrame]:
    hours = scenario(1)
    # The same members come half as often in a month of twice as many hours: the audience that has as many members.
    visitors = 1_500.0
    for _ in range(3):
        visitors *= members(hours) / members(scenario(2, visitors))
    halves = scenario(2, visitors)
    assert members(halves) == pytest.approx(members(hours), rel=0.002)
    first, second = (simulate(s, list(SEEDS), ["baseline", *ARMS]).daily for s in (hours, halves))
    return first, second


@pytest.mark.parametrize("outcome", ["n_approach", "n_recognise", "n_harm", "n_meet", "n_bar"])
@pytest.mark.parametrize("arm", ARMS)
def test_relative_effects_do_not_depend_on_what_an_hour_is(
    both: tuple[pd.DataFrame, pd.DataFrame], arm: str, outcome: str
) -> None:
    (value, error), (other, other_error) = (relative(daily, arm, outcome) for daily in both)
    assert abs(value) > 10 * error, "an effect to compare"
    # Whole-hour sessions and the wait for the next full hour need no margin: at 60 seeds z was 2.1 at most.
    assert abs(value - other) < ERRORS * np.hypot(error, other_error)


@pytest.mark.parametrize("outcome", ["n_visits", "n_approach", "n_recognise", "n_harm", "n_meet"])
def test_levels_of_the_baseline_do_not_depend_on_what_an_hour_is(
    both: tuple[pd.DataFrame, pd.DataFrame], outcome: str
) -> None:
    by_seed = [d[d.policy == "baseline"].groupby("seed")[outcome].sum() for d in both]
    errors = [x.std(ddof=1) / np.sqrt(x.size) for x in by_seed]
    assert abs(by_seed[0].mean() - by_seed[1].mean()) < ERRORS * np.hypot(*errors)
