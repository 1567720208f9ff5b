"""Warnings: the site tells its users about the danger; what they have heard fades."""

from collections.abc import Sequence

from sim.policies.policy import Change, Policy, sets
from sim.rules.declare import probability
from sim.rules.rulebook import Platform
from sim.rules.sentences import Amount, Sentence
from sim.rules.words import plain_number

_LONGEST_WEEKS = 1500  # longer than any run
_FORGOTTEN = 0.01  # of the effect: from then on nothing is left of it


class WarningsPolicy(Policy, name="warnings"):
    """Warn users once, at the start: those reached recognise a contact sooner, less so from week to week.

    Reach, effect and fading are assumptions; by default about 7% of the effect is left after twelve weeks.
    """

    seen_in = ("reported_share", "sought_again", "private_contacts")

    p_reached: float = sets("warnings.p_reached", ...)
    rel_recognise: float = sets("warnings.rel_recognise", 1.5)
    p_kept_per_week: float = probability(0.8, 0.6, 1, "share of the effect that is left a week later")

    @property
    def steps(self) -> Sequence[int]:
        """The days after the start on which the effect gets smaller."""
        left, weeks = self.p_kept_per_week, 1
        while _FORGOTTEN < left < 1 and weeks < _LONGEST_WEEKS:
            left, weeks = left * self.p_kept_per_week, weeks + 1
        return range(7, 7 * weeks + 1, 7) if self.p_kept_per_week < 1 else ()

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set whom warnings reach and what they do to them at first."""
        return self.changes_after(platform, 0)

    def changes_after(self, platform: Platform, days: int) -> Sequence[Change]:
        """Set whom warnings reach and what is left of their effect."""
        left = 1.0
        for _ in range(days // 7):
            left *= self.p_kept_per_week
        if left < _FORGOTTEN:
            left = 0.0
        rel_recognise = round(1 + (self.rel_recognise - 1) * left, 6)
        return [
            Change("warnings.p_reached", "set", self.p_reached),
            Change("warnings.rel_recognise", "set", rel_recognise),
        ]

    def words(self) -> Sentence:
        """Say in words what is changed."""
        return Sentence(
            "warnings reach {reached}% of users, who recognise {factor} times as readily; {kept}% of that is left each "
            "week",
            reached=round(100 * self.p_reached),
            factor=Amount(self.rel_recognise, plain_number),
            kept=round(100 * self.p_kept_per_week),
        )
