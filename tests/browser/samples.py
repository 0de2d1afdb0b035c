"""A small county of squares, made for the map tests: three townships, four villages each, twenty-seven parcels."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Polygon, box
from shapely.affinity import translate
from shapely.geometry import LineString, MultiPolygon

from landmarket.maps import TownshipMap, township_maps

CRS = "EPSG:4547"
TOWNSHIPS = {"火龙镇": "411081100", "磨街乡": "411081204", "颍川街道": "411081001"}
SIDE = 6000.0
EAST, NORTH = 440_000.0, 3_780_000.0
NOTICE = "示例数据：宗地、地价与成交均为虚构"
COUNTS = {"读入": 30, "采用": 27, "暂不处理": 3}
GRADES = ["Ⅰ级", "Ⅱ级", "Ⅲ级"]
ENTRY = ["可入市", "不可入市", "待核实"]


def outlines() -> gpd.GeoDataFrame:
    """Three squares side by side."""
    squares = [box(EAST + i * SIDE, NORTH, EAST + (i + 1) * SIDE, NORTH + SIDE) for i in range(3)]
    names = list(TOWNSHIPS)
    return gpd.GeoDataFrame(
        {"township": names, "township_code": [TOWNSHIPS[name] for name in names]}, geometry=squares, crs=CRS
    )


def villages() -> gpd.GeoDataFrame:
    """Each township cut into four."""
    rows = []
    for i, name in enumerate(TOWNSHIPS):
        for j in range(4):
            x, y = EAST + i * SIDE + (j % 2) * SIDE / 2, NORTH + (j // 2) * SIDE / 2
            rows.append((name, f"{name[:2]}{'东西南北'[j]}村委会", box(x, y, x + SIDE / 2, y + SIDE / 2)))
    return gpd.GeoDataFrame(
        {"township": [r[0] for r in rows], "village": [r[1] for r in rows]}, geometry=[r[2] for r in rows], crs=CRS
    )


def roads() -> gpd.GeoDataFrame:
    """One road through all townships."""
    line = LineString([(EAST, NORTH + 2000), (EAST + 3 * SIDE, NORTH + 2500)])
    return gpd.GeoDataFrame({"宽度": [12.0]}, geometry=[line], crs=CRS)


def parcels() -> gpd.GeoDataFrame:
    """Nine parcels a township: one with a hole, one in two parts, one without a price."""
    rows = []
    for i, (name, code) in enumerate(TOWNSHIPS.items()):
        for j in range(9):
            x, y = EAST + i * SIDE + 700 + (j % 3) * 1600, NORTH + 700 + (j // 3) * 1600
            shape = box(x, y, x + 900, y + 600)
            if j == 1:
                shape = Polygon(shape.exterior, [list(box(x + 200, y + 150, x + 700, y + 450).exterior.coords)])
            if j == 2:
                shape = MultiPolygon([box(x, y, x + 400, y + 600), box(x + 500, y, x + 900, y + 600)])
            rows.append((f"{code}001JB{j + 1:05d}", name, code, j, shape))
    place = np.arange(len(rows))
    table = gpd.GeoDataFrame(
        {
            "township": [r[1] for r in rows],
            "township_code": [r[2] for r in rows],
            "village": [f"{r[1][:2]}东村委会" for r in rows],
            "area": [540_000.0] * len(rows),
            "unit_price": np.where(place % 9 == 4, np.nan, 100.0 + 25 * place),
            "grade": [GRADES[r[3] % 3] for r in rows],
            "planned_use_name": ["工业用地" if r[3] % 2 else "商业用地" for r in rows],
            "allowed": [ENTRY[r[3] % 3] for r in rows],
            "outcome": ["成交" if r[3] % 3 == 0 else None for r in rows],
        },
        geometry=[r[4] for r in rows],
        index=pd.Index([r[0] for r in rows], name="parcel_code"),
        crs=CRS,
    )
    table["total_price_fen"] = (table["unit_price"] * 540_000 * 100).round().astype("Int64")
    table["total_price"] = table["total_price_fen"].astype("Float64") / 100
    return table


def set_aside() -> gpd.GeoDataFrame:
    """Three rows that screening set aside: one in each of two townships, and one without a shape."""
    square = box(EAST + 300, NORTH + 5300, EAST + 700, NORTH + 5600)
    return gpd.GeoDataFrame(
        {
            "parcel_code": ["X1", "X2", "X3"],
            "township": ["写错的乡镇", None, None],
            "set_aside_reason": ["宗地代码重复", "碎片：过小或过窄", "没有图形"],
        },
        geometry=[square, translate(square, SIDE, 0), None],
        index=pd.Index([7, 8, 9], name="source_row"),
        crs=CRS,
    )


def sheets(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """Two steps for each parcel with a price."""
    priced = table.index[table["unit_price"].notna()]
    steps = [("级别基准地价", "100", "元/㎡", "基准地价表"), ("地面单价", "123.45", "元/㎡", "四舍五入")]
    return pd.DataFrame(
        steps * len(priced), columns=["step", "value", "unit", "source"], index=np.repeat(priced.to_numpy(), 2)
    ).rename_axis("parcel_code")


def context() -> dict[str, gpd.GeoDataFrame]:
    """Everything beneath the parcels."""
    return {"乡镇界": outlines(), "村界": villages(), "道路": roads()}


def maps() -> dict[str, TownshipMap]:
    """The county's maps with all that can be drawn."""
    table = parcels()
    return township_maps(
        table,
        "unit_price",
        worksheets=sheets(table),
        set_aside=set_aside(),
        context=context(),
        notice=NOTICE,
        counts=COUNTS,
        county="样例县",
        on=date(2026, 3, 2),
    )
