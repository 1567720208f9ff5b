"""The language that people read: asked for by an option, by the environment or from Python, and kept with a result."""

from __future__ import annotations

import argparse
import gettext
import inspect
import json
import pickle
import shutil
from collections.abc import Iterator
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sim
from sim.__main__ import ARGPARSE, main
from sim.policies.registration import RegistrationPolicy
from sim.questions import reproduce
from sim.rules import language
from sim.rules.errors import ScenarioError
from sim.rules.language import LANGUAGES, speaking
from sim.rules.sentences import Sentence
from sim.study import workers
from sim.study.progress import Progress
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(days=20, policies={"phone": (RegistrationPolicy(level="phone"),)})

FRENCH = {
    "{file}: right; 1 policy, {days} days": "{file} : juste; 1 politique, {days} jours",
    "{file}: warning: {warning}": "{file} : avertissement : {warning}",
    "usage: ": "utilisation : ",
    "options": "options en français",
    "commands": "commandes",
    "positional arguments": "arguments",
    "show this help message and exit": "montrer cette aide",
    "Compare moderation policies of an anonymous chat by simulation.": "Comparer des politiques par simulation.",
    "Compare policies with the baseline: what changes, at what cost?": "Comparer des politiques : à quel prix?",
    "%(prog)s COMMAND --help tells more of a command.\n\n"
    "exit codes: 0 done; 1 runs failed, or a result is not reproduced; 2 bad input;\n"
    "3 with what there is, this cannot be answered; 130 interrupted": "%(prog)s COMMAND --help en dit plus.",
    "measured days": "jours mesurés",
    "processes (1)": "processus (1)",
    "example:\n  {line}": "exemple :\n  {line}",
    "the following arguments are required: %s": "il manque : %s",
    "argument %(argument_name)s: %(message)s": "argument %(argument_name)s : %(message)s",
    "{prog}: {message}. See {prog} --help": "{prog} : {message}. Voir {prog} --help",
    "{option} is given twice. Give it once": "{option} est donné deux fois",
    "{out} is a file; a result is a folder": "{out} est un fichier; un résultat est un dossier",
    "Each interval would be about half as wide with {more} seeds in all instead of {n}.": "Il faudrait {more} graines.",
}


class Catalogue(gettext.NullTranslations):
    """A few messages in French."""

    def gettext(self, message: str) -> str:
        return FRENCH.get(message, message)


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_catalogue", lambda code: Catalogue())


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "chat.toml"
    path.write_text('[policies.phone]\nregistration = { level = "phone" }\n')
    return str(path)


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return all that a command prints, however it ends."""
    with suppress(SystemExit):
        main(words)
    return "".join(capsys.readouterr())


@pytest.mark.parametrize("asked", [["--lang", "fr", "check"], ["--lang=fr", "check"]])
def test_the_option_stands_before_the_command_or_after_it(
    asked: list[str], file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    *option, command = asked
    french = f"{file} : juste; 1 politique, 365 jours"
    assert french in said([*option, command, file], capsys)
    assert french in said([command, file, *option], capsys)
    assert french in said([command, *option, file], capsys)
    assert french not in said([command, file], capsys)
    assert language.language() == "en"


def test_the_environment_is_asked_where_there_is_no_option(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_CA.UTF-8")
    assert "1 politique" in said(["check", file], capsys)
    assert "1 policy" in said(["check", file, "--lang", "en"], capsys)
    monkeypatch.setenv("LC_ALL", "eo.UTF-8")
    assert "1 policy" in said(["check", file], capsys)


@pytest.mark.parametrize("words", [["--lang", "xx", "check", "a"], ["check", "a", "--lang=xx"]])
def test_an_unknown_language_is_one_sentence_that_names_those_there_are(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "argument --lang: invalid choice: 'xx'" in line
    assert all(code in line for code in LANGUAGES)


def test_it_is_given_once_and_what_is_no_option_asks_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--lang is given twice. Give it once" in said(["check", "--lang", "en", "--lang", "en"], capsys)
    assert "--lang est donné deux fois" in said(["check", "--lang", "fr", "--lang", "fr"], capsys)
    assert "expected one argument" in said(["check", "a", "--lang"], capsys)
    assert "usage: " in said(["--help", "--", "--lang", "fr"], capsys)


def test_help_is_in_the_language_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    whole = said(["--lang", "fr", "--help"], capsys)
    for words in (
        "utilisation : python -m sim ", "Comparer des politiques par simulation.", "options en français:",
        "montrer cette aide", "commandes:", "Comparer des politiques : à quel prix?\n", "COMMAND --help en dit plus.",
    ):  # fmt: skip
        assert words in whole
    assert "python -m sim compare scenarios/classroom.toml --policies email,phone" in whole
    of_one = said(["compare", "--help", "--lang", "fr"], capsys)
    for words in (
        "utilisation : python -m sim compare ",
        "arguments:",
        "jours mesurés",
        "exemple :\n",
        "processus (1)",
    ):
        assert words in of_one
    assert "usage: python -m sim compare" in said(["compare", "--help"], capsys)


def test_errors_of_the_parser_are_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(["check", "--lang", "fr"], capsys) == (
        "python -m sim check : il manque : FILE. Voir python -m sim check --help\n"
    )
    assert "argument --out : expected one argument" in said(["export", "a", "--lang", "fr", "--out"], capsys)


def test_argparse_says_what_we_know_of_and_is_left_as_it_was(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = inspect.getsource(argparse)
    assert [words for words in ARGPARSE if f"'{words}'" not in source and f'"{words}"' not in source] == []
    before = vars(argparse)["_"], vars(argparse)["ngettext"]
    said(["check", file, "--lang", "fr"], capsys)
    assert (vars(argparse)["_"], vars(argparse)["ngettext"]) == before == (gettext.gettext, gettext.ngettext)


def test_from_python_a_language_is_spoken_from_then_on() -> None:
    def asked() -> str:
        sim.speak("fr")
        return language.language()

    assert copy_context().run(asked) == "fr"
    with pytest.raises(ScenarioError, match=r'^language = "xx" is not allowed. It takes one of en, fr\.$'):
        sim.speak("xx")


def test_an_error_of_another_process_is_read_in_the_language_of_this_one() -> None:
    sent = pickle.loads(pickle.dumps(ScenarioError(Sentence("{out} is a file; a result is a folder", out="a"))))
    assert str(sent) == "a is a file; a result is a folder"
    with speaking("fr"):
        assert str(sent) == "a est un fichier; un résultat est un dossier"


def test_how_far_it_is_is_told_in_that_language_by_whichever_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: set[str] = set()

    class Told(Progress):
        def advance(self, work: float) -> None:
            heard.add(language.language())

    monkeypatch.setattr(workers, "SECONDS_BETWEEN_LOOKS", 0.01)
    with speaking("fr"), workers._Hours([1.0], Told()) as hours:
        np.memmap(hours.path, np.int64, "r+")[0] = 1
        while not heard:
            pass
    assert heard == {"fr"}


# -- what a result folder says of itself -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A result in French; whoever reads it has the models of `synthetic` too."""
    out = tmp_path_factory.mktemp("french") / "r"
    with synthetic.in_place(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "_catalogue", lambda code: Catalogue())
        with speaking("fr"):
            sim.compare(SCENARIO, seeds=2, out=out)
        yield out


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "r")
    return tmp_path / "r"


def manifest(out: Path, **changes: Any) -> dict[str, Any]:
    path = out / "manifest.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(content), encoding="utf-8")
    return content


def test_a_result_says_in_which_language_it_is_and_is_reproduced_in_it(out: Path) -> None:
    assert manifest(out)["language"] == "fr"
    assert "Il faudrait " in (out / "table.txt").read_text(encoding="utf-8")
    again = reproduce.reproduce(out, 1)
    assert again.complete, again.text()
    manifest(out, language="en")
    assert "- table.txt, line " in reproduce.reproduce(out, 1).text()


def test_an_older_manifest_is_of_english_and_an_unknown_language_is_refused(out: Path) -> None:
    said = manifest(out)
    del said["language"]
    (out / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
    assert "- table.txt, line " in reproduce.reproduce(out, 1).text()
    manifest(out, language="xx")
    with pytest.raises(ScenarioError, match='language = "xx" is not allowed'):
        reproduce.reproduce(out)
    manifest(out, language=3)
    with pytest.raises(ScenarioError, match="language = 3 is not what belongs there"):
        reproduce.reproduce(out)


def test_the_same_study_in_another_language_says_it_anew_and_runs_nothing(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("it is run again")

    before, table = manifest(out), (out / "table.txt").read_text(encoding="utf-8")
    counted = {path.name: path.read_bytes() for path in out.glob("*.parquet")}
    counted |= {path.name: path.read_bytes() for path in out.glob("*.csv")}
    monkeypatch.setattr(workers, "_simulated", refuse)
    sim.compare(SCENARIO, seeds=2, out=out)
    now = manifest(out)
    assert now["language"] == "en"
    assert (out / "table.txt").read_text(encoding="utf-8") != table
    assert {name: (out / name).read_bytes() for name in counted} == counted
    assert {key: now[key] for key in ("plan_sha256", "units", "tables", "asked")} == {
        key: before[key] for key in ("plan_sha256", "units", "tables", "asked")
    }
