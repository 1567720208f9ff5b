"""Step 5: barred persons come back as strangers: under a new identity, or with a device that was forgotten."""

from __future__ import annotations

import numpy as np

from sim.model.arrays.hour import Hour
from sim.model.arrays.state import State


def evade(now: Hour) -> None:
    """Note who comes back with the next hour; a longer bar since then keeps them out."""
    state, hour = now.state, now.hour
    due = state.returns.pop(hour, None)
    if not due:
        return
    back = [
        (place, predator, person, as_whom)
        for place, person, predator, until, as_whom in dict.fromkeys(due)
        if _barred_until(state, place, person, predator) == until
    ]
    if back:
        for at, is_predator, person, _ in back:
            state.strikes.pop((at, person), None)
            if is_predator:
                state.new_since[_pair(state, at, person)] = hour + 1
        place, kind, who, as_whom = np.array(back, np.int64).T
        now.record.note("return", hour, 0, place, kind, who, detail=as_whom)


def _barred_until(state: State, place: int, person: int, predator: bool) -> int:
    if not predator:
        return state.user_barred_until[place, person]
    return int(state.predator_barred_until[_pair(state, place, person)])


def _pair(state: State, place: int, predator: int) -> int:
    return state.places.pair(place, int(state.world.predator_index(predator)))
