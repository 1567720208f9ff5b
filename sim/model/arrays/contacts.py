"""Step 3: contacts run; and in step 1 they end where a site closes.

An hour touches only those to which something happens, in rounds until nothing more is due.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.arrays.detection import flag
from sim.model.arrays.felt_risk import share_left
from sim.model.arrays.hour import Hour
from sim.model.arrays.responses import Recognised, complain, complaints_due, recognise, respond
from sim.model.arrays.state import DORMANT, LIVE, OFF_PLATFORM, State
from sim.model.decisions.codes import (
    CONTACT,
    ENGAGED,
    FADE,
    GO_ON,
    LEAVE,
    N_ALARMS,
    N_STAGES,
    NEVER,
    OFF,
    PRIVATE,
    RECOGNISE,
    SECONDS,
    STAY,
)
from sim.model.decisions.contacts import (
    ALARMS,
    first_alarm,
    found_again,
    lapse_hour,
    meeting_hour,
    meeting_rate,
    meets_first,
    warning_reaches,
)
from sim.model.decisions.detection import watched
from sim.model.decisions.felt_risk import leave_milli
from sim.model.world.draws import Ints, Purpose, exponential, pick
from sim.model.world.keys import CARRIED, alarm_key, occasion_key

_NOBODY = np.zeros(0, np.int64)
_REACHED = ("engage", "private", "leave")  # kinds of events by the stage reached, from ENGAGED on
_OVER = -1
_NEXT_STAGE = np.full((N_ALARMS, N_STAGES), _OVER)
"""What an alarm of a stage leads to, as far as it is not the target who decides."""
_NEXT_STAGE[LEAVE] = OFF
_NEXT_STAGE[GO_ON, :PRIVATE] = np.arange(ENGAGED, PRIVATE + 1)


def run_contacts(now: Hour) -> None:
    """Let everything happen that is due in this hour: meetings, partings, ends of stages, harm, complaints."""
    contacts, hour = now.state.contacts, now.hour
    _part_the_barred(now)
    due = (contacts.due[: contacts.n] == hour).nonzero()[0]
    parted = contacts.status.take(due) == DORMANT
    dormant, together = due.compress(parted), due.compress(~parted)
    if dormant.size:
        _meet_or_lapse(now, dormant)
    over = together.compress(contacts.part_hour(together) == hour)
    if over.size:
        _part(now, over)
    # Several stages can pass in one hour, so alarms ring in rounds. Rows end, and seek once more, after all of them:
    # until then what happened to them may still be asked of them.
    ended: list[tuple[Ints, Ints]] = []
    recognised: list[Recognised] = []
    rows = due.compress(contacts.due.take(due) == hour)
    while rows.size:
        ended.append(_ring(now, rows, recognised))
        rows = rows.compress(contacts.due.take(rows) == hour)
    seekers = respond(now, recognised) if recognised else _NOBODY
    if ended:
        rows, second = (np.concatenate(c) for c in zip(*ended, strict=True))
        _end(now, rows, second)
    if seekers.size:
        _seek(now, seekers)
    complaints_due(now)
    contacts.compact()


def shut(now: Hour) -> None:
    """End the contacts on sites that close today, and those whose two were parted there."""
    contacts, closed = now.state.contacts, now.lanes.doors.closed
    status = contacts.status[: contacts.n]
    on_site = (status == LIVE) | (status == DORMANT)
    rows = (on_site & np.isin(contacts.place[: contacts.n], closed)).nonzero()[0]
    now.state.wrote(rows, now.hour - 1)
    now.record.note_contacts("shut", now.hour, 0, contacts, rows, contacts.stage)
    _leave_platform(now.state, rows)
    contacts.end(rows)


def _part_the_barred(now: Hour) -> None:
    """Let sessions end now that a bar of the hour before cut short."""
    state, hour = now.state, now.hour
    barred, state.just_barred = state.just_barred, []
    if not barred:
        return
    contacts = state.contacts
    live = (contacts.status[: contacts.n] == LIVE).nonzero()[0]
    pairs = [state.places.pair(place, index) for place, _, index in barred if index >= 0]
    state.pair_flag[pairs] = True
    hit = live.compress(state.pair_flag.take(contacts.pair.take(live)))
    state.pair_flag[pairs] = False
    contacts.predator_end[hit] = hour
    contacts.due[hit] = hour
    for place, person, index in barred:
        if index < 0:
            hit = live[(contacts.target.take(live) == person) & (contacts.place.take(live) == place)]
            contacts.target_end[hit] = hour
            contacts.due[hit] = hour


# -- apart and together again -----------------------------------------------------------------------------------------


def _part(now: Hour, rows: Ints) -> None:
    """A session is over. Those still on the site go on; the others part, and may find each other again."""
    state, hour, record = now.state, now.hour, now.record
    contacts, draws = state.contacts, state.world.draws
    rows = _stay_together(now, rows)
    state.wrote(rows, hour - 1)
    np.subtract.at(state.n_live, contacts.pair.take(rows), 1)
    place, contact = contacts.place.take(rows), contacts.contact.take(rows)
    seed = state.places.seed.take(place)
    words = draws.words((Purpose.FOUND_AGAIN, Purpose.MEETING, Purpose.LAPSE), seed, contact, hour)
    again = found_again(words[0], now.lanes.rule("registration.findability").take(place))
    found, lost = rows.compress(again), rows.compress(~again)
    record.note_contacts("lose", hour, 0, contacts, lost, contacts.stage)
    contacts.end(lost)
    if found.size:
        _wait(now, found, exponential(words[1:].compress(again, axis=1)))
        record.note_contacts("find", hour, 0, contacts, found, contacts.stage)


def _stay_together(now: Hour, rows: Ints) -> Ints:
    """Let those go on whose sessions are carried on by other visits; return the rows that part."""
    state, lanes, day, hour = now.state, now.lanes, now.day, now.hour
    contacts, people = state.contacts, day.people
    if not day.carried_key.size:
        return rows
    # Both of each contact in one array: targets first, then predators.
    place = np.concatenate([contacts.place.take(rows)] * 2)
    who = np.concatenate((contacts.target.take(rows), contacts.predator.take(rows)))
    until = np.concatenate((contacts.target_end.take(rows), contacts.predator_end.take(rows)))
    over = (until == hour).nonzero()[0]
    key = CARRIED.pack(now.hour_of_day, state.places.seed.take(place.take(over)), who.take(over))
    at = day.carried_key.searchsorted(key)
    found = (day.carried_key.take(at, mode="clip") == key).nonzero()[0]
    if not found.size:
        return rows
    carried, row = over.take(found), day.carried_row.take(at.take(found))
    old, where, door_type = people.is_old(row), place.take(carried), people.door_type(row)
    of_predators = carried >= rows.size
    inside = lanes.doors.lets_in(of_predators.astype(np.int64), old, where, door_type)
    if state.places.n_sites > 1:
        some = of_predators.nonzero()[0]
        columns = (where, who.take(carried), old, door_type)
        inside[some] |= _has_gone_on(now, *(column.take(some) for column in columns))
    carried, row = carried.compress(inside), row.compress(inside)
    until[carried] = people.end.take(row)
    target_end, predator_end = until.reshape(2, -1)
    together = (target_end > hour) & (predator_end > hour) & (contacts.meeting.take(rows) == 0)
    able = together.nonzero()[0]
    together[able] = ~_either_barred(state, rows.take(able), hour)
    session = contacts.session.take(rows)
    predators = carried.searchsorted(rows.size)
    session[carried[predators:] - rows.size] = people.begin.take(row[predators:])
    on = rows.compress(together)
    contacts.target_end[on], contacts.predator_end[on] = target_end.compress(together), predator_end.compress(together)
    contacts.session[on] = session.compress(together)
    contacts.settle(on)
    return rows.compress(~together)


def _either_barred(state: State, rows: Ints, hour: int) -> NDArray[np.bool_]:
    contacts = state.contacts
    place, target = contacts.place.take(rows), contacts.target.take(rows)
    slot = state.slot(state.places.seed.take(place), target)
    barred = state.predator_barred_until.take(contacts.pair.take(rows)) > hour
    return barred | state.users_barred(place, target, slot, hour)


def _has_gone_on(now: Hour, place: Ints, predator: Ints, old: Ints, door_type: Ints) -> NDArray[np.bool_]:
    """Tell which predators are in a place because a bar keeps them out of the site that would let them in."""
    state, places = now.state, now.state.places
    lane = places.lane(place)
    first, _ = now.lanes.doors.place(1, old, lane, door_type)
    at = places.pair(first, state.world.predator_index(predator))
    barred = state.predator_barred_until.take(at) > now.hour
    gone_on: NDArray[np.bool_] = barred & (now.lanes.doors.other_place(old, lane, door_type) == place)
    return gone_on


def _wait(now: Hour, rows: Ints, times: Ints) -> None:
    """Parted pairs that can find each other again wait for the hour of meeting, with what remains on their alarm.

    Args:
        now: The hour of parting.
        rows: Contacts.
        times: Exponential times until they meet, and until they give up, shape (2, rows).
    """
    hour, contacts, numbers = now.hour, now.state.contacts, now.state.numbers
    rate = meeting_rate(contacts.target.take(rows), contacts.predator.take(rows), numbers)
    meet = meeting_hour(times[0], rate, hour, numbers.week_meeting)
    lapse = lapse_hour(times[1], hour, numbers)
    contacts.status[rows] = DORMANT
    contacts.ring[rows] -= hour * SECONDS  # no longer an hour's, but what remains on it
    contacts.meet[rows], contacts.lapse[rows], contacts.due[rows] = meet, lapse, np.minimum(meet, lapse)


def _meet_or_lapse(now: Hour, rows: Ints) -> None:
    """Parted pairs give up, meet again for a joint session, or find that one of them is kept out or gone."""
    state, lanes, hour, record, contacts = now.state, now.lanes, now.hour, now.record, now.state.contacts
    meets = meets_first(contacts.meet.take(rows), contacts.lapse.take(rows))
    lapsed, rows = rows.compress(~meets), rows.compress(meets)
    record.note_contacts("lapse", hour, 0, contacts, lapsed, contacts.stage)
    contacts.end(lapsed)
    place = contacts.place.take(rows)
    doors, predator_type = lanes.doors, contacts.predator_type.take(rows)
    able = doors.lets_in(1, 0, place, predator_type)
    if state.places.n_sites > 1:
        able |= _has_gone_on(now, place, contacts.predator.take(rows), np.zeros_like(place), predator_type)
    able &= doors.lets_in(0, 0, place, contacts.target_type.take(rows))
    able &= ~_either_barred(state, rows, hour)
    able &= _both_members(state, now.day.number, rows)
    missed, rows = rows.compress(~able), rows.compress(able)
    record.note_contacts("miss", hour, 0, contacts, missed, contacts.stage)
    contacts.end(missed)
    seed, contact = state.places.seed.take(contacts.place.take(rows)), contacts.contact.take(rows)
    words = state.world.draws.words(Purpose.MEETING_LENGTH, seed, contact, hour)
    end = hour + pick(words, state.world.session_users)
    contacts.status[rows] = LIVE
    contacts.meeting[rows] = 1
    contacts.session[rows] = hour
    contacts.target_end[rows] = end
    contacts.predator_end[rows] = end
    contacts.ring[rows] += hour * SECONDS
    contacts.settle(rows)
    np.add.at(state.n_live, contacts.pair.take(rows), 1)
    record.note_contacts("meet", hour, 0, contacts, rows, contacts.stage)


def _both_members(state: State, day: int, rows: Ints) -> NDArray[np.bool_]:
    contacts = state.contacts
    seed = state.places.seed.take(contacts.place.take(rows))
    who = np.concatenate((contacts.target.take(rows), contacts.predator.take(rows)))
    target, predator = state.world.membership.present(np.concatenate((seed, seed)), day, who).reshape(2, -1)
    return target & predator


# -- ends of stages ---------------------------------------------------------------------------------------------------


def _ring(now: Hour, rows: Ints, recognised: list[Recognised]) -> tuple[Ints, Ints]:
    """The alarm of a stage rings. Contacts that go on begin their next stage, or stay in this one knowingly.

    Args:
        now: The hour.
        rows: Contacts.
        recognised: Takes in the recognitions; what the targets report is left to the end of the hour.

    Returns:
        The rows of contacts that end, by recognition, fading or harm, and the second of each.
    """
    state, hour, contacts = now.state, now.hour, now.state.contacts
    state.wrote(rows, hour)
    alarm, stage, second = contacts.alarm.take(rows), contacts.stage.take(rows), contacts.ring.take(rows)
    next_stage = _NEXT_STAGE.take(alarm * N_STAGES + stage)
    known = (alarm == RECOGNISE).nonzero()[0]
    if known.size:
        part = recognise(state, rows.take(known), stage.take(known), second.take(known) - hour * SECONDS)
        recognised.append(part)
        stays = known.compress(part.answer == STAY)
        next_stage[stays] = stage.take(stays)
        contacts.n_recognised[rows.take(stays)] += 1
    goes_on = next_stage != _OVER
    on = goes_on.nonzero()[0]
    if on.size:
        begun, at, reached = rows.take(on), second.take(on), next_stage.take(on)
        knowing = reached == stage.take(on)
        contacts.stage[begun] = reached
        anew = (~knowing).nonzero()[0]
        now.record.note_each(_REACHED, reached.take(anew) - ENGAGED, hour, at.take(anew) - hour * SECONDS, contacts,
                             begun.take(anew))  # fmt: skip
        if now.lanes.detect:
            flag(now, begun.take(anew), reached.take(anew), at.take(anew) - hour * SECONDS)
        leaving = (reached == OFF) & ~knowing
        off = begun.compress(leaving)
        if off.size:
            _leave_platform(state, off)
            contacts.status[off] = OFF_PLATFORM
            contacts.target_end[off] = contacts.predator_end[off] = NEVER
            contacts.left[off] = hour
            at[leaving] = (hour + 1) * SECONDS
        alarm, seconds = _first_alarm(now, begun, reached, knowing.astype(np.int64))
        contacts.alarm[begun] = alarm
        contacts.ring[begun] = at + seconds
        contacts.settle(begun)
    over = (~goes_on).nonzero()[0]
    ended = rows.take(over)
    contacts.due[ended] = NEVER
    return ended, second.take(over) - hour * SECONDS


def _first_alarm(now: Hour, rows: Ints, stage: Ints, knowing: int | Ints = 0) -> tuple[Ints, Ints]:
    """Return which alarm rings first in the stage that contacts begin or go on with, and after how many seconds."""
    state, contacts = now.state, now.state.contacts
    place = contacts.place.take(rows)
    seed = state.places.seed.take(place)
    key = alarm_key(stage, contacts.again.take(rows), knowing)
    words = state.world.draws.words(ALARMS, seed, contacts.contact.take(rows), key)
    hazard = state.numbers.hazards(contacts.offence.take(rows), stage)
    risk = state.numbers.felt_risk
    if risk.sensitivity and risk.rel_leave:
        left = share_left(state, place, contacts.predator.take(rows))
        hazard[:, LEAVE] = hazard[:, LEAVE] * leave_milli(left, risk) // 1000
    if now.lanes.watch:
        hazard[:, LEAVE] = watched(hazard[:, LEAVE], now.lanes.watched_milli.take(place))
    return first_alarm(words, hazard, knowing, recognition(now, place, contacts.target.take(rows)))


def recognition(now: Hour, place: Ints, target: Ints) -> Ints | None:
    """Return how readily targets recognise, in thousandths of the hazard; `None` where no site warns anybody."""
    state, lanes = now.state, now.lanes
    if not lanes.warn:
        return None
    words = state.world.draws.words(Purpose.WARNED, state.places.seed.take(place), target)
    reached = warning_reaches(words, lanes.rule("warnings.p_reached").take(place))
    return np.where(reached, lanes.recognise_milli.take(place), 1000)


def _end(now: Hour, rows: Ints, second: Ints) -> None:
    """Contacts end: they fade, reach harm, or were recognised."""
    contacts = now.state.contacts
    alarm = contacts.alarm.take(rows)
    assert (alarm != LEAVE).all()
    fades, harms = ((alarm == ending).nonzero()[0] for ending in (FADE, GO_ON))
    now.record.note_contacts("fade", now.hour, second.take(fades), contacts, rows.take(fades), contacts.stage)
    if harms.size:
        _harm(now, rows.take(harms), second.take(harms))
    _leave_platform(now.state, rows)
    contacts.end(rows)


def _seek(now: Hour, rows: Ints) -> None:
    """Blocked predators wait to meet the same target once more, as a stranger under a new identity."""
    state, hour, contacts = now.state, now.hour, now.state.contacts
    # A block has just ended these contacts like any other. They are the same contacts, with the luck of the same key,
    # so their rows rise from the dead: `_wait` makes them dormant again.
    contacts.n_dead -= rows.size
    contacts.stage[rows], contacts.again[rows], contacts.meeting[rows] = CONTACT, 1, 1
    contacts.n_recognised[rows] = 0
    alarm, seconds = _first_alarm(now, rows, contacts.stage.take(rows))
    contacts.alarm[rows], contacts.ring[rows] = alarm, hour * SECONDS + seconds
    seed = state.places.seed.take(contacts.place.take(rows))
    words = state.world.draws.words((Purpose.MEETING, Purpose.LAPSE), seed, contacts.contact.take(rows), hour)
    _wait(now, rows, exponential(words))


def _harm(now: Hour, rows: Ints, second: Ints) -> None:
    """The contact reaches harm; the person harmed may complain."""
    contacts = now.state.contacts
    where = 1 + (contacts.stage.take(rows) == OFF) + 2 * contacts.redirected.take(rows)
    now.record.note_contacts("harm", now.hour, second, contacts, rows, where)
    if now.day_of_window < 0:
        seed, site = (of.take(contacts.place.take(rows)) for of in (now.state.places.seed, now.state.places.site))
        np.add.at(now.state.harms_before, (seed, site, contacts.offence.take(rows)), 1)
    occasion = occasion_key(contacts.again.take(rows), contacts.n_recognised.take(rows))
    complain(now, second, rows, occasion, after_harm=True)


def _leave_platform(state: State, rows: Ints) -> None:
    """Contacts are no longer on the platform, so that their predators have room for others."""
    on_platform = rows[state.contacts.status.take(rows) == LIVE]
    np.add.at(state.n_live, state.contacts.pair.take(on_platform), -1)
