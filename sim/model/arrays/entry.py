"""Step 1, world: who is let in. Everybody is counted exactly, lane by lane, without touching each one.

All lanes see the same visits; a lane's door lets in those whose tolerance is at least its friction. So one histogram by
tolerance answers for every lane, and only persons under a bar are looked up.
"""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from sim.model.arrays.hour import Hour
from sim.model.arrays.recorder import Recorder
from sim.model.arrays.state import State
from sim.model.decisions.entry import account_since, lets_in
from sim.model.world.draws import Ints
from sim.model.world.keys import MEMBER
from sim.model.world.population import TOLERANCES

_KINDS = ("user", "predator")


def count_people(now: Hour) -> None:
    """Count the day's visits, user-days and hours online of users and predators: let in, turned away, barred."""
    people, lanes, record = now.day.people, now.lanes, now.record
    old, begun = _by_door_and_hours(now)
    hours = np.arange(begun.shape[1])
    n_visits = begun.sum(axis=1)
    n_later = np.bincount(people.door.take(people.repeated), minlength=n_visits.size)
    counts: tuple[tuple[str, int, int, Ints], ...] = (
        ("n_visits", 0, 0, n_visits),
        ("n_user_days", 0, 0, n_visits - n_later),
        *(
            (f"n_{name}_hours", kind, day_before, table @ hours)
            for kind, name in enumerate(_KINDS)
            for day_before, table in enumerate((begun, old))
        ),
    )
    for name, kind, day_before, table in counts:
        let_in, turned_away = _by_door(now.state, lanes.friction(kind)[day_before], table, kind)
        record.add_all(name, let_in)
        record.add_all(f"{name}_turned_away", turned_away)
    _count_limited(now)
    _take_out_barred(now)
    record.set_product("n_history_hours", "n_user_hours", lanes.rule("retention.message_hours"))
    record.set_product("n_log_hours", "n_user_hours", lanes.rule("retention.log_hours"))
    record.set_product("n_identified_hours", "n_user_hours", lanes.rule("registration.accounts_persist"))


def _count_limited(now: Hour) -> None:
    """Count the user-hours of the day with an account too new to write to strangers, bars apart."""
    people, first_hour, lanes = now.day.people, now.day.first_hour, now.lanes
    begun, old = slice(people.n_carried, None), slice(people.n_carried)
    size = now.state.world.n_seeds * 2 * TOLERANCES
    limited = lanes.rule("limits.cooling_off_hours") > 0
    kinds = np.stack((lanes.rule("limits.cooling_off_hours"), lanes.rule("registration.accounts_persist")))
    for kind in np.unique(kinds[:, limited], axis=1).T:
        places = (kinds == kind[:, None]).all(axis=0)
        row = np.arange(people.slot.size)
        until = np.minimum(_new_until(now, row, np.full(row.size, places.argmax())), first_hour + 24)
        hours = np.maximum(np.minimum(people.end, until) - np.maximum(people.start, first_hour), 0)
        for day_before, rows in enumerate((begun, old)):
            table = np.bincount(people.door[rows], hours[rows], minlength=size).astype(np.int64)
            let_in, _ = _by_door(now.state, lanes.friction_user[day_before], table, 0)
            now.record.add_all("n_user_hours_limited", let_in * places)


def _new_until(now: Hour, row: Ints, place: Ints) -> Ints:
    """Return the hour from which on the visitors of rows may write to strangers in a place."""
    people, lanes = now.day.people, now.lanes
    begin, persists = people.begin.take(row), lanes.rule("registration.accounts_persist").take(place)
    joined: int | Ints = 0  # when somebody joined takes long to find out, and matters only to accounts that persist
    if persists.any():
        joined = 24 * now.state.world.membership.joined(people.seed.take(row), people.person.take(row))
    cooling_off: Ints = lanes.rule("limits.cooling_off_hours").take(place)
    return account_since(joined, begin, persists) + cooling_off


def _by_door_and_hours(now: Hour) -> tuple[Ints, Ints]:
    """Return numbers of visits by door and hours within the day: of those begun the day before and this day."""
    people, world = now.day.people, now.state.world
    shape = (world.n_seeds * 2 * TOLERANCES, world.scenario.population.max_session_hours + 1)
    key = people.door * np.int32(shape[1]) + people.hours
    parts = (key[: people.n_carried], key[people.n_carried :])
    old, begun = (np.bincount(part, minlength=shape[0] * shape[1]).reshape(shape) for part in parts)
    return old, begun


def _by_door(state: State, friction: Ints, table: Ints, kind: int) -> tuple[Ints, Ints]:
    """Return how many of a kind are let in and turned away, by place, given numbers by seed, kind and tolerance."""
    of_kind = table.reshape(state.world.n_seeds, 2, TOLERANCES)[:, kind]
    below = np.concatenate((np.zeros((of_kind.shape[0], 1), np.int64), np.cumsum(of_kind, axis=1)), axis=1)
    outside = below[state.places.seed, friction]
    return below[state.places.seed, TOLERANCES] - outside, outside


def _take_out_barred(now: Hour) -> None:
    """Correct the counts for the few who are under a bar or in custody."""
    state, lanes, record = now.state, now.lanes, now.record
    people, first_hour = now.day.people, now.day.first_hour
    keys, *columns = state.bar_log.since(first_hour)
    if not keys.size:
        return
    rows = state.flag.take(people.slot).nonzero()[0]
    key = MEMBER.pack(people.seed.take(rows), people.person.take(rows))
    low, high = keys.searchsorted(key, side="left"), keys.searchsorted(key, side="right")
    n = high - low
    row = np.repeat(rows, n)
    bar = np.arange(row.size) + np.repeat(low - (np.cumsum(n) - n), n)
    place, since, until, custody = (a.take(bar) for a in columns)
    old, kind = people.is_old(row), people.is_predator(row)
    friction = np.where(kind == 1, lanes.door(1, old, place), lanes.door(0, old, place))
    inside = lets_in(people.tolerance(row), friction)
    row, place, since, until, custody, old, kind = (a[inside] for a in (row, place, since, until, custody, old, kind))
    start = np.maximum(np.maximum(people.start.take(row), first_hour), since)
    lost = np.maximum(np.minimum(np.minimum(people.end.take(row), first_hour + 24), until) - start, 0)
    for number, name in enumerate(_KINDS):
        of_kind = (kind == number).nonzero()[0]
        record.add(f"n_{name}_hours", place.take(of_kind), -lost.take(of_kind))
        barred = of_kind[custody.take(of_kind) == 0]
        record.add(f"n_{name}_hours_barred", place.take(barred), lost.take(barred))
    arrested = custody.nonzero()[0]
    record.add("n_predator_hours_in_custody", place.take(arrested), lost.take(arrested))
    row, place, since, until, old, start, lost = (a[kind == 0] for a in (row, place, since, until, old, start, lost))
    new = (lanes.rule("limits.cooling_off_hours").take(place) > 0).nonzero()[0]
    limited = np.minimum(_new_until(now, row.take(new), place.take(new)), (start + lost).take(new)) - start.take(new)
    record.add("n_user_hours_limited", place.take(new), -np.maximum(limited, 0))
    begin = people.begin.take(row)
    barred = ((old == 0) & (since <= begin) & (begin < until)).nonzero()[0]
    record.add("n_visits", place.take(barred), -1)
    record.add("n_visits_barred", place.take(barred), 1)
    _take_out_user_days(now, row.take(barred), place.take(barred))


def _take_out_user_days(now: Hour, row: Ints, place: Ints) -> None:
    """Count the user-days of persons all of whose visits of the day were barred as barred.

    A door is the same all day, so whoever was let in to one visit begun that day was let in to all of them.
    """
    if not row.size:
        return
    people, record = now.day.people, now.record
    pair = MEMBER.pack(people.seed.take(row), people.person.take(row))
    pairs, n_barred = np.unique(np.stack((place, pair)), axis=1, return_counts=True)
    begun = people.n_carried + now.state.flag.take(people.slot[people.n_carried :]).nonzero()[0]
    keys = np.sort(MEMBER.pack(people.seed.take(begun), people.person.take(begun)))
    n_visits = keys.searchsorted(pairs[1], side="right") - keys.searchsorted(pairs[1], side="left")
    lost = pairs[0][n_barred == n_visits]
    record.add("n_user_days", lost, -1)
    record.add("n_user_days_barred", lost, 1)


def at_the_door(now: Hour, row: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return places, pairs and whether the door lets in, for rows of predators: lane by lane of each row."""
    people, places = now.day.people, now.state.places
    place = places.of_seeds(people.seed.take(row))
    index = now.state.world.predator_index(people.person.take(row))
    old, tolerance, index = (places.each(a) for a in (people.is_old(row), people.tolerance(row), index))
    inside = lets_in(tolerance, now.lanes.door(1, old, place))
    return place, places.pair(place, index), inside


class Visitors:
    """Monthly visitors: persons let in at least once in a month of the window.

    A month is cut into segments wherever the door of an arm changes; a member's segments with a visit are bits of a
    mask, so that one table by mask and tolerance answers for every lane. Bars are left out: this counts whom doors let
    in. Months are those of `Scenario.months`.

    Memory: 1 byte for everybody who is ever a member, and seed, or 8 where a month has many segments.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        bounds = state.world.scenario.months
        self._first, self._month_ends = bounds[0], set(bounds[1:])
        self._cuts = {d for d in state.world.scenario.door_days if d > bounds[0]} - self._month_ends
        widest = max(sum(low < c < high for c in self._cuts) for low, high in pairwise(bounds))
        self._mask: NDArray[np.unsignedinteger] = np.zeros(
            state.world.crowd.door.size, np.uint8 if widest < 8 else np.uint64
        )
        self._begun = 0
        self._doors: list[Ints] = []

    def see(self, now: Hour) -> None:
        """Take in the visits of a segment at its last day; at a month's last day, count."""
        day_of_window, lanes = now.day_of_window, now.lanes
        if day_of_window < self._first:
            return
        if not self._doors or day_of_window in self._cuts:
            self._begun = now.day.number
            self._doors.append(np.stack((lanes.friction_user[0], lanes.friction_predator[0])))
        month_ends = day_of_window + 1 in self._month_ends
        if month_ends or day_of_window + 1 in self._cuts:
            seen = self._state.world.crowd.visited_since(self._begun)
            self._mask[seen] |= self._mask.dtype.type(1 << (len(self._doors) - 1))
        if month_ends:
            self._count(now.record)

    def _count(self, record: Recorder) -> None:
        state = self._state
        n_seeds, n_masks = state.world.n_seeds, 1 << len(self._doors)
        seen = self._mask.nonzero()[0]
        cell = state.world.crowd.door.take(seen) * np.int64(n_masks) + self._mask.take(seen).astype(np.int64)
        tables = np.bincount(cell, minlength=n_seeds * 2 * TOLERANCES * n_masks)
        for place, table in enumerate(tables.reshape(n_seeds, 2, TOLERANCES, n_masks)[state.places.seed]):
            n_in = [0, 0]
            for kind, mask in product(range(2), range(1, n_masks)):
                frictions = [door[kind, place] for bit, door in enumerate(self._doors) if mask >> bit & 1]
                n_in[kind] += int(table[kind, min(frictions) :, mask].sum())
            record.add("n_monthly_visitors", place, sum(n_in))
            record.add("n_monthly_turned_away", place, int(table[0].sum()) - n_in[0])
        self._mask[:] = 0
        self._doors = []
