"""Data that lie where a shifted map would put them (偏移坐标): parcels held against the outlines they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from landmarket.io.shifted_places import Floats, Shift, shift_of
from landmarket.maps.ground import GEOGRAPHIC, kind_of
from landmarket.maps.values import plain_texts

MOST = 4000
"""Parcels looked at, evenly picked."""

_SAID = MappingProxyType(
    {
        Shift.NONE: "",
        Shift.PLACES: "宗地疑似偏移坐标（GCJ-02）：反算后才落在所属村镇内",
        Shift.AREAS: "村镇界疑似偏移坐标（GCJ-02）：宗地加偏移后才落在所属村镇内",
    }
)


def shift_note(parcels: gpd.GeoDataFrame, context: Mapping[str, gpd.GeoDataFrame]) -> str:
    """Say whether parcels or outlines look shifted (疑似 GCJ-02 偏移).

    Parameters
    ----------
    parcels : GeoDataFrame
        Parcels with ``village`` or ``township``.
    context : mapping of str to GeoDataFrame
        Layers beneath; villages, else townships, are compared with.

    Returns
    -------
    str
        What to print, or empty: the data agree, or nothing can be said because there are no outlines, or fewer than
        twenty parcels that name one.
    """
    found = _outlines(context, parcels)
    if found is None:
        return ""
    column, layer = found
    points, names = _picked(parcels, column)
    outlines = layer.geometry.to_crs(GEOGRAPHIC).groupby([name or "" for name in plain_texts(layer[column])])
    areas = {str(name): shapely.union_all(np.asarray(shapes.array)) for name, shapes in outlines if name}
    return _SAID[shift_of(points, names, areas)]


def _outlines(
    context: Mapping[str, gpd.GeoDataFrame], parcels: gpd.GeoDataFrame
) -> tuple[str, gpd.GeoDataFrame] | None:
    for column in ("village", "township"):
        for layer in context.values():
            if column in parcels.columns and len(layer) and kind_of(layer) == column:
                return column, layer
    return None


def _picked(parcels: gpd.GeoDataFrame, column: str) -> tuple[Floats, npt.NDArray[np.object_]]:
    """Take some parcels evenly: a point inside each, and the place it says it belongs to."""
    shapes = np.asarray(parcels.geometry.array)
    drawn = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    at = drawn[:: max(1, len(drawn) // MOST)]
    rows = parcels.iloc[at]
    points = rows.geometry.representative_point().to_crs(GEOGRAPHIC)
    names = np.array([name or "" for name in plain_texts(rows[column])], dtype=object)
    return shapely.get_coordinates(np.asarray(points.array)), names
