"""Figures (图件): charts for print and reports, with Chinese type, in PNG, PDF and SVG."""

from landmarket.figures.bars import change_chart, indicator_chart, tornado_chart
from landmarket.figures.cash import cash_chart
from landmarket.figures.curves import curve_chart, lorenz_chart
from landmarket.figures.fan import fan_chart
from landmarket.figures.fonts import chinese_font
from landmarket.figures.saving import save_figure
from landmarket.figures.sheet import foot_text
from landmarket.figures.split import split_chart

__all__ = [
    "cash_chart",
    "change_chart",
    "chinese_font",
    "curve_chart",
    "fan_chart",
    "foot_text",
    "indicator_chart",
    "lorenz_chart",
    "save_figure",
    "split_chart",
    "tornado_chart",
]
