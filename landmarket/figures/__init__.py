"""Figures (图件): charts and map sheets for print and reports, with Chinese type, in PNG, PDF and SVG."""

from landmarket.figures.atlas import index_sheet, write_atlas
from landmarket.figures.bars import change_chart, indicator_chart, tornado_chart
from landmarket.figures.cash import cash_chart
from landmarket.figures.county_sheets import (
    deal_sheet,
    entry_sheet,
    grade_sheet,
    income_sheet,
    price_sheet,
    use_sheet,
)
from landmarket.figures.curves import curve_chart, lorenz_chart
from landmarket.figures.fan import fan_chart
from landmarket.figures.fonts import chinese_font
from landmarket.figures.map_ground import Ground, ground_of
from landmarket.figures.map_imprint import Imprint
from landmarket.figures.map_paper import A3_LANDSCAPE, A4_PORTRAIT
from landmarket.figures.map_sheets import map_sheet
from landmarket.figures.map_spec import BreakRule, Kind, MapSpec
from landmarket.figures.saving import save_figure, save_figures
from landmarket.figures.sheet import A4_LANDSCAPE, foot_text
from landmarket.figures.split import split_chart
from landmarket.figures.township_sheets import township_sheets

__all__ = [
    "A3_LANDSCAPE",
    "A4_LANDSCAPE",
    "A4_PORTRAIT",
    "BreakRule",
    "Ground",
    "Imprint",
    "Kind",
    "MapSpec",
    "cash_chart",
    "change_chart",
    "chinese_font",
    "curve_chart",
    "deal_sheet",
    "entry_sheet",
    "fan_chart",
    "foot_text",
    "grade_sheet",
    "ground_of",
    "income_sheet",
    "index_sheet",
    "indicator_chart",
    "lorenz_chart",
    "map_sheet",
    "price_sheet",
    "save_figure",
    "save_figures",
    "split_chart",
    "tornado_chart",
    "township_sheets",
    "use_sheet",
    "write_atlas",
]
