"""The engines, by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Literal

from sim.model.records import Records
from sim.rules.errors import ScenarioError, shown
from sim.rules.sentences import Listed, Sentence, Term

Engine = Literal["array", "agents"]

_ENGINES: dict[Engine, str] = {"array": "sim.model.arrays.model", "agents": "sim.model.agents"}


def module_of(engine: Engine) -> str:
    """Return the name of the module of an engine.

    Raises:
        ScenarioError: If there is no such engine.
    """
    if not isinstance(engine, str) or engine not in _ENGINES:
        raise ScenarioError(
            Sentence(
                "no engine is called {name}; there are {known}",
                name=shown(engine),
                known=Listed(tuple(_ENGINES), Term(" and ")),
            )
        )
    return _ENGINES[engine]


def engine_of(engine: Engine) -> Callable[..., Records]:
    """Return the function that simulates with an engine; errors as for `module_of`."""
    simulate: Callable[..., Records] = import_module(module_of(engine)).simulate
    return simulate
