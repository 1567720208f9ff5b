"""Whether a predator approaches somebody, and looks further."""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.model.decisions.either import yes_or_no
from sim.model.decisions.numbers import Numbers
from sim.model.world.draws import Bools, Ints, Number, Word, unit

MONTH_HOURS: Final = 720
"""Thirty days, from which on announced retention deters as much as it can."""


@yes_or_no
def has_room(rank: int | Ints, n_live: int | Ints, contacts_at_once: int) -> bool | Bools:
    """Tell whether a predator has room for one contact more, after as many approaches in this hour as its rank.

    Args:
        rank: Number of earlier intents of the hour, each taken for a contact.
        n_live: Contacts on the platform at the start of the hour.
        contacts_at_once: How many a predator runs at a time.
    """
    return rank < contacts_at_once - n_live


@yes_or_no
def looks_further(word: Word, protected: bool | Bools, numbers: Numbers) -> bool | Bools:
    """Tell whether a predator looks for somebody else when a policy makes the person drawn absent, or protects them."""
    return unit(word) < np.where(protected, numbers.p_retry_protected, numbers.p_retry_absent)


@yes_or_no
def deterred(word: Word, numbers: Numbers, message_hours: Number) -> bool | Bools:
    """Tell whether the announced retention of messages deters an approach: most from a month on."""
    return unit(word) < numbers.p_deterred * np.minimum(message_hours, MONTH_HOURS) / MONTH_HOURS
