"""Figures over time: the level of harm under the baseline, and what each policy changes, period by period."""

from __future__ import annotations

from sim.report.canvas import in_own_settings  # before matplotlib, which it imports whatever the environment asks for

# isort: split
import datetime as dt
from collections.abc import Sequence
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.model.records import DAYS_PER_WINDOW_YEAR
from sim.outcomes.counts import HERE, Counts, by_seed, periods_of, years_of
from sim.outcomes.outcome import Outcome
from sim.outcomes.outcomes import BY_NAME, outcomes_of
from sim.outcomes.statistics import Floats, Interval, interval_of, t_interval
from sim.outcomes.verdicts import RESOLVED, Verdict
from sim.report.compare_figures import LUCK, by_effect, rows_of
from sim.report.drawing import (
    DIRECTIONS,
    Given,
    Panels,
    Sheet,
    above,
    at_least_a_percent,
    name_at_ends,
    note,
    over,
    steps,
    under,
    wrapped,
    zero,
)
from sim.report.remarks import alone
from sim.report.rows import directions, draw, key_of
from sim.report.style import (
    BASE,
    FINE,
    GREY,
    INK,
    LINE,
    WIDTH,
    Mark,
    colour_of,
    date_axis,
    dress,
    mark_of,
    month_and_day,
    number_axis,
)
from sim.report.text import number, value_alone
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words, paragraph, spoken
from sim.scenario.scenario import BASELINE, Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BANDS = Sentence("Bands: luck (95%, Monte Carlo error alone), parameters as in the scenario.")
_DOTTED: dict[str, Any] = {"color": INK, "linewidth": LINE / 1.5, "linestyle": ":"}
_COLUMNS = 3
_DATES = 9
"""Dates under a panel as wide as the figure."""
_HEIGHT = 2.3
"""Inches of the upright axis of a course."""

_LABEL = 1.5
"""Inches of the name of a policy at the end of its course."""


@in_own_settings
def difference(
    counts: Counts,
    effects: pd.DataFrame,
    outcome: Outcome = BY_NAME[HERE],
    policies: Sequence[str] | None = None,
    axes: Given = None,
) -> Panels:
    """Draw what each policy changes over time: the difference from the baseline with its 95% band over the seeds.

    The window is cut at the dates of a policy, and between them into periods as `periods_of` says, or into its
    months where the outcome is counted by them. Each is a step, and nothing is drawn before the policy begins. A dotted
    line is a date of the policy.

    Args:
        counts: The counts of every arm and the baseline.
        effects: The table of effects, for the verdicts.
        outcome: What to draw.
        policies: The arms, a panel each in this order; all, by the size of their effect, if none are given.
        axes: Axes to draw into, one for each policy; those of a new figure if none are given.

    Returns:
        The axes.
    """
    scenario = counts.scenario
    arms = by_effect(effects, outcome.name, outcome.better != "higher") if policies is None else list(policies)
    columns = min(_COLUMNS, len(arms))
    lines = -(-len(arms) // columns)
    sheet = Sheet(axes, 1.9 * lines + 0.6 if lines > 1 else 2.9, len(arms), columns, sharex=True, sharey=True)
    of = rows_of(effects, outcome.name, arms)
    sums: dict[tuple[int, int], pd.Series[float]] = {}
    for panel, arm in zip(sheet.panels, arms, strict=True):
        verdict = Verdict(str(of.loc[arm, "verdict"]))
        mark = mark_of(verdict, outcome.better)
        first = min((d.first_day for d in scenario.dated(arm)), default=0)
        cut = scenario.months if outcome.by_month else periods_of(scenario, arm)
        stretches = [days for days in pairwise(cut) if days[1] > first]
        for days in stretches:
            if days not in sums:
                sums[days] = outcome.formula(counts.sums(days))
        bands = [_band(by_seed(sums[days], arm) - by_seed(sums[days], BASELINE)) for days in stretches]
        zero(panel, "y")
        for day in _days_of(scenario, arm):
            panel.axvline(_place(scenario, day), **_DOTTED)
        if bands:
            edges = [_place(scenario, max(first, day)) for day in sorted({day for days in stretches for day in days})]
            steps(panel, np.array(edges), np.array(bands), mark)
        _over_the_window(panel, scenario, _DATES // columns)
        over(panel, arm, WIDTH / columns - 0.6, room=DIRECTIONS)
        said = f"{mark.sign} {spoken(mark.words if verdict in RESOLVED else verdict)}" if mark else spoken(verdict)
        above(panel, 0, said, colour_of(verdict, outcome.better))
    for panel in sheet.panels[max(0, len(arms) - columns) :]:
        panel.tick_params(labelbottom=True)
    level = Amount(float(of["baseline"].iloc[0]), number)
    caption = paragraph(
        Sentence(
            "Up: more than under the baseline, whose mean over the window is {level} {unit}. Dotted: the policy starts "
            "or ends. Marks: the verdict over the window.",
            level=level, unit=Term(outcome.unit),
        ),
        Term(outcome.course) if outcome.course else None,
        _BANDS,
        alone(scenario),
    )  # fmt: skip
    title = Sentence("{outcome}: difference from the baseline", outcome=Term(outcome.label))
    sheet.finish(title, caption, unit=Term(outcome.unit))
    return sheet.panels


@in_own_settings
def course(counts: Counts, policies: Sequence[str] = (), axes: Given = None) -> Axes:
    """Draw the level of serious harm under the baseline over time, with its 95% band over the seeds.

    So one sees from what level changes are. Dotted lines are the dates within the window at which policies start or
    end. Periods are those of `periods_of`.

    Args:
        counts: The counts of every arm and the baseline.
        policies: Arms whose levels to draw beside the baseline's, each with its name at its end.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    scenario, outcome = counts.scenario, outcomes_of(counts.scenario)[0]
    dates = _dates(scenario)
    sheet = Sheet(axes, _HEIGHT + 0.8 + DIRECTIONS / 72 * len(dates))
    panel, width = sheet.axes, WIDTH - 0.7 - (_LABEL if policies else 0)
    edges, levels = _levels(counts, outcome, BASELINE)
    ends = [levels[-1].value]
    for policy, style in zip(policies, cycle(_STYLES), strict=False):
        at, of_policy = _levels(counts, outcome, policy)
        values = [level.value for level in of_policy]
        panel.stairs(values, at, baseline=None, color=GREY, linewidth=LINE, linestyle=style)
        ends.append(of_policy[-1].value)
    steps(panel, edges, np.array(levels), Mark(INK, "o", True, None))
    panel.set_ylim(bottom=0)
    number_axis(panel, "y")
    dress(panel, "y")
    _over_the_window(panel, scenario, _DATES)
    low, high = panel.get_xlim()
    for line, (day, words) in enumerate(reversed(dates)):
        panel.axvline(_place(scenario, day), **_DOTTED)
        above(panel, (_place(scenario, day) - low) / (high - low), spoken(words), line=line)
    if policies:
        name_at_ends(panel, (Term("baseline"), *policies), ends, _HEIGHT, _LABEL)
    over(panel, Term(outcome.unit), width, bold=False, room=DIRECTIONS * len(dates))
    levels_alone = Sentence("Levels of harm are not identified: they show what changes start from.")
    once = Sentence(
        "Each person counts once in a year of the window: as it goes on, fewer are left to be counted anew."
    )
    title = (
        Sentence("Persons seriously harmed: the level over time")
        if policies
        else Sentence("Persons seriously harmed under the baseline: the level over time")
    )
    sheet.finish(title, paragraph(levels_alone, once, _BANDS, alone(scenario)))
    return panel


_STYLES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)))


@in_own_settings
def by_year(counts: Counts, over_time: pd.DataFrame, policies: Sequence[str] | None = None, axes: Given = None) -> Axes:
    """Draw each policy's change of serious harms in each year of the window.

    Args:
        counts: The counts of every arm and the baseline.
        over_time: The table of `Comparison.over_time`.
        policies: The arms, in the order in which to draw them; all, in that of the scenario, if none are given.
        axes: Axes to draw into; those of a new figure if none are given.

    Returns:
        The axes.
    """
    years = years_of(counts.scenario)
    arms = list(dict.fromkeys(over_time["policy"])) if policies is None else list(policies)
    of = {(row["policy"], row["first_day"], row["end_day"]): row for row in over_time.to_dict("records")}
    lines = len(years) + 1.5  # of each policy
    sheet = Sheet(axes, _YEAR * (len(arms) * lines) + 0.8)
    panel = sheet.axes
    panel.use_sticky_edges = False
    zero(panel)
    names: dict[float, Words] = {}
    drawn: list[tuple[float, Verdict, Interval]] = []
    for arm_place, arm in enumerate(arms):
        top = arm_place * lines
        name: dict[str, Any] = {"fontsize": BASE, "fontweight": "bold", "color": INK, "va": "center"}
        panel.text(0, top, wrapped(arm, WIDTH, BASE), transform=panel.get_yaxis_transform(), **name)
        for n, days in enumerate(years, 1):
            row = of[arm, *days]
            names[top + n] = Sentence("year {n}", n=n)
            if not row["in_force"]:
                continue
            verdict, share = Verdict(row["verdict"]), interval_of(row, "relative")
            draw(panel, top + n, Interval(*(100 * end for end in share)), verdict, "lower")
            drawn.append((top + n, verdict, share))
    panel.autoscale_view(scaley=False)
    panel.set_xlim(at_least_a_percent(panel.get_xlim()))
    number_axis(panel, "x")
    dress(panel, "x")
    for place, verdict, share in drawn:
        if share.value == share.value and any(share):
            note(panel, value_alone(share), (1, place), (6, 0), panel.get_yaxis_transform(), fontsize=FINE,
                 color=colour_of(verdict, "lower"))  # fmt: skip
    panel.set_yticks([*names], [spoken(name) for name in names.values()])
    panel.tick_params(axis="y", length=0, labelsize=FINE)
    panel.set_ylim(len(arms) * lines - 0.7, -0.8)
    directions(panel)
    under(panel, Sentence("Change of serious harms from the baseline, %"), WIDTH - 1.4)
    said = Sentence(
        "Years are of {days} days from the first measured one; the last may be shorter. Nothing stands where a policy "
        "is not in force on every day of a year.",
        days=DAYS_PER_WINDOW_YEAR,
    )
    sheet.finish(
        Sentence("What each policy changes, year by year"),
        paragraph(said, LUCK, alone(counts.scenario)),
        key_of([verdict for _, verdict, _ in drawn], "lower", RESOLVED),
    )
    return panel


_YEAR = 0.24
"""Inches from year to year."""


def _levels(counts: Counts, outcome: Outcome, arm: str) -> tuple[Floats, list[Interval]]:
    """Return the edges of the periods of an arm, as places on an axis of dates, and the level in each."""
    cut = periods_of(counts.scenario, arm)
    levels = [_band(by_seed(outcome.formula(counts.sums(days)), arm)) for days in pairwise(cut)]
    return np.array([_place(counts.scenario, day) for day in cut]), levels


def _days_of(scenario: Scenario, arm: str) -> list[int]:
    """Return the days within the window, or at its start, at which an arm has a date."""
    days = {day for dated in scenario.dated(arm) for day in (dated.first_day, dated.last_day) if day is not None}
    return sorted(day for day in days if day < scenario.days)


def _dates(scenario: Scenario) -> list[tuple[int, Sentence]]:
    """Return the days after its start on which policies start or end, with words that say which."""
    starts: dict[int, list[str]] = {}
    ends: dict[int, list[str]] = {}
    for arm in scenario.policies:
        for dated in scenario.dated(arm):
            starts.setdefault(dated.first_day, []).append(arm)
            if dated.last_day is not None:
                ends.setdefault(dated.last_day, []).append(arm)
    found = []
    for day in sorted({day for day in (*starts, *ends) if 0 < day < scenario.days}):
        date = month_and_day(scenario.start + dt.timedelta(days=day))
        events = [*_told(starts.get(day, ()), starting=True), *_told(ends.get(day, ()), starting=False)]
        found.append((day, Sentence("{date}: {events}", date=date, events=Listed(tuple(events), Term("; ")))))
    return found


def _told(arms: Sequence[str], starting: bool) -> list[Counted]:
    """Say which policies start or end, or how many if there are several."""
    one = {*arms}
    if not one:
        return []
    name, n = arms[0], len(one)
    if starting:
        return [Counted(n, Sentence("{policy} starts", policy=name), Sentence("{n} policies start", n=n))]
    return [Counted(n, Sentence("{policy} ends", policy=name), Sentence("{n} policies end", n=n))]


def _over_the_window(axes: Axes, scenario: Scenario, most: int) -> None:
    axes.set_xlim(_place(scenario, 0), _place(scenario, scenario.days))
    date_axis(axes, scenario.start, scenario.days, most)
    number_axis(axes, "y")


def _place(scenario: Scenario, day: int) -> float:
    """Return the place of a day on an axis of dates."""
    from matplotlib.dates import date2num

    return float(date2num(scenario.start)) + day  # type: ignore[no-untyped-call]


def _band(values: Floats) -> Interval:
    return t_interval(values[np.isfinite(values)])
