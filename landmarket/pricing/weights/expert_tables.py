"""Tables that experts fill in (专家打分表): every cell read exactly, or named with row and column."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.errors import BadValueError, named_rows
from landmarket.io.values import half_width

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Matrix = pd.DataFrame | Floats | npt.NDArray[np.int64] | npt.NDArray[np.object_] | Sequence[Sequence[object]]

_WRITTEN = re.compile(r"[0-9]{1,9}/0*[1-9][0-9]{0,8}|[0-9]{1,9}(?:\.[0-9]{1,15})?")
_SLASH = re.compile(r" */ *")
_CURE = '写成数（3、0.5）或分数文字（"1/3"）；被 Excel 变成日期的，先把单元格设为文本再填'


def square_table(matrix: Matrix, needed_by: str) -> pd.DataFrame:
    """Bring a matrix of comparisons to a table with the same labels on both axes.

    Parameters
    ----------
    matrix : DataFrame, ndarray or sequence of sequences
        Cells of any kind; without labels the factors are numbered from 0.
    needed_by : str
        The function that needs it, for the message.

    Returns
    -------
    DataFrame
        Square, at least 1 × 1.

    Raises
    ------
    BadValueError
        If it is empty or not square, or the labels differ in name or order.
    """
    if isinstance(matrix, pd.DataFrame):
        table = matrix
    else:
        cells = np.array(matrix, dtype=object)
        if cells.ndim != 2:
            raise BadValueError(f"{needed_by}：矩阵各行长短不一或不是二维的。办法：n 个因素写 n 行，每行 n 个。")
        table = pd.DataFrame(cells)
    if not len(table) or table.shape[0] != table.shape[1]:
        raise BadValueError(f"{needed_by}：矩阵为 {table.shape[0]} 行 {table.shape[1]} 列，应行列相等。办法：补齐。")
    rows, columns = list(table.index), list(table.columns)
    if rows != columns:
        odd = [name for name in [*rows, *columns] if (name in rows) != (name in columns)]
        what = named_rows(dict.fromkeys(odd)) if odd else f"次序不同，行为 {rows}，列为 {columns}"
        raise BadValueError(
            f"{needed_by}：行与列的因素不一致，{what}。办法：行列用同样的名称和次序；首列是名称的，设为索引。"
        )
    return table


def read_cells(table: pd.DataFrame, needed_by: str) -> pd.DataFrame:
    """Read every cell of a table that experts filled in as a number, exactly.

    Parameters
    ----------
    table : DataFrame
        Numbers, or text such as ``"3"``, ``"0.5"``, ``"1/3"``, full-width or not; nothing is evaluated.
    needed_by : str
        The function that needs it, for the message.

    Returns
    -------
    DataFrame of float
        On the same labels; missing where blank.

    Raises
    ------
    BadValueError
        Naming row and column of each cell that is no number; or if labels are blank or repeated.
    """
    for axis, labels in (("行", table.index), ("列", table.columns)):
        twice = labels[labels.duplicated() | labels.isna()]
        if len(twice):
            raise BadValueError(
                f"{needed_by}：{axis}名重复或空白，{named_rows(twice.unique())}。办法：每个名称只用一次。"
            )
    read = [[_number(cell) for cell in row] for row in table.to_numpy(dtype=object)]
    bad = np.array([[value is None for value in row] for row in read], dtype=bool).reshape(table.shape)
    refuse_cells(table, bad, _CURE, needed_by)
    values = np.array(read, dtype=np.float64).reshape(table.shape)
    return pd.DataFrame(values, index=table.index, columns=table.columns)


def refuse_cells(table: pd.DataFrame, bad: Mask, cure: str, needed_by: str) -> None:
    """Raise if any cell is marked bad, naming row, column, value and the cure.

    Parameters
    ----------
    table : DataFrame
        The table to look at.
    bad : ndarray of bool
        True for each cell that cannot be used.
    cure : str
        What the analyst should do, in Chinese.
    needed_by : str
        The function that refuses them, for the message.

    Raises
    ------
    BadValueError
        If any cell is bad.
    """
    places = np.argwhere(bad).tolist()
    if not places:
        return
    cells = table.to_numpy(dtype=object)
    names = [f"行 {table.index[i]} 列 {table.columns[j]}" for i, j in places]
    values = ["缺" if isinstance(cells[i, j], float) and math.isnan(cells[i, j]) else cells[i, j] for i, j in places]
    raise BadValueError(f"{needed_by}：格子的值不能用，{named_rows(names, values)}。办法：{cure}。")


def _number(cell: object) -> float | None:
    """Read one cell: NaN where blank, None where it is no number."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return math.nan
    if isinstance(cell, str):
        text = _SLASH.sub("/", half_width(cell).strip())
        if _WRITTEN.fullmatch(text):
            return float(Fraction(text))
        return None if text else math.nan
    if isinstance(cell, bool) or not isinstance(cell, numbers.Real | Decimal):
        return None
    try:
        return float(cell)
    except (ValueError, OverflowError):
        return None
