"""Exports hold what the result holds, in every format, and a dictionary says what it is."""

import json
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from rocrate.rocrate import ROCrate

import sim
from sim.__main__ import main
from sim.outcomes import dictionary
from sim.outcomes.outcomes import outcomes_of
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.questions import compare, doubt, kinds, ranges, sweep, validate, why
from sim.report.compare import Comparison
from sim.rules.errors import ScenarioError
from sim.rules.ethics import ETHICS
from sim.rules.sentences import spoken
from sim.study import export, workbook
from sim.study.answer import answer
from sim.study.folder import CRATE
from sim.study.research_object import describe
from tests.parts import synthetic

pytestmark = pytest.mark.slow

BOTH = {"phone": (RegistrationPolicy(level="phone"),), "easy": (ReportingPolicy(friction=0.2),)}
SCENARIO = synthetic.SCENARIO.replace(days=40, policies=BOTH | {"both": BOTH["phone"] + BOTH["easy"]})
QUESTIONS = {
    "compare": compare.question(SCENARIO, seeds=2),
    "sweep": sweep.question(SCENARIO, {"registration.level": ["none", "phone"], "reporting.friction": [0, 1]}, 2),
    "why": why.question(SCENARIO, "phone", 2),
    "ranges": ranges.question(SCENARIO, ["phone"], ["contacts.rel_meeting"], 2),
    "doubt": doubt.question(SCENARIO, ["phone", "easy"], draws=16),
    "validate": validate.question(["nulls"], 2),
}


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {name: tmp_path_factory.mktemp("written") / name for name in QUESTIONS}
    for name, asked in QUESTIONS.items():
        answer(asked, out=found[name])
    return found


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".json":
        return pd.DataFrame(json.loads(path.read_text(encoding="utf-8")))
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)


def tables_of(folder: Path) -> list[Path]:
    return sorted(path for end in ("csv", "parquet") for path in folder.glob(f"*.{end}"))


def same(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Check that two tables have the same values to the last bit, whatever stands for what is missing."""
    before, after = (table.astype(object).where(table.notna(), "") for table in (before, after))
    pd.testing.assert_frame_equal(after, before, check_dtype=False, check_exact=True)


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_every_format_holds_the_same_numbers_to_the_last_digit(
    form: str, name: str, written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_AT_A_TIME", 77)
    assert main(["export", str(written[name]), "--format", form, "--out", str(tmp_path / "x")]) == 0
    tables = tables_of(written[name])
    out = tmp_path / "x"
    assert (out / "manifest.json").read_bytes() == (written[name] / "manifest.json").read_bytes()
    assert tables_of(out) + sorted(out.glob("*.json")) == sorted(
        [*(out / f"{path.stem}.{form}" for path in tables), out / "manifest.json"],
        key=lambda p: (p.suffix == ".json", p),
    )
    for table in tables:
        before, after = read(table), read(out / f"{table.stem}.{form}")
        assert len(before) == len(after)
        if len(before):
            if form == "json":  # no bound is missing there
                before = before.mask(before.isin([np.inf, -np.inf]))
            same(before, after)


def test_text_figures_and_pages_go_along(written: dict[str, Path], tmp_path: Path) -> None:
    shutil.copytree(written["compare"], tmp_path / "r")
    (tmp_path / "r" / "report-fr.html").write_text("<p>une page</p>")
    (tmp_path / "r" / "notes.txt").write_text("none of the result's")
    beside = {path.relative_to(tmp_path / "r").as_posix() for path in (tmp_path / "r" / "figures").iterdir()}
    assert len(beside) >= 4
    for form in ("csv", "xlsx"):
        made = export.export(tmp_path / "r", tmp_path / form, form)
        names = {path.relative_to(tmp_path / form).as_posix() for path in made}
        assert names >= beside | {"table.txt", "report.html", "report-fr.html", "manifest.json"}
        assert not names & {"notes.txt", "units"}
        for name in (*beside, "table.txt", "report.html", "report-fr.html"):
            assert (tmp_path / form / name).read_bytes() == (tmp_path / "r" / name).read_bytes()


# -- for spreadsheets --------------------------------------------------------------------------------------------------


def sheet(path: Path, name: str, heads: int = 2) -> pd.DataFrame:
    return pd.read_excel(path, sheet_name=name, skiprows=range(1, heads), keep_default_na=False, na_values=[""])


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_workbook_holds_the_same_numbers_to_the_last_digit(
    name: str, written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_AT_A_TIME", 77)
    assert main(["export", str(written[name]), "--format", "xlsx", "--out", str(tmp_path / "x")]) == 0
    path = tmp_path / "x" / "result.xlsx"
    tables = tables_of(written[name])
    assert not tables_of(tmp_path / "x")
    book = load_workbook(path)
    assert book.sheetnames[0] == "about"
    assert sorted(book.sheetnames[1:]) == sorted(table.stem for table in tables)
    units = read(written[name] / "dictionary.csv").set_index(["table", "column"])["unit"]
    for table in tables:
        before = read(table)
        in_sheet = book[table.stem]
        heads = 1 if table.stem == "dictionary" else 2
        assert in_sheet.freeze_panes == f"A{heads + 1}"
        assert [cell.value for cell in in_sheet[1]] == [*before]
        assert all(cell.font.bold for cell in in_sheet[1])
        if heads == 2:
            assert [cell.value for cell in in_sheet[2]] == [units[table.stem, column] for column in before]
        widths = [size.width for size in in_sheet.column_dimensions.values()]
        assert all(len(column) < width <= 60 for column, width in zip(before, widths, strict=True))
        if len(before):
            numbers = [c for c in before if pd.api.types.is_numeric_dtype(before[c]) and before[c].dtype != bool]
            after = sheet(path, table.stem, heads)
            same(before[numbers].astype(float), after[numbers].astype(float))
            texts = [c for c in before if c not in numbers]
            same(before[texts].astype(object).fillna("").astype(str), after[texts].fillna("").astype(str))


def test_a_workbook_says_what_it_is_and_has_the_same_bytes_again(
    written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        export.export(written["compare"], tmp_path / name, "xlsx")
        monkeypatch.setattr("time.time", lambda: 2e9)
    made = tmp_path / "one" / "result.xlsx"
    assert made.read_bytes() == (tmp_path / "two" / "result.xlsx").read_bytes()
    with ZipFile(made) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    said = json.loads((made.parent / "manifest.json").read_text(encoding="utf-8"))
    book = load_workbook(made)
    for instant in (book.properties.created, book.properties.modified):
        assert said["written"].startswith(instant.isoformat())
    about = {row[0]: row[1] for row in book["about"].iter_rows(values_only=True)}
    assert about["Result"] == SCENARIO.title or about["Result"] == SCENARIO.site
    assert about["Question"] == "compare"
    assert about["Written"] == said["written"]
    assert about["SHA-256 of the plan"] == said["plan_sha256"]
    assert about["Read with care"] == spoken(ETHICS)
    assert about["SHA-256 of manifest.json"] == sha256((made.parent / "manifest.json").read_bytes()).hexdigest()
    assert {name: about[f"SHA-256 of {name}"] for name in said["files"]} == said["files"]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@here", "#N/A", "été"])
def test_in_a_workbook_text_is_no_formula(title: str, tmp_path: Path) -> None:
    answer(
        compare.question(SCENARIO.replace(title=title, policies={"easy": BOTH["easy"]}), seeds=2), out=tmp_path / "r"
    )
    export.export(tmp_path / "r", tmp_path / "x", "xlsx")
    cell = load_workbook(tmp_path / "x" / "result.xlsx")["about"]["B1"]
    assert (cell.value, cell.data_type) == (title, "s")


def test_cells_are_what_they_are(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "share": [0.1 + 0.2, 1 / 3, np.nan], "small": [0.5, 0.0001, 0.0], "points": [1e-300, np.inf, 2.0**53 + 2],
            "n": [1, 2, 3], "yes": [True, False, True], "words": ["=SUM(A1)", "", "a\x00b"],
        }
    )  # fmt: skip
    units = {("t", "share"): "share of the baseline", ("t", "small"): "share", ("t", "points"): "shares and factors"}
    said = {
        "scenario": None, "question": "q", "git": {"commit": "abc", "dirty": True}, "command": "", "python": "3",
        "written": "2026-01-02T03:04:05+02:00", "code_fingerprint": "c", "plan_sha256": "",
    }  # fmt: skip
    workbook.write(tmp_path / "b.xlsx", said, {}, {"t": iter([rows[:2], rows[2:]])}, units)
    book = load_workbook(tmp_path / "b.xlsx")
    found = [[cell.value for cell in row] for row in book["t"].iter_rows(min_row=3)]
    assert found == [
        [0.1 + 0.2, 0.5, 1e-300, 1, True, "=SUM(A1)"],
        [1 / 3, 0.0001, "inf", 2, False, None],
        [None, 0, 2.0**53 + 2, 3, True, "a?b"],
    ]
    assert book["t"]["F3"].data_type == "s"
    assert [cell.number_format for cell in book["t"][3]] == ["0.0%"] + ["General"] * 5
    about = dict(book["about"].iter_rows(values_only=True))
    assert about["Commit"] == "abc, with changes that were not committed"
    assert "Command" not in about and "SHA-256 of the plan" not in about
    assert book.properties.modified.isoformat() == "2026-01-02T01:04:05"
    assert [path.name for path in tmp_path.iterdir()] == ["b.xlsx"]


def test_a_table_too_long_for_a_sheet_is_left_out_with_a_word(
    written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 100)
    assert main(["export", str(written["compare"]), "--format", "xlsx", "--out", str(tmp_path / "x")]) == 0
    book = load_workbook(tmp_path / "x" / "result.xlsx")
    assert "daily" not in book.sheetnames and "effects" in book.sheetnames
    words = re.compile(r"daily has [\d,]+ rows, and a sheet holds 100: it is left out. Export it as CSV or Parquet.")
    assert any(words.fullmatch(str(row[1])) for row in book["about"].iter_rows(values_only=True))
    assert words.search(" ".join(capsys.readouterr().err.split()))


@pytest.mark.parametrize("name", QUESTIONS)
def test_with_a_decimal_comma_a_table_opens_as_columns(
    name: str, written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_AT_A_TIME", 77)
    assert main(["export", str(written[name]), "--decimal", ",", "--out", str(tmp_path / "x")]) == 0
    for table in tables_of(written[name]):
        path = tmp_path / "x" / f"{table.stem}.csv"
        assert path.read_bytes().startswith("\N{BOM}".encode())
        assert path.read_bytes().count("\N{BOM}".encode()) == 1
        before = read(table)
        after = pd.read_csv(path, sep=";", decimal=",")
        assert [*after] == [*before]
        if len(before):
            same(before, after)


# -- for archives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_research_object_describes_every_file_and_the_run(
    name: str, written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "r"
    shutil.copytree(written[name], folder)
    (folder / "report-fr.html").write_text("<p>une page</p>")
    made = describe(folder)
    assert made == folder / CRATE
    first = made.read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert describe(folder).read_bytes() == first
    crate: Any = ROCrate(folder)
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = {entity.id: entity for entity in crate.data_entities}
    assert {*files} == {*said["files"], "manifest.json", "report-fr.html"}
    for path, entity in files.items():
        content = (folder / path).read_bytes()
        assert (entity["sha256"], entity["contentSize"]) == (sha256(content).hexdigest(), str(len(content)))
        assert entity["description"] and entity["encodingFormat"] != "application/octet-stream"
    assert {path: files[path]["sha256"] for path in said["files"]} == said["files"]
    assert crate.root_dataset["datePublished"] == said["written"]
    assert crate.license is None  # whose result it is, is not known
    (run,) = crate.root_dataset["mentions"]
    assert run.type == "CreateAction"
    assert (run["description"], run["endTime"]) == (said["command"], said["written"])
    assert {entity.id for entity in run["result"]} == {*said["files"], "manifest.json"}
    tool = run["instrument"]
    assert (tool.type, tool["name"], tool["softwareVersion"]) == ("SoftwareApplication", "sim", sim.__version__)
    assert f"sha256:{said['code_fingerprint']}" in tool["identifier"]
    assert {entity["name"]: entity["softwareVersion"] for entity in tool["softwareRequirements"]} == {
        "Python": said["python"], **said["packages"],
    }  # fmt: skip
    if said["scenario"]:
        assert json.loads(run["object"][0]["text"]) == said["scenario"]
    known = {entity.id for entity in crate.get_entities()}
    for entity in json.loads(first)["@graph"]:
        linked = [value for values in entity.values() for value in (values if isinstance(values, list) else [values])]
        ids = {value["@id"] for value in linked if isinstance(value, dict)}
        assert {i for i in ids if not i.startswith("http")} <= known


def test_a_description_goes_with_the_result_that_it_describes(tmp_path: Path) -> None:
    one = compare.question(SCENARIO.replace(policies={"easy": BOTH["easy"]}), seeds=2)
    answer(one, out=tmp_path / "r")
    describe(tmp_path / "r")
    made = (tmp_path / "r" / "effects.csv").read_bytes()
    answer(compare.question(SCENARIO.replace(policies={"easy": BOTH["easy"]}), seeds=3), out=tmp_path / "r")
    assert (tmp_path / "r" / "effects.csv").read_bytes() != made
    assert not (tmp_path / "r" / CRATE).exists()  # it would tell of files that are no more
    describe(tmp_path / "r")
    answer(QUESTIONS["why"], out=tmp_path / "r", replace=True)
    assert not (tmp_path / "r" / CRATE).exists()


def test_what_is_no_result_is_not_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ScenarioError, match="is no finished result: it has no manifest"):
        describe(tmp_path)
    answer(QUESTIONS["compare"], out=tmp_path / "r")
    (tmp_path / "r" / "table.txt").write_text("lowers all harm")
    with pytest.raises(ScenarioError, match=r"table.txt is not the file that was written"):
        describe(tmp_path / "r")
    monkeypatch.setattr("sim.study.research_object.find_spec", lambda name: None)
    with pytest.raises(ScenarioError, match="a research object needs rocrate, which is not installed"):
        describe(tmp_path / "r")
    assert not (tmp_path / "r" / CRATE).exists()


# -- in every format ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_dictionary_has_every_column_of_every_table_with_unit_and_meaning(
    name: str, written: dict[str, Path]
) -> None:
    found = pd.read_csv(written[name] / "dictionary.csv", keep_default_na=False)
    assert tuple(found.columns) == dictionary.COLUMNS
    assert (found != "").all(axis=None)
    known = set(zip(found["table"], found["column"], strict=True))
    tables = [
        path for end in ("csv", "parquet") for path in written[name].glob(f"*.{end}") if path.stem != "dictionary"
    ]
    assert len(tables) >= 4
    columns = {(path.stem, column) for path in tables for column in read(path)}
    scenario = QUESTIONS[name].scenario
    outcomes = {("(outcomes)", o.name) for o in outcomes_of(scenario)} if scenario else set()
    assert known == columns | outcomes


def test_every_question_is_here_and_known_to_reproduce() -> None:
    assert {*QUESTIONS} == {*kinds()}


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_names_stay_names_and_json_is_json(form: str, tmp_path: Path) -> None:
    arms = {"none": BOTH["phone"], "2-staff": BOTH["easy"], "été": BOTH["phone"]}
    answer(compare.question(SCENARIO.replace(policies=arms), seeds=2), out=tmp_path / "r")
    export.export(tmp_path / "r", tmp_path / "x", form)
    path = tmp_path / "x" / f"effects.{form}"
    if form == "json":
        rows = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(name))
        names = [row["policy"] for row in rows]
    elif form == "csv":
        names = pd.read_csv(path, dtype=str, keep_default_na=False)["policy"].tolist()
    else:
        names = pd.read_parquet(path)["policy"].tolist()
    assert list(dict.fromkeys(names)) == [*arms]


def test_a_changed_table_is_not_exported(tmp_path: Path) -> None:
    answer(QUESTIONS["compare"], out=tmp_path / "r")
    with (tmp_path / "r" / "effects.csv").open("a") as file:
        file.write("more\n")
    with pytest.raises(ScenarioError, match=r"effects.csv is not the file that was written: python -m sim reproduce"):
        export.export(tmp_path / "r", tmp_path / "x")
    (tmp_path / "r" / "effects.csv").unlink()
    assert "effects.csv" not in {path.name for path in export.export(tmp_path / "r", tmp_path / "x")}


def test_a_column_that_nobody_explained_is_not_written() -> None:
    with pytest.raises(KeyError, match="riddle of effects has no meaning: declare it where"):
        dictionary.dictionary({"effects": ["policy", "riddle"]}, Comparison.columns, None)
    with pytest.raises(KeyError, match="part of why has no meaning"):
        dictionary.dictionary({"why": ["part"]}, Comparison.columns, None)


def test_what_cannot_be_exported_is_refused(written: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("")
    for folder, out, form, words in (
        (tmp_path / "full", tmp_path / "x", "csv", "is no finished result"),
        (written["compare"], tmp_path / "full", "csv", "is not an empty folder"),
        (written["compare"], tmp_path / "file", "csv", "is not an empty folder"),
        (written["compare"], tmp_path / "file" / "x", "csv", "cannot be written"),
        (written["compare"], tmp_path / "x", "ods", 'no format is called "ods"; there are csv, parquet, json, xlsx'),
    ):
        with pytest.raises(ScenarioError, match=words):
            export.export(folder, out, form)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]


def test_a_decimal_mark_is_of_csv_and_a_point_or_a_comma(written: dict[str, Path], tmp_path: Path) -> None:
    for form, decimal, words in (
        ("csv", ";", 'the decimal mark is a point or a comma, not ";"'),
        ("json", ",", "numbers have a decimal mark in CSV alone, not in json"),
        ("xlsx", ",", "numbers have a decimal mark in CSV alone, not in xlsx"),
    ):
        with pytest.raises(ScenarioError, match=words):
            export.export(written["compare"], tmp_path / "x", form, decimal)
    assert main(["export", str(written["compare"]), "--format", "json", "--decimal", ",", "--out", "x"]) == 2
    assert not [*tmp_path.iterdir()]


def test_without_openpyxl_a_workbook_is_refused_in_a_sentence(
    written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    assert main(["export", str(written["compare"]), "--format", "xlsx", "--out", str(tmp_path / "x")]) == 2
    assert "a workbook needs openpyxl, which is not installed: python -m pip install openpyxl" in " ".join(
        capsys.readouterr().err.split()
    )
