"""Running step loops over processes: in memory, or into a store."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import numpy as np

from sim.model.engines import Engine, module_of
from sim.model.records import Records, Runs
from sim.rules.errors import ExperimentError, ScenarioError, UnitsFailedError
from sim.rules.sentences import Listed, Sentence, Term
from sim.scenario.arguments import whole_number
from sim.scenario.scenario import BASELINE
from sim.study.cluster import Cluster, Killed
from sim.study.price import priced
from sim.study.progress import Progress
from sim.study.store import Kept, Shard, Store, save
from sim.study.task import Task, n_units

MAX_WORKERS = 1000
"""Processes that can be asked for."""
SIMULATING, MAKING = Term("simulating"), Term("making tables and figures")
"""Stages of a study, as they are shown."""

MOST_BREAKDOWNS = 5
"""So often in a row may workers be killed before one of them finishes a unit."""

SECONDS_BETWEEN_LOOKS = 0.5
"""So often is looked up how far the workers are."""

Job = tuple[Any, ...]
"""A step loop, the seconds it is expected to take, and what else the work on it is given."""

_NO_FAILURE = (ScenarioError, InterruptedError)
"""What a run raises that cannot be run with any seed, or for which nobody waits any more."""

_SHORT = Sentence("the machine may be short of memory: take fewer --workers")


def check(workers: int, engine: Engine) -> None:
    """Refuse what cannot run.

    Raises:
        ScenarioError: If there is no worker or no such engine.
    """
    if not isinstance(workers, Cluster):
        whole_number(workers, "workers", 1, MAX_WORKERS)
    module_of(engine)


def simulate_all(
    tasks: Sequence[Task],
    workers: int = 1,
    engine: Engine = "array",
    progress: Progress | None = None,
    store: Store | None = None,
) -> Iterator[Runs]:
    """Yield the runs of every task, in order; same tables whatever the workers.

    Args:
        tasks: What to run.
        workers: Processes, or a `Cluster`.
        engine: ``array`` or ``agents``.
        progress: Told how far it is; its next stage begins when all is simulated.
        store: Where to keep finished units, and to take from what is there already; in memory if not given.

    Raises:
        ScenarioError: If there is no worker or no such engine, or the store cannot be written.
        UnitsFailedError: If units failed, when all others are run; in a store these are kept.
        ExperimentError: If workers were killed again and again.
    """
    check(workers, engine)
    progress = progress or Progress()
    if store is None:
        yield from _in_memory(tasks, workers, engine, progress)
        progress.begin(MAKING)
    else:
        _fill(store, tasks, workers, engine, progress)
        progress.begin(MAKING)
        yield from (Kept(store, task) for task in tasks)


def _in_memory(tasks: Sequence[Task], workers: int, engine: Engine, progress: Progress) -> Iterator[Records]:
    loops = priced(tasks, workers, engine)
    jobs = [(loop, seconds, module_of(engine)) for of_task in loops for loop, seconds in of_task]
    progress.begin(SIMULATING)
    parts = _each(_tried, jobs, workers, progress, True)
    failed: list[_Failed] = []
    try:
        for of_task in loops:
            tried = [next(parts) for _ in of_task]
            failed += [part for part in tried if isinstance(part, _Failed)]
            if not failed:
                yield Records.joined(tried)
    except BrokenProcessPool:
        raise ExperimentError(
            Sentence("a worker process was killed; {short}, or keep finished runs with --out", short=_SHORT)
        ) from None
    if failed:
        errors = {unit: error for part in failed for unit, error in part.errors.items()}
        raise UnitsFailedError(errors) from failed[0].cause


def _simulated(task: Task, module: str, progress: Callable[[int], None] | None = None) -> Records:
    """Run a step loop with the engine that stands in a module."""
    simulate: Callable[..., Records] = import_module(module).simulate
    return simulate(task.scenario, task.seeds, task.arms, events=task.events or False, progress=progress)


@dataclass(frozen=True)
class _Failed:
    """Units that raised an error, alone or together in a step loop.

    Attributes:
        errors: What each of them raised, in words.
        cause: The first error itself, in the process in which it was raised.
    """

    errors: Mapping[str, str]
    cause: Exception | None = None

    @classmethod
    def of(cls, loop: Task, error: Exception) -> _Failed:
        """Return that a step loop failed."""
        words = traceback.format_exception_only(error)[-1].strip()
        return cls({loop.unit(seed): words for seed in loop.seeds}, error)

    @classmethod
    def killed(cls, loop: Task, how: Killed) -> _Failed:
        """Return that a step loop was killed on a cluster, again and again."""
        return cls({loop.unit(seed): str(how) for seed in loop.seeds})

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the error, of which not every one can be sent to another process."""
        return {"errors": self.errors, "cause": None}


def _tried(loop: Task, module: str, progress: Callable[[int], None] | None = None) -> Records | _Failed:
    """Run a step loop, seed by seed if it fails, and return its records, or which seeds fail alone too."""
    try:
        return _simulated(loop, module, progress)
    except _NO_FAILURE:
        raise
    except Exception as error:
        if len(loop.seeds) == 1:
            return _Failed.of(loop, error)
    parts = [_tried(replace(loop, seeds=(seed,)), module) for seed in loop.seeds]
    failed = [part for part in parts if isinstance(part, _Failed)]
    if failed:
        return _Failed({unit: words for part in failed for unit, words in part.errors.items()}, failed[0].cause)
    return Records.joined([part for part in parts if isinstance(part, Records)])


def _each(
    work: Callable[..., Any],
    jobs: Sequence[Job],
    workers: int,
    progress: Progress,
    ordered: bool,
    apart: bool = False,
    folder: Path | None = None,
) -> Iterator[Any]:
    """Yield what `work` returns for every job, on a cluster, or over processes if several are of use.

    Args:
        work: What to do with a job.
        jobs: The jobs.
        workers: Processes, or a `Cluster`.
        progress: Told how far it is.
        ordered: Whether to yield in the order of the jobs.
        apart: Whether none may run in this process.
        folder: Where `work` keeps files.
    """
    busy = min(workers, len(jobs))
    if isinstance(workers, Cluster):
        calls = (partial(_checked, work, loop.lanes, loop, *more) for loop, _, *more in jobs)
        ended = workers.each(calls, [seconds / busy for _, seconds, *_ in jobs], progress, folder)
        for i, done in _in_order(ended) if ordered else ended:
            yield _Failed.killed(jobs[i][0], done) if isinstance(done, Killed) else done
        return
    hour = [seconds / (loop.scenario.hours * busy) for loop, seconds, *_ in jobs]
    if busy <= 1 and not apart:
        for (loop, _, *more), seconds_of_an_hour in zip(jobs, hour, strict=True):
            yield work(loop, *more, progress=partial(_advance, progress, seconds_of_an_hour))
        return
    from joblib import Parallel, delayed

    # A worker that holds much memory by now ends between two jobs, and another takes its place: nothing is wrong.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
    # Workers inherit that they do not hear Ctrl-C, which is for this process: it stops them. The tracker is started
    # first: whoever starts it lets signals through again, and the first worker would hear them.
    resource_tracker.ensure_running()
    with _Hours(hour, progress) as hours:
        parallel = Parallel(
            n_jobs=max(busy, 2),
            return_as="generator" if ordered else "generator_unordered",
            batch_size=1,
            initializer=_watch,
            initargs=(os.getpid(),),  # the same in every call, so that workers are kept for the next one
        )
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            results = parallel(
                delayed(_elsewhere)(work, loop.lanes, hours.path, i, loop, *more)
                for i, (loop, _, *more) in enumerate(jobs)
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for i, done in results:
            hours.finished.add(i)
            yield done


def _advance(progress: Progress, seconds_of_an_hour: float, hours: int) -> None:
    progress.advance(seconds_of_an_hour * hours)


class _Hours:
    """Hours that each job has simulated, which workers note in a file, told to whoever shows how far it is.

    Args:
        seconds_of_an_hour: By job, what an hour of it is expected to add to the time of the stage.
        progress: Who shows it.
    """

    def __init__(self, seconds_of_an_hour: Sequence[float], progress: Progress) -> None:
        self.finished: set[int] = set()
        self._seconds, self._progress = np.array(seconds_of_an_hour), progress
        self._told, self._over = np.zeros(len(self._seconds), np.int64), threading.Event()
        in_my_language = copy_context().run  # which a thread does not inherit
        self._looking = threading.Thread(target=in_my_language, args=(self._look_often,), daemon=True)

    def __enter__(self) -> _Hours:
        """Make the file, and begin to look into it."""
        self._folder = TemporaryDirectory(prefix=_hours_of(os.getpid()))
        self.path = Path(self._folder.name) / "hours"
        self._noted = np.memmap(self.path, np.int64, "w+", shape=self._told.shape)
        self._looking.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Look once more, and take back what was done of jobs that did not end."""
        self._over.set()
        self._looking.join()
        self._look()
        left = [job for job in range(len(self._told)) if job not in self.finished]
        self._progress.lose(float(self._told[left] @ self._seconds[left]))
        self._folder.cleanup()

    def _look_often(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            self._look()

    def _look(self) -> None:
        noted = np.array(self._noted)
        if (more := noted - self._told).any():
            self._progress.advance(float(more @ self._seconds))
        self._told = noted


def _in_order(ended: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    """Yield by number what comes in any order."""
    early: dict[int, Any] = {}
    following = 0
    for i, done in ended:
        early[i] = done
        while following in early:
            yield following, early.pop(following)
            following += 1


def _checked(
    work: Callable[..., Any], lanes: Mapping[str, str], loop: Task, *more: Any, progress: Callable[[int], None]
) -> Any:
    """Do a job in another process, which must find the rules by day that the asker has."""
    if replace(loop).lanes != lanes:
        raise ScenarioError(
            Sentence(
                "worker processes read a policy from its module and find other rules than this process has: it was "
                "changed after its import. Change the module itself, or take one worker."
            )
        )
    return work(loop, *more, progress=progress)


def _elsewhere(
    work: Callable[..., Any], lanes: Mapping[str, str], hours: Path, job: int, loop: Task, *more: Any
) -> tuple[int, Any]:
    """Do a job in another process of this machine; return its number too."""
    noted = np.memmap(hours, np.int64, "r+")

    def note(n_hours: int) -> None:
        noted[job] += n_hours

    return job, _checked(work, lanes, loop, *more, progress=note)


def _hours_of(process: int) -> str:
    """Return how the folders begin in which a process has its workers note hours."""
    return f"hours-{process}-"


def _watch(parent: int) -> None:
    """Let this process end soon after its parent, however that one is killed, and take away what it left."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        for left in Path(gettempdir()).glob(f"{_hours_of(parent)}*"):
            shutil.rmtree(left, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# -- into a store ------------------------------------------------------------------------------------------------------


def _fill(store: Store, tasks: Sequence[Task], workers: int, engine: Engine, progress: Progress) -> None:
    """Run what a store lacks. Killed workers cost what they were at; a loop that fails is run again seed by seed."""
    failed: dict[str, str] = {}
    alone: set[str] = set()
    breakdowns = 0
    progress.begin(SIMULATING)
    while left := _without(store.missing(tasks), failed):
        loops = [loop for of_task in priced(left, workers, engine, alone) for loop in of_task]
        jobs = [(loop, seconds, module_of(engine), store.folder, _baselines(store, loop)) for loop, seconds in loops]
        try:
            # What kills its process may be left as the only job: it must not kill this one if it need not run here.
            for done in _each(_into, jobs, workers, progress, False, workers > 1, store.folder):
                if not isinstance(done, _Failed):
                    store.add(done)
                elif len(done.errors) > 1:
                    alone |= {*done.errors}
                else:
                    failed |= done.errors
                    progress.note(Sentence("{n} failed", n=len(failed)))
        except BrokenProcessPool:  # a worker was killed, and loky gives up the others with it
            store.look_again()
            still = _without(store.missing(tasks), failed)
            breakdowns = breakdowns + 1 if n_units(still) == n_units(left) else 1
            progress.note(Sentence("a worker was killed, going on"))
            alone |= {loop.unit(seed) for loop, _ in loops for seed in loop.seeds}
            if breakdowns > MOST_BREAKDOWNS:
                first = [task.unit(seed) for task in still for seed in task.seeds][:workers]
                raise ExperimentError(
                    Sentence(
                        "worker processes were killed {n} times before any finished a unit, at the last probably in "
                        "{units}; {short}",
                        n=breakdowns, units=Listed(tuple(first), Term(" or ")), short=_SHORT,
                    ),
                    units=first,
                ) from None  # fmt: skip
    if failed:
        raise UnitsFailedError(failed)


def _baselines(store: Store, loop: Task) -> dict[int, Shard]:
    """Return by seed a file in which the baseline stands already, where there is one."""
    found = {seed: store.holding(loop, seed, BASELINE) for seed in loop.seeds}
    return {seed: shard for seed, shard in found.items() if shard is not None}


def _into(
    loop: Task,
    module: str,
    folder: Path,
    baselines: Mapping[int, Shard],
    progress: Callable[[int], None] | None = None,
) -> list[Shard] | _Failed:
    """Run a step loop and keep its units."""
    try:
        records = _simulated(loop, module, progress)
    except _NO_FAILURE:
        raise
    except Exception as error:
        return _Failed.of(loop, error)
    try:
        return save(folder, loop, records, baselines)
    except OSError as error:
        why = error.strerror or str(error)
        raise ScenarioError(Sentence("{out} cannot be written: {why}", out=str(folder), why=why)) from None


def _without(tasks: Iterable[Task], failed: Collection[str]) -> list[Task]:
    """Leave units out that have failed."""
    left = [replace(task, seeds=tuple(s for s in task.seeds if task.unit(s) not in failed)) for task in tasks]
    return [task for task in left if task.seeds]
