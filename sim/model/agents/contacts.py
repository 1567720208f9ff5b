"""A contact of one predator and one target, and what it asks of them: step 3 of the hour."""

from __future__ import annotations

from abc import abstractmethod

from sim.model.agents.desk import Report, StaffedVenue
from sim.model.agents.person import Person, Visit
from sim.model.decisions.codes import (
    CONTACT,
    DETECTOR,
    FADE,
    GO_ON,
    LEAVE,
    NEVER,
    OFF,
    PRIVATE,
    RECOGNISE,
    SECONDS,
    STAY,
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
)
from sim.model.decisions.detection import detects, p_detect, reads, watched, watched_milli
from sim.model.decisions.felt_risk import leave_milli
from sim.model.world.draws import Purpose, exponential, pick
from sim.model.world.keys import alarm_key, occasion_key


class Offender(Person):
    """What a contact asks of its predator.

    Attributes:
        offence: Index of the offence at which their approaches aim.
    """

    offence: int

    @abstractmethod
    def share_left(self, venue: StaffedVenue) -> int:
        """Return the share of approaches on a site left for felt risk, in millionths."""


class Target(Person):
    """What a contact asks of its target."""

    @abstractmethod
    def warned(self, venue: StaffedVenue) -> bool:
        """Tell whether a site's warnings reach them."""

    @abstractmethod
    def recognise(self, contact: Contact, second: int) -> int:
        """See the contact for what it is, and return what becomes of it: `BLOCK`, `WITHDRAW` or `STAY`."""

    @abstractmethod
    def consider_complaint(self, contact: Contact, second: int, *, after_harm: bool) -> None:
        """Complain to the police at once, late or never."""


class Contact:
    """One predator and one target, from an approach on a site to its end."""

    def __init__(
        self, venue: StaffedVenue, predator: Offender, target: Target, number: int, victim_class: int,
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
