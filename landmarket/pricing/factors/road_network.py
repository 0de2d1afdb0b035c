"""Distances along the roads (路网距离).

A place reaches the network at the nearest point of the nearest road; how far off the road it lies counts too. Roads
that cross are joined where they cross: levels, one-way streets and turns are not known to a bureau's road layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from landmarket.checks import require_projected
from landmarket.errors import BadValueError
from landmarket.pricing.factors.pieces import straight_pieces
from landmarket.pricing.factors.reach import Formula, Strongest
from landmarket.pricing.kinds import Floats

Ints = npt.NDArray[np.int64]
_GRID = 0.001
_BLOCK = 4_000_000


@dataclass(frozen=True, eq=False, repr=False)
class RoadNetwork:
    """Roads as segments between crossings (路网).

    Attributes
    ----------
    segments : ndarray of shapely geometries
        Straight pieces of road, cut wherever roads meet or bend.
    ends : ndarray of int64, shape (n, 2)
        The nodes each segment joins.
    nodes : int
        How many nodes there are.
    """

    segments: npt.NDArray[np.object_]
    ends: Ints
    nodes: int

    def __repr__(self) -> str:
        """Count the network instead of printing it."""
        return f"<RoadNetwork {len(self.segments)} 段，{self.nodes} 个结点>"

    def strongest(self, points: Floats, places: Floats, score: Floats, radius: Floats, formula: Formula) -> Strongest:
        """Find the largest score of each point over all facilities, by distance along the roads.

        Parameters
        ----------
        points, places : ndarray of float64, shape (n, 2) and (m, 2)
            Where scores are wanted, and where the facilities are [m].
        score, radius : ndarray of float64, shape (m,)
            Score at each facility, and its influence radius [m].
        formula : callable
            The decay.

        Returns
        -------
        Strongest
            One entry a point, in the order of ``points``.
        """
        best, source = np.zeros(len(points)), np.full(len(points), -1, dtype=np.int64)
        away = np.full(len(points), np.nan)
        order = np.argsort(radius, kind="stable")
        block = max(_BLOCK // max(len(points) + self.nodes, 1), 1)
        for start in range(0, len(order), block):
            part = order[start : start + block]
            ways = self.distances(points, places[part], float(radius[part].max()))
            for facility, distance in zip(part, ways, strict=True):
                reached = formula(score[facility], distance / radius[facility])
                better = (reached > best) | ((reached == best) & (reached > 0) & (facility < source))
                best[better], source[better], away[better] = reached[better], facility, distance[better]
        return Strongest(best, source, away)

    def distances(self, points: Floats, places: Floats, limit: float = np.inf) -> Floats:
        """Compute distances along the roads.

        Parameters
        ----------
        points, places : ndarray of float64, shape (n, 2) and (m, 2)
            From where, and to where [m].
        limit : float, default inf
            Longer ways are not followed [m].

        Returns
        -------
        ndarray of float64, shape (m, n)
            Distance [m] of each place to each point, the ways to and from the road included; infinite where no road
            leads there within the limit. Two spots beside the same piece of road go along that piece.
        """
        here, there = self._joined(points), self._joined(places)
        hubs = self.nodes + np.arange(len(places))
        rows = np.concatenate([self.ends[:, 0], hubs, hubs])
        columns = np.concatenate([self.ends[:, 1], self.ends[there.segment, 0], self.ends[there.segment, 1]])
        lengths = np.concatenate([shapely.length(self.segments), there.before, there.after])
        graph = _shortest_edges(rows, columns, lengths, self.nodes + len(places))
        ways = dijkstra(graph, directed=False, indices=hubs, limit=limit)
        first, second = self.ends[here.segment].T
        along = np.minimum(ways[:, first] + here.before, ways[:, second] + here.after)
        same = there.segment[:, None] == here.segment[None, :]
        along = np.where(same, np.minimum(along, np.abs(there.before[:, None] - here.before[None, :])), along)
        whole: Floats = along + here.aside + there.aside[:, None]
        return np.where(whole <= limit, whole, np.inf)

    def _joined(self, points: Floats) -> _Joined:
        """Find where each point reaches the network."""
        places = shapely.points(points)
        _, segment = shapely.STRtree(self.segments).query_nearest(places, all_matches=False)
        lines = self.segments[segment]
        before = shapely.line_locate_point(lines, places)
        return _Joined(segment, before, shapely.length(lines) - before, shapely.distance(lines, places))


@dataclass(frozen=True)
class _Joined:
    """Where points reach the network: segment, ways to its two ends, way to the road."""

    segment: Ints
    before: Floats
    after: Floats
    aside: Floats


def _shortest_edges(rows: Ints, columns: Ints, lengths: Floats, count: int) -> csr_matrix:
    """Build the graph; of several roads between two nodes the shortest counts, where a sparse matrix would add them."""
    order = np.lexsort((lengths, np.maximum(rows, columns), np.minimum(rows, columns)))
    low, high = np.minimum(rows, columns)[order], np.maximum(rows, columns)[order]
    kept = np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])) & (low != high)
    # csgraph takes an edge of length 0 for none
    weights = np.maximum(lengths[order][kept], np.finfo(float).tiny)
    return csr_matrix((weights, (low[kept], high[kept])), shape=(count, count))


def road_network(roads: gpd.GeoDataFrame) -> RoadNetwork:
    """Join roads into a network (路网).

    Parameters
    ----------
    roads : GeoDataFrame
        Lines, projected [m].

    Returns
    -------
    RoadNetwork
        For `landmarket.pricing.factors.point_scores`. Coordinates are kept to a millimetre; where a road crosses
        another or ends on it, they are joined.

    Raises
    ------
    CrsError
        If the coordinate system is missing or in degrees.
    BadValueError
        If there is no line, or none as long as a millimetre.
    """
    require_projected(roads, "road_network")
    parts = shapely.get_parts(roads.geometry.to_numpy())
    lines = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    if not len(lines):
        raise BadValueError("road_network：道路图层中没有线。办法：核对道路图层。")
    # snapping while it nodes: a road that ends on a slanting one seldom has its end exactly on that line
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=_GRID))
    pieces, _ = straight_pieces(noded)
    if not len(pieces):
        raise BadValueError("road_network：道路都短于 1 毫米。办法：核对道路图层的坐标单位。")
    corners, number = np.unique(np.rint(pieces.reshape(-1, 2) / _GRID).astype(np.int64), axis=0, return_inverse=True)
    segments = np.atleast_1d(np.asarray(shapely.linestrings(pieces)))
    return RoadNetwork(segments, number.reshape(-1, 2), len(corners))
