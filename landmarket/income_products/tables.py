"""The tables of a county's income (收益分配各表), each once: for the workbook, the page, charts and other programs."""

from __future__ import annotations

import pandas as pd

from landmarket.distribution.disclosure import group_summary, owner_summary
from landmarket.distribution.settlement import SETTLED_COSTS
from landmarket.distribution.taxes import deal_taxes
from landmarket.distribution.township_incomes import read_township_incomes
from landmarket.income_products.work import IncomeWork
from landmarket.indicators import gini, lorenz, split_indicators, theil_parts, township_income_gap
from landmarket.zoning.place import locate

TOTAL = "合计"
_BELOW_TOWNSHIP = ("村", "组")
BASE = "现行办法"
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
    sums = work.present.groupby(work.deals["township"].reindex(work.present.index), sort=False).sum()
    return sums.rename_axis("township").reset_index()


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


def village_incomes(work: IncomeWork, shares: pd.DataFrame) -> pd.DataFrame:
    """Sum members' income up by village, villages without a deal at zero (各村成员收益).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    shares : DataFrame
        A split of its deals.

    Returns
    -------
    DataFrame
        Index village (with its township): every village with a collective of village or group whose members are known;
        ``township``, ``member_count``, ``members_fen``.

    Notes
    -----
    A villager is a member of the village and of its group: a village has the members of its own collective, or where it
    has none those of its groups together. Collectives of townships, whose members are all villagers again, and what
    they pay out are left out.
    """
    owners = work.main.scenario.owners
    places = locate(owners.reset_index(drop=True), work.main.scenario.villages)
    known = pd.DataFrame(owners.drop(columns=owners.geometry.name)).reset_index(drop=True).join(places)
    known = known[known["owner_level"].isin(_BELOW_TOWNSHIP) & known["member_count"].notna() & known["village"].notna()]
    known = known.drop_duplicates("owner_code").assign(place=known["township"] + " " + known["village"])
    people = known.assign(member_count=known["member_count"].astype("int64"))
    counts = people.pivot_table(index="place", columns="owner_level", values="member_count", aggfunc="sum")
    counts = counts.reindex(columns=list(_BELOW_TOWNSHIP))
    deals = work.deals.reindex(shares.index)
    own = deals["owner_level"].isin(_BELOW_TOWNSHIP)
    paid = shares.loc[own, "members_fen"].groupby((deals["township"] + " " + deals["village"])[own]).sum()
    table = pd.DataFrame({"member_count": counts["村"].fillna(counts["组"]).astype("int64")})
    table.insert(0, "township", known.groupby("place")["township"].first().reindex(table.index))
    return table.assign(members_fen=paid.reindex(table.index).fillna(0).astype("int64"))


def inequality_tables(work: IncomeWork) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how evenly members' income lies among villages, under each rule (分配的均衡程度).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    measures : DataFrame
        A row for each rule: Gini, Theil, its parts within and between townships.
    townships : DataFrame
        Theil by township under the county's rule.
    """
    rows, parts = [], {}
    for name, shares in every_split(work).items():
        table = village_incomes(work, shares)
        people = table["member_count"].astype("float64")
        parts[name] = theil_parts(table["members_fen"].astype("float64"), table["township"], people)
        found = parts[name]
        rows.append([name, gini(table["members_fen"], people), found.total, found.within, found.between])
    measures = pd.DataFrame(rows, columns=["办法", "基尼系数", "泰尔指数", "组内（乡镇内）指数", "组间（乡镇间）指数"])
    names = {
        "units": "村数",
        "population_share": "人口占比",
        "income_share": "收益占比",
        "theil": "乡镇内泰尔指数",
        "within": "对组内指数的贡献",
        "between": "对组间指数的贡献",
    }
    townships = parts[BASE].groups.rename_axis("township").reset_index().rename(columns=names)
    return measures, townships


def lorenz_curves(work: IncomeWork) -> dict[str, pd.DataFrame]:
    """Draw up the Lorenz curve of members' income among villages under each rule (洛伦兹曲线).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    dict of str to DataFrame
        By name of the rule.
    """
    tables = {name: village_incomes(work, shares) for name, shares in every_split(work).items()}
    return {name: lorenz(one["members_fen"], one["member_count"].astype("float64")) for name, one in tables.items()}


def every_split(work: IncomeWork) -> dict[str, pd.DataFrame]:
    """Name the split under the county's rule and under each reform (各办法的分配).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    dict of str to DataFrame
        The county's rule first.
    """
    there = work.shares["split_gap"].eq("")
    return {BASE: work.shares[there]} | {name: one.shares for name, one in work.reforms.items()}
