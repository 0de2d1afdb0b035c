"""Owners and constraint layers of parcels: exact shares, levels, agents, two owners, what is touched."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landmarket.errors import BadValueError, MissingColumnError
from landmarket.zoning import ConstraintLayer, Effect, constraint_hits, ownership
from tests.helpers import assert_same_index

CRS = "EPSG:4547"


def parcels_of(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    index = pd.Index([f"411081001001JB{i:05d}" for i in range(1, len(boxes) + 1)], name="parcel_code")
    return gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], index=index, crs=CRS)


def owners_of(*rows: tuple[str | None, str | None, str, str | None, float, tuple[float, ...]]) -> gpd.GeoDataFrame:
    columns = list(zip(*rows, strict=True))
    table = {
        name: pd.Series(columns[i], dtype="str")
        for i, name in enumerate(("owner", "owner_code", "owner_level", "agent"))
    }
    shapes = [shapely.box(*box) for box in columns[5]]
    return gpd.GeoDataFrame({**table, "member_count": columns[4]}, geometry=shapes, crs=CRS)


OWNERS = owners_of(
    ("梁北镇农民集体", "411081001001JA00001", "乡镇", "梁北镇资产公司", 30_000, (0, 0, 50, 100)),
    ("梁北镇甲村农民集体", "411081001001JA00002", "村", "自行", 1_200, (50, 0, 100, 100)),
    ("梁北镇甲村农民集体", "411081001001JA00003", "村", "自行", 1_200, (100, 0, 150, 100)),
    ("梁北镇甲村一组农民集体", "411081001001JA00004", "组", None, float("nan"), (150, 0, 200, 100)),
)


def test_owner_level_agent_and_members() -> None:
    parcels = parcels_of((0, 0, 10, 10), (60, 0, 70, 10), (160, 0, 170, 10), (900, 0, 910, 10))
    found = ownership(parcels, OWNERS)
    assert_same_index(found, parcels)
    assert found["owner_level"].fillna("").tolist() == ["乡镇", "村", "组", ""]
    assert found["agent"].fillna("").tolist() == ["梁北镇资产公司", "自行", "", ""]
    assert found["member_count"].dtype == "Int64"
    assert found["member_count"].fillna(-1).tolist() == [30_000, 1_200, -1, -1]
    assert found["owner_share"].tolist() == [1, 1, 1, 0]
    assert found["owner_count"].tolist() == [1, 1, 1, 0]


def test_two_owners_are_counted_and_the_larger_named() -> None:
    found = ownership(parcels_of((44, 0, 64, 10)), OWNERS).iloc[0]
    assert (found["owner"], found["owner_share"], found["owner_count"]) == ("梁北镇甲村农民集体", pytest.approx(0.7), 2)


def test_two_areas_of_one_owner_are_one_owner() -> None:
    found = ownership(parcels_of((90, 0, 104, 10)), OWNERS).iloc[0]
    assert (found["owner_code"], found["owner_count"]) == ("411081001001JA00002", 1)
    assert found["owner_share"] == pytest.approx(1.0)


def test_the_tolerance_decides_on_a_second_owner() -> None:
    parcels = parcels_of((49.95, 0, 60, 10))
    assert ownership(parcels, OWNERS)["owner_count"].tolist() == [1]
    assert ownership(parcels, OWNERS, tolerance=0.4)["owner_count"].tolist() == [2]


def test_areas_without_an_owner_are_owners_of_their_own() -> None:
    unnamed = owners_of(
        (None, "411081001001JA00001", "村", None, 1, (0, 0, 50, 100)),
        (None, "411081001001JA00002", "村", None, 1, (50, 0, 100, 100)),
    )
    found = ownership(parcels_of((40, 0, 55, 10)), unnamed).iloc[0]
    assert pd.isna(found["owner"])
    assert found["owner_count"] == 2


def test_of_areas_as_large_the_smallest_code_is_given_whatever_their_order() -> None:
    areas = owners_of(
        ("甲村", "411081001001JA00002", "村", "自行", 900, (50, 0, 100, 100)),
        ("甲村", "411081001001JA00001", "村", "自行", 30, (0, 0, 50, 100)),
    )
    for order in ([0, 1], [1, 0]):
        found = ownership(parcels_of((40, 0, 60, 10)), areas.iloc[order]).iloc[0]
        assert (found["owner_code"], found["member_count"], found["owner_count"]) == ("411081001001JA00001", 30, 1)


def test_equal_shares_go_to_the_smaller_name() -> None:
    halves = owners_of(
        ("乙村", "411081001001JA00001", "村", "自行", 1, (0, 0, 50, 100)),
        ("丙村", "411081001001JA00002", "村", "自行", 1, (50, 0, 100, 100)),
    )
    assert ownership(parcels_of((40, 0, 60, 10)), halves)["owner"].tolist() == [min("乙村", "丙村")]


@pytest.mark.parametrize("code", ["411081001001JB00001", "411081001001GA00001", "4110810010"])
def test_ownership_codes_are_ja_codes(code: str) -> None:
    with pytest.raises(BadValueError, match=code):
        ownership(parcels_of((0, 0, 1, 1)), owners_of(("甲村", code, "村", "自行", 1, (0, 0, 50, 100))))


def test_ownership_needs_its_columns() -> None:
    with pytest.raises(MissingColumnError, match="agent（入市实施主体）"):
        ownership(parcels_of((0, 0, 1, 1)), OWNERS.drop(columns="agent"))


@pytest.mark.parametrize("count", [12.5, -1.0, float("inf"), 1e30])
def test_members_are_counted_in_whole_numbers(count: float) -> None:
    owners = OWNERS.assign(member_count=[30_000, count, 1_200, None])
    with pytest.raises(BadValueError, match=rf"member_count（.*1 = {re.escape(str(count))}。办法"):
        ownership(parcels_of((0, 0, 1, 1)), owners)


def test_a_member_count_that_is_no_number_is_refused() -> None:
    owners = OWNERS.assign(member_count=pd.Series(["30000", "约一千", "1200", None], dtype="str"))
    with pytest.raises(BadValueError, match="1 = '约一千'"):
        ownership(parcels_of((0, 0, 1, 1)), owners)
    owners["member_count"] = owners["member_count"].replace("约一千", "1000")
    assert ownership(parcels_of((60, 0, 70, 10)), owners)["member_count"].tolist() == [1000]


def constraint(name: str, effect: str, *boxes: tuple[float, float, float, float]) -> ConstraintLayer:
    areas = gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], crs=CRS)
    return ConstraintLayer(name, Effect(effect), areas, "测试")


LAYERS = (
    constraint("永久基本农田", "veto", (0, 0, 50, 100), (40, 0, 60, 100)),
    constraint("生态保护红线", "veto", (55, 0, 100, 100)),
    constraint("城镇开发边界", "warn", (0, 0, 1000, 1000)),
    constraint("采空区", "unknown", (500, 500, 600, 600)),
)


def test_what_is_touched_by_how_much() -> None:
    parcels = parcels_of((0, 0, 10, 10), (50, 0, 60, 10), (510, 510, 520, 520), (2000, 0, 2010, 10))
    found = constraint_hits(parcels, LAYERS)
    assert_same_index(found, parcels)
    assert found["veto_constraints"].tolist() == ["永久基本农田", "永久基本农田、生态保护红线", "", ""]
    assert found["warn_constraints"].tolist() == ["城镇开发边界", "城镇开发边界", "城镇开发边界", ""]
    assert found["unknown_constraints"].tolist() == ["", "", "采空区", ""]
    assert found["永久基本农田面积"].tolist() == pytest.approx([100, 100, 0, 0])
    assert found["生态保护红线占比"].tolist() == pytest.approx([0, 0.5, 0, 0])


def test_ground_under_two_areas_of_a_layer_counts_once() -> None:
    found = constraint_hits(parcels_of((40, 0, 60, 10)), LAYERS[:1])
    assert found["永久基本农田占比"].tolist() == [1.0]


def test_touching_up_to_the_tolerance_is_no_hit() -> None:
    parcels = parcels_of((59.95, 0, 70, 10), (60, 0, 70, 10))
    assert constraint_hits(parcels, LAYERS[:1])["veto_constraints"].tolist() == ["", ""]
    assert constraint_hits(parcels, LAYERS[:1], tolerance=0.1)["veto_constraints"].tolist() == ["永久基本农田", ""]


def test_no_layers_at_all() -> None:
    found = constraint_hits(parcels_of((0, 0, 1, 1)), ())
    assert found.to_dict("list") == {"veto_constraints": [""], "warn_constraints": [""], "unknown_constraints": [""]}


def test_malformed_layers_are_refused() -> None:
    with pytest.raises(BadValueError, match="重名"):
        constraint_hits(parcels_of((0, 0, 1, 1)), (LAYERS[0], LAYERS[0]))
    with pytest.raises(BadValueError, match="甲、乙"):
        constraint("甲、乙", "veto", (0, 0, 1, 1))
    with pytest.raises(ValueError, match="block"):
        constraint("甲", "block", (0, 0, 1, 1))


def test_an_effect_may_be_given_as_text() -> None:
    layer = ConstraintLayer("甲", "warn", LAYERS[0].areas, "测试")
    assert layer.effect is Effect.WARN
    with pytest.raises(BadValueError, match="veto、warn、unknown"):
        ConstraintLayer("甲", "block", LAYERS[0].areas, "测试")
