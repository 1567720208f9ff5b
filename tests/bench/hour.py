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
from tests.bench.core import COCO
from tests.bench.runs import FULL
from tests.bench.timing import apart


def parts(times_users: int, days: int) -> dict[str, Any]:
    """Run the baseline with so many times the lawful persons and the same predators; time each part of the hour."""
    base = load(COCO).replace(days=days, warmup_days=3, **FULL)
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
    few, many = (apart(parts, times_users=n, days=20) for n in (1, 10))
    yield "where the time goes, microseconds per simulated hour of one lane:"
    yield f"  {'':20}{'78,000 visitors':>16}{'778,000 visitors':>18}{'ratio':>8}   (same predators)"
    for name in sorted(few.keys() - {"mib"}, key=lambda n: -many[n]):
        yield f"  {name:20}{few[name]:16.0f}{many[name]:18.0f}{many[name] / few[name]:8.1f}"
