"""Counts of runs, added up over stretches of days."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.model.records import (
    BREAKDOWN_COLUMNS,
    DAILY_COLUMNS,
    DAYS_PER_WINDOW_YEAR,
    DURATION_COLUMNS,
    FLOW_COLUMNS,
    Records,
    Runs,
)
from sim.outcomes.in_force import stretches_that_differ
from sim.outcomes.kept_out import World, closed_times, harmed_elsewhere, with_hours_alone
from sim.rules.parameters import CLASSES, HOURS_PER_MONTH
from sim.scenario.scenario import BASELINE, Scenario

DAYS_PER_MONTH = HOURS_PER_MONTH / 24
DAYS_PER_YEAR = 12 * DAYS_PER_MONTH

_PERIODS = 13

HEADLINE = "total_harmed"
"""Name of the outcome that the first sentence is about: harm here and elsewhere."""

HERE = "persons_harmed"
"""Name of that beside it, the first one: harm on the sites that are simulated."""

WAITS = {"median": 0.5, "p95": 0.95}
"""Quantiles of waiting that are reported."""


@dataclass(frozen=True)
class Sums:
    """Counts added up over stretches of days, one row per run.

    Attributes:
        table: Index (policy, seed); columns are those of the daily table and, for the whole window,
            those of `harmed_elsewhere`, the columns of `with_hours_alone`, ``persons_harmed/<offence>/<victim_class>``
            and ``harm/<offence>``.
        days: Days added up.
        months: Months that end within them, of those in which visitors are counted: see `Scenario.months`.
        visitors: Mean monthly visitors of the baseline over the window: the fixed denominator of the headline. The
            declared audience where they are not counted.
        conversations_per_hour: Lawful conversations a user holds in an hour (an input).
        proceedings_per_case: Real proceedings for each one of the model (an input).
    """

    table: pd.DataFrame
    days: int
    months: int
    visitors: float
    conversations_per_hour: float
    proceedings_per_case: float

    def __getitem__(self, column: str) -> pd.Series[float]:
        """Return the sum of a column for every run."""
        return self.table[column].astype(float)

    @property
    def total_harmed(self) -> pd.Series[float]:
        """Return persons seriously harmed here and elsewhere in every run; of the whole window alone."""
        return self["n_persons_harmed"] + self["harmed_elsewhere"]

    @property
    def total_minors_harmed(self) -> pd.Series[float]:
        """Return the minors among them."""
        return self["n_minors_harmed"] + self["minors_harmed_elsewhere"]

    def a_year(self, column: str) -> pd.Series[float]:
        """Return a count as a rate per year."""
        return self[column] * (DAYS_PER_YEAR / self.days)

    def a_month(self, column: str) -> pd.Series[float]:
        """Return a count as a rate per month (a twelfth of a year)."""
        return self[column] * (DAYS_PER_MONTH / self.days)

    def monthly(self, column: str) -> pd.Series[float]:
        """Return the mean of a column that is written once a month; missing if no month ended."""
        return self[column] / (self.months or np.nan)

    def share(self, part: str, whole: str) -> pd.Series[float]:
        """Return one sum as a share of another, missing where there is nothing to share."""
        return self[part] / self[whole].where(self[whole] > 0)

    def persons_harmed(self, offence: str, victim_class: str) -> pd.Series[float]:
        """Return persons seriously harmed per year per 1,000 monthly visitors, of one offence or class."""
        return self.a_year(f"persons_harmed/{offence}/{victim_class}") * (1000 / self.visitors)


@dataclass(frozen=True)
class Counts:
    """What analyses read of runs: their counts added up over stretches of days, small however many runs there are.

    Attributes:
        scenario: What was run.
        records: The daily counts, with one row a stretch instead of a day (its first day in the column ``day``); those
            rows of the breakdown that outcomes are made of, added up over the years; the durations, likewise; persons
            held against the baseline, added up over sites and classes.
        hashes: A hash of the daily counts of every run (rows, policy and seed) by column: equal where they are.
    """

    scenario: Scenario
    records: Records
    hashes: pd.DataFrame

    def of_seeds(self, seeds: Collection[int]) -> Counts:
        """Return those of some seeds alone, as if there were no others."""
        tables = {name: table[table["seed"].isin(seeds)] for name, table in self.records.tables().items()}
        hashes = self.hashes[self.hashes.index.get_level_values("seed").isin(seeds)]
        return Counts(self.scenario, Records(**tables), hashes)

    def sums(self, *stretches: tuple[int, int]) -> Sums:
        """Add up stretches of days, or the whole window with the counts by offence and class and the durations.

        Args:
            stretches: Of each, the first day and the day after the last, both among `edges_of`.
        """
        if not stretches:
            return sums_of(self.scenario, self.records.daily, self.records.breakdown, durations=self.records.durations)
        if not {day for days in stretches for day in days} <= {*edges_of(self.scenario)}:
            days = ", ".join(map(str, stretches))
            raise ValueError(f"days {days} do not begin and end with stretches of days: {edges_of(self.scenario)}")
        return sums_of(self.scenario, self.records.daily, stretches=stretches)


def counts_of(scenario: Scenario, runs: Runs) -> Counts:
    """Return what analyses read of runs, which are looked at policy by policy."""
    parts, hashes, edges = [], [], edges_of(scenario)
    for part in runs.parts():
        parts.append(added_up(part, edges))
        columns = part.daily.columns.drop(["policy", "seed", "site", "day"])
        by_run = part.daily.groupby(["policy", "seed"])[list(columns)]
        hashes.append(by_run.agg(_hash))
    return Counts(scenario, Records.joined(parts), pd.concat(hashes))


def _hash(column: pd.Series[int]) -> int:
    return int.from_bytes(hashlib.sha256(column.to_numpy().tobytes()).digest()[:8], "little", signed=True)


def periods_of(scenario: Scenario, arm: str = BASELINE) -> list[int]:
    """Return the days at which the window is cut: at the dates of an arm, and between them into equal periods.

    There are up to 13 periods, and up to one more for each date; they have a week or more where the dates leave one.
    """
    dates = {day for dated in scenario.dated(arm) for day in (dated.first_day, dated.last_day) if day is not None}
    bounds = sorted({0, scenario.days, *(day for day in dates if day < scenario.days)})
    n_periods = max(1, min(_PERIODS, scenario.days // 7))
    cut = [
        np.linspace(one, other, max(1, (other - one) * n_periods // scenario.days) + 1)
        for one, other in pairwise(bounds)
    ]
    return sorted({int(day) for days in cut for day in days.round()})


def quarters_of(scenario: Scenario) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return first day and the day after the last of the window's first and last quarter, unless under a week."""
    quarter = scenario.days // 4
    return ((0, quarter), (scenario.days - quarter, scenario.days)) if quarter >= 7 else None


def half_year_of(scenario: Scenario) -> tuple[int, int]:
    """Return first day and the day after the last of the window's last six months, or of all of it.

    Its months are those of `Scenario.months`; a window without any is taken as it is.
    """
    bounds = scenario.months[-7:]
    return bounds[0] if bounds else 0, scenario.days


def years_of(scenario: Scenario) -> list[tuple[int, int]]:
    """Return first day and the day after the last of every year of the window; the last one may be shorter."""
    firsts = [*range(0, scenario.days, DAYS_PER_WINDOW_YEAR), scenario.days]
    return list(pairwise(firsts))


def edges_of(scenario: Scenario) -> list[int]:
    """Return the days at which stretches begin and end whose sums are asked for."""
    stretches = [(0, scenario.days), *(quarters_of(scenario) or ()), half_year_of(scenario), *years_of(scenario)]
    stretches += [days for arm in scenario.policies for days in stretches_that_differ(scenario, arm)]
    periods = {day for arm in (BASELINE, *scenario.policies) for day in periods_of(scenario, arm)}
    closed = {day for _, _, *stretch in closed_times(scenario) for day in stretch}
    return sorted({*periods, *closed, *scenario.months, *(day for stretch in stretches for day in stretch)})


def added_up_together(parts: Iterable[Records], first_days: Sequence[int]) -> Records:
    """Return what `added_up` returns of all parts together, no run of which is in two of them: many at a time."""
    found: list[Records] = []
    batch: list[Records] = []
    for part in parts:
        batch.append(part)
        if sum(len(of.daily) for of in batch) >= _ROWS_AT_ONCE:
            found.append(added_up(_one(batch), first_days))
            batch = []
    if batch:
        found.append(added_up(_one(batch), first_days))
    return Records.joined(found)


_ROWS_AT_ONCE = 50_000
"""Rows of daily counts that are added up in one go: about 35 MB."""


def _one(parts: Sequence[Records]) -> Records:
    """Return parts as one, their rows in no order."""
    tables = [part.tables() for part in parts]
    return Records(**{name: pd.concat([of[name] for of in tables], ignore_index=True) for name in tables[0]})


def added_up(part: Records, first_days: Sequence[int]) -> Records:
    """Return records added up over stretches of days, by the first of each, and over years."""
    edges = np.array(first_days)
    first = pd.Series(edges[edges.searchsorted(part.daily["day"], "right") - 1], part.daily.index, name="day")
    keys = [*(part.daily[name] for name in DAILY_COLUMNS[:3]), first]
    summed = part.daily.drop(columns=list(DAILY_COLUMNS[:4])).groupby(keys).sum()
    daily = pd.concat((summed.index.to_frame(index=False), summed.reset_index(drop=True)), axis=1)
    persons, harms = (part.breakdown["quantity"] == name for name in (HERE, "harm"))
    margins = (part.breakdown["offence"] == "all") | (part.breakdown["victim_class"] == "all")
    breakdown = part.breakdown[(persons & margins) | harms].assign(year=0)
    breakdown = breakdown.groupby(list(BREAKDOWN_COLUMNS[:-1]), as_index=False).sum()
    durations = part.durations.assign(year=0).groupby(list(DURATION_COLUMNS[:-1]), as_index=False).sum()
    everywhere = part.persons.assign(site="all", victim_class="all")
    of_years = everywhere.groupby(list(FLOW_COLUMNS[:-1]), as_index=False).sum()
    return Records(daily, breakdown, durations, of_years)


def sums_of(
    scenario: Scenario,
    daily: pd.DataFrame,
    breakdown: pd.DataFrame | None = None,
    stretches: Sequence[tuple[int, int]] = (),
    durations: pd.DataFrame | None = None,
    worlds: Sequence[World] = (),
) -> Sums:
    """Add up the counts of every run.

    Args:
        scenario: The scenario that was run.
        daily: The daily table, the baseline's rows among them if the headline's denominator is to be theirs;
            otherwise it is the declared audience.
        breakdown: The breakdown, for outcomes by class and offence.
        stretches: Of each, the first day and the day after the last; the whole window if none is given.
        durations: The table of durations, for quantiles of the waits of reviewed dossiers.
        worlds: Of each parameter set the scenario and the seeds, where not all runs are of the scenario itself.
    """
    chosen = daily
    if stretches:
        chosen = daily[np.any([daily["day"].between(first, end - 1) for first, end in stretches], axis=0)]
    else:
        chosen = with_hours_alone(scenario, daily)
    within = stretches or [(0, scenario.days)]
    table = chosen.drop(columns="day").groupby(["policy", "seed"]).sum(numeric_only=True)
    if breakdown is not None:
        table = table.join([_persons(scenario, breakdown), _harms(scenario, breakdown)]).fillna(0)
    if not stretches:
        all_alike = World(scenario, list(table.index.unique("seed")))
        table = table.join(harmed_elsewhere(table, worlds or [all_alike]))
    if durations is not None:
        table = table.join(_wait_quantiles(durations[durations["kind"] == "review"]))
    return Sums(
        table=table,
        days=sum(end - first for first, end in within),
        months=sum(_month_ends(scenario, first, end) for first, end in within),
        visitors=_visitors(scenario, daily),
        conversations_per_hour=scenario.population.conversations_per_hour,
        proceedings_per_case=1 / scenario.police.p_modelled,
    )


def dated(scenario: Scenario, daily: pd.DataFrame) -> pd.DataFrame:
    """Return daily counts with the column ``date`` behind ``day``; what is stored has the number alone."""
    dates = pd.Timestamp(scenario.start) + pd.to_timedelta(daily["day"], unit="D")
    behind = [*daily.columns].index("day") + 1
    parts = (daily.iloc[:, :behind], dates.astype("datetime64[ns]").rename("date"), daily.iloc[:, behind:])
    return pd.concat(parts, axis=1)


def by_seed(values: pd.Series[float], policy: str) -> NDArray[np.float64]:
    """Return the values of one policy out of those of every run, in the order of the seeds."""
    index = values.index
    assert isinstance(index, pd.MultiIndex)
    level = index.names.index("policy")
    found: NDArray[np.float64] = np.asarray(values, np.float64)[_rows_of(index, level, policy)]
    return found


def _rows_of(index: pd.MultiIndex, level: int, name: str) -> NDArray[np.bool_]:
    """Return which rows of an index have a name in a level; its codes are quicker to compare than its names."""
    names = index.levels[level]
    rows: NDArray[np.bool_] = index.codes[level] == (names.get_loc(name) if name in names else len(names))
    return rows


def _persons(scenario: Scenario, breakdown: pd.DataFrame) -> pd.DataFrame:
    """Return persons harmed by run (rows) and by offence and class (columns, all that `outcomes_of` may ask for)."""
    chosen = breakdown[breakdown["quantity"] == HERE]
    named = chosen.assign(column=f"{HERE}/" + chosen["offence"] + "/" + chosen["victim_class"])
    counts = named.pivot_table("count", ["policy", "seed"], "column", "sum", fill_value=0)
    asked = [f"{HERE}/all/{c}" for c in CLASSES] + [f"{HERE}/{o.name}/all" for o in scenario.offences]
    return counts.reindex(columns=asked, fill_value=0)


def _harms(scenario: Scenario, breakdown: pd.DataFrame) -> pd.DataFrame:
    """Return harms by run (rows) and offence (columns)."""
    named = breakdown[breakdown["quantity"] == "harm"].assign(column=lambda b: "harm/" + b["offence"])
    counts = named.pivot_table("count", ["policy", "seed"], "column", "sum", fill_value=0)
    return counts.reindex(columns=[f"harm/{o.name}" for o in scenario.offences], fill_value=0)


def _wait_quantiles(waits: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles of the waits of reviewed dossiers by run (rows): the shortest that covers so large a share."""
    by_wait = waits.groupby(["policy", "seed", "hours"], as_index=False)["count"].sum()
    of_run = by_wait.groupby(["policy", "seed"])["count"]
    reached = of_run.cumsum() / of_run.transform("sum")
    columns = {
        f"wait_{name}_hours": by_wait[reached >= share].groupby(["policy", "seed"])["hours"].min()
        for name, share in WAITS.items()
    }
    return pd.DataFrame(columns, dtype=float)


def _month_ends(scenario: Scenario, first: int, end: int) -> int:
    return sum(first < day <= end for day in scenario.months[1:])


def _visitors(scenario: Scenario, daily: pd.DataFrame) -> float:
    baseline = daily[daily["policy"] == BASELINE]
    if baseline["n_monthly_visitors"].any():
        months = _month_ends(scenario, 0, scenario.days)
        return float(baseline["n_monthly_visitors"].sum()) / (months * baseline["seed"].nunique())
    return scenario.population.mean_visitors(scenario.days) * scenario.scale
