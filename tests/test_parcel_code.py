"""Parcel codes: the standard's example, the rules that can be broken, building and parsing as inverses."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError
from landmarket.zoning import ParcelCode, build_parcel_code, check_parcel_codes, parse_parcel_code, unit_code
from landmarket.zoning.parcel_code import COLLECTIVE_ONLY, FEATURES, OWNERSHIPS, counties
from tests.helpers import assert_same_index
from tests.hunting import examples

digits = st.text("0123456789", min_size=3, max_size=3)


@st.composite
def parts(draw: st.DrawFn) -> tuple[str, str, str, str, str, int]:
    feature = draw(st.sampled_from(sorted(FEATURES)))
    ownership = "J" if feature in COLLECTIVE_ONLY else draw(st.sampled_from(sorted(OWNERSHIPS)))
    county = draw(st.sampled_from(["340123", "411081", "411003", "411023", "510116"]))
    return county, draw(digits), draw(digits), ownership, feature, draw(st.integers(1, 99999))


def test_the_example_of_the_standard() -> None:
    code = build_parcel_code("340123", "002", "004", "G", "B", 11)
    assert code == "340123002004GB00011"
    assert len(code) == 19
    assert parse_parcel_code(code) == ParcelCode("340123", "002", "004", "G", "B", 11)


@given(parts())
@settings(deadline=None, max_examples=examples(60))
def test_parsing_undoes_building(fields: tuple[str, str, str, str, str, int]) -> None:
    code = build_parcel_code(*fields)
    parsed = parse_parcel_code(code)
    assert str(parsed) == code
    assert (
        parsed.county,
        parsed.district,
        parsed.subdistrict,
        parsed.ownership,
        parsed.feature,
        parsed.sequence,
    ) == fields
    assert check_parcel_codes(pd.Series([code]))["ok"].all()


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("340123002004GA00011", "特征码 A、C 只能配集体所有 J"),
        ("340123002004GC00001", "特征码 A、C 只能配集体所有 J"),
        ("340123002004ZC00001", "特征码 A、C 只能配集体所有 J"),
        ("411081002004JB0001", "不是 19 位"),
        ("411081002004JB000011", "不是 19 位"),
        ("", "不是 19 位"),
        ("41108100200 JB00001", "应为 12 位数字"),
        ("411081002004jb00001", "应为 12 位数字"),
        ("４11081002004JB00001", "应为 12 位数字"),
        ("411081002004JB00000", "顺序号不能为 00000"),
        ("411081002004QB00001", "所有权码不是 G、J、Z"),
        ("411081002004JI00001", "特征码不在规定字母内"),
        ("411071002004JB00001", "不作宗地代码的开头"),
        ("411081002004JB00001\n", "不是 19 位"),
    ],
)
def test_broken_codes(code: str, problem: str) -> None:
    checked = check_parcel_codes(pd.Series([code], dtype="str")).iloc[0]
    assert not checked["ok"]
    assert problem in checked["problem"]
    with pytest.raises(BadValueError, match=problem):
        parse_parcel_code(code)


@pytest.mark.parametrize(
    "code", ["340123002004JC00001", "340123002004JA00001", "510116016003JB00001", "411081001001JS99999"]
)
def test_sound_codes(code: str) -> None:
    assert str(parse_parcel_code(code)) == code
    assert parse_parcel_code(code).is_collective


def test_several_problems_are_all_said() -> None:
    problem = check_parcel_codes(pd.Series(["411071002004GA00000"]))["problem"].iloc[0]
    assert problem.count("；") == 2


def test_a_column_keeps_its_index() -> None:
    codes = pd.Series(["411081001001JB00001", None, "411082001001JB00001"], index=[5, 3, 9], dtype="str")
    checked = check_parcel_codes(codes, "411081")
    assert_same_index(checked, codes)
    assert checked["ok"].tolist() == [True, False, False]
    assert checked["problem"].tolist() == ["", "不是 19 位", "县级代码不是 411081"]


def test_the_old_code_of_jianan_is_accepted_with_a_note() -> None:
    codes = pd.Series(["411003001001JB00001", "411023001001JB00001", "411071001001JB00001"])
    checked = check_parcel_codes(codes, "411003")
    assert checked["ok"].tolist() == [True, True, False]
    assert checked["note"].tolist()[0] == ""
    assert "2016" in checked["note"].tolist()[1]
    assert not check_parcel_codes(codes, "411081")["ok"].any()


def test_an_empty_column() -> None:
    assert check_parcel_codes(pd.Series([], dtype="str"), "411081").empty


def test_counties_of_xuchang() -> None:
    assert {code: county.name for code, county in counties().items() if county.status == "current"} == {
        "411000": "许昌市",
        "411002": "魏都区",
        "411003": "建安区",
        "411024": "鄢陵县",
        "411025": "襄城县",
        "411081": "禹州市",
        "411082": "长葛市",
    }


@pytest.mark.parametrize("number", [0, 100_000, -1])
def test_sequence_out_of_range(number: int) -> None:
    with pytest.raises(BadValueError):
        build_parcel_code("411081", "001", "001", "J", "B", number)


def test_unit_codes() -> None:
    bare = unit_code("411081001001JB00001")
    assert bare == "411081001001JB00001W00000000"
    assert len(bare) == 28
    assert unit_code("411081001001JB00001", "F", 12) == "411081001001JB00001F00000012"


@pytest.mark.parametrize(("fixture", "number"), [("W", 1), ("F", 0), ("F", 100_000_000), ("X", 1), ("F", -1)])
def test_broken_unit_codes(fixture: str, number: int) -> None:
    with pytest.raises(BadValueError):
        unit_code("411081001001JB00001", fixture, number)
