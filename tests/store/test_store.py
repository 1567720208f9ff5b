"""What may happen to the files of a store: cut, changed, written twice, no room for them, runs that do not agree."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.model.engines import _ENGINES
from sim.model.records import TABLES, Records
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.questions import compare
from sim.rules.errors import ExperimentError, ScenarioError
from sim.scenario.scenario import BASELINE
from sim.study import plan as study_plan
from sim.study import store
from sim.study import workers as study_workers
from sim.study.answer import answer
from sim.study.folder import opened
from sim.study.store import Kept, Store, save
from sim.study.task import Task
from sim.study.workers import MOST_BREAKDOWNS, _checked
from tests.parts import synthetic
from tests.store import kills

SCENARIO = synthetic.SCENARIO.replace(
    days=40, policies={"phone": (RegistrationPolicy(level="phone"),), "easy": (ReportingPolicy(friction=0.2),)}
)
TASK = Task(SCENARIO, (BASELINE, "phone", "easy"), (0, 1, 2))


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


def simulated(task: Task) -> Records:
    return Records.joined([synthetic.simulate(task.scenario, task.seeds, task.arms, events=bool(task.events))])


def filled(folder: Path, task: Task = TASK) -> Store:
    found = Store(folder)
    found.add(save(folder, task, simulated(task), {}))
    return found


def shards(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))


def ask(out: Path, seeds: int = 3, **options: Any) -> Any:
    return answer(compare.question(SCENARIO, seeds=seeds), out=out, **options)


class TestFiles:
    @pytest.mark.parametrize("events", [(), ("engage",)])
    def test_what_is_read_is_what_was_written(self, events: tuple[str, ...], tmp_path: Path) -> None:
        task = Task(SCENARIO, TASK.arms, TASK.seeds, events)
        (part,) = Kept(filled(tmp_path, task), task).parts()
        for name, table in simulated(task).tables().items():
            pd.testing.assert_frame_equal(part.tables()[name], table, check_exact=True)
        assert [*part.tables()] == ([*TABLES] if events else [*TABLES][:-1])

    @pytest.mark.parametrize(("lanes", "n_parts"), [(0, 9), (2, 6), (3, 3), (7, 2), (9, 1)])
    def test_parts_hold_fewer_policies_or_seeds_where_memory_is_short(
        self, lanes: int, n_parts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = Kept(filled(tmp_path), TASK)
        tables = Records.joined(kept.parts()).tables().values()
        monkeypatch.setattr(store, "MEMORY_OF_A_PART", 1.05 * lanes * 8 * sum(table.size for table in tables) / 9)
        parts = list(kept.parts())
        assert len(parts) == n_parts
        for name, table in Records.joined(parts).tables().items():
            pd.testing.assert_frame_equal(table, simulated(TASK).tables()[name], check_exact=True)

    def test_seeds_of_one_loop_and_of_several_make_the_same_files(self, tmp_path: Path) -> None:
        filled(tmp_path / "together")
        for seed in TASK.seeds:
            filled(tmp_path / "apart", Task(SCENARIO, TASK.arms, (seed,)))
        one, other = ({p.name: p.read_bytes() for p in shards(tmp_path / name)} for name in ("together", "apart"))
        assert one == other and len(one) == 3

    def test_a_lane_is_known_by_its_rules_and_not_by_its_name(self, tmp_path: Path) -> None:
        filled(tmp_path)
        renamed = SCENARIO.replace(policies={"telephone": SCENARIO.policies["phone"]})
        task = Task(renamed, (BASELINE, "telephone"), (0, 1))
        assert Store(tmp_path).missing([task]) == []
        (part,) = Kept(Store(tmp_path), task).parts()
        assert set(part.daily["policy"]) == {BASELINE, "telephone"}
        assert part.daily.equals(Records.joined([simulated(task)]).daily)

    def test_persons_are_held_against_the_same_baseline_whenever_a_policy_was_run(self, tmp_path: Path) -> None:
        at_once, later = tmp_path / "at once", tmp_path / "later"
        answer(compare.question(SCENARIO, seeds=3), out=at_once)
        answer(compare.question(SCENARIO, ["easy"], seeds=2), out=later)
        answer(compare.question(SCENARIO, seeds=3), out=later)
        assert len([*later.rglob("seed-*.parquet")]) > len([*at_once.rglob("seed-*.parquet")])
        for name in ("persons.parquet", "flows.csv"):
            assert (later / name).read_bytes() == (at_once / name).read_bytes()
        persons = pd.read_parquet(later / "persons.parquet")
        assert {*persons["policy"]} == {*TASK.arms} and {*persons["seed"]} == {0, 1, 2}
        assert {*persons.query("policy == 'baseline'")["flow"]} == {"both", "members"}
        assert persons.query("policy == 'phone' and flow == 'spared'")["count"].sum() > 0

    def test_another_scenario_other_events_and_another_seed_are_missing(self, tmp_path: Path) -> None:
        filled(tmp_path)
        for other in (
            Task(SCENARIO.replace(days=41), TASK.arms, (0,)),
            Task(SCENARIO, TASK.arms, (0,), ("harm",)),
            Task(SCENARIO, TASK.arms, (7,)),
        ):
            assert Store(tmp_path).missing([other]) == [other]

    @pytest.mark.parametrize("damage", ["cut", "a bit", "another name", "empty"])
    def test_a_damaged_file_is_put_aside_and_its_unit_is_missing(self, damage: str, tmp_path: Path) -> None:
        filled(tmp_path)
        path = shards(tmp_path)[1]
        content = bytearray(path.read_bytes())
        if damage == "another name":
            path.rename(path.with_name(path.name.replace("seed-1.", "seed-1.0")[:-9] + ".parquet"))
        else:
            content[len(content) // 2] ^= 1
            path.write_bytes({"cut": content[:-7], "a bit": content, "empty": b""}[damage])
        found = Store(tmp_path)
        assert [task.seeds for task in found.missing([TASK])] == [(1,)]
        assert len(found.damaged) == 1
        assert len(list(tmp_path.rglob("*.damaged"))) == 1

    def test_a_file_changed_while_in_use_is_not_read(self, tmp_path: Path) -> None:
        kept = Kept(filled(tmp_path), TASK)
        path = shards(tmp_path)[0]
        content = path.read_bytes()
        table = pq.read_table(path)
        pq.write_table(table.slice(0, table.num_rows - 1), path)  # as sound a file as before, but for its hash
        for changed in (path.read_bytes(), content[:-1]):
            path.write_bytes(changed)
            with pytest.raises(ScenarioError, match=r"cut or changed. Run the same command again"):
                list(kept.parts())

    def test_what_was_never_finished_is_cleared_away(self, tmp_path: Path) -> None:
        filled(tmp_path)
        left = shards(tmp_path)[0].with_name(".seed-9.abc.part-123")
        left.write_bytes(b"half")
        assert Store(tmp_path).missing([TASK]) == []
        assert not left.exists()


class TestAgreement:
    def test_a_baseline_that_is_another_than_before_is_refused_and_the_difference_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "r"
        answer(compare.question(SCENARIO, ["phone"], 3), out=out)
        before = {path: path.read_bytes() for path in shards(out)}

        def otherwise(task: Task, *arguments: Any, **options: Any) -> Records:
            records = simulated(task)
            records.daily.loc[(records.daily["seed"] == 2) & (records.daily["day"] == 9), "n_review"] += 1
            return records

        monkeypatch.setattr(study_workers, "_simulated", otherwise)
        with pytest.raises(ScenarioError) as error:
            answer(compare.question(SCENARIO, ["phone", "easy"], 3), out=out)
        assert "baseline with seed 2, run again, is not what is stored here" in str(error.value)
        stored = pd.read_parquet(out / "daily.parquet").query("policy == 'baseline' and seed == 2 and day == 9")
        n = int(stored["n_review"].iloc[0])
        assert f"(policy baseline, seed 2, site site, day 9): n_review is {n}; made again: {n + 1}" in str(error.value)
        after = {path: path.read_bytes() for path in shards(out)}
        assert after.items() >= before.items()
        assert {path.name.split(".")[0] for path in after.keys() - before.keys()} == {"seed-0", "seed-1"}

    def test_two_files_that_do_not_agree_are_refused(self, tmp_path: Path) -> None:
        filled(tmp_path, Task(SCENARIO, (BASELINE, "phone"), (0,)))
        task = Task(SCENARIO, (BASELINE, "easy"), (0,))
        records = simulated(task)
        records.durations.loc[0, "count"] += 1
        save(tmp_path, task, records, {})
        with pytest.raises(
            ScenarioError, match=r"durations, row 1 .*count is 10(1; made again: 100|0; made again: 101)"
        ):
            Store(tmp_path).missing([TASK])


class TestTrouble:
    def test_killed_before_it_began_a_folder_can_still_be_used(self, tmp_path: Path) -> None:
        (tmp_path / "r" / "units").mkdir(parents=True)
        (tmp_path / "r" / ".r.probe-7").mkdir()
        ask(tmp_path / "r")
        assert len(shards(tmp_path / "r")) == 3 + 4  # units, and the merged tables

    def test_a_description_that_cannot_be_read_may_be_deleted(self, tmp_path: Path) -> None:
        out = tmp_path / "r"
        ask(out)
        (out / "units" / "store.json").write_text("")
        with pytest.raises(ScenarioError, match=r"store.json cannot be read .*Delete this file and give"):
            ask(out)
        (out / "units" / "store.json").unlink()
        said: list[str] = []
        ask(out, say=said.append)
        assert said == [f"3 of 3 units are in {out} already."]

    def test_a_manifest_that_names_files_elsewhere_is_refused(self, tmp_path: Path) -> None:
        out, mine = tmp_path / "r", tmp_path / "thesis.txt"
        ask(out)
        mine.write_text("years of work")
        said = json.loads((out / "manifest.json").read_text())
        for name in ("../thesis.txt", str(mine)):
            (out / "manifest.json").write_text(json.dumps(said | {"files": said["files"] | {name: ""}}))
            for replace in (False, True):
                with pytest.raises(ScenarioError, match="which is not in its folder"):
                    ask(out, replace=replace)
        assert mine.read_text() == "years of work"

    @pytest.mark.slow
    def test_units_of_another_model_are_not_found_even_without_a_description(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "r"
        ask(out)
        (out / "units" / "store.json").unlink()
        (out / "manifest.json").unlink()
        monkeypatch.setattr(study_plan, "model_files", lambda engine: {"model/world/world.py": "0" * 64})
        said: list[str] = []
        ask(out, say=said.append)
        assert said[0].startswith("To simulate: ")

    def test_two_writers_on_one_folder(self, tmp_path: Path) -> None:
        out = tmp_path / "r"
        with (
            opened(out, compare.question(SCENARIO, seeds=3)),
            pytest.raises(ScenarioError, match=rf"is being written by another process \(process {os.getpid()}\). Wait"),
        ):
            ask(out)
        ask(out)

    @pytest.mark.slow
    def test_no_room_for_a_unit(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        out = tmp_path / "r"
        ask(out, 2)
        before = {path.name: path.read_bytes() for path in shards(out)}
        write = Path.write_bytes

        def full(path: Path, content: Any) -> int:
            write(path, bytes(content)[:100])
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch, pytest.raises(ScenarioError, match="No space left on device"):
            patch.setattr(Path, "write_bytes", full)
            ask(out, 4)
        assert {path.name: path.read_bytes() for path in shards(out)} == before
        assert not list(out.rglob(".*"))
        ask(out, 4)
        ask(tmp_path / "new", 4)
        assert kills.unlike(out, tmp_path / "new") == []

    @pytest.mark.parametrize("workers", [1, 2])
    def test_files_that_may_not_grow_as_on_a_full_disk(self, workers: int, tmp_path: Path) -> None:
        """The system itself refuses to write, in workers too; the same command finishes when there is room."""
        out = tmp_path / "r"
        small = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
        arguments = [*kills.ARGUMENTS, "--workers", str(workers), "--out", str(out)]
        done = subprocess.run(
            [sys.executable, "-c", small + kills.SMALL, *arguments], cwd=kills.ROOT, capture_output=True, text=True
        )
        assert done.returncode == 2
        assert "cannot be written: File too large" in done.stderr and "Traceback" not in done.stderr
        assert not shards(out) and not list(out.rglob("*.part-*"))

    def test_workers_that_are_killed_again_and_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        killed = 0

        def kill(*arguments: Any) -> NoReturn:
            nonlocal killed
            killed += 1
            raise BrokenProcessPool

        monkeypatch.setattr(study_workers, "_each", kill)
        with pytest.raises(ExperimentError, match=r"short of memory.*--workers(.|\n)*0 of 3 units are finished"):
            ask(tmp_path / "r")
        assert killed == MOST_BREAKDOWNS + 1

    def test_workers_that_fail_are_named_with_their_units(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(_ENGINES, "array", "tests.store.trouble")
        out, warned = tmp_path / "r", list[str]()
        assert ask(out, 3, workers=2, warn=warned.append).seeds == (0, 2)
        assert warned[0].startswith("seed-1 failed: ZeroDivisionError: of all things")
        assert answer(compare.question(SCENARIO, seeds=3), 2, warn=warned.append).seeds == (0, 2)
        assert warned[1] == "seed-1 failed: ZeroDivisionError: of all things"
        assert {path.name.split(".")[0] for path in shards(out / "units")} == {"seed-0", "seed-2"}

    def test_a_unit_that_kills_its_workers_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(_ENGINES, "array", "tests.store.trouble")
        monkeypatch.setattr(study_workers, "MOST_BREAKDOWNS", 1)
        out, asked = tmp_path / "r", compare.question(SCENARIO, seeds=[0, 2, 3, 4])
        with pytest.raises(ExperimentError, match=r"probably in .*seed-3(.|\n)*--unit seed-3"):
            answer(asked, 2, out=out)
        with pytest.raises(ExperimentError, match="a worker process was killed"):
            answer(asked, 2)

    def test_the_last_unit_left_kills_its_worker_and_not_this_process(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(_ENGINES, "array", "tests.store.trouble")
        monkeypatch.setattr(study_workers, "MOST_BREAKDOWNS", 1)
        out = tmp_path / "r"
        answer(compare.question(SCENARIO, seeds=[0, 2]), 2, out=out)
        with pytest.raises(ExperimentError, match=r"killed 2 times .*probably in seed-3;"):
            answer(compare.question(SCENARIO, seeds=[0, 2, 3]), 2, out=out)
        assert {path.name.split(".")[0] for path in shards(out / "units")} == {"seed-0", "seed-2"}

    def test_workers_with_other_rules_than_the_parent_are_refused(self, tmp_path: Path) -> None:
        task = Task(SCENARIO, TASK.arms, (0,))
        with pytest.raises(ScenarioError, match="find other rules than this process has"):
            _checked(simulated, task.lanes | {"easy": "0"}, task, progress=lambda hours: None)

    def test_a_loop_that_fails_is_run_again_seed_by_seed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tried: list[tuple[int, ...]] = []

        def failing(task: Task, *arguments: Any, **options: Any) -> Records:
            tried.append(task.seeds)
            if 1 in task.seeds:
                raise ZeroDivisionError("of all things")
            return simulated(task)

        monkeypatch.setattr(study_workers, "_simulated", failing)
        out, warned = tmp_path / "r", list[str]()
        ask(out, warn=warned.append)
        assert tried == [(0, 1, 2), (0,), (1,), (2,)]
        assert f" -m sim reproduce {out} --unit seed-1" in warned[0]
        assert {path.name.split(".")[0] for path in shards(out / "units")} == {"seed-0", "seed-2"}


@pytest.mark.slow
def test_the_parent_holds_no_more_of_many_units_than_of_few(tmp_path: Path) -> None:
    """Each unit here has 0.8 MB of daily counts, so 40 more would show."""
    code = (
        "import resource, sys; from pathlib import Path; from tests.parts import synthetic; "
        "from sim.questions import compare; from sim.study import answer, price, store; "
        "store.MEMORY_OF_A_PART = 1e6; price.SECONDS_OF_A_LOOP = 0; "
        "scenario = synthetic.SCENARIO.replace(days=900, policies={'phone': "
        "(__import__('sim.policies.registration').policies.registration.RegistrationPolicy(level='phone'),)})\n"
        "with synthetic.in_place():\n"
        "    question = compare.question(scenario, seeds=int(sys.argv[1]))\n"
        "    answer.answer(question, 2, out=Path(sys.argv[2]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peak = [
        int(
            subprocess.run(
                [sys.executable, "-c", code, str(n), str(tmp_path / str(n))],
                cwd=kills.ROOT, capture_output=True, text=True, check=True,
            ).stdout
        )
        for n in (10, 50)
    ]  # fmt: skip
    unit = 2 * 900 * 58 * 8 / 1024
    assert (peak[1] - peak[0]) / 40 < 0.3 * unit
