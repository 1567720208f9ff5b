"""What was measured before: a row for each figure of each commit and machine, in ``results/bench/history.csv``."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.timing import Figure, machine, yardstick

COLUMNS = ("date", "commit", "machine", "yardstick_ns", "figure", "value", "unit")
"""``yardstick_ns`` is nanoseconds a draw (`timing.yardstick`): figures of two machines compare best as multiples."""


def commit(root: Path) -> str:
    """Return the commit of the code that was measured, with a + where files differ from it."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=root, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def renew(path: Path, figures: Iterable[Figure], code: str) -> None:
    """Add the figures of a `commit` to the history; those of the same commit and machine give way."""
    now, here, draw = datetime.now(UTC).date().isoformat(), machine(), f"{yardstick():.2f}"
    new = {f.name: [now, code, here, draw, f.name, f"{f.value:.6g}", f.unit] for f in figures}
    rows: list[list[str]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
    rows = [row for row in rows if not (row[1:3] == [code, here] and row[4] in new)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows, *new.values()])
