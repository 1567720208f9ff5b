"""A share of the faults in every run, and all of them in a state to be planted; `make faults` plants them all.

The turn goes with the number of commits and stands in the name of each test; ``FAULTS_TURN=N`` sets it, and
``python -m tests.faults --turn N`` plants the same faults with more to read.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.faults import harness
from tests.faults.harness import ROOT, TURNS, Fault, FaultError, copy, faults, plant_and_run, share, turn

FAULTS = {fault.name: fault for fault in faults()}
TURN = turn()
ASKED_FOR = {"draws", "lanes", "queue", "retention", "clock", "counting", "statistics", "store"}
BOTH_RUN = ("model/world/", "model/decisions/", "rules/", "scenario/", "policies/")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_can_be_planted(fault: Fault, tmp_path: Path) -> None:
    (tmp_path / fault.file).parent.mkdir(parents=True)
    (tmp_path / fault.file).write_bytes((ROOT / fault.file).read_bytes())
    fault.plant(tmp_path)
    compile((tmp_path / fault.file).read_text(encoding="utf-8"), fault.file, "exec")
    assert not fault.shared or fault.file.removeprefix("sim/").startswith(BOTH_RUN)
    assert fault.kind and fault.tests and fault.why.endswith(".")


def test_a_fault_whose_text_is_gone_or_stands_twice_is_an_error(tmp_path: Path) -> None:
    fault = Fault("a fault", "draws", True, "module.py", "x", "y", ("test",), "It fails.")
    for n in (0, 2):
        (tmp_path / "module.py").write_text("x " * n)
        with pytest.raises(FaultError, match=f"occurs {n} times in module.py; the code changed: mend the fault"):
            fault.plant(tmp_path)


@pytest.mark.slow
def test_every_named_test_exists() -> None:
    tests = sorted({test for fault in FAULTS.values() for test in fault.tests})
    assert not [test for test in tests if "::test_" not in test]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_faults_are_of_the_kinds_asked_for_and_half_of_them_where_both_engines_stay_equal() -> None:
    assert len(FAULTS) == len(faults()) >= 16
    assert set(Counter(fault.kind for fault in FAULTS.values())) >= ASKED_FOR
    of_the_model = [fault for fault in FAULTS.values() if fault.kind != "store"]
    assert 2 * sum(fault.shared for fault in of_the_model) >= len(of_the_model)


@pytest.mark.slow
def test_every_fault_has_its_turn() -> None:
    planted = Counter(fault.name for number in range(TURNS) for fault in share(number))
    assert planted == dict.fromkeys(FAULTS, 1)
    assert all(TURNS % divisor for divisor in range(2, TURNS)), "commits that come in strides would leave turns out"


@pytest.mark.slow
def test_the_turn_moves_on_with_the_commits_and_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"rev-parse": "false", "rev-list": "1000"}
    monkeypatch.delenv("FAULTS_TURN", raising=False)
    monkeypatch.setattr(harness, "_git", lambda command, *more: said[command])
    before = turn()
    said["rev-list"] = "1001"
    assert turn() == (before + 1) % TURNS
    said["rev-parse"] = "true"  # a clone without history has one commit for ever: the day moves
    assert turn() == dt.datetime.now(dt.UTC).toordinal() % TURNS
    monkeypatch.setenv("FAULTS_TURN", str(TURNS + 3))
    assert turn() == 3


@pytest.mark.slow
@pytest.mark.parametrize("fault", share(TURN), ids=lambda fault: f"turn {TURN} of {TURNS}: {fault.name}")
def test_a_planted_fault_is_caught(fault: Fault, tmp_path: Path) -> None:
    found = plant_and_run(copy(ROOT, tmp_path / "clean"), fault, tmp_path / "faulty")
    assert all(found.caught_by(test) for test in fault.tests), found
