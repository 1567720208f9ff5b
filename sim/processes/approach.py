"""Step 2: predators approach persons online. Intents, candidates and their luck are the same in every lane."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim import decisions
from sim.decisions import CONTACT
from sim.draws import Ints, Purpose
from sim.observe import Recorder
from sim.processes.visits import predators_inside
from sim.state import DEAD, LIVE, Lanes, State
from sim.world import ATTEMPTS, Day

NOBODY = -1


def approach(state: State, lanes: Lanes, day: Day, hour: int, record: Recorder) -> None:
    """Turn the intents of the hour into contacts, lane by lane, all lanes at once."""
    seen = hour - day.first_hour
    first, last = int(day.intents.start[seen]), int(day.intents.start[seen + 1])
    if first == last:
        return
    intents, n_lanes = day.intents, state.lanes_per_seed
    row = intents.row[first:last]
    place, inside, barred = predators_inside(state, lanes, day.predators, row, day.first_hour, hour)
    pair = place * state.world.n_predators + state.world.predator_index(day.predators.person.take(row))[:, None]
    n_free = state.world.scenario.predators.contacts_at_once - state.n_live.take(pair)
    wanted = (inside & ~barred & (intents.rank[first:last, None] < n_free)).reshape(-1).nonzero()[0]
    target, redirected = _choose(state, lanes, day, hour, first, place.reshape(-1), pair.reshape(-1), wanted)
    _drop_repeated(intents.rank[first:last], day.users.person, target.reshape(-1, n_lanes))
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
    for attempt in range(ATTEMPTS):
        if not wanted.size:
            return target, redirected
        intent = first + wanted // n_lanes
        row = day.intents.candidates[intent, attempt]
        somebody = row != NOBODY
        wanted, intent, row = wanted[somebody], intent[somebody], row[somebody]
        accepted, absent = _meets(state, lanes, day, hour, place.take(wanted), pair.take(wanted), row)
        target[wanted[accepted]] = row[accepted]
        further = ~accepted
        looking = absent.nonzero()[0]
        if looking.size:
            contact = day.intents.contact.take(intent.take(looking))
            words = state.world.draws.words(
                Purpose.RETRY, state.seed_of_place.take(place.take(wanted.take(looking))), contact, attempt
            )
            further[looking] = decisions.looks_further(words, state.numbers)
            redirected[wanted[absent & further]] = 1
        wanted = wanted[further]
    for flat in wanted:
        target[flat], redirected[flat] = _walk(
            state, lanes, day, hour, int(first + flat // n_lanes), place[flat : flat + 1], pair[flat : flat + 1],
            int(redirected[flat]),
        )  # fmt: skip
    return target, redirected


def _meets(
    state: State, lanes: Lanes, day: Day, hour: int, place: Ints, pair: Ints, row: Ints
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell who of the users drawn can be approached, and who is absent because of a policy."""
    users = day.users
    tolerance = users.tolerance.take(row)
    old = (row >= users.n_begun).astype(np.int64)
    outside = ~decisions.lets_in(tolerance, lanes.friction_user[old, place])
    outside_anyway = outside & ~decisions.lets_in(tolerance, lanes.baseline_user.take(old))
    person = users.person.take(row)
    missing = state.users_barred(place, person, users.slot.take(row), hour)
    in_contact = state.pairs.may_hold(pair, person)
    for i in in_contact.nonzero()[0]:
        in_contact[i] = _in_contact(state, int(pair[i]), int(person[i]))
    passed_over = outside_anyway | missing | in_contact
    return ~outside & ~passed_over, outside & ~passed_over


def _in_contact(state: State, pair: int, person: int) -> bool:
    contacts, n = state.contacts, state.contacts.n
    same = (contacts.pair[:n] == pair) & (contacts.target[:n] == person) & (contacts.status[:n] != DEAD)
    return bool(same.any())


def _walk(
    state: State, lanes: Lanes, day: Day, hour: int, intent: int, place: Ints, pair: Ints, redirected: int
) -> tuple[int, int]:
    """Go on through everybody of the class who was not drawn yet; return the row approached and whether redirected."""
    seed = int(state.seed_of_place[place[0]])
    contact = int(day.intents.contact[intent])
    rest = state.world.walk(
        day, contact, seed, hour, int(day.intents.victim_class[intent]), day.intents.candidates[intent]
    )
    for step, row in enumerate(rest):
        accepted, absent = _meets(state, lanes, day, hour, place, pair, row[None])
        if accepted[0]:
            return int(row), redirected
        if absent[0]:
            word = state.world.draws.word(Purpose.RETRY, seed, contact, ATTEMPTS + step)
            if not decisions.looks_further(word, state.numbers):
                break
            redirected = 1
    return NOBODY, redirected


def _drop_repeated(rank: Ints, person: Ints, target: Ints) -> None:
    """Let the earlier of a predator's approaches in one hour to the same person stand; blot out the later.

    Args:
        rank: Rank of each intent among its predator's of the hour.
        person: Person by row.
        target: Rows approached by intent and lane; written to.
    """
    who = np.where(target == NOBODY, NOBODY, person.take(target))
    for lag in range(1, int(rank.max()) + 1):
        later = (rank >= lag).nonzero()[0]
        again = (who[later] == who[later - lag]) & (who[later] != NOBODY)
        target[later] = np.where(again, NOBODY, target[later])


def _begin(
    state: State, day: Day, hour: int, intent: Ints, place: Ints, pair: Ints, row: Ints, redirected: Ints,
    record: Recorder,
) -> None:  # fmt: skip
    """Write the contacts made into the table."""
    intents, users, predators = day.intents, day.users, day.predators
    contact, offence, second = (a.take(intent) for a in (intents.contact, intents.offence, intents.second))
    predator_row = intents.row.take(intent)
    alarm, seconds = decisions.first_alarm(
        state.world.draws, state.numbers.hazard, state.seed_of_place.take(place), contact, offence,
        np.full(contact.size, CONTACT),
    )  # fmt: skip
    predator, target = predators.person.take(predator_row), users.person.take(row)
    victim_class = intents.victim_class.take(intent)
    rows = state.contacts.append(
        place=place,
        contact=contact,
        predator=predator,
        target=target,
        offence=offence,
        victim_class=victim_class,
        pair=pair,
        target_tolerance=users.tolerance.take(row),
        predator_tolerance=predators.tolerance.take(predator_row),
        status=LIVE,
        stage=CONTACT,
        alarm=alarm,
        ring=hour * decisions.SECONDS + second + seconds,
        target_end=users.end.take(row),
        predator_end=predators.end.take(predator_row),
        session=predators.begin.take(predator_row),
        redirected=redirected,
    )
    state.contacts.settle(rows)
    np.add.at(state.n_live, pair, 1)
    state.pairs.count(pair, target, 1)
    record.note("approach", hour, second, place, predator, target, contact, offence, victim_class, redirected)
