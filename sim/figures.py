"""Figures: plain matplotlib without pyplot, in colours that colour-blind readers tell apart (Okabe and Ito 2008)."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.outcomes import HEADLINE, SECOND, Counts, Outcome, by_seed, periods_of, reasons
from sim.rules import Value
from sim.scenario import BASELINE, Scenario
from sim.statistics import Floats, Interval, t_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BLUE, _VERMILION, _ORANGE, _GREY, _INK = "#0072B2", "#D55E00", "#E69F00", "#767676", "#222222"

_COLOURS = {"lowers": _BLUE, "raises": _VERMILION}
"""By verdict; everything else is grey."""

_CAVEAT = "On this site only. Bands and bars: 95%, Monte Carlo error only, parameters as in the scenario."

_DATES = 5
_DECADES = 10
_LEAST_PERCENT = 1


def differences(
    scenario: Scenario, policies: Sequence[str], counts: Counts, effects: pd.DataFrame, outcome: Outcome
) -> Figure:
    """Draw what each policy changes over time: the difference from the baseline with its 95% band over the seeds.

    The window is cut into up to 13 equal periods of at least a week; a dotted line is the date of a policy.

    Args:
        scenario: What was run.
        policies: The arms, one panel each.
        counts: The counts of every arm and the baseline.
        effects: The table of effects, for the verdicts.
        outcome: What to draw.
    """
    edges = np.array(periods_of(scenario))
    parts = [outcome.formula(counts.sums(days)) for days in pairwise(edges.tolist())]
    zero = _first_day(scenario)
    columns = min(3, len(policies))
    rows = -(-len(policies) // columns)
    figure = _figure(3.6 * max(columns, 1.6) + 0.4, 2.3 * rows + 1.3)
    grid: Any = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    verdicts = effects[effects["outcome"] == outcome.name].set_index("policy")["verdict"]
    for axes, policy in zip(grid.flat, policies, strict=False):
        colour = _COLOURS.get(str(verdicts[policy]), _GREY)
        band = np.array([_band(by_seed(part, policy) - by_seed(part, BASELINE)) for part in parts])
        axes.axhline(0, color=_INK, linewidth=0.8)
        for dated in scenario.dated(policy):
            for day in (dated.first_day, dated.last_day):
                if day is not None and day < scenario.days:
                    axes.axvline(zero + day, color=_INK, lw=1.2, ls=":")
        middle = zero + (edges[:-1] + edges[1:]) / 2
        axes.fill_between(middle, band[:, 1], band[:, 2], color=colour, alpha=0.25, linewidth=0)
        axes.plot(middle, band[:, 0], color=colour, marker="o", markersize=3)
        axes.set_xlim(zero, zero + scenario.days)
        axes.set_title(f"{_short(policy, 34)}: {verdicts[policy]}", color=colour, fontsize=10, loc="left")
        _dates(axes, scenario.days)
    for axes in list(grid.flat)[len(policies) :]:
        axes.set_visible(False)
    for axes in grid.flat[max(0, len(policies) - columns) : len(policies)]:
        axes.tick_params(labelbottom=True)
    figure.suptitle(f"{outcome.label}: difference from the baseline over time", fontsize=12, x=0.01, ha="left")
    figure.supylabel("\n".join(textwrap.wrap(outcome.unit, 30 if rows == 1 else 50)), fontsize=9)
    figure.supxlabel(f"Date (dotted: the policy starts or ends)\n{_CAVEAT}", fontsize=8)
    return figure


def overview(policies: Sequence[str], effects: pd.DataFrame) -> Figure:
    """Draw the change in percent of serious harm and of the risk of those who remain, a row for each policy."""
    figure = _figure(8.6, 0.42 * len(policies) + 2.0)
    axes = figure.subplots()
    marks = (
        (HEADLINE, "o", _BLUE, -0.14, "persons seriously harmed"),
        (SECOND, "s", _ORANGE, 0.14, "risk per user-day"),
    )
    for outcome, mark, colour, shift, label in marks:
        rows = effects[effects["outcome"] == outcome].set_index("policy").loc[list(policies)]
        y = np.arange(len(policies)) + shift
        known = rows["relative"].notna().to_numpy()
        x, low, high = (100 * rows[c].to_numpy()[known] for c in ("relative", "relative_low", "relative_high"))
        axes.errorbar(
            x, y[known], xerr=[x - low, high - x], fmt=mark, color=colour, markersize=5, capsize=3, lw=1.5, label=label
        )
        for place in y[~known]:
            axes.text(0, place, " too few", color=colour, fontsize=8, va="center")
    axes.axvline(0, color=_INK, linewidth=0.8)
    axes.set_yticks(range(len(policies)), [_short(p, 40) for p in policies])
    axes.set_ylim(len(policies) - 0.5, -0.5)
    axes.set_xlabel("Change from the baseline, %")
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=9)
    figure.suptitle("What each policy changes", fontsize=12, x=0.01, ha="left")
    figure.supxlabel(_CAVEAT, fontsize=8)
    return figure


def price(policies: Sequence[str], effects: pd.DataFrame) -> Figure:
    """Draw what each policy spares against whom it turns away: serious harm and visitors, changes from the baseline.

    Policies whose visitors are not counted have no place on the axis: they are named below, with the reason.
    """
    table = effects.set_index(["outcome", "policy"])
    lacking = reasons(effects, "visitors_turned_away", policies)
    policies = [p for p in policies if not any(p in arms for arms in lacking.values())]
    harm, away = (table.loc[name].loc[policies] for name in (HEADLINE, "visitors_turned_away"))
    x = away["difference"].to_numpy(copy=True)
    y, low, high = (-harm[c].to_numpy() for c in ("difference", "high", "low"))
    figure = _figure(8.6, max(4.2, 0.3 * len(policies) + 1.8))
    axes = figure.subplots()
    axes.axhline(0, color=_INK, linewidth=0.8)
    colours = [_COLOURS.get(str(v), _GREY) for v in harm["verdict"]]
    if policies:
        x += 0.012 * np.ptp(x) * np.array([np.isclose(x[:i], x[i], atol=0.01 * np.ptp(x)).sum() for i in range(len(x))])
    if not policies:
        axes.set_title("visitors turned away are not counted", color=_GREY, fontsize=9)
        axes.set_yticks([])
    elif not x.any():
        axes.set_title("no policy turns anybody away", color=_GREY, fontsize=9)
    if not x.any():
        axes.set_xticks([0])
    for i, colour in enumerate(colours):
        ends = [[y[i] - low[i]], [high[i] - y[i]]]
        axes.errorbar(x[i], y[i], yerr=ends, fmt="o", color=colour, markersize=5, capsize=2, lw=1.2)
    axes.set_xlabel("Visitors turned away a month, more than under the baseline (equal ones side by side)")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    unit = textwrap.wrap(str(table.loc[HEADLINE]["unit"].iloc[0]), 30)
    axes.set_ylabel("\n".join(("Serious harm spared,", *unit)))
    axes.margins(x=0.06, y=0.1)
    if policies:
        _label_beside(axes, x, y, [_short(p, 36) for p in policies], colours)
    figure.suptitle("Harm spared against visitors turned away", fontsize=12, x=0.01, ha="left")
    notes = [
        f"Not drawn, since visitors turned away are not counted for {', '.join(arms)}: {reason}."
        for reason, arms in lacking.items()
    ]
    figure.supxlabel("\n".join(line for note in (*notes, _CAVEAT) for line in textwrap.wrap(note, 135)), fontsize=8)
    return figure


def response(label: str, values: Sequence[Value], setting: Value, effects: pd.DataFrame) -> Figure:
    """Draw dose and response: the change in percent at each value of a rule with its 95% band over the seeds.

    Numbers stand on a logarithmic axis where they span a decade or more, words side by side.

    Args:
        label: Rule and unit.
        values: The values, numbers in rising order.
        setting: The baseline's value, a dotted line.
        effects: The table of a sweep; its first column has the values.
    """
    figure = _figure(9.0, 4.2)
    panels: Any = figure.subplots(1, 2, sharey=True)
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    places = {v: float(v) if numeric and isinstance(v, int | float) else i for i, v in enumerate(values)}
    for axes, outcome, title in zip(
        panels, (HEADLINE, SECOND), ("persons seriously harmed", "risk per user-day of those who remain"), strict=True
    ):
        rows = effects[effects["outcome"] == outcome]
        x = np.array([places[v] for v in rows.iloc[:, 0]])
        y, low, high = (100 * rows[c].to_numpy() for c in ("relative", "relative_low", "relative_high"))
        axes.axhline(0, color=_INK, linewidth=0.8)
        if numeric:
            axes.fill_between(x, low, high, color=_GREY, alpha=0.2, linewidth=0)
            axes.plot(x, y, color=_GREY, linewidth=1)
        for i, verdict in enumerate(rows["verdict"]):
            colour = _COLOURS.get(str(verdict), _GREY)
            ends = [[y[i] - low[i]], [high[i] - y[i]]]
            axes.errorbar(x[i], y[i], yerr=ends, fmt="o", color=colour, markersize=5, capsize=2, lw=1.2)
            if y[i] != y[i]:
                axes.text(x[i], 0, str(verdict), color=colour, fontsize=8, rotation=90, ha="center", va="bottom")
        if numeric:
            _spread(axes, x)
        if setting in places or numeric:
            axes.axvline(places.get(setting, setting), color=_INK, lw=1.2, ls=":")
        axes.set_xticks(x, [f"{v:g}" if numeric else str(v).lower() for v in rows.iloc[:, 0]], fontsize=8)
        axes.minorticks_off()
        axes.set_title(title, fontsize=10, loc="left")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    low, high = panels[0].get_ylim()
    panels[0].set_ylim(min(low, -_LEAST_PERCENT), max(high, _LEAST_PERCENT))
    panels[0].set_ylabel("Change from the baseline, %")
    figure.suptitle(
        "Dose and response (blue: lowers, orange: raises, grey: not resolved)", fontsize=12, x=0.01, ha="left"
    )
    figure.supxlabel(f"{label} (dotted: the baseline)\n{_CAVEAT}", fontsize=8)
    return figure


def _spread(axes: Axes, x: Floats) -> None:
    """Make an axis logarithmic if the values span a decade; 0 has a place of its own at its left end."""
    above = x[x > 0]
    if len(above) > 1 and x.min() >= 0 and above.max() >= _DECADES * above.min():
        if x.min() == 0:
            axes.set_xscale("symlog", linthresh=above.min(), linscale=0.3)
        else:
            axes.set_xscale("log")


def response_map(over: Mapping[str, Sequence[Value]], labels: Mapping[str, str], effects: pd.DataFrame) -> Figure:
    """Draw the change in percent of persons seriously harmed over two rules, its number and interval in each cell.

    A cell that is hatched is not resolved.

    Args:
        over: Values by rule: the first goes up, the second to the right.
        labels: Rule and unit.
        effects: The table of a sweep.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    up, right = over
    rows = effects[effects["outcome"] == HEADLINE].set_index([up, right])
    places: list[tuple[int, int, Any]] = [
        (i, j, rows.loc[(a, b), :]) for i, a in enumerate(over[up]) for j, b in enumerate(over[right])
    ]
    shares = np.array([row["relative"] for _, _, row in places]).reshape(len(over[up]), len(over[right]))
    most = 100 * max(np.nanmax(np.abs(shares), initial=0), 0.01)
    figure = _figure(1.35 * len(over[right]) + 3.4, 0.75 * len(over[up]) + 2.2)
    axes = figure.subplots()
    colours = LinearSegmentedColormap.from_list("sign", [_BLUE, "#ffffff", _VERMILION])
    image = axes.imshow(100 * shares, cmap=colours, vmin=-most, vmax=most, origin="lower", aspect="auto")
    for i, j, row in places:
        value, low, high = (100 * row[c] for c in ("relative", "relative_low", "relative_high"))
        resolved = str(row["verdict"]) in _COLOURS
        text = f"{value:+.1f}\n({low:+.1f} to {high:+.1f})" if resolved or row["verdict"] == "not resolved" else ""
        shade = "#ffffff" if abs(value) > 0.7 * most else _INK
        axes.text(j, i, text or str(row["verdict"]), ha="center", va="center", fontsize=8, color=shade, zorder=3)
        if not resolved:
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, hatch="///", edgecolor="#bbbbbb", lw=0))
    for ticks, key in ((axes.set_yticks, up), (axes.set_xticks, right)):
        ticks(range(len(over[key])), [str(v).lower() for v in over[key]])
    axes.set_xlabel(labels[right])
    axes.set_ylabel(labels[up])
    figure.colorbar(image, label="Change from the baseline, %")
    figure.suptitle("Change of persons seriously harmed (hatched: not resolved)", fontsize=12, x=0.01, ha="left")
    figure.supxlabel("\n".join(textwrap.wrap(_CAVEAT, int(14 * figure.get_figwidth()))), fontsize=8)
    return figure


def tornado(policy: str, effect: Mapping[Any, Any], bars: pd.DataFrame) -> Figure:
    """Draw the tornado of a policy: from its effect with a parameter at its low end to that at its high end.

    The whisker at the high end is the 95% interval of the difference between the ends; a bar whose whisker reaches its
    other end may be noise and is pale. A star marks a bar that turns the sign.

    Args:
        policy: The policy.
        effect: Its effect with every parameter as in the scenario: ``relative`` with its ends.
        bars: Its bars, in the order in which to draw them.
    """
    from matplotlib.lines import Line2D

    figure = _figure(9.0, 0.42 * len(bars) + 2.3)
    axes = figure.subplots()
    middle = [100 * effect[c] for c in ("relative", "relative_low", "relative_high")]
    axes.axvspan(middle[1], middle[2], color="#dddddd", alpha=0.5, linewidth=0)
    axes.axvline(middle[0], color=_GREY, linewidth=1.2)
    axes.axvline(0, color=_INK, linewidth=0.8)
    for place, bar in enumerate(bars.to_dict("records")):
        low, high, ends = 100 * bar["at_low"], 100 * bar["at_high"], [100 * bar["change_low"], 100 * bar["change_high"]]
        if bar["verdict"] == "too few":
            axes.text(middle[0], place, " too few", fontsize=8, va="center", color=_GREY)
            continue
        sure = 1.0 if bar["verdict"] == "moves" else 0.35
        axes.barh(place, high - low, left=low, height=0.5, color="#bbbbbb", alpha=sure)
        axes.plot(low, place, "o", color=_BLUE, alpha=sure)
        whisker = [[high - low - ends[0]], [ends[1] - high + low]]
        axes.errorbar(high, place, xerr=whisker, fmt="s", color=_ORANGE, capsize=3, lw=1.2, alpha=sure)
    names = [
        f"{'* ' * bar['turns']}{bar['parameter']}\n{bar['setting_low']:g} to {bar['setting_high']:g}, {bar['unit']}"
        for bar in bars.to_dict("records")
    ]
    axes.set_yticks(range(len(bars)), names, fontsize=8)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlabel("Change of persons seriously harmed from the baseline, %")
    axes.grid(axis="x", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    marks = [
        Line2D([], [], marker=mark, color=colour, ls="", label=f"parameter at its {end} end")
        for mark, colour, end in (("o", _BLUE, "low"), ("s", _ORANGE, "high"))
    ]
    figure.legend(handles=marks, loc="outside upper right", ncols=2, frameon=False, fontsize=8)
    figure.suptitle(f"{_short(policy, 40)}: what moves its effect", fontsize=12, x=0.01, ha="left")
    figure.supxlabel(
        "One parameter at a time. Line and shade: as in the scenario, 95%. Whisker: 95% of the difference between the "
        "ends; pale: not resolved; *: turns the sign.\nOn this site only; Monte Carlo error only.",
        fontsize=8,
    )
    return figure


def parts(policy: str, effect: Interval, found: pd.DataFrame, together: Interval) -> Figure:
    """Draw what makes a policy's effect: the part of every mechanism and the whole, each with its 95% interval.

    Args:
        policy: The policy.
        effect: The whole, as a share of the baseline.
        found: The table of `Why.parts`.
        together: What the parts do beyond their sum.
    """
    rows = [
        (r["mechanism"], Interval(r["part"], r["part_low"], r["part_high"]), _GREY) for r in found.to_dict("records")
    ]
    rows += [("together beyond the sum", together, _GREY), ("the whole policy", effect, _BLUE)]
    figure = _figure(8.0, 0.45 * len(rows) + 1.5)
    axes = figure.subplots()
    axes.axvline(0, color=_INK, linewidth=0.8)
    for place, (_, interval, colour) in enumerate(rows):
        value, low, high = (100 * x for x in interval)
        if value == value:
            axes.barh(place, value, height=0.5, color=colour, alpha=0.4)
            axes.errorbar(value, place, xerr=[[value - low], [high - value]], fmt="o", color=colour, capsize=3, lw=1.2)
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows], fontsize=9)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("Part of the change of persons seriously harmed, points of percent of the baseline")
    axes.grid(axis="x", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    figure.suptitle(f"{_short(policy, 40)}: which mechanism makes its effect", fontsize=12, x=0.01, ha="left")
    figure.supxlabel("A part is the whole less the effect with the mechanism held as in the baseline; 95%.\n"
                     "On this site only; Monte Carlo error only.", fontsize=8)  # fmt: skip
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG and as SVG, without a date, so that the same figure gives the same bytes."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "sim", "svg.fonttype": "path"}):
        figure.savefig(path.with_suffix(".png"), dpi=150, metadata={"Software": None})
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})


def _band(differences: Floats) -> Interval:
    return t_interval(differences[np.isfinite(differences)])


def _figure(width: float, height: float) -> Figure:
    """Return a figure without pyplot that a notebook shows by itself."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class Shown(Figure):
        def _repr_png_(self) -> bytes:
            image = io.BytesIO()
            self.savefig(image, format="png", dpi=100)
            return image.getvalue()

    figure = Shown((width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _first_day(scenario: Scenario) -> float:
    from matplotlib.dates import date2num

    return float(date2num(scenario.start))  # type: ignore[no-untyped-call]


def _dates(axes: Axes, days: int) -> None:
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
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _label_beside(axes: Axes, x: Any, y: Any, labels: Sequence[str], colours: Sequence[str]) -> None:
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
            color=colours[i], annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "#cccccc", "lw": 0.6, "relpos": (0, 0.5), "zorder": 0},
        )  # fmt: skip
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
