"""Invented outlines: the county, its villages, and the townships as exact unions of their villages."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sample_data.county import facts

Points = npt.NDArray[np.float64]

# Corners of an invented outline with about the real extent (113°03'–113°39'E, 33°59'–34°24'N) and area (1,460 km²).
_OUTLINE = np.array(
    [
        (113.055, 34.1761), (113.054, 34.2079), (113.080, 34.2317), (113.106, 34.2277), (113.140, 34.2555),
        (113.173, 34.2694), (113.197, 34.3031), (113.225, 34.3110), (113.264, 34.3319), (113.285, 34.3646),
        (113.312, 34.3939), (113.345, 34.3963), (113.372, 34.3696), (113.402, 34.3606), (113.425, 34.3328),
        (113.462, 34.3299), (113.487, 34.2971), (113.519, 34.2823), (113.536, 34.2555), (113.580, 34.2584),
        (113.604, 34.2356), (113.610, 34.2039), (113.639, 34.1781), (113.646, 34.1424), (113.620, 34.1186),
        (113.604, 34.0809), (113.610, 34.0511), (113.583, 34.0313), (113.546, 34.0352), (113.515, 34.0134),
        (113.479, 33.9886), (113.446, 33.9876), (113.417, 34.0154), (113.378, 34.0055), (113.345, 34.0214),
        (113.312, 34.0194), (113.277, 34.0432), (113.247, 34.0531), (113.223, 34.0809), (113.187, 34.0829),
        (113.167, 34.1067), (113.124, 34.1126), (113.102, 34.1404), (113.070, 34.1483),
    ]
)  # fmt: skip
_LANDFORM_WEIGHT = {"城区": 0.30, "平原": 0.95, "丘陵": 1.0, "山地": 1.4}
_GRID = 0.001
_LONGEST_SEGMENT = 180.0


def _bend(rng: np.random.Generator, start: Points, end: Points, amplitude: float) -> Points:
    """Midpoint displacement of a segment: its inner vertices, without the two ends."""
    points = np.array([start, end])
    while np.hypot(*(points[1] - points[0])) > _LONGEST_SEGMENT:
        leg = np.diff(points, axis=0)
        shift = rng.uniform(-amplitude, amplitude, len(leg))[:, None]
        middle = points[:-1] + leg / 2 + shift * np.column_stack([-leg[:, 1], leg[:, 0]])
        points = np.insert(points, np.arange(1, len(points)), middle, axis=0)
    return points[1:-1]


def county_outline(seed: int) -> shapely.Polygon:
    """The invented county outline, its extent within the real one."""
    rng = facts.generator(seed, "outline")
    corners = facts.project(_OUTLINE)
    ring = [corners[:1]]
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        ring += [_bend(rng, start, end, 0.11), end[None]]
    polygon = shapely.Polygon(np.round(np.concatenate(ring), 3))
    return polygon if polygon.is_valid else max(shapely.get_parts(polygon.buffer(0)), key=lambda part: part.area)


def _weighted_cells(points: Points, seats: Points, target: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Power diagram on points: the seat each point belongs to, so that every seat gets its share of them."""
    distance = ((points[:, None, :] - seats[None]) ** 2).sum(axis=2)
    weight = np.zeros(len(seats))
    scale = len(points) / len(seats)
    for step in np.linspace(1.0, 0.05, 160):
        owner = np.argmin(distance - weight, axis=1)
        count = np.bincount(owner, minlength=len(seats))
        weight += step * 4e6 * (target - count) / scale
    return np.argmin(distance - weight, axis=1)


def _spread(rng: np.random.Generator, points: Points, count: int) -> Points:
    """Spread `count` centres over points (Lloyd), a little uneven on purpose."""
    centres = points[rng.choice(len(points), count, replace=False)]
    for _ in range(9):
        nearest = np.argmin(((points[:, None, :] - centres[None]) ** 2).sum(axis=2), axis=1)
        for i in range(count):
            own = points[nearest == i]
            centres[i] = own.mean(axis=0) if len(own) else points[rng.integers(len(points))]
    return centres + rng.uniform(-60, 60, centres.shape)


def _seats(rng: np.random.Generator, outline: shapely.Polygon) -> pd.DataFrame:
    """A centre for every village, in the part of the county that its township gets."""
    townships, villages = facts.townships(), facts.villages()
    low, high = np.array(outline.bounds).reshape(2, 2)
    step = 260.0
    mesh = np.meshgrid(np.arange(low[0], high[0], step), np.arange(low[1], high[1], step))
    points = np.column_stack([axis.ravel() for axis in mesh])
    points = points + rng.uniform(-0.4 * step, 0.4 * step, points.shape)
    points = points[shapely.contains_xy(outline.buffer(-250), points)]
    counts = villages.groupby("township_code").size().reindex(townships.index)
    wanted = counts * townships["landform"].map(_LANDFORM_WEIGHT)
    target = (wanted / wanted.sum() * len(points)).to_numpy()
    owner = _weighted_cells(points, townships[["x", "y"]].to_numpy(), target)
    centres = []
    for i, (code, count) in enumerate(counts.items()):
        own = _spread(rng, points[owner == i], int(count))
        seat = townships.loc[code, ["x", "y"]].to_numpy(dtype=float)
        order = np.argsort(((own - seat) ** 2).sum(axis=1), kind="stable")
        centres.append(own[order])
    table = villages.copy()
    table[["x", "y"]] = np.concatenate(centres)
    return table


def _arrangement(outline: shapely.Polygon, centres: Points) -> tuple[list[Points], list[Points]]:
    """Edges between villages (straight) and edges on the county outline, meeting exactly at their ends."""
    edges = shapely.voronoi_polygons(shapely.multipoints(centres), only_edges=True, extend_to=outline)
    inner = shapely.get_parts(shapely.intersection(shapely.get_parts(edges), outline))
    lines = shapely.union_all([outline.boundary, *inner], grid_size=_GRID)
    lines = shapely.get_parts(shapely.line_merge(lines))
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    on_outline = shapely.distance(middle, outline.boundary) < 0.5
    split = [shapely.get_coordinates(line) for line in lines]
    between = [c for c, outer in zip(split, on_outline, strict=True) if not outer]
    return between, [c for c, outer in zip(split, on_outline, strict=True) if outer]


def _crossing(lines: npt.NDArray[np.object_]) -> npt.NDArray[np.intp]:
    """Positions of lines that meet another one elsewhere than at a common end, or themselves."""
    tree = shapely.STRtree(lines)
    left, right = tree.query(lines, predicate="intersects")
    keep = left < right
    left, right = left[keep], right[keep]
    common = shapely.intersection(lines[left], lines[right])
    ends = shapely.intersection(shapely.boundary(lines[left]), shapely.boundary(lines[right]))
    bad = ~shapely.equals(common, ends)
    return np.union1d(np.concatenate([left[bad], right[bad]]), np.flatnonzero(~shapely.is_simple(lines)))


def _bent(rng: np.random.Generator, between: list[Points], outer: list[Points]) -> npt.NDArray[np.object_]:
    """Bend every edge between villages; an edge that would meet another is bent less, at last not at all."""
    amplitude = rng.uniform(0.06, 0.16, len(between))
    seeds = rng.integers(2**32, size=len(between))

    def line(i: int) -> shapely.LineString:
        ends = between[i]
        inner = _bend(np.random.default_rng(seeds[i]), ends[0], ends[-1], amplitude[i])
        return shapely.LineString(np.concatenate([ends[:1], np.round(inner, 3), ends[-1:]]))

    lines = np.array([line(i) for i in range(len(between))] + [shapely.LineString(c) for c in outer], dtype=object)
    for _ in range(8):
        bad = _crossing(lines)
        bad = bad[bad < len(between)]
        if not len(bad):
            return lines
        amplitude[bad] = np.where(amplitude[bad] > 0.015, amplitude[bad] / 2, 0.0)
        for i in bad:
            lines[i] = line(i)
    raise RuntimeError("village edges still cross: choose another seed")


def _assign(faces: npt.NDArray[np.object_], centres: Points) -> npt.NDArray[np.intp]:
    """The village of every face; a face cut off from its centre goes to the neighbour with the longest edge."""
    face, centre = shapely.STRtree(shapely.points(centres)).query(faces, predicate="contains")
    owner = np.full(len(faces), -1)
    owner[face] = centre
    for orphan in np.flatnonzero(owner < 0):
        common = shapely.length(shapely.intersection(faces[orphan].boundary, shapely.boundary(faces)))
        common[owner < 0] = 0.0
        owner[orphan] = owner[np.argmax(common)]
    return owner


def village_outlines(seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """All villages and townships; villages share their edges vertex by vertex, townships are unions of villages.

    Parameters
    ----------
    seed : int
        Seed of the county.

    Returns
    -------
    villages : GeoDataFrame
        Indexed by village code: village, township, township_code, centre x and y.
    townships : GeoDataFrame
        Indexed by township code: township, landform.
    """
    outline = county_outline(seed)
    rng = facts.generator(seed, "villages")
    seats = _seats(rng, outline)
    centres = seats[["x", "y"]].to_numpy()
    lines = _bent(rng, *_arrangement(outline, centres))
    faces = shapely.get_parts(shapely.polygonize(lines))
    owner = _assign(faces, centres)
    if len(np.unique(owner)) != len(seats):
        raise RuntimeError("a village lost its outline: choose another seed")
    shape = [shapely.coverage_union_all(faces[owner == i]) for i in range(len(seats))]
    villages = gpd.GeoDataFrame(seats, geometry=shape, crs=facts.CRS)
    villages["geometry"] = villages.geometry.map(
        lambda s: s.geoms[0] if s.geom_type == "MultiPolygon" and len(s.geoms) == 1 else s
    )
    joined = villages.groupby("township_code").geometry.agg(lambda own: shapely.coverage_union_all(own.to_numpy()))
    townships = facts.townships()[["township", "kind", "landform"]].join(joined)
    return villages, gpd.GeoDataFrame(townships, geometry="geometry", crs=facts.CRS)
