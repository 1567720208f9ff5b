"""Decoys of the police: how many are there, and who comes upon one."""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.model.decisions.either import yes_or_no
from sim.model.world.draws import Bools, Ints, Number, Word, unit
from sim.rules.parameters import CLASSES
from sim.rules.rulebook import Rules

POSE: Final = CLASSES.index("under_15")
"""The class as which decoys pose."""


def decoys_online(rules: Rules, hour_of_day: int, scale: float) -> float:
    """Return the decoys online in an hour."""
    undercover = rules.undercover
    return undercover.decoys * scale * ((hour_of_day - undercover.start_hour) % 24 < undercover.hours)


@yes_or_no
def meets_decoy(word: Word, decoys: Number, n_online: int | Ints, victim_class: int | Ints) -> bool | Bools:
    """Tell whether an approach reaches a decoy instead of a person of the class sought: by its share of those online.

    Args:
        word: Of the intent.
        decoys: Decoys online.
        n_online: Persons of the class online in the world, doors and bars apart.
        victim_class: The class sought.
    """
    return (victim_class == POSE) & (unit(word) * (n_online + decoys) < decoys)


def milli(decoys: float) -> int:
    """Return decoys in thousandths, as they are counted."""
    return int(np.rint(decoys * 1000))
