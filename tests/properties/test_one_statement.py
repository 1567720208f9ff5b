"""Whatever the counts: verdict, percentage, printed figures, headline and marks of a figure say one thing."""

from __future__ import annotations

import re
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.outcomes.effects import _flat
from sim.outcomes.outcomes import OUTCOMES
from sim.outcomes.statistics import Change, Floats, paired_change, paired_effect, ratio_interval, t_interval
from sim.outcomes.verdicts import COMPARED, Verdict
from sim.policies.reporting import ReportingPolicy
from sim.report import cells as report_cells
from sim.report import figures, headline
from sim.report.style import mark_of
from sim.report.text import in_percent, numbers
from sim.rules.sentences import spoken
from tests.parts import synthetic

SCENARIO = synthetic.SCENARIO.replace(policies={"easy": (ReportingPolicy(friction=0.2),)})
SIGNS = {"lowers": -1, "raises": 1, "not resolved": 0}

few = st.integers(0, 30)
many = st.integers(0, 100_000)
skewed = st.one_of(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(200, 5000))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Counts under the baseline and under a policy of 2 to 40 seeds: independent, thinned, or scaled."""
    n, counts = draw(st.integers(2, 40)), draw(st.sampled_from([few, many, skewed]))
    base = np.array(draw(st.lists(counts, min_size=n, max_size=n)), float)
    how = draw(st.sampled_from(["independent", "thinned", "scaled", "shifted"]))
    if how == "independent":
        value = np.array(draw(st.lists(counts, min_size=n, max_size=n)), float)
    elif how == "thinned":
        kept = draw(st.lists(st.floats(0, 1), min_size=n, max_size=n))
        value = np.floor(base * np.array(kept))
    elif how == "scaled":
        value = base * draw(st.floats(0, 3))
    else:
        value = base + draw(st.integers(0, 5))
    return base / draw(st.sampled_from([1, 3, 365.25])), value


def shown(text: str) -> list[float]:
    """Return the numbers of a text, the sign of a zero among them."""
    return [float(number.replace(",", "")) for number in re.findall(r"[-+]?\d[\d,]*(?:\.\d+)?", text)]


def sign(ends: list[float]) -> int:
    return int(all(x > 0 for x in ends)) - int(all(x < 0 for x in ends))


def changed(base: Floats, value: Floats) -> Change:
    return paired_change(base, value, (99, 99))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(pairs())
@example((np.array([53.0, 61.0, 12.0, 5.0]), np.array([73.0, 112.0, 14.0, 3.0])))
def test_verdict_and_percentage_leave_out_zero_together(pair: tuple[Floats, Floats]) -> None:
    found = changed(*pair)
    relative = found.relative
    if found.verdict == "identical" or relative.value != relative.value:
        return
    assert relative.low <= relative.value <= relative.high
    assert relative.low >= -1
    assert relative.sign == found.difference.sign == SIGNS[found.verdict]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(pairs())
def test_what_is_printed_leaves_out_zero_where_the_verdict_does(pair: tuple[Floats, Floats]) -> None:
    found = changed(*pair)
    printed = spoken(in_percent(found.verdict, found.relative))
    if found.verdict not in COMPARED:
        assert printed == found.verdict
        return
    if printed not in (Verdict.NO_PERCENTAGE, "0"):
        value, *ends = shown(printed)
        assert sign(ends) == SIGNS[found.verdict]
        assert ends[0] <= value <= ends[1]
        assert ends[0] >= -100
    value, *ends = shown(numbers(found.difference).replace(" to ", " "))
    assert sign(ends or [value]) == SIGNS[found.verdict]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(pairs(), st.lists(few, min_size=2, max_size=40))
def test_what_goes_beyond_a_sum_is_told_in_percent_as_in_counts(pair: tuple[Floats, Floats], others: list[int]) -> None:
    base, value = pair
    n = min(len(base), len(others))
    beyond, base = value[:n] - base[:n] - np.array(others[:n], float), base[:n]
    found = ratio_interval(beyond, base)
    if found.value == found.value and beyond.any():
        assert found.sign == t_interval(beyond).sign


def effects(base: Floats, value: Floats) -> pd.DataFrame:
    """Return a table of effects in which every outcome has these counts."""
    found = _flat(asdict(paired_effect(base, value, (99, 99), "key", False)))
    return pd.DataFrame([{"policy": "easy", "outcome": o.name, "unit": o.unit, "reason": ""} | found for o in OUTCOMES])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pairs())
@example((np.array([1.0, 60.0, 2.0]), np.array([41.0, 100.0, 42.0])))
def test_the_headline_says_no_more_than_the_verdict(pair: tuple[Floats, Floats]) -> None:
    verdict = changed(*pair).verdict
    cells = report_cells.Cells(SCENARIO, effects(*pair), ["easy"])
    if verdict not in ("lowers", "raises"):
        return
    said = spoken(headline.sentence(cells, "easy", ()))
    assert said.startswith(f"easy {verdict} serious harm by ")
    size = shown(re.sub(r"per 1,000.*", "", said.removeprefix(f"easy {verdict} serious harm by ").split("; it")[0]))
    assert size and all(x > 0 for x in size)
    assert "nan" not in said


@pytest.mark.parametrize("name", ["overview", "price"])
@settings(max_examples=15, deadline=None, derandomize=True)
@given(pair=pairs())
def test_a_figure_marks_what_the_verdict_says(name: str, pair: tuple[Floats, Floats]) -> None:
    table_ = effects(*pair)
    drawn = {line.get_marker() for line in getattr(figures, name)(table_)[0].lines} & {"o", "s", "x"}
    verdict = changed(*pair).verdict
    mark = mark_of(verdict, "lower")
    assert mark is not None
    unsaid = name == "overview" and np.isnan(table_["relative"]).all()
    assert drawn == (set() if unsaid else {mark.shape})
