"""Paired statistics: what two arms that met the same luck say about their difference. Everything is at 95%.

Runs of one seed share their world and their luck under every policy, so an effect is the mean of the differences
within seeds; its interval says how far other luck could move it (Monte Carlo error), nothing about the parameters.
That a few counts differ alike in two or three seeds is luck too: see `t_interval`.

Of many intervals at 95% some miss: of 14 inert arms about half of all studies have one that leaves out zero. Where it
is said how many ``comparisons`` are made, the intervals hold all together at 95%, whatever hangs together with what
(Bonferroni's bound on Student's t, which needs no estimate of correlations from a few seeds).

Where it is said how many seeds were the ``first``, whose spread decided how many followed, intervals rest on the spread
of these alone: so they cover as often as they say (Stein 1945; see `sim.outcomes.stages`).

There is one statement for each effect. The verdict is read off the t interval of the difference, and the interval of
the same change in percent is Fieller's, which leaves out zero exactly where that t interval does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.model.world.draws import mix_array
from sim.outcomes.verdicts import COMPARED, Verdict

LEVEL = 0.95
"""Confidence level of every interval."""

FEWEST_EVENTS = 20
"""With fewer events than this in both arms there is too little to compare."""

RESAMPLES = 1000
"""Bootstrap resamples behind the interval of the variance reduction."""

_FEW_SEEDS = 3
"""Up to so many seeds, a difference of one event in each of them is not told apart; see `t_interval`."""

_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_ROUNDING = 1e-12
_NEXT_TO_ZERO = float(np.finfo(float).tiny)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Interval(NamedTuple):
    """An estimate with the ends of its interval; NaN where there is none."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where it leaves out zero, so that the sign is known, Monte Carlo error considered; else 0."""
        return int(self.low > 0) - int(self.high < 0)

    def within(self, least: float = -np.inf, most: float = np.inf) -> Interval:
        """Return it cut to what the quantity can be: ends beyond that say nothing."""
        return Interval(*(min(max(x, least), most) for x in self))


NONE = Interval(np.nan, np.nan, np.nan)


def interval_of(row: Mapping[Any, Any], column: str, factor: float = 1) -> Interval:
    """Return an estimate that stands in a row of a table with its ends, which for a negative factor change places."""
    prefix = "" if column == "difference" else f"{column}_"
    value, *ends = (factor * float(row[name]) for name in (column, f"{prefix}low", f"{prefix}high"))
    return Interval(value, *(ends if factor > 0 else reversed(ends)))


class Change(NamedTuple):
    """What a policy changes in one outcome.

    Attributes:
        difference: Mean difference within seeds, with its t interval.
        relative: The same as a share of the baseline, with Fieller's interval; see `ratio_interval`.
        seeds: Pairs of runs with a value in both arms.
        verdict: In one word.
    """

    difference: Interval
    relative: Interval
    seeds: int
    verdict: Verdict


@dataclass(frozen=True)
class Effect:
    """What a policy does to one outcome.

    Attributes:
        baseline: Mean over the seeds under the baseline.
        value: Mean over the seeds under the policy.
        difference: Mean difference within seeds, with its t interval.
        relative: Sum of the differences as a share of the baseline's sum, with its Fieller interval; empty where there
            is too little to compare, or where the baseline cannot be told from zero.
        seeds: Pairs of runs with a value in both arms.
        variance_reduction: How many times fewer runs the pairing needs, with its bootstrap interval.
        poisson_yardstick: What that would be for Poisson harms of which the policy keeps a share and causes none.
        seeds_to_halve: Seeds in all that would halve the interval of the difference; none after two stages.
        verdict: In one word.
    """

    baseline: float
    value: float
    difference: Interval
    relative: Interval
    seeds: int
    variance_reduction: Interval
    poisson_yardstick: float
    seeds_to_halve: int | None
    verdict: Verdict


def paired_effect(
    baseline: Floats, policy: Floats, events: tuple[float, float], key: str, harm: bool, first: int = 0
) -> Effect:
    """Compare a policy with the baseline, seed by seed.

    Args:
        baseline: Outcome under the baseline, one value per seed.
        policy: Outcome under the policy, same seeds in the same order.
        events: Events behind the outcome in all runs of the baseline and of the policy.
        key: Names the comparison; the bootstrap's draws depend on it alone.
        harm: Whether the outcome counts harm, so that the Poisson yardstick applies.
        first: Seeds whose spread the intervals rest on; all of them if 0.
    """
    both = np.isfinite(baseline) & np.isfinite(policy)
    base, value = baseline[both], policy[both]
    mean_base, mean_value = (float(x.mean()) if len(base) else np.nan for x in (base, value))
    change = paired_change(baseline, policy, events, first=first)
    compared = change.verdict in COMPARED
    return Effect(
        baseline=mean_base,
        value=mean_value,
        difference=change.difference,
        relative=change.relative,
        seeds=change.seeds,
        variance_reduction=variance_reduction(base, value, key) if compared else NONE,
        poisson_yardstick=poisson_yardstick(mean_value / mean_base) if harm and compared and mean_base > 0 else np.nan,
        seeds_to_halve=seeds_to_halve(change.seeds) if compared and not first else None,
        verdict=change.verdict,
    )


def paired_change(
    baseline: Floats, policy: Floats, events: tuple[float, float], comparisons: int = 1, first: int = 0
) -> Change:
    """Say what a policy changes in an outcome that cannot be below zero, seed by seed.

    Args:
        baseline: Outcome under the baseline, one value per seed.
        policy: Outcome under the policy, same seeds in the same order.
        events: Events behind the outcome in all runs of the baseline and of the policy.
        comparisons: With how many of its kind it is to hold together; see `n_comparisons`.
        first: Seeds whose spread the intervals rest on; all of them if 0.
    """
    both = np.isfinite(baseline) & np.isfinite(policy)
    base, value = baseline[both], policy[both]
    missing_alike = np.array_equal(np.isfinite(baseline), np.isfinite(policy))
    step = float(base.sum() + value.sum()) / (sum(events) or np.inf)
    first = int(both[:first].sum())
    difference = t_interval(value - base, step, comparisons, first)
    verdict = Verdict.NOT_RESOLVED
    if missing_alike and not len(base):
        verdict = Verdict.NOT_COUNTED
    elif missing_alike and np.array_equal(base, value):
        verdict = Verdict.IDENTICAL
    elif len(base) < 2 or max(events) < FEWEST_EVENTS:
        verdict = Verdict.TOO_FEW
    elif difference.sign:
        verdict = Verdict.LOWERS if difference.sign < 0 else Verdict.RAISES
    few = verdict is Verdict.TOO_FEW
    relative = NONE if few else ratio_interval(value - base, base, step, comparisons, first).within(least=-1)
    return Change(difference, relative, len(base), verdict)


def n_comparisons(differences: Iterable[Floats]) -> int:
    """Return how many comparisons some differences are, at least one, each a row of a value per seed.

    Arms that are alike in every seed are one, and what differs in no seed is none: it is not told apart from zero
    whatever the luck.
    """
    return len({row.tobytes() for row in differences if np.nan_to_num(row).any()}) or 1


def effect_not_counted(baseline: Floats) -> Effect:
    """Return the effect on an outcome that could not be counted under a policy: what it is under the baseline, if any.

    Args:
        baseline: Outcome under the baseline, one value per seed.
    """
    mean = t_interval(baseline[np.isfinite(baseline)]).value
    return Effect(mean, np.nan, NONE, NONE, 0, NONE, np.nan, None, Verdict.NOT_COUNTED)


@lru_cache
def t_quantile(degrees: int, comparisons: int = 1) -> float:
    """Return the two-sided 95% point of Student's t, or that at which so many comparisons hold together at 95%."""
    from scipy.special import stdtrit  # late, and not scipy.stats: 0.1 against 0.6 s

    return float(stdtrit(degrees, 1 - (1 - LEVEL) / (2 * comparisons)))


def t_interval(x: Floats, step: float = 0.0, comparisons: int = 1, first: int = 0) -> Interval:
    """Return the mean and its t interval; without ends for fewer than two values.

    Args:
        x: One value per seed.
        step: What one event in one seed is worth. Two or three values, unless all are zero, are taken to spread at
            least as far as if one seed had one event more than the others. With more seeds that would change no
            verdict on counts: a difference of one event in each is then told apart.
        comparisons: With how many of its kind it is to hold together.
        first: Values whose spread it rests on; all of them if 0.
    """
    if len(x) < 2:
        return Interval(float(x.mean()) if len(x) else np.nan, np.nan, np.nan)
    mean, seen = float(x.mean()), x[: _n_seen(len(x), first)]
    spread = max(float(seen.std(ddof=1)), _least_variance(x, step) ** 0.5)
    half = t_quantile(len(seen) - 1, comparisons) * spread / len(x) ** 0.5
    return Interval(mean, mean - half, mean + half)


def _n_seen(n: int, first: int) -> int:
    """Return how many of `n` values a spread is taken from: the first ones, if they are enough to have one."""
    return first if first > 1 else n


def _least_variance(x: Floats, step: float) -> float:
    """Return the variance of values alike but for one step in one of them, if they are few and not all zero."""
    return step**2 / len(x) if len(x) <= _FEW_SEEDS and x.any() else 0.0


def share_of(part: Floats, whole: Floats) -> float:
    """Return the sum of a part as a share of the whole's, without an interval; missing where there is no whole."""
    return float(part.sum() / whole.sum()) if whole.any() else np.nan


def ratio_interval(part: Floats, whole: Floats, step: float = 0.0, comparisons: int = 1, first: int = 0) -> Interval:
    """Return mean(part) / mean(whole) with Fieller's interval over the seeds, which are pairs (Fieller 1954).

    A ratio r is inside if the t interval of the mean of part - r * whole holds zero. So the interval leaves out zero
    exactly where the t interval of the part does: what is said in percent never contradicts what is said of the
    difference. Nor does it need many seeds, as a jackknife does: it is exact for normal values. A part that is zero in
    every seed is zero in percent of whatever there is.

    Args:
        part: One value per seed.
        whole: Another one of the same seed.
        step: What one event of the part in one seed is worth; see `t_interval`.
        comparisons: With how many of its kind it is to hold together.
        first: Seeds whose spread it rests on; all of them if 0.

    Returns:
        The ratio; empty for fewer than two seeds, and where the whole cannot be told from zero: then no ratio can be
        ruled out.
    """
    n = len(part)
    if n < 2 or not whole.any():
        return NONE
    if not part.any():
        return Interval(0.0, 0.0, 0.0)
    mean = float(whole.mean())
    ratio = float(part.mean()) / mean if mean else np.nan
    rest = part - ratio * whole  # its mean is zero: all that follows is about how far from the ratio one may go
    n_seen = _n_seen(n, first)
    squared = t_quantile(n_seen - 1, comparisons) ** 2 / n
    (spread, shared), (_, noise) = squared * np.cov(rest[:n_seen], whole[:n_seen])
    spread += squared * max(_least_variance(part, step) - float(part.var(ddof=1)), 0.0)
    reach = reach_of_ratio(mean, spread, shared, noise)
    if reach is None:
        return NONE
    found = Interval(ratio, ratio - reach[0], ratio + reach[1])
    # Only rounding could make the two intervals differ on whether zero is inside.
    if not t_interval(part, step, comparisons, first).sign:
        return Interval(ratio, min(found.low, 0.0), max(found.high, 0.0))
    return found.within(_NEXT_TO_ZERO) if ratio > 0 else found.within(most=-_NEXT_TO_ZERO)


def reach_of_ratio(mean: float, spread: float, shared: float, noise: float) -> tuple[float, float] | None:
    """Return how far Fieller's interval of a ratio reaches below and above it; nothing if no ratio can be ruled out.

    Args:
        mean: Of the whole.
        spread: Squared error of the mean of what is left of the part, the ratio times the whole taken off.
        shared: What it shares with that of the whole.
        noise: That of the whole.
    """
    bounded = mean**2 - noise
    if not bounded > _ROUNDING * mean**2:
        return None
    reach = np.sqrt(shared**2 + bounded * spread)
    return float(reach + shared) / bounded, float(reach - shared) / bounded


def ratio_change_interval(part: Floats, whole: Floats, other_part: Floats, other_whole: Floats) -> Interval:
    """Return by how much the second ratio of sums exceeds the first, with a jackknife interval over the same seeds.

    Two ratios of different wholes have no interval like Fieller's; whether they differ is judged by this one alone.
    """
    return jackknife(_ratios(other_part, other_whole) - _ratios(part, whole))


def _ratios(part: Floats, whole: Floats) -> Floats:
    """Return sum(part) / sum(whole) over all seeds and, behind it, without each; all missing where one has no whole."""
    rest = whole.sum() - np.append(0.0, whole)
    if (rest == 0).any():
        return np.full(len(rest), np.nan)
    ratios: Floats = (part.sum() - np.append(0.0, part)) / rest
    return ratios


def jackknife(values: Floats) -> Interval:
    """Return the first value, that of all, with an interval from the others, each of which leaves out one of them."""
    without = values[1:]
    n = len(without)
    if n < 2 or np.isnan(values).any():
        return NONE
    half = t_quantile(n - 1) * float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    return Interval(float(values[0]), float(values[0]) - half, float(values[0]) + half)


def variance_reduction(baseline: Floats, policy: Floats, key: str) -> Interval:
    """Return (s2 baseline + s2 policy) / s2 difference with a bootstrap interval over the seeds.

    It is how many times more runs independent arms would need for the same interval. Resamples in which the
    difference does not vary count as infinite. The draws are keyed: same key, same interval, on every machine.
    """

    def reduction(base: Floats, value: Floats) -> Floats:
        apart = base.var(axis=-1, ddof=1) + value.var(axis=-1, ddof=1)
        together = (value - base).var(axis=-1, ddof=1)
        together = np.where(together < 1e-12 * apart, 0.0, together)  # what rounding leaves of no variance
        with np.errstate(divide="ignore", invalid="ignore"):
            times: Floats = apart / together
        return times

    value = float(reduction(baseline, policy))
    if not np.isfinite(value):
        return NONE
    drawn = keyed_indices(key, RESAMPLES, len(baseline))
    resampled = reduction(baseline[drawn], policy[drawn])
    resampled = resampled[~np.isnan(resampled)]  # one seed drawn every time: no variance at all
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail], method="inverted_cdf")
    return Interval(value, float(low), float(high))


def keyed_indices(key: str, rows: int, n: int) -> NDArray[np.int64]:
    """Return indices below `n` that depend on `key` alone: SplitMix64 (Steele et al. 2014) from a hash of the key."""
    start = np.uint64(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little"))
    z = mix_array(start + np.arange(1, rows * n + 1, dtype=np.uint64) * _INCREMENT)
    return ((z >> np.uint64(11)) * 2.0**-53 * n).astype(np.int64).reshape(rows, n)


def poisson_yardstick(kept: float) -> float:
    """Return (1 + q) / (1 - q), the variance reduction where a policy keeps a share q of Poisson harms, causing none.

    No bound: harms that come in clusters exceed it. Empty where nothing is spared.
    """
    return (1 + kept) / (1 - kept) if kept < 1 else np.nan


@lru_cache
def seeds_to_halve(n: int) -> int:
    """Return how many seeds in all would halve a t interval of `n` seeds.

    The standard deviation of the differences cancels, so the answer is the same for every outcome.
    """
    goal = t_quantile(n - 1) / np.sqrt(n) / 2
    more = n + 1
    while t_quantile(more - 1) / np.sqrt(more) > goal:
        more += 1
    return more
