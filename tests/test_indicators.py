"""Shares of the parties, the gap between town and country, parity, changes: by hand and by brute force."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, IndexMismatchError, MissingColumnError
from landmarket.indicators import (
    changes_by_place,
    gainers_and_losers,
    income_changes,
    income_gap,
    income_per_resident,
    price_parity,
    split_indicators,
    township_income_gap,
)
from landmarket.pricing.ratio_study import parity
from tests.helpers import assert_same_index
from tests.hunting import examples

YI = 10_000_000_000  # 1 亿元 in fen
FEN = ["deal_price_fen", "gain_fen", "fund_fen", "tax_fen", "cost_fen", "village_fen", "group_fen", "members_fen"]


def outcome() -> pd.DataFrame:
    """Five parcels, in fen: two of 甲 by one collective, one of another; one of 乙 that is not sold, one not split."""
    rows = [
        ["甲镇", "A", 120, 1000, 800, 200, 0, 200, 100, 50, 450],
        ["甲镇", "A", 120, 3000, 2000, 600, 0, 1000, 200, 0, 1200],
        ["甲镇", "B", 30, 500, 0, 100, 50, 350, 0, 0, 0],
        ["乙镇", "C", 50, *[None] * 8],
        ["乙镇", "D", 60, 700, *[None] * 7],
    ]
    index = pd.Index([f"p{i}" for i in range(1, 6)], name="parcel_code")
    table = pd.DataFrame(rows, index=index, columns=["township", "owner_code", "member_count", *FEN])
    return table.astype(dict.fromkeys(["member_count", *FEN], "Int64"))


# --- shares of the parties -------------------------------------------------------------------------------------------


def test_shares_by_hand() -> None:
    table = outcome()
    before = table.copy(deep=True)
    found = split_indicators(table)
    pd.testing.assert_frame_equal(table, before)
    assert found.index.tolist() == ["乙镇", "甲镇", "合计"]
    assert found.index.name == "township"
    row = found.loc["甲镇"]
    assert row[["parcels", "sold", "unsplit", "uncounted"]].tolist() == [3, 3, 0, 0]
    assert row[["deal_price_fen", "split_price_fen", "gain_fen", "fund_fen"]].tolist() == [4500, 4500, 2800, 900]
    # Villages 100 + 200, group 50, members 450 + 1200.
    assert row[["to_collectives_fen", "members_fen"]].tolist() == [2000, 1650]
    assert row["effective_fund_rate"] == pytest.approx(0.2)
    assert row["fund_of_gain"] == pytest.approx(900 / 2800)
    assert row["collective_share"] == pytest.approx(20 / 45)
    assert row["members_share"] == pytest.approx(1650 / 4500)
    # Collective A has 120 members and B 30: 16.50 元 among 150.
    assert row["member_count"] == 150
    assert row["income_per_head"] == pytest.approx(0.11)


def test_deals_without_a_split_are_counted_and_in_no_ratio() -> None:
    found = split_indicators(outcome())
    row = found.loc["乙镇"]
    assert row[["parcels", "sold", "deal_price_fen", "unsplit", "split_price_fen"]].tolist() == [2, 1, 700, 1, 0]
    assert row[["effective_fund_rate", "fund_of_gain", "collective_share", "income_per_head"]].isna().all()
    total = found.loc["合计"]
    assert total[["deal_price_fen", "split_price_fen", "unsplit", "member_count"]].tolist() == [5200, 4500, 1, 150]
    assert total["effective_fund_rate"] == found.loc["甲镇", "effective_fund_rate"]


def test_the_national_aggregate() -> None:
    # All pilots to the end of 2018, as published: 257 亿元, 28.6 to the fund, 178.1 to collectives; here as two places.
    table = pd.DataFrame(
        {
            "township": ["东部", "西部"],
            "owner_code": ["A", "B"],
            "member_count": [1, 1],
            "deal_price_fen": [200 * YI, 57 * YI],
            "gain_fen": [100 * YI, 20 * YI],
            "fund_fen": [26 * YI, 26 * YI // 10],
            "village_fen": [150 * YI, 281 * YI // 10],
            "members_fen": [0, 0],
        },
        index=["p1", "p2"],
    )
    total = split_indicators(table).loc["合计"]
    assert round(100 * total["effective_fund_rate"], 1) == 11.1
    assert round(100 * total["collective_share"], 1) == 69.3
    # The mean of the places would be (13 + 4.56) / 2.
    assert total["effective_fund_rate"] == pytest.approx(286 / 2570)


def test_members_whose_number_is_unknown_make_no_income_per_head() -> None:
    table = outcome()
    for column, value in (("member_count", pd.NA), ("owner_code", None)):
        broken = table.copy()
        broken.loc["p3", column] = value
        found = split_indicators(broken)
        assert found.loc["甲镇", ["uncounted", "member_count"]].tolist() == [1, 120]
        assert found["income_per_head"].isna().all()
        assert found.loc["甲镇", "effective_fund_rate"] == pytest.approx(0.2)


def test_parcels_without_a_place_have_a_row() -> None:
    table = outcome()
    table.loc["p3", "township"] = None
    assert split_indicators(table).loc["乡镇不明", "deal_price_fen"] == 500
    found = split_indicators(table.rename(columns={"township": "village"}), "village")
    assert found.loc["不明", "deal_price_fen"] == 500
    assert found.index.name == "village"


amounts = st.tuples(*[st.integers(0, 10**14)] * 4)
parcels = st.lists(
    st.tuples(st.sampled_from("甲乙丙"), st.sampled_from("ABCD"), amounts, st.sampled_from(["split", "sold", "none"])),
    min_size=1,
    max_size=12,
)


@given(parcels)
@settings(max_examples=examples(40), deadline=None)
def test_shares_by_brute_force(rows: list[tuple[str, str, tuple[int, ...], str]]) -> None:
    heads = {"A": 7, "B": 7, "C": 0, "D": 1}
    table = pd.DataFrame(
        [
            {
                "township": place,
                "owner_code": owner,
                "member_count": heads[owner],
                "deal_price_fen": sum(parts) if state != "none" else None,
                "gain_fen": parts[0] if state == "split" else None,
                **dict(zip(FEN[2:3] + FEN[5:8], parts if state == "split" else [None] * 4, strict=True)),
            }
            for place, owner, parts, state in rows
        ]
    ).astype(dict.fromkeys(["deal_price_fen", "gain_fen", *FEN[2:3], *FEN[5:8]], "Int64"))
    found = split_indicators(table)
    sums = ["parcels", "sold", "deal_price_fen", "unsplit", "split_price_fen", "fund_fen", "members_fen"]
    assert found.loc["合计", sums].tolist() == found.drop("合计")[sums].sum().tolist()
    for place in found.index:
        own = [row for row in rows if place in (row[0], "合计") and row[3] == "split"]
        price, fund = sum(sum(row[2]) for row in own), sum(row[2][0] for row in own)
        kept, members = sum(sum(row[2][1:]) for row in own), sum(row[2][3] for row in own)
        people = sum(heads[owner] for owner in {row[1] for row in own})
        expected = [
            float(Fraction(top, bottom)) if bottom else np.nan
            for top, bottom in ((fund, price), (kept, price), (members, price), (members, 100 * people))
        ]
        names = ["effective_fund_rate", "collective_share", "members_share", "income_per_head"]
        assert found.loc[place, names].tolist() == pytest.approx(expected, rel=1e-12, nan_ok=True)
        assert found.loc[place, "member_count"] == people


def test_shares_refuse_what_cannot_be_summed() -> None:
    table = outcome()
    with pytest.raises(MissingColumnError, match="fund_fen（土地增值收益调节金分）"):
        split_indicators(table.drop(columns="fund_fen"))
    with pytest.raises(MissingColumnError, match="township_fen"):
        split_indicators(table.drop(columns=["village_fen", "group_fen"]))
    with pytest.raises(BadValueError, match=r"p1.*先用 screen"):
        split_indicators(pd.concat([table, table.loc[["p1"]]]))
    with pytest.raises(BadValueError, match="共 1 行：p2 = -1。办法：金额不应为负"):
        split_indicators(table.assign(fund_fen=table["fund_fen"].replace(600, -1)))
    with pytest.raises(BadValueError, match=r"village_fen.*p3.*只有一部分"):
        split_indicators(table.assign(village_fen=table["village_fen"].where(table.index != "p3")))
    with pytest.raises(BadValueError, match=r"deal_price_fen（成交价分）.*p1.*补上成交价"):
        split_indicators(table.assign(deal_price_fen=table["deal_price_fen"].where(table.index != "p1")))
    with pytest.raises(BadValueError, match=r"member_count（成员人数）不一致，共 1 行：A。办法"):
        split_indicators(table.assign(member_count=[120, 121, 30, 50, 60]))


# --- town and country ------------------------------------------------------------------------------------------------


def test_income_gap_by_hand() -> None:
    # 42,000 to 24,000 is 1.75; with 1,000 more in the country 1.68, with 6,000 more 1.4.
    places = ["甲镇", "乙镇", "丙镇"]
    per_head = pd.Series([1000.0, 6000.0, np.nan], index=places)
    rural, urban = pd.Series(24000.0, index=places), pd.Series(42000.0, index=places)
    found = income_gap(per_head, rural, urban)
    assert_same_index(found, per_head)
    assert found["ratio_before"].tolist() == [1.75] * 3
    assert found["ratio_after"].tolist() == pytest.approx([1.68, 1.4, np.nan], nan_ok=True)
    assert found["ratio_fall"].tolist() == pytest.approx([0.07, 0.35, np.nan], nan_ok=True)
    with pytest.raises(BadValueError, match=r"rural_income.*乙镇 = 0"):
        income_gap(per_head, rural.where(rural.index != "乙镇", 0), urban)
    with pytest.raises(BadValueError, match=r"per_head.*共 1 行：甲镇 = -1000"):
        income_gap(-per_head.head(1), rural.head(1), urban.head(1))
    with pytest.raises(IndexMismatchError, match="丙镇"):
        income_gap(per_head, rural.head(2), urban)


def townships() -> pd.DataFrame:
    """Residents and yearly incomes of three townships."""
    return pd.DataFrame(
        {"rural_income": [20000.0, 30000, 20000], "urban_income": 42000.0, "residents": [100, 200, 100]},
        index=pd.Index(["甲镇", "乙镇", "丙镇"], name="township"),
    )


def test_income_of_residents_by_township() -> None:
    # 甲: 100,000 元 among 100 residents, 1,000 each; 乙: 200,000 元 among 200; 丙 has no deal.
    indicators = pd.DataFrame(
        {"members_fen": [10_000_000, 20_000_000, 30_000_000], "unsplit": [0, 1, 1]}, index=["甲镇", "乙镇", "合计"]
    )
    found = township_income_gap(indicators, townships())
    assert found.index.tolist() == ["甲镇", "乙镇", "丙镇", "合计"]
    assert found["income_per_resident"].tolist() == [1000, 1000, 0, 750]
    assert found["unsplit"].tolist() == [0, 1, 0, 1]
    # All: rural (2 + 6 + 2) million by 400 residents, 25,000; 42,000 to 25,000 is 1.68, to 25,750 it is 1.6311.
    assert found["ratio_before"].tolist() == pytest.approx([2.1, 1.4, 2.1, 1.68])
    assert found["ratio_after"].tolist() == pytest.approx([2.0, 42 / 31, 2.1, 42 / 25.75])
    assert found["ratio_fall"].tolist() == pytest.approx([0.1, 1.4 - 42 / 31, 0, 1.68 - 42 / 25.75])
    apart = township_income_gap(indicators, townships().assign(urban_income=[42000.0, 42000, 43000]))
    assert apart.loc["合计", ["ratio_before", "ratio_after", "ratio_fall"]].isna().all()
    assert apart.loc["合计", "income_per_resident"] == 750


def test_township_gap_takes_the_indicators_as_they_are() -> None:
    found = township_income_gap(split_indicators(outcome()), townships())
    assert found["members_fen"].tolist() == [1650, 0, 0, 1650]
    with pytest.raises(IndexMismatchError, match="缺少有成交的乡镇，共 1 行：乡镇不明"):
        township_income_gap(split_indicators(outcome().assign(township=None)), townships())
    with pytest.raises(BadValueError, match=r"residents.*丙镇 = 0"):
        township_income_gap(split_indicators(outcome()), townships().assign(residents=[100, 200, 0]))
    with pytest.raises(MissingColumnError, match="residents"):
        township_income_gap(split_indicators(outcome()), townships().drop(columns="residents"))


def test_income_per_resident_keeps_gaps() -> None:
    fen = pd.Series([150, None], index=["甲镇", "乙镇"], dtype="Int64")
    found = income_per_resident(fen, pd.Series([3, 3], index=fen.index))
    assert_same_index(found, fen)
    assert found.tolist() == pytest.approx([0.5, np.nan], nan_ok=True)
    with pytest.raises(BadValueError, match=r"residents.*甲镇.*常住人口"):
        income_per_resident(fen, pd.Series([0, 3], index=fen.index))


# --- parity ----------------------------------------------------------------------------------------------------------


def deals() -> pd.DataFrame:
    """Eight parcels of which one is not sold."""
    index = [f"p{i}" for i in range(8)]
    return pd.DataFrame(
        {
            "price_use": ["商服"] * 5 + ["工业"] * 3,
            "township": ["甲镇"] * 7 + ["乙镇"],
            "deal_unit_price": [600.0, 650, 700, 750, 800, 300, np.nan, 280],
        },
        index=index,
    )


def test_parity_by_use_and_township() -> None:
    table = deals()
    state = pd.Series([1000.0] * 5 + [300.0, 300.0, np.nan], index=table.index)
    found = price_parity(table, state)
    assert found.index.tolist() == [("商服", "甲镇"), ("工业", "乙镇"), ("工业", "甲镇")]
    row = found.loc[("商服", "甲镇")]
    # |0.6 … 0.8 − 0.7| averages 0.06: 8.571 %.
    assert row[["n", "median", "finding", "unpriced"]].tolist() == [5, 0.7, "", 0]
    assert row["cod"] == pytest.approx(100 * 0.06 / 0.7)
    lost = found.loc[("工业", "乙镇")]
    assert lost[["n", "unpriced", "finding"]].tolist() == [0, 1, "样点不足：0 宗，少于 5 宗"]
    assert np.isnan(lost["median"])
    by_use = price_parity(table, state, ["price_use"], least=1)
    assert by_use["median"].to_dict() == {"商服": 0.7, "工业": 1.0}
    assert by_use["unpriced"].tolist() == [0, 1]
    whole = price_parity(table, state, [], least=1)
    # 0.6, 0.65, 0.7, 0.75, 0.8 and 1.
    assert whole.loc["全部", ["n", "unpriced"]].tolist() == [6, 1]
    assert whole.loc["全部", "median"] == pytest.approx(0.725)


def test_parity_of_all_deals_is_that_of_the_ratio_study() -> None:
    table = deals().dropna()
    state = pd.Series(np.linspace(300, 900, len(table)), index=table.index)
    named = table.rename(columns={"deal_unit_price": "standard_price"})
    found = price_parity(named, state, price="standard_price", least=2)
    expected = parity(table["deal_unit_price"], state, table[["price_use", "township"]], least=2)
    pd.testing.assert_frame_equal(found.drop(columns="unpriced"), expected)


def test_parity_refuses_what_has_none() -> None:
    table = deals()
    state = pd.Series(1000.0, index=table.index)
    with pytest.raises(BadValueError, match="成交 7 宗，没有一宗有国有基准地价"):
        price_parity(table, state * np.nan)
    with pytest.raises(BadValueError, match="成交 0 宗"):
        price_parity(table.assign(deal_unit_price=np.nan), state)
    with pytest.raises(BadValueError, match=r"大于 0.*p0 = 0"):
        price_parity(table, state.where(state.index != "p0", 0))
    with pytest.raises(BadValueError, match=r"township（乡镇）.*p1.*分组列"):
        price_parity(table.assign(township=table["township"].where(table.index != "p1")), state)
    with pytest.raises(IndexMismatchError, match="p0"):
        price_parity(table, state[1:])
    with pytest.raises(MissingColumnError, match="price_use（地价用途）"):
        price_parity(table.drop(columns="price_use"), state)


# --- changes ---------------------------------------------------------------------------------------------------------


def two_outcomes() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Members' income in two scenarios: rises, falls, first deal, no deal at all, and a deal that was not split."""
    index = pd.Index(["p1", "p2", "p3", "p4", "p5"], name="parcel_code")
    before = pd.DataFrame(
        {"deal_price_fen": [900, 900, None, None, 900], "members_fen": [400, 300, None, None, 100]}, index=index
    )
    after = pd.DataFrame(
        {"deal_price_fen": [900, None, 900, None, 900], "members_fen": [500, None, 70, None, None]}, index=index
    )
    return before.astype("Int64"), after.astype("Int64")


def test_changes_by_hand() -> None:
    before, after = two_outcomes()
    found = income_changes(before, after, "members_fen")
    assert_same_index(found, before)
    assert found["before_fen"].tolist() == [400, 300, 0, 0, 100]
    assert found["after_fen"].tolist() == [500, 0, 70, 0, pd.NA]
    assert found["change_fen"].tolist() == [100, -300, 70, 0, pd.NA]
    assert found["change_percent"].tolist() == pytest.approx([25, -100, np.nan, np.nan, np.nan], nan_ok=True)
    again = income_changes(after, before, "members_fen")
    assert again["change_fen"].tolist() == [-100, 300, -70, 0, pd.NA]
    assert again["change_percent"].tolist() == pytest.approx([-20, np.nan, -100, np.nan, np.nan], nan_ok=True)


def test_only_a_deal_that_was_not_made_is_an_income_of_nothing() -> None:
    before, after = (table.drop(columns="deal_price_fen") for table in two_outcomes())
    assert income_changes(before, after, "members_fen")["change_fen"].tolist() == [100, *[pd.NA] * 4]
    rents = before.assign(deal_price_fen=pd.array([None] * 5, dtype="Int64"))
    assert income_changes(rents, rents, "members_fen")["before_fen"].tolist() == [400, 300, 0, 0, 100]


def test_changes_by_place_leave_unknown_incomes_out() -> None:
    found = income_changes(*two_outcomes(), "members_fen")
    places = pd.Series(["甲村", "乙村", "乙村", None, "甲村"], index=found.index, name="village")
    sums = changes_by_place(found, places)
    assert sums.index.tolist() == ["不明", "乙村", "甲村", "合计"]
    assert sums.index.name == "village"
    # 甲村: 400 → 500, and one unknown; 乙村: 300 + 0 → 0 + 70.
    assert sums[["before_fen", "after_fen", "change_fen", "unknown"]].to_numpy().tolist() == [
        [0, 0, 0, 0],
        [300, 70, -230, 0],
        [400, 500, 100, 1],
        [700, 570, -130, 1],
    ]
    assert sums["change_percent"].tolist() == pytest.approx([np.nan, -2300 / 30, 25, -1300 / 70], nan_ok=True)


def test_changes_of_places() -> None:
    table = outcome()
    more = table.assign(members_fen=table["members_fen"] + 150)
    found = income_changes(split_indicators(table), split_indicators(more), "members_fen")
    assert found["change_fen"].to_dict() == {"乙镇": 0, "甲镇": 450, "合计": 450}
    assert gainers_and_losers(found).index.tolist() == ["甲镇"]


def test_changes_refuse_other_parcels() -> None:
    before, after = two_outcomes()
    with pytest.raises(IndexMismatchError, match="p5"):
        income_changes(before, after.iloc[:4], "members_fen")
    with pytest.raises(MissingColumnError, match="fund_fen"):
        income_changes(before, after, "fund_fen")
    with pytest.raises(IndexMismatchError, match="次序不同"):
        changes_by_place(income_changes(before, after, "members_fen"), pd.Series("甲村", index=before.index[::-1]))


def test_gainers_and_losers_by_hand() -> None:
    index = ["p9", "p2", "p1", "p5", "p4", "p3", "合计"]
    changes = pd.DataFrame({"change_fen": pd.array([5, 8, 5, 0, -2, None, 16], dtype="Int64")}, index=index)
    found = gainers_and_losers(changes, 2)
    assert found["change_fen"].to_dict() == {"p2": 8, "p1": 5, "p4": -2}
    assert found["side"].tolist() == ["获益", "获益", "受损"]
    assert found["rank"].tolist() == [1, 2, 1]
    with pytest.raises(BadValueError, match="count = 0"):
        gainers_and_losers(changes, 0)
    with pytest.raises(MissingColumnError, match="change_fen"):
        gainers_and_losers(changes.drop(columns="change_fen"))


@given(st.lists(st.integers(-5, 5), max_size=30), st.integers(1, 6))
@settings(max_examples=examples(60), deadline=None)
def test_gainers_and_losers_by_sorting(changes: list[int], count: int) -> None:
    codes = [f"{number:03d}" for number in range(len(changes))]
    rows = list(zip(codes, changes, strict=True))
    expected = [code for code, change in sorted(rows, key=lambda row: (-row[1], row[0])) if change > 0][:count]
    expected += [code for code, change in sorted(rows, key=lambda row: (row[1], row[0])) if change < 0][:count]
    table = pd.DataFrame({"change_fen": pd.array(changes, dtype="Int64")}, index=pd.Index(codes, dtype="str"))
    shuffled = table.loc[table.index[np.random.default_rng(len(changes)).permutation(len(changes))]]
    found = gainers_and_losers(shuffled, count)
    assert found.index.tolist() == expected
    assert found["change_fen"].tolist() == [changes[int(code)] for code in expected]
