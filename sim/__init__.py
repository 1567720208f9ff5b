"""An agent-based simulator of moderation policy on anonymous chat.

The first comparison:

    import sim
    comparison = sim.compare(sim.load("scenarios/classroom.toml"))
    print(comparison.table())
    comparison.plot().show()

It explores what assumptions imply; it does not estimate how many victims there were.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sim.rules.language import speak as _speak
from sim.scenario.arguments import language_of
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.model.arrays.model import ChatModel
    from sim.questions.compare import compare
    from sim.questions.doubt import doubt
    from sim.questions.ranges import ranges
    from sim.questions.run import Run, first_difference, run
    from sim.questions.sweep import sweep
    from sim.questions.why import why
    from sim.report import figures
    from sim.report.compare import Comparison
    from sim.report.doubt import Doubt
    from sim.report.ranges import Ranges
    from sim.report.sweep import Sweep
    from sim.report.why import Why

__version__ = "0.1.0"

__all__ = [
    "ChatModel",
    "Comparison",
    "Doubt",
    "Ranges",
    "Run",
    "Scenario",
    "Sweep",
    "Why",
    "compare",
    "doubt",
    "figures",
    "first_difference",
    "load",
    "ranges",
    "run",
    "speak",
    "sweep",
    "why",
]


def speak(language: str) -> None:
    """Say everything in a language from now on, in this thread: ``en`` or ``fr``.

    Raises:
        ScenarioError: If it is none that is spoken here.
    """
    _speak(language_of(language))


_WHERE = {
    "ChatModel": "model.arrays.model",
    "Comparison": "report.compare",
    "Doubt": "report.doubt",
    "Ranges": "report.ranges",
    "Run": "questions.run",
    "Sweep": "report.sweep",
    "Why": "report.why",
    "compare": "questions.compare",
    "doubt": "questions.doubt",
    "first_difference": "questions.run",
    "ranges": "questions.ranges",
    "run": "questions.run",
    "sweep": "questions.sweep",
    "why": "questions.why",
}


def __getattr__(name: str) -> Any:
    """Import what a name stands for only when it is asked for: pandas and Mesa take a while."""
    if name == "figures":
        return import_module(f"{__name__}.report.figures")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    """Return all that can be asked for, imported or not."""
    return sorted({*globals(), *__all__})
