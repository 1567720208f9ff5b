"""What stands on the page of a result, part by part, and which command makes the numbers of each again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sim.report.blocks import Block
from sim.rules.sentences import Words


@dataclass(frozen=True)
class Picture:
    """A figure, by the name under which the result draws it.

    Attributes:
        name: That name.
        words: What is seen in it, for those who do not see it.
    """

    name: str
    words: Words


@dataclass(frozen=True)
class Card:
    """Things, each with what there is to know of it."""

    entries: Sequence[tuple[Words, Words]]


@dataclass(frozen=True)
class Part:
    """A part of a page.

    Attributes:
        key: Its address within the page.
        title: Its heading.
        items: What stands there.
        command: What makes its numbers again, if not what makes the whole result; ``None`` if it has none.
        stands_in: Files, or columns of files, in which its numbers stand.
    """

    key: str
    title: Words
    items: Sequence[Block | Picture | Card]
    command: str | None = ""
    stands_in: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """What stands on a page.

    Attributes:
        title: What was simulated.
        about: What was done with it.
        answer: The answer, the most important sentence first.
        parts: Everything else.
    """

    title: Words
    about: Sequence[Words]
    answer: Sequence[Words]
    parts: Sequence[Part]


def there(*blocks: Block | None) -> Iterator[Block]:
    """Yield the blocks that there are."""
    yield from (block for block in blocks if block is not None)


def filled(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the files of those tables that have rows."""
    return [f"{name}.csv" for name, table in tables.items() if len(table)]
