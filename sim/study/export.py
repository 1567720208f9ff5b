"""Exports: the tables of a result folder as CSV, Parquet or JSON, with their data dictionary beside them."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.model.records import TEXT
from sim.rules.errors import ScenarioError, shown
from sim.rules.sentences import Listed, Sentence
from sim.scenario.arguments import path_of
from sim.study.folder import DICTIONARY, MANIFEST, read_json

Format = Literal["csv", "parquet", "json"]

ROWS_AT_A_TIME = 50_000
"""Rows of a table that are in memory together."""


def export(folder: str | Path, out: str | Path, form: Format = "csv") -> list[Path]:
    """Write every table of a result, and what their columns mean, in one format into another folder.

    The manifest goes along. In JSON a table is a list of objects, one a line; what is missing, or has no bound, is
    ``null``. A table that is not in the folder is left out.

    Args:
        folder: The result.
        out: A folder that is empty or not there yet.
        form: ``csv``, ``parquet`` or ``json``.

    Returns:
        The files written.

    Raises:
        ScenarioError: If there is no result, the folder is not empty or cannot be written, the format is unknown, or a
            table is not the one that was written.
    """
    folder, out = path_of(folder, "folder"), path_of(out, "out")
    if form not in get_args(Format):
        formats = Listed(get_args(Format))
        raise ScenarioError(
            Sentence("no format is called {form}; there are {formats}", form=shown(form), formats=formats)
        )
    if not (folder / MANIFEST).exists():
        raise ScenarioError(
            Sentence("{folder} is no finished result: it has no {file}", folder=str(folder), file=MANIFEST)
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ScenarioError(Sentence("{out} is not an empty folder; name another one", out=str(out)))
    listed = read_json(folder / MANIFEST)["files"]
    tables = [folder / name for name in listed if name.endswith((".csv", ".parquet")) and (folder / name).exists()]
    for path in tables:
        if hashlib.sha256(path.read_bytes()).hexdigest() != listed[path.name]:
            raise ScenarioError(
                Sentence(
                    "{path} is not the file that was written: python -m sim reproduce {folder} says more",
                    path=str(path), folder=str(folder),
                )
            )  # fmt: skip
    beside = out.with_name(f".{out.name}.part-{os.getpid()}")
    try:
        beside.mkdir(parents=True)
        texts = _texts(folder)
        for path in tables:
            _write(path, beside / f"{path.stem}.{form}", texts)
        shutil.copyfile(folder / MANIFEST, beside / MANIFEST)
        if out.exists():
            out.rmdir()
        beside.rename(out)
    except OSError as error:
        why = error.strerror or str(error)
        raise ScenarioError(Sentence("{out} cannot be written: {why}", out=str(out), why=why)) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return sorted(out.iterdir())


def _texts(folder: Path) -> dict[str, set[str]]:
    """Return by table the columns that hold names or words, as the dictionary says; in itself all."""
    said = pd.read_csv(folder / DICTIONARY, dtype=str, keep_default_na=False)
    words = said[said["unit"].isin(["name", "names", "word", "words", "letter"])]
    found = {str(table): {*map(str, rows["column"])} for table, rows in words.groupby("table")}
    return found | {Path(DICTIONARY).stem: {*map(str, said.columns)}}


def _write(source: Path, target: Path, texts: Mapping[str, set[str]]) -> None:
    """Write a table in the format that the name of the target says."""
    if source.suffix == target.suffix:
        shutil.copyfile(source, target)
    elif target.suffix == ".parquet":
        pq.write_table(_arrow(next(_rows(source, texts))), target)
    else:
        with target.open("w", encoding="utf-8", newline="") as file:
            for number, rows in enumerate(_rows(source, texts)):
                if target.suffix == ".csv":
                    rows.to_csv(file, index=False, header=not number, lineterminator="\n")
                else:
                    for i, row in enumerate(rows.to_dict("records")):
                        said = {name: _plain(value) for name, value in row.items()}
                        file.write(f"{',' if number or i else '['}\n{json.dumps(said, ensure_ascii=False)}")
            if target.suffix == ".json":
                file.write("\n]\n" if file.tell() else "[]\n")


def _arrow(rows: pd.DataFrame) -> pa.Table:
    """Return rows with what is no number as text, whatever pandas makes of it in memory."""
    table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
    plain = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return table.cast(pa.schema([f if any(of(f.type) for of in plain) else f.with_type(TEXT) for f in table.schema]))


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: nothing for what is missing or without bound."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return None if value is pd.NA else value


def _rows(table: Path, texts: Mapping[str, set[str]]) -> Iterator[pd.DataFrame]:
    """Yield a table, so many rows at a time; at least once."""
    if table.suffix == ".csv":
        words = texts.get(table.stem, set())
        read = pd.read_csv(table, dtype=str, keep_default_na=False)
        numbers = pd.read_csv(table)
        yield numbers.assign(**{name: read[name] for name in read if name in words})
        return
    found = pq.ParquetFile(table)
    yield from (batch.to_pandas() for batch in found.iter_batches(ROWS_AT_A_TIME))
    if not found.metadata.num_rows:
        yield found.read().to_pandas()
