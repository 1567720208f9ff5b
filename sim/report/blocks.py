"""Blocks of a result, and how they are laid out: prose and tables, as text for a terminal or as HTML for a notebook."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import NamedTuple, Protocol

WIDTH = 110
"""Characters of a line, in a table as in prose; of a file always, of a terminal at most."""

NARROWEST = 80
"""Characters of a line in the narrowest terminal that is reckoned with."""
_HEADING = 13
_GAP = "  "


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
