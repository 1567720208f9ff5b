"""Sanctions: what somebody gets whom a review finds."""

from sim.policies.policy import Policy, sets
from sim.rules.rulebook import Binds


class SanctionsPolicy(Policy, name="sanctions"):
    """Sanction by a ladder of warnings and suspensions before the ban, and let bans bind more than the account.

    Without accounts a bar ends with the visit unless the device is recognised, and strikes die with the visit too.
    """

    seen_in = (
        "predators_warned", "predators_barred", "returns", "innocents_sanctioned", "user_days_barred", "hours_barred",
        "predator_hours",
    )  # fmt: skip

    ladder_hours: tuple[int, ...] | None = sets("sanctions.ladder_hours")
    binds: Binds | None = sets("sanctions.binds")

    def words(self) -> str:
        """Say in words what is changed."""
        parts = []
        if self.ladder_hours is not None:
            rungs = ["a warning" if hours == 0 else f"{hours} hours" for hours in self.ladder_hours]
            parts.append(f"sanctions in turn: {', '.join([*rungs, 'a ban'])}")
        if self.binds is not None:
            parts.append(f"bans bind the {self.binds}")
        return ", ".join(parts) or "nothing"
