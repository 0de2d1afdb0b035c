"""Blocks of collective construction land near the villages, cut into parcels that share their corners."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import affinity

from sample_data.county import facts

_KINDS = ("工业", "商业", "公服")
_KIND_SHARE = {
    "城区": (0.42, 0.43, 0.15),
    "平原": (0.70, 0.20, 0.10),
    "丘陵": (0.68, 0.20, 0.12),
    "山地": (0.60, 0.24, 0.16),
}
_LANDFORM_DRAW = {"城区": 1.6, "平原": 1.3, "丘陵": 0.9, "山地": 0.5}
_CELL = {"工业": (58.0, 200.0), "商业": (20.0, 48.0), "公服": (36.0, 85.0)}
_STREET = 14.0
_MARGIN = 9.0
_CLEARANCE = 45.0
_VERGE = 12.0


@dataclass(frozen=True)
class Block:
    """A block as drawn at the origin: its frame and its cells."""

    kind: str
    frame: shapely.Polygon
    cells: list[shapely.Polygon]


def _strip(rng: np.random.Generator, widths: npt.NDArray[np.float64], depths: list[float]) -> npt.NDArray[np.float64]:
    """Corners of a strip of cells, jittered: array (rows + 1, columns + 1, 2)."""
    x = np.concatenate([[0.0], np.cumsum(widths)])
    y = np.concatenate([[0.0], np.cumsum(depths)])
    corners = np.stack(np.meshgrid(x, y), axis=-1)
    jitter = rng.uniform(-1, 1, corners.shape) * 0.10 * min(widths.min(), *depths)
    jitter[[0, -1], :, 1] = np.clip(jitter[[0, -1], :, 1], -2.5, 2.5)
    jitter[:, [0, -1], 0] = np.clip(jitter[:, [0, -1], 0], -2.5, 2.5)
    return corners + jitter


def draw_block(rng: np.random.Generator, kind: str, cells: int, shrink: float) -> Block:
    """Draw a block: strips of one or two rows of cells back to back, streets between the strips.

    Parameters
    ----------
    rng : Generator
        Source of chance.
    kind : str
        工业, 商业 or 公服: decides the size of the cells.
    cells : int
        How many cells to draw, about.
    shrink : float
        Factor on the size of the cells.

    Returns
    -------
    Block
        Centred on the origin, turned at random.
    """
    low, high = _CELL[kind]
    columns = int(np.clip(round(np.sqrt(cells * rng.uniform(0.8, 2.2))), 1, cells))
    rows = max(1, round(cells / columns))
    base = low * (high / low) ** rng.uniform(0, 1) * shrink
    widths = base * rng.uniform(0.7, 1.4, columns)
    polygons, y = [], 0.0
    while rows > 0:
        take = 1 if rows == 1 or rng.random() < 0.25 else 2
        depths = [base * rng.uniform(0.8, 1.7) for _ in range(take)]
        corners = _strip(rng, widths, depths)
        corners[..., 1] += y
        for r in range(take):
            for c in range(columns):
                ring = [corners[r, c], corners[r, c + 1], corners[r + 1, c + 1], corners[r + 1, c]]
                polygons.append(shapely.Polygon(ring))
        y += sum(depths) + _STREET
        rows -= take
    width, depth = float(widths.sum()), y - _STREET
    frame = shapely.box(-_MARGIN, -_MARGIN, width + _MARGIN, depth + _MARGIN)
    angle = rng.uniform(0, 180)
    pull = rng.uniform(-0.13, 0.13, (2, 2, 2)) * np.array([width, depth])
    origin = frame.centroid.coords[0]

    def warped(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Pull the four corners of the block: straight lines along its sides stay straight."""
        u, v = points[:, :1] / width, points[:, 1:] / depth
        low, high = pull[0, 0] * (1 - u) + pull[0, 1] * u, pull[1, 0] * (1 - u) + pull[1, 1] * u
        moved: npt.NDArray[np.float64] = points + low * (1 - v) + high * v
        return moved

    def placed(shape: shapely.Polygon) -> shapely.Polygon:
        turned = affinity.rotate(shapely.transform(shape, warped), angle, origin=origin)
        return affinity.translate(turned, -origin[0], -origin[1])

    return Block(kind, placed(frame), [placed(cell) for cell in polygons])


def _rounded(shape: shapely.Polygon) -> shapely.Polygon:
    return shapely.transform(shape, lambda points: np.round(points, 3))


def _village_order(rng: np.random.Generator, villages: gpd.GeoDataFrame, townships: gpd.GeoDataFrame) -> list[int]:
    """Villages in the order blocks are tried in them: more in the town and the plain, near the seats."""
    landform = villages["township_code"].map(townships["landform"])
    rank = villages.groupby("township_code").cumcount().to_numpy()
    draw = landform.map(_LANDFORM_DRAW).to_numpy() * np.where(rank < 3, 2.2, 1.0)
    every = rng.permutation(len(villages))
    more = rng.choice(len(villages), 4 * len(villages), p=draw / draw.sum())
    return [int(i) for i in np.concatenate([every[: len(every) // 3], more])]


def _try_place(
    rng: np.random.Generator,
    block: Block,
    village: pd.Series,
    taken: list[shapely.Polygon],
    roads: shapely.STRtree,
    *,
    across: bool,
) -> tuple[float, float] | None:
    """A shift that puts the block inside the village (or across its edge), clear of other blocks and of roads."""
    room = village.geometry.buffer(-20)
    for _ in range(14):
        if across:
            spot = village.geometry.exterior.interpolate(rng.random(), normalized=True)
            x, y = spot.x, spot.y
        else:
            away = 120 + 650 * rng.random() ** 1.3
            angle = rng.uniform(0, 2 * np.pi)
            x, y = village["x"] + away * np.cos(angle), village["y"] + away * np.sin(angle)
        frame = affinity.translate(block.frame, x, y)
        if not across and not room.contains(frame):
            continue
        beside_road = not len(roads.query(frame, predicate="dwithin", distance=_VERGE))
        if beside_road and all(frame.distance(other) > _CLEARANCE for other in taken):
            return float(x), float(y)
    return None


def place_blocks(
    seed: int, parcels: int, villages: gpd.GeoDataFrame, townships: gpd.GeoDataFrame, roads: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Blocks and cells until there are enough cells for the wanted number of parcels.

    Parameters
    ----------
    seed : int
        Seed of the county.
    parcels : int
        Wanted number of parcels.
    villages, townships : GeoDataFrame
        As from `village_outlines`.
    roads : GeoDataFrame
        As from `road_layer`.

    Returns
    -------
    frames : GeoDataFrame
        One row a block: kind, village_code, across (lies over a village edge).
    cells : GeoDataFrame
        One row a cell: block (position in frames), kind, village_code.
    """
    rng = facts.generator(seed, "blocks")
    county = shapely.coverage_union_all(townships.geometry.to_numpy()).buffer(-30)
    road_tree = shapely.STRtree(roads.geometry.to_numpy())
    landform = villages["township_code"].map(townships["landform"])
    frames: list[tuple[str, str, bool, shapely.Polygon]] = []
    cells: list[tuple[int, str, str, shapely.Polygon]] = []
    tree_of: dict[str, list[shapely.Polygon]] = {}
    astride: list[shapely.Polygon] = []
    for turn, position in enumerate(_village_order(rng, villages, townships)):
        if len(cells) >= parcels:
            break
        code = villages.index[position]
        across = turn < max(2, parcels // 150)
        kind = str(rng.choice(_KINDS, p=_KIND_SHARE[landform.iloc[position]]))
        size = int(rng.integers(2, 4)) if across else int(rng.integers(4, 13))
        own = tree_of.setdefault(code, [])
        taken = astride + own if not across else astride
        for shrink in (1.0, 0.6, 0.4):
            block = draw_block(rng, kind, size, shrink * (0.5 if across else 1.0))
            spot = _try_place(rng, block, villages.iloc[position], taken, road_tree, across=across)
            if spot is None:
                continue
            frame = _rounded(affinity.translate(block.frame, *spot))
            if not county.contains(frame):
                continue
            (astride if across else own).append(frame)
            frames.append((kind, code, across, frame))
            cells += [(len(frames) - 1, kind, code, _rounded(affinity.translate(c, *spot))) for c in block.cells]
            break
    frame_table = gpd.GeoDataFrame(frames, columns=["kind", "village_code", "across", "geometry"], crs=facts.CRS)
    return frame_table, gpd.GeoDataFrame(cells, columns=["block", "kind", "village_code", "geometry"], crs=facts.CRS)


def _inward(cell: shapely.Polygon, point: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A point of the cell's edge moved two centimetres inwards, so that rounding never takes it over the edge."""
    centre = np.array(cell.centroid.coords[0])
    moved: npt.NDArray[np.float64] = point + 0.02 * (centre - point) / np.hypot(*(centre - point))
    return moved


def _notched(rng: np.random.Generator, cell: shapely.Polygon) -> shapely.Polygon:
    """An L: the cell without a corner."""
    a, b, c, d = shapely.get_coordinates(cell)[:4]
    u, v = rng.uniform(0.35, 0.6, 2)
    top, side = _inward(cell, c + (d - c) * u), _inward(cell, b + (c - b) * (1 - v))
    inner = side + (top - c)
    return shapely.Polygon([a, b, side, inner, top, d])


def _with_hole(rng: np.random.Generator, cell: shapely.Polygon) -> shapely.Polygon:
    """The cell with a pond or an old house left out."""
    hole = affinity.rotate(affinity.scale(cell, 0.28, 0.28), rng.uniform(0, 40))
    return shapely.Polygon(cell.exterior, [hole.exterior])


def _in_two(cell: shapely.Polygon) -> shapely.MultiPolygon:
    """The cell in two parts with a lane between them."""
    a, b, c, d = shapely.get_coordinates(cell)[:4]
    parts = []
    for low, high in ((0.0, 0.46), (0.54, 1.0)):
        ring = [a + (b - a) * low, a + (b - a) * high, d + (c - d) * high, d + (c - d) * low]
        parts.append(shapely.Polygon([_inward(cell, point) for point in ring]))
    return shapely.MultiPolygon(parts)


def parcel_shapes(seed: int, cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parcels within the cells: mostly the cell itself, some L-shaped, some with a hole or in two parts.

    Parameters
    ----------
    seed : int
        Seed of the county.
    cells : GeoDataFrame
        Cells from `place_blocks`.

    Returns
    -------
    GeoDataFrame
        The cells with the parcel as geometry, `cell` (the whole cell) and 宗地形状.
    """
    rng = facts.generator(seed, "shapes")
    draw = rng.random(len(cells))
    shapes, levels = [], []
    for cell, chance in zip(cells.geometry, draw, strict=True):
        if chance < 0.07:
            shape, level = _notched(rng, cell), "不规则"
        elif chance < 0.085:
            shape, level = _with_hole(rng, cell), "不规则"
        elif chance < 0.10:
            shape, level = _in_two(cell), "较规则"
        else:
            level = "规则" if cell.area / cell.minimum_rotated_rectangle.area > 0.93 else "较规则"
            shape = cell
        shapes.append(_rounded(shape))
        levels.append(level)
    table = cells.assign(cell=cells.geometry.to_numpy(), 宗地形状=levels)
    return table.set_geometry(gpd.GeoSeries(shapes, index=cells.index, crs=facts.CRS))
