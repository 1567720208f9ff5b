"""Questions: what can be asked of the model, and what is kept of the answer. A file and a command for each."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from sim.model.engines import Engine
from sim.model.records import Runs
from sim.outcomes.dictionary import Tables
from sim.rules.errors import ExperimentError, ScenarioError, UnansweredError, failures
from sim.rules.sentences import Sentence, Words
from sim.scenario.arguments import seed_of
from sim.scenario.scenario import Scenario, of_content
from sim.study.task import Task

SECONDS_OF_A_RUN, SECONDS_OF_EFFECTS, SECONDS_OF_A_PANEL = 0.005, 0.07, 0.15
"""What counting a run, comparing the outcomes of an arm and drawing a panel take; on a two-core development machine."""


FEWEST_SEEDS = 2
"""Of fewer seeds nothing can be told apart from luck."""


class Answer(Protocol):
    """What is kept of a result: its text, its tables and its figures. See `sim.report.result`."""

    @property
    def lost(self) -> Mapping[str, str]:
        """Units that failed, with their errors, without which it was made."""

    def losing(self, lost: Mapping[str, str]) -> Self:
        """Return it as one that says that it was made without these units."""

    @property
    def columns(self) -> Tables:
        """What the columns of its own tables hold."""

    def table(self) -> str:
        """Return it as text."""

    def fill(self, folder: Path) -> None:
        """Write its tables into a folder."""

    def drawn(self, png: bool = True) -> Mapping[str, Callable[[], dict[str, bytes]]]:
        """Return what makes the files of each figure, by its name: their contents, SVG and PNG, by their endings."""

    def written_page(
        self,
        made: Mapping[str, Any],
        pictures: Mapping[str, bytes],
        data: Mapping[str, bytes],
        unfinished: Words = None,
    ) -> str:
        """Return its page as HTML: of what the manifest says, figures in SVG, tables in CSV, why it is unfinished."""


class Question(ABC):
    """What is asked of the model: which step loops answer it, and what is made of their counts.

    Subclasses are frozen dataclasses; their fields but the scenario, as JSON holds them, say all of it.
    """

    name: ClassVar[str]
    scenario: Scenario | None = None
    engine: Engine = "array"

    def __init_subclass__(cls) -> None:
        """Name the subclass as the command that asks it, which is named as its file."""
        super().__init_subclass__()
        cls.name = cls.__module__.rpartition(".")[2]

    @abstractmethod
    def tasks(self) -> list[Task]:
        """Return the step loops to run, each with a label of its own if they are several."""

    @abstractmethod
    def answer(self, runs: Iterable[Runs]) -> Answer:
        """Make the result of the runs of each task, which come in the order of the tasks."""

    def without(self, lost: Mapping[str, str]) -> Self:
        """Return what can be asked without units that failed: it has no seed that was lost anywhere, so pairs stay.

        Args:
            lost: Errors by the names of units.

        Raises:
            UnansweredError: If too little is left to answer it.
            ExperimentError: If it cannot be asked of fewer runs.
        """
        seeds = getattr(self, "seeds", None)
        if not isinstance(seeds, tuple):
            raise ExperimentError(*failures(lost), units=[*lost])
        gone = {seed for task in self.tasks() for seed in task.seeds if task.unit(seed) in lost}
        left = tuple(seed for seed in seeds if seed not in gone)
        if len(left) < FEWEST_SEEDS:
            takes = Sentence("this takes at least {fewest}: it cannot be answered", fewest=FEWEST_SEEDS)
            if left:
                alone = Sentence(
                    "seed {seed} alone is left of {n}, and {takes}", seed=str(left[0]), n=len(seeds), takes=takes
                )
            else:
                alone = Sentence("no seed is left of {n}, and {takes}", n=len(seeds), takes=takes)
            raise UnansweredError(*failures(lost), alone, units=[*lost])
        return replace(self, seeds=left)  # type: ignore[type-var]

    def core(self) -> Self:
        """Return what of it is answered first where not all is run yet: itself, unless it is several questions."""
        return self

    @property
    def open_end(self) -> Words:
        """Words on what may have to be run after all tasks; ``None`` if nothing."""
        return None

    def more(self, found: Answer) -> tuple[Self, Words] | None:
        """Return the question with the runs that its first result calls for, and why; nothing if that is the answer.

        Raises:
            UnansweredError: If no number of runs would do.
        """
        return None

    def effects_and_panels(self) -> tuple[int, int]:
        """Return of how many arms every outcome is compared, and about how many panels its figures have."""
        return 0, 1

    def later(self, drawn: bool) -> float:
        """Return about how many seconds follow when all is simulated: to count and compare, and to write and draw."""
        runs = sum(len(task.arms) * len(task.seeds) for task in self.tasks())
        effects, panels = self.effects_and_panels()
        return runs * SECONDS_OF_A_RUN + effects * SECONDS_OF_EFFECTS + drawn * panels * SECONDS_OF_A_PANEL

    def asked(self) -> dict[str, Any]:
        """Return its fields as JSON holds them, but the scenario and what was lost: what a manifest reads equals it."""
        names: list[str] = [field.name for field in fields(self)]  # type: ignore[arg-type]
        said = json.dumps({name: getattr(self, name) for name in names if name not in ("scenario", "lost")})
        return dict(json.loads(said))

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> Self:
        """Return the question of this kind that a manifest or a store describes.

        Raises:
            ScenarioError: If it cannot be asked, for instance because a policy was written in Python.
        """
        try:
            asked = {name: _tuples(value) for name, value in plan["asked"].items()}
            if plan["scenario"] is not None:
                asked["scenario"] = of_content(plan["scenario"])
            found = cls(**asked)
            tasks = found.tasks()
            if asked.get("policies", True) == () or not all(task.lanes and task.seeds for task in tasks):
                raise ValueError("no policies or no seeds")
            for seed in {seed for task in tasks for seed in task.seeds}:
                seed_of(seed)
        except ScenarioError:
            raise
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise ScenarioError(
                Sentence("the manifest describes no question that can be asked: {error}", error=repr(error))
            ) from None
        return found


def _tuples(value: Any) -> Any:
    """Return what JSON holds with tuples for its lists."""
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
