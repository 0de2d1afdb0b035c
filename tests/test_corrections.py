"""The corrections of the coefficient method against published tables and closed forms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError
from landmarket.pricing.corrections import date_factor, far_factor, five_level, term_factor
from landmarket.pricing.rounding import divided_exactly, rounded_exactly
from landmarket.pricing.staleness import whole_months
from tests.helpers import assert_same_index
from tests.hunting import examples

# 吉安 commercial table, N = 40 (https://www.renrendoc.com/paper/175683362.html); r = 6.5 % reproduces it.
JIAN_TERMS = {
    1: 0.0664,
    2: 0.1287,
    3: 0.1872,
    4: 0.2422,
    5: 0.2938,
    10: 0.5082,
    20: 0.7789,
    30: 0.9232,
    36: 0.9749,
    39: 0.9943,
    40: 1.0000,
}

# 吉安 commercial floor-area-ratio table, baseline 1.4, as printed, the misprint at 4.4 included (same source).
JIAN_FAR = pd.Series(
    {
        0.4: 0.6375,
        0.6: 0.6826,
        0.8: 0.7582,
        1.0: 0.8387,
        1.2: 0.9213,
        1.4: 1.0000,
        1.6: 1.1035,
        1.8: 1.2112,
        2.0: 1.2987,
        2.2: 1.4031,
        2.4: 1.5098,
        2.6: 1.6125,
        2.8: 1.7037,
        3.0: 1.7677,
        3.2: 1.8146,
        3.4: 1.8628,
        3.6: 1.9133,
        3.8: 1.9526,
        4.0: 1.9892,
        4.2: 2.0042,
        4.4: 2.2019,
    }
)


@pytest.mark.parametrize(("years", "factor"), JIAN_TERMS.items())
def test_term_factor_reproduces_the_published_table(years: int, factor: float) -> None:
    assert term_factor(years, 40, 0.065) == pytest.approx(factor, abs=0.00005)


def test_term_factor_of_a_column_keeps_its_index() -> None:
    years = pd.Series([40.0, 10.0, 1.0], index=["c", "a", "b"])
    result = term_factor(years, 40, 0.065)
    assert_same_index(result, years)
    assert result.round(4).tolist() == [1.0, 0.5082, 0.0664]


def test_term_factor_of_an_array_with_a_rate_each() -> None:
    result = term_factor(np.array([35.0, 20.0]), np.array([40.0, 40.0]), np.array([0.06, 0.065]))
    assert result.round(6).tolist() == [0.963576, 0.778939]


def test_finite_term_of_a_perpetual_price_gives_back_the_annual_rent() -> None:
    # 1,020 元/㎡ for 50 years at 5 % is a rent of 55.87; without a limit 51.00 (https://zaojiaoba.cn/zuoye/3018233.html).
    assert 1020 * 0.05 / term_factor(50, np.inf, 0.05) == pytest.approx(55.8723, abs=0.0001)
    assert 1020 * 0.05 / term_factor(np.inf, np.inf, 0.05) == pytest.approx(51.00)


@pytest.mark.parametrize(
    ("years", "legal", "rate"), [(41, 40, 0.06), (0, 40, 0.06), (-1, 40, 0.06), (10, 40, 6), (10, 40, 0)]
)
def test_term_factor_refuses_what_has_no_answer(years: float, legal: float, rate: float) -> None:
    with pytest.raises(BadValueError, match="年期"):
        term_factor(years, legal, rate)
    with pytest.raises(BadValueError, match="a"):
        term_factor(pd.Series([float(years)], index=["a"]), legal, rate)


@given(st.floats(1, 70), st.floats(0.01, 0.99), st.floats(0.01, 0.2, exclude_max=True))
def test_term_factor_rises_to_one(legal: float, part: float, rate: float) -> None:
    years = legal * part
    assert 0 < term_factor(years, legal, rate) <= 1 + 1e-12
    assert term_factor(years / 2, legal, rate) < term_factor(years, legal, rate)
    assert term_factor(legal, legal, rate) == 1


def test_date_factor() -> None:
    assert date_factor(106, 100) == pytest.approx(1.06)
    assert date_factor(np.array([106.0, 98.0]), 100).tolist() == [1.06, 0.98]
    with pytest.raises(BadValueError, match="正数"):
        date_factor(0, 100)


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [(1.4, 1.0), (1.0, 0.8387), (2.0, 1.2987), (1.5, 1.05175), (1.7, 1.15735), (0.9, 0.79845), (2.5, 1.56115)],
)
def test_far_factor_of_the_published_table(ratio: float, factor: float) -> None:
    assert far_factor(ratio, JIAN_FAR) == pytest.approx(factor, abs=1e-12)


def test_far_factor_does_not_mind_the_order_of_rows_and_keeps_the_index() -> None:
    ratios = pd.Series([2.5, 0.9], index=["b", "a"])
    result = far_factor(ratios, JIAN_FAR.sample(frac=1, random_state=1))
    assert_same_index(result, ratios)
    assert result.round(5).tolist() == [1.56115, 0.79845]


def test_far_factor_outside_the_table() -> None:
    with pytest.raises(BadValueError, match="clamp"):
        far_factor(4.5, JIAN_FAR)
    with pytest.raises(BadValueError, match=r"b = 0\.3"):
        far_factor(pd.Series([1.0, 0.3], index=["a", "b"]), JIAN_FAR)
    assert far_factor(4.5, JIAN_FAR, outside="clamp") == 2.2019
    assert far_factor(np.array([0.1, 9.0]), JIAN_FAR, outside="clamp").tolist() == [0.6375, 2.2019]
    with pytest.raises(BadValueError, match="nan"):
        far_factor(float("nan"), JIAN_FAR, outside="clamp")


def test_far_factor_refuses_an_ambiguous_table() -> None:
    with pytest.raises(BadValueError, match="重复"):
        far_factor(1.0, pd.Series([1.0, 1.1], index=[1.0, 1.0]))
    with pytest.raises(BadValueError, match="为空"):
        far_factor(1.0, pd.Series([], dtype=float))


def test_market_comparison_example() -> None:
    # 9,300 × 1.01⁶ × (1 + 2 × 8 %) / (1 + 5 × 8 %) ÷ 1.02 = 8,019 (https://m.zikao365.com/ask/ad1811276781.shtml):
    # one per cent a month for six months, 8 % for every 0.1 of floor-area ratio above the first.
    linear = pd.Series({1.0: 1.0, 2.0: 1.8})
    price = 9300 * date_factor(1.01**6, 1) * far_factor(1.2, linear) / far_factor(1.5, linear) / 1.02
    assert price == pytest.approx(8019.38, abs=0.005)


def test_five_level_of_changyuan() -> None:
    # 长垣县 2011: grade I commercial 770 (580—960), weight 0.25; grade III industry 120 (115—150) is not symmetrical.
    levels = five_level(770, 580, 960, 0.25)
    assert {level: round(100 * value, 3) for level, value in levels.items()} == {
        "优": 6.169,
        "较优": 3.084,
        "一般": 0.0,
        "较劣": -3.084,
        "劣": -6.169,
    }
    industry = five_level(120, 115, 150, 1)
    assert round(100 * industry["优"], 2) == 25.00
    assert round(100 * industry["劣"], 2) == -4.17


@pytest.mark.parametrize("bad", [(770, 800, 960, 0.2), (770, 580, 700, 0.2), (0, 0, 10, 0.2), (770, 580, 960, 1.2)])
def test_five_level_refuses_a_range_that_does_not_hold_the_price(bad: tuple[float, float, float, float]) -> None:
    with pytest.raises(BadValueError, match="权重"):
        five_level(*bad)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 4))
def test_products_are_rounded_half_up_exactly(a: int, b: int, decimals: int) -> None:
    left, right = np.array([a / 1000]), np.array([b / 1000])
    product = left * right
    result = rounded_exactly(product, decimals, lambda pair: pair[0] * pair[1], [left, right], product)
    units = 10 ** (6 - decimals)
    assert round(result[0] * 10**decimals) == (2 * a * b + units) // (2 * units)


def test_months_are_whole() -> None:
    day = pd.Timestamp
    assert whole_months(day("2025-04-01").date(), day("2026-04-01").date()) == 12
    assert whole_months(day("2025-01-31").date(), day("2025-02-28").date()) == 0


# --- at the edges of what is allowed, and what is said beyond them


def test_terms_at_the_edges() -> None:
    assert term_factor(40, 40, 0.0) == 1.0
    assert term_factor(np.inf, np.inf, 0.06) == 1.0
    assert term_factor(1, 2, 0.5) == pytest.approx((1 - 1 / 1.5) / (1 - 1 / 2.25))
    stated = pd.Series([20.0, 40.0], index=["乙", "甲"])
    for years in (stated.astype("object"), stated.astype("Float64"), stated.astype("float32")):
        pd.testing.assert_series_equal(
            term_factor(years, 40, 0.065), pd.Series([0.7789, 1.0], index=["乙", "甲"]), atol=5e-5, check_names=False
        )


@pytest.mark.parametrize("row", [(0, 40, 0.06), (10, 0, 0.06), (41, 40, 0.06), (10, 40, 0), (10, 40, 1), (10, 40, 1.5)])
def test_a_term_that_cannot_be_is_named_with_its_values(row: tuple[float, float, float]) -> None:
    years, legal, rate = (
        pd.Series([good, value], index=["甲", "乙"]) for good, value in zip((20, 40, 0.06), row, strict=True)
    )
    with pytest.raises(BadValueError) as refused:
        term_factor(years, legal, rate)
    assert str(refused.value) == (
        f"年期修正算不出，共 1 行：乙 = '{row[0]:g} 年 / 法定 {row[1]:g} 年 / 还原率 {row[2]:g}'。"
        "办法：年期应大于 0 且不超过法定最高年期，还原率如 0.06。"
    )


def test_indices_at_the_edges() -> None:
    assert date_factor(0.5, 0.25) == 2.0
    on = pd.Series([106.0, 53.0], index=["乙", "甲"]).astype("object")
    pd.testing.assert_series_equal(date_factor(on, 100), pd.Series([1.06, 0.53], index=["乙", "甲"]), check_names=False)
    for on_day, on_base in ((0, 100), (100, 0), (-1, 100), (np.nan, 100)):
        with pytest.raises(BadValueError, match=r"地价指数应为正数：.*办法：核对期日修正表"):
            date_factor(on_day, on_base)


def test_ratios_at_the_ends_of_the_table_are_in_it() -> None:
    table = pd.Series({1.0: 0.9, 2.0: 1.1, 3.0: 1.2})
    assert [far_factor(ratio, table) for ratio in (1.0, 1.5, 3.0)] == [0.9, pytest.approx(1.0), 1.2]
    assert far_factor(9.0, table, "clamp") == 1.2
    whole = pd.Series({1.0: 1.0, 3.0: 2.0}).astype("object")
    assert far_factor(pd.Series([2.0]).astype("object"), whole).tolist() == [1.5]


def test_a_ratio_outside_the_table_is_named_with_its_ends() -> None:
    table = pd.Series({1.0: 0.9, 2.0: 1.1, 3.0: 1.2})
    wanted = pd.Series([1.5, 0.5, np.nan, 3.5], index=["甲", "乙", "丙", "丁"])
    with pytest.raises(BadValueError) as refused:
        far_factor(wanted, table)
    assert str(refused.value) == (
        "容积率不在修正表 1—3 之内，共 3 行：乙 = 0.5、丙 = nan、丁 = 3.5。"
        "办法：核对容积率，或明确选择取端值（clamp）。"
    )
    with pytest.raises(BadValueError, match="共 1 行：丙 = nan"):
        far_factor(wanted, table, "clamp")
    for broken in (pd.Series(dtype="float64"), pd.Series([1.0, 1.1], index=[1.0, 1.0])):
        with pytest.raises(BadValueError) as refused:
            far_factor(1.0, broken)
        assert str(refused.value) == "容积率修正系数表为空或有重复的容积率。办法：核对容积率修正表。"


def test_levels_at_the_edges() -> None:
    assert set(five_level(100, 100, 100, 1).values()) == {0.0}
    assert set(five_level(0.5, 0.25, 1, 0).values()) == {0.0}
    assert five_level(0.5, 0.25, 1, 1) == {"优": 1.0, "较优": 0.5, "一般": 0.0, "较劣": -0.25, "劣": -0.5}
    for row in (
        (100, 0, 200, 0.5),
        (100, 101, 200, 0.5),
        (100, 50, 99, 0.5),
        (100, 50, np.inf, 0.5),
        (100, 50, 200, 1.1),
    ):
        with pytest.raises(BadValueError) as refused:
            five_level(*row)
        assert str(refused.value) == (
            f"五级修正：基准地价 {row[0]}、最低 {row[1]}、最高 {row[2]}、权重 {row[3]} 不成立。"
            "办法：应有 0 < 最低 ≤ 基准地价 ≤ 最高，权重在 0—1 之间。"
        )


QUOTIENTS = st.tuples(
    st.one_of(st.integers(0, 10**7), st.integers(0, 10**13)),
    st.one_of(
        st.sampled_from([0.5, 1.0, 1.25, 1.6, 2.0, 3.2, 4.0]),
        st.integers(1, 10**9).map(lambda millionths: millionths / 10**6),
        st.floats(1e-3, 1e3),
    ),
)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(QUOTIENTS, min_size=1, max_size=20), st.integers(0, 2))
def test_quotients_are_rounded_half_up_exactly(pairs: list[tuple[int, float]], decimals: int) -> None:
    whole, divisor = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    found = divided_exactly(whole / 10**decimals, divisor, decimals)
    exact = [
        Fraction(repr(float(value))) / Fraction(repr(float(by))) * 10**decimals
        for value, by in zip(whole / 10**decimals, divisor, strict=True)
    ]
    assume(all(each < 2**53 for each in exact))
    expected = [float(Fraction(int(each + Fraction(1, 2)), 10**decimals)) for each in exact]
    assert found.tolist() == expected


def test_a_quotient_of_nothing_is_nothing() -> None:
    assert np.isnan(divided_exactly(np.array([np.nan, 1.0, np.nan]), np.array([2.0, np.nan, np.nan]), 2)).all()


def test_a_divisor_of_many_decimals_is_not_shortened() -> None:
    """1 ÷ 0.66666666 is a little more than one and a half, 1 ÷ 0.6666667 a little less."""
    assert divided_exactly(np.array([1.0, 1.0, 3.0]), np.array([0.66666666, 0.6666667, 2.0]), 0).tolist() == [2, 1, 2]
