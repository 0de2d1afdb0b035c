"""Samples on the connotation: every factor by hand, every reason why a sample cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError
from landmarket.pricing.compilation import normalise_samples
from landmarket.pricing.compilation.normalising import FACTORS, index_at
from landmarket.pricing.price_table import PriceForm, PriceTable
from tests.compiled_county import (
    COSTS,
    DEGREES,
    FAR,
    addition,
    annuity,
    cents,
    connotation,
    dates,
    deal,
    edition,
    lease,
    multiplier,
    priced_samples,
    pricing,
    rule,
    samples,
)
from tests.helpers import assert_same_index
from tests.hunting import examples
from tests.test_corrections import JIAN_TERMS

NUMBERS = [*FACTORS, "raw_price", "development_correction", "standard_price"]


def one(basis: PriceTable | None = None, **facts: str | float | None) -> pd.Series:
    """The corrections of one sample."""
    return normalise_samples(samples(facts), rule(), basis or edition()).iloc[0]


def test_a_sample_on_the_connotation_keeps_its_price() -> None:
    row = one(deal_unit_price=812.34)
    assert row[list(FACTORS)].tolist() == [1, 1, 1, 1]
    assert (row["raw_price"], row["development_correction"], row["standard_price"]) == (812.34, 0, 812.34)
    assert (row["price_note"], row["gap"]) == ("成交单价", "")


@pytest.mark.parametrize(("years", "published"), JIAN_TERMS.items())
def test_the_term_is_corrected_by_the_published_factor_turned_over(years: int, published: float) -> None:
    # 吉安, 40 years: a price for 20 years is 0.7789 of that for 40, hence 1 / 0.7789.
    row = one(term_years=float(years))
    assert 1 / row["term_factor"] == pytest.approx(published, abs=0.00005)
    assert row["standard_price"] == pytest.approx(800 / published, rel=0.0008)


def test_the_date_is_read_on_the_straight_line_between_two_dates() -> None:
    # 2024-07-01 is 182 of the 366 days from 97 to 100; the base date has 100.
    index = 97 + Fraction(3 * 182, 366)
    row = one(deal_on="2024-07-01")
    assert row["date_factor"] == pytest.approx(float(100 / index), rel=1e-14)
    assert row["standard_price"] == cents(800 * 100 / index)
    assert one(deal_on="2024-01-01")["date_factor"] == pytest.approx(100 / 97, rel=1e-15)


def test_an_index_of_the_use_goes_before_that_of_all() -> None:
    both = pd.concat([rule().index, dates({"2022-01-01": "50", "2025-01-01": "80"}, "商服")])
    table = samples({"deal_on": "2022-01-01"}, {"deal_on": "2022-01-01", "price_use": "工业", "floor_area_ratio": 1.0})
    result = normalise_samples(table, rule(index=both), edition())
    assert result["date_factor"].round(12).tolist() == [1.6, round(100 / 91.27, 12)]


def test_an_index_gives_nothing_outside_its_dates() -> None:
    days = pd.Series(pd.to_datetime(["2021-12-31", "2022-01-01", None, "2026-01-01", "2026-01-02"]))
    assert np.isnan(index_at(rule().index, "商服", days)).tolist() == [True, False, True, False, True]
    assert np.isnan(index_at(rule().index.iloc[:0], "商服", days)).all()


def test_the_ratio_is_read_on_the_straight_line_between_two_rows() -> None:
    # 吉安: 0.8387 at 1.0, 0.9213 at 1.2, 1.1035 at 1.6, 1.2987 at 2.0.
    assert one(floor_area_ratio=1.1)["far_factor"] == pytest.approx(2 / (0.8387 + 0.9213), rel=1e-14)
    assert one(floor_area_ratio=1.8)["standard_price"] == cents(800 * 2 / (Fraction("1.1035") + Fraction("1.2987")))
    assert one(floor_area_ratio=1.0)["far_factor"] == pytest.approx(1 / 0.8387, rel=1e-14)


def test_rows_of_the_table_may_stand_in_any_order_and_by_grade() -> None:
    far = edition().far
    mixed = edition(far=far.sample(frac=1, random_state=1))
    assert one(mixed, floor_area_ratio=1.1)["far_factor"] == one(floor_area_ratio=1.1)["far_factor"]
    by_grade = edition(far=pd.concat([far, far.assign(grade="II", factor=far["factor"] ** 2)]))
    table = samples({"floor_area_ratio": 1.2}, {"floor_area_ratio": 1.2, "grade": "II"})
    factors = normalise_samples(table, rule(), by_grade)["far_factor"]
    assert factors.tolist() == pytest.approx([1 / 0.9213, 1 / 0.9213**2], rel=1e-14)


def test_a_use_without_a_table_of_ratios_is_not_corrected_for_them() -> None:
    row = one(price_use="工业", floor_area_ratio=None, term_years=50.0)
    assert (row["far_factor"], row["gap"]) == (1.0, "")


@pytest.mark.parametrize(("degree", "added"), [("三通一平", 12 + 10), ("五通一平", 0), ("六通一平", -8)])
def test_development_is_added_where_it_lacks_and_taken_away_where_it_is_more(degree: str, added: int) -> None:
    row = one(development=degree, deal_on="2024-01-01")
    assert row["development_correction"] == added
    assert row["standard_price"] == cents(800 * Fraction(100, 97) + added)


def test_a_notice_that_leaves_development_open_does_not_correct_it() -> None:
    row = one(connotation(edition(), development=""), development="三通一平")
    assert (row["development_correction"], row["gap"]) == (0, "")


def test_a_rent_is_capitalised_over_the_legal_term_whatever_its_own() -> None:
    # 吉安: 6.5 %, 40 years: 60 / 0.065 × (1 − 1.065^−40).
    row = one(deal_unit_price=None, unit_rent=60.0, term_years=5.0)
    assert row["raw_price"] == pytest.approx(60 / 0.065 * (1 - 1.065**-40), rel=1e-13)
    assert row["standard_price"] == cents(60 * annuity("商服"))
    assert (row["term_factor"], row["price_note"]) == (1, "租金按还原率 6.50% 还原为 40 年期地价")
    bare = samples({"deal_unit_price": None, "unit_rent": 60.0}).drop(columns="term_years")
    assert normalise_samples(bare, rule(), edition())["gap"].tolist() == [""]


def test_a_rent_on_an_unlimited_term_is_worth_rent_over_rate() -> None:
    row = one(connotation(edition(), legal_term=np.inf), deal_unit_price=None, unit_rent=65.0)
    assert (row["standard_price"], row["price_note"]) == (1000, "租金按还原率 6.50% 还原为无年期地价")


def test_the_rent_of_the_sample_generator_gives_back_what_the_land_is_worth() -> None:
    # The sample county's rents are worth × r / (1 − (1 + r)^−N), rounded to cents.
    worth = 945.67
    yearly = round(worth * 0.065 / (1 - 1.065**-40), 2)
    row = one(deal_unit_price=None, unit_rent=yearly)
    assert row["standard_price"] == pytest.approx(worth, abs=0.005 * 14.2)


def test_a_price_goes_before_a_rent() -> None:
    assert one(unit_rent=9.0)["standard_price"] == 800


def test_circumstances_are_corrected_by_kind_and_by_mode() -> None:
    table = samples({}, {"mode": "协议"}, {"sample_kind": "挂牌报价"}, {"sample_kind": "挂牌报价", "mode": "协议"})
    factors = {"协议": 1.05, "挂牌报价": 0.9}
    result = normalise_samples(table, rule(case_factors=factors), edition())
    assert result["case_factor"].tolist() == pytest.approx([1, 1.05, 0.9, 0.945], rel=1e-14)
    assert result["standard_price"].tolist() == [800, 840, 720, 756]
    unknown = table.assign(mode=pd.Series(None, index=table.index, dtype="str"))
    assert normalise_samples(unknown, rule(), edition())["case_factor"].tolist() == [1, 1, 1, 1]


Deal = tuple[str, date, int, str, str, Fraction]
deals = st.tuples(
    st.sampled_from(["商服", "工业"]),
    st.dates(date(2022, 1, 1), date(2025, 1, 1)),
    st.integers(1, 40),
    st.integers(100, 200).map(lambda hundredths: f"{hundredths / 100:.2f}"),
    st.sampled_from(sorted(DEGREES)),
    st.integers(10_000, 200_000).map(lambda fen: Fraction(fen, 100)),
)


@given(st.lists(deals, min_size=1, max_size=30))
@settings(max_examples=examples(10), deadline=None)
def test_all_corrections_at_once_are_those_of_exact_arithmetic(several: list[Deal]) -> None:
    rows: list[dict[str, str | float | None]] = [
        {
            "price_use": use,
            "deal_on": f"{day}",
            "term_years": float(years),
            "floor_area_ratio": float(ratio),
            "development": degree,
            "deal_unit_price": float(price),
        }
        for use, day, years, ratio, degree, price in several
    ]
    result = normalise_samples(samples(*rows), rule(), edition())
    assert set(result["gap"]) == {""}
    for standard, (use, day, years, ratio, degree, price) in zip(result["standard_price"], several, strict=True):
        exact = price * multiplier(use, day, years, ratio) + addition(degree)
        assert abs(Fraction(str(standard)) - exact) <= Fraction(1, 200) + Fraction(1, 10**9)


def test_deals_made_from_a_price_give_it_back() -> None:
    table = samples(
        deal("商服", 945, day="2022-03-09", years=20, ratio="1.9", degree="三通一平"),
        deal("工业", 168, day="2023-11-30", years=30, ratio="0.7", degree="六通一平"),
        lease("商服", 700, ratio="1.1"),
    )
    assert normalise_samples(table, rule(), edition())["standard_price"].tolist() == [945, 168, 700]


Basis = Callable[[PriceTable], PriceTable]
GAPS: list[tuple[dict[str, str | float | None], str]] = [
    ({"grade": None}, "没有级别：位置不明，或不在县内"),
    ({"price_use": "旅游"}, "用途 旅游 不在编制范围内"),
    ({"price_use": None}, "用途 （空） 不在编制范围内"),
    ({"deal_unit_price": None}, "没有单价，也没有租金"),
    ({"deal_unit_price": 0.0}, "单价或租金不是正数"),
    ({"deal_unit_price": -5.0}, "单价或租金不是正数"),
    ({"deal_unit_price": np.inf}, "单价或租金不是正数"),
    ({"deal_unit_price": None, "unit_rent": 0.0}, "单价或租金不是正数"),
    ({"deal_unit_price": None, "unit_rent": -1.0}, "单价或租金不是正数"),
    ({"deal_on": None}, "没有成交日期"),
    ({"deal_on": "2025-01-02"}, "成交日期晚于估价期日 2025-01-01"),
    ({"deal_on": "2026-06-01"}, "成交日期晚于估价期日 2025-01-01"),
    ({"deal_on": "2021-12-31"}, "地价指数没有覆盖成交日期"),
    ({"term_years": None}, "没有使用年期"),
    ({"term_years": 0.0}, "使用年期不在 0—40 年之间"),
    ({"term_years": -1.0}, "使用年期不在 0—40 年之间"),
    ({"term_years": 41.0}, "使用年期不在 0—40 年之间"),
    ({"floor_area_ratio": None}, "容积率缺失，或不在容积率修正表内"),
    ({"floor_area_ratio": 0.99}, "容积率缺失，或不在容积率修正表内"),
    ({"floor_area_ratio": 2.01}, "容积率缺失，或不在容积率修正表内"),
    ({"development": None}, "没有开发程度"),
    ({"development": "七通一平"}, "开发程度 缺少单价：供热"),
    ({"development": "通天"}, "开发程度 '通天' 不认识，写成 五通一平，或列举"),
    ({"development": "六通一平", "deal_unit_price": 8.0}, "修正后地价不是正数，核对开发程度与原价"),
]


@pytest.fixture(scope="module")
def with_gaps() -> pd.DataFrame:
    """A sample for each gap, all corrected at once."""
    return normalise_samples(samples(*(facts for facts, _ in GAPS)), rule(), edition())


@pytest.mark.parametrize(("number", "reason"), [(number, reason) for number, (_, reason) in enumerate(GAPS)])
def test_each_gap_has_its_reason_and_no_price(with_gaps: pd.DataFrame, number: int, reason: str) -> None:
    row = with_gaps.iloc[number]
    assert row["gap"].startswith(reason)
    assert "；" not in row["gap"]
    assert np.isnan(row["standard_price"])


BASIS_GAPS: list[tuple[Basis, dict[str, str | float | None], str]] = [
    (lambda last: connotation(last, legal_term=np.nan), {}, "上一版没有用途 商服 的法定最高年期"),
    (
        lambda last: connotation(last, legal_term=np.nan),
        {"deal_unit_price": None, "unit_rent": 60.0},
        "上一版没有用途 商服 的法定最高年期",
    ),
    (
        lambda last: connotation(last, capitalisation_rate=np.nan),
        {"deal_unit_price": None, "unit_rent": 60.0},
        "租金不能还原：上一版没有该用途的土地还原率",
    ),
    (
        lambda last: connotation(last, capitalisation_rate=np.nan),
        {"term_years": 20.0},
        "年期不能修正：上一版没有该用途的土地还原率",
    ),
    (
        lambda last: connotation(last, price_form=PriceForm.FLOOR.value),
        {},
        "上一版该用途为楼面地价，样点为地面地价：不能直接修正",
    ),
    (
        lambda last: connotation(last, floor_area_ratio=np.nan),
        {},
        "上一版没有该用途的标准容积率，或不在容积率修正表内",
    ),
    (lambda last: connotation(last, floor_area_ratio=2.5), {}, "上一版没有该用途的标准容积率，或不在容积率修正表内"),
    (lambda last: connotation(last, development="三通半"), {}, "上一版的开发程度读不懂"),
    (lambda last: connotation(last, use=["住宅", "工业"]), {}, "上一版没有用途 商服 I 级 的价格内涵"),
    (lambda last: connotation(last, grade="II"), {}, "上一版没有用途 商服 I 级 的价格内涵"),
]


@pytest.mark.parametrize(("change", "facts", "reason"), BASIS_GAPS)
def test_each_gap_of_the_last_edition_has_its_reason(
    change: Basis, facts: dict[str, str | float | None], reason: str
) -> None:
    row = one(change(edition()), **facts)
    assert row["gap"].split("；")[0].startswith(reason)
    assert np.isnan(row["standard_price"])


def test_an_index_that_does_not_reach_the_base_date_gives_no_sample() -> None:
    short = rule(index=rule().index.iloc[:3])
    result = normalise_samples(samples({"deal_on": "2023-06-01"}, {"deal_on": "2022-01-01"}), short, edition())
    assert set(result["gap"]) == {"地价指数没有覆盖估价期日 2025-01-01"}
    none = normalise_samples(samples({"deal_on": "2023-06-01"}), rule(index=rule().index.iloc[:0]), edition())
    assert none["gap"].tolist() == ["地价指数没有覆盖成交日期；地价指数没有覆盖估价期日 2025-01-01"]


def test_a_use_that_the_rule_does_not_price_is_left_alone() -> None:
    only = rule(uses=(pricing("工业"),))
    result = normalise_samples(samples({}, {"price_use": "工业", "term_years": 50.0}), only, edition())
    assert result["gap"].tolist() == ["用途 商服 不在编制范围内", ""]


def test_several_gaps_are_all_told_in_order() -> None:
    row = one(grade=None, deal_unit_price=None, deal_on=None, term_years=None, floor_area_ratio=9.0, development=None)
    assert row["gap"].split("；") == [
        "没有级别：位置不明，或不在县内",
        "没有单价，也没有租金",
        "没有成交日期",
        "没有使用年期",
        "容积率缺失，或不在容积率修正表内",
        "没有开发程度",
    ]


def test_samples_that_nothing_is_known_of_are_kept_too() -> None:
    table = samples({"price_use": "旅游"}, {"price_use": None})
    result = normalise_samples(table, rule(), edition())
    assert_same_index(result, table)
    assert result[NUMBERS].isna().all(axis=None)
    assert result["gap"].ne("").all()
    assert normalise_samples(table.iloc[:0], rule(), edition()).columns.tolist() == result.columns.tolist()


def test_columns_that_a_sheet_need_not_have_are_missing_not_standard() -> None:
    table = samples({}).drop(columns=["term_years", "floor_area_ratio", "development"])
    gap = normalise_samples(table, rule(), edition())["gap"].iloc[0]
    assert gap == "没有使用年期；容积率缺失，或不在容积率修正表内；没有开发程度"


def test_a_connotation_that_differs_by_grade_is_that_of_the_samples_grade() -> None:
    # 资兴 states 1.8 / 1.6 / 1.4 by grade for one use: each sample is brought to the ratio of its own grade.
    grades = ["I", "II", "III"]
    stated = (
        edition()
        .connotation.by_use.iloc[[0, 0, 0]]
        .assign(grade=grades, floor_area_ratio=[1.6, 1.4, 1.2], legal_term=[40.0, 40.0, 30.0])
    )
    basis = connotation(edition())
    basis = edition(connotation=type(basis.connotation)(date(2022, 1, 1), "", stated))
    table = samples(*({"grade": grade, "term_years": 30.0} for grade in [*grades, None]))
    result = normalise_samples(table, rule(), basis)
    rows = {ratio: float(factor) for ratio, factor in FAR["商服"].items()}
    assert result["far_factor"].iloc[:3].tolist() == pytest.approx([rows["1.6"], 1, rows["1.2"]], rel=1e-14)
    assert (result["term_factor"].iloc[:3].round(4) == [round(1 / 0.9232, 4)] * 2 + [1]).all()
    assert result["gap"].tolist() == ["", "", "", "没有级别：位置不明，或不在县内"]


def test_a_connotation_for_all_uses_holds_where_there_is_no_other() -> None:
    stated = edition().connotation.by_use.iloc[[0]].assign(use="")
    basis = edition(connotation=type(edition().connotation)(date(2022, 1, 1), "", stated))
    row = one(basis, price_use="工业", floor_area_ratio=1.0, term_years=20.0)
    assert row["term_factor"] == pytest.approx(1 / 0.7789, abs=0.0002)


def test_the_order_of_samples_does_not_matter_and_nothing_is_changed() -> None:
    table = priced_samples({("商服", "I"): [700, 800, 900], ("工业", "II"): [150, 160]})
    table = table.assign(grade=["I", "I", None, "II", "II"]).astype({"grade": "str"})
    table.loc["Y001", "term_years"] = 99.0
    straight = normalise_samples(table, rule(), edition())
    for seed in range(2):
        shuffled = table.sample(frac=1, random_state=seed)
        before = shuffled.copy(deep=True)
        result = normalise_samples(shuffled, rule(), edition())
        pd.testing.assert_frame_equal(shuffled, before)
        assert_same_index(result, shuffled)
        pd.testing.assert_frame_equal(result.sort_index(), straight)


def test_what_is_no_table_of_samples_is_refused() -> None:
    with pytest.raises(MissingColumnError, match="unit_rent"):
        normalise_samples(samples({}).drop(columns="unit_rent"), rule(), edition())
    twice = samples({"sample_id": "甲"}, {"sample_id": "甲"})
    with pytest.raises(BadValueError, match="甲"):
        normalise_samples(twice, rule(), edition())


def test_costs_of_the_notice_are_used_as_stated() -> None:
    dear = edition(development=edition().development.assign(unit_cost=[cost * 2.5 for cost in COSTS.values()]))
    assert one(dear, development="三通一平")["development_correction"] == 2.5 * (12 + 10)
