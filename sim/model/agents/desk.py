"""The desk of a site and the moderators at it: step 4 of the hour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import mesa

from sim.model.agents.investigators import Lead, Police, Suspect
from sim.model.agents.standing import Standing
from sim.model.agents.venue import Lane, Venue
from sim.model.decisions import sanctions
from sim.model.decisions.codes import REFERRAL
from sim.model.decisions.investigation import refers, urgency
from sim.model.decisions.moderation import (
    account_session,
    capacity_milli,
    evidence_left,
    expired,
    finds,
    kept_since,
    level_of_reports,
    moderators,
    queue_entry,
    read_first,
)
from sim.model.world.draws import Purpose
from sim.model.world.keys import dossier_key


class Person(Suspect, Protocol):
    """Somebody who can be reported and sanctioned, as the desk sees them."""

    standings: Sequence[Standing]


class Moderator(mesa.Agent):
    """A moderator on shift: reads dossiers, the one whose turn it is first."""

    def __init__(self, desk: Desk, share: int, of: int) -> None:
        super().__init__(desk.venue.lane)
        self.desk, self.share, self.of = desk, share, of

    def step(self) -> None:
        """Review a fair share of what the staff can do this hour."""
        desk = self.desk
        n = desk.reviews_this_hour
        for _ in range(n * (self.share + 1) // self.of - n * self.share // self.of):
            desk.review_next()


@dataclass(eq=False)
class Dossier:
    """The open reports on one account."""

    person: Person
    session: int
    session_end: int
    opened: int
    number: int
    gravity: int
    graver_since: int
    newest: int
    of_predator: bool
    flagged_since: int = -1
    snapshot: bool = False
    reports: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """One report to a site."""

    person: Person
    session: int
    session_end: int
    gravity: int
    second: int
    contact: int
    source: int


class Desk:
    """The dossiers of a site, and what its staff can do in an hour."""

    def __init__(self, venue: Venue, police: Police) -> None:
        self.venue, self.police = venue, police
        self.dossiers: dict[tuple[Person, int], Dossier] = {}
        self.reports: list[Report] = []
        self.reviews_this_hour = 0
        self.kept_since = 0
        self.credit_milli = 0
        self.moderators: list[Moderator] = []

    def open_hour(self) -> None:
        """File the hour's reports, drop the expired, work out what the staff can do."""
        venue, lane, rules = self.venue, self.venue.lane, self.venue.rules
        hour = lane.hour
        for report in sorted(self.reports, key=lambda r: (r.second, r.contact, r.person.number)):
            self._file(report)
        self.reports = []
        self.delete_messages()
        for dossier in list(self.dossiers.values()):
            _, since = self._entry(dossier)
            if expired(since, hour, rules.moderation.dossier_expiry_hours):
                self._close(dossier)
                venue.ledger.note("expire", 0, None, dossier.person, detail=int(dossier.of_predator))
        hour_of_week, scale = lane.scenario.hour_of_week(hour), lane.scenario.scale
        heads = float(moderators(rules, hour_of_week, scale))
        if heads:
            self.credit_milli += int(capacity_milli(rules, hour_of_week, scale))
            venue.ledger.count("n_capacity", self.credit_milli // 1000)
            venue.ledger.count("n_moderator_milli_hours", round(heads * 1000))
            self.reviews_this_hour = min(self.credit_milli // 1000, len(self.dossiers))
        self._staff(math.ceil(heads))

    def delete_messages(self) -> None:
        """Let messages be deleted that are too old."""
        hours = self.venue.rules.retention.message_hours
        self.kept_since = int(kept_since(self.kept_since, self.venue.lane.hour, hours))

    def close_hour(self) -> None:
        """Idle time is not saved up, fractions of a review are."""
        ledger = self.venue.ledger
        self.credit_milli -= 1000 * self.reviews_this_hour
        self.reviews_this_hour = 0
        if not self.dossiers and self.moderators:
            self.credit_milli %= 1000
        ledger.count("n_waiting_hours", len(self.dossiers))
        ledger.count("n_snapshot_hours", sum(d.snapshot for d in self.dossiers.values()))
        if self.venue.lane.hour % 24 == 23:
            ledger.count("n_waiting", len(self.dossiers))

    def review_next(self) -> None:
        """Review the dossier whose turn it is, and sanction the account if an offence is found."""
        ledger, hour = self.venue.ledger, self.venue.lane.hour
        dossier = min(self.dossiers.values(), key=self._turn)
        self._close(dossier)
        person, predator = dossier.person, dossier.of_predator
        evidence = evidence_left(dossier.snapshot, dossier.newest, self.kept_since)
        word = self._word(Purpose.FINDING, dossier)
        offence = finds(word, predator, evidence, self.venue.rules)
        ledger.note("review", 0, None, person, detail=1 * evidence + 2 * predator + 4 * offence)
        ledger.count("n_review_evidence", int(evidence))
        ledger.count("n_review_predator", int(predator))
        ledger.count("n_wait_hours", hour - dossier.opened)
        ledger.took("review", hour - dossier.opened)
        if offence:
            self._sanction(dossier)
            self._refer(dossier)

    def _sanction(self, dossier: Dossier) -> None:
        """Warn, suspend or bar, one rung of the ladder higher each time."""
        venue, lane, person = self.venue, self.venue.lane, dossier.person
        hour, draws, rules, p_constant = lane.hour, lane.world.draws, venue.rules, lane.numbers.p_constant
        standing = person.standings[venue.index]
        known = sanctions.known_until(draws, 0, person.number, dossier.number, hour, dossier.session, rules, p_constant)
        length = sanctions.sanction_hours(standing.strikes.count(known, dossier.session, hour), rules)
        standing.strikes = standing.strikes.after(known, dossier.session, hour)
        until, as_whom = sanctions.sanction(
            draws, 0, person.number, dossier.number, hour, dossier.session_end, known, length, rules, p_constant
        )
        event = sanctions.sanction_event(length)
        venue.ledger.note(event, 0, None, person, detail=sanctions.hours_out(hour, until))
        venue.ledger.count(f"n_{event}_user", int(not dossier.of_predator))
        standing.bar(hour, until, as_whom)
        if event == "bar" and dossier.of_predator:
            venue.add_risk(lane.numbers.felt_risk.per_ban)

    def _refer(self, dossier: Dossier) -> None:
        """Refer to the police whom the site sanctions, or not."""
        venue, person = self.venue, dossier.person
        if refers(self._word(Purpose.REFER, dossier), venue.rules.cooperation.p_refer):
            venue.ledger.note("refer", 0, None, person, detail=int(dossier.of_predator))
            urgent = urgency(REFERRAL, False)
            lead = Lead(venue, person, REFERRAL, dossier.number, urgent, dossier.opened, dossier.newest)
            self.police.leads.append(lead)

    def _file(self, report: Report) -> None:
        hour, rules = self.venue.lane.hour, self.venue.rules
        session = int(account_session(report.session, rules.registration.accounts_persist))
        dossier = self.dossiers.get((report.person, session))
        if dossier is None:
            number = int(dossier_key(hour, session))
            dossier = Dossier(
                report.person, session, report.session_end, hour, number, report.gravity, hour, hour,
                report.person.kind == "predator",
            )  # fmt: skip
            self.dossiers[report.person, session] = dossier
            self.venue.ledger.note("open", report.second, None, report.person, detail=int(dossier.of_predator))
        dossier.newest = hour
        dossier.snapshot |= rules.reporting.snapshot
        if read_first(report.source) and dossier.flagged_since < 0:
            dossier.flagged_since = hour
        if report.gravity > dossier.gravity:
            dossier.gravity, dossier.graver_since = report.gravity, hour
        dossier.reports.append(hour)

    def _close(self, dossier: Dossier) -> None:
        del self.dossiers[dossier.person, dossier.session]

    def _entry(self, dossier: Dossier) -> tuple[int, int]:
        # The level by number of reports counts from the report on that was the first to reach it.
        level = level_of_reports(len(dossier.reports))
        reports = (level, dossier.reports[level])
        gravity = (dossier.gravity, dossier.graver_since)
        triage = self.venue.rules.moderation.triage
        return queue_entry(gravity, reports, dossier.flagged_since, dossier.opened, triage)

    def _turn(self, dossier: Dossier) -> tuple[int, ...]:
        level, since = self._entry(dossier)
        person, order = dossier.person.number, self._word(Purpose.DOSSIER_ORDER, dossier)
        if self.venue.rules.moderation.triage == "newest":
            return (-level, -since, -order, -person)
        return (-level, since, order, person)

    def _word(self, purpose: Purpose, dossier: Dossier) -> int:
        return self.venue.lane.world.draws.word(purpose, 0, dossier.person.number, dossier.number)

    def _staff(self, heads: int) -> None:
        """Let as many moderators be on shift as there are heads, begun ones included."""
        if len(self.moderators) != heads:
            for moderator in self.moderators:
                moderator.remove()
            self.moderators = [Moderator(self, share, heads) for share in range(heads)]


class StaffedVenue(Venue):
    """A site of the lane, with its desk."""

    def __init__(self, lane: Lane, index: int, police: Police) -> None:
        super().__init__(lane, index)
        self.desk = Desk(self, police)
