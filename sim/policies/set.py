"""Set: any rule of the platform by its name, for what has no policy of its own."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationInfo, field_validator

from sim.policies.policy import Change, Policy
from sim.rules.declare import parameter
from sim.rules.errors import short, shown, suggestion
from sim.rules.hints import hint
from sim.rules.rulebook import RULES, Platform, Value
from sim.rules.sentences import Listed, Sentence, WordsError, paragraph


class SetPolicy(Policy, name="set"):
    """Set one rule to a value."""

    rule: str = parameter(..., "rule", None, None, "dotted name of a rule", minimum=None)
    value: Value = parameter(..., "unit of the rule", None, None, "what the rule accepts", minimum=None)

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str) -> str:
        if rule not in RULES:
            raise WordsError(
                Sentence(
                    "no rule is called {name}. {meant}The rules are: {known}.",
                    name=short(rule), meant=suggestion(rule, [*RULES]), known=Listed(tuple(RULES)),
                )
            )  # fmt: skip
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
            refusal = Sentence(
                "{given} is not allowed for {rule}. It takes {taken}.",
                given=shown(value, exactly=True), rule=rule.key, taken=rule.accepts,
            )  # fmt: skip
            raise WordsError(paragraph(refusal, hint(value, rule)))
        return float(value) if rule.type is float else value

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set the rule."""
        return [Change(self.rule, "set", self.value)]

    def words(self) -> str:
        """Say in words what is changed."""
        return f"{self.rule} = {self.value}"
