"""The same model as plain Mesa agents: one lane, written to be read and to check the array engine.

A `User`, a `Predator` and a `Moderator` each have a `step()`; the `Chat` holds what belongs to nobody: the rules, the
dossiers and the clock. The agents share with the array engine the world, the draws, the rules and the decisions, and
nothing else: no state, no order, no queue, no bookkeeping.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import mesa
import numpy as np
import pandas as pd

from sim import decisions
from sim.decisions import CONTACT, FADE, GO_ON, LEAVE, NEVER, OFF, PRIVATE, RECOGNISE, SECONDS
from sim.draws import Purpose, below, exponential, pick, unit
from sim.parameters import CLASSES
from sim.records import BREAKDOWN_COLUMNS, DAILY_COLUMNS, EVENT_COLUMNS, KINDS, Records
from sim.scenario import BASELINE, Scenario
from sim.world import ALREADY_LISTED, ATTEMPTS, NOBODY, N_STRATA, N_USER_STRATA, TOLERANCES, Day, Presences, World

MAX_PERSONS = 20_000
"""Members above which this engine refuses to run."""
_STEP = {kind.name: kind.step for kind in KINDS}


@dataclass(frozen=True)
class Visit:
    """One visit of a person: when it began, and from which hour until which it counts as presence."""

    begin: int
    start: int
    end: int


class Person(mesa.Agent):  # type: ignore[misc]
    """Somebody who may be on the site: visits, a tolerance of friction, and perhaps a bar."""

    kind = ""

    def __init__(self, model: Chat, number: int) -> None:
        super().__init__(model)
        self.number = number
        self.tolerance = below(model.world.draws.word(Purpose.TOLERANCE, 0, number), TOLERANCES)
        self.visits: list[Visit] = []
        self.visits_turned_away: list[Visit] = []
        self.barred_until = 0
        self.returns_as_new = False
        self.came_today = self.turned_away_today = False
        self.came_in_month = self.turned_away_in_month = False

    def friction(self, begin: int) -> int:
        """Return the friction of the door that a visit met which began in an hour of today or yesterday."""
        raise NotImplementedError

    def barred(self, hour: int) -> bool:
        """Tell whether a bar keeps the person out."""
        return self.barred_until > hour

    def visit(self, hour: int) -> Visit | None:
        """Return the visit that covers an hour, bars apart."""
        return next((v for v in self.visits if v.start <= hour < v.end), None)

    def online(self, hour: int) -> bool:
        """Tell whether the person is on the site."""
        return self.visit(hour) is not None and not self.barred(hour)

    def arrive(self, visit: Visit) -> None:
        """Come to the door, which lets in or turns away; a bar comes on top."""
        if decisions.lets_in(self.tolerance, self.friction(visit.begin)):
            self.visits.append(visit)
            self.came_in_month = True
            if not self.barred(visit.begin):
                self.came_today = True
                self.model.ledger.count("n_visits", int(self.kind == "user"))
        else:
            self.visits_turned_away.append(visit)
            self.turned_away_today = self.turned_away_in_month = True
            self.model.ledger.count("n_visits_turned_away", int(self.kind == "user"))

    def be_there(self) -> None:
        """Spend an hour on the site, or be kept out of it."""
        hour, ledger = self.model.hour, self.model.ledger
        if self.visit(hour):
            ledger.count(f"n_{self.kind}_hours_barred" if self.barred(hour) else f"n_{self.kind}_hours")
        if any(v.start <= hour < v.end for v in self.visits_turned_away):
            ledger.count(f"n_{self.kind}_hours_turned_away")

    def visit_begun(self, begin: int, end: int) -> Visit:
        """Return the visit, still running, that began in an hour of yesterday."""
        return next(v for v in self.visits + self.visits_turned_away if (v.begin, v.end) == (begin, end))

    def forget(self, hour: int) -> None:
        """Begin a new day: drop visits that are over."""
        self.visits = [v for v in self.visits if v.end >= hour]
        self.visits_turned_away = [v for v in self.visits_turned_away if v.end >= hour]
        self.came_today = self.turned_away_today = False

    def bar(self, hour: int, until: int, as_new: bool) -> None:
        """Keep the person out from the next hour on, unless a longer bar is in force."""
        if until > max(self.barred_until, hour + 1):
            self.barred_until, self.returns_as_new = until, as_new

    def come_back(self) -> None:
        """With the next hour a bar is over and there is a new identity."""
        if self.returns_as_new and self.barred_until == self.model.hour + 1:
            self.model.ledger.note("return", 0, self, None)


class User(Person):
    """A lawful user: visits, may be approached, recognise, report, complain, or be reported for nothing."""

    kind = "user"

    def friction(self, begin: int) -> int:
        """Return the friction of the door that a visit met."""
        return self.model.door(begin)[0]

    def step(self) -> None:
        """Be on the site for an hour, or be kept out."""
        self.be_there()

    def be_accused(self, visit: Visit, second: int, gravity: int, effort: float) -> None:
        """Be reported after a lawful conversation, if the reporter takes the trouble."""
        model = self.model
        here = visit in self.visits and not self.barred(model.hour)
        if here and decisions.reports_falsely(effort, model.rules.reporting_friction):
            model.ledger.note("false_report", second, None, self, detail=gravity)
            model.desk.reports.append(Report(self, visit.begin, visit.end, gravity, second, NOBODY))

    def recognise(self, contact: Contact, second: int) -> None:
        """See the contact for what it is: end it, and perhaps report it or complain."""
        model, draws, ledger = self.model, self.model.world.draws, self.model.ledger
        ledger.note("recognise", second, self, contact.predator, contact, contact.stage)
        self.consider_complaint(contact, second, after_harm=False)
        if contact.stage == OFF:
            return
        p_ready = model.numbers.p_report[contact.offence, contact.victim_class, contact.stage]
        friction = model.rules.reporting_friction
        if decisions.chance(
            draws.word(Purpose.REPORT_CONSTANT, 0, contact.number),
            draws.word(Purpose.REPORT_TRAIT, 0, self.number),
            draws.word(Purpose.REPORT_FRESH, 0, contact.number),
            p_ready * (1 - friction),
            model.numbers.p_constant,
        ):
            ledger.note("report", second, self, contact.predator, contact, contact.stage)
            model.desk.reports.append(
                Report(
                    contact.predator, contact.session, contact.predator_end, contact.stage, second, contact.number
                )
            )

    def consider_complaint(self, contact: Contact, second: int, *, after_harm: bool) -> None:
        """Complain to the police at once, late or never."""
        numbers, draws = self.model.numbers, self.model.world.draws
        p = numbers.p_complain[contact.offence, int(after_harm)]
        if unit(draws.word(Purpose.COMPLAIN, 0, contact.number)) >= p:
            return
        at_once = unit(draws.word(Purpose.COMPLAIN_AT_ONCE, 0, contact.number)) < numbers.p_at_once
        delay = 0 if at_once else pick(draws.word(Purpose.COMPLAIN_DELAY, 0, contact.number), numbers.delay_hours)
        complaint = (self, contact, int(after_harm))
        if delay == 0:
            self.model.ledger.note("complain", second, self, contact.predator, contact, int(after_harm))
        else:
            self.model.complaints.setdefault(self.model.hour + delay, []).append(complaint)


class Contact:
    """One predator and one target, from an approach to its end."""

    def __init__(
        self, predator: Predator, target: User, number: int, victim_class: int, visits: tuple[Visit, Visit]
    ) -> None:
        self.predator = predator
        self.target = target
        self.number = number
        self.offence = predator.offence
        self.victim_class = victim_class
        self.redirected = 0
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

    def begin_stage(self, model: Chat, stage: int, second: int) -> None:
        """Draw the four alarms of a stage; the earliest will ring."""
        self.stage = stage
        draws, hazard = model.world.draws, model.numbers.hazard
        seconds = [
            int(decisions.alarm_seconds(exponential(draws.word(purpose, 0, self.number, stage)), int(rate)))
            for purpose, rate in zip(decisions.ALARMS, hazard[self.offence, stage], strict=True)
        ]
        self.ring = second + min(seconds)
        self.alarm = seconds.index(min(seconds))

    def step(self, model: Chat) -> None:
        """Let everything happen that falls into this hour."""
        hour, first = model.hour, model.hour * SECONDS
        if self.dormant:
            self._meet_or_lapse(model)
        elif self.stage != OFF and self._session_over(hour):
            self._part(model)
        while not (self.over or self.dormant) and self.ring <= first + SECONDS:
            self._ring(model, self.ring - first)

    def _session_over(self, hour: int) -> bool:
        barred = self.predator.barred(hour) or self.target.barred(hour)
        return barred or min(self.predator_end, self.target_end) <= hour

    def _part(self, model: Chat) -> None:
        hour, draws = model.hour, model.world.draws
        if not self.in_meeting and self.predator.online(hour) and self.target.online(hour):
            # Another visit carries the presence on.
            if self.predator_end == hour:
                visit = self.predator.visit(hour)
                assert visit is not None
                self.predator_end, self.session = visit.end, visit.begin
            if self.target_end == hour:
                visit = self.target.visit(hour)
                assert visit is not None
                self.target_end = visit.end
            return
        if unit(draws.word(Purpose.FOUND_AGAIN, 0, self.number, hour)) >= model.rules.registration_findability:
            model.ledger.note("lose", 0, self.predator, self.target, self, self.stage)
            self.over = True
            return
        model.ledger.note("find", 0, self.predator, self.target, self, self.stage)
        self.dormant = True
        self.ring -= hour * SECONDS
        rate = model.numbers.meeting_rate[
            self.target.number % N_STRATA, self.predator.number % N_STRATA - N_USER_STRATA
        ]
        meet = exponential(draws.word(Purpose.MEETING, 0, self.number, hour))
        lapse = exponential(draws.word(Purpose.LAPSE, 0, self.number, hour))
        self.meet = int(decisions.meeting_hour(meet, int(rate), hour, model.numbers.week_meeting))
        self.lapse = int(decisions.lapse_hour(lapse, hour, model.numbers))

    def _meet_or_lapse(self, model: Chat) -> None:
        hour = model.hour
        if hour < min(self.meet, self.lapse):
            return
        if self.lapse < self.meet:
            model.ledger.note("lapse", 0, self.predator, self.target, self, self.stage)
            self.over = True
            return
        able = all(
            decisions.lets_in(person.tolerance, person.friction(hour))
            and not person.barred(hour)
            and model.world.membership.present(hour // 24, person.number)
            for person in (self.predator, self.target)
        )
        model.ledger.note("meet" if able else "miss", 0, self.predator, self.target, self, self.stage)
        if not able:
            self.over = True
            return
        word = model.world.draws.word(Purpose.MEETING_LENGTH, 0, self.number, hour)
        self.predator_end = self.target_end = hour + pick(word, model.world.session_users)
        self.dormant, self.in_meeting, self.session = False, True, hour
        self.ring += hour * SECONDS

    def _ring(self, model: Chat, second: int) -> None:
        if self.alarm == RECOGNISE:
            self.target.recognise(self, second)
            self.over = True
        elif self.alarm == FADE:
            model.ledger.note("fade", second, self.predator, self.target, self, self.stage)
            self.over = True
        elif self.alarm == LEAVE:
            model.ledger.note("leave", second, self.predator, self.target, self)
            self.begin_stage(model, OFF, (model.hour + 1) * SECONDS)
        elif self.stage < PRIVATE:
            model.ledger.note(("engage", "private")[self.stage], second, self.predator, self.target, self)
            self.begin_stage(model, self.stage + 1, self.ring)
        else:
            assert self.alarm == GO_ON
            where = (2 if self.stage == OFF else 1) + 2 * self.redirected
            model.ledger.note("harm", second, self.predator, self.target, self, where)
            model.ledger.harm(self, off_platform=self.stage == OFF)
            self.target.consider_complaint(self, second, after_harm=True)
            self.over = True


class Predator(Person):
    """A predator: visits, approaches strangers, and runs contacts."""

    kind = "predator"

    def __init__(self, model: Chat, number: int) -> None:
        super().__init__(model, number)
        self.contacts: list[Contact] = []
        self.intents: dict[int, list[int]] = {}
        self.offence = int(model.world.offence(np.array([number]), np.array([0]))[0])

    def friction(self, begin: int) -> int:
        """Return the friction of the door that a visit met."""
        return self.model.door(begin)[1]

    def step(self) -> None:
        """Approach whom the hour's intents say, then run the contacts."""
        self.be_there()
        self._approach()
        for contact in self.contacts:
            contact.step(self.model)
        self.contacts = [c for c in self.contacts if not c.over]

    def _approach(self) -> None:
        model, intents, hour = self.model, self.model.day.intents, self.model.hour
        n_free = model.scenario.predators.contacts_at_once - sum(c.live for c in self.contacts)
        known = {c.target for c in self.contacts}
        approached: set[User] = set()
        for i in self.intents.pop(hour, ()):
            visit = self.visit(hour)
            if visit is None or self.barred(hour) or intents.rank[i] >= n_free:
                continue
            target, redirected = self._look_for(i, known)
            if target is None or target in approached:
                continue
            approached.add(target)
            met = target.visit(hour)
            assert met is not None
            contact = Contact(self, target, int(intents.contact[i]), int(intents.victim_class[i]), (visit, met))
            contact.redirected = redirected
            second = int(intents.second[i])
            model.ledger.note("approach", second, self, target, contact, redirected)
            contact.begin_stage(model, CONTACT, hour * SECONDS + second)
            self.contacts.append(contact)

    def _look_for(self, i: int, known: set[User]) -> tuple[User | None, int]:
        """Go through the persons drawn for an intent; return whom to approach, and whether in place of an absent one."""
        model = self.model
        contact, redirected = int(model.day.intents.contact[i]), 0
        for attempt, row in enumerate(self._comes_upon(i)):
            if row == ALREADY_LISTED:
                continue
            person, visit = model.visit_by_row[row]
            friction = person.friction(visit.begin)
            passed_over = (
                person.barred(model.hour)
                or person in known
                or not decisions.lets_in(person.tolerance, min(model.baseline_door, friction))
            )
            if passed_over:
                continue
            if decisions.lets_in(person.tolerance, friction):
                return person, redirected
            if not decisions.looks_further(model.world.draws.word(Purpose.RETRY, 0, contact, attempt), model.numbers):
                return None, redirected
            redirected = 1
        return None, redirected

    def _comes_upon(self, i: int) -> Iterator[int]:
        """Yield the rows of the persons drawn at random, then the rest of the class in the contact's own order."""
        world, day = self.model.world, self.model.day
        for attempt in range(ATTEMPTS):
            row = int(world.candidates(day, np.array([i]), attempt)[0])
            if row == NOBODY:
                return
            yield row
        yield from world.walk(day, i).tolist()


class Moderator(mesa.Agent):  # type: ignore[misc]
    """A moderator on shift: reads dossiers, the one whose turn it is first."""

    def __init__(self, model: Chat, share: int, of: int) -> None:
        super().__init__(model)
        self.share, self.of = share, of

    def step(self) -> None:
        """Review a fair share of what the staff can do this hour."""
        desk = self.model.desk
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


@dataclass(frozen=True)
class Report:
    """One report to the site."""

    person: Person
    session: int
    session_end: int
    gravity: int
    second: int
    contact: int


class Chat(mesa.Model):  # type: ignore[misc]
    """The site in one lane, with everybody on it as an agent.

    Args:
        scenario: What to simulate.
        seed: Seed.
        policy: Name of an arm, or ``baseline``.
        shuffle: Seed of the order in which agents of a kind act; it changes no byte of the result.

    Raises:
        ValueError: If the scenario has more than `MAX_PERSONS` members.
    """

    def __init__(self, scenario: Scenario, seed: int = 0, policy: str = BASELINE, *, shuffle: int = 0) -> None:
        super().__init__(rng=shuffle)
        self.scenario, self.seed_number, self.policy = scenario, seed, policy
        self.world = World(scenario, [seed])
        check_size(self.world)
        self.numbers = decisions.numbers(self.world)
        self.baseline_door = decisions.door(scenario.platform.rules)[0]
        self.rules = self.rules_yesterday = scenario.platform.rules
        self.hour = 0
        self.persons: dict[int, Person] = {}
        self.desk = Desk(self)
        self.ledger = Ledger(self)
        self.complaints: dict[int, list[tuple[User, Contact, int]]] = {}
        self._changes = dict(scenario.changes_of(policy))
        self._days = self.world.days()

    def step(self) -> None:
        """Simulate one hour; the steps are numbered as in `sim.model.ChatModel.step`."""
        if self.hour % 24 == 0:
            self._begin_day()
        # 1. World: visits begin, doors let in or turn away, users are there or not.
        for person, visit in self._arrivals.get(self.hour, ()):
            person.arrive(visit)
        self.agents_by_type[User].shuffle_do("step")
        # 2 and 3. Predators approach and run their contacts; targets respond; lawful users are reported.
        if Predator in self.agents_by_type:
            self.agents_by_type[Predator].shuffle_do("step")
        for user, contact, after_harm in self.complaints.pop(self.hour, ()):
            self.ledger.note("complain", 0, user, contact.predator, contact, after_harm)
        for user, visit, second, gravity, effort in self._false_reports.get(self.hour, ()):
            user.be_accused(visit, second, gravity, effort)
        # 4. Moderators read dossiers.
        self.desk.open_hour()
        for moderator in self.desk.on_shift():
            moderator.step()
        self.desk.close_hour()
        # 5. Barred persons come back.
        for person in self.persons.values():
            person.come_back()
        self.hour += 1
        # 9. Observe.
        if self.hour % 24 == 0:
            self.ledger.end_day()

    def run(self, progress: Callable[[int], None] | None = None) -> Records:
        """Simulate to the end of the window and return what was recorded, events included."""
        while self.hour < self.scenario.hours:
            self.step()
            if progress is not None and self.hour % 24 == 0:
                progress(24)
        return self.ledger.records()

    @property
    def day_of_window(self) -> int:
        """Day of the measured window; negative during the warm-up."""
        return self.hour // 24 - self.scenario.warmup_days

    def door(self, begin: int) -> tuple[int, int]:
        """Return the friction that visits met that began in an hour of today or yesterday: users, predators."""
        return decisions.door(self.rules if begin >= self.day.first_hour else self.rules_yesterday)

    def _begin_day(self) -> None:
        self.day: Day = next(self._days)
        self.rules_yesterday = self.rules
        if self.day_of_window >= 0:
            self.rules = self._changes.get(self.day_of_window, self.rules)
        self._let_join()
        for person in self.persons.values():
            person.forget(self.hour)
        self.ledger.begin_day()
        day, self._arrivals = self.day, {}
        self.visit_by_row = self._read(day.people)
        self._false_reports: dict[int, list[tuple[User, Visit, int, int, float]]] = {}
        false = day.false_reports
        columns = (false.row, false.hour, false.second, false.gravity, false.effort)
        for row, hour, second, gravity, effort in zip(*(c.tolist() for c in columns), strict=True):
            self._false_reports.setdefault(hour, []).append((*self.visit_by_row[row], second, gravity, effort))
        for i, (row, hour) in enumerate(zip(day.intents.row.tolist(), day.intents.hour.tolist(), strict=True)):
            self.visit_by_row[row][0].intents.setdefault(hour, []).append(i)

    def _let_join(self) -> None:
        """New members join. Who leaves for good makes no more visits, but contacts off the platform go on."""
        membership, number = self.world.membership, self.day.number
        for stratum in range(N_STRATA):
            first = membership.high[number - 1, stratum] if number else membership.low[0, stratum]
            for serial in range(int(first), int(membership.high[number, stratum])):
                kind = User if stratum < N_USER_STRATA else Predator
                person = kind(self, serial * N_STRATA + stratum)
                self.persons[person.number] = person

    def _read(self, rows: Presences) -> list[tuple[Any, Visit]]:
        """Note who will arrive today and when; return the person and visit behind each row."""
        found = []
        columns = (rows.person, rows.begin, rows.start, rows.end)
        for row, (number, begin, start, end) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            person = self.persons[number]
            if row < rows.n_carried:
                visit = person.visit_begun(begin, end)
            else:
                visit = Visit(begin, start, end)
                self._arrivals.setdefault(begin, []).append((person, visit))
            found.append((person, visit))
        return found


class Desk:
    """The dossiers of the site, and what its staff can do in an hour."""

    def __init__(self, model: Chat) -> None:
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
        self.kept_since = int(decisions.kept_since(self.kept_since, hour, rules.retention_message_hours))
        for dossier in list(self.dossiers.values()):
            _, since = self._entry(dossier)
            if since + rules.moderation_dossier_expiry_hours <= hour:
                self._close(dossier)
                model.ledger.note("expire", 0, None, dossier.person, detail=int(dossier.of_predator))
        heads = decisions.moderators(rules, hour % 24, model.scenario.scale)
        if heads:
            self.credit_milli += decisions.capacity_milli(rules, hour % 24, model.scenario.scale)
            model.ledger.count("n_capacity", self.credit_milli // 1000)
            model.ledger.count("n_moderator_milli_hours", round(heads * 1000))
            self.reviews_this_hour = min(self.credit_milli // 1000, len(self.dossiers))
        self._staff(math.ceil(heads))

    def on_shift(self) -> list[Moderator]:
        """Return the moderators at work this hour."""
        return self.moderators

    def close_hour(self) -> None:
        """Idle time is not saved up, fractions of a review are."""
        model = self.model
        self.credit_milli -= 1000 * self.reviews_this_hour
        self.reviews_this_hour = 0
        if not self.dossiers and self.moderators:
            self.credit_milli %= 1000
        model.ledger.count("n_waiting_hours", len(self.dossiers))
        if model.hour % 24 == 23:
            model.ledger.count("n_waiting", len(self.dossiers))

    def review_next(self) -> None:
        """Review the dossier whose turn it is, and bar the account if an offence is found."""
        model, rules, hour = self.model, self.model.rules, self.model.hour
        dossier = min(self.dossiers.values(), key=self._turn)
        self._close(dossier)
        person, predator = dossier.person, dossier.of_predator
        evidence = dossier.newest >= self.kept_since
        finding = model.world.draws.word(Purpose.FINDING, 0, person.number, dossier.number)
        barred = decisions.finds(finding, predator, evidence, rules)
        ledger = model.ledger
        ledger.note("review", 0, None, person, detail=1 * evidence + 2 * predator + 4 * barred)
        ledger.count("n_review_evidence", int(evidence))
        ledger.count("n_review_predator", int(predator))
        ledger.count("n_wait_hours", hour - dossier.opened)
        if barred:
            until, as_new = decisions.barred_until(
                model.world.draws, 0, person.number, dossier.number, hour, dossier.session, dossier.session_end, rules,
                model.numbers.p_constant,
            )  # fmt: skip
            ledger.note("bar", 0, None, person, detail=decisions.hours_out(hour, until))
            ledger.count("n_bar_user", int(not predator))
            person.bar(hour, until, as_new)

    def _file(self, report: Report) -> None:
        hour = self.model.hour
        session = -1 if self.model.rules.registration_accounts_persist else report.session
        dossier = self.dossiers.get((report.person, session))
        if dossier is None:
            number = int(decisions.dossier_key(hour, session))
            dossier = Dossier(
                report.person, session, report.session_end, hour, number, report.gravity, hour, hour,
                isinstance(report.person, Predator),
            )  # fmt: skip
            self.dossiers[report.person, session] = dossier
            self.model.ledger.note(
                "open", report.second, None, report.person, detail=int(dossier.of_predator)
            )
            return
        dossier.newest = hour
        if report.gravity > dossier.gravity:
            dossier.gravity, dossier.graver_since = report.gravity, hour

    def _close(self, dossier: Dossier) -> None:
        del self.dossiers[dossier.person, dossier.session]

    def _entry(self, dossier: Dossier) -> tuple[int, int]:
        triage = self.model.rules.moderation_triage
        return decisions.queue_entry(dossier.gravity, dossier.graver_since, dossier.opened, triage)

    def _turn(self, dossier: Dossier) -> tuple[int, ...]:
        level, since = self._entry(dossier)
        person = dossier.person.number
        order = self.model.world.draws.word(Purpose.DOSSIER_ORDER, 0, person, dossier.number)
        return (-level, since, order, person)

    def _staff(self, heads: int) -> None:
        """Let as many moderators be on shift as there are heads, begun ones included."""
        if len(self.moderators) != heads:
            for moderator in self.moderators:
                moderator.remove()
            self.moderators = [Moderator(self.model, share, heads) for share in range(heads)]


class Ledger:
    """Writes down what happens, one event at a time."""

    def __init__(self, model: Chat) -> None:
        self.model = model
        self.events: list[tuple[object, ...]] = []
        self.daily: list[dict[str, int]] = []
        self.breakdown: Counter[tuple[int, str, str, str]] = Counter()
        self._harmed: set[tuple[object, ...]] = set()
        months = [d for d in range(model.scenario.days + 1) if self._date(d).day == 1]
        self._months = months if len(months) > 1 else [0, model.scenario.days]

    def _date(self, day: int) -> dt.date:
        return self.model.scenario.start + dt.timedelta(days=day)

    @property
    def year(self) -> int:
        """Year of the window; negative during the warm-up."""
        return self.model.day_of_window // 365

    def note(
        self,
        event: str,
        second: int,
        actor: Person | None,
        target: Person | None,
        contact: Contact | None = None,
        detail: int = 0,
    ) -> None:
        """Write down an event and count it."""
        model = self.model
        scenario = model.scenario
        offence = scenario.offences[contact.offence].name if contact else ""
        actor_kind = actor.kind if actor else "user" if event == "false_report" else "site"
        self.events.append((
            model.policy, model.seed_number, model.hour, _STEP[event], second, event, actor_kind,
            actor.number if actor else NOBODY, target.kind if target else "", target.number if target else NOBODY,
            contact.number if contact else NOBODY, scenario.site, offence, detail,
        ))  # fmt: skip
        self.count(f"n_{event}")
        if contact and self.year >= 0:
            self.breakdown[self.year, offence, CLASSES[contact.victim_class], event] += 1

    def count(self, column: str, by: int = 1) -> None:
        """Add to a count of the day."""
        self.daily[-1][column] += by

    def harm(self, contact: Contact, off_platform: bool) -> None:
        """Count a harm and, once a year of the window, the person harmed."""
        if self.year < 0:
            return
        offence = self.model.scenario.offences[contact.offence]
        self.count("n_harm_serious", int(offence.serious))
        self.count("n_harm_off_platform", int(off_platform))
        self.count("n_harm_redirected", contact.redirected)
        victim_class = CLASSES[contact.victim_class]
        for name in (offence.name, "all") if offence.serious else (offence.name,):
            if (self.year, name, contact.target) not in self._harmed:
                self._harmed.add((self.year, name, contact.target))
                self.breakdown[self.year, name, victim_class, "persons_harmed"] += 1
                self.breakdown[self.year, name, "all", "persons_harmed"] += 1
                self.count("n_persons_harmed", int(name == "all"))

    def begin_day(self) -> None:
        """Open a page for the day; at the start of a month, forget who came in the last."""
        self.daily.append(dict.fromkeys(DAILY_COLUMNS[4:], 0))
        if self.model.day_of_window in self._months:
            for person in self.model.persons.values():
                person.came_in_month = person.turned_away_in_month = False

    def end_day(self) -> None:
        """Close the day's page."""
        model, page = self.model, self.daily[-1]
        persons = list(model.persons.values())
        users = [p for p in persons if isinstance(p, User)]
        page["n_user_days"] = sum(u.came_today for u in users)
        page["n_user_days_turned_away"] = sum(u.turned_away_today for u in users)
        page["n_history_hours"] = page["n_user_hours"] * model.rules.retention_message_hours
        day = model.day.number - model.scenario.warmup_days
        if day + 1 in self._months[1:]:
            came = sum(p.came_in_month for p in persons)
            page["n_monthly_visitors"] = came
            page["n_monthly_turned_away"] = sum(p.turned_away_in_month and not p.came_in_month for p in persons)

    def records(self) -> Records:
        """Return all tables in canonical order."""
        model = self.model
        measured = self.daily[model.scenario.warmup_days :]
        head = {"policy": model.policy, "seed": model.seed_number, "site": model.scenario.site}
        daily = pd.DataFrame([{**head, "day": day, **page} for day, page in enumerate(measured)])
        broken = [
            (model.policy, model.seed_number, year, model.scenario.site, *rest, count)
            for (year, *rest), count in self.breakdown.items()
        ]
        breakdown = pd.DataFrame(broken, columns=list(BREAKDOWN_COLUMNS))
        events = pd.DataFrame(self.events, columns=list(EVENT_COLUMNS))
        return Records(
            daily[list(DAILY_COLUMNS)],
            breakdown.sort_values(list(BREAKDOWN_COLUMNS[:-1]), ignore_index=True),
            events.sort_values(list(EVENT_COLUMNS), ignore_index=True),
        )


def check_size(world: World) -> None:
    """Refuse a world with more members than agents can be made of.

    Raises:
        ValueError: If there are more than `MAX_PERSONS`.
    """
    n_members = int((world.membership.high - world.membership.low).sum(axis=1).max())
    if n_members > MAX_PERSONS:
        raise ValueError(
            f"the agents engine takes {MAX_PERSONS:,} members at most; this scenario has {n_members:,}; "
            "use the array engine or a smaller scale"
        )


def simulate(
    scenario: Scenario,
    seeds: Sequence[int],
    policies: Sequence[str],
    *,
    events: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Records:
    """Run seeds x policies one after the other and return their records, as `sim.model.simulate` does.

    Raises:
        ValueError: If the scenario has more than `MAX_PERSONS` members.
    """
    runs = [Chat(scenario, seed, policy).run(progress) for policy in policies for seed in seeds]
    daily = pd.concat([r.daily for r in runs], ignore_index=True)
    breakdown = pd.concat([r.breakdown for r in runs], ignore_index=True)
    return Records(
        daily.sort_values(list(DAILY_COLUMNS[:4]), ignore_index=True),
        breakdown.sort_values(list(BREAKDOWN_COLUMNS[:-1]), ignore_index=True),
        pd.concat([r.events for r in runs]).sort_values(list(EVENT_COLUMNS), ignore_index=True) if events else None,
    )
