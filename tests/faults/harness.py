"""Plant a fault in a copy of the project and run the tests that should find it."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("sim", "tests", "scenarios", "pyproject.toml")
FOUND = "found.json"
ASSERTION = "assertion"

TURNS = 7
"""Runs of the tests in which every fault comes up once: a prime, so that no stride of the commits leaves one out."""


class FaultError(Exception):
    """A fault cannot be planted any more, or a run of tests broke off."""


@dataclass(frozen=True)
class Fault:
    """One fault: in `file`, the text `old` becomes `new`.

    Attributes:
        name: In a few words.
        kind: What it strikes.
        shared: Whether both engines run the line and stay equal, so that only other tests can see it.
        file: Path from the root of the project.
        old: Text that occurs exactly once in the file.
        new: What takes its place.
        tests: Tests that are there for it, as pytest names them; each must fail.
        why: What goes wrong, in a sentence.
    """

    name: str
    kind: str
    shared: bool
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    why: str

    def plant(self, root: Path) -> None:
        """Put the fault into a project.

        Raises:
            FaultError: If its old text does not occur exactly once.
        """
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise FaultError(
                f"{self.name}: its old text occurs {text.count(self.old)} times in {self.file}; "
                "the code changed: mend the fault"
            )
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class Run:
    """What tests did: the ids of those that passed, how the others failed, and the seconds it took."""

    passed: frozenset[str]
    failed: dict[str, str]
    seconds: float

    def caught_by(self, test: str) -> bool:
        """Tell whether a test, or one of its cases, failed with an assertion."""
        return any(how == ASSERTION and test in (name, name.split("[")[0]) for name, how in self.failed.items())


def faults() -> list[Fault]:
    """Read the faults."""
    data = tomllib.loads(Path(__file__).with_name("faults.toml").read_text(encoding="utf-8"))
    return [Fault(**{**row, "tests": tuple(row["tests"])}) for row in data["fault"]]


def turn() -> int:
    """Return whose turn it is, from 0 on: $FAULTS_TURN, else the number of commits, else that of the day."""
    number = os.environ.get("FAULTS_TURN", "")
    if not number:
        history = _git("rev-parse", "--is-shallow-repository") == "false"
        number = _git("rev-list", "--count", "HEAD") if history else ""
    return (int(number) if number else dt.datetime.now(dt.UTC).toordinal()) % TURNS


def _git(*arguments: str) -> str:
    """Return what git says of the project; nothing where there is no git, or no checkout."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def share(number: int) -> list[Fault]:
    """Return the faults whose turn it is: of neighbours in the file, which strike alike, each in another turn."""
    return faults()[number % TURNS :: TURNS]


def copy(source: Path, target: Path) -> Path:
    """Copy what tests need of a project."""
    target.mkdir(parents=True)
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source / name, target / name)
    return target


def run(project: Path, tests: Iterable[str]) -> Run:
    """Run tests in a copy of the project, with the package that lies there.

    Raises:
        FaultError: If they could not be run to their end.
    """
    begun = time.monotonic()
    child = subprocess.run(
        [sys.executable, "-m", "tests.faults.child", *tests],
        cwd=project, env=os.environ | {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if child.returncode not in (0, 1) or not (project / FOUND).exists():
        raise FaultError(f"the tests broke off:\n{child.stdout}")
    found = json.loads((project / FOUND).read_text(encoding="utf-8"))
    return Run(frozenset(found["passed"]), found["failed"], time.monotonic() - begun)


def plant_and_run(clean: Path, fault: Fault, folder: Path) -> Run:
    """Plant a fault in a copy of a clean project and run the tests that are there for it."""
    project = copy(clean, folder)
    fault.plant(project)
    return run(project, fault.tests)
