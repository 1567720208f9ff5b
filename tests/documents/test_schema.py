"""The schema beside the scenarios is the one that is made, and they are right by it."""

import subprocess
import sys
from pathlib import Path

import pytest

from sim.scenario.schema import NAME
from tests.parts.editor import complaints

FOLDER = Path(__file__).parents[2] / "scenarios"
FILES = sorted(path.name for path in FOLDER.glob("*.toml"))


def test_the_file_is_what_the_command_prints() -> None:
    # In a process of its own: here, other tests may have defined policies.
    done = subprocess.run(
        [sys.executable, "-m", "sim", "schema"], cwd=FOLDER.parent, capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout == (FOLDER / NAME).read_text(encoding="utf-8"), "renew it: make baselines"


@pytest.mark.parametrize("file", FILES)
def test_a_scenario_is_right_by_it(file: str) -> None:
    assert complaints((FOLDER / file).read_text(encoding="utf-8")) == []
