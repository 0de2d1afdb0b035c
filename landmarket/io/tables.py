"""Result tables as files: Parquet, which loses nothing, and CSV, which every program opens.

A spreadsheet that opens a CSV file runs a cell that begins like a formula. In our CSV files every text is quoted, and a
text that could be taken for a formula, or that begins with an apostrophe, has one apostrophe put before it;
`read_csv_table` takes it off again. Numbers are not quoted and stay numbers, negative ones too.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.columns import schema
from landmarket.errors import BadValueError, ReadError
from landmarket.io.file_names import file_names
from landmarket.io.manifest import require_public
from landmarket.io.writing import output_errors, write_whole

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

Cell = str | float


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[Path]:
    """Write result tables as Parquet.

    Parameters
    ----------
    folder : Path
        Where the files go; made if need be.
    tables : mapping of str to DataFrame
        Tables by name; a GeoDataFrame becomes GeoParquet.

    Returns
    -------
    list of Path
        ``<name>.parquet`` of each table.

    Raises
    ------
    BadValueError
        If a column is secret, or holds values of different types.
    OutputError
        If a file cannot be written whole.
    """
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    names, written = file_names(tables), []
    for name, table in tables.items():
        require_public(table.columns, f"表 {name}")
        written.append(folder / f"{names[name]}.parquet")
        write_whole(written[-1], _parquet(name, table))
    return written


def _parquet(name: str, table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    try:
        table.to_parquet(buffer)
    except (TypeError, ValueError) as error:  # what pyarrow raises is one of them
        raise BadValueError(f"表 {name}：有一列混有不同类型的值（{error}）。办法：先把该列统一为文字或数。") from error
    return buffer.getvalue()


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a table as CSV that a spreadsheet can open without running anything.

    Parameters
    ----------
    table : DataFrame
        The table; a named index becomes the first column.

    Returns
    -------
    bytes
        UTF-8 with byte-order mark; texts quoted and guarded, dates as 2026-03-02, missing values empty.

    Examples
    --------
    >>> text = csv_bytes(pd.DataFrame({"地价": [-1.5], "备注": ["=1+1"]})).decode("utf-8-sig")
    >>> print(text.replace("\\r", ""))
    "地价","备注"
    -1.5,"'=1+1"
    <BLANKLINE>
    """
    plain = pd.DataFrame(table.drop(columns=table.geometry.name) if isinstance(table, gpd.GeoDataFrame) else table)
    if plain.index.name is not None:
        plain = plain.reset_index()
    columns = [_quoted(_guarded(str(name))) for name in plain.columns]
    cells = []
    for name in plain.columns:
        values = plain[name]
        dates = pd.api.types.is_datetime64_any_dtype(values)
        cells.append(_cells(values.dt.strftime("%Y-%m-%d") if dates else values))
    lines = [",".join(columns), *map(",".join, zip(*cells, strict=True))]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8-sig", errors="backslashreplace")


def _cells(values: pd.Series[str]) -> list[str]:
    """The cells of a column as they are written; each distinct text is looked at once."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        present = values.notna().to_numpy()
        texts = np.full(len(values), _quoted(""), dtype="object")
        texts[present] = list(map(str, values[present].to_numpy()))
    else:
        text = isinstance(values.dtype, pd.StringDtype)
        numbers, distinct = pd.factorize(values if text else values.astype("object"))
        told = [_quoted(_guarded(value)) for value in distinct.tolist()]
        texts = np.array([*told, _quoted("")], dtype="object")[numbers]  # the last is taken where a value is missing
    cells: list[str] = texts.tolist()
    return cells


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _guarded(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.lstrip(" \u3000\u00a0\ufeff").startswith(_DANGEROUS) else text


def read_csv_table(path: Path) -> pd.DataFrame:
    """Read a CSV file that `csv_bytes` made.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    DataFrame
        Texts as they were, numbers as numbers, dates as dates by ``columns.csv``; a plain index. An empty text cannot
        be told from a missing one: Parquet can.

    Raises
    ------
    ReadError
        If it is no such file.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file, quoting=csv.QUOTE_NONNUMERIC))
    except (OSError, ValueError, csv.Error) as error:
        raise ReadError(f"{path}：不是本程序写的 CSV（{error}）。办法：改读同名的 .parquet。") from error
    names = [_unguarded(name) for name in header]
    columns = {name: [_unguarded(row[i]) for row in rows] for i, name in enumerate(names)}
    return pd.DataFrame({name: _typed(str(name), cells) for name, cells in columns.items()})


def _unguarded(cell: Cell) -> Cell:
    return cell.removeprefix("'") if isinstance(cell, str) else cell


def _typed(
    name: str, cells: list[Cell]
) -> pd.Series[str] | pd.Series[float] | pd.Series[int] | pd.Series[pd.Timestamp]:
    """Numbers where all cells are, whole ones and dates where ``columns.csv`` says so, else text."""
    column = schema().get(name)
    kind = column.kind if column else ""
    texts = [cell for cell in cells if isinstance(cell, str) and cell]
    numbers = [cell if isinstance(cell, float) else math.nan for cell in cells]
    whole = all(number.is_integer() or math.isnan(number) for number in numbers)
    if kind == "date" and all(map(_DATE.fullmatch, texts)):
        return pd.Series([cell or None for cell in cells]).astype("datetime64[s]")
    if kind in ("fen", "whole") and not texts and whole:
        return pd.Series(numbers, dtype="float64").astype("Int64")
    if not texts and (kind in ("number", "fen", "whole") or not all(map(math.isnan, numbers))):
        return pd.Series(numbers, dtype="float64")
    return pd.Series([cell or None for cell in cells], dtype="str")
