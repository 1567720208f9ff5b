"""What is allowed in a scenario but worth a word: warnings, which keep nothing from running."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from sim.outcomes import workload
from sim.policies.policy import Change
from sim.rules.declare import declared
from sim.rules.errors import shown
from sim.rules.settings import SECTIONS
from sim.scenario import template
from sim.scenario.scenario import BASELINE, Scenario

FEW_REVIEWS = 10
"""Reviews an hour on shift below which a scaled queue behaves unlike the full one."""

HOURS_A_DAY = 24

OWN = {
    "population.monthly_visitors",
    "population.monthly_visitors_start",
    "population.growth_days",
    "retention.message_hours",
}
"""What a site knows of itself: the ranges of these are those of the reference case, and another chat has its own."""

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
    yield from of_unsaid(scenario)
    yield from of_ranges(scenario)
    yield from of_idle_levels(scenario, scenario.given())
    for arm in scenario.policies:
        yield from _of_arm(scenario, arm)
        yield from _of_sums(scenario, arm)
    yield from of_small_queue(scenario)
    shares = {arm: workload.busy_share(scenario, arm) for arm in (BASELINE, *scenario.policies)}
    yield from workload.remarks(shares, estimated=True)


def of_unsaid(scenario: Scenario) -> Iterator[str]:
    """Warn of the numbers that decide most, those that the template asks for, where they are left at their defaults."""
    asked = [key.replace(".none.", f".{scenario.registration.level}.") for key in template.questions()]
    said = set(scenario.given())
    unsaid = [f"{key} = {shown(scenario.value_of(key))}" for key in asked if key not in said]
    if unsaid:
        yield (
            f"of the numbers that decide most, {len(unsaid)} of {len(asked)} are left at their defaults: "
            f"{', '.join(unsaid)}. See what is known of each with python -m sim explain NAME, and write down what "
            "holds here."
        )


def of_ranges(scenario: Scenario) -> Iterator[str]:
    """Warn in one line of the values outside their plausible ranges, those that a site knows of itself left out."""
    values = {p: scenario.value_of(p.key) for p in declared(SECTIONS) if p.has_range and p.key not in OWN}
    beyond = [
        f"{p.key} = {shown(value)} (plausible: {shown(p.low)} to {shown(p.high)})"
        for p, value in values.items()
        if not p.low <= value <= p.high
    ]
    if beyond:
        yield (
            f"{'a value lies' if len(beyond) == 1 else f'{len(beyond)} values lie'} outside the plausible range: "
            f"{', '.join(beyond)}. See where a range comes from with python -m sim explain NAME, and write down why "
            "it does not hold here."
        )


def _of_arm(scenario: Scenario, arm: str) -> Iterator[str]:
    """Yield what is odd about the policies of an arm, given that they are allowed."""
    if scenario.inert(arm):
        yield f"policy {arm!r} is inert: it leaves every rule as the baseline has it."
    for _, rules in scenario.changes_of(arm):
        if rules.sanctions.binds == "identity" and not rules.registration.accounts_persist:
            yield f"policy {arm!r} binds bans to the identity, but there are no accounts: that does nothing."
            break
    if 0 < max(scenario.rules_on(scenario.days - 1, arm).sanctions.ladder_hours, default=0) < HOURS_A_DAY:
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


def _of_sums(scenario: Scenario, arm: str) -> Iterator[str]:
    """Yield the rules of an arm to which several policies contribute, so that what one sets is not what comes out."""
    said = set()
    for day, rules in scenario.changes_of(arm):
        parts: dict[str, list[tuple[str, Change]]] = {}
        for dated in scenario.dated(arm):
            if dated.in_force(day):
                for change in dated.policy.changes_after(scenario.platform, day - dated.first_day):
                    if change.operation != "add" or change.value:
                        parts.setdefault(change.rule, []).append((dated.policy.name, change))
        for rule, found in parts.items():
            if rule not in said and len(found) > 1 and any(change.operation == "add" for _, change in found):
                said.add(rule)
                total = rules.value_of(rule)
                told = ", ".join(f"{name} {_WORDS[c.operation].format(shown(c.value))}" for name, c in found)
                level = " What a level adds follows from its section." if rule.startswith("registration.") else ""
                yield f"policy {arm!r}: {rule} comes to {shown(total)}, for {told}. Is that sum meant?{level}"


_WORDS = {"set": "sets it to {}", "add": "adds {}", "multiply": "multiplies it by {}"}


def of_small_queue(scenario: Scenario) -> Iterator[str]:
    """Warn when the scaled staff is too small to behave like the full one."""
    rules = scenario.platform.rules
    reviews = rules.moderation.staff * rules.moderation.reviews_per_hour * scenario.scale
    if scenario.scale < 1 and 0 < reviews < FEW_REVIEWS:
        yield (
            f"at scale = {scenario.scale:g} the staff reviews {reviews:.2g} dossiers an hour on shift. "
            f"Queues do not shrink exactly: under {FEW_REVIEWS} an hour, waiting is longer than at full size."
        )


def of_idle_levels(scenario: Scenario, given: Iterable[str]) -> Iterator[str]:
    """Warn of settings of a level of registration that neither the baseline nor a policy uses.

    Args:
        scenario: The scenario.
        given: Names of the settings that were given, in its file or to change it.
    """
    doors = [p for arm in scenario.policies.values() for p in arm if p.name == "registration"]
    used = {str(scenario.registration.level), *(str(getattr(p, "level", "")) for p in doors)}
    idle: dict[str, list[str]] = {}
    for key in given:
        section, *rest = key.split(".")
        if section == "registration" and len(rest) == 2 and rest[0] not in used:
            idle.setdefault(rest[0], []).append(key)
    for level, keys in idle.items():
        yield (
            f"{', '.join(keys)} {'changes' if len(keys) == 1 else 'change'} nothing: no policy here uses the level "
            f"{level}; in use: {', '.join(sorted(used))}."
        )
