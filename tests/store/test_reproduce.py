"""A result is run again from its manifest: whatever was changed is found, and the first row that differs is shown."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.__main__ import main
from sim.model.records import Records
from sim.policies.policy import Change, Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.questions import compare, doubt, ranges, reproduce, sweep, why
from sim.questions.reproduce import Reproduction
from sim.rules.errors import ScenarioError
from sim.rules.sentences import Words, spoken
from sim.study import identity, workers
from sim.study.answer import answer
from sim.study.folder import opened
from sim.study.merged import MergedTables
from tests.parts import synthetic

pytestmark = pytest.mark.slow

SCENARIO = synthetic.SCENARIO.replace(
    days=40, policies={"phone": (RegistrationPolicy(level="phone"),), "easy": (ReportingPolicy(friction=0.2),)}
)
QUESTIONS = {
    "compare": compare.question(SCENARIO, seeds=3),
    "sweep": sweep.question(SCENARIO, {"reporting.friction": [0.0, 0.5]}, 2),
    "why": why.question(SCENARIO, "phone", 2),
    "ranges": ranges.question(SCENARIO, ["phone"], ["contacts.rel_meeting"], 2),
    "doubt": doubt.question(SCENARIO, ["phone"], draws=16),
}


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {name: tmp_path_factory.mktemp("written") / name for name in QUESTIONS}
    for name, question in QUESTIONS.items():
        answer(question, out=found[name], command=f"the command of {name}")
    return found


@pytest.fixture
def out(written: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the comparison, as it would be shipped: without its units."""
    return Path(shutil.copytree(written["compare"], tmp_path / "r", ignore=shutil.ignore_patterns("units")))


def change_manifest(out: Path, **changes: Any) -> None:
    path = out / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes), encoding="utf-8")


def hide(out: Path, name: str) -> None:
    """Give a changed file the hash of what it is now, as a careful forger would."""
    files = json.loads((out / "manifest.json").read_text())["files"]
    change_manifest(out, files=files | {name: hashlib.sha256((out / name).read_bytes()).hexdigest()})


def read(words: tuple[Words, ...]) -> list[str]:
    return [*map(spoken, words)]


def found(again: Reproduction) -> str:
    return "\n".join(read(again.differences))


class TestTheSame:
    @pytest.mark.parametrize("name", QUESTIONS)
    @pytest.mark.parametrize("sample", [None, 1])
    def test_an_untouched_result_is_reproduced(self, name: str, sample: int | None, written: dict[str, Path]) -> None:
        before = {path: path.read_bytes() for path in written[name].rglob("*") if path.is_file()}
        again = reproduce.reproduce(written[name], sample)
        assert again.complete
        assert read(again.notes)[0] == f"made by: the command of {name}"
        assert "code: the same" in read(again.notes) and "versions: the same" in read(again.notes)
        assert again.text().splitlines()[-1] == "REPRODUCED: all that was compared is the same."
        assert {path: path.read_bytes() for path in written[name].rglob("*") if path.is_file()} == before

    def test_the_manifest_alone_is_enough(self, out: Path) -> None:
        n_files = len(json.loads((out / "manifest.json").read_text(encoding="utf-8"))["files"])
        assert n_files > 10
        for path in [*out.iterdir()]:
            if path.name != "manifest.json":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        again = reproduce.reproduce(out)
        assert again.differences == ()
        assert read(again.checked)[0].startswith(
            f"files: 0 of {n_files} as they were written; NOT THERE, so not compared: "
        )
        assert read(again.checked)[1] == "units: 3 of 3 run again"
        assert len(again.missing) == n_files and not again.complete
        assert "INCOMPLETE: all that was compared is the same, but the result is not all there:" in again.text()
        sampled = reproduce.reproduce(out, 2)
        assert read(sampled.checked)[1].startswith("units: 2 of 3 run again: seed-")
        assert read(sampled.checked)[2].startswith("tables: not made again")
        change_manifest(out, units={"seed-0": "0", "seed-1": "1", "seed-2": "2"})
        assert len(reproduce.reproduce(out).differences) == 3

    def test_a_unit_alone(self, out: Path) -> None:
        sha = json.loads((out / "manifest.json").read_text())["units"]["seed-1"]
        assert (
            reproduce.run_alone(out, "seed-1")
            == f"seed-1 ran to its end, and all that was counted is as stored ({sha})."
        )
        change_manifest(out, units={"seed-1": "0"})
        assert "is not as stored" in reproduce.run_alone(out, "seed-1")


class TestTampered:
    @pytest.mark.parametrize("sample", [None, 1])
    @pytest.mark.parametrize("hidden", [False, True])
    def test_a_digit_of_the_effects(self, hidden: bool, sample: int | None, out: Path) -> None:
        path = out / "effects.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        before = str(table.loc[5, "low"])
        table.loc[5, "low"] = after = before[:-1] + ("1" if before[-1] != "1" else "2")
        table.to_csv(path, index=False, lineterminator="\n")
        if hidden:
            hide(out, "effects.csv")
        again = reproduce.reproduce(out, sample)
        where = f"policy phone, outcome {table.loc[5, 'outcome']}"
        assert f"effects.csv, row 6 ({where}): low is {after}; made again: {before}" in read(again.differences)
        assert ("effects.csv is not the file that was written" in read(again.differences)) != hidden

    @pytest.mark.parametrize("sample", [None, 1])
    @pytest.mark.parametrize("name", ["daily", "breakdown", "durations", "persons"])
    @pytest.mark.parametrize("hidden", [False, True])
    def test_a_digit_of_the_counts(self, hidden: bool, name: str, sample: int | None, out: Path) -> None:
        """Even of a unit that the sample leaves out, and where the forger gave the file a new hash."""
        path = out / f"{name}.parquet"
        table = pd.read_parquet(path)
        row, column = len(table) // 2, table.columns[-1] if name != "daily" else "n_report"
        before = table.loc[row, column]
        table.loc[row, column] += 1
        table.to_parquet(path, index=False)
        if hidden:
            hide(out, path.name)
        again = reproduce.reproduce(out, sample)
        seed = table.loc[row, "seed"]
        told = next(line for line in read(again.differences) if line.startswith(f"seed-{seed}: {name}.parquet, of "))
        assert f"seed {seed}," in told and f"{column} is {before + 1}; made again: {before}" in told
        others = [line for line in read(again.differences) if line.startswith("seed-") and line != told]
        assert others == []

    def test_a_forger_who_hides_all_of_it_but_cannot_run_the_model(self, out: Path) -> None:
        """Counts, file hash and hash of the unit agree with each other: only running the unit again shows it."""
        path = out / "daily.parquet"
        table = pd.read_parquet(path)
        table.loc[(table["policy"] == "phone") & (table["seed"] == 1) & (table["day"] == 3), "n_harm"] += 1
        table.to_parquet(path, index=False)
        hide(out, path.name)
        tasks = QUESTIONS["compare"].tasks()
        change_manifest(out, units=reproduce._held(MergedTables(out), tasks)[0])
        assert "seed-1: daily.parquet, of phone, row 4 (policy phone, seed 1, " in found(reproduce.reproduce(out))

    def test_the_printed_table_and_a_figure(self, out: Path) -> None:
        text = (out / "table.txt").read_text(encoding="utf-8")
        (out / "table.txt").write_text(text.replace("phone", "phono", 1), encoding="utf-8")
        (out / "figures" / "overview.png").write_bytes(b"another")
        again = reproduce.reproduce(out, 1)
        assert "figures/overview.png is not the file that was written" in read(again.differences)
        assert "table.txt, line " in found(again) and "phono" in found(again)

    def test_a_table_that_cannot_be_read(self, out: Path) -> None:
        for name in ("daily.parquet", "effects.csv"):
            (out / name).write_bytes((out / name).read_bytes()[:100])
        again = reproduce.reproduce(out)
        assert "daily.parquet is not the file that was written" in read(again.differences)
        assert "effects.csv" in found(again)


class TestNotAllThere:
    @pytest.mark.parametrize("sample", [None, 1])
    @pytest.mark.parametrize("hidden", [False, True])
    @pytest.mark.parametrize("name", ["daily.parquet", "effects.csv", "table.txt", "dictionary.csv"])
    def test_a_file_that_is_gone_is_named_even_if_the_manifest_is_silent(
        self, name: str, hidden: bool, sample: int | None, out: Path
    ) -> None:
        (out / name).unlink()
        if hidden:
            files = json.loads((out / "manifest.json").read_text())["files"]
            change_manifest(out, files={other: sha for other, sha in files.items() if other != name})
        again = reproduce.reproduce(out, sample)
        assert again.missing == (name,)
        assert again.differences == ()
        assert again.text().splitlines()[-2:] == [
            "INCOMPLETE: all that was compared is the same, but the result is not all there:",
            f"- {name} is not there",
        ]

    def test_what_is_gone_and_what_differs_are_both_told(self, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (out / "figures" / "price.svg").unlink()
        assert main(["reproduce", str(out), "--sample", "1"]) == 1
        assert capsys.readouterr().err.endswith("- figures/price.svg is not there\n")
        (out / "table.txt").write_text("")
        assert main(["reproduce", str(out), "--sample", "1"]) == 1
        said = capsys.readouterr().err.splitlines()
        assert said[-4] == "NOT REPRODUCED:"
        assert said[-1] == "- figures/price.svg is not there"

    def test_a_folder_in_place_of_a_file_and_a_forged_one_that_cannot_be_read(self, out: Path) -> None:
        (out / "effects.csv").unlink()
        (out / "effects.csv").mkdir()
        (out / "durations.parquet").write_bytes(b"PAR1")
        hide(out, "durations.parquet")
        again = reproduce.reproduce(out, 1)
        assert again.missing == ("effects.csv",)
        assert read(again.differences) == ["durations.parquet cannot be read as the table that it is"]

    def test_a_table_of_an_older_version_lacks_a_column(self, out: Path) -> None:
        daily = pq.read_table(out / "daily.parquet")
        pq.write_table(daily.drop_columns(["n_harm"]), out / "daily.parquet")
        assert "daily.parquet has no column n_harm" in found(reproduce.reproduce(out, 1))

    def test_a_table_or_file_that_the_manifest_does_not_know(self, out: Path) -> None:
        said = json.loads((out / "manifest.json").read_text())
        del said["files"]["durations.parquet"], said["tables"]["durations"]
        change_manifest(out, files=said["files"], tables=said["tables"])
        assert "durations.parquet is not listed in the manifest" in found(reproduce.reproduce(out, 1))


class TestOtherThanThen:
    def test_another_model_is_named_and_the_first_row_that_it_moves_is_shown(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def otherwise(task: Any, *arguments: Any, **options: Any) -> Records:
            records = synthetic.simulate(task.scenario, task.seeds, task.arms)
            records.daily["n_bar"] += records.daily["day"] == 30
            return records

        monkeypatch.setattr(workers, "_simulated", otherwise)
        change_manifest(out, model_files={"model/arrays/state.py": "0" * 64})
        again = reproduce.reproduce(out)
        assert "model: not the same; other files: sim/model/arrays/state.py" in read(again.notes)
        assert len([line for line in read(again.differences) if ": daily.parquet, of baseline, row 31 " in line]) == 3

    def test_versions_code_and_checkout_are_told(self, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        said = json.loads((out / "manifest.json").read_text())
        change_manifest(
            out,
            packages=said["packages"] | {"numpy": "1.0"},
            code_fingerprint="0",
            git={"commit": "f" * 40, "dirty": True},
            units_made_with=["Python 3.11.0, NumPy 2.0", "Python 3.13.0, NumPy 2.5"],
        )
        notes = "\n".join(read(reproduce.reproduce(out, 1).notes))
        assert f"versions: numpy 1.0 then, {said['packages']['numpy']} now" in notes
        assert "model: the same; other files of the simulator are not" in notes
        assert "checkout: ffffffffffff" in notes and "changed and not committed" in notes
        assert "units were made with several versions" in notes

    def test_numbers_may_differ_a_little_only_where_versions_do(self, out: Path) -> None:
        path = out / "effects.csv"
        table = pd.read_csv(path)
        table["relative"] *= 1 + 1e-9
        table.to_csv(path, index=False, lineterminator="\n")
        hide(out, path.name)
        assert "relative" in found(reproduce.reproduce(out, 1))
        change_manifest(out, python="3.11.0")
        assert reproduce.reproduce(out, 1).differences == ()
        table["relative"] *= 1 + 1e-5
        table.to_csv(path, index=False, lineterminator="\n")
        hide(out, path.name)
        assert "relative" in found(reproduce.reproduce(out, 1))

    def test_a_policy_written_in_python_cannot_be_made_again_from_the_manifest(self, tmp_path: Path) -> None:
        class Nobody(Policy):
            def changes(self, platform: Any) -> list[Change]:
                return [Change("reporting.friction", "set", 0.1)]

        question = compare.question(SCENARIO.replace(policies={"own": (Nobody(),)}), seeds=2)
        answer(question, out=tmp_path / "r")
        answer(question, out=tmp_path / "r")
        with pytest.raises(ScenarioError, match="policy 'own' was written in Python"):
            reproduce.reproduce(tmp_path / "r")


class TestCommand:
    def test_it_says_what_it_did_and_its_exit_code_what_came_out(
        self, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["reproduce", str(out), "--sample", "2"]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "REPRODUCED: all that was compared is the same."
        (out / "dictionary.csv").write_text("")
        assert main(["reproduce", str(out), "--sample", "1"]) == 1
        said = capsys.readouterr().err.splitlines()
        assert said[-2:] == ["NOT REPRODUCED:", "- dictionary.csv is not the file that was written"]

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["{out}/nowhere"], "is no folder"),
            (["{out}/figures"], "is no result: it has no manifest.json"),
            (["{out}", "--sample", "0"], "sample = 0 is not allowed. It takes a whole number from 1 to 3."),
            (["{out}", "--sample", "4"], "sample = 4 is not allowed. It takes a whole number from 1 to 3."),
            (["{out}", "--unit", "seed-9"], "has no unit 'seed-9'; it has seed-0"),
            (["{out}/figures", "--unit", "seed-9"], "is no result"),
        ],
    )
    def test_what_cannot_be_reproduced(
        self, words: list[str], message: str, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["reproduce", *(word.format(out=out) for word in words)]) == 2
        assert message in capsys.readouterr().err

    def test_a_study_that_is_not_finished(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with opened(tmp_path / "r", QUESTIONS["compare"], "the command"):
            pass
        assert main(["reproduce", str(tmp_path / "r")]) == 2
        assert "is not finished. Go on with: the command" in capsys.readouterr().err

    def test_a_manifest_that_is_none(self, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        said = json.loads((out / "manifest.json").read_text())
        others = [said | {"question": "what"}, said | {"asked": {"seeds": 3}}, {"format": 2, "question": "compare"}]
        for content in ("{", "[]", '{"format": 99}', *map(json.dumps, others)):
            (out / "manifest.json").write_text(content)
            assert main(["reproduce", str(out)]) == 2
            assert "manifest" in capsys.readouterr().err


def test_where_tables_differ_first() -> None:
    table = pd.DataFrame({"policy": ["a", "b"], "n": [1, 2], "x": [np.nan, 0.5]})
    assert identity.difference(table, table.copy(), "t") is None
    other = table.assign(n=[1, 3], x=[np.nan, 0.25])
    told = spoken(identity.difference(table, other, "t"))
    assert told == "t, row 2 (policy b): n is 2; made again: 3 (2 columns differ: n, x)"
    assert spoken(identity.difference(table, table.head(1), "t")) == "t has 2 rows; made again: 1"
    assert spoken(identity.difference(table, table.drop(columns="x"), "t")).startswith("t has columns policy, n, x")
