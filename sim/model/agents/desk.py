"""The desk of the site and the moderators at it: step 4 of the hour."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import mesa

from sim.model.agents.investigators import Lead, Police, PolicedSite, Suspect
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
from sim.model.decisions.sanctions import Strikes
from sim.model.world.draws import Purpose
from sim.model.world.keys import dossier_key


class Person(Suspect, Protocol):
    """Somebody who can be reported and sanctioned, as the desk sees them."""

    strikes: Strikes

    def bar(self, hour: int, until: int, as_whom: int) -> None:
        """Keep the person out from the next hour on."""


class StaffedSite(PolicedSite):
    """The site in one lane, as its desk sees it; `sim.model.agents.chat.Chat` makes it.

    Attributes:
        police: Where referrals go.
    """

    police: Police


class Moderator(mesa.Agent):
    """A moderator on shift: reads dossiers, the one whose turn it is first."""

    def __init__(self, desk: Desk, share: int, of: int) -> None:
        super().__init__(desk.model)
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
    """One report to the site."""

    person: Person
    session: int
    session_end: int
    gravity: int
    second: int
    contact: int
    source: int


class Desk:
    """The dossiers of the site, and what its staff can do in an hour."""

    def __init__(self, model: StaffedSite) -> None:
        self.model = model
        self.dossiers: dict[tuple[Person, int], Dossier] = {}
        self.reports: list[Report] = []
        self.reviews_this_hour = 0
        self.kept_since = 0
        self.credit_milli = 0
        self.moderators: list[Moderator] = []

    def open_hour(self) -> None:
        """File the hour's reports, drop the expired, work out what the staff can do."""
        model, rules, hour = self.model, self.model.rules, self.model.hour
        for report in sorted(self.reports, key=lambda r: (r.second, r.contact, r.person.number)):
            self._file(report)
        self.reports = []
        self.kept_since = int(kept_since(self.kept_since, hour, rules.retention.message_hours))
        for dossier in list(self.dossiers.values()):
            _, since = self._entry(dossier)
            if expired(since, hour, rules.moderation.dossier_expiry_hours):
                self._close(dossier)
                model.ledger.note("expire", 0, None, dossier.person, detail=int(dossier.of_predator))
        hour_of_week, scale = model.scenario.hour_of_week(hour), model.scenario.scale
        heads = float(moderators(rules, hour_of_week, scale))
        if heads:
            self.credit_milli += int(capacity_milli(rules, hour_of_week, scale))
            model.ledger.count("n_capacity", self.credit_milli // 1000)
            model.ledger.count("n_moderator_milli_hours", round(heads * 1000))
            self.reviews_this_hour = min(self.credit_milli // 1000, len(self.dossiers))
        self._staff(math.ceil(heads))

    def close_hour(self) -> None:
        """Idle time is not saved up, fractions of a review are."""
        model = self.model
        self.credit_milli -= 1000 * self.reviews_this_hour
        self.reviews_this_hour = 0
        if not self.dossiers and self.moderators:
            self.credit_milli %= 1000
        model.ledger.count("n_waiting_hours", len(self.dossiers))
        model.ledger.count("n_snapshot_hours", sum(d.snapshot for d in self.dossiers.values()))
        if model.hour % 24 == 23:
            model.ledger.count("n_waiting", len(self.dossiers))

    def review_next(self) -> None:
        """Review the dossier whose turn it is, and sanction the account if an offence is found."""
        model, rules, hour = self.model, self.model.rules, self.model.hour
        dossier = min(self.dossiers.values(), key=self._turn)
        self._close(dossier)
        person, predator = dossier.person, dossier.of_predator
        evidence = evidence_left(dossier.snapshot, dossier.newest, self.kept_since)
        word = model.world.draws.word(Purpose.FINDING, 0, person.number, dossier.number)
        offence = finds(word, predator, evidence, rules)
        ledger = model.ledger
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
        model, person, hour = self.model, dossier.person, self.model.hour
        draws, rules, p_constant = model.world.draws, model.rules, model.numbers.p_constant
        known = sanctions.known_until(draws, 0, person.number, dossier.number, hour, dossier.session, rules, p_constant)
        length = sanctions.sanction_hours(person.strikes.count(known, dossier.session, hour), rules)
        person.strikes = person.strikes.after(known, dossier.session, hour)
        until, as_whom = sanctions.sanction(
            draws, 0, person.number, dossier.number, hour, dossier.session_end, known, length, rules, p_constant
        )
        event = sanctions.sanction_event(length)
        model.ledger.note(event, 0, None, person, detail=sanctions.hours_out(hour, until))
        model.ledger.count(f"n_{event}_user", int(not dossier.of_predator))
        person.bar(hour, until, as_whom)
        if event == "bar" and dossier.of_predator:
            model.police.add_risk(model.numbers.felt_risk.per_ban)

    def _refer(self, dossier: Dossier) -> None:
        """Refer to the police whom the site sanctions, or not."""
        model, person = self.model, dossier.person
        word = model.world.draws.word(Purpose.REFER, 0, person.number, dossier.number)
        if refers(word, model.rules.cooperation.p_refer):
            model.ledger.note("refer", 0, None, person, detail=int(dossier.of_predator))
            urgent = urgency(REFERRAL, False)
            model.police.leads.append(Lead(person, REFERRAL, dossier.number, urgent, dossier.opened, dossier.newest))

    def _file(self, report: Report) -> None:
        hour, rules = self.model.hour, self.model.rules
        session = int(account_session(report.session, rules.registration.accounts_persist))
        dossier = self.dossiers.get((report.person, session))
        if dossier is None:
            number = int(dossier_key(hour, session))
            dossier = Dossier(
                report.person, session, report.session_end, hour, number, report.gravity, hour, hour,
                report.person.kind == "predator",
            )  # fmt: skip
            self.dossiers[report.person, session] = dossier
            self.model.ledger.note("open", report.second, None, report.person, detail=int(dossier.of_predator))
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
        triage = self.model.rules.moderation.triage
        return queue_entry(gravity, reports, dossier.flagged_since, dossier.opened, triage)

    def _turn(self, dossier: Dossier) -> tuple[int, ...]:
        level, since = self._entry(dossier)
        person = dossier.person.number
        order = self.model.world.draws.word(Purpose.DOSSIER_ORDER, 0, person, dossier.number)
        if self.model.rules.moderation.triage == "newest":
            return (-level, -since, -order, -person)
        return (-level, since, order, person)

    def _staff(self, heads: int) -> None:
        """Let as many moderators be on shift as there are heads, begun ones included."""
        if len(self.moderators) != heads:
            for moderator in self.moderators:
                moderator.remove()
            self.moderators = [Moderator(self, share, heads) for share in range(heads)]
