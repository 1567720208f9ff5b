"""Sweep: what was found of dose and response, and how it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.counts import HEADLINE
from sim.outcomes.dictionary import EFFECTS, Meaning
from sim.outcomes.statistics import seeds_to_halve
from sim.report import headings
from sim.report.blocks import Block, Column, Prose, Table
from sim.report.cells import CHANGES, Cells
from sim.report.compare import Comparison
from sim.report.headings import Printed
from sim.report.result import Result
from sim.report.text import ETHICS, caveat, plain, title
from sim.rules.errors import shown
from sim.rules.rulebook import Value
from sim.rules.settings import LEVEL, SWEPT, as_rules_take
from sim.scenario.scenario import BASELINE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


COLUMNS = EFFECTS | {
    rule: Meaning(declared.unit, f"value of the rule at this point: {declared.meaning}")
    for rule, declared in SWEPT.items()
}
"""Columns of `Sweep.effects`, of which it has those rules that it goes over."""


@dataclass(frozen=True)
class Sweep(Result):
    """Points compared with the baseline, seed by seed.

    Attributes:
        over: Values by rule, numbers in rising order.
        comparison: The points as policies ``point-1``, ``point-2``, ... of its scenario, compared.
        effects: One row per point and outcome: a column for each rule with its value, then the columns of
            `Comparison.effects` without the policy.
    """

    columns: ClassVar = {"sweep": COLUMNS}
    printed: ClassVar = (Printed("RESPONSE", headings.HARM), Printed("COSTS", headings.COSTS_OF_A_POINT))

    over: Mapping[str, tuple[Value, ...]]
    comparison: Comparison = field(repr=False)
    effects: pd.DataFrame = field(repr=False)

    def blocks(self) -> list[Block]:
        """Return a sentence, the response and its price, and what to know of them."""
        return [_title(self), _headline(self), _response(self), _costs(self), _notes(self)]

    def plot(self) -> Figure:
        """Draw the response: a curve with its 95% band over one rule, a map with numbers in its cells over two."""
        from sim.report import figures

        labels = {key: f"{key}, {SWEPT[key].unit}" for key in self.over}
        if len(self.over) == 1:
            (key,) = self.over
            return figures.response(labels[key], _with_baseline(self), _setting(self, key), self.effects)
        return figures.response_map(self.over, labels, self.effects)

    def fill(self, folder: Path) -> None:
        """Write the table, lists as scenarios write them."""
        lists = [key for key, values in self.over.items() if any(isinstance(v, tuple) for v in values)]
        written = {key: self.effects[key].map(shown) for key in lists}
        write_csv(self.effects.assign(**written), folder / "sweep.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figure."""
        return {"response": self.plot}


def _setting(swept: Sweep, key: str) -> Value:
    """Return what the baseline has."""
    scenario = swept.comparison.scenario
    value: Value = scenario.value_of(LEVEL) if key == LEVEL else scenario.platform.rules.value_of(key)
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
