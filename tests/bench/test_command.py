"""The command itself, with parts that measure nothing."""

from pathlib import Path

import pytest

from sim.scenario.reading import load
from tests.bench import __main__ as bench
from tests.bench import prices
from tests.bench.core import COCO
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


@pytest.mark.slow
def test_what_a_large_study_takes_is_told_of_a_small_one() -> None:
    n = 1 + len(load(COCO.with_name("detection.toml")).policies)
    told = prices.past_one_machine("detection.toml").splitlines()
    assert told[0].startswith(f"PAST ONE MACHINE: 10,000 parameter sets x {n} policies, ")
    numbers = [float(line[44:].split()[0].replace(",", "")) for line in told[1:7]]
    assert all(n > 0 for n in numbers[:1] + numbers[2:])
