"""The command line: what it prints, its exit codes, and that bad input leaves nothing behind."""

import math
import re
import shlex
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sim
from sim import questions
from sim.__main__ import _parser, main
from sim.questions import run, validate
from sim.questions.sweep import assignments
from sim.rules.declare import declared
from sim.rules.errors import ExperimentError
from sim.rules.settings import SECTIONS, SWEPT
from sim.scenario.scenario import Scenario
from sim.scenario.uncertain import UNCERTAIN
from sim.study import progress
from sim.study import workers as study_workers
from sim.study.price import cost
from sim.study.question import Question

ROOT = Path(__file__).parents[2]

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

    lost, unanswered = (), None

    def __init__(self, scenario: Scenario, *args: object, **options: object) -> None:
        self.scenario = scenario

    def table(self, width: int) -> str:
        return f"days {self.scenario.days}, friction {self.scenario.reporting.friction}, seeds {self.scenario.seeds}"

    summary = table


@pytest.fixture
def no_simulation(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Simulate nothing; return what was asked for."""
    asked: list[tuple[Any, ...]] = []

    def answer(question: Question, workers: int, *options: Any) -> Nothing:
        *options, say, _warn = options
        asked.append((question, workers, *options))
        say(cost(question.tasks(), workers, question.engine))
        return Nothing(question.scenario)

    monkeypatch.setattr("sim.study.answer.answer", answer)
    monkeypatch.setattr("sim.study.folder.files_of", lambda out: [out / "a file"])
    monkeypatch.setattr(run, "run", Nothing)
    return asked


def test_check(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", file, file]) == 0
    staff = "staff under baseline: 1 moderator on shift every day, 14:00 to 22:00: 56 paid hours a week"
    out = capsys.readouterr().out.splitlines()
    assert out[::2] == [f"{file}: right; 2 policies, 10 days"] * 2
    assert all(line.startswith(f"{file}: {staff}, about 1.6 full-time") for line in out[1::2])
    assert main(["check", file, "missing.toml"]) == 2
    *warnings, error = capsys.readouterr().err.splitlines()
    assert error == "missing.toml: there is no such file. Give the path of a scenario file (TOML)."
    assert len(warnings) == 5
    assert all(line.startswith(f"{file}: warning: ") for line in warnings)


def test_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "SECONDS_UNTIL_SURE", math.inf)  # on a machine that has other things to do
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", math.inf)
    path = str(tmp_path / "mine.toml")
    assert main(["new", path]) == 0
    assert f"python -m sim check {path}\n" in capsys.readouterr().out
    assert main(["check", path]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{path}: right; 4 policies, 60 days\n{path}: staff under baseline: 0.1 moderators on shift")
    assert err == ""
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


def commands() -> dict[str, Any]:
    """Return the parser of every command by name."""
    (found,) = (action for action in _parser()._actions if action.choices and "compare" in action.choices)
    return {name: command.filled() for name, command in found.choices.items()}


def test_without_a_word_it_tells_of_every_command_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2  # nothing was asked: a script that lost its words must notice
    out, err = capsys.readouterr()
    assert out == ""
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code in (0, None)
    assert capsys.readouterr().out.strip() == err.strip()
    lines = err.splitlines()
    assert {*commands()} == {"new", "check", "policies", "explain", "schema", "export", *questions.told()}
    for name, command in commands().items():
        at = next(
            i for i, line in enumerate(lines) if line.strip() == command.description or line.split()[:1] == [name]
        )
        assert command.description in err
        assert any(line.strip().startswith(f"python -m sim {name}") for line in lines[at : at + 3]), name


def example(name: str) -> list[str]:
    """Return the words of the example of a command."""
    head, line = commands()[name].epilog.split("\n  ")
    assert head == "example:"
    return shlex.split(line.removeprefix("python -m sim "))


@pytest.mark.parametrize("name", commands())
def test_every_command_has_a_sentence_and_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    out = capsys.readouterr().out
    described = commands()[name].description
    assert re.fullmatch(r"[A-Z].*[.?]", described)
    assert described in out
    assert f"example:\n  python -m sim {name}" in out


@pytest.mark.parametrize(
    "name", [name for name in commands() if name not in ("validate", "reproduce", "report", "export")]
)
@pytest.mark.usefixtures("no_simulation")
def test_every_example_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(ROOT / word) if word.startswith("scenarios/") else word for word in example(name)]
    monkeypatch.chdir(tmp_path)
    assert main(words) == 0
    assert capsys.readouterr().out


def test_the_other_examples_are_of_what_is_there() -> None:
    assert validate.question(example("validate")[1:2], 5).tasks()
    for name in ("reproduce", "report", "export"):
        assert (ROOT / example(name)[1] / "manifest.json").exists()


def test_the_version_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert not stop.value.code
    assert capsys.readouterr().out == f"sim {sim.__version__}\n"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "sim.__version__"}


@pytest.mark.usefixtures("no_simulation")
def test_a_window_is_not_refused_for_a_policy_that_was_not_asked_for(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = ["--over", "moderation.staff=1,2"]
    same = [file, "--policies", "same"]
    for command in (
        *(["compare", *same], ["ranges", *same], ["doubt", *same], ["compare", *same, "--set", "start=2022-01-01"]),
        ["sweep", file, *sweep],
    ):
        assert main([*command, "--days", "3"]) == 0
        assert "days 3" in capsys.readouterr().out
    assert main(["run", file, "--policy", "same", "--set", "days=3"]) == 0
    for command in (["compare", file], ["why", file, "--policy", "keep"], ["ranges", file, "--policies", "same,keep"]):
        assert main([*command, "--days", "3"]) == 2
        assert "'keep': retention starts on 2021-01-05, outside the measured days" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["compare"],
        ["sweep", "--over", "moderation.staff=1,2"],
        ["ranges"],
        ["doubt"],
        ["why", "--policy", "keep"],
        ["run"],
    ],
    ids=lambda command: command[0],
)
@pytest.mark.usefixtures("no_simulation")
def test_every_question_takes_other_settings(command: list[str], file: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--set", "reporting.friction=0.25", "--set", "days=9"]
    assert main([*command, file, *given]) == 0
    assert "days 9, friction 0.25" in capsys.readouterr().out


@pytest.mark.usefixtures("no_simulation")
def test_a_setting_of_a_level_is_idle_only_where_no_point_of_a_sweep_uses_it(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for level, warned in (("phone", False), ("email", True)):
        over = ["--over", f"registration.level=none,{level}"]
        assert main(["sweep", file, *over, "--set", "registration.phone.p_return=0.2"]) == 0
        assert ("registration.phone.p_return changes nothing" in capsys.readouterr().err) == warned


ASSUMED = [p for p in declared(SECTIONS) if p.key not in SWEPT]


@pytest.mark.parametrize("policies", ["", '[policies.phone]\nregistration = { level = "phone" }\n'])
@pytest.mark.usefixtures("no_simulation")
@pytest.mark.slow
def test_a_sweep_recommends_no_command_that_refuses(
    policies: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "chat.toml"
    file.write_text(GOOD.partition("[policies")[0] + policies)
    told = {"ranges": 0, "--set": 0}
    for parameter in ASSUMED:
        assert main(["sweep", str(file), "--over", f"{parameter.key}=1,2"]) == 2
        message = capsys.readouterr().err
        if found := re.search(r"python -m sim (ranges FILE --parameters \S+) varies it", message):
            words = found[1].replace("FILE", str(file))
            told["ranges"] += 1
        else:
            found = re.search(r"Give it another value with (--set \S+)VALUE\.", message)
            assert found, message
            value = [*parameter.default] if isinstance(parameter.default, tuple) else parameter.default
            if isinstance(value, bool):
                value = str(value).lower()
            words = f"sweep {file} --over moderation.staff=1,2 {found[1]}'{value}'"
            told["--set"] += 1
        assert main(shlex.split(words)) == 0, words
        capsys.readouterr()
    assert told["--set"] > 5
    assert (told["ranges"] > 20) == bool(policies)


@pytest.mark.slow
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
        ("fricton", "friction"),
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
    "new like none": (["new", "m.toml", "--like", "clasroom"], 'called "clasroom". Did you mean classroom? The'),
    "new like a file": (
        ["new", "m.toml", "--like", "scenarios/coco.toml"],
        "scenarios are: ages, classroom, coco",
    ),
    "new like nothing": (["new", "m.toml", "--like", ""], 'no shipped scenario is called ""'),
    "a shipped file that is not here": (["check", "other/coco.toml"], "python -m sim new coco.toml --like coco"),
    "explain two names": (["explain", "days", "seeds"], "days seeds is no setting"),
    "explain nothing": (["explain", ""], '"" is no setting'),
    "an option cut short": (["compare", "FILE", "--polic", "keep"], "unrecognized arguments: --polic"),
    "no names": (["compare", "FILE", "--policies", ""], '--policies "" is not allowed. It takes names with commas'),
    "a gap between names": (["ranges", "FILE", "--policies", "keep,,same"], '--policies "keep,,same" is not allowed'),
    "no parameters": (["ranges", "FILE", "--parameters", " "], '--parameters " " is not allowed'),
    "an option twice": (["compare", "FILE", "--seeds", "2", "--seeds", "3"], "--seeds is given twice. Give it once"),
    "an option twice alike": (
        ["sweep", "FILE", "--over", "moderation.staff=1,2", "--workers", "1", "--workers", "1"],
        "--workers is given twice",
    ),
    "a switch twice": (["compare", "FILE", "--replace", "--replace"], "--replace is given twice"),
    "a policy twice": (["why", "FILE", "--policy", "keep", "--policy", "same"], "--policy is given twice"),
    "a setting twice": (["compare", "FILE", "--set", "scale=1", "--set", "scale=0.5"], "scale is given twice"),
    "a setting by two options": (["compare", "FILE", "--set", "days=9", "--days", "8"], "days is given twice"),
    "weeks of days": (["compare", "FILE", "--days", "2w"], 'days = "2w" is not allowed. It takes a whole number'),
    "per cent of a scale": (
        ["sweep", "FILE", "--over", "moderation.staff=1,2", "--scale", "50%"],
        "Write 0.5: this is a",
    ),
    "a scale with a comma": (["why", "FILE", "--policy", "keep", "--scale", "0,5"], "Write 0.5: this is a share."),
    "a point in a number of seeds": (["compare", "FILE", "--seeds", "3.0"], "Write 3, without a point."),
    "a sample in words": (["reproduce", "FILE", "--sample", "two"], "is no folder"),
    "unknown setting of a sweep": (
        ["sweep", "FILE", *("--over", "moderation.staff=1,2"), "--set", "dys=1"],
        "dys is not",
    ),
    "unknown setting of ranges": (["ranges", "FILE", "--set", "scale=9"], "scale = 9 is not allowed"),
    "unknown setting of why": (["why", "FILE", "--policy", "keep", "--set", "scale"], "--set scale is not allowed"),
    "unknown setting of a run": (
        ["run", "FILE", "--set", "reporting.friction=2"],
        "reporting.friction = 2 is not allowed",
    ),
    "per cent in a sweep": (["sweep", "FILE", "--over", "reporting.friction=80%,90%"], "Write 0.8: this is a share."),
    "days in a sweep": (["sweep", "FILE", "--over", "retention.message_hours=7d,1d"], "Write 168: this is in hours."),
    "a decimal comma in a sweep": (
        ["sweep", "FILE", "--over", "reporting.friction=0,5"],
        "For 5% write 0.05. A comma stands between values: if decimals are meant, write 0.5.",
    ),
    "decimal commas in a sweep": (["sweep", "FILE", "--over", "reporting.friction=0,2,0,5"], "meant, write 0.2,0.5."),
    "schema of something": (["schema", "FILE"], "unrecognized"),
    "per cent": (["compare", "FILE", "--set", "reporting.friction=80%"], "Write 0.8: this is a share."),
    "days for hours": (["compare", "FILE", "--set", "retention.message_hours=7d"], "Write 168: this is in hours."),
    "negative seed": (["run", "FILE", "--seed", "-1"], "-1"),
    "large seed": (["run", "FILE", "--seed", str(2**70)], str(2**70)),
    "one seed": (["compare", "FILE", "--seeds", "1"], "gives no interval"),
    "no seed": (["compare", "FILE", "--seeds", "0"], "seeds = 0"),
    "seeds in words": (["compare", "FILE", "--seeds", "two"], 'seeds = "two" is not allowed. It takes a whole number'),
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
    "doubt of too few sets": (["doubt", "FILE", "--draws", "8"], "draws = 8 are fewer than the analysis can bear. It"),
    "doubt of no number of sets": (
        ["doubt", "FILE", "--draws", "many"],
        'draws = "many" is not allowed. It takes a wh',
    ),
    "doubt of too many sets": (["doubt", "FILE", "--draws", "20000"], "draws = 20000 is not allowed"),
    "doubt of no policy": (["doubt", "FILE", "--policies", "kep"], "Did you mean keep?"),
    "doubt about a lever": (
        ["doubt", "FILE", "--parameters", "retention.message_hours"],
        "retention.message_hours is set by keep, same: a policy's own lever is chosen and no doubt",
    ),
    "doubt about an unknown parameter": (
        ["doubt", "FILE", "--parameters", "contacts.rel_meting"],
        "mean contacts.rel_",
    ),
    "doubt about what has no range": (["doubt", "FILE", "--parameters", "moderation.triage"], "no plausible range"),
    "doubt about one twice": (["doubt", "FILE", "--parameters", "responses.p_stay,responses.p_stay"], "named twice"),
    "doubt about an unused level": (
        ["doubt", "FILE", "--parameters", "registration.phone.p_return"],
        "moves no effect: no policy here uses the le",
    ),
    "doubt into a file": (["doubt", "FILE", "--out", "FILE"], "is a file"),
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


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the one line with which a command is refused before anything is simulated."""
    assert main([*words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    return err


def test_doubt_without_the_library_says_what_to_install(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sim.questions.doubt.find_spec", lambda name: None)
    assert "doubt needs SALib, which is not installed: python -m pip install SALib" in refused(capsys, "doubt", file)


def test_a_range_without_a_shape_is_refused_when_doubt_is_asked_about_it(
    file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = replace(UNCERTAIN["responses.p_stay"], shape=None)
    monkeypatch.setitem(UNCERTAIN, "responses.p_stay", bare)
    assert "responses.p_stay has a plausible range without a shape" in refused(capsys, "doubt", file)


def test_doubt_says_so_where_the_scenario_refuses_most_of_what_is_drawn(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shares = ["--parameters", "population.p_minority", "--set", "population.p_15_17=0.92"]
    message = refused(capsys, "doubt", file, *shares, "--set", "population.p_minority=0.045", "--draws", "64")
    assert "of 256 parameter sets cannot be run here, the last because " in message
    assert "add up to more than 1" in message


@pytest.mark.slow
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
            assert "Elsewhere: of those kept out of their site, 70%" in " ".join(printed.split())
            assert str(out / "table.txt") in printed
            assert err == ""
        tables = [{f.name: f.read_bytes() for f in out.glob("*.csv")} for out in outs]
        assert tables[0] == tables[1] != {}


def test_values_that_are_lists_or_hold_commas(
    file: str, no_simulation: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", file, "--over", "sanctions.ladder_hours=[24], [24,48] ,[]"]) == 0
    ((question, *_),) = no_simulation
    assert question.over == {"sanctions.ladder_hours": ((24,), (24, 48), ())}
    assert main(["sweep", file, "--over", "sanctions.ladder_hours=[24],[24,48"]) == 2
    assert (
        'sanctions.ladder_hours = "[24,48" is not allowed. It takes a list of up to 20 whole' in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ("1, 2", [1, 2]),
        ("none,'phone'", ["none", "phone"]),
        ("[[1,2],[3]],[4]", [[[1, 2], [3]], [4]]),
        ("'a,b',\"c,'d\"", ["a,b", "c,'d"]),
        ("{a=1,b=[2,3]},it's", [{"a": 1, "b": [2, 3]}, "it's"]),
        ("a]],b", ["a]]", "b"]),
    ],
)
def test_values_are_apart_at_commas_outside_of_brackets_and_quotes(values: str, parts: list[Any]) -> None:
    assert assignments(f"key={values}") == ("key", parts)


def timeless(out: Path) -> dict[Path, bytes]:
    """Return all files without the time that the manifest tells."""
    files = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return {path: re.sub(rb'"written": "[^"]+"', b"", data) for path, data in files.items()}


@pytest.mark.slow
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

    monkeypatch.setattr("sim.study.answer.answer", interrupt)
    assert main(["compare", file]) == 130
    assert capsys.readouterr().err == said


def test_interrupted_in_a_folder_it_says_how_to_go_on(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(study_workers, "_simulated", interrupt)
    given = ["compare", file, "--out", str(tmp_path / "r")]
    assert main(given) == 130
    assert capsys.readouterr().err == (
        f"interrupted. 0 of 2 units are finished and kept in {tmp_path / 'r'}. "
        f"Go on: {shlex.quote(sys.executable)} -m sim {' '.join(given)}\n"
    )


def test_runs_that_failed(file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ExperimentError("seed-1 failed", "the rest is kept")

    monkeypatch.setattr("sim.study.answer.answer", fail)
    assert main(["compare", file]) == 1
    assert capsys.readouterr().err == "seed-1 failed\nthe rest is kept\n"
