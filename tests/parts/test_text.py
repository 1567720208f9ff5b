"""How results read: numbers, percentages, and tables that fit."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest

import sim
from sim.__main__ import main
from sim.outcomes.statistics import NONE, Interval
from sim.outcomes.verdicts import Verdict
from sim.policies.policy import Policy
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.report.blocks import NARROWEST, WIDTH, Column, Prose, Table, render, terminal_width
from sim.report.text import in_percent, number, numbers, percents
from sim.rules.sentences import spoken
from tests.parts import synthetic

LONG = "a-policy-with-a-name-of-twenty-eight-or-of-sixty-characters"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((0.0, "0"), (-0.0, "0"), (0.5, "0.500"), (12.34, "12.3"), (1.234, "1.23"), (12345.6, "12,346")),
        *((0.0004, "0.0004"), (-0.00002, "-0.00002"), (np.nan, "-"), (-7.0, "-7")),
    ],
)
def test_a_number_has_three_digits_and_only_zero_reads_as_zero(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("shares", "text"),
    [
        ((-0.18, -0.31, -0.04), ["-18", "-31", "-4"]),
        ((-0.024, -0.045, -0.002), ["-2.4", "-4.5", "-0.2"]),
        ((-0.12, -0.24, -0.003), ["-12.0", "-24.0", "-0.3"]),
        ((-0.12, -0.24, -1e-9), ["-12.000", "-24.000", "-0.001"]),
        ((0.002, 1e-300, 0.004), ["+0.200", "+0.001", "+0.400"]),
        ((-0.12, -0.24, 0.003), ["-12", "-24", "+0"]),
        ((-0.12, -0.24, 0.0), ["-12", "-24", "0"]),
        ((12.5, 3, 40), ["+1,250", "+300", "+4,000"]),
    ],
)
def test_percentages_that_leave_out_zero_do_not_read_as_zero(shares: tuple, text: list[str]) -> None:
    assert percents(shares, "+") == text


def test_what_stands_for_a_percentage_that_there_is_none_of() -> None:
    assert in_percent(Verdict.RAISES, NONE) is Verdict.NO_PERCENTAGE
    assert in_percent(Verdict.TOO_FEW, NONE) is Verdict.TOO_FEW
    assert in_percent(Verdict.NOT_COUNTED, Interval(0.1, 0.0, 0.2)) is Verdict.NOT_COUNTED
    assert spoken(in_percent(Verdict.LOWERS, Interval(-0.18, -0.31, -0.04))) == "-18% (-31 to -4)"


def test_an_interval_that_reads_the_same_at_both_ends_is_left_out() -> None:
    assert numbers((671.2, 640.1, 702.3), "+") == "+671 (640 to 702)"
    assert numbers((97.41, 97.409, 97.411), "+") == "+97.4"
    assert numbers((0, 0, 0), "+") == "0"
    assert numbers((np.nan, np.nan, np.nan), "+") == "-"


def table(n: int, width: int = 12) -> Table:
    columns = [Column(f"quantity {i}, things a month", ["x" * width, str(i)]) for i in range(n)]
    return Table("TITLE", "levels", [Column("policy", ["baseline", "b" * 28], left=True)], columns, "A note.")


def test_a_wide_table_goes_on_below_itself_with_the_same_rows() -> None:
    narrow, wide = table(3).text(WIDTH), table(9).text(WIDTH)
    assert narrow.count("TITLE") == 1
    assert wide.count("TITLE: levels") == 1 and wide.count("TITLE, continued: levels") == 1
    assert wide.count("baseline") == wide.count("b" * 28) == 2
    assert wide.count("A note.") == 1 and wide.endswith("A note.")
    for text in (narrow, wide):
        assert max(map(len, text.splitlines())) <= WIDTH
    assert all(f"quantity {i}," in " ".join(wide.split()) for i in range(9))
    one, other = wide.split("\n\n")
    assert one.count("x" * 12) - other.count("x" * 12) in (0, 1)


def test_a_column_that_fits_nowhere_stands_alone() -> None:
    assert table(3, width=200).text(60).count("continued") == 2


def test_headings_break_between_words_and_stand_over_their_cells() -> None:
    assert table(1).text(WIDTH).splitlines()[1:6] == [
        "                               quantity 0,",
        "                                  things a",
        "policy                               month",
        "------------------------------------------",
        "baseline                      xxxxxxxxxxxx",
    ]


def test_cells_go_on_below_themselves_only_where_a_table_is_too_wide() -> None:
    words = Column("what", ["one two three four", "five"], left=True, breaks=9)
    made = Table("TITLE", "levels", [words], [Column("n", ["1", "2"])])
    assert "one two three four  1\nfive                2" in made.text(30)
    assert "one two  1\nthree\nfour\nfive     2" in made.text(20)


def test_html_is_the_same_table_and_text_in_it_is_text() -> None:
    made = Table("A & B", "levels", [Column("<policy>", ["<b>"], left=True)], [Column("n", ["1"])], "x < y")
    html = made.html()
    assert "<caption>A &amp; B: levels</caption>" in html
    assert ">&lt;policy&gt;</th>" in html and ">&lt;b&gt;</th>" in html and "<p>x &lt; y</p>" in html
    assert '<th scope="row"' in html and html.count('<th scope="col"') == 2
    assert Prose(("1 < 2",)).html() == "<p>1 &lt; 2</p>"


def test_blocks_stand_apart_by_an_empty_line() -> None:
    assert render([Prose(("one", "two")), Prose(("three",))], 60) == "one\ntwo\n\nthree"


@pytest.mark.parametrize("width", [WIDTH, NARROWEST])
@pytest.mark.slow
def test_every_table_fits_whatever_the_names(width: int) -> None:
    policies: dict[str, tuple[Policy, ...]] = {
        f"{LONG[: 60 - len(level)]}{level}": (RegistrationPolicy(level=level),) for level in ("email", "phone")
    }
    policies |= {"easy": (ReportingPolicy(friction=0.2),)}
    policies["both"] = (*policies["easy"], *policies[next(iter(policies))])
    scenario = synthetic.SCENARIO.replace(policies=policies)
    with synthetic.in_place():
        results = [
            sim.compare(scenario, seeds=4),
            sim.sweep(scenario, {"retention.message_hours": [1, 720], "reporting.friction": [0.2, 0.9]}, seeds=3),
            sim.ranges(scenario, ["easy", "both"], seeds=3),
            sim.doubt(scenario, draws=16),
            sim.why(scenario, "both", seeds=3),
        ]
        texts = [sim.run(scenario).summary(width), *(result.table(width) for result in results)]
    for text in texts:
        assert max(map(len, text.splitlines())) <= width


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "width"), [(200, WIDTH), (90, 90), (20, NARROWEST)])
def test_what_is_printed_fits_the_terminal(columns: int, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: os.terminal_size((columns, 24)))
    assert terminal_width() == WIDTH
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    assert terminal_width() == width
    with synthetic.in_place():
        assert main(["compare", "scenarios/classroom.toml", "--policies", "email", "--seeds", "2"]) == 0
    lines = terminal.getvalue().splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("A classroom chat"))
    assert 50 < max(map(len, lines[begin:])) <= width
