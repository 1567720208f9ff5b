"""Exports: the tables of a result folder as CSV, Parquet or JSON, with their data dictionary beside them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import pandas as pd
import pyarrow.parquet as pq

from sim.errors import ScenarioError
from sim.results import MANIFEST, files_of

Format = Literal["csv", "parquet", "json"]

ROWS_AT_A_TIME = 50_000
"""Rows of a table that are in memory together."""


def export(folder: str | Path, out: str | Path, form: Format = "csv") -> list[Path]:
    """Write every table of a result, and what their columns mean, in one format into another folder.

    In JSON a table is a list of objects, one a line; what is missing is ``null``.

    Args:
        folder: The result.
        out: A folder that is empty or not there yet.
        form: ``csv``, ``parquet`` or ``json``.

    Returns:
        The files written.

    Raises:
        ScenarioError: If there is no result, the folder is not empty or cannot be written, or the format is unknown.
    """
    folder, out = Path(folder), Path(out)
    if form not in get_args(Format):
        raise ScenarioError(f"no format is called {form!r}; there are {', '.join(get_args(Format))}")
    if not (folder / MANIFEST).exists():
        raise ScenarioError(f"{folder} is no finished result: it has no {MANIFEST}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ScenarioError(f"{out} is not an empty folder; name another one")
    tables = [path for path in files_of(folder) if path.suffix in (".csv", ".parquet")]
    beside = out.absolute().with_name(f".{out.absolute().name}.part-{os.getpid()}")
    try:
        beside.mkdir(parents=True)
        for path in tables:
            _write(path, beside / f"{path.stem}.{form}")
        if out.exists():
            out.rmdir()
        beside.rename(out)
    except OSError as error:
        raise ScenarioError(f"{out} cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return sorted(out.iterdir())


def _write(source: Path, target: Path) -> None:
    """Write a table in the format that the name of the target says."""
    if source.suffix == target.suffix:
        shutil.copyfile(source, target)
    elif target.suffix == ".parquet":
        pd.read_csv(source).to_parquet(target, index=False)
    else:
        with target.open("w", encoding="utf-8", newline="") as file:
            for number, rows in enumerate(_rows(source)):
                if target.suffix == ".csv":
                    rows.to_csv(file, index=False, header=not number, lineterminator="\n")
                else:
                    for i, row in enumerate(rows.to_dict("records")):
                        there = {name: None if pd.isna(value) else value for name, value in row.items()}
                        file.write(f"{',' if number or i else '['}\n{json.dumps(there, ensure_ascii=False)}")
            if target.suffix == ".json":
                file.write("\n]\n" if file.tell() else "[]\n")


def _rows(table: Path) -> Iterator[pd.DataFrame]:
    """Yield a table, so many rows at a time; at least once."""
    if table.suffix == ".csv":
        yield pd.read_csv(table)
        return
    found = pq.ParquetFile(table)
    yield from (batch.to_pandas() for batch in found.iter_batches(ROWS_AT_A_TIME))
    if not found.metadata.num_rows:
        yield found.read().to_pandas()
