"""Patterns: what is known of real platforms, beside what the model makes of it. They stand in ``patterns.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from sim.model.world.draws import Bools, Draws
from sim.model.world.keys import N_MINOR_STRATA, N_RATES, N_USER_STRATA, Ints, home_of, stratum_of
from sim.model.world.population import MONTH_DAYS, membership, visits_per_month
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.statistics import Floats, Interval, ratio_interval, t_interval
from sim.policies.policy import Policy
from sim.rules.errors import ScenarioError, suggestion
from sim.rules.sentences import Listed, Sentence
from sim.scenario.reading import load
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.shipped import file_of

Kind = Literal["C", "E", "I", "A"]

KINDS: Mapping[Kind, str] = {
    "C": "calibrates",
    "E": "must emerge",
    "I": "echo of an input",
    "A": "arithmetic",
}
"""Kinds of patterns, in words."""

Counts = str | Sequence[str]
"""Name of a daily count, or of several that are added up."""

_BASE = "generic_chat"
_NULL_DRAWS = 200


@dataclass(frozen=True)
class Quantity:
    """One number of a pattern, observed and simulated.

    Attributes:
        label: What it is.
        kind: See `KINDS`.
        observed: What is known of real platforms, in words.
        evidence: Rows of the evidence table that say so.
        measure: Name of the function in `MEASURES`.
        low: Lower end of the tolerance; no bound if not given.
        high: Upper end, likewise.
        percent: Whether it is shown in percent.
        sign_only: Whether the tolerance asks for a direction alone, whatever the size.
        of: What that function is given.
        preset: Settings for this quantity alone, on top of the pattern's.
        finding: Why it does not pass, where it does not.
    """

    label: str
    kind: Kind
    observed: str
    evidence: Sequence[str]
    measure: str
    low: float = -np.inf
    high: float = np.inf
    percent: bool = False
    sign_only: bool = False
    of: Mapping[str, Any] = field(default_factory=dict)
    preset: Mapping[str, Any] = field(default_factory=dict)
    finding: str = ""


@dataclass(frozen=True)
class Pattern:
    """A pattern that the model is judged by.

    Attributes:
        number: Number in the list of patterns.
        name: Short name.
        title: What it says.
        seeds: How many runs of each arm.
        mechanism: What makes it in the model, in words.
        quantity: Its quantities.
        preset: Settings laid over the base.
        base: File of scenarios/ that they are laid over; if empty `generic_chat`, with ``base`` of the data over it.
        arms: Policies to run beside the preset alone, as in a scenario file.
        off: Settings that switch the mechanism off; empty where there is none.
        off_words: The same in words.
    """

    number: int
    name: str
    title: str
    seeds: int
    mechanism: str
    quantity: tuple[Quantity, ...]
    preset: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""
    arms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    off: Mapping[str, Any] = field(default_factory=dict)
    off_words: str = ""

    def scenario(self, *overlays: Mapping[str, Any]) -> Scenario:
        """Return what is run: base, preset and overlays, the later over the earlier."""
        settings = {**({} if self.base else _data()["base"]), **self.preset}
        for overlay in overlays:
            settings |= overlay
        arms = {
            arm: tuple(Policy.registry[lever].model_validate(levels) for lever, levels in levers.items())
            for arm, levers in self.arms.items()
        }
        return load(file_of(self.base or _BASE)).replace(policies=arms, **settings)


@dataclass(frozen=True)
class Simulated:
    """The runs of one scenario: counts, and those events that measures look at, of the measured window."""

    scenario: Scenario
    daily: pd.DataFrame
    breakdown: pd.DataFrame
    events: pd.DataFrame | None

    def total(self, arm: str, count: Counts, days: Sequence[int] | None = None, site: str = "") -> Floats:
        """Return daily counts added up over the window, or from a day until before another, one value a seed.

        They are those of all sites, or of one that is named.
        """
        first, end = days or (0, self.scenario.days)
        chosen = self.daily[(self.daily["policy"] == arm) & self.daily["day"].between(first, end - 1)]
        if site:
            chosen = chosen[chosen["site"] == site]
        counts = [count] if isinstance(count, str) else [*count]
        return chosen.groupby("seed")[counts].sum().sum(axis=1).to_numpy(np.float64)

    def under(self, arm: str, quantity: str, offences: Sequence[str]) -> Floats:
        """Return a quantity of the breakdown added up over some offences, one value a seed."""
        of = self.breakdown[(self.breakdown["policy"] == arm) & (self.breakdown["quantity"] == quantity)]
        by_seed = of[of["offence"].isin(offences)].groupby("seed")["count"].sum()
        return by_seed.reindex(self.seeds, fill_value=0).to_numpy(np.float64)

    def share(self, arm: str, part: Counts, whole: Counts, days: Sequence[int] | None = None) -> Floats:
        """Return one count as a share of another, one value a seed."""
        with np.errstate(invalid="ignore"):
            return self.total(arm, part, days) / self.total(arm, whole, days)

    def of_each_seed(self, arm: str, kind: str) -> list[pd.DataFrame]:
        """Return the events of one kind, one table a seed."""
        assert self.events is not None
        chosen = self.events[(self.events["policy"] == arm) & (self.events["event"] == kind)]
        return [chosen[chosen["seed"] == seed] for seed in self.seeds]

    @property
    def seeds(self) -> list[int]:
        """The seeds in rising order, which is the order of whatever comes one a seed."""
        return sorted(set(self.daily["seed"]))

    def chances(self, predators: bool, null: str) -> list[pd.Series[float]]:
        """Return by person what part of all harms chance would give them: those sought, or those who offend.

        One series a seed, for a seed has its own members.

        Args:
            predators: Whether predators, or the users of the classes that offences seek.
            null: ``equal`` (all days of membership count alike) or ``visit rates`` (by how often the person visits).
        """
        members = membership(self.scenario, Draws(self.seeds))
        person = members.person(np.arange(members.n_slots))
        stratum = stratum_of(person)
        if predators:
            counts = (stratum >= N_USER_STRATA).astype(np.float64)
        else:
            sought = np.array([o.target_weights for o in self.scenario.offences]).any(axis=0)
            counts = np.append(np.repeat(sought, N_RATES), [False] * N_RATES).astype(np.float64)[stratum]
        if null == "visit rates":
            counts *= visits_per_month(self.scenario)[stratum]
        days = range(self.scenario.warmup_days, self.scenario.warmup_days + self.scenario.days)
        found = []
        for seed in range(len(self.seeds)):
            n_days = sum(members.present(seed, day, person).astype(np.int64) for day in days)
            weight = pd.Series(counts * n_days, person)
            found.append(weight[weight > 0] / weight.sum())
        return found

    def minors_who_visit(self) -> Floats:
        """Return how many minors of the first site visit it in the window, in the mean, if its door lets in all."""
        members = membership(self.scenario, Draws(self.seeds))
        person = members.person(np.arange(members.n_slots))
        person = person[_is_minor(person)]
        rate = visits_per_month(self.scenario)[stratum_of(person)] / MONTH_DAYS
        days = range(self.scenario.warmup_days, self.scenario.warmup_days + self.scenario.days)
        found = []
        for seed in range(len(self.seeds)):
            n_days = sum(members.present(seed, day, person).astype(np.int64) for day in days)
            found.append((1 - np.exp(-rate * n_days)).sum())
        return np.array(found)


# -- measures -----------------------------------------------------------------------------------------------------


def count(runs: Simulated, arm: str, count: str) -> Interval:
    """A count over the window."""
    return t_interval(runs.total(arm, count)).within(least=0)


def share(runs: Simulated, arm: str, part: Counts, whole: Counts) -> Interval:
    """One count as a share of another, either of them several counts together."""
    return ratio_interval(runs.total(arm, part), runs.total(arm, whole)).within(0, 1)


def share_under(runs: Simulated, arm: str, part: str, whole: str, offences: Sequence[str]) -> Interval:
    """One quantity of the breakdown as a share of another, under some offences alone."""
    return ratio_interval(runs.under(arm, part, offences), runs.under(arm, whole, offences)).within(0, 1)


def mean_days(runs: Simulated, arm: str, hours: str, count: str) -> Interval:
    """How many days something takes in the mean: hours added up, by how often it happened."""
    return ratio_interval(runs.total(arm, hours) / 24, runs.total(arm, count)).within(least=0)


def per_day(runs: Simulated, arm: str, count: str, milli_hours: str) -> Interval:
    """A count for every day of somebody who is there at all hours."""
    return ratio_interval(runs.total(arm, count), runs.total(arm, milli_hours) / 24_000).within(least=0)


def proceedings(runs: Simulated, arm: str) -> Interval:
    """Recorded proceedings of all kinds a month per 1,000 monthly visitors: `BY_NAME["recorded_proceedings"]`."""
    scenario, counts = runs.scenario, BY_NAME["recorded_proceedings"].behind
    visitors = runs.total(arm, "n_monthly_visitors") / len(scenario.months)
    a_month = runs.total(arm, counts) / (scenario.days / MONTH_DAYS)
    return ratio_interval(1000 / scenario.police.p_modelled * a_month, visitors).within(least=0)


def difference_of_shares(runs: Simulated, arm: str, against: str, part: str, whole: str) -> Interval:
    """Such a share, less that of another arm."""
    return t_interval(runs.share(arm, part, whole) - runs.share(against, part, whole)).within(-1, 1)


def change(runs: Simulated, arm: str, count: str, days: Sequence[int] | None = None, site: str = "") -> Interval:
    """A count relative to the baseline's, as a change: in all, over some days alone, or on one site."""
    return _change(*(runs.total(name, count, days, site) for name in (arm, BASELINE)))


def half_life(
    runs: Simulated, arm: str, count: str, early: Sequence[int], later: Sequence[int], last: Sequence[int]
) -> Interval:
    """Months in which half of what a count lacks of its level over the last days comes back, by what it lacks twice."""
    levels = [runs.total(arm, count, days) / (days[1] - days[0]) for days in (early, later, last)]
    with np.errstate(divide="ignore", invalid="ignore"):
        halvings = np.log2((levels[2] - levels[0]) / (levels[2] - levels[1]))
        return t_interval((sum(later) - sum(early)) / 2 / MONTH_DAYS / halvings)


def change_of_share(runs: Simulated, arm: str, part: str, whole: str, days: Sequence[int]) -> Interval:
    """A share of two counts over some days relative to the baseline's, as a change."""
    return _change(runs.share(arm, part, whole, days), runs.share(BASELINE, part, whole, days))


def share_of_loss(runs: Simulated, arm: str, part: str, other: str) -> Interval:
    """What an arm loses of one count against the baseline, as a share of what it loses of that and another."""
    lost, other_lost = (runs.total(BASELINE, name) - runs.total(arm, name) for name in (part, other))
    return ratio_interval(lost, lost + other_lost)


def share_of_gain(runs: Simulated, arm: str, most: str, against: str = BASELINE) -> Interval:
    """Harms that an arm spares against another, as a share of those that the arm with most spares in all."""
    harms = {name: runs.total(name, "n_harm") for name in (arm, most, against, BASELINE)}
    return ratio_interval(harms[against] - harms[arm], harms[BASELINE] - harms[most])


def gentler(runs: Simulated, arm: str, most: str, against: str, against_most: str) -> Interval:
    """How much larger a share of the whole gain an arm has already than another arm has of its own."""
    base, a, a_most, b, b_most = (
        runs.total(name, "n_harm") for name in (BASELINE, arm, most, against, against_most)
    )  # fmt: skip
    return t_interval((base - a) / (base - a_most) - (base - b) / (base - b_most))


def after_suspension(runs: Simulated, arm: str, against: str, weeks: int) -> Interval:
    """Approaches in the weeks after a predator's first suspension, each predator's, relative to another arm's."""
    return _change(*(_approaches_after(runs, name, 168 * weeks) for name in (arm, against)))


def concentration(runs: Simulated, arm: str, null: str) -> Interval:
    """Gini coefficient of harms per predator, less what it would be on the average if chance alone dealt them out."""
    found = []
    parts = zip(runs.of_each_seed(arm, "harm"), runs.chances(True, null), strict=True)
    for seed, (harms, chances) in enumerate(parts):
        dealt = np.random.default_rng(seed).multinomial(len(harms), chances, _NULL_DRAWS)
        by_person = harms["actor"].value_counts().reindex(chances.index, fill_value=0).to_numpy()
        found.append(gini(by_person) - np.mean([gini(row) for row in dealt]))
    return t_interval(np.array(found))


def repeats(runs: Simulated, arm: str, null: str) -> Interval:
    """Pairs of harms that fall on the same person, as a multiple of what chance alone would make of them."""
    pairs, expected = [], []
    for harms, chances in zip(runs.of_each_seed(arm, "harm"), runs.chances(False, null), strict=True):
        n = harms["target"].value_counts().to_numpy()
        pairs.append((n * (n - 1)).sum() / 2)
        expected.append(len(harms) * (len(harms) - 1) / 2 * (chances**2).sum())
    return ratio_interval(np.array(pairs), np.array(expected)).within(least=0)


def minors_met(runs: Simulated, arm: str, kind: str, offences: Sequence[str]) -> Interval:
    """Share of the first site's minors who visited it in the window to whom an event of some offences happened."""
    met = []
    for events in runs.of_each_seed(arm, kind):
        target = events.loc[events["offence"].isin(offences), "target"].to_numpy(np.int64)
        met.append(len(np.unique(target[_is_minor(target)])))
    return ratio_interval(np.array(met, np.float64), runs.minors_who_visit()).within(0, 1)


MEASURES: dict[str, Callable[..., Interval]] = {
    measure.__name__: measure
    for measure in (
        count, share, share_under, mean_days, per_day, proceedings, difference_of_shares, change, change_of_share,
        half_life, share_of_loss, share_of_gain, gentler, after_suspension, concentration, repeats, minors_met,
    )
}  # fmt: skip
"""How a quantity is computed of the runs, by the name that the data use."""

EVENTS = {
    "after_suspension": ("approach", "suspend"),
    "concentration": ("harm",),
    "repeats": ("harm",),
    "minors_met": ("private",),
}
"""Kinds of events that a measure looks at; the others look at daily counts."""


def _change(value: Floats, base: Floats) -> Interval:
    return ratio_interval(value - base, base).within(least=-1)


def _is_minor(person: Ints) -> Bools:
    """Tell who is a minor whose home is the first site."""
    minor: Bools = (home_of(person) == 0) & (stratum_of(person) < N_MINOR_STRATA)
    return minor


def _approaches_after(runs: Simulated, arm: str, hours: int) -> Floats:
    """Return approaches within so many hours of the first suspension per predator, one value a seed."""
    found = []
    for suspended, approaches in zip(
        runs.of_each_seed(arm, "suspend"), runs.of_each_seed(arm, "approach"), strict=True
    ):
        first = suspended[suspended["target_kind"] == "predator"].groupby("target")["hour"].min()
        first = first[first + hours < runs.scenario.hours]
        since = approaches["hour"] - approaches["actor"].map(first)
        found.append(since.between(1, hours).sum() / len(first) if len(first) else np.nan)
    return np.array(found)


def gini(values: Any) -> float:
    """Return the Gini coefficient of counts: 0 if all are equal, towards 1 if one has everything."""
    n, total = len(values), values.sum()
    if not total:
        return 0.0
    return float(2 * (np.arange(1, n + 1) * np.sort(values)).sum() / (n * total) - (n + 1) / n)


# -- running them -------------------------------------------------------------------------------------------------


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def patterns() -> tuple[Pattern, ...]:
    """Return the patterns in the order of their numbers."""
    return tuple(
        Pattern(**row | {"quantity": tuple(Quantity(**quantity) for quantity in row["quantity"])})
        for row in _data()["pattern"]
    )


def chosen(names: Sequence[str]) -> tuple[Pattern, ...]:
    """Return the patterns of these numbers or names, in the order of the list; all of them if there are none.

    Raises:
        ScenarioError: If there is no such pattern.
    """
    known = {name: pattern for pattern in patterns() for name in (str(pattern.number), pattern.name)}
    for name in names:
        if name not in known:
            raise ScenarioError(
                Sentence(
                    "no pattern is called {name}. {meant}There are: {known}.",
                    name=repr(name),
                    meant=suggestion(name, [*known]),
                    known=Listed(tuple(f"{pattern.number} ({pattern.name})" for pattern in patterns())),
                )
            )
    asked = {known[name].number for name in names}
    return tuple(pattern for pattern in patterns() if not names or pattern.number in asked)
