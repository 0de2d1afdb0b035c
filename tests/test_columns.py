"""The column schema: one row a column, one column a header."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files

import pytest

from landmarket.columns import alike, header, label, rename_map, schema

ROWS = list(csv.DictReader(files("landmarket").joinpath("columns.csv").read_text(encoding="utf-8-sig").splitlines()))
KINDS = {"text", "code", "number", "whole", "fen", "date", "yes_no", "geometry"}


def test_each_column_and_each_header_stands_once() -> None:
    names = Counter(row["name"] for row in ROWS)
    headers = Counter(header for row in ROWS for header in row["headers"].split("|"))
    assert [name for name, count in (names + headers).items() if count > 1] == []


def test_every_column_has_a_kind_a_header_and_a_meaning() -> None:
    for row in ROWS:
        assert row["kind"] in KINDS, row
        assert row["headers"], row
        assert row["meaning"], row


def test_kinds_agree_with_names_and_allowed_values() -> None:
    for column in schema().values():
        assert column.name.endswith("_fen") == (column.kind == "fen"), column.name
        assert (column.allowed == ("是", "否")) == (column.kind == "yes_no"), column.name


def test_messages_and_outputs_name_columns_in_both_languages() -> None:
    assert label("floor_area_ratio") == "floor_area_ratio（容积率）"
    assert header("unit_price") == "地面单价（元/㎡）"
    assert label("宗地形状") == header("宗地形状") == "宗地形状"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["宗地代码", "面积", "x"], {"宗地代码": "parcel_code", "面积": "registered_area"}),
        (["面积", "登记面积"], {"登记面积": "registered_area"}),
        (["registered_area", "面积"], {}),
        ([" 容积率 "], {" 容积率 ": "floor_area_ratio"}),
        (["宗地 代码", "登\u3000记 面积"], {"宗地 代码": "parcel_code", "登\u3000记 面积": "registered_area"}),
        (["宗地 代码", "宗地代码"], {"宗地代码": "parcel_code"}),
        (["面积（亩）", "面积(平方米)"], {}),
    ],
)
def test_headers_of_a_file_become_identifiers_once(headers: list[str], expected: dict[str, str]) -> None:
    assert rename_map(headers) == expected


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("面积（亩）", "registered_area"),
        ("面积(平方米)", "registered_area"),
        ("宗地面积_㎡", "registered_area"),
        ("*宗地代码", "parcel_code"),
        ("出让年限", "term"),
        ("取得成本【万元】", "acquisition_cost"),
        ("建筑面积", None),
        ("JZMJ", None),
        ("备注", None),
        ("面积", None),
        ("（亩）", None),
    ],
)
def test_headers_nobody_knows_are_held_against_known_ones(written: str, meant: str | None) -> None:
    assert alike([written]) == ({} if meant is None else {written: meant})
