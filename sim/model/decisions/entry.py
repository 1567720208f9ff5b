"""Who may enter, and who may write to others."""

from __future__ import annotations

import numpy as np

from sim.model.decisions.either import yes_or_no
from sim.model.world.ages import Ages
from sim.model.world.day import Hours
from sim.model.world.draws import Bools, Ints
from sim.model.world.population import TOLERANCES, frictions, permille
from sim.rules.rulebook import Rules


@yes_or_no
def lets_in(tolerance: int | Ints, friction: int | Ints) -> bool | Bools:
    """Tell whether a door lets in a person of a tolerance; who passes a strict door passes a mild one."""
    return tolerance >= friction


def doors_of(rules: Rules, ages: Ages) -> Ints:
    """Return the friction of entry as classes of tolerance, by kind (1 predators) and type of `Ages`.

    `TOLERANCES`, which nobody has, of a closed site for all, and behind a gate for those taken for too young.
    """
    asked = np.array([permille(friction) for friction in frictions(rules)])
    door: Ints = np.repeat(asked[:, None], ages.n, axis=1)
    if rules.age.gate:
        door[~ages.pass_for_adults(rules)] = TOLERANCES
    if not rules.operation.open:
        door[:] = TOLERANCES
    return door


def misjudged(rules: Rules, ages: Ages, age_type: Ints, tolerance: Ints) -> Bools:
    """Tell which lawful persons an age check alone keeps out who are old enough.

    Args:
        rules: Rules of the site.
        ages: The types.
        age_type: Types of the persons.
        tolerance: Their classes of tolerance, or one of an interval that doors do not cut.
    """
    wrongly = ages.adults & ~ages.pass_for_adults(rules)[0] & (rules.age.gate and rules.operation.open)
    found: Bools = wrongly.take(age_type) & (tolerance >= permille(frictions(rules)[0]))
    return found


@yes_or_no
def kept_apart(
    target_is_minor: bool | Bools, predator_is_minor: bool | Bools, adults_to_minors: bool | Bools
) -> bool | Bools:
    """Tell whether a limit keeps somebody from writing to somebody else, by whom the site takes for a minor."""
    return np.logical_and(target_is_minor, np.logical_not(np.logical_or(predator_is_minor, adults_to_minors)))


def account_since(joined: int | Ints, begin: int | Ints | Hours, accounts_persist: bool | Bools) -> Ints:
    """Return the hour since which a visitor has the account: of joining if it persists, else the visit's first."""
    return np.where(accounts_persist, joined, begin)


@yes_or_no
def may_write(age_hours: int | Ints, cooling_off_hours: int | Ints) -> bool | Bools:
    """Tell whether an account of an age may write to strangers."""
    return age_hours >= cooling_off_hours
