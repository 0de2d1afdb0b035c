"""The tables of a county's income (收益分配各表), each once: for the workbook, the page, charts and other programs."""

from __future__ import annotations

import pandas as pd

from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.distribution.disclosure import group_summary, owner_summary
from landmarket.distribution.settlement import SETTLED_COSTS
from landmarket.distribution.taxes import deal_taxes
from landmarket.distribution.township_incomes import read_township_incomes
from landmarket.income_products.work import IncomeWork
from landmarket.indicators import split_indicators, township_income_gap

TOTAL = "合计"
_PLACES = ["parcel_code", "township", "village", "owner", "owner_level", "price_use", "mode"]


def ledger_table(work: IncomeWork) -> pd.DataFrame:
    """Set price and parts of each deal side by side (逐宗收支平衡).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        One row a deal that was split: where it lies, the costs that were settled, rate, price, parts.
    """
    split = work.split.rename_axis("parcel_code").reset_index()
    costs = [name for name in SETTLED_COSTS.values() if name in split.columns]
    facts = split[[*_PLACES, "cost_basis", *costs, "gain_fen", "loss_fen", "fund_rate"]]
    money = work.balance.drop(columns="balance_fen").rename_axis("parcel_code").reset_index()
    return facts.merge(money, on="parcel_code", how="left", validate="one_to_one")


def unsplit_table(work: IncomeWork) -> pd.DataFrame:
    """List the deals that were not split (未分配), with every reason.

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        Parcel, place, owner, price and the reasons.
    """
    return _open(work, work.shares["split_gap"])


def undivided_table(work: IncomeWork) -> pd.DataFrame:
    """List the deals that were split but whose members' part was not divided (未分到成员), with the reason.

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        Parcel, place, owner, what members are due, and the reason.
    """
    return _open(work, work.member_gaps.rename("member_gap")).join(work.shares["members_fen"], on="parcel_code")


def _open(work: IncomeWork, gaps: pd.Series[str]) -> pd.DataFrame:
    """Deals with a reason in a column of gaps, in the order of the deals."""
    named = gaps[gaps.ne("")].to_frame()
    facts = work.deals.loc[named.index, ["township", "village", "owner", "deal_price_fen"]]
    return facts.join(named).rename_axis("parcel_code").reset_index()


def township_table(work: IncomeWork) -> pd.DataFrame:
    """Add the ledger up by township, without its total, which the workbook adds up itself (乡镇汇总).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        township, 成交宗数, price and parts.
    """
    table = work.townships.drop(index=TOTAL).drop(columns="balance_fen")
    return table.rename_axis("township").reset_index().rename(columns={"deals": "已分配（宗）"})


def cash_table(work: IncomeWork) -> pd.DataFrame:
    """Add payments up by year and township (分年度收付).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        年度, township, amount and parties, without the total.
    """
    return work.cash[work.cash["year"] != TOTAL].reset_index(drop=True)


def present_table(work: IncomeWork) -> pd.DataFrame:
    """Add present values up by township (现值).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        township and parties.
    """
    townships = work.deals["township"].astype("object").fillna(UNKNOWN_TOWNSHIP).reindex(work.present.index)
    return work.present.groupby(townships, sort=False).sum().rename_axis("township").reset_index()


def tax_table(work: IncomeWork) -> pd.DataFrame:
    """List who is taxed and who is not (税费).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        One row for each deal and tax, Chinese headers.
    """
    names = {"tax": "税费", "payer": "缴纳人", "taxed": "是否计征", "rate": "比例系数", "note": "说明"}
    return taxes_of(work).rename(columns=names | {"source": "依据"})


def taxes_of(work: IncomeWork) -> pd.DataFrame:
    """Find the taxes of every deal (入市环节税费).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        See `landmarket.distribution.taxes.deal_taxes`.
    """
    county, plan = work.county, work.plan
    return deal_taxes(
        work.deals,
        county=county.county,
        pilot=county.pilot,
        deed_tax_rate=plan.deed_tax_rate,
        charge_rate=plan.charge_rate,
    )


def member_tables(work: IncomeWork) -> dict[str, pd.DataFrame]:
    """Sum members' parts up by group and by owner, small cells suppressed (成员分配汇总).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    dict of str to DataFrame
        By sheet; empty where there is no roster.
    """
    if work.payments.empty:
        return {}
    names = {"owner_code": "所有权代码", "group": "村民小组", "households": "户数", "members": "人数"}
    names |= {"suppressed": "隐去"}
    groups, owners = group_summary(work.payments), owner_summary(work.payments)
    return {"成员分配（组）": groups.rename(columns=names), "成员分配（集体）": owners.rename(columns=names)}


def indicator_table(work: IncomeWork) -> pd.DataFrame:
    """Compute the shares of the parties by township (分配指标).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        Index township and 合计; see `landmarket.indicators.split_indicators`.
    """
    return split_indicators(work.deals.join(work.shares), by="township")


def gap_table(work: IncomeWork) -> pd.DataFrame | None:
    """Set members' income beside the incomes of town and country (城乡收入比).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame or None
        See `landmarket.indicators.township_income_gap`; None where the plan has no incomes.
    """
    if work.plan.places is None or work.plan.urban_income is None:
        return None
    towns = read_township_incomes(work.plan.places, work.plan.urban_income)
    return township_income_gap(indicator_table(work), towns)
