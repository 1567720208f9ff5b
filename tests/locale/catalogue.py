"""Catalogues: all messages that people read, found in the package, and their translations as Babel keeps them.

This folder has no ``__init__``: pytest would take it for the standard library's module of the same name.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileParser, write_po

import sim
from sim.questions import results
from sim.report.declared import declared_texts
from sim.rules.language import DOMAIN, LOCALES

PACKAGE = Path(sim.__file__).parent

DECLARED = "report/declared.py"
"""The module that finds what is declared as plain texts: the place of those."""

DECLARING: Mapping[str, tuple[int | str, ...]] = {
    "Sentence": (0,),
    "Term": (0,),
    "Heading": (0, "meaning"),
    "Printed": (0,),
    "Command": (0,),
    "_command": (2,),
    "_Parser": ("description", "epilog"),
    "add_argument": ("help",),
    "add_subparsers": ("title",),
}
"""What declares messages where it is called: the places and names of those of its arguments that are messages."""


class Catalogue(Catalog):
    """A catalogue whose header has neither dates nor versions, so that the same messages are the same bytes."""

    _KEPT = ("Language", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The header of the file."""
        return [(name, value) for name, value in super().mime_headers if name in self._KEPT]

    @mime_headers.setter
    def mime_headers(self, headers: Any) -> None:
        self._set_mime_headers(headers)


def file_of(code: str) -> Path:
    """Return the file in which a language is translated; the compiled one lies beside it."""
    return LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def stored(code: str) -> Catalogue:
    """Return the catalogue of a language as its file has it; an empty one if there is none."""
    catalogue = Catalogue(code, header_comment="", fuzzy=False)
    if file_of(code).exists():
        with file_of(code).open(encoding="utf-8") as file:
            PoFileParser(catalogue, abort_invalid=True).parse(file)
    return catalogue


def renewed(code: str) -> Catalogue:
    """Return the catalogue of a language with all messages of today, and no others."""
    catalogue = stored(code)
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    for message in catalogue:
        message.flags.discard("python-format")  # percent signs are no places of values, as Babel would have it
    return catalogue


def extracted() -> Catalogue:
    """Return all messages, each with the files that it is in."""
    found = Catalogue()
    methods = [("**.py", f"{__name__}:messages_in")]
    for file, _, message, _, _ in extract_from_dir(PACKAGE, methods, keywords={}):
        found.add(message, locations=[(file, 0)])
    for message in declared_texts(results()):
        found.add(message, locations=[(DECLARED, 0)])
    return found


def messages_in(
    file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, None, str, list[str]]]:
    """Yield what a module declares by literals, as Babel asks of a method of extraction: line, name, message, comments.

    Literals that stand side by side are one, and so is what is a literal on either side of a condition.
    """
    found: list[ast.Constant] = []
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[-1]
            for place in DECLARING.get(called, ()):
                found += _literals(_argument(node, place))
    for literal in sorted(found, key=lambda literal: (literal.lineno, literal.col_offset)):
        yield literal.lineno, None, str(literal.value), []


def _argument(call: ast.Call, place: int | str) -> ast.expr | None:
    if isinstance(place, int):
        return call.args[place] if place < len(call.args) else None
    return next((keyword.value for keyword in call.keywords if keyword.arg == place), None)


def _literals(value: ast.expr | None) -> Iterator[ast.Constant]:
    match value:
        case ast.Constant(value=str(message)) if message:
            yield value
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body)
            yield from _literals(orelse)


def written(catalogue: Catalogue) -> bytes:
    """Return the file of a catalogue: messages by file, in the order in which they stand there, without lines."""
    file = BytesIO()
    write_po(file, catalogue, sort_by_file=True, include_lineno=False, width=120)
    return file.getvalue()


def compiled(catalogue: Catalogue) -> bytes:
    """Return what gettext reads of a catalogue as a program runs."""
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()
