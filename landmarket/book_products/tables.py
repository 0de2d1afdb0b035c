"""The tables of a county's land book (台账各表), each once: for the workbook, the pages and other programs."""

from __future__ import annotations

import pandas as pd

from landmarket.book_products.land_tables import placed, places_table
from landmarket.book_products.work import BookWork
from landmarket.columns import header
from landmarket.land_book import banked_parcels, planned_parcels
from landmarket.land_book.after_deal import township_lights
from landmarket.land_book.events import in_order
from landmarket.land_book.year import TOTAL

_FEN = 100
_EVENT = [
    *("event_id", "parcel_code", "kind", "happened_on", "party", "deal_no", "amount_fen", "plan_year", "event_area"),
    *("agreed_by", "collective_code", "lineage", "corrects", "event_document", "remark", "recorded_at"),
]
YEAR_HEADERS = {
    "candidates": "在册备选（宗，年末）",
    "banked": "储备库（宗，年末）",
    "planned": "列入当年计划（宗）",
    "approved": "同意入市（宗）",
    "offered": "公告或协议（宗）",
    "failed": "流拍（宗）",
    "sold": "成交（宗）",
    "undivided": "成交未分配（宗）",
    "candidate_mu": "在册备选（亩）",
    "sold_mu": "成交（亩）",
    "deal_price_fen": "成交价款（元）",
    "fund_fen": "调节金（元）",
    "collective_fen": "集体及成员所得（元）",
    "collective_per_head": "常住人口人均所得（元）",
}
"""What the workbook calls the columns of the year; amounts in yuan."""
_LIGHT_HEADERS = {
    "红": "红（宗）",
    "黄": "黄（宗）",
    "绿": "绿（宗）",
    "unpaid_fen": "未缴价款（元）",
    "idle_parcels": "闲置（宗）",
    "late_terms": "有期限逾期未履行（宗）",
}


def bank_table(work: BookWork) -> pd.DataFrame:
    """List the reserve bank (储备库).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a parcel, with use and price where known.
    """
    bank = banked_parcels(work.events, on=work.on)
    facts = work.main.outcome.table[["planned_use_name", "total_price_fen"]]
    return placed(work, bank.join(work.places["area"]).join(pd.DataFrame(facts)))


def plan_table(work: BookWork) -> pd.DataFrame:
    """List the annual plan and what was done of it (年度计划).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a parcel of the year's plan.
    """
    planned = planned_parcels(work.events, year=work.year, on=work.on)
    return placed(work, planned.join(work.places["area"]).join(work.states[["book_state", "next_step"]]))


def state_table(work: BookWork) -> pd.DataFrame:
    """List every parcel of the book with its state and next step (台账).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a parcel.
    """
    columns = ["book_state", "state_since", "last_kind", "next_step", "step_missing", "standing_facts"]
    return placed(work, work.states[columns].join(work.places["area"]))


def event_table(work: BookWork) -> pd.DataFrame:
    """List all events, as they were recorded (事件).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        By parcel and day, corrections among them.
    """
    return in_order(work.events)[_EVENT].reset_index(drop=True)


def due_table(work: BookWork) -> pd.DataFrame:
    """List the terms that run, and those that were not kept (到期与逾期).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        Unmet ones first, the longest overdue first; then those that run, the next first; then those met late.
    """
    order = {"逾期未履行": 0, "未到期": 1, "逾期履行": 2, "太早": 3}
    shown = work.terms[work.terms["clock_state"].isin(list(order))]
    keys = shown.assign(place=shown["clock_state"].map(order))
    keys = keys.sort_values(["place", "due_by", "parcel_code", "clock"])
    columns = ["clock", "clock_state", "happened_on", "due_by", "met_on", "overdue_days", "clock_source"]
    return placed(work, keys.set_index("parcel_code")[columns])


def deal_table(work: BookWork) -> pd.DataFrame:
    """List every deal that stands and what became of it (成交以后).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a deal: red ones first.
    """
    order = work.deals["light"].map({"红": 0, "黄": 1, "绿": 2})
    return placed(work, work.deals.loc[order.sort_values(kind="stable").index])


def idle_table(work: BookWork) -> pd.DataFrame:
    """List idle land (闲置), with the fee that the law of state land would ask.

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a parcel, the longest idle first.
    """
    idle = work.deals[work.deals["idle_state"].ne("")].sort_values("idle_since", kind="stable")
    columns = ["right_holder", "deal_price_fen", "delivered_on", "start_due_on", "idle_state", "idle_since"]
    own = idle[[*columns, "idle_fee_fen"]].assign(说明="国有土地的规定，参照；收不收、收回不收回，以合同与本县规定为准")
    return placed(work, own)


def light_table(work: BookWork) -> pd.DataFrame:
    """Count the lights by township (红黄绿), without the total, which the workbook adds up itself.

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a township that has a deal.
    """
    counted = township_lights(work.deals, work.places["township"])
    lights = counted.reindex([town for town in work.townships.index if town in counted.index and town != TOTAL])
    lights = lights.assign(unpaid_fen=lights["unpaid_fen"] / _FEN)
    return lights.rename(columns=_LIGHT_HEADERS).reset_index()


def year_page_table(work: BookWork) -> pd.DataFrame:
    """Sum the year up by township (年度一页), the total last, amounts in yuan.

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        Chinese headers.
    """
    money = [name for name in work.townships.columns.astype("str") if name.endswith("_fen")]
    yuan = work.townships.assign(**{name: work.townships[name] / _FEN for name in money})
    return yuan[list(YEAR_HEADERS)].rename(columns=YEAR_HEADERS).reset_index()


def village_table(work: BookWork) -> pd.DataFrame:
    """List weak villages and villages that had income of land (薄弱村).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        One row a village that is weak or not known before, or has income of land.
    """
    table = work.villages
    shown = table["weak_before"].ne("否") | table["land_income_fen"].gt(0)
    return table[shown].reset_index()


def irregularity_table(work: BookWork) -> pd.DataFrame:
    """List everything irregular with the place of the parcel (异常).

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        The columns of `landmarket.land_book.irregularities`, township and village where it is a parcel.
    """
    table = work.irregularities
    places = places_table(work).reindex(table["register_key"]).reset_index(drop=True)
    return table.join(places)


def undivided_table(work: BookWork) -> pd.DataFrame:
    """List deals of the year that could not be divided (未分配), with the reason.

    Parameters
    ----------
    work : BookWork
        A county's land book.

    Returns
    -------
    DataFrame
        Parcel and ``split_gap``.
    """
    return placed(work, work.income.loc[work.income["split_gap"].ne(""), ["split_gap"]])


def header_of(name: str) -> str:
    """Give the Chinese header under which a table shows a column (表头).

    Parameters
    ----------
    name : str
        Identifier.

    Returns
    -------
    str
        The header; the name itself where it is one.
    """
    return _LIGHT_HEADERS.get(name) or YEAR_HEADERS.get(name) or header(name)
