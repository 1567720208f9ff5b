"""Logs: how long connection logs are kept, apart from messages."""

from sim.policies.policy import Policy, sets
from sim.rules.sentences import Counted, Sentence


class LogsPolicy(Policy, name="logs"):
    """Keep connection logs for a number of hours, so that a request of the police may find them still there.

    Logs are personal data of everybody: what is kept is counted as a price in privacy. Deletion is final.
    """

    seen_in = ("data_at_answer", "identifications", "arrests", "logs_kept")

    log_hours: int = sets("retention.log_hours", ..., low=3, high=8760)

    def words(self) -> Counted:
        """Say in words what is changed."""
        n = self.log_hours
        return Counted(
            n, Sentence("connection logs kept for {n} hour", n=n), Sentence("connection logs kept for {n} hours", n=n)
        )
