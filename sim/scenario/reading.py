"""Read scenario files: TOML to `Scenario`, with every mistake of a file found at once and named by its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.policies.policy import Policy
from sim.rules.declare import declared
from sim.rules.errors import (
    MOST_PROBLEMS,
    Place,
    Problem,
    ScenarioError,
    dotted,
    problems_of,
    short,
    shown,
    suggestion,
    written,
)
from sim.rules.hints import hint
from sim.rules.names import normal
from sim.rules.offences import Offence
from sim.rules.sentences import Listed, Sentence, Term, Words, paragraph
from sim.scenario.arguments import path_of
from sim.scenario.limits import MAX_POLICIES
from sim.scenario.lines import TooMuchError, lines_of, loads, nearest
from sim.scenario.scenario import Scenario, check
from sim.scenario.shipped import shipped

MAX_BYTES = 300_000
"""Size of the largest scenario file that is read."""

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
"""Bytes that stand in no text."""

LONGEST_LINE = 500
"""Characters of a broken line that are looked at for a value with a unit."""

Arms = dict[str, tuple[Policy, ...]]


def load(path: str | Path) -> Scenario:
    """Read a scenario file.

    Args:
        path: A TOML file; what it leaves out has the default that `python -m sim explain` shows.

    Raises:
        ScenarioError: If the file cannot be read or means no scenario: one line for each mistake, with file, line,
            what was given and what is allowed.
    """
    text = _text(path)
    content, lines = _parsed(path, text)
    problems: list[Problem | Words] = []
    arms = _arms(content.pop("policies", {}), problems)
    try:
        scenario = check(content | {"policies": arms})
    except ScenarioError as error:
        problems += error.problems
    if problems:
        raise ScenarioError(*_located(path, lines, problems))
    return scenario


def _text(path: str | Path) -> str:
    """Return what a file holds, if it can be a scenario at all."""
    file = path_of(path, "path")
    try:
        if not file.exists():
            known = file.suffix == ".toml" and file.stem in shipped()
            missing = Sentence(
                "{path}: there is no such file. Give the path of a scenario file (TOML).", path=str(path)
            )
            like = Sentence("It is shipped: python -m sim new {file} --like {name}", file=file.name, name=file.stem)
            raise ScenarioError(paragraph(missing, like if known else None))
        if not file.is_file():
            raise ScenarioError(
                Sentence("{path}: this is not a file. Give the path of a scenario file (TOML).", path=str(path))
            )
        if file.stat().st_size > MAX_BYTES:
            raise ScenarioError(
                Sentence(
                    "{path}: this file is too large for a scenario (more than {most} bytes).",
                    path=str(path),
                    most=MAX_BYTES,
                )
            )
        text = normal(_decoded(path, file.read_bytes()).replace("\r\n", "\n"))
    except OSError as error:
        raise ScenarioError(
            Sentence("{path}: the file cannot be read ({why}).", path=str(path), why=error.strerror)
        ) from None
    if all(line.lstrip()[:1] in ("", "#") for line in text.split("\n")):
        raise ScenarioError(
            Sentence("{path}: the file is empty. A scenario needs at least a line such as: days = 365", path=str(path))
        )
    return text


def _decoded(path: str | Path, content: bytes) -> str:
    """Return the text of a file in UTF-8."""
    save = Sentence("A scenario is a TOML file in UTF-8: save it as that (editors ask for the encoding under Save as).")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or _half_empty(content):
        seen = Sentence("{path}: this is a text in UTF-16, which some editors call Unicode.", path=str(path))
        raise ScenarioError(paragraph(seen, save))
    if _CONTROL.search(content):
        raise ScenarioError(
            Sentence("{path}: this is not a text file. A scenario is a TOML file in UTF-8.", path=str(path))
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start)
        seen = Sentence(
            "{place}: this is not in UTF-8 but perhaps in Latin-1 (Windows-1252), in: {text}.",
            place=f"{path}:{line + 1}",
            text=content.split(b"\n")[line].decode("cp1252", "replace").strip()[:60],
        )
        raise ScenarioError(paragraph(seen, save)) from None


def _half_empty(content: bytes) -> bool:
    """Tell whether every other byte is mostly 0, as in a text of two bytes a letter."""
    return max(content[first::2].count(0) for first in (0, 1)) > len(content) // 4


def _parsed(path: str | Path, text: str) -> tuple[dict[str, Any], dict[Place, int]]:
    """Return the content of a TOML file and the line of each value."""
    try:
        return loads(text), lines_of(text)
    except TooMuchError as error:
        raise ScenarioError(Listed((str(path), error.words), ": ")) from None
    except ValueError as error:  # tomllib.TOMLDecodeError, and int() for numbers of thousands of digits
        raise ScenarioError(_broken(path, text, str(error))) from None


def _broken(path: str | Path, text: str, reason: str) -> Words:
    """Say where a file stops being TOML."""
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", reason)
    place, seen = str(path), None
    if found:
        lines = text.rstrip().split("\n")
        line = min(int(found[1] or len(lines)), len(lines))
        place = f"{path}:{line}"
        seen = Sentence(" in: {text}", text=lines[line - 1].strip()[:60])
        reason = reason[: found.start()]
    advice = Sentence("Correct it: a line reads  key = value , a text stands in quotes, a section in [brackets].")
    if re.match("Cannot (overwrite|declare|mutate)", reason):
        advice = Sentence("A key or section is given twice. Keep one of them.")
    elif advised := _as_taken(lines[line - 1] if found else ""):
        advice = advised
    elif reason.startswith("Invalid date"):
        advice = Sentence("There is no such day or time; a date reads 2021-01-31.")
    elif "digits" in reason:
        reason, advice = Term("a number has thousands of digits"), Sentence("Give a smaller one.")
    invalid = Sentence("{place}: this is not valid TOML ({reason}){seen}.", place=place, reason=reason, seen=seen)
    return paragraph(invalid, advice)


def _as_taken(line: str) -> Sentence | None:
    """Say how to write what keeps a line from being TOML: a quantity with a unit, a date, a name with accents."""
    line = line[:LONGEST_LINE]
    settings = {p.key.rpartition(".")[2]: p for p in declared({"": Scenario, "offences": Offence, **Policy.registry})}
    for key, given in re.findall(r"([a-z0-9_]+)\s*=\s*([-+]?\d[\d_.]*(?:,\d+)?\s*(?:%|[A-Za-z]+)?)", line):
        if key in settings and not re.fullmatch(r"[-+\d._]*", given.strip()) and (said := hint(given, settings[key])):
            return said
    for key, given in re.findall(r"\b(start|end)\s*=\s*([^#}=]*)", line):
        for text in (given, given.rpartition(",")[0], given.partition(",")[0]):
            if said := hint(text.strip(), settings[key], in_file=True):
                return said
    if (heading := re.match(r"\s*\[+([^\]\"']*)\]", line)) and not heading[1].isascii():
        *sections, name = heading[1].strip().split(".")
        quoted = ".".join((*sections, written(name)))
        return Sentence("A name with letters beyond a to z stands in quotes: [{name}].", name=quoted)
    return None


def _located(path: str | Path, lines: dict[Place, int], problems: list[Problem | Words]) -> Iterator[Words]:
    """Yield the words of each problem behind file and line, in the order of the lines."""
    found = []
    for problem in problems:
        line = nearest(lines, problem.path) if isinstance(problem, Problem) else None
        words = problem.text if isinstance(problem, Problem) else problem
        found.append((line or 0, Listed((f"{path}:{line}" if line else str(path), words), ": ")))
    found.sort(key=lambda f: f[0])
    yield from (words for _, words in found[:MOST_PROBLEMS])
    if len(found) > MOST_PROBLEMS:
        yield Sentence("{path}: more mistakes are not listed. Mend these first.", path=str(path))


def _arms(tables: object, problems: list[Problem | Words]) -> Arms:
    """Return the policies of each arm whose table is right, and add what is wrong with the others to `problems`."""
    if not isinstance(tables, dict):
        refusal = Sentence("policies = {given} is not allowed. It takes tables [policies.NAME].", given=shown(tables))
        problems.append(Problem(("policies",), refusal))
        return {}
    if len(tables) > MAX_POLICIES:
        refusal = Sentence("these are {n} policies; up to {most} are possible.", n=len(tables), most=MAX_POLICIES)
        problems.append(Problem(("policies",), refusal))
        return {}
    own: dict[str, tuple[Policy, ...]] = {}
    others: dict[str, list[str]] = {}
    for arm, table in tables.items():
        wrong = list(islice(_wrong_shape(arm, table, tables), MOST_PROBLEMS + 1))
        if wrong:
            problems += wrong
            continue
        others[arm] = table.get("combine", [])
        found = [_policies(("policies", arm, name), rows) for name, rows in table.items() if name != "combine"]
        bad = [p for part in found for p in part if isinstance(p, Problem)]
        problems += bad
        if not bad:
            own[arm] = tuple(p for part in found for p in part if isinstance(p, Policy))
    arms = {}
    for arm in own:
        members = _members(arm, others)
        if members is None:
            circle = Sentence("policies.{name}.combine leads back to {name} itself.", name=short(arm))
            problems.append(Problem(("policies", arm, "combine"), circle))
        elif own.keys() >= set(members):
            arms[arm] = tuple(policy for member in members for policy in own[member])
    return arms


def _wrong_shape(arm: str, table: object, tables: dict[str, Any]) -> Iterator[Problem]:
    """Yield what keeps the table of an arm from being read as levers and a list of other arms."""
    path = ("policies", arm)
    called = dotted(path)
    levers = [name for name in Policy.registry if name]
    known = Listed(tuple(levers))
    if table == {}:
        yield Problem(
            path, Sentence("{name} is empty. It takes levers: {levers}, or combine.", name=called, levers=known)
        )
        return
    if not isinstance(table, dict):
        yield Problem(
            path,
            Sentence(
                "{name} = {given}. It takes levers: {levers}, or combine.",
                name=called,
                given=shown(table),
                levers=known,
            ),
        )
        return
    for name in table:
        if name not in levers and name != "combine":
            yield Problem(
                (*path, name),
                Sentence(
                    "{place}: no lever is called {name}. {meant}The levers are: {levers}; combine takes those of other "
                    "policies.",
                    place=f"{called}.{short(name)}", name=short(name), meant=suggestion(name, [*levers, "combine"]),
                    levers=known,
                ),
            )  # fmt: skip
    combined = table.get("combine", [])
    if not isinstance(combined, list) or not all(isinstance(other, str) for other in combined):
        yield Problem(
            (*path, "combine"),
            Sentence(
                '{policy}.combine = {given} is not allowed. It takes names of policies: ["one", "other"].',
                policy=called,
                given=shown(combined),
            ),
        )
        return
    if combined == [] and list(table) == ["combine"]:
        yield Problem(
            (*path, "combine"),
            Sentence("{policy}.combine is an empty list. Name the policies to take together.", policy=called),
        )
    for other in combined:
        if other not in tables:
            yield Problem(
                (*path, "combine"),
                Sentence(
                    "{policy}.combine: no policy is called {other}. {meant}The policies of this file are: {known}.",
                    policy=called, other=shown(other), meant=suggestion(other, [*tables]), known=Listed(tuple(tables)),
                ),
            )  # fmt: skip


def _policies(path: tuple[str, str, str], rows: object) -> list[Policy | Problem]:
    """Return the policies that one lever of an arm describes, or what is wrong with them."""
    kind = Policy.registry[path[-1]]
    found: list[Policy | Problem] = []
    for row, levels in enumerate(rows) if isinstance(rows, list) else [(None, rows)]:
        try:
            found.append(kind.model_validate(levels))
        except ValidationError as error:
            found += problems_of(error, kind, path if row is None else (*path, row))
    empty = Sentence("{name} is an empty list. It takes a table of settings.", name=dotted(path))
    return found or [Problem(path, empty)]


def _members(arm: str, others: dict[str, list[str]]) -> list[str] | None:
    """Return an arm and the arms it combines, each once, or None if it combines itself."""
    members = {arm: True}
    left = [arm]
    for member in left:
        for other in others.get(member, []):
            if other == arm:
                return None
            if other not in members:
                members[other] = True
                left.append(other)
    return left
