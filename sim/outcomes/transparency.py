"""What the platform itself could publish of a policy: a transparency record, of what it sees and does, not of harm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from sim.outcomes.counts import Counts, Sums, by_seed, half_year_of
from sim.outcomes.statistics import t_interval
from sim.outcomes.verdicts import Reason
from sim.scenario.scenario import BASELINE

COLUMNS: Final = ("policy", "item", "unit", "mean", "low", "high", "seeds", "reason")
"""Columns of the record: the mean over those seeds that have a value, with its 95% t interval, or why there is none."""

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
    "flags by its own detection": ("flags a month", lambda s: s.a_month("n_detect") + s.a_month("n_false_alarm")),
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

_LACKS = {
    "average monthly recipients": Reason.NO_MONTH,
    "median time to a decision": "no dossier was decided",
    "time within which 95% are decided": "no dossier was decided",
    "sanctions that hit lawful users": "nobody was sanctioned",
}
"""Why an item has no value, where it has none."""


def record(counts: Counts) -> pd.DataFrame:
    """Return the record of every policy, the baseline first: columns `COLUMNS`.

    Average recipients are those of the last six months, as the law on digital services counts them.
    """
    whole, late = counts.sums(), counts.sums(half_year_of(counts.scenario))
    rows = []
    for policy in (BASELINE, *counts.scenario.policies):
        for item, (unit, formula) in ITEMS.items():
            values = by_seed(formula(late if item == "average monthly recipients" else whole), policy)
            known = values[np.isfinite(values)]
            if len(values):
                reason = "" if len(known) else _LACKS[item]
                most = 100 if unit.startswith("%") else np.inf
                rows.append((policy, item, unit, *t_interval(known).within(0, most), len(known), reason))
    return pd.DataFrame(rows, columns=list(COLUMNS))
