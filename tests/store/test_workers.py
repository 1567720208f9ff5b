"""How far a study is, as its workers tell it."""

from __future__ import annotations

import numpy as np
import pytest

from sim.scenario.scenario import BASELINE, Scenario
from sim.study.price import priced
from sim.study.progress import Progress
from sim.study.task import Task
from sim.study.workers import _Hours, simulate_all


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
