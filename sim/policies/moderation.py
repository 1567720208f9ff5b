"""Moderation: who reads the reports, when, in which order and how well."""

from collections.abc import Sequence

from pydantic import field_validator

from sim.policies.policy import Change, Policy
from sim.rules.declare import names_in_order, parameter, probability
from sim.rules.parameters import Triage, Weekday, days_in_order, days_in_words
from sim.rules.rulebook import Platform

_SKILLS = (
    "p_find_with_evidence", "p_find_without_evidence", "p_clear_with_evidence", "p_clear_without_evidence",
)  # fmt: skip


class ModerationPolicy(Policy, name="moderation"):
    """Change staff, shifts, speed, triage or training; what is left out stays as it is.

    Staff are heads on shift at the same time, not employees: `python -m sim policies FILE` says what they come to.
    """

    seen_in = (
        "staff_busy_share", "reviews", "waiting_hours", "expired", "predators_barred", "innocents_sanctioned",
        "moderator_hours",
    )  # fmt: skip

    staff: float | None = parameter(
        None, "moderators", 0, 20, "heads on shift at the same time, for the whole site", maximum=10_000
    )
    shift_start_hour: int | None = parameter(None, "hour of the day", 0, 23, "when a shift begins", maximum=23)
    shift_hours: int | None = parameter(None, "hours", 4, 24, "length of a shift, which may pass midnight", maximum=24)
    shift_days: tuple[Weekday, ...] | None = names_in_order(None, "days of the week", "days on which a shift begins")
    reviews_per_hour: float | None = parameter(None, "reviews", 3, 40, "per moderator and hour", maximum=10_000)
    triage: Triage | None = parameter(
        None, "rule", None, None, "oldest, newest, gravest or most_reported first", minimum=None
    )
    training: float | None = probability(None, 0, 0.6, "share of the errors of reviews that training removes")  # type: ignore[arg-type]

    _in_order = field_validator("shift_days")(days_in_order)

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set whatever was given; training moves every skill of the baseline's staff so far towards faultless."""
        given = {k: v for k, v in self if k not in ("start", "end", "training") and v is not None}
        if self.training is not None:
            for skill in _SKILLS:
                p = getattr(platform.moderation, skill)
                given[skill] = round(p + (1 - p) * self.training, 9)
        return [Change(f"moderation.{name}", "set", value) for name, value in given.items()]

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
