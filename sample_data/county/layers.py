"""The layers around the parcels: plan, ownership and constraints, all invented."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import affinity

from sample_data.county import facts

Shapes = npt.NDArray[np.object_]

ORDINALS = ("第一", "第二", "第三", "第四", "第五")
_IN_PLAN = ("无规划", "规划部分缺失", "规划重叠", "规划并列")
_VOID = 0.5  # how far a gap of the plan reaches beyond its parcel [m]
_BASE_CODES = {
    "城区": ("0103", "0101"),
    "平原": ("0103", "0102", "0101"),
    "丘陵": ("0103", "0201", "0301"),
    "山地": ("0301", "0301", "0103"),
}


def short_name(village: str) -> str:
    """Village name without its committee: 某某村委会 → 某某村."""
    for ending, short in (
        ("社区居民委员会", "社区"),
        ("社区居委会", "社区"),
        ("村民委员会", "村"),
        ("居民委员会", "社区"),
        ("村委会", "村"),
        ("居委会", "社区"),
    ):
        if village.endswith(ending):
            return village.removesuffix(ending) + short
    return village


def blob(rng: np.random.Generator, x: float, y: float, radius: float, corners: int = 14) -> shapely.Polygon:
    """An irregular round patch."""
    angle = np.sort((np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) / corners * 2 * np.pi)
    reach = radius * rng.uniform(0.72, 1.15, corners)
    return shapely.Polygon(np.round(np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)]), 3))


def polygons(shape: shapely.Geometry | None, least: float = 1.0) -> shapely.Polygon | shapely.MultiPolygon | None:
    """The polygons of a geometry that are larger than `least` ㎡."""
    if shape is None:
        return None
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > least]
    return None if not parts else parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def without(shape: shapely.Geometry, holes: Shapes) -> shapely.Polygon | shapely.MultiPolygon | None:
    """A shape without others."""
    return polygons(shapely.difference(shape, shapely.union_all(holes)) if len(holes) else shape)


def half_of(shape: shapely.Geometry, share: float, angle: float) -> shapely.Geometry:
    """About `share` of a shape: what lies on one side of a line across it."""
    centre = shape.centroid
    reach = 4 * np.sqrt(shape.area) + 500
    plane = affinity.rotate(
        shapely.box(centre.x - reach, centre.y - reach, centre.x + reach, centre.y), angle, origin=(centre.x, centre.y)
    )
    width = np.sqrt(shape.area) * (share - 0.5)
    moved = affinity.translate(plane, -np.sin(np.radians(angle)) * width, np.cos(np.radians(angle)) * width)
    return shapely.transform(shapely.intersection(shape, moved), lambda points: np.round(points, 3))


def village_cores(seed: int, villages: gpd.GeoDataFrame, frames: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """The lived-in patch of every village, clear of the blocks."""
    rng = facts.generator(seed, "cores")
    tree = shapely.STRtree(frames.geometry.to_numpy())
    shapes = []
    for _, village in villages.iterrows():
        radius = min(rng.uniform(150, 330), 0.35 * np.sqrt(village.geometry.area / np.pi))
        core = blob(rng, village["x"], village["y"], radius)
        near = frames.geometry.to_numpy()[tree.query(core, predicate="dwithin", distance=30)]
        room = village.geometry.buffer(-15)
        shapes.append(without(shapely.intersection(core, room), shapely.buffer(near, 20, quad_segs=1)))
    return gpd.GeoSeries(shapes, index=villages.index, crs=villages.crs)


def _approval(rng: np.random.Generator, state: str) -> pd.Timestamp | None:
    if state == "批准不明":
        return None
    if state == "尚未批准":
        return pd.Timestamp("2026-04-01") + pd.Timedelta(days=int(rng.integers(0, 120)))
    return pd.Timestamp("2021-06-01") + pd.Timedelta(days=int(rng.integers(0, 1500)))


def _rival(code: str) -> str:
    """Another code of the same price use, for a parcel that two plan areas claim in equal parts."""
    rivals = {"08": ("0806", "0803"), "09": ("0904", "0902")}.get(code[:2], ("110101", "100101"))
    return rivals[0] if code != rivals[0] else rivals[1]


def _plan_rows_of_block(
    own: pd.DataFrame, shift: tuple[float, float], frame: shapely.Polygon
) -> tuple[list[tuple[str, shapely.Geometry]], list[tuple[str, shapely.Geometry]], shapely.Polygon]:
    """Plan areas of one block, extra overlapping areas, and the block's outline in the plan."""
    rows: list[tuple[str, shapely.Geometry]] = []
    extra: list[tuple[str, shapely.Geometry]] = []
    for code, group in own.groupby("plan_code", sort=True):
        shapes = []
        for _, parcel in group.iterrows():
            kind = parcel["layer_obstacle"]
            if kind == "无规划":
                continue
            shapes.append(half_of(parcel["cell"], 0.6, 20.0) if kind == "规划部分缺失" else parcel["cell"])
            if kind == "规划重叠":
                extra.append(("0703", half_of(parcel["cell"], 0.35, 70.0)))
            if kind == "规划并列":
                extra.append((_rival(str(code)), parcel["cell"]))
        rows.append((str(code), shapely.union_all(shapes)))
    rows.append(("1207", shapely.difference(frame, shapely.union_all(own["cell"].to_numpy()))))
    unplanned = own.loc[own["layer_obstacle"] == "无规划", "cell"]
    void = shapely.union_all([cell.buffer(_VOID, join_style="mitre") for cell in unplanned])
    left = [(code, polygons(shapely.difference(shape, void))) for code, shape in rows]
    rows = [(code, shape) for code, shape in left if shape is not None]

    def moved(items: list[tuple[str, shapely.Geometry]]) -> list[tuple[str, shapely.Geometry]]:
        return [(code, affinity.translate(shape, *shift)) for code, shape in items]

    return moved(rows), moved(extra), affinity.translate(frame, *shift)


def plan_layer(
    seed: int,
    villages: gpd.GeoDataFrame,
    landform: pd.Series[str],
    frames: gpd.GeoDataFrame,
    block_fates: pd.DataFrame,
    parcels: gpd.GeoDataFrame,
    cores: gpd.GeoSeries,
) -> gpd.GeoDataFrame:
    """The plan: farmland or wood around each village, its houses, the blocks by use, with a few gaps and overlaps."""
    rng = facts.generator(seed, "plan")
    village_type = np.where(landform.to_numpy() == "城区", "详细规划", "村庄规划")
    of_village = dict(zip(villages.index, village_type, strict=True))
    approved = {code: _approval(rng, "已批准") for code in villages.index}
    rows: list[tuple[str, str, pd.Timestamp | None, shapely.Geometry | None]] = []
    outlines = []
    grouped = dict(iter(parcels.groupby("block")))
    for block, frame in frames.iterrows():
        fate = block_fates.loc[block]
        state = fate["plan_state"]
        kind = "乡镇规划" if state == "仅乡镇规划" else of_village[frame["village_code"]]
        day = approved[frame["village_code"]] if state in ("已批准", "仅乡镇规划") else _approval(rng, state)
        own = grouped[block]
        width = np.sqrt(own["cell"].map(lambda cell: cell.area).min())
        angle = rng.uniform(0, 2 * np.pi)
        reach = 0.0 if own["layer_obstacle"].isin(_IN_PLAN).any() else min(11.0, float(fate["plan_shift"]) * width)
        shift = (round(reach * np.cos(angle), 3), round(reach * np.sin(angle), 3))
        areas, extra, outline = _plan_rows_of_block(own, shift, frame.geometry)
        rows += [(code, kind, day, shape) for code, shape in areas]
        rows += [(code, "乡镇规划" if code == "0703" else kind, day, shape) for code, shape in extra]
        outlines.append(outline)
    taken = np.array([*outlines, *cores[cores.notna()]], dtype=object)
    tree = shapely.STRtree(taken)
    for (code, village), shape in zip(villages.iterrows(), landform, strict=True):
        near = taken[tree.query(village.geometry, predicate="intersects")]
        use = str(rng.choice(_BASE_CODES[shape]))
        rows.append((use, of_village[code], approved[code], without(village.geometry, near)))
        rows.append(("070301", of_village[code], approved[code], cores[code]))
    table = gpd.GeoDataFrame(rows, columns=["用地代码", "规划类型", "批准日期", "geometry"], crs=facts.CRS)
    table["批准日期"] = pd.to_datetime(table["批准日期"])
    return table[table.geometry.notna()].reset_index(drop=True)


def constraint_layers(
    seed: int,
    villages: gpd.GeoDataFrame,
    townships: gpd.GeoDataFrame,
    frames: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    cores: gpd.GeoSeries,
) -> dict[str, gpd.GeoDataFrame]:
    """Constraint layers by name: clear of the blocks but for the parcels whose fate is to be touched."""
    rng = facts.generator(seed, "constraints")
    near = shapely.buffer(frames.geometry.to_numpy(), 40, quad_segs=1)
    keep_clear = shapely.union_all([*near, *cores[cores.notna()]])
    landform = villages["township_code"].map(townships["landform"])

    def scattered(wanted: pd.Series[bool], chance: float, radius: tuple[float, float]) -> list[shapely.Geometry]:
        shapes = []
        for _, village in villages[wanted & (rng.random(len(villages)) < chance)].iterrows():
            angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(250, 900)
            patch = blob(
                rng, village["x"] + away * np.cos(angle), village["y"] + away * np.sin(angle), rng.uniform(*radius)
            )
            shapes.append(polygons(shapely.difference(patch, keep_clear)))
        return [shape for shape in shapes if shape is not None]

    def touching(obstacle: str) -> list[shapely.Geometry]:
        rows = parcels[parcels["layer_obstacle"] == obstacle]
        return [half_of(shape, rng.uniform(0.3, 0.8), rng.uniform(0, 360)) for shape in rows.geometry]

    hills = landform.isin(["山地", "丘陵"])
    layers = {
        "永久基本农田": scattered(landform != "城区", 0.9, (260, 560)) + touching("占基本农田"),
        "生态保护红线": scattered(landform == "山地", 0.5, (400, 900)) + touching("占红线"),
        "城镇开发边界": _urban(rng, villages, townships),
        "采空区": scattered(hills, 0.12, (200, 500)) + touching("在采空区"),
        "文物保护": scattered(landform.notna(), 0.05, (60, 180)) + touching("近文物"),
    }
    result = {}
    for name, shapes in layers.items():
        named = [f"{name}{i:04d}" for i in range(1, len(shapes) + 1)]
        result[name] = gpd.GeoDataFrame({"名称": named, "说明": facts.NOTICE}, geometry=shapes, crs=facts.CRS)
    return result


def _urban(rng: np.random.Generator, villages: gpd.GeoDataFrame, townships: gpd.GeoDataFrame) -> list[shapely.Geometry]:
    """Urban development boundary: the town, and a patch at every township seat."""
    inner = townships[townships["landform"] == "城区"].geometry.to_numpy()
    shapes: list[shapely.Geometry] = [shapely.union_all(inner).buffer(-300, quad_segs=2).simplify(20)]
    for code, own in villages.groupby("township_code"):
        if townships.loc[code, "landform"] != "城区":
            seat = own.iloc[0]
            shapes.append(blob(rng, seat["x"], seat["y"], rng.uniform(380, 620)))
    return [shapely.transform(shape, lambda points: np.round(points, 3)) for shape in shapes]
