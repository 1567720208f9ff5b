"""Where people are: on their home site, on another one to which they have gone on, or on none that is simulated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from sim.model.world.draws import Bools, Ints
from sim.model.world.movers import FIRST_SITE
from sim.model.world.population import LONG_AGO
from sim.rules.rulebook import Rules

NO_SITE: Final = -1
"""Instead of the index of a site: none that is simulated."""


class Gate(NamedTuple):
    """Whether a site is open, and since which day of the run; `LONG_AGO` if since before it."""

    open: bool
    since: int = LONG_AGO


class Way(NamedTuple):
    """Where somebody comes to: the site first, and another one if its door or a bar keeps them out there.

    With another one and no first, their home was closed a while ago, and they have not moved yet. There are those alone
    whom a bar kept out of it, and keeps out still: they had gone on before.
    """

    first: int
    other: int


def gates(rules: Iterable[Rules], day: int, before: Sequence[Gate] = ()) -> tuple[Gate, ...]:
    """Return the gates of the sites of a lane under the rules of a day, given those of the day before."""
    found = []
    for site, of_site in enumerate(rules):
        is_open = of_site.operation.open
        if before:
            found.append(before[site] if before[site].open == is_open else Gate(is_open, day))
        else:
            found.append(Gate(is_open))
    return tuple(found)


def way(home: int, second: int, delay_days: int, sites: Sequence[Gate], day: int) -> Way:
    """Return where somebody comes to on a day.

    Everybody comes to the home site while it is open. Those whose second choice is a site go on there, or to the next
    open one in the order of sites: at once where a door or a bar keeps them out of their home, and so many days after
    the last closure where the sites that they would rather go to were closed. A closure of their home takes nobody from
    another site whom a bar has sent there.

    Args:
        home: Home site.
        second: Second choice: see `sim.model.world.movers`.
        delay_days: Days that somebody takes to move after a closure.
        sites: Gates of the sites.
        day: Day of the run.
    """
    order = [home]
    if second >= FIRST_SITE:
        chosen = second - FIRST_SITE
        order += [chosen, *(site for site in range(len(sites)) if site not in (home, chosen))]
    closed_since = LONG_AGO
    while order and not sites[order[0]].open:
        closed_since = max(closed_since, sites[order.pop(0)].since)
    if not order:
        return Way(NO_SITE, NO_SITE)
    if closed_since > LONG_AGO and day < closed_since + delay_days:
        return Way(NO_SITE, order[0] if closed_since == sites[home].since else NO_SITE)
    first, *rest = order
    other = next((site for site in rest if sites[site].open), NO_SITE) if first == home else NO_SITE
    return Way(first, other)


def site_of(first: Ints, other: Ints, friction: Ints, friction_other: Ints, tolerance: Ints) -> Ints:
    """Return on which sites doors let people in: the first, the other one, or `NO_SITE`; bars apart.

    Args:
        first: The sites that they come to first.
        other: The sites that they come to then.
        friction: Classes of tolerance that the doors of the first ask for; `TOLERANCES` where there is none.
        friction_other: Likewise.
        tolerance: Classes of tolerance.
    """
    turned_away = np.where((first != NO_SITE) & (tolerance >= friction_other), other, NO_SITE)
    return np.where(tolerance >= friction, first, turned_away)


def goes_on(first: Ints, friction: Ints, friction_other: Ints, tolerance: Ints) -> Bools:
    """Tell who goes on to the other site while a bar keeps them out of the first, or of their home when it was closed.

    Arguments as for `site_of`. Whom the door of the first keeps out is on the other anyway.
    """
    found: Bools = ((first == NO_SITE) | (tolerance >= friction)) & (tolerance >= friction_other)
    return found
