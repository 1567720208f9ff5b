"""A study that is killed comes out as one that was not: a few kills here; ``python -m tests.store.kills`` does many."""

import os
import random
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.store import kills

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "r"
    done = subprocess.run(kills.command(out), cwd=kills.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def finished(out: Path) -> int:
    return len(list(out.rglob("seed-*.parquet")))


def wait_for(units: int, out: Path, running: subprocess.Popen[str]) -> None:
    while finished(out) < units:
        assert running.poll() is None, running.communicate()
        time.sleep(0.01)


def test_one_process_makes_the_same_bytes_as_two(undisturbed: Path, tmp_path: Path) -> None:
    subprocess.run(kills.command(tmp_path / "r", workers=1), cwd=kills.ROOT, check=True, capture_output=True)
    assert kills.unlike(tmp_path / "r", undisturbed) == []


@pytest.mark.parametrize("units", [1, 4])
def test_the_parent_is_killed_and_its_workers_end(units: int, undisturbed: Path, tmp_path: Path) -> None:
    running = kills.start(tmp_path / "r")
    wait_for(units, tmp_path / "r", running)
    workers = kills.workers_of(running.pid)
    assert len(workers) == 2
    running.kill()
    running.communicate()
    end = time.monotonic() + 20
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < end, "a worker outlives its parent"
        time.sleep(0.1)
    kept = finished(tmp_path / "r")
    assert kept >= units
    again = kills.start(tmp_path / "r")
    said, _ = again.communicate()
    assert again.returncode == 0, said
    assert f"{kept} of 8 units are in {tmp_path / 'r'} already." in said
    assert kills.unlike(tmp_path / "r", undisturbed) == []


def test_a_worker_is_killed_and_the_parent_goes_on(undisturbed: Path, tmp_path: Path) -> None:
    running = kills.start(tmp_path / "r")
    wait_for(2, tmp_path / "r", running)
    os.kill(kills.workers_of(running.pid)[0], signal.SIGKILL)
    said, _ = running.communicate()
    assert running.returncode == 0, said
    assert "Traceback" not in said
    assert kills.unlike(tmp_path / "r", undisturbed) == []


def test_workers_do_not_hear_ctrl_c(undisturbed: Path, tmp_path: Path) -> None:
    """A terminal sends it to every process of a command: a worker that took it would die with a traceback."""
    running = kills.start(tmp_path / "r")
    wait_for(1, tmp_path / "r", running)
    workers = kills.workers_of(running.pid)
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGINT)
    said, _ = running.communicate()
    assert running.returncode == 0, said
    assert "Traceback" not in said and "killed" not in said
    assert kills.unlike(tmp_path / "r", undisturbed) == []


def test_killed_at_random_moments(undisturbed: Path, tmp_path: Path) -> None:
    hit = kills.disturbed(tmp_path / "r", 2, random.Random(12), 6.0)
    assert kills.unlike(tmp_path / "r", undisturbed) == [], hit


def test_ctrl_c_ends_within_two_seconds_and_says_how_to_go_on(tmp_path: Path) -> None:
    out = tmp_path / "r"
    running = subprocess.Popen(
        kills.command(out), cwd=kills.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where a shell runs this behind it
    )  # fmt: skip
    wait_for(1, out, running)
    begun = time.monotonic()
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate()
    assert time.monotonic() - begun < 2
    assert running.returncode == 130
    kept = f"{finished(out)} of 8 units are finished and kept in {out}"
    assert said.startswith(f"interrupted. {kept}. Go on: {shlex.quote(sys.executable)} -m sim")
    assert said.count("\n") == 1
    assert not [path for path in out.rglob("*") if path.name.startswith(".")]


def alive(pid: int) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(listed) and not listed.startswith("Z")
