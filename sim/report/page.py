"""The page of a result: one HTML file that is read anywhere, holds its figures and data, and asks nobody for anything.

It has no script and no address outside; the same result gives the same bytes. Whatever comes from a scenario is text.
How it looks stands in ``page.html`` and ``page.css`` beside this file.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim.report.parts import Card, Page, Picture
from sim.rules.language import language
from sim.rules.sentences import Sentence, Term, Words, spoken

MOST_DATA = 1_000_000
"""Bytes of tables that a page holds to be saved; those that do not fit are named and lie in the folder."""


def html(
    page: Page, banner: Sequence[Words], command: str, pictures: Mapping[str, bytes], data: Mapping[str, bytes]
) -> str:
    """Return a page as HTML.

    Args:
        page: What stands in it.
        banner: What is to be known before all else: that it is not finished, or no answer.
        command: The command that makes the result; empty if it was a call from Python.
        pictures: Figures as SVG, by their names; a part does without one that is missing.
        data: Tables as CSV, by the names of their files.
    """
    inside = _inside(data)
    said = {
        "page": page, "banner": banner, "command": command, "pictures": pictures, "words": WORDS,
        "language": language(), "style": Markup(_style()), "inside": inside,
        "outside": sorted(data.keys() - inside.keys()), "places": _places(page, bool(data)),
    }  # fmt: skip
    return _environment().get_template("page.html").render(said) + "\n"


WORDS = {
    "skip": Term("To the answer"),
    "contents": Term("Contents"),
    "answer": Term("The answer"),
    "again": Term("These numbers are made again by"),
    "python": Term("a call from Python; manifest.json beside this page says what was asked"),
    "stands": Term("They stand in"),
    "data": Term("The data"),
    "data_words": Term(
        "The tables that this page is made of, to be saved as CSV. dictionary.csv says what each column is."
    ),
    "outside": Term("Too large for this page, beside it in the folder:"),
}
"""Words of the page itself."""


def _places(page: Page, data: bool) -> list[tuple[str, Words]]:
    """Return what the contents name: the address and the heading of each part."""
    end = [("data", WORDS["data"])] if data else []
    return [("answer", WORDS["answer"]), *((part.key, part.title) for part in page.parts), *end]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=False,
    )  # fmt: skip
    made.filters |= {"spoken": spoken, "size": _size, "uri": _uri, "kilobytes": _kilobytes}
    made.tests |= {
        "picture": lambda item: isinstance(item, Picture),
        "card": lambda item: isinstance(item, Card),
    }
    return made


@cache
def _style() -> str:
    return (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


_SIZE = re.compile(rb'<svg[^>]*?\bwidth="([\d.]+)pt"[^>]*?\bheight="([\d.]+)pt"', re.DOTALL)
_PIXELS_PER_POINT = 4 / 3


def _size(svg: bytes) -> list[int]:
    """Return width and height of a figure in pixels."""
    size = _SIZE.search(svg)
    return [round(_PIXELS_PER_POINT * float(points)) for points in size.groups()] if size else []


def _uri(content: bytes, kind: str) -> Markup:
    """Return an address that holds the content itself. An image there keeps its names and styles to itself."""
    return Markup(f"data:{kind};base64,{b64encode(content).decode()}")


def _kilobytes(content: bytes) -> Words:
    return Sentence("{n} kB", n=max(1, round(len(content) / 1000)))


def _inside(data: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the tables that a page holds, the smallest first into what room there is, in alphabetical order."""
    room, kept = MOST_DATA, set()
    for name in sorted(data, key=lambda name: (len(data[name]), name)):
        room -= len(data[name])
        if room >= 0:
            kept.add(name)
    return {name: data[name] for name in sorted(kept)}
