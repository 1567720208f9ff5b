"""How results read: widths, numbers, percentages and tables for a terminal, and what every result says of itself."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from sim.scenario import Scenario

WIDTH = 110
"""Characters of a line of prose."""

LONGEST_NAME = 28
"""Characters of the name of a policy in a table."""

ETHICS = (
    "This explores what assumptions imply. It does not estimate how many victims there were, rank real services or "
    "prove that a site caused anything, and is no sole basis for closing one or for an obligation to identify oneself."
)
"""What no result may be taken for."""


def caveat(scenario: Scenario) -> str:
    """Return what every statement of a result must say of itself."""
    at = "at their defaults" if scenario.at_defaults else "at the values of this scenario"
    return f"On this site only; Monte Carlo error only, parameters {at}."


def window(scenario: Scenario) -> str:
    """Say which days were measured, after how many of warm-up."""
    return f"{scenario.days:,} days from {scenario.start} after {scenario.warmup_days:,} days of warm-up"


def title(scenario: Scenario, words: str) -> str:
    """Return the first lines of a result: the scenario, what was done with it, and whether it is made smaller."""
    first = wrap(f"{scenario.title or scenario.site}: {words}, {window(scenario)}.")
    scale = f"\nPopulation and staff at scale {scenario.scale:g}: absolute numbers are those of the smaller chat."
    return first + (scale if scenario.scale != 1 else "")


def counted(number: int, one: str, many: str) -> str:
    """Return a number of things in words: ``1 policy``, ``2 policies``."""
    return f"{number} {one if number == 1 else many}"


def number(value: float) -> str:
    """Return three significant digits, or whole numbers in groups of thousands; a dash where there is none."""
    if value != value:
        return "-"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    decimals = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{decimals}f}"


def percents(shares: Sequence[float], sign: str) -> list[str]:
    """Return shares in percent with a common number of digits, fewer where they are large or uncertain."""
    wide = abs(shares[0]) >= 0.1 or shares[2] - shares[1] >= 0.1
    decimals = 0 if wide else 1
    # An end just below zero reads -0.0, so that it is seen to leave out zero.
    return [f"{round(100 * x, decimals) + (0.0 if sign == '' or x >= 0 else -0.0):{sign}.{decimals}f}" for x in shares]


def change(interval: Sequence[float], unit: str = "%", missing: str = "") -> str:
    """Return a change in percent with its interval, ``-18% (-31 to -4)``; 0 where nothing changed at all.

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


def short(name: str) -> str:
    """Return a name cut to the width of a column."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 2]}.."


def wrap(text: str) -> str:
    """Return text in lines of `WIDTH`; those of an item of a list are indented."""
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """Return rows under headings of several lines, columns aligned on the right but for those named."""
    headings = [cell.split("\n") for cell in head]
    height = max(map(len, headings))
    padded = [[""] * (height - len(h)) + h for h in headings]
    lines = [list(line) for line in zip(*padded, strict=True)] + [list(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    align = [str.ljust if i in left else str.rjust for i in range(len(head))]
    text = ["  ".join(f(cell, w) for f, cell, w in zip(align, line, widths, strict=True)) for line in lines]
    text.insert(height, "-" * len(max(text, key=len)))
    return "\n".join(line.rstrip() for line in text)
