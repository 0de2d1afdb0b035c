"""A small county on disk that is graded in a second: twelve square villages, three kinds of factor, two uses."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely import LineString, Point, box

from landmarket.county import read_county
from landmarket.grade_products import GradeWork, do_grading, grading_run, write_grades

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CRS = "EPSG:4547"
NAME, NOTICE, RULE, SOURCE = "样例县", "示例数据：全部虚构", "样例县定级办法", "样例文号"
SIDE, EAST, NORTH = 2000.0, 440_000.0, 3_780_000.0
TOWNSHIPS = {"东镇": "411081001", "西镇": "411081002"}
VILLAGES = [f"{name}村" for name in "甲乙丙丁戊己庚辛壬癸子丑"]
USES = ("商服", "工业")
FACTORS = ("医疗设施", "道路通达度", "设施保障率")
FACILITIES = [
    ("县医院", "县级", 0, 1000, 1000),
    ("东镇卫生院", "乡镇级", 3, 1500, 900),
    ("西镇卫生院", "乡镇级", 8, 400, 1200),
]
"""Name, level, the village they lie in, and how far from its corner [m]."""

SAMPLES: list[Sequence[object]] = [
    (f"Y{number:02d}", "出让", USES[number % 2], "2025-03-01", 990 - 40 * number, None, number % 12, 500, 700)
    for number in range(24)
]
"""Name, kind, use, day, unit price, rent, the village they lie in, and how far from its corner [m]."""


def corner(number: int) -> tuple[float, float]:
    """South-west corner of a village: four to a row, the rows from the south."""
    return EAST + SIDE * (number % 4), NORTH + SIDE * (number // 4)


def villages() -> gpd.GeoDataFrame:
    """The villages: the two western columns are one township, the two eastern ones the other."""
    homes = [("西镇", "东镇")[number % 4 // 2] for number in range(12)]
    return gpd.GeoDataFrame(
        {
            "乡镇": homes,
            "乡镇代码": [TOWNSHIPS[home] for home in homes],
            "村": VILLAGES,
            "村代码": [f"{TOWNSHIPS[home]}{number:03d}" for number, home in enumerate(homes, start=1)],
        },
        geometry=[box(x, y, x + SIDE, y + SIDE) for x, y in map(corner, range(12))],
        crs=CRS,
    )


def _at(number: int, east: float, north: float) -> Point:
    x, y = corner(number)
    return Point(x + east, y + north)


def _facilities() -> gpd.GeoDataFrame:
    rows = [{"类型": "医院", "级别": level, "名称": name} for name, level, *_ in FACILITIES]
    return gpd.GeoDataFrame(rows, geometry=[_at(*place) for _, _, *place in FACILITIES], crs=CRS)


def _roads() -> gpd.GeoDataFrame:
    lines = [
        LineString([(EAST - 500, NORTH + 600), (EAST + 4 * SIDE + 500, NORTH + 700)]),
        LineString([(EAST + 3300, NORTH - 500), (EAST + 3100, NORTH + 3 * SIDE + 500)]),
    ]
    return gpd.GeoDataFrame({"等级": ["国道", "县道"], "名称": ["样例国道", "样例县道"]}, geometry=lines, crs=CRS)


def _quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def write_county(
    folder: Path,
    names: Mapping[str, str] | None = None,
    *,
    unit: str = "village",
    grades: Sequence[str] = (),
    samples: Sequence[Sequence[object]] | None = SAMPLES,
    smallest: float = 0.0,
) -> Path:
    """Write the county's files; give the folder of its ``county.toml``.

    ``names`` says what each name above is called instead; without ``samples`` the rule has none.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def called(text: str) -> str:
        return (names or {}).get(text, text)

    def renamed(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        texts = [name for name in table.columns if name != "geometry"]
        return table.assign(**{name: [called(text) for text in table[name]] for name in texts})

    for name, table in (("villages", villages()), ("facilities", _facilities()), ("roads", _roads())):
        renamed(table).to_file(folder / f"{name}.gpkg", layer=name)
    facts = pd.DataFrame({"村代码": villages()["村代码"], "保障率": [97 - 4 * number for number in range(12)]})
    facts.to_csv(folder / "facts.csv", index=False, encoding="utf-8-sig")
    if samples is not None:
        with (folder / "samples.csv").open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            heads = ["样点编号", "样点类型", "用途", "成交日期", "成交单价（元/㎡）", "年租金（元/㎡·年）"]
            rows.writerow([*heads, "东坐标（m）", "北坐标（m）"])
            for name, kind, use, day, price, rent, *place in samples:
                x, y = ("", "") if place[0] is None else _at(*place).coords[0]  # type: ignore[arg-type] # a place
                rows.writerow([called(str(name)), kind, called(str(use)), day, price, rent, x, y])
    points, roads, rate = map(called, FACTORS)
    uses = "".join(
        f"""
[[use]]
name = {_quoted(called(use))}
factors = {_listed([points, roads, rate])}
grades = 3
names = {_listed(grades)}
weights = {weights}
boundaries = "given"
scores = [40, 60]
"""
        for use, weights in zip(USES, ([0.4567, 0.3211, 0.2222], [0.2, 0.5, 0.3]), strict=True)
    )
    rule = f"""
name = {_quoted(called(RULE))}
source = {_quoted(called(SOURCE))}
county = "411081"
verified = true
cell = 100
unit = "{unit}"
area_count = 5
smallest_km2 = {smallest}
{"" if samples is None else 'samples = "samples.csv"'}

[[layer]]
name = {_quoted(called("设施"))}
file = "facilities.gpkg"

[[layer]]
name = {_quoted(called("道路"))}
file = "roads.gpkg"

[[layer]]
name = "村情"
file = "facts.csv"
village_code = "村代码"

[[factor]]
name = {_quoted(points)}
kind = "points"
layer = {_quoted(called("设施"))}
kind_column = "类型"
level_column = "级别"
name_column = "名称"
decay = "linear"

  [[factor.facility]]
  name = {_quoted(called("医院"))}

    [[factor.facility.level]]
    name = {_quoted(called("县级"))}
    score = 100
    radius = 9000

    [[factor.facility.level]]
    name = {_quoted(called("乡镇级"))}
    score = 60

[[factor]]
name = {_quoted(roads)}
kind = "roads"
layer = {_quoted(called("道路"))}
class_column = "等级"
name_column = "名称"
decay = "linear"

  [[factor.class]]
  name = {_quoted(called("国道"))}
  score = 100
  radius = 4000

  [[factor.class]]
  name = {_quoted(called("县道"))}
  score = 70

[[factor]]
name = {_quoted(rate)}
kind = "area"
layer = "村情"
column = "保障率"
unit = "%"
worst = 50
best = 100
{uses}"""
    (folder / "grading.toml").write_text(rule, encoding="utf-8")
    others = ("parcels", "plan", "ownership", "prices", "entry_rule", "deal_terms", "split_rule")
    listed = "\n".join(f'{name} = "villages.gpkg"' for name in (*others, "villages"))
    county = f"""
name = {_quoted(called(NAME))}
county = "411081"
pilot = true
on = 2026-03-02
seed = 7
notice = {_quoted(called(NOTICE))}

[files]
{listed}
grading_rule = "grading.toml"
"""
    (folder / "county.toml").write_text(county, encoding="utf-8")
    return folder


def quiet(step: str) -> None:
    """Say nothing."""


def graded(folder: Path) -> GradeWork:
    """Grade the county of a folder."""
    return do_grading(read_county(folder), quiet)


def handed_over(work: GradeWork, out: Path) -> Path:
    """Write everything that grading hands over; give the run folder."""
    with grading_run(work, out, CREATED) as run:
        write_grades(work, run, CREATED, quiet)
    return run.final
