"""Registers a bureau keeps in sheets (台账表格): Chinese headers in any order, every cell typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from landmarket.columns import header, label, rename_map, schema
from landmarket.errors import BadValueError, MissingColumnError, ReadError, named_rows
from landmarket.io.parcels import typed_column
from landmarket.io.quantities import unit_of
from landmarket.io.sheet_tables import grid_table, sheet_grids
from landmarket.io.sheets import Grid

_UNIT = re.compile(r"[（(][^（）()]*[）)]$")


def read_register(path: str | Path, needed: Sequence[str], optional: Sequence[str], *, key: str = "") -> pd.DataFrame:
    """Read a register (台账) with the columns of the schema.

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8; lines above the header row do no harm.
    needed : sequence of str
        Column identifiers that the header row must have, under any header that ``columns.csv`` knows; a unit in
        brackets behind a header is not looked at.
    optional : sequence of str
        Column identifiers that are missing values where the sheet has no such column.
    key : str, default ""
        The column that names a row: filled and once each. Default: no such column.

    Returns
    -------
    DataFrame
        The columns in the order asked for, typed, missing where blank; the index is the row in the sheet, from 1.

    Raises
    ------
    ReadError
        If the file cannot be read, a header stands twice, or has another unit than its column.
    MissingColumnError
        If no row has the needed headers; those that the best row lacks are named.
    BadValueError
        If a cell cannot be read as its column's type, or the key is blank or stands twice.
    """
    path, wanted = Path(path), [*needed, *optional]
    grids = [Grid(grid.name, _without_units(grid.rows, wanted, path)) for grid in sheet_grids(path)]
    table = grid_table(grids, _header_row(grids, needed, path), path)
    table = table.rename(columns=rename_map(table.columns))
    result = pd.DataFrame(index=table.index)
    for name in wanted:
        cells = table[name] if name in table.columns else pd.Series("", index=table.index, dtype="str", name=name)
        values, bad = typed_column(cells)
        if bad.any():
            rows = [f"第 {row} 行" for row in table.index[bad]]
            raise BadValueError(
                f"{path}：列 {label(name)} 的值读不懂，{named_rows(rows, cells[bad])}。办法：改正该单元格。"
            )
        result[name] = values
    if key:
        _require_key(result[key], key, path)
    return result


def _without_units(rows: tuple[tuple[str, ...], ...], wanted: Sequence[str], path: Path) -> tuple[tuple[str, ...], ...]:
    """Cells that are a known header with a unit behind it, as that header; all others as they are."""

    def bare(cell: str) -> str:
        without = _UNIT.sub("", cell.strip())
        name = "" if without == cell.strip() else rename_map([without]).get(without, "")
        if name in wanted:
            _require_own_unit(cell.strip(), name, path)
        return without if name else cell

    return tuple(tuple(bare(cell) for cell in row) for row in rows)


def _require_own_unit(written: str, name: str, path: Path) -> None:
    """Raise where a header has another unit than its column: the numbers would be read as if it had not."""
    own, behind = schema()[name].unit, _UNIT.search(written)
    unit = None if behind is None else unit_of(behind[0])
    if unit is not None and unit != unit_of(own):
        raise ReadError(
            f"{path}：表头 {written} 的单位不是列 {label(name)} 的 {own or '（无单位）'}。"
            "办法：换算后改表头，或把单位写在每个数后，如 3亩。"
        )


def _header_row(grids: Sequence[Grid], needed: Sequence[str], path: Path) -> list[str]:
    """The headers under which the needed columns stand in the first row that has them all."""
    lacking = list(needed)
    for grid in grids:
        for row in grid.rows:
            headers = [cell.strip() for cell in row]
            of_name = {name: name for name in headers if name in needed}
            of_name |= {name: text for text, name in rename_map(headers).items()}
            lacks = [name for name in needed if name not in of_name]
            if not lacks:
                return [of_name[name] for name in needed]
            lacking = min(lacking, lacks, key=len)
    listed = "、".join(f"{name}（{header(name)}）" for name in lacking)
    raise MissingColumnError(f"{path}：没有一行表头齐全，缺少列 {listed}。办法：补上该列，表头写法见 columns.csv。")


def _require_key(values: pd.Series[str], key: str, path: Path) -> None:
    blank, twice = values.isna(), values.duplicated(keep=False)
    bad = blank | twice
    if bad.any():
        rows = [f"第 {row} 行" for row in values.index[bad]]
        raise BadValueError(
            f"{path}：列 {label(key)} 没有填或重复，{named_rows(rows, values[bad])}。办法：补上编号，一行一个。"
        )
