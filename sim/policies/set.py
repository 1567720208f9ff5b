"""Set: any rule of the platform by its name, for what has no policy of its own."""

from collections.abc import Sequence

from pydantic import field_validator

from sim.parameters import parameter
from sim.rules import RULES, Change, Platform, Policy


class SetPolicy(Policy, name="set"):
    """Set one rule to a value."""

    rule: str = parameter(..., "rule", None, None, "dotted name of a rule", minimum=None)
    value: float | int | bool | str = parameter(..., "unit of the rule", None, None, "its value", minimum=None)

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str) -> str:
        if rule not in RULES:
            raise ValueError(f"no rule is called {rule!r}; the rules are: {', '.join(sorted(RULES))}")
        return rule

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set the rule."""
        return [Change(self.rule, "set", self.value)]

    def words(self) -> str:
        """Say in words what is changed."""
        return f"{self.rule} = {self.value}"
