"""What results/ ships is what its command makes."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
from sim.model.engines import module_of
from sim.outcomes import patterns
from sim.questions import compare, question_of
from sim.questions import validate as questions_validate
from sim.report import validate
from sim.report.blocks import Table
from sim.report.trust import PATTERNS_FOUND
from sim.rules.sentences import spoken
from sim.study.answer import answer
from sim.study.identity import ColumnHashes, model_files
from tests.bench.core import LEFT_OUT

RESULTS = Path(__file__).parents[2] / "results"
MAKEFILE = (RESULTS.parent / "Makefile").read_text(encoding="utf-8")
(STUDY,) = re.findall(r"^STUDY_ARGS := (.*)$", MAKEFILE, re.M)
"""What `make study` asks."""
(HISTORY,) = re.findall(r"^HISTORY_ARGS := (.*)$", MAKEFILE, re.M)
"""What `make history` asks."""


def manifest() -> dict[str, Any]:
    return dict(json.loads((RESULTS / "classroom" / "manifest.json").read_text(encoding="utf-8")))


def hashes(table: pd.DataFrame) -> dict[str, Any]:
    found = ColumnHashes()
    found.add(table)
    return found.found()


def test_the_shipped_comparison_is_what_the_code_makes() -> None:
    made = sim.compare(sim.load(RESULTS.parent / "scenarios" / "classroom.toml"))
    daily = made.daily.drop(columns="date")
    for name, table in (("daily", daily), ("breakdown", made.breakdown), ("durations", made.durations)):
        stored = pd.read_parquet(RESULTS / "classroom" / f"{name}.parquet")
        assert hashes(stored) == hashes(table) == manifest()["tables"][name], "renew it with `make results`"


def test_the_shipped_comparison_is_whole_and_of_the_shipped_scenario() -> None:
    for name, sha in manifest()["files"].items():
        assert hashlib.sha256((RESULTS / "classroom" / name).read_bytes()).hexdigest() == sha, name
    asked = compare.question(sim.load(RESULTS.parent / "scenarios" / "classroom.toml"))
    assert question_of(manifest()) == asked, "renew it with `make results`"


@pytest.mark.parametrize(
    ("name", "made_by", "files"),
    [
        ("coco", STUDY, {"report.fr.html", "figures/files.png", "figures/by_year.png"}),
        ("history", HISTORY, {"figures/by_year.png", "sites.csv"}),
    ],
)
def test_coco_is_shipped_with_its_pages_as_they_were_written(name: str, made_by: str, files: set[str]) -> None:
    shipped = RESULTS / name
    said = json.loads((shipped / "manifest.json").read_text(encoding="utf-8"))
    kept = {name: sha for name, sha in said["files"].items() if not name.endswith(".parquet")}
    assert {"report.html", "table.txt", "figures/overview.png", *files} <= {*kept}
    for name, sha in kept.items():
        assert hashlib.sha256((shipped / name).read_bytes()).hexdigest() == sha, name
    text = (shipped / "table.txt").read_text(encoding="utf-8")
    assert (shipped / "README.md").exists() and "Elsewhere: of those kept out" in text and "ELSEWHERE" in text
    assert f"python -m sim {made_by}" == said["command"], "renew it with `make results`"
    assert said["model_files"] == model_files(module_of("array")), "renew it with `make results`"


def test_what_became_of_the_patterns_is_what_the_package_tells() -> None:
    assert PATTERNS_FOUND.read_bytes() == (RESULTS / "patterns" / "patterns.csv").read_bytes(), "renew: make results"


def test_the_readme_prints_the_speed_that_was_measured() -> None:
    readme = (RESULTS.parent / "README.md").read_text(encoding="utf-8")
    table, *_ = (RESULTS / "bench" / "alternatives.txt").read_text(encoding="utf-8").split("\n\n")
    assert f"```text\n{table}\n```" in readme, "renew it: make bench"


def test_the_benchmark_says_what_the_others_leave_out_and_nothing_grows_too_fast() -> None:
    table, growth = (
        " ".join((RESULTS / "bench" / f"{name}.txt").read_text(encoding="utf-8").split())
        for name in ("alternatives", "growth")
    )
    assert f"The others leave out {LEFT_OUT}." in table
    assert "More than in proportion: nothing." in growth


def test_the_patterns_are_all_reported_as_the_code_makes_them() -> None:
    text = (RESULTS / "patterns" / "table.txt").read_text(encoding="utf-8")
    stored = [" ".join(line.split()) for line in text.splitlines()]
    for pattern in patterns.patterns():
        for quantity in pattern.quantity:
            row = f"{pattern.number} {quantity.kind} {quantity.label} "
            assert len([line for line in stored if line.startswith(row)]) == 1, "renew it with `make results`"
    made = answer(questions_validate.question(["responses", "recontact", "accounts"]))
    table = next(block for block in made.blocks() if isinstance(block, Table))
    for row in zip(*(column.cells for column in (*table.keys, *table.columns)), strict=True):
        assert " ".join(" ".join(map(spoken, row)).split()) in stored, "renew it with `make results`"
    assert spoken(validate.totals(made.found)).startswith("C ")


def test_every_pattern_that_did_not_pass_is_explained() -> None:
    text = (RESULTS / "patterns" / "table.txt").read_text(encoding="utf-8")
    assert not any(spoken(excuse) in text for excuse in (validate.UNEXPLAINED, validate.TOO_WIDE))


def test_the_readme_prints_the_patterns_that_were_run() -> None:
    readme = (RESULTS.parent / "README.md").read_text(encoding="utf-8")
    table, *_ = (RESULTS / "patterns" / "table.txt").read_text(encoding="utf-8").split("\n\n")
    assert table.startswith("PATTERNS passed: C "), "how many of each kind passed stands above"
    assert table in readme, "renew it: make baselines"
