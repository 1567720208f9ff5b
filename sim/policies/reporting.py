"""Reporting: how hard it is to report somebody."""

from collections.abc import Sequence

from sim.parameters import probability
from sim.rules import Change, Platform, Policy


class ReportingPolicy(Policy, name="reporting"):
    """Make reporting easier or harder: true and false reports rise or fall together."""

    seen_in = ("reported_share", "false_reports", "reviews", "predators_barred", "innocents_barred")

    friction: float = probability(..., 0.2, 0.95, "share of those ready to report who give up")  # type: ignore[arg-type]

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set the share who give up."""
        return [Change("reporting.friction", "set", self.friction)]

    def words(self) -> str:
        """Say in words what is changed."""
        return f"{self.friction:.0%} of those ready to report give up"
