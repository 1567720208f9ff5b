"""Step 2: predators approach persons online. Intents, candidates and their luck are the same in every lane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim import decisions
from sim.day import NOBODY, Day
from sim.decisions import CONTACT
from sim.draws import Ints, Purpose
from sim.observe import Recorder
from sim.processes.visits import predators_inside
from sim.state import LIVE, Lanes, State
from sim.world import ATTEMPTS


def foresee(state: State, day: Day) -> None:
    """Work out, once a day for all lanes, what would end the first contacts that the day's intents may become."""
    intents = day.intents
    seed = day.people.seed.take(intents.row)
    draws, hazard = state.world.draws, state.numbers.hazard
    state.openings = decisions.first_alarm(draws, hazard, seed, intents.contact, intents.offence, CONTACT)


def approach(state: State, lanes: Lanes, day: Day, hour: int, record: Recorder) -> None:
    """Turn the intents of the hour into contacts, lane by lane, all lanes at once."""
    seen = hour - day.first_hour
    first, last = int(day.intents.start[seen]), int(day.intents.start[seen + 1])
    if first == last:
        return
    intents, n_lanes = day.intents, state.lanes_per_seed
    row = intents.row[first:last]
    place, pair, inside, barred = predators_inside(state, lanes, day, row, hour)
    n_free = state.world.scenario.predators.contacts_at_once - state.n_live.take(pair)
    wanted = (inside & ~barred & (intents.rank[first:last, None] < n_free)).reshape(-1).nonzero()[0]
    target, redirected = _choose(state, lanes, day, hour, first, place.reshape(-1), pair.reshape(-1), wanted)
    _drop_repeated(intents.rank[first:last], day.people.person, target.reshape(-1, n_lanes))
    made = (target != NOBODY).nonzero()[0]
    _begin(state, day, hour, first + made // n_lanes, place.reshape(-1).take(made), pair.reshape(-1).take(made),
           target.take(made), redirected.take(made), record)  # fmt: skip


def _choose(
    state: State, lanes: Lanes, day: Day, hour: int, first: int, place: Ints, pair: Ints, wanted: Ints
) -> tuple[Ints, Ints]:
    """Return, for every intent and lane (flat), the row of the user approached or NOBODY, and whether redirected."""
    n_lanes = state.lanes_per_seed
    target = np.full(place.size, NOBODY)
    redirected = np.zeros(place.size, np.int64)
    for attempts in state.world.rounds(day):
        if not wanted.size:
            return target, redirected
        intent = first + wanted // n_lanes
        rows = state.world.candidates(day, intent, *attempts)
        n = rows.shape[1]
        where = place.take(wanted)
        accepted, absent = (
            found.reshape(rows.shape)
            for found in _meets(
                state, lanes, day, hour, np.repeat(where, n), np.repeat(pair.take(wanted), n), rows.reshape(-1)
            )
        )
        stops = accepted | (rows == NOBODY)
        who, which = absent.nonzero()
        words = state.world.draws.words(
            Purpose.RETRY, state.seed_of_place.take(where.take(who)), day.intents.contact.take(intent.take(who)),
            attempts[0] + which,
        )  # fmt: skip
        stops[who, which] = ~decisions.looks_further(words, state.numbers)
        last = np.where(stops.any(axis=1), stops.argmax(axis=1), n)
        redirected[wanted] |= (absent & (np.arange(n) < last[:, None])).any(axis=1)
        stopped = (last < n).nonzero()[0]
        found = stopped[accepted[stopped, last.take(stopped)]]
        target[wanted.take(found)] = rows[found, last.take(found)]
        wanted = wanted[last == n]
    for flat in wanted.tolist():
        target[flat], redirected[flat] = _walk(
            state, lanes, day, hour, first + flat // n_lanes, int(place[flat]), int(pair[flat]), int(redirected[flat])
        )
    return target, redirected


def _meets(
    state: State, lanes: Lanes, day: Day, hour: int, place: Ints, pair: Ints, row: Ints
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell who of the users drawn can be approached, and who is absent because of a policy."""
    people = day.people
    tolerance = people.tolerance(row)
    old = people.is_old(row)
    outside = ~decisions.lets_in(tolerance, lanes.friction_user[old, place])
    outside_anyway = outside & ~decisions.lets_in(tolerance, lanes.baseline_user.take(old))
    person = people.person.take(row, mode="clip")
    missing = state.users_barred(place, person, people.slot.take(row, mode="clip"), hour)
    passed_over = outside_anyway | missing | state.contacts.holding(pair, person) | (row < 0)
    return ~outside & ~passed_over, outside & ~passed_over


def _walk(
    state: State, lanes: Lanes, day: Day, hour: int, intent: int, place: int, pair: int, redirected: int
) -> tuple[int, int]:
    """Go on through everybody of the class who was not drawn yet; return the row approached and whether redirected."""
    rows = state.world.walk(day, intent)
    if not rows.size:
        return NOBODY, redirected
    accepted, absent = _meets(state, lanes, day, hour, np.full(rows.size, place), np.full(rows.size, pair), rows)
    first = int(accepted.argmax()) if accepted.any() else rows.size
    seed, contact = int(state.seed_of_place[place]), int(day.intents.contact[intent])
    for step in absent[:first].nonzero()[0].tolist():
        word = state.world.draws.word(Purpose.RETRY, seed, contact, ATTEMPTS + step)
        if not decisions.looks_further(word, state.numbers):
            return NOBODY, redirected
        redirected = 1
    return (int(rows[first]) if first < rows.size else NOBODY), redirected


def _drop_repeated(rank: Ints, person: Ints, target: Ints) -> None:
    """Let the earlier of a predator's approaches in one hour to the same person stand; blot out the later.

    Args:
        rank: Rank of each intent among its predator's of the hour.
        person: Person by row.
        target: Rows approached by intent and lane; written to.
    """
    who = np.where(target == NOBODY, NOBODY, person.take(target))
    later = (rank > 0).nonzero()[0]
    for lag in range(1, int(rank.max()) + 1):
        later = later[rank.take(later) >= lag]
        before, now = who.take(later - lag, axis=0), who.take(later, axis=0)
        again = (before == now) & (now != NOBODY)
        if again.any():
            target[later] = np.where(again, NOBODY, target[later])


def _begin(
    state: State, day: Day, hour: int, intent: Ints, place: Ints, pair: Ints, row: Ints, redirected: Ints,
    record: Recorder,
) -> None:  # fmt: skip
    """Write the contacts made into the table."""
    intents, people = day.intents, day.people
    contact, offence, second = (a.take(intent) for a in (intents.contact, intents.offence, intents.second))
    predator_row = intents.row.take(intent)
    alarm, seconds = (a.take(intent) for a in state.openings)
    predator, target = people.person.take(predator_row), people.person.take(row)
    victim_class = intents.victim_class.take(intent)
    rows = state.contacts.append(
        place=place,
        contact=contact,
        predator=predator,
        target=target,
        offence=offence,
        victim_class=victim_class,
        pair=pair,
        target_tolerance=people.tolerance(row),
        predator_tolerance=people.tolerance(predator_row),
        status=LIVE,
        stage=CONTACT,
        alarm=alarm,
        ring=hour * decisions.SECONDS + second + seconds,
        target_end=people.end.take(row),
        predator_end=people.end.take(predator_row),
        session=people.begin.take(predator_row),
        redirected=redirected,
        cell=record.cell(place, offence, victim_class),
    )
    state.contacts.settle(rows)
    np.add.at(state.n_live, pair, 1)
    record.note_contacts("approach", hour, second, state.contacts, rows, redirected)
