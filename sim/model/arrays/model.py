"""The model over arrays: all policies of a scenario, and several seeds, in one step loop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sim.model.arrays.apart import Apart
from sim.model.arrays.approach import approach, foresee
from sim.model.arrays.contacts import run_contacts, shut
from sim.model.arrays.doors import Cells, Doors
from sim.model.arrays.entry import Visitors, at_the_door, count_people, on_other_site
from sim.model.arrays.evasion import evade
from sim.model.arrays.felt_risk import adapt
from sim.model.arrays.flows import Flows
from sim.model.arrays.hour import Hour, Reports
from sim.model.arrays.investigation import Police, investigate
from sim.model.arrays.moderation import Office, accuse, foresee_false_alarms, foresee_false_reports, moderate
from sim.model.arrays.places import LaneName, Places, fork
from sim.model.arrays.recorder import Recorder, cells_per_place
from sim.model.arrays.seizure import seize
from sim.model.arrays.state import DORMANT, LIVE, OFF_PLATFORM, Lanes, State
from sim.model.decisions.contacts import recognise_milli
from sim.model.decisions.detection import watched_milli
from sim.model.decisions.numbers import numbers_of
from sim.model.hourly import COUNTS, HourlyModel, one_seed
from sim.model.records import Records
from sim.model.world.draws import Ints
from sim.model.world.world import World
from sim.rules.errors import ScenarioError
from sim.rules.rulebook import Rules
from sim.rules.sentences import Sentence
from sim.scenario.arguments import lanes_of, scenario_of
from sim.scenario.scenario import BASELINE, Scenario


class ChatModel(HourlyModel):
    """Users, predators and moderators on an anonymous chat, hour by hour, under several policies at once.

    Args:
        scenario: What to simulate.
        seeds: Seeds; each seed's lanes are the same whatever other seeds share the loop.
        policies: Names of arms of the scenario, or ``baseline``, which it is if none are named.
        seed: A single seed, as users of Mesa give it.
        rng: Likewise, also a generator of NumPy from which a seed is drawn. Without seeds, `seed` and `rng` a seed is
            drawn anew, as in Mesa.
        policy: A single policy.
        events: Whether to keep every event, or which kinds.
        collect: Whether to have a `datacollector`, which takes some time in every hour.

    Attributes:
        hour: Hours simulated so far.
        seeds: The seeds.
        policies: The policies.
        record: What was counted.
        datacollector: A column for each count of the moment, after each hour: plain numbers of a single policy and
            seed, which then stand beside them; of several, dictionaries by (policy, seed), so that
            ``pd.DataFrame(collected["harms_so_far"].tolist())`` has a column a lane.

    Raises:
        ScenarioError: If a seed or policy is not allowed.

    Persons and contacts are rows of arrays (`state`), so that Mesa's `agents` is empty; `sim.model.agents.Chat` is the
    same model with an agent for every person. For Mesa's `batch_run` both take the same parameters:

        mesa.batch_run(  # Mesa 3.3; from 3.5 on seeds are an argument of their own: rng=range(10)
            ChatModel,
            {"scenario": scenario, "policy": ["baseline", "email"], "seed": range(10)},
            max_steps=scenario.hours,
        )
    """

    def __init__(
        self,
        scenario: Scenario,
        seeds: Iterable[int] | None = None,
        policies: Iterable[str] | None = None,
        *,
        seed: int | None = None,
        rng: object = None,
        policy: str | None = None,
        events: bool | Collection[str] = False,
        collect: bool = True,
    ) -> None:
        if seeds is not None and (seed is not None or rng is not None):
            raise ScenarioError(Sentence("seeds and seed are given; take seed for a single one, seeds for several"))
        if policies is not None and policy is not None:
            raise ScenarioError(
                Sentence("policies and policy are given; take policy for a single one, policies for several")
            )
        arms, numbers = lanes_of(
            scenario_of(scenario),
            [BASELINE if policy is None else scenario.arm(policy)] if policies is None else policies,
            [one_seed(seed, rng)] if seeds is None else seeds,
        )
        super().__init__(scenario, 0, _reporters(len(arms) * len(numbers)) if collect else {})
        self.policies, self.seeds = arms, numbers
        self.world = World(scenario, self.seeds)
        places = Places(
            tuple(numbers), tuple(arms), scenario.site_names, self.world.n_predators, cells_per_place(scenario)
        )
        self.record = Recorder(scenario, places, events=events)
        self._days = self.world.days()
        self._changes = [[dict(by_day) for by_day in scenario.changes_by_site(p)] for p in self.policies]
        self._usual_rules = [platform.rules for platform in scenario.platforms]
        cells = Cells(self.world.movers, self.world.ages, len(numbers), scenario.every_rules)
        self.state = State(self.world, numbers_of(self.world), places, cells)
        one_lane = replace(places, seeds=places.seeds[:1], policies=(BASELINE,))
        self._usual = Doors(self._usual_rules, one_lane, cells, 0)
        self._usually_apart = Apart(self._usual_rules, self.world.ages)
        self._office = Office(self.world, places.n)
        self._police = Police(self.world, places)
        self._lanes = self._compiled(self._usual_rules * places.n_lanes_in_all, None)
        self._visitors: Visitors | None = None
        self._flows: Flows | None = None

    def step(self) -> None:
        """Simulate one hour.

        The steps, in this order:

        1. World: members join and leave for good, sites close or open, which ends contacts there (`shut`), the police
           may take what is left there (`seize`), visits begin and end, doors let in, turn away, or leave people to
           their other site (everybody is counted once a day, `count_people`).
        2. Approaches: predators approach persons online or decoys of the police, unless announced retention or felt
           risk deters them or their account is too new (`approach`; once a day `foresee` follows the intents ahead).
        3. Contacts: bars and ends of sessions part pairs, parted pairs meet again or give up, alarms end stages;
           targets block and may report or complain, trusted flaggers report, blocked predators may seek the target once
           more; the site's detector flags contacts as their stages begin (`flag`, also of approaches); lawful
           conversations lead to false reports and false alarms (`run_contacts`, `accuse`).
        4. Moderation: reports become dossiers, old dossiers expire, moderators review and warn, suspend or bar, and the
           site may refer whom they sanction to the police (`moderate`).
        5. Evasion: barred persons come back as strangers to the site (`evade`).
        6. Investigators: answers of the host are read, predators identified are arrested, complaints, referrals and
           what decoys learned become files, and investigators take files up (`investigate`).
        7. Adaptation: felt risk fades and takes in arrests and bans (`adapt`); it acts in steps 2 and 3, and so does
           deterrence by announced retention. Nothing else is in the model yet.
        8. Closure: happens at the beginning of a day, in step 1.
        9. Observation: events and states are counted as they come (`Recorder.end_day` closes the page of a day).

        The same list is section 3 of `MODEL.md`.
        """
        self._begin_hour()
        now = self._now(self.hour) if self.hour % 24 else self._begin_day()
        approach(now, self._approaches)
        run_contacts(now)
        accuse(now, self._false_reports)
        accuse(now, self._false_alarms)
        moderate(now, self._office)
        evade(now)
        investigate(now, self._police)
        adapt(now)
        self.hour += 1
        if self.hour % 24 == 0:
            self._end_day(now)
        self._end_hour()

    def _records(self) -> Records:
        return self.record.records()

    # `COUNTS` of the moment by lane, worked out when asked for.

    @property
    def predators_online(self) -> dict[LaneName, int]:
        """Predators on each site at the end of the hour just simulated: in a visit let in, and under no bar."""
        if not self.hour:
            return self._by_lane(np.zeros(self.state.places.n, np.int64))
        last, day = self._now(self.hour - 1), self._day
        rows = slice(*day.predators_start[last.hour_of_day : last.hour_of_day + 2].tolist())
        row = day.predators_online[rows]
        place, pair, inside = at_the_door(last, row)
        barred = self.state.predator_barred_until.take(pair) > last.hour
        _, there = on_other_site(last, self.state.places.each(row).compress(barred), pair.compress(barred))
        here = np.concatenate((place.compress(inside & ~barred), self.state.places.of_pair(there)))
        return self._by_lane(np.bincount(here, minlength=self.state.places.n))

    @property
    def contacts_on_platform(self) -> dict[LaneName, int]:
        """Contacts in which predator and target are on the site together."""
        return self._contacts(LIVE)

    @property
    def contacts_parted(self) -> dict[LaneName, int]:
        """Contacts whose two were parted and can find each other again."""
        return self._contacts(DORMANT)

    @property
    def contacts_off_platform(self) -> dict[LaneName, int]:
        """Contacts that left the platform and have not ended."""
        return self._contacts(OFF_PLATFORM)

    @property
    def dossiers_waiting(self) -> dict[LaneName, int]:
        """Dossiers that wait for a review."""
        return self._by_lane(self._office.n_waiting)

    @property
    def reports_so_far(self) -> dict[LaneName, int]:
        """Reports of predators by their targets since the measured window began."""
        return self._so_far("report")

    @property
    def harms_so_far(self) -> dict[LaneName, int]:
        """Harms, serious or not, since the measured window began."""
        return self._so_far("harm")

    def _contacts(self, status: int) -> dict[LaneName, int]:
        contacts = self.state.contacts
        rows = contacts.status[: contacts.n] == status
        return self._by_lane(np.bincount(contacts.place[: contacts.n][rows], minlength=self.state.places.n))

    def _so_far(self, kind: str) -> dict[LaneName, int]:
        return self._by_lane(self.record.so_far(kind, today=self.day_of_window >= 0))

    def _by_lane(self, counts: Ints) -> dict[LaneName, int]:
        return self.state.places.by_lane(counts)

    def _begin_day(self) -> Hour:
        """Take over the rules of the day, and let sites close; return its first hour."""
        self._day = next(self._days)
        today = self.day_of_window
        if today == 0:
            self._fork()
        before = self._lanes
        rules = before.rules
        if today >= 0:
            places = zip(self.state.places.policy.tolist(), self.state.places.site.tolist(), rules, strict=True)
            rules = [self._changes[policy][site].get(today, old) for policy, site, old in places]
        self._lanes = self._compiled(rules, before)
        now = self._now(self.hour)
        if self._lanes.doors.closed.size and self._lanes is not before:
            shut(now)
            seize(now, self._office, self._police)
        self._approaches = foresee(now)
        self._false_reports = foresee_false_reports(now)
        self._false_alarms = foresee_false_alarms(now)
        self._police.begin_day(now)
        return now

    def _now(self, hour: int) -> Hour:
        return Hour(hour, self._day, self._lanes, self.state, self.record, Reports(), [])

    def _end_day(self, now: Hour) -> None:
        count_people(now)
        if self._visitors is not None:
            self._visitors.see(now)
        self.record.end_day(now.day_of_window)
        if self._flows is not None:
            self._flows.see(now)

    def _fork(self) -> None:
        """The warm-up is over: copy the one lane of each seed to all policies."""
        fork(self.state.places.forked(), self.state, self.record, self._office, self._police)
        self._lanes = self._compiled(self._usual_rules * self.state.places.n_lanes_in_all, None)
        self._visitors = Visitors(self.state) if self.scenario.months else None
        self._flows = Flows(self.state) if BASELINE in self.policies else None

    def _compiled(self, rules: list[Rules], before: Lanes | None) -> Lanes:
        """Put the rules of a day into arrays over places; the day before is needed for visits still running."""
        same = before is not None and all(a is b for a, b in zip(rules, before.rules, strict=True))
        if before is not None and same and before.doors.settled:
            return before
        if not same:
            self._office.follow(rules)
            self._police.follow(rules)
        state, doors = self.state, before.doors if before else None
        return Lanes(
            rules=rules,
            doors=Doors(rules, state.places, state.cells, self.hour // 24, self._usual, doors),
            apart=Apart(rules, self.world.ages, self._usually_apart),
            recognise_milli=np.array([recognise_milli(r) for r in rules]),
            watched_milli=np.array([watched_milli(r, state.numbers.rel_leave_detector) for r in rules]),
        )


def simulate(
    scenario: Scenario,
    seeds: Sequence[int],
    policies: Sequence[str],
    *,
    events: bool | Collection[str] = False,
    progress: Callable[[int], None] | None = None,
) -> Records:
    """Run seeds x policies in one step loop and return their records.

    Args:
        scenario: What to simulate.
        seeds: Seeds.
        policies: Names of arms, or ``baseline``.
        events: Whether to keep every event, or which kinds.
        progress: Called with the number of hours just simulated.
    """
    return ChatModel(scenario, seeds, policies, events=events, collect=False).run(progress)


def _reporters(n_lanes: int) -> dict[str, Any]:
    """Return what is collected after every hour: of a single lane numbers, and whose they are; of several by lane."""
    if n_lanes > 1:
        return {count: count for count in COUNTS}
    return {"policy": _policy, "seed": _seed} | {count: partial(_of_one, count=count) for count in COUNTS}


def _policy(model: ChatModel) -> str:
    return model.policies[0]


def _seed(model: ChatModel) -> int:
    return model.seeds[0]


def _of_one(model: ChatModel, count: str) -> int:
    """Return a count of the only lane."""
    (number,) = getattr(model, count).values()
    return int(number)
