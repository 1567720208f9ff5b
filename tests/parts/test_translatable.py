"""All that is said can be translated: in a language that marks what its catalogue has, no English is left unmarked.

What is the same in every language stands outside of the marks: names, values as scenario files write them, numbers, and
rows of the evidence, which are quoted.
"""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import cycle
from typing import Any, get_args

import pytest

import sim
from sim.outcomes import dictionary
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.policies.set import SetPolicy
from sim.questions import results
from sim.report import advice, explain
from sim.report.blocks import Block, Prose, Table
from sim.report.declared import declared_texts
from sim.report.formula import GIVEN
from sim.report.parts import Card, Page, Picture
from sim.rules import language
from sim.rules.declare import declared
from sim.rules.errors import ScenarioError
from sim.rules.evidence import evidence
from sim.rules.language import speaking
from sim.rules.offences import Offence
from sim.rules.parameters import CLASSES
from sim.rules.sentences import Sentence, Term, Words, spoken
from sim.rules.settings import SECTIONS
from sim.scenario.scenario import BASELINE, Scenario
from sim.scenario.shipped import file_of, shipped
from tests.parts import everything
from tests.structure.modules import MODULES

pytestmark = pytest.mark.slow

OWN = ("easy", "both", "gate", "read", "late", "turning", "A", "made-up", "chat", "rival", *"abcdefgh", *"CEIA")
"""Names in what is printed here: of arms, of scenarios, of sites, and letters of kinds of patterns."""


class Marked(gettext.NullTranslations):
    """A catalogue that has everything, each message with marks around all but the names of its values."""

    def gettext(self, message: str) -> str:
        """Return a message with marks."""
        parts = re.split(r"(?<!{)({\w+})", message)
        return "".join(part if place else f"«{part}»" * bool(part) for part, place in zip(parts, cycle((False, True))))


@pytest.fixture(autouse=True)
def _marks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(language, "_catalogue", lambda code: Marked())
    with speaking("fr"):
        yield


def choices(kind: Any) -> Iterator[str]:
    """Yield the words that a setting of a type takes."""
    for inner in get_args(kind):
        yield from (inner,) if isinstance(inner, str) else choices(inner)


@cache
def names() -> frozenset[str]:
    """Return what has the same name in every language."""
    topics = {topic.name for topic in explain.topics(results()) if not isinstance(topic.name, Term)}
    settings = [*declared(SECTIONS), *declared({"": Scenario}), *declared(dict(Policy.registry))]
    taken = {name for setting in settings for name in choices(setting.type)}
    last = {name.rpartition(".")[2] for name in topics | {setting.key for setting in settings}}
    halves = {half for name in Offence.model_fields for half in (f"{name.partition('_')[0]}_", name.partition("_")[2])}
    tables = {table for result in results().values() for table in result.columns} | {*dictionary.COUNTED}
    others = {*results(), *GIVEN, *explain._OF_THE_WINDOW, *CLASSES, BASELINE, "all", "name"}
    others |= {"true", "false", "True", "False"}
    return frozenset(topics | taken | last | halves | tables | others)


@cache
def quoted() -> re.Pattern[str]:
    """Return what rows of the evidence say, the longest first."""
    said = {getattr(row, field.name) for row in evidence().values() for field in fields(row)}
    texts = sorted((text for text in said if re.search("[A-Za-z]", text)), key=len, reverse=True)
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, texts))})(?!\w)")


def unmarked(line: str, *own: str) -> list[str]:
    """Return the words of a line that no catalogue was asked for and that are no names.

    Args:
        line: What is read.
        own: Names of the scenario's own.
    """
    left = re.sub("«[^«»]*»|[0-9a-f]{64}", " ", line)
    return _words(left, own) and _words(quoted().sub(" ", left), own)


def _words(text: str, own: tuple[str, ...]) -> list[str]:
    """Return what is no name: of a table and a column, or of an offence and a class, both are."""
    found = [word.rstrip(".") for word in re.findall(r"[A-Za-z][\w./-]*", text)]
    known = names() | {*own}
    return [word for word in found if word not in known and not {*re.split("[./]", word)} <= known]


def said_in(block: Block) -> Iterator[Words]:
    """Yield all that a block says."""
    if isinstance(block, Prose):
        yield from block.words
    if isinstance(block, Table):
        yield from (block.title, block.kind, block.note)
        for column in (*block.keys, *block.columns):
            yield from (column.head, *column.cells)


def test_what_is_not_translated_is_seen() -> None:
    assert unmarked(spoken(Sentence("{name} is {what}", name="phone", what="two levels"))) == ["two", "levels"]
    assert unmarked("Not even a clause") == ["Not", "even", "a", "clause"]
    row = evidence()["CASE-03"]
    assert unmarked(f"{spoken(Term('values'))} {row.source}: {row.note}") == []
    assert spoken(Sentence("set = [{{ rule = {rule} }}]", rule="a.b")) == "«set = [{ rule = »a.b« }]»"


def test_explain_lists_everything_in_the_language_that_is_read() -> None:
    lines = [*explain.explain(results())]
    assert len(lines) > 800
    assert {line: left for line in lines if (left := unmarked(line))} == {}


@pytest.mark.parametrize("group", dict.fromkeys(str(topic.group) for topic in explain.topics(results())))
def test_explain_tells_everything_in_the_language_that_is_read(group: str) -> None:
    texts = {"\n".join(topic.told()) for topic in explain.topics(results()) if topic.group == group}
    assert {text: left for text in texts if (left := unmarked(text))} == {}


@pytest.mark.parametrize("name", ["told apart", "«told apart»", "staff busy", "«staff busy", "the door", "«the door»"])
def test_words_are_found_as_they_read_and_in_english(name: str) -> None:
    found = [*explain.explain(results(), name)]
    assert name.strip("«»") in found[0].replace("»", "").replace("«", "")


def test_a_name_that_is_not_known_is_refused_in_the_language_that_is_read() -> None:
    with pytest.raises(ScenarioError) as refused:
        list(explain.explain(results(), "retenton"))
    assert unmarked(str(refused.value), "retenton") == []
    assert "retention" in str(refused.value)


@pytest.mark.parametrize("name", shipped())
def test_policies_and_staff_of_a_scenario(name: str) -> None:
    scenario = sim.load(file_of(name))
    lines = [*explain.policies(scenario), *explain.staff(scenario)]
    assert {line: left for line in lines if (left := unmarked(line, *scenario.policies, *scenario.site_names))} == {}


def test_what_check_finds_odd() -> None:
    arms = {
        "door": (RegistrationPolicy(level="phone"), SetPolicy(rule="registration.friction_user", value=0.2)),
        "same": (ReportingPolicy(friction=Scenario().reporting.friction),),
    }
    odd = Scenario(policies=arms, seeds=1, warmup_days=1, scale=0.01).replace(
        **{"population.p_under_15": 0.3, "population.p_15_17": 0.3, "contacts.engaged_private_per_hour": 0.9}
    )
    found = [spoken(words) for words in advice.of_scenario(odd)]
    assert len(found) > 5
    assert {line: left for line in found if (left := unmarked(line, *arms))} == {}


def said_on(page: Page) -> Iterator[Words]:
    """Yield all that a page says."""
    yield from (page.title, *page.about, *page.answer)
    for part in page.parts:
        yield part.title
        for item in part.items:
            match item:
                case Picture():
                    yield item.words
                case Card():
                    yield from (words for entry in item.entries for words in entry)
                case _:
                    yield from said_in(item)


def test_what_every_question_prints() -> None:
    for blocks in everything.printed():
        lines = [spoken(words) for block in blocks for words in said_in(block)]
        assert {line: left for line in lines if (left := unmarked(line, *OWN))} == {}


def test_what_every_page_says() -> None:
    for page in everything.pages():
        pictures = {item.name for part in page.parts for item in part.items if isinstance(item, Picture)}
        lines = map(spoken, said_on(page))
        assert {line: left for line in lines if (left := unmarked(line, *OWN, *pictures))} == {}


def literals() -> Iterator[str]:
    """Yield what stands in code as a sentence or a term."""
    for tree in MODULES.values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id="Sentence" | "Term"), args=[ast.Constant(value=str(text))]):
                    yield text


def test_what_no_literal_says_is_looked_up_as_it_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[str] = set()

    class Listening(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            asked.add(message)
            return message

    monkeypatch.setattr(language, "_catalogue", lambda code: Listening())
    list(explain.explain(results()))
    for page in everything.pages():
        list(map(spoken, said_on(page)))
    for topic in explain.topics(results()):
        list(topic.told())
    for blocks in everything.printed():
        for block in blocks:
            list(map(spoken, said_in(block)))
    assert asked - {*literals()} - {*declared_texts(results())} == set()
