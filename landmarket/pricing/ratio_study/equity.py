"""Equity of prices (公平性): like land estimated alike, and collective land worth as much as state land."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_same_index
from landmarket.pricing.ratio_study.bootstrap import too_few
from landmarket.pricing.ratio_study.groups import members
from landmarket.pricing.ratio_study.sales import read_positive, read_sales
from landmarket.units import Floats


def horizontal_equity(
    table: pd.DataFrame,
    groups: Sequence[str],
    *,
    estimate: str = "estimate",
    area: str | None = "area",
    least: int = 5,
) -> pd.DataFrame:
    r"""Measure how alike the estimates of like parcels are (横向公平).

    .. math:: \sum_{g,i} (x_{gi} - \bar x)^2 = \sum_g n_g (\bar x_g - \bar x)^2 + \sum_{g,i} (x_{gi} - \bar x_g)^2,
        \qquad x = \ln \frac{A}{area}

    Parameters
    ----------
    table : DataFrame
        One row per parcel.
    groups : sequence of str
        Columns that say which parcels are alike, such as use, grade and township.
    estimate : str
        Column of the estimate [元], or [元/㎡] where ``area`` is None.
    area : str or None
        Column of the area [㎡]; None where estimates are per ㎡ already.
    least : int, default 5
        Under so many parcels a group's dispersion is not reported: 样点不足.

    Returns
    -------
    DataFrame
        One row per group, sorted: ``n``; ``median`` estimate [元/㎡] and its ``cod`` [%], as in `ratio_formulas.cod`;
        ``between_share`` and ``within_share``, what the group's mean and its own spread add to the dispersion of all;
        ``finding``. Over all groups the shares add up to 1; they are 0 where all estimates are equal.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If there is no row, an estimate or an area is not a positive finite number, or a row has no group.

    Notes
    -----
    A small ``cod`` and most of the dispersion between the groups: land is told apart by what the groups stand for.
    Logarithms make a group's spread relative, as ``cod`` is.
    """
    require_columns(table, [estimate, *([area] if area else [])], "horizontal_equity")
    unit = read_positive(table[estimate], "评估价", "horizontal_equity", least=1)
    if area:
        unit = unit / read_positive(table[area], "面积", "horizontal_equity", least=1)
    index, positions = members(table, groups, "horizontal_equity")
    logarithm = np.log(unit)
    centred = logarithm - logarithm.mean()
    total = float((centred**2).sum()) if np.ptp(unit) else np.inf
    rows = []
    for rows_of_group in positions:
        own = centred[rows_of_group]
        n, mean = len(own), float(own.mean())
        between, within = n * mean**2, float(((own - mean) ** 2).sum())
        rows.append((n, *_level(unit[rows_of_group], least), between / total, within / total))
    columns = ["n", "median", "cod", "between_share", "within_share"]
    return _with_finding(pd.DataFrame(rows, index=index, columns=columns), least)


def parity(
    collective: pd.Series[float], state: pd.Series[float], by: pd.DataFrame | pd.Series[str], *, least: int = 5
) -> pd.DataFrame:
    r"""Compare collective with state land prices, group by group (同地同权同价).

    .. math:: parity = \frac{\text{collective price}}{\text{state price}}

    Parameters
    ----------
    collective : Series of float
        Price of each parcel as collective land [元/㎡], already corrected to the connotation of the state price: same
        use, date, term, floor-area ratio and development.
    state : Series of float
        Price of the same parcel by the state benchmark [元/㎡], same index.
    by : DataFrame or Series of str
        Groups, such as use and township, same index.
    least : int, default 5
        Under so many parcels nothing is reported but their number: 样点不足.

    Returns
    -------
    DataFrame
        One row per group, sorted: ``n``, ``median`` (1: the same price), ``cod`` [%], ``finding``.

    Raises
    ------
    BadValueError
        If there is no parcel, a price is not a positive finite number, or a parcel has no group.
    IndexMismatchError
        If the indexes differ.

    Notes
    -----
    No statutory index exists; "same place" is a condition, not a result: prices of different places or connotations
    have no parity.
    """
    groups = by.to_frame() if isinstance(by, pd.Series) else by
    require_same_index(collective.to_frame(), groups, "parity")
    sales = read_sales(collective, state, "parity", least=1)
    index, positions = members(groups, list(groups.columns), "parity")
    rows = [(len(rows), *_level(sales.ratio[rows], least)) for rows in positions]
    return _with_finding(pd.DataFrame(rows, index=index, columns=["n", "median", "cod"]), least)


def _level(values: Floats, least: int) -> tuple[float, float]:
    """Median and dispersion about it; missing under so many values."""
    if len(values) < least:
        return np.nan, np.nan
    median = float(np.median(values))
    return median, float(100 / median * np.abs(values - median).mean())


def _with_finding(table: pd.DataFrame, least: int) -> pd.DataFrame:
    findings = [too_few(n, least) if n < least else "" for n in table["n"].tolist()]
    return table.assign(finding=pd.Series(findings, index=table.index, dtype="str"))
