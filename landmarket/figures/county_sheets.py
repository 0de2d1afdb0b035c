"""The sheets of a county (县域专题图): prices, grades, planned uses, entry, deals, income per head."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from landmarket.figures.map_ground import Ground
from landmarket.figures.map_imprint import Imprint
from landmarket.figures.map_sheets import map_sheet
from landmarket.figures.map_spec import BreakRule, Kind, MapSpec
from landmarket.figures.marks import MARKS
from landmarket.figures.sheet import A4_LANDSCAPE, Size

PRICES = MapSpec("集体经营性建设用地地价图", "地面单价（元/㎡）", Kind.NUMBER, rule=BreakRule.QUANTILES)
GRADES = MapSpec("集体经营性建设用地级别图", "土地级别", Kind.GRADE)
USES = MapSpec("集体经营性建设用地规划用途图", "规划用途", Kind.CATEGORY)
ENTRY = MapSpec(
    "集体经营性建设用地入市资格图",
    "入市资格",
    Kind.CATEGORY,
    marks=(("可入市", MARKS[0]), ("待核实", MARKS[6]), ("不可入市", MARKS[4])),
)
DEALS = MapSpec(
    "集体经营性建设用地成交图",
    "交易结果",
    Kind.CATEGORY,
    marks=(
        ("成交", MARKS[0]),
        ("作价出资", MARKS[3]),
        ("流拍-低于底价", MARKS[4]),
        ("流拍-人数不足", MARKS[1]),
        ("流拍-无人报名", MARKS[6]),
    ),
    missing="没有交易",
)
INCOME = MapSpec("集体经营性建设用地成员人均收益图", "成员人均收益（元）", Kind.NUMBER, word="个")
"""What the sheets show where nothing else is asked for."""


def price_sheet(
    table: gpd.GeoDataFrame,
    imprint: Imprint,
    *,
    column: str = "unit_price",
    part: str = "",
    ground: Ground | None = None,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw prices (地价图).

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with the column, numbers in 元/㎡; of one use, so that classes compare like with like.
    imprint : Imprint
        What stands around the map.
    column : str, default "unit_price"
        What is shown.
    part : str, default ""
        What the sheet is confined to, such as 工业; it stands in the title.
    ground : Ground, optional
        What lies beneath, from `ground_of`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        As `map_sheet` draws it, which says what it refuses.
    """
    return map_sheet(table, column, _of_part(PRICES, part), imprint, ground=ground, font=font, size=size)


def grade_sheet(
    table: gpd.GeoDataFrame,
    imprint: Imprint,
    *,
    column: str = "grade",
    part: str = "",
    word: str = "宗",
    ground: Ground | None = None,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw grades (级别图), each with its numeral, hatch and sign.

    Parameters
    ----------
    table : GeoDataFrame
        Parcels, or villages, with the column.
    imprint : Imprint
        What stands around the map.
    column : str, default "grade"
        What is shown.
    part : str, default ""
        What the sheet is confined to, such as 工业; it stands in the title.
    word : str, default "宗"
        Counting word of the rows; 个 of villages.
    ground : Ground, optional
        What lies beneath, from `ground_of`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        As `map_sheet` draws it, which says what it refuses.
    """
    spec = replace(_of_part(GRADES, part), word=word)
    return map_sheet(table, column, spec, imprint, ground=ground, font=font, size=size)


def use_sheet(
    table: gpd.GeoDataFrame,
    imprint: Imprint,
    *,
    column: str = "use_category",
    part: str = "",
    ground: Ground | None = None,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw planned uses (规划用途图); the rarest of many are one class, told in the legend.

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with the column.
    imprint : Imprint
        What stands around the map.
    column : str, default "use_category"
        What is shown.
    part : str, default ""
        What the sheet is confined to, such as 工业; it stands in the title.
    ground : Ground, optional
        What lies beneath, from `ground_of`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        As `map_sheet` draws it, which says what it refuses.
    """
    return map_sheet(table, column, _of_part(USES, part), imprint, ground=ground, font=font, size=size)


def entry_sheet(
    table: gpd.GeoDataFrame,
    imprint: Imprint,
    *,
    column: str = "allowed",
    part: str = "",
    ground: Ground | None = None,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw what may enter the market (入市资格图).

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with the column.
    imprint : Imprint
        What stands around the map.
    column : str, default "allowed"
        What is shown.
    part : str, default ""
        What the sheet is confined to, such as 工业; it stands in the title.
    ground : Ground, optional
        What lies beneath, from `ground_of`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        As `map_sheet` draws it, which says what it refuses.
    """
    return map_sheet(table, column, _of_part(ENTRY, part), imprint, ground=ground, font=font, size=size)


def deal_sheet(
    table: gpd.GeoDataFrame,
    imprint: Imprint,
    *,
    column: str = "outcome",
    part: str = "",
    ground: Ground | None = None,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw what became of the deals (成交图).

    Parameters
    ----------
    table : GeoDataFrame
        Parcels with the column; a missing value is 没有交易.
    imprint : Imprint
        What stands around the map.
    column : str, default "outcome"
        What is shown.
    part : str, default ""
        What the sheet is confined to, such as 工业; it stands in the title.
    ground : Ground, optional
        What lies beneath, from `ground_of`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        As `map_sheet` draws it, which says what it refuses.
    """
    return map_sheet(table, column, _of_part(DEALS, part), imprint, ground=ground, font=font, size=size)


def income_sheet(
    layer: gpd.GeoDataFrame,
    imprint: Imprint,
    *,
    column: str = "income_per_head",
    part: str = "",
    ground: Ground | None = None,
    font: FontProperties | None = None,
    size: Size = A4_LANDSCAPE,
) -> Figure:
    """Draw income per head of members (成员人均收益图).

    Parameters
    ----------
    layer : GeoDataFrame
        Townships or villages with the column, numbers in 元.
    imprint : Imprint
        What stands around the map.
    column : str, default "income_per_head"
        What is shown.
    part : str, default ""
        What the sheet is confined to, such as 工业; it stands in the title.
    ground : Ground, optional
        What lies beneath, from `ground_of`.
    font : matplotlib.font_manager.FontProperties, optional
        Default: the one `chinese_font` finds.
    size : tuple of float, optional
        Width and height [mm].

    Returns
    -------
    matplotlib.figure.Figure
        As `map_sheet` draws it, which says what it refuses.
    """
    return map_sheet(layer, column, _of_part(INCOME, part), imprint, ground=ground, font=font, size=size)


def _of_part(spec: MapSpec, part: str) -> MapSpec:
    return replace(spec, title=f"{spec.title}（{part}）") if part else spec
