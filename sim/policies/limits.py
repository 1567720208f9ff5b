"""Limits: what new accounts may not do yet."""

from sim.policies.policy import Policy, sets
from sim.rules.sentences import Counted, Sentence


class LimitsPolicy(Policy, name="limits"):
    """Let an account write to strangers only once it has a certain age.

    Without accounts every visit is a new account, so that the limit binds nearly everybody, lawful users too.
    """

    seen_in = ("approaches", "hours_limited")

    cooling_off_hours: int = sets("limits.cooling_off_hours", ...)

    def words(self) -> Counted:
        """Say in words what is changed."""
        n = self.cooling_off_hours
        return Counted(
            n,
            Sentence("accounts write to strangers from an age of {n} hour on", n=n),
            Sentence("accounts write to strangers from an age of {n} hours on", n=n),
        )
