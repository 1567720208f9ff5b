"""Verdicts: what can be said of a finding, in a word of a fixed list: files keep the codes, people read the labels."""

from __future__ import annotations

from sim.rules.sentences import Code


class Verdict(Code):
    """What a comparison says of an effect, of a sum, of a bar or of a pattern, or what stands where it says nothing."""

    LOWERS = "lowers"
    RAISES = "raises"
    NOT_RESOLVED = "not resolved"
    IDENTICAL = "identical"
    TOO_FEW = "too few"
    NOT_COUNTED = "not counted"
    NO_PERCENTAGE = "no percentage"
    NO_HARM = "no harm"

    ABOVE_THE_SUM = "above the sum"
    BELOW_THE_SUM = "below the sum"

    MOVES = "moves"
    STAYS = "stays"
    TURNS = "turns"

    PASSED = "passed"
    NOT_PASSED = "not passed"
    SIGN_PASSED = "sign passed"
    SIGN_NOT_PASSED = "sign not passed"
    SIGN_NOT_RESOLVED = "sign not resolved"


RESOLVED = (Verdict.LOWERS, Verdict.RAISES)
"""Verdicts that know the sign of an effect, Monte Carlo error considered."""

COMPARED = (*RESOLVED, Verdict.NOT_RESOLVED)
"""Verdicts beside which a number stands; any other stands in its place."""


class Reason(Code):
    """Why an outcome is not counted under a policy."""

    NO_MONTH = "the window is shorter than a month of 30 days"
    ONLY_BEFORE = "its door is in force only before the months that are counted"
    NOTHING = "under neither is there anything in any seed to take a share or a mean of"
