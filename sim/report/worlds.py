"""Worlds: doubt beside luck, wherever the two stand together.

A world is the model with one value for each of its uncertain parameters. Luck is what differs between runs of one
world, doubt what differs between worlds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sim.outcomes.doubt import FEWEST_FOR_A_RANGE, SETS_WITHIN
from sim.outcomes.statistics import Interval, interval_of
from sim.outcomes.verdicts import Verdict
from sim.report.text import DASH, change, size, size_ends, unsigned_percent
from sim.rules.sentences import Amount, Sentence, Words

VAGUE = 0.5
"""A share whose interval is wider is not said in a sentence."""


class Worlds(NamedTuple):
    """What is left of an effect over worlds.

    Attributes:
        middle: Median of the change, with the ends between which another world lies in 90 of 100 cases.
        asked: Worlds that were run.
        known: Those of them in which there are events enough to compare.
        lowers: Those of these in which the outcome is lower than under the baseline.
        raises: Those in which it is higher.
        luck: Share of the spread that is luck, if it was told apart.
        assumed: Share of the spread that rests on assumed numbers, at most.
    """

    middle: Interval
    asked: int
    known: int
    lowers: int
    raises: int
    luck: Interval
    assumed: Interval

    @property
    def enough(self) -> bool:
        """Whether there are enough of them to tell a range."""
        return self.known >= FEWEST_FOR_A_RANGE

    @property
    def cell(self) -> Words:
        """Return the range as it stands in a table."""
        return Amount(self.middle, change) if self.enough else Verdict.TOO_FEW

    def beside(self, falls: bool) -> Sentence:
        """Return what stands beside the size of an effect: its range, and in how many worlds it has the same sign.

        Args:
            falls: Whether the effect is a fall, whose size is told.
        """
        if not self.enough:
            return Sentence("; doubt: too few worlds with harms enough to compare")
        same = self.lowers if falls else self.raises
        reach = Interval(-self.middle.value, -self.middle.high, -self.middle.low) if falls else self.middle
        if reach.low > 0:
            ends: Words = Amount(reach, size_ends)
        else:
            ends = Sentence("{low} to {high}", low=_end(self.middle.low), high=_end(self.middle.high))
        n, other = self.known, self.raises if falls else self.lowers
        if other > same and falls:
            return Sentence(
                "; doubt {ends}; it lowers in {same} of {n} worlds and raises in {other}",
                ends=ends, same=same, n=n, other=other,
            )  # fmt: skip
        if other > same:
            return Sentence(
                "; doubt {ends}; it raises in {same} of {n} worlds and lowers in {other}",
                ends=ends, same=same, n=n, other=other,
            )  # fmt: skip
        if falls:
            return Sentence("; doubt {ends}; it lowers in {same} of {n} worlds", ends=ends, same=same, n=n)
        return Sentence("; doubt {ends}; it raises in {same} of {n} worlds", ends=ends, same=same, n=n)

    @property
    def alone(self) -> Sentence | None:
        """Return what the range is of an effect whose sign is not told apart by luck; nothing if all are the same."""
        if not self.enough or not any(self.middle):
            return None
        low, high = (_end(end) for end in self.middle[1:])
        return Sentence("doubt {low} to {high}", low=low, high=high)


def worlds_of(row: Mapping[Any, Any]) -> Worlds:
    """Return what a row of `Doubt.spreads` says."""
    asked, known = int(row["sets"]), int(row["sets"] - row["without"])
    lowers, raises = (0 if row[name] != row[name] else round(row[name] * known) for name in ("lowered", "raised"))
    shares = interval_of(row, "luck"), interval_of(row, "assumed")
    return Worlds(interval_of(row, "median"), asked, known, lowers, raises, *shares)


def range_in_words(n: int) -> Sentence:
    """Say what a range over so many worlds is."""
    if n < SETS_WITHIN:
        return Sentence("all of {n} worlds", n=n)
    return Sentence("90% of {n} worlds", n=n)


def _end(share: float) -> Words:
    """Return an end of a range that goes past zero, the direction in words."""
    if not share:
        return Sentence("no change")
    if share < 0:
        return Sentence("{size} less", size=Amount(share, unsigned_percent))
    return Sentence("{size} more", size=Amount(share, unsigned_percent))


def share_cell(share: Interval) -> Words:
    """Return a share with its interval as it stands in a table, a dash where there is none."""
    return Amount(share, size) if share.value == share.value else DASH


def told(share: Interval) -> bool:
    """Tell whether a share is known well enough to be said in a sentence."""
    return bool(share.high - share.low <= VAGUE)
