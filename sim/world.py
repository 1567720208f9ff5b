"""The exogenous world: who exists, with which traits, who would visit when, and what predators intend.

Nothing here depends on a policy; every lane looks at the same `Day`, whose arrays cannot be written to. Visits are
drawn a day at a time as Poisson counts per hour and stratum (the superposition of every member's own Poisson visits),
each with a member drawn uniformly from the stratum's window of ids, so that only visitors are ever touched.

Strata are class x rate class for lawful users and rate class for predators. A person's id is ``serial * N_STRATA +
stratum``; members join and leave in order of serial, so that the members of a day are a window of serials.

Memory: 8 bytes a member and seed (a scratch row number and what `Visitors` counts), about 90 bytes a visit of the day.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.draws import POISSON_UNITS, Draws, Ints, Purpose, below, cells, pick
from sim.parameters import CLASSES, HOURS_PER_MONTH
from sim.scenario import Scenario

N_CLASSES = len(CLASSES)
RATE_WEIGHTS = (0.2, 0.3, 0.3, 0.15, 0.05)
"""Shares of members in the five classes of visit rate, from the rarest to the most frequent visitors."""
N_RATES = len(RATE_WEIGHTS)
N_USER_STRATA = N_CLASSES * N_RATES
N_STRATA = N_USER_STRATA + N_RATES
TOLERANCES = 1000
"""Classes of tolerance of friction: a door of friction f turns away those below f x TOLERANCES."""
ATTEMPTS = 8
"""Persons drawn for an intent in advance; whoever still looks further walks through the rest in keyed order."""
_RATE_UNITS = 1 << 40
MONTH_DAYS = HOURS_PER_MONTH / 24


@dataclass(frozen=True)
class Presences:
    """Who is on the site during a day, before any door or bar: one row a stretch of presence. All arrays have one row
    each, visits that began this day first (``n_begun`` of them, by hour), then those still running from the day before.

    Attributes:
        person: Id.
        seed: Index of the seed.
        stratum: Stratum.
        tolerance: Tolerance of friction, from 0 to TOLERANCES - 1.
        begin: Hour in which the visit began: the door in force then decides.
        start: First hour of presence: later than ``begin`` where an earlier visit of the person was still running.
        end: First hour after it; not after ``start`` where the visit lies within an earlier one.
        slot: Index into arrays over members.
        n_begun: Number of visits that began this day.
        first_today: Whether the row is the person's first visit of this day (rows up to ``n_begun``).
        continued_key: Sorted keys (hour of the day, seed, person) of rows that begin exactly where an earlier presence
            of the person ends.
        continued_row: Their rows.
    """

    person: Ints
    seed: Ints
    stratum: Ints
    tolerance: Ints
    begin: Ints
    start: Ints
    end: Ints
    slot: Ints
    n_begun: int
    first_today: NDArray[np.bool_]
    continued_key: Ints
    continued_row: Ints


@dataclass(frozen=True)
class Intents:
    """What predators intend on a day, by hour, seed and person.

    Attributes:
        contact: Id of the contact that may come of it: ``predator << 25 | hour << 6 | slot``.
        row: Row in the predators' `Presences`.
        hour: Hour.
        second: Second of the hour, 0 to 3599.
        rank: Number of earlier intents of the predator in this hour.
        offence: Row of the table of offences.
        victim_class: Class sought.
        candidates: ATTEMPTS rows of the users' `Presences` an intent, -1 where nobody of the class is there.
        start: Index of the first intent of each hour, 25 entries.
    """

    contact: Ints
    row: Ints
    hour: Ints
    second: Ints
    rank: Ints
    offence: Ints
    victim_class: Ints
    candidates: Ints
    start: Ints


@dataclass(frozen=True)
class FalseReports:
    """Lawful conversations that would lead to a report if reporting took no effort, by hour.

    Attributes:
        row: Row of the accused in the users' `Presences`.
        hour: Hour.
        second: Second of the hour, 1 to 3600.
        gravity: Gravity claimed: 0, 1, 2.
        effort: From 0 to just under 1; the report is made if it lies below 1 - friction.
        start: Index of the first of each hour, 25 entries.
    """

    row: Ints
    hour: Ints
    second: Ints
    gravity: Ints
    effort: NDArray[np.float64]
    start: Ints


@dataclass(frozen=True)
class Day:
    """Everything exogenous of one day. All arrays are read-only.

    Attributes:
        number: Day counted from the start of the warm-up; ``first_hour`` is its hour 0.
        users: Presences of lawful users.
        predators: Presences of predators.
        online: Rows of `users` online, by hour, seed and class.
        online_start: Where each (hour, seed, class) begins in `online`, shape (24 * seeds * classes + 1,).
        predators_online: Rows of `predators` online, by hour, seed and person.
        predators_start: Where each hour begins in `predators_online`, 25 entries.
        intents: Intents to approach.
        false_reports: False reports that may be made.
    """

    number: int
    first_hour: int
    users: Presences
    predators: Presences
    online: Ints
    online_start: Ints
    predators_online: Ints
    predators_start: Ints
    intents: Intents
    false_reports: FalseReports

    def listed(self, hour: int, seed: int, victim_class: int) -> Ints:
        """Return the rows of the users of a class online in an hour, doors and bars apart."""
        n_seeds = (self.online_start.size - 1) // (24 * N_CLASSES)
        group = ((hour - self.first_hour) * n_seeds + seed) * N_CLASSES + victim_class
        return self.online[self.online_start[group] : self.online_start[group + 1]]


@dataclass(frozen=True)
class Membership:
    """Who is a member when, as windows of serials.

    Attributes:
        low: First serial of each day and stratum, shape (days + 1, N_STRATA).
        high: First serial not yet joined, likewise.
        span: Most serials that any calendar stretch of two months can hold, by stratum: arrays over members are
            addressed by ``base + serial % span``.
        base: Where each stratum begins in arrays over members.
    """

    low: Ints
    high: Ints
    span: Ints
    base: Ints

    @property
    def n_slots(self) -> int:
        """Length of an array over members."""
        return int(self.base[-1] + self.span[-1])

    def present(self, day: int, person: int) -> bool:
        """Tell whether a person is a member on a day."""
        serial, stratum = divmod(person, N_STRATA)
        return bool(self.low[day, stratum] <= serial < self.high[day, stratum])


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


class World:
    """The world of a scenario under one or several seeds.

    Args:
        scenario: What to simulate; its policies are not looked at.
        seeds: Seeds that share the step loop. What is drawn for a seed does not depend on the others.
    """

    def __init__(self, scenario: Scenario, seeds: Sequence[int]) -> None:
        self.scenario = scenario
        self.draws = Draws(seeds)
        self.n_seeds = len(seeds)
        self.n_days = scenario.warmup_days + scenario.days
        population, predators = scenario.population, scenario.predators
        self.session_users = cells(session_lengths(population.mean_session_hours, population.max_session_hours))
        self.session_predators = cells(session_lengths(predators.mean_session_hours, population.max_session_hours))
        relative = relative_rates(population.visit_rate_sigma)
        monthly = [population.visits_per_month * r for r in relative] * N_CLASSES
        monthly += [predators.visits_per_month * r for r in relative]
        self.visits_per_month = np.array(monthly)
        self.profile = self._weekly_profile()
        self.rate = np.rint(
            self.visits_per_month[:, None] / HOURS_PER_MONTH * _RATE_UNITS * self.profile[None, :]
        ).astype(np.int64)
        self.membership = self._membership()
        n_predators = self.membership.high[-1, N_USER_STRATA:]
        self.predator_base = np.concatenate(([0], np.cumsum(n_predators)))
        self.n_predators = int(self.predator_base[-1])
        self._offence_limits = np.cumsum([o.weight for o in scenario.offences])
        self._class_limits = np.cumsum([o.target_weights for o in scenario.offences], axis=1)
        self._scratch = np.zeros(self.n_seeds * self.membership.n_slots, np.int32)
        self._yesterday: dict[str, Ints] | None = None

    # -- who exists ---------------------------------------------------------------------------------------------

    def _weekly_profile(self) -> NDArray[np.float64]:
        """Return visits by hour of the run's week relative to the mean hour; index 0 is the first simulated hour."""
        population = self.scenario.population
        first_weekday = (self.scenario.start.weekday() - self.scenario.warmup_days) % 7
        week = [
            float(weight) * (population.rel_weekend if (first_weekday + day) % 7 >= 5 else 1.0)
            for day in range(7)
            for weight in population.hourly_weights
        ]
        mean = math.fsum(week) / len(week)
        return np.array([w / mean for w in week])

    def _membership(self) -> Membership:
        population, predators = self.scenario.population, self.scenario.predators
        p_class = population.p_classes
        share = [p * w for p in p_class for w in RATE_WEIGHTS]
        share += [(p_class[2] + p_class[3]) * predators.p_of_adults * w for w in RATE_WEIGHTS]
        rules = self.scenario.platform.rules
        frictions = [rules.registration_friction_user] * N_USER_STRATA
        frictions += [rules.registration_friction_predator] * N_RATES
        stay = population.mean_stay_days
        uniques = math.fsum(
            s * (1 - permille(f) / TOLERANCES) * unique_share(v, stay)
            for s, f, v in zip(share, frictions, self.visits_per_month, strict=True)
        )
        scale = self.scenario.scale / max(uniques, 1e-9)
        first, last = population.monthly_visitors_start * scale, population.monthly_visitors * scale
        low = np.zeros((self.n_days + 1, N_STRATA), np.int64)
        high = np.zeros_like(low)
        left, joined = 0.0, first
        members = first
        for day in range(self.n_days + 1):
            for s in range(N_STRATA):
                low[day, s] = int(share[s] * left + 0.5)
                high[day, s] = int(share[s] * joined + 0.5)
            measured = day + 1 - self.scenario.warmup_days
            grown = min(1.0, max(0.0, measured / population.growth_days))
            then = first + (last - first) * grown
            left += members / stay
            joined += members / stay + (then - members)
            members = then
        low = np.minimum(low, high)
        ahead = np.minimum(np.arange(self.n_days + 1) + 62, self.n_days)
        span = np.maximum((high[ahead] - low).max(axis=0), 1)
        base = np.concatenate(([0], np.cumsum(span)[:-1]))
        return Membership(low, high, span, base)

    def predator_index(self, person: Ints) -> Ints:
        """Return the index of predators in arrays over all predators of the run."""
        return self.predator_base.take(person % N_STRATA - N_USER_STRATA) + person // N_STRATA

    def offence(self, person: Any, seed: Any) -> Any:
        """Return the row of the table of offences that a predator commits."""
        words = self.draws.words(Purpose.OFFENCE, seed, person)
        return self._offence_limits.searchsorted(below(words, int(self._offence_limits[-1])), side="right")

    # -- a day --------------------------------------------------------------------------------------------------

    def days(self) -> Iterator[Day]:
        """Yield the days of the run, from the first of the warm-up to the last of the window."""
        yesterday = None
        for number in range(self.n_days):
            visits = self._visits(number)
            yield self._day(number, visits, yesterday)
            yesterday = visits

    def _visits(self, number: int) -> dict[str, Ints]:
        """Draw the visits that begin on a day: hour, seed, stratum, then one row a visit in that order."""
        hours = 24 * number + np.arange(24)
        low, high = self.membership.low[number], self.membership.high[number]
        n_members = high - low
        mean = n_members[None, :] * self.rate[:, hours % 168].T  # at most 2**20 members of a stratum x 2**40
        mean = mean + (_RATE_UNITS // POISSON_UNITS // 2) >> 24
        shape = (24, self.n_seeds, N_STRATA)
        hour, seed, stratum = np.broadcast_arrays(
            hours[:, None, None], np.arange(self.n_seeds)[None, :, None], np.arange(N_STRATA)[None, None, :]
        )
        counts = self.draws.poisson(
            Purpose.N_VISITS, seed, stratum, hour, np.broadcast_to(mean[:, None, :], shape)
        ).reshape(-1)
        cell = np.repeat(np.arange(counts.size), counts)
        slot = np.arange(cell.size) - (np.cumsum(counts) - counts).take(cell)
        assert not slot.size or slot.max() < 1 << 16
        seed, stratum, hour = (a.reshape(-1).take(cell) for a in (seed, stratum, hour))
        key = (hour << 16) + slot
        pick_of = below(self.draws.words(Purpose.VISITOR, seed, stratum, key), n_members.take(stratum))
        serial = low.take(stratum) + pick_of
        word = self.draws.words(Purpose.SESSION, seed, stratum, key)
        return {"hour": hour, "seed": seed, "stratum": stratum, "person": serial * N_STRATA + stratum, "word": word}

    def _day(self, number: int, visits: dict[str, Ints], yesterday: dict[str, Ints] | None) -> Day:
        first_hour = 24 * number
        users = self._presences(visits, yesterday, first_hour, predators=False)
        predators = self._presences(visits, yesterday, first_hour, predators=True)
        n_groups = 24 * self.n_seeds
        online, online_start = self._online(
            users, first_hour, N_CLASSES, users.stratum // N_RATES, n_groups * N_CLASSES
        )
        predators_online, group_start = self._online(predators, first_hour, 1, 0, n_groups)
        predators_start = group_start[:: self.n_seeds]
        intents = self._intents(first_hour, predators, predators_online, predators_start, online, online_start)
        false_reports = self._false_reports(first_hour, online, online_start)
        day = Day(
            number, first_hour, users, predators, online, online_start, predators_online, predators_start, intents,
            false_reports,
        )  # fmt: skip
        _freeze(day)
        return day

    def _presences(
        self, visits: dict[str, Ints], yesterday: dict[str, Ints] | None, first_hour: int, *, predators: bool
    ) -> Presences:
        """Put the day's visits and those still running into stretches of presence that do not overlap."""
        table = self.session_predators if predators else self.session_users
        mine = ((visits["stratum"] >= N_USER_STRATA) == predators).nonzero()[0]
        columns = {name: values.take(mine) for name, values in visits.items()}
        columns["end"] = columns["hour"] + pick(columns.pop("word"), table)
        n_begun = mine.size
        if yesterday is not None:
            old = ((yesterday["stratum"] >= N_USER_STRATA) == predators).nonzero()[0]
            end = yesterday["hour"].take(old) + pick(yesterday["word"].take(old), table)
            running = (end >= first_hour).nonzero()[0]
            old = old.take(running)
            tail = {name: yesterday[name].take(old) for name in ("hour", "seed", "stratum", "person")}
            tail["end"] = end.take(running)
            columns = {name: np.concatenate((columns[name], tail[name])) for name in columns}
        person, seed, stratum, begin, end = (columns[n] for n in ("person", "seed", "stratum", "hour", "end"))
        span, base = self.membership.span, self.membership.base
        slot = seed * self.membership.n_slots + base.take(stratum) + person // N_STRATA % span.take(stratum)
        rows = np.arange(slot.size, dtype=np.int32)
        self._scratch[slot[::-1]] = rows[::-1]
        first = self._scratch.take(slot)
        again = (first != rows).nonzero()[0]
        start = begin.copy()
        continued_row = np.zeros(0, np.int64)
        if again.size:
            several = np.zeros(slot.size, bool)
            several[again] = True
            several[first.take(again)] = True
            continued_row = _chain(several.nonzero()[0], slot, begin, start, end)
        key = ((start.take(continued_row) - first_hour) * self.n_seeds + seed.take(continued_row) << 36) + person.take(
            continued_row
        )
        order = key.argsort(kind="stable")
        tolerance = below(self.draws.words(Purpose.TOLERANCE, seed, person), TOLERANCES)
        return Presences(
            person, seed, stratum, tolerance, begin, start, end, slot, n_begun, first[:n_begun] == rows[:n_begun],
            key.take(order), continued_row.take(order),
        )  # fmt: skip

    def _online(
        self, rows: Presences, first_hour: int, n_classes: int, klass: Any, n_groups: int
    ) -> tuple[Ints, Ints]:
        """List the rows online by hour, seed and class; return the rows and where each group begins."""
        start = np.maximum(rows.start, first_hour)
        length = np.maximum(np.minimum(rows.end, first_hour + 24) - start, 0)
        index = np.repeat(np.arange(length.size), length)
        before = np.cumsum(length) - length
        hour = np.arange(index.size) + (start - first_hour - before).take(index)
        group = (hour * self.n_seeds + rows.seed.take(index)) * n_classes
        if n_classes > 1:
            group += klass.take(index)
        small = group.astype(np.uint16 if n_groups < 1 << 16 else np.int64)
        order = small.argsort(kind="stable")
        return index.take(order), np.concatenate(([0], np.cumsum(np.bincount(small, minlength=n_groups))))

    def _intents(
        self, first_hour: int, rows: Presences, listed: Ints, listed_start: Ints, online: Ints, online_start: Ints
    ) -> Intents:
        hour = first_hour + np.repeat(np.arange(24), np.diff(listed_start))
        seed, person = rows.seed.take(listed), rows.person.take(listed)
        order = np.lexsort((person, seed, hour))
        row, hour, seed, person = (a.take(order) for a in (listed, hour, seed, person))
        mean = np.full(row.size, round(self.scenario.predators.approaches_per_hour * POISSON_UNITS))
        counts = self.draws.poisson(Purpose.N_INTENTS, seed, person, hour, mean)
        parent = np.repeat(np.arange(row.size), counts)
        rank = np.arange(parent.size) - (np.cumsum(counts) - counts).take(parent)
        assert not rank.size or rank.max() < 1 << 6
        row, hour, seed, person = (a.take(parent) for a in (row, hour, seed, person))
        contact = (person << 25) + (hour << 6) + rank
        second = below(self.draws.words(Purpose.INTENT_SECOND, seed, contact), 3600)
        # Slots are in order of seconds, so that a slot is also a rank.
        second = second.take(np.lexsort((second, parent)))
        offence = self.offence(person, seed)
        limits = self._class_limits
        drawn = below(self.draws.words(Purpose.INTENT_CLASS, seed, contact), limits[:, -1].take(offence))
        victim_class = (drawn[:, None] >= limits.take(offence, axis=0)).sum(axis=1)
        group = ((hour - first_hour) * self.n_seeds + seed) * N_CLASSES + victim_class
        n_listed = np.diff(online_start).take(group)
        attempt = np.arange(ATTEMPTS)[None, :]
        words = self.draws.words(
            Purpose.CANDIDATE, np.broadcast_to(seed[:, None], (seed.size, ATTEMPTS)), contact[:, None], attempt
        )
        index = online_start.take(group)[:, None] + below(words, n_listed[:, None])
        candidates = online.take(index, mode="clip") if online.size else np.zeros_like(index)
        candidates[n_listed == 0] = -1
        starts = np.searchsorted(hour, first_hour + np.arange(25))
        return Intents(contact, row, hour, second, rank, offence, victim_class, candidates, starts)

    def _false_reports(self, first_hour: int, online: Ints, online_start: Ints) -> FalseReports:
        responses = self.scenario.responses
        per_user = responses.p_ready_false_report * self.scenario.population.conversations_per_hour
        n_listed = np.diff(online_start)
        group = np.arange(n_listed.size)
        victim_class = group % N_CLASSES
        seed = group // N_CLASSES % self.n_seeds
        hour = first_hour + group // (N_CLASSES * self.n_seeds)
        mean = (n_listed * round(per_user * POISSON_UNITS * 1024) + 512) >> 10
        counts = self.draws.poisson(Purpose.N_FALSE_REPORTS, seed, victim_class, hour, mean)
        group = np.repeat(group, counts)
        slot = np.arange(group.size) - (np.cumsum(counts) - counts).take(group)
        assert not slot.size or slot.max() < 1 << 16
        seed, hour, victim_class = (a.take(group) for a in (seed, hour, victim_class))
        key = (hour << 16) + slot

        def words(purpose: Purpose) -> Any:
            return self.draws.words(purpose, seed, victim_class, key)

        index = online_start.take(group) + below(words(Purpose.FALSE_ACCUSED), n_listed.take(group))
        claim = (words(Purpose.FALSE_GRAVITY) >> np.uint64(11)) * 2.0**-53
        gravity = (claim < responses.p_false_engaged + responses.p_false_private).astype(np.int64)
        gravity += claim < responses.p_false_private
        effort = (words(Purpose.FALSE_READY) >> np.uint64(11)) * 2.0**-53
        second = 1 + below(words(Purpose.FALSE_SECOND), 3600)
        starts = np.searchsorted(hour, first_hour + np.arange(25))
        return FalseReports(online.take(index), hour, second, gravity, effort, starts)

    def walk(self, day: Day, contact: int, seed: int, hour: int, victim_class: int, tried: Ints) -> Ints:
        """Return the rows of a class online that were not tried yet, in the contact's own keyed order."""
        rest = np.setdiff1d(day.listed(hour, seed, victim_class), tried)
        words = self.draws.words(Purpose.WALK, np.full(rest.size, seed), contact, day.users.person.take(rest))
        return rest.take(words.argsort(kind="stable"))


def permille(friction: float) -> int:
    """Return the class of tolerance that a friction asks for, of TOLERANCES."""
    return int(friction * TOLERANCES + 0.5)


def _chain(rows: Ints, slot: Ints, begin: Ints, start: Ints, end: Ints) -> Ints:
    """Let each visit of a person start where the earlier ones end; return the rows that carry a presence on.

    Args:
        rows: Rows of persons who have several.
        slot: Slot of every row; likewise the rest.
        begin: Hour in which the visit began.
        start: Start of presence, written to.
        end: End of the visit.
    """
    order = rows[np.lexsort((rows, begin[rows], slot[rows]))]
    person = slot[order]
    new = np.concatenate(([True], person[1:] != person[:-1]))
    block = np.cumsum(new) << 40
    latest = np.maximum.accumulate(block + end[order])
    earlier = np.where(new, 0, np.concatenate(([0], latest[:-1])) - block)
    start[order] = np.maximum(begin[order], earlier)
    carried = ~new & (start[order] == earlier) & (end[order] > start[order])
    return order[carried]


def _freeze(record: Any) -> None:
    """Make every array of a dataclass, and of those within it, read-only."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        elif hasattr(value, "__dataclass_fields__"):
            _freeze(value)
