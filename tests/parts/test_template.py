"""The template of `new` runs, says of a number what is declared, and is the same scenario in each language.

Or `new` copies a shipped scenario.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.__main__ import main
from sim.policies.policy import Policy
from sim.report.declared import glossary
from sim.rules.declare import Parameter, declared
from sim.rules.language import LANGUAGES, speaking
from sim.rules.sentences import Term, spoken
from sim.rules.settings import SECTIONS
from sim.scenario import template
from sim.scenario.reading import load
from sim.scenario.shipped import shipped
from tests.parts.editor import complaints

TEXT = template.template()
WORDS = " ".join(line.lstrip("# ") for line in TEXT.splitlines())
SET = {
    f"{section}.{name}"
    for section, values in tomllib.loads(TEXT).items()
    if isinstance(values, dict) and section != "policies"
    for name in values
}
TEN = {
    "population.monthly_visitors", "population.visits_per_month", "predators.p_of_adults",
    "predators.approaches_per_hour", "predators.p_retry_absent", "contacts.private_leave_per_hour",
    "registration.level", "registration.none.findability", "retention.message_hours", "reporting.friction",
    "moderation.staff", "moderation.shift_days", "moderation.shift_start_hour", "moderation.shift_hours",
    "moderation.reviews_per_hour",
}  # fmt: skip
"""What the ten questions are about; the level only chooses, and five make up who reads reports when."""


def test_levers_are_told_of_in_the_template_and_in_the_glossary() -> None:
    shipped = [name for name, kind in Policy.registry.items() if kind.__module__.startswith("sim.policies.") and name]
    assert shipped
    for text in (template.template(), glossary()["lever"]):
        assert [name for name in shipped if not re.search(rf"\b{name}\b", text)] == []


def test_it_asks_ten_questions_each_with_a_reason() -> None:
    assert re.findall(r"^# (\d+)\. .{30,}", TEXT, re.M) == [str(n) for n in range(1, 11)]
    assert "?" not in [line[:1] for line in TEXT.splitlines()]
    assert max(map(len, TEXT.splitlines())) <= template.WIDTH


@pytest.mark.parametrize("setting", [p for p in declared(SECTIONS) if p.key in TEN], ids=lambda p: p.key)
def test_it_says_what_is_declared(setting: Parameter) -> None:
    found = WORDS[WORDS.index(f"[{setting.key.rpartition('.')[0]}]") :]
    assert setting.meaning in found
    rest = found[found.index(setting.meaning) :].split(" = ")[0]
    assert f"({setting.unit})" in rest
    assert setting.standing in rest
    if setting.low is not None:
        assert f"plausible {setting.low:g} to {setting.high:g}" in rest


def test_the_questions_are_those_with_a_number() -> None:
    assert set(template.questions()) == TEN - {"registration.level"}


def test_all_ten_are_there() -> None:
    assert {p.key for p in declared(SECTIONS)} >= TEN
    assert SET | {"registration.none.findability"} >= TEN


def test_what_is_not_changed_has_its_default(tmp_path: Path) -> None:
    template.write(tmp_path / "new.toml")
    assert (tmp_path / "new.toml").read_text(encoding="utf-8") == TEXT
    scenario = load(tmp_path / "new.toml")
    changed = set()
    for parameter in declared(SECTIONS):
        value = scenario
        for part in parameter.key.split("."):
            value = getattr(value, part)
        if value != parameter.default:
            changed.add(parameter.key)
    assert changed == {
        "population.monthly_visitors", "population.monthly_visitors_start", "predators.p_of_adults", "moderation.staff",
        "moderation.shift_hours", "moderation.reviews_per_hour",
    }  # fmt: skip
    assert not [arm for arm in scenario.policies if scenario.inert(arm)]


def test_or_it_copies_a_shipped_scenario(tmp_path: Path) -> None:
    assert shipped() == {path.stem: path for path in (Path(__file__).parents[2] / "scenarios").glob("*.toml")}
    for name, path in shipped().items():
        template.write(tmp_path / f"{name}.toml", like=name)
        assert (tmp_path / f"{name}.toml").read_bytes() == path.read_bytes()


def test_it_is_right_by_the_schema() -> None:
    assert complaints(TEXT) == []


# -- in the language of the reader ------------------------------------------------------------------------------------


@pytest.fixture(params=[*LANGUAGES][1:])
def code(request: pytest.FixtureRequest) -> Iterator[str]:
    """A language other than English, read within the test."""
    with speaking(request.param):
        yield request.param


def ordered(table: object) -> object:
    """Return a table as pairs, since tables are equal whatever the order of their keys."""
    return [(name, ordered(value)) for name, value in table.items()] if isinstance(table, dict) else table


def comments(source: str) -> list[tuple[int, str, bool]]:
    """Return each line with a key or heading, with the lines of comment before it and whether one is in it."""
    found, lines = [], 0
    for line in source.splitlines():
        said, mark, _ = line.partition(" #")
        if line.startswith("#"):
            lines += 1
        elif said:
            found.append((lines, said.rstrip(), bool(mark)))
            lines = 0
    return found


def test_it_is_the_same_scenario_in_each_language_but_for_the_title(code: str) -> None:
    english, other = tomllib.loads(TEXT), tomllib.loads(template.template())
    assert english.pop("title") != other.pop("title")
    assert ordered(other) == ordered(english)


def test_it_says_as_much_of_each_number_in_each_language(code: str) -> None:
    english, other = (
        comments(Path(template.__file__).with_suffix(f".{read}.toml").read_text(encoding="utf-8"))
        for read in ("en", code)
    )
    title = [n for n, (_, said, _) in enumerate(english) if said.startswith("title")]
    assert [n for n, (mine, yours) in enumerate(zip(english, other, strict=True)) if mine != yours] == title
    assert english[title[0]][0] == other[title[0]][0]


def test_it_reads_as_english_does_in_each_language(code: str) -> None:
    text = template.template()
    assert max(map(len, text.splitlines())) <= template.WIDTH
    assert re.findall(r"^# (\d+)\. .{30,}", text, re.M) == [str(n) for n in range(1, 11)]
    with speaking("en"):
        asked = template.questions()
    assert template.questions() == asked
    words = " ".join(line.lstrip("# ") for line in text.splitlines())
    for setting in (p for p in declared(SECTIONS) if p.key in TEN):
        assert spoken(Term(setting.meaning)) in words and f"({spoken(Term(setting.unit))})" in words
    assert complaints(text) == []


def test_it_is_set_as_french_is() -> None:
    with speaking("fr"):
        said = [line.partition("#")[2] for line in template.template().splitlines()[1:]]
    prose = re.sub(r"`[^`]*`|\w+ = \S+|python -m .*", "", "\n".join(said))
    assert not re.search(r"'|[^\u202f\n][;!?»]|[^\u202f\n]:(?=\s)|«(?!\u202f)", prose)


def test_new_writes_it_in_the_language_that_is_asked_for(code: str, tmp_path: Path, capsys: Any) -> None:
    assert main(["new", str(tmp_path / "own.toml"), "--lang", code]) == 0
    assert (tmp_path / "own.toml").read_text(encoding="utf-8") == template.template() != TEXT
    assert main(["check", str(tmp_path / "own.toml"), "--lang", code]) == 0
    assert not capsys.readouterr().err
    assert main(["new", str(tmp_path / "copy.toml"), "--like", "classroom", "--lang", code]) == 0
    assert (tmp_path / "copy.toml").read_bytes() == shipped()["classroom"].read_bytes()
