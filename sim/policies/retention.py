"""Retention: how long messages are kept."""

from sim.policies.policy import Policy, sets


class RetentionPolicy(Policy, name="retention"):
    """Keep messages for a number of hours, so that a review may find them still there. Deletion is final."""

    seen_in = ("evidence_share", "predators_barred", "history_kept")

    message_hours: int = sets("retention.message_hours", ..., low=1, high=8760)

    def words(self) -> str:
        """Say in words what is changed."""
        return f"messages kept for {self.message_hours} hours"
