"""A Dask cluster of processes, started with Dask's own commands: the same bytes as here, also if one is killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from sim.__main__ import main
from sim.model.engines import _ENGINES
from sim.questions import compare
from sim.rules.errors import ExperimentError, ScenarioError
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE
from sim.study import cluster as study_cluster
from sim.study import price
from sim.study.answer import answer
from sim.study.cluster import Cluster
from sim.study.progress import Progress
from sim.study.task import Task
from sim.study.workers import simulate_all
from tests.store.clusters import Processes, started, until
from tests.store.kills import ROOT, unlike

pytestmark = pytest.mark.slow

CLASSROOM = load(ROOT / "scenarios" / "classroom.toml")
SMALL = CLASSROOM.replace(days=31, warmup_days=5, scale=0.2)
ARGUMENTS = (
    *("compare", "scenarios/classroom.toml", "--policies", "email,phone", "--seeds", "8", "--days", "20"),
    *("--set", "warmup_days=5"),
)
TASK = Task(SMALL, (BASELINE, "email"), (0, 1, 2, 3, 4))


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with started(tmp_path_factory.mktemp("dask"), 2, "--no-nanny") as found:
        yield found


def shards(out: Path) -> list[Path]:
    return sorted(out.rglob("seed-*.parquet"))


def test_in_memory_it_is_the_same_as_here(processes: Processes) -> None:
    cluster = Cluster(processes.address)
    assert cluster == 2
    (here,), (there,) = simulate_all([TASK]), simulate_all([TASK], cluster)
    (one,), (other,) = here.parts(), there.parts()
    for name, table in one.tables().items():
        assert_frame_equal(table, other.tables()[name])
        assert table.to_numpy().flags.writeable == other.tables()[name].to_numpy().flags.writeable


def test_nobody_crowds_the_cores_of_this_machine(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price, "_n_cores", lambda: 1)
    cluster = Cluster(processes.address)
    assert price.seconds_of([TASK], cluster) < price.seconds_of([TASK], int(cluster))


def test_a_worker_is_killed_on_the_way_and_every_file_is_the_same(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(price, "SECONDS_OF_A_LOOP", 0)  # a step loop for each unit
    monkeypatch.chdir(ROOT)
    out, undisturbed = tmp_path / "r", tmp_path / "undisturbed"
    victim = processes.workers.pop()

    def kill() -> None:
        until(lambda: len(shards(out)) >= 2)
        os.kill(victim.pid, signal.SIGKILL)

    killing = threading.Thread(target=kill, daemon=True)
    killing.start()
    assert main([*ARGUMENTS, "--scheduler", processes.address, "--out", str(out)]) == 0
    killing.join()
    assert victim.wait() == -signal.SIGKILL
    assert "distributed" not in "".join(capsys.readouterr())
    assert main([*ARGUMENTS, "--out", str(undisturbed)]) == 0
    assert len(shards(out)) == 8
    assert unlike(out, undisturbed) == []
    processes.add(1, "--no-nanny")
    processes.wait_for(2)


def test_a_result_is_reproduced_on_a_cluster(
    processes: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(compare.question(SMALL, ["email"], 3), out=tmp_path / "r")
    assert main(["reproduce", str(tmp_path / "r"), "--scheduler", processes.address]) == 0
    assert "REPRODUCED" in capsys.readouterr().out


def test_every_unit_is_told_once(processes: Processes) -> None:
    told: list[float] = []
    shown = Progress()
    shown.advance = told.append
    cluster = Cluster(processes.address)
    list(simulate_all([TASK], cluster, progress=shown))
    loops = [loop for of_task in price.priced([TASK], cluster, "array") for loop in of_task]
    assert sum(told) == pytest.approx(sum(seconds for _, seconds in loops) / min(cluster, len(loops)))


def test_what_fails_on_a_worker_is_named_with_its_unit(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_ENGINES, "array", "tests.store.trouble")
    out = tmp_path / "r"
    with pytest.warns(UserWarning, match="seed-1 failed: ZeroDivisionError: of all things"):
        answer(compare.question(SMALL, ["email"], [0, 1, 2]), Cluster(processes.address), out=out)
    assert {path.name.split(".")[0] for path in shards(out)} == {"seed-0", "seed-2"}


def test_interrupted_it_lets_go_of_what_runs(
    processes: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    out = tmp_path / "r"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored

    def interrupt() -> None:
        until(lambda: any(out.rglob(".cluster-*")))
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGINT)

    interrupting = threading.Thread(target=interrupt, daemon=True)
    interrupting.start()
    long = [
        "compare",
        "scenarios/classroom.toml",
        "--days",
        "5000",
        "--policies",
        "email",
        "--scheduler",
        processes.address,
    ]
    try:
        assert main([*long, "--out", str(out)]) == 130
        interrupting.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert "0 of 20 units are finished and kept" in capsys.readouterr().err
    begun = time.monotonic()
    list(simulate_all([TASK], Cluster(processes.address)))
    assert time.monotonic() - begun < 20
    assert not any(out.rglob(".cluster-*"))


def test_a_unit_that_kills_its_workers_is_named_and_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may be named too: Dask blames all that waited at a worker for its death. The same command runs them."""
    monkeypatch.setitem(_ENGINES, "array", "tests.store.trouble")
    out, asked = tmp_path / "r", compare.question(SMALL, ["email"], [0, 2, 3])
    with started(tmp_path, 1, may_die=0) as few:
        for folder in (out, None):
            said: list[str] = []
            try:
                answer(asked, Cluster(few.address), out=folder, warn=said.append)
            except ExperimentError as error:
                said.append(str(error))
            assert re.search(r"seed-3 failed: every worker.*killed", "\n".join(said))
        assert "seed-3" not in {path.name.split(".")[0] for path in shards(out)}


def test_without_a_worker_it_says_so_and_waits_and_without_a_scheduler_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(study_cluster, "SECONDS_BETWEEN_LOOKS", 0.2)
    monkeypatch.setattr(price, "SECONDS_OF_A_LOOP", 0)
    monkeypatch.chdir(ROOT)
    out, said = tmp_path / "r", []
    with started(tmp_path, 0) as none:

        def help_and_leave() -> None:
            until(lambda: any(out.rglob(".cluster-*")))
            time.sleep(2)
            said.append(capsys.readouterr().err)
            none.add(1, "--no-nanny")
            until(lambda: len(shards(out)) >= 2)
            none.scheduler.kill()

        helping = threading.Thread(target=help_and_leave, daemon=True)
        helping.start()
        assert main([*ARGUMENTS, "--scheduler", none.address, "--out", str(out)]) == 1
        helping.join()
    assert f"The cluster has no worker. Waiting for one: dask worker {none.address} --nthreads 1\n" in said[0]
    last = capsys.readouterr().err
    assert f"the scheduler at {none.address} is gone" in last
    assert re.search(r"[2-8] of 8 units are finished and kept", last)


class TestRefused:
    """One sentence, exit code 2, and no folder."""

    @pytest.fixture(autouse=True)
    def here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(study_cluster, "SECONDS_TO_ANSWER", 1.0)

    def said(self, address: str, out: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
        given = ["compare", "scenarios/classroom.toml", "--scheduler", address, "--out", str(out), *more]
        try:
            assert main(given) == 2
        except SystemExit as end:
            assert end.code == 2
        out_text, err = capsys.readouterr()
        assert out_text == ""
        assert len(err.splitlines()) == 1
        assert not out.exists()
        return err

    @pytest.mark.parametrize("address", ["", "here", "http://127.0.0.1:8786", "tcp://", "a:b:c"])
    def test_no_address(self, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert f'--scheduler "{address}" is no address' in self.said(address, tmp_path / "r", capsys)

    def test_nobody_there(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            address = "127.0.0.1:{1}".format(*mute.getsockname())
            assert f'no scheduler answers at "{address}"' in self.said(address, tmp_path / "r", capsys)
        assert f'no scheduler answers at "{address}"' in self.said(address, tmp_path / "r", capsys)

    def test_a_worker_in_place_of_a_scheduler(
        self, processes: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        worker = next(iter(study_cluster._asked(processes.address)["workers"]))
        assert f'no scheduler answers at "{worker}"' in self.said(worker, tmp_path / "r", capsys)

    def test_workers_of_both_kinds(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        err = self.said("127.0.0.1:8786", tmp_path / "r", capsys, "--workers", "2")
        assert "--workers: not allowed with argument --scheduler" in err

    def test_no_dask(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        assert "pip install distributed" in self.said("127.0.0.1:8786", tmp_path / "r", capsys)

    def test_a_worker_with_another_model(self, processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
        here = study_cluster._likeness()
        for name, said in (("code of sim", "another code of sim"), ("numpy", f"numpy {here['numpy']}, not 0")):
            monkeypatch.setattr(study_cluster, "_likeness", lambda name=name: here | {name: "0"})
            with pytest.raises(ScenarioError, match=f"the worker tcp://.* of the cluster has {said}"):
                list(simulate_all([TASK], Cluster(processes.address)))

    def test_a_worker_without_the_model(self, tmp_path: Path) -> None:
        with started(tmp_path, 0) as none:
            installed = "[f for f in sys.meta_path if '__editable__' not in str(f)]"
            hidden = (
                f"import sys; sys.path[:] = [p for p in sys.path if p != {str(ROOT)!r}]; sys.meta_path[:] = {installed}"
            )
            (tmp_path / "sitecustomize.py").write_text(hidden, encoding="utf-8")
            none.add(1, "--no-nanny", path=str(tmp_path))
            none.wait_for(1)
            with pytest.raises(ScenarioError, match="of the cluster has no module sim"):
                list(simulate_all([TASK], Cluster(none.address)))

    def test_a_folder_that_a_worker_does_not_see(
        self, processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(study_cluster, "_marked", lambda folder: nullcontext(folder / "elsewhere"))
        with pytest.raises(ScenarioError, match=r"does not see .*units.* that all workers share"):
            answer(compare.question(SMALL, ["email"], 3), Cluster(processes.address), out=tmp_path / "r")
        assert shards(tmp_path) == []
