"""Hypothesis strategies that several test modules draw from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from tests.script_corpus import FORMULAS, SCRIPTS

Place = tuple[float, float]
Site = tuple[Place, float, float]

EASTING, NORTHING = 437_000.0, 3_780_000.0
"""Somewhere inside the sample county, EPSG:4547 [m]."""

places: st.SearchStrategy[Place] = st.tuples(st.integers(-60, 60), st.integers(-60, 60)).map(
    lambda cell: (EASTING + 50.0 * cell[0], NORTHING + 50.0 * cell[1])
)
"""Points of a coarse lattice: many coincide, stand in one line, or are exactly as far as a radius."""

scores: st.SearchStrategy[float] = st.one_of(
    st.integers(1, 100).map(float), st.sampled_from([1.0, 15.0, 50.0, 100.0]), st.floats(1, 100)
)
"""Scores of facilities and roads."""

radii: st.SearchStrategy[float] = st.one_of(
    st.integers(1, 40).map(lambda steps: 50.0 * steps), st.sampled_from([1e-6, 0.5, 250.0, 1e9]), st.floats(1, 5000)
)
"""Influence radii [m], tiny and huge ones among them."""

sites: st.SearchStrategy[list[Site]] = st.lists(st.tuples(places, scores, radii), min_size=1, max_size=12)
"""Facilities: place, score, radius; often several at one place."""


# --- tables, rules and rosters, sound or with a defect that is known

odd_texts: st.SearchStrategy[str] = st.one_of(
    st.sampled_from((*SCRIPTS, *FORMULAS)),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co"), exclude_characters="\ufeff"), max_size=12),
)
"""Texts that a cell may hold: of the corpus of scripts and formulas, and any others that can be printed."""


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Tables as outputs have them: texts of any kind, numbers below nought too, days, what is missing."""
    count = draw(st.integers(1, 6))

    def column(cells: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(st.none() | cells, min_size=count, max_size=count))

    return pd.DataFrame(
        {
            "note": pd.Series(column(odd_texts), dtype="str"),
            draw(odd_texts.filter(lambda text: text.strip() not in ("", "note", "area"))): pd.Series(
                column(odd_texts), dtype="str"
            ),
            "area": pd.Series(column(st.floats(-1e9, 1e9, allow_nan=False)), dtype="float64"),
            "deal_price_fen": pd.array(column(st.integers(-(10**12), 10**12)), dtype="Int64"),
            "deal_on": pd.Series(column(st.dates(date(1990, 1, 1), date(2090, 1, 1)))).astype("datetime64[s]"),
        }
    )


ROSTER_HEADERS = ("成员编号", "所有权代码", "户号", "姓名", "份额", "加入日期", "退出日期", "身份证号")
ROSTER_DEFECTS: dict[str, tuple[str, str]] = {
    "没有姓名": ("姓名", ""),
    "没有户号": ("户号", ""),
    "没有代码": ("所有权代码", ""),
    "代码不是所有权代码": ("所有权代码", "411081001001JB00001"),
    "份额是负数": ("份额", "-0.5"),
    "份额不是数": ("份额", "一份半"),
    "日期不是日期": ("加入日期", "去年"),
    "先退出后加入": ("退出日期", "1999-12-31"),
    "姓名处是身份证号": ("姓名", "411081199003071233"),
    "成员重复": ("成员编号", "m0"),
}
"""What is wrong with one member: the column, and what stands there."""

Roster = tuple[list[list[str]], str, int]


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Rows of a roster below its headers; what is wrong, empty where nothing is, and in which row, from 0."""
    count = draw(st.integers(2, 8))
    names, shares, days = (
        draw(st.lists(st.sampled_from(cells), min_size=count, max_size=count))
        for cells in (["张三", "李四", "王五"], ["", "1", "0.25", "2"], ["", "2016-01-01"])
    )
    rows = [
        [
            f"m{at}",
            "411081001001JA00001",
            f"{at // 2:03d}",
            names[at],
            shares[at],
            days[at],
            "",
            f"41108119900307{at:04d}",
        ]
        for at in range(count)
    ]
    defect, place = draw(st.sampled_from(["", *ROSTER_DEFECTS])), draw(st.integers(1, count - 1))
    if defect:
        header, cell = ROSTER_DEFECTS[defect]
        rows[place][ROSTER_HEADERS.index(header)] = cell
        if defect == "先退出后加入":
            rows[place][ROSTER_HEADERS.index("加入日期")] = "2016-01-01"
    return rows, defect, place


RULE = {
    "name": '"某县办法"',
    "source": '"虚构"',
    "county": '"411081"',
    "pilot": "true",
    "effective_from": "2024-01-01",
    "verified": "false",
    "fund_base": '"gain"',
    "tax_rate": "0.0005",
    "retention_rate": "0.30",
    "direct_distribution": "true",
}
"""A rule of splitting income, key by key, as its file has it; one rate stands below them."""
_RATE = '\n[[fund_rate]]\nprice_use = "工业"\nrate = 0.20\n'
NO_TOML = "2024-13-01x"
_OTHER_KINDS = ('"甲"', "1.5", "-3", "true", NO_TOML, "[]", "{}", "1e999", "nan", '""')


@st.composite
def rule_files(draw: st.DrawFn) -> tuple[str, str, str]:
    """Text of a rule file, the key that is changed, and how: left out, misspelt, or what stands there instead."""
    keys, changed = dict(RULE), draw(st.sampled_from(["", *RULE]))
    how = draw(st.sampled_from(["out", "misspelt", *_OTHER_KINDS])) if changed else ""
    if how == "out":
        del keys[changed]
    elif how == "misspelt":
        keys = {(f"{key}s" if key == changed else key): value for key, value in keys.items()}
    elif how:
        keys[changed] = how
    lines = draw(st.permutations([f"{key} = {value}" for key, value in keys.items()]))
    return "\n".join(lines) + _RATE, changed, how


# --- parcels with every defect


class Defect(NamedTuple):
    """A parcel that is wrong in one way, and what is to be said of it."""

    check: str
    """Check that finds it; empty where nothing is to be found."""
    fault: str
    """What it says: the kind of fault of a shape, or a part of the value."""
    aside: bool
    """Whether the row is set aside."""
    draw: Callable[[float, float, float], shapely.Geometry | None]
    """The shape, from the width and height of its box and a third length below half of either."""
    values: Mapping[str, object] = {}
    """Cells that are not those of a sound parcel."""


def _rings(*rings: list[tuple[float, float]]) -> shapely.Polygon:
    return shapely.Polygon(rings[0], rings[1:])


def _box(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _sound(w: float, h: float, _: float) -> shapely.Geometry:
    return shapely.box(0, 0, w, h)


def _nowhere(shape: shapely.Geometry) -> shapely.Geometry:
    """The shape with its second point at no number."""
    return shapely.transform(shape, lambda xy: np.where(np.arange(len(xy))[:, None] == 1, np.nan, xy))


_DOUBT, _REPAIRED = "图形无效，修复结果有疑", "图形无效，已修复（面积变化不足千分之一）"

DEFECTS: Mapping[str, Defect] = {
    "sound": Defect("", "", False, _sound),
    "with heights": Defect("", "", False, lambda w, h, c: shapely.force_3d(_sound(w, h, c), 9.0)),
    "collection with a line": Defect(
        "",
        "",
        False,
        lambda w, h, c: shapely.GeometryCollection([shapely.LineString([(0, 0), (w, c)]), _sound(w, h, c)]),
    ),
    "no shape": Defect("没有图形", "", True, lambda *_: None),
    "empty": Defect("没有图形", "", True, lambda *_: shapely.Polygon()),
    "point": Defect("图形不是面", "Point", True, lambda w, h, _: shapely.Point(w, h)),
    "outline": Defect("图形不是面", "LineString", True, lambda w, h, c: shapely.LineString(_box(c, 0, w, h))),
    "collection of lines": Defect(
        "图形不是面",
        "GeometryCollection",
        True,
        lambda w, h, _: shapely.GeometryCollection([shapely.LineString([(0, 0), (w, h)])]),
    ),
    "bow tie": Defect(_DOUBT, "边界自相交", True, lambda w, h, c: _rings([(0, 0), (w, h), (w, 0), (c / 2, h)])),
    "spike": Defect(
        _REPAIRED, "尖刺", False, lambda w, h, c: _rings([(0, 0), (w, 0), (w, h), (c, h), (c, h + c), (c, h), (0, h)])
    ),
    "point twice": Defect(
        "界址点连续重复", "1 处", False, lambda w, h, c: _rings([(0, 0), (w, 0), (w, c), (w, c), (w, h), (0, h)])
    ),
    "hole that is the shell": Defect(
        _DOUBT, "环重复", True, lambda w, h, _: _rings(_box(0, 0, w, h), _box(0, 0, w, h))
    ),
    "hole twice": Defect(
        _DOUBT, "环重复", True, lambda w, h, c: _rings(_box(0, 0, w, h), _box(1, 1, c, c), _box(1, 1, c, c)[::-1])
    ),
    "hole outside": Defect(
        _DOUBT, "洞在外环之外", True, lambda w, h, c: _rings(_box(0, 0, w, h), _box(w + 1, 1, w + c, c))
    ),
    "hole in a hole": Defect(
        _DOUBT,
        "洞中有洞",
        True,
        lambda w, h, c: _rings(_box(0, 0, w, h), _box(1, 1, w - 1, h - 1), _box(3, 3, 3 + c, 3 + c)),
    ),
    "shell in a shell": Defect(
        _DOUBT, "面中有面", True, lambda w, h, c: shapely.MultiPolygon([_sound(w, h, c), shapely.box(1, 1, c, c)])
    ),
    "parts that overlap": Defect(
        _DOUBT,
        "边界自相交",
        True,
        lambda w, h, c: shapely.MultiPolygon([_sound(w, h, c), shapely.box(c, c, w + c, h + c)]),
    ),
    "coordinate that is no number": Defect(_DOUBT, "坐标无效", True, lambda w, h, c: _nowhere(_sound(w, h, c))),
    "sliver": Defect("碎片：过小或过窄", "均宽", True, lambda w, h, _: shapely.box(0, 0, 0.2, h)),
    "area of another unit": Defect(
        "登记面积与图形相差数倍以上，疑为单位或录入错误", "登记", True, _sound, {"registered_area": 0.05}
    ),
    "area that cannot be read": Defect("值读不懂，关系到地价或分配", "三千", True, _sound, {"registered_area": "三千"}),
    "no code": Defect("宗地代码缺失", "", True, _sound, {"parcel_code": None}),
    "code too short": Defect("宗地代码不合规则", "不是 19 位", True, _sound, {"parcel_code": "411081001001JB0001"}),
    "negative cost": Defect("数值为负", "-5", True, _sound, {"acquisition_cost": -5.0}),
    "floor-area ratio": Defect("容积率读不懂", "待定", True, _sound, {"floor_area_ratio": "待定"}),
}
"""Every way in which a parcel is wrong that screening knows by itself, by name."""


def faulty_parcels(drawn: list[tuple[str, tuple[float, float, float]]]) -> gpd.GeoDataFrame:
    """Parcels of some defects and sizes, far enough from each other; the column ``defect`` names each."""
    rows, shapes = [], []
    for number, (name, (width, height, third)) in enumerate(drawn, start=1):
        shape = DEFECTS[name].draw(width, height, third)
        east, north = EASTING + 200.0 * (number % 6), NORTHING + 200.0 * (number // 6)
        shapes.append(shape and shapely.transform(shape, lambda xy, by=(east, north): np.add(xy, by)))
        rows.append({"parcel_code": f"411081001001JB{number:05d}", "defect": name} | dict(DEFECTS[name].values))
    index = pd.RangeIndex(1, len(rows) + 1, name="source_row")
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, index=index), geometry=gpd.GeoSeries(shapes, index=index), crs="EPSG:4547"
    )


sizes = st.tuples(st.floats(20, 90), st.floats(20, 90), st.floats(5, 9))

defective: st.SearchStrategy[gpd.GeoDataFrame] = st.builds(
    lambda names, each: faulty_parcels(list(zip(names, each, strict=True))),
    st.permutations(sorted(DEFECTS)),
    st.lists(sizes, min_size=len(DEFECTS), max_size=len(DEFECTS)),
)
"""A parcel of each defect, of any size, in any order."""
