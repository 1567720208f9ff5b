"""What the platform itself could publish of a policy: a transparency record, of what it sees and does, not of harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from sim.outcomes import Counts, Sums, by_seed, half_year_of
from sim.scenario import BASELINE
from sim.statistics import t_interval

COLUMNS: Final = ("policy", "item", "unit", "mean", "low", "high", "seeds")
"""Columns of the record: the mean over the seeds with its 95% t interval."""

Formula = Callable[[Sums], "pd.Series[float]"]


def _staff(sums: Sums) -> pd.Series[float]:
    return sums["n_moderator_milli_hours"] / (1000 * 24 * sums.days)


def _sanctions_on_users(sums: Sums) -> pd.Series[float]:
    on_users, all_of_them = (
        sums[f"n_warn{who}"] + sums[f"n_suspend{who}"] + sums[f"n_bar{who}"] for who in ("_user", "")
    )
    return 100 * on_users / all_of_them.where(all_of_them > 0)


ITEMS: dict[str, tuple[str, Formula]] = {
    "average monthly recipients": ("persons", lambda s: s.monthly("n_monthly_visitors")),
    "notices by users": ("notices a month", lambda s: s.a_month("n_report") + s.a_month("n_false_report")),
    "notices by trusted flaggers": ("notices a month", lambda s: s.a_month("n_flag")),
    "dossiers opened": ("dossiers a month", lambda s: s.a_month("n_open")),
    "dossiers decided": ("dossiers a month", lambda s: s.a_month("n_review")),
    "dossiers dropped undecided": ("dossiers a month", lambda s: s.a_month("n_expire")),
    "median time to a decision": ("hours", lambda s: s["wait_median_hours"]),
    "time within which 95% are decided": ("hours", lambda s: s["wait_p95_hours"]),
    "warnings": ("sanctions a month", lambda s: s.a_month("n_warn")),
    "suspensions": ("sanctions a month", lambda s: s.a_month("n_suspend")),
    "bans": ("sanctions a month", lambda s: s.a_month("n_bar")),
    "sanctions that hit lawful users": ("% of sanctions; only the model can know", _sanctions_on_users),
    "moderators on duty": ("heads, mean over all hours", _staff),
}
"""What is published, with its unit and formula."""


def record(counts: Counts) -> pd.DataFrame:
    """Return the record of every policy, the baseline first: columns `COLUMNS`.

    Average recipients are those of the last six months, as the law on digital services counts them.
    """
    whole, late = counts.sums(), counts.sums(half_year_of(counts.scenario))
    rows = []
    for policy in (BASELINE, *counts.scenario.policies):
        for item, (unit, formula) in ITEMS.items():
            values = by_seed(formula(late if item == "average monthly recipients" else whole), policy)
            if len(values):
                rows.append((policy, item, unit, *t_interval(values[np.isfinite(values)]), len(values)))
    return pd.DataFrame(rows, columns=list(COLUMNS))
