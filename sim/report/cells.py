"""The cells of tables of effects: levels and changes with their intervals, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from sim.outcomes.outcomes import reasons
from sim.outcomes.statistics import Interval, interval_of
from sim.report.blocks import Column
from sim.report.text import NO_PERCENTAGE, in_percent, number, numbers, percents, short
from sim.scenario.scenario import BASELINE, Scenario

CHANGES = "change from the baseline, in brackets its 95% interval"
LEVELS = "levels, means over the seeds"


class Cells:
    """The effects by policy and outcome, and the cells made of them.

    Args:
        scenario: What was run.
        effects: The table of effects.
        policies: The arms to show.
    """

    def __init__(self, scenario: Scenario, effects: pd.DataFrame, policies: Sequence[str]) -> None:
        self.scenario = scenario
        self.policies = tuple(policies)
        self._table = effects
        self._effects = {(row["policy"], row["outcome"]): row for row in effects.to_dict("records")}

    def number(self, policy: str, outcome: str, column: str = "difference") -> float:
        """Return a number of the table of effects."""
        return float(self._effects[policy, outcome][column])

    def verdict(self, policy: str, outcome: str) -> str:
        """Return the verdict."""
        return str(self._effects[policy, outcome]["verdict"])

    def resolved(self, policy: str, outcome: str) -> bool:
        """Tell whether the direction of the effect is known, Monte Carlo error considered."""
        return self.verdict(policy, outcome) in ("lowers", "raises")

    def unit(self, outcome: str) -> str:
        """Return the unit of an outcome."""
        return str(self._effects[self.policies[0], outcome]["unit"])

    def interval(self, policy: str, outcome: str, column: str = "") -> Interval:
        """Return the change, with column ``relative`` as a share of the baseline."""
        return interval_of(self._effects[policy, outcome], column or "difference")

    def relative(self, policy: str, outcome: str) -> str:
        """Return a change in percent with its interval: ``-18% (-31 to -4)``, or what stands in its place."""
        return in_percent(self.verdict(policy, outcome), self.interval(policy, outcome, "relative"))

    def change(self, policy: str, outcome: str) -> str:
        """Return a difference in the outcome's unit with its interval: ``+671 (640 to 702)``; 0 where all are zero."""
        return numbers(self.interval(policy, outcome), "+")

    def visitors_not_counted(self, names: Mapping[str, str] = MappingProxyType({})) -> str:
        """Return sentences on the policies whose visitors turned away are not counted, with the reason, if any are.

        Args:
            names: What to call policies, if not by their own names.
        """
        sentences = [
            f"Visitors turned away are not counted for {', '.join(names.get(arm, arm) for arm in arms)}: {reason}."
            for reason, arms in reasons(self._table, "visitors_turned_away", self.policies).items()
        ]
        return " ".join(sentences)

    def if_any(self, policy: str, outcome: str) -> str:
        """Return `relative`, or that there was nothing under either."""
        nothing = self.number(policy, outcome, "baseline") == self.number(policy, outcome, "value") == 0
        return "no harm" if nothing else self.relative(policy, outcome)

    def size(self, policy: str, outcome: str) -> str:
        """Return a change without its sign: ``18% (4 to 31)``, in the outcome's unit where there is no percentage."""
        relative = _unsigned(self.interval(policy, outcome, "relative"))
        if relative.value == relative.value:
            value, low, high = percents(relative, "")
            return f"{value}% ({low} to {high})"
        return f"{numbers(_unsigned(self.interval(policy, outcome)))} {self.unit(outcome)}"

    def signed(self, policy: str, outcome: str) -> str:
        """Return a change with its sign: ``-18% (-31 to -4)``, in the outcome's unit where there is no percentage."""
        relative = self.relative(policy, outcome)
        return f"{self.change(policy, outcome)} {self.unit(outcome)}" if relative == NO_PERCENTAGE else relative

    def baseline(self, outcome: str) -> float:
        """Return the mean of the baseline, taken from a policy that could be compared with it in most seeds."""
        policy = max(self.policies, key=lambda p: self.number(p, outcome, "seeds"))
        return self.number(policy, outcome, "baseline")

    def levels(self, outcome: str, factor: float = 1) -> list[str]:
        """Return the means of the baseline and of each policy."""
        means = [self.baseline(outcome)]
        means += [self.number(policy, outcome, "value") for policy in self.policies]
        return [number(factor * mean) for mean in means]

    def names(self, baseline: bool = False) -> Column:
        """Return the column of the policies, the baseline before them in a table of levels."""
        return Column("policy", [*([BASELINE] if baseline else ()), *map(short, self.policies)], left=True)


def _unsigned(interval: Interval) -> Interval:
    value, low, high = interval
    return Interval(-value, -high, -low) if value < 0 else interval
