"""The cells of tables of effects: levels and changes with their intervals, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from sim.outcomes.outcomes import reasons
from sim.outcomes.statistics import Interval, interval_of
from sim.outcomes.verdicts import RESOLVED, Verdict
from sim.report.blocks import Column
from sim.report.text import (
    DASH,
    difference,
    ends_alone,
    in_percent,
    number,
    numbers,
    short,
    size_alone,
    size_ends,
    value_alone,
)
from sim.report.worlds import Worlds, worlds_of
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words, paragraph
from sim.scenario.scenario import BASELINE, Scenario

CHANGES = Term("change from the baseline, in brackets its luck (95%)")
LEVELS = Term("levels, means over the seeds")


class Cells:
    """The effects by policy and outcome, and the cells made of them.

    Args:
        scenario: What was run.
        effects: The table of effects.
        policies: The arms to show.
        spreads: What is left of effects over worlds, as `Doubt.spreads`, if that was asked.
    """

    def __init__(
        self, scenario: Scenario, effects: pd.DataFrame, policies: Sequence[str], spreads: pd.DataFrame | None = None
    ) -> None:
        self.scenario = scenario
        self.policies = tuple(policies)
        rows = [] if spreads is None else spreads.to_dict("records")
        self._worlds = {(row["policy"], row["outcome"]): row for row in rows}
        self._table = effects
        self._effects = {(row["policy"], row["outcome"]): row for row in effects.to_dict("records")}

    def number(self, policy: str, outcome: str, column: str = "difference") -> float:
        """Return a number of the table of effects."""
        return float(self._effects[policy, outcome][column])

    def verdict(self, policy: str, outcome: str) -> Verdict:
        """Return the verdict."""
        return Verdict(self._effects[policy, outcome]["verdict"])

    def resolved(self, policy: str, outcome: str) -> bool:
        """Tell whether the direction of the effect is known, Monte Carlo error considered."""
        return self.verdict(policy, outcome) in RESOLVED

    def unit(self, outcome: str) -> Term:
        """Return the unit of an outcome."""
        return Term(self._effects[self.policies[0], outcome]["unit"])

    def interval(self, policy: str, outcome: str, column: str = "") -> Interval:
        """Return the change, with column ``relative`` as a share of the baseline."""
        return interval_of(self._effects[policy, outcome], column or "difference")

    def relative(self, policy: str, outcome: str) -> Words:
        """Return a change in percent with its interval, or what stands in its place."""
        return in_percent(self.verdict(policy, outcome), self.interval(policy, outcome, "relative"))

    def together(self, policy: str, outcome: str) -> Interval:
        """Return a change as a share of the baseline with the interval that holds together with those of all."""
        row = self._effects[policy, outcome]
        return Interval(*(float(row[name]) for name in ("relative", "simultaneous_low", "simultaneous_high")))

    def simultaneous(self, policy: str, outcome: str) -> Words:
        """Return `relative` with that interval."""
        return in_percent(self.verdict(policy, outcome), self.together(policy, outcome))

    def change(self, policy: str, outcome: str) -> Amount:
        """Return a difference in the outcome's unit with its interval; 0 where all are zero."""
        return Amount(self.interval(policy, outcome), difference)

    def visitors_not_counted(self, names: Mapping[str, Words] = MappingProxyType({})) -> Listed | None:
        """Return sentences on the policies whose visitors turned away are not counted, with the reason, if any are.

        Args:
            names: What to call policies, if not by their own names.
        """
        sentences = [
            Sentence(
                "Visitors turned away are not counted for {arms}: {reason}.",
                arms=Listed(tuple(names.get(arm, arm) for arm in arms)), reason=reason,
            )
            for reason, arms in reasons(self._table, "visitors_turned_away", self.policies).items()
        ]  # fmt: skip
        return paragraph(*sentences)

    def if_any(self, policy: str, outcome: str) -> Words:
        """Return `relative`, or that there was nothing under either."""
        nothing = self.number(policy, outcome, "baseline") == self.number(policy, outcome, "value") == 0
        return Verdict.NO_HARM if nothing else self.relative(policy, outcome)

    def worlds(self, policy: str, outcome: str) -> Worlds | None:
        """Return what is left of an effect over worlds, if that was asked."""
        row = self._worlds.get((policy, outcome))
        return None if row is None else worlds_of(row)

    def size(self, policy: str, outcome: str, doubt: bool = True) -> Words:
        """Return a change without its sign, luck and doubt beside it; in its unit where there is no percentage."""
        relative = self.interval(policy, outcome, "relative")
        if relative.value != relative.value:
            return self._in_unit(outcome, Amount(_unsigned(self.interval(policy, outcome)), numbers))
        return Sentence(
            "{size} (luck {ends}{doubt})",
            size=Amount(_unsigned(relative), size_alone), ends=Amount(_unsigned(relative), size_ends),
            doubt=self._doubt(policy, outcome) if doubt else None,
        )  # fmt: skip

    def _doubt(self, policy: str, outcome: str) -> Words:
        worlds = self.worlds(policy, outcome)
        return worlds.beside(self.number(policy, outcome, "relative") < 0) if worlds else None

    def signed(self, policy: str, outcome: str) -> Words:
        """Return a change with its sign, luck and doubt beside it; in its unit where there is no percentage."""
        relative = self.relative(policy, outcome)
        if relative is Verdict.NO_PERCENTAGE:
            return self._in_unit(outcome, self.change(policy, outcome))
        if not isinstance(relative, Amount):
            return relative
        return Sentence(
            "{change} (luck {ends}{doubt})",
            change=Amount(relative.value, value_alone), ends=Amount(relative.value, ends_alone),
            doubt=self._doubt(policy, outcome),
        )  # fmt: skip

    def _in_unit(self, outcome: str, amount: Amount) -> Sentence:
        return Sentence("{amount} {unit}", amount=amount, unit=self.unit(outcome))

    def baseline(self, outcome: str) -> float:
        """Return the mean of the baseline, taken from a policy that could be compared with it in most seeds."""
        policy = max(self.policies, key=lambda p: self.number(p, outcome, "seeds"))
        return self.number(policy, outcome, "baseline")

    def levels(self, outcome: str, factor: float = 1) -> list[Words]:
        """Return the means of the baseline and of each policy, a dash where there is none."""
        means = [self.baseline(outcome)]
        means += [self.number(policy, outcome, "value") for policy in self.policies]
        return [level(factor * mean) for mean in means]

    def names(self, baseline: bool = False) -> Column:
        """Return the column of the policies, the baseline before them in a table of levels."""
        return Column(Term("policy"), [*([BASELINE] if baseline else ()), *map(short, self.policies)], left=True)


def level(mean: float) -> Words:
    """Return a mean as a cell, a dash where there is none."""
    return Amount(mean, number) if mean == mean else DASH


def cost(value: str | float) -> Words:
    """Return a cost as a cell: a level of registration, or a mean."""
    return value if isinstance(value, str) else level(value)


def _unsigned(interval: Interval) -> Interval:
    value, low, high = interval
    return Interval(-value, -high, -low) if value < 0 else interval
