import datetime as dt
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from sim.model.records import DAILY_COLUMNS, Records
from sim.outcomes.counts import HEADLINE, HERE, counts_of, half_year_of, periods_of, quarters_of, sums_of
from sim.outcomes.of_the_police import OF_THE_POLICE
from sim.outcomes.outcome import Outcome
from sim.outcomes.outcomes import BY_NAME, MINORS, OUTCOMES, SECOND, outcomes_of
from sim.rules.offences import OFFENCES
from sim.scenario.scenario import BASELINE, Scenario
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(days=60, start=dt.date(2023, 1, 1))
YEAR = 365.25


def daily(policy: str = "baseline", seed: int = 0, days: int = 60, **counts: int) -> pd.DataFrame:
    """Return a table in which every count is 0 but for those given, the same every day."""
    day = np.arange(days)
    table = pd.DataFrame(0, day, list(DAILY_COLUMNS)).assign(policy=policy, seed=seed, site="site", day=day)
    month_end = np.isin(day, [29, 59])
    return table.assign(n_monthly_visitors=np.where(month_end, 20_000, 0), **counts)


def value(name: str, table: pd.DataFrame, scenario: Scenario = SCENARIO) -> float:
    outcome = BY_NAME[name]
    return float(outcome.formula(sums_of(scenario, table)).iloc[0])


def test_every_outcome_is_declared_once_in_words_and_with_known_columns() -> None:
    found = outcomes_of(SCENARIO)
    assert len({o.name for o in found}) == len({o.label for o in found}) == len(found)
    assert [o.name for o in found[:4]] == [HERE, HEADLINE, MINORS, SECOND]
    assert all(o.unit and o.behind and o.better in ("lower", "higher", "neither") for o in found)
    assert {c for o in OUTCOMES for c in o.behind} <= set(DAILY_COLUMNS)


def test_the_police_have_outcomes_where_somebody_investigates_of_known_columns() -> None:
    names = [{o.name for o in outcomes_of(SCENARIO.replace(**{"police.investigators": n}))} for n in (0.0, 0.5)]
    assert names[1] - names[0] == {o.name for o in OF_THE_POLICE}
    assert {c for o in OF_THE_POLICE for c in o.behind} <= set(DAILY_COLUMNS)


def test_proceedings_of_all_kinds_are_those_of_the_model_over_their_share() -> None:
    half = SCENARIO.replace(**{"police.p_modelled": 0.5})
    table = daily(n_case=9, n_complain_earlier=1, n_complain=2, n_case_referral=3, n_case_decoy=4)
    assert value("recorded_proceedings", table, half) == pytest.approx(2 * 10 * YEAR / 12 / 20)


def test_the_headline_is_per_year_and_per_thousand_visitors_of_the_baseline_whatever_the_policy() -> None:
    arms = [daily(n_persons_harmed=2), daily("phone", n_persons_harmed=1).assign(n_monthly_visitors=1)]
    found = OUTCOMES[0].formula(sums_of(SCENARIO, pd.concat(arms)))
    assert found["baseline", 0] == pytest.approx(2 * YEAR / 20)
    assert found["phone", 0] == pytest.approx(1 * YEAR / 20)


def test_the_denominator_is_the_declared_audience_where_no_month_ended_or_there_is_no_baseline() -> None:
    short = SCENARIO.replace(days=20, **{"population.monthly_visitors_start": 10_000.0, "population.growth_days": 20})
    grown = 10_000 + 10_000 * (19 / 20) / 2
    assert sums_of(short, daily(days=20)).visitors == pytest.approx(grown)
    assert sums_of(SCENARIO.replace(scale=0.1), daily("phone")).visitors == pytest.approx(2_000)


def test_the_second_is_per_user_day_of_the_same_run() -> None:
    assert value(SECOND, daily(n_harm_serious=3, n_user_days=1500)) == pytest.approx(200)


@pytest.mark.parametrize(
    ("name", "counts", "expected"),
    [
        ("harms", {"n_harm": 2}, 2 * YEAR),
        ("approaches", {"n_approach": 10}, 10 * YEAR / 12),
        ("reported_share", {"n_report": 1, "n_recognise_on_platform": 4}, 0.25),
        ("evidence_share", {"n_review_evidence": 1, "n_review": 5}, 0.2),
        ("waiting_hours", {"n_wait_hours": 30, "n_review": 5}, 6),
        ("backlog", {"n_waiting_hours": 48}, 2),
        ("flagged", {"n_flag": 10}, 10 * YEAR / 12),
        ("sought_again", {"n_seek": 1, "n_block_on_platform": 4}, 0.25),
        ("predators_warned", {"n_warn": 5, "n_warn_user": 2}, 3 * YEAR),
        (
            "predators_barred",
            {"n_bar": 5, "n_bar_user": 2, "n_suspend": 4, "n_suspend_user": 3, "n_warn": 7},
            4 * YEAR,
        ),
        ("innocents_sanctioned", {"n_bar_user": 2, "n_suspend_user": 3, "n_warn_user": 4}, 9 * YEAR),
        ("snapshots_kept", {"n_snapshot_hours": 48}, 2),
        ("recorded_harm", {"n_complain": 2, "n_complain_earlier": 3}, 5 * YEAR),
        ("investigators_busy_share", {"n_take_up": 2, "n_take_up_earlier": 1, "n_case_capacity": 4}, 0.75),
        ("cases_waiting", {"n_case_waiting_hours": 48, "n_case": 1}, 2),
        ("data_at_request", {"n_request_data": 1, "n_request": 4}, 0.25),
        ("data_at_answer", {"n_answer_data": 1, "n_answer": 5}, 0.2),
        ("days_to_identification", {"n_identify_hours": 48, "n_identify": 1}, 2),
        ("days_to_arrest", {"n_arrest_hours": 24 * 7, "n_arrest": 1}, 7),
        ("days_at_large", {"n_at_large_hours": 24 * 9, "n_arrest": 3}, 3),
        ("decoy_hours", {"n_decoy_milli_hours": 5000}, 5 * YEAR / 12),
        ("felt_risk", {"n_felt_risk_milli": 2500}, 2.5),
        ("logs_kept", {"n_log_hours": 240}, 10),
        ("identified_use", {"n_identified_hours": 3, "n_user_hours": 4}, 0.75),
        ("recorded_per_harm", {"n_complain": 1, "n_harm": 10}, 0.1),
        ("user_days_lost", {"n_user_days_turned_away": 15, "n_user_days_moved_in": 3}, YEAR),
        ("user_days_barred", {"n_user_days_barred": 12}, YEAR),
        ("conversations_lost", {"n_user_hours_turned_away": 10, "n_user_hours_barred": 2}, 0.5 * YEAR),
        ("conversations_barred", {"n_user_hours_protected": 10, "n_user_hours": 40}, 2 * 0.5 * 10 * 0.75 * YEAR / 12),
        ("history_kept", {"n_history_hours": 240, "n_snapshot_hours": 24}, 11),
        ("moderator_hours", {"n_moderator_milli_hours": 8000}, 8 * YEAR / 12),
    ],
)
def test_formulas_by_hand(name: str, counts: dict[str, int], expected: float) -> None:
    assert value(name, daily(**counts)) == pytest.approx(expected)


def test_a_monthly_count_is_the_mean_of_the_months_within_the_window() -> None:
    table = daily()
    table["n_monthly_turned_away"] = np.where(table["day"] == 29, 500, np.where(table["day"] == 59, 700, 0))
    assert value("visitors_turned_away", table) == 600
    # No month fits into 29 days: none is counted, which is another thing than nobody.
    assert np.isnan(value("visitors_turned_away", daily(days=29), SCENARIO.replace(days=29)))


@pytest.mark.parametrize("outcome", [o for o in OUTCOMES if o.over_time], ids=lambda o: o.name)
def test_a_longer_window_of_the_same_days_changes_no_rate(outcome: Outcome) -> None:
    same = dict.fromkeys((c for c in DAILY_COLUMNS[4:] if not c.startswith("n_monthly")), 7)
    same["n_user_hours"] = 14  # not all of them are protected
    same["n_user_days_turned_away"] = 14  # not all of them have moved
    whole = sums_of(SCENARIO, daily(**same))
    half = sums_of(SCENARIO, daily(**same), stretches=[(0, 31)])
    monthly = outcome.name in ("visitors_turned_away", "adults_misjudged")
    assert float(outcome.formula(half).iloc[0]) == pytest.approx(float(outcome.formula(whole).iloc[0]))
    assert float(outcome.formula(whole).iloc[0]) > 0 or monthly or outcome.name.startswith("predators_")


def test_nothing_to_share_gives_no_number() -> None:
    assert all(np.isnan(value(name, daily())) for name in ("waiting_hours", "reported_share", "recorded_per_harm"))
    assert np.isnan(value("recorded_per_harm", daily(n_complain=1)))


def test_persons_harmed_by_class_and_offence_come_from_the_breakdown() -> None:
    records = synthetic.simulate(SCENARIO, [0, 1], ["baseline"])
    sums = sums_of(SCENARIO, records.daily, records.breakdown, durations=records.durations)
    found = {o.name: o.formula(sums) for o in outcomes_of(SCENARIO)}
    by_class = sum(found[f"{HERE}_{c}"] for c in ("under_15", "15_17", "adult", "minority"))
    assert by_class.to_numpy() == pytest.approx(found[HERE].to_numpy())
    by_offence = found[f"{HERE}_grooming_of_minors"] + found[f"{HERE}_ambush_of_minorities"]
    assert by_offence.to_numpy() == pytest.approx(found[HERE].to_numpy())


def test_a_harm_weighs_what_its_offence_does_in_each_of_two_scales() -> None:
    weights = {"grooming_of_minors": (10.0, 3.0), "drug_dealing": (5.0, 0.0)}
    offences = tuple(
        o.model_copy(update={"severity_sentence": weights[o.name][0], "severity_own": weights[o.name][1]})
        for o in OFFENCES
        if o.name in weights
    )
    scenario = SCENARIO.replace(offences=offences)
    columns = ["policy", "seed", "year", "site", "offence", "victim_class", "quantity", "count"]
    harms = [("grooming_of_minors", "under_15", 2), ("grooming_of_minors", "15_17", 1), ("drug_dealing", "adult", 7)]
    rows = [("baseline", 0, 0, "site", offence, c, "harm", n) for offence, c, n in harms]
    rows.append(("baseline", 0, 0, "site", "grooming_of_minors", "15_17", "approach", 500))
    sums = sums_of(scenario, daily(n_harm=1), pd.DataFrame(rows, columns=columns))
    found = {o.name: o.formula(sums) for o in outcomes_of(scenario) if o.name.startswith("harm_by")}
    assert found["harm_by_sentence"].tolist() == pytest.approx([(3 * 10 + 7 * 5) * YEAR / 60])
    assert found["harm_by_own_weights"].tolist() == pytest.approx([3 * 3 * YEAR / 60])


def test_a_part_of_the_window_has_its_own_days_and_months() -> None:
    part = sums_of(SCENARIO, daily(n_harm=2), stretches=[(31, 60)])
    assert (part.days, part.months) == (29, 1)
    assert part["n_harm"].iloc[0] == 58
    assert part.visitors == 20_000


@pytest.mark.parametrize("days", [5, 60, 120, 400])
def test_sums_over_stretches_are_those_over_days(days: int) -> None:
    scenario = SCENARIO.replace(days=days)
    records = Records.joined([synthetic.simulate(scenario, (0, 3), (BASELINE,))])
    counts = counts_of(scenario, records)
    whole = sums_of(scenario, records.daily, records.breakdown, durations=records.durations)
    pd.testing.assert_frame_equal(counts.sums().table, whole.table, check_dtype=False)
    assert (counts.sums().months, counts.sums().visitors) == (whole.months, whole.visitors)
    stretches = [*pairwise(periods_of(scenario)), *(quarters_of(scenario) or ()), half_year_of(scenario)]
    assert len(stretches) >= 2
    for stretch in stretches:
        part, by_day = counts.sums(stretch), sums_of(scenario, records.daily, stretches=[stretch])
        pd.testing.assert_frame_equal(part.table, by_day.table)
        assert (part.days, part.months, part.visitors) == (by_day.days, by_day.months, by_day.visitors)
    assert len(counts.records.daily) < len(records.daily) or days == 5


def test_a_stretch_that_was_not_added_up_is_refused() -> None:
    counts = counts_of(SCENARIO, Records.joined([synthetic.simulate(SCENARIO, (0,), (BASELINE,))]))
    with pytest.raises(ValueError, match=r"days \(1, 60\) do not begin and end with stretches"):
        counts.sums((1, 60))
