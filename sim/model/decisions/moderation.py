"""The queue of dossiers and its review."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sim.model.world.draws import unit
from sim.rules.rulebook import WEEKDAYS, Rules

LEVELS: Final = 8
"""Levels of priority of a dossier: its gravity or number of reports; those of trusted flaggers stand above them all."""


def dossier_key(hour: Any, session: Any) -> Any:
    """Return the number of a person's dossier: hour of opening and age of the account's visit (63: it persists)."""
    return hour * 64 + np.where(session < 0, 63, np.minimum(hour - session, 62))


def level_of_reports(n_reports: int) -> int:
    """Return the level of priority of so many reports on one account; the highest takes all that are more."""
    return min(n_reports, LEVELS) - 1


def queue_entry(
    gravity: tuple[int, int], reports: tuple[int, int], flagged_since: int, opened: int, triage: str
) -> tuple[int, int]:
    """Return the level of priority of a dossier and the hour since which it has it, under a rule of triage.

    Args:
        gravity: Gravest stage reported, and the hour since which.
        reports: Level by number of reports, and the hour since which.
        flagged_since: Hour of a trusted flagger's first report; -1 if there is none.
        opened: Hour of the first report.
        triage: The rule.
    """
    level, since = {"gravest": gravity, "most_reported": reports}.get(triage, (0, opened))
    return (level, since) if flagged_since < 0 else (level + LEVELS, max(since, flagged_since))


def finds(word: int, predator: bool, evidence: bool, rules: Rules) -> bool:
    """Tell whether a review ends in a sanction: an offender found, or an innocent hit."""
    if predator:
        p = rules.moderation.p_find_with_evidence if evidence else rules.moderation.p_find_without_evidence
    else:
        p = 1 - (rules.moderation.p_clear_with_evidence if evidence else rules.moderation.p_clear_without_evidence)
    return bool(unit(word) < p)


def history_since(before: Any, hour: int, retention_hours: Any) -> Any:
    """Return the oldest hour whose messages are still kept: deletion is final, whatever the rule later."""
    return np.maximum(before, hour - retention_hours + 1)


def capacity_milli(rules: Rules, hour_of_week: Any, scale: float) -> Any:
    """Return thousandths of a review that the staff can do in an hour of the week."""
    milli = moderators(rules, hour_of_week, scale) * rules.moderation.reviews_per_hour * 1000
    return np.rint(milli).astype(np.int64)


def moderators(rules: Rules, hour_of_week: Any, scale: float) -> Any:
    """Return the heads on shift in an hour of the week."""
    return rules.moderation.staff * scale * on_shift(rules, hour_of_week)


def on_shift(rules: Rules, hour_of_week: Any) -> Any:
    """Tell whether an hour lies in a shift: one that begins on a day of shifts, and may last into the next day.

    Args:
        rules: Rules of the day on which the hour falls.
        hour_of_week: Counted from the midnight before Monday.
    """
    begins = np.array([day in rules.moderation.shift_days for day in WEEKDAYS])
    latest, since = np.divmod((hour_of_week - rules.moderation.shift_start_hour) % 168, 24)
    return begins[latest] & (since < rules.moderation.shift_hours)
