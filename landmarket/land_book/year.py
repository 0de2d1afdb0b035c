"""The year on a page (年度一页): what became of a township's land in a year, and which villages are weak."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError, named_rows
from landmarket.land_book.events import effective, in_order
from landmarket.land_book.kinds import Turn
from landmarket.land_book.states import parcel_states
from landmarket.land_book.views import planned_parcels
from landmarket.units import square_metres_to_mu

TOTAL = "合计"
_GONE = ("因分割或合并终止", "退出", "收回")
_IN_THE_YEAR = {
    "approved": ("同意入市",),
    "offered": ("出让公告", "协议商定"),
    "failed": ("流拍",),
    "sold": (Turn.DEAL,),
}
_MONEY = ["deal_price_fen", "fund_fen", "collective_fen"]


def year_table(
    events: pd.DataFrame,
    parcels: pd.DataFrame,
    income: pd.DataFrame,
    residents: pd.Series[float],
    *,
    year: int,
    on: date,
) -> pd.DataFrame:
    """Sum a year of the land book up by township (年度一页).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    parcels : DataFrame
        Indexed by parcel code: ``township`` and ``area`` [㎡] of every parcel that the book may name.
    income : DataFrame
        Indexed by parcel code: ``fund_fen`` and ``collective_fen`` [分] of each deal, to the county and to collectives
        and their members; missing where not divided yet.
    residents : Series of float
        Residents [人] by township.
    year : int
        The year.
    on : date
        The day: what happened later is not looked at.

    Returns
    -------
    DataFrame
        A row for each township of `residents` and further ones with parcels in the book, then 合计: ``candidates``,
        ``banked`` (on the last day), ``planned``, ``approved``, ``offered``, ``failed``, ``sold`` (宗 of the year),
        ``candidate_mu`` and ``sold_mu`` [亩], ``deal_price_fen``, ``fund_fen``, ``collective_fen`` [分], ``undivided``
        (宗 sold and not divided yet), ``collective_per_head`` [元 per resident].

    Raises
    ------
    LookupError
        If the book names a parcel without a township or an area.

    Notes
    -----
    A parcel counts once a column, however often the event happened in the year; a parcel that failed and was sold
    counts in both. Amounts are of the last deal of the year that stands.
    """
    require_columns(parcels, ["township", "area"], "year_table")
    require_columns(income, ["fund_fen", "collective_fen"], "year_table")
    end = min(on, date(year, 12, 31))
    held = in_order(effective(events))
    past = held[held["happened_on"].le(pd.Timestamp(end))]
    _require_known(past, parcels)
    counted = _standing(events, end)
    for name, own in _happened(past, year).items():
        counted[name] = own
    counted["planned"] = pd.Series(True, index=planned_parcels(events, year=year, on=end).index)
    table = counted.fillna(value=False).astype("bool")
    known = parcels.loc[table.index]
    mu = square_metres_to_mu(known["area"].astype("float64"))
    deals = year_deals(events, year=year, on=end)
    money = deals[["deal_price_fen"]].join(income[_MONEY[1:]]).reindex(table.index)
    wide = table.astype("int64").assign(
        candidate_mu=mu.where(table["candidates"], 0.0),
        sold_mu=mu.where(table["sold"], 0.0),
        undivided=(table["sold"] & money["fund_fen"].isna()).astype("int64"),
        **{name: money[name].fillna(0).astype("int64") for name in _MONEY},
    )
    towns = list(dict.fromkeys([*map(str, residents.index), *known["township"].astype("str")]))
    summed = wide.groupby(known["township"].astype("str")).sum().reindex(towns).fillna(0)
    summed.loc[TOTAL] = summed.sum()
    whole = {name: "int64" for name in summed.columns.astype("str") if not name.endswith("_mu")}
    people = residents.reindex(towns).astype("float64")
    people.loc[TOTAL] = people.sum() if people.notna().all() else np.nan
    per_head = summed["collective_fen"] / 100 / people
    return summed.astype(whole).assign(collective_per_head=per_head)[_COLUMNS].rename_axis("township")


_COLUMNS = [
    "candidates", "banked", "planned", "approved", "offered", "failed", "sold", "undivided", "candidate_mu", "sold_mu",
    *_MONEY, "collective_per_head",
]  # fmt: skip


def _require_known(past: pd.DataFrame, parcels: pd.DataFrame) -> None:
    codes = past["parcel_code"].dropna().unique()
    known = parcels[parcels["township"].notna() & parcels["area"].notna()].index
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise BadValueError(
            f"year_table：台账中的宗地没有乡镇 township 或面积 area，{named_rows(unknown)}。"
            "办法：新宗地从登记事件补上，或核对宗地代码。"
        )


def _standing(events: pd.DataFrame, end: date) -> pd.DataFrame:
    """Facts that hold on the last day, parcels that are gone left out."""
    facts = parcel_states(events, on=end)["standing_facts"].str.split("、")
    here = ~facts.map(lambda held: any(fact in held for fact in _GONE)).astype("bool")
    return pd.DataFrame(
        {
            "candidates": facts.map(lambda held: "列入备选" in held).astype("bool") & here,
            "banked": facts.map(lambda held: "入库" in held).astype("bool") & here,
        }
    )


def _happened(past: pd.DataFrame, year: int) -> dict[str, pd.Series[bool]]:
    in_year = past[past["happened_on"].dt.year.eq(year)]
    return {
        name: pd.Series(True, index=pd.Index(in_year.loc[in_year["kind"].isin(kinds), "parcel_code"].unique()))
        for name, kinds in _IN_THE_YEAR.items()
    }


def year_deals(events: pd.DataFrame, *, year: int, on: date) -> pd.DataFrame:
    """Give the last deal of each parcel in a year (当年成交).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order.
    year : int
        The year.
    on : date
        The day: what happened later is not looked at.

    Returns
    -------
    DataFrame
        Indexed by parcel code, in the order of the codes: ``deal_on`` and ``deal_price_fen`` [分], also of parcels
        that were taken back since.
    """
    held = in_order(effective(events))
    past = held["happened_on"].le(pd.Timestamp(on)) & held["happened_on"].dt.year.eq(year)
    last = held[past & held["kind"].eq(Turn.DEAL)].drop_duplicates("parcel_code", keep="last").set_index("parcel_code")
    return pd.DataFrame({"deal_on": last["happened_on"], "deal_price_fen": last["amount_fen"]})


def weak_villages(incomes: pd.DataFrame, land_income: pd.Series[int], limit_fen: int) -> pd.DataFrame:
    """Mark villages whose collective earns little in a year (集体经济薄弱村).

    Parameters
    ----------
    incomes : DataFrame
        A row each village, unique index: ``yearly_income_fen`` [分], income of the village's collective other than of
        land; missing where not known.
    land_income : Series of int
        Income of land of the same year by village [分], on any of its index; a village without one had none.
    limit_fen : int
        Yearly income under which a village is weak, as the county states it [分].

    Returns
    -------
    DataFrame
        On the index of `incomes`: ``yearly_income_fen``, ``land_income_fen``, ``village_total_fen`` [分],
        ``weak_before`` and ``weak_after`` land income (是、否、不明).

    Raises
    ------
    BadValueError
        If the limit is not positive, or a village has income of land and is not in the table.
    """
    if limit_fen <= 0:
        raise BadValueError(f"weak_villages：薄弱村标准 {limit_fen} 分应大于 0。办法：填本县规定的年收入。")
    stray = land_income.index.difference(incomes.index)
    if len(stray):
        raise BadValueError(f"weak_villages：有土地收入的村不在村集体收入表中，{named_rows(stray)}。办法：补上这些村。")
    own = incomes["yearly_income_fen"].astype("Int64")
    land = land_income.reindex(incomes.index).fillna(0).astype("Int64")
    total = own + land
    return pd.DataFrame(
        {
            "yearly_income_fen": own,
            "land_income_fen": land,
            "village_total_fen": total,
            "weak_before": _said(own < limit_fen),
            "weak_after": _said(total < limit_fen),
        },
        index=incomes.index,
    )


def _said(weak: pd.Series[bool]) -> pd.Series[str]:
    return weak.astype("object").map({True: "是", False: "否"}).fillna("不明").astype("str")
