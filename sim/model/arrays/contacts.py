"""Step 3: contacts run. An hour touches only those to which something happens, in rounds until nothing more is due."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model.arrays.moderation import Reports
from sim.model.arrays.recorder import Recorder
from sim.model.arrays.state import DORMANT, LIVE, OFF_PLATFORM, Lanes, State
from sim.model.decisions.codes import (
    BLOCK,
    CONTACT,
    FADE,
    GO_ON,
    LEAVE,
    NEVER,
    OFF,
    PRIVATE,
    RECOGNISE,
    SECONDS,
    STAY,
    WITHDRAW,
)
from sim.model.decisions.contacts import first_alarm, lapse_hour, meeting_hour, occasion_key, seeks, warning_reaches
from sim.model.decisions.entry import lets_in
from sim.model.decisions.responses import complaint_delay, flags, on_recognition, p_report, would_report
from sim.model.world.day import Day
from sim.model.world.draws import Ints, Purpose, exponential, pick, unit
from sim.model.world.population import N_STRATA, N_USER_STRATA
from sim.model.world.world import carry_key

_NOBODY = np.zeros(0, np.int64)


@dataclass(frozen=True)
class _Recognised:
    """Recognitions of an hour.

    Attributes:
        row: Contacts; one may stand several times, at several stages.
        second: Seconds of the hour.
        stage: Stages that they were at.
        session_end: First hours after the predators' sessions.
        occasion: `decisions.occasion_key`.
        answer: `BLOCK`, `WITHDRAW` or `STAY`.
    """

    row: Ints
    second: Ints
    stage: Ints
    session_end: Ints
    occasion: Ints
    answer: Ints


def run_contacts(state: State, lanes: Lanes, day: Day, hour: int, record: Recorder, reports: Reports) -> None:
    """Let everything happen that is due in this hour: meetings, partings, ends of stages, harm, complaints."""
    contacts = state.contacts
    _part_the_barred(state, hour)
    ended: list[tuple[Ints, Ints]] = []
    recognised: list[_Recognised] = []
    rows = (contacts.due[: contacts.n] == hour).nonzero()[0]
    while rows.size:
        status = contacts.status.take(rows)
        dormant = rows[status == DORMANT]
        if dormant.size:
            _meet_or_lapse(state, lanes, day, hour, dormant, record)
            running = rows[status != DORMANT]
        else:
            running = rows
        over = contacts.part_hour(running) == hour
        if over.any():
            _part(state, lanes, day, hour, running[over], record)
            running = running[~over]
        if running.size:
            ended.append(_ring(state, lanes, hour, running, record, recognised))
        rows = rows[contacts.due.take(rows) == hour]
    seekers = _answer(state, lanes, hour, recognised, record, reports) if recognised else _NOBODY
    if ended:
        rows, second = (np.concatenate(c) for c in zip(*ended, strict=True))
        _end(state, hour, rows, second, record)
    if seekers.size:
        _seek(state, lanes, hour, seekers)
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


def _part(state: State, lanes: Lanes, day: Day, hour: int, rows: Ints, record: Recorder) -> None:
    """A session is over. Those still on the site go on; the others part, and may find each other again."""
    contacts, draws = state.contacts, state.world.draws
    rows = _stay_together(state, lanes, day, hour, rows)
    np.subtract.at(state.n_live, contacts.pair.take(rows), 1)
    place, contact = contacts.place.take(rows), contacts.contact.take(rows)
    seed = state.seed_of_place.take(place)
    luck, *waits = draws.words((Purpose.FOUND_AGAIN, Purpose.MEETING, Purpose.LAPSE), seed, contact, hour)
    found = unit(luck) < lanes.rule("registration.findability").take(place)
    lost = rows[~found]
    record.note_contacts("lose", hour, 0, contacts, lost, contacts.stage)
    contacts.end(lost)
    if found.any():
        _wait(state, hour, rows[found], exponential(np.stack(waits)[:, found]))
        record.note_contacts("find", hour, 0, contacts, rows[found], contacts.stage)


def _stay_together(state: State, lanes: Lanes, day: Day, hour: int, rows: Ints) -> Ints:
    """Let those go on whose sessions are carried on by other visits; return the rows that part."""
    contacts, people = state.contacts, day.people
    if not day.carried_key.size:
        return rows
    # Targets first, then predators.
    place = np.concatenate([contacts.place.take(rows)] * 2)
    who = np.concatenate((contacts.target.take(rows), contacts.predator.take(rows)))
    until = np.concatenate((contacts.target_end.take(rows), contacts.predator_end.take(rows)))
    key = carry_key(hour - day.first_hour, state.seed_of_place.take(place), who, state.world)
    at = day.carried_key.searchsorted(key)
    carried = ((day.carried_key.take(at, mode="clip") == key) & (until == hour)).nonzero()[0]
    if not carried.size:
        return rows
    row, where = day.carried_row.take(at.take(carried)), place.take(carried)
    old = people.is_old(row)
    friction = np.where(carried < rows.size, lanes.friction_user[old, where], lanes.friction_predator[old, where])
    inside = lets_in(people.tolerance(row), friction)
    carried, row = carried[inside], row[inside]
    session = np.concatenate([contacts.session.take(rows)] * 2)
    until[carried], session[carried] = people.end.take(row), people.begin.take(row)
    together = ((until > hour).reshape(2, -1).all(axis=0) & (contacts.meeting.take(rows) == 0)).nonzero()[0]
    together = together[~_either_barred(state, rows.take(together), hour)]
    on = rows.take(together)
    contacts.target_end[on], contacts.predator_end[on] = until.reshape(2, -1)[:, together]
    contacts.session[on] = session[rows.size :].take(together)
    contacts.settle(on)
    return np.delete(rows, together)


def _either_barred(state: State, rows: Ints, hour: int) -> NDArray[np.bool_]:
    contacts = state.contacts
    place, target = contacts.place.take(rows), contacts.target.take(rows)
    slot = state.slot(state.seed_of_place.take(place), target)
    barred = state.predator_barred_until.take(contacts.pair.take(rows)) > hour
    return barred | state.users_barred(place, target, slot, hour)


def _wait(state: State, hour: int, rows: Ints, times: Ints) -> None:
    """Parted pairs that can find each other again wait for the hour of meeting, with what remains on their alarm.

    Args:
        state: What the run holds.
        hour: Hour of parting.
        rows: Contacts.
        times: Exponential times until they meet, and until they give up, shape (2, rows).
    """
    contacts, numbers = state.contacts, state.numbers
    target_stratum = contacts.target.take(rows) % N_STRATA
    predator_rate = contacts.predator.take(rows) % N_STRATA - N_USER_STRATA
    rate = numbers.meeting_rate[target_stratum, predator_rate]
    meet = meeting_hour(times[0], rate, hour, numbers.week_meeting)
    lapse = lapse_hour(times[1], hour, numbers)
    contacts.status[rows] = DORMANT
    contacts.ring[rows] -= hour * SECONDS
    contacts.meet[rows], contacts.lapse[rows], contacts.due[rows] = meet, lapse, np.minimum(meet, lapse)


def _meet_or_lapse(state: State, lanes: Lanes, day: Day, hour: int, rows: Ints, record: Recorder) -> None:
    """Parted pairs give up, meet again for a joint session, or find that one of them is kept out or gone."""
    contacts = state.contacts
    meets = contacts.meet.take(rows) <= contacts.lapse.take(rows)
    lapsed, rows = rows[~meets], rows[meets]
    record.note_contacts("lapse", hour, 0, contacts, lapsed, contacts.stage)
    contacts.end(lapsed)
    place = contacts.place.take(rows)
    able = lets_in(contacts.target_tolerance.take(rows), lanes.friction_user[0].take(place))
    able &= lets_in(contacts.predator_tolerance.take(rows), lanes.friction_predator[0].take(place))
    able &= ~_either_barred(state, rows, hour)
    able &= _both_members(state, day.number, rows)
    missed, rows = rows[~able], rows[able]
    record.note_contacts("miss", hour, 0, contacts, missed, contacts.stage)
    contacts.end(missed)
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
    record.note_contacts("meet", hour, 0, contacts, rows, contacts.stage)


def _both_members(state: State, day: int, rows: Ints) -> NDArray[np.bool_]:
    contacts, present = state.contacts, state.world.membership.present
    seed = state.seed_of_place.take(contacts.place.take(rows))
    both: NDArray[np.bool_] = present(seed, day, contacts.target.take(rows))
    return both & present(seed, day, contacts.predator.take(rows))


# -- ends of stages ---------------------------------------------------------------------------------------------------


def _ring(
    state: State, lanes: Lanes, hour: int, rows: Ints, record: Recorder, recognised: list[_Recognised]
) -> tuple[Ints, Ints]:
    """The alarm of a stage rings. Contacts that go on begin their next stage, or stay in this one knowingly.

    Args:
        state: What the run holds.
        lanes: Rules in force.
        hour: Hour.
        rows: Contacts.
        record: Where it is counted.
        recognised: Takes in the recognitions; what the targets report is left to the end of the hour.

    Returns:
        The rows of contacts that end, by recognition, fading or harm, and the second of each.
    """
    contacts = state.contacts
    alarm, stage, second = contacts.alarm.take(rows), contacts.stage.take(rows), contacts.ring.take(rows)
    leaves = alarm == LEAVE
    advances = leaves | ((alarm == GO_ON) & (stage < PRIVATE))
    stays = np.zeros(rows.size, bool)
    known = (alarm == RECOGNISE).nonzero()[0]
    if known.size:
        found = _recognise(state, rows.take(known), stage.take(known), second.take(known) - hour * SECONDS)
        recognised.append(found)
        stays[known] = found.answer == STAY
        contacts.n_recognised[rows[stays]] += 1
    goes_on = advances | stays
    on = goes_on.nonzero()[0]
    if on.size:
        begun, leaving, knowing = rows.take(on), leaves.take(on), stays.take(on)
        next_stage = np.where(leaving, OFF, stage.take(on) + ~knowing)
        contacts.stage[begun] = next_stage
        at = second.take(on)
        anew = (~knowing).nonzero()[0]
        record.note_stages(hour, at.take(anew) - hour * SECONDS, contacts, begun.take(anew), next_stage.take(anew))
        off = begun[leaving]
        if off.size:
            _leave_place(state, off)
            contacts.status[off] = OFF_PLATFORM
            contacts.target_end[off] = contacts.predator_end[off] = NEVER
            at[leaving] = (hour + 1) * SECONDS
        alarm, seconds = _first_alarm(state, lanes, begun, next_stage, knowing.astype(np.int64))
        contacts.alarm[begun] = alarm
        contacts.ring[begun] = at + seconds
        contacts.settle(begun)
    over = (~goes_on).nonzero()[0]
    ended = rows.take(over)
    contacts.due[ended] = NEVER
    return ended, second.take(over) - hour * SECONDS


def _recognise(state: State, rows: Ints, stage: Ints, second: Ints) -> _Recognised:
    """Targets see contacts for what they are, and block, withdraw or stay."""
    contacts = state.contacts
    occasion = occasion_key(contacts.again.take(rows), contacts.n_recognised.take(rows))
    seed = state.seed_of_place.take(contacts.place.take(rows))
    block, stay = state.world.draws.words((Purpose.BLOCK, Purpose.STAY), seed, contacts.contact.take(rows), occasion)
    answer = on_recognition(block, stay, state.numbers)
    return _Recognised(rows, second, stage, contacts.predator_end.take(rows), occasion, answer)


def _first_alarm(state: State, lanes: Lanes, rows: Ints, stage: Ints, knowing: Any = 0) -> tuple[Ints, Ints]:
    """Return which alarm rings first in the stage that contacts begin or go on with, and after how many seconds."""
    contacts = state.contacts
    place = contacts.place.take(rows)
    seed = state.seed_of_place.take(place)
    return first_alarm(
        state.world.draws, state.numbers.hazard, seed, contacts.contact.take(rows), contacts.offence.take(rows), stage,
        contacts.again.take(rows), knowing, recognition(state, lanes, place, contacts.target.take(rows)),
    )  # fmt: skip


def recognition(state: State, lanes: Lanes, place: Ints, target: Ints) -> Ints | None:
    """Return how readily targets recognise, in thousandths of the hazard; `None` where no site warns anybody."""
    if not lanes.warn:
        return None
    words = state.world.draws.words(Purpose.WARNED, state.seed_of_place.take(place), target)
    reached = warning_reaches(words, lanes.rule("warnings.p_reached").take(place))
    return np.where(reached, lanes.recognise_milli.take(place), 1000)


def _end(state: State, hour: int, rows: Ints, second: Ints, record: Recorder) -> None:
    """Contacts end: they fade, reach harm, or were recognised."""
    contacts = state.contacts
    alarm = contacts.alarm.take(rows)
    assert (alarm != LEAVE).all()
    fades, harms = ((alarm == ending).nonzero()[0] for ending in (FADE, GO_ON))
    record.note_contacts("fade", hour, second.take(fades), contacts, rows.take(fades), contacts.stage)
    if harms.size:
        _harm(state, hour, rows.take(harms), second.take(harms), record)
    _leave_place(state, rows)
    contacts.end(rows)


def _seek(state: State, lanes: Lanes, hour: int, rows: Ints) -> None:
    """Blocked predators wait to meet the same target once more, as a stranger under a new identity."""
    contacts = state.contacts
    contacts.n_dead -= rows.size
    contacts.stage[rows], contacts.again[rows], contacts.meeting[rows] = CONTACT, 1, 1
    contacts.n_recognised[rows] = 0
    alarm, seconds = _first_alarm(state, lanes, rows, contacts.stage.take(rows))
    contacts.alarm[rows], contacts.ring[rows] = alarm, hour * SECONDS + seconds
    seed = state.seed_of_place.take(contacts.place.take(rows))
    words = state.world.draws.words((Purpose.MEETING, Purpose.LAPSE), seed, contacts.contact.take(rows), hour)
    _wait(state, hour, rows, exponential(words))


def _answer(
    state: State, lanes: Lanes, hour: int, parts: list[_Recognised], record: Recorder, reports: Reports
) -> Ints:
    """Note what the targets of the hour's recognitions did, and let them report to the site or complain to the police.

    Returns:
        The rows of contacts whose predator will come upon the target once more.
    """
    contacts, numbers, draws = state.contacts, state.numbers, state.world.draws
    rows, second, stage, session_end, occasion, answer = (
        np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(_Recognised)
    )
    record.note_contacts("recognise", hour, second, contacts, rows, stage)
    for kind, what in (("block", BLOCK), ("withdraw", WITHDRAW), ("stay", STAY)):
        of_kind = (answer == what).nonzero()[0]
        record.note_contacts(kind, hour, second.take(of_kind), contacts, rows.take(of_kind), stage.take(of_kind))
    _complain(state, hour, second, rows, occasion, record, after_harm=False)
    here = (stage < OFF).nonzero()[0]
    on_site, second, stage, session_end, occasion = (
        column.take(here) for column in (rows, second, stage, session_end, occasion)
    )
    blocks = answer.take(here) == BLOCK
    place = contacts.place.take(on_site)
    record.add("n_recognise_on_platform", place, 1)
    record.add("n_block_on_platform", place, blocks)
    p_ready = numbers.p_report[contacts.offence.take(on_site), contacts.victim_class.take(on_site), stage]
    friction, rel_ready = (lanes.rule(f"reporting.{name}").take(place) for name in ("friction", "rel_ready"))
    seed, contact = state.seed_of_place.take(place), contacts.contact.take(on_site)
    said = would_report(
        draws, seed, contact, occasion, contacts.target.take(on_site),
        p_report(p_ready, rel_ready, friction), numbers.p_constant,
    )  # fmt: skip
    record.add("n_ignore_on_platform", place, ~blocks & ~said)
    columns = np.stack((on_site, second, stage, session_end))
    _report("report", 0, state, hour, columns[:, said], record, reports)
    p_flagged = lanes.rule("reporting.p_flagged")
    if p_flagged.any():
        words = draws.words(Purpose.FLAG, seed, contact, occasion)
        flagged = ~said & flags(words, p_flagged.take(place))
        _report("flag", 1, state, hour, columns[:, flagged], record, reports)
    sought = seeks(
        draws.words(Purpose.SEEK, seed, contact), numbers,
        lanes.rule("registration.findability").take(place), lanes.rule("registration.p_return").take(place),
    ) & blocks & (contacts.again.take(on_site) == 0)  # fmt: skip
    record.note_contacts("seek", hour, second[sought], contacts, on_site[sought], stage[sought])
    return on_site[sought]


def _report(
    kind: str, flagged: int, state: State, hour: int, columns: Ints, record: Recorder, reports: Reports
) -> None:
    """Targets, or trusted flaggers, report predators to the site.

    Args:
        kind: Kind of event.
        flagged: 1 for trusted flaggers.
        state: What the run holds.
        hour: Hour.
        columns: Contacts, seconds of the hour, stages, ends of the predators' sessions.
        record: Where it is counted.
        reports: Takes them in.
    """
    c = state.contacts
    rows, second, stage, end = columns
    if rows.size:
        record.note_contacts(kind, hour, second, c, rows, stage)
        place, person, session, contact = (column.take(rows) for column in (c.place, c.predator, c.session, c.contact))
        reports.add(place, person, 1, session, end, second, stage, contact, flagged)


def _harm(state: State, hour: int, rows: Ints, second: Ints, record: Recorder) -> None:
    """The contact reaches harm; the person harmed may complain."""
    contacts = state.contacts
    where = 1 + (contacts.stage.take(rows) == OFF) + 2 * contacts.redirected.take(rows)
    record.note_contacts("harm", hour, second, contacts, rows, where)
    occasion = occasion_key(contacts.again.take(rows), contacts.n_recognised.take(rows))
    _complain(state, hour, second, rows, occasion, record, after_harm=True)


def _complain(
    state: State, hour: int, second: Ints, rows: Ints, occasion: Ints, record: Recorder, *, after_harm: bool
) -> None:
    """Persons harmed, or who recognised a contact, complain to the police at once, late or never."""
    contacts, numbers, draws = state.contacts, state.numbers, state.world.draws
    p = numbers.p_complain[contacts.offence.take(rows), int(after_harm)]
    seed, contact = state.seed_of_place.take(contacts.place.take(rows)), contacts.contact.take(rows)
    will = (unit(draws.words(Purpose.COMPLAIN, seed, contact, occasion)) < p).nonzero()[0]
    if not will.size:
        return
    rows, second = rows.take(will), second.take(will)
    delay = complaint_delay(draws, seed.take(will), contact.take(will), occasion.take(will), numbers)
    now = (delay == 0).nonzero()[0]
    record.note_contacts("complain", hour, second.take(now), contacts, rows.take(now), int(after_harm))
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
