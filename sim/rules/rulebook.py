"""The rulebook of a platform: every number that it can set, as the engines read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from sim.rules.declare import Parameter, Section, declared
from sim.rules.parameters import (
    SECTIONS,
    Binds,
    Entry,
    Limits,
    Moderation,
    Registration,
    Reporting,
    Retention,
    Sanctions,
    Triage,
    Warnings,
    Weekday,
)

Value = float | int | bool | str | tuple[int, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """Every number that a platform can set, on one day. Field names are rule names with ``_`` for the first dot."""

    registration_friction_user: float
    registration_friction_predator: float
    registration_p_return: float
    registration_return_delay_hours: float
    registration_findability: float
    registration_accounts_persist: bool
    registration_p_device_recognised: float
    registration_device_known_days: float
    retention_message_hours: int
    reporting_friction: float
    reporting_rel_ready: float
    reporting_rel_false: float
    reporting_snapshot: bool
    reporting_p_flagged: float
    moderation_staff: float
    moderation_shift_start_hour: int
    moderation_shift_hours: int
    moderation_shift_days: tuple[Weekday, ...]
    moderation_reviews_per_hour: float
    moderation_triage: Triage
    moderation_dossier_expiry_hours: int
    moderation_p_find_with_evidence: float
    moderation_p_find_without_evidence: float
    moderation_p_clear_with_evidence: float
    moderation_p_clear_without_evidence: float
    sanctions_ladder_hours: tuple[int, ...]
    sanctions_binds: Binds
    sanctions_rel_return_device: float
    sanctions_rel_return_identity: float
    sanctions_rel_recognised_device: float
    warnings_p_reached: float
    warnings_rel_recognise: float
    limits_cooling_off_hours: int


@dataclass(frozen=True)
class Platform:
    """The parameters of the site as the baseline has it."""

    registration: Registration
    retention: Retention
    reporting: Reporting
    moderation: Moderation
    sanctions: Sanctions
    warnings: Warnings
    limits: Limits

    @cached_property
    def rules(self) -> Rules:
        """The rulebook of the baseline."""
        parts: dict[str, Any] = {f"registration_{k}": v for k, v in self.registration.entry}
        for name in ("p_device_recognised", "device_known_days"):
            parts[f"registration_{name}"] = getattr(self.registration, name)
        for section in fields(self):
            if section.name != "registration":
                parts |= {f"{section.name}_{k}": v for k, v in getattr(self, section.name)}
        return Rules(**parts)


def rule_name(field: str) -> str:
    """Return the dotted name of a field of `Rules`: ``retention.message_hours``."""
    return field.replace("_", ".", 1)


FIELDS = tuple((field.name, rule_name(field.name)) for field in fields(Rules))
"""Field of `Rules` and name of the rule, of each."""


def _declared_rules() -> dict[str, Parameter]:
    sections: dict[str, type[Section]] = {
        "registration": Entry,
        "retention": Retention,
        "reporting": Reporting,
        "moderation": Moderation,
        "sanctions": Sanctions,
        "warnings": Warnings,
        "limits": Limits,
    }
    known = {p.key: p for p in declared(sections)} | {p.key: p for p in declared({"registration": Registration})}
    return {rule: known[rule] for _, rule in FIELDS}


RULES: dict[str, Parameter] = _declared_rules()
"""Declaration (unit, range, meaning) of every rule by its dotted name."""


LEVEL = "registration.level"
"""Swept like a rule: a point is the registration policy of that level."""

SWEPT: dict[str, Parameter] = RULES | {p.key: p for p in declared(SECTIONS) if p.key == LEVEL}
"""What a sweep can go over: every rule that a policy can set, and the level of registration."""


def as_rules_take(over: Mapping[str, Sequence[Value]]) -> dict[str, tuple[Value, ...]]:
    """Return the values as the rules take them, numbers in rising order."""

    def one(key: str, value: Value) -> Value:
        return float(value) if SWEPT[key].type is float and isinstance(value, int | float) else value

    return {
        key: tuple(one(key, v) for v in (sorted(values) if SWEPT[key].type in (int, float) else values))
        for key, values in over.items()
    }
