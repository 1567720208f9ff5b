"""What results/ ships is what its command makes."""

import json
from pathlib import Path

import pandas as pd

import sim
from sim.results import digest

RESULTS = Path(__file__).parents[2] / "results"


def test_the_shipped_comparison_is_what_the_code_makes() -> None:
    manifest = json.loads((RESULTS / "classroom" / "manifest.json").read_text(encoding="utf-8"))
    made = sim.compare(sim.load(RESULTS.parent / "scenarios" / "classroom.toml"))
    for name, table in (("daily", made.daily), ("breakdown", made.breakdown)):
        stored = pd.read_parquet(RESULTS / "classroom" / f"{name}.parquet")
        assert digest(stored) == digest(table) == manifest["sha256"][name], "renew it with `make results`"


def test_the_table_and_picture_of_the_readme_are_there() -> None:
    table = (RESULTS / "coco.txt").read_text(encoding="utf-8")
    assert "On this site only" in table
    assert (RESULTS / "coco.png").stat().st_size > 10_000
