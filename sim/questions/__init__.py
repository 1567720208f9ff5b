"""What can be asked: a file each command. What a question finds is in the file of the same name in `sim.report`.

No list names them: what can be asked is what has a file here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from sim.report.result import Result
from sim.rules.errors import ScenarioError, shown
from sim.study.command import Command
from sim.study.question import Question


def commands() -> dict[str, Command]:
    """Return the command of every file by its name, each after the one that it names."""
    found: dict[str, Command] = {
        module.name: import_module(f"{__name__}.{module.name}").COMMAND for module in iter_modules(__path__)
    }

    def way(name: str) -> tuple[str, ...]:
        """Return the commands before one, each after the one that it names, and last the command itself."""
        after = found[name].after
        return (*way(after), name) if after in found else (name,)

    return {name: found[name] for name in sorted(found, key=way)}


def kinds() -> dict[str, type[Question]]:
    """Return what sort of question each command asks, by its name; not every command asks one."""
    return {name: kind for name in commands() for kind in _classes(f"{__name__}.{name}") if issubclass(kind, Question)}


def results() -> dict[str, type[Result]]:
    """Return what each question finds, by the name of its command."""
    return {name: kind for name in kinds() for kind in _classes(f"sim.report.{name}") if issubclass(kind, Result)}


def question_of(plan: Mapping[str, Any]) -> Question:
    """Return the question that a manifest or a store describes.

    Raises:
        ScenarioError: If it cannot be asked.
    """
    known = kinds()
    if plan["question"] not in known:
        raise ScenarioError(
            f"the manifest is of no question that can be asked: {shown(plan['question'])}; there are {', '.join(known)}"
        )
    return known[plan["question"]].of(plan)


def _classes(module: str) -> Iterator[type]:
    """Yield the classes that a module defines, and none that it imports."""
    for thing in vars(import_module(module)).values():
        if isinstance(thing, type) and thing.__module__ == module:
            yield thing
