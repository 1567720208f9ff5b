"""An agent-based simulator of moderation policy on anonymous chat.

The first comparison:

    import sim
    comparison = sim.compare(sim.load("scenarios/classroom.toml"))
    print(comparison.table())
    comparison.plot().show()

It explores what assumptions imply; it does not estimate how many victims there were.
"""

from typing import TYPE_CHECKING, Any

from sim.questions.compare import compare
from sim.questions.ranges import ranges
from sim.questions.run import Run, first_difference, run
from sim.questions.sweep import sweep
from sim.questions.why import why
from sim.report.compare import Comparison
from sim.report.ranges import Ranges
from sim.report.sweep import Sweep
from sim.report.why import Why
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from sim.model.arrays.model import ChatModel

__version__ = "0.1.0"

__all__ = [
    "ChatModel",
    "Comparison",
    "Ranges",
    "Run",
    "Scenario",
    "Sweep",
    "Why",
    "compare",
    "first_difference",
    "load",
    "ranges",
    "run",
    "sweep",
    "why",
]


def __getattr__(name: str) -> Any:
    """Import the model only when it is asked for: Mesa takes a while."""
    if name == "ChatModel":
        from sim.model.arrays.model import ChatModel

        return ChatModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
