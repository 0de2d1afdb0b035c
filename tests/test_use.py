"""Land-use classes: names by classification, no comparison across them, the crosswalk."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

from landmarket.errors import BadValueError, SchemeError
from landmarket.zoning import LandUse, Scheme, land_use_table, use_crosswalk
from landmarket.zoning.use import require_codes

PLAN, STATE, SURVEY = "用地用海分类2023", "GB/T 21010-2017", "三调"


@pytest.mark.parametrize(
    ("scheme", "code", "name"),
    [
        (PLAN, "0601", "农村道路"),
        (SURVEY, "0601", "工业用地"),
        (STATE, "0601", "工业用地"),
        (PLAN, "0702", "城镇社区服务设施用地"),
        (SURVEY, "0702", "农村宅基地"),
        (STATE, "1001", "铁路用地"),
        (PLAN, "1001", "工业用地"),
        (STATE, "0901", "军事设施用地"),
        (PLAN, "0901", "商业用地"),
        (SURVEY, "1101", "河流水面"),
        (PLAN, "1101", "物流仓储用地"),
        (SURVEY, "05H1", "商业服务业设施用地"),
        (PLAN, "090105", "公用设施营业网点用地"),
    ],
)
def test_the_same_digits_are_different_land(scheme: str, code: str, name: str) -> None:
    assert LandUse(scheme, code).name == name


@pytest.mark.parametrize(
    ("scheme", "code", "category"),
    [
        (PLAN, "09", "商服"),
        (PLAN, "090104", "商服"),
        (PLAN, "1002", "工矿仓储"),
        (PLAN, "110102", "工矿仓储"),
        (PLAN, "080601", "公共管理与公共服务"),
        (PLAN, "0703", "宅基地"),
        (PLAN, "070302", "宅基地"),
        (PLAN, "0701", "居住"),
        (PLAN, "0704", "居住"),
        (PLAN, "0103", "农用"),
        (STATE, "0505", "商服"),
        (STATE, "0604", "工矿仓储"),
        (SURVEY, "0508", "工矿仓储"),
        (SURVEY, "0702", "宅基地"),
    ],
)
def test_categories(scheme: str, code: str, category: str) -> None:
    assert LandUse(scheme, code).category == category


def test_all_24_first_level_classes_of_the_plan_are_there() -> None:
    codes = land_use_table(PLAN).index
    assert [code for code in codes if len(code) == 2] == [f"{n:02d}" for n in range(1, 25)]
    second = pd.Series([code[:2] for code in codes if len(code) == 4 and "06" <= code[:2] <= "15"]).value_counts()
    expected = {"06": 2, "07": 4, "08": 7, "09": 4, "10": 3, "11": 2, "12": 9, "13": 12, "14": 3, "15": 7}
    assert second.to_dict() == expected


def test_every_class_has_a_parent_and_both_names() -> None:
    for scheme in (PLAN, STATE):
        table = land_use_table(scheme)
        assert table.index.is_unique
        assert {code[:-2] for code in table.index if len(code) > 2} <= set(table.index)
        assert (table != "").all(axis=None)
        assert table["name_en"].str.fullmatch(r"[A-Z][A-Za-z ,1-3-]+").all()


def test_children_share_the_category_of_their_parent_where_the_law_does() -> None:
    table = land_use_table(PLAN)["category"]
    for head in ("08", "09", "10", "11", "12", "13", "14", "15"):
        assert set(table[table.index.str.startswith(head)]) == {table[head]}


def test_text_and_member_name_the_same_scheme() -> None:
    assert LandUse(PLAN, "0901") == LandUse(Scheme.用地用海, "0901")
    assert len({LandUse(PLAN, "0901"), LandUse(Scheme.用地用海, "0901")}) == 1


def test_within_a_scheme_codes_compare() -> None:
    assert LandUse(PLAN, "0901") < LandUse(PLAN, "1001")
    assert LandUse(PLAN, "0901") != LandUse(PLAN, "1001")
    assert LandUse(PLAN, "090101").within(LandUse(PLAN, "09"))
    assert not LandUse(PLAN, "1001").within(LandUse(PLAN, "09"))
    assert LandUse(PLAN, "0901") != "0901"


def test_across_schemes_nothing_compares() -> None:
    one, other = LandUse(PLAN, "0601"), LandUse(SURVEY, "0601")
    with pytest.raises(SchemeError, match=r"农村道路.*工业用地"):
        _ = one == other
    with pytest.raises(SchemeError):
        _ = one != other
    with pytest.raises(SchemeError):
        _ = one < other
    with pytest.raises(SchemeError):
        one.within(other)


@pytest.mark.parametrize("code", ["601", "9999", "", "0601 ", "385"])
def test_unknown_codes_are_refused(code: str) -> None:
    with pytest.raises(BadValueError, match=PLAN):
        LandUse(PLAN, code)


def test_unknown_schemes_are_refused() -> None:
    with pytest.raises(SchemeError, match="用地用海分类2020"):
        LandUse("用地用海分类2020", "0601")
    with pytest.raises(SchemeError):
        land_use_table("21010")


@pytest.mark.parametrize(
    ("code", "target"),
    [
        ("0508", "1101"),
        ("0601", "1001"),
        ("0602", "1002"),
        ("0701", "0701"),
        ("0702", "0703"),
        ("0809", "13"),
        ("1004", "1207"),
        ("1006", "0601"),
        ("1202", "0602"),
        ("1201", "2301"),
    ],
)
def test_pairs_that_were_read(code: str, target: str) -> None:
    (row,) = use_crosswalk(code, SURVEY, PLAN)
    assert (row.use, row.exact, row.evidence) == (LandUse(PLAN, target), True, "read")


def test_one_class_to_several() -> None:
    rows = use_crosswalk("05H1", SURVEY, PLAN)
    assert [row.use.code for row in rows] == ["0901", "0902", "0903", "0904"]
    assert not any(row.exact for row in rows)


def test_the_crosswalk_is_symmetric_and_gives_one_exact_class_at_most() -> None:
    for source, target in product(Scheme, Scheme):
        if source == target:
            continue
        for code in land_use_table(source).index:
            try:
                rows = use_crosswalk(code, source, target)
            except SchemeError:
                continue
            assert sum(row.exact for row in rows) <= 1
            for row in rows:
                back = [other.use.code for other in use_crosswalk(row.use.code, target, source)]
                assert code in back


def test_crosswalk_onto_itself_and_into_nothing() -> None:
    assert [row.use.code for row in use_crosswalk("0601", PLAN, PLAN)] == ["0601"]
    with pytest.raises(SchemeError, match="没有对照"):
        use_crosswalk("16", PLAN, SURVEY)


def test_require_codes_names_the_rows() -> None:
    codes = pd.Series(["0901", "385", None], index=["a", "b", "c"], dtype="str")
    with pytest.raises(BadValueError, match=r"共 2 行：b = '385'"):
        require_codes(codes, PLAN, "planned_use")
    require_codes(codes.iloc[:1], PLAN, "planned_use")
