"""Every text that is declared and read by people is among those that are translated."""

from collections.abc import Iterator

import pytest

from sim.model.records import COUNTS, KINDS
from sim.outcomes.verdicts import Reason, Verdict
from sim.policies.policy import Policy
from sim.questions import results
from sim.report.declared import declared_texts, glossary, outcomes, settings
from sim.rules.declare import declared
from sim.rules.mechanisms import MECHANISMS
from sim.rules.offences import OFFENCES
from sim.rules.sentences import Sentence, spoken

TEXTS = {*declared_texts(results())}


def declarations() -> Iterator[str]:
    """Yield texts of every sort, as they stand where they are declared."""
    for parameter in settings().values():
        yield from (parameter.meaning, parameter.unit, parameter.doubt, parameter.idle)
    for outcome in outcomes():
        yield from (outcome.label, outcome.unit, outcome.course)
    yield from (kind.meaning for kind in KINDS)
    yield from (count.meaning for count in COUNTS.values())
    yield from (mechanism.name for mechanism in MECHANISMS)
    yield from (offence.label for offence in OFFENCES)
    yield from (code.label for code in (*Verdict, *Reason))
    for word, meaning in glossary().items():
        yield from (word, meaning)
    for result in results().values():
        for printed in result.printed:
            yield from (printed.title, *(heading.words for heading in printed.headings))
        for columns in result.columns.values():
            yield from (column.words for column in columns.values())


def test_no_declaration_is_left_out() -> None:
    assert {*declarations()} - {""} <= TEXTS
    assert "" not in TEXTS


@pytest.mark.parametrize("kind", [kind for name, kind in Policy.registry.items() if name])
def test_what_is_said_of_a_policy_is_among_them(kind: type[Policy]) -> None:
    (gist,) = (text for text in TEXTS if (kind.__doc__ or "").startswith(text))
    assert gist.endswith(".")
    assert all(field.description in TEXTS for field in kind.model_fields.values())


def test_a_text_with_values_is_there_as_the_template_that_is_looked_up() -> None:
    (assumption,) = (a for m in MECHANISMS if m.name == "readiness to report" for a in m.assumes[:1])
    assert assumption.text not in TEXTS
    assert Sentence.declared(assumption.text, {"responses.p_ready_to_report": "1%"}).template in TEXTS


def test_what_is_quoted_in_brackets_has_no_full_stop() -> None:
    levers = declared({name: kind for name, kind in Policy.registry.items() if name})
    quoted = [spoken(parameter.accepts) for parameter in (*settings().values(), *levers)]
    assert sum("(" in words for words in quoted) > 10
    assert not [words for words in quoted if ".)" in words]
