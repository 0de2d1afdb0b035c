"""Invented roads by class, and facilities by type and level."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sample_data.county import facts
from sample_data.county.layers import short_name

Points = npt.NDArray[np.float64]

ROAD_WIDTH = {"高速公路": 26.0, "国道": 18.0, "省道": 12.0, "县道": 8.5, "乡道": 6.5, "村道": 4.5}
# Long roads by the townships they pass: (class, name, townships); courses and names are invented.
_THROUGH = (
    ("高速公路", "示例高速一线", ("苌庄镇", "浅井镇", "无梁镇", "朱阁镇", "古城镇")),
    ("高速公路", "示例高速二线", ("无梁镇", "朱阁镇", "褚河街道", "小吕镇")),
    ("国道", "示例国道", ("鸠山镇", "方山镇", "顺店镇", "火龙镇", "韩城街道", "颍川街道", "夏都街道", "郭连镇")),
    ("省道", "示例省道一线", ("浅井镇", "钧台街道", "颍川街道", "梁北镇", "张得镇")),
    ("省道", "示例省道二线", ("神垕镇", "文殊镇", "方岗镇", "韩城街道", "钧台街道", "朱阁镇", "古城镇")),
    ("省道", "示例省道三线", ("鸿畅镇", "梁北镇", "小吕镇", "范坡镇")),
)
# Facilities of townships: (type, level, name, share of the townships that have one, size from, size to, unit).
_OF_TOWNSHIP = (
    ("行政中心", "乡镇级", "人民政府（街道办事处）", 1.0, 2000, 9000),
    ("医院", "乡镇级", "卫生院", 1.0, 30, 160),
    ("学校", "初中", "初级中学", 1.0, 500, 2400),
    ("商服中心", "乡镇级", "商贸中心", 1.0, 3000, 26000),
    ("集贸市场", "乡镇级", "集贸市场", 0.8, 1500, 9000),
    ("客运站", "乡镇级", "客运站", 0.7, 600, 3000),
    ("污水处理厂", "乡镇级", "污水处理站", 0.6, 500, 5000),
    ("公园", "乡镇级", "文化广场", 0.6, 3000, 20000),
    ("工业集聚区", "乡镇级", "产业园", 0.5, 80000, 900000),
)
_OF_COUNTY = (
    ("行政中心", "县级", "禹州市行政中心（示例）", 40000),
    ("医院", "县级", "示例市人民医院", 1200),
    ("医院", "县级", "示例市中医院", 700),
    ("学校", "高中", "示例高级中学", 5200),
    ("商服中心", "县级", "示例老城商业中心", 160000),
    ("商服中心", "县级", "示例新城商业中心", 110000),
    ("客运站", "县级", "示例汽车总站", 16000),
    ("火车站", "县级", "示例火车站", 9000),
    ("公园", "县级", "示例滨河公园", 260000),
    ("工业集聚区", "县级", "示例产业集聚区", 6200000),
)
_OF_VILLAGE = (
    ("学校", "小学", "小学", 0.32, 80, 900),
    ("医院", "村级", "卫生室", 0.85, 2, 12),
    ("商服中心", "村级", "便民超市", 0.55, 80, 600),
)


def _winding(rng: np.random.Generator, points: Points, sway: float, step: float) -> shapely.LineString:
    """A road through points that sways a little between them."""
    course = [points[:1]]
    for start, end in pairwise(points):
        leg = end - start
        count = max(2, int(np.hypot(*leg) / step))
        along = np.linspace(0, 1, count + 1)[1:, None]
        side = np.array([-leg[1], leg[0]]) * sway
        curve = np.sin(along * np.pi) * rng.uniform(-1, 1) + 0.5 * np.sin(along * 2 * np.pi) * rng.uniform(-1, 1)
        course.append(start + leg * along + side * curve)
    return shapely.LineString(np.round(np.concatenate(course), 1))


def _tree(points: Points) -> list[tuple[int, int]]:
    """Edges of the shortest tree that joins all points."""
    distance = np.hypot(*(points[:, None, :] - points[None]).transpose(2, 0, 1))
    joined, nearest = np.zeros(len(points), dtype=bool), np.zeros(len(points), dtype=int)
    joined[0] = True
    best = distance[0].copy()
    edges = []
    for _ in range(len(points) - 1):
        best[joined] = np.inf
        new = int(np.argmin(best))
        edges.append((int(nearest[new]), new))
        joined[new] = True
        closer = distance[new] < best
        nearest[closer], best[closer] = new, distance[new][closer]
    return edges


def road_layer(seed: int, villages: gpd.GeoDataFrame, county: shapely.Geometry) -> gpd.GeoDataFrame:
    """Roads by class: long ones through townships, county roads between seats, lanes between villages.

    Parameters
    ----------
    seed : int
        Seed of the county.
    villages : GeoDataFrame
        As from `village_outlines`.
    county : Polygon
        The county; roads end at its edge.

    Returns
    -------
    GeoDataFrame
        道路名称, 道路等级, 宽度 [m].
    """
    rng = facts.generator(seed, "roads")
    seats = villages.groupby("township", sort=False)[["x", "y"]].first()
    rows: list[tuple[str, str, shapely.Geometry]] = []
    for kind, name, through in _THROUGH:
        points = seats.loc[list(through)].to_numpy() + rng.uniform(-350, 350, (len(through), 2))
        ends = points[[0, -1]] + 6000 * np.sign(points[[0, -1]] - points.mean(axis=0))
        rows.append((name, kind, _winding(rng, np.concatenate([ends[:1], points, ends[1:]]), 0.05, 400)))
    for i, (a, b) in enumerate(_tree(seats.to_numpy()), start=1):
        rows.append((f"示例县道{i:02d}", "县道", _winding(rng, seats.to_numpy()[[a, b]], 0.09, 300)))
    for i, (_, own) in enumerate(villages.groupby("township_code"), start=1):
        points = own[["x", "y"]].to_numpy()
        for j, (a, b) in enumerate(_tree(points), start=1):
            kind = "乡道" if a == 0 or rng.random() < 0.3 else "村道"
            rows.append((f"示例{kind}{i:02d}{j:02d}", kind, _winding(rng, points[[a, b]], 0.1, 300)))
    table = gpd.GeoDataFrame(rows, columns=["道路名称", "道路等级", "geometry"], crs=facts.CRS)
    table["geometry"] = table.geometry.intersection(county).map(_lines)
    table["宽度"] = table["道路等级"].map(ROAD_WIDTH)
    return table[~table.geometry.is_empty].reset_index(drop=True)


def _lines(shape: shapely.Geometry) -> shapely.MultiLineString:
    """All lines of a geometry."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "LineString"]
    return shapely.MultiLineString(parts)


def facility_layer(seed: int, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Facilities as points: of the county near the town, of each township, of some villages.

    Parameters
    ----------
    seed : int
        Seed of the county.
    villages : GeoDataFrame
        As from `village_outlines`.

    Returns
    -------
    GeoDataFrame
        设施名称, 设施类型, 设施级别, 规模, 乡镇名称.
    """
    rng = facts.generator(seed, "facilities")
    rows: list[tuple[str, str, str, int, str, float, float]] = []
    town = villages[["x", "y", "township"]].iloc[0]
    for kind, level, name, size in _OF_COUNTY:
        x, y = np.array([town["x"], town["y"]]) + rng.uniform(-2200, 2200, 2)
        rows.append((name, kind, level, size, town["township"], x, y))
    for _, own in villages.groupby("township_code", sort=False):
        seat = own.iloc[0]
        for kind, level, name, share, low, high in _OF_TOWNSHIP:
            if rng.random() < share:
                x, y = np.array([seat["x"], seat["y"]]) + rng.uniform(-420, 420, 2)
                size = int(low * (high / low) ** rng.random())
                rows.append((f"{seat['township']}{name}（示例）", kind, level, size, seat["township"], x, y))
    for _, village in villages.iterrows():
        for kind, level, name, share, low, high in _OF_VILLAGE:
            if rng.random() < share:
                x, y = np.array([village["x"], village["y"]]) + rng.uniform(-120, 120, 2)
                size = int(low * (high / low) ** rng.random())
                title = f"{short_name(village['village'])}{name}（示例）"
                rows.append((title, kind, level, size, village["township"], x, y))
    names = ["设施名称", "设施类型", "设施级别", "规模", "乡镇名称", "x", "y"]
    table = pd.DataFrame(rows, columns=names)
    points = gpd.points_from_xy(np.round(table.pop("x"), 1), np.round(table.pop("y"), 1))
    return gpd.GeoDataFrame(table, geometry=points, crs=facts.CRS)
