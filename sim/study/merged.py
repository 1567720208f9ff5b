"""The merged tables of counts of a result folder, read an arm at a time, so that no unit needs to be there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.model.records import TABLES, TEXTS, Records, of_arrow
from sim.rules.sentences import Sentence
from sim.study.folder import MERGED
from sim.study.task import Task


class MergedTables:
    """The merged tables of a folder, as far as they are there and can be read.

    Args:
        folder: The result folder.

    Attributes:
        names: Those that can be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, _File] = {}
        self.names = [name for name in MERGED if not self.flaw(name)]

    def complete(self, tasks: Sequence[Task]) -> bool:
        """Tell whether everything that was counted is there; events are not merged."""
        return self.names == [*MERGED] and not any(task.events for task in tasks)

    def rows(self, task: Task, arm: str, seed: int | None = None) -> dict[str, pd.DataFrame]:
        """Return the rows of an arm, or of one seed of it."""
        found = {}
        for name in self.names:
            table = self._files[name].rows(task.label, arm)
            if seed is not None:
                table = table.filter(pc.equal(table["seed"], seed))
            found[name] = of_arrow(name, table).to_pandas()
        return found

    def flaw(self, name: str) -> Sentence | None:
        """Say why a table cannot be read with its columns, each of its type; nothing if it can."""
        file = f"{name}.parquet"
        unreadable = Sentence("{file} cannot be read as the table that it is", file=file)
        try:
            self._files[name] = _File(self.folder / file)
            schema = self._files[name].schema
        except (OSError, ValueError):
            return unreadable
        columns = TABLES[name][0]
        if lacking := [column for column in columns if column not in schema.names]:
            return Sentence("{file} has no column {column}", file=file, column=lacking[0])
        typed = all(pa.types.is_integer(f.type) != (f.name in TEXTS) for f in schema if f.name in columns)
        return None if typed else unreadable


class _File:
    """A merged table, whose rows lie in groups: those of an arm of a task follow each other."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        self.schema = self._file.schema_arrow
        for group in range(self._file.num_row_groups):
            self._file.read_row_group(group, use_threads=False)  # one after the other: a file that was cut is found now

    def rows(self, variant: str, policy: str) -> pa.Table:
        """Return the rows of an arm, of one variant if there are several."""
        wanted = {"policy": policy} | ({"variant": variant} if variant else {})
        groups = [
            group
            for group in range(self._file.num_row_groups)
            if all(self._may_hold(group, name, value) for name, value in wanted.items())
        ]
        table = self._file.read_row_groups(groups, use_threads=False)
        for name, value in wanted.items():
            table = table.filter(pc.equal(table[name], value))
        return table

    def _may_hold(self, group: int, name: str, value: str) -> bool:
        """Tell whether a value may be in a column of a group of rows: it is between the least and the largest there."""
        column = self._file.metadata.row_group(group).column(self.schema.names.index(name))
        known = column.statistics
        return known is None or not known.has_min_max or known.min <= value <= known.max


@dataclass(frozen=True)
class Merged:
    """The runs of a task as the merged tables have them: see `sim.model.records.Runs`."""

    tables: MergedTables
    task: Task

    def parts(self) -> Iterator[Records]:
        """Yield the records, an arm at a time."""
        for arm in sorted(self.task.arms):
            yield Records(**self.tables.rows(self.task, arm))
