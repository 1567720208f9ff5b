"""How a mechanism is held as in the baseline while a policy is in force: what the policy would do without it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic import SerializeAsAny

from sim.policies.policy import Change, Policy
from sim.rules.mechanisms import Mechanism
from sim.rules.rulebook import Platform, rules_through


class Held(Policy):
    """A policy with some rules left as they are: what it would do without the mechanisms to which they belong."""

    of: SerializeAsAny[Policy]
    rules: tuple[str, ...]

    @property
    def steps(self) -> Sequence[int]:
        """Those of the policy."""
        return self.of.steps

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Return the policy's changes of other rules."""
        return self.changes_after(platform, 0)

    def changes_after(self, platform: Platform, days: int) -> Sequence[Change]:
        """Return the policy's changes of other rules so many days after its start."""
        return [change for change in self.of.changes_after(platform, days) if change.rule not in self.rules]

    def words(self) -> str:
        """Say in words what is changed."""
        return f"{self.of.words()}, without {', '.join(self.rules)}"


def held(policies: Collection[Policy], mechanisms: Collection[Mechanism]) -> tuple[Policy, ...]:
    """Return the policies of an arm with mechanisms held as in the baseline."""
    rules = tuple(rule for mechanism in mechanisms if not mechanism.switch for rule in rules_through(mechanism))
    return tuple(Held(of=policy, rules=rules, start=policy.start, end=policy.end) for policy in policies)
