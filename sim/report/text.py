"""How results read: numbers and percentages in words, and what every result says of itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from sim.report.blocks import Prose
from sim.rules.errors import shown
from sim.rules.rulebook import Value
from sim.scenario.scenario import Scenario

LONGEST_NAME = 28
"""Characters of the name of a policy in a table."""

ETHICS = (
    "This explores what assumptions imply. It does not estimate how many victims there were, rank real services or "
    "prove that a site caused anything, and is no sole basis for closing one or for an obligation to identify oneself."
)
"""What no result may be taken for."""

COMPARED = ("lowers", "raises", "not resolved")
"""Verdicts beside which a number stands; any other stands in its place."""

NO_PERCENTAGE = "no percentage"
"""What stands for a change in percent of a baseline that cannot be told from zero."""

_MOST_DECIMALS = 3


def caveat(scenario: Scenario) -> str:
    """Return what every statement of a result must say of itself."""
    at = "at their defaults" if scenario.at_defaults else "at the values of this scenario"
    return f"On this site only; Monte Carlo error only, parameters {at}."


def window(scenario: Scenario) -> str:
    """Say which days were measured, after how many of warm-up."""
    return f"{scenario.days:,} days from {scenario.start} after {scenario.warmup_days:,} days of warm-up"


def days_in_force(scenario: Scenario, arm: str) -> dict[str, frozenset[int]]:
    """Return the counted days on which each lever of an arm is in force."""
    days: dict[str, frozenset[int]] = {}
    for dated in scenario.dated(arm):
        lever = getattr(dated.policy, "rule", dated.policy.name)
        days[lever] = days.get(lever, frozenset()).union(filter(dated.in_force, range(scenario.days)))
    return days


def throughout(scenario: Scenario, arm: str, days: Iterable[int]) -> bool:
    """Tell whether all levers of an arm are in force on all of some days."""
    wanted = {*days}
    return all(wanted <= held for held in days_in_force(scenario, arm).values())


def partly_in_force(scenario: Scenario, policies: Iterable[str]) -> str:
    """Warn of the policies that are in force on a part of the counted days, with how many; empty if there are none."""
    found = []
    kinds: set[frozenset[frozenset[int]]] = set()
    for arm in policies:
        days = days_in_force(scenario, arm)
        kinds.add(frozenset(held for held in days.values() if len(held) < scenario.days))
        parts = [f"{lever} on {len(held)}" for lever, held in days.items() if len(held) < scenario.days]
        if parts:  # all levers on the same days are the arm
            alike = len({*days.values()}) == 1
            found.append(f"{arm} on {len(days.popitem()[1])}" if alike else f"{arm} ({', '.join(parts)})")
    if not found:
        return ""
    rank = ""
    if frozenset() in kinds:
        rank = ", so do not rank these with policies that are in force on every one"
    elif len(kinds) > 1:
        rank = ", and these are not in force on the same ones, so do not rank them with each other"
    return (
        f"In force on only some of the {scenario.days:,} days that are counted: {'; '.join(found)}. The changes are "
        f"those of all the days{rank}."
    )


def means_of_all_days(scenario: Scenario, policies: Iterable[str]) -> str:
    """Say of policies in force on a part of the counted days that levels are means over all; empty without any."""
    arms = [arm for arm in policies if not throughout(scenario, arm, range(scenario.days))]
    if not arms:
        return ""
    return (
        f"The numbers of {', '.join(arms)} are means over the whole window, the days without the policy, or a "
        "part of it, included. A window that begins with the policy gives those of the policy itself."
    )


def title(scenario: Scenario, words: str) -> Prose:
    """Return the first lines of a result: the scenario, what was done with it, and whether it is made smaller."""
    first = f"{scenario.title or scenario.site}: {words}, {window(scenario)}."
    scale = f"Population and staff at scale {scenario.scale:g}: absolute numbers are those of the smaller chat."
    return Prose((first, scale) if scenario.scale != 1 else (first,))


def number(value: float) -> str:
    """Return three significant digits, or whole numbers in groups of thousands; a dash where there is none."""
    if value != value:
        return "-"
    if abs(value) >= 100 or value == int(value):
        return f"{value + 0.0:,.0f}"
    decimals = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    if round(value, decimals) == 0:  # what is not zero does not read as zero
        decimals = math.ceil(-math.log10(abs(value)))
    return f"{value:.{decimals}f}"


def numbers(interval: Sequence[float], sign: str = "") -> str:
    """Return an estimate with its interval, ``671 (640 to 702)``; the estimate alone where both ends read the same."""
    value, low, high = interval
    shown, ends = f"{sign * (value > 0)}{number(value)}", (number(low), number(high))
    return shown if ends[0] == ends[1] else f"{shown} ({ends[0]} to {ends[1]})"


def percents(shares: Sequence[float], sign: str) -> list[str]:
    """Return a share and its ends in percent with a common number of digits, fewer where they are large or uncertain.

    If the ends leave out zero, they do not read as zero.
    """
    value, low, high = shares
    wide = abs(value) >= 0.1 or high - low >= 0.1
    decimals = 0 if wide else 1
    if low > 0 or high < 0:
        while decimals < _MOST_DECIMALS and not all(round(100 * x, decimals) for x in (low, high)):
            decimals += 1
        points = [round(100 * x, decimals) or math.copysign(10.0**-decimals * bool(x), x) for x in shares]
    else:
        points = [round(100 * x, decimals) + 0.0 * x for x in shares]
    return [f"{x:{sign},.{decimals}f}" for x in points]


def change(interval: Sequence[float], unit: str = "%", missing: str = "") -> str:
    """Return a change in percent with its interval, ``-18% (-31 to -4)``; 0 where no seed differs.

    Args:
        interval: The change as a share, and its two ends.
        unit: What stands behind the change.
        missing: What stands for a change that is not known.
    """
    if interval[0] != interval[0]:
        return missing
    if not any(interval):
        return "0"
    value, low, high = percents(interval, "+")
    return f"{value}{unit} ({low} to {high})"


def in_percent(verdict: str, relative: Sequence[float]) -> str:
    """Return a change in percent with its interval, or what stands in its place: the verdict, or that there is none."""
    return change(relative, missing=NO_PERCENTAGE) if verdict in COMPARED else verdict


def plain(value: Value) -> str:
    """Return a value of a rule as scenarios write it, without quotes: ``0.2``, ``email``, ``[mon, tue]``."""
    return shown(value).replace('"', "")


def short(name: str) -> str:
    """Return a name cut to the width of a column."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 2]}.."
