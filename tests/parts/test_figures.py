import datetime as dt
import hashlib
import io
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle, StepPatch

import sim
from sim.outcomes.counts import counts_of, periods_of
from sim.outcomes.outcomes import SECOND
from sim.outcomes.statistics import interval_of
from sim.outcomes.verdicts import COMPARED, Reason, Verdict
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.report import canvas, drawing, figures
from sim.report.compare import Comparison
from sim.report.drawing import NAMES, name_lines, width_of, wrapped
from sim.report.style import BASE, BLUE, DOUBT, GREY, INK, VERMILION, WIDTH, mark_of
from sim.report.text import number, value_alone
from sim.rules.errors import ScenarioError
from sim.rules.language import speaking
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE
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


def marks(axes: Axes) -> list[Line2D]:
    """Return the marks of estimates."""
    return [line for line in axes.lines if line.get_marker() in ("o", "s", "x", "v", "^")]


def said(axes: Axes) -> list[str]:
    """Return the words and numbers that stand in axes."""
    return [words(text.get_text()) for text in axes.texts]


def title(axes: Axes) -> str:
    return words(axes.get_title(loc="left"))


def test_the_difference_over_time_has_a_panel_for_each_policy_the_strongest_first(comparison: Comparison) -> None:
    figure = comparison.plot()
    titles = [title(axes) for axes in panels(figure)]
    assert len(titles) == 7 and {*titles} == {*comparison.policies}
    assert titles[0] in ("email-a", "phone-a") and titles[-1] == "none-b"
    assert said(panels(figure)[0]) == ["● lowers: better"]
    assert said(panels(figure)[-1]) == ["\N{MULTIPLICATION SIGN} identical"]
    assert "per 1,000 baseline monthly visitors" in [words(t.get_text()) for t in figure.texts][-1]


def test_nothing_is_drawn_before_a_policy_begins_and_its_dates_are(comparison: Comparison) -> None:
    dated = next(axes for axes in panels(comparison.plot()) if title(axes) == "easy")
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
    phone = next(axes for axes in panels(figure) if title(axes) == "phone-a")
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
    meant = spoken(mark.words)
    assert ("better" in meant, "worse" in meant) == {
        BLUE: (True, False), VERMILION: (False, True), INK: (True, True),
    }[colour]  # fmt: skip


def test_identical_says_what_is_the_same_and_not_that_nothing_changed(comparison: Comparison) -> None:
    key = [text.get_text() for text in comparison.plot("overview").legends[0].get_texts()]
    assert key == ["identical: the same over the window in every seed"]


def test_marks_differ_in_shape_as_in_colour() -> None:
    marks = [mark_of(verdict, "lower") for verdict in (*COMPARED, Verdict.IDENTICAL)]
    assert len({(mark.shape, mark.filled) for mark in marks if mark}) == 4
    assert mark_of(Verdict.TOO_FEW, "lower") is mark_of(Verdict.NOT_COUNTED, "lower") is None


def test_marks_are_told_apart_in_grey_by_shape_or_by_light(comparison: Comparison) -> None:
    grey = {colour: np.dot(to_rgb(colour), (0.299, 0.587, 0.114)) for colour in (BLUE, VERMILION, INK, GREY, DOUBT)}
    assert grey[DOUBT] - max(light for colour, light in grey.items() if colour != DOUBT) > 0.3


def test_a_figure_of_what_is_better_higher_says_so(comparison: Comparison) -> None:
    drawn = panels(comparison.plot("user_hours"))
    told = {(text.get_text(), text.get_color()) for axes in drawn for text in axes.texts}
    assert ("■ lowers: worse", VERMILION) in told
    spared, turned = figures.price(comparison.effects)
    assert [said(axes)[-2:] for axes in (spared, turned)] == [["■ worse", "● better"], ["● better", "■ worse"]]


def test_axes_say_what_zero_and_the_level_of_the_baseline_are(comparison: Comparison) -> None:
    level = number(float(comparison.effects.query("outcome == 'total_harmed'")["baseline"].iloc[0]))
    risk = number(float(comparison.effects.query("outcome == 'harm_per_100k_user_days'")["baseline"].iloc[0]))
    assert f"the baseline, whose mean over the window is {level}" in words(comparison.plot().get_supxlabel())
    harm, other = comparison.plot("overview").axes
    for axes, of in ((harm, level), (other, risk)):
        assert f"0: as under the baseline, which has {of}" in words(axes.get_xlabel())
    spared, turned = comparison.plot("price").axes
    assert f"0: as under the baseline, which has {level}" in words(spared.get_xlabel())
    assert "the baseline, which turns away 0" in words(turned.get_xlabel())


def test_every_outcome_over_time_can_be_drawn_and_no_other(comparison: Comparison) -> None:
    assert "hours, mean" in [text.get_text() for text in comparison.plot("waiting_hours").texts]
    assert comparison.plot("visitors_turned_away")
    with pytest.raises(ScenarioError, match="no figure and no outcome over time is called 'persons_harmed_adult'"):
        comparison.plot("persons_harmed_adult")


def test_marks_stand_where_their_numbers_are(comparison: Comparison) -> None:
    spared, turned = figures.price(comparison.effects, comparison.policies)
    table = comparison.effects.pivot_table("difference", "policy", "outcome").loc[list(comparison.policies)]
    for axes, values in ((spared, -table["total_harmed"]), (turned, table["visitors_turned_away"])):
        drawn = {round(line.get_ydata()[0]): line.get_xdata()[0] for line in marks(axes)}
        assert drawn == pytest.approx(dict(enumerate(values)))


def test_whom_a_policy_turns_away_that_cannot_be_counted_is_not_drawn_at_zero(comparison: Comparison) -> None:
    effects = comparison.effects.copy()
    unknown = (effects["outcome"] == "visitors_turned_away") & effects["policy"].isin(["phone-a", "phone-b"])
    effects.loc[unknown, ["value", "difference", "low", "high"]] = np.nan
    effects.loc[unknown, "reason"] = Reason.ONLY_BEFORE
    spared, turned = figures.price(effects, comparison.policies)
    assert said(turned).count(f"not counted: {Reason.ONLY_BEFORE}") == 2
    assert len(marks(turned)) == len(marks(spared)) - 2


def test_a_policy_of_too_few_harms_is_told_so_in_the_place_of_its_mark(comparison: Comparison) -> None:
    effects = comparison.effects.copy()
    effects.loc[effects["outcome"] == "total_harmed", "verdict"] = "too few"
    spared, turned = figures.price(effects)
    assert said(spared).count("too few") == 7 and not marks(spared) and len(marks(turned)) == 7


def test_the_overview_has_a_row_for_each_policy_by_its_effect_or_as_asked(comparison: Comparison) -> None:
    asked = figures.overview(comparison.effects, ["phone-a", "none-a", "easy"])[0]
    assert [t.get_text() for t in asked.get_yticklabels()] == ["phone-a", "none-a", "easy"]
    assert asked.get_xlabel().startswith("Change from the baseline, %")
    table = comparison.effects.query("outcome == 'total_harmed'").set_index("policy")["difference"]
    drawn = [t.get_text() for t in figures.overview(comparison.effects)[0].get_yticklabels()]
    assert table[drawn].is_monotonic_increasing and {*drawn} == {*comparison.policies}


def test_a_figure_that_ranks_policies_with_dates_says_so() -> None:
    late = ModerationPolicy(staff=9.0, start=synthetic.SCENARIO.start + dt.timedelta(30))
    dated = synthetic.SCENARIO.replace(policies={"late": (late,)})
    with synthetic.in_place():
        found = sim.compare(dated, seeds=3)
    for name in ("overview", "price"):
        text = " ".join(t.get_text() for t in found.plot(name).texts).replace("\n", " ")
        assert f"In force on only some of the {dated.days} days that are counted: late on {dated.days - 30}" in text


def test_the_level_of_the_baseline_is_told_whichever_policy_has_no_number(comparison: Comparison) -> None:
    effects = comparison.effects.copy()
    level = figures.overview(effects)[1].get_xlabel()
    nobody = (effects["policy"] == comparison.policies[0]) & (effects["outcome"] == SECOND)
    effects.loc[nobody, ["baseline", "value"]] = float("nan")
    assert figures.overview(effects)[1].get_xlabel() == level and " - " not in level


def test_numbers_stand_above_their_marks_and_within_the_axes(comparison: Comparison) -> None:
    axes = comparison.plot("overview").axes[0]
    figure = axes.figure
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()
    told = {text.get_text(): text for text in axes.texts if text.get_fontweight() == "bold"}
    row = comparison.effects.query("outcome == 'total_harmed' and policy == 'phone-a'").iloc[0]
    assert value_alone(interval_of(row, "relative")) in told and "0" in told
    for text in axes.texts:
        box = text.get_window_extent()
        assert axes.bbox.x0 - 15 < box.x0 and box.x1 < axes.bbox.x1 + 15


def test_where_there_is_no_percentage_words_stand_and_no_point(comparison: Comparison) -> None:
    effects = comparison.effects.assign(relative=np.nan, relative_low=np.nan, relative_high=np.nan)
    axes = figures.overview(effects)[0]
    assert {*said(axes)} == {"identical, no percentage", "lowers, no percentage", "● better", "■ worse"}
    assert not marks(axes)


def test_true_and_recorded_harm_stand_one_above_the_other(comparison: Comparison) -> None:
    axes = figures.recorded(comparison.effects, ["phone-a", "easy"])
    table = comparison.effects.set_index(["outcome", "policy"])
    places = sorted(marks(axes), key=lambda line: line.get_ydata()[0])
    for place, policy in enumerate(("phone-a", "easy")):
        one, other = places[2 * place : 2 * place + 2]
        assert one.get_xdata()[0] == pytest.approx(100 * table.loc[("persons_harmed", policy), "relative"])
        assert other.get_xdata()[0] == pytest.approx(100 * table.loc[("recorded_harm", policy), "relative"])
        assert one.get_marker() == "o" and other.get_marker() in ("v", "^", "o", "x")


def test_the_course_is_the_level_of_the_baseline_with_the_dates_of_policies(comparison: Comparison) -> None:
    axes = figures.course(comparison.counts)
    (steps,) = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    values, edges, _ = steps.get_data()
    assert tuple(edges - axes.get_xlim()[0]) == tuple(periods_of(comparison.scenario))
    mean = np.average(values, weights=np.diff(edges))
    level = comparison.effects.query("outcome == 'total_harmed'")["baseline"].iloc[0]
    assert mean == pytest.approx(level)
    assert axes.get_ylim()[0] == 0
    assert said(axes) == ["31 Mar: easy ends", "1 Mar: easy starts"]
    beside = figures.course(comparison.counts, ["phone-a", "easy"])
    assert said(beside)[2:] == ["baseline", "phone-a", "easy"]
    assert len([patch for patch in beside.patches if isinstance(patch, StepPatch)]) == 3


def test_titles_keys_and_captions_do_not_overlap(comparison: Comparison) -> None:
    for name in ("persons_harmed", "overview", "price", "returns", "recorded", "course", "staff", "flows"):
        figure = comparison.plot(name)
        figure.draw_without_rendering()
        head, *rest = sorted(figure.texts, key=lambda text: -text.get_window_extent().y1)
        caption = rest[-1].get_window_extent()
        lowest = min([text.get_window_extent().y0 for text in (head, *rest[:-1])])
        for legend in figure.legends:
            key = legend.get_window_extent()
            assert key.y1 < lowest and key.x1 < figure.bbox.x1
            lowest = key.y0
        boxes = [axes.get_tightbbox() for axes in panels(figure)]
        assert max(box.y1 for box in boxes) < lowest + 1 and min(box.y0 for box in boxes) > caption.y1
        assert figure.bbox.x0 < caption.x0 and max(b.x1 for b in (caption, head.get_window_extent())) < figure.bbox.x1


def test_a_figure_is_drawn_into_axes_that_are_given(comparison: Comparison) -> None:
    own = Figure(figsize=(12, 8))
    given = own.subplots(2, 2).ravel()
    left, right = figures.overview(comparison.effects, axes=given[:2])
    assert [left, right] == [*given[:2]] and marks(left)
    assert figures.course(comparison.counts, axes=given[2]) is given[2]
    assert figures.staff(comparison.counts, axes=given[3]) is given[3]
    assert not own.texts and not own.legends
    three = Figure().subplots(1, 3)
    assert [*figures.difference(comparison.counts, comparison.effects, policies=["easy"], axes=three[0])] == [three[0]]
    assert three[0].get_ylabel() == "persons a year per 1,000 baseline monthly visitors"
    with pytest.raises(ScenarioError, match="takes 2 axes, and 3 were given"):
        figures.overview(comparison.effects, axes=three)


def test_a_figure_reads_in_the_language_that_is_spoken(comparison: Comparison) -> None:
    with speaking("fr"):
        figure = comparison.plot("course")
        overview = comparison.plot("overview")
    figure.draw_without_rendering()  # later, when another language is spoken
    axes = figure.axes[0]
    assert "31 mars" in said(axes)[0]
    assert [t.get_text() for t in axes.get_xticklabels()][:2] == ["janv.\n2021", "févr."]
    row = comparison.effects.query("outcome == 'persons_harmed' and policy == 'easy'").iloc[0]
    with speaking("fr"):
        value = value_alone(interval_of(row, "relative"))
    assert " ".join(value.split()) in {" ".join(text.split()) for text in said(overview.axes[0])}


def test_long_names_are_broken_and_the_figure_keeps_its_width(comparison: Comparison) -> None:
    for name in ("a-policy-whose-name-has-40-characters-in", "x" * 40):
        lines = name_lines(name).split("\n")
        assert "".join(lines) == name and all(width_of(line, BASE) <= NAMES for line in lines)
    assert wrapped("one two  three", 0.5, BASE).split("\n") == ["one", "two", "three"]
    assert comparison.plot("overview").get_figwidth() == WIDTH


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


def test_a_notebook_that_trims_figures_leaves_title_key_and_caption(comparison: Comparison) -> None:
    """As `%matplotlib inline` does, whose picture goes before a figure's own."""
    whole, trimmed = io.BytesIO(), io.BytesIO()
    figure = figures.overview(comparison.effects)[0].figure
    figure.savefig(whole, format="png", dpi=100)
    figure.canvas.print_figure(trimmed, format="png", dpi=100, bbox_inches="tight", pad_inches=0)
    assert imread(_rewound(whole)).shape == imread(_rewound(trimmed)).shape


def _rewound(file: io.BytesIO) -> io.BytesIO:
    file.seek(0)
    return file


def test_how_busy_staff_is_has_a_row_for_the_baseline_too_and_lines_in_words(tmp_path: Path) -> None:
    arms = {name: (ModerationPolicy(staff=n),) for name, n in (("quarter", 0.25), ("none", 0.0), ("few", 0.14))}
    comparison = sim.compare(synthetic.SCENARIO.replace(policies=arms), seeds=6, out=tmp_path / "r")
    assert tmp_path / "r" / "figures" / "staff.png" in files_of(tmp_path / "r")
    assert [t.get_text() for t in figures.staff(comparison.counts).get_yticklabels()][:2] == ["baseline", "few"]
    axes = figures.staff(comparison.counts, comparison.policies)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["baseline", "quarter", "none", "few"]
    assert {"nobody on shift", "idle", "overloaded"} <= {*said(axes)}
    lines = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    assert lines == [20, 90]
    assert "Lines: luck (95%" in comparison.plot("staff").get_supxlabel()  # there are no bands
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
    before, kept, shown = canvas.rendered(draw, "overview"), saved(draw()), draw()._repr_png_()  # type: ignore[attr-defined]
    assert {*before} == {".png", ".svg"}
    settings: dict[Any, Any] = {
        "font.size": 30, "axes.facecolor": "red", "savefig.dpi": 20, "text.usetex": True, "svg.fonttype": "none",
        "timezone": "Asia/Tokyo", "axes.unicode_minus": False, "figure.autolayout": True,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        assert canvas.rendered(draw, "overview") == before
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
    assert len(canvas.rendered(titled('Caf\u00e9 5 \u20ac, $5 and $6_x^ \u4e2d\u6587 \u2192 "q"'), "a")) == 2
    assert ">$x_1$</text>" in canvas.rendered(titled("$x_1$"), "a")[".svg"].decode()
    (title,) = (axes.title for axes in titled("$x_1$")().axes)
    assert not title.get_parse_math()


def test_pictures_of_a_page_share_no_id_and_no_style(comparison: Comparison) -> None:
    drawn = {name: canvas.rendered(draw, name)[".svg"].decode() for name, draw in comparison.figures().items()}
    ids = [found for svg in drawn.values() for found in re.findall(r' id="([^"]*)"', svg)]
    assert len(ids) == len({*ids}) > 0
    for name, svg in drawn.items():
        assert {*re.findall(r'(?:url\(|href=")#([^)"]*)', svg)} == {*re.findall(r' id="([^"]*)"', svg)}
        assert svg.startswith("<svg") and "<style" not in svg and "font-family" not in svg.partition(">")[2]
        assert len(svg) < 60_000, name
        ElementTree.fromstring(svg)  # it can be read alone too
    assert "fill: #ffffff" in drawn["overview"].partition("</g>")[0]  # a card on a dark page


def test_what_was_simulated_stands_beside_what_passes() -> None:
    rows = [
        ("3", "share", 0.5, 0.45, 0.55, 0.4, 0.6, "passed"), ("3", "low", 0.1, 0.09, 0.11, 0.4, 0.6, "not passed"),
        ("4", "sign", -0.3, -0.4, -0.2, -np.inf, 0.0, "sign passed"), ("5", "null", 0.0, 0.0, 0.0, 0.0, 0.0, "passed"),
    ]  # fmt: skip
    names = ["number", "quantity", "simulated", "low", "high", "tolerance_low", "tolerance_high", "result"]
    axes = figures.patterns(pd.DataFrame(rows, columns=names))
    assert [t.get_text() for t in axes.get_yticklabels()] == ["3. share", "3. low", "4. sign", "5. null"]
    assert said(axes) == [
        "0.500 (0.450 to 0.550); passes: 0.400 to 0.600", "0.100 (0.090 to 0.110); passes: 0.400 to 0.600",
        "-0.300 (-0.400 to -0.200); passes: 0 or less", "0; passes: 0",
    ]  # fmt: skip
    drawn = {line.get_ydata()[0]: line for line in axes.lines if line.get_marker() not in ("", "None", "|")}
    rectangles = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    bands = {round(bar.get_y() + bar.get_height() / 2): (bar.get_x(), bar.get_width()) for bar in rectangles}
    for place, passes in enumerate((True, False, True, True)):
        start, width = bands[place]
        assert bool(start <= drawn[place].get_xdata()[0] <= start + width) is passes
    assert drawn[1].get_marker() == "<"


@pytest.mark.parametrize("backend", ["nonsense", "pdf"])
def test_a_backend_of_the_environment_changes_nothing(backend: str) -> None:
    code = (
        "import hashlib, os, sim.report.figures; from sim.report.canvas import rendered; "
        "from tests.parts.test_figures import titled; "
        "files = rendered(titled('a'), 'a').values(); "
        "print([hashlib.sha256(data).hexdigest() for data in files], os.environ['MPLBACKEND'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"MPLBACKEND": backend},
    )  # fmt: skip
    hashes = [hashlib.sha256(data).hexdigest() for data in canvas.rendered(titled("a"), "a").values()]
    assert done.stdout.strip() == f"{hashes} {backend}"


def test_figures_need_no_pyplot() -> None:
    code = "import sys, sim.report.figures; sim.report.drawing.blank(1, 1); print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


POLICED = synthetic.SCENARIO.replace(
    policies={"phone": (RegistrationPolicy(level="phone"),), "email": (RegistrationPolicy(level="email"),)},
    days=800, **{"police.investigators": 1.0},
)  # fmt: skip


def test_a_bar_of_files_has_a_part_for_every_way_to_end_and_a_line_where_they_are_opened() -> None:
    records = synthetic.simulate(POLICED, range(2), [BASELINE, *POLICED.policies])
    ends = (
        "n_arrest",
        "n_close_cleared",
        "n_close_no_data",
        "n_close_no_answer",
        "n_close_no_identity",
        "n_close_too_old",
    )
    daily = {BASELINE: (1, 0, 5, 2, 0, 1), "phone": (3, 1, 0, 1, 4, 0), "email": (2, 0, 3, 0, 0, 0)}
    for n, end in enumerate(ends):
        records.daily[end] = records.daily["policy"].map({arm: counts[n] for arm, counts in daily.items()})
    records.daily["n_case"] = 11
    axes = figures.files(counts_of(POLICED, records))
    assert [t.get_text() for t in axes.get_yticklabels()] == ["baseline", "phone", "email"]
    year = 365.25
    parts = [patch.get_width() for patch in axes.patches if isinstance(patch, Rectangle)]
    assert parts == pytest.approx([n * year for counts in daily.values() for n in counts])
    assert [line.get_xdata()[0] for line in axes.lines] == pytest.approx(3 * [11 * year])
    assert said(axes) == ["365 arrests", "1,096 arrests", "730 arrests"]
    hatches = [patch.get_hatch() for patch in axes.patches[:6]]
    assert len({*hatches}) >= 4, "parts are told apart in grey too"


def test_each_year_has_its_row_and_its_change_where_a_policy_is_in_force_on_all_of_it() -> None:
    late = (ReportingPolicy(friction=0.2, start=POLICED.start.replace(year=POLICED.start.year + 1)),)
    found = sim.compare(POLICED.replace(policies=dict(POLICED.policies) | {"late": late}), seeds=4)
    axes = figures.by_year(found.counts, found.over_time, ["late", "phone"])
    assert [t.get_text() for t in axes.get_yticklabels()] == 2 * ["year 1", "year 2", "year 3"]
    at = {line.get_ydata()[0]: line.get_xdata()[0] for line in axes.lines if line.get_marker() in ("o", "s")}
    years = found.over_time.set_index(["policy", "first_day", "end_day"])["relative"]
    stretches = [(0, 365), (365, 730), (730, 800)]
    expected = {6.5 + n - 2: 100 * years["phone", *days] for n, days in enumerate(stretches, 1)}
    expected |= {n: 100 * years["late", *days] for n, days in enumerate(stretches, 1) if n > 1}
    assert at == pytest.approx(expected)
    assert {"by_year", "files"} <= {*found.figures()}
    one_year = sim.compare(synthetic.SCENARIO.replace(policies=POLICED.policies), seeds=4)
    assert not {"by_year", "files"} & {*one_year.figures()}
