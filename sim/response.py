"""Sweep: dose and response. One or two rules of the platform take values, and each point is compared in pairs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim import experiment, headings, results, sensitivity
from sim.arguments import Seeds, entries_of, instance_of, refused, scenario_of, seeds_of
from sim.declare import Parameter, declared
from sim.errors import ScenarioError, short, shown, suggestion
from sim.experiment import CompareQuestion, Comparison
from sim.hints import hint
from sim.outcomes import HEADLINE
from sim.parameters import SECTIONS
from sim.policies.registration import RegistrationPolicy
from sim.policies.set import SetPolicy
from sim.question import Question, Result
from sim.records import Runs
from sim.rules import RULES, Policy, Value
from sim.scenario import BASELINE, Scenario
from sim.statistics import seeds_to_halve
from sim.store import Task
from sim.table import CHANGES, Cells
from sim.text import ETHICS, Block, Column, Prose, Table, caveat, plain, title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVEL = "registration.level"
"""Swept like a rule: a point is the registration policy of that level."""

MOST_RULES = 2
MOST_POINTS = 100

SWEPT: dict[str, Parameter] = RULES | {p.key: p for p in declared(SECTIONS) if p.key == LEVEL}
"""What a sweep can go over: every rule that a policy can set, and the level of registration."""


@dataclass(frozen=True)
class Sweep(Result):
    """Points compared with the baseline, seed by seed.

    Attributes:
        over: Values by rule, numbers in rising order.
        comparison: The points as policies ``point-1``, ``point-2``, ... of its scenario, compared.
        effects: One row per point and outcome: a column for each rule with its value, then the columns of
            `Comparison.effects` without the policy.
    """

    over: Mapping[str, tuple[Value, ...]]
    comparison: Comparison = field(repr=False)
    effects: pd.DataFrame = field(repr=False)

    def blocks(self) -> list[Block]:
        """Return a sentence, the response and its price, and what to know of them."""
        return [_title(self), _headline(self), _response(self), _costs(self), _notes(self)]

    def plot(self) -> Figure:
        """Draw the response: a curve with its 95% band over one rule, a map with numbers in its cells over two."""
        from sim import figures

        labels = {key: f"{key}, {SWEPT[key].unit}" for key in self.over}
        if len(self.over) == 1:
            (key,) = self.over
            return figures.response(labels[key], _with_baseline(self), _setting(self, key), self.effects)
        return figures.response_map(self.over, labels, self.effects)

    def fill(self, folder: Path) -> None:
        """Write the table, lists as scenarios write them."""
        lists = [key for key, values in self.over.items() if any(isinstance(v, tuple) for v in values)]
        written = {key: self.effects[key].map(shown) for key in lists}
        results.write_csv(self.effects.assign(**written), folder / "sweep.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figure."""
        return {"response": self.plot}


@dataclass(frozen=True)
class SweepQuestion(Question, name="sweep"):
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
        return experiment.question(points(self.scenario, self.over), None, self.seeds)

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

    The points take the place of the scenario's own policies and hold from the first measured day on. All of them
    share the lanes of one step loop.

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
    found: Sweep = results.answer(question(scenario, over, seeds), workers, progress, out)
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
    takes = 'lists of values by rule, such as {"reporting.friction": [0.2, 0.5]}'
    if not isinstance(over, Mapping):
        raise refused("over", over, takes)
    lists = {
        instance_of(str, key, "over", takes): entries_of(values, f"over[{shown(key)}]", "a list of values")
        for key, values in over.items()
    }
    return {key: tuple(tuple(v) if isinstance(v, list) else v for v in values) for key, values in lists.items()}


def points(scenario: Scenario, over: Mapping[str, Sequence[Value]]) -> Scenario:
    """Return the scenario with a policy for each point instead of its own; arguments and errors as for `sweep`."""
    if not 1 <= len(over) <= MOST_RULES:
        raise ScenarioError(f"a sweep goes over one rule or two, not {len(over)}: --over KEY=A,B,...")
    check_rules(scenario, over)
    if (n := math.prod(map(len, over.values()))) > MOST_POINTS:
        raise ScenarioError(f"{n:,} points are too many; {MOST_POINTS} are possible. Give fewer values.")
    for key, values in over.items():
        _check_values(key, values)
    if LEVEL in over and (doubled := _set_by_level(scenario) & set(over)):
        raise ScenarioError(f"{LEVEL} sets {doubled.pop()} itself. Sweep one of the two.")
    combinations = list(product(*as_rules_take(over).values()))
    arms = {
        f"point-{number}": tuple(_policy(key, value) for key, value in zip(over, point, strict=True))
        for number, point in enumerate(combinations, 1)
    }
    labels = {
        arm: " with ".join(f"{key} = {plain(value)}" for key, value in zip(over, point, strict=True))
        for arm, point in zip(arms, combinations, strict=True)
    }
    try:
        return scenario.replace(policies=arms)
    except ScenarioError as error:
        named = [re.sub(r"policy '(point-\d+)'", lambda match: labels[match[1]], str(p)) for p in error.problems]
        raise ScenarioError(*named) from None


def check_rules(scenario: Scenario, keys: Iterable[str]) -> None:
    """Refuse names that are no rules, and say what varies them instead.

    Args:
        scenario: Whose policies say what does.
        keys: Dotted names.
    """
    for key in keys:
        if key in SWEPT:
            continue
        if key not in {p.key for p in declared(SECTIONS)}:
            known = f"{suggestion(key, [*SWEPT])}The rules are: {', '.join(SWEPT)}."
            raise ScenarioError(f"no rule is called {short(key)!r}. {known}")
        words = f"{key} is an assumption about the world: no rule that a policy could set"
        try:
            sensitivity.question(scenario, None, [key])
        except ScenarioError:
            raise ScenarioError(f"{words}. Give it another value with --set {key}=VALUE.") from None
        raise ScenarioError(f"{words}. python -m sim ranges FILE --parameters {key} varies it.")


def _check_values(key: str, values: Sequence[Value]) -> None:
    rule = SWEPT[key]
    if strange := [value for value in values if not rule.allows(value)]:
        told = f"It takes {rule.accepts}{hint(strange[0], rule)}.{_comma(values, rule)}"
        raise ScenarioError(f"{key} = {shown(strange[0], exactly=True)} is not allowed. {told}")
    if doubled := [value for value in values if list(values).count(value) > 1]:
        raise ScenarioError(f"{key} = {plain(doubled[0])} is given twice.")
    if len(values) < 2:
        raise ScenarioError(f"{key} has {len(values)} value; a sweep takes at least two: --over {key}=A,B,...")


def _comma(values: Sequence[Value], rule: Parameter) -> str:
    """Say how to write decimals if a decimal comma has been taken for one between values."""
    pairs = zip(values[::2], values[1::2], strict=False)
    meant = [f"{one}.{other}" for one, other in pairs if type(one) is type(other) is int and other >= 0]
    if rule.type is not float or 2 * len(meant) != len(values) or not all(rule.allows(float(m)) for m in meant):
        return ""
    return f" A comma stands between values: if decimals are meant, write {','.join(meant)}."


def _set_by_level(scenario: Scenario) -> set[str]:
    return {change.rule for change in RegistrationPolicy(level="none").changes(scenario.platform)}


def as_rules_take(over: Mapping[str, Sequence[Value]]) -> dict[str, tuple[Value, ...]]:
    """Return the values as the rules take them, numbers in rising order."""

    def one(key: str, value: Value) -> Value:
        return float(value) if SWEPT[key].type is float and isinstance(value, int | float) else value

    return {
        key: tuple(one(key, v) for v in (sorted(values) if SWEPT[key].type in (int, float) else values))
        for key, values in over.items()
    }


def _policy(key: str, value: Value) -> Policy:
    return RegistrationPolicy.model_validate({"level": value}) if key == LEVEL else SetPolicy(rule=key, value=value)


def _setting(swept: Sweep, key: str) -> Value:
    """Return what the baseline has."""
    scenario = swept.comparison.scenario
    value: Value = scenario.value_of(LEVEL) if key == LEVEL else getattr(scenario.platform.rules, key.replace(".", "_"))
    return value


def _with_baseline(swept: Sweep) -> tuple[Value, ...]:
    """Return the values of the one rule, the baseline's own among them: before words, among numbers in its place."""
    ((key, values),) = swept.over.items()
    together = values if (own := _setting(swept, key)) in values else (own, *values)
    return as_rules_take({key: together})[key]


def _title(swept: Sweep) -> Block:
    run = swept.comparison
    over = " and ".join(f"{key} (baseline: {plain(_setting(swept, key))})" for key in swept.over)
    return title(run.scenario, f"{len(run.policies)} points over {over}, {len(run.seeds)} seeds each")


def _labels(swept: Sweep) -> dict[str, list[str]]:
    """Return the values of each point in words, in the order of the rules."""
    grid_of_points = product(*swept.over.values())
    return dict(zip(swept.comparison.policies, ([plain(v) for v in point] for point in grid_of_points), strict=True))


def _names(swept: Sweep) -> dict[str, str]:
    """Return what each point is called in a sentence."""
    return {
        arm: " with ".join(f"{key} = {value}" for key, value in zip(swept.over, values, strict=True))
        for arm, values in _labels(swept).items()
    }


def _cells(swept: Sweep) -> Cells:
    run = swept.comparison
    return Cells(run.scenario, run.effects, run.policies)


def _headline(swept: Sweep) -> Block:
    """Return a sentence on the points that lower and that raise serious harm most."""
    cells, names = _cells(swept), _names(swept)
    resolved = [arm for arm in cells.policies if cells.resolved(arm, HEADLINE)]
    found = []
    for verdict, best in (("lowers", min), ("raises", max)):
        arms = [arm for arm in resolved if cells.verdict(arm, HEADLINE) == verdict]
        if arms:
            arm = best(arms, key=lambda a: cells.number(a, HEADLINE))
            found.append(f"{names[arm]} {verdict} serious harm most, by {cells.size(arm, HEADLINE)}")
    finding = " and ".join(found) or "no point was seen to change serious harm"
    sentence = (
        f"In this model, with these assumptions, {finding}. At {len(resolved)} of {len(cells.policies)} points the "
        f"change is told apart from none. {caveat(swept.comparison.scenario)}"
    )
    return Prose((sentence,))


def _keys(swept: Sweep, rows: Mapping[str, list[str]]) -> list[Column]:
    """Return a column for each rule, with its value in each row."""
    values = zip(*rows.values(), strict=True)
    heads = [f"{key.replace('.', '. ')}, {SWEPT[key].unit}" for key in swept.over]
    return [Column(head, cells, left=True) for head, cells in zip(heads, values, strict=True)]


def _response(swept: Sweep) -> Block:
    """Return the changes at each point; over one rule, the baseline stands at its value where no point does."""
    cells, rows, columns = _cells(swept), _labels(swept), []
    if len(swept.over) == 1 and len(values := _with_baseline(swept)) > len(rows):
        labels = [*rows.items()]
        own = _setting(swept, *swept.over)
        labels.insert(values.index(own), (BASELINE, [f"{plain(own)}, {BASELINE}"]))
        rows = dict(labels)
    for head in headings.HARM:
        changes = ["0" if a == BASELINE else cells.relative(a, head.outcome) for a in rows]
        verdicts = ["by definition" if a == BASELINE else cells.verdict(a, head.outcome) for a in rows]
        columns += [Column(head.words, changes), Column("verdict", verdicts)]
    note = "Identical: as many as under the baseline in every seed."
    return Table("RESPONSE", CHANGES, _keys(swept, rows), columns, note)


def _costs(swept: Sweep) -> Block:
    cells = _cells(swept)
    columns = [
        Column(head.words, [cells.change(arm, head.outcome) for arm in cells.policies])
        for head in headings.COSTS_OF_A_POINT
    ]
    return Table("COSTS", CHANGES, _keys(swept, _labels(swept)), columns, cells.visitors_not_counted(_names(swept)))


def _notes(swept: Sweep) -> Block:
    n = len(swept.comparison.seeds)
    notes = []
    if any(key.startswith("registration.") for key in swept.over):
        notes.append(
            "What registration does follows mainly from assumed inputs: the shares turned away, and the chance that a "
            "parted pair can find each other again. python -m sim ranges varies them."
        )
    notes += [
        f"Each interval would be about half as wide with {seeds_to_halve(n)} seeds in all instead of {n}.",
        "Each interval misses with a chance of 5%, so one in twenty does. Every outcome stands in sweep.csv.",
        ETHICS,
    ]
    return Prose(tuple(f"- {note}" for note in notes))
