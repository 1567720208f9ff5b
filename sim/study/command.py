"""Commands: what one takes that asks something of the model, and the arguments that several of them take."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sim.rules.errors import ScenarioError, shown
from sim.rules.sentences import Sentence
from sim.scenario.lines import loads
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario
from sim.study.cluster import Cluster
from sim.study.question import Question


@dataclass(frozen=True)
class Command:
    """A command that asks something of the model. It is named as the file that it stands in.

    Words, example and `after` are written out: the help reads them in the file, see `sim.questions.told`. It says the
    words, and the help of arguments, in the language that people read.

    Attributes:
        words: What it does, in a sentence.
        example: What may be given to it, as it is typed.
        take: Gives a parser its arguments. One that asks a question has those of `add_folder` among them.
        ask: Returns what the arguments ask: a question that is still to be answered, or at once what there is to say.
        after: The command after which it stands in the help.
    """

    words: str
    example: str
    take: Callable[[ArgumentParser], None]
    ask: Callable[[Namespace], Question | str]
    after: str


def add_set(command: ArgumentParser) -> None:
    """Add the option for other values of settings."""
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="another value of a setting; as often as needed"
    )


def add_engine(command: ArgumentParser) -> None:
    """Add the choice of an engine."""
    command.add_argument("--engine", choices=["array", "agents"], default="array", help="fast, or written to be read")


def add_size(command: ArgumentParser) -> None:
    """Add the options that every comparison over paired runs takes; each is short for a --set of its own."""
    command.add_argument("--seeds", type=literal, metavar="N", help="paired runs of every policy")
    add_window(command)


def add_window(command: ArgumentParser) -> None:
    """Add the options for how long and how large the simulated chat is, and those of `add_folder`."""
    command.add_argument("--days", type=literal, metavar="N", help="measured days")
    command.add_argument("--scale", type=literal, metavar="X", help="share of population and staff simulated")
    add_folder(command)


def add_folder(command: ArgumentParser) -> None:
    """Add the options of `add_workers`, and those for the folder of a result."""
    add_workers(command)
    command.add_argument(
        "--out", metavar="DIR",
        help="folder for finished runs, tables and figures (none); what is there of the same study is not run again",
    )  # fmt: skip
    command.add_argument(
        "--plan", action="store_true", help="say what would be run, what it costs, and a hash of it; run nothing"
    )
    command.add_argument("--replace", action="store_true", help="begin anew where the folder holds a result")


def add_workers(command: ArgumentParser) -> None:
    """Add the options for who runs the step loops."""
    either = command.add_mutually_exclusive_group()
    either.add_argument("--workers", type=literal, default=1, metavar="N", help="processes (1)")
    either.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster, whose workers run in place of processes of this machine",
    )


def workers_given(arguments: Namespace) -> int:
    """Return how many run step loops by the options of `add_workers`, or a `Cluster`, which must answer.

    Raises:
        ScenarioError: If it does not.
    """
    workers: int = arguments.workers if arguments.scheduler is None else Cluster(arguments.scheduler)
    return workers


def scenario_given(arguments: Namespace, policies: Sequence[str] | None) -> Scenario:
    """Return the scenario with the settings and of the policies those asked for, so that no other stands in the way.

    Args:
        arguments: With ``file`` and the options of `add_set`, and those of `add_size` if there are any.
        policies: Names of policies; all if not given.

    Raises:
        ScenarioError: If there is no such scenario, policy or setting, or a setting is given twice.
    """
    scenario = load(arguments.file)
    asked = scenario.policies if policies is None else [scenario.arm(name) for name in policies]
    arms = {arm: found for arm, found in scenario.policies.items() if arm in asked}
    return scenario.replace(policies=arms, **_changes(arguments))


def _changes(arguments: Namespace) -> dict[str, Any]:
    """Return the settings that options change: by name with --set, or by an option of their own."""
    changes: dict[str, Any] = {}
    own = {name: getattr(arguments, name, None) for name in ("seeds", "days", "scale")}
    given = [(name, value) for name, value in own.items() if value is not None]
    for key, value in (*map(assignment, arguments.set), *given):
        if key in changes:
            raise ScenarioError(Sentence("{key} is given twice. Give it one value.", key=key))
        changes[key] = value
    return changes


def names_given(option: str, text: str | None) -> list[str] | None:
    """Return the names that an option gives with commas between them; nothing if it is not given.

    Raises:
        ScenarioError: If a name is empty.
    """
    names = None if text is None else [name.strip() for name in text.split(",")]
    if names is not None and not all(names):
        raise ScenarioError(
            Sentence(
                "{option} {text} is not allowed. It takes names with commas between: {option} A,B.",
                option=option, text=shown(text),
            )
        )  # fmt: skip
    return names


def assignment(text: str) -> tuple[str, Any]:
    """Return key and value of ``KEY=VALUE``; a bare word is a text.

    Raises:
        ScenarioError: If it is no such pair.
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not key or not equals or not value:
        raise ScenarioError(
            Sentence("--set {text} is not allowed. It takes KEY=VALUE, such as reporting.friction=0.2.", text=text)
        )
    return key, literal(value)


def literal(text: str) -> Any:
    """Return what a value means in a scenario file; a bare word is a text."""
    try:
        return loads(f"value = {text}")["value"]
    except ValueError:
        return text
