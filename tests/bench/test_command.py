"""The command itself, with parts that measure nothing."""

from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench.timing import Figure


@pytest.mark.parametrize(("given", "done"), [([], ["a", "b"]), (["b"], ["b"])])
def test_all_parts_are_measured_unless_some_are_named(
    given: list[str], done: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []

    def part(name: str) -> list[Figure]:
        measured.append(name)
        return [Figure(name, 1.0, "s")]

    monkeypatch.setattr(bench, "PARTS", {name: lambda repeats, name=name: part(name) for name in "ab"})
    monkeypatch.setattr(bench, "RESULTS", tmp_path)
    bench.main(given)
    assert measured == done
    kept = (tmp_path / "history.csv").read_text().splitlines()[1:]
    assert [line.split(",")[-3] for line in kept] == done
