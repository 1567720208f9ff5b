"""Dose and response: points of one rule, or of two."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

import sim
from sim.policies.registration import RegistrationPolicy
from sim.policies.set import SetPolicy
from sim.questions import question_of, sweep
from sim.questions.sweep import MOST_POINTS, points
from sim.report.blocks import WIDTH
from sim.report.sweep import Sweep
from sim.rules.errors import ScenarioError
from sim.rules.rulebook import RULES, WEEKDAYS
from sim.study.answer import answer
from sim.study.folder import files_of
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO
FRICTION = {"reporting.friction": [0.9, 0.2, 0.8]}
MAP = {"registration.level": ["phone", "none"], "retention.message_hours": [720, 3, 24]}


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture
def curve() -> Sweep:
    return sim.sweep(SCENARIO, FRICTION, 5)


def test_each_point_is_a_policy_and_numbers_rise() -> None:
    made = points(SCENARIO, MAP)
    assert list(made.policies) == [f"point-{n}" for n in range(1, 7)]
    assert made.policies["point-2"] == (
        RegistrationPolicy(level="phone"), SetPolicy(rule="retention.message_hours", value=24),
    )  # fmt: skip


@pytest.mark.parametrize("rule", [r for r in RULES if RULES[r].type in (int, float)])
def test_every_rule_can_be_swept(rule: str) -> None:
    low, high = (RULES[rule].low, RULES[rule].high) if RULES[rule].low != RULES[rule].high else (0, 1)
    assert len(points(SCENARIO, {rule: [low, high]}).policies) == 2


def test_days_of_shifts_can_be_swept() -> None:
    days = [("mon", "tue", "wed", "thu", "fri"), WEEKDAYS]
    made = points(SCENARIO, {"moderation.shift_days": days})
    assert [made.rules_on(0, arm).moderation.shift_days for arm in made.policies] == days


def test_a_sweep_is_the_comparison_of_its_points(curve: Sweep) -> None:
    assert curve.over == {"reporting.friction": (0.2, 0.8, 0.9)}
    assert list(curve.effects.columns[:3]) == ["reporting.friction", "outcome", "unit"]
    easy = SCENARIO.replace(policies={"easy": (SetPolicy(rule="reporting.friction", value=0.2),)})
    whole = sim.compare(easy, seeds=5).effects
    for name in ("relative", "relative_low", "low", "high"):
        expected = whole[name].tolist()
        assert curve.effects[curve.effects["reporting.friction"] == 0.2][name].tolist() == pytest.approx(
            expected, nan_ok=True
        )


def test_the_text_names_the_best_and_worst_point_and_what_it_must(curve: Sweep) -> None:
    text = " ".join(curve.table().split())
    assert "3 points over reporting.friction (baseline: 0.8), 5 seeds each" in text
    assert (
        "with these assumptions, reporting.friction = 0.2 lowers serious harm most, here and elsewhere together, by "
        in text
    )
    assert "; reporting.friction = 0.9 raises serious harm most, by " in text
    assert (
        "At 2 of 3 points the change is told apart from none. Elsewhere: of those kept out of their site, 70%" in text
    )
    assert "0.8 identical identical identical identical" in text
    assert max(map(len, curve.table().splitlines())) <= WIDTH
    assert "RESPONSE: change from the baseline" in curve.table() and "COSTS: change from the baseline" in curve.table()


def test_a_point_whose_visitors_are_not_counted_is_called_by_its_value() -> None:
    text = " ".join(sim.sweep(SCENARIO.replace(days=20), {"registration.level": ["none", "email"]}, 3).table().split())
    assert "not counted for registration.level = none, registration.level = email: " in text
    assert "point-" not in text


def test_a_curve_has_a_band_and_decades_a_logarithmic_axis() -> None:
    def scale(values: list[int]) -> str:
        figure = sim.sweep(SCENARIO, {"retention.message_hours": values}, 3).plot()
        assert figure.axes[0].collections
        assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == [str(v) for v in sorted((3, *values))]
        return figure.axes[0].get_xscale()

    assert scale([24, 168, 720]) == "log"
    assert scale([0, 24, 7200]) == "symlog"
    assert scale([10, 20, 25]) == "linear"


def baselines(figure: Figure) -> list[tuple[float, float]]:
    """Return the places of the marks of the baseline, one a panel."""
    drawn = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "D"]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in drawn]


def test_the_baseline_is_a_point_of_the_curve_and_a_row_of_the_table_at_its_own_value(curve: Sweep) -> None:
    swept = sim.sweep(SCENARIO, {"reporting.friction": [0.9, 0.2]}, 5)
    figure = swept.plot()
    assert baselines(figure) == [(0.8, 0.0)] * 2
    assert "the baseline: 0 by definition" in [text.get_text() for text in figure.legends[0].get_texts()]
    (line,) = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 3]
    assert list(line.get_xdata()) == [0.2, 0.8, 0.9] and line.get_ydata()[1] == 0
    rows = [line.split("  ")[0] for line in swept.table().partition("COSTS")[0].splitlines()]
    assert [row for row in rows if row.startswith("0.")] == ["0.2", "0.8, baseline", "0.9"]
    assert "0.8, baseline 0 by definition 0 0" in " ".join(swept.table().split())
    assert not baselines(curve.plot()) and "by definition" not in curve.table()  # a point has its value


def test_among_words_the_baseline_comes_first() -> None:
    swept = sim.sweep(SCENARIO, {"registration.level": ["phone", "email"]}, 3)
    assert baselines(swept.plot()) == [(0, 0)] * 2
    assert [t.get_text() for t in swept.plot().axes[0].get_xticklabels()] == ["none", "phone", "email"]
    assert "none, baseline 0 by definition" in " ".join(swept.table().split())
    assert "by definition" not in sim.sweep(SCENARIO, MAP, 2).table()


def test_words_stand_side_by_side() -> None:
    figure = sim.sweep(SCENARIO, {"registration.level": ["phone", "none", "email"]}, 3).plot()
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["phone", "none", "email"]
    assert not sim.sweep(SCENARIO, {"moderation.triage": ["oldest", "gravest"]}, 3).table().count("registration does")


def test_lists_are_written_as_in_a_scenario(tmp_path: Path) -> None:
    over: dict[str, list] = {"sanctions.ladder_hours": [[], [24], [24, 48]]}
    swept = sim.sweep(SCENARIO, over, 2, out=tmp_path / "r")
    assert [t.get_text() for t in swept.plot().axes[0].get_xticklabels()] == ["[]", "[24]", "[24, 48]"]
    table = pd.read_csv(tmp_path / "r" / "sweep.csv")
    assert table["sanctions.ladder_hours"].unique().tolist() == ["[]", "[24]", "[24, 48]"]
    both = sim.sweep(SCENARIO, over | {"reporting.snapshot": [True, False]}, 2).plot().axes[0]
    assert [t.get_text() for t in both.get_yticklabels()] == ["[]", "[24]", "[24, 48]"]
    assert [t.get_text() for t in both.get_xticklabels()] == ["true", "false"]


def test_a_map_has_a_number_in_each_cell_and_hatches_what_is_not_resolved() -> None:
    swept = sim.sweep(SCENARIO, MAP, 3)
    axes = swept.plot().axes[0]
    cells = [text.get_text() for text in axes.texts]
    assert len(cells) == 6
    assert sum(cell == "identical" for cell in cells) == len(axes.patches) == 3
    assert {patch.get_hatch() for patch in axes.patches} == {"..."}
    assert all(" to " in cell or "no percentage" in cell for cell in cells if cell != "identical")
    assert axes.get_xlabel() == "retention.message_hours, hours"


def test_what_is_written(curve: Sweep, tmp_path: Path) -> None:
    asked = sweep.question(SCENARIO, FRICTION, 5)
    written = []
    for out in (tmp_path / "one", tmp_path / "other"):
        answer(asked, out=out, command="the command")
        written.append({f.relative_to(out).as_posix(): f.read_bytes() for f in files_of(out)})
    assert [*written[0]] == [
        *("breakdown.parquet", "daily.parquet", "dictionary.csv", "durations.parquet", "figures/response.png"),
        *("figures/response.svg", "manifest.json", "persons.parquet", "report.html", "sweep.csv", "table.txt"),
    ]
    manifest, other = (json.loads(files.pop("manifest.json")) for files in written)
    assert written[0] == written[1]
    assert manifest | {"written": ""} == other | {"written": ""}
    assert (manifest["command"], manifest["asked"]["over"]) == ("the command", {"reporting.friction": [0.2, 0.8, 0.9]})
    assert question_of(manifest) == asked
    assert pd.read_csv(tmp_path / "one" / "sweep.csv").shape == curve.effects.shape
    daily = curve.comparison.daily.drop(columns="date")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "one" / "daily.parquet"), daily)


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({}, "one rule or two, not 0"),
        ({"reporting.friction": [0, 1], "moderation.staff": [1, 2], "retention.message_hours": [1, 2]}, "not 3"),
        ({"reporting.frction": [0, 1]}, "no rule is called 'reporting.frction'. Did you mean reporting.friction"),
        ({"predators.p_retry_absent": [0, 1]}, "an assumption about the world.*--set predators.p_retry_absent=VALUE"),
        ({"registration.phone.findability": [0, 1]}, "is an assumption about the world"),
        ({"reporting.friction": [0.2, 1.5]}, "reporting.friction = 1.5 is not allowed. It takes a number from 0 to 1"),
        ({"retention.message_hours": [1, 2.5]}, "It takes a whole number"),
        ({"registration.level": ["none", "fax"]}, 'registration.level = "fax" is not allowed. It takes one of none'),
        ({"moderation.staff": [1, 1.0]}, "moderation.staff = 1 is given twice"),
        ({"moderation.staff": [1]}, "has 1 value; a sweep takes at least two"),
        ({"moderation.staff": list(range(MOST_POINTS + 1))}, f"{MOST_POINTS + 1} points are too many"),
        (
            {"moderation.shift_days": [("mon",), ("tue", "mon")]},
            r"\[\"tue\", \"mon\"\] is not allowed. It takes a list of",
        ),
        ({"registration.level": ["none", "email"], "registration.p_return": [0, 1]}, "sets registration.p_return"),
    ],
)
def test_what_cannot_be_swept_is_refused(over: dict, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        sim.sweep(SCENARIO, over)


def test_of_several_sites_the_rule_is_that_of_the_first_one() -> None:
    rival = {"monthly_visitors": 10_000.0, "reporting": {"friction": 0.1}}
    several = SCENARIO.replace(site="home", sites={"rival": rival})
    swept = sim.sweep(several, {"reporting.friction": [0.2, 0.8]}, 3)
    by_site = swept.comparison.scenario.changes_by_site("point-2")
    assert [rules.reporting.friction for ((_, rules),) in by_site] == [0.8, 0.1]
    # So the baseline's own value is the baseline, also in the figure.
    assert swept.comparison.scenario.inert("point-2") and not swept.comparison.scenario.inert("point-1")
    assert "2 points over reporting.friction (baseline: 0.8) on home, 3 seeds each" in " ".join(swept.table().split())
