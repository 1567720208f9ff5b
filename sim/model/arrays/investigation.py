"""Step 6: investigators work what reaches the police. Rare things, so plain objects, one station a lane.

The work of an hour is what is due plus what investigators take up, whatever the backlog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import groupby
from typing import ClassVar

import numpy as np

from sim.model.arrays.felt_risk import add_risk
from sim.model.arrays.hour import Hour, Lead
from sim.model.arrays.places import Places, Spread, Ways, by_hour, by_lane, by_place, shared
from sim.model.arrays.recorder import Recorder
from sim.model.arrays.undercover import count_decoys
from sim.model.decisions.codes import (
    BY_OTHER_EVIDENCE,
    BY_PAYMENT,
    CLEARED,
    DECOY,
    EARLIER,
    MICRO,
    NO_ANSWER,
    NO_DATA,
    NO_IDENTITY,
    REFERRAL,
    SEIZED,
    TOO_OLD,
)
from sim.model.decisions.investigation import (
    answered,
    arrest_hours,
    capacity_micro,
    earlier_complaints,
    identified_by,
    request_hours,
    too_old,
    turn,
    urgency,
)
from sim.model.decisions.moderation import kept_since
from sim.model.world.day import NOBODY
from sim.model.world.draws import Bools, Ints, Purpose
from sim.model.world.world import World
from sim.rules.rulebook import Rules

_CLOSED = {
    NO_DATA: "n_close_no_data", NO_IDENTITY: "n_close_no_identity", NO_ANSWER: "n_close_no_answer",
    TOO_OLD: "n_close_too_old", CLEARED: "n_close_cleared",
}  # fmt: skip


@dataclass(eq=False, slots=True)
class File:
    """What the police have on one person, or a complaint that names nobody.

    Attributes:
        place: What its first lead was about.
        person: Id; NOBODY if it names nobody.
        predator: Whether a predator.
        source: Where its first lead came from.
        opened: Hour.
        order: Word that settles ties in the queue.
        urgency: How grave its gravest lead is.
        act: Hour of what the first lead was about.
        newest: Hour of the latest connection to ask for.
        other_evidence: Whether there is evidence that is not the site's.
        in_hand: Whether the site gave the logs along.
        waits: Whether nobody has taken it up yet.
        asked: Whether a request is under way.
    """

    place: int
    person: int
    predator: bool
    source: int
    opened: int
    order: int
    urgency: int
    act: int
    newest: int
    other_evidence: bool
    in_hand: bool
    waits: bool = True
    asked: bool = False

    def add(self, lead: Lead, in_hand: bool) -> None:
        """Take in one more lead about the same person."""
        self.urgency = max(self.urgency, lead.urgency)
        self.newest = max(self.newest, lead.newest)
        self.other_evidence |= lead.other_evidence
        self.in_hand |= in_hand


_Entry = tuple[tuple[int, int], int, int, File]


@dataclass
class Station:
    """The files of one lane, about all of its sites.

    Attributes:
        files: Open files by person.
        queue: Files to be taken up: whose turn it is, order, person; entries of those whose turn has come are stale.
        n_waiting: Files to be taken up.
        requests: Files whose request reaches the host, by hour.
        arrests: Files that end in an arrest, by hour.
        arrested: Predators in custody.
    """

    files: dict[int, File] = field(default_factory=dict)
    queue: list[_Entry] = field(default_factory=list)
    n_waiting: int = 0
    requests: dict[int, list[File]] = field(default_factory=dict)
    arrests: dict[int, list[File]] = field(default_factory=dict)
    arrested: set[int] = field(default_factory=set)

    def copy_to(self, place: Callable[[int], int]) -> Station:
        """Return an equal station for another lane, with files of its own, whose places are those of that lane."""
        nameless = [entry[-1] for entry in self.queue if entry[-1].person == NOBODY]
        own = {id(file): copy(file) for file in (*self.files.values(), *nameless)}
        for file in own.values():
            file.place = place(file.place)
        queue = [(*entry[:-1], own[id(entry[-1])]) for entry in self.queue if id(entry[-1]) in own]
        heapify(queue)
        return Station(
            files={person: own[id(file)] for person, file in self.files.items()},
            queue=queue,
            n_waiting=self.n_waiting,
            requests=_renewed(self.requests, own),
            arrests=_renewed(self.arrests, own),
            arrested=set(self.arrested),
        )


def _renewed(due: dict[int, list[File]], own: dict[int, File]) -> dict[int, list[File]]:
    """Return lists of files by hour with other files in their places, without those that are done with."""
    return {hour: [own[id(file)] for file in files if id(file) in own] for hour, files in due.items()}


@dataclass(frozen=True)
class _Desk:
    """A station in one hour: what an investigator needs to know."""

    now: Hour
    lane: int
    seed: int
    rules: list[Rules]
    log_since: Ints
    seized: Bools
    station: Station
    log: _Log

    def word(self, purpose: Purpose, file: File) -> int:
        """Return a word that belongs to a file."""
        return self.now.state.world.draws.word(purpose, self.seed, file.person, file.opened)

    def read_answers(self) -> None:
        """Requests reach the host: with what it still has the police identify somebody, or close the file."""
        numbers = self.now.state.numbers
        for file in sorted(self.station.requests.pop(self.now.hour, ()), key=_person):
            if not file.asked:  # what was asked for is no longer needed
                continue
            file.asked = False
            comes = answered(self.word(Purpose.ANSWERED, file), self._rules(file), numbers.police)
            data = self._has_logs(file)
            self._note("answer", file, comes * (1 + data))
            self.log.add("n_answer_data", file.place, comes and data)
            if not comes:
                self._close(file, NO_ANSWER)
            elif not data:
                self._close(file, NO_DATA)
            else:
                self._look_up(file)

    def arrest(self) -> None:
        """Predators who were identified are arrested, which ends their contacts."""
        state, hour, station = self.now.state, self.now.hour, self.station
        for file in sorted(station.arrests.pop(hour, ()), key=_person):
            self._note("arrest", file, file.source)
            self.log.add("n_arrest_referral", file.place, file.source == REFERRAL)
            self.log.add("n_arrest_decoy", file.place, file.source == DECOY)
            self.log.add("n_arrest_seized", file.place, file.source == SEIZED)
            self._took("arrest", file, hour - file.act)
            self._took("at_large", file, state.world.membership.hours_since_joining(hour, self.seed, file.person))
            station.arrested.add(file.person)
            del station.files[file.person]
            rows = state.arrest(self.lane, file.person, hour)
            self.now.record.note_contacts("stop", hour, 0, state.contacts, rows, state.contacts.stage)
            state.contacts.end(rows)
            risk = state.numbers.felt_risk
            add_risk(
                self.now, np.array([file.place]), risk.per_decoy_arrest if file.source == DECOY else risk.per_arrest
            )

    def take_in(self, leads: Iterable[Lead]) -> None:
        """Open a file on each person of whom there is none, and add what is new to the others."""
        hour, station = self.now.hour, self.station
        for lead in leads:
            if lead.person in station.arrested:
                continue
            given = lead.source == REFERRAL or self.seized[lead.place]
            in_hand = given and lead.newest >= self.log_since[lead.place]
            file = station.files.get(lead.person)
            if file is None:
                order = lead.number  # of what names nobody: a word
                if lead.person != NOBODY:
                    order = self.now.state.world.draws.word(Purpose.FILE_ORDER, self.seed, lead.person, hour)
                file = File(
                    lead.place, lead.person, lead.predator, lead.source, hour, order, lead.urgency, lead.act,
                    lead.newest, lead.other_evidence, bool(in_hand),
                )  # fmt: skip
                station.n_waiting += 1
                self._queue(file)
                if lead.person != NOBODY:
                    station.files[lead.person] = file
                    self._note("case", file, file.source)
                    self.log.add("n_case_user", lead.place, not file.predator)
                    self.log.add("n_case_referral", lead.place, file.source == REFERRAL)
                    self.log.add("n_case_decoy", lead.place, file.source == DECOY)
                    self.log.add("n_case_seized", lead.place, file.source == SEIZED)
            else:
                before = file.urgency
                file.add(lead, in_hand)
                if file.waits and file.urgency > before:
                    self._queue(file)
                elif file.asked and (file.other_evidence or file.in_hand):
                    file.asked = False
                    self._follow_up(file)

    def take_up(self, most: int) -> int:
        """Take up so many files, all if there are fewer; return how many there were."""
        n = 0
        while n < most and self.station.n_waiting:
            *_, file = heappop(self.station.queue)
            if file.waits:
                file.waits = False
                self.station.n_waiting -= 1
                self._work(file)
                n += 1
        return n

    def _queue(self, file: File) -> None:
        police = self.now.state.numbers.police
        heappush(
            self.station.queue, (turn(file.urgency, file.opened, police), file.order, file.person, file)
        )  # fmt: skip

    def _work(self, file: File) -> None:
        hour, numbers = self.now.hour, self.now.state.numbers
        if file.person == NOBODY:
            self.log.rows["take_up_earlier"].append((file.place, 0, NOBODY, 0))
            return
        self._note("take_up", file, file.source)
        self._took("take_up", file, hour - file.opened)
        data, seized = self._has_logs(file), self.seized[file.place]
        if file.other_evidence or file.in_hand or (seized and data):
            self._follow_up(file)
        elif too_old(file.newest, hour, numbers.police):
            self._close(file, TOO_OLD)
        elif seized:
            self._close(file, NO_DATA)
        else:
            self._note("request", file, data)
            self.log.add("n_request_data", file.place, data)
            self._took("request", file, hour - file.newest)
            due = hour + request_hours(self.word(Purpose.REQUEST_DELAY, file), hour, self._rules(file), numbers)
            self.station.requests.setdefault(due, []).append(file)
            file.asked = True

    def _follow_up(self, file: File) -> None:
        """Use what needs nobody to be asked: evidence that is not the site's, or else logs given along or seized."""
        if file.other_evidence:
            self._identify(file, BY_OTHER_EVIDENCE)
        else:
            self._look_up(file)

    def _look_up(self, file: File) -> None:
        """See to whom the logs of the site lead."""
        draws = self.now.state.world.draws
        if by := identified_by(draws, self.seed, file.person, file.predator, self._rules(file)):
            self._identify(file, by)
        else:
            self._close(file, NO_IDENTITY)

    def _identify(self, file: File, by: int) -> None:
        hour = self.now.hour
        self._note("identify", file, by)
        self.log.add("n_identify_payment", file.place, by == BY_PAYMENT)
        self.log.add("n_identify_other", file.place, by == BY_OTHER_EVIDENCE)
        self._took("identify", file, hour - file.act)
        if file.predator:
            delay = arrest_hours(self.word(Purpose.ARREST_DELAY, file), self.now.state.numbers)
            self.station.arrests.setdefault(hour + delay, []).append(file)
        else:
            self._close(file, CLEARED)

    def _close(self, file: File, reason: int) -> None:
        self._note("close", file, reason)
        self.log.add(_CLOSED[reason], file.place, True)
        del self.station.files[file.person]

    def _rules(self, file: File) -> Rules:
        return self.rules[file.place]

    def _has_logs(self, file: File) -> bool:
        return bool(file.newest >= self.log_since[file.place])

    def _note(self, kind: str, file: File, detail: int) -> None:
        self.log.rows[kind].append((file.place, int(file.predator), file.person, int(detail)))

    def _took(self, kind: str, file: File, hours: int) -> None:
        self.log.durations[kind].append((file.place, hours))


def _person(file: File) -> int:
    return file.person


def _stations(stations: list[Station], places: Places) -> list[Station]:
    """A station for each lane; those of the other lanes have files of their own."""
    return [
        station.copy_to(lambda place, lane=lane: places.in_lane(lane, place % places.n_sites))  # type: ignore[misc]
        for seed, station in enumerate(stations)
        for lane in places.lanes_of(np.array([seed])).tolist()
    ]


class Police(Spread):
    """The investigators of all lanes: a station each, and what does not need one.

    Args:
        world: Whose scenario to follow.
        places: The places of the warm-up.

    Attributes:
        stations: By lane.
        log_since: Oldest hour whose connection logs are still kept, by place.
        seized: Whether what a place had was seized, and it has not opened since.
        earlier: What is known of complaints about harm before the run, by hour: (place, offence, order).
    """

    WAYS: ClassVar[Ways] = {
        "stations": _stations,
        "log_since": by_place,
        "seized": by_place,
        "earlier": by_hour,
        "_credit_micro": by_lane,
        **dict.fromkeys(("_capacity_micro", "_log_hours", "_rules"), shared),
    }

    def __init__(self, world: World, places: Places) -> None:
        self._capacity_micro = capacity_micro(world.scenario.police, world.scenario.scale)
        self.stations = [Station() for _ in range(places.n_lanes_in_all)]
        self.log_since = np.zeros(places.n, np.int64)
        self.seized = np.zeros(places.n, bool)
        self.earlier: dict[int, list[tuple[int, int, int]]] = {}
        self._credit_micro = np.zeros(places.n_lanes_in_all, np.int64)

    def follow(self, rules: list[Rules]) -> None:
        """Take over the rules of the day, one a place."""
        self._rules = rules
        self._log_hours = np.array([r.retention.log_hours for r in rules], np.int64)
        self.seized &= [not r.operation.open for r in rules]

    def seize(self, places: Ints, hour: int) -> None:
        """Take what places have in an hour: from then on it is deleted no more, and nobody is asked for it."""
        self._delete(hour)
        self.seized[places] = True

    def _delete(self, hour: int) -> None:
        """Let logs that are too old be deleted, where they were not seized."""
        self.log_since = np.where(self.seized, self.log_since, kept_since(self.log_since, hour, self._log_hours))

    def begin_day(self, now: Hour) -> None:
        """Draw which complaints about harm before the run come today: the same in every lane of a seed."""
        state, places = now.state, now.state.places
        if now.day_of_window < 0 or not state.numbers.police.investigators:
            return
        n_offences = state.harms_before.shape[2]
        for seed in range(state.world.n_seeds):
            harms, lanes = state.harms_before[seed].reshape(-1).tolist(), places.lanes_of(np.array([seed])).tolist()
            for hour, which, order in earlier_complaints(state.world, seed, harms, state.numbers, now.day.number):
                site, offence = divmod(which, n_offences)
                of_lanes = ((places.in_lane(lane, site), offence, order) for lane in lanes)
                self.earlier.setdefault(hour, []).extend(of_lanes)

    def work(self, now: Hour) -> None:
        """Let every lane's investigators do what is due, open files, and take up what they can."""
        hour, record, places = now.hour, now.record, now.state.places
        self._delete(hour)
        if not now.state.numbers.police.investigators:
            return
        log = _Log()
        all_leads = sorted([*self._about_earlier(now, log), *now.leads])
        leads = {lane: [*of] for lane, of in groupby(all_leads, lambda lead: places.lane(lead.place))}
        self._credit_micro += self._capacity_micro
        possible = self._credit_micro // MICRO
        for lane, (station, most) in enumerate(zip(self.stations, possible.tolist(), strict=True)):
            due = lane in leads or hour in station.requests or hour in station.arrests
            if not (due or (most and station.n_waiting)):
                continue
            seed = places.seed_of(places.in_lane(lane, 0))
            desk = _Desk(now, lane, seed, self._rules, self.log_since, self.seized, station, log)
            desk.read_answers()
            desk.arrest()
            desk.take_in(leads.get(lane, ()))
            self._credit_micro[lane] -= MICRO * desk.take_up(most)
        waiting = np.array([station.n_waiting for station in self.stations])
        idle = waiting == 0
        self._credit_micro[idle] %= MICRO  # idle time is not saved up, fractions of a file are
        log.write(hour, record)
        # What is the police's own counts with the first site.
        first_sites = places.in_lane(np.arange(places.n_lanes_in_all), 0)
        record.add("n_case_capacity", first_sites, possible)
        record.add("n_case_waiting_hours", first_sites, waiting)

    def _about_earlier(self, now: Hour, log: _Log) -> Iterable[Lead]:
        """Yield the hour's leads about harm before the run."""
        for place, offence, order in self.earlier.pop(now.hour, ()):
            log.rows["complain_earlier"].append((place, 0, NOBODY, offence))
            yield Lead(place, NOBODY, EARLIER, order, False, urgency(EARLIER, False), now.hour, now.hour, False)


class _Log:
    """What happened at all stations in one hour, to be noted in one go."""

    def __init__(self) -> None:
        kinds = ("complain_earlier", "take_up_earlier", "case", "take_up", "request", "answer", "identify", "close",
                 "arrest")  # fmt: skip
        self.rows: dict[str, list[tuple[int, int, int, int]]] = {kind: [] for kind in kinds}
        self.durations: dict[str, list[tuple[int, int]]] = {
            kind: [] for kind in ("take_up", "request", "identify", "arrest", "at_large")
        }
        self._counts: list[tuple[str, int]] = []

    def add(self, count: str, place: int, one: bool) -> None:
        """Count something of a place, or not."""
        if one:
            self._counts.append((count, place))

    def write(self, hour: int, record: Recorder) -> None:
        """Note events, counts and durations."""
        for kind, rows in self.rows.items():
            if rows:
                place, predator, person, detail = np.array(rows, np.int64).T
                record.note(kind, hour, 0, place, predator, person, detail=detail)
        for count, place in self._counts:
            record.add(count, place, 1)
        for kind, took in self.durations.items():
            if took:
                places, hours = zip(*took, strict=True)
                record.add_durations(kind, list(places), list(hours))
                if kind in _SUMMED:
                    record.add(_SUMMED[kind], np.array(places), np.array(hours))


_SUMMED = {"identify": "n_identify_hours", "arrest": "n_arrest_hours", "at_large": "n_at_large_hours"}
"""Durations whose sum is a daily count."""


def investigate(now: Hour, police: Police) -> None:
    """Read answers, arrest who was identified, open files and take up what is possible."""
    count_decoys(now)
    police.work(now)
