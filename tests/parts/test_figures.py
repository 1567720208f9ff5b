import hashlib
import io
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.text import Annotation, Text

import sim
from sim.outcomes.verdicts import COMPARED, Reason, Verdict
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.report import canvas, drawing, figures
from sim.report.compare import Comparison
from sim.report.drawing import BLUE, INK, VERMILION, mark_of
from sim.report.text import number
from sim.rules.errors import ScenarioError
from sim.study.folder import files_of
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
    policies["easy"] = (ReportingPolicy(friction=0.2, start=start, end=start.replace(day=31)),)
    return sim.compare(synthetic.SCENARIO.replace(policies=policies), seeds=6)


def words(text: str) -> str:
    return " ".join(text.split())


def panels(figure: Figure) -> list:
    return [axes for axes in figure.axes if axes.get_visible()]


def test_the_difference_over_time_has_a_panel_for_each_policy(comparison: Comparison) -> None:
    figure = comparison.plot()
    titles = [axes.get_title(loc="left") for axes in panels(figure)]
    assert titles[0] == "none-a: identical"
    assert "phone-a: lowers" in titles
    assert len(titles) == 7
    assert "per 1,000 baseline monthly visitors" in words(figure.get_supylabel())


def test_nothing_is_drawn_before_a_policy_begins_and_its_dates_are(comparison: Comparison) -> None:
    dated = panels(comparison.plot())[-1]
    dotted = [line.get_xdata()[0] for line in dated.lines if line.get_linestyle() == ":"]
    start = dated.get_xlim()[0] + 59
    assert dotted == [start, start + 30]
    (steps,) = [patch for patch in dated.patches if isinstance(patch, StepPatch)]
    values, edges, _ = steps.get_data()
    assert edges[0] == start and edges[-1] == dated.get_xlim()[1]
    assert start + 30 in edges
    assert values[0] < 0
    assert all(collection.get_paths()[0].vertices[:, 0].min() >= start for collection in dated.collections)


def test_months_are_steps_of_months(comparison: Comparison) -> None:
    figure = comparison.plot("visitors_turned_away")
    phone = next(axes for axes in panels(figure) if axes.get_title(loc="left").startswith("phone-a"))
    (steps,) = [patch for patch in phone.patches if isinstance(patch, StepPatch)]
    _, edges, _ = steps.get_data()
    assert tuple(edges - phone.get_xlim()[0]) == comparison.scenario.months
    assert "Each step is a month of the window" in words(figure.get_supxlabel())


def test_of_persons_who_count_once_a_year_it_is_said_that_differences_fade(comparison: Comparison) -> None:
    assert "counts once in a year of the window" in words(comparison.plot().get_supxlabel())
    assert "counts once" not in words(comparison.plot("reviews").get_supxlabel())


@pytest.mark.parametrize(
    ("verdict", "better", "colour"),
    [
        *(("lowers", "lower", BLUE), ("raises", "lower", VERMILION)),
        *(("lowers", "higher", VERMILION), ("raises", "higher", BLUE)),
        *(("lowers", "neither", INK), ("raises", "neither", INK)),
    ],
)
def test_colours_mean_better_and_worse_by_the_outcomes_own_direction(verdict: str, better: Any, colour: str) -> None:
    mark = mark_of(Verdict(verdict), better)
    assert mark is not None and mark.colour == colour and mark.filled
    assert ("better" in mark.words, "worse" in mark.words) == {
        BLUE: (True, False), VERMILION: (False, True), INK: (True, True),
    }[colour]  # fmt: skip


def test_identical_says_what_is_the_same_and_not_that_nothing_changed(comparison: Comparison) -> None:
    key = [text.get_text() for text in comparison.plot().legends[0].get_texts()]
    assert "identical: the same over the window in every seed" in key


def test_marks_differ_in_shape_as_in_colour() -> None:
    marks = [mark_of(verdict, "lower") for verdict in (*COMPARED, Verdict.IDENTICAL)]
    assert len({(mark.shape, mark.filled) for mark in marks if mark}) == 4
    assert mark_of(Verdict.TOO_FEW, "lower") is mark_of(Verdict.NOT_COUNTED, "lower") is None


def test_a_figure_of_what_is_better_higher_says_so(comparison: Comparison) -> None:
    figure = comparison.plot("user_hours")
    titles = [axes._left_title for axes in panels(figure)]
    assert {t.get_color() for t in titles if t.get_text().endswith(": lowers")} == {VERMILION}
    assert "lowers: worse" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_axes_say_what_zero_and_the_level_of_the_baseline_are(comparison: Comparison) -> None:
    level = number(float(comparison.effects.query("outcome == 'persons_harmed'")["baseline"].iloc[0]))
    risk = number(float(comparison.effects.query("outcome == 'harm_per_100k_user_days'")["baseline"].iloc[0]))
    assert f"0: as under the baseline, whose mean over the window is {level}" in words(
        comparison.plot().get_supxlabel()
    )
    harm, other = comparison.plot("overview").axes
    for axes, of in ((harm, level), (other, risk)):
        assert f"0: as under the baseline, which has {of}" in words(axes.get_xlabel())
    price = comparison.plot("price").axes[0]
    assert f"(0: as under the baseline: {level})" in words(price.get_ylabel())
    assert "(which turns away 0)" in price.get_xlabel()


def test_every_outcome_over_time_can_be_drawn_and_no_other(comparison: Comparison) -> None:
    assert "hours, mean" in comparison.plot("waiting_hours").get_supylabel()
    assert comparison.plot("visitors_turned_away")
    with pytest.raises(ScenarioError, match="no figure and no outcome over time is called 'persons_harmed_adult'"):
        comparison.plot("persons_harmed_adult")


def test_points_stand_where_their_numbers_are_however_many_share_a_place(comparison: Comparison) -> None:
    axes = comparison.plot("price").axes[0]
    drawn = sorted(
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.lines
        if line.get_marker() in ("o", "s", "x")
    )
    table = comparison.effects.pivot_table("difference", "policy", "outcome")
    expected = sorted(zip(table["visitors_turned_away"], -table["persons_harmed"], strict=True))
    assert np.array(drawn) == pytest.approx(np.array(expected))
    assert len({x for x, _ in drawn}) == 3


def test_whom_a_policy_turns_away_that_cannot_be_counted_is_not_drawn_at_zero(comparison: Comparison) -> None:
    effects = comparison.effects.copy()
    unknown = (effects["outcome"] == "visitors_turned_away") & effects["policy"].isin(["phone-a", "phone-b"])
    effects.loc[unknown, ["value", "difference", "low", "high"]] = np.nan
    effects.loc[unknown, "reason"] = Reason.ONLY_BEFORE
    axes = figures.price(comparison.policies, effects).axes[0]
    labels = {t.get_text() for t in axes.texts if isinstance(t, Annotation)}
    assert labels == {*comparison.policies} - {"phone-a", "phone-b"}
    assert words(axes.get_title()) == f"not counted for phone-a, phone-b: {Reason.ONLY_BEFORE}"
    of_all = effects["outcome"] == "visitors_turned_away"
    effects.loc[of_all, "difference"], effects.loc[of_all, "reason"] = np.nan, Reason.NO_MONTH
    assert figures.price(comparison.policies, effects).axes[0].get_title().startswith("not counted for none-a, none-b")


def test_a_policy_of_too_few_harms_is_named_where_it_would_stand(comparison: Comparison) -> None:
    effects = comparison.effects.copy()
    effects.loc[effects["outcome"] == "persons_harmed", "verdict"] = "too few"
    axes = figures.price(comparison.policies, effects).axes[0]
    assert {t.get_text() for t in axes.texts} == {f"{policy}: too few" for policy in comparison.policies}
    away = effects.loc[effects["outcome"] == "visitors_turned_away", "difference"]
    assert axes.get_xlim()[0] < away.min() and away.max() < axes.get_xlim()[1]


def test_labels_of_points_at_one_place_do_not_overlap(comparison: Comparison) -> None:
    figure = figures.price(comparison.policies, comparison.effects)
    figure.draw_without_rendering()
    labels = [t for t in figure.axes[0].texts if isinstance(t, Annotation)]
    boxes = [Text.get_window_extent(label) for label in labels]  # without the lines to the points
    assert sorted(label.get_text() for label in labels) == sorted(comparison.policies)
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_lines_to_the_labels_lie_under_all_marks(comparison: Comparison) -> None:
    axes = comparison.plot("price").axes[0]
    highest = max(t.get_zorder() for t in axes.texts if isinstance(t, Annotation))
    assert highest < min(artist.get_zorder() for artist in (*axes.lines, *axes.collections))


def test_the_overview_has_a_row_for_each_policy_and_a_unit(comparison: Comparison) -> None:
    axes = figures.overview(comparison.policies, comparison.effects).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == list(comparison.policies)
    assert axes.get_xlabel().startswith("Change from the baseline, %")


def test_where_there_is_no_percentage_words_stand_and_no_point(comparison: Comparison) -> None:
    effects = comparison.effects.assign(relative=np.nan, relative_low=np.nan, relative_high=np.nan)
    texts = [t.get_text().strip() for t in figures.overview(comparison.policies, effects).axes[0].texts]
    assert set(texts) == {f"{verdict}, no percentage" for verdict in ("identical", "lowers")}


def test_titles_and_keys_do_not_overlap(comparison: Comparison) -> None:
    for name in ("persons_harmed", "overview", "price", "returns"):
        figure = comparison.plot(name)
        figure.draw_without_rendering()
        (title,) = [text for text in figure.texts if text.get_text() == figure.get_suptitle()]
        first = title.get_window_extent().y1 - 2 * 12 / 72 * figure.dpi
        key = figure.legends[0].get_window_extent()
        tops = [axes.get_tightbbox().y1 for axes in panels(figure)]
        assert key.y1 < figure.bbox.y1 - 10 and key.y1 > first - 20
        assert max(tops) < key.y1
        assert title.get_window_extent().x1 < figure.bbox.x1


def test_a_figure_opens_or_says_where_it_is(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    opened: list[str] = []

    def browser(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", browser)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    comparison.plot("overview").show()
    (file,) = tmp_path.iterdir()
    assert file.read_bytes()[1:4] == b"PNG"
    assert capsys.readouterr().out == f"There is no screen to show it on: the figure is in {file}.\n"
    assert opened == []
    file.unlink()
    monkeypatch.setenv("DISPLAY", ":0")
    comparison.plot("overview").show()
    (file,) = tmp_path.iterdir()
    assert opened == [file.as_uri()]
    assert capsys.readouterr().out == f"The figure is in {file}.\n"


def test_a_figure_is_kept_by_savefig_and_survives_a_pickle(comparison: Comparison, tmp_path: Path) -> None:
    figure = pickle.loads(pickle.dumps(comparison.plot("overview")))
    figure.savefig(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 5000
    assert figure._repr_png_()[1:4] == b"PNG"


def test_how_busy_staff_is_has_a_row_for_the_baseline_too_and_lines_in_words(tmp_path: Path) -> None:
    arms = {name: (ModerationPolicy(staff=n),) for name, n in (("quarter", 0.25), ("none", 0.0), ("few", 0.14))}
    comparison = sim.compare(synthetic.SCENARIO.replace(policies=arms), seeds=6, out=tmp_path / "r")
    assert tmp_path / "r" / "figures" / "staff.png" in files_of(tmp_path / "r")
    axes = figures.staff(comparison.policies, comparison.counts).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["baseline", "quarter", "none", "few"]
    assert [t.get_text().strip() for t in axes.texts] == ["nobody on shift", "idle", "overloaded"]
    lines = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    assert lines == [20, 90]
    assert "Bars: luck (95%" in axes.figure.get_supxlabel()  # there are no bands
    busy = comparison.effects.set_index(["outcome", "policy"]).loc["staff_busy_share"]
    points = {line.get_ydata()[0]: line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"}
    assert points == pytest.approx(
        {0: 100 * busy["baseline"]["few"], 1: 100 * busy["value"]["quarter"], 3: 100 * busy["value"]["few"]}
    )
    intervals = [bars.get_segments()[0] for bars in axes.collections if isinstance(bars, LineCollection)]
    assert len(intervals) == 3
    for (low, place), (high, _) in intervals:
        assert low < points[place] < high


def test_one_policy_and_a_window_of_days_can_be_drawn(tmp_path: Path) -> None:
    scenario = synthetic.SCENARIO.replace(days=5, policies={"email": (RegistrationPolicy(level="email"),)})
    comparison = sim.compare(scenario, seeds=2, out=tmp_path / "r")
    assert files_of(tmp_path / "r")
    figure = comparison.plot()
    figure.draw_without_rendering()
    caption = next(text for text in figure.texts if text.get_text() == figure.get_supxlabel())
    assert figure.bbox.x0 < caption.get_window_extent().x0 < caption.get_window_extent().x1 < figure.bbox.x1


def saved(figure: Figure) -> bytes:
    image = io.BytesIO()
    figure.savefig(image)
    return image.getvalue()


def test_the_same_figure_is_the_same_file_whatever_the_session_has_set(comparison: Comparison) -> None:
    draw = comparison.figures()["overview"]
    before, kept, shown = canvas.rendered(draw), saved(draw()), draw()._repr_png_()  # type: ignore[attr-defined]
    assert [*before] == [".png", ".svg"]
    settings: dict[Any, Any] = {
        "font.size": 30, "axes.facecolor": "red", "savefig.dpi": 20, "text.usetex": True, "svg.fonttype": "none",
        "timezone": "Asia/Tokyo", "axes.unicode_minus": False, "figure.autolayout": True,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        assert canvas.rendered(draw) == before
        assert saved(draw()) == kept
        assert draw()._repr_png_() == shown  # type: ignore[attr-defined]
        assert all(matplotlib.rcParams[name] == value for name, value in settings.items())


def titled(text: str) -> Callable[[], Figure]:
    """Return what draws a figure of a title."""

    @canvas.in_own_settings
    def draw() -> Figure:
        figure = drawing.blank(4, 2)
        figure.subplots().set_title(text)
        return figure

    return draw


def test_a_text_is_drawn_as_it_is_written_even_where_the_font_lacks_a_letter() -> None:
    assert len(canvas.rendered(titled('Caf\u00e9 5 \u20ac, $5 and $6_x^ \u4e2d\u6587 \u2192 "q"'))) == 2
    assert canvas.rendered(titled("$x_1$"))[".svg"] != canvas.rendered(titled("x1"))[".svg"]
    (title,) = (axes.title for axes in titled("$x_1$")().axes)
    assert not title.get_parse_math()


@pytest.mark.parametrize("backend", ["nonsense", "pdf"])
def test_a_backend_of_the_environment_changes_nothing(backend: str) -> None:
    code = (
        "import hashlib, os, sim.report.figures; from sim.report.canvas import rendered; "
        "from tests.parts.test_figures import titled; "
        "print([hashlib.sha256(data).hexdigest() for data in rendered(titled('a')).values()], os.environ['MPLBACKEND'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"MPLBACKEND": backend},
    )  # fmt: skip
    hashes = [hashlib.sha256(data).hexdigest() for data in canvas.rendered(titled("a")).values()]
    assert done.stdout.strip() == f"{hashes} {backend}"


def test_figures_need_no_pyplot() -> None:
    code = "import sys, sim.report.figures; sim.report.drawing.blank(1, 1); print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
