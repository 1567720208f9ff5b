"""The ledger of the agents engine: writes down what happens, one event at a time (step 9 of the hour)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

from sim.day import NOBODY
from sim.parameters import CLASSES
from sim.records import (
    BREAKDOWN_COLUMNS,
    DAILY_COLUMNS,
    DAYS_PER_WINDOW_YEAR,
    EVENT_COLUMNS,
    KINDS,
    Records,
    wait_table,
)

if TYPE_CHECKING:
    from sim.agents.chat import Chat
    from sim.agents.people import Contact, Person

_UNNAMED = {"false_report": "user", "flag": "flagger"}
_STEP = {kind.name: kind.step for kind in KINDS}


class Ledger:
    """Writes down what happens, one event at a time."""

    def __init__(self, model: Chat) -> None:
        self.model = model
        self.events: list[tuple[object, ...]] = []
        self.daily: list[dict[str, int]] = []
        self.breakdown: Counter[tuple[int, str, str, str]] = Counter()
        self.waits: Counter[tuple[int, int]] = Counter()
        self._harmed: set[tuple[object, ...]] = set()

    @property
    def year(self) -> int:
        """Year of the window; negative during the warm-up."""
        return self.model.day_of_window // DAYS_PER_WINDOW_YEAR

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
        actor_kind = actor.kind if actor else _UNNAMED.get(event, "site")
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

    def so_far(self, column: str) -> int:
        """Return the sum of a count over the measured window until now."""
        return sum(page[column] for page in self.daily[self.model.scenario.warmup_days :])

    def review(self, wait_hours: int) -> None:
        """Count a review by how long the dossier had waited."""
        self.count("n_wait_hours", wait_hours)
        if self.year >= 0:
            self.waits[self.year, wait_hours] += 1

    def harm(self, contact: Contact, off_platform: bool) -> None:
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

    def begin_day(self) -> None:
        """Open a page for the day; at the start of a month, forget who came in the last."""
        self.daily.append(dict.fromkeys(DAILY_COLUMNS[4:], 0))
        if self.model.day_of_window in self.model.scenario.months:
            for person in self.model.persons.values():
                person.came_in_month = person.turned_away_in_month = False

    def end_day(self) -> None:
        """Close the day's page."""
        model, page = self.model, self.daily[-1]
        persons = list(model.persons.values())
        users = [p for p in persons if p.kind == "user"]
        page["n_user_days"] = sum(u.came_today for u in users)
        page["n_user_days_turned_away"] = sum(u.turned_away_today for u in users)
        page["n_user_days_barred"] = sum(u.barred_today and not u.came_today for u in users)
        page["n_history_hours"] = page["n_user_hours"] * model.rules.retention_message_hours
        if model.day.number + 1 - model.scenario.warmup_days in model.scenario.months[1:]:
            came = sum(p.came_in_month for p in persons)
            page["n_monthly_visitors"] = came
            page["n_monthly_turned_away"] = sum(u.turned_away_in_month and not u.came_in_month for u in users)

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
        types = dict.fromkeys(("policy", "site", "offence", "victim_class", "quantity"), "str")
        types |= dict.fromkeys(("seed", "year", "count"), "int64")
        breakdown = pd.DataFrame(broken, columns=list(BREAKDOWN_COLUMNS)).astype(types)
        events = pd.DataFrame(self.events, columns=list(EVENT_COLUMNS))
        return Records(
            daily[list(DAILY_COLUMNS)],
            breakdown.sort_values(list(BREAKDOWN_COLUMNS[:-1]), ignore_index=True),
            wait_table(
                (model.policy, model.seed_number, year, model.scenario.site, wait, n)
                for (year, wait), n in self.waits.items()
            ),
            events.sort_values(list(EVENT_COLUMNS), ignore_index=True),
        )
