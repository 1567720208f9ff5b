"""The queue of dossiers and its review."""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.model.decisions.codes import FLAGGER
from sim.model.world.draws import Bools, Floats, Ints, unit
from sim.rules.rulebook import WEEKDAYS, Rules

LEVELS: Final = 8
"""Levels of priority of a dossier: its gravity or number of reports; those of trusted flaggers stand above them all."""


def account_session(session: int | Ints, accounts_persist: bool | Bools) -> Ints:
    """Return what tells a person's accounts apart: the hour in which the visit began, -1 if the account persists."""
    return np.where(accounts_persist, -1, session)


def level_of_reports(n_reports: int) -> int:
    """Return the level of priority of so many reports on one account; the highest takes all that are more."""
    return min(n_reports, LEVELS) - 1


def read_first(source: int | Ints) -> bool | Bools:
    """Tell whether reports from a source are read before all others."""
    return source == FLAGGER


def queue_entry(
    gravity: tuple[int, int], reports: tuple[int, int], flagged_since: int, opened: int, triage: str
) -> tuple[int, int]:
    """Return the level of priority of a dossier and the hour since which it has it, under a rule of triage.

    Args:
        gravity: Gravest stage reported, and the hour since which.
        reports: Level by number of reports, and the hour since which.
        flagged_since: Hour of the first report that is read before others (`read_first`); -1 if there is none.
        opened: Hour of the first report.
        triage: The rule.
    """
    level, since = gravity if triage == "gravest" else reports if triage == "most_reported" else (0, opened)
    return (level, since) if flagged_since < 0 else (level + LEVELS, max(since, flagged_since))


def expired(since: int, hour: int, dossier_expiry_hours: int) -> bool:
    """Tell whether a dossier's time is up that has its level of priority since an hour."""
    return since + dossier_expiry_hours <= hour


def finds(word: int, predator: bool, evidence: bool, rules: Rules) -> bool:
    """Tell whether a review ends in a sanction: an offender found, or an innocent hit."""
    if predator:
        p = rules.moderation.p_find_with_evidence if evidence else rules.moderation.p_find_without_evidence
    else:
        p = 1 - (rules.moderation.p_clear_with_evidence if evidence else rules.moderation.p_clear_without_evidence)
    return bool(unit(word) < p)


def kept_since(before: int | Ints, hour: int, kept_hours: int | Ints) -> Ints:
    """Return the oldest hour from which messages or logs are still kept: deletion is final, whatever the rule later."""
    since: Ints = np.maximum(before, hour - kept_hours + 1)
    return since


def evidence_left(snapshot: bool, newest: int, oldest: int) -> bool:
    """Tell whether a review finds evidence: a copy taken with a report, or messages that are still kept.

    Args:
        snapshot: Whether there is a copy.
        newest: Hour of the latest message of any reported contact.
        oldest: `kept_since`.
    """
    return snapshot or newest >= oldest


def capacity_milli(rules: Rules, hour_of_week: int | Ints, scale: float) -> Ints:
    """Return thousandths of a review that the staff can do in an hour of the week."""
    milli = moderators(rules, hour_of_week, scale) * rules.moderation.reviews_per_hour * 1000
    capacity: Ints = np.rint(milli).astype(np.int64)
    return capacity


def moderators(rules: Rules, hour_of_week: int | Ints, scale: float) -> Floats:
    """Return the heads on shift in an hour of the week: nobody is on a closed site."""
    return rules.moderation.staff * scale * (on_shift(rules, hour_of_week) & rules.operation.open)


def on_shift(rules: Rules, hour_of_week: int | Ints) -> Bools:
    """Tell whether an hour lies in a shift: one that begins on a day of shifts, and may last into the next day.

    Args:
        rules: Rules of the day on which the hour falls.
        hour_of_week: Counted from the midnight before Monday.
    """
    begins = np.array([day in rules.moderation.shift_days for day in WEEKDAYS])
    latest, since = np.divmod((hour_of_week - rules.moderation.shift_start_hour) % 168, 24)
    return begins[latest] & (since < rules.moderation.shift_hours)
