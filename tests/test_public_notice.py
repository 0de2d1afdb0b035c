"""The sheet posted in the village: what is printed adds up, by hand, to what was paid; it prints on A4 and A3."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import docx
import pandas as pd
import pytest
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, LandMarketError, MissingColumnError, OutputError
from landmarket.report.amount_text import amount_in_words
from landmarket.report.public_notice import Paper, PublicNotice, public_notice_table, write_public_notice
from landmarket.report.public_notice_document import _pattern
from landmarket.units import yuan_text
from tests.hunting import examples

COLLECTIVE = "甲县乙镇丙村股份经济合作社"
LINE = "示例数据：村庄与人名均为虚构"
HEADS = ["序号", "户号", "姓名", "人数/份额", "金额（元）", "签字"]
MILLIMETRE = 36_000  # EMU

# The examples of 《正确填写票据和结算凭证的基本规定》, the way each names first.
PUBLISHED = {
    140_950: "壹仟肆佰零玖元伍角",
    600_714: "陆仟零柒元壹角肆分",
    168_032: "壹仟陆佰捌拾元零叁角贰分",
    10_700_053: "壹拾万柒仟元零伍角叁分",
    1_640_902: "壹万陆仟肆佰零玖元零贰分",
    32_504: "叁佰贰拾伍元零肆分",
}
# By hand, after the same rules: 整 after 元 alone, one 零 for zeros between figures, none before
# thousands, as in 107,000.53.
BY_HAND = {
    0: "零元整",
    5: "伍分",
    50: "伍角",
    100: "壹元整",
    1_000: "壹拾元整",
    12_345: "壹佰贰拾叁元肆角伍分",
    1_001: "壹拾元零壹分",
    10_000_100: "壹拾万零壹元整",
    1_000_100_000: "壹仟万壹仟元整",
    10_000_000_100: "壹亿零壹元整",
    10_010_000_000: "壹亿零壹拾万元整",
    101_000_000_000_000: "壹万零壹佰亿元整",
    100_000_000_000_000: "壹万亿元整",
    100_000_000_000_100: "壹万亿零壹元整",
    10**18 - 1: "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
}


def frames(parts: list[int], members: list[tuple[str, int]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parts of those amounts [分], and members of those groups and amounts."""
    people = range(len(members))
    return (
        pd.DataFrame({
            "party": [f"各方{number}" for number in range(len(parts))],
            "basis": [f"办法第 {number} 条" for number in range(len(parts))],
            "amount_fen": pd.Series(parts, dtype="int64"),
        }),
        pd.DataFrame({
            "group": pd.Series([group for group, _ in members], dtype="str"),
            "household": pd.Series([f"户{number:03}" for number in people], dtype="str"),
            "name": pd.Series([f"成员{number:03}" for number in people], dtype="str"),
            "weight": pd.Series(["1/2" if number % 2 else "1.5" for number in people], dtype="str"),
            "amount_fen": pd.Series([fen for _, fen in members], dtype="int64"),
        }),
    )  # fmt: skip


def notice_of(parts: list[int], members: list[tuple[str, int]]) -> PublicNotice:
    """A sound notice."""
    tables = frames(parts, members)
    return PublicNotice(
        collective=COLLECTIVE,
        deal={"宗地代码": "411081002004JB00011", "坐落": "乙镇 丙村", "用途": "工业", "面积": "20,000.00 ㎡（30 亩）"},
        parts=tables[0],
        members=tables[1],
        price_fen=sum(parts),
        members_fen=sum(fen for _, fen in members),
        from_on=date(2026, 3, 2),
        until_on=date(2026, 3, 17),
        least_days=15,
        days_source="章程第三十八条",
        objections={"受理单位": "监事会", "电话": "0374-0000000", "地址": "村部", "截止日期": "2026年3月17日"},
        notice=LINE,
    )


# 1,234,567.89 元 = 246,913.57 + 300,000.05 + 687,654.27; 687,654.27 元 to 3 groups
NOTICE = notice_of(
    [24_691_357, 30_000_005, 68_765_427],
    [("第一组", 10_000_001), ("第二组", 20_000_000), ("第一组", 30_000_002), ("第三组", 8_765_424)],
)
LONG = notice_of([60 * 3 * 700], [(f"第{group}组", 700) for group in "一二三" for _ in range(60)])


def written(folder: Path, notice: PublicNotice = NOTICE, paper: Paper = Paper.A4) -> Document:
    """Write a notice and read it back."""
    write_public_notice(folder / "公示表.docx", notice, paper)
    return docx.Document(str(folder / "公示表.docx"))


def rows_of(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def tables_of(document: Document) -> tuple[list[list[str]], list[list[str]], list[list[list[str]]], list[list[str]]]:
    """Facts, parts, groups, and the period."""
    facts, parts, *groups, period = map(rows_of, document.tables)
    return facts, parts, groups, period


def fen_of(printed: str) -> int:
    """Read a printed amount, strictly."""
    assert re.fullmatch(r"\d{1,3}(,\d{3})*\.\d\d", printed), printed
    return int(printed.replace(",", "").replace(".", ""))


def text_of(document: Document) -> str:
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


# --- amounts


@pytest.mark.parametrize(("fen", "words"), [*PUBLISHED.items(), *BY_HAND.items()])
def test_amounts_in_words(fen: int, words: str) -> None:
    assert amount_in_words(fen) == words


def read_words(words: str) -> int:
    """Read capital numerals by adding up figure × place, the way a cashier does."""
    places = {"拾": 10, "佰": 100, "仟": 1_000}
    whole, _, rest = words.partition("元") if "元" in words else ("", "", words)
    total = section = figure = 0
    for sign in whole:
        if sign in places:
            section, figure = section + figure * places[sign], 0
        elif sign == "万":
            section, figure, total = 0, 0, total + (section + figure) * 10_000
        elif sign == "亿":
            section, figure, total = 0, 0, (total + section + figure) * 10**8
        else:
            figure = "零壹贰叁肆伍陆柒捌玖".index(sign)
    fen = 100 * (total + section + figure)
    for figures, unit in re.findall("(.)([角分])", rest):
        fen += "零壹贰叁肆伍陆柒捌玖".index(figures) * (10 if unit == "角" else 1)
    return fen


AMOUNTS = st.one_of(
    st.integers(0, 10**18 - 1),
    st.integers(0, 10**9),
    st.lists(st.sampled_from("00000123456789"), min_size=1, max_size=18).map(lambda figures: int("".join(figures))),
)


@settings(max_examples=examples(500), deadline=None)
@given(AMOUNTS)
def test_words_read_back_as_the_amount(fen: int) -> None:
    words = amount_in_words(fen)
    assert read_words(words) == fen
    assert words.endswith("整") == (fen % 100 == 0)
    assert "零零" not in words
    assert words == "零元整" or not words.startswith("零")
    assert not set("仟佰拾万亿") & {after for before, after in pairwise(words) if before == "零"}


@pytest.mark.parametrize("fen", [-1, 10**18])
def test_amounts_that_have_no_words(fen: int) -> None:
    with pytest.raises(BadValueError, match=r"大写金额：.*元写不成.*办法：.*16 位"):
        amount_in_words(fen)


@settings(max_examples=examples(200), deadline=None)
@given(AMOUNTS)
def test_figures_read_back_as_the_amount(fen: int) -> None:
    assert fen_of(yuan_text(fen)) == fen
    assert yuan_text(-fen) in (f"-{yuan_text(fen)}", "0.00")


# --- the document


def test_the_deal_and_its_price_in_words(tmp_path: Path) -> None:
    document = written(tmp_path)
    facts, *_ = tables_of(document)
    assert facts == [
        ["宗地代码", "411081002004JB00011", "坐落", "乙镇 丙村"],
        ["用途", "工业", "面积", "20,000.00 ㎡（30 亩）"],
        ["成交价（元）", *["1,234,567.89"] * 3],
        ["成交价大写", *["人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"] * 3],
    ]
    assert document.paragraphs[0].text == f"{COLLECTIVE}集体经营性建设用地入市收益分配公示表"


def test_an_odd_fact_takes_the_row(tmp_path: Path) -> None:
    facts, *_ = tables_of(written(tmp_path, replace(NOTICE, deal={"宗地代码": "一", "坐落": "二", "用途": "三"})))
    assert facts[:2] == [["宗地代码", "一", "坐落", "二"], ["用途", "三", "三", "三"]]


def test_parts_as_worked_by_hand(tmp_path: Path) -> None:
    document = written(tmp_path)
    # 246,913.57 / 1,234,567.89 = 19.9999994 %, 24.3000107 %, 55.6999899 %
    assert tables_of(document)[1] == [
        ["各方", "计算依据", "金额（元）", "占成交价"],
        ["各方0", "办法第 0 条", "246,913.57", "20.00%"],
        ["各方1", "办法第 1 条", "300,000.05", "24.30%"],
        ["各方2", "办法第 2 条", "687,654.27", "55.70%"],
        ["合计", "", "1,234,567.89", "100.00%"],
    ]
    assert "核对：各方金额之和 1,234,567.89 元，等于成交价 1,234,567.89 元" in text_of(document)


@pytest.mark.parametrize("paper", Paper)
def test_members_by_group_as_worked_by_hand(tmp_path: Path, paper: Paper) -> None:
    document = written(tmp_path, NOTICE, paper)
    *groups, total = tables_of(document)[2]
    assert groups == [
        [
            ["第一组　共 2 笔"] * 6,
            HEADS,
            ["1", "户000", "成员000", "1.5", "100,000.01", ""],
            ["2", "户002", "成员002", "1.5", "300,000.02", ""],
            [*["小计（2 笔）"] * 3, "3", "400,000.03", ""],
        ],
        [
            ["第二组　共 1 笔"] * 6,
            HEADS,
            ["1", "户001", "成员001", "1/2", "200,000.00", ""],
            [*["小计（1 笔）"] * 3, "0.5", "200,000.00", ""],
        ],
        [
            ["第三组　共 1 笔"] * 6,
            HEADS,
            ["1", "户003", "成员003", "1/2", "87,654.24", ""],
            [*["小计（1 笔）"] * 3, "0.5", "87,654.24", ""],
        ],
    ]
    assert total == [[*["成员分配合计（4 笔）"] * 3, "4", "687,654.27", ""]]
    said = "核对：各小组小计之和 687,654.27 元，等于成员分配 687,654.27 元（人民币陆拾捌万柒仟陆佰伍拾肆元贰角柒分）。"
    assert said in text_of(document)


def test_the_period_and_the_seal(tmp_path: Path) -> None:
    document = written(tmp_path)
    assert tables_of(document)[3] == [
        ["公示期", "2026年3月2日至2026年3月17日，不少于 15 日（开始当日不计入）。依据：章程第三十八条"],
        ["受理单位", "监事会"],
        ["电话", "0374-0000000"],
        ["地址", "村部"],
        ["截止日期", "2026年3月17日"],
    ]
    *_, seal, day = [paragraph.text for paragraph in document.paragraphs]
    assert seal == f"{COLLECTIVE}（盖章）"
    assert re.fullmatch("　+年　+月　+日", day)


@pytest.mark.parametrize(
    ("paper", "size", "orientation", "columns"),
    [
        (Paper.A4, (210, 297), WD_ORIENT.PORTRAIT, ["1"]),
        (Paper.A3, (420, 297), WD_ORIENT.LANDSCAPE, ["1", "2", "1"]),
    ],
)
def test_the_page(
    tmp_path: Path, paper: Paper, size: tuple[int, int], orientation: WD_ORIENT, columns: list[str]
) -> None:
    document = written(tmp_path, LONG, paper)
    for section in document.sections:
        assert (round((section.page_width or 0) / MILLIMETRE), round((section.page_height or 0) / MILLIMETRE)) == size
        assert section.orientation == orientation
        assert section.header.paragraphs[0].text == LINE
        footer = section.footer.paragraphs[0]
        assert re.sub(r"\s+", "", footer.text) == f"{COLLECTIVE}第页共页"
        assert [field.get(qn("w:instr")) for field in footer._p.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]
    counts = [section._sectPr.xpath("./w:cols")[0].get(qn("w:num"), "1") for section in document.sections]
    assert counts == columns


@pytest.mark.parametrize("paper", Paper)
def test_long_tables_break_well(tmp_path: Path, paper: Paper) -> None:
    document = written(tmp_path, LONG, paper)
    room = 170 if paper is Paper.A4 else 185  # mm: page without margins; half of it less half the gutter
    for table in document.tables[2:5]:
        assert len(table.rows) == 2 + 60 + 1
        heads = [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows]
        assert heads == [True] * 2 + [False] * 61
        assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows)
        kept = [row._tr.find(f".//{qn('w:keepNext')}") is not None for row in table.rows]
        assert kept[:3] == [True] * 3, "a header is not parted from its first rows"
        assert kept[-3:] == [True, True, False], "nor a subtotal from the last"
        assert not any(kept[10:50])
        widths = [int(column.get(qn("w:w"))) for column in table._tbl.iter(qn("w:gridCol"))]
        assert sum(widths) * 635 == pytest.approx(room * MILLIMETRE, rel=0.001)
        assert min(widths) > 1_000  # twips: 1.76 cm


def test_nothing_for_members_says_why(tmp_path: Path) -> None:
    none = replace(notice_of([100], []), undistributed_reason="章程规定入市收益追加量化为股份")
    document = written(tmp_path, none, Paper.A3)
    assert "本宗没有分给成员的款项。理由：章程规定入市收益追加量化为股份" in text_of(document)
    assert len(document.tables) == 3
    table = public_notice_table(none)
    assert table.loc[table["项目"] == "不直接分配", "说明"].tolist() == [
        "本宗没有分给成员的款项。理由：章程规定入市收益追加量化为股份"
    ]


AMOUNT = st.one_of(st.integers(0, 300), st.integers(0, 10**12))


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(AMOUNT, min_size=1, max_size=6).filter(any),
    members=st.lists(st.tuples(st.sampled_from(["东组", "西组", "", "{0}"]), AMOUNT), min_size=1, max_size=12),
    paper=st.sampled_from(Paper),
)
def test_printed_amounts_add_up(tmp_path: Path, parts: list[int], members: list[tuple[str, int]], paper: Paper) -> None:
    document = written(tmp_path, notice_of(parts, members), paper)
    facts, (_, *rows, total), (*groups, (grand,)), _ = tables_of(document)
    assert [fen_of(row[2]) for row in rows] == parts
    assert sum(parts) == fen_of(total[2]) == fen_of(facts[-2][1]) == read_words(facts[-1][1].removeprefix("人民币"))
    shares = [Fraction(row[3].removesuffix("%")) for row in rows]
    assert sum(shares) == 100 == Fraction(total[3].removesuffix("%"))
    assert all(
        abs(share - Fraction(100 * fen, sum(parts))) < Fraction(1, 100)
        for share, fen in zip(shares, parts, strict=True)
    )
    for _, _, *people, subtotal in groups:
        assert sum(fen_of(one[4]) for one in people) == fen_of(subtotal[4])
        assert [one[0] for one in people] == [str(number) for number in range(1, len(people) + 1)]
    printed = {one[2]: fen_of(one[4]) for _, _, *people, _ in groups for one in people}
    assert printed == {f"成员{number:03}": fen for number, (_, fen) in enumerate(members)}
    assert sum(fen_of(group[-1][4]) for group in groups) == fen_of(grand[4]) == sum(fen for _, fen in members)
    assert len(groups) == len({group for group, _ in members})


# --- hostile text

HOSTILE = st.one_of(
    st.text(max_size=30),
    st.text(st.characters(min_codepoint=0, max_codepoint=0x20), max_size=10),
    st.sampled_from([
        "=cmd|' /C calc'!A0",
        "\u202e\u200f倒\u2067转",
        "\ud800",
        "\ufffe\uffff\x85",
        "{0.__class__}{",
        "<w:p/>&amp;]]>",
        "长" * 40_000,
        "A" * 5_000,
        "〔待填〕",
    ]),
)  # fmt: skip


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(HOSTILE, min_size=8, max_size=8), paper=st.sampled_from(Paper))
def test_hostile_text_stays_text(tmp_path: Path, texts: list[str], paper: Paper) -> None:
    party, basis, group, household, name, weight, fact, collective = texts
    hostile = replace(
        NOTICE,
        collective=collective,
        deal={fact: basis, "用途": fact},
        parts=pd.DataFrame({"party": [party], "basis": [basis], "amount_fen": [700]}, dtype="object"),
        members=pd.DataFrame(
            {"group": [group], "household": [household], "name": [name], "weight": [weight], "amount_fen": [700]},
            dtype="object",
        ),
        price_fen=700,
        members_fen=700,
        objections={party: name},
        notice=fact,
        days_source=f"章程{basis}",
    )
    document = written(tmp_path, hostile, paper)
    facts, parts, (people, total), _ = tables_of(document)
    assert [len(facts), len(parts), len(people), len(total)] == [3, 3, 4, 1]
    assert all(len(row) == 6 for row in people)
    assert [row[4] for row in people[2:]] == ["7.00", "7.00"]
    assert all(len(cell) < 1_000 for row in people for cell in row), "no cell is longer than a page"
    for text, printed in ((name, people[2][2]), (household, people[2][1])):
        assert printed == text or not text.isprintable() or "…（原文" in printed
    table = public_notice_table(hostile)
    assert table["amount_fen"].dropna().tolist() == [700] * 5


def test_a_plain_hostile_name_is_printed_as_it_is(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", "<b>&amp;", "{collective}", "买买提·吐尔逊"]
    document = written(tmp_path, replace(NOTICE, members=NOTICE.members.assign(name=names)))
    printed = [row[2] for group in tables_of(document)[2][:-1] for row in group[2:-1]]
    assert sorted(printed) == sorted(names)


def test_control_characters_are_seen(tmp_path: Path) -> None:
    names = ["空\x00字", "\u202e反", "换\n行", "制\t表"]
    document = written(tmp_path, replace(NOTICE, members=NOTICE.members.assign(name=names)))
    printed = [row[2] for group in tables_of(document)[2][:-1] for row in group[2:-1]]
    assert sorted(printed) == sorted(["空␀字", "�反", "换 行", "制 表"])


# --- refusals


def changed(notice: PublicNotice, table: str, amounts: list[int] | list[float]) -> PublicNotice:
    """A notice with other amounts in one table."""
    other = {"parts": notice.parts, "members": notice.members}[table].assign(amount_fen=amounts)
    return replace(notice, parts=other) if table == "parts" else replace(notice, members=other)


SMALL = notice_of([60, 40], [("甲组", 25), ("乙组", 15)])
BAD = [
    (
        replace(SMALL, price_fen=101),
        ["parts", "amount_fen（金额分）合计 = 1.00 元", "price_fen", "1.01 元", "相差 -0.01 元"],
    ),
    (replace(SMALL, members_fen=39), ["members", "0.40 元", "members_fen（成员分配分） 0.39 元", "相差 0.01 元"]),
    (
        replace(SMALL, parts=SMALL.parts.assign(party=["成员分配", "集体"])),
        ["parts（成员分配）", "0.60 元", "members_fen", "0.40 元", "相差 0.20 元"],
    ),
    (changed(SMALL, "parts", [-1, 101]), ["parts", "amount_fen（金额分）", "共 1 行：1 = -1"]),
    (changed(SMALL, "parts", [60.0, 40.0]), ["parts", "共 2 行：1 = 60.0、2 = 40.0", "整数分"]),
    (changed(SMALL, "members", [25, float("nan")]), ["members", "amount_fen（金额分）", "2 行：1 = 25.0、2 = nan"]),
    (replace(SMALL, price_fen=0), ["price_fen", "0.00 元", "大于 0"]),
    (replace(SMALL, until_on=date(2026, 3, 1)), ["until_on = 2026-03-01", "from_on = 2026-03-02", "早 1 日"]),
    (replace(SMALL, until_on=date(2026, 3, 16)), ["until_on = 2026-03-16", "公示 14 日", "不少于 15 日", "差 1 日"]),
    (replace(SMALL, days_source=" "), ["days_source", "依据"]),
    (notice_of([100], []), ["undistributed_reason", "理由"]),
]


@pytest.mark.parametrize(("notice", "parts"), BAD)
def test_what_does_not_add_up_is_refused(tmp_path: Path, notice: PublicNotice, parts: list[str]) -> None:
    path = tmp_path / "公示表.docx"
    path.write_bytes(b"old")
    for refused in (lambda: write_public_notice(path, notice, Paper.A4), lambda: public_notice_table(notice)):
        with pytest.raises(BadValueError) as caught:
            refused()
        message = str(caught.value)
        assert all(part in message for part in [COLLECTIVE, *parts, "办法："]), message
        assert "成员0" not in message, "names stand on the sheet alone"
    assert [file.name for file in tmp_path.iterdir()] == ["公示表.docx"]
    assert path.read_bytes() == b"old"


def test_a_missing_column_is_named() -> None:
    with pytest.raises(MissingColumnError, match=r"PublicNotice\.members 缺少列：weight"):
        public_notice_table(replace(NOTICE, members=NOTICE.members.drop(columns="weight")))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"没有这个文件夹.*办法：先建文件夹") as caught:
        write_public_notice(tmp_path / "没有" / "公示表.docx", NOTICE, Paper.A4)
    assert isinstance(caught.value, LandMarketError)


def test_the_same_notice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "一.docx", tmp_path / "二.docx"
    for path in (first, second):
        write_public_notice(path, NOTICE, Paper.A3)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert "2026-03-02T00:00:00Z" in archive.read("docProps/core.xml").decode()


# --- the plain table


@pytest.mark.parametrize("paper", Paper)
def test_a_sheet_does_not_depend_on_those_written_before(tmp_path: Path, paper: Paper) -> None:
    first, again = tmp_path / "先.docx", tmp_path / "后.docx"
    _pattern.cache_clear()
    write_public_notice(first, NOTICE, paper)
    blanks = NOTICE.members.assign(name=["　甲　", " 乙 ", "丙", ""], weight=["", "2", "2", "2"])
    document = written(tmp_path, replace(NOTICE, members=blanks), paper)
    texts = [text for table in document.tables for text in table._tbl.iter(qn("w:t"))]
    assert {str(text.text) for text in texts if text.get(qn("xml:space"))} == {"　甲　", " 乙 "}
    write_public_notice(again, NOTICE, paper)
    assert again.read_bytes() == first.read_bytes()


def test_the_plain_table_is_the_sheet() -> None:
    before = NOTICE.parts.copy(), NOTICE.members.copy()
    table = public_notice_table(NOTICE)
    assert table.columns.tolist() == ["栏目", "项目", "户号", "姓名", "人数/份额", "说明", "占成交价", "amount_fen"]
    assert table.index.equals(pd.RangeIndex(len(table)))
    # 4 facts, price twice; 3 parts, sum; 4 members, 3 subtotals, total; period, 4 lines on objections
    assert len(table) == 6 + 4 + 8 + 5
    assert table["amount_fen"].dropna().tolist() == [
        *(24_691_357, 30_000_005, 68_765_427, 123_456_789),
        *(10_000_001, 30_000_002, 40_000_003),
        *(20_000_000, 20_000_000),
        *(8_765_424, 8_765_424),
        68_765_427,
    ]
    assert table.loc[table["姓名"] != "", ["栏目", "姓名", "人数/份额"]].to_numpy().tolist() == [
        ["第一组　共 2 笔", "成员000", "1.5"],
        ["第一组　共 2 笔", "成员002", "1.5"],
        ["第二组　共 1 笔", "成员001", "1/2"],
        ["第三组　共 1 笔", "成员003", "1/2"],
    ]
    pd.testing.assert_frame_equal(NOTICE.parts, before[0])
    pd.testing.assert_frame_equal(NOTICE.members, before[1])
