"""Exports: the tables of a result folder as CSV, Parquet, JSON or one workbook, with their data dictionary."""

from __future__ import annotations

import json
import math
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.model.records import TEXT
from sim.rules.errors import ScenarioError, shown
from sim.rules.sentences import Listed, Sentence, spoken
from sim.scenario.arguments import path_of
from sim.study.folder import DICTIONARY, MANIFEST, finished, pages_of
from sim.study.identity import sha256_of

Format = Literal["csv", "parquet", "json", "xlsx"]
DecimalMark = Literal[".", ","]

ROWS_AT_A_TIME = 50_000
"""Rows of a table that are in memory together."""

WORKBOOK = "result.xlsx"


def export(
    folder: str | Path,
    out: str | Path,
    form: Format = "csv",
    decimal: DecimalMark = ".",
    warn: Callable[[str], object] = warnings.warn,
) -> list[Path]:
    """Write every table of a result, and what their columns mean, in one format into another folder.

    The manifest, the text, the figures and the pages go along. In JSON a table is a list of objects, one a line; what
    is missing, or has no bound, is ``null``. A workbook has a sheet a table. A table that is not in the folder is left
    out.

    Args:
        folder: The result.
        out: A folder that is empty or not there yet.
        form: ``csv``, ``parquet``, ``json`` or ``xlsx``.
        decimal: The decimal mark of CSV. With a comma there are semicolons between columns and a mark of UTF-8 at the
            beginning, as spreadsheets of many languages expect it.
        warn: Called with what is left out although the export is right: a table that is too long for a sheet.

    Returns:
        The files written.

    Raises:
        ScenarioError: If there is no result, the folder is not empty or cannot be written, the format is unknown or
            cannot be written here, or a file is not the one that was written.
    """
    folder, out = path_of(folder, "folder"), path_of(out, "out")
    _check(form, decimal)
    said, there = finished(folder)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ScenarioError(Sentence("{out} is not an empty folder; name another one", out=str(out)))
    tables = [folder / name for name in there if name.endswith((".csv", ".parquet"))]
    beside = out.with_name(f".{out.name}.part-{os.getpid()}")
    try:
        beside.mkdir(parents=True)
        texts = _texts(folder)
        if form == "xlsx":
            _write_workbook(folder, said, tables, texts, beside / WORKBOOK, warn)
        else:
            for path in tables:
                _write(path, beside / f"{path.stem}.{form}", texts, decimal)
        for name in (MANIFEST, *pages_of(folder, there), *(name for name in there if folder / name not in tables)):
            (beside / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(folder / name, beside / name)
        if out.exists():
            out.rmdir()
        beside.rename(out)
    except OSError as error:
        why = error.strerror or str(error)
        raise ScenarioError(Sentence("{out} cannot be written: {why}", out=str(out), why=why)) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return sorted(path for path in out.rglob("*") if path.is_file())


def _check(form: str, decimal: str) -> None:
    """Refuse a format, or a decimal mark, that there is not or that cannot be written."""
    if form not in get_args(Format):
        known = Listed(get_args(Format))
        raise ScenarioError(Sentence("no format is called {form}; there are {known}", form=shown(form), known=known))
    if decimal not in get_args(DecimalMark):
        raise ScenarioError(Sentence("the decimal mark is a point or a comma, not {given}", given=shown(decimal)))
    if decimal != "." and form != "csv":
        raise ScenarioError(Sentence("numbers have a decimal mark in CSV alone, not in {form}", form=form))
    if form == "xlsx" and find_spec("openpyxl") is None:
        raise ScenarioError(
            Sentence("a workbook needs openpyxl, which is not installed: python -m pip install openpyxl")
        )


def _write_workbook(
    folder: Path,
    said: Mapping[str, Any],
    tables: Sequence[Path],
    texts: Mapping[str, set[str]],
    target: Path,
    warn: Callable[[str], object],
) -> None:
    """Write all tables as one workbook, those of counts last, and tell of those that are too long for a sheet."""
    from sim.study import workbook

    rows = {f"{name}.parquet": counted["rows"] for name, counted in said["tables"].items()}
    long = [path for path in tables if rows.get(path.name, 0) > workbook.MOST_ROWS]
    left_out = [
        Sentence(
            "{table} has {n} rows, and a sheet holds {most}: it is left out. Export it as CSV or Parquet.",
            table=path.stem, n=rows[path.name], most=workbook.MOST_ROWS,
        )
        for path in long
    ]  # fmt: skip
    for words in left_out:
        warn(spoken(words))
    sheets = sorted((path for path in tables if path not in long), key=lambda path: (path.suffix, path.name))
    units = {(table, column): unit for table, column, unit, _ in _dictionary(folder).itertuples(index=False)}
    hashes = {MANIFEST: sha256_of(folder / MANIFEST), **said["files"]}
    workbook.write(target, said, hashes, {path.stem: _rows(path, texts) for path in sheets}, units, left_out)


def _dictionary(folder: Path) -> pd.DataFrame:
    """Return what the dictionary says, all of it as text."""
    return pd.read_csv(folder / DICTIONARY, dtype=str, keep_default_na=False)


def _texts(folder: Path) -> dict[str, set[str]]:
    """Return by table the columns that hold names or words, as the dictionary says; in itself all."""
    said = _dictionary(folder)
    words = said[said["unit"].isin(["name", "names", "word", "words", "letter"])]
    found = {str(table): {*map(str, rows["column"])} for table, rows in words.groupby("table")}
    return found | {Path(DICTIONARY).stem: {*map(str, said.columns)}}


def _write(source: Path, target: Path, texts: Mapping[str, set[str]], decimal: str) -> None:
    """Write a table in the format that the name of the target says."""
    local: dict[str, Any] = {} if decimal == "." else {"sep": ";", "decimal": decimal}
    if source.suffix == target.suffix and not local:
        shutil.copyfile(source, target)
    elif target.suffix == ".parquet":
        pq.write_table(_arrow(next(_rows(source, texts))), target)
    else:
        with target.open("w", encoding="utf-8-sig" if local else "utf-8", newline="") as file:
            for number, rows in enumerate(_rows(source, texts)):
                if target.suffix == ".csv":
                    rows.to_csv(file, index=False, header=not number, lineterminator="\n", **local)
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
