"""The year on a page and weak villages, against sums counted by hand and by a plain loop."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, ReadError
from landmarket.land_book import identified, typed_events
from landmarket.land_book.village_incomes import read_village_incomes
from landmarket.land_book.year import weak_villages, year_deals, year_table
from tests.clerk import WAY, book_of, code, event
from tests.hunting import examples

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ON = date(2025, 12, 31)
Row = dict[str, object]
AREA = 2000.0 / 3.0 * 3  # three mu


def recorded(rows: list[Row]) -> pd.DataFrame:
    return identified(typed_events(pd.DataFrame(rows)), recorded_by="甲", recorded_at=NOW)


def way(number: int, until: str, year: int, *, skip: tuple[str, ...] = ()) -> list[Row]:
    """Every step up to one, a day apart from March of a year on."""
    steps = [kind for kind in WAY[: WAY.index(until) + 1] if kind not in skip]
    return [event(number, kind, date(year, 3, 1 + place)) for place, kind in enumerate(steps)]


def parcels(count: int) -> pd.DataFrame:
    """Odd ones in 甲镇, even ones in 乙镇."""
    codes = [code(number) for number in range(1, count + 1)]
    towns = ["甲镇", "乙镇"]
    return pd.DataFrame({"township": [towns[place % 2] for place in range(count)], "area": AREA}, index=codes)


def income(events: pd.DataFrame, fund: int, collective: int) -> pd.DataFrame:
    codes = events.loc[events["kind"].eq("成交"), "parcel_code"].unique()
    return pd.DataFrame({"fund_fen": fund, "collective_fen": collective}, index=codes, dtype="Int64")


RESIDENTS = pd.Series({"甲镇": 100.0, "乙镇": 50.0, "丙镇": 10.0})


def test_a_county_of_four_parcels_counted_by_hand() -> None:
    rows = [*way(1, "成交", 2025), *way(2, "入库", 2024), *way(3, "出让公告", 2025), *way(4, "成交", 2024)]
    rows += [event(3, "交易开始", date(2025, 6, 1)), event(3, "流拍", date(2025, 6, 2))]
    rows += [event(2, "列入年度计划", date(2025, 1, 6)), event(3, "出让公告", date(2025, 7, 1))]
    events = recorded(rows)
    shares = pd.DataFrame({"fund_fen": [300], "collective_fen": [7_000]}, index=[code(1)])
    table = year_table(events, parcels(4), shares, RESIDENTS, year=2025, on=ON)
    counts = ["candidates", "banked", "planned", "approved", "offered", "failed", "sold", "undivided"]
    assert list(table[counts].loc["甲镇"]) == [2, 2, 2, 2, 2, 1, 1, 0]
    assert list(table[counts].loc["乙镇"]) == [2, 2, 1, 0, 0, 0, 0, 0]
    assert list(table[counts].loc["丙镇"]) == [0] * 8
    assert list(table[counts].loc["合计"]) == [4, 4, 3, 2, 2, 1, 1, 0]
    assert list(table.loc["甲镇", ["candidate_mu", "sold_mu"]]) == pytest.approx([6.0, 3.0])
    money = ["deal_price_fen", "fund_fen", "collective_fen"]
    assert list(table.loc["合计", money]) == [100_000_01, 300, 7_000]
    assert table.loc["甲镇", "collective_per_head"] == pytest.approx(0.70)
    assert table.loc["合计", "collective_per_head"] == pytest.approx(70 / 160)


def test_a_deal_that_is_not_divided_is_counted_as_such() -> None:
    events = recorded(way(1, "成交", 2025))
    none = pd.DataFrame({"fund_fen": pd.array([], "Int64"), "collective_fen": pd.array([], "Int64")})
    table = year_table(events, parcels(1), none, RESIDENTS, year=2025, on=ON)
    assert list(table.loc["合计", ["sold", "undivided", "deal_price_fen", "fund_fen"]]) == [1, 1, 100_000_01, 0]


def test_what_happens_later_is_not_looked_at() -> None:
    events = recorded(way(1, "成交", 2025))
    sold = events.loc[events["kind"].eq("成交"), "happened_on"].iloc[0].date()
    shares = income(events, 1, 2)
    before = year_table(events, parcels(1), shares, RESIDENTS, year=2025, on=date(2025, 3, sold.day - 1))
    assert list(before.loc["合计", ["offered", "sold"]]) == [1, 0]
    assert year_table(events, parcels(1), shares, RESIDENTS, year=2026, on=date(2026, 6, 1)).loc["合计", "sold"] == 0
    assert year_table(events, parcels(1), shares, RESIDENTS, year=2024, on=ON).loc["合计", "candidates"] == 0


def test_split_withdrawn_and_recovered_parcels_are_no_candidates_any_more() -> None:
    rows = [*way(1, "入库", 2024), event(1, "退出", date(2025, 2, 3)), *way(2, "入库", 2024), *way(3, "签订合同", 2024)]
    rows += [event(3, "收回", date(2025, 3, 3)), event(2, "分割", date(2025, 4, 7), lineage=f"{code(4)}、{code(5)}")]
    rows += [event(n, "新宗地设立", date(2025, 4, 7), lineage=code(2), event_area=1500.0) for n in (4, 5)]
    events = recorded(rows)
    before, after = (
        year_table(events, parcels(5), income(events, 0, 0), RESIDENTS, year=2025, on=on)
        for on in (date(2025, 1, 6), ON)
    )
    assert list(before.loc["合计", ["candidates", "banked"]]) == [3, 3]
    assert list(after.loc["合计", ["candidates", "banked"]]) == [2, 2]


def test_land_offered_by_negotiation_is_offered() -> None:
    events = recorded([*way(1, "同意入市", 2025), event(1, "协议商定", date(2025, 5, 6))])
    table = year_table(events, parcels(1), income(events, 0, 0), RESIDENTS, year=2025, on=ON)
    assert table.loc["合计", "offered"] == 1


def test_a_parcel_without_a_place_is_named() -> None:
    events = recorded(way(3, "入库", 2025))
    with pytest.raises(BadValueError, match=f"{code(3)}.*办法"):
        year_table(events, parcels(2), income(events, 0, 0), RESIDENTS, year=2025, on=ON)


def test_the_last_deal_of_a_year_counts_also_where_the_land_was_taken_back() -> None:
    rows = [*way(1, "签订合同", 2025), event(1, "收回", date(2025, 9, 1))]
    deals = year_deals(recorded(rows), year=2025, on=ON)
    assert deals["deal_price_fen"].tolist() == [100_000_01]
    assert year_deals(recorded(rows), year=2024, on=ON).empty


@settings(max_examples=examples(15), deadline=None)
@given(seed=st.integers(min_value=0, max_value=10_000), year=st.sampled_from([2021, 2022]), day=st.integers(1, 365))
def test_a_random_book_adds_up_as_a_plain_loop_does(seed: int, year: int, day: int) -> None:
    made, _ = book_of(8, seed)
    events = recorded([{str(name): cell for name, cell in row.items()} for row in made.to_dict("records")])
    on = date.fromordinal(date(year, 1, 1).toordinal() + day - 1)
    shares = income(events, 11, 13)
    table = year_table(events.sample(frac=1, random_state=seed), parcels(8), shares, RESIDENTS, year=year, on=on)
    wanted = {"approved": {"同意入市"}, "offered": {"出让公告"}, "failed": {"流拍"}, "sold": {"成交"}}
    counted = dict.fromkeys([*wanted, "planned", "money"], 0)
    for _, own in events.groupby("parcel_code"):
        past = [row for row in own.to_dict("records") if row["happened_on"].date() <= on]
        now = [row for row in past if row["happened_on"].year == year]
        for name, kinds in wanted.items():
            counted[name] += any(row["kind"] in kinds for row in now)
        counted["planned"] += any(row["kind"] == "列入年度计划" and row["plan_year"] == year for row in past)
        counted["money"] += sum(row["amount_fen"] for row in now if row["kind"] == "成交")
    assert list(table.loc["合计", list(wanted)]) == [counted[name] for name in wanted]
    assert table.loc["合计", "planned"] == counted["planned"]
    assert table.loc["合计", "deal_price_fen"] == counted["money"]
    assert table.loc["合计", "fund_fen"] == 11 * counted["sold"]
    parts = table.drop(index="合计", columns="collective_per_head").sum()
    assert parts.to_numpy() == pytest.approx(table.drop(columns="collective_per_head").loc["合计"].to_numpy())


def villages(*incomes: int | None) -> pd.DataFrame:
    return pd.DataFrame({"yearly_income_fen": pd.array(incomes, "Int64")}, index=["甲村", "乙村", "丙村", "丁村"])


def test_weak_villages_are_those_under_the_figure() -> None:
    land = pd.Series({"乙村": 1, "丙村": 5_000})
    table = weak_villages(villages(10_000, 9_999, 4_000, None), land, 10_000)
    assert table["weak_before"].tolist() == ["否", "是", "是", "不明"]
    assert table["weak_after"].tolist() == ["否", "否", "是", "不明"]
    assert table["village_total_fen"].fillna(-1).tolist() == [10_000, 10_000, 9_000, -1]
    assert table["land_income_fen"].tolist() == [0, 1, 5_000, 0]


def test_weak_villages_refuse_what_makes_no_sense() -> None:
    with pytest.raises(BadValueError, match=r"戊村.*办法"):
        weak_villages(villages(1, 1, 1, 1), pd.Series({"戊村": 1}), 10)
    with pytest.raises(BadValueError, match="大于 0"):
        weak_villages(villages(1, 1, 1, 1), pd.Series(dtype="int64"), 0)


HEAD = "村代码,乡镇,村,年经营收入（元）\n"


def test_village_incomes_are_read_to_the_fen(tmp_path: Path) -> None:
    file = tmp_path / "村.csv"
    file.write_text(HEAD + "411081001001,甲镇,甲村,1234.56\n411081001002,甲镇,乙村,\n", encoding="utf-8")
    table = read_village_incomes(file)
    assert table["yearly_income_fen"].fillna(-1).tolist() == [123_456, -1]
    assert table["village"].tolist() == ["甲村", "乙村"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("411081001001,甲镇,乙村,2\n", "village_code（村代码）.*411081001001"),
        (",甲镇,乙村,2\n", "village_code（村代码）"),
        ("411081001002,甲镇,乙村,-1\n", "yearly_income_fen.*-1.*办法"),
        ("411081001002,甲镇,乙村,很多\n", "年经营收入（元） 不是数.*很多"),
    ],
)
def test_bad_village_incomes_are_named(tmp_path: Path, row: str, words: str) -> None:
    file = tmp_path / "村.csv"
    file.write_text(HEAD + "411081001001,甲镇,甲村,1\n" + row, encoding="utf-8")
    with pytest.raises(BadValueError, match=words):
        read_village_incomes(file)


def test_village_incomes_without_a_column_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "村.csv"
    file.write_text("村代码,乡镇,村\n1,2,3\n", encoding="utf-8")
    with pytest.raises(ReadError, match="年经营收入"):
        read_village_incomes(file)
