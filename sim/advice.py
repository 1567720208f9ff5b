"""What is allowed in a scenario but worth a word: warnings, which keep nothing from running."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from sim.scenario import Scenario

FEW_REVIEWS = 10
"""Reviews an hour on shift below which a scaled queue behaves unlike the full one."""

HOURS_A_DAY = 24

FEW_DAYS = 14
"""Days below which a warm-up leaves queues and contacts unlike those of a site that has long been running, and the
measured days of a policy show next to nothing of what it does."""


def of_scenario(scenario: Scenario) -> Iterator[str]:
    """Yield what a scenario leaves unsaid although its results hang on it."""
    people = scenario.population
    if not scenario.policies:
        yield "there are no policies, so nothing is compared. Add a table [policies.NAME] with a lever."
    if scenario.seeds == 1:
        yield "seeds = 1 gives no interval. A comparison takes 2 or more."
    if scenario.warmup_days < FEW_DAYS:
        yield (
            f"warmup_days = {scenario.warmup_days}: the measured days begin with hardly any contacts, reports or bars, "
            f"unlike a site that is running. Give {FEW_DAYS} days or more, or read changes over time with care."
        )
    if people.monthly_visitors_start > people.monthly_visitors:
        yield (
            f"population.monthly_visitors_start = {people.monthly_visitors_start:g} is more than "
            f"population.monthly_visitors = {people.monthly_visitors:g}: the audience shrinks over "
            f"{people.growth_days} days. Give both the same value for no growth."
        )
    for arm in scenario.policies:
        yield from _of_arm(scenario, arm)
    yield from of_small_queue(scenario)


def _of_arm(scenario: Scenario, arm: str) -> Iterator[str]:
    """Yield what is odd about the policies of an arm, given that they are allowed."""
    if scenario.inert(arm):
        yield f"policy {arm!r} is inert: it leaves every rule as the baseline has it."
    for _, rules in scenario.changes_of(arm):
        if rules.sanctions_binds == "identity" and not rules.registration_accounts_persist:
            yield f"policy {arm!r} binds bans to the identity, but there are no accounts: that does nothing."
            break
    if 0 < max(scenario.rules_on(scenario.days - 1, arm).sanctions_ladder_hours, default=0) < HOURS_A_DAY:
        yield f"policy {arm!r}: ladder_hours are hours, and the longest suspension is under a day. Is that meant?"
    after = scenario.start + dt.timedelta(scenario.days)
    for policy in scenario.policies[arm]:
        left = (after - (policy.start or scenario.start)).days
        if left < min(FEW_DAYS, scenario.days):
            yield (
                f"policy {arm!r}: {policy.name} starts on {policy.start}, so that only {left} measured "
                f"{'day shows' if left == 1 else 'days show'} it. Let it start sooner, or raise days."
            )
        if policy.end and policy.end >= after:
            yield (
                f"policy {arm!r}: {policy.name} ends on {policy.end}, after the last measured day "
                f"({after - dt.timedelta(1)}), so its end is never seen. Raise days, or leave the end out."
            )


def of_small_queue(scenario: Scenario) -> Iterator[str]:
    """Warn when the scaled staff is too small to behave like the full one."""
    rules = scenario.platform.rules
    reviews = rules.moderation_staff * rules.moderation_reviews_per_hour * scenario.scale
    if scenario.scale < 1 and 0 < reviews < FEW_REVIEWS:
        yield (
            f"at scale = {scenario.scale:g} the staff reviews {reviews:.2g} dossiers an hour on shift. "
            f"Queues do not shrink exactly: under {FEW_REVIEWS} an hour, waiting is longer than at full size."
        )


def of_idle_levels(scenario: Scenario, changes: Iterable[str]) -> Iterator[str]:
    """Warn when a setting of a level of registration was changed that neither the baseline nor a policy uses.

    Args:
        scenario: The scenario with the changes.
        changes: Names of the settings that were changed.
    """
    doors = [p for arm in scenario.policies.values() for p in arm if p.name == "registration"]
    used = {str(scenario.registration.level), *(str(getattr(p, "level", "")) for p in doors)}
    for key in changes:
        section, *rest = key.split(".")
        if section == "registration" and len(rest) == 2 and rest[0] not in used:
            yield f"{key} changes nothing: no policy here uses the level {rest[0]}; in use: {', '.join(sorted(used))}."
