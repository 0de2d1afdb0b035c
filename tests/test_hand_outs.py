"""Hand-outs on prices: the document says what the worksheet says, to the letter; sums of a township to the fen."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import docx
import pandas as pd
import pytest
from docx.enum.section import WD_ORIENT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError, OutputError
from landmarket.pricing import benchmark_price, explain
from landmarket.report.paper import printed_frame
from landmarket.report.worksheet_document import (
    NOT_A_REPORT,
    township_paper,
    worksheet_paper,
    write_township_document,
    write_worksheet_document,
)
from tests.hunting import examples
from tests.test_benchmark import ON, notice, parcels

CREATED = datetime(2026, 3, 2, 9, 30)
FACTS = {"宗地代码": "411081002004JB00011", "坐落": "乙镇 丙村", "用途": "工业", "估价期日": "2026-01-01"}
# A price by hand: 120 × (1 + 0.032) × 1.0214 × 1.05 = 132.81 (132.8147), × 20,000 ㎡ = 2,656,200 元.
STEPS = [
    ("级别基准地价", "120", "元/㎡", "公告：乙镇 Ⅱ级 工业"),
    ("因素修正系数和 ΣK", "0.032", "", "以上各因素之和"),
    ("期日修正系数", "1.0214", "", "期日指数"),
    ("容积率修正系数", "1.05", "", "容积率 1.5"),
    ("测算公式", "120 × (1 + 0.032) × 1.0214 × 1.05 = 132.81", "元/㎡", "系数修正法"),
    ("总地价", "2656200", "元", "地面单价 × 面积"),
]
SOURCES = pd.DataFrame({
    "item": ["年期", "比例"],
    "value": ["50", "0.7"],
    "unit": ["年", ""],
    "source": ["暂行条例第十二条", "某办法"],
    "verified": pd.array([True, False], dtype="boolean"),
})  # fmt: skip


def worksheet(steps: list[tuple[str, str, str, str]] | None = None) -> pd.DataFrame:
    return pd.DataFrame(STEPS if steps is None else steps, columns=["step", "value", "unit", "source"], dtype="str")


def tables_of(path: Path) -> list[list[list[str]]]:
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in docx.Document(str(path)).tables]


def test_the_document_is_the_worksheet(tmp_path: Path) -> None:
    write_worksheet_document(tmp_path / "说明.docx", worksheet(), FACTS, SOURCES, created=CREATED)
    facts, steps, sources = tables_of(tmp_path / "说明.docx")
    assert facts[1:] == [list(pair) for pair in FACTS.items()]
    assert steps[0] == ["步骤", "数值", "单位", "依据"]
    assert steps[1:] == [list(step) for step in STEPS]
    assert sources[1:] == [
        ["年期", "50", "年", "暂行条例第十二条", "是"],
        ["比例", "0.7", "—", "某办法", "否（未核对）"],
    ]
    page = (tmp_path / "说明.html").read_text(encoding="utf-8")
    assert all(f">{value}</td>" in page for _, value, _, _ in STEPS)


def test_a_priced_parcel_is_written_out_as_it_stands(tmp_path: Path) -> None:
    prices = benchmark_price(parcels(term=35, development="六通一平", 道路通达度="优", area=1234.56), notice(), on=ON)
    sheet = explain(prices, prices.index[0])
    write_worksheet_document(tmp_path / "说明.docx", sheet, FACTS, created=CREATED)
    steps = tables_of(tmp_path / "说明.docx")[1][1:]
    assert steps == sheet.to_numpy().tolist()
    # 645 × 1.0859 × 1.02 × 0.963576 × 1.01 + 15 = 710.2807…; × 1,234.56 = 876,883.2768
    printed = {name: value for name, value, _, _ in steps}
    assert (printed["地面单价"], printed["总地价"]) == ("710.28", "876883.28")


numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?", fullmatch=True)


@given(st.lists(numbers, min_size=1, max_size=6))
@settings(max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_digit_changes(tmp_path: Path, values: list[str]) -> None:
    table = worksheet([(f"步骤{place}", value, "元", "依据") for place, value in enumerate(values)])
    write_worksheet_document(tmp_path / "说明.docx", table, FACTS, created=CREATED)
    assert [row[1] for row in tables_of(tmp_path / "说明.docx")[1][1:]] == values


def test_it_is_no_appraisal_report(tmp_path: Path) -> None:
    write_worksheet_document(tmp_path / "说明.docx", worksheet(), FACTS, created=CREATED, notice_line="示例数据")
    document = docx.Document(str(tmp_path / "说明.docx"))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert text.startswith("宗地地价测算说明（411081002004JB00011）\n（内部参考，不构成土地估价报告）")
    assert NOT_A_REPORT in document.sections[0].header.paragraphs[0].text
    assert NOT_A_REPORT in (tmp_path / "说明.html").read_text(encoding="utf-8")


def test_what_is_blank_or_unread_is_listed() -> None:
    paper = worksheet_paper(worksheet(), {**FACTS, "坐落": " "}, SOURCES)
    assert [(gap.kind, gap.what) for gap in paper.gaps] == [
        ("待填", "坐落"),
        ("核对", "比例（某办法）未核对原文"),
    ]
    assert worksheet_paper(worksheet(), FACTS).gaps == ()


@pytest.mark.parametrize(
    ("table", "facts", "parts"),
    [
        (worksheet([]), FACTS, ["没有步骤", "explain()"]),
        (worksheet().assign(reserve_price_fen=1), FACTS, ["reserve_price_fen", "保密"]),
        (worksheet([("底价", "1234", "元", "x")]), FACTS, ["底价", "保密"]),
        (worksheet(), {"挂牌底价": "1234"}, ["挂牌底价", "保密"]),
        (worksheet(), {"备注": "底价：1234 元"}, ["备注", "底价数额"]),
    ],
)
def test_worksheets_that_are_refused(table: pd.DataFrame, facts: dict[str, str], parts: list[str]) -> None:
    with pytest.raises(BadValueError) as error:
        worksheet_paper(table, facts)
    assert all(part in str(error.value) for part in parts)
    assert "1234" not in str(error.value)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(MissingColumnError, match="宗地地价测算说明 缺少列：source"):
        worksheet_paper(worksheet().drop(columns="source"), FACTS)


@pytest.mark.parametrize("name", ["说明.html", "说明", "说明.doc"])
def test_only_a_docx_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadValueError, match=r"应为 \.docx 文件"):
        write_worksheet_document(tmp_path / name, worksheet(), FACTS, created=CREATED)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="没有这个文件夹"):
        write_worksheet_document(tmp_path / "无" / "说明.docx", worksheet(), FACTS, created=CREATED)


# --- the township

SUMS = pd.DataFrame({
    "village": ["丙村", "丁村"],
    "plot_count": pd.array([1234, 1], dtype="Int64"),
    "area": [20_000.0, 1_234.567],
    "total_price_fen": pd.array([9_007_199_254_740_993, None], dtype="Int64"),
    "premium_rate": [0.0523, float("nan")],
    "deal_on": pd.to_datetime(["2026-03-16", "NaT"]),
})  # fmt: skip


def test_sums_are_printed_in_yuan_to_the_fen(tmp_path: Path) -> None:
    # 2⁵³ + 1 fen: no float has it.
    write_township_document(tmp_path / "乙镇.docx", {"按村汇总": SUMS}, township="乙镇", created=CREATED)
    ((heads, *rows),) = tables_of(tmp_path / "乙镇.docx")
    assert heads == ["村", "复垦地块数", "计价面积（㎡）", "总地价（元）", "溢价率", "成交日"]
    assert rows == [
        ["丙村", "1234", "20,000.00", "90,071,992,547,409.93", "5.23%", "2026-03-16"],
        ["丁村", "1", "1,234.57", "—", "—", "—"],
    ]


def test_a_wide_table_lies_across_a_narrow_one_does_not(tmp_path: Path) -> None:
    wide = pd.DataFrame({f"很长很长很长很长的列名{place}": ["x"] for place in range(9)})
    narrow = pd.DataFrame({f"列{place}": ["长" * 60] for place in range(4)})
    for name, table, orientation in (("宽", wide, WD_ORIENT.LANDSCAPE), ("窄", narrow, WD_ORIENT.PORTRAIT)):
        write_township_document(tmp_path / f"{name}.docx", {name: table}, township="乙镇", created=CREATED)
        assert docx.Document(str(tmp_path / f"{name}.docx")).sections[-1].orientation == orientation


@pytest.mark.parametrize("column", ["reserve_price_fen", "底价", "reserve_low_fen"])
def test_secret_columns_are_refused(column: str) -> None:
    with pytest.raises(BadValueError, match=f"{column} 在截止前保密"):
        township_paper("乙镇", {"表": SUMS.assign(**{column: 1})})
    with pytest.raises(BadValueError, match="表 依据"):
        printed_frame("依据", pd.DataFrame({column: [1]}))


def test_tables_are_not_changed() -> None:
    before = SUMS.copy(deep=True)
    township_paper("乙镇", {"表": SUMS})
    pd.testing.assert_frame_equal(SUMS, before)
