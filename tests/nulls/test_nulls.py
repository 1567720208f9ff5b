"""Where a cause is taken away, so are its effects: both engines, against a control in which all of them occur."""

from __future__ import annotations

import datetime as dt
from functools import cache

import pandas as pd
import pytest

from sim import agents, model
from sim.policies.set import SetPolicy
from sim.scenario import BASELINE
from tests.engines.chats import BUSY

CHAT = BUSY.replace(days=16, warmup_days=2, **{"contacts.private_harm_per_hour": 0.3})
ENGINES = {"array": model.simulate, "agents": agents.simulate}

NULLS: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "no predators": (
        {"predators.p_of_adults": 0.0},
        ("n_predator_hours", "n_approach", "n_harm", "n_persons_harmed", "n_report", "n_complain", "n_review_predator"),
    ),
    "no approaches": ({"predators.approaches_per_hour": 0.0}, ("n_approach", "n_engage", "n_harm", "n_report")),
    "nobody engages": (
        {"contacts.contact_engage_per_hour": 0.0},
        ("n_engage", "n_private", "n_leave", "n_harm", "n_persons_harmed"),
    ),
    "no staff": ({"moderation.staff": 0.0}, ("n_capacity", "n_review", "n_bar", "n_return", "n_predator_hours_barred")),
    "no harm": (
        {"contacts.private_harm_per_hour": 0.0, "contacts.off_harm_per_hour": 0.0},
        ("n_harm", "n_harm_serious", "n_harm_off_platform", "n_persons_harmed"),
    ),
    "nobody leaves": ({"contacts.private_leave_per_hour": 0.0}, ("n_leave", "n_harm_off_platform")),
    "nobody reports": (
        {"responses.p_ready_to_report": 0.0, "responses.p_ready_false_report": 0.0},
        ("n_report", "n_false_report", "n_open", "n_review", "n_bar", "n_waiting_hours"),
    ),
    "reporting is impossible": ({"reporting.friction": 1.0}, ("n_report", "n_false_report", "n_open", "n_review")),
    "nothing kept": ({"retention.message_hours": 0}, ("n_review_evidence", "n_history_hours")),
    "nobody findable": ({"registration.none.findability": 0.0}, ("n_find", "n_seek", "n_meet", "n_miss", "n_lapse")),
    "no complaints": (
        {"responses.p_complain_harmed": 0.0, "responses.p_complain_recognised": 0.0},
        ("n_complain",),
    ),
}  # fmt: skip
"""Changes of the scenario, and the counts that are then nothing."""


def daily(engine: str, changes: dict[str, object]) -> pd.DataFrame:
    return ENGINES[engine](CHAT.replace(**changes), [1], [BASELINE]).daily


@cache
def control() -> pd.DataFrame:
    return daily("array", {})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NULLS)
def test_without_the_cause_no_effect(name: str, engine: str) -> None:
    changes, counts = NULLS[name]
    found = daily(engine, changes)[list(counts)].sum()
    assert found[found != 0].to_dict() == {}
    usual = control()[list(counts)].sum()
    assert usual[usual == 0].to_dict() == {}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_door_that_lets_nobody_in(engine: str) -> None:
    start = 3
    shut = tuple(
        SetPolicy(rule=f"registration.friction_{who}", value=1, start=CHAT.start + dt.timedelta(start))
        for who in ("user", "predator")
    )
    table = ENGINES[engine](CHAT.replace(policies={"shut": shut}), [1], ["shut"]).daily.set_index("day")
    inside = ["n_visits", "n_user_days"]
    assert (table.loc[start:, inside] == 0).all(axis=None)
    assert (table.loc[: start - 1, inside] > 0).all(axis=None)
    # Visits that began before go on to their end, at most half a day later.
    there = ["n_user_hours", "n_predator_hours", "n_approach", "n_engage", "n_meet", "n_false_report"]
    assert (table.loc[start + 1 :, there] == 0).all(axis=None)
    assert (table.loc[: start - 1, there].sum() > 0).all()
    assert (table.loc[start + 1 :, ["n_visits_turned_away", "n_predator_hours_turned_away"]] > 0).all(axis=None)
