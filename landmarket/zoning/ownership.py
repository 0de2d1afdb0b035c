"""Who owns a parcel: exact shares in the layer of collective land ownership (集体土地所有权, JA)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.columns import label
from landmarket.errors import BadValueError, named_rows
from landmarket.overlay import at_rows, in_settled_order, key_shares
from landmarket.pieces import EQUAL_AREA, Parcels
from landmarket.zoning.parcel_code import check_parcel_codes

_TAKEN = ["owner", "owner_code", "owner_level", "agent", "member_count"]
_MOST = 2**53  # above it a float no longer tells whole numbers apart


def require_owners(owners: gpd.GeoDataFrame, needed_by: str) -> None:
    """Raise unless a layer of owners has the columns and values that `ownership` needs (核对所有权图层).

    Parameters
    ----------
    owners : GeoDataFrame
        Ownership areas.
    needed_by : str
        The file, or the function that needs the layer, for the message.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a JA code is not valid, or a member count is no whole number from 0.
    """
    require_columns(owners, _TAKEN, needed_by)
    codes = owners["owner_code"]
    checked = check_parcel_codes(codes)
    bad = codes.notna() & ~(checked["ok"] & codes.str[12:14].eq("JA"))
    if bad.any():
        raise BadValueError(
            f"{needed_by}：列 {label('owner_code')} 不是有效的 JA 代码，{named_rows(codes.index[bad], codes[bad])}。"
            "办法：核对所有权图层；未登记的留空。"
        )
    members = pd.to_numeric(owners["member_count"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    uncounted = owners["member_count"].notna() & ~((members >= 0) & (members == np.floor(members)) & (members < _MOST))
    require_values(owners, "member_count", uncounted, "成员数应为不小于 0 的整数；不明的留空。", needed_by)


def ownership(parcels: Parcels, owners: gpd.GeoDataFrame, *, tolerance: float = 1.0) -> pd.DataFrame:
    """Owner of every parcel (土地所有权人), its level, its agent, and how many owners there are.

    Parameters
    ----------
    parcels : GeoDataFrame or IndexedParcels
        Polygons indexed by parcel code.
    owners : GeoDataFrame
        Ownership areas with ``owner`` (full name), ``owner_code`` (JA parcel code), ``owner_level``
        (乡镇, 村, 组), ``agent`` and ``member_count``, in the same coordinate system.
    tolerance : float, default 1.0
        Area up to which an owner's part is a matter of drawing [㎡].

    Returns
    -------
    DataFrame
        On the parcels' index: ``owner``, ``owner_code``, ``owner_level``, ``agent``, ``member_count`` (Int64) of the
        owner with the largest share, ``owner_share`` of the parcel, and ``owner_count``: owners that hold more
        than the tolerance. A parcel with no more than that in any ownership area has no owner and a count of 0.

    Raises
    ------
    MissingColumnError
        If the ownership layer lacks a column.
    CrsError
        If the coordinate systems are missing, geographic or different.
    BadValueError
        If a JA code is not valid, a member count is no whole number from 0, a geometry is missing or invalid, or a
        parcel is named twice.

    Notes
    -----
    One owner may hold several areas: areas with the same owner name and level are one owner. An area without a name
    is an owner of its own, known by its JA code. Of several areas of the owner with pieces as large, the smallest JA
    code is given.
    """
    require_owners(owners, "ownership")
    owners = in_settled_order(owners, ["owner_code", "agent", "member_count"])
    who = owners["owner"].fillna("（不明）" + owners["owner_code"].fillna("").astype("str"))
    keyed = owners.assign(_owner=who)
    table = key_shares(parcels, keyed, ["_owner", "owner_level"])
    area, parcel = table["area"].to_numpy(), table["parcel_row"].to_numpy()
    most_first = np.lexsort((-np.round(area / EQUAL_AREA), parcel))
    most_first = most_first[area[most_first] > tolerance]
    held, first, count = np.unique(parcel[most_first], return_index=True, return_counts=True)
    rows, share = np.full(len(parcels.index), -1, dtype=np.int64), np.zeros(len(parcels.index))
    owner_count = np.zeros(len(parcels.index), dtype=np.int64)
    best = most_first[first]
    rows[held], share[held], owner_count[held] = (
        table["area_row"].to_numpy()[best],
        table["share"].to_numpy()[best],
        count,
    )
    result = at_rows(owners[_TAKEN], rows, parcels.index)
    result["member_count"] = pd.to_numeric(result["member_count"]).astype("Int64")
    result["owner_share"] = share.clip(max=1.0)
    result["owner_count"] = owner_count
    return result
