"""Collectives (农村集体经济组织) and their land: the register, who owns which part of a parcel."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.errors import BadValueError, named_rows
from landmarket.land_book.register_sheets import read_register
from landmarket.overlay import coverage, in_settled_order, key_shares
from landmarket.zoning.parcel_code import check_parcel_codes

REGISTER_COLUMNS = ["collective_code", "collective", "owner", "owner_level", "township", "member_count"]
PERSONAL_COLUMNS = ["legal_representative", "recorded_by"]
"""Columns with people's names: never on maps, pages or in workbooks, never in what is posted."""
TOLERANCE = 1.0
"""Area up to which an owner's part is a matter of drawing [㎡]."""


def read_collectives(path: str | Path) -> pd.DataFrame:
    """Read the register of collectives (农村集体经济组织台账).

    Parameters
    ----------
    path : path-like
        ``.xlsx`` or ``.csv`` with 集体代码、集体名称、所有权人、所有权层级、乡镇、成员人数, and if known
        村、法定代表人、实施主体、成立日期.

    Returns
    -------
    DataFrame
        Indexed by ``collective_code``: ``collective``, ``owner`` (its name in the ownership layer), ``owner_level``,
        ``township``, ``member_count`` (Int64), ``village``, ``legal_representative``, ``agent``, ``established_on``.

    Raises
    ------
    ReadError, MissingColumnError, BadValueError
        As `read_register`; also if an owner stands twice, a level is blank, a village or group names no village, or
        a member count is no whole number.
    """
    optional = ["village", "legal_representative", "agent", "established_on"]
    register = read_register(path, REGISTER_COLUMNS, optional, key="collective_code")
    where = str(path)
    for name in ("collective", "owner", "owner_level", "township"):
        require_values(register, name, register[name].isna(), "补上该单元格。", where)
    twice = register["owner"].duplicated(keep=False)
    require_values(register, "owner", twice, "一个所有权人只能属于一个集体，删去重复的一行。", where)
    placeless = register["owner_level"].isin(["村", "组"]) & register["village"].isna()
    require_values(register, "village", placeless, "村、组集体须写明所在的村。", where)
    members = register["member_count"].astype("float64")
    odd = members.notna() & ~((members >= 0) & (members == np.floor(members)))
    require_values(register, "member_count", odd, "成员数应为不小于 0 的整数；不明的留空。", where)
    register["member_count"] = members.astype("Int64")
    return register.set_index("collective_code")


def public_register(register: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns with people's names (可公开的台账).

    Parameters
    ----------
    register : DataFrame
        As from `read_collectives`.

    Returns
    -------
    DataFrame
        On the same index, for maps and postings.
    """
    return register.drop(columns=[name for name in PERSONAL_COLUMNS if name in register.columns])


def owner_parts(parcels: gpd.GeoDataFrame, owners: gpd.GeoDataFrame, *, tolerance: float = TOLERANCE) -> pd.DataFrame:
    """Divide every parcel among its owners, exactly (按所有权人划分宗地).

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons indexed by parcel code.
    owners : GeoDataFrame
        Ownership areas with ``owner``, ``owner_code`` (JA) and ``owner_level``, in the same coordinate system.
    tolerance : float, default 1.0
        Area up to which a part is a matter of drawing and left out [㎡].

    Returns
    -------
    DataFrame
        A row for each parcel and owner, in the order of the parcels, then of the owner's name: ``parcel_code``,
        ``owner``, ``owner_code`` (of the largest piece), ``owner_level``, ``owner_part`` [㎡], ``owner_share``. Ground
        that no owner has is a row without an owner.

    Raises
    ------
    MissingColumnError, CrsError
        If a column is missing, or the layers lie in different systems.
    BadValueError
        If a JA code is not valid, or a geometry cannot be used.

    Notes
    -----
    Where ownership areas overlap, the ground is in the part of each; `contested_share` tells how much that is.
    """
    require_columns(owners, ["owner", "owner_code", "owner_level"], "owner_parts")
    _require_ownership_codes(owners)
    owners = in_settled_order(owners, ["owner_code"])
    named = owners.assign(owner=owners["owner"].fillna("（不明）" + owners["owner_code"].fillna("").astype("str")))
    table = key_shares(parcels, named, ["owner", "owner_level"])
    table["owner_code"] = owners["owner_code"].to_numpy()[table["area_row"].to_numpy()]
    table = table.rename(columns={"area": "owner_part", "share": "owner_share"})
    covered, whole = coverage(parcels, owners), parcels.geometry.area
    bare = pd.DataFrame(
        {
            "parcel_code": parcels.index,
            "owner": None,
            "owner_code": None,
            "owner_level": None,
            "owner_part": (whole - covered["area"]).to_numpy(),
            "owner_share": (1.0 - covered["share"]).to_numpy(),
        }
    )
    columns = list(bare.columns)
    kept = table.loc[table["owner_part"] > tolerance, columns]
    left = bare[bare["owner_part"] > tolerance]
    both = pd.concat([part.astype(dict.fromkeys(columns[1:4], "str")) for part in (kept, left) if len(part)] or [kept])
    place = pd.Series(np.arange(len(parcels)), index=parcels.index)
    order = np.argsort(place[both["parcel_code"]].to_numpy(), kind="stable")
    return both.iloc[order].reset_index(drop=True)


def _require_ownership_codes(owners: gpd.GeoDataFrame) -> None:
    codes = owners["owner_code"]
    bad = codes.notna() & ~(check_parcel_codes(codes)["ok"] & codes.str[12:14].eq("JA"))
    require_values(
        owners, "owner_code", bad.fillna(True), "应为集体土地所有权（JA）宗地代码；未登记的留空。", "owner_parts"
    )


def contested_share(parcels: gpd.GeoDataFrame, owners: gpd.GeoDataFrame) -> pd.Series[float]:
    """Share of every parcel that two owners' areas or more hold at once (所有权重叠占比).

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons indexed by parcel code.
    owners : GeoDataFrame
        Ownership areas with ``owner`` and ``owner_level``; areas of one owner that overlap are one.

    Returns
    -------
    Series of float
        On the parcels' index, 0 to 1.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        As `owner_parts`.
    """
    require_columns(owners, ["owner", "owner_code", "owner_level"], "contested_share")
    who = owners["owner"].fillna("（不明）" + owners["owner_code"].fillna("").astype("str"))
    merged = owners[["owner_level", "geometry"]].assign(owner=who).dissolve(["owner", "owner_level"], dropna=False)
    return coverage(parcels, gpd.GeoDataFrame(merged.reset_index()))["overlap_share"].rename("contested_share")


def parcel_collectives(parcels: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Find the collective of every parcel by its owner (宗地所属集体).

    Parameters
    ----------
    parcels : DataFrame
        With ``owner`` and ``owner_level``, as `landmarket.zoning.ownership` gives them; missing where nobody owns it.
    register : DataFrame
        As from `read_collectives`.

    Returns
    -------
    DataFrame
        On the parcels' index: ``collective_code`` and ``collective``, missing where the parcel has no owner.

    Raises
    ------
    BadValueError
        If an owner is in no row of the register, or its level differs there; owners and parcels are named.
    """
    require_columns(parcels, ["owner", "owner_level"], "parcel_collectives")
    _require_known(parcels["owner"], register, "parcel_collectives")
    by_owner = register.reset_index().set_index("owner")[["collective_code", "collective", "owner_level"]]
    found = by_owner.reindex(parcels["owner"]).set_axis(parcels.index, axis=0)
    differs = parcels["owner"].notna() & parcels["owner_level"].ne(found["owner_level"]).fillna(True)
    require_values(
        parcels, "owner_level", differs, "与集体台账的层级不同，核对所有权图层与台账。", "parcel_collectives"
    )
    return found[["collective_code", "collective"]]


def _require_known(owner: pd.Series[str], register: pd.DataFrame, needed_by: str) -> None:
    unknown = owner.notna() & ~owner.isin(register["owner"])
    if unknown.any():
        raise BadValueError(
            f"{needed_by}：集体台账中没有这些所有权人，{named_rows(owner.index[unknown], owner[unknown])}。"
            "办法：在台账中补登该集体，或改正所有权图层的名称。"
        )


def collective_land(parts: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Add up what every collective holds (集体的土地).

    Parameters
    ----------
    parts : DataFrame
        As from `owner_parts`.
    register : DataFrame
        As from `read_collectives`.

    Returns
    -------
    DataFrame
        On the register's index: ``collective_parcels`` and ``collective_land_area`` [㎡]; 0 where it holds nothing.

    Raises
    ------
    BadValueError
        If an owner is in no row of the register.
    """
    owner = parts.set_index("parcel_code")["owner"]
    _require_known(owner, register, "collective_land")
    sums = parts.groupby("owner").agg(collective_parcels=("parcel_code", "nunique"), area=("owner_part", "sum"))
    found = sums.reindex(register["owner"]).set_axis(register.index, axis=0).fillna(0)
    return pd.DataFrame(
        {
            "collective_parcels": found["collective_parcels"].astype("int64"),
            "collective_land_area": found["area"].astype("float64"),
        }
    )
