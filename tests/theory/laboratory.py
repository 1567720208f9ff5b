"""What the tests of theory share: a small chat in which little is going on at a time, and standard errors.

Tolerances are 4 standard errors on both sides, so a right model fails about 6 checks in 100,000.
"""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sim.model.world.keys import N_RATES, N_STRATA
from sim.model.world.population import TOLERANCES
from sim.model.world.world import World
from sim.rules.offences import Offence
from sim.scenario.scenario import Scenario

ERRORS = 4
ON_ADULTS = Offence(name="on_adults", target_weights=(0, 0, 1, 0))


def laboratory(**changes: Any) -> Scenario:
    """Return a chat of 20,000 a month without growth, leaving, doors or staff, that starts on a Monday.

    Who recognises a contact blocks it, the blocked seek nobody, and a recognised device is known for good.
    """
    settings: dict[str, Any] = {
        "start": dt.date(2024, 1, 1),
        "warmup_days": 0,
        "days": 28,
        "population.monthly_visitors": 20_000.0,
        "population.monthly_visitors_start": 20_000.0,
        "population.mean_stay_days": 100_000.0,
        "population.visit_rate_sigma": 0.0,
        "population.mean_session_hours": 2.0,
        "population.max_session_hours": 24,
        "predators.p_of_adults": 0.05,
        "predators.contacts_at_once": 50,
        "predators.p_seek_after_block": 0.0,
        "responses.p_block": 1.0,
        "registration.device_known_days": 100_000.0,
        "moderation.staff": 0.0,
        "offences": (ON_ADULTS,),
    }
    return Scenario().replace(**(settings | changes))


def class_of(person: ArrayLike) -> np.ndarray:
    """Return the row in `CLASSES` of lawful users."""
    return np.asarray(person) % N_STRATA // N_RATES


def drawn_visits(scenario: Scenario, seed: int = 1) -> dict[str, np.ndarray]:
    """Return every visit of a run as drawn, before any door: person, stratum, tolerance, begin, end."""
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("person", "tolerance", "begin", "end")}
    for day in World(scenario, [seed]).days():
        people, begun = day.people, np.arange(day.people.n_carried, day.people.person.size)
        for name in ("person", "begin", "end"):
            parts[name].append(getattr(people, name)[begun])
        parts["tolerance"].append(people.door_type(begun) % TOLERANCES)
    visits = {name: np.concatenate(values) for name, values in parts.items()}
    return visits | {"stratum": visits["person"] % N_STRATA}


def share_z(hits: float, trials: float, p: float) -> float:
    """Return by how many standard errors the share of hits in independent trials lies off p."""
    return float((hits / trials - p) / np.sqrt(p * (1 - p) / trials))


def mean_z(sample: ArrayLike, mean: float) -> float:
    """Return by how many standard errors the mean of independent numbers lies off another."""
    x = np.asarray(sample, float)
    return float((x.mean() - mean) / (x.std(ddof=1) / np.sqrt(x.size)))


def ratio(above: ArrayLike, below: ArrayLike, cluster: ArrayLike) -> tuple[float, float]:
    """Return sum / sum and its standard error where rows of one cluster depend on each other."""
    sums = pd.DataFrame({"above": above, "below": below}, dtype=float).groupby(np.asarray(cluster)).sum()
    value = float(sums["above"].sum() / sums["below"].sum())
    rest = sums["above"] - value * sums["below"]
    return value, float(np.sqrt((rest**2).sum()) / sums["below"].sum())
