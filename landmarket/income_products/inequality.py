"""How evenly members' income lies among villages (分配的均衡程度), under a county's rule and under each reform."""

from __future__ import annotations

import pandas as pd

from landmarket.income_products.work import IncomeWork
from landmarket.indicators import gini, lorenz, theil_parts
from landmarket.zoning.place import locate

BASE = "现行办法"
_BELOW_TOWNSHIP = ("村", "组")


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
        Index village (with its township): every village with a collective of village or group; ``township``,
        ``member_count`` (missing where neither the village's nor those of all its groups are known), ``members_fen``.

    Notes
    -----
    A villager is a member of the village and of its group: a village has the members of its own collective, or where it
    has none those of its groups together. Collectives of townships, whose members are all villagers again, and what
    they pay out are left out.
    """
    return _with_income(_village_members(work), work, shares)


def _village_members(work: IncomeWork) -> pd.DataFrame:
    """Township and members, missing where not known, of every village; an overlay to find, the same for every split."""
    owners = work.main.scenario.owners
    places = locate(owners.reset_index(drop=True), work.main.scenario.villages)
    known = pd.DataFrame(owners.drop(columns=owners.geometry.name)).reset_index(drop=True).join(places)
    known = known[known["owner_level"].isin(_BELOW_TOWNSHIP) & known["village"].notna()]
    known = known.drop_duplicates("owner_code").assign(place=known["township"] + " " + known["village"])
    people = known["member_count"].astype("float64")
    levels = (people[known["owner_level"].eq(level)] for level in _BELOW_TOWNSHIP)
    village, group = (members.groupby(known["place"]).agg(_all_known) for members in levels)
    table = pd.DataFrame({"member_count": village.combine_first(group).astype("Int64")})
    table.insert(0, "township", known.groupby("place")["township"].first().reindex(table.index))
    return table


def _all_known(members: pd.Series[float]) -> float:
    return float(members.sum(skipna=False))


def _with_income(villages: pd.DataFrame, work: IncomeWork, shares: pd.DataFrame) -> pd.DataFrame:
    deals = work.deals.reindex(shares.index)
    own = deals["owner_level"].isin(_BELOW_TOWNSHIP)
    paid = shares.loc[own, "members_fen"].groupby((deals["township"] + " " + deals["village"])[own]).sum()
    return villages.assign(members_fen=paid.reindex(villages.index).fillna(0).astype("int64"))


def _every_village_income(work: IncomeWork) -> dict[str, pd.DataFrame]:
    villages = _village_members(work)
    villages = villages[villages["member_count"].notna()].astype({"member_count": "int64"})
    return {name: _with_income(villages, work, shares) for name, shares in every_split(work).items()}


def inequality_tables(work: IncomeWork) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure how evenly members' income lies among villages, under each rule (分配的均衡程度).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    measures : DataFrame
        A row for each rule: Gini, Theil, its parts within and between townships, villages counted and left out.
    townships : DataFrame
        Theil by township under the county's rule.
    """
    rows, parts = [], {}
    unknown = int(_village_members(work)["member_count"].isna().sum())
    for name, table in _every_village_income(work).items():
        people = table["member_count"].astype("float64")
        parts[name] = theil_parts(table["members_fen"].astype("float64"), table["township"], people)
        found = parts[name]
        indices = [gini(table["members_fen"], people), found.total, found.within, found.between]
        rows.append([name, *indices, len(table), unknown])
    columns = ["基尼系数", "泰尔指数", "组内（乡镇内）指数", "组间（乡镇间）指数", "村数", "成员数不明的村数"]
    measures = pd.DataFrame(rows, columns=["办法", *columns])
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
    tables = _every_village_income(work)
    return {name: lorenz(one["members_fen"], one["member_count"].astype("float64")) for name, one in tables.items()}
