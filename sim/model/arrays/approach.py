"""Step 2: predators approach persons online. Intents, candidates and their luck are the same in every lane.

What an intent comes to hardly ever depends on more than doors. So once a day every intent is followed in every lane as
if nobody were barred or already in contact; an hour looks whether one of the persons come upon is, and follows anew the
few intents for which that is so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.model.arrays.contacts import recognition
from sim.model.arrays.detection import flag
from sim.model.arrays.entry import at_the_door, on_other_site
from sim.model.arrays.felt_risk import holds_back
from sim.model.arrays.hour import Hour
from sim.model.arrays.places import Places
from sim.model.arrays.state import LIVE
from sim.model.arrays.undercover import reach_decoys
from sim.model.decisions.approach import deterred, has_room, looks_further
from sim.model.decisions.codes import CONTACT, NEVER, SECONDS
from sim.model.decisions.contacts import ALARMS, first_alarm
from sim.model.decisions.entry import account_since, may_write
from sim.model.world.day import NOBODY
from sim.model.world.draws import Bools, Ints, Purpose, below
from sim.model.world.keys import alarm_key
from sim.model.world.world import ATTEMPTS, MORE_ATTEMPTS

_ROUNDS = (0, 1), (1, 2), (2, ATTEMPTS)  # attempts that are best looked at together: first and last + 1
_MORE_ROUNDS = (ATTEMPTS, 8 * ATTEMPTS), (8 * ATTEMPTS, MORE_ATTEMPTS)  # likewise among persons of another home
_NOBODY = np.zeros(0, np.int64)
_UNDECIDED = -3  # no target yet after all attempts that are foreseen: the rest of the walk is left to the hour


@dataclass(frozen=True)
class Foreseen:
    """What the day's intents come to in every lane if nobody is barred and no two are in contact already.

    Entries of intents and lanes are numbered ``intent * lanes + lane``.

    Attributes:
        pair: Place and predator, by intent and lane; where the predator is let in nowhere, that of their home.
        rank: The predator must have room for more contacts than that, likewise; NEVER where the door turns it away.
        target: Row of the user approached, NOBODY or _UNDECIDED, likewise.
        redirected: 1 if in place of somebody absent or protected because of a policy, likewise.
        alarm, seconds: What would end the first contact and after how many seconds, by intent, if nobody is warned.
        looked_for: For every person looked at on the way: the number of intent and lane, in order.
        looked_pair, looked_person, looked_slot: Pair of the predator, and who the person is.
        looked_start: Where each hour begins among them, 25 entries.
    """

    pair: Ints
    rank: Ints
    target: Ints
    redirected: Ints
    alarm: Ints
    seconds: Ints
    looked_for: Ints
    looked_pair: Ints
    looked_person: Ints
    looked_slot: Ints
    looked_start: list[int]


def foresee(now: Hour) -> Foreseen:
    """Follow the day's intents in every lane, bars and contacts apart."""
    state, day, places = now.state, now.day, now.state.places
    intents, people = day.intents, day.people
    place, pair, inside = at_the_door(now, intents.row)
    inside &= _may_approach(now, np.repeat(np.arange(intents.row.size), places.n_lanes), place)
    target = np.full(place.size, NOBODY)
    redirected = np.zeros(place.size, np.int64)
    looked = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    open_ = inside.nonzero()[0]
    home = _whose_home(now, open_ // places.n_lanes, place.take(open_))
    for attempts in (*_ROUNDS, *_MORE_ROUNDS):
        if attempts[0] >= ATTEMPTS:
            open_, home = _of_other_homes(places, open_, place, home)
        if open_.size:
            choice = _look(now, open_ // places.n_lanes, place.take(open_), home, attempts, None)
            target[open_], looked_by, row = choice.target, choice.looked_by, choice.looked_row
            redirected[open_] |= choice.redirected
            looked.append((open_.take(looked_by), row))
            left = choice.target == _UNDECIDED
            open_, home = open_[left], None if home is None else home[left]
    looked_for, row = (np.concatenate(parts) for parts in zip(*looked, strict=True))
    order = looked_for.argsort(kind="stable")
    looked_for, row = looked_for.take(order), row.take(order)
    words = state.world.draws.words(ALARMS, people.seed.take(intents.row), intents.contact, alarm_key(CONTACT))
    return Foreseen(
        pair,
        np.where(inside, places.each(intents.rank), NEVER),
        target,
        redirected,
        *first_alarm(words, state.numbers.hazards(intents.offence, CONTACT)),
        looked_for,
        pair.take(looked_for),
        people.person.take(row),
        people.slot.take(row),
        looked_for.searchsorted(intents.start * places.n_lanes).tolist(),
    )


def _whose_home(now: Hour, intent: Ints, place: Ints) -> Ints | None:
    """Return whose home the persons have that intents come upon, each in a place; nothing if there is one site.

    By the numbers of those online of each home, times the share of them that is here, or would be usually.
    """
    state, day = now.state, now.day
    places = state.places
    if places.n_sites == 1:
        return None
    own = places.site.take(place)
    homes = np.arange(places.n_sites)[:, None] - 1
    # The site's own people first, then the others in their order.
    order = np.concatenate((own[None, :], homes[1:] + (homes[1:] >= own)))
    hour, of_class = day.intents.hour.take(intent) - day.first_hour, day.intents.victim_class.take(intent)
    weight = np.array([
        now.lanes.doors.weights[of_class, place, home] * day.online.n(hour, state.world.group(day, intent, home))
        for home in order
    ])  # fmt: skip
    total = np.cumsum(weight, axis=0)
    seed = places.seed.take(place)
    words = state.world.draws.words(Purpose.WHOSE_HOME, seed, day.intents.contact.take(intent))
    nth = (below(words, total[-1]) >= total[:-1]).sum(axis=0)
    several = (weight > 0).sum(axis=0) > 1
    nth = np.where(several, nth, (weight > 0).argmax(axis=0))
    home: Ints = order[nth, np.arange(intent.size)]
    return home


def _of_other_homes(places: Places, flat: Ints, place: Ints, home: Ints | None) -> tuple[Ints, Ints | None]:
    """Return those of some intents and lanes that look among persons of another home than their place."""
    if home is None:
        return flat[:0], None
    others = home != places.site.take(place.take(flat))
    return flat[others], home[others]


def _may_approach(now: Hour, intent: Ints, place: Ints) -> NDArray[np.bool_]:
    """Tell which intents, each in a place, announced retention does not deter and limits on new accounts allow.

    Args:
        now: The hour, or any of the day.
        intent: Intents in ascending order.
        place: Places.
    """
    state, lanes = now.state, now.lanes
    intents, people = now.day.intents, now.day.people
    free = np.ones(place.size, bool)
    cooling_off = lanes.rule("limits.cooling_off_hours")
    if not place.size or not (state.numbers.p_deterred or cooling_off.any()):
        return free
    # What belongs to an intent is worked out once, whatever the number of lanes.
    every = np.arange(intent[0], intent[-1] + 1)
    which, row = intent - intent[0], intents.row.take(every)
    if state.numbers.p_deterred:
        words = state.world.draws.words(Purpose.DETERRED, people.seed.take(row), intents.contact.take(every))
        message_hours = lanes.rule("retention.message_hours").take(place)
        free &= ~deterred(words.take(which), state.numbers, message_hours)
    if cooling_off.any():
        day_joined = state.world.membership.joined(people.seed.take(row), people.person.take(row))
        columns = (intents.hour.take(every), people.begin.take(row), 24 * day_joined)
        hour, begun, joined = (column.take(which) for column in columns)
        since = account_since(joined, begun, lanes.rule("registration.accounts_persist").take(place))
        free &= may_write(hour - since, cooling_off.take(place))
    return free


def _new_here(now: Hour, pair: Ints) -> NDArray[np.bool_]:
    """Tell which predators are back under an identity that is too new to write to strangers."""
    cooling_off, persists = (now.lanes.rule(n) for n in ("limits.cooling_off_hours", "registration.accounts_persist"))
    if not (persists & (cooling_off > 0)).any():
        return np.zeros(pair.size, bool)
    place = now.state.places.of_pair(pair)
    too_new = ~may_write(now.hour - now.state.new_since.take(pair), cooling_off.take(place))
    return persists.take(place) & too_new


def approach(now: Hour, foreseen: Foreseen) -> None:
    """Turn the intents of the hour into contacts, lane by lane, all lanes at once."""
    state, day, hour, n_lanes = now.state, now.day, now.hour, now.state.places.n_lanes
    first, last = (int(n) * n_lanes for n in day.intents.start[now.hour_of_day : now.hour_of_day + 2])
    if first == last:
        return
    pair, rank, target, redirected = (
        a[first:last] for a in (foreseen.pair, foreseen.rank, foreseen.target, foreseen.redirected)
    )
    barred = state.predator_barred_until.take(pair) > hour
    gone_on = _NOBODY
    if state.places.n_sites > 1 and barred.any():
        pair, rank = pair.copy(), rank.copy()
        gone_on = _go_on(now, first, barred.nonzero()[0], pair, rank)
        barred[gone_on] = False
    wanted = has_room(rank, state.n_live.take(pair), state.world.scenario.predators.contacts_at_once) & ~barred
    wanted &= ~_new_here(now, pair)
    if state.numbers.felt_risk.sensitivity:
        intent = np.arange(first, last) // n_lanes
        predator = day.people.person.take(day.intents.row.take(intent))
        wanted &= ~holds_back(state, state.places.of_pair(pair), predator, day.intents.contact.take(intent))
    if now.lanes.rule("undercover.decoys").any():
        acted_on = wanted.nonzero()[0]
        wanted[acted_on[reach_decoys(now, (first + acted_on) // n_lanes, pair.take(acted_on))]] = False
    again = target == _UNDECIDED
    again[foreseen.looked_for[_otherwise(now, foreseen)] - first] = True
    again[gone_on] = True
    again = (again & wanted).nonzero()[0]
    if again.size:
        target, redirected = target.copy(), redirected.copy()
        target[again], redirected[again] = _choose(now, first + again, pair.take(again))
    made = (wanted & (target >= 0)).nonzero()[0]
    # Of a predator's approaches in one hour to the same person the earliest stands.
    made = made[state.contacts.first_of_each(pair.take(made), day.people.person.take(target.take(made)))]
    _begin(now, foreseen, (first + made) // n_lanes, pair.take(made), target.take(made), redirected.take(made))


def _go_on(now: Hour, first: int, barred: Ints, pair: Ints, rank: Ints) -> Ints:
    """Let predators whom a bar keeps out of a site act on their other one; return whose intents are those.

    Args:
        now: The hour.
        first: Number of the first intent and lane of the hour.
        barred: Those of predators barred where they were foreseen.
        pair: Place and predator, by intent and lane of the hour; written.
        rank: `Foreseen.rank`, likewise; written.
    """
    places, intent = now.state.places, (first + barred) // now.state.places.n_lanes
    on, there = on_other_site(now, now.day.intents.row.take(intent), pair.take(barred))
    gone_on, intent = barred.take(on), intent.take(on)
    pair[gone_on] = there
    free = _may_approach(now, intent, places.of_pair(there))
    rank[gone_on] = np.where(free, now.day.intents.rank.take(intent), NEVER)
    return gone_on


def _otherwise(now: Hour, foreseen: Foreseen) -> Ints:
    """Return which of the persons looked at in this hour are barred, or in contact with the predator."""
    state = now.state
    first, last = foreseen.looked_start[now.hour_of_day : now.hour_of_day + 2]
    pair, person, slot = (a[first:last] for a in (foreseen.looked_pair, foreseen.looked_person, foreseen.looked_slot))
    passed_over = state.contacts.holding(pair, person)
    passed_over |= state.users_barred(state.places.of_pair(pair), person, slot, now.hour)
    return first + passed_over.nonzero()[0]


@dataclass(frozen=True)
class _Choice:
    """Where some attempts lead: by intent and lane the target (or NOBODY, or _UNDECIDED), and who was looked at."""

    target: Ints
    redirected: Ints
    looked_by: Ints
    looked_row: Ints


def _look(
    now: Hour, intent: Ints, place: Ints, home: Ints | None, attempts: tuple[int, int], pair: Ints | None
) -> _Choice:
    """Let intents, each in a place, come upon persons in a range of attempts; stop at the first who will do.

    Args:
        now: The hour, for bars and contacts; any of the day without them.
        intent: Intents.
        place: Places.
        home: Whose home the persons have: `_whose_home`.
        attempts: First and last + 1.
        pair: Place and predator: whoever is in contact already, or barred, is passed over. None: nobody is.
    """
    state, day = now.state, now.day
    rows = state.world.candidates(day, intent, *attempts, home)
    n = rows.shape[1]
    pairs = None if pair is None else np.repeat(pair, n)
    met = _meets(now, np.repeat(intent, n), np.repeat(place, n), rows.reshape(-1), pairs)
    accepted, away, protected = (answer.reshape(rows.shape) for answer in met)
    stops = accepted | (rows == NOBODY)
    who, which = away.nonzero()
    words = state.world.draws.words(
        Purpose.RETRY, state.places.seed.take(place.take(who)), day.intents.contact.take(intent.take(who)),
        attempts[0] + which,
    )  # fmt: skip
    stops[who, which] = ~looks_further(words, protected[who, which], state.numbers)
    who, which = stops.nonzero()
    last = np.full(intent.size, n)
    last[who[::-1]] = which[::-1]  # of several the first is written last, and stays
    passed_over = away & (np.arange(n) < last[:, None])
    redirected = np.zeros(intent.size, np.int64)
    redirected[passed_over.nonzero()[0]] = 1
    target = np.full(intent.size, _UNDECIDED)
    stopped = (last < n).nonzero()[0]
    at = last.take(stopped)
    target[stopped] = np.where(accepted[stopped, at], rows[stopped, at], NOBODY)
    looked_by, which = (passed_over | (accepted | away) & (np.arange(n) == last[:, None])).nonzero()
    return _Choice(target, redirected, looked_by, rows[looked_by, which])


def _choose(now: Hour, flat: Ints, pair: Ints) -> tuple[Ints, Ints]:
    """Follow intents anew, minding bars and contacts; return rows approached or NOBODY, and whether redirected."""
    places = now.state.places
    intent, place = flat // places.n_lanes, places.of_pair(pair)
    home = _whose_home(now, intent, place)
    choice = _look(now, intent, place, home, (0, ATTEMPTS), pair)
    target, redirected = choice.target, choice.redirected
    for attempts in _MORE_ROUNDS:
        left = (target == _UNDECIDED).nonzero()[0]
        left, others = _of_other_homes(places, left, place, None if home is None else home.take(left))
        if left.size:
            choice = _look(now, intent.take(left), place.take(left), others, attempts, pair.take(left))
            target[left] = choice.target
            redirected[left] |= choice.redirected
    for i in (target == _UNDECIDED).nonzero()[0].tolist():
        of_home = None if home is None else int(home[i])
        target[i], redirected[i] = _walk(now, int(intent[i]), int(place[i]), of_home, int(pair[i]), int(redirected[i]))
    return target, redirected


def _meets(now: Hour, intent: Ints, place: Ints, row: Ints, pair: Ints | None) -> tuple[Bools, Bools, Bools]:
    """Tell who of the users drawn can be approached, who could be but for a policy, and who of these is protected."""
    people, doors, state, apart = now.day.people, now.lanes.doors, now.state, now.lanes.apart
    door_type = people.door_type(row)
    here = doors.lets_in(0, people.is_old(row), place, door_type)
    usually = doors.usually_here(place, door_type)
    protected = np.zeros(row.size, bool)
    if apart.limits or apart.usual.limits:
        predator_type = people.door_type(now.day.intents.row.take(intent))
        usually &= ~apart.usual.keeps(place % state.places.n_sites, door_type, predator_type)
        protected = here & apart.keeps(place, door_type, predator_type)
        here &= ~protected
    away = usually > here
    passed_over = row < 0
    if pair is not None:
        person = people.person.take(row, mode="clip")
        passed_over |= state.users_barred(place, person, people.slot.take(row, mode="clip"), now.hour)
        passed_over |= state.contacts.holding(pair, person)
    return here & ~passed_over, away & ~passed_over, protected


def _walk(now: Hour, intent: int, place: int, home: int | None, pair: int, redirected: int) -> tuple[int, int]:
    """Go on through everybody of the class who was not drawn yet; return the row approached and whether redirected."""
    state, day = now.state, now.day
    rows = state.world.walk(day, intent, home)
    if not rows.size:
        return NOBODY, redirected
    whose, where, of_pair = (np.full(rows.size, one) for one in (intent, place, pair))
    accepted, away, protected = _meets(now, whose, where, rows, of_pair)
    first = int(accepted.argmax()) if accepted.any() else rows.size
    seed, contact = state.places.seed_of(place), int(day.intents.contact[intent])
    tried = ATTEMPTS if home in (None, place % state.places.n_sites) else MORE_ATTEMPTS
    for step in away[:first].nonzero()[0].tolist():
        word = state.world.draws.word(Purpose.RETRY, seed, contact, tried + step)
        if not looks_further(word, bool(protected[step]), state.numbers):
            return NOBODY, redirected
        redirected = 1
    return (int(rows[first]) if first < rows.size else NOBODY), redirected


def _begin(now: Hour, foreseen: Foreseen, intent: Ints, pair: Ints, row: Ints, redirected: Ints) -> None:
    """Write the contacts made into the table."""
    state, hour, record, intents, people = now.state, now.hour, now.record, now.day.intents, now.day.people
    contact, offence, second, victim_class, predator_row = (
        a.take(intent) for a in (intents.contact, intents.offence, intents.second, intents.victim_class, intents.row)
    )
    place, target = state.places.of_pair(pair), people.person.take(row)
    alarm, seconds = foreseen.alarm.take(intent), foreseen.seconds.take(intent)
    if now.lanes.warn:
        words = state.world.draws.words(ALARMS, state.places.seed.take(place), contact, alarm_key(CONTACT))
        hazard = state.numbers.hazards(offence, CONTACT)
        alarm, seconds = first_alarm(words, hazard, recognise_milli=recognition(now, place, target))
    rows = state.contacts.append(
        place=place,
        contact=contact,
        predator=people.person.take(predator_row),
        target=target,
        offence=offence,
        victim_class=victim_class,
        pair=pair,
        target_type=people.door_type(row),
        predator_type=people.door_type(predator_row),
        status=LIVE,
        stage=CONTACT,
        alarm=alarm,
        ring=hour * SECONDS + second + seconds,
        target_end=people.end.take(row),
        predator_end=people.end.take(predator_row),
        session=people.begin.take(predator_row),
        redirected=redirected,
        cell=record.cell(place, offence, victim_class),
    )
    state.contacts.settle(rows)
    np.add.at(state.n_live, pair, 1)
    record.note_contacts("approach", hour, second, state.contacts, rows, redirected)
    if now.lanes.detect:
        flag(now, rows, state.contacts.stage.take(rows), second)
