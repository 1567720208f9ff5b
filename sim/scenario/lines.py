"""Read TOML: its content, unless it is deeper or longer than a scenario can be, and the line of each value."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import Any

from sim.rules.errors import Place
from sim.rules.sentences import Sentence, WordsError

MAX_DEPTH = 20
"""Tables and lists within each other, or names with dots between: a scenario has six."""

MAX_VALUES = 20_000
"""Tables, lists and values in a file: those of 200 policies are some thousands."""

_NAME = r"""(?>[A-Za-z0-9_-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+')"""
_DOT = r"(?>[ \t]*+\.[ \t]*+)"
# Never given back, and from the beginning of a name on, so that no character is looked at more than a few times.
_DEEP = re.compile(rf"(?<![A-Za-z0-9_\\-]){_NAME}(?:{_DOT}{_NAME}){{{MAX_DEPTH}}}")

_TOO_DEEP = Sentence("names, lists or tables are nested too deeply for a scenario.")

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')[ \t]*""")
_STRING = re.compile(r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*\'''', re.DOTALL)
_OTHER = re.compile(r"[^,\]}\n#]+")


class TooMuchError(WordsError):
    """A text is nested too deeply, or holds too many values."""


def loads(text: str) -> dict[str, Any]:
    """Return what a TOML text holds. It takes no more time and memory than its length is worth.

    Raises:
        ValueError: If it is no TOML.
        TooMuchError: If it is nested too deeply, or holds too many values.
    """
    # The parser keeps the path to every part of a name with dots, so that a long one takes the square of its length.
    if _DEEP.search(text):
        raise TooMuchError(_TOO_DEEP)
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise TooMuchError(_TOO_DEEP) from None
    level: list[Any] = [content]
    depth = n_values = 0
    while level:
        inner = [value for thing in level for value in (thing.values() if isinstance(thing, dict) else thing)]
        level, depth, n_values = [v for v in inner if isinstance(v, dict | list)], depth + 1, n_values + len(inner)
        if depth > MAX_DEPTH:
            raise TooMuchError(_TOO_DEEP)
        if n_values > MAX_VALUES:
            raise TooMuchError(Sentence("these are more than {most} values, too many for a scenario.", most=MAX_VALUES))
    return content


def lines_of(text: str) -> dict[Place, int]:
    r"""Return the line of every table, key and row of a list.

    Args:
        text: A TOML file without errors.

    >>> lines_of("a = 1\n[b]\nc.d = [1,\n 2]\n")[("b", "c", "d", 1)]
    4
    """
    return _Walk(text).document()


def nearest(lines: dict[Place, int], path: Place) -> int | None:
    """Return the line of a path or, failing that, of the nearest table around it."""
    return next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), None)


class _Walk:
    """A walk through the text that notes where each path begins; `at` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Place, int] = {}
        self.rows: dict[Place, int] = {}
        self.starts = [0, *(m.end() for m in re.finditer("\n", text))]

    def document(self) -> dict[Place, int]:
        table: Place = ()
        while self.blank():
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
        return self.lines

    def blank(self) -> bool:
        """Skip blanks and comments; tell whether anything is left."""
        self.skip(_BLANK)
        return self.at < len(self.text)

    def skip(self, pattern: re.Pattern[str]) -> None:
        if match := pattern.match(self.text, self.at):
            self.at = match.end()

    def note(self, path: Place) -> None:
        self.lines.setdefault(path, bisect_right(self.starts, self.at))

    def keys(self) -> list[str]:
        """Read a key, dotted or not."""
        found = []
        while match := _KEY.match(self.text, self.at):
            self.at = match.end()
            key = match[1]
            found.append(key if key[0] not in "\"'" else tomllib.loads(f"key = {key}")["key"])
            if self.text[self.at] != ".":
                break
            self.at += 1
        return found

    def header(self) -> Place:
        """Read ``[a.b]`` or ``[[a.b]]`` and return the path of what follows."""
        begin = self.at
        rows = self.text.startswith("[[", self.at)
        self.at += 1 + rows
        keys = self.keys()
        end, self.at = self.at + 1 + rows, begin
        path: Place = ()
        for n, key in enumerate(keys, 1):
            path = (*path, key)
            if rows and n == len(keys):
                self.note(path)
                self.rows[path] = self.rows.get(path, 0) + 1
            if path in self.rows:
                path = (*path, self.rows[path] - 1)
            self.note(path)
        self.at = end
        return path

    def pair(self, table: Place) -> None:
        """Read ``key = value``."""
        self.skip(_BLANK)
        begin = self.at
        keys = self.keys()
        after, self.at = self.at + 1, begin
        for n in range(1, len(keys) + 1):
            self.note((*table, *keys[:n]))
        self.at = after
        self.value((*table, *keys))

    def value(self, path: Place) -> None:
        """Read a value and whatever is in it."""
        self.skip(_BLANK)
        opening = self.text[self.at]
        if opening in "\"'":
            self.skip(_STRING)
        elif opening in "[{":
            self.at += 1
            row = 0
            while self.blank() and self.text[self.at] not in "]}":
                if opening == "{":
                    self.pair(path)
                else:
                    self.note((*path, row))
                    self.value((*path, row))
                    row += 1
                self.blank()
                if self.text[self.at] == ",":
                    self.at += 1
            self.at += 1
        else:
            self.skip(_OTHER)
