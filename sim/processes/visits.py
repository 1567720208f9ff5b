"""Step 1, world: who is let in. Lawful users are counted exactly, lane by lane, without touching each one.

All lanes see the same visits; a lane's door lets in those whose tolerance is at least its friction. So one histogram by
tolerance answers for every lane, and only persons under a bar are looked up.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from sim.decisions import lets_in
from sim.draws import Ints
from sim.observe import Recorder
from sim.state import Lanes, State
from sim.world import TOLERANCES, Day, Presences


def count_users(state: State, lanes: Lanes, day: Day, record: Recorder) -> None:
    """Count the day's visits, user-days and user-hours of lawful users: let in, turned away, barred."""
    users, first_hour = day.users, day.first_hour
    begun = np.arange(users.begin.size) < users.n_begun
    hours = _hours_today(users, first_hour)
    first = np.zeros(users.begin.size)
    first[: users.n_begun] = users.first_today
    for name, weight in (("n_visits", begun), ("n_user_days", first), ("n_user_hours", hours)):
        let_in, turned_away = 0, 0
        for old, group in enumerate((slice(None, users.n_begun), slice(users.n_begun, None))):
            inside, outside = _by_door(
                state, lanes.friction_user[old], users.seed[group], users.tolerance[group], weight[group]
            )
            let_in, turned_away = let_in + inside, turned_away + outside
        record.add(name, np.arange(state.n_places), let_in)
        record.add(f"{name}_turned_away", np.arange(state.n_places), turned_away)
    _take_out_barred(state, lanes, day, hours, record)
    retention = np.array([rules.retention_message_hours for rules in lanes.rules])
    record.set_product("n_history_hours", "n_user_hours", retention)


def _hours_today(rows: Presences, first_hour: int) -> Ints:
    return np.maximum(np.minimum(rows.end, first_hour + 24) - np.maximum(rows.start, first_hour), 0)


def _by_door(
    state: State, friction: Ints, seed: Ints, tolerance: Ints, weight: NDArray[np.generic]
) -> tuple[Ints, Ints]:
    """Return the weights let in and turned away, by place."""
    shape = (state.world.n_seeds, TOLERANCES)
    table = np.bincount(seed * TOLERANCES + tolerance, weight, minlength=shape[0] * shape[1]).reshape(shape)
    below = np.concatenate((np.zeros((shape[0], 1)), np.cumsum(table, axis=1)), axis=1).astype(np.int64)
    outside = below[state.seed_of_place, friction]
    return below[state.seed_of_place, TOLERANCES] - outside, outside


def _take_out_barred(state: State, lanes: Lanes, day: Day, hours: Ints, record: Recorder) -> None:
    """Correct the counts for the few who are under a bar."""
    log, users, first_hour = state.bar_log, day.users, day.first_hour
    log.forget_before(first_hour)
    if not log.key.size:
        return
    rows = state.user_flag.take(users.slot).nonzero()[0]
    key = (users.seed.take(rows) << 40) + users.person.take(rows)
    low, high = log.key.searchsorted(key, side="left"), log.key.searchsorted(key, side="right")
    row = np.repeat(rows, high - low)
    bar = np.arange(row.size) + np.repeat(low - np.concatenate(([0], np.cumsum(high - low)[:-1])), high - low)
    place, since, until = (a.take(bar) for a in (log.place, log.since, log.until))
    begun = row < users.n_begun
    inside = lets_in(users.tolerance.take(row), lanes.friction_user[np.where(begun, 0, 1), place])
    row, place, since, until, begun = (a[inside] for a in (row, place, since, until, begun))
    start = np.maximum(np.maximum(users.start.take(row), first_hour), since)
    lost = np.maximum(np.minimum(np.minimum(users.end.take(row), first_hour + 24), until) - start, 0)
    record.add("n_user_hours", place, -lost)
    record.add("n_user_hours_barred", place, lost)
    begin = users.begin.take(row)
    barred = (begun & (since <= begin) & (begin < until)).nonzero()[0]
    record.add("n_visits", place.take(barred), -1)
    _take_out_user_days(state, lanes, users, row.take(barred), place.take(barred), record)


def _take_out_user_days(
    state: State, lanes: Lanes, users: Presences, row: Ints, place: Ints, record: Recorder
) -> None:
    """Take out the user-days of persons all of whose visits of the day were barred."""
    if not row.size:
        return
    pair = (users.seed.take(row) << 40) + users.person.take(row)
    pairs, which, n_barred = np.unique(np.stack((place, pair)), axis=1, return_inverse=True, return_counts=True)
    begun = state.user_flag.take(users.slot[: users.n_begun]).nonzero()[0]
    keys = np.sort((users.seed.take(begun) << 40) + users.person.take(begun))
    n_visits = keys.searchsorted(pairs[1], side="right") - keys.searchsorted(pairs[1], side="left")
    record.add("n_user_days", pairs[0][n_barred == n_visits], -1)


def count_predators(state: State, lanes: Lanes, day: Day, hour: int, record: Recorder) -> None:
    """Count the hour's predators online: let in, turned away, barred."""
    rows, seen = day.predators, hour - day.first_hour
    online = day.predators_online[day.predators_start[seen] : day.predators_start[seen + 1]]
    place, inside, barred = predators_inside(state, lanes, rows, online, day.first_hour, hour)
    n = state.n_places
    record.add("n_predator_hours", np.arange(n), np.bincount(place[inside & ~barred], minlength=n))
    record.add("n_predator_hours_barred", np.arange(n), np.bincount(place[inside & barred], minlength=n))
    record.add("n_predator_hours_turned_away", np.arange(n), np.bincount(place[~inside], minlength=n))


def predators_inside(
    state: State, lanes: Lanes, rows: Presences, row: Ints, first_hour: int, hour: int
) -> tuple[Ints, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return places, whether the door lets in and whether a bar is in force, shape (rows, lanes of a seed)."""
    n_lanes = state.lanes_per_seed
    place = rows.seed.take(row)[:, None] * n_lanes + np.arange(n_lanes)
    old = (rows.begin.take(row) < first_hour).astype(np.int64)
    inside = lets_in(rows.tolerance.take(row)[:, None], lanes.friction_predator[old[:, None], place])
    pair = place * state.world.n_predators + state.world.predator_index(rows.person.take(row))[:, None]
    return place, inside, state.predator_barred_until.take(pair) > hour


class Visitors:
    """Monthly visitors: persons let in at least once in a calendar month of the window.

    A month is cut into segments wherever a lane's rules change; a member's segments with a visit are bits of a mask,
    so that one table by mask and tolerance answers for every lane. Bars are left out: this counts whom doors let in.
    If no calendar month lies wholly within the window, the window counts as one month.
    """

    def __init__(self, state: State, start: dt.date, days: int, change_days: set[int]) -> None:
        self._state = state
        month_start = {d for d in range(days + 1) if (start + dt.timedelta(days=d)).day == 1}
        bounds = sorted(month_start)
        if len(bounds) < 2:
            bounds = [0, days]
        self._first, self._month_ends = bounds[0], set(bounds[1:])
        self._cuts = {d for d in change_days if d > bounds[0]} - self._month_ends
        n_slots = state.world.n_seeds * state.world.membership.n_slots
        widest = max(sum(low < c < high for c in self._cuts) for low, high in zip(bounds, bounds[1:], strict=False))
        self._mask = np.zeros(n_slots, np.uint8 if widest < 8 else np.uint64)
        self._tolerance = np.zeros(n_slots, np.uint16)
        self._predator = np.zeros(n_slots, bool)
        self._doors: list[Ints] = []

    def see(self, day_of_window: int, lanes: Lanes, day: Day, record: Recorder) -> None:
        """Take in a day's visits; at a month's last day, count."""
        if day_of_window < self._first or day_of_window >= max(self._month_ends):
            return
        if not self._doors or day_of_window in self._cuts:
            self._doors.append(np.stack((lanes.friction_user[0], lanes.friction_predator[0])))
        bit = self._mask.dtype.type(1 << (len(self._doors) - 1))
        for predator, rows in enumerate((day.users, day.predators)):
            first = rows.first_today.nonzero()[0]
            slot = rows.slot.take(first)
            self._mask[slot] |= bit
            self._tolerance[slot] = rows.tolerance.take(first)
            if predator:
                self._predator[slot] = True
        if day_of_window + 1 in self._month_ends:
            self._count(record)

    def _count(self, record: Recorder) -> None:
        state = self._state
        slots = self._mask.reshape(state.world.n_seeds, -1)
        for seed, masks in enumerate(slots):
            seen = masks.nonzero()[0]
            at = seen + seed * slots.shape[1]
            n_masks = 1 << len(self._doors)
            cell = (
                (self._predator.take(at).astype(np.int64) * n_masks + masks.take(seen).astype(np.int64)) * TOLERANCES
                + self._tolerance.take(at)
            )  # fmt: skip
            table = np.bincount(cell, minlength=2 * n_masks * TOLERANCES).reshape(2, n_masks, TOLERANCES)
            for place in (state.seed_of_place == seed).nonzero()[0]:
                n_in = 0
                for kind in range(2):
                    for mask in range(1, n_masks):
                        frictions = [d[kind, place] for bit, d in enumerate(self._doors) if mask >> bit & 1]
                        n_in += int(table[kind, mask, min(frictions) :].sum())
                record.add("n_monthly_visitors", place, n_in)
                record.add("n_monthly_turned_away", place, seen.size - n_in)
        self._mask[:] = 0
        self._doors = []
