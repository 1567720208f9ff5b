"""What stands behind an effect: the assumptions that it rests on and, where there is none, what a policy lacked.

Both are made from what is declared of the rules that a policy moves (`sim.rules.rulebook`) and of the mechanisms
through which they act (`sim.rules.mechanisms`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from sim.model.records import COUNTS, KINDS
from sim.outcomes.counts import Counts
from sim.rules.rulebook import RULES
from sim.scenario.scenario import BASELINE, Scenario

_OWN_ACCOUNTS = {"n_history_hours", "n_review_evidence", "n_capacity", "n_moderator_milli_hours"}
"""Counts that only account for a lever: an arm that moves nothing else is inert."""


def assumptions(scenario: Scenario, arm: str) -> list[str]:
    """Return what is assumed of the world that the effect of an arm rests on, in words; empty if nothing is.

    First what its rules put in, then what their mechanisms rest on; each once.
    """
    return [*dict.fromkeys(_assumed(scenario, arm))]


def inert(policies: Sequence[str], counts: Counts) -> dict[str, str]:
    """Return the arms in which everything happened as in the baseline, with what they lacked, in words."""
    happened = [name for name in (*(f"n_{kind.name}" for kind in KINDS), *COUNTS) if name not in _OWN_ACCOUNTS]
    hashes = counts.hashes[happened]
    daily = counts.records.daily
    totals = daily[daily["policy"] == BASELINE].sum(numeric_only=True)
    same = {arm for arm in policies if (hashes.loc[[arm]].to_numpy() == hashes.loc[[BASELINE]].to_numpy()).all()}
    return {arm: _lacked(counts.scenario, arm, totals) for arm in policies if arm in same}


def _assumed(scenario: Scenario, arm: str) -> Iterator[str]:
    baseline, rules = scenario.platform.rules, scenario.rules_on(scenario.days - 1, arm)
    values = vars(scenario) | dict(rules)
    changed = scenario.changed_rules(arm)
    for name, (before, after) in changed.items():
        if text := RULES[name].assumes:
            yield text.format(**values) if "{" in text else f"{text}{_moved(name, before, after)}"
    for name in changed:
        for mechanism in RULES[name].through:
            if not mechanism.switch or scenario.value_of(mechanism.switch):
                for assumption in mechanism.assumes:
                    switch = assumption.unless
                    if not (switch and baseline.value_of(switch) and rules.value_of(switch)):
                        yield assumption.text.format(**values)


def _moved(rule: str, before: Any, after: Any) -> str:
    """Return what a rule was and becomes in brackets, shares in percent; nothing of lists and words."""
    if isinstance(before, str | tuple):
        return ""
    return " ({} to {})".format(*(f"{x:.0%}" if RULES[rule].unit == "share" else f"{x:g}" for x in (before, after)))


def _lacked(scenario: Scenario, arm: str, totals: pd.Series[Any]) -> str:
    """Return what an arm lacked that changed nothing, from the counts of the baseline."""
    changed = scenario.changed_rules(arm)
    if not changed:
        return "it changes no rule within the window"
    return "; ".join(dict.fromkeys(_idle(rule, totals) for rule in changed))


def _idle(rule: str, totals: pd.Series[Any]) -> str:
    declared = RULES[rule]
    mechanism = declared.through[0]
    for lack in mechanism.lacks:
        if sum(totals[count.lstrip("-")] * (-1) ** count.startswith("-") for count in lack.counts) == 0:
            return lack.text
    return declared.idle or mechanism.idle
