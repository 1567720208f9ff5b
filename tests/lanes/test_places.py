"""Places are numbered once: whatever is made of a place and something within it leads back to both."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.model.arrays.places import Places, by_key, by_lane, by_place, by_place_last, by_row

SIZES = st.integers(1, 6)


@given(SIZES, SIZES, SIZES, SIZES, SIZES)
def test_numbers_of_places_lead_back(n_seeds: int, n_lanes: int, n_sites: int, n_predators: int, n_cells: int) -> None:
    arms, sites = (tuple(f"{name}-{i}" for i in range(n)) for name, n in (("arm", n_lanes), ("site", n_sites)))
    warm = Places(tuple(range(10, 10 + n_seeds)), arms, sites, n_predators, n_cells)
    assert warm.seed.tolist() == [seed for seed in range(n_seeds) for _ in sites]
    places = warm.forked()
    every = np.arange(places.n)
    lanes = places.lanes_of(np.arange(n_seeds))
    assert lanes.tolist() == [*range(places.n_lanes_in_all)]
    assert (places.seed * n_lanes + places.policy).tolist() == places.lane(every).tolist()
    assert places.in_lane(places.lane(every), places.site).tolist() == every.tolist()
    assert [places.seed_of(place) for place in every.tolist()] == places.seed.tolist()
    assert places.each(np.arange(n_seeds)).tolist() == places.seed_of_lane.tolist()
    gone_to = [places.of_one(place) for place in range(warm.n)]
    assert sorted(place for of_place in gone_to for place in of_place) == every.tolist()
    for from_, of_place in enumerate(gone_to):
        assert [int(n) for n in places.seed[of_place]] == [warm.seed[from_]] * n_lanes
        assert [int(n) for n in places.site[of_place]] == [warm.site[from_]] * n_lanes
    place, predator = (axis.reshape(-1) for axis in np.indices((places.n, n_predators)))
    pairs = places.pair(place, predator)
    assert pairs.tolist() == [*range(places.n * n_predators)]
    assert places.of_pair(pairs).tolist() == place.tolist()
    place, within = (axis.reshape(-1) for axis in np.indices((places.n, n_cells)))
    assert np.array_equal(places.of_cell(places.cell(place, within)), (place, within))
    policy, seed, site = (column.tolist() for column in places.names(every))
    by_lane = places.by_lane(np.ones(places.n, np.int64))
    assert [*dict.fromkeys(zip(policy, seed, strict=True))] == [*by_lane]
    assert {*by_lane.values()} == {n_sites} == {len({*sites} & {*site})}
    assert [*warm.by_lane(warm.seed).values()] == [n_sites * of_lane for of_lane in places.seed_of_lane.tolist()]


def test_everything_goes_to_the_lanes_of_its_own_seed() -> None:
    places = Places((4, 9), ("one", "other", "third"), ("here",), 2, 5).forked()
    assert by_place(np.array([1, 2, 3, 4]), places).tolist() == [1, 2] * 3 + [3, 4] * 3
    assert by_place(np.array([[1, 2], [3, 4]]), places).tolist() == [[1, 2]] * 3 + [[3, 4]] * 3
    assert by_place_last(np.array([[1, 2]]), places).tolist() == [[1, 1, 1, 2, 2, 2]]
    assert by_lane(np.array([1, 2]), places).tolist() == [1, 1, 1, 2, 2, 2]
    assert by_key({(1, 7): "x"}, places) == {(3, 7): "x", (4, 7): "x", (5, 7): "x"}
    assert by_row([(0, 8), (1, 9)], places) == [(0, 8), (1, 8), (2, 8), (3, 9), (4, 9), (5, 9)]
    table = np.array([[0, 1, 1], [1, 2, 3], [7, 8, 9]])  # place, pair, something else
    assert places.spread_rows(table, 0, {0: 1, 1: 2}).tolist() == [
        [0, 1, 2, 3, 4, 5, 3, 4, 5],
        [1, 3, 5, 6, 8, 10, 7, 9, 11],
        [7, 7, 7, 8, 8, 8, 9, 9, 9],
    ]


def test_everything_stays_on_its_site() -> None:
    places = Places((4, 9), ("one", "other"), ("here", "there"), 1, 5).forked()
    assert by_place(np.array([1, 2, 3, 4]), places).tolist() == [1, 2, 1, 2, 3, 4, 3, 4]
    assert by_place_last(np.array([[1, 2, 3, 4]]), places).tolist() == [[1, 2, 1, 2, 3, 4, 3, 4]]
    assert by_lane(np.array([1, 2]), places).tolist() == [1, 1, 2, 2]
    assert by_row([(1, 8), (2, 9)], places) == [(1, 8), (3, 8), (4, 9), (6, 9)]
    assert places.spread_rows(np.array([[1, 2]]), 0, {0: 1}).tolist() == [[1, 3, 4, 6]]
