"""Units that fail: what is left of a study is answered in pairs, says what it is without, and can be completed."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.__main__ import main
from sim.model.records import Records
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.questions import compare, doubt, ranges, reproduce, sweep, validate, why
from sim.rules.errors import ExperimentError, ScenarioError, UnansweredError
from sim.rules.sentences import spoken
from sim.study import workers
from sim.study.answer import answer
from sim.study.question import Question
from tests.parts import synthetic
from tests.store.test_results import content

pytestmark = pytest.mark.slow

SCENARIO = synthetic.SCENARIO.replace(
    days=60, policies={"phone": (RegistrationPolicy(level="phone"),), "easy": (ReportingPolicy(friction=0.2),)}
)
SEEDS = (0, 1, 2, 3)
QUESTIONS: dict[str, Callable[[tuple[int, ...]], Question]] = {
    "compare": lambda seeds: compare.question(SCENARIO, seeds=seeds),
    "sweep": lambda seeds: sweep.question(SCENARIO, {"reporting.friction": [0.0, 0.5]}, seeds),
    "why": lambda seeds: why.question(SCENARIO, "phone", seeds),
    "ranges": lambda seeds: ranges.question(SCENARIO, ["phone"], ["contacts.rel_meeting"], seeds),
}
Failing = Callable[..., None]


@pytest.fixture(autouse=True)
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Let units fail from now on, by their names."""
    simulated = workers._simulated

    def fail(*units: str, error: type[Exception] = ZeroDivisionError) -> None:
        def tried(task: Any, *arguments: Any, **options: Any) -> Records:
            if {task.unit(seed) for seed in task.seeds} & {*units}:
                raise error("of all things")
            return simulated(task, *arguments, **options)

        monkeypatch.setattr(workers, "_simulated", tried)

    return fail


def tables(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in content(folder).items() if name.endswith((".csv", ".parquet"))}


def manifest(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "manifest.json").read_text(encoding="utf-8")))


def unit(question: Question, seed: int, task: int = -1) -> str:
    return question.tasks()[task].unit(seed)


def asked(question: Question, **options: Any) -> tuple[Any, str]:
    """Answer a question and return the result and what was warned of."""
    warned: list[str] = []
    return answer(question, warn=warned.append, **options), "\n".join(warned)


class TestPairs:
    @pytest.mark.parametrize("name", QUESTIONS)
    def test_a_seed_that_is_lost_in_one_task_is_dropped_in_all(
        self, name: str, failing: Failing, tmp_path: Path
    ) -> None:
        """The tables are those of a study that has never asked for the seed, in a folder as in memory."""
        question, out = QUESTIONS[name](SEEDS), tmp_path / "r"
        lost = unit(question, 1)
        answer(QUESTIONS[name]((0, 2, 3)), out=tmp_path / "without")
        failing(lost)
        found, warned = asked(question, out=out)
        assert tables(out) == tables(tmp_path / "without")
        assert set(pd.read_parquet(out / "daily.parquet")["seed"]) == {0, 2, 3}
        said = f"Without {lost}, whose run failed (ZeroDivisionError: of all things): dropped everywhere and under "
        text = " ".join(found.table().split())
        assert text.startswith(said)
        assert (out / "table.txt").read_text(encoding="utf-8") == found.table() + "\n"
        assert said in found._repr_html_()
        assert manifest(out)["lost"] == found.lost == {lost: "ZeroDivisionError: of all things"}
        assert f"{lost} failed: ZeroDivisionError: of all things\nRun it alone: " in warned
        assert "units are finished and kept in" in warned.splitlines()[-1]
        in_memory, warned = asked(question)
        assert warned == f"{lost} failed: ZeroDivisionError: of all things"
        assert in_memory.table() == found.table()

    @pytest.mark.parametrize("name", QUESTIONS)
    def test_the_same_command_again_completes_it_without_a_trace(
        self, name: str, failing: Failing, tmp_path: Path
    ) -> None:
        question, out = QUESTIONS[name](SEEDS), tmp_path / "r"
        answer(question, out=tmp_path / "undisturbed")
        failing(unit(question, 1))
        asked(question, out=out)
        failing()
        assert answer(question, out=out).lost == {}
        assert content(out) == content(tmp_path / "undisturbed")

    @pytest.mark.parametrize("name", QUESTIONS)
    @pytest.mark.parametrize("sample", [None, 1])
    def test_it_is_reproduced_as_far_as_it_goes(
        self, name: str, sample: int | None, failing: Failing, tmp_path: Path
    ) -> None:
        question, out = QUESTIONS[name](SEEDS), tmp_path / "r"
        lost = unit(question, 1)
        failing(lost)
        asked(question, out=out)
        again = reproduce.reproduce(out, sample)
        assert again.complete, again.text()
        assert f"made without: {lost} (ZeroDivisionError: of all things)" in map(spoken, again.notes)

    def test_several_workers_and_several_units(self, failing: Failing, tmp_path: Path) -> None:
        question = compare.question(SCENARIO, seeds=8)
        failing("seed-1", "seed-6")
        found, _ = asked(question)
        text = " ".join(found.table().split())
        assert text.startswith("Without seed-1, seed-6, whose runs failed (ZeroDivisionError: of all things): dropped")
        assert found.seeds == (0, 2, 3, 4, 5, 7)
        many = {f"seed-{n}": f"error {n % 2}" for n in range(9)}
        text = " ".join(found.losing(many).table().split())
        assert "seed-4, 4 more, whose runs failed (error 0; error 1): " in text

    def test_a_loop_that_fails_only_as_a_whole_loses_nothing(
        self, monkeypatch: pytest.MonkeyPatch, failing: Failing
    ) -> None:
        simulated = workers._simulated

        def together(task: Any, *arguments: Any, **options: Any) -> Records:
            if len(task.seeds) > 1:
                raise MemoryError
            return simulated(task, *arguments, **options)

        whole = answer(compare.question(SCENARIO, seeds=3))
        monkeypatch.setattr(workers, "_simulated", together)
        found = answer(compare.question(SCENARIO, seeds=3))
        assert found.lost == {}
        assert found.table() == whole.table()


class TestDoubt:
    def question(self, draws: int = 18) -> doubt.DoubtQuestion:
        return doubt.question(SCENARIO, ["phone"], draws=draws)

    def test_a_set_is_dropped_with_its_first_seed_and_a_second_seed_alone(
        self, failing: Failing, tmp_path: Path
    ) -> None:
        question, out = self.question(), tmp_path / "r"
        one, other = question.tasks()[2], question.tasks()[4]
        failing(one.unit(one.seeds[0]), other.unit(other.seeds[1]))
        found, _ = asked(question, out=out)
        assert found.draws == 17 and set(found.spreads["sets"]) == {17}
        daily = pd.read_parquet(out / "daily.parquet")
        assert daily["variant"].nunique() == 17 and one.label not in set(daily["variant"])
        assert set(daily.loc[daily["variant"] == other.label, "seed"]) == {other.seeds[0]}
        assert manifest(out)["asked"]["draws"] == 18 and "lost" not in manifest(out)["asked"]
        assert reproduce.reproduce(out).complete
        failing()
        answer(question, out=out)
        answer(question, out=tmp_path / "undisturbed")
        assert content(out) == content(tmp_path / "undisturbed")

    def test_a_set_that_is_dropped_changes_nothing_of_the_others(self, failing: Failing) -> None:
        """Effects of the last set away are those of one draw fewer."""
        question = self.question()
        last = question.tasks()[-1]
        failing(last.unit(last.seeds[0]))
        found, _ = asked(question)
        fewer = answer(self.question(17))
        pd.testing.assert_frame_equal(found.spreads, fewer.spreads)
        pd.testing.assert_frame_equal(found.parameters, fewer.parameters)
        pd.testing.assert_frame_equal(found.worth, fewer.worth)

    def test_fewer_sets_than_the_analysis_can_bear(self, failing: Failing, tmp_path: Path) -> None:
        question = self.question()
        failing(*(task.unit(task.seeds[0]) for task in question.tasks()[:3]))
        with pytest.raises(UnansweredError, match=r"15 of 18 parameter sets are left, and the analysis takes at least"):
            answer(question, out=tmp_path / "r")


class TestTooLittleIsLeft:
    def test_one_seed_is_no_answer_and_what_is_finished_is_kept_and_named(
        self, failing: Failing, tmp_path: Path
    ) -> None:
        question, out = compare.question(SCENARIO, seeds=3), tmp_path / "r"
        failing("seed-0", "seed-1")
        with pytest.raises(UnansweredError) as error:
            answer(question, out=out)
        said = str(error.value).splitlines()
        assert said[:3] == [
            "seed-0 failed: ZeroDivisionError: of all things",
            "seed-1 failed: ZeroDivisionError: of all things",
            "seed 2 alone is left of 3, and this takes at least 2: it cannot be answered",
        ]
        assert said[-1] == f"1 of 3 units are finished and kept in {out}. Go on by the same call"
        assert not (out / "manifest.json").exists()
        failing()
        assert answer(question, out=out).seeds == (0, 1, 2)

    def test_in_memory_the_first_error_is_shown_with_where_it_comes_from(self, failing: Failing) -> None:
        failing("seed-0", "seed-1", "seed-2")
        with pytest.raises(UnansweredError, match="no seed is left of 3") as error:
            answer(compare.question(SCENARIO, seeds=3))
        failed = error.value.__context__
        assert failed is not None and isinstance(failed.__cause__, ZeroDivisionError)

    def test_a_question_that_takes_all_of_its_runs_has_no_result(self, failing: Failing, tmp_path: Path) -> None:
        question = validate.question(["responses"])
        failing(unit(question, 1))
        with pytest.raises(ExperimentError, match="failed: ZeroDivisionError") as error:
            answer(question, out=tmp_path / "r")
        assert not isinstance(error.value, UnansweredError)

    def test_what_cannot_be_run_with_any_seed_is_refused(self, failing: Failing) -> None:
        failing("seed-1", error=ScenarioError)
        with pytest.raises(ScenarioError, match="of all things"):
            answer(compare.question(SCENARIO, seeds=3))


class TestCommand:
    @pytest.fixture
    def given(self, tmp_path: Path) -> list[str]:
        file = tmp_path / "chat.toml"
        file.write_text('days = 60\n[policies.phone]\nregistration = { level = "phone" }\n')
        return ["compare", str(file), "--seeds", "4"]

    @pytest.mark.parametrize("kept", [False, True])
    def test_tables_are_printed_and_written_and_the_exit_code_is_1(
        self, kept: bool, given: list[str], failing: Failing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        failing("seed-2")
        assert main([*given, *(["--out", str(tmp_path / "r")] if kept else [])]) == 1
        out, err = capsys.readouterr()
        assert "\nWithout seed-2, whose run failed (ZeroDivisionError: of all things): dropped" in out
        assert "HARM" in out
        assert "seed-2 failed: ZeroDivisionError: of all things" in err
        assert (f" -m sim reproduce {tmp_path / 'r'} --unit seed-2\n3 of 4 units are finished" in err) == kept
        assert (f"\n{tmp_path / 'r' / 'effects.csv'}\n" in out) == kept

    def test_too_little_left_has_exit_code_3(
        self, given: list[str], failing: Failing, capsys: pytest.CaptureFixture[str]
    ) -> None:
        failing("seed-0", "seed-1", "seed-2")
        assert main(given) == 3
        out, err = capsys.readouterr()
        assert "HARM" not in out
        assert "seed 3 alone is left of 4, and this takes at least 2: it cannot be answered" in err

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (
                ["compare", "--seeds", "3", "--days", "4"],
                "neither under the baseline nor under any policy are there 20 serious harms",
            ),
            (
                ["doubt", "--draws", "16", "--days", "1"],
                "of 16 worlds are there 20 serious harms to compare, and it takes 12",
            ),
        ],
    )
    def test_too_few_harms_are_printed_and_written_with_exit_code_3(
        self, words: list[str], said: str, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command, *options = words
        out = tmp_path / "r"
        assert main([command, given[1], *options, "--out", str(out)]) == 3
        printed, err = capsys.readouterr()
        assert "too few harms to say" in " ".join(printed.split())
        assert str(out / "manifest.json") in printed
        last = err.splitlines()[-1]
        assert said in last and re.search("Take longer --days or more --(seeds|draws)[.]", last)

    def test_from_python_it_is_a_result_like_another(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            few = answer(compare.question(SCENARIO.replace(days=4), ["phone"], 2))
            enough = answer(compare.question(SCENARIO, seeds=2))
        assert few.unanswered and spoken(few.unanswered).startswith("This cannot be answered: ")
        assert enough.unanswered is None
        assert answer(doubt.question(SCENARIO.replace(days=1), ["phone"], draws=16)).unanswered
        assert answer(doubt.question(SCENARIO, ["phone"], draws=16)).unanswered is None


def test_units_of_a_question_are_named_apart() -> None:
    """What is lost is known by its name alone."""
    for make in QUESTIONS.values():
        names: Collection[str] = [task.unit(seed) for task in make(SEEDS).tasks() for seed in task.seeds]
        assert len(names) == len({*names})
