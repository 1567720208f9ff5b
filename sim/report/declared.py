"""What is declared and read: settings, sections, printed tables, words; and every text that is declared with it.

Texts stand in declarations as plain English, which files of data keep. Where people read them, they are translated.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import get_args

from sim.model.records import COUNTS, KINDS
from sim.outcomes import dictionary, patterns
from sim.outcomes.outcome import Outcome
from sim.outcomes.outcomes import outcomes_of
from sim.policies.policy import Policy
from sim.report.headings import Printed
from sim.report.result import Result
from sim.rules.declare import Parameter, Section, Shape, Standing, declared
from sim.rules.evidence import HOW_SEEN
from sim.rules.mechanisms import MECHANISMS
from sim.rules.offences import OFFENCES, Offence
from sim.rules.parameters import Police
from sim.rules.prices import Prices
from sim.rules.rulebook import RULES, Detection
from sim.rules.sentences import Code, Sentence
from sim.rules.settings import LEVELS, SECTIONS
from sim.scenario.scenario import Scenario

Results = Mapping[str, type[Result]]
"""What each command finds, by its name."""


def declared_texts(results: Results) -> Iterator[str]:
    """Yield every text that is declared and read by people, as its translation is looked up; many come more than once.

    What stands in code as a `Sentence` or `Term` of its own is not among them: that is found there.

    Args:
        results: What each command finds, whose tables are read too.
    """
    yield from filter(None, _texts(results))


def _texts(results: Results) -> Iterator[str]:
    yield from (*get_args(Standing), *get_args(Shape), *HOW_SEEN.values())
    for section in (*sections().values(), *Policy.registry.values()):
        yield from (gist_of(section), rest_of(section))
    of_policies = declared({name: kind for name, kind in Policy.registry.items() if name})
    for parameter in (*settings().values(), *RULES.values(), *of_policies):
        yield from (parameter.meaning, parameter.unit, parameter.doubt, parameter.idle, _template(parameter.assumes))
    yield from (offence.label for offence in OFFENCES)
    for outcome in (*outcomes(), *outcomes_of(Scenario(), baseline=False)):
        yield from (outcome.label, outcome.unit, outcome.course)
    for kind in KINDS:
        yield from (kind.meaning, kind.detail, *kind.words.values())
    for count in COUNTS.values():
        yield from (count.meaning, count.unit)
    for mechanism in MECHANISMS:
        yield from (mechanism.name, mechanism.idle, *(lack.text for lack in mechanism.lacks))
        yield from (_template(assumption.text) for assumption in mechanism.assumes)
    for columns in (dictionary.EVERYWHERE, *dictionary.COUNTED.values(), *own_tables(results).values()):
        for column in columns.values():
            yield from (column.unit, column.words)
    for printed in (printed for result in results.values() for printed in result.printed):
        yield printed.title
        for heading in printed.headings:
            yield from (heading.words, heading.meaning)
    yield from patterns.KINDS.values()
    for pattern in patterns.patterns():
        yield from (pattern.title, pattern.mechanism, pattern.off_words)
        for quantity in pattern.quantity:
            yield from (quantity.label, quantity.observed, quantity.finding.strip())
    for kind_of_code in Code.__subclasses__():
        yield from (code.label for code in kind_of_code)
    for word, meaning in glossary().items():
        yield from (word, meaning)


def _template(text: str) -> str:
    """Return the template that a text becomes which was declared with values."""
    return Sentence.declared(text, {}).template


def settings() -> dict[str, Parameter]:
    """Return every setting of a scenario and every rule, by name."""
    found = {p.key: p for p in declared({"": Scenario, "offences": Offence})}
    return found | {rule: p for rule, p in RULES.items() if rule not in found}


@cache
def outcomes() -> tuple[Outcome, ...]:
    """Return every outcome that is declared, also those of the police and of a detector."""
    return outcomes_of(Scenario(police=Police(investigators=1), detection=Detection(coverage=1)))


def sections() -> dict[str, type[Section]]:
    """Return every section of scenario files, by name."""
    return SECTIONS | levels() | {"offences": Offence, "prices": Prices}


def levels() -> dict[str, type[Section]]:
    """Return what each level of registration and of age assurance declares, by its dotted name."""
    return {
        f"{section}.{name}": type(field.default)
        for section in (level.partition(".")[0] for level in LEVELS)
        for name, field in SECTIONS[section].model_fields.items()
        if isinstance(field.default, Section)
    }


def gist_of(section: type[Section]) -> str:
    """Return the first sentence of a section's or policy's docstring."""
    return cleandoc(section.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def rest_of(section: type[Section]) -> str:
    """Return what its docstring says further, in the lines in which it stands there."""
    return cleandoc(section.__doc__ or "").partition("\n\n")[2]


def own_tables(results: Results) -> dictionary.Tables:
    """Return the tables that results have of their own."""
    return {table: columns for result in results.values() for table, columns in result.columns.items()}


def printed_tables(results: Results) -> Iterator[tuple[Printed, str]]:
    """Yield each printed table, with the headings of all that are called alike, and the commands that print it."""
    every = [(command, printed) for command, result in results.items() for printed in result.printed]
    for title in dict.fromkeys(printed.title for _, printed in every):
        alike = {command: printed for command, printed in every if printed.title == title}
        headings = dict.fromkeys(heading for printed in alike.values() for heading in printed.headings)
        yield Printed(title, tuple(headings)), ", ".join(alike)


@cache
def glossary() -> dict[str, str]:
    """Return the words of the model and of its tables with their meanings, in the order of the alphabet."""
    return tomllib.loads(Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8"))
