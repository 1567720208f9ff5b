"""The README does what it says: its commands run, its paths exist, its Python works."""

import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

import sim
from sim.__main__ import main
from sim.questions import ranges
from sim.scenario import template

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\.venv/bin/python -m sim (.*)$", README, re.M)
SHOWN = re.findall(r"```console\n\$ \.venv/bin/python -m sim ([^\n]*)\n(.*?)```", README, re.S)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)
PATHS = set(re.findall(r"`((?:sim|scenarios|tests|results|notebooks)/[\w./-]*)`", README)) | set(
    re.findall(r"\]\(([\w./-]+)\)", README)
)


PATTERNS = re.compile(r"```text\nPATTERNS.*?```", re.S)


def renew() -> None:
    """Show what the commands print today: of each output the paragraphs that begin like those shown so far.

    The patterns are those of the stored result: how many passed, and the table.
    """
    patterns = (ROOT / "results" / "patterns" / "table.txt").read_text(encoding="utf-8").split("\n\n")[0]
    text = PATTERNS.sub(lambda _: f"```text\n{patterns}\n```", README)
    for command, shown in SHOWN:
        with contextlib.chdir(ROOT), contextlib.redirect_stdout(io.StringIO()) as output:
            assert main(shlex.split(command)) == 0
        printed = output.getvalue().split("\n\n")
        parts = [next(p for p in printed if p.startswith(part[:9].strip())) for part in shown.strip().split("\n\n")]
        text = text.replace(shown, "\n\n".join(part.strip("\n") for part in parts) + "\n")
    (ROOT / "README.md").write_text(text, encoding="utf-8")


def test_there_is_something_to_test() -> None:
    assert len(COMMANDS) >= 6
    assert len(SHOWN) == 3
    assert len(PATTERNS.findall(README)) == 1
    assert len(PYTHON) == 1
    assert len(PATHS) >= 15


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(command)
    if "--out" in words:
        words[words.index("--out") + 1] = str(tmp_path / "result")
    if words[0] in ("compare", "sweep", "ranges", "why") and "--until-halfwidth" not in words:
        words += ["--days", "31"]
        if "--seeds" in words:
            words[words.index("--seeds") + 1] = "2"
        else:
            words += ["--seeds", "8" if "mine.toml" in words else "2"]  # the template's chat is small
    # So short, there may be too few harms, or worlds with any, for an answer.
    codes = (0, 3) if words[0] == "doubt" or "--doubt" in words else (0,)
    if "--doubt" in words:
        words[words.index("--doubt") + 1] = "12"
    if words[0] == "doubt":
        words += ["--days", "31"]
        words[words.index("--draws") + 1] = "16"
    if words[0] == "validate":
        words += ["nulls", "--seeds", "2"]
    if words[0] == "report":  # which writes where the result is
        words[1] = str(shutil.copytree(words[1], tmp_path / "told"))
    if "mine.toml" in words:
        words[words.index("mine.toml")] = mine = str(tmp_path / "mine.toml")
        if words[0] != "new":
            template.write(mine)
    assert main(words) in codes


@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_what_a_command_prints_is_what_is_shown(
    command: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(command)) == 0
    printed = capsys.readouterr().out
    assert all(part in printed for part in shown.strip().split("\n\n")), "renew it: make baselines"


@pytest.mark.parametrize("path", sorted(PATHS))
def test_every_path_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_python_is_four_lines_to_a_plot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    lines = PYTHON[0].splitlines()
    assert len([line for line in lines if line]) <= 4
    few = sim.load("scenarios/classroom.toml").replace(days=31, seeds=2)
    monkeypatch.setattr(sim, "load", lambda path: few)
    namespace: dict[str, object] = {}
    exec("\n".join([*lines[:-1], f"figure = {lines[-1]}"]), namespace)
    assert namespace["figure"].get_axes()  # type: ignore[attr-defined]


def test_it_says_with_how_many_seeds_ranges_and_the_others_run() -> None:
    seeds = f"at most {ranges.SEEDS}, so that its numbers differ from those of `compare` and `why`, which take the"
    assert f"{seeds} {sim.load(ROOT / 'scenarios' / 'classroom.toml').seeds} of" in " ".join(README.split())


def test_every_make_target_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {t for t in re.findall(r"`?make ([a-z]+)\b", README) if t not in ("and", "has")}
    assert {"run", "test", "bench", "faults", "results"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target


if __name__ == "__main__":
    renew()
