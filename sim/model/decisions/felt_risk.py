"""Felt risk: what arrests and bans add to it, how it fades, and what predators leave because of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from sim.model.decisions.codes import MICRO
from sim.model.decisions.either import yes_or_no
from sim.model.world.draws import Bools, Ints, Word, below, unit
from sim.model.world.keys import Whole
from sim.rules.parameters import FeltRisk

CLASSES_OF_SENSITIVITY: Final = 3
"""Equally many predators mind felt risk not at all, by `sensitivity`, and twice as much."""

MOST_MICRO: Final = MICRO * MICRO
"""Felt risk that is not exceeded: all approaches are left long before, and products fit into 63 bits."""


def kept_an_hour(felt_risk: FeltRisk) -> int:
    """Return what is left of felt risk after an hour, in units of 2**-32."""
    return int((Decimal(2) ** (32 - 1 / (168 * Decimal(str(felt_risk.half_life_weeks))))).to_integral_value())


def faded(stock_micro: Whole, kept: int) -> Whole:
    """Return felt risk an hour later: in millionths, whole ones."""
    # Of two halves, so that nothing runs over.
    high, low = stock_micro >> 20, stock_micro & (1 << 20) - 1
    return (high * kept >> 12) + (low * kept >> 32)


def added(per_event: float, n_events: int | Ints, n_predators: int | Ints) -> Ints:
    """Return the felt risk that events add, in millionths: so much each for every 1,000 predators; none without any."""
    more: Ints = round(per_event * MICRO) * 1000 * n_events // np.maximum(n_predators, 1)
    return np.minimum(more, MOST_MICRO) * (np.asarray(n_predators) > 0)


def sensitivity(word: Word) -> int | Ints:
    """Return how much a predator minds felt risk, relative to `sensitivity`: 0, 1 or 2."""
    return below(word, CLASSES_OF_SENSITIVITY)


def share_left(stock_micro: int | Ints, sensitivity: int | Ints, felt_risk: FeltRisk) -> int | Ints:
    """Return the share of approaches that predators leave at a stock, in millionths, all of them at most."""
    return np.minimum(stock_micro * (round(felt_risk.sensitivity * MICRO) * sensitivity) // MICRO, MICRO)


@yes_or_no
def held_back(word: Word, share_left_micro: int | Ints) -> bool | Bools:
    """Tell whether felt risk keeps a predator from an approach; what little keeps from, much does too."""
    return unit(word) * MICRO < share_left_micro


def leave_milli(share_left_micro: int | Ints, felt_risk: FeltRisk) -> int | Ints:
    """Return how readily contacts leave the platform, in thousandths of the hazard."""
    return 1000 + share_left_micro * round(felt_risk.rel_leave * 1000) // MICRO
