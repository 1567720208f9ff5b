import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

import sim
from sim import figures, results
from sim.errors import ScenarioError
from sim.experiment import Comparison
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from tests.parts import synthetic


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    start = synthetic.SCENARIO.start.replace(month=3)
    policies = {
        f"{level}-{i}": (RegistrationPolicy(level=level),) for level in ("none", "email", "phone") for i in "ab"
    }
    policies["easy"] = (ReportingPolicy(friction=0.2, start=start),)
    return sim.compare(synthetic.SCENARIO.replace(policies=policies), seeds=6)


def panels(figure: Figure) -> list:
    return [axes for axes in figure.axes if axes.get_visible()]


def test_the_difference_over_time_has_a_panel_for_each_policy(comparison: Comparison) -> None:
    figure = comparison.plot()
    titles = [axes.get_title(loc="left") for axes in panels(figure)]
    assert titles[0] == "none-a: identical"
    assert "phone-a: lowers" in titles
    assert len(titles) == 7
    assert "per 1,000 baseline monthly visitors" in figure.get_supylabel()


def test_before_its_date_a_policy_changes_nothing_and_the_date_is_drawn(comparison: Comparison) -> None:
    easy = panels(comparison.plot())[-1]
    dotted = [line.get_xdata()[0] for line in easy.lines if line.get_linestyle() == ":"]
    curve = next(line for line in easy.lines if line.get_marker() == "o")
    x, y = curve.get_data()
    assert len(dotted) == 1
    assert easy.get_xlim()[0] + 59 == dotted[0]
    assert (y[x < dotted[0] - 5] == 0).all()
    assert (y[x > dotted[0]] < 0).any()


def test_every_outcome_over_time_can_be_drawn_and_no_other(comparison: Comparison) -> None:
    assert "hours, mean" in comparison.plot("waiting_hours").get_supylabel()
    assert comparison.plot("visitors_turned_away")
    with pytest.raises(ScenarioError, match="no outcome over time is called 'persons_harmed_adult'"):
        comparison.plot("persons_harmed_adult")


def test_labels_of_points_at_one_place_do_not_overlap(comparison: Comparison) -> None:
    figure = figures.price(comparison.policies, comparison.effects)
    figure.draw_without_rendering()
    labels = [t for t in figure.axes[0].texts if isinstance(t, Annotation)]
    boxes = [Text.get_window_extent(label) for label in labels]  # without the lines to the points
    assert sorted(label.get_text() for label in labels) == sorted(comparison.policies)
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_the_overview_has_a_row_for_each_policy_and_a_unit(comparison: Comparison) -> None:
    axes = figures.overview(comparison.policies, comparison.effects).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == list(comparison.policies)
    assert axes.get_xlabel() == "Change from the baseline, %"


def test_one_policy_and_a_window_of_days_can_be_drawn(tmp_path: Path) -> None:
    scenario = synthetic.SCENARIO.replace(days=5, policies={"email": (RegistrationPolicy(level="email"),)})
    comparison = sim.compare(scenario, seeds=2, out=tmp_path / "r")
    assert results.files_of(tmp_path / "r")
    figure = comparison.plot()
    figure.draw_without_rendering()
    caption = next(text for text in figure.texts if text.get_text() == figure.get_supxlabel())
    assert figure.bbox.x0 < caption.get_window_extent().x0 < caption.get_window_extent().x1 < figure.bbox.x1


def test_the_same_figure_is_the_same_file(comparison: Comparison, tmp_path: Path) -> None:
    for name in ("a", "b"):
        figures.save(figures.overview(comparison.policies, comparison.effects), tmp_path / name)
    for end in ("png", "svg"):
        assert (tmp_path / f"a.{end}").read_bytes() == (tmp_path / f"b.{end}").read_bytes()


def test_figures_need_no_pyplot() -> None:
    code = "import sys, sim.figures; sim.figures._figure(1, 1); print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
