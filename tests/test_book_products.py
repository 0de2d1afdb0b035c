"""What a land book hands over: every planted irregularity and nothing else, the same pages from both stores."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import cast
from urllib.parse import unquote

import openpyxl
import pandas as pd
import pytest

from landmarket import book_products, cli
from landmarket.book_products import BookWork, book_run, book_work, county_book_plan, do_book, write_book
from landmarket.book_products import work as work_module
from landmarket.book_products.pages import INDEX, YEAR_MAP, YEAR_PAGE
from landmarket.book_products.products import WORKBOOK, book_tables
from landmarket.county import sample_county
from landmarket.errors import LandMarketWarning, RuleError
from landmarket.io.manifest import altered_files
from landmarket.land_book import Book, make_book, open_book, read_events
from landmarket.land_book.book_plan import BookPlan
from landmarket.land_book.irregularities import NO_CANDIDATE, NOT_BUILT, OPEN_EVIDENCE
from landmarket.products import Say, Work
from tests.postgis import PASSWORD, fresh_database, without_password

SAMPLE = sample_county()
HOME = SAMPLE / "land_book"
ON, CREATED = date(2026, 3, 2), datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
RECORDED = datetime(2026, 3, 2, 8, tzinfo=UTC)
pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")
# What was planted in the events, and what it must be found as.
FOUND_AS = {
    "逾期付款": "价款缴清逾期履行",
    "尾款未缴": "价款缴清逾期未履行",
    "逾期开工": "约定开工逾期履行",
    "逾期未开工": "约定开工逾期未履行",
    "逾期竣工": "约定竣工逾期履行",
    "逾期未竣工": "约定竣工逾期未履行",
    "逾期答复": "意见答复逾期履行",
    "逾期未答复": "意见答复逾期未履行",
    "迟公布结果": "结果公布逾期履行",
    "未公布结果": "结果公布逾期未履行",
    "公告期不足": "公告期未满",
}
REGISTERS = {
    "同意人数不足": "决议不成立",
    "审议在表决以后": "决议不成立",
    "决议公开不足": "决议不成立",
    "规划已过期": "规划已过期",
    "规划没有批准": "规划没有批准",
    "缺成员人数": "缺成员人数",
    "权属争议未解决": "权属争议未解决",
}


def quiet(step: str) -> None:
    """Say nothing."""


def planted(name: str) -> pd.DataFrame:
    return pd.read_csv(HOME / name, comment="#", dtype=str, encoding="utf-8-sig")


def filled(target: str | Path, main: Work) -> Book:
    """A book with the sample's events."""
    book = make_book(target, main.screening.accepted)
    book.append(read_events(HOME / "events.xlsx"), recorded_by="示例", recorded_at=RECORDED)
    return book


def followed(main: Work, book: Book) -> BookWork:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        return book_work(main, county_book_plan(main.county), book.events(), quiet, on=ON, year=2025)


def written(work: BookWork, out: Path) -> Path:
    with book_run(work, out, CREATED) as run:
        write_book(work, run, CREATED, quiet)
    return run.final


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the book is kept."""
    return str(tmp_path_factory.mktemp("book") / "台账.gpkg")


@pytest.fixture(scope="module")
def book(sample_work: Work, kept: str) -> Book:
    return filled(kept, sample_work)


@pytest.fixture(scope="module")
def work(sample_work: Work, book: Book) -> BookWork:
    return followed(sample_work, book)


@pytest.fixture(scope="module")
def folder(work: BookWork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(work, tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def rows(folder: Path) -> Callable[[str], list[dict[str, object]]]:
    """Rows of a sheet of the workbook that was written, its header being the first row that is filled throughout."""
    sheets = openpyxl.load_workbook(folder / WORKBOOK, data_only=True)

    def of(name: str) -> list[dict[str, object]]:
        cells: list[list[object]] = [list(row) for row in sheets[name].iter_rows(values_only=True)]
        at = next(place for place, row in enumerate(cells) if all(cell is not None for cell in row))
        heads = [str(cell).replace("\n", "") for cell in cells[at]]
        body: list[dict[str, object]] = [dict(zip(heads, row, strict=True)) for row in cells[at + 1 :]]
        return [row for row in body if row[heads[0]] not in (None, "合计")]

    return of


Rows = Callable[[str], list[dict[str, object]]]


def found(rows: Rows, register: str, kind: str) -> set[str]:
    return {str(row["编号或代码"]) for row in rows("异常") if row["来源台账"] == register and row["异常"] == kind}


def test_every_planted_event_is_found_and_nothing_else(rows: Rows, book: Book) -> None:
    table = planted("planted_events.csv")
    table = table[table["file"].eq("events.xlsx")]
    expected: dict[str, set[str]] = {}
    for kind, code in zip(table["kind"], table["parcel_code"], strict=True):
        expected.setdefault(FOUND_AS.get(kind, kind), set()).add(code)
    expected["约定开工逾期未履行"] |= expected["闲置满一年"] | expected["闲置满两年"]
    events = book.events()
    disputes = events[events["kind"].isin(["权属争议", "争议解决"])].groupby("parcel_code").size()
    expected["权属争议未解决"] = set(disputes.index[disputes % 2 == 1])
    said = {str(row["异常"]) for row in rows("异常") if row["来源台账"] == "台账事件"}
    assert said == set(expected)
    assert {kind: found(rows, "台账事件", kind) for kind in expected} == expected


def test_every_planted_fault_of_the_registers_is_found_and_nothing_else(rows: Rows) -> None:
    table = planted("planted.csv")
    expected: dict[str, set[str]] = {}
    for kind, key in zip(table["kind"], table["key"], strict=True):
        if kind in REGISTERS:
            expected.setdefault(REGISTERS[kind], set()).add(key)
    registers = {str(row["来源台账"]) for row in rows("异常")} - {"台账事件", "备选地块"}
    assert registers == {"民主决策", "权属争议", "规划台账", "集体台账"}
    listed: dict[str, set[str]] = {}
    for row in rows("异常"):
        if row["来源台账"] in registers:
            listed.setdefault(str(row["异常"]), set()).add(str(row["编号或代码"]))
    assert listed == expected
    farmland = set(table.loc[table["kind"].eq("调查为水浇地"), "key"])
    assert found(rows, "备选地块", NOT_BUILT) == farmland
    waiting = {"批准不在截止日以前", "图斑在建制镇内", "缺宅基地退出日期"}
    barred = found(rows, "备选地块", NO_CANDIDATE)
    assert set(table.loc[table["kind"].isin(waiting), "key"]) <= found(rows, "备选地块", OPEN_EVIDENCE) | barred
    assert set(table.loc[table["kind"].eq("调查为国有"), "key"]) <= barred


def test_lights_of_townships_are_those_of_the_deals(rows: Rows) -> None:
    counted: dict[tuple[str, str], int] = {}
    for row in rows("成交以后"):
        key = (str(row["乡镇"]), str(row["红黄绿"]))
        counted[key] = counted.get(key, 0) + 1
    told = {
        (str(row["乡镇"]), light): cast("int", row[f"{light}（宗）"])
        for row in rows("红黄绿")
        for light in "红黄绿"
        if row[f"{light}（宗）"]
    }
    assert told == counted
    red = {str(row["宗地代码"]) for row in rows("成交以后") if row["红黄绿"] == "红"}
    table = planted("planted_events.csv").set_index("kind")["parcel_code"]
    always = ["尾款未缴", "逾期未开工", "闲置满一年", "闲置满两年"]
    always += ["未公布结果", "改变用途", "逾期未竣工", "缴清与缴款不符"]
    assert red == set(table.loc[always])


def test_idle_land_has_its_fee_from_the_price(rows: Rows) -> None:
    table = planted("planted_events.csv").set_index("parcel_code")["kind"]
    idle = {str(row["宗地代码"]): row for row in rows("闲置")}
    assert {code: row["闲置情况"] for code, row in idle.items()} == {
        code: kind for code, kind in table.items() if str(kind).startswith("闲置")
    }
    for row in idle.values():
        price, fee = (cast("float", row[name]) for name in ("成交价（元）", "参照闲置费（元）"))
        assert fee == pytest.approx(price / 5, abs=0.006)
        assert "参照" in str(row["说明"])


def test_the_year_agrees_with_the_sheet_of_events(rows: Rows) -> None:
    events = [row for row in rows("事件") if row["事件"] == "成交" and cast("datetime", row["发生日期"]).year == 2025]
    page = rows("年度一页")
    assert sum(cast("int", row["成交（宗）"]) for row in page) == len({row["宗地代码"] for row in events})
    paid = sum(cast("float", row["成交价款（元）"]) for row in page)
    assert paid == pytest.approx(sum(cast("float", row["金额（元）"]) for row in events), abs=0.005)
    assert {row["成交未分配（宗）"] for row in page} == {0}
    for row in page:
        parts = cast("float", row["调节金（元）"]) + cast("float", row["集体及成员所得（元）"])
        assert parts <= cast("float", row["成交价款（元）"])


def test_weak_villages_by_the_county_s_figure(work: BookWork) -> None:
    stated = pd.read_csv(HOME / "village_incomes.csv", comment="#", dtype={"村代码": str}, encoding="utf-8-sig")
    income = stated.set_index("村代码")["年经营收入（元）"]
    assert set(work.villages.index[work.villages["weak_before"].eq("是")]) == set(income.index[income < 100_000])
    assert set(work.villages.index[work.villages["weak_before"].eq("不明")]) == set(income.index[income.isna()])
    raised = work.villages["weak_before"].eq("是") & work.villages["weak_after"].eq("否")
    assert raised.any()
    assert work.villages.loc[raised, "land_income_fen"].gt(0).all()


def test_new_parcels_have_the_place_of_their_origin(work: BookWork, sample_work: Work) -> None:
    events = work.events
    made = events[events["kind"].eq("新宗地设立")]
    assert len(made) == 3
    for code, origins, area in zip(made["parcel_code"], made["lineage"], made["event_area"], strict=True):
        origin = str(origins).split("、")[0]
        assert work.places.loc[code, "township"] == sample_work.outcome.table.loc[origin, "township"]
        assert work.places.loc[code, "area"] == area


def test_every_sheet_asked_for_is_there_with_rows(work: BookWork) -> None:
    tables = book_tables(work)
    wanted = "备选地块 权属 规划覆盖 储备库 年度计划 台账 到期与逾期 闲置 红黄绿 年度一页 异常 依据"
    assert {name for name in wanted.split() if len(tables[name])} == set(wanted.split())


def test_the_run_is_whole_internal_and_says_what_it_rests_on(folder: Path) -> None:
    assert altered_files(folder) == []
    for name in (INDEX, YEAR_PAGE, YEAR_MAP):
        page = (folder / name).read_text(encoding="utf-8")
        assert "内部工作用图" in page
        assert "示例数据" in page
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["book"]["events"] == len(read_events(HOME / "events.xlsx"))
    named = {Path(entry["path"]).name for entry in manifest["inputs"]}
    assert {"book.toml", "survey.gpkg", "decisions.xlsx", "village_incomes.csv", "candidates.toml"} <= named
    idle = [rule for rule in manifest["rules"] if "闲置土地处置办法" in str(rule["source"])]
    assert idle
    assert all("参照" in rule["source"] for rule in idle if "国有土地的规定" in rule["source"])


def test_links_of_the_pages_lead_somewhere(folder: Path) -> None:
    for name in (INDEX, YEAR_PAGE):
        links = re.findall(r'href="([^"#]+)"', (folder / name).read_text(encoding="utf-8"))
        assert links
        assert all((folder / unquote(unescape(link))).is_file() for link in links)


def test_nobody_s_name_is_on_a_page(folder: Path) -> None:
    registered = pd.read_excel(HOME / "collectives.xlsx", header=1)["法定代表人"].dropna().astype(str)
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "示例记录员" not in text
        assert not [name for name in registered.head(50) if name in text]


@pytest.fixture(scope="module")
def database(postgis_url: str) -> Iterator[str]:
    with fresh_database(postgis_url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", PASSWORD)
        yield without_password(url)


def digests(folder: Path) -> dict[str, str]:
    kept = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".key"]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in kept
        if path.name != "manifest.json"
    }


def test_both_stores_give_the_same_run_byte_for_byte(
    folder: Path, sample_work: Work, database: str, tmp_path: Path
) -> None:
    filled(database, sample_work)
    other = written(followed(sample_work, open_book(database)), tmp_path)
    assert digests(other) == digests(folder)
    one, two = (json.loads((path / "manifest.json").read_text(encoding="utf-8")) for path in (folder, other))
    same = {"run", "outputs", "secret_inputs"}
    assert {name: fact for name, fact in one.items() if name not in same} == {
        name: fact for name, fact in two.items() if name not in same
    }


def test_a_county_without_a_plan_of_its_book_is_told(sample_work: Work, book: Book) -> None:
    with pytest.raises(RuleError, match=r"book_plan.*办法"):
        do_book(replace(sample_work.county, book_plan=None), book, quiet)


# The commands


def call(patch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in process; return its exit code."""
    patch.setattr(sys, "argv", ["landmarket", "book", *arguments])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, sample_work: Work) -> pytest.MonkeyPatch:
    """The main job is not done again."""
    monkeypatch.setattr(work_module, "do_county", lambda county, say: sample_work)
    monkeypatch.setattr("landmarket.products.do_county", lambda county, say: sample_work)
    return monkeypatch


@pytest.mark.parametrize(
    "command",
    ["", "init", "import", "check", "status", "due", "year", "report", "export", "candidates", "coverage"],
)
def test_help_of_every_command_is_in_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert call(monkeypatch, *command.split(), "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("用法：")
    assert not {"Usage", "Options", "Commands", "Show this message"} & set(said.replace(":", " ").split())


@pytest.fixture(params=["geopackage", "postgis"])
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a book is to be kept: both kinds."""
    if request.param == "geopackage":
        return str(tmp_path / "新台账.gpkg")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return without_password(str(request.getfixturevalue("postgis_database")))


def test_a_book_is_made_filled_checked_and_looked_up(
    target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    county, events, bad = str(SAMPLE), str(HOME / "events.xlsx"), str(HOME / "events_bad.xlsx")
    assert call(monkeypatch, "init", target, county) == 0
    assert call(monkeypatch, "init", target, county) == 4
    assert call(monkeypatch, "import", target, events, "--by", "甲", "--county", county) == 0
    capsys.readouterr()
    assert call(monkeypatch, "import", target, events, "--by", "甲", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"read": 2778, "recorded": 0}
    assert call(monkeypatch, "check", target, "--county", county, "--on", "2026-03-02") == 0
    assert "没有发现问题" in capsys.readouterr().out
    assert call(monkeypatch, "check", target, bad, "--county", county, "--on", "2026-03-02", "--json") == 3
    faults = json.loads(capsys.readouterr().out)["faults"]
    refused = planted("planted_events.csv")
    assert {fault["parcel_code"] for fault in faults} == set(
        refused.loc[refused["file"].eq("events_bad.xlsx"), "parcel_code"]
    )
    assert call(monkeypatch, "import", target, bad, "--by", "甲", "--county", county) == 4
    assert "什么也没有写入" in capsys.readouterr().err
    assert call(monkeypatch, "status", target, "--on", "2026-03-02", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["events"] == 2778
    assert sum(document["counts"].values()) == len(document["states"])
    assert call(monkeypatch, "due", target, "--on", "2026-03-02", "--json") == 0
    late = {row["parcel_code"] for row in json.loads(capsys.readouterr().out)["late"]}
    kinds = ["尾款未缴", "逾期未开工", "闲置满一年", "闲置满两年", "逾期未答复", "未公布结果", "逾期未竣工"]
    assert late == set(refused.set_index("kind").loc[kinds, "parcel_code"])


def test_one_parcel_is_told_with_its_events_in_order(
    book: Book, kept: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    events = book.events()
    made = events[events["kind"].eq("新宗地设立")].iloc[0]
    assert call(monkeypatch, "status", kept, "--parcel", str(made["parcel_code"])) == 0
    said = capsys.readouterr().out
    assert f"来源宗地：{made['lineage']}" in said
    sold = str(events.loc[events["kind"].eq("成交"), "parcel_code"].iloc[0])
    assert call(monkeypatch, "status", kept, "--parcel", sold, "--json") == 0
    kinds = [row["kind"] for row in json.loads(capsys.readouterr().out)["events"]]
    assert kinds[0] == "列入备选"
    assert kinds.index("出让公告") < kinds.index("成交") < kinds.index("签订合同")
    assert call(monkeypatch, "status", kept, "--parcel", "411081001001JB99999") == 4
    assert "办法" in capsys.readouterr().err


def test_year_and_report_say_what_the_sheets_say(
    quick: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kept: str, work: BookWork, tmp_path: Path
) -> None:
    asked: list[tuple[date, int]] = []

    def done(main: Work, plan: BookPlan, events: pd.DataFrame, say: Say, *, on: date, year: int) -> BookWork:
        assert len(events) == len(work.events)
        asked.append((on, year))
        return work

    quick.setattr(work_module, "book_work", done)
    assert call(quick, "year", kept, str(SAMPLE), "--year", "2025", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    total = document["townships"][-1]
    assert total["township"] == "合计"
    assert total["deal_price_fen"] == int(work.townships["deal_price_fen"].iloc[:-1].sum())
    assert call(quick, "year", kept, str(SAMPLE), "--year", "2025") == 0
    said = capsys.readouterr().out
    assert "集体经济薄弱村" in said
    assert call(quick, "report", kept, str(SAMPLE), "--on", "2026-02-27", "--out", str(tmp_path), "--json") == 0
    assert asked == [(ON, 2025), (ON, 2025), (date(2026, 2, 27), 2026)]
    document = json.loads(capsys.readouterr().out)
    assert all((Path(document["folder"]) / file).is_file() for file in document["files"].values())
    assert sum(document["lights"].values()) == len(work.deals)
    assert document["irregularities"]["决议不成立"] == 18


def test_deals_are_sent_where_nothing_is_missing(
    quick: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], book: Book, kept: str, tmp_path: Path
) -> None:
    file = tmp_path / "成交.csv"
    asked = ["export", kept, str(SAMPLE), "city_result", str(file), "--by", "甲", "--year", "2026"]
    assert call(quick, *asked) == 4
    assert "交易方式" in capsys.readouterr().err
    assert not file.exists()
    events = book.events()
    sold = events[events["kind"].eq("成交") & events["happened_on"].dt.year.eq(2026)]
    also = tmp_path / "补充.csv"
    also.write_text("宗地代码,交易方式\n" + "".join(f"{code},挂牌\n" for code in sold["parcel_code"]), encoding="utf-8")
    assert call(quick, *asked, "--also", str(also), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    sent = pd.read_csv(file, dtype=str, encoding="utf-8-sig")
    assert document["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert set(sent["宗地编号"]) == set(sold["parcel_code"])
    price = sold.set_index("parcel_code")["amount_fen"].astype(int)
    wan = sent.set_index("宗地编号")["成交价(万元)"].astype(float)
    assert (wan * 1_000_000).round().astype(int).to_dict() == price.to_dict()


def test_candidates_and_plans_need_no_book(
    quick: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], work: BookWork, tmp_path: Path
) -> None:
    assert call(quick, "candidates", str(SAMPLE), "--to", str(tmp_path / "备选.csv"), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    found = pd.read_csv(tmp_path / "备选.csv", dtype=str, encoding="utf-8-sig")
    assert len(found) == len(document["candidates"]) == sum(document["status"].values())
    assert document["status"]["待补"] == int(found["证据状态"].eq("待补").sum())
    quick.setattr(book_products, "surveyed_land", lambda main, plan: work.land)
    assert call(quick, "coverage", str(SAMPLE), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["status"] == work.land.coverage["plan_status"].value_counts().to_dict()
    assert call(quick, "coverage", str(SAMPLE)) == 0
    assert "待规划价值（万元）" in capsys.readouterr().out
