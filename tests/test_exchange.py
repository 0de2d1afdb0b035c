"""Tables for other systems: units and codes by hand, gaps named, no formula runs, what was sent is provable."""

from __future__ import annotations

import contextlib
import csv
import math
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, LandMarketError, OutputError, ReadError, RuleError, UnverifiedRuleWarning
from landmarket.land_book import identified, typed_events
from landmarket.land_book.deals import book_deals
from landmarket.land_book.exchange import exchange_gaps, exchange_rows, read_exchange
from landmarket.land_book.exchange_map import FieldMap, exchange_forms, read_field_map, shipped_field_map
from landmarket.land_book.exchange_sent import (
    ENTRY_CHANGED,
    FILE_CHANGED,
    FILE_GONE,
    SENT_LIST,
    WHOLE,
    verify_sent,
    write_exchange,
)
from tests.clerk import WAY, code, event
from tests.helpers import assert_same_index
from tests.hunting import examples

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HEAD = "header,columns,kind,unit,decimals,required,codes,source,verified,note\n"
OWN = (
    "编号,parcel_code,文字,,,是,,本县,true,\n"
    "面积(亩),area,数,亩,4,是,,本县,true,\n"
    "价款(万元),deal_price_fen,数,万元,6,是,,本县,true,\n"
    "方式,mode+form,文字,,,是,供地方式,本县,true,\n"
    "位置,township+village,文字,,,否,,本县,true,\n"
    "人数,member_count,整数,人,,否,,本县,true,\n"
    "成交日,deal_on,日期,,,否,,本县,true,\n"
    "备注,,文字,,,否,,本县,true,\n"
)


def form(folder: Path, rows: str = OWN) -> FieldMap:
    """A bureau's own form, all of it seen."""
    path = folder / "本县.csv"
    path.write_text(HEAD + rows, encoding="utf-8-sig")
    return read_field_map(path)


def deals() -> pd.DataFrame:
    """Two deals, one of them with nothing but what is asked for."""
    index = pd.Index(["411081004002JB00001", "411081004002JB00002"], name="parcel_code")
    return pd.DataFrame(
        {
            "area": [10_000.0, 2_000 / 3],
            "deal_price_fen": pd.array([123_456_789, 100], dtype="Int64"),
            "mode": ["挂牌", "协议"],
            "form": ["出让", "出让"],
            "township": ["褚河街道", None],
            "village": ["河东村", None],
            "member_count": pd.array([321, None], dtype="Int64"),
            "deal_on": pd.to_datetime(["2026-03-01", ""]),
            "备注": ["=1+1", None],
        },
        index=index,
    )


def test_units_codes_and_joined_texts_are_theirs(tmp_path: Path) -> None:
    table = deals()
    before = table.copy(deep=True)
    rows = exchange_rows(table, form(tmp_path))
    assert_same_index(rows, table)
    pd.testing.assert_frame_equal(table, before)
    assert list(rows.columns) == ["编号", "面积(亩)", "价款(万元)", "方式", "位置", "人数", "成交日", "备注"]
    assert rows["面积(亩)"].tolist() == [15.0, 1.0]  # a hectare is 15 mu; 2000/3 ㎡ are one
    assert rows["价款(万元)"].tolist() == [123.456789, 0.0001]
    assert rows["方式"].tolist() == ["挂牌出让", "协议出让"]
    assert rows["位置"].iloc[0] == "褚河街道河东村"
    assert rows["位置"].isna().tolist() == [False, True]
    assert rows["编号"].tolist() == list(table.index)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=5), st.lists(st.integers(1, 10**10), min_size=5, max_size=5)
)
def test_amounts_and_areas_are_exact_and_come_back(
    tmp_path_factory: pytest.TempPathFactory, fen: list[int], hundredths: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("x")
    rows = "面积(公顷),area,数,公顷,6,是,,本县,true,\n价(万元),deal_price_fen,数,万元,6,是,,本县,true,\n"
    field_map = form(folder, rows)
    areas = [n / 100 for n in hundredths[: len(fen)]]
    table = pd.DataFrame({"area": areas, "deal_price_fen": pd.array(fen, dtype="Int64")})
    made = exchange_rows(table, field_map)
    assert [Fraction(repr(value)) for value in made["价(万元)"]] == [Fraction(n, 10**6) for n in fen]
    assert [Fraction(repr(value)) for value in made["面积(公顷)"]] == [
        Fraction(n, 10**6) for n in hundredths[: len(fen)]
    ]
    for name in ("a.csv", "a.xlsx"):
        write_exchange(made, folder / name, field_map, sent_by="甲", sent_at=AT)
        back = read_exchange(folder / name, field_map)
        assert back["deal_price_fen"].tolist() == fen
        assert back["area"].tolist() == areas


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_what_was_written_is_read_back_by_the_same_map(tmp_path: Path, ending: str) -> None:
    table, field_map = deals(), form(tmp_path)
    sent = write_exchange(
        exchange_rows(table, field_map), tmp_path / f"表{ending}", field_map, sent_by="甲", sent_at=AT
    )
    back = read_exchange(sent.file, field_map)
    assert back["parcel_code"].tolist() == list(table.index)
    assert back["area"].round(9).tolist() == [10_000.0, round(2_000 / 3, 9)]
    assert back["deal_price_fen"].tolist() == [123_456_789, 100]
    assert back[["mode", "form"]].to_numpy().tolist() == [["挂牌", "出让"], ["协议", "出让"]]
    assert back["member_count"].iloc[0] == 321
    assert back["deal_on"].iloc[0] == pd.Timestamp("2026-03-01")
    assert back["备注"].iloc[0] == "=1+1"
    assert back["位置"].iloc[0] == "褚河街道河东村"  # two columns in one text stay theirs
    assert back[["member_count", "deal_on", "备注", "位置"]].iloc[1].isna().all()


def test_a_code_that_tells_too_little_stays_under_their_header(tmp_path: Path) -> None:
    table, field_map = deals().assign(form=["出租", "出让"]), form(tmp_path)
    sent = write_exchange(exchange_rows(table, field_map), tmp_path / "a.csv", field_map, sent_by="甲", sent_at=AT)
    back = read_exchange(sent.file, field_map)
    assert back["方式"].tolist() == ["租赁", "协议出让"]
    assert back["mode"].isna().tolist() == [True, False]


def test_gaps_are_named_by_row_and_all_at_once_by_field(tmp_path: Path) -> None:
    table = (
        deals().assign(area=[math.nan, 5.0], mode=["挂牌", "抽签"], 备注=["两\n行", ""]).drop(columns="deal_price_fen")
    )
    field_map = form(tmp_path)
    gaps = exchange_gaps(table, field_map)
    assert_same_index(gaps, table)
    assert gaps.tolist() == [
        "面积(亩)没有填；价款(万元)没有填；备注含换行或控制字符，或太长",
        "价款(万元)没有填；方式不在代码表中（'抽签+出让'）",
    ]
    with pytest.raises(BadValueError) as caught:
        exchange_rows(table, field_map)
    said = str(caught.value)
    assert "4 个字段不能发送" in said
    assert "面积(亩)（取自 area（计价面积））没有填，共 1 行：411081004002JB00001" in said
    assert "价款(万元)（取自 deal_price_fen（成交价分））没有填，共 2 行" in said
    assert "办法：" in said


def test_a_term_without_end_is_no_number(tmp_path: Path) -> None:
    field_map = form(tmp_path, "年限,term_years,数,年,2,是,,本县,true,\n")
    table = pd.DataFrame({"term_years": [40.0, float("inf"), 1e18]}, index=["甲", "乙", "丙"])
    assert exchange_gaps(table, field_map).tolist() == ["", "年限没有数可填（inf）", "年限没有数可填（1e+18）"]


def test_a_bare_number_is_no_day(tmp_path: Path) -> None:
    field_map = form(tmp_path, "日,deal_on,日期,,,是,,本县,true,\n")
    days: list[object] = [20260301, "2026年3月1日", date(2026, 3, 1), pd.Timestamp("2026-03-01 08:30"), "昨天"]
    table = pd.DataFrame({"deal_on": pd.Series(days, dtype="object")})
    assert exchange_gaps(table, field_map).tolist() == ["日不是日期（20260301）", "", "", "", "日不是日期（'昨天'）"]
    rows = exchange_rows(table.iloc[1:4], field_map)
    assert rows["日"].tolist() == [pd.Timestamp("2026-03-01")] * 3


def test_shipped_forms_are_complete_and_warn_that_no_template_was_seen() -> None:
    assert set(exchange_forms()) == {"national_result", "city_notice", "city_result"}
    table = deals().assign(planned_use_name="工业用地", right_holder="某公司", owner="某村集体")
    for name in exchange_forms():
        assert shipped_field_map(name).unverified
    with pytest.warns(UnverifiedRuleWarning, match="未经核对系统模板"):
        rows = exchange_rows(
            table.assign(township="褚河街道", deal_on=pd.Timestamp(AT.date())), shipped_field_map("city_result")
        )
    assert rows["土地面积(亩)"].tolist() == [15.0, 1.0]
    needed = {field.header for field in shipped_field_map("national_result").fields if field.required}
    assert {"项目名称", "面积(公顷)", "成交价格(万元)", "合同签订日期"} <= needed
    with pytest.raises(RuleError, match="national_result"):
        shipped_field_map("没有")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("甲,area,数,万元,2,是,,本县,true,", "单位是 ㎡，不能换算为 万元"),
        ("甲,nothing,数,㎡,2,是,,本县,true,", "nothing 不是本程序的列"),
        ("甲,area,金额,㎡,2,是,,本县,true,", "kind='金额'"),
        ("甲,area,数,㎡,2,要,,本县,true,", "required='要'"),
        ("甲,mode,文字,,,是,没有,本县,true,", "没有代码表 '没有'"),
        ("甲,area,数,㎡,九,是,,本县,true,", "decimals='九'"),
        ("甲,area+term_years,数,㎡,2,是,,本县,true,", "几列相连的只能是文字"),
        ("甲,area,数,㎡,2,是,,本县,true,\n甲,term,文字,,,是,,本县,true,", "甲 重复"),
    ],
)
def test_faults_of_a_map_are_named(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(RuleError, match="办法：") as caught:
        form(tmp_path, row + "\n")
    assert said in str(caught.value)


def test_reserve_prices_never_leave(tmp_path: Path) -> None:
    with pytest.raises(BadValueError, match="保密"):
        form(tmp_path, "底价,reserve_price_fen,数,万元,6,是,,本县,true,\n")


@settings(max_examples=examples(60), deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp"]), min_size=1, max_size=12))
def test_no_text_becomes_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("f")
    field_map = form(folder, "备注,,文字,,,否,,本县,true,\n编号,parcel_code,文字,,,是,,本县,true,\n")
    table = pd.DataFrame({"parcel_code": ["甲"], "备注": [text]})
    rows = exchange_rows(table, field_map)
    for name in ("a.csv", "a.xlsx"):
        write_exchange(rows, folder / name, field_map, sent_by="甲", sent_at=AT)
    cell = openpyxl.load_workbook(folder / "a.xlsx").worksheets[0]["A2"]
    assert cell.data_type in ("s", "n")
    assert (cell.value or "") == text.strip()
    with (folder / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.reader(file))[1][0]
    assert not written.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    back = read_exchange(folder / "a.csv", field_map)["备注"].iloc[0]
    assert back == text.strip() or (pd.isna(back) and not text.strip())


def sendings(folder: Path) -> list[str]:
    """Three sendings; the hashes of their entries."""
    field_map = form(folder)
    rows = exchange_rows(deals(), field_map)
    names = ["一.csv", "二.xlsx", "三.csv"]
    return [write_exchange(rows, folder / name, field_map, sent_by="张三", sent_at=AT).entry for name in names]


def test_what_was_sent_is_listed_and_whole(tmp_path: Path) -> None:
    entries = sendings(tmp_path)
    table = verify_sent(tmp_path, entries[-1])
    assert table["核对"].tolist() == [WHOLE] * 3
    assert table["文件"].tolist() == ["一.csv", "二.xlsx", "三.csv"]
    assert table["行数"].tolist() == ["2", "2", "2"]
    assert table["发送人"].tolist() == ["张三"] * 3
    assert table["发送时间"].iloc[0] == "2026-03-02T09:00:00+00:00"
    assert table["本条"].tolist() == entries


def test_later_changes_of_files_and_list_are_found(tmp_path: Path) -> None:
    entries = sendings(tmp_path)
    listed = tmp_path / SENT_LIST
    (tmp_path / "一.csv").write_bytes((tmp_path / "一.csv").read_bytes().replace("褚河".encode(), "褚江".encode()))
    (tmp_path / "二.xlsx").unlink()
    assert verify_sent(tmp_path)["核对"].tolist() == [FILE_CHANGED, FILE_GONE, WHOLE]
    kept = listed.read_text(encoding="utf-8-sig")
    listed.write_text(kept.replace("张三", "李四", 1), encoding="utf-8-sig")
    assert verify_sent(tmp_path)["核对"].tolist() == [ENTRY_CHANGED, FILE_GONE, WHOLE]
    lines = kept.splitlines(keepends=True)
    listed.write_text("".join([*lines[:2], *lines[3:]]), encoding="utf-8-sig")
    assert verify_sent(tmp_path)["核对"].tolist() == [FILE_CHANGED, ENTRY_CHANGED]
    field_map = form(tmp_path)
    with pytest.raises(ReadError, match="恢复清单"):
        write_exchange(exchange_rows(deals(), field_map), tmp_path / "四.csv", field_map, sent_by="甲", sent_at=AT)
    listed.write_text("".join(lines[:3]), encoding="utf-8-sig")
    with pytest.raises(ReadError, match="末尾可能被删"):
        verify_sent(tmp_path, entries[-1])


def test_a_list_saved_by_a_spreadsheet_is_still_whole(tmp_path: Path) -> None:
    sendings(tmp_path)
    listed = tmp_path / SENT_LIST
    with listed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    with listed.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)  # no quotes where none are needed
    assert verify_sent(tmp_path)["核对"].tolist() == [WHOLE] * 3


def test_nothing_is_written_over_or_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    field_map = form(tmp_path)
    rows = exchange_rows(deals(), field_map)
    first = write_exchange(rows, tmp_path / "一.csv", field_map, sent_by="甲", sent_at=AT)
    with pytest.raises(OutputError, match="不能覆盖"):
        write_exchange(rows, first.file, field_map, sent_by="甲", sent_at=AT)
    before = sorted(path.name for path in tmp_path.iterdir())
    listed = first.listed.read_bytes()
    real = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == SENT_LIST:
            raise OSError(28, "full")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="磁盘已满"):
        write_exchange(rows, tmp_path / "二.csv", field_map, sent_by="甲", sent_at=AT)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert first.listed.read_bytes() == listed


@pytest.mark.parametrize(
    ("name", "who", "said"),
    [("a.xls", "甲", "文件名"), ("'a.csv", "甲", "文件名"), ("a.csv", " ", "发送人"), ("a.csv", "甲\n乙", "发送人")],
)
def test_sendings_without_name_or_ending_are_refused(tmp_path: Path, name: str, who: str, said: str) -> None:
    field_map = form(tmp_path)
    rows = exchange_rows(deals(), field_map)
    with pytest.raises(BadValueError, match=f"{said}.*办法："):
        write_exchange(rows, tmp_path / name, field_map, sent_by=who, sent_at=AT)
    with pytest.raises(BadValueError, match=r"表头.*不同"):
        write_exchange(rows.drop(columns="备注"), tmp_path / "a.csv", field_map, sent_by="甲", sent_at=AT)


def test_cells_that_cannot_be_read_back_are_named(tmp_path: Path) -> None:
    field_map = form(tmp_path, "价(万元),deal_price_fen,数,万元,6,是,,本县,true,\n日,deal_on,日期,,,否,,本县,true,\n")
    for cell, day, said in (
        ("一百", "", "列 价.万元. 不是数，共 1 行：第 2 行 = '一百'"),
        ("1.2345678", "", "换算后不是整数"),
        ("1", "昨天", "列 日 不是日期"),
        ("1e999", "", "列 价.万元. 不是数"),
        ("999999999999999", "", "换算后太大"),
    ):
        (tmp_path / "a.csv").write_text(f"价(万元),日\n{cell},{day}\n", encoding="utf-8")
        with pytest.raises(BadValueError, match=said):
            read_exchange(tmp_path / "a.csv", field_map)


def book(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Events as a land book has them."""
    return identified(typed_events(pd.DataFrame(rows)), recorded_by="甲", recorded_at=AT)


def test_the_latest_deal_of_a_book_goes_out() -> None:
    built = WAY.index("竣工") + 1
    rows = [event(1, kind, date(2021, 3, 1 + place)) for place, kind in enumerate(WAY[:built])]
    rows[WAY.index("交地")]["agreed_by"] = pd.Timestamp("2021-09-01")
    rows[WAY.index("开工")]["agreed_by"] = pd.Timestamp("2022-09-01")
    sold = WAY[: WAY.index("成交") + 1]
    again = [event(2, kind, date(2021, 5, 1), amount_fen=7_00 if kind == "成交" else None) for kind in sold]
    rows += [event(2, kind, date(2021, 3, 1 + place)) for place, kind in enumerate(sold)] + again
    rows += [event(3, kind, date(2021, 3, 1 + place)) for place, kind in enumerate(WAY[: WAY.index("签订合同") + 1])]
    rows.append(event(3, "收回", date(2022, 1, 1)))
    rows += [event(4, kind, date(2021, 3, 1 + place)) for place, kind in enumerate(WAY[: WAY.index("签订合同") + 1])]
    rows += [event(4, "收回", date(2021, 6, 1)), event(4, "成交", date(2021, 7, 1))]
    events = book(rows)
    deals_then = book_deals(events, on=date(2021, 12, 31))
    assert deals_then.index.tolist() == [code(1), code(2), code(3), code(4)]
    table = book_deals(events, on=date(2022, 1, 1))
    assert table.index.tolist() == [code(1), code(2), code(4)]  # the third was taken back
    first = table.loc[code(1)]
    assert first["deal_on"] == pd.Timestamp(date(2021, 3, 1 + WAY.index("成交")))
    assert first["deal_price_fen"] == 100_000_01
    assert first["right_holder"] == "某公司"
    assert first["contract_on"] == pd.Timestamp(date(2021, 3, 1 + WAY.index("签订合同")))
    assert (first["start_due_on"], first["completion_due_on"]) == (
        pd.Timestamp("2021-09-01"),
        pd.Timestamp("2022-09-01"),
    )
    assert first["completed_on"] == pd.Timestamp(date(2021, 3, built))
    assert table.loc[code(2), "deal_price_fen"] == 7_00
    assert table["contract_on"].isna().tolist() == [False, True, True]  # sold again, not yet signed
    assert book_deals(events.iloc[:3], on=date(2022, 1, 1)).empty


def test_a_book_fills_the_national_form(tmp_path: Path) -> None:
    rows = [event(1, kind, date(2021, 3, 1 + place)) for place, kind in enumerate(WAY[: WAY.index("签订合同") + 1])]
    facts: dict[str, str | float] = {
        "area": 12_345.67,
        "township": "褚河街道",
        "village": "河东村",
        "land_source": "存量",
        "mode": "挂牌",
    }
    facts |= {"form": "出让", "planned_use_name": "工业用地", "term_years": 50.0}
    facts |= {"行政区": "禹州市", "项目名称": "某厂", "行业分类": "通用设备制造业"}
    table = book_deals(book(rows), on=date(2021, 12, 31)).assign(**facts)
    field_map = shipped_field_map("national_result")
    with pytest.warns(UnverifiedRuleWarning):
        made = exchange_rows(table, field_map)
    sent = write_exchange(made, tmp_path / "供地结果.xlsx", field_map, sent_by="甲", sent_at=AT)
    back = read_exchange(sent.file, field_map)
    assert made[["面积(公顷)", "成交价格(万元)", "供地方式"]].to_numpy().tolist()[0] == [
        1.234567,
        10.000001,
        "挂牌出让",
    ]
    assert back[["area", "deal_price_fen", "term_years"]].iloc[0].tolist() == [12_345.67, 100_000_01, 50]
    assert back["土地来源"].iloc[0] == "现有建设用地"  # four of ours are one of theirs


@pytest.mark.filterwarnings("ignore:.*不是 UTF-8，按 GB18030 读")
@settings(max_examples=examples(60), deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet=",\"\n价(万元)面积0123456789.e-'=", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_reason(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("b")
    field_map = form(folder, "价(万元),deal_price_fen,数,万元,6,是,,本县,true,\n面积,area,数,亩,2,否,,本县,true,\n")
    given_bytes = b"\xef\xbb\xbf" + "价(万元),面积\n".encode() + data
    for name, content in (("a.csv", given_bytes), ("a.xlsx", data), (SENT_LIST, data)):
        (folder / name).write_bytes(content)
    (folder / "map.csv").write_bytes(HEAD.encode() + data)
    for reading in (
        lambda: read_exchange(folder / "a.csv", field_map),
        lambda: read_exchange(folder / "a.xlsx", field_map),
        lambda: read_field_map(folder / "map.csv"),
        lambda: verify_sent(folder),
    ):
        with contextlib.suppress(LandMarketError):
            assert reading() is not None
