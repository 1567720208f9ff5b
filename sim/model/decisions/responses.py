"""What targets and third parties do: block, withdraw or stay, report, complain, report falsely."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.model.decisions.codes import BLOCK, STAY, WITHDRAW
from sim.model.decisions.numbers import Numbers
from sim.model.world.draws import Draws, Purpose, pick, unit


def on_recognition(block: Any, stay: Any, numbers: Numbers) -> Any:
    """Return what a target who recognises a contact does: `BLOCK`, `WITHDRAW` (end it without a block) or `STAY`."""
    return np.where(unit(block) < numbers.p_block, BLOCK, np.where(unit(stay) < numbers.p_stay, STAY, WITHDRAW))


def chance(constant: Any, trait: Any, fresh: Any, p: Any, p_constant: float) -> Any:
    """Decide with probability p; a share `p_constant` of a person's decisions follows the same trait.

    Args:
        constant: Word that says whether this decision follows the trait.
        trait: The person's own word.
        fresh: Word of this occasion.
        p: Probability.
        p_constant: Share that follows the trait.
    """
    return np.where(unit(constant) < p_constant, unit(trait) < p, unit(fresh) < p)


def p_report(p_ready: Any, rel_ready: Any, friction: Any) -> Any:
    """Return the probability that a target reports, given readiness, what answers do to it, and friction."""
    return np.minimum(1, p_ready * rel_ready) * (1 - friction)


def would_report(draws: Draws, seed: Any, contact: Any, occasion: Any, person: Any, p: Any, p_constant: float) -> Any:
    """Tell whether a target who recognised a contact reports it; who reports when it is hard does when it is easy."""
    constant, fresh = draws.words((Purpose.REPORT_CONSTANT, Purpose.REPORT_FRESH), seed, contact, occasion)
    trait = draws.words(Purpose.REPORT_TRAIT, seed, person)
    return chance(constant, trait, fresh, p, p_constant)


def reports_falsely(effort: Any, friction: Any, rel_false: Any) -> Any:
    """Tell whether a lawful conversation leads to a report."""
    return effort < (1 - friction) * rel_false


def flags(word: Any, p_flagged: Any) -> Any:
    """Tell whether a trusted flagger reports a contact that the target recognised but did not report."""
    return unit(word) < p_flagged


def complaint_delay(draws: Draws, seed: Any, contact: Any, occasion: Any, numbers: Numbers) -> Any:
    """Return after how many hours a complaint reaches the police."""
    at_once, delay = draws.words((Purpose.COMPLAIN_AT_ONCE, Purpose.COMPLAIN_DELAY), seed, contact, occasion)
    return np.where(unit(at_once) < numbers.p_at_once, 0, pick(delay, numbers.delay_hours))
