"""The curve of reserves of one parcel (底价—成交概率—预期收入), from simulated values of its bidders. Internal.

Advice to the collective's own decision, never a public figure: every column is named so that
`landmarket.io.manifest.secret_name` knows it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_sound
from landmarket.exact import Ints
from landmarket.market.amounts import fen_fault, not_whole
from landmarket.market.bids import Bools


def reserve_curve(
    highest_fen: Sequence[int], second_fen: Sequence[int], reserves_fen: Sequence[int], *, floor_fen: int, kept_fen: int
) -> pd.DataFrame:
    r"""Draw the curve of reserves of one parcel (底价—成交概率—预期收入): chance of a sale, expected income. Internal.

    .. math:: R(r) = \frac{1}{N} \sum_i \begin{cases} \max(r, Y_i) & X_i \ge r \\ k & X_i < r \end{cases}

    Parameters
    ----------
    highest_fen, second_fen : sequence of int
        Highest value X and second highest value Y among the bidders in each draw [分]; zero where there is none.
    reserves_fen : sequence of int
        Reserves r to try [分], positive.
    floor_fen : int
        What the reserve may not be below [分]; zero where there is no floor.
    kept_fen : int
        What the land is worth to the collective where it is not sold, k [分].

    Returns
    -------
    DataFrame
        One row per reserve, rising: ``reserve_price_fen``, ``reserve_sale_share``, ``reserve_income_fen`` (mean over
        the draws, half-up), ``reserve_income_error_fen`` (its standard error), ``reserve_allowed`` (not below
        the floor), ``reserve_best`` (是 for the highest income among the allowed, of equal ones the lowest reserve).

    Raises
    ------
    BadValueError
        If a draw has a second value above the first, or an amount is negative or not whole fen.

    Notes
    -----
    An open ascending sale with small steps: the winner pays the second highest value or the reserve, whichever is more.
    With two bidders whose values are even on [0, 1] and k = 0 the income is :math:`1/3 + r^2 - 4 r^3 / 3`; the best
    reserve is (1 + k) / 2 however many bidders there are (R. B. Myerson, Optimal Auction Design, 1981). The collective
    decides: the curve rests on assumed bidders.

    Examples
    --------
    Two draws, of 100 and 60 元 before 80 and 20 元: a reserve of 80 元 sells half the time.

    >>> reserve_curve([10_000, 6_000], [8_000, 2_000], [4_000, 8_000], floor_fen=0, kept_fen=0)[
    ...     ["reserve_sale_share", "reserve_income_fen", "reserve_best"]
    ... ].values.tolist()
    [[1.0, 6000, '是'], [0.5, 4000, '否']]
    """
    draws = pd.DataFrame({"highest_fen": highest_fen, "second_fen": second_fen}).rename_axis("第几次抽样")
    grid = pd.DataFrame({"reserve_price_fen": sorted(set(reserves_fen))})
    require_sound(draws, _draw_faults(draws), "reserve_curve")
    require_sound(grid, [fen_fault(grid, "reserve_price_fen")], "reserve_curve")
    top, next_to = (draws[name].to_numpy(dtype=np.int64) for name in ("highest_fen", "second_fen"))
    reserves = grid["reserve_price_fen"].to_numpy(dtype=np.int64)
    count = len(draws)
    rows = [_income(int(reserve), top, next_to, kept_fen) for reserve in reserves]
    grid["reserve_sale_share"] = [sold / count for sold, _, _ in rows]
    grid["reserve_income_fen"] = [(2 * total + count) // (2 * count) for _, total, _ in rows]
    grid["reserve_income_error_fen"] = [error for _, _, error in rows]
    allowed = reserves >= floor_fen
    grid["reserve_allowed"] = np.where(allowed, "是", "否")
    grid["reserve_best"] = np.where(_best([total for _, total, _ in rows], allowed), "是", "否")
    return grid


def _draw_faults(draws: pd.DataFrame) -> list[Fault]:
    names = ("highest_fen", "second_fen")
    faults = [fault(name, not_whole(draws[name], 0), "应为不小于 0 的整数分。") for name in names]
    crossed = draws["second_fen"] > draws["highest_fen"]
    return [*faults, fault("second_fen", crossed, "次高者不应高于最高者，核对两列次序。")]


def _income(reserve: int, top: Ints, next_to: Ints, kept: int) -> tuple[int, int, float]:
    """Draws sold, sum of the incomes [分] and standard error of their mean at one reserve."""
    sold = top >= reserve
    income = np.where(sold, np.maximum(next_to, reserve), kept)
    total = sum(income.tolist())
    return int(sold.sum()), total, float(income.std() / np.sqrt(len(income)))


def _best(totals: Sequence[int], allowed: Bools) -> Bools:
    found = max((total for total, may in zip(totals, allowed.tolist(), strict=True) if may), default=None)
    first = next((i for i, may in enumerate(allowed.tolist()) if may and totals[i] == found), -1)
    best: Bools = np.arange(len(totals)) == first
    return best
