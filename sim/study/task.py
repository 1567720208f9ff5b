"""A task of a study: step loops to run, made of units."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from sim.scenario.scenario import Scenario


@dataclass(frozen=True)
class Task:
    """Step loops to run: a scenario, which of its arms, with which seeds.

    Attributes:
        scenario: What to simulate.
        arms: Arms of it, the baseline first.
        seeds: Seeds, rising.
        events: Kinds of events to keep; none if empty.
        label: What sets it apart from other tasks of the same study; empty if it is the only one.
    """

    scenario: Scenario = field(repr=False)
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    events: tuple[str, ...] = ()
    label: str = ""

    def unit(self, seed: int) -> str:
        """Return the name of one of its units, for people."""
        return f"{self.label}/seed-{seed}" if self.label else f"seed-{seed}"

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what its units depend on, seed and rules set aside."""
        return hashlib.sha256(f"{self.scenario.fingerprint()} {' '.join(self.events)}".encode()).hexdigest()

    @cached_property
    def lanes(self) -> dict[str, str]:
        """A hash of what sets the lane of each arm apart, by arm."""
        return {arm: self.scenario.fingerprint(arm) for arm in self.arms}


def n_units(tasks: Iterable[Task]) -> int:
    """Return how many units tasks have."""
    return sum(len(task.seeds) for task in tasks)
