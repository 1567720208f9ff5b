"""Exports hold what the result holds, in every format, and a dictionary says what it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from sim import attribution, dictionary, experiment, exports, response, results, sensitivity, validation
from sim.__main__ import main
from sim.errors import ScenarioError
from sim.outcomes import outcomes_of
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from tests.parts import synthetic

BOTH = {"phone": (RegistrationPolicy(level="phone"),), "easy": (ReportingPolicy(friction=0.2),)}
SCENARIO = synthetic.SCENARIO.replace(days=40, policies=BOTH | {"both": BOTH["phone"] + BOTH["easy"]})
QUESTIONS = {
    "compare": experiment.question(SCENARIO, seeds=2),
    "sweep": response.question(SCENARIO, {"registration.level": ["none", "phone"], "reporting.friction": [0, 1]}, 2),
    "why": attribution.question(SCENARIO, "phone", 2),
    "ranges": sensitivity.question(SCENARIO, ["phone"], ["contacts.rel_meeting"], 2),
    "validate": validation.question(["nulls"], 2),
}


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {name: tmp_path_factory.mktemp("written") / name for name in QUESTIONS}
    for name, question in QUESTIONS.items():
        results.answer(question, out=found[name])
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
    monkeypatch.setattr(exports, "ROWS_AT_A_TIME", 77)
    assert main(["export", str(written[name]), "--format", form, "--out", str(tmp_path / "x")]) == 0
    tables = sorted(path for end in ("csv", "parquet") for path in written[name].glob(f"*.{end}"))
    made = sorted((tmp_path / "x").iterdir())
    assert [path.name for path in made] == sorted(f"{path.stem}.{form}" for path in tables)
    for table in tables:
        before, after = read(table), read(tmp_path / "x" / f"{table.stem}.{form}")
        assert len(before) == len(after)
        if len(before):
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


def test_a_column_that_nobody_explained_is_not_written() -> None:
    with pytest.raises(KeyError, match=r"riddle of effects has no meaning in sim/dictionary.py"):
        dictionary.dictionary({"effects": ["policy", "riddle"]}, None)


def test_what_cannot_be_exported_is_refused(written: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("")
    for folder, out, form, words in (
        (tmp_path / "full", tmp_path / "x", "csv", "is no finished result"),
        (written["compare"], tmp_path / "full", "csv", "is not an empty folder"),
        (written["compare"], tmp_path / "file", "csv", "is not an empty folder"),
        (written["compare"], tmp_path / "file" / "x", "csv", "cannot be written"),
        (written["compare"], tmp_path / "x", "xlsx", "no format is called 'xlsx'; there are csv, parquet, json"),
    ):
        with pytest.raises(ScenarioError, match=words):
            exports.export(folder, out, form)  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]
