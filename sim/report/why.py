"""Why: what was found of the mechanisms of a policy, and how it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.counts import HEADLINE
from sim.outcomes.dictionary import Meaning, with_ends
from sim.outcomes.outcomes import BY_NAME
from sim.outcomes.statistics import Interval, interval_of
from sim.outcomes.verdicts import Verdict
from sim.report.blocks import Block, Column, Note, Prose, Table
from sim.report.headings import Heading, Printed
from sim.report.remarks import ETHICS, assumed_elsewhere, caveat, of_seeds, title
from sim.report.result import Result
from sim.report.text import change, difference, points
from sim.rules.sentences import Amount, Sentence, Term, Words, paragraph
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NEARLY_ALL = 0.9
"""Share of an effect from which on inputs alone are said to make it."""

COLUMNS = {
    "mechanism": Meaning("words", "through what the policy works"),
    "is_input": Meaning("True or False", "whether it is a share or factor that the scenario states"),
    **with_ends(
        {
            "without": "change of persons seriously harmed, here and elsewhere, with the mechanism as in the baseline",
            "part": "the whole change less that without the mechanism",
            "alone": "change with all other mechanisms as in the baseline",
        }
    ),
}
"""Columns of `Why.parts`; all but the first two are shares of the baseline."""

THROUGH = Heading("through", column="why.mechanism")
PART = Heading("its part: the whole less that without it", column="why.part")
WITHOUT = Heading("effect without it, as in the baseline there", column="why.without")
ALONE = Heading("effect of it alone, all else as in the baseline", column="why.alone")


@dataclass(frozen=True)
class Why(Result):
    """One policy's effect on persons seriously harmed, here and elsewhere, taken apart.

    Attributes:
        scenario: What was run.
        policy: The arm.
        seeds: The seeds, each run under every variant.
        effect: The whole effect, as a share of the baseline, with its 95% interval, as in `Comparison.effects`.
        difference: The same in the unit of the outcome, persons a year per 1,000 monthly visitors.
        verdict: The same in one word.
        parts: One row per mechanism: the effect ``without`` it, its ``part`` (the whole less that), and what it does
            ``alone``, all others held (missing for what no rule switches off), each with its ends. What predators make
            of the same rules is a row of its own and left out of the others.
        together: The whole less the sum of the parts.
    """

    columns: ClassVar = {"why": COLUMNS}
    printed: ClassVar = (Printed("WHY", (THROUGH, PART, WITHOUT, ALONE)),)

    scenario: Scenario = field(repr=False)
    policy: str
    seeds: tuple[int, ...]
    effect: Interval
    difference: Interval
    verdict: Verdict
    parts: pd.DataFrame = field(repr=False)
    together: Interval

    def blocks(self) -> list[Block]:
        """Return what makes the effect: a sentence, the parts, and what to know of them."""
        return [_title(self), _sentence(self), *self.taken_apart(), _notes(self)]

    def taken_apart(self) -> list[Table]:
        """Return the table of the parts, if there are several."""
        return [_parts(self)] if len(self.parts) > 1 else []

    def finding(self) -> Sentence:
        """Say what the policy does to serious harm, and through what."""
        return _finding(self)

    def plot(self) -> Figure:
        """Draw the part of every mechanism with its 95% interval, and the whole."""
        from sim.report import figures

        return figures.figure_of(figures.why, self.policy, self.effect, self.parts, self.together)

    def fill(self, folder: Path) -> None:
        """Write the table."""
        write_csv(self.parts, folder / "why.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws its figure."""
        return {"why": self.plot}


def _title(found: Why) -> Block:
    done = Sentence("what makes the effect of {policy}, {n} seeds each", policy=found.policy, n=len(found.seeds))
    return title(found.scenario, done)


def _sentence(found: Why) -> Block:
    return Prose((paragraph(_finding(found), caveat(found.scenario, assumed_elsewhere(found.scenario))),))


def _finding(found: Why) -> Sentence:
    """Return what the policy does to serious harm, as far as the verdict goes, and through what."""
    policy, effect = found.policy, Amount(found.effect, change)
    if found.verdict == Verdict.TOO_FEW:
        return Sentence("Too few persons are harmed here to say what {policy} does.", policy=policy)
    if found.verdict == Verdict.IDENTICAL:
        return Sentence(
            "In this model, with these assumptions, as many are harmed under {policy} as under the baseline in every "
            "seed: nothing to take apart.",
            policy=policy,
        )
    if found.effect.value != found.effect.value:
        return Sentence(
            "In this model, with these assumptions, {policy} changes serious harm, here and elsewhere together, by "
            "{size} {unit} ({verdict}). Under the baseline it is not told apart from none, so that nothing can be said "
            "in percent of it.",
            policy=policy, size=Amount(found.difference, difference), unit=Term(BY_NAME[HEADLINE].unit),
            verdict=found.verdict,
        )  # fmt: skip
    if found.verdict == Verdict.NOT_RESOLVED:
        return Sentence(
            "In this model, with these assumptions, {policy} was not seen to change serious harm, here and elsewhere "
            "together: {effect}, its sign not resolved. Nor is it known then what makes the change.",
            policy=policy, effect=effect,
        )  # fmt: skip
    parts = found.parts.to_dict("records")
    if len(parts) == 1:
        return Sentence(
            "In this model, with these assumptions, {policy} changes serious harm, here and elsewhere together, by "
            "{effect}, all of it through {mechanism}: there is nothing to take apart.",
            policy=policy, effect=effect, mechanism=Term(parts[0]["mechanism"]),
        )  # fmt: skip
    known = [row for row in parts if interval_of(row, "part").sign and row["part"] * found.effect.value > 0]
    if not known:
        return Sentence(
            "In this model, with these assumptions, {policy} changes serious harm, here and elsewhere together, by "
            "{effect}; through which mechanism is not resolved.",
            policy=policy, effect=effect,
        )  # fmt: skip
    largest = max(known, key=lambda row: abs(row["part"]))
    mechanism, without = Term(largest["mechanism"]), Amount(interval_of(largest, "without"), change)
    half = abs(found.effect.value) / 2
    if abs(found.together.value) > half:
        return Sentence(
            "In this model, with these assumptions, {policy} changes serious harm, here and elsewhere together, by "
            "{effect}. The parts need each other or stand in for each other, so that no single one can be said to make "
            "it: the whole less its parts is {together} points. The largest is {mechanism}, without which it would be "
            "{without}.",
            policy=policy, effect=effect, together=Amount(found.together, points), mechanism=mechanism, without=without,
        )  # fmt: skip
    if abs(largest["part"]) > half:
        return Sentence(
            "In this model, with these assumptions, {policy} changes serious harm, here and elsewhere together, by "
            "{effect}, most of it through {mechanism}, without which it would be {without}.",
            policy=policy, effect=effect, mechanism=mechanism, without=without,
        )  # fmt: skip
    return Sentence(
        "In this model, with these assumptions, {policy} changes serious harm, here and elsewhere together, by "
        "{effect}, the largest part of it through {mechanism}, without which it would be {without}.",
        policy=policy, effect=effect, mechanism=mechanism, without=without,
    )  # fmt: skip


def _parts(found: Why) -> Table:
    records = found.parts.to_dict("records")
    names: list[Words] = [
        Sentence("{mechanism} (input)", mechanism=Term(row["mechanism"])) if row["is_input"] else Term(row["mechanism"])
        for row in records
    ]
    names += [Term("the whole less its parts"), Term("the whole policy")]
    wholes = (found.together, found.effect)
    columns = []
    for head, last in ((PART, wholes), (WITHOUT, (None, None)), (ALONE, (None, None))):
        intervals = [*(interval_of(row, head.column.partition(".")[2]) for row in records), *last]
        columns.append(Column(Term(head.words), [interval and Amount(interval, points) for interval in intervals]))
    return Table(
        Sentence("WHY, {policy}", policy=found.policy),
        Term(
            "change of persons seriously harmed, here and elsewhere, in % of the baseline's, in brackets its 95% "
            "interval"
        ),
        [Column(Term(THROUGH.words), names, left=True)],
        columns,
        Sentence(
            "Paired seed by seed. -: no rule switches it off alone, or nothing can be said in percent of the baseline."
        ),
    )


def echo(found: Why) -> bool:
    """Tell whether inputs alone make nearly all of an effect that is resolved: it is an echo of them and no finding."""
    inputs = found.parts.loc[found.parts["is_input"], "part"].sum()
    rest = abs(inputs - found.effect.value)
    return bool(found.effect.sign) and bool(rest <= (1 - NEARLY_ALL) * abs(found.effect.value))


ECHO = Sentence(
    "This effect is an echo: inputs alone (shares turned away, findability, factors put in) make nearly all of it. It "
    "shows what was assumed, and is no finding. python -m sim ranges varies them."
)


def _notes(found: Why) -> Block:
    notes = []
    if echo(found):
        notes.append(ECHO)
    if len(found.parts) > 1:
        notes += [
            Sentence(
                "An input is a share or factor that the scenario states; the others come about in the model, which "
                "rests on assumptions too."
            ),
            Sentence(
                "Parts need not add up: mechanisms need each other or stand in for each other, which is the last line "
                "but one."
            ),
        ]
    notes += [
        Sentence(
            "python -m sim ranges FILE --parameters KEY,... varies the numbers on which it rests; python -m sim "
            "explain NAME says which these are."
        ),
        of_seeds(len(found.seeds)),
        ETHICS,
    ]
    return Prose(tuple(map(Note, notes)))


def mechanisms(apart: Sequence[Why]) -> Iterator[Block]:
    """Yield what makes each of several effects that were taken apart."""
    for why in apart:
        yield Prose((paragraph(why.finding(), ECHO if echo(why) else None),))
        yield from why.taken_apart()
