"""Step 3, responses: what targets do who recognise a contact or were harmed, and what the police hear of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.model.arrays.hour import Hour, Lead
from sim.model.arrays.state import State
from sim.model.decisions.codes import BLOCK, COMPLAINT, FLAGGER, OFF, TARGET
from sim.model.decisions.contacts import may_seek, seeks
from sim.model.decisions.investigation import has_evidence, urgency
from sim.model.decisions.responses import complains, complaint_delay, flags, on_recognition, p_report, would_report
from sim.model.world.draws import Ints, Purpose
from sim.model.world.keys import occasion_key

_ANSWERS = ("block", "withdraw", "stay")  # by what a target does


class Recognised(NamedTuple):
    """Recognitions of an hour.

    Attributes:
        row: Contacts; one may stand several times, at several stages.
        second: Seconds of the hour.
        stage: Stages that they were at.
        session_end: First hours after the predators' sessions.
        occasion: `keys.occasion_key`.
        answer: `BLOCK`, `WITHDRAW` or `STAY`.
    """

    row: Ints
    second: Ints
    stage: Ints
    session_end: Ints
    occasion: Ints
    answer: Ints


def recognise(state: State, rows: Ints, stage: Ints, second: Ints) -> Recognised:
    """Targets see contacts for what they are, and block, withdraw or stay."""
    contacts = state.contacts
    occasion = occasion_key(contacts.again.take(rows), contacts.n_recognised.take(rows))
    seed = state.places.seed.take(contacts.place.take(rows))
    block, stay = state.world.draws.words((Purpose.BLOCK, Purpose.STAY), seed, contacts.contact.take(rows), occasion)
    answer = on_recognition(block, stay, state.numbers)
    return Recognised(rows, second, stage, contacts.predator_end.take(rows), occasion, answer)


def respond(now: Hour, parts: list[Recognised]) -> Ints:
    """Note what the targets of the hour's recognitions did, and let them report to the site or complain to the police.

    Returns:
        The rows of contacts whose predator will come upon the target once more.
    """
    state, lanes, hour, record = now.state, now.lanes, now.hour, now.record
    contacts, numbers, draws = state.contacts, state.numbers, state.world.draws
    rows, second, stage, session_end, occasion, answer = (np.concatenate(column) for column in zip(*parts, strict=True))
    record.note_contacts("recognise", hour, second, contacts, rows, stage)
    record.note_each(_ANSWERS, answer, hour, second, contacts, rows, stage)
    complain(now, second, rows, occasion, after_harm=False)
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
    seed, contact = state.places.seed.take(place), contacts.contact.take(on_site)
    constant, fresh = draws.words((Purpose.REPORT_CONSTANT, Purpose.REPORT_FRESH), seed, contact, occasion)
    trait = draws.words(Purpose.REPORT_TRAIT, seed, contacts.target.take(on_site))
    said = would_report(constant, trait, fresh, p_report(p_ready, rel_ready, friction), numbers.p_constant)
    record.add("n_ignore_on_platform", place, ~blocks & ~said)
    columns = np.array((on_site, second, stage, session_end))
    _report("report", TARGET, now, columns.compress(said, axis=1))
    p_flagged = lanes.rule("reporting.p_flagged")
    if p_flagged.any():
        words = draws.words(Purpose.FLAG, seed, contact, occasion)
        flagged = ~said & flags(words, p_flagged.take(place))
        _report("flag", FLAGGER, now, columns.compress(flagged, axis=1))
    sought = seeks(
        draws.words(Purpose.SEEK, seed, contact), numbers,
        lanes.rule("registration.findability").take(place), lanes.rule("registration.p_return").take(place),
    ) & may_seek(answer.take(here), stage, contacts.again.take(on_site))  # fmt: skip
    seekers = on_site.compress(sought)
    record.note_contacts("seek", hour, second.compress(sought), contacts, seekers, stage.compress(sought))
    return seekers


def _report(kind: str, source: int, now: Hour, columns: Ints) -> None:
    """Targets, or trusted flaggers, report predators to the site.

    Args:
        kind: Kind of event.
        source: `TARGET` or `FLAGGER`.
        now: The hour.
        columns: Contacts, seconds of the hour, stages, ends of the predators' sessions.
    """
    c = now.state.contacts
    rows, second, stage, end = columns
    if rows.size:
        now.record.note_contacts(kind, now.hour, second, c, rows, stage)
        place, person, session, contact = (column.take(rows) for column in (c.place, c.predator, c.session, c.contact))
        now.reports.add(place, person, 1, session, end, second, stage, contact, source)


def complain(now: Hour, second: Ints, rows: Ints, occasion: Ints, *, after_harm: bool) -> None:
    """Persons harmed, or who recognised a contact, complain to the police at once, late or never."""
    state, hour = now.state, now.hour
    contacts, numbers, draws = state.contacts, state.numbers, state.world.draws
    p = numbers.p_complain[contacts.offence.take(rows), int(after_harm)]
    seed, contact = state.places.seed.take(contacts.place.take(rows)), contacts.contact.take(rows)
    will = complains(draws.words(Purpose.COMPLAIN, seed, contact, occasion), p).nonzero()[0]
    if not will.size:
        return
    rows, second, seed, contact, occasion = (a.take(will) for a in (rows, second, seed, contact, occasion))
    at_once, late = draws.words((Purpose.COMPLAIN_AT_ONCE, Purpose.COMPLAIN_DELAY), seed, contact, occasion)
    evidence = has_evidence(
        draws.words(Purpose.OTHER_EVIDENCE, seed, contact, occasion), numbers.police.p_other_evidence
    )
    newest = np.where(contacts.stage.take(rows) == OFF, contacts.left.take(rows), hour)
    delay = complaint_delay(at_once, late, numbers)
    soon = (delay == 0).nonzero()[0]
    now.record.note_contacts("complain", hour, second.take(soon), contacts, rows.take(soon), int(after_harm))
    columns = (contacts.place, contacts.predator, contacts.target, contacts.contact, contacts.offence,
               contacts.victim_class)  # fmt: skip
    for i, hours in enumerate(delay.tolist()):
        complaint = (
            *(int(column[rows[i]]) for column in columns), int(after_harm), hour, int(newest[i]), int(evidence[i]),
        )  # fmt: skip
        if hours:
            state.complaints.setdefault(hour + hours, []).append(complaint)
        else:
            _tell_police(now, complaint)


def complaints_due(now: Hour) -> None:
    """Let complaints arrive that come late."""
    due = now.state.complaints.pop(now.hour, None)
    if due:
        place, predator, target, contact, offence, victim_class, after_harm, *_ = np.array(due).T
        now.record.note("complain", now.hour, 0, place, predator, target, contact, offence, victim_class, after_harm)
        for complaint in due:
            _tell_police(now, complaint)


def _tell_police(now: Hour, complaint: tuple[int, ...]) -> None:
    """A complaint is a lead about the predator."""
    place, predator, _, contact, _, _, after_harm, act, newest, evidence = complaint
    grave = urgency(COMPLAINT, bool(after_harm))
    now.leads.append(Lead(place, predator, COMPLAINT, contact, True, grave, act, newest, bool(evidence)))
