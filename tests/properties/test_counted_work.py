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
from sim.model.world.day import Day
from sim.model.world.draws import Ints
from sim.model.world.population import Membership
from sim.model.world.world import World
from sim.scenario.scenario import BASELINE, Scenario

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


def work(
    monkeypatch: pytest.MonkeyPatch, *, lanes: int = 1, seeds: int = 1, **changes: Any
) -> tuple[Counter[str], dict[str, int]]:
    """Return what a run counts after it is set up, and what happened in it; lanes are all like the baseline."""
    same = {f"like-{n}": () for n in range(1, lanes)}
    with monkeypatch.context() as patch:
        scenario = CHAT.replace(**changes, policies=same)
        model = ChatModel(scenario, range(1, seeds + 1), [BASELINE, *same], collect=False)
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


FEW = {"predators.p_of_adults": 0.005}
SMALL = {"population.monthly_visitors": 2_000.0, "population.monthly_visitors_start": 2_000.0}


@pytest.mark.parametrize(
    ("few", "many"),
    [
        pytest.param(SMALL, {name: 4 * n for name, n in SMALL.items()}, id="persons"),
        pytest.param(FEW, {name: 4 * p for name, p in FEW.items()}, id="predators"),
        pytest.param({"responses.p_ready_false_report": 0.05}, {"responses.p_ready_false_report": 0.2}, id="reports"),
        pytest.param({"days": 10}, {"days": 40}, id="days"),
        pytest.param({"lanes": 1}, {"lanes": 4}, id="lanes"),
        pytest.param({"seeds": 1}, {"seeds": 4}, id="seeds"),
    ],
)
def test_four_times_as_much_is_at_most_four_times_the_work(
    few: dict[str, Any], many: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    less, more = (work(monkeypatch, **sizes)[0] for sizes in (few, many))
    assert more["words"] < 4.2 * less["words"]
    assert more["looks"] < 4.5 * less["looks"], "a tenth more for the luck of a few hundred reports"


@contextmanager
def candidates_counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count the intents of all days, and the attempts for which a candidate is drawn."""
    counts: Counter[str] = Counter()
    come_upon, look_at = World._come_upon, World._look_at

    def counting(world: World, day: Day, intent: Ints, group: Ints, first: int, last: int) -> Ints:
        counts["attempts"] += intent.size * (last - first)
        return come_upon(world, day, intent, group, first, last)

    def looking(world: World, day: Day) -> None:
        counts["intents"] += day.intents.contact.size * (day.number != world._day_come_upon)
        look_at(world, day)

    with monkeypatch.context() as patch:
        patch.setattr(World, "_come_upon", counting)
        patch.setattr(World, "_look_at", looking)
        yield counts


def test_candidates_are_drawn_as_far_as_somebody_looks_and_once_for_all_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    with candidates_counted(monkeypatch) as one:
        work(monkeypatch)
    with candidates_counted(monkeypatch) as four:
        work(monkeypatch, lanes=4)
    assert one["intents"] == four["intents"] > 1000
    assert one["attempts"] < 1.5 * one["intents"], "without doors hardly anybody looks further"
    assert four["attempts"] < 1.1 * one["attempts"]


def test_who_joined_when_is_not_worked_out_where_no_account_persists(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Ints] = []
    joined = Membership.joined

    def counting(membership: Membership, seed: Ints, person: Ints) -> Ints:
        asked.append(person)
        return joined(membership, seed, person)

    monkeypatch.setattr(Membership, "joined", counting)
    # Bars of users are looked at for the hours of limited accounts, of which there are none.
    _, happened = work(monkeypatch, **{"moderation.staff": 5.0})
    assert happened["n_bar_user"] and not asked


def test_lanes_share_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    one, four = (work(monkeypatch, lanes=lanes)[0] for lanes in (1, 4))
    assert four["words"] < 2 * one["words"]
