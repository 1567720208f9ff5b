"""A scenario: one site, its population, its rules and the policies to compare, as one frozen value."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from pydantic import Field, model_validator

from sim import policies  # noqa: F401  (registers the policies that scenario files name)
from sim.parameters import (
    OFFENCES,
    Contacts,
    Moderation,
    Offence,
    Population,
    Predators,
    Registration,
    Reporting,
    Responses,
    Retention,
    Section,
    parameter,
)
from sim.rules import CollisionError, Dated, Platform, Policy, Rules, rules_on

BASELINE = "baseline"


class Scenario(Section):
    """Everything a run needs besides a seed. Read one with `sim.load`; change one with `replace`.

    Attributes:
        policies: Arms to compare by name; each is a tuple of policies. The baseline is always there and is the empty
            one.
    """

    title: str = Field("", max_length=200)
    site: str = Field("site", max_length=40, pattern=r"^[a-z][a-z0-9_-]*$")
    start: dt.date = parameter(dt.date(2021, 1, 1), "date", None, None, "First measured day.", minimum=None)
    days: int = parameter(365, "days", 1, 3650, "Measured days.", minimum=1, maximum=10_000)
    warmup_days: int = parameter(365, "days", 14, 365, "Days before them, not measured.", minimum=0, maximum=3650)
    seeds: int = parameter(20, "seeds", 2, 1000, "Paired runs of every policy.", minimum=1, maximum=100_000)
    scale: float = parameter(
        1.0, "share", 0.01, 1, "Shrinks population and staff together; queues do not shrink exactly.",
        minimum=1e-4, maximum=1,
    )  # fmt: skip
    population: Population = Population()
    predators: Predators = Predators()
    contacts: Contacts = Contacts()
    responses: Responses = Responses()
    registration: Registration = Registration()
    retention: Retention = Retention()
    reporting: Reporting = Reporting()
    moderation: Moderation = Moderation()
    offences: tuple[Offence, ...] = Field(OFFENCES, min_length=1, max_length=32, strict=False)
    policies: dict[str, tuple[Policy, ...]] = Field({}, strict=False)

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        for arm in self.policies:
            self.changes_of(arm)
        return self

    @property
    def platform(self) -> Platform:
        """The site's own parameters."""
        return Platform(self.registration, self.retention, self.reporting, self.moderation)

    @property
    def hours(self) -> int:
        """Simulated hours of one run, warm-up included."""
        return 24 * (self.warmup_days + self.days)

    def dated(self, arm: str) -> list[Dated]:
        """Return the policies of an arm with the days on which they are in force."""
        found = self.policies[arm] if arm != BASELINE else ()
        return [
            Dated(
                policy,
                max(0, (policy.start - self.start).days) if policy.start else 0,
                (policy.end - self.start).days if policy.end else None,
            )
            for policy in found
        ]

    def rules_on(self, day: int, arm: str) -> Rules:
        """Return the rules of an arm on a day of the measured window (negative: warm-up, baseline rules)."""
        return rules_on(day, self.platform, self.dated(arm) if day >= 0 else ())

    def changes_of(self, arm: str) -> list[tuple[int, Rules]]:
        """Return (day, rules from then on) of an arm: day 0 and every later day on which its rules change.

        Raises:
            CollisionError: If policies of the arm collide.
        """
        dated = self.dated(arm)
        days = {0} | {d.first_day for d in dated} | {d.last_day for d in dated if d.last_day is not None}
        try:
            return [(day, self.rules_on(day, arm)) for day in sorted(days) if 0 <= day < self.days]
        except CollisionError as error:
            raise CollisionError(f"policy {arm!r}: {error}") from None

    def inert(self, arm: str) -> bool:
        """Tell whether an arm leaves every rule as the baseline has it on every day."""
        return all(rules == self.platform.rules for _, rules in self.changes_of(arm))

    def replace(self, **changes: Any) -> Scenario:
        """Return a checked copy with other values: ``replace(days=60, **{"reporting.friction": 0.2})``.

        Raises:
            pydantic.ValidationError: If a key is unknown or a value not allowed.
        """
        content = self.model_dump()
        content["policies"] = self.policies
        for key, value in changes.items():
            *path, last = key.split(".")
            place = content
            for part in path:
                place = place.setdefault(part, {})
            place[last] = value
        return Scenario.model_validate(content)

    def fingerprint(self) -> str:
        """Return a SHA-256 over every value that a run depends on."""
        content = self.model_dump(mode="json", exclude={"policies", "title"})
        content["policies"] = {
            arm: [[p.name, p.model_dump(mode="json")] for p in found] for arm, found in sorted(self.policies.items())
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
