"""Workbooks of plain tables, read back: values, live sums, sheet names that Excel takes, text that stays text."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.worksheet import Worksheet

from landmarket.errors import BadValueError, OutputError
from landmarket.pricing.grading import total_scores
from landmarket.report import INTERNAL_LINE
from landmarket.report.cells import LONGEST_TEXT, safe_text
from landmarket.report.table_book import LONGEST_SHEET_NAME, WeightedSum, sheet_names, write_table_book
from tests.hunting import examples

CREATED = datetime(2026, 3, 2, 9, 30)
NOTICE = "示例数据：全部虚构"
WEIGHTS = {"交通": 0.4567, "医疗": 0.3211, "学校": 0.2222}
SUM = WeightedSum("总分值", WEIGHTS, 2)
TERM = re.compile(r"([A-Z]+)(\d+)\*([\d.]+)")


def scored() -> pd.DataFrame:
    """Scores of four villages, the last one without a total; the column of sums stands between others."""
    scores = pd.DataFrame(
        {"交通": [80.0, 33.33, 0.0, 12.5], "医疗": [100.0, 0.01, 0.0, np.nan], "学校": [9.9, 50.0, 0.0, 7]}
    )
    total = total_scores(scores, pd.Series(WEIGHTS))
    names = pd.DataFrame({"village_code": ["411081001001", "411081001002", "411081001003", "411081001004"]})
    return names.join(scores).assign(总分值=total, 级别=["I", "II", "III", None])


def write(path: Path, tables: dict[str, pd.DataFrame], **arguments: object) -> openpyxl.Workbook:
    """Write a workbook and read it back with its formulas."""
    write_table_book(path, tables, title="样例县定级", line="12 村", created=CREATED, **arguments)  # type: ignore[arg-type] # the tests pass what they name
    return openpyxl.load_workbook(path)


def rows(sheet: Worksheet) -> list[tuple[object, ...]]:
    """Rows from the header on."""
    return list(sheet.iter_rows(values_only=True))[3:]


def by_hand(formula: str, row: tuple[object, ...]) -> Decimal:
    """What a sum of products gives on a calculator: half-up at two decimals."""
    terms = TERM.findall(formula)
    assert formula == f"=ROUND({'+'.join(f'{c}{r}*{w}' for c, r, w in terms)},2)"
    exact = sum((Decimal(str(row[column_index_from_string(c) - 1])) * Decimal(w) for c, _, w in terms), Decimal(0))
    return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def test_every_sheet_says_what_it_is(tmp_path: Path) -> None:
    tables = {"得分 商服": scored(), "空表": scored().iloc[:0], "说明": pd.DataFrame({"办法": ["补齐"]})}
    book = write(tmp_path / "a.xlsx", tables, notice=NOTICE, long=("办法",))
    assert book.sheetnames == list(tables)
    assert book.properties.title == "样例县定级"
    for sheet in book:
        assert [sheet.cell(row, 1).value for row in (1, 2, 3)] == [
            f"样例县定级　{sheet.title}",
            NOTICE,
            f"12 村　｜　{INTERNAL_LINE}",
        ]
        assert sheet.oddHeader.left.text == f"样例县定级　{sheet.title}"
    assert rows(book["空表"])[1][0] == "（无）"
    assert book["说明"].column_dimensions["A"].width < book["得分 商服"].column_dimensions["A"].width


def test_values_are_the_table(tmp_path: Path) -> None:
    table = scored().assign(deal_on=pd.Timestamp("2026-03-02"), 是否=True)
    book = write(tmp_path / "a.xlsx", {"得分": table})
    header, *found = rows(book["得分"])
    assert header == ("村代码", "交通", "医疗", "学校", "总分值", "级别", header[6], "是否")
    for row, own in zip(found, table.itertuples(index=False), strict=True):
        for value, wanted in zip(row[:6], own[:6], strict=True):
            assert value == (None if pd.isna(wanted) else wanted)
        assert row[6:] == (datetime(2026, 3, 2), "是")
    assert book["得分"]["A5"].data_type == "s", "a code is text"


def test_sums_are_live_formulas_beside_their_values(tmp_path: Path) -> None:
    table = scored()
    book = write(tmp_path / "a.xlsx", {"得分": table, "别的": table}, sums={"得分": SUM})
    stored = rows(openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)["得分"])
    for number, row in enumerate(rows(book["得分"])[1:4], start=1):
        formula = str(row[4])
        assert [(c, int(r)) for c, r, _ in TERM.findall(formula)] == [(c, number + 4) for c in "BCD"]
        assert [float(w) for _, _, w in TERM.findall(formula)] == list(WEIGHTS.values())
        assert float(by_hand(formula, row)) == stored[number][4] == table["总分值"].iloc[number - 1]
    assert rows(book["得分"])[4][4] is None, "a total that is missing stays an empty cell"
    assert [row[4] for row in rows(book["别的"])[1:4]] == table["总分值"].tolist()[:3], "sums of one sheet only"
    total, other = book["得分"]["E5"], book["得分"]["B5"]
    assert (total.font.name, total.font.sz) == (other.font.name, other.font.sz)
    assert (total.alignment.vertical, total.number_format) == (other.alignment.vertical, other.number_format)


SCORES = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)


@st.composite
def weighted(draw: st.DrawFn) -> tuple[pd.DataFrame, dict[str, float]]:
    """Scores of two decimals and weights of four that sum to 1; ties of the last decimal come often."""
    cuts = sorted(draw(st.sets(st.sampled_from(range(100, 10_000, 100)), min_size=1, max_size=4)))
    parts = [(b - a) / 10_000 for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    names = [f"因素{i}" for i in range(len(parts))]
    values = draw(st.lists(st.lists(SCORES, min_size=len(parts), max_size=len(parts)), min_size=1, max_size=12))
    return pd.DataFrame(values, columns=names), dict(zip(names, parts, strict=True))


@settings(max_examples=examples(40))
@given(case=weighted())
def test_what_a_spreadsheet_computes_is_the_total(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[pd.DataFrame, dict[str, float]]
) -> None:
    """The formula of each row on a calculator, and as Excel rounds: the sum at its 15 digits, half-up."""
    scores, weights = case
    table = scores.assign(总分值=total_scores(scores, pd.Series(weights)))
    path = tmp_path_factory.getbasetemp() / "weighted.xlsx"
    book = write(path, {"得分": table}, sums={"得分": WeightedSum("总分值", weights, 2)})
    for row, total in zip(rows(book["得分"])[1:], table["总分值"], strict=True):
        formula = str(row[-1])
        assert by_hand(formula, row) == Decimal(str(total)).quantize(Decimal("0.01"))
        floating = 0.0
        for c, _, w in TERM.findall(formula):
            floating += float(str(row[column_index_from_string(c) - 1])) * float(w)
        assert Decimal(f"{floating:.15g}").quantize(Decimal("0.01"), ROUND_HALF_UP) == by_hand(formula, row)


NAMES = st.text() | st.text(alphabet="aAß'/&😀长", max_size=40)


@given(st.lists(NAMES, unique=True, max_size=8))
def test_sheet_names_are_those_that_excel_takes(texts: list[str]) -> None:
    named = sheet_names(texts)
    assert list(named) == texts
    assert len({name.casefold() for name in named.values()}) == len(texts)
    for text, name in named.items():
        assert 1 <= len(name.encode("utf-16-le")) // 2 <= LONGEST_SHEET_NAME
        assert not re.search(r"[\[\]:*?/\\&\x00-\x1f]", name)
        assert name.strip("'") == name
        assert name.casefold() != "history"
        if re.fullmatch(r"[\w ]{1,31}", text) and text.isprintable() and text.casefold() != "history":
            assert name in (text, *(f"{text[: 31 - len(str(i)) - 1]}_{i}" for i in range(2, 9)))


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(NAMES, unique=True, min_size=1, max_size=4))
def test_a_workbook_with_any_sheet_names_opens(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "named.xlsx"
    book = write(path, {text: pd.DataFrame({"列": [i]}) for i, text in enumerate(texts)})
    assert [rows(sheet)[1][0] for sheet in book] == list(range(len(texts)))
    assert book.sheetnames == list(sheet_names(texts).values())


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["得分 商服", "得分 工业"], ["得分 商服", "得分 工业"]),
        (["长" * 31 + "甲", "长" * 31 + "乙"], ["长" * 31, "长" * 29 + "_2"]),
        (["A", "a"], ["A", "a_2"]),
        (["[]:*?/\\", ""], ["_______", "_"]),
        (["'甲'", "甲"], ["甲", "甲_2"]),
        (["长" * 30 + "'乙"], ["长" * 30]),
        (["😀" * 16], ["😀" * 15]),
        (["History", "A&B\n"], ["History_2", "A＆B_"]),
    ],
)
def test_sheet_names_by_example(texts: list[str], names: list[str]) -> None:
    assert list(sheet_names(texts).values()) == names


HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-1", "@SUM(A1)", "\t=1", "https://example.invalid/", "0601", "<b>&amp;</b>"]


def test_text_stays_text(tmp_path: Path) -> None:
    odd = [*HOSTILE, "a\x00b\u202ec", "字" * 40_000]
    table = pd.DataFrame(dict.fromkeys(odd[:8], odd))
    book = write(tmp_path / "a.xlsx", dict.fromkeys(odd, table), notice=odd[0], long=odd[:2])
    for sheet in book:
        assert {cell.data_type for row in sheet for cell in row if cell.value is not None} == {"s"}
        for row, text in zip(rows(sheet)[1:], odd, strict=True):
            assert {str(value) for value in row} == {safe_text(text)}
            assert len(str(row[0])) <= LONGEST_TEXT
    with zipfile.ZipFile(tmp_path / "a.xlsx") as whole:
        for name in whole.namelist():
            text = whole.read(name).decode("utf-8")
            assert "<f>" not in text, name
            assert "hyperlink" not in text, name
            assert "externalLink" not in name


def test_odd_texts_beside_a_sum_do_not_reach_its_formula(tmp_path: Path) -> None:
    scores = pd.DataFrame({name: [50.0] for name in ("=1+1", "A1*9", "')+1")})
    weights = dict(zip(scores.columns, (0.5, 0.25, 0.25), strict=True))
    table = scores.assign(总分值=[50.0])
    book = write(tmp_path / "a.xlsx", {"'得分'": table}, sums={"'得分'": WeightedSum("总分值", weights, 2)})
    assert rows(book["得分"])[1][3] == "=ROUND(A5*0.5+B5*0.25+C5*0.25,2)"


def test_same_tables_same_bytes_and_nothing_is_changed(tmp_path: Path) -> None:
    table, before = scored(), scored()
    write(tmp_path / "a.xlsx", {"得分": table}, sums={"得分": SUM})
    write(tmp_path / "b.xlsx", {"得分": table}, sums={"得分": SUM})
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    pd.testing.assert_frame_equal(table, before)


def test_refusals(tmp_path: Path) -> None:
    path, table = tmp_path / "a.xlsx", scored()
    with pytest.raises(BadValueError, match="得分 没有加权合计所需的列：总分值、交通、医疗、学校"):
        write(path, {"得分": table.drop(columns="医疗")}, sums={"得分": SUM})
    with pytest.raises(BadValueError, match="没有加权合计所需的列"):
        write(path, {"得分": table.drop(columns="总分值")}, sums={"得分": SUM})
    with pytest.raises(BadValueError, match="无穷大"):
        write(path, {"得分": table.assign(交通=np.inf)})
    for column in ("底价", "reserve_price"):
        with pytest.raises(BadValueError, match="保密"):
            write(path, {"得分": table.assign(**{column: 1.0})})
    assert not path.exists()
    with pytest.raises(OutputError, match="办法"):
        write(tmp_path / "no" / "a.xlsx", {"得分": table})
