"""The ground of each cause (备选原因的范围): survey patches, permits and records of the parcels brought together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from landmarket.checks import require_columns, require_same_crs, require_unique_index, require_values
from landmarket.errors import BadValueError, named_rows
from landmarket.land_book.candidate_rule import CandidateRule
from landmarket.land_book.register_sheets import read_register
from landmarket.zoning.use import Scheme, require_codes

PARCEL_COLUMNS = ["land_source", "released_on", "disused_since", "building_area"]
PATCH_COLUMNS = ["current_use", "owner_nature", "settlement_code"]
PERMIT_COLUMNS = ["permit_no", "permit_kind", "permit_on", "supplied_on", "start_due_on", "started_on"]
CLAIMS = {"退出宅基地": "homestead", "废弃工矿": "disused_works", "废弃公益": "disused_public"}
"""The cause that each source of land (土地来源) claims."""


def read_permits(path: str | Path) -> pd.DataFrame:
    """Read the register of approvals and permits (用地批准与规划许可台账).

    Parameters
    ----------
    path : path-like
        ``.xlsx`` or ``.csv`` with 宗地代码、批准文号、许可类型、许可日期, and if known 供地日期、约定动工日、动工日.

    Returns
    -------
    DataFrame
        ``parcel_code`` and `PERMIT_COLUMNS`; the index is the row in the sheet.

    Raises
    ------
    ReadError, MissingColumnError, BadValueError
        As `read_register`; also if a parcel, number, kind or day is blank, or days are in no possible order.
    """
    needed = ["parcel_code", *PERMIT_COLUMNS[:3]]
    permits = read_register(path, needed, PERMIT_COLUMNS[3:])
    for name in needed:
        require_values(permits, name, permits[name].isna(), "补上该单元格。", str(path))
    early = permits["started_on"] < permits["permit_on"]
    require_values(permits, "started_on", early, "动工日早于许可日期，核对两个日期。", str(path))
    return permits


def permit_areas(permits: pd.DataFrame, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each permit the ground of its parcel (许可范围).

    Parameters
    ----------
    permits : DataFrame
        As from `read_permits`.
    parcels : GeoDataFrame
        Registered parcels, indexed by parcel code.

    Returns
    -------
    GeoDataFrame
        On the permits' index, with the parcels' geometry.

    Raises
    ------
    BadValueError
        If a permit names a parcel that is not there, or a parcel is named twice.
    """
    require_unique_index(parcels, "permit_areas")
    unknown = ~permits["parcel_code"].isin(parcels.index)
    require_values(permits, "parcel_code", unknown, "宗地表中没有该宗地，核对宗地代码。", "permit_areas")
    shapes = parcels.geometry.loc[permits["parcel_code"]].set_axis(permits.index, axis=0)
    return gpd.GeoDataFrame(permits, geometry=shapes, crs=parcels.crs)


def read_use_records(path: str | Path) -> pd.DataFrame:
    """Read what the bureau knows of the use of parcels (利用状况调查表).

    Parameters
    ----------
    path : path-like
        ``.xlsx`` or ``.csv`` with 宗地代码, and if known 退出日期、停用日期、现状建筑面积.

    Returns
    -------
    DataFrame
        Indexed by ``parcel_code``: ``released_on``, ``disused_since``, ``building_area`` [㎡].

    Raises
    ------
    ReadError, MissingColumnError, BadValueError
        As `read_register`.
    """
    return read_register(path, ["parcel_code"], PARCEL_COLUMNS[1:], key="parcel_code").set_index("parcel_code")


def with_use_records(parcels: gpd.GeoDataFrame, records: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put the records of use beside the parcels (并入利用状况).

    Parameters
    ----------
    parcels : GeoDataFrame
        Indexed by parcel code.
    records : DataFrame
        As from `read_use_records`.

    Returns
    -------
    GeoDataFrame
        On the parcels' index; missing where there is no record.

    Raises
    ------
    BadValueError
        If a record names a parcel that is not there.
    """
    unknown = records.index[~records.index.isin(parcels.index)]
    if len(unknown):
        raise BadValueError(f"with_use_records：宗地表中没有这些宗地，{named_rows(unknown)}。办法：核对宗地代码。")
    found = records.reindex(parcels.index)
    return parcels.assign(**{name: found[name] for name in PARCEL_COLUMNS[1:]})


def check_patches(patches: gpd.GeoDataFrame, rule: CandidateRule) -> None:
    """Refuse survey patches with an unknown class or ownership nature (核对调查图斑).

    Parameters
    ----------
    patches : GeoDataFrame
        Survey patches with `PATCH_COLUMNS`.
    rule : CandidateRule
        The rule.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        Naming patches and values.
    """
    require_columns(patches, PATCH_COLUMNS, "candidates")
    require_codes(patches["current_use"], Scheme.三调, "candidates：调查图斑")
    unknown = ~patches["owner_nature"].isin([*rule.state_natures, *rule.collective_natures])
    if unknown.any():
        bad = patches.loc[unknown, "owner_nature"]
        raise BadValueError(
            f"candidates：调查图斑的权属性质 owner_nature 不认识，{named_rows(bad.index, bad)}。"
            f"办法：应为 {'、'.join((*rule.state_natures, *rule.collective_natures))} 之一；核对图斑或规则文件。"
        )


def _within(parcels: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """The ground that parcels and areas have in common."""
    left = gpd.GeoDataFrame(geometry=parcels.geometry)
    both = left.overlay(gpd.GeoDataFrame(geometry=areas.geometry), how="intersection", keep_geom_type=True)
    return both.geometry


def _not_later(days: pd.Series[pd.Timestamp], on: date) -> pd.Series[bool]:
    return days.isna() | (days <= pd.Timestamp(on))


def _due(days: pd.Series[pd.Timestamp], years: int, on: date) -> pd.Series[bool]:
    """Whether so many years have passed since a day."""
    return days <= pd.Timestamp(on) - pd.DateOffset(years=years)


def cause_zones(
    parcels: gpd.GeoDataFrame, patches: gpd.GeoDataFrame, permits: gpd.GeoDataFrame, rule: CandidateRule, *, on: date
) -> gpd.GeoDataFrame:
    """The ground of every cause; zones of different causes may overlap, see `cause_areas`.

    Parameters
    ----------
    parcels : GeoDataFrame
        Indexed by parcel code, with `PARCEL_COLUMNS`.
    patches : GeoDataFrame
        Survey patches with `PATCH_COLUMNS`, in the same coordinate system.
    permits : GeoDataFrame
        Approvals and permits with `PERMIT_COLUMNS` and their ground.
    rule : CandidateRule
        The rule.
    on : date
        The day; what is dated later has not happened.

    Returns
    -------
    GeoDataFrame
        ``cause`` and the geometry.

    Raises
    ------
    MissingColumnError, CrsError, BadValueError
        If a layer lacks a column, lies elsewhere, or holds codes nobody knows.
    """
    require_columns(parcels, PARCEL_COLUMNS, "candidates")
    require_columns(permits, PERMIT_COLUMNS, "candidates")
    require_same_crs(parcels, patches, "candidates")
    require_same_crs(parcels, permits, "candidates")
    check_patches(patches, rule)
    built = patches[_of_class(patches, rule.construction_codes, rule)]
    given = permits[permits["permit_kind"].isin(rule.land_approvals) & (permits["permit_on"] <= pd.Timestamp(on))]
    stock = given[given["permit_on"] < pd.Timestamp(rule.cutoff)]
    zones = {"state_land": patches.loc[patches["owner_nature"].isin(rule.state_natures)].geometry}
    zones |= _claimed(parcels, patches, rule, on)
    zones |= _not_used(given, rule, on)
    zones["low_use"] = _within(parcels[_low_use(parcels, rule)], built)
    zones["legal_stock"] = _within(stock, built)
    zones["unproven"] = built.geometry
    return _stacked(zones, parcels)


def _of_class(patches: gpd.GeoDataFrame, codes: Sequence[str], rule: CandidateRule) -> pd.Series[bool]:
    collective = patches["owner_nature"].isin(rule.collective_natures)
    return collective & patches["current_use"].str.startswith(tuple(codes))


def _claimed(
    parcels: gpd.GeoDataFrame, patches: gpd.GeoDataFrame, rule: CandidateRule, on: date
) -> dict[str, gpd.GeoSeries]:
    codes = {
        "homestead": rule.homestead_codes,
        "disused_works": rule.works_codes,
        "disused_public": rule.public_codes,
    }
    since = {"homestead": "released_on", "disused_works": "disused_since", "disused_public": "disused_since"}
    return {
        cause: _within(
            parcels[parcels["land_source"].eq(source).fillna(False) & _not_later(parcels[since[cause]], on)],
            patches[_of_class(patches, codes[cause], rule)],
        )
        for source, cause in CLAIMS.items()
    }


def _not_used(given: gpd.GeoDataFrame, rule: CandidateRule, on: date) -> dict[str, gpd.GeoSeries]:
    today = pd.Timestamp(on)
    supplied, started = given["supplied_on"] <= today, given["started_on"] <= today
    unsupplied = ~supplied & ~started & _due(given["permit_on"], rule.unsupplied_years, on)
    idle = supplied & ~started & _due(given["start_due_on"], rule.idle_years, on)
    return {"unsupplied": given.loc[unsupplied].geometry, "idle": given.loc[idle].geometry}


def _low_use(parcels: gpd.GeoDataFrame, rule: CandidateRule) -> pd.Series[bool]:
    floor = parcels["building_area"].astype("float64")
    require_values(parcels, "building_area", floor < 0, "建筑面积应不小于 0；不明的留空。", "candidates")
    if rule.low_use_ratio is None:
        return pd.Series(False, index=parcels.index)
    return floor < parcels.geometry.area * float(rule.low_use_ratio)


def _stacked(zones: dict[str, gpd.GeoSeries], parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    shapes = [shape for zone in zones.values() for shape in zone]
    named = [cause for cause, zone in zones.items() for _ in range(len(zone))]
    names = pd.Series(named, dtype="str", name="cause")
    return gpd.GeoDataFrame({"cause": names}, geometry=gpd.GeoSeries(shapes, crs=parcels.crs), crs=parcels.crs)
