"""Figures of doubt: how far effects go over the worlds, how far by luck alone, and what makes the spread.

Doubt is a wide pale band and luck a thin dark line with ends, here as wherever the two stand beside each other.
"""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.outcomes.statistics import interval_of
from sim.report.doubt_tables import Row
from sim.report.drawing import BLUE, GREY, INK, at_least_a_percent, band, bare, blank, heading, key_of_bands, shortened
from sim.report.worlds import worlds_of

MOST_BARS = 8


@in_own_settings
def spreads(n: int, rows: Sequence[Row]) -> Figure:
    """Draw each policy's change of serious harm: where most worlds lie, and how far luck takes a single run.

    Args:
        n: Worlds that are compared.
        rows: Of the table of spreads, one for each policy.
    """
    figure = blank(9.0, 0.55 * len(rows) + 2.3)
    axes = figure.subplots()
    axes.use_sticky_edges = False
    axes.axvline(0, color=INK, linewidth=0.8)
    for place, row in enumerate(rows):
        worlds = worlds_of(row)
        if not worlds.enough:
            axes.text(0, place, " too few harms", fontsize=8, va="center", color=GREY)
            continue
        band(axes, place, worlds)
        value, reach = 100 * worlds.middle.value, 100 * row["luck_alone"]
        if reach == reach:
            below = min(reach, value + 100)
            axes.errorbar(value, place, xerr=[[below], [reach]], fmt="none", color=INK, capsize=4, linewidth=1.5)
        said, beside = f"lowers in {worlds.lowers} of {worlds.known}", axes.get_yaxis_transform()
        axes.annotate(
            said, (1, place), xytext=(4, 0), xycoords=beside, textcoords="offset points", fontsize=8, va="center"
        )
    axes.set_xlim(at_least_a_percent(axes.get_xlim()))
    axes.set_yticks(range(len(rows)), [shortened(row["policy"], 30) for row in rows], fontsize=9)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("Change of persons seriously harmed, % (0: as under the baseline; left: better, right: worse)")
    axes.grid(axis="x", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    bare(axes)
    luck = Line2D([], [], color=INK, linewidth=1.5, marker="|", label="luck of a single run: 90%")
    marks = [key_of_bands(n), *([luck] if any(row["luck_alone"] == row["luck_alone"] for row in rows) else [])]
    heading(figure, "How sure is each policy's effect?", marks)
    figure.supxlabel(
        "In each world uncertain parameters have other values, drawn from their plausible ranges, but those that "
        "policies here set.\n"
        "On this site only.",
        fontsize=8,
    )
    return figure


@in_own_settings
def shares(rows: Sequence[Row], parameters: Mapping[str, Sequence[Row]]) -> Figure:
    """Draw for each policy how much of the spread luck makes, and each parameter that stands out by itself.

    Args:
        rows: Of the table of spreads, one for each policy.
        parameters: Rows of the table of parameters by policy, the largest share first.
    """
    chosen = {policy: [row for row in of if row["stands_out"]][:MOST_BARS] for policy, of in parameters.items()}
    heights = [1 + max(1, len(of)) for of in chosen.values()]
    figure = blank(9.0, 0.32 * sum(heights) + 0.45 * len(rows) + 1.9)
    panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, row in zip(panels, rows, strict=True):
        bars = chosen[row["policy"]]
        luck = interval_of(row, "luck", 100)
        if luck.value == luck.value:
            axes.barh(0, luck.value, height=0.6, color=INK)
            axes.plot([luck.low, luck.high], [0, 0], color=GREY, linewidth=1.2)
        for place, bar in enumerate(bars, 1):
            value, noise = 100 * bar["first"], 100 * bar["noise"]
            axes.barh(place, value, height=0.6, color=BLUE)
            axes.plot([max(value - noise, 0), min(value + noise, 100)], [place, place], color=INK, linewidth=1.2)
        if of_policy := parameters[row["policy"]]:
            axes.axvline(100 * of_policy[0]["dummy"], color=GREY, linewidth=1, linestyle=":")
        if not bars:
            axes.text(0, 1, " no parameter stands out", fontsize=8, va="center", color=GREY)
        names = ["luck", *(bar["parameter"] for bar in bars or [{"parameter": ""}])]
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_title(shortened(row["policy"], 40), fontsize=9, loc="left")
        axes.set_xlim(0, 100)
        bare(axes)
    panels[-1].set_xlabel("Share of the variance of the change of persons seriously harmed over the worlds, %")
    marks = [
        Patch(color=INK, label="luck"),
        Patch(color=BLUE, label="a parameter by itself"),
        Line2D([], [], color=GREY, linestyle=":", label="the most of many made-up ones"),
    ]
    heading(figure, "What makes the spread?", marks)
    figure.supxlabel(
        "Lines: 95%. What is left is what parameters do together, or too little each to stand out.", fontsize=8
    )
    return figure
