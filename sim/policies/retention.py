"""Retention: how long messages are kept."""

from collections.abc import Sequence

from sim.policies.policy import Change, Policy
from sim.rules.declare import parameter
from sim.rules.rulebook import Platform


class RetentionPolicy(Policy, name="retention"):
    """Keep messages for a number of hours, so that a review may find them still there. Deletion is final."""

    seen_in = ("evidence_share", "predators_barred", "history_kept")

    message_hours: int = parameter(..., "hours", 1, 8760, "messages are kept for so many hours", maximum=1_000_000)

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set the hours."""
        return [Change("retention.message_hours", "set", self.message_hours)]

    def words(self) -> str:
        """Say in words what is changed."""
        return f"messages kept for {self.message_hours} hours"
