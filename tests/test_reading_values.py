"""Numbers, days and codes as bureaus type them, each against the value it means, worked out by hand or published."""

from __future__ import annotations

import datetime
import re
import zipfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, ReadError
from landmarket.io import read_layer, read_parcels
from landmarket.io.dates import day_cure, one_day
from landmarket.io.quantities import to_quantity, unit_of
from landmarket.io.sheet_tables import sheet_table
from landmarket.io.sheets import open_workbook, workbook_grids
from landmarket.io.values import to_code, to_date
from tests.helpers import assert_same_index
from tests.hunting import examples

BOX = shapely.box(430_000, 3_770_000, 430_040, 3_770_030)

QUANTITIES = [
    ("1020", "元/㎡", 1020),
    ("1,020元/㎡", "元/㎡", 1020),
    ("１，０２０元／㎡", "元/㎡", 1020),
    ("１ ０２０．５ 元/平方米", "元/㎡", 1020.5),
    ("1 020元每平方米", "元/㎡", 1020),
    ("￥1,020元/m²", "元/㎡", 1020),
    ("¥1020/㎡", "元/㎡", None),
    ("12.5万元/亩", "元/㎡", 187.5),
    ("12.5 万元 / 亩", "元/㎡", 187.5),
    ("1万元/亩", "元/㎡", 15),
    ("1000万元/公顷", "元/㎡", 1000),
    ("12.5万元/亩", "万元/亩", 12.5),
    ("187.5元/㎡", "万元/亩", 12.5),
    ("300万", "元", 3_000_000),
    ("12.34万元", "元", 123_400),
    ("1.5亿元", "元", 150_000_000),
    ("99.99元", "元", 99.99),
    ("3亩", "㎡", 2000),
    ("76.98亩", "㎡", 51320),
    ("1.2公顷", "㎡", 12000),
    ("0.5hm²", "㎡", 5000),
    ("5108.06平方米", "㎡", 5108.06),
    ("35%", "%", 35),
    ("35％", "%", 35),
    ("24米", "m", 24),
    ("30人", "人", 30),
    ("40年", "年", 40),
    ("8万元/亩·年", "元/㎡·年", 120),
    ("8万元/（亩·年）", "元/㎡·年", 120),
    ("12.5万/亩", "元/㎡", 187.5),
    ("1,020元整", "元", 1020),
    ("1.2万平方米", "㎡", 12000),
    ("0.5HM2", "㎡", 5000),
    ("2亿", "元", 200_000_000),
    ("3公里", "m", 3000),
    ("3千米", "m", 3000),
    ("1,020.55元", "分", 102_055),
    ("1,020元", "元/㎡", None),
    ("300万", "㎡", None),
    ("5/", "元", None),
    ("5万/", "元", None),
    ("12.5万元/亩", "元", None),
    ("3亩", "元", None),
    ("3亩5分", "㎡", None),
    ("约3亩", "㎡", None),
    ("3—5亩", "㎡", None),
    ("1020①元/㎡", "元/㎡", None),
    ("1,02元/㎡", "元/㎡", None),
    ("元/㎡", "元/㎡", None),
    ("1e300亿元", "元", 1e308),
    ("1e301亿元", "元", None),
    ("35%", "㎡", None),
]


@pytest.mark.parametrize(("typed", "unit", "meant"), QUANTITIES)
def test_numbers_with_their_unit(typed: str, unit: str, meant: float | None) -> None:
    """1 亩 = 2000/3 ㎡, 1 万元/亩 = 15 元/㎡, 1 公顷 = 15 亩."""
    column = pd.Series([typed, None, "—", "/", "无"], index=[4, 2, 9, 1, 7], name="x", dtype="str")
    values, bad = to_quantity(column, unit)
    assert_same_index(values, column)
    assert values.iloc[1:].isna().all()
    assert bad.tolist() == [meant is None, False, False, False, False]
    assert values.iloc[0] == meant or (meant is None and np.isnan(values.iloc[0]))


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 4), st.sampled_from(["元/㎡", "万元/亩", "元/亩", "万元/公顷"]))
def test_a_price_is_the_float_nearest_to_its_exact_value(digits: int, places: int, unit: str) -> None:
    """元 over ㎡, computed by hand in fractions: 万 is 10⁴, 亩 2000/3, 公顷 10⁴."""
    wan, ground = {
        "元/㎡": (1, Fraction(1)),
        "万元/亩": (10**4, Fraction(2000, 3)),
        "元/亩": (1, Fraction(2000, 3)),
        "万元/公顷": (10**4, Fraction(10**4)),
    }[unit]
    typed = f"{Decimal(digits).scaleb(-places):f}"
    exact = Fraction(typed) * wan / ground
    assert to_quantity(pd.Series([f"{typed}{unit}"]), "元/㎡")[0].iloc[0] == float(exact)


def test_numbers_that_are_numbers_are_in_the_unit_of_the_column() -> None:
    values, bad = to_quantity(pd.Series([1020.0, np.nan, np.inf]), "元/㎡")
    assert values.iloc[0] == 1020
    assert bad.tolist() == [False, False, True]
    assert unit_of("打") is None
    assert to_quantity(pd.Series(["3"]), "种")[0].tolist() == [3]


DAYS = [
    "2021年1月1日",
    "2021年01月01日",
    "2021年1月1号",
    "2021 年 1 月 1 日",
    "２０２１年１月１日",
    "2021-1-1",
    "2021-01-01",
    "2021/1/1",
    "2021.1.1",
    "2021．01．01",
    "20210101",
    "20210101000000",
    "2021-01-01 00:00:00",
    "2021/1/1 0:00",
    "2021-01-01 15:30",
    "2021-01-01T15:30:00.123Z",
    "2021-01-01T00:00:00+08:00",
    "2021年1月1日15:30",
    "2021年1月1日9时",
    "2021年1月1日 9时30分",
    "2021年1月1日15点整",
    "二〇二一年一月一日",
    "二○二一年一月一日",
    "二零二一年一月一日",
    "44197",
    "44197.0",
    "44197.75",
]


@pytest.mark.parametrize("typed", DAYS)
def test_days_in_every_form(typed: str) -> None:
    values, bad = to_date(pd.Series([typed], index=[5], name="x"))
    assert values.tolist() == [pd.Timestamp(2021, 1, 1)]
    assert (values.index.tolist(), values.name, bad.tolist()) == ([5], "x", [False])


@pytest.mark.parametrize(
    ("serial", "day"), [(25569, "1970-01-01"), (36526, "2000-01-01"), (43890, "2020-02-29"), (73415, "2100-12-31")]
)
def test_serials_of_excel(serial: int, day: str) -> None:
    """25569 is the first day of Unix time, as every converter has it; the 29th of February 1900 is counted."""
    for column in (pd.Series([serial]), pd.Series([float(serial), np.nan]), pd.Series([str(serial)])):
        assert to_date(column)[0].iloc[0] == pd.Timestamp(day)


@pytest.mark.parametrize(
    ("typed", "cure"),
    [
        ("2021年", "补全到日"),
        ("2021", "补全到日"),
        ("2021.1", "补全到日"),
        ("2021年1月", "补全到日"),
        ("2021-01", "补全到日"),
        ("二〇二一年三月", "补全到日"),
        ("2021年度", "补全到日"),
        ("民国110年1月1日", "公历"),
        ("民國一一〇年", "公历"),
        ("110年1月1日", "写成 2021-01-31"),
        ("21-1-1", "写成 2021-01-31"),
        ("1/1/2021", "写成 2021-01-31"),
        ("2021-02-29", "写成 2021-01-31"),
        ("2021-13-01", "写成 2021-01-31"),
        ("2021-1-1 25:00", "写成 2021-01-31"),
        ("2021-1-112:30", "写成 2021-01-31"),
        ("2021-1-19时", "写成 2021-01-31"),
        ("20211", "写成 2021-01-31"),
        ("60", "写成 2021-01-31"),
        ("99999", "写成 2021-01-31"),
        ("二〇二一年十三月一日", "写成 2021-01-31"),
        ("二〇二一年十十月一日", "写成 2021-01-31"),
        ("待定", "写成 2021-01-31"),
    ],
)
def test_what_is_no_day_is_refused_with_the_cure(typed: str, cure: str) -> None:
    values, bad = to_date(pd.Series([typed]))
    assert values.isna().all()
    assert bad.all()
    assert cure in day_cure([typed])


@pytest.mark.parametrize(("typed", "cure"), [("2021年1月", "补全到日"), ("民国110年1月1日", "公历")])
def test_a_layer_with_such_a_day_is_refused_by_row(typed: str, cure: str, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"批准日期": ["2021-01-01", typed]}, geometry=[BOX] * 2, crs="EPSG:4547")
    frame.to_file(tmp_path / "p.gpkg")
    with pytest.raises(BadValueError, match=rf"plan_approved_on（规划批准日）.*2 = .*办法：.*{cure}"):
        read_layer(tmp_path / "p.gpkg")


NUMERALS = "〇一二三四五六七八九"


def numeral(value: int) -> str:
    """A number up to 31, as a document spells it."""
    tens, ones = divmod(value, 10)
    return ("" if tens == 0 else ("十" if tens == 1 else f"{NUMERALS[tens]}十")) + (NUMERALS[ones] if ones else "")


@settings(max_examples=examples(30), deadline=None)
@given(st.dates(datetime.date(1957, 7, 1), datetime.date(2100, 12, 31)))
def test_any_day_is_read_in_numerals_and_as_a_serial(day: datetime.date) -> None:
    year = "".join(NUMERALS[int(figure)] for figure in str(day.year))
    assert one_day(f"{year}年{numeral(day.month)}月{numeral(day.day)}日") == day
    assert one_day(str((day - datetime.date(1970, 1, 1)).days + 25569)) == day


@settings(max_examples=examples(60), deadline=None)
@given(st.text("0123456789-/.年月日 一二十〇民国:T", max_size=14))
def test_nothing_but_a_day_comes_of_any_text(typed: str) -> None:
    day = one_day(typed)
    assert day is None or 1949 <= day.year <= 2100


CODES = [
    (["411081004002JB00001", "0601"], ["411081004002JB00001", "0601"]),
    ([330521100.0, np.nan], ["330521100", None]),
    (["330521100.0", "0601"], ["330521100", "0601"]),
    ([411081, 411082], ["411081", "411082"]),
    (["４１１０８１", " 411082 "], ["411081", "411082"]),
]


@pytest.mark.parametrize(("typed", "meant"), CODES)
def test_codes_are_text(typed: list[object], meant: list[str | None]) -> None:
    values, bad = to_code(pd.Series(typed))  # type: ignore[call-overload] # whatever a file holds
    assert [None if pd.isna(value) else value for value in values] == meant
    assert not bad.any()


@pytest.mark.parametrize("typed", ["4.11081E+18", "4.11081004002E+17", "3e+08", 4.11081001001e18, 330521100.5])
def test_codes_that_lost_digits_are_refused(typed: object) -> None:
    """What Excel writes into a CSV for a number too long to show."""
    assert to_code(pd.Series([typed]))[1].tolist() == [True]  # type: ignore[call-overload]


def test_a_file_with_such_a_code_is_refused(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"乡镇代码": ["411081004", "4.11081E+08"]}, geometry=[BOX] * 2, crs="EPSG:4547")
    frame.to_file(tmp_path / "p.gpkg")
    with pytest.raises(BadValueError, match=r"township_code（乡镇代码）.*末位数字已丢失.*2.*办法"):
        read_parcels(tmp_path / "p.gpkg")


def workbook(path: Path, rows: list[list[object]], formats: dict[str, str], *, mac: bool = False) -> Path:
    book = openpyxl.Workbook()
    if mac:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for cell, number_format in formats.items():
        sheet[cell].number_format = number_format
    book.save(path)
    return path


def test_codes_and_days_in_a_workbook(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["代码", "地类", "编号", "日期", "单价"],
            [330521100.0, 601, 411081004002100001, datetime.datetime(2021, 1, 1), "1,020元/㎡"],
            ["'0601", "0601", 12, 44197, 12.5],
        ],
        {"B2": "0000"},
    )
    table = sheet_table(path, ["代码"])
    assert table["代码"].tolist() == ["330521100", "0601"]
    assert table["地类"].tolist() == ["0601", "0601"]
    assert to_code(table["编号"])[1].tolist() == [True, False], "more digits than a workbook keeps"
    assert to_date(table["日期"])[0].tolist() == [pd.Timestamp(2021, 1, 1)] * 2


def test_a_workbook_that_counts_from_1904(tmp_path: Path) -> None:
    """42735 there is 2021-01-01, 1462 days on: right where it is formatted, asked for where it is not."""
    day = datetime.datetime(2021, 1, 1)
    good = workbook(tmp_path / "a.xlsx", [["成交日期", "单价"], [day, 42735]], {}, mac=True)
    assert sheet_table(good, ["单价"]).to_numpy().tolist() == [["2021-01-01", "42735"]]
    bad = workbook(tmp_path / "b.xlsx", [["单价", "成交日期"], [42735, day], [42735, 42735]], {}, mac=True)
    with pytest.raises(ReadError, match=r"b\.xlsx：Sheet!B3 的 42735 没有设日期格式.*1904.*办法"):
        sheet_table(bad, ["单价"])


def test_a_formula_that_was_never_computed_is_no_empty_cell(tmp_path: Path) -> None:
    """openpyxl writes formulas without values; every reader of workbooks names the cells."""
    rows: list[list[object]] = [["单价", "面积"], ["=800+25", 10], [5, "=SUM(B2:B2)"]]
    path = workbook(tmp_path / "a.xlsx", rows, {})
    said = r"a\.xlsx：有 2 格的公式没有算过的值：Sheet!A2、Sheet!B3。办法：在 Excel 或 WPS 中打开、保存后再读"
    for read in (workbook_grids, lambda file: sheet_table(file, ["单价"]), open_workbook):
        with pytest.raises(ReadError, match=said):
            read(path)


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_formulas_that_were_computed_are_their_values(prefix: str, tmp_path: Path) -> None:
    """As Excel writes them: a number; a text, which may be empty; an error. Some programs write a prefix."""
    path = workbook(tmp_path / "a.xlsx", [["单价", "备注", "误"], [1, 2, 3]], {})
    cells = {
        "A2": '<c r="A2"><f>800+25</f><v>825</v></c>',
        "B2": '<c r="B2" t="str"><f>""</f><v></v></c>',
        "C2": '<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    }
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    for number, (name, xml) in enumerate(cells.items(), start=1):
        parts[sheet] = parts[sheet].replace(f'<c r="{name}" t="n"><v>{number}</v></c>', xml)
    if prefix:
        parts[sheet] = re.sub(r"<(/?)(?=\w)", rf"<\1{prefix}", parts[sheet]).replace(" xmlns=", " xmlns:x=")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    assert sheet_table(path, ["单价"]).to_numpy().tolist() == [["825", "", "#DIV/0!"]]
