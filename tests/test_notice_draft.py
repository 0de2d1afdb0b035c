"""The draft notice: the workbook reads back as the notice, the document says what is stated and what is missing."""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pandas as pd
import pytest
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.table import Table

from landmarket.errors import BadValueError, MissingColumnError, OutputError, PriceTableWarning
from landmarket.pricing import PriceTable, read_price_table
from landmarket.pricing.notice_layout import layout
from landmarket.pricing.notice_tables import notice_settings, notice_tables
from landmarket.pricing.price_table import Outside, formulas
from landmarket.report.notice_draft import GAPS_SHEET, INTERNAL_LINE, TEXT_SHEET, write_notice_docx, write_notice_xlsx
from landmarket.report.notice_parts import NoticeDraft, draft_gaps, notice_columns, wan_per_mu_text
from landmarket.report.notice_print import even_numbers, plain_number, printed_tables
from landmarket.report.notice_text import OPEN, facts, filled, statutes, template

DATA = Path(__file__).parent / "data"
SAMPLE = Path(__file__).parent.parent / "sample_data/yuzhou/price_notice.xlsx"
CREATED = datetime(2026, 3, 2, 9, 30)
COUNTS = {"样点": 120, "采用": 100, "暂不处理": 20}
FRAMES = ("prices", "grade_ranges", "uses", "dates", "far", "factors", "steps", "development")
SENTINEL = "样点平均五百二十一"
Writer = Callable[..., None]


def read(path: Path) -> PriceTable:
    """Read a notice whose doubtful cells are not what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PriceTableWarning)
        return read_price_table(path)


def evidence_of(table: PriceTable) -> pd.DataFrame:
    """Evidence for every price."""
    numbers = dict.fromkeys(("mean", "median", "low", "high"), table.prices["unit_price"])
    return table.prices.assign(samples=7, **numbers, basis=SENTINEL)


def draft_of(table: PriceTable, **given: str) -> NoticeDraft:
    """A draft of a notice."""
    given = {"计算公式": table.formula.text} | given
    return NoticeDraft(notice_settings(table), notice_tables(table), evidence_of(table), given)


def write_both(folder: Path, draft: NoticeDraft, **more: str) -> tuple[Path, Path]:
    """Write both files."""
    paths = folder / "公告稿.docx", folder / "公告稿.xlsx"
    for path, write in zip(paths, (write_notice_docx, write_notice_xlsx), strict=True):
        write(path, draft, county="某县", counts=COUNTS, created=CREATED, **more)
    return paths


@pytest.fixture(scope="module")
def sample() -> PriceTable:
    return read(SAMPLE)


@pytest.fixture(scope="module")
def written(sample: PriceTable, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("draft")
    return write_both(folder, draft_of(sample), notice_line="示例数据：均为虚构")


@pytest.fixture(scope="module")
def document(written: tuple[Path, Path]) -> Document:
    return docx.Document(str(written[0]))


def all_text(document: Document) -> str:
    """Everything that stands in paragraphs and tables."""
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def table_after(document: Document, caption: str) -> Table:
    """The table that follows a caption."""
    body = list(document.element.body)
    for place, element in enumerate(body):
        if element.tag == qn("w:p") and re.search(rf"^表\d+　{caption}", "".join(element.itertext())):
            return next(table for table in document.tables if table._tbl is body[place + 1])
    raise AssertionError(f"no table {caption}")


def grid(table: Table) -> list[list[str]]:
    """Texts of a table."""
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_sheets_are_those_the_notice_is_read_from() -> None:
    """The list of sheets must agree with the layout that reading goes by."""
    text = files("landmarket.pricing").joinpath("data/notice_layout.csv").read_text(encoding="utf-8-sig")
    listed = {(row["table"], row["sheet"]) for row in csv.DictReader(text.splitlines())}
    own = {(name, columns[0].sheet) for name, columns in notice_columns().items() if name != "evidence"}
    assert own == listed
    for name, fields in layout().items():
        headers = [column.header for column in notice_columns()[name]]
        assert len(headers) == len(fields)
        assert all(field.names(header) for field, header in zip(fields, headers, strict=True))


def same(table: PriceTable, other: PriceTable) -> None:
    """Assert that two notices state the same."""
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(table, name), getattr(other, name), check_exact=True)
    pd.testing.assert_frame_equal(table.connotation.by_use, other.connotation.by_use, check_exact=True)
    for name in ("base_date", "rights"):
        assert getattr(table.connotation, name) == getattr(other.connotation, name)
    plain = ("name", "document", "source", "published", "decimals", "factor_decimals", "far_outside", "formula")
    for name in (*plain, "monthly_growth", "index_valid_months"):
        assert getattr(table, name) == getattr(other, name), name


@pytest.mark.parametrize("source", [SAMPLE, DATA / "pengshan", DATA / "tongdao"], ids=lambda path: path.stem)
def test_workbook_reads_back_as_the_notice(source: Path, tmp_path: Path) -> None:
    table = read(source)
    path = tmp_path / "稿.xlsx"
    write_notice_xlsx(path, draft_of(table), county="某县", counts=COUNTS, created=CREATED)
    same(table, read(path))


def test_every_setting_and_odd_number_reads_back(sample: PriceTable, tmp_path: Path) -> None:
    odd = sample.far.assign(factor=[0.1 + 0.2, 1 / 3, *sample.far["factor"].iloc[2:]])
    by_use = sample.connotation.by_use.assign(
        grade=["", "I", ""], legal_term=[40.0, np.inf, 70.0], price_form=["楼面地价", "地面地价", "地面地价"]
    )
    table = replace(
        sample,
        far=odd,
        connotation=replace(sample.connotation, by_use=by_use, rights="'甲'"),
        name="=1+1",
        source="'https://example.org/a'",
        published=date(2026, 2, 28),
        decimals=0,
        factor_decimals=9,
        far_outside=Outside.CLAMP,
        formula=formulas()["月增长-复利"],
        monthly_growth=Decimal("0.0015"),
        index_valid_months=18,
    )
    path = tmp_path / "稿.xlsx"
    write_notice_xlsx(path, draft_of(table), county="某县", counts=COUNTS, created=CREATED)
    same(table, read(path))
    cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert not [cell.value for cell in cells if cell.hyperlink]


def test_scattered_villages_and_codes_are_gathered(sample: PriceTable, tmp_path: Path) -> None:
    """A grading gives one row a village, grades mixed; the sheet lists each grade once, best first."""
    mixed = sample.grade_ranges.sample(frac=1, random_state=3).reset_index(drop=True)
    path = tmp_path / "稿.xlsx"
    draft = draft_of(replace(sample, grade_ranges=mixed))
    write_notice_xlsx(path, draft, county="某县", counts=COUNTS, created=CREATED)
    again = read(path).grade_ranges
    assert not again.duplicated(["township", "grade", "village"]).any()
    key = ["township", "use", "grade", "village"]
    pd.testing.assert_frame_equal(
        again.sort_values(key, ignore_index=True), sample.grade_ranges.sort_values(key, ignore_index=True)
    )
    rows = grid_of_ranges(draft)
    assert len(rows) == len({row[:2] for row in rows})
    own = [grade for township, grade, _ in rows if township == rows[0][0]]
    assert own == sorted(own, key=len)  # I, II, III


def grid_of_ranges(draft: NoticeDraft) -> tuple[tuple[str, ...], ...]:
    """Rows of the printed table of villages."""
    return printed_tables(draft, "grade_ranges")[0].rows


def test_wan_per_mu_as_the_published_notice_prints_it(tmp_path: Path) -> None:
    """彭山 prints every price in both units."""
    rows = list(csv.DictReader((DATA / "pengshan/prices.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [wan_per_mu_text(float(row["元/㎡"])) for row in rows] == [row["万元/亩"] for row in rows]
    table = read(DATA / "pengshan")
    path = tmp_path / "稿.docx"
    write_notice_docx(path, draft_of(table), county="彭山区", counts=COUNTS, created=CREATED)
    printed = grid(table_after(docx.Document(str(path)), "基准地价表"))
    assert printed[0] == ["乡镇", "级别", *(use for use in ("商服", "工业", "公共管理与公共服务") for _ in range(2))]
    assert printed[1] == ["乡镇", "级别", *["元/㎡", "万元/亩"] * 3]
    found = {}
    for township, grade, *cells in printed[2:]:
        for use, pair in zip(printed[0][2::2], zip(cells[::2], cells[1::2], strict=True), strict=True):
            found[township, grade, use] = pair
    assert found == {(row["乡镇"], row["级别"], row["用途"]): (row["元/㎡"], row["万元/亩"]) for row in rows}


def test_every_price_stands_at_its_place(sample: PriceTable, document: Document) -> None:
    printed = grid(table_after(document, "基准地价表"))
    uses = printed[0][2::2]
    cells = {(row[0], row[1], use): row[2 + 2 * place] for row in printed[2:] for place, use in enumerate(uses)}
    for township, grade, use, price in sample.prices.itertuples(index=False):
        assert cells[township, grade, use] == ("—" if np.isnan(price) else f"{price:g}")
    assert len(printed) - 2 == len(sample.prices.drop_duplicates(["township", "grade"]))


def test_townships_stay_together_best_grade_first(sample: PriceTable) -> None:
    """A compiled table goes use by use; a grade that only a later use has does not go to the end."""
    rows = [
        ("甲镇", "I", "商服"),
        ("乙镇", "I", "商服"),
        ("乙镇", "II", "商服"),
        ("甲镇", "III", "工业"),
        ("甲镇", "II", "工业"),
    ]
    prices = pd.DataFrame(rows, columns=["township", "grade", "use"]).assign(unit_price=[5.0, 4.0, 3.0, 1.0, 2.0])
    printed = printed_tables(draft_of(replace(sample, prices=prices)), "prices")[0].rows
    assert printed == (
        ("甲镇", "I", "5", "0.33", "—", "—"),
        ("甲镇", "II", "—", "—", "2", "0.13"),
        ("甲镇", "III", "—", "—", "1", "0.07"),
        ("乙镇", "I", "4", "0.27", "—", "—"),
        ("乙镇", "II", "3", "0.20", "—", "—"),
    )


def test_villages_and_corrections_are_printed(sample: PriceTable, document: Document) -> None:
    ranges = grid(table_after(document, "级别范围"))
    listed = [(row[0], row[1], name) for row in ranges[1:] for name in row[2].split("、")]
    rows = sample.grade_ranges[["township", "grade", "village"]]
    assert sorted(listed) == sorted(rows.itertuples(index=False, name=None))
    far = grid(table_after(document, "容积率修正"))
    for use, _, ratio, factor in sample.far.itertuples(index=False):
        row = next(row for row in far[1:] if float(row[0]) == ratio)
        assert float(row[far[0].index(use)]) == factor
    dates = grid(table_after(document, "期日修正"))
    for day, use, index in sample.dates.itertuples(index=False):
        row = next(row for row in dates[1:] if row[0] == f"{day:%Y-%m-%d}")
        assert float(row[dates[0].index(use)]) == index
    levels = grid(table_after(document, "因素修正（%）"))
    for got, wanted in zip(levels[1:], sample.factors.itertuples(index=False), strict=True):
        assert got[:2] == [wanted[0], wanted[2]]
        assert [float(text) for text in got[2:]] == list(wanted[3:])
    steps = grid(table_after(document, "其他修正"))
    assert len(steps) == len(sample.steps) + 1
    assert ["宗地面积", "商服", "计价面积", "[1500，不限)", "1.01"] in steps
    costs = grid(table_after(document, "开发程度修正"))
    assert {item: float(cost) for item, cost in costs[1:]} == dict(sample.development.itertuples(index=False))


def test_blanks_are_marked_and_listed(document: Document) -> None:
    text = all_text(document)
    for name in ("施行日期", "有效期", "听证日期", "验收单位", "发布机关", "前版公告"):
        assert f"〔待填：{name}〕" in text
        assert re.search(rf"^\d+\. 〔待填〕{name}。办法：", text, re.MULTILINE)
    for known in ("示例〔2025〕1号", "2025年1月1日", "2025年3月31日", "集体建设用地出让土地使用权，无其他权利限制"):
        assert known in text
    assert "〔待填：文号〕" not in text
    marked = [run.text for paragraph in document.paragraphs for run in paragraph.runs if run.font.highlight_color]
    assert all(OPEN.fullmatch(one) for one in marked)
    assert marked.count("〔待填：有效期〕") == 1


def test_what_is_given_fills_its_blank(sample: PriceTable, tmp_path: Path) -> None:
    given = {fact.name: f"给定{fact.name}" for fact in facts()}
    path = tmp_path / "稿.docx"
    draft = draft_of(sample, **given)
    write_notice_docx(path, draft, county="某县", counts=COUNTS, created=CREATED)
    text = all_text(docx.Document(str(path)))
    assert "待填：" not in text
    assert all(one in text for one in given.values())
    assert not [gap for gap in draft_gaps(draft) if gap.kind == "待填"]
    assert not OPEN.findall(
        "".join(filled(p, draft.stated(), "某县") for s in template().sections for p in s.paragraphs)
    )


def test_template_asks_for_no_fact_it_does_not_list() -> None:
    parts = template()
    texts = [parts.title, *parts.closing, *(text for section in parts.sections for text in section.paragraphs)]
    asked = {name for text in texts for name in re.findall(r"\{([^{}]+)\}", text)} | {"文号"}
    assert asked == {fact.name for fact in facts()} | {"县名", "编制依据"}
    assert {name for section in parts.sections for name in section.tables} == set(notice_columns()) - {
        "notice",
        "evidence",
    }


def test_open_connotation_is_a_blank(sample: PriceTable, tmp_path: Path) -> None:
    by_use = sample.connotation.by_use.copy()
    by_use.loc[by_use["use"] == "工业", "floor_area_ratio"] = np.nan
    by_use.loc[by_use["use"] == "商服", "development"] = ""
    by_use = by_use[by_use["use"] != "公共管理与公共服务"]
    draft = draft_of(replace(sample, connotation=replace(sample.connotation, by_use=by_use)))
    path = tmp_path / "稿.docx"
    write_notice_docx(path, draft, county="某县", counts=COUNTS, created=CREATED)
    rows = {row[0]: row for row in grid(table_after(docx.Document(str(path)), "价格内涵"))}
    assert rows["工业"] == ["工业", "50", "〔待填〕", "五通一平", "5.5", "地面地价"]
    assert rows["商服"][3] == "〔待填〕"
    open_items = [gap.what for gap in draft_gaps(draft) if gap.what.startswith("价格内涵")]
    assert open_items == ["价格内涵 公共管理与公共服务", "价格内涵 商服 开发程度", "价格内涵 工业 容积率"]


def test_prices_are_compared_with_their_evidence(sample: PriceTable) -> None:
    evidence = evidence_of(sample)
    priced = evidence.index[evidence["unit_price"].notna()]
    evidence.loc[priced[0], "unit_price"] += 1
    draft = replace(draft_of(sample), evidence=evidence.drop(priced[3:5]))
    said = {gap.what.partition("：")[0]: gap.what for gap in draft_gaps(draft) if gap.kind == "核对"}
    names = [" ".join(sample.prices.loc[row, ["township", "grade", "use"]]) for row in priced]
    assert said["价格与测算依据不一致"] == f"价格与测算依据不一致：{names[0]}"
    assert said["没有测算依据的价格"] == f"没有测算依据的价格：{names[3]}、{names[4]}"
    assert said["工业 无价"] == "工业 无价：颍川街道 I"
    assert sum(key.startswith("编制依据") for key in said) == sum(not one.verified for one in statutes()) > 0


def test_absent_tables_are_said(sample: PriceTable) -> None:
    bare = replace(sample, dates=sample.dates.iloc[:0], grade_ranges=sample.grade_ranges.iloc[:0])
    said = [gap.what for gap in draft_gaps(draft_of(bare))]
    assert {"没有 级别范围表", "没有 期日修正表"} <= set(said)
    growth = replace(bare, monthly_growth=Decimal("0.002"))
    assert "没有 期日修正表" not in [gap.what for gap in draft_gaps(draft_of(growth))]
    assert printed_tables(draft_of(bare), "dates") == []


def test_evidence_is_in_the_workbook_alone(written: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(written[0]) as parts:
        assert not [name for name in parts.namelist() if SENTINEL.encode() in parts.read(name)]
    book = openpyxl.load_workbook(written[1])
    holding = [s.title for s in book if any(SENTINEL in str(c.value) for row in s.iter_rows() for c in row)]
    assert holding == ["内部附件 测算依据"]
    annex = [[cell.value for cell in row] for row in book["内部附件 测算依据"].iter_rows(min_row=4)]
    assert annex[0][:5] == ["乡镇", "级别", "用途", "基准地价\n（元/㎡）", "样点数"]
    assert annex[1][:5] == ["颍川街道", "I", "商服", 1040, 7]


def test_every_page_and_sheet_says_what_it_is(written: tuple[Path, Path], document: Document) -> None:
    for section in document.sections:
        assert INTERNAL_LINE in section.footer.paragraphs[0].text
        assert section.header.paragraphs[0].text == f"示例数据：均为虚构　{INTERNAL_LINE}"
    assert "样点 120　采用 100　暂不处理 20" in all_text(document)
    book = openpyxl.load_workbook(written[1])
    for sheet in book:
        assert sheet["A2"].value == "示例数据：均为虚构"
        assert sheet["A3"].value == f"样点 120　采用 100　暂不处理 20　｜　{INTERNAL_LINE}"
        assert INTERNAL_LINE in sheet.oddFooter.left.text
    assert book.sheetnames[:3] == [TEXT_SHEET, "公告说明", "基准地价表"]
    assert book.sheetnames[-1] == GAPS_SHEET
    texts = [cell.value for cell in book[TEXT_SHEET]["A"]]
    assert "自〔待填：施行日期〕起施行" in "".join(map(str, texts))


def test_headers_are_repeated_and_wide_tables_lie_across(sample: PriceTable, tmp_path: Path) -> None:
    more = [sample.prices.assign(use=sample.prices["use"] + kind) for kind in ("", "二类")]
    wide = replace(sample, prices=pd.concat(more, ignore_index=True))
    path = tmp_path / "稿.docx"
    write_notice_docx(path, draft_of(wide), county="某县", counts=COUNTS, created=CREATED)
    made = docx.Document(str(path))
    for table in made.tables:
        heads = [bool(row._tr.findall(f".//{qn('w:tblHeader')}")) for row in table.rows]
        count = heads.index(False)
        assert count in (1, 2)
        assert not any(heads[count:])
    captions = [p.text for p in made.paragraphs if re.match(r"^表\d+　", p.text)]
    assert captions[1:3] == ["表2　基准地价表", "表2　基准地价表（续）"]
    assert captions[3].startswith("表3　")
    assert {section.orientation for section in made.sections} == {WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE}
    for section in made.sections:
        assert (section.page_width < section.page_height) == (section.orientation == WD_ORIENT.PORTRAIT)
    for table in made.tables:
        widths = [int(cell._tc.tcPr.find(qn("w:tcW")).get(qn("w:w"))) for cell in table.rows[-1].cells]
        assert sum(widths) <= 24.7 / 2.54 * 1440 + 10


def test_faces_are_chinese(document: Document) -> None:
    faces = {}
    for style in document.styles.element.iter(qn("w:style")):
        for fonts in style.iter(qn("w:rFonts")):
            if style.get(qn("w:styleId")) in ("Title", "Normal", "Heading1"):
                assert not [name for name in fonts.attrib if name.endswith("Theme")]
            faces[style.find(qn("w:name")).get(qn("w:val"))] = fonts.get(qn("w:eastAsia"))
    assert (faces["Title"], faces["heading 1"], faces["Normal"], faces["表格"]) == ("黑体", "黑体", "仿宋", "宋体")
    assert document.paragraphs[0].style.name == "Title"
    assert document.paragraphs[0].text == "关于公布禹州市集体建设用地基准地价（示例）的公告"


def test_the_same_draft_gives_the_same_bytes(sample: PriceTable, written: tuple[Path, Path], tmp_path: Path) -> None:
    again = write_both(tmp_path, draft_of(sample), notice_line="示例数据：均为虚构")
    for first, second in zip(written, again, strict=True):
        assert first.read_bytes() == second.read_bytes()
    properties = docx.Document(str(again[0])).core_properties
    assert properties.created == properties.modified == CREATED.replace(tzinfo=UTC)
    assert properties.author == properties.last_modified_by == "landmarket"
    assert properties.comments == "示例数据：均为虚构"


def test_text_of_data_stays_text(sample: PriceTable, tmp_path: Path) -> None:
    """Formulas, field codes, links, braces, control characters and tags of a notice are printed, nothing else."""
    evil = ['=HYPERLINK("http://x")', "{INCLUDETEXT c:\\a}", "<w:br/>&amp;", "甲\x00乙", "{文号}", "www.example.org"]
    names = {old: evil[place] for place, old in enumerate(sample.prices["township"].unique()[: len(evil)])}
    prices = sample.prices.assign(township=sample.prices["township"].replace(names))
    table = replace(sample, prices=prices, name="{有效期}=1+1")
    paths = write_both(tmp_path, draft_of(table))
    made = docx.Document(str(paths[0]))
    printed = {row[0] for row in grid(table_after(made, "基准地价表"))}
    assert {name.replace("\x00", "␀") for name in evil} <= printed
    assert made.paragraphs[0].text == "关于公布{有效期}=1+1的公告"
    with zipfile.ZipFile(paths[0]) as parts:
        everything = b"".join(parts.read(name) for name in parts.namelist() if name.startswith("word/"))
    assert re.findall(rb'w:instr="([^"]*)"', everything) == [b"PAGE"]
    assert b"w:instrText" not in everything
    assert b"<w:hyperlink" not in everything
    book = openpyxl.load_workbook(paths[1])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert set(evil[:3]) <= {cell.value for cell in cells}


def test_county_wide_notice_has_no_column_of_townships(tmp_path: Path) -> None:
    path = tmp_path / "稿.docx"
    write_notice_docx(path, draft_of(read(DATA / "tongdao")), county="通道", counts=COUNTS, created=CREATED)
    made = docx.Document(str(path))
    assert grid(table_after(made, "基准地价表"))[0][0] == "级别"
    assert [row[0] for row in grid(table_after(made, "基准地价表"))][2:6] == ["一级", "二级", "三级", "四级"]


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (1e-7, "0.0000001"), (1e21, "1" + "0" * 21), (120.0, "120")])
def test_numbers_are_printed_without_an_exponent(value: float, text: str) -> None:
    assert plain_number(value) == text
    assert even_numbers([value, 2.0])[0] == text


def test_bad_drafts_are_refused(sample: PriceTable) -> None:
    draft = draft_of(sample)
    tables = dict(draft.tables)
    prices = tables["prices"]
    with pytest.raises(BadValueError, match=r"不认识的表 bonus.*办法"):
        replace(draft, tables=tables | {"bonus": prices})
    with pytest.raises(BadValueError, match=r"不认识的填写项 有效期限.*有效期"):
        replace(draft, facts={"有效期限": "三年"})
    with pytest.raises(BadValueError, match=r"不认识的填写项 title"):
        replace(draft, settings={"title": "x"})
    with pytest.raises(MissingColumnError, match="unit_price"):
        replace(draft, tables=tables | {"prices": prices.drop(columns="unit_price")})
    with pytest.raises(MissingColumnError, match="基准地价表"):
        replace(draft, tables={"connotation": tables["connotation"]})
    with pytest.raises(MissingColumnError, match="basis"):
        replace(draft, evidence=draft.evidence.drop(columns="basis"))
    with pytest.raises(BadValueError, match="重复"):
        replace(draft, tables=tables | {"prices": pd.concat([prices, prices.iloc[:1]])})
    for wrong in (0.0, -5.0, np.inf):
        with pytest.raises(BadValueError, match=r"颍川街道 I 商服"):
            replace(
                draft, tables=tables | {"prices": prices.assign(unit_price=[wrong, *prices["unit_price"].iloc[1:]])}
            )
    with pytest.raises(BadValueError, match="保密"):
        replace(draft, evidence=draft.evidence.assign(底价=1.0))


@pytest.mark.parametrize("write", [write_notice_docx, write_notice_xlsx])
def test_nothing_is_left_where_it_cannot_be_written(write: Writer, sample: PriceTable, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="办法"):
        write(tmp_path / "没有" / "稿.x", draft_of(sample), county="某县", counts=COUNTS, created=CREATED)
    assert list(tmp_path.iterdir()) == []


def test_inputs_are_not_changed(sample: PriceTable, tmp_path: Path) -> None:
    before = {name: getattr(sample, name).copy(deep=True) for name in FRAMES}
    write_both(tmp_path, draft_of(sample))
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, getattr(sample, name))
