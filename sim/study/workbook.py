"""A result as one workbook, for spreadsheets: a sheet that says what it is, and a sheet a table.

Imported late, by what writes one: openpyxl is of an extra.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from sim.rules.ethics import ETHICS
from sim.rules.sentences import Sentence, Term, Words, spoken

MOST_ROWS = 1_048_576 - 2
"""Rows of a table that a sheet holds under its heads: what they are called, and their units."""

ABOUT = "about"
"""The first sheet. No table is called so."""

_WIDEST = 60
"""Characters of the widest column; what is longer is cut or, under the heads, wrapped by the spreadsheet."""

_NARROWEST = 16
"""Characters of a column whose unit is longer than all that stands under it."""

_LEAST_SHARE = 0.0005
"""The smallest share that does not read as 0.0%."""

_WRAPPED = Alignment(wrap_text=True, vertical="top")

_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write(
    target: Path,
    said: Mapping[str, Any],
    hashes: Mapping[str, str],
    tables: Mapping[str, Iterator[pd.DataFrame]],
    units: Mapping[tuple[str, str], str],
    left_out: Sequence[Words] = (),
) -> None:
    """Write a workbook; of the same result it has the same bytes, whenever it is made.

    Args:
        target: The file.
        said: What the manifest says.
        hashes: SHA-256 of the result's files, by name.
        tables: Their rows, so many at a time and at least once, by their names.
        units: Unit of each column, by table and column.
        left_out: What is missing here, in words.
    """
    book = Workbook(write_only=True)
    _write_about(book, said, hashes, left_out)
    for table, parts in tables.items():
        _write_table(book, table, parts, units)
    written = dt.datetime.fromisoformat(said["written"]).astimezone(dt.UTC).replace(tzinfo=None)
    book.properties.creator, book.properties.title = "sim", _text(_title(said))
    book.properties.created = book.properties.modified = written
    dated = target.with_name(f"{target.name}.dated")
    with ZipFile(dated, "w") as archive:
        ExcelWriter(book, archive).write_data()
    with ZipFile(dated) as archive, ZipFile(target, "w") as undated:
        for name in archive.namelist():
            entry = ZipInfo(name)  # of 1980
            entry.compress_type = ZIP_DEFLATED
            with archive.open(name) as source, undated.open(entry, "w") as copy:
                shutil.copyfileobj(source, copy)
    dated.unlink()


def _title(said: Mapping[str, Any]) -> str:
    """Return what the result is of."""
    scenario = said["scenario"] or {}
    return str(scenario.get("title") or scenario.get("site") or said["question"])


def _write_about(book: Any, said: Mapping[str, Any], hashes: Mapping[str, str], left_out: Sequence[Words]) -> None:
    """Write the sheet that says what the workbook is, where its numbers come from and what they are not."""
    git = said["git"] or {}
    commit: Words = git.get("commit")
    if git.get("dirty"):
        commit = Sentence("{commit}, with changes that were not committed", commit=commit)
    lines: list[tuple[Words, Words]] = [
        (Term("Result"), _title(said)),
        (Term("Question"), said["question"]),
        (Term("Command"), said["command"]),
        (Term("Written"), said["written"]),
        (Term("Commit"), commit),
        (Term("Python"), said["python"]),
        (Term("SHA-256 of the code"), said["code_fingerprint"]),
        (Term("SHA-256 of the plan"), said["plan_sha256"]),
        (Term("Read with care"), ETHICS),
        *((Term("Left out"), words) for words in left_out),
        *((Sentence("SHA-256 of {file}", file=name), digest) for name, digest in hashes.items()),
    ]
    sheet = book.create_sheet(ABOUT)
    shown = [(spoken(name), spoken(words)) for name, words in lines if words]
    sheet.column_dimensions["A"].width = _width([name for name, _ in shown])
    sheet.column_dimensions["B"].width = 100
    for name, words in shown:
        sheet.append([_cell(sheet, name, font=Font(bold=True)), _cell(sheet, words, alignment=_WRAPPED)])


def _write_table(book: Any, table: str, parts: Iterator[pd.DataFrame], units: Mapping[tuple[str, str], str]) -> None:
    """Write a sheet: the columns' names, under them their units if they are known, and the rows."""
    first = next(parts)
    names = [str(name) for name in first]
    known = [units.get((table, name), "") for name in names]
    percent = [_reads_as_percent(unit, first[name]) for name, unit in zip(names, known, strict=True)]
    sheet = book.create_sheet(table)
    sheet.freeze_panes = "A3" if any(known) else "A2"
    for i, (name, unit, per) in enumerate(zip(names, known, percent, strict=True)):
        texts = (_shown(value, per) for value in first[name].head(1000))
        sheet.column_dimensions[get_column_letter(i + 1)].width = _width([name, unit[:_NARROWEST], *texts])
    sheet.append([_cell(sheet, name, font=Font(bold=True)) for name in names])
    if any(known):
        sheet.append([_cell(sheet, unit, font=Font(italic=True), alignment=_WRAPPED) for unit in known])
    styles = [{"number_format": "0.0%"} if per else {} for per in percent]
    for rows in chain([first], parts):
        for row in rows.itertuples(index=False, name=None):
            sheet.append([_cell(sheet, value, **style) for value, style in zip(row, styles, strict=True)])


def _cell(sheet: Any, value: Any, **style: Any) -> Any:
    """Return a cell that holds a value as it is: a text is no formula, a number has all of its digits."""
    if value is None or value is pd.NA or value != value or value == "":
        return None
    if isinstance(value, int):
        return value
    # Left to itself, openpyxl writes 16 digits of a number, and a formula where a text begins with =.
    number = isinstance(value, float) and math.isfinite(value)
    cell = WriteOnlyCell(sheet, repr(value) if number else _text(value))
    cell.data_type = "n" if number else "s"
    for name, of in style.items():
        setattr(cell, name, of)
    return cell


def _text(value: object) -> str:
    """Return a value as text, with a question mark for what XML cannot hold."""
    return _NO_XML.sub("?", str(value))


def _reads_as_percent(unit: str, values: pd.Series) -> bool:
    """Tell whether a column is of shares and none of them would read as 0.0% that is not."""
    if unit.split(" ")[0] != "share" or not pd.api.types.is_float_dtype(values):
        return False
    sizes = values.abs()
    return bool(((sizes == 0) | (sizes >= _LEAST_SHARE) | sizes.isna()).all())


def _shown(value: Any, percent: bool) -> str:
    """Return about what a spreadsheet shows of a value."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.1%}" if percent else f"{value:.9g}"
    return "" if value is None or value is pd.NA else str(value)


def _width(texts: Sequence[str]) -> int:
    """Return the width of a column in which texts stand."""
    return min(max(map(len, texts), default=0) + 2, _WIDEST)
