"""What is allowed of the police in a scenario but worth a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.outcomes.in_force import rules_that_differ
from sim.rules.rulebook import MOVES, Rules
from sim.rules.sentences import Listed, Sentence, Words
from sim.scenario.scenario import BASELINE, Scenario

HOURS_A_DAY = 24


def of_police(scenario: Scenario) -> Iterator[Words]:
    """Yield what is odd about the police, their decoys and the site's part in it, with the arms in which it is."""
    police, rules, given = scenario.police, scenario.platform.rules, set(scenario.given())
    if any(key.startswith("cooperation.") for key in given) and "cooperation.host" not in given:
        yield Sentence(
            "[cooperation] does not say where the host is: it is taken to be {host}. Give cooperation.host.",
            host=rules.cooperation.host,
        )
    if rules.cooperation.host == MOVES and police.home_days >= scenario.days:
        yield Sentence(
            "cooperation.host = moves, but police.home_days = {home} is not within the {days} measured days: it stays "
            "at home throughout.",
            home=police.home_days, days=scenario.days,
        )  # fmt: skip

    def where(odd: Callable[[Rules, Rules], object]) -> Listed | None:
        """Return the arms that are so on some day and site, where the baseline, whose rules are given too, is not."""
        every = [(platform.rules, platform.rules) for platform in scenario.platforms]
        arms = [BASELINE] if any(odd(*both) for both in every) else []
        for arm in scenario.policies:
            if any(odd(rules, usual) and not odd(usual, usual) for rules, usual in rules_that_differ(scenario, arm)):
                arms.append(arm)
        return Listed(tuple(arms)) if arms else None

    if police.investigators:
        if arms := where(lambda r, _: r.retention.log_hours < r.retention.message_hours):
            yield Sentence(
                "{arms}: connection logs are kept for less long than messages, so that what was written outlives whose "
                "it was. Is that meant?",
                arms=arms,
            )
        if arms := where(lambda r, _: r.retention.log_hours > HOURS_A_DAY * police.max_data_age_days):
            yield Sentence(
                "{arms}: logs are kept for longer than {days} days, and nobody asks for data older than that "
                "(police.max_data_age_days).",
                arms=arms, days=police.max_data_age_days,
            )  # fmt: skip
    elif arms := where(lambda r, _: r.undercover.decoys):
        yield Sentence(
            "{arms}: decoys take approaches, but nobody investigates what they learn. Give police.investigators.",
            arms=arms,
        )
    if not police.investigators and (arms := where(lambda r, _: r.operation.seized)):
        yield Sentence(
            "{arms}: what a site has is seized, but nobody investigates: that does nothing. Give police.investigators.",
            arms=arms,
        )
    if arms := where(lambda r, usual: r.undercover != usual.undercover and not _decoys(r) and not _decoys(usual)):
        yield Sentence("{arms}: the hours of decoys change, but there are none: that does nothing.", arms=arms)
    if arms := where(lambda r, _: r.cooperation.p_refer and not r.moderation.staff):
        yield Sentence(
            "{arms}: the site refers whom a review sanctions, but nobody reviews: that does nothing.", arms=arms
        )


def _decoys(rules: Rules) -> float:
    return rules.undercover.decoys
