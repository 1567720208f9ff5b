"""Moderation: who reads the reports, when, in which order and how well."""

from collections.abc import Sequence

from pydantic import field_validator

from sim.policies.policy import Change, Policy, sets
from sim.rules.declare import probability
from sim.rules.mechanisms import SKILL
from sim.rules.rulebook import Platform, Triage, Weekday, days_in_order, days_in_words, rules_through

_SKILLS = rules_through(SKILL)
"""Rules that training moves."""


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

    def words(self) -> str:
        """Say in words what is changed."""
        first = {"most_reported": "most reported"}.get(self.triage or "", self.triage)
        parts = {
            "staff": f"{self.staff:g} moderator{'s' * (self.staff != 1)} on shift" if self.staff is not None else "",
            "shift": f"shifts of {self.shift_hours} hours" if self.shift_hours is not None else "",
            "start": f"shifts from {self.shift_start_hour}:00 on" if self.shift_start_hour is not None else "",
            "days": f"shifts {days_in_words(self.shift_days)}" if self.shift_days is not None else "",
            "speed": f"{self.reviews_per_hour:g} reviews an hour each" if self.reviews_per_hour is not None else "",
            "triage": f"{first} dossier first" if self.triage else "",
            "training": f"training removes {self.training:.0%} of errors" if self.training is not None else "",
        }
        return ", ".join(p for p in parts.values() if p) or "nothing"
