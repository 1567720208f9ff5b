"""What the platform itself could publish, by hand."""

import pandas as pd
import pytest

from sim.model.records import BREAKDOWN_COLUMNS, DAILY_COLUMNS, Records, duration_table, person_table
from sim.outcomes import transparency
from sim.outcomes.counts import Counts, counts_of
from sim.scenario.scenario import Scenario

SCENARIO = Scenario(days=31, warmup_days=0)


def daily(seed: int, **counts: int) -> pd.DataFrame:
    table = pd.DataFrame(0, range(31), list(DAILY_COLUMNS))
    table = table.assign(policy="baseline", seed=seed, site="site", day=range(31), **counts)
    table["n_monthly_visitors"] = [0] * 30 + [1000 * (seed + 1)]
    return table


def counted(waits: pd.DataFrame, *daily: pd.DataFrame) -> Counts:
    return counts_of(
        SCENARIO, Records(pd.concat(daily), pd.DataFrame(columns=list(BREAKDOWN_COLUMNS)), waits, person_table([]))
    )


def test_the_record_by_hand() -> None:
    counts = {
        "n_report": 3,
        "n_false_report": 1,
        "n_bar": 4,
        "n_warn": 4,
        "n_bar_user": 1,
        "n_moderator_milli_hours": 24_000,
    }
    waits = duration_table(
        [("baseline", seed, 0, "site", "review", wait, n) for seed in (0, 1) for wait, n in ((0, 94), (7, 3), (50, 3))]
    )
    found = transparency.record(counted(waits, daily(0, **counts), daily(1, **counts))).set_index("item")["mean"]
    assert found["average monthly recipients"] == pytest.approx(1500)
    assert found["notices by users"] == pytest.approx(4 * 730.5 / 24)
    assert found["bans"] == found["warnings"] == pytest.approx(4 * 730.5 / 24)
    assert found["sanctions that hit lawful users"] == pytest.approx(12.5)
    assert found["moderators on duty"] == pytest.approx(1)
    assert found["median time to a decision"] == 0
    assert found["time within which 95% are decided"] == 7
    assert list(found.index) == list(transparency.ITEMS)


def test_nothing_decided_has_no_time_and_no_share() -> None:
    found = transparency.record(counted(duration_table([]), daily(0), daily(1))).set_index("item")["mean"]
    assert found[["median time to a decision", "sanctions that hit lawful users"]].isna().all()


def test_no_end_of_an_interval_goes_beyond_what_can_be() -> None:
    days = [daily(seed, n_bar=4, n_bar_user=of_users) for seed, of_users in enumerate((0, 4, 4, 1))]
    waits = duration_table(
        [("baseline", seed, 0, "site", "review", wait, 9) for seed, wait in enumerate((0, 0, 1, 60))]
    )
    found = transparency.record(counted(waits, *days)).set_index("item")
    shares, wait = (found.loc[item] for item in ("sanctions that hit lawful users", "median time to a decision"))
    assert (shares["low"], shares["high"]) == (0, 100)
    assert (wait["low"], wait["seeds"]) == (0, 4)
    some = transparency.record(counted(duration_table([]), daily(0), daily(1, n_bar=4))).set_index("item")
    assert some.loc["sanctions that hit lawful users", "seeds"] == 1
