"""What stands behind an effect: the assumptions that it rests on, its parts and, where there is none, what was lacking.

Both are made from what is declared of the rules that a policy moves (`sim.rules.rulebook`) and of the mechanisms
through which they act (`sim.rules.mechanisms`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from string import Formatter
from typing import Any

import pandas as pd

from sim.model.records import COUNTS, KINDS
from sim.outcomes.counts import HEADLINE, Counts
from sim.outcomes.effects import parts_without_arm, rest_of, words_of
from sim.outcomes.verdicts import Verdict
from sim.report.text import plain_number, whole_percent
from sim.rules.rulebook import RULES, Rules
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words
from sim.rules.settings import SETTINGS
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.uncertain import changed_rules

_DECLARED = SETTINGS | RULES

_OWN_ACCOUNTS = {"n_history_hours", "n_review_evidence", "n_capacity", "n_moderator_milli_hours"}
"""Counts that only account for a lever: an arm that moves nothing else is inert."""


def assumptions(scenario: Scenario, arm: str) -> list[Sentence]:
    """Return what is assumed of the world that the effect of an arm rests on; empty if nothing is.

    First what its rules put in, then what their mechanisms rest on; each once.
    """
    return [*dict.fromkeys(_assumed(scenario, arm))]


def settings_behind(scenario: Scenario, arms: Iterable[str]) -> list[str]:
    """Return the settings that `ranges` can vary of what the effects of arms rest on."""
    found = []
    for arm in arms:
        levels = [str(policy.level) for policy in scenario.policies[arm] if hasattr(policy, "level")]
        for rule in changed_rules(scenario, arm):
            asked = [name for mechanism in RULES[rule].through for a in mechanism.assumes for name in _names(a.text)]
            if RULES[rule].assumes:
                asked = [*(rule.replace("registration.", f"registration.{level}.") for level in levels), rule, *asked]
            found += [key for key in asked if key in SETTINGS and SETTINGS[key].has_range]
    return [*dict.fromkeys(found)]


def inert(policies: Sequence[str], counts: Counts) -> dict[str, Words]:
    """Return the arms in which everything happened as in the baseline, with what they lacked."""
    happened = [name for name in (*(f"n_{kind.name}" for kind in KINDS), *COUNTS) if name not in _OWN_ACCOUNTS]
    hashes = counts.hashes[happened]
    daily = counts.records.daily
    totals = daily[daily["policy"] == BASELINE].sum(numeric_only=True)
    same = {arm for arm in policies if (hashes.loc[[arm]].to_numpy() == hashes.loc[[BASELINE]].to_numpy()).all()}
    return {arm: _lacked(counts.scenario, arm, totals) for arm in policies if arm in same}


def of_parts(scenario: Scenario, arms: Sequence[str], contains: pd.DataFrame) -> Iterator[Words]:
    """Yield which parts of policies do nothing, and which are no policy alone, so that nobody sees what they do.

    Args:
        scenario: What was run.
        arms: The policies.
        contains: What they add to those that they contain, as `Comparison.contains`.
    """
    for row in contains[contains["outcome"] == HEADLINE].to_dict("records"):
        if row["verdict"] == Verdict.IDENTICAL:
            yield Sentence(
                "{rest} does nothing in {arm}: as many are seriously harmed as under {part} in every seed.",
                rest=words_of(rest_of(scenario, row["policy"], row["contains"])), arm=row["policy"],
                part=row["contains"],
            )  # fmt: skip
    for arm in arms:
        if missing := parts_without_arm(scenario, arm, arms):
            words = Listed(tuple(words_of([lever]) for lever in missing), Term("; "))
            yield Counted(
                len(missing),
                Sentence(
                    "A part of {arm} alone is no policy here, so its work is not seen: {words}.", arm=arm, words=words
                ),
                Sentence(
                    "{n} parts of {arm} alone are no policies here, so their work is not seen: {words}.",
                    n=len(missing), arm=arm, words=words,
                ),
            )  # fmt: skip


def _assumed(scenario: Scenario, arm: str) -> Iterator[Sentence]:
    baseline, rules = scenario.platform.rules, scenario.rules_on(scenario.days - 1, arm)
    changed = changed_rules(scenario, arm)
    for name, (before, after) in changed.items():
        if text := RULES[name].assumes:
            yield _told(text, scenario, rules, {"before": _amount(name, before), "after": _amount(name, after)})
    for name in changed:
        for mechanism in RULES[name].through:
            if not mechanism.switch or scenario.value_of(mechanism.switch):
                for assumption in mechanism.assumes:
                    switch = assumption.unless
                    if not (switch and baseline.value_of(switch) and rules.value_of(switch)):
                        yield _told(assumption.text, scenario, rules, {})


def _told(text: str, scenario: Scenario, rules: Rules, values: Mapping[str, Words]) -> Sentence:
    """Return a declared text with its values: those given, and settings as they are under the rules of an arm."""
    found: dict[str, Words] = {}
    for name in _names(text):
        source = rules if name.partition(".")[0] in Rules.model_fields else scenario
        found[name] = values[name] if name in values else _amount(name, attrgetter(name)(source))
    return Sentence.declared(text, found)


def _names(text: str) -> list[str]:
    """Return what stands in braces in a declared text."""
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def _amount(setting: str, value: Any) -> Words:
    """Return a value of a setting as it reads, a share in percent."""
    if setting in _DECLARED and _DECLARED[setting].unit == "share":
        return Amount(value, whole_percent)
    return Amount(value, plain_number)


def _lacked(scenario: Scenario, arm: str, totals: pd.Series[Any]) -> Words:
    """Return what an arm lacked that changed nothing, from the counts of the baseline."""
    changed = changed_rules(scenario, arm)
    if not changed:
        return Term("it changes no rule within the window")
    return Listed(tuple(dict.fromkeys(Term(_idle(rule, totals)) for rule in changed)), Term("; "))


def _idle(rule: str, totals: pd.Series[Any]) -> str:
    declared = RULES[rule]
    mechanism = declared.through[0]
    for lack in mechanism.lacks:
        if sum(totals[count.lstrip("-")] * (-1) ** count.startswith("-") for count in lack.counts) == 0:
            return lack.text
    return declared.idle or mechanism.idle
