"""Members: exact in the mean over seeds, however few there are, and never off by a person in any seed."""

from pathlib import Path

import numpy as np
import pytest

from sim.model.arrays.model import simulate
from sim.model.world.draws import Draws
from sim.model.world.keys import N_STRATA, N_USER_STRATA
from sim.model.world.population import LONG_AGO, membership, visits_per_month
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE, Scenario
from tests.theory.laboratory import ERRORS, ON_ADULTS

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SEEDS = range(400)
CLASSROOM = load(SCENARIOS / "classroom.toml").replace(policies={})
GENERIC = load(SCENARIOS / "generic_chat.toml").replace(policies={})
GROWING, SHRINKING = (
    CLASSROOM.replace(**{
        "population.monthly_visitors_start": first, "population.monthly_visitors": last, "population.growth_days": 40,
        "population.mean_stay_days": 50.0,
    })
    for first, last in ((300.0, 2_000.0), (2_000.0, 300.0))
)  # fmt: skip
CHATS = {
    "classroom": CLASSROOM, "generic": GENERIC.replace(scale=0.02), "growing": GROWING, "shrinking": SHRINKING,
}  # fmt: skip


def members(scenario: Scenario, seeds: range | list[int] = SEEDS) -> np.ndarray:
    """Return members by seed, day and stratum."""
    found = membership(scenario, Draws(seeds))
    return found.high - found.low


def expected(scenario: Scenario) -> np.ndarray:
    """Return the members that are wanted by day and stratum, fractions among them: those of a chat 200 times larger."""
    people = scenario.population
    larger = scenario.replace(**{
        "population.monthly_visitors": 200 * people.monthly_visitors,
        "population.monthly_visitors_start": 200 * people.monthly_visitors_start,
    })  # fmt: skip
    return members(larger, [0])[0] / 200


@pytest.mark.parametrize("chat", CHATS)
def test_members_are_right_in_the_mean_over_seeds_on_every_day_and_in_every_stratum(chat: str) -> None:
    found, wanted = members(CHATS[chat]), expected(CHATS[chat])
    rest = wanted % 1
    error = np.sqrt(rest * (1 - rest) / len(SEEDS))
    # Thousands of days and strata, so 5 errors; what is wanted is itself a whole number of 1 / 200.
    assert (abs(found.mean(axis=0) - wanted) < 5 * error + 0.01).all()
    assert (abs(found - wanted) < 1 + 0.01).all()
    assert (found[:, :, 0].std(axis=0) > 0).all()


def test_a_stratum_with_less_than_half_a_predator_has_one_in_its_share_of_seeds() -> None:
    found, wanted = members(CHATS["generic"])[:, 0], expected(CHATS["generic"])[0]
    small = (wanted < 0.5) & (np.arange(N_STRATA) >= N_USER_STRATA)
    assert small.any()
    p = wanted[small]
    assert (found[:, small].max(axis=0) == 1).all()
    assert (abs(found[:, small].mean(axis=0) - p) < ERRORS * np.sqrt(p * (1 - p) / len(SEEDS)) + 0.01).all()


def test_no_trend_is_common_to_all_seeds_where_the_audience_is_steady() -> None:
    window = slice(CLASSROOM.warmup_days, -1)
    visits = members(CLASSROOM)[:, window, N_USER_STRATA:] @ visits_per_month(CLASSROOM)[N_USER_STRATA:]
    day = np.arange(visits.shape[1]) - (visits.shape[1] - 1) / 2
    change = visits @ day / (day @ day) * len(day) / visits.mean()  # over the window, relative
    assert change.std() > 0.01
    assert abs(change.mean()) < ERRORS * change.std(ddof=1) / np.sqrt(len(SEEDS))


@pytest.mark.parametrize("chat", CHATS)
def test_windows_move_on_only_and_arrays_are_the_same_whichever_seeds_share_the_loop(chat: str) -> None:
    together = membership(CHATS[chat], Draws(SEEDS))
    assert (together.low[:, 0] == 0).all()
    assert (np.diff(together.low, axis=1) >= 0).all() and (np.diff(together.high, axis=1) >= 0).all()
    # Room for the unluckiest seed, and no more than for that.
    assert (together.high[:, -1].max(axis=0) == together.n_ever)[together.n_ever > 0].mean() > 0.8
    assert (together.high[:, -1] <= together.n_ever).all()
    alone = membership(CHATS[chat], Draws([7]))
    for ends in ("low", "high"):
        assert (getattr(alone, ends)[0] == getattr(together, ends)[7]).all()
    assert (alone.n_ever == together.n_ever).all()


def test_days_of_joining_are_the_seeds_own() -> None:
    found = membership(GROWING, Draws(range(3)))
    person = found.person(np.arange(found.n_slots))
    assert (found.slot(person) == np.arange(found.n_slots)).all()
    for seed in range(3):
        there = np.array([found.present(seed, day, person) for day in range(found.low.shape[1])])
        ever = there.any(axis=0)
        first = np.where(there[0], LONG_AGO, there.argmax(axis=0))
        assert (found.joined(np.full(person.size, seed), person)[ever] == first[ever]).all()
        assert (first[ever] > 0).any()


def test_rates_a_person_are_the_same_at_every_scale() -> None:
    # Predators so few that no stratum has one at the smallest scale, and a class so large that somebody is there: a
    # small chat in which nobody of the class is online is another chat.
    few = {"predators.p_of_adults": 0.001, "offences": (ON_ADULTS,), "days": 5, "warmup_days": 2}
    assert (expected(GENERIC.replace(scale=0.02, **few))[:, N_USER_STRATA:] < 0.5).all()
    rates = {}
    for scale, n in ((0.02, 200), (0.08, 50), (1.0, 4)):
        daily = simulate(GENERIC.replace(scale=scale, **few), range(n), [BASELINE]).daily
        sums = daily.groupby("seed")[["n_visits", "n_user_hours", "n_predator_hours", "n_approach"]].sum() / scale
        rates[scale] = sums.mean(), sums.std(ddof=1) / np.sqrt(n)
    for scale in (0.02, 0.08):
        (small, error), (full, full_error) = rates[scale], rates[1.0]
        assert (abs(small - full) < ERRORS * np.hypot(error, full_error)).all(), scale
