"""Sanctions: what somebody gets whom a review finds."""

from collections.abc import Mapping

from sim.policies.policy import Policy, sets
from sim.rules.rulebook import Binds
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words

_BOUND: Mapping[Binds, Term] = {
    "account": Term("bans bind the account"),
    "device": Term("bans bind the device"),
    "identity": Term("bans bind the identity"),
}


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

    def words(self) -> Words:
        """Say in words what is changed."""
        parts: list[Words] = []
        if self.ladder_hours is not None:
            rungs = Listed((*map(_rung, self.ladder_hours), Term("a ban")))
            parts.append(Sentence("sanctions in turn: {rungs}", rungs=rungs))
        if self.binds is not None:
            parts.append(_BOUND[self.binds])
        return Listed(tuple(parts)) if parts else Term("nothing")


def _rung(hours: int) -> Words:
    """Return what a rung of the ladder is."""
    if not hours:
        return Term("a warning")
    return Counted(hours, Sentence("{hours} hour", hours=hours), Sentence("{hours} hours", hours=hours))
