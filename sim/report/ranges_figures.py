"""The figure of ranges: the tornado of a policy."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.lines import Line2D

from sim.outcomes.statistics import interval_of
from sim.outcomes.verdicts import Verdict
from sim.report.drawing import Given, Sheet, under, wrapped, zero
from sim.report.rows import ROW, beside, directions, instead, rows
from sim.report.style import FINE, GREY, INK, LINE, PALE, WIDTH, colour_of, number_axis
from sim.report.text import number, number_ends, plain_number
from sim.rules.sentences import Amount, Sentence, Term, paragraph, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = 2.5
"""Inches of the names of parameters, which are longer than those of policies."""


@in_own_settings
def tornado(policy: str, effect: Mapping[Any, Any], bars: pd.DataFrame, axes: Given = None) -> Axes:
    """Draw the tornado of a policy: from its effect with a parameter at its low end to that at its high end.

    The whisker at the high end is the 95% interval of the difference between the ends; a bar whose whisker reaches its
    other end may be noise and is pale. A star marks a bar that turns the sign.

    Args:
        policy: The policy.
        effect: Its effect with every parameter as in the scenario: ``relative`` with its ends, and ``verdict``.
        bars: Its bars, in the order in which to draw them.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    sheet = Sheet(axes, ROW * len(bars) + 0.95)
    panel = sheet.axes
    rows(panel, list(bars["parameter"]))
    panel.set_yticks(range(len(bars)), [_name(bar) for bar in bars.to_dict("records")], fontsize=FINE)
    panel.use_sticky_edges = False  # a mark at the end of a bar is not cut
    verdict, middle = Verdict(effect["verdict"]), interval_of(effect, "relative", 100)
    known = middle.value == middle.value
    if known:
        panel.axvspan(middle.low, middle.high, color=PALE, alpha=0.7, linewidth=0, zorder=0.5)
        panel.axvline(middle.value, color=colour_of(verdict, "lower"), linewidth=LINE)
    zero(panel)
    moves: list[tuple[int, float, str, str]] = []
    for place, bar in enumerate(bars.to_dict("records")):
        moved = interval_of(bar, "change", 100)
        if moved.value != moved.value:
            instead(panel, place, Verdict(bar["verdict"]))
            continue
        low, high = 100 * bar["at_low"], 100 * bar["at_high"]
        sure = 1.0 if bar["verdict"] == Verdict.MOVES else 0.35
        panel.barh(place, high - low, left=low, height=0.26, color="#BBBBBB", alpha=sure, zorder=1.5)
        panel.plot(low, place, "o", color=INK, markerfacecolor="white", alpha=sure)
        lowest = max(moved.value - moved.low, 0), 100 + high  # no effect is below -100%
        whisker = [[min(lowest)], [max(moved.high - moved.value, 0)]]
        panel.errorbar(high, place, xerr=whisker, fmt="s", color=INK, capsize=2.5, lw=LINE, alpha=sure)
        said = number_ends((low, round(low, 1), round(high, 1))) or number(round(low, 1))
        moves.append((place, (low + high) / 2, said, INK if sure == 1 else GREY))
    number_axis(panel, "x")
    for place, x, said, colour in moves:
        beside(panel, place, x, said, "", colour)
    directions(panel)
    under(
        panel,
        Sentence("Change of persons seriously harmed, here and elsewhere, % (0: as under the baseline)"),
        WIDTH - _NAMES - 0.4,
    )
    ends = (("o", "white", Sentence("parameter at its low end")), ("s", INK, Sentence("parameter at its high end")))
    key = [
        Line2D([], [], marker=shape, color=INK, markerfacecolor=inside, ls="", label=spoken(words))
        for shape, inside, words in ends
    ]
    level = Sentence("95%") if known or verdict is Verdict.TOO_FEW else Verdict.NO_PERCENTAGE
    caption = paragraph(
        Sentence(
            "One parameter at a time. Line and shade: as in the scenario ({verdict}, {level}). Whisker: 95% of the "
            "difference between the ends, whose own intervals stand in the table; pale: not resolved; *: turns the "
            "sign.",
            verdict=verdict, level=level,
        ),
        Sentence("Monte Carlo error only."),
    )  # fmt: skip
    sheet.finish(Sentence("{policy}: what moves its effect", policy=policy), caption, key)
    return panel


def _name(bar: Mapping[Any, Any]) -> str:
    """Return the parameter of a bar, a star before it where it turns the sign, and its ends in a line below."""
    ends = Sentence(
        "{low} to {high}, {unit}",
        low=Amount(bar["setting_low"], plain_number), high=Amount(bar["setting_high"], plain_number),
        unit=Term(bar["unit"]),
    )  # fmt: skip
    name = f"{'* ' * bar['turns']}{bar['parameter']}"
    return "\n".join(wrapped(line, _NAMES, FINE) for line in (name, spoken(ends)))
