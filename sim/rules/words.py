"""Numbers of things and times, in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str) -> str:
    """Return a number of things in words: ``1 policy``, ``2 policies``."""
    return f"{number} {one if number == 1 else many}"


def lasting(seconds: float) -> str:
    """Return a time in words, in the unit that suits it: ``7 seconds``, ``4 minutes``, ``2.5 hours``."""
    if round(seconds) < 120:
        return counted(round(seconds), "second", "seconds")
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
