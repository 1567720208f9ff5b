"""Limits: what new accounts may not do yet."""

from collections.abc import Sequence

from sim.policies.policy import Change, Policy
from sim.rules.declare import parameter
from sim.rules.rulebook import Platform


class LimitsPolicy(Policy, name="limits"):
    """Let an account write to strangers only once it has a certain age.

    Without accounts every visit is a new account, so that the limit binds nearly everybody, lawful users too.
    """

    seen_in = ("approaches", "hours_limited")

    cooling_off_hours: int = parameter(..., "hours", 0, 168, "age before the first word to a stranger", maximum=8760)

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set the hours."""
        return [Change("limits.cooling_off_hours", "set", self.cooling_off_hours)]

    def words(self) -> str:
        """Say in words what is changed."""
        return f"accounts write to strangers from an age of {self.cooling_off_hours} hours on"
