"""The police, their files and the investigators who work them: step 6 of the hour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import mesa

from sim.model.agents.ledger import Party
from sim.model.agents.venue import Lane, Venue
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
from sim.model.world.draws import Purpose


class Suspect(Party, Protocol):
    """Somebody on whom there may be a file, as the police see them."""

    def be_arrested(self) -> None:
        """Be taken from all sites, and from every contact, for good."""


@dataclass(frozen=True)
class Lead:
    """Something that reaches the police about somebody, or about harm before the run, which names nobody.

    It is about what happened on one site.
    """

    venue: Venue
    person: Suspect | None
    source: int
    number: int
    urgency: int
    act: int
    newest: int
    other_evidence: bool = False

    @property
    def turn(self) -> tuple[int, int, int, int, int]:
        """Return when it is looked at among those of an hour."""
        person = self.person.number if self.person else -1
        return self.venue.index, person, self.source, self.number, self.act


@dataclass(eq=False)
class File:
    """What the police have on one person; a complaint that names nobody has a file too, and leads nowhere.

    Its site is that of the first lead: that one's host is asked, and it is counted there.
    """

    venue: Venue
    person: Suspect | None
    source: int
    opened: int
    order: int
    urgency: int
    act: int
    newest: int
    other_evidence: bool
    in_hand: bool
    taken_up: bool = False
    due: int = -1
    identified: bool = False


class Investigator(mesa.Agent):
    """An investigator: takes files up, the one whose turn it is first."""

    def __init__(self, police: Police, share: int, of: int) -> None:
        super().__init__(police.lane)
        self.police, self.share, self.of = police, share, of

    def step(self) -> None:
        """Take up a fair share of what can be taken up this hour."""
        police = self.police
        n = police.files_this_hour
        for _ in range(n * (self.share + 1) // self.of - n * self.share // self.of):
            police.take_up_next()


class Police:
    """The files about all sites of the lane, and what investigators can take up in an hour."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.files: list[File] = []
        self.leads: list[Lead] = []
        self.arrested: set[Suspect] = set()
        # Harms of the warm-up by site and offence, in one list.
        self.harms_before = [0] * (len(lane.scenario.site_names) * len(lane.scenario.offences))
        self.files_this_hour = 0
        self.credit_micro = 0
        self.investigators: list[Investigator] = []
        self._earlier: dict[int, list[tuple[int, int]]] = {}
        heads = lane.scenario.police.investigators
        self.on = heads > 0
        if self.on:
            n = math.ceil(heads * lane.scenario.scale)
            self.investigators = [Investigator(self, share, n) for share in range(n)]

    def begin_day(self) -> None:
        """See which complaints about harm before the run come today."""
        lane = self.lane
        if lane.day_of_window >= 0 and self.on:
            day = lane.hour // 24
            for hour, *rest in earlier_complaints(lane.world, 0, self.harms_before, lane.numbers, day):
                self._earlier.setdefault(hour, []).append((rest[0], rest[1]))

    def open_hour(self) -> None:
        """Do what is due, open files, and work out how many can be taken up."""
        lane, hour = self.lane, self.lane.hour
        leads, self.leads = self.leads, []
        if not self.on:
            return
        for which, order in self._earlier.pop(hour, ()):
            site, offence = divmod(which, len(lane.scenario.offences))
            venue = lane.venues[site]
            venue.ledger.note("complain_earlier", 0, None, None, detail=offence)
            leads.append(Lead(venue, None, EARLIER, order, urgency(EARLIER, False), hour, hour))
        due = [file for file in self.files if file.due == hour]
        to_arrest = [file for file in due if file.identified]
        for file in sorted((file for file in due if not file.identified), key=_number):
            self._read_answer(file)
        for file in sorted(to_arrest, key=_number):
            self._arrest(file)
        for lead in sorted(leads, key=lambda lead: lead.turn):
            self._take_in(lead)
        self.credit_micro += capacity_micro(lane.numbers.police, lane.scenario.scale)
        possible = self.credit_micro // MICRO
        lane.ledgers[0].count("n_case_capacity", possible)
        self.files_this_hour = min(possible, len(self._waiting()))

    def close_hour(self) -> None:
        """Idle time is not saved up, fractions of a file are."""
        self.credit_micro -= MICRO * self.files_this_hour
        self.files_this_hour = 0
        waiting = len(self._waiting())
        if self.on and not waiting:
            self.credit_micro %= MICRO
        self.lane.ledgers[0].count("n_case_waiting_hours", waiting)

    def take_up_next(self) -> None:
        """Take up the file whose turn it is: whom it is about is known, asked for, or cannot be."""
        hour, numbers = self.lane.hour, self.lane.numbers
        police = numbers.police
        file = min(
            self._waiting(),
            key=lambda f: (turn(f.urgency, f.opened, police), f.order, f.person.number if f.person else -1),
        )
        file.taken_up = True
        ledger = file.venue.ledger
        if file.person is None:
            ledger.note("take_up_earlier", 0, None, None)
            self.files.remove(file)
            return
        ledger.note("take_up", 0, None, file.person, detail=file.source)
        ledger.took("take_up", hour - file.opened)
        data = file.newest >= file.venue.log_since
        if file.other_evidence or file.in_hand or (file.venue.seized and data):
            self._follow_up(file)
        elif too_old(file.newest, hour, police):
            self._close(file, TOO_OLD)
        elif file.venue.seized:  # there is nobody to be asked
            self._close(file, NO_DATA)
        else:
            ledger.note("request", 0, None, file.person, detail=int(data))
            ledger.count("n_request_data", int(data))
            ledger.took("request", hour - file.newest)
            word = self._word(Purpose.REQUEST_DELAY, file)
            file.due = hour + request_hours(word, hour, file.venue.rules, numbers)

    def _read_answer(self, file: File) -> None:
        """A request has reached the host, who answers at once or never."""
        ledger = file.venue.ledger
        comes = answered(self._word(Purpose.ANSWERED, file), file.venue.rules, self.lane.numbers.police)
        data = file.newest >= file.venue.log_since
        ledger.note("answer", 0, None, file.person, detail=(2 if data else 1) if comes else 0)
        ledger.count("n_answer_data", int(comes and data))
        if not comes:
            self._close(file, NO_ANSWER)
        elif not data:
            self._close(file, NO_DATA)
        else:
            self._look_up(file)

    def _follow_up(self, file: File) -> None:
        """Use what needs nobody to be asked: evidence that is not the site's, or else logs given along or seized."""
        if file.other_evidence:
            self._identify(file, BY_OTHER_EVIDENCE)
        else:
            self._look_up(file)

    def _look_up(self, file: File) -> None:
        """See to whom the logs of the site lead."""
        assert file.person is not None
        rules, predator = file.venue.rules, file.person.kind == "predator"
        by = identified_by(self.lane.world.draws, 0, file.person.number, predator, rules)
        if by:
            self._identify(file, by)
        else:
            self._close(file, NO_IDENTITY)

    def _identify(self, file: File, by: int) -> None:
        lane, ledger, hour = self.lane, file.venue.ledger, self.lane.hour
        assert file.person is not None
        ledger.note("identify", 0, None, file.person, detail=by)
        ledger.count("n_identify_payment", int(by == BY_PAYMENT))
        ledger.count("n_identify_other", int(by == BY_OTHER_EVIDENCE))
        ledger.count("n_identify_hours", hour - file.act)
        ledger.took("identify", hour - file.act)
        if file.person.kind == "predator":
            file.identified = True
            file.due = hour + arrest_hours(self._word(Purpose.ARREST_DELAY, file), lane.numbers)
        else:
            self._close(file, CLEARED)

    def _arrest(self, file: File) -> None:
        lane, ledger, hour = self.lane, file.venue.ledger, self.lane.hour
        assert file.person is not None
        ledger.note("arrest", 0, None, file.person, detail=file.source)
        ledger.count("n_arrest_referral", int(file.source == REFERRAL))
        ledger.count("n_arrest_decoy", int(file.source == DECOY))
        ledger.count("n_arrest_seized", int(file.source == SEIZED))
        ledger.count("n_arrest_hours", hour - file.act)
        ledger.took("arrest", hour - file.act)
        at_large = lane.world.membership.hours_since_joining(hour, 0, file.person.number)
        ledger.count("n_at_large_hours", at_large)
        ledger.took("at_large", at_large)
        self.arrested.add(file.person)
        self.files.remove(file)
        file.person.be_arrested()
        risk = lane.numbers.felt_risk
        file.venue.add_risk(risk.per_decoy_arrest if file.source == DECOY else risk.per_arrest)

    def _close(self, file: File, reason: int) -> None:
        ledger = file.venue.ledger
        ledger.note("close", 0, None, file.person, detail=reason)
        reasons = {NO_DATA: "no_data", NO_IDENTITY: "no_identity", NO_ANSWER: "no_answer", TOO_OLD: "too_old"}
        ledger.count(f"n_close_{reasons.get(reason, 'cleared')}")
        self.files.remove(file)

    def _take_in(self, lead: Lead) -> None:
        """Open a file, or add to the one there is."""
        hour, ledger = self.lane.hour, lead.venue.ledger
        if lead.person in self.arrested:
            return
        in_hand = (lead.source == REFERRAL or lead.venue.seized) and lead.newest >= lead.venue.log_since
        file = next((file for file in self.files if lead.person and file.person is lead.person), None)
        if file:
            file.urgency = max(file.urgency, lead.urgency)
            file.newest = max(file.newest, lead.newest)
            file.other_evidence |= lead.other_evidence
            file.in_hand |= in_hand
            if file.due > hour and not file.identified and (file.other_evidence or file.in_hand):
                file.due = -1  # nobody needs to be asked any more
                self._follow_up(file)
            return
        order = lead.number
        if lead.person:
            order = self.lane.world.draws.word(Purpose.FILE_ORDER, 0, lead.person.number, hour)
            ledger.note("case", 0, None, lead.person, detail=lead.source)
            ledger.count("n_case_user", int(lead.person.kind == "user"))
            ledger.count("n_case_referral", int(lead.source == REFERRAL))
            ledger.count("n_case_decoy", int(lead.source == DECOY))
            ledger.count("n_case_seized", int(lead.source == SEIZED))
        file = File(
            lead.venue, lead.person, lead.source, hour, order, lead.urgency, lead.act, lead.newest, lead.other_evidence,
            in_hand,
        )  # fmt: skip
        self.files.append(file)

    def _waiting(self) -> list[File]:
        return [file for file in self.files if not file.taken_up]

    def _word(self, purpose: Purpose, file: File) -> int:
        assert file.person is not None
        return self.lane.world.draws.word(purpose, 0, file.person.number, file.opened)


def _number(file: File) -> int:
    assert file.person is not None
    return file.person.number
