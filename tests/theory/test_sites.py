"""Several sites: what must come out exactly, and what must come out in the mean."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.model.arrays import model as array_model
from sim.model.arrays.hour import Hour
from sim.model.arrays.investigation import Station
from sim.model.arrays.model import ChatModel, simulate
from sim.model.arrays.moderation import Office
from sim.model.arrays.places import by_hour, by_key, by_place, by_row, one_a_place
from sim.model.arrays.state import BarLog, Contacts
from sim.model.decisions.displacement import NO_SITE, Gate, Way, gates, way
from sim.model.world.movers import ELSEWHERE, FIRST_SITE, N_DELAYS, NOWHERE, Movers
from sim.model.world.population import LONG_AGO
from sim.policies.closure import ClosurePolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.scenario.scenario import BASELINE, Scenario
from tests.engines.chats import BUSY, START

CLOSING = 5
TWIN = BUSY.replace(**{
    "sites": {"twin": {"operation": {"open": False}}},
    "policies": {
        "closed": (ClosurePolicy(site="site", start=START + dt.timedelta(CLOSING), clone="twin", clone_days=0),)
    },
    "displacement.p_users": 1.0,
    "displacement.p_predators": 1.0,
    "displacement.p_elsewhere": 0.0,
    "displacement.delay_days": 0.0,
})  # fmt: skip
"""A site that closes, and another one without members of its own, the same in all else, to which everybody goes.

It opens on the same day, so that nobody whom a bar keeps out of the first is there before.
"""


# -- who is where ------------------------------------------------------------------------------------------------------

ALL_OPEN = (Gate(True), Gate(True), Gate(True))


@pytest.mark.parametrize(
    ("home", "second", "sites", "day", "expected"),
    [
        (0, NOWHERE, ALL_OPEN, 9, Way(0, NO_SITE)),
        (0, ELSEWHERE, ALL_OPEN, 9, Way(0, NO_SITE)),
        (0, FIRST_SITE + 2, ALL_OPEN, 9, Way(0, 2)),
        (1, FIRST_SITE + 0, ALL_OPEN, 9, Way(1, 0)),
        # Home closed on day 4, moving after 3 days.
        (0, NOWHERE, (Gate(False, 4), Gate(True), Gate(True)), 90, Way(NO_SITE, NO_SITE)),
        # Until then there are those alone who had gone on before, whom a bar kept out of the home.
        (0, FIRST_SITE + 2, (Gate(False, 4), Gate(True), Gate(True)), 6, Way(NO_SITE, 2)),
        (0, FIRST_SITE + 2, (Gate(False, 4), Gate(True), Gate(True)), 7, Way(2, NO_SITE)),
        # The second choice closed too, later: on to the third, so many days after that.
        (0, FIRST_SITE + 2, (Gate(False, 4), Gate(True), Gate(False, 20)), 22, Way(NO_SITE, NO_SITE)),
        (0, FIRST_SITE + 2, (Gate(False, 4), Gate(True), Gate(False, 20)), 23, Way(1, NO_SITE)),
        # A clone that is not open yet, and then is.
        (0, FIRST_SITE + 1, (Gate(False, 4), Gate(False), Gate(True)), 8, Way(2, NO_SITE)),
        (0, FIRST_SITE + 1, (Gate(False, 4), Gate(True, 30), Gate(True)), 30, Way(1, NO_SITE)),
        # A second closure: who had been sent there by a bar waits as all others do.
        (0, FIRST_SITE + 1, (Gate(False, 4), Gate(False, 5), Gate(True)), 6, Way(NO_SITE, NO_SITE)),
        # Home open, the second choice closed: whom the door keeps out goes on to the next one at once.
        (0, FIRST_SITE + 1, (Gate(True), Gate(False, 8), Gate(True)), 8, Way(0, 2)),
        (0, FIRST_SITE + 1, (Gate(False, 4), Gate(False, 8), Gate(False, 9)), 90, Way(NO_SITE, NO_SITE)),
    ],
)
def test_where_somebody_comes_to(home: int, second: int, sites: tuple[Gate, ...], day: int, expected: Way) -> None:
    assert way(home, second, 3, sites, day) == expected


def test_a_gate_knows_since_when_it_is_as_it_is() -> None:
    usual = BUSY.platform.rules
    shut = usual.having({"operation.open": False})
    first = gates([usual, shut], 0)
    assert first == (Gate(True, LONG_AGO), Gate(False, LONG_AGO))
    later = gates([shut, shut], 5, first)
    assert later == (Gate(False, 5), Gate(False, LONG_AGO))
    assert gates([shut, usual], 9, later) == (Gate(False, 5), Gate(True, 9))


def test_second_choices_have_their_shares_and_delays_their_mean() -> None:
    scenario = BUSY.replace(
        sites={"near": {"attraction": 3.0}, "far": {}}, policies={"closed": (ClosurePolicy(site="near"),)},
        **{"displacement.p_users": 0.6, "displacement.p_predators": 0.9, "displacement.p_elsewhere": 0.25,
           "displacement.delay_days": 88.0},
    )  # fmt: skip
    movers = Movers(scenario)
    share = movers.cells.reshape(2, 3, movers.n_seconds, N_DELAYS).sum(axis=3) / movers.n_cells
    assert share.sum(axis=2) == pytest.approx(np.ones((2, 3)))
    cell = 1 / 4096
    assert share[0, 0] == pytest.approx([0.4, 0.15, 0, 0.45 * 3 / 4, 0.45 / 4], abs=cell)
    assert share[1, 1] == pytest.approx([0.1, 0.225, 0.675 / 2, 0, 0.675 / 2], abs=cell)
    assert share[1, 2] == pytest.approx([0.1, 0.225, 0.675 / 4, 0.675 * 3 / 4, 0], abs=cell)
    # Sixteen equally likely quantiles of an exponential: the half that moves first does so by the median.
    assert movers.delay_days[N_DELAYS // 2] == pytest.approx(88 * math.log(2), rel=0.1)
    assert movers.delay_days.mean() == pytest.approx(88, rel=0.05)


# -- exactly -----------------------------------------------------------------------------------------------------------


def of_site(records: Any, site: str, policy: str) -> list[pd.DataFrame]:
    """Return what all tables have of a site and policy."""
    tables = (records.daily, records.breakdown, records.durations, records.persons, records.events)
    return [t[(t["site"] == site) & (t["policy"] == policy)].drop(columns="policy").reset_index(drop=True)
            for t in tables]  # fmt: skip


def test_a_site_is_the_same_beside_another_where_nobody_goes_on() -> None:
    levers = {"email": (RegistrationPolicy(level="email"),)}
    alone = BUSY.replace(policies=levers, **{"police.investigators": 0.0})
    nobody = {"displacement.p_users": 0.0, "displacement.p_predators": 0.0}
    beside = alone.replace(sites={"rival": {"monthly_visitors": 500.0}}, **nobody)
    seeds, arms = [3, 8], [BASELINE, *levers]
    one, two = (simulate(scenario, seeds, arms, events=True) for scenario in (alone, beside))
    for arm in arms:
        for before, after in zip(of_site(one, "site", arm), of_site(two, "site", arm), strict=True):
            assert len(before)
            pd.testing.assert_frame_equal(before, after)
        assert len(of_site(two, "rival", arm)[-1]) > 1000


def carried_over(now: Hour, office: Office, police: Any) -> None:
    """Let the lane that closes a site have the other one go on as the first was: accounts, contacts, all that is held.

    What a run holds says of each part how it goes from one lane to others, and so which part of it has the place.
    """
    places, state = now.state.places, now.state
    lanes = {int(places.lane(place)) for place in now.lanes.doors.closed}
    twin = np.arange(places.n)
    for lane in lanes:
        twin[[2 * lane, 2 * lane + 1]] = [2 * lane + 1, 2 * lane]

    def swapped(way_: Any, value: Any) -> Any:
        if way_ is by_place:
            return value.reshape(places.n, -1)[twin].reshape(value.shape)
        if way_ is one_a_place:
            return [value[place] for place in twin]
        if way_ is by_key:
            return {(int(twin[place]), who): content for (place, who), content in value.items()}
        if way_ is by_row:
            return [(int(twin[place]), *rest) for place, *rest in value]
        if way_ is by_hour:
            return {hour: swapped(by_row, rows) for hour, rows in value.items()}
        return value

    for holder in (state, office, police):
        for name, way_ in holder.WAYS.items():
            setattr(holder, name, swapped(way_, getattr(holder, name)))
    for station in police.stations:
        for file in files_of(station):
            file.place = int(twin[file.place])
    table, at = state.bar_log.since(-1), BarLog.COLUMNS.index("place")
    table[at] = twin[table[at]]
    contacts: Contacts = state.contacts
    rows = contacts.place[: contacts.n]
    further = twin[rows] - rows
    contacts.pair[: contacts.n] += further * places.n_predators
    contacts.cell[: contacts.n] += further * places.n_cells
    contacts.place[: contacts.n] += further
    contacts._hold(contacts._data)


def files_of(station: Station) -> Iterator[Any]:
    """Yield every file of a lane once."""
    files = {id(f): f for f in (*station.files.values(), *(entry[-1] for entry in station.queue))}
    yield from files.values()


def test_full_displacement_without_delay_to_a_twin_changes_no_total(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody moves at once to a site without members of its own, where all goes on as it was: harm is the same."""
    chat = ChatModel(TWIN, [3, 8], [BASELINE, "closed"], events=True, collect=False)
    monkeypatch.setattr(array_model, "shut", lambda now: carried_over(now, chat._office, chat._police))
    records = chat.run()
    daily, events = records.daily, records.events
    assert events is not None
    closed = daily[(daily["policy"] == "closed") & (daily["day"] >= CLOSING)].groupby("site").sum(numeric_only=True)
    assert closed.loc["site", "n_user_hours"] == 0 < closed.loc["twin", "n_user_hours"]
    assert closed.loc["twin", "n_user_hours_moved_in"] == closed.loc["twin", "n_user_hours"]
    totals = {
        p: daily[daily["policy"] == p].groupby(["seed", "day"]).sum(numeric_only=True) for p in (BASELINE, "closed")
    }
    told_by_site = [
        c for c in totals[BASELINE] if any(of in c for of in ("turned_away", "moved", "monthly", "_barred"))
    ]
    pd.testing.assert_frame_equal(*(t.drop(columns=told_by_site) for t in totals.values()))
    assert totals[BASELINE]["n_harm"].sum() > 25
    assert (totals[BASELINE][["n_bar", "n_arrest", "n_decoy", "n_case_referral", "n_meet"]].sum() > 4).all()
    happened = [
        events[events["policy"] == p]
        .drop(columns=["policy", "site"])
        .sort_values(list(events.columns.drop(["policy", "site"])))
        for p in (BASELINE, "closed")
    ]
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in happened))


def test_without_anything_carried_over_the_same_displacement_does_change_harm() -> None:
    records = simulate(TWIN, [3, 8], [BASELINE, "closed"], events=True)
    events = records.events
    assert events is not None
    shut = events[events["event"] == "shut"]
    assert set(shut["policy"]) == {"closed"} and len(shut) > 10
    assert set(shut["hour"]) == {24 * (TWIN.warmup_days + CLOSING)}
    harms = records.daily.groupby("policy")["n_harm"].sum()
    assert harms[BASELINE] != harms["closed"]


def test_a_closure_takes_nobody_from_another_site_to_whom_a_bar_had_sent_them() -> None:
    """As long as nobody has moved, a rival is as if the home had only stopped to bar anybody, to the bit."""
    begin = START + dt.timedelta(CLOSING)
    scenario = BUSY.replace(
        sites={"rival": {"monthly_visitors": 600.0}},
        policies={
            "closed": (ClosurePolicy(site="site", start=begin),),
            "unstaffed": (ModerationPolicy(site="site", start=begin, staff=0.0),),
        },
        **{"population.monthly_visitors": 2000.0, "displacement.p_users": 0.0, "displacement.p_predators": 1.0,
           "displacement.p_elsewhere": 0.0, "displacement.delay_days": 3650.0, "moderation.staff": 3.0,
           "registration.none.accounts_persist": True, "registration.none.p_return": 0.0, "reporting.friction": 0.0,
           "police.investigators": 0.0, "undercover.decoys": 0.0, "felt_risk.sensitivity": 0.0},
    )  # fmt: skip
    records = simulate(scenario, [3, 8], list(scenario.policies), events=True)
    for closed, unstaffed in zip(*(of_site(records, "rival", p) for p in scenario.policies), strict=True):
        pd.testing.assert_frame_equal(closed, unstaffed)
    there = records.daily.query("policy == 'closed' and site == 'rival' and day > @CLOSING")
    assert there["n_predator_hours_moved_in"].sum() > 300


# -- in the mean -------------------------------------------------------------------------------------------------------


def test_those_who_moved_are_approached_as_often_as_those_at_home() -> None:
    """On a site with people of two homes an approach falls on either by the share of the hours that they are there."""
    scenario = BUSY.replace(**{
        "sites": {"rival": {"monthly_visitors": 300.0}},
        "policies": {"closed": (ClosurePolicy(site="site"),)},
        "days": 40, "displacement.p_users": 0.3, "displacement.p_predators": 0.5, "displacement.p_elsewhere": 0.0,
        "displacement.delay_days": 0.0, "population.monthly_visitors": 900.0,
        "population.monthly_visitors_start": 900.0, "predators.p_of_adults": 0.05,
        "police.investigators": 0.0, "undercover.decoys": 0.0, "felt_risk.sensitivity": 0.0, "moderation.staff": 0.0,
    })  # fmt: skip
    records = simulate(scenario, range(6), [BASELINE, "closed"], events=["approach"])
    events = records.events
    assert events is not None
    there = events[(events["policy"] == "closed") & (events["site"] == "rival") & (events["hour"] >= 24 * 7)]
    moved = there["target"].to_numpy() // (25 << 29) == 0
    daily = records.daily.query("policy == 'closed' and site == 'rival'")
    share = daily["n_user_hours_moved_in"].sum() / daily["n_user_hours"].sum()
    assert 0.2 < share < 0.8
    error = math.sqrt(share * (1 - share) / moved.size)
    # Approaches of one predator are not independent: twice the error of a binomial, at three sigma and a half.
    assert moved.mean() == pytest.approx(share, abs=2 * 3.5 * error)
    assert error < 0.01


def test_people_come_back_on_the_other_site_by_their_delays() -> None:
    scenario = Scenario(start=START, days=150, warmup_days=5).replace(**{
        "sites": {"other": {}},
        "policies": {"closed": (ClosurePolicy(site="site"),)},
        "population.monthly_visitors": 6000.0, "population.monthly_visitors_start": 6000.0,
        "population.mean_stay_days": 10_000.0, "predators.p_of_adults": 0.002,
        "displacement.p_users": 0.5, "displacement.p_elsewhere": 0.2, "displacement.delay_days": 40.0,
    })  # fmt: skip
    daily = simulate(scenario, [1, 2], [BASELINE, "closed"]).daily
    hours = daily.groupby(["policy", "site", "day"])["n_user_hours"].sum()
    share = hours["closed", "other"] / hours[BASELINE, "site"]
    days = np.arange(150)
    expected = 0.5 * 0.8 * (1 - np.exp(-days / 40))
    week = share.rolling(7).mean().to_numpy()[6:]
    assert week == pytest.approx(expected[3:-3], abs=0.03)
    assert (hours["closed", "site"] == 0).all()


def test_whoever_is_harmed_on_two_sites_counts_once_a_year() -> None:
    scenario = BUSY.replace(**{
        "sites": {"other": {}},
        "policies": {"closed": (ClosurePolicy(site="site", start=START + dt.timedelta(7)),)},
        "days": 20, "displacement.p_users": 1.0, "displacement.p_predators": 1.0, "displacement.p_elsewhere": 0.0,
        "displacement.delay_days": 0.0, "contacts.private_harm_per_hour": 20.0,
        "contacts.engaged_private_per_hour": 20.0, "contacts.contact_engage_per_hour": 20.0,
    })  # fmt: skip
    records = simulate(scenario, [4], ["closed"], events=["harm"])
    events = records.events
    assert events is not None
    serious = [offence.name for offence in scenario.offences if offence.serious and not offence.outside]
    first = 24 * scenario.warmup_days
    harmed = events[events["offence"].isin(serious) & (events["hour"] >= first)]
    by_person = harmed.groupby("target")["site"].nunique()
    assert (by_person == 2).sum() > 5
    outside = [offence.name for offence in scenario.offences if offence.serious and offence.outside]
    n_outside = int((events["offence"].isin(outside) & (events["hour"] >= first)).sum())
    assert int(records.daily["n_persons_harmed"].sum()) == by_person.size + n_outside
    where = harmed.sort_values(["hour", "second"]).groupby("target")["site"].first().value_counts()
    of_all = records.breakdown.query("quantity == 'persons_harmed' and offence == 'all' and victim_class != 'all'")
    assert of_all.groupby("site")["count"].sum().to_dict() == where.to_dict()
