"""What an analyst should look at before a split goes out (分配核对): the roster and the ledger against the tables."""

from __future__ import annotations

import pandas as pd

from landmarket.distribution.cost_ledger import CostKind
from landmarket.distribution.roster import members_on
from landmarket.distribution.settlement import LEDGER, SETTLED_COSTS
from landmarket.income_products.work import IncomeWork

_STATED = (CostKind.ACQUISITION, CostKind.DEVELOPMENT)


def roster_check(work: IncomeWork) -> pd.DataFrame:
    """Hold the roster against the ownership layer and the deals (名册核对).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        One row for each collective of the roster, without a name of a member: its members on the day of the county
        file, those that the ownership layer states, and what is odd; empty where nothing is.
    """
    roster, owners = work.roster, work.main.scenario.owners
    if roster.empty:
        return pd.DataFrame(columns=["所有权代码", "名册成员数", "所有权图层成员数", "需要核对"])
    known = owners.dropna(subset=["owner_code"]).drop_duplicates("owner_code").set_index("owner_code")["member_count"]
    counted = members_on(roster, work.county.on)["owner_code"].value_counts()
    codes = pd.Index(roster["owner_code"].unique(), name="owner_code")
    table = pd.DataFrame({"名册成员数": counted.reindex(codes).fillna(0).astype("int64")})
    stated = pd.to_numeric(known.reindex(codes)).astype("Int64")
    odd = pd.Series("", index=codes, dtype="str")
    odd = odd.mask(stated.notna() & stated.ne(table["名册成员数"]).fillna(False), "与所有权图层的成员人数不同")
    odd = odd.mask(~codes.isin(known.index), "所有权图层中没有这个代码，这些成员分不到任何一宗")
    gone = _undivided(work)
    odd = odd.mask(codes.isin(gone) & odd.eq(""), "有成交没有分到成员，原因见“未分到成员”")
    return table.assign(所有权图层成员数=stated, 需要核对=odd).rename_axis("所有权代码").reset_index()


def _undivided(work: IncomeWork) -> pd.Series[str]:
    """Collectives of the roster with a deal whose members' income was not divided."""
    open_gaps = work.member_gaps.index[work.member_gaps.ne("")]
    owners = work.deals["owner_code"].reindex(open_gaps)
    return owners[owners.isin(work.rostered)]


def unposted(work: IncomeWork) -> int:
    """Count deals of collectives with a roster that have no notice (名册中有的集体，没有公示表的宗数).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    int
        Deals.
    """
    return len(_undivided(work))


def ledger_check(work: IncomeWork) -> pd.DataFrame:
    """Find parcels whose ledger lacks a cost that the parcel table states (台账核对).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        Parcel, kind, and the cost stated in the parcel table [元], which the ledger has not: the parcel was split as if
        there were none.
    """
    parcels = work.main.outcome.parcels
    entered = work.deals.index[work.deals["cost_basis"].eq(LEDGER)]
    rows = []
    for kind in _STATED:
        name = SETTLED_COSTS[kind]
        stated = pd.to_numeric(parcels[name].reindex(entered)).fillna(0.0)
        lacking = entered[work.deals.loc[entered, name].eq(0) & stated.gt(0)]
        rows += [(code, str(kind), float(stated.loc[code])) for code in lacking]
    table = pd.DataFrame(rows, columns=["parcel_code", "成本类别", "宗地表所载（元）"])
    return table.assign(需要核对="台账没有这一类，按 0 分配；补齐台账，或把该宗全部分录移出台账")
