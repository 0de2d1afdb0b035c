"""The workbook, read back: every value, formula, format and line, and that text stays text."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet
from shapely import box

from landmarket.columns import schema
from landmarket.errors import BadValueError, IndexMismatchError, MissingColumnError, OutputError
from landmarket.report import INTERNAL_LINE, rule_sources, stated_sources, write_workbook
from landmarket.report.cells import LONGEST_TEXT, safe_text
from landmarket.rules import Rule

NOTICE = "示例数据：宗地、地价与成交均为虚构"
COUNTS = {"读入": 47, "采用": 40, "暂不处理": 7}
CREATED = datetime(2026, 3, 2, 9, 30)
TOWNSHIPS = [("凤鸣街道", "411081101"), ("*", "411081102"), ("=A1镇", "411081103"), ("fengming", "411081104")]
SHEETS = ["汇总", "入市资格", "宗地地价", "挂牌模拟", "收益分配", "依据", "数据检查", "暂不处理"]
PARTS = [
    "cost_fen",
    "fund_fen",
    "tax_fen",
    "township_fen",
    "reclaimed_fen",
    "village_fen",
    "group_fen",
    "members_fen",
]
HEADER, FIRST = 4, 5
"""Rows of the header and of the first record, as a spreadsheet counts them."""


def make_tables(number: int = 40, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Hand-made tables of every step: some parcels have no price, some of the priced no deal, some no township."""
    draw = random.Random(seed)  # noqa: S311 - test data, nothing secret
    codes = [f"411081001001JB{i:05d}" for i in range(1, number + 1)]
    index = pd.Index(codes, name="parcel_code")
    homes = [TOWNSHIPS[draw.randrange(4)] if i % 9 else (None, None) for i in range(number)]
    area = [draw.randrange(50_000, 9_000_000) / 100 for _ in codes]
    parcels = gpd.GeoDataFrame(
        {
            "source_row": range(1, number + 1),
            "township": pd.Series([home for home, _ in homes], dtype="str").to_numpy(),
            "township_code": pd.Series([code for _, code in homes], dtype="str").to_numpy(),
            "village": "东街社区",
            "area": area,
            "planned_use": "0601",
            "planned_use_name": "工业用地",
            "owner": "凤鸣街道东街社区股份经济合作社",
            "owner_level": "村",
            "member_count": pd.array([draw.randrange(50, 900) for _ in codes], dtype="Int64"),
            "geometry": [box(i * 100, 0, i * 100 + 90, 90) for i in range(number)],
        },
        index=index,
        crs="EPSG:4547",
    )
    entry = pd.DataFrame(
        {
            "allowed": [draw.choice(["可入市", "不可入市", "待核实"]) for _ in codes],
            "reason": "N01;U02",
            "reason_text": "规划用途不是工业、商业等经营性用途；缺少同意入市的表决记录，按未知处理",
            "article": "土地管理法第六十三条",
        },
        index=index,
    )
    priced = index[:30]
    unit = [draw.randrange(10_000, 200_000) for _ in priced]
    centi = [round(value * 100) for value in area[:30]]
    total = [(price * size + 50) // 100 for price, size in zip(unit, centi, strict=True)]
    prices = pd.DataFrame(
        {
            "township": parcels["township"][:30],
            "price_use": "工业",
            "grade": [draw.choice("ⅠⅡⅢ") for _ in priced],
            "area": area[:30],
            "base_price": 168.0,
            "因素:道路通达度": 2.5,
            "factor_sum": 0.0325,
            "date_factor": 1.012345,
            "far_factor": 1.0,
            "unit_price": [price / 100 for price in unit],
            "unit_price_fen": unit,
            "wan_per_mu": [price / 1500 for price in unit],
            "total_price": [fen / 100 for fen in total],
            "total_price_fen": total,
        },
        index=priced,
    )
    listed = priced[:20]
    sold = [fen * draw.randrange(100, 140) // 100 if draw.random() < 0.7 else None for fen in total[:20]]
    deals = pd.DataFrame(
        {
            "mode": "挂牌",
            "form": "出让",
            "outcome": ["成交" if fen else "流拍-无人报名" for fen in sold],
            "start_price_fen": total[:20],
            "deal_price_fen": pd.array(sold, dtype="Int64"),
            "deal_price": [fen / 100 if fen else np.nan for fen in sold],
            "premium_rate": [0.1234 if fen else np.nan for fen in sold],
            "onsite_bidding": "否",
            "notice_on": pd.Series([pd.Timestamp("2026-03-02")] * len(listed), dtype="datetime64[s]").to_numpy(),
            "contract_by": pd.Series(
                [pd.Timestamp("2026-04-20") if fen else pd.NaT for fen in sold], dtype="datetime64[s]"
            ).to_numpy(),
        },
        index=listed,
    )
    shares = pd.DataFrame([split(fen or 0, draw) for fen in sold], index=listed)
    findings = pd.DataFrame(
        {
            "source_row": [3, 5],
            "parcel_code": [None, codes[1]],
            "check": ["宗地代码缺失", "登记面积与图形不符"],
            "severity": ["提示", "错误"],
            "column": ["parcel_code", "registered_area"],
            "value": ["", "-5"],
            "cure": ["补全宗地代码", "核对登记面积与界址"],
        }
    )
    set_aside = gpd.GeoDataFrame(
        {
            "parcel_code": ["411081", None],
            "registered_area": ["=1+1", "0601"],
            "备注": ["\t制表", None],
            "set_aside_reason": ["宗地代码不是 19 位", "宗地代码缺失"],
            "geometry": [box(0, 0, 1, 1), None],
        },
        index=pd.Index([41, 47], name="source_row"),
        crs="EPSG:4547",
    )
    return {
        "parcels": parcels,
        "entry": entry,
        "prices": prices,
        "deals": deals,
        "shares": shares,
        "findings": findings,
        "set_aside": set_aside,
    }


def split(price: int, draw: random.Random) -> dict[str, object]:
    """Cut a price into the parts that add up to it."""
    cuts = [0, *sorted(draw.randrange(price + 1) for _ in range(len(PARTS) - 1)), price]
    parts: dict[str, object] = {name: cuts[i + 1] - cuts[i] for i, name in enumerate(PARTS)}
    return parts | {"fund_rate": 0.2, "per_member_fen": 123_456}


def make_sources() -> pd.DataFrame:
    """Two rules and two facts."""
    rules = [
        Rule("fund", "调节金比例", Decimal("0.20"), "", date(2023, 3, 1), "财税〔2016〕41号", verified=False),
        Rule(
            "clock",
            "方案报送期限",
            Decimal(10),
            "工作日",
            date(2021, 9, 1),
            "实施条例第四十条",
            verified=True,
            effective_to=date(2027, 12, 31),
        ),
    ]
    facts = {"随机种子": "411081", "公告文号": "禹政〔2025〕1号（虚构）"}
    return pd.concat([rule_sources(rules), stated_sources(facts, "county.toml")], ignore_index=True)


def write(folder: Path, tables: Mapping[str, pd.DataFrame], **changes: object) -> Path:
    """Write a workbook with usual arguments."""
    path = folder / "结果.xlsx"
    usual: dict[str, object] = {
        "title": "禹州市",
        "counts": COUNTS,
        "sources": make_sources(),
        "created": CREATED,
        "notice": NOTICE,
    }
    write_workbook(path, tables, **usual | changes)  # type: ignore[arg-type] # the tests pass what they name
    return path


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return make_tables()


@pytest.fixture(scope="module")
def path(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("workbook"), tables)


def test_all_sheets(path: Path) -> None:
    assert openpyxl.load_workbook(path).sheetnames == SHEETS


@pytest.fixture(scope="module")
def formulas(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def stored(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path, data_only=True)


def headers(sheet: Worksheet) -> dict[str, int]:
    """Column number of each header, line breaks taken out."""
    found = {str(cell.value).replace("\n", ""): cell.column for cell in sheet[HEADER] if cell.value is not None}
    return {name: column for name, column in found.items() if column is not None}


def column_of(sheet: Worksheet, header: str, rows: int) -> list[Cell]:
    """Cells of a column, the totals left out."""
    number = headers(sheet)[header]
    return [sheet.cell(row, number) for row in range(FIRST, FIRST + rows)]  # type: ignore[misc] # no merged cells


def exact(yuan: object) -> Fraction:
    """A number as the file prints it."""
    return Fraction(repr(yuan)) if isinstance(yuan, float) else Fraction(str(yuan))


@pytest.mark.parametrize("name", SHEETS)
def test_every_sheet_says_what_it_is(formulas: openpyxl.Workbook, name: str) -> None:
    sheet = formulas[name]
    assert sheet["A1"].value == f"禹州市　{name}"
    assert sheet["A2"].value == NOTICE
    assert sheet["A3"].value == f"读入 47 宗　采用 40 宗　暂不处理 7 宗　｜　{INTERNAL_LINE}"
    assert sheet.oddHeader.right.text == NOTICE
    assert sheet.oddFooter.left.text == INTERNAL_LINE
    assert sheet.oddFooter.right.text == "第 &P 页，共 &N 页"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize in ("8", "9", 8, 9)  # A3, A4
    assert sheet.page_setup.fitToWidth in (None, 1, "1")  # 1 is the default
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$4"
    assert sheet.freeze_panes == ("C5" if headers(sheet).get("宗地代码") == 1 else "B5")


def test_headers_are_chinese_with_units(formulas: openpyxl.Workbook) -> None:
    for sheet in formulas.worksheets:
        assert all(re.search("[\u4e00-\u9fff]", header) for header in headers(sheet)), headers(sheet)
    assert {"计价面积（㎡）", "折合亩数（亩）", "地面单价（元/㎡）", "总地价（元）", "因素:道路通达度（%）"} <= set(
        headers(formulas["宗地地价"])
    )
    assert "单价分" not in str(headers(formulas["宗地地价"]))
    assert {"起始价（元）", "成交价（元）", "人均分配（元/人）"} <= {
        *headers(formulas["挂牌模拟"]),
        *headers(formulas["收益分配"]),
    }


def test_prices_are_the_table(formulas: openpyxl.Workbook, tables: dict[str, pd.DataFrame]) -> None:
    sheet, prices = formulas["宗地地价"], tables["prices"]
    read = {
        "宗地代码": prices.index.tolist(),
        "土地级别": prices["grade"].tolist(),
        "计价面积（㎡）": prices["area"].tolist(),
        "期日修正系数": prices["date_factor"].tolist(),
        "地面单价（元/㎡）": [fen / 100 for fen in prices["unit_price_fen"]],
        "总地价（元）": [fen / 100 for fen in prices["total_price_fen"]],
    }
    for header, values in read.items():
        assert [cell.value for cell in column_of(sheet, header, 30)] == values, header
    mu = [cell.value for cell in column_of(sheet, "折合亩数（亩）", 30)]
    assert mu == pytest.approx([area / 10_000 * 15 for area in prices["area"]], rel=1e-14)
    formats = {header: column_of(sheet, header, 1)[0].number_format for header in headers(sheet)}
    assert formats["总地价（元）"] == formats["计价面积（㎡）"] == formats["折合亩数（亩）"] == "#,##0.00"
    assert formats["期日修正系数"] == "0.0000##"
    assert formats["宗地代码"] == "@"


def test_a_calculator_on_the_sheet_gives_the_price(stored: openpyxl.Workbook) -> None:
    sheet = stored["宗地地价"]
    unit, area, total = (column_of(sheet, name, 30) for name in ("地面单价（元/㎡）", "计价面积（㎡）", "总地价（元）"))
    for u, a, t in zip(unit, area, total, strict=True):
        product = exact(u.value) * exact(a.value) * 100
        assert int(product + Fraction(1, 2)) == exact(t.value) * 100


def test_other_sheets_are_their_tables(formulas: openpyxl.Workbook, tables: dict[str, pd.DataFrame]) -> None:
    entry, deals, parcels = tables["entry"], tables["deals"], tables["parcels"]
    assert [c.value for c in column_of(formulas["入市资格"], "入市资格", 40)] == entry["allowed"].tolist()
    assert [c.value for c in column_of(formulas["入市资格"], "规划用途代码", 40)] == ["0601"] * 40
    towns = parcels["township"].fillna("乡镇不明").tolist()
    assert [c.value for c in column_of(formulas["入市资格"], "乡镇", 40)] == towns
    sold = [None if pd.isna(fen) else fen / 100 for fen in deals["deal_price_fen"]]
    assert [c.value for c in column_of(formulas["挂牌模拟"], "成交价（元）", 20)] == sold
    days = [None if pd.isna(day) else day.to_pydatetime() for day in deals["contract_by"]]
    cells = column_of(formulas["挂牌模拟"], "签约期限", 20)
    assert [cell.value for cell in cells] == days
    assert cells[0].number_format == "yyyy-mm-dd"
    rates = column_of(formulas["收益分配"], "调节金比例", 20)
    assert {cell.value for cell in rates} == {0.2}
    assert rates[0].number_format == "0.00##%"
    findings = formulas["数据检查"]
    assert [c.value for c in column_of(findings, "严重程度", 2)] == ["错误", "提示"]  # errors first
    assert [c.value for c in column_of(findings, "列", 2)] == ["registered_area（登记面积）", "parcel_code（宗地代码）"]
    assert [c.value for c in column_of(findings, "值", 2)] == ["-5", None]
    aside = formulas["暂不处理"]
    assert [c.value for c in column_of(aside, "源文件行号", 2)] == [41, 47]
    assert [c.value for c in column_of(aside, "登记面积（㎡）", 2)] == ["=1+1", "0601"]
    assert [c.value for c in column_of(aside, "暂不处理原因", 2)] == ["宗地代码不是 19 位", "宗地代码缺失"]


def test_sources(formulas: openpyxl.Workbook) -> None:
    rows = [[cell.value for cell in row] for row in formulas["依据"].iter_rows(min_row=FIRST, max_row=FIRST + 3)]
    assert [cell.value for cell in formulas["依据"][HEADER]] == [
        "名称", "值", "单位", "生效日期", "失效日期", "来源", "是否核对原文", "说明",
    ]  # fmt: skip
    assert rows[0][:7] == ["调节金比例", "0.20", None, datetime(2023, 3, 1), None, "财税〔2016〕41号", "否（未核对）"]
    assert rows[1][:7] == [
        "方案报送期限",
        "10",
        "工作日",
        datetime(2021, 9, 1),
        datetime(2027, 12, 31),
        "实施条例第四十条",
        "是",
    ]
    assert rows[2][:2] == ["随机种子", "411081"]
    assert rows[2][6] == "—"


SUMS = {
    "入市资格": ["计价面积（㎡）", "折合亩数（亩）"],
    "宗地地价": ["计价面积（㎡）", "折合亩数（亩）", "总地价（元）"],
    "挂牌模拟": ["计价面积（㎡）", "总地价（元）", "起始价（元）", "成交价（元）"],
    "收益分配": [
        "成交价（元）",
        "成本补偿（元）",
        "土地增值收益调节金（元）",
        "税费（元）",
        "乡镇集体（元）",
        "复垦区集体（元）",
        "村集体（元）",
        "组集体（元）",
        "成员分配（元）",
    ],
}
ROWS = {"入市资格": 40, "宗地地价": 30, "挂牌模拟": 20, "收益分配": 20}


@pytest.mark.parametrize("name", SUMS)
def test_totals_are_live_and_stored(formulas: openpyxl.Workbook, stored: openpyxl.Workbook, name: str) -> None:
    rows = ROWS[name]
    last = FIRST + rows
    assert formulas[name].cell(last, 1).value == "合计"
    for header in SUMS[name]:
        number = headers(formulas[name])[header]
        cell, letter = formulas[name].cell(last, number), openpyxl.utils.get_column_letter(number)
        assert cell.value == f"=SUM({letter}{FIRST}:{letter}{last - 1})"
        cells = [c.value for c in column_of(stored[name], header, rows) if c.value is not None]
        total = sum(map(exact, cells))
        written = stored[name].cell(last, number).value
        assert abs(exact(written) - total) <= (Fraction(1, 10**6) if "亩" in header else 0), header
        assert cell.font.bold
    assert formulas[name].auto_filter.ref.endswith(str(last - 1))  # sorting and filtering leave the totals alone
    assert formulas[name].auto_filter.ref.startswith(f"A{HEADER}:")


def test_parts_make_the_price(
    formulas: openpyxl.Workbook, stored: openpyxl.Workbook, tables: dict[str, pd.DataFrame]
) -> None:
    header = "校验：各项之和与成交价之差（元）"
    assert {cell.value for cell in column_of(stored["收益分配"], header, 21)} == {0}
    cell = column_of(formulas["收益分配"], header, 1)[0]
    formula = re.fullmatch(r"=ROUND\(([A-Z]+)5\*\(COUNT\((.*)\)>0\)-SUM\((.*)\),2\)", str(cell.value))
    whole, parts, summed = formula.groups()  # type: ignore[union-attr]
    assert parts == summed
    where = {openpyxl.utils.get_column_letter(number): name for name, number in headers(formulas["收益分配"]).items()}
    assert where[whole] == "成交价（元）"
    assert {where[part.removesuffix("5")] for part in parts.split(",")} == set(SUMS["收益分配"][1:])


def test_a_wrong_split_is_seen(tmp_path: Path) -> None:
    tables = make_tables()
    row = tables["deals"]["deal_price_fen"].notna().to_numpy().nonzero()[0][0]
    tables["shares"].iloc[row, tables["shares"].columns.get_loc("tax_fen")] += 3  # type: ignore[call-overload, operator] # one column
    sheet = openpyxl.load_workbook(write(tmp_path, tables), data_only=True)["收益分配"]
    cells = column_of(sheet, "校验：各项之和与成交价之差（元）", 21)
    assert [cell.value for cell in cells] == [-0.03 if i in (row, 20) else 0 for i in range(21)]
    area = f"{cells[0].coordinate}:{cells[-1].coordinate}"
    rules = [rule for found in sheet.conditional_formatting if str(found.sqref) == area for rule in found.rules]
    assert [(rule.operator, rule.formula) for rule in rules] == [("notEqual", ["0"])]


def test_a_deal_without_a_split_says_why_and_differs_by_nothing(tmp_path: Path) -> None:
    tables = make_tables()
    row = tables["deals"]["deal_price_fen"].notna().to_numpy().nonzero()[0][0]
    shares = tables["shares"].astype(dict.fromkeys(PARTS, "Int64"))
    shares.loc[shares.index[row], PARTS] = pd.NA
    shares["split_gap"] = ["区位 缺：补上" if i == row else "" for i in range(len(shares))]
    sheet = openpyxl.load_workbook(write(tmp_path, tables | {"shares": shares}), data_only=True)["收益分配"]
    cells = column_of(sheet, "校验：各项之和与成交价之差（元）", 21)
    assert [cell.value for cell in cells] == [0] * 21
    reasons = [cell.value for cell in column_of(sheet, "未分配原因", 20)]
    assert [reason for reason in reasons if reason] == ["区位 缺：补上"]
    assert reasons[row]


def evaluate(book: openpyxl.Workbook, formula: str, township: str) -> Fraction:
    """Work out a formula of the summary from the cells it names, as a spreadsheet would."""

    def cells(reference: str) -> list[object]:
        sheet, area = re.fullmatch(r"'(.+)'!(.+)", reference).groups()  # type: ignore[union-attr]
        return [row[0].value for row in book[sheet][area.replace("$", "")]]

    names = r"('[^']+'![$A-Z0-9:]+)"
    ours, rest = re.fullmatch(rf"=SUMPRODUCT\(EXACT\({names},\$A\d+\)(.*)\)", formula).groups()  # type: ignore[union-attr]
    chosen = [str(name) == township for name in cells(ours)]
    if rest == "*1":
        return Fraction(sum(chosen))
    if numbers := re.fullmatch(rf"\*ISNUMBER\({names}\)", rest):
        return Fraction(sum(a and isinstance(v, int | float) for a, v in zip(chosen, cells(numbers[1]), strict=True)))
    if text := re.fullmatch(rf'\*EXACT\({names},"(.+)"\)', rest):
        return Fraction(sum(a and v == text[2] for a, v in zip(chosen, cells(text[1]), strict=True)))
    added = re.fullmatch(rf"\*1,{names}", rest)
    assert added is not None, formula
    return sum((exact(v) for a, v in zip(chosen, cells(added[1]), strict=True) if a and v is not None), Fraction(0))


def test_summary_formulas_give_their_stored_values(formulas: openpyxl.Workbook, stored: openpyxl.Workbook) -> None:
    towns = [cell.value for cell in formulas["汇总"]["A"][FIRST - 1 :]]
    assert towns == ["凤鸣街道", "*", "=A1镇", "fengming", "乡镇不明", "合计"]
    assert formulas["汇总"]["A7"].data_type == "s"
    count = 0
    for header, number in headers(formulas["汇总"]).items():
        if header == "乡镇":
            continue
        values = []
        for row, town in enumerate(towns[:-1], start=FIRST):
            formula = str(formulas["汇总"].cell(row, number).value)
            values.append(exact(stored["汇总"].cell(row, number).value))
            assert abs(values[-1] - evaluate(stored, formula, str(town))) <= Fraction(1, 10**6), header
            count += 1
        letter = openpyxl.utils.get_column_letter(number)
        assert formulas["汇总"].cell(10, number).value == f"=SUM({letter}5:{letter}9)"
        assert abs(exact(stored["汇总"].cell(10, number).value) - sum(values)) <= Fraction(1, 10**6)
    assert count == 5 * 19


def test_summary_is_the_tables(stored: openpyxl.Workbook, tables: dict[str, pd.DataFrame]) -> None:
    sheet, where = stored["汇总"], headers(stored["汇总"])
    town = tables["parcels"]["township"].fillna("乡镇不明")
    for row in range(FIRST, FIRST + 5):
        here = town.index[town == sheet.cell(row, 1).value]

        def total(table: str, column: str, here: pd.Index[str] = here) -> float:
            values = tables[table].loc[tables[table].index.intersection(here), column].dropna()
            return sum(int(value) for value in values) / 100

        assert sheet.cell(row, where["宗数（宗）"]).value == len(here)
        assert sheet.cell(row, where["可入市（宗）"]).value == tables["entry"].loc[here, "allowed"].eq("可入市").sum()
        assert sheet.cell(row, where["总地价（元）"]).value == total("prices", "total_price_fen")
        sold = tables["deals"]["deal_price_fen"].reindex(here).notna().sum()
        assert sheet.cell(row, where["成交（宗）"]).value == sold
        for header, column in (("土地增值收益调节金（元）", "fund_fen"), ("成员分配（元）", "members_fen")):
            assert sheet.cell(row, where[header]).value == total("shares", column)


HOSTILE = [
    '=HYPERLINK("http://x","y")', "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "{=1}", "http://example.com", "internal:A1",
    "mailto:a@b.c", "0601", "1e5", "TRUE", "a\x00b\x1f", "\u202egnp", "_x0041_", "]]>&<b>'\"", "\ufffe", "行一\r\n行二",
]  # fmt: skip


def test_text_stays_text(tmp_path: Path) -> None:
    tables = make_tables(number=len(HOSTILE))
    for name, column in (
        ("parcels", "township"),
        ("parcels", "village"),
        ("entry", "reason_text"),
        ("prices", "grade"),
    ):
        tables[name][column] = HOSTILE[: len(tables[name])]
    tables["parcels"]["owner"] = HOSTILE
    tables["prices"]["township"] = HOSTILE[: len(tables["prices"])]
    tables["entry"]["=cmd|' /C calc'!A1"] = HOSTILE
    tables["set_aside"]["=1+2"] = HOSTILE[:2]
    sources = stated_sources({text: text for text in HOSTILE}, "=来源")
    path = write(tmp_path, tables, title="=1+1", notice="=2+2", internal_line="@内部", sources=sources)
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.hyperlink is None
                if cell.data_type == "f":
                    assert re.match(r"=(SUM|ROUND|SUMPRODUCT)\(", str(cell.value)), cell
    shown = [cell.value for cell in column_of(book["入市资格"], "原因", len(HOSTILE))]
    changed = {"\r=1": "␍=1", "a\x00b\x1f": "a␀b␟", "\u202egnp": "�gnp", "\ufffe": "�", "行一\r\n行二": "行一\n行二"}
    assert shown == [changed.get(text, text) for text in HOSTILE]
    assert all(cell.data_type == "s" for cell in column_of(book["入市资格"], "原因", len(HOSTILE)))
    assert len({cell.value for cell in book["汇总"]["A"][FIRST - 1 :]}) == len(HOSTILE) + 1
    with zipfile.ZipFile(path) as package:
        assert not [name for name in package.namelist() if "externalLink" in name or "vba" in name]
        assert all(b"hyperlink" not in package.read(name) for name in package.namelist() if "/worksheets/" in name)


@pytest.mark.parametrize("text", ["长" * 40_000, "😀" * 20_000, "a" * LONGEST_TEXT + "b"])
def test_long_text_is_cut_with_a_mark(tmp_path: Path, text: str) -> None:
    cut = safe_text(text)
    assert len(cut.encode("utf-16-le")) // 2 <= LONGEST_TEXT
    assert cut.endswith(f"…（原文 {len(text)} 字，以下截去）")
    tables = make_tables(number=3)
    tables["entry"]["article"] = [text, "a" * LONGEST_TEXT, "短"]
    book = openpyxl.load_workbook(write(tmp_path, tables))
    assert [cell.value for cell in column_of(book["入市资格"], "依据条款", 3)] == [cut, "a" * LONGEST_TEXT, "短"]


def test_print_lines_are_escaped_and_short(tmp_path: Path) -> None:
    path = write(tmp_path, make_tables(number=2), notice="甲&P乙" * 100, title="A&B", internal_line="x&Ly")
    with zipfile.ZipFile(path) as package:
        xml = package.read("xl/worksheets/sheet2.xml").decode()
    line = re.search("<oddHeader>(.*?)</oddHeader>", xml)
    assert line is not None
    text = line[1].replace("&amp;", "&")
    assert text.startswith("&LA&&B　入市资格&R甲&&P乙")
    assert len(text) <= 255
    assert "<oddFooter>&amp;Lx&amp;&amp;Ly&amp;R第 &amp;P 页，共 &amp;N 页</oddFooter>" in xml


def test_codes_that_a_reader_made_numbers_are_text(tmp_path: Path) -> None:
    tables = make_tables(number=3)
    tables["parcels"]["planned_use"] = [601.0, 1001.0, np.nan]
    book = openpyxl.load_workbook(write(tmp_path, tables))
    cells = column_of(book["入市资格"], "规划用途代码", 3)
    assert [(cell.value, cell.data_type) for cell in cells[:2]] == [("601", "s"), ("1001", "s")]
    assert cells[2].value is None


def test_tall_rows_have_room_for_their_text(tmp_path: Path) -> None:
    tables = make_tables(number=3)
    tables["parcels"]["owner"] = "东街社区"
    tables["entry"]["reason_text"] = ["短", "规划用途不是工业、商业等经营性用途；" * 10, "一\n二\n三"]
    sheet = openpyxl.load_workbook(write(tmp_path, tables))["入市资格"]
    column = openpyxl.utils.get_column_letter(headers(sheet)["原因"])
    lines = 360 / (sheet.column_dimensions[column].width - 1)  # 180 full-width characters
    assert sheet.row_dimensions[FIRST].height is None
    assert lines * 13 <= sheet.row_dimensions[FIRST + 1].height <= (lines + 2) * 15
    assert sheet.row_dimensions[FIRST + 2].height >= 3 * 13
    assert sheet.cell(FIRST + 1, headers(sheet)["原因"]).alignment.wrap_text


def test_notes_are_not_printed(tmp_path: Path) -> None:
    tables = make_tables(number=3)
    tables["prices"]["date_note"] = "指数 100.5（2026-01-01）÷ 100（2025-01-01）"
    sheet = openpyxl.load_workbook(write(tmp_path, tables))["宗地地价"]
    where = headers(sheet)
    assert where["期日说明"] == len(where) == where["总地价（元）"] + 1
    last = openpyxl.utils.get_column_letter(where["总地价（元）"])
    assert sheet.print_area == f"'宗地地价'!$A$1:${last}$8"


def test_empty_tables_say_so(tmp_path: Path) -> None:
    tables = {name: table.iloc[:0] for name, table in make_tables().items()}
    book = openpyxl.load_workbook(write(tmp_path, tables, sources=make_sources().iloc[:0]))
    assert book.sheetnames == SHEETS
    for sheet in book.worksheets[1:]:
        assert sheet.cell(FIRST, 1).value == "（无）"
        assert not [c for row in sheet.iter_rows(min_row=FIRST) for c in row if c.data_type == "f"]


def test_parcels_alone(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write(tmp_path, {"parcels": make_tables()["parcels"]}))
    assert book.sheetnames == ["汇总", "依据"]


def test_same_input_same_bytes(tmp_path: Path, path: Path, tables: dict[str, pd.DataFrame]) -> None:
    assert write(tmp_path, tables).read_bytes() == path.read_bytes()
    assert openpyxl.load_workbook(path).properties.created == CREATED


def test_input_is_not_changed(tmp_path: Path) -> None:
    tables = make_tables()
    write(tmp_path, tables)
    for name, table in make_tables().items():
        pd.testing.assert_frame_equal(pd.DataFrame(tables[name]), pd.DataFrame(table))


def test_refusals(tmp_path: Path) -> None:
    tables = make_tables()
    cases: list[tuple[type[Exception], str, dict[str, pd.DataFrame]]] = [
        (BadValueError, "保密", {"deals": tables["deals"].assign(reserve_price_fen=1)}),
        (BadValueError, "表 .* 不对", {"别的": tables["deals"]}),
        (
            IndexMismatchError,
            "parcels 中没有的宗地.*共 1 行：X",
            {"entry": tables["entry"].rename(index={tables["entry"].index[0]: "X"})},
        ),
        (BadValueError, "宗地代码重复", {"entry": pd.concat([tables["entry"], tables["entry"].iloc[:1]])}),
        (MissingColumnError, "township（乡镇）", {"parcels": tables["parcels"].drop(columns="township")}),
        (BadValueError, "无穷大", {"prices": tables["prices"].assign(far_factor=np.inf)}),
        (OutputError, "1048576 行.*办法", {"findings": pd.DataFrame({"x": np.zeros(1_048_572, dtype="int8")})}),
        (OutputError, "16384 列.*办法", {"set_aside": pd.DataFrame(np.zeros((1, 16_383), dtype="int8"))}),
    ]
    for error, said, changed in cases:
        with pytest.raises(error, match=said):
            write(tmp_path, tables | changed)
    with pytest.raises(BadValueError, match="不对"):
        write(tmp_path, {"entry": tables["entry"]})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError, match="办法"):
        write(tmp_path / "无", tables)


def test_layout_names_columns_that_exist() -> None:
    from landmarket.report.cells import _HEADERS
    from landmarket.report.layout import _layout, summary_columns

    for (sheet, table), columns in _layout().items():
        unknown = {name for name, _ in columns} - set(schema()) - set(_HEADERS) - {"*"}
        assert not unknown, (sheet, table)
    sheets = {sheet: {name for name, _ in columns} for (sheet, _), columns in _layout().items()}
    assert all(column.column in sheets[column.sheet] for column in summary_columns())
    assert {column.how for column in summary_columns()} == {"count", "sum", "equal", "filled"}
