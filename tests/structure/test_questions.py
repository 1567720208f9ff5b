"""A question is two files, named as its command: nobody lists them, and one that is put there works like the others."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import sim.questions
import sim.report
from sim.__main__ import _parser, main
from sim.questions import command, kinds, question_of, results, told
from sim.report.headings import Printed
from sim.rules.errors import ScenarioError
from tests.parts import synthetic
from tests.structure.modules import MODULES, imported

NEWCOMER = Path(__file__).parent / "newcomer"
FILES = {module.removeprefix("questions.") for module in MODULES if module.startswith("questions.")} - {"__init__"}
ORDER = ["run", "compare", "sweep", "ranges", "doubt", "why", "validate", "reproduce"]


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the newcomer's two files beside the others."""
    for room in (sim.questions, sim.report):
        monkeypatch.setattr(room, "__path__", [*room.__path__, str(NEWCOMER / room.__name__.removeprefix("sim."))])
    with synthetic.in_place():
        yield
    for room in (sim.questions, sim.report):
        sys.modules.pop(f"{room.__name__}.tally", None)
        vars(room).pop("tally", None)


def test_every_file_is_a_command_and_they_stand_in_their_order() -> None:
    assert {*told()} == FILES
    assert [name for name in told() if name in ORDER] == ORDER
    (parsed,) = (action.choices for action in _parser()._actions if action.choices and "compare" in action.choices)
    assert [name for name in parsed if name in FILES] == [*told()]
    assert {found.after for found in told().values()} <= {*parsed}


def test_the_help_tells_what_a_command_says_of_itself() -> None:
    for name, found in told().items():
        itself = command(name)
        assert found == (itself.words, itself.example, itself.after)


@pytest.mark.usefixtures("tally")
def test_what_a_command_does_not_write_out_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sim.questions, "__path__", [*sim.questions.__path__, str(tmp_path)])
    (tmp_path / "hasty.py").write_text("WORDS = 'Hurry.'\nCOMMAND = Command(WORDS, '', take, ask, after='why')\n")
    with pytest.raises(TypeError, match=r"sim.questions.hasty needs COMMAND = Command\(...\), its words, example and"):
        told()


def test_every_question_has_a_result_in_the_file_of_its_name_with_its_columns() -> None:
    assert FILES - {*kinds()} == {"report", "reproduce", "run"}
    assert [*results()] == [*kinds()]
    for name, kind in kinds().items():
        assert kind.name == name
        assert kind.__module__ == f"sim.questions.{name}"
        assert results()[name].__module__ == f"sim.report.{name}"
        assert all(meaning.unit and meaning.words for of in results()[name].columns.values() for meaning in of.values())
        assert results()[name].columns
        assert all(isinstance(printed, Printed) for printed in results()[name].printed)


def test_columns_of_two_results_do_not_stand_under_one_name() -> None:
    found: dict[str, object] = {}
    for result in results().values():
        for table, columns in result.columns.items():
            assert found.setdefault(table, columns) is columns


@pytest.mark.parametrize("name", sorted(FILES))
def test_nobody_outside_knows_a_question_but_what_is_public(name: str) -> None:
    for module, tree in MODULES.items():
        if module != "__init__" and not module.startswith("questions."):
            assert not [used for used in imported(tree) if f"{used}.".startswith(f"sim.questions.{name}.")], module


@pytest.mark.parametrize("name", ["what", "os", "run", "sim.questions.why", "../why", "", "__init__"])
def test_a_manifest_asks_nothing_else(name: str) -> None:
    with pytest.raises(ScenarioError, match=r"manifest is of no question that can be asked: .*; there are compare, "):
        question_of({"question": name, "asked": {}, "scenario": None})


@pytest.mark.usefixtures("tally")
def test_a_question_that_is_put_there_is_asked_kept_explained_reproduced_and_exported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    helped = capsys.readouterr().out
    places = [helped.index(f"python -m sim {name}") for name in ("why", "tally", "validate")]
    assert places == sorted(places)

    file, out = tmp_path / "chat.toml", tmp_path / "r"
    file.write_text("days = 20\n[population]\nmonthly_visitors = 20000\n")
    assert main(["tally", str(file), "--seeds", "3", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "TALLY: run by run\n" in said
    assert "counted\n" in said
    assert len(pd.read_csv(out / "tally.csv")) == 3
    known = pd.read_csv(out / "dictionary.csv").set_index(["table", "column"])
    assert known.loc[("tally", "tallied"), "meaning"] == "persons seriously harmed in the run"
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["question"] == "tally"

    for name, words in (
        ("tallied", "tallied, a column of tally: persons seriously harmed in the run"),
        ("TALLY", "TALLY, a printed table of tally; its headings:"),
        (
            "counted",
            "heading of the printed tables TALLY: the column tally.tallied, persons seriously harmed in",
        ),
    ):
        assert main(["explain", name]) == 0
        assert words in capsys.readouterr().out

    assert main(["tally", str(file), "--seeds", "4", "--out", str(out)]) == 0
    assert "3 of 4 units are in" in capsys.readouterr().out
    assert main(["reproduce", str(out)]) == 0
    assert main(["export", str(out), "--format", "json", "--out", str(tmp_path / "x")]) == 0
    assert (tmp_path / "x" / "tally.json").exists()


@pytest.mark.usefixtures("tally")
def test_a_column_that_its_result_does_not_explain_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results()["tally"], "columns", {"tally": {}})
    file, out = tmp_path / "chat.toml", tmp_path / "r"
    file.write_text("days = 20\n[population]\nmonthly_visitors = 20000\n")
    with pytest.raises(KeyError, match="tallied of tally has no meaning: declare it where"):
        main(["tally", str(file), "--seeds", "3", "--out", str(out)])
    assert not (out / "manifest.json").exists()
