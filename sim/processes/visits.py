"""Step 1, world: who is let in. Lawful users are counted exactly, lane by lane, without touching each one.

All lanes see the same visits; a lane's door lets in those whose tolerance is at least its friction. So one histogram by
tolerance answers for every lane, and only persons under a bar are looked up.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from sim.day import Day, Presences
from sim.decisions import lets_in
from sim.draws import Ints, Purpose, below
from sim.observe import Recorder
from sim.population import N_USER_STRATA, TOLERANCES
from sim.state import Lanes, State


def count_users(state: State, lanes: Lanes, day: Day, record: Recorder) -> None:
    """Count the day's visits, user-days and user-hours of lawful users: let in, turned away, barred."""
    people, n_old = day.people, day.people.n_carried
    hours = _hours_today(people, day.first_hour)
    begun = people.door[n_old:]
    n = state.world.n_seeds * 2 * TOLERANCES
    parts = {
        "n_visits": ((0, np.bincount(begun, minlength=n)),),
        "n_user_days": ((0, np.bincount(people.door.compress(people.first_today), minlength=n)),),
        "n_user_hours": (
            (0, np.bincount(begun, hours[n_old:], minlength=n)),
            (1, np.bincount(people.door[:n_old], hours[:n_old], minlength=n)),
        ),
    }
    for name, tables in parts.items():
        for old, table in tables:
            let_in, turned_away = _by_door(state, lanes.friction_user[old], table)
            record.add_all(name, let_in)
            record.add_all(f"{name}_turned_away", turned_away)
    _take_out_barred(state, lanes, day, record)
    retention = np.array([rules.retention_message_hours for rules in lanes.rules])
    record.set_product("n_history_hours", "n_user_hours", retention)


def _hours_today(rows: Presences, first_hour: int) -> Ints:
    return np.maximum(np.minimum(rows.end, first_hour + 24) - np.maximum(rows.start, first_hour), 0)


def _by_door(state: State, friction: Ints, table: NDArray[np.generic]) -> tuple[Ints, Ints]:
    """Return the users' weights let in and turned away, by place, given weights by seed, kind and tolerance."""
    users = table.reshape(state.world.n_seeds, 2, TOLERANCES)[:, 0]
    below = np.concatenate((np.zeros((users.shape[0], 1)), np.cumsum(users, axis=1)), axis=1).astype(np.int64)
    outside = below[state.seed_of_place, friction]
    return below[state.seed_of_place, TOLERANCES] - outside, outside


def _take_out_barred(state: State, lanes: Lanes, day: Day, record: Recorder) -> None:
    """Correct the counts for the few who are under a bar."""
    log, people, first_hour = state.bar_log, day.people, day.first_hour
    log.forget_before(first_hour)
    if not log.key.size:
        return
    rows = state.user_flag.take(people.slot).nonzero()[0]
    key = (people.seed.take(rows) << 40) + people.person.take(rows)
    low, high = log.key.searchsorted(key, side="left"), log.key.searchsorted(key, side="right")
    n = high - low
    row = np.repeat(rows, n)
    bar = np.arange(row.size) + np.repeat(low - (np.cumsum(n) - n), n)
    place, since, until = (a.take(bar) for a in (log.place, log.since, log.until))
    old = people.is_old(row)
    inside = lets_in(people.tolerance(row), lanes.friction_user[old, place])
    row, place, since, until, old = (a[inside] for a in (row, place, since, until, old))
    start = np.maximum(np.maximum(people.start.take(row), first_hour), since)
    lost = np.maximum(np.minimum(np.minimum(people.end.take(row), first_hour + 24), until) - start, 0)
    record.add("n_user_hours", place, -lost)
    record.add("n_user_hours_barred", place, lost)
    begin = people.begin.take(row)
    barred = ((old == 0) & (since <= begin) & (begin < until)).nonzero()[0]
    record.add("n_visits", place.take(barred), -1)
    _take_out_user_days(state, people, row.take(barred), place.take(barred), record)


def _take_out_user_days(state: State, people: Presences, row: Ints, place: Ints, record: Recorder) -> None:
    """Take out the user-days of persons all of whose visits of the day were barred."""
    if not row.size:
        return
    pair = (people.seed.take(row) << 40) + people.person.take(row)
    pairs, n_barred = np.unique(np.stack((place, pair)), axis=1, return_counts=True)
    begun = people.n_carried + state.user_flag.take(people.slot[people.n_carried :]).nonzero()[0]
    keys = np.sort((people.seed.take(begun) << 40) + people.person.take(begun))
    n_visits = keys.searchsorted(pairs[1], side="right") - keys.searchsorted(pairs[1], side="left")
    record.add("n_user_days", pairs[0][n_barred == n_visits], -1)


def count_predators(state: State, lanes: Lanes, day: Day, hour: int, record: Recorder) -> None:
    """Count the hour's predators online: let in, turned away, barred."""
    seen = hour - day.first_hour
    online = day.predators_online[day.predators_start[seen] : day.predators_start[seen + 1]]
    place, pair, inside = at_the_door(state, lanes, day, online)
    barred = state.predator_barred_until.take(pair) > hour
    n = state.n_places
    # 0 turned away, 1 let in, 3 let in but barred
    table = np.bincount(place * 4 + inside + 2 * (inside & barred), minlength=4 * n).reshape(n, 4)
    for name, column in (("", 1), ("_barred", 3), ("_turned_away", 0)):
        record.add_all(f"n_predator_hours{name}", table[:, column])


def at_the_door(state: State, lanes: Lanes, day: Day, row: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return places, pairs and whether the door lets in, for rows of predators: lane by lane of each row."""
    n_lanes, people = state.lanes_per_seed, day.people
    seed, person = people.seed.take(row), people.person.take(row)
    place = (seed[:, None] * n_lanes + np.arange(n_lanes)).reshape(-1)
    old, tolerance, index = (
        np.repeat(a, n_lanes) for a in (people.is_old(row), people.tolerance(row), state.world.predator_index(person))
    )
    inside = lets_in(tolerance, lanes.friction_predator[old, place])
    return place, place * state.world.n_predators + index, inside


class Visitors:
    """Monthly visitors: persons let in at least once in a calendar month of the window.

    A month is cut into segments wherever the door of an arm changes; a member's segments with a visit are bits of a
    mask,
    so that one table by mask and tolerance answers for every lane. Bars are left out: this counts whom doors let in.
    Months are those of `Scenario.months`.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        bounds = state.world.scenario.months
        self._first, self._month_ends = bounds[0], set(bounds[1:])
        self._cuts = {d for d in state.world.scenario.door_days if d > bounds[0]} - self._month_ends
        n_slots = state.world.n_seeds * state.world.membership.n_slots
        widest = max(sum(low < c < high for c in self._cuts) for low, high in pairwise(bounds))
        self._mask = np.zeros(n_slots, np.uint8 if widest < 8 else np.uint64)
        self._doors: list[Ints] = []

    def see(self, day_of_window: int, lanes: Lanes, day: Day, record: Recorder) -> None:
        """Take in a day's visits; at a month's last day, count."""
        if day_of_window < self._first or day_of_window >= max(self._month_ends):
            return
        if not self._doors or day_of_window in self._cuts:
            self._doors.append(np.stack((lanes.friction_user[0], lanes.friction_predator[0])))
        people = day.people
        slot = people.slot.compress(people.first_today)
        self._mask[slot] |= self._mask.dtype.type(1 << (len(self._doors) - 1))
        if day_of_window + 1 in self._month_ends:
            self._count(record)

    def _count(self, record: Recorder) -> None:
        state = self._state
        membership = state.world.membership
        n_masks = 1 << len(self._doors)
        for seed, masks in enumerate(self._mask.reshape(state.world.n_seeds, -1)):
            seen = masks.nonzero()[0]
            is_predator = seen >= membership.base[N_USER_STRATA]
            person = membership.person(seen)
            words = state.world.draws.words(Purpose.TOLERANCE, np.full(seen.size, seed), person)
            tolerance = below(words, TOLERANCES)
            cell = (is_predator * n_masks + masks.take(seen).astype(np.int64)) * TOLERANCES + tolerance
            table = np.bincount(cell, minlength=2 * n_masks * TOLERANCES).reshape(2, n_masks, TOLERANCES)
            for place in (state.seed_of_place == seed).nonzero()[0]:
                n_in = [0, 0]
                for kind, mask in product(range(2), range(1, n_masks)):
                    frictions = [door[kind, place] for bit, door in enumerate(self._doors) if mask >> bit & 1]
                    n_in[kind] += int(table[kind, mask, min(frictions) :].sum())
                record.add("n_monthly_visitors", place, sum(n_in))
                record.add("n_monthly_turned_away", place, int(table[0].sum()) - n_in[0])
        self._mask[:] = 0
        self._doors = []
