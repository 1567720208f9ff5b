"""Detection: a detector that reads conversations and puts those that it flags before the moderators."""

from sim.policies.policy import Policy, sets
from sim.rules.sentences import Amount, Listed, Sentence, Words
from sim.rules.words import plain_number


class DetectionPolicy(Policy, name="detection"):
    """Let a detector read a share of contacts and of lawful conversations, and flag what it takes for a predator's.

    Flags and false alarms become dossiers like reports, and compete with them for the same staff. How many of the flags
    are right comes about: it is no level.
    """

    seen_in = (
        "detector_flags", "detector_precision", "false_alarms", "reviews", "waiting_hours", "expired",
        "predators_barred", "innocents_sanctioned", "harms_off_platform",
    )  # fmt: skip

    coverage: float = sets("detection.coverage", ...)
    p_contact: float | None = sets("detection.p_contact")
    p_engaged: float | None = sets("detection.p_engaged")
    p_private: float | None = sets("detection.p_private")
    p_false: float | None = sets("detection.p_false")

    def words(self) -> Words:
        """Say in words what is changed."""

        def percent(share: float) -> Amount:
            return Amount(100 * share, plain_number)

        parts: list[Words] = [
            Sentence("a detector reads {percent}% of conversations", percent=percent(self.coverage)),
        ]
        if self.p_contact is not None:
            parts.append(Sentence("flags {percent}% of first contacts", percent=percent(self.p_contact)))
        if self.p_engaged is not None:
            parts.append(Sentence("flags {percent}% of engaged conversations", percent=percent(self.p_engaged)))
        if self.p_private is not None:
            parts.append(Sentence("flags {percent}% of private contacts", percent=percent(self.p_private)))
        if self.p_false is not None:
            parts.append(
                Sentence("raises an alarm of {percent}% of lawful conversations", percent=percent(self.p_false))
            )
        return Listed(tuple(parts))
