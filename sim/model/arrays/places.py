"""Places, which are rows of lanes and sites: how they are numbered, and how a run goes from one lane to all of them.

A lane is one seed under one policy, and has a place for each site. Places of a lane are neighbours, and so are lanes of
a seed: ``place = (seed_index * n_lanes + lane) * n_sites + site``. All lanes of a seed share the warm-up, which has one
lane. When it is over, `fork` copies whatever a run holds to all lanes; each class says of each of its attributes how
that is done (`Spread`), or does it itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.model.world.draws import Ints
from sim.model.world.keys import Whole

LaneName = tuple[str, int]
"""A policy and a seed."""


@dataclass(frozen=True)
class Places:
    """The places of a run, and what is numbered by place and something within it.

    Lanes are numbered through over all seeds: ``place // n_sites``.

    Attributes:
        seeds: Seeds in order of their index.
        policies: Names of policies in order of lane.
        sites: Names of sites in their order.
        n_predators: Predators of a seed: a pair is a place and a predator.
        n_cells: Cells in which a place counts events (`Recorder.cell`).
        n_lanes: Lanes of each seed: 1 during the warm-up, then one a policy.
    """

    seeds: tuple[int, ...]
    policies: tuple[str, ...]
    sites: tuple[str, ...]
    n_predators: int
    n_cells: int
    n_lanes: int = 1

    def forked(self) -> Places:
        """Return the places after the warm-up."""
        return replace(self, n_lanes=len(self.policies))

    @cached_property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.sites)

    @cached_property
    def n_lanes_in_all(self) -> int:
        """Number of lanes of all seeds."""
        return len(self.seeds) * self.n_lanes

    @cached_property
    def n(self) -> int:
        """Number of places."""
        return self.n_lanes_in_all * self.n_sites

    @cached_property
    def seed(self) -> Ints:
        """Index of the seed, by place."""
        return np.repeat(np.arange(len(self.seeds)), self.n_lanes * self.n_sites)

    @cached_property
    def policy(self) -> Ints:
        """Index of the policy, by place: the lane within the seed."""
        return np.tile(np.repeat(np.arange(self.n_lanes), self.n_sites), len(self.seeds))

    @cached_property
    def site(self) -> Ints:
        """Index of the site, by place."""
        return np.tile(np.arange(self.n_sites), self.n_lanes_in_all)

    @cached_property
    def seed_of_lane(self) -> Ints:
        """Index of the seed, by lane."""
        return np.repeat(np.arange(len(self.seeds)), self.n_lanes)

    def seed_of(self, place: int) -> int:
        """Return the index of the seed of one place."""
        return place // (self.n_lanes * self.n_sites)

    def lane(self, place: Whole) -> Whole:
        """Return the lanes of places, numbered over all seeds."""
        return place // self.n_sites

    def in_lane(self, lane: Whole, site: Whole | int) -> Whole:
        """Return the places of sites in lanes."""
        return lane * self.n_sites + site

    def lanes_of(self, seed: Ints) -> Ints:
        """Return all lanes of seeds, one seed after the other."""
        return (seed[:, None] * self.n_lanes + np.arange(self.n_lanes)).reshape(-1)

    def each(self, column: NDArray[Any]) -> NDArray[Any]:
        """Return every entry as often as its seed has lanes, in the order of `lanes_of`."""
        return np.repeat(column, self.n_lanes)

    def pair(self, place: Whole, predator_index: Whole) -> Whole:
        """Return the number of a place and a predator, also in flat arrays over both."""
        return place * self.n_predators + predator_index

    def of_pair(self, pair: Ints) -> Ints:
        """Return the places of pairs."""
        return pair // self.n_predators

    def cell(self, place: Ints, within: int | Ints) -> Ints:
        """Return the number of a place and one of its cells."""
        return place * self.n_cells + within

    def of_cell(self, cell: Ints) -> tuple[Ints, Ints]:
        """Return places, and which of their cells, of the numbers that `cell` gives."""
        return np.divmod(cell, self.n_cells)

    def names(self, place: Ints) -> tuple[NDArray[np.str_], Ints, NDArray[np.str_]]:
        """Return the policies, seeds and sites of places."""
        policies, seeds, sites = np.array(self.policies), np.array(self.seeds), np.array(self.sites)
        return (
            policies.take(self.policy.take(place)), seeds.take(self.seed.take(place)), sites.take(self.site.take(place))
        )  # fmt: skip

    def by_lane(self, counts: Ints) -> dict[LaneName, int]:
        """Return counts of all sites under the names of lanes; those of a seed share its one lane in the warm-up."""
        lanes = [(policy, seed) for seed in self.seeds for policy in self.policies]
        of_lanes = counts.reshape(-1, self.n_sites).sum(axis=1)
        return dict(zip(lanes, np.repeat(of_lanes, len(lanes) // of_lanes.size).tolist(), strict=True))

    # -- from the one lane of each seed to all of them: asked of the places after the fork ----------------------------

    def after_fork(self, place: Ints) -> Ints:
        """Return the places that those of the one lane of each seed go to, one after the other."""
        seed, site = np.divmod(place, self.n_sites)
        return self.in_lane(self.lanes_of(seed), self.each(site))

    def of_one(self, place: int) -> list[int]:
        """Return the places that one of the one lane of its seed goes to."""
        return [int(new) for new in self.after_fork(np.array([place]))]

    def spread_rows(self, table: Ints, place: int, strides: Mapping[int, int]) -> Ints:
        """Return a table, one row of it a column of the array, with every row in every lane of its seed.

        Args:
            table: Columns of the table, shape (columns, rows).
            place: Which of them is the place.
            strides: By column, what it grows by from one place to the next: 1 for the place itself.
        """
        new = self.after_fork(table[place])
        table = np.repeat(table, self.n_lanes, axis=1)
        further = new - table[place]
        for column, stride in strides.items():
            table[column] += further * stride
        return table


Way = Callable[[Any, Places], Any]
"""How something goes from the one lane of each seed to all lanes: given it, and the places after the fork."""
Ways = Mapping[str, Way]
"""Ways by attribute."""


def shared(value: Any, places: Places) -> Any:
    """Depends on no lane, or is made anew for all of them with the rules of the day."""
    return value


def all_places(value: Places, places: Places) -> Places:
    """The places themselves."""
    return places


def by_place(values: NDArray[Any], places: Places) -> NDArray[Any]:
    """An array whose first axis is the place, or place and predator."""
    blocks = values.reshape(len(places.seeds), -1)
    return np.repeat(blocks, places.n_lanes, axis=0).reshape(-1, *values.shape[1:])


def by_lane(values: NDArray[Any], places: Places) -> NDArray[Any]:
    """An array whose only axis is the lane."""
    return np.repeat(values, places.n_lanes)


def by_place_last(values: NDArray[Any], places: Places) -> NDArray[Any]:
    """An array whose last axis is the place."""
    blocks = values.reshape(*values.shape[:-1], len(places.seeds), places.n_sites)
    return np.repeat(blocks, places.n_lanes, axis=-2).reshape(*values.shape[:-1], -1)


def by_key(values: dict[tuple[int, int], Any], places: Places) -> dict[tuple[int, int], Any]:
    """A dictionary whose keys begin with the place; its values are never changed."""
    return {(new, who): value for (place, who), value in values.items() for new in places.of_one(place)}


def by_row(rows: list[tuple[Any, ...]], places: Places) -> list[tuple[Any, ...]]:
    """A list of rows that begin with the place."""
    return [(new, *rest) for place, *rest in rows for new in places.of_one(place)]


def by_hour(rows: dict[int, list[tuple[Any, ...]]], places: Places) -> dict[int, list[tuple[Any, ...]]]:
    """Such lists by hour."""
    return {hour: by_row(of_hour, places) for hour, of_hour in rows.items()}


def one_a_place(things: list[Any], places: Places) -> list[Any]:
    """A list with a thing for each place; each lane gets copies of its own."""
    of_seeds = [things[first : first + places.n_sites] for first in range(0, len(things), places.n_sites)]
    return [thing.copy() for of_seed in of_seeds for _ in range(places.n_lanes) for thing in of_seed]


def itself(thing: Forks, places: Places) -> Forks:
    """Something that knows how."""
    thing.fork(places)
    return thing


class Forks(Protocol):
    """Something that can go from the one lane of each seed to all lanes of the seed."""

    def fork(self, places: Places) -> None:
        """Copy what the one lane of each seed holds to all lanes of the seed, whose places are given."""


class Spread:
    """Something that says how each of its attributes is spread over lanes.

    Attributes:
        WAYS: The way of every attribute.
    """

    WAYS: ClassVar[Ways]

    def fork(self, places: Places) -> None:
        """Copy what the one lane of each seed holds to all lanes of the seed.

        Raises:
            TypeError: If there is an attribute of which the class does not say how.
        """
        if unknown := vars(self).keys() - self.WAYS.keys():
            raise TypeError(f"{type(self).__name__}.WAYS does not say how to spread {', '.join(sorted(unknown))}")
        for name, way in self.WAYS.items():
            setattr(self, name, way(getattr(self, name), places))


def fork(places: Places, *parts: Forks) -> None:
    """Copy all parts of a run from the one lane of each seed to all lanes, whose places are given."""
    for part in parts:
        part.fork(places)
