"""Step 9 of the hour: what happened is counted, and written down as events where somebody asked for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import cache
from itertools import repeat
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from sim.model.arrays.places import Places, Spread, Ways, all_places, by_place, by_place_last, shared
from sim.model.arrays.state import Contacts
from sim.model.records import (
    BREAKDOWN_COLUMNS,
    COUNTS,
    DAILY_COLUMNS,
    DAYS_PER_WINDOW_YEAR,
    EVENT_COLUMNS,
    KINDS,
    OUTSIDE,
    Kind,
    Records,
    Role,
    duration_table,
    event_table,
    person_table,
)
from sim.model.world.day import NOBODY
from sim.model.world.draws import Bools, Ints
from sim.model.world.keys import N_CLASSES
from sim.rules.errors import ScenarioError
from sim.rules.parameters import CLASSES, N_MINOR_CLASSES
from sim.rules.sentences import Listed, Sentence
from sim.scenario.arguments import texts_of
from sim.scenario.scenario import Scenario

CODE = {kind.name: code for code, kind in enumerate(KINDS)}
N_KINDS = len(KINDS)
_COUNT_CODE = {name: code for code, name in enumerate(COUNTS)}
_NOBODY_HARMED = np.zeros((7, 0), np.int64)


@cache
def _codes(kinds: tuple[str, ...]) -> Ints:
    return np.array([CODE[kind] for kind in kinds])


def cells_per_place(scenario: Scenario) -> int:
    """Return the number of cells in which a place counts events: by kind, offence and class."""
    return N_KINDS * len(scenario.offences) * N_CLASSES


class Recorder(Spread):
    """Counts events by day and by offence, class and year, and keeps them all if asked to.

    Args:
        scenario: What is simulated.
        places: The places of the warm-up.
        events: Whether to keep every event, or which kinds. The warm-up's are kept too, and written for every lane of
            the seed.

    Attributes:
        harmed_today: Who was seriously harmed for the first time in the year on the day that ended last, a person a
            column; rows are place, class, person, contact, whether redirected, door type, whether an outside victim.
    """

    # Events of the warm-up stay with its places, and are written for every lane in the end. What counts the measured
    # window has all its places from the start.
    WAYS: ClassVar[Ways] = {
        "places": all_places,
        "_events": by_place,
        "_counts": by_place_last,
        **dict.fromkeys((
            "scenario", "n_offences", "_serious", "_outside", "_keep", "_kept", "_cells", "_harms_today", "_breakdown",
            "_distinct", "_seen", "_daily", "_durations_today", "_durations", "_persons", "harmed_today",
        ), shared),
    }  # fmt: skip

    def __init__(self, scenario: Scenario, places: Places, *, events: bool | Collection[str]) -> None:
        self.scenario = scenario
        self.places = places
        self.n_offences = len(scenario.offences)
        self._serious = np.array([o.serious for o in scenario.offences])
        self._outside = np.array([o.outside for o in scenario.offences])
        kinds = tuple(CODE) if events is True else () if events is False else texts_of(events, "events")
        if strange := [kind for kind in kinds if kind not in CODE]:
            raise ScenarioError(
                Sentence(
                    "no event is called {name}. The events are: {known}.",
                    name=repr(strange[0]),
                    known=Listed(tuple(CODE)),
                )
            )
        self._keep = frozenset(CODE[kind] for kind in kinds)
        self._kept: list[tuple[int, int, tuple[Ints, ...]]] = []
        self._cells: list[Ints] = []
        self._harms_today: list[tuple[Ints, ...]] = []
        n_years = -(-scenario.days // DAYS_PER_WINDOW_YEAR)
        n_places = places.forked().n
        self._breakdown = np.zeros((n_years, n_places, N_KINDS, self.n_offences, N_CLASSES), np.int64)
        self._distinct = np.zeros((n_years, n_places, self.n_offences + 1, N_CLASSES + 1), np.int64)
        self._seen: tuple[set[tuple[int, ...]], set[tuple[int, ...]]] = (set(), set())
        self._daily: list[Ints] = []
        self._durations_today: list[tuple[str, list[int], list[int]]] = []
        self._durations: Counter[tuple[int, int, str, int]] = Counter()
        self._persons: Counter[tuple[int, int, str, int]] = Counter()
        self.harmed_today: Ints = _NOBODY_HARMED
        self._begin_day()

    def _begin_day(self) -> None:
        self._events = np.zeros((self.places.n, N_KINDS), np.int64)
        self._counts = np.zeros((len(COUNTS), self.places.n), np.int64)

    def add(self, count: str, place: int | Ints, amount: int | Ints | Bools) -> None:
        """Add to a daily count of places; a place may stand several times."""
        # Of one type with the counts: NumPy is twenty times slower otherwise.
        np.add.at(self._counts[_COUNT_CODE[count]], place, np.asarray(amount, np.int64))

    def add_all(self, count: str, amounts: Ints | list[int]) -> None:
        """Add to a daily count, one amount a place."""
        self._counts[_COUNT_CODE[count]] += amounts

    def set_product(self, count: str, of: str, factor: Ints) -> None:
        """Set a daily count to another one times a factor, by place."""
        self._counts[_COUNT_CODE[count]] = self._counts[_COUNT_CODE[of]] * factor

    def cell(self, place: Ints, offence: int | Ints, victim_class: int | Ints) -> Ints:
        """Return where events count among places, offences and classes; the kind of event is added to it."""
        return self.places.cell(place, offence * N_CLASSES + victim_class)

    def note_contacts(
        self, kind: str, hour: int, second: int | Ints, contacts: Contacts, rows: Ints, detail: int | Ints = 0
    ) -> None:
        """Note events of one kind of contacts; see `note`.

        The stage is the commonest detail, and few events are written down: ``contacts.stage`` itself, the whole column,
        stands for the stages of these rows, which are then taken only where there are any.
        """
        if not rows.size:
            return
        code = CODE[kind]
        self._cells.append(contacts.cell.take(rows) + code * self.n_offences * N_CLASSES)
        if detail is contacts.stage:
            detail = contacts.stage.take(rows)
        if kind == "harm":
            columns = (contacts.place, contacts.offence, contacts.victim_class)
            whom = (contacts.target, contacts.contact, contacts.target_type)
            harms = (
                *(c.take(rows) for c in columns), np.broadcast_to(detail, rows.shape), *(c.take(rows) for c in whom)
            )  # fmt: skip
            # Of several harms of a person in one hour the earliest counts for the year.
            seconds = np.broadcast_to(np.asarray(second), rows.shape)
            order = np.lexsort((contacts.contact.take(rows), harms[0], seconds))
            self._harms_today.append(tuple(column.take(order) for column in harms))
        if code in self._keep:
            self._keep_contacts(code, hour, second, contacts, rows, detail)

    def note_each(
        self, kinds: tuple[str, ...], which: Ints, hour: int, second: Ints, contacts: Contacts, rows: Ints,
        detail: Ints | None = None,
    ) -> None:  # fmt: skip
        """Note one event of each contact, of one of several kinds: ``kinds[which]``; details are 0 if not given."""
        self._cells.append(contacts.cell.take(rows) + _codes(kinds).take(which) * (self.n_offences * N_CLASSES))
        for number, code in enumerate(_codes(kinds).tolist()):
            if code in self._keep:
                of_kind = (which == number).nonzero()[0]
                of_detail = 0 if detail is None else detail.take(of_kind)
                self._keep_contacts(code, hour, second.take(of_kind), contacts, rows.take(of_kind), of_detail)

    def _keep_contacts(
        self, code: int, hour: int, second: int | Ints, contacts: Contacts, rows: Ints, detail: int | Ints
    ) -> None:
        c = contacts
        columns = (c.place, c.predator, c.target, c.contact, c.offence)
        place, predator, target, contact, offence = (column.take(rows) for column in columns)
        self._store(code, hour, place, (second, place, predator, target, contact, offence, detail))

    def _store(self, code: int, hour: int, place: Ints, columns: tuple[int | Ints, ...]) -> None:
        self._kept.append((code, hour, tuple(np.broadcast_to(c, place.shape) for c in columns)))

    def note(
        self,
        kind: str,
        hour: int,
        second: int | Ints,
        place: Ints,
        predator: int | Ints,
        target: int | Ints,
        contact: int | Ints = NOBODY,
        offence: int | Ints = 0,
        victim_class: int | Ints = 0,
        detail: int | Ints = 0,
    ) -> None:
        """Note events of one kind in one hour: arrays of one length, or single values for all of them.

        Args:
            kind: Name of the kind.
            hour: Hour.
            second: Second of the hour.
            place: Places, int64 array.
            predator: The contact's predator; for kinds without a contact, 1 where the person is a predator.
            target: The contact's target; for kinds without a contact, the person.
            contact: Id of the contact.
            offence: Row of the table of offences.
            victim_class: Class of the target.
            detail: See `records.KINDS`.
        """
        code = CODE[kind]
        self._cells.append(self.cell(place, offence, victim_class) + code * self.n_offences * N_CLASSES)
        if code in self._keep:
            self._store(code, hour, place, (second, place, predator, target, contact, offence, detail))

    def so_far(self, kind: str, today: bool) -> Ints:
        """Return the events of one kind in the measured window until now, by place.

        Args:
            kind: Name of the kind.
            today: Whether the day that has not ended yet is measured.
        """
        code = CODE[kind]
        n_places = self.places.n
        found: Ints = self._breakdown[:, :n_places, code].sum(axis=(0, 2, 3))
        if today and self._cells:
            place, cell = self.places.of_cell(np.concatenate(self._cells))
            of_kind = cell // (self.n_offences * N_CLASSES) == code
            found = found + np.bincount(place.compress(of_kind), minlength=n_places)
        return found

    def add_durations(self, kind: str, places: list[int], hours: list[int]) -> None:
        """Note how many hours something took, one each place: see `records.DURATIONS`."""
        self._durations_today.append((kind, places, hours))

    def add_persons(self, flow: str, year: int, place: int, victim_class: int, number: int) -> None:
        """Count persons held against those of the baseline: see `records.FLOWS`; the last class is that of outside."""
        self._persons[year, place, flow, victim_class] += number

    def end_day(self, day: int) -> None:
        """Add the day's events to the counts; days before the window (negative) are not measured."""
        self.harmed_today = _NOBODY_HARMED
        if day >= 0:
            year = day // DAYS_PER_WINDOW_YEAR
            if self._cells:
                shape = (self.places.n, N_KINDS, self.n_offences, N_CLASSES)
                table = np.bincount(np.concatenate(self._cells), minlength=int(np.prod(shape))).reshape(shape)
                self._events += table.sum(axis=(2, 3))
                self._breakdown[year] += table
            for kind, places, hours in self._durations_today:
                self._durations.update(zip(repeat(year), places, repeat(kind), hours, strict=False))
            if self._harms_today:
                self._harms(year, *map(np.concatenate, zip(*self._harms_today, strict=True)))
            self._daily.append(np.concatenate((self._events, self._counts.T), axis=1))
            if (day + 1) % DAYS_PER_WINDOW_YEAR == 0:
                self._seen = (set(), set())
        self._cells, self._harms_today, self._durations_today = [], [], []
        self._begin_day()

    def _harms(
        self, year: int, place: Ints, offence: Ints, victim_class: Ints, detail: Ints, person: Ints, contact: Ints,
        door_type: Ints,
    ) -> None:  # fmt: skip
        serious, outside = self._serious[offence], self._outside[offence]
        self.add("n_harm_serious", place, serious)
        self.add("n_harm_off_platform", place, detail % 2 == 0)
        self.add("n_harm_redirected", place, detail > 2)
        everybody, by_offence = self._seen
        distinct: list[tuple[int, int, int]] = []  # place, offence or all of them, class
        first: list[int] = []
        # A person counts once in a lane, on the site where that was.
        columns = (self.places.lane(place), place, offence, victim_class, person, serious, outside)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for row, (lane, p, o, c, who, counts, is_outside) in enumerate(rows):
            classes = [N_CLASSES] if is_outside else [c, N_CLASSES]  # of outside victims nothing is known
            if is_outside or (lane, o, who) not in by_offence:
                by_offence.add((lane, o, who))
                distinct += [(p, o, of_class) for of_class in classes]
            if counts and (is_outside or (lane, who) not in everybody):
                if not is_outside:
                    everybody.add((lane, who))
                distinct += [(p, self.n_offences, of_class) for of_class in classes]
                first.append(row)
        np.add.at(self._distinct[year], tuple(np.array(distinct, np.int64).reshape(-1, 3).T), 1)
        known = np.stack((place, victim_class, person, contact, detail > 2, door_type, outside))
        self.harmed_today = known[:, np.array(first, np.int64)]
        place, victim_class, *_, outside = self.harmed_today
        self.add("n_persons_harmed", place, 1)
        self.add("n_minors_harmed", place, (victim_class < N_MINOR_CLASSES) & (outside == 0))

    # -- tables -------------------------------------------------------------------------------------------------

    def records(self) -> Records:
        """Return all tables in canonical order."""
        return Records(
            self._daily_table(),
            self._breakdown_table(),
            self._duration_table(),
            self._person_table(),
            self._event_table() if self._keep else None,
        )

    def _duration_table(self) -> pd.DataFrame:
        policies, seeds, sites = (column.tolist() for column in self.places.names(np.arange(self.places.n)))
        return duration_table(
            (policies[place], seeds[place], year, sites[place], kind, hours, count)
            for (year, place, kind, hours), count in self._durations.items()
        )

    def _person_table(self) -> pd.DataFrame:
        policies, seeds, sites = (column.tolist() for column in self.places.names(np.arange(self.places.n)))
        classes = (*CLASSES, OUTSIDE)
        return person_table(
            (policies[place], seeds[place], year, sites[place], flow, classes[victim_class], count)
            for (year, place, flow, victim_class), count in self._persons.items()
        )

    def _daily_table(self) -> pd.DataFrame:
        days = np.array(self._daily)  # day, place, column
        n_days, n_places, n_columns = days.shape
        policy, seed, site = self.places.names(np.arange(n_places))
        frame = pd.DataFrame(days.reshape(-1, n_columns), columns=list(DAILY_COLUMNS[4:]))
        frame.insert(0, "policy", np.tile(policy, n_days))
        frame.insert(1, "seed", np.tile(seed, n_days))
        frame.insert(2, "site", np.tile(site, n_days))
        frame.insert(3, "day", np.repeat(np.arange(n_days), n_places))
        return frame.sort_values(["policy", "seed", "site", "day"], ignore_index=True)

    def _breakdown_table(self) -> pd.DataFrame:
        offences = [o.name for o in self.scenario.offences]
        kinds = [k.name if k.of_contact else "" for k in KINDS]
        parts = []
        for table, names in (
            (self._breakdown, (kinds, offences, list(CLASSES))),
            (self._distinct[:, :, None], (["persons_harmed"], [*offences, "all"], [*CLASSES, "all"])),
        ):
            year, place, kind, offence, victim_class = table.nonzero()
            policy, seed, site = self.places.names(place)
            columns = (
                policy, seed, year, site, np.array(names[1])[offence], np.array(names[2])[victim_class],
                np.array(names[0])[kind], table[year, place, kind, offence, victim_class],
            )  # fmt: skip
            part = pd.DataFrame(dict(zip(BREAKDOWN_COLUMNS, columns, strict=True)))
            parts.append(part[part["quantity"] != ""])
        frame = pd.concat(parts, ignore_index=True)
        return frame.sort_values(list(BREAKDOWN_COLUMNS[:-1]), ignore_index=True)

    def _event_table(self) -> pd.DataFrame:
        kept: dict[int, list[tuple[Ints, ...]]] = {}
        for code, hour, columns in self._kept:
            kept.setdefault(code, []).append((np.full(columns[0].shape, hour), *columns))
        frames = [
            self._events_of(KINDS[code], *(np.concatenate(c) for c in zip(*rows, strict=True)))
            for code, rows in kept.items()
        ]
        return event_table(pd.concat(frames, ignore_index=True)) if frames else event_table()

    def _events_of(
        self, kind: Kind, hour: Ints, second: Ints, place: Ints, predator: Ints, target: Ints, contact: Ints,
        offence: Ints, detail: Ints,
    ) -> pd.DataFrame:  # fmt: skip
        """Return the events of one kind; those of the warm-up once for every lane."""
        places, first_hour = self.places.forked(), 24 * self.scenario.warmup_days
        warm, measured = (hour < first_hour).nonzero()[0], (hour >= first_hour).nonzero()[0]
        row = np.concatenate((places.each(warm), measured))
        policy, seed, site = places.names(np.concatenate((places.after_fork(place.take(warm)), place.take(measured))))
        nobody = np.full(hour.size, NOBODY)
        names = np.array([o.name for o in self.scenario.offences])
        roles: dict[Role, tuple[Any, Ints]] = {
            "predator": ("predator", predator),
            "target": ("user", target),
            "nobody": ("", nobody),
        }
        if not kind.of_contact:
            roles["person"] = np.array(["user", "predator"]).take(predator), target
        actor, on = (roles.get(role, (role, nobody)) for role in (kind.actor, kind.on))
        columns = (
            hour, kind.step, second, kind.name, *actor, *on, contact, site,
            names.take(offence) if kind.of_contact else "", detail,
        )  # fmt: skip
        spread = [c[row] if isinstance(c, np.ndarray) and c is not site else c for c in columns]
        return pd.DataFrame(dict(zip(EVENT_COLUMNS, (policy, seed, *spread), strict=True)))
