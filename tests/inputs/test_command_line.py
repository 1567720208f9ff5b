"""The command line: what it prints, its exit codes, and that bad input leaves nothing behind."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from sim import experiment, results, running
from sim.__main__ import main
from sim.errors import ExperimentError
from sim.question import Question
from sim.scenario import Scenario

GOOD = """
title = "small"
days = 10
warmup_days = 5
seeds = 2
[population]
monthly_visitors = 300
monthly_visitors_start = 300
[policies.keep]
retention = { message_hours = 720, start = 2021-01-05, end = 2021-01-08 }
[policies.same]
retention = { message_hours = 3 }
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "good.toml"
    path.write_text(GOOD)
    return str(path)


class Nothing:
    """In place of a simulation: says that it was asked for."""

    def __init__(self, scenario: Scenario, *args: object, **options: object) -> None:
        self.scenario = scenario

    def table(self) -> str:
        return f"days {self.scenario.days}, friction {self.scenario.reporting.friction}, seeds {self.scenario.seeds}"

    summary = table


@pytest.fixture
def no_simulation(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Simulate nothing; return what was asked for."""
    asked: list[tuple[Any, ...]] = []

    def answer(question: Question, workers: int, *options: Any) -> Nothing:
        *options, say = options
        asked.append((question, workers, *options))
        say(running.cost(question.tasks(), workers, question.engine))
        return Nothing(question.scenario)

    monkeypatch.setattr(results, "answer", answer)
    monkeypatch.setattr(results, "files_of", lambda out: [out / "a file"])
    monkeypatch.setattr(experiment, "run", Nothing)
    return asked


def test_check(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", file, file]) == 0
    assert capsys.readouterr().out == f"{file}: right; 2 policies, 10 days\n" * 2
    assert main(["check", file, "missing.toml"]) == 2
    *warnings, error = capsys.readouterr().err.splitlines()
    assert error == "missing.toml: there is no such file. Give the path of a scenario file (TOML)."
    assert len(warnings) == 3
    assert all(line.startswith(f"{file}: warning: ") for line in warnings)


def test_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "mine.toml")
    assert main(["new", path]) == 0
    assert f"python -m sim check {path}\n" in capsys.readouterr().out
    assert main(["check", path]) == 0
    assert capsys.readouterr() == (f"{path}: right; 4 policies, 60 days\n", "")
    for command in ("policies", "compare"):
        assert main([command, path]) == 0
        assert capsys.readouterr().err == ""


def test_policies_in_words(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policies", file]) == 0
    out = capsys.readouterr().out
    assert (
        "keep:\n  messages kept for 720 hours, from 2021-01-05 until 2021-01-08\n"
        "  rules from 2021-01-05, baseline -> policy:\n    retention.message_hours: 3 -> 720 (hours)\n"
        "  rules from 2021-01-08, baseline -> policy:\n    all as in the baseline\n"
    ) in out
    assert "same:\n  messages kept for 3 hours, from 2021-01-01\n  inert: equal to the baseline" in out


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "population.monthly_visitors"]) == 0
    out = capsys.readouterr().out
    for words in [
        "Audience",
        "778000 (unique",
        "500000 to 850000",
        "from 100 to",
        "sourced",
        "CASE-03",
        "2024",
        "https:",
        "mirror",
    ]:
        assert words in out
    assert main(["explain", "predators.p_of_adults"]) == 0
    assert "from memory: not seen in the source" in capsys.readouterr().out
    assert main(["explain", "registration.friction_user"]) == 0
    assert "policies may set it" in capsys.readouterr().out


def test_explain_lists_all_and_each_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines)) > 300
    for name in {re.split(r" = | \(", line)[0] for line in lines}:
        assert main(["explain", name]) == 0
        assert name in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("friction", "reporting.friction"),
        ("reporting.frction", "reporting.friction"),
        ("qqq", "lists all"),
        ("case-8", "CASE-08"),
    ],
)
def test_explain_suggests(key: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", key]) == 2
    assert words in capsys.readouterr().err


def test_compare_as_asked(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], no_simulation: list[tuple[Any, ...]]
) -> None:
    options = ["--set", "reporting.friction=0.25", "--set", "moderation.triage=gravest", "--seeds", "3", "--days", "9"]
    folder = tmp_path / "new"
    given = ["compare", file, *options, "--policies", "keep", "--workers", "2", "--out", str(folder), "--replace"]
    assert main(given) == 0
    ((question, *rest),) = no_simulation
    assert (question.policies, question.seeds, question.engine) == (("keep",), (0, 1, 2), "array")
    assert rest == [2, True, folder, " ".join(["python -m sim", *given[:-1]]), True]
    out, err = capsys.readouterr()
    assert "hours = 3 seeds x 2 policies" in out
    assert "days 9, friction 0.25, seeds 3" in out
    assert out.endswith(f"\n{folder / 'a file'}\n")
    assert err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["good.toml"]


@pytest.mark.usefixtures("no_simulation")
def test_run_as_asked(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", file, "--policy", "keep"]) == 0
    assert "days 10" in capsys.readouterr().out


@pytest.mark.usefixtures("no_simulation")
def test_warns_of_a_queue_too_small_to_scale(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", file, "--scale", "0.4"]) == 0
    assert "at scale = 0.4 the staff reviews 8 dossiers an hour" in capsys.readouterr().err
    assert main(["compare", file, "--scale", "0.5"]) == 0
    assert main(["compare", file, "--scale", "0.4", "--set", "moderation.staff=0"]) == 0
    assert capsys.readouterr().err == ""


def staff(values: str) -> tuple[str, str]:
    return "--over", f"moderation.staff={values}"


BAD = {
    "no command": ([], "required"),
    "unknown command": (["cmpare", "FILE"], "invalid choice"),
    "unknown option": (["compare", "FILE", "--sed", "1"], "unrecognized"),
    "no file": (["compare"], "required"),
    "missing file": (["compare", "none.toml"], "no such file"),
    "unknown policy": (["compare", "FILE", "--policies", "kep"], "Did you mean keep?"),
    "no policy": (["compare", "FILE", "--policies", "baseline"], "no policy"),
    "unknown policy to run": (["run", "FILE", "--policy", "kep"], "Did you mean keep?"),
    "new without a file": (["new"], "required"),
    "new over an old file": (["new", "FILE"], "nothing is overwritten"),
    "new without .toml": (["new", "mine"], 'Write "mine.toml"'),
    "new in no folder": (["new", "none/mine.toml"], "there is no folder none"),
    "new below a file": (["new", "FILE/mine.toml"], "there is no folder"),
    "new where nothing can be written": (["new", "/proc/mine.toml"], "cannot be written"),
    "new with an impossible name": (["new", "y" * 300 + ".toml"], "cannot be written"),
    "explain two names": (["explain", "days", "seeds"], "unrecognized"),
    "schema of something": (["schema", "FILE"], "unrecognized"),
    "per cent": (["compare", "FILE", "--set", "reporting.friction=80%"], "Write 0.8: this is a share."),
    "days for hours": (["compare", "FILE", "--set", "retention.message_hours=7d"], "Write 168: this is in hours."),
    "negative seed": (["run", "FILE", "--seed", "-1"], "-1"),
    "large seed": (["run", "FILE", "--seed", str(2**70)], str(2**70)),
    "one seed": (["compare", "FILE", "--seeds", "1"], "gives no interval"),
    "no seed": (["compare", "FILE", "--seeds", "0"], "seeds = 0"),
    "seeds in words": (["compare", "FILE", "--seeds", "two"], "invalid int value: 'two'"),
    "no worker": (["compare", "FILE", "--workers", "0"], "whole number from 1"),
    "workers in words": (["compare", "FILE", "--workers", "all"], "whole number from 1"),
    "unknown engine": (["compare", "FILE", "--engine", "gpu"], "invalid choice"),
    "unknown setting": (["compare", "FILE", "--set", "reporting.frction=1"], "mean reporting.friction?"),
    "setting without a value": (["compare", "FILE", "--set", "days"], "KEY=VALUE"),
    "word for a number": (["compare", "FILE", "--set", "days=many"], 'days = "many"'),
    "nan": (["compare", "FILE", "--scale", "nan"], "scale = nan"),
    "days that end before a policy starts": (["compare", "FILE", "--days", "3"], "starts on 2021-01-05"),
    "small scale": (["compare", "FILE", "--scale", "0.1"], "leaves 30 visitors"),
    "a policy set by hand": (["compare", "FILE", "--set", "policies.keep=1"], "policies.keep = 1"),
    "output is a file": (["compare", "FILE", "--out", "FILE"], "is a file"),
    "output below a file": (["compare", "FILE", "--out", "FILE/new"], "cannot be written"),
    "output that cannot be written": (["compare", "FILE", "--out", "/proc/new"], "cannot be written"),
    "output with an impossible name": (["compare", "FILE", "--out", "y" * 300], "too long"),
    "nothing to sweep": (["sweep", "FILE"], "required"),
    "a rule without values": (["sweep", "FILE", "--over", "moderation.staff"], "takes KEY=A,B,..."),
    "a gap between values": (["sweep", "FILE", "--over", "moderation.staff=1,,2"], "takes KEY=A,B,..."),
    "one value": (["sweep", "FILE", *staff("1")], "at least two"),
    "a value twice": (["sweep", "FILE", *staff("1,2,1.0")], "given twice"),
    "a value in words": (["sweep", "FILE", *staff("1,many")], 'moderation.staff = "many" is not allowed'),
    "a value out of bounds": (["sweep", "FILE", *staff("1,-2")], "a number from 0 to 10000"),
    "too many points": (["sweep", "FILE", *staff(",".join(map(str, range(101))))], "101 points are too many"),
    "a rule twice": (["sweep", "FILE", *staff("1,2"), *staff("3,4")], "given twice"),
    "unknown rule": (["sweep", "FILE", "--over", "moderation.staf=1,2"], "Did you mean moderation.staff?"),
    "no rule": (["sweep", "FILE", "--over", "contacts.rel_meeting=1,2"], "--parameters contacts.rel_meeting varies it"),
    "a sweep of one seed": (["sweep", "FILE", *staff("1,2"), "--seeds", "1"], "gives no interval"),
    "a sweep into a file": (["sweep", "FILE", *staff("1,2"), "--out", "FILE"], "is a file"),
    "ranges of no policy": (["ranges", "FILE", "--policies", "kep"], "Did you mean keep?"),
    "unknown parameter": (["ranges", "FILE", "--parameters", "contacts.rel_meting"], "mean contacts.rel_meeting?"),
    "a parameter twice": (["ranges", "FILE", "--parameters", "reporting.friction,reporting.friction"], "named twice"),
    "a parameter without a range": (["ranges", "FILE", "--parameters", "moderation.triage"], "no plausible range"),
    "ranges of one seed": (["ranges", "FILE", "--seeds", "1"], "gives no interval"),
    "ranges into a file": (["ranges", "FILE", "--out", "FILE"], "is a file"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(
    name: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, words = BAD[name]
    monkeypatch.chdir(tmp_path)
    try:
        code = main([argument.replace("FILE", file) for argument in arguments])
    except SystemExit as stop:
        code = stop.code
    err = capsys.readouterr().err
    assert code == 2
    assert words in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["good.toml"]
    assert Path(file).read_text() == GOOD


def test_a_sweep_and_ranges_run(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ["--seeds", "2", "--days", "8", "--out"]
    for command in (
        ["sweep", file, "--over", "retention.message_hours=1,24", "--over", "registration.level=none,phone"],
        ["ranges", file, "--policies", "keep", "--parameters", "contacts.rel_meeting"],
    ):
        outs = [tmp_path / f"{command[0]}-{n}" for n in "ab"]
        for out in outs:
            assert main([*command, *short, str(out)]) == 0
            printed, err = capsys.readouterr()
            assert printed.startswith("To simulate: ")
            assert "On this site only" in printed
            assert str(out / "table.txt") in printed
            assert err == ""
        tables = [{f.name: f.read_bytes() for f in out.glob("*.csv")} for out in outs]
        assert tables[0] == tables[1] != {}


def timeless(out: Path) -> dict[Path, bytes]:
    """Return all files without the time that the manifest tells."""
    files = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return {path: re.sub(rb'"written": "[^"]+"', b"", data) for path, data in files.items()}


def test_a_folder_is_gone_on_with_or_refused_or_begun_anew(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r"
    command = ["compare", file, "--out", str(out), "--days"]
    assert main([*command, "8"]) == 0
    first = capsys.readouterr()
    for name in ("effects.csv", "daily.parquet", "figures/overview.png", "manifest.json"):
        assert f"\n{out / name}\n" in first.out
    before = timeless(out)
    assert main([*command, "8"]) == 0
    again = capsys.readouterr()
    assert first.out.startswith("To simulate: ")
    assert again.out == f"2 of 2 units are in {out} already.\n" + first.out.split("\n", 2)[2]
    assert again.err == first.err == ""
    assert timeless(out) == before
    assert main([*command, "9"]) == 2
    assert "holds runs of another scenario: days is 8 there, now 9." in capsys.readouterr().err
    assert timeless(out) == before
    assert main([*command, "9", "--replace"]) == 0
    assert "9 days" in (out / "table.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "said"), [((), "interrupted\n"), (("So it is.",), "interrupted. So it is.\n")])
def test_interrupted(
    words: tuple[str, ...], said: str, file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt(*words)

    monkeypatch.setattr(results, "answer", interrupt)
    assert main(["compare", file]) == 130
    assert capsys.readouterr().err == said


def test_interrupted_in_a_folder_it_says_how_to_go_on(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_simulated", interrupt)
    given = ["compare", file, "--out", str(tmp_path / "r")]
    assert main(given) == 130
    assert capsys.readouterr().err == (
        f"interrupted. 0 of 2 units are finished and kept in {tmp_path / 'r'}. "
        f"Go on: {shlex.quote(sys.executable)} -m sim {' '.join(given)}\n"
    )


def test_runs_that_failed(file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ExperimentError("seed-1 failed", "the rest is kept")

    monkeypatch.setattr(results, "answer", fail)
    assert main(["compare", file]) == 1
    assert capsys.readouterr().err == "seed-1 failed\nthe rest is kept\n"
