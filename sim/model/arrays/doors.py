"""Where doors let people in on one day, lane by lane, bars apart: at home, on another site, or nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np

from sim.model.arrays.places import Places
from sim.model.decisions.displacement import NO_SITE, Gate, gates, goes_on, site_of, way
from sim.model.decisions.entry import doors_of, lets_in
from sim.model.world.ages import Ages
from sim.model.world.draws import Bools, Ints
from sim.model.world.keys import N_CLASSES
from sim.model.world.movers import Movers
from sim.model.world.population import LONG_AGO, TOLERANCES
from sim.rules.rulebook import Rules


class Cells:
    """People by seed, kind, class (of `Movers`, and type of `Ages`) and interval of tolerance: as far as doors tell.

    Args:
        movers: Where people would go.
        ages: What age checks make of them.
        n_seeds: Seeds.
        every_rules: Rules that doors have, in whatever lane on whatever day.

    Attributes:
        movers, ages: As given.
        limits: Lowest tolerance of each interval and, last, `TOLERANCES`.
        of: Cell of each `Presences.door`.
        n: Number of cells.
        n_intervals: Intervals of tolerance.
        door_types: `Presences.door_type` of somebody in each cell of a seed and kind.
    """

    def __init__(self, movers: Movers, ages: Ages, n_seeds: int, every_rules: Iterable[Rules]) -> None:
        self.movers, self.ages = movers, ages
        asked = (friction for rules in every_rules for friction in doors_of(rules, ages).reshape(-1).tolist())
        self.limits: Ints = np.unique([0, TOLERANCES, *asked])
        self.n_intervals = self.limits.size - 1
        n_classes = movers.n * ages.n
        self._shape = (n_seeds, 2, n_classes, self.n_intervals)
        self.n = int(np.prod(self._shape))
        interval = self.limits.searchsorted(np.arange(TOLERANCES), side="right") - 1
        doors = np.arange(n_seeds * 2 * n_classes)[:, None] * self.n_intervals + interval
        self.of: Ints = doors.reshape(-1)
        self.door_types: Ints = (np.arange(n_classes)[:, None] * TOLERANCES + self.limits[:-1]).reshape(-1)

    @property
    def n_parts(self) -> int:
        """Parts of all persons of a class and home together: see `Doors.weights`."""
        return self.movers.n_cells * self.ages.n_candours * TOLERANCES

    def below(self, numbers: Ints, kind: int) -> Ints:
        """Return numbers of a kind, by cell, below each of `limits`: shape (seeds, classes, limits)."""
        of_kind = numbers.reshape(self._shape)[:, kind]
        below = np.zeros((*of_kind.shape[:2], self.limits.size), np.int64)
        np.cumsum(of_kind, axis=2, out=below[:, :, 1:])
        return below


class Doors:
    """The doors of all places on one day, and the ways of all classes of `Movers` in every lane.

    People come as a kind (0 lawful, 1 predators), as of a visit begun this day (0) or the day before (1), which meets
    the doors of its own day, and by `Presences.door_type`. Where a site of a lane opens or closes, all meet today's.

    Args:
        rules: Rules of today, by place.
        places: The places.
        cells: What doors tell apart.
        day: Day of the run.
        usual: Doors of the baseline, against which somebody is absent; the baseline's own if not given.
        before: Doors of the day before, if there was one in these places.

    Attributes:
        friction: Classes of tolerance asked for, by kind, day of beginning, type of `Ages`, lane and site.
        closed: Places that were open the day before and are closed.
        ways: `Way` of classes: by site that they come to first (0) or then (1), day of beginning, lane and class. With
            one site there are none.
    """

    def __init__(
        self, rules: Sequence[Rules], places: Places, cells: Cells, day: int,
        usual: Doors | None = None, before: Doors | None = None,
    ) -> None:  # fmt: skip
        self._places, self._movers, self._ages, self._cells = places, cells.movers, cells.ages, cells
        n_lanes, n_sites = places.n_lanes_in_all, places.n_sites
        doors = {id(r): doors_of(r, cells.ages) for r in rules}  # many places have the same
        asked = np.stack([doors[id(r)] for r in rules], axis=-1).reshape(2, cells.ages.n, n_lanes, n_sites)
        yesterday = asked if before is None else before.friction[:, 0]
        self.friction: Ints = np.stack((asked, yesterday), axis=1)
        self._gates: list[tuple[Gate, ...]] = [
            gates(rules[first : first + n_sites], day, before._gates[lane] if before else ())
            for lane, first in enumerate(range(0, places.n, n_sites))
        ]
        self.closed: Ints = np.zeros(0, np.int64)
        if before is not None:
            self._sort_anew(before._gates)
        self._usual = usual or self
        self._day = day
        if n_sites > 1:
            self._find_ways(day, before)

    def _sort_anew(self, before: Sequence[Sequence[Gate]]) -> None:
        """Where a site opens or closes, visits begun the day before meet today's doors."""
        opened = np.array([[gate.open for gate in of_lane] for of_lane in self._gates])
        was = np.array([[gate.open for gate in of_lane] for of_lane in before])
        self.closed = (was & ~opened).reshape(-1).nonzero()[0]
        self._anew = (was != opened).any(axis=1)
        self.friction[:, 1, :, self._anew] = self.friction[:, 0, :, self._anew]

    def _find_ways(self, day: int, before: Doors | None) -> None:
        """Work out the ways of all classes: tables by day of beginning, lane and class."""
        movers, classes = self._movers, np.arange(self._movers.n)
        columns = [c.tolist() for c in (movers.home(classes), movers.second(classes), movers.delay(classes))]
        of_gates: dict[tuple[Gate, ...], Ints] = {}
        for of_lane in dict.fromkeys(self._gates):
            ways = [way(home, second, delay, of_lane, day) for home, second, delay in zip(*columns, strict=True)]
            of_gates[of_lane] = np.array(ways).T
        today = np.stack([of_gates[of_lane] for of_lane in self._gates], axis=1)
        yesterday = today if before is None else before.ways[:, 0].copy()
        if before is not None:
            yesterday[:, self._anew] = today[:, self._anew]
        self.ways: Ints = np.stack((today, yesterday), axis=1)
        nowhere = np.full((*self.friction.shape[:-1], 1), TOLERANCES)  # the last, which `NO_SITE` is as an index
        self._asked = np.concatenate((self.friction, nowhere), axis=-1)

    @property
    def settled(self) -> bool:
        """Whether doors and ways are as they were the day before, and will be as long as rules are."""
        same = not self.closed.size and bool((self.friction[:, 0] == self.friction[:, 1]).all())
        if self._places.n_sites == 1 or not same:
            return same
        last = max((gate.since for of_lane in self._gates for gate in of_lane if not gate.open), default=LONG_AGO)
        moving = last > LONG_AGO and self._day <= last + int(self._movers.delay_days.max())
        return not moving and bool((self.ways[:, 0] == self.ways[:, 1]).all())

    # -- one by one ---------------------------------------------------------------------------------------------------

    def place(self, kind: int, old: Ints, lane: Ints, door_type: Ints) -> tuple[Ints, Bools]:
        """Return the places of people in lanes, and whether they are let in; if not, the place is their home."""
        if self._places.n_sites == 1:
            age, tolerance = self._told_apart(door_type)
            asked = self._single[kind].take((old * self._ages.n + age) * self._places.n + lane)
            return lane, lets_in(tolerance, asked)
        site = self._site(kind, old, lane, door_type)
        inside = site != NO_SITE
        return self._places.in_lane(lane, np.where(inside, site, self._home(door_type))), inside

    def lets_in(self, kind: int | Ints, old: Ints | int, place: Ints, door_type: Ints) -> Bools:
        """Tell who is let in to places: a kind, or one by one."""
        if self._places.n_sites == 1:
            age, tolerance = self._told_apart(door_type)
            row = (kind * 2 + old) * self._ages.n + age
            return lets_in(tolerance, self.friction.reshape(-1).take(row * self._places.n + place))
        here: Bools = self._site(kind, old, self._places.lane(place), door_type) == place % self._places.n_sites
        return here

    def usually_here(self, place: Ints, door_type: Ints) -> Bools:
        """Tell which lawful users would be let in to places by the doors of the baseline."""
        if self._places.n_sites == 1:
            age, tolerance = self._told_apart(door_type)
            return lets_in(tolerance, self._usual.friction[0, 0, :, 0, 0].take(age))
        lane = np.zeros_like(place)
        return self._usual.lets_in(0, 0, self._places.in_lane(lane, place % self._places.n_sites), door_type)

    def other_place(self, old: Ints, lane: Ints, door_type: Ints) -> Ints:
        """Return where predators go on whom a bar keeps out of the site of `place`: places, -1 for nowhere."""
        first, other, *asked_and_tolerance = self._ways_of(1, old, lane, door_type)
        return np.where(goes_on(first, *asked_and_tolerance), self._places.in_lane(lane, other), -1)

    def _site(self, kind: int | Ints, old: Ints | int, lane: Ints, door_type: Ints) -> Ints:
        return site_of(*self._ways_of(kind, old, lane, door_type))

    def _ways_of(
        self, kind: int | Ints, old: Ints | int, lane: Ints, door_type: Ints
    ) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        of_class, tolerance = np.divmod(door_type, TOLERANCES)
        mover, age = np.divmod(of_class, self._ages.n)
        n_lanes, n_sites = self._places.n_lanes_in_all, self._places.n_sites
        at = (old * n_lanes + lane) * self._movers.n + mover
        first, other = (table.reshape(-1).take(at) for table in self.ways)
        row = (((kind * 2 + old) * self._ages.n + age) * n_lanes + lane) * (n_sites + 1)
        asked, asked_other = (self._asked.reshape(-1).take(row + site % (n_sites + 1)) for site in (first, other))
        return first, other, asked, asked_other, tolerance

    def _home(self, door_type: Ints) -> Ints:
        home: Ints = self._movers.home(door_type // (TOLERANCES * self._ages.n))
        return home

    def _told_apart(self, door_type: Ints) -> tuple[Ints | int, Ints]:
        """Return types of `Ages` and classes of tolerance, where there is one site."""
        return np.divmod(door_type, TOLERANCES) if self._ages.n > 1 else (0, door_type)

    @cached_property
    def _single(self) -> list[Ints]:
        """Friction of the only site, by kind: flat over day of beginning, type of `Ages` and place."""
        return [of_kind.reshape(-1) for of_kind in self.friction]

    # -- all at once --------------------------------------------------------------------------------------------------

    def counted(self, kind: int, old: int, numbers: Ints) -> tuple[Ints, Ints, Ints]:
        """Return how many of a kind are let in and turned away, by place, and how many of the first are not at home.

        Args:
            kind: Kind.
            old: Day of beginning.
            numbers: Numbers by cell (`Cells`).
        """
        places, movers, below = self._places, self._movers, self._cells.below(numbers, kind)
        seed = places.seed_of_lane
        if places.n_sites == 1:
            age = np.arange(self._ages.n)[:, None]
            asked = self._cells.limits.searchsorted(self.friction[kind, old, :, :, 0])
            outside = below[seed, age, asked].sum(axis=0)
            return below[seed, :, -1].sum(axis=1) - outside, outside, np.zeros_like(outside)
        lane, of_class = np.indices((places.n_lanes_in_all, movers.n * self._ages.n))
        mover, age = np.divmod(of_class, self._ages.n)
        first, other = self.ways[:, old, lane, mover]
        asked = self._cells.limits.searchsorted(self._asked[kind, old])
        kept_out, also = (below[seed[:, None], of_class, asked[age, lane, site]] for site in (first, other))
        all_ = below[seed[:, None], of_class, -1]
        home = movers.home(mover)
        let_in, away, moved = np.zeros((3, places.n_lanes_in_all, places.n_sites + 1), np.int64)
        goes_to_other = np.maximum(kept_out - also, 0) * (first != NO_SITE)
        for site, n in ((first, all_ - kept_out), (other, goes_to_other)):
            np.add.at(let_in, (lane, site), n)
            np.add.at(moved, (lane, site), n * (site != home))
        np.add.at(away, (lane, home), all_ - (all_ - kept_out) * (first == home))
        return tuple(n[:, :-1].reshape(-1) for n in (let_in, away, moved))  # type: ignore[return-value]

    @cached_property
    def weights(self) -> Ints:
        """By class of users, place and home, how many of them are there or would be usually, of `Cells.n_parts`."""
        places, movers, cells = self._places, self._movers, self._cells
        lane, which = np.indices((places.n_lanes_in_all, cells.door_types.size)).reshape(2, -1)
        of_class, interval = np.divmod(which, cells.n_intervals)
        mover, age = np.divmod(of_class, self._ages.n)
        door_type = cells.door_types.take(which)
        n = movers.cells[0].take(mover) * np.diff(cells.limits).take(interval)
        site = self._site(0, 0, lane, door_type)
        usual = self._usual._site(0, 0, np.zeros_like(lane), door_type)
        found = np.zeros((N_CLASSES, places.n_lanes_in_all, places.n_sites + 1, movers.n_sites), np.int64)
        home = movers.home(mover)
        for of_users, width in zip(found, self._ages.width, strict=True):
            n_of = n * width.take(age)
            np.add.at(of_users, (lane, site, home), n_of)
            np.add.at(of_users, (lane, usual, home), n_of * (usual != site))
        return found[:, :, :-1].reshape(N_CLASSES, places.n, movers.n_sites)

    @cached_property
    def predators_first(self) -> Ints:
        """By place and home, how many of its predators come there first, of `Movers.n_cells`."""
        places, movers = self._places, self._movers
        lane, of_class = np.indices((places.n_lanes_in_all, movers.n)).reshape(2, -1)
        found = np.zeros((places.n_lanes_in_all, places.n_sites + 1, movers.n_sites), np.int64)
        np.add.at(found, (lane, self.ways[0, 0].reshape(-1), movers.home(of_class)), movers.cells[1].take(of_class))
        return found[:, :-1].reshape(places.n, movers.n_sites)

    def n_predators(self, members: Ints) -> Ints:
        """Return how many predators places have, by numbers of members by seed and home."""
        places = self._places
        if places.n_sites == 1:
            is_open = np.array([gate.open for (gate,) in self._gates], np.int64)
            return members[:, 0].take(places.seed) * is_open
        n: Ints = (members[places.seed] * self.predators_first // self._movers.n_cells).sum(axis=1)
        return n
