"""Limits: who may not write to whom."""

from sim.policies.policy import Policy, sets
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words


class LimitsPolicy(Policy, name="limits"):
    """Let an account write to strangers only once it has a certain age, or keep adults from writing to minors.

    Without accounts every visit is a new account, so that a limit on new ones binds nearly everybody, lawful users too.
    Who is taken for a minor is what age assurance says (lever `age`): under none nobody is.
    """

    seen_in = ("approaches", "hours_limited", "conversations_barred")

    cooling_off_hours: int | None = sets("limits.cooling_off_hours", None)
    adults_to_minors: bool | None = sets("limits.adults_to_minors", None)

    def words(self) -> Words:
        """Say in words what is changed."""
        parts: list[Words] = []
        if self.cooling_off_hours is not None:
            n = self.cooling_off_hours
            parts.append(
                Counted(
                    n,
                    Sentence("accounts write to strangers from an age of {n} hour on", n=n),
                    Sentence("accounts write to strangers from an age of {n} hours on", n=n),
                )
            )
        if self.adults_to_minors is not None:
            may = self.adults_to_minors
            parts.append(Term("adults may write to minors") if may else Term("no messages from adults to known minors"))
        return parts[0] if len(parts) == 1 else Listed(tuple(parts)) if parts else Term("limits as before")
