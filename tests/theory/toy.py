"""An engine whose harm is a formula of a few parameters and of luck, for answers that can be worked out by hand.

Under the baseline `LEVEL` persons are harmed. What a policy changes is `EFFECTS` by its name: a function of the points
of `USED`, each uniform from 0 to 1, and of luck, a standard normal number of its own for each policy and seed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from zlib import crc32

import numpy as np
import pandas as pd

from sim.model.records import BREAKDOWN_COLUMNS, DAILY_COLUMNS, Records, duration_table, person_table
from sim.policies.warnings import WarningsPolicy
from sim.rules.settings import SETTINGS
from sim.scenario.scenario import BASELINE, Scenario, check
from tests.parts import synthetic

LEVEL = 100_000
USED = ("responses.p_stay", "responses.p_complain_harmed", "responses.p_constant")
"""Uniform over their ranges; the second one is sourced, the others are assumed."""

Formula = Callable[[Sequence[float], float], float]
EFFECTS: dict[str, Formula] = {}
OUT: dict[str, float] = {}
"""Share of the hours of predators that a policy keeps out, none where it says nothing."""

HOURS = 10_000


def scenario(*policies: str) -> Scenario:
    """Return a scenario with policies of these names."""
    levers = {name: (WarningsPolicy(p_reached=0.01 * n),) for n, name in enumerate(policies, 1)}
    people = {"monthly_visitors": 2000.0, "monthly_visitors_start": 2000.0}
    return check({"days": 7, "warmup_days": 5, "population": people, "policies": levers})


@contextmanager
def where(out: Mapping[str, float] = MappingProxyType({}), **effects: Formula) -> Iterator[Scenario]:
    """Let policies have these effects and keep out these shares of predators, and return a scenario with them."""
    EFFECTS.clear()
    EFFECTS.update(effects)
    OUT.clear()
    OUT.update(out)
    with synthetic.in_place(__name__):
        yield scenario(*effects)


def points(of: Scenario) -> list[float]:
    """Return where in their ranges the used parameters are."""
    ranges = {key: SETTINGS[key] for key in USED}
    return [(of.value_of(key) - p.low) / (p.high - p.low) for key, p in ranges.items()]


def simulate(
    scenario: Scenario,
    seeds: Sequence[int],
    policies: Sequence[str],
    *,
    events: bool | Collection[str] = False,
    progress: Callable[[int], None] | None = None,
) -> Records:
    """Work out the records of every policy and seed."""
    if progress:
        progress(scenario.hours)
    runs = [(policy, seed) for policy in policies for seed in seeds]
    daily = pd.DataFrame(0, range(len(runs) * scenario.days), list(DAILY_COLUMNS))
    daily["policy"] = np.repeat([policy for policy, _ in runs], scenario.days)
    daily["seed"] = np.repeat([seed for _, seed in runs], scenario.days)
    daily["site"], daily["day"] = scenario.site, np.tile(range(scenario.days), len(runs))
    harmed = [_harmed(scenario, *run) for run in runs]
    kept_out = [round(HOURS * OUT.get(policy, 0)) for policy, _ in runs]
    daily.loc[daily["day"] == 0, "n_persons_harmed"] = harmed
    daily.loc[daily["day"] == 0, "n_predator_hours"] = [HOURS - out for out in kept_out]
    daily.loc[daily["day"] == 0, "n_predator_hours_turned_away"] = kept_out
    rows = [(*run, 0, scenario.site, "all", "all", "persons_harmed", n) for run, n in zip(runs, harmed, strict=True)]
    waits = duration_table((*run, 0, scenario.site, "review", 1, 1) for run in runs)
    return Records(daily, pd.DataFrame(rows, columns=list(BREAKDOWN_COLUMNS)), waits, person_table([]))


def _harmed(of: Scenario, policy: str, seed: int) -> int:
    if policy == BASELINE:
        return LEVEL
    luck = np.random.Generator(np.random.PCG64([seed, crc32(policy.encode())])).normal()
    return round(LEVEL * (1 + EFFECTS[policy](points(of), luck)))
