"""What lies beneath the parcels: outlines of townships and villages, roads, other areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from landmarket.checks import require_projected
from landmarket.errors import BadValueError
from landmarket.maps.audience import Audience, drawn_shapes
from landmarket.maps.packing import Bounds, Ints, Shapes, shapes_of
from landmarket.maps.payload import Packed
from landmarket.maps.values import floats, is_number, plain_texts

GEOGRAPHIC = 4490
"""EPSG code of CGCS2000 (2000国家大地坐标系) in degrees."""

WIDTHS = ("宽度", "width")
"""Columns that hold the width of a road [m]."""

AROUND = 0.12
"""How far beyond a township its page shows the surroundings, as a share of its size."""

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ground:
    """One layer of the context (底图图层).

    Attributes
    ----------
    name : str
        Its name, as given.
    kind : str
        ``township``, ``village``, ``area`` or ``line``.
    shapes : Shapes
        Outlines or lines.
    bounds : ndarray of float64, shape (n, 4)
        West, south, east, north of each [°].
    names : list of str
        Name of each township or village, or empty.
    townships : list of str
        The township each belongs to, or empty.
    labels : ndarray of float64, shape (n, 2)
        Where the name stands [°].
    widths : ndarray of float64
        Width of each line on the screen [px], or empty.
    """

    name: str
    kind: str
    shapes: Shapes
    bounds: Bounds
    names: list[str]
    townships: list[str]
    labels: Points
    widths: npt.NDArray[np.float64]

    def near(self, bounds: Bounds) -> Ints:
        """Find what lies in or around a rectangle.

        Parameters
        ----------
        bounds : ndarray of float64
            West, south, east, north [°].

        Returns
        -------
        ndarray of int64
            Positions of the features.
        """
        margin = AROUND * np.array([bounds[2] - bounds[0], bounds[3] - bounds[1]])
        apart = (
            (self.bounds[:, 0] > bounds[2] + margin[0])
            | (self.bounds[:, 2] < bounds[0] - margin[0])
            | (self.bounds[:, 1] > bounds[3] + margin[1])
            | (self.bounds[:, 3] < bounds[1] - margin[1])
        )
        return np.flatnonzero(~apart & np.isfinite(self.bounds).all(axis=1))

    def packed(self, township: str, bounds: Bounds) -> dict[str, Packed]:
        """Pack what a township's page shows of this layer.

        Parameters
        ----------
        township : str
            The township of the page.
        bounds : ndarray of float64
            Its west, south, east, north [°].

        Returns
        -------
        dict
            Name, kind, shapes, and for townships and villages their names, places and whether they are at home.
        """
        near = self.near(bounds)
        packed: dict[str, Packed] = {
            "name": self.name,
            "kind": self.kind,
            "geometry": self.shapes.take(near).packed(),
        }
        if self.names:
            packed["names"] = [self.names[i] for i in near]
            packed["home"] = [int(not self.townships or self.townships[i] == township) for i in near]
            packed["points"] = np.round(self.labels[near], 6).ravel().tolist()
        if len(self.widths):
            packed["widths"] = self.widths[near].round(2).tolist()
        return packed


def ground_layers(context: Mapping[str, gpd.GeoDataFrame], audience: Audience) -> list[Ground]:
    """Recognise the context layers by their geometry and columns.

    Parameters
    ----------
    context : mapping of str to GeoDataFrame
        Layers by the name they are shown with; see :func:`kind_of`.
    audience : Audience
        For whom; exact coordinates are for the office alone.

    Returns
    -------
    list of Ground
        Same order.

    Raises
    ------
    BadValueError
        If a layer holds neither areas nor lines.
    CrsError
        If a layer has no projected CRS.
    """
    return [_ground(str(name), layer, audience) for name, layer in context.items() if len(layer)]


def _ground(name: str, layer: gpd.GeoDataFrame, audience: Audience) -> Ground:
    require_projected(layer, f"地图底图“{name}”")
    kind = kind_of(layer)
    if not kind:
        drawn = "、".join(sorted(set(layer.geom_type.dropna()))) or "空"
        raise BadValueError(f"地图底图“{name}”的图形是 {drawn}，只能画面和线。办法：去掉该图层，或改用面、线图层。")
    named = kind in {"village", "township"}
    geographic = layer.geometry.to_crs(GEOGRAPHIC)
    return Ground(
        name,
        kind,
        drawn_shapes(shapes_of(layer.geometry, areas=kind != "line"), audience),
        geographic_bounds(layer.geometry),
        _texts(layer, kind) if named else [],
        _texts(layer, "township") if named and "township" in layer.columns else [],
        label_points(geographic) if named else np.zeros((0, 2)),
        _line_widths(layer) if kind == "line" else np.zeros(0),
    )


def kind_of(layer: gpd.GeoDataFrame) -> str:
    """Recognise a context layer by its geometry and columns.

    Parameters
    ----------
    layer : GeoDataFrame
        Areas or lines.

    Returns
    -------
    str
        ``village`` for areas with that column, ``township`` for areas that have each ``township`` once, ``area``
        for others, ``line`` for lines; empty for anything else.
    """
    shapes = set(layer.geom_type.dropna())
    if not shapes & {"Polygon", "MultiPolygon"}:
        return "line" if shapes & {"LineString", "MultiLineString"} else ""
    if "village" in layer.columns:
        return "village"
    return "township" if "township" in layer.columns and not layer["township"].dropna().duplicated().any() else "area"


def _line_widths(layer: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Draw a wider road wider, where the layer has its width in metres."""
    name = next((name for name in WIDTHS if name in layer.columns and is_number(layer[name])), None)
    if name is None:
        return np.zeros(0)
    metres = np.nan_to_num(floats(layer[name]))
    return np.clip(np.sqrt(np.maximum(metres, 0.0)) * 0.55, 1.0, 3.0)


def _texts(layer: gpd.GeoDataFrame, column: str) -> list[str]:
    return [text or "" for text in plain_texts(layer[column])]


def label_points(areas: gpd.GeoSeries) -> Points:
    """Choose where the name of each area stands.

    Parameters
    ----------
    areas : GeoSeries
        Areas.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        The centroid where it lies inside, else a point on the surface; zero where there is no shape.
    """
    geometries = np.asarray(areas.array)
    centroids = shapely.centroid(geometries)
    inside = shapely.intersects(geometries, centroids)
    points = np.where(inside, centroids, shapely.point_on_surface(geometries))
    return np.nan_to_num(np.column_stack([shapely.get_x(points), shapely.get_y(points)]))


def geographic_bounds(layer: gpd.GeoSeries) -> Bounds:
    """Give the rectangle of each shape in degrees.

    Parameters
    ----------
    layer : GeoSeries
        Shapes with a CRS.

    Returns
    -------
    ndarray of float64, shape (n, 4)
        West, south, east, north [°]; nan where there is no shape.
    """
    return np.asarray(shapely.bounds(np.asarray(layer.to_crs(GEOGRAPHIC).array)), dtype=np.float64)
