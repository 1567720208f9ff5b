"""Pictures of the benchmark, drawn as the platform draws its own, in colours that colour-blind readers tell apart."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
import math
import statistics
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.report.drawing import Panels, Sheet, figure_of
from sim.report.style import BLUE, GREY, INK, VERMILION
from sim.report.text import number, numbers
from tests.bench.alternatives import LANES, OURS, Times
from tests.bench.growth import Curve


def alternatives(times: Times) -> Figure:
    """Draw what an hour takes each way."""
    return figure_of(_alternatives, times)


def growth(curves: list[Curve]) -> Figure:
    """Draw time and memory against each thing that grows."""
    return figure_of(_growth, curves)


@in_own_settings
def _alternatives(times: Times) -> Axes:
    """Draw what an hour takes each way: all rounds, their median, and how many times a lane of ours it is."""
    names = sorted(times.seconds, key=lambda name: -statistics.median(times.seconds[name]))
    lane, _ = OURS
    sheet = Sheet(None, 0.4 * len(names) + 0.4, width=9)
    axes = sheet.axes
    for place, name in enumerate(names):
        milliseconds = [1e3 * second for second in times.seconds[name]]
        median, ours = statistics.median(milliseconds), name in OURS
        style = {"color": BLUE, "marker": "o"} if ours else {"color": VERMILION, "marker": "s"}
        axes.plot(milliseconds, [place] * len(milliseconds), ls="", ms=14, color=GREY, marker="|")
        axes.plot([median], [place], ls="", ms=7, **style)
        words = f"{number(median)} ms"
        if name != lane:
            words += f": {numbers(times.ratio(name, lane))} times"
        beside = (max(milliseconds), place)
        axes.annotate(words, beside, xytext=(9, 0), textcoords="offset points", va="center", fontsize=8.5)
    axes.set_xscale("log")
    least, most = (pick(min(s) if pick is min else max(s) for s in times.seconds.values()) for pick in (min, max))
    axes.set_xlim(1e3 * least / 1.6, 1e3 * most * 50)
    axes.set_xticks([10.0**n for n in range(math.ceil(math.log10(1e3 * least / 1.6)), 4)])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="x", which="minor", bottom=False)
    sheet.finish(
        "One simulated hour of Coco, 778,000 visitors a month: CPU time",
        "Milliseconds, logarithmic. Discs: sim, the whole model. Squares: a core of it, with all else left out. "
        f"Small strokes: the rounds. Times: of a lane of {LANES}, in brackets the least and the most of the rounds.",
    )
    return axes


@in_own_settings
def _growth(curves: list[Curve]) -> Panels:
    """Draw time (left axis) and memory (right axis) against each thing that grows, with a line of proportion."""
    columns = 4
    rows = -(-len(curves) // columns)
    sheet = Sheet(None, 2.6 * rows, len(curves), columns, width=11)
    for axes, curve in zip(sheet.panels, curves, strict=True):
        _panel(axes, curve)
    sheet.finish(
        "How time and memory grow, one thing at a time: discs CPU time, squares peak memory",
        "Both axes logarithmic. Dashed: in proportion, from the last point back. In each title the slope of time, over "
        "all points and over the last step. All else as in Coco at full size, one lane; waiting dossiers in a small "
        "chat.",
    )
    return sheet.panels


def _panel(axes: Any, curve: Curve) -> None:
    scale, unit = (1e6, "seconds a run") if curve.axis.whole else (1e3, "ms an hour")
    time = curve.microseconds / scale
    axes.plot(curve.x, time[-1] * curve.x / curve.x[-1], color=INK, ls="--", lw=0.8)
    axes.plot(curve.x, time, color=BLUE, marker="o", ms=4, lw=1.4)
    memory = axes.twinx()
    memory.plot(curve.x, curve.mebibytes, color=VERMILION, marker="s", ms=3.5, lw=1)
    # Two decades of time and of memory everywhere: slopes then compare by eye.
    top = 10 ** (math.log10(time.max()) + 0.15)
    decades = max(2.0, math.log10(time.max() / time.min()) + 0.3)
    axes.set(xscale="log", yscale="log", ylim=(top / 10**decades, top))
    memory.set(yscale="log", ylim=(20, 2000))
    all_over, last, _ = curve.slopes
    axes.set_title(f"{curve.axis.name}\nslope {all_over:.2f}, at the end {last:.2f}", fontsize=9, loc="left")
    for side, words, colour in ((axes, unit, BLUE), (memory, "MiB", VERMILION)):
        side.set_ylabel(words, fontsize=8, color=colour)
        side.tick_params(labelsize=7.5)
        side.tick_params(which="minor", labelleft=False, labelright=False, labelbottom=False)
        side.spines["top"].set_visible(False)
        side.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
