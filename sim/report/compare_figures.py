"""Figures of a comparison, a row for each policy: what it changes, its price, what is recorded, how busy staff is."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from sim.outcomes.counts import HEADLINE, HERE, Counts, by_seed
from sim.outcomes.outcomes import BY_NAME, IDLE, OVERLOADED, SECOND
from sim.outcomes.statistics import Interval, interval_of, t_interval
from sim.outcomes.verdicts import RESOLVED, Reason, Verdict
from sim.report.drawing import DIRECTIONS, NAMES, Given, Panels, Sheet, above, at_least_a_percent, over, under, zero
from sim.report.rows import (
    ROW,
    Estimate,
    band,
    beside,
    directions,
    estimates,
    instead,
    key_of,
    key_of_bands,
    rows,
    told,
)
from sim.report.style import GREY, INK, LINE, WIDTH, number_axis
from sim.report.text import ends_alone, number, number_ends, signed, value_alone, whole_percent
from sim.report.worlds import worlds_of
from sim.rules.sentences import Amount, Sentence, Term, Words, paragraph, spoken
from sim.scenario.scenario import BASELINE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LUCK = Sentence("Lines: luck (95%, Monte Carlo error alone), parameters as in the scenario.")
HERE_ALONE = Sentence("Harm on what is simulated alone, not elsewhere.")
LEVELS = Sentence("Levels of harm are not identified, only changes are.")

_HALF = (WIDTH - NAMES) / 2 - 0.25
"""Inches of a panel of two beside names."""

_RISK = Sentence("Risk per user-day of those who remain")
PANELS: dict[str, Words] = {HEADLINE: Sentence("Persons seriously harmed, here and elsewhere"), SECOND: _RISK}
"""What stands side by side, with what it is called."""


@in_own_settings
def overview(
    effects: pd.DataFrame,
    policies: Sequence[str] | None = None,
    spreads: pd.DataFrame | None = None,
    axes: Given = None,
    note: Words = None,
) -> Panels:
    """Draw the change in percent of serious harm in all and of the risk of those who remain, a row for each policy.

    Args:
        effects: The table of effects of a comparison.
        policies: The arms, in the order in which to draw them; all, by the size of their effect, if none are given.
        spreads: What is left of effects over worlds, as `Doubt.spreads`, if that was asked: a band behind each.
        axes: Two axes to draw into; those of a new figure if none are given.
        note: What is to be said under it as well.

    Returns:
        The axes.
    """
    arms = by_effect(effects, HEADLINE) if policies is None else list(policies)
    sheet = Sheet(axes, ROW * len(arms) + 1.35, 2, 2, sharey=True)
    for panel, (name, words) in zip(sheet.panels, PANELS.items(), strict=True):
        of = rows_of(effects, name, arms)
        zero(panel)
        panel.use_sticky_edges = False
        if spreads is not None:
            for place, row in enumerate(rows_of(spreads, name, arms).to_dict("records")):
                band(panel, place, worlds_of(row))
        found = [_relative(row, name) for row in of.to_dict("records")]
        rows(panel, arms)
        estimates(panel, found)
        panel.set_xlim(*at_least_a_percent(panel.get_xlim()))
        panel.locator_params(axis="x", nbins=5)
        number_axis(panel, "x")
        told(panel, found)
        over(panel, words, _HALF, room=DIRECTIONS)
        directions(panel)
        under(panel, _of_percent(of), _HALF)
    sheet.panels[1].tick_params(labelleft=False)
    bands = [] if spreads is None else key_of_bands(map(worlds_of, rows_of(spreads, HEADLINE, arms).to_dict("records")))
    key = key_of(effects.loc[effects["outcome"].isin(PANELS), "verdict"], "lower", RESOLVED)
    sheet.finish(Sentence("What each policy changes"), paragraph(LEVELS, LUCK, note), [*bands, *key])
    return sheet.panels


def _of_percent(of: pd.DataFrame) -> Sentence:
    """Say what an axis of percent shows, and what the baseline has."""
    level, unit = Amount(_usual(of), number), Term(of["unit"].iloc[0])
    return Sentence(
        "Change from the baseline, %. 0: as under the baseline, which has {level} {unit}", level=level, unit=unit
    )


def _usual(of: pd.DataFrame) -> float:
    """Return what the baseline has, given the rows of policies; one of nobody has no number to compare it with."""
    known = of["baseline"].dropna()
    return float(known.iloc[0]) if len(known) else math.nan


def _relative(row: dict[Any, Any], name: str) -> Estimate:
    share, verdict = interval_of(row, "relative"), Verdict(row["verdict"])
    better = BY_NAME[name].better
    percent = Interval(*(100 * end for end in share))
    if not any(share):
        return Estimate(percent, verdict, better, "0", "")
    return Estimate(percent, verdict, better, value_alone(share), ends_alone(share))


def rows_of(table: pd.DataFrame, outcome: str, policies: Sequence[str]) -> pd.DataFrame:
    """Return the rows of an outcome, one for each policy in this order."""
    return table[table["outcome"] == outcome].set_index("policy").loc[list(policies)]


def by_effect(effects: pd.DataFrame, outcome: str, lowest_first: bool = True) -> list[str]:
    """Return the policies in the order of the sizes of their effects, those with none last.

    Args:
        effects: The table of effects.
        outcome: The outcome by which to sort.
        lowest_first: Whether those come first that lower it most.
    """
    of = effects[effects["outcome"] == outcome]
    known = of["difference"].where(of["verdict"].isin(_WITH_A_PLACE))
    return list(of.assign(by=known if lowest_first else -known).sort_values("by", kind="stable")["policy"])


_WITH_A_PLACE = (*RESOLVED, Verdict.NOT_RESOLVED, Verdict.IDENTICAL)


@in_own_settings
def price(
    effects: pd.DataFrame, policies: Sequence[str] | None = None, axes: Given = None, note: Words = None
) -> Panels:
    """Draw what each policy spares beside whom it turns away: serious harm and visitors, changes from the baseline.

    Where visitors turned away are not counted, the reason stands in their place.

    Args:
        effects: The table of effects of a comparison.
        policies: The arms, in the order in which to draw them; all, what spares most first, if none are given.
        axes: Two axes to draw into; those of a new figure if none are given.
        note: What is to be said under it as well.

    Returns:
        The axes.
    """
    arms = by_effect(effects, HEADLINE) if policies is None else list(policies)
    sheet = Sheet(axes, ROW * len(arms) + 1.35, 2, 2, sharey=True)
    harm, away = (rows_of(effects, name, arms) for name in (HEADLINE, "visitors_turned_away"))
    spared, turned = sheet.panels
    found = [_spared(row) for row in harm.to_dict("records")]
    _numbers(spared, arms, found, range(len(arms)))
    over(spared, Sentence("Serious harm spared, here and elsewhere"), _HALF, room=DIRECTIONS)
    directions(spared, lower_is_better=False)
    level, unit = Amount(_usual(harm), number), Term(harm["unit"].iloc[0])
    under(spared, Sentence("{unit}. 0: as under the baseline, which has {level}", unit=unit, level=level), _HALF)
    counted = [place for place, reason in enumerate(away["reason"]) if not reason]
    _numbers(turned, arms, [_turned_away(row) for row in away.iloc[counted].to_dict("records")], counted)
    for place, reason in enumerate(away["reason"]):
        if reason:
            instead(turned, place, Sentence("not counted: {reason}", reason=Reason(reason)), inches=_HALF)
    over(turned, Sentence("Lawful visitors turned away"), _HALF, room=DIRECTIONS)
    directions(turned)
    before = _usual(away)
    if before == before:
        away_now = Amount(before, number)
        said = Sentence("a month, more than under the baseline, which turns away {before}", before=away_now)
        under(turned, said, _HALF)
    else:
        turned.set_xticks([])
    turned.tick_params(labelleft=False)
    key = key_of((*harm["verdict"], *away["verdict"]), "lower", RESOLVED)
    sheet.finish(Sentence("Harm spared, and visitors turned away for it"), paragraph(LUCK, note), key)
    return sheet.panels


def _numbers(axes: Axes, arms: Sequence[str], found: Sequence[Estimate], places: Sequence[int]) -> None:
    """Draw numbers in these of the rows of policies, on an axis that has zero in view."""
    zero(axes)
    axes.use_sticky_edges = False
    rows(axes, arms)
    estimates(axes, found, places)
    low, high = axes.get_xlim()
    reach = high - low
    axes.set_xlim(min(low, -0.05 * reach), max(high, 0.05 * reach))
    axes.locator_params(axis="x", nbins=5)
    number_axis(axes, "x")
    told(axes, found, places)


def _spared(row: dict[Any, Any]) -> Estimate:
    less, verdict = interval_of(row, "difference", -1), Verdict(row["verdict"])
    turned = {Verdict.LOWERS: Verdict.RAISES, Verdict.RAISES: Verdict.LOWERS}.get(verdict, verdict)
    return Estimate(less, turned, "higher", signed(less.value), number_ends(less))


def _turned_away(row: dict[Any, Any]) -> Estimate:
    more = interval_of(row, "difference")
    return Estimate(more, Verdict(row["verdict"]), "lower", signed(more.value), number_ends(more))


@in_own_settings
def recorded(effects: pd.DataFrame, policies: Sequence[str] | None = None, axes: Given = None) -> Axes:
    """Draw true harm against recorded harm: the changes in percent of persons seriously harmed and of complaints.

    Recorded harm can rise without one harm more, where complaining becomes easier, and fall without one less.

    Args:
        effects: The table of effects of a comparison.
        policies: The arms, in the order in which to draw them; all, by the size of their effect on harm, if none are
            given.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    arms = by_effect(effects, HERE) if policies is None else list(policies)
    sheet = Sheet(axes, 1.7 * ROW * len(arms) + 1.0)
    zero(sheet.axes)
    sheet.axes.use_sticky_edges = False
    rows(sheet.axes, arms)
    sheet.axes.grid(visible=False, axis="y")
    for edge in range(1, len(arms)):
        sheet.axes.axhline(edge - 0.55, color=GREY, linewidth=0.4)
    harm, complaints = (
        [_relative(row, name) for row in rows_of(effects, name, arms).to_dict("records")]
        for name in (HERE, "recorded_harm")
    )
    places = [[place + shift for place in range(len(arms))] for shift in (-0.2, 0.25)]
    estimates(sheet.axes, harm, places[0])
    estimates(sheet.axes, complaints, places[1])
    sheet.axes.set_xlim(*at_least_a_percent(sheet.axes.get_xlim()))
    number_axis(sheet.axes, "x")
    told(sheet.axes, harm, places[0])
    told(sheet.axes, complaints, places[1])
    under(sheet.axes, Sentence("Change from the baseline, %"), WIDTH - NAMES - 0.3)
    directions(sheet.axes)
    there = [one.verdict for one in (*harm, *complaints)]
    key = [
        *(Line2D([], [], ls="", label=spoken(row)) for row in (_UPPER, _LOWER)),  # marks tell verdicts
        *key_of(there, "lower", RESOLVED),
    ]
    said = Sentence("Recorded harm follows reporting as well as harm: it can rise without one harm more.")
    sheet.finish(Sentence("True harm and recorded harm"), paragraph(said, LUCK, HERE_ALONE), key)
    return sheet.axes


_UPPER = Sentence("above: persons seriously harmed (true harm)")
_LOWER = Sentence("below: complaints to the police (recorded harm)")


@in_own_settings
def staff(counts: Counts, policies: Sequence[str] | None = None, axes: Given = None) -> Axes:
    """Draw how busy moderators are: the share of their capacity used under the baseline and each policy, with its 95%.

    Args:
        counts: The counts of every arm and the baseline.
        policies: The arms, in the order in which to draw them; all, the busiest first, if none are given.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    busy = BY_NAME["staff_busy_share"].formula(counts.sums())
    shares = {arm: _level(by_seed(busy, arm)) for arm in dict.fromkeys(busy.index.get_level_values("policy"))}
    others = [arm for arm in shares if arm != BASELINE]
    busiest_first = sorted(others, key=lambda arm: -np.nan_to_num(shares[arm].value, nan=-1))
    arms = [BASELINE, *(busiest_first if policies is None else policies)]
    sheet = Sheet(axes, ROW * len(arms) + 0.8)
    rows(sheet.axes, [spoken(Term("baseline")), *arms[1:]])
    sheet.axes.set_xlim(0, _MOST)
    number_axis(sheet.axes, "x")
    for share, words in ((IDLE, Term("idle")), (OVERLOADED, Term("overloaded"))):
        sheet.axes.axvline(100 * share, color=INK, linewidth=LINE / 2, ls=":")
        above(sheet.axes, 100 * share / _MOST, spoken(words), inwards=False)
    for place, arm in enumerate(arms):
        percent = Interval(*(100 * end for end in shares[arm]))
        if percent.value != percent.value:
            instead(sheet.axes, place, Sentence("nobody on shift"))
            continue
        reach = [[percent.value - percent.low], [percent.high - percent.value]]
        sheet.axes.errorbar(percent.value, place, xerr=reach, fmt="o", color=INK, capsize=2.5, elinewidth=LINE)
        beside(sheet.axes, place, percent.value, whole_percent(shares[arm].value), number_ends(percent), INK)
    under(sheet.axes, Sentence("Reviews done, % of those that moderators on shift could do"), WIDTH - NAMES - 0.3)
    grows = Sentence(
        "Below {idle} more staff can change next to nothing, above {overloaded} the queue grows.",
        idle=Amount(IDLE, whole_percent), overloaded=Amount(OVERLOADED, whole_percent),
    )  # fmt: skip
    sheet.finish(Sentence("How busy moderators are"), paragraph(grows, LUCK))
    return sheet.axes


_MOST = 105
"""Percent at the right end of an axis of shares."""


def _level(values: Any) -> Interval:
    return t_interval(values[np.isfinite(values)]).within(0, 1)
