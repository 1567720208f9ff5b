"""Several sites in a scenario: their rulebooks, who acts on which, and what is refused."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest

import sim
from sim.outcomes.counts import DAYS_PER_MONTH
from sim.policies.closure import ClosurePolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.registration import RegistrationPolicy
from sim.policies.set import SetPolicy
from sim.report import elsewhere_tables, explain, tables
from sim.report.blocks import Table
from sim.rules.errors import ScenarioError
from sim.scenario.scenario import Scenario
from sim.scenario.sites import Audience
from tests.engines.chats import BUSY
from tests.parts import synthetic

START = dt.date(2021, 3, 1)
TWO = Scenario(start=START, days=60).replace(**{
    "site": "home",
    "sites": {
        "rival": {"monthly_visitors": 900.0, "moderation": {"staff": 4.0}, "registration": {"level": "email"}},
        "clone": {"operation": {"open": False}},
    },
    "moderation.triage": "gravest",
    "registration.email.findability": 0.33,
})  # fmt: skip


def with_policy(*levers: object) -> Scenario:
    return TWO.replace(policies={"one": levers})


def test_a_rulebook_leaves_out_what_is_as_on_the_first_site() -> None:
    home, rival, clone = (platform.rules for platform in TWO.platforms)
    assert TWO.site_names == ("home", "rival", "clone")
    assert (home.moderation.staff, rival.moderation.staff, clone.moderation.staff) == (1, 4, 1)
    assert {r.moderation.triage for r in (home, rival, clone)} == {"gravest"}
    assert (home.registration.findability, rival.registration.findability) == (0.15, 0.33)
    assert (home.operation.open, rival.operation.open, clone.operation.open) == (True, True, False)
    assert [a.monthly_visitors for a in TWO.audiences] == [778_000, 900, 0]


def test_a_policy_acts_on_the_site_that_it_names_or_on_all() -> None:
    every = with_policy(ModerationPolicy(staff=2.0))
    assert [by_day[0][1].moderation.staff for by_day in every.changes_by_site("one")] == [2, 2, 2]
    rival = with_policy(ModerationPolicy(staff=2.0, site="rival"))
    assert [by_day[0][1].moderation.staff for by_day in rival.changes_by_site("one")] == [1, 2, 1]
    assert rival.changed_rules("one") == {"moderation.staff": (4.0, 2.0)}
    assert not rival.inert("one")
    assert with_policy(ModerationPolicy(staff=4.0, site="rival")).inert("one")


def test_registration_starts_from_the_level_of_the_site() -> None:
    phone = with_policy(RegistrationPolicy(level="phone"))
    doors = [by_day[0][1].registration.friction_user for by_day in phone.changes_by_site("one")]
    assert doors == pytest.approx([0.35] * 3)


def test_two_policies_may_set_a_rule_each_on_a_site_of_its_own() -> None:
    both = with_policy(SetPolicy(rule="reporting.friction", value=0.1, site="home"),
                       SetPolicy(rule="reporting.friction", value=0.2, site="rival"))  # fmt: skip
    assert [by_day[0][1].reporting.friction for by_day in both.changes_by_site("one")] == [0.1, 0.2, 0.8]
    with pytest.raises(ScenarioError, match=r"both set reporting\.friction"):
        with_policy(SetPolicy(rule="reporting.friction", value=0.1), SetPolicy(rule="reporting.friction", value=0.2,
                                                                                site="rival"))  # fmt: skip


def test_a_clone_opens_some_days_after_the_closure() -> None:
    closed = with_policy(
        ClosurePolicy(site="home", start=START + dt.timedelta(10), clone="clone", clone_days=20),
        ModerationPolicy(staff=0.0, site="clone"),
    )
    by_site = [[(day, rules.operation.open) for day, rules in by_day] for by_day in closed.changes_by_site("one")]
    assert by_site == [
        [(0, True), (10, False), (30, False)],
        [(0, True), (10, True), (30, True)],
        [(0, False), (10, False), (30, True)],
    ]
    assert closed.closes and not TWO.closes
    assert closed.door_days == {10, 30}
    assert closed.last_day_of_door("one") == 59


def test_a_site_left_open_is_inert() -> None:
    assert with_policy(ClosurePolicy(open=True)).inert("one") is False  # it opens what is to be cloned
    assert with_policy(ClosurePolicy(open=True, site="home")).inert("one")


def test_arms_that_differ_on_a_further_site_alone_are_told_apart() -> None:
    prints = {with_policy(ModerationPolicy(staff=n, site="rival")).fingerprint("one") for n in (1.0, 2.0, 4.0)}
    assert len(prints) == 3


HEAD = "site = 'coco'\ndays = 60\n[population]\nmonthly_visitors = 3000\nmonthly_visitors_start = 3000\n"
RIVAL = "[sites.rival]\nmonthly_visitors = 500\n"
WRONG = {
    RIVAL + "[policies.a]\nclosure = { site = 'rivals' }": r":9: policy 'a': closure.site = \"rivals\" is no site. Did"
    " you mean rival\\? The sites here are: coco, rival.",
    RIVAL + "[policies.a]\nretention = { message_hours = 9, site = 'x' }": ":9: policy 'a': retention.site = .x. is no",
    "[policies.a]\nclosure = { start = 2020-01-01 }": ":7: policy 'a': closure starts on 2020-01-01, outside",
    "[policies.a]\nclosure = { end = 2021-02-01 }": ":7: policy 'a': closure ends on 2021-02-01. A site",
    RIVAL + "[policies.a]\nclosure = { site = 'coco', clone = 'rival' }": ":9: policy 'a': rival is open anyway",
    "[policies.a]\nclosure = { open = true, seizure = true }": ":7: policy 'a': open = true leaves the site open, and",
    "[policies.a]\nclosure = { clone = 'coco' }": ":7: policy 'a': coco would be a clone of itself",
    RIVAL + "[policies.a]\nclosure = { clone = 'rival' }": ":9: policy 'a': closure names no site, so it closes all of",
    "[policies.a]\nclosure = { clone = 'bounty' }": ":7: policy 'a': closure.clone = .bounty. is no site",
    "[sites.coco]\nmonthly_visitors = 500\n": ":6: 'coco' is the name of the first site",
    "[sites.Rival]\nmonthly_visitors = 500\n": ":6: site 'Rival': a name takes small letters",
    "[sites.rival]\nmonthly_visitors = 50\n": ":6: sites.rival: monthly_visitors = 50.0, from 50.0 on, is too small an",
    "[sites.rival]\nmonthly_visitors = 500\noperation = { open = false }\n": ":7: sites.rival is closed: nobody",
    "[sites.rival]\nmonthly_visits = 500\n": ":7: sites.rival.monthly_visits is not a setting. Did you mean "
    "sites.rival.monthly_visitors\\?",
    "[sites.rival.moderation]\nstaff = -1\n": ":7: sites.rival.moderation.staff = -1 is not allowed",
    "[operation]\nopen = false\n": ":7: operation.open = false closes the first site before anybody comes",
    "[displacement]\np_users = 1.1\n": ":7: displacement.p_users = 1.1 is not allowed. It takes a number from 0 to 1",
    "".join(f"[sites.s{n}]\nmonthly_visitors = 500\n" for n in range(5)): "sites",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_with_sites_is_said_in_a_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "chat.toml"
    file.write_text(HEAD + text)
    with pytest.raises(ScenarioError, match=WRONG[text]) as caught:
        sim.load(file)
    assert "Traceback" not in str(caught.value)


def test_an_audience_has_the_most_visitors_at_the_end_of_growth_or_before_it_shrinks() -> None:
    assert [Audience(*visitors, 1.0).most_visitors for visitors in ((50, 70), (70, 50), (0, 0))] == [70, 70, 0]
    sites = {"grows": {"monthly_visitors": 900.0, "monthly_visitors_start": 300.0},
             "shrinks": {"monthly_visitors": 400.0, "monthly_visitors_start": 800.0}}  # fmt: skip
    assert Scenario(sites=sites).further_visitors == 1700


def test_policies_are_told_with_the_sites_on_which_they_act() -> None:
    """Two policies that differ in their site alone read the same otherwise; a clone opens on its own site."""
    levers = (RegistrationPolicy(level="phone", site="home"),), (RegistrationPolicy(level="phone"),)
    cloned = (ClosurePolicy(site="home", clone="clone", clone_days=20, start=dt.date(2021, 3, 11)),)
    made = TWO.replace(policies={"here": levers[0], "everywhere": levers[1], "cloned": cloned})
    said = [*explain.policies(made)]
    assert "  rival: staff: 4 moderators on shift every day, 14:00 to 22:00" in "\n".join(said)
    here, everywhere, closed = (said.index(f"{arm}:") for arm in ("here", "everywhere", "cloned"))
    assert said[here + 1] == "  registration with a verified phone number, on home, from 2021-03-01"
    assert said[everywhere + 1] == "  registration with a verified phone number, from 2021-03-01"
    doors = [line for line in said if "rules from" in line]
    assert [line.split(":")[0].strip() for line in doors] == ["home", "home", "rival", "clone", "home", "clone"]
    assert said[closed + 2 :] == [
        "  home: rules from 2021-03-11, baseline -> policy:",
        "    operation.open: true -> false (yes or no)",
        "  clone: rules from 2021-03-31, baseline -> policy:",
        "    operation.open: false -> true (yes or no)",
    ]


def test_staff_is_told_of_every_site() -> None:
    made = TWO.replace(policies={"more": (ModerationPolicy(staff=8.0, site="rival"),)})
    said = [line.split(" moderator")[0] for line in explain.staff(made)]
    baseline = [f"{site}: staff under baseline: {n}" for site, n in (("home", 1), ("rival", 4), ("clone", 1))]
    assert said == [*baseline, "rival: staff under more: 8"]


def test_a_result_says_what_is_beside_the_first_site_and_leaves_out_where_nobody_is() -> None:
    levers = {"phone": (RegistrationPolicy(level="phone", site="home"),)}
    with synthetic.in_place():
        found = sim.compare(TWO.replace(policies=levers), seeds=4)
    text = " ".join(str(tables.compared(found.cells).html()).split())
    assert "; beside it rival: 900 visitors a month of its own, registration: email, 4 moderators on shift" in text
    assert "; beside it clone, closed" in text
    assert "registration with a verified phone number, on home" in text
    nobody = found.at_sites["site"] == "clone"
    rows = found.at_sites.assign(verdict=found.at_sites["verdict"].where(~nobody, "identical"))
    rows.loc[nobody, ["user_hours", "predator_hours", "moved_in"]] = math.nan
    shown = elsewhere_tables.at_sites(found.cells, rows)
    assert isinstance(shown, Table) and shown.keys[1].cells == ["home", "rival"]


def test_nobody_is_on_shift_on_a_closed_site_and_whoever_moved_is_not_turned_away() -> None:
    closed = BUSY.replace(
        site="home",
        sites={
            "rival": {"monthly_visitors": 300.0, "moderation": {"staff": 4.0}},
            "clone": {"operation": {"open": False}},
        },
        policies={
            "one": (ClosurePolicy(site="home", start=BUSY.start + dt.timedelta(5), clone="clone", clone_days=3),)
        },
        **{"displacement.p_users": 1.0, "displacement.p_elsewhere": 0.0, "displacement.delay_days": 0.0,
           "moderation.staff": 1.0},
    )  # fmt: skip
    effects = sim.compare(closed, seeds=2).effects.set_index("outcome")
    home, rival, clone = (of.rules.moderation.staff * of.rules.moderation.shift_hours for of in closed.platforms)
    of_baseline, of_policy = (14 * home + 14 * rival, 5 * home + 14 * rival + 6 * clone)
    hours = [n / 14 * DAYS_PER_MONTH for n in (of_baseline, of_policy)]
    assert effects.loc["moderator_hours", ["baseline", "value"]].tolist() == pytest.approx(hours)
    # Nobody is out who was not before: all are on another site.
    lost = effects.loc["conversations_lost"]
    assert lost["baseline"] == pytest.approx(lost["value"], abs=0.02 * effects.loc["user_hours", "value"])
    assert effects.loc["user_days_lost", ["baseline", "value"]].tolist() == [0, 0]
