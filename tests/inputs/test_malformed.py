"""Whatever is done to a scenario file, the answer is a scenario or one message; never a traceback, never a file."""

import contextlib
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.__main__ import main
from sim.rules.declare import declared
from sim.rules.errors import ScenarioError
from sim.scenario.scenario import Scenario
from sim.study.command import assignment

SHIPPED = [path.read_text() for path in sorted(Path(__file__).parents[2].glob("scenarios/*.toml"))]
KEYS = [p.key for p in declared({"": Scenario})]
LITERALS = [
    "nan",
    "-inf",
    "1e400",
    "-1",
    "0",
    "1e9",
    '"x"',
    "true",
    "[]",
    "{}",
    "[[]]",
    "2021-01-01",
    "12:00:00",
    "9" * 50,
]


def check(content: bytes) -> tuple[int, str]:
    """Return exit code and message of a check, having seen that it behaves."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.toml"
        file.write_bytes(content)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["check", str(file)])
        assert [path.name for path in Path(folder).iterdir()] == ["scenario.toml"]
        message = err.getvalue()
        assert "Traceback" not in message
        assert (code == 0) == all(": warning: " in line for line in message.splitlines())
        assert (code == 2) == (out.getvalue() == "")
        assert all(line.startswith(str(file)) and len(line) < 2000 for line in message.splitlines())
        return code, message


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    check(content)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@settings(deadline=None)
@given(st.sampled_from(SHIPPED), st.data())
def test_lines_lost_doubled_or_moved(text: str, data: st.DataObject) -> None:
    lines = text.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        one, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match data.draw(st.sampled_from(["lose", "double", "swap", "cut"])):
            case "lose" if len(lines) > 1:
                del lines[one]
            case "double":
                lines.insert(other, lines[one])
            case "swap":
                lines[one], lines[other] = lines[other], lines[one]
            case "cut":
                lines[one] = lines[one][: len(lines[one]) // 2]
        one = min(one, len(lines) - 1)
    check("\n".join(lines).encode())


@settings(deadline=None)
@given(st.sampled_from(SHIPPED), st.integers(0, 10**6), st.text(st.characters(codec="ascii"), max_size=3))
def test_characters_replaced(text: str, place: int, other: str) -> None:
    at = place % len(text)
    check((text[:at] + other + text[at + 1 :]).encode())


@settings(deadline=None)
@given(st.sampled_from(KEYS), st.sampled_from(LITERALS))
def test_any_value_of_any_setting(key: str, literal: str) -> None:
    code, message = check(f"{key} = {literal}".encode())
    if code:
        assert ":1: " in message


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*KEYS, "policies.a.set.rule", "policies.a.retention.message_hours", "x.y"]),
            st.sampled_from(LITERALS),
        ),
        unique_by=lambda pair: pair[0],
        max_size=6,
    )
)
def test_many_values_at_once(pairs: list[tuple[str, str]]) -> None:
    check("\n".join(f"{key} = {literal}" for key, literal in pairs).encode())


@settings(deadline=None)
@given(st.text(max_size=30))
def test_odd_names_and_values_on_the_command_line(text: str) -> None:
    scenario = Scenario()
    with contextlib.suppress(ScenarioError):
        scenario.replace(**{text: text})
    with contextlib.suppress(ScenarioError):
        scenario.replace(**dict([assignment(f"{text}={text}")]))
