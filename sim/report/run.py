"""Run: how one run reads, an example and no estimate."""

from __future__ import annotations

import pandas as pd

from sim.outcomes.counts import sums_of
from sim.outcomes.outcomes import outcomes_of
from sim.report.blocks import Block, Column, Note, Prose, Table
from sim.report.cells import level
from sim.report.remarks import alone, name, of_short_window, window
from sim.rules.sentences import Sentence, Term, paragraph
from sim.scenario.scenario import BASELINE, Scenario


def summary(scenario: Scenario, policy: str, seed: int, daily: pd.DataFrame) -> list[Block]:
    """Return the outcomes of one run as blocks: one run, not an estimate."""
    sums = sums_of(scenario, daily)
    found = [o for o in outcomes_of(scenario, policy == BASELINE) if o.over_time]
    head = Sentence(
        "{chat}: policy {policy}, seed {seed}, {window}",
        chat=name(scenario), policy=policy, seed=str(seed), window=window(scenario),
    )  # fmt: skip
    not_an_estimate = paragraph(
        Sentence("One run, not an estimate."),
        alone(scenario),
        Sentence("Levels of true harm are not identified, only changes are."),
    )
    names = Column(Term("outcome"), [Term(o.label) for o in found], left=True, breaks=40)
    values = Column(Term("value"), [level(float(o.formula(sums).iloc[0])) for o in found])
    units = Column(Term("unit"), [Term(o.unit) for o in found], left=True, breaks=26)
    blocks: list[Block] = [
        Prose((head, not_an_estimate)),
        Table(Term("RUN"), Term("levels"), [names], [values, units]),
    ]
    if notes := of_short_window(scenario):
        blocks.append(Prose(tuple(map(Note, notes))))
    return blocks
