"""Price notices as read: two published ones, and every doubtful cell found where it stands."""

from __future__ import annotations

import csv
import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from landmarket.errors import BadValueError, OutputError, PriceTableWarning, ReadError
from landmarket.io.sheets import Grid, cell_text
from landmarket.io.values import number
from landmarket.pricing import PriceTable, read_price_table, write_price_table
from landmarket.pricing.development import development_items
from landmarket.pricing.notice_cells import grade_rank, grade_text
from landmarket.pricing.price_table import Outside
from landmarket.units import round_half_up
from tests.test_corrections import JIAN_FAR

DATA = Path(__file__).parent / "data"
FRAMES = ("prices", "grade_ranges", "uses", "dates", "far", "factors", "steps", "development")
Sheets = dict[str, list[list[object]]]
Writer = Callable[..., Path]


@pytest.fixture
def tongdao() -> PriceTable:
    return read_price_table(DATA / "tongdao")


@pytest.fixture
def pengshan() -> PriceTable:
    with pytest.warns(PriceTableWarning, match=r"connotation\.csv!A3 = '宅基地'"):
        return read_price_table(DATA / "pengshan")


def sheets() -> Sheets:
    """A small notice without any fault."""
    return {
        "公告说明": [
            ["公告名称", "某县集体建设用地基准地价"],
            ["文号", "某政〔2025〕1号"],
            ["发布日期", "2025年3月31日"],
            ["估价期日", date(2025, 1, 1)],
            ["权利类型", "集体建设用地出让"],
            ["容积率表外处理", "取端值"],
        ],
        "基准地价表": [
            ["表1 某县集体建设用地基准地价表", None, None, None, None, None],
            ["乡镇", "级别", "商服", None, "工业", None],
            [None, None, "元/㎡", "万元/亩", "元/㎡", "万元/亩"],
            ["东镇", "Ⅰ级", "1,020", "68.00", " 170 ", "11.33"],
            [None, "II", "６４５", "43.00", "170", "11.33"],
            ["西乡", "I", 560, 37.33, "144", "9.60"],
            ["注：本表为公告全文。", None, None, None, None, None],
        ],
        "价格内涵": [
            ["用途", "级别", "法定最高年期", "容积率", "开发程度", "土地还原率(%)", "地价类型"],
            ["商服", None, "40年", 1.5, "五通一平", 6.5, "地面地价"],
            ["工业", None, 50, 1, "五通一平", "5.5%", "地面地价"],
        ],
        "用途对应": [
            ["用途", "分类标准", "用地代码"],
            ["商服", "用地用海分类2023", "09"],
            ["工业", "用地用海分类2023", "10，1101"],
        ],
        "级别范围": [
            ["乡镇", "用途", "级别", "范围"],
            ["东镇", None, "I", "东关村、西关社区"],
            ["东镇", None, "II", "王庄村、李庄"],
            ["西乡", None, "Ⅰ", "全域"],
        ],
        "期日修正": [["期日", "用途", "指数"], ["2025-01-01", None, 100], ["2026-01-01", None, "101.5"]],
        "容积率修正": [
            ["用途", "级别", "容积率", "系数"],
            ["商服", None, 1.0, 0.86],
            ["商服", None, 1.5, 1.0],
            ["商服", None, 2.0, 1.2],
        ],
        "因素修正": [
            ["用途", "级别", "因素", "优", "较优", "一般", "较劣", "劣"],
            ["商服", None, "道路通达度", 8.59, 4.29, 0, -4.29, -8.59],
        ],
        "其他修正": [
            ["名称", "用途", "列", "下限", "上限", "等级", "系数"],
            ["面积修正", "商服", "面积", None, 500, None, 0.98],
            ["面积修正", "商服", "面积", 500, None, None, 1],
        ],
        "开发程度修正": [["项目", "元/㎡"], ["通气", 15], ["通讯", 6]],
    }


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def writer(notice: Sheets, merged: tuple[str, ...] = ("A1:F1", "C2:D2", "E2:F2", "A4:A5")) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in notice.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        for cells in merged:
            book["基准地价表"].merge_cells(cells)
        path = tmp_path / "notice.xlsx"
        book.save(path)
        return path

    return writer


def only_finding(path: Path) -> dict[str, str]:
    """Read a notice that has exactly one doubtful cell, and check that the warning says the same."""
    with pytest.warns(PriceTableWarning) as caught:
        table = read_price_table(path)
    assert len(table.findings) == len(caught) == 1, table.findings.to_string()
    found = table.findings.iloc[0].to_dict()
    assert found["where"] in str(caught[0].message)
    assert found["cure"]
    return found


def test_workbook_as_printed_reads_without_a_finding(write: Writer) -> None:
    table = read_price_table(write(sheets()))
    assert table.name == "某县集体建设用地基准地价"
    assert (table.published, table.connotation.base_date) == (date(2025, 3, 31), date(2025, 1, 1))
    assert (table.decimals, table.factor_decimals, table.far_outside) == (2, 6, Outside.CLAMP)
    assert table.prices.to_numpy().tolist() == [
        ["东镇", "I", "商服", 1020],
        ["东镇", "I", "工业", 170],
        ["东镇", "II", "商服", 645],
        ["东镇", "II", "工业", 170],
        ["西乡", "I", "商服", 560],
        ["西乡", "I", "工业", 144],
    ]
    assert table.connotation.by_use["capitalisation_rate"].tolist() == [0.065, 0.055]
    assert table.connotation.by_use["legal_term"].tolist() == [40, 50]
    assert table.uses["code"].tolist() == ["09", "10", "1101"]
    assert table.grade_ranges["village"].tolist() == ["东关村", "西关社区", "王庄村", "李庄", "全域"]
    assert table.steps["column"].unique().tolist() == ["area"]
    assert table.findings.empty


def test_every_row_of_pengshan(pengshan: PriceTable) -> None:
    printed = pd.read_csv(DATA / "pengshan" / "prices.csv", dtype=str, encoding="utf-8-sig")
    assert len(pengshan.prices) == len(printed) == 51
    assert pengshan.prices["unit_price"].tolist() == printed["元/㎡"].astype(float).tolist()
    for yuan, wan in zip(printed["元/㎡"], printed["万元/亩"], strict=True):
        assert round_half_up(Decimal(yuan) / 15, 2) == Decimal(wan)
    assert pengshan.findings["message"].tolist() == ["基准地价表没有用途 宅基地"]
    basis = pengshan.connotation.by_use.set_index("use")
    assert np.isinf(basis.loc["宅基地", "legal_term"])
    assert np.isnan(basis.loc["公共管理与公共服务", "floor_area_ratio"])


def test_every_table_of_tongdao(tongdao: PriceTable) -> None:
    assert tongdao.findings.empty
    assert {name: len(getattr(tongdao, name)) for name in FRAMES} == {
        "prices": 30,
        "grade_ranges": 0,
        "uses": 0,
        "dates": 0,
        "far": 205,
        "factors": 12,
        "steps": 30 + 15 + 5 + 8,
        "development": 0,
    }
    stated = {"一级": 2.0, "二级": 2.0, "三级": 1.8, "四级": 1.6, "五级": 1.5}
    at_baseline = tongdao.far.set_index(["grade", "floor_area_ratio"])["factor"]
    assert [at_baseline[grade, ratio] for grade, ratio in stated.items()] == [1.0] * 5
    rates = tongdao.connotation.by_use.groupby("use")["capitalisation_rate"].first()
    assert rates.to_dict() == {
        "商业服务业用地": 0.077,
        "居住用地": 0.0675,
        "工矿用地": 0.058,
        "仓储用地": 0.058,
        "公共管理与公共服务用地": 0.0625,
        "公用设施用地": 0.0595,
    }
    assert tongdao.monthly_growth == Decimal("0.002")


@pytest.mark.parametrize("text", ["—", "/", "", None, "——", "无"])
def test_cell_without_a_price(write: Writer, text: str | None) -> None:
    notice = sheets()
    notice["基准地价表"][4][4:6] = [text, text]
    found = only_finding(write(notice))
    assert (found["where"], found["severity"]) == ("基准地价表!E5", "警告")
    assert "无价" in found["message"]


def test_a_price_that_is_a_formula_nobody_computed_stops(write: Writer) -> None:
    """It was taken for a cell without a price."""
    notice = sheets()
    notice["基准地价表"][4][2] = "=800+25"
    with pytest.raises(ReadError, match=r"notice\.xlsx：有 1 格的公式没有算过的值：基准地价表!C5。办法"):
        read_price_table(write(notice))


def test_price_that_is_no_number(write: Writer) -> None:
    notice = sheets()
    notice["基准地价表"][4][4:6] = ["面议", "—"]
    found = only_finding(write(notice))
    assert (found["where"], found["value"], found["severity"]) == ("基准地价表!E5", "面议", "错误")


@pytest.mark.parametrize("text", ["1020①", "102²", "1,5", "12,34", "１，５", "1_020", "1020%", "٣٤٥", "1,0201"])
def test_price_that_only_looks_like_a_number(write: Writer, text: str) -> None:
    notice = sheets()
    notice["基准地价表"][4][4:6] = [text, "—"]
    found = only_finding(write(notice))
    assert (found["where"], found["value"], found["message"]) == ("基准地价表!E5", text, "不是价格，按无价处理")


@pytest.mark.parametrize("mark", ["①", "²", "⑴", "₁", "❶"])
def test_footnote_mark_is_no_digit(write: Writer, mark: str) -> None:
    for sheet, row, column, kept in (
        ("容积率修正", 2, 3, "1.0"),
        ("价格内涵", 1, 2, "40"),
        ("期日修正", 2, 0, "2026-01-1"),
    ):
        notice = sheets()
        notice[sheet][row][column] = f"{kept}{mark}"
        with pytest.raises(ReadError, match=f"{kept}{mark}"):
            read_price_table(write(notice))
    assert mark in grade_text(f"1{mark}级")


@pytest.mark.parametrize(
    ("printed", "severity"), [("43.04", "提示"), ("42.96", "提示"), ("43.05", "错误"), ("43.40", "错误")]
)
def test_wan_per_mu_against_yuan(write: Writer, printed: str, severity: str) -> None:
    # Deviations of 0.01 to 0.04 occur in print (德阳 5426 → 361.74; 珙县 821 → 54.76; 筠连 1026 → 68.38).
    notice = sheets()
    notice["基准地价表"][4][3] = printed
    found = only_finding(write(notice))
    assert (found["where"], found["severity"]) == ("基准地价表!D5", severity)


@pytest.mark.parametrize("text", ["98%", "98％", "９８ %", 0.98])
def test_factor_in_per_cent(write: Writer, text: object) -> None:
    notice = sheets()
    notice["其他修正"][1][6] = text
    assert read_price_table(write(notice)).steps["factor"].tolist() == [0.98, 1.0]


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (0.055, "0.0%", "5.500%"),
        (5.5, '0.0"%"', "5.5%"),
        (5.5, "0.0\\%", "5.5%"),
        (5.5, '0.0"％"', "5.5%"),
        (5.5, "0.0_%", "5.5"),
        (0.055, '0.0%" 年"', "5.500%"),
        (1020, "#,##0", "1020"),
    ],
)
def test_percent_sign_as_literal_is_no_percent_format(value: float, number_format: str, shown: str) -> None:
    assert cell_text(value, number_format) == shown


@pytest.mark.parametrize("number_format", ["General", '0.0"%"', "0.0\\%"])
def test_rate_printed_with_a_literal_percent_sign(write: Writer, number_format: str) -> None:
    path = write(sheets())
    book = openpyxl.load_workbook(path)
    book["价格内涵"]["F2"].number_format = number_format
    book.save(path)
    assert read_price_table(path).connotation.by_use["capitalisation_rate"].tolist() == [0.065, 0.055]


@pytest.mark.parametrize("text", ["40人", "40%", "4,0年", "-40"])
def test_legal_term_that_is_no_term(write: Writer, text: str) -> None:
    notice = sheets()
    notice["价格内涵"][1][2] = text
    with pytest.raises(ReadError, match=f"价格内涵!C2 = '{text}' 不是法定最高年期"):
        read_price_table(write(notice))


@pytest.mark.parametrize(("text", "decimals"), [("0", 0), ("０", 0), (0, 0), ("1", 1), (None, 2)])
def test_zero_decimals_are_not_the_default(write: Writer, text: object, decimals: int) -> None:
    notice = sheets()
    notice["公告说明"].append(["单价小数位", text])
    assert read_price_table(write(notice)).decimals == decimals


@pytest.mark.parametrize("text", ["0", "０", 0, "10"])
def test_factor_decimals_out_of_range_are_refused(write: Writer, text: object) -> None:
    notice = sheets()
    notice["公告说明"].append(["系数小数位", text])
    with pytest.raises(ReadError, match="系数小数位"):
        read_price_table(write(notice))


def test_wan_per_mu_alone_is_not_computed_back(write: Writer) -> None:
    notice = sheets()
    notice["基准地价表"][5][2] = None
    with pytest.warns(PriceTableWarning, match="基准地价表!"):
        table = read_price_table(write(notice))
    assert table.findings["where"].tolist() == ["基准地价表!C6", "基准地价表!D6"]
    assert np.isnan(table.prices.query("township == '西乡' and use == '商服'")["unit_price"].iloc[0])


def test_better_grade_below_a_worse_one(write: Writer) -> None:
    notice = sheets()
    notice["基准地价表"][3][4:6] = [150, 10]
    found = only_finding(write(notice))
    assert found["where"] == "基准地价表!E4"
    assert "低于" in found["message"]


def test_price_ten_times_the_next_grade(write: Writer) -> None:
    notice = sheets()
    notice["基准地价表"][3][2:4] = [10200, 680]
    found = only_finding(write(notice))
    assert found["where"] == "基准地价表!C4"
    assert "3 倍" in found["message"]


def test_grades_out_of_order(write: Writer) -> None:
    notice = sheets()
    rows = notice["基准地价表"]
    rows[3], rows[4] = ["东镇", *rows[4][1:]], [None, *rows[3][1:]]
    with pytest.warns(PriceTableWarning, match=r"基准地价表!B5 = 'I'：东镇 的级别次序颠倒"):
        table = read_price_table(write(notice))
    assert set(table.findings["where"]) == {"基准地价表!B5"}


def test_far_table_of_jian_as_printed(write: Writer) -> None:
    notice = sheets()
    rows = [["商服", None, ratio, factor] for ratio, factor in JIAN_FAR.items()]
    notice["容积率修正"] = [notice["容积率修正"][0], *rows]
    notice["价格内涵"][1][3] = 1.4
    found = only_finding(write(notice))
    assert (found["where"], found["value"]) == ("容积率修正!D22", "2.2019")
    assert "疑为误印" in found["message"]


def test_far_rows_out_of_order_are_sorted_and_said(write: Writer) -> None:
    notice = sheets()
    notice["容积率修正"][2:4] = notice["容积率修正"][3:1:-1]
    path = write(notice)
    found = only_finding(path)
    assert (found["where"], found["severity"]) == ("容积率修正!C4", "提示")
    with pytest.warns(PriceTableWarning):
        assert read_price_table(path).far["floor_area_ratio"].tolist() == [1.0, 1.5, 2.0]


def test_far_factor_that_turns_back(write: Writer) -> None:
    notice = sheets()
    notice["容积率修正"] += [["商服", None, 2.5, 1.19], ["商服", None, 3.0, 1.3]]
    assert only_finding(write(notice))["where"] == "容积率修正!D5"


def test_far_factor_is_one_at_the_stated_ratio(write: Writer) -> None:
    notice = sheets()
    notice["容积率修正"][2][3] = 1.01
    found = only_finding(write(notice))
    assert (found["where"], found["severity"]) == ("容积率修正!D3", "错误")
    assert "应为 1" in found["message"]
    notice["容积率修正"][2][3] = 1.0
    notice["价格内涵"][1][3] = 2.5
    assert only_finding(write(notice))["where"] == "价格内涵!D2"


def test_villages_that_cannot_be_told_apart(write: Writer) -> None:
    notice = sheets()
    notice["级别范围"][2][3] = "王庄村、东关社区居委会"
    found = only_finding(write(notice))
    assert (found["where"], found["value"]) == ("级别范围!D3", "东关社区居委会")


def test_ranges_and_prices_must_name_the_same_places(write: Writer) -> None:
    notice = sheets()
    notice["级别范围"][3][0] = "西镇"
    with pytest.warns(PriceTableWarning):
        table = read_price_table(write(notice))
    assert table.findings["where"].tolist() == ["级别范围!D4", "基准地价表!B6"]


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "where"),
    [
        ("价格内涵", 1, 5, 0.065, "价格内涵!F2"),
        ("价格内涵", 1, 4, "五通一瓶", "价格内涵!E2"),
        ("价格内涵", 2, 0, "工矿", "价格内涵!A3"),
        ("因素修正", 1, 4, 9, "因素修正!E2"),
        ("因素修正", 1, 5, 1, "因素修正!F2"),
        ("其他修正", 2, 3, 600, "其他修正!E2"),
        ("期日修正", 1, 0, "2025-07-01", "期日修正!A2"),
        ("开发程度修正", 1, 0, "通气氛", "开发程度修正!A2"),
    ],
)
def test_doubtful_corrections(write: Writer, sheet: str, row: int, column: int, value: object, where: str) -> None:
    notice = sheets()
    notice[sheet][row][column] = value
    with pytest.warns(PriceTableWarning):
        table = read_price_table(write(notice))
    assert where in table.findings["where"].tolist()


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "message"),
    [
        ("容积率修正", 2, 3, "壹", "容积率修正!D3 = '壹' 不是系数"),
        ("容积率修正", 2, 3, None, "容积率修正!D3 缺少系数"),
        ("容积率修正", 2, 3, -1, "容积率修正!D3 = -1 应为正数"),
        ("容积率修正", 2, 2, 1.0, "容积率修正!C3 重复"),
        ("期日修正", 2, 0, "2025-13-01", "期日修正!A3"),
        ("期日修正", 2, 0, "2025-01-01", "期日修正!A3 重复"),
        ("基准地价表", 4, 1, "I", "重复：东镇 I 商服"),
        ("用途对应", 2, 2, "09", "已属于用途 商服"),
        ("其他修正", 2, 3, 400, "分段重叠"),
        ("其他修正", 2, 2, "宗地形状", "用了几个列"),
        ("价格内涵", 1, 6, "毛地价", "地面地价 或 楼面地价"),
        ("价格内涵", 1, 2, "很久", "价格内涵!C2"),
        ("公告说明", 3, 1, "去年", "估价期日"),
        ("公告说明", 5, 1, "外推", "报错 或 取端值"),
        ("基准地价表", 1, 1, "等别", "找不到表头"),
        ("因素修正", 0, 3, "最优", "找不到表头"),
    ],
)
def test_unusable_notices_are_refused(
    write: Writer, sheet: str, row: int, column: int, value: object, message: str
) -> None:
    notice = sheets()
    notice[sheet][row][column] = value
    with pytest.raises(ReadError, match=message.replace("(", r"\(")):
        read_price_table(write(notice))


def test_files_that_are_no_notice(tmp_path: Path, write: Writer) -> None:
    (tmp_path / "a.xlsx").write_text("text", encoding="utf-8")
    with pytest.raises(ReadError, match="不是能读的"):
        read_price_table(tmp_path / "a.xlsx")
    with pytest.raises(ReadError, match="打不开"):
        read_price_table(tmp_path / "none.xlsx")
    notice = sheets()
    del notice["公告说明"]
    with pytest.raises(ReadError, match="缺少工作表 公告说明"):
        read_price_table(write(notice))
    with pytest.raises(ReadError, match=r"notice\.toml"):
        read_price_table(tmp_path)


def test_unknown_key_in_the_folder(tmp_path: Path) -> None:
    shutil.copytree(DATA / "tongdao", tmp_path / "notice")
    with (tmp_path / "notice" / "notice.toml").open("a", encoding="utf-8") as file:
        file.write("growth = 1\n")
    with pytest.raises(ReadError, match="不认识的键"):
        read_price_table(tmp_path / "notice")


@pytest.mark.parametrize("where", ["tongdao", "workbook"])
def test_written_notice_reads_back_the_same(tmp_path: Path, write: Writer, where: str) -> None:
    table = read_price_table(write(sheets()) if where == "workbook" else DATA / where)
    write_price_table(table, tmp_path / "copy")
    again = read_price_table(tmp_path / "copy")
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(table, name))
    pd.testing.assert_frame_equal(again.connotation.by_use, table.connotation.by_use)
    for name in ("name", "document", "source", "published", "decimals", "factor_decimals", "far_outside", "formula"):
        assert getattr(again, name) == getattr(table, name)
    assert again.monthly_growth == table.monthly_growth
    with pytest.raises(OutputError, match="已有"):
        write_price_table(table, tmp_path / "copy")


def test_written_text_is_no_spreadsheet_formula(tmp_path: Path, write: Writer) -> None:
    notice = sheets()
    evil = '=HYPERLINK("http://x")'
    notice["基准地价表"][5][0] = notice["级别范围"][3][0] = f"'{evil}"
    table = read_price_table(write(notice))
    assert evil in set(table.prices["township"])
    write_price_table(table, tmp_path / "copy")
    assert "\n=" not in (tmp_path / "copy" / "prices.csv").read_text(encoding="utf-8-sig")
    again = read_price_table(tmp_path / "copy")
    pd.testing.assert_frame_equal(again.prices, table.prices)


@pytest.mark.parametrize(
    "evil", ["=1+1", "＝1+1", "＋1", "－1", "＠SUM(A1)", "'=1", "'甲", "''", '"甲",\'乙', "\ufeff=1"]
)
def test_any_text_reads_back_and_runs_nothing(tmp_path: Path, tongdao: PriceTable, evil: str) -> None:
    tables = {name: getattr(tongdao, name).replace({"商业服务业用地": evil}) for name in FRAMES}
    connotation = replace(tongdao.connotation, by_use=tongdao.connotation.by_use.replace({"商业服务业用地": evil}))
    table = replace(tongdao, connotation=connotation, **tables)
    assert evil in set(table.prices["use"])
    write_price_table(table, tmp_path / "copy")
    for path in (tmp_path / "copy").glob("*.csv"):
        for cell in chain.from_iterable(csv.reader(path.read_text(encoding="utf-8-sig").splitlines())):
            assert not cell.lstrip("\ufeff").startswith(("=", "+", "@", "＝", "＋", "－", "＠")), cell
            assert not cell.startswith("-") or number(cell) is not None, cell
    again = read_price_table(tmp_path / "copy")
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(table, name))


def test_cells_without_a_price_or_a_term_read_back(tmp_path: Path, tongdao: PriceTable) -> None:
    prices, basis = tongdao.prices.copy(), tongdao.connotation.by_use.copy()
    prices.loc[0, "unit_price"] = np.nan
    prices.loc[1, "unit_price"] -= 0.005
    basis["legal_term"] = [np.inf, np.nan, *basis["legal_term"].iloc[2:]]
    table = replace(tongdao, prices=prices, connotation=replace(tongdao.connotation, by_use=basis))
    write_price_table(table, tmp_path / "copy")
    with pytest.warns(PriceTableWarning, match="此格无价"):
        again = read_price_table(tmp_path / "copy")
    pd.testing.assert_frame_equal(again.prices, prices)
    pd.testing.assert_frame_equal(again.connotation.by_use, basis)


@pytest.mark.parametrize("folder_exists", [True, False])
def test_notice_that_cannot_be_written_whole_leaves_nothing(
    tmp_path: Path, tongdao: PriceTable, monkeypatch: pytest.MonkeyPatch, folder_exists: bool
) -> None:
    target = tmp_path / "copy"
    if folder_exists:
        target.mkdir()
    real, names = Path.replace, []

    def full_disk(self: Path, other: Path) -> Path:
        names.append(Path(other).name)
        if len(names) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, other)

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OutputError, match="磁盘已满"):
        write_price_table(tongdao, target)
    assert len(names) == 3
    assert target.exists() == folder_exists
    assert not list(tmp_path.rglob("*.*"))
    monkeypatch.undo()
    write_price_table(tongdao, target)
    assert len(read_price_table(target).prices) == len(tongdao.prices)


def test_notice_is_written_only_into_an_empty_folder(tmp_path: Path, tongdao: PriceTable) -> None:
    (tmp_path / "dates.csv").write_text("date,index\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"已有 dates\.csv"):
        write_price_table(tongdao, tmp_path)
    with pytest.raises(OutputError, match="已有同名文件"):
        write_price_table(tongdao, tmp_path / "dates.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["dates.csv"]


def test_notebook_view_escapes_every_text(write: Writer) -> None:
    notice = sheets()
    evil = "<script>alert(1)</script>"
    notice["公告说明"][0][1] = notice["公告说明"][1][1] = notice["公告说明"][4][1] = evil
    notice["基准地价表"][5][0] = notice["级别范围"][3][0] = evil
    notice["基准地价表"][1][4] = notice["价格内涵"][2][0] = notice["用途对应"][2][0] = evil
    table = read_price_table(write(notice))
    html = table._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 5
    assert "1020" in html


def test_scaled_rounds_half_up(pengshan: PriceTable) -> None:
    scaled = pengshan.scaled(Decimal("1.005"))
    prices = zip(pengshan.prices["unit_price"], scaled.prices["unit_price"], strict=True)
    for before, after in prices:
        assert Decimal(repr(after)) == round_half_up(Decimal(repr(before)) * Decimal("1.005"), 2)
    assert scaled.name != pengshan.name
    assert pengshan.prices["unit_price"].iloc[0] == 712
    with pytest.raises(BadValueError, match="正数"):
        pengshan.scaled(0)


def test_texts_of_notices() -> None:
    assert [grade_text(text) for text in ("Ⅱ 级", "II", "二级", "Ⅳ")] == ["II", "II", "二级", "IV"]
    assert [grade_rank(text) for text in ("II", "二级", "2", "中心区", "0")] == [2, 2, 2, None, None]
    assert [number(text) for text in ("1,020", "１ ０２０．５", "－3", "1e", "inf")] == [
        Decimal(1020),
        Decimal("1020.5"),
        Decimal(-3),
        None,
        None,
    ]


def test_addresses_are_those_of_the_spreadsheet() -> None:
    grid = Grid("表", ())
    columns = (0, 25, 26, 51, 52, 701, 702)
    assert [grid.address(6, column) for column in columns] == [
        f"表!{openpyxl.utils.get_column_letter(column + 1)}7" for column in columns
    ]


def test_development_degrees() -> None:
    five = {"通路", "通电", "供水", "排水", "通讯", "场地平整"}
    assert development_items("五通一平") == five
    assert development_items("宗地红线外五通、红线内场地平整") == five
    assert development_items("通路、通电、通上水、通下水、通信、平整") == five
    assert development_items("七通一平") - five == {"通气", "供热"}
    assert development_items("") == frozenset()
    with pytest.raises(BadValueError, match="十通"):
        development_items("十通一平")


@pytest.mark.parametrize("typed", [1015, "101.5%", 10.15])
def test_an_index_that_leaps_is_a_finding_with_its_cell(tmp_path: Path, typed: object) -> None:
    """The sample's index goes from 100 to about 101: ten times or a hundredth of that is a slip."""
    book = openpyxl.load_workbook(Path(__file__).parent.parent / "sample_data" / "yuzhou" / "price_notice.xlsx")
    book["期日修正"]["C5"] = typed
    book.save(tmp_path / "notice.xlsx")
    with pytest.warns(PriceTableWarning):
        findings = read_price_table(tmp_path / "notice.xlsx").findings
    leap = findings[findings["message"].str.contains("期日指数")]
    assert "期日修正!C5" in set(leap["where"])
    assert set(leap["severity"]) == {"错误"}
