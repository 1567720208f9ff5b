"""Result folders: what is written, gone on with, refused and left alone."""

from __future__ import annotations

import hashlib
import html
import json
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.sanctions import SanctionsPolicy
from sim.questions import compare as questions_compare
from sim.questions import doubt, question_of, ranges, reproduce, sweep, validate, why
from sim.report.compare import Comparison
from sim.report.result import again
from sim.rules.errors import ScenarioError
from sim.scenario.scenario import BASELINE, Scenario
from sim.study import answer as study_answer
from sim.study import plan as study_plan
from sim.study import price, workers
from sim.study.answer import answer
from sim.study.folder import check_writable, files_of
from sim.study.identity import ColumnHashes
from sim.study.question import Question
from sim.study.store import lane_digests, unit_digest
from sim.study.task import Task
from sim.study.workers import _simulated
from tests.parts import synthetic

pytestmark = pytest.mark.slow

SCENARIO = synthetic.SCENARIO.replace(
    days=60, policies={"phone": (RegistrationPolicy(level="phone"),), "easy": (ReportingPolicy(friction=0.2),)}
)
LADDER = SanctionsPolicy(ladder_hours=(0, 24))
TABLES = ("daily", "breakdown", "durations", "persons")
HERE = shlex.quote(sys.executable)


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Comparison]:
    out = tmp_path_factory.mktemp("module") / "a folder" / "r"
    return out, compare(out)


@pytest.fixture
def out(written: tuple[Path, Comparison], tmp_path: Path) -> Path:
    """A folder of a test's own with the result that is written once."""
    return Path(shutil.copytree(written[0], tmp_path / "r"))


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Every unit that is run, with its arms; each in a loop of its own."""
    units: list[tuple[str, ...]] = []
    simulated = _simulated

    def noted(task: Task, *arguments: Any, **options: Any) -> Any:
        units.extend((task.unit(seed), *task.arms) for seed in task.seeds)
        return simulated(task, *arguments, **options)

    monkeypatch.setattr(price, "MEMORY_OF_A_PROCESS", 1)
    monkeypatch.setattr(workers, "_simulated", noted)
    return units


def compare(
    out: Path, policies: list[str] | None = None, seeds: int = 3, scenario: Scenario = SCENARIO, **options: Any
) -> Comparison:
    asked = questions_compare.question(scenario, policies, seeds)
    found: Comparison = answer(asked, out=out, **{"command": "the command"} | options)
    return found


def counts(comparison: Comparison, name: str) -> pd.DataFrame:
    """Return a table of counts as it is stored: by the number of the day, without its date."""
    table: pd.DataFrame = getattr(comparison, name)
    return table.drop(columns="date", errors="ignore")


def content(folder: Path, units: bool = False) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): timeless(path.read_bytes()) for path in files}
    return {name: data for name, data in found.items() if units or not name.startswith("units/")}


def timeless(data: bytes) -> bytes:
    """Leave out the time that a manifest tells."""
    return re.sub(rb'"written": "[^"]+"', b'"written": "2000-01-01T00:00:00+00:00"', data)


def manifest(out: Path) -> dict[str, Any]:
    return dict(json.loads(timeless((out / "manifest.json").read_bytes())))


class TestWritten:
    def test_everything_is_there_and_nothing_beside(self, written: tuple[Path, Comparison]) -> None:
        out, comparison = written
        assert [*content(out)] == [
            *("best.csv", "breakdown.parquet", "contains.csv", "daily.parquet", "dictionary.csv"),
            *("durations.parquet", "effects.csv", "elsewhere.csv"),
            *(
                f"figures/{name}.{end}"
                for name in ("course", "difference", "flows", "overview", "price", "recorded", "staff")
                for end in ("png", "svg")
            ),
            *("flows.csv", "in_force.csv", "interactions.csv", "manifest.json", "over_time.csv", "persons.parquet"),
            *("report.html", "table.txt", "transparency.csv"),
        ]
        assert [file.relative_to(out).as_posix() for file in files_of(out)] == [*content(out)]
        assert [path.name for path in out.parent.iterdir()] == ["r"]
        assert len([*(out / "units").rglob("seed-*.parquet")]) == 3
        assert (out / "table.txt").read_text(encoding="utf-8") == comparison.table() + "\n"

    def test_the_tables_are_those_of_a_comparison_in_memory(self, written: tuple[Path, Comparison]) -> None:
        out, comparison = written
        in_memory = sim.compare(SCENARIO, seeds=3)
        for name in TABLES:
            for other in (counts(comparison, name), pd.read_parquet(out / f"{name}.parquet")):
                pd.testing.assert_frame_equal(other, counts(in_memory, name), check_exact=True)
        for name in ("effects", "interactions", "best", "contains", "in_force"):
            pd.testing.assert_frame_equal(getattr(comparison, name), getattr(in_memory, name), check_exact=True)
        effects = pd.read_csv(out / "effects.csv")
        assert list(effects.columns) == list(comparison.effects.columns)
        assert effects["relative"].to_numpy() == pytest.approx(comparison.effects["relative"].to_numpy(), nan_ok=True)

    def test_the_manifest_says_how_to_make_it_again(self, written: tuple[Path, Comparison]) -> None:
        said = manifest(written[0])
        assert said["command"] == "the command"
        asked = {"policies": ["phone", "easy"], "seeds": [0, 1, 2], "engine": "array"}
        assert said["asked"] == asked | {
            "doubt": 0, "doubt_days": 0, "halfwidth": 0.0, "first": 0, "why": 0, "named": [],
        }  # fmt: skip

        assert said["scenario"]["policies"]["phone"] == [{"lever": "registration", "level": "phone"}]
        assert said["scenario"]["contacts"]["private_harm_per_hour"] == SCENARIO.contacts.private_harm_per_hour
        assert question_of(said) == questions_compare.question(SCENARIO, seeds=3)
        assert said["packages"]["numpy"] and said["python"]
        assert len(said["code_fingerprint"]) == 64

    def test_the_manifest_has_hashes_of_all_that_was_written_and_counted(
        self, written: tuple[Path, Comparison]
    ) -> None:
        out, comparison = written
        said = manifest(out)
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in content(out).items()}
        assert said["files"] == {name: sha for name, sha in hashes.items() if name != "manifest.json"}
        for name in TABLES:
            table = ColumnHashes()
            table.add(counts(comparison, name))
            assert said["tables"][name] == table.found()
        assert [*said["tables"]] == list(TABLES)
        for seed in range(3):
            tables = {name: counts(comparison, name) for name in TABLES}
            lanes = {arm: sha for (arm, of), sha in lane_digests(tables).items() if of == seed}
            assert {*lanes} == {BASELINE, *SCENARIO.policies}
            assert said["units"][f"seed-{seed}"] == unit_digest(lanes)
        assert len(set(said["units"].values())) == len(said["units"]) == 3

    def test_what_is_compared_with_a_folder_has_no_command(self, out: Path) -> None:
        before = content(out)
        sim.compare(SCENARIO, seeds=3, out=out)
        was, now = json.loads(before.pop("manifest.json")), manifest(out)
        page = before.pop("report.html").decode()
        assert f"<code>{again(was['command'])}</code>" in html.unescape(page)
        assert "a call from Python" in (out / "report.html").read_text(encoding="utf-8")
        assert was.pop("files").keys() == now.pop("files").keys()
        assert now == was | {"command": ""}
        assert content(out).items() > before.items()


class TestGoneOnWith:
    def test_the_same_again_runs_nothing_and_has_the_same_bytes(self, out: Path, ran: list) -> None:
        before = content(out, units=True)
        compare(out)
        assert content(out, units=True) == before
        assert ran == []

    def test_only_what_is_missing_is_run_and_the_bytes_are_those_of_a_run_from_scratch(
        self, written: tuple[Path, Comparison], tmp_path: Path, ran: list
    ) -> None:
        out = tmp_path / "r"
        compare(out, ["easy"], 2)
        assert ran == [(f"seed-{seed}", BASELINE, "easy") for seed in (0, 1)]
        ran.clear()
        compare(out)
        assert sorted(ran) == [
            *((f"seed-{seed}", BASELINE, "phone") for seed in (0, 1)),
            ("seed-2", BASELINE, "phone", "easy"),
        ]
        assert content(out) == content(written[0])
        ran.clear()
        with pytest.raises(
            ScenarioError, match=r"a result with policies easy; seeds 2, which this does not ask for\. Nothing"
        ):
            compare(out, ["phone"], 2)
        assert content(out) == content(written[0])
        (out / "manifest.json").unlink()  # what is not finished may be asked for in part
        compare(out, ["phone"], 2)
        assert ran == []
        assert manifest(out)["asked"]["policies"] == ["phone"]
        assert [*manifest(out)["units"]] == ["seed-0", "seed-1"]
        assert set(pd.read_parquet(out / "daily.parquet")["policy"]) == {BASELINE, "phone"}

    def test_parameters_by_default_are_told_in_words(self, tmp_path: Path) -> None:
        def ask(parameters: list[str] | None) -> None:
            answer(ranges.question(SCENARIO, ["phone"], parameters, 2), out=tmp_path / "r")

        ask(None)
        with pytest.raises(ScenarioError, match="a result with the default parameters, which this does not ask for"):
            ask(["all"])
        shutil.rmtree(tmp_path / "r")
        ask(["contacts.rel_meeting"])
        with pytest.raises(ScenarioError, match=r"a result with parameters contacts\.rel_meeting, which this does not"):
            ask(None)

    def test_a_result_without_its_units_is_not_lost_to_a_smaller_one(self, out: Path) -> None:
        before = content(out)
        shutil.rmtree(out / "units")
        with pytest.raises(ScenarioError, match="holds a result with seeds 2, which this"):
            compare(out, seeds=2)
        assert content(out) == before

    def test_workers_change_no_byte(self, written: tuple[Path, Comparison], tmp_path: Path) -> None:
        compare(tmp_path / "r", workers=2)
        assert content(tmp_path / "r") == content(written[0])

    @pytest.mark.parametrize(
        "ask",
        [
            lambda: sweep.question(SCENARIO, {"sanctions.ladder_hours": [(24,), (24, 48)]}, 2),
            lambda: sweep.question(SCENARIO, {"sanctions.ladder_hours": [[0], [24, 48]]}, 2),
            lambda: sweep.question(SCENARIO, {"reporting.snapshot": [True, False]}, 2),
            lambda: sweep.question(SCENARIO, {"moderation.staff": [1, 2], "reporting.friction": [0, 1]}, 2),
            lambda: questions_compare.question(SCENARIO.replace(policies={"a": (LADDER,)}), seeds=2),
            lambda: why.question(SCENARIO, "phone", 2),
            lambda: ranges.question(SCENARIO, ["phone"], ["contacts.rel_meeting"], 2),
            lambda: doubt.question(SCENARIO, ["phone"], ["contacts.rel_meeting"], 16),
            lambda: validate.question(["warnings"], 2),
        ],
    )  # fmt: skip
    def test_any_question_can_be_asked_again(self, ask: Callable[[], Question], tmp_path: Path, ran: list) -> None:
        answer(ask(), out=tmp_path / "r")
        before = content(tmp_path / "r", units=True)
        ran.clear()
        answer(ask(), out=tmp_path / "r")
        assert content(tmp_path / "r", units=True) == before
        assert ran == []
        assert question_of(manifest(tmp_path / "r")) == ask()

    def test_more_draws_are_added_to_those_there_are(self, tmp_path: Path, ran: list) -> None:
        def ask(draws: int) -> set[str]:
            ran.clear()
            answer(doubt.question(SCENARIO, ["phone"], ["contacts.rel_meeting"], draws), out=tmp_path / "r")
            return {unit for unit, *_ in ran}

        second = doubt.SECOND_SEED
        first = ask(16)
        assert first == {f"set-{n:04d}/seed-{n}" for n in range(16)} | {
            f"set-{n:04d}/seed-{n + second}" for n in range(8)
        }
        more = {f"set-{n:04d}/seed-{n}" for n in range(16, 40)} | {f"set-{n:04d}/seed-{n + second}" for n in (8, 9)}
        assert ask(40) == more
        assert ask(40) == set()
        with pytest.raises(ScenarioError, match="a result with draws 40, which this does not ask for"):
            ask(16)

    def test_more_seeds_are_more_where_they_are_only_counted(self, tmp_path: Path, ran: list) -> None:
        for seeds, run in ((2, {"seed-0", "seed-1"}), (3, {"seed-2"})):
            ran.clear()
            answer(validate.question(["warnings"], seeds), out=tmp_path / "r")
            assert {unit.split("/")[-1] for unit, *_ in ran} == run
        with pytest.raises(ScenarioError, match="a result with seeds 3, which this"):
            answer(validate.question(["warnings"], 2), out=tmp_path / "r")

    def test_files_of_the_old_result_go_and_those_of_others_stay(self, out: Path) -> None:
        before = content(out)
        said = manifest(out)
        said["files"]["stale.csv"] = ""
        (out / "manifest.json").write_text(json.dumps(said), encoding="utf-8")
        for name in ("stale.csv", "notes.csv", "figures/mine.png"):
            (out / name).write_text("text")
        compare(out)
        assert content(out) == before | {"notes.csv": b"text", "figures/mine.png": b"text"}

    def test_interrupted_it_says_how_to_go_on(
        self, written: tuple[Path, Comparison], tmp_path: Path, ran: list, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out, simulated = tmp_path / "r", _simulated

        def interrupted(task: Task, *arguments: Any, **options: Any) -> Any:
            if task.seeds == (2,):
                raise KeyboardInterrupt
            return simulated(task, *arguments, **options)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt) as stop:
            patch.setattr(workers, "_simulated", interrupted)
            compare(out)
        assert str(stop.value) == f"2 of 3 units are finished and kept in {out}. Go on: {HERE} the command"
        assert [*content(out)] == []
        ran.clear()
        compare(out)
        assert [unit for unit, *_ in ran] == ["seed-2"]
        assert content(out) == content(written[0])

    def test_units_that_fail_are_named_and_the_others_kept(
        self, written: tuple[Path, Comparison], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out, simulated = tmp_path / "r", _simulated

        def failing(task: Task, *arguments: Any, **options: Any) -> Any:
            if 1 in task.seeds:
                raise ZeroDivisionError("of all things")
            return simulated(task, *arguments, **options)

        warned: list[str] = []
        with monkeypatch.context() as patch:
            patch.setattr(workers, "_simulated", failing)
            compare(out, warn=warned.append)
        first, *_, last = warned[0].splitlines()
        assert first == "seed-1 failed: ZeroDivisionError: of all things"
        assert last == f"2 of 3 units are finished and kept in {out}. Go on: {HERE} the command"
        compare(out)
        assert content(out) == content(written[0])


class TestRefused:
    @pytest.mark.parametrize(
        ("ask", "words"),
        [
            (
                lambda: questions_compare.question(SCENARIO.replace(days=61), seeds=3),
                "holds runs of another scenario: days is 60 there, now 61",
            ),
            (
                lambda: questions_compare.question(
                    SCENARIO.replace(seeds=3, **{"policies.easy": (ReportingPolicy(friction=0.3),)})
                ),
                "holds runs of another scenario: policy easy is .*0.2.* there, now .*0.3",
            ),
            (
                lambda: sweep.question(SCENARIO, {"reporting.friction": [0.2, 0.8]}, 3),
                "holds the result of compare, not of sweep",
            ),
            (
                lambda: questions_compare.question(SCENARIO, seeds=3, engine="agents"),
                "was simulated with the engine array, not agents",
            ),
        ],
    )
    def test_another_study_is_refused_and_takes_its_place_when_asked_to(
        self, ask: Callable[[], Question], words: str, out: Path, tmp_path: Path
    ) -> None:
        (out / "notes.csv").write_text("mine")
        before = content(out, units=True)
        with pytest.raises(ScenarioError, match=f"{words}.*Nothing was changed.*--replace"):
            answer(ask(), out=out)
        assert content(out, units=True) == before
        answer(ask(), out=out, replace=True)
        answer(ask(), out=tmp_path / "new")
        assert content(out, units=True) == content(tmp_path / "new", units=True) | {"notes.csv": b"mine"}

    def test_another_version_of_the_model_is_refused(self, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = content(out, units=True)
        monkeypatch.setattr(study_plan, "model_files", lambda engine: {"model/world/world.py": "0" * 64})
        with pytest.raises(ScenarioError, match=r"another version of the model \(sim/model/world/world.py differ\)"):
            compare(out)
        assert content(out, units=True) == before

    def test_other_titles_and_further_policies_are_the_same_study(self, out: Path, ran: list) -> None:
        other = SCENARIO.replace(
            title="another", seeds=7, prefer=["privacy"], **{"policies.hard": (ReportingPolicy(friction=0.95),)}
        )
        compare(out, scenario=other)
        assert ran == [(f"seed-{seed}", BASELINE, "hard") for seed in range(3)]
        redefined = SCENARIO.replace(**{"policies.hard": (ReportingPolicy(friction=0.9),)})
        with pytest.raises(ScenarioError, match="policy hard is"):
            compare(out, scenario=redefined)

    def test_what_is_no_result_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("years of work")
        for replace in (False, True):
            with pytest.raises(ScenarioError, match="holds something else than a result"):
                compare(tmp_path, replace=replace)
        with pytest.raises(ScenarioError, match="is a file"):
            check_writable(tmp_path / "thesis.txt")
        with pytest.raises(ScenarioError, match="cannot be written"):
            check_writable(tmp_path / "thesis.txt" / "below")
        assert content(tmp_path, units=True) == {"thesis.txt": b"years of work"}

    def test_a_folder_of_another_format_is_refused(self, out: Path) -> None:
        shutil.rmtree(out / "units")
        (out / "manifest.json").write_text('{"command": "", "sha256": {}}')
        before = content(out)
        with pytest.raises(ScenarioError, match="another version of the simulator"):
            compare(out)
        assert content(out) == before


class TestFailures:
    def test_a_failure_on_the_way_leaves_the_old_result_and_nothing_else(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = content(out)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch, pytest.raises(ScenarioError, match="cannot be written: No space left"):
            patch.setattr(study_answer, "_merge", full)
            compare(out, seeds=4, command="new")
        assert content(out) == before
        assert [path.name for path in out.parent.iterdir()] == ["r"]
        compare(out, seeds=4, command="new")
        assert manifest(out)["command"] == "new"

    def test_a_figure_that_fails_is_a_line_and_everything_else_is_there(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before, drawn, warned = content(out), Comparison.figures, list[str]()

        def fail() -> Any:
            raise ZeroDivisionError("of all things")

        with monkeypatch.context() as patch:
            patch.setattr(Comparison, "figures", lambda comparison: drawn(comparison) | {"overview": fail})
            compare(out, warn=warned.append)
            assert warned == [
                "the figure overview cannot be drawn (ZeroDivisionError: of all things); everything else is there"
            ]
            with pytest.warns(UserWarning, match="the figure overview cannot be drawn"):
                sim.compare(SCENARIO, seeds=3, out=out)
        lacking, changed = {name for name in before if "overview" in name}, {"manifest.json", "report.html"}
        assert {name: data for name, data in content(out).items() if name not in changed} == {
            name: data for name, data in before.items() if name not in lacking | changed
        }
        assert before.keys() - manifest(out)["files"].keys() == {*lacking, "manifest.json"}
        assert reproduce.reproduce(out).differences == ()
        compare(out)
        assert content(out) == before

    def test_without_matplotlib_there_are_no_figures_and_everything_else(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before, warned = content(out), list[str]()
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "sim.report.canvas", None)  # as where matplotlib cannot read its file
            compare(out, warn=warned.append)
        assert len(warned) == 1 and warned[0].startswith("no figure can be drawn (ModuleNotFoundError")
        assert [*content(out)] == [name for name in before if not name.startswith("figures/")]
        assert reproduce.reproduce(out, 1).complete

    def test_stopped_while_drawing_the_tables_are_there(self, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = content(out)

        def stop() -> Any:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="3 of 3 units are finished"):
            patch.setattr(Comparison, "figures", lambda comparison: {"difference": stop})
            compare(out)
        drawn = [name for name in before if name.startswith("figures/") or name == "report.html"]
        assert [*content(out)] == [name for name in before if name not in drawn]
        assert reproduce.reproduce(out, 1).differences == ()
        compare(out)
        assert content(out) == before

    def test_a_result_half_in_place_has_no_manifest_and_is_made_whole_by_the_same_call(
        self, out: Path, monkeypatch: pytest.MonkeyPatch, ran: list
    ) -> None:
        before = content(out)
        replace = Path.replace

        def refuse(path: Path, target: Path) -> Path:
            if ".new-" in str(path) and path.name == "table.txt":
                raise OSError(5, "Input/output error")
            return replace(path, target)

        with monkeypatch.context() as patch, pytest.raises(ScenarioError, match="Input/output error"):
            patch.setattr(Path, "replace", refuse)
            compare(out, command="again")
        later = [n for n in before if n in ("manifest.json", "report.html") or n.startswith("figures/")]
        assert [*content(out)] == [name for name in before if name not in later]
        compare(out)
        assert content(out) == before
        assert ran == []
