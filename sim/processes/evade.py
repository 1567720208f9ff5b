"""Step 5: barred persons come back under a new identity."""

from __future__ import annotations

import numpy as np

from sim.observe import Recorder
from sim.state import State


def evade(state: State, hour: int, record: Recorder) -> None:
    """Note who comes back with the next hour; a longer bar since then keeps them out."""
    due = state.returns.pop(hour, None)
    if not due:
        return
    back = [
        (place, predator, person)
        for place, person, predator, until in dict.fromkeys(due)
        if _barred_until(state, place, person, predator) == until
    ]
    if back:
        for at, is_predator, person in back:
            state.strikes.pop((at, person), None)
            if is_predator:
                state.new_since[at * state.world.n_predators + state.world.predator_place(person)] = hour + 1
        place, kind, who = np.array(back, np.int64).T
        record.note("return", hour, 0, place, kind, who)


def _barred_until(state: State, place: int, person: int, predator: bool) -> int:
    if not predator:
        return state.user_barred_until[place, person]
    at = place * state.world.n_predators + state.world.predator_place(person)
    return int(state.predator_barred_until[at])
