"""Step 3: the site's detector reads contacts as their stages begin, and flags some."""

from __future__ import annotations

import numpy as np

from sim.model.arrays.hour import Hour
from sim.model.decisions.codes import DETECTOR, OFF
from sim.model.decisions.detection import detects, p_detect, reads
from sim.model.world.draws import Ints, Purpose
from sim.model.world.keys import alarm_key

_SENSITIVITY = ("detection.p_contact", "detection.p_engaged", "detection.p_private")
"""Rules by stage: off the platform nothing is read."""


def flag(now: Hour, rows: Ints, stage: Ints, second: Ints) -> None:
    """Flag contacts that begin a stage on the platform, as far as the detector reads them and sees what they are.

    Args:
        now: The hour.
        rows: Contacts.
        stage: Stages that they begin.
        second: Seconds of the hour in which they do.
    """
    state, contacts = now.state, now.state.contacts
    on_platform = (stage < OFF).nonzero()[0]
    rows, stage, second = (column.take(on_platform) for column in (rows, stage, second))
    place, contact = contacts.place.take(rows), contacts.contact.take(rows)
    seed = state.places.seed.take(place)
    read = reads(
        state.world.draws.words(Purpose.DETECTOR_READS, seed, contact), now.lanes.rule("detection.coverage").take(place)
    )
    sensitivity = np.array([now.lanes.rule(rule) for rule in _SENSITIVITY])
    p = p_detect(sensitivity[stage, place], state.numbers.rel_detect.take(contacts.offence.take(rows)))
    words = state.world.draws.words(Purpose.DETECT, seed, contact, alarm_key(stage, contacts.again.take(rows)))
    found = (read & detects(words, p)).nonzero()[0]
    rows, stage, second, place, contact = (column.take(found) for column in (rows, stage, second, place, contact))
    now.record.note_contacts("detect", now.hour, second, contacts, rows, stage)
    person, session, session_end = (c.take(rows) for c in (contacts.predator, contacts.session, contacts.predator_end))
    now.reports.add(place, person, 1, session, session_end, second, stage, contact, DETECTOR)
