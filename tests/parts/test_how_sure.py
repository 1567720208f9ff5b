"""Luck beside doubt in a comparison: tasks, words, table, figure, and what is refused."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import sim
from sim.model.records import Records
from sim.outcomes.statistics import Interval
from sim.policies.reporting import ReportingPolicy
from sim.questions import doubt
from sim.questions.compare import question
from sim.questions.reproduce import reproduce
from sim.report.compare import Comparison
from sim.report.style import DOUBT
from sim.report.worlds import Worlds
from sim.rules.errors import ScenarioError, UnansweredError
from sim.rules.sentences import spoken
from sim.scenario.scenario import Scenario
from sim.study import workers
from sim.study.answer import answer, planned
from sim.study.folder import files_of
from sim.study.task import Task
from tests.parts import synthetic
from tests.theory import toy

pytestmark = pytest.mark.slow

NONE = Interval(np.nan, np.nan, np.nan)


@pytest.fixture(scope="module")
def made() -> Iterator[Comparison]:
    """One policy whose sign is sure, one whose sign turns with a parameter, one that does nothing."""
    with toy.where(
        sure=lambda at, luck: -0.4 + 0.2 * at[2] + 0.005 * luck,
        turning=lambda at, luck: 0.3 * (at[0] - 0.45) + 0.005 * luck,
        idle=lambda at, luck: 0.0,
    ) as scenario:
        yield sim.compare(scenario, seeds=6, doubt=100)


def flat(found: Comparison) -> str:
    return " ".join(found.table().split())


class TestQuestion:
    def test_the_sets_are_those_that_doubt_draws(self) -> None:
        own, *sets = question(
            synthetic.SCENARIO.replace(policies={"easy": (ReportingPolicy(friction=0.2),)}), doubt=16
        ).tasks()
        assert own.label == "scenario" and own.seeds == tuple(range(synthetic.SCENARIO.seeds))
        assert [task.label for task in sets] == [f"set-{n:04d}" for n in range(16)]
        asked = doubt.question(own.scenario, draws=16)
        assert [task.fingerprint for task in sets] == [task.fingerprint for task in asked.tasks()]

    def test_without_doubt_there_is_one_task_without_a_label(self) -> None:
        (task,) = question(synthetic.SCENARIO.replace(policies={"easy": (ReportingPolicy(friction=0.2),)})).tasks()
        assert task.label == ""

    def test_sets_too_few_for_luck_have_one_seed_each(self) -> None:
        _, *sets = question(
            synthetic.SCENARIO.replace(policies={"easy": (ReportingPolicy(friction=0.2),)}), doubt=12
        ).tasks()
        assert [len(task.seeds) for task in sets] == [1] * 12

    def test_sets_may_have_a_shorter_window(self) -> None:
        scenario = synthetic.SCENARIO.replace(policies={"easy": (ReportingPolicy(friction=0.2),)}, days=60)
        own, *sets = question(scenario, doubt=12, doubt_days=40).tasks()
        assert (own.scenario.days, own.scenario.warmup_days) == (60, scenario.warmup_days)
        assert {(task.scenario.days, task.scenario.warmup_days) for task in sets} == {(40, 10)}

    def test_a_policy_with_dates_needs_the_whole_window(self) -> None:
        start = synthetic.SCENARIO.start.replace(day=synthetic.SCENARIO.start.day + 3)
        dated = synthetic.SCENARIO.replace(policies={"late": (ReportingPolicy(friction=0.2, start=start),)})
        with pytest.raises(ScenarioError, match="late: in force on a part of the window alone"):
            question(dated, doubt=12, doubt_days=3)
        question(dated, doubt=12, doubt_days=dated.days)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"doubt": 11}, "doubt = 11 parameter sets are too few for a range. It takes 0 or from 12 to 10000"),
            ({"doubt": -1}, "doubt = -1 is not allowed"),
            ({"doubt": "many"}, "doubt = .*many.* is not allowed"),
            ({"doubt_days": 5}, "doubt_days are those of parameter sets, and there are none"),
            ({"doubt": 12, "doubt_days": 10_000}, "doubt_days = 10000 is not allowed"),
            ({"until_halfwidth": 2}, "until_halfwidth = 2 is not allowed. It takes a share above 0 and below 1"),
            ({"until_halfwidth": "0%"}, "until_halfwidth = .*0%.* is not allowed"),
            ({"until_halfwidth": "2%", "seeds": 10}, "10 seeds are no first stage"),
            ({"until_halfwidth": "2%", "seeds": range(3, 40)}, "37 seeds are no first stage"),
        ],
    )
    def test_what_cannot_be_asked_is_refused(self, given: dict[str, object], words: str) -> None:
        scenario = synthetic.SCENARIO.replace(policies={"easy": (ReportingPolicy(friction=0.2),)})
        with pytest.raises(ScenarioError, match=words):
            question(scenario, **given)


class TestWords:
    def test_the_first_sentence_has_both_and_in_how_many_worlds_the_sign_holds(self, made: Comparison) -> None:
        first = flat(made).partition("In this model, ")[2].partition("HARM")[0]
        assert (
            "sure lowers serious harm by 30% (luck 30 to 30; doubt 21 to 39; it lowers in 100 of 100 worlds)" in first
        )
        assert "Doubt: 90% of 100 worlds, in each of which 71 uncertain parameters have other values (not " in first
        assert "rests on assumed numbers" in first

    def test_where_it_fails_is_said(self, made: Comparison) -> None:
        said = flat(made)
        assert re.search(r"turning raises serious harm by (9|10)", said)
        assert "it lowers it where responses.p_stay is below" in said

    def test_a_range_past_zero_is_said_in_words(self, made: Comparison) -> None:
        assert "% less to 1" in flat(made).partition("turning raises serious harm")[2][:80]

    def test_the_table_has_a_column_for_each(self, made: Comparison) -> None:
        table = made.table().partition("HOW SURE")[2]
        assert "-30% (-39 to -21)" in table and "100 of 100" in table
        words = " ".join(table.split())
        assert "(luck: 95%)" in words and "(doubt)" in words
        assert "under the baseline 100,000 persons in the median world" in words

    def test_where_it_was_not_asked_it_is_said_with_the_command(self) -> None:
        with toy.where(sure=lambda at, luck: -0.4 + 0.005 * luck) as scenario:
            said = flat(sim.compare(scenario, seeds=3))
        assert "How far it hangs on these values was not asked: --doubt 24 does" in said
        assert "HOW SURE" not in said

    def test_with_few_worlds_the_range_is_of_all_and_no_share_is_told(self) -> None:
        with toy.where(sure=lambda at, luck: -0.4 + 0.2 * at[2] + 0.005 * luck) as scenario:
            found = sim.compare(scenario, seeds=3, doubt=12)
        assert "Doubt: all of 12 worlds" in flat(found)
        assert "of its doubt rests on assumed" not in flat(found) and "IT RESTS ON" not in flat(found)
        assert [*found.figures()].count("doubt-shares") == 0

    @pytest.mark.parametrize(
        ("middle", "falls", "said"),
        [
            (Interval(-0.2, -0.3, -0.1), True, "; doubt 10 to 30; it lowers in 19 of 20 worlds"),
            (Interval(0.2, 0.1, 0.3), False, "; doubt 10 to 30; it raises in 1 of 20 worlds and lowers in 19"),
            (Interval(-0.2, -0.3, 0.1), True, "; doubt 30% less to 10% more; it lowers in 19 of 20 worlds"),
            (Interval(-0.2, -0.3, 0.0), True, "; doubt 30% less to no change; it lowers in 19 of 20 worlds"),
            (
                Interval(-0.2, -0.3, -0.1),
                False,
                "; doubt 30% less to 10% less; it raises in 1 of 20 worlds and lowers in 19",
            ),
        ],
    )
    def test_ends_have_a_direction_where_they_need_one(self, middle: Interval, falls: bool, said: str) -> None:
        assert spoken(Worlds(middle, 20, 20, 19, 1, NONE, NONE).beside(falls)) == said

    def test_worlds_without_harm_say_nothing(self) -> None:
        few = Worlds(Interval(-0.2, -0.3, -0.1), 20, 11, 9, 1, NONE, NONE)
        assert spoken(few.beside(True)) == "; doubt: too few worlds with harms enough to compare"

    def test_where_no_policy_has_worlds_enough_it_is_said_once_and_nothing_is_drawn(self, made: Comparison) -> None:
        """A line for every policy that there is no answer, and an empty figure, took readers' time for nothing."""
        assert made.doubt is not None
        spreads = made.doubt.spreads.assign(without=made.doubt.spreads["sets"] - 9)
        few = replace(made, doubt=replace(made.doubt, spreads=spreads))
        text = flat(few)
        assert text.count("worlds have harms enough to compare") == 1
        assert "Doubt: only 9 of 100 worlds have harms enough to compare, and a range takes 12." in text
        assert {"doubt", "doubt-shares"} <= {*made.figures()} and not {"doubt", "doubt-shares"} & {*few.figures()}


class TestFigure:
    def test_doubt_is_a_band_of_its_own_behind_the_luck(self, made: Comparison) -> None:
        figure = made.plot("overview")
        bands = [p for p in figure.axes[0].patches if isinstance(p, Rectangle) and p.get_facecolor()[:3] == _rgb(DOUBT)]
        ends = [(band.get_x(), band.get_x() + band.get_width()) for band in bands]
        worlds = made.doubt.spreads[made.doubt.spreads["outcome"] == "persons_harmed"]
        wanted = [(100 * row.median_low, 100 * row.median_high) for row in worlds.itertuples()]
        assert np.allclose(sorted(ends), sorted(wanted))


class TestSeeds:
    """As many seeds as it takes; whether the intervals cover stands in tests/theory/test_stages.py."""

    def test_more_follow_where_the_first_are_too_few_and_it_is_said(self, tmp_path: Path) -> None:
        said: list[str] = []
        with noisy() as scenario:
            asked = question(scenario, until_halfwidth="2%")
            found = answer(asked, out=tmp_path / "a", say=said.append)
            again = answer(asked, out=tmp_path / "a", say=said.append)
            reproduced = reproduce(tmp_path / "a")
        n = len(found.seeds)
        assert n > 25 and found.seeds == tuple(range(n)) == again.seeds
        row = found.effects.set_index(["policy", "outcome"]).loc[("wide", "persons_harmed")]
        assert (row["relative_high"] - row["relative_low"]) / 2 == pytest.approx(0.02, rel=0.03)
        assert f"wide varies most: it takes {n} seeds in all to know it to within 2% of the baseline" in said[1]
        assert "The first 20 seeds said by their spread how many it takes" in flat(found)
        assert reproduced.complete, reproduced.text()

    def test_none_follow_where_the_first_are_enough(self) -> None:
        with noisy() as scenario:
            assert len(sim.compare(scenario, ["narrow"], until_halfwidth=0.05).seeds) == 20

    def test_the_hash_of_a_plan_is_that_of_its_first_stage(self, tmp_path: Path) -> None:
        with noisy() as scenario:
            asked = question(scenario, until_halfwidth=0.02)
            *_, planned_hash, _ = planned(asked)
            answer(asked, out=tmp_path / "a")
        manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
        assert spoken(planned_hash).endswith(manifest["plan_sha256"])
        assert any("As many more seeds follow" in spoken(line) for line in planned(asked))

    def test_a_narrower_interval_adds_to_the_folder_and_a_wider_one_is_less(self, tmp_path: Path) -> None:
        with noisy() as scenario:
            n = len(answer(question(scenario, until_halfwidth=0.03), out=tmp_path / "a").seeds)
            assert len(answer(question(scenario, until_halfwidth=0.02), out=tmp_path / "a").seeds) > n
            with pytest.raises(ScenarioError, match=r"holds a result with halfwidth 0.02, which this does not ask for"):
                answer(question(scenario, until_halfwidth=0.03), out=tmp_path / "a")

    def test_what_no_number_of_seeds_can_tell_is_said_with_what_the_first_ones_tell(self) -> None:
        with noisy() as scenario:
            found = sim.compare(scenario, until_halfwidth=1e-5)
        assert len(found.seeds) == 20 and "lowers serious harm by 2" in flat(found)
        assert found.unanswered is not None
        assert "no number of seeds, up to 100,000, makes wide, narrow known to within 0.001%" in spoken(
            found.unanswered
        )

    def test_a_seed_lost_in_the_first_stage_is_made_up_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workers, "_simulated", failing({"seed-1"}))
        with noisy() as scenario, pytest.warns(UserWarning, match="seed-1 failed"):
            found = sim.compare(scenario, until_halfwidth=0.02)
        assert 1 not in found.seeds and found.first == 19
        assert len(found.seeds) == math.ceil(max(found.seeds_in_all.values()))


def failing(units: set[str]) -> Callable[..., Records]:
    """Return what runs step loops, but for those that have units of these names."""
    simulated = workers._simulated

    def tried(task: Task, *given: object, **options: object) -> Records:
        if {task.unit(seed) for seed in task.seeds} & units:
            raise ZeroDivisionError("of all things")
        return simulated(task, *given, **options)

    return tried


def noisy() -> AbstractContextManager[Scenario]:
    """Return an engine under which one policy varies more from seed to seed than another."""
    return toy.where(wide=lambda at, luck: -0.2 + 0.06 * luck, narrow=lambda at, luck: -0.2 + 0.03 * luck)


class TestLost:
    def test_a_set_that_fails_is_dropped_and_a_seed_of_the_comparison_for_every_policy(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        simulated = workers._simulated
        monkeypatch.setattr(workers, "_simulated", failing({"scenario/seed-1", "set-0003/seed-3"}))
        warned: list[str] = []
        with noisy() as scenario:
            found = answer(question(scenario, seeds=4, doubt=17), out=tmp_path / "a", warn=warned.append)
            assert found.seeds == (0, 2, 3)
            assert found.doubt.draws == 16
            assert "Without scenario/seed-1, set-0003/seed-3, whose runs failed" in flat(found)
            assert reproduce(tmp_path / "a").complete
            monkeypatch.setattr(workers, "_simulated", simulated)
            whole = answer(question(scenario, seeds=4, doubt=17), out=tmp_path / "a")
        assert whole.seeds == (0, 1, 2, 3) and whole.doubt.draws == 17 and not whole.lost

    def test_too_few_sets_that_are_left_are_no_answer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(workers, "_simulated", failing({"set-0003/seed-3"}))
        with noisy() as scenario, pytest.raises(UnansweredError, match="11 of 12 parameter sets are left"):
            answer(question(scenario, seeds=4, doubt=12))


class TestFolder:
    def test_it_is_kept_extended_and_made_again(self, tmp_path: Path) -> None:
        with toy.where(sure=lambda at, luck: -0.4 + 0.2 * at[2] + 0.005 * luck) as scenario:
            sim.compare(scenario, seeds=3, out=tmp_path / "a")
            first = {path.name for path in files_of(tmp_path / "a")}
            sim.compare(scenario, seeds=3, doubt=16, out=tmp_path / "a")
            names = {path.name for path in files_of(tmp_path / "a")}
            assert names - first >= {"doubt.csv", "doubt_value.csv", "doubt.png", "doubt-shares.png"}
            manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
            assert len(manifest["units"]) == 3 + 16 + 8
            found = reproduce(tmp_path / "a")
        assert found.complete, found.text()


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
