"""The ledger of the agents engine: writes down what happens, one event at a time (step 9 of the hour)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Protocol

import pandas as pd

from sim.model.hourly import HourlyModel
from sim.model.records import (
    BREAKDOWN_COLUMNS,
    DAILY_COLUMNS,
    DAYS_PER_WINDOW_YEAR,
    EVENT_COLUMNS,
    KINDS,
    Records,
    duration_table,
)
from sim.model.world.day import NOBODY
from sim.rules.parameters import CLASSES
from sim.rules.rulebook import Rules

_KINDS = {kind.name: kind for kind in KINDS}


class Party(Protocol):
    """Somebody to whom something happens, as the ledger sees them."""

    number: int
    came_today: bool
    came_in_month: bool
    turned_away_today: bool
    turned_away_in_month: bool
    barred_today: bool

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


class Ledger:
    """Writes down what happens in one lane of a model, one event at a time."""

    def __init__(self, model: HourlyModel, policy: str, seed: int) -> None:
        self.model, self.policy, self.seed = model, policy, seed
        self.events: list[tuple[object, ...]] = []
        self.daily: list[dict[str, int]] = []
        self.breakdown: Counter[tuple[int, str, str, str]] = Counter()
        self.durations: Counter[tuple[int, str, int]] = Counter()
        self._harmed: set[tuple[object, ...]] = set()

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
            contact.number if contact else NOBODY, scenario.site, offence, detail,
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

    def harm(self, contact: Case, off_platform: bool) -> None:
        """Count a harm and, once a year of the window, the person harmed."""
        if self.year < 0:
            return
        offence = self.model.scenario.offences[contact.offence]
        self.count("n_harm_serious", int(offence.serious))
        self.count("n_harm_off_platform", int(off_platform))
        self.count("n_harm_redirected", contact.redirected)
        classes = ("all",) if offence.outside else (CLASSES[contact.victim_class], "all")
        for name in (offence.name, "all") if offence.serious else (offence.name,):
            # An outside victim is a new person every time, and known to nobody.
            person = object() if offence.outside else contact.target
            if (self.year, name, person) not in self._harmed:
                self._harmed.add((self.year, name, person))
                for victim_class in classes:
                    self.breakdown[self.year, name, victim_class, "persons_harmed"] += 1
                self.count("n_persons_harmed", int(name == "all"))

    def begin_day(self, persons: Collection[Party]) -> None:
        """Open a page for the day; at the start of a month, forget who of these came in the last."""
        self.daily.append(dict.fromkeys(DAILY_COLUMNS[4:], 0))
        if self.model.day_of_window in self.model.scenario.months:
            for person in persons:
                person.came_in_month = person.turned_away_in_month = False

    def end_day(self, persons: Collection[Party], rules: Rules) -> None:
        """Close the day's page, on which these persons came or did not, by these rules."""
        page, months = self.daily[-1], self.model.scenario.months
        users = [p for p in persons if p.kind == "user"]
        page["n_user_days"] = sum(u.came_today for u in users)
        page["n_user_days_turned_away"] = sum(u.turned_away_today for u in users)
        page["n_user_days_barred"] = sum(u.barred_today and not u.came_today for u in users)
        page["n_history_hours"] = page["n_user_hours"] * rules.retention.message_hours
        page["n_log_hours"] = page["n_user_hours"] * rules.retention.log_hours
        page["n_identified_hours"] = page["n_user_hours"] * rules.registration.accounts_persist
        if len(self.daily) - self.model.scenario.warmup_days in months[1:]:
            came = sum(p.came_in_month for p in persons)
            page["n_monthly_visitors"] = came
            page["n_monthly_turned_away"] = sum(u.turned_away_in_month and not u.came_in_month for u in users)

    def records(self) -> Records:
        """Return all tables in canonical order."""
        site = self.model.scenario.site
        measured = self.daily[self.model.scenario.warmup_days :]
        head = {"policy": self.policy, "seed": self.seed, "site": site}
        daily = pd.DataFrame([{**head, "day": day, **page} for day, page in enumerate(measured)])
        broken = [(self.policy, self.seed, year, site, *rest, count) for (year, *rest), count in self.breakdown.items()]
        types = dict.fromkeys(("policy", "site", "offence", "victim_class", "quantity"), "str")
        types |= dict.fromkeys(("seed", "year", "count"), "int64")
        breakdown = pd.DataFrame(broken, columns=list(BREAKDOWN_COLUMNS)).astype(types)
        events = pd.DataFrame(self.events, columns=list(EVENT_COLUMNS))
        return Records(
            daily[list(DAILY_COLUMNS)],
            breakdown.sort_values(list(BREAKDOWN_COLUMNS[:-1]), ignore_index=True),
            duration_table(
                (self.policy, self.seed, year, site, kind, hours, count)
                for (year, kind, hours), count in self.durations.items()
            ),
            events.sort_values(list(EVENT_COLUMNS), ignore_index=True),
        )
