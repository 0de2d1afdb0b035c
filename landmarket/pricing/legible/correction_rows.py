"""The rows of the correction tables that samples are compiled into, and their columns in a fit (修正表的行)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.errors import BadValueError
from landmarket.pricing.legible.shrunken_fit import Block

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OTHER = "其他"
"""Row of a table for the values that have too few samples for a row of their own."""

_SIGNS = {"rising": 1, "falling": -1, "free": 0}
_ROUNDED_TO = 2
_TAIL = 0.02
"""Share of the samples beyond the last row but one: the ends of a number are often far away."""


@dataclass(frozen=True)
class NumericFactor:
    """A number that corrects the price, such as floor-area ratio or distance to a station (数值型修正因素).

    Attributes
    ----------
    column : str
        Column of the samples, in any unit; never missing.
    direction : {"free", "rising", "falling"}
        Whether the factor may only rise, or only fall, with the number.
    rows : int
        Rows the table may have, at least 2. A number with at most twice as many different values has a row for each.
    """

    column: str
    direction: Literal["free", "rising", "falling"] = "free"
    rows: int = 8


@dataclass(frozen=True)
class PriceTerms:
    """What a price model is compiled from (编表约定).

    Attributes
    ----------
    price : str
        Column of the sample price [currency/㎡].
    use : str
        Column of the use.
    numbers : tuple of NumericFactor
        Numbers that correct the price.
    categories : tuple of str
        Columns of categories that correct the price.
    least : int
        Fewest samples a cell or a category is given a row of its own for.
    price_decimals, factor_decimals : int
        Decimals that are published, and used.
    """

    price: str
    use: str
    numbers: tuple[NumericFactor, ...] = ()
    categories: tuple[str, ...] = ()
    least: int = 5
    price_decimals: int = 2
    factor_decimals: int = 4


@dataclass(frozen=True, eq=False)
class TableRows:
    """The rows that each correction table will have (各修正表的行).

    Attributes
    ----------
    ladders : tuple of ndarray
        For each number the values of its rows, rising.
    texts : tuple of list of str
        For the use and then for each category, the values with a row of their own, and `OTHER` last.
    """

    ladders: tuple[Floats, ...]
    texts: tuple[list[str], ...]


def require_factors(table: pd.DataFrame, terms: PriceTerms, needed_by: str) -> None:
    """Raise unless every factor of every row can be used.

    Parameters
    ----------
    table : DataFrame
        Samples or parcels.
    terms : PriceTerms
        Which columns are factors.
    needed_by : str
        The function that needs them, for the message.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a number is missing, infinite or no number, or a category is missing or empty.
    """
    numbers, texts = [each.column for each in terms.numbers], [terms.use, *terms.categories]
    require_columns(table, numbers + texts, needed_by)
    for name in numbers:
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        require_values(table, name, ~np.isfinite(values), "应为有限的数，不知道的先补查，不能留空。", needed_by)
    for name in texts:
        empty = table[name].isna() | (table[name].astype("str").str.strip() == "")
        require_values(table, name, empty, "填写其值，不知道的写明“不详”。", needed_by)


def table_rows(samples: pd.DataFrame, terms: PriceTerms) -> TableRows:
    """Choose the rows of each correction table; prices play no part (选定各修正表的行).

    Parameters
    ----------
    samples : DataFrame
        Checked samples.
    terms : PriceTerms
        The factors.

    Returns
    -------
    TableRows
        Numbers at rounded quantiles, categories with at least ``terms.least`` samples.
    """
    ladders = tuple(_ladder(numbers_of(samples, each.column), each) for each in terms.numbers)
    counts = [_texts(samples, name).value_counts() for name in (terms.use, *terms.categories)]
    values = tuple(
        [*sorted(str(value) for value in count.index[count >= terms.least] if value != OTHER), OTHER]
        for count in counts
    )
    return TableRows(ladders, values)


def number_blocks(table: pd.DataFrame, terms: PriceTerms, rows: TableRows) -> list[Block]:
    """Return the steps between the rows of each number that a row of samples has climbed (数值因素的列).

    Parameters
    ----------
    table : DataFrame
        Samples.
    terms : PriceTerms
        The factors.
    rows : TableRows
        Their rows.

    Returns
    -------
    list of Block
        One for each number: its coefficients are the logarithms by which the factor changes from row to row.
    """
    return [
        Block(each.column, _climbed(numbers_of(table, each.column), ladder), sign=_SIGNS[each.direction])
        for each, ladder in zip(terms.numbers, rows.ladders, strict=True)
    ]


def category_blocks(table: pd.DataFrame, terms: PriceTerms, rows: TableRows) -> list[Block]:
    """Return for the use and each category which row applies (用途与类别因素的列).

    Parameters
    ----------
    table : DataFrame
        Samples.
    terms : PriceTerms
        The factors.
    rows : TableRows
        Their rows.

    Returns
    -------
    list of Block
        The use first; coefficients are logarithms.
    """
    names = (terms.use, *terms.categories)
    return [
        Block(name, np.eye(len(values))[row_of(table, name, values)])
        for name, values in zip(names, rows.texts, strict=True)
    ]


def row_of(table: pd.DataFrame, name: str, values: Sequence[str]) -> Ints:
    """Return the position of the row that applies; the last one where a value has none (所用的行).

    Parameters
    ----------
    table : DataFrame
        Samples or parcels.
    name : str
        Column of the category.
    values : sequence of str
        The rows.

    Returns
    -------
    ndarray of int
        One position a row of the table.
    """
    found = pd.Index(list(values)).get_indexer(pd.Index(_texts(table, name))).astype(np.int64)
    return np.where(found < 0, len(values) - 1, found)


def numbers_of(table: pd.DataFrame, name: str) -> Floats:
    """Return a checked column of numbers (取数值列).

    Parameters
    ----------
    table : DataFrame
        Samples or parcels.
    name : str
        The column.

    Returns
    -------
    ndarray
        One number a row.
    """
    return table[name].to_numpy(dtype=np.float64)


def _texts(table: pd.DataFrame, name: str) -> pd.Series[str]:
    return table[name].astype("str").str.strip()


def _ladder(values: Floats, factor: NumericFactor) -> Floats:
    """Choose the rows of a number: each value where there are few, else rounded quantiles."""
    if factor.rows < 2:
        raise BadValueError(f"修正表 {factor.column} 的行数 {factor.rows} 太少。办法：至少 2 行。")
    distinct = np.unique(values)
    if len(distinct) == 1:
        return np.array([distinct[0], distinct[0] + 1.0])
    if len(distinct) <= 2 * factor.rows:
        return distinct
    inner = np.quantile(values, np.linspace(_TAIL, 1 - _TAIL, max(factor.rows - 2, 1)))
    rounded = [float(f"{value:.{_ROUNDED_TO}g}") for value in inner]
    between = [value for value in rounded if distinct[0] < value < distinct[-1]]
    return np.unique(np.array([distinct[0], *between, distinct[-1]]))


def _climbed(values: Floats, ladder: Floats) -> Floats:
    """Say which part of each step a value has climbed, 0 to 1."""
    return np.clip((values[:, None] - ladder[:-1]) / np.diff(ladder), 0.0, 1.0)
