"""How numbers read: three digits, percentages and changes with their intervals, values of rules, names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sim.outcomes.statistics import Interval
from sim.outcomes.verdicts import COMPARED, Verdict
from sim.rules.errors import written
from sim.rules.language import punctuated
from sim.rules.rulebook import Value
from sim.rules.sentences import Amount, Sentence, Words, spoken
from sim.rules.words import plain_number as plain_number

LONGEST_NAME = 28
"""Characters of the name of a policy in a table."""

DASH = "-"
"""What stands where there is nothing to be said."""

_MOST_DECIMALS = 3


def number(value: float) -> str:
    """Return three significant digits, or whole numbers in groups of thousands; a dash where there is none."""
    if value != value:
        return DASH
    if abs(value) >= 100 or value == int(value):
        return punctuated(f"{value + 0.0:,.0f}")
    decimals = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    if round(value, decimals) == 0:  # what is not zero does not read as zero
        decimals = math.ceil(-math.log10(abs(value)))
    return punctuated(f"{value:.{decimals}f}")


def numbers(interval: Sequence[float], sign: str = "") -> str:
    """Return an estimate with its interval, ``671 (640 to 702)``; the estimate alone where both ends read the same."""
    value, low, high = interval
    shown, ends = f"{sign * (value > 0)}{number(value)}", (number(low), number(high))
    return shown if ends[0] == ends[1] else _within(shown, *ends)


def difference(interval: Sequence[float]) -> str:
    """Return an estimate with its sign and interval, ``+671 (640 to 702)``."""
    return numbers(interval, "+")


def signed(value: float) -> str:
    """Return a number with its sign, ``+671``."""
    return f"{'+' * (value > 0)}{number(value)}"


def number_ends(interval: Sequence[float]) -> str:
    """Return the interval of a number, ``640 to 702``; nothing where both ends read the same."""
    low, high = (number(end) for end in interval[1:])
    return "" if low == high else _ends(low, high)


def percents(shares: Sequence[float], sign: str) -> list[str]:
    """Return a share and its ends in percent with a common number of digits, fewer where they are large or uncertain.

    If the ends leave out zero, they do not read as zero.
    """
    value, low, high = shares
    wide = abs(value) >= 0.1 or high - low >= 0.1
    decimals = 0 if wide else 1
    if low > 0 or high < 0:
        while decimals < _MOST_DECIMALS and not all(round(100 * x, decimals) for x in (low, high)):
            decimals += 1
        points = [round(100 * x, decimals) or math.copysign(10.0**-decimals * bool(x), x) for x in shares]
    else:
        points = [round(100 * x, decimals) + 0.0 * x for x in shares]
    return [punctuated(f"{x:{sign if share else ''},.{decimals}f}") for x, share in zip(points, shares, strict=True)]


def change(interval: Sequence[float]) -> str:
    """Return a change in percent with its interval, ``-18% (-31 to -4)``; 0 where no seed differs, a dash for none."""
    return _changed(interval, _in_percent)


def points(interval: Sequence[float]) -> str:
    """Return the same without the unit, which stands elsewhere: ``-18 (-31 to -4)``."""
    return _changed(interval, str)


def _changed(interval: Sequence[float], unit: Callable[[str], str]) -> str:
    if interval[0] != interval[0]:
        return DASH
    if not any(interval):
        return "0"
    value, low, high = percents(interval, "+")
    return unit(value) if interval[1] != interval[1] else _within(unit(value), low, high)


def _in_percent(number: str) -> str:
    return spoken(Sentence("{number}%", number=number))


def _within(value: str, low: str, high: str) -> str:
    return spoken(Sentence("{value} ({low} to {high})", value=value, low=low, high=high))


def _ends(low: str, high: str) -> str:
    return spoken(Sentence("{low} to {high}", low=low, high=high))


def size(interval: Sequence[float]) -> str:
    """Return how large a change in percent is, without its sign: ``18% (4 to 31)``."""
    value, low, high = percents(interval, "")
    return _within(_in_percent(value), low, high)


def size_alone(interval: Sequence[float]) -> str:
    """Return how large a change in percent is, with as many digits as beside its interval: ``18%``."""
    return _in_percent(percents(interval, "")[0])


def size_ends(interval: Sequence[float]) -> str:
    """Return the interval of it: ``4 to 31``."""
    _, low, high = percents(interval, "")
    return _ends(low, high)


def value_alone(interval: Sequence[float]) -> str:
    """Return a change in percent with as many digits as beside its interval, ``-18%``."""
    return _in_percent(percents(interval, "+")[0])


def value_points(interval: Sequence[float]) -> str:
    """Return the same in points, whose unit stands elsewhere: ``-18``."""
    return percents(interval, "+")[0]


def ends_alone(interval: Sequence[float]) -> str:
    """Return the interval of a change in percent, ``-31 to -4``."""
    _, low, high = percents(interval, "+")
    return _ends(low, high)


def percent(share: float) -> str:
    """Return a change in percent without an interval, ``-18%``."""
    return _in_percent(percents((share, share, share), "+")[0] if share else "0")


def percent_as_given(share: float) -> str:
    """Return a share in percent with the digits that it has, up to three: ``2.5%``."""
    return _in_percent(punctuated(f"{100 * share:.3g}"))


def unsigned_percent(share: float) -> str:
    """Return how large a change in percent is, without an interval: ``18%``."""
    return percent(abs(share)).lstrip("+")


def whole_percent(share: float) -> str:
    """Return a share in whole percent, ``18%``; what is less than one keeps a digit."""
    return _in_percent(f"{100 * share:.0f}" if share >= 0.01 else punctuated(f"{100 * share:.1g}"))


def tenths(share: float) -> str:
    """Return a share in percent to the tenth, the unit elsewhere: ``19.5``."""
    return punctuated(f"{round(100 * share, 1) + 0.0:g}")


def tenths_percent(share: float) -> str:
    """Return a share in percent to the tenth, ``19.5%``."""
    return _in_percent(tenths(share))


def two_digits(value: float) -> str:
    """Return two significant digits: ``0.16``."""
    return punctuated(f"{value:.2g}")


def in_percent(verdict: Verdict, relative: Interval) -> Words:
    """Return a change in percent with its interval, or what stands in its place: the verdict, or that there is none."""
    if verdict not in COMPARED:
        return verdict
    return Amount(relative, change) if relative.value == relative.value else Verdict.NO_PERCENTAGE


def plain(value: Value) -> str:
    """Return a value of a rule as scenarios write it, without quotes: ``0.2``, ``email``, ``[mon, tue]``."""
    return written(value).replace('"', "")


def capitalised(words: Words) -> str:
    """Return words with a capital letter, as they begin a sentence."""
    text = spoken(words)
    return f"{text[:1].upper()}{text[1:]}"


def without_marks(words: Words) -> str:
    """Return words without the marks that documents set names in."""
    return spoken(words).replace("`", "")


def short(name: str) -> str:
    """Return a name cut to the width of a column."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 2]}.."
