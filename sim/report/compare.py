"""Compare: what was found of policies, and how it reads: headline, tables, and what to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.outcomes.counts import HERE
from sim.report import choice_tables, course_tables, elsewhere_tables, flow_tables, tables
from sim.report.blocks import Block
from sim.report.compare_page import page
from sim.report.compared import Compared
from sim.report.parts import Page
from sim.report.remarks import title
from sim.report.why import mechanisms
from sim.rules.sentences import Counted, Sentence


@dataclass(frozen=True)
class Comparison(Compared):
    """Policies compared with the baseline, seed by seed. What it has is said of `sim.report.compared.Compared`."""

    def blocks(self) -> list[Block]:
        """Return the headline sentence, tables, and what to know of them."""
        return _blocks(self)

    def page(self, made: Mapping[str, Any]) -> Page:
        """Return what stands on its page."""
        return page(self, made)


def _blocks(found: Compared) -> list[Block]:
    """Return a comparison as blocks."""
    scenario, cells = found.scenario, found.cells
    n_seeds, n_policies = len(found.seeds), len(found.policies)
    done = Counted(
        n_policies,
        Sentence("1 policy against the baseline, {seeds} seeds each", seeds=n_seeds),
        Sentence("{policies} policies against the baseline, {seeds} seeds each", policies=n_policies, seeds=n_seeds),
    )
    blocks: list[Block | None] = [
        title(scenario, done),
        found.headline,
        tables.harm(cells),
        tables.how_sure(cells, found.doubt),
        tables.how_sure(cells, found.doubt, HERE),
        elsewhere_tables.elsewhere(cells, found.elsewhere),
        elsewhere_tables.at_sites(cells, found.at_sites),
        *flow_tables.person_by_person(cells, found.flows, found.named_first),
        choice_tables.best(cells, found.best),
        choice_tables.cheapest_first(scenario, found.best),
        choice_tables.what_works(scenario, found.contains),
        course_tables.while_in_force(cells, found.in_force),
        course_tables.over_time(cells, found.over_time),
        course_tables.by_year(cells, found.over_time),
        choice_tables.together(found.interactions),
        tables.for_whom(cells),
        tables.by_severity(cells),
        tables.costs(cells),
        tables.ages(cells),
        tables.money(cells),
        tables.process(cells, found.busy),
        tables.detector(cells, found.precision),
        tables.police(cells),
        *(found.doubt.analysis() if found.doubt else ()),
        *mechanisms(found.apart),
        found.notes,
    ]
    return [block for block in blocks if block]
