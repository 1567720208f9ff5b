"""Numbers made of several others: which bits hold what, and how far each may go.

One whole number for several things sorts, compares and keys draws at once. A field that grew beyond its bits would run
into its neighbour, and two keys would be one: the limits of a scenario keep every field within its own, and `check`
looks again when a world is made.
"""

from __future__ import annotations

from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from sim.rules.parameters import CLASSES, N_MINOR_CLASSES

Ints = NDArray[np.int64]
Whole = TypeVar("Whole", int, Ints)
"""A whole number, or an array of them."""

# -- who: a person's id is a serial of a stratum of a home site. Strata are class x rate class for lawful users, and
# rate class for predators. The first site's persons have the ids that they would have if it were alone.

N_CLASSES = len(CLASSES)
N_RATES = 5
N_USER_STRATA = N_CLASSES * N_RATES
N_MINOR_STRATA = N_MINOR_CLASSES * N_RATES
N_STRATA = N_USER_STRATA + N_RATES
_N_SERIALS = 1 << 29
_HOME = N_STRATA * _N_SERIALS


def person_of(serial: Whole, stratum: Whole, home: Whole | int = 0) -> Whole:
    """Return the id of the person of a serial in a stratum of a home site."""
    return serial * N_STRATA + stratum + home * _HOME


def home_of(person: Whole) -> Whole:
    """Return the index of a person's home site."""
    return person // _HOME


def serial_of(person: Whole) -> Whole:
    """Return a person's serial within the stratum."""
    return person // N_STRATA % _N_SERIALS


def stratum_of(person: Whole) -> Whole:
    """Return a person's stratum."""
    return person % N_STRATA


def column_of(person: Whole) -> Whole:
    """Return a person's stratum among those of all sites, numbered site by site."""
    return stratum_of(person) + home_of(person) * N_STRATA


# -- bits -------------------------------------------------------------------------------------------------------------


class Layout:
    """Fields side by side in one number, the last in the lowest bits: packed numbers sort by the first field first.

    Args:
        bits: Width of each field in bits, 63 in all at most, so that the sign stays free.
    """

    def __init__(self, **bits: int) -> None:
        assert sum(bits.values()) < 64
        self.bits = bits
        self._widths = tuple(bits.values())

    def most(self, field: str) -> int:
        """Return the largest number that a field can hold."""
        return (1 << self.bits[field]) - 1

    @overload
    def pack(self, *values: int) -> int: ...  # type: ignore[overload-overlap]
    @overload
    def pack(self, *values: int | Ints) -> Ints: ...
    def pack(self, *values: int | Ints) -> int | Ints:
        """Return one number for the values of all fields, each from 0 to `most`; arrays of int64 or numbers."""
        packed: int | Ints = 0
        for value, width in zip(values, self._widths, strict=True):
            # What comes first is not added to anything: an array would be copied for nothing.
            packed = value if isinstance(packed, int) and not packed else (packed << width) + value
        return packed

    def unpack(self, packed: Whole) -> list[Whole]:
        """Return the fields of packed numbers."""
        values: list[Whole] = []
        for width in self._widths[:0:-1]:
            values.insert(0, packed & (1 << width) - 1)
            packed = packed >> width
        values.insert(0, packed)
        return values


PERSON, HOUR, SEED = 36, 19, 22

CONTACT = Layout(person=PERSON, hour=HOUR, rank=6)
"""Id of a contact: the predator, the hour of the approach, and which of the predator's in that hour."""
SLOT = Layout(hour=HOUR, slot=16)
"""One of many visits, words of lengths or false reports of a stratum or class in an hour."""
POISSON = Layout(occurrence=40, bit=6)
"""A draw for one bit of the mean of a count."""
ALARM = Layout(knowing=1, again=1, stage=2)
"""The alarms of a stage: before a block or after it, and once the target knows what the contact is."""
OCCASION = Layout(n_recognised=40, again=1)
"""What a target does: after so many recognitions, before a block or after it."""
DOSSIER = Layout(hour=HOUR, age=6)
"""A person's dossier: hour of opening, and age in hours of the account's visit."""
MEMBER = Layout(seed=SEED, person=PERSON)
"""A person among those of several seeds."""
CARRIED = Layout(hour_of_day=5, seed=SEED, person=PERSON)
"""Somebody whose presence is carried on in an hour of the day."""
JOINING = Layout(column=31, serial=32)
"""A serial of a seed and stratum, numbered through."""
LINE = Layout(visitor=31, row=32)
"""A row, or an hour, among those of one visitor."""
GONE_ON = Layout(presence=32, place=24, hour_of_day=5)
"""An hour of a presence at a place."""
SECOND = Layout(row=51, second=12)
"""A second of the hour within a row."""

LAYOUTS = (CONTACT, SLOT, POISSON, ALARM, OCCASION, DOSSIER, MEMBER, CARRIED, JOINING, LINE, GONE_ON, SECOND)


def check(n_seeds: int, n_hours: int, n_serials: int, n_sites: int = 1) -> None:
    """Make sure that the numbers of a run fit into all layouts.

    Args:
        n_seeds: Seeds that share the step loop.
        n_hours: Hours of the run.
        n_serials: Members ever of the largest stratum.
        n_sites: Sites.
    """
    assert n_serials <= _N_SERIALS, "members of a stratum do not fit into the ids of persons"
    largest = {
        "seed": n_seeds, "hour": n_hours, "occurrence": n_hours, "serial": n_serials,
        "person": person_of(n_serials, 0, n_sites - 1), "column": n_seeds * n_sites * N_STRATA,
    }  # fmt: skip
    for layout in LAYOUTS:
        for field in layout.bits.keys() & largest.keys():
            assert largest[field] <= layout.most(field), f"{field} does not fit into {layout.bits}"


# -- keys that take more than packing ---------------------------------------------------------------------------------


def dossier_key(hour: int, session: int | Ints) -> Ints:
    """Return the number of a person's dossier: hour of opening and age of the account's visit.

    Args:
        hour: Hour of opening.
        session: Hour in which the visit began, -1 if the account persists, which takes the last of the ages.
    """
    persists = DOSSIER.most("age")
    return np.asarray(DOSSIER.pack(hour, np.where(session < 0, persists, np.minimum(hour - session, persists - 1))))


def alarm_key(stage: Whole, again: Whole | int = 0, knowing: Whole | int = 0) -> Whole:
    """Return the occurrence that keys the alarms of a stage: before a block or after it, and once it is recognised."""
    return ALARM.pack(knowing, again, stage)


def occasion_key(again: Whole, n_recognised: Whole) -> Whole:
    """Return the occurrence that keys what a target does: before a block or after it, after so many recognitions.

    Not by the stage, so that a target whom another policy lets recognise later has the same luck.
    """
    return OCCASION.pack(n_recognised, again)
