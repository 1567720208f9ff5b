"""The model is protective by construction.

It is about offenders and victims, so it must not be able to carry what could harm anybody: no message, no name, no
description of how somebody was approached or found. That is so because nothing that a run holds or writes has room for
text: state is numbers, and a text in a table is one of the few words that this package or the scenario's author
declared (policy, site, offence, class, kind of event). And nobody can ask the model for the conditions under which
most harm is done: it has no optimiser, no objective, and every outcome that counts true harm is better when lower.
"""

import ast
import inspect
import typing
from collections import deque
from collections.abc import Iterator
from importlib import import_module
from types import FunctionType, GeneratorType, ModuleType
from weakref import WeakSet

import mesa
import numpy as np
import pytest

import sim
from sim.model.agents import Chat
from sim.model.arrays.model import ChatModel
from sim.model.arrays.state import Contacts
from sim.model.records import KINDS, Records
from sim.model.world.world import World
from sim.outcomes.outcomes import outcomes_of
from sim.rules.age import Protects
from sim.rules.declare import Section
from sim.rules.errors import ScenarioError
from sim.rules.parameters import CLASSES
from sim.rules.rulebook import RULES, Binds, Host, Triage, Weekday
from sim.scenario.scenario import BASELINE, Scenario
from tests.structure.modules import MODULES, PACKAGE, imported, room

SCENARIO = sim.load(PACKAGE.parent / "scenarios" / "classroom.toml").replace(
    **{
        "days": 40, "warmup_days": 10, "scale": 0.3, "predators.p_of_adults": 0.2, "reporting.friction": 0.0,
        "police.investigators": 1.0, "undercover.decoys": 5.0, "cooperation.p_refer": 0.5,
        "detection.coverage": 0.2,
    }
)  # fmt: skip
ARMS = (BASELINE, "email-retention-reporting")

OFFENCES = {offence.name for offence in SCENARIO.offences}
WORDS = {
    "policy": set(ARMS),
    "site": {SCENARIO.site},
    "event": {kind.name for kind in KINDS},
    "actor_kind": {"user", "predator", "flagger", "site", "police"},
    "target_kind": {"user", "predator", ""},
    "offence": OFFENCES | {"", "all"},
    "victim_class": {*CLASSES, "all"},
    "quantity": {kind.name for kind in KINDS} | {"persons_harmed"},
}
"""Every word that may stand in a column of text. All other columns are whole numbers."""

_OF_RULES = (Triage, Binds, Host, Weekday, Protects)
CHOICES = {word for of_rule in _OF_RULES for word in typing.get_args(of_rule)}
"""What rules that are words may be."""

TEXT_FIELDS = {("model.arrays.places", "Places", name) for name in ("policies", "sites")} | {
    ("model.records", "Kind", field) for field in ("name", "meaning", "detail", "words")
}
"""The only fields declared as text: names of policies and sites, and the declarations of the kinds of events."""

HOLDING = [m for m in MODULES if room(m) in ("model.world", "model.records", "model.arrays", "model.agents")]


@pytest.fixture(scope="module")
def models() -> tuple[ChatModel, Chat]:
    fast, slow = ChatModel(SCENARIO, (0, 1), ARMS, events=True), Chat(SCENARIO, 0, ARMS[1])
    fast.run()
    slow.run()
    return fast, slow


def leaves(hint: object) -> Iterator[object]:
    """Yield the plain types that a type is made of."""
    if args := typing.get_args(hint):
        for arg in args:
            yield from leaves(arg)
    else:
        yield hint


@pytest.mark.parametrize("module", HOLDING)
def test_no_field_is_declared_as_text(module: str) -> None:
    code = import_module(f"sim.{module}".removesuffix(".__init__"))
    for name, found in vars(code).items():
        if inspect.isclass(found) and found.__module__ == code.__name__:
            for field in inspect.get_annotations(found):
                if (module, name, field) not in TEXT_FIELDS:
                    source = inspect.get_annotations(found)[field]
                    names = {n.id for n in ast.walk(ast.parse(str(source))) if isinstance(n, ast.Name)}
                    assert not names & {"str", "bytes", "object", "Any"}, f"{name}.{field}: {source}"


def test_a_contact_is_whole_numbers() -> None:
    contacts = Contacts()
    assert {getattr(contacts, column).dtype for column in contacts.COLUMNS} == {np.dtype(np.int64)}


def test_a_rule_is_a_number_or_one_of_a_few_words() -> None:
    for name, declared in RULES.items():
        assert set(leaves(declared.type)) <= {int, float, bool, ...} | CHOICES, name


SKIPPED = (
    int, float, np.generic, Scenario, Section, World, mesa.Model, type, ModuleType, FunctionType, GeneratorType,
)  # fmt: skip
"""Numbers; what a run was given (the scenario, its sections and the world made of it); the models themselves; code."""


def texts(start: object) -> Iterator[tuple[str, str]]:
    """Yield (where, text) for every text that can be reached from a thing; a dictionary's text keys are its columns."""
    seen: set[int] = set()
    left = [("", start)]
    while left:
        path, thing = left.pop()
        if isinstance(thing, str | bytes):
            yield path, str(thing)
        elif isinstance(thing, np.ndarray):
            assert thing.dtype.kind in "iufb", f"{path} is an array of {thing.dtype}"
        elif thing is not None and not isinstance(thing, SKIPPED) and id(thing) not in seen:
            seen.add(id(thing))
            if isinstance(thing, dict):
                left += [(f"{path} key", key) for key in thing if not isinstance(key, str)]
                left += [(f"{path}[{key!r:.20}]", value) for key, value in thing.items()]
            elif isinstance(thing, list | tuple | set | deque | WeakSet):
                left += [(f"{path}[]", value) for value in thing]
            else:
                slots = {name: getattr(thing, name) for name in getattr(type(thing), "__slots__", ())}
                left += [(f"{path}.{name}", value) for name, value in {**slots, **vars_of(thing)}.items()]
    assert len(seen) > 20


def vars_of(thing: object) -> dict[str, object]:
    return getattr(thing, "__dict__", {})


def test_nothing_that_the_array_engine_holds_is_text(models: tuple[ChatModel, Chat]) -> None:
    model = models[0]
    held = [*texts([model.state, model._office, model._police, model._day]), *texts(vars_of(model.world))]
    assert {text for _, text in held} <= {*ARMS, *CHOICES, *model.scenario.site_names}, held


def test_nothing_that_the_agents_hold_is_text(models: tuple[ChatModel, Chat]) -> None:
    model = models[1]
    desks = [vars_of(venue.desk) for venue in model.venues]
    held = [
        *texts([model.persons, desks, model.complaints, model._arrivals, model._false_reports, model._false_alarms])
    ]
    assert not held


def test_tables_hold_numbers_and_declared_words(models: tuple[ChatModel, Chat]) -> None:
    for model in models:
        records: Records = model.record.records() if isinstance(model, ChatModel) else model._records()
        assert records.events is not None
        assert {"harm", "report", "review", "bar", "case", "decoy", "close"} <= set(records.events["event"])
        for table in (records.daily, records.breakdown, records.events):
            for column, values in table.items():
                if column in WORDS:
                    assert set(values) <= WORDS[str(column)], column
                else:
                    assert values.dtype == np.int64, column


@pytest.mark.parametrize("field", ["site", "offence", "policy"])
def test_the_author_of_a_scenario_declares_words_not_sentences(field: str) -> None:
    sentence = "Hello, how old are you?"
    change = {"site": sentence, "offences": ({"name": sentence},), "policies": {sentence: ()}}
    key = {"site": "site", "offence": "offences", "policy": "policies"}[field]
    with pytest.raises(ScenarioError):
        SCENARIO.replace(**{key: change[key]})


def test_no_harm_is_better_when_higher() -> None:
    harm = [o for o in outcomes_of(SCENARIO) if o.harm or "harm" in o.name]
    assert len(harm) > 5
    assert {o.better for o in harm if not o.name.startswith("recorded")} == {"lower"}
    assert {o.better for o in harm if o.name.startswith("recorded")} == {"neither"}


def test_there_is_no_optimiser() -> None:
    for module, tree in MODULES.items():
        assert not [name for name in imported(tree) if "optim" in name.lower()], module
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.arg):
                name = (node.arg if isinstance(node, ast.arg) else node.name).lower()
                assert not any(word in name for word in ("optimi", "maximi", "objective", "reward", "fitness")), name
