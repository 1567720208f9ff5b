"""What step loops will cost, and how seeds share them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.rules.sentences import spoken
from sim.scenario.scenario import Scenario
from sim.study import price
from sim.study.price import cost, priced
from sim.study.task import Task
from tests.parts.synthetic import SCENARIO

TASK = Task(SCENARIO, ("baseline",), tuple(range(12)))


@pytest.fixture(autouse=True)
def of_two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price, "_n_cores", lambda: 2)
    monkeypatch.setattr(price, "SECONDS_OF_A_LOOP", 300.0)


def costs(monkeypatch: pytest.MonkeyPatch, first: float, each: float, memory: float = 1.0) -> None:
    """Let a step loop cost seconds as such, others for each of its seeds, and bytes for each."""
    monkeypatch.setattr(price, "_price", lambda scenario, arms, seeds, engine: (first + each * seeds, memory * seeds))


def sizes(task: Task = TASK, workers: int = 1, alone: tuple[str, ...] = ()) -> list[int]:
    ((*loops,),) = priced([task], workers, "array", alone)
    assert sorted(seed for loop, _ in loops for seed in loop.seeds) == [*task.seeds]
    return [len(loop.seeds) for loop, _ in loops]


class TestCost:
    def test_it_counts_the_hours_of_all_arms_and_seeds(self) -> None:
        assert spoken(cost([Task(SCENARIO, tuple("abcde"), tuple(range(6)))], 1)).startswith(
            "To simulate: 108,000 hours = 6 seeds x 5 policies with the baseline x 150 days (30 of them warm-up)."
        )

    def test_more_work_costs_more_and_workers_share_it(self) -> None:
        def minutes(scenario: Scenario, workers: int) -> float:
            task = Task(scenario, tuple("abcdefghij"), tuple(range(12)))
            words = spoken(cost([task], workers)).split("About ")[1].split()
            return float(words[0]) * (60 if words[1] == "minutes" else 1)

        large = Scenario().replace(days=365)
        assert minutes(large, 1) > minutes(large, 2) > minutes(SCENARIO, 1)
        assert minutes(large, 4) == minutes(large, 2)  # of two cores

    def test_more_or_busier_offenders_cost_more_and_cost_alike(self) -> None:
        def seconds(**changes: float) -> float:
            return price._price(Scenario().replace(**changes), 15, 1, "array")[0]

        before = Scenario().predators
        many = seconds(**{"predators.p_of_adults": 6 * before.p_of_adults})
        busy = seconds(**{"predators.visits_per_month": 6 * before.visits_per_month})
        assert many == pytest.approx(busy)
        assert 2 * seconds() < many < 4 * seconds()

    def test_it_says_how_many_seeds_share_a_loop_and_what_a_kill_may_cost(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        costs(monkeypatch, first=100, each=60)
        assert spoken(cost([TASK], 2, kept=True)).splitlines()[1:] == [
            "About 9 minutes and 0.5 GB in 2 processes, 3 seeds at a time in each. What is finished is kept; a kill "
            "loses at most about 5 minutes."
        ]
        assert "kill" not in spoken(cost([TASK], 2))
        single = spoken(cost([replace(TASK, seeds=(1,))], 2, kept=True))
        assert "at a time" not in single
        assert "kill" not in single


class TestSharing:
    def test_seeds_share_loops_as_far_as_a_kill_may_cost_and_memory_allows(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        costs(monkeypatch, first=100, each=50)
        assert sizes() == [4, 4, 4]  # 300 seconds
        costs(monkeypatch, first=100, each=50, memory=price.MEMORY_OF_A_PROCESS / 2)
        assert sizes() == [2] * 6
        costs(monkeypatch, first=100, each=1000, memory=1e12)
        assert sizes() == [1] * 12

    def test_processes_that_share_cores_take_longer_so_fewer_seeds_share_a_loop(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        costs(monkeypatch, first=60, each=60)
        assert sizes(workers=2) == [3, 3, 3, 3]
        assert sizes(workers=4) == [1] * 12  # twice as long: 360 seconds for two are too many

    def test_every_worker_gets_as_many_loops_of_about_one_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        costs(monkeypatch, first=10, each=1)
        assert sizes(workers=2) == [6, 6]
        assert sizes(workers=5) == [2, 2, 3, 2, 3]
        assert sizes(replace(TASK, seeds=tuple(range(20))), workers=2) == [10, 10]
        costs(monkeypatch, first=100, each=50)
        assert sizes(workers=2) == [3, 3, 3, 3]
        assert sizes(replace(TASK, seeds=(4, 7, 9)), workers=8) == [1, 1, 1]

    def test_no_more_share_a_loop_than_makes_them_quicker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        costs(monkeypatch, first=1, each=10)
        assert sizes() == [2] * 6  # 10.5 seconds each, and 10.1 if all share one

    def test_agents_and_what_failed_have_loops_of_their_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        costs(monkeypatch, first=10, each=1)
        assert len(priced([TASK], 2, "agents")[0]) == 12
        assert sizes(workers=2, alone=("seed-3",)) == [1, 5, 6]
        assert sizes(replace(TASK, seeds=(3,)), alone=("seed-3",)) == [1]

    def test_a_further_seed_costs_less_than_the_first(self) -> None:
        for scenario in (Scenario(), SCENARIO):
            seconds, _ = price._price(scenario, 5, 1, "array")
            assert seconds < price._price(scenario, 5, 3, "array")[0] < 3 * seconds
