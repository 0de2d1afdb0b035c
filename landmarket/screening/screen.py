"""The one function that sets rows aside (数据检查)."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from landmarket.checks import require_unique_columns
from landmarket.crs import to_projected
from landmarket.errors import BadValueError, MissingColumnError, named_rows
from landmarket.io.manifest import secret_name
from landmarket.io.values import clean_text
from landmarket.screening.codes import check_codes
from landmarket.screening.places import check_far, check_places
from landmarket.screening.result import Findings, Screening, joined
from landmarket.screening.shapes import (
    Overlaps,
    Tolerances,
    check_area,
    check_geometry,
    check_overlaps,
    check_range,
    overlaps,
)
from landmarket.screening.values import check_columns, check_facts, check_headers, check_values

ERROR = "错误"


class Survey(NamedTuple):
    """What screening gives, with what it knows of the shapes (数据检查及其图形), for whoever draws the problems.

    Attributes
    ----------
    screening : Screening
        Accepted rows, findings, rows set aside.
    shapes : GeoSeries
        Polygon of every row, by source row, in a projected system [m], repaired even where that is in doubt; None
        where there is none.
    overlaps : Overlaps
        The pairs of them that overlap, by position.
    tolerances : Tolerances
        Limits of the checks.
    """

    screening: Screening
    shapes: gpd.GeoSeries
    overlaps: Overlaps
    tolerances: Tolerances


def screen(
    parcels: gpd.GeoDataFrame,
    *,
    county: str | None = None,
    villages: gpd.GeoDataFrame | None = None,
    tolerances: Tolerances | None = None,
    crs: CRS | None = None,
) -> Screening:
    """Check raw parcels (数据检查): accept, repair or set aside every row, and say why.

    Parameters
    ----------
    parcels : GeoDataFrame
        As `landmarket.io.read_parcels` gives them.
    county : str, optional
        County code that parcel codes must begin with; without it any county of the list is right.
    villages : GeoDataFrame, optional
        Villages of the county: stated township and village are checked against the shape's place.
    tolerances : Tolerances, optional
        Limits of the checks.
    crs : pyproj.CRS, optional
        System to work in, projected; without it the parcels' own, or the one `landmarket.crs.to_projected` chooses.

    Returns
    -------
    Screening
        ``accepted, findings, set_aside``; every row read is in exactly one of the first and the last.

    Raises
    ------
    MissingColumnError
        If the table has no geometry.
    BadValueError
        If a column is there twice, the index has several levels, or a row is named twice.
    CrsError
        If the layer has no coordinate system.
    """
    return survey(parcels, county=county, villages=villages, tolerances=tolerances, crs=crs).screening


def survey(
    parcels: gpd.GeoDataFrame,
    *,
    county: str | None = None,
    villages: gpd.GeoDataFrame | None = None,
    tolerances: Tolerances | None = None,
    crs: CRS | None = None,
) -> Survey:
    """Check raw parcels as `screen` does, and keep what it knows of the shapes (数据检查及其图形).

    Parameters
    ----------
    parcels : GeoDataFrame
        As `landmarket.io.read_parcels` gives them.
    county : str, optional
        County code that parcel codes must begin with; without it any county of the list is right.
    villages : GeoDataFrame, optional
        Villages of the county: stated township and village are checked against the shape's place.
    tolerances : Tolerances, optional
        Limits of the checks.
    crs : pyproj.CRS, optional
        System to work in, projected; without it the parcels' own, or the one `landmarket.crs.to_projected` chooses.

    Returns
    -------
    Survey
        The screening, and shapes and overlaps of all rows.

    Raises
    ------
    MissingColumnError
        If the table has no geometry.
    BadValueError
        If a column is there twice, the index has several levels, or a row is named twice.
    CrsError
        If the layer has no coordinate system.
    """
    _require_layer(parcels)
    limits = tolerances or Tolerances()
    raw = to_projected(parcels) if crs is None else parcels.to_crs(crs)
    table = raw.copy()
    if "parcel_code" not in table.columns:
        table["parcel_code"] = pd.Series(None, index=table.index, dtype="str")
    table["parcel_code"] = clean_text(table["parcel_code"])
    found = Findings(table["parcel_code"])
    check_headers([str(name) for name in raw.columns], found)
    check_values(table, found)
    check_columns(table, found)
    check_codes(table, raw, found, county)
    beyond = check_range(parcels, table, found)
    shapes, certain = check_geometry(table, found, limits, beyond)
    used = shapes.copy()
    used[~certain] = None
    table = table.set_geometry(gpd.GeoSeries(used, index=table.index, crs=table.crs))
    check_area(table, found, limits)
    check_facts(table, found)
    if villages is None:
        check_far(table, found)
    else:
        check_places(table, found, villages)
    over = overlaps(shapes, limits.overlap_area)
    check_overlaps(table, found, over)
    findings = found.table()
    reasons = joined(findings[findings["severity"].eq(ERROR)], "check")
    aside = table.index.isin(reasons.index)
    set_aside = raw.loc[aside, [name for name in raw.columns if not secret_name(name)]].copy()
    set_aside["set_aside_reason"] = reasons.reindex(set_aside.index)
    accepted = table.loc[~aside].reset_index(names="source_row").set_index("parcel_code")
    drawn = gpd.GeoSeries(shapes, index=table.index, crs=table.crs)
    return Survey(Screening(accepted, findings, set_aside), drawn, over, limits)


def _require_layer(parcels: pd.DataFrame) -> None:
    """Refuse a table whose rows cannot be told apart or have no geometry."""
    if not isinstance(parcels, gpd.GeoDataFrame) or parcels.active_geometry_name not in parcels.columns:
        raise MissingColumnError(
            "screen 缺少图形列（geometry）。办法：用 read_parcels 读取，或用 GeoDataFrame 的 set_geometry 指明图形列。"
        )
    if parcels.index.nlevels > 1:
        names = "、".join(map(str, parcels.index.names))
        raise BadValueError(f"screen：索引有 {parcels.index.nlevels} 级（{names}）。办法：先 reset_index()。")
    require_unique_columns(parcels, set(parcels.columns), "screen")
    repeated = parcels.index[parcels.index.duplicated()].unique()
    if len(repeated):
        raise BadValueError(
            f"screen：行号（索引）重复，{named_rows(repeated)}。"
            "办法：先 parcels.reset_index(drop=True)，合并各表时用 pd.concat(…, ignore_index=True)。"
        )
