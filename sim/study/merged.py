"""The merged tables of counts of a result folder, read a few arms at a time, so that no unit needs to be there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.model.records import TABLES, TEXTS, Records, of_arrow
from sim.rules.sentences import Sentence
from sim.study.folder import MERGED
from sim.study.task import Task

MOST_ROWS = 100_000
"""Rows of daily counts that are read at a time, unless an arm alone has more: about 70 MB."""


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

    def rows(self, task: Task, arms: Collection[str], seed: int | None = None) -> dict[str, pd.DataFrame]:
        """Return the rows of arms of a task, or of one seed of them."""
        found = {}
        for name in self.names:
            table = self._files[name].rows(task.label, arms)
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
    """A merged table, whose rows lie in groups: those of a task, or of one arm of it."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        self.schema = self._file.schema_arrow
        self._groups: dict[tuple[str | None, ...], list[int]] = {}
        for group in range(self._file.num_row_groups):
            self._file.read_row_group(group, use_threads=False)  # one after the other: a file that was cut is found now
            self._groups.setdefault(tuple(self._only(group, name) for name in _WHOSE), []).append(group)

    def rows(self, variant: str, policies: Collection[str]) -> pa.Table:
        """Return the rows of arms, of one variant if there are several."""
        wanted = {"policy": [*policies]} | ({"variant": [variant]} if variant else {})
        groups = [
            group
            for whose in product((variant, None) if variant else ("", None), (*policies, None))
            for group in self._groups.get(whose, ())
        ]
        table = self._file.read_row_groups(sorted(groups), use_threads=False)
        for name, values in wanted.items():
            table = table.filter(pc.is_in(table[name], pa.array(values)))
        return table

    def _only(self, group: int, name: str) -> str | None:
        """Return the only value of a column in a group of rows: empty without the column, nothing if not told."""
        if name not in self.schema.names:
            return ""
        column = self._file.metadata.row_group(group).column(self.schema.names.index(name))
        known = column.statistics
        return known.min if known is not None and known.has_min_max and known.min == known.max else None


_WHOSE = ("variant", "policy")


@dataclass(frozen=True)
class Merged:
    """The runs of a task as the merged tables have them: see `sim.model.records.Runs`."""

    tables: MergedTables
    task: Task

    def parts(self) -> Iterator[Records]:
        """Yield the records, some arms at a time."""
        arms, scenario = sorted(self.task.arms), self.task.scenario
        at_once = max(1, MOST_ROWS // (len(self.task.seeds) * scenario.days))
        for first in range(0, len(arms), at_once):
            yield Records(**self.tables.rows(self.task, arms[first : first + at_once]))
