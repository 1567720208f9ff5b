"""Paths: ``~`` is the home folder wherever one is given, and a relative one means what it meant when it was given."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.__main__ import main
from sim.policies.registration import RegistrationPolicy
from sim.questions import compare, reproduce
from sim.rules.errors import ScenarioError
from sim.scenario import template
from sim.scenario.arguments import path_of
from sim.study import export
from sim.study.answer import answer
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(days=30, policies={"phone": (RegistrationPolicy(level="phone"),)})


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and beside it an empty one to work in."""
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib"))  # its list of fonts takes seconds
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def test_what_a_path_means(home: Path) -> None:
    work = home.parent / "work"
    assert path_of("~", "path") == home
    assert path_of("~/a/../b", "path") == home / "a/../b"
    assert path_of(Path("~") / "a", "path") == home / "a"
    assert path_of("a/~", "path") == work / "a/~"
    assert path_of("~nobody-of-this-name/a", "path") == work / "~nobody-of-this-name/a"
    assert path_of("/a", "path") == Path("/a")


@pytest.mark.parametrize(
    ("path", "words"),
    [("", "empty path"), (5, "= 5 is not allowed"), (None, "a path"), (b"a", "a path"), ("a\0b", "no path")],
)
@pytest.mark.parametrize(
    "take",
    [
        sim.load,
        template.write,
        reproduce.reproduce,
        lambda path: reproduce.run_alone(path, "seed-0"),
        lambda path: export.export(path, "other"),
        lambda path: export.export("r", path),
        lambda path: sim.compare(SCENARIO, seeds=2, out=path) if path is not None else path_of(path, "path"),
    ],
)
def test_what_is_no_path(take: Any, path: Any, words: str, home: Path) -> None:
    with pytest.raises(ScenarioError, match=words):
        take(path)
    assert sorted(home.parent.rglob("*")) == [home, home.parent / "work"]


def test_a_folder_that_is_gone(home: Path) -> None:
    (home.parent / "work").rmdir()
    with pytest.raises(ScenarioError, match="give the whole path"):
        sim.load("here.toml")


@pytest.mark.slow
def test_every_command_knows_the_home_folder(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "small.toml").write_text('days = 30\nseeds = 2\n[policies.email]\nregistration = { level = "email" }\n')
    small = ["~/small.toml", "--out", "~/study"]
    for command in (
        ["new", "~/mine.toml"],
        ["check", "~/mine.toml"],
        ["policies", "~/mine.toml"],
        ["compare", *small],
        ["compare", *small],
        ["reproduce", "~/study", "--sample", "1"],
        ["reproduce", "~/study", "--unit", "seed-0"],
        ["export", "~/study", "--out", "~/tables"],
    ):
        assert main(command) == 0, capsys.readouterr().err
    assert "~/study/effects.csv\n" in capsys.readouterr().out
    assert sorted(path.name for path in home.iterdir()) == ["mine.toml", "small.toml", "study", "tables"]
    assert not any((home.parent / "work").iterdir())
    sim.compare(sim.load("~/small.toml"), out="~/other")
    assert (home / "other" / "manifest.json").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_relative_path_means_the_same_after_a_change_of_folder(workers: int, home: Path) -> None:
    answer(compare.question(SCENARIO, seeds=2), workers, out="r", say=lambda _: os.chdir(home))
    assert not any(home.iterdir())
    assert (home.parent / "work" / "r" / "manifest.json").exists()
    os.chdir(home.parent / "work")
    comparison = sim.compare(SCENARIO, seeds=2, out=Path("r"))
    os.chdir(home)
    assert len(comparison.daily) == 2 * 2 * 30
