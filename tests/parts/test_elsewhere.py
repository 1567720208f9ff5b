"""Elsewhere: what is left of effects if those kept out go on on another site, against counts made up by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from sim.outcomes.counts import Counts, counts_of
from sim.outcomes.effects import effects_of, interactions_of
from sim.outcomes.elsewhere import elsewhere_of
from sim.policies.registration import RegistrationPolicy
from sim.report.compare import Comparison
from sim.scenario.scenario import BASELINE
from tests.parts import synthetic

ARMS = ("door", "bars", "custody", "idle")
SCENARIO = synthetic.SCENARIO.replace(policies={arm: (RegistrationPolicy(level="phone"),) for arm in ARMS})
LUCK = np.array([0, 3, -2, 4, -1, -4, 2, -2])
PREDATOR_HOURS, USER_HOURS = 10_000, 100_000

Out = Mapping[str, int]


def made(harmed: Mapping[str, np.ndarray], out: Mapping[str, Out]) -> Counts:
    """Return counts with so many persons harmed and hours kept out, by policy, all on the first day."""
    records = synthetic.simulate(SCENARIO, range(len(LUCK)), [BASELINE, *ARMS])
    daily = records.daily
    first = daily["day"] == 0
    of_runs = pd.Series({(p, seed): n for p, of in harmed.items() for seed, n in enumerate(of)})
    keys = pd.MultiIndex.from_frame(daily[["policy", "seed"]])
    hours = {"n_predator_hours": PREDATOR_HOURS, "n_user_hours": USER_HOURS}
    for column in ("n_predator_hours", "n_user_hours"):
        daily[column] = np.where(first, hours[column], 0)
        for end in ("turned_away", "barred"):
            n = daily["policy"].map({arm: of.get(f"{column}_{end}", 0) for arm, of in out.items()})
            daily[f"{column}_{end}"] = np.where(first, n, 0)
    daily["n_predator_hours_in_custody"] = np.where(first & (daily["policy"] == "custody"), 5000, 0)
    daily["n_persons_harmed"] = np.where(first, of_runs.reindex(keys).to_numpy(), 0)
    return counts_of(SCENARIO, records)


BASE = 200 + 9 * LUCK
HARMED = {
    BASELINE: BASE,
    "door": BASE - 40 + LUCK,
    "bars": BASE - 80 - LUCK,
    "custody": BASE - 40 - LUCK,
    "idle": BASE,
}
OUT: dict[str, Out] = {
    BASELINE: {"n_predator_hours_barred": 500, "n_user_hours_turned_away": 1000},
    "door": {"n_predator_hours_turned_away": 2500, "n_predator_hours_barred": 500, "n_user_hours_turned_away": 36_000},
    "bars": {"n_predator_hours_barred": 2500, "n_user_hours_turned_away": 1000},
    "custody": {"n_predator_hours_barred": 500, "n_user_hours_turned_away": 1000},
    "idle": {"n_predator_hours_barred": 500, "n_user_hours_turned_away": 1000},
}


@pytest.fixture(scope="module")
def counts() -> Counts:
    return made(HARMED, OUT)


@pytest.fixture(scope="module")
def found(counts: Counts) -> pd.DataFrame:
    return elsewhere_of(counts, ARMS).set_index("policy")


def test_hours_kept_out_are_those_beyond_the_baseline_and_custody_is_none_of_them(found: pd.DataFrame) -> None:
    assert found["predators_out"].to_dict() == pytest.approx({"door": 0.25, "bars": 0.2, "custody": 0, "idle": 0})
    assert found["users_out"].to_dict() == pytest.approx({"door": 0.35, "bars": 0, "custody": 0, "idle": 0})


def test_the_larger_of_both_sides_is_added_to_what_happens_here(found: pd.DataFrame) -> None:
    spared = {arm: (BASE - of).sum() / BASE.sum() for arm, of in HARMED.items()}
    assert found["side"].to_dict() == {"door": "users", "bars": "predators", "custody": "none", "idle": "none"}
    expected = {"door": 0.35 - spared["door"], "bars": 0.2 - spared["bars"], "custody": -spared["custody"], "idle": 0}
    assert found["relative"].to_dict() == pytest.approx(expected)
    assert found["verdict"].to_dict() == {"door": "raises", "bars": "lowers", "custody": "lowers", "idle": "identical"}


def test_an_effect_is_undone_by_that_share_of_what_the_predators_kept_out_would_have_done(found: pd.DataFrame) -> None:
    harmed = BASE.mean()
    assert found.loc["door", "break_even"] == pytest.approx((40 - LUCK.mean()) / (0.25 * harmed))
    assert found.loc["bars", "break_even"] == pytest.approx((80 + LUCK.mean()) / (0.2 * harmed))
    assert found.loc["door", "break_even_low"] < found.loc["door", "break_even"] < found.loc["door", "break_even_high"]
    assert found.loc[["custody", "idle"], "break_even"].isna().all()


def test_the_share_that_undoes_an_effect_leaves_nothing_of_it(counts: Counts, found: pd.DataFrame) -> None:
    """With so much of their harm following, as many are harmed here and elsewhere together as under the baseline."""
    sums = counts.sums()
    harmed = sums["n_persons_harmed"].groupby("policy").sum()
    hours = sums["n_predator_hours_turned_away"].groupby("policy").sum()
    follows = found.loc["door", "break_even"] * hours["door"] / (PREDATOR_HOURS * len(LUCK)) * harmed[BASELINE]
    assert harmed["door"] + follows == pytest.approx(harmed[BASELINE])


def printed(counts: Counts) -> str:
    tables = effects_of(counts, ARMS), interactions_of(counts, ARMS)
    with synthetic.in_place():
        records = synthetic.simulate(SCENARIO, [0], [BASELINE])
    told = Comparison(SCENARIO, ARMS, tuple(range(len(LUCK))), "array", *tables, counts, records)
    return " ".join(told.table().split())


def test_it_is_said_of_the_policy_named_first_and_of_all_in_a_table(counts: Counts) -> None:
    text = printed(counts)
    assert "no displacement of their harm to other sites undoes it" in text  # `bars` is the best
    table = text[text.index("ELSEWHERE:") :]
    assert re.search(r" bars -40% \([^)]*\) 20 0 -20% \([^)]*\) never ", table)
    assert re.search(r" custody -20% \([^)]*\) 0 0 -20% \([^)]*\) - ", table)
    some = printed(made(HARMED | {"bars": BASE}, OUT | {"custody": OUT["door"]}))
    assert "unless more than 80% (" in some


def test_what_may_undo_an_effect_or_not_is_not_called_never() -> None:
    """Where the interval reaches below all of their harm, displacement may undo the effect."""
    vague = made(dict.fromkeys(HARMED, BASE) | {"bars": BASE - 42 - 6 * LUCK}, OUT)
    row = elsewhere_of(vague, ARMS).set_index("policy").loc["bars"]
    assert row["break_even_low"] < 1 < row["break_even"] < row["break_even_high"]
    text = printed(vague)
    assert "no displacement" not in text
    assert "unless more than 100% (" in text and " to 100) of the harm" in text
    table = text[text.index("ELSEWHERE:") :]
    assert re.search(r" bars -21% \([^)]*\) 20 0 -1.*? 100% \([\d.]+ to 100\) ", table)


def test_where_nobody_is_kept_out_nothing_is_said_of_elsewhere() -> None:
    assert "ELSEWHERE" not in printed(made(HARMED, {arm: {} for arm in OUT}))
