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
from sim.outcomes.doubt import FEWEST_SETS, FROM_SETS
from sim.outcomes.statistics import Interval, interval_of
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
    numbers,
    short,
    size,
    two_digits,
    value_alone,
    whole_percent,
)
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
        "without": Meaning("sets", "those of them in which the baseline has nothing to take a share of"),
        **with_ends(
            {"median": "median over the sets of the change from the baseline"}, RELATIVE, "the middle 90% of the sets"
        ),
        **with_ends({"lowered": "share in which it is lower than under the baseline"}, "share of the sets"),
        "raised": Meaning("share of the sets", "share in which it is higher than under the baseline"),
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

    @property
    def unanswered(self) -> Sentence | None:
        """That under no policy enough sets have harm to say anything, if so, and what to do."""
        rows = _of(self.spreads[self.spreads["outcome"] == HEADLINE])
        if any(not _too_few(row) for row in rows):
            return None
        return Sentence(
            "This cannot be answered: fewer than {n} of {draws} worlds have any serious harm under the baseline. Take "
            "longer --days, a larger --scale or more --draws.",
            n=FEWEST_SETS, draws=self.draws,
        )  # fmt: skip

    def blocks(self) -> list[Block]:
        """Return a sentence for each policy, its spread, what it rests on, where it turns, what to find out first."""
        rows = _of(self.spreads[self.spreads["outcome"] == HEADLINE])
        return [self._title(), _sentences(rows), _effects(rows), *self.analysis(), self._notes()]

    def analysis(self) -> list[Block]:
        """Return what the spread rests on, where signs turn and what to find out first; nothing of too few sets."""
        if self.draws < FEWEST_SETS:
            return []
        rows = _of(self.spreads[self.spreads["outcome"] == HEADLINE])
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

        return doubt_figures.spreads(self.draws, _of(self.spreads[self.spreads["outcome"] == HEADLINE]))

    def plot_shares(self) -> Figure:
        """Draw what makes the spread of each policy's effect: luck, and the parameters that stand out."""
        from sim.report import doubt_figures

        rows = _of(self.spreads[self.spreads["outcome"] == HEADLINE])
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
            Sentence(
                "Luck: what differs between two seeds of one world. It is in every number above, and less of it with "
                "more --days or a larger --scale. Rests on assumed numbers: all but luck and what sourced and "
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


def _sentences(rows: Sequence[Row]) -> Block:
    head = Sentence(
        "In this model, serious harm changes from the baseline by (over worlds in which all that is uncertain varies "
        "at once):"
    )
    end = Sentence("On this site only; as likely as the plausible ranges have it.")
    return Prose((head, *(Note(sentence(row)) for row in rows), end))


def sentence(row: Row) -> Sentence:
    """Return what becomes of a policy's effect over the worlds.

    ``phone: -41% in the middle of 100 worlds (90% of them: -62 to -12); it lowers in 97 of 100 and raises in 3; luck
    makes 8% of the spread; up to 85% rests on assumed numbers``. A share that is not known
    to within `VAGUE` is left to the table.

    Args:
        row: Of `Doubt.spreads`, of serious harm.
    """
    policy, middle, n = row["policy"], interval_of(row, "median"), row["sets"] - row["without"]
    without = Counted(
        row["without"],
        Sentence("; in 1 more the baseline has no serious harm to take a share of"),
        Sentence("; in {n} more the baseline has no serious harm to take a share of", n=row["without"]),
    )
    if _too_few(row):
        return Sentence(
            "{policy}: too few harms to say: only {n} of {sets} worlds have any under the baseline",
            policy=policy, n=n, sets=row["sets"],
        )  # fmt: skip
    if not any(middle) and not row["lowered"] and not row["raised"]:
        return Sentence(
            "{policy}: as under the baseline in each of {n} worlds{without}",
            policy=policy, n=n, without=without if row["without"] else None,
        )  # fmt: skip
    luck, rests = interval_of(row, "luck"), interval_of(row, "assumed")
    of_luck = Sentence("; luck makes {share} of the spread", share=Amount(luck.value, whole_percent))
    of_assumed = Sentence("; up to {share} rests on assumed numbers", share=Amount(rests.value, whole_percent))
    return Sentence(
        "{policy}: {middle} in the middle of {n} worlds (90% of them: {ends}); it lowers in {lowers} of {sets} and "
        "raises in {raises}{luck}{rests}{without}",
        policy=policy, middle=Amount(middle, value_alone), n=n, ends=Amount(middle, ends_alone),
        lowers=round(row["lowered"] * row["sets"]), raises=round(row["raised"] * row["sets"]), sets=row["sets"],
        luck=of_luck if luck.high - luck.low <= VAGUE else None,
        rests=of_assumed if rests.high - rests.low <= VAGUE else None,
        without=without if row["without"] else None,
    )  # fmt: skip


def _effects(rows: Sequence[Row]) -> Block:
    kind = Term(
        "change of persons seriously harmed from the baseline, in brackets the middle 90% of the worlds; shares with "
        "their 95% interval"
    )
    cells = [
        [_changed(row), *(_share(interval_of(row, name)) for name in ("lowered", "luck", "assumed"))] for row in rows
    ]
    columns = [Column(Term(head.words), found) for head, found in zip(EFFECTS, zip(*cells, strict=True), strict=True)]
    names = Column(Term("policy"), [short(row["policy"]) for row in rows], left=True)
    note = Sentence("A dash: too few worlds with harm under the baseline, or no spread to share out.")
    dashes = any(DASH in column.cells for column in columns)
    return Table(Term("EFFECTS"), kind, [names], columns, note if dashes else None)


def _too_few(row: Row) -> bool:
    """Tell whether too few worlds have harm under the baseline to take a share of."""
    return bool(row["sets"] - row["without"] < FEWEST_SETS)


def _changed(row: Row) -> Words:
    return Verdict.TOO_FEW if _too_few(row) else Amount(interval_of(row, "median"), change)


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
    shares = row["raised"], row["lowered"]
    return 0 if _too_few(row) else round(min(shares) * row["sets"])


def _turn(row: Row, parts: Sequence[Row]) -> Sentence:
    raised, lowered = (round(row[name] * row["sets"]) for name in ("raised", "lowered"))
    if not parts:
        return Sentence(
            "{policy} raises harm in {raised} of {n} worlds and lowers it in {lowered}; no one or two parameters tell "
            "where.",
            policy=row["policy"], raised=raised, lowered=lowered, n=row["sets"],
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
    shown = [row for row in rows if row["parameter"] == ALL_ASSUMED] + worth
    choice = Sentence("As things stand, the least harm is to be expected under {choice}.", choice=rows[0]["choice"])
    if others := [name for name in str(rows[0]["not_told_apart"]).split(";") if name]:
        choice = Sentence(
            "As things stand, the least harm is to be expected under {choice}; not told apart from it: {others}.",
            choice=rows[0]["choice"], others=Listed(tuple(others)),
        )  # fmt: skip
    none = Sentence("No single parameter is told apart from one that is not worth knowing.")
    if not shown:
        return Prose((paragraph(choice, none),))
    names = Column(Term("parameter"), [_what(row) for row in shown], left=True)
    columns = [
        Column(Term(WORTH[0].words), [_worth(row) for row in shown]),
        Column(Term(WORTH[1].words), [_share(interval_of(row, "share")) if _seen(row) else None for row in shown]),
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


def _worth(row: Row) -> Words:
    return Amount(interval_of(row, "value"), numbers) if _seen(row) else Term("not seen in so few worlds")


def _what(row: Row) -> Words:
    return Term("all assumed numbers") if row["parameter"] == ALL_ASSUMED else row["parameter"]
