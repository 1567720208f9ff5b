"""Event-keyed draws: every random number is a pure function of (seed, purpose, entity, occurrence).

Nothing here has a state, so the order in which code runs, other policies and other seeds cannot move a draw: this is
what makes runs of two policies comparable event by event (Klein et al. 2024, arXiv 2409.02086). One word decides one
thing, or four for which 12 bits each are enough. The finaliser is SplitMix64's (Steele, Lea and Flood 2014); the key
layout is this module's own and is tested.

Everything that decides an event is an integer, a table rounded once, or an elementwise ``+ - * /``: the same bytes on
every machine. Arrays of words are uint64; whatever is made of them is int64 or float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from enum import IntEnum, unique
from functools import cache
from itertools import pairwise
from typing import overload

import numpy as np
from numpy.typing import NDArray

from sim.model.world.keys import POISSON

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]
Word = int | Words
"""One word, or many: a function takes either, and gives the like."""
Number = float | Floats | Ints
"""A number, or many."""

MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_ENTITY = 0xD1B54A32D192ED03
_OCCURRENCE = 0x8CB92BA72F3D8DD7
_CHUNK = 8192
# Constants of array code are arrays of no dimension: NumPy makes one of a number anew at each call, which costs as much
# as the rest of a short call.
_SHIFTS: tuple[Words, ...] = (np.array(30, np.uint64), np.array(27, np.uint64), np.array(31, np.uint64))
_FACTORS: tuple[Words, ...] = (np.array(0xBF58476D1CE4E5B9, np.uint64), np.array(0x94D049BB133111EB, np.uint64))
_ENTITY_FACTOR: Words = np.array(_ENTITY, np.uint64)
_OCCURRENCE_FACTOR: Words = np.array(_OCCURRENCE, np.uint64)
_ELEVEN: Words = np.array(11, np.uint64)
_TWENTY: Words = np.array(20, np.uint64)
_CELL_SHIFT: Words = np.array(52, np.uint64)
_LOW_HALF: Words = np.array(0xFFFFFFFF, np.uint64)
_HALF: Ints = np.array(32)
_UNIT: Floats = np.array(2.0**-53)

POISSON_UNITS = 1 << 16
"""Means of Poisson counts are whole multiples of 1 / POISSON_UNITS."""
EXPONENTIAL_UNITS = 10**9
"""Exponential times of mean 1 are whole multiples of 1 / EXPONENTIAL_UNITS."""

_PURPOSES = 128


@unique
class Purpose(IntEnum):
    """What a draw decides. Numbers, below `_PURPOSES`, are never reused or changed: they are part of every key."""

    N_VISITS = 1  # entity stratum, occurrence hour and bit
    VISITOR = 2  # entity stratum, occurrence hour and slot, the longest visits first
    SESSION = 3  # entity stratum, occurrence hour and number of the word: four lengths each
    TOLERANCE = 4  # entity person
    OFFENCE = 5  # entity person
    N_INTENTS = 6  # entity person, occurrence hour and bit
    INTENT_SECOND = 7  # entity contact
    INTENT_CLASS = 8  # entity contact
    CANDIDATE = 9  # entity contact, occurrence attempt
    WALK = 10  # entity contact, occurrence person
    RETRY = 11  # entity contact, occurrence attempt
    N_FALSE_REPORTS = 12  # entity class, occurrence hour and bit
    FALSE_ACCUSED = 13  # entity class, occurrence hour and slot
    FALSE_SECOND = 14  # the same
    FALSE_GRAVITY = 15  # the same
    FALSE_READY = 16  # the same
    ALARM_RECOGNISE = 17  # entity contact, occurrence `keys.alarm_key`
    ALARM_FADE = 18
    ALARM_LEAVE = 19
    ALARM_GO_ON = 20
    FOUND_AGAIN = 21  # entity contact, occurrence hour
    MEETING = 22  # the same
    LAPSE = 23  # the same
    MEETING_LENGTH = 24  # the same
    REPORT_CONSTANT = 25  # entity contact, occurrence occasion (`keys.occasion_key`)
    REPORT_TRAIT = 26  # entity person
    REPORT_FRESH = 27  # entity contact, occurrence occasion
    COMPLAIN = 28  # the same
    COMPLAIN_AT_ONCE = 29
    COMPLAIN_DELAY = 30
    DOSSIER_ORDER = 31  # entity person, occurrence dossier
    FINDING = 32  # the same
    DEVICE_CONSTANT = 33  # the same
    DEVICE_TRAIT = 34  # entity person
    DEVICE_FRESH = 35  # entity person, occurrence dossier
    RETURN_CONSTANT = 36  # the same
    RETURN_TRAIT = 37  # entity person
    RETURN_FRESH = 38  # entity person, occurrence dossier
    RETURN_DELAY = 39  # the same
    WARNED = 40  # entity person
    SEEK = 41  # entity contact
    FLAG = 42  # entity contact, occurrence occasion
    DETERRED = 43  # entity contact
    BLOCK = 44  # entity contact, occurrence occasion
    STAY = 45  # the same
    MEMBERS = 46  # entity stratum
    DEVICE_KNOWN = 47  # entity person, occurrence dossier
    REFER = 48  # the same
    OTHER_EVIDENCE = 49  # entity contact, occurrence occasion
    DECOY = 50  # entity contact
    DECOY_CASE = 51  # the same
    DECOY_EVIDENCE = 52  # the same
    FILE_ORDER = 53  # entity person, occurrence hour of opening
    REQUEST_DELAY = 54  # the same
    ANSWERED = 55  # the same
    ARREST_DELAY = 56  # the same
    IDENTITY = 57  # entity person
    PAYING = 58  # the same
    RISK_CLASS = 59  # the same
    FELT_RISK = 60  # entity contact
    N_EARLIER = 61  # entity offence, occurrence day and bit
    EARLIER = 62  # entity offence, occurrence day and slot: the hour, and the order among files
    SECOND_SITE = 63  # entity person
    MOVE_DELAY = 64  # the same
    WHOSE_HOME = 65  # entity contact
    SEIZED = 66  # entity person
    CANDOUR = 67  # entity person
    DETECTOR_READS = 70  # entity contact
    DETECT = 71  # entity contact, occurrence `keys.alarm_key`
    N_FALSE_ALARMS = 72  # entity class, occurrence hour and bit
    FALSE_ALARM_ACCUSED = 73  # entity class, occurrence hour and slot
    FALSE_ALARM_SECOND = 74  # the same
    FALSE_ALARM_GRAVITY = 75  # the same
    FALSE_ALARM_RAISED = 76  # the same


def mix(z: int) -> int:
    """Return SplitMix64's finaliser of a 64-bit integer."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def mix_array(z: Words) -> Words:
    """Return SplitMix64's finaliser of each element.

    The array is written to and returned: all that is worked out fits into it, and new memory costs more than the work.
    Chunks stay in the cache.
    """
    flat = z.reshape(-1)
    for first in range(0, flat.size, _CHUNK):
        part = flat[first : first + _CHUNK]
        part ^= part >> _SHIFTS[0]
        part *= _FACTORS[0]
        part ^= part >> _SHIFTS[1]
        part *= _FACTORS[1]
        part ^= part >> _SHIFTS[2]
    return z


class Draws:
    """The draws of one or several seeds.

    Args:
        seeds: The seeds, whole numbers of any size from 0 to 2**64 - 1. A seed's draws do not depend on the others.
    """

    def __init__(self, seeds: Sequence[int]) -> None:
        self.seeds = tuple(seeds)
        # Hash the seed first: neighbouring seeds at multiples of one increment would overlap.
        hashed = [mix((s + _GOLDEN) & MASK) for s in self.seeds]
        table = [[mix((s + p * _GOLDEN) & MASK) for s in hashed] for p in range(_PURPOSES)]
        self._keys = np.array(table, np.uint64)
        self._scalar_keys = table
        self._keys_of: dict[Purpose | tuple[Purpose, ...], Words] = {}

    def word(self, purpose: Purpose, seed_index: int, entity: int, occurrence: int = 0) -> int:
        """Return one 64-bit word as a Python integer."""
        return mix((self._scalar_keys[purpose][seed_index] + entity * _ENTITY + occurrence * _OCCURRENCE) & MASK)

    def words(
        self, purpose: Purpose | tuple[Purpose, ...], seed_index: int | Ints, entity: int | Ints,
        occurrence: int | Ints = 0,
    ) -> Words:  # fmt: skip
        """Return the words of many keys; arguments broadcast. Equal, key by key, to `word`.

        Args:
            purpose: What the draws decide: a `Purpose`, or a tuple, which then makes a first axis of the result.
            seed_index: Index into `seeds`, int array or one int.
            entity: Who, int64.
            occurrence: Which time, int64.
        """
        keys = self._keys_of.get(purpose)
        if keys is None:
            keys = self._keys_of[purpose] = self._keys[list(purpose) if isinstance(purpose, tuple) else purpose]
        if len(self.seeds) > 1:
            keys = keys.take(seed_index, axis=-1)
        which = _unsigned(entity) * _ENTITY_FACTOR
        if not isinstance(occurrence, int) or occurrence:
            which = which + _unsigned(occurrence) * _OCCURRENCE_FACTOR
        return mix_array(which + keys)

    def words_of_runs(self, purpose: Purpose, seed_index: Ints, entity: Ints, first: Ints, n: Ints) -> Words:
        """Return the words of occurrences ``first, first + 1, ...``, so many of each key, one key after the other.

        Args:
            purpose: What the draws decide.
            seed_index: Index into `seeds`, by key: int array that broadcasts to the shape of `n`.
            entity: Who, likewise.
            first: First occurrence, likewise.
            n: Number of occurrences of each key.
        """
        flat = n.reshape(-1)
        # All words are numbered through, so a key's first occurrence counts from where its run begins; below 0 is fine,
        # as keys are taken modulo 2**64.
        begins = (np.cumsum(flat) - flat).reshape(n.shape)
        key = _unsigned(entity) * _ENTITY_FACTOR + _unsigned(first - begins) * _OCCURRENCE_FACTOR
        words = np.repeat((key + self._keys[purpose].take(seed_index)).reshape(-1), flat)
        words += np.arange(words.size, dtype=np.uint64) * _OCCURRENCE_FACTOR
        return mix_array(words)

    def poisson(self, purpose: Purpose, seed_index: Ints, entity: Ints, occurrence: Ints, mean: Ints) -> Ints:
        """Return Poisson counts: for each set bit of the mean one draw from the exact table of that power of two.

        Args:
            purpose: What the counts are of.
            seed_index: Index into `seeds`, array of the shape of `mean`.
            entity: Who, likewise.
            occurrence: Which time, likewise, as far as `keys.POISSON` goes.
            mean: Means in units of 1 / POISSON_UNITS, int64.
        """
        entity, occurrence, seed_index = (
            np.ascontiguousarray(np.broadcast_to(a, mean.shape)).reshape(-1) for a in (entity, occurrence, seed_index)
        )
        flat = mean.reshape(-1)
        used = int(np.bitwise_or.reduce(flat, initial=0))
        bits = np.array([bit for bit in range(used.bit_length()) if used >> bit & 1], np.int64)
        is_set = (flat >> bits[:, None] & 1).astype(bool).reshape(-1)
        which, chosen = np.divmod(is_set.nonzero()[0], max(1, flat.size))
        words = self.words(
            purpose,
            seed_index.take(chosen),
            entity.take(chosen),
            POISSON.pack(occurrence.take(chosen), bits.take(which)),
        )
        counts = np.zeros(flat.size, np.int64)
        limits = which.searchsorted(np.arange(bits.size + 1)).tolist()
        for bit, (low, high) in zip(bits.tolist(), pairwise(limits), strict=True):
            table = poisson_table(bit)
            some = low + (words[low:high] >= table[0]).nonzero()[0]  # the others are none: most, of small means
            counts[chosen.take(some)] += table.searchsorted(words.take(some), side="right")
        return counts.reshape(mean.shape)


@overload
def unit(word: int) -> float: ...
@overload
def unit(word: Words) -> Floats: ...
def unit(word: Word) -> float | Floats:
    """Return a word (or words) as a number from 0 to just under 1, in steps of 2**-53."""
    return (word >> 11) * 2.0**-53 if isinstance(word, int) else (word >> _ELEVEN) * _UNIT


@overload
def below(word: int, n: int) -> int: ...
@overload
def below(word: Words, n: Number) -> Ints: ...
def below(word: Word, n: Number) -> int | Ints:
    """Return a whole number from 0 to ``n - 1``, each equally likely to within 2**-53 x n."""
    if isinstance(word, int):
        return int(unit(word) * n)
    return ((word >> _ELEVEN) * (n * 2.0**-53)).astype(np.int64)


@overload
def exponential(word: int) -> int: ...
@overload
def exponential(word: Words) -> Ints: ...
def exponential(word: Word) -> int | Ints:
    """Return exponential times of mean 1 in units of 1e-9 (int64).

    Inverse of the distribution in 4,096 classes of equal probability, straight lines within; the last class has width
    2, which makes its mean right.
    """
    edges = _exponential_edges()
    if isinstance(word, int):
        k = word >> 52
        low, high = int(edges[k]), int(edges[k + 1])
        return low + ((high - low) * (word >> 20 & 0xFFFFFFFF) >> 32)
    cell = (word >> _CELL_SHIFT).view(np.int64)
    rest = (word >> _TWENTY & _LOW_HALF).view(np.int64)
    return edges.take(cell) + (_exponential_widths().take(cell) * rest >> _HALF)


@overload
def pick(word: int, table: Ints) -> int: ...
@overload
def pick(word: Words, table: Ints) -> Ints: ...
def pick(word: Word, table: Ints) -> int | Ints:
    """Return the entry of a table of 4,096 equally likely cells."""
    return int(table[word >> 52]) if isinstance(word, int) else table.take((word >> _CELL_SHIFT).view(np.int64))


def pick_four(words: Words, table: Ints) -> Ints:
    """Return four entries of a table of 4,096 equally likely cells for each word.

    Each entry is chosen by the upper 12 bits of a quarter of the word, the lowest quarter first on every machine.
    """
    return table.take(words.astype("<u8", copy=False).view("<u2") >> 4)


def ranges(first: Ints, n: Ints) -> Ints:
    """Return ``first, first + 1, ...``, so many of each, one range after the other."""
    shift: Ints = np.repeat(first - (np.cumsum(n) - n), n)
    return shift + np.arange(shift.size)


def _unsigned(value: int | Ints) -> Words:
    return value.view(np.uint64) if isinstance(value, np.ndarray) else np.array([value], np.uint64)


@cache
def _exponential_edges() -> Ints:
    with localcontext() as context:
        context.prec = 20  # of whole numbers of ten digits: the table is made in every process
        edges = [int((-(1 - Decimal(k) / 4096).ln() * EXPONENTIAL_UNITS).to_integral_value()) for k in range(4096)]
    return np.array([*edges, edges[-1] + 2 * EXPONENTIAL_UNITS], np.int64)


@cache
def _exponential_widths() -> Ints:
    return np.diff(_exponential_edges())


@cache
def poisson_table(bit: int) -> Words:
    """Return upper thresholds for the counts 0, 1, 2, ... of a Poisson variable of mean 2**bit / POISSON_UNITS.

    A word lies below entry k with the probability of a count of at most k.
    """
    thresholds = []
    with localcontext() as context:
        context.prec = 50
        mean = Decimal(1 << bit) / POISSON_UNITS
        term = (-mean).exp()
        total, count = term, 0
        while 1 - total > Decimal(2) ** -64:
            thresholds.append(min(int(total * (1 << 64)), MASK))
            count += 1
            term = term * mean / count
            total += term
    return np.array(thresholds, np.uint64)


def cells(probabilities: Sequence[float]) -> Ints:
    """Return a table for `pick`: 4,096 cells shared among 0, 1, 2, ... in proportion to probabilities that sum to 1.

    Cell limits are rounded, so that each probability is met to within 1/4096.
    """
    limits = [0]
    total = 0.0
    for p in probabilities:
        total += p
        limits.append(min(4096, int(total * 4096 + 0.5)))
    limits[-1] = 4096
    return np.repeat(np.arange(len(probabilities)), np.diff(limits))
