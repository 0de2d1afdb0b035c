"""Two editions of a notice village by village (逐村比较): what compares where the grades do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index
from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.basis import price_basis
from landmarket.pricing.benchmark import price_cells
from landmarket.pricing.editions.changes import (
    Change,
    GradeChange,
    Mask,
    grade_change,
    joined_gaps,
    keying,
    price_changes,
    uses_of,
)
from landmarket.pricing.editions.connotation import connotation_notes
from landmarket.pricing.intensity_factors import connotation_columns
from landmarket.pricing.keys import use_grade_keys
from landmarket.pricing.price_table import PriceTable

NEEDED_BY = "diff"
_SCHEME = "公告用途"  # the pseudo-parcels' own scheme of uses: one code a use of the notice
_LISTED = 10
_COMPARED = (Change.UP, Change.DOWN, Change.SAME)


def village_prices(table: PriceTable, villages: pd.DataFrame, uses: list[str]) -> pd.DataFrame:
    """Look up the grade and price of every village for every use (各村级别与地价).

    Parameters
    ----------
    table : PriceTable
        The notice.
    villages : DataFrame
        With ``township`` and ``village``; a ``grade`` of its own is used where the notice lists no villages.
    uses : list of str
        Uses to look up, whether the notice has them or not.

    Returns
    -------
    DataFrame
        Use by use, in each the villages in their order: ``township, village, price_use, grade`` (empty where not
        found), ``unit_price`` [元/㎡] and ``gap``: the reason why there is no price.

    Raises
    ------
    BadValueError
        If a village has no name or stands there twice.
    """
    require_villages(villages)
    codes = [f"{number:04d}" for number in range(len(uses))]
    columns = ["township", "village", *(["grade"] if "grade" in villages else [])]
    parts = [villages[columns].assign(planned_use=code, planned_use_scheme=_SCHEME) for code in codes]
    if not parts:
        return villages[["township", "village"]].iloc[:0].assign(price_use="", grade="", unit_price=0.0, gap="")
    places = pd.concat(parts, ignore_index=True)
    own = pd.DataFrame({"use": uses, "scheme": _SCHEME, "code": codes}).astype("str")
    basis = price_basis(places, replace(table, uses=own))
    keyed = places[["township", "village"]].assign(price_use=basis["price_use"], grade=basis["grade"])
    price = price_cells(keyed, table)
    gap = basis["price_gap"].mask(~keyed["price_use"].isin(uses_of(table)), "公告没有用途 " + keyed["price_use"])
    ungraded = pd.Series("公告没有级别范围，村表也没有级别", index=gap.index, dtype="str")
    blind = keyed["grade"].isna() & (gap.str.startswith("公告中"))
    return keyed.assign(grade=keyed["grade"].fillna(""), unit_price=price, gap=gap.mask(blind, ungraded))


def require_villages(villages: pd.DataFrame) -> None:
    """Refuse villages that cannot be told apart.

    Parameters
    ----------
    villages : DataFrame
        With ``township`` and ``village``.

    Raises
    ------
    BadValueError
        If the index repeats, or a village has no name or stands there twice.
    """
    require_unique_index(villages, NEEDED_BY)
    require_columns(villages, ["township", "village"], NEEDED_BY)
    names = villages[["township", "village"]].astype("str")
    for bad, what in (
        ((names.isna() | (names.apply(lambda column: column.str.strip()) == "")).any(axis=1), "乡镇或村名空缺"),
        (names.duplicated(), "同一乡镇的村名重复"),
    ):
        if bad.any():
            rows = named_rows(villages.index[bad], (names["township"].fillna("") + names["village"].fillna(""))[bad])
            raise BadValueError(f"{NEEDED_BY}：村表{what}，{rows}。办法：一村一行，补齐名称。")


def compare_villages(old: PriceTable, new: PriceTable, villages: pd.DataFrame) -> pd.DataFrame:
    """Compare two editions village by village.

    Parameters
    ----------
    old, new : PriceTable
        The editions.
    villages : DataFrame
        With ``township`` and ``village``, as the notices name them.

    Returns
    -------
    DataFrame
        On the villages' own index once for each use, no village left out: ``use, township, village, grade_old,
        grade_new, grade_status, price_old, price_new, change`` [元/㎡], ``change_rate, status, connotation`` (how the
        basis of the two prices differs) and ``reason`` (why a price is missing or not comparable).
    """
    uses = uses_of(old, new)
    before, after = village_prices(old, villages, uses), village_prices(new, villages, uses)
    prices = before["unit_price"].to_numpy(dtype=np.float64), after["unit_price"].to_numpy(dtype=np.float64)
    priced = pd.Series(~np.isnan(prices[0]) & ~np.isnan(prices[1]), index=before.index)
    apart = _forms(before, old) != _forms(after, new)
    changes = price_changes(*prices, (apart & priced).to_numpy())
    reason = joined_gaps(before["gap"], after["gap"]).mask(apart & priced, "一版为楼面地价，一版为地面地价")
    notes = connotation_notes(old, new, before, after).where(priced, "")
    columns = {
        "use": before["price_use"],
        "township": before["township"],
        "village": before["village"],
        "grade_old": before["grade"],
        "grade_new": after["grade"],
        "grade_status": _grade_changes(before, after, old, new),
        "price_old": prices[0],
        "price_new": prices[1],
        **changes,
        "connotation": notes,
        "reason": reason,
    }
    rows = np.tile(np.arange(len(villages)), len(uses))
    return pd.DataFrame(columns, index=before.index).set_index(villages.index.take(rows))


def _forms(rows: pd.DataFrame, table: PriceTable) -> pd.Series[str]:
    return connotation_columns(use_grade_keys(rows), table, rows.index)["price_form"]


def _grade_changes(before: pd.DataFrame, after: pd.DataFrame, old: PriceTable, new: PriceTable) -> list[str]:
    """Tell which grades rose; grades of a township and grades of a county mean different things."""
    uses = uses_of(old, new)
    graded = {use: (keying(old, use), keying(new, use)) for use in uses}
    apart = {use: was[1] and now[1] and was[0] != now[0] for use, (was, now) in graded.items()}
    rows = zip(before["grade"], after["grade"], before["price_use"], strict=True)
    return [str(grade_change(was, now, apart=apart[use])) for was, now, use in rows]


def compared(villages: pd.DataFrame) -> Mask:
    """Tell which rows have two prices that compare.

    Parameters
    ----------
    villages : DataFrame
        As `compare_villages` gives it.

    Returns
    -------
    ndarray of bool
        True where a change is known.
    """
    return villages["status"].isin([str(status) for status in _COMPARED]).to_numpy()


def village_summary(villages: pd.DataFrame) -> pd.DataFrame:
    """Count by use what became of the villages (分用途汇总).

    Parameters
    ----------
    villages : DataFrame
        As `compare_villages` gives it.

    Returns
    -------
    DataFrame
        One row a use: ``use, villages``, one count for each price status and each grade status by its Chinese name,
        which add up to the villages both times, and ``median_change_rate`` of those that compare.
    """
    own = villages.reset_index(drop=True)
    uses = own["use"]
    order = list(dict.fromkeys(uses))
    parts: list[pd.Series[int]] = [uses.value_counts().reindex(order).rename("villages")]
    for column, statuses in (("status", Change), ("grade_status", GradeChange)):
        prefix = "级别" if column == "grade_status" else ""
        for status in statuses:
            hits = (own[column] == str(status)).astype("int64").groupby(uses).sum()
            name = prefix + str(status) if str(status) == str(Change.APART) else str(status)
            parts.append(pd.Series(hits.reindex(order), name=name))
    counts = pd.concat(parts, axis=1).astype("int64")
    median = own["change_rate"].groupby(uses).median().reindex(order)
    return counts.assign(median_change_rate=median).rename_axis("use").reset_index()


def movers(villages: pd.DataFrame) -> pd.DataFrame:
    """List by use the villages whose prices rose and fell most (涨跌居前).

    Parameters
    ----------
    villages : DataFrame
        As `compare_villages` gives it.

    Returns
    -------
    DataFrame
        At most ten of each use and direction, by ``change_rate``, then ``change``, then their order: ``use, direction,
        rank`` and the columns of the villages.
    """
    rows = villages[compared(villages)].reset_index(drop=True)
    parts = []
    for use in dict.fromkeys(rows["use"]):
        for direction, ascending in ((Change.UP, False), (Change.DOWN, True)):
            own = rows[(rows["use"] == use) & (rows["status"] == str(direction))]
            top = own.sort_values(["change_rate", "change"], ascending=ascending, kind="stable").head(_LISTED)
            parts.append(top.assign(direction=str(direction), rank=range(1, len(top) + 1)))
    columns = ["use", "direction", "rank", "township", "village", "grade_old", "grade_new"]
    columns += ["price_old", "price_new", "change", "change_rate", "connotation"]
    empty = rows.iloc[:0].assign(direction="", rank=0)
    return pd.concat(parts, ignore_index=True)[columns] if parts else empty[columns]
