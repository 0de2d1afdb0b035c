"""Outlier screens on cells made by hand: what is dropped, by which rule, in which order, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from landmarket.errors import MissingColumnError
from landmarket.pricing.compilation import Screen, screen_samples
from landmarket.pricing.compilation.rule import ScreenKind
from tests.helpers import assert_same_index

RELATED = Screen("关联方交易", ScreenKind.TEXT, column="note", words=("关联方", "亲属"))
RATIO = Screen("偏离中位数", ScreenKind.RATIO, low=0.5, high=2.0)
SIGMA = Screen("标准差", ScreenKind.SIGMA, k=1.5)
IQR = Screen("四分位", ScreenKind.IQR, k=1.5)
Prices = Mapping[tuple[str, str], Sequence[float]]


def cells(prices: Prices) -> pd.DataFrame:
    """Samples of some cells, named by their price."""
    rows = [(use, grade, price, "") for (use, grade), own in prices.items() for price in own]
    table = pd.DataFrame(rows, columns=["price_use", "grade", "standard_price", "gap"])
    names = [f"{use}{grade}-{price:g}" for use, grade, price, _ in rows]
    return table.set_index(pd.Index(names, name="sample_id")).assign(note="")


def one(*prices: float) -> pd.DataFrame:
    """One cell."""
    return cells({("商服", "I"): prices})


def gone(samples: pd.DataFrame, *screens: Screen) -> dict[str, str]:
    """What the screens drop, and why."""
    dropped = screen_samples(samples, screens)
    assert_same_index(dropped, samples)
    return {str(name): str(reason) for name, reason in dropped[dropped.ne("")].items()}


def test_prices_far_from_the_median_of_their_cell_are_dropped() -> None:
    # Median 100: 49 is 0.49 times of it, 50 and 200 stand on the limits and stay.
    table = one(49, 50, 90, 100, 110, 200, 201)
    assert gone(table, RATIO) == {
        "商服I-49": "偏离中位数：为本级中位数的 0.49 倍，界限 0.5—2",
        "商服I-201": "偏离中位数：为本级中位数的 2.01 倍，界限 0.5—2",
    }


def test_a_cell_is_a_use_and_a_grade() -> None:
    # 300 is three times the median of its own cell, and ordinary in the grade above; 100 is cheap but in industry.
    table = cells({("商服", "I"): [290, 300, 310], ("商服", "II"): [100, 100.5, 300], ("工业", "I"): [100, 101]})
    assert list(gone(table, RATIO)) == ["商服II-300"]


def test_prices_many_standard_deviations_off_are_dropped_by_their_logarithms() -> None:
    # Logarithms 0, 0, 0, 0, 0 and ln 10: mean ln10/6, deviation ln10·√(1/6); the last is 5/6·√6 = 2.04 of it away.
    table = one(1, 1.0000001, 1, 1, 1, 10)
    reasons = gone(table.set_index(pd.Index(list("abcdef"), name="sample_id")), SIGMA)
    assert reasons == {"f": "标准差：对数价偏离本级平均 +2.04 倍标准差，界限 ±1.5"}
    below = one(10, 10, 10, 10, 10, 1).set_index(pd.Index(list("abcdef"), name="sample_id"))
    assert gone(below, SIGMA) == {"f": "标准差：对数价偏离本级平均 -2.04 倍标准差，界限 ±1.5"}


def test_prices_far_outside_the_quartiles_are_dropped_by_their_logarithms() -> None:
    # Powers of 2: exponents 0, 1, 2, 3, 4 and 8. Quartiles 1.25 and 3.75, between them 2.5: 8 is 4.25 above, 1.7 times.
    table = one(1, 2, 4, 8, 16, 256)
    assert gone(table, IQR) == {"商服I-256": "四分位：对数价在本级四分位之外 1.70 倍四分位距，界限 1.5"}
    low = one(1, 16 * 1, 32, 64, 128, 256)
    assert gone(low, IQR) == {"商服I-1": "四分位：对数价在本级四分位之外 1.70 倍四分位距，界限 1.5"}
    assert gone(table, Screen("四分位", ScreenKind.IQR, k=1.71)) == {}


@pytest.mark.parametrize("screen", [RATIO, SIGMA, IQR])
@pytest.mark.parametrize("prices", [[700.0], [700.0, 705.0], [700.0, 700.0, 700.0]])
def test_one_or_two_samples_and_equal_ones_stay(screen: Screen, prices: list[float]) -> None:
    table = one(*prices)
    assert gone(table.set_index(pd.RangeIndex(len(prices)).astype("str").rename("sample_id")), screen) == {}


def test_of_two_samples_the_ratio_alone_can_drop() -> None:
    # 10 and 90: median 50, ratios 0.2 and 1.8; in logarithms neither is 0.71 deviations from the mean.
    assert list(gone(one(10, 90), RATIO)) == ["商服I-10"]
    assert gone(one(10, 90), SIGMA, IQR) == {}


def test_texts_are_looked_for_in_their_column() -> None:
    table = one(700, 701, 702, 703).assign(note=["", "买卖双方为关联方交易", None, "亲属之间，关联方"])
    assert gone(table, RELATED) == {
        "商服I-701": "关联方交易：“买卖双方为关联方交易”",
        "商服I-703": "关联方交易：“亲属之间，关联方”",
    }
    by_mode = Screen("协议", ScreenKind.TEXT, column="mode", words=("协议",))
    with pytest.raises(MissingColumnError, match="协议 的列 mode"):
        screen_samples(table, (by_mode,))
    assert list(gone(table.assign(mode=["挂牌", "协议", "挂牌", "拍卖"]), by_mode)) == ["商服I-701"]


def test_each_screen_looks_at_what_the_ones_before_it_left() -> None:
    # With the 1000 the median is 150 and 70 is below half of it; without it the median is 100, and 70 stays.
    table = one(70, 100, 100, 200, 200, 1000).set_index(pd.Index(list("abcdef"), name="sample_id"))
    table["note"] = ["", "", "", "", "关联方", "关联方"]
    assert list(gone(table, RATIO)) == ["a", "f"]
    assert gone(table, RELATED, RATIO) == {"e": "关联方交易：“关联方”", "f": "关联方交易：“关联方”"}
    first = gone(table, RATIO, RELATED)
    assert first == {
        "a": "偏离中位数：为本级中位数的 0.47 倍，界限 0.5—2",
        "e": "关联方交易：“关联方”",
        "f": "偏离中位数：为本级中位数的 6.67 倍，界限 0.5—2",
    }


def test_nothing_is_dropped_twice_and_the_first_screen_is_named() -> None:
    table = one(100, 100, 100, 100, 100, 100, 900).assign(note=["", "", "", "", "", "", "关联方"])
    table = table.set_index(pd.RangeIndex(7).astype("str").rename("sample_id"))
    for screens in ((RELATED, RATIO, SIGMA), (RATIO, RELATED, SIGMA), (SIGMA, RATIO, RELATED)):
        reasons = gone(table, *screens)
        assert list(reasons) == ["6"]
        assert reasons["6"].startswith(f"{screens[0].name}：")


def test_the_same_screen_twice_trims_again() -> None:
    # Median 3: 1, 40 and 50 go. Of 1.9 and 3 the median is 2.45: both are more than a tenth from it.
    table = one(1, 1.9, 3, 40, 50)
    assert list(gone(table, RATIO)) == ["商服I-1", "商服I-40", "商服I-50"]
    narrow = Screen("再", ScreenKind.RATIO, low=0.9, high=1.1)
    reasons = gone(table, RATIO, narrow)
    assert len(reasons) == 5
    assert reasons["商服I-3"] == "再：为本级中位数的 1.22 倍，界限 0.9—1.1"


def test_equal_prices_are_no_outliers_by_the_last_bit_of_their_logarithms() -> None:
    # Industrial land often all goes at the minimum price; the logarithms of the mean and of each are then not one.
    for price in (100.0, 168.0, 84.0, 96.3):
        for count in (3, 6, 7, 12, 50):
            table = one(*[price] * count).set_index(pd.RangeIndex(count).astype("str").rename("sample_id"))
            assert gone(table, Screen("标准差", ScreenKind.SIGMA, k=0.5), Screen("四分位", ScreenKind.IQR, k=0.1)) == {}


def test_where_half_the_prices_are_one_the_quartiles_say_nothing() -> None:
    table = one(*[168] * 9, 170, 400).set_index(pd.RangeIndex(11).astype("str").rename("sample_id"))
    assert gone(table, IQR) == {}
    assert list(gone(table, SIGMA)) == ["10"]


def test_samples_that_could_not_be_corrected_do_not_count() -> None:
    table = one(100, 100.5, 101, 900, 901, 902, 903).assign(gap=["", "", "", "x", "x", "x", "x"])
    table.loc[table["gap"].eq("x"), "standard_price"] = np.nan
    assert gone(table.assign(note="关联方"), RELATED) == dict.fromkeys(
        ("商服I-100", "商服I-100.5", "商服I-101"), "关联方交易：“关联方”"
    )
    assert gone(table, RATIO, SIGMA, IQR) == {}


def test_no_screen_and_no_sample_drop_nothing() -> None:
    assert gone(one(1, 1000)) == {}
    assert gone(one(1, 1000).iloc[:0], RELATED, RATIO, SIGMA, IQR) == {}


def test_input_is_not_changed_and_its_order_does_not_matter() -> None:
    table = cells({("商服", "I"): [50, 90, 100, 110, 260], ("工业", "I"): [1, 2, 4, 8, 16, 256]})
    before = table.copy(deep=True)
    straight = gone(table, RATIO, SIGMA, IQR)
    assert straight
    pd.testing.assert_frame_equal(table, before)
    assert gone(table.iloc[::-1], RATIO, SIGMA, IQR) == straight


def test_a_column_that_is_needed_is_named() -> None:
    with pytest.raises(MissingColumnError, match="gap"):
        screen_samples(one(1.0).drop(columns="gap"), (RATIO,))
