"""What a step loop costs beside what `sim.study.price` announces, and what a study of ten thousand sets would cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.model.arrays import model as array_engine
from sim.model.arrays.model import ChatModel
from sim.report.text import number
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE, Scenario
from sim.study.answer import _merge
from sim.study.price import _price
from sim.study.store import Store, save
from sim.study.task import Task
from tests.bench.core import COCO
from tests.bench.timing import apart, cpu

GRID = (
    ("coco.toml", 1.0, 1, (1, 1), (1, 3), (1, 6), (5, 1), (5, 3), (15, 1), (15, 2), (15, 3)),
    ("coco.toml", 1.0, 6, (1, 1), (15, 1)),
    ("coco.toml", 0.1, 1, (1, 1), (1, 10), (15, 1), (15, 10)),
    ("classroom.toml", 1.0, 1, (1, 1), (1, 20), (7, 1), (7, 20)),
)
"""File, scale, how many times as many predators, and some pairs of lanes and seeds."""

SETS = 10_000
"""Parameter sets of a large study, each a step loop of its own with all policies of Coco and its whole length."""


def loop(file: str, scale: float, predators: int, lanes: int, seeds: int) -> dict[str, Any]:
    """Run a step loop; CPU microseconds of an hour of it, as measured and as announced, and bytes as announced."""
    scenario = _scenario(file, scale, predators)
    arms = [BASELINE, *scenario.policies][:lanes]
    spent = cpu(lambda: ChatModel(scenario, range(seeds), arms, collect=False).run())
    seconds, memory = _price(scenario, len(arms), seeds, "array")
    each = 1e6 / scenario.hours
    return {"took": each * spent, "announced": each * seconds, "memory": memory, "lanes": len(arms)}


def _scenario(file: str, scale: float, predators: int) -> Scenario:
    scenario = load(COCO.with_name(file))
    share = predators * scenario.predators.p_of_adults
    return scenario.replace(days=30, warmup_days=20, scale=scale * scenario.scale, **{"predators.p_of_adults": share})


def keeping(file: str) -> dict[str, Any]:
    """Keep and merge a unit of the whole length of a scenario, of a small chat: its tables are as large as any."""
    scenario = load(COCO.with_name(file)).replace(scale=0.01)
    task = Task(scenario, (BASELINE, *scenario.policies), (1,))
    records = array_engine.simulate(scenario, task.seeds, task.arms)
    with TemporaryDirectory() as folder:
        save(Path(folder), task, records, {})
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
        store = Store(Path(folder))
        finding = cpu(lambda: store.missing([task]))
        merging = cpu(lambda: _merge(Path(folder), [task], store))
    return {"megabytes": size / 1e6, "seconds": finding + merging}


def report() -> Iterator[str]:
    """Yield what was measured, line by line."""
    yield "what a step loop costs, and what is announced of it:"
    yield f"  {'':25}{'lanes':>6}{'seeds':>6}{'us an hour':>12}{'announced':>11}{'MiB':>7}{'announced':>11}"
    empty = apart(_nothing)["mib"]
    for file, scale, predators, *pairs in GRID:
        for lanes, seeds in pairs:
            r = apart(loop, file=file, scale=scale, predators=predators, lanes=lanes, seeds=seeds)
            name = f"{number(scale)} x {file}" if scale != 1 else file
            name += f", {predators} x predators" if predators != 1 else ""
            yield (
                f"  {name:25}{r['lanes']:6}{seeds:6}{r['took']:12,.0f}{r['announced']:11,.0f}"
                f"{r['mib'] - empty:7,.0f}{r['memory'] / 2**20:11,.0f}"
            )


def _nothing() -> dict[str, Any]:
    """Do nothing; the memory is that of a process with the engine in it."""
    return {}


def past_one_machine(file: str = COCO.name) -> str:
    """Return as text what a study of many parameter sets takes, from an hour of one and from keeping one."""
    scenario = load(COCO.with_name(file))
    n_arms = 1 + len(scenario.policies)
    took = apart(loop, file=file, scale=1.0, predators=1, lanes=n_arms, seeds=1)
    kept = apart(keeping, file=file)
    unit = took["took"] * scenario.hours / 1e6
    lines = [
        f"PAST ONE MACHINE: {SETS:,} parameter sets x {n_arms} policies, {scenario.hours:,} hours of {file} each",
        f"{'CPU time of a set, one step loop':44}{unit / 60:10.1f} minutes",
        f"{'CPU time of all of them':44}{SETS * unit / 3600:10,.0f} core-hours",
        f"{'memory of a worker':44}{took['mib']:10.0f} MiB, after 50 days",
        f"{'what is kept of all of them':44}{SETS * kept['megabytes'] / 1000:10.1f} GB",
        f"{'time of the parent for a set':44}{kept['seconds']:10.2f} seconds",
        f"{'workers up to which the parent keeps pace':44}{unit / kept['seconds']:10,.0f}",
        "Sets share nothing, not even a world, so that time goes down in proportion to the workers until",
        "finding and merging, which the parent does alone, takes as long as they do.",
    ]
    return "\n".join(lines)
