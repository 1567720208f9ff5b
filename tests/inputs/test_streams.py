"""Standard output and error may be closed, full or of another alphabet: the work is done, and what failed is said."""

import io
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.rules.declare import Section, Text, unseen
from sim.rules.errors import ScenarioError
from sim.rules.offences import Offence
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario
from sim.study import terminal
from tests.store import kills

INVENTED = """
import sys
from sim.__main__ import main
from sim.report.compare import Comparison
from tests.parts import synthetic
Comparison.figures = lambda _: {}
with synthetic.in_place():
    sys.exit(main(sys.argv[1:]))
"""
"""The command line with the made-up engine, drawing nothing."""

SCENARIO = """
title = "Caf\\u00e9 5 \\u20ac, \\u4e2d\\u6587"
days = 20
seeds = 2
[policies.email]
registration = { level = "email" }
"""

LOST = "standard output cannot be written: No space left on device. Only what was to be printed is lost\n"


def run(arguments: list[str], streams: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = shlex.join([sys.executable, "-c", INVENTED, *arguments])
    return subprocess.run(
        ["sh", "-c", f"{command} {streams}"], cwd=kills.ROOT, env={**os.environ, **environment},
        capture_output=True, encoding="utf-8",
    )  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "cafe.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(file: Path) -> Path:
    out = file.with_name("undisturbed")
    assert run(["compare", str(file), "--out", str(out)]).returncode == 0
    return out


@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        ("2>&-", 0, ""),
        (">&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        (">/dev/full", 1, LOST),
        ("2>/dev/full", 0, ""),
        (">/dev/full 2>/dev/full", 1, ""),
        ("| head -c 5", 0, ""),
    ],
)
def test_the_work_is_done_whatever_the_streams_are(
    streams: str, code: int, said: str, file: Path, undisturbed: Path, tmp_path: Path
) -> None:
    workers = ["--workers", "2"] if "-" in streams else []
    done = run(["compare", str(file), "--out", str(tmp_path / "r"), *workers], streams)
    assert (done.returncode, done.stderr) == (code, said)
    assert kills.unlike(tmp_path / "r", undisturbed) == []
    if ">" not in streams.replace("2>", ""):
        assert done.stdout.startswith("To si")


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1:strict"}, {"LC_ALL": "C"}]
)
def test_letters_that_a_terminal_lacks_are_escaped_there_and_nowhere_else(
    environment: dict[str, str], file: Path, undisturbed: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INVENTED, "compare", str(file), "--out", str(tmp_path / "r")],
        cwd=kills.ROOT, env={**os.environ, **environment}, capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    encoding = environment.get("PYTHONIOENCODING", "utf-8").split(":")[0]
    assert "Café 5 €, 中文".encode(encoding, "backslashreplace") in done.stdout
    assert kills.unlike(tmp_path / "r", undisturbed) == []
    assert "Café 5 €, 中文" in (tmp_path / "r" / "table.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "streams", "code", "said"),
    [
        (["explain", "days"], ">/dev/full", 1, LOST),
        (["--help"], ">/dev/full", 1, LOST),
        (["explain", "no-such-name"], "2>/dev/full", 2, ""),
        (["explain", "no-such-name"], "2>&-", 2, ""),
        (["no-such-command"], "2>/dev/full", 2, ""),
        (["explain"], "| head -n 1", 0, ""),
        (["explain", "days"], ">&-", 0, ""),
    ],
)
def test_exit_codes(arguments: list[str], streams: str, code: int, said: str) -> None:
    done = run(arguments, streams)
    assert (done.returncode, done.stderr) == (code, said)


def test_what_else_the_system_refuses_is_not_put_down_to_the_folder(file: Path, tmp_path: Path) -> None:
    refusing = """
import joblib
def refuse(*_): raise OSError(12, "Cannot allocate memory")
joblib.Parallel.__call__ = refuse
"""
    arguments = ["compare", str(file), "--out", str(tmp_path / "r"), "--workers", "2"]
    done = subprocess.run(
        [sys.executable, "-c", f"{refusing}\n{INVENTED}", *arguments], cwd=kills.ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (2, "[Errno 12] Cannot allocate memory\n")


# -- what is not seen and acts -----------------------------------------------------------------------------------------

HIDDEN = ["\x1b[31m", "\a", "\n", "\t", "\r", "\0", "\x7f", "\x85", "\u202e", "\u2066", "\u200b", "\u2028", "\ufeff"]


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
def test_a_scenario_with_a_character_that_is_not_seen_is_refused(hidden: str, tmp_path: Path) -> None:
    escaped = "".join(f"\\u{ord(c):04x}" for c in hidden)
    path = tmp_path / "bad.toml"
    offence = "[[offences]]\nname = 'one'\ntarget_weights = [1, 1, 1, 1]\n"
    for line, text in ((1, f'title = "ab{escaped}"\n'), (4, f'{offence}label = "ab{escaped}"\n')):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError) as error:
            load(path)
        assert f"bad.toml:{line}: " in str(error.value)
        assert f"character 3 is not seen (U+{ord(hidden[0]):04X}, " in str(error.value)
        assert not unseen(str(error.value))
    with pytest.raises(ScenarioError, match="title: character 1 is not seen"):
        Scenario().replace(title=hidden)


@pytest.mark.parametrize(
    "text",
    [
        "Café : « 5 » ?",
        "中文 → €",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्\u200dष",
        "👩\u200d👧",
        "no\u202fbreak\u00a0",
    ],
)
def test_letters_of_every_language_stay(text: str) -> None:
    assert Scenario().replace(title=text).title == text


def test_every_text_of_a_scenario_is_checked_or_has_a_pattern() -> None:
    def texts(section: type[Section]) -> Iterator[tuple[str, Any]]:
        for name, field in section.model_fields.items():
            if field.annotation is str:
                yield f"{section.__name__}.{name}", field
            if isinstance(field.default, Section):
                yield from texts(type(field.default))

    checked = {type(Text.__metadata__[0]), "pattern"}  # type: ignore[attr-defined]
    found = dict([*texts(Scenario), *texts(Offence)])
    assert {"Scenario.title", "Offence.label", "Scenario.site", "Offence.name"} <= {*found}
    for name, field in found.items():
        assert any(type(m) in checked or getattr(m, "pattern", None) for m in field.metadata), name


def test_no_terminal_gets_what_acts_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("one\x1b[2J\ntwo\u202e")
    terminal.tell("three\a")
    assert capsys.readouterr() == ("one?[2J\ntwo?\n", "three?\n")


def test_streams_that_are_not_there_or_closed_are_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    closed = (tmp_path / "closed").open("w")
    closed.close()
    written = io.BytesIO()
    ascii_only = io.TextIOWrapper(written, encoding="ascii")
    for stream in (None, closed, ascii_only):
        monkeypatch.setattr(sys, "stderr", stream)
        terminal.tell("words, caf\u00e9")
    assert (tmp_path / "closed").read_text() == ""
    assert written.getvalue() == b"words, caf\\xe9\n"
