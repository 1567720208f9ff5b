"""What step loops will cost, and how seeds share them: by a rule of thumb."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from sim.model.engines import Engine
from sim.rules.parameters import HOURS_PER_MONTH
from sim.rules.sentences import Amount, Counted, Sentence, Words
from sim.rules.words import lasting, one_decimal
from sim.scenario.scenario import Scenario
from sim.study.cluster import Cluster
from sim.study.task import Task, n_units

MEMORY_OF_A_PROCESS = 400e6
"""Bytes that the seeds sharing one step loop may take together."""

SECONDS_OF_A_LOOP = 300.0
"""So long may a step loop of several seeds be expected to take: what it has done is lost if it is killed."""

HARDLY_DEARER = 1.05
"""A seed may take so many times what it takes in the largest step loop that may be; a shorter loop loses less."""

SECONDS_TO_START = 2.0
"""What a command takes before it simulates."""


def cost(
    tasks: Sequence[Task], workers: int, engine: Engine = "array", later: float = 0.0, kept: bool = False
) -> Sentence:
    """Say what step loops will cost: hours simulated, time and memory, from a rule of thumb.

    Args:
        tasks: What to run.
        workers: Processes.
        engine: ``array`` or ``agents``.
        later: Seconds that follow when all is simulated.
        kept: Whether every finished loop is kept, so that a kill loses only what runs.
    """
    loops = [loop for of_task in priced(tasks, workers, engine) for loop in of_task]
    busy = min(workers, len(loops))
    most = max(_price(loop.scenario, len(loop.arms), len(loop.seeds), engine)[1] for loop, _ in loops)
    memory = 0.15e9 * (busy if busy > 1 else 0) + 0.15e9 + busy * most
    together = max(len(loop.seeds) for loop, _ in loops)
    longest = lasting(max(seconds for _, seconds in loops))
    lost = Sentence(" What is finished is kept; a kill loses at most about {time}.", time=longest)
    return Sentence(
        "To simulate: {hours} hours = {runs}.\nAbout {time} and {memory} GB in {processes}{together}.{lost}",
        hours=sum(task.scenario.hours * len(task.arms) * len(task.seeds) for task in tasks),
        runs=_runs(tasks),
        time=lasting(_in_all([seconds for _, seconds in loops], workers) + later),
        memory=Amount(memory / 1e9, one_decimal),
        processes=Counted(busy, Sentence("1 process"), Sentence("{n} processes", n=busy)),
        together=Sentence(", {n} seeds at a time in each", n=together) if together > 1 else None,
        lost=lost if kept and len(loops) > 1 else None,
    )


def _runs(tasks: Sequence[Task]) -> Words:
    """Say how many runs of what tasks are, and of how many days if all have as many."""
    windows = {(task.scenario.warmup_days + task.scenario.days, task.scenario.warmup_days) for task in tasks}
    days, warmup = max(windows)
    of = Sentence(" x {days} days ({warmup} of them warm-up)", days=days, warmup=warmup) if len(windows) == 1 else None
    if len(tasks) == 1:
        seeds, arms = len(tasks[0].seeds), len(tasks[0].arms)
        return Counted(
            seeds,
            Sentence("1 seed x {arms} policies with the baseline{days}", arms=arms, days=of),
            Sentence("{seeds} seeds x {arms} policies with the baseline{days}", seeds=seeds, arms=arms, days=of),
        )
    variants = len({task.label for task in tasks})
    return Sentence(
        "{n} runs of policies and baselines{variants}{days}",
        n=sum(len(task.seeds) * len(task.arms) for task in tasks),
        variants=Sentence(" in {n} variants", n=variants) if variants > 1 else None,
        days=of,
    )


def seconds_of(tasks: Sequence[Task], workers: int = 1, engine: Engine = "array") -> float:
    """Return about how many seconds step loops will take, from a rule of thumb."""
    return _in_all([seconds for of_task in priced(tasks, workers, engine) for _, seconds in of_task], workers)


def _in_all(seconds: Sequence[float], workers: int) -> float:
    return SECONDS_TO_START + sum(seconds) / max(1, min(workers, len(seconds)))


def _loops(task: Task, workers: int, engine: Engine, alone: Iterable[str], crowded: float) -> Iterator[Task]:
    """Share the seeds of a task out: together in one step loop as far as time and memory allow.

    Args:
        task: The task.
        workers: Over so many loops at least, if there are seeds enough.
        engine: ``array``, or ``agents``, which takes one seed at a time.
        alone: Names of units that get a loop of their own.
        crowded: How many times longer everything takes because processes share cores.
    """
    apart = set(alone)
    others = []
    for seed in task.seeds:
        if task.unit(seed) in apart:
            yield replace(task, seeds=(seed,))
        else:
            others.append(seed)
    if not others:
        return
    n_loops = len(others) if engine == "agents" else _n_loops(task, len(others), workers, crowded)
    ends = [i * len(others) // n_loops for i in range(n_loops + 1)]
    for start, end in pairwise(ends):
        yield replace(task, seeds=tuple(others[start:end]))


def _n_loops(task: Task, n_seeds: int, workers: int, crowded: float) -> int:
    """Return over how many step loops to share seeds out, as many for every worker.

    That is as few as may be, since seeds that share one are cheaper, or more where that makes them hardly dearer.
    """
    fewest: dict[int, int] = {}  # loops by the size of the largest
    for n in range(workers, n_seeds + workers, workers):
        fewest.setdefault(-(-n_seeds // min(n, n_seeds)), min(n, n_seeds))
    each: dict[int, float] = {}  # seconds of a seed by that size, as far as it may be
    for size in fewest:
        seconds, memory = _price(task.scenario, len(task.arms), size, "array")
        if size == 1 or (crowded * seconds <= SECONDS_OF_A_LOOP and memory <= MEMORY_OF_A_PROCESS):
            each[size] = seconds / size
    return fewest[min(size for size, seconds in each.items() if seconds <= HARDLY_DEARER * each[max(each)])]


def priced(
    tasks: Sequence[Task], workers: int, engine: Engine, alone: Iterable[str] = ()
) -> list[list[tuple[Task, float]]]:
    """Return the step loops of each task with the seconds that a process is expected to take for each.

    Arguments as for `_loops`, but `workers` for all tasks together.
    """
    busy = min(workers, n_units(tasks))
    here = busy > 1 and not isinstance(workers, Cluster)
    crowded = max(1.0, busy / _n_cores()) if here else 1.0
    found = [[*_loops(task, -(-workers // len(tasks)), engine, alone, crowded)] for task in tasks]
    return [
        [(loop, crowded * _price(loop.scenario, len(loop.arms), len(loop.seeds), engine)[0]) for loop in of_task]
        for of_task in found
    ]


def _n_cores() -> int:
    """Return how many processes this machine lets run at a time."""
    from joblib import cpu_count

    return int(cpu_count())


def _price(scenario: Scenario, arms: int, seeds: int, engine: Engine) -> tuple[float, float]:
    """Return roughly the seconds and bytes of one step loop; fitted to what `make bench` measures of some."""
    visitors = seeds * scenario.scale * sum(audience.most_visitors for audience in scenario.audiences)
    more_sites = len(scenario.site_names) - 1
    if engine == "agents":
        return scenario.hours * arms * visitors * 0.5e-6, 2e3 * visitors
    approaches = visitors * _approaches_per_hour(scenario)
    slower, dearer = 1 + 0.6 * more_sites, 1 + 0.15 * more_sites  # calls and what stands beside them; approaches
    calls = 380e-6 + 560e-6 * visitors / (visitors + 70e3) + 6.5e-6 * arms  # what happens to nobody is not called
    calls = slower * (calls + seeds * (80e-6 + 1e-6 * arms))
    rows = visitors * 0.45e-9 + dearer * approaches * (0.33e-6 + 0.28e-6 * arms)
    counts = seeds * arms * (1 + more_sites) * (400e3 + 300 * scenario.days)
    return scenario.hours * (calls + rows), visitors * 36 + approaches * 16e3 * arms + counts


def _approaches_per_hour(scenario: Scenario) -> float:
    """Return about how many approaches an hour brings for each monthly visitor: who is busier, or more, costs more."""
    population, predators = scenario.population, scenario.predators
    adults = 1 - population.p_under_15 - population.p_15_17
    online = predators.visits_per_month * predators.mean_session_hours / HOURS_PER_MONTH
    return adults * predators.p_of_adults * online * predators.approaches_per_hour
