"""A Dask cluster that does jobs in place of processes of this machine.

Whoever has the cluster starts it, with Dask's own commands; here it is only used. It does a job again elsewhere if its
worker is killed, and takes in workers that come later. So every job sees for itself that its worker is one that gives
the same bytes as this machine.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache, partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, NoReturn

from sim.rules.errors import ExperimentError, ScenarioError, shown
from sim.rules.sentences import Sentence
from sim.study.identity import code_fingerprint, versions
from sim.study.progress import Progress

if TYPE_CHECKING:
    from distributed import Client, Future

    Ended = SimpleQueue[Future[Any]]

SECONDS_TO_ANSWER = 6.0
"""So long is waited for a scheduler to answer."""

SECONDS_BETWEEN_LOOKS = 2.0
"""So often is looked, while no job ends, whether there is still a worker."""

JOBS_AHEAD = 1000
"""So many jobs more than there are threads lie at the scheduler: no worker waits for one, and it need not hold all."""

_MARK = ".cluster-"
_CODE = "code of sim"
_TAKES = Sentence("It takes the address that dask scheduler prints: tcp://10.0.0.5:8786.")


class Killed(str):
    """What comes of a job whose workers were killed again and again: how it went, in words.

    They are kept in a manifest in place of the error of a run, and like that one in English.
    """


class Cluster(int):
    """How many step loops a Dask cluster runs at a time, and where it is. Stands where a number of workers does.

    Args:
        address: Of the scheduler, such as ``tcp://10.0.0.5:8786``.

    Attributes:
        address: The same.

    Raises:
        ScenarioError: If no scheduler answers there, or Dask is not installed.
    """

    address: str

    def __new__(cls, address: str) -> Cluster:
        """Count the threads of the workers; while there is none, one that is to come."""
        workers = _asked(address)["workers"].values()
        cluster = super().__new__(cls, max(1, sum(worker["nthreads"] for worker in workers)))
        cluster.address = address
        return cluster

    def each(
        self, jobs: Iterable[Callable[..., Any]], seconds: Sequence[float], progress: Progress, folder: Path | None
    ) -> Iterator[tuple[int, Any]]:
        """Yield the number of every job and what it returned, as they end, or that its workers were `Killed`.

        Args:
            jobs: Functions of ``progress``, a function that they call now and then.
            seconds: What each adds to the time of the stage.
            progress: Told how far it is, and if there is no worker.
            folder: What all workers must see as this process does.

        Raises:
            ScenarioError: If a worker is not like this process, or does not see the folder.
            ExperimentError: If the scheduler is gone.
            Exception: What a job raised.
        """
        to_come, running, ended = enumerate(jobs), dict[str, tuple[int, "Future[Any]"]](), SimpleQueue["Future[Any]"]()
        with nullcontext() if folder is None else _marked(folder) as mark, _connected(self.address) as client:

            def submit(most: int) -> None:
                for i, job in islice(to_come, most):
                    future = client.submit(_there, _likeness(), mark, job, pure=False)
                    future.add_done_callback(ended.put)
                    running[future.key] = i, future

            self._check_all_know_sim(client)
            submit(self + JOBS_AHEAD)
            while running:
                i, future = running.pop(self._next(client, ended, progress).key)
                done = self._result(future)
                del future  # so that the cluster forgets what came of it
                submit(1)
                if not isinstance(done, Killed):
                    progress.advance(seconds[i])
                yield i, done

    def _check_all_know_sim(self, client: Client) -> None:
        """Refuse who cannot even read what is to be done: Dask would break off with a worker, and wait for another."""
        found = client.run(find_spec, "sim") | {self.address: client.run_on_scheduler(find_spec, "sim")}
        if lacking := [address for address, spec in found.items() if spec is None]:
            raise ScenarioError(
                Sentence(
                    "{address} of the cluster has no module sim. Start the scheduler and all workers in an environment "
                    "in which it is installed.",
                    address=lacking[0],
                )
            )

    def _next(self, client: Client, ended: Ended, progress: Progress) -> Future[Any]:
        """Wait for a job to end, and say so if there is nobody to do it."""
        told = False
        while True:
            try:
                return ended.get(timeout=SECONDS_BETWEEN_LOOKS)
            except Empty:
                pass
            try:
                alone = not client.nthreads()
            except (OSError, ValueError):  # not connected any more
                self._gone()
            if alone and not told:
                wanted = f"dask worker {self.address} --nthreads 1"
                progress.tell(Sentence("The cluster has no worker. Waiting for one: {command}", command=wanted))
            told = alone

    def _result(self, future: Future[Any]) -> Any:
        """Return what came of a job that ended."""
        from distributed import CancelledError, KilledWorker
        from distributed.comm import CommClosedError

        try:
            return future.result()
        except KilledWorker as error:
            n = error.allowed_failures + 1
            return Killed(f"every worker that was at it was killed, {n} in all; they may be short of memory")
        except (CancelledError, CommClosedError):
            self._gone()
        except ImportError as error:
            raise ScenarioError(
                Sentence(
                    "a worker of the cluster lacks what it is to run ({error}). Start workers in an environment and a "
                    "folder like those of this command.",
                    error=str(error),
                )
            ) from None

    def _gone(self) -> NoReturn:
        raise ExperimentError(Sentence("the scheduler at {address} is gone", address=self.address)) from None


def _asked(address: str) -> dict[str, Any]:
    """Return what a scheduler says of itself."""
    _quiet()

    async def ask() -> dict[str, Any]:
        from distributed.core import rpc

        async with rpc(address) as scheduler:
            return dict(await scheduler.identity(n_workers=-1))

    try:
        with ThreadPoolExecutor(1) as aside:  # a notebook has a loop of its own
            said = aside.submit(asyncio.run, asyncio.wait_for(ask(), SECONDS_TO_ANSWER)).result()
    except ValueError as error:
        raise ScenarioError(
            Sentence(
                "--scheduler {address} is no address ({error}). {takes}",
                address=shown(address), error=str(error), takes=_TAKES,
            )
        ) from None  # fmt: skip
    except Exception:  # anything may happen where something else than a scheduler answers
        raise _silent(address) from None
    if said.get("type") != "Scheduler":
        raise ScenarioError(
            Sentence(
                "at {address} is a {kind} of Dask. {takes}",
                address=shown(address), kind=str(said.get("type")), takes=_TAKES,
            )
        )  # fmt: skip
    return said


def _silent(address: str) -> ScenarioError:
    return ScenarioError(Sentence("no scheduler answers at {address}. {takes}", address=shown(address), takes=_TAKES))


def _quiet() -> None:
    """Import Dask with nothing to say of its own on the terminal, unless it is imported already."""
    try:
        import dask

        loggers = ("distributed", "distributed.client", "distributed.gc", "tornado.application")
        with dask.config.set({"logging": dict.fromkeys(loggers, "critical")}):
            import distributed  # noqa: F401
    except ImportError as error:
        raise ScenarioError(
            Sentence(
                "--scheduler takes Dask, which cannot be imported here ({error}): python -m pip install distributed",
                error=str(error),
            )
        ) from None


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """Connect to a scheduler that answers. What is running when this ends is given up."""
    from distributed import Client

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other versions: every job looks for itself
            client = Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except OSError:
        raise _silent(address) from None
    with client:
        yield client


@contextmanager
def _marked(folder: Path) -> Iterator[Path]:
    """Keep a file in a folder whose name is nowhere else."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_MARK}*"):
        left.unlink(missing_ok=True)
    with NamedTemporaryFile(prefix=_MARK, dir=folder) as mark:
        yield Path(mark.name)


# -- on a worker -------------------------------------------------------------------------------------------------------


@cache
def _likeness() -> dict[str, str]:
    """Return what must be the same for the same bytes: versions, and a hash of the code."""
    found = versions()
    return {"Python": found["python"], **found["packages"], _CODE: code_fingerprint()}


def _there(likeness: dict[str, str], mark: Path | None, job: Callable[..., Any]) -> Any:
    """Do a job, if this is a worker that gives what the asker would."""
    from distributed import get_worker

    worker = get_worker()
    for name, here in _likeness().items():
        if here != likeness[name]:
            other = Sentence(
                "the worker {worker} of the cluster has {package} {here}, not {there}",
                worker=worker.address, package=name, here=here, there=likeness[name],
            )  # fmt: skip
            if name == _CODE:
                other = Sentence("the worker {worker} of the cluster has another code of sim", worker=worker.address)
            raise ScenarioError(
                Sentence(
                    "{other}. All take the same commit and the same requirements.lock; after a change start the "
                    "workers again.",
                    other=other,
                )
            )
    if mark is not None and not mark.exists():
        raise ScenarioError(
            Sentence(
                "the worker {worker} of the cluster does not see {folder}. Name a folder of a file system that all "
                "workers share (that of reproduce is made in TMPDIR).",
                worker=worker.address, folder=str(mark.parent),
            )
        )  # fmt: skip
    return job(progress=partial(_still_asked, worker, worker.get_current_task()))


def _still_asked(worker: Any, key: str, hours: int) -> None:
    """End a job for which nobody waits any more: Dask lets go of its result, but leaves it running."""
    if worker.state.tasks[key].state == "cancelled":
        raise InterruptedError
