"""Fields of a key keep to their bits: whatever a scenario may be fits, and no two things have one key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.world import keys
from sim.model.world.keys import (
    CONTACT,
    DOSSIER,
    LAYOUTS,
    N_RATES,
    N_STRATA,
    SECOND,
    SLOT,
    Layout,
    alarm_key,
    check,
    column_of,
    dossier_key,
    home_of,
    occasion_key,
    person_of,
    serial_of,
    stratum_of,
)
from sim.model.world.population import RATE_WEIGHTS
from sim.rules.parameters import Predators
from sim.scenario.limits import MAX_PER_HOUR, MAX_PERSONS, MAX_SITES
from sim.scenario.scenario import Scenario

ERRORS = 6
"""Standard deviations that no Poisson count comes to lie above its mean."""


def most(model: Any, field: str) -> float:
    """Return what a number of a scenario may be at most."""
    return max(limit.le for limit in model.model_fields[field].metadata if hasattr(limit, "le"))


def test_whatever_a_scenario_may_be_fits() -> None:
    hours = int(24 * (most(Scenario, "days") + most(Scenario, "warmup_days")))
    # The largest stratum has the largest share of visit rates at most, whatever the classes.
    check(n_seeds=1_000_000, n_hours=hours, n_serials=round(MAX_PERSONS * max(RATE_WEIGHTS)), n_sites=MAX_SITES)
    means = {CONTACT.most("rank"): most(Predators, "approaches_per_hour"), SLOT.most("slot"): MAX_PER_HOUR}
    assert all(mean + ERRORS * mean**0.5 < room for room, mean in means.items())
    assert SECOND.most("second") >= 3599
    assert len(RATE_WEIGHTS) == N_RATES


TOO_MANY = {"n_hours": 1 << keys.HOUR, "n_seeds": 1 << keys.SEED, "n_serials": 1 << 30, "n_sites": 7}


@pytest.mark.parametrize("field", TOO_MANY)
def test_what_does_not_fit_is_refused(field: str) -> None:
    with pytest.raises(AssertionError, match=r"do(es)? not fit"):
        check(**{"n_seeds": 1, "n_hours": 24, "n_serials": 1000} | {field: TOO_MANY[field]})


@st.composite
def values(draw: st.DrawFn) -> tuple[Layout, list[list[int]]]:
    """Return a layout and some values of its fields, among them the smallest, the largest and neighbours."""
    layout = draw(st.sampled_from(LAYOUTS))
    fields = [
        st.one_of(st.sampled_from([0, 1, layout.most(f) - 1, layout.most(f)]), st.integers(0, layout.most(f)))
        for f in layout.bits
    ]
    return layout, draw(st.lists(st.tuples(*fields).map(list), min_size=2, max_size=8))


@given(values())
def test_neighbours_never_collide_and_keys_sort_as_their_fields(some: tuple[Layout, list[list[int]]]) -> None:
    layout, rows = some
    packed = [layout.pack(*row) for row in rows]
    assert [layout.unpack(key) for key in packed] == rows
    assert all(0 <= key < 1 << 63 for key in packed)
    assert sorted(rows) == [layout.unpack(key) for key in sorted(packed)]
    columns = np.array(rows, np.int64).T
    assert np.asarray(layout.pack(*columns)).tolist() == packed
    assert np.array_equal(layout.unpack(layout.pack(*columns)), columns)


@given(st.integers(0, (1 << 29) - 1), st.integers(0, N_STRATA - 1), st.integers(0, MAX_SITES - 1))
def test_a_person_is_a_serial_of_a_stratum_of_a_home(serial: int, stratum: int, home: int) -> None:
    person = person_of(serial, stratum, home)
    assert (serial_of(person), stratum_of(person), home_of(person)) == (serial, stratum, home)
    assert column_of(person) == home * N_STRATA + stratum
    assert person < 1 << keys.PERSON


def test_occasions_are_told_apart() -> None:
    alarms = [alarm_key(stage, again, knowing) for knowing in (0, 1) for again in (0, 1) for stage in range(4)]
    assert alarms == [*range(16)]
    assert [occasion_key(again, n) for n in range(3) for again in (0, 1)] == [*range(6)]


def test_a_dossier_is_known_by_its_hour_and_the_age_of_the_visit() -> None:
    hour = 100
    ages = [DOSSIER.unpack(int(key)) for key in dossier_key(hour, np.array([-1, 100, 99, 39, 38, 0]))]
    assert ages == [[hour, 63], [hour, 0], [hour, 1], [hour, 61], [hour, 62], [hour, 62]]
