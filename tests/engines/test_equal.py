"""Two engines, one model: the same events, daily counts and breakdown, to the bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sim
from sim.model import agents
from sim.model.agents import chat, ledger
from sim.model.arrays import flows as array_flows
from sim.model.arrays import model, recorder
from sim.model.records import FLOWS, KINDS, Records
from sim.model.world.keys import home_of
from sim.model.world.world import World
from sim.policies.policy import Policy
from sim.scenario.scenario import BASELINE
from sim.study.identity import digest
from tests.engines.chats import RUNS, TABLES, arms, assert_same

MANY = 20
"""How often every kind of event must happen, and how many events every policy must change."""


@cache
def both(name: str) -> tuple[Records, Records]:
    scenario, seeds = RUNS[name]
    array, plain = (engine.simulate(scenario, seeds, arms(scenario), events=True) for engine in (model, agents))
    return array, plain


def events(name: str) -> pd.DataFrame:
    found = both(name)[0].events
    assert found is not None
    return found


@pytest.mark.parametrize("name", RUNS)
def test_both_engines_write_the_same_bytes(name: str) -> None:
    array, plain = both(name)
    assert_same(array, plain)
    for table in TABLES:
        assert digest(getattr(array, table)) == digest(getattr(plain, table))


def test_every_kind_of_event_happens_often() -> None:
    counts = pd.concat([events(name) for name in RUNS])["event"].value_counts()
    print("\n" + counts.reindex([kind.name for kind in KINDS], fill_value=0).to_string())
    assert {kind.name: int(counts.get(kind.name, 0)) for kind in KINDS if counts.get(kind.name, 0) < MANY} == {}


def test_persons_come_back_under_new_identities_and_with_forgotten_devices() -> None:
    back = pd.concat([events(name) for name in RUNS]).query("event == 'return'")
    assert (back.detail.value_counts().reindex([1, 2]) >= MANY).all()


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("case", (0, 1, 2, 4)),
        ("request", range(2)),
        ("answer", range(3)),
        ("identify", range(1, 4)),
        ("close", range(1, 6)),
        ("arrest", (0, 1, 2, 4)),
    ],
)
def test_files_go_every_way_that_they_can(kind: str, details: Sequence[int]) -> None:
    """In each of these ways at least half as often as a kind of event must happen."""
    found = pd.concat([events(name) for name in RUNS]).query("event == @kind")["detail"].value_counts()
    assert set(found.index) == set(details)
    assert found.min() >= MANY / 2, found.to_dict()


def net_of(persons: pd.DataFrame) -> pd.Series:
    """Return by policy, seed and year how many more are harmed than under the baseline, by what becomes of persons."""
    signs = {"new": 1, "redirected": 1, "outside": 1, "spared": -1, "absent": -1, "put_off": -1}
    signed = persons["count"] * persons["flow"].map(signs).fillna(0).astype(int)
    return signed.groupby([persons["policy"], persons["seed"], persons["year"]]).sum()


@pytest.mark.parametrize("name", RUNS)
def test_the_net_of_persons_is_the_difference_of_persons_harmed(name: str) -> None:
    records = both(name)[0]
    years = records.daily["day"] // 365
    harmed = records.daily.groupby(["policy", "seed", years])["n_persons_harmed"].sum()
    beyond = harmed - harmed.xs(BASELINE).reindex(harmed.index.droplevel("policy")).to_numpy()
    assert net_of(records.persons).to_dict() == beyond.to_dict()


def test_persons_go_every_way_that_they_can() -> None:
    persons = pd.concat([both(name)[0].persons for name in RUNS])
    persons = persons[persons["policy"] != BASELINE]
    counts = persons["count"].abs().groupby(persons["flow"]).sum()
    print("\n" + counts.to_string())
    assert {*counts.index} == {*FLOWS}
    assert counts.min() >= MANY / 5


ENDS = ("fade", "harm", "lose", "miss", "lapse", "stop", "shut")


@pytest.mark.parametrize("name", ["levers", "lists-run-out", "more-offences", "put-off", "sites"])
def test_the_events_tell_of_the_same_persons(name: str) -> None:
    """Read from the events alone: who is harmed first in which contact, and which contacts have not ended."""
    scenario, seeds = RUNS[name]
    of_contacts = events(name).query("contact >= 0")
    harms = of_contacts[(of_contacts["event"] == "harm") & (of_contacts["hour"] >= 24 * scenario.warmup_days)]
    counted = [kind.name for kind in scenario.offences if kind.serious and not kind.outside]
    harms = harms[harms["offence"].isin(counted)]
    harms = harms.assign(number=harms["site"].map(scenario.site_names.index))
    harms = harms.sort_values(["hour", "second", "number", "contact"])
    first = harms.drop_duplicates(["policy", "seed", "target"]).set_index("target")
    ends = of_contacts["event"].isin(["block", "withdraw", *ENDS]).astype(int) - (of_contacts["event"] == "seek")
    over = ends.groupby([of_contacts[key] for key in ("policy", "seed", "contact")]).sum()
    met = of_contacts[of_contacts["event"] == "approach"].set_index(["policy", "seed", "contact"])["target"]
    going_on = {*met[over.reindex(met.index) == 0].items()}
    persons = both(name)[0].persons.groupby(["policy", "seed", "flow"])["count"].sum()
    for arm in scenario.policies:
        for seed in seeds:
            before, after = (first[(first["policy"] == of) & (first["seed"] == seed)] for of in (BASELINE, arm))
            gone, come = before.index.difference(after.index), after.index.difference(before.index)
            expected = {
                "both": len(before) - len(gone),
                "gone": len(gone),
                "put_off": sum(((arm, seed, before.loc[who, "contact"]), who) in going_on for who in gone),
                "redirected": int((after.loc[come, "detail"] > 2).sum()),
                "new": int((after.loc[come, "detail"] <= 2).sum()),
            }
            found = {flow: int(persons.get((arm, seed, flow), 0)) for flow in FLOWS}
            found["gone"] = found["spared"] + found["absent"] + found["put_off"]
            assert {flow: found[flow] for flow in expected} == expected, arm


def test_years_of_a_window_have_persons_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Years of two days: a person counts in each, and only what goes on when the window ends is put off."""
    for module in (recorder, array_flows, ledger, chat):
        monkeypatch.setattr(module, "DAYS_PER_WINDOW_YEAR", 2)
    scenario, seeds = RUNS["put-off"][0].replace(days=4), (7,)
    array, plain = (engine.simulate(scenario, seeds, arms(scenario)).persons for engine in (model, agents))
    pd.testing.assert_frame_equal(array, plain)
    assert {*array["year"]} == {0, 1}
    assert {*array.query("flow == 'put_off'")["year"]} == {1}
    assert array.query("flow == 'both'").groupby("year")["count"].sum().min() > 0
    members = array.query("flow == 'members' and policy == 'staffed'").groupby("year")["count"].sum()
    assert members.is_monotonic_increasing and members[0] < members[1]


def test_every_policy_differs_from_the_baseline() -> None:
    changed = {}
    for name, (scenario, _) in RUNS.items():
        rows = {
            policy: Counter(frame.drop(columns="policy").itertuples(index=False, name=None))
            for policy, frame in events(name).groupby("policy")
        }
        for arm in scenario.policies:
            changed[name, arm] = ((rows[BASELINE] - rows[arm]) + (rows[arm] - rows[BASELINE])).total()
    print("\n", changed)
    assert {arm: n for arm, n in changed.items() if n < MANY} == {}


def test_every_lever_is_among_the_policies() -> None:
    used = {policy.name for scenario, _ in RUNS.values() for arm in scenario.policies.values() for policy in arm}
    assert used == {name for name, kind in Policy.registry.items() if kind.__module__.startswith("sim.policies.")}


def test_lists_run_out_and_predators_look_further(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, seeds = RUNS["lists-run-out"]
    walks = []
    walk = World.walk

    def kept(*arguments: Any) -> np.ndarray:
        walks.append(walk(*arguments))
        return walks[-1]

    monkeypatch.setattr(World, "walk", kept)
    model.simulate(scenario, seeds, arms(scenario))
    assert sum(len(rest) > 0 for rest in walks) >= MANY
    redirected = events("lists-run-out").query("event == 'approach' and detail == 1")
    assert len(redirected) >= MANY


def test_bars_reach_from_the_warm_up_into_the_window() -> None:
    first = 24 * RUNS["full-of-bars"][0].warmup_days
    bars = events("full-of-bars").query("event == 'bar' and policy == 'baseline' and hour < @first")
    back = bars[bars["hour"] + 1 + bars["detail"] >= first]
    assert (back["detail"] > 0).sum() >= 5
    assert set(back["target_kind"]) == {"user", "predator"}


def test_months_are_counted_by_both_engines() -> None:
    scenario, _ = RUNS["months"]
    assert scenario.months == (3, 34, 64)
    table = both("months")[1].daily.set_index(["policy", "day"])[["n_monthly_visitors", "n_monthly_turned_away"]]
    counted = table[(table > 0).any(axis=1)]
    assert set(counted.index.get_level_values("day")) == {33, 63}
    by_day = counted["n_monthly_turned_away"].to_dict()
    away = {arm: [by_day.get((arm, day), 0) for day in (33, 63)] for arm in arms(scenario)}
    assert away[BASELINE] == away["before"] == [0, 0]
    assert min(away["within"]) > 0
    assert away["between"][0] == 0 < away["between"][1]


@pytest.mark.parametrize("name", RUNS)
def test_all_use_that_the_world_has_is_let_in_turned_away_or_barred(name: str) -> None:
    scenario, seeds = RUNS[name]
    ends = ("", "_turned_away", "_barred", "_in_custody")
    daily = both(name)[0].daily.set_index(["policy", "seed", "site", "day"])
    of_world = {"n_visits": {}, "n_user_days": {}, "n_user_hours": {}, "n_predator_hours": {}}
    for day in World(scenario, seeds).days():
        people, begun = day.people, np.arange(day.people.person.size) >= day.people.n_carried
        home, is_user = home_of(people.person), people.is_predator(np.arange(begun.size)) == 0
        for (i, seed), (h, site) in product(enumerate(seeds), enumerate(scenario.site_names)):
            own = (people.seed == i) & (home == h)
            user, key = own & is_user, (seed, site, day.number - scenario.warmup_days)
            of_world["n_visits"][key] = (user & begun).sum()
            of_world["n_user_days"][key] = np.unique(people.person[user & begun]).size
            of_world["n_user_hours"][key] = people.hours[user].sum()
            of_world["n_predator_hours"][key] = people.hours[own & ~is_user].sum()
    for count, by_day in of_world.items():
        at_home = daily[[count + end for end in ends if count + end in daily]].sum(axis=1) - daily[f"{count}_moved_in"]
        assert [by_day[key[1:]] for key in at_home.index] == at_home.tolist(), count


def test_days_and_visits_are_barred_often_enough_to_notice() -> None:
    daily = pd.concat([both(name)[0].daily for name in RUNS])
    assert daily["n_visits_barred"].sum() > daily["n_user_days_barred"].sum() >= MANY
    # On some days a person is barred for a visit and not for another: the day is one of use.
    assert daily.eval("n_visits_barred > 0 and n_user_days_barred == 0").any()


def test_the_smallest_staff_is_a_staff_in_both_engines() -> None:
    few = {"moderation.staff": 0.0004, "moderation.reviews_per_hour": 10_000.0, "reporting.friction": 0.0}
    chat = sim.load(Path(__file__).parents[2] / "scenarios" / "classroom.toml").replace(days=20, warmup_days=0, **few)
    fast, slow = (engine.simulate(chat, [1], [BASELINE]).daily for engine in (model, agents))
    assert fast["n_review"].sum() >= 20
    pd.testing.assert_frame_equal(fast, slow)


@pytest.mark.parametrize("engine", [model, agents], ids=["array", "agents"])
def test_a_table_of_events_has_its_types_where_nothing_happened(engine: Any) -> None:
    """As where something did, so that tables of several runs can be put together."""
    quiet = RUNS["few-of-another-home"][0].replace(
        policies={}, sites={}, days=1, warmup_days=0, **{"predators.p_of_adults": 0.0, "moderation.staff": 0.0,
                                                         "responses.p_ready_false_report": 0.0},
    )  # fmt: skip
    empty = engine.simulate(quiet, [2], [BASELINE], events=True).events
    assert empty is not None and not len(empty)
    pd.testing.assert_series_equal(empty.dtypes, events("few-of-another-home").dtypes)
    joined = Records.joined([engine.simulate(quiet, [seed], [BASELINE], events=True) for seed in (2, 3)]).events
    assert joined is not None
    pd.testing.assert_frame_equal(joined, empty)
