"""Moderation: who reads the reports, when, in which order and how well."""

from collections.abc import Mapping, Sequence

from pydantic import field_validator

from sim.policies.policy import Change, Policy, sets
from sim.rules.declare import probability
from sim.rules.mechanisms import SKILL
from sim.rules.rulebook import Platform, Triage, Weekday, days_in_order, rules_through
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words
from sim.rules.words import days_in_words, plain_number

_SKILLS = rules_through(SKILL)
"""Rules that training moves."""

_FIRST: Mapping[Triage, Term] = {
    "oldest": Term("oldest dossier first"),
    "newest": Term("newest dossier first"),
    "gravest": Term("gravest dossier first"),
    "most_reported": Term("most reported dossier first"),
}


class ModerationPolicy(Policy, name="moderation"):
    """Change staff, shifts, speed, triage or training; what is left out stays as it is.

    Staff are heads on shift at the same time, not employees: `python -m sim policies FILE` says what they come to.
    """

    seen_in = (
        "staff_busy_share", "reviews", "waiting_hours", "expired", "predators_barred", "innocents_sanctioned",
        "moderator_hours",
    )  # fmt: skip

    staff: float | None = sets("moderation.staff")
    shift_start_hour: int | None = sets("moderation.shift_start_hour")
    shift_hours: int | None = sets("moderation.shift_hours")
    shift_days: tuple[Weekday, ...] | None = sets("moderation.shift_days")
    reviews_per_hour: float | None = sets("moderation.reviews_per_hour")
    triage: Triage | None = sets("moderation.triage")
    training: float | None = probability(None, 0, 0.6, "share of the errors of reviews that training removes")  # type: ignore[arg-type]

    _in_order = field_validator("shift_days")(days_in_order)

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set whatever was given; training moves every skill of the baseline's staff so far towards faultless."""
        changes = [*super().changes(platform)]
        if self.training is not None:
            for skill in _SKILLS:
                p = platform.rules.value_of(skill)
                changes.append(Change(skill, "set", round(p + (1 - p) * self.training, 9)))
        return changes

    def words(self) -> Words:
        """Say in words what is changed."""
        parts: list[Words] = []
        if self.staff is not None:
            n = Amount(self.staff, plain_number)
            one, many = Sentence("{n} moderator on shift", n=n), Sentence("{n} moderators on shift", n=n)
            parts.append(Counted(self.staff, one, many))
        if (hours := self.shift_hours) is not None:
            one, many = (
                Sentence("shifts of {hours} hour", hours=hours),
                Sentence("shifts of {hours} hours", hours=hours),
            )
            parts.append(Counted(hours, one, many))
        if self.shift_start_hour is not None:
            parts.append(Sentence("shifts from {hour}:00 on", hour=self.shift_start_hour))
        if self.shift_days is not None:
            parts.append(Sentence("shifts {days}", days=days_in_words(self.shift_days)))
        if self.reviews_per_hour is not None:
            parts.append(Sentence("{n} reviews an hour each", n=Amount(self.reviews_per_hour, plain_number)))
        if self.triage is not None:
            parts.append(_FIRST[self.triage])
        if self.training is not None:
            parts.append(Sentence("training removes {percent}% of errors", percent=round(100 * self.training)))
        return Listed(tuple(parts)) if parts else Term("nothing")
