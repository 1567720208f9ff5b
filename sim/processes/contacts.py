"""Step 3: contacts run. An hour touches only those to which something happens, in rounds until nothing more is due."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim import decisions
from sim.decisions import FADE, GO_ON, LEAVE, NEVER, OFF, PRIVATE, RECOGNISE, SECONDS
from sim.draws import Ints, Purpose, exponential, pick, unit
from sim.observe import Recorder
from sim.processes.moderate import Reports
from sim.state import DORMANT, LIVE, OFF_PLATFORM, Lanes, State
from sim.world import N_STRATA, N_USER_STRATA, Day, carry_key


def run_contacts(state: State, lanes: Lanes, day: Day, hour: int, record: Recorder, reports: Reports) -> None:
    """Let everything happen that is due in this hour: meetings, partings, ends of stages, harm, complaints."""
    contacts = state.contacts
    _part_the_barred(state, hour)
    rows = (contacts.due[: contacts.n] == hour).nonzero()[0]
    while rows.size:
        status = contacts.status.take(rows)
        dormant = rows[status == DORMANT]
        if dormant.size:
            _meet_or_lapse(state, lanes, day, hour, dormant, record)
        running = rows[status != DORMANT]
        live = contacts.status.take(running) == LIVE
        ends = np.minimum(contacts.target_end.take(running), contacts.predator_end.take(running))
        over = live & (ends == hour)
        if over.any():
            _part(state, lanes, day, hour, running[over], record)
        ringing = running[~over]
        if ringing.size:
            _ring(state, lanes, hour, ringing, record, reports)
        rows = rows[contacts.due.take(rows) == hour]
    _complaints_due(state, hour, record)
    contacts.compact()


def _part_the_barred(state: State, hour: int) -> None:
    """Let sessions end now that a bar of the hour before cut short."""
    barred, state.just_barred = state.just_barred, []
    if not barred:
        return
    contacts = state.contacts
    live = (contacts.status[: contacts.n] == LIVE).nonzero()[0]
    n_predators = state.world.n_predators
    pairs = [place * n_predators + index for place, _, index in barred if index >= 0]
    hit = live[np.isin(contacts.pair.take(live), pairs)]
    contacts.predator_end[hit] = hour
    contacts.due[hit] = hour
    for place, person, index in barred:
        if index < 0:
            hit = live[(contacts.target.take(live) == person) & (contacts.place.take(live) == place)]
            contacts.target_end[hit] = hour
            contacts.due[hit] = hour


# -- apart and together again -----------------------------------------------------------------------------------------


def _part(state: State, lanes: Lanes, day: Day, hour: int, rows: Ints, record: Recorder) -> None:
    """A session is over. Those still on the site go on; the others part, and may find each other again."""
    contacts = state.contacts
    still_target, _, target_end = _carried_on(
        state, day, hour, rows, contacts.target, contacts.target_end, lanes.friction_user
    )
    still_predator, session, predator_end = _carried_on(
        state, day, hour, rows, contacts.predator, contacts.predator_end, lanes.friction_predator
    )
    together = still_target & still_predator & (contacts.meeting.take(rows) == 0) & ~_either_barred(state, rows, hour)
    on = rows[together]
    contacts.target_end[on], contacts.predator_end[on] = target_end[together], predator_end[together]
    contacts.session[on] = session[together]
    contacts.settle(on)
    apart = rows[~together]
    _leave_place(state, apart)
    seed, contact = state.seed_of_place.take(contacts.place.take(apart)), contacts.contact.take(apart)
    words = state.world.draws.words(Purpose.FOUND_AGAIN, seed, contact, hour)
    found = unit(words) < lanes.findability.take(contacts.place.take(apart))
    lost = apart[~found]
    _note(record, "lose", state, hour, 0, lost, contacts.stage.take(lost))
    _end(state, lost)
    _wait(state, hour, apart[found], record)


def _carried_on(
    state: State, day: Day, hour: int, rows: Ints, person: Ints, end: Ints, friction: Ints
) -> tuple[NDArray[np.bool_], Ints, Ints]:
    """Return whether each person's presence goes on in the contact's lane, in which visit and until when."""
    contacts, people = state.contacts, day.people
    until, session = end.take(rows), contacts.session.take(rows)
    over = (until == hour).nonzero()[0]
    still = until > hour
    if over.size and day.carried_key.size:
        place = contacts.place.take(rows.take(over))
        seed = state.seed_of_place.take(place)
        key = carry_key(hour - day.first_hour, seed, person.take(rows.take(over)), state.world)
        at = np.minimum(day.carried_key.searchsorted(key), day.carried_key.size - 1)
        found = (day.carried_key.take(at) == key).nonzero()[0]
        row = day.carried_row.take(at.take(found))
        inside = decisions.lets_in(people.tolerance(row), friction[people.is_old(row), place.take(found)])
        on, row = over.take(found)[inside], row[inside]
        still[on], until[on], session[on] = True, people.end.take(row), people.begin.take(row)
    return still, session, until


def _either_barred(state: State, rows: Ints, hour: int) -> NDArray[np.bool_]:
    contacts = state.contacts
    place, target = contacts.place.take(rows), contacts.target.take(rows)
    slot = state.slot(state.seed_of_place.take(place), target)
    barred = state.predator_barred_until.take(contacts.pair.take(rows)) > hour
    return barred | state.users_barred(place, target, slot, hour)


def _wait(state: State, hour: int, rows: Ints, record: Recorder) -> None:
    """Parted pairs that can find each other again wait for the hour of meeting, with what remains on their alarm."""
    contacts, numbers, draws = state.contacts, state.numbers, state.world.draws
    if not rows.size:
        return
    seed, contact = state.seed_of_place.take(contacts.place.take(rows)), contacts.contact.take(rows)
    target_stratum = contacts.target.take(rows) % N_STRATA
    predator_rate = contacts.predator.take(rows) % N_STRATA - N_USER_STRATA
    rate = numbers.meeting_rate[target_stratum, predator_rate]
    meet = exponential(draws.words(Purpose.MEETING, seed, contact, hour))
    lapse = exponential(draws.words(Purpose.LAPSE, seed, contact, hour))
    contacts.status[rows] = DORMANT
    contacts.ring[rows] -= hour * SECONDS
    contacts.meet[rows] = decisions.meeting_hour(meet, rate, hour, numbers.week_meeting)
    contacts.lapse[rows] = decisions.lapse_hour(lapse, hour, numbers)
    contacts.due[rows] = np.minimum(contacts.meet.take(rows), contacts.lapse.take(rows))
    _note(record, "find", state, hour, 0, rows, contacts.stage.take(rows))


def _meet_or_lapse(state: State, lanes: Lanes, day: Day, hour: int, rows: Ints, record: Recorder) -> None:
    """Parted pairs give up, meet again for a joint session, or find that one of them is kept out or gone."""
    contacts = state.contacts
    meets = contacts.meet.take(rows) <= contacts.lapse.take(rows)
    lapsed, rows = rows[~meets], rows[meets]
    _note(record, "lapse", state, hour, 0, lapsed, contacts.stage.take(lapsed))
    _end(state, lapsed)
    place = contacts.place.take(rows)
    able = decisions.lets_in(contacts.target_tolerance.take(rows), lanes.friction_user[0].take(place))
    able &= decisions.lets_in(contacts.predator_tolerance.take(rows), lanes.friction_predator[0].take(place))
    able &= ~_either_barred(state, rows, hour)
    able &= _members(state, day.number, contacts.target.take(rows))
    able &= _members(state, day.number, contacts.predator.take(rows))
    missed, rows = rows[~able], rows[able]
    _note(record, "miss", state, hour, 0, missed, contacts.stage.take(missed))
    _end(state, missed)
    seed, contact = state.seed_of_place.take(contacts.place.take(rows)), contacts.contact.take(rows)
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
    _note(record, "meet", state, hour, 0, rows, contacts.stage.take(rows))


def _members(state: State, day: int, person: Ints) -> NDArray[np.bool_]:
    membership = state.world.membership
    serial, stratum = person // N_STRATA, person % N_STRATA
    return (membership.low[day].take(stratum) <= serial) & (serial < membership.high[day].take(stratum))


# -- ends of stages ---------------------------------------------------------------------------------------------------


def _ring(state: State, lanes: Lanes, hour: int, rows: Ints, record: Recorder, reports: Reports) -> None:
    """The alarm of a stage rings: the target recognises, it fades, both leave the platform, or it goes on."""
    contacts = state.contacts
    alarm, stage = contacts.alarm.take(rows), contacts.stage.take(rows)
    recognised, faded, leaving = rows[alarm == RECOGNISE], rows[alarm == FADE], rows[alarm == LEAVE]
    onwards, harmed = rows[(alarm == GO_ON) & (stage < PRIVATE)], rows[(alarm == GO_ON) & (stage >= PRIVATE)]

    _note(record, "fade", state, hour, _second(state, hour, faded), faded, contacts.stage.take(faded))
    _recognise(state, lanes, hour, recognised, record, reports)
    _harm(state, hour, harmed, record)
    _note(record, "leave", state, hour, _second(state, hour, leaving), leaving, 0)
    over = np.concatenate((recognised, faded, harmed))
    _leave_place(state, np.concatenate((over, leaving)))
    _end(state, over)

    contacts.status[leaving] = OFF_PLATFORM
    contacts.ring[leaving] = (hour + 1) * SECONDS
    contacts.target_end[leaving] = NEVER
    contacts.predator_end[leaving] = NEVER
    contacts.stage[leaving] = OFF
    contacts.stage[onwards] += 1
    stage = contacts.stage.take(onwards)
    for name, chosen in (("engage", onwards[stage < PRIVATE]), ("private", onwards[stage == PRIVATE])):
        _note(record, name, state, hour, _second(state, hour, chosen), chosen, 0)
    begun = np.concatenate((onwards, leaving))
    alarm, seconds = decisions.first_alarm(
        state.world.draws, state.numbers.hazard, state.seed_of_place.take(contacts.place.take(begun)),
        contacts.contact.take(begun), contacts.offence.take(begun), contacts.stage.take(begun),
    )  # fmt: skip
    contacts.alarm[begun] = alarm
    contacts.ring[begun] += seconds
    contacts.settle(begun)


def _recognise(state: State, lanes: Lanes, hour: int, rows: Ints, record: Recorder, reports: Reports) -> None:
    """The target recognises the contact and ends it: a report to the site, a complaint to the police, or neither."""
    contacts, numbers = state.contacts, state.numbers
    second = _second(state, hour, rows)
    _note(record, "recognise", state, hour, second, rows, contacts.stage.take(rows))
    _complain(state, hour, second, rows, record, after_harm=False)
    here = (contacts.stage.take(rows) < OFF).nonzero()[0]
    on_site, second = rows.take(here), second.take(here)
    place, stage = contacts.place.take(on_site), contacts.stage.take(on_site)
    p_ready = numbers.p_report[contacts.offence.take(on_site), contacts.victim_class.take(on_site), stage]
    said = decisions.reports(
        state.world.draws, state.seed_of_place.take(place), contacts.contact.take(on_site),
        contacts.target.take(on_site), p_ready, lanes.reporting_friction.take(place), numbers.p_constant,
    ).nonzero()[0]  # fmt: skip
    reported, second = on_site.take(said), second.take(said)
    _note(record, "report", state, hour, second, reported, contacts.stage.take(reported))
    reports.add(
        contacts.place.take(reported), contacts.predator.take(reported), 1, contacts.session.take(reported),
        contacts.predator_end.take(reported), second, contacts.stage.take(reported), contacts.contact.take(reported),
    )  # fmt: skip


def _harm(state: State, hour: int, rows: Ints, record: Recorder) -> None:
    """The contact reaches harm and ends; the person harmed may complain."""
    contacts = state.contacts
    second = _second(state, hour, rows)
    where = 1 + (contacts.stage.take(rows) == OFF) + 2 * contacts.redirected.take(rows)
    _note(record, "harm", state, hour, second, rows, where)
    _complain(state, hour, second, rows, record, after_harm=True)


def _complain(state: State, hour: int, second: Ints, rows: Ints, record: Recorder, *, after_harm: bool) -> None:
    contacts, numbers, draws = state.contacts, state.numbers, state.world.draws
    p = numbers.p_complain[contacts.offence.take(rows), int(after_harm)]
    seed, contact = state.seed_of_place.take(contacts.place.take(rows)), contacts.contact.take(rows)
    will = (unit(draws.words(Purpose.COMPLAIN, seed, contact)) < p).nonzero()[0]
    if not will.size:
        return
    rows, second = rows.take(will), second.take(will)
    delay = decisions.complaint_delay(draws, seed.take(will), contact.take(will), numbers)
    now = (delay == 0).nonzero()[0]
    _note(record, "complain", state, hour, second.take(now), rows.take(now), int(after_harm))
    columns = (contacts.place, contacts.predator, contacts.target, contacts.contact, contacts.offence,
               contacts.victim_class)  # fmt: skip
    for i in (delay > 0).nonzero()[0]:
        row = tuple(int(column[rows[i]]) for column in columns)
        state.complaints.setdefault(hour + int(delay[i]), []).append((*row, int(after_harm)))


def _complaints_due(state: State, hour: int, record: Recorder) -> None:
    due = state.complaints.pop(hour, None)
    if due:
        place, predator, target, contact, offence, victim_class, after_harm = np.array(due).T
        record.note("complain", hour, 0, place, predator, target, contact, offence, victim_class, after_harm)


def _leave_place(state: State, rows: Ints) -> None:
    """Free the places of predators whose contacts are no longer on the platform."""
    on_platform = rows[state.contacts.status.take(rows) == LIVE]
    np.add.at(state.n_live, state.contacts.pair.take(on_platform), -1)


def _end(state: State, rows: Ints) -> None:
    contacts = state.contacts
    if rows.size:
        contacts.end(rows)


def _second(state: State, hour: int, rows: Ints) -> Ints:
    return state.contacts.ring.take(rows) - hour * SECONDS


def _note(record: Recorder, kind: str, state: State, hour: int, second: Any, rows: Ints, detail: Any) -> None:
    if rows.size:
        c = state.contacts
        columns = (c.place, c.predator, c.target, c.contact, c.offence, c.victim_class)
        record.note(kind, hour, second, *(column.take(rows) for column in columns), detail)
