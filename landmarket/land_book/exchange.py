"""Tables for other systems (交换表): our columns as their form wants them, and read back by the same map."""

from __future__ import annotations

import math
import re
import warnings
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from landmarket.checks import require_unique_index
from landmarket.columns import label, schema
from landmarket.errors import SHOWN, BadValueError, UnverifiedRuleWarning, named_rows
from landmarket.io.sheet_tables import sheet_table
from landmarket.io.values import Mask, number, to_date
from landmarket.land_book.exchange_map import DATE, NUMBER, TEXT, WHOLE, Field, FieldMap
from landmarket.units import round_half_up

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LONGEST = 32_767
_BLANK = "没有填"
_MOST = 10**15

Values: TypeAlias = "pd.Series[float] | pd.Series[int] | pd.Series[str] | pd.Series[pd.Timestamp]"


def exchange_gaps(table: pd.DataFrame, field_map: FieldMap) -> pd.Series[str]:
    """Say for each row what keeps it from being sent (缺项).

    Parameters
    ----------
    table : DataFrame
        As for `exchange_rows`.
    field_map : FieldMap
        The form.

    Returns
    -------
    Series of str
        On the same index; fields and what is wrong with them, joined by ；; empty where nothing is.
    """
    said: list[list[str]] = [[] for _ in range(len(table))]
    for field in field_map.fields:
        for at, fault in enumerate(_converted(table, field)[1]):
            if fault:
                said[at].append(f"{field.header}{fault}")
    return pd.Series(["；".join(parts) for parts in said], index=table.index, dtype="str")


def exchange_rows(table: pd.DataFrame, field_map: FieldMap) -> pd.DataFrame:
    """Put a table into the form of another system (交换表).

    Parameters
    ----------
    table : DataFrame
        One row a parcel, indexed by parcel code or with ``parcel_code``; columns of the schema, and under the form's
        own headers what the land book has no column for.
    field_map : FieldMap
        The form.

    Returns
    -------
    DataFrame
        On the same index, their headers in their order: units converted exactly and rounded half-up, codes as
        theirs, days as dates; missing where we have nothing and the form does not ask.

    Raises
    ------
    BadValueError
        If the form asks for what is missing, or a value cannot be written as it wants; all fields are counted, the
        first ten named with their rows.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody saw the template of the form.
    """
    require_unique_index(table, "exchange_rows")
    columns: dict[str, Values] = {}
    faults: list[str] = []
    for field in field_map.fields:
        values, wrong = _converted(table, field)
        columns[field.header] = values
        bad = np.array([bool(fault) for fault in wrong], dtype=bool)
        if bad.any():
            kinds = "、".join(dict.fromkeys(fault for fault in wrong if fault))
            rows = named_rows(table.index[bad])
            faults.append(f"{field.header}（取自 {'、'.join(map(label, field.taken))}）{kinds}，{rows}")
    if faults:
        more = [f"另有 {len(faults) - SHOWN} 个字段"] if len(faults) > SHOWN else []
        listed = "\n".join([*faults[:SHOWN], *more])
        raise BadValueError(
            f"{field_map.title}：{len(faults)} 个字段不能发送。\n{listed}\n办法：补全这些列，或在对照表中改正。"
        )
    if field_map.unverified:
        warnings.warn(
            f"对照表未经核对系统模板：{field_map.title}，{len(field_map.unverified)} 个字段",
            UnverifiedRuleWarning,
            stacklevel=2,
        )
    return pd.DataFrame(columns, index=table.index)


def read_exchange(path: str | Path, field_map: FieldMap) -> pd.DataFrame:
    """Read a table in the form of another system (读回交换表).

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8; lines above the header row do no harm.
    field_map : FieldMap
        The form.

    Returns
    -------
    DataFrame
        The index is the row in the sheet. Our columns in our units where one of theirs is made of one of ours, or
        their code tells ours; under their header what is not, or not for each row.

    Raises
    ------
    ReadError
        If the file cannot be read, or lacks a required header.
    BadValueError
        If a cell is no number or day, or an amount is no whole number of fen.
    """
    file = Path(path)
    needed = [field.header for field in field_map.fields if field.required]
    sheet = sheet_table(file, needed or [field_map.fields[0].header])
    columns: dict[str, Values] = {}
    for field in field_map.fields:
        if field.header in sheet.columns:
            columns |= _returned(sheet[field.header], field, file)
    return pd.DataFrame(columns, index=sheet.index)


def _cells(table: pd.DataFrame, name: str) -> list[object]:
    """Cells of a column, None where missing; the parcel code may be the index."""
    if name in table.columns:
        column = table[name]
    elif name == table.index.name:
        column = table.index.to_series()
    else:
        return [None] * len(table)
    objects = column.astype("object")
    return [None if missing else value for value, missing in zip(objects, column.isna(), strict=True)]


def _converted(table: pd.DataFrame, field: Field) -> tuple[Values, list[str]]:
    """Values of a field, and what is wrong with each; empty where nothing is."""
    parts = [_cells(table, name) for name in field.taken]
    made = [_cell(list(cells), field) for cells in zip(*parts, strict=True)]
    values = [value for value, _ in made]
    faults = [fault or (_BLANK if field.required and value is None else "") for value, fault in made]
    return _column(values, field, table.index), faults


def _cell(cells: list[object], field: Field) -> tuple[object, str]:
    if field.kind == TEXT:
        return _text(cells, field)
    if cells[0] is None or str(cells[0]).strip() == "":
        return None, ""
    if field.kind == DATE:
        day = _day(cells[0])
        return (None, f"不是日期（{cells[0]!r}）") if day is None else (day, "")
    exact = _exact(str(cells[0]))
    if exact is None:
        return None, f"没有数可填（{cells[0]}）"
    if field.kind == WHOLE and (exact * field.factor).denominator != 1:
        return None, f"不是整数（{cells[0]}）"
    rounded = round_half_up(exact * field.factor, field.decimals)
    return (int(rounded) if field.kind == WHOLE else float(rounded)), ""


def _day(value: object) -> pd.Timestamp | None:
    """A day, or the day a text says; a bare number is none."""
    if isinstance(value, date):
        return pd.Timestamp(value).tz_localize(None).normalize()
    days, bad = to_date(pd.Series([str(value)], dtype="str"))
    return None if bad[0] or days.isna()[0] or not isinstance(value, str) else pd.Timestamp(days[0])


def _exact(text: str) -> Fraction | None:
    """A number as it prints, exactly; None where it is none, without end, or beyond anything on earth."""
    read = number(text)
    return None if read is None or abs(read) > _MOST else Fraction(read)


def _text(cells: list[object], field: Field) -> tuple[object, str]:
    texts = ["" if cell is None else str(cell).strip() for cell in cells]
    if field.codes and any(texts):
        key = "+".join(texts)
        return (field.codes[key], "") if key in field.codes else (None, f"不在代码表中（{key!r}）")
    text = "".join(texts)
    if _CONTROL.search(text) or len(text.encode("utf-16-le", "surrogatepass")) > 2 * _LONGEST:
        return None, "含换行或控制字符，或太长"
    return text or None, ""


def _column(values: list[object], field: Field, index: pd.Index[str]) -> Values:
    cells = pd.Series(values, index=index, dtype="object")
    if field.kind == NUMBER:
        return cells.astype("float64")
    if field.kind == WHOLE:
        return cells.astype("Int64")
    return cells.astype("datetime64[s]") if field.kind == DATE else cells.astype("str").where(cells.notna())


def _returned(cells: pd.Series[str], field: Field, path: Path) -> dict[str, Values]:
    """Our columns of a field, and its own where ours do not say all of it."""
    if field.kind == TEXT:
        return _returned_text(cells, field)
    name = field.columns[0] if field.columns else field.header
    if field.kind == DATE:
        days, bad = to_date(cells)
        _require_read(cells, bad, field, path, "不是日期")
        return {name: days}
    numbers = [_exact(cell) for cell in cells]
    bad = np.array([value is None and cell != "" for value, cell in zip(numbers, cells, strict=True)], dtype=bool)
    _require_read(cells, bad, field, path, "不是数")
    ours = [None if value is None else value / field.factor for value in numbers]
    large = np.array([value is not None and abs(value) > _MOST for value in ours], dtype=bool)
    _require_read(cells, large, field, path, "换算后太大")
    if field.kind == WHOLE or (name in schema() and schema()[name].kind in ("fen", "whole")):
        uneven = np.array([value is not None and value.denominator != 1 for value in ours], dtype=bool)
        _require_read(cells, uneven, field, path, "换算后不是整数")
        whole = [None if value is None else int(value) for value in ours]
        return {name: pd.Series(whole, index=cells.index, dtype="Int64")}
    floats = [math.nan if value is None else float(value) for value in ours]
    return {name: pd.Series(floats, index=cells.index, dtype="float64")}


def _returned_text(cells: pd.Series[str], field: Field) -> dict[str, Values]:
    texts = [cell or None for cell in cells]
    theirs = {field.header: pd.Series(texts, index=cells.index, dtype="str")}
    if not field.columns or (not field.codes and len(field.columns) > 1):
        return theirs
    if not field.codes:
        return {field.columns[0]: theirs[field.header]}
    told = [field.returns.get(cell) for cell in cells]
    parts = [[None] * len(field.columns) if text is None else text.split("+") for text in told]
    ours = {
        name: pd.Series([part[place] for part in parts], index=cells.index, dtype="str")
        for place, name in enumerate(field.columns)
    }
    is_whole = all(text is not None or cell == "" for text, cell in zip(told, cells, strict=True))
    return ours if is_whole else ours | theirs


def _require_read(cells: pd.Series[str], bad: Mask, field: Field, path: Path, what: str) -> None:
    if bad.any():
        rows = [f"第 {row} 行" for row in cells.index[bad]]
        raise BadValueError(f"{path}：列 {field.header} {what}，{named_rows(rows, cells[bad])}。办法：改正该单元格。")
