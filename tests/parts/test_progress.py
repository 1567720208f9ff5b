"""How far a study is and how long it still takes, on a machine whose clock the tests turn."""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.policies.registration import RegistrationPolicy
from sim.policies.set import SetPolicy
from sim.questions import compare
from sim.questions import ranges as questions_ranges
from sim.rules.sentences import spoken
from sim.rules.words import lasting
from sim.study import progress
from sim.study.answer import answer
from sim.study.price import cost
from sim.study.progress import Progress
from tests.parts import synthetic


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(progress, "time", turned)
    return turned


def work(shown: Progress, clock: Clock, seconds: float, slower: float, steps: int = 100) -> None:
    """Do work that was expected to take so many seconds, in steps."""
    for _ in range(steps):
        clock.now += slower * seconds / steps
        shown.advance(seconds / steps)


def test_a_slower_machine_is_said_once_with_the_time_that_it_takes_in_all(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(True, [200, 40]) as shown:
        shown.begin("simulating")
        work(shown, clock, 200, slower=3)
        assert shown.slower == pytest.approx(3, abs=0.05)
        assert shown.left == pytest.approx(3 * 40, rel=0.1)
        shown.begin("drawing")
        work(shown, clock, 40, slower=3)
        assert shown.left < 5
    first, *others = capsys.readouterr().err.splitlines()
    assert first == "This machine is about 2.7 times slower than expected: about 11 minutes in all."
    assert not [line for line in others if "slower" in line]
    assert others[0] == "simulating: 10% after 72 seconds, about 10 minutes left"
    assert others[-1].startswith("drawing: 9")
    assert len(others) == 9


def test_a_machine_that_hardly_moves_is_told_in_plain_numbers(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(True, [200]) as shown:
        shown.begin("simulating")
        clock.now += 3000
        shown.advance(0.02)
    assert re.search(r"is about \d[\d,]{2,} times slower", capsys.readouterr().err)


@pytest.mark.parametrize("slower", [0.5, 1, 1.3])
def test_as_long_as_expected_is_not_worth_a_word(
    slower: float, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(True, [25, 3]) as shown:
        shown.begin("simulating")
        work(shown, clock, 20, slower)
        shown.begin("drawing")
    assert capsys.readouterr().err == ""


def test_lines_come_seldom_and_never_faster_than_every_half_minute(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(True, [100.0]) as shown:
        shown.begin("simulating")
        work(shown, clock, 100, slower=1)
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "simulating: 30% after 30 seconds", "simulating: 60% after 60 seconds", "simulating: 90% after 90 seconds",
    ]  # fmt: skip
    with Progress(True, [100_000.0]) as shown:
        shown.begin("simulating")
        work(shown, clock, 3000, slower=1)
    assert len(capsys.readouterr().err.splitlines()) == 5  # every ten minutes, though a tenth is not done


def test_work_that_is_lost_is_to_be_done_again_and_says_nothing_of_the_machine(clock: Clock) -> None:
    shown = Progress(True, [100.0])
    shown.begin("simulating")
    work(shown, clock, 50, slower=2)
    shown.lose(20)
    assert shown.share == pytest.approx(0.3)
    assert shown.slower == pytest.approx(101 / 51)


def test_on_a_terminal_it_is_a_bar_that_goes_away(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(True, [200, 40]) as shown:
        shown.begin("simulating")
        work(shown, clock, 100, slower=2)
        shown.note("1 failed")
    said = terminal.getvalue()
    assert "simulating   0%|" in said and "left, 1 failed" in said
    assert said.count("\n") == said.count("This machine is about") == 1
    assert said.rstrip(" ").endswith("\r")


def test_nothing_is_shown_unasked_or_where_there_is_no_stream(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for shown, stream in ((False, sys.stderr), (True, None)):
        monkeypatch.setattr(sys, "stderr", stream)
        with Progress(shown, [100.0]) as silent:
            silent.begin("simulating")
            work(silent, clock, 100, slower=9)
    assert capsys.readouterr() == ("", "")


def test_a_study_tells_of_its_tables_and_figures_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    monkeypatch.setattr(progress, "SHARE_BETWEEN_LINES", 0)
    scenario = synthetic.SCENARIO.replace(days=30, policies={"phone": (RegistrationPolicy(level="phone"),)})
    with synthetic.in_place():
        answer(compare.question(scenario, seeds=2), 1, True, tmp_path / "r")
    told = capsys.readouterr().err.splitlines()
    assert {line.split(":")[0] for line in told} == {"simulating", "making tables and figures"}
    assert told[-1].startswith("making tables and figures: 100% after ")


def test_what_is_announced_has_statistics_and_figures_in_it() -> None:
    many = {f"p{i}": (SetPolicy(rule="reporting.friction", value=i / 200),) for i in range(199)}
    scenario = synthetic.SCENARIO.replace(policies=many)
    few = compare.question(scenario, ["p1"], 2)
    asked = compare.question(scenario, seeds=2)
    assert asked.later(drawn=True) > 40 > 10 * few.later(drawn=True)
    assert asked.later(drawn=False) < asked.later(drawn=True)
    ranges = questions_ranges.question(scenario, [*many][:50], ["contacts.rel_meeting"], 2)
    assert ranges.later(drawn=True) > 25 + ranges.later(drawn=False)
    assert "About 5 minutes" in spoken(cost(few.tasks(), 1, later=300))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 seconds"),
        (1, "1 second"),
        (89, "89 seconds"),
        (91, "91 seconds"),
        (119.6, "2 minutes"),
        (3600, "60 minutes"),
        (9000, "2.5 hours"),
    ],
)
def test_times_in_words(seconds: float, words: str) -> None:
    assert spoken(lasting(seconds)) == words


@pytest.fixture(autouse=True)
def _nothing_left_open() -> Iterator[None]:
    from tqdm import tqdm

    yield
    assert not tqdm._instances  # type: ignore[attr-defined]
