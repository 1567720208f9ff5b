"""Limits: what new accounts may not do yet."""

from sim.policies.policy import Policy, sets


class LimitsPolicy(Policy, name="limits"):
    """Let an account write to strangers only once it has a certain age.

    Without accounts every visit is a new account, so that the limit binds nearly everybody, lawful users too.
    """

    seen_in = ("approaches", "hours_limited")

    cooling_off_hours: int = sets("limits.cooling_off_hours", ...)

    def words(self) -> str:
        """Say in words what is changed."""
        return f"accounts write to strangers from an age of {self.cooling_off_hours} hours on"
