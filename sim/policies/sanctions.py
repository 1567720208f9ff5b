"""Sanctions: what somebody gets whom a review finds."""

from collections.abc import Sequence

from sim.policies.policy import Change, Policy
from sim.rules.declare import parameter, whole_numbers
from sim.rules.parameters import Binds
from sim.rules.rulebook import Platform


class SanctionsPolicy(Policy, name="sanctions"):
    """Sanction by a ladder of warnings and suspensions before the ban, and let bans bind more than the account.

    Without accounts a bar ends with the visit unless the device is recognised, and strikes die with the visit too.
    """

    seen_in = (
        "predators_warned", "predators_barred", "returns", "innocents_sanctioned", "user_days_barred", "hours_barred",
        "predator_hours",
    )  # fmt: skip

    ladder_hours: tuple[int, ...] | None = whole_numbers(
        None, "hours, rung by rung", "0 is a warning, more a suspension; the ban comes after the last",
        maximum=100_000, most=20, rises=True,
    )  # fmt: skip
    binds: Binds | None = parameter(None, "what it binds", None, None, "account, device or identity", minimum=None)

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set whatever was given."""
        given = {"ladder_hours": self.ladder_hours, "binds": self.binds}
        return [Change(f"sanctions.{name}", "set", value) for name, value in given.items() if value is not None]

    def words(self) -> str:
        """Say in words what is changed."""
        parts = []
        if self.ladder_hours is not None:
            rungs = ["a warning" if hours == 0 else f"{hours} hours" for hours in self.ladder_hours]
            parts.append(f"sanctions in turn: {', '.join([*rungs, 'a ban'])}")
        if self.binds is not None:
            parts.append(f"bans bind the {self.binds}")
        return ", ".join(parts) or "nothing"
