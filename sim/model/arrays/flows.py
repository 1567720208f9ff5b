"""Persons harmed under every policy, held person by person against those harmed under the baseline of the same seed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.arrays.hour import Hour
from sim.model.arrays.state import DEAD, State
from sim.model.records import DAYS_PER_WINDOW_YEAR
from sim.model.world.draws import Ints
from sim.model.world.keys import N_CLASSES, N_RATES, N_STRATA, N_USER_STRATA
from sim.scenario.scenario import BASELINE


class _Victim(NamedTuple):
    """How somebody was harmed first in a year: on which site, of which class, in which contact, whether redirected."""

    site: int
    victim_class: int
    contact: int
    redirected: int


class Flows:
    """Counts the flows between each lane and the baseline's lane of its seed, year by year: see `records.FLOWS`.

    It reads what a day left behind and changes nothing, so that the flows of a lane are the same whatever other lanes
    share the loop, as long as the baseline does.

    Args:
        state: What the run holds, after the fork, the baseline among its policies.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        places = state.places
        self._baseline = places.policies.index(BASELINE)
        self._victims: list[dict[int, _Victim]] = [{} for _ in range(places.n_lanes_in_all)]
        self._outside = np.zeros((places.n_lanes_in_all, places.n_sites), np.int64)
        self._kept_out: set[tuple[int, int]] = set()

    def see(self, now: Hour) -> None:
        """Take in who was harmed on a day that has ended; at the end of a year and of the window, count."""
        place, victim_class, person, contact, redirected, door_type, outside = now.record.harmed_today
        lane, site = np.divmod(place, self._state.places.n_sites)
        known = outside == 0
        np.add.at(self._outside, (lane[~known], site[~known]), 1)
        columns = (c[known].tolist() for c in (lane, person, site, victim_class, contact, redirected))
        for of_lane, who, *how in zip(*columns, strict=True):
            self._victims[of_lane][who] = _Victim(*how)
        self._look_at_doors(now, *(column[known] for column in (lane, person, door_type)))
        day, days = now.day_of_window, self._state.world.scenario.days
        if day + 1 == days or (day + 1) % DAYS_PER_WINDOW_YEAR == 0:
            self._close(now, day // DAYS_PER_WINDOW_YEAR, at_the_end=day + 1 == days)

    def _look_at_doors(self, now: Hour, lane: Ints, person: Ints, door_type: Ints) -> None:
        """Note in which lanes today's doors keep out those who were harmed under the baseline today."""
        places = self._state.places
        rows = (lane % places.n_lanes == self._baseline).nonzero()[0]
        if not rows.size:
            return
        lanes = places.lanes_of(lane.take(rows) // places.n_lanes)
        who, types = (places.each(column.take(rows)) for column in (person, door_type))
        _, inside = now.lanes.doors.place(0, np.zeros_like(lanes), lanes, types)
        self._kept_out.update(zip(lanes[~inside].tolist(), who[~inside].tolist(), strict=True))

    def _close(self, now: Hour, year: int, at_the_end: bool) -> None:
        """Count a year that ends with this hour, and forget who was harmed in it."""
        places = self._state.places
        going_on = self._going_on() if at_the_end else set()
        for lane, victims in enumerate(self._victims):
            base = lane - lane % places.n_lanes + self._baseline
            of_baseline = self._victims[base]
            for who, before in of_baseline.items():
                if who in victims:
                    flow = "both"
                elif (lane, before.contact, who) in going_on:
                    flow = "put_off"
                else:
                    flow = "absent" if (lane, who) in self._kept_out else "spared"
                now.record.add_persons(flow, year, places.in_lane(lane, before.site), before.victim_class, 1)
            for who, after in victims.items():
                if who not in of_baseline:
                    flow = "redirected" if after.redirected else "new"
                    now.record.add_persons(flow, year, places.in_lane(lane, after.site), after.victim_class, 1)
            for site, more in enumerate((self._outside[lane] - self._outside[base]).tolist()):
                now.record.add_persons("outside", year, places.in_lane(lane, site), N_CLASSES, more)
        self._count_members(now, year)
        self._victims = [{} for _ in self._victims]
        self._outside[:] = 0
        self._kept_out.clear()

    def _going_on(self) -> set[tuple[int, int, int]]:
        """Return the contacts that go on of those that did harm under the baseline: lane, contact and target."""
        contacts, places = self._state.contacts, self._state.places
        harmful = [victim.contact for of_lane in self._victims[self._baseline :: places.n_lanes]
                   for victim in of_lane.values()]  # fmt: skip
        number = contacts.contact[: contacts.n]
        rows = ((contacts.status[: contacts.n] != DEAD) & np.isin(number, harmful)).nonzero()[0]
        lanes = places.lane(contacts.place.take(rows))
        columns = (lanes, number.take(rows), contacts.target.take(rows))
        return set(zip(*(column.tolist() for column in columns), strict=True))

    def _count_members(self, now: Hour, year: int) -> None:
        """Count the lawful users who were ever members until today, by home and class."""
        places, high = self._state.places, self._state.world.membership.high[:, now.day.number]
        users = high.reshape(len(places.seeds), places.n_sites, N_STRATA)[:, :, :N_USER_STRATA]
        members = users.reshape(*users.shape[:2], N_CLASSES, N_RATES).sum(axis=3)
        for lane, seed in enumerate(places.seed_of_lane.tolist()):
            for (home, victim_class), n in np.ndenumerate(members[seed]):
                now.record.add_persons("members", year, places.in_lane(lane, home), victim_class, int(n))
