"""Results: something found that people read as tables, in a terminal or a notebook, and keep in a folder."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sim.outcomes.dictionary import Tables
from sim.report.blocks import WIDTH, Block, Prose, Table, render
from sim.report.headings import Printed
from sim.report.parts import Page, Part, Picture
from sim.rules.sentences import Counted, Listed, Sentence, Term, Words, spoken

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST_LOST = 5
"""Units without which a result was made that its text names, and errors of theirs."""


class Result(ABC):
    """Something found that people read as tables, in a terminal or in a notebook, and keep in a folder.

    Attributes:
        columns: What the columns of its own tables hold, beside the counts. What nobody has explained is not written.
        printed: Its printed tables, whose headings are explained.
        lost: Errors by the names of the units that failed, without which it was made.
    """

    columns: ClassVar[Tables] = {}
    printed: ClassVar[tuple[Printed, ...]] = ()
    lost: Mapping[str, str] = MappingProxyType({})

    @abstractmethod
    def blocks(self) -> Sequence[Block]:
        """Return what was found: sentences, tables, and what to know of them, the most important first."""

    def losing(self, lost: Mapping[str, str]) -> Self:
        """Return it as one that says that it was made without these units."""
        found = copy(self)
        object.__setattr__(found, "lost", dict(lost))  # results are frozen
        return found

    @property
    def unanswered(self) -> Sentence | None:
        """Why it says nothing of what was asked, and what to do; ``None`` if it says something."""
        return None

    def _read(self) -> list[Block]:
        """Return its blocks as they are read: before all others what it was made without."""
        return [*([Prose((_without(self.lost),))] if self.lost else ()), *self.blocks()]

    def table(self, width: int = WIDTH) -> str:
        """Return what was found as text for a terminal whose lines have so many characters."""
        return render(self._read(), width)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: all down to the first table, and how to see the rest."""
        blocks = self._read()
        first = next((i for i, block in enumerate(blocks) if isinstance(block, Table)), len(blocks))
        more = Sentence("{call} shows all of it.", call="<code>print(x.table())</code>")
        rest = f"<p>{spoken(more)}</p>" if blocks[first + 1 :] else ""
        return "".join(block.html() for block in blocks[: first + 1]) + rest

    def page(self, made: Mapping[str, Any]) -> Page:
        """Return what stands on its page: its first words, what it says before its first table, figures, and the rest.

        Args:
            made: What the manifest says of how it was made.
        """
        blocks = self.blocks()
        before = next((i for i, block in enumerate(blocks) if isinstance(block, Table)), len(blocks))
        (title, *about), *answer = [block.words for block in blocks[:before] if isinstance(block, Prose)]
        pictures = [Picture(name, Sentence("Figure {name}", name=name)) for name in self.figures()]
        parts = [
            Part("figures", Term("In pictures"), pictures),
            Part("tables", Term("In numbers"), [block for block in blocks if isinstance(block, Table)]),
            Part("notes", Term("What to know of it"), [b for b in blocks[before:] if not isinstance(b, Table)]),
        ]
        return Page(title, about, [words for said in answer for words in said], [part for part in parts if part.items])

    @abstractmethod
    def fill(self, folder: Path) -> None:
        """Write its tables into a folder."""

    def written_page(
        self,
        made: Mapping[str, Any],
        pictures: Mapping[str, bytes],
        data: Mapping[str, bytes],
        unfinished: Words = None,
    ) -> str:
        """Return its page as one file of HTML; see `sim.report.page`.

        Args:
            made: What the manifest says of how it was made.
            pictures: Its figures as SVG, by their names; those that could not be drawn are missing and left out.
            data: Its tables as CSV, by the names of their files.
            unfinished: Why there is no more of it, if it is not finished.
        """
        from sim.report.page import html  # late: it imports what makes HTML

        lost = _without(self.lost) if self.lost else None
        banner = [words for words in (unfinished, self.unanswered, lost) if words]
        return html(self.page(made), banner, again(str(made["command"])), pictures, data)

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Return what draws each of its figures, by the name of its file."""
        return {}

    def drawn(self, png: bool = True) -> Mapping[str, Callable[[], dict[str, bytes]]]:
        """Return what makes the files of each figure, by its name: their contents by the endings of their names.

        Args:
            png: Whether they are wanted as PNG beside SVG.
        """
        from sim.report.canvas import rendered  # late: matplotlib takes a while

        return {name: partial(rendered, draw, name, png) for name, draw in self.figures().items()}


_OF_A_MACHINE = ("--out", "--workers", "--scheduler")
"""Options, each with a value, that say where a command runs and writes, and no number depends on."""


def again(command: str) -> str:
    """Return the command that makes a result again, without what is of one machine.

    >>> again("python -m sim compare chat.toml --workers 2 --seeds 5 --out=results/mine")
    'python -m sim compare chat.toml --seeds 5'
    """
    words, kept = iter(shlex.split(command)), []
    for word in words:
        option, given, _ = word.partition("=")
        if option not in _OF_A_MACHINE:
            kept.append(word)
        elif not given:
            next(words, None)
    return shlex.join(kept)


def page_without_answer(made: Mapping[str, Any], banner: Words) -> str:
    """Return the page of a result of which too little is there to say anything: why, and the command that goes on.

    Args:
        made: What the description of its store says.
        banner: Why.
    """
    from sim.report.page import html  # late: it imports what makes HTML

    title = made["scenario"]["title"] or made["scenario"]["site"] if made["scenario"] else made["question"]
    nothing = Sentence("Nothing can be said yet: too few runs are finished.")
    return html(Page(str(title), (), (nothing,), ()), [banner], again(str(made["command"])), {}, {})


def _without(lost: Mapping[str, str]) -> Counted:
    """Say which units failed, of what, and what was done without them."""
    more = len(lost) - MOST_LOST
    units = Listed((*[*lost][:MOST_LOST], *([Sentence("{n} more", n=more)] if more > 0 else ())))
    errors = Listed(tuple(dict.fromkeys(lost.values()))[:MOST_LOST], Term("; "))
    return Counted(
        len(lost),
        Sentence(
            "Without {units}, whose run failed ({errors}): dropped everywhere and under every policy, so that all arms "
            "have the same runs.",
            units=units, errors=errors,
        ),
        Sentence(
            "Without {units}, whose runs failed ({errors}): dropped everywhere and under every policy, so that all "
            "arms have the same runs.",
            units=units, errors=errors,
        ),
    )  # fmt: skip
