"""The tables of a county's income (收益分配各表), each once: for the workbook, the page, charts and other programs."""

from __future__ import annotations

import pandas as pd

from landmarket.columns import header
from landmarket.distribution.disclosure import group_summary, owner_summary
from landmarket.distribution.fund import rules_asked
from landmarket.distribution.rule_records import rule_records
from landmarket.distribution.split import PARTIES
from landmarket.distribution.taxes import deal_taxes
from landmarket.distribution.township_incomes import read_township_incomes
from landmarket.income_products.work import IncomeWork
from landmarket.indicators import (
    changes_by_place,
    gainers_and_losers,
    gini,
    income_changes,
    lorenz,
    split_indicators,
    theil_parts,
    township_income_gap,
)
from landmarket.report import rule_sources, stated_sources

TOTAL = "合计"
BASE = "现行办法"
_PLACES = ["parcel_code", "township", "village", "owner", "owner_level", "price_use", "mode"]


def party_names() -> dict[str, str]:
    """Name the parties as tables and charts do (各方名称).

    Returns
    -------
    dict of str to str
        Column and Chinese name.
    """
    return {party: header(party).partition("（")[0].removesuffix("分") for party in PARTIES}


def ledger_table(work: IncomeWork) -> pd.DataFrame:
    """Set price and parts of each deal side by side (逐宗收支平衡).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        One row a deal that was split: where it lies, price, parts.
    """
    facts = work.split.reset_index()[[*_PLACES, "cost_basis", "gain_fen", "loss_fen", "fund_rate"]]
    money = work.balance.drop(columns="balance_fen").reset_index()
    return facts.merge(money, on="parcel_code", how="left", validate="one_to_one")


def unsplit_table(work: IncomeWork) -> pd.DataFrame:
    """List the deals that were not split, and those whose members' part was not divided (未分配与未分到成员).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        Parcel, place, owner and the reasons.
    """
    gaps = work.shares[["split_gap"]].join(work.member_gaps)
    gaps = gaps.fillna("")
    open_gaps = gaps[gaps["split_gap"].ne("") | gaps["member_gap"].ne("")]
    facts = work.deals[["township", "village", "owner"]]
    return facts.join(open_gaps, how="right").rename_axis("parcel_code").reset_index()


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
    return table.rename_axis("township").reset_index().rename(columns={"deals": "成交（宗）"})


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
    cash = work.cash.reset_index()
    return cash[cash["year"] != TOTAL].rename(columns={"year": "年度"})


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
    county = work.county
    taxes = deal_taxes(work.deals, county=county.county, pilot=county.pilot, deed_tax_rate=work.plan.deed_tax_rate)
    names = {"tax": "税费", "payer": "缴纳人", "taxed": "是否计征", "rate": "比例系数", "note": "说明"}
    return taxes.rename(columns=names | {"source": "依据"})


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


def collectives(work: IncomeWork, shares: pd.DataFrame) -> pd.DataFrame:
    """Sum members' income up by collective, those without a deal at zero (各集体成员收益).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    shares : DataFrame
        A split of its deals.

    Returns
    -------
    DataFrame
        Index owner_code: every collective that owns a parcel and whose members are known; ``township``,
        ``member_count``, ``members_fen``.
    """
    parcels = work.main.outcome.parcels
    known = parcels[parcels["owner_code"].notna() & parcels["member_count"].notna() & parcels["township"].notna()]
    first = known.groupby("owner_code", sort=True)[["township", "member_count"]].first()
    paid = shares["members_fen"].groupby(work.deals["owner_code"].reindex(shares.index)).sum()
    return pd.DataFrame(first).assign(members_fen=paid.reindex(first.index).fillna(0).astype("int64"))


def inequality_tables(work: IncomeWork) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how evenly members' income lies among collectives, under each rule (分配的均衡程度).

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
        table = collectives(work, shares)
        people = table["member_count"].astype("float64")
        parts[name] = theil_parts(table["members_fen"].astype("float64"), table["township"], people)
        found = parts[name]
        rows.append([name, gini(table["members_fen"], people), found.total, found.within, found.between])
    measures = pd.DataFrame(rows, columns=["办法", "基尼系数", "泰尔指数", "组内（乡镇内）指数", "组间（乡镇间）指数"])
    names = {
        "units": "集体数",
        "population_share": "人口占比",
        "income_share": "收益占比",
        "theil": "乡镇内泰尔指数",
        "within": "对组内指数的贡献",
        "between": "对组间指数的贡献",
    }
    townships = parts[BASE].groups.rename_axis("township").reset_index().rename(columns=names)
    return measures, townships


def lorenz_curves(work: IncomeWork) -> dict[str, pd.DataFrame]:
    """Draw up the Lorenz curve of members' income among collectives under each rule (洛伦兹曲线).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    dict of str to DataFrame
        By name of the rule.
    """
    tables = {name: collectives(work, shares) for name, shares in every_split(work).items()}
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


def reform_table(work: IncomeWork) -> pd.DataFrame:
    """List for every reform what each township and party gains or loses (办法比较).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        办法, township, party, and amounts; empty where no reform is planned.
    """
    names = party_names()
    tables = [
        one.changes.reset_index().assign(办法=name, party=lambda rows: rows["party"].map(names))
        for name, one in work.reforms.items()
    ]
    columns = {"group": "township", "party": "分配方"}
    columns |= {amount: f"{amount}_fen" for amount in ("before", "after", "change")}
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["办法", *columns])
    return table[["办法", *columns]].rename(columns=columns)


def village_changes(work: IncomeWork, name: str) -> pd.DataFrame:
    """Find the villages whose collectives and members gain and lose most under a reform (增减前十).

    Parameters
    ----------
    work : IncomeWork
        A county's income.
    name : str
        Name of the reform.

    Returns
    -------
    DataFrame
        See `landmarket.indicators.gainers_and_losers`.
    """
    parties = ["township_fen", "reclaimed_fen", "village_fen", "group_fen", "members_fen"]
    splits = every_split(work)
    before, after = (
        one[parties].astype("Int64").sum(axis=1).to_frame("to_collectives_fen") for one in (splits[BASE], splits[name])
    )
    places = (work.deals["township"] + " " + work.deals["village"]).reindex(before.index).rename("village")
    return gainers_and_losers(changes_by_place(income_changes(before, after, "to_collectives_fen"), places))


def sources_table(work: IncomeWork) -> pd.DataFrame:
    """List what the split rests on (依据).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        The columns of `landmarket.report.rule_sources`.
    """
    days = [day.date() for day in work.deals["deal_on"].dropna().unique()]
    asked = list(dict.fromkeys(rule for day in days for rule in rules_asked(day, work.rule)))
    plan = work.plan
    stated = {
        "决算日": f"{plan.settled_on:%Y-%m-%d}",
        "成员分配依据": str(plan.member_basis or "没有成员名册"),
        "收付次序": str(plan.payment_order),
        "折现率": f"{plan.discount_rate}",
        "风险准备金占调节金比例": f"{plan.risk_reserve_share or '无'}",
    }
    return pd.concat(
        [
            rule_sources(rule_records(work.rule)),
            rule_sources(asked),
            stated_sources(stated, plan.source).assign(verified=plan.verified),
            *(rule_sources(rule_records(one.rule)) for one in work.reforms.values()),
        ],
        ignore_index=True,
    )
