import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pytest

from sim.policies.closure import ClosurePolicy
from sim.policies.logs import LogsPolicy
from sim.policies.moderation import ModerationPolicy
from sim.policies.police import PolicePolicy
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.sanctions import SanctionsPolicy
from sim.policies.set import SetPolicy
from sim.policies.undercover import UndercoverPolicy
from sim.report import advice
from sim.rules.declare import declared
from sim.rules.sentences import spoken
from sim.rules.settings import SECTIONS
from sim.scenario import template
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario

LONG = {"a": (RetentionPolicy(message_hours=720),)}
SAID = Scenario(policies=LONG).replace(**{key: Scenario().value_of(key) for key in template.questions()})
"""A scenario that leaves none of the numbers unsaid that decide most, at their defaults."""


def of_scenario(scenario: Scenario) -> list[str]:
    """Return the warnings as they are read."""
    return [*map(spoken, advice.of_scenario(scenario))]


def of_unsaid(scenario: Scenario) -> list[str]:
    return [*map(spoken, advice.of_unsaid(scenario))]


def of_ranges(scenario: Scenario) -> list[str]:
    return [*map(spoken, advice.of_ranges(scenario))]


def of_idle_levels(scenario: Scenario, given: Iterable[str]) -> list[str]:
    return [*map(spoken, advice.of_idle_levels(scenario, given))]


def dated(start: int, end: int | None = None) -> dict[str, tuple[Policy, ...]]:
    """Return an arm with a policy from one day of the window until another."""
    first = dt.date(2021, 1, 1)
    days = {"start": start, "end": end}
    return {"a": (RetentionPolicy(message_hours=9, **{k: first + dt.timedelta(d) for k, d in days.items() if d}),)}


POLICED = {"police.investigators": 1.0, "retention.log_hours": 9}
PAID = {"decoys": (UndercoverPolicy(decoys=1.0),)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policies": LONG}, "a: connection logs are kept for less long than messages"),
        ({"policies": LONG, "retention.log_hours": 1}, "baseline: connection logs are kept for less long"),
        ({"policies": {"b": (LogsPolicy(log_hours=8761),)}}, "b: logs are kept for longer than 365 days"),
        ({"policies": PAID, "police.investigators": 0.0}, "decoys: decoys take approaches, but nobody investigates"),
        (
            {"policies": {"s": (ClosurePolicy(seizure=True),)}, "police.investigators": 0.0},
            "s: what a site has is seized, but nobody investigates: that does nothing",
        ),
        ({"policies": {"c": (UndercoverPolicy(hours=3),)}}, "c: the hours of decoys change, but there are none"),
        (
            {"policies": {"d": (PolicePolicy(p_refer=0.5),)}, "moderation.staff": 0.0},
            "d: the site refers whom a review sanctions, but nobody reviews",
        ),
        ({"cooperation.direct": True}, "[cooperation] does not say where the host is: it is taken to be abroad"),
        ({"cooperation.host": "moves", "days": 365}, "it stays at home throughout"),
        ({"days": 359}, "the window of 359 days is short beside the way of a file"),
    ],
)
def test_what_is_odd_about_the_police_is_said_once(changes: dict[str, object], words: str) -> None:
    said = [*of_scenario(SAID.replace(**(POLICED | changes)))]
    assert sum(words in warning for warning in said) == 1, said


CLONE = {
    "sites": {"clone": {"operation": {"open": False}}},
    "displacement.p_users": 0.4,
    "displacement.p_predators": 0.7,
}


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            ClosurePolicy(site="site", clone="clone", clone_days=365),
            ["closure.clone is clone, which does not open in the"],
        ),
        (ReportingPolicy(site="clone", friction=0.1), ["reporting.site is clone, which does not open in the"]),
        (ClosurePolicy(site="site", clone="clone", clone_days=364), []),
    ],
)
def test_a_site_that_does_not_open_is_warned_of(policy: Policy, words: list[str]) -> None:
    said = [warning for warning in of_scenario(SAID.replace(**CLONE, policies={"a": (policy,)})) if "open" in warning]
    assert len(said) == len(words) and all(some in warning for some, warning in zip(words, said, strict=True))


def test_a_host_that_moves_within_the_window_and_long_logs_are_nothing_odd() -> None:
    fine = POLICED | {"cooperation.host": "moves", "days": 366, "policies": {"b": (LogsPolicy(log_hours=8760),)}}
    assert of_scenario(SAID.replace(**fine)) == []


def test_a_scenario_that_says_all_has_no_warning() -> None:
    assert of_scenario(SAID) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"policies": {}}, "there are no policies"),
        ({"seeds": 1}, "no interval"),
        ({"warmup_days": 0}, "warmup_days = 0"),
        ({"population.monthly_visitors": 2000.0}, "the audience shrinks over 1,222 days"),
        ({"policies": {"a": (RetentionPolicy(message_hours=3),)}}, "policy 'a' is inert"),
        ({"policies": dated(352)}, "only 13 measured days show it"),
        ({"policies": dated(364)}, "only 1 measured day shows it"),
        ({"policies": dated(0, 365)}, "ends on 2022-01-01, after the last measured day (2021-12-31)"),
        ({"scale": 0.1}, "the staff reviews 2 dossiers an hour"),
    ],
)
def test_what_is_left_unsaid(changes: dict, words: str) -> None:
    (warning,) = of_scenario(SAID.replace(**changes))
    assert words in warning


@pytest.mark.parametrize("changes", [{"policies": dated(351)}, {"policies": dated(0, 364)}, {"days": 5}, {"seeds": 2}])
def test_what_is_no_reason_to_warn(changes: dict) -> None:
    assert of_scenario(SAID.replace(**changes)) == []


# -- numbers left at their defaults -----------------------------------------------------------------------------------


def loaded(tmp_path: Path, text: str) -> Scenario:
    file = tmp_path / "written.toml"
    file.write_text(text)
    return load(file)


def test_numbers_that_decide_most_and_are_left_at_their_defaults_are_named_in_one_line(tmp_path: Path) -> None:
    scenario = loaded(
        tmp_path,
        '[registration]\nlevel = "email"\n[reporting]\nfriction = 0.8\n[policies.a]\nlimits.cooling_off_hours = 1',
    )
    (warning,) = of_unsaid(scenario)
    assert "13 of 14 are left at their defaults: population.monthly_visitors = 778000, " in warning
    assert "registration.email.findability = 0.5" in warning
    assert "reporting.friction" not in warning
    assert "python -m sim explain NAME" in warning
    assert warning in of_scenario(scenario)


def test_what_is_given_is_said_though_it_is_the_default_and_stays_so() -> None:
    assert list(Scenario().given()) == []
    assert "reporting.friction" in SAID.given()
    assert of_unsaid(SAID.replace(days=60, **{"registration.p_device_recognised": 0.3})) == []
    other = SAID.replace(**{"registration.level": "email"})
    (warning,) = of_unsaid(other)
    assert "1 of 14 are left at their defaults: registration.email.findability = 0.5." in warning


def test_values_outside_their_plausible_ranges_are_named_in_one_line_with_the_range() -> None:
    (warning,) = of_scenario(SAID.replace(**{"predators.visits_per_month": 3.5}))
    assert warning == (
        "a value lies outside the plausible range: predators.visits_per_month = 3.5 (plausible: 4 to 30). See where "
        "a range comes from with python -m sim explain NAME, and write down why it does not hold here."
    )
    (warning,) = of_ranges(Scenario().replace(**{"predators.p_of_adults": 0.2, "moderation.staff": 40}))
    assert warning.startswith("2 values lie outside") and "moderation.staff = 40 (plausible: 0 to 16)" in warning


def test_another_chat_may_have_another_audience_and_keep_messages_longer() -> None:
    assert {p.key for p in declared(SECTIONS)} >= advice.OWN
    own = {"population.monthly_visitors": 900.0, "population.monthly_visitors_start": 900.0}
    assert not of_ranges(Scenario().replace(**own, **{"retention.message_hours": 72}))


def test_a_level_that_nothing_uses_is_named_with_all_that_is_given_of_it(tmp_path: Path) -> None:
    levels = "[registration.phone]\nfriction_user = 0.9\np_return = 0.2\n[registration.email]\np_return = 0.5\n"
    scenario = loaded(tmp_path, levels + '[policies.email]\nregistration = { level = "email" }')
    (warning,) = of_idle_levels(scenario, scenario.given())
    assert warning == (
        "registration.phone.friction_user, registration.phone.p_return change nothing: no policy here uses the level "
        "phone; in use: email, none."
    )
    assert warning in of_scenario(scenario)
    (one,) = of_idle_levels(scenario, ["registration.document.p_return", "registration.email.p_return"])
    assert one.startswith("registration.document.p_return changes nothing")


TWO = {
    "site": "home",
    "sites": {"rival": {"monthly_visitors": 900.0}},
    "displacement.p_users": 0.4,
    "displacement.p_predators": 0.7,
}


# -- policies that add up ---------------------------------------------------------------------------------------------


def test_a_level_and_a_friction_that_is_set_add_up_and_the_sum_is_said() -> None:
    door = "registration.friction_user"
    both = (RegistrationPolicy(level="phone"), SetPolicy(rule=door, value=0.1))
    (warning,) = of_scenario(SAID.replace(policies={"both": both}))
    assert warning == (
        "policy 'both': registration.friction_user comes to 0.45, for registration adds 0.35, set sets it to 0.1. "
        "Is that sum meant? What a level adds follows from its section."
    )


@pytest.mark.parametrize(
    "arm",
    [
        (RegistrationPolicy(level="phone"), SetPolicy(rule="registration.p_device_recognised", value=0.1)),
        (
            RegistrationPolicy(level="phone", end=dt.date(2021, 6, 1)),
            SetPolicy(rule="registration.friction_user", value=0.1, start=dt.date(2021, 6, 1)),
        ),
        (RegistrationPolicy(level="none"), SetPolicy(rule="registration.friction_user", value=0.1)),
        (SetPolicy(rule="registration.friction_user", value=0.1),),
        (
            RegistrationPolicy(level="phone", site="rival"),
            SetPolicy(rule="registration.friction_user", value=0.1, site="home"),
        ),
    ],
    ids=["another rule", "one after the other", "nothing to add", "alone", "on another site"],
)
def test_what_does_not_add_up(arm: tuple[Policy, ...]) -> None:
    assert of_scenario(SAID.replace(**TWO, policies={"a": arm})) == []


@pytest.mark.parametrize(
    ("site", "lever", "words"),
    [
        ("rival", RegistrationPolicy(level="email", site="rival"), None),
        ("rival", RegistrationPolicy(level="none", site="rival"), "'a' binds bans to the identity, but there are no"),
        ("home", RegistrationPolicy(level="email", site="home"), None),
        ("home", RegistrationPolicy(level="email", site="rival"), "'a' binds bans to the identity, but there are no"),
    ],
)
def test_bans_are_bound_to_the_accounts_of_the_same_site(site: str, lever: Policy, words: str | None) -> None:
    said = of_scenario(SAID.replace(**TWO, policies={"a": (lever, SanctionsPolicy(binds="identity", site=site))}))
    assert [words in warning for warning in said] == [True] if words else said == []


def test_a_policy_is_not_blamed_for_what_the_baseline_has() -> None:
    odd = SAID.replace(**{"sanctions.binds": "identity", "sanctions.ladder_hours": (0, 6)})
    assert of_scenario(odd.replace(policies={"ask": (ReportingPolicy(friction=0.7),)})) == []
    lured = SAID.replace(**POLICED | {"undercover.decoys": 3.0, "retention.log_hours": 24})
    abolished = of_scenario(lured.replace(policies={"none": (UndercoverPolicy(decoys=0.0),)}))
    assert not [said for said in abolished if "hours of decoys" in said]


def test_a_level_that_another_site_has_is_in_use() -> None:
    rival = {"monthly_visitors": 900.0, "registration": {"level": "phone"}}
    given = {"registration.phone.friction_user": 0.5}
    assert of_idle_levels(SAID.replace(**given), given) != []
    assert of_idle_levels(SAID.replace(**TWO | {"sites": {"rival": rival}}, **given), given) == []


def test_what_is_odd_about_the_police_is_seen_on_every_site() -> None:
    for site in ("home", "rival"):
        (warning,) = of_scenario(SAID.replace(**TWO, policies={"a": (UndercoverPolicy(decoys=2.0, site=site),)}))
        assert warning.startswith("a: decoys take approaches, but nobody investigates")


# -- staff ------------------------------------------------------------------------------------------------------------


def test_staff_that_would_be_idle_or_overloaded_is_told_before_any_run() -> None:
    arms = {"more": (ModerationPolicy(staff=20.0),), "easy": (ReportingPolicy(friction=0.1),)}
    idle, overloaded = of_scenario(SAID.replace(policies=arms))
    source = "(an estimate before any run, as if nobody were barred)"
    assert idle.startswith(f"staff is mostly idle {source}: busy about 3% under more.")
    assert overloaded.startswith(f"staff is overloaded {source}: busy about ")
    assert "under easy. There, the queue grows" in overloaded


def test_nobody_reports_on_a_closed_site() -> None:
    assert (
        of_scenario(SAID.replace(**CLONE, policies={"a": (ClosurePolicy(site="site", start=dt.date(2021, 6, 1)),)}))
        == []
    )


def test_nobody_on_shift_is_neither_idle_nor_overloaded() -> None:
    assert of_scenario(SAID.replace(policies={"none": (ModerationPolicy(staff=0.0),)})) == []
