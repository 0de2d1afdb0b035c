"""Who gains and who loses from one scenario to another (收益变化)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_same_index, require_unique_index
from landmarket.errors import BadValueError
from landmarket.indicators.income import TOTAL, UNKNOWN_PLACE

GAINS, LOSES = "获益", "受损"


def income_changes(before: pd.DataFrame, after: pd.DataFrame, party: str) -> pd.DataFrame:
    """Compare what a party gets in two tables on one index (收益变化).

    Parameters
    ----------
    before, after : DataFrame
        The two tables on the same index: parcels with their shares, or places as `split_indicators` gives them.
    party : str
        Column of the party in integer fen, such as ``members_fen``. Where the table has ``deal_price_fen`` and it is
        missing, there was no deal and the income is 0; any other gap is an unknown income.

    Returns
    -------
    DataFrame
        On the same index: ``before_fen``, ``after_fen``, ``change_fen`` (nullable integers) and ``change_percent``,
        missing where an income is unknown; the percentage also where there was no income before.

    Raises
    ------
    MissingColumnError
        If a table lacks the column.
    IndexMismatchError
        If the indexes differ.
    BadValueError
        If a row is named twice.
    """
    for table in (before, after):
        require_columns(table, [party], "income_changes")
        require_unique_index(table, "income_changes")
    require_same_index(before, after, "income_changes")
    return _with_change(pd.DataFrame({"before_fen": _income(before, party), "after_fen": _income(after, party)}))


def changes_by_place(changes: pd.DataFrame, places: pd.Series[str]) -> pd.DataFrame:
    """Sum the changes of parcels by township or village (分乡镇收益变化).

    Parameters
    ----------
    changes : DataFrame
        As `income_changes` gives it for parcels.
    places : Series of str
        Place of each parcel, same index; parcels without one are under 不明.

    Returns
    -------
    DataFrame
        Index the places, sorted, then 合计: ``before_fen``, ``after_fen``, ``change_fen``, ``change_percent``, and
        ``unknown``, the parcels that are in no sum because one of their incomes is unknown.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    IndexMismatchError
        If the indexes differ.
    """
    names = ["before_fen", "after_fen"]
    require_columns(changes, [*names, "change_fen"], "changes_by_place")
    require_same_index(changes, places.to_frame(), "changes_by_place")
    known = changes["change_fen"].notna()
    counted = changes[names].where(known, 0).astype("Int64").assign(unknown=(~known).astype("int64"))
    labels = places.astype("object").where(places.notna() & places.ne("").fillna(value=False), UNKNOWN_PLACE)
    alone = [counted.groupby(by, sort=True).sum() for by in (labels, pd.Series(TOTAL, index=labels.index))]
    sums = pd.concat(alone)
    found = _with_change(sums[names]).assign(unknown=sums["unknown"])
    found.index.name = places.name
    return found


def gainers_and_losers(changes: pd.DataFrame, count: int = 10) -> pd.DataFrame:
    """List those who gain and those who lose most (获益与受损最多者).

    Parameters
    ----------
    changes : DataFrame
        As `income_changes` or `changes_by_place` gives it; the row 合计 is left out.
    count : int, default 10
        How many of each are listed at most.

    Returns
    -------
    DataFrame
        On the index of those listed: ``side`` (获益 or 受损), ``rank`` from 1, and the columns of the changes. Gainers
        first, the largest change first on either side; equal changes in the order of their codes. Who neither gains
        nor loses, or whose change is unknown, is in no list.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If ``count`` is not positive.
    """
    require_columns(changes, ["change_fen"], "gainers_and_losers")
    if count < 1:
        raise BadValueError(f"gainers_and_losers：count = {count}，应为大于 0 的整数。办法：如 10。")
    known = changes[changes["change_fen"].notna() & (changes.index != TOTAL)]
    change = known["change_fen"].to_numpy(dtype=np.int64)
    order = np.lexsort((known.index.astype("str").to_numpy(dtype=np.str_), -np.abs(change)))
    found: list[pd.DataFrame] = []
    for side, sign in ((GAINS, 1), (LOSES, -1)):
        rows = order[np.sign(change[order]) == sign][:count]
        listed = known.iloc[rows].assign(side=side, rank=range(1, len(rows) + 1))
        found.append(listed[["side", "rank", *known.columns]])
    return pd.concat(found)


def _income(table: pd.DataFrame, party: str) -> pd.Series[int]:
    income = table[party].astype("Int64")
    if "deal_price_fen" not in table.columns:
        return income
    return income.mask(table["deal_price_fen"].isna() & income.isna(), 0)


def _with_change(table: pd.DataFrame) -> pd.DataFrame:
    change = table["after_fen"] - table["before_fen"]
    amount, base = (column.to_numpy(dtype=np.float64, na_value=np.nan) for column in (change, table["before_fen"]))
    percent = np.divide(100 * amount, base, out=np.full(len(table), np.nan), where=base > 0)
    return table.assign(change_fen=change, change_percent=percent)
