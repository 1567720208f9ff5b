"""Input that is hostile by depth or length is refused about at once, in a few lines, and takes no memory with it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.__main__ import main
from sim.policies.reporting import ReportingPolicy
from sim.rules.errors import MOST_PROBLEMS, ScenarioError
from sim.rules.names import MOST_ACCENTS, normal
from sim.scenario.limits import MAX_CHANGES, MAX_LEVERS
from sim.scenario.lines import MAX_DEPTH, MAX_VALUES
from sim.scenario.reading import MAX_BYTES
from sim.study.folder import MANIFEST
from tests.parts import synthetic

SECONDS = 2.0
"""Of the processor, at most: about one is taken where little else runs."""

LONG = MAX_BYTES - 1_000


def repeated(text: str, n: int | None = None) -> str:
    """Return a text so many times, or as often as a file has room for it."""
    return text * (n or LONG // len(text.encode()))


def numbered(text: str, n: int) -> str:
    """Return a text so many times, with its number for each @ and the next for each &."""
    return "\n".join(text.replace("@", str(i)).replace("&", str(i + 1)) for i in range(n))


HOSTILE: dict[str, tuple[str, str]] = {
    # deep
    "lists": ("days = " + repeated("[", LONG // 2) + repeated("]", LONG // 2), "nested too deeply"),
    "lists, not closed": ("days = " + repeated("["), "nested too deeply"),
    "lists, a few too deep": ("days = " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested too deeply"),
    "tables": (repeated("a = {", LONG // 7) + repeated("}", LONG // 7), "nested too deeply"),
    "a name with dots": (repeated("a.") + "a = 1", "nested too deeply"),
    "a name with dots and blanks": (repeated("a . ") + "a = 1", "nested too deeply"),
    "a name with dots, quoted": (repeated('"a\\"".') + "a = 1", "nested too deeply"),
    "a heading with dots": ("[" + repeated("a.") + "a]", "nested too deeply"),
    "names with dots": (numbered("k@." + "a." * 30 + "a = 1", 4_000), "nested too deeply"),
    "tables of tables": (numbered("[[a@" + ".a" * 30 + "]]", 3_000), "nested too deeply"),
    # many
    "keys": (numbered("k@ = 1", 19_000), "k0 is not a setting"),
    "keys of a section": ("[population]\n" + numbered("k@ = 1", 19_000), "population.k0 is not a setting"),
    "keys that are nearly right": ("[population]\n" + numbered("monthly_visitor@ = 1.0", 9_000), "Did you mean"),
    "values": (numbered("k@ = 1", 22_000), f"more than {MAX_VALUES:,} values"),
    "entries of a list": ("[sanctions]\nladder_hours = [" + repeated("1,") + "]", "values, too many"),
    "wrong entries of a list": ("[sanctions]\nladder_hours = [" + repeated('"1d",', 19_000) + "]", "Write 24"),
    "policies": (numbered("[policies.p@]\nreporting = {friction = 0.1}", 5_000), "these are 5,000 policies"),
    "empty policies": (numbered("[policies.p@]", 15_000), "these are 15,000 policies"),
    "wrong levers": ("[policies.p]\n" + numbered("reporting@ = 1", 15_000), "no lever is called reporting0"),
    "wrong levers of many": (
        "\n".join(f"[policies.p{i}]\n" + numbered("reporting@ = 1", 60) for i in range(199)), "no lever is called"
    ),
    "policies combined": ("[policies.p]\ncombine = [" + repeated('"q",', 19_000) + "]", "no policy is called"),
    "policies combined in a chain": (
        numbered('[policies.p@]\ncombine = ["p&"]\nreporting = {friction = 0.1}', 199)
        + "\n[policies.p199]\nretention = {message_hours = 24}",
        f"levers in all; up to {MAX_LEVERS:,}",
    ),
    "rows of a lever": ("[policies.p]\nreporting = [" + repeated("{friction = 0.1},", 9_000) + "]", "9,000 levers in"),
    "wrong rows of a lever": ("[policies.p]\nreporting = [" + repeated("{friction = 2},", 9_000) + "]", "friction = 2"),
    "days on which rules change": (
        "days = 10_000\n" + numbered("[policies.p@]\nwarnings = {p_reached = 0.5, p_kept_per_week = 0.9999}", 200),
        f"days in all; up to {MAX_CHANGES:,}",
    ),
    "offences": (numbered('[[offences]]\nname = "o@"\ntarget_weights = [0, 0, 1, 0]', 2_400), "offences"),
    # long
    "a whole number": ("days = " + repeated("9"), "thousands of digits"),
    "a whole number to the base of 16": ("days = 0x" + repeated("f"), "more than 30 digits"),
    "a whole number for a date": ("start = 0x" + repeated("f"), "more than 30 digits"),
    "a whole number for a text": ("title = 0x" + repeated("f"), "more than 30 digits"),
    "a whole number in a list": ("[sanctions]\nladder_hours = [0x" + repeated("f") + "]", "more than 30 digits"),
    "a whole number for a rule": (
        '[policies.p]\nset = {rule = "reporting.friction", value = 0x' + repeated("f") + "}", "more than 30 digits"
    ),
    "an exponent": ("scale = 1e" + repeated("9"), "nan and inf"),
    "a text": ('title = "' + repeated("x") + '"', "up to 200 characters"),
    "a text of quotes": ('title = "' + repeated('\\"') + '"', "up to 200 characters"),
    "a text of lines": ('title = """' + repeated("x\n") + '"""', "up to 200 characters"),
    "a text, not closed": ('title = "' + repeated("x"), "Unterminated string"),
    "a text of quotes, not closed": ('title = "' + repeated('\\"'), "Unterminated string"),
    "quotes": (repeated("'\""), "not valid TOML"),
    "a text for a number": ('days = "' + repeated("1") + '"', "a whole number from 1"),
    "a text for a date": ('start = "1' + repeated(" ") + 'x"', "a date without quotes"),
    "a level": ('[registration]\nlevel = "' + repeated("x") + '"', "one of none, email"),
    "a name": (repeated("x") + " = 1", "is not a setting"),
    "the name of a lever": ("[policies.p]\n" + repeated("x") + " = 1", "no lever is called"),
    "the name of a policy": ("[policies." + repeated("x") + "]\nreporting = {friction = 0.1}", "up to 60 letters"),
    "the name of a rule": ('[policies.p]\nset = {rule = "' + repeated("x") + '", value = 1}', "no rule is called"),
    "the name of a site": ('site = "' + repeated("x") + '"', "site"),
    "the name of an offence": (
        '[[offences]]\nname = "' + repeated("x") + '"\ntarget_weights = [0, 0, 1, 0]', "offences[row 1].name"
    ),
    "accents": ('title = "a' + repeated("\u0301\u0316") + '"', "up to 200 characters"),
    "a line that is no TOML": (repeated("a = 1 "), "not valid TOML"),
    "a date that is none": ("start = 1/" + repeated("1"), "not valid TOML"),
    "blank lines": (repeated("\n"), "the file is empty"),
    "blank lines and comments": (repeated("\n#"), "the file is empty"),
    "lines before a mistake": (repeated("#\n") + "days = -1", "days = -1 is not allowed"),
    "bytes": (repeated("#\n", MAX_BYTES), f"more than {MAX_BYTES:,} bytes"),
}  # fmt: skip


@contextmanager
def at_once() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SECONDS


def check_words(text: str) -> None:
    lines = text.splitlines()
    assert len(lines) <= MOST_PROBLEMS + 1
    assert max(map(len, lines)) < 2_500


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_at_once(name: str, tmp_path: Path) -> None:
    text, words = HOSTILE[name]
    file = tmp_path / "hostile.toml"
    file.write_text(text, encoding="utf-8")
    with at_once(), pytest.raises(ScenarioError) as refusal:
        sim.load(file)
    assert words in str(refusal.value)
    check_words(str(refusal.value))


ALLOWED = {
    "as many levers as there may be": numbered(
        "[policies.p@]\n" + "\n".join(f"{lever}" for lever in (
            "reporting = {friction = 0.1}", "retention = {message_hours = 24}", "limits = {cooling_off_hours = 1}",
            "warnings = {p_reached = 0.5, p_kept_per_week = 0.8}", "moderation = {staff = 2.0}",
        )), 200,
    ),
    "as many changes as there may be": "days = 699\n" + numbered(
        "[policies.p@]\nwarnings = {p_reached = 0.5, p_kept_per_week = 0.9999}", 200
    ),
    "as deep as names may be": "title = \"" + "a." * (MAX_DEPTH - 1) + 'a"',
}  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
def test_the_largest_that_is_allowed_is_read_at_once(name: str, tmp_path: Path) -> None:
    file = tmp_path / "large.toml"
    file.write_text(ALLOWED[name], encoding="utf-8")
    with at_once():
        sim.load(file)


ARGUMENTS: dict[str, Callable[[str], list[str]]] = {
    "set, lists": lambda file: ["run", file, "--set", "days=" + "[" * 100_000],
    "set, a name with dots": lambda file: ["run", file, "--set", "title={" + "a." * 50_000 + "a=1}"],
    "set, a long number": lambda file: ["run", file, "--set", "days=" + "9" * 100_000],
    "set, a long text": lambda file: ["run", file, "--set", 'start="1' + " " * 100_000 + 'x"'],
    "set, a long key": lambda file: ["run", file, "--set", "x" * 100_000 + "=1"],
    "set, a key with dots": lambda file: ["run", file, "--set", "a." * 50_000 + "a=1"],
    "over, lists": lambda file: ["sweep", file, "--over", "reporting.friction=" + "[" * 100_000],
    "over, a name with dots": lambda file: ["sweep", file, "--over", "reporting.friction={" + "a." * 50_000 + "a=1}"],
    "over, many values": lambda file: ["sweep", file, "--over", "reporting.friction=" + "0.1," * 30_000 + "0.2"],
    "over, a long key": lambda file: ["sweep", file, "--over", "x" * 100_000 + "=1,2"],
    "a policy": lambda file: ["run", file, "--policy", "x" * 100_000],
    "policies": lambda file: ["compare", file, "--policies", ",".join(f"p{i}" for i in range(15_000))],
    "a policy with accents": lambda file: ["run", file, "--policy", "a" + "\u0301\u0316" * 25_000],
    "parameters": lambda file: ["ranges", file, "--parameters", ",".join(f"p{i}" for i in range(15_000))],
    "seeds": lambda file: ["compare", file, "--seeds", "9" * 100_000],
    "a word": lambda file: ["explain", "x" * 100_000],
    "a file": lambda file: ["check", "x" * 100_000],
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_hostile_argument_is_refused_at_once(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "chat.toml"
    file.write_text("[policies.easy]\nreporting = {friction = 0.1}", encoding="utf-8")
    with at_once():
        assert main(ARGUMENTS[name](str(file))) == 2
    said = capsys.readouterr()
    assert said.out == ""
    check_words(said.err)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The manifest of a result."""
    folder = tmp_path_factory.mktemp("results") / "made"
    with synthetic.in_place():
        sim.compare(
            synthetic.SCENARIO.replace(policies={"easy": (ReportingPolicy(friction=0.1),)}), seeds=2, out=folder
        )
    return (folder / MANIFEST).read_text(encoding="utf-8")


DEEP = "[" * 100_000 + "]" * 100_000
NO_MANIFEST = {
    "deep": DEEP,
    "a deep entry": f'{{"format": {DEEP}}}',
    "a long number": '{"format": ' + "9" * 100_000 + "}",
    "a long text": '"' + "x" * 5_000_000 + '"',
    "many entries": json.dumps({f"k{i}": i for i in range(200_000)}),
}
FREE = ("asked", "scenario", "policies")
"""Tables of a manifest whose entries go by the question."""

WRONG: list[Any] = [0, "x", [], [1], {"a": {"b": 1}}, 1e308, 10**400, "x" * 1_000_000]


def check_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["reproduce", str(folder)], ["export", str(folder), "--out", str(folder / "other")]):
        with at_once():
            assert main(command) == 2, command
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        check_words(said.err)


@pytest.mark.parametrize("name", NO_MANIFEST)
def test_a_hostile_manifest_is_refused_at_once(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / MANIFEST).write_text(NO_MANIFEST[name], encoding="utf-8")
    check_refused(tmp_path, capsys)


@pytest.mark.slow
def test_a_manifest_with_a_value_of_another_kind_is_refused_at_once(
    manifest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = json.loads(manifest)
    for key in right:
        for wrong in WRONG:
            if isinstance(wrong, type(right[key])) and (key in FREE or not isinstance(wrong, dict)):
                continue
            (tmp_path / MANIFEST).write_text(json.dumps(right | {key: wrong}), encoding="utf-8")
            check_refused(tmp_path, capsys)


def of_one_kind(one: object, other: object) -> bool:
    """Tell whether one value may stand where another does."""
    numbers = int | float
    return type(one) is type(other) or (isinstance(one, numbers) and isinstance(other, numbers))


@pytest.mark.parametrize("key", ["asked", "scenario"])
@pytest.mark.slow
def test_what_a_manifest_asks_is_refused_at_once_if_it_is_of_another_kind(
    key: str, manifest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = json.loads(manifest)
    for name in right[key]:
        for wrong in (0, "x", [], [1], 10**400, "DEEP"):
            if wrong not in (10**400, "DEEP") and of_one_kind(wrong, right[key][name]):
                continue
            text = json.dumps(right | {key: right[key] | {name: wrong}}).replace('"DEEP"', "[" * 900 + "]" * 900)
            (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
            with at_once():
                assert main(["reproduce", str(tmp_path)]) == 2, (name, wrong)
            said = capsys.readouterr()
            assert said.out == ""
            check_words(said.err)


def test_a_name_is_spelt_in_one_way_unless_it_is_piled_up() -> None:
    assert normal("e\u0301te\u0301") == "\u00e9t\u00e9"
    piled = "e" + "\u0301" * (MOST_ACCENTS + 1)
    assert normal(piled) == piled
    assert normal("e" + "\u0301" * MOST_ACCENTS) != "e" + "\u0301" * MOST_ACCENTS
