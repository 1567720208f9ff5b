"""What targets and third parties do: block, withdraw or stay, report, complain, report falsely."""

from __future__ import annotations

import numpy as np

from sim.model.decisions.codes import BLOCK, STAY, WITHDRAW
from sim.model.decisions.either import yes_or_no
from sim.model.decisions.numbers import Numbers
from sim.model.world.draws import Bools, Floats, Ints, Number, Word, pick, unit


def on_recognition(block: Word, stay: Word, numbers: Numbers) -> Ints:
    """Return what a target who recognises a contact does: `BLOCK`, `WITHDRAW` (end it without a block) or `STAY`."""
    return np.where(unit(block) < numbers.p_block, BLOCK, np.where(unit(stay) < numbers.p_stay, STAY, WITHDRAW))


@yes_or_no
def would_report(constant: Word, trait: Word, fresh: Word, p: Number, p_constant: float) -> bool | Bools:
    """Tell whether a target who recognised a contact reports it; who reports when it is hard does when it is easy.

    A share `p_constant` of a person's decisions follows the same trait.

    Args:
        constant: Word that says whether this decision follows the trait.
        trait: The person's own word.
        fresh: Word of this occasion.
        p: `p_report`.
        p_constant: Share that follows the trait.
    """
    return np.where(unit(constant) < p_constant, unit(trait) < p, unit(fresh) < p)


def p_report(p_ready: Number, rel_ready: Number, friction: Number) -> Floats:
    """Return the probability that a target reports, given readiness, what answers do to it, and friction."""
    return np.minimum(1, p_ready * rel_ready) * (1 - friction)


@yes_or_no
def reports_falsely(effort: float | Floats, friction: Number, rel_false: Number) -> bool | Bools:
    """Tell whether a lawful conversation leads to a report."""
    return effort < (1 - friction) * rel_false


@yes_or_no
def flags(word: Word, p_flagged: Number) -> bool | Bools:
    """Tell whether a trusted flagger reports a contact that the target recognised but did not report."""
    return unit(word) < p_flagged


@yes_or_no
def complains(word: Word, p_complain: Number) -> bool | Bools:
    """Tell whether a person harmed, or who recognised a contact, complains to the police, be it late."""
    return unit(word) < p_complain


def complaint_delay(at_once: Word, delay: Word, numbers: Numbers) -> Ints:
    """Return after how many hours a complaint reaches the police."""
    return np.where(unit(at_once) < numbers.p_at_once, 0, pick(delay, numbers.delay_hours))
