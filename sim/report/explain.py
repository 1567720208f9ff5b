"""Say what a name means, from what is declared: settings, policies, outcomes, events, evidence, tables and words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from sim.model.records import COUNTS, KINDS, Kind
from sim.outcomes import dictionary, workload
from sim.outcomes.counts import HEADLINE, WAITS
from sim.outcomes.outcomes import Outcome, outcomes_of
from sim.policies.policy import Dated, Policy, rules_on
from sim.report.declared import (
    Results,
    gist_of,
    glossary,
    levels,
    own_tables,
    printed_tables,
    rest_of,
    sections,
    settings,
)
from sim.report.formula import GIVEN, formula
from sim.report.headings import Heading, Printed
from sim.rules.declare import Parameter, Section, declared, listed_names
from sim.rules.errors import ScenarioError, shown
from sim.rules.evidence import HOW_SEEN, Evidence, evidence
from sim.rules.mechanisms import MECHANISMS, Mechanism
from sim.rules.offences import OFFENCES, Offence
from sim.rules.rulebook import RULES, Entry, rules_through
from sim.rules.settings import SWEPT
from sim.scenario.scenario import BASELINE, Scenario

Lines = Iterator[str]


@dataclass(frozen=True)
class Topic:
    """Something that can be explained by its name.

    Attributes:
        name: Its name; a section and a policy may share one.
        group: What sort of thing it is, in words.
        gist: What it is, in a line.
        told: Returns the lines that explain it.
    """

    name: str
    group: str
    gist: str
    told: Callable[[], Lines]


def topics(results: Results) -> Iterator[Topic]:
    """Yield everything that can be explained, group by group.

    Args:
        results: What each command finds, whose tables are explained too.
    """
    for setting in settings().values():
        yield Topic(setting.key, "setting", f"{_default(setting)}: {setting.meaning}", partial(_setting, setting))
    for name, section in sections().items():
        yield Topic(name, "section", gist_of(section), partial(_section, name, section))
    for name, kind in Policy.registry.items():
        if name:
            yield Topic(name, "policy", gist_of(kind), partial(_policy, kind))
    for offence in OFFENCES:
        yield Topic(offence.name, "offence", offence.label, partial(_offence, offence))
    for outcome in outcomes_of(Scenario()):
        yield Topic(outcome.name, "outcome", f"{outcome.label} ({outcome.unit})", partial(_outcome, outcome))
    for event in KINDS:
        yield Topic(event.name, "event", event.meaning, partial(_event, event))
    for column, meaning in _columns().items():
        yield Topic(column, "daily count", meaning, partial(_column, column))
    for row in evidence().values():
        yield Topic(row.id, "evidence", f"{row.parameter}: {_values(row)}", partial(_evidence, row))
    for mechanism in MECHANISMS:
        rules = ", ".join(rules_through(mechanism))
        yield Topic(mechanism.name, "mechanism", f"of {rules}", partial(_mechanism, mechanism))
    own = own_tables(results)
    for name, holds in dictionary.by_name(own).items():
        if name not in _columns() and name not in SWEPT:  # a rule that is swept is a setting
            yield Topic(name, "column", "; ".join(c.words for c in holds.values()), partial(_held, name, holds))
    tables = dict(printed_tables(results))
    for printed, commands in tables.items():
        gist = "; ".join(dict.fromkeys(heading.words for heading in printed.headings))
        yield Topic(printed.title, "table", gist, partial(_printed, printed, commands, own))
    for heading in dict.fromkeys(heading for printed in tables for heading in printed.headings):
        titles = ", ".join(printed.title for printed in tables if heading in printed.headings)
        yield Topic(heading.words, "heading", _behind(heading, own), partial(_heading, heading, titles, own))
    for word, meaning in glossary().items():
        yield Topic(word, "word", meaning.replace("`", ""), partial(_word, word))


def explain(results: Results, name: str | None = None) -> Lines:
    """Yield the lines that explain a name or, without one, a line for everything that has one; see `topics`.

    Raises:
        ScenarioError: If nothing is called so; the message says what may be meant.
    """
    known = list(topics(results))
    if name is None:
        for topic in known:
            link = " = " if topic.group == "setting" else f" ({topic.group}): "
            yield f"{topic.name}{link}{topic.gist}"
        return
    found = [topic for topic in known if topic.name.casefold() == name.casefold()]
    if not found and name:  # a heading without its unit
        found = [t for t in known if t.group == "heading" and re.match(rf"{re.escape(name)}\b", t.name, re.IGNORECASE)]
    if not found and "." in name:  # a column of a table, as headings name it
        table, _, column = name.casefold().partition(".")
        if column in dictionary.columns_of(table, own_tables(results)):
            found = [topic for topic in known if topic.group in ("column", "daily count") and topic.name == column]
    if not found:
        raise ScenarioError(_unknown(name, [topic.name for topic in known]))
    for topic in found:
        yield from topic.told()


def policies(scenario: Scenario) -> Lines:
    """Yield the policies of a scenario in words and, for each rule that an arm changes, its value before and after."""
    yield f"{BASELINE}: nothing is changed; every policy is compared with it"
    yield f"  staff: {workload.staffing(scenario.platform.rules)}"
    before = scenario.platform.rules
    for arm, found in scenario.policies.items():
        yield f"{arm}:"
        for policy in found:
            end = f" until {policy.end}" if policy.end else ""
            yield f"  {policy.words()}, from {policy.start or scenario.start}{end}"
        if scenario.inert(arm):
            yield "  inert: equal to the baseline on every day, so it changes nothing"
            continue
        for day, rules in scenario.changes_of(arm):
            changed = [
                f"    {rule}: {_value(before.value_of(rule))} -> {_value(rules.value_of(rule))} ({declared_rule.unit})"
                for rule, declared_rule in RULES.items()
                if rules.value_of(rule) != before.value_of(rule)
            ]
            if changed or day:
                yield f"  rules from {scenario.start + dt.timedelta(day)}, baseline -> policy:"
                yield from changed or ["    all as in the baseline"]
            if workload.staffing(rules) != workload.staffing(scenario.platform.rules):
                yield f"    staff: {workload.staffing(rules)}"


def staff(scenario: Scenario) -> Lines:
    """Yield who works when under the baseline, and under each policy that changes it, and what that comes to."""
    before = workload.staffing(scenario.platform.rules)
    yield f"staff under {BASELINE}: {before}"
    for arm in scenario.policies:
        for text in dict.fromkeys(workload.staffing(rules) for _, rules in scenario.changes_of(arm)):
            if text != before:
                yield f"staff under {arm}: {text}"


def _unknown(name: str, known: list[str]) -> str:
    """Say that nothing has a name, and what may be meant."""
    inner = [k for k in known if len(name) > 2 and name.lower() in k.lower()]
    lower = {k.lower(): k for k in known}
    near = [lower[k] for k in get_close_matches(name.lower(), lower, n=5)]
    meant = list(dict.fromkeys(near + inner))[:8]
    advice = f"Did you mean {', '.join(meant)}?" if meant else "python -m sim explain lists all."
    what = "setting, section, policy, mechanism, outcome, event, count, column, row of evidence, heading or word"
    return f"{name or shown(name)} is no {what}. {advice}"


# -- settings, sections and policies --------------------------------------------------------------------------------


def _value(value: Any) -> str:
    return shown(value).strip('"') or '""'


def _default(parameter: Parameter) -> str:
    if parameter.default is PydanticUndefined:
        return "(must be given)"
    if parameter.key == "offences":
        return ", ".join(row.name for row in parameter.default)
    if parameter.default in ("", (), {}):
        return "none"
    return "(left as it is)" if parameter.default is None else _value(parameter.default)


def _range(parameter: Parameter) -> str:
    return f"{shown(parameter.low)} to {shown(parameter.high)}" if parameter.has_range else ""


def _setting(parameter: Parameter) -> Lines:
    yield f"{parameter.key}: {parameter.meaning}"
    yield f"  default    {_default(parameter)}{f' ({parameter.unit})' if parameter.unit else ''}"
    if plausible := _range(parameter):
        yield f"  plausible  {plausible}{f' ({parameter.shape})' if parameter.shape else ''}"
    yield f"  accepted   {parameter.accepts}"
    if "." in parameter.key and parameter.unit:  # the others are choices of a study, and nothing that could be known
        yield f"  standing   {parameter.standing}"
    for source in parameter.sources:
        row = evidence()[source]
        yield f"  source     {row.id}: {_cited(row)}"
        yield f"             {row.parameter}: {_values(row)}"
        yield from (f"             {line}" for line in _trust(row))
    section, _, name = parameter.key.rpartition(".")
    if section == "registration" and name in Entry.model_fields:
        for level, entry in levels().items():
            own = Parameter.of(f"registration.{level}.{name}", entry.model_fields[name])
            yield f"  {level:<11}{_default(own)}{f', plausible {_range(own)}' if _range(own) else ''}"
    if parameter.key in RULES:
        yield f'  a rule     policies may set it: set = [{{ rule = "{parameter.key}", value = ... }}]'


def _last(parameter: Parameter) -> str:
    """Return the name of a setting within its section."""
    return parameter.key.rpartition(".")[2]


def _row(parameter: Parameter) -> str:
    """Return name, default, unit and range of a setting in a line."""
    name = _last(parameter)
    plausible = f", plausible {_range(parameter)}" if _range(parameter) else ""
    unit = f" ({parameter.unit}{plausible})" if parameter.unit else ""
    return f"  {name} = {_default(parameter)}{unit}: {parameter.meaning}"


def _section(name: str, section: type[Section]) -> Lines:
    yield f"[{name}], a section of scenario files: {gist_of(section)}"
    for parameter in declared({name: section}):
        if parameter.key.count(".") == name.count(".") + 1:
            yield _row(parameter)
    for inner in sections():
        if inner.startswith(f"{name}."):
            yield f"  [{inner}] is a section of its own: python -m sim explain {inner}"
    if section is Offence:
        yield "  The rows that a scenario has which gives none of its own; target_weights in the order above:"
        yield from _table_of_offences()


def _table_of_offences() -> Lines:
    """Yield the table of offences, cut in two so that it fits a terminal: the factors on the hazards stand apart."""
    names = [name for name in Offence.model_fields if name not in ("name", "label")]
    for part in ([n for n in names if not n.startswith("rel_")], [n for n in names if n.startswith("rel_")]):
        halves = [name.partition("_") for name in part]
        heads = [("", "name"), *((f"{first}_", rest) if rest else ("", first) for first, _, rest in halves)]
        rows = [[row.name, *(_cell(getattr(row, name)) for name in part)] for row in OFFENCES]
        lines = [*map(list, zip(*heads, strict=True)), *rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        yield ""
        for line in lines:
            cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            yield "  ".join([f" {line[0]:<{widths[0]}}", *cells])


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, tuple) else _value(value)


def _offence(row: Offence) -> Lines:
    yield f"{row.name}, a row of the table of offences: {row.label}"
    for parameter in declared({"offences": Offence}):
        name = _last(parameter)
        if name not in ("name", "label"):
            unit = f" ({parameter.unit})" if parameter.unit else ""
            yield f"  {name} = {_value(getattr(row, name))}{unit}: {parameter.meaning}"
    yield f"  weight {row.weight} is a share of {row.weight / sum(o.weight for o in OFFENCES):.0%} of the predators"
    if row.serious:
        yield f"  outcome    {HEADLINE}_{row.name}"
    yield "  A scenario that has tables [[offences]] has those alone."


def _policy(kind: type[Policy]) -> Lines:
    yield f"{kind.name}, a policy: {gist_of(kind)}"
    yield from (f"  {line}" for line in rest_of(kind).splitlines() if line)
    yield f"  [policies.NAME] takes it as {kind.name} = {{ ... }}, with the settings:"
    own = [p for p in declared({kind.name: kind}) if _last(p) not in Policy.model_fields]
    dates = [p for p in declared({kind.name: kind}) if p not in own]
    for parameter in (*own, *dates):
        plausible = f", plausible {_range(parameter)}" if _range(parameter) else ""
        yield f"    {_last(parameter)} = {_default(parameter)}: {parameter.meaning}"
        yield f"        unit {parameter.unit}{plausible}, accepted {parameter.accepts.rstrip(',')}"
    rules = _rules_of(kind, own)
    if not rules:
        yield "  changes    any rule by its name:"
        yield from (f"             {rule}: {declared_rule.meaning}" for rule, declared_rule in RULES.items())
    for rule, operation in rules.items():
        yield f"  changes    {rule} ({operation}): {RULES[rule].meaning if rule in RULES else 'this is no rule'}"
    yield f"  inert      {_inert(kind, own)}"
    if kind.seen_in:
        yield f"  seen in    the outcomes {', '.join(kind.seen_in)}"


def _rules_of(kind: type[Policy], own: list[Parameter]) -> dict[str, str]:
    """Return the rules that a policy changes and how, found with an example; none if it takes any rule."""
    try:
        example = kind.model_validate({_last(p): _example(p) for p in own})
    except ValidationError:
        return {}
    return {change.rule: change.operation for change in example.changes(Scenario().platform)}


def _example(parameter: Parameter) -> Any:
    """Return a value that a setting takes, if one can be guessed."""
    choices = (*get_args(parameter.type), listed_names(parameter.type), parameter.high, parameter.maximum, True, ())
    return next((value for value in choices if value is not None and parameter.allows(value)), None)


def _inert(kind: type[Policy], own: list[Parameter]) -> str:
    """Say at which settings a policy changes nothing: those of the baseline, checked against the default one."""
    known = settings()
    keys = {_last(p): p.sets or f"{kind.name}.{_last(p)}" for p in own}
    level = {name: known[key].default for name, key in keys.items() if key in known}
    baseline = "at the values that the baseline has"
    try:
        platform = Scenario().platform
        same = rules_on(0, platform, [Dated(kind.model_validate(level), 0, None)]) == platform.rules
    except ValueError:  # a setting is missing, or the rules do not take it
        return baseline
    at = ", ".join(f"{name} = {_value(value)}" for name, value in level.items())
    return f"{baseline}, by default {at}" if same and level else baseline


# -- outcomes, events and counts --------------------------------------------------------------------------------------


def _names_in(text: str) -> set[str]:
    """Return the names that a formula in words reads."""
    return set(text.replace("(", " ").replace(")", " ").split())


def _outcome(outcome: Outcome) -> Lines:
    text = formula(outcome)
    words = {"lower": "lower", "higher": "higher", "neither": "neither: it is no good or harm by itself"}
    yield f"{outcome.name}, an outcome: {outcome.label}"
    yield f"  unit       {outcome.unit}"
    yield f"  better     {words[outcome.better]}"
    yield f"  formula    {text}"
    for name, meaning in (_columns() | GIVEN | _WAITS).items():
        if name in _names_in(text):
            yield f"             {name}: {meaning}"
    if outcome.name.startswith(HEADLINE) and not outcome.over_time:
        yield "             persons of one class or offence, each counted once in a year of the window"
    if outcome.harm:
        yield "  harm       true harm of the model: only its changes between policies mean anything, not its level"
    for kind in Policy.registry.values():
        if outcome.name in kind.seen_in:
            yield f"  moved by   the policy {kind.name}"


_WAITS = {
    f"wait_{name}_hours": f"the shortest wait that covers {share:.0%} of the reviewed dossiers of a run"
    for name, share in WAITS.items()
}


def _event(event: Kind) -> Lines:
    yield f"{event.name}, an event of step {event.step} of the hour: {event.meaning}"
    if event.detail:
        yield f"  detail     {event.detail}"
    yield f"  counted    by day as n_{event.name}{' and in the breakdown' if event.of_contact else ''}"


def _columns() -> dict[str, str]:
    """Return every count of the daily table with its meaning."""
    events = {f"n_{kind.name}": f"number of events {kind.name}: {kind.meaning}" for kind in KINDS}
    return events | {name: count.meaning for name, count in COUNTS.items()}


def _column(column: str) -> Lines:
    yield f"{column}, a count of the daily table, by policy, seed and day: {_columns()[column]}"
    used = [outcome.name for outcome in outcomes_of(Scenario()) if column in _names_in(formula(outcome))]
    if used:
        yield f"  outcomes   {', '.join(used)}"


# -- evidence ---------------------------------------------------------------------------------------------------------


def _values(row: Evidence) -> str:
    """Return the values of a row in words; an end that is the central value is not said twice."""
    central = row.value_central
    low, high = ("" if end == central else end for end in (row.value_low, row.value_high))
    ends = f"{low} to {high}" if low and high else f"from {low}" * bool(low) + f"up to {high}" * bool(high)
    return f"{central} ({ends}) {row.unit}" if central and ends else f"{central or ends} {row.unit}".strip()


def _cited(row: Evidence) -> str:
    return f"{row.source} ({row.year})" if row.year else row.source


def _trust(row: Evidence) -> Lines:
    """Yield where to read a row and whether it was seen there."""
    if row.address:
        yield row.address
    yield f"{HOW_SEEN[row.how_seen]}; {row.note}"


def _evidence(row: Evidence) -> Lines:
    yield f"{row.id}, a row of the evidence: {row.parameter}"
    yield f"  values     {_values(row)}"
    yield f"  of         {row.population}"
    yield f"  source     {_cited(row)}"
    yield from (f"             {line}" for line in _trust(row))
    for parameter in settings().values():
        if row.id in parameter.sources:
            plausible = f", plausible {_range(parameter)}" if _range(parameter) else ""
            yield f"  behind     {parameter.key} = {_default(parameter)}{plausible}, {parameter.standing}"


# -- mechanisms, columns and headings ---------------------------------------------------------------------------------


def _mechanism(mechanism: Mechanism) -> Lines:
    what = "put in: shares or factors that the scenario states" if mechanism.is_input else "comes about in the model"
    yield f"{mechanism.name}, a mechanism through which policies work, which why holds as in the baseline: {what}"
    for rule in rules_through(mechanism):
        yield f"  rule       {rule}: {RULES[rule].meaning}"
    if key := mechanism.switch:
        yield f"  held by    {key} = 0: {settings()[key].meaning}"


def _held(name: str, holds: Mapping[str, dictionary.Meaning]) -> Lines:
    for tables, column in holds.items():
        yield f"{name}, a column of {tables}: {column.words}"
        yield f"  unit       {column.unit}"


def _printed(printed: Printed, commands: str, own: dictionary.Tables) -> Lines:
    yield f"{printed.title}, a printed table of {commands}; its headings:"
    yield from (f"  {heading.words}: {_behind(heading, own)}" for heading in printed.headings)


def _behind(heading: Heading, own: dictionary.Tables) -> str:
    """Return what stands under a heading, in words."""
    if heading.outcome:
        outcome = next(outcome for outcome in outcomes_of(Scenario()) if outcome.name == heading.outcome)
        return f"the outcome {outcome.name}, {outcome.label}"
    if heading.column:
        table, _, column = heading.column.partition(".")
        return f"the column {heading.column}, {dictionary.meaning_of(table, column, own).words}"
    return heading.meaning


def _heading(heading: Heading, titles: str, own: dictionary.Tables) -> Lines:
    yield f"{heading.words}, a heading of the printed tables {titles}: {_behind(heading, own)}"
    for outcome in outcomes_of(Scenario()):
        if outcome.name == heading.outcome:
            yield from _outcome(outcome)


# -- words ------------------------------------------------------------------------------------------------------------


def _word(word: str) -> Lines:
    yield f"{word}, a word of the model: {glossary()[word].replace('`', '')}."
    if alike := [key for key in settings() if key.rpartition(".")[2] == word and key != word]:
        yield f"  settings   {', '.join(alike)}"
