"""Experiments: run policies over seeds and compare them in pairs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim import results, table, transparency
from sim.arguments import Seeds, instance_of, scenario_of, seed_of, seeds_of, texts_of, whole
from sim.errors import ScenarioError
from sim.outcomes import HEADLINE, Counts, by_seed, counts_of, not_counted, outcomes_of
from sim.question import Question, Result
from sim.records import KINDS, Records, Runs
from sim.running import Engine, engine_of
from sim.scenario import BASELINE, Scenario
from sim.statistics import (
    FEWEST_EVENTS,
    NONE,
    Interval,
    effect_not_counted,
    paired_effect,
    ratio_interval,
    t_interval,
)
from sim.store import Task
from sim.text import WIDTH, Block, render

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Comparison(Result):
    """Policies compared with the baseline, seed by seed.

    Attributes:
        scenario: What was run.
        policies: The arms, without the baseline, in the scenario's order.
        seeds: The seeds, each run under every arm.
        engine: ``array`` or ``agents``.
        effects: One row per policy and outcome; ``relative`` is a share, ``low`` and ``high`` end 95% intervals. Where
            an outcome cannot be counted, ``reason`` says why.
        interactions: One row per outcome and policy that is exactly two others together: what they do beyond the sum.
        counts: The counts of every run, added up over stretches of days.
        runs: The runs themselves.
    """

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine
    effects: pd.DataFrame = field(repr=False)
    interactions: pd.DataFrame = field(repr=False)
    counts: Counts = field(repr=False)
    runs: Runs = field(repr=False)

    @property
    def daily(self) -> pd.DataFrame:
        """Daily counts of every run, the date beside the number of the day."""
        return dated(self.scenario, self._records.daily)

    @property
    def breakdown(self) -> pd.DataFrame:
        """Counts by year, offence and class of every run."""
        return self._records.breakdown

    @property
    def waits(self) -> pd.DataFrame:
        """How many of the reviewed dossiers had waited how long, of every run."""
        return self._records.waits

    @cached_property
    def _records(self) -> Records:
        return Records.joined(self.runs.parts())

    def blocks(self) -> list[Block]:
        """Return the headline sentence, tables, and what to know of them."""
        return table.comparison(
            self.scenario, self.policies, len(self.seeds), self.effects, self.counts, self.interactions
        )

    def transparency(self) -> pd.DataFrame:
        """Return what the platform itself could publish of every policy: columns `sim.transparency.COLUMNS`."""
        return transparency.record(self.counts)

    def plot(self, what: str = HEADLINE) -> Figure:
        """Draw the difference of an outcome from the baseline over time, or one of the figures that have a name.

        A notebook shows the figure by itself; in a script ``plot().show()`` opens it and ``plot().savefig("a.png")``
        keeps it.

        Args:
            what: An outcome that has a course over time; ``overview`` (change in percent by policy), ``price`` (harm
                spared against visitors turned away) or ``staff`` (how busy moderators are).

        Raises:
            ScenarioError: If there is no such outcome or figure, or the outcome has no course over time.
        """
        from sim import figures

        instance_of(str, what, "what", "the name of a figure or outcome")
        named = self._named_figures()
        if what in named:
            return named[what]()
        found = {o.name: o for o in outcomes_of(self.scenario) if o.over_time}
        if what not in found:
            there = ", ".join((*named, *found))
            raise ScenarioError(f"no figure and no outcome over time is called {what!r}; there are: {there}")
        return figures.differences(self.scenario, self.policies, self.counts, self.effects, found[what])

    def fill(self, folder: Path) -> None:
        """Write the tables."""
        results.write_csv(self.effects, folder / "effects.csv")
        results.write_csv(self.interactions, folder / "interactions.csv")
        results.write_csv(self.transparency(), folder / "transparency.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figures: the course over time, all at a glance, harm against its price, busy staff."""
        return {"difference": self.plot} | self._named_figures()

    def _named_figures(self) -> dict[str, Callable[[], Figure]]:
        from sim import figures

        of_effects = {name: partial(draw, self.policies, self.effects) for name, draw in figures.OF_EFFECTS.items()}
        return {**of_effects, "staff": partial(figures.staff, self.policies, self.counts)}


@dataclass(frozen=True)
class CompareQuestion(Question, name="compare"):
    """Policies compared with the baseline, seed by seed; see `compare`."""

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    seeds: tuple[int, ...]
    engine: Engine = "array"

    def tasks(self) -> list[Task]:
        """Return the one task there is."""
        return [Task(self.scenario, (BASELINE, *self.policies), self.seeds)]

    def effects_and_panels(self) -> tuple[int, int]:
        """Return how much is compared and drawn."""
        return len(self.policies), len(self.policies) + 4

    def answer(self, runs: Iterable[Runs]) -> Comparison:
        """Make the comparison."""
        (found,) = runs
        counts = counts_of(self.scenario, found)
        effects, interactions = effects_of(counts, self.policies), interactions_of(counts, self.policies)
        return Comparison(self.scenario, self.policies, self.seeds, self.engine, effects, interactions, counts, found)


@dataclass(frozen=True)
class Run:
    """One run: one policy, one seed. Not an estimate.

    Attributes:
        scenario: What was run.
        policy: The arm, or ``baseline``.
        seed: The seed.
        engine: ``array`` or ``agents``.
        daily: Daily counts, the date beside the number of the day.
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

    def summary(self, width: int = WIDTH) -> str:
        """Return the outcomes of this run as text for a terminal whose lines have so many characters."""
        return render(self._blocks(), width)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return "".join(block.html() for block in self._blocks())

    def _blocks(self) -> list[Block]:
        return table.summary(self.scenario, self.policy, self.seed, self.daily)

    def trace(self, contact: int) -> pd.DataFrame:
        """Return the events of one contact, with the time of the clock and in words.

        Raises:
            ScenarioError: If the run kept no events, or none of this contact.
        """
        events = _events_of(self)
        number = whole(contact)
        found = events[events["contact"] == number]
        if number is None or number < 0 or found.empty:
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
    seeds: Seeds | None = None,
    workers: int = 1,
    engine: Engine = "array",
    progress: bool = False,
    out: str | Path | None = None,
) -> Comparison:
    """Run policies and the baseline over the same seeds and compare them in pairs.

    Args:
        scenario: What to run.
        policies: Arms of the scenario; all of them if not given.
        seeds: How many (then 0, 1, 2, ...) or which; as many as the scenario says if not given.
        workers: Processes. The results do not depend on it.
        engine: ``array`` (fast) or ``agents`` (to be read; small chats only).
        progress: Show how far it is: a bar on a terminal, elsewhere a line now and then.
        out: A folder to keep finished runs in, and to write tables and figures into. The same call again runs only
            what is missing there; more seeds or policies are added to it.

    Raises:
        ScenarioError: If a policy is unknown, there is none, there are fewer than two seeds, or the folder holds
            something else.
    """
    found: Comparison = results.answer(question(scenario, policies, seeds, engine), workers, progress, out)
    return found


def question(
    scenario: Scenario,
    policies: Iterable[str] | None = None,
    seeds: Seeds | None = None,
    engine: Engine = "array",
) -> CompareQuestion:
    """Return what `compare` asks, checked; arguments and errors are those of `compare`."""
    arms = arms_of(scenario_of(scenario), policies)
    return CompareQuestion(scenario, arms, seeds_of(scenario.seeds if seeds is None else seeds), engine)


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
    arm, number = scenario_of(scenario).arm(policy), seed_of(seed)
    kept = instance_of(bool, events, "events", "True or False")
    records = Records.joined([engine_of(engine)(scenario, [number], [arm], events=kept)])
    return Run(scenario, arm, number, engine, dated(scenario, records.daily), records.breakdown, records.events)


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


def effects_of(counts: Counts, policies: Sequence[str]) -> pd.DataFrame:
    """Return the table of effects: one row per policy and outcome, as `Comparison.effects`."""
    sums = counts.sums()
    found = [(o, o.formula(sums), sums.table[list(o.behind)].sum(axis=1)) for o in outcomes_of(counts.scenario)]
    rows = []
    for policy in policies:
        for outcome, value, behind in found:
            reason = not_counted(counts.scenario, outcome, policy)
            base, values = by_seed(value, BASELINE), by_seed(value, policy)
            events = float(by_seed(behind, BASELINE).sum()), float(by_seed(behind, policy).sum())
            key = f"{policy}/{outcome.name}"
            effect = effect_not_counted(base) if reason else paired_effect(base, values, events, key, outcome.harm)
            names = {"policy": policy, "outcome": outcome.name, "unit": outcome.unit}
            nothing = _NOTHING if effect.verdict == "not counted" else ""
            rows.append(names | _flat(asdict(effect)) | {"reason": reason or nothing})
    table = pd.DataFrame(rows)
    return table.assign(seeds_to_halve=pd.array([row["seeds_to_halve"] for row in rows], "Int64"))


_NOTHING = "under neither is there anything in any seed to take a share or a mean of"
"""Why an outcome that the window and the policy allow to be counted is not, where it is not."""

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
    parts = {arm: sorted((p.name, repr(p)) for p in counts.scenario.policies[arm]) for arm in policies}
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
        value, behind = outcome.formula(sums), sums.table[list(outcome.behind)].sum(axis=1)
        for arms in triples:
            base, both, one, other = (by_seed(value, arm) for arm in (BASELINE, *arms))
            beyond = both - one - other + base
            beyond[np.abs(beyond) <= _ROUNDING * (both + one + other + base)] = 0
            if any(not_counted(counts.scenario, outcome, arm) for arm in arms):
                rows.append((*arms, outcome.name, outcome.unit, *NONE, *NONE, 0, "not counted"))
                continue
            known = np.isfinite(beyond)
            events = [float(by_seed(behind, arm).sum()) for arm in (BASELINE, *arms)]
            step = float(np.nansum([base, both, one, other])) / (sum(events) or np.inf)
            found = t_interval(beyond[known], step)
            verdict = _verdict_of(found, max(events))
            relative = NONE if verdict == "too few" else ratio_interval(beyond[known], base[known], step)
            rows.append((*arms, outcome.name, outcome.unit, *found, *relative, int(known.sum()), verdict))
    order = {both: i for i, (both, _, _) in enumerate(triples)}
    table = pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS))
    return table.sort_values("policy", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def _verdict_of(beyond: Interval, events: float) -> str:
    if beyond.value == beyond.low == beyond.high == 0:
        return "identical"
    if events < FEWEST_EVENTS or beyond.low != beyond.low:
        return "too few"
    return ("not resolved", "above the sum", "below the sum")[beyond.sign]


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
    asked = known if policies is None else [scenario.arm(name) for name in texts_of(policies, "policies")]
    found = tuple(name for name in known if name in asked)
    if not found:
        raise ScenarioError("there is no policy to compare with the baseline")
    return found


def dated(scenario: Scenario, daily: pd.DataFrame) -> pd.DataFrame:
    """Return daily counts with the column ``date`` behind ``day``; what is stored has the number alone."""
    dates = pd.Timestamp(scenario.start) + pd.to_timedelta(daily["day"], unit="D")
    found = daily.copy(deep=False)
    found.insert([*daily.columns].index("day") + 1, "date", dates.astype("datetime64[ns]"))
    return found


def _events_of(run: Run) -> pd.DataFrame:
    events = instance_of(Run, run, "run", "what sim.run returns").events
    if events is None:
        raise ScenarioError("this run kept no events; run it again with events=True")
    return events
