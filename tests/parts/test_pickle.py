"""Results and figures can be sent to another process and come back as they were."""

from __future__ import annotations

import io
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

import sim
from sim.policies.registration import RegistrationPolicy
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(
    policies={level: (RegistrationPolicy(level=level),) for level in ("email", "phone")}
)

RESULTS: dict[str, Callable[[], Any]] = {
    "compare": lambda: sim.compare(SCENARIO, seeds=4),
    "run": lambda: sim.run(SCENARIO, "email", seed=3, events=True),
    "sweep": lambda: sim.sweep(SCENARIO, {"retention.message_hours": [1, 720]}, seeds=4),
    "map": lambda: sim.sweep(
        SCENARIO, {"retention.message_hours": [1, 720], "reporting.friction": [0.1, 0.9]}, seeds=4
    ),
    "why": lambda: sim.why(SCENARIO, "email", seeds=4),
    "doubt": lambda: sim.doubt(SCENARIO, ["email"], draws=16),
    "ranges": lambda: sim.ranges(SCENARIO, ["email"], seeds=4),
}


@pytest.fixture
def invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


def again(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def tables(result: Any) -> dict[str, pd.DataFrame]:
    return {name: value for name, value in vars(result).items() if isinstance(value, pd.DataFrame)}


def png(figure: Figure) -> bytes:
    image = io.BytesIO()
    figure.savefig(image, format="png", metadata={"Software": None})
    return image.getvalue()


@pytest.mark.usefixtures("invented")
@pytest.mark.parametrize("name", RESULTS)
def test_a_result_and_its_figures_come_back(name: str) -> None:
    result = RESULTS[name]()
    back = again(result)
    assert type(back) is type(result)
    assert getattr(back, "scenario", None) == getattr(result, "scenario", None)
    assert tables(result)
    for table, frame in tables(result).items():
        pd.testing.assert_frame_equal(tables(back)[table], frame)
    if name == "run":
        return
    assert back.table() == result.table()
    assert result.figures()
    for draw in result.figures().values():
        figure = draw()
        other = again(figure)
        assert png(other) == png(figure)
        assert other._repr_png_() == figure._repr_png_()


def test_a_comparison_comes_back_from_another_process() -> None:
    scenario = SCENARIO.replace(days=7, warmup_days=2)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(sim.compare, (scenario, ["email"], 2))
    pd.testing.assert_frame_equal(there.effects, sim.compare(scenario, ["email"], 2).effects)
