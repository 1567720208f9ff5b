"""Several sites in a lane of the agents engine: who is where, what closes, and what a site alone would have."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from sim.model import agents
from sim.model.records import Records
from sim.model.world.keys import home_of
from sim.model.world.world import World
from sim.policies.closure import ClosurePolicy
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.scenario.scenario import BASELINE, Scenario
from tests.engines.chats import BUSY, TABLES, day

SEED = 7
CLOSES, OPENS = 2, 4
"""Days on which the first site closes and its clone opens."""

POLICIES: dict[str, tuple[Policy, ...]] = {
    "document": (RegistrationPolicy(level="document", start=day(3)),),
}
ALONE = BUSY.replace(**{"days": 6, "warmup_days": 2, "police.investigators": 0.0, "policies": POLICIES})
FIRST = ALONE.site
SITES: dict[str, object] = {
    "rival": {"monthly_visitors": 500.0, "moderation": {"staff": 1.0}},
    "clone": {"operation": {"open": False}},
}
TOGETHER = ALONE.replace(**{
    "sites": SITES,
    "displacement.p_users": 0.9,
    "displacement.p_predators": 0.9,
    "displacement.p_elsewhere": 0.1,
    "displacement.delay_days": 1.5,
    "policies": {
        "document": (RegistrationPolicy(level="document", start=day(1), site=FIRST),),
        "closure": (ClosurePolicy(site=FIRST, start=day(CLOSES), clone="clone", clone_days=OPENS - CLOSES),),
    },
})  # fmt: skip
UNMODERATED = TOGETHER.replace(**{"moderation.staff": 0.0, "sites": {"rival": {"moderation": {"staff": 0.0}}}})
ARMS = [BASELINE, *TOGETHER.policies]


@cache
def run(arm: str, moderated: bool = True) -> Records:
    return agents.simulate(TOGETHER if moderated else UNMODERATED, [SEED], [arm], events=True)


def by_site(daily: pd.DataFrame, column: str) -> dict[str, int]:
    return daily.groupby("site")[column].sum().to_dict()


def hours_of_world(scenario: Scenario) -> pd.DataFrame:
    """Return the hours of visits of the window by site and day, lawful users' and predators'."""
    rows = []
    for of_day in World(scenario, [SEED]).days():
        people = of_day.people
        predator = people.is_predator(np.arange(people.person.size)) == 1
        for index, site in enumerate(scenario.site_names):
            at_home = home_of(people.person) == index
            n_users, n_predators = (int(people.hours[at_home & kind].sum()) for kind in (~predator, predator))
            rows.append((site, of_day.number - scenario.warmup_days, n_users, n_predators))
    table = pd.DataFrame(rows, columns=["site", "day", "user", "predator"])
    return table[table["day"] >= 0].set_index(["site", "day"]).sort_index()


@pytest.mark.parametrize("arm", [BASELINE, *POLICIES])
def test_where_nobody_moves_a_site_is_as_if_alone(arm: str) -> None:
    apart = ALONE.replace(**{"sites": SITES, "displacement.p_users": 0.0, "displacement.p_predators": 0.0})
    alone, beside = (agents.simulate(scenario, [SEED], [arm], events=True) for scenario in (ALONE, apart))
    for table in TABLES:
        one, two = getattr(alone, table), getattr(beside, table)
        pd.testing.assert_frame_equal(one, two[two["site"] == FIRST].reset_index(drop=True), obj=table)
    assert len(beside.events[beside.events["site"] == "rival"]) > 100


@pytest.mark.parametrize("arm", ARMS)
def test_every_site_has_a_row_a_day(arm: str) -> None:
    daily = run(arm).daily
    expected = [(site, number) for site in sorted(TOGETHER.site_names) for number in range(TOGETHER.days)]
    assert [*daily[["site", "day"]].itertuples(index=False, name=None)] == expected


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("kind", ["user", "predator"])
def test_hours_are_at_home_elsewhere_or_barred(arm: str, kind: str) -> None:
    world = hours_of_world(TOGETHER)[kind]
    for moderated in (True, False):
        daily = run(arm, moderated).daily.set_index(["site", "day"])
        column = f"n_{kind}_hours"
        found = daily[column] - daily[f"{column}_moved_in"]
        # A bar takes hours from those at home; those who moved are turned away at home anyway.
        found += daily[f"{column}_turned_away"] + daily[f"{column}_barred"]
        pd.testing.assert_series_equal(found, world, check_names=False)
        assert (daily[f"{column}_moved_in"] <= daily[column]).all()
        lane = daily.groupby("day").sum(numeric_only=True)
        away = lane[f"{column}_turned_away"] + lane[f"{column}_barred"]
        assert (lane[f"{column}_moved_in"] <= away).all()


def test_a_strict_door_drives_people_to_the_other_site() -> None:
    before, after = run(BASELINE, False).daily, run("document", False).daily
    assert by_site(before, "n_user_hours_moved_in") == dict.fromkeys(TOGETHER.site_names, 0)
    for column in ("n_user_hours_moved_in", "n_predator_hours_moved_in"):
        moved = by_site(after, column)
        assert moved["rival"] > 100
        assert moved[FIRST] == moved["clone"] == 0
    assert by_site(after, "n_approach")["rival"] > by_site(before, "n_approach")["rival"]
    assert by_site(after, "n_user_days_turned_away")[FIRST] > 100
    # On the rival's pages nobody of its own is turned away, and those who came are people of use.
    assert by_site(after, "n_user_days_turned_away")["rival"] == 0
    assert by_site(after, "n_user_days")["rival"] > by_site(before, "n_user_days")["rival"]


def test_whoever_is_kept_out_of_their_home_is_come_upon_where_they_are() -> None:
    events = run("document", False).events
    assert events is not None
    approached = events[(events["event"] == "approach") & (events["site"] == "rival")]
    homes = {kind: home_of(approached[kind].to_numpy()) for kind in ("actor", "target")}
    pairs = {*zip(homes["actor"].tolist(), homes["target"].tolist(), strict=True)}
    assert pairs == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_barred_predators_go_on_to_the_other_site() -> None:
    daily = run(BASELINE).daily
    assert sum(by_site(daily, "n_predator_hours_moved_in").values()) > 0
    assert sum(by_site(daily, "n_user_hours_moved_in").values()) == 0


@pytest.mark.parametrize("arm", ARMS)
def test_a_contact_belongs_to_one_site(arm: str) -> None:
    events = run(arm).events
    assert events is not None
    of_contacts = events[events["contact"] >= 0]
    assert len(of_contacts[["contact", "site"]].drop_duplicates()) == of_contacts["contact"].nunique() > 100


def test_a_closure_ends_what_is_on_the_site_and_nobody_comes_any_more() -> None:
    records = run("closure")
    events, first = records.events, 24 * (TOGETHER.warmup_days + CLOSES)
    assert events is not None
    shut = events[events["event"] == "shut"]
    assert len(shut) >= 5
    assert (shut[["hour", "second", "step"]] == [first, 0, 1]).all(axis=None)
    assert {*shut["site"]} == {FIRST}
    assert {*shut["actor_kind"]} == {"site"}
    assert shut["detail"].max() < 3  # those off the platform go on
    afterwards = events[(events["site"] == FIRST) & (events["hour"] >= first)]
    ended = afterwards[afterwards["contact"].isin(shut["contact"])]
    assert {*ended["event"]} == {"shut", *{*ended["event"]} & {"complain"}}
    assert not {*afterwards["event"]} & {"approach", "meet", "engage", "private", "leave", "find", "lose", "report"}
    daily = records.daily[records.daily["day"] >= CLOSES].set_index("site")
    for column in ("n_user_hours", "n_predator_hours", "n_visits", "n_user_days"):
        assert daily.loc[FIRST, column].sum() == 0


def test_people_move_after_a_time_and_a_clone_takes_some_when_it_opens() -> None:
    moved = run("closure").daily.pivot_table(index="day", columns="site", values="n_user_hours_moved_in")
    assert moved.loc[: CLOSES - 1].to_numpy().sum() == 0
    assert moved.loc[: OPENS - 1, "clone"].sum() == 0 < moved.loc[OPENS:, "clone"].sum()
    assert 0 < moved.loc[CLOSES, "rival"] < moved.loc[OPENS:, ["rival", "clone"]].sum(axis=1).max()


@pytest.mark.parametrize("arm", ["document", "closure"])
def test_the_order_in_which_agents_act_changes_nothing(arm: str) -> None:
    shuffled = agents.Chat(TOGETHER, SEED, arm, shuffle=3, collect=False).run()
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(shuffled, table), getattr(run(arm), table), obj=table)


def test_monthly_visitors_moved_are_some_of_those_turned_away() -> None:
    long = TOGETHER.replace(**{"days": 31, "warmup_days": 1, "scale": 0.3, "moderation.staff": 0.0})
    daily = agents.simulate(long, [SEED], ["document"]).daily.query("day == 30").set_index("site")
    away, moved = daily["n_monthly_turned_away"], daily["n_monthly_moved"]
    assert 0 < moved[FIRST] < away[FIRST]
    assert away["rival"] == moved["rival"] == 0
    assert daily["n_monthly_visitors"]["rival"] > moved[FIRST]


def test_counts_of_the_moment_are_over_all_sites() -> None:
    chat = agents.Chat(TOGETHER, SEED, "document")
    records = chat.run()
    table = chat.datacollector.get_model_vars_dataframe()
    assert table["harms_so_far"].iloc[-1] == records.daily["n_harm"].sum() > 0
    assert table["reports_so_far"].iloc[-1] == records.daily["n_report"].sum() > 0
    assert table["dossiers_waiting"].iloc[-1] == records.daily.query("day == day.max()")["n_waiting"].sum()
