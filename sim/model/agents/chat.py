"""The sites in one lane: the clock, the rules and everybody on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pandas as pd

from sim.model.agents.contacts import Contact
from sim.model.agents.desk import StaffedVenue
from sim.model.agents.entrances import Entrances
from sim.model.agents.flows import Trace, flows
from sim.model.agents.investigators import Police
from sim.model.agents.ledger import Ledger, Victims, records_of
from sim.model.agents.people import Predator, User
from sim.model.agents.person import Complaint, PeopledLane, Person, Visit
from sim.model.decisions.numbers import numbers_of
from sim.model.hourly import COUNTS, one_seed
from sim.model.records import (
    BREAKDOWN_COLUMNS,
    DAILY_COLUMNS,
    DAYS_PER_WINDOW_YEAR,
    DURATION_COLUMNS,
    EVENT_COLUMNS,
    FLOW_COLUMNS,
    Records,
)
from sim.model.world.day import Day, FalseReports, Presences
from sim.model.world.keys import N_RATES, N_STRATA, N_USER_STRATA, person_of, stratum_of
from sim.model.world.world import World
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Sentence
from sim.scenario.arguments import seed_of
from sim.scenario.scenario import BASELINE, Scenario

MAX_PERSONS = 20_000
"""Members above which this engine refuses to run."""


class Chat(PeopledLane):
    """The sites in one lane, with everybody on them as an agent.

    Args:
        scenario: What to simulate.
        seed: Seed. Without `seed` and `rng` one is drawn anew, as in Mesa.
        policy: Name of an arm, or ``baseline``.
        rng: The seed under its other name in Mesa, or a generator of NumPy from which one is drawn.
        shuffle: Seed of the order in which agents of a kind act; it changes no byte of the result.
        collect: Whether to have a `datacollector`, which takes some time in every hour.
        beside: What the baseline of the same seed left behind, to hold persons harmed here against; the baseline is
            held against itself.

    Attributes:
        hour: Hours simulated so far.
        seed_number: The seed.
        policy: The policy.
        agents: Members, also former ones, moderators on shift, investigators: Mesa's `AgentSet`, from the start on.
        datacollector: After each hour the counts of the moment, the policy and the seed.

    Raises:
        ScenarioError: If the seed or policy is not allowed, or the scenario has more than `MAX_PERSONS` members.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int | None = None,
        policy: str = BASELINE,
        *,
        rng: object = None,
        shuffle: int = 0,
        collect: bool = True,
        beside: Trace | None = None,
    ) -> None:
        reporters = {"policy": "policy", "seed": "seed_number"} | {count: count for count in COUNTS}
        super().__init__(scenario, seed_of(shuffle), reporters if collect else {})
        self.seed_number, self.policy, self.beside = one_seed(seed, rng), scenario.arm(policy), beside
        self.world = World(scenario, [self.seed_number])
        check_size(self.world)
        self.numbers = numbers_of(self.world)
        self.persons: dict[int, Person] = {}
        self.victims = Victims()
        sites = range(self.world.n_sites)
        self.ledgers = [Ledger(self, site, self.victims, self.policy, self.seed_number) for site in sites]
        self.police = Police(self)
        self.venues = [StaffedVenue(self, site, self.police) for site in sites]
        rules = [venue.rules for venue in self.venues]
        self.baseline = self.today = self.yesterday = Entrances(self.world.movers, self.world.ages, rules, 0, ())
        self.complaints: dict[int, list[Complaint]] = {}
        self._changes = [dict(by_day) for by_day in scenario.changes_by_site(self.policy)]
        self._days = self.world.days()
        self._doors: list[Callable[[], Entrances]] = []
        self._begin_day()

    def step(self) -> None:
        """Simulate one hour; the steps are numbered as in `sim.model.arrays.model.ChatModel.step`."""
        self._begin_hour()
        if self.hour % 24 == 0 and self.hour:
            self._begin_day()
        # 1. World: visits begin, doors let in or turn away, users are there or not.
        for person, visit in self._arrivals.get(self.hour, ()):
            person.arrive(visit)
        self.agents_by_type[User].shuffle_do("step")
        # 2 and 3. Predators approach and run their contacts; targets respond; lawful users are reported.
        if Predator in self.agents_by_type:
            self.agents_by_type[Predator].shuffle_do("step")
        for user, contact, after_harm, lead in self.complaints.pop(self.hour, ()):
            lead.venue.ledger.note("complain", 0, user, lead.person, contact, after_harm)
            self.police.leads.append(lead)
        for user, visit, second, gravity, effort in self._false_reports.get(self.hour, ()):
            user.be_accused(visit, second, gravity, effort)
        for user, visit, second, gravity, effort in self._false_alarms.get(self.hour, ()):
            user.be_mistaken(visit, second, gravity, effort)
        self.victims.close_hour()
        # 4. Moderators read dossiers.
        for venue in self.venues:
            venue.desk.open_hour()
            for moderator in venue.desk.moderators:
                moderator.step()
            venue.desk.close_hour()
        # 5. Barred persons come back.
        for person in self.persons.values():
            person.come_back()
        # 6 and 7. The police do what is due, investigators take files up; felt risk fades.
        for venue in self.venues:
            venue.open_hour()
        self.police.open_hour()
        for investigator in self.police.investigators:
            investigator.step()
        self.police.close_hour()
        for venue in self.venues:
            venue.close_hour()
        self.hour += 1
        # 9. Observe.
        if self.hour % 24 == 0:
            for venue in self.venues:
                venue.ledger.end_day(self.persons.values(), venue.rules)
        self._end_hour()

    def _records(self) -> Records:
        beside = self.trace() if self.policy == BASELINE else self.beside
        return records_of(self.ledgers, flows(beside, self.trace()) if beside else Counter())

    def trace(self) -> Trace:
        """Return what is left of the lane, once the window is over, to hold another one of its seed against it."""
        going_on = {(contact.number, contact.target.number) for contact in self._contacts() if not contact.over}
        return Trace(self.victims.harmed, self.victims.outside, self._members(), self._doors, going_on)

    def _members(self) -> Counter[tuple[int, int, int]]:
        """Count the lawful users who had joined before the end of each year, by year, home and class."""
        found: Counter[tuple[int, int, int]] = Counter()
        for year, first in enumerate(range(0, self.scenario.days, DAYS_PER_WINDOW_YEAR)):
            end = self.scenario.warmup_days + min(first + DAYS_PER_WINDOW_YEAR, self.scenario.days)
            for person in self.persons.values():
                if person.kind == "user" and person.joined < 24 * end:
                    found[year, person.home, stratum_of(person.number) // N_RATES] += 1
        return found

    # `COUNTS` of the moment; `sim.model.arrays.model.ChatModel` has the same, by lane.

    @property
    def predators_online(self) -> int:
        """Predators on some site at the end of the hour just simulated: in a visit let in, and under no bar there."""
        return sum(person.kind == "predator" and person.online(self.hour - 1) for person in self.persons.values())

    @property
    def contacts_on_platform(self) -> int:
        """Contacts in which predator and target are on a site together."""
        return sum(contact.live for contact in self._contacts())

    @property
    def contacts_parted(self) -> int:
        """Contacts whose two were parted and can find each other again."""
        return sum(contact.dormant for contact in self._contacts())

    @property
    def contacts_off_platform(self) -> int:
        """Contacts that left the platform and have not ended."""
        return sum(contact.off_platform for contact in self._contacts())

    @property
    def dossiers_waiting(self) -> int:
        """Dossiers that wait for a review."""
        return sum(len(venue.desk.dossiers) for venue in self.venues)

    @property
    def reports_so_far(self) -> int:
        """Reports of predators by their targets since the measured window began."""
        return sum(ledger.so_far("n_report") for ledger in self.ledgers)

    @property
    def harms_so_far(self) -> int:
        """Harms, serious or not, since the measured window began."""
        return sum(ledger.so_far("n_harm") for ledger in self.ledgers)

    def _contacts(self) -> Iterator[Contact]:
        for person in self.persons.values():
            if isinstance(person, Predator):
                yield from person.contacts

    def entrances(self, begin: int) -> Entrances:
        """Return the entrances that hold for visits that began in an hour of today or yesterday.

        When a site closes or opens, visits under way are cut short or go on as if they began today.
        """
        return self.today if begin >= self.day.first_hour or self._opened_or_closed() else self.yesterday

    def _opened_or_closed(self) -> list[StaffedVenue]:
        gates = zip(self.venues, self.yesterday.gates, self.today.gates, strict=True)
        return [venue for venue, was, gate in gates if was.open != gate.open]

    def _begin_day(self) -> None:
        self.day: Day = next(self._days)
        if self.day_of_window >= 0:
            for venue, changes in zip(self.venues, self._changes, strict=True):
                venue.rules = changes.get(self.day_of_window, venue.rules)
        rules, gates = [venue.rules for venue in self.venues], self.today.gates
        made = partial(Entrances, self.world.movers, self.world.ages, rules, self.day.number, gates)
        if self.day_of_window >= 0:
            self._doors.append(made)
        self.yesterday, self.today = self.today, made()
        self.come_upon = self.today.come_upon(self.baseline)
        self._let_join()
        for person in self.persons.values():
            person.forget(self.hour)
        for ledger in self.ledgers:
            ledger.begin_day(self.persons.values())
        self.police.begin_day()
        self._shut()
        day = self.day
        self._arrivals: dict[int, list[tuple[Person, Visit]]] = {}
        self.visit_by_row = self._read(day.people)
        self._false_reports, self._false_alarms = self._talk(day.false_reports), self._talk(day.false_alarms)
        for i, (row, hour) in enumerate(zip(day.intents.row.tolist(), day.intents.hour.tolist(), strict=True)):
            self.visit_by_row[row][0].intents.setdefault(hour, []).append(i)

    def _talk(self, of_day: FalseReports) -> dict[int, list[tuple[User, Visit, int, int, float]]]:
        """Return by hour who may be accused of a lawful conversation, in which visit, second, gravity and effort."""
        found: dict[int, list[tuple[User, Visit, int, int, float]]] = {}
        columns = (of_day.row, of_day.hour, of_day.second, of_day.gravity, of_day.effort)
        for row, hour, second, gravity, effort in zip(*(c.tolist() for c in columns), strict=True):
            found.setdefault(hour, []).append((*self.visit_by_row[row], second, gravity, effort))
        return found

    def _shut(self) -> None:
        """Sites that close today end what goes on there, and the police may seize what they have."""
        predators = [person for person in self.persons.values() if isinstance(person, Predator)]
        for venue in self._opened_or_closed():
            operation = venue.rules.operation
            venue.seized = False
            if not operation.open:
                for predator in predators:
                    predator.be_shut_out(venue)
                if operation.seized and self.police.on:
                    self._seize(venue, predators)

    def _seize(self, venue: StaffedVenue, predators: Sequence[Predator]) -> None:
        """The police take what a site still has, and look whom they find in it."""
        venue.desk.delete_messages()
        venue.delete_logs()
        venue.seized = True
        for predator in predators:
            predator.be_found(venue)

    def _let_join(self) -> None:
        """New members join. Who leaves for good makes no more visits, but contacts off the platform go on."""
        number, (high,) = self.day.number, self.world.membership.high
        for column in range(high.shape[1]):
            home, stratum = divmod(column, N_STRATA)
            first = high[number - 1, column] if number else 0
            for serial in range(int(first), int(high[number, column])):
                kind = User if stratum < N_USER_STRATA else Predator
                person = kind(self, person_of(serial, stratum, home))
                self.persons[person.number] = person

    def _read(self, rows: Presences) -> list[tuple[Person, Visit]]:
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


def check_size(world: World) -> None:
    """Refuse a world with more members than agents can be made of.

    Raises:
        ScenarioError: If there are more than `MAX_PERSONS`.
    """
    n_members = int((world.membership.high - world.membership.low).sum(axis=2).max())
    if n_members > MAX_PERSONS:
        raise ScenarioError(
            Sentence(
                "the agents engine takes {most} members at most; this scenario has {n}; use the array engine or a "
                "smaller scale",
                most=MAX_PERSONS,
                n=n_members,
            )
        )


def simulate(
    scenario: Scenario,
    seeds: Sequence[int],
    policies: Sequence[str],
    *,
    events: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Records:
    """Run seeds x policies one after the other and return their records, as `sim.model.arrays.model.simulate` does.

    Raises:
        ScenarioError: If the scenario has more than `MAX_PERSONS` members.
    """
    # The baseline first, wherever it stands among the policies: the others are held against it.
    baseline: dict[int, Trace] = {}
    runs = []
    for policy in sorted(policies, key=lambda name: name != BASELINE):
        for seed in seeds:
            chat = Chat(scenario, seed, policy, collect=False, beside=baseline.get(seed))
            runs.append(chat.run(progress))
            if policy == BASELINE:
                baseline[seed] = chat.trace()
    daily = pd.concat([r.daily for r in runs], ignore_index=True)
    breakdown = pd.concat([r.breakdown for r in runs], ignore_index=True)
    happened = [r.events for r in runs if r.events is not None]
    return Records(
        daily.sort_values(list(DAILY_COLUMNS[:4]), ignore_index=True),
        breakdown.sort_values(list(BREAKDOWN_COLUMNS[:-1]), ignore_index=True),
        pd.concat([r.durations for r in runs]).sort_values(list(DURATION_COLUMNS), ignore_index=True),
        pd.concat([r.persons for r in runs]).sort_values(list(FLOW_COLUMNS), ignore_index=True),
        pd.concat(happened).sort_values(list(EVENT_COLUMNS), ignore_index=True) if events else None,
    )
