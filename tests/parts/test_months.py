"""Persons by month: counted where a month fits into the window, and elsewhere a dash and the reason, never nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

import sim
from sim.outcomes import counts, transparency
from sim.outcomes.counts import half_year_of
from sim.outcomes.outcomes import outcomes_of
from sim.outcomes.verdicts import Reason
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.report import figures
from sim.report.compare import Comparison
from sim.scenario.limits import SHORTEST_MONTH
from sim.scenario.scenario import Scenario
from tests.parts import synthetic

BEFORE = "its door is in force only before the months that are counted"


# -- the months of a window -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "bounds"),
    [
        (1, ()),
        (29, ()),
        (30, (0, 30)),
        (31, (1, 31)),
        (59, (29, 59)),
        (60, (0, 30, 60)),
        (61, (0, 31, 61)),
        (92, (1, 31, 62, 92)),
    ],
)
def test_months_are_counted_back_from_the_end(days: int, bounds: tuple[int, ...]) -> None:
    assert Scenario(days=days).months == bounds


@pytest.mark.parametrize("start", [dt.date(2024, 1, 1), dt.date(2023, 2, 17)])
@pytest.mark.parametrize(("days", "n"), [(365, 12), (366, 12), (730, 24), (1222, 40), (10_000, 333)])
def test_every_month_has_30_or_31_days_whatever_the_window_and_its_start(days: int, n: int, start: dt.date) -> None:
    bounds = Scenario(days=days, start=start).months
    assert len(bounds) == n + 1
    assert bounds[-1] == days and 0 <= bounds[0] < SHORTEST_MONTH + 1
    assert set(np.diff(bounds)) <= {30, 31}


@pytest.mark.parametrize("days", [365, 1222, 200, 45, 20])
def test_the_last_half_year_is_six_months_or_all_there_are(days: int) -> None:
    scenario = Scenario(days=days)
    first, end = half_year_of(scenario)
    sums = counts.sums_of(scenario, _daily(scenario), stretches=[(first, end)])
    assert sums.months == min(6, max(0, len(scenario.months) - 1))
    assert first == (scenario.months[-1 - sums.months] if sums.months else 0)


def _daily(scenario: Scenario) -> pd.DataFrame:
    return synthetic.simulate(scenario, [0], ["baseline"]).daily


# -- what cannot be counted -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


def comparison(days: int, out: Path | None = None) -> Comparison:
    start = synthetic.SCENARIO.start
    email, phone = (RegistrationPolicy(level=level) for level in ("email", "phone"))
    policies = {
        "phone": (phone,),
        "early": (phone.model_copy(update={"end": start + dt.timedelta(days - 35)}),) if days > 35 else (email,),
        "easy": (ReportingPolicy(friction=0.2),),
    }
    return sim.compare(synthetic.SCENARIO.replace(days=days, policies=policies), seeds=4, out=out)


def away(found: Comparison) -> pd.DataFrame:
    return found.effects.query("outcome == 'visitors_turned_away'").set_index("policy")


def test_a_door_in_force_only_before_the_months_is_not_counted_and_says_so() -> None:
    found = comparison(59)
    rows = away(found)
    assert rows["verdict"].to_dict() == {"phone": "raises", "early": "not counted", "easy": "identical"}
    assert rows["reason"].to_dict() == {"phone": "", "early": BEFORE, "easy": ""}
    assert np.isnan(rows.loc["early", ["value", "difference", "low", "high", "relative"]].astype(float)).all()
    assert rows.loc["early", "baseline"] == 0 == rows.loc["easy", "value"]
    text = " ".join(found.table().split())
    assert f"Visitors turned away are not counted for early: {BEFORE}." in text
    costs = found.table().split("\nCOSTS")[1].split("\n\n")[0].splitlines()
    cells = {line.split()[0]: line.split()[1] for line in costs if line.startswith(("baseline", "early", "easy"))}
    assert cells == {"baseline": "0", "early": "-", "easy": "0"}


def test_a_window_without_a_month_counts_no_persons_by_month_and_names_its_denominator() -> None:
    found = comparison(SHORTEST_MONTH - 1)
    rows = away(found)
    assert set(rows["verdict"]) == {"not counted"} and set(rows["reason"]) == {Reason.NO_MONTH}
    assert rows[["baseline", "value"]].isna().all(axis=None)
    units = found.effects.set_index("outcome")["unit"]
    assert set(units["persons_harmed"]) == {"persons a year per 1,000 declared monthly visitors"}
    text = " ".join(found.table().split())
    assert "1,000 declared" in text and "1,000 baseline" not in text
    assert f"Visitors turned away are not counted for phone, early, easy: {Reason.NO_MONTH}." in text
    assert f"the monthly visitors that the scenario declares, for none are counted: {Reason.NO_MONTH}." in text
    assert "A person harmed counts once in these 29 days." in text
    record = transparency.record(found.counts)
    assert set(record.loc[record["item"] == "average monthly recipients", "reason"]) == {Reason.NO_MONTH}
    assert record.loc[record["item"] == "bans", "reason"].tolist() == [""] * 4
    year = " ".join(comparison(365).table().split())
    assert "counts once in these" not in year and "1,000 baseline" in year


def reasons_of(axes: Axes) -> list[str]:
    """Return what stands in the place of marks."""
    said = (" ".join(text.get_text().split()) for text in axes.texts)
    return [words for words in said if words.startswith("not counted")]


def test_what_is_not_counted_is_not_drawn_at_nothing() -> None:
    found = comparison(59)
    spared, turned = figures.price(found.effects)
    assert not spared.texts or "not counted" not in str([text.get_text() for text in spared.texts])
    assert reasons_of(turned) == [f"not counted: {BEFORE}"]
    assert len([line for line in turned.lines if line.get_marker() in ("o", "s", "x")]) == 2
    none = comparison(SHORTEST_MONTH - 1)
    _, turned = figures.price(none.effects)
    assert reasons_of(turned) == [f"not counted: {Reason.NO_MONTH}"] * 3
    assert not [line for line in turned.lines if line.get_marker() in ("o", "s", "x")]
    none.plot("visitors_turned_away").draw_without_rendering()
    labels = [" ".join(axes.get_xlabel().split()) for axes in figures.overview(none.effects)]
    assert "per 1,000 declared monthly visitors" in labels[0] and "user-days" in labels[1]


def test_the_files_of_a_result_say_it_too(tmp_path: Path) -> None:
    found = comparison(59, tmp_path / "r")
    read = pd.read_csv(tmp_path / "r" / "effects.csv", keep_default_na=False)
    row = read.query("policy == 'early' and outcome == 'visitors_turned_away'").iloc[0]
    assert (row["value"], row["verdict"], row["reason"]) == ("", "not counted", BEFORE)
    assert (read.query("outcome == 'visitors_turned_away'")["reason"] != "").sum() == 1
    both = found.scenario.replace(policies=found.scenario.policies | {
        "both": (*found.scenario.policies["early"], *found.scenario.policies["easy"])})  # fmt: skip
    rows = sim.compare(both, seeds=4).interactions.query("outcome == 'visitors_turned_away'")
    assert rows["verdict"].tolist() == ["not counted"]


@pytest.mark.parametrize(("policy", "days", "whose"), [
    ("baseline", 60, "baseline"), ("phone", 60, "declared"), ("baseline", 20, "declared"),
])  # fmt: skip
def test_one_run_names_the_denominator_that_it_has(policy: str, days: int, whose: str) -> None:
    scenario = synthetic.SCENARIO.replace(days=days, policies={"phone": (RegistrationPolicy(level="phone"),)})
    text = " ".join(sim.run(scenario, policy).summary(width=200).split())
    assert f"1,000 {whose}" in text
    assert (Reason.NO_MONTH in text) == (days == 20)
    assert [o.name for o in outcomes_of(scenario)] == [o.name for o in outcomes_of(scenario, baseline=False)]
