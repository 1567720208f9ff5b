"""The JSON Schema of scenario files, by which editors complete, explain and check them while they are written.

It is made from what is declared: the sections of `Scenario` and the policies registered at the time. It says what a
single value may be; what values must be together (dates within the window, shares that add up) only `check` tells.
"""

from __future__ import annotations

import json
from inspect import cleandoc
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from sim.policies.policy import Policy
from sim.rules import names
from sim.rules.declare import Parameter, Section
from sim.rules.rulebook import RULES
from sim.scenario.limits import MAX_POLICIES
from sim.scenario.scenario import BASELINE, Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"

NAME = "scenario.schema.json"
"""Name of the file beside scenario files; their first line points to it: ``#:schema ./scenario.schema.json``."""

_DECLARED = (
    *("unit", "low", "high", "shape", "source", "standing", "doubt", "chosen"),
    *("each", "through", "assumes", "idle", "sets"),
)


def schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of scenario files as they are read from TOML, dates as texts.

    Policies are those in `Policy.registry` now: one that was defined elsewhere is in it once it is imported.
    """
    kinds = {name: kind for name, kind in Policy.registry.items() if name}
    tables: list[type[Section]] = [Scenario, *kinds.values()]
    models, made = models_json_schema([(table, "validation") for table in tables])
    definitions = {name: _told(table) for name, table in made["$defs"].items()}
    reference = {name: models[kind, "validation"]["$ref"] for name, kind in kinds.items()}
    if "set" in kinds:
        _bind_values(definitions[reference["set"].rpartition("/")[2]])
    del definitions["Policy"]
    scenario = definitions.pop("Scenario")
    scenario["properties"]["policies"] = {
        "description": f"Policies to compare with the baseline: up to {MAX_POLICIES} tables [policies.NAME].",
        "type": "object",
        "propertyNames": {
            "pattern": names.PATTERN,
            "not": {"const": BASELINE},
        },
        "maxProperties": MAX_POLICIES,
        "additionalProperties": {"$ref": "#/$defs/arm"},
    }
    definitions["arm"] = {
        "description": "One policy to compare: levers, each a table or a list of tables, and other policies.",
        "type": "object",
        "properties": {
            "combine": {
                "description": "Names of policies whose levers are taken too.",
                "type": "array",
                "items": {"type": "string"},
            },
            **{name: _one_or_more(kind, reference[name]) for name, kind in sorted(kinds.items())},
        },
        "additionalProperties": False,
        "minProperties": 1,
    }
    return {"$schema": DIALECT, "title": "A scenario of sim", **scenario, "$defs": definitions}


def written() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _one_or_more(kind: type[Policy], reference: str) -> dict[str, Any]:
    """Return the schema of a lever: a table of its settings or a list of such tables."""
    return {
        "description": cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " "),
        "anyOf": [{"$ref": reference}, {"type": "array", "minItems": 1, "items": {"$ref": reference}}],
    }


def _bind_values(table: dict[str, Any]) -> None:
    """Say of the policy `set` which rules there are and, for each, which values it takes."""
    table["properties"]["rule"]["enum"] = list(RULES)
    table["allOf"] = [
        {
            "if": {"properties": {"rule": {"const": rule}}},
            "then": {"properties": {"value": _value(taken)}},
        }
        for rule, taken in RULES.items()
    ]


def _value(rule: Parameter) -> dict[str, Any]:
    """Return the schema of the values that a rule takes."""
    words = f"{rule.meaning} Unit: {rule.unit}."
    made = {"description": words, **TypeAdapter(rule.type).json_schema()}
    limits = {"minimum": rule.minimum, "maximum": rule.maximum}
    if "items" not in made:
        return made | _given(limits)
    return made | {"items": made["items"] | _given(limits)} | _given({"maxItems": rule.most})


def _given(limits: dict[str, Any]) -> dict[str, Any]:
    return {limit: value for limit, value in limits.items() if value is not None}


def _told(node: Any) -> Any:
    """Return a part of pydantic's schema as people want to read it.

    Titles that repeat names go, so do nulls, which TOML has not, and what `parameter` declared goes into words.
    """
    if isinstance(node, list):
        return [_told(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _told(value) for key, value in node.items() if key not in _DECLARED or isinstance(value, dict)}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    if isinstance(kept.get("default"), dict) or kept.get("default", ...) is None:
        del kept["default"]  # a section's defaults stand with its settings
    given = [choice for choice in kept.get("anyOf", ()) if choice != {"type": "null"}]
    if len(given) == 1:
        del kept["anyOf"]
        kept |= given[0]
    if isinstance(each := node.get("each"), dict) and "standing" in node:
        kept["items"] |= _given({limit: each[limit] for limit in ("minimum", "maximum")})
        del kept["each"]
    if isinstance(kept.get("description"), str):
        kept["description"] = kept["description"].split("\n\n")[0].replace("\n", " ")
    if "standing" in node and not isinstance(node["standing"], dict):
        kept["description"] = kept["description"].rstrip(".") + f".{_declaration(node)}"
    return kept


def _declaration(node: dict[str, Any]) -> str:
    """Return unit, plausible range and standing of a setting in words, to follow its meaning."""
    words = f" Unit: {node['unit']}."
    if node["low"] is not None:
        source = f" ({', '.join(node['source'].split())})" if node["source"] else ""
        shape = f" ({node['shape']})" if node.get("shape") else ""
        words += f" Plausible: {node['low']:g} to {node['high']:g}{shape}."
        words += f" Standing: {node['standing']}{source}."
    return words
