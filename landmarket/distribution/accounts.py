"""Retained funds and their use (公积公益金台账), and the reserve kept from the fund against risk (风险准备金)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_same_index, require_values
from landmarket.distribution.entries import MOST_FEN, EntryColumn, EntryKind, read_entries, require_entries
from landmarket.errors import BadValueError, RuleError, named_rows
from landmarket.exact import MILLION, millionths, times_rate

DEPOSIT, USE = "存入", "使用"
_AMOUNT = EntryColumn("amount_fen", "金额", EntryKind.FEN)
_USE_COLUMNS = (
    EntryColumn("collective_code", "集体代码", EntryKind.CODE),
    EntryColumn("entry_on", "日期", EntryKind.DATE),
    EntryColumn("purpose", "用途"),
    _AMOUNT,
    EntryColumn("document", "文件号"),
)
_POSITIVE = "使用的金额应大于 0，退回的记为存入。"
_KEYS = ["collective_code", "entry_on", "amount_fen"]
_YEAR = ["collective_code", "year"]


def read_fund_uses(path: str | Path) -> pd.DataFrame:
    """Read what retained funds were used for (公积公益金使用台账).

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8, with the columns 集体代码、日期、用途、金额（元）、文件号.

    Returns
    -------
    DataFrame
        Rows from 0, in the order of the sheet: ``source_row``, ``collective_code``, ``entry_on``, ``purpose``,
        ``amount_fen`` (int64 [分]), ``document``.

    Raises
    ------
    ReadError
        If the file cannot be read, lacks a column, or states amounts in another unit than 元.
    BadValueError
        If a cell is blank or cannot be read, or an amount is not positive.
    """
    uses = read_entries(path, _USE_COLUMNS)
    require_entries(uses, _AMOUNT, (uses["amount_fen"] <= 0).to_numpy(dtype=bool), _POSITIVE, path)
    return uses


def account_deposits(
    amounts: pd.Series[int], collectives: pd.Series[str], days: pd.Series[pd.Timestamp]
) -> pd.DataFrame:
    """Make deposits of a share of each deal (存入分录), such as what a village retains or the reserve against risk.

    Parameters
    ----------
    amounts : Series of int
        Index parcel code; the share [分], missing where there was no deal.
    collectives : Series of str
        Same index; the code of the holder of the account: the collective, or the county for the reserve.
    days : Series of datetime
        Same index; day of the deposit.

    Returns
    -------
    DataFrame
        Rows from 0, one for each parcel with an amount: ``parcel_code``, ``collective_code``, ``entry_on``,
        ``amount_fen``.

    Raises
    ------
    IndexMismatchError
        If the three are not of the same parcels.
    """
    table = amounts.to_frame("amount_fen")
    for other in (collectives, days):
        require_same_index(table, other.to_frame(), "account_deposits")
    table = table.assign(parcel_code=amounts.index, collective_code=collectives, entry_on=days)
    made = table.loc[table["amount_fen"].notna(), ["parcel_code", *_KEYS]]
    return made.astype({"amount_fen": "int64"}).reset_index(drop=True)


def retained_account(deposits: pd.DataFrame, uses: pd.DataFrame) -> pd.DataFrame:
    """Keep the account of each collective (公积公益金台账), with the balance after every entry.

    Parameters
    ----------
    deposits : DataFrame
        ``collective_code``, ``entry_on``, ``amount_fen`` [分, not negative]; see `account_deposits`.
    uses : DataFrame
        The same with positive amounts, and ``purpose`` and ``document``; see `read_fund_uses`.

    Returns
    -------
    DataFrame
        Rows from 0, by collective and day: ``collective_code``, ``entry_on``, ``entry_kind`` (存入 or 使用),
        ``purpose``, ``document``, ``in_fen``, ``out_fen``, ``balance_fen`` (int64 [分]). On one day deposits come
        before uses, else the order of the tables holds.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a holder, a day or an amount is missing, an amount is negative, a use has no purpose or document, or a
        balance would fall below zero; the entries are named.
    """
    _require_entries(deposits, "retained_account（存入）", least=0)
    require_columns(uses, ["purpose", "document"], "retained_account（使用）")
    _require_entries(uses, "retained_account（使用）", least=1)
    for name, cure in (("purpose", "写明用途。"), ("document", "写明批准使用的文件号（成员大会决议等）。")):
        blank = uses[name].fillna("").astype("str").str.strip().eq("")
        require_values(uses, name, blank, cure, "retained_account（使用）")
    into = deposits[_KEYS].assign(entry_kind=DEPOSIT, purpose="", document=deposits.get("document", ""))
    out = uses[[*_KEYS, "purpose", "document"]].assign(entry_kind=USE)
    account = pd.concat([into, out[into.columns]], ignore_index=True)
    account = account.sort_values(["collective_code", "entry_on"], kind="stable", ignore_index=True)
    used = account["entry_kind"].eq(USE)
    fen = account["amount_fen"].astype("int64")
    account["in_fen"], account["out_fen"] = fen.mask(used, 0), fen.where(used, 0)
    account["balance_fen"] = (account["in_fen"] - account["out_fen"]).groupby(account["collective_code"]).cumsum()
    _require_balance(account)
    columns = ["collective_code", "entry_on", "entry_kind", "purpose", "document", "in_fen", "out_fen", "balance_fen"]
    return account[columns]


def account_by_year(account: pd.DataFrame) -> pd.DataFrame:
    """Sum an account by collective and calendar year (年度收支表).

    Parameters
    ----------
    account : DataFrame
        As `retained_account` gives it.

    Returns
    -------
    DataFrame
        Rows from 0: ``collective_code``, ``year``, ``opening_fen``, ``in_fen``, ``out_fen``, ``closing_fen`` (int64
        [分]). Every collective has each year from its first entry to the last entry of the whole account: a year
        without entries carries its balance forward.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    require_columns(account, ["collective_code", "entry_on", "in_fen", "out_fen"], "account_by_year")
    year = account["entry_on"].dt.year.rename("year")
    sums = account.groupby(["collective_code", year])[["in_fen", "out_fen"]].sum()
    first = year.groupby(account["collective_code"]).min()
    last = int(year.max()) if len(year) else 0
    every = pd.MultiIndex.from_tuples(
        [(code, each) for code, start in first.items() for each in range(start, last + 1)], names=_YEAR
    )
    table = sums.reindex(every, fill_value=0).astype("int64").reset_index()
    change = table["in_fen"] - table["out_fen"]
    table["closing_fen"] = change.groupby(table["collective_code"]).cumsum()
    table["opening_fen"] = table["closing_fen"] - change
    return table[[*_YEAR, "opening_fen", "in_fen", "out_fen", "closing_fen"]]


def risk_reserve(shares: pd.DataFrame, share: Decimal, document: str) -> pd.DataFrame:
    """Set part of each deal's fund aside against risk (风险准备金).

    Parameters
    ----------
    shares : DataFrame
        Index parcel code; ``fund_fen`` [分], missing where there was no deal.
    share : Decimal
        Reserve / fund, 0 to 1, at most six decimals.
    document : str
        Number of the document that sets it.

    Returns
    -------
    DataFrame
        On the same index, Int64 [分]: ``fund_fen``, ``provision_fen`` (half-up to the fen), ``rest_fen``. Reserve and
        rest add up to the fund. For the account see `account_deposits`.

    Raises
    ------
    RuleError
        If the share is not from 0 to 1, or no document is named.
    MissingColumnError
        If there is no ``fund_fen``.
    BadValueError
        If a fund is negative.
    """
    if not document.strip():
        raise RuleError("risk_reserve：风险准备金比例没有依据。办法：在 document 写明规定该比例的文号。")
    rate = millionths(share, "风险准备金比例")
    if rate > MILLION:
        raise RuleError(f"风险准备金比例 = {share}：超过 1。办法：百分数写成小数，如 20% 写成 0.2。")
    require_columns(shares, ["fund_fen"], "risk_reserve")
    fund = shares["fund_fen"].astype("Int64")
    negative = (fund < 0).fillna(False).astype(bool)
    require_values(shares, "fund_fen", negative, "调节金不应为负，核对收益分配。", "risk_reserve")
    amount = np.asarray(fund.fillna(0), dtype=np.int64)
    whole, rest = times_rate(amount, np.full_like(amount, rate), shares.index)
    reserve = pd.Series(whole + (2 * rest >= MILLION), index=shares.index, dtype="Int64").where(fund.notna())
    return pd.DataFrame({"fund_fen": fund, "provision_fen": reserve, "rest_fen": fund - reserve}, index=shares.index)


def _require_entries(entries: pd.DataFrame, needed_by: str, *, least: int) -> None:
    require_columns(entries, _KEYS, needed_by)
    holder = entries["collective_code"].fillna("").astype("str").str.strip()
    require_values(entries, "collective_code", holder.eq(""), "补上集体代码。", needed_by)
    require_values(entries, "entry_on", entries["entry_on"].isna(), "补上日期。", needed_by)
    fen = pd.to_numeric(entries["amount_fen"], errors="coerce").astype("Float64")
    bad = ~((fen >= least) & (fen < MOST_FEN)).fillna(False).astype(bool)
    require_values(entries, "amount_fen", bad, _POSITIVE if least else "补上存入的金额（分），不得为负。", needed_by)


def _require_balance(account: pd.DataFrame) -> None:
    below = account[account["balance_fen"] < 0]
    if len(below):
        rows = [
            f"集体 {entry.collective_code} {entry.entry_on:%Y-%m-%d} {entry.purpose}（{entry.document}）"
            for entry in below.itertuples()
        ]
        spent = [
            f"使用 {used} 分，余额 {left} 分" for used, left in zip(below["out_fen"], below["balance_fen"], strict=True)
        ]
        raise BadValueError(
            f"retained_account：列 balance_fen（余额）不得为负，{named_rows(rows, spent)}。"
            "办法：核对金额与日期，或补登漏记的存入。"
        )
