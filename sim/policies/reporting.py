"""Reporting: how hard it is to report somebody, and what is done with a report."""

from sim.policies.policy import Policy, sets


class ReportingPolicy(Policy, name="reporting"):
    """Make reporting easier or harder, answer reports, guide those who report, keep a copy, trust flaggers.

    Less friction raises true and false reports alike. What answers and guidance do are assumptions put in here.
    """

    seen_in = (
        "reported_share", "false_reports", "flagged", "reviews", "evidence_share", "predators_barred",
        "innocents_sanctioned", "snapshots_kept",
    )  # fmt: skip

    friction: float | None = sets("reporting.friction")
    rel_ready: float | None = sets("reporting.rel_ready")
    rel_false: float | None = sets("reporting.rel_false")
    snapshot: bool | None = sets("reporting.snapshot")
    p_flagged: float | None = sets("reporting.p_flagged")

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
