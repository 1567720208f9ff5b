"""How pandas holds names in memory (its version and options say) changes no byte, and no study stops because of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.model import records
from sim.policies.registration import RegistrationPolicy
from sim.policies.reporting import ReportingPolicy
from sim.questions import compare, reproduce, why
from sim.study import answer as study_answer
from sim.study import export, store
from sim.study.answer import answer
from tests.parts import synthetic
from tests.store import kills

SCENARIO = synthetic.SCENARIO.replace(
    days=40, policies={"phone": (RegistrationPolicy(level="phone"),), "easy": (ReportingPolicy(friction=0.2),)}
)

OPTIONS: list[dict[str, object]] = [
    {"mode.string_storage": "python"},
    {"future.infer_string": False, "future.distinguish_nan_and_na": True, "future.python_scalars": True},
]

KNOWN = {f"{group}.{name}" for group in ("mode", "future") for name in dir(getattr(pd.options, group))}

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The 'future.infer_string' option")]


@pytest.fixture(autouse=True, scope="module")
def _invented() -> Iterator[None]:
    with synthetic.in_place():
        yield


@contextmanager
def options(changed: dict[str, object]) -> Iterator[None]:
    """Set those options that this version of pandas has."""
    there = {name: value for name, value in changed.items() if name in KNOWN}
    with pd.option_context(*(word for pair in there.items() for word in pair)):  # type: ignore[call-overload]
        yield


def ask(out: Path, seeds: int) -> None:
    answer(compare.question(SCENARIO, seeds=seeds), out=out)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "r"
    ask(out, 3)
    return out


@pytest.mark.parametrize("changed", OPTIONS, ids=lambda changed: next(iter(changed)))
@pytest.mark.parametrize("begun", [True, False])
def test_a_study_goes_on_under_another_option_with_the_same_bytes(
    begun: bool, changed: dict[str, object], undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "r"
    for seeds in (2, 3):
        if begun == (seeds == 2):
            with options(changed):
                ask(out, seeds)
        else:
            ask(out, seeds)
    assert kills.unlike(out, undisturbed) == []
    with options(changed):
        again = reproduce.reproduce(out)
    assert again.differences == ()


@pytest.mark.parametrize("changed", OPTIONS, ids=lambda changed: next(iter(changed)))
def test_tasks_with_labels_and_exports_have_the_same_bytes(changed: dict[str, object], tmp_path: Path) -> None:
    def made(out: Path) -> dict[str, bytes]:
        answer(why.question(SCENARIO, "phone", 2), out=out / "r")
        export.export(out / "r", out / "x", "parquet")
        return kills.files(out / "r") | {path.name: path.read_bytes() for path in (out / "x").glob("*.parquet")}

    with options(changed):
        one = made(tmp_path / "one")
    assert one == made(tmp_path / "other")


def test_a_study_whose_names_have_another_arrow_type_goes_on(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, text = tmp_path / "r", pa.large_string()
    with monkeypatch.context() as patch:
        for module in (records, store, study_answer):
            patch.setattr(module, "TEXT", text)
        ask(out, 2)
    assert pq.read_schema(out / "daily.parquet").field("policy").type == text
    assert reproduce.reproduce(out).differences == ()
    ask(out, 3)
    found, expected = ({k: v for k, v in kills.files(f).items() if "units" not in k} for f in (out, undisturbed))
    assert found == expected


@pytest.mark.parametrize("text", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_names_are_read_whatever_their_arrow_type(text: pa.DataType, undisturbed: Path) -> None:
    table = pq.read_table(undisturbed / "durations.parquet")
    place = table.schema.get_field_index("policy")
    other = table.set_column(place, "policy", table["policy"].cast(text))
    assert records.of_arrow("durations", other.append_column("more", other["policy"])).equals(table)


def test_the_columns_of_every_table_are_declared(undisturbed: Path) -> None:
    for name in ("daily", "breakdown", "durations", "persons"):
        found = pq.read_schema(undisturbed / f"{name}.parquet")
        assert found.equals(records.schema_of(name), check_metadata=True)
        assert {str(field.type) for field in found} == {"string", "int64"}
