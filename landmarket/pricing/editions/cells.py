"""Two editions of a notice price by price (逐格比较)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.pricing.editions.changes import (
    Change,
    Floats,
    grade_name,
    keying,
    keying_text,
    price_changes,
    uses_of,
)
from landmarket.pricing.intensity_factors import connotation_columns
from landmarket.pricing.keys import use_grade_keys
from landmarket.pricing.price_table import PriceTable

Key = tuple[str, str, str]


def compare_cells(old: PriceTable, new: PriceTable) -> pd.DataFrame:
    """Compare the prices of two editions cell by cell.

    Parameters
    ----------
    old, new : PriceTable
        The editions.

    Returns
    -------
    DataFrame
        One row a township, grade and use of either edition: ``price_old, price_new, change`` [元/㎡], ``change_rate``,
        ``status`` and ``reason``; the cells of the new edition first, in its order.

    Notes
    -----
    Grades are matched by their numeral. Where one edition grades the county and the other each township, a cell has no
    counterpart: its status is 不可比 and only the villages can be compared.
    """
    before, after = _cells(old), _cells(new)
    keys = list(dict.fromkeys([*after, *before]))
    nothing = ("", float("nan"), "")
    sides = [[cells.get(key, nothing) for key in keys] for cells in (before, after)]
    prices = [np.array([price for _, price, _ in side], dtype=np.float64) for side in sides]
    forms = [[form for _, _, form in side] for side in sides]
    apart = [bool(was and now) and was != now for was, now in zip(*forms, strict=True)]
    table = pd.DataFrame(
        {
            "township": pd.Series([key[0] for key in keys], dtype="str"),
            "grade": pd.Series([after[key][0] if key in after else before[key][0] for key in keys], dtype="str"),
            "use": pd.Series([key[2] for key in keys], dtype="str"),
            "price_old": prices[0],
            "price_new": prices[1],
            **price_changes(prices[0], prices[1], np.array(apart, dtype=bool)),
        }
    )
    missing = {"旧版": (before, prices[0]), "新版": (after, prices[1])}
    reasons = ["；".join(_gaps(key, row, missing)) for row, key in enumerate(keys)]
    reasons = [reason or _form_text(*pair) for reason, pair in zip(reasons, zip(*forms, strict=True), strict=True)]
    return _apart_by_key(table.assign(reason=pd.Series(reasons, dtype="str")), old, new)


def _cells(table: PriceTable) -> dict[Key, tuple[str, float, str]]:
    """Index the cells by township, grade and use: the grade's own name, price and what it is stated per."""
    prices = table.prices.rename(columns={"use": "price_use"})
    forms = connotation_columns(use_grade_keys(prices), table, prices.index)["price_form"]
    rows = list(zip(prices["township"], prices["grade"], prices["price_use"], strict=True))
    keys = [(township, grade_name(grade), use) for township, grade, use in rows]
    if len(set(keys)) < len(keys):  # one edition has both I and 一级: then they are two grades
        keys = rows
    values = zip(prices["grade"], prices["unit_price"].tolist(), forms, strict=True)
    return dict(zip(keys, values, strict=True))


def _gaps(key: Key, row: int, sides: dict[str, tuple[dict[Key, tuple[str, float, str]], Floats]]) -> list[str]:
    return [
        f"{name}{'此格无价' if key in cells else '没有此格'}"
        for name, (cells, prices) in sides.items()
        if np.isnan(prices[row])
    ]


def _form_text(old: str, new: str) -> str:
    return f"旧版为{old}，新版为{new}" if old and new and old != new else ""


def _apart_by_key(table: pd.DataFrame, old: PriceTable, new: PriceTable) -> pd.DataFrame:
    """Mark the cells of uses that the editions key differently."""
    for use in set(uses_of(old)) & set(uses_of(new)):
        was, now = keying(old, use), keying(new, use)
        if was != now:
            rows = table["use"] == use
            reason = f"旧版{keying_text(was)}，新版{keying_text(now)}，逐格不能比，见逐村比较"
            table.loc[rows, ["change", "change_rate"]] = np.nan
            table.loc[rows, "status"] = str(Change.APART)
            table.loc[rows, "reason"] = reason
    return table
