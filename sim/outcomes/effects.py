"""Effects of policies, and what they do together: every outcome compared with the baseline, seed by seed.

And of their parts: what a policy adds to one that it contains, and what one does on the days on which it is in force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from sim.outcomes.counts import HERE, Counts, Sums, by_seed, quarters_of, years_of
from sim.outcomes.in_force import stretches_that_differ, throughout
from sim.outcomes.outcome import Outcome
from sim.outcomes.outcomes import not_counted, outcomes_of
from sim.outcomes.statistics import (
    FEWEST_EVENTS,
    NONE,
    Floats,
    Interval,
    effect_not_counted,
    n_comparisons,
    paired_change,
    paired_effect,
    ratio_interval,
    t_interval,
)
from sim.outcomes.verdicts import Reason, Verdict
from sim.policies.policy import Policy
from sim.rules.language import speaking
from sim.rules.sentences import Listed, Sentence, Term, Words, spoken
from sim.scenario.scenario import BASELINE, Scenario


def effects_of(counts: Counts, policies: Sequence[str], first: int = 0) -> pd.DataFrame:
    """Return the table of effects: one row per policy and outcome, as `Comparison.effects`.

    Args:
        counts: The counts of every run.
        policies: The arms, without the baseline.
        first: Seeds whose spread the intervals rest on; all of them if 0.
    """
    sums, scenario = counts.sums(), counts.scenario
    found = [(o, *_values(o, sums)) for o in outcomes_of(scenario)]
    together = {
        o.name: n_comparisons(
            by_seed(value, p) - by_seed(value, BASELINE) for p in policies if not not_counted(scenario, o, p)
        )
        for o, value, _ in found
    }
    rows = []
    for policy in policies:
        for outcome, value, behind in found:
            reason = not_counted(scenario, outcome, policy)
            base, values, events = by_seed(value, BASELINE), by_seed(value, policy), _events(behind, BASELINE, policy)
            key = f"{policy}/{outcome.name}"
            effect, shared = effect_not_counted(base), NONE
            if not reason:
                effect = paired_effect(base, values, events, key, outcome.harm, first)
                shared = paired_change(base, values, events, together[outcome.name], first).relative
            names = {"policy": policy, "outcome": outcome.name, "unit": outcome.unit}
            if effect.verdict is Verdict.NOT_COUNTED and not reason:
                reason = Reason.NOTHING
            ends = {"simultaneous_low": shared.low, "simultaneous_high": shared.high}
            rows.append(names | _flat(asdict(effect)) | {"reason": reason or ""} | ends)
    table = pd.DataFrame(rows)
    return table.assign(seeds_to_halve=pd.array([row["seeds_to_halve"] for row in rows], "Int64"))


IN_FORCE_COLUMNS = (
    *("policy", "outcome", "unit", "days", "baseline", "value", "difference", "low", "high"),
    *("relative", "relative_low", "relative_high", "seeds", "verdict"),
)
"""Columns of `Comparison.in_force`."""


def in_force_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return the effects while in force of the policies that are in force on a part of the window.

    One row per policy and outcome: both arms on those days alone on which the rules of the policy are not those of the
    baseline. What is counted once a month or for the whole window has none. Of persons harmed, who count once in a
    year, no part of a year can be told: serious harms stand for them.
    """
    rows = []
    for policy in policies:
        stretches = stretches_that_differ(counts.scenario, policy)
        days = sum(end - first for first, end in stretches)
        if not 0 < days < counts.scenario.days:
            continue
        sums = counts.sums(*stretches)
        for whole in outcomes_of(counts.scenario):
            if not whole.over_time or whole.by_month:
                continue
            outcome = _FOR_PERSONS if whole.name == HERE else whole
            value, behind = _values(outcome, sums)
            base, values = by_seed(value, BASELINE), by_seed(value, policy)
            change = paired_change(base, values, _events(behind, BASELINE, policy))
            both = np.isfinite(base) & np.isfinite(values)
            means = (float(x[both].mean()) if both.any() else np.nan for x in (base, values))
            names = (policy, outcome.name, outcome.unit, days)
            rows.append((*names, *means, *change.difference, *change.relative, change.seeds, change.verdict))
    return pd.DataFrame(rows, columns=list(IN_FORCE_COLUMNS))


OVER_TIME_COLUMNS = (
    *("policy", "first_day", "end_day", "in_force", "harms_baseline", "harms"),
    *("relative", "relative_low", "relative_high", "seeds", "verdict"),
)
"""Columns of `Comparison.over_time`."""


def over_time_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return the changes of serious harms in the first and the last quarter of the window and in each of its years.

    One row per policy and stretch of days; ``in_force`` says whether the policy is in force on every one of them.
    """
    scenario = counts.scenario
    rows = []
    for days in dict.fromkeys((*(quarters_of(scenario) or ()), *years_of(scenario))):
        harms = counts.sums(days)["n_harm_serious"]
        base = by_seed(harms, BASELINE)
        for policy in policies:
            value = by_seed(harms, policy)
            made = paired_change(base, value, (float(base.sum()), float(value.sum())))
            whole = throughout(scenario, policy, range(*days))
            means = float(base.mean()), float(value.mean())
            rows.append((policy, *days, whole, *means, *made.relative, made.seeds, made.verdict))
    return pd.DataFrame(rows, columns=list(OVER_TIME_COLUMNS))


_FOR_PERSONS = Outcome(
    HERE, "Serious harms", "serious harms a year", "lower",
    lambda s: s.a_year("n_harm_serious"), ("n_harm_serious",), harm=True,
)  # fmt: skip
"""What stands for persons harmed on a part of the days."""


_ROUNDING = 1e-12
"""Share of a sum of levels that is no difference but what floating-point rounding leaves."""

INTERACTION_COLUMNS = (
    *("policy", "one", "other", "outcome", "unit", "interaction", "low", "high"),
    *("relative", "relative_low", "relative_high", "seeds", "verdict"),
)
"""Columns of `Comparison.interactions`; ``relative`` is a share of the baseline."""


def interactions_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return what policies do together beyond the sum of what each does, as `Comparison.interactions`.

    A policy that is exactly two others together, dates included, has a row for each outcome: both less one less the
    other plus the baseline, seed by seed. Without such a policy the table is empty.
    """
    parts = {arm: sorted(_parts(counts.scenario.policies[arm]).elements()) for arm in policies}
    triples = [
        (both, one, other)
        for both in policies
        for one, other in combinations(policies, 2)
        if parts[both] == sorted(parts[one] + parts[other])
    ]
    if not triples:
        return pd.DataFrame(columns=list(INTERACTION_COLUMNS))
    sums = counts.sums()
    rows = []
    for outcome in outcomes_of(counts.scenario):
        value, behind = _values(outcome, sums)
        for arms in triples:
            base, both, one, other = (by_seed(value, arm) for arm in (BASELINE, *arms))
            beyond = both - one - other + base
            beyond[np.abs(beyond) <= _ROUNDING * (both + one + other + base)] = 0
            if any(not_counted(counts.scenario, outcome, arm) for arm in arms):
                rows.append((*arms, outcome.name, outcome.unit, *NONE, *NONE, 0, Verdict.NOT_COUNTED))
                continue
            known = np.isfinite(beyond)
            events = [float(by_seed(behind, arm).sum()) for arm in (BASELINE, *arms)]
            step = float(np.nansum([base, both, one, other])) / (sum(events) or np.inf)
            found = t_interval(beyond[known], step)
            verdict = _verdict_of(found, max(events))
            least = _least(one[known] + other[known] - base[known], base[known])  # both cannot be below zero
            relative = NONE
            if verdict is not Verdict.TOO_FEW:
                relative = ratio_interval(beyond[known], base[known], step).within(min(least, 0.0))
            rows.append((*arms, outcome.name, outcome.unit, *found, *relative, int(known.sum()), verdict))
    order = {both: i for i, (both, _, _) in enumerate(triples)}
    table = pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS))
    return table.sort_values("policy", key=lambda c: c.map(order), kind="stable", ignore_index=True)


CONTAINS_COLUMNS = (
    *("policy", "contains", "rest", "outcome", "unit", "adds", "low", "high"),
    *("relative", "relative_low", "relative_high", "seeds", "verdict"),
)
"""Columns of `Comparison.contains`; ``relative`` is a share of the baseline."""


def contains_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return what policies add to those that they contain, as `Comparison.contains`.

    A policy contains another one if it has all of its levers, at the same levels and dates, and more. Of several of
    which one contains the other it is compared with the largest alone. A row for each outcome: the policy less what it
    contains, seed by seed.
    """
    scenario, sums = counts.scenario, counts.sums()
    pairs = [(arm, part) for arm in policies for part in _largest_within(scenario, arm, policies)]
    rows = []
    for outcome in outcomes_of(scenario) if pairs else ():
        value, behind = _values(outcome, sums)
        for arm, part in pairs:
            names = (arm, part, _in_file(words_of(rest_of(scenario, arm, part))), outcome.name, outcome.unit)
            base, less, more = (by_seed(value, name) for name in (BASELINE, part, arm))
            known = np.isfinite(base) & np.isfinite(less) & np.isfinite(more)
            if any(not_counted(scenario, outcome, name) for name in (arm, part)) or not known.any():
                rows.append((*names, *NONE, *NONE, 0, Verdict.NOT_COUNTED))
                continue
            base, less, more = base[known], less[known], more[known]
            events = _events(behind, part, arm)
            change = paired_change(less, more, events)
            relative = NONE
            if change.verdict is not Verdict.TOO_FEW:
                step = float(less.sum() + more.sum()) / (sum(events) or np.inf)
                relative = ratio_interval(more - less, base, step).within(_least(less, base))
            rows.append((*names, *change.difference, *relative, change.seeds, change.verdict))
    order = {arm: i for i, arm in enumerate(policies)}
    table = pd.DataFrame(rows, columns=list(CONTAINS_COLUMNS))
    return table.sort_values("policy", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def rest_of(scenario: Scenario, arm: str, part: str) -> list[Policy]:
    """Return the levers that an arm has beyond those of one that it contains."""
    within, rest = _parts(scenario.policies[part]), []
    for lever in scenario.policies[arm]:
        if within[key := (lever.name, repr(lever))]:
            within[key] -= 1
        else:
            rest.append(lever)
    return rest


def words_of(levers: Sequence[Policy]) -> Listed:
    """Say what levers change, and when."""
    return Listed(tuple(map(_with_dates, levers)), Term("; "))


def _with_dates(lever: Policy) -> Words:
    words = lever.said()
    if lever.start and lever.end:
        return Sentence("{policy} from {start} until {end}", policy=words, start=lever.start, end=lever.end)
    if lever.start:
        return Sentence("{policy} from {start}", policy=words, start=lever.start)
    if lever.end:
        return Sentence("{policy} until {end}", policy=words, end=lever.end)
    return words


def _in_file(words: Words) -> str:
    """Return words as they stand in files, which are the same in every language."""
    with speaking("en"):
        return spoken(words)


def parts_without_arm(scenario: Scenario, arm: str, policies: Sequence[str]) -> list[Policy]:
    """Return the levers of an arm of several that no policy is alone, so that nobody sees what they do."""
    alone = [_parts(scenario.policies[policy]) for policy in policies]
    levers = scenario.policies[arm]
    return [lever for lever in levers if len(levers) > 1 and _parts([lever]) not in alone]


def _largest_within(scenario: Scenario, arm: str, policies: Sequence[str]) -> list[str]:
    """Return the policies that an arm contains, without those that another one of them contains."""
    parts = {policy: _parts(scenario.policies[policy]) for policy in policies}
    within = [policy for policy in policies if parts[policy] < parts[arm]]
    return [policy for policy in within if not any(parts[policy] < parts[other] for other in within)]


def _parts(levers: Iterable[Policy]) -> Counter[tuple[str, str]]:
    """Return levers with levels and dates, and how often each is there."""
    return Counter((lever.name, repr(lever)) for lever in levers)


def _values(outcome: Outcome, sums: Sums) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return an outcome of every run, and the events behind it."""
    return outcome.formula(sums), sums.table[list(outcome.behind)].sum(axis=1)


def _events(behind: pd.Series[float], one: str, other: str) -> tuple[float, float]:
    """Return the events in all runs of two arms."""
    return float(by_seed(behind, one).sum()), float(by_seed(behind, other).sum())


def _least(most: Floats, base: Floats) -> float:
    """Return the least that a change can be that takes off no more than so much, as a share of the baseline."""
    return -float(most.sum() / base.sum()) if base.any() else -np.inf


def _verdict_of(beyond: Interval, events: float) -> Verdict:
    if beyond.value == beyond.low == beyond.high == 0:
        return Verdict.IDENTICAL
    if events < FEWEST_EVENTS or beyond.low != beyond.low:
        return Verdict.TOO_FEW
    return (Verdict.NOT_RESOLVED, Verdict.ABOVE_THE_SUM, Verdict.BELOW_THE_SUM)[beyond.sign]


def _flat(effect: dict[str, Any]) -> dict[str, Any]:
    """Spread intervals over three columns each: the name, and the name with ``_low`` and ``_high``."""
    columns: dict[str, Any] = {}
    for name, value in effect.items():
        if isinstance(value, Interval):
            prefix = "" if name == "difference" else f"{name}_"
            columns |= {name: value.value, f"{prefix}low": value.low, f"{prefix}high": value.high}
        else:
            columns[name] = value
    return columns
