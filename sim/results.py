"""Result folders: the only writer. A folder is complete or not there, and says how it was made."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import ScenarioError
from sim.scenario import Scenario

DIGEST_RULE = (
    "Column by column, in order: the name in UTF-8 and a zero byte; then whole numbers as 8 bytes each (signed, little "
    "end first), anything else as text in UTF-8 with a zero byte after each value."
)
"""How `digest` hashes a table; stands in every manifest."""

_PACKAGES = ("numpy", "pandas", "scipy", "pydantic", "mesa", "joblib", "pyarrow", "matplotlib")


class Result(ABC):
    """Something found that people read as a table and keep in a folder."""

    @abstractmethod
    def table(self) -> str:
        """Return what was found as text for a terminal."""

    @abstractmethod
    def _made(self) -> tuple[Scenario, dict[str, Any], dict[str, pd.DataFrame]]:
        """Return the scenario, what else the result depends on, and tables to be hashed: see `manifest`."""

    @abstractmethod
    def _fill(self, folder: Path) -> None:
        """Write tables and figures into a folder; ``figures`` is there."""

    def write(self, out: str | Path, command: str = "") -> list[Path]:
        """Write the result into a folder: ``table.txt``, ``manifest.json``, its tables and ``figures``.

        Everything is first written beside the folder and then renamed, so the folder is complete or not there; an older
        result is replaced, anything else is left alone.

        Args:
            out: The folder.
            command: The command that makes it again; goes into the manifest.

        Returns:
            The files written.

        Raises:
            ScenarioError: If the folder cannot be written or holds something else than a result.
        """
        out = Path(out)
        check_writable(out)
        scenario, asked, tables = self._made()
        made = json.dumps(manifest(scenario, command, asked, tables), indent=2)
        beside = _beside(out, "new")
        try:
            beside.mkdir()
            (beside / "figures").mkdir()
            self._fill(beside)
            (beside / "table.txt").write_text(self.table() + "\n", encoding="utf-8")
            (beside / "manifest.json").write_text(made + "\n", encoding="utf-8")
            _put_in_place(beside, out)
        except OSError as error:
            raise ScenarioError(f"{out} cannot be written: {error.strerror or error}") from None
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return sorted(path for path in out.rglob("*") if path.is_file())


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, with the same bytes on every machine."""
    frame.to_csv(path, index=False, lineterminator="\n")


def manifest(scenario: Scenario, command: str, asked: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Any:
    """Return what a manifest says: the command, what was asked, the scenario as run, versions and hashes.

    Args:
        scenario: What was run.
        command: The command that makes it again.
        asked: What else the result depends on, such as seeds and policies.
        tables: Tables of counts by name, to be hashed.
    """
    package = Path(__file__).parent
    return {
        "command": command,
        **asked,
        "scenario": scenario.model_dump(mode="json", exclude={"policies"})
        | {
            "policies": {
                arm: {
                    name: [p.model_dump(mode="json", exclude_none=True) for p in found if p.name == name]
                    for name in sorted({p.name for p in found})
                }
                for arm, found in scenario.policies.items()
            }
        },
        "scenario_fingerprint": scenario.fingerprint(),
        "code_fingerprint": code_fingerprint(package),
        "git": _git(package.parent),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "sha256": {name: digest(table) for name, table in tables.items()},
        "sha256_rule": DIGEST_RULE,
    }


def digest(frame: pd.DataFrame) -> str:
    """Return a SHA-256 over the values of a table, the same on every machine: by `DIGEST_RULE`."""
    sha = hashlib.sha256()
    for name, column in frame.items():
        sha.update(f"{name}\0".encode())
        if pd.api.types.is_integer_dtype(column):
            sha.update(column.to_numpy().astype("<i8").tobytes())
        else:
            sha.update("".join(f"{value}\0" for value in column).encode())
    return sha.hexdigest()


def code_fingerprint(package: Path) -> str:
    """Return a SHA-256 over the package's Python files and evidence table: relative name, zero byte, content, each."""
    sha = hashlib.sha256()
    for path in sorted([*package.rglob("*.py"), package / "evidence.csv"]):
        sha.update(f"{path.relative_to(package).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return sha.hexdigest()


def _git(root: Path) -> dict[str, Any] | None:
    """Return the commit and whether files under version control were changed since; ``None`` outside a checkout."""
    if not (root / ".git").exists():
        return None

    def ask(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = ask("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)results")
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(changed)}
    except (OSError, subprocess.CalledProcessError):
        return None


def check_writable(out: Path) -> None:
    """Check, before anything is computed, that a result can be written there; make the folders above it.

    Raises:
        ScenarioError: If not.
    """
    if out.exists() and not out.is_dir():
        raise ScenarioError(f"{out} is a file; a result is a folder")
    if out.exists() and any(out.iterdir()) and not (out / "manifest.json").exists():
        raise ScenarioError(f"{out} holds something else than a result and is left alone; name another folder")
    probe = _beside(out, "probe")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        probe.mkdir()
        probe.rmdir()
    except OSError as error:
        raise ScenarioError(f"{out} cannot be written: {error.strerror or error}") from None


def _beside(out: Path, purpose: str) -> Path:
    return out.absolute().with_name(f".{out.absolute().name}.{purpose}-{os.getpid()}")


def _put_in_place(new: Path, out: Path) -> None:
    """Rename a complete folder to its place; what was there goes only when the new one stands."""
    old = _beside(out, "old")
    if out.exists():
        out.rename(old)
    try:
        new.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
