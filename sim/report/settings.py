"""What is told of settings, and of what has them: sections, offences and policies; and of the evidence behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from sim.outcomes.counts import HERE
from sim.policies.policy import Dated, Policy, rules_on
from sim.report.blocks import labelled
from sim.report.declared import gist_of, levels, rest_of, sections, settings
from sim.report.text import whole_percent
from sim.rules.declare import Parameter, Section, declared, listed_names
from sim.rules.errors import written
from sim.rules.evidence import HOW_SEEN, Evidence, evidence
from sim.rules.offences import OFFENCES, Offence
from sim.rules.rulebook import RULES
from sim.rules.sentences import Amount, Listed, Sentence, Term, Words, paragraph, spoken
from sim.scenario.scenario import Scenario

Lines = Iterator[str]
"""What is told, in the language that people read now."""


# -- settings and sections --------------------------------------------------------------------------------------------


def value_of(value: Any) -> str:
    """Return a value as scenario files write it, a text without quotes."""
    return written(value).strip('"') or '""'


def default_of(parameter: Parameter) -> Words:
    """Return the default of a setting, or what holds without one."""
    if parameter.default is PydanticUndefined:
        return Term("(must be given)")
    if parameter.key == "offences":
        return Listed(tuple(row.name for row in parameter.default))
    if parameter.default in ("", (), {}):
        return Term("none")
    return Term("(left as it is)") if parameter.default is None else value_of(parameter.default)


def _range(parameter: Parameter) -> Sentence | None:
    """Return the plausible range, if there is one."""
    if not parameter.has_range:
        return None
    return Sentence("{low} to {high}", low=written(parameter.low), high=written(parameter.high))


def _plausible(parameter: Parameter) -> Sentence | None:
    """Return the same as a clause."""
    plausible = _range(parameter)
    return Sentence(", plausible {range}", range=plausible) if plausible else None


def of_setting(parameter: Parameter) -> Lines:
    """Yield what a setting means, takes and rests on."""
    yield spoken(Sentence("{name}: {meaning}", name=parameter.key, meaning=Term(parameter.meaning)))
    default, unit = default_of(parameter), Term(parameter.unit)
    yield labelled(Term("default"), Sentence("{default} ({unit})", default=default, unit=unit) if unit else default)
    if plausible := _range(parameter):
        shaped = Sentence("{range} ({shape})", range=plausible, shape=Term(parameter.shape or ""))
        yield labelled(Term("plausible"), shaped if parameter.shape else plausible)
    yield labelled(Term("accepted"), parameter.accepts)
    if "." in parameter.key and parameter.unit:  # the others are choices of a study, and nothing that could be known
        yield labelled(Term("standing"), Term(parameter.standing))
    for source in parameter.sources:
        row = evidence()[source]
        yield labelled(Term("source"), Sentence("{row}: {source}", row=row.id, source=cited(row)))
        yield labelled("", Sentence("{measured}: {values}", measured=row.parameter, values=values_of(row)))
        yield from (labelled("", line) for line in _trust(row))
    section, _, name = parameter.key.rpartition(".")
    for level, entry in levels().items():
        if level.startswith(f"{section}.") and name in entry.model_fields:
            own = Parameter.of(f"{level}.{name}", entry.model_fields[name])
            at_level = Sentence("{default}{plausible}", default=default_of(own), plausible=_plausible(own))
            yield labelled(level.partition(".")[2], at_level)
    if parameter.key in RULES:
        taken = Sentence('policies may set it: set = [{{ rule = "{rule}", value = ... }}]', rule=parameter.key)
        yield labelled(Term("a rule"), taken)


def _last(parameter: Parameter) -> str:
    """Return the name of a setting within its section."""
    return parameter.key.rpartition(".")[2]


def _row(parameter: Parameter) -> str:
    """Return name, default, unit and range of a setting in a line."""
    unit = Sentence(" ({unit}{plausible})", unit=Term(parameter.unit), plausible=_plausible(parameter))
    return _indented(
        Sentence(
            "{name} = {default}{unit}: {meaning}",
            name=_last(parameter), default=default_of(parameter), unit=unit if parameter.unit else None,
            meaning=Term(parameter.meaning),
        )
    )  # fmt: skip


def _indented(words: Words, by: int = 2) -> str:
    return f"{' ' * by}{spoken(words)}"


def of_section(name: str, section: type[Section]) -> Lines:
    """Yield what a section of scenario files is, and its settings."""
    yield spoken(Sentence("[{name}], a section of scenario files: {gist}", name=name, gist=Term(gist_of(section))))
    for parameter in declared({name: section}):
        if parameter.key.count(".") == name.count(".") + 1:
            yield _row(parameter)
    for inner in sections():
        if inner.startswith(f"{name}."):
            yield _indented(Sentence("[{name}] is a section of its own: python -m sim explain {name}", name=inner))
    if section is Offence:
        yield _indented(
            Term("The rows that a scenario has which gives none of its own; target_weights in the order above:")
        )
        yield from _table_of_offences()


# -- offences ---------------------------------------------------------------------------------------------------------


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
        return spoken(Term("yes") if value else Term("no"))
    return " ".join(map(str, value)) if isinstance(value, tuple) else value_of(value)


def of_offence(row: Offence) -> Lines:
    """Yield the settings of a row of the table of offences."""
    yield spoken(Sentence("{name}, a row of the table of offences: {label}", name=row.name, label=Term(row.label)))
    for parameter in declared({"offences": Offence}):
        name = _last(parameter)
        if name not in ("name", "label"):
            unit = Sentence(" ({unit})", unit=Term(parameter.unit)) if parameter.unit else None
            yield _indented(
                Sentence(
                    "{name} = {value}{unit}: {meaning}",
                    name=name, value=value_of(getattr(row, name)), unit=unit, meaning=Term(parameter.meaning),
                )
            )  # fmt: skip
    share = Amount(row.weight / sum(other.weight for other in OFFENCES), whole_percent)
    yield _indented(Sentence("weight {weight} is a share of {share} of the predators", weight=row.weight, share=share))
    if row.serious:
        yield labelled(Term("outcome"), f"{HERE}_{row.name}")
    yield _indented(Term("A scenario that has tables [[offences]] has those alone."))


# -- policies ---------------------------------------------------------------------------------------------------------

_OPERATIONS = {"set": Term("set"), "add": Term("add"), "multiply": Term("multiply")}
"""What a policy does to a rule, in words."""


def of_policy(kind: type[Policy]) -> Lines:
    """Yield what a policy does, its settings, and the rules that it changes."""
    yield spoken(Sentence("{name}, a policy: {gist}", name=kind.name, gist=Term(gist_of(kind))))
    yield from (f"  {line}" for line in spoken(Term(rest_of(kind))).splitlines() if line)
    yield _indented(Sentence("[policies.NAME] takes it as {name} = {{ ... }}, with the settings:", name=kind.name))
    own = [p for p in declared({kind.name: kind}) if _last(p) not in Policy.model_fields]
    dates = [p for p in declared({kind.name: kind}) if p not in own]
    for parameter in (*own, *dates):
        default, meaning = default_of(parameter), Term(parameter.meaning)
        said = Sentence("{name} = {default}: {meaning}", name=_last(parameter), default=default, meaning=meaning)
        yield _indented(said, 4)
        taken = Sentence(
            "unit {unit}{plausible}, accepted {accepted}",
            unit=Term(parameter.unit), plausible=_plausible(parameter), accepted=parameter.accepts,
        )  # fmt: skip
        yield _indented(taken, 8)
    rules = _rules_of(kind, own)
    if not rules:
        yield labelled(Term("changes"), Term("any rule by its name:"))
        for rule, of in RULES.items():
            yield labelled("", Sentence("{rule}: {meaning}", rule=rule, meaning=Term(of.meaning)))
    for rule, operation in rules.items():
        meaning = Term(RULES[rule].meaning) if rule in RULES else Term("this is no rule")
        change = Sentence(
            "{rule} ({operation}): {meaning}", rule=rule, operation=_OPERATIONS[operation], meaning=meaning
        )
        yield labelled(Term("changes"), change)
    yield labelled(Term("inert"), _inert(kind, own))
    if kind.seen_in:
        yield labelled(Term("seen in"), Sentence("the outcomes {outcomes}", outcomes=Listed(kind.seen_in)))


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


def _inert(kind: type[Policy], own: list[Parameter]) -> Sentence:
    """Say at which settings a policy changes nothing: those of the baseline, checked against the default one."""
    known = settings()
    keys = {_last(p): p.sets or f"{kind.name}.{_last(p)}" for p in own}
    level = {name: known[key].default for name, key in keys.items() if key in known}
    baseline = Sentence("at the values that the baseline has")
    try:
        platform = Scenario().platform
        same = rules_on(0, platform, [Dated(kind.model_validate(level), 0, None)]) == platform.rules
    except ValueError:  # a setting is missing, or the rules do not take it
        return baseline
    if not same or not level:
        return baseline
    at = (Sentence("{name} = {value}", name=name, value=value_of(value)) for name, value in level.items())
    return Sentence("at the values that the baseline has, by default {levels}", levels=Listed(tuple(at)))


# -- evidence ---------------------------------------------------------------------------------------------------------
# What a row says is quoted as it is, in whatever language it is read.


def values_of(row: Evidence) -> Words:
    """Return the values of a row in words; an end that is the central value is not said twice."""
    central = row.value_central
    low, high = ("" if end == central else end for end in (row.value_low, row.value_high))
    ends = None
    if low and high:
        ends = Sentence("{low} to {high}", low=low, high=high)
    elif low:
        ends = Sentence("from {low}", low=low)
    elif high:
        ends = Sentence("up to {high}", high=high)
    both = Sentence("{central} ({ends})", central=central, ends=ends) if central and ends else central or ends
    return paragraph(both, row.unit)


def cited(row: Evidence) -> Words:
    """Return whose row of the evidence it is, and of when."""
    return Sentence("{source} ({year})", source=row.source, year=row.year) if row.year else row.source


def _trust(row: Evidence) -> Iterator[Words]:
    """Yield where to read a row and whether it was seen there."""
    if row.address:
        yield row.address
    yield Sentence("{seen}; {note}", seen=Term(HOW_SEEN[row.how_seen]), note=row.note)


def of_evidence(row: Evidence) -> Lines:
    """Yield what a row of the evidence says, where that stands, and the settings that rest on it."""
    yield spoken(Sentence("{row}, a row of the evidence: {measured}", row=row.id, measured=row.parameter))
    yield labelled(Term("values"), values_of(row))
    yield labelled(Term("of"), row.population)
    yield labelled(Term("source"), cited(row))
    yield from (labelled("", line) for line in _trust(row))
    for parameter in settings().values():
        if row.id in parameter.sources:
            behind = Sentence(
                "{name} = {default}{plausible}, {standing}",
                name=parameter.key, default=default_of(parameter), plausible=_plausible(parameter),
                standing=Term(parameter.standing),
            )  # fmt: skip
            yield labelled(Term("behind"), behind)
