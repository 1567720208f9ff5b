"""Where numbers come from: hashes of tables and of code, versions, and the state of the checkout."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.rules.sentences import Listed, Sentence, Words

PACKAGE = Path(__file__).parents[1]

DIGEST_RULE = (
    "Column by column, in order: the name in UTF-8 and a zero byte; then whole numbers as 8 bytes each (signed, little "
    "end first), anything else as text in UTF-8 with a zero byte after each value."
)
"""How `digest` hashes a table; stands in every manifest."""

MODEL_RULE = (
    "Of each file of the model: its syntax without comments, layout, docstrings and what errors say, as model_files in "
    "sim/study/identity.py has it. model_sha256: of JSON of all these with sorted keys, without blanks."
)
"""How `model_files` hashes; stands in every manifest."""

_PACKAGES = ("numpy", "pandas", "scipy", "pydantic", "mesa", "joblib", "pyarrow", "matplotlib")


_KEYS = {
    *("policy", "seed", "year", "day", "site", "offence", "victim_class", "quantity", "wait_hours"),
    *("hour", "event", "contact", "outcome", "item", "one", "other", "parameter", "mechanism", "number"),
}
"""Columns that say which row of a table one looks at."""


class Columns:
    """The columns of a table, ready to be hashed many times over."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._columns = [(f"{name}\0".encode(), _plain(column)) for name, column in table.items()]

    def digest(self, first: int, end: int) -> str:
        """Return a SHA-256 over the rows from `first` until before `end`, by `DIGEST_RULE`."""
        sha = hashlib.sha256()
        for name, values in self._columns:
            sha.update(name)
            sha.update(_bytes(values[first:end]))
        return sha.hexdigest()


def digest(frame: pd.DataFrame) -> str:
    """Return a SHA-256 over the values of a table, the same on every machine: by `DIGEST_RULE`."""
    return Columns(frame).digest(0, len(frame))


class ColumnHashes:
    """SHA-256 of every column of a table that comes in parts, each as in `DIGEST_RULE`, and the number of rows."""

    def __init__(self) -> None:
        self.rows = 0
        self._columns: dict[str, Any] = {}

    def add(self, part: pd.DataFrame) -> None:
        """Take in the next rows."""
        self.rows += len(part)
        for name, column in part.items():
            sha = self._columns.setdefault(str(name), hashlib.sha256(f"{name}\0".encode()))
            sha.update(_bytes(_plain(column)))

    def found(self) -> dict[str, Any]:
        """Return the number of rows and the hashes by column."""
        return {"rows": self.rows, "sha256": {name: sha.hexdigest() for name, sha in self._columns.items()}}


def difference(stored: pd.DataFrame, again: pd.DataFrame, name: Words) -> Words:
    """Say where two tables differ first: the columns, and the first row with both values; ``None`` if nowhere.

    Args:
        stored: A table.
        again: The same one, made again.
        name: What to call it.
    """
    if list(stored.columns) != list(again.columns):
        had, has = (Listed(tuple(map(str, table.columns))) for table in (stored, again))
        return Sentence("{name} has columns {had}; made again: {has}", name=name, had=had, has=has)
    n = min(len(stored), len(again))
    lengths = Sentence("{name} has {n} rows; made again: {again}", name=name, n=len(stored), again=len(again))
    longer = (lengths,) if len(stored) != len(again) else ()
    one, other = (table.head(n).reset_index(drop=True) for table in (stored, again))
    unlike = {c: ((one[c] != other[c]) & ~(one[c].isna() & other[c].isna())).to_numpy() for c in map(str, one)}
    columns = [column for column, rows in unlike.items() if rows.any()]
    if not columns:
        return lengths if longer else None
    row = min(int(unlike[column].argmax()) for column in columns)
    column = next(column for column in columns if unlike[column][row])
    keys = tuple(f"{c} {one[c][row]}" for c in unlike if c in _KEYS and c != column)
    all_of_them = Sentence(" ({n} columns differ: {columns})", n=len(columns), columns=Listed(tuple(columns)))
    first = Sentence(
        "{name}, row {row}{where}: {column} is {had}; made again: {has}{others}",
        name=name,
        row=str(row + 1),
        where=Sentence(" ({keys})", keys=Listed(keys)) if keys else None,
        column=column,
        had=str(one[column][row]),
        has=str(other[column][row]),
        others=all_of_them if len(columns) > 1 else None,
    )
    return Listed((*longer, first), ". ")


def code_fingerprint(package: Path = PACKAGE) -> str:
    """Return a SHA-256 over the package's Python files and evidence table: relative name, zero byte, content, each."""
    sha = hashlib.sha256()
    for path in sorted([*package.rglob("*.py"), package / "rules" / "evidence.csv"]):
        sha.update(f"{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return sha.hexdigest()


def model_files(engine: str, package: Path = PACKAGE) -> dict[str, str]:
    """Return the files that the counts of a run depend on, by name with a SHA-256 of what each does.

    These are the module of an engine and all that it imports of this package. Tables and figures are none of the model:
    what was counted before they changed remains right. Nor are levers, which act through rules alone. What a file does
    is its syntax: no comment, layout, docstring or word of an error counts, so that a better word voids no study.

    Args:
        engine: Dotted name of the module, such as ``sim.model.arrays.model``.
        package: Folder of the package.
    """
    found: dict[str, str] = {}
    asked = [engine]
    while asked:
        path = _file(asked.pop(), package)
        if path is None or (name := path.relative_to(package).as_posix()) in found or _lever(path) or name in _WORDS:
            continue
        tree = ast.parse(path.read_bytes())
        asked += _imported(tree)
        found[name] = hashlib.sha256(_syntax(tree).encode()).hexdigest()
    return dict(sorted(found.items()))


def _syntax(part: Any) -> str:
    """Return what a part of a program does, the same text for every version of Python.

    Args:
        part: A node of the syntax tree, a list of them, or a value.
    """
    if isinstance(part, list):
        return f"[{','.join(_syntax(node) for node in part if not _of_words(node))}]"
    if not isinstance(part, ast.AST):
        return repr(part)
    if isinstance(part, ast.Raise):
        raised = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
        return f"Raise({_syntax(raised)})"
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in _SAID_WITH:
        return "words"
    # What is empty is left out: how much of it there is depends on the version of Python.
    fields = [(name, value) for name, value in ast.iter_fields(part) if value not in (None, [])]
    return f"{type(part).__name__}({','.join(f'{name}={_syntax(value)}' for name, value in fields)})"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as manifests list it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def model_sha256(files: Mapping[str, str]) -> str:
    """Return a SHA-256 over what `model_files` found: of JSON with sorted keys, without blanks."""
    return hashlib.sha256(json.dumps(files, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


_WORDS = ("rules/errors.py", "rules/hints.py", "rules/language.py", "rules/sentences.py", "rules/words.py")
"""Files that say things and do nothing."""

_SAID_WITH = {"Counted", "Listed", "Sentence", "Term"}
"""What makes words."""


def _of_words(node: Any) -> bool:
    """Tell whether a statement is a docstring, or imports what things are said with."""
    if isinstance(node, ast.ImportFrom):
        return f"{(node.module or '').replace('.', '/').removeprefix('sim/')}.py" in _WORDS
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def versions() -> dict[str, Any]:
    """Return the versions of Python and of the packages in use."""
    return {
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def checkout(root: Path = PACKAGE.parent) -> dict[str, Any] | None:
    """Return the commit and whether files under version control were changed since; ``None`` outside a checkout."""
    if not (root / ".git").exists():
        return None

    def ask(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=True)
        return done.stdout.decode(errors="replace").strip()  # names of files may be in any encoding

    try:
        changed = ask("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)results")
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(changed)}
    except (OSError, subprocess.CalledProcessError):
        return None


def _plain(column: pd.Series[Any]) -> NDArray[np.int64] | list[Any]:
    if pd.api.types.is_integer_dtype(column):
        return column.to_numpy().astype("<i8")
    return list(column.tolist())


def _bytes(values: NDArray[np.int64] | list[Any]) -> bytes:
    return "".join(f"{value}\0" for value in values).encode() if isinstance(values, list) else values.tobytes()


def _lever(path: Path) -> bool:
    """Tell whether a module holds a lever: all in the folder of policies but what a policy is and does."""
    return path.parent.name == "policies" and path.stem != "policy"


def _file(module: str, package: Path) -> Path | None:
    """Return the file of a module of the package, or ``None`` if it is none of them."""
    first, *rest = module.split(".")
    if first != package.name or not rest:
        return None
    path = package.joinpath(*rest)
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.exists()), None)


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield every module that a file may import, and names in modules, which are no files."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
