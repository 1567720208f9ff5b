"""Places are numbered once: whatever is made of a place and something within it leads back to both."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.model.arrays.places import Places, by_key, by_place, by_place_last, by_row

SIZES = st.integers(1, 6)


@given(SIZES, SIZES, SIZES, SIZES)
def test_numbers_of_places_lead_back(n_seeds: int, n_lanes: int, n_predators: int, n_cells: int) -> None:
    names = tuple(f"arm-{lane}" for lane in range(n_lanes))
    warm = Places(tuple(range(10, 10 + n_seeds)), names, n_predators, n_cells)
    assert warm.seed.tolist() == [*range(n_seeds)]
    places = warm.forked()
    every = places.of_seeds(np.arange(n_seeds))
    assert every.tolist() == [*range(places.n)] == [place for seed in range(n_seeds) for place in places.of_seed(seed)]
    assert (places.seed * n_lanes + places.lane).tolist() == every.tolist()
    assert places.each(warm.seed).tolist() == places.seed.tolist()
    place, predator = (axis.reshape(-1) for axis in np.indices((places.n, n_predators)))
    pairs = places.pair(place, predator)
    assert pairs.tolist() == [*range(places.n * n_predators)]
    assert places.of_pair(pairs).tolist() == place.tolist()
    place, within = (axis.reshape(-1) for axis in np.indices((places.n, n_cells)))
    assert np.array_equal(places.of_cell(places.cell(place, within)), (place, within))
    assert [*zip(*(column.tolist() for column in places.names(every)), strict=True)] == [*places.by_lane(every)]
    assert [*warm.by_lane(warm.seed).values()] == places.seed.tolist()


def test_everything_goes_to_the_lanes_of_its_own_seed() -> None:
    places = Places((4, 9), ("one", "other", "third"), 2, 5).forked()
    assert by_place(np.array([1, 2, 3, 4]), places).tolist() == [1, 2] * 3 + [3, 4] * 3
    assert by_place(np.array([[1, 2], [3, 4]]), places).tolist() == [[1, 2]] * 3 + [[3, 4]] * 3
    assert by_place_last(np.array([[1, 2]]), places).tolist() == [[1, 1, 1, 2, 2, 2]]
    assert by_key({(1, 7): "x"}, places) == {(3, 7): "x", (4, 7): "x", (5, 7): "x"}
    assert by_row([(0, 8), (1, 9)], places) == [(0, 8), (1, 8), (2, 8), (3, 9), (4, 9), (5, 9)]
    table = np.array([[0, 1, 1], [1, 2, 3], [7, 8, 9]])  # place, pair, something else
    assert places.spread_rows(table, 0, {0: 1, 1: 2}).tolist() == [
        [0, 1, 2, 3, 4, 5, 3, 4, 5],
        [1, 3, 5, 6, 8, 10, 7, 9, 11],
        [7, 7, 7, 8, 8, 8, 9, 9, 9],
    ]
