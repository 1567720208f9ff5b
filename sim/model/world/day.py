"""What the world shows of one day: who is there, what predators intend, which lawful talk leads to reports.

All arrays are read-only once a day is made: no lane can write to the world.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model.world.draws import Floats, Ints
from sim.model.world.keys import N_CLASSES
from sim.model.world.population import TOLERANCES

Hours = NDArray[np.int32]
"""Hours of the run. Cast them before they are multiplied or shifted."""
N_GROUPS = N_CLASSES + 1
PREDATORS = N_CLASSES
"""Groups of persons: the classes of users, then the predators."""
NOBODY, ALREADY_LISTED = -1, -2
"""What a draw of a candidate may give instead of a row: nobody is there, or a row that stands for somebody twice."""


@dataclass(frozen=True)
class Presences:
    """Who is on the site during a day, before any door or bar: one row a visit, users and predators alike.

    First come the ``n_carried`` visits of the day before that end at midnight or later, then those that begin this day.
    Each part is ordered by hour of beginning, seed, home, group and length, the longest first: so those of one
    beginning still online some hours later are the first so many. A group is a class of users of a home, or its
    predators (`PREDATORS`).

    Attributes:
        person: Id.
        seed: Index of the seed.
        door: ``((seed * 2 + 1 for predators) * n_classes + class) * TOLERANCES + tolerance``: what decides where
            somebody is let in, with the class ``class of Movers * types of Ages + type``.
        begin: Hour in which the visit began: the door in force then decides.
        start: First hour of presence: later than ``begin`` where an earlier visit of the person was still running.
        end: First hour after the visit; not after ``start`` where it lies within an earlier one.
        slot: Index into arrays over members.
        hours: Hours of presence within this day: none where the visit lies within an earlier one.
        carrying_on: Rows whose presence begins exactly where an earlier one of the person ends.
        repeated: Rows that begin this day as a person's second visit to do so, or a later one.
        n_carried: Number of visits that began the day before.
        n_classes: Classes of `Movers` times types of `Ages`.
    """

    person: Ints
    seed: Ints
    door: NDArray[np.unsignedinteger]
    begin: Hours
    start: Hours
    end: Hours
    slot: Ints
    hours: NDArray[np.uint8]
    carrying_on: Ints
    repeated: Ints
    n_carried: int
    n_classes: int

    def is_old(self, row: Ints) -> Ints:
        """Tell whether a visit began the day before (1) or this day (0)."""
        return (row < self.n_carried).astype(np.int64)

    def is_predator(self, row: Ints) -> Ints:
        """Tell whether a visit is a predator's (1) or a user's (0)."""
        return (self.door.take(row) // (TOLERANCES * self.n_classes) % 2).astype(np.int64)

    def door_type(self, row: Ints) -> Ints:
        """Return what decides where persons are let in: ``class * TOLERANCES + tolerance``."""
        return (self.door.take(row, mode="clip") % (TOLERANCES * self.n_classes)).astype(np.int64)


@dataclass(frozen=True)
class Intents:
    """What predators intend on a day, by hour, seed and person.

    Attributes:
        contact: Id of the contact that may come of it: `keys.CONTACT`.
        row: Row of the predator in `Presences`.
        hour: Hour.
        second: Second of the hour, 0 to 3599.
        rank: Number of earlier intents of the predator in this hour.
        offence: Row of the table of offences.
        victim_class: Class sought.
        group: Group of the class sought at the predator's home, as in `Online`.
        start: Index of the first intent of each hour, 25 entries.
    """

    contact: Ints
    row: Ints
    hour: Ints
    second: Ints
    rank: Ints
    offence: Ints
    victim_class: Ints
    group: Ints
    start: Ints


@dataclass(frozen=True)
class FalseReports:
    """Lawful conversations that may lead to a report, or to a false alarm of a detector, by hour.

    Attributes:
        row: Row of the accused in `Presences`.
        hour: Hour.
        second: Second of the hour, 1 to 3600.
        gravity: Gravity claimed: 0, 1, 2.
        effort: From 0 to just under 1; the report is made if it lies below (1 - friction) times `rel_false`. Of false
            alarms what decides whether the detector raises it.
        start: Index of the first of each hour, 25 entries.
    """

    row: Ints
    hour: Ints
    second: Ints
    gravity: Ints
    effort: Floats
    start: Ints


@dataclass(frozen=True)
class Online:
    """Where in `Presences` those online in each hour stand.

    In hour h of the day, the visits of group g that began k hours before and still run are the ``n[h, g, k]`` rows from
    ``first[h, g, k]`` on. Groups are numbered ``seed * N_GROUPS + class``.

    Attributes:
        first: Shape (24, groups, longest session).
        until: Cumulative sum of n over k, same shape.
    """

    first: Ints
    until: Ints

    def n(self, hour_of_day: Ints, group: Ints) -> Ints:
        """Return how many rows stand for those online; a few belong to persons already counted by another row."""
        n: Ints = self.until[hour_of_day, group, -1]
        return n

    def row(self, hour_of_day: Ints, group: Ints, index: Ints) -> Ints:
        """Return the rows at positions (from 0 to n - 1) in the lists of those online."""
        until = self.until[hour_of_day, group]
        # The list goes from those who came this hour to those who came longest ago; `age` says with whom it stands.
        age: Ints = np.minimum((index[:, None] >= until).sum(axis=1), until.shape[1] - 1)
        before = np.take_along_axis(until, np.maximum(age - 1, 0)[:, None], axis=1)[:, 0] * (age > 0)
        first: Ints = self.first[hour_of_day, group, age]
        return first + index - before

    def rows(self, hour_of_day: int, group: int) -> Ints:
        """Return all rows of one list."""
        until = self.until[hour_of_day, group].tolist()
        first = self.first[hour_of_day, group].tolist()
        parts = [np.arange(f, f + u - b) for f, u, b in zip(first, until, [0, *until[:-1]], strict=True) if u > b]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)


@dataclass(frozen=True)
class Day:
    """Everything exogenous of one day. All arrays are read-only, and hold until the day after the next is drawn.

    Attributes:
        number: Day counted from the start of the warm-up; ``first_hour`` is its hour 0.
        people: Presences of lawful users and predators.
        online: Where those online in an hour stand.
        carried_key: Sorted `keys.CARRIED` of rows that carry on a presence this day.
        carried_row: Their rows.
        predators_online: Rows of predators online, by hour, seed and person.
        predators_start: Where each hour begins in `predators_online`, 25 entries.
        intents: Intents to approach.
        false_reports: False reports that may be made.
        false_alarms: False alarms that a detector may raise; none where no policy has one.
    """

    number: int
    first_hour: int
    people: Presences
    online: Online
    carried_key: Ints
    carried_row: Ints
    predators_online: Ints
    predators_start: Ints
    intents: Intents
    false_reports: FalseReports
    false_alarms: FalseReports

    def listed(self, hour: int, group: int) -> Ints:
        """Return the rows of a group online in an hour, doors and bars apart."""
        rows = self.online.rows(hour - self.first_hour, group)
        return rows[self.people.start.take(rows) <= hour]


def freeze(record: Any) -> None:
    """Make every array of a dataclass, and of those within it, read-only."""
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
        elif hasattr(value, "__dataclass_fields__"):
            freeze(value)
