"""Published deals: the figures that news and notices print follow from their own amounts and areas."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from landmarket.errors import MissingColumnError
from landmarket.market.real_deals import real_deals, recomputed
from landmarket.units import round_half_up
from tests.helpers import assert_same_index

# Printed figure of each deal: 德清, 宜城, 界首, 莱西, 伊宁, 青浦, 蕉岭, 宜兴, 平罗, 郯城, 明光.
PRINTED = [
    ("德清-砂村-2015", "wan_per_mu", "57.5"),
    ("德清-砂村-2015", "deal_unit_price", "862.5"),
    ("宜城-刘台村-2017", "premium_rate", "0.0512"),
    ("宜城-刘台村-2017", "deal_unit_price", "611.33"),
    ("界首-吴桥村-2021", "wan_per_mu", "10.8"),
    ("莱西-崔家集-2021", "wan_per_mu", "17.13"),
    ("莱西-崔家集-2021", "deal_unit_price", "257.0"),
    ("伊宁-东梁村-2024", "wan_per_mu", "100.1"),
    ("伊宁-东梁村-2024", "collective_share", "0.8162"),
    ("青浦-杨家庄村-2025", "wan_per_mu", "240.4"),
    ("蕉岭-同福村-2024", "rent_unit_price", "75.69"),
    ("宜兴-JG051-2024", "rent_unit_price", "16"),
    ("宜兴-JG051-2024", "deposit_share", "0.251"),
    ("平罗-五香村-2022", "start_wan_per_mu", "7.07"),
    ("平罗-五香村-2022", "deposit_share", "0.125"),
    ("郯城-057-2022", "start_unit_price", "305.5"),
    ("郯城-058-2022", "start_unit_price", "306.4"),
    ("郯城-057-2022", "deposit_share", "1"),
    ("明光-J03-2021", "start_unit_price", "96.00"),
]


@pytest.mark.parametrize(("deal", "figure", "printed"), PRINTED)
def test_printed_figures_follow_within_their_digits(deal: str, figure: str, printed: str) -> None:
    value = float(recomputed(real_deals()).loc[deal, figure])
    places = len(printed.partition(".")[2])
    assert round_half_up(value, places) == Decimal(printed)


def test_yicheng_premium_to_three_places() -> None:
    assert round_half_up(100 * float(recomputed(real_deals()).loc["宜城-刘台村-2017", "premium_rate"]), 3) == Decimal(
        "5.116"
    )


def test_zhongshan_floor_price_gives_a_floor_area_ratio_of_two() -> None:
    start = float(recomputed(real_deals()).loc["中山-联一村-2024", "start_unit_price"])
    assert round_half_up(start / 1941, 1) == Decimal("2.0")


def test_areas_in_mu_are_converted() -> None:
    # Printed beside each other: 739.37 ㎡ = 1.11 亩, 3,764.0 ㎡ = 5.65 亩.
    area = real_deals()["area"]
    assert [round_half_up(float(area[code]) * 3 / 2000, 2) for code in ("宜城-刘台村-2017", "平罗-五香村-2022")] == [
        Decimal("1.11"),
        Decimal("5.65"),
    ]
    assert area["德清-砂村-2015"] * 3 == 40_000


def test_every_deal_is_cited_and_what_has_no_address_is_not_verified() -> None:
    deals = real_deals()
    assert deals.index.is_unique
    assert deals["source"].str.len().gt(0).all()
    assert set(deals["stage"]) == {"成交", "公告"}
    assert set(deals["form"].dropna()) <= {"出让", "出租"}
    unknown = deals["source"].str.contains("未记")
    assert 0 < unknown.sum() < len(deals)
    assert deals["verified"].eq("否").equals(unknown)
    assert (deals["deal_price_fen"].notna() | deals["annual_rent_fen"].notna() | deals["stage"].eq("公告")).all()


def test_what_is_not_known_stays_missing() -> None:
    again = recomputed(real_deals())
    assert_same_index(again, real_deals())
    assert pd.isna(again.loc["枣庄-陶庄-2021", "deal_unit_price"])
    assert again.loc["平罗-五香村-2022", ["premium_rate", "deal_unit_price", "wan_per_mu"]].isna().all()


def test_amounts_are_exact_and_nobody_can_change_them() -> None:
    first = real_deals()
    assert first.loc["莱西-崔家集-2021", "deal_price_fen"] == 3_037_405_900
    first["deal_price_fen"] = 0
    assert real_deals().loc["莱西-崔家集-2021", "deal_price_fen"] == 3_037_405_900
    with pytest.raises(MissingColumnError, match="deposit_fen（竞买保证金分）"):
        recomputed(real_deals().drop(columns="deposit_fen"))
