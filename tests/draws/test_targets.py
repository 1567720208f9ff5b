"""Whom predators approach: everybody online of a class alike, classes by their weights."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from sim.model.arrays import model
from sim.model.world.day import N_GROUPS
from sim.model.world.keys import N_RATES, N_STRATA
from sim.model.world.world import World
from sim.rules.offences import Offence
from sim.rules.parameters import CLASSES
from sim.scenario.scenario import BASELINE, Scenario

ERROR_RATE = 1e-5
GROUPS = 10
WEIGHTS = {"one": (1, 2, 3, 4), "two": (0, 5, 0, 1)}

CHAT = Scenario(days=10, warmup_days=0).replace(**{
    "population.monthly_visitors": 9000.0,
    "population.monthly_visitors_start": 9000.0,
    "population.p_under_15": 0.2,
    "population.p_15_17": 0.2,
    "population.p_minority": 0.2,
    "population.visits_per_month": 20.0,
    "predators.p_of_adults": 0.2,
    # No limit is reached and nobody is in contact for long: first contacts fade within seconds.
    "predators.contacts_at_once": 50,
    "predators.approaches_per_hour": 2.5,
    "contacts.contact_fade_per_hour": 3600.0,
    "offences": tuple(Offence(name=name, target_weights=weights) for name, weights in WEIGHTS.items()),
})  # fmt: skip


@cache
def approaches() -> pd.DataFrame:
    events = model.simulate(CHAT, [4], [BASELINE], events=True).events
    assert events is not None
    found = events[events["event"] == "approach"]
    return found.assign(victim_class=found["target"] % N_STRATA // N_RATES)


@cache
def online() -> dict[tuple[int, int], np.ndarray]:
    """Return who is online, by hour and class."""
    return {
        (hour, victim_class): day.people.person[day.listed(hour, 0 * N_GROUPS + victim_class)]
        for day in World(CHAT, [4]).days()
        for hour in range(day.first_hour, day.first_hour + 24)
        for victim_class in range(len(CLASSES))
    }


def test_everybody_online_of_a_class_is_as_likely() -> None:
    for victim_class in range(len(CLASSES)):
        mine = approaches()[approaches()["victim_class"] == victim_class]
        hours: dict[int, int] = mine.groupby("hour").size().to_dict()
        persons, online_hours = np.unique(
            np.concatenate([online()[h, victim_class] for h in hours]), return_counts=True
        )
        # Ten groups of persons, from those who were online least to those who were online most.
        group = np.empty(persons.size, np.int64)
        group[online_hours.argsort(kind="stable")] = np.arange(persons.size) * GROUPS // persons.size
        expected, covariance = np.zeros(GROUPS), np.zeros((GROUPS, GROUPS))
        for hour, n in hours.items():
            there = np.bincount(group[persons.searchsorted(online()[hour, victim_class])], minlength=GROUPS)
            p = there / there.sum()
            expected += n * p
            covariance += n * (np.diag(p) - np.outer(p, p))
        found = np.bincount(group[persons.searchsorted(mine["target"])], minlength=GROUPS)
        # Multinomial in every hour, so about normal in sum; the groups add up to all approaches: one df less.
        off = (found - expected)[1:]
        p_value = stats.chi2.sf(off @ np.linalg.solve(covariance[1:, 1:], off), GROUPS - 1)
        assert ERROR_RATE < p_value < 1 - ERROR_RATE
        assert expected.min() > 10 and expected[-1] > 3 * expected[0]


def test_every_place_in_a_list_is_as_likely() -> None:
    places = [
        (np.flatnonzero(online()[a.hour, a.victim_class] == a.target)[0] + 0.5) / online()[a.hour, a.victim_class].size
        for a in approaches().itertuples()
        if online()[a.hour, a.victim_class].size >= 100
    ]
    # A list is cut into as many places as it has persons, so that tenths of it differ by up to a person: lists of at
    # least 100, and a Kolmogorov-Smirnov distance that allows for half a place.
    distance = stats.kstest(places, "uniform").statistic
    assert len(places) > 10_000
    assert distance < stats.kstwo.isf(ERROR_RATE, len(places)) + 0.5 / 100


def test_classes_are_sought_by_their_weights() -> None:
    for offence, weights in WEIGHTS.items():
        sought = [c for c, weight in enumerate(weights) if weight]
        full = {h for h, _ in online() if all(online()[h, c].size for c in sought)}
        mine = approaches()[approaches()["offence"] == offence]
        counts = mine[mine["hour"].isin(full)]["victim_class"].value_counts().reindex(range(4), fill_value=0)
        assert counts[[c for c in range(4) if c not in sought]].sum() == 0
        expected = counts.sum() * np.array(weights)[sought] / sum(weights)
        assert expected.min() > 300
        p_value = stats.chi2.sf(((counts[sought] - expected) ** 2 / expected).sum(), len(sought) - 1)
        assert ERROR_RATE < p_value < 1 - ERROR_RATE
