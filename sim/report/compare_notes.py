"""What to know of a comparison: what is inert, what it rests on, how far its intervals hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from sim.outcomes.counts import HEADLINE
from sim.outcomes.verdicts import Verdict
from sim.report.blocks import Note, Prose
from sim.report.cells import Cells
from sim.report.grounds import of_parts, settings_behind
from sim.report.remarks import ETHICS, of_investigators, of_seeds, of_short_window, of_staff
from sim.report.text import number
from sim.rules.sentences import Amount, Listed, Sentence, Words
from sim.scenario.scenario import Scenario


def notes(
    scenario: Scenario,
    cells: Cells,
    contains: pd.DataFrame,
    idle: Mapping[str, Words],
    busy: Mapping[str, float],
    investigators_busy: Mapping[str, float],
    resting: Mapping[str, Sequence[Sentence]],
    first: int,
) -> Prose:
    """Return what to know of a comparison.

    Args:
        scenario: What was run.
        cells: The effects.
        contains: As `Comparison.contains`.
        idle: As `Comparison.idle`.
        busy: As `Comparison.busy`.
        investigators_busy: The same of investigators.
        resting: As `Comparison.resting`.
        first: As `Comparison.first`.
    """
    said: list[Words] = [
        Sentence("{policy} is inert, everything happened as in the baseline: {lack}.", policy=arm, lack=lack)
        for arm, lack in idle.items()
    ]
    said += of_parts(scenario, cells.policies, contains)
    said += of_staff(busy)
    said += of_investigators(scenario, investigators_busy)
    for arm in cells.policies:
        if arm not in idle and cells.verdict(arm, "harms") is Verdict.IDENTICAL:
            before, after = (cells.number(arm, "predators_barred", column) for column in ("baseline", "value"))
            said.append(
                Sentence(
                    "{policy}: as many harms as the baseline in every seed (bars on predators: {before} a year, now "
                    "{after}).",
                    policy=arm, before=Amount(before, number), after=Amount(after, number),
                )
            )  # fmt: skip
    assumed: dict[tuple[Sentence, ...], list[str]] = {}
    for arm, inputs in resting.items():
        if arm not in idle:
            assumed.setdefault(tuple(inputs), []).append(arm)
    for found, arms in assumed.items():
        said.append(
            Sentence(
                "What is shown for {policies} rests on assumed inputs: {inputs}.",
                policies=Listed(tuple(arms)), inputs=Listed(found),
            )
        )  # fmt: skip
    if settings := settings_behind(scenario, [arm for arms in assumed.values() for arm in arms]):
        said.append(
            Sentence(
                "Vary these before believing it, one at a time: python -m sim ranges FILE --parameters KEY,KEY with "
                "the keys {settings}. Without --parameters it varies others. python -m sim why FILE --policy NAME "
                "takes an effect apart.",
                settings=Listed(tuple(settings)),
            )
        )
    said += of_short_window(scenario)
    if first:
        said.append(
            Sentence(
                "The first {first} seeds said by their spread how many it takes; the intervals of the changes rest on "
                "that spread, so that they cover as often as they say (Stein 1945).",
                first=first,
            )
        )
    elif set(cells.policies) - set(idle):
        said.append(of_seeds(int(max(cells.number(p, HEADLINE, "seeds") for p in cells.policies))))
    alone = [p for p in cells.policies if cells.resolved(p, HEADLINE) and not cells.together(p, HEADLINE).sign]
    if alone:
        said.append(
            Sentence(
                "Told apart from the baseline in serious harm by intervals of their own, but not by those that hold "
                "for all policies together: {policies}. Among many policies, one or another is told apart by luck.",
                policies=Listed(tuple(alone)),
            )
        )
    said.append(
        Sentence(
            "Each interval misses with a chance of 5%, so one in twenty does; of those that hold together, one in "
            "twenty studies has one that does. More outcomes, with intervals, stand in "
            "effects.csv; those by offence illustrate, for the shares of offences are assumed."
        )
    )
    return Prose(tuple(Note(note) for note in (*said, ETHICS)))
