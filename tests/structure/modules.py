"""The source of the package, parsed: what the tests of its structure walk through."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "sim"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
"""Syntax trees by name within the package: ``world``, ``processes.visits``, ``agents.__init__``."""


def part(name: str) -> str:
    """Return the first part of a dotted name: the module or folder of the package, or the package imported."""
    return name.split(".")[0]


def imported(tree: ast.Module) -> set[str]:
    """Return the dotted names that a module imports, late ones and those written as text ("sim.model") included."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("sim."):
            names.add(node.value)
    return names
