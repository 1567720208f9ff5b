"""Rows of figures: a name, a mark with its interval, and the number above it."""

from __future__ import annotations

from sim.report.drawing import NAMES, above, name_lines, note, width_of, wrapped  # before matplotlib

# isort: split
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.outcomes.outcome import Better
from sim.outcomes.statistics import Interval
from sim.outcomes.verdicts import COMPARED, Verdict
from sim.report.style import BASE, BETTER, DOUBT, FINE, GREY, LINE, SMALL, WIDTH, WORSE, colour_of, dress, mark_of
from sim.report.worlds import Worlds, range_in_words
from sim.rules.sentences import Sentence, Words, spoken

ROW = 0.47
"""Inches from row to row, room for a number above each mark."""


class Estimate(NamedTuple):
    """An estimate of a row: where its mark stands, how it is drawn, and how its number and interval read.

    Attributes:
        interval: Estimate and ends, as the axis has them.
        verdict: What is told apart.
        better: Which direction is better.
        value: The number that stands above the mark.
        ends: The interval that stands beside that, if there is any.
    """

    interval: Interval
    verdict: Verdict
    better: Better
    value: str
    ends: str

    @property
    def drawn(self) -> bool:
        """Whether it has a mark; else words say why not."""
        return mark_of(self.verdict, self.better) is not None and self.interval.value == self.interval.value


def rows(axes: Axes, names: Sequence[str], inches: float = NAMES) -> None:
    """Give axes a row for each name, from above, with room for a number above each mark."""
    axes.set_yticks(range(len(names)), [name_lines(name, inches) for name in names])
    axes.set_ylim(len(names) - 0.6, -0.75)
    axes.tick_params(axis="y", length=0, labelsize=BASE)
    axes.spines["left"].set_visible(False)
    dress(axes, "x", "y")
    axes.tick_params(axis="y", length=0, labelsize=BASE)


def estimates(axes: Axes, found: Sequence[Estimate], places: Sequence[float] | None = None) -> None:
    """Draw an estimate in each row, its number and interval above it; what marks need must be in view already."""
    at = range(len(found)) if places is None else places
    for place, one in zip(at, found, strict=True):
        draw(axes, place, one.interval, one.verdict, one.better)
    axes.autoscale_view(scaley=False)


def told(axes: Axes, found: Sequence[Estimate], places: Sequence[float] | None = None) -> None:
    """Write the number and the interval of each row above its mark, once the axis is as it stays."""
    for place, one in zip(range(len(found)) if places is None else places, found, strict=True):
        if one.drawn:
            beside(axes, place, one.interval.value, one.value, one.ends, colour_of(one.verdict, one.better))


def beside(axes: Axes, place: float, x: float, value: str, ends: str, colour: str) -> None:
    """Write a number and its interval above the mark at `x`, within the axes: the nearer an end, the more inwards."""
    low, high = axes.get_xlim()
    part = min(max((x - low) / (high - low), 0), 1)
    gap = 0.05 if ends else 0.0
    first = width_of(value, SMALL, bold=True)
    start = -72 * part * (first + gap + width_of(ends, FINE))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    for text, at, size, ink, weight in (
        (value, start, SMALL, colour, "bold"),
        (ends, start + 72 * (first + gap), FINE, GREY, "normal"),
    ):
        if text:
            note(
                axes, text, (x, place), (at, 7), fontsize=size, color=ink, fontweight=weight, va="baseline", bbox=box,
                in_layout=False, zorder=2.5,
            )  # fmt: skip


def band(axes: Axes, place: float, worlds: Worlds) -> None:
    """Draw how far an effect goes over worlds, in percent, with its median: a wide band, behind what luck does."""
    if worlds.enough:
        value, low, high = (100 * x for x in worlds.middle)
        axes.barh(place, high - low, left=low, height=0.22, color=DOUBT, zorder=1.5)
        axes.plot([value] * 2, [place - 0.11, place + 0.11], color="white", linewidth=LINE, zorder=1.6)


def key_of_bands(found: Iterable[Worlds]) -> list[Patch]:
    """Return what the bands mean that `band` draws of these, if it draws any."""
    n = max((worlds.known for worlds in found if worlds.enough), default=0)
    said = Sentence("doubt: {range}, and their median", range=range_in_words(n))
    return [Patch(color=DOUBT, label=spoken(said))] if n else []


def draw(axes: Axes, place: float, interval: Interval, verdict: Verdict, better: Better, upright: bool = False) -> None:
    """Draw an estimate with its interval, or in words why there is none; `place` is where on the other axis."""
    mark = mark_of(verdict, better)
    value, low, high = interval
    if mark is None or value != value:
        beside = Sentence("{verdict}, {none}", verdict=verdict, none=Verdict.NO_PERCENTAGE)
        instead(axes, place, verdict if mark is None else beside, colour_of(verdict, better), upright)
        return
    ends: dict[str, Any] = {"yerr" if upright else "xerr": [[max(value - low, 0)], [max(high - value, 0)]]}
    x, y = (place, value) if upright else (value, place)
    axes.errorbar(x, y, **(ends if low < high else {}), **mark.style(), ls="", capsize=2.5, elinewidth=LINE)


def instead(
    axes: Axes, place: float, words: Words, colour: str = GREY, upright: bool = False, inches: float = WIDTH
) -> None:
    """Write why there is no mark: words have no place on the axis of the estimate, so they stand in its middle."""
    x, y = (place, 0.5) if upright else (0.5, place)
    across = axes.get_xaxis_transform() if upright else axes.get_yaxis_transform()
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    axes.text(
        x, y, wrapped(spoken(words), inches, FINE), color=colour, fontsize=FINE, rotation=90 * upright, ha="center",
        va="center", transform=across, bbox=box, in_layout=False,
    )  # fmt: skip


def key_of(verdicts: Iterable[str], better: Better, but: Sequence[Verdict] = ()) -> list[Line2D]:
    """Return what the marks mean of the verdicts that are there, but of some that are told elsewhere."""
    there = {*verdicts} - {*but}
    marks = [mark_of(v, better) for v in (*COMPARED, Verdict.IDENTICAL) if v in there]
    return [Line2D([], [], ls="", label=spoken(mark.words), **mark.style()) for mark in marks if mark]


def directions(axes: Axes, lower_is_better: bool = True) -> None:
    """Write above the axes which side is better and which is worse, as marks and colours have it."""
    for x, mark in enumerate((BETTER, WORSE) if lower_is_better else (WORSE, BETTER)):
        above(axes, x, f"{mark.sign} {spoken(mark.words)}", mark.colour)
