"""The shipped scenarios: `scenarios/` lies beside the package in a checkout, and within it where it is installed."""

from __future__ import annotations

from pathlib import Path

from sim.rules.errors import ScenarioError, shown, suggestion
from sim.rules.sentences import Listed, Sentence

_PACKAGE = Path(__file__).parents[1]
_WITHIN = _PACKAGE / "scenarios"
_FOLDER = _WITHIN if _WITHIN.is_dir() else _PACKAGE.parent / "scenarios"


def shipped() -> dict[str, Path]:
    """Return the files of the shipped scenarios by name, such as ``classroom``."""
    return {file.stem: file for file in sorted(_FOLDER.glob("*.toml"))}


def file_of(name: str) -> Path:
    """Return the file of a shipped scenario.

    Raises:
        ScenarioError: If none has this name.
    """
    files = shipped()
    if name not in files:
        raise ScenarioError(
            Sentence(
                "no shipped scenario is called {name}. {meant}The shipped scenarios are: {known}.",
                name=shown(name), meant=suggestion(name, [*files]), known=Listed(tuple(files)),
            )
        )  # fmt: skip
    return files[name]
