import datetime as dt
from itertools import permutations
from typing import Any

import pytest
from pydantic import ValidationError

from sim.policies.moderation import ModerationPolicy
from sim.policies.policy import Change, CollisionError, Dated, Policy, rules_on
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.retention import RetentionPolicy
from sim.policies.set import SetPolicy
from sim.rules.errors import ScenarioError
from sim.rules.rulebook import RULES, Platform, Rules
from sim.scenario.scenario import Scenario, check

PLATFORM = Scenario().platform


def always(*policies: Policy) -> list[Dated]:
    return [Dated(policy, 0, None) for policy in policies]


def test_every_rule_is_declared_and_within_its_bounds() -> None:
    assert {name.partition(".")[0] for name in RULES} == {*Rules.model_fields}
    for name, declared_rule in RULES.items():
        assert declared_rule.key == name
        assert declared_rule.allows(PLATFORM.rules.value_of(name))


def test_no_policy_no_change() -> None:
    assert rules_on(0, PLATFORM, []) == PLATFORM.rules


def test_a_policy_is_in_force_from_its_first_day_until_the_day_before_its_end() -> None:
    dated = [Dated(RetentionPolicy(message_hours=720), 10, 20)]
    hours = [rules_on(day, PLATFORM, dated).retention.message_hours for day in (0, 9, 10, 19, 20, 400)]
    assert hours == [3, 3, 720, 720, 3, 3]


def test_order_never_matters() -> None:
    policies = [
        RetentionPolicy(message_hours=720),
        ModerationPolicy(staff=5.0),
        RegistrationPolicy(level="phone"),
        ReportingPolicy(friction=0.4),
        SetPolicy(rule="registration.friction_user", value=0.1),
    ]
    results = {repr(rules_on(0, PLATFORM, always(*some))) for some in permutations(policies)}
    assert len(results) == 1


def test_set_comes_before_addition() -> None:
    rules = rules_on(
        0, PLATFORM, always(RegistrationPolicy(level="email"), SetPolicy(rule="registration.friction_user", value=0.1))
    )
    assert rules.registration.friction_user == pytest.approx(0.1 + 0.15)


def test_two_that_set_one_rule_collide_only_while_both_are_in_force() -> None:
    one, two = ModerationPolicy(staff=5.0), SetPolicy(rule="moderation.staff", value=3)
    with pytest.raises(CollisionError, match=r"both set moderation\.staff"):
        rules_on(0, PLATFORM, always(one, two))
    apart = [Dated(one, 0, 10), Dated(two, 10, None)]
    assert [rules_on(day, PLATFORM, apart).moderation.staff for day in (9, 10)] == [5, 3]


def test_a_rule_stays_in_its_bounds() -> None:
    with pytest.raises(CollisionError, match=r"registration\.friction_user would become 1\.5"):
        rules_on(
            0,
            PLATFORM,
            always(RegistrationPolicy(level="document"), SetPolicy(rule="registration.friction_user", value=0.9)),
        )


def test_a_shift_may_pass_midnight_by_what_two_policies_set() -> None:
    both = always(ModerationPolicy(shift_hours=12), SetPolicy(rule="moderation.shift_days", value=["fri", "sat"]))
    rules = rules_on(0, PLATFORM, both)
    assert (rules.moderation.shift_start_hour, rules.moderation.shift_hours) == (14, 12)
    assert rules.moderation.shift_days == ("fri", "sat")


def test_rules_are_frozen() -> None:
    with pytest.raises(ValidationError):
        PLATFORM.rules.moderation.staff = 2  # type: ignore[misc]
    assert PLATFORM.rules.having({"moderation.staff": 2.0}) != PLATFORM.rules


class _Odd(Policy):
    """A lever that changes whatever it is told to."""

    rule: str = "moderation.staff"
    operation: str = "set"
    value: float | str | tuple[int, ...] | tuple[str, ...] = 1.0

    def changes(self, platform: Platform) -> list[Change]:
        return [Change(self.rule, self.operation, self.value)]

    def words(self) -> str:
        return "odd"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rule": "moderation.stuff"}, "no rule"),
        ({"value": "many"}, "moderation.staff would become many"),
        ({"rule": "moderation.triage", "value": "best"}, "moderation.triage would become best"),
        ({"rule": "sanctions.ladder_hours", "value": (24, 0)}, "sanctions.ladder_hours would become"),
        ({"rule": "moderation.shift_days", "value": ("sun", "mon")}, "moderation.shift_days would become"),
        ({"rule": "registration.findability", "operation": "add", "value": 1.0}, "would become 1.15"),
    ],
)
def test_what_any_policy_makes_of_a_rule_is_checked(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        check({"policies": {"a": (_Odd(**change),)}})


def test_a_rule_of_whole_numbers_stays_whole() -> None:
    half = _Odd(rule="retention.message_hours", operation="multiply", value=0.5)
    rules = Scenario(policies={"a": (half,)}).rules_on(0, "a")
    assert (rules.retention.message_hours, type(rules.retention.message_hours)) == (2, int)


def test_doors_may_not_change_too_often_in_one_month() -> None:
    days = [dt.date(2021, 1, day) for day in range(2, 26, 2)]
    arms = {f"a{i}": (RegistrationPolicy(level="email", start=day),) for i, day in enumerate(days)}
    with pytest.raises(ScenarioError, match="doors change on 12 days of one month"):
        check({"policies": arms, "days": 30})
    kept = {name: (RetentionPolicy(message_hours=9, start=arm[0].start),) for name, arm in arms.items()}
    assert not check({"policies": kept, "days": 30}).door_days
