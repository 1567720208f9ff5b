"""A scenario to begin with: a template with what is declared about its numbers, or one of those shipped.

The templates are the same scenario in each language, ``template.en.toml`` and its like: their comments are read there.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from sim.rules.declare import Parameter
from sim.rules.errors import ScenarioError, written
from sim.rules.language import language
from sim.rules.sentences import Listed, Sentence, Term, spoken
from sim.rules.settings import SETTINGS
from sim.scenario.arguments import path_of
from sim.scenario.shipped import file_of

WIDTH = 120


def template() -> str:
    """Return the text of a scenario that runs as it is and explains its numbers, in the language that people read now.

    In its file a line ``? name`` stands for a setting at its default, ``? name = value`` for another value; what is
    declared of it comes before it as a comment.
    """
    return "\n".join(_lines(_source())) + "\n"


def questions() -> tuple[str, ...]:
    """Return the settings that the numbered questions of the template ask for, in their order.

    Findability is that of the level without registration, as the template's chat has it.
    """
    asked, section, numbered = [], "", False
    for line in _source().splitlines():
        if heading := re.match(r"\[(.*)\]", line):
            section = heading[1]
        if not line.startswith("?"):
            numbered = (numbered and line.startswith("#")) or bool(re.match(r"# \d+\. ", line))
        elif numbered:
            asked.append(f"{section}.{line.removeprefix('? ').partition(' = ')[0]}")
    return tuple(asked)


def write(path: str | Path, like: str | None = None) -> None:
    """Write the template, or a copy of a shipped scenario, to a new file.

    Args:
        path: The file.
        like: Name of the shipped scenario, such as ``classroom``.

    Raises:
        ScenarioError: If the name does not end in ``.toml``, something of that name exists, the file cannot be written,
            or no scenario is shipped under the name.
    """
    place = path_of(path, "path")
    if place.suffix != ".toml":
        raise ScenarioError(
            Sentence('{path}: the name of a scenario file ends in .toml. Write "{path}.toml".', path=str(path))
        )
    text = template() if like is None else file_of(like).read_text(encoding="utf-8")
    try:
        with place.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise ScenarioError(
            Sentence("{path}: this exists already, and nothing is overwritten. Choose another name.", path=str(path))
        ) from None
    except OSError as error:
        if not place.parent.is_dir():
            folder = str(Path(path).parent)
            raise ScenarioError(
                Sentence(
                    "{path}: there is no folder {folder}. Make it or choose another.", path=str(path), folder=folder
                )
            ) from None
        raise ScenarioError(
            Sentence(
                "{path}: this cannot be written ({why}). Choose another folder.", path=str(path), why=error.strerror
            )
        ) from None


def _source() -> str:
    return Path(__file__).with_suffix(f".{language()}.toml").read_text(encoding="utf-8")


def _lines(text: str) -> Iterator[str]:
    section = ""
    for line in text.splitlines():
        if heading := re.match(r"\[(.*)\]", line):
            section = heading[1]
        if not line.startswith("? "):
            yield line
            continue
        name, _, value = line.removeprefix("? ").partition(" = ")
        setting = SETTINGS[f"{section}.{name}"]
        yield from textwrap.wrap(
            spoken(_declaration(setting)), WIDTH, initial_indent="#    ", subsequent_indent="#    "
        )
        yield f"{name} = {value or written(setting.default)}"


def _declaration(setting: Parameter) -> Sentence:
    """Return meaning, default, unit, range and standing of a setting in a line."""
    low, high = setting.low, setting.high
    plausible = Sentence(", plausible {low} to {high}", low=written(low), high=written(high))
    return Sentence(
        "{meaning} Default {default} ({unit}){plausible}; {standing}{sources}.",
        meaning=Term(setting.meaning), default=written(setting.default), unit=Term(setting.unit),
        plausible=None if low is None else plausible, standing=Term(setting.standing),
        sources=Sentence(" ({rows})", rows=Listed(setting.sources)) if setting.sources else None,
    )  # fmt: skip
