"""Which township a parcel belongs to, and what outline a township has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from landmarket.checks import require_projected
from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.maps.ground import kind_of
from landmarket.maps.packing import Ints
from landmarket.maps.values import plain_texts

NO_TOWNSHIP = UNKNOWN_TOWNSHIP
"""Page of the parcels whose township is not known."""


@dataclass(frozen=True)
class Places:
    """Which township each parcel belongs to (宗地所在乡镇).

    Attributes
    ----------
    names : list of str
        Townships with parcels, or rows set aside, in the order of their codes.
    of_parcel, of_set_aside : ndarray of int64
        Position in ``names``; -1 for a row set aside that lies nowhere.
    """

    names: list[str]
    of_parcel: Ints
    of_set_aside: Ints

    def parcels(self, township: str) -> Ints:
        """Find the accepted parcels of a township.

        Parameters
        ----------
        township : str
            Official name.

        Returns
        -------
        ndarray of int64
            Their positions in the table.
        """
        return np.flatnonzero(self.of_parcel == self.names.index(township))

    def set_aside(self, township: str) -> Ints:
        """Find the rows set aside in a township.

        Parameters
        ----------
        township : str
            Official name.

        Returns
        -------
        ndarray of int64
            Their positions in the table of rows set aside.
        """
        return np.flatnonzero(self.of_set_aside == self.names.index(township))


def places_of(table: gpd.GeoDataFrame, aside: gpd.GeoDataFrame, context: Mapping[str, gpd.GeoDataFrame]) -> Places:
    """Tell the townships apart.

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels with ``township``.
    aside : GeoDataFrame
        Rows set aside; one without a township that is known goes to the one it lies in by the outlines of the
        context, else to that of the nearest accepted parcel.
    context : mapping of str to GeoDataFrame
        The context layers.

    Returns
    -------
    Places
        Townships in the order of their codes, else of their names; unknown ones last.
    """
    own = [name or NO_TOWNSHIP for name in _column(table, "township")]
    known = {*own, *_named_outlines(context, table)[0]}
    others = [name if name in known else "" for name in _column(aside, "township")]
    unknown = np.flatnonzero([not name for name in others])
    for place, found in zip(unknown, _lying_in(aside.iloc[unknown], table, own, context), strict=True):
        others[place] = found
    codes = township_codes([table, *context.values()])
    names = sorted({*own, *others} - {""}, key=lambda name: (name == NO_TOWNSHIP, codes.get(name, "~"), name))
    place_of = {name: number for number, name in enumerate(names)}
    return Places(
        names,
        np.array([place_of[name] for name in own], dtype=np.int64),
        np.array([place_of.get(name, -1) for name in others], dtype=np.int64),
    )


def _column(table: pd.DataFrame, column: str) -> list[str | None]:
    return plain_texts(table[column]) if column in table.columns else [None] * len(table)


def _lying_in(
    rows: gpd.GeoDataFrame, table: gpd.GeoDataFrame, own: list[str], context: Mapping[str, gpd.GeoDataFrame]
) -> list[str]:
    crs = require_projected(table, "township_maps")
    points = np.asarray(shapely.centroid(np.asarray(rows.geometry.to_crs(crs).array)))
    found = np.full(len(rows), "", dtype=object)
    placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
    names, areas = _named_outlines(context, table)
    if len(areas):
        at, hit = shapely.STRtree(areas).query(points, predicate="intersects")
        found[at] = np.array(names, dtype=object)[hit]
    homeless = np.flatnonzero(placed & (found == ""))
    if len(homeless) and len(table):
        at, hit = shapely.STRtree(np.asarray(table.geometry.array)).query_nearest(points[homeless], all_matches=False)
        found[homeless[at]] = np.array(own, dtype=object)[hit]
    return [str(name) for name in found]


def with_outlines(context: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Join villages to townships where the context has no outlines of townships.

    Parameters
    ----------
    context : mapping of str to GeoDataFrame
        The context layers.

    Returns
    -------
    dict of str to GeoDataFrame
        The layers, and after them the joined outlines where they were missing.
    """
    placed = _placed_layers(context)
    if not placed or kind_of(placed[0]) == "township":
        return dict(context)
    villages = placed[0]
    names = np.array([name or "" for name in _column(villages, "township")], dtype=object)
    shapes = np.asarray(villages.geometry.array)
    townships = [name for name in dict.fromkeys(names.tolist()) if name]
    codes = township_codes([villages])
    joined = gpd.GeoDataFrame(
        {"township": townships, "township_code": [codes.get(name, "") for name in townships]},
        geometry=[_together(shapes[names == name]) for name in townships],
        crs=villages.crs,
    )
    return {**context, "乡镇界" if "乡镇界" not in context else "乡镇界（由村界合成）": joined}


def _named_outlines(
    context: Mapping[str, gpd.GeoDataFrame], table: gpd.GeoDataFrame
) -> tuple[list[str], npt.NDArray[np.object_]]:
    """Outlines of townships from the context, else its villages under their township's name."""
    layers = _placed_layers(context)
    if not layers:
        return [], np.zeros(0, dtype=object)
    outlines = layers[0].geometry.to_crs(require_projected(table, "township_maps"))
    return [name or "" for name in _column(layers[0], "township")], shapely.make_valid(np.asarray(outlines.array))


def _placed_layers(context: Mapping[str, gpd.GeoDataFrame]) -> list[gpd.GeoDataFrame]:
    """Take the layers that tell where a township lies: townships first, then villages with their township."""
    kinds = [(kind_of(layer), layer) for layer in context.values() if "township" in layer.columns and len(layer)]
    return [layer for wanted in ("township", "village") for kind, layer in kinds if kind == wanted]


def _together(shapes: npt.NDArray[np.object_]) -> BaseGeometry:
    """Join areas, whatever their rings are like, into one that consists of areas alone."""
    parts = shapely.get_parts(shapely.get_parts(shapely.union_all(shapely.make_valid(shapes))))
    return MultiPolygon(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON].tolist())


def outlines_of(
    table: gpd.GeoDataFrame, places: Places, context: Mapping[str, gpd.GeoDataFrame]
) -> dict[str, BaseGeometry]:
    """Find the outline of each township: drawn in the context, else the hull of its parcels.

    Parameters
    ----------
    table : GeoDataFrame
        Accepted parcels.
    places : Places
        Which township each belongs to.
    context : mapping of str to GeoDataFrame
        The context layers.

    Returns
    -------
    dict of str to geometry
        Outlines in the parcels' CRS, by official name.
    """
    names, areas = _named_outlines(context, table)
    named = np.array(names, dtype=object)
    outlines = {name: _together(areas[named == name]) for name in dict.fromkeys(names) if name}
    geometries = np.asarray(table.geometry.array)
    for name in places.names:
        if name not in outlines and name != NO_TOWNSHIP:
            outlines[name] = _together(np.array([_hull(geometries[places.parcels(name)])], dtype=object))
    return outlines


def _hull(shapes: npt.NDArray[np.object_]) -> BaseGeometry:
    """Draw the convex hull of the rectangles around shapes."""
    west, south, east, north = shapely.bounds(shapes).T
    corners = np.column_stack([west, south, west, north, east, south, east, north]).reshape(-1, 2)
    hull: BaseGeometry = shapely.convex_hull(shapely.multipoints(corners[np.isfinite(corners).all(axis=1)]))
    return hull


def township_codes(tables: list[pd.DataFrame]) -> dict[str, str]:
    """Look up the code of each township in the tables that hold it.

    Parameters
    ----------
    tables : list of DataFrame
        Tables that may have ``township`` and ``township_code``.

    Returns
    -------
    dict of str to str
        Code by official name; the first one found.
    """
    codes: dict[str, str] = {}
    for table in tables:
        if {"township", "township_code"} <= set(table.columns):
            pairs = table[["township", "township_code"]].drop_duplicates()
            for name, code in zip(_column(pairs, "township"), _column(pairs, "township_code"), strict=True):
                if name and code:
                    codes.setdefault(name, code)
    return codes
