"""Costs of parcels as a ledger (成本台账): each payment with its day and voucher, exact to the fen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from landmarket.checks import require_columns, require_unique_index, require_values
from landmarket.distribution.entries import EntryColumn, EntryKind, read_entries, require_entries
from landmarket.errors import BadValueError, named_rows
from landmarket.io.values import Mask


class CostKind(StrEnum):
    """What was paid for (成本类别)."""

    ACQUISITION = "取得"
    RECLAMATION = "复垦"
    DEVELOPMENT = "开发"
    TRANSACTION = "交易"
    TAX = "税费"


COST_COLUMNS: Mapping[CostKind, str] = MappingProxyType(
    {
        CostKind.ACQUISITION: "acquisition_fen",
        CostKind.RECLAMATION: "reclamation_fen",
        CostKind.DEVELOPMENT: "development_fen",
        CostKind.TRANSACTION: "transaction_fen",
        CostKind.TAX: "tax_paid_fen",
    }
)
"""The column of `ledger_costs` that adds up each kind."""
_CODE = EntryColumn("parcel_code", "宗地代码", EntryKind.CODE)
_PAID_ON = EntryColumn("paid_on", "日期", EntryKind.DATE)
_KIND = EntryColumn("cost_kind", "类别")
_AMOUNT = EntryColumn("amount_fen", "金额", EntryKind.FEN)
_VOUCHER = EntryColumn("voucher", "凭证号")
_NOTE = EntryColumn("note", "说明", required=False)
_COLUMNS = (_CODE, _PAID_ON, _KIND, _AMOUNT, _VOUCHER, EntryColumn("payee", "收款方", required=False), _NOTE)
_KIND_CURE = f"类别应为 {'、'.join(CostKind)} 之一。"
_GROUP = ["parcel_code", "cost_kind"]


def read_cost_ledger(path: str | Path, *, until: date | None = None) -> pd.DataFrame:
    """Read a ledger of costs (成本台账).

    Parameters
    ----------
    path : path-like
        ``.xlsx``, or ``.csv`` in UTF-8, with the columns 宗地代码、日期、类别、金额（元）、凭证号, and
        if known 收款方、说明.
    until : date, optional
        Day on which the ledger was closed: a later entry is refused. Default: no day is looked at.

    Returns
    -------
    DataFrame
        Rows from 0, in the order of the sheet: ``source_row``, ``parcel_code``, ``paid_on``, ``cost_kind``,
        ``amount_fen`` (int64 [分]), ``voucher``, ``payee``, ``note``; texts are empty where blank.

    Raises
    ------
    ReadError
        If the file cannot be read, lacks a column, or states amounts in another unit than 元.
    BadValueError
        If a cell is blank or cannot be read, a kind is unknown, a voucher stands twice, a correction (冲销, a negative
        amount) has no note, a day is later than `until`, or the corrections of a parcel exceed its costs of a kind.

    Notes
    -----
    Amounts are taken from their printed decimals; more than two are refused, never rounded.
    """
    ledger = read_entries(path, _COLUMNS)
    unknown = ~ledger["cost_kind"].isin(list(CostKind))
    twice = ledger["voucher"].duplicated(keep=False)
    unexplained = (ledger["amount_fen"] < 0) & ledger["note"].eq("")
    _require(ledger, _KIND, unknown, _KIND_CURE, path)
    _require(ledger, _VOUCHER, twice, "一笔一个凭证号，删去重复登记的，或给同一凭证的各笔加分号。", path)
    _require(ledger, _AMOUNT, unexplained, "冲销（负数）须在“说明”列写明冲销哪一笔及原因。", path)
    if until is not None:
        later = ledger["paid_on"] > pd.Timestamp(until)
        _require(ledger, _PAID_ON, later, f"日期晚于台账截止日 {until}，核对日期或截止日。", path)
    _require_covered(ledger, str(path))
    return ledger


def ledger_costs(ledger: pd.DataFrame, parcels: pd.Index[str], until: date) -> pd.DataFrame:
    """Add up the costs of each parcel by kind (各宗地成本).

    Parameters
    ----------
    ledger : DataFrame
        As `read_cost_ledger` gives it.
    parcels : Index of str
        Parcel codes, each once.
    until : date
        Last day that counts.

    Returns
    -------
    DataFrame
        On that index, int64 [分], 0 where there is no entry: ``acquisition_fen``, ``reclamation_fen``,
        ``development_fen``, ``transaction_fen``, ``tax_paid_fen``.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a parcel is named twice, a kind is unknown, a day or an amount is missing, or the corrections of a parcel up
        to that day exceed its costs of a kind.

    Notes
    -----
    What is not counted is listed by `later_entries` and `foreign_entries`: the sums, and the amounts of those two, add
    up to the ledger.
    """
    require_unique_index(pd.DataFrame(index=parcels), "ledger_costs")
    counted = ledger[_by_day(ledger, until, "ledger_costs") & ledger["parcel_code"].isin(parcels)]
    _require_covered(counted, f"ledger_costs（截至 {until}）")
    costs = pd.DataFrame(index=parcels)
    for kind, name in COST_COLUMNS.items():
        sums = counted[counted["cost_kind"].eq(kind)].groupby("parcel_code")["amount_fen"].sum()
        costs[name] = sums.reindex(parcels, fill_value=0).astype("int64")
    return costs


def later_entries(ledger: pd.DataFrame, until: date) -> pd.DataFrame:
    """List the entries that `ledger_costs` leaves out because they are later (截止日以后的分录).

    Parameters
    ----------
    ledger : DataFrame
        As `read_cost_ledger` gives it.
    until : date
        Last day that counts.

    Returns
    -------
    DataFrame
        Rows of the ledger, of any parcel.
    """
    return ledger[~_by_day(ledger, until, "later_entries")]


def foreign_entries(ledger: pd.DataFrame, parcels: pd.Index[str], until: date) -> pd.DataFrame:
    """List the entries that `ledger_costs` leaves out because their parcel is not in the table (表外宗地的分录).

    Parameters
    ----------
    ledger : DataFrame
        As `read_cost_ledger` gives it.
    parcels : Index of str
        Parcel codes.
    until : date
        Last day that counts; later entries are all in `later_entries`.

    Returns
    -------
    DataFrame
        Rows of the ledger.
    """
    return ledger[_by_day(ledger, until, "foreign_entries") & ~ledger["parcel_code"].isin(parcels)]


def _by_day(ledger: pd.DataFrame, until: date, needed_by: str) -> pd.Series[bool]:
    """Tell which entries count by their day; an entry that would be lost in any sum is refused."""
    require_columns(ledger, [*_GROUP, "paid_on", "amount_fen"], needed_by)
    require_values(ledger, "cost_kind", ~ledger["cost_kind"].isin(list(CostKind)), _KIND_CURE, needed_by)
    require_values(ledger, "paid_on", ledger["paid_on"].isna(), "补上日期。", needed_by)
    require_values(ledger, "amount_fen", ledger["amount_fen"].isna(), "补上金额。", needed_by)
    return ledger["paid_on"] <= pd.Timestamp(until)


def _require(ledger: pd.DataFrame, column: EntryColumn, bad: pd.Series[bool], cure: str, path: str | Path) -> None:
    marked: Mask = bad.to_numpy(dtype=bool)
    require_entries(ledger, column, marked, cure, path)


def _require_covered(ledger: pd.DataFrame, where: str) -> None:
    """Refuse corrections that take back more than was entered."""
    sums = ledger.groupby(_GROUP, sort=False)["amount_fen"].sum()
    over = sums[sums < 0]
    if len(over):
        rows = [f"宗地 {code} {kind}" for code, kind in over.index]
        listed = named_rows(rows, [f"{fen} 分" for fen in over])
        raise BadValueError(
            f"{where}：列 amount_fen（金额）按宗地与类别合计为负，{listed}。"
            "办法：冲销不得超过已入账的金额，核对冲销分录。"
        )
