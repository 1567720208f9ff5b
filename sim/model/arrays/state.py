"""What a run of the array engine holds, for all lanes at once.

Whatever is added to what a run holds must say how it is spread when the one lane of the warm-up becomes all lanes of
its seed: see `places`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from sim.model.arrays.apart import Apart
from sim.model.arrays.doors import Cells, Doors
from sim.model.arrays.places import (
    Places,
    Spread,
    Ways,
    all_places,
    by_hour,
    by_key,
    by_place,
    by_row,
    itself,
    shared,
)
from sim.model.decisions.codes import NEVER, PRIVATE
from sim.model.decisions.contacts import ring_hour
from sim.model.decisions.moderation import level_of_reports, queue_entry
from sim.model.decisions.numbers import Numbers
from sim.model.decisions.sanctions import AS_BEFORE, Strikes, lengthens
from sim.model.world.draws import Ints, Words
from sim.model.world.keys import MEMBER
from sim.model.world.world import World
from sim.rules.rulebook import Rules

_PAIR_FACTOR, _TARGET_FACTOR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03)
_HASH_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
LIVE, DORMANT, OFF_PLATFORM, DEAD = range(4)
"""Status of a contact: on the platform; parted and to meet again; off the platform; ended."""


def _mixed(pair: Ints, target: Ints) -> Words:
    return pair.view(np.uint64) * _PAIR_FACTOR + target.view(np.uint64) * _TARGET_FACTOR


class Contacts:
    """The table of contacts. Every column is int64 and has room for `capacity` rows, of which ``n`` are in use.

    Columns:
        place, contact, predator, target, offence, victim_class: who and where.
        pair: `Places.pair` of the place and the predator.
        target_type, predator_type: `Presences.door_type`, for doors that a later meeting must pass.
        status: LIVE, DORMANT, OFF_PLATFORM or DEAD.
        stage: 0 contact, 1 engaged, 2 private, 3 off the platform.
        alarm: What will end the stage.
        ring: Absolute second at which the alarm rings; while dormant, the seconds that remain on it.
        target_end, predator_end: First hour in which that person's session is over.
        meeting: 1 while they meet outside ordinary visits.
        session: Hour in which the predator's visit (or the meeting) began.
        meet, lapse: While dormant, the hours of meeting again and of giving up.
        left: Hour in which it left the platform, if it did.
        redirected: 1 if the target was approached in place of somebody absent or protected because of a policy.
        again: 1 once the target blocked the predator, who came back under a new identity.
        n_recognised: How often the target recognised the contact and went on with it, since it began or began anew.
        due: Hour in which something happens next.
        cell: Where the contact counts among places, offences and classes: see `Recorder.cell`.
        link: Next row with the same hash of pair and target, -1 for none: see `holding`.
    """

    COLUMNS: Final = (
        "place", "contact", "predator", "target", "offence", "victim_class", "pair", "target_type",
        "predator_type", "status", "stage", "alarm", "ring", "target_end", "predator_end", "meeting", "session",
        "meet", "lapse", "left", "redirected", "again", "n_recognised", "due", "cell", "link",
    )  # fmt: skip

    place: Ints
    contact: Ints
    predator: Ints
    target: Ints
    offence: Ints
    victim_class: Ints
    pair: Ints
    target_type: Ints
    predator_type: Ints
    status: Ints
    stage: Ints
    alarm: Ints
    ring: Ints
    target_end: Ints
    predator_end: Ints
    meeting: Ints
    session: Ints
    meet: Ints
    lapse: Ints
    left: Ints
    redirected: Ints
    again: Ints
    n_recognised: Ints
    due: Ints
    cell: Ints
    link: Ints

    def __init__(self) -> None:
        self.n = 0
        self.n_dead = 0
        self._hold(np.zeros((len(self.COLUMNS), 1024), np.int64))

    def _hold(self, data: Ints) -> None:
        """Take a table, and find its rows anew by pair and target."""
        self._data = data
        for column, values in zip(self.COLUMNS, data, strict=True):
            setattr(self, column, values)
        # Twice to four times as many lists as the table has room for rows: at most every second list has one.
        self._shift = np.uint64(63 - data.shape[1].bit_length())
        self._heads = np.full(1 << (64 - int(self._shift)), -1, np.int64)
        self._last_come = np.zeros_like(self._heads)
        self._enlist(np.arange(self.n))

    def _hash(self, pair: Ints, target: Ints) -> Ints:
        return (_mixed(pair, target) * _HASH_FACTOR >> self._shift).view(np.int64)

    def _enlist(self, rows: Ints) -> None:
        """Put rows at the heads of the lists of their hash; of those of one hash in a batch, one after the other."""
        bucket = self._hash(self.pair.take(rows), self.target.take(rows))
        while rows.size:
            self.link[rows] = self._heads.take(bucket)
            self._heads[bucket] = rows
            lost = self._heads.take(bucket) != rows  # another row of this batch came to head the list
            rows, bucket = rows[lost], bucket[lost]

    def holding(self, pair: Ints, target: Ints) -> NDArray[np.bool_]:
        """Tell which predators (by pair: place and predator) are in contact with a target."""
        in_contact = np.zeros(pair.size, bool)
        row = self._heads.take(self._hash(pair, target))
        left = (row >= 0).nonzero()[0]
        while left.size:
            at = row.take(left)
            same = (self.pair.take(at) == pair.take(left)) & (self.target.take(at) == target.take(left))
            in_contact[left[same & (self.status.take(at) != DEAD)]] = True
            row[left] = self.link.take(at)
            left = left[(row.take(left) >= 0) & ~in_contact.take(left)]
        return in_contact

    def first_of_each(self, pair: Ints, target: Ints) -> Ints:
        """Return the numbers of the entries that have no equal before them.

        Whoever writes a bucket last stays in it. Where everybody finds themselves there, nobody has an equal.
        """
        bucket, number = self._hash(pair, target), np.arange(pair.size)
        self._last_come[bucket] = number
        last = self._last_come.take(bucket)
        others = (last != number).nonzero()[0]
        if not others.size:
            return number
        # Few share a bucket, and fewer are equal.
        alike = np.sort(np.concatenate((others, last.take(others))))
        first: dict[tuple[int, int], int] = {}
        for *key, i in zip(pair.take(alike).tolist(), target.take(alike).tolist(), alike.tolist(), strict=True):
            first.setdefault((key[0], key[1]), i)
        later = set(alike.tolist()) - set(first.values())
        return np.delete(number, list(later)) if later else number

    def append(self, **columns: NDArray[np.signedinteger] | int) -> Ints:
        """Add rows; columns left out are 0. Return their numbers."""
        size = np.size(columns["contact"])
        needed = self.n + size
        if needed > self._data.shape[1]:
            room = np.zeros((len(self.COLUMNS), max(needed, 2 * self._data.shape[1])), np.int64)
            room[:, : self.n] = self._data[:, : self.n]
            self._hold(room)
        rows = slice(self.n, needed)
        self._data[:, rows] = 0
        for column, values in columns.items():
            getattr(self, column)[rows] = values
        self.n = needed
        new = np.arange(rows.start, rows.stop)
        self._enlist(new)
        return new

    def part_hour(self, rows: Ints) -> Ints:
        """Return the hours in which sessions of contacts on the platform are over."""
        return np.minimum(self.target_end.take(rows), self.predator_end.take(rows))

    def settle(self, rows: Ints) -> None:
        """Work out when something happens next to contacts on or off the platform."""
        self.due[rows] = np.minimum(ring_hour(self.ring.take(rows)), self.part_hour(rows))

    def end(self, rows: Ints) -> None:
        """End contacts."""
        self.status[rows] = DEAD
        self.due[rows] = NEVER
        self.n_dead += rows.size

    def compact(self) -> None:
        """Drop ended rows once they are three quarters."""
        if 4 * self.n_dead > 3 * self.n + 1024:
            alive = (self.status[: self.n] != DEAD).nonzero()[0]
            for column in self._data:  # one at a time: a new table would be fresh memory, which is slow to write to
                column[: alive.size] = column.take(alive)
            self.n, self.n_dead = alive.size, 0
            self._hold(self._data)

    def fork(self, places: Places) -> None:
        """Copy every row from its seed's one lane to all lanes of the seed, whose places are given."""
        alive = (self.status[: self.n] != DEAD).nonzero()[0]
        # Numbers made of a place and something within it move by the places they go, times what a place has of it.
        strides = {"place": 1, "pair": places.n_predators, "cell": places.n_cells}
        rows = places.spread_rows(
            self._data.take(alive, axis=1),
            self.COLUMNS.index("place"),
            {self.COLUMNS.index(column): stride for column, stride in strides.items()},
        )
        self.n, self.n_dead = rows.shape[1], 0
        data = np.zeros((len(self.COLUMNS), max(1024, 2 * self.n)), np.int64)
        data[:, : self.n] = rows
        self._hold(data)


class BarLog:
    """Bars and arrests as stretches of time that do not overlap, for counting; looked at by `keys.MEMBER`."""

    COLUMNS: Final = ("key", "place", "since", "until", "custody")

    def __init__(self) -> None:
        self._table = np.zeros((len(self.COLUMNS), 0), np.int64)
        self._new: list[tuple[int, int, int, int, int]] = []

    def add(self, key: int, place: int, since: int, until: int, custody: int = 0) -> None:
        """Add one stretch: under a bar, or in custody (1)."""
        self._new.append((key, place, since, until, custody))

    def cut(self, key: int, place: int, hour: int) -> None:
        """Let what has been added of somebody in a place end by an hour."""
        self.since(-1)
        of_key, of_place, _, until, _ = self._table
        until[(of_key == key) & (of_place == place)] = until[(of_key == key) & (of_place == place)].clip(max=hour)

    def since(self, hour: int) -> Ints:
        """Return the stretches not over by an hour, one a column; rows are `COLUMNS`. Forget the others."""
        if self._new or (self._table[3] <= hour).any():
            new = np.array(self._new, np.int64).reshape(-1, len(self.COLUMNS)).T
            table = np.concatenate((self._table.compress(self._table[3] > hour, axis=1), new), axis=1)
            self._table, self._new = table.take(table[0].argsort(kind="stable"), axis=1), []
        return self._table

    def fork(self, places: Places) -> None:
        """Copy every stretch to all lanes of its seed, whose places are given."""
        place = self.COLUMNS.index("place")
        self._table = places.spread_rows(self.since(-1), place, {place: 1})


@dataclass(eq=False, slots=True)
class Dossier:
    """All open reports on one account.

    Attributes:
        person: Id of the accused.
        predator: Whether a predator.
        session: Hour in which the account's visit began; -1 if the account persists.
        session_end: First hour after that visit.
        opened: Hour of the first report.
        number: `keys.dossier_key`.
        order: Word that settles ties in the queue.
        finding: Word that decides what a review finds.
        gravity: Gravest stage reported.
        graver_since: Hour since which it has that gravity.
        newest: Hour of the latest message of any reported contact.
        flagged_since: Hour of the first report that is read before others (`read_first`); -1 if there is none.
        snapshot: Whether a copy of a reported conversation is kept.
        n_reports: Number of reports.
        more_since: Hour since which it has the level of that number.
        queued: Level of priority and hour of its valid entry in the queue.
    """

    person: int
    predator: bool
    session: int
    session_end: int
    opened: int
    number: int
    order: int
    finding: int
    gravity: int
    graver_since: int
    newest: int
    flagged_since: int = -1
    snapshot: bool = False
    n_reports: int = 1
    more_since: int = -1
    queued: tuple[int, int] = (-1, -1)

    def add(self, other: Dossier, hour: int) -> None:
        """Take in one more report of an hour, given as a dossier of its own."""
        self.newest = hour
        self.snapshot |= other.snapshot
        if other.gravity > self.gravity:
            self.gravity, self.graver_since = other.gravity, hour
        if self.flagged_since < 0:
            self.flagged_since = other.flagged_since
        level = level_of_reports(self.n_reports)
        self.n_reports += 1
        if level_of_reports(self.n_reports) > level:
            self.more_since = hour

    def entry(self, triage: str) -> tuple[int, int]:
        """Return its level of priority under a rule of triage, and the hour since which it has it."""
        reports = (level_of_reports(self.n_reports), max(self.more_since, self.opened))
        return queue_entry((self.gravity, self.graver_since), reports, self.flagged_since, self.opened, triage)


@dataclass
class Lanes:
    """Which lanes there are, and the rules in force in each on one day as arrays over places.

    Attributes:
        rules: Rules by place.
        doors: Whom they let in.
        apart: Whom limits keep adults from.
        recognise_milli: Recognition by those whom warnings reach, in thousandths, by place.
        watched_milli: Leaving of private contacts because of a detector, in thousandths, by place.
    """

    rules: list[Rules]
    doors: Doors
    apart: Apart
    recognise_milli: Ints
    watched_milli: Ints

    def __post_init__(self) -> None:
        """Nothing was asked for yet but whether warnings, or a detector, do anything in some lane."""
        self.detect = any(rules.detection.coverage > 0 for rules in self.rules)
        self.warn = bool((self.recognise_milli != 1000).any())
        self.watch = bool((self.watched_milli != 1000).any())
        self._columns: dict[str, NDArray[Any]] = {}

    def rule(self, name: str) -> NDArray[Any]:
        """Return a rule by its dotted name as an array over places."""
        if name not in self._columns:
            self._columns[name] = np.array([rules.value_of(name) for rules in self.rules])
        return self._columns[name]


class State(Spread):
    """All that changes in a run.

    Attributes:
        world: The exogenous world.
        numbers: Tables of the decisions.
        places: Its places: those of one lane a seed during the warm-up.
        cells: People as far as doors tell them apart.
        contacts: Every contact.
        n_live: Contacts on the platform, by `Places.pair`.
        predator_barred_until: First hour in which a predator may be back, likewise.
        user_barred_until: The same for lawful users, few: by (place, person).
        flag: Whether a member was ever barred in any lane, by slot: to look only where it matters.
        bar_log: Bars and arrests, for counting.
        just_barred: Who was barred in the hour before: (place, person, predator index or -1).
        pair_flag: Scratch: the predators among them, by `Places.pair`.
        complaints: By hour: rows (place, predator, target, contact, offence, class, after harm, hour of the act, hour
            of the latest connection, whether there is other evidence) that will come then.
        harms_before: Harms of the warm-up by seed, site and offence.
        felt_risk: By place, in millionths.
        felt_risk_new: What this hour adds to it, likewise.
        returns: By hour: (place, person, whether a predator, first hour back, as whom) of those who will be strangers.
        strikes: Sanctions so far, by (place, person).
        new_since: Hour since which a predator has a new identity, by `Places.pair`; long ago if not.
        newest_private: Hour of a predator's latest private message on the platform, likewise; -1 if there is none,
            and not yet of contacts that go on. Empty where no arm seizes anything.
    """

    WAYS: ClassVar[Ways] = {
        "world": shared,
        "numbers": shared,
        "places": all_places,
        "cells": shared,
        "contacts": itself,
        "n_live": by_place,
        "predator_barred_until": by_place,
        "user_barred_until": by_key,
        "flag": shared,
        "bar_log": itself,
        "just_barred": by_row,
        "pair_flag": by_place,
        "complaints": by_hour,
        "harms_before": shared,
        "felt_risk": by_place,
        "felt_risk_new": by_place,
        "returns": by_hour,
        "strikes": by_key,
        "new_since": by_place,
        "newest_private": by_place,
    }

    def __init__(self, world: World, numbers: Numbers, places: Places, cells: Cells) -> None:
        self.world = world
        self.numbers = numbers
        self.places = places
        self.cells = cells
        n_pairs = places.n * places.n_predators
        self.contacts = Contacts()
        self.n_live = np.zeros(n_pairs, np.int64)
        self.predator_barred_until = np.zeros(n_pairs, np.int64)
        self.user_barred_until: dict[tuple[int, int], int] = {}
        self.flag = np.zeros(world.n_seeds * world.membership.n_slots, bool)
        self.bar_log = BarLog()
        self.just_barred: list[tuple[int, int, int]] = []
        self.pair_flag = np.zeros(n_pairs, bool)
        self.complaints: dict[int, list[tuple[int, ...]]] = {}
        self.harms_before = np.zeros((world.n_seeds, places.n_sites, len(world.scenario.offences)), np.int64)
        self.felt_risk = np.zeros(places.n, np.int64)
        self.felt_risk_new = np.zeros(places.n, np.int64)
        self.returns: dict[int, list[tuple[int, int, bool, int, int]]] = {}
        self.strikes: dict[tuple[int, int], Strikes] = {}
        self.new_since = np.full(n_pairs, -NEVER)
        self.newest_private = np.full(n_pairs if world.scenario.seizes else 0, -1)

    def users_barred(self, place: Ints, person: Ints, slot: Ints, hour: int) -> NDArray[np.bool_]:
        """Tell which lawful users are barred in an hour."""
        barred = self.flag.take(slot)
        for i in barred.nonzero()[0]:
            barred[i] = self.user_barred_until.get((int(place[i]), int(person[i])), 0) > hour
        return barred

    def slot(self, seed: int | Ints, person: int | Ints) -> Ints:
        """Return the index of members in arrays over members."""
        membership = self.world.membership
        return seed * membership.n_slots + membership.slot(person)

    def bar(self, place: int, person: int, predator: bool, hour: int, until: int, as_whom: int) -> None:
        """Keep a person out from the next hour until another, unless a longer bar is in force."""
        since = hour + 1
        seed = self.places.seed_of(place)
        if predator:
            index = int(self.world.predator_index(person))
            at = self.places.pair(place, index)
            before = int(self.predator_barred_until[at])
        else:
            index = -1
            before = self.user_barred_until.get((place, person), 0)
        if not lengthens(until, before, hour):
            return
        if predator:
            self.predator_barred_until[at] = until
        else:
            self.user_barred_until[place, person] = until
        self.flag[self.slot(seed, person)] = True
        self.bar_log.add(MEMBER.pack(seed, person), place, max(before, since), until)
        if as_whom != AS_BEFORE:
            self.returns.setdefault(until - 1, []).append((place, person, predator, until, as_whom))
        self.just_barred.append((place, person, index))

    def wrote(self, rows: Ints, hour: int) -> None:
        """Keep in mind, where it may be seized, that the private ones of contacts on the platform wrote in an hour."""
        if not self.newest_private.size:
            return
        contacts = self.contacts
        private = (contacts.stage.take(rows) == PRIVATE) & (contacts.status.take(rows) == LIVE)
        self.newest_private[contacts.pair.take(rows.compress(private))] = hour

    def arrest(self, lane: int, person: int, hour: int) -> Ints:
        """Take a predator from all sites and from every contact for good; return the rows of these contacts."""
        index, contacts, found = int(self.world.predator_index(person)), self.contacts, []
        for place in range(lane * self.places.n_sites, (lane + 1) * self.places.n_sites):
            at, seed = self.places.pair(place, index), self.places.seed_of(place)
            key = MEMBER.pack(seed, person)
            self.predator_barred_until[at] = NEVER
            self.flag[self.slot(seed, person)] = True
            self.bar_log.cut(key, place, hour + 1)
            self.bar_log.add(key, place, hour + 1, NEVER, custody=1)
            of_pair = (contacts.pair[: contacts.n] == at) & (contacts.status[: contacts.n] != DEAD)
            found.append(of_pair.nonzero()[0])
        rows: Ints = np.concatenate(found)
        np.add.at(self.n_live, contacts.pair.take(rows.compress(contacts.status.take(rows) == LIVE)), -1)
        return rows
