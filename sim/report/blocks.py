"""Blocks of a result, and how they are laid out: prose and tables, as text for a terminal or as HTML for a notebook."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, zip_longest
from typing import NamedTuple, Protocol

from sim.rules.sentences import Sentence, Words, spoken

WIDTH = 110
"""Characters of a line, in a table as in prose; of a file always, of a terminal at most."""

NARROWEST = 80
"""Characters of a line in the narrowest terminal that is reckoned with."""
_HEADING = 13
_GAP = "  "


def labelled(label: Words, words: Words) -> str:
    """Return a line behind a label, all such lines below each other; without a label it goes on with the one above."""
    return f"  {spoken(label):<10} {spoken(words)}"


def wrap(text: str, width: int = WIDTH, indent: str = "") -> str:
    """Return text in lines, all but the first one behind an indent."""
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
class Note:
    """What is to be known besides: an item of a list."""

    words: Words


@dataclass(frozen=True)
class Prose:
    """Paragraphs and notes, each of which begins a line of its own."""

    paragraphs: tuple[Words | Note, ...]

    @property
    def words(self) -> list[Words]:
        """Return what is said, whether in a paragraph or in a note."""
        return [said.words if isinstance(said, Note) else said for said in self.paragraphs]

    def text(self, width: int) -> str:
        """Return it for a terminal so wide."""
        return "\n".join(
            wrap(f"- {spoken(said.words)}", width, "  ") if isinstance(said, Note) else wrap(spoken(said), width)
            for said in self.paragraphs
        )

    def html(self) -> str:
        """Return it for a notebook."""
        found = []
        for listed, group in groupby(self.paragraphs, lambda said: isinstance(said, Note)):
            texts = [escape(spoken(said.words if isinstance(said, Note) else said)) for said in group]
            found.append(
                f"<ul>{''.join(f'<li>{text}</li>' for text in texts)}</ul>"
                if listed
                else "".join(f"<p>{text}</p>" for text in texts)
            )
        return "".join(found)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        head: What stands in it, with its unit; lines are broken to fit.
        cells: What stands in each row.
        left: Whether it is aligned on the left, as words are.
        breaks: Characters after which a cell goes on below itself if the table is too wide; 0 for never.
    """

    head: Words
    cells: Sequence[Words]
    left: bool = False
    breaks: int = 0


NARROW = 18
"""Characters after which what says what a row is goes on below itself, where it leaves no room for a column."""


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

    title: Words
    kind: Words
    keys: Sequence[Column]
    columns: Sequence[Column]
    note: Words = None

    def text(self, width: int) -> str:
        """Return it for a terminal so wide."""
        made = [_Lines.of(column, 0) for column in (*self.keys, *self.columns)]
        if _width(made) > width:
            made = [_Lines.of(column, column.breaks) for column in (*self.keys, *self.columns)]
        keys, columns = made[: len(self.keys)], made[len(self.keys) :]
        if _width(keys) + len(_GAP) + max((column.width for column in columns), default=0) > width:
            keys = [_Lines.of(column, NARROW) for column in self.keys]
        parts = [_grid(part) for part in _parts(keys, columns, width)]
        further = Sentence("{title}, continued: {kind}", title=self.title, kind=self.kind)
        heads = [spoken(head) for head in (self._caption, *[further] * (len(parts) - 1))]
        text = "\n\n".join(f"{wrap(head, width)}\n{part}" for head, part in zip(heads, parts, strict=True))
        return f"{text}\n{wrap(spoken(self.note), width)}" if self.note else text

    def html(self) -> str:
        """Return it for a notebook or a page, where it can be scrolled sideways, with the keyboard too."""
        columns = [*((column, 'th scope="row"') for column in self.keys), *((column, "td") for column in self.columns)]
        sides = [f' style="text-align: {"left" if column.left else "right"}"' for column, _ in columns]
        heads = "".join(
            f'<th scope="col"{side}>{escape(spoken(column.head))}</th>'
            for side, (column, _) in zip(sides, columns, strict=True)
        )
        rows = "".join(
            "<tr>"
            + "".join(
                f"<{tag}{side}>{escape(spoken(cell))}</{tag[:2]}>"
                for side, (_, tag), cell in zip(sides, columns, cells, strict=True)
            )
            + "</tr>"
            for cells in zip(*(column.cells for column, _ in columns), strict=True)
        )
        note = f"<p>{escape(spoken(self.note))}</p>" if self.note else ""
        caption = escape(spoken(self._caption))
        return (
            f'<div class="scroll" role="region" tabindex="0" aria-label="{caption}"><table><caption>{caption}</caption>'
            f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
        )

    @property
    def _caption(self) -> Sentence:
        return Sentence("{title}: {kind}", title=self.title, kind=self.kind)


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
        texts = [spoken(cell) for cell in column.cells]
        cells = [textwrap.wrap(text, breaks) or [""] if breaks else [text] for text in texts]
        width = max(_HEADING, *(len(line) for cell in cells for line in cell))
        head = textwrap.wrap(spoken(column.head), width, break_long_words=False, break_on_hyphens=False)
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
