"""Who may enter, and who may write to others."""

from __future__ import annotations

import numpy as np

from sim.model.decisions.either import yes_or_no
from sim.model.world.day import Hours
from sim.model.world.draws import Bools, Ints
from sim.model.world.population import TOLERANCES, permille
from sim.rules.rulebook import Rules


@yes_or_no
def lets_in(tolerance: int | Ints, friction: int | Ints) -> bool | Bools:
    """Tell whether a door lets in a person of a tolerance; who passes a strict door passes a mild one."""
    return tolerance >= friction


def doors_of(rules: Rules) -> tuple[int, int]:
    """Return the friction of entry for lawful users and predators as classes of tolerance; a closed site's for all."""
    if not rules.operation.open:
        return TOLERANCES, TOLERANCES
    return permille(rules.registration.friction_user), permille(rules.registration.friction_predator)


def account_since(joined: int | Ints, begin: int | Ints | Hours, accounts_persist: bool | Bools) -> Ints:
    """Return the hour since which a visitor has the account: of joining if it persists, else the visit's first."""
    return np.where(accounts_persist, joined, begin)


@yes_or_no
def may_write(age_hours: int | Ints, cooling_off_hours: int | Ints) -> bool | Bools:
    """Tell whether an account of an age may write to strangers."""
    return age_hours >= cooling_off_hours
