"""Checks that domain functions make of their tables before they compute anything."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from landmarket.columns import label
from landmarket.errors import BadValueError, CrsError, IndexMismatchError, MissingColumnError, named_rows


def require_columns(table: pd.DataFrame, names: list[str], needed_by: str) -> None:
    """Raise unless the table has all these columns.

    Parameters
    ----------
    table : DataFrame
        The table to look at.
    names : list of str
        Column identifiers.
    needed_by : str
        The function that needs them, for the message.

    Raises
    ------
    MissingColumnError
        Naming each missing column in English and Chinese.
    """
    missing = [name for name in names if name not in table.columns]
    if missing:
        listed = "、".join(label(name) for name in missing)
        raise MissingColumnError(
            f"{needed_by} 缺少列：{listed}。现有列：{'、'.join(map(str, table.columns))}。"
            "办法：补上该列，或在 columns.csv 中核对其中文表头。"
        )


def require_unique_index(table: pd.DataFrame, needed_by: str) -> None:
    """Raise unless the index holds each parcel once.

    Parameters
    ----------
    table : DataFrame
        The table to look at.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        Naming the repeated index values.
    """
    repeated = table.index[table.index.duplicated()].unique()
    if len(repeated):
        raise BadValueError(f"{needed_by}：宗地代码重复，{named_rows(repeated)}。办法：先用 screen() 检查数据。")


def require_same_index(left: pd.DataFrame, right: pd.DataFrame, needed_by: str) -> None:
    """Raise unless two tables have the same parcels in the same order.

    Parameters
    ----------
    left, right : DataFrame
        The two tables.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    IndexMismatchError
        Naming the parcels that only one of them has.
    """
    if left.index.equals(right.index):
        return
    only = left.index.symmetric_difference(right.index)
    what = named_rows(only) if len(only) else "宗地相同但次序不同"
    raise IndexMismatchError(f"{needed_by}：两张表的宗地不一致，{what}。办法：用 .reindex() 或 .loc 对齐。")


def require_projected(table: gpd.GeoDataFrame, needed_by: str) -> CRS:
    """Raise unless the layer has a projected coordinate system in metres.

    Parameters
    ----------
    table : GeoDataFrame
        The layer to look at.
    needed_by : str
        The function that needs it, for the message.

    Returns
    -------
    pyproj.CRS
        The coordinate system.

    Raises
    ------
    CrsError
        If there is none, or it is in degrees.
    """
    if table.crs is None:
        raise CrsError(f"{needed_by}：图层没有坐标系。办法：读取时用 crs= 指明，如 crs='EPSG:4547'。")
    crs = CRS.from_user_input(table.crs)
    if not crs.is_projected:
        raise CrsError(
            f"{needed_by}：坐标系 {crs.to_string()} 以度为单位。办法：先 .to_crs('EPSG:4547') 之类的投影坐标系。"
        )
    return crs


def require_same_crs(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame, needed_by: str) -> None:
    """Raise unless two layers are in the same projected coordinate system.

    Parameters
    ----------
    left, right : GeoDataFrame
        The two layers.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    CrsError
        If one has none, is in degrees, or they differ.
    """
    first, second = require_projected(left, needed_by), require_projected(right, needed_by)
    if not first.equals(second, ignore_axis_order=True):
        raise CrsError(
            f"{needed_by}：两个图层坐标系不同（{first.to_string()} 与 {second.to_string()}）。"
            "办法：先用 .to_crs() 统一。"
        )


def require_values(
    table: pd.DataFrame, name: str, bad: pd.Series[bool] | npt.NDArray[np.bool_], cure: str, needed_by: str
) -> None:
    """Raise if any row of a column is marked bad, naming rows, values and the cure.

    Parameters
    ----------
    table : DataFrame
        The table to look at.
    name : str
        Column identifier.
    bad : Series or ndarray of bool
        True for each row that cannot be used.
    cure : str
        What the analyst should do, in Chinese.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        If any row is bad.
    """
    mask = np.asarray(bad, dtype=bool)
    if mask.any():
        rows = named_rows(table.index[mask], table.loc[mask, name])
        raise BadValueError(f"{needed_by}：列 {label(name)} 的值不能用，{rows}。办法：{cure}")
