"""Places, which are rows of lanes: how they are numbered, and how what a run holds goes from one lane to all of them.

A lane is one seed under one policy; with one site it is a place. Lanes of a seed are neighbours:
``place = seed_index * n_lanes + lane``. All lanes of a seed share the warm-up, which has one lane, so that a place is
then the index of its seed. When it is over, `fork` copies whatever a run holds to all lanes; each class says of each of
its attributes how that is done (`Spread`), or does it itself.
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

    Attributes:
        seeds: Seeds in order of their index.
        policies: Names of policies in order of lane.
        n_predators: Predators of a seed: a pair is a place and a predator.
        n_cells: Cells in which a place counts events (`Recorder.cell`).
        n_lanes: Lanes of each seed: 1 during the warm-up, then one a policy.
    """

    seeds: tuple[int, ...]
    policies: tuple[str, ...]
    n_predators: int
    n_cells: int
    n_lanes: int = 1

    def forked(self) -> Places:
        """Return the places after the warm-up."""
        return replace(self, n_lanes=len(self.policies))

    @property
    def n(self) -> int:
        """Number of places."""
        return len(self.seeds) * self.n_lanes

    @cached_property
    def seed(self) -> Ints:
        """Index of the seed, by place."""
        return np.repeat(np.arange(len(self.seeds)), self.n_lanes)

    @cached_property
    def lane(self) -> Ints:
        """Lane within the seed, by place."""
        return np.tile(np.arange(self.n_lanes), len(self.seeds))

    def seed_of(self, place: int) -> int:
        """Return the index of the seed of one place."""
        return place // self.n_lanes

    def of_seeds(self, seed: Ints) -> Ints:
        """Return all places of seeds, one seed after the other."""
        return (seed[:, None] * self.n_lanes + np.arange(self.n_lanes)).reshape(-1)

    def each(self, column: NDArray[Any]) -> NDArray[Any]:
        """Return every entry as often as its seed has places, in the order of `of_seeds`."""
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

    def name(self, place: int) -> LaneName:
        """Return the policy and seed of a place."""
        return self.policies[place % self.n_lanes], self.seeds[place // self.n_lanes]

    def names(self, place: Ints) -> tuple[NDArray[np.str_], Ints]:
        """Return the policies and seeds of places."""
        return np.array(self.policies).take(self.lane.take(place)), np.array(self.seeds).take(self.seed.take(place))

    def by_lane(self, counts: Ints) -> dict[LaneName, int]:
        """Return counts by place under the names of lanes; in the warm-up those of a seed share its one lane."""
        lanes = [(policy, seed) for seed in self.seeds for policy in self.policies]
        return dict(zip(lanes, np.repeat(counts, len(lanes) // self.n).tolist(), strict=True))

    # -- from the one lane of each seed to all of them: asked of the places after the fork ----------------------------

    def of_seed(self, place: int) -> range:
        """Return the places that what the one lane of a seed held goes to; that lane's place is the seed's index."""
        return range(place * self.n_lanes, (place + 1) * self.n_lanes)

    def spread_rows(self, table: Ints, place: int, strides: Mapping[int, int]) -> Ints:
        """Return a table, one row of it a column of the array, with every row in every lane of its seed.

        Args:
            table: Columns of the table, shape (columns, rows).
            place: Which of them is the place.
            strides: By column, what it grows by from one place to the next: 1 for the place itself.
        """
        table = np.repeat(table, self.n_lanes, axis=1)
        further = self.of_seeds(table[place, :: self.n_lanes]) - table[place]
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


def by_place_last(values: NDArray[Any], places: Places) -> NDArray[Any]:
    """An array whose last axis is the place."""
    return np.repeat(values, places.n_lanes, axis=-1)


def by_key(values: dict[tuple[int, int], Any], places: Places) -> dict[tuple[int, int], Any]:
    """A dictionary whose keys begin with the place; its values are never changed."""
    return {(new, who): value for (place, who), value in values.items() for new in places.of_seed(place)}


def by_row(rows: list[tuple[Any, ...]], places: Places) -> list[tuple[Any, ...]]:
    """A list of rows that begin with the place."""
    return [(new, *rest) for place, *rest in rows for new in places.of_seed(place)]


def by_hour(rows: dict[int, list[tuple[Any, ...]]], places: Places) -> dict[int, list[tuple[Any, ...]]]:
    """Such lists by hour."""
    return {hour: by_row(of_hour, places) for hour, of_hour in rows.items()}


def one_a_place(things: list[Any], places: Places) -> list[Any]:
    """A list with a thing for each place; each lane gets a copy of its own."""
    return [thing.copy() for thing in things for _ in range(places.n_lanes)]


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
