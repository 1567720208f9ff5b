"""Retention: how long messages are kept."""

from sim.policies.policy import Policy, sets
from sim.rules.sentences import Counted, Sentence


class RetentionPolicy(Policy, name="retention"):
    """Keep messages for a number of hours, so that a review may find them still there. Deletion is final."""

    seen_in = ("evidence_share", "predators_barred", "history_kept")

    message_hours: int = sets("retention.message_hours", ..., low=1, high=8760)

    def words(self) -> Counted:
        """Say in words what is changed."""
        n = self.message_hours
        return Counted(n, Sentence("messages kept for {n} hour", n=n), Sentence("messages kept for {n} hours", n=n))
