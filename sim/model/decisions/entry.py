"""Who may enter, and who may write to others."""

from __future__ import annotations

from typing import Any

from sim.model.world.population import permille
from sim.rules.rulebook import Rules


def lets_in(tolerance: Any, friction: Any) -> Any:
    """Tell whether a door lets in a person of a tolerance; who passes a strict door passes a mild one."""
    return tolerance >= friction


def doors_of(rules: Rules) -> tuple[int, int]:
    """Return the friction of entry for lawful users and predators as classes of tolerance."""
    return permille(rules.registration.friction_user), permille(rules.registration.friction_predator)


def may_write(age_hours: Any, cooling_off_hours: Any) -> Any:
    """Tell whether an account of an age may write to strangers."""
    return age_hours >= cooling_off_hours
