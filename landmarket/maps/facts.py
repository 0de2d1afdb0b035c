"""What a click on a parcel tells, and what a township adds up to.

Only the columns named here, and the views that were asked for, reach a page: a column nobody thought of (a
contact's name, a reserve price) stays in the table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError
from landmarket.maps.packing import Ints, Texts, TextTable, spread, texts_of
from landmarket.maps.payload import Packed
from landmarket.maps.values import Column, column_texts, floats, number_texts, plain_texts, title_and_unit
from landmarket.units import round_half_up_array, square_metres_to_mu

FACTS = (
    "village",
    "planned_use_name",
    "use_category",
    "allowed",
    "reason_text",
    "pathway",
    "land_source",
    "price_use",
    "grade",
    "unit_price",
    "wan_per_mu",
    "floor_price",
    "total_price",
    "price_gap",
    "mode",
    "form",
    "outcome",
    "deal_unit_price",
    "deal_price",
    "premium_rate",
    "annual_rent",
    "listing_until",
    "fund_fen",
    "tax_fen",
    "cost_fen",
    "township_fen",
    "reclaimed_fen",
    "village_fen",
    "group_fen",
    "members_fen",
)
"""Columns a click shows, in order, where the table has them."""

SET_ASIDE_FACTS = ("set_aside_reason", "source_row", "parcel_code", "village")
"""The same for rows that were set aside."""

AREA_COLUMNS = ("area", "registered_area")
"""Where the area of a parcel is read from: the first of these that the table has."""

_SECRET = ("reserve", "底价")


@dataclass(frozen=True)
class Fact:
    """One line of what a click shows.

    Attributes
    ----------
    column : str
        Column it is read from.
    label : str
        What it is, in Chinese.
    unit : str
        Unit, or empty.
    texts : Texts
        One text a parcel.
    """

    column: str
    label: str
    unit: str
    texts: Texts

    def packed(self, at: Ints, table: TextTable) -> dict[str, Packed]:
        """Pack some parcels for a page.

        Parameters
        ----------
        at : ndarray of int64
            Positions of the parcels.
        table : TextTable
            The texts of the page.

        Returns
        -------
        dict
            Label, unit and the number of each text.
        """
        values = table.numbers(self.texts, at)
        return {"column": self.column, "label": self.label, "unit": self.unit, "values": values}


def require_not_secret(columns: list[str], what: str) -> None:
    """Refuse to draw a reserve price (底价), which is secret until the close.

    Parameters
    ----------
    columns : list of str
        Names about to be shown.
    what : str
        Where they are, for the message.

    Raises
    ------
    BadValueError
        If a name speaks of the reserve price.
    """
    secret = [name for name in columns if any(word in name.lower() for word in _SECRET)]
    if secret:
        raise BadValueError(
            f"{what} 含有底价：{'、'.join(secret)}。底价在截止前保密，不得上图。办法：去掉这些列；底价只写入内部文件。"
        )


def parcel_facts(parcels: pd.DataFrame, columns: tuple[str, ...]) -> list[Fact]:
    """Write the facts of all parcels.

    Parameters
    ----------
    parcels : DataFrame
        Parcels.
    columns : tuple of str
        Columns shown, in order; those the table lacks are left out.

    Returns
    -------
    list of Fact
        The area in ㎡ and 亩 after the village, then the columns.
    """
    facts = []
    for column in columns:
        if column in parcels.columns:
            texts, unit = column_texts(parcels[column], column)
            title, shown_in, _ = title_and_unit(column)
            if shown_in == "万元":
                texts, unit = _yuan_and_wan(parcels[column], column, texts), ""
            facts.append(Fact(column, title, unit, texts_of(texts)))
    place = 1 if "village" in parcels.columns and columns[:1] == ("village",) else 0
    facts[place:place] = _areas(parcels)
    return facts


def _areas(parcels: pd.DataFrame) -> list[Fact]:
    name = next((name for name in AREA_COLUMNS if name in parcels.columns), None)
    if name is None or not pd.api.types.is_numeric_dtype(parcels[name].dtype):
        return []
    label = title_and_unit(name)[0]
    metres, _ = column_texts(parcels[name], name)
    mu, _ = column_texts(square_metres_to_mu(parcels[name].astype("float64")), name)
    both = [None if m is None or a is None else f"{m} ㎡（{a} 亩）" for m, a in zip(metres, mu, strict=True)]
    return [Fact(name, label, "", texts_of(both))]


def _yuan_and_wan(values: Column, column: str, wan: list[str | None]) -> list[str | None]:
    """Write an amount to the fen, and in 万元 beside it."""
    divisor = title_and_unit(column)[2]
    yuan = number_texts(values, divisor / 1e4, 2)
    return [None if y is None or w is None else f"{y} 元（{w} 万元）" for y, w in zip(yuan, wan, strict=True)]


WORKSHEET = ("step", "value", "unit", "source")
_WORKSHEET_HEADERS = ("步骤", "数值", "单位", "来源")


@dataclass(frozen=True)
class Sheets:
    """The worksheets of all parcels (地价测算表).

    Attributes
    ----------
    starts : ndarray of int64
        First row of each parcel; one more than there are parcels.
    columns : tuple of Texts
        Step, value, unit and source of each row, parcel by parcel.
    """

    starts: Ints
    columns: tuple[Texts, ...]

    def packed(self, at: Ints, table: TextTable) -> dict[str, Packed]:
        """Pack the worksheets of some parcels for a page.

        Parameters
        ----------
        at : ndarray of int64
            Positions of the parcels.
        table : TextTable
            The texts of the page.

        Returns
        -------
        dict
            Headers, the rows of each parcel, and the number of each cell's text.
        """
        rows = spread(self.starts, at)
        cells = np.array([table.numbers(texts, rows) for texts in self.columns], dtype=np.int64)
        counts = self.starts[at + 1] - self.starts[at]
        return {"headers": _WORKSHEET_HEADERS, "counts": counts, "cells": cells.T.ravel()}


def sheets_of(codes: pd.Index[str], worksheets: pd.DataFrame | None) -> Sheets:
    """Sort the worksheets by parcel.

    Parameters
    ----------
    codes : Index
        The parcels, in the order of their table.
    worksheets : DataFrame or None
        ``step, value, unit, source``, several rows a parcel, indexed by parcel code.

    Returns
    -------
    Sheets
        Rows of other parcels are left out.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a step speaks of the reserve price.
    """
    if worksheets is None:
        return Sheets(np.zeros(len(codes) + 1, dtype=np.int64), ())
    require_columns(worksheets, list(WORKSHEET), "地图中的测算表")
    require_not_secret(worksheets["step"].dropna().astype(str).unique().tolist(), "地图中的测算表")
    owner = codes.get_indexer(worksheets.index)
    order = np.argsort(owner, kind="stable")[int((owner < 0).sum()) :]
    columns = tuple(_distinct_texts(worksheets[name].iloc[order]) for name in WORKSHEET)
    starts = np.zeros(len(codes) + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner[order], minlength=len(codes)), out=starts[1:])
    return Sheets(starts, columns)


def _distinct_texts(values: Column) -> Texts:
    """Write a long column as text, each distinct value once."""
    codes, distinct = pd.factorize(values)
    written = texts_of(plain_texts(pd.Series(distinct)))
    return Texts(written.distinct, np.append(written.codes, -1)[codes])


@dataclass(frozen=True)
class Sum:
    """One column of the county's table: a sum over the parcels of each township (汇总列).

    Attributes
    ----------
    label : str
        Chinese header with the unit.
    decimals : int
        Decimals shown.
    values : ndarray of float64
        What each parcel adds, in whole hundredths where there are decimals, so that sums are exact.
    scale : float
        What a sum is divided by to be shown.
    """

    label: str
    decimals: int
    values: Ints
    scale: float = 1.0


def township_sums(parcels: pd.DataFrame) -> list[Sum]:
    """List what each parcel adds to its township's row.

    Parameters
    ----------
    parcels : DataFrame
        All parcels.

    Returns
    -------
    list of Sum
        Number of parcels, and what else the table's columns allow to add up.
    """
    sums = [Sum("宗数", 0, np.ones(len(parcels), dtype=np.int64))]
    name = next((name for name in AREA_COLUMNS if name in parcels.columns), None)
    if name is not None:
        sums.append(Sum("面积（亩）", 2, _hundredths(parcels[name]), 100 * 2000 / 3))
    if "allowed" in parcels.columns:
        sums += [Sum(value, 0, _equals(parcels["allowed"], value)) for value in ("可入市", "待核实", "不可入市")]
    sums += _money(parcels, "total_price", "总地价")
    if "outcome" in parcels.columns:
        sums.append(Sum("成交宗数", 0, _equals(parcels["outcome"], "成交")))
    return sums + _money(parcels, "deal_price", "成交价")


def _money(parcels: pd.DataFrame, column: str, label: str) -> list[Sum]:
    fen = f"{column}_fen"
    if fen in parcels.columns:
        values = parcels[fen].fillna(0).to_numpy(dtype=np.int64)
    elif column in parcels.columns:
        values = _hundredths(parcels[column])
    else:
        return []
    return [Sum(f"{label}（万元）", 2, values, 1e6)]


def _hundredths(values: Column) -> Ints:
    rounded = round_half_up_array(floats(values), 2)
    return np.rint(np.nan_to_num(rounded) * 100).astype(np.int64)


def _equals(values: Column, wanted: str) -> Ints:
    return (values == wanted).fillna(False).to_numpy(dtype=bool).astype(np.int64)
