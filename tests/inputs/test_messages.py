"""Messages do not contradict themselves: what is shown as refused is refused, and what is told to do can be done."""

from __future__ import annotations

import ast
import datetime as dt
import gettext
import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.__main__ import _parser
from sim.policies.registration import RegistrationPolicy
from sim.policies.set import SetPolicy
from sim.questions import sweep
from sim.rules import language
from sim.rules.declare import Parameter, declared
from sim.rules.errors import ScenarioError
from sim.rules.hints import hint
from sim.rules.language import speaking
from sim.rules.rulebook import RULES
from sim.scenario.arguments import share_of
from sim.scenario.reading import load
from sim.scenario.scenario import Scenario
from tests.inputs.test_mistakes import MISTAKES

ROOT = Path(__file__).parents[2]
SETTINGS = {p.key: p for p in declared({"": Scenario})}
NUMBERS = [p for p in SETTINGS.values() if p.type in (int, float)]


def refused(key: str, value: Any) -> str:
    with pytest.raises(ScenarioError) as error:
        Scenario().replace(**{key: value})
    return str(error.value)


def shown_in(message: str, key: str) -> Any:
    """Return the value that a message says is not allowed."""
    found = re.match(rf"{re.escape(key)} = (.*?) is not allowed\. It takes ", message)
    assert found, message
    return tomllib.loads(f"value = {found[1]}")["value"]


def beyond(taken: Parameter) -> Iterator[Any]:
    """Yield values that a number does not take, as near to what it takes as can be."""
    if taken.type is int:
        yield float(taken.default)
    for bound, where in ((taken.minimum, -1), (taken.maximum, 1)):
        if bound is not None:
            yield math.nextafter(bound, where * math.inf) if taken.type is float else bound + where


@pytest.mark.parametrize("taken", NUMBERS, ids=lambda p: p.key)
def test_what_is_shown_as_refused_is_what_was_given_and_is_refused(taken: Parameter) -> None:
    for value in beyond(taken):
        message = refused(taken.key, value)
        shown = shown_in(message, taken.key)
        assert (shown, type(shown)) == (value, type(value))
        assert not taken.allows(shown)


@pytest.mark.parametrize("rule", [r for r in RULES.values() if r.type in (int, float)], ids=lambda r: r.key)
def test_the_same_of_a_value_of_set_and_of_a_sweep(rule: Parameter) -> None:
    for value in beyond(rule):
        with pytest.raises(ValueError, match=re.escape(f"{value} is not allowed for {rule.key}.")):
            SetPolicy(rule=rule.key, value=value)
        with pytest.raises(ScenarioError) as error:
            sweep.points(Scenario(), {rule.key: [value, 0]})
        assert shown_in(str(error.value), rule.key) == value


@pytest.mark.parametrize("taken", [p for p in NUMBERS if p.type is int], ids=lambda p: p.key)
def test_a_whole_number_with_a_point_is_told_how_to_write(taken: Parameter) -> None:
    assert refused(taken.key, float(taken.default)).endswith(f" Write {taken.default}, without a point.")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2021-1-1", "2021-01-01"), ("2021/02/28", "2021-02-28"), ("2021-01-01", "2021-01-01"),
        (20210131, "2021-01-31"),
        ("1 January 2021", "2021-01-01"), ("Jan 5, 2021", "2021-01-05"), ("1er janvier 2021", "2021-01-01"),
        ("3 août 2021", "2021-08-03"), ("31.12.2021", "2021-12-31"), ("juin 7, 2021", "2021-06-07"),
        (dt.datetime(2021, 5, 6, 7), "2021-05-06"),
        ("01/02/2021", "2021-02-01 if 1 is the day, or 2021-01-02 if 2 is the day"),
    ],
)  # fmt: skip
def test_a_date_as_people_write_it(given: Any, meant: str) -> None:
    assert f" Write {meant}" in refused("start", given)


@pytest.mark.parametrize("given", ["2021", "ten", "30 February 2021", "2021-13-45", 3, "1 1 1", "", "2021-01-01-01"])
def test_no_date_is_made_up(given: Any) -> None:
    assert hint(given, SETTINGS["start"]) is None


@pytest.mark.parametrize(
    ("key", "given", "told"),
    [
        ("sanctions.ladder_hours", [24.0, 48.0], "Write 24."), ("sanctions.ladder_hours", ["24h"], "Write 24."),
        ("sanctions.ladder_hours", [24, 0], "none smaller than the one before."),
        ("population.hourly_weights", [1] * 23, "It takes a list of 24 whole numbers from 0 to 10000."),
        ("population.hourly_weights", [1] * 23 + [-1], "It takes a list of 24 whole numbers from 0 to 10000."),
        ("population.hourly_weights", [0] * 24, "at least one hour needs a weight."),
        ("sanctions.ladder_hours", [0] * 21, "a list of up to 20 whole numbers from 0 to 100000, none"),
    ],
)  # fmt: skip
def test_lists(key: str, given: list[Any], told: str) -> None:
    assert told in refused(key, given)


def test_how_large_and_how_small_are_told_exactly_enough() -> None:
    message = refused("scale", 99.9 / 500_000)
    assert "leaves 99.9 visitors a month; the model needs at least 100." in message
    with pytest.raises(ScenarioError) as error:
        Scenario().replace(**{"predators.p_of_adults": 0.3, "predators.approaches_per_hour": 20.0})
    found = re.search(r"about ([\d,]+) approaches in the busiest hour, at most ([\d,]+) are possible", str(error.value))
    assert found
    about, most = (int(number.replace(",", "")) for number in found.groups())
    assert most < about


def test_shares_that_add_up_in_decimals_are_taken() -> None:
    for shares in ((0.33, 0.56, 0.11), (0.1, 0.2, 0.7), (0.56, 0.33, 0.11)):
        keys = ("population.p_under_15", "population.p_15_17", "population.p_minority")
        people = Scenario().replace(**dict(zip(keys, shares, strict=True))).population
        assert people.p_classes == (*shares[:2], 0.0, shares[2])
    assert "add up to more than 1" in refused("population.p_under_15", 0.8)
    assert Scenario().replace(**{"responses.p_false_engaged": 0.9, "responses.p_false_private": 0.1})


def test_additions_that_end_at_nothing_in_decimals_are_taken() -> None:
    less = {f"registration.{level}.friction_user": f for level, f in (("phone", 0.3), ("email", 0.2), ("none", 0.1))}
    site = Scenario().replace(**less, **{"registration.level": "phone"})
    arm = (SetPolicy(rule="registration.friction_user", value=0.3), RegistrationPolicy(level="none"),
           RegistrationPolicy(level="none", start=dt.date(2021, 6, 1)))  # fmt: skip
    whole = site.replace(policies={"a": arm[:2]})
    assert whole.rules_on(0, "a").registration.friction_user == pytest.approx(0.1)
    rules = site.replace(**{"registration.none.friction_user": 0.0}, policies={"a": arm[:2]}).rules_on(0, "a")
    assert rules.registration.friction_user == 0


# -- what is told to do can be done -----------------------------------------------------------------------------------


def commands_named() -> Iterator[tuple[str, str, list[str]]]:
    """Yield where a command is named, which, and the options named with it; a value put in reads X."""
    for path in sorted((ROOT / "sim").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            yield from ((path.name, *found) for found in commands_in(text))
    for path in (*(ROOT / "sim" / "scenario").glob("template.*.toml"), ROOT / "README.md", ROOT / "MODEL.md"):
        yield from ((path.name, *found) for found in commands_in(path.read_text(encoding="utf-8")))


def commands_in(text: str) -> Iterator[tuple[str, list[str]]]:
    for name, rest in re.findall(r"python -m sim ([a-z]+)([^\n;]*?)(?=\. |\.?$|\n|;|python -m sim)", text, re.M):
        yield name, re.findall(r"(--[a-z]+(?:-[a-z]+)*)", rest)


def test_every_command_that_is_named_is_there_with_its_options() -> None:
    (subparsers,) = (action for action in _parser()._actions if action.dest == "==SUPPRESS==" and action.choices)
    named = list(commands_named())
    assert len(named) > 40
    for where, name, options in named:
        assert name in subparsers.choices, (where, name)
        known = subparsers.choices[name].filled()._option_string_actions
        assert {*options} <= {*known}, (where, name, options)


# -- in the language of the reader ------------------------------------------------------------------------------------


class Marked(gettext.NullTranslations):
    """A catalogue that has every message, between marks."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_catalogue", lambda code: Marked())


@pytest.mark.usefixtures("marked")
def test_an_error_is_read_in_the_language_that_is_spoken_when_it_is_read() -> None:
    with pytest.raises(ScenarioError) as of_file, speaking("fr"):
        Scenario().replace(days="3 d")
    in_english = 'days = "3 d" is not allowed. It takes a whole number from 1 to 10000. Write 3: this is in days.'
    assert str(of_file.value) == in_english
    with speaking("fr"):
        assert str(of_file.value) == (
            '«days = "3 d" is not allowed. It takes «a whole number»« from 1 to 10000».» «Write 3: this is in «days».»'
        )
    assert str(of_file.value) == in_english
    with pytest.raises(ScenarioError) as of_argument:
        share_of("2", "share")
    with speaking("fr"):
        assert str(of_argument.value).startswith('«share = "2" is not allowed. It takes «a share above 0')


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("name", MISTAKES)
def test_all_that_is_said_of_a_broken_file_can_be_translated(name: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text(MISTAKES[name][0])
    with pytest.raises(ScenarioError) as error:
        load(file)
    with speaking("fr"):
        marked = str(error.value)
    signs = str.maketrans("", "", "«»,.\u202f")
    assert marked.translate(signs) == str(error.value).translate(signs)
    n = 1
    while n:
        marked, n = re.subn("«[^«»]*»", "", marked)
    place = rf"({file}(:\d+)?: )?([\w.]+(\[row \d+\][\w.]*)?: )? *"
    assert all(re.fullmatch(place, line) for line in marked.splitlines()), marked
