"""Uncertain parameters: which can be varied over their plausible ranges in a scenario, and what cannot be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sim.rules.errors import ScenarioError, suggestion
from sim.rules.mechanisms import OF_THE_POLICE
from sim.rules.rulebook import RULES
from sim.rules.sentences import Sentence
from sim.rules.settings import LEVELS, SETTINGS
from sim.scenario.scenario import Scenario

UNCERTAIN = {key: parameter for key, parameter in SETTINGS.items() if parameter.has_range}
"""Every parameter with a plausible range, by name."""


def bears_on(scenario: Scenario, policy: str, key: str) -> bool:
    """Tell whether a parameter can move the effect of a policy on serious harm.

    One of a level of registration or age assurance can if it is used, one about ages if some rule rests on them, one of
    the police if somebody investigates (of a seizure: and an arm seizes), one of a detector if some policy or the
    baseline has one, and one of what those do who are kept out of their site if it moves harm elsewhere, or people to
    another site that is simulated.

    Args:
        scenario: What is run.
        policy: An arm of it.
        key: Name of the parameter.
    """
    if _idle_displacement(scenario, key):
        return False
    if _idle_police(scenario, key):
        return False
    if _of_detection(key) and not scenario.detects:
        return False
    level = level_elsewhere(scenario, key)
    if level:
        lever, _, _ = key.partition(".")
        return level in {getattr(p, "level", None) for p in scenario.policies[policy] if p.name == lever}
    return not _of_no_limit(scenario, policy, key)


def no_bearing(scenario: Scenario, policies: Sequence[str], key: str) -> Sentence | None:
    """Say why a parameter can move the effect of none of some policies; nothing if it can. Arguments as `bears_on`."""
    if any(bears_on(scenario, policy, key) for policy in policies):
        return None
    if why := _idle_displacement(scenario, key):
        return why
    if why := _idle_police(scenario, key):
        return why
    if _of_detection(key) and not scenario.detects:
        return Sentence("no detector reads anything here")
    if key == _APART:
        return Sentence("no rule here keeps adults from minors")
    if not level_elsewhere(scenario, key):
        return Sentence("no rule here rests on an age")
    return Sentence("no policy here uses the level {level}", level=level_elsewhere(scenario, key))


_APART = "predators.p_retry_protected"
_TO_OTHER_SITES = ("displacement.p_elsewhere", "displacement.delay_days")


def _idle_displacement(scenario: Scenario, key: str) -> Sentence | None:
    """Say why a parameter of those who are kept out of their site moves nothing, if so."""
    if key in _TO_OTHER_SITES and not scenario.sites:
        return Sentence("there is no other site here")
    if key == "displacement.delay_days" and not scenario.closes:
        return Sentence("no site is closed here")
    return None


def _of_no_limit(scenario: Scenario, policy: str, key: str) -> bool:
    """Tell whether a parameter is about ages, and neither the baseline nor the policy has a rule that rests on them."""
    apart = key == _APART
    if not (apart or key.startswith("age.")):
        return False
    every = [rules for by_day in scenario.changes_by_site(policy) for _, rules in by_day]
    every += [platform.rules for platform in scenario.platforms]
    return all(rules.limits.adults_to_minors if apart else not rules.rests_on_ages for rules in every)


def _idle_police(scenario: Scenario, key: str) -> Sentence | None:
    """Say why a parameter of the police moves nothing, if so."""
    if _of_the_police(key) and not scenario.police.investigators:
        return Sentence("nobody investigates here")
    if key == "police.p_seized" and not scenario.seizes:
        return Sentence("nothing is seized here")
    return None


_OF_ARRESTS = ("felt_risk.per_arrest", "felt_risk.per_decoy_arrest")


def _of_the_police(key: str) -> bool:
    """Tell whether a parameter does nothing where nobody investigates."""
    section, *rest = key.split(".")
    rule = RULES.get(f"{section}.{rest[-1]}")
    return section == "police" or key in _OF_ARRESTS or (rule is not None and {*rule.through} <= {*OF_THE_POLICE})


def _of_detection(key: str) -> bool:
    """Tell whether a parameter does nothing where no detector reads anything; its coverage is what makes it read."""
    section, *rest = key.split(".")
    of_section = section == "detection" and rest != ["coverage"]
    return of_section or key == "predators.rel_leave_detector"


def changed_rules(scenario: Scenario, arm: str) -> dict[str, tuple[Any, Any]]:
    """Return what `Scenario.changed_rules` does, without rules that do nothing where nobody investigates."""
    changed = scenario.changed_rules(arm)
    if scenario.police.investigators:
        return changed
    return {rule: values for rule, values in changed.items() if not _of_the_police(rule)}


def level_elsewhere(scenario: Scenario, key: str) -> str:
    """Return the level of registration or age assurance of which a parameter is, unless the baseline is at it.

    Empty for any other parameter.
    """
    section, *rest = key.split(".")
    levelled = f"{section}.level" in LEVELS and len(rest) == 2
    return rest[0] if levelled and rest[0] != scenario.value_of(f"{section}.level") else ""


def setters(scenario: Scenario, policies: Sequence[str], key: str) -> list[str]:
    """Return the policies that set a parameter themselves, on whatever day: it is a lever of theirs."""
    return [policy for policy in policies if key in _levers(scenario, policy)]


def _levers(scenario: Scenario, policy: str) -> set[str]:
    return {
        change.rule
        for dated in scenario.dated(policy)
        for days in (0, *dated.policy.steps)
        for change in dated.policy.changes_after(scenario.platform, days)
        if change.operation == "set"
    }


def check_named(scenario: Scenario, policies: Sequence[str], named: Sequence[str], here: bool = False) -> None:
    """Refuse names of parameters that cannot be varied.

    Args:
        scenario: What is run.
        policies: The arms.
        named: Names of parameters.
        here: As for `bears_on`.

    Raises:
        ScenarioError: If one is unknown, has no plausible range, is named twice or moves no effect of the policies.
    """
    for key in named:
        if key in SETTINGS and key not in UNCERTAIN:
            raise ScenarioError(
                Sentence("{key} has no plausible range to be varied over; see python -m sim explain {key}.", key=key)
            )
        if key not in UNCERTAIN:
            raise ScenarioError(
                Sentence(
                    "no parameter is called {name}. {meant}python -m sim explain lists all.",
                    name=repr(key),
                    meant=suggestion(key, list(UNCERTAIN)),
                )
            )
        if named.count(key) > 1:
            raise ScenarioError(Sentence("{key} is named twice; each parameter is varied once.", key=key))
        if why := no_bearing(scenario, policies, key):
            raise ScenarioError(Sentence("{key} moves no effect: {why}.", key=key, why=why))
