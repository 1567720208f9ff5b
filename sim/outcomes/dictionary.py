"""The data dictionary: every column of every table that a result folder can hold, with its unit and its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from sim.model.records import COUNTS, DURATIONS, KINDS
from sim.outcomes.outcomes import outcomes_of
from sim.rules.declare import declared
from sim.rules.rulebook import RULES
from sim.rules.settings import SECTIONS
from sim.scenario.scenario import Scenario


class Column(NamedTuple):
    """What a column holds: its unit, and its meaning in words."""

    unit: str
    meaning: str


_RELATIVE = "share of the baseline (0.1 is 10%)"
_OF_OUTCOME = "the unit of the row's outcome"

_EVERYWHERE = {
    "variant": Column("name", "which task of the study a row belongs to, where there are several"),
    "policy": Column("name", "arm of the scenario, or baseline; counts of sweep, why and ranges number their arms"),
    "seed": Column("whole number", "which run: runs of one seed meet the same persons, visits and luck"),
    "site": Column("name", "the platform"),
    "year": Column("whole number", "year of the measured window, from 0"),
    "outcome": Column("name", "outcome; its formula: python -m sim explain NAME"),
    "unit": Column("words", "unit of the row's values"),
    "seeds": Column("runs", "pairs of runs behind the row (transparency: runs)"),
}

_EFFECT = {
    "baseline": Column(_OF_OUTCOME, "mean over the seeds under the baseline"),
    "value": Column(_OF_OUTCOME, "mean over the seeds under the policy"),
    "difference": Column(_OF_OUTCOME, "mean paired difference from the baseline, seed by seed"),
    "low": Column(_OF_OUTCOME, "lower end of the 95% t interval of the difference (Monte Carlo error only)"),
    "high": Column(_OF_OUTCOME, "upper end of the 95% t interval of the difference"),
    "relative": Column(
        _RELATIVE, "sum of the differences relative to the baseline's sum; none if that is not told apart from zero"
    ),
    "relative_low": Column(
        _RELATIVE,
        "lower end of the 95% Fieller interval of relative, which leaves out zero where that of the difference does",
    ),
    "relative_high": Column(_RELATIVE, "upper end of the 95% Fieller interval of relative (Monte Carlo error only)"),
    "variance_reduction": Column("factor", "how many times fewer runs are needed thanks to the pairing"),
    "variance_reduction_low": Column("factor", "lower end of the 95% bootstrap interval of variance_reduction"),
    "variance_reduction_high": Column("factor", "upper end of the 95% bootstrap interval of variance_reduction"),
    "poisson_yardstick": Column(
        "factor", "what variance_reduction would be for independent harms of which the policy keeps a fixed share"
    ),
    "seeds_to_halve": Column("runs", "seeds in all with which the interval would be about half as wide"),
    "verdict": Column(
        "word",
        "lowers, raises, not resolved, identical (all differences zero), too few (under 20 events), not counted",
    ),
    "reason": Column("words", "why the outcome is not counted under the policy and the baseline; empty where it is"),
}


def _with_ends(meanings: Mapping[str, str]) -> dict[str, Column]:
    """Return columns of shares of the baseline, each with its ends."""
    ends = {"": "", "_low": "lower end of the 95% interval: ", "_high": "upper end of it: "}
    return {
        f"{name}{end}": Column(_RELATIVE, f"{of}{meaning}")
        for name, meaning in meanings.items()
        for end, of in ends.items()
    }


_TABLES: Mapping[str, Mapping[str, Column]] = {
    "daily": {
        "day": Column("whole number", "day of the measured window, from 0"),
        **{f"n_{k.name}": Column("events", f"events {k.name} of the day: {k.meaning}") for k in KINDS},
        **{name: Column(count.unit, count.meaning) for name, count in COUNTS.items()},
    },
    "breakdown": {
        "offence": Column("name", "kind of offence, or all"),
        "victim_class": Column("name", "class of the person approached, or all"),
        "quantity": Column("name", "kind of event, or persons_harmed (distinct persons a year)"),
        "count": Column("events or persons", "how many in the year; rows all do not add up over offences"),
    },
    "durations": {
        "kind": Column(
            "name", f"what took so long: {'; '.join(f'{kind}, {what}' for kind, what in DURATIONS.items())}"
        ),
        "hours": Column("hours", "whole hours that it took"),
        "count": Column("times", "how often in the year it took so long"),
    },
    "effects": _EFFECT,
    "sweep": _EFFECT,
    "interactions": {
        "one": Column("name", "one of the two policies of which this one consists"),
        "other": Column("name", "the other one of the two policies of which this one consists"),
        "interaction": Column(_OF_OUTCOME, "what both do beyond the sum of what each does, mean over the seeds"),
        "low": Column(_OF_OUTCOME, "lower end of the 95% t interval of interaction"),
        "high": Column(_OF_OUTCOME, "upper end of the 95% t interval of interaction"),
        "relative": Column(_RELATIVE, "interaction relative to the baseline"),
        "relative_low": Column(_RELATIVE, "lower end of the 95% Fieller interval of relative"),
        "relative_high": Column(_RELATIVE, "upper end of the 95% Fieller interval of relative"),
        "verdict": Column("word", "above the sum, below the sum, not resolved, identical (zero), too few, not counted"),
    },
    "transparency": {
        "item": Column("words", "what the platform could publish"),
        "mean": Column("the unit of the row", "mean over the seeds"),
        "low": Column("the unit of the row", "lower end of the 95% t interval of mean"),
        "high": Column("the unit of the row", "upper end of the 95% t interval of mean"),
        "reason": Column("words", "why there is no value; empty where there is one"),
    },
    "why": {
        "mechanism": Column("words", "through what the policy works"),
        "is_input": Column("True or False", "whether it is a share or factor that the scenario states"),
        **_with_ends(
            {
                "without": "change of persons seriously harmed with the mechanism as in the baseline",
                "part": "the whole change less that without the mechanism",
                "alone": "change with all other mechanisms as in the baseline",
            }
        ),
    },
    "ranges": {
        "parameter": Column("name", "parameter varied"),
        "doubt": Column("words", "what its range leaves open"),
        "setting": Column("the parameter's", "its value in the scenario"),
        "setting_low": Column("the parameter's", "lower end of its plausible range"),
        "setting_high": Column("the parameter's", "upper end of its plausible range"),
        "unit": Column("words", "unit of the parameter"),
        **_with_ends(
            {
                "relative": "change of persons seriously harmed with the parameter as in the scenario",
                "at_low": "change of persons seriously harmed with the parameter at its lower end",
                "at_high": "change of persons seriously harmed with the parameter at its upper end",
                "change": "by how much at_high exceeds at_low",
            }
        ),
        "verdict": Column("word", "moves, not resolved, identical, too few, no percentage"),
        "turns": Column("True or False", "whether it moves and the effect is told apart from zero on both sides of it"),
    },
    "patterns": {
        "number": Column("whole number", "number of the pattern"),
        "name": Column("name", "its name"),
        "kind": Column("letter", "C calibrates, E must emerge, I echo of an input, A arithmetic"),
        "quantity": Column("words", "what is measured"),
        "observed": Column("words", "what is known of real platforms"),
        "evidence": Column("names", "rows of the evidence table"),
        "simulated": Column("as the tolerance", "value over the seeds"),
        "low": Column("as the tolerance", "lower end of its 95% interval"),
        "high": Column("as the tolerance", "upper end of it"),
        "tolerance_low": Column("shares and factors; counts for nulls", "least that passes"),
        "tolerance_high": Column("shares and factors; counts for nulls", "most that passes"),
        "days": Column("days", "measured days"),
        "result": Column("words", "passed, not passed, not resolved (sign: only the direction was asked for)"),
    },
}

COLUMNS = ("table", "column", "unit", "meaning")
"""Columns of the dictionary itself."""


def by_name() -> dict[str, dict[str, Column]]:
    """Return every column by its name: what it holds, by the tables in which it holds that, in words."""
    tables = {"any table": _EVERYWHERE, **_TABLES}
    found: dict[str, dict[str, Column]] = {}
    for name in dict.fromkeys(name for columns in tables.values() for name in columns):
        holds: dict[Column, list[str]] = {}
        for table, columns in tables.items():
            if name in columns:
                holds.setdefault(columns[name], []).append(table)
        found[name] = {" and ".join(of): column for column, of in holds.items()}
    return found


def meaning_of(table: str, column: str) -> Column:
    """Return what a column of a table holds.

    Raises:
        KeyError: If nobody has written it down.
    """
    found = _TABLES[table].get(column) or _EVERYWHERE.get(column)
    if found is None and table == "sweep":
        rule = RULES.get(column) or next((p for p in declared(SECTIONS) if p.key == column), None)
        found = Column(rule.unit, f"value of the rule at this point: {rule.meaning}") if rule else None
    if found is None:
        raise KeyError(f"{column} of {table} has no meaning in sim/outcomes/dictionary.py")
    return found


def dictionary(tables: Mapping[str, Iterable[str]], scenario: Scenario | None) -> pd.DataFrame:
    """Return the dictionary of tables, and of the outcomes of a scenario: columns `COLUMNS`.

    Args:
        tables: Columns by name of the table.
        scenario: What was run, if it was one.

    Raises:
        KeyError: If nobody has written down what a column means.
    """
    rows = [(table, column, *meaning_of(table, column)) for table, columns in tables.items() for column in columns]
    rows += [("(outcomes)", o.name, o.unit, o.label) for o in (outcomes_of(scenario) if scenario else ())]
    return pd.DataFrame(rows, columns=list(COLUMNS))
