"""A scenario is one value: nothing gets behind its checks, and equal ones are the same key."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from pydantic import ValidationError

from sim.policies.policy import Change, Policy
from sim.policies.retention import RetentionPolicy
from sim.policies.sanctions import SanctionsPolicy
from sim.rules.declare import Frozen, Section, parameter
from sim.rules.errors import ScenarioError
from sim.rules.offences import OFFENCES
from sim.rules.parameters import Population
from sim.rules.rulebook import Platform
from sim.scenario.scenario import Scenario

LONGER = (RetentionPolicy(message_hours=720),)
LADDER = (SanctionsPolicy(ladder_hours=(0, 24)),)
SCENARIO = Scenario().replace(days=30, policies={"longer": LONGER, "ladder": LADDER})


class Listed(Policy):
    """A policy of a test, with a level that can be changed."""

    hours: list[int] = parameter([1], "hours", 0, 1, "something")

    def changes(self, platform: Platform) -> list[Change]:
        return []


CHANGES: dict[str, Callable[[Scenario], object]] = {
    "a setting": lambda s: setattr(s, "days", -3),
    "a setting away": lambda s: delattr(s, "days"),
    "a setting of a section": lambda s: setattr(s.population, "monthly_visitors", -1.0),
    "a setting of an offence": lambda s: setattr(s.offences[0], "weight", -1),
    "a setting of a policy": lambda s: setattr(s.policies["longer"][0], "message_hours", -1),
    "an entry of a list": lambda s: s.population.hourly_weights.__setitem__(0, -1),
    "a policy more": lambda s: s.policies.__setitem__("baseline", LONGER),
    "a policy less": lambda s: s.policies.__delitem__("longer"),
    "a policy taken out": lambda s: s.policies.pop("longer"),
    "the last policy taken out": lambda s: s.policies.popitem(),
    "no policies": lambda s: s.policies.clear(),
    "other policies": lambda s: s.policies.update({"baseline": LONGER}),
    "a policy if missing": lambda s: s.policies.setdefault("baseline", LONGER),
    "policies joined": lambda s: s.policies.__ior__({"baseline": LONGER}),
    "a lever more": lambda s: s.policies["longer"].append(LADDER[0]),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_in_a_scenario_can_be_changed(change: str) -> None:
    before = SCENARIO.content()
    with pytest.raises((ValidationError, TypeError, AttributeError)):
        CHANGES[change](SCENARIO)
    assert SCENARIO.content() == before


WRONG: dict[str, Callable[[], object]] = {
    "a copy of a scenario": lambda: SCENARIO.model_copy(update={"days": -3}),
    "a deep copy": lambda: SCENARIO.model_copy(update={"days": -3}, deep=True),
    "a copy with an unknown key": lambda: SCENARIO.model_copy(update={"dyas": 3}),
    "a copy of a section": lambda: SCENARIO.population.model_copy(update={"monthly_visitors": -1.0}),
    "a copy of an offence": lambda: OFFENCES[0].model_copy(update={"target_weights": (0, 0, 0, 0)}),
    "a copy of a policy": lambda: LONGER[0].model_copy(update={"message_hours": -1}),
    "a copy under its old name": lambda: SCENARIO.copy(update={"days": -3}),
    "a scenario constructed": lambda: Scenario.model_construct(days=-3),
    "a scenario constructed under its old name": lambda: Scenario.construct(days=-3),
    "a section constructed": lambda: Population.model_construct(p_under_15=2.0),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_nothing_wrong_can_be_made(wrong: str) -> None:
    with warnings.catch_warnings(), pytest.raises(ValidationError):
        warnings.simplefilter("ignore", DeprecationWarning)
        WRONG[wrong]()


def test_a_copy_is_what_it_is_a_copy_of_but_for_what_is_asked() -> None:
    for section in (SCENARIO, SCENARIO.population, SCENARIO.registration, OFFENCES[0], LADDER[0]):
        other: Section = section.model_copy()
        assert other == section
        assert other.model_fields_set == section.model_fields_set
    assert SCENARIO.model_copy(update={"days": 31}) == SCENARIO.replace(days=31)
    assert Scenario.model_construct(days=31) == Scenario(days=31)


def test_policies_given_can_be_changed_afterwards_and_the_scenario_stays() -> None:
    given: dict[str, Any] = {"longer": LONGER}
    scenario = SCENARIO.replace(policies=given)
    given["ladder"] = LADDER
    assert [*scenario.policies] == ["longer"]
    others = scenario.policies | {"ladder": LADDER}
    others["more"] = LONGER
    assert [*scenario.replace(policies=others).policies] == ["longer", "ladder", "more"]
    assert scenario.policies == {"longer": LONGER}


def test_equal_scenarios_are_one_key() -> None:
    turned = SCENARIO.replace(policies={"ladder": LADDER, "longer": LONGER})
    back = SCENARIO.replace(days=31).replace(days=30)
    assert SCENARIO == turned == back
    assert len({SCENARIO, turned, back, SCENARIO.replace(days=31), SCENARIO.replace(policies={}), Scenario()}) == 4
    calls = []

    @lru_cache
    def remembered(scenario: Scenario) -> int:
        calls.append(scenario)
        return scenario.days

    assert [remembered(s) for s in (SCENARIO, turned, back)] == [30, 30, 30]
    assert len(calls) == 1


@pytest.mark.parametrize("again", [lambda s: pickle.loads(pickle.dumps(s)), copy.copy, copy.deepcopy])
def test_pickled_and_copied_it_is_the_same_and_as_frozen(again: Callable[[Scenario], Scenario]) -> None:
    other = again(SCENARIO)
    assert other == SCENARIO
    assert hash(other) == hash(SCENARIO)
    assert other.fingerprint() == SCENARIO.fingerprint()
    assert other.fingerprint("ladder") == SCENARIO.fingerprint("ladder")
    assert isinstance(other.policies, Frozen)
    with pytest.raises(TypeError, match="cannot be changed; for a scenario with other policies use its replace"):
        other.policies["more"] = LONGER


def test_a_policy_that_can_be_changed_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"policy 'mine': a level holds a list.*Declare it as a tuple"):
        SCENARIO.replace(policies={"mine": (Listed(),)})
