"""Whether a predator approaches somebody, and looks further."""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.model.decisions.either import yes_or_no
from sim.model.decisions.numbers import Numbers
from sim.model.world.draws import Bools, Number, Word, unit

MONTH_HOURS: Final = 720
"""Thirty days, from which on announced retention deters as much as it can."""


@yes_or_no
def looks_further(word: Word, numbers: Numbers) -> bool | Bools:
    """Tell whether a predator looks for somebody else when the person drawn is absent because of a policy."""
    return unit(word) < numbers.p_retry_absent


@yes_or_no
def deterred(word: Word, numbers: Numbers, message_hours: Number) -> bool | Bools:
    """Tell whether the announced retention of messages deters an approach: most from a month on."""
    return unit(word) < numbers.p_deterred * np.minimum(message_hours, MONTH_HOURS) / MONTH_HOURS
