"""What an outcome is: a reported quantity with name, words, unit, better direction and formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from sim.outcomes.counts import Sums

Better = Literal["lower", "higher", "neither"]


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
