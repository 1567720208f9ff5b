"""What a study takes beside its runs: two workers for one, a cluster's for those here, and keeping units in a store."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.model.arrays import model as array_engine
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE
from sim.study.cluster import Cluster
from sim.study.store import Kept, Store, save
from sim.study.task import Task
from sim.study.workers import simulate_all
from tests.bench.core import COCO
from tests.bench.timing import apart, cpu
from tests.store.clusters import started

STUDY = {"days": 12, "warmup_days": 8}
"""A study of six units: Coco at full size with all its policies, over a time that keeps the benchmark short."""

SHORT_LOOPS = 24
"""Step loops of the classroom, of a fraction of a second each: what handing one out costs is seen."""


def study(workers: int) -> dict[str, Any]:
    """Run six units into a store; seconds of the clock, from the first to the last."""
    scenario = load(COCO).replace(**STUDY)
    task = Task(scenario, (BASELINE, *scenario.policies), tuple(range(6)))
    with TemporaryDirectory() as folder:
        begun = time.perf_counter()
        list(simulate_all([task], workers, store=Store(Path(folder))))
        return {"seconds": time.perf_counter() - begun}


def on_a_cluster(rounds: int) -> dict[str, Any]:
    """Run many short step loops into a store, by turns with two processes and with two workers of a Dask cluster.

    Returns:
        ``ratios``: by round how many times longer the processes took; a round before, in which all start, is left out.
    """
    scenario = load(COCO.with_name("classroom.toml")).replace(days=31, warmup_days=8)
    tasks = [Task(scenario, (BASELINE, *scenario.policies), (seed,), label=str(seed)) for seed in range(SHORT_LOOPS)]
    seconds: list[list[float]] = []  # by round: here, there
    with TemporaryDirectory() as folder, started(Path(folder), 2) as processes:
        cluster = Cluster(processes.address)
        for _ in range(rounds + 1):
            seconds.append([])
            for workers in (2, cluster):
                with TemporaryDirectory() as kept:
                    begun = time.perf_counter()
                    list(simulate_all(tasks, workers, store=Store(Path(kept))))
                    seconds[-1].append(time.perf_counter() - begun)
    return {"ratios": [here / there for here, there in seconds[1:]]}


def storing(file: str, seeds: int, days: int) -> dict[str, Any]:
    """Run units, keep them, find them again and read them; seconds of each."""
    scenario = load(COCO.with_name(file)).replace(days=days, warmup_days=10)
    task = Task(scenario, (BASELINE, *scenario.policies), tuple(range(seeds)))
    records = []
    spent = {"simulate": cpu(lambda: records.append(array_engine.simulate(scenario, task.seeds, task.arms)))}
    with TemporaryDirectory() as folder:
        spent["save"] = cpu(lambda: save(Path(folder), task, records[0], {}))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
        spent["find"] = cpu(lambda: Store(Path(folder)).missing([task]))
        kept = Kept(Store(Path(folder)), task)
        kept.store.missing([task])
        spent["read"] = cpu(lambda: list(kept.parts()))
    return spent | {"kilobytes": size / 1000}


def report(repeats: int) -> Iterator[str]:
    """Yield what was measured, line by line."""
    times = [[apart(study, workers=workers)["seconds"] for workers in (1, 2)] for _ in range(repeats)]
    ratio = statistics.median(one / two for one, two in times)
    seconds = [statistics.median(pair[i] for pair in times) for i in (0, 1)]
    yield (
        f"six units of Coco into a store: one worker {seconds[0]:.0f} s, two {seconds[1]:.0f} s, "
        f"ratio {ratio:.2f} (median of {repeats})"
    )
    ratios = apart(on_a_cluster, rounds=2 * repeats + 1)["ratios"]
    yield (
        f"{SHORT_LOOPS} step loops of the classroom into a store: a worker of a Dask cluster does "
        f"{statistics.median(ratios):.0%} of what a process here does ({min(ratios):.0%} to {max(ratios):.0%}, "
        f"median of {len(ratios)})"
    )
    for file, seeds, days in (("coco.toml", 1, 60), ("classroom.toml", 20, 60)):
        found = [apart(storing, file=file, seeds=seeds, days=days) for _ in range(repeats)]
        share = statistics.median((r["save"] + r["find"] + r["read"]) / r["simulate"] for r in found)
        r = found[0]
        yield (
            f"storing {seeds} units of {file} takes {100 * share:.1f}% of simulating them (median of {repeats}): "
            f"simulate {r['simulate']:.1f} s, save {r['save']:.2f}, find {r['find']:.2f}, read {r['read']:.2f}; "
            f"{r['kilobytes'] / seeds:.0f} kB a unit"
        )
