"""What can be asked: a file each command. What a question finds is in the file of the same name in `sim.report`.

No list names them: what can be asked is what has a file here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.rules.errors import ScenarioError, shown
from sim.rules.sentences import Listed, Sentence

if TYPE_CHECKING:
    from sim.report.result import Result
    from sim.study.command import Command
    from sim.study.question import Question


class Told(NamedTuple):
    """What the help tells of a command; see `sim.study.command.Command`."""

    words: str
    example: str
    after: str


def told() -> dict[str, Told]:
    """Return what the help tells of the command of every file, by its name, each after the one that it names.

    Raises:
        TypeError: If a file does not write it out.
    """
    found = {module.name: _told(module.name) for module in iter_modules(__path__)}

    def way(name: str) -> tuple[str, ...]:
        """Return the commands before one, each after the one that it names, and last the command itself."""
        after = found[name].after
        return (*way(after), name) if after in found else (name,)

    return {name: found[name] for name in sorted(found, key=way)}


def command(name: str) -> Command:
    """Return the command of a file."""
    found: Command = import_module(f"{__name__}.{name}").COMMAND
    return found


def kinds() -> dict[str, type[Question]]:
    """Return what sort of question each command asks, by its name; not every command asks one."""
    from sim.study.question import Question

    return {name: kind for name in told() for kind in _classes(f"{__name__}.{name}") if issubclass(kind, Question)}


def results() -> dict[str, type[Result]]:
    """Return what each question finds, by the name of its command."""
    from sim.report.result import Result

    return {name: kind for name in kinds() for kind in _classes(f"sim.report.{name}") if issubclass(kind, Result)}


def question_of(plan: Mapping[str, Any]) -> Question:
    """Return the question that a manifest or a store describes.

    Raises:
        ScenarioError: If it cannot be asked.
    """
    known = kinds()
    if plan["question"] not in known:
        raise ScenarioError(
            Sentence(
                "the manifest is of no question that can be asked: {question}; there are {known}",
                question=shown(plan["question"]), known=Listed(tuple(known)),
            )
        )  # fmt: skip
    return known[plan["question"]].of(plan)


def _classes(module: str) -> Iterator[type]:
    """Yield the classes that a module defines, and none that it imports."""
    for thing in vars(import_module(module)).values():
        if isinstance(thing, type) and thing.__module__ == module:
            yield thing


@cache
def _told(name: str) -> Told:
    """Read what the help tells of a command in its file, without importing it: that takes longer than a help may."""
    source = find_spec(f"{__name__}.{name}").loader.get_source(f"{__name__}.{name}")  # type: ignore[union-attr]
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="COMMAND")], value=ast.Call(args=given, keywords=named)):
                said = dict(zip(Told._fields, given, strict=False)) | {keyword.arg: keyword.value for keyword in named}
                try:
                    return Told(**{field: ast.literal_eval(said[field]) for field in Told._fields})
                except (KeyError, ValueError):
                    break
    raise TypeError(f"{__name__}.{name} needs COMMAND = Command(...), its words, example and after written out in full")
