"""Policies altered: what one would do without some of its rules, or where it meets numbers of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from pydantic import SerializeAsAny

from sim.policies.policy import Change, Policy
from sim.rules.mechanisms import Mechanism
from sim.rules.rulebook import Platform, rules_through
from sim.rules.sentences import Listed, Sentence, Words


class Altered(Policy):
    """Another policy, altered while it is in force."""

    of: SerializeAsAny[Policy]

    @property
    def steps(self) -> Sequence[int]:
        """Those of the policy."""
        return self.of.steps

    def said(self) -> Words:
        """Say in words what is changed: the policy says on which site."""
        return self.words()

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Return the changes on the first day."""
        return self.changes_after(platform, 0)


class Held(Altered):
    """A policy with some rules left as they are: what it would do without the mechanisms to which they belong."""

    rules: tuple[str, ...]

    def changes_after(self, platform: Platform, days: int) -> Sequence[Change]:
        """Return the policy's changes of other rules so many days after its start."""
        return [change for change in self.of.changes_after(platform, days) if change.rule not in self.rules]

    def words(self) -> Sentence:
        """Say in words what is changed."""
        return Sentence("{policy}, without {rules}", policy=self.of.said(), rules=Listed(self.rules))


class Under(Altered):
    """A policy as it is under other numbers of the platform than the scenario's: what an arm has of its own.

    The baseline keeps the scenario's numbers. So arms that differ in what only policies read, such as what a level of
    registration does that the baseline is not at, share one step loop with its warm-up and its baseline.
    """

    platform: Platform

    def changes_after(self, platform: Platform, days: int) -> Sequence[Change]:
        """Return the policy's changes under the other numbers so many days after its start."""
        return self.of.changes_after(self.platform, days)

    def words(self) -> Sentence:
        """Say in words what is changed."""
        return Sentence("{policy}, under other numbers", policy=self.of.said())


def held(policies: Collection[Policy], mechanisms: Collection[Mechanism]) -> tuple[Policy, ...]:
    """Return the policies of an arm with mechanisms held as in the baseline."""
    rules = tuple(rule for mechanism in mechanisms if not mechanism.switch for rule in rules_through(mechanism))
    return tuple(Held(of=policy, rules=rules, **_when_and_where(policy)) for policy in policies)


def under(policies: Collection[Policy], platform: Platform) -> tuple[Policy, ...]:
    """Return the policies of an arm under numbers of its own."""
    return tuple(Under(of=policy, platform=platform, **_when_and_where(policy)) for policy in policies)


def _when_and_where(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in Policy.model_fields}
