"""Collectives, parts of parcels, disputes and decisions: hand-drawn squares, brute force, the law's own thresholds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError, NoRuleInForceError, RuleError
from landmarket.land_book.collectives import (
    collective_land,
    contested_share,
    owner_parts,
    parcel_collectives,
    public_register,
    read_collectives,
)
from landmarket.land_book.decisions import check_decisions, decision_rules, read_decisions
from landmarket.land_book.disputes import dispute_states, read_disputes
from landmarket.rules import read_rules
from tests.helpers import assert_same_index
from tests.hunting import examples

CRS = "EPSG:4547"
ON = date(2026, 3, 2)
Box = tuple[float, float, float, float]
pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")


def code(number: int, kind: str = "JB") -> str:
    return f"411081001001{kind}{number:05d}"


def parcels_of(*boxes: Box) -> gpd.GeoDataFrame:
    index = pd.Index([code(i) for i in range(1, len(boxes) + 1)], name="parcel_code")
    return gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], index=index, crs=CRS)


def owners_of(*rows: tuple[str, str, Box]) -> gpd.GeoDataFrame:
    table = {
        "owner": pd.Series([row[0] for row in rows], dtype="str"),
        "owner_code": pd.Series([code(i, "JA") for i in range(1, len(rows) + 1)], dtype="str"),
        "owner_level": pd.Series([row[1] for row in rows], dtype="str"),
    }
    return gpd.GeoDataFrame(table, geometry=[shapely.box(*row[2]) for row in rows], crs=CRS)


OWNERS = owners_of(
    ("甲村农民集体", "村", (0, 0, 60, 100)),
    ("甲村一组农民集体", "组", (60, 0, 95, 100)),
    ("甲村农民集体", "村", (200, 0, 300, 100)),
)
HEAD = "集体代码,集体名称,所有权人,所有权层级,乡镇,村,成员人数,法定代表人"
LINES = (
    "N2411081MF001,甲村股份经济合作社,甲村农民集体,村,梁北镇,甲村,1200,示例甲",
    "N2411081MF002,甲村一组经济合作社,甲村一组农民集体,组,梁北镇,甲村,,示例乙",
    "N2411081MF003,梁北镇经济联合总社,梁北镇农民集体,乡镇,梁北镇,,30000,示例丙",
)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


@pytest.fixture
def register(tmp_path: Path) -> pd.DataFrame:
    return read_collectives(write(tmp_path / "collectives.csv", "示例数据", HEAD, *LINES))


def test_the_register_is_read_and_made_public(register: pd.DataFrame) -> None:
    assert list(register["owner_level"]) == ["村", "组", "乡镇"]
    assert register["member_count"].to_list() == [1200, pd.NA, 30000]
    public = public_register(register)
    assert_same_index(public, register)
    assert not public.map(lambda cell: "示例" in str(cell)).to_numpy().any()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (LINES[0].replace("MF001", "MF002"), "collective_code"),
        (LINES[0].replace("1200", "1200.5"), "1200.5"),
        (LINES[0].replace(",甲村,", ",,"), "须写明所在的村"),
        (LINES[0].replace(",村,", ",县,"), "第 2 行 = '县'"),
        (LINES[0].replace("甲村农民集体", "甲村一组农民集体"), "只能属于一个集体"),
    ],
)
def test_bad_rows_of_the_register_are_named(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(BadValueError, match=what):
        read_collectives(write(tmp_path / "collectives.csv", HEAD, line, LINES[1]))


def test_a_register_without_a_column_says_which(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="member_count"):
        read_collectives(write(tmp_path / "collectives.csv", HEAD.replace("成员人数", "人头"), *LINES))


def test_a_parcel_across_two_owners_is_divided_exactly(register: pd.DataFrame) -> None:
    """A 100 m square: 60 m of the village, 35 m of its group, 5 m of nobody."""
    parcels = parcels_of((0, 0, 100, 100), (200, 0, 250, 40), (500, 0, 510, 10))
    parts = owner_parts(parcels, OWNERS)
    rows = [
        (
            row.parcel_code,
            row.owner if pd.notna(row.owner) else None,
            round(row.owner_part, 6),
            round(row.owner_share, 9),
        )
        for row in parts.itertuples()
    ]
    assert rows == [
        (code(1), "甲村一组农民集体", 3500, 0.35),
        (code(1), "甲村农民集体", 6000, 0.6),
        (code(1), None, 500, 0.05),
        (code(2), "甲村农民集体", 2000, 1.0),
        (code(3), None, 100, 1.0),
    ]
    held = collective_land(parts, register)
    assert_same_index(held, register)
    assert held["collective_parcels"].to_list() == [2, 1, 0]
    assert held["collective_land_area"].to_list() == pytest.approx([8000, 3500, 0])


CORNER, SIDE = st.integers(-4, 22), st.integers(2, 15)


@settings(max_examples=examples(40), deadline=None)
@given(
    boxes=st.lists(st.tuples(CORNER, CORNER, SIDE, SIDE), min_size=1, max_size=4),
    owned=st.lists(st.tuples(CORNER, CORNER, SIDE, SIDE, st.sampled_from("甲乙丙")), min_size=1, max_size=5),
)
def test_parts_are_those_of_plain_geometry(
    boxes: list[tuple[int, int, int, int]], owned: list[tuple[int, int, int, int, str]]
) -> None:
    parcels = parcels_of(*[(x, y, x + w, y + h) for x, y, w, h in boxes])
    owners = owners_of(*[(name, "村", (x, y, x + w, y + h)) for x, y, w, h, name in owned])
    parts = owner_parts(parcels, owners).set_index(["parcel_code", "owner"])["owner_part"]
    overlap = contested_share(parcels, owners)
    for parcel, shape in parcels.geometry.items():
        grounds = {name: shapely.union_all(owners.geometry[owners["owner"] == name]) for name in set(owners["owner"])}
        for name, ground in grounds.items():
            area = shape.intersection(ground).area
            assert parts.get((parcel, name), 0.0) == pytest.approx(area if area > 1 else 0.0)
        twice = [a.intersection(b) for n, a in grounds.items() for m, b in grounds.items() if n < m]
        assert overlap[parcel] == pytest.approx(shape.intersection(shapely.union_all(twice)).area / shape.area)


def test_unknown_collectives_are_named(register: pd.DataFrame) -> None:
    parcels = pd.DataFrame({"owner": ["乙村农民集体", None], "owner_level": ["村", None]}, index=[code(1), code(2)])
    with pytest.raises(BadValueError, match=f"{code(1)} = '乙村农民集体'"):
        parcel_collectives(parcels, register)
    parcels["owner"] = ["甲村农民集体", None]
    found = parcel_collectives(parcels, register)
    assert_same_index(found, parcels)
    assert found["collective_code"].to_list()[0] == "N2411081MF001"
    assert found["collective"].isna().to_list() == [False, True]
    with pytest.raises(BadValueError, match="层级不同"):
        parcel_collectives(parcels.assign(owner_level=["组", None]), register)
    parts = pd.DataFrame({"parcel_code": [code(7)], "owner": ["丙村农民集体"], "owner_part": [3.0]})
    with pytest.raises(BadValueError, match="丙村农民集体"):
        collective_land(parts, register)


def test_disputes_are_open_until_the_day_they_are_settled(tmp_path: Path) -> None:
    path = write(
        tmp_path / "disputes.csv",
        "争议编号,宗地代码,争议受理日,争议解决日",
        f"Z1,{code(1)},2025-01-01,2026-03-02",
        f"Z2,{code(2)},2025-01-01,2026-03-03",
        f"Z3,{code(2)},2024-01-01,2024-02-01",
        f"Z4,{code(3)},2026-03-03,",
    )
    parcels = parcels_of(*[(i, 0, i + 1, 1) for i in range(4)])
    states = dispute_states(parcels, read_disputes(path), on=ON)
    assert_same_index(states, parcels)
    assert states["dispute_state"].to_list() == ["已解决", "未解决", "无", "无"]
    assert states["disputed"].to_list() == ["否", "是", "否", "否"]
    assert states["dispute_text"].iloc[1] == "Z3（2024-01-01 受理，2024-02-01 解决）；Z2（2025-01-01 受理，未解决）"
    with pytest.raises(BadValueError, match=code(3)):
        dispute_states(parcels.iloc[:2], read_disputes(path), on=ON)
    path = write(path, "争议编号,宗地代码,争议受理日,争议解决日", f"Z1,{code(1)},2025-01-02,2025-01-01")
    with pytest.raises(BadValueError, match="早于受理日"):
        read_disputes(path)


DECISION = {
    "决议编号": "决1", "宗地代码": code(1), "集体代码": "N2411081MF001", "提议日": "2025-06-01", "商议日": "2025-06-02",
    "审议日": "2025-06-10", "表决日期": "2025-06-20", "表决机构": "成员大会", "应到人数": "100", "实到人数": "80",
    "同意人数": "67", "决议公开日": "2025-06-21", "决议公开截止日": "2025-06-28",
}  # fmt: skip


FEW = "同意人数不足（共 100 人，同意 66 人，至少 67 人）"
OVER = "决议公开到 2026-03-08 才结束，在入市日以后"


def checked(folder: Path, register: pd.DataFrame, changes: dict[str, str]) -> tuple[str, str]:
    row = DECISION | changes
    path = write(folder / "decisions.csv", ",".join(row), ",".join(row.values()))
    decisions = read_decisions(path, register)
    result = check_decisions(decisions, decision_rules([]), on=ON, county="411081", pilot=True)
    assert_same_index(result, decisions)
    return result["decision_answer"].iloc[0], result["decision_text"].iloc[0]


@pytest.mark.parametrize(
    ("changes", "answer", "text"),
    [
        ({}, "成立", ""),
        ({"同意人数": "66"}, "不成立", FEW),
        ({"实到人数": "66", "同意人数": "66"}, "不成立", f"出席人数不足（应到 100 人，实到 66 人，至少 67 人）；{FEW}"),
        ({"审议日": ""}, "待核实", "缺审议日期"),
        ({"商议日": "2025-05-31"}, "不成立", "商议（2025-05-31）早于提议（2025-06-01）"),
        ({"审议日": "", "表决日期": "2025-06-01"}, "不成立", "表决（2025-06-01）早于商议（2025-06-02）；缺审议日期"),
        ({"决议公开截止日": "2025-06-27"}, "不成立", "决议公开 6 天，至少 7 天"),
        ({"决议公开截止日": ""}, "待核实", "缺决议公开截止日期"),
        ({"决议公开日": "2026-03-01", "决议公开截止日": "2026-03-08"}, "不成立", OVER),
        ({"集体代码": "N2411081MF002", "商议日": "", "审议日": ""}, "成立", ""),
        ({"结果公开日": "2026-05-01", "结果公开截止日": "2026-05-09"}, "成立", ""),
        ({"结果公开日": "2026-05-01", "结果公开截止日": "2026-05-03"}, "不成立", "结果公开 2 天，至少 7 天"),
    ],
)  # fmt: skip
def test_a_decision_stands_or_every_reason_is_said(
    tmp_path: Path, register: pd.DataFrame, changes: dict[str, str], answer: str, text: str
) -> None:
    if changes.get("结果公开日") is None:
        changes = changes | {"结果公开日": "", "结果公开截止日": ""}
    assert checked(tmp_path, register, changes) == (answer, text)


def test_a_decision_of_an_unknown_collective_is_refused(tmp_path: Path, register: pd.DataFrame) -> None:
    with pytest.raises(BadValueError, match="N9"):
        checked(tmp_path, register, {"集体代码": "N9"})


LOCAL = """
[[rule]]
key = "{key}"
name = "示例"
value = {value}
unit = ""
effective_from = 2025-01-01
source = "示例"
verified = true
counties = ["411081"]
"""


def test_a_county_may_ask_for_more(tmp_path: Path, register: pd.DataFrame) -> None:
    def answer(key: str, value: str) -> str:
        rules = tmp_path / "rules.toml"
        rules.write_text(LOCAL.format(key=key, value=value), encoding="utf-8")
        path = write(tmp_path / "decisions.csv", ",".join(DECISION), ",".join(DECISION.values()))
        table = read_decisions(path, register)
        local = decision_rules(read_rules(rules))
        return check_decisions(table, local, on=ON, county="411081", pilot=True)["decision_text"].iloc[0]

    assert answer("decision_publicity_days", "15") == "决议公开 7 天，至少 15 天"
    assert answer("decision_steps:村", '"提议、商议、审议、表决、决议公开、结果公开"') == "缺结果公开日期"
    with pytest.raises(RuleError, match="次序不对"):
        answer("decision_steps:村", '"表决、提议"')


def test_a_level_without_steps_is_refused(tmp_path: Path, register: pd.DataFrame) -> None:
    path = write(tmp_path / "decisions.csv", ",".join(DECISION), ",".join(DECISION.values()))
    table = read_decisions(path, register).assign(owner_level="县")
    with pytest.raises(NoRuleInForceError, match="decision_steps:县"):
        check_decisions(table, decision_rules([]), on=ON, county="411081", pilot=True)
