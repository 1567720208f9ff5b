"""Who exists: members by stratum and day, and how often they visit.

Strata are class x rate class for lawful users and rate class for predators, those of each home site apart, and a
person is a serial of a stratum (`keys.person_of`). Members join and leave in order of serial, so that the members of a
day are a window of serials. Where a window begins and ends is rounded by the luck of seed and stratum, so that its
length is right in the mean over seeds, however small it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.model.world.draws import Bools, Draws, Ints, Purpose, unit
from sim.model.world.keys import (
    JOINING,
    N_CLASSES,
    N_RATES,
    N_STRATA,
    N_USER_STRATA,
    Whole,
    column_of,
    person_of,
    serial_of,
)
from sim.rules.age import BAND_OF_CLASS
from sim.rules.parameters import HOURS_PER_MONTH
from sim.rules.rulebook import Platform, Rules
from sim.scenario.scenario import Scenario

RATE_WEIGHTS = (0.2, 0.3, 0.3, 0.15, 0.05)
"""Shares of members in the five classes of visit rate, from the rarest to the most frequent visitors."""
TOLERANCES = 1000
"""Classes of tolerance of friction: a door of friction f turns away those below f x TOLERANCES."""
LONG_AGO = -100_000
"""Day on which the first members joined, as far as the age of their accounts goes."""
MONTH_DAYS = HOURS_PER_MONTH / 24
_LAST_PHASE = 1 - 2.0**-53  # the largest that a draw gives


@dataclass(frozen=True, eq=False)
class Membership:
    """Who is a member when, as windows of serials, seed by seed.

    Attributes:
        low: First serial of each seed, day and stratum of all sites, shape (seeds, days + 1, columns): those of the
            first site, then those of the next, as `keys.column_of` numbers them.
        high: First serial not yet joined, likewise.
        n_ever: Serials of each column for which arrays over persons have room, shape (columns,): as many as join
            under any seed, so that arrays are the same whichever seeds share the step loop.
    """

    low: Ints
    high: Ints
    n_ever: Ints

    @cached_property
    def base(self) -> Ints:
        """Where each stratum begins in arrays over persons, which hold everybody who is ever a member."""
        return np.cumsum(self.n_ever) - self.n_ever

    @cached_property
    def n_slots(self) -> int:
        """Length of an array over persons."""
        return int(self.n_ever.sum())

    def n_members(self, day: int) -> Ints:
        """Return the numbers of members on a day, shape (seeds, columns)."""
        return self.high[:, day] - self.low[:, day]

    def slot(self, person: int | Ints) -> Ints:
        """Return the slots of persons in arrays over persons."""
        who = np.asarray(person, np.int64)
        return self.base.take(column_of(who)) + serial_of(who)

    def person(self, slot: Ints) -> Ints:
        """Return the ids of the persons in slots of arrays over persons."""
        column = self.base.searchsorted(slot, side="right") - 1
        home, stratum = np.divmod(column, N_STRATA)
        return person_of(slot - self.base.take(column), stratum, home)

    def joined(self, seed: Ints, person: Ints) -> Ints:
        """Return the days on which persons joined; those who are there from the beginning did `LONG_AGO`."""
        column = seed * self.n_ever.size + column_of(person)
        before = self._ends.searchsorted(JOINING.pack(column, serial_of(person)), side="right")
        day = before - column * self.high.shape[1]
        return np.where(day == 0, LONG_AGO, day)

    def hours_since_joining(self, hour: int, seed: int, person: int) -> int:
        """Return for how many hours of the run somebody has been a member; the time before it does not count."""
        day = int(self.joined(np.array([seed]), np.array([person]))[0])
        return hour - 24 * max(day, 0)

    @cached_property
    def _ends(self) -> Ints:
        """`high` of one seed and stratum after the other, made into one ascending list."""
        by_column = self.high.swapaxes(1, 2).reshape(-1, self.high.shape[1])
        return JOINING.pack(np.arange(len(by_column))[:, None], by_column).reshape(-1)

    def present(self, seed: int | Ints, day: int, person: Whole) -> Bools:
        """Tell whether persons are members on a day."""
        serial, column = serial_of(person), column_of(person)
        low, high = self.low[seed, day, column], self.high[seed, day, column]
        present: Bools = (low <= serial) & (serial < high)
        return present


def relative_rates(sigma: float) -> tuple[float, ...]:
    """Return the mean visit rate of each rate class relative to the mean of all (lognormal, rounded to 1e-6)."""
    if sigma == 0:
        return (1.0,) * N_RATES
    normal = NormalDist()
    limits, total = [-math.inf], 0.0
    for weight in RATE_WEIGHTS[:-1]:
        total += weight
        limits.append(normal.inv_cdf(total))
    shares = [normal.cdf(limit - sigma) if limit > -math.inf else 0.0 for limit in limits] + [1.0]
    return tuple(round((shares[k + 1] - shares[k]) / w, 6) for k, w in enumerate(RATE_WEIGHTS))


def session_lengths(mean_hours: float, max_hours: int) -> tuple[float, ...]:
    """Return the probabilities of 0, 1, 2, ... whole hours: geometric from 1 hour on, cut off at `max_hours`."""
    stay = 1 - 1 / mean_hours
    tail = [1.0]
    for _ in range(max_hours - 1):
        tail.append(tail[-1] * stay)
    return (0.0, *(tail[k] - tail[k + 1] for k in range(max_hours - 1)), tail[max_hours - 1])


def unique_share(visits_per_month: float, stay_days: float) -> float:
    """Return unique visitors of a month per member, for Poisson visits and members who each stay `stay_days`.

    Those who are members all month come with probability 1 - exp(-visits); those who leave or join in its course, each
    ``MONTH_DAYS / stay_days`` of the members, are there for a part of it that is uniform from nothing to all.
    """
    come = 1 - math.exp(-visits_per_month)
    moving = MONTH_DAYS / stay_days
    return (1 - moving) * come + 2 * moving * (1 - come / visits_per_month)


def visits_per_month(scenario: Scenario) -> NDArray[np.float64]:
    """Return the mean visits a month of a member of each stratum."""
    population, predators = scenario.population, scenario.predators
    relative = relative_rates(population.visit_rate_sigma)
    users = [population.visits_per_month * r for r in relative] * N_CLASSES
    return np.array(users + [predators.visits_per_month * r for r in relative])


def weekly_profile(scenario: Scenario) -> NDArray[np.float64]:
    """Return visits by hour of the run's week relative to the mean hour; index 0 is the first simulated hour."""
    population = scenario.population
    week = [
        float(weight) * (population.rel_weekend if (scenario.first_weekday + day) % 7 >= 5 else 1.0)
        for day in range(7)
        for weight in population.hourly_weights
    ]
    mean = math.fsum(week) / len(week)
    return np.array([w / mean for w in week])


def shares_and_uniques(scenario: Scenario, platform: Platform) -> tuple[list[float], float]:
    """Return the members of each stratum, and the visitors a month whom a site's door lets in, per lawful member.

    So many visitors a month mean as many members as visitors over the second, times the first.
    """
    population, predators = scenario.population, scenario.predators
    p_class = population.p_classes
    share = [p * w for p in p_class for w in RATE_WEIGHTS]
    share += [(p_class[2] + p_class[3]) * predators.p_of_adults * w for w in RATE_WEIGHTS]
    uniques = math.fsum(
        s * p * unique_share(v, population.mean_stay_days)
        for s, p, v in zip(share, p_let_in(platform.rules), visits_per_month(scenario), strict=True)
    )
    return share, uniques


def p_let_in(rules: Rules) -> list[float]:
    """Return the share of the persons of each stratum whom a site's door lets in."""
    user, predator = (1 - permille(friction) / TOLERANCES for friction in frictions(rules))
    if not rules.age.gate:
        return [user] * N_USER_STRATA + [predator] * N_RATES
    *of_bands, of_predators = rules.p_pass_for_adults
    of_classes = [user * of_bands[band] for band in BAND_OF_CLASS for _ in range(N_RATES)]
    return [*of_classes, *[predator * of_predators] * N_RATES]


def frictions(rules: Rules) -> tuple[float, float]:
    """Return the friction of entry for lawful users and predators: of registration and of a check of age together."""
    of_both = zip(rules.registration.door, (rules.age.friction_user, rules.age.friction_predator), strict=True)
    user, predator = (min(1.0, sum(both)) for both in of_both)
    return user, predator


def membership(scenario: Scenario, draws: Draws) -> Membership:
    """Solve for the members that give the declared monthly visitors through the baseline's doors, day by day.

    Both ends of a stratum's window are rounded down after a phase is added to them, uniform from 0 to just under 1, the
    seed's and the stratum's own. So the mean number of members over seeds is exactly what was solved for, on every
    day and in every stratum, and no seed is off by one person or more.
    """
    joined, left = (np.concatenate(of, axis=1) for of in zip(*_ever_joined(scenario), strict=True))
    seed, column = np.arange(len(draws.seeds))[:, None], np.arange(joined.shape[1])[None, :]
    phase = unit(draws.words(Purpose.MEMBERS, seed, column))[:, None, :]
    return Membership(low=_whole(left + phase), high=_whole(joined + phase), n_ever=_whole(joined[-1] + _LAST_PHASE))


def _whole(x: NDArray[np.float64]) -> Ints:
    return np.floor(x).astype(np.int64)


def _ever_joined(scenario: Scenario) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Yield how many of each stratum have ever joined and left by each day, fractional, site by site.

    Shares of strata are of the lawful members; those of predators come on top.
    """
    n_days = scenario.warmup_days + scenario.days
    population, stay = scenario.population, scenario.population.mean_stay_days
    for platform, audience in zip(scenario.platforms, scenario.audiences, strict=True):
        share, uniques = shares_and_uniques(scenario, platform)
        scale = scenario.scale / max(uniques, 1e-9)
        first, last = audience.monthly_visitors_start * scale, audience.monthly_visitors * scale
        joined, left = np.empty((2, n_days + 1))
        joined[0], left[0] = first, 0.0
        members = first
        for day in range(n_days):
            measured = day + 1 - scenario.warmup_days
            grown = min(1.0, max(0.0, measured / population.growth_days))
            then = first + (last - first) * grown
            net = members / stay + (then - members)
            joined[day + 1] = joined[day] + max(net, 0.0)
            left[day + 1] = left[day] + members / stay - min(net, 0.0)
            members = then
        shares = np.array(share)
        yield joined[:, None] * shares, left[:, None] * shares


def permille(friction: float) -> int:
    """Return the class of tolerance that a friction asks for, of TOLERANCES."""
    return int(friction * TOLERANCES + 0.5)
