"""Step 4: reports become dossiers, and moderators read them. Rare things, so plain objects, one desk a place.

Per priority class one queue in order of entry; a dossier raised to a higher class joins that queue and its old entry is
skipped. The work of an hour is arrivals plus reviews, whatever the backlog.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sim.model.arrays.felt_risk import add_risk
from sim.model.arrays.hour import Hour, Lead
from sim.model.arrays.places import Spread, Ways, by_place, one_a_place, shared
from sim.model.arrays.state import Dossier
from sim.model.decisions import sanctions
from sim.model.decisions.codes import DETECTOR, MISTAKEN, NEVER, REFERRAL
from sim.model.decisions.detection import raises_false_alarm
from sim.model.decisions.investigation import refers, urgency
from sim.model.decisions.moderation import (
    LEVELS,
    account_session,
    capacity_milli,
    evidence_left,
    expired,
    finds,
    kept_since,
    moderators,
    read_first,
)
from sim.model.decisions.responses import reports_falsely
from sim.model.decisions.sanctions import Strikes
from sim.model.world.day import FalseReports
from sim.model.world.draws import Bools, Floats, Ints, Purpose
from sim.model.world.keys import dossier_key
from sim.model.world.world import World
from sim.rules.rulebook import Rules

_EVIDENCE, _PREDATOR, _SANCTION = 1, 2, 4  # bits of a review's detail
_NO_STRIKES = Strikes()
_ACCUSED = {MISTAKEN: "false_report", DETECTOR: "false_alarm"}
"""Kinds of events by who is wrong about a lawful user."""


class Desk:
    """The dossiers of one place and their queues.

    Attributes:
        dossiers: Open dossiers by account: (person, hour in which its visit began or -1).
        next_expiry: No dossier expires before this hour.
        n_snapshots: Open dossiers with a copy of a conversation.
    """

    def __init__(self) -> None:
        self.dossiers: dict[tuple[int, int], Dossier] = {}
        self.next_expiry = NEVER
        self.n_snapshots = 0
        # From the highest level of priority down, as they are read.
        self._queues: dict[int, deque[tuple[int, int, Dossier]]] = {
            level: deque() for level in reversed(range(2 * LEVELS))
        }
        self._triage = ""
        self._touched: list[Dossier] = []

    def copy(self) -> Desk:
        """Return an equal desk for another lane; its queues are made at the first change of the rule of triage."""
        desk = Desk()
        desk.next_expiry, desk.n_snapshots = self.next_expiry, self.n_snapshots
        desk.dossiers = {account: copy(dossier) for account, dossier in self.dossiers.items()}
        return desk

    def file(self, dossier: Dossier, hour: int) -> bool:
        """Add a report to the account's dossier; return whether that opened it."""
        one = self.dossiers.setdefault((dossier.person, dossier.session), dossier)
        had_copy = one is not dossier and one.snapshot
        if one is not dossier:
            one.add(dossier, hour)
        self.n_snapshots += one.snapshot - had_copy
        self._touched.append(one)
        return one is dossier

    def queue(self, triage: str, dossier_expiry_hours: int) -> None:
        """Put the hour's dossiers into the queues; after a change of the rule of triage, all of them."""
        touched, self._touched = self._touched, []
        if triage != self._triage:
            self._triage = triage
            for queue in self._queues.values():
                queue.clear()
            touched = list(self.dossiers.values())
            for dossier in touched:
                dossier.queued = (-1, -1)
        entries = []
        for dossier in touched:
            entry = dossier.entry(triage)
            if entry != dossier.queued:
                dossier.queued = entry
                entries.append((entry[1], dossier.order, dossier.person, dossier))
        entries.sort(key=lambda e: e[:3])
        for since, order, _, dossier in entries:
            self._queues[dossier.queued[0]].append((since, order, dossier))
        if entries:
            self.next_expiry = min(self.next_expiry, entries[0][0] + dossier_expiry_hours)

    def expired(self, hour: int, dossier_expiry_hours: int) -> list[Dossier]:
        """Drop and return the dossiers whose time is up."""
        dropped = []
        self.next_expiry = NEVER
        for level, queue in self._queues.items():
            while queue and (not self._valid(level, queue[0]) or expired(queue[0][0], hour, dossier_expiry_hours)):
                entry = queue.popleft()
                if self._valid(level, entry):
                    dropped.append(self._close(entry[2]))
            if queue:
                self.next_expiry = min(self.next_expiry, queue[0][0] + dossier_expiry_hours)
        return dropped

    def take(self, n: int) -> list[Dossier]:
        """Take so many dossiers, all if there are fewer, in the order in which they are read.

        That is the highest level first, in it the oldest entry, or the newest by that rule of triage.
        """
        taken: list[Dossier] = []
        for level, queue in self._queues.items():
            while queue and len(taken) < n:
                entry = queue.pop() if self._triage == "newest" else queue.popleft()
                if self._valid(level, entry):
                    taken.append(self._close(entry[2]))
        return taken

    def _valid(self, level: int, entry: tuple[int, int, Dossier]) -> bool:
        since, _, dossier = entry
        return dossier.queued == (level, since)

    def _close(self, dossier: Dossier) -> Dossier:
        del self.dossiers[dossier.person, dossier.session]
        self.n_snapshots -= dossier.snapshot
        dossier.queued = (-1, -1)
        return dossier


class Office(Spread):
    """The moderation of all places: a desk each, and what does not need one.

    Args:
        world: Whose calendar and scale to follow.
        n_places: Number of places.

    Attributes:
        desks: By place.
        n_waiting: Open dossiers, by place.
        kept_since: Oldest hour whose messages are still kept, by place.
    """

    WAYS: ClassVar[Ways] = {
        "desks": one_a_place,
        **dict.fromkeys(("n_waiting", "kept_since", "_credit_milli"), by_place),
        **dict.fromkeys(
            ("_scenario", "_on_shift", "_milli_hours", "_capacity_milli", "_retention", "_rules", "_requeue"), shared
        ),
    }

    def __init__(self, world: World, n_places: int) -> None:
        self._scenario = world.scenario
        self.desks = [Desk() for _ in range(n_places)]
        self.n_waiting = np.zeros(n_places, np.int64)
        self.kept_since = np.zeros(n_places, np.int64)
        self._credit_milli = np.zeros(n_places, np.int64)

    def follow(self, rules: list[Rules]) -> None:
        """Take over the rules of the day, one a place."""
        hours, scale = self._scenario.hour_of_week(np.arange(168)), self._scenario.scale
        heads = np.array([moderators(r, hours, scale) for r in rules]).T
        self._on_shift = heads > 0
        self._milli_hours = np.rint(heads * 1000).astype(np.int64)
        self._capacity_milli = np.array([capacity_milli(r, hours, scale) for r in rules]).T
        self._retention = np.array([r.retention.message_hours for r in rules], np.int64)
        self._rules = rules
        for desk in self.desks:
            desk.next_expiry = 0  # triage or expiry may have changed
        self._requeue = True

    def work(self, now: Hour, touched: set[int]) -> None:
        """Drop the expired dossiers of an hour, and let every place's staff review what it can.

        Only desks with something to do are looked at: new reports, a time that is up, or staff and a backlog.
        """
        hour, record = now.hour, now.record
        self.kept_since = kept_since(self.kept_since, hour, self._retention)
        milli = self._capacity_milli[hour % 168]
        on_shift = self._on_shift[hour % 168]
        self._credit_milli += milli  # whole thousandths of a review, so that a sum over hours is exact
        possible = np.where(on_shift, self._credit_milli // 1000, 0)
        log = _ReviewLog()
        for place, (desk, can_do) in enumerate(zip(self.desks, possible.tolist(), strict=True)):
            if place in touched or self._requeue:
                desk.queue(self._rules[place].moderation.triage, self._rules[place].moderation.dossier_expiry_hours)
            if desk.next_expiry <= hour:
                for dossier in desk.expired(hour, self._rules[place].moderation.dossier_expiry_hours):
                    log.expired.append((place, dossier.predator, dossier.person, int(dossier.predator)))
            if can_do and desk.dossiers:
                taken = desk.take(can_do)
                oldest = int(self.kept_since[place])
                for dossier in taken:
                    self._review(now, place, oldest, dossier, log)
                self._credit_milli[place] -= 1000 * len(taken)
        self.n_waiting[:] = [len(desk.dossiers) for desk in self.desks]
        self._requeue = False
        idle = on_shift & (self.n_waiting == 0)
        self._credit_milli[idle] %= 1000  # idle time is not saved up, fractions of a review are
        log.write(now)
        record.add_all("n_capacity", possible)
        record.add_all("n_moderator_milli_hours", self._milli_hours[hour % 168])
        record.add_all("n_waiting_hours", self.n_waiting)
        record.add_all("n_snapshot_hours", [desk.n_snapshots for desk in self.desks])
        if hour % 24 == 23:
            record.add_all("n_waiting", self.n_waiting)

    def _review(self, now: Hour, place: int, oldest: int, dossier: Dossier, log: _ReviewLog) -> None:
        rules, hour = self._rules[place], now.hour
        evidence = evidence_left(dossier.snapshot, dossier.newest, oldest)
        offence = finds(dossier.finding, dossier.predator, evidence, rules)
        detail = _EVIDENCE * evidence + _PREDATOR * dossier.predator + _SANCTION * offence
        log.reviews.append((place, dossier.predator, dossier.person, detail, hour - dossier.opened))
        if offence:
            self._sanction(now, place, dossier, log)
            self._refer(now, place, dossier, log)

    def _sanction(self, now: Hour, place: int, dossier: Dossier, log: _ReviewLog) -> None:
        state, hour = now.state, now.hour
        rules, person, account = self._rules[place], dossier.person, (place, dossier.person)
        draws, seed, p_constant = state.world.draws, state.places.seed_of(place), state.numbers.p_constant
        known = sanctions.known_until(draws, seed, person, dossier.number, hour, dossier.session, rules, p_constant)
        strikes = state.strikes.get(account, _NO_STRIKES)
        state.strikes[account] = strikes.after(known, dossier.session, hour)
        length = sanctions.sanction_hours(strikes.count(known, dossier.session, hour), rules)
        until, as_whom = sanctions.sanction(
            draws, seed, person, dossier.number, hour, dossier.session_end, known, length, rules, p_constant
        )
        log.sanctions[sanctions.sanction_event(length)].append(
            (place, dossier.predator, person, sanctions.hours_out(hour, until))
        )
        state.bar(place, person, dossier.predator, hour, until, as_whom)

    def _refer(self, now: Hour, place: int, dossier: Dossier, log: _ReviewLog) -> None:
        """The site may refer to the police whom it sanctions."""
        p_refer, seed = self._rules[place].cooperation.p_refer, now.state.places.seed_of(place)
        if not p_refer:
            return
        word = now.state.world.draws.word(Purpose.REFER, seed, dossier.person, dossier.number)
        if refers(word, p_refer):
            log.referrals.append((place, dossier.predator, dossier.person, int(dossier.predator)))
            now.leads.append(
                Lead(
                    place, dossier.person, REFERRAL, dossier.number, dossier.predator, urgency(REFERRAL, False),
                    dossier.opened, dossier.newest, False,
                )
            )  # fmt: skip


@dataclass(frozen=True)
class Accusations:
    """Of the day's lawful conversations those of which somebody is accused in each lane, bars apart.

    Attributes:
        source: `MISTAKEN` or `DETECTOR`.
        of_day: The day's.
        place: Place of each accusation.
        which: Row of the day's.
        start: Start of each hour.
    """

    source: int
    of_day: FalseReports
    place: Ints
    which: Ints
    start: list[int]


def foresee_false_reports(now: Hour) -> Accusations:
    """Work out, once a day, which lawful conversations lead to a report in which lanes, bars apart."""
    friction, rel_false = (now.lanes.rule(f"reporting.{name}") for name in ("friction", "rel_false"))

    def made(effort: Floats, place: Ints) -> Bools:
        return reports_falsely(effort, friction.take(place), rel_false.take(place))

    return _foresee(now, MISTAKEN, now.day.false_reports, made)


def foresee_false_alarms(now: Hour) -> Accusations:
    """Work out, once a day, of which lawful conversations the detector raises an alarm in which lanes, bars apart."""
    coverage, p_false = (now.lanes.rule(f"detection.{name}") for name in ("coverage", "p_false"))

    def raised(effort: Floats, place: Ints) -> Bools:
        return raises_false_alarm(effort, coverage.take(place), p_false.take(place))

    return _foresee(now, DETECTOR, now.day.false_alarms, raised)


def _foresee(now: Hour, source: int, of_day: FalseReports, happens: Callable[[Floats, Ints], Bools]) -> Accusations:
    lanes, people, places = now.lanes, now.day.people, now.state.places
    which = places.each(np.arange(of_day.row.size))
    row = of_day.row.take(which)
    old, door_type = places.each(people.is_old(of_day.row)), people.door_type(row)
    place, inside = lanes.doors.place(0, old, places.lanes_of(people.seed.take(of_day.row)), door_type)
    made = happens(of_day.effort.take(which), place) & inside
    which = which.compress(made)
    return Accusations(source, of_day, place.compress(made), which, which.searchsorted(of_day.start).tolist())


def accuse(now: Hour, accusations: Accusations) -> None:
    """Step 3, lawful conversations: those of which somebody is accused, of accused who are here in the lane."""
    hour, people, of_day = now.hour, now.day.people, accusations.of_day
    first, last = accusations.start[now.hour_of_day : now.hour_of_day + 2]
    if first == last:
        return
    place, which = accusations.place[first:last], accusations.which[first:last]
    row = of_day.row.take(which)
    person = people.person.take(row)
    barred = now.state.users_barred(place, person, people.slot.take(row), hour)
    if barred.any():
        place, which, row, person = (a.compress(~barred) for a in (place, which, row, person))
    second, gravity = of_day.second.take(which), of_day.gravity.take(which)
    now.record.note(_ACCUSED[accusations.source], hour, second, place, 0, person, detail=gravity)
    begin, end = people.begin.take(row), people.end.take(row)
    now.reports.add(place, person, 0, begin, end, second, gravity, -1, accusations.source)


def moderate(now: Hour, office: Office) -> None:
    """Open dossiers, drop the expired, and let every place's staff review what it can."""
    touched = _file(now, office) if now.reports else set()
    office.work(now, touched)


class _ReviewLog:
    """What happened at all desks in one hour, to be noted in one go."""

    def __init__(self) -> None:
        self.expired: list[tuple[int, ...]] = []
        self.reviews: list[tuple[int, ...]] = []
        self.referrals: list[tuple[int, ...]] = []
        self.sanctions: dict[str, list[tuple[int, ...]]] = {"warn": [], "suspend": [], "bar": []}

    def write(self, now: Hour) -> None:
        """Note events and counts."""
        hour, record = now.hour, now.record
        if self.referrals:
            place, predator, person, detail = np.array(self.referrals).T
            record.note("refer", hour, 0, place, predator, person, detail=detail)
        if self.expired:
            place, predator, person, detail = np.array(self.expired).T
            record.note("expire", hour, 0, place, predator, person, detail=detail)
        if self.reviews:
            place, predator, person, detail, wait = np.array(self.reviews).T
            record.note("review", hour, 0, place, predator, person, detail=detail)
            record.add("n_review_evidence", place, detail & _EVIDENCE)
            record.add("n_review_predator", place, predator)
            record.add("n_wait_hours", place, wait)
            record.add_durations("review", place.tolist(), wait.tolist())
        for kind, rows in self.sanctions.items():
            if rows:
                place, predator, person, detail = np.array(rows).T
                record.note(kind, hour, 0, place, predator, person, detail=detail)
                record.add(f"n_{kind}_user", place, 1 - predator)
        if self.sanctions["bar"]:
            place, predator, *_ = np.array(self.sanctions["bar"]).T
            add_risk(now, place.compress(predator == 1), now.state.numbers.felt_risk.per_ban)


def _file(now: Hour, office: Office) -> set[int]:
    """Put the hour's reports into dossiers; return the places that had any."""
    state, lanes, hour = now.state, now.lanes, now.hour
    place, second, _, person, predator, session, session_end, gravity, source = now.reports.table()
    session = account_session(session, lanes.rule("registration.accounts_persist").take(place))
    snapshot = lanes.rule("reporting.snapshot").take(place)
    seed = state.places.seed.take(place)
    number = dossier_key(hour, session)
    order, finding = state.world.draws.words((Purpose.DOSSIER_ORDER, Purpose.FINDING), seed, person, number)
    opened = []
    flagged_since = np.where(read_first(source), hour, -1)
    columns = (
        place, person, predator == 1, session, session_end, number, order, finding, gravity, flagged_since, snapshot,
    )  # fmt: skip
    for i, (at, who, is_predator, begun, end, key, tie, luck, grave, first, snap) in enumerate(
        zip(*(c.tolist() for c in columns), strict=True)
    ):
        dossier = Dossier(who, is_predator, begun, end, hour, key, tie, luck, grave, hour, hour, first, snap)
        if office.desks[at].file(dossier, hour):
            opened.append(i)
    if opened:
        new = np.array(opened)
        kind = predator.take(new)
        now.record.note("open", hour, second.take(new), place.take(new), kind, person.take(new), detail=kind)
    return set(place.tolist())
