"""Undercover: investigators who pose as minors."""

from sim.policies.policy import Policy, sets
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words
from sim.rules.words import plain_number


class UndercoverPolicy(Policy, name="undercover"):
    """Put decoys online: they take their share of approaches, and what they learn opens files."""

    seen_in = ("approaches_to_decoys", "cases_decoy", "arrests_decoy", "decoy_hours")

    decoys: float | None = sets("undercover.decoys")
    start_hour: int | None = sets("undercover.start_hour")
    hours: int | None = sets("undercover.hours")

    def words(self) -> Words:
        """Say in words what is changed."""
        parts: list[Words] = []
        if self.decoys is not None:
            n = Amount(self.decoys, plain_number)
            parts.append(Counted(self.decoys, Sentence("{n} decoy online", n=n), Sentence("{n} decoys online", n=n)))
        if self.start_hour is not None:
            parts.append(Sentence("decoys from {hour}:00 on", hour=self.start_hour))
        if (hours := self.hours) is not None:
            one, many = Sentence("for {n} hour a day", n=hours), Sentence("for {n} hours a day", n=hours)
            parts.append(Counted(hours, one, many))
        return Listed(tuple(parts)) if parts else Term("nothing")
