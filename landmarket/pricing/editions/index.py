"""The price level between two editions as a dated index (两版之间的地价指数)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from landmarket.errors import BadValueError, IndexMismatchError, named_rows
from landmarket.pricing.editions.changes import Floats, require_prices
from landmarket.pricing.editions.villages import compare_villages, compared
from landmarket.pricing.price_table import PriceTable
from landmarket.pricing.rounding import printed
from landmarket.units import round_half_up

NEEDED_BY = "edition_index"
_DECIMALS = 2
_BASE = 100
COLUMNS = [
    "use",
    "date_old",
    "date_new",
    "level_old",
    "level_new",
    "change",
    "growth",
    "index",
    "villages",
    "left_out",
    "weight_share",
]
"""Columns of the index."""


def edition_index(old: PriceTable, new: PriceTable, villages: pd.DataFrame, weights: pd.Series[float]) -> pd.DataFrame:
    r"""Compute the price index from one edition to the next, by use (两版之间的地价指数).

    .. math:: I = 100 \, \frac{\sum_v w_v P_{v, new} / \sum_v w_v}{\sum_v w_v P_{v, old} / \sum_v w_v}

    Parameters
    ----------
    old, new : PriceTable
        The editions, of different base dates.
    villages : DataFrame
        With ``township`` and ``village``.
    weights : Series of float
        Weight of each village on the same index, such as its area [㎡]; positive.

    Returns
    -------
    DataFrame
        One row a use: ``use, date_old, date_new`` (the base dates), ``level_old, level_new, change`` [元/㎡],
        ``growth`` [fraction], ``index`` (the old level is 100), ``villages`` that count, ``left_out`` for want of a
        price in one of the editions, and ``weight_share`` of those that count.

    Raises
    ------
    BadValueError
        If the basis of any pair of prices differs, the new edition is not the later one, or a weight is not a positive
        number.
    IndexMismatchError
        If the weights are not of these villages.

    Notes
    -----
    地价水平值 and 地价指数 as in land price monitoring (TD/T 1009, from memory): only villages with a price in both
    editions count, so that the index is of prices and not of which villages are graded. Levels are rounded half-up to
    two decimals and the index is that of the levels as shown.
    """
    for table in (old, new):
        require_prices(table, NEEDED_BY)
    was, now = old.connotation.base_date, new.connotation.base_date
    if now <= was:
        raise BadValueError(f"{NEEDED_BY}：新版估价期日 {now} 不晚于旧版 {was}。办法：核对两版的先后。")
    share = _weights(villages, weights)
    rows = compare_villages(old, new, villages)
    _require_same_basis(rows)
    days = {name: pd.Timestamp(day).as_unit("s") for name, day in (("date_old", was), ("date_new", now))}
    found = [{"use": use, **days, **_use_index(own, share)} for use, own in rows.groupby("use", sort=False)]
    return pd.DataFrame(found, columns=COLUMNS)


def _weights(villages: pd.DataFrame, weights: pd.Series[float]) -> Floats:
    if not weights.index.equals(villages.index):
        raise IndexMismatchError(f"{NEEDED_BY}：权重与村表的索引不一致。办法：用 .reindex(villages.index) 对齐。")
    values: Floats = np.asarray(pd.to_numeric(weights, errors="coerce"), dtype=np.float64)
    bad = ~((values > 0) & np.isfinite(values))
    if bad.any():
        rows = named_rows(weights.index[bad], weights[bad])
        raise BadValueError(f"{NEEDED_BY}：权重应为正数，{rows}。办法：用村的面积 [㎡]。")
    return values


def _require_same_basis(rows: pd.DataFrame) -> None:
    differs = rows[rows["connotation"] != ""]
    if len(differs):
        pairs = zip(differs["use"], differs["connotation"], strict=True)
        notes = list(dict.fromkeys(f"{use} {note}" for use, note in pairs))
        raise BadValueError(
            f"{NEEDED_BY}：两版价格内涵不同，差额含内涵变化，{named_rows(notes)}。"
            "办法：先用 at_connotation(旧版, 新版.connotation) 把旧版换算到新版内涵。"
        )


def _use_index(rows: pd.DataFrame, weights: Floats) -> dict[str, float]:
    counted = compared(rows)
    exact = [printed(weight) for weight in weights[counted]]
    total = sum(exact, Fraction(0))
    sides = [[printed(price) for price in rows.loc[counted, name]] for name in ("price_old", "price_new")]
    level_old, level_new = (
        _rounded(sum((w * p for w, p in zip(exact, side, strict=True)), Fraction(0)) / total) if total else None
        for side in sides
    )
    known = level_old is not None and level_new is not None and level_old > 0
    growth = level_new / level_old - 1 if known and level_old and level_new is not None else None
    return {
        "level_old": _shown(level_old),
        "level_new": _shown(level_new),
        "change": _shown(level_new - level_old if level_new is not None and level_old is not None else None),
        "growth": _shown(growth),
        "index": _shown(None if growth is None else _rounded(_BASE * (1 + growth))),
        "villages": int(counted.sum()),
        "left_out": int((~counted).sum()),
        "weight_share": float(weights[counted].sum() / weights.sum()) if len(weights) else np.nan,
    }


def _rounded(value: Fraction) -> Fraction:
    return Fraction(round_half_up(value, _DECIMALS))


def _shown(value: Fraction | None) -> float:
    return np.nan if value is None else float(value)
