"""Step 9 of the hour: what happened is counted, and written down as events where somebody asked for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.model.arrays.state import Contacts
from sim.model.records import (
    BREAKDOWN_COLUMNS,
    COUNTS,
    DAILY_COLUMNS,
    DAYS_PER_WINDOW_YEAR,
    EVENT_COLUMNS,
    KINDS,
    Kind,
    Records,
    Role,
    duration_table,
)
from sim.model.world.day import NOBODY
from sim.model.world.draws import Ints
from sim.model.world.population import N_CLASSES
from sim.rules.errors import ScenarioError
from sim.rules.parameters import CLASSES
from sim.scenario.arguments import texts_of
from sim.scenario.scenario import Scenario

CODE = {kind.name: code for code, kind in enumerate(KINDS)}
N_KINDS = len(KINDS)
_COUNT_CODE = {name: code for code, name in enumerate(COUNTS)}
_REACHED = ("engage", "private", "leave")


class Recorder:
    """Counts events by day and by offence, class and year, and keeps them all if asked to.

    Args:
        scenario: What is simulated.
        seeds: Seeds in order of their index.
        policies: Policies in order of lane.
        events: Whether to keep every event, or which kinds. The warm-up's are kept too, and written for every lane of
            the seed.
    """

    def __init__(
        self, scenario: Scenario, seeds: Sequence[int], policies: Sequence[str], *, events: bool | Collection[str]
    ) -> None:
        self.scenario = scenario
        self.seeds = tuple(seeds)
        self.policies = tuple(policies)
        self.n_lanes = len(policies)
        self.n_offences = len(scenario.offences)
        codes = [0, *(CODE[kind] for kind in _REACHED)]
        self._cell_of_stage = np.array(codes) * self.n_offences * N_CLASSES
        self._serious = np.array([o.serious for o in scenario.offences])
        self._outside = np.array([o.outside for o in scenario.offences])
        kinds = tuple(CODE) if events is True else () if events is False else texts_of(events, "events")
        if strange := [kind for kind in kinds if kind not in CODE]:
            raise ScenarioError(f"no event is called {strange[0]!r}. The events are: {', '.join(CODE)}.")
        self._keep = frozenset(CODE[kind] for kind in kinds)
        self._kept: list[tuple[int, int, tuple[Ints, ...]]] = []
        self._cells: list[Ints] = []
        self._harms_today: list[tuple[Ints, ...]] = []
        n_years = -(-scenario.days // DAYS_PER_WINDOW_YEAR)
        n_places = len(self.seeds) * self.n_lanes
        self._breakdown = np.zeros((n_years, n_places, N_KINDS, self.n_offences, N_CLASSES), np.int64)
        self._distinct = np.zeros((n_years, n_places, self.n_offences + 1, N_CLASSES + 1), np.int64)
        self._seen: tuple[set[tuple[int, ...]], set[tuple[int, ...]]] = (set(), set())
        self._daily: list[Ints] = []
        self._durations_today: list[tuple[int, str, int]] = []
        self._durations: Counter[tuple[int, int, str, int]] = Counter()
        self._begin_day(len(self.seeds))

    def _begin_day(self, n_places: int) -> None:
        self._events = np.zeros((n_places, N_KINDS), np.int64)
        self._counts = np.zeros((len(COUNTS), n_places), np.int64)

    def fork(self) -> None:
        """Go from one lane a seed, not measured, to all lanes."""
        self._begin_day(len(self.seeds) * self.n_lanes)

    def add(self, count: str, place: Any, amount: Any) -> None:
        """Add to a daily count of places; a place may stand several times."""
        np.add.at(self._counts[_COUNT_CODE[count]], place, amount)

    def add_all(self, count: str, amounts: Any) -> None:
        """Add to a daily count, one amount a place."""
        self._counts[_COUNT_CODE[count]] += amounts

    def set_product(self, count: str, of: str, factor: Ints) -> None:
        """Set a daily count to another one times a factor, by place."""
        self._counts[_COUNT_CODE[count]] = self._counts[_COUNT_CODE[of]] * factor

    @property
    def cells_per_place(self) -> int:
        """Number of cells of `cell` that belong to one place."""
        return N_KINDS * self.n_offences * N_CLASSES

    def cell(self, place: Ints, offence: Any, victim_class: Any) -> Ints:
        """Return where events count among places, offences and classes; the kind of event is added to it."""
        return place * self.cells_per_place + offence * N_CLASSES + victim_class

    def note_contacts(self, kind: str, hour: int, second: Any, contacts: Contacts, rows: Ints, detail: Any = 0) -> None:
        """Note events of one kind of contacts; see `note`. A detail may also be a column of the table of contacts."""
        if not rows.size:
            return
        code = CODE[kind]
        self._cells.append(contacts.cell.take(rows) + code * self.n_offences * N_CLASSES)
        if detail is contacts.stage:
            detail = contacts.stage.take(rows)
        if kind == "harm":
            columns = (contacts.place, contacts.offence, contacts.victim_class)
            self._harms_today.append((*(c.take(rows) for c in columns), detail, contacts.target.take(rows)))
        if code in self._keep:
            self._keep_contacts(code, hour, second, contacts, rows, detail)

    def note_stages(self, hour: int, second: Ints, contacts: Contacts, rows: Ints, stage: Ints) -> None:
        """Note that contacts reach a stage: 1 engaged, 2 private, 3 off the platform."""
        self._cells.append(contacts.cell.take(rows) + self._cell_of_stage.take(stage))
        for reached, kind in enumerate(_REACHED, start=1):
            if CODE[kind] in self._keep:
                which = (stage == reached).nonzero()[0]
                self._keep_contacts(CODE[kind], hour, second.take(which), contacts, rows.take(which), 0)

    def _keep_contacts(self, code: int, hour: int, second: Any, contacts: Contacts, rows: Ints, detail: Any) -> None:
        c = contacts
        columns = (c.place, c.predator, c.target, c.contact, c.offence)
        place, predator, target, contact, offence = (column.take(rows) for column in columns)
        self._store(code, hour, place, (second, place, predator, target, contact, offence, detail))

    def _store(self, code: int, hour: int, place: Ints, columns: tuple[Any, ...]) -> None:
        self._kept.append((code, hour, tuple(np.broadcast_to(c, place.shape) for c in columns)))

    def note(
        self,
        kind: str,
        hour: int,
        second: Any,
        place: Ints,
        predator: Any,
        target: Any,
        contact: Any = NOBODY,
        offence: Any = 0,
        victim_class: Any = 0,
        detail: Any = 0,
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
        n_places = self._events.shape[0]
        found: Ints = self._breakdown[:, :n_places, code].sum(axis=(0, 2, 3))
        if today and self._cells:
            place, cell = np.divmod(np.concatenate(self._cells), self.cells_per_place)
            of_kind = cell // (self.n_offences * N_CLASSES) == code
            found = found + np.bincount(place.compress(of_kind), minlength=n_places)
        return found

    def add_durations(self, kind: str, places: Iterable[int], hours: Iterable[int]) -> None:
        """Note how many hours something took, one each place: see `records.DURATIONS`."""
        self._durations_today.extend((place, kind, took) for place, took in zip(places, hours, strict=True))

    def end_day(self, day: int) -> None:
        """Add the day's events to the counts; days before the window (negative) are not measured."""
        n_places = self._events.shape[0]
        if day >= 0:
            year = day // DAYS_PER_WINDOW_YEAR
            if self._cells:
                shape = (n_places, N_KINDS, self.n_offences, N_CLASSES)
                table = np.bincount(np.concatenate(self._cells), minlength=int(np.prod(shape))).reshape(shape)
                self._events += table.sum(axis=(2, 3))
                self._breakdown[year] += table
            self._durations.update((year, *what) for what in self._durations_today)
            for harms in self._harms_today:
                self._harms(year, *harms)
            self._daily.append(np.concatenate((self._events, self._counts.T), axis=1))
            if (day + 1) % DAYS_PER_WINDOW_YEAR == 0:
                self._seen = (set(), set())
        self._cells, self._harms_today, self._durations_today = [], [], []
        self._begin_day(n_places)

    def _harms(self, year: int, place: Ints, offence: Ints, victim_class: Ints, detail: Ints, person: Ints) -> None:
        serious = self._serious[offence]
        self.add("n_harm_serious", place, serious)
        self.add("n_harm_off_platform", place, detail % 2 == 0)
        self.add("n_harm_redirected", place, detail > 2)
        everybody, by_offence = self._seen
        columns = (place, offence, victim_class, person, serious, self._outside[offence])
        for p, o, c, who, counts, outside in zip(*(column.tolist() for column in columns), strict=True):
            classes = [N_CLASSES] if outside else [c, N_CLASSES]  # of outside victims nothing is known
            if outside or (p, o, who) not in by_offence:
                by_offence.add((p, o, who))
                self._distinct[year, p, o, classes] += 1
            if counts and (outside or (p, who) not in everybody):
                if not outside:
                    everybody.add((p, who))
                self._distinct[year, p, self.n_offences, classes] += 1
                self.add("n_persons_harmed", p, 1)

    # -- tables -------------------------------------------------------------------------------------------------

    def records(self) -> Records:
        """Return all tables in canonical order."""
        return Records(
            self._daily_table(),
            self._breakdown_table(),
            self._duration_table(),
            self._event_table() if self._keep else None,
        )

    def _duration_table(self) -> pd.DataFrame:
        policies, seeds, n_lanes, site = self.policies, self.seeds, self.n_lanes, self.scenario.site
        return duration_table(
            (policies[place % n_lanes], seeds[place // n_lanes], year, site, kind, hours, count)
            for (year, place, kind, hours), count in self._durations.items()
        )

    def _daily_table(self) -> pd.DataFrame:
        days = np.array(self._daily)  # day, place, column
        n_days, n_places, n_columns = days.shape
        seed, lane = np.divmod(np.arange(n_places), self.n_lanes)
        frame = pd.DataFrame(days.reshape(-1, n_columns), columns=list(DAILY_COLUMNS[4:]))
        frame.insert(0, "policy", np.tile(np.array(self.policies)[lane], n_days))
        frame.insert(1, "seed", np.tile(np.array(self.seeds)[seed], n_days))
        frame.insert(2, "site", self.scenario.site)
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
            seed, lane = np.divmod(place, self.n_lanes)
            columns = (
                np.array(self.policies)[lane], np.array(self.seeds)[seed], year, self.scenario.site,
                np.array(names[1])[offence], np.array(names[2])[victim_class], np.array(names[0])[kind],
                table[year, place, kind, offence, victim_class],
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
        if not frames:
            return pd.DataFrame(columns=list(EVENT_COLUMNS))
        return pd.concat(frames, ignore_index=True).sort_values(list(EVENT_COLUMNS), ignore_index=True)

    def _events_of(
        self, kind: Kind, hour: Ints, second: Ints, place: Ints, predator: Ints, target: Ints, contact: Ints,
        offence: Ints, detail: Ints,
    ) -> pd.DataFrame:  # fmt: skip
        """Return the events of one kind; those of the warm-up once for every lane."""
        warm = hour < 24 * self.scenario.warmup_days
        copies = np.where(warm, self.n_lanes, 1)
        row = np.repeat(np.arange(hour.size), copies)
        copy = np.arange(row.size) - np.repeat(np.cumsum(copies) - copies, copies)
        lane_place = np.where(warm, place * self.n_lanes, place).take(row) + copy
        seed, lane = np.divmod(lane_place, self.n_lanes)
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
            hour, kind.step, second, kind.name, *actor, *on, contact, self.scenario.site,
            names.take(offence) if kind.of_contact else "", detail,
        )  # fmt: skip
        spread = [c[row] if isinstance(c, np.ndarray) else c for c in columns]
        whose = (np.array(self.policies).take(lane), np.array(self.seeds).take(seed))
        return pd.DataFrame(dict(zip(EVENT_COLUMNS, (*whose, *spread), strict=True)))
