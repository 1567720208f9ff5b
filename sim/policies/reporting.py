"""Reporting: how hard it is to report somebody, and what is done with a report."""

from collections.abc import Sequence

from sim.policies.policy import Change, Policy
from sim.rules.declare import parameter, probability
from sim.rules.rulebook import Platform


class ReportingPolicy(Policy, name="reporting"):
    """Make reporting easier or harder, answer reports, guide those who report, keep a copy, trust flaggers.

    Less friction raises true and false reports alike. What answers and guidance do are assumptions put in here.
    """

    seen_in = (
        "reported_share", "false_reports", "flagged", "reviews", "evidence_share", "predators_barred",
        "innocents_sanctioned", "snapshots_kept",
    )  # fmt: skip

    friction: float | None = probability(None, 0.2, 0.95, "share of those ready to report who give up")  # type: ignore[arg-type]
    rel_ready: float | None = parameter(
        None, "factor", 1, 1.5, "readiness to report of users whose reports are answered", maximum=3
    )
    rel_false: float | None = parameter(None, "factor", 0.5, 1, "false reports under a form with guidance", maximum=1)
    snapshot: bool | None = parameter(None, "yes or no", None, None, "keep a copy with the report", minimum=None)
    p_flagged: float | None = probability(None, 0, 0.02, "unreported contacts that trusted flaggers report")  # type: ignore[arg-type]

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set whatever was given."""
        given = {k: v for k, v in self if k not in ("start", "end") and v is not None}
        return [Change(f"reporting.{name}", "set", value) for name, value in given.items()]

    def words(self) -> str:
        """Say in words what is changed."""
        parts = {
            f"{self.friction or 0:.0%} of those ready to report give up": self.friction is not None,
            f"reports are answered (readiness x {self.rel_ready or 0:g})": self.rel_ready is not None,
            f"guidance (false reports x {self.rel_false or 0:g})": self.rel_false is not None,
            "a copy of the conversation kept with the report": bool(self.snapshot),
            "no copy kept with the report": self.snapshot is False,
            f"trusted flaggers report {self.p_flagged or 0:.0%} of what targets do not": self.p_flagged is not None,
        }
        return ", ".join(words for words, given in parts.items() if given) or "nothing"
