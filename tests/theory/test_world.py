"""The exogenous world against theory: Poisson visits, the week, sessions, members, unique visitors, presences."""

import datetime as dt
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import sim
from sim.model.arrays.model import simulate
from sim.model.world.population import N_CLASSES, N_STRATA, N_USER_STRATA, RATE_WEIGHTS, relative_rates, weekly_profile
from sim.model.world.world import World
from sim.policies.registration import RegistrationPolicy
from sim.rules.parameters import HOURS_PER_MONTH
from sim.scenario.scenario import BASELINE, Scenario
from tests.theory.laboratory import ERRORS, drawn_visits, laboratory, mean_z

WEEK = 168


@pytest.fixture(scope="module")
def counts() -> tuple[np.ndarray, np.ndarray]:
    """Visits by hour and stratum of six weeks, as drawn and as expected."""
    scenario = laboratory(days=42, **{"population.visit_rate_sigma": 0.9, "predators.p_of_adults": 0.2})
    world = World(scenario, [1])
    drawn = drawn_visits(scenario)
    table = np.zeros((scenario.hours, N_STRATA), int)
    np.add.at(table, (drawn["begin"], drawn["stratum"]), 1)
    n_members = (world.membership.high - world.membership.low)[0, np.arange(scenario.hours) // 24]
    people = scenario.population
    week = np.array([w * (people.rel_weekend if day > 4 else 1) for day in range(7) for w in people.hourly_weights])
    rel = np.array(relative_rates(0.9))
    rate = np.concatenate([np.tile(rel, 4) * people.visits_per_month, rel * scenario.predators.visits_per_month])
    profile = np.resize(week / week.mean(), scenario.hours)
    return table, n_members * rate / HOURS_PER_MONTH * profile[:, None]


def test_visits_of_every_stratum_have_the_declared_mean(counts: tuple[np.ndarray, np.ndarray]) -> None:
    drawn, mean = (table.sum(axis=0) for table in counts)
    assert (abs(drawn - mean) < ERRORS * np.sqrt(mean)).all()


def test_visits_follow_the_hours_of_the_week(counts: tuple[np.ndarray, np.ndarray]) -> None:
    drawn, mean = (table.sum(axis=1).reshape(-1, WEEK).sum(axis=0) for table in counts)
    assert (abs(drawn - mean) < ERRORS * np.sqrt(mean)).all()


def test_counts_of_visits_are_dispersed_as_poisson_counts_and_independent(
    counts: tuple[np.ndarray, np.ndarray],
) -> None:
    drawn, mean = counts
    z = (drawn - mean) / np.sqrt(mean)
    # (N - m)**2 / m of a Poisson N has mean 1 and variance 2 + 1 / m.
    assert abs((z**2 - 1).sum() / np.sqrt((2 + 1 / mean).sum())) < ERRORS
    for product in (z[1:] * z[:-1], z[:, 1:] * z[:, :-1]):
        assert abs(product.sum() / np.sqrt(product.size)) < ERRORS


def test_rate_classes_are_the_mean_fifths_of_a_lognormal_distribution() -> None:
    sample = np.sort(np.random.Generator(np.random.PCG64(1)).lognormal(-(0.9**2) / 2, 0.9, 1_000_000))
    parts = np.split(sample, (np.cumsum(RATE_WEIGHTS)[:-1] * sample.size).astype(int))
    # The class at the top has the largest standard error, 0.6%, from its own spread and its limit's.
    assert relative_rates(0.9) == pytest.approx([part.mean() for part in parts], rel=0.02)
    assert np.dot(relative_rates(0.9), RATE_WEIGHTS) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("mean", "longest"), [(1.0, 12), (1.8, 12), (4.0, 6)])
def test_sessions_are_geometric_and_cut_off_at_the_longest(mean: float, longest: int) -> None:
    scenario = laboratory(days=7, **{"population.mean_session_hours": mean, "population.max_session_hours": longest})
    drawn = drawn_visits(scenario)
    users = drawn["stratum"] < N_USER_STRATA
    length = (drawn["end"] - drawn["begin"])[users]
    assert (length.min(), length.max()) == (1, 1 if mean == 1 else longest)
    if mean > 1:
        assert abs(mean_z(length, mean * (1 - (1 - 1 / mean) ** longest))) < ERRORS
        # Shares are rounded to 1 / 4096.
        goes_on = length[length < longest] > 1
        tail = 1 - (1 - 1 / mean) ** (longest - 1)
        expected = ((1 - 1 / mean) - (1 - tail)) / tail
        error = np.sqrt(expected * (1 - expected) / goes_on.size)
        assert abs(goes_on.mean() - expected) < ERRORS * error + 1 / 4096


# -- members and unique visitors ------------------------------------------------------------------------------------


def unique_visitors(scenario: Scenario, seed: int = 1) -> list[int]:
    """Return the persons whom the baseline's door let in, by whole calendar month of the window."""
    drawn = drawn_visits(scenario, seed)
    entry = scenario.registration.admission
    friction = np.where(drawn["stratum"] < N_USER_STRATA, entry.friction_user, entry.friction_predator)
    inside = drawn["tolerance"] >= np.rint(friction * 1000)
    day = drawn["begin"] // 24 - scenario.warmup_days
    firsts = [d for d in range(scenario.days + 1) if (scenario.start + dt.timedelta(days=d)).day == 1]
    return [len(set(drawn["person"][inside & (day >= a) & (day < b)])) for a, b in pairwise(firsts)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"population.mean_stay_days": 90.0, "population.visit_rate_sigma": 0.9},
        {"registration.level": "phone", "population.visits_per_month": 2.0, "predators.p_of_adults": 0.3},
    ],
    ids=["stable", "members come and go", "phone registration"],
)
def test_unique_visitors_of_a_month_are_those_declared(changes: dict[str, Any]) -> None:
    seen = unique_visitors(laboratory(days=366, **changes))
    assert len(seen) == 12
    # A sum of independent yes and no has a variance of at most N / 4 for N possible visitors, and N < 1.5 x 20,000.
    # Months of 29 to 31 days lie around the mean month, so only their mean is 20,000 (4 errors are 0.5%).
    assert abs(np.mean(seen) - 20_000) < ERRORS * np.sqrt(30_000 / 4 / 12)


def test_unique_visitors_grow_in_a_straight_line() -> None:
    growth = {
        "population.monthly_visitors_start": 12_854.0,  # 500,000 / 778,000 x 20,000
        "population.growth_days": 1222,
        "population.mean_stay_days": 365.0,
        "population.visit_rate_sigma": 0.9,
    }
    seen = np.array(unique_visitors(laboratory(days=1339, warmup_days=30, **growth)))
    middle = 30.44 * (np.arange(seen.size) + 0.5)
    declared = 12_854 + (20_000 - 12_854) * np.minimum(middle / 1222, 1)
    error = np.sqrt(declared.mean() * 1.3 / 4)
    assert seen.size == 44
    # Whoever joins in mid-month adds to its uniques more than the growth until its middle does: 0.2% at this pace
    # (measured at 400,000 a month, where it is 20 standard errors).
    assert abs((seen - 1.002 * declared).mean()) < ERRORS * error / np.sqrt(44)
    slope = np.polyfit(middle[:40], seen[:40], 1)[0]
    slope_error = error / np.sqrt(((middle[:40] - middle[:40].mean()) ** 2).sum())
    assert abs(slope - (20_000 - 12_854) / 1222) < ERRORS * slope_error


def test_monthly_visitors_are_counted_person_by_person_also_when_a_door_closes_in_mid_month() -> None:
    date = dt.date(2024, 1, 17)
    arms = {"phone": (RegistrationPolicy(level="phone", start=date),)}
    scenario = laboratory(days=30, policies=arms, **{"population.monthly_visitors": 2_000.0,
                          "population.monthly_visitors_start": 2_000.0})  # fmt: skip
    drawn = drawn_visits(scenario)
    entry = scenario.registration.at("phone")
    friction = np.where(drawn["stratum"] < N_USER_STRATA, entry.friction_user, entry.friction_predator) * 1000
    late = drawn["begin"] // 24 >= (date - scenario.start).days
    inside = ~late | (drawn["tolerance"] >= friction)
    everybody, let_in = set(drawn["person"]), set(drawn["person"][inside])
    last = simulate(scenario, [1], ["baseline", "phone"]).daily.groupby("policy").last()
    assert last["n_monthly_visitors"].to_dict() == {"baseline": len(everybody), "phone": len(let_in)}
    assert last["n_monthly_turned_away"].to_dict() == {"baseline": 0, "phone": len(everybody - let_in)}


def test_visitors_turned_away_are_counted_wherever_a_month_fits_and_never_taken_for_nobody() -> None:
    # 59 days: the last 30 are a month. A door from the first of February on, and one until the month begins.
    door = RegistrationPolicy(level="document")
    arms = {
        "late": (door.model_copy(update={"start": dt.date(2024, 2, 1)}),),
        "early": (door.model_copy(update={"end": dt.date(2024, 1, 30)}),),
    }
    few = {"population.monthly_visitors": 300.0, "population.monthly_visitors_start": 300.0}
    scenario = laboratory(days=59, policies=arms, **few)
    effects = sim.compare(scenario, seeds=2).effects.set_index(["outcome", "policy"])
    away, lost = (effects.loc[outcome] for outcome in ("visitors_turned_away", "user_days_lost"))
    never_in = []
    for seed in (0, 1):
        drawn = drawn_visits(scenario, seed)
        day, user = drawn["begin"] // 24, drawn["stratum"] < N_USER_STRATA
        strict = drawn["tolerance"] < 1000 * scenario.registration.at("document").friction_user
        outside = set(drawn["person"][user & strict & (day >= 31)])
        never_in.append(len(outside - set(drawn["person"][(day >= 29) & (day < 31)])))
    assert away.loc["late", "value"] == np.mean(never_in) > 0
    assert (lost["value"] > 0).all()
    assert away.loc["early", "verdict"] == "not counted" and np.isnan(away.loc["early", "value"])


def test_members_stay_for_the_declared_time_and_only_members_visit() -> None:
    scenario = laboratory(days=150, **{"population.mean_stay_days": 60.0})
    membership = World(scenario, [1]).membership
    joined_after = membership.high[0, 0, 0]
    left_before = membership.low[0, -1, 0]
    serials = np.arange(joined_after, left_before)
    assert serials.size > 100
    days_present = [sum(membership.present(0, day, int(s) * N_STRATA) for day in range(150)) for s in serials[::10]]
    # Whole days: the mean of a stay of 60 days, begun and ended at any time of day, is known to half a day.
    assert abs(np.mean(days_present) - 60) < 0.5
    drawn = drawn_visits(scenario)
    assert membership.present(0, drawn["begin"] // 24, drawn["person"]).all()


# -- presences --------------------------------------------------------------------------------------------------------


def test_presences_of_a_person_never_overlap_and_are_the_union_of_the_visits() -> None:
    busy = {
        "population.monthly_visitors": 300.0,
        "population.monthly_visitors_start": 300.0,
        "population.visits_per_month": 60.0,
        "predators.visits_per_month": 100.0,
        "predators.p_of_adults": 0.2,
        "population.mean_session_hours": 6.0,
    }
    scenario = laboratory(days=10, **busy)
    visits = drawn_visits(scenario)
    union = {
        (person, hour)
        for person, begin, end in zip(*(visits[name].tolist() for name in ("person", "begin", "end")), strict=True)
        for hour in range(begin, min(end, scenario.hours))
    }
    present: Counter[tuple[int, int]] = Counter()
    listed: Counter[tuple[int, int]] = Counter()
    for day in World(scenario, [1]).days():
        people, hours = day.people, range(day.first_hour, day.first_hour + 24)
        for person, start, end in zip(*(c.tolist() for c in (people.person, people.start, people.end)), strict=True):
            present.update((person, hour) for hour in range(max(start, hours[0]), min(end, hours[-1] + 1)))
        for hour in hours:
            users = [row for group in range(N_CLASSES) for row in day.listed(hour, group).tolist()]
            start, end = day.predators_start[hour - hours[0] : hour - hours[0] + 2]
            rows = users + day.predators_online[start:end].tolist()
            listed.update((person, hour) for person in people.person[rows].tolist())
    assert max(present.values()) == 1
    assert set(present) == union
    assert listed == present


def test_intents_are_poisson_counts_independent_from_hour_to_hour() -> None:
    rate = 0.8
    scenario = laboratory(
        days=28, **{"predators.approaches_per_hour": rate, "predators.mean_session_hours": 6.0,
                    "predators.p_of_adults": 0.2})  # fmt: skip
    found: dict[tuple[int, int], int] = {}
    for day in World(scenario, [1]).days():
        hours = day.first_hour + np.repeat(np.arange(24), np.diff(day.predators_start))
        found |= dict.fromkeys(zip(day.people.person[day.predators_online].tolist(), hours.tolist(), strict=True), 0)
        intents = day.intents
        for key in zip(day.people.person[intents.row].tolist(), intents.hour.tolist(), strict=True):
            found[key] += 1
    n = np.array(list(found.values()))
    assert abs(n.sum() - rate * n.size) < ERRORS * np.sqrt(rate * n.size)
    assert abs((((n - rate) ** 2 / rate) - 1).sum() / np.sqrt((2 + 1 / rate) * n.size)) < ERRORS
    pairs = np.array([(k - rate) * (found[p, h + 1] - rate) for (p, h), k in found.items() if (p, h + 1) in found])
    assert pairs.size > 10_000
    assert abs(pairs.sum() / rate / np.sqrt(pairs.size)) < ERRORS


@pytest.mark.parametrize("warmup_days", [0, 1, 9])
def test_the_week_begins_with_the_weekday_of_the_first_hour_of_the_warm_up(warmup_days: int) -> None:
    scenario = laboratory(warmup_days=warmup_days, start=dt.date(2024, 1, 1), **{"population.rel_weekend": 2.0})
    first = scenario.start - dt.timedelta(warmup_days)
    weekend = [(first + dt.timedelta(day)).weekday() >= 5 for day in range(7)]
    by_day = weekly_profile(scenario).reshape(7, 24).sum(axis=1)
    assert by_day / by_day.min() == pytest.approx(np.where(weekend, 2, 1))


def test_every_month_counts_its_own_visitors() -> None:
    few = {"population.monthly_visitors": 2_000.0, "population.monthly_visitors_start": 2_000.0}
    scenario = laboratory(days=60, **few, **{"population.visits_per_month": 0.7})
    seen: dict[int, set[int]] = {0: set(), 1: set()}
    for day in World(scenario, [1]).days():
        begun = np.arange(day.people.n_carried, day.people.person.size)
        seen[int(day.number >= 30)] |= set(day.people.person[begun].tolist())
    daily = simulate(scenario, [1], [BASELINE]).daily
    counted = daily.loc[daily["n_monthly_visitors"] > 0, ["day", "n_monthly_visitors"]]
    assert counted.to_numpy().tolist() == [[29, len(seen[0])], [59, len(seen[1])]]
