"""An hour, as its verbs see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.model.arrays.recorder import Recorder
from sim.model.arrays.state import Lanes, State
from sim.model.world.day import Day, Hours
from sim.model.world.draws import Ints


class Reports:
    """The reports of one hour, gathered while contacts run."""

    def __init__(self) -> None:
        self._rows: list[Ints] = []

    def add(
        self, place: Ints, person: Ints, predator: int, session: Ints | Hours, session_end: Ints | Hours, second: Ints,
        gravity: Ints, contact: int | Ints, source: int,
    ) -> None:  # fmt: skip
        """Add reports on accounts: arrays of one length, single values for all of them (`predator`, `source`)."""
        if place.size:
            columns = (place, second, contact, person, predator, session, session_end, gravity, source)
            rows = np.empty((len(columns), place.size), np.int64)
            for row, column in zip(rows, columns, strict=True):
                row[:] = column
            self._rows.append(rows)

    def table(self) -> Ints:
        """Return reports as rows: place, second, contact, person, predator, session, session_end, gravity, source."""
        rows = np.concatenate(self._rows, axis=1)
        return rows[:, np.lexsort((rows[3], rows[2], rows[1], rows[0]))]

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._rows)


@dataclass(frozen=True, order=True)
class Lead:
    """Something that reaches the police, in the order in which those of an hour are looked at.

    Attributes:
        place: Where it is about.
        person: Whom it is about; -1 if it names nobody.
        source: `COMPLAINT`, `REFERRAL`, `DECOY`, `EARLIER` or `SEIZED`.
        number: Tells those about one person apart: the contact's id, or the dossier's number.
        predator: Whether the person is a predator.
        urgency: How grave it is.
        act: Hour of what it is about.
        newest: Hour of the latest connection to ask for.
        other_evidence: Whether it brings evidence that is not the site's.
    """

    place: int
    person: int
    source: int
    number: int
    predator: bool
    urgency: int
    act: int
    newest: int
    other_evidence: bool


@dataclass(frozen=True)
class Hour:
    """An hour of all lanes: what a verb needs to know, and what it changes.

    Attributes:
        hour: Hours since the start of the warm-up.
        day: Who comes today, and what predators intend.
        lanes: Rules in force today.
        state: What the run holds.
        record: Where what happens is counted.
        reports: Reports to the site of this hour.
        leads: What reaches the police in this hour.
    """

    hour: int
    day: Day
    lanes: Lanes
    state: State
    record: Recorder
    reports: Reports
    leads: list[Lead]

    @property
    def hour_of_day(self) -> int:
        """Hour of the day, 0 to 23."""
        return self.hour - self.day.first_hour

    @property
    def day_of_window(self) -> int:
        """Day of the measured window; negative during the warm-up."""
        return self.day.number - self.state.world.scenario.warmup_days
