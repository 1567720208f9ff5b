"""Outcomes: each reported quantity declared once, with name, words, unit, better direction and formula.

A formula sees `Sums`: the daily and breakdown counts of every run added up over the measured window (or a part of it),
one row per run. True harm (what happened in the model) and recorded harm (what reached the police) are kept apart.
Levels of true harm are not identified; only changes between policies mean anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.parameters import CLASSES, HOURS_PER_MONTH
from sim.records import BREAKDOWN_COLUMNS, DAILY_COLUMNS, WAIT_COLUMNS, Records, Runs
from sim.scenario import BASELINE, SHORTEST_MONTH, Scenario

DAYS_PER_MONTH = HOURS_PER_MONTH / 24
DAYS_PER_YEAR = 12 * DAYS_PER_MONTH

_PERIODS = 13

Better = Literal["lower", "higher", "neither"]


@dataclass(frozen=True)
class Sums:
    """Counts added up over a stretch of days, one row per run.

    Attributes:
        table: Index (policy, seed); columns are those of the daily table and, for the whole window,
            ``persons_harmed/<offence>/<victim_class>`` and ``harm/<offence>``.
        days: Days added up.
        months: Months that end within them, of those in which visitors are counted: see `Scenario.months`.
        visitors: Mean monthly visitors of the baseline over the window: the fixed denominator of the headline. The
            declared audience where they are not counted.
        conversations_per_hour: Lawful conversations a user holds in an hour (an input).
    """

    table: pd.DataFrame
    days: int
    months: int
    visitors: float
    conversations_per_hour: float

    def __getitem__(self, column: str) -> pd.Series[float]:
        """Return the sum of a column for every run."""
        return self.table[column].astype(float)

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
class Outcome:
    """One reported quantity.

    Attributes:
        name: Name in ``effects.csv``.
        label: Plain words.
        unit: Unit in words.
        better: Direction that is better: ``lower``, ``higher`` or ``neither``.
        formula: From sums to one number per run.
        behind: Columns whose counts stand behind the outcome: fewer than 20 in both arms are too few to compare.
        harm: Whether it counts true harm, so that a Poisson yardstick applies.
        over_time: Whether it can be computed for a part of the window.
        by_month: Whether it counts persons by month, which not every window or policy has: see `not_counted`.
        course: What to know of its course over time, where it is drawn.
    """

    name: str
    label: str
    unit: str
    better: Better
    formula: Callable[[Sums], pd.Series[float]]
    behind: tuple[str, ...]
    harm: bool = False
    over_time: bool = True
    by_month: bool = False
    course: str = ""


HEADLINE = "persons_harmed"
"""Name of the first outcome: what the first sentence is about."""

SECOND = "harm_per_100k_user_days"
"""Name of the second: the risk of those who remain, whom neither the door nor a bar keeps out that day."""

IDLE, OVERLOADED = 0.2, 0.9
"""Shares of capacity (`staff_busy_share`) below which more staff can change next to nothing, and above which a queue
grows: at random arrivals waits rise without limit as the share nears 1."""

_PER_VISITORS = "persons a year per 1,000 baseline monthly visitors"
_PER_DECLARED = "persons a year per 1,000 declared monthly visitors"

OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        HEADLINE, "Persons seriously harmed", _PER_VISITORS, "lower",
        lambda s: s.a_year("n_persons_harmed") * (1000 / s.visitors), ("n_persons_harmed",), harm=True,
        course="Each person counts once in a year of the window: as it goes on, fewer are left to be counted anew, "
        "under the policy as under the baseline, and a difference fades.",
    ),
    Outcome(
        SECOND, "Serious harm per day of use, of those neither turned away nor barred",
        "serious harms per 100,000 user-days", "lower",
        lambda s: s.share("n_harm_serious", "n_user_days") * 100_000, ("n_harm_serious",),
    ),
    Outcome(
        "harms", "Harms, of every offence", "harms a year", "lower",
        lambda s: s.a_year("n_harm"), ("n_harm",), harm=True,
    ),
    Outcome(
        "harms_off_platform", "Harms off the platform", "harms a year", "lower",
        lambda s: s.a_year("n_harm_off_platform"), ("n_harm_off_platform",), harm=True,
    ),
    Outcome(
        "harms_redirected", "Harms of persons approached instead of somebody absent", "harms a year", "lower",
        lambda s: s.a_year("n_harm_redirected"), ("n_harm_redirected",), harm=True,
    ),
    Outcome(
        "approaches", "Approaches by predators", "approaches a month", "lower",
        lambda s: s.a_month("n_approach"), ("n_approach",),
    ),
    Outcome(
        "private_contacts", "Contacts that turned private", "contacts a month", "lower",
        lambda s: s.a_month("n_private"), ("n_private",),
    ),
    Outcome(
        "predator_hours", "Predators online", "hours online a month", "lower",
        lambda s: s.a_month("n_predator_hours"), ("n_predator_hours",),
    ),
    Outcome(
        "reported_share", "Recognised contacts that are reported to the site",
        "share of recognitions on the platform", "higher",
        lambda s: s.share("n_report", "n_recognise_on_platform"), ("n_report",),
    ),
    Outcome(
        "stayed_share", "Recognised contacts that targets go on with", "share of recognitions", "lower",
        lambda s: s.share("n_stay", "n_recognise"), ("n_stay",),
    ),
    Outcome(
        "flagged", "Contacts that trusted flaggers report", "reports a month", "neither",
        lambda s: s.a_month("n_flag"), ("n_flag",),
    ),
    Outcome(
        "sought_again", "Blocked predators who come upon the same target once more",
        "share of blocks on the platform", "lower",
        lambda s: s.share("n_seek", "n_block_on_platform"), ("n_seek",),
    ),
    Outcome(
        "false_reports", "Reports of lawful users", "reports a month", "lower",
        lambda s: s.a_month("n_false_report"), ("n_false_report",),
    ),
    Outcome(
        "reviews", "Dossiers reviewed", "reviews a month", "neither",
        lambda s: s.a_month("n_review"), ("n_review",),
    ),
    Outcome(
        "staff_busy_share", "Staff busy: reviews done of those it could do", "share of capacity",
        "neither",
        lambda s: s.share("n_review", "n_capacity"), ("n_review",),
    ),
    Outcome(
        "evidence_share", "Reviews with evidence still there", "share of reviews", "higher",
        lambda s: s.share("n_review_evidence", "n_review"), ("n_review",),
    ),
    Outcome(
        "waiting_hours", "Wait of a dossier until its review", "hours, mean", "lower",
        lambda s: s.share("n_wait_hours", "n_review"), ("n_review",),
    ),
    Outcome(
        "backlog", "Dossiers waiting", "dossiers, mean over the hours", "lower",
        lambda s: s["n_waiting_hours"] / (24 * s.days), ("n_open",),
    ),
    Outcome(
        "expired", "Dossiers that expired unread", "dossiers a month", "lower",
        lambda s: s.a_month("n_expire"), ("n_expire",),
    ),
    Outcome(
        "predators_warned", "Warnings of predators", "warnings a year", "neither",
        lambda s: s.a_year("n_warn") - s.a_year("n_warn_user"), ("n_warn",),
    ),
    Outcome(
        "predators_barred", "Suspensions of and bans on predators", "sanctions a year", "neither",
        lambda s: s.a_year("n_bar") - s.a_year("n_bar_user") + s.a_year("n_suspend") - s.a_year("n_suspend_user"),
        ("n_bar", "n_suspend"),
    ),
    Outcome(
        "innocents_sanctioned", "Warnings, suspensions and bans of lawful users", "sanctions a year", "lower",
        lambda s: s.a_year("n_warn_user") + s.a_year("n_suspend_user") + s.a_year("n_bar_user"),
        ("n_warn_user", "n_suspend_user", "n_bar_user"),
    ),
    Outcome(
        "returns", "Persons out who came back as strangers", "returns a year", "neither",
        lambda s: s.a_year("n_return"), ("n_return",),
    ),
    Outcome(
        "recorded_harm", "Recorded harm: complaints to the police", "complaints a year", "neither",
        lambda s: s.a_year("n_complain"), ("n_complain",),
    ),
    Outcome(
        "recorded_per_harm", "Recorded harm relative to true harm", "complaints per harm", "neither",
        lambda s: s.share("n_complain", "n_harm"), ("n_complain",),
    ),
    Outcome(
        "visitors_turned_away", "Lawful visitors never let in", "visitors a month", "lower",
        lambda s: s.monthly("n_monthly_turned_away"), ("n_monthly_turned_away",), by_month=True,
        course="Each step is a month of the window, in which a policy may start or end.",
    ),
    Outcome(
        "user_days_lost", "Days of lawful use lost at the door", "user-days a month", "lower",
        lambda s: s.a_month("n_user_days_turned_away"), ("n_user_days_turned_away",),
    ),
    Outcome(
        "user_hours", "Lawful users online", "user-hours a month", "higher",
        lambda s: s.a_month("n_user_hours"), ("n_user_hours",),
    ),
    Outcome(
        "conversations_lost", "Lawful conversations lost (an input times hours lost)", "conversations a month", "lower",
        lambda s: s.conversations_per_hour * (s.a_month("n_user_hours_turned_away") + s.a_month("n_user_hours_barred")),
        ("n_user_hours_turned_away", "n_user_hours_barred"),
    ),
    Outcome(
        "user_days_barred", "Days of lawful use lost to suspensions and bans", "user-days a month", "lower",
        lambda s: s.a_month("n_user_days_barred"), ("n_user_days_barred",),
    ),
    Outcome(
        "hours_barred", "Lawful use lost to suspensions and bans", "user-hours a month", "lower",
        lambda s: s.a_month("n_user_hours_barred"), ("n_user_hours_barred",),
    ),
    Outcome(
        "hours_limited", "Lawful use with an account too new to write to strangers", "user-hours a month", "lower",
        lambda s: s.a_month("n_user_hours_limited"), ("n_user_hours_limited",),
    ),
    Outcome(
        "history_kept", "Message history in store (a copy counts as one hour)",
        "user-hours of messages, mean over the hours", "lower",
        lambda s: (s["n_history_hours"] + s["n_snapshot_hours"]) / (24 * s.days),
        ("n_history_hours", "n_snapshot_hours"),
    ),
    Outcome(
        "snapshots_kept", "Dossiers with a copy of a conversation", "dossiers, mean over the hours", "lower",
        lambda s: s["n_snapshot_hours"] / (24 * s.days), ("n_snapshot_hours",),
    ),
    Outcome(
        "moderator_hours", "Moderators on shift", "hours a month", "lower",
        lambda s: s.a_month("n_moderator_milli_hours") / 1000, ("n_moderator_milli_hours",),
    ),
)  # fmt: skip
"""Every quantity reported for every scenario, the headline first. Harm by class and offence: `outcomes_of`."""

BY_NAME = {outcome.name: outcome for outcome in OUTCOMES}
"""The same by their names."""


def _harmed(offence: str, victim_class: str, name: str, label: str, unit: str) -> Outcome:
    column = f"persons_harmed/{offence}/{victim_class}"
    return Outcome(
        f"{HEADLINE}_{name}",
        f"Persons seriously harmed: {label}",
        unit,
        "lower",
        lambda s: s.persons_harmed(offence, victim_class),
        (column,),
        harm=True,
        over_time=False,
    )


def _harm_index(scenario: Scenario, weight: str, name: str, label: str) -> Outcome:
    weights = {f"harm/{o.name}": float(getattr(o, f"severity_{weight}")) for o in scenario.offences}
    return Outcome(
        name,
        label,
        "weighted harms a year",
        "lower",
        lambda s: sum((w * s.a_year(column) for column, w in weights.items()), start=0 * s["n_harm"]),
        tuple(weights),
        harm=True,
        over_time=False,
    )


WAITS = {"median": 0.5, "p95": 0.95}
"""Quantiles of waiting that are reported."""


def _wait(name: str, label: str) -> Outcome:
    return Outcome(
        f"waiting_hours_{name}", f"Wait of a dossier until its review, {label}", "hours", "lower",
        lambda s: s[f"wait_{name}_hours"], ("n_review",), over_time=False,
    )  # fmt: skip


def outcomes_of(scenario: Scenario, baseline: bool = True) -> tuple[Outcome, ...]:
    """Return every outcome of a scenario: `OUTCOMES`, weighted harm, persons harmed by class and by serious offence.

    Results by offence illustrate: the shares of offences are assumptions. Outside victims belong to no class.

    Args:
        scenario: What is run.
        baseline: Whether the baseline is among the runs, whose visitors are then what harm is related to.
    """
    unit = _PER_VISITORS if baseline and scenario.months else _PER_DECLARED
    weighted = (
        _harm_index(scenario, "sentence", "harm_by_sentence", "Harm weighted by the longest sentence, in years"),
        _harm_index(scenario, "own", "harm_by_own_weights", "Harm weighted as the scenario says"),
    )
    words = ("under 15", "15 to 17", "adults", "adults of a targeted minority")
    classes = (_harmed("all", name, name, label, unit) for name, label in zip(CLASSES, words, strict=True))
    offences = (_harmed(o.name, "all", o.name, o.label or o.name, unit) for o in scenario.offences if o.serious)
    waiting = (_wait("median", "median"), _wait("p95", "95th percentile"))
    return (replace(OUTCOMES[0], unit=unit), *OUTCOMES[1:], *waiting, *weighted, *classes, *offences)


NO_MONTH = f"the window is shorter than a month of {SHORTEST_MONTH} days"
"""Why persons by month are not counted under any policy, where they are not."""


def not_counted(scenario: Scenario, outcome: Outcome, policy: str) -> str:
    """Return why an outcome cannot be counted under a policy, in words; empty if it can."""
    if not outcome.by_month:
        return ""
    if not scenario.months:
        return NO_MONTH
    only_before = 0 <= scenario.last_day_of_door(policy) < scenario.months[0]
    return "its door is in force only before the months that are counted" if only_before else ""


def reasons(effects: pd.DataFrame, outcome: str, policies: Sequence[str]) -> dict[str, list[str]]:
    """Return the policies under which an outcome is not counted, by the reason.

    Args:
        effects: The table of effects.
        outcome: Name of the outcome.
        policies: The arms to look at.
    """
    why = effects[effects["outcome"] == outcome].set_index("policy")["reason"]
    found: dict[str, list[str]] = {}
    for policy in policies:
        if why[policy]:
            found.setdefault(str(why[policy]), []).append(policy)
    return found


@dataclass(frozen=True)
class Counts:
    """What analyses read of runs: their counts added up over stretches of days, small however many runs there are.

    Attributes:
        scenario: What was run.
        records: The daily counts, with one row a stretch instead of a day (its first day in the column ``day``); those
            rows of the breakdown that outcomes are made of, added up over the years; the waits, likewise.
        hashes: A hash of the daily counts of every run (rows, policy and seed) by column: equal where they are.
    """

    scenario: Scenario
    records: Records
    hashes: pd.DataFrame

    def sums(self, days: tuple[int, int] | None = None) -> Sums:
        """Add up a stretch of days, or the whole window with the counts by offence and class and the waits.

        Args:
            days: First day and the day after the last, both among `edges_of`.
        """
        if days is None:
            return sums_of(self.scenario, self.records.daily, self.records.breakdown, waits=self.records.waits)
        if not {*days} <= {*edges_of(self.scenario)}:
            raise ValueError(f"days {days} do not begin and end with stretches of days: {edges_of(self.scenario)}")
        return sums_of(self.scenario, self.records.daily, days=days)


def counts_of(scenario: Scenario, runs: Runs) -> Counts:
    """Return what analyses read of runs, which are looked at policy by policy."""
    parts, hashes = [], []
    for part in runs.parts():
        parts.append(_added_up(scenario, part))
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


def edges_of(scenario: Scenario) -> list[int]:
    """Return the days at which stretches begin and end whose sums are asked for."""
    stretches = [(0, scenario.days), *(quarters_of(scenario) or ()), half_year_of(scenario)]
    periods = {day for arm in (BASELINE, *scenario.policies) for day in periods_of(scenario, arm)}
    return sorted({*periods, *scenario.months, *(day for stretch in stretches for day in stretch)})


def _added_up(scenario: Scenario, part: Records) -> Records:
    """Return records added up over stretches of days and over years."""
    edges = np.array(edges_of(scenario))
    daily = part.daily.assign(day=edges[edges.searchsorted(part.daily["day"], "right") - 1])
    daily = daily.groupby(list(DAILY_COLUMNS[:4]), as_index=False).sum()
    persons, harms = (part.breakdown["quantity"] == name for name in (HEADLINE, "harm"))
    margins = (part.breakdown["offence"] == "all") | (part.breakdown["victim_class"] == "all")
    breakdown = part.breakdown[(persons & margins) | harms].assign(year=0)
    breakdown = breakdown.groupby(list(BREAKDOWN_COLUMNS[:-1]), as_index=False).sum()
    waits = part.waits.assign(year=0).groupby(list(WAIT_COLUMNS[:-1]), as_index=False).sum()
    return Records(daily, breakdown, waits)


def sums_of(
    scenario: Scenario,
    daily: pd.DataFrame,
    breakdown: pd.DataFrame | None = None,
    days: tuple[int, int] | None = None,
    waits: pd.DataFrame | None = None,
) -> Sums:
    """Add up the counts of every run.

    Args:
        scenario: The scenario that was run.
        daily: The daily table, the baseline's rows among them if the headline's denominator is to be theirs;
            otherwise it is the declared audience.
        breakdown: The breakdown, for outcomes by class and offence.
        days: First day and the day after the last; the whole window if not given.
        waits: The table of waits, for their quantiles.
    """
    first, end = days or (0, scenario.days)
    chosen = daily if days is None else daily[daily["day"].between(first, end - 1)]
    table = chosen.drop(columns="day").groupby(["policy", "seed"]).sum(numeric_only=True)
    if breakdown is not None:
        table = table.join([_persons(scenario, breakdown), _harms(scenario, breakdown)]).fillna(0)
    if waits is not None:
        table = table.join(_wait_quantiles(waits))
    return Sums(
        table=table,
        days=end - first,
        months=_month_ends(scenario, first, end),
        visitors=_visitors(scenario, daily),
        conversations_per_hour=scenario.population.conversations_per_hour,
    )


def by_seed(values: pd.Series[float], policy: str) -> NDArray[np.float64]:
    """Return the values of one policy out of those of every run, in the order of the seeds."""
    return np.asarray(values[values.index.get_level_values("policy") == policy], np.float64)


def _persons(scenario: Scenario, breakdown: pd.DataFrame) -> pd.DataFrame:
    """Return persons harmed by run (rows) and by offence and class (columns, all that `outcomes_of` may ask for)."""
    chosen = breakdown[breakdown["quantity"] == HEADLINE]
    named = chosen.assign(column=f"{HEADLINE}/" + chosen["offence"] + "/" + chosen["victim_class"])
    counts = named.pivot_table("count", ["policy", "seed"], "column", "sum", fill_value=0)
    asked = [f"{HEADLINE}/all/{c}" for c in CLASSES] + [f"{HEADLINE}/{o.name}/all" for o in scenario.offences]
    return counts.reindex(columns=asked, fill_value=0)


def _harms(scenario: Scenario, breakdown: pd.DataFrame) -> pd.DataFrame:
    """Return harms by run (rows) and offence (columns)."""
    named = breakdown[breakdown["quantity"] == "harm"].assign(column=lambda b: "harm/" + b["offence"])
    counts = named.pivot_table("count", ["policy", "seed"], "column", "sum", fill_value=0)
    return counts.reindex(columns=[f"harm/{o.name}" for o in scenario.offences], fill_value=0)


def _wait_quantiles(waits: pd.DataFrame) -> pd.DataFrame:
    """Return quantiles of the waits of reviewed dossiers by run (rows): the shortest that covers so large a share."""
    rows = []
    for run, of_run in waits.groupby(["policy", "seed"]):
        by_wait = of_run.groupby("wait_hours")["reviews"].sum().sort_index()
        reached = by_wait.to_numpy().cumsum() / by_wait.sum()
        hours = by_wait.index.to_numpy()[reached.searchsorted(list(WAITS.values()))]
        rows.append((*run, *hours.astype(float)))
    columns = ["policy", "seed", *(f"wait_{name}_hours" for name in WAITS)]
    return pd.DataFrame(rows, columns=columns).set_index(["policy", "seed"])


def _month_ends(scenario: Scenario, first: int, end: int) -> int:
    return sum(first < day <= end for day in scenario.months[1:])


def _visitors(scenario: Scenario, daily: pd.DataFrame) -> float:
    baseline = daily[daily["policy"] == BASELINE]
    if baseline["n_monthly_visitors"].any():
        months = _month_ends(scenario, 0, scenario.days)
        return float(baseline["n_monthly_visitors"].sum()) / (months * baseline["seed"].nunique())
    return scenario.population.mean_visitors(scenario.days) * scenario.scale
