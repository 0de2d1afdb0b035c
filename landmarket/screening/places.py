"""Checks of places (位置): what the columns say against where the shape lies."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landmarket.checks import require_projected
from landmarket.common_area import common_areas
from landmarket.crs import GEOGRAPHIC, far_rows
from landmarket.geometry import in_system
from landmarket.io.shifted_places import FEWEST, Shift, shift_of
from landmarket.pieces import EQUAL_AREA
from landmarket.screening.result import Findings, Mask
from landmarket.screening.shapes import Positions
from landmarket.zoning.place import locate

_LOOKED_AT = 4000
_SHIFTED = {Shift.PLACES: "parcels_shifted", Shift.AREAS: "villages_shifted"}


def check_places(table: gpd.GeoDataFrame, found: Findings, villages: gpd.GeoDataFrame) -> None:
    """Check stated township and village against the village layer.

    A parcel across a boundary may state either side: only a place that it does not touch at all is wrong.

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with usable shapes or none.
    found : Findings
        Where findings go.
    villages : GeoDataFrame
        Villages of the county.
    """
    there = in_system(villages, require_projected(table, "check_places"))
    shaped = table.geometry.notna().to_numpy() & ~_in_stated_village(table, there)
    place = locate(table.loc[shaped, [table.geometry.name]], there).reindex(table.index)
    outside = shaped & place["township"].isna().to_numpy()
    points = shapely.get_coordinates(shapely.point_on_surface(table.geometry.to_numpy()[outside]))
    found.add("place_outside", outside, [f"{x:.0f}, {y:.0f}" for x, y in points])
    astray = outside.copy()
    for name in ("township", "village"):
        if name not in table.columns:
            continue
        stated = table[name]
        unknown = (stated.notna() & ~stated.isin(there[name])).to_numpy()
        found.add(f"{name}_unknown", unknown, stated[unknown])
        differs = (stated.notna() & place[name].notna() & (stated != place[name])).to_numpy() & ~unknown
        wrong = differs & ~_touches(table, stated, differs, there, name)
        found.add(f"{name}_differs", wrong, stated[wrong] + "，按图形在 " + place.loc[wrong, name])
        astray |= wrong
    if astray.sum() >= FEWEST:
        _check_shift(table, found, there)


def check_far(table: gpd.GeoDataFrame, found: Findings) -> None:
    """Find parcels far from the others, where no layer of villages tells which lie outside the county.

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with usable shapes or none, in a projected system [m].
    found : Findings
        Where findings go.
    """
    far = far_rows(table.geometry.to_numpy())
    points = gpd.GeoSeries(shapely.point_on_surface(table.geometry.to_numpy()[far]), crs=table.crs)
    plane, degrees = (shapely.get_coordinates(each.to_numpy()) for each in (points, points.to_crs(GEOGRAPHIC)))
    texts = [
        f"{x:.0f}, {y:.0f}（东经 {longitude:.2f}°、北纬 {latitude:.2f}°）"
        for (x, y), (longitude, latitude) in zip(plane, degrees, strict=True)
    ]
    found.add("parcel_far", far, texts)


def _check_shift(table: gpd.GeoDataFrame, found: Findings, villages: gpd.GeoDataFrame) -> None:
    """Say where parcels or villages lie as if traced from a map in shifted coordinates; asked about, never moved."""
    name = next((name for name in ("village", "township") if name in table.columns), None)
    shaped = table[table.geometry.notna()]
    if name is None or shaped.empty:
        return
    rows = shaped.iloc[:: max(1, len(shaped) // _LOOKED_AT)]
    points = shapely.get_coordinates(rows.geometry.representative_point().to_crs(GEOGRAPHIC).to_numpy())
    outlines = villages.geometry.to_crs(GEOGRAPHIC).groupby(villages[name].astype("str").to_numpy())
    areas = {str(key): shapely.union_all(np.asarray(shapes.array)) for key, shapes in outlines}
    key = _SHIFTED.get(shift_of(points, rows[name].fillna("").to_numpy(dtype=object), areas))
    if key is not None:
        found.add_column(key, "geometry")


def _in_stated_village(table: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> Mask:
    """Rows that lie in a village whose names are the stated ones, or partly: nothing more is to be found of them.

    A shape whose first corner is inside lies in the village at least partly; only the others are looked at closer.
    """
    shapes, areas = table.geometry.to_numpy(), villages.geometry.to_numpy()
    names = [_numbered(table[name], villages[name]) for name in ("township", "village") if name in table.columns]

    def agrees(village: Positions, row: Positions) -> Mask:
        same = [(stated[row] == there[village]) | (stated[row] < 0) for stated, there in names]
        agreed: Mask = np.logical_and.reduce([np.ones(len(row), dtype=bool), *same])
        return agreed

    points, owner = shapely.get_coordinates(shapes, return_index=True)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    village, point = shapely.STRtree(np.asarray(shapely.points(points[first]))).query(areas, predicate="contains")
    result = np.zeros(len(table), dtype=bool)
    row = owner[first[point]]
    result[row[agrees(village, row)]] = True
    others = np.flatnonzero(~result & ~shapely.is_missing(shapes))
    village, other = shapely.STRtree(shapes[others]).query(areas, predicate="intersects")
    chosen = agrees(village, others[other])
    village, row = village[chosen], others[other[chosen]]
    result[row[common_areas(areas, village, shapes, row) > EQUAL_AREA]] = True
    return result


def _numbered(stated: pd.Series[str], there: pd.Series[str]) -> tuple[Positions, Positions]:
    """Give each name one number in both columns, a missing one a negative one."""
    numbers, _ = pd.factorize(pd.concat([stated.astype("str"), there.astype("str")]))
    return numbers[: len(stated)], numbers[len(stated) :]


def _touches(table: gpd.GeoDataFrame, stated: pd.Series[str], rows: Mask, areas: gpd.GeoDataFrame, name: str) -> Mask:
    """Tell of the marked rows whether the shape touches an area of the stated name."""
    result = np.zeros(len(table), dtype=bool)
    shapes = table.geometry.to_numpy()
    for place in stated[rows].unique():
        own = rows & stated.eq(place).to_numpy()
        united = shapely.union_all(areas.geometry.to_numpy()[areas[name].eq(place).to_numpy()])
        result[own] = shapely.intersects(shapes[own], united)
    return result
