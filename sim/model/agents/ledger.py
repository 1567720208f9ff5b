"""The ledgers of the agents engine, one a site: what happens is written down event by event (step 9 of the hour)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from sim.model.agents.standing import Standing
from sim.model.decisions.entry import misjudged
from sim.model.hourly import HourlyModel
from sim.model.records import (
    BREAKDOWN_COLUMNS,
    DAILY_COLUMNS,
    DAYS_PER_WINDOW_YEAR,
    KINDS,
    OUTSIDE,
    Records,
    duration_table,
    event_table,
    person_table,
)
from sim.model.world.day import NOBODY
from sim.rules.parameters import CLASSES, N_MINOR_CLASSES
from sim.rules.rulebook import Rules

_KINDS = {kind.name: kind for kind in KINDS}


class Party(Protocol):
    """Somebody to whom something happens, as the ledger sees them."""

    number: int
    home: int
    mover: int
    age_type: int
    tolerance: int
    standings: Sequence[Standing]
    turned_away_today: bool
    turned_away_in_month: bool

    @property
    def kind(self) -> str:
        """``user`` or ``predator``."""


class Case(Protocol):
    """A contact, as the ledger sees it."""

    number: int
    offence: int
    victim_class: int
    redirected: int

    @property
    def target(self) -> Party:
        """Who is approached."""


class FirstHarm(NamedTuple):
    """How somebody was seriously harmed first in a year of the window.

    Attributes:
        day: Day of the window.
        site: Index of the site.
        contact: Number of the contact.
        victim_class: Index of the person's class.
        redirected: 1 if approached in place of somebody absent or protected because of a policy.
        predator: Kind of the person: none.
        mover: Class of movers of the person.
        age_type: What age checks make of the person.
        tolerance: Class of tolerance of the person.
    """

    day: int
    site: int
    contact: int
    victim_class: int
    redirected: int
    predator: int
    mover: int
    age_type: int
    tolerance: int


class Victims:
    """Who was harmed in a lane, on whatever site: each is counted where they were harmed first in a year.

    Attributes:
        harmed: How those were harmed first who were seriously harmed, by year of the window and number of the person.
        outside: Outside victims of serious harm by year and site.
    """

    def __init__(self) -> None:
        self.harmed: dict[int, dict[int, FirstHarm]] = {}
        self.outside: Counter[tuple[int, int]] = Counter()
        self._known: set[tuple[object, ...]] = set()
        self._of_hour: list[tuple[int, Ledger, Case]] = []

    def add(self, second: int, ledger: Ledger, contact: Case) -> None:
        """Take in a harm of this hour."""
        self._of_hour.append((second, ledger, contact))

    def remember(self, ledger: Ledger, contact: Case, outside: bool) -> None:
        """Keep who was seriously harmed for the first time in a year, or that an outside victim was."""
        if outside:
            self.outside[ledger.year, ledger.site] += 1
            return
        target, of_year = contact.target, self.harmed.setdefault(ledger.year, {})
        of_year[target.number] = FirstHarm(
            ledger.model.day_of_window, ledger.site, contact.number, contact.victim_class, contact.redirected,
            0, target.mover, target.age_type, target.tolerance,
        )  # fmt: skip

    def close_hour(self) -> None:
        """Count the persons whom the hour harmed for the first time."""
        harms, self._of_hour = self._of_hour, []
        for _, ledger, contact in sorted(harms, key=lambda harm: (harm[0], harm[1].site, harm[2].number)):
            ledger.count_persons(contact, self._known)


class Ledger:
    """Writes down what happens on one site of a lane, one event at a time.

    Args:
        model: The lane.
        site: Index of the site.
        victims: Who was harmed in the lane.
        policy: Name of the arm.
        seed: The seed.
    """

    def __init__(self, model: HourlyModel, site: int, victims: Victims, policy: str, seed: int) -> None:
        self.model, self.site, self.policy, self.seed = model, site, policy, seed
        self.site_name = model.scenario.site_names[site]
        self.events: list[tuple[object, ...]] = []
        self.daily: list[dict[str, int]] = []
        self.breakdown: Counter[tuple[int, str, str, str]] = Counter()
        self.durations: Counter[tuple[int, str, int]] = Counter()
        self._victims = victims

    @property
    def year(self) -> int:
        """Year of the window; negative during the warm-up."""
        return self.model.day_of_window // DAYS_PER_WINDOW_YEAR

    def note(
        self,
        event: str,
        second: int,
        actor: Party | None,
        target: Party | None,
        contact: Case | None = None,
        detail: int = 0,
    ) -> None:
        """Write down an event and count it."""
        model = self.model
        scenario = model.scenario
        offence = scenario.offences[contact.offence].name if contact else ""
        kind = _KINDS[event]
        actor_kind = actor.kind if actor else kind.actor
        self.events.append((
            self.policy, self.seed, model.hour, kind.step, second, event, actor_kind,
            actor.number if actor else NOBODY, target.kind if target else "", target.number if target else NOBODY,
            contact.number if contact else NOBODY, self.site_name, offence, detail,
        ))  # fmt: skip
        self.count(f"n_{event}")
        if contact and self.year >= 0:
            self.breakdown[self.year, offence, CLASSES[contact.victim_class], event] += 1

    def count(self, column: str, by: int = 1) -> None:
        """Add to a count of the day."""
        self.daily[-1][column] += by

    def so_far(self, column: str) -> int:
        """Return the sum of a count over the measured window until now."""
        return sum(page[column] for page in self.daily[self.model.scenario.warmup_days :])

    def took(self, kind: str, hours: int) -> None:
        """Count how long something took: see `sim.model.records.DURATIONS`."""
        if self.year >= 0:
            self.durations[self.year, kind, hours] += 1

    def harm(self, contact: Case, second: int, off_platform: bool) -> None:
        """Count a harm and, once a year of the window, the person harmed."""
        if self.year < 0:
            return
        offence = self.model.scenario.offences[contact.offence]
        self.count("n_harm_serious", int(offence.serious))
        self.count("n_harm_off_platform", int(off_platform))
        self.count("n_harm_redirected", contact.redirected)
        self._victims.add(second, self, contact)

    def count_persons(self, contact: Case, known: set[tuple[object, ...]]) -> None:
        """Count the person harmed, unless harmed before in this year of the window and known for it."""
        offence = self.model.scenario.offences[contact.offence]
        classes = ("all",) if offence.outside else (CLASSES[contact.victim_class], "all")
        for name in (offence.name, "all") if offence.serious else (offence.name,):
            # An outside victim is a new person every time, and known to nobody.
            person = object() if offence.outside else contact.target
            if (self.year, name, person) not in known:
                known.add((self.year, name, person))
                for victim_class in classes:
                    self.breakdown[self.year, name, victim_class, "persons_harmed"] += 1
                if name == "all":
                    minor = not offence.outside and contact.victim_class < N_MINOR_CLASSES
                    self.count("n_persons_harmed")
                    self.count("n_minors_harmed", int(minor))
                    self._victims.remember(self, contact, offence.outside)

    def begin_day(self, persons: Collection[Party]) -> None:
        """Open a page for the day; at the start of a month, forget who of these came in the last."""
        self.daily.append(dict.fromkeys(DAILY_COLUMNS[4:], 0))
        if self.model.day_of_window in self.model.scenario.months:
            for person in persons:
                person.turned_away_in_month = False
                person.standings[self.site].came_in_month = False

    def end_day(self, persons: Collection[Party], rules: Rules) -> None:
        """Close the day's page, on which these persons came or did not, by these rules."""
        page, months = self.daily[-1], self.model.scenario.months
        users = [p for p in persons if p.kind == "user"]
        at_home = [u for u in users if u.home == self.site]
        standings = [u.standings[self.site] for u in users]
        page["n_user_days"] = sum(s.came_today for s in standings)
        page["n_user_days_moved_in"] = sum(u.standings[self.site].came_today for u in users if u.home != self.site)
        page["n_user_days_turned_away"] = sum(u.turned_away_today for u in at_home)
        page["n_user_days_barred"] = sum(s.barred_today and not s.came_today for s in standings)
        page["n_history_hours"] = page["n_user_hours"] * rules.retention.message_hours
        page["n_log_hours"] = page["n_user_hours"] * rules.retention.log_hours
        page["n_identified_hours"] = page["n_user_hours"] * rules.registration.accounts_persist
        if len(self.daily) - self.model.scenario.warmup_days in months[1:]:
            page["n_monthly_visitors"] = sum(p.standings[self.site].came_in_month for p in persons)
            away = [u for u in at_home if u.turned_away_in_month and not u.standings[self.site].came_in_month]
            page["n_monthly_turned_away"] = len(away)
            page["n_monthly_misjudged"] = sum(self._misjudged(user, rules) for user in away)
            page["n_monthly_moved"] = sum(any(s.came_in_month for s in u.standings) for u in away)

    def _misjudged(self, user: Party, rules: Rules) -> bool:
        """Tell whether nothing but an age check keeps an adult out."""
        ages = self.model.world.ages
        return bool(misjudged(rules, ages, np.array([user.age_type]), np.array([user.tolerance]))[0])

    def pages(self) -> list[dict[str, object]]:
        """Return the rows of the daily table."""
        head = {"policy": self.policy, "seed": self.seed, "site": self.site_name}
        measured = self.daily[self.model.scenario.warmup_days :]
        return [{**head, "day": day, **page} for day, page in enumerate(measured)]


def records_of(ledgers: Sequence[Ledger], flows: Counter[tuple[int, int, str, int]]) -> Records:
    """Return all tables of a lane in canonical order.

    Args:
        ledgers: The ledgers of its sites.
        flows: Persons held against those of the baseline, by year, site, flow and class.
    """
    first = ledgers[0]
    daily = pd.DataFrame([page for ledger in ledgers for page in ledger.pages()])
    broken = [
        (ledger.policy, ledger.seed, year, ledger.site_name, *rest, count)
        for ledger in ledgers
        for (year, *rest), count in ledger.breakdown.items()
    ]
    types = dict.fromkeys(("policy", "site", "offence", "victim_class", "quantity"), "str")
    types |= dict.fromkeys(("seed", "year", "count"), "int64")
    breakdown = pd.DataFrame(broken, columns=list(BREAKDOWN_COLUMNS)).astype(types)
    return Records(
        daily[list(DAILY_COLUMNS)].sort_values(list(DAILY_COLUMNS[:4]), ignore_index=True),
        breakdown.sort_values(list(BREAKDOWN_COLUMNS[:-1]), ignore_index=True),
        duration_table(
            (ledger.policy, ledger.seed, year, ledger.site_name, kind, hours, count)
            for ledger in ledgers
            for (year, kind, hours), count in ledger.durations.items()
        ),
        person_table(
            (first.policy, first.seed, year, ledgers[site].site_name, flow, (*CLASSES, OUTSIDE)[victim_class], count)
            for (year, site, flow, victim_class), count in flows.items()
        ),
        event_table([event for ledger in ledgers for event in ledger.events]),
    )
