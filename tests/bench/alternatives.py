"""How long does an hour take beside the same core model written in other ways? Agreement first, then time."""

from __future__ import annotations

import gc
import multiprocessing
import statistics
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np

from sim.model.arrays.model import ChatModel
from sim.report.text import numbers
from sim.scenario.scenario import BASELINE, Scenario
from tests.bench import c_loop
from tests.bench.core import COUNTS, LEFT_OUT, Alternative, Core, coco, only_the_core
from tests.bench.timing import Figure, machine, mebibytes


@dataclass(frozen=True)
class Way:
    """A way to write the core model.

    Attributes:
        name: What the table calls it.
        module, maker: Where the class stands that takes the numbers and a seed.
        hours: How many hours are timed at once at full size: whole days, as mornings are quiet; a part of one where
            shuffling everybody takes nearly all the time of any hour.
    """

    name: str
    module: str
    maker: str
    hours: int

    def make(self, core: Core, seed: int) -> Alternative:
        """Return the model, before its first hour."""
        made: Alternative = getattr(import_module(f"tests.bench.{self.module}"), self.maker)(core, seed)
        return made


SHUFFLED = Way("Mesa, all step, shuffled", "mesa_plain", "ShuffledChat", 6)
PLAIN = Way("Mesa, all step", "mesa_plain", "PlainChat", 24)
CLEVER = Way("Mesa, those who act", "mesa_clever", "CleverChat", 48)
STARSIM = Way("Starsim", "starsim_arrays", "StarsimChat", 48)
LOOP = Way("C, a loop over all", "c_loop", "LoopChat", 120)


WAYS = (SHUFFLED, PLAIN, CLEVER, STARSIM, LOOP)


def ways() -> list[Way]:
    """Return the ways that can be gone here: Starsim where it is installed, C where there is a compiler."""
    missing = {STARSIM: not find_spec("starsim"), LOOP: not c_loop.COMPILER}
    return [way for way in WAYS if not missing.get(way)]


# -- agreement --------------------------------------------------------------------------------------------------------

STANDARD_ERRORS = 4
"""So many standard errors of their difference may two means lie apart, on either side."""

HOURS = 168
SEEDS = {SHUFFLED: 6, PLAIN: 6, CLEVER: 24, STARSIM: 10, LOOP: 80}
"""Runs of a week: more of those that are fast."""


def small() -> Scenario:
    """Return the core of a small chat in which much happens, so that a week has enough of everything."""
    return only_the_core(coco().replace(scale=0.01, **{
        "predators.p_of_adults": 0.05,
        "predators.visits_per_month": 30.0,
        "contacts.contact_engage_per_hour": 1.5,
        "contacts.engaged_private_per_hour": 1.5,
        "contacts.private_harm_per_hour": 0.1,
        "retention.message_hours": 12,
        "reporting.friction": 0.0,
        "moderation.staff": 20.0,
    }))  # fmt: skip


def hourly(way: Way, core: Core, seeds: Sequence[int]) -> Any:
    """Return what happened an hour, shape (seeds, counts)."""
    rows = []
    for seed in seeds:
        chat = way.make(core, seed)
        chat.run(HOURS)
        rows.append([chat.counts[name] / HOURS for name in COUNTS])
    return np.array(rows)


def apart(one: Any, other: Any) -> Any:
    """Return by how many standard errors the means of two groups of runs differ, by count.

    Both are taken to vary alike, as they must where they agree, so that few runs of a slow way do for it.
    """
    n, m = len(one), len(other)
    variance = ((n - 1) * one.var(axis=0, ddof=1) + (m - 1) * other.var(axis=0, ddof=1)) / (n + m - 2)
    return (one.mean(axis=0) - other.mean(axis=0)) / np.sqrt(variance * (1 / n + 1 / m))


OF_THE_PLATFORM = dict(zip(
    COUNTS,
    ("visits", "approach", "engage", "private", "leave", "harm", "recognise", "report", "review", "bar"),
    strict=True,
))  # fmt: skip
"""The daily counts of the platform that stand beside those of the core model, without ``n_``."""


def of_the_platform(scenario: Scenario, seeds: Sequence[int]) -> Any:
    """Return what happens an hour on the platform under a scenario that `only_the_core` has made, as `hourly` does."""
    week = scenario.replace(days=HOURS // 24, warmup_days=0)
    daily = ChatModel(week, seeds, collect=False).run().daily
    columns = [f"n_{name}" for name in OF_THE_PLATFORM.values()]
    return (daily.groupby("seed")[columns].sum() / HOURS).to_numpy()


def agreement() -> str:
    """Hold the means of all ways together and print them, those of the platform beside them.

    Raises:
        SystemExit: If two ways do not agree: then no time of theirs means anything.
    """
    scenario = small()
    found = {way.name: hourly(way, Core.of(scenario), range(SEEDS[way])) for way in ways()}
    worst = max(
        float(np.abs(apart(found[one], found[other])).max()) for one in found for other in found if one != other
    )
    if worst > STANDARD_ERRORS:
        raise SystemExit(f"the alternatives do not agree: two means lie {worst:.1f} standard errors apart")
    found["sim, the rest switched off"] = of_the_platform(scenario, range(40))
    lines = [f"{'AGREEMENT: what happens an hour':32}" + "".join(f"{name[:10]:>11}" for name in COUNTS)]
    lines.append("-" * len(lines[0]))
    for name, runs in found.items():
        lines.append(f"{name:32}" + "".join(f"{mean:11.3f}" for mean in runs.mean(axis=0)))
    note = (
        "A hundredth of Coco in which more happens, a week. No two means of the core model lie more than "
        f"{worst:.1f} standard errors apart ({STANDARD_ERRORS} are allowed). The platform puts reports on one "
        "visit together, so that it has fewer reviews."
    )
    lines.append(textwrap.fill(note, len(lines[0])))
    return "\n".join(lines)


def agreed() -> dict[str, str]:
    """Return `agreement` for `timing.apart`."""
    return {"text": agreement()}


# -- time -------------------------------------------------------------------------------------------------------------


class _Platform:
    """The platform as it is, with nothing left out."""

    def __init__(self, lanes: int, hours: int) -> None:
        # Months long, so that visitors of a month are counted.
        scenario = coco().replace(days=max(hours // 24, 62), warmup_days=1)
        self._model = ChatModel(scenario, [1], [BASELINE, *scenario.policies][:lanes], collect=False)

    def run(self, hours: int) -> None:
        """Simulate so many more hours."""
        for _ in range(hours):
            self._model.step()


def _serve(pipe: Any, way: Way | int, hours: int) -> None:
    """In a process of its own: make a model, let it warm up for a day, and time as many hours as are asked for."""
    chat = _Platform(way, hours) if isinstance(way, int) else way.make(Core.of(only_the_core(coco())), 1)
    chat.run(24)
    gc.collect()
    gc.freeze()  # a million agents would else be looked at over and over
    pipe.send(None)
    while asked := pipe.recv():
        begun = time.process_time()
        chat.run(asked)
        pipe.send((time.process_time() - begun) / asked)
    pipe.send(mebibytes())


@contextmanager
def _served(way: Way | int, hours: int) -> Iterator[Any]:
    context = multiprocessing.get_context("spawn")
    pipe, end = context.Pipe()
    process = context.Process(target=_serve, args=(end, way, hours), daemon=True)
    process.start()
    end.close()
    pipe.recv()  # it is ready
    try:
        yield pipe
    finally:
        process.terminate()
        process.join()


LANES = 15
"""The baseline of the reference case and its policies."""
OURS = {f"sim, a lane of {LANES}": (LANES, 120), "sim, one lane": (1, 240)}
"""The platform by its name in the table: lanes, and hours timed at once."""


@dataclass(frozen=True)
class Times:
    """What the alternatives took at full size.

    Attributes:
        seconds: CPU seconds of an hour by name, one of each round.
        mebibytes: Peak resident memory of the process.
    """

    seconds: dict[str, list[float]]
    mebibytes: dict[str, float]

    def ratio(self, name: str, of: str) -> tuple[float, float, float]:
        """Return how many times as long one takes as the other: the median of the rounds, the least and the most."""
        ratios = [a / b for a, b in zip(self.seconds[name], self.seconds[of], strict=True)]
        return statistics.median(ratios), min(ratios), max(ratios)

    def figures(self) -> Iterator[Figure]:
        """Yield what the history keeps."""
        for name, seconds in self.seconds.items():
            yield Figure(name, statistics.median(seconds) * 1e6, "microseconds an hour")


def timed(repeats: int) -> Times:
    """Time all ways in turn, so many times."""
    jobs: dict[str, tuple[Way | int, int]] = {**OURS, **{way.name: (way, way.hours) for way in ways()}}
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    memory = {}
    with ExitStack() as stack:
        pipes = {name: stack.enter_context(_served(way, hours * repeats)) for name, (way, hours) in jobs.items()}
        for _ in range(repeats):
            for name, (way, hours) in jobs.items():
                pipes[name].send(hours)
                seconds[name].append(pipes[name].recv() / (way if isinstance(way, int) else 1))
        for name, pipe in pipes.items():
            pipe.send(0)
            memory[name] = pipe.recv()
    return Times(seconds, memory)


def table(times: Times) -> str:
    """Return the times as text."""
    lane, one = OURS
    rounds = len(times.seconds[lane])
    head = f"{'':28}{'microseconds':>14}{'times a':>26}{'times':>26}{'MiB':>8}"
    under = f"{'':28}{'an hour':>14}{f'lane of {LANES}':>26}{'one lane':>26}"
    lines = ["HOW FAST: one hour of Coco at full size, 778,000 visitors a month", head, under, "-" * len(head)]
    for name, seconds in sorted(times.seconds.items(), key=lambda item: statistics.median(item[1])):
        cells = "".join(f"{numbers(times.ratio(name, of)):>26}" for of in (lane, one))
        microseconds = statistics.median(seconds) * 1e6
        lines.append(f"{name:28}{microseconds:14,.0f}{cells}{times.mebibytes[name]:8,.0f}")
    starsim = f", Starsim {version('starsim')}" if STARSIM.name in times.seconds else ""
    notes = (
        f"CPU time of one process, medians of {rounds} rounds in which all take turns; in brackets the least and the "
        f"most of the rounds. Lanes share a world, so that a lane of {LANES} costs less than one alone.",
        f"{machine()}, Mesa {version('mesa')}{starsim}.",
        f"Only sim is the whole model. The others leave out {LEFT_OUT}.",
    )
    lines += [textwrap.fill(note, len(head)) for note in notes]
    return "\n".join(lines)
