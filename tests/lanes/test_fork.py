"""When the warm-up is over, whatever a run holds goes from the one lane of a seed to all its lanes.

What need not be copied is named here, with its reason; whatever else a run comes to hold is held to it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np
import pytest

from sim.model.arrays.investigation import File, Police, Station
from sim.model.arrays.model import ChatModel
from sim.model.arrays.moderation import Desk, Office
from sim.model.arrays.places import Places, Spread, shared
from sim.model.arrays.recorder import Recorder
from sim.model.arrays.state import DEAD, BarLog, Contacts, Dossier, State
from sim.policies.closure import ClosurePolicy
from sim.policies.policy import Policy
from tests.engines.chats import BUSY

N_LANES = 3
# What may be seized is kept in mind from the warm-up on, where an arm will seize it.
SAME: dict[str, tuple[Policy, ...]] = {"one": (), "other": (ClosurePolicy(seizure=True),)}
SEEDS = (4, 9)

# Many reports on people who have been sanctioned before, more than can be read: the warm-up leaves something of all.
CHAT = BUSY.replace(**{
    "policies": SAME,
    "sites": {"rival": {"monthly_visitors": BUSY.population.monthly_visitors / 2}},
    "days": 1,
    "warmup_days": 6,
    "registration.level": "email",
    "registration.email.return_delay_hours": 200.0,
    "reporting.friction": 0.0,
    "reporting.snapshot": True,
    "responses.p_ready_false_report": 0.4,
    "responses.p_complain_recognised": 0.3,
    "moderation.staff": 0.13,
    "moderation.shift_start_hour": 0,
    "moderation.shift_hours": 24,
    "moderation.p_clear_with_evidence": 0.2,
    "moderation.triage": "newest",
    "moderation.dossier_expiry_hours": 100,
    "sanctions.ladder_hours": (0, 48),
    "sanctions.rel_return_identity": 1.0,
    # Files wait, are asked for and lead to arrests, soon and late.
    "police.investigators": 0.8,
    "police.arrest_delay_median_days": 2.0,
    "police.arrest_delay_sigma": 1.5,
    "police.max_data_age_days": 90,
    "police.p_other_evidence": 0.7,
    "cooperation.p_refer": 0.3,
    "retention.log_hours": 40,
})  # fmt: skip

NOT_COPIED: dict[type, dict[str, str]] = {
    ChatModel: {
        "scenario seeds policies world record": "given, or shared by all lanes",
        "hour": "the clock of all lanes",
        "_days _day _approaches _false_reports _false_alarms": "of a day, and foreseen anew after the fork",
        "_changes _lanes _visitors _flows": "made for all lanes, at the start or by the fork",
        "_usual _usual_rules _usually_apart": "the baseline's, whatever the lane",
    },
    State: {
        "world numbers cells": "depends on no lane",
        "places": "what the fork changes",
        "flag": "by member, of any lane: says only who may be barred",
        "harms_before": "of the warm-up, by seed and site",
        "felt_risk_new": "of one hour, taken in within it",
        "pair_flag": "scratch, cleared after use",
    },
    Contacts: {
        "n n_dead _data _shift _heads _last_come link": "how the table is kept",
        "redirected": "nothing yet: in the warm-up no policy turns anybody away",
        "place pair cell": "where it stands, compared as parts of the place",
    },
    BarLog: {"_table _new": "compared as stretches"},
    Office: {
        "_on_shift _milli_hours _capacity_milli _retention _rules _requeue": "the rules of a day, taken over anew",
        "_scenario": "depends on no lane",
    },
    Desk: {
        "_queues _triage": "made anew with the day's rule of triage",
        "next_expiry": "worked out anew with the day's rules",
        "_touched": "reports of one hour, queued within it",
    },
    Police: {
        "_rules _log_hours": "the rules of a day, taken over anew",
        "_capacity_micro": "depends on no lane",
        "earlier": "complaints of the measured window, none before it",
        "seized": "of the measured window: nothing closes before it",
    },
    Station: {"queue": "compared as the files that wait, in their order"},
    File: {"place": "of the lane that it is in"},
    Dossier: {"queued": "its place in queues that are made anew"},
    Recorder: {
        "scenario n_offences _serious _outside _keep": "given",
        "places": "what the fork changes",
        "_kept": "events of the warm-up, written for every lane in the end",
        "_cells _harms_today _durations_today harmed_today": "of a day, and empty between days",
        "_breakdown _distinct _seen _daily _durations _persons": "of the measured window, and empty before it",
        "_events _counts": "of a day, and nothing at its start",
    },
}
"""By class: attributes that are not copied lane by lane, and why."""

MESAS = {*vars(mesa.Model(rng=0))}


def named(kind: type) -> set[str]:
    return {name for names in NOT_COPIED[kind] for name in names.split()}


def held(holder: object) -> dict[str, Any]:
    """Return by name what an object holds and must be copied lane by lane."""
    slots = getattr(type(holder), "__slots__", None)
    found = {name: getattr(holder, name) for name in slots} if slots else dict(vars(holder))
    skipped = named(type(holder)) | (MESAS if isinstance(holder, mesa.Model) else set())
    return {name: value for name, value in found.items() if name not in skipped}


def by_place(value: Any, of: Places) -> list[Any]:
    """Return what each place, or lane, has of a container that keeps it as row, as first key or as first number."""
    places: list[Any] = [[] for _ in range(of.n)]
    if isinstance(value, np.ndarray):
        return value.reshape(of.n if value.size % of.n == 0 else of.n_lanes_in_all, -1).tolist()
    if isinstance(value, BarLog):
        for key, place, *stretch in value.since(-1).T.tolist():
            places[place].append((key, *stretch))
    elif isinstance(value, list) and all(isinstance(thing, Desk) for thing in value):
        return [{name: contents(thing) for name, thing in held(desk).items()} for desk in value]
    elif isinstance(value, list) and all(isinstance(thing, Station) for thing in value):
        return [station_contents(station) for station in value]
    elif isinstance(value, list):
        for place, *rest in value:
            places[place].append(rest)
    elif all(isinstance(key, tuple) for key in value):
        for (place, *rest), content in value.items():
            places[place].append((*rest, content))
    else:
        for key, rows in value.items():
            for place, *rest in rows:
                places[place].append((key, *rest))
    return places


def contents(thing: Any) -> Any:
    """Return what can be compared of an attribute of a desk."""
    return {account: held(dossier) for account, dossier in thing.items()} if isinstance(thing, dict) else thing


def station_contents(station: Station) -> dict[str, Any]:
    """Return what can be compared of the files of a lane."""
    due = {name: getattr(station, name) for name in ("requests", "arrests")}
    return {
        "files": {person: held(file) for person, file in station.files.items()},
        "queue": [(*turn, held(file)) for *turn, file in sorted(station.queue, key=lambda e: e[:-1]) if file.waits],
        "n_waiting": station.n_waiting,
        "arrested": sorted(station.arrested),
        **{name: {hour: [*map(held, files)] for hour, files in by.items()} for name, by in due.items()},
    }


def rows(contacts: Contacts, model: ChatModel) -> dict[str, list[Any]]:
    """Return the columns of the contacts that have not ended, by place."""
    alive = (contacts.status[: contacts.n] != DEAD).nonzero()[0]
    place = contacts.place[alive]
    columns = {name: column[alive] for name, column in held(contacts).items()}
    columns["index of the predator"] = contacts.pair[alive] - place * model.state.places.n_predators
    columns["cell within the place"] = contacts.cell[alive] - place * model.state.places.n_cells
    of_place = [(place == p).nonzero()[0] for p in range(model.state.places.n)]
    return {name: [column[which].tolist() for which in of_place] for name, column in columns.items()}


def all_of(model: ChatModel) -> dict[str, list[Any]]:
    """Return by name what each place has of everything that a run holds."""
    found = {f"Contacts.{name}": column for name, column in rows(model.state.contacts, model).items()}
    for holder in (model, model.state, model._office, model._police, model.record):
        for name, value in held(holder).items():
            if not isinstance(value, State | Office | Police | Contacts):
                found[f"{type(holder).__name__}.{name}"] = by_place(value, model.state.places)
    return found


@pytest.fixture(scope="module")
def forked() -> tuple[dict[str, list[Any]], dict[str, list[Any]], ChatModel]:
    """What a run holds before and after the fork."""
    model = ChatModel(CHAT, SEEDS, ["baseline", *SAME], collect=False)
    while model.hour < 24 * CHAT.warmup_days:
        model.step()
    before = all_of(model)
    model._fork()
    return before, all_of(model), model


def differences(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> Iterator[str]:
    """Yield the name of everything that some lane has otherwise than the one lane of its seed had it."""
    for name, contents in before.items():
        n = len(contents) // len(SEEDS)
        of_seeds = [contents[first : first + n] for first in range(0, len(contents), n)]
        if after[name] != [content for of_seed in of_seeds for _ in range(N_LANES) for content in of_seed]:
            yield name


def test_every_lane_begins_with_all_that_the_warm_up_left(forked: tuple[Any, Any, ChatModel]) -> None:
    before, after, model = forked
    assert model.state.places.n_lanes == N_LANES
    assert before.keys() == after.keys()
    seen = [*differences(before, after)]
    assert not seen, "its class spreads it otherwise; or say above why it need not be copied"


@pytest.mark.parametrize("part", ["state", "_office", "_police", "record"])
def test_what_does_not_say_how_it_spreads_is_refused(
    part: str, forked: tuple[Any, Any, ChatModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = getattr(forked[2], part)
    monkeypatch.setattr(holder, "planted", {(0, 1): 7, (1, 5): 8}, raising=False)
    with pytest.raises(TypeError, match=f"{type(holder).__name__}.WAYS does not say how to spread planted"):
        holder.fork(forked[2].state.places)


@pytest.mark.parametrize("kind", [State, Office, Police, Recorder])
def test_what_depends_on_no_lane_is_said_twice(kind: type[Spread]) -> None:
    assert {name for name, way in kind.WAYS.items() if way is shared} <= named(kind)


def test_the_warm_up_leaves_something_of_everything(forked: tuple[Any, Any, ChatModel]) -> None:
    before, _, _ = forked
    assert [name for name, places in before.items() if not any(map(something, places))] == []


@pytest.mark.parametrize("part", ["files", "queue", "requests", "arrests", "arrested"])
def test_the_warm_up_leaves_files_in_every_state(part: str, forked: tuple[Any, Any, ChatModel]) -> None:
    before, _, _ = forked
    assert any(station[part] for station in before["Police.stations"])


def something(content: Any) -> bool:
    """Tell whether there is anything but zeros in a list or dictionary."""
    if isinstance(content, dict):
        content = [*content.values()]
    return any(map(something, content)) if isinstance(content, list | tuple) else content != 0


def test_what_is_named_is_there_and_nothing_is_shared_between_lanes(forked: tuple[Any, Any, ChatModel]) -> None:
    _, _, model = forked
    state, office, police = model.state, model._office, model._police
    for holder in (model, state, state.contacts, state.bar_log, office, office.desks[0], police, model.record):
        assert named(type(holder)) <= {*vars(holder)}, type(holder)
    dossiers = [dossier for desk in office.desks for dossier in desk.dossiers.values()]
    assert len({id(dossier) for dossier in dossiers}) == len(dossiers) > 0
    assert named(Dossier) <= {*Dossier.__slots__}
    assert {*station_contents(police.stations[0])} | named(Station) == {*vars(police.stations[0])}
    # Within a station all that know a file know the same one, which is no other station's.
    of_station = [{id(file) for file in station.files.values()} for station in police.stations]
    assert sum(map(len, of_station)) == len(set().union(*of_station)) > 0
    for station, own in zip(police.stations, of_station, strict=True):
        due = [file for by in (station.requests, station.arrests) for files in by.values() for file in files]
        assert {id(file) for file in (*due, *(entry[-1] for entry in station.queue))} <= own
    assert not any(desk._touched for desk in office.desks)


def test_a_request_that_was_needless_is_not_copied_once_its_file_is_done_with() -> None:
    station, done = Station(), File(0, 7, False, 1, 0, 0, 1, 0, 0, True, False, waits=False)
    station.requests[9] = [done]
    assert station.copy_to(lambda place: place).requests == {9: []}


def one_lane_less(state: State) -> dict[str, Any]:
    """Return containers as a fork would leave them that copied to no lane but the first, or not as many times."""
    n_first = len(state.places.seeds) * state.places.n_sites
    return {
        "n_live": np.roll(state.n_live, state.places.n_predators),
        "strikes": {key: value for key, value in state.strikes.items() if key[0] < n_first},
        "returns": {hour: [row for row in rows if row[0] < n_first] for hour, rows in state.returns.items()},
        "just_barred": [row for row in state.just_barred if row[0] < n_first],
    }


@pytest.mark.parametrize("name", ["n_live", "strikes", "returns", "just_barred"])
def test_what_is_not_copied_is_seen(
    name: str, forked: tuple[Any, Any, ChatModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _, model = forked
    monkeypatch.setattr(model.state, name, one_lane_less(model.state)[name])
    assert f"State.{name}" in differences(before, all_of(model))
