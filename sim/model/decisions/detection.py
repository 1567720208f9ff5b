"""A detector of the site: what it reads, what it flags, what it takes for one, and who leaves because of it."""

from __future__ import annotations

import numpy as np

from sim.model.decisions.either import yes_or_no
from sim.model.world.draws import Bools, Floats, Ints, Number, Word, unit
from sim.rules.rulebook import MOST_P_FALSE, Rules


@yes_or_no
def reads(word: Word, coverage: Number) -> bool | Bools:
    """Tell whether the detector reads a contact; what little coverage reads, more does too."""
    return unit(word) < coverage


def p_detect(p_stage: Number, rel_detect: Number) -> Floats:
    """Return the probability that a contact that is read is flagged at a stage, given how far its offence is seen."""
    return np.minimum(1, p_stage * rel_detect)


@yes_or_no
def detects(word: Word, p: Number) -> bool | Bools:
    """Tell whether a contact that is read is flagged at a stage."""
    return unit(word) < p


@yes_or_no
def raises_false_alarm(effort: float | Floats, coverage: Number, p_false: Number) -> bool | Bools:
    """Tell whether a lawful conversation, one of the most that could, is read and raises a false alarm."""
    return effort * MOST_P_FALSE < coverage * p_false


def watched_milli(rules: Rules, rel_leave: float) -> int:
    """Return how readily private contacts leave a platform that is watched, in thousandths of the hazard."""
    return 1000 + round((rel_leave - 1) * rules.detection.coverage * 1000)


def watched(hazard_nano: Ints | int, milli: Ints | int) -> Ints | int:
    """Return the hazard of leaving a platform that is watched."""
    return hazard_nano * milli // 1000
