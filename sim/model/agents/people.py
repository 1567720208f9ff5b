"""Users and predators as plain Mesa agents: steps 1, 2 and 5 of the hour, and what users do in step 3."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.model.agents.contacts import Contact, Offender, Target
from sim.model.agents.desk import Report, StaffedVenue
from sim.model.agents.entrances import PREDATORS, USERS, Entrances
from sim.model.agents.investigators import Lead
from sim.model.agents.person import Complaint, PeopledLane, Person, Visit
from sim.model.agents.search import comes_upon, n_online
from sim.model.decisions.approach import deterred, has_room, looks_further
from sim.model.decisions.codes import (
    BLOCK,
    COMPLAINT,
    CONTACT,
    DECOY,
    DETECTOR,
    FLAGGER,
    MISTAKEN,
    OFF,
    SECONDS,
    SEIZED,
    STAY,
    TARGET,
    WITHDRAW,
)
from sim.model.decisions.contacts import warning_reaches
from sim.model.decisions.detection import raises_false_alarm
from sim.model.decisions.displacement import NO_SITE
from sim.model.decisions.entry import kept_apart
from sim.model.decisions.felt_risk import held_back, sensitivity, share_left
from sim.model.decisions.investigation import has_evidence, is_found, urgency
from sim.model.decisions.responses import (
    complains,
    complaint_delay,
    flags,
    on_recognition,
    p_report,
    reports_falsely,
    would_report,
)
from sim.model.decisions.undercover import POSE, meets_decoy
from sim.model.world.day import ALREADY_LISTED, NOBODY
from sim.model.world.draws import Purpose
from sim.rules.rulebook import Rules


class User(Target):
    """A lawful user: visits, may be approached, recognise, report, complain, or be reported for nothing."""

    kind = "user"
    predator = USERS

    def step(self) -> None:
        """Be on a site for an hour, or be kept out."""
        here = self.be_there()
        if here:
            visit, venue = here
            venue.ledger.count("n_user_hours_limited", int(not self.may_write(visit.begin, venue)))
            spared = not venue.rules.limits.adults_to_minors and self.model.today.is_minor(self, venue.index)
            venue.ledger.count("n_user_hours_protected", int(spared))

    def be_accused(self, visit: Visit, second: int, gravity: int, effort: float) -> None:
        """Be reported after a lawful conversation, if the reporter takes the trouble."""
        if venue := self._venue_of(visit):
            reporting = venue.rules.reporting
            if reports_falsely(effort, reporting.friction, reporting.rel_false):
                venue.ledger.note("false_report", second, None, self, detail=gravity)
                venue.desk.reports.append(Report(self, visit.begin, visit.end, gravity, second, NOBODY, MISTAKEN))

    def be_mistaken(self, visit: Visit, second: int, gravity: int, effort: float) -> None:
        """Be flagged by a site's detector after a lawful conversation, if it reads it and is wrong about it."""
        if venue := self._venue_of(visit):
            detection = venue.rules.detection
            if raises_false_alarm(effort, detection.coverage, detection.p_false):
                venue.ledger.note("false_alarm", second, None, self, detail=gravity)
                venue.desk.reports.append(Report(self, visit.begin, visit.end, gravity, second, NOBODY, DETECTOR))

    def _venue_of(self, visit: Visit) -> StaffedVenue | None:
        """Return the site on which a visit is now, if it is on any."""
        site = self.site(visit.begin, self.model.hour)
        return None if site == NO_SITE else self.model.venues[site]

    def recognise(self, contact: Contact, second: int) -> int:
        """See the contact for what it is, perhaps complain and report it, and return what becomes of it.

        Returns:
            `BLOCK`, `WITHDRAW` or `STAY`.
        """
        model, draws, ledger = self.model, self.model.world.draws, contact.venue.ledger
        ledger.note("recognise", second, self, contact.predator, contact, contact.stage)
        self.consider_complaint(contact, second, after_harm=False)
        block, stay = (draws.word(p, 0, contact.number, contact.occasion) for p in (Purpose.BLOCK, Purpose.STAY))
        what = int(on_recognition(block, stay, model.numbers))
        ledger.note(
            {BLOCK: "block", WITHDRAW: "withdraw", STAY: "stay"}[what], second, self, contact.predator, contact,
            contact.stage,
        )  # fmt: skip
        if contact.stage != OFF:
            ledger.count("n_recognise_on_platform")
            ledger.count("n_block_on_platform", int(what == BLOCK))
            reported = self._report(contact, second)
            ledger.count("n_ignore_on_platform", int(what != BLOCK and not reported))
        return what

    def _report(self, contact: Contact, second: int) -> bool:
        """Report a recognised contact to its site, or not; then a trusted flagger may. Tell whether the target did."""
        model, venue, ledger = self.model, contact.venue, contact.venue.ledger
        p_ready = model.numbers.p_report[contact.offence, contact.victim_class, contact.stage]
        word, rules = model.world.draws.word, venue.rules
        report = Report(
            contact.predator, contact.session, contact.predator_end, contact.stage, second, contact.number, TARGET
        )  # fmt: skip
        if would_report(
            word(Purpose.REPORT_CONSTANT, 0, contact.number, contact.occasion),
            word(Purpose.REPORT_TRAIT, 0, self.number),
            word(Purpose.REPORT_FRESH, 0, contact.number, contact.occasion),
            float(p_report(p_ready, rules.reporting.rel_ready, rules.reporting.friction)),
            model.numbers.p_constant,
        ):
            ledger.note("report", second, self, contact.predator, contact, contact.stage)
            venue.desk.reports.append(report)
            return True
        if flags(word(Purpose.FLAG, 0, contact.number, contact.occasion), rules.reporting.p_flagged):
            ledger.note("flag", second, None, contact.predator, contact, contact.stage)
            venue.desk.reports.append(replace(report, source=FLAGGER))
        return False

    def warned(self, venue: StaffedVenue) -> bool:
        """Tell whether a site's warnings reach this user."""
        word = self.model.world.draws.word(Purpose.WARNED, 0, self.number)
        return warning_reaches(word, venue.rules.warnings.p_reached)

    def consider_complaint(self, contact: Contact, second: int, *, after_harm: bool) -> None:
        """Complain to the police at once, late or never."""
        numbers, draws = self.model.numbers, self.model.world.draws
        purposes = (Purpose.COMPLAIN, Purpose.COMPLAIN_AT_ONCE, Purpose.COMPLAIN_DELAY)
        word, at_once, late = (draws.word(p, 0, contact.number, contact.occasion) for p in purposes)
        if not complains(word, float(numbers.p_complain[contact.offence, int(after_harm)])):
            return
        delay, hour = int(complaint_delay(at_once, late, numbers)), self.model.hour
        evidence = has_evidence(
            draws.word(Purpose.OTHER_EVIDENCE, 0, contact.number, contact.occasion), numbers.police.p_other_evidence
        )
        newest = contact.left if contact.stage == OFF else hour
        grave = urgency(COMPLAINT, after_harm)
        lead = Lead(contact.venue, contact.predator, COMPLAINT, contact.number, grave, hour, newest, bool(evidence))
        if delay == 0:
            contact.venue.ledger.note("complain", second, self, contact.predator, contact, int(after_harm))
            self.model.police.leads.append(lead)
        else:
            complaint = Complaint(self, contact, int(after_harm), lead)
            self.model.complaints.setdefault(hour + delay, []).append(complaint)


class Predator(Offender):
    """A predator: visits, approaches strangers, and runs contacts."""

    kind = "predator"
    predator = PREDATORS

    def __init__(self, model: PeopledLane, number: int) -> None:
        super().__init__(model, number)
        self.contacts: list[Contact] = []
        self.intents: dict[int, list[int]] = {}
        self.offence = int(model.world.offence(np.array([number]), np.array([0]))[0])

    def be_arrested(self) -> None:
        """Be taken from all sites for good, which ends every contact."""
        super().be_arrested()
        for contact in self.contacts:
            contact.venue.ledger.note("stop", 0, None, self, contact, contact.stage)
        self.contacts = []

    def be_shut_out(self, venue: StaffedVenue) -> None:
        """See a site close, which ends every contact that has not left it."""
        shut = [c for c in self.contacts if c.venue is venue and not c.off_platform]
        for contact in shut:
            venue.ledger.note("shut", 0, None, self, contact, contact.stage)
        self.contacts = [c for c in self.contacts if c not in shut]

    def be_found(self, venue: StaffedVenue) -> None:
        """Have written what investigators may come upon in the seized data of a site."""
        model, newest = self.model, self.standings[venue.index].newest_private
        if newest < venue.desk.kept_since:
            return
        if is_found(model.world.draws.word(Purpose.SEIZED, 0, self.number), model.numbers.police.p_seized):
            model.police.leads.append(Lead(venue, self, SEIZED, 0, urgency(SEIZED, False), newest, newest))

    def share_left(self, venue: StaffedVenue) -> int:
        """Return the share of approaches on a site left for felt risk, in millionths."""
        model = self.model
        mind = sensitivity(model.world.draws.word(Purpose.RISK_CLASS, 0, self.number))
        return int(share_left(venue.felt_risk, mind, model.numbers.felt_risk))

    def step(self) -> None:
        """Approach whom the hour's intents say, then run the contacts."""
        here, intents = self.be_there(), self.intents.pop(self.model.hour, [])
        if here:
            self._approach(intents, *here)
        for contact in self.contacts:
            contact.step()
        self.contacts = [c for c in self.contacts if not c.over]

    def _approach(self, which: list[int], visit: Visit, venue: StaffedVenue) -> None:
        model, intents, hour = self.model, self.model.day.intents, self.model.hour
        here = [contact for contact in self.contacts if contact.venue is venue]
        n_live, contacts_at_once = sum(c.live for c in here), model.scenario.predators.contacts_at_once
        known = {c.target for c in here}
        approached: set[User] = set()
        for i in which:
            if not self._may_approach(i, visit, venue):
                continue
            if not has_room(int(intents.rank[i]), n_live, contacts_at_once):
                continue
            word = model.world.draws.word(Purpose.FELT_RISK, 0, int(intents.contact[i]))
            if held_back(word, self.share_left(venue)) or self._reaches_decoy(i, venue):
                continue
            target, redirected = self._look_for(i, known, venue)
            if target is None or target in approached:
                continue
            approached.add(target)
            met = target.visit(hour)
            assert met is not None
            number, victim_class = int(intents.contact[i]), int(intents.victim_class[i])
            contact = Contact(venue, self, target, number, victim_class, (visit, met))
            contact.redirected = redirected
            second = int(intents.second[i])
            venue.ledger.note("approach", second, self, target, contact, redirected)
            contact.begin_stage(CONTACT, hour * SECONDS + second)
            contact.be_read(second)
            self.contacts.append(contact)

    def _may_approach(self, i: int, visit: Visit, venue: StaffedVenue) -> bool:
        """Tell whether announced retention does not deter, and the account is old enough to write to strangers."""
        model = self.model
        word = model.world.draws.word(Purpose.DETERRED, 0, int(model.day.intents.contact[i]))
        if deterred(word, model.numbers, venue.rules.retention.message_hours):
            return False
        return self.may_write(visit.begin, venue)

    def _reaches_decoy(self, i: int, venue: StaffedVenue) -> bool:
        """Tell whether the intent reaches a decoy of the police instead of a person; that may be a lead."""
        model, intents, hour = self.model, self.model.day.intents, self.model.hour
        contact, draws = int(intents.contact[i]), model.world.draws
        if self._kept_from_decoys(venue):
            return False
        word, n = draws.word(Purpose.DECOY, 0, contact), n_online(model, venue, i)
        if not meets_decoy(word, venue.decoys, n, int(intents.victim_class[i])):
            return False
        police = model.numbers.police
        is_lead = has_evidence(draws.word(Purpose.DECOY_CASE, 0, contact), police.p_decoy_case)
        venue.ledger.note("decoy", int(intents.second[i]), self, None, detail=int(is_lead))
        if is_lead:
            evidence = has_evidence(draws.word(Purpose.DECOY_EVIDENCE, 0, contact), police.p_decoy_evidence)
            grave = urgency(DECOY, False)
            model.police.leads.append(Lead(venue, self, DECOY, contact, grave, hour, hour, bool(evidence)))
        return True

    def _look_for(self, i: int, known: set[User], venue: StaffedVenue) -> tuple[User | None, int]:
        """Go through the persons come upon; return whom to approach, and whether in place of an absent one."""
        model = self.model
        contact, redirected = int(model.day.intents.contact[i]), 0
        for attempt, row in enumerate(comes_upon(model, venue, i)):
            if row == ALREADY_LISTED:
                continue
            person, visit = model.visit_by_row[row]
            if person.barred(venue, model.hour) or person in known:
                continue
            here = person.let_in(visit.begin) == venue.index
            protected = here and self._kept_from(person, model.today, venue.rules, venue)
            if here and not protected:
                return person, redirected
            usual = model.scenario.platforms[venue.index].rules
            if model.baseline.site(person) != venue.index or self._kept_from(person, model.baseline, usual, venue):
                continue
            # Somebody to whom the baseline lets them write is absent, or protected, because of a policy.
            word = model.world.draws.word(Purpose.RETRY, 0, contact, attempt)
            if not looks_further(word, protected, model.numbers):
                return None, redirected
            redirected = 1
        return None, redirected

    def _kept_from(self, person: Person, entrances: Entrances, rules: Rules, venue: StaffedVenue) -> bool:
        """Tell whether a limit keeps the predator from writing to somebody, as a site takes both by its checks."""
        ages = (entrances.is_minor(person, venue.index), entrances.is_minor(self, venue.index))
        return bool(kept_apart(*ages, rules.limits.adults_to_minors))

    def _kept_from_decoys(self, venue: StaffedVenue) -> bool:
        """Tell whether a limit keeps the predator from decoys, who are known as minors wherever anybody is."""
        model = self.model
        of_pose = model.world.ages.width[POSE] > 0
        known = bool(model.today.minors[venue.index][USERS, of_pose].any())
        return bool(kept_apart(known, model.today.is_minor(self, venue.index), venue.rules.limits.adults_to_minors))
