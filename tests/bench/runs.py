"""What whole runs take: the reference case at full size, the seeds of a small chat, one engine and the other."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import partial
from typing import Any

from sim.model import agents
from sim.model.arrays import model as array_engine
from sim.model.arrays.model import ChatModel
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE
from tests.bench.core import COCO
from tests.bench.timing import apart, cpu, yardstick

CLASSROOM = COCO.with_name("classroom.toml")
FULL = {"population.monthly_visitors_start": 778_000.0, "predators.p_of_adults": 0.0056}
"""The full population from the first hour on, and predators enough for 4,000 of them at 250 approaches an hour."""


def full(lanes: int, days: int, warmup_days: int) -> dict[str, Any]:
    """Run the full Coco population under some lanes."""
    scenario = load(COCO).replace(days=days, warmup_days=warmup_days, **FULL)
    model = ChatModel(scenario, [1], [BASELINE, *scenario.policies][:lanes], collect=False)
    records = []
    seconds = cpu(lambda: records.append(model.run()))
    low, high = model.world.membership.low[0], model.world.membership.high[0]
    daily = records[0].daily[records[0].daily["policy"] == BASELINE]
    return {
        "seconds": seconds,
        "hours": scenario.hours,
        "predators": int((high - low)[:, 20:].sum(axis=1).min()),
        "approaches_an_hour": daily["n_approach"].mean() / 24,
        "backlog": records[0].daily.groupby("policy")["n_waiting"].last().to_dict(),
    }


def shared_out(sites: int, lanes: int) -> dict[str, Any]:
    """Run the full Coco population, a month of it, at home on one site or shared out among three."""
    people = dict.fromkeys(("monthly_visitors", "monthly_visitors_start"), 778_000.0)
    share = {1: {}, 3: {"near": 0.3, "far": 0.2}}[sites]
    scenario = load(COCO).replace(
        days=30,
        warmup_days=10,
        sites={name: {"monthly_visitors": part * 778_000.0} for name, part in share.items()},
        population={name: visitors * (1 - sum(share.values())) for name, visitors in people.items()},
    )
    model = ChatModel(scenario, [1], [BASELINE, *scenario.policies][:lanes], collect=False)
    return {"seconds": cpu(model.run)}


def classroom(seeds: int) -> dict[str, Any]:
    """Run the classroom's policies with some seeds in one loop."""
    scenario = load(CLASSROOM)
    return {"seconds": cpu(lambda: array_engine.simulate(scenario, range(seeds), [BASELINE, *scenario.policies]))}


def engines() -> dict[str, Any]:
    """Run one small scenario on either engine."""
    scenario = load(CLASSROOM).replace(days=60)
    return {
        name: cpu(partial(engine.simulate, scenario, [0], [BASELINE]))
        for name, engine in (("array", array_engine), ("agents", agents))
    }


def report(repeats: int) -> Iterator[str]:
    """Yield what was measured, line by line."""
    draw = yardstick()
    for lanes in (1, 15):
        r = apart(full, lanes=lanes, days=210, warmup_days=60)
        yield (
            f"full population, {lanes} lane{'s'[: lanes - 1]}, {r['hours']:,} hours (1,440 of warm-up): "
            f"{r['seconds']:.1f} s = {r['seconds'] / draw:.1f} s per ns of yardstick, {r['mib']:.0f} MiB; "
            f"at least {r['predators']:,} predators, {r['approaches_an_hour']:.0f} approaches an hour"
        )
        yield f"  final backlog: {', '.join(f'{name} {n:,}' for name, n in r['backlog'].items())}"
    for lanes in (1, 15):
        pairs = [[apart(shared_out, sites=n, lanes=lanes) for n in (1, 3)] for _ in range(repeats)]
        times, memory = (
            statistics.median(shared[of] / single[of] for single, shared in pairs) for of in ("seconds", "mib")
        )
        yield (
            f"full population shared out among three sites, {lanes} lane{'s'[: lanes - 1]}: {times:.2f} times the time "
            f"and {memory:.2f} times the memory of one site (median of {repeats})"
        )
    one, many = ([apart(classroom, seeds=n)["seconds"] for _ in range(repeats)] for n in (1, 20))
    ratio = statistics.median(b / a for a, b in zip(one, many, strict=True))
    yield (
        f"classroom, all policies: 1 seed {statistics.median(one):.1f} s, 20 seeds {statistics.median(many):.1f} s, "
        f"ratio {ratio:.1f} (median of {repeats})"
    )
    both = [apart(engines) for _ in range(repeats)]
    ratio = statistics.median(p["agents"] / p["array"] for p in both)
    yield f"one lane of classroom: agents take {ratio:.0f} times the array engine's time (median of {repeats})"
