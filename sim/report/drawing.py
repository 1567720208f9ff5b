"""How figures look: marks and what they mean, titles, axes, labels, and a figure that shows itself.

Everywhere the same marks: blue discs are better, orange squares worse, by the direction that the outcome declares; open
grey circles are not resolved, crosses identical to the baseline. Data stand where they are; only labels give way.
"""

from __future__ import annotations

from sim.report.canvas import own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
import io
import os
import sys
import tempfile
import textwrap
import webbrowser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.outcomes.outcomes import Better
from sim.outcomes.statistics import Floats, Interval
from sim.outcomes.verdicts import COMPARED, RESOLVED, Verdict
from sim.report.worlds import Worlds, range_in_words
from sim.rules.sentences import spoken
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

BLUE, VERMILION, GREY, INK = "#0072B2", "#D55E00", "#767676", "#222222"
DOUBT = "#E3C1D4"
"""Of wide bands: how far an effect goes over worlds. Luck is a thin line with ends, in the colour of the verdict."""

_TITLE_PER_INCH = 10.5
_LINE_INCHES = 0.19
_MARGIN_INCHES = 0.06
_DATES = 5
_DECADES = 10
LEAST_PERCENT = 1


class Drawing(Figure):
    """A figure that a notebook shows by itself, and a script by `show`; ``savefig`` keeps it."""

    def __repr__(self) -> str:
        title = " ".join(self.get_suptitle().split())
        return f"<Figure {title!r}: .show() opens it, .savefig('name.png') keeps it>"

    def savefig(self, *given: Any, **named: Any) -> None:
        """Keep the figure in a file, with the settings that it was drawn with; arguments are matplotlib's."""
        with own_settings():
            super().savefig(*given, **named)

    def _repr_png_(self) -> bytes:
        image = io.BytesIO()
        self.savefig(image, format="png", dpi=100)
        return image.getvalue()

    def show(self, warn: bool = True) -> None:
        """Show the figure: in the notebook, or as a picture in the programme that opens those; say where it is.

        Args:
            warn: Taken for matplotlib's sake.
        """
        python = sys.modules.get("IPython")
        if python and hasattr(python.get_ipython(), "kernel"):
            python.display.display(self)
            return
        with tempfile.NamedTemporaryFile(prefix="sim-", suffix=".png", delete=False) as file:
            self.savefig(file, format="png", dpi=150)
        path = Path(file.name)
        screen = sys.platform in ("darwin", "win32") or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())
        opened = screen and webbrowser.open(path.as_uri())
        print(f"The figure is in {path}." if opened else f"There is no screen to show it on: the figure is in {path}.")


def blank(width: float, height: float) -> Figure:
    """Return a figure without pyplot that a notebook shows by itself."""
    figure = Drawing((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


class Mark(NamedTuple):
    """How an estimate is drawn, and what that means."""

    colour: str
    shape: str
    filled: bool
    words: str

    def style(self) -> dict[str, Any]:
        """Return it as arguments of matplotlib."""
        inside = self.colour if self.filled else "white"
        return {"marker": self.shape, "color": self.colour, "markerfacecolor": inside, "markersize": 6}


def mark_of(verdict: Verdict, better: Better) -> Mark | None:
    """Return how a verdict is drawn for an outcome with a better direction; ``None`` if it stands there in words."""
    if verdict == Verdict.IDENTICAL:
        return Mark(GREY, "x", True, "identical: the same over the window in every seed")
    if verdict == Verdict.NOT_RESOLVED:
        return Mark(GREY, "o", False, verdict.label)
    if verdict not in RESOLVED:
        return None
    if better == "neither":
        return Mark(
            INK, "v" if verdict == Verdict.LOWERS else "^", True, f"{verdict.label}, neither better nor worse by itself"
        )
    good = (verdict == Verdict.LOWERS) == (better == "lower")
    return (
        Mark(BLUE, "o", True, f"{verdict.label}: better")
        if good
        else Mark(VERMILION, "s", True, f"{verdict.label}: worse")
    )


def band(axes: Axes, place: float, worlds: Worlds) -> None:
    """Draw how far an effect goes over worlds, in percent, with its median: a wide band, behind what luck does."""
    if worlds.enough:
        value, low, high = (100 * x for x in worlds.middle)
        axes.barh(place, high - low, left=low, height=0.62, color=DOUBT, zorder=0.5)
        axes.plot([value] * 2, [place - 0.31, place + 0.31], color="white", linewidth=1.5, zorder=0.6)


def key_of_bands(n: int) -> Patch:
    """Return what `band` means, of so many worlds."""
    return Patch(color=DOUBT, label=f"doubt: {spoken(range_in_words(n))}, and their median")


def colour_of(verdict: Verdict, better: Better) -> str:
    """Return the colour of a verdict."""
    mark = mark_of(verdict, better)
    return mark.colour if mark else GREY


def verdict_of(interval: Interval) -> Verdict:
    """Return the verdict that an interval says, where there is no other."""
    if not any(interval):
        return Verdict.IDENTICAL
    return (Verdict.NOT_RESOLVED, Verdict.RAISES, Verdict.LOWERS)[interval.sign]


def draw(axes: Axes, place: float, interval: Interval, verdict: Verdict, better: Better, upright: bool = False) -> None:
    """Draw an estimate with its interval, or in words why there is none; `place` is where on the other axis."""
    mark = mark_of(verdict, better)
    value, low, high = interval
    if mark is None or value != value:
        words = verdict.label if mark is None else f"{verdict.label}, {Verdict.NO_PERCENTAGE.label}"
        # Words have no place on the axis of the estimate, so they stand in its middle.
        x, y = (place, 0.5) if upright else (0.5, place)
        across = axes.get_xaxis_transform() if upright else axes.get_yaxis_transform()
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        axes.text(
            x, y, words, color=colour_of(verdict, better), fontsize=8, rotation=90 * upright, ha="center", va="center",
            transform=across, bbox=box, in_layout=False,
        )  # fmt: skip
        return
    ends: dict[str, Any] = {"yerr" if upright else "xerr": [[max(value - low, 0)], [max(high - value, 0)]]}
    x, y = (place, value) if upright else (value, place)
    axes.errorbar(x, y, **(ends if low < high else {}), **mark.style(), ls="", capsize=3, elinewidth=1.4)


def heading(figure: Figure, title: str, handles: Sequence[Artist] = ()) -> None:
    """Write the title in the corner, and under it what the marks mean."""
    lines = textwrap.wrap(title, int(_TITLE_PER_INCH * figure.get_figwidth()))
    below = 1 - (_MARGIN_INCHES + _LINE_INCHES * len(lines)) / figure.get_figheight()
    figure.suptitle("\n".join(lines + [" "] * bool(handles)), fontsize=12, x=0.01, ha="left")
    if handles:
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0, below), ncols=len(handles), frameon=False, fontsize=8
        )


def key_of(verdicts: Iterable[str], better: Better) -> list[Line2D]:
    """Return what the marks mean of the verdicts that are there."""
    there = {*verdicts}
    marks = [mark_of(v, better) for v in (*COMPARED, Verdict.IDENTICAL) if v in there]
    return [Line2D([], [], ls="", label=mark.words, **mark.style()) for mark in marks if mark]


def steps(axes: Axes, edges: Floats, bands: Floats, mark: Mark | None) -> None:
    """Draw a level for each period from edge to edge, with its band; where one is missing there is a gap."""
    colour = mark.colour if mark else GREY
    low, high = (np.append(bands[:, i], bands[-1, i]) for i in (1, 2))
    axes.fill_between(edges, low, high, step="post", color=colour, alpha=0.25, linewidth=0)
    axes.stairs(bands[:, 0], edges, baseline=None, color=colour, linewidth=1.2)
    if mark:
        axes.plot((edges[:-1] + edges[1:]) / 2, bands[:, 0], ls="", **mark.style() | {"markersize": 4})


def spread_out(axes: Axes, x: Floats) -> None:
    """Make an axis logarithmic if the values span a decade; 0 has a place of its own at its left end."""
    above = x[x > 0]
    if len(above) > 1 and x.min() >= 0 and above.max() >= _DECADES * above.min():
        if x.min() == 0:
            axes.set_xscale("symlog", linthresh=above.min(), linscale=0.3)
        else:
            axes.set_xscale("log")


def at_least_a_percent(ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of an axis of percent so that nothing looks large only because all is small."""
    return min(ends[0], -LEAST_PERCENT), max(ends[1], LEAST_PERCENT)


def bare(axes: Axes) -> None:
    """Leave out the frame at the top and on the right."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def day_number(scenario: Scenario) -> float:
    """Return the place of the first measured day on an axis of dates."""
    from matplotlib.dates import date2num

    return float(date2num(scenario.start))  # type: ignore[no-untyped-call]


def date_axis(axes: Axes, days: int) -> None:
    """Write dates along the axis of so many days."""
    from matplotlib import dates

    about = -(-days // _DATES)
    locator = (
        dates.MonthLocator(interval=-(-about // 31))  # type: ignore[no-untyped-call]
        if days > 90
        else dates.DayLocator(interval=about)  # type: ignore[no-untyped-call]
    )
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.DateFormatter("%d %b\n%Y"))  # type: ignore[no-untyped-call]
    axes.tick_params(labelsize=8)
    bare(axes)


def label_beside(axes: Axes, x: Any, y: Any, labels: Sequence[str], colours: Sequence[str]) -> None:
    """Write the labels in a column at the right, in the order of the points' heights, a thin line to each point."""
    low, high = axes.get_ylim()
    order = np.lexsort((x, np.round(50 * y / (high - low))))  # of those at one height the leftmost lowest
    step = (high - low) / max(len(labels), 10)
    places = np.array(y, float)[order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + step)
    places[-1] = min(places[-1], high - step / 2)
    for i in range(len(places) - 2, -1, -1):
        places[i] = min(places[i], places[i + 1] - step)
    left, right = axes.get_xlim()
    right += 0.01 * (right - left)
    for place, i in zip(places, order, strict=True):
        axes.annotate(
            labels[i], (x[i], y[i]), xytext=(right, place), textcoords="data", va="center", fontsize=9,
            color=colours[i], annotation_clip=False, zorder=0,
            arrowprops={"arrowstyle": "-", "color": "#cccccc", "lw": 0.6, "relpos": (0, 0.5)},
        )  # fmt: skip
    bare(axes)


def shortened(name: str, longest: int) -> str:
    """Return a name cut to so many characters."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
