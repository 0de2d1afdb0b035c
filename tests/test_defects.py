"""Tables, rules and rosters with anything in them: what is sound comes back, what is not is named with its place."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from landmarket.distribution.roster import read_roster
from landmarket.distribution.rule_reading import read_split_rule
from landmarket.errors import BadValueError, LandMarketError
from landmarket.io.tables import csv_bytes, read_csv_table
from tests.hunting import examples
from tests.strategies import NO_TOML, ROSTER_DEFECTS, ROSTER_HEADERS, Roster, rosters, rule_files, tables

AGAIN = [HealthCheck.function_scoped_fixture]
"""A file is written over for each example."""


@settings(max_examples=examples(12), deadline=None, suppress_health_check=AGAIN)
@given(tables())
def test_a_table_comes_back_from_csv_and_is_no_formula(tmp_path: Path, table: pd.DataFrame) -> None:
    path = tmp_path / "表.csv"
    path.write_bytes(csv_bytes(table))
    for row in csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")):
        for cell in row:
            bare = cell.lstrip(" \u3000\u00a0\ufeff")
            assert not bare.startswith(("=", "+", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
            assert not bare.startswith("-") or re.fullmatch(r"-\d+(\.\d+)?(e[-+]?\d+)?", bare)
    back = read_csv_table(path)
    assert list(back.columns) == list(table.columns)
    for name in table.columns:
        told, read = table[name].astype("object"), back[name].astype("object")
        told, read = told.where(told.notna() & told.ne(""), None), read.where(read.notna(), None)
        assert read.tolist() == told.tolist(), name


@settings(max_examples=examples(12), deadline=None, suppress_health_check=AGAIN)
@given(rosters())
def test_a_roster_is_read_whole_or_its_defect_is_named(tmp_path: Path, roster: Roster) -> None:
    rows, defect, place = roster
    path = tmp_path / "名册.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([ROSTER_HEADERS, *rows])
    if not defect:
        members = read_roster(path)
        assert members["name"].tolist() == [row[3] for row in rows]
        assert members.index.tolist() == [row[0] for row in rows]
        assert not members.astype("object").map(lambda cell: "19900307" in str(cell)).to_numpy().any()
        return
    with pytest.raises(BadValueError, match="办法：") as caught:
        read_roster(path)
    said = str(caught.value)
    assert "名册.csv" in said
    assert ROSTER_DEFECTS[defect][0] in said or defect == "先退出后加入"
    assert re.search(rf"(?<!\d){place + 2}(?!\d)", said), "the row of the sheet"
    assert "19900307" not in said, "no number of an identity card"


@settings(max_examples=examples(40), deadline=None, suppress_health_check=AGAIN)
@given(rule_files())
def test_a_rule_is_read_or_its_key_is_named(tmp_path: Path, rule: tuple[str, str, str]) -> None:
    text, changed, how = rule
    path = tmp_path / "规则.toml"
    path.write_text(text, encoding="utf-8")
    said = refusal(lambda: read_split_rule(path))
    if not changed:
        read = read_split_rule(path)
        assert (read.name, str(read.tax_rate), str(read.retention_rate)) == ("某县办法", "0.0005", "0.30")
    elif how in ("out", "misspelt"):
        assert changed in said
    if said:
        assert "规则.toml" in said
        assert "办法：" in said
        assert changed in said or how == NO_TOML


def refusal(read: Callable[[], object]) -> str:
    """What is said where something is refused; nothing where it is not."""
    try:
        read()
    except LandMarketError as error:
        return str(error)
    return ""
