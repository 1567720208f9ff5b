"""Moderation: who reads the reports, when and in which order."""

from collections.abc import Sequence

from sim.parameters import Triage, parameter
from sim.rules import Change, Platform, Policy


class ModerationPolicy(Policy, name="moderation"):
    """Change staff, shift, speed or triage; what is left out stays as it is."""

    seen_in = ("reviews", "waiting_hours", "expired", "predators_barred", "innocents_barred", "moderator_hours")

    staff: float | None = parameter(None, "moderators", 0, 20, "heads for the whole site", maximum=10_000)
    shift_start_hour: int | None = parameter(None, "hour of the day", 0, 23, "when the shift begins", maximum=23)
    shift_hours: int | None = parameter(None, "hours a day", 4, 24, "length of the shift", maximum=24)
    reviews_per_hour: float | None = parameter(None, "reviews", 5, 40, "per moderator and hour", maximum=10_000)
    triage: Triage | None = parameter(None, "rule", None, None, "oldest or gravest first", minimum=None)

    def changes(self, platform: Platform) -> Sequence[Change]:
        """Set whatever was given."""
        given = {k: v for k, v in self if k not in ("start", "end") and v is not None}
        return [Change(f"moderation.{name}", "set", value) for name, value in given.items()]

    def words(self) -> str:
        """Say in words what is changed."""
        parts = {
            "staff": f"{self.staff:g} moderator{'s' * (self.staff != 1)}" if self.staff is not None else "",
            "shift": f"a shift of {self.shift_hours} hours" if self.shift_hours is not None else "",
            "start": f"a shift from hour {self.shift_start_hour}" if self.shift_start_hour is not None else "",
            "speed": f"{self.reviews_per_hour:g} reviews an hour each" if self.reviews_per_hour is not None else "",
            "triage": f"{self.triage} dossier first" if self.triage else "",
        }
        return ", ".join(p for p in parts.values() if p) or "nothing"
