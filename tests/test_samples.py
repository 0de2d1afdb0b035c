"""Sample prices and other sheets of a bureau: every row kept, units and dates understood, the rest refused by cell."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pyproj import CRS

from landmarket.county import sample_county
from landmarket.errors import BadValueError, ReadError
from landmarket.io.sheet_tables import sheet_numbers, sheet_table
from landmarket.pricing.samples import read_samples, sample_columns

METRES = CRS.from_epsg(4547)
HEAD = ["样点编号", "样点类型", "用途", "成交日期", "面积（㎡）", "成交单价（元/㎡）", "横坐标", "纵坐标"]
ROW = ["Y1", "出让", "工业", "2025-03-01", 1234.5, 195.57, 437000.5, 3780000]
Rows = list[list[object]]


def workbook(path: Path, *sheets: Rows) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"表{number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def comma(path: Path, rows: Rows, encoding: str = "utf-8-sig") -> Path:
    path.write_text("\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows), encoding)
    return path


def test_the_sheet_of_the_sample_county() -> None:
    path = sample_county() / "samples.xlsx"
    samples = read_samples(path, METRES)
    rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    head, body = rows[1], rows[2:]
    assert len(samples) == len(body) == 400
    assert samples.crs == METRES
    assert samples.index.tolist() == [row[0] for row in body]
    assert samples["source_row"].tolist() == list(range(3, 403))
    read_from = {
        "样点类型": "sample_kind", "宗地代码": "parcel_code", "用途": "price_use", "交易方式": "mode",
        "面积（㎡）": "area", "使用年期": "term_years", "容积率": "floor_area_ratio", "成交总价（元）": "deal_price",
        "成交单价（元/㎡）": "deal_unit_price", "年租金（元/㎡·年）": "unit_rent", "开发程度": "development",
        "横坐标": "x", "纵坐标": "y", "备注": "note",
    }  # fmt: skip
    for header, name in read_from.items():
        expected = [row[head.index(header)] for row in body]
        for cell, value in zip(expected, samples[name], strict=True):
            if cell is None:
                assert pd.isna(value), (header, value)
            else:
                assert value == cell, header
    days = [day.date() for day in samples["deal_on"]]
    written = [str(row[head.index("成交日期")]) for row in body]
    assert {"年" in text for text in written} == {True, False}  # both forms stand in the sheet
    assert days == [date(*map(int, re.findall(r"[0-9]+", text)[:3])) for text in written]
    place = samples.geometry.notna()
    assert place.any()
    assert samples.geometry[place].x.tolist() == samples["x"][place].tolist()


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_headings_above_and_units_behind_a_header(tmp_path: Path, kind: str) -> None:
    rows: Rows = [["某县样点表"], ["单位：某局", None, "2025年"], [], HEAD, ROW, [], ["Y2", "出租", *ROW[2:]]]
    path = workbook(tmp_path / "a.xlsx", rows) if kind == "xlsx" else comma(tmp_path / "a.csv", rows)
    samples = read_samples(path, METRES)
    assert samples.index.tolist() == ["Y1", "Y2"]
    assert samples["source_row"].tolist() == [5, 7]
    first = samples.loc["Y1"]
    assert (first["area"], first["deal_unit_price"], first["price_use"]) == (1234.5, 195.57, "工业")
    assert (first.geometry.x, first.geometry.y) == (437000.5, 3780000)
    columns = [column.name for column in sample_columns() if column.name != "sample_id"]
    assert set(columns) <= set(samples.columns)
    assert samples[["parcel_code", "mode", "term_years", "unit_rent", "note"]].isna().all(axis=None)


def test_a_sheet_that_is_not_the_first(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["说明"], ["样点见下表"]], [HEAD, ROW])
    assert read_samples(path, METRES).index.tolist() == ["Y1"]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-03-01", date(2025, 3, 1)), ("2025年3月1日", date(2025, 3, 1)), ("2025/3/1", date(2025, 3, 1)),
        ("20250301", date(2025, 3, 1)), (datetime(2025, 3, 1), date(2025, 3, 1)), (date(2025, 3, 1), date(2025, 3, 1)),
        ("２０２５．３．１", date(2025, 3, 1)),
    ],
)  # fmt: skip
def test_dates_in_every_form(tmp_path: Path, cell: object, day: date) -> None:
    samples = read_samples(workbook(tmp_path / "a.xlsx", [HEAD, [*ROW[:3], cell, *ROW[4:]]]), METRES)
    assert samples["deal_on"].iloc[0].date() == day


def test_numbers_as_people_type_them(tmp_path: Path) -> None:
    row = ["Y1", "出让", "工业", "2025-03-01", "1,234.5", "１３.０５ 万元／亩", "—", None]
    first = read_samples(workbook(tmp_path / "a.xlsx", [HEAD, row]), METRES).iloc[0]
    assert (first["area"], first["deal_unit_price"]) == (1234.5, 195.75)  # 15 元/㎡ are 1 万元/亩
    assert math.isnan(first["x"])
    assert first["geometry"] is None
    row[5] = "195.57 元"
    with pytest.raises(BadValueError, match=r"成交单价（元/㎡）.*第 2 行 = '195.57 元'.*单位不是 元/㎡ 的写在数后"):
        read_samples(workbook(tmp_path / "a.xlsx", [HEAD, row]), METRES)


def test_codes_stay_text(tmp_path: Path) -> None:
    rows: Rows = [[*HEAD, "宗地代码"], [*ROW, "411081026029JB00007"], ["2", *ROW[1:], None], [3, *ROW[1:], 12]]
    samples = read_samples(workbook(tmp_path / "a.xlsx", rows), METRES)
    assert samples.index.tolist() == ["Y1", "2", "3"]
    assert samples["parcel_code"].tolist()[::2] == ["411081026029JB00007", "12"]


def test_of_several_headers_the_first_named_is_read(tmp_path: Path) -> None:
    # a running number beside the name of the sample
    rows: Rows = [["序号", *HEAD, "宗地面积"], [1, *ROW, 999], [2, "Y2", *ROW[1:], 999]]
    samples = read_samples(workbook(tmp_path / "a.xlsx", rows), METRES)
    assert samples.index.tolist() == ["Y1", "Y2"]
    assert samples["area"].tolist() == [1234.5, 1234.5]
    alone = read_samples(workbook(tmp_path / "b.xlsx", [["序号", *HEAD[1:]], [1, *ROW[1:]]]), METRES)
    assert alone.index.tolist() == ["1"]


def spoilt(place: int, cell: object) -> Rows:
    row = ROW.copy()
    row[place] = cell
    return [["样点表"], HEAD, ["Y0", *ROW[1:]], row]


def headed(old: str, new: str) -> Rows:
    return [[new if name == old else name for name in HEAD], ROW]


@pytest.mark.parametrize(
    ("rows", "error", "said"),
    [
        (spoilt(0, "Y0"), BadValueError, "样点编号为空或重复，共 2 行：第 3 行 = 'Y0'、第 4 行 = 'Y0'"),
        (spoilt(0, None), BadValueError, "样点编号为空或重复，共 1 行：第 4 行"),
        (spoilt(0, "—"), BadValueError, "样点编号为空或重复"),
        (spoilt(4, "很大"), BadValueError, "列 面积（㎡） 读不懂，共 1 行：第 4 行 = '很大'"),
        (spoilt(4, "5 元"), BadValueError, "列 面积（㎡） 读不懂.*5 元.*办法：写成数；单位不是 ㎡ 的写在数后"),
        (spoilt(5, "195.57①"), BadValueError, "列 成交单价（元/㎡） 读不懂"),
        (spoilt(3, "去年"), BadValueError, "列 成交日期 读不懂，共 1 行：第 4 行 = '去年'"),
        (spoilt(3, "2025-13-01"), BadValueError, "列 成交日期 读不懂"),
        (spoilt(3, "1025-01-01"), BadValueError, "列 成交日期 读不懂"),
        (headed("用途", "怎么用"), ReadError, "样点表缺少列 地价用途"),
        (headed("样点编号", "名称"), ReadError, "没有样点表（表头应有 样点编号、样点类型"),
        (headed("面积（㎡）", "面积（亩）"), ReadError, "列 面积（亩） 的单位不是 ㎡、平方米"),
        (headed("面积（㎡）", "面积(公顷)"), ReadError, "列 面积(公顷) 的单位不是 ㎡"),
        (headed("成交单价（元/㎡）", "成交单价（万元/亩）"), ReadError, "列 成交单价（万元/亩） 的单位不是 元/㎡"),
        (headed("成交单价（元/㎡）", "成交总价（万元）"), ReadError, "列 成交总价（万元） 的单位不是 元"),
        (headed("成交单价（元/㎡）", "年租金（元/亩·年）"), ReadError, "年租金（元/亩·年） 的单位不是"),
        (headed("成交单价（元/㎡）", "面积（平方米）"), ReadError, "列 面积（㎡）、面积（平方米） 是同一列"),
        (headed("成交日期", "用途"), ReadError, "表头重复：用途"),
        ([], ReadError, "没有样点表"),
    ],
)
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_sheets_that_cannot_be_read(tmp_path: Path, rows: Rows, error: type[Exception], said: str, kind: str) -> None:
    path = workbook(tmp_path / "a.xlsx", rows) if kind == "xlsx" else comma(tmp_path / "a.csv", rows)
    with pytest.raises(error, match=re.escape(said).replace(r"\.\*", ".*")) as refused:
        read_samples(path, METRES)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    "header", ["面积", "面积(㎡)", "面积（m2）", "面积（m²）", "面积（平方米）", "宗地面积（㎡）", " 面积 （㎡） "]
)
def test_the_same_unit_in_other_letters(tmp_path: Path, header: str) -> None:
    samples = read_samples(workbook(tmp_path / "a.xlsx", headed("面积（㎡）", header)), METRES)
    assert samples["area"].tolist() == [1234.5]


def test_a_sheet_without_samples_has_no_rows(tmp_path: Path) -> None:
    samples = read_samples(workbook(tmp_path / "a.xlsx", [HEAD]), METRES)
    assert len(samples) == 0
    assert samples.index.name == "sample_id"


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda folder: folder / "none.xlsx", "打不开"),
        (lambda folder: folder / "none.csv", "打不开"),
        (lambda folder: comma(folder / "a.csv", [HEAD, ROW], "utf-16"), "不是 UTF-8 文本"),
        (lambda folder: comma(folder / "a.xlsx", [HEAD, ROW]), "不是能读的 .xlsx 工作簿"),
        (lambda folder: comma(folder / "a.csv", [HEAD, ['"', *["x" * 9999] * 20]]), "不能作为 CSV 读取"),
    ],
)
def test_files_that_cannot_be_opened(tmp_path: Path, write: Callable[[Path], Path], said: str) -> None:
    with pytest.raises(ReadError, match=re.escape(said)):
        read_samples(write(tmp_path), METRES)


def test_what_the_columns_are() -> None:
    columns = sample_columns()
    names = [column.name for column in columns]
    assert len(set(names)) == len(names)
    headers = [header for column in columns for header in column.headers]
    assert len(set(headers)) == len(headers)
    assert {column.kind for column in columns} == {"text", "code", "number", "date"}
    assert [c.name for c in columns if c.required] == ["sample_id", "sample_kind", "price_use", "deal_on"]
    assert all(column.kind == "number" for column in columns if column.units)


def test_the_first_row_with_all_headers_is_the_header(tmp_path: Path) -> None:
    heads: Rows = [["村代码 汇总"], ["村代码", "说明"], ["村代码", "人口", None, "备注"]]
    rows: Rows = [*heads, ["1", 2, "无头", "甲"], [None, " "], ["3", ""]]
    table = sheet_table(workbook(tmp_path / "a.xlsx", rows), ["人口", "村代码"])
    assert list(table.columns) == ["村代码", "人口", "备注"]
    assert table.index.tolist() == [4, 6]
    assert table.to_dict("list") == {"村代码": ["1", "3"], "人口": ["2", ""], "备注": ["甲", ""]}
    with pytest.raises(ReadError, match="没有一行表头含有 人口、面积"):
        sheet_table(tmp_path / "a.xlsx", ["人口", "面积"])
    twice = comma(tmp_path / "b.csv", [["甲", "乙", "甲"], [1, 2, 3]])
    with pytest.raises(ReadError, match=r"b\.csv 的表头重复：甲"):
        sheet_table(twice, ["甲"])


def test_numbers_of_a_sheet(tmp_path: Path) -> None:
    path = comma(tmp_path / "a.csv", [["甲"], ["１２．５"], [""], ["-3"], ['"1,020"']])
    table = sheet_table(path, ["甲"])
    assert table.index.tolist() == [2, 4, 5]
    assert sheet_numbers(table, "甲", path).to_dict() == {2: 12.5, 4: -3.0, 5: 1020.0}
    blank = sheet_table(comma(path, [["甲", "乙"], [1, 2], ["", 3]]), ["甲"])
    assert math.isnan(sheet_numbers(blank, "甲", path)[3])
    none = sheet_table(comma(path, [["甲", "乙"], ["—", 2], ["/", 3], ["无", 4]]), ["甲"])
    assert sheet_numbers(none, "甲", path).isna().tolist() == [True, True, True]
    for odd in ("1,5", "三", "95%", "inf", "1020①"):
        wrong = sheet_table(comma(path, [["甲", "乙"], [1, 2], [f'"{odd}"', 3]]), ["甲"])
        with pytest.raises(BadValueError, match=re.escape(f"列 甲 不是数，共 1 行：第 3 行 = '{odd}'")):
            sheet_numbers(wrong, "甲", path)
