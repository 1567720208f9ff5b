"""Decoys of the police, who take their share of the approaches of step 2, and whose hours are counted."""

from __future__ import annotations

import numpy as np

from sim.model.arrays.hour import Hour, Lead
from sim.model.decisions.codes import DECOY
from sim.model.decisions.investigation import has_evidence, urgency
from sim.model.decisions.undercover import POSE, decoys_online, meets_decoy, milli
from sim.model.world.draws import Bools, Floats, Ints, Purpose


def reach_decoys(now: Hour, intent: Ints, pair: Ints) -> Ints:
    """Return which of the intents acted on reach a decoy instead of a person, where some are online; some are leads."""
    state, intents, hour = now.state, now.day.intents, now.hour
    posed = (intents.victim_class.take(intent) == POSE).nonzero()[0]
    posed = posed[~_kept_apart(now, intent.take(posed), state.places.of_pair(pair.take(posed)))]
    asked, place = intent.take(posed), state.places.of_pair(pair.take(posed))
    seed, contact = state.places.seed.take(place), intents.contact.take(asked)
    n_online = _n_online(now, asked, place)
    words = state.world.draws.words(Purpose.DECOY, seed, contact)
    met = np.asarray(meets_decoy(words, _online(now).take(place), n_online, POSE)).nonzero()[0]
    if met.size:
        asked, place, seed, contact = (a.take(met) for a in (asked, place, seed, contact))
        police = state.numbers.police
        case, evidence = state.world.draws.words((Purpose.DECOY_CASE, Purpose.DECOY_EVIDENCE), seed, contact)
        leads = np.asarray(has_evidence(case, police.p_decoy_case))
        identifies = np.asarray(has_evidence(evidence, police.p_decoy_evidence))
        predator = now.day.people.person.take(intents.row.take(asked))
        now.record.note("decoy", hour, intents.second.take(asked), place, 1, predator, detail=leads.astype(np.int64))
        columns = (column.compress(leads).tolist() for column in (place, predator, contact, identifies))
        for at, person, number, identified in zip(*columns, strict=True):
            grave = urgency(DECOY, False)
            now.leads.append(Lead(at, person, DECOY, number, True, grave, hour, hour, identified))
    reached: Ints = posed.take(met)
    return reached


def _kept_apart(now: Hour, intent: Ints, place: Ints) -> Bools:
    """Tell which predators may not write to decoys, who state the age of those whom they pose as."""
    row = now.day.intents.row.take(intent)
    return now.lanes.apart.keeps_from_decoys(place, now.day.people.door_type(row))


def _n_online(now: Hour, intent: Ints, place: Ints) -> Ints:
    """Return how many persons of the class sought are online: the site's own, doors and bars apart, and who moved."""
    state, day, doors = now.state, now.day, now.lanes.doors
    hour, own = np.full(intent.size, now.hour_of_day), state.places.site.take(place)
    n = day.online.n(hour, state.world.group(day, intent, own))
    for home in range(state.places.n_sites if state.places.n_sites > 1 else 0):
        of_home = day.online.n(hour, state.world.group(day, intent, np.full(intent.size, home)))
        share = doors.weights[POSE, place, home]
        n = n + (own != home) * (of_home * share // state.cells.n_parts)
    return n


def count_decoys(now: Hour) -> None:
    """Count the hour's decoys."""
    if now.lanes.rule("undercover.decoys").any():
        now.record.add_all("n_decoy_milli_hours", [milli(decoys) for decoys in _online(now).tolist()])


def _online(now: Hour) -> Floats:
    """Return the decoys online in the hour, by place."""
    scale = now.state.world.scenario.scale
    return np.array([decoys_online(rules, now.hour_of_day, scale) for rules in now.lanes.rules])
