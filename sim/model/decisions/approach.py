"""Whether a predator approaches somebody, and looks further."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from sim.model.decisions.numbers import Numbers
from sim.model.world.draws import unit

MONTH_HOURS: Final = 720
"""Thirty days, from which on announced retention deters as much as it can."""


def looks_further(word: Any, numbers: Numbers) -> Any:
    """Tell whether a predator looks for somebody else when the person drawn is absent because of a policy."""
    return unit(word) < numbers.p_retry_absent


def deterred(word: Any, numbers: Numbers, retention_hours: Any) -> Any:
    """Tell whether the announced retention of messages deters an approach: most from a month on."""
    return unit(word) < numbers.p_deterred * np.minimum(retention_hours, MONTH_HOURS) / MONTH_HOURS
