"""Users, predators and their contacts as plain Mesa agents: steps 1, 2, 3 and 5 of the hour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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
    FADE,
    FLAGGER,
    GO_ON,
    LEAVE,
    MISTAKEN,
    NEVER,
    OFF,
    PRIVATE,
    RECOGNISE,
    SECONDS,
    SEIZED,
    STAY,
    TARGET,
    WITHDRAW,
)
from sim.model.decisions.contacts import (
    ALARMS,
    alarm_seconds,
    found_again,
    lapse_hour,
    may_seek,
    meeting_hour,
    meeting_rate,
    meets_first,
    recognise_milli,
    seeks,
    warned,
    warning_reaches,
)
from sim.model.decisions.detection import (
    detects,
    p_detect,
    raises_false_alarm,
    reads,
    watched,
    watched_milli,
)
from sim.model.decisions.displacement import NO_SITE
from sim.model.decisions.entry import kept_apart
from sim.model.decisions.felt_risk import held_back, leave_milli, sensitivity, share_left
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
from sim.model.world.draws import Purpose, exponential, pick
from sim.model.world.keys import alarm_key, occasion_key
from sim.rules.rulebook import Rules


class User(Person):
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


class Contact:
    """One predator and one target, from an approach on a site to its end."""

    def __init__(
        self, venue: StaffedVenue, predator: Predator, target: User, number: int, victim_class: int,
        visits: tuple[Visit, Visit],
    ) -> None:  # fmt: skip
        self.venue = venue
        self.predator = predator
        self.target = target
        self.number = number
        self.offence = predator.offence
        self.victim_class = victim_class
        self.redirected = 0
        self.left = -1  # hour in which it left the platform
        self.again = 0  # 1 once the target blocked the predator, who came back under a new identity
        self.n_recognised = 0  # how often the target recognised it and went on, since it began or began anew
        self.stage = CONTACT
        self.alarm = RECOGNISE
        self.ring = 0  # absolute second; while dormant, the seconds that remain
        self.predator_end, self.target_end = visits[0].end, visits[1].end
        self.session = visits[0].begin
        self.in_meeting = False
        self.dormant = False
        self.over = False
        self.meet = self.lapse = NEVER

    @property
    def live(self) -> bool:
        """Whether the two are in contact on the platform."""
        return not (self.dormant or self.over or self.stage == OFF)

    @property
    def occasion(self) -> int:
        """Key of what the target does next."""
        return occasion_key(self.again, self.n_recognised)

    @property
    def off_platform(self) -> bool:
        """Whether the contact goes on outside the platform."""
        return self.stage == OFF and not self.over

    def begin_stage(self, stage: int, second: int, knowing: bool = False) -> None:
        """Draw the four alarms of a stage; the earliest will ring. Who goes on knowingly recognises nothing anew."""
        self.stage = stage
        model = self.predator.model
        hazard = model.numbers.hazard[self.offence, stage].tolist()
        if self.target.warned(self.venue):
            hazard[RECOGNISE] = warned(hazard[RECOGNISE], recognise_milli(self.venue.rules))
        if knowing:
            hazard[RECOGNISE] = 0
        risk = model.numbers.felt_risk
        if risk.sensitivity:
            hazard[LEAVE] = hazard[LEAVE] * int(leave_milli(self.predator.share_left(self.venue), risk)) // 1000
        hazard[LEAVE] = watched(hazard[LEAVE], watched_milli(self.venue.rules, model.numbers.rel_leave_detector))
        key = alarm_key(stage, self.again, int(knowing))
        words = [model.world.draws.word(purpose, 0, self.number, key) for purpose in ALARMS]
        seconds = [alarm_seconds(exponential(word), rate) for word, rate in zip(words, hazard, strict=True)]
        self.ring = second + min(seconds)
        self.alarm = seconds.index(min(seconds))

    def be_read(self, second: int) -> None:
        """Be flagged as a stage begins, if the site's detector reads the contact and sees what it is."""
        model, rules = self.predator.model, self.venue.rules.detection
        word = model.world.draws.word
        if not reads(word(Purpose.DETECTOR_READS, 0, self.number), rules.coverage):
            return
        sensitivity = (rules.p_contact, rules.p_engaged, rules.p_private)[self.stage]
        p = float(p_detect(sensitivity, float(model.numbers.rel_detect[self.offence])))
        if detects(word(Purpose.DETECT, 0, self.number, alarm_key(self.stage, self.again)), p):
            self.venue.ledger.note("detect", second, None, self.predator, self, self.stage)
            self.venue.desk.reports.append(
                Report(self.predator, self.session, self.predator_end, self.stage, second, self.number, DETECTOR)
            )

    def step(self) -> None:
        """Let everything happen that falls into this hour."""
        hour = self.predator.model.hour
        first = hour * SECONDS
        if self.dormant:
            self._meet_or_lapse()
        elif self.stage != OFF and self._session_over(hour):
            self._part()
        self._leave_messages(hour)
        while not (self.over or self.dormant) and self.ring <= first + SECONDS:
            self._ring(self.ring - first)
            self._leave_messages(hour)

    def _leave_messages(self, hour: int) -> None:
        """Whoever is in private contact on the site writes in every hour; for a while the site keeps it."""
        if self.live and self.stage == PRIVATE:
            self.predator.standings[self.venue.index].newest_private = hour

    def _session_over(self, hour: int) -> bool:
        return self._either_barred(hour) or min(self.predator_end, self.target_end) <= hour

    def _either_barred(self, hour: int) -> bool:
        return self.predator.barred(self.venue, hour) or self.target.barred(self.venue, hour)

    def _part(self) -> None:
        model, venue, hour = self.predator.model, self.venue, self.predator.model.hour
        if not self.in_meeting and not self._either_barred(hour) and self._carried_on(hour):
            return
        word = model.world.draws.word(Purpose.FOUND_AGAIN, 0, self.number, hour)
        if not found_again(word, venue.rules.registration.findability):
            venue.ledger.note("lose", 0, self.predator, self.target, self, self.stage)
            self.over = True
            return
        venue.ledger.note("find", 0, self.predator, self.target, self, self.stage)
        self._wait()

    def _carried_on(self, hour: int) -> bool:
        """Tell whether other visits to the site carry on those that are over; if so, their ends are the later ones."""
        predator, target = self.predator, self.target
        over = [p for p, end in ((predator, self.predator_end), (target, self.target_end)) if end == hour]
        if any(person.site_in(hour) != self.venue.index for person in over):
            return False
        for person in over:
            visit = person.visit(hour)
            assert visit is not None
            if person is predator:
                self.predator_end, self.session = visit.end, visit.begin
            else:
                self.target_end = visit.end
        return True

    def _wait(self) -> None:
        """Wait until the two meet again, with what remains on the alarm, or give each other up."""
        model, hour, draws = self.predator.model, self.predator.model.hour, self.predator.model.world.draws
        self.dormant = True
        self.ring -= hour * SECONDS
        rate = int(meeting_rate(self.target.number, self.predator.number, model.numbers))
        meet = exponential(draws.word(Purpose.MEETING, 0, self.number, hour))
        lapse = exponential(draws.word(Purpose.LAPSE, 0, self.number, hour))
        self.meet = int(meeting_hour(meet, rate, hour, model.numbers.week_meeting))
        self.lapse = lapse_hour(lapse, hour, model.numbers)

    def _meet_or_lapse(self) -> None:
        model, venue, hour = self.predator.model, self.venue, self.predator.model.hour
        if hour < min(self.meet, self.lapse):
            return
        if not meets_first(self.meet, self.lapse):
            venue.ledger.note("lapse", 0, self.predator, self.target, self, self.stage)
            self.over = True
            return
        able = all(
            person.site(hour, hour) == venue.index and model.world.membership.present(0, hour // 24, person.number)
            for person in (self.predator, self.target)
        )
        venue.ledger.note("meet" if able else "miss", 0, self.predator, self.target, self, self.stage)
        if not able:
            self.over = True
            return
        word = model.world.draws.word(Purpose.MEETING_LENGTH, 0, self.number, hour)
        self.predator_end = self.target_end = hour + pick(word, model.world.session_users)
        self.dormant, self.in_meeting, self.session = False, True, hour
        self.ring += hour * SECONDS

    def _ring(self, second: int) -> None:
        model, ledger = self.predator.model, self.venue.ledger
        if self.alarm == RECOGNISE:
            self._be_recognised(second)
        elif self.alarm == FADE:
            ledger.note("fade", second, self.predator, self.target, self, self.stage)
            self.over = True
        elif self.alarm == LEAVE:
            ledger.note("leave", second, self.predator, self.target, self)
            self.left = model.hour
            self.begin_stage(OFF, (model.hour + 1) * SECONDS)
        elif self.stage < PRIVATE:
            ledger.note(("engage", "private")[self.stage], second, self.predator, self.target, self)
            self.begin_stage(self.stage + 1, self.ring)
            self.be_read(second)
        else:
            assert self.alarm == GO_ON
            where = (2 if self.stage == OFF else 1) + 2 * self.redirected
            ledger.note("harm", second, self.predator, self.target, self, where)
            ledger.harm(self, second, off_platform=self.stage == OFF)
            if model.day_of_window < 0:
                model.police.harms_before[self.venue.index * len(model.scenario.offences) + self.offence] += 1
            self.target.consider_complaint(self, second, after_harm=True)
            self.over = True

    def _be_recognised(self, second: int) -> None:
        """Go on, be over for good, or wait to meet once more as a stranger under a new identity."""
        what = self.target.recognise(self, second)
        if what == STAY:
            self.n_recognised += 1
            self.begin_stage(self.stage, self.ring, knowing=True)
            return
        model, registration = self.predator.model, self.venue.rules.registration
        word = model.world.draws.word(Purpose.SEEK, 0, self.number)
        if may_seek(what, self.stage, self.again) and seeks(
            word, model.numbers, registration.findability, registration.p_return
        ):
            self.venue.ledger.note("seek", second, self.predator, self.target, self, self.stage)
            self.again, self.n_recognised = 1, 0
            self.in_meeting = True
            self.begin_stage(CONTACT, model.hour * SECONDS)
            self._wait()
        else:
            self.over = True


class Predator(Person):
    """A predator: visits, approaches strangers, and runs contacts."""

    kind = "predator"
    predator = PREDATORS

    def __init__(self, model: PeopledLane, number: int) -> None:
        super().__init__(model, number)
        self.contacts: list[Contact] = []
        self.intents: dict[int, list[int]] = {}
        self.offence = int(model.world.offence(np.array([number]), np.array([0]))[0])

    def goes_on(self, begin: int) -> int:
        """Return the site to which a predator goes on whom a bar keeps out of the first (or of home), or `NO_SITE`."""
        return self.model.entrances(begin).goes_on_to(self)

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
