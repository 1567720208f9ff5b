"""The data dictionary: what the columns of the tables of a result folder hold, each with its unit and its meaning.

Here are the columns that results share. Those of its own tables each result declares: `sim.report.result`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from sim.model.records import COUNTS, DURATIONS, FLOWS, KINDS
from sim.outcomes.flows import TOLD
from sim.outcomes.outcomes import outcomes_of
from sim.rules.sentences import Term
from sim.scenario.scenario import Scenario


class Meaning(NamedTuple):
    """What a column holds: its unit, and what it means in words."""

    unit: str
    words: str


Tables = Mapping[str, Mapping[str, Meaning]]
"""Columns by name, by the name of the table: of its file, without the ending."""

RELATIVE = "share of the baseline (0.1 is 10%)"
_PERSONS = "the unit of the row"
_OF_OUTCOME = "the unit of the row's outcome"

EVERYWHERE = {
    "variant": Meaning("name", "which task of the study a row belongs to, where there are several"),
    "policy": Meaning("name", "arm of the scenario, or baseline; counts of sweep, why and ranges number their arms"),
    "seed": Meaning("whole number", "which run: runs of one seed meet the same persons, visits and luck"),
    "site": Meaning("name", "the platform"),
    "year": Meaning("whole number", "year of the measured window, from 0"),
    "outcome": Meaning("name", "outcome; its formula: python -m sim explain NAME"),
    "unit": Meaning("words", "unit of the row's values"),
    "seeds": Meaning("runs", "pairs of runs behind the row (transparency: runs)"),
}
"""Columns that mean the same in every table that has them."""

EFFECTS = {
    "baseline": Meaning(_OF_OUTCOME, "mean over the seeds under the baseline"),
    "value": Meaning(_OF_OUTCOME, "mean over the seeds under the policy"),
    "difference": Meaning(_OF_OUTCOME, "mean paired difference from the baseline, seed by seed"),
    "low": Meaning(_OF_OUTCOME, "lower end of the 95% t interval of the difference (Monte Carlo error only)"),
    "high": Meaning(_OF_OUTCOME, "upper end of the 95% t interval of the difference"),
    "relative": Meaning(
        RELATIVE, "sum of the differences relative to the baseline's sum; none if that is not told apart from zero"
    ),
    "relative_low": Meaning(
        RELATIVE,
        "lower end of the 95% Fieller interval of relative, which leaves out zero where that of the difference does",
    ),
    "relative_high": Meaning(RELATIVE, "upper end of the 95% Fieller interval of relative (Monte Carlo error only)"),
    "variance_reduction": Meaning("factor", "how many times fewer runs are needed thanks to the pairing"),
    "variance_reduction_low": Meaning("factor", "lower end of the 95% bootstrap interval of variance_reduction"),
    "variance_reduction_high": Meaning("factor", "upper end of the 95% bootstrap interval of variance_reduction"),
    "poisson_yardstick": Meaning(
        "factor", "what variance_reduction would be for independent harms of which the policy keeps a fixed share"
    ),
    "seeds_to_halve": Meaning("runs", "seeds in all with which the interval would be about half as wide"),
    "verdict": Meaning(
        "word",
        "lowers, raises, not resolved, identical (all differences zero), too few (under 20 events), not counted",
    ),
    "reason": Meaning("words", "why the outcome is not counted under the policy and the baseline; empty where it is"),
    "simultaneous_low": Meaning(
        RELATIVE,
        "lower end of the interval of relative that is so wide that those of all policies hold together at 95%",
    ),
    "simultaneous_high": Meaning(RELATIVE, "upper end of the same; see the words told apart"),
}
"""Columns of effects: of outcomes by policy, or by point."""

COUNTED: Tables = {
    "daily": {
        "day": Meaning("whole number", "day of the measured window, from 0"),
        **{f"n_{k.name}": Meaning("events", f"events {k.name} of the day: {k.meaning}") for k in KINDS},
        **{name: Meaning(count.unit, count.meaning) for name, count in COUNTS.items()},
    },
    "breakdown": {
        "offence": Meaning("name", "kind of offence, or all"),
        "victim_class": Meaning("name", "class of the person approached, or all"),
        "quantity": Meaning("name", "kind of event, or persons_harmed (distinct persons a year)"),
        "count": Meaning("events or persons", "how many in the year; rows all do not add up over offences"),
    },
    "durations": {
        "kind": Meaning("name", f"what took so long: {'; '.join(map(', '.join, DURATIONS.items()))}"),
        "hours": Meaning("hours", "whole hours that it took"),
        "count": Meaning("times", "how often in the year it took so long"),
    },
    "persons": {
        "flow": Meaning("name", "; ".join(f"{name}: {meaning}" for name, meaning in FLOWS.items())),
        "victim_class": Meaning("name", "class of the person, or outside"),
        "count": Meaning(
            "persons", "how many in the year, counted where they were harmed first in it (members: at home)"
        ),
    },
}
"""The tables of counts, which every result has."""

OF_A_COMPARISON: Tables = {
    "effects": EFFECTS,
    "interactions": {
        "one": Meaning("name", "one of the two policies of which this one consists"),
        "other": Meaning("name", "the other one of the two policies of which this one consists"),
        "interaction": Meaning(_OF_OUTCOME, "what both do beyond the sum of what each does, mean over the seeds"),
        "low": Meaning(_OF_OUTCOME, "lower end of the 95% t interval of interaction"),
        "high": Meaning(_OF_OUTCOME, "upper end of the 95% t interval of interaction"),
        "relative": Meaning(RELATIVE, "interaction relative to the baseline"),
        "relative_low": Meaning(RELATIVE, "lower end of the 95% Fieller interval of relative"),
        "relative_high": Meaning(RELATIVE, "upper end of the 95% Fieller interval of relative"),
        "verdict": Meaning(
            "word", "above the sum, below the sum, not resolved, identical (zero), too few, not counted"
        ),
    },
    "best": {
        "best": Meaning(
            "name", "policy under which the fewest are seriously harmed, here and elsewhere, of those that lower it"
        ),
        "more": Meaning(
            RELATIVE,
            "by how much more persons are seriously harmed, here and elsewhere, than under the best, seed by seed",
        ),
        "more_low": Meaning(
            RELATIVE, "lower end of the Fieller interval of more, so wide that those of all policies hold at 95%"
        ),
        "more_high": Meaning(RELATIVE, "upper end of the same"),
        "staff": Meaning("hours a month", "hours that moderators are on shift, mean over the window"),
        "turned_away": Meaning("visitors a month", "lawful visitors never let in; empty where they are not counted"),
        "level": Meaning("level", "highest level of registration asked for on some day"),
        "age": Meaning("level", "highest level of age assurance asked for on some day"),
        "message_hours": Meaning("hours", "longest time for which messages are kept"),
        "log_hours": Meaning("hours", "longest time for which connection logs are kept"),
        "talk_read": Meaning("share", "largest share of contacts and lawful conversations that a detector reads"),
        "days_in_force": Meaning("days", "counted days on which the rules of the policy are not those of the baseline"),
    },
    "contains": {
        "contains": Meaning("name", "another policy, all of whose levers this one has at the same levels and dates"),
        "rest": Meaning("words", "its levers beyond those"),
        "adds": Meaning(_OF_OUTCOME, "the policy less the one that it contains, mean over the seeds"),
        "low": Meaning(_OF_OUTCOME, "lower end of the 95% t interval of adds"),
        "high": Meaning(_OF_OUTCOME, "upper end of the 95% t interval of adds"),
        "relative": Meaning(RELATIVE, "adds relative to the baseline"),
        "relative_low": Meaning(RELATIVE, "lower end of the 95% Fieller interval of relative"),
        "relative_high": Meaning(RELATIVE, "upper end of the 95% Fieller interval of relative"),
        "verdict": Meaning(
            "word", "lowers, raises, not resolved, identical (nothing), too few, not counted; of what its rest does"
        ),
    },
    "in_force": {
        "days": Meaning("days", "counted days on which the rules of the policy are not those of the baseline"),
        **{name: EFFECTS[name] for name in ("baseline", "value", "difference", "low", "high")},
        **{name: EFFECTS[name] for name in ("relative", "relative_low", "relative_high", "verdict")},
    },
    "elsewhere": {
        "predators_out": Meaning(
            "share of hours online",
            "hours of predators that the door or a bar keeps out, beyond those under the "
            "baseline, relative to their hours online there",
        ),
        "predators_out_low": Meaning("share of hours online", "lower end of its 95% Fieller interval"),
        "predators_out_high": Meaning("share of hours online", "upper end of its 95% Fieller interval"),
        "users_out": Meaning("share of hours online", "the same of lawful users"),
        "assumed_side": Meaning(
            "predators, users or none",
            "from whose hours kept out harm elsewhere is reckoned, of whom as many go on as is assumed: the larger",
        ),
        "assumed": Meaning(
            RELATIVE, "persons seriously harmed elsewhere, as displacement.p_predators and its like assume"
        ),
        "assumed_low": Meaning(RELATIVE, "lower end of its 95% Fieller interval"),
        "assumed_high": Meaning(RELATIVE, "upper end of its 95% Fieller interval"),
        "side": Meaning("predators, users or none", "the larger side if all who are kept out go on elsewhere"),
        "relative": Meaning(
            RELATIVE,
            "change of persons seriously harmed here and elsewhere together, if all who are kept out, and on no "
            "simulated site, go on elsewhere, and harm there is as frequent as here under the baseline",
        ),
        "relative_low": EFFECTS["relative_low"],
        "relative_high": EFFECTS["relative_high"],
        "verdict": EFFECTS["verdict"],
        "break_even": Meaning(
            "share",
            "the effect on persons seriously harmed here is undone if more than this share of the harm of the "
            "predators kept out who are on no simulated site follows them; none where none are kept out or harm here "
            "does not fall",
        ),
        "break_even_low": Meaning("share", "lower end of its 95% Fieller interval"),
        "break_even_high": Meaning("share", "upper end of its 95% Fieller interval"),
        "break_even_users": Meaning(
            "share", "the same of the harm to the lawful users kept out who are on no simulated site"
        ),
        "break_even_users_low": Meaning("share", "lower end of its 95% Fieller interval"),
        "break_even_users_high": Meaning("share", "upper end of its 95% Fieller interval"),
        "follows": Meaning("share", "which share of the harm of these predators is assumed to follow them elsewhere"),
        "follows_users": Meaning("share", "the same of the harm to these users"),
    },
    "flows": {
        "flow": Meaning("name", "; ".join(f"{name}: {meaning}" for name, meaning in TOLD.items())),
        "rate": Meaning(_PERSONS, "mean over the seeds"),
        "low": Meaning(_PERSONS, "lower end of the 95% t interval of rate (Monte Carlo error only)"),
        "high": Meaning(_PERSONS, "upper end of the 95% t interval of rate"),
        "fewest": Meaning(
            _PERSONS,
            "the least that rate could be, whatever the luck that both runs share, if each alone has as many harmed as "
            "it has (Frechet bound); empty for what has none",
        ),
        "most": Meaning(_PERSONS, "the most that it could be, likewise"),
    },
    "sites": {
        "harmed_baseline": Meaning(
            "persons a run", "persons seriously harmed there under the baseline, mean over the seeds"
        ),
        "harmed": Meaning("persons a run", "persons seriously harmed there under the policy, mean over the seeds"),
        **{name: EFFECTS[name] for name in ("relative", "relative_low", "relative_high", "verdict")},
        "user_hours": Meaning(RELATIVE, "change of the hours that lawful users are online there; none without any"),
        "predator_hours": Meaning(RELATIVE, "change of the hours that predators are online there; none without any"),
        "moved_in": Meaning(
            "share of user-hours there", "those of users who are at home on another site and kept out there"
        ),
    },
    "over_time": {
        "first_day": Meaning("day of the window", "first day of the stretch: a quarter or a year of the window"),
        "end_day": Meaning("day of the window", "the day after its last"),
        "in_force": Meaning("True or False", "whether the policy is in force on every day of it"),
        "harms_baseline": Meaning("harms a run", "serious harms under the baseline in it, mean over the seeds"),
        "harms": Meaning("harms a run", "serious harms under the policy in it, mean over the seeds"),
        **{name: EFFECTS[name] for name in ("relative", "relative_low", "relative_high", "verdict")},
    },
    "transparency": {
        "item": Meaning("words", "what the platform could publish"),
        "mean": Meaning("the unit of the row", "mean over the seeds"),
        "low": Meaning("the unit of the row", "lower end of the 95% t interval of mean"),
        "high": Meaning("the unit of the row", "upper end of the 95% t interval of mean"),
        "reason": Meaning("words", "why there is no value; empty where there is one"),
    },
}
"""The tables of a comparison."""

COLUMNS = ("table", "column", "unit", "meaning")
"""Columns of the dictionary itself."""


def with_ends(
    meanings: Mapping[str, str], unit: str = RELATIVE, interval: str = "the 95% interval"
) -> dict[str, Meaning]:
    """Return columns of one unit, each with the ends of its interval."""
    ends = {"": "", "_low": f"lower end of {interval}: ", "_high": f"upper end of {interval}: "}
    return {
        f"{name}{end}": Meaning(unit, f"{of}{meaning}")
        for name, meaning in meanings.items()
        for end, of in ends.items()
    }


ANY_TABLE = Term("any table")
"""Stands for the tables of `EVERYWHERE`."""


def by_name(own: Tables) -> dict[str, dict[tuple[str, ...], Meaning]]:
    """Return every column by its name: what it holds, by the tables in which it holds that.

    Args:
        own: Tables that results have of their own.
    """
    found: dict[str, dict[Meaning, list[str]]] = {}
    for table, columns in {ANY_TABLE: EVERYWHERE, **COUNTED, **own}.items():
        for name, meaning in columns.items():
            tables = found.setdefault(name, {}).setdefault(meaning, [])
            if tables != [ANY_TABLE]:
                tables.append(table)
    return {name: {tuple(of): meaning for meaning, of in holds.items()} for name, holds in found.items()}


def columns_of(table: str, own: Tables) -> set[str]:
    """Return the columns that a table of counts or of a result may have; none if there is no such table."""
    tables = {**COUNTED, **own}
    return {*tables[table], *EVERYWHERE} if table in tables else set()


def meaning_of(table: str, column: str, own: Tables) -> Meaning:
    """Return what a column of a table holds.

    Args:
        table: Name of the table.
        column: Name of the column.
        own: Tables that a result, or several, have of their own.

    Raises:
        KeyError: If nobody has written it down.
    """
    found = {**COUNTED, **own}.get(table, {}).get(column) or EVERYWHERE.get(column)
    if found is None:
        raise KeyError(f"{column} of {table} has no meaning: declare it where sim/report/ writes the table")
    return found


def dictionary(tables: Mapping[str, Iterable[str]], own: Tables, scenario: Scenario | None) -> pd.DataFrame:
    """Return the dictionary of tables, and of the outcomes of a scenario: columns `COLUMNS`.

    Args:
        tables: Names of their columns, by name of the table.
        own: Those that the result has of its own, as it declares them.
        scenario: What was run, if it was one.

    Raises:
        KeyError: If nobody has written down what a column means.
    """
    rows = [(table, name, *meaning_of(table, name, own)) for table, columns in tables.items() for name in columns]
    rows += [("(outcomes)", o.name, o.unit, o.label) for o in (outcomes_of(scenario) if scenario else ())]
    return pd.DataFrame(rows, columns=list(COLUMNS))
