"""Shapes and texts as a page holds them: columns of whole numbers, and each text once.

A page that repeats a key and a number in decimal degrees for every point is ten times the size of one that holds
the differences between points as integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

STEP = 1e-7
"""Degrees per unit of a packed coordinate: about a centimetre."""

Ints = npt.NDArray[np.int64]
Bounds = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Shapes:
    """Rings of many features in one array of points.

    Attributes
    ----------
    points : ndarray of int64, shape (n, 2)
        Longitude and latitude in steps of 1e-7 degrees.
    rings : ndarray of int64
        Where each ring starts in ``points``; one more than there are rings.
    features : ndarray of int64
        Where each feature starts in ``rings``; one more than there are features.
    """

    points: Ints
    rings: Ints
    features: Ints

    def packed(self) -> dict[str, float | list[int] | Ints]:
        """Pack the features for a page.

        Returns
        -------
        dict
            ``step``, ``origin`` and the differences between points, flat; the number of points of each ring and
            of rings of each feature.
        """
        origin = self.points[0] if len(self.points) else np.zeros(2, dtype=np.int64)
        deltas = np.diff(self.points, axis=0, prepend=origin[np.newaxis])
        return {
            "step": STEP,
            "origin": origin.tolist(),
            "deltas": deltas.ravel(),
            "rings": np.diff(self.rings),
            "features": np.diff(self.features),
        }

    def take(self, features: Ints) -> Shapes:
        """Pick features.

        Parameters
        ----------
        features : ndarray of int64
            Their positions.

        Returns
        -------
        Shapes
            These features in this order.
        """
        rings = spread(self.features, features)
        points = spread(self.rings, rings)
        return Shapes(self.points[points], _edges(self.rings, rings), _edges(self.features, features))


def spread(starts: Ints, chosen: Ints) -> Ints:
    """List the positions of what some groups hold.

    Parameters
    ----------
    starts : ndarray of int64
        Where each group starts; one more than there are groups.
    chosen : ndarray of int64
        The groups.

    Returns
    -------
    ndarray of int64
        Positions, group after group.

    Examples
    --------
    >>> spread(np.array([0, 2, 2, 5]), np.array([2, 0])).tolist()
    [2, 3, 4, 0, 1]
    """
    edges = _edges(starts, chosen)
    return np.repeat(starts[chosen] - edges[:-1], np.diff(edges)) + np.arange(edges[-1])


def _edges(starts: Ints, chosen: Ints) -> Ints:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(starts[chosen + 1] - starts[chosen])])


def joined(first: Shapes, second: Shapes) -> Shapes:
    """Put the features of one layer after those of another.

    Parameters
    ----------
    first, second : Shapes
        Two layers.

    Returns
    -------
    Shapes
        All features.
    """
    return Shapes(
        np.concatenate([first.points, second.points]),
        np.concatenate([first.rings, first.rings[-1] + second.rings[1:]]),
        np.concatenate([first.features, first.features[-1] + second.features[1:]]),
    )


def shapes_of(layer: gpd.GeoSeries, *, areas: bool) -> Shapes:
    """Take a layer apart into rings, in geographic coordinates.

    Parameters
    ----------
    layer : GeoSeries
        Areas or lines, with a CRS; what is missing, empty or of another kind becomes a feature without rings.
    areas : bool
        Whether the layer holds areas: their outer rings run counter-clockwise and inner ones clockwise, and the
        closing point is left out.

    Returns
    -------
    Shapes
        One feature per row, same order.
    """
    geometries: Geometries = np.asarray(layer.to_crs(4490).array)
    wanted = shapely.GeometryType.POLYGON if areas else shapely.GeometryType.LINESTRING
    collections, of_feature = shapely.get_parts(geometries, return_index=True)
    parts, of_collection = shapely.get_parts(collections, return_index=True)
    of_feature = of_feature[of_collection]
    kept = (shapely.get_type_id(parts) == wanted) & ~shapely.is_empty(parts)
    parts, of_feature = parts[kept], of_feature[kept]
    if areas:
        parts, of_part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
        of_feature = of_feature[of_part]
    coordinates, of_ring = shapely.get_coordinates(parts, return_index=True)
    points = np.rint(coordinates / STEP).astype(np.int64)
    if areas and len(points):
        closing = np.append(of_ring[1:] != of_ring[:-1], True)
        points, of_ring = points[~closing], of_ring[~closing]
    return Shapes(points, _starts(of_ring, len(parts)), _starts(of_feature, len(geometries)))


def _starts(belongs_to: Ints, groups: int) -> Ints:
    starts = np.zeros(groups + 1, dtype=np.int64)
    np.cumsum(np.bincount(belongs_to, minlength=groups), out=starts[1:])
    return starts


@dataclass(frozen=True)
class Texts:
    """A column of texts, each distinct one once.

    Attributes
    ----------
    distinct : list of str
        The texts.
    codes : ndarray of int64
        Which text each row has; -1 for a missing one.
    """

    distinct: list[str]
    codes: Ints


def texts_of(rows: Sequence[str | None]) -> Texts:
    """Find the distinct texts of a column.

    Parameters
    ----------
    rows : sequence of str or None
        One text a row.

    Returns
    -------
    Texts
        The same rows.
    """
    codes, distinct = pd.factorize(np.array(rows, dtype=object))
    return Texts(distinct.tolist(), codes.astype(np.int64))


class TextTable:
    """The distinct texts of one page, each with its number.

    A text that three thousand rows share stands once in the page.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def numbers(self, texts: Texts, rows: Ints) -> Ints:
        """Give the text of each row its number, -1 for a missing one.

        Parameters
        ----------
        texts : Texts
            A column.
        rows : ndarray of int64
            Positions of the rows to show.

        Returns
        -------
        ndarray of int64
            Positions in what :meth:`page` gives.
        """
        known = self._numbers
        used, which = np.unique(texts.codes[rows], return_inverse=True)
        numbers = [-1 if code < 0 else known.setdefault(texts.distinct[code], len(known)) for code in used.tolist()]
        return np.array(numbers, dtype=np.int64)[which]

    def page(self) -> list[str]:
        """Give all texts by number.

        Returns
        -------
        list of str
            The texts, as the page holds them.
        """
        return list(self._numbers)
