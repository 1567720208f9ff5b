"""Where the time of an hour goes, and which parts of it grow with the lawful persons."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sim.model.arrays import entry
from sim.model.arrays import model as array_engine
from sim.model.arrays.model import ChatModel
from sim.model.arrays.recorder import Recorder
from sim.model.world.visits import Crowd
from sim.model.world.world import World
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE
from tests.bench.core import COCO
from tests.bench.runs import FULL
from tests.bench.timing import apart


def parts(times_users: int, days: int, lanes: int = 1) -> dict[str, Any]:
    """Run with so many times the lawful persons and the same predators; time each part of the hour."""
    base = load(COCO).replace(days=days, warmup_days=3, **FULL)
    population = {
        "population.monthly_visitors": 77_800.0 * times_users,
        "population.monthly_visitors_start": 77_800.0 * times_users,
        "predators.p_of_adults": 0.056 / times_users,
    }
    with _timed_parts() as spent:
        arms = [BASELINE, *base.policies][:lanes]
        model = ChatModel(base.replace(**population), [1], arms, collect=False)
        model.run()
    hours = model.scenario.hours
    return {name: nanoseconds / hours / 1000 for name, nanoseconds in spent.items()}


@contextmanager
def _timed_parts() -> Iterator[Counter[str]]:
    """Add up the time of the processes of an hour by name."""
    spent: Counter[str] = Counter()
    homes: list[tuple[Any, str, str]] = [
        (Crowd, "draw", "world"),
        (World, "_online", "world"),
        (World, "_intents", "world"),
        (World, "_false_reports", "world"),
        (World, "_false_alarms", "world"),
        (array_engine, "count_people", "counting people"),
        (entry.Visitors, "see", "counting people"),
        (array_engine, "foresee", "approach"),
        (array_engine, "approach", "approach"),
        (array_engine, "run_contacts", "contacts"),
        (array_engine, "accuse", "false reports"),
        (array_engine, "foresee_false_reports", "false reports"),
        (array_engine, "foresee_false_alarms", "false reports"),
        (array_engine, "moderate", "moderation"),
        (array_engine, "evade", "evasion"),
        (Recorder, "end_day", "recording"),
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


def report() -> Iterator[str]:
    """Yield what was measured, line by line."""
    few, many, lanes = (apart(parts, times_users=n, days=20, lanes=lanes) for n, lanes in ((1, 1), (10, 1), (10, 15)))
    yield "where the time goes, CPU microseconds per simulated hour, the same predators in all:"
    yield f"  {'visitors a month':20}{'78,000':>12}{'778,000':>12}{'778,000':>12}"
    yield f"  {'lanes':20}{1:12}{1:12}{15:12}"
    for name in sorted(few.keys() - {"mib"}, key=lambda n: -lanes[n]):
        yield f"  {name:20}{few[name]:12.0f}{many[name]:12.0f}{lanes[name]:12.0f}"
