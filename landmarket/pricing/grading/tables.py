"""Tables of a graded county (定级成果表): by grade, by village, as a notice prints them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from landmarket.pricing.grading.grades import method_name
from landmarket.pricing.grading.land import Grades, use_polygons


def grade_label(name: str) -> str:
    """Write a grade as tables and maps show it (级别名称).

    Parameters
    ----------
    name : str
        Its name in the rule.

    Returns
    -------
    str
        The name with 级 behind it, unless it has that or 等 itself.

    Examples
    --------
    >>> grade_label("II"), grade_label("一级"), grade_label("三等")
    ('II级', '一级', '三等')
    """
    return name if name.endswith(("级", "等")) else f"{name}级"


def village_table(grades: Grades) -> gpd.GeoDataFrame:
    """Put the grades of all uses beside the villages (村级别表).

    Parameters
    ----------
    grades : Grades
        A graded county.

    Returns
    -------
    GeoDataFrame
        On the villages' index: township, village, and for each use its 级别, 总分值 and 名次.
    """
    table = grades.villages[["township", "township_code", "village", grades.villages.geometry.name]]
    for use, one in grades.uses.items():
        own = one.villages
        table = table.assign(
            **{f"{use}级别": own["grade"].map(grade_label), f"{use}总分值": own["score"], f"{use}名次": own["rank"]}
        )
    return table


def summary_table(grades: Grades) -> pd.DataFrame:
    """Count villages and area of each grade (级别汇总).

    Parameters
    ----------
    grades : Grades
        A graded county.

    Returns
    -------
    DataFrame
        用途, 级别, 村数, 面积 [km²], 面积占比 [%], 最低总分, 最高总分; one row a use and grade.
    """
    whole = float(grades.villages.geometry.area.sum())
    rows = []
    for use, one in grades.uses.items():
        area = use_polygons(grades, use).set_index("grade")["area"]
        for name in one.use.names:
            own = one.villages.loc[one.villages["grade"].eq(name), "score"]
            size = float(area.get(name, 0.0))
            rows.append((use, name, len(own), size / 1e6, 100 * size / whole, own.min(), own.max()))
    columns = ["用途", "级别", "村数", "面积（km²）", "面积占比（%）", "最低总分", "最高总分"]
    return pd.DataFrame(rows, columns=columns).round(2)


def range_table(grades: Grades) -> pd.DataFrame:
    """List the villages of each township and grade as a notice prints them (级别范围表).

    Parameters
    ----------
    grades : Grades
        A graded county.

    Returns
    -------
    DataFrame
        用途, 级别, 乡镇, 村数, 村（社区）; best grade first, townships in the order of their codes.
    """
    order = {
        name: place for place, name in enumerate(grades.villages.sort_values("township_code")["township"].unique())
    }
    parts = []
    for use, one in grades.uses.items():
        own = grades.ranges()
        own = own[own["use"].eq(use)]
        rank = {name: number for number, name in enumerate(one.use.names)}
        own = own.assign(place=own["township"].map(order), rank=own["grade"].map(rank))
        grouped = own.groupby(["rank", "place", "grade", "township"])["village"]
        listed = grouped.agg(["size", "、".join]).reset_index()
        parts.append(listed.assign(用途=use).rename(columns={"size": "村数", "join": "村（社区）"}))
    table = pd.concat(parts, ignore_index=True).rename(columns={"grade": "级别", "township": "乡镇"})
    return table[["用途", "级别", "乡镇", "村数", "村（社区）"]]


def weight_table(grades: Grades) -> pd.DataFrame:
    """List weights and boundaries (权重与分界).

    Parameters
    ----------
    grades : Grades
        A graded county.

    Returns
    -------
    DataFrame
        用途, 因素, 权重, 权重确定方法, 级别分界, 分界方法; one row a use and factor.
    """
    rows = [
        (
            use,
            factor,
            weight,
            one.use.weighting,
            "；".join(f"{cut:.2f}" for cut in one.boundaries),
            method_name(one.use.method),
        )
        for use, one in grades.uses.items()
        for factor, weight in one.use.weights.items()
    ]
    return pd.DataFrame(rows, columns=["用途", "因素", "权重", "权重确定方法", "级别分界（由低到高）", "分界方法"])
