"""The figure of the patterns: what came out beside what passes."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.outcomes.verdicts import Verdict
from sim.report.drawing import Given, Sheet, note
from sim.report.rows import ROW, rows
from sim.report.style import BETTER, FINE, GREY, LINE, PALE, SMALL, WORSE, Mark
from sim.report.text import number, number_ends, numbers
from sim.rules.sentences import Amount, Sentence, Term, Words, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = 2.6
_LEAST, _MOST = -0.75, 1.75
"""Where what lies far outside of the tolerance is drawn, with an arrow."""

_PASSED = {Verdict.PASSED, Verdict.SIGN_PASSED}
_NOT_PASSED = {Verdict.NOT_PASSED, Verdict.SIGN_NOT_PASSED}


@in_own_settings
def patterns(found: pd.DataFrame, axes: Given = None) -> Axes:
    """Draw what was simulated beside what passes, a row for each quantity of each pattern, each on a scale of its own.

    Args:
        found: The table of patterns, as in ``patterns.csv``.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    of = found.to_dict("records")
    sheet = Sheet(axes, 0.85 * ROW * len(of) + 0.6)
    panel = sheet.axes
    rows(panel, [spoken(_name(row)) for row in of], _NAMES)
    panel.tick_params(axis="y", labelsize=SMALL)
    panel.grid(visible=False, axis="x")
    for place, row in enumerate(of):
        mark = _mark(Verdict(row["result"]))
        place_of = _scale(row["tolerance_low"], row["tolerance_high"], row["simulated"])
        start, end = (min(max(place_of(row[name]), _LEAST), _MOST) for name in ("tolerance_low", "tolerance_high"))
        panel.barh(place, end - start, left=start, height=0.26, color=PALE, edgecolor=GREY, linewidth=0.5, zorder=1.5)
        value, low, high = (place_of(row[name]) for name in ("simulated", "low", "high"))
        seen = min(max(value, _LEAST), _MOST)
        panel.plot(np.clip([low, high], _LEAST, _MOST), [place] * 2, color=mark.colour, linewidth=LINE, zorder=2)
        style = mark.style() | ({} if seen == value else {"marker": "<" if value < seen else ">"})
        panel.plot(seen, place, ls="", zorder=3, **style)
        simulated = Amount([row[name] for name in ("simulated", "low", "high")], numbers)
        said = Sentence("{simulated}; passes: {passes}", simulated=simulated, passes=_tolerance(row))
        note(panel, spoken(said), (_LEAST, place), (0, 7), fontsize=FINE, va="baseline", in_layout=False, zorder=4)
    panel.set_xlim(_LEAST - 0.1, _MOST + 0.1)
    panel.set_xticks([])
    panel.spines["bottom"].set_visible(False)
    key = [_handle(mark) for mark in dict.fromkeys(_mark(Verdict(row["result"])) for row in of)]
    caption = Sentence(
        "Grey: what passes. Each row has a scale of its own; an arrow lies further out. Lines: luck (95%, Monte Carlo "
        "error alone). What did not pass is a finding."
    )
    sheet.finish(Sentence("Patterns: simulated, and what passes"), caption, key)
    return panel


def _name(row: dict[Any, Any]) -> Sentence:
    return Sentence("{number}. {quantity}", number=int(row["number"]), quantity=Term(row["quantity"]))


def _mark(verdict: Verdict) -> Mark:
    if verdict in _PASSED:
        return BETTER._replace(words=Verdict.PASSED)
    if verdict in _NOT_PASSED:
        return WORSE._replace(words=Verdict.NOT_PASSED)
    return Mark(GREY, "o", False, Verdict.NOT_RESOLVED)


def _handle(mark: Mark) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], ls="", label=spoken(mark.words), **mark.style())


def _scale(low: float, high: float, value: float) -> Any:
    """Return what places numbers of a quantity: what passes from 0 to 1, or from its only end to the edge."""
    if np.isfinite(low) and np.isfinite(high):
        width = high - low
        return lambda x: (x - low) / width if width else 0.5 + np.sign(x - low)
    bound = low if np.isfinite(low) else high
    width = 2 * max(abs(bound), abs(value - bound))
    zero = 0.0 if np.isfinite(low) else 1.0
    return lambda x: zero + (x - bound) / width


def _tolerance(row: dict[Any, Any]) -> Words:
    low, high = row["tolerance_low"], row["tolerance_high"]
    if high == np.inf:
        return Sentence("{low} or more", low=Amount(low, number))
    if low == -np.inf:
        return Sentence("{high} or less", high=Amount(high, number))
    return Amount((low, low, high), number_ends) if low < high else Amount(low, number)
