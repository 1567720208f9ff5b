"""The schema of scenario files says of every setting and policy what is declared of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sim.policies.policy import Change, Policy
from sim.rules.declare import Parameter, declared, parameter
from sim.rules.offences import Offence
from sim.rules.rulebook import RULES, Platform
from sim.rules.settings import SECTIONS
from sim.scenario.scenario import Scenario
from sim.scenario.schema import DIALECT, schema
from tests.parts.editor import complaints

MADE = schema()
SETTINGS = [p for p in declared({"": Scenario}) if p.key not in ("sites", "policies", "offences")]


def resolved(node: dict[str, Any], made: dict[str, Any] = MADE) -> dict[str, Any]:
    """Return what a node refers to, with what stands beside the reference."""
    return made["$defs"][node["$ref"].rpartition("/")[2]] | node if "$ref" in node else node


def tables(node: object) -> Iterator[dict[str, Any]]:
    """Yield every schema of a table of settings."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and "type" in node:
            yield node
        for inner in node.values():
            yield from tables(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from tables(inner)


def test_it_is_a_schema_of_the_dialect_it_names() -> None:
    assert MADE["$schema"] == DIALECT == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(MADE)
    json.dumps(MADE, allow_nan=False)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda p: p.key)
def test_every_setting_has_default_range_meaning_and_unit(setting: Parameter) -> None:
    node = MADE
    for part in setting.key.split("."):
        node = resolved(node)["properties"][part]
    default = setting.default
    assert node["default"] == (
        list(default) if isinstance(default, tuple) else json.loads(json.dumps(default, default=str))
    )
    assert node["description"].startswith(setting.meaning.rstrip("."))
    assert f"Unit: {setting.unit}." in node["description"] or not setting.unit
    if isinstance(setting.low, int | float):
        words = f"Plausible: {setting.low:g} to {setting.high:g}{f' ({setting.shape})' if setting.shape else ''}."
        assert f"{words} Standing: {setting.standing}" in node["description"]
    bounds = node.get("items", node)
    if isinstance(setting.minimum, int | float):
        assert bounds["minimum"] == setting.minimum
    if isinstance(setting.maximum, int | float):
        assert bounds["maximum"] == setting.maximum
    if "items" in node:
        assert (node.get("minItems", 0), node.get("maxItems")) == (setting.fewest, setting.most)


def test_every_table_forbids_keys_it_does_not_know() -> None:
    found = list(tables(MADE))
    assert len(found) > len(SECTIONS) + 10
    assert all(table["additionalProperties"] is False for table in found)


def test_choices_are_listed() -> None:
    registration = resolved(MADE["properties"]["registration"])
    assert registration["properties"]["level"]["enum"] == ["none", "email", "phone", "document"]
    offence = resolved(MADE["properties"]["offences"]["items"])
    assert set(offence["properties"]) == set(Offence.model_fields)


def test_every_lever_is_a_table_or_a_list_of_tables() -> None:
    levers = {name for name in Policy.registry if name}
    assert set(MADE["$defs"]["arm"]["properties"]) == levers | {"combine"}
    one = "[policies.a]\nset = { rule = 'moderation.staff', value = 2 }"
    more = "[[policies.a.set]]\nrule = 'moderation.staff'\nvalue = 2\nstart = 2021-02-01"
    assert complaints(one) == complaints(more) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_value_of_set_is_what_its_rule_takes(rule: str) -> None:
    value = Scenario().platform.rules.value_of(rule)
    text = "[policies.a.set]\nrule = '{}'\nvalue = {}"
    assert complaints(text.format(rule, json.dumps(value))) == []
    assert complaints(text.format(rule, "'best'"))
    assert complaints(text.format(rule, "-1"))


@pytest.fixture
def curfew() -> Iterator[type[Policy]]:
    class Curfew(Policy, name="curfew"):
        """Fewer moderators."""

        heads: float = parameter(..., "moderators", 0, 5, "Heads from then on.", maximum=9)

        def changes(self, platform: Platform) -> Sequence[Change]:
            return [Change("moderation.staff", "set", self.heads)]

    yield Curfew
    del Policy.registry["curfew"]


@pytest.mark.usefixtures("curfew")
def test_a_policy_defined_elsewhere_is_in_it() -> None:
    assert complaints("[policies.a]\ncurfew = { heads = 0.5, start = 2021-02-01 }") == []
    for settings in ("{}", "{ heads = 10 }", "{ heads = 1, x = 1 }", "3"):
        assert complaints(f"[policies.a]\ncurfew = {settings}")
