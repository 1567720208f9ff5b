import pytest

from sim.declare import declared
from sim.evidence import evidence
from sim.parameters import SECTIONS
from sim.rules import RULES

SOURCED = [p for p in declared(SECTIONS) if p.standing in ("sourced", "calibrated")]


def test_the_table_is_read_whole() -> None:
    rows = evidence()
    assert len(rows) > 100
    assert {row.how_seen for row in rows.values()} <= {"excerpt", "memory"}
    assert all(row.id and row.topic for row in rows.values())


@pytest.mark.parametrize("parameter", [*declared(SECTIONS), *RULES.values()], ids=lambda p: p.key)
def test_every_source_is_a_row(parameter) -> None:
    assert parameter.source == "" or parameter.source in evidence()


def test_something_is_sourced() -> None:
    assert SOURCED


@pytest.mark.parametrize("parameter", SOURCED, ids=lambda p: p.key)
def test_what_is_sourced_was_seen_in_its_source(parameter) -> None:
    assert evidence()[parameter.source].how_seen == "excerpt"


@pytest.mark.parametrize("parameter", SOURCED, ids=lambda p: p.key)
def test_what_is_sourced_lies_where_its_source_says(parameter) -> None:
    row = evidence()[parameter.source]
    if row.unit == "category":
        return
    values = [float(v) for v in (row.value_low, row.value_central, row.value_high) if v]
    per_cent = 100 if row.unit == "percent" else 1
    assert min(values) <= parameter.default * per_cent <= max(values)
    assert parameter.low * per_cent <= min(values)
    assert max(values) <= parameter.high * per_cent
