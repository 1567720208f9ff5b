"""Doubt: what is left of effects over parameter sets, and how it reads: sentences, shares, where signs turn.

A set is called a world where people read of it: the model with one value for each of its uncertain parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.counts import HEADLINE
from sim.outcomes.dictionary import EVERYWHERE, RELATIVE, Meaning, with_ends
from sim.outcomes.doubt import FEWEST_FOR_A_RANGE, FEWEST_SETS, FROM_SETS, SETS_WITHIN
from sim.outcomes.statistics import FEWEST_EVENTS, NONE, Interval, interval_of
from sim.outcomes.turns import FEWEST_TURNED
from sim.outcomes.verdicts import Verdict
from sim.report.blocks import Block, Column, Note, Prose, Table
from sim.report.headings import Heading, Printed
from sim.report.remarks import ETHICS, partly_in_force, title
from sim.report.result import Result
from sim.report.sentences import Amount, Counted, Listed, Sentence, Term, Words, paragraph
from sim.report.text import (
    DASH,
    change,
    ends_alone,
    number,
    numbers,
    short,
    size,
    two_digits,
    value_alone,
    whole_percent,
)
from sim.report.worlds import worlds_of
from sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PARAMETERS = 5
"""Parameters shown of a policy, and of what to find out first; the others stand in the files."""

VAGUE = 0.5
"""A share whose interval is wider is not said in a sentence."""

ALL_ASSUMED = "assumed"
"""Stands for a parameter where all that are assumed are meant, as one."""

Row = Mapping[Any, Any]
"""A row of a table of `Doubt` by column."""


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
                "assumed": "how much of it rests on assumed numbers, at most; of the first outcome alone",
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
            "how much of the spread of the change of serious harm the parameter makes by itself",
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
        "rises": Meaning("True or False", "whether serious harm rises where the conditions hold, or falls"),
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
        **with_ends({"value": "persons harmed less if it is known before an arm is chosen"}, "persons a run"),
        **with_ends({"share": "the same as a share of the harm under the baseline"}, "share of the baseline's harm"),
        "dummy": Meaning("persons a run", "the most that knowing one of many made-up parameters seems to spare"),
        "stands_out": Meaning("True or False", "whether value exceeds dummy, and its interval leaves out zero"),
    },
}
"""Columns of the tables of `Doubt`, by the name of the file."""

EFFECTS = (
    Heading("middle of the worlds", column="doubt.median"),
    Heading("lowers, of the worlds", column="doubt.lowered"),
    Heading("luck, of the spread", column="doubt.luck"),
    Heading("rests on assumed numbers, at most, of the spread", column="doubt.assumed"),
)
FIRST = Heading("by itself, of the spread", column="doubt_parameters.first")
TOTAL = Heading("with others too, of the spread", column="doubt_parameters.total")
WORTH = (
    Heading("persons harmed less in a run", column="doubt_value.value"),
    Heading("of the harm under the baseline", column="doubt_value.share"),
)


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
        Printed("EFFECTS", EFFECTS),
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
            "takes {n}. Take longer --days, a larger --scale or more --draws.",
            known=self.n_known, draws=self.draws, events=FEWEST_EVENTS, n=FEWEST_FOR_A_RANGE,
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
        return _of(self.spreads[self.spreads["outcome"] == HEADLINE])

    def blocks(self) -> list[Block]:
        """Return a sentence for each policy, its spread, what it rests on, where it turns, what to find out first."""
        rows = self._headlines()
        return [self._title(), self._sentences(), _effects(rows), *self.analysis(), self._notes()]

    def analysis(self) -> list[Block]:
        """Return what the spread rests on, where signs turn and what to find out first; nothing of too few sets."""
        if self.draws < FEWEST_SETS:
            return []
        rows = self._headlines()
        found = [_rests_on(self.policies, self.parameters), _turns(rows, self.conditions), _to_find_out(self.worth)]
        return [block for block in found if block is not None]

    def where(self, policy: str, rises: bool) -> Words:
        """Return the conditions under which a policy raises serious harm, or lowers it; ``None`` if none was found."""
        parts = _of_policy(self.conditions, policy)
        if not parts or bool(parts[0]["rises"]) is not rises:
            return None
        return Listed(tuple(map(_condition, parts)), Term(" and "))

    def plot(self) -> Figure:
        """Draw how far each policy's effect on serious harm goes over the worlds, and how far by luck alone."""
        from sim.report import doubt_figures

        return doubt_figures.spreads(self.n_known, self._headlines())

    def plot_shares(self) -> Figure:
        """Draw what makes the spread of each policy's effect: luck, and the parameters that stand out."""
        from sim.report import doubt_figures

        rows = self._headlines()
        return doubt_figures.shares(rows, {row["policy"]: _of_policy(self.parameters, row["policy"]) for row in rows})

    def fill(self, folder: Path) -> None:
        """Write the tables."""
        tables = self.spreads, self.parameters, self.conditions, self.worth
        for name, table in zip(self.columns, tables, strict=True):
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
            "In this model, serious harm changes from the baseline by (over worlds, in each of which {drawn}):",
            drawn=self.other(),
        )
        end = Sentence("On this site only; as likely as the plausible ranges have it.")
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
                "Luck: what differs between two seeds of one world; less of it with more --days or a larger --scale. "
                "Rests on assumed numbers: all but luck and what sourced and "
                "calibrated ones do by themselves."
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


def _of(table: pd.DataFrame) -> list[Row]:
    rows: list[Row] = list(table.to_dict("records"))
    return rows


def _of_policy(table: pd.DataFrame, policy: str) -> list[Row]:
    return _of(table[table["policy"] == policy])


def sentence(row: Row) -> Sentence:
    """Return what becomes of a policy's effect over the worlds.

    ``phone: -41% in the median of 100 worlds (90% of them: -62 to -12); it lowers in 97 and raises in 3 of them; luck
    makes 8% (2 to 14) of the spread; at most 85% (75 to 95) rests on assumed numbers``. A share that is not known to
    within `VAGUE` is left to the table.

    Args:
        row: Of `Doubt.spreads`, of serious harm.
    """
    policy, worlds = row["policy"], worlds_of(row)
    without = Counted(
        worlds.asked - worlds.known,
        Sentence("; in 1 more there are too few harms to compare"),
        Sentence("; in {n} more there are too few harms to compare", n=worlds.asked - worlds.known),
    )
    if not worlds.enough:
        return Sentence(
            "{policy}: too few harms to say: in {n} of {sets} worlds are there enough to compare",
            policy=policy, n=worlds.known, sets=worlds.asked,
        )  # fmt: skip
    if not any(worlds.middle) and not worlds.lowers and not worlds.raises:
        return Sentence(
            "{policy}: as under the baseline in each of {n} worlds{without}",
            policy=policy, n=worlds.known, without=without if without.n else None,
        )  # fmt: skip
    of_luck = Sentence("; luck makes {share} of the spread", share=Amount(worlds.luck, size))
    of_assumed = Sentence("; at most {share} rests on assumed numbers", share=Amount(worlds.assumed, size))
    lie = Sentence("all of them") if worlds.known < SETS_WITHIN else Sentence("90% of them")
    return Sentence(
        "{policy}: {middle} in the median of {n} worlds ({lie}: {ends}); it lowers in {lowers} and raises in "
        "{raises} of them{luck}{rests}{without}",
        policy=policy, middle=Amount(worlds.middle, value_alone), n=worlds.known, lie=lie,
        ends=Amount(worlds.middle, ends_alone), lowers=worlds.lowers, raises=worlds.raises,
        luck=of_luck if told(worlds.luck) else None, rests=of_assumed if told(worlds.assumed) else None,
        without=without if without.n else None,
    )  # fmt: skip


def told(share: Interval) -> bool:
    """Tell whether a share is known well enough to be said in a sentence."""
    return bool(share.high - share.low <= VAGUE)


def _effects(rows: Sequence[Row]) -> Block:
    kind = Term(
        "change of persons seriously harmed from the baseline, in brackets where 90% of worlds lie (of fewer than 19 "
        "all); shares with their 95% interval"
    )
    cells = [
        [_changed(row), *(_share(interval_of(row, name)) for name in ("lowered", "luck", "assumed"))] for row in rows
    ]
    columns = [Column(Term(head.words), found) for head, found in zip(EFFECTS, zip(*cells, strict=True), strict=True)]
    names = Column(Term("policy"), [short(row["policy"]) for row in rows], left=True)
    note = Sentence("A dash: too few worlds with harm under the baseline, or no spread to share out.")
    dashes = any(DASH in column.cells for column in columns)
    return Table(Term("EFFECTS"), kind, [names], columns, note if dashes else None)


def _changed(row: Row) -> Words:
    worlds = worlds_of(row)
    return Amount(worlds.middle, change) if worlds.enough else Verdict.TOO_FEW


def _share(interval: Interval) -> Words:
    return Amount(interval, size) if interval.value == interval.value else DASH


def _rests_on(policies: Sequence[str], parameters: pd.DataFrame) -> Block | None:
    """Return the table of the parameters that stand out, the largest of each policy."""
    large = [row for policy in policies for row in _standing_out(_of_policy(parameters, policy))]
    if not large:
        return Prose((Sentence("No parameter stands out: none moves an effect more than a made-up one seems to."),))
    keys = [
        Column(Term("policy"), [short(row["policy"]) for row in large], left=True),
        Column(Term("parameter"), [row["parameter"] for row in large], left=True),
    ]
    noise = [Interval(row["first"], row["first"] - row["noise"], row["first"] + row["noise"]) for row in large]
    columns = [Column(Term(FIRST.words), [_share(found.within(0, 1)) for found in noise])]
    totals = [
        Amount(min(max(row["total"], row["first"]), 1.0), whole_percent) if row["total"] == row["total"] else DASH
        for row in large
    ]
    if {*totals} != {DASH}:
        columns.append(Column(Term(TOTAL.words), totals))
    columns.append(Column(Term("standing"), [row["standing"] for row in large], left=True))
    note = paragraph(
        Sentence(
            "Shown are up to {most} of each policy that stand out: what is told apart from made-up parameters that "
            "reach nothing. All stand in doubt_parameters.csv.",
            most=MOST_PARAMETERS,
        ),
        _nothing_of(policies, large),
    )
    kind = Term("share of the spread of the change of persons seriously harmed, in brackets its 95% interval")
    return Table(Term("IT RESTS ON"), kind, keys, columns, note)


def _standing_out(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["stands_out"]][:MOST_PARAMETERS]


def _nothing_of(policies: Sequence[str], large: Sequence[Row]) -> Sentence | None:
    none = tuple(policy for policy in policies if policy not in {row["policy"] for row in large})
    return Sentence("None stands out of {policies}.", policies=Listed(none)) if none else None


def _turns(rows: Sequence[Row], conditions: pd.DataFrame) -> Block | None:
    """Say of each policy with both signs in enough worlds where the rarer one is."""
    said = [Note(_turn(row, _of_policy(conditions, row["policy"]))) for row in rows if _n_turned(row) >= FEWEST_TURNED]
    if not said:
        return None
    head = Sentence("Where the sign turns (found on half of the worlds, counted on the other half):")
    return Prose((head, *said))


def _n_turned(row: Row) -> int:
    worlds = worlds_of(row)
    return min(worlds.raises, worlds.lowers) if worlds.enough else 0


def _turn(row: Row, parts: Sequence[Row]) -> Sentence:
    worlds = worlds_of(row)
    if not parts:
        return Sentence(
            "{policy} raises harm in {raised} of {n} worlds and lowers it in {lowered}; no one or two parameters tell "
            "where.",
            policy=row["policy"], raised=worlds.raises, lowered=worlds.lowers, n=worlds.known,
        )  # fmt: skip
    first = parts[0]
    where = Listed(tuple(map(_condition, parts)), Term(" and "))
    sets, met, wanted = (int(first[name]) for name in ("sets", "met", "wanted"))
    density, coverage = (Amount(first[name], whole_percent) for name in ("density", "coverage"))
    if first["rises"]:
        return Sentence(
            "{policy} raises harm where {where}: {sets} worlds, in {met} of which it does ({density}); in all it does "
            "in {wanted} ({coverage} of them there).",
            policy=row["policy"], where=where, sets=sets, met=met, wanted=wanted, density=density, coverage=coverage,
        )  # fmt: skip
    return Sentence(
        "{policy} lowers harm where {where}: {sets} worlds, in {met} of which it does ({density}); in all it does "
        "in {wanted} ({coverage} of them there).",
        policy=row["policy"], where=where, sets=sets, met=met, wanted=wanted, density=density, coverage=coverage,
    )  # fmt: skip


def _condition(part: Row) -> Sentence:
    doubt = Sentence(" ({words})", words=Term(part["doubt"])) if part["doubt"] else None
    threshold = Amount(part["threshold"], two_digits)
    if part["above"]:
        return Sentence("{key} is above {value}{doubt}", key=part["parameter"], value=threshold, doubt=doubt)
    return Sentence("{key} is below {value}{doubt}", key=part["parameter"], value=threshold, doubt=doubt)


def _to_find_out(values: pd.DataFrame) -> Block:
    """Return the table of what is worth knowing before a choice, all assumed parameters first."""
    rows = _of(values)
    single = [row for row in rows if row["parameter"] != ALL_ASSUMED]
    worth = [row for row in single if row["stands_out"]][:MOST_PARAMETERS]
    shown = [row for row in rows if row["parameter"] == ALL_ASSUMED and _seen(row)] + worth
    choice = Sentence("In the mean over the worlds the least harm is under {choice}.", choice=rows[0]["choice"])
    if others := [name for name in str(rows[0]["not_told_apart"]).split(";") if name]:
        choice = Sentence(
            "In the mean over the worlds the least harm is under {choice}; not told apart from it by that mean: "
            "{others}.",
            choice=rows[0]["choice"], others=Listed(tuple(others)),
        )  # fmt: skip
    none = Sentence(
        "So few worlds do not show which parameter is worth knowing before a policy is chosen: none is told apart from "
        "a made-up one."
    )
    if not shown:
        return Prose((paragraph(choice, none),))
    names = Column(Term("parameter"), [_what(row) for row in shown], left=True)
    columns = [
        Column(Term(WORTH[0].words), [Amount(interval_of(row, "value"), numbers) for row in shown]),
        Column(Term(WORTH[1].words), [_share(interval_of(row, "share")) for row in shown]),
    ]
    note = paragraph(
        choice,
        Sentence(
            "Who knows a parameter chooses another arm where that has less. Shown are those told apart from made-up "
            "ones that reach nothing; values are rather too low with few worlds. The others stand in doubt_value.csv."
        ),
        None if worth else none,
    )
    kind = Term("persons seriously harmed less if it is known before a policy is chosen, in brackets the 95% interval")
    return Table(Term("TO FIND OUT FIRST"), kind, [names], columns, note)


def _seen(row: Row) -> bool:
    """Tell whether something is seen to be worth knowing; of worlds too few nothing is, and that is no zero."""
    return bool(row["value_low"] > 0)


def _what(row: Row) -> Words:
    return Term("all assumed numbers") if row["parameter"] == ALL_ASSUMED else row["parameter"]
