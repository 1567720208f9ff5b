"""An agent-based simulator of moderation policy on anonymous chat.

The first comparison:

    import sim
    comparison = sim.compare(sim.load("scenarios/classroom.toml"))
    print(comparison.table())
    comparison.plot().show()

It explores what assumptions imply; it does not estimate how many victims there were.
"""

from typing import TYPE_CHECKING, Any

from sim.attribution import Why, why
from sim.experiment import Comparison, Run, compare, first_difference, run
from sim.reading import load
from sim.response import Sweep, sweep
from sim.scenario import Scenario
from sim.sensitivity import Ranges, ranges

if TYPE_CHECKING:
    from sim.model import ChatModel

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
        from sim.model import ChatModel

        return ChatModel
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
