"""Reporting: how hard it is to report somebody, and what is done with a report."""

from sim.policies.policy import Policy, sets
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words
from sim.rules.words import plain_number


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

    def words(self) -> Words:
        """Say in words what is changed."""
        parts: list[Words] = []
        if self.friction is not None:
            percent = round(100 * self.friction)
            parts.append(Sentence("{percent}% of those ready to report give up", percent=percent))
        if self.rel_ready is not None:
            factor = Amount(self.rel_ready, plain_number)
            parts.append(Sentence("reports are answered (readiness x {factor})", factor=factor))
        if self.rel_false is not None:
            factor = Amount(self.rel_false, plain_number)
            parts.append(Sentence("guidance (false reports x {factor})", factor=factor))
        if self.snapshot is not None:
            copy, none = Term("a copy of the conversation kept with the report"), Term("no copy kept with the report")
            parts.append(copy if self.snapshot else none)
        if self.p_flagged is not None:
            percent = round(100 * self.p_flagged)
            parts.append(Sentence("trusted flaggers report {percent}% of what targets do not", percent=percent))
        return Listed(tuple(parts)) if parts else Term("nothing")
