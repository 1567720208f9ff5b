"""Doubt: what is left of effects over parameter sets, and how it reads: sentences, shares, where signs turn.

A set is called a world where people read of it: the model with one value for each of its uncertain parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.counts import HEADLINE, HERE
from sim.outcomes.dictionary import EVERYWHERE, RELATIVE, Meaning, with_ends
from sim.outcomes.doubt import FEWEST_FOR_A_RANGE, FEWEST_SETS, FROM_SETS
from sim.outcomes.statistics import FEWEST_EVENTS, NONE, Interval
from sim.report.blocks import Block, Note, Prose
from sim.report.doubt_tables import (
    ALONE,
    EFFECTS,
    FIRST,
    TOTAL,
    WORTH,
    Row,
    condition,
    effects,
    rests_on,
    rows_of,
    rows_of_policy,
    sentence,
    to_find_out,
    turns,
)
from sim.report.headings import Printed
from sim.report.remarks import ETHICS, larger_scale, partly_in_force, title
from sim.report.result import Result
from sim.report.text import number
from sim.report.worlds import worlds_of
from sim.rules.sentences import Amount, Counted, Listed, Sentence, Term, Words
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = {
    "doubt": {
        "policy": EVERYWHERE["policy"],
        "outcome": EVERYWHERE["outcome"],
        "unit": EVERYWHERE["unit"],
        "sets": Meaning("sets", "parameter sets behind the row"),
        "without": Meaning("sets", f"those of them with under {FEWEST_EVENTS} events under both, too few to compare"),
        **with_ends(
            {"median": "median over the others of the change from the baseline"},
            RELATIVE,
            "the range in which 90% of sets lie; of fewer than 19 sets all of them",
        ),
        **with_ends({"lowered": "share in which it is lower than under the baseline"}, "share of the sets compared"),
        "raised": Meaning("share of the sets compared", "share in which it is higher than under the baseline"),
        "luck_alone": Meaning(RELATIVE, "how far luck takes the change to either side in 90% of runs of one set"),
        **with_ends(
            {
                "luck": "how much of the spread of the change is luck",
                "assumed": "how much of it rests on assumed numbers, at most; of total_harmed alone",
            },
            "share of the variance over the sets",
        ),
    },
    "doubt_parameters": {
        "policy": EVERYWHERE["policy"],
        "parameter": Meaning("name", "parameter drawn"),
        "unit": Meaning("words", "unit of the parameter"),
        "standing": Meaning("word", "sourced, calibrated or assumed"),
        "doubt": Meaning("words", "what its range leaves open"),
        "first": Meaning(
            "share of the variance over the sets",
            "how much of the spread of the change of serious harm, here and elsewhere, the parameter makes by itself",
        ),
        "noise": Meaning("share of the variance over the sets", "half the width of the 95% interval of first"),
        "dummy": Meaning(
            "share of the variance over the sets",
            "the most that one of many made-up parameters makes, which reach nothing",
        ),
        "total": Meaning(
            "share of the variance over the sets",
            "how much it makes by itself and together with others; empty with under 300 sets",
        ),
        "stands_out": Meaning("True or False", "whether first exceeds dummy and its own noise"),
    },
    "doubt_conditions": {
        "policy": EVERYWHERE["policy"],
        "rises": Meaning(
            "True or False", "whether serious harm, here and elsewhere, rises where the conditions hold, or falls"
        ),
        "parameter": Meaning("name", "parameter of the condition; conditions of one policy hold together"),
        "doubt": Meaning("words", "what its range leaves open"),
        "above": Meaning("True or False", "whether the parameter is above the threshold, or below it"),
        "threshold": Meaning("the parameter's", "value of the parameter at which the condition begins to hold"),
        "sets": Meaning("sets", "of the half in which nothing was looked for: those that meet the conditions"),
        "met": Meaning("sets", "those of them with that sign"),
        "wanted": Meaning("sets", "of that half: those with that sign"),
        "density": Meaning("share", "met as a share of sets"),
        "coverage": Meaning("share", "met as a share of wanted"),
    },
    "doubt_value": {
        "parameter": Meaning("name", "what would be known: a parameter, or assumed for all that are assumed, together"),
        "unit": Meaning("words", "unit of the parameter"),
        "standing": Meaning("word", "sourced, calibrated or assumed"),
        "choice": Meaning("name", "the arm with the least harm expected as things stand"),
        "not_told_apart": Meaning("names", "arms with which no more harm is seen than with the choice, with ; between"),
        **with_ends(
            {"value": "persons harmed less, here and elsewhere, if it is known before an arm is chosen"},
            "persons a run",
        ),
        **with_ends({"share": "the same as a share of the harm under the baseline"}, "share of the baseline's harm"),
        "dummy": Meaning("persons a run", "the most that knowing one of many made-up parameters seems to spare"),
        "stands_out": Meaning("True or False", "whether value exceeds dummy, and its interval leaves out zero"),
    },
}
"""Columns of the tables of `Doubt`, by the name of the file."""


@dataclass(frozen=True)
class Doubt(Result):
    """How sure effects are over parameter sets, drawn jointly from the plausible ranges of all that is uncertain.

    Attributes:
        scenario: What was run, before anything was drawn.
        policies: The arms, without the baseline, in the scenario's order.
        draws: Parameter sets.
        n_parameters: Parameters that were drawn.
        refused: Sets that the scenario refused and that were passed over.
        spreads: One row per policy and outcome: the middle of its change over the sets, in how many it lowers, how
            much of the spread is luck and how much rests on assumed numbers.
        parameters: One row per policy and parameter, the largest share first: how much of the spread of the change of
            serious harm it makes, with its noise.
        conditions: One or two rows per policy whose sign turns and where that could be told: the conditions.
        worth: One row for all assumed parameters together and each parameter: what knowing it would spare.
        left_out: Parameters with a plausible range that were not drawn, with the reason.
        levers: Those of them that policies set themselves.
        harmed: Persons seriously harmed in a run under the baseline: median and range over the sets.
    """

    columns: ClassVar = COLUMNS
    printed: ClassVar = (
        Printed("EFFECTS", (*EFFECTS, ALONE)),
        Printed("IT RESTS ON", (FIRST, TOTAL)),
        Printed("TO FIND OUT FIRST", WORTH),
    )

    scenario: Scenario = field(repr=False)
    policies: tuple[str, ...]
    draws: int
    n_parameters: int
    refused: int
    spreads: pd.DataFrame = field(repr=False)
    parameters: pd.DataFrame = field(repr=False)
    conditions: pd.DataFrame = field(repr=False)
    worth: pd.DataFrame = field(repr=False)
    left_out: Mapping[str, Sentence] = field(repr=False)
    levers: tuple[str, ...] = ()
    harmed: Interval = NONE

    @property
    def unanswered(self) -> Sentence | None:
        """That under no policy enough sets have harm to say anything, if so, and what to do."""
        if self.n_known >= FEWEST_FOR_A_RANGE:
            return None
        return Sentence(
            "This cannot be answered: in {known} of {draws} worlds are there {events} serious harms to compare, and it "
            "takes {n}. Take longer --days or more --draws{scale}.",
            known=self.n_known, draws=self.draws, events=FEWEST_EVENTS, n=FEWEST_FOR_A_RANGE,
            scale=larger_scale(self.scenario),
        )  # fmt: skip

    @property
    def n_known(self) -> int:
        """Sets with harms enough to compare, of the policy with most of them."""
        return max(worlds_of(row).known for row in self._headlines())

    def other(self) -> Words:
        """Say what is another in each world."""
        if not self.levers:
            return Sentence("{n} uncertain parameters have other values", n=self.n_parameters)
        return Sentence(
            "{n} uncertain parameters have other values (not {levers}, which policies here set)",
            n=self.n_parameters, levers=Listed(self.levers),
        )  # fmt: skip

    def harms(self) -> Words:
        """Say how many are harmed in a world, which says how much luck its change has."""
        value, low, high = (Amount(x, number) for x in self.harmed)
        return Sentence(
            "A world is one run, so that its change has luck in it too, the more the fewer are harmed: under the "
            "baseline {value} persons in the median world, {low} to {high} in most. Worlds with under {few} harms are "
            "not compared.",
            value=value, low=low, high=high, few=FEWEST_EVENTS,
        )  # fmt: skip

    def _headlines(self) -> list[Row]:
        return rows_of(self.spreads[self.spreads["outcome"] == HEADLINE])

    def _here(self) -> list[Row]:
        return rows_of(self.spreads[self.spreads["outcome"] == HERE])

    def blocks(self) -> list[Block]:
        """Return a sentence for each policy, its spread, what it rests on, where it turns, what to find out first."""
        rows = self._headlines()
        return [self._title(), self._sentences(), effects(rows, self._here()), *self.analysis(), self._notes()]

    def analysis(self) -> list[Block]:
        """Return what the spread rests on, where signs turn and what to find out first; nothing of too few sets."""
        if self.draws < FEWEST_SETS:
            return []
        rows = self._headlines()
        found = [rests_on(self.policies, self.parameters), turns(rows, self.conditions), to_find_out(self.worth)]
        return [block for block in found if block is not None]

    def where(self, policy: str, rises: bool) -> Words:
        """Return the conditions under which a policy raises serious harm, or lowers it; ``None`` if none was found."""
        parts = rows_of_policy(self.conditions, policy)
        if not parts or bool(parts[0]["rises"]) is not rises:
            return None
        return Listed(tuple(map(condition, parts)), Term(" and "))

    def plot(self) -> Figure:
        """Draw how far each policy's effect on serious harm goes over the worlds, and how far by luck alone."""
        from sim.report import figures

        return figures.figure_of(figures.doubt, self.spreads)

    def plot_shares(self) -> Figure:
        """Draw what makes the spread of each policy's effect: luck, and the parameters that stand out."""
        from sim.report import figures

        return figures.figure_of(figures.doubt_shares, self.spreads, self.parameters)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Its tables by the names of their files."""
        found = self.spreads, self.parameters, self.conditions, self.worth
        return dict(zip(self.columns, found, strict=True))

    def fill(self, folder: Path) -> None:
        """Write the tables."""
        for name, table in self.tables.items():
            write_csv(table, folder / f"{name}.csv")

    def figures(self) -> dict[str, Callable[[], Figure]]:
        """Return what draws the spread and, of enough sets, the shares."""
        shares = {"doubt-shares": self.plot_shares} if self.draws >= FEWEST_SETS else {}
        return {"doubt": self.plot, **shares}

    def _title(self) -> Block:
        effects = Counted(
            len(self.policies),
            Sentence("the effect of 1 policy is"),
            Sentence("the effects of {n} policies are", n=len(self.policies)),
        )
        drawn = Counted(
            self.n_parameters,
            Sentence("1 uncertain parameter"),
            Sentence("{n} uncertain parameters", n=self.n_parameters),
        )
        done = Sentence(
            "how sure {effects} over {draws} worlds, in each of which {drawn} had other values",
            effects=effects, draws=self.draws, drawn=drawn,
        )  # fmt: skip
        return title(self.scenario, done)

    def _sentences(self) -> Block:
        head = Sentence(
            "In this model, serious harm, here and elsewhere together, changes from the baseline by (over worlds, in "
            "each of which {drawn}):",
            drawn=self.other(),
        )
        end = Sentence(
            "As likely as the plausible ranges have it. How many of those kept out of their site go on elsewhere, and "
            "what harm is there, are among the numbers: displacement.p_predators, displacement.p_users, "
            "displacement.rel_elsewhere."
        )
        return Prose((head, *(Note(sentence(row)) for row in self._headlines()), end))

    def _notes(self) -> Block:
        alike: dict[Sentence, list[str]] = {}
        for key, reason in self.left_out.items():
            alike.setdefault(reason, []).append(key)
        refused = Sentence(
            "{n} more worlds were passed over: the scenario cannot have what was drawn for them.", n=self.refused
        )
        totals = Sentence(
            "What parameters do together with others is told with --draws {n} or more; these {draws} worlds are kept "
            "with --out, and more are added to them.",
            n=FROM_SETS, draws=self.draws,
        )  # fmt: skip
        notes = [
            Sentence(
                "A world is one run with a value of each uncertain parameter, drawn from its plausible range by the "
                "shape of it. Plausible ranges and shapes are assumptions too (python -m sim explain NAME), and "
                "parameters are taken as independent of each other."
            ),
            self.harms(),
            Sentence(
                "Luck: what differs between two seeds of one world; less of it with more --days. "
                "Rests on assumed numbers: all but luck and what sourced and calibrated ones do by themselves."
            ),
            totals if self.draws < FROM_SETS else None,
            refused if self.refused else None,
            partly_in_force(self.scenario, self.policies),
            *(
                Sentence("Not drawn: {keys}: {reason}.", keys=Listed(tuple(keys)), reason=reason)
                for reason, keys in alike.items()
            ),
            ETHICS,
        ]
        return Prose(tuple(Note(note) for note in notes if note))
