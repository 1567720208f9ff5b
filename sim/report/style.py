"""The house style of figures: sizes, colours, marks and what they mean, how numbers and dates read on an axis.

Everywhere the same marks: blue discs are better, vermilion squares worse, by the direction that the outcome declares;
open grey circles are not resolved, crosses identical to the baseline. Shape and fill say it too, so that a figure reads
in grey as in colour. Blue and vermilion are told apart by colour-blind readers (Okabe and Ito 2008).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.outcomes.outcome import Better
from sim.outcomes.statistics import Interval
from sim.outcomes.verdicts import RESOLVED, Verdict
from sim.rules.language import language, punctuated, speaking, writing
from sim.rules.sentences import Sentence, Words, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 7.2
"""Inches of every figure that has no more to show: a column of a page, on which `BASE` is as large as its text."""

TITLE, BASE, SMALL, FINE = 13, 10, 9, 8
"""Points of titles, of names and numbers, of what stands beside them, and of captions."""

BLUE, VERMILION, GREY, INK = "#0072B2", "#D55E00", "#6B6B6B", "#222222"
PALE_BLUE, PALE_VERMILION = "#8CBFE0", "#F0AE80"
"""Of parts beside parts in blue and vermilion, darker than the ground and lighter than they also in grey."""

PALE = "#E4E4E4"
"""Of grids."""

DOUBT = "#E3C1D4"
"""Of wide bands: how far an effect goes over worlds. Luck is a thin line with ends, in the colour of the verdict."""

THIN, LINE, THICK = 0.7, 1.4, 1.8

SETTINGS: Mapping[str, Any] = {
    "font.size": BASE,
    "axes.unicode_minus": False,
    "figure.facecolor": "white",
    "hatch.linewidth": 0.6,
}
"""What figures set of matplotlib. The ground is white, so that a figure is a card on a dark page."""

FONTS = "DejaVu Sans, Verdana, sans-serif"
"""What the text of a page's figure is set in: the first comes with matplotlib, the second has the same widths and is on
most systems where that is not."""


class Mark(NamedTuple):
    """How an estimate is drawn, and what that means."""

    colour: str
    shape: str
    filled: bool
    words: Words

    def style(self) -> dict[str, Any]:
        """Return it as arguments of matplotlib."""
        inside = self.colour if self.filled else "white"
        return {"marker": self.shape, "color": self.colour, "markerfacecolor": inside, "markersize": 6}

    @property
    def sign(self) -> str:
        """The letter that looks like it."""
        return _SIGNS[self.shape, self.filled]


_SIGNS = {
    ("o", True): "●",
    ("s", True): "■",
    ("o", False): "○",
    ("x", True): "\N{MULTIPLICATION SIGN}",
    ("v", True): "▼",
    ("^", True): "▲",
}

BETTER = Mark(BLUE, "o", True, Sentence("better"))
WORSE = Mark(VERMILION, "s", True, Sentence("worse"))


def mark_of(verdict: Verdict, better: Better) -> Mark | None:
    """Return how a verdict is drawn for an outcome with a better direction; ``None`` if it stands there in words."""
    if verdict == Verdict.IDENTICAL:
        return Mark(GREY, "x", True, Sentence("identical: the same over the window in every seed"))
    if verdict == Verdict.NOT_RESOLVED:
        return Mark(GREY, "o", False, verdict)
    if verdict not in RESOLVED:
        return None
    if better == "neither":
        shape = "v" if verdict == Verdict.LOWERS else "^"
        return Mark(INK, shape, True, Sentence("{verdict}, neither better nor worse by itself", verdict=verdict))
    if (verdict == Verdict.LOWERS) == (better == "lower"):
        return BETTER._replace(words=Sentence("{verdict}: better", verdict=verdict))
    return WORSE._replace(words=Sentence("{verdict}: worse", verdict=verdict))


def colour_of(verdict: Verdict, better: Better) -> str:
    """Return the colour of a verdict."""
    mark = mark_of(verdict, better)
    return mark.colour if mark else GREY


def verdict_of(interval: Interval) -> Verdict:
    """Return the verdict that an interval says, where there is no other."""
    if not any(interval):
        return Verdict.IDENTICAL
    return (Verdict.NOT_RESOLVED, Verdict.RAISES, Verdict.LOWERS)[interval.sign]


def dress(axes: Axes, *grids: str) -> None:
    """Put axes into the house style: no frame but what is read, pale grids along these of ``x`` and ``y``."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set(color=GREY, linewidth=THIN)
    axes.tick_params(labelsize=SMALL, color=GREY, labelcolor=INK, width=THIN, length=3)
    for along in grids:
        axes.grid(axis=along, color=PALE, linewidth=THIN)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def number_axis(axes: Axes, along: str) -> None:
    """Write the numbers of an axis as the language does that people read now."""
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_major_formatter(partial(_number, language()))


def _number(spoken_in: str, value: float, _: int | None = None) -> str:
    with speaking(spoken_in):
        return punctuated(f"{value + 0.0:,.9f}".rstrip("0").rstrip("."))


def date_axis(axes: Axes, start: dt.date, days: int, most: int) -> None:
    """Write dates along the axis of so many days, by name of the month; the year stands under the first of it.

    Args:
        axes: The axes.
        start: The first day.
        days: How many there are.
        most: How many dates there is room for.
    """
    from matplotlib import dates

    about = -(-days // most)
    locator = (
        dates.MonthLocator(interval=-(-about // 31))  # type: ignore[no-untyped-call]
        if days > _BY_MONTH
        else dates.DayLocator(interval=about)  # type: ignore[no-untyped-call]
    )
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(partial(_date, language(), start.year, days > _BY_MONTH))


_BY_MONTH = 90


def _date(spoken_in: str, first_year: int, by_month: bool, value: float, position: int | None = None) -> str:
    from matplotlib.dates import num2date

    day: dt.datetime = num2date(value)  # type: ignore[no-untyped-call]
    with speaking(spoken_in):
        said = month_and_day(day.date(), by_month)
    return f"{said}\n{day.year}" if position == 0 or (day.year > first_year and day.month == 1) else said


def month_and_day(day: dt.date, month_alone: bool = False) -> str:
    """Return a date as calendars shorten it, without the year: ``15 Jan``."""
    month = writing().months.split()[day.month - 1]
    return month if month_alone else spoken(Sentence("{day} {month}", day=str(day.day), month=month))
