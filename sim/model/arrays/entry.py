"""Step 1, world: who is let in. Everybody is counted exactly, lane by lane, without touching each one.

All lanes see the same visits; a lane's door lets in those whose tolerance is at least its friction. So one histogram by
tolerance answers for every lane, and only persons under a bar are looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.arrays.hour import Hour
from sim.model.arrays.recorder import Recorder
from sim.model.arrays.state import State
from sim.model.decisions.entry import account_since, misjudged
from sim.model.world.draws import Bools, Ints, ranges
from sim.model.world.keys import GONE_ON, MEMBER, N_MINOR_STRATA, home_of, stratum_of
from sim.rules.rulebook import Rules

_KINDS = ("user", "predator")
_FEW_CELLS = 1 << 20  # a table of so many is quicker than sorting


def count_people(now: Hour) -> None:
    """Count the day's visits, user-days and hours online of users and predators: let in, turned away, barred."""
    people, lanes, record, cells = now.day.people, now.lanes, now.record, now.state.cells
    cell = cells.of.take(people.door)
    n_visits = np.bincount(cell[people.n_carried :], minlength=cells.n)
    n_later = np.bincount(cell.take(people.repeated), minlength=cells.n)
    for name, table in (("n_visits", n_visits), ("n_user_days", n_visits - n_later)):
        _count(now, name, lanes.doors.counted(0, 0, table))
    hours = _hours_by_cell(now, people.hours)
    for kind, name in enumerate(_KINDS):
        _count(now, f"n_{name}_hours", _by_door(now, hours, kind))
    of_minors = _hours_by_cell(now, people.hours, _is_minor(people.person))
    _count(now, "n_minor_hours", _by_door(now, of_minors))
    _count_limited(now)
    _count_protected(now)
    _take_out_barred(now)
    record.set_product("n_history_hours", "n_user_hours", lanes.rule("retention.message_hours"))
    record.set_product("n_log_hours", "n_user_hours", lanes.rule("retention.log_hours"))
    record.set_product("n_identified_hours", "n_user_hours", lanes.rule("registration.accounts_persist"))


def _hours_by_cell(now: Hour, hours: NDArray[Any], some: Bools | None = None) -> list[Ints]:
    """Return hours, given for each presence, by cell (`Cells`): of visits begun on the day, and on the day before.

    Args:
        now: The last hour of the day.
        hours: Hours of each presence.
        some: Of whom; by default of all.
    """
    people, cells = now.day.people, now.state.cells
    found = []
    for rows in (slice(people.n_carried, None), slice(people.n_carried)):
        door, n = people.door[rows], hours[rows]
        if some is not None:
            chosen = some[rows].nonzero()[0]
            door, n = door.take(chosen), n.take(chosen)
        # Sums of whole numbers, exact in floats.
        found.append(np.bincount(cells.of.take(door), n, minlength=cells.n).astype(np.int64))
    return found


def _by_door(now: Hour, hours: Sequence[Ints], kind: int = 0) -> Ints:
    """Return hours of a kind that are let in, turned away and moved in, by that and place, given `_hours_by_cell`."""
    by_door: Ints = np.sum([now.lanes.doors.counted(kind, old, table) for old, table in enumerate(hours)], axis=0)
    return by_door


def _count(now: Hour, name: str, by_door: Iterable[Ints]) -> None:
    for suffix, n in zip(("", "_turned_away", "_moved_in"), by_door, strict=True):
        now.record.add_all(f"{name}{suffix}", n)


def _is_minor(person: Ints) -> Bools:
    """Tell which persons are lawful users under 18."""
    minors: Bools = stratum_of(person) < N_MINOR_STRATA
    return minors


def _count_protected(now: Hour) -> None:
    """Count the user-hours of those to whom adults may not write, bars apart."""
    people, apart = now.day.people, now.lanes.apart
    if not apart.limits:
        return
    of_type = now.state.world.ages.of(people.door_type(np.arange(people.slot.size)))
    minors = apart.minors[0]
    for taken in np.unique(minors[apart.limited], axis=0):
        let_in, *_ = _by_door(now, _hours_by_cell(now, people.hours, taken.take(of_type)))
        now.record.add_all("n_user_hours_protected", let_in * (apart.limited & (minors == taken).all(axis=1)))


def _count_limited(now: Hour) -> None:
    """Count the user-hours of the day with an account too new to write to strangers, bars apart."""
    people, first_hour, lanes = now.day.people, now.day.first_hour, now.lanes
    limited = lanes.rule("limits.cooling_off_hours") > 0
    kinds = np.stack((lanes.rule("limits.cooling_off_hours"), lanes.rule("registration.accounts_persist")))
    for kind in np.unique(kinds[:, limited], axis=1).T:
        places = (kinds == kind[:, None]).all(axis=0)
        row = np.arange(people.slot.size)
        until = np.minimum(_new_until(now, row, np.full(row.size, places.argmax())), first_hour + 24)
        hours = np.maximum(np.minimum(people.end, until) - np.maximum(people.start, first_hour), 0)
        let_in, *_ = _by_door(now, _hours_by_cell(now, hours))
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


class _Bars(NamedTuple):
    """Bars, or times in custody, of persons with presences on a day: for each presence and each place that bars it.

    Attributes:
        row: Presences.
        place: Places.
        since, until: First hours of it, and after it.
        custody: 1 for custody.
        kind: Kinds of the persons.
        old: Whether the visit began the day before.
        start: First hour of the day in which it keeps out somebody who would be there.
        hours: For so many hours.
    """

    row: Ints
    place: Ints
    since: Ints
    until: Ints
    custody: Ints
    kind: Ints
    old: Ints
    start: Ints
    hours: Ints

    def those(self, chosen: Bools) -> _Bars:
        """Return some of them."""
        return _Bars(*(column.compress(chosen) for column in self))


def _bars(now: Hour) -> _Bars | None:
    """Return the bars of the day; nothing if there are none."""
    state, people, first_hour = now.state, now.day.people, now.day.first_hour
    keys, *columns = state.bar_log.since(first_hour)
    if not keys.size:
        return None
    rows = state.flag.take(people.slot).nonzero()[0]
    key = MEMBER.pack(people.seed.take(rows), people.person.take(rows))
    low, high = keys.searchsorted(key, side="left"), keys.searchsorted(key, side="right")
    n = high - low
    row = np.repeat(rows, n)
    bar = np.arange(row.size) + np.repeat(low - (np.cumsum(n) - n), n)
    place, since, until, custody = (a.take(bar) for a in columns)
    start = np.maximum(np.maximum(people.start.take(row), first_hour), since)
    hours = np.maximum(np.minimum(np.minimum(people.end.take(row), first_hour + 24), until) - start, 0)
    return _Bars(row, place, since, until, custody, people.is_predator(row), people.is_old(row), start, hours)


def _take_out_barred(now: Hour) -> None:
    """Correct the counts for the few who are under a bar or in custody."""
    bars = _bars(now)
    if bars is None:
        return
    record, people, places = now.record, now.day.people, now.state.places
    inside = now.lanes.doors.lets_in(bars.kind, bars.old, bars.place, people.door_type(bars.row))
    if places.n_sites > 1:
        _add_gone_on(now, bars, inside)
    at_home = home_of(people.person.take(bars.row)) == places.site.take(bars.place)
    arrested = (bars.custody == 1) & at_home
    record.add("n_predator_hours_in_custody", bars.place.compress(arrested), bars.hours.compress(arrested))
    arrested &= ~inside
    record.add("n_predator_hours_turned_away", bars.place.compress(arrested), -bars.hours.compress(arrested))
    lost, at_home = bars.those(inside), at_home.compress(inside)
    moved = lost.hours * ~at_home
    minors = (lost.kind == 0) & _is_minor(people.person.take(lost.row))
    for name, of_group in (("user", lost.kind == 0), ("predator", lost.kind == 1), ("minor", minors)):
        barred = of_group & (lost.custody == 0) & at_home  # the others are among those turned away at home
        record.add(f"n_{name}_hours", lost.place.compress(of_group), -lost.hours.compress(of_group))
        record.add(f"n_{name}_hours_moved_in", lost.place.compress(of_group), -moved.compress(of_group))
        record.add(f"n_{name}_hours_barred", lost.place.compress(barred), lost.hours.compress(barred))
    _take_out_users(now, lost.those(lost.kind == 0))


def _take_out_users(now: Hour, lost: _Bars) -> None:
    """Correct what is counted of lawful users alone, given the bars of those whom doors let in."""
    lanes, record, people = now.lanes, now.record, now.day.people
    new = lost.those(lanes.rule("limits.cooling_off_hours").take(lost.place) > 0)
    limited = np.minimum(_new_until(now, new.row, new.place), new.start + new.hours) - new.start
    record.add("n_user_hours_limited", new.place, -np.maximum(limited, 0))
    if lanes.apart.limits:
        of_type = now.state.world.ages.of(people.door_type(lost.row))
        some = lost.those(lanes.apart.limited.take(lost.place) & lanes.apart.minors[0, lost.place, of_type])
        record.add("n_user_hours_protected", some.place, -some.hours)
    begin = people.begin.take(lost.row)
    barred = lost.those((lost.old == 0) & (lost.since <= begin) & (begin < lost.until))
    _take_out(now, "n_visits", barred.place, people.person.take(barred.row))
    _take_out_user_days(now, barred.row, barred.place)


def _take_out(now: Hour, name: str, place: Ints, person: Ints) -> None:
    """Take visits or user-days, one each, out of those let in; where they are at home they are barred."""
    at_home = home_of(person) == now.state.places.site.take(place)
    now.record.add(name, place, -1)
    now.record.add(f"{name}_moved_in", place.compress(~at_home), -1)
    now.record.add(f"{name}_barred", place.compress(at_home), 1)


def _add_gone_on(now: Hour, bars: _Bars, inside: Bools) -> None:
    """Count the hours of predators who are on another site while a bar keeps them out of the one that lets them in.

    Or of their home, if it was closed while they were on the other site.

    Args:
        now: The last hour of the day.
        bars: All bars.
        inside: Which of them are of a place that lets them in.
    """
    places, people = now.state.places, now.day.people
    home = home_of(people.person.take(bars.row)) == places.site.take(bars.place)
    kept = bars.those((inside | home) & (bars.kind == 1) & (bars.custody == 0))
    other = now.lanes.doors.other_place(kept.old, places.lane(kept.place), people.door_type(kept.row))
    on = (other >= 0).nonzero()[0]
    hour, which = ranges(kept.start.take(on), kept.hours.take(on)), np.repeat(on, kept.hours.take(on))
    there = GONE_ON.pack(kept.row.take(which), other.take(which), hour - now.day.first_hour)
    since = np.maximum(bars.since, now.day.first_hour)
    n = np.maximum(np.minimum(bars.until, now.hour + 1) - since, 0)
    barred = GONE_ON.pack(np.repeat(bars.row, n), np.repeat(bars.place, n), ranges(since, n) - now.day.first_hour)
    free = other.take(which.compress(~np.isin(there, barred)))
    now.record.add("n_predator_hours", free, 1)
    now.record.add("n_predator_hours_moved_in", free, 1)


def _take_out_user_days(now: Hour, row: Ints, place: Ints) -> None:
    """Count the user-days of persons all of whose visits of the day were barred as barred.

    A door is the same all day, so whoever was let in to one visit begun that day was let in to all of them.
    """
    if not row.size:
        return
    people = now.day.people
    pair = MEMBER.pack(people.seed.take(row), people.person.take(row))
    pairs, n_barred = np.unique(np.stack((place, pair)), axis=1, return_counts=True)
    begun = people.n_carried + now.state.flag.take(people.slot[people.n_carried :]).nonzero()[0]
    keys = np.sort(MEMBER.pack(people.seed.take(begun), people.person.take(begun)))
    n_visits = keys.searchsorted(pairs[1], side="right") - keys.searchsorted(pairs[1], side="left")
    lost = pairs[:, n_barred == n_visits]
    _take_out(now, "n_user_days", lost[0], MEMBER.unpack(lost[1])[1])


def at_the_door(now: Hour, row: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return places, pairs and whether the door lets in, for rows of predators: lane by lane of each row."""
    people, places = now.day.people, now.state.places
    index = now.state.world.predator_index(people.person.take(row))
    old, door_type, index = (places.each(a) for a in (people.is_old(row), people.door_type(row), index))
    place, inside = now.lanes.doors.place(1, old, places.lanes_of(people.seed.take(row)), door_type)
    return place, places.pair(place, index), inside


def on_other_site(now: Hour, row: Ints, pair: Ints) -> tuple[Ints, Ints]:
    """Return which predators are on their other site, of those whom a bar keeps out of a place, and their pairs there.

    Args:
        now: The hour.
        row: Presences.
        pair: Pairs where they are barred: of the place that lets them in, or of their home.
    """
    places, people = now.state.places, now.day.people
    if places.n_sites == 1:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    place = places.of_pair(pair)
    other = now.lanes.doors.other_place(people.is_old(row), places.lane(place), people.door_type(row))
    on = (other >= 0).nonzero()[0]
    there = pair.take(on) + (other - place).take(on) * places.n_predators
    free = now.state.predator_barred_until.take(there) <= now.hour
    return on.compress(free), there.compress(free)


class Visitors:
    """Monthly visitors: persons let in at least once in a month of the window.

    A month is cut into segments wherever the doors of an arm let in others than before; a member's segments with a
    visit are bits of a mask, so that one table by mask and cell (`Cells`) answers for every lane. Bars are left out:
    this counts whom doors let in. Months are those of `Scenario.months`.

    Memory: 1 byte for everybody who is ever a member, and seed, or 8 where a month has many segments.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        scenario = state.world.scenario
        bounds = scenario.months
        self._first, self._month_ends = bounds[0], set(bounds[1:])
        self._cuts = {d for d in scenario.door_days | _days_of_moves(state) if d > bounds[0]} - self._month_ends
        widest = max(sum(low < c < high for c in self._cuts) for low, high in pairwise(bounds))
        self._mask: NDArray[np.unsignedinteger] = np.zeros(
            state.world.crowd.door.size, np.uint8 if widest < 8 else np.uint64
        )
        self._begun = 0
        self._segments: list[Ints] = []

    def see(self, now: Hour) -> None:
        """Take in the visits of a segment at its last day; at a month's last day, count."""
        day_of_window = now.day_of_window
        if day_of_window < self._first:
            return
        if not self._segments or day_of_window in self._cuts:
            self._begun = now.day.number
            self._segments.append(self._sites(now))
        month_ends = day_of_window + 1 in self._month_ends
        if month_ends or day_of_window + 1 in self._cuts:
            seen = self._state.world.crowd.visited_since(self._begun)
            self._mask[seen] |= self._mask.dtype.type(1 << (len(self._segments) - 1))
        if month_ends:
            self._count(now.record, now.lanes.rules)

    def _sites(self, now: Hour) -> Ints:
        """Return where doors let people in today: sites by lane, and cell of a seed; -1 nowhere."""
        doors, places, door_types = now.lanes.doors, self._state.places, self._state.cells.door_types
        lane, kind, which = np.indices((places.n_lanes_in_all, 2, door_types.size)).reshape(3, -1)
        door_type = door_types.take(which)
        found = np.full(lane.size, -1)
        for of_kind in range(2):
            some = (kind == of_kind).nonzero()[0]
            place, inside = doors.place(of_kind, np.zeros_like(some), lane.take(some), door_type.take(some))
            found[some] = np.where(inside, places.site.take(place), -1)
        return found.reshape(places.n_lanes_in_all, -1)

    def _count(self, record: Recorder, rules: list[Rules]) -> None:
        state, places, cells = self._state, self._state.places, self._state.cells
        n_masks, of_kind = 1 << len(self._segments), cells.door_types.size
        seen = self._mask.nonzero()[0]
        code = cells.of.take(state.world.crowd.door.take(seen)) * n_masks + self._mask.take(seen).astype(np.int64)
        if (size := cells.n * n_masks) <= _FEW_CELLS:
            n = np.bincount(code, minlength=size)
            code = n.nonzero()[0]
            n = n.take(code)
        else:
            code, n = np.unique(code, return_counts=True)
        cell, mask = np.divmod(code, n_masks)
        seed, of_seed = np.divmod(cell, 2 * of_kind)
        of_class, interval = np.divmod(of_seed % of_kind, cells.n_intervals)
        mover, age = np.divmod(of_class, state.world.ages.n)
        home, tolerance = state.world.movers.home(mover), cells.limits.take(interval)
        is_user = of_seed < of_kind
        for lane, of_lane in enumerate(places.seed_of_lane.tolist()):
            own = slice(*seed.searchsorted([of_lane, of_lane + 1]).tolist())
            sites = np.zeros((places.n_sites, n[own].size), bool)
            for bit, segment in enumerate(self._segments):
                site = segment[lane].take(of_seed[own])
                for number in range(places.n_sites):
                    sites[number] |= (site == number) & (mask[own] >> bit & 1).astype(bool)
            anywhere = sites.any(axis=0)
            for number, let_in in enumerate(sites):
                place = int(places.in_lane(lane, number))
                away = is_user[own] & (home[own] == number) & ~let_in
                wrongly = misjudged(rules[place], state.world.ages, age[own], tolerance[own])
                record.add("n_monthly_visitors", place, int(n[own][let_in].sum()))
                record.add("n_monthly_turned_away", place, int(n[own][away].sum()))
                record.add("n_monthly_misjudged", place, int(n[own][away & wrongly].sum()))
                record.add("n_monthly_moved", place, int(n[own][away & anywhere].sum()))
        self._mask[:] = 0
        self._segments = []


def _days_of_moves(state: State) -> set[int]:
    """Return the days of the window on which people go on to another site some time after the closure of theirs."""
    scenario, delays = state.world.scenario, state.world.movers.delay_days.tolist()
    if state.places.n_sites == 1 or not scenario.closes:
        return set()
    by_day = (of_site for arm in scenario.policies for of_site in scenario.changes_by_site(arm))
    shut = {day for of_site in by_day for day, rules in of_site if not rules.operation.open}
    return {day + delay for day in shut for delay in delays if day + delay < scenario.days}
