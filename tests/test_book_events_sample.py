"""Two years of the sample county's land book: what may be recorded is, what is late is found."""

from __future__ import annotations

import warnings
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from landmarket.errors import BadValueError
from landmarket.io.parcels import read_parcels
from landmarket.land_book import Book, due_dates, event_faults, identified, make_book, parcel_states, read_events
from landmarket.land_book.collectives import read_collectives
from landmarket.screening import screen
from landmarket.workdays import is_working_day

COUNTY = Path(__file__).resolve().parents[1] / "sample_data" / "yuzhou"
HOME = COUNTY / "land_book"
ON = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=8)))
pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")
# What is planted, and how the term that it breaks stands.
TERMS = {
    "逾期付款": ("价款缴清", "逾期履行"),
    "尾款未缴": ("价款缴清", "逾期未履行"),
    "逾期开工": ("约定开工", "逾期履行"),
    "逾期未开工": ("约定开工", "逾期未履行"),
    "闲置满一年": ("约定开工", "逾期未履行"),
    "闲置满两年": ("约定开工", "逾期未履行"),
    "逾期竣工": ("约定竣工", "逾期履行"),
    "逾期未竣工": ("约定竣工", "逾期未履行"),
    "逾期答复": ("意见答复", "逾期履行"),
    "逾期未答复": ("意见答复", "逾期未履行"),
    "迟公布结果": ("结果公布", "逾期履行"),
    "未公布结果": ("结果公布", "逾期未履行"),
}
# What is planted in the other file, and the words in which it is refused.
REFUSED = {
    "没有签订合同就交地": "之前须有签订合同",
    "开工早于交地": "之前须有交地",
    "日期在将来": "晚于今天 2026-03-02",
    "集体不存在": "集体台账中没有这个集体",
    "宗地已分割": "之前不得有因分割或合并终止",
    "宗地已合并": "之前不得有因分割或合并终止",
    "成交编号重复": "同一成交已经记过",
    "缺成交编号": "这种事件须填此列",
    "没有这种事件": "没有这种事件",
    "金额为负": "金额不得为负",
    "争议未决就入库": "之前不得有权属争议未解决",
    "更正的事件不存在": "没有这个事件",
    "宗地不存在": "宗地图层中没有这宗地",
    "宗地代码少一位": "不是 19 位宗地代码",
}


@cache
def planted(file: str) -> pd.DataFrame:
    table = pd.read_csv(HOME / "planted_events.csv", comment="#", dtype=str, encoding="utf-8-sig")
    return table[table["file"] == file]


def parcels_of(kind: str) -> set[str]:
    table = planted("events.xlsx")
    found = set(table.loc[table["kind"] == kind, "parcel_code"])
    assert found, kind
    return found


@cache
def collectives() -> frozenset[str]:
    return frozenset(map(str, read_collectives(HOME / "collectives.xlsx").index))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A new land book with all good events in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = screen(read_parcels(COUNTY / "parcels.gpkg")).accepted
    made = make_book(tmp_path_factory.mktemp("book") / "book.gpkg", layer)
    events = read_events(HOME / "events.xlsx")
    assert made.append(events, recorded_by="示例", collectives=collectives(), recorded_at=NOON) == len(events)
    return made


def test_every_event_is_accepted_once(book: Book) -> None:
    held = book.events()
    codes = set(book.parcels().index)
    assert event_faults(held, on=ON, collectives=collectives(), parcels=codes).empty
    again = read_events(HOME / "events.xlsx")
    assert book.append(again, recorded_by="示例", collectives=collectives(), recorded_at=NOON) == 0
    assert held.loc[held["kind"] == "成交", "deal_no"].is_unique


def test_every_bad_event_is_refused_in_the_words_of_its_fault(book: Book) -> None:
    held, codes = book.events(), set(book.parcels().index)
    bad = identified(read_events(HOME / "events_bad.xlsx"), recorded_by="示例", recorded_at=NOON + timedelta(hours=1))
    why = planted("events_bad.xlsx").set_index("parcel_code")["kind"]
    assert set(why) == set(REFUSED)
    assert sorted(bad["parcel_code"]) == sorted(why.index)
    both = pd.concat([held, bad], ignore_index=True)
    faults = event_faults(both, on=ON, collectives=collectives(), parcels=codes)
    assert set(faults["event_id"]) == set(bad["event_id"])
    said = faults.groupby("event_id")["problem"].agg("；".join)
    missed = [
        (kind, said[event])
        for event, kind in zip(bad["event_id"], bad["parcel_code"].map(why), strict=True)
        if REFUSED[kind] not in said[event]
    ]
    assert missed == []


def test_bad_events_are_not_written(book: Book) -> None:
    bad = read_events(HOME / "events_bad.xlsx")
    before = book.events()
    for events in (bad, bad.tail(1)):
        with pytest.raises(BadValueError, match="什么也没有写入"):
            book.append(events, recorded_by="示例", collectives=collectives(), recorded_at=NOON + timedelta(hours=1))
    pd.testing.assert_frame_equal(book.events(), before)


def test_terms_that_were_missed_are_those_planted(book: Book) -> None:
    terms = due_dates(book.events(), on=ON, county="411081")
    assert terms["clock_state"].notna().all()
    for clock in sorted(set(terms["clock"])):
        for state in ("逾期履行", "逾期未履行"):
            kinds = [kind for kind, term in TERMS.items() if term == (clock, state)]
            expected = set().union(*(parcels_of(kind) for kind in kinds))
            found = terms[terms["clock"].eq(clock) & terms["clock_state"].eq(state)]
            assert set(found["parcel_code"]) == expected, (clock, state)
    assert set(terms.loc[terms["clock_state"].eq("太早"), "parcel_code"]) == parcels_of("公告期不足")


def test_land_lies_idle_as_long_as_planted(book: Book) -> None:
    terms = due_dates(book.events(), on=ON, county="411081")
    waiting = terms[terms["clock"].eq("约定开工") & terms["clock_state"].eq("逾期未履行")].set_index("parcel_code")
    due = waiting["due_by"]
    one, two = pd.Timestamp("2025-03-02"), pd.Timestamp("2024-03-02")
    assert set(due.index[due.gt(one)]) == parcels_of("逾期未开工")
    assert set(due.index[due.le(one) & due.gt(two)]) == parcels_of("闲置满一年")
    assert set(due.index[due.le(two)]) == parcels_of("闲置满两年")


def test_money_paid_and_use_are_as_planted(book: Book) -> None:
    held = book.events()
    live = held[~held["event_id"].isin(held.loc[held["kind"].eq("作废"), "corrects"])]
    price = live[live["kind"].eq("成交")].set_index("parcel_code")["amount_fen"].astype(int)
    paid = live[live["kind"].eq("缴款")].groupby("parcel_code")["amount_fen"].sum().astype(int)
    settled = set(live.loc[live["kind"].eq("价款缴清"), "parcel_code"])
    differs = {code for code in settled if price[code] != paid[code]}
    assert differs == parcels_of("缴清与缴款不符")
    assert set(held.loc[held["kind"].eq("改变用途"), "parcel_code"]) == parcels_of("改变用途")


def test_two_years_on_working_days_in_every_stage(book: Book) -> None:
    held = book.events()
    days = held["happened_on"].dt.date
    assert all(is_working_day(day) for day in set(days))
    assert days.max() <= ON
    early = held[days < date(2024, 3, 1)]
    assert set(early["parcel_code"]) == parcels_of("闲置满两年")
    assert early["remark"].str.contains("补记").all()
    states = parcel_states(held, on=ON)["book_state"]
    wanted = (
        "备选 储备库 列入计划 方案已报送 同意入市 公告中 交易中 协议中 流拍 成交 已签约 已交地 已开工 已竣工 使用中"
    )
    assert set(wanted.split()) | {"已分割", "已合并", "闲置", "已收回", "已退出"} <= set(states)
    assert 140 <= len(states) <= 180
    assert {2025, 2026} <= set(held["plan_year"].dropna().astype(int))
    second = {"转让", "出租", "租约终止", "抵押", "抵押注销", "争议解决", "更正", "作废", "新宗地设立"}
    assert second <= set(held["kind"])
    documents = held["event_document"].dropna()
    assert documents.str.startswith("示例").all()


def test_prices_are_those_of_land_of_that_area(book: Book) -> None:
    held, area = book.events(), book.parcels().area
    deals = held[held["kind"].eq("成交")].set_index("parcel_code")["amount_fen"].astype(float) / 100
    unit = deals / area.reindex(deals.index)
    assert unit.between(60, 2500).all()
