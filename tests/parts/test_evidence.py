"""The table of evidence: it is whole, settings and rows name each other, and ranges reach what was measured."""

import csv
import re
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from sim.policies.policy import Policy
from sim.rules.declare import Parameter, declared
from sim.rules.evidence import HOW_SEEN, Evidence, evidence
from sim.rules.rulebook import RULES
from sim.rules.settings import SECTIONS

ROOT = Path(__file__).parents[2]
PARAMETERS = {p.key: p for p in declared(SECTIONS)}
LEVERS = [p for name, kind in Policy.registry.items() if name for p in declared({f"policies.{name}": kind})]
SOURCED = [p for p in PARAMETERS.values() if p.standing in ("sourced", "calibrated")]
DOTTED = re.compile(rf"\b(?:{'|'.join(SECTIONS)})(?:\.[a-z0-9_]+)+")

EMPLOYED_PER_100_000 = {"TikTok": float(evidence()["MOD-33"].value_central), "X": 1e5 * 52 / 12e6}
"""Moderators employed by users; the second with 12 million users, see the note of MOD-35."""

SHIFTS_OF_A_HEAD = 35 / (7 * 8)
"""Share of the daily shifts of eight hours that a head of 35 hours a week covers."""


def test_the_table_is_read_whole() -> None:
    with (ROOT / "sim/rules/evidence.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    assert ids == [*evidence()]  # a row given twice would be lost
    assert len(ids) == 213
    for prefix, of_prefix in groupby(ids, key=lambda row: row.partition("-")[0]):
        assert [*of_prefix] == [f"{prefix}-{n:02}" for n in range(1, Counter(i.split("-")[0] for i in ids)[prefix] + 1)]


@pytest.mark.parametrize("row", evidence().values(), ids=lambda row: row.id)
def test_a_row_says_what_and_who_and_how_it_was_seen(row: Evidence) -> None:
    assert row.topic and row.parameter and row.source and row.note
    assert row.how_seen in HOW_SEEN
    assert row.address or not row.seen or "derived" in row.source


def test_a_row_that_was_computed_says_from_which_data_set() -> None:
    computed = [row for row in evidence().values() if row.how_seen == "computed"]
    assert {row.id for row in computed} == {f"MOD-{n}" for n in range(27, 33)}
    assert all(row.seen and "Transparency Database" in row.source for row in computed)


@pytest.mark.parametrize("row", evidence().values(), ids=lambda row: row.id)
def test_a_setting_that_a_note_names_rests_on_the_row(row: Evidence) -> None:
    assert set(DOTTED.findall(row.note)) <= {key for key, p in PARAMETERS.items() if row.id in p.sources}


@pytest.mark.parametrize("parameter", [*PARAMETERS.values(), *RULES.values(), *LEVERS], ids=lambda p: p.key)
def test_every_source_is_a_row(parameter: Parameter) -> None:
    assert set(parameter.sources) <= set(evidence())
    assert len(set(parameter.sources)) == len(parameter.sources)


def test_something_is_sourced() -> None:
    assert SOURCED


@pytest.mark.parametrize("parameter", SOURCED, ids=lambda p: p.key)
def test_what_is_sourced_was_seen_in_its_source(parameter: Parameter) -> None:
    assert evidence()[parameter.sources[0]].seen


@pytest.mark.parametrize("parameter", SOURCED, ids=lambda p: p.key)
def test_what_is_sourced_lies_where_its_source_says(parameter: Parameter) -> None:
    row = evidence()[parameter.sources[0]]
    if row.unit == "category":
        return
    values = [float(v) for v in (row.value_low, row.value_central, row.value_high) if v]
    per_cent = 100 if row.unit == "percent" else 1
    assert min(values) <= parameter.default * per_cent <= max(values)
    assert parameter.low * per_cent <= min(values)
    assert max(values) <= parameter.high * per_cent


def on_shift(employed_per_100_000: float) -> float:
    """Return heads on shift for the audience of the reference case, of heads employed by users."""
    return employed_per_100_000 * PARAMETERS["population.monthly_visitors"].default / 1e5 * SHIFTS_OF_A_HEAD


@pytest.mark.parametrize(
    ("key", "row", "value"),
    [
        ("predators.p_of_adults", "REP-29", 80_000 / 53e6),
        ("predators.p_of_adults", "MOD-09", 0.00145),
        ("predators.p_of_adults", "REP-26", 0.10 / 2),  # of men, over a life, several behaviours: no more than that
        ("registration.email.friction_user", "REG-06", 0.05),
        ("registration.email.friction_user", "REG-06", 0.4),
        ("registration.email.friction_user", "REG-07", 0.3),
        ("registration.email.p_return", "EVA-06", 0.2),
        ("registration.phone.friction_user", "REG-08", 0.05),
        ("registration.phone.friction_user", "REG-08", 0.54),
        ("registration.document.friction_user", "AGE-13", 0.55),
        ("reporting.p_flagged", "MOD-28", 0.02),
        ("moderation.staff", "MOD-33", on_shift(EMPLOYED_PER_100_000["TikTok"])),
        ("moderation.staff", "MOD-35", on_shift(EMPLOYED_PER_100_000["X"])),
        ("moderation.reviews_per_hour", "MOD-37", 3.3),
    ],
)
def test_a_range_reaches_what_its_rows_say(key: str, row: str, value: float) -> None:
    parameter = PARAMETERS[key]
    assert row in parameter.sources
    slack = 0.05 * value  # ranges are round numbers
    assert parameter.low - slack <= value <= parameter.high + slack


def test_hazards_reach_the_times_in_which_conversations_turned() -> None:
    """Over contacts that pass two stages the mean is the sum over both of one over what may end the stage."""
    rows = evidence()
    quick = slow = 0.0
    for stage, passes in (("contact", "engage"), ("engaged", "private")):
        passing = PARAMETERS[f"contacts.{stage}_{passes}_per_hour"]
        others = sum(PARAMETERS[f"contacts.{stage}_{end}_per_hour"].default for end in ("fade", "recognise"))
        assert passing.sources == ("REP-31", "REP-32")
        quick += 1 / (passing.high + others)
        slow += 1 / (passing.low + others)
    assert quick <= float(rows["REP-32"].value_central) <= slow
    assert float(rows["REP-31"].value_low) <= quick
    assert slow <= float(rows["REP-31"].value_high)
