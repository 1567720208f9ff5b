"""Step 1, seizure: what the police take of sites that close, and whom they find in it."""

from __future__ import annotations

from sim.model.arrays.hour import Hour, Lead
from sim.model.arrays.investigation import Police
from sim.model.arrays.moderation import Office
from sim.model.decisions.codes import SEIZED
from sim.model.decisions.investigation import is_found, urgency
from sim.model.decisions.moderation import kept_since
from sim.model.world.draws import Purpose


def seize(now: Hour, office: Office, police: Police) -> None:
    """Take the data of sites that close today; predators found in private messages that are still kept are leads."""
    state, lanes, places = now.state, now.lanes, now.state.places
    closed = lanes.doors.closed
    seized = closed.compress(lanes.rule("operation.seized").take(closed))
    if not (state.newest_private.size and seized.size):
        return
    police.seize(seized, now.hour)
    kept = kept_since(office.kept_since, now.hour, lanes.rule("retention.message_hours")).take(seized)
    newest = state.newest_private.reshape(places.n, places.n_predators).take(seized, axis=0)
    which, index = (newest >= kept[:, None]).nonzero()
    place, person, hour = seized.take(which), state.world.predator_at(index), newest[which, index]
    words = state.world.draws.words(Purpose.SEIZED, places.seed.take(place), person)
    found = is_found(words, state.numbers.police.p_seized)
    grave = urgency(SEIZED, False)
    for at, who, last in zip(*(column.compress(found).tolist() for column in (place, person, hour)), strict=True):
        now.leads.append(Lead(at, who, SEIZED, 0, True, grave, last, last, False))
