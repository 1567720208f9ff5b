"""Figures of a sweep: dose and response over one rule, and a map over two."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from sim.outcomes.counts import HEADLINE
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.statistics import Interval, interval_of
from sim.outcomes.verdicts import RESOLVED, Verdict
from sim.report.compare_figures import LUCK, PANELS
from sim.report.drawing import (
    LEAST_PERCENT,
    Given,
    Panels,
    Sheet,
    at_least_a_percent,
    note,
    over,
    spread_out,
    under,
    wrapped,
    zero,
)
from sim.report.rows import draw, key_of
from sim.report.style import BLUE, FINE, GREY, INK, LINE, SMALL, VERMILION, WIDTH, colour_of, dress, number_axis
from sim.report.text import in_percent, number, plain, plain_number, value_alone
from sim.rules.rulebook import Value
from sim.rules.sentences import Amount, Sentence, Term, Words, paragraph, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HALF = WIDTH / 2 - 0.6
_MOST_TOLD = 7
"""Points of a curve beside which their numbers stand; of more they would cover each other."""


@in_own_settings
def response(
    effects: pd.DataFrame, values: Sequence[Value], setting: Value, label: Words, axes: Given = None
) -> Panels:
    """Draw dose and response: the change in percent at each value of a rule with its 95% band over the seeds.

    Numbers stand on a logarithmic axis where they span a decade or more, words side by side. At the baseline's value
    the change is zero by definition, with no interval.

    Args:
        effects: The table of a sweep; its first column has the values.
        values: The values, the baseline's among them, numbers in rising order.
        setting: The baseline's value, a dotted line.
        label: Rule and unit.
        axes: Two axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    sheet = Sheet(axes, 3.9, 2, 2, sharey=True)
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    places = {v: float(v) if numeric and isinstance(v, int | float) else i for i, v in enumerate(values)}
    x = np.array([*places.values()])
    own: dict[str, Any] = {"ls": "", "marker": "D", "color": INK, "markersize": 5}
    for panel, (name, words) in zip(sheet.panels, PANELS.items(), strict=True):
        rows = effects[effects["outcome"] == name]
        found = dict(zip(rows.iloc[:, 0], rows.to_dict("records"), strict=True))
        intervals = {v: interval_of(row, "relative", 100) for v, row in found.items()} | {setting: Interval(0, 0, 0)}
        dress(panel, "y")
        zero(panel, "y")
        if numeric:
            y, low, high = np.transpose([intervals[v] for v in values])
            panel.fill_between(x, low, high, color=GREY, alpha=0.2, linewidth=0)
            panel.plot(x, y, color=GREY, linewidth=1)
        for value, row in found.items():
            verdict, better = Verdict(row["verdict"]), BY_NAME[name].better
            draw(panel, places[value], intervals[value], verdict, better, upright=True)
            if len(values) <= _MOST_TOLD and intervals[value].value == intervals[value].value:
                _tell(panel, places[value], row, colour_of(verdict, better))
        if numeric:
            spread_out(panel, x)
        panel.axvline(places[setting], color=INK, lw=LINE / 1.5, ls=":")
        if setting not in found:
            panel.plot(places[setting], 0, **own)
        texts = [
            spoken(Amount(v, plain_number)) if numeric else wrapped(plain(v), _HALF / len(values), SMALL)
            for v in values
        ]
        panel.set_xticks(x, texts)
        panel.minorticks_off()
        panel.margins(x=0.2)
        over(panel, words, _HALF)
        level, unit = Amount(float(rows["baseline"].iloc[0]), number), Term(rows["unit"].iloc[0])
        said = Sentence(
            "{rule}. 0: as under the baseline, which has {level} {unit}", rule=label, level=level, unit=unit
        )
        under(panel, said, _HALF)
        number_axis(panel, "y")
    first = sheet.panels[0]
    first.set_ylim(*at_least_a_percent(first.get_ylim()))
    first.set_ylabel(spoken(Sentence("Change from the baseline, %")), fontsize=SMALL)
    key = key_of(effects.loc[effects["outcome"].isin(PANELS), "verdict"], "lower")
    if setting not in found:
        key.append(Line2D([], [], label=spoken(Sentence("the baseline: 0 by definition")), **own))
    dotted = Sentence("Dotted: the value of the baseline.")
    sheet.finish(Sentence("Dose and response"), paragraph(dotted, LUCK), key)
    return sheet.panels


def _tell(axes: Axes, place: float, row: Mapping[Any, Any], colour: str) -> None:
    """Write the change in percent at the right of its mark."""
    share = interval_of(row, "relative")
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.8}
    said, look = value_alone(share) if any(share) else "0", {"fontsize": FINE, "fontweight": "bold", "color": colour}
    note(axes, said, (place, 100 * share.value), (6, 0), in_layout=False, bbox=box, **look)


@in_own_settings
def response_map(
    effects: pd.DataFrame, over: Mapping[str, Sequence[Value]], labels: Mapping[str, Words], axes: Given = None
) -> Axes:
    """Draw the change in percent of harm here and elsewhere over two rules, its number and interval in each cell.

    Only what is resolved has a colour. A cell that is hatched is not; one with dots is identical to the baseline.

    Args:
        effects: The table of a sweep.
        over: Values by rule: the first goes up, the second to the right.
        labels: Rule and unit.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    up, right = over
    found = effects[effects["outcome"] == HEADLINE]
    rows = found.set_index([up, right])
    places: list[tuple[int, int, Any]] = [
        (i, j, rows.loc[(a, b), :]) for i, a in enumerate(over[up]) for j, b in enumerate(over[right])
    ]
    shares = [row["relative"] if row["verdict"] in RESOLVED else np.nan for _, _, row in places]
    percent = 100 * np.array(shares, float).reshape(len(over[up]), len(over[right]))
    most = max(np.nanmax(np.abs(percent), initial=0), LEAST_PERCENT)
    sheet = Sheet(axes, 0.6 * len(over[up]) + 0.9, width=max(WIDTH, 1.15 * len(over[right]) + 1.6))
    panel = sheet.axes
    colours = LinearSegmentedColormap.from_list("sign", [BLUE, "#ffffff", VERMILION])
    edges = [np.arange(n + 1) - 0.5 for n in percent.T.shape]
    panel.pcolormesh(*edges, percent, cmap=colours, vmin=-most, vmax=most)
    for i, j, row in places:
        verdict = Verdict(row["verdict"])
        told = spoken(in_percent(verdict, interval_of(row, "relative"))).replace(" (", "\n(")
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
        panel.text(j, i, told, ha="center", va="center", fontsize=SMALL, color=INK, zorder=3, bbox=box)
        if verdict in _HATCHES:
            corner, hatch = (j - 0.5, i - 0.5), _HATCHES[verdict]
            panel.add_patch(Rectangle(corner, 1, 1, fill=False, hatch=hatch, edgecolor="#bbbbbb", lw=0))
    for ticks, key in ((panel.set_yticks, up), (panel.set_xticks, right)):
        ticks(range(len(over[key])), [plain(v) for v in over[key]])
    panel.set_xlabel(spoken(labels[right]), fontsize=SMALL)
    panel.set_ylabel(wrapped(spoken(labels[up]), 0.6 * len(over[up]) + 0.3, SMALL), fontsize=SMALL)
    level, unit = Amount(float(found["baseline"].iloc[0]), number), Term(found["unit"].iloc[0])
    caption = Sentence(
        "In each cell the change from the baseline, which has {level} {unit}, in brackets luck (95%, Monte Carlo error "
        "alone). Blue: better; orange: worse; hatched: not resolved; dots: identical to the baseline. Parameters as in "
        "the scenario.",
        level=level, unit=unit,
    )  # fmt: skip
    sheet.finish(Sentence("Persons seriously harmed, here and elsewhere, change in %"), caption)
    return panel


_HATCHES = {Verdict.NOT_RESOLVED: "///", Verdict.IDENTICAL: "..."}
"""How the cell of a verdict is filled, where nothing is told apart."""
