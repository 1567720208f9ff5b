"""Luck beside doubt in a comparison: tasks, words, table, figure, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Rectangle

import sim
from sim.outcomes.statistics import Interval
from sim.policies.reporting import ReportingPolicy
from sim.questions import doubt
from sim.questions.compare import question
from sim.questions.reproduce import reproduce
from sim.report.compare import Comparison
from sim.report.drawing import DOUBT
from sim.report.sentences import english
from sim.report.worlds import Worlds
from sim.rules.errors import ScenarioError
from sim.study.folder import files_of
from tests.parts import synthetic
from tests.theory import toy

NONE = Interval(np.nan, np.nan, np.nan)


@pytest.fixture(scope="module")
def made() -> Iterator[Comparison]:
    """One policy whose sign is sure, one whose sign turns with a parameter, one that does nothing."""
    with toy.where(
        sure=lambda at, luck: -0.4 + 0.2 * at[2] + 0.005 * luck,
        turning=lambda at, luck: 0.3 * (at[0] - 0.55) + 0.005 * luck,
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

    def test_sets_may_have_a_shorter_warm_up(self) -> None:
        scenario = synthetic.SCENARIO.replace(policies={"easy": (ReportingPolicy(friction=0.2),)})
        own, *sets = question(scenario, doubt=12, doubt_warmup_days=10).tasks()
        assert own.scenario.warmup_days > 10
        assert {(task.scenario.days, task.scenario.warmup_days) for task in sets} == {(own.scenario.days, 10)}

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"doubt": 11}, "doubt = 11 parameter sets are too few for a range. It takes 0 or from 12 to 10000"),
            ({"doubt": -1}, "doubt = -1 is not allowed"),
            ({"doubt": "many"}, "doubt = .*many.* is not allowed"),
            ({"doubt_warmup_days": 5}, "doubt_warmup_days are those of parameter sets, and there are none"),
            ({"doubt": 12, "doubt_warmup_days": 10_000}, "doubt_warmup_days = 10000 is not allowed"),
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
        assert "Doubt: 90% of 100 worlds, in each of which all that is uncertain is another." in first
        assert "rests on assumed numbers" in first

    def test_where_it_fails_is_said(self, made: Comparison) -> None:
        said = flat(made)
        assert re.search(r"turning raises serious harm by [67]", said)
        assert "it lowers it where responses.p_stay is below" in said

    def test_a_range_past_zero_is_said_in_words(self, made: Comparison) -> None:
        assert "% less to 1" in flat(made).partition("turning raises serious harm")[2][:80]

    def test_the_table_has_a_column_for_each(self, made: Comparison) -> None:
        table = made.table().partition("HOW SURE")[2]
        assert "-30% (-39 to -21)" in table and "100 of 100" in table
        assert "luck: 95%" in " ".join(table.split()) and "doubt: 90%" in " ".join(table.split())

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
            (Interval(0.2, 0.1, 0.3), False, "; doubt 10 to 30; it raises in 1 of 20 worlds"),
            (Interval(-0.2, -0.3, 0.1), True, "; doubt 30% less to 10% more; it lowers in 19 of 20 worlds"),
            (Interval(-0.2, -0.3, 0.0), True, "; doubt 30% less to none; it lowers in 19 of 20 worlds"),
            (Interval(-0.2, -0.3, -0.1), False, "; doubt 30% less to 10% less; it raises in 1 of 20 worlds"),
        ],
    )
    def test_ends_have_a_direction_where_they_need_one(self, middle: Interval, falls: bool, said: str) -> None:
        assert english(Worlds(middle, 20, 20, 19, 1, NONE, NONE).beside(falls)) == said

    def test_worlds_without_harm_say_nothing(self) -> None:
        few = Worlds(Interval(-0.2, -0.3, -0.1), 20, 11, 9, 1, NONE, NONE)
        assert english(few.beside(True)) == "; doubt: too few worlds with harm to say"


class TestFigure:
    def test_doubt_is_a_band_of_its_own_behind_the_luck(self, made: Comparison) -> None:
        figure = made.plot("overview")
        bands = [p for p in figure.axes[0].patches if isinstance(p, Rectangle) and p.get_facecolor()[:3] == _rgb(DOUBT)]
        ends = [(band.get_x(), band.get_x() + band.get_width()) for band in bands]
        worlds = made.doubt.spreads[made.doubt.spreads["outcome"] == "persons_harmed"]
        wanted = [(100 * row.median_low, 100 * row.median_high) for row in worlds.itertuples()]
        assert np.allclose(ends, wanted)


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
