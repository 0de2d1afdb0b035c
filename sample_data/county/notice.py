"""The benchmark-price notice as a bureau types it into Excel: merged titles, prices as text, invented figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

from sample_data.county import facts
from sample_data.county.writing import save_workbook

USES = ("商服", "工业", "公共管理与公共服务")
GRADES = ("I", "II", "III")
_PRICES = {
    "城区": ((1085, 860, 690), (204, 204, 204), (425, 380, 330)),
    "平原": ((560, 460, 385), (168, 168, 168), (300, 260, 215)),
    "丘陵": ((495, 410, 330), (156, 156, 144), (275, 230, 200)),
    "山地": ((430, 345, 285), (144, 132, 144), (240, 205, 185)),
}
# Cells without a price: township, grade, use, and what is printed there.
_WITHOUT_PRICE = {
    ("颍川街道", "I", "工业"): "/",
    ("磨街乡", "II", "公共管理与公共服务"): "—",
    ("山货回族乡", "II", "商服"): "—",
    ("鸠山镇", "III", "商服"): "",
    ("苌庄镇", "III", "公共管理与公共服务"): "/",
}
# Deviations of the printed 万元/亩 from 元/㎡ ÷ 15: small ones as in real notices, and one slip.
_SMALL_SLIPS = {
    ("韩城街道", "II", "商服"): 0.02,
    ("顺店镇", "I", "公共管理与公共服务"): -0.03,
    ("古城镇", "II", "商服"): 0.04,
}
_LARGE_SLIP = {("神垕镇", "II", "商服"): 0.60}
_NOT_MONOTONE = {("梁北镇", "II", "工业"): 180}
_THIN = Side(style="thin")


def grade_of_villages() -> pd.Series[str]:
    """Grade of every village: best near the seat of its township."""
    villages = facts.villages()
    rank = villages.groupby("township_code").cumcount()
    size = villages.groupby("township_code")["village"].transform("size")
    share = (rank + 0.5) / size
    three = size >= 20
    best = share < 0.3
    middle = np.where(three, share < 0.7, True)
    return pd.Series(np.where(best, "I", np.where(middle, "II", "III")), index=villages.index, name="grade")


def prices() -> pd.DataFrame:
    """The invented price of every township, grade and use [元/㎡]; missing where there is none."""
    townships = facts.townships()
    grades = grade_of_villages()
    rows = []
    for code, township in townships.iterrows():
        level = 1 + 0.04 * (int(str(code)[-2:]) % 5 - 2)
        present = sorted(set(grades[grades.index.str.startswith(str(code))]))
        for grade in present:
            for use, figures in zip(USES, _PRICES[township["landform"]], strict=True):
                figure: float = figures[GRADES.index(grade)]
                figure = figure if use == "工业" else round(figure * level / 5) * 5
                key = (township["township"], grade, use)
                figure = _NOT_MONOTONE.get(key, figure)
                rows.append((*key, None if key in _WITHOUT_PRICE else figure))
    return pd.DataFrame(rows, columns=["township", "grade", "use", "price"])


def _price_text(key: tuple[str, str, str], price: float | None, position: int) -> tuple[str, str]:
    """元/㎡ and 万元/亩 as typed."""
    if price is None or np.isnan(price):
        return _WITHOUT_PRICE[key], _WITHOUT_PRICE[key]
    text = f"{price:,.0f}"
    text = f" {text} " if position % 11 == 3 else text
    slip = _SMALL_SLIPS.get(key, 0.0) + _LARGE_SLIP.get(key, 0.0)
    return text, f"{price / 15 + slip:.2f}"


def _sheet(
    book: openpyxl.Workbook, title: str, header: list[str], rows: list[list[object]], widths: list[int]
) -> Worksheet:
    """A simple sheet: notice on top, then header and rows."""
    sheet = book.create_sheet(title)
    sheet.append([facts.NOTICE])
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    for cell in sheet[2]:
        cell.font = Font(bold=True)
    for i, width in enumerate(widths):
        sheet.column_dimensions["ABCDEFGHIJ"[i]].width = width
    sheet.freeze_panes = "A3"
    return sheet


def _price_sheet(book: openpyxl.Workbook) -> None:
    sheet = book.create_sheet("基准地价表")
    sheet.append(["表1 禹州市集体建设用地基准地价表（示例）"])
    sheet.merge_cells("A1:H1")
    sheet.append(["乡镇", "级别", "商服", None, "工业", None, "公共管理与公共服务", None])
    sheet.append([None, None, *["元/㎡", "万元/亩"] * 3])
    for span in ("C2:D2", "E2:F2", "G2:H2", "A2:A3", "B2:B3"):
        sheet.merge_cells(span)
    table = prices()
    for township, own in table.groupby("township", sort=False):
        first = sheet.max_row + 1
        for grade, line in own.groupby("grade", sort=False):
            cells: list[object] = [township if sheet.max_row + 1 == first else None, grade]
            for position, (use, price) in enumerate(zip(line["use"], line["price"], strict=True)):
                cells += _price_text((str(township), str(grade), str(use)), price, sheet.max_row + position)
            sheet.append(cells)
        if sheet.max_row > first:
            sheet.merge_cells(start_row=first, end_row=sheet.max_row, start_column=1, end_column=1)
    sheet.append([f"注：{facts.NOTICE}；乡镇名称真实。"])
    sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=8)
    for row in sheet.iter_rows(min_row=1, max_row=sheet.max_row - 1, max_col=8):
        for cell in row:
            cell.alignment = Alignment(horizontal="center", vertical="center")
            cell.border = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
    sheet["A1"].font = Font(bold=True, size=14)
    for column, width in zip("ABCDEFGH", (16, 8, 10, 10, 10, 10, 12, 12), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "C4"


def _range_rows() -> list[list[object]]:
    """Which villages are in which grade, by township."""
    villages = facts.villages()
    table = villages.assign(grade=grade_of_villages())
    rows: list[list[object]] = []
    for code in facts.townships().index:
        own = table[table["township_code"] == code]
        for grade, part in own.groupby("grade", sort=True):
            rows.append([part["township"].iloc[0], None, grade, "、".join(part["village"])])
    return rows


def _correction_sheets(book: openpyxl.Workbook) -> None:
    dates = {"商服": (100, 100.6, 101.5), "工业": (100, 100.2, 100.5), "公共管理与公共服务": (100, 100.3, 100.8)}
    days = ("2025-01-01", "2025-07-01", "2026-01-01")
    _sheet(
        book,
        "期日修正",
        ["期日", "用途", "指数"],
        [[d, u, v] for u, row in dates.items() for d, v in zip(days, row, strict=True)],
        [14, 22, 10],
    )
    far = {
        "商服": ((0.6, 0.72), (0.8, 0.79), (1.0, 0.8621), (1.2, 0.925), (1.5, 1.0), (1.8, 1.084), (2.0, 1.137), (2.5, 1.256), (3.0, 1.362)),
        "工业": ((0.5, 0.94), (0.7, 0.965), (0.8, 0.978), (1.0, 1.0), (1.2, 1.0), (2.0, 1.0), (3.0, 1.0)),
        "公共管理与公共服务": ((0.5, 0.82), (0.8, 0.9), (1.0, 0.952), (1.2, 1.0), (1.5, 1.062), (2.0, 1.15)),
    }  # fmt: skip
    _sheet(
        book,
        "容积率修正",
        ["用途", "级别", "容积率", "系数"],
        [[u, None, r, k] for u, row in far.items() for r, k in row],
        [22, 8, 10, 10],
    )
    factors = {
        "商服": {"商服繁华": (9.86, 4.93, 0, -4.71, -9.42), "道路通达度": (5.2, 2.6, 0, -2.5, -5.0), "基础设施": (3.1, 1.55, 0, -1.7, -3.4)},
        "工业": {"道路通达度": (4.8, 2.4, 0, -2.4, -4.8), "基础设施": (3.6, 1.8, 0, -1.9, -3.8), "产业集聚": (4.2, 2.1, 0, -2.05, -4.1)},
        "公共管理与公共服务": {"道路通达度": (3.9, 1.95, 0, -2.0, -4.0), "基础设施": (4.4, 2.2, 0, -2.3, -4.6)},
    }  # fmt: skip
    rows: list[list[object]] = [[u, None, name, *values] for u, own in factors.items() for name, values in own.items()]
    _sheet(
        book, "因素修正", ["用途", "级别", "因素", "优", "较优", "一般", "较劣", "劣"], rows, [22, 8, 14, 8, 8, 8, 8, 8]
    )
    shapes = [
        ["宗地形状", None, "宗地形状", None, None, level, k]
        for level, k in (("规则", 1.0), ("较规则", 0.99), ("不规则", 0.97))
    ]
    streets = [
        ["临街状况", "商服", "临街状况", None, None, level, k]
        for level, k in (("主干道", 1.06), ("次干道", 1.03), ("支路", 1.0), ("不临街", 0.95))
    ]
    bands = {"商服": ((0, 500, 0.98), (500, 1500, 1.0), (1500, None, 1.01)), "工业": ((0, 2000, 0.98), (2000, 6000, 0.99), (6000, 30000, 1.0), (30000, None, 0.99)), "公共管理与公共服务": ((0, 2000, 0.98), (2000, 9000, 1.0), (9000, None, 1.01))}  # fmt: skip
    areas = [["宗地面积", u, "计价面积", low, high, None, k] for u, row in bands.items() for low, high, k in row]
    _sheet(
        book,
        "其他修正",
        ["名称", "用途", "列", "下限", "上限", "等级", "系数"],
        [*shapes, *streets, *areas],
        [14, 22, 14, 10, 10, 10, 8],
    )
    costs = (
        ("通路", 18),
        ("通电", 14),
        ("供水", 9),
        ("排水", 10),
        ("通讯", 6),
        ("通气", 15),
        ("供热", 16),
        ("场地平整", 12),
    )
    _sheet(book, "开发程度修正", ["项目", "元/㎡"], [list(row) for row in costs], [14, 10])


def write_notice(path: Path) -> None:
    """Write the notice.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file.
    """
    book = openpyxl.Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = "公告说明"
    for row in (
        ("公告名称", "禹州市集体建设用地基准地价（示例）"),
        ("声明", f"{facts.NOTICE}；{facts.NAMES_NOTICE}"),
        ("文号", "示例〔2025〕1号"),
        ("发布日期", "2025-03-31"),
        ("估价期日", "2025-01-01"),
        ("权利类型", "集体建设用地出让土地使用权，无其他权利限制"),
        ("来源", "示例，虚构；表式参照公开的集体建设用地基准地价公告"),
        ("单价小数位", 2),
        ("系数小数位", 6),
        ("容积率表外处理", "报错"),
    ):
        first.append(row)
    first.column_dimensions["A"].width = 18
    first.column_dimensions["B"].width = 70
    _price_sheet(book)
    connotation = [["商服", None, 40, 1.5, "五通一平", 6.5, "地面地价"], ["工业", None, 50, 1.0, "五通一平", 5.5, "地面地价"], ["公共管理与公共服务", None, 50, 1.2, "五通一平", 6.0, "地面地价"]]  # fmt: skip
    _sheet(
        book,
        "价格内涵",
        ["用途", "级别", "法定最高年期", "容积率", "开发程度", "土地还原率(%)", "地价类型"],
        connotation,
        [22, 8, 14, 10, 14, 14, 12],
    )
    uses = [
        ["商服", "用地用海分类2023", "09"],
        ["工业", "用地用海分类2023", "10,11"],
        ["公共管理与公共服务", "用地用海分类2023", "08"],
    ]
    _sheet(book, "用途对应", ["用途", "分类标准", "用地代码"], uses, [22, 20, 16])
    _sheet(book, "级别范围", ["乡镇", "用途", "级别", "范围"], _range_rows(), [16, 8, 8, 90])
    _correction_sheets(book)
    save_workbook(book, path)
