"""What is allowed in a scenario but worth a word: warnings, which keep nothing from running."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from sim.outcomes import workload
from sim.outcomes.in_force import rules_that_differ
from sim.policies.policy import Change
from sim.report.police_advice import HOURS_A_DAY, of_police
from sim.report.remarks import of_investigators, of_staff
from sim.report.text import plain_number, tenths_percent, two_digits, whole_percent
from sim.rules.errors import shown
from sim.rules.rulebook import Rules
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Words
from sim.rules.settings import SETTINGS
from sim.scenario import template
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.uncertain import changed_rules

MANY_MINORS = 0.3
"""Share of minors above which a share of the adults says little of how many predators there are."""

FEW_REVIEWS = 10
"""Reviews an hour on shift below which a scaled queue behaves unlike the full one."""

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


def of_scenario(scenario: Scenario) -> Iterator[Words]:
    """Yield what a scenario leaves unsaid although its results hang on it."""
    people = scenario.population
    if not scenario.policies:
        yield Sentence("there are no policies, so nothing is compared. Add a table [policies.NAME] with a lever.")
    if scenario.seeds == 1:
        yield Sentence("seeds = 1 gives no interval. A comparison takes 2 or more.")
    if scenario.warmup_days < FEW_DAYS:
        yield Sentence(
            "warmup_days = {days}: the measured days begin with hardly any contacts, reports or bars, unlike a site "
            "that is running. Give {least} days or more, or read changes over time with care.",
            days=scenario.warmup_days, least=FEW_DAYS,
        )  # fmt: skip
    if people.monthly_visitors_start > people.monthly_visitors:
        yield Sentence(
            "population.monthly_visitors_start = {start} is more than population.monthly_visitors = {later}: the "
            "audience shrinks over {days} days. Give both the same value for no growth.",
            start=Amount(people.monthly_visitors_start, plain_number),
            later=Amount(people.monthly_visitors, plain_number),
            days=people.growth_days,
        )
    if people.p_under_15 + people.p_15_17 > MANY_MINORS and "predators.p_of_adults" not in scenario.given():
        yield Sentence(
            "{minors} of the members are minors, and predators are a share of the adults alone, {share} of them by "
            "default: so few adults leave few predators, which need not hold of a chat that minors use. Give "
            "predators.p_of_adults, and vary it.",
            minors=Amount(people.p_under_15 + people.p_15_17, whole_percent),
            share=Amount(scenario.predators.p_of_adults, tenths_percent),
        )
    if scenario.prices.stated and not scenario.prices.source:
        yield Sentence("[prices] has no source, so that nobody can tell whose prices they are. Give prices.source.")
    yield from of_unsaid(scenario)
    yield from of_ranges(scenario)
    yield from of_idle_levels(scenario, scenario.given())
    for arm in scenario.policies:
        yield from _of_arm(scenario, arm)
        yield from _of_sums(scenario, arm)
    yield from of_police(scenario)
    yield from of_small_queue(scenario)
    shares = {arm: workload.busy_share(scenario, arm) for arm in (BASELINE, *scenario.policies)}
    yield from of_staff(shares, estimated=True)
    yield from of_investigators(scenario, {})


def of_unsaid(scenario: Scenario) -> Iterator[Sentence]:
    """Warn of numbers that decide most and stand at their defaults: the template's, and who goes on elsewhere."""
    asked = [key.replace(".none.", f".{scenario.registration.level}.") for key in template.questions()]
    if scenario.sites:
        asked += ["displacement.p_predators", "displacement.p_users"]
    said = set(scenario.given())
    unsaid = [
        Sentence("{key} = {value}", key=key, value=shown(scenario.value_of(key))) for key in asked if key not in said
    ]
    if unsaid:
        yield Sentence(
            "of the numbers that decide most, {unsaid} of {asked} are left at their defaults: {settings}. See what is "
            "known of each with python -m sim explain NAME, and write down what holds here.",
            unsaid=len(unsaid), asked=len(asked), settings=Listed(tuple(unsaid)),
        )  # fmt: skip


def of_ranges(scenario: Scenario) -> Iterator[Words]:
    """Warn in one line of the values outside their plausible ranges, those that a site knows of itself left out."""
    values = {p: scenario.value_of(p.key) for p in SETTINGS.values() if p.has_range and p.key not in OWN}
    beyond = [
        Sentence(
            "{key} = {value} (plausible: {low} to {high})",
            key=p.key, value=shown(value), low=shown(p.low), high=shown(p.high),
        )
        for p, value in values.items()
        if not p.low <= value <= p.high
    ]  # fmt: skip
    if beyond:
        settings = Listed(tuple(beyond))
        yield Counted(
            len(beyond),
            Sentence(
                "a value lies outside the plausible range: {settings}. See where a range comes from with python -m sim "
                "explain NAME, and write down why it does not hold here.",
                settings=settings,
            ),
            Sentence(
                "{n} values lie outside the plausible range: {settings}. See where a range comes from with python -m "
                "sim explain NAME, and write down why it does not hold here.",
                n=len(beyond), settings=settings,
            ),
        )  # fmt: skip


def _of_arm(scenario: Scenario, arm: str) -> Iterator[Words]:
    """Yield what is odd about the policies of an arm, given that they are allowed."""
    if scenario.inert(arm):
        yield Sentence("policy '{name}' is inert: it leaves every rule as the baseline has it.", name=arm)
    if (idle := scenario.changed_rules(arm)) and not changed_rules(scenario, arm):
        yield Sentence(
            "policy '{name}' changes {rules} alone, which does nothing where nobody investigates. Give "
            "police.investigators, for instance 20 for the whole of a large site (ASSUMED).",
            name=arm, rules=Listed(tuple(idle)),
        )  # fmt: skip
    changed = [*rules_that_differ(scenario, arm)]
    if any(_binds_nobody(rules) and not _binds_nobody(usual) for rules, usual in changed):
        yield Sentence(
            "policy '{name}' binds bans to the identity, but there are no accounts: that does nothing.", name=arm
        )
    if any(_in_hours(rules) and not _in_hours(usual) for rules, usual in changed):
        yield Sentence(
            "policy '{name}': ladder_hours are hours, and the longest suspension is under a day. Is that meant?",
            name=arm,
        )
    yield from _of_sites(scenario, arm)
    after = scenario.start + dt.timedelta(scenario.days)
    for policy in scenario.policies[arm]:
        left = (after - (policy.start or scenario.start)).days
        if left < min(FEW_DAYS, scenario.days):
            yield Counted(
                left,
                Sentence(
                    "policy '{name}': {lever} starts on {start}, so that only 1 measured day shows it. Let it start "
                    "sooner, or raise days.",
                    name=arm, lever=policy.name, start=policy.start,
                ),
                Sentence(
                    "policy '{name}': {lever} starts on {start}, so that only {left} measured days show it. Let it "
                    "start sooner, or raise days.",
                    name=arm, lever=policy.name, start=policy.start, left=left,
                ),
            )  # fmt: skip
        if policy.end and policy.end >= after:
            yield Sentence(
                "policy '{name}': {lever} ends on {end}, after the last measured day ({last}), so its end is never "
                "seen. Raise days, or leave the end out.",
                name=arm, lever=policy.name, end=policy.end, last=after - dt.timedelta(1),
            )  # fmt: skip


def _binds_nobody(rules: Rules) -> bool:
    """Tell whether bans bind accounts that there are not."""
    return rules.sanctions.binds == "identity" and not rules.registration.accounts_persist


def _in_hours(rules: Rules) -> bool:
    """Tell whether the longest suspension is under a day."""
    return 0 < max(rules.sanctions.ladder_hours, default=0) < HOURS_A_DAY


def _of_sites(scenario: Scenario, arm: str) -> Iterator[Sentence]:
    """Yield the sites that levers of an arm name and that are not open on any day under it, nor without it."""
    sites = zip(scenario.site_names, scenario.platforms, scenario.changes_by_site(arm), strict=True)
    never = {
        site
        for site, platform, by_day in sites
        if not platform.operation.open and not any(rules.operation.open for _, rules in by_day)
    }
    for policy in scenario.policies[arm]:
        for level in ("site", "clone"):
            if (site := getattr(policy, level, None)) in never:
                yield Sentence(
                    "policy '{name}': {lever}.{level} is {site}, which does not open in the {days} days measured, so "
                    "that nothing comes of it. Let a closure open it sooner (clone, clone_days), or raise days.",
                    name=arm, lever=policy.name, level=level, site=site, days=scenario.days,
                )  # fmt: skip


def _of_sums(scenario: Scenario, arm: str) -> Iterator[Sentence]:
    """Yield the rules of an arm to which several policies contribute, so that what one sets is not what comes out."""
    said = set()
    sites = zip(scenario.site_names, scenario.platforms, scenario.changes_by_site(arm), strict=True)
    for site, platform, day, rules in ((s, p, day, rules) for s, p, by_day in sites for day, rules in by_day):
        parts: dict[str, list[tuple[str, Change]]] = {}
        for dated in scenario.dated(arm):
            if dated.in_force(day):
                for change in dated.policy.changes_on(site, platform, day - dated.first_day):
                    if change.operation != "add" or change.value:
                        parts.setdefault(change.rule, []).append((dated.policy.name, change))
        for rule, found in parts.items():
            if rule not in said and len(found) > 1 and any(change.operation == "add" for _, change in found):
                said.add(rule)
                by_levels = rule.startswith("registration.")
                yield Sentence(
                    "policy '{name}': {rule} comes to {total}, for {changes}. Is that sum meant?{levels}",
                    name=arm, rule=rule, total=shown(rules.value_of(rule)),
                    changes=Listed(tuple(_done(lever, change) for lever, change in found)),
                    levels=Sentence(" What a level adds follows from its section.") if by_levels else None,
                )  # fmt: skip


def _done(lever: str, change: Change) -> Sentence:
    """Say what a lever does to a rule."""
    value = shown(change.value)
    match change.operation:
        case "set":
            return Sentence("{lever} sets it to {value}", lever=lever, value=value)
        case "add":
            return Sentence("{lever} adds {value}", lever=lever, value=value)
        case "multiply":
            return Sentence("{lever} multiplies it by {value}", lever=lever, value=value)


def of_small_queue(scenario: Scenario) -> Iterator[Sentence]:
    """Warn when the scaled staff is too small to behave like the full one."""
    rules = scenario.platform.rules
    reviews = rules.moderation.staff * rules.moderation.reviews_per_hour * scenario.scale
    if scenario.scale < 1 and 0 < reviews < FEW_REVIEWS:
        yield Sentence(
            "at scale = {scale} the staff reviews {reviews} dossiers an hour on shift. Queues do not shrink exactly: "
            "under {least} an hour, waiting is longer than at full size.",
            scale=Amount(scenario.scale, plain_number), reviews=Amount(reviews, two_digits), least=FEW_REVIEWS,
        )  # fmt: skip


def of_idle_levels(scenario: Scenario, given: Iterable[str]) -> Iterator[Words]:
    """Warn of settings of a level of registration that neither the baseline nor a policy uses.

    Args:
        scenario: The scenario.
        given: Names of the settings that were given, in its file or to change it.
    """
    doors = [p for arm in scenario.policies.values() for p in arm if p.name == "registration"]
    usual = {str(platform.registration.level) for platform in scenario.platforms}
    used = Listed(tuple(sorted({*usual, *(str(getattr(p, "level", "")) for p in doors)})))
    idle: dict[str, list[str]] = {}
    for key in given:
        section, *rest = key.split(".")
        if section == "registration" and len(rest) == 2 and rest[0] not in used.values:
            idle.setdefault(rest[0], []).append(key)
    for level, found in idle.items():
        keys = Listed(tuple(found))
        yield Counted(
            len(found),
            Sentence(
                "{keys} changes nothing: no policy here uses the level {level}; in use: {used}.",
                keys=keys, level=level, used=used,
            ),
            Sentence(
                "{keys} change nothing: no policy here uses the level {level}; in use: {used}.",
                keys=keys, level=level, used=used,
            ),
        )  # fmt: skip
