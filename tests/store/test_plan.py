"""--plan: what would be run, what it costs and a hash of it; nothing is run, and no byte is written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.__main__ import main
from sim.model.records import Records
from sim.questions import question_of, reproduce
from sim.rules.sentences import spoken
from sim.study import workers
from sim.study.plan import plan_of, plan_sha256
from tests.parts import synthetic

CHAT = """
days = 40
seeds = 3
[population]
monthly_visitors = 20000
[policies.phone]
registration = { level = "phone" }
[policies.easy]
reporting = { friction = 0.2 }
"""
COMMANDS = {
    "compare": ["{file}"],
    "sweep": ["{file}", "--over", "reporting.friction=0,0.5"],
    "why": ["{file}", "--policy", "phone"],
    "ranges": ["{file}", "--policies", "phone", "--parameters", "contacts.rel_meeting"],
    "doubt": ["{file}", "--policies", "phone", "--draws", "16"],
    "validate": ["nulls", "--seeds", "2"],
}


@pytest.fixture(autouse=True)
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "chat.toml"
    path.write_text(CHAT)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "above").mkdir()
    return tmp_path / "above" / "r"


def given(name: str, file: Path) -> list[str]:
    return [name, *(word.format(file=file) for word in COMMANDS[name])]


def listed(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return everything in a folder, itself too, with its time and its bytes."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in (folder, *sorted(folder.rglob("*")))
    }


def hash_of(printed: str) -> str:
    (found,) = re.findall(r"^SHA-256 of what would be run: ([0-9a-f]{64})$", printed, re.MULTILINE)
    return str(found)


def never(*arguments: Any, **options: Any) -> Records:
    raise AssertionError("something is run")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_long_command_says_units_costs_and_a_hash_and_leaves_no_trace(
    name: str, file: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers, "_simulated", never)
    before = listed(out.parent)
    hashes = set()
    for more in ([], ["--workers", "2"], ["--out", str(out)], ["--out", str(out / "below")]):
        assert main([*given(name, file), "--plan", *more]) == 0
        printed, err = capsys.readouterr()
        n, *_ = printed.split()
        assert "\nTo simulate: " in printed
        assert int(n) > 1 and " units, " in printed.splitlines()[0]
        assert re.search(r"^About .* and [\d.]+ GB in ", printed, re.MULTILINE)
        assert printed.endswith("\nNothing was run, and nothing was written.\n")
        assert err == ""
        hashes.add(hash_of(printed))
    assert len(hashes) == 1
    assert listed(out.parent) == before


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "validate"])
def test_the_manifest_has_the_hash_and_reproduce_recomputes_it(
    name: str, file: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*given(name, file), "--plan"]) == 0
    planned = hash_of(capsys.readouterr().out)
    assert main([*given(name, file), "--out", str(out)]) == 0
    said = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert said["plan_sha256"] == planned == plan_sha256(said) == plan_sha256(plan_of(question_of(said), ""))
    assert f"plan: {planned}" in map(spoken, reproduce.reproduce(out, 1).notes)
    n = len(said["units"])
    capsys.readouterr()
    before = listed(out.parent)
    assert main([*given(name, file), "--plan", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert f"{n} of {n} units are in {out} already." in printed and "To simulate" not in printed
    assert hash_of(printed) == planned
    assert listed(out.parent) == before


def test_a_manifest_that_was_changed_describes_another_plan(file: Path, out: Path) -> None:
    assert main([*given("compare", file), "--out", str(out)]) == 0
    path = out / "manifest.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(said | {"plan_sha256": "0" * 64}), encoding="utf-8")
    (differs,) = reproduce.reproduce(out, 1).differences
    assert spoken(differs).startswith("the manifest describes another plan than was run: its hash is ")
    path.write_text(json.dumps({k: v for k, v in said.items() if k not in ("plan_sha256", "lost")}), encoding="utf-8")
    assert reproduce.reproduce(out, 1).complete


def test_the_hash_is_of_what_decides_the_counts(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def planned(*more: str) -> str:
        assert main([*given("compare", file), "--plan", *more]) == 0
        return hash_of(capsys.readouterr().out)

    whole = planned()
    assert whole == planned("--workers", "3") == planned("--set", "title=another") == planned("--seeds", "3")
    others = [
        planned(*more.split())
        for more in (
            "--seeds 4", "--days 41", "--policies phone", "--engine agents", "--set reporting.friction=0.7",
            "--scale 0.5",
        )
    ]  # fmt: skip
    assert len({whole, *others}) == 1 + len(others)
    asked = sim.questions.compare.question(sim.load(file), ["phone"])
    assert plan_sha256(plan_of(asked, "from Python")) == planned("--policies", "phone")


def test_a_folder_that_is_half_done_is_looked_at_and_left_as_it_is(
    file: Path, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of killed processes, files that were cut, and what is being written stay where they are."""
    command = given("compare", file)
    assert main([*command, "--out", str(out)]) == 0
    first, *_ = units = sorted((out / "units").rglob("seed-*.parquet"))
    first.write_bytes(first.read_bytes()[:-1])
    first.with_name(".seed-9.abc.part-1").write_bytes(b"half")
    (out / ".new-1").mkdir()
    for path in (*out.rglob("*"), out, out.parent):
        os.utime(path, ns=(10**18, 10**18))
    before = listed(out.parent)
    capsys.readouterr()
    monkeypatch.setattr(workers, "_simulated", never)
    for more, n in (([], len(units) - 1), (["--seeds", "5"], len(units) - 1), (["--replace"], 0)):
        assert main([*command, "--plan", "--out", str(out), *more]) == 0
        printed = capsys.readouterr().out
        total = 5 if "5" in more else 3
        assert (f"{n} of {total} units are in {out} already." in printed) == bool(n)
        assert f"{first} was cut or changed. Its runs would be made again." in printed or "--replace" in more
        assert f"= {total - n} seed" in printed
        assert listed(out.parent) == before


def test_a_folder_of_another_study_is_refused_in_the_same_words(
    file: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*given("compare", file), "--out", str(out)]) == 0
    (out.parent / "mine").mkdir()
    (out.parent / "mine" / "thesis.txt").write_text("years of work")
    (out.parent / "a file").write_text("text")
    capsys.readouterr()
    for more in (
        ["--days", "41", "--out", str(out)],
        ["--policies", "phone", "--out", str(out)],
        ["--out", str(out.parent / "mine")],
        ["--out", str(out.parent / "mine"), "--replace"],
        ["--out", str(out.parent / "a file")],
        ["--workers", "0", "--out", str(out)],
        ["--seeds", "1"],
        ["--policies", "nobody"],
    ):
        before = listed(out.parent)
        assert main([*given("compare", file), *more, "--plan"]) == 2
        assert listed(out.parent) == before
        printed, said = capsys.readouterr()
        assert printed == ""
        assert main([*given("compare", file), *more]) == 2
        assert capsys.readouterr().err == said != ""


def test_a_folder_that_cannot_be_written_is_refused(
    file: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *asked: False)  # whoever runs the tests may be allowed everything
    assert main([*given("compare", file), "--plan", "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"{out} cannot be written: Permission denied\n"
