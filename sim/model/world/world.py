"""The exogenous world: who exists, with which traits, who would visit when, and what predators intend.

Nothing here depends on a policy; every lane looks at the same `Day`, whose arrays cannot be written to. Visits are
drawn a day at a time (`Crowd`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sim.model.world.ages import Ages
from sim.model.world.day import (
    ALREADY_LISTED,
    N_GROUPS,
    NOBODY,
    PREDATORS,
    Day,
    FalseReports,
    Intents,
    Online,
    Presences,
    freeze,
)
from sim.model.world.draws import POISSON_UNITS, Draws, Ints, Purpose, Words, below, ranges, unit
from sim.model.world.keys import (
    CARRIED,
    CONTACT,
    N_CLASSES,
    N_RATES,
    N_STRATA,
    N_USER_STRATA,
    SECOND,
    SLOT,
    check,
    home_of,
    person_of,
    serial_of,
    stratum_of,
)
from sim.model.world.movers import Movers
from sim.model.world.population import membership, visits_per_month, weekly_profile
from sim.model.world.visits import Crowd
from sim.rules.rulebook import MOST_P_FALSE
from sim.scenario.scenario import Scenario

ATTEMPTS = 8
"""Persons drawn for an intent at random; whoever still looks further walks through the rest in keyed order."""
MORE_ATTEMPTS = 128
"""Likewise among persons of another home, few of whom may be on the site."""
_REPORTED = (
    Purpose.N_FALSE_REPORTS, Purpose.FALSE_ACCUSED, Purpose.FALSE_GRAVITY, Purpose.FALSE_READY, Purpose.FALSE_SECOND,
)  # fmt: skip
_FLAGGED = (
    Purpose.N_FALSE_ALARMS, Purpose.FALSE_ALARM_ACCUSED, Purpose.FALSE_ALARM_GRAVITY, Purpose.FALSE_ALARM_RAISED,
    Purpose.FALSE_ALARM_SECOND,
)  # fmt: skip
_NOBODY = np.zeros(0, np.int64)
_NO_TALK = FalseReports(_NOBODY, _NOBODY, _NOBODY, _NOBODY, np.zeros(0), np.zeros(25, np.int64))


class World:
    """The world of a scenario under one or several seeds.

    Args:
        scenario: What to simulate; of its policies only whether one of them closes a site, or has a detector, and whom
            they tell apart by age.
        seeds: Seeds that share the step loop. What is drawn for a seed does not depend on the others.
    """

    def __init__(self, scenario: Scenario, seeds: Sequence[int]) -> None:
        self.scenario = scenario
        self.draws = Draws(seeds)
        self.n_seeds = len(seeds)
        self.n_sites = len(scenario.site_names)
        self.n_days = scenario.warmup_days + scenario.days
        self.visits_per_month = visits_per_month(scenario)
        self.profile = weekly_profile(scenario)
        self.membership = membership(scenario, self.draws)
        check(self.n_seeds, 24 * self.n_days, int(self.membership.n_ever.max()), self.n_sites)
        self.movers = Movers(scenario)
        self.ages = Ages(scenario)
        self.crowd = Crowd(scenario, self.draws, self.membership, self.movers, self.ages)
        self.session_users = self.crowd.sessions[0]
        n_ever = self.membership.n_ever.reshape(-1, N_STRATA)[:, N_USER_STRATA:].reshape(-1)
        self.predator_base: Ints = np.concatenate(([0], np.cumsum(n_ever)))
        self.n_predators = int(self.predator_base[-1])
        self._day_come_upon = -1
        self._candidates: Ints = np.zeros((0, ATTEMPTS), np.int64)
        self._n_drawn: Ints = np.zeros(0, np.int64)
        self._walks: dict[tuple[int, int], Ints] = {}
        self._offence_limits = np.cumsum([o.weight for o in scenario.offences])
        self._class_limits = np.cumsum([o.target_weights for o in scenario.offences], axis=1)

    # -- who exists ---------------------------------------------------------------------------------------------

    def predator_index(self, person: int | Ints) -> Ints:
        """Return the index of predators in arrays over all predators of the run."""
        who = np.asarray(person, np.int64)
        of_home = stratum_of(who) - N_USER_STRATA + home_of(who) * N_RATES
        return self.predator_base.take(of_home) + serial_of(who)

    def predator_at(self, index: Ints) -> Ints:
        """Return the predators that have these indices, as `predator_index` gives them."""
        of_home = self.predator_base.searchsorted(index, side="right") - 1
        home, rate = np.divmod(of_home, N_RATES)
        person: Ints = person_of(index - self.predator_base.take(of_home), N_USER_STRATA + rate, home)
        return person

    def n_predators_on(self, day: int) -> Ints:
        """Return how many predators are members on a day, by seed and home."""
        members = self.membership.n_members(day).reshape(self.n_seeds, self.n_sites, N_STRATA)
        n: Ints = members[:, :, N_USER_STRATA:].sum(axis=2)
        return n

    def offence(self, person: Ints, seed: Ints) -> Ints:
        """Return the row of the table of offences that a predator commits."""
        words = self.draws.words(Purpose.OFFENCE, seed, person)
        return self._offence_limits.searchsorted(below(words, int(self._offence_limits[-1])), side="right")

    # -- a day --------------------------------------------------------------------------------------------------

    def days(self) -> Iterator[Day]:
        """Yield the days of the run, from the first of the warm-up to the last of the window."""
        yesterday = None
        shape = (24, self.n_seeds * self.n_sites * N_GROUPS, self.scenario.population.max_session_hours + 1)
        lengths_yesterday = np.zeros(shape, np.int64)
        for number in range(self.n_days):
            yesterday, lengths = self.crowd.draw(number, yesterday)
            day = self._day(number, yesterday, np.concatenate((_still_on(lengths_yesterday), lengths)))
            lengths_yesterday = lengths
            yield day

    def _day(self, number: int, people: Presences, lengths: Ints) -> Day:
        first_hour = 24 * number
        online, first_row, n_rows = self._online(lengths)
        row = people.carrying_on.compress(people.start.take(people.carrying_on) < first_hour + 24)
        hour_of_day = people.start.take(row).astype(np.int64) - first_hour
        key = CARRIED.pack(hour_of_day, people.seed.take(row), people.person.take(row))
        order = key.argsort()
        of_predators = np.arange(PREDATORS, n_rows.size, N_GROUPS)
        predators = ranges(first_row.take(of_predators), n_rows.take(of_predators))
        predators, start = self._predators_online(people, first_hour, predators)
        intents = self._intents(first_hour, people, predators, start)
        day = Day(
            number, first_hour, people, online, key.take(order), row.take(order), predators, start, intents,
            self._false_reports(first_hour, people, online), self._false_alarms(first_hour, people, online),
        )  # fmt: skip
        freeze(day)
        return day

    def _online(self, lengths: Ints) -> tuple[Online, Ints, Ints]:
        """Work out where those online in each hour stand.

        Returns:
            That; the first row of each hour of beginning (of two days), cohort and group; and the number of rows.
        """
        # Rows of a day stand by hour of beginning, cohort (a seed and home) and group, and within those by length, the
        # longest first. So those who began k hours ago and are still there are the first so many of their cell: as many
        # as last longer than k.
        longest = lengths.shape[2] - 1
        n_groups = lengths.shape[1]
        total = lengths.sum(axis=2)
        first_row = (np.cumsum(total.reshape(-1)) - total.reshape(-1)).reshape(total.shape)
        n_longer = total[:, :, None] - np.cumsum(lengths, axis=2)[:, :, :-1]
        age = np.arange(longest)
        begun = (np.arange(24)[:, None] - age + 24)[:, None, :]
        group = np.arange(n_groups)[:, None]
        # Hours of beginning are those of the day before, 0 to 23, and of this day, 24 to 47; all axes broadcast.
        until = np.cumsum(n_longer[begun, group, age], axis=2)
        return Online(first_row[begun, group], until), first_row.reshape(-1), total.reshape(-1)

    def _predators_online(self, people: Presences, first_hour: int, row: Ints) -> tuple[Ints, Ints]:
        """List the predators' rows online by hour, seed and person; return them and where each hour begins."""
        start = np.maximum(people.start.take(row), first_hour)
        length = np.maximum(np.minimum(people.end.take(row), first_hour + 24) - start, 0)
        row, hour = np.repeat(row, length), ranges(start, length)
        key = CARRIED.pack(hour - first_hour, people.seed.take(row), people.person.take(row))
        order = key.argsort()
        return row.take(order), np.searchsorted(hour.take(order), first_hour + np.arange(25))

    def _intents(self, first_hour: int, people: Presences, row: Ints, start: Ints) -> Intents:
        hour = first_hour + np.repeat(np.arange(24), np.diff(start))
        seed, person = people.seed.take(row), people.person.take(row)
        mean = np.full(row.size, round(self.scenario.predators.approaches_per_hour * POISSON_UNITS))
        counts = self.draws.poisson(Purpose.N_INTENTS, seed, person, hour, mean)
        parent = np.repeat(np.arange(row.size), counts)
        rank = np.arange(parent.size) - np.repeat(np.cumsum(counts) - counts, counts)
        assert rank.max(initial=0) <= CONTACT.most("rank")
        row, hour, seed, person = (a.take(parent) for a in (row, hour, seed, person))
        contact = CONTACT.pack(person, hour, rank)
        second = below(self.draws.words(Purpose.INTENT_SECOND, seed, contact), 3600)
        # Seconds in ascending order within each row of a predator's hour, so that the rank is also one of time.
        _, second = SECOND.unpack(np.sort(SECOND.pack(parent, second)))
        offence = self.offence(person, seed)
        limits = self._class_limits
        drawn = below(self.draws.words(Purpose.INTENT_CLASS, seed, contact), limits[:, -1].take(offence))
        victim_class = (drawn[:, None] >= limits.take(offence, axis=0)).sum(axis=1)
        starts = np.searchsorted(hour, first_hour + np.arange(25))
        group = (seed * self.n_sites + home_of(person)) * N_GROUPS + victim_class
        return Intents(contact, row, hour, second, rank, offence, victim_class, group, starts)

    def candidates(self, day: Day, intent: Ints, first: int, last: int, home: Ints | None = None) -> Ints:
        """Return the rows of the persons that intents come upon at attempts ``first`` to ``last - 1``.

        Those online of the class sought and of a home are equally likely. Instead of a row there may be NOBODY or
        ALREADY_LISTED. They are drawn once for all lanes, for intents for which somebody looks so far, up to
        `ATTEMPTS`; nobody leaves out an attempt.

        Args:
            day: The day.
            intent: Intents of the day.
            first: First attempt.
            last: The one after the last.
            home: Home of the persons, by intent; the predator's own if not given.

        Returns:
            Shape (intents, attempts).
        """
        self._look_at(day)
        group = self.group(day, intent, home)
        if last > ATTEMPTS:
            return self._come_upon(day, intent, group, first, last)
        which = intent * self.n_sites + group // N_GROUPS % self.n_sites
        looks = np.zeros(self._n_drawn.size, bool)
        looks[which] = True
        further = (looks & (self._n_drawn < last)).nonzero()[0]
        if further.size:
            whose, at = np.divmod(further, self.n_sites)
            self._candidates[further, first:last] = self._come_upon(day, whose, self.group(day, whose, at), first, last)
            self._n_drawn[further] = last
        return self._candidates[which, first:last]

    def group(self, day: Day, intent: Ints, home: Ints | None = None) -> Ints:
        """Return the groups, as in `Online`, of the class sought at the predators' own homes or at others."""
        group = day.intents.group.take(intent)
        if home is None or self.n_sites == 1:
            return group
        cohort, victim_class = np.divmod(group, N_GROUPS)
        return (cohort // self.n_sites * self.n_sites + home) * N_GROUPS + victim_class

    def _look_at(self, day: Day) -> None:
        """Forget what was drawn for another day."""
        if self._day_come_upon != day.number:
            n = day.intents.contact.size * self.n_sites
            self._candidates, self._n_drawn = np.empty((n, ATTEMPTS), np.int64), np.zeros(n, np.int64)
            self._day_come_upon, self._walks = day.number, {}

    def _come_upon(self, day: Day, intent: Ints, group: Ints, first: int, last: int) -> Ints:
        intents = day.intents
        columns = (intents.hour.take(intent), group, intents.contact.take(intent))
        hour, group, contact = (np.repeat(column, last - first) for column in columns)
        attempt = np.tile(np.arange(first, last), intent.size)
        n = day.online.n(hour - day.first_hour, group)
        seed = group // (N_GROUPS * self.n_sites)
        index = below(self.draws.words(Purpose.CANDIDATE, seed, contact, attempt), n)
        row = day.online.row(hour - day.first_hour, group, index)
        there = (n > 0).nonzero()[0]
        twice = day.people.start.take(row.take(there)) > hour.take(there)
        row[n == 0] = NOBODY
        row[there[twice]] = ALREADY_LISTED
        return row.reshape(intent.size, last - first)

    def walk(self, day: Day, intent: int, home: int | None = None) -> Ints:
        """Return the rows of the class online that an intent did not come upon yet, in its own keyed order.

        Args:
            day: The day.
            intent: An intent of the day.
            home: Home of the persons; the predator's own if not given.
        """
        self._look_at(day)
        (group,) = self.group(day, np.array([intent]), None if home is None else np.array([home])).tolist()
        if (intent, group) not in self._walks:
            self._walks[intent, group] = self._walk(day, intent, group)
        return self._walks[intent, group]

    def _walk(self, day: Day, intent: int, group: int) -> Ints:
        intents = day.intents
        contact, cohort = int(intents.contact[intent]), group // N_GROUPS
        home = np.array([cohort % self.n_sites])
        tried = self.candidates(day, np.array([intent]), 0, ATTEMPTS, home)[0].tolist()
        rest = np.array([row for row in day.listed(int(intents.hour[intent]), group).tolist() if row not in tried])
        if rest.size < 2:
            return rest.astype(np.int64)
        seed = np.full(rest.size, cohort // self.n_sites)
        words = self.draws.words(Purpose.WALK, seed, contact, day.people.person.take(rest))
        return rest.take(words.argsort(kind="stable"))

    def _false_reports(self, first_hour: int, people: Presences, online: Online) -> FalseReports:
        return self._lawful_talk(first_hour, people, online, self.scenario.responses.p_ready_false_report, _REPORTED)

    def _false_alarms(self, first_hour: int, people: Presences, online: Online) -> FalseReports:
        """Draw as many as there can be at most, whatever a detector reads: lanes leave out those that it does not."""
        if not self.scenario.detects:  # nothing is dearer where nobody detects
            return _NO_TALK
        return self._lawful_talk(first_hour, people, online, MOST_P_FALSE, _FLAGGED)

    def _lawful_talk(
        self, first_hour: int, people: Presences, online: Online, p: float, purposes: tuple[Purpose, ...]
    ) -> FalseReports:
        """Draw the lawful conversations of which somebody may be accused, a share `p` of all.

        Args:
            first_hour: Hour 0 of the day.
            people: Who is there.
            online: Where those stand.
            p: Share of lawful conversations.
            purposes: What number, accused, gravity, what decides, and second are drawn for.
        """
        responses = self.scenario.responses
        number, accused, gravities, decides, seconds = purposes
        per_user = p * self.scenario.population.conversations_per_hour
        axes = (np.arange(24), np.arange(self.n_seeds * self.n_sites), np.arange(N_CLASSES))
        hour, cohort, victim_class = (a.reshape(-1) for a in np.meshgrid(*axes, indexing="ij"))
        group = cohort * N_GROUPS + victim_class
        seed, home = np.divmod(cohort, self.n_sites)
        whose = home * N_CLASSES + victim_class
        n_listed = online.n(hour, group)
        mean = (n_listed * round(per_user * POISSON_UNITS * 1024) + 512) >> 10
        counts = self.draws.poisson(number, seed, whose, first_hour + hour, mean)
        slot = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        assert slot.max(initial=0) <= SLOT.most("slot")
        hour, seed, whose, group, n_listed = (np.repeat(a, counts) for a in (hour, seed, whose, group, n_listed))
        key = SLOT.pack(first_hour + hour, slot)

        def words(purpose: Purpose) -> Words:
            return self.draws.words(purpose, seed, whose, key)

        row = online.row(hour, group, below(words(accused), n_listed))
        claim = unit(words(gravities))
        gravity = (claim < responses.p_false_engaged + responses.p_false_private).astype(np.int64)
        gravity += claim < responses.p_false_private
        effort = unit(words(decides))
        second = 1 + below(words(seconds), 3600)
        real = people.start.take(row) <= first_hour + hour
        row, hour, second, gravity = (a[real] for a in (row, first_hour + hour, second, gravity))
        start = np.searchsorted(hour, first_hour + np.arange(25))
        return FalseReports(row, hour, second, gravity, effort[real], start)


def _still_on(lengths: Ints) -> Ints:
    """Return the numbers of visits by hour of beginning and length, those left out that end before midnight."""
    return lengths * (np.arange(lengths.shape[2]) >= np.arange(24, 0, -1)[:, None, None])
