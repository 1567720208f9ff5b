"""Benchmarks, printed beside a yardstick of the same run: ``make bench`` (about eight minutes), never a timed test.

Figures are CPU seconds of one process and peak resident memory. Machines differ, so compare only ratios to the
yardstick: nanoseconds per SplitMix64 draw in chunks of 8,192, the best of nine.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from sim.model import agents
from sim.model.arrays import entry
from sim.model.arrays import model as array_engine
from sim.model.arrays.model import ChatModel
from sim.model.world.draws import mix_array
from sim.model.world.visits import Crowd
from sim.model.world.world import World
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE
from sim.study.store import Kept, Store, save
from sim.study.task import Task
from sim.study.workers import simulate_all

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FULL = {"population.monthly_visitors_start": 778_000.0, "predators.p_of_adults": 0.0056}
"""The full population from the first hour on, and predators enough for 4,000 of them at 250 approaches an hour."""


def yardstick() -> float:
    """Return nanoseconds per draw."""
    words = np.arange(8192, dtype=np.uint64)
    best = []
    for _ in range(9):
        begun = time.perf_counter()
        for _ in range(50):
            mix_array(words)
        best.append((time.perf_counter() - begun) / 50 / words.size * 1e9)
    return min(best)


def full(lanes: int, days: int, warmup_days: int) -> dict[str, Any]:
    """Run the full Coco population under some lanes."""
    scenario = load(SCENARIOS / "coco.toml").replace(days=days, warmup_days=warmup_days, **FULL)
    model = ChatModel(scenario, [1], [BASELINE, *scenario.policies][:lanes], collect=False)
    begun = time.process_time()
    records = model.run()
    seconds = time.process_time() - begun
    low, high = model.world.membership.low[0], model.world.membership.high[0]
    daily = records.daily[records.daily["policy"] == BASELINE]
    return {
        "seconds": seconds,
        "hours": scenario.hours,
        "predators": int((high - low)[:, 20:].sum(axis=1).min()),
        "approaches_an_hour": daily["n_approach"].mean() / 24,
        "backlog": records.daily.groupby("policy")["n_waiting"].last().to_dict(),
    }


def classroom(seeds: int) -> dict[str, Any]:
    """Run the classroom's policies with some seeds in one loop."""
    scenario = load(SCENARIOS / "classroom.toml")
    return {"seconds": _cpu(lambda: array_engine.simulate(scenario, range(seeds), [BASELINE, *scenario.policies]))}


def engines() -> dict[str, Any]:
    """Run one small scenario on either engine."""
    scenario = load(SCENARIOS / "classroom.toml").replace(days=60)
    return {
        name: _cpu(lambda engine=engine: engine.simulate(scenario, [0], [BASELINE]))
        for name, engine in (("array", array_engine), ("agents", agents))
    }


def parts(times_users: int, days: int) -> dict[str, Any]:
    """Run the baseline with so many times the lawful persons and the same predators; time each part of the hour."""
    base = load(SCENARIOS / "coco.toml").replace(days=days, warmup_days=3, **FULL)
    population = {
        "population.monthly_visitors": 77_800.0 * times_users,
        "population.monthly_visitors_start": 77_800.0 * times_users,
        "predators.p_of_adults": 0.056 / times_users,
    }
    with _timed_parts() as spent:
        model = ChatModel(base.replace(**population), [1], collect=False)
        model.run()
    hours = model.scenario.hours
    return {name: nanoseconds / hours / 1000 for name, nanoseconds in spent.items()}


STUDY = {"days": 60, "warmup_days": 60}
"""A study of ten units: Coco at full size with all its policies, over a time that keeps the benchmark short."""


def study(workers: int) -> dict[str, Any]:
    """Run ten units into a store; seconds of the clock, from the first to the last."""
    scenario = load(SCENARIOS / "coco.toml").replace(**STUDY)
    task = Task(scenario, (BASELINE, *scenario.policies), tuple(range(10)))
    with TemporaryDirectory() as folder:
        begun = time.perf_counter()
        list(simulate_all([task], workers, store=Store(Path(folder))))
        return {"seconds": time.perf_counter() - begun}


def storing(file: str, seeds: int, days: int) -> dict[str, Any]:
    """Run units, keep them, find them again and read them; seconds of each."""
    scenario = load(SCENARIOS / file).replace(days=days, warmup_days=60)
    task = Task(scenario, (BASELINE, *scenario.policies), tuple(range(seeds)))
    records = []
    spent = {"simulate": _cpu(lambda: records.append(array_engine.simulate(scenario, task.seeds, task.arms)))}
    with TemporaryDirectory() as folder:
        spent["save"] = _cpu(lambda: save(Path(folder), task, records[0], {}))
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
        spent["find"] = _cpu(lambda: Store(Path(folder)).missing([task]))
        kept = Kept(Store(Path(folder)), task)
        kept.store.missing([task])
        spent["read"] = _cpu(lambda: list(kept.parts()))
    return spent | {"kilobytes": size / 1000}


@contextmanager
def _timed_parts() -> Iterator[Counter[str]]:
    """Add up the time of the processes of an hour by name."""
    spent: Counter[str] = Counter()
    homes: list[tuple[Any, str, str]] = [
        (Crowd, "draw", "world"),
        (World, "_online", "world"),
        (World, "_intents", "world"),
        (World, "_false_reports", "world"),
        (array_engine, "count_people", "counting people"),
        (entry.Visitors, "see", "counting people"),
        (array_engine, "foresee", "approach"),
        (array_engine, "approach", "approach"),
        (array_engine, "run_contacts", "contacts"),
        (array_engine, "false_reports", "false reports"),
        (array_engine, "foresee_false_reports", "false reports"),
        (array_engine, "moderate", "moderation"),
        (array_engine, "evade", "evasion"),
        (array_engine.Recorder, "end_day", "recording"),
    ]
    before = [(home, name, getattr(home, name)) for home, name, _ in homes]

    def timed(function: Callable[..., Any], part: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            begun = time.process_time_ns()
            try:
                return function(*args, **kwargs)
            finally:
                spent[part] += time.process_time_ns() - begun

        return call

    for home, name, part in homes:
        setattr(home, name, timed(getattr(home, name), part))
    try:
        yield spent
    finally:
        for home, name, function in before:
            setattr(home, name, function)


def _cpu(work: Callable[[], Any]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _apart(call: str) -> dict[str, Any]:
    """Evaluate a call of this module in a process of its own; add its peak memory and yardstick."""
    done = subprocess.run([sys.executable, "-m", "tests.bench", "--call", call], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _report(days: int, warmup_days: int, repeats: int) -> None:
    print(f"yardstick: {yardstick():.2f} ns per draw (figures scale with it; compare ratios only)")
    for lanes in (1, 10):
        r = _apart(f"full({lanes}, {days}, {warmup_days})")
        print(
            f"full population, {lanes} lane{'s'[: lanes - 1]}, {r['hours']:,} hours ({24 * warmup_days:,} of warm-up): "
            f"{r['seconds']:.0f} s = {r['seconds'] / r['yardstick']:.1f} s per ns of yardstick, {r['mib']:.0f} MiB; "
            f"at least {r['predators']:,} predators, {r['approaches_an_hour']:.0f} approaches an hour"
        )
        print(f"  final backlog: {', '.join(f'{name} {n:,}' for name, n in r['backlog'].items())}")
    one, many = ([_apart(f"classroom({n})")["seconds"] for _ in range(repeats)] for n in (1, 20))
    ratio = statistics.median(b / a for a, b in zip(one, many, strict=True))
    print(f"classroom, all policies: 1 seed {statistics.median(one):.1f} s, 20 seeds {statistics.median(many):.1f} s, "
          f"ratio {ratio:.1f} (median of {repeats})")  # fmt: skip
    pairs = [_apart("engines()") for _ in range(repeats)]
    ratio = statistics.median(p["agents"] / p["array"] for p in pairs)
    print(f"one lane of classroom: agents take {ratio:.0f} times the array engine's time (median of {repeats})")
    times = [[_apart(f"study({workers})")["seconds"] for workers in (1, 2)] for _ in range(repeats)]
    ratio = statistics.median(one / two for one, two in times)
    seconds = [statistics.median(pair[i] for pair in times) for i in (0, 1)]
    print(f"ten units of Coco into a store: one worker {seconds[0]:.0f} s, two {seconds[1]:.0f} s, "
          f"ratio {ratio:.2f} (median of {repeats})")  # fmt: skip
    for file, seeds, days in (("coco.toml", 1, 365), ("classroom.toml", 20, 60)):
        found = [_apart(f"storing({file!r}, {seeds}, {days})") for _ in range(repeats)]
        share = statistics.median((r["save"] + r["find"] + r["read"]) / r["simulate"] for r in found)
        r = found[0]
        print(
            f"storing {seeds} units of {file} takes {100 * share:.1f}% of simulating them (median of {repeats}): "
            f"simulate {r['simulate']:.1f} s, save {r['save']:.2f}, find {r['find']:.2f}, read {r['read']:.2f}; "
            f"{r['kilobytes'] / seeds:.0f} kB a unit"
        )
    few, many_users = (_apart(f"parts({n}, 20)") for n in (1, 10))
    print("where the time goes, microseconds per simulated hour of one lane:")
    print(f"  {'':20}{'78,000 visitors':>16}{'778,000 visitors':>18}{'ratio':>8}   (same predators)")
    for name in sorted(few.keys() - {"mib", "yardstick"}, key=lambda n: -many_users[n]):
        print(f"  {name:20}{few[name]:16.0f}{many_users[name]:18.0f}{many_users[name] / few[name]:8.1f}")


def main() -> None:
    """Print the report, or evaluate one call for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=1222, help="measured days of the full runs")
    parser.add_argument("--warmup-days", type=int, default=365, help="days of warm-up of the full runs")
    parser.add_argument("--repeats", type=int, default=3, help="pairs of which the median is printed")
    parser.add_argument("--call", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.call:
        result = eval(arguments.call)
        result["yardstick"] = yardstick()
        result["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(result, default=int))
    else:
        _report(arguments.days, arguments.warmup_days, arguments.repeats)


if __name__ == "__main__":
    main()
