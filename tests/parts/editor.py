"""What an editor does with the schema of scenario files: check a TOML text against it."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any

from jsonschema import Draft202012Validator

from sim.scenario.schema import schema


def complaints(text: str) -> list[str]:
    """Return what is wrong with a scenario file according to the schema made now."""
    return [error.message for error in Draft202012Validator(schema()).iter_errors(_as_json(tomllib.loads(text)))]


def _as_json(value: Any) -> Any:
    """Return what TOML holds as editors check it: dates as texts."""
    if isinstance(value, dict):
        return {key: _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date) else value
