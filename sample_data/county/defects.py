"""What is wrong with real files, planted on purpose: each defect in one row, told in plain words."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity

from sample_data.county import facts
from sample_data.county.defect_table import DefectTable

MODES = ("shipped", "none", "random")
_EACH = 6
_NEEDED_LEFT = 4
_MU = 2000 / 3


def _bow_tie(table: DefectTable) -> None:
    row = table.take()
    if row is None:
        return
    a, b, c, d = shapely.get_coordinates(table.rows.geometry[row])[:4]
    swapped = [a, c, b, d] if table.rng.random() < 0.5 else [b, d, c, a]
    table.shape(row, shapely.Polygon(swapped))
    table.note(row, "自相交", "两个界址点次序颠倒，边界自相交（领结形）")


def _touching_ring(table: DefectTable) -> None:
    row = table.take()
    if row is None:
        return
    a, b, c, d = shapely.get_coordinates(table.rows.geometry[row])[:4]
    reach = table.rng.uniform(0.15, 0.3)
    middle = np.round(a + (b - a) * table.rng.uniform(0.4, 0.6), 3)
    outwards = (a + b) / 2 - (c + d) / 2
    spike = np.round(middle + outwards / np.hypot(*outwards) * 3.0 * reach, 3)
    table.shape(row, shapely.Polygon([a, middle, spike, middle, b, c, d]))
    table.note(row, "边界往返", "边界沿同一条线走出去又折回来（尖刺）")


def _sliver(table: DefectTable) -> None:
    row = table.take(lambda r: np.sqrt(table.rows.geometry[r].area) > 30)
    if row is None:
        return
    a, b, c, d = shapely.get_coordinates(table.rows.geometry[row])[:4]
    width = table.rng.uniform(0.15, 0.6)
    depth = np.hypot(*((c + d) / 2 - (a + b) / 2))
    share = width / depth
    thin = shapely.Polygon(np.round([a, b, b + (c - b) * share, a + (d - a) * share], 3))
    table.shape(row, thin)
    table.set(row, "面积", round(thin.area, 2))
    table.note(row, "狭长碎片", f"只有约 {width:.2f} 米宽")


def _overlap(table: DefectTable) -> None:
    row = table.take(lambda r: bool(table.neighbours(r)))
    if row is None:
        return
    other = table.neighbours(row)[0]
    table.reserve(other)
    shape, beside = table.rows.geometry[row], table.rows.geometry[other]
    towards = np.array(beside.centroid.coords[0]) - np.array(shape.centroid.coords[0])
    shift = towards * table.rng.uniform(0.12, 0.35)
    moved = shapely.transform(affinity.translate(shape, *shift), lambda points: np.round(points, 3))
    common = moved.intersection(beside).area
    for touched in table.query(moved):
        table.reserve(touched)
    table.shape(row, moved)
    table.note(row, "压盖相邻宗地", f"与第 {other + 1} 行重叠约 {common:.0f} 平方米")


def _same_shape(table: DefectTable) -> None:
    row = table.take()
    if row is None:
        return
    copy = table.rows.loc[row].copy()
    number = int(copy["宗地代码"][-5:]) + 60_000
    copy["宗地代码"] = f"{copy['宗地代码'][:-5]}{number:05d}"
    added = table.append(copy)
    table.note(added, "图形重复", f"与第 {row + 1} 行图形完全相同，代码不同")


def _same_code(table: DefectTable) -> None:
    first = table.take()
    second = table.take()
    if first is None or second is None:
        return
    first, second = sorted((first, second))
    table.set(second, "宗地代码", table.rows.loc[first, "宗地代码"])
    table.note(second, "代码重复", f"与第 {first + 1} 行宗地代码相同")


def _code(kind: str, change: Callable[[np.random.Generator, str], str | None]) -> Callable[[DefectTable], None]:
    """A defect of the parcel code."""

    def plant(table: DefectTable) -> None:
        row = table.take()
        if row is None:
            return
        before = str(table.rows.loc[row, "宗地代码"])
        after = change(table.rng, before)
        table.set(row, "宗地代码", after)
        table.note(row, kind, f"{before} 写成 {after}" if after is not None else f"{before} 没有填")

    return plant


def _cell(
    kind: str, column: str, change: Callable[[np.random.Generator, object], object]
) -> Callable[[DefectTable], None]:
    """A defect of one cell."""

    def plant(table: DefectTable) -> None:
        row = table.take(lambda r: not pd.isna(table.rows.loc[r, column]))
        if row is None:
            return
        before = table.rows.loc[row, column]
        after = change(table.rng, before)
        table.set(row, column, after)
        table.note(row, kind, f"{column}：{before} 写成 {after}" if after is not None else f"{column}：{before} 没有填")

    return plant


def _no_shape(shape: shapely.Geometry | None, kind: str) -> Callable[[DefectTable], None]:
    def plant(table: DefectTable) -> None:
        row = table.take()
        if row is not None:
            table.shape(row, shape)
            table.note(row, kind, "有属性，没有图形" if shape is None else "图形是空的")

    return plant


def _any_yes_no(table: DefectTable) -> None:
    column = str(table.rng.choice(("权属登记", "权属争议", "是否查封", "征收范围")))
    value = str(table.rng.choice(("Y", "1", "有", "N", "已办", "?", "√", "×", "不详")))
    _cell("是否写法不认识", column, lambda _, __: value)(table)


def _contradictory_vote(table: DefectTable) -> None:
    row = table.take(lambda r: not pd.isna(table.rows.loc[r, "应到人数"]))
    if row is None:
        return
    total = int(table.rows.loc[row, "应到人数"])
    column = str(table.rng.choice(("实到人数", "同意人数")))
    wrong = total + int(table.rng.integers(1, 40))
    table.set(row, column, wrong)
    table.note(row, "表决人数矛盾", f"{column} {wrong} 多于应到人数 {total}")


def _wrong_length(rng: np.random.Generator, code: str) -> str:
    position = int(rng.integers(14, 18))
    return code[:position] + code[position + 1 :] if rng.random() < 0.6 else code[:position] + "0" + code[position:]


def _wrong_character(rng: np.random.Generator, code: str) -> str:
    form = int(rng.integers(4))
    if form == 0:
        position = code.index("0")
        return code[:position] + "O" + code[position + 1 :]
    return (code[:14] + "00000", code[:12] + " " + code[12:], code[:6] + "-" + code[6:])[form - 1]


def _impossible_date(rng: np.random.Generator, _: object) -> str:
    year = int(rng.integers(2024, 2026))
    month, day = ((2, 30), (2, 31), (4, 31), (6, 31), (11, 31), (13, 8), (9, 0))[int(rng.integers(7))]
    forms = (f"{year}-{month:02d}-{day:02d}", f"{year}年{month}月{day}日", f"{year}{month:02d}{day:02d}")
    return str(rng.choice((*forms, f"{year}/{month}/{day}")))


def _no_date(rng: np.random.Generator, _: object) -> str:
    return str(rng.choice(("114年11月", "2025-11", "二〇二五年三月", "年底前", "20250301.0")))


def _misspelt(rng: np.random.Generator, name: object) -> str:
    text = str(name)
    position = int(rng.integers(0, max(1, len(text) - 1)))
    pair = next((pair for pair in _ALIKE if pair[0] in text), None)
    if pair is not None and rng.random() < 0.7:
        return text.replace(*pair)
    return text[:position] + str(rng.choice(list("某口田申由"))) + text[position + 1 :]


def _area_off(rng: np.random.Generator, area: object) -> float:
    share = rng.uniform(0.06, 0.4) * rng.choice((-1, 1))
    return round(float(str(area)) * (1 + share), 2)


# Characters that are taken for one another in names of townships.
_ALIKE = (
    ("褚", "诸"),
    ("莲", "连"),
    ("连", "莲"),
    ("垕", "后"),
    ("苌", "长"),
    ("磨", "摩"),
    ("钧", "均"),
    ("颍", "颖"),
    ("韩", "寒"),
)
_KINDS: tuple[Callable[[DefectTable], None], ...] = (
    _overlap,
    _sliver,
    _bow_tie,
    _touching_ring,
    _same_shape,
    _same_code,
    _code("代码位数不对", _wrong_length),
    _code("代码里有错字符", _wrong_character),
    _code("外县代码", lambda rng, code: str(rng.choice(("411024", "410184", "411071", "410425"))) + code[6:]),
    _code(
        "权属或特征字母不对",
        lambda rng, code: code[:12] + str(rng.choice(("GA", "GC", "ZA", "ZC", "JQ", "KB", "jb", "J8"))) + code[14:],
    ),
    _code("代码没有填", lambda _, __: None),
    _no_shape(None, "没有图形"),
    _no_shape(shapely.Polygon(), "图形为空"),
    _cell("现状地类没有填", "现状地类", lambda _, __: None),
    _cell("登记面积与图形不符", "面积", _area_off),
    _cell("亩数填进平方米栏", "面积", lambda _, area: round(float(str(area)) / _MU, 2)),
    _cell("日期不可能", "表决日期", _impossible_date),
    _cell("日期不可能", "备案日期", _impossible_date),
    _cell("日期读不懂", "表决日期", _no_date),
    _any_yes_no,
    _contradictory_vote,
    _cell(
        "容积率读不懂",
        "容积率",
        lambda rng, _: str(rng.choice(("按规划条件", "1..5", "一点五", "2.5≤R≤1.0", "≤", "1.0/2.0"))),
    ),
    _cell("使用年期读不懂", "使用年期", lambda rng, _: str(rng.choice(("五十", "40—50", "2065-01-01", "0", "-5")))),
    _cell("土地来源不认识", "土地来源", lambda rng, _: str(rng.choice(("村集体", "其它", "老厂", "征收")))),
    _cell("公顷填进平方米栏", "面积", lambda _, area: round(float(str(area)) / 10_000, 4)),
    _cell("开发成本为负", "开发成本", lambda _, cost: -abs(float(str(cost)))),
    _cell("取得成本为负", "取得成本", lambda _, cost: -abs(float(str(cost)))),
    _cell("乡镇名称写错", "乡镇名称", _misspelt),
)


def plant_defects(seed: int, parcels: gpd.GeoDataFrame, mode: str) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Plant defects in the parcels.

    Parameters
    ----------
    seed : int
        Seed of the county.
    parcels : GeoDataFrame
        From `parcel_table`.
    mode : str
        ``shipped``: six of each kind; ``random``: how many of each kind is drawn too, from none to ten;
        ``none``: a clean county.

    Returns
    -------
    parcels : GeoDataFrame
        With the defects, rows numbered from 0.
    planted : DataFrame
        source_row (from 1), kind and detail in plain words; a row has at most one defect.

    Raises
    ------
    ValueError
        If the mode is none of the three.
    """
    if mode not in MODES:
        raise ValueError(f"defects 应为 {'、'.join(MODES)} 之一，不是 {mode!r}")
    rng = facts.generator(seed, f"defects {mode}")
    table = DefectTable(parcels, rng)
    for plant in _KINDS:
        count = {"shipped": _EACH, "none": 0, "random": int(rng.integers(0, 11))}[mode]
        for _ in range(min(count, len(parcels) // (_NEEDED_LEFT * len(_KINDS)) + 1)):
            plant(table)
    return table.result()
