"""What a click on a parcel tells.

Only the columns named here, and the views that were asked for, reach a page: a column nobody thought of (a
contact's name, a reserve price) stays in the table.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from landmarket.errors import BadValueError
from landmarket.maps.packing import Ints, Texts, TextTable, texts_of
from landmarket.maps.payload import Packed
from landmarket.maps.values import Column, column_texts, number_texts, title_and_unit
from landmarket.units import square_metres_to_mu

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
