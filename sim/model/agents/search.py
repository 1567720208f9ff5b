"""Whom a predator comes upon on a site: persons whose home it is, or who came from another one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from sim.model.agents.person import PeopledLane
from sim.model.agents.venue import Venue
from sim.model.world.day import NOBODY
from sim.model.world.draws import Purpose, below
from sim.model.world.population import TOLERANCES
from sim.model.world.world import ATTEMPTS, MORE_ATTEMPTS


def comes_upon(lane: PeopledLane, venue: Venue, intent: int) -> Iterator[int]:
    """Yield the rows of the persons drawn at random, then the rest of the class in the contact's own order.

    They are of one home. Few of another home than the site itself may be there, so more of them are drawn.
    """
    world, day, which = lane.world, lane.day, np.array([intent])
    home = _whose_home(lane, venue, intent)
    rounds = [(0, ATTEMPTS)] if home == venue.index else [(0, ATTEMPTS), (ATTEMPTS, MORE_ATTEMPTS)]
    for first, last in rounds:
        for row in world.candidates(day, which, first, last, np.array([home]))[0].tolist():
            if row == NOBODY:
                return
            yield row
    yield from world.walk(day, intent, home).tolist()


def n_online(lane: PeopledLane, venue: Venue, intent: int) -> int:
    """Return how many of the class sought are online: of the site's own, and as many of others as may be there."""
    n_parts = lane.world.movers.n_cells * lane.world.ages.n_candours * TOLERANCES
    homes = _homes(lane, venue, intent)
    return sum(n if home == venue.index else n * weight // n_parts for home, n, weight in homes)


def _whose_home(lane: PeopledLane, venue: Venue, intent: int) -> int:
    """Return the home of the persons come upon, drawn by how many of each may be there."""
    weight_of = {home: n * weight for home, n, weight in _homes(lane, venue, intent)}
    homes, weights = [*weight_of], [*weight_of.values()]
    likely = [home for home in homes if weight_of[home]]
    if len(likely) < 2:
        return likely[0] if likely else venue.index
    word = lane.world.draws.word(Purpose.WHOSE_HOME, 0, int(lane.day.intents.contact[intent]))
    drawn = below(word, sum(weights))
    return homes[bisect_right([*accumulate(weights)], drawn)]


def _homes(lane: PeopledLane, venue: Venue, intent: int) -> Iterator[tuple[int, int, int]]:
    """Yield homes, the site itself first, with how many of the class sought are online, and their share there."""
    hour_of_day, which = np.array([lane.hour % 24]), np.array([intent])
    weights = lane.come_upon[int(lane.day.intents.victim_class[intent]), venue.index]
    for home in (venue.index, *(site for site in range(len(lane.venues)) if site != venue.index)):
        group = lane.world.group(lane.day, which, np.array([home]))
        yield home, int(lane.day.online.n(hour_of_day, group)[0]), int(weights[home])
