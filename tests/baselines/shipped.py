"""Hashes of every shipped scenario made small, on both engines: what a refactoring must leave as it is.

`STORED` has for each file of `scenarios/` a SHA-256 of its events, daily counts, breakdown, durations, persons and
effects. Both engines must have the events and counts that are stored. ``python -m tests.baselines.renew`` renews it.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd

import sim
from sim.model.engines import Engine, engine_of
from sim.scenario.scenario import BASELINE, Scenario
from sim.study.identity import digest

SCENARIOS = Path(__file__).parents[2] / "scenarios"
STORED = Path(__file__).with_name("shipped.json")
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.toml"))
SEEDS = (0, 4)
LONG_AFTER = 120
"""Days after the first policy from which on one is not looked at."""

VISITORS = 250
"""So many a month are enough where many of them are predators."""

DIGITS = 9
"""Digits of effects that are the same with every version of NumPy."""


def small(name: str) -> Scenario:
    """Return a shipped scenario with few people and much going on, over days that see its policies.

    Where all of them begin late, so does the window; those that begin long after the first one are left out.
    """
    whole = sim.load(SCENARIOS / f"{name}.toml")
    scale = VISITORS / whole.population.monthly_visitors
    first = {arm: max(dated.first_day for dated in whole.dated(arm)) for arm in whole.policies}
    late = max(0, min(first.values()) - 10)
    arms = {arm: found for arm, found in whole.policies.items() if first[arm] <= late + LONG_AFTER}
    days = max(20, *(first[arm] - late + 10 for arm in arms))
    start = whole.start + dt.timedelta(late)
    changes = {"start": start, "days": days, "warmup_days": 10, "scale": scale, "policies": arms}
    return whole.replace(**changes, **{"predators.p_of_adults": 0.08})


def counted(scenario: Scenario, engine: Engine) -> dict[str, str]:
    """Return hashes of what an engine counts."""
    records = engine_of(engine)(scenario, SEEDS, [BASELINE, *scenario.policies], events=True)
    return {name: digest(table) for name, table in records.tables().items()}


def effects(scenario: Scenario) -> str:
    """Return a hash of the table of effects."""
    table = sim.compare(scenario, seeds=SEEDS).effects
    shown = {
        column: table[column].map(f"{{:.{DIGITS}g}}".format) if pd.api.types.is_float_dtype(table[column]) else values
        for column, values in table.astype("str").items()
    }
    return digest(pd.DataFrame(shown))


def stored() -> dict[str, dict[str, str]]:
    """Read the hashes by scenario and table."""
    return dict(json.loads(STORED.read_text(encoding="utf-8")))


def renew() -> None:
    """Run every scenario on the array engine and store its hashes."""
    now = {name: counted(small(name), "array") | {"effects": effects(small(name))} for name in NAMES}
    STORED.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
