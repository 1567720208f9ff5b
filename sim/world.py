"""The exogenous world: who exists, with which traits, who would visit when, and what predators intend.

Nothing here depends on a policy; every lane looks at the same `Day`, whose arrays cannot be written to. Visits are
drawn a day at a time as Poisson counts per hour and stratum (the superposition of every member's own Poisson visits),
each with a member drawn uniformly from the stratum's window of ids, so that only visitors are ever touched.

Memory: 8 bytes for everybody who is ever a member, and seed, for lining up visits (`State` and `Visitors` hold 2 more);
about 70 bytes a visit of the day, 2 days held at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sim.day import ALREADY_LISTED, N_GROUPS, NOBODY, PREDATORS, Day, FalseReports, Intents, Online, Presences, freeze
from sim.draws import POISSON_UNITS, Draws, Ints, Purpose, below, cells, unit
from sim.parameters import HOURS_PER_MONTH
from sim.population import (
    N_CLASSES,
    N_RATES,
    N_STRATA,
    N_USER_STRATA,
    TOLERANCES,
    membership,
    session_lengths,
    visits_per_month,
    weekly_profile,
)
from sim.scenario import Scenario

ATTEMPTS = 8
"""Persons drawn for an intent at random; whoever still looks further walks through the rest in keyed order."""
_FEW_INTENTS = 4096  # of a day; of so few, all attempts are drawn at once, of more the first two
_RATE_UNITS = 1 << 40
_BLOCK = 8192
_DRAWN = ("person", "seed", "door", "begin", "end", "slot")


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
        longest = population.max_session_hours
        self.session_users = cells(session_lengths(population.mean_session_hours, longest))
        self.session_predators = cells(session_lengths(predators.mean_session_hours, longest))
        self._sessions = np.concatenate((self.session_users, self.session_predators))
        self.visits_per_month = visits_per_month(scenario)
        self.profile = weekly_profile(scenario)
        self.rate = np.rint(
            self.visits_per_month[:, None] / HOURS_PER_MONTH * _RATE_UNITS * self.profile[None, :]
        ).astype(np.int64)
        self.membership = membership(scenario)
        n_predators = self.membership.high[-1, N_USER_STRATA:]
        self.predator_base = np.concatenate(([0], np.cumsum(n_predators)))
        self.n_predators = int(self.predator_base[-1])
        self._day_in_advance = -1
        self._candidates: Ints | None = None
        self._walks: dict[int, Ints] = {}
        self._offence_limits = np.cumsum([o.weight for o in scenario.offences])
        self._class_limits = np.cumsum([o.target_weights for o in scenario.offences], axis=1)

    # -- who exists ---------------------------------------------------------------------------------------------

    def predator_index(self, person: Ints) -> Ints:
        """Return the index of predators in arrays over all predators of the run."""
        return self.predator_base.take(person % N_STRATA - N_USER_STRATA) + person // N_STRATA

    def predator_place(self, person: int) -> int:
        """Return `predator_index` of one predator."""
        serial, stratum = divmod(person, N_STRATA)
        return int(self.predator_base[stratum - N_USER_STRATA]) + serial

    def offence(self, person: Any, seed: Any) -> Any:
        """Return the row of the table of offences that a predator commits."""
        words = self.draws.words(Purpose.OFFENCE, seed, person)
        return self._offence_limits.searchsorted(below(words, int(self._offence_limits[-1])), side="right")

    # -- a day --------------------------------------------------------------------------------------------------

    def days(self) -> Iterator[Day]:
        """Yield the days of the run, from the first of the warm-up to the last of the window."""
        # For every member: latest end of presence, day of the latest visit, row of it.
        latest = np.zeros(self.n_seeds * self.membership.n_slots, np.int64)
        people = lengths = None
        for number in range(self.n_days):
            people, lengths = self._presences(number, people, lengths, latest)
            yield self._day(number, people, lengths)

    def _day(self, number: int, people: Presences, lengths: Ints) -> Day:
        first_hour = 24 * number
        online, first_row, n_rows = self._online(lengths)
        row = (people.carries_on & (people.start >= first_hour) & (people.start < first_hour + 24)).nonzero()[0]
        key = carry_key(people.start.take(row) - first_hour, people.seed.take(row), people.person.take(row), self)
        order = key.argsort()
        of_predators = np.arange(PREDATORS, n_rows.size, N_GROUPS)
        predators = _ranges(first_row.take(of_predators), n_rows.take(of_predators))
        predators, start = self._predators_online(people, first_hour, predators)
        intents = self._intents(first_hour, people, predators, start)
        false_reports = self._false_reports(first_hour, people, online)
        day = Day(
            number, first_hour, people, online, key.take(order), row.take(order), predators, start, intents,
            false_reports,
        )  # fmt: skip
        freeze(day)
        return day

    def _presences(
        self, number: int, yesterday: Presences | None, lengths: Ints | None, latest: Ints
    ) -> tuple[Presences, Ints]:
        """Draw the visits that begin on a day, and put them behind those that still run.

        Hours are drawn in blocks of about `_BLOCK` visits, which stay in the processor's cache.

        Returns:
            The presences; numbers of visits by hour of beginning (of the day before and this one), seed and group, and
            length in hours, those already over left out.
        """
        hours = 24 * number + np.arange(24)
        n_members = self.membership.high[number] - self.membership.low[number]
        mean = n_members * self.rate[:, hours % 168].T
        mean = np.repeat(mean + (_RATE_UNITS // POISSON_UNITS // 2) >> 24, self.n_seeds, axis=0)
        hour, seed = np.repeat(hours, self.n_seeds)[:, None], np.tile(np.arange(self.n_seeds), 24)[:, None]
        counts = self.draws.poisson(Purpose.N_VISITS, seed, np.arange(N_STRATA), hour, mean).reshape(24, -1)
        assert counts.max(initial=0) < 1 << 16
        block = min(24, max(1, 24 * _BLOCK // max(1, int(counts.sum()))))
        parts = [self._visits(number, first, counts[first : first + block]) for first in range(0, 24, block)]
        size = self.scenario.population.max_session_hours + 1
        table = np.zeros((48, self.n_seeds * N_GROUPS, size), np.int64)
        table[24:] = np.concatenate([lengths_begun for _, lengths_begun in parts])
        drawn = [columns for columns, _ in parts]
        on = np.zeros(0, np.int64)
        if yesterday is not None and lengths is not None:
            table[:24] = lengths[24:] * (np.arange(size) > np.arange(24, 0, -1)[:, None, None])
            on = yesterday.n_carried + (yesterday.end[yesterday.n_carried :] > hours[0]).nonzero()[0]
            drawn.insert(0, [getattr(yesterday, name).take(on) for name in _DRAWN])
        columns = dict(zip(_DRAWN, (np.concatenate(c) for c in zip(*drawn, strict=True)), strict=True))
        start = np.empty_like(columns["begin"])
        carries_on, first_today = np.zeros(start.size, bool), np.zeros(start.size, bool)
        if yesterday is not None:
            start[: on.size], carries_on[: on.size] = yesterday.start.take(on), yesterday.carries_on.take(on)
        people = Presences(**columns, start=start, carries_on=carries_on, first_today=first_today, n_carried=on.size)
        _line_up(number, people, latest)
        return people, table

    def _visits(self, number: int, first: int, counts: Ints) -> tuple[list[Ints], Ints]:
        """Draw the visits that begin in some hours of a day, given their numbers by hour and (seed, stratum).

        Returns:
            The columns `_DRAWN` of `Presences`; numbers by hour, group and length.
        """
        shape = (counts.shape[0], self.n_seeds, N_STRATA)
        hour, seed, stratum = (
            np.ascontiguousarray(np.broadcast_to(a, shape)).reshape(-1)
            for a in (
                (24 * number + first + np.arange(shape[0]))[:, None, None],
                np.arange(self.n_seeds)[:, None],
                np.arange(N_STRATA),
            )
        )
        counts = counts.reshape(-1)
        cell = np.repeat(np.arange(counts.size), counts)
        slot = np.arange(cell.size) - np.repeat(np.cumsum(counts) - counts, counts)
        words = self.draws.words_of_slots(Purpose.SESSION, seed, stratum, hour << 16, cell, slot)
        offset = (stratum >= N_USER_STRATA) * 4096
        length = self._sessions.take((words >> np.uint64(52)).view(np.int64) + offset.take(cell))
        longest = self.scenario.population.max_session_hours
        group = np.arange(counts.size) // N_RATES * (longest + 1)
        key = group.take(cell) + (longest - length)
        order = key.astype(np.uint16 if counts.size * (longest + 1) < 1 << 18 else np.int64).argsort(kind="stable")
        n_groups = self.n_seeds * N_GROUPS
        lengths = np.bincount(key, minlength=shape[0] * n_groups * (longest + 1))
        lengths = lengths.reshape(shape[0], n_groups, longest + 1)[:, :, ::-1]
        cell, slot, length = cell.take(order), slot.take(order), length.take(order)
        membership = self.membership
        low, high = membership.low[number], membership.high[number]
        words = self.draws.words_of_slots(Purpose.VISITOR, seed, stratum, hour << 16, cell, slot)
        nth = below(words, (high - low).take(stratum).take(cell))
        person = nth * N_STRATA + (low * N_STRATA + np.arange(N_STRATA)).take(stratum).take(cell)
        at = nth + (seed * membership.n_slots + (membership.base + low).take(stratum)).take(cell)
        seeds = seed.take(cell)
        door = below(self.draws.words(Purpose.TOLERANCE, seeds, person), TOLERANCES)
        door += ((seed * 2 + (stratum >= N_USER_STRATA)) * TOLERANCES).take(cell)
        begin = hour.take(cell)
        return [person, seeds, door, begin, begin + length, at], lengths

    def _online(self, lengths: Ints) -> tuple[Online, Ints, Ints]:
        """Work out where those online in each hour stand.

        Returns:
            That; the first row of each hour of beginning (of two days), seed and group; and the number of rows.
        """
        longest = lengths.shape[2] - 1
        n_groups = lengths.shape[1]
        total = lengths.sum(axis=2)
        first_row = (np.cumsum(total.reshape(-1)) - total.reshape(-1)).reshape(total.shape)
        n_longer = total[:, :, None] - np.cumsum(lengths, axis=2)[:, :, :-1]
        age = np.arange(longest)
        begun = (np.arange(24)[:, None] - age + 24)[:, None, :]
        group = np.arange(n_groups)[:, None]
        until = np.cumsum(n_longer[begun, group, age], axis=2)
        return Online(first_row[begun, group], until), first_row.reshape(-1), total.reshape(-1)

    def _predators_online(self, people: Presences, first_hour: int, row: Ints) -> tuple[Ints, Ints]:
        """List the predators' rows online by hour, seed and person; return them and where each hour begins."""
        start = np.maximum(people.start.take(row), first_hour)
        length = np.maximum(np.minimum(people.end.take(row), first_hour + 24) - start, 0)
        row, hour = np.repeat(row, length), _ranges(start, length)
        key = carry_key(hour - first_hour, people.seed.take(row), people.person.take(row), self)
        order = key.argsort()
        return row.take(order), np.searchsorted(hour.take(order), first_hour + np.arange(25))

    def _intents(self, first_hour: int, people: Presences, row: Ints, start: Ints) -> Intents:
        hour = first_hour + np.repeat(np.arange(24), np.diff(start))
        seed, person = people.seed.take(row), people.person.take(row)
        mean = np.full(row.size, round(self.scenario.predators.approaches_per_hour * POISSON_UNITS))
        counts = self.draws.poisson(Purpose.N_INTENTS, seed, person, hour, mean)
        parent = np.repeat(np.arange(row.size), counts)
        rank = np.arange(parent.size) - np.repeat(np.cumsum(counts) - counts, counts)
        assert not rank.size or rank.max() < 1 << 6
        row, hour, seed, person = (a.take(parent) for a in (row, hour, seed, person))
        contact = (person << 25) + (hour << 6) + rank
        second = below(self.draws.words(Purpose.INTENT_SECOND, seed, contact), 3600)
        # Slots are in order of seconds, so that a slot is also a rank.
        second = np.sort((parent << 12) + second) & 4095
        offence = self.offence(person, seed)
        limits = self._class_limits
        drawn = below(self.draws.words(Purpose.INTENT_CLASS, seed, contact), limits[:, -1].take(offence))
        victim_class = (drawn[:, None] >= limits.take(offence, axis=0)).sum(axis=1)
        starts = np.searchsorted(hour, first_hour + np.arange(25))
        group = seed * N_GROUPS + victim_class
        return Intents(contact, row, hour, second, rank, offence, victim_class, group, starts)

    def candidates(self, day: Day, intent: Ints, first: int, last: int) -> Ints:
        """Return the rows of the persons that intents come upon at attempts ``first`` to ``last - 1``.

        Those online of the class sought are equally likely. Instead of a row there may be NOBODY or ALREADY_LISTED.

        Returns:
            Shape (intents, attempts).
        """
        n_intents = day.intents.contact.size
        in_advance = ATTEMPTS if n_intents <= _FEW_INTENTS else 2
        if last > in_advance:
            return self._come_upon(day, intent, first, last)
        self._look_at(day)
        if self._candidates is None:
            self._candidates = self._come_upon(day, np.arange(n_intents), 0, in_advance)
        return self._candidates.take(intent, axis=0)[:, first:last]

    def rounds(self, day: Day) -> tuple[tuple[int, int], ...]:
        """Return the attempts that are best looked at together: first and last + 1 of each round."""
        few = day.intents.contact.size <= _FEW_INTENTS
        return ((0, 1), (1, ATTEMPTS)) if few else ((0, 1), (1, 2), (2, ATTEMPTS))

    def _look_at(self, day: Day) -> None:
        """Forget what was drawn in advance for another day."""
        if self._day_in_advance != day.number:
            self._day_in_advance, self._candidates, self._walks = day.number, None, {}

    def _come_upon(self, day: Day, intent: Ints, first: int, last: int) -> Ints:
        intents = day.intents
        columns = (intents.hour, intents.group, intents.contact)
        hour, group, contact = (np.repeat(column.take(intent), last - first) for column in columns)
        attempt = np.tile(np.arange(first, last), intent.size)
        n = day.online.n(hour - day.first_hour, group)
        index = below(self.draws.words(Purpose.CANDIDATE, group // N_GROUPS, contact, attempt), n)
        row = day.online.row(hour - day.first_hour, group, index)
        there = (n > 0).nonzero()[0]
        twice = day.people.start.take(row.take(there)) > hour.take(there)
        row[n == 0] = NOBODY
        row[there[twice]] = ALREADY_LISTED
        return row.reshape(intent.size, last - first)

    def walk(self, day: Day, intent: int) -> Ints:
        """Return the rows of the class online that an intent did not come upon yet, in its own keyed order."""
        self._look_at(day)
        if intent not in self._walks:
            self._walks[intent] = self._walk(day, intent)
        return self._walks[intent]

    def _walk(self, day: Day, intent: int) -> Ints:
        intents = day.intents
        group, contact = int(intents.group[intent]), int(intents.contact[intent])
        tried = self.candidates(day, np.array([intent]), 0, ATTEMPTS)[0].tolist()
        rest = np.array([row for row in day.listed(int(intents.hour[intent]), group).tolist() if row not in tried])
        if rest.size < 2:
            return rest.astype(np.int64)
        seed = np.full(rest.size, group // N_GROUPS)
        words = self.draws.words(Purpose.WALK, seed, contact, day.people.person.take(rest))
        return rest.take(words.argsort(kind="stable"))

    def _false_reports(self, first_hour: int, people: Presences, online: Online) -> FalseReports:
        responses = self.scenario.responses
        per_user = responses.p_ready_false_report * self.scenario.population.conversations_per_hour
        axes = (np.arange(24), np.arange(self.n_seeds), np.arange(N_CLASSES))
        hour, seed, victim_class = (a.reshape(-1) for a in np.meshgrid(*axes, indexing="ij"))
        group = seed * N_GROUPS + victim_class
        n_listed = online.n(hour, group)
        mean = (n_listed * round(per_user * POISSON_UNITS * 1024) + 512) >> 10
        counts = self.draws.poisson(Purpose.N_FALSE_REPORTS, seed, victim_class, first_hour + hour, mean)
        slot = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        assert not slot.size or slot.max() < 1 << 16
        hour, seed, victim_class, group, n_listed = (
            np.repeat(a, counts) for a in (hour, seed, victim_class, group, n_listed)
        )
        key = (first_hour + hour << 16) + slot

        def words(purpose: Purpose) -> Any:
            return self.draws.words(purpose, seed, victim_class, key)

        row = online.row(hour, group, below(words(Purpose.FALSE_ACCUSED), n_listed))
        claim = unit(words(Purpose.FALSE_GRAVITY))
        gravity = (claim < responses.p_false_engaged + responses.p_false_private).astype(np.int64)
        gravity += claim < responses.p_false_private
        effort = unit(words(Purpose.FALSE_READY))
        second = 1 + below(words(Purpose.FALSE_SECOND), 3600)
        real = people.start.take(row) <= first_hour + hour
        row, hour, second, gravity = (a[real] for a in (row, first_hour + hour, second, gravity))
        start = np.searchsorted(hour, first_hour + np.arange(25))
        return FalseReports(row, hour, second, gravity, effort[real], start)


def _ranges(first: Ints, length: Ints) -> Ints:
    """Return ``first, first + 1, ...`` of each length, one range after the other."""
    return np.arange(length.sum()) + np.repeat(first - (np.cumsum(length) - length), length)


def carry_key(hour_of_day: Any, seed: Any, person: Any, world: World) -> Any:
    """Return the key of `Day.carried_key`."""
    return (hour_of_day * world.n_seeds + seed << 36) + person


def _line_up(number: int, people: Presences, latest: Ints) -> None:
    """Let each visit of a person that begins on a day start where the earlier ones end.

    Args:
        number: Day.
        people: The presences; of the visits that begin this day `start`, `carries_on` and `first_today` are written.
        latest: For every slot, packed: latest end of presence << 40, 1 + day of the latest visit << 24, row; written.
    """
    assert people.begin.size < 1 << 24
    limits = people.n_carried + people.begin[people.n_carried :].searchsorted(24 * number + np.arange(25))
    limits = limits.tolist()
    for hour, (low, high) in enumerate(pairwise(limits), start=24 * number):
        who, until, rows = people.slot[low:high], people.end[low:high], np.arange(low, high)
        before = latest.take(who)
        before_end = before >> 40
        news = (np.maximum(before_end, until) << 40) + ((number + 1 << 24) + rows)
        latest[who[::-1]] = news[::-1]  # of several visits in one hour the longest, which comes first, stays
        first = latest.take(who) & 0xFFFFFF
        again = (first != rows).nonzero()[0]
        if again.size:
            before_end[again] = np.maximum(before_end[again], people.end.take(first[again]))
        np.maximum(before_end, hour, out=people.start[low:high])
        people.carries_on[low:high] = (before_end >= hour) & (until > before_end)
        people.first_today[low:high] = (before >> 24 & 0xFFFF) != number + 1
        people.first_today[low + again] = False
