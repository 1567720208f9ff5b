"""How far a study is, as its workers tell it."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from joblib.externals.loky import process_executor

from sim.scenario.scenario import BASELINE, Scenario
from sim.study.price import priced
from sim.study.progress import Progress
from sim.study.task import Task
from sim.study.workers import _Hours, simulate_all
from tests.store.kills import ROOT, workers_of


class Told(Progress):
    """What is told of how far a study is."""

    def __init__(self) -> None:
        super().__init__()
        self.work = self.lost = 0.0

    def advance(self, work: float) -> None:
        self.work += work

    def lose(self, work: float) -> None:
        self.lost += work


@pytest.mark.parametrize("workers", [1, 2])
def test_every_hour_is_told_whatever_the_workers(workers: int) -> None:
    told = Told()
    task = Task(Scenario().replace(days=3, warmup_days=2, scale=0.001), (BASELINE,), (0, 1, 2, 3))
    list(simulate_all([task], workers, progress=told))
    (loops,) = priced([task], workers, "array")
    assert told.work == pytest.approx(sum(seconds for _, seconds in loops) / workers)
    assert told.lost == 0


def test_what_a_killed_worker_had_done_is_taken_back() -> None:
    told = Told()
    with _Hours([2.0, 0.5], told) as hours:
        noted = np.memmap(hours.path, np.int64, "r+", shape=2)
        noted[:] = 24, 48
        hours.finished.add(1)
    assert (told.work, told.lost) == (2 * 24 + 0.5 * 48, 2 * 24)
    assert not hours.path.exists()


def test_nothing_is_left_of_a_study_whose_process_is_killed(tmp_path: Path) -> None:
    code = (
        "from sim.scenario.scenario import BASELINE, Scenario; from sim.study.task import Task; "
        "from sim.study.workers import simulate_all; "
        "list(simulate_all([Task(Scenario().replace(days=3650), (BASELINE,), (0, 1))], 2))"
    )
    study = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)})
    _wait_until(lambda: len(workers_of(study.pid)) == 2 and any(tmp_path.glob("hours-*/hours")))
    study.kill()
    study.wait()
    _wait_until(lambda: not any(tmp_path.glob("hours-*")))
    assert not any(tmp_path.glob("hours-*"))


def test_workers_are_kept_for_the_next_study_of_a_session() -> None:
    task = Task(Scenario().replace(days=1, warmup_days=1, scale=0.001), (BASELINE,), (0, 1))
    kept = []
    for _ in range(2):
        list(simulate_all([task], 2))
        kept.append({*workers_of(os.getpid())})
    assert len(kept[0]) == 2
    assert kept[0] == kept[1]


def test_a_worker_that_gives_its_memory_back_is_nothing_to_warn_of() -> None:
    """Loky ends workers that hold much and says so in a warning, which readers took for a fault."""
    task = Task(Scenario().replace(days=1, warmup_days=1, scale=0.001), (BASELINE,), (0, 1))
    list(simulate_all([task], 2))
    words = "A worker stopped while some jobs were given"
    assert words in inspect.getsource(process_executor)
    warnings.warn(words, UserWarning, stacklevel=1)  # warnings are errors in these tests


def _wait_until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end
        time.sleep(0.1)
