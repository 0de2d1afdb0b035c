"""The papers of a deal: what is missing is named, a void contract is called void, a late plan late; nothing secret."""

from __future__ import annotations

import re
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.shared import RGBColor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, OutputError, ReadError, RuleError
from landmarket.report.deal_papers import deal_papers, write_papers
from landmarket.report.filing_clock import LATE, filing_clock
from landmarket.report.paper import Paper, Part
from landmarket.report.paper_facts import COMPUTED, DATE, FEN, paper_facts, requirements
from landmarket.report.paper_template import filled_text, read_template, shipped_template_text, shipped_templates
from landmarket.workdays import HolidayNotice
from tests.hunting import examples

CREATED = datetime(2026, 3, 2, 9, 30)
PLAN, NOTICE, CONFIRMATION, CONTRACT, SUPERVISION = "入市方案", "出让公告", "成交确认书", "合同要点与附件", "监管协议"
# 土地管理法实施条例 art. 40, by hand: each item and the facts that state it.
NINE = {
    "界址": ["界址"],
    "面积": ["面积"],
    "用途": ["用途"],
    "规划条件": ["规划条件"],
    "产业准入和生态环境保护要求": ["产业准入要求", "生态环境保护要求"],
    "使用期限": ["使用期限"],
    "交易方式": ["交易方式"],
    "入市价格": ["入市价格"],
    "集体收益分配安排": ["收益分配安排"],
}
# art. 41: without these in the contract it is void.
VOID = ("规划条件", "产业准入要求", "生态环境保护要求")
RED = RGBColor(0xC0, 0x00, 0x00)


def whole() -> dict[str, str | date | int]:
    """Every fact stated; filed ten working days before the deal."""
    stated: dict[str, str | date | int] = {}
    for name, fact in paper_facts().items():
        if fact.kind == FEN:
            stated[name] = 10_700_053
        elif fact.kind == DATE:
            stated[name] = date(2026, 3, 2)
        elif fact.kind != COMPUTED:
            stated[name] = f"某{name}"
    return {**stated, "交易日": date(2026, 3, 16), "政府意见日": date(2026, 3, 9)}


def without(*names: str) -> dict[str, str | date | int]:
    return {name: value for name, value in whole().items() if name not in names}


def named(paper: Paper, kind: str) -> list[str]:
    return [gap.what for gap in paper.gaps if gap.kind == kind]


def cells_of(part: Part) -> dict[str, str]:
    """The table of a part: what, and its content."""
    return {row[0]: row[1] for row in part.tables[0].rows}


def text_of(document: Document) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def red_lines(document: Document) -> list[str]:
    return [
        paragraph.text
        for paragraph in document.paragraphs
        if paragraph.text and all(run.font.color.rgb == RED for run in paragraph.runs)
    ]


def edited(folder: Path, old: str, new: str, paper: str = PLAN) -> Path:
    """A shipped template with one change, as a bureau would make it."""
    text = shipped_template_text(paper)
    assert old in text
    path = folder / "模板.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


# --- what is missing


def test_a_whole_deal_lacks_nothing() -> None:
    papers = deal_papers(whole())
    assert list(papers) == [PLAN, NOTICE, CONFIRMATION, CONTRACT, SUPERVISION]
    for paper in papers.values():
        assert not named(paper, "必备") + named(paper, "待填") + named(paper, "待推算") + named(paper, LATE)
        assert paper.warnings == ()


@pytest.mark.parametrize("item", NINE)
def test_each_of_the_nine_items_is_missed_by_name(item: str) -> None:
    for fact in NINE[item]:
        paper = deal_papers(without(fact))[PLAN]
        assert named(paper, "必备") == [item]
        (gap,) = (gap for gap in paper.gaps if gap.kind == "必备")
        assert "第四十条" in gap.cure
        assert fact in gap.cure


def test_an_empty_deal_misses_all_nine_in_the_order_of_the_article() -> None:
    assert named(deal_papers({})[PLAN], "必备") == list(NINE)


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_fact_is_missing(blank: str) -> None:
    assert named(deal_papers({**whole(), "用途": blank})[PLAN], "必备") == ["用途"]


def test_what_is_missing_stands_in_the_text_and_on_the_last_page(tmp_path: Path) -> None:
    write_papers(tmp_path, deal_papers(without("用途", "表决情况")), created=CREATED)
    text = text_of(docx.Document(str(tmp_path / f"{PLAN}.docx")))
    assert "〔待填：用途〕" in text
    assert "〔待填：表决情况〕" in text
    assert re.search(r"\d+\. 〔必备〕用途。办法：", text)
    assert re.search(r"\d+\. 〔待填〕表决情况。办法：", text)
    page = (tmp_path / f"{PLAN}.html").read_text(encoding="utf-8")
    assert "<mark>〔待填：用途〕</mark>" in page


def test_sources_nobody_has_read_are_to_be_checked() -> None:
    papers = deal_papers(whole())
    assert not named(papers[PLAN], "核对")
    assert any("39号" in what for what in named(papers[NOTICE], "核对"))
    for paper in papers:
        for one in requirements(paper):
            assert not (one.verified and "凭记忆" in one.source)


# --- void contracts


@given(st.sets(st.sampled_from(VOID)))
@settings(max_examples=examples(8))
def test_a_contract_is_called_void_exactly_when_a_term_is_missing(missing: set[str]) -> None:
    papers = deal_papers(without(*missing))
    warnings = papers[CONTRACT].warnings
    assert bool(warnings) == bool(missing)
    for term in VOID:
        assert all((f"{term}" in said.partition("。")[0]) == (term in missing) for said in warnings)
    assert all("第四十一条" in said and "合同无效" in said for said in warnings)
    assert not any(papers[name].warnings for name in (PLAN, NOTICE, CONFIRMATION, SUPERVISION))


@pytest.mark.parametrize("other", ["界址", "违约责任", "竖向界限", "价款支付"])
def test_other_gaps_do_not_make_it_void(other: str) -> None:
    paper = deal_papers(without(other))[CONTRACT]
    assert paper.warnings == ()
    assert named(paper, "必备")


def test_the_warning_is_red(tmp_path: Path) -> None:
    write_papers(tmp_path, deal_papers(without("规划条件")), created=CREATED)
    document = docx.Document(str(tmp_path / f"{CONTRACT}.docx"))
    (line,) = red_lines(document)
    assert "合同无效" in line
    assert 'class="warning"' in (tmp_path / f"{CONTRACT}.html").read_text(encoding="utf-8")
    assert red_lines(docx.Document(str(tmp_path / f"{NOTICE}.docx"))) == []


def test_a_template_without_the_blank_makes_the_contract_void(tmp_path: Path) -> None:
    template = read_template(edited(tmp_path, 'paragraphs = ["{规划条件}"]', 'paragraphs = ["见规划条件书"]', CONTRACT))
    paper = deal_papers(whole(), [template])[CONTRACT]
    assert "规划条件" in paper.warnings[0]
    (gap,) = (gap for gap in paper.gaps if gap.kind == "必备")
    assert "在模板中加入 {规划条件}" in gap.cure


# --- the clock: 2026 counted by hand on the calendar of 国办发明电〔2025〕7号


@pytest.mark.parametrize(
    ("deal", "latest"),
    [
        # March has no holiday: 3, 4, 5, 6, 9, 10, 11, 12, 13 and 16 are ten working days after 2 March.
        (date(2026, 3, 16), date(2026, 3, 2)),
        # 15 to 23 February off, the Saturdays 14 and 28 worked: 10, 11, 12, 13, 14, 24, 25, 26, 27, 28.
        (date(2026, 2, 28), date(2026, 2, 9)),
        # 1 to 5 May off, Saturday 9 worked: 27, 28, 29, 30 April; 6, 7, 8, 9, 11, 12 May; Sunday 26 April is in time.
        (date(2026, 5, 12), date(2026, 4, 26)),
        # 1 to 7 October off, Saturday 10 worked, 20 September worked: 23, 24, 28, 29, 30 September; 8, 9, 10, 12, 13.
        (date(2026, 10, 13), date(2026, 9, 22)),
    ],
)
def test_the_last_day_to_file(deal: date, latest: date) -> None:
    clock = filing_clock(None, deal)
    assert clock.latest == latest
    assert not filing_clock(latest, deal).is_late
    after = date.fromordinal(latest.toordinal() + 1)
    assert filing_clock(after, deal).is_late


@pytest.mark.parametrize(
    ("filed", "answer_by"),
    [
        (date(2026, 3, 2), date(2026, 3, 9)),  # 3, 4, 5, 6, 9
        (date(2026, 2, 12), date(2026, 2, 26)),  # 13, 14 (worked), 24, 25, 26
        (date(2026, 9, 29), date(2026, 10, 12)),  # 30; 8, 9, 10 (worked), 12
    ],
)
def test_the_last_day_to_answer(filed: date, answer_by: date) -> None:
    assert filing_clock(filed, None).answer_by == answer_by


def test_late_filing_is_named_in_red(tmp_path: Path) -> None:
    facts = {**whole(), "方案报送日": "2026-03-03"}
    paper = deal_papers(facts)[PLAN]
    (said,) = named(paper, LATE)
    for part in ("2026-03-03 报送", "只有 9 个工作日", "不足 10 个", "最迟应于 2026-03-02"):
        assert part in said
    (gap,) = (gap for gap in paper.gaps if gap.kind == LATE)
    assert "2026-03-17" in gap.cure  # 4, 5, 6, 9 to 13, 16, 17
    assert "第四十条" in gap.cure
    write_papers(tmp_path, {PLAN: paper}, created=CREATED)
    assert red_lines(docx.Document(str(tmp_path / f"{PLAN}.docx"))) == [said]


def test_filing_after_the_deal_is_late() -> None:
    (finding,) = filing_clock(date(2026, 3, 20), date(2026, 3, 16)).findings
    assert "只有 0 个工作日" in finding.what


def test_a_late_answer_is_to_be_checked() -> None:
    assert not filing_clock(date(2026, 3, 2), date(2026, 3, 16), date(2026, 3, 9)).findings
    (finding,) = filing_clock(date(2026, 3, 2), date(2026, 3, 16), date(2026, 3, 10)).findings
    assert "2026-03-10 提出，晚于期限 2026-03-09" in finding.what


def test_before_the_regulation_there_is_no_clock() -> None:
    clock = filing_clock(date(2021, 8, 27), date(2021, 8, 30))
    assert (clock.latest, clock.earliest_deal, clock.answer_by, clock.findings) == (None, None, None, ())


def test_a_year_without_holidays_is_refused_until_they_are_given() -> None:
    facts = {**whole(), "方案报送日": date(2031, 3, 3), "交易日": date(2031, 3, 17), "政府意见日": ""}
    with pytest.raises(RuleError, match="2031 年的法定节假日安排未知"):
        deal_papers(facts)
    notice = HolidayNotice(2031, frozenset(), frozenset(), "示例，虚构")
    paper = deal_papers(facts, holidays=[notice])[PLAN]
    assert paper.warnings == ()
    assert "最迟报送日为2031年3月3日" in paper.parts[-1].paragraphs[0]


# --- facts


def test_amounts_and_days_are_printed_as_papers_have_them() -> None:
    # 107,000.53 元 in capital numerals is an example of the rules on filling in bills.
    parts = deal_papers(whole())[CONFIRMATION].parts
    cells = cells_of(parts[1])
    assert cells["成交价"] == "107,000.53 元（人民币壹拾万柒仟元零伍角叁分）"
    assert parts[0].paragraphs[0].startswith("2026年3月16日，")


def test_an_amount_may_be_text() -> None:
    cells = cells_of(deal_papers({**whole(), "成交价": "每年 3.066 万元"})[CONFIRMATION].parts[1])
    assert cells["成交价"] == "每年 3.066 万元"


@pytest.mark.parametrize("name", ["底价", "reserve_price_fen", "挂牌底价", "floor_price_ratio", "标底"])
def test_secret_facts_are_refused(name: str) -> None:
    with pytest.raises(BadValueError, match=rf"交易文书：{name} 在截止前保密") as error:
        deal_papers({**whole(), name: "1234567"})
    assert "1234567" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["底价为180万元", "起始价 192 万元，底价：人民币180万元", "保留价壹佰万元", "标底(180)"]
)
def test_a_fact_that_tells_the_reserve_is_refused(text: str) -> None:
    with pytest.raises(BadValueError, match="成交规则 写有底价数额") as error:
        deal_papers({**whole(), "成交规则": text})
    assert "180" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["本次挂牌设有底价，报价不低于底价且最高者得", "底价保密", "不设标底", "底价一经确定不得泄露"]
)
def test_that_there_is_a_reserve_may_be_said(text: str) -> None:
    assert not named(deal_papers({**whole(), "成交规则": text})[NOTICE], "必备")


@pytest.mark.parametrize(
    ("facts", "parts"),
    [
        ({"用涂": "工业"}, ["用涂", "没有这些填写项", "办法"]),
        ({"最迟报送日": "2026年3月2日"}, ["最迟报送日", "由程序推算"]),
        ({"交易日": "三月十六日"}, ["交易日", "三月十六日", "2026-03-02"]),
        ({"用途": 1001}, ["用途 = 1001", "写成文字"]),
        ({"成交价": True}, ["成交价 = True"]),
        ({"成交价": date(2026, 3, 2)}, ["成交价", "整数分"]),
    ],
)
def test_facts_that_cannot_be_printed(facts: dict[str, str | date | int], parts: list[str]) -> None:
    with pytest.raises(BadValueError) as error:
        deal_papers(facts)
    assert all(part in str(error.value) for part in parts)


def test_a_fact_is_not_looked_through_for_blanks() -> None:
    cells = cells_of(deal_papers({**whole(), "用途": "{面积}"})[PLAN].parts[0])
    assert cells["用途"] == "{面积}"


# --- templates


def test_no_shipped_template_has_a_blank_for_a_secret() -> None:
    for template in shipped_templates().values():
        assert set(template.blanks) <= set(paper_facts())
        assert not any(word in name for name in template.blanks for word in ("底价", "保留价", "标底", "reserve"))


def test_every_fact_is_asked_for_somewhere() -> None:
    asked = {name for template in shipped_templates().values() for name in template.blanks}
    assert set(paper_facts()) - asked == {"政府意见日"}  # of which only the clock speaks


def test_a_shipped_template_reads_back_as_itself(tmp_path: Path) -> None:
    for paper, template in shipped_templates().items():
        path = tmp_path / "模板.toml"
        path.write_text(shipped_template_text(paper), encoding="utf-8")
        assert read_template(path) == template


def test_an_edited_template_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    template = read_template(edited(tmp_path, "四、表决", "四、民主决策（{坐落}）"))
    papers = deal_papers(whole(), [template])
    assert papers[PLAN].parts[3].heading == "四、民主决策（某坐落）"
    assert len(papers) == 5


def test_a_template_may_declare_its_own_facts(tmp_path: Path) -> None:
    path = edited(tmp_path, "{表决情况}。", "{表决情况}，{党委意见}。")
    path.write_text(path.read_text("utf-8") + '\n[[fact]]\nname = "党委意见"\nhint = "文号"\n', encoding="utf-8")
    template = read_template(path)
    paper = deal_papers(whole(), [template])[PLAN]
    assert named(paper, "待填") == ["党委意见"]
    said = deal_papers({**whole(), "党委意见": "某党〔2026〕1号"}, [template])[PLAN].parts[3].paragraphs[0]
    assert said.endswith("，某党〔2026〕1号。")
    with pytest.raises(BadValueError, match="党委意见"):
        deal_papers({**whole(), "党委意见": "某党〔2026〕1号"})


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("{表决情况}", "{表决结果}、{会议}", ["{表决结果}", "{会议}", "[[fact]]"]),
        ("{表决情况}", "{}", ["{}"]),
        ("{表决情况}", "{表决情况", ["花括号不成对", "{表决情况"]),
        ("{表决情况}", "表决情况}", ["花括号不成对"]),
        ('paper = "入市方案"', 'paper = "入市方"', ["'入市方' 不是文书名", "入市方案、出让公告"]),
        ('paper = "入市方案"', "", ["缺少 ['paper']"]),
        ('mark = "（报送稿）"', 'markk = "x"', ["不认识 ['markk']"]),
        ('mark = "（报送稿）"', "mark = 3", ["mark = 3 应为文字"]),
        ('["坐落", "{坐落}"]', '["坐落", "{坐落}", "x"]', ["第 1 节", "每行应有 2 格"]),
        ('["坐落", "{坐落}"]', "3", ["第 1 节"]),
        ("closing = [", "closing = [3, ", ["closing", "应为文字的数组"]),
        ('heading = "四、表决"', 'heading = "四、表决', ["不是有效的 TOML"]),
    ],
)
def test_templates_that_are_refused(tmp_path: Path, old: str, new: str, parts: list[str]) -> None:
    path = edited(tmp_path, old, new)
    with pytest.raises(ReadError) as error:
        read_template(path)
    assert all(part in str(error.value) for part in (path.name, "办法", *parts))


@pytest.mark.parametrize("new", ["{底价}", "{挂牌底价}", "{reserve_price}"])
def test_a_template_with_a_blank_for_a_secret_is_refused(tmp_path: Path, new: str) -> None:
    path = edited(tmp_path, "{表决情况}", new)
    path.write_text(path.read_text("utf-8") + f'\n[[fact]]\nname = "{new[1:-1]}"\nhint = "x"\n', encoding="utf-8")
    with pytest.raises(BadValueError, match="保密"):
        read_template(path)


@pytest.mark.parametrize(
    ("fact", "parts"),
    [
        ('name = "用途"\nhint = "x"', ["用途", "重名"]),
        ('name = ""\nhint = "x"', ["为空"]),
        ('name = "甲"\nhint = "x"\nkind = "computed"', ["computed", "text、date、fen"]),
        ('name = "甲"', ["缺少 ['hint']"]),
    ],
)
def test_own_facts_that_are_refused(tmp_path: Path, fact: str, parts: list[str]) -> None:
    path = tmp_path / "模板.toml"
    path.write_text(f"{shipped_template_text(PLAN)}\n[[fact]]\n{fact}\n", encoding="utf-8")
    with pytest.raises(ReadError) as error:
        read_template(path)
    assert all(part in str(error.value) for part in ("第 1 个 [[fact]]", *parts))


def test_two_templates_of_one_paper_are_refused() -> None:
    template = shipped_templates()[PLAN]
    with pytest.raises(BadValueError, match="同一文书给了两个模板：入市方案"):
        deal_papers({}, [template, template])


def test_no_template_of_that_name() -> None:
    with pytest.raises(ReadError, match="没有文书 '租约' 的模板"):
        shipped_template_text("租约")


@given(st.dictionaries(st.sampled_from(["甲", "乙", "丙"]), st.text(min_size=1)), st.text(alphabet="甲乙丙字{}"))
@settings(max_examples=examples(100))
def test_filling_replaces_blanks_and_nothing_else(texts: dict[str, str], text: str) -> None:
    # By hand: walk the text, a blank is a brace pair with no brace inside.
    expected, rest = "", text
    while match := re.search(r"\{([^{}]*)\}", rest):
        expected += rest[: match.start()] + texts.get(match[1], f"〔待填：{match[1]}〕")
        rest = rest[match.end() :]
    assert filled_text(text, texts) == expected + rest


# --- files


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.policy = ""
        self.text = ""
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]
        found = dict(attrs)
        if found.get("http-equiv") == "Content-Security-Policy":
            assert self.tags == ["html", "head", "meta", "meta"]  # right after the encoding
            self.policy = found["content"] or ""

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'"


def test_pages_escape_everything_and_forbid_scripts(tmp_path: Path) -> None:
    facts = {name: HOSTILE if isinstance(value, str) else value for name, value in whole().items()}
    for path in write_papers(tmp_path, deal_papers(facts), created=CREATED, notice_line=HOSTILE):
        if path.suffix == ".html":
            page = Page()
            page.feed(path.read_text(encoding="utf-8"))
            assert not {"script", "img", "a", "link"} & set(page.tags)
            assert not page.handlers
            assert HOSTILE in page.text
            assert "default-src 'none'" in page.policy
            assert "script-src 'none'" in page.policy


@given(st.text())
@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_printed(tmp_path: Path, text: str) -> None:
    papers = deal_papers({"县名": text})
    for path in write_papers(tmp_path, {NOTICE: papers[NOTICE]}, created=CREATED):
        assert path.stat().st_size


def test_each_paper_is_a_document_and_a_page_and_the_same_bytes(tmp_path: Path) -> None:
    papers = deal_papers(whole())
    first = write_papers(tmp_path / "a", papers, created=CREATED, notice_line="示例数据")
    second = write_papers(tmp_path / "b", papers, created=CREATED, notice_line="示例数据")
    assert [path.name for path in first] == [f"{name}.{ending}" for name in papers for ending in ("docx", "html")]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    for path in first[::2]:
        document = docx.Document(str(path))
        head = document.sections[0].header.paragraphs[0].text
        assert head == "示例数据　内部工作稿，未经审核，不得公开"
        assert papers[path.stem].title in text_of(document)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "文件").write_text("x")
    with pytest.raises(OutputError, match="办法"):
        write_papers(tmp_path / "文件" / "夹", deal_papers({}), created=CREATED)
