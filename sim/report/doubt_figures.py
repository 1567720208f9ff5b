"""Figures of doubt: how far effects go over the worlds, how far by luck alone, and what makes the spread.

Doubt is a wide pale band and luck a thin dark line with ends, here as wherever the two stand beside each other.
"""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.lines import Line2D

from sim.outcomes.counts import HEADLINE
from sim.outcomes.statistics import interval_of
from sim.report.doubt_tables import Row, rows_of, rows_of_policy
from sim.report.drawing import NAMES, Given, Sheet, at_least_a_percent, note, under, width_of, wrapped, zero
from sim.report.rows import ROW, band, beside, directions, instead, key_of_bands, rows
from sim.report.style import BASE, BLUE, FINE, GREY, INK, LINE, WIDTH, number_axis
from sim.report.text import ends_alone, value_alone, whole_percent
from sim.report.worlds import worlds_of
from sim.rules.sentences import Sentence, Words, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS = 8
"""Parameters of a policy that are drawn."""

_LUCK = Sentence("luck of a single run: 90%")


@in_own_settings
def doubt(spreads: pd.DataFrame, policies: Sequence[str] | None = None, axes: Given = None) -> Axes:
    """Draw each policy's change of serious harm: where most worlds lie, and how far luck takes a single run.

    Args:
        spreads: The table of `Doubt.spreads`.
        policies: The policies, in the order in which to draw them; all, by their median, if none are given.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    of = _by_median(spreads, policies)
    sheet = Sheet(axes, ROW * len(of) + 0.95)
    panel = sheet.axes
    rows(panel, [row["policy"] for row in of])
    panel.use_sticky_edges = False
    zero(panel)
    known = [(place, row, worlds) for place, row in enumerate(of) if (worlds := worlds_of(row)).enough]
    for place, row, worlds in known:
        band(panel, place, worlds)
        value, reach = 100 * worlds.middle.value, 100 * row["luck_alone"]
        if reach == reach:
            below = min(reach, value + 100)
            panel.errorbar(value, place, xerr=[[below], [reach]], fmt="none", color=INK, capsize=3, linewidth=LINE)
        said = Sentence("lowers in {lowers} of {known}", lowers=worlds.lowers, known=worlds.known)
        note(panel, wrapped(spoken(said), 1.1, FINE), (1, place), (4, 0), panel.get_yaxis_transform(), fontsize=FINE)
    panel.set_xlim(at_least_a_percent(panel.get_xlim()))
    number_axis(panel, "x")
    for place, _, worlds in known:
        reads = (value_alone(worlds.middle), ends_alone(worlds.middle)) if any(worlds.middle) else ("0", "")
        beside(panel, place, 100 * worlds.middle.value, *reads, INK)
    for place in {*range(len(of))} - {place for place, _, _ in known}:
        instead(panel, place, Sentence("too few harms"))
    directions(panel)
    said = Sentence("Change of persons seriously harmed, here and elsewhere, % (0: as under the baseline)")
    under(panel, said, WIDTH - NAMES - 1.3)
    luck = Line2D([], [], color=INK, linewidth=LINE, marker="|", label=spoken(_LUCK))
    alone = [luck] if any(row["luck_alone"] == row["luck_alone"] for _, row, _ in known) else []
    key = [*key_of_bands([worlds for _, _, worlds in known]), *alone]
    caption = Sentence(
        "In each world uncertain parameters have other values, drawn from their plausible ranges, but those that "
        "policies here set."
    )
    sheet.finish(Sentence("How sure is each policy's effect?"), caption, key)
    return panel


def _by_median(spreads: pd.DataFrame, policies: Sequence[str] | None) -> list[Row]:
    """Return the rows of serious harm, those that lower it most first, or in an order that is given."""
    of = spreads[spreads["outcome"] == HEADLINE]
    if policies is None:
        return rows_of(of.sort_values("median", kind="stable"))
    return [row for policy in policies for row in rows_of_policy(of, policy)]


@in_own_settings
def doubt_shares(
    spreads: pd.DataFrame, parameters: pd.DataFrame, policies: Sequence[str] | None = None, axes: Given = None
) -> Axes:
    """Draw for each policy how much of the spread luck makes, and each parameter that stands out by itself.

    Args:
        spreads: The table of `Doubt.spreads`.
        parameters: The table of `Doubt.parameters`, the largest share of a policy first.
        policies: The policies, in the order in which to draw them; all, by their median, if none are given.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    of = _by_median(spreads, policies)
    groups = [(row, rows_of_policy(parameters, row["policy"])) for row in of]
    chosen = [[one for one in found if one["stands_out"]][:MOST_BARS] for _, found in groups]
    lines = sum(2 + len(bars) for bars in chosen)
    sheet = Sheet(axes, _LINE * (lines + 0.5 * len(of)) + 0.75)
    panel = sheet.axes
    names: dict[float, Words] = {}
    place = 0.0
    for (row, found), bars in zip(groups, chosen, strict=True):
        panel.text(
            0, place, row["policy"], fontsize=BASE, fontweight="bold", color=INK, va="center",
            transform=panel.get_yaxis_transform(),
        )  # fmt: skip
        names[place + 1] = Sentence("luck")
        luck = interval_of(row, "luck")
        if luck.value == luck.value:
            _bar(panel, place + 1, luck, INK)
        for line, bar in enumerate(bars, 2):
            value, noise = bar["first"], bar["noise"]
            _bar(panel, place + line, (value, max(value - noise, 0), min(value + noise, 1)), BLUE)
            names[place + line] = bar["parameter"]
        end = place + 1.5 + len(bars)
        if found:
            panel.plot([100 * found[0]["dummy"]] * 2, [place + 0.5, end], color=GREY, linewidth=LINE, ls=":", zorder=1)
        if not bars:
            panel.text(
                1, place, spoken(Sentence("no parameter stands out")), fontsize=FINE, color=GREY, va="center",
                ha="right", transform=panel.get_yaxis_transform(),
            )  # fmt: skip
        place = end + 1
    panel.set_yticks([*names], [wrapped(spoken(name), 2.3, FINE) for name in names.values()])
    panel.tick_params(axis="y", length=0, labelsize=FINE)
    panel.set_ylim(place - 0.7, -0.7)
    panel.set_xlim(0, 100)
    number_axis(panel, "x")
    said = Sentence(
        "Share of the variance of the change of persons seriously harmed, here and elsewhere, over the worlds, %"
    )
    under(panel, said, WIDTH - 2.8)
    made_up = Line2D([], [], color=GREY, ls=":", label=spoken(Sentence("dotted: the most of many made-up parameters")))
    caption = Sentence("Lines: 95%. What is left is what parameters do together, or too little each to stand out.")
    sheet.finish(Sentence("What makes the spread?"), caption, [made_up])
    return panel


_LINE = 0.24
"""Inches from bar to bar."""


def _bar(axes: Axes, place: float, share: Sequence[float], colour: str) -> None:
    """Draw a share with its interval, and write it behind that."""
    value, low, high = (100 * end for end in share)
    axes.barh(place, value, height=0.55, color=colour, zorder=2)
    axes.plot([low, high], [place, place], color=GREY if colour == INK else INK, linewidth=LINE / 1.2, zorder=3)
    wide = width_of(whole_percent(share[0]), FINE)
    inwards = high > 100 - 100 * (wide + 0.1) / (WIDTH - 2.8)
    at = (0 if inwards else max(value, high), place)
    note(axes, whole_percent(share[0]), at, (4, 0), fontsize=FINE, color="white" if inwards else colour, zorder=4)
