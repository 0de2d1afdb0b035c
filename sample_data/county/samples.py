"""About four hundred invented deals and rents, for compiling a benchmark price."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
from openpyxl.styles import Font

from sample_data.county import facts, notice
from sample_data.county.attributes import price_kind
from sample_data.county.writing import save_workbook

COUNT = 400
USE_OF_KIND = {"工业": "工业", "商业": "商服", "公服": "公共管理与公共服务"}
_RATE = {"商服": 0.065, "工业": 0.055, "公共管理与公共服务": 0.06}
_LEGAL_TERM = {"商服": 40, "工业": 50, "公共管理与公共服务": 50}
_STATED_FAR = {"商服": 1.5, "工业": 1.0, "公共管理与公共服务": 1.2}
_HEADER = (
    *(
        "样点编号",
        "样点类型",
        "宗地代码",
        "乡镇名称",
        "村名称",
        "用途",
        "交易方式",
        "成交日期",
        "面积（㎡）",
        "使用年期",
    ),
    *("容积率", "成交总价（元）", "成交单价（元/㎡）", "年租金（元/㎡·年）", "开发程度", "横坐标", "纵坐标", "备注"),
)


def _one(
    rng: np.random.Generator, number: int, parcel: pd.Series, base: float, use: str, centre: tuple[float, float]
) -> list[object]:
    """One sample: a price around the notice's, moved by date, floor-area ratio, term and chance."""
    rent = rng.random() < 0.3
    day = date(2022, 1, 1) + timedelta(days=int(rng.integers(0, 1095)))
    term = int(rng.choice((5, 10, 15, 20))) if rent else int(rng.choice((_LEGAL_TERM[use], _LEGAL_TERM[use], 30)))
    far = round(float(rng.uniform(0.6, 1.6) * _STATED_FAR[use]), 1)
    rate = _RATE[use]
    worth = base * (0.97 ** ((date(2025, 1, 1) - day).days / 365)) * rng.lognormal(0.0, 0.13)
    worth *= 1.0 if use == "工业" else (far / _STATED_FAR[use]) ** 0.45
    worth *= 4.0 if rng.random() < 0.012 else 1.0
    area = float(parcel["面积"])
    years = (1 - (1 + rate) ** -term) / (1 - (1 + rate) ** -_LEGAL_TERM[use])
    unit_price = None if rent else round(worth * years, 2)
    yearly = round(worth * rate / (1 - (1 + rate) ** -_LEGAL_TERM[use]), 2) if rent else None
    mode = rng.choice(("挂牌", "协议", "拍卖"), p=(0.5, 0.35, 0.15))
    note = "关联方交易" if rng.random() < 0.02 else "面积含代征道路" if rng.random() < 0.01 else ""
    what = [
        f"YD{number:04d}",
        "出租" if rent else "出让",
        parcel["宗地代码"],
        parcel["乡镇名称"],
        parcel["村名称"],
        use,
    ]
    when = day.isoformat() if rng.random() < 0.85 else f"{day.year}年{day.month}月{day.day}日"
    total = None if unit_price is None else round(unit_price * area, 2)
    where = [parcel["开发程度"], round(centre[0], 1), round(centre[1], 1), note]
    return [*what, str(mode), when, area, term, far, total, unit_price, yearly, *where]


def write_samples(
    path: Path, seed: int, parcels: gpd.GeoDataFrame, codes: pd.Series[str], home: pd.Series[str]
) -> None:
    """Write the samples.

    Parameters
    ----------
    path : Path
        The ``.xlsx`` file.
    seed : int
        Seed of the county.
    parcels : GeoDataFrame
        Clean parcel table, from `parcel_table`.
    codes : Series of str
        Planned use of each parcel.
    home : Series of str
        Village code of each parcel.
    """
    rng = facts.generator(seed, "samples")
    book = openpyxl.Workbook()
    sheet = book.create_sheet("样点")
    book.remove(book.worksheets[0])
    sheet.append([facts.NOTICE])
    sheet.append(_HEADER)
    for cell in sheet[2]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A3"
    grades = notice.grade_of_villages()
    known = notice.prices().dropna().set_index(["township", "grade", "use"])["price"]
    kinds = [price_kind(code, "") for code in codes]
    number = 0
    for row in rng.permutation(len(parcels)):
        parcel = parcels.iloc[row]
        use = USE_OF_KIND.get(kinds[row])
        key = (parcel["乡镇名称"], grades[home.iloc[row]], use)
        if use is None or key not in known.index:
            continue
        number += 1
        centre = parcel.geometry.centroid
        sheet.append(_one(rng, number, parcel, float(known[key]), use, (centre.x, centre.y)))
        if number >= min(COUNT, len(parcels) // 2):
            break
    save_workbook(book, path)
