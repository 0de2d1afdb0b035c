"""Correction tables compiled from samples: writing them, and looking them up (修正系数表)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from landmarket.checks import require_values
from landmarket.pricing.legible.correction_rows import OTHER, Floats, Ints, PriceTerms, TableRows, numbers_of, row_of
from landmarket.units import round_half_up_array

Outside = Literal["raise", "nearest"]

OWN, POOLED = "样点", "合并"
"""Where a row of a table comes from: its own samples, or those of several values together."""
NUMBER_COLUMNS = ["factor", "at", "coefficient", "samples"]
CATEGORY_COLUMNS = ["factor", "value", "coefficient", "samples", "source"]


def publish_numbers(
    samples: pd.DataFrame, terms: PriceTerms, rows: TableRows, steps: Sequence[Floats]
) -> tuple[pd.DataFrame, float]:
    """Write the tables of the numbers (数值因素修正系数表).

    Parameters
    ----------
    samples : DataFrame
        The samples.
    terms : PriceTerms
        The factors.
    rows : TableRows
        Their rows.
    steps : sequence of ndarray
        Logarithms from row to row.

    Returns
    -------
    table : DataFrame
        ``factor``, ``at``, ``coefficient`` (1 at the row nearest the median sample), ``samples`` nearest to the row.
    moved : float
        Logarithm that the base price takes over.
    """
    written, moved = [], 0.0
    for each, ladder, step in zip(terms.numbers, rows.ladders, steps, strict=True):
        level = np.concatenate([[0.0], np.cumsum(step)])
        values = numbers_of(samples, each.column)
        nearest = np.abs(values[:, None] - ladder).argmin(axis=1)
        base = level[np.abs(ladder - np.median(values)).argmin()]
        moved += float(base)
        factors = round_half_up_array(np.exp(level - base), terms.factor_decimals)
        counts = np.bincount(nearest, minlength=len(ladder))
        written.append(pd.DataFrame({"factor": each.column, "at": ladder, "coefficient": factors, "samples": counts}))
    return _joined(written, NUMBER_COLUMNS), moved


def publish_categories(
    samples: pd.DataFrame, terms: PriceTerms, rows: TableRows, levels: Sequence[Floats]
) -> tuple[pd.DataFrame, float]:
    """Write the tables of the categories (类别因素修正系数表).

    Parameters
    ----------
    samples : DataFrame
        The samples.
    terms : PriceTerms
        The factors.
    rows : TableRows
        Their rows.
    levels : sequence of ndarray
        Logarithms of the rows.

    Returns
    -------
    table : DataFrame
        ``factor``, ``value``, ``coefficient`` (1 at the commonest row), ``samples``, ``source``.
    moved : float
        Logarithm that the base price takes over.
    """
    written, moved = [], 0.0
    for name, values, level in zip(terms.categories, rows.texts[1:], levels, strict=True):
        counts = np.bincount(row_of(samples, name, values), minlength=len(values))
        base = level[counts.argmax()]
        moved += float(base)
        factors = round_half_up_array(np.exp(level - base), terms.factor_decimals)
        source = [OWN] * (len(values) - 1) + [POOLED]
        written.append(
            pd.DataFrame({"factor": name, "value": values, "coefficient": factors, "samples": counts, "source": source})
        )
    return _joined(written, CATEGORY_COLUMNS), moved


def correction_columns(
    table: pd.DataFrame,
    terms: PriceTerms,
    numbers: pd.DataFrame,
    categories: pd.DataFrame,
    outside: Outside,
    needed_by: str,
) -> pd.DataFrame:
    """Look every correction up (查修正系数).

    Parameters
    ----------
    table : DataFrame
        Parcels, checked.
    terms : PriceTerms
        The factors.
    numbers, categories : DataFrame
        The published tables.
    outside : {"raise", "nearest"}
        What happens beyond the rows: refuse, or take the end row of a number and the row `OTHER` of a category.
    needed_by : str
        The function that needs them, for the message.

    Returns
    -------
    DataFrame
        One column a factor, ``系数:`` before its name, on the same index. Linear between the rows of a number.

    Raises
    ------
    BadValueError
        If a value is outside a table and ``outside`` is "raise".
    """
    columns = {}
    for each in terms.numbers:
        rows = numbers[numbers["factor"] == each.column]
        ladder, values = rows["at"].to_numpy(dtype=np.float64), numbers_of(table, each.column)
        if outside == "raise":
            cure = f"修正表为 {ladder[0]:g}—{ladder[-1]:g}，核对该值，或明确选择取端值（outside='nearest'）。"
            require_values(table, each.column, (values < ladder[0]) | (values > ladder[-1]), cure, needed_by)
        columns[f"系数:{each.column}"] = np.interp(values, ladder, rows["coefficient"].to_numpy(dtype=np.float64))
    for name in terms.categories:
        rows = categories[categories["factor"] == name]
        place = checked_rows(table, name, rows["value"].to_list(), rows["samples"].to_list(), outside, needed_by)
        columns[f"系数:{name}"] = rows["coefficient"].to_numpy(dtype=np.float64)[place]
    return pd.DataFrame(columns, index=table.index)


def checked_rows(
    table: pd.DataFrame, name: str, values: Sequence[str], samples: Sequence[int], outside: Outside, needed_by: str
) -> Ints:
    """Return the row that applies to each value, and refuse those no sample speaks for (查类别的行).

    Parameters
    ----------
    table : DataFrame
        Parcels.
    name : str
        Column of the category.
    values : sequence of str
        The rows, `OTHER` last.
    samples : sequence of int
        Samples of each row.
    outside : {"raise", "nearest"}
        What happens to a value without a row where `OTHER` has no sample: refuse, or take `OTHER` all the same.
    needed_by : str
        The function that needs them, for the message.

    Returns
    -------
    ndarray of int
        Position of the row.

    Raises
    ------
    BadValueError
        If no sample speaks for a value and ``outside`` is "raise".
    """
    place = row_of(table, name, values)
    if outside == "raise":
        unknown = np.asarray(samples)[place] == 0
        cure = f"表中只有 {'、'.join(values[:-1])}，核对该值，或明确选择按“{OTHER}”取值（outside='nearest'）。"
        require_values(table, name, unknown, cure, needed_by)
    return place


def table_size(prices: pd.DataFrame, numbers: pd.DataFrame, categories: pd.DataFrame) -> pd.Series[int]:
    """Count what a reader of a price model has to look at (表的规模).

    Parameters
    ----------
    prices : DataFrame
        Cells of the price table, with ``samples`` and ``source``.
    numbers, categories : DataFrame
        Correction tables.

    Returns
    -------
    Series of int
        ``cells``, ``own_cells`` with enough samples, ``least_samples`` of those (0 if there is none),
        ``correction_rows``, and ``parameters``: cells and correction rows. The map is not among them.
    """
    own, rows = prices.loc[prices["source"] == OWN, "samples"], len(numbers) + len(categories)
    counts = {
        "cells": len(prices),
        "own_cells": len(own),
        "least_samples": int(own.min()) if len(own) else 0,
        "correction_rows": rows,
        "parameters": len(prices) + rows,
    }
    return pd.Series(counts, name="count", dtype=np.int64)


def _joined(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
