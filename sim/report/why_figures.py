"""The figure of what makes the effect of a policy."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.outcomes.statistics import Interval, interval_of
from sim.outcomes.verdicts import RESOLVED, Verdict
from sim.report.drawing import Given, Sheet, under, zero
from sim.report.rows import ROW, Estimate, directions, draw, key_of, rows, told
from sim.report.style import GREY, THIN, WIDTH, colour_of, number_axis, verdict_of
from sim.report.text import ends_alone, value_points
from sim.rules.sentences import Sentence, Term, Words, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = 2.1


@in_own_settings
def why(policy: str, effect: Interval, parts: pd.DataFrame, together: Interval, axes: Given = None) -> Axes:
    """Draw what makes a policy's effect: the part of every mechanism and the whole, each with its 95% interval.

    The whole less its parts is hatched, for it is no mechanism.

    Args:
        policy: The policy.
        effect: The whole, as a share of the baseline.
        parts: The table of `Why.parts`.
        together: The whole less its parts.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    found: list[tuple[Words, Interval]] = [
        *((Term(row["mechanism"]), interval_of(row, "part")) for row in parts.to_dict("records")),
        (Sentence("the whole less its parts"), together),
        (Sentence("the whole policy"), effect),
    ]
    sheet = Sheet(axes, ROW * len(found) + 0.95)
    panel = sheet.axes
    rows(panel, [spoken(name) for name, _ in found], _NAMES)
    zero(panel)
    panel.axhline(len(found) - 1.55, color=GREY, linewidth=THIN)
    drawn: dict[int, Estimate] = {}
    for place, (_, share) in enumerate(found):
        if share.value != share.value:
            continue
        percent, verdict = Interval(*(100 * end for end in share)), verdict_of(share)
        colour = colour_of(verdict, "lower")
        hatched: dict[str, Any] = {"facecolor": "none", "edgecolor": colour, "hatch": "///", "linewidth": THIN}
        bar: dict[str, Any] = hatched if place == len(found) - 2 else {"color": colour}
        panel.barh(place, percent.value, height=0.22, alpha=0.3, zorder=1.5, **bar)
        draw(panel, place, percent, verdict, "lower")
        reads = ("0", "") if verdict is Verdict.IDENTICAL else (value_points(share), ends_alone(share))
        drawn[place] = Estimate(percent, verdict, "lower", *reads)
    number_axis(panel, "x")
    told(panel, [*drawn.values()], [*drawn])
    directions(panel)
    said = Sentence(
        "Part of the change of persons seriously harmed, here and elsewhere, points of % of the baseline (0: does "
        "nothing)"
    )
    under(panel, said, WIDTH - _NAMES - 0.4)
    caption = Sentence(
        "A part is the whole less the effect with the mechanism held as in the baseline; 95%. Hatched: no mechanism, "
        "but the whole less the sum of the parts. Monte Carlo error only."
    )
    title = Sentence("{policy}: which mechanism makes its effect", policy=policy)
    sheet.finish(title, caption, key_of([one.verdict for one in drawn.values()], "lower", RESOLVED))
    return panel
