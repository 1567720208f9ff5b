"""How results read: numbers, percentages, prose and tables, and what every result says of itself.

A result is a list of blocks. How wide a line is, and whether it is text or HTML, is decided where they are shown.
"""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import NamedTuple, Protocol

from sim.errors import shown
from sim.rules import Value
from sim.scenario import Scenario

WIDTH = 110
"""Characters of a line, in a table as in prose; of a file always, of a terminal at most."""

NARROWEST = 80
"""Characters of a line in the narrowest terminal that is reckoned with."""

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
_HEADING = 13
_GAP = "  "


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


def counted(number: int, one: str, many: str) -> str:
    """Return a number of things in words: ``1 policy``, ``2 policies``."""
    return f"{number} {one if number == 1 else many}"


def lasting(seconds: float) -> str:
    """Return a time in words, in the unit that suits it: ``7 seconds``, ``4 minutes``, ``2.5 hours``."""
    if seconds < 90:
        return counted(round(seconds), "second", "seconds")
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


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


def wrap(text: str, width: int = WIDTH) -> str:
    """Return text in lines; those of an item of a list are indented."""
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def terminal_width() -> int:
    """Return how wide a line may be that is printed now: `WIDTH`, or less where a terminal has less."""
    if sys.stdout is None or not sys.stdout.isatty():
        return WIDTH
    return min(WIDTH, max(NARROWEST, shutil.get_terminal_size().columns))


class Block(Protocol):
    """A part of a result that is read by itself."""

    def text(self, width: int) -> str:
        """Return it for a terminal so wide."""

    def html(self) -> str:
        """Return it for a notebook."""


@dataclass(frozen=True)
class Prose:
    """Paragraphs, each of which begins a line of its own; those that begin with ``- `` are items of a list."""

    paragraphs: tuple[str, ...]

    def text(self, width: int) -> str:
        """Return it for a terminal so wide."""
        return "\n".join(wrap(text, width) for text in self.paragraphs)

    def html(self) -> str:
        """Return it for a notebook."""
        return "".join(f"<p>{escape(text)}</p>" for text in self.paragraphs)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        head: What stands in it, with its unit; lines are broken to fit.
        cells: One text per row.
        left: Whether it is aligned on the left, as words are.
        breaks: Characters after which a cell goes on below itself if the table is too wide; 0 for never.
    """

    head: str
    cells: Sequence[str]
    left: bool = False
    breaks: int = 0


@dataclass(frozen=True)
class Table:
    """A table of one kind of number. Where it is too wide, it goes on below itself with the same rows.

    Attributes:
        title: What it is about.
        kind: Which kind of number stands in it: levels or changes, of what, with which interval.
        keys: Columns that say what a row is, on the left.
        columns: The others.
        note: What to know of it.
    """

    title: str
    kind: str
    keys: Sequence[Column]
    columns: Sequence[Column]
    note: str = ""

    def text(self, width: int) -> str:
        """Return it for a terminal so wide."""
        made = [_Lines.of(column, 0) for column in (*self.keys, *self.columns)]
        if _width(made) > width:
            made = [_Lines.of(column, column.breaks) for column in (*self.keys, *self.columns)]
        parts = [_grid(part) for part in _parts(made[: len(self.keys)], made[len(self.keys) :], width)]
        heads = [f"{self.title}: {self.kind}", *[f"{self.title}, continued: {self.kind}"] * (len(parts) - 1)]
        text = "\n\n".join(f"{wrap(head, width)}\n{part}" for head, part in zip(heads, parts, strict=True))
        return f"{text}\n{wrap(self.note, width)}" if self.note else text

    def html(self) -> str:
        """Return it for a notebook."""
        columns = [*self.keys, *self.columns]
        sides = [f' style="text-align: {"left" if column.left else "right"}"' for column in columns]
        heads = "".join(f"<th{side}>{escape(column.head)}</th>" for side, column in zip(sides, columns, strict=True))
        rows = "".join(
            "<tr>"
            + "".join(f"<td{side}>{escape(cell)}</td>" for side, cell in zip(sides, cells, strict=True))
            + "</tr>"
            for cells in zip(*(column.cells for column in columns), strict=True)
        )
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        caption = f"<caption>{escape(f'{self.title}: {self.kind}')}</caption>"
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{note}"


def render(blocks: Iterable[Block], width: int) -> str:
    """Return blocks as text for a terminal so wide, an empty line between them."""
    return "\n\n".join(block.text(width) for block in blocks)


class _Lines(NamedTuple):
    """A column in lines: of its heading, and of each cell."""

    head: list[str]
    cells: list[list[str]]
    left: bool

    @classmethod
    def of(cls, column: Column, breaks: int) -> _Lines:
        """Break cells after so many characters, and the heading where it is longer than they or than a few words."""
        cells = [textwrap.wrap(cell, breaks) or [""] if breaks else [cell] for cell in column.cells]
        width = max(_HEADING, *(len(line) for cell in cells for line in cell))
        head = textwrap.wrap(column.head, width, break_long_words=False, break_on_hyphens=False)
        return cls(head, cells, column.left)

    @property
    def width(self) -> int:
        """Characters of the longest line."""
        return max((len(line) for lines in (self.head, *self.cells) for line in lines), default=0)


def _width(columns: Sequence[_Lines]) -> int:
    return sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)


def _parts(keys: list[_Lines], columns: list[_Lines], width: int) -> list[list[_Lines]]:
    """Return columns in as few parts as fit, each behind the keys and about as long as the others."""
    for n_parts in range(1, len(columns) + 1):
        size = -(-len(columns) // n_parts)
        parts = [keys + columns[i : i + size] for i in range(0, len(columns), size)]
        if all(_width(part) <= width for part in parts):
            return parts
    return [[*keys, column] for column in columns]


def _grid(columns: Sequence[_Lines]) -> str:
    """Return columns under their headings, a line between."""
    height = max(len(column.head) for column in columns)
    rows = [[[""] * (height - len(column.head)) + column.head for column in columns]]
    rows += [list(cells) for cells in zip(*(column.cells for column in columns), strict=True)]
    lines = []
    for row in rows:
        for line in zip_longest(*row, fillvalue=""):
            cells = (
                text.ljust(c.width) if c.left else text.rjust(c.width) for c, text in zip(columns, line, strict=True)
            )
            lines.append(_GAP.join(cells).rstrip())
    lines.insert(height, "-" * _width(columns))
    return "\n".join(lines)
