"""Who visits: the visits of a day, drawn for everybody at once, and the presences that they make.

Visits are drawn as Poisson counts per hour and stratum (the superposition of every member's own Poisson visits), shared
out among lengths, each with a member drawn uniformly from the stratum's window of ids, so that only visitors are ever
touched.

Memory: 6 bytes for everybody who is ever a member, and seed; about 50 bytes a visit of the day, 2 days held at a time.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from sim.model.world.ages import Ages
from sim.model.world.day import N_GROUPS, Hours, Presences
from sim.model.world.draws import POISSON_UNITS, Draws, Ints, Purpose, below, cells, pick_four, ranges
from sim.model.world.keys import LINE, N_RATES, N_STRATA, N_USER_STRATA, SLOT, person_of
from sim.model.world.movers import Movers
from sim.model.world.population import (
    MONTH_DAYS,
    TOLERANCES,
    Membership,
    session_lengths,
    visits_per_month,
    weekly_profile,
)
from sim.rules.parameters import HOURS_PER_MONTH
from sim.scenario.scenario import Scenario

_RATE_UNITS = 1 << 40
_BLOCK = 32768  # visits whose members are drawn at a time: so few stay in the processor's cache
_NONE = np.zeros(0, np.int64)


class Crowd:
    """The visitors of a scenario under one or several seeds, day by day.

    Args:
        scenario: What to simulate.
        draws: The draws of the seeds.
        membership: Who is a member when.
        movers: Classes of persons by home and second choice.
        ages: Types of persons by what age checks make of them.

    Attributes:
        sessions: Tables for `pick` of the lengths of visits in hours: of lawful users, of predators.
        door: For every member, and seed, what `Presences.door` is: 2 bytes each with one site and up to 32 seeds.
    """

    def __init__(self, scenario: Scenario, draws: Draws, membership: Membership, movers: Movers, ages: Ages) -> None:
        self._draws, self._membership, self._movers, self._ages = draws, membership, movers, ages
        self._n_classes = movers.n * ages.n
        self._n_seeds, self._n_sites = len(draws.seeds), movers.n_sites
        self._n_cohorts = self._n_seeds * self._n_sites  # those of a seed and home
        self._longest = scenario.population.max_session_hours
        means = (scenario.population.mean_session_hours, scenario.predators.mean_session_hours)
        self.sessions = tuple(cells(session_lengths(mean, self._longest)) for mean in means)
        self._rate = np.rint(
            visits_per_month(scenario)[:, None] / HOURS_PER_MONTH * _RATE_UNITS * weekly_profile(scenario)[None, :]
        ).astype(np.int64)
        self.door = self._doors()
        self.door.flags.writeable = False
        n_members = (membership.high - membership.low).sum(axis=(0, 1)).reshape(-1, N_STRATA).sum(axis=0)
        expected = float(n_members @ visits_per_month(scenario)) / MONTH_DAYS
        # Rows of all days are numbered through, from 1 on; by member, the number of the latest.
        dtype = np.int32 if expected < 1 << 30 else np.int64
        self._latest: NDArray[np.signedinteger] = np.zeros(self.door.size, dtype)
        self._n_rows = 0
        self._begun: list[int] = []  # by day, number of the first row of a visit that begins
        self._room = [(np.empty((2, 0), np.int64), np.empty((3, 0), np.int32))] * 2
        # Visits of a day stand by hour, cohort, group, length (the longest first) and rate class: a cell is one each.
        shape = (24, self._n_cohorts, N_GROUPS, self._longest, N_RATES)
        hour, cohort, group, shorter, rate = (axis.reshape(-1) for axis in np.indices(shape))
        self._hour = hour
        self._seed, self._home = np.divmod(cohort, self._n_sites)
        self._stratum = group * N_RATES + rate
        self._column = self._home * N_STRATA + self._stratum
        self._length = self._longest - shorter
        self._hours_today = np.minimum(self._length, 24 - hour).astype(np.uint8)

    def _doors(self) -> NDArray[np.unsignedinteger]:
        movers = self._movers
        dtype = np.min_scalar_type(self.n_door_types)
        parts = []
        for index, (column, n) in product(range(self._n_seeds), enumerate(self._membership.n_ever.tolist())):
            home, stratum = divmod(column, N_STRATA)
            seed, person = np.full(n, index), person_of(np.arange(n), stratum, home)
            kind = int(stratum >= N_USER_STRATA)
            words = self._draws.words(Purpose.TOLERANCE, seed, person)
            of_class: int | Ints = movers.drawn(self._draws, seed, person, kind, home) if movers.n > 1 else 0
            of_class = of_class * self._ages.n + self._ages.drawn(self._draws, seed, person)
            first = ((index * 2 + kind) * self._n_classes + of_class) * TOLERANCES
            parts.append((first + below(words, TOLERANCES)).astype(dtype))
        return np.concatenate(parts)

    @property
    def n_door_types(self) -> int:
        """Values that `Presences.door` may have."""
        return self._n_seeds * 2 * self._n_classes * TOLERANCES

    def visited_since(self, day: int) -> NDArray[np.bool_]:
        """Tell for every member, and seed, whether a visit began on a day or later, up to the day drawn last."""
        return self._latest >= self._begun[day]

    def draw(self, number: int, yesterday: Presences | None) -> tuple[Presences, Ints]:
        """Draw the visits that begin on a day, and put them behind those that still run.

        The columns are written where those of the day before yesterday were.

        Returns:
            The presences; numbers of visits that begin this day by hour, cohort and group, and length in hours.
        """
        first_hour = 24 * number
        n_visits = self._n_visits(number)
        old, carrying_on = _NONE, _NONE
        if yesterday is None:
            self._latest[:], self._n_rows, self._begun = 0, 0, []
        else:
            old = yesterday.n_carried + (yesterday.end[yesterday.n_carried :] >= first_hour).nonzero()[0]
            still = yesterday.carrying_on
            carrying_on = old.searchsorted(still.compress(yesterday.start.take(still) >= first_hour))
        n_old, size = old.size, old.size + int(n_visits.sum())
        (person, slot), (begin, start, end) = self._columns(size)
        if yesterday is not None:
            person[:n_old], slot[:n_old] = yesterday.person.take(old), yesterday.slot.take(old)
            begin[:n_old], start[:n_old] = yesterday.begin.take(old), yesterday.start.take(old)
            end[:n_old] = yesterday.end.take(old)
        self._draw_members(number, n_visits, person[n_old:], slot[n_old:], begin[n_old:], end[n_old:])
        start[n_old:] = begin[n_old:]
        self._begun.append(self._n_rows + 1 + n_old)
        row, previous, until = _line_up(slot, end, self._n_rows + 1, self._latest)
        self._n_rows += size
        new = row >= n_old
        row, previous, until = row.compress(new), previous.compress(new), until.compress(new)
        begun = begin.take(row)
        start[row] = np.maximum(until, begun)
        carries_on = (until >= begun) & (end.take(row) > until)
        hours = np.empty(size, np.uint8)
        hours[n_old:] = np.repeat(self._hours_today, n_visits.reshape(-1))
        for some in (np.arange(n_old), row):
            within = np.minimum(end.take(some), first_hour + 24) - np.maximum(start.take(some), first_hour)
            hours[some] = np.maximum(within, 0)
        people = Presences(
            person=person,
            seed=slot // self._membership.n_slots if self._n_seeds > 1 else np.zeros(size, np.int64),
            door=self.door.take(slot),
            begin=begin,
            start=start,
            end=end,
            slot=slot,
            hours=hours,
            carrying_on=np.concatenate((carrying_on, row.compress(carries_on))),
            repeated=row.compress(previous >= n_old),
            n_carried=n_old,
            n_classes=self._n_classes,
        )
        lengths = np.zeros((24, self._n_cohorts * N_GROUPS, self._longest + 1), np.int64)
        lengths[:, :, :0:-1] = n_visits.sum(axis=4).reshape(24, -1, self._longest)
        return people, lengths

    def _columns(self, size: int) -> tuple[Ints, Hours]:
        """Return room for columns: that of the day before yesterday, as fresh memory is slow to write to."""
        room = self._room.pop(0)
        if room[0].shape[1] < size:
            room = np.empty((2, size * 9 // 8), np.int64), np.empty((3, size * 9 // 8), np.int32)
        self._room.append(room)
        return room[0][:, :size], room[1][:, :size]

    def _n_visits(self, number: int) -> Ints:
        """Draw how many visits begin on a day: shape (24, cohorts, N_GROUPS, longest, N_RATES), the longest first."""
        hours = 24 * number + np.arange(24)
        n_members = self._membership.n_members(number).reshape(-1, N_STRATA)
        mean = n_members * self._rate[:, None, hours % 168].T
        mean = (mean + (_RATE_UNITS // POISSON_UNITS // 2) >> 24).reshape(-1, N_STRATA)
        hour, cohort = np.repeat(hours, self._n_cohorts)[:, None], np.tile(np.arange(self._n_cohorts), 24)[:, None]
        seed, home = np.divmod(cohort, self._n_sites)
        column = home * N_STRATA + np.arange(N_STRATA)
        counts = self._draws.poisson(Purpose.N_VISITS, seed, column, hour, mean)
        assert counts.max(initial=0) <= SLOT.most("slot")
        width = self._longest + 1
        n_visits = np.empty((*counts.shape, width), np.int64)
        for strata, table in zip((slice(0, N_USER_STRATA), slice(N_USER_STRATA, N_STRATA)), self.sessions, strict=True):
            n = counts[:, strata]
            n_words = n + 3 >> 2
            words = self._draws.words_of_runs(Purpose.SESSION, seed, column[:, strata], SLOT.pack(hour, 0), n_words)
            cell = np.repeat(np.arange(0, n.size * width, width), 4 * n_words.reshape(-1))
            spare = (4 * n_words - n).reshape(-1)
            cell[ranges(4 * np.cumsum(n_words) - spare, spare)] = n.size * width  # counted apart
            cell += pick_four(words, table)
            n_visits[:, strata] = np.bincount(cell, minlength=n.size * width)[: n.size * width].reshape(*n.shape, width)
        n_visits = n_visits.reshape(24, self._n_cohorts, N_GROUPS, N_RATES, width)
        return np.ascontiguousarray(n_visits[..., :0:-1].swapaxes(3, 4))

    def _draw_members(self, number: int, n_visits: Ints, person: Ints, slot: Ints, begin: Hours, end: Hours) -> None:
        """Draw whose the visits are; write the columns of the presences."""
        membership, seed, column, n = self._membership, self._seed, self._column, n_visits.reshape(-1)
        low = membership.low[seed, number, column]
        first_slot = seed * membership.n_slots + membership.base.take(column) + low
        first_person = person_of(low, self._stratum, self._home)
        n_members = membership.n_members(number)[seed, column].astype(np.float64)
        hour = 24 * number + self._hour
        begins, ends = hour.astype(np.int32), (hour + self._length).astype(np.int32)
        # A visit is known by its position among those of its stratum and hour: those that last longer come first.
        first = SLOT.pack(hour, (np.cumsum(n_visits, axis=3) - n_visits).reshape(-1))
        limits = np.concatenate(([0], np.cumsum(n)))
        blocks = np.unique(np.append(limits.searchsorted(np.arange(0, limits[-1], _BLOCK)), n.size)).tolist()
        for c in map(slice, blocks, blocks[1:]):
            rows = slice(*limits[[c.start, c.stop]].tolist())
            words = self._draws.words_of_runs(Purpose.VISITOR, seed[c], column[c], first[c], n[c])
            nth = below(words, np.repeat(n_members[c], n[c]))
            np.add(nth, np.repeat(first_slot[c], n[c]), out=slot[rows])
            nth *= N_STRATA
            np.add(nth, np.repeat(first_person[c], n[c]), out=person[rows])
            begin[rows], end[rows] = np.repeat(begins[c], n[c]), np.repeat(ends[c], n[c])


def _line_up(slot: Ints, end: Hours, first: int, latest: NDArray[np.signedinteger]) -> tuple[Ints, Ints, Ints]:
    """Find the visits of persons who made an earlier one.

    Args:
        slot: Visitors, in order of beginning.
        end: Ends of their visits.
        first: Number of the first row, larger than any before.
        latest: Number of the latest row of every member; written.

    Returns:
        Rows of those visits, person by person; row of the person's visit before; latest end of all earlier ones.
    """
    number = np.arange(first, first + slot.size, dtype=latest.dtype)
    latest[slot] = number
    last = latest.take(slot)  # of several rows of a person the last has stayed: it stands for the person
    several = last != number
    several[last.compress(several) - first] = True
    row = several.nonzero()[0]
    visitor, row = LINE.unpack(np.sort(LINE.pack(last.take(row).astype(np.int64) - first, row)))
    # Persons are in ascending order, so that the maximum never comes from another one.
    _, until = LINE.unpack(np.maximum.accumulate(LINE.pack(visitor, end.take(row).astype(np.int64))))
    again = (visitor[1:] == visitor[:-1]).nonzero()[0]
    return row.take(again + 1), row.take(again), until.take(again)
