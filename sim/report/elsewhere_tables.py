"""The tables of a comparison that tell where: what goes elsewhere with those kept out, and what each site has of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sim.outcomes.counts import HEADLINE, HERE
from sim.outcomes.kept_out import homes_alone, p_going_on
from sim.outcomes.statistics import interval_of
from sim.outcomes.verdicts import Verdict
from sim.report import headings
from sim.report.blocks import Block, Column, Table
from sim.report.cells import CHANGES, Cells
from sim.report.text import DASH, in_percent, plain_number, short, size, tenths, whole_percent
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words, paragraph


def elsewhere(cells: Cells, found: pd.DataFrame) -> Block | None:
    """Return what of effects rests on those kept out, who may go on elsewhere; nothing if nobody is.

    Args:
        cells: The effects.
        found: As `Comparison.elsewhere`.
    """
    rows = found.to_dict("records")
    if not any(row["predators_out"] or row["users_out"] for row in rows):
        return None
    scenario = cells.scenario
    alone, rel = homes_alone(scenario), scenario.displacement.rel_elsewhere
    shares = p_going_on(scenario, alone=len(alone) == len(scenario.site_names))
    columns = [
        Column(Term(headings.ON_SITE.words), [cells.relative(p, HERE) for p in cells.policies]),
        Column(Term(headings.PREDATORS_OUT.words), [_share(row["predators_out"]) for row in rows]),
        Column(Term(headings.USERS_OUT.words), [_share(row["users_out"]) for row in rows]),
        Column(Term(headings.IN_ALL.words), [cells.relative(p, HEADLINE) for p in cells.policies]),
        Column(Term(headings.SIDE.words), [_SIDES[row["assumed_side"]] for row in rows]),
        Column(
            Term(headings.ALL_GO_ON.words),
            [in_percent(Verdict(row["verdict"]), interval_of(row, "relative")) for row in rows],
        ),
        Column(Term(headings.SIDE_IF_ALL.words), [_SIDES[row["side"]] for row in rows]),
        *(
            Column(Term(head.words), [_undone(cells, row, share) for row in rows])
            for head, share in zip(headings.BREAK_EVEN, ("break_even", "break_even_users"), strict=True)
        ),
    ]
    note: Words = Sentence(
        "Where those go whom a door turns away or a bar keeps out nobody has measured. Harm elsewhere is reckoned at "
        "{times}the baseline's rates here, from the predators' hours kept out or from the users', whichever is more. "
        "The first column is if nobody goes on elsewhere; here and elsewhere, if {predators} of those predators and "
        "{users} of those users do; and under 'if all go on', all who are on no simulated site. "
        "The larger side may be another one then. Never: the effect is larger than all that these predators would have "
        "done, or than all that would have befallen these users. A dash: none are kept out, or harm is not seen to "
        "fall here. Who is in custody goes nowhere; who is deterred stays.",
        predators=Amount(shares["predator"], whole_percent), users=Amount(shares["user"], whole_percent),
        times=Sentence("{factor} times ", factor=Amount(rel, plain_number)) if rel != 1 else None,
    )  # fmt: skip
    of_alone = p_going_on(scenario, alone=True)
    more = Sentence(
        "Of those at home on {sites}, whom no other simulated site attracts, {predators} of the predators and {users} "
        "of the users go elsewhere.",
        sites=Listed(alone), predators=Amount(of_alone["predator"], whole_percent),
        users=Amount(of_alone["user"], whole_percent),
    )  # fmt: skip
    if 0 < len(alone) < len(scenario.site_names):
        note = paragraph(note, more)
    kind = Term("changes with their luck (95%), shares of hours kept out, and the share that undoes an effect")
    return Table(Term("ELSEWHERE"), kind, [cells.names()], columns, note)


def at_sites(cells: Cells, found: pd.DataFrame) -> Block | None:
    """Return what becomes of harm and use on each site, where there are several.

    Args:
        cells: The effects.
        found: As `Comparison.at_sites`.
    """
    if not cells.scenario.sites:
        return None
    rows = [row for row in found.to_dict("records") if not _deserted(row)]
    keys = [
        Column(Term("policy"), [short(row["policy"]) for row in rows], left=True),
        Column(Term("site"), [short(row["site"]) for row in rows], left=True),
    ]
    harmed, users, predators, moved = headings.AT_SITE
    verdicts = [Verdict(row["verdict"]) for row in rows]
    changes = [in_percent(verdict, interval_of(row, "relative")) for verdict, row in zip(verdicts, rows, strict=True)]
    columns = [
        Column(Term(harmed.words), changes),
        Column(Term("verdict"), verdicts),
        *(
            Column(Term(head.words), [_share(row[name]) for row in rows])
            for head, name in ((users, "user_hours"), (predators, "predator_hours"), (moved, "moved_in"))
        ),
    ]
    note = Sentence(
        "Persons harmed and hours count on the site on which they are, whatever their home. A dash: nobody is there. "
        "Sites without anybody, as under the baseline, are left out."
    )
    return Table(Term("SITES"), CHANGES, keys, columns, note)


def _deserted(row: Mapping[Hashable, Any]) -> bool:
    """Tell whether nobody is on a site, under the baseline neither."""
    return row["verdict"] == Verdict.IDENTICAL and all(np.isnan(row[n]) for n in ("user_hours", "moved_in"))


_SIDES = {"predators": Term("predators"), "users": Term("users"), "none": DASH}


def _share(share: float) -> Words:
    return DASH if share != share else Amount(share, tenths)


def _undone(cells: Cells, row: Mapping[Any, Any], name: str) -> Words:
    share = interval_of(row, name)
    if share.value != share.value or cells.verdict(row["policy"], HERE) is not Verdict.LOWERS:
        return DASH
    return Sentence("never") if share.low >= 1 else Amount(share, size)
