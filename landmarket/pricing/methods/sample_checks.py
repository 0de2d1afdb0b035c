"""What a monitoring bureau checks on samples and their appraisals (样点与估价成果的核对).

Each check takes a table, one row a sample with its number as index, and returns findings. A missing value that a check
needs is a finding too, never passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns
from landmarket.columns import label
from landmarket.io.values import clean_text, to_date
from landmarket.pricing.kinds import Floats
from landmarket.pricing.methods.appraisal import WHOLE, gap_finding, wide_gaps
from landmarket.pricing.methods.check_limits import CheckLimits
from landmarket.pricing.methods.operands import floats
from landmarket.pricing.methods.row_findings import FILL, row_findings
from landmarket.pricing.notice_findings import Finding, findings_table
from landmarket.pricing.rounding import printed

QUARTER = r"^([0-9]{4})\s*年?\s*-?\s*(?:[Qq]\s*([1-4])|第?\s*([1-4一二三四])\s*季度?)$"
"""How a quarter may be written: 2024Q3, 2024年3季度, 2024年第三季度."""

_NUMERALS = {"一": "1", "二": "2", "三": "3", "四": "4"}
_NEAR = 1e-9
Ints = npt.NDArray[np.int64]


def weight_findings(samples: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Check that the weights of a sample's methods sum to 1 (方法权重之和).

    Parameters
    ----------
    samples : DataFrame
        With the columns named; an empty cell is a method that was not used.
    columns : sequence of str
        The columns of weights.

    Returns
    -------
    DataFrame
        One finding per sample whose weights do not sum to 1, or hold one below 0.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    table = _numbers(samples, columns, "weight_findings")
    total = table.sum(axis=1).to_numpy()
    bad = ~(np.abs(total - 1) <= WHOLE) | (table < 0).any(axis=1).to_numpy()
    message, cure = "各方法权重之和不为 1，或有负数", "改正权重，各项在 0—1 之间，和为 1"
    return findings_table([*_unread(samples, columns), *row_findings(samples, columns, bad, "错误", message, cure)])


def method_findings(samples: pd.DataFrame, columns: Sequence[str], limits: CheckLimits) -> pd.DataFrame:
    """Check that a sample has enough methods, none too far from another (方法数与方法之间的差距).

    Parameters
    ----------
    samples : DataFrame
        With the columns named [元/㎡]; an empty cell is a method that was not used.
    columns : sequence of str
        One column per method.
    limits : CheckLimits
        What they are held against.

    Returns
    -------
    DataFrame
        One finding per sample with too few prices, and per pair of prices too far apart.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    return _prices_apart(samples, columns, limits, "两种方法", limits.least_methods)


def appraiser_findings(samples: pd.DataFrame, columns: Sequence[str], limits: CheckLimits) -> pd.DataFrame:
    """Check that two appraisers of a sample do not lie too far apart (两家机构之间的差距).

    Parameters
    ----------
    samples : DataFrame
        With the columns named [元/㎡]; an empty cell where there was one appraiser only.
    columns : sequence of str
        One column per appraiser.
    limits : CheckLimits
        What they are held against.

    Returns
    -------
    DataFrame
        One finding per pair of prices too far apart, and per sample without any.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    return _prices_apart(samples, columns, limits, "两家机构", 1)


def comparable_findings(samples: pd.DataFrame, columns: Sequence[str], limits: CheckLimits) -> pd.DataFrame:
    """Check that a sample was compared with enough different parcels (比较案例数).

    Parameters
    ----------
    samples : DataFrame
        With the columns named: the codes of the comparables.
    columns : sequence of str
        One column per comparable.
    limits : CheckLimits
        What they are held against.

    Returns
    -------
    DataFrame
        One finding per sample with too few different comparables.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    require_columns(samples, list(columns), "comparable_findings")
    few = _distinct(samples, columns) < limits.least_comparables
    message = f"不同的比较案例少于 {limits.least_comparables} 个（{limits.source}）"
    return findings_table([*row_findings(samples, columns, few, "错误", message, "补充不同宗地的比较案例")])


def floor_price_findings(samples: pd.DataFrame, limits: CheckLimits) -> pd.DataFrame:
    """Check that land price / floor price is the floor-area ratio (地面地价与楼面地价之比).

    Parameters
    ----------
    samples : DataFrame
        With ``unit_price``, ``floor_price`` [元/㎡] and ``floor_area_ratio``.
    limits : CheckLimits
        How far the quotient may be off.

    Returns
    -------
    DataFrame
        One finding per sample whose quotient is off, or that lacks a number.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    cure = "核对地面地价、楼面地价与容积率，地面地价 ÷ 楼面地价应为容积率"
    return _quotient_findings(samples, ("unit_price", "floor_price", "floor_area_ratio"), limits, cure)


def floor_area_findings(samples: pd.DataFrame, limits: CheckLimits) -> pd.DataFrame:
    """Check that planned floor area / parcel area is the floor-area ratio (规划建筑面积与宗地面积之比).

    Parameters
    ----------
    samples : DataFrame
        With ``planned_floor_area``, ``area`` [㎡] and ``floor_area_ratio``.
    limits : CheckLimits
        How far the quotient may be off.

    Returns
    -------
    DataFrame
        One finding per sample whose quotient is off, or that lacks a number.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    cure = "核对规划建筑面积、宗地面积与容积率，规划建筑面积 ÷ 宗地面积应为容积率"
    return _quotient_findings(samples, ("planned_floor_area", "area", "floor_area_ratio"), limits, cure)


def quarter_findings(samples: pd.DataFrame) -> pd.DataFrame:
    """Check that a deal lies inside the quarter it is counted in (成交日与季度).

    Parameters
    ----------
    samples : DataFrame
        With ``deal_on`` and ``quarter``, such as 2024Q3 or 2024年第三季度.

    Returns
    -------
    DataFrame
        One finding per sample whose deal lies outside, or whose date or quarter cannot be read.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    """
    names = ["deal_on", "quarter"]
    require_columns(samples, names, "quarter_findings")
    day, _ = to_date(samples["deal_on"])
    written = clean_text(samples["quarter"]).str.extract(QUARTER)
    year = pd.to_numeric(written[0])
    quarter = pd.to_numeric(written[1].fillna(written[2]).replace(_NUMERALS))
    known = (day.notna() & year.notna()).to_numpy()
    outside = known & ~((day.dt.year == year) & (day.dt.quarter == quarter)).to_numpy()
    found = [
        *row_findings(samples, names, outside, "错误", "成交日不在该季度内", "改正成交日，或移到所在季度"),
        *row_findings(samples, ["deal_on"], day.isna().to_numpy(), "提示", "成交日缺或读不出，无法核对", FILL),
        *row_findings(
            samples, ["quarter"], year.isna().to_numpy(), "提示", "季度读不出", "写成 2024Q3 或 2024年第三季度"
        ),
    ]
    return findings_table(found)


def _prices_apart(
    samples: pd.DataFrame, columns: Sequence[str], limits: CheckLimits, what: str, least: int
) -> pd.DataFrame:
    prices = _numbers(samples, columns, f"{what}的差距")
    few = (prices > 0).sum(axis=1).to_numpy() < least
    message = f"有效的估价结果少于 {least} 个（{limits.source}）"
    named = prices.rename(columns={name: label(name) for name in columns})
    found = [
        *_unread(samples, columns),
        *row_findings(samples, columns, few, "错误", message, "补上估价结果，应为正数"),
        *(gap_finding(gap, limits, what) for gap in wide_gaps(named, limits.gap)),
    ]
    return findings_table(found)


def _quotient_findings(
    samples: pd.DataFrame, names: tuple[str, str, str], limits: CheckLimits, cure: str
) -> pd.DataFrame:
    require_columns(samples, list(names), "容积率的核对")
    over, under, ratio = (floats(samples[name]) for name in names)
    known = np.isfinite(over) & (under > 0) & np.isfinite(under) & np.isfinite(ratio)
    off = np.zeros(len(samples))
    off[known] = np.abs(over[known] / under[known] - ratio[known])
    bad = off > limits.far_tolerance
    for row in np.flatnonzero(np.abs(off - limits.far_tolerance) < _NEAR):
        bad[row] = _off_exactly(over[row], under[row], ratio[row], limits.far_tolerance)
    quotient = _quotients(over, under)
    message = f"与容积率相差超过 {limits.far_tolerance:g}（{limits.source}）"
    found = [
        *row_findings(samples, names, bad, "警告", lambda row: f"相除得 {quotient[row]:.6g}，{message}", cure),
        *row_findings(samples, names, ~known, "提示", "缺数或不为正数，无法核对", FILL),
    ]
    return findings_table(found)


def _off_exactly(over: float, under: float, ratio: float, tolerance: float) -> bool:
    a, b, r, t = (printed(value) for value in (over, under, ratio, tolerance))
    return abs(a - r * b) > t * b


def _quotients(over: Floats, under: Floats) -> Floats:
    result: Floats = np.divide(over, under, out=np.full(len(over), np.nan), where=under > 0)
    return result


def _distinct(samples: pd.DataFrame, columns: Sequence[str]) -> Ints:
    """Count the different codes of each row; blanks do not count."""
    texts = pd.concat([clean_text(samples[name]) for name in columns])
    numbers, _ = texts.factorize()
    rows = np.sort(numbers.reshape(len(columns), len(samples)), axis=0)
    new = np.diff(rows, axis=0, prepend=-1) > 0
    count: Ints = new.sum(axis=0)
    return count


def _numbers(samples: pd.DataFrame, columns: Sequence[str], needed_by: str) -> pd.DataFrame:
    require_columns(samples, list(columns), needed_by)
    return pd.DataFrame({name: floats(samples[name]) for name in columns}, index=samples.index)


def _unread(samples: pd.DataFrame, columns: Sequence[str]) -> Iterator[Finding]:
    """Cells that hold something which is no number."""
    for name in columns:
        bad = samples[name].notna().to_numpy(dtype=bool) & ~np.isfinite(floats(samples[name]))
        yield from row_findings(samples, [name], bad, "错误", "不是数", "改为数；未采用的留空")
