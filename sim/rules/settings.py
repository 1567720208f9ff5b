"""Every setting of the model: what is known of the world, and what the platform sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.rules.age import AgeAssurance
from sim.rules.declare import Parameter, Section, declared
from sim.rules.parameters import World
from sim.rules.registration import Registration
from sim.rules.rulebook import RULES, Rulebook, Value


class Settings(Rulebook[Registration, AgeAssurance], World):
    """The sections of a scenario file that hold parameters of the model, in order: the world's, then the platform's."""

    registration: Registration = Registration()
    age: AgeAssurance = AgeAssurance()


SECTIONS: dict[str, type[Section]] = {name: type(field.default) for name, field in Settings.model_fields.items()}
"""Those sections by name."""

SETTINGS: dict[str, Parameter] = {parameter.key: parameter for parameter in declared(SECTIONS)}
"""Declaration of every setting by its dotted name."""

LEVELS = ("registration.level", "age.level")
"""Swept like rules: a point is the policy of that level."""

SWEPT: dict[str, Parameter] = RULES | {level: SETTINGS[level] for level in LEVELS}
"""What a sweep can go over: every rule that a policy can set, and the levels of registration and age assurance."""


def as_rules_take(over: Mapping[str, Sequence[Value]]) -> dict[str, tuple[Value, ...]]:
    """Return the values as the rules take them, numbers in rising order."""

    def one(key: str, value: Value) -> Value:
        return float(value) if SWEPT[key].type is float and isinstance(value, int | float) else value

    return {
        key: tuple(one(key, v) for v in (sorted(values) if SWEPT[key].type in (int, float) else values))
        for key, values in over.items()
    }
