"""Experiments: run policies over seeds and compare them in pairs."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from sim import results, table, transparency
from sim.errors import ScenarioError, suggestion
from sim.outcomes import HEADLINE, by_seed, outcomes_of, sums_of
from sim.records import BREAKDOWN_COLUMNS, DAILY_COLUMNS, EVENT_COLUMNS, KINDS, WAIT_COLUMNS, Records
from sim.scenario import BASELINE, Scenario
from sim.statistics import FEWEST_EVENTS, NONE, Interval, paired_effect, ratio_interval, t_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Engine = Literal["array", "agents"]

MEMORY_OF_A_PROCESS = 400e6
"""Bytes that the seeds sharing one step loop may take together."""

_ENGINES: dict[Engine, str] = {"array": "sim.model", "agents": "sim.agents"}


@dataclass(frozen=True)
class Comparison(results.Result):
    """Policies compared with the baseline, seed by seed.

    Attributes:
        scenario: What was run.
        policies: The arms, without the baseline, in the scenario's order.
        seeds: The seeds, each run under every arm.
        engine: ``array`` or ``agents``.
        effects: One row per policy and outcome; ``relative`` is a share, ``low`` and ``high`` end 95% intervals.
        daily: Daily counts of every run.
        breakdown: Counts by year, offence and class of every run.
        waits: How many of the reviewed dossiers had waited how long, of every run.
        interactions: One row per outcome and policy that is exactly two others together: what they do beyond the sum.
    """

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine
    effects: pd.DataFrame = field(repr=False)
    daily: pd.DataFrame = field(repr=False)
    breakdown: pd.DataFrame = field(repr=False)
    waits: pd.DataFrame = field(repr=False)
    interactions: pd.DataFrame = field(repr=False)

    def table(self) -> str:
        """Return the comparison as text for a terminal: the headline sentence, tables, and what to know of them."""
        return table.comparison(
            self.scenario, self.policies, len(self.seeds), self.effects, self.daily, self.interactions
        )

    def transparency(self) -> pd.DataFrame:
        """Return what the platform itself could publish of every policy: columns `sim.transparency.COLUMNS`."""
        return transparency.record(self.scenario, self.daily, self.waits)

    def plot(self, outcome: str = HEADLINE) -> Figure:
        """Draw the difference from the baseline over time, one panel a policy, with its 95% band over the seeds.

        Raises:
            ScenarioError: If there is no such outcome, or it has no course over time.
        """
        from sim import figures

        found = {o.name: o for o in outcomes_of(self.scenario) if o.over_time}
        if outcome not in found:
            raise ScenarioError(f"no outcome over time is called {outcome!r}; there are: {', '.join(found)}")
        return figures.differences(self.scenario, self.policies, self.daily, self.effects, found[outcome])

    def _made(self) -> tuple[Scenario, dict[str, Any], dict[str, pd.DataFrame]]:
        asked = {"engine": self.engine, "seeds": list(self.seeds), "policies": list(self.policies)}
        return self.scenario, asked, {"daily": self.daily, "breakdown": self.breakdown, "waits": self.waits}

    def _fill(self, folder: Path) -> None:
        from sim import figures

        results.write_csv(self.effects, folder / "effects.csv")
        results.write_csv(self.interactions, folder / "interactions.csv")
        self.daily.to_parquet(folder / "daily.parquet", index=False)
        self.breakdown.to_parquet(folder / "breakdown.parquet", index=False)
        self.waits.to_parquet(folder / "waits.parquet", index=False)
        results.write_csv(self.transparency(), folder / "transparency.csv")
        figures.save(self.plot(), folder / "figures" / "difference")
        figures.save(figures.overview(self.policies, self.effects), folder / "figures" / "overview")
        figures.save(figures.price(self.policies, self.effects), folder / "figures" / "price")


@dataclass(frozen=True)
class Run:
    """One run: one policy, one seed. Not an estimate.

    Attributes:
        scenario: What was run.
        policy: The arm, or ``baseline``.
        seed: The seed.
        engine: ``array`` or ``agents``.
        daily: Daily counts.
        breakdown: Counts by year, offence and class.
        events: Every event, warm-up included, or ``None`` if they were not asked for.
    """

    scenario: Scenario = field(repr=False)
    policy: str
    seed: int
    engine: Engine
    daily: pd.DataFrame = field(repr=False)
    breakdown: pd.DataFrame = field(repr=False)
    events: pd.DataFrame | None = field(repr=False)

    def summary(self) -> str:
        """Return the outcomes of this run as text for a terminal."""
        return table.summary(self.scenario, self.policy, self.seed, self.daily)

    def trace(self, contact: int) -> pd.DataFrame:
        """Return the events of one contact, with the time of the clock and in words.

        Raises:
            ScenarioError: If the run kept no events, or none of this contact.
        """
        events = _events_of(self)
        found = events[events["contact"] == contact]
        if found.empty or contact < 0:
            raise ScenarioError(f"the run has no contact {contact}; see the column contact of its events")
        zero = dt.datetime.combine(self.scenario.start, dt.time()) - dt.timedelta(days=self.scenario.warmup_days)
        seconds = (found["hour"] * 3600 + found["second"]).tolist()
        kinds = {kind.name: kind for kind in KINDS}
        words = [kinds[e].told(d) for e, d in zip(found["event"], found["detail"], strict=True)]
        times = pd.Series([zero + dt.timedelta(seconds=s) for s in seconds], found.index)
        traced = found.drop(columns=["policy", "seed", "step", "contact"]).assign(time=times, words=words)
        front = ["time", "event", "words"]
        return traced[[*front, *traced.columns.drop(front)]].reset_index(drop=True)


def compare(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    seeds: int | Sequence[int] | None = None,
    workers: int = 1,
    engine: Engine = "array",
    progress: bool = False,
) -> Comparison:
    """Run policies and the baseline over the same seeds and compare them in pairs.

    Args:
        scenario: What to run.
        policies: Arms of the scenario; all of them if not given.
        seeds: How many (then 0, 1, 2, ...) or which; as many as the scenario says if not given.
        workers: Processes. The results do not depend on it.
        engine: ``array`` (fast) or ``agents`` (to be read; small chats only).
        progress: Show a bar, where there is a terminal.

    Raises:
        ScenarioError: If a policy is unknown, there is none, or there are fewer than two seeds.
    """
    arms = arms_of(scenario, policies)
    numbers = seeds_of(scenario.seeds if seeds is None else seeds)
    (records,) = simulate_all([(scenario, (BASELINE, *arms))], numbers, workers, engine, progress)
    return Comparison(
        scenario,
        arms,
        numbers,
        engine,
        effects_of(scenario, arms, records),
        records.daily,
        records.breakdown,
        records.waits,
        interactions_of(scenario, arms, records),
    )


def run(
    scenario: Scenario, policy: str = BASELINE, seed: int = 0, engine: Engine = "array", events: bool = False
) -> Run:
    """Run one policy with one seed.

    Args:
        scenario: What to run.
        policy: An arm of the scenario, or ``baseline``.
        seed: A whole number of at least 0.
        engine: ``array`` (fast) or ``agents`` (to be read; small chats only).
        events: Keep every event, for `Run.trace` and `first_difference`.

    Raises:
        ScenarioError: If the policy is unknown or the seed not allowed.
    """
    if policy != BASELINE:
        arms_of(scenario, [policy])
    _check_seeds([seed])
    records = _canonical([_engine(engine)(scenario, [seed], [policy], events=events)])
    return Run(scenario, policy, seed, engine, records.daily, records.breakdown, records.events)


def first_difference(one: Run, other: Run) -> pd.DataFrame | None:
    """Return the first event at which two runs part: of two engines, two policies, two versions of the code.

    The names of the policies do not count. Beside the first event that only one run has stands the first that only the
    other has of the same contact, if there is one.

    Returns:
        One or two events, the column ``run`` saying whose each is, or ``None`` if all events are the same.

    Raises:
        ScenarioError: If a run kept no events.
    """
    tables = [_events_of(r).drop(columns="policy") for r in (one, other)]
    columns = list(tables[0].columns)
    both = tables[0].merge(tables[1], how="outer", on=columns, indicator="run")
    alone = both[both["run"] != "both"].sort_values(columns, ignore_index=True)
    if alone.empty:
        return None
    alone["run"] = alone["run"].map({"left_only": "one", "right_only": "other"}).astype("str")
    first = alone.iloc[0]
    same = alone[(alone["run"] != first["run"]) & (alone["contact"] == first["contact"]) & (first["contact"] >= 0)]
    found = pd.concat([alone.iloc[:1], same.iloc[:1]], ignore_index=True)
    return found[["run", *columns]]


def cost(tasks: Sequence[tuple[Scenario, int]], n_seeds: int, workers: int, engine: Engine = "array") -> str:
    """Say what step loops will cost: hours simulated, time and memory, from a rule of thumb.

    Args:
        tasks: Scenario of each, and how many arms it runs, the baseline counted.
        n_seeds: Seeds of each.
        workers: Processes.
        engine: ``array`` or ``agents``.
    """
    spread = -(-workers // len(tasks))
    price = [
        _price(scenario, arms, len(group), engine)
        for scenario, arms in tasks
        for group in _groups(scenario, range(n_seeds), arms, spread, engine)
    ]
    busy = min(workers, len(price))
    seconds = 2 + sum(s for s, _ in price) / busy
    memory = 0.15e9 * (busy if busy > 1 else 0) + 0.15e9 + busy * max(m for _, m in price)
    time = f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"
    process = "1 process" if busy == 1 else f"{busy} processes"
    scenario, arms = tasks[0]
    hours = sum(scenario.hours * arms * n_seeds for scenario, arms in tasks)
    runs = f"{n_seeds} seeds x {arms} policies with the baseline"
    if len(tasks) > 1:
        runs = f"{n_seeds} seeds x {sum(arms for _, arms in tasks)} policies and baselines in {len(tasks)} variants"
    return (
        f"To simulate: {hours:,} hours = {runs} x {scenario.warmup_days + scenario.days} days "
        f"({scenario.warmup_days} of them warm-up).\n"
        f"About {time} and {memory / 1e9:.1f} GB in {process}."
    )


def _price(scenario: Scenario, arms: int, seeds: int, engine: Engine) -> tuple[float, float]:
    """Return roughly the seconds and bytes of one step loop; measured on a two-core development machine."""
    population = scenario.population
    visitors = seeds * scenario.scale * max(population.monthly_visitors_start, population.monthly_visitors)
    if engine == "agents":
        return scenario.hours * arms * visitors * 0.5e-6, 2e3 * visitors
    an_hour = 400e-6 + 3e-6 * arms * seeds + visitors * (0.8e-9 + 0.15e-9 * arms)
    return scenario.hours * an_hour, visitors * (200 + 30 * arms) + 300 * scenario.days * arms * seeds


def _groups(scenario: Scenario, seeds: Sequence[int], arms: int, workers: int, engine: Engine) -> list[tuple[int, ...]]:
    """Share the seeds out: together in one step loop as far as memory allows, spread over the workers."""
    if engine == "agents":
        size = 1
    else:
        _, of_a_seed = _price(scenario, arms, 1, engine)
        size = max(1, min(int(MEMORY_OF_A_PROCESS / of_a_seed), -(-len(seeds) // workers)))
    return [tuple(seeds[i : i + size]) for i in range(0, len(seeds), size)]


def _engine(name: Engine) -> Callable[..., Records]:
    if name not in _ENGINES:
        raise ScenarioError(f"no engine is called {name!r}; there are {' and '.join(_ENGINES)}")
    simulate: Callable[..., Records] = import_module(_ENGINES[name]).simulate
    return simulate


def simulate_all(
    tasks: Sequence[tuple[Scenario, Sequence[str]]],
    seeds: Sequence[int],
    workers: int = 1,
    engine: Engine = "array",
    progress: bool = False,
) -> Iterator[Records]:
    """Yield the records of every task, in order: all arms with all seeds; same tables whatever the workers.

    Args:
        tasks: A scenario and which of its arms to run, the baseline being one if it is named.
        seeds: Seeds of each.
        workers: Processes.
        engine: ``array`` or ``agents``.
        progress: Show a bar, where there is a terminal.

    Raises:
        ScenarioError: If there is no worker or no such engine.
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    if workers < 1:
        raise ScenarioError(f"{workers} workers cannot do anything; at least 1 is needed")
    simulate = _engine(engine)
    spread = -(-workers // len(tasks))
    groups = [_groups(scenario, seeds, len(arms), spread, engine) for scenario, arms in tasks]
    calls = [(s, group, arms) for (s, arms), of_task in zip(tasks, groups, strict=True) for group in of_task]
    total = sum(scenario.hours for scenario, _, _ in calls)
    with tqdm(total=total, unit="h", file=sys.stderr, disable=None if progress else True, leave=False) as bar:
        alone = min(workers, len(calls)) == 1
        parts = (
            (simulate(*call, progress=bar.update) for call in calls)
            if alone
            else Parallel(n_jobs=workers, return_as="generator")(delayed(simulate)(*call) for call in calls)
        )
        for (scenario, _), of_task in zip(tasks, groups, strict=True):
            found = []
            for _ in of_task:
                found.append(next(parts))
                bar.update(0 if alone else scenario.hours)
            yield _canonical(found)


def _canonical(parts: Sequence[Records]) -> Records:
    """Put the tables of several groups of runs together, sorted by their columns."""

    def join(tables: list[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
        return pd.concat(tables, ignore_index=True).sort_values(list(by), ignore_index=True)

    events = [p.events for p in parts if p.events is not None]
    return Records(
        join([p.daily for p in parts], DAILY_COLUMNS[:4]),
        join([p.breakdown for p in parts], BREAKDOWN_COLUMNS),
        join([p.waits for p in parts], WAIT_COLUMNS),
        join(events, EVENT_COLUMNS) if events else None,
    )


def effects_of(scenario: Scenario, policies: Sequence[str], records: Records) -> pd.DataFrame:
    """Return the table of effects: one row per policy and outcome, as `Comparison.effects`."""
    sums = sums_of(scenario, records.daily, records.breakdown, waits=records.waits)
    found = [(o, o.formula(sums), sums.table[list(o.behind)].sum(axis=1)) for o in outcomes_of(scenario)]
    rows = []
    for policy in policies:
        for outcome, value, behind in found:
            effect = paired_effect(
                by_seed(value, BASELINE),
                by_seed(value, policy),
                (float(by_seed(behind, BASELINE).sum()), float(by_seed(behind, policy).sum())),
                f"{policy}/{outcome.name}",
                outcome.harm,
            )
            rows.append({"policy": policy, "outcome": outcome.name, "unit": outcome.unit} | _flat(asdict(effect)))
    return pd.DataFrame(rows).astype({"seeds_to_halve": "Int64"})


_ROUNDING = 1e-12
"""Share of a sum of levels that is no difference but what floating-point rounding leaves."""

INTERACTION_COLUMNS = (
    *("policy", "one", "other", "outcome", "unit", "interaction", "low", "high"),
    *("relative", "relative_low", "relative_high", "seeds", "verdict"),
)
"""Columns of `Comparison.interactions`; ``relative`` is a share of the baseline."""


def interactions_of(scenario: Scenario, policies: Sequence[str], records: Records) -> pd.DataFrame:
    """Return what policies do together beyond the sum of what each does, as `Comparison.interactions`.

    A policy that is exactly two others together, dates included, has a row for each outcome: both less one less the
    other plus the baseline, seed by seed. Without such a policy the table is empty.
    """
    parts = {arm: sorted((p.name, repr(p)) for p in scenario.policies[arm]) for arm in policies}
    triples = [
        (both, one, other)
        for both in policies
        for one, other in combinations(policies, 2)
        if parts[both] == sorted(parts[one] + parts[other])
    ]
    if not triples:
        return pd.DataFrame(columns=list(INTERACTION_COLUMNS))
    sums = sums_of(scenario, records.daily, records.breakdown, waits=records.waits)
    rows = []
    for outcome in outcomes_of(scenario):
        value, behind = outcome.formula(sums), sums.table[list(outcome.behind)].sum(axis=1)
        for arms in triples:
            base, both, one, other = (by_seed(value, arm) for arm in (BASELINE, *arms))
            beyond = both - one - other + base
            beyond[np.abs(beyond) <= _ROUNDING * (both + one + other + base)] = 0
            known = np.isfinite(beyond)
            most = max(float(by_seed(behind, arm).sum()) for arm in (BASELINE, *arms))
            found = t_interval(beyond[known])
            verdict = _verdict_of(found, most)
            relative = NONE if verdict == "too few" else ratio_interval(beyond[known], base[known])
            rows.append((*arms, outcome.name, outcome.unit, *found, *relative, int(known.sum()), verdict))
    order = {both: i for i, (both, _, _) in enumerate(triples)}
    table = pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS))
    return table.sort_values("policy", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def _verdict_of(beyond: Interval, events: float) -> str:
    if beyond.value == beyond.low == beyond.high == 0:
        return "identical"
    if events < FEWEST_EVENTS or beyond.low != beyond.low:
        return "too few"
    return "below the sum" if beyond.high < 0 else "above the sum" if beyond.low > 0 else "not resolved"


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


def arms_of(scenario: Scenario, policies: Iterable[str] | None) -> tuple[str, ...]:
    """Return the arms asked for, in the order of the scenario; all of them if none are named.

    Raises:
        ScenarioError: If one is unknown or there is none.
    """
    known = list(scenario.policies)
    asked = known if policies is None else [p for p in policies if p != BASELINE]
    for name in asked:
        if name not in known:
            has = ", ".join(known) or "none"
            raise ScenarioError(f"no policy is called {name!r}. {suggestion(name, known)}The scenario has: {has}.")
    if not asked:
        raise ScenarioError("there is no policy to compare with the baseline")
    return tuple(name for name in known if name in asked)


def seeds_of(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """Return the seeds asked for: 0, 1, 2, ... if it is said how many.

    Raises:
        ScenarioError: If they are fewer than two or one is not allowed.
    """
    numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(sorted(set(seeds)))
    if len(numbers) < 2:
        raise ScenarioError(
            f"{len(numbers)} seed gives no interval: a comparison takes at least 2 (use run for a single one)"
        )
    _check_seeds(numbers)
    return numbers


def _check_seeds(seeds: Iterable[int]) -> None:
    for seed in seeds:
        if not 0 <= seed < 2**63:
            raise ScenarioError(f"{seed} is no seed; seeds are whole numbers from 0 to 2^63 - 1")


def _events_of(run: Run) -> pd.DataFrame:
    if run.events is None:
        raise ScenarioError("this run kept no events; run it again with events=True")
    return run.events
