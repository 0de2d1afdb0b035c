"""Invented outlines: the county, its villages, and the townships as exact unions of their villages."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sample_data.county import facts

Points = npt.NDArray[np.float64]

# Corners of an invented outline that keeps the real extent (113°03'–113°39'E, 33°59'–34°24'N) and area (about 1,460 km²).
_OUTLINE = np.array(
    [
        (113.050, 34.1900), (113.087, 34.2360), (113.138, 34.2562), (113.180, 34.2820), (113.217, 34.3188),
        (113.263, 34.3372), (113.290, 34.3722), (113.335, 34.4000), (113.382, 34.3574), (113.419, 34.3372),
        (113.460, 34.3243), (113.493, 34.2912), (113.529, 34.2654), (113.575, 34.2562), (113.600, 34.2314),
        (113.617, 34.1946), (113.650, 34.1500), (113.613, 34.1072), (113.609, 34.0612), (113.580, 34.0336),
        (113.539, 34.0262), (113.497, 34.0170), (113.460, 33.9834), (113.405, 34.0134), (113.359, 34.0078),
        (113.313, 34.0262), (113.276, 34.0354), (113.244, 34.0612), (113.203, 34.0814), (113.166, 34.0998),
        (113.120, 34.1182), (113.086, 34.1486),
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
