"""Step 7: felt risk. Arrests and bans add to one stock a place, which fades, and keeps predators from approaches."""

from __future__ import annotations

import numpy as np

from sim.model.arrays.hour import Hour
from sim.model.arrays.state import State
from sim.model.decisions import felt_risk
from sim.model.world.draws import Bools, Ints, Purpose


def adapt(now: Hour) -> None:
    """Felt risk fades, and what the hour added to it counts from the next hour on."""
    state = now.state
    if not state.numbers.felt_risk.sensitivity:
        return
    kept = felt_risk.kept_an_hour(state.numbers.felt_risk)
    state.felt_risk = np.minimum(felt_risk.faded(state.felt_risk, kept) + state.felt_risk_new, felt_risk.MOST_MICRO)
    state.felt_risk_new[:] = 0
    if now.hour % 24 == 23:
        now.record.add_all("n_felt_risk_milli", state.felt_risk // 1000)


def add_risk(now: Hour, place: Ints, per_event: float) -> None:
    """Add what each event, one a place, does to felt risk."""
    state = now.state
    if not state.numbers.felt_risk.sensitivity:
        return
    members = now.lanes.doors.n_predators(state.world.n_predators_on(now.day.number)).take(place)
    np.add.at(state.felt_risk_new, place, felt_risk.added(per_event, 1, members))


def share_left(state: State, place: Ints, predator: Ints) -> Ints:
    """Return the share of approaches that predators leave for felt risk, in millionths."""
    words = state.world.draws.words(Purpose.RISK_CLASS, state.places.seed.take(place), predator)
    share: Ints = np.asarray(
        felt_risk.share_left(state.felt_risk.take(place), felt_risk.sensitivity(words), state.numbers.felt_risk)
    )
    return share


def holds_back(state: State, place: Ints, predator: Ints, contact: Ints) -> Bools:
    """Tell which intents felt risk keeps from being acted on."""
    words = state.world.draws.words(Purpose.FELT_RISK, state.places.seed.take(place), contact)
    held: Bools = np.asarray(felt_risk.held_back(words, share_left(state, place, predator)))
    return held
