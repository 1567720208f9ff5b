"""Exports hold what the result holds, in every format, and a dictionary says what it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.__main__ import main
from sim.outcomes import dictionary
from sim.outcomes.outcomes import outcomes_of
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.questions import compare, doubt, kinds, ranges, sweep, validate, why
from sim.report.compare import Comparison
from sim.rules.errors import ScenarioError
from sim.study import export
from sim.study.answer import answer
from tests.parts import synthetic

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


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_every_format_holds_the_same_numbers_to_the_last_digit(
    form: str, name: str, written: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ROWS_AT_A_TIME", 77)
    assert main(["export", str(written[name]), "--format", form, "--out", str(tmp_path / "x")]) == 0
    tables = sorted(path for end in ("csv", "parquet") for path in written[name].glob(f"*.{end}"))
    made = sorted(path for path in (tmp_path / "x").iterdir() if path.name != "manifest.json")
    assert (tmp_path / "x" / "manifest.json").read_bytes() == (written[name] / "manifest.json").read_bytes()
    assert [path.name for path in made] == sorted(f"{path.stem}.{form}" for path in tables)
    for table in tables:
        before, after = read(table), read(tmp_path / "x" / f"{table.stem}.{form}")
        assert len(before) == len(after)
        if len(before):
            if form == "json":  # no bound is missing there
                before = before.mask(before.isin([np.inf, -np.inf]))
            before, after = (table.astype(object).where(table.notna(), "") for table in (before, after))
            pd.testing.assert_frame_equal(after, before, check_dtype=False, check_exact=True)


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
        (written["compare"], tmp_path / "x", "xlsx", 'no format is called "xlsx"; there are csv, parquet, json'),
    ):
        with pytest.raises(ScenarioError, match=words):
            export.export(folder, out, form)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]
