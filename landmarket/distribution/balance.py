"""The ledger of a split (收支平衡表): the parts of every deal, township and column add up, and the sheet shows it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_same_index, require_unique_index
from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.distribution.split import PARTIES
from landmarket.errors import BadValueError, named_rows

TOTAL = "合计"
OPEN = "balance_fen"


def parcel_balance(deals: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Set the price of each deal beside its parts (逐宗收支平衡).

    Parameters
    ----------
    deals : DataFrame
        Index parcel code; ``deal_price_fen``.
    shares : DataFrame
        The split on the same index, as `split_income` gives it.

    Returns
    -------
    DataFrame
        On the same index, the deals that were split: ``deal_price_fen``, the parties, and ``balance_fen``, price less
        parts, which is 0 [分].

    Raises
    ------
    IndexMismatchError
        If the tables are of different parcels.
    BadValueError
        If a price is not the sum of its parts, or a part is missing or negative; the parcels are named.
    """
    require_unique_index(deals, "parcel_balance")
    require_same_index(deals, shares, "parcel_balance")
    require_columns(deals, ["deal_price_fen"], "parcel_balance")
    require_columns(shares, list(PARTIES), "parcel_balance")
    split = shares[list(PARTIES)].notna().any(axis=1)
    table = pd.DataFrame(deals.loc[split, ["deal_price_fen"]]).join(shares.loc[split, list(PARTIES)]).astype("Int64")
    table[OPEN] = table["deal_price_fen"] - table[list(PARTIES)].sum(axis=1)
    wrong = table.isna().any(axis=1) | table[OPEN].ne(0).fillna(True) | table[list(PARTIES)].lt(0).any(axis=1)
    if wrong.any():
        rows = named_rows(table.index[wrong], table.loc[wrong, OPEN])
        raise BadValueError(
            f"收支平衡：各方之和不等于成交价，或有缺失、负数，差额 [分]：{rows}。办法：不要改动 split_income 的结果。"
        )
    return table.astype("int64")


def balance_by(balance: pd.DataFrame, groups: pd.Series[str]) -> pd.DataFrame:
    """Add the ledger up by township, village or year (汇总收支平衡), with the total.

    Parameters
    ----------
    balance : DataFrame
        As `parcel_balance` gives it.
    groups : Series of str
        The group of each parcel, on an index that has all of them; a missing one counts as 乡镇不明.

    Returns
    -------
    DataFrame
        Index group, last 合计; ``deals`` and the columns of the ledger [分].

    Raises
    ------
    BadValueError
        If a group is called 合计, like the total.
    ArithmeticError
        If the total is not the sum of the prices of all parcels, column by column.
    """
    named = groups.reindex(balance.index).astype("object").fillna(UNKNOWN_TOWNSHIP)
    if named.eq(TOTAL).any():
        rows = named_rows(named.index[named.eq(TOTAL)])
        raise BadValueError(f"收支平衡：分组名不能是 {TOTAL}，{rows}。办法：填写乡镇、村或年份，去掉合计行。")
    sums = balance.assign(deals=np.int64(1)).groupby(named, sort=False).sum()
    sums = sums[["deals", *balance.columns]]
    sums.loc[TOTAL] = sums.sum()
    if sums.loc[TOTAL].drop("deals").ne(balance.sum()).any() or sums[OPEN].ne(0).any():
        raise ArithmeticError("收支平衡：分组合计不等于逐宗合计")
    return sums.astype("int64")
