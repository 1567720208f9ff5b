"""Sweep: what was found of dose and response, and how it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.counts import HEADLINE
from sim.outcomes.dictionary import EFFECTS, Meaning
from sim.outcomes.verdicts import RESOLVED
from sim.report import headings
from sim.report.blocks import Block, Column, Note, Prose, Table
from sim.report.cells import CHANGES, Cells
from sim.report.compare import Comparison
from sim.report.headings import Printed
from sim.report.headline import price_of, risk_of, signs_differ
from sim.report.remarks import ETHICS, assumed_elsewhere, caveat, of_seeds, title
from sim.report.result import Result
from sim.report.text import plain
from sim.rules.errors import written
from sim.rules.rulebook import Value
from sim.rules.sentences import Listed, Sentence, Term, Words, paragraph
from sim.rules.settings import LEVELS, SWEPT, as_rules_take
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

        labels = {key: _with_unit(key, key) for key in self.over}
        if len(self.over) > 1:
            return figures.figure_of(figures.response_map, self.effects, self.over, labels)
        (key,) = self.over
        values, setting = _with_baseline(self), _setting(self, key)
        return figures.figure_of(figures.response, self.effects, values, setting, labels[key])

    def fill(self, folder: Path) -> None:
        """Write the table, lists as scenarios write them."""
        lists = [key for key, values in self.over.items() if any(isinstance(v, tuple) for v in values)]
        columns = {key: self.effects[key].map(written) for key in lists}
        write_csv(self.effects.assign(**columns), folder / "sweep.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figure."""
        return {"response": self.plot}


def _setting(swept: Sweep, key: str) -> Value:
    """Return what the baseline has."""
    scenario = swept.comparison.scenario
    value: Value = scenario.value_of(key) if key in LEVELS else scenario.platform.rules.value_of(key)
    return value


def _with_baseline(swept: Sweep) -> tuple[Value, ...]:
    """Return the values of the one rule, the baseline's own among them: before words, among numbers in its place."""
    ((key, values),) = swept.over.items()
    together = values if (own := _setting(swept, key)) in values else (own, *values)
    return as_rules_take({key: together})[key]


def _title(swept: Sweep) -> Block:
    run = swept.comparison
    over = [Sentence("{rule} (baseline: {value})", rule=key, value=plain(_setting(swept, key))) for key in swept.over]
    site = Sentence(" on {site}", site=run.scenario.site) if run.scenario.sites else None
    done = Sentence(
        "{points} points over {rules}{site}, {seeds} seeds each",
        points=len(run.policies), rules=Listed(tuple(over), Term(" and ")), site=site, seeds=len(run.seeds),
    )  # fmt: skip
    return title(run.scenario, done)


def _labels(swept: Sweep) -> dict[str, list[str]]:
    """Return the values of each point in words, in the order of the rules."""
    grid_of_points = product(*swept.over.values())
    return dict(zip(swept.comparison.policies, ([plain(v) for v in point] for point in grid_of_points), strict=True))


def _names(swept: Sweep) -> dict[str, Words]:
    """Return what each point is called in a sentence."""
    return {
        arm: Listed(
            tuple(Sentence("{rule} = {value}", rule=k, value=v) for k, v in zip(swept.over, values, strict=True)),
            Term(" with "),
        )
        for arm, values in _labels(swept).items()
    }


def _cells(swept: Sweep) -> Cells:
    run = swept.comparison
    return Cells(run.scenario, run.effects, run.policies)


def _headline(swept: Sweep) -> Block:
    """Return sentences on the points that lower and that raise serious harm most."""
    cells, scenario = _cells(swept), swept.comparison.scenario
    resolved = [arm for arm in cells.policies if cells.resolved(arm, HEADLINE)]
    told_apart = Sentence(
        "At {resolved} of {points} points the change is told apart from none.",
        resolved=len(resolved), points=len(cells.policies),
    )  # fmt: skip
    return Prose(
        (paragraph(_finding(swept, cells, resolved), told_apart, caveat(scenario, assumed_elsewhere(scenario))),)
    )


def _finding(swept: Sweep, cells: Cells, resolved: Sequence[str]) -> Sentence:
    names = _names(swept)
    lowering, raising = ([a for a in resolved if cells.verdict(a, HEADLINE) is verdict] for verdict in RESOLVED)
    least = min(lowering, key=lambda a: cells.number(a, HEADLINE), default=None)
    most = max(raising, key=lambda a: cells.number(a, HEADLINE), default=None)
    if least and most:
        return Sentence(
            "In this model, with these assumptions, {least} lowers serious harm most, here and elsewhere "
            "together, by {fall}{price}; {most} raises serious harm most, by {rise}.",
            least=names[least], fall=cells.size(least, HEADLINE), most=names[most], rise=cells.size(most, HEADLINE),
            price=_price(cells, least),
        )  # fmt: skip
    if least:
        return Sentence(
            "In this model, with these assumptions, {point} lowers serious harm most, here and elsewhere together, "
            "by {size}{price}.",
            point=names[least], size=cells.size(least, HEADLINE), price=_price(cells, least),
        )  # fmt: skip
    if most:
        return Sentence(
            "In this model, with these assumptions, {point} raises serious harm most, here and elsewhere together, "
            "by {size}.",
            point=names[most], size=cells.size(most, HEADLINE),
        )  # fmt: skip
    return Sentence(
        "In this model, with these assumptions, no point was seen to change serious harm, here and elsewhere together."
    )


def _price(cells: Cells, arm: str) -> Sentence | None:
    """Return what a point that lowers harm costs: those who remain, and those who do not."""
    risk = risk_of(cells, arm) if signs_differ(cells, arm) else None
    return Sentence("{risk}{price}", risk=risk, price=price_of(cells, arm))


def _keys(swept: Sweep, rows: Mapping[str, Sequence[Words]]) -> list[Column]:
    """Return a column for each rule, with its value in each row."""
    values = zip(*rows.values(), strict=True)
    heads = [_with_unit(key, key.replace(".", ". ")) for key in swept.over]  # which else is too long a word
    return [Column(head, cells, left=True) for head, cells in zip(heads, values, strict=True)]


def _with_unit(key: str, name: str) -> Sentence:
    return Sentence("{rule}, {unit}", rule=name, unit=Term(SWEPT[key].unit))


def _response(swept: Sweep) -> Block:
    """Return the changes at each point; over one rule, the baseline stands at its value where no point does."""
    cells, columns = _cells(swept), []
    rows: dict[str, Sequence[Words]] = {**_labels(swept)}
    if len(swept.over) == 1 and len(values := _with_baseline(swept)) > len(rows):
        labels = [*rows.items()]
        own = _setting(swept, *swept.over)
        own_label = Sentence("{value}, {baseline}", value=plain(own), baseline=BASELINE)
        labels.insert(values.index(own), (BASELINE, [own_label]))
        rows = dict(labels)
    for head in headings.HARM:
        changes: list[Words] = [0 if a == BASELINE else cells.relative(a, head.outcome) for a in rows]
        columns.append(Column(Term(head.words), changes))
        if head.outcome == HEADLINE:
            verdicts: list[Words] = [
                Term("by definition") if a == BASELINE else cells.verdict(a, HEADLINE) for a in rows
            ]
            columns.append(Column(Term("verdict"), verdicts))
    note = Sentence("Identical: as many as under the baseline in every seed.")
    return Table(Term("RESPONSE"), CHANGES, _keys(swept, rows), columns, note)


def _costs(swept: Sweep) -> Block:
    cells = _cells(swept)
    columns = [
        Column(Term(head.words), [cells.change(arm, head.outcome) for arm in cells.policies])
        for head in headings.COSTS_OF_A_POINT
    ]
    note = cells.visitors_not_counted(_names(swept))
    return Table(Term("COSTS"), CHANGES, _keys(swept, _labels(swept)), columns, note)


def _notes(swept: Sweep) -> Block:
    notes = []
    if any(key.startswith("registration.") for key in swept.over):
        notes.append(
            Sentence(
                "What registration does follows mainly from assumed inputs: the shares turned away, and the chance "
                "that a parted pair can find each other again. python -m sim ranges varies them."
            )
        )
    notes += [
        of_seeds(len(swept.comparison.seeds)),
        Sentence("Each interval misses with a chance of 5%, so one in twenty does. Every outcome stands in sweep.csv."),
        ETHICS,
    ]
    return Prose(tuple(map(Note, notes)))
