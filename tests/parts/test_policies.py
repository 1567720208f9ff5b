import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sim.policies.policy import Change, Dated, Policy, rules_on
from sim.rules.declare import parameter
from sim.rules.registration import Level
from sim.rules.rulebook import RULES, Platform
from sim.rules.sentences import spoken
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario

INERT = {
    "registration": {"level": "none"},
    "retention": {"message_hours": 3},
    "reporting": {"friction": 0.8},
    "moderation": {},
    "sanctions": {"ladder_hours": [], "binds": "account"},
    "warnings": {"p_reached": 0.0, "rel_recognise": 1.0},
    "limits": {"cooling_off_hours": 0, "adults_to_minors": True},
    "age": {"level": "declared", "protects": "under_18", "gate": False},
    "logs": {"log_hours": 3},
    "police": {"direct": False, "p_refer": 0.0},
    "hosting": {"host": "abroad"},
    "undercover": {"decoys": 0.0, "start_hour": 14, "hours": 8},
    "freemium": {"p_paying": 0.0},
    "detection": {"coverage": 0.0},
    "closure": {"open": True},
    "set": {"rule": "moderation.staff", "value": 1},
}
"""Levels at which each policy equals the default baseline."""


def arm(**levers: dict[str, object]) -> tuple[Policy, ...]:
    return tuple(Policy.registry[name].model_validate(levels) for name, levels in levers.items())


@pytest.fixture
def curfew() -> Iterator[type[Policy]]:
    """A policy defined outside the package, with a factor and an addition."""

    class Curfew(Policy, name="curfew"):
        """Fewer speak up and reviews go quicker."""

        share: float = parameter(0.5, "factor", 0, 1, "factor on the speed of reviews")

        def changes(self, platform: Platform) -> Sequence[Change]:
            return [
                Change("moderation.reviews_per_hour", "multiply", self.share),
                Change("reporting.friction", "add", 0.1),
            ]

    yield Curfew
    del Policy.registry["curfew"]


def test_a_name_that_is_taken_is_refused_and_the_same_policy_may_be_defined_anew(curfew: type[Policy]) -> None:
    with pytest.raises(ValueError, match="there is a policy 'curfew' already, "):
        type("Other", (Policy,), {"__module__": __name__}, name="curfew")
    assert Policy.registry["curfew"] is curfew
    again = type(
        curfew.__qualname__, (Policy,), {"__module__": __name__, "__qualname__": curfew.__qualname__}, name="curfew"
    )
    assert Policy.registry["curfew"] is again


def test_the_levers_shipped() -> None:
    shipped = {name for name, kind in Policy.registry.items() if kind.__module__.startswith("sim.policies.")}
    assert shipped == set(INERT)


@pytest.mark.parametrize("name", INERT)
def test_every_policy_has_a_level_that_changes_nothing(name: str) -> None:
    scenario = Scenario(policies={"same": arm(**{name: INERT[name]})})
    assert scenario.inert("same")
    assert scenario.policies["same"][0].words()


@pytest.mark.parametrize(
    ("levers", "changed"),
    [
        ({"retention": {"message_hours": 720}}, {"retention.message_hours": 720}),
        ({"reporting": {"friction": 0.4}}, {"reporting.friction": 0.4}),
        ({"moderation": {"staff": 5.0, "triage": "gravest"}}, {"moderation.staff": 5, "moderation.triage": "gravest"}),
        ({"moderation": {"shift_days": ["sat", "sun"]}}, {"moderation.shift_days": ("sat", "sun")}),
        ({"reporting": {"snapshot": True, "p_flagged": 0.1}}, {"reporting.snapshot": True, "reporting.p_flagged": 0.1}),
        ({"sanctions": {"ladder_hours": [0, 24]}}, {"sanctions.ladder_hours": (0, 24)}),
        ({"warnings": {"p_reached": 0.5}}, {"warnings.p_reached": 0.5, "warnings.rel_recognise": 1.5}),
        ({"limits": {"cooling_off_hours": 9}}, {"limits.cooling_off_hours": 9}),
        ({"limits": {"adults_to_minors": False}}, {"limits.adults_to_minors": False}),
        (
            {"age": {"level": "estimated", "buffer_years": 7.0, "gate": True}},
            {
                "age.friction_user": 0.4,
                "age.friction_predator": 0.4,
                "age.p_gets_round": 0.1,
                "age.p_poses": 0.05,
                "age.error_years": 2.8,
                "age.buffer_years": 7.0,
                "age.gate": True,
            },
        ),
        ({"age": {"protects": "under_15"}}, {"age.protects": "under_15"}),
        ({"closure": {}}, {"operation.open": False}),
        ({"closure": {"seizure": True}}, {"operation.open": False, "operation.seized": True}),
        ({"logs": {"log_hours": 8760}}, {"retention.log_hours": 8760}),
        ({"police": {"direct": True, "p_refer": 0.5}}, {"cooperation.direct": True, "cooperation.p_refer": 0.5}),
        ({"hosting": {"host": "home"}}, {"cooperation.host": "home"}),
        ({"undercover": {"decoys": 2, "start_hour": 20}}, {"undercover.decoys": 2, "undercover.start_hour": 20}),
        (
            {"detection": {"coverage": 0.5, "p_contact": 0.1, "p_engaged": 0.2, "p_private": 0.9, "p_false": 0.05}},
            {
                "detection.coverage": 0.5,
                "detection.p_contact": 0.1,
                "detection.p_engaged": 0.2,
                "detection.p_private": 0.9,
                "detection.p_false": 0.05,
            },
        ),
        (
            {"freemium": {"p_paying": 0.02, "rel_predators": 0.5}},
            {"freemium.p_paying": 0.02, "freemium.rel_predators": 0.5},
        ),
        (
            {"moderation": {"training": 0.5}},
            {
                "moderation.p_find_with_evidence": 0.925,
                "moderation.p_find_without_evidence": 0.575,
                "moderation.p_clear_with_evidence": 0.975,
                "moderation.p_clear_without_evidence": 0.99,
            },
        ),
        ({"set": {"rule": "registration.p_return", "value": 0.5}}, {"registration.p_return": 0.5}),
    ],
)
def test_a_policy_changes_what_it_says_and_nothing_else(levers: dict, changed: dict) -> None:
    scenario = Scenario(policies={"a": arm(**levers)})
    before, after = scenario.platform.rules, scenario.rules_on(0, "a")
    assert {k: after.value_of(k) for k in RULES if after.value_of(k) != before.value_of(k)} == changed


@pytest.mark.parametrize("level", ["email", "phone", "document"])
@pytest.mark.parametrize("baseline", ["none", "email", "phone"])
def test_registration_gives_the_numbers_of_its_level_whatever_the_baseline(level: Level, baseline: Level) -> None:
    scenario = Scenario().replace(
        **{"registration.level": baseline, "policies": {"a": arm(registration={"level": level})}}
    )
    rules = scenario.rules_on(0, "a")
    for name, value in scenario.registration.at(level):
        assert getattr(rules.registration, name) == pytest.approx(value)


def test_defined_outside_the_package_by_factor_and_addition(curfew: type[Policy], tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(
        "[policies.own]\ncurfew = { share = 0.25 }\nreporting = { friction = 0.4 }\n"
        "moderation = { reviews_per_hour = 8 }"
    )
    rules = load(file).rules_on(0, "own")
    assert rules.moderation.reviews_per_hour == 8 * 0.25
    assert rules.reporting.friction == pytest.approx(0.4 + 0.1)


def test_factors_multiply_and_additions_add(curfew: Callable[..., Policy]) -> None:
    platform = Scenario().platform
    twice = [Dated(curfew(share=0.5), 0, None), Dated(curfew(share=0.25), 0, None)]
    rules = rules_on(0, platform, twice)
    assert rules.moderation.reviews_per_hour == 20 * 0.5 * 0.25
    assert rules.reporting.friction == pytest.approx(0.8 + 0.1 + 0.1)


@pytest.mark.parametrize("rule", RULES)
def test_set_reaches_every_rule_with_its_own_type(rule: str) -> None:
    value = Scenario().platform.rules.value_of(rule)
    assert Scenario(policies={"a": arm(set={"rule": rule, "value": value})}).inert("a")


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("moderation.staff", "many"),
        ("moderation.staff", -1),
        ("moderation.staff", True),
        ("moderation.staff", float("nan")),
        ("moderation.shift_hours", 2.5),
        ("moderation.triage", "best"),
        ("moderation.shift_days", ["tue", "mon"]),
        ("moderation.shift_days", []),
        ("moderation.shift_days", "mon"),
        ("sanctions.ladder_hours", [24, 0]),
        ("registration.accounts_persist", 1),
        ("registration.p_return", 1.1),
        ("registration.p_return", [0.5]),
    ],
)
def test_set_refuses_what_the_rule_does_not_take(rule: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"is not allowed for {rule}. It takes {spoken(RULES[rule].accepts)}"):
        arm(set={"rule": rule, "value": value})


def test_a_policy_before_its_start_is_the_baseline() -> None:
    scenario = Scenario(policies={"a": arm(retention={"message_hours": 720, "start": dt.date(2021, 3, 1)})})
    assert [day for day, _ in scenario.changes_of("a")] == [0, 59]
    assert scenario.rules_on(58, "a") == scenario.platform.rules != scenario.rules_on(59, "a")
    assert scenario.rules_on(-1, "a") == scenario.platform.rules
