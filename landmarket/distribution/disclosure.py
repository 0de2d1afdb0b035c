"""What may be shown of payments to members (分配公开): initials instead of names, sums without small cells."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError

FEWEST_HOUSEHOLDS = 5
"""A sum over fewer households is not shown."""
_BY = ("owner_code", "group")


def with_initials(payments: pd.DataFrame) -> pd.DataFrame:
    """Replace names by their first character (姓名脱敏): 张三 becomes 张＊.

    Parameters
    ----------
    payments : DataFrame
        With ``name``; as `landmarket.distribution.member_payments.member_payments` gives it, or a roster.

    Returns
    -------
    DataFrame
        The same rows and columns; one ＊ for each further character. A name of one character has nothing to hide
        behind and stays.

    Raises
    ------
    MissingColumnError
        If there is no ``name``.
    """
    require_columns(payments, ["name"], "with_initials")
    names = payments["name"].astype("str")
    return payments.assign(name=names.str[:1] + names.str[1:].str.replace(r"(?s).", "＊", regex=True))


def group_summary(payments: pd.DataFrame, by: Sequence[str] = _BY) -> pd.DataFrame:
    """Add up payments by villagers' group (村民小组汇总); cells that would tell of a few households are suppressed.

    Parameters
    ----------
    payments : DataFrame
        As `landmarket.distribution.member_payments.member_payments` gives it.
    by : sequence of str, default ("owner_code", "group")
        Columns that make a cell; the first one is ``owner_code``.

    Returns
    -------
    DataFrame
        Rows from 0, sorted: the columns of `by`, ``households``, ``members``, ``amount_fen`` (Int64, [分]), and
        ``suppressed`` (是, 否). Counts and amount of a suppressed cell are missing.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If `by` does not begin with ``owner_code``.

    Notes
    -----
    A cell with fewer than `FEWEST_HOUSEHOLDS` households is suppressed. So that none of them can be computed from the
    printed cells and the total of its owner (see `owner_summary`), the smallest remaining cell of the owner, by
    households and then by amount, is suppressed too, as long as the suppressed ones together have fewer than
    `FEWEST_HOUSEHOLDS` households (so a single one never stands alone), no more households than cells, or no amount.
    Where the owner itself has too few households, all its cells are suppressed.

    The rule protects one table and its owner totals. Tables of the same payments by other columns, or sums over
    owners, may give a cell away when they are printed beside it.
    """
    return _printed(_marked(payments, by, "group_summary"), list(by))


def owner_summary(payments: pd.DataFrame, by: Sequence[str] = _BY) -> pd.DataFrame:
    """Add up payments by collective (集体经济组织汇总), as the totals of `group_summary`.

    Parameters
    ----------
    payments : DataFrame
        As for `group_summary`.
    by : sequence of str, default ("owner_code", "group")
        Columns of the cells that are printed beside the totals.

    Returns
    -------
    DataFrame
        Rows from 0, sorted: ``owner_code``, ``households``, ``members``, ``amount_fen`` (Int64, [分]), ``suppressed``.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If `by` does not begin with ``owner_code``.

    Notes
    -----
    A total over fewer than `FEWEST_HOUSEHOLDS` households is suppressed, and one from which suppressed cells could be
    computed although all cells of the owner are suppressed: where each of them has a single household.
    """
    cells = _marked(payments, by, "owner_summary")
    open_ = [
        owner for owner, own in cells.groupby("owner_code") if not own["hidden"].any() or _safe(own[own["hidden"]])
    ]
    totals = _cells(payments, ["owner_code"])
    return _printed(totals.assign(hidden=_few(totals) | ~totals["owner_code"].isin(open_)), ["owner_code"])


def _cells(payments: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Cells with the households and members in each."""
    cells = payments.groupby(by, dropna=False, sort=True, as_index=False)
    return cells.agg(
        homes=("household", frozenset), people=("member_id", "nunique"), amount_fen=("amount_fen", "sum")
    ).assign(households=lambda table: table["homes"].map(len))


def _few(cells: pd.DataFrame) -> pd.Series[bool]:
    return cells["households"] < FEWEST_HOUSEHOLDS


def _marked(payments: pd.DataFrame, by: Sequence[str], needed_by: str) -> pd.DataFrame:
    """Cells of all owners, with ``hidden`` where one may not be shown."""
    if not by or by[0] != "owner_code":
        raise BadValueError(f"{needed_by}：by = {tuple(by)}。办法：第一列为 owner_code，小格才能按集体经济组织保护。")
    require_columns(payments, [*by, "household", "member_id", "amount_fen"], needed_by)
    cells = _cells(payments, list(by))
    hidden = _few(cells)
    for _, own in cells.groupby("owner_code"):
        ranked = own[~_few(own)].sort_values(["households", "amount_fen"], kind="stable").index
        kept = own.index[_few(own)]
        for more in ranked:
            if not len(kept) or _safe(own.loc[kept]):
                break
            kept = kept.append(pd.Index([more]))
        hidden[kept] = True
    return cells.assign(hidden=hidden)


def _safe(hidden: pd.DataFrame) -> bool:
    """Say whether suppressed cells stay unknown although their sum can be computed."""
    households = len(frozenset().union(*hidden["homes"]))
    enough = households >= FEWEST_HOUSEHOLDS and households > len(hidden)
    return enough and bool(hidden["amount_fen"].sum() > 0)


def _printed(cells: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    hidden = cells["hidden"]
    table = cells[by].assign(households=cells["households"], members=cells["people"], amount_fen=cells["amount_fen"])
    for name in ("households", "members", "amount_fen"):
        table[name] = table[name].astype("Int64").mask(hidden)
    return table.assign(suppressed=hidden.map({True: "是", False: "否"}).astype("str"))
