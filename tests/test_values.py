"""Reading typed values: what people type into a table."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarket.io.values import (
    NONE_SIGNS,
    clean_text,
    half_width,
    number,
    to_choice,
    to_code,
    to_date,
    to_number,
    to_term,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1,020", 1020.0),
        ("３０", 30.0),
        (" 170 ", 170.0),
        ("12.5万元", None),
        ("-3", -3.0),
        ("1e3", 1000.0),
        ("5㎡", 5.0),
    ],
)
def test_numbers_as_people_type_them(typed: str, meant: float | None) -> None:
    values, bad = to_number(pd.Series([typed]))
    if typed == "12.5万元":  # a unit that changes the size is never dropped
        assert values.isna().all()
        assert bad.all()
    else:
        assert values.iloc[0] == meant
        assert not bad.any()


@pytest.mark.parametrize(
    "typed", ["1020①", "350²", "5⑴", "₁2", "1,5", "12,34", "１，５", "1,0200", "1_020", ",5", "1,020,5", "٣٤", "1e999"]
)
def test_marks_and_misplaced_commas_are_no_numbers(typed: str) -> None:
    values, bad = to_number(pd.Series([typed]))
    assert values.isna().all()
    assert bad.all()
    assert number(typed) is None


def test_footnote_marks_stay_in_texts_codes_and_dates() -> None:
    typed = pd.Series(["411081①", "Ⅱ级²", "２０２５①", "⼤庄村"])
    assert clean_text(typed).tolist() == ["411081①", "II级²", "2025①", "大庄村"]
    assert to_code(typed)[0].iloc[0] == "411081①"
    assert to_date(pd.Series(["2025-11-0③", "2025-11-1①"]))[1].all()


ASCII_TEXTS = st.text("\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f -/05aN.\\", max_size=4)
TEXTS = ASCII_TEXTS | st.sampled_from(sorted(NONE_SIGNS)) | st.text("０Ⅱ　\u00a0 \u2028无a\x85", max_size=3)


@given(st.lists(st.none() | ASCII_TEXTS) | st.lists(st.none() | TEXTS))
def test_a_column_is_cleaned_as_each_of_its_cells_would_be(typed: list[str | None]) -> None:
    column = pd.Series(typed, index=range(len(typed), 0, -1), dtype="str", name="备注")
    stripped = ["" if text is None else half_width(text).strip() for text in typed]
    expected = [None if text in NONE_SIGNS else text for text in stripped]
    cleaned = clean_text(column)
    assert [None if pd.isna(text) else text for text in cleaned] == expected
    assert cleaned.index.equals(column.index)
    assert cleaned.name == "备注"
    codes, lost = to_code(column)
    for position, text in enumerate(typed):
        alone, lost_alone = to_code(pd.Series([text], dtype="str"))
        assert codes.iloc[[position]].tolist() == alone.tolist() or (codes.isna().iloc[position] and alone.isna().all())
        assert lost[position] == lost_alone[0]


@given(st.decimals(-(10**9), 10**9, places=4))
def test_both_rooms_read_one_number(value: Decimal) -> None:
    for typed in (f"{value:f}", f"{value:,f}", f"{value:,f}".replace(",", " "), f" {value:f}　"):
        assert number(typed) == value
        assert to_number(pd.Series([typed]))[0].iloc[0] == float(value)


@pytest.mark.parametrize("sign", ["", " ", "—", "/", "无", "　", None])
def test_signs_for_none_are_missing_not_bad(sign: str | None) -> None:
    for read in (to_number, to_date):
        values, bad = read(pd.Series([sign, "x"], dtype="object"))
        assert values.isna().all()
        assert bad.tolist() == [False, True]


@pytest.mark.parametrize(
    "typed", ["2021-01-01", "2021年1月1日", "20210101", "2021/1/1", "2021.01.01", "2021-01-01 00:00:00"]
)
def test_dates_in_the_forms_bureaus_use(typed: str) -> None:
    values, bad = to_date(pd.Series([typed]))
    assert values.iloc[0] == pd.Timestamp(2021, 1, 1)
    assert not bad.any()


@pytest.mark.parametrize(
    "typed",
    ["2025-02-30", "2025-13-01", "昨天", "2025", "民国110年1月1日", "2025-1", "0025-03-01", "1899-12-31", "2205-03-01"],
)
def test_impossible_dates_are_bad(typed: str) -> None:
    values, bad = to_date(pd.Series([typed]))
    assert values.isna().all()
    assert bad.all()


def test_a_date_with_a_time_zone_is_the_day_on_its_clock() -> None:
    zoned = pd.Series(pd.to_datetime(["2025-11-03T00:00:00+08:00", "2025-11-03T23:59:00+08:00", None]), index=[3, 1, 2])
    values, bad = to_date(zoned)
    assert values.iloc[:2].tolist() == [pd.Timestamp(2025, 11, 3)] * 2
    assert (values.index.tolist(), str(values.dtype)) == ([3, 1, 2], "datetime64[s]")
    assert not bad.any()


def test_typed_dates_outside_the_range_are_bad() -> None:
    typed = np.array(["1899-12-30", "1949-01-01", "2100-12-31", "2101-01-01", "NaT"], dtype="datetime64[s]")
    values, bad = to_date(pd.Series(typed))
    assert bad.tolist() == [True, False, False, True, False]
    assert values.notna().tolist() == [False, True, True, False, False]


@given(st.dates(min_value=datetime.date(1949, 1, 1), max_value=datetime.date(2100, 12, 31)))
def test_any_day_is_read_back(day: datetime.date) -> None:
    typed = [day.isoformat(), f"{day.year}年{day.month}月{day.day}日", day.strftime("%Y%m%d")]
    values, bad = to_date(pd.Series(typed))
    assert not bad.any()
    assert [stamp.date() for stamp in values] == [day] * 3


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_any_whole_number_with_separators_is_read_back(whole: int) -> None:
    values, bad = to_number(pd.Series([f"{whole:,}", str(whole)]))
    assert values.tolist() == [whole, whole]
    assert not bad.any()


def test_terms_are_years_or_unlimited() -> None:
    typed = ["40", "４０ 年", "50年", "无年期", "永久", "无固定年期", "无 限期", "", None, "无", "1,020年", "0.5"]
    inf, nan = np.inf, np.nan
    values, bad = to_term(pd.Series(typed, index=range(12, 0, -1)))
    np.testing.assert_array_equal(values, [40, 40, 50, inf, inf, inf, inf, nan, nan, nan, 1020, 0.5])
    assert values.index.tolist() == list(range(12, 0, -1))
    assert not bad.any()


@pytest.mark.parametrize("typed", ["40人", "40元", "40%", "40①", "4,0", "0", "-3年", "长期", "年", "inf", "40年年"])
def test_what_is_no_term_is_bad(typed: str) -> None:
    values, bad = to_term(pd.Series([typed]))
    assert values.isna().all()
    assert bad.all()


def test_terms_as_numbers() -> None:
    values, bad = to_term(pd.Series([40.0, np.nan, 0.0, -1.0]))
    np.testing.assert_array_equal(values, [40, np.nan, np.nan, np.nan])
    assert bad.tolist() == [False, False, True, True]
    assert not to_term(pd.Series([], dtype="str"))[1].any()


def test_choices_other_than_the_allowed_are_bad() -> None:
    values, bad = to_choice(pd.Series(["是", "Y", None, "否 ", "1"]), ("是", "否"))
    assert values.iloc[[0, 3]].tolist() == ["是", "否"]
    assert bad.tolist() == [False, True, False, False, True]


def test_codes_that_went_through_a_float_are_refused() -> None:
    values, bad = to_code(pd.Series([411081.0, 4.11081001001e18, np.nan]))
    assert values.iloc[0] == "411081"
    assert bad.tolist() == [False, True, False]


def test_leading_zero_of_a_code_stays() -> None:
    assert to_code(pd.Series(["0601"]))[0].iloc[0] == "0601"
