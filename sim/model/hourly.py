"""What users of Mesa find on both models: a step of an hour, an end, a data collector, and seeds as Mesa takes them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import mesa
import numpy as np
from mesa.datacollection import DataCollector

from sim.model.records import Records
from sim.rules.errors import ExperimentError, ScenarioError
from sim.rules.sentences import Sentence
from sim.scenario.arguments import scenario_of, seed_of
from sim.scenario.scenario import Scenario

COUNTS = (
    "predators_online",
    "contacts_on_platform",
    "contacts_parted",
    "contacts_off_platform",
    "dossiers_waiting",
    "reports_so_far",
    "harms_so_far",
)
"""Counts of the moment that both models have as properties, and collect."""

_LAST_DRAWN = 2**53
"""Seeds that are drawn stay below it, so that a table that makes floating-point numbers of them keeps them."""

_DRAWN_FROM = np.random.Generator | np.random.BitGenerator | np.random.SeedSequence


class HourlyModel(mesa.Model):
    """A Mesa model whose step is an hour of a scenario.

    Mesa's `batch_run` and `run_model` end with the window, because `running` is false from then on; a further step is
    an error. After every step the counts are collected, so that of any hour the row says how it ended. `batch_run`
    stops after `max_steps`, 1000 if not given, which are hours here: give it ``max_steps=scenario.hours``.

    Args:
        scenario: What to simulate.
        rng: For Mesa's own generators, on which no result depends.
        reporters: What to collect after every step, as Mesa's `DataCollector` takes it; nothing if there are none.

    Attributes:
        scenario: What is simulated.
        hour: Hours simulated so far.
        datacollector: What was collected, if anything is.
    """

    scenario: Scenario = None  # type: ignore[assignment]  # hides Mesa 3.5's property, which writes to its value

    def __init__(self, scenario: Scenario, rng: int, reporters: Mapping[str, Any]) -> None:
        super().__init__(rng=rng)
        self.scenario = scenario_of(scenario)
        self.hour = 0
        if reporters:
            self.datacollector = DataCollector(dict(reporters))

    @property
    def day_of_window(self) -> int:
        """Day of the measured window; negative during the warm-up."""
        return self.hour // 24 - self.scenario.warmup_days

    def run(self, progress: Callable[[int], None] | None = None) -> Records:
        """Simulate to the end of the window and return what was recorded.

        Args:
            progress: Called after each day with the hours just simulated.
        """
        while self.hour < self.scenario.hours:
            self.step()
            if progress is not None and self.hour % 24 == 0:
                progress(24)
        return self._records()

    @abstractmethod
    def _records(self) -> Records:
        """Return what was recorded."""

    def _begin_hour(self) -> None:
        """Refuse an hour after the last."""
        if self.hour >= self.scenario.hours:
            raise ExperimentError(
                Sentence(
                    "the window is over after {hours} hours, and there is no hour left to simulate; `running` is false "
                    "from then on. Make a new model, or a scenario of more days",
                    hours=self.hour,
                )
            )

    def _end_hour(self) -> None:
        """Stop after the last hour, and collect."""
        if self.hour >= self.scenario.hours:
            self.running = False
        if hasattr(self, "datacollector"):
            self.datacollector.collect(self)


def one_seed(seed: object, rng: object) -> int:
    """Return the seed that a user of Mesa means by ``seed`` or ``rng``, which are two names for one thing.

    Args:
        seed: A whole number; or a generator of NumPy, or what one is made from, of which a seed is drawn.
        rng: Likewise. Without either a seed is drawn anew, as in Mesa; models and their records say which it was.

    Raises:
        ScenarioError: If both are given, or something that is no seed.
    """
    if seed is not None and rng is not None:
        raise ScenarioError(Sentence("seed and rng are two names for the same; give one of them"))
    given = rng if seed is None else seed
    if given is None or isinstance(given, _DRAWN_FROM):
        return int(np.random.default_rng(given).integers(_LAST_DRAWN))
    return seed_of(given)
