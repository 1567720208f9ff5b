"""Set: any rule of the platform by its name, for what has no policy of its own."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationInfo, field_validator

from sim.policies.policy import Change, Policy
from sim.rules.declare import parameter
from sim.rules.errors import short, shown, suggestion
from sim.rules.hints import hint
from sim.rules.rulebook import RULES, Platform, Value


class SetPolicy(Policy, name="set"):
    """Set one rule to a value."""

    rule: str = parameter(..., "rule", None, None, "dotted name of a rule", minimum=None)
    value: Value = parameter(..., "unit of the rule", None, None, "what the rule accepts", minimum=None)

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str) -> str:
        if rule not in RULES:
            meant = suggestion(rule, [*RULES])
            raise ValueError(f"no rule is called {short(rule)}. {meant}The rules are: {', '.join(RULES)}")
        return rule

    @field_validator("value", mode="plain")
    @classmethod
    def _allowed(cls, value: Any, info: ValidationInfo) -> Any:
        rule = RULES.get(info.data.get("rule", ""))
        if rule is None:
            return value
        if isinstance(value, list):
            value = tuple(value)
        if not rule.allows(value):
            given = shown(value, exactly=True)
            raise ValueError(f"{given} is not allowed for {rule.key}. It takes {rule.accepts}{hint(value, rule)}")
        return float(value) if rule.type is float else value

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set the rule."""
        return [Change(self.rule, "set", self.value)]

    def words(self) -> str:
        """Say in words what is changed."""
        return f"{self.rule} = {self.value}"
