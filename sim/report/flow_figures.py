"""Figure of a comparison person by person: who is harmed under one alone, on both sides of zero, and the net."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.outcomes.statistics import Interval
from sim.report.drawing import NAMES, Given, Sheet, under, zero
from sim.report.rows import ROW, beside, rows
from sim.report.style import (
    BLUE,
    INK,
    LINE,
    PALE_BLUE,
    PALE_VERMILION,
    THIN,
    VERMILION,
    WIDTH,
    number_axis,
)
from sim.report.text import number_ends, signed
from sim.rules.sentences import Sentence, Term, Words, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class _Side(NamedTuple):
    """A part of a bar: which flow, on which side of zero, how it looks, and what it is called."""

    flow: str
    sign: int
    colour: str
    hatch: str
    words: Words


_SIDES = (
    _Side("spared", -1, BLUE, "", Sentence("baseline alone: let in that day")),
    _Side("absent", -1, PALE_BLUE, "///", Sentence("baseline alone: kept out, fate not simulated")),
    _Side("put_off", -1, PALE_BLUE, "", Sentence("baseline alone: put off beyond the window")),
    _Side("new", 1, VERMILION, "", Sentence("policy alone")),
    _Side("redirected", 1, PALE_VERMILION, "///", Sentence("policy alone: in place of somebody absent or protected")),
)


_LOWER = 0.1
"""How far bars stand below the middle of their row, so that there is room for the number above them."""


@in_own_settings
def flows(found: pd.DataFrame, policies: Sequence[str] | None = None, axes: Given = None) -> Axes:
    """Draw who is harmed under the baseline alone and under each policy alone, and the net with its 95%.

    Args:
        found: The table of `Comparison.flows`.
        policies: The arms, in the order in which to draw them; all, those first that lower harm most, if none are
            given.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    rates = {(row["policy"], row["flow"]): row for row in found.to_dict("records")}
    all_arms = dict.fromkeys(str(policy) for policy in found["policy"])
    arms = sorted(all_arms, key=lambda arm: float(rates[arm, "net"]["rate"])) if policies is None else list(policies)
    sheet = Sheet(axes, 1.15 * ROW * len(arms) + 0.8)
    panel = sheet.axes
    rows(panel, arms)
    zero(panel)
    panel.use_sticky_edges = False
    for place, arm in enumerate(arms):
        ends = {-1: 0.0, 1: 0.0}
        for side in _SIDES:
            n = side.sign * float(rates[arm, side.flow]["rate"])
            panel.barh(
                place + _LOWER, n, left=ends[side.sign], height=0.3, color=side.colour, hatch=side.hatch,
                edgecolor="white", linewidth=THIN, zorder=1.5,
            )  # fmt: skip
            ends[side.sign] += n
    nets = [Interval(*(float(rates[arm, "net"][end]) for end in ("rate", "low", "high"))) for arm in arms]
    for place, net in enumerate(nets):
        reach = [[net.value - net.low], [net.high - net.value]]
        panel.errorbar(
            net.value, place + _LOWER, xerr=reach if net.low == net.low else None, fmt="D", color=INK, markersize=5,
            markerfacecolor="white", capsize=2.5, elinewidth=LINE, zorder=2,
        )  # fmt: skip
    panel.margins(x=0.08)
    panel.autoscale_view(scaley=False)
    number_axis(panel, "x")
    for place, net in enumerate(nets):
        beside(panel, place, net.value, signed(net.value), number_ends(net), INK)
    unit = Term(found["unit"].iloc[0])
    under(panel, Sentence("{unit}; left of 0 those under the baseline alone", unit=unit), WIDTH - NAMES - 0.3)
    key = [
        Line2D(
            [], [], ls="", marker="D", color=INK, markerfacecolor="white", label=spoken(Sentence("net, with its 95%"))
        ),
        *(
            Patch(facecolor=side.colour, hatch=side.hatch, edgecolor="white", label=spoken(side.words))
            for side in _SIDES
        ),
    ]
    caption = Sentence(
        "The net is the policy's; how much stands on either side of it is a property of the luck that runs of a seed "
        "share. Other luck gives other persons the same net. Outside victims are in the net alone."
    )
    sheet.finish(Sentence("Who is harmed under one alone, and the net"), caption, key)
    return panel
