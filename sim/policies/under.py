"""An arm with numbers of its own: what a policy does where it meets other numbers than those of the scenario."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic import SerializeAsAny

from sim.policies.policy import Change, Policy
from sim.rules.rulebook import Platform


class Under(Policy):
    """A policy as it is under other numbers of the platform than the scenario's.

    The baseline keeps the scenario's numbers. So arms that differ in what only policies read, such as what a level of
    registration does that the baseline is not at, share one step loop with its warm-up and its baseline.
    """

    of: SerializeAsAny[Policy]
    platform: Platform

    @property
    def steps(self) -> Sequence[int]:
        """Those of the policy."""
        return self.of.steps

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Return the policy's changes under the other numbers."""
        return self.changes_after(platform, 0)

    def changes_after(self, platform: Platform, days: int) -> Sequence[Change]:
        """Return the policy's changes under the other numbers so many days after its start."""
        return self.of.changes_after(self.platform, days)

    def words(self) -> str:
        """Say in words what is changed."""
        return f"{self.of.words()}, under other numbers"


def under(policies: Collection[Policy], platform: Platform) -> tuple[Policy, ...]:
    """Return the policies of an arm under numbers of its own."""
    return tuple(Under(of=policy, platform=platform, start=policy.start, end=policy.end) for policy in policies)
