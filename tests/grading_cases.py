"""A grading rule with one factor of each kind, and six villages with layers that it can be applied to."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from shapely import LineString, Point, box

CRS = "EPSG:4547"
EAST, NORTH, SIDE = 437_000.0, 3_780_000.0, 2000.0
"""South-west corner of the villages, and how long they are [m]."""

POINTS = """
[[factor]]
name = "医疗"
kind = "points"
layer = "设施"
kind_column = "类型"
level_column = "级别"
name_column = "名称"
decay = "linear"
  [[factor.facility]]
  name = "医院"
  weight = 0.7
    [[factor.facility.level]]
    name = "县级"
    score = 100
    radius = 9000
    [[factor.facility.level]]
    name = "乡级"
    score = 60
  [[factor.facility]]
  name = "诊所"
  weight = 0.3
  leave_out = ["停办"]
    [[factor.facility.level]]
    name = "村级"
    score = 20
"""
ROADS = """
[[factor]]
name = "道路"
kind = "roads"
layer = "路"
class_column = "等级"
name_column = "名称"
decay = "exponential"
leave_out = ["高速公路"]
  [[factor.class]]
  name = "国道"
  score = 100
  radius = 4000
  [[factor.class]]
  name = "县道"
  score = 70
"""
PLACE = """
[[factor]]
name = "保障"
kind = "area"
layer = "村情"
column = "保障率"
unit = "%"
worst = 50
best = 98
"""
SLOPE = """
[[factor]]
name = "坡度"
kind = "terrain"
layer = "高程"
measure = "slope"
worst = 15
best = 1
"""
HEAD = """
name = "样例办法"
county = "411081"
source = "样例文号"
verified = true
cell = 100
unit = "village"
smallest_km2 = 1.5
[[layer]]
name = "设施"
file = "a.gpkg"
layer = "第一层"
[[layer]]
name = "路"
file = "b.gpkg"
[[layer]]
name = "村情"
file = "c.csv"
village_code = "村代码"
[[layer]]
name = "高程"
file = "d.tif"
"""
USE = """
[[use]]
name = "商服"
factors = ["医疗", "道路", "保障", "坡度"]
grades = 3
boundaries = "given"
scores = [40, 60]
weights = [0.4, 0.3, 0.2, 0.1]
"""
WHOLE = HEAD + POINTS + ROADS + PLACE + SLOPE + USE


def changed(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)


def corner(village: int) -> tuple[float, float]:
    """South-west corner of a village: three to a row, the rows from the south."""
    return EAST + SIDE * (village % 3), NORTH + SIDE * (village // 3)


def six_villages() -> gpd.GeoDataFrame:
    """Squares of four square kilometres, with their code as index."""
    return gpd.GeoDataFrame(
        {"township": ["西镇", "西镇", "东镇"] * 2, "village": [f"{name}村" for name in "甲乙丙丁戊己"]},
        index=[f"41108100100{number}" for number in range(6)],
        geometry=[box(x, y, x + SIDE, y + SIDE) for x, y in map(corner, range(6))],
        crs=CRS,
    ).rename_axis("village_code")


FACILITIES = [
    ("医院", "县级", 0, 900, 1100, 500),
    ("医院", "乡级", 4, 300, 1500, 120),
    ("医院", "乡级", 2, 1700, 200, 80),
    ("诊所", "村级", 1, 1000, 1000, 5),
    ("诊所", "村级", 5, 1200, 600, 5),
    ("诊所", "停办", 3, 500, 500, 5),
]
"""Kind, level, the village it lies in, how far from its corner [m], beds."""


def facilities() -> gpd.GeoDataFrame:
    """Hospitals and clinics."""
    spots = [(corner(village), x, y) for _, _, village, x, y, _ in FACILITIES]
    return gpd.GeoDataFrame(
        {
            "类型": [row[0] for row in FACILITIES],
            "级别": [row[1] for row in FACILITIES],
            "名称": [f"{row[1]}{row[0]}" for row in FACILITIES],
            "床位": [row[5] for row in FACILITIES],
        },
        geometry=[Point(x + east, y + north) for (x, y), east, north in spots],
        crs=CRS,
    )


def roads() -> gpd.GeoDataFrame:
    """A national road with a bend, a county road that crosses it, a motorway that does not count."""
    lines = [
        [(EAST - 500, NORTH + 600), (EAST + 2800, NORTH + 900), (EAST + 6500, NORTH + 700)],
        [(EAST + 3300, NORTH - 500), (EAST + 3100, NORTH + 4500)],
        [(EAST, NORTH + 3900), (EAST + 6000, NORTH + 3900)],
    ]
    return gpd.GeoDataFrame(
        {"等级": ["国道", "县道", "高速公路"], "名称": ["国道一线", "县道一线", "高速一线"]},
        geometry=[LineString(line) for line in lines],
        crs=CRS,
    )


def heights(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ground that gets steeper to the east: its slope [%] is 100 (x − EAST + 1000) / 40,000."""
    return 200 + (x - EAST + 1000) ** 2 / 80_000 + 0 * y


def write_layers(folder: Path, text: str = WHOLE) -> Path:
    """Write all layers and the rule; give the rule's path."""
    facilities().to_file(folder / "a.gpkg", layer="第一层")
    roads().to_file(folder / "b.gpkg", layer="路")
    names = six_villages()["village"].items()
    rates = "\n".join(f"{code},{name},{95 - 7 * at}" for at, (code, name) in enumerate(names))
    (folder / "c.csv").write_text(f"各村设施保障率\n村代码,村,保障率\n{rates}\n", encoding="utf-8-sig")
    write_dem(folder / "d.tif")
    (folder / "rule.toml").write_text(text, encoding="utf-8")
    return folder / "rule.toml"


def write_dem(path: Path, columns: int = 90) -> None:
    """Write the ground on cells of 100 m, from a kilometre west and south of the villages."""
    row, column = np.mgrid[:60, :columns] + 0.5
    ground = heights(EAST - 1000 + 100 * column, NORTH + 5000 - 100 * row)
    transform = Affine(100, 0, EAST - 1000, 0, -100, NORTH + 5000)
    profile = {"driver": "GTiff", "dtype": "float64", "count": 1, "crs": CRS, "transform": transform}
    with rasterio.open(path, "w", height=60, width=columns, **profile) as file:
        file.write(ground, 1)
