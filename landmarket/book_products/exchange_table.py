"""Deals of a land book with what other systems ask of them (报送用的成交表)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from landmarket.columns import rename_map
from landmarket.errors import BadValueError, named_rows
from landmarket.io.parcels import typed_column
from landmarket.io.sheet_tables import sheet_table
from landmarket.land_book import book_deals
from landmarket.land_book.events import effective
from landmarket.products import Work, plain

_CODE = "宗地代码"
_FACTS = [
    *("township", "village", "area", "land_source", "planned_use_name", "term_years", "grade", "far_low", "far_high"),
    *("floor_area_ratio", "building_density", "green_share", "height_limit", "owner"),
]
_NEGOTIATED, _GRANT = "协议商定", "出让"


def exchange_table(
    main: Work, events: pd.DataFrame, *, on: date, year: int | None = None, also: Path | None = None
) -> pd.DataFrame:
    """Put deals, facts of their parcels and further columns together (报送用的成交表).

    Parameters
    ----------
    main : Work
        The county's main job.
    events : DataFrame
        Of the land book.
    on : date
        The day: what happened later is not looked at.
    year : int, optional
        Only deals of that year; by default all that stand.
    also : Path, optional
        ``.xlsx`` or ``.csv`` with 宗地代码 and further columns, under our headers or those of the form; they go before
        what the book and the parcel table say.

    Returns
    -------
    DataFrame
        Indexed by parcel code, for `landmarket.land_book.exchange_rows`. ``mode`` is 协议 where the deal was
        negotiated, and missing where the book only knows of a notice.

    Raises
    ------
    BadValueError
        If the further sheet names a parcel twice, or a cell cannot be read.
    """
    deals = book_deals(events, on=on)
    if year is not None:
        deals = deals[deals["deal_on"].dt.year.eq(year)]
    facts = plain(main.outcome.table)[_FACTS].reindex(deals.index)
    table = deals.join(facts).assign(form=_GRANT, mode=_modes(events, deals))
    return table if also is None else _beside(table, _further(also))


def _modes(events: pd.DataFrame, deals: pd.DataFrame) -> pd.Series[str]:
    held = effective(events)
    talks = held[held["kind"].isin([_NEGOTIATED, "出让公告"])].sort_values("happened_on", kind="stable")
    before = talks["happened_on"].to_numpy() <= deals["deal_on"].reindex(talks["parcel_code"]).to_numpy()
    last = talks[before].drop_duplicates("parcel_code", keep="last").set_index("parcel_code")["kind"]
    return last.reindex(deals.index).eq(_NEGOTIATED).map({True: "协议", False: None}).astype("str")


def _further(path: Path) -> pd.DataFrame:
    sheet = sheet_table(path, [_CODE]).rename(columns={_CODE: "parcel_code"})
    twice = sheet["parcel_code"].duplicated(keep=False) | sheet["parcel_code"].eq("")
    if twice.any():
        rows = [f"第 {row} 行" for row in sheet.index[twice]]
        raise BadValueError(
            f"{path}：宗地代码没有填或重复，{named_rows(rows, sheet['parcel_code'][twice])}。办法：一宗一行。"
        )
    named = sheet.rename(columns=rename_map([name for name in sheet.columns if name != "parcel_code"]))
    columns = {}
    for name in named.columns:
        values, bad = typed_column(named[name])
        if bad.any():
            rows = [f"第 {row} 行" for row in named.index[bad]]
            raise BadValueError(
                f"{path}：列 {name} 的值读不懂，{named_rows(rows, named[name][bad])}。办法：改正该单元格。"
            )
        columns[str(name)] = values
    return pd.DataFrame(columns).set_index("parcel_code")


def _beside(table: pd.DataFrame, further: pd.DataFrame) -> pd.DataFrame:
    own = further.reindex(table.index)
    filled = {
        str(name): own[name].where(own[name].notna(), table[name]) if name in table.columns else own[name]
        for name in own
    }
    return table.assign(**filled)
