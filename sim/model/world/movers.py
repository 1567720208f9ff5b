"""Where persons would go if their site were closed to them: a trait, drawn once, and how long they take.

Everybody has a home site. Whoever is kept out of it by its door, by a bar or by its closure goes on to a second site,
elsewhere (a site that is not simulated), or nowhere. With a single site nobody has a second one, and nothing is drawn.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from sim.model.world.draws import Draws, Ints, Purpose, below, cells, pick
from sim.model.world.keys import Whole
from sim.scenario.scenario import Scenario

NOWHERE, ELSEWHERE, FIRST_SITE = range(3)
"""Second choices: none, a site that is not simulated, and from `FIRST_SITE` on the sites in their order."""
N_DELAYS: Final = 16
"""Equally likely classes of the days that pass between the closure of a site and the move to another one."""
N_CELLS: Final = 4096
"""Cells that second choices share among them, in proportion to their probabilities."""


class Movers:
    """The classes of persons by home, second choice and delay.

    Args:
        scenario: Whose sites and shares to take.

    Attributes:
        n_sites: Sites.
        n_seconds: Second choices.
        n_delays: Classes of delay: one where no site ever closes.
        n: Classes in all, numbered by home, second choice and delay.
        delay_days: Days by class of delay.
        cells: By kind of person (lawful, predator) and class, its share of the persons of its home, in `n_cells`.
        n_cells: Cells of all classes of a home together.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.n_sites = len(scenario.site_names)
        several = self.n_sites > 1
        self.n_seconds = FIRST_SITE + self.n_sites if several else 1
        self.n_delays = N_DELAYS if several and scenario.closes else 1
        self.n = self.n_sites * self.n_seconds * self.n_delays
        mean = scenario.displacement.delay_days
        quantiles = [(2 * k + 1) / (2 * self.n_delays) for k in range(self.n_delays)]
        self.delay_days: Ints = np.array([round(-math.log1p(-q) * mean) for q in quantiles])
        # By kind and home, the second choice of each of `N_CELLS` equally likely cells.
        self._tables = [
            [cells(_shares(scenario, predators, home)) if several else np.zeros(N_CELLS, np.int64)
             for home in range(self.n_sites)]
            for predators in (False, True)
        ]  # fmt: skip
        counts = np.array([[np.bincount(t, minlength=self.n_seconds) for t in kind] for kind in self._tables])
        self.cells: Ints = np.repeat(counts.reshape(2, -1), self.n_delays, axis=1)
        self.n_cells = N_CELLS * self.n_delays

    def drawn(self, draws: Draws, seed: Ints, person: Ints, kind: int, home: int) -> Ints:
        """Return the classes of persons of a kind (1 predators) and home."""
        second = pick(draws.words(Purpose.SECOND_SITE, seed, person), self._tables[kind][home])
        delay = below(draws.words(Purpose.MOVE_DELAY, seed, person), self.n_delays)
        return (home * self.n_seconds + second) * self.n_delays + delay

    def home(self, of_class: Whole) -> Whole:
        """Return the home of a class."""
        return of_class // (self.n_seconds * self.n_delays)

    def second(self, of_class: Whole) -> Whole:
        """Return the second choice of a class."""
        return of_class // self.n_delays % self.n_seconds

    def delay(self, of_class: Whole) -> Whole:
        """Return the days that persons of a class take to move after a closure."""
        days: Whole = self.delay_days[of_class % self.n_delays]
        return days


def others_attract(scenario: Scenario, home: int) -> bool:
    """Tell whether any other simulated site attracts those who go on from a home; else all of them go elsewhere."""
    return sum(_pull(scenario, home)) > 0


def _pull(scenario: Scenario, home: int) -> list[float]:
    """Return how much each site attracts those who are kept out of their home."""
    return [0.0 if site == home else audience.attraction for site, audience in enumerate(scenario.audiences)]


def _shares(scenario: Scenario, predators: bool, home: int) -> list[float]:
    """Return the probabilities of the second choices of a kind of person at a home."""
    displacement = scenario.displacement
    p_moves = displacement.p_predators if predators else displacement.p_users
    pull = _pull(scenario, home)
    p_out = displacement.p_elsewhere if others_attract(scenario, home) else 1.0
    p_site = p_moves * (1 - p_out) / (sum(pull) or 1.0)
    return [1 - p_moves, p_moves * p_out, *(p_site * of_site for of_site in pull)]
