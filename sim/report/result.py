"""Results: something found that people read as tables, in a terminal or a notebook, and keep in a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sim.outcomes.dictionary import Tables
from sim.report.blocks import WIDTH, Block, Table, render
from sim.report.headings import Printed
from sim.report.sentences import Sentence, english

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Result(ABC):
    """Something found that people read as tables, in a terminal or in a notebook, and keep in a folder.

    Attributes:
        columns: What the columns of its own tables hold, beside the counts. What nobody has explained is not written.
        printed: Its printed tables, whose headings are explained.
    """

    columns: ClassVar[Tables] = {}
    printed: ClassVar[tuple[Printed, ...]] = ()

    @abstractmethod
    def blocks(self) -> Sequence[Block]:
        """Return what was found: sentences, tables, and what to know of them, the most important first."""

    def table(self, width: int = WIDTH) -> str:
        """Return what was found as text for a terminal whose lines have so many characters."""
        return render(self.blocks(), width)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: all down to the first table, and how to see the rest."""
        blocks = self.blocks()
        first = next((i for i, block in enumerate(blocks) if isinstance(block, Table)), len(blocks))
        more = Sentence("{call} shows all of it.", call="<code>print(x.table())</code>")
        rest = f"<p>{english(more)}</p>" if blocks[first + 1 :] else ""
        return "".join(block.html() for block in blocks[: first + 1]) + rest

    @abstractmethod
    def fill(self, folder: Path) -> None:
        """Write its tables into a folder."""

    def figures(self) -> Mapping[str, Callable[[], Figure]]:
        """Return what draws each of its figures, by the name of its file."""
        return {}

    def drawn(self) -> Mapping[str, Callable[[], dict[str, bytes]]]:
        """Return what makes the files of each figure, by its name: their contents by the endings of their names."""
        from sim.report.canvas import rendered  # late: matplotlib takes a while

        return {name: partial(rendered, draw) for name, draw in self.figures().items()}
