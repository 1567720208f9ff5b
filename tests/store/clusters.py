"""A Dask cluster of processes of this machine, started with Dask's own commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sim.study.cluster import _asked
from tests.store.kills import ROOT


@dataclass
class Processes:
    """A scheduler and its workers.

    Attributes:
        folder: Of files of theirs.
        address: Of the scheduler.
        scheduler: The process.
        workers: The processes.
    """

    folder: Path
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add(self, n: int, *options: str, path: str = str(ROOT)) -> None:
        """Start workers with one thread each, which look for modules in a path."""
        given = (self.address, "--nthreads", "1", "--local-directory", str(self.folder), "--no-dashboard", *options)
        self.workers += [_dask("worker", *given, folder=self.folder, PYTHONPATH=path) for _ in range(n)]

    def wait_for(self, n: int) -> None:
        """Wait until so many threads are there."""
        until(lambda: len(_asked(self.address)["workers"]) == n)


def _dask(*words: str, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def started(folder: Path, workers: int, *options: str, may_die: int = 3) -> Iterator[Processes]:
    """Start a scheduler and workers, and end them.

    Args:
        folder: Of files of theirs.
        workers: How many.
        options: Of ``dask worker``.
        may_die: So many workers may be killed at a job before Dask gives it up.
    """
    said = folder / "scheduler.json"
    scheduler = _dask(
        *("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(said), "--no-dashboard"),
        folder=folder,
        DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=str(may_die),
    )
    until(lambda: said.exists() and said.read_text().endswith("}"))
    processes = Processes(folder, json.loads(said.read_text())["address"], scheduler)
    try:
        processes.add(workers, *options)
        processes.wait_for(workers)
        yield processes
    finally:
        for process in (*processes.workers, scheduler):
            process.kill()
        for process in (*processes.workers, scheduler):
            process.wait()


def until(met: Callable[[], bool]) -> None:
    """Wait until something is met, a minute at most."""
    end = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end
        time.sleep(0.05)
