"""Planning conditions (规划条件): floor-area ratio as a range, density, green share, height, least yield."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound
from landmarket.columns import label
from landmarket.errors import BadValueError, MissingColumnError, named_rows
from landmarket.zoning.far_range import FarRange, far_columns, far_texts, parse_far_range, readable_far_ranges

__all__ = [
    "UNCHOSEN",
    "FarEnd",
    "FarRange",
    "PlanningConditions",
    "choose_floor_area_ratio",
    "chosen_ratios",
    "parse_far_range",
    "planning_conditions",
    "planning_conditions_of",
    "readable_far_ranges",
]


UNCHOSEN = "容积率是区间而没有选定取值"
"""How the reason begins that a parcel has no price because no end of its range is chosen."""


@dataclass(frozen=True)
class _Limit:
    low: float
    high: float


_LIMITS: Mapping[str, _Limit] = {
    "building_density": _Limit(0, 100),
    "green_share": _Limit(0, 100),
    "height_limit": _Limit(0, np.inf),
    "supporting_share": _Limit(0, 100),
    "investment_intensity": _Limit(0, np.inf),
    "tax_intensity": _Limit(0, np.inf),
}


@dataclass(frozen=True)
class PlanningConditions:
    """Planning conditions of one parcel (规划条件); None where the plan says nothing.

    Attributes
    ----------
    far_low, far_high : float or None
        Floor-area ratio.
    building_density : float or None
        Largest building density [%].
    green_share : float or None
        Least green share [%].
    height_limit : float or None
        Height limit [m].
    supporting_share : float or None
        Largest share of supporting facilities [%].
    investment_intensity : float or None
        Least investment [万元/亩].
    tax_intensity : float or None
        Least yearly tax [万元/亩].
    """

    far_low: float | None = None
    far_high: float | None = None
    building_density: float | None = None
    green_share: float | None = None
    height_limit: float | None = None
    supporting_share: float | None = None
    investment_intensity: float | None = None
    tax_intensity: float | None = None


def planning_conditions(parcels: pd.DataFrame) -> pd.DataFrame:
    """Planning conditions (规划条件) of every parcel.

    Parameters
    ----------
    parcels : DataFrame
        With ``floor_area_ratio`` as text; the other conditions where the table has them.

    Returns
    -------
    DataFrame
        On the same index, the fields of `PlanningConditions` as float columns; missing where there is no condition.

    Raises
    ------
    MissingColumnError
        If there is no floor-area ratio.
    BadValueError
        If a floor-area ratio cannot be read or a share lies outside 0 to 100 %.
    """
    require_columns(parcels, ["floor_area_ratio"], "planning_conditions")
    result = far_columns(parcels["floor_area_ratio"])
    for name, limit in _LIMITS.items():
        stated = parcels[name] if name in parcels.columns else pd.Series(np.nan, index=parcels.index)
        values = stated.astype("float64")
        bad = (values < limit.low) | (values > limit.high)
        if bad.any():
            raise BadValueError(
                f"{label(name)}不在 {limit.low:g}—{limit.high:g} 之间，{named_rows(values.index[bad], values[bad])}。"
                "办法：核对规划条件及单位。"
            )
        result[name] = values
    return result


def planning_conditions_of(parcels: pd.DataFrame, parcel_code: str) -> PlanningConditions:
    """Planning conditions of one parcel as a record.

    Parameters
    ----------
    parcels : DataFrame
        As for `planning_conditions`.
    parcel_code : str
        The parcel.

    Returns
    -------
    PlanningConditions
        Its conditions.

    Raises
    ------
    BadValueError
        If there is no such parcel, or a condition is not valid.
    """
    if parcel_code not in parcels.index:
        raise BadValueError(f"planning_conditions_of：没有宗地 {parcel_code}。办法：核对宗地代码。")
    row = planning_conditions(parcels.loc[[parcel_code]]).iloc[0]
    return PlanningConditions(**{str(name): float(value) for name, value in row.items() if pd.notna(value)})


class FarEnd(StrEnum):
    """Which end of a planned range prices a parcel (容积率取值)."""

    UPPER = "upper"
    LOWER = "lower"


def _chosen_ends(parcels: pd.DataFrame, choice: Mapping[str, str]) -> pd.Series[str]:
    wrong = {use: end for use, end in choice.items() if end not in tuple(FarEnd)}
    if wrong:
        raise BadValueError(f"容积率取值 {wrong} 不是 {'、'.join(FarEnd)}。办法：改为其中之一。")
    present = [name for name in ("price_use", "use_category") if name in parcels.columns]
    if not present:
        columns = f"{label('price_use')} 或 {label('use_category')}"
        raise MissingColumnError(f"choose_floor_area_ratio 缺少列：{columns}。办法：先求地价用途或规划用途。")
    ends = pd.Series(None, index=parcels.index, dtype="str")
    for name in present:
        codes, uses = pd.factorize(parcels[name])
        chosen = pd.array([*(choice.get(str(use)) for use in uses), None], dtype="str").take(codes)
        ends = ends.fillna(pd.Series(chosen, index=parcels.index))
    return ends


def chosen_ratios(parcels: pd.DataFrame, choice: Mapping[str, str]) -> tuple[pd.Series[float], list[Fault]]:
    """Choose the floor-area ratio that prices every parcel, and find those for which none can be chosen.

    Parameters
    ----------
    parcels : DataFrame
        As for `choose_floor_area_ratio`.
    choice : mapping of str to str
        As for `choose_floor_area_ratio`.

    Returns
    -------
    ratios : Series of float
        On the same index; missing where the plan states nothing or there is a fault.
    faults : list of Fault
        Texts that cannot be read, ranges without a choice, and ranges whose chosen end is open.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a choice is no end of a range.
    """
    require_columns(parcels, ["floor_area_ratio"], "choose_floor_area_ratio")
    ends = _chosen_ends(parcels, choice)
    texts = far_texts(parcels["floor_area_ratio"])
    readable = readable_far_ranges(texts)
    far = far_columns(texts.where(readable))
    low, high = far["far_low"], far["far_high"]
    ranged = (low.notna() | high.notna()) & ~low.eq(high)
    chosen = high.where(ends.eq(FarEnd.UPPER), low).where(ranged, low)
    lost = ranged & ends.isna()
    unbounded = ranged & ~lost & ~chosen.gt(0)
    faults = [
        fault("floor_area_ratio", ~readable, "读不懂，写成一个数或区间，如 1.0≤R≤2.5。"),
        fault(
            "floor_area_ratio",
            lost,
            f"{UNCHOSEN}，在 floor_area_ratio 选择中为该用途写明 upper 或 lower。",
        ),
        fault("floor_area_ratio", unbounded, "选定的一端没有数值，改选另一端，或在该宗地上写明计价容积率。"),
    ]
    return chosen.mask(lost | unbounded).rename("floor_area_ratio"), faults


def choose_floor_area_ratio(parcels: pd.DataFrame, choice: Mapping[str, str]) -> pd.Series[float]:
    """Choose the floor-area ratio that prices every parcel.

    Parameters
    ----------
    parcels : DataFrame
        With ``floor_area_ratio`` as text, and ``price_use`` or ``use_category``.
    choice : mapping of str to str
        Per price use (or category of use) ``"upper"`` or ``"lower"``: the end of a range that is taken.

    Returns
    -------
    Series of float
        ``floor_area_ratio`` on the same index: the number itself where the plan states one; missing where it states
        nothing.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a range has no choice, the chosen end is open, or a text cannot be read.
    """
    chosen, faults = chosen_ratios(parcels, choice)
    require_sound(parcels, faults, "choose_floor_area_ratio")
    return chosen
