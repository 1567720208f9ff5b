"""Figures: plain matplotlib without pyplot, in colours that colour-blind readers tell apart (Okabe and Ito 2008).

Axes say what zero and the level of the baseline are. What the marks mean stands in `sim/report/drawing.py`.
"""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
import textwrap
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.outcomes.counts import HEADLINE, Counts, by_seed, periods_of
from sim.outcomes.outcomes import BY_NAME, IDLE, OVERLOADED, SECOND, Outcome, reasons
from sim.outcomes.statistics import Floats, Interval, interval_of, t_interval
from sim.outcomes.verdicts import RESOLVED, Verdict
from sim.report.drawing import (
    BLUE,
    GREY,
    INK,
    LEAST_PERCENT,
    VERMILION,
    at_least_a_percent,
    band,
    bare,
    blank,
    colour_of,
    date_axis,
    day_number,
    draw,
    heading,
    key_of,
    key_of_bands,
    label_beside,
    mark_of,
    shortened,
    spread_out,
    steps,
    verdict_of,
)
from sim.report.text import in_percent, number, plain
from sim.report.worlds import worlds_of
from sim.rules.rulebook import Value
from sim.rules.sentences import spoken
from sim.scenario.scenario import BASELINE, Scenario

_CAVEAT = "On this site only. {}: luck (95%, Monte Carlo error alone), parameters as in the scenario."
_OF_BARS, _OF_BANDS, _OF_BOTH, _IN_BRACKETS = (
    _CAVEAT.format(drawn) for drawn in ("Bars", "Bands", "Bands and bars", "In brackets")
)


@in_own_settings
def differences(
    scenario: Scenario, policies: Sequence[str], counts: Counts, effects: pd.DataFrame, outcome: Outcome
) -> Figure:
    """Draw what each policy changes over time: the difference from the baseline with its 95% band over the seeds.

    The window is cut at the dates of a policy, and between them into periods as `periods_of` says, or into its
    months where the outcome is counted by them. Each is a step, and nothing is drawn before the policy begins. A dotted
    line is a date of the policy.

    Args:
        scenario: What was run.
        policies: The arms, one panel each.
        counts: The counts of every arm and the baseline.
        effects: The table of effects, for the verdicts.
        outcome: What to draw.
    """
    zero = day_number(scenario)
    columns = min(3, len(policies))
    rows = -(-len(policies) // columns)
    figure = blank(3.6 * max(columns, 1.6) + 0.4, 2.3 * rows + 1.7)
    grid: Any = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    of_outcome = effects[effects["outcome"] == outcome.name].set_index("policy")
    parts: dict[tuple[int, int], pd.Series[float]] = {}
    for axes, policy in zip(grid.flat, policies, strict=False):
        verdict = Verdict(str(of_outcome.loc[policy, "verdict"]))
        colour = colour_of(verdict, outcome.better)
        dated = scenario.dated(policy)
        first = min((d.first_day for d in dated), default=0)
        cut = scenario.months if outcome.by_month else periods_of(scenario, policy)
        stretches = [days for days in pairwise(cut) if days[1] > first]
        for days in stretches:
            if days not in parts:
                parts[days] = outcome.formula(counts.sums(days))
        bands = [_band(by_seed(parts[days], policy) - by_seed(parts[days], BASELINE)) for days in stretches]
        axes.axhline(0, color=INK, linewidth=0.8)
        for day in sorted({day for d in dated for day in (d.first_day, d.last_day) if day is not None}):
            if day < scenario.days:
                axes.axvline(zero + day, color=INK, lw=1.2, ls=":")
        if bands:
            edges = [zero + max(first, day) for day in sorted({day for days in stretches for day in days})]
            steps(axes, np.array(edges), np.array(bands), mark_of(verdict, outcome.better))
        axes.set_xlim(zero, zero + scenario.days)
        axes.set_title(f"{shortened(policy, 30)}: {verdict.label}", color=colour, fontsize=10, loc="left")
        date_axis(axes, scenario.days)
    for axes in list(grid.flat)[len(policies) :]:
        axes.set_visible(False)
    for axes in grid.flat[max(0, len(policies) - columns) : len(policies)]:
        axes.tick_params(labelbottom=True)
    heading(
        figure,
        f"{outcome.label}: difference from the baseline over time",
        key_of(of_outcome["verdict"], outcome.better),
    )
    unit = f"{outcome.unit}, more or less than under the baseline"
    figure.supylabel("\n".join(textwrap.wrap(unit, 30 if rows == 1 else 50)), fontsize=9)
    level = number(float(of_outcome["baseline"].iloc[0]))
    caption = (
        f"Date (dotted: the policy starts or ends). 0: as under the baseline, whose mean over the window is {level}. "
        "Colours and marks: the verdict over the window."
    )
    said = " ".join(part for part in (caption, outcome.course, _OF_BANDS) if part)
    figure.supxlabel("\n".join(textwrap.wrap(said, int(15 * figure.get_figwidth()))), fontsize=8)
    return figure


@in_own_settings
def overview(policies: Sequence[str], effects: pd.DataFrame, spreads: pd.DataFrame | None = None) -> Figure:
    """Draw the change in percent of serious harm and of the risk of those who remain, a row for each policy.

    Args:
        policies: The arms, in the order in which to draw them.
        effects: The table of effects.
        spreads: What is left of effects over worlds, as `Doubt.spreads`, if that was asked: a band behind each.
    """
    figure = blank(9.6, 0.36 * len(policies) + 2.2)
    panels: Any = figure.subplots(1, 2, sharey=True)
    for axes, (name, words) in zip(panels, _PANELS.items(), strict=True):
        rows = effects[effects["outcome"] == name].set_index("policy").loc[list(policies)]
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.use_sticky_edges = False
        if spreads is not None:
            of_name = spreads[spreads["outcome"] == name].set_index("policy").loc[list(policies)]
            for place, row in enumerate(of_name.to_dict("records")):
                band(axes, place, worlds_of(row))
        for place, row in enumerate(rows.to_dict("records")):
            draw(axes, place, interval_of(row, "relative", 100), Verdict(row["verdict"]), BY_NAME[name].better)
        level = f"0: as under the baseline, which has {number(float(rows['baseline'].iloc[0]))}\n{rows['unit'].iloc[0]}"
        axes.set_xlabel(f"Change from the baseline, %\n{level}", fontsize=8)
        axes.set_title(words, fontsize=10, loc="left")
        axes.set_xlim(*at_least_a_percent(axes.get_xlim()))
        axes.locator_params(axis="x", nbins=6)
        axes.grid(axis="x", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        bare(axes)
    panels[0].set_yticks(range(len(policies)), [shortened(p, 40) for p in policies])
    panels[0].set_ylim(len(policies) - 0.5, -0.5)
    bands = []
    if spreads is not None:
        of_harm = spreads[spreads["outcome"] == HEADLINE]
        bands = [key_of_bands(int((of_harm["sets"] - of_harm["without"]).max()))]
    key = [*bands, *key_of(effects.loc[effects["outcome"].isin(_PANELS), "verdict"], "lower")]
    heading(figure, "What each policy changes", key)
    figure.supxlabel(f"The levels of harm are not identified, only changes are.\n{_OF_BARS}", fontsize=8)
    return figure


_PANELS = {HEADLINE: "persons seriously harmed", SECOND: "risk per user-day of those who remain"}


@in_own_settings
def price(policies: Sequence[str], effects: pd.DataFrame) -> Figure:
    """Draw what each policy spares against whom it turns away: serious harm and visitors, changes from the baseline.

    A policy whose visitors turned away are not counted is named with the reason and not drawn.
    """
    table = effects.set_index(["outcome", "policy"])
    harm, away = (table.loc[name].loc[list(policies)] for name in (HEADLINE, "visitors_turned_away"))
    known = away["difference"].notna()
    drawn = [policy for policy in policies if known[policy]]
    x = away.loc[drawn, "difference"].to_numpy(float)
    spared = [interval_of(row, "difference", -1) for row in pd.DataFrame(harm.loc[drawn]).to_dict("records")]
    verdicts = [Verdict(verdict) for verdict in harm.loc[drawn, "verdict"]]
    figure = blank(8.6, max(4.4, 0.3 * len(policies) + 2.0))
    axes = figure.subplots()
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axvline(0, color=INK, linewidth=0.8)
    said = []
    for reason, arms in reasons(effects, "visitors_turned_away", policies).items():
        said.append(f"not counted for {', '.join(arms)}: {reason}")
    if drawn and not x.any():
        said.append("no policy turns anybody away" if len(drawn) == len(policies) else "no other turns anybody away")
        axes.set_xticks([0])
    axes.set_title("\n".join(textwrap.wrap("; ".join(said), 90)), color=GREY, fontsize=9)
    for place, interval, verdict in zip(x, spared, verdicts, strict=True):
        if mark_of(verdict, "lower"):
            draw(axes, place, interval, verdict, "lower", upright=True)
    before = number(float(away["baseline"].iloc[0]))
    axes.set_xlabel(f"Lawful visitors turned away a month, more than under the baseline (which turns away {before})")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    level = number(float(harm["baseline"].iloc[0]))
    unit = textwrap.wrap(str(harm["unit"].iloc[0]), 36)
    axes.set_ylabel("\n".join(("Serious harm spared,", *unit, f"(0: as under the baseline: {level})")), fontsize=9)
    if drawn:
        marked = [bool(mark_of(verdict, "lower")) for verdict in verdicts]
        y = np.array([interval.value if known else 0.0 for interval, known in zip(spared, marked, strict=True)])
        names = [
            shortened(policy, 36) if known else f"{shortened(policy, 36)}: {verdict.label}"
            for policy, verdict, known in zip(drawn, verdicts, marked, strict=True)
        ]
        axes.update_datalim(np.column_stack([x, y]))
        axes.margins(x=0.06, y=0.1)
        axes.autoscale_view()
        label_beside(axes, x, y, names, [colour_of(verdict, "lower") for verdict in verdicts])
    heading(figure, "Harm spared against visitors turned away", key_of(verdicts, "lower"))
    figure.supxlabel(_OF_BARS, fontsize=8)
    return figure


@in_own_settings
def staff(policies: Sequence[str], counts: Counts) -> Figure:
    """Draw how busy moderators are: the share of their capacity used under the baseline and each policy, with its 95%.

    Args:
        policies: The arms, a row each under the baseline's.
        counts: The counts of every arm and the baseline.
    """
    arms = [BASELINE, *policies]
    busy = BY_NAME["staff_busy_share"].formula(counts.sums())
    figure = blank(8.6, 0.42 * len(arms) + 1.9)
    axes = figure.subplots()
    for place, arm in enumerate(arms):
        value, low, high = (100 * end for end in _band(by_seed(busy, arm)).within(0, 1))
        if value != value:
            axes.text(0, place, " nobody on shift", color=GREY, fontsize=8, va="center")
            continue
        axes.errorbar(value, place, xerr=[[value - low], [high - value]], fmt="o", color=INK, capsize=3, lw=1.5)
    axes.set_xlim(0, 105)
    axes.set_ylim(len(arms) - 0.5, -0.9)
    for share, word, side in ((IDLE, "idle ", "right"), (OVERLOADED, " overloaded", "left")):
        axes.axvline(100 * share, color=INK, linewidth=0.8, ls=":")
        axes.text(100 * share, -0.7, word, fontsize=9, ha=side, va="center")
    axes.set_yticks(range(len(arms)), [shortened(arm, 40) for arm in arms])
    axes.set_xlabel("Reviews done, % of those that moderators on shift could do")
    bare(axes)
    heading(figure, "How busy moderators are")
    figure.supxlabel(
        f"Below {IDLE:.0%} more staff can change next to nothing, above {OVERLOADED:.0%} the queue grows.\n{_OF_BARS}",
        fontsize=8,
    )
    return figure


@in_own_settings
def response(label: str, values: Sequence[Value], setting: Value, effects: pd.DataFrame) -> Figure:
    """Draw dose and response: the change in percent at each value of a rule with its 95% band over the seeds.

    Numbers stand on a logarithmic axis where they span a decade or more, words side by side. At the baseline's value
    the change is zero by definition, with no interval.

    Args:
        label: Rule and unit.
        values: The values, the baseline's among them, numbers in rising order.
        setting: The baseline's value, a dotted line.
        effects: The table of a sweep; its first column has the values.
    """
    figure = blank(9.0, 4.6)
    panels: Any = figure.subplots(1, 2, sharey=True)
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    places = {v: float(v) if numeric and isinstance(v, int | float) else i for i, v in enumerate(values)}
    x = np.array([*places.values()])
    own: dict[str, Any] = {"ls": "", "marker": "D", "color": INK, "markersize": 5}
    for axes, (name, words) in zip(panels, _PANELS.items(), strict=True):
        rows = effects[effects["outcome"] == name]
        found = dict(zip(rows.iloc[:, 0], rows.to_dict("records"), strict=True))
        intervals = {v: interval_of(row, "relative", 100) for v, row in found.items()} | {setting: Interval(0, 0, 0)}
        axes.axhline(0, color=INK, linewidth=0.8)
        if numeric:
            y, low, high = np.transpose([intervals[v] for v in values])
            axes.fill_between(x, low, high, color=GREY, alpha=0.2, linewidth=0)
            axes.plot(x, y, color=GREY, linewidth=1)
        for value, row in found.items():
            draw(axes, places[value], intervals[value], Verdict(row["verdict"]), BY_NAME[name].better, upright=True)
        if numeric:
            spread_out(axes, x)
        axes.axvline(places[setting], color=INK, lw=1.2, ls=":")
        if setting not in found:
            axes.plot(places[setting], 0, **own)
        axes.set_xticks(x, [f"{v:g}" if numeric else plain(v) for v in values], fontsize=8)
        axes.minorticks_off()
        level = number(float(rows["baseline"].iloc[0]))
        title = f"{words}\n(0: as under the baseline, {level} {rows['unit'].iloc[0]})"
        axes.set_title(
            "\n".join(line for part in title.split("\n") for line in textwrap.wrap(part, 62)), fontsize=9, loc="left"
        )
        bare(axes)
    panels[0].set_ylim(*at_least_a_percent(panels[0].get_ylim()))
    panels[0].set_ylabel("Change from the baseline, %")
    key = key_of(effects.loc[effects["outcome"].isin(_PANELS), "verdict"], "lower")
    if setting not in found:
        key.append(Line2D([], [], label="the baseline: 0 by definition", **own))
    heading(figure, "Dose and response", key)
    figure.supxlabel(f"{label} (dotted: the baseline)\n{_OF_BOTH}", fontsize=8)
    return figure


@in_own_settings
def response_map(over: Mapping[str, Sequence[Value]], labels: Mapping[str, str], effects: pd.DataFrame) -> Figure:
    """Draw the change in percent of persons seriously harmed over two rules, its number and interval in each cell.

    Only what is resolved has a colour. A cell that is hatched is not; one with dots is identical to the baseline.

    Args:
        over: Values by rule: the first goes up, the second to the right.
        labels: Rule and unit.
        effects: The table of a sweep.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    up, right = over
    found = effects[effects["outcome"] == HEADLINE]
    rows = found.set_index([up, right])
    places: list[tuple[int, int, Any]] = [
        (i, j, rows.loc[(a, b), :]) for i, a in enumerate(over[up]) for j, b in enumerate(over[right])
    ]
    shares = [row["relative"] if row["verdict"] in RESOLVED else np.nan for _, _, row in places]
    percent = 100 * np.array(shares, float).reshape(len(over[up]), len(over[right]))
    most = max(np.nanmax(np.abs(percent), initial=0), LEAST_PERCENT)
    figure = blank(1.35 * len(over[right]) + 3.6, 0.75 * len(over[up]) + 2.4)
    axes = figure.subplots()
    colours = LinearSegmentedColormap.from_list("sign", [BLUE, "#ffffff", VERMILION])
    image = axes.imshow(percent, cmap=colours, vmin=-most, vmax=most, origin="lower", aspect="auto")
    for i, j, row in places:
        verdict = Verdict(row["verdict"])
        told = spoken(in_percent(verdict, interval_of(row, "relative"))).replace(" (", "\n(")
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
        axes.text(j, i, told, ha="center", va="center", fontsize=8, color=INK, zorder=3, bbox=box)
        if verdict in _HATCHES:
            corner, hatch = (j - 0.5, i - 0.5), _HATCHES[verdict]
            axes.add_patch(Rectangle(corner, 1, 1, fill=False, hatch=hatch, edgecolor="#bbbbbb", lw=0))
    for ticks, key in ((axes.set_yticks, up), (axes.set_xticks, right)):
        ticks(range(len(over[key])), [plain(v) for v in over[key]])
    axes.set_xlabel(labels[right])
    axes.set_ylabel(labels[up])
    figure.colorbar(image, label="Change from the baseline, %\n(blue: better, orange: worse)")
    heading(figure, "Change of persons seriously harmed")
    level = f"{number(float(found['baseline'].iloc[0]))} {found['unit'].iloc[0]}"
    caption = f"Hatched: not resolved; dots: identical to the baseline, which has {level}. {_IN_BRACKETS}"
    figure.supxlabel("\n".join(textwrap.wrap(caption, int(14 * figure.get_figwidth()))), fontsize=8)
    return figure


_HATCHES = {Verdict.NOT_RESOLVED: "///", Verdict.IDENTICAL: "..."}
"""How the cell of a verdict is filled, where nothing is told apart."""


@in_own_settings
def tornado(policy: str, effect: Mapping[Any, Any], bars: pd.DataFrame) -> Figure:
    """Draw the tornado of a policy: from its effect with a parameter at its low end to that at its high end.

    The whisker at the high end is the 95% interval of the difference between the ends; a bar whose whisker reaches its
    other end may be noise and is pale. A star marks a bar that turns the sign.

    Args:
        policy: The policy.
        effect: Its effect with every parameter as in the scenario: ``relative`` with its ends, and ``verdict``.
        bars: Its bars, in the order in which to draw them.
    """
    figure = blank(9.0, 0.42 * len(bars) + 2.6)
    axes = figure.subplots()
    axes.use_sticky_edges = False  # a mark at the end of a bar is not cut
    verdict, middle = Verdict(effect["verdict"]), interval_of(effect, "relative", 100)
    known = middle.value == middle.value
    if known:
        axes.axvspan(middle.low, middle.high, color="#dddddd", alpha=0.5, linewidth=0)
        axes.axvline(middle.value, color=colour_of(verdict, "lower"), linewidth=1.4)
    axes.axvline(0, color=INK, linewidth=0.8)
    for place, bar in enumerate(bars.to_dict("records")):
        moved = interval_of(bar, "change", 100)
        if moved.value != moved.value:
            axes.text(
                middle.value if known else 0,
                place,
                f" {Verdict(bar['verdict']).label}",
                fontsize=8,
                va="center",
                color=GREY,
            )
            continue
        low, high = 100 * bar["at_low"], 100 * bar["at_high"]
        sure = 1.0 if bar["verdict"] == Verdict.MOVES else 0.35
        axes.barh(place, high - low, left=low, height=0.5, color="#bbbbbb", alpha=sure)
        axes.plot(low, place, "o", color=INK, markerfacecolor="white", alpha=sure)
        lowest = max(moved.value - moved.low, 0), 100 + high  # no effect is below -100%
        whisker = [[min(lowest)], [max(moved.high - moved.value, 0)]]
        axes.errorbar(high, place, xerr=whisker, fmt="s", color=INK, capsize=3, lw=1.2, alpha=sure)
    names = [
        f"{'* ' * bar['turns']}{bar['parameter']}\n{bar['setting_low']:g} to {bar['setting_high']:g}, {bar['unit']}"
        for bar in bars.to_dict("records")
    ]
    axes.set_yticks(range(len(bars)), names, fontsize=8)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlabel("Change of persons seriously harmed, % (0: as under the baseline; left: better, right: worse)")
    axes.grid(axis="x", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    marks = [
        Line2D([], [], marker=shape, color=INK, markerfacecolor=inside, ls="", label=f"parameter at its {end} end")
        for shape, inside, end in (("o", "white", "low"), ("s", INK, "high"))
    ]
    heading(figure, f"{shortened(policy, 40)}: what moves its effect", marks)
    level = "95%" if known or verdict is Verdict.TOO_FEW else Verdict.NO_PERCENTAGE.label
    figure.supxlabel(
        f"One parameter at a time. Line and shade: as in the scenario ({verdict.label}, {level}). Whisker: 95% of the "
        "difference between the\nends, whose own intervals stand in the table; pale: not resolved; *: turns the sign.\n"
        "On this site only; Monte Carlo error only.",
        fontsize=8,
    )
    return figure


@in_own_settings
def parts(policy: str, effect: Interval, found: pd.DataFrame, together: Interval) -> Figure:
    """Draw what makes a policy's effect: the part of every mechanism and the whole, each with its 95% interval.

    The whole less its parts is hatched, for it is no mechanism.

    Args:
        policy: The policy.
        effect: The whole, as a share of the baseline.
        found: The table of `Why.parts`.
        together: The whole less its parts.
    """
    rows = [(str(row["mechanism"]), interval_of(row, "part", 100)) for row in found.to_dict("records")]
    for name, interval in (("the whole less its parts", together), ("the whole policy", effect)):
        rows.append((name, Interval(*(100 * x for x in interval))))
    figure = blank(8.4, 0.45 * len(rows) + 1.8)
    axes = figure.subplots()
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.axhline(len(rows) - 1.5, color=GREY, linewidth=0.6)
    verdicts = [verdict_of(interval) if interval.value == interval.value else None for _, interval in rows]
    for place, ((_, interval), verdict) in enumerate(zip(rows, verdicts, strict=True)):
        if verdict:
            colour = colour_of(verdict, "lower")
            rest: dict[str, Any] = {"facecolor": "none", "edgecolor": colour, "hatch": "///", "linewidth": 0.6}
            mechanism = {"color": colour}
            axes.barh(place, interval.value, height=0.5, alpha=0.3, **rest if place == len(rows) - 2 else mechanism)
            draw(axes, place, interval, verdict, "lower")
    axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=9)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("Part of the change of persons seriously harmed, points of % of the baseline (0: does nothing)")
    axes.grid(axis="x", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    heading(
        figure, f"{shortened(policy, 40)}: which mechanism makes its effect", key_of(filter(None, verdicts), "lower")
    )
    figure.supxlabel(
        "A part is the whole less the effect with the mechanism held as in the baseline; 95%. Hatched: no mechanism,\n"
        "but the whole less the sum of the parts. On this site only; Monte Carlo error only.",
        fontsize=8,
    )
    return figure


def _band(differences: Floats) -> Interval:
    return t_interval(differences[np.isfinite(differences)])
