"""An engine that invents its counts, for the tests of outcomes, tables and figures: Poisson harms, thinned by policy.

All arms of a seed thin the same draws, as the arms of the real engines look into the same world.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd

from sim.model.engines import _ENGINES
from sim.model.records import BREAKDOWN_COLUMNS, DAILY_COLUMNS, EVENT_COLUMNS, Records, duration_table, person_table
from sim.rules.parameters import CLASSES
from sim.scenario.scenario import BASELINE, Scenario, check

SCENARIO = check({
    "title": "A made-up chat",
    "days": 120,
    "warmup_days": 30,
    "seeds": 12,
    "population": {"monthly_visitors": 20_000.0, "monthly_visitors_start": 20_000.0},
})  # fmt: skip


@contextmanager
def in_place(module: str = __name__) -> Iterator[None]:
    """Let this engine, or one that stands in another module, run in place of both."""
    before = dict(_ENGINES)
    _ENGINES.update(dict.fromkeys(before, module))
    try:
        yield
    finally:
        _ENGINES.update(before)


def simulate(
    scenario: Scenario,
    seeds: Sequence[int],
    policies: Sequence[str],
    *,
    events: bool | Collection[str] = False,
    progress: Callable[[int], None] | None = None,
) -> Records:
    """Invent the records of every policy and seed."""
    runs = [(policy, seed) for policy in policies for seed in seeds]
    if progress:
        progress(scenario.hours)
    daily = [at for run in runs for at in _at_sites(scenario, _daily(scenario, *run))]
    return Records(
        pd.concat(daily, ignore_index=True),
        pd.concat([_breakdown(scenario, *run) for run in runs], ignore_index=True),
        duration_table((*run, 0, scenario.site, "review", wait, 100 - 10 * wait) for run in runs for wait in range(10)),
        person_table(row for run in runs if BASELINE in policies for row in _persons(scenario, *run)),
        pd.concat([_events(*run) for run in runs], ignore_index=True) if events else None,
    )


def _harms(scenario: Scenario, policy: str, seed: int) -> np.ndarray:
    """Return harms by day and class: those of the baseline, thinned by the door for predators."""
    luck = np.random.Generator(np.random.PCG64(seed))
    harms = luck.poisson((0.3, 0.6, 0.01, 0.3), (scenario.days, 4))
    spared = luck.binomial(harms, 0.4)
    kept = harms.copy()
    rules = before = scenario.platform.rules
    changes = dict(scenario.changes_of(policy))
    for day in range(scenario.days):
        rules = changes.get(day, rules)
        if rules.registration.friction_predator > before.registration.friction_predator:
            kept[day] -= spared[day]
        if rules.reporting.friction < before.reporting.friction and day % 5 == 0:
            kept[day] -= spared[day]
        if rules.reporting.friction > before.reporting.friction and day % 5 == 0:
            kept[day] += spared[day]
    return np.maximum(kept, 0)


def _daily(scenario: Scenario, policy: str, seed: int) -> pd.DataFrame:
    luck = np.random.Generator(np.random.PCG64(seed + 10**6))
    rules = scenario.rules_on(scenario.days - 1, policy)
    days = np.arange(scenario.days)
    month_ends = np.isin(days + 1, scenario.months[1:])
    door = rules.registration.friction_user
    harms = _harms(scenario, policy, seed).sum(axis=1)
    reports = luck.poisson(20, scenario.days)
    users = luck.poisson(3000, scenario.days)
    columns = {
        "n_approach": 30 + harms,
        "n_harm": harms,
        "n_harm_serious": harms,
        "n_persons_harmed": harms,
        "n_harm_off_platform": harms // 2,
        "n_private": 3 * harms,
        "n_recognise": 5 * reports,
        "n_report": reports + (rules.reporting.friction < 0.5) * reports,
        "n_review": reports,
        "n_review_evidence": reports if rules.retention.message_hours > 100 else reports // 4,
        "n_wait_hours": 7 * reports,
        "n_waiting_hours": 9 * reports,
        "n_bar": reports // 3,
        "n_complain": harms // 4,
        "n_user_days": (users * (1 - 1.3 * door)).astype(int),
        "n_user_days_turned_away": (users * door).astype(int),
        "n_user_hours": 2 * (users * (1 - door)).astype(int),
        "n_user_hours_turned_away": 2 * (users * door).astype(int),
        "n_monthly_visitors": np.where(month_ends, int(20_000 * (1 - door)), 0),
        "n_monthly_turned_away": np.where(month_ends, int(20_000 * door), 0),
        "n_history_hours": users * rules.retention.message_hours,
        "n_capacity": np.full(scenario.days, int(160 * rules.moderation.staff)),
        "n_moderator_milli_hours": np.full(scenario.days, 8000),
    }
    keys = {"policy": policy, "seed": seed, "site": scenario.site, "day": days}
    table = pd.DataFrame(dict.fromkeys(DAILY_COLUMNS, 0) | keys | columns, days)
    return table.astype(dict.fromkeys(DAILY_COLUMNS[3:], np.int64)).copy()  # its columns together, as those of engines


def _at_sites(scenario: Scenario, first: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the counts of the first site, and of every further one half of them, a quarter of its use moved in."""
    yield first
    counted = list(DAILY_COLUMNS[4:])
    for site in scenario.sites:
        half = (first[counted] // 2).assign(n_user_hours_moved_in=first["n_user_hours"] // 8)
        yield pd.concat([first[list(DAILY_COLUMNS[:4])].assign(site=site), half], axis=1).copy()


def _breakdown(scenario: Scenario, policy: str, seed: int) -> pd.DataFrame:
    harms = _harms(scenario, policy, seed).sum(axis=0)
    offences = {"grooming_of_minors": harms[:2].sum(), "ambush_of_minorities": harms[2:].sum(), "all": harms.sum()}
    cells = [("all", c, n) for c, n in zip(CLASSES, harms, strict=True)] + [(o, "all", n) for o, n in offences.items()]
    rows = [(policy, seed, 0, scenario.site, o, c, "persons_harmed", int(n)) for o, c, n in cells]
    return pd.DataFrame(rows, columns=list(BREAKDOWN_COLUMNS)).sort_values(list(BREAKDOWN_COLUMNS))


def _persons(scenario: Scenario, policy: str, seed: int) -> Iterator[tuple[str, int, int, str, str, str, int]]:
    """Yield persons held against the baseline: harms of a day and class are the same persons as far as they go."""
    before, now = (_harms(scenario, arm, seed) for arm in (BASELINE, policy))
    both, gone, come = np.minimum(before, now), np.maximum(before - now, 0), np.maximum(now - before, 0)
    for i, victim_class in enumerate(CLASSES):
        n, n_gone, n_come = (int(harms[:, i].sum()) for harms in (both, gone, come))
        parts = {"absent": n_gone // 3, "put_off": n_gone // 9, "redirected": n_come // 4}
        flows = {
            "both": n, **parts, "spared": n_gone - parts["absent"] - parts["put_off"],
            "new": n_come - parts["redirected"], "members": 9_000,
        }  # fmt: skip
        for flow, count in flows.items():
            yield policy, seed, 0, scenario.site, flow, victim_class, count


def _events(policy: str, seed: int) -> pd.DataFrame:
    where = ("site", "grooming_of_minors")
    rows = [
        (policy, seed, 7, 2, 30, "approach", "predator", 4, "user", 8, 11, *where, 0),
        (policy, seed, 9, 3, 40, "engage", "predator", 4, "user", 8, 11, *where, 0),
        (policy, seed, 10, 3, 50, "fade", "predator", 4, "user", 8, 11, *where, 1),
    ]
    return pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
