"""What a supply plan brings (供应计划的结果): by township, as expected and as spread over joint draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_same_index
from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.errors import BadValueError
from landmarket.exact import Ints
from landmarket.market.market_totals import exact_sum, quantiles_of

TOTAL = "合计"
_MOST = 9 * 10**18
_FEN = 100
_QUANTILES = ("money_low_fen", "money_median_fen", "money_high_fen")

Bools = npt.NDArray[np.bool_]


def plan_summary(bank: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Add a plan up by township (供应计划汇总), with the total.

    Parameters
    ----------
    bank : DataFrame
        Index parcel code; ``township``, ``area`` [㎡], ``expected_price_fen``, ``expected_collective_fen`` [分], both
        weighted by the chance of sale.
    chosen : DataFrame
        The plan on the same index: ``chosen`` 是 or 否.

    Returns
    -------
    DataFrame
        Index township in the order of the bank, a missing one as 乡镇不明, last 合计: ``parcels``, ``area`` [㎡],
        ``expected_price_fen``, ``expected_collective_fen``, ``income_share`` of the plan's expected collective income
        (missing where it is 0).

    Raises
    ------
    IndexMismatchError
        If bank and plan are of different parcels.
    MissingColumnError
        If a column is missing.
    """
    require_columns(bank, ["township", "area", "expected_price_fen", "expected_collective_fen"], "plan_summary")
    rows = {}
    for township, inside in _townships(bank, chosen, "plan_summary"):
        part = bank[inside]
        rows[township] = {
            "parcels": len(part),
            "area": round(float(part["area"].sum()), 2),
            "expected_price_fen": int(part["expected_price_fen"].sum()),
            "expected_collective_fen": int(part["expected_collective_fen"].sum()),
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("township")
    income = table["expected_collective_fen"].astype("float64")
    return table.assign(income_share=income / (income.loc[TOTAL] or np.nan))


def plan_outcome(bank: pd.DataFrame, chosen: pd.DataFrame, draws: Ints) -> pd.DataFrame:
    """Sum up what the parcels of a plan bring in each of many draws (供应计划的收入区间).

    Parameters
    ----------
    bank : DataFrame
        Index parcel code; ``township``, ``area`` [㎡].
    chosen : DataFrame
        The plan on the same index: ``chosen`` 是 or 否.
    draws : ndarray of int64, shape (draws, parcels)
        Money of each parcel in each draw [分], not negative, 0 where it is not sold; columns as the rows of the bank.

    Returns
    -------
    DataFrame
        Index township in the order of the bank, a missing one as 乡镇不明, last 合计: ``parcels``, ``area`` [㎡],
        ``money_mean`` [元] and the 5, 50, 95 % quantiles of the sum of each draw: ``money_low_fen``,
        ``money_median_fen``, ``money_high_fen``.

    Raises
    ------
    IndexMismatchError
        If bank and plan are of different parcels.
    MissingColumnError
        If a column is missing.
    BadValueError
        If the draws have another shape, are negative, or add up to more than 64 bits.

    Notes
    -----
    Quantiles of sums are not sums of quantiles: parcels share the shocks of a draw. Each quantile is a value that
    occurred, the least that the share of the draws does not exceed. Internal: it depends on the secret reserve prices.
    """
    require_columns(bank, ["township", "area"], "plan_outcome")
    _require_draws(draws, len(bank))
    rows = {}
    for township, inside in _townships(bank, chosen, "plan_outcome"):
        money: Ints = draws[:, inside].sum(axis=1, dtype=np.int64)
        row: dict[str, int | float] = {"parcels": int(inside.sum())}
        row["area"] = round(float(bank.loc[inside, "area"].sum()), 2)
        row["money_mean"] = exact_sum(money) / len(money) / _FEN
        rows[township] = row | dict(zip(_QUANTILES, quantiles_of(money), strict=True))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("township")


def _townships(bank: pd.DataFrame, chosen: pd.DataFrame, needed_by: str) -> Iterator[tuple[str, Bools]]:
    """Each township with its parcels that are chosen, then all of them."""
    require_same_index(bank, chosen, needed_by)
    require_columns(chosen, ["chosen"], needed_by)
    taken: Bools = np.asarray(chosen["chosen"].eq("是"), dtype=np.bool_)
    townships = bank["township"].astype("object").fillna(UNKNOWN_TOWNSHIP)
    for township in townships.unique():
        yield str(township), taken & np.asarray(townships.eq(township), dtype=np.bool_)
    yield TOTAL, taken


def _require_draws(draws: Ints, parcels: int) -> None:
    if draws.ndim != 2 or draws.shape[1] != parcels or not len(draws):
        raise BadValueError(
            f"plan_outcome：draws 的形状为 {draws.shape}，应为（抽样次数，{parcels} 宗）。办法：列与储备库的行对齐。"
        )
    if (draws < 0).any():
        raise BadValueError("plan_outcome：draws 中有负数。办法：未成交的填 0，金额以分计。")
    if draws.astype(np.float64).sum(axis=1).max() > _MOST:
        raise BadValueError("plan_outcome：一次抽样的合计超出 64 位整数。办法：核对金额的单位（分）。")
