"""Sample prices (样点地价) as a bureau's sheet has them: deals, rents, listings, appraisals."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from landmarket.errors import BadValueError, ReadError, named_rows
from landmarket.io.dates import day_cure
from landmarket.io.parcels import Typed
from landmarket.io.quantities import quantity_cure, to_quantity
from landmarket.io.sheet_tables import grid_table, sheet_grids
from landmarket.io.sheets import plain
from landmarket.io.values import Mask, clean_text, to_code, to_date

_UNIT = re.compile(r"[（(][^（）()]*[）)]$")


class SampleColumn(NamedTuple):
    """A column of the sample sheet (样点表列).

    Attributes
    ----------
    name : str
        Identifier.
    headers : tuple of str
        Headers it is read from, without the unit in brackets.
    kind : str
        ``text``, ``code``, ``number`` or ``date``.
    units : tuple of str
        Units that may stand in brackets behind a header of numbers.
    required : bool
        Whether the sheet must have it.
    """

    name: str
    headers: tuple[str, ...]
    kind: str
    units: tuple[str, ...]
    required: bool

    @property
    def unit(self) -> str:
        """The unit of its numbers, empty where they have none."""
        return next(iter(self.units), "")


@cache
def sample_columns() -> tuple[SampleColumn, ...]:
    """List the columns of a sample sheet.

    Returns
    -------
    tuple of SampleColumn
        As in ``sample_columns.csv``.
    """
    text = files("landmarket.pricing").joinpath("data/sample_columns.csv").read_text(encoding="utf-8-sig")
    return tuple(
        SampleColumn(
            row["name"],
            tuple(row["headers"].split("|")),
            row["kind"],
            tuple(filter(None, row["units"].split("|"))),
            row["required"] == "是",
        )
        for row in csv.DictReader(text.splitlines())
    )


def read_samples(path: str | Path, crs: CRS) -> gpd.GeoDataFrame:
    """Read a sheet of sample prices (样点表); every row is kept.

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8; a heading above the header row does no harm, and the right unit in brackets
        behind a header neither. Of several headers that a column may have the one that ``sample_columns.csv`` names
        first is read.
    crs : pyproj.CRS
        Coordinate system of the coordinates in the sheet.

    Returns
    -------
    GeoDataFrame
        Indexed by ``sample_id``, with the other columns of ``sample_columns.csv`` in their types, missing where the
        sheet has none; ``geometry`` is the point, missing without coordinates; ``source_row`` the row of the sheet.

    Raises
    ------
    ReadError
        If the file cannot be read, lacks a required column, has one twice, or states numbers in another unit.
    BadValueError
        If a cell cannot be read as its column's type, or a sample is named twice or not at all; rows are named.
    """
    path = Path(path)
    table = _sheet(path)
    read = pd.DataFrame({"source_row": table.index}, index=table.index)
    for column in sample_columns():
        header = _header(table, column, path)
        if header is None:
            read[column.name] = pd.Series(np.nan if column.kind == "number" else None, index=table.index)
            continue
        cells = table[header]
        if column.kind == "text":
            read[column.name] = clean_text(cells)
            continue
        values, bad = _typed(cells, column)
        if bad.any():
            rows = [f"第 {row} 行" for row in table.index[bad]]
            listed = named_rows(rows, cells[bad])
            raise BadValueError(f"{path}：列 {header} 读不懂，{listed}。办法：{_cure(column, cells[bad])}")
        read[column.name] = values
    _require_names(read, path)
    located = gpd.GeoDataFrame(read, geometry=gpd.points_from_xy(read["x"], read["y"]), crs=crs)
    located.loc[read["x"].isna() | read["y"].isna(), "geometry"] = None
    return located.set_index("sample_id")


def _typed(cells: pd.Series[str], column: SampleColumn) -> tuple[Typed, Mask]:
    if column.kind == "number":
        return to_quantity(cells, column.unit)
    return to_date(cells) if column.kind == "date" else to_code(cells)


def _cure(column: SampleColumn, cells: pd.Series[str]) -> str:
    if column.kind == "number":
        return quantity_cure(column.unit)
    return day_cure(cells) if column.kind == "date" else "代码按文本填写。"


def _sheet(path: Path) -> pd.DataFrame:
    """Find the header row by trying the headers that a required column may have."""
    needed: Sequence[SampleColumn] = [column for column in sample_columns() if column.required]
    grids = sheet_grids(path)
    written = {cell.strip() for grid in grids for row in grid.rows for cell in row}
    first = next((header for header in needed[0].headers if header in written), None)
    if first is None:
        raise ReadError(f"{path}：没有样点表（表头应有 {'、'.join(c.headers[0] for c in needed)}）。办法：核对文件。")
    table = grid_table(grids, [first], path)
    plainly = {_plain(name) for name in table.columns}
    lacking = [column.headers[0] for column in needed if not plainly & set(column.headers)]
    if lacking:
        raise ReadError(f"{path}：样点表缺少列 {'、'.join(lacking)}。办法：补上该列。")
    return table


def _plain(header: str) -> str:
    """Take the unit in brackets off a header."""
    return _UNIT.sub("", header).strip()


def _header(table: pd.DataFrame, column: SampleColumn, path: Path) -> str | None:
    """Find the header a column is read from; refuse a unit that would change its numbers."""
    found = [name for header in column.headers for name in table.columns if _plain(name) == header]
    if not found:
        return None
    same = [name for name in found if _plain(name) == _plain(found[0])]
    if len(same) > 1:
        raise ReadError(f"{path}：列 {'、'.join(same)} 是同一列，不知用哪一列。办法：只留一列。")
    unit = plain(found[0].removeprefix(_plain(found[0])).strip()[1:-1])
    if column.kind == "number" and unit and unit not in {plain(known) for known in column.units}:
        raise ReadError(
            f"{path}：列 {found[0]} 的单位不是 {'、'.join(column.units) or '（无）'}。办法：换算后改写表头。"
        )
    return found[0]


def _require_names(read: pd.DataFrame, path: Path) -> None:
    nameless = read["sample_id"].isna()
    twice = read["sample_id"].duplicated(keep=False) & ~nameless
    if nameless.any() or twice.any():
        rows = [f"第 {row} 行" for row in read.index[nameless | twice]]
        listed = named_rows(rows, read.loc[nameless | twice, "sample_id"])
        raise BadValueError(f"{path}：样点编号为空或重复，{listed}。办法：每个样点一个编号。")
