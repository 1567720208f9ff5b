"""Sweep: dose and response. One or two rules of the platform take values, and each point is compared in pairs."""

from __future__ import annotations

import math
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from sim.model.records import Runs
from sim.policies.policy import Policy
from sim.policies.set import SetPolicy
from sim.questions import compare, ranges
from sim.questions.compare import CompareQuestion
from sim.report.sweep import Sweep
from sim.report.text import plain
from sim.rules.declare import Parameter
from sim.rules.errors import ScenarioError, short, shown, suggestion
from sim.rules.hints import hint
from sim.rules.rulebook import Value
from sim.rules.sentences import Listed, Sentence, Term, paragraph, spoken
from sim.rules.settings import LEVELS, SETTINGS, SWEPT, as_rules_take
from sim.scenario.arguments import Seeds, entries_of, instance_of, refused, scenario_of, seeds_of
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario
from sim.study.answer import answer
from sim.study.command import Command, add_set, add_size, assignment, scenario_given
from sim.study.question import Question
from sim.study.task import Task

MOST_RULES = 2
MOST_POINTS = 100


@dataclass(frozen=True)
class SweepQuestion(Question):
    """Points compared with the baseline; see `sweep`.

    Attributes:
        scenario: Without policies.
        over: Values by rule, numbers in rising order.
        seeds: Seeds.
    """

    scenario: Scenario = field(repr=False)
    over: Mapping[str, tuple[Value, ...]]
    seeds: tuple[int, ...]

    @cached_property
    def compared(self) -> CompareQuestion:
        """The comparison of the points as policies."""
        return compare.question(points(self.scenario, self.over), None, self.seeds)

    def tasks(self) -> list[Task]:
        """Return the one task there is."""
        return self.compared.tasks()

    def effects_and_panels(self) -> tuple[int, int]:
        """Return how much is compared and drawn."""
        return len(self.compared.policies), 8

    def answer(self, runs: Iterable[Runs]) -> Sweep:
        """Make the sweep."""
        comparison = self.compared.answer(runs)
        names = list(comparison.scenario.policies)
        values = pd.DataFrame(list(product(*self.over.values())), columns=list(self.over), index=names)
        effects = values.loc[comparison.effects["policy"]].reset_index(drop=True)
        return Sweep(self.over, comparison, effects.join(comparison.effects.drop(columns="policy")))


def sweep(
    scenario: Scenario,
    over: Mapping[str, Sequence[Value | list[int]]],
    seeds: Seeds | None = None,
    workers: int = 1,
    progress: bool = False,
    out: str | Path | None = None,
) -> Sweep:
    """Compare a point for every value of a rule, or every pair of values of two, with the scenario's baseline.

    Of several sites the rule is that of the first one; the others stay as they are. The points take the place of the
    scenario's own policies and hold from the first measured day on. All of them share the lanes of one step loop.

    Args:
        scenario: What to run.
        over: Values by dotted name of a rule, or of ``registration.level``.
        seeds: How many (then 0, 1, 2, ...) or which; as many as the scenario says if not given.
        workers: Processes. The results do not depend on it.
        progress: Show how far it is: a bar on a terminal, elsewhere a line now and then.
        out: A folder to keep finished runs in, and to write the result into; see `sim.compare`.

    Raises:
        ScenarioError: If a name is no rule, a value is not allowed or given twice, there are fewer than two values or
            more than `MOST_POINTS` points, or fewer than two seeds.
    """
    found: Sweep = answer(question(scenario, over, seeds), workers, progress, out)
    return found


def question(
    scenario: Scenario, over: Mapping[str, Sequence[Value | list[int]]], seeds: Seeds | None = None
) -> SweepQuestion:
    """Return what `sweep` asks, checked; arguments and errors are those of `sweep`."""
    listed = _listed(over)
    points(scenario_of(scenario), listed)
    numbers = seeds_of(scenario.seeds if seeds is None else seeds)
    return SweepQuestion(scenario.replace(policies={}), as_rules_take(listed), numbers)


def _listed(over: object) -> dict[str, tuple[Value, ...]]:
    """Return the values of each rule as they were given, or refuse what are none."""
    takes = Term('lists of values by rule, such as {"reporting.friction": [0.2, 0.5]}')
    if not isinstance(over, Mapping):
        raise refused("over", over, takes)
    lists = {
        instance_of(str, key, "over", takes): entries_of(values, f"over[{shown(key)}]", Term("a list of values"))
        for key, values in over.items()
    }
    return {key: tuple(tuple(v) if isinstance(v, list) else v for v in values) for key, values in lists.items()}


def points(scenario: Scenario, over: Mapping[str, Sequence[Value]]) -> Scenario:
    """Return the scenario with a policy for each point instead of its own; arguments and errors as for `sweep`."""
    if not 1 <= len(over) <= MOST_RULES:
        raise ScenarioError(Sentence("a sweep goes over one rule or two, not {n}: --over KEY=A,B,...", n=len(over)))
    check_rules(scenario, over)
    if (n := math.prod(map(len, over.values()))) > MOST_POINTS:
        raise ScenarioError(
            Sentence("{n} points are too many; {most} are possible. Give fewer values.", n=n, most=MOST_POINTS)
        )
    for key, values in over.items():
        _check_values(key, values)
    for level in (level for level in LEVELS if level in over):
        if doubled := _set_by(scenario, _policy(scenario, level, "none")) & set(over):
            raise ScenarioError(
                Sentence("{level} sets {rule} itself. Sweep one of the two.", level=level, rule=doubled.pop())
            )
    combinations = list(product(*as_rules_take(over).values()))
    arms = {
        f"point-{number}": tuple(_policy(scenario, key, value) for key, value in zip(over, point, strict=True))
        for number, point in enumerate(combinations, 1)
    }
    try:
        return scenario.replace(policies=arms)
    except ScenarioError as error:
        set_at = {
            arm: Listed(
                tuple(f"{key} = {plain(value)}" for key, value in zip(over, point, strict=True)), Term(" with ")
            )
            for arm, point in zip(arms, combinations, strict=True)
        }
        named = re.sub(r"(?:policy )?'(point-\d+)'", lambda match: spoken(set_at[match[1]]), str(error))
        raise ScenarioError(*named.splitlines()) from None


def check_rules(scenario: Scenario, keys: Iterable[str]) -> None:
    """Refuse names that are no rules, and say what varies them instead.

    Args:
        scenario: Whose policies say what does.
        keys: Dotted names.
    """
    for key in keys:
        if key in SWEPT:
            continue
        if key not in SETTINGS:
            raise ScenarioError(
                Sentence(
                    "no rule is called {key}. {meant}The rules are: {rules}.",
                    key=repr(short(key)), meant=suggestion(key, [*SWEPT]), rules=Listed(tuple(SWEPT)),
                )
            )  # fmt: skip
        try:
            ranges.question(scenario, None, [key])
        except ScenarioError:
            raise ScenarioError(
                Sentence(
                    "{key} is an assumption about the world: no rule that a policy could set. Give it another value "
                    "with --set {key}=VALUE.",
                    key=key,
                )
            ) from None
        raise ScenarioError(
            Sentence(
                "{key} is an assumption about the world: no rule that a policy could set. python -m sim ranges FILE "
                "--parameters {key} varies it.",
                key=key,
            )
        )


def _check_values(key: str, values: Sequence[Value]) -> None:
    rule = SWEPT[key]
    if strange := [value for value in values if not rule.allows(value)]:
        refusal = Sentence(
            "{name} = {given} is not allowed. It takes {taken}.",
            name=key,
            given=shown(strange[0], exactly=True),
            taken=rule.accepts,
        )
        raise ScenarioError(paragraph(refusal, hint(strange[0], rule), _comma(values, rule)))
    if doubled := [value for value in values if list(values).count(value) > 1]:
        raise ScenarioError(Sentence("{key} = {value} is given twice.", key=key, value=plain(doubled[0])))
    if len(values) < 2:
        raise ScenarioError(
            Sentence("{key} has {n} value; a sweep takes at least two: --over {key}=A,B,...", key=key, n=len(values))
        )


def _comma(values: Sequence[Value], rule: Parameter) -> Sentence | None:
    """Say how to write decimals if a decimal comma has been taken for one between values."""
    pairs = zip(values[::2], values[1::2], strict=False)
    meant = [f"{one}.{other}" for one, other in pairs if type(one) is type(other) is int and other >= 0]
    if rule.type is not float or 2 * len(meant) != len(values) or not all(rule.allows(float(m)) for m in meant):
        return None
    return Sentence("A comma stands between values: if decimals are meant, write {values}.", values=",".join(meant))


def _set_by(scenario: Scenario, policy: Policy) -> set[str]:
    return {change.rule for change in policy.changes(scenario.platform)}


def _policy(scenario: Scenario, key: str, value: Value) -> Policy:
    """Return what sets a rule on the first site: another one has a baseline of its own."""
    site = scenario.site if scenario.sites else None
    if key not in LEVELS:
        return SetPolicy(rule=key, value=value, site=site)
    lever, _, level = key.partition(".")
    return Policy.registry[lever].model_validate({level: value, "site": site})


# -- the command -------------------------------------------------------------------------------------------------------


def _take(command: ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE")
    command.add_argument(
        "--over", action="append", required=True, metavar="KEY=A,B,...", help="a rule and its values; once or twice"
    )
    add_set(command)
    add_size(command)


def _ask(given: Namespace) -> SweepQuestion:
    over: dict[str, list[Any]] = {}
    for text in given.over:
        key, values = assignments(text)
        if key in over:
            raise ScenarioError(
                Sentence("--over {key} is given twice. Give its values in one list: --over {key}=A,B,...", key=key)
            )
        over[key] = values
    check_rules(load(given.file), over)
    return question(scenario_given(given, []), over)


def assignments(text: str) -> tuple[str, list[Any]]:
    """Return key and values of ``KEY=A,B,...``; a bare word is a text.

    Raises:
        ScenarioError: If there is no key or a value is empty.
    """
    key, equals, values = (part.strip() for part in text.partition("="))
    found = _apart(values)
    if not key or not equals or not all(found):
        raise ScenarioError(
            Sentence(
                "--over {text} is not allowed. It takes KEY=A,B,..., such as reporting.friction=0.2,0.5.", text=text
            )
        )
    return key, [assignment(f"{key}={value}")[1] for value in found]


def _apart(values: str) -> list[str]:
    """Split at the commas that stand in no brackets and no quotes."""
    found, depth, quote = [""], 0, ""
    for character in values:
        if character == "," and depth == 0 and not quote:
            found.append("")
            continue
        found[-1] += character
        if character in "\"'":
            quote = character if not quote else "" if character == quote else quote
        elif not quote:
            depth = max(0, depth + (character in "[{") - (character in "]}"))
    return [value.strip() for value in found]


COMMAND = Command(
    "Compare values of one rule, or of two: how much of it?",
    "scenarios/classroom.toml --over reporting.friction=0.2,0.5",
    _take,
    _ask,
    after="compare",
)
