"""Tally: what was counted in each run, and how it reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pandas as pd

from sim.model.records import write_csv
from sim.outcomes.dictionary import Meaning
from sim.report.blocks import Block, Column, Table
from sim.report.headings import Heading, Printed
from sim.report.result import Result
from sim.report.text import number

COLUMNS = {"tallied": Meaning("persons a year per 1,000 monthly visitors", "persons seriously harmed in the run")}

TALLIED = Heading("counted", column="tally.tallied")


@dataclass(frozen=True)
class Tally(Result):
    """Persons seriously harmed, run by run."""

    columns: ClassVar = {"tally": COLUMNS}
    printed: ClassVar = (Printed("TALLY", (TALLIED,)),)

    runs: pd.DataFrame

    def blocks(self) -> list[Block]:
        """Return the table."""
        seeds = Column("seed", [str(seed) for seed in self.runs["seed"]], left=True)
        return [Table("TALLY", "run by run", [seeds], [Column(TALLIED.words, [*map(number, self.runs["tallied"])])])]

    def fill(self, folder: Path) -> None:
        """Write the table."""
        write_csv(self.runs, folder / "tally.csv")
