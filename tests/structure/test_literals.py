"""No quantity of the model stands as a literal in code that decides: it is a parameter, with a source or `assumed`.

What is left are numbers of another kind, listed here with what they are. A number may also not hide in a text.
"""

import ast
import re

import pytest

from tests.structure.modules import MODULES, room

KEEPING = {"model.arrays.model", "model.arrays.state", "model.arrays.recorder"}
ROOMS = ("model.decisions", "model.arrays", "model.agents")
DECIDING = [module for module in MODULES if room(module) in ROOMS and module not in KEEPING]
"""Modules that decide; not those that keep what was decided."""

FLOATS = {}

INTEGERS = {
    **dict.fromkeys((0, 1, 2), "index, sign, count"),
    **dict.fromkeys((3, 4), "numbers of stages, alarms, gravities, or bits of an event's detail"),
    **dict.fromkeys((23, 24, 168, 720, 3600), "clock and calendar"),
    **dict.fromkeys((1000, 1_000_000, 1_000_000_000), "fixed point: thousandths, millionths, units of 1e-9"),
    **dict.fromkeys((8, 50), "levels of priority; width in bits of `NEVER`"),
    5: "sources of what reaches the police",
    6: "one more than the reasons why a file is closed",
    10: "years over which harm before the run goes back, after which hardly anybody complains",
    **dict.fromkeys((12, 20, 32), "months of a year; widths in bits of products that must not run over"),
    9: "digits kept, so that libm's last one does not matter",
    4096: "cells of a table of equally likely delays",
    20_000: "most persons of the agents engine",
}


def numbers_in(tree: ast.AST) -> set[tuple[int, float]]:
    """Return (line, value) of every number, those in texts that are nothing but a number included."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, int | float) and not isinstance(node.value, bool):
                found.add((node.lineno, node.value))
            elif isinstance(node.value, str) and re.fullmatch(r"\s*-?\d*\.?\d+(e-?\d+)?\s*", node.value):
                found.add((node.lineno, float(node.value)))
    return found


@pytest.mark.parametrize("module", DECIDING)
def test_no_quantity_of_the_model_is_a_literal(module: str) -> None:
    listed = {(type(value), value) for value in (*FLOATS, *INTEGERS)}
    unlisted = sorted((line, n) for line, n in numbers_in(MODULES[module]) if (type(n), n) not in listed)
    assert not unlisted, f"sim/{module}, (line, number): declare it as a parameter, or list it here with a reason"


def test_every_number_that_is_excused_is_there() -> None:
    present = {(type(n), n) for module in DECIDING for _, n in numbers_in(MODULES[module])}
    excused = {(type(n), n) for n in (*FLOATS, *INTEGERS)}
    assert not excused - present, "nobody uses it any more: take it off the list"


def test_a_planted_literal_is_seen() -> None:
    planted = "def report(word, p=0.3, *, q=-7):\n    return word < p * 1e-4 or word < Decimal('0.25')"
    assert numbers_in(ast.parse(planted)) == {(1, 0.3), (1, 7), (2, 1e-4), (2, 0.25)}
