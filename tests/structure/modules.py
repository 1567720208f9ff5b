"""The source of the package, parsed: what the tests of its structure walk through."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "sim"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
"""Syntax trees by name within the package: ``scenario.reading``, ``model.arrays.state``, ``study.__init__``."""


def room(module: str) -> str:
    """Return the room of a module: its folder or, within `model`, the folder or file there."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "model" and parts[1:] != ["__init__"] else parts[0]


def imported(tree: ast.Module) -> set[str]:
    """Return the dotted names that a module imports, late ones and those written as text included."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("sim."):
            names.add(node.value)
    return names
