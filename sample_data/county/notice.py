"""The benchmark-price notice as a bureau types it into Excel: merged titles, prices as text, invented figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.styles import Alignment, Border, Font, Side

from sample_data.county import facts, notice_figures
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
_WIDTHS = {"用途": 22, "乡镇": 16, "级别": 8, "范围": 90, "分类标准": 20}
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


def _sheet(book: openpyxl.Workbook, title: str, rows: list[list[object]]) -> None:
    """A simple sheet: the sentence on top, then header and rows."""
    sheet = book.create_sheet(title)
    sheet.append([facts.NOTICE])
    for row in rows:
        sheet.append(row)
    for cell in sheet[2]:
        cell.font = Font(bold=True)
    for column, header in zip("ABCDEFGHIJ", rows[0], strict=False):
        sheet.column_dimensions[column].width = _WIDTHS.get(str(header), 12)
    sheet.freeze_panes = "A3"


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


def write_notice(path: Path) -> None:
    """Write the notice.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file.
    """
    book = openpyxl.Workbook()
    first = book.create_sheet("公告说明")
    book.remove(book.worksheets[0])
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
    for title in ("价格内涵", "用途对应"):
        _sheet(book, title, notice_figures.rows(title))
    _sheet(book, "级别范围", [["乡镇", "用途", "级别", "范围"], *_range_rows()])
    for title in ("期日修正", "容积率修正", "因素修正", "其他修正", "开发程度修正"):
        _sheet(book, title, notice_figures.rows(title))
    save_workbook(book, path)
