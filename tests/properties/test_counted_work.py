"""What an hour costs, counted in draws and looks at dossiers instead of seconds: neither backlog nor absentees cost."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sim.model.arrays.model import ChatModel
from sim.model.arrays.moderation import Desk
from sim.model.arrays.state import Dossier
from sim.model.world import draws
from sim.scenario.scenario import Scenario

CHAT = Scenario(days=20, warmup_days=0).replace(**{
    "population.monthly_visitors": 4_000.0,
    "population.monthly_visitors_start": 4_000.0,
    "population.visit_rate_sigma": 0.0,
    "population.mean_stay_days": 100_000.0,
    "predators.p_of_adults": 0.02,
    "predators.visits_per_month": 30.0,
    "responses.p_ready_false_report": 0.05,
    "reporting.friction": 0.0,
    "moderation.staff": 0.5,
    "moderation.dossier_expiry_hours": 24,
})  # fmt: skip


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count words drawn and looks at dossiers in queues."""
    counts: Counter[str] = Counter()

    def counting(home: Any, name: str, what: str, size: Any) -> None:
        function = getattr(home, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            counts[what] += size(*args)
            return function(*args, **kwargs)

        monkeypatch.setattr(home, name, call)

    counting(draws, "mix_array", "words", lambda z: z.size)
    counting(draws, "mix", "words", lambda z: 1)
    counting(Desk, "_valid", "looks", lambda *args: 1)
    counting(Dossier, "entry", "looks", lambda *args: 1)
    yield counts


def work(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> tuple[Counter[str], dict[str, int]]:
    """Return what a run counts after it is set up, and what happened in it."""
    with monkeypatch.context() as patch:
        model = ChatModel(CHAT.replace(**changes), [1], collect=False)
        with counted(patch) as counts:
            daily = model.run().daily
    return counts, daily.drop(columns=["policy", "site", "seed", "day"]).sum().to_dict()


def test_a_backlog_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    short, _ = work(monkeypatch, **{"moderation.dossier_expiry_hours": 24})
    long, happened = work(monkeypatch, **{"moderation.dossier_expiry_hours": 10_000, "moderation.staff": 0.05})
    assert happened["n_waiting_hours"] > 200 * 24 * CHAT.days, "hundreds wait on average"
    arrivals = happened["n_report"] + happened["n_false_report"]
    # A dossier is looked at when a report is filed, when its place in a queue comes up, and once more to see the next.
    assert long["looks"] <= 4 * (arrivals + happened["n_review"]) + 24 * CHAT.days
    assert long["words"] < 1.05 * short["words"]


def test_persons_who_do_not_visit_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    few, seen = work(monkeypatch)
    members = {"population.monthly_visitors": 4_000.0 * 4, "population.monthly_visitors_start": 4_000.0 * 4}
    # Four times the visitors of a month, each of whom comes so seldom that as many visits begin.
    seldom, seen_seldom = work(monkeypatch, **members, **{
        "population.visits_per_month": 1.25, "predators.p_of_adults": 0.005,
    })  # fmt: skip
    assert seen_seldom["n_visits"] == pytest.approx(seen["n_visits"], rel=0.5)
    per_visit, per_visit_seldom = few["words"] / seen["n_visits"], seldom["words"] / seen_seldom["n_visits"]
    assert per_visit_seldom < 1.3 * per_visit
