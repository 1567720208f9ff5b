"""The line finder against files whose lines are known."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.lines import lines_of, nearest

TEXT = '''# a comment with [brackets] and "quotes
title = "with # and ] and \\" in it"
site = 'also # here'
note = """
[not.a.table]
key = 1 \\"""
"""
other = \'\'\'
a = 2\'\'\'

[population] # more
p.q.r = 1
"quo.ted" = [
  1, # one
  [2,
   3],
]
when = 2021-01-01 10:00:00
[[offences]]
name = "a"
[offences.inner]
x = 1
[[offences]]
name = "b"
[[offences.rows]]
y = 1
[[offences.rows]]
y = 2
[policies.a]
set = [{ rule = "x", value = 1 },
       { rule = "y", value.z = 2 }]
'''
LINES = {
    ("title",): 2,
    ("site",): 3,
    ("note",): 4,
    ("other",): 8,
    ("population",): 11,
    ("population", "p", "q", "r"): 12,
    ("population", "quo.ted"): 13,
    ("population", "quo.ted", 0): 14,
    ("population", "quo.ted", 1, 1): 16,
    ("population", "when"): 18,
    ("offences", 0): 19,
    ("offences", 0, "inner", "x"): 22,
    ("offences", 1): 23,
    ("offences", 1, "rows", 1, "y"): 28,
    ("policies", "a", "set", 0, "value"): 30,
    ("policies", "a", "set", 1, "value", "z"): 31,
}


@pytest.mark.parametrize("path", LINES)
def test_line_of(path: tuple[str | int, ...]) -> None:
    tomllib.loads(TEXT)
    assert lines_of(TEXT)[path] == LINES[path]


def test_nearest() -> None:
    lines = lines_of(TEXT)
    assert nearest(lines, ("population", "missing", "deeper")) == 11
    assert nearest(lines, ("missing",)) is None
    assert nearest(lines, ()) is None


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(p for key, below in inner for p in paths(below, (*path, key)))]


VALUES = st.recursive(
    st.one_of(
        st.integers(-9, 9).map(str),
        st.sampled_from(
            ["'#]}'", '"a,\\"b"', '"""\n[x]\n"""', "'''\n'''", "2021-01-01", "nan", "true", '""', "''''a'''''"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda rows: "[\n" + ", # , ]\n".join(rows) + "]"),
        st.lists(inner, max_size=3).map(lambda rows: f"{{{', '.join(f'k{i}.l = {v}' for i, v in enumerate(rows))}}}"),
    ),
    max_leaves=6,
)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_every_value_has_a_line(values: list[str]) -> None:
    text = "\n".join(f"[t{i}]\nkey = {value}" for i, value in enumerate(values))
    lines = lines_of(text)
    assert set(paths(tomllib.loads(text))) - {()} <= lines.keys()
    for i in range(len(values)):
        assert text.splitlines()[lines[(f"t{i}", "key")] - 1].startswith("key =")
