"""Prices by the coefficient method: published answers, sums by hand, and what always holds."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError, NoPriceError, PriceTableWarning, StalePriceTableError
from landmarket.pricing import Connotation, PriceTable, benchmark_price, price_basis, range_findings, read_price_table
from landmarket.pricing.keys import numbered_pairs
from landmarket.pricing.price_table import LEVELS, Outside, formulas, no_findings
from landmarket.units import round_half_up
from tests.helpers import assert_same_index
from tests.hunting import examples

DATA = Path(__file__).parent / "data"
ON = date(2026, 3, 2)


def frame(columns: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Make a table of a notice with the types that reading gives."""
    texts = {"township", "use", "grade", "village", "scheme", "code", "factor_name", "name", "column", "level", "item"}
    names = columns.split()
    made = pd.DataFrame(rows, columns=names)
    text = [name for name in names if name in texts or (name == "factor" and "优" in names)]
    kinds = dict.fromkeys(text, "str") | dict.fromkeys(set(names) - set(text) - {"date"}, "float64")
    return made.astype(kinds | ({"date": "datetime64[s]"} if "date" in names else {}))


def connotation(base: date = date(2025, 1, 1), **changes: object) -> Connotation:
    row = {
        "use": "商服",
        "grade": "",
        "legal_term": 40.0,
        "floor_area_ratio": 1.5,
        "development": "五通一平",
        "capitalisation_rate": 0.06,
        "price_form": "地面地价",
    }
    return Connotation(base, "集体建设用地出让", pd.DataFrame([row | changes]))


def notice(**changes: object) -> PriceTable:
    """One use, one grade, and one table of every kind."""
    plain = PriceTable(
        name="某县基准地价",
        document="",
        source="",
        connotation=connotation(),
        prices=frame("township grade use unit_price", [("东镇", "I", "商服", 645.0), ("东镇", "II", "商服", None)]),
        grade_ranges=frame("township use grade village", [("东镇", "", "I", "王庄村"), ("东镇", "", "II", "李庄")]),
        uses=frame("use scheme code", [("商服", "用地用海分类2023", "09")]),
        dates=frame("date use index", [("2025-01-01", "", 100.0), ("2026-01-01", "", 102.0)]),
        far=frame(
            "use grade floor_area_ratio factor",
            [("商服", "", 1.0, 0.8), ("商服", "", 1.5, 1.0), ("商服", "", 2.0, 1.3)],
        ),
        factors=frame(
            "use grade factor 优 较优 一般 较劣 劣",
            [("商服", "", "道路通达度", 8.59, 4.29, 0, -4.29, -8.59), ("商服", "", "商服繁华", 5, 2.5, 0, -1.7, -3.4)],
        ),
        steps=frame(
            "name use column low high level factor",
            [
                ("面积修正", "商服", "area", None, 500, "", 0.98),
                ("面积修正", "商服", "area", 500, None, "", 1.01),
                ("形状修正", "", "宗地形状", None, None, "规则", 1),
                ("形状修正", "", "宗地形状", None, None, "不规则", 0.97),
            ],
        ),
        development=frame("item unit_cost", [("通气", 15), ("通讯", 6), ("排水", 10)]),
        findings=no_findings(),
    )
    return replace(plain, **changes)


def bare(**changes: object) -> PriceTable:
    """A notice with prices and nothing else."""
    full = notice()
    empty = {name: getattr(full, name).iloc[:0] for name in ("dates", "far", "factors", "steps", "development")}
    return replace(full, **(empty | changes))


PARCEL = {
    "township": "东镇",
    "village": "王庄村",
    "price_use": "商服",
    "grade": "I",
    "floor_area_ratio": 1.5,
    "area": 1000.0,
    "道路通达度": "一般",
    "商服繁华": "一般",
    "宗地形状": "规则",
}


def made(rows: list[dict[str, object]]) -> pd.DataFrame:
    index = pd.Index([f"4110810010{i:02d}JB00001" for i in range(len(rows))], name="parcel_code")
    return pd.DataFrame([PARCEL | row for row in rows], index=index)


def parcels(count: int = 1, **changes: object) -> pd.DataFrame:
    return made([changes] * count)


def one(table: PriceTable, on: date = ON, **changes: object) -> pd.Series:
    return benchmark_price(parcels(**changes), table, on=on).iloc[0]


def test_published_sum_of_675() -> None:
    # P_b = 500, ΣK = −0.13, T = 1.06, V = 1.51, Y = 0.97, D = 0 gives 675 元/㎡ (http://51bdks.net/view/e0zqe.html).
    table = bare(
        decimals=0,
        prices=frame("township grade use unit_price", [("东镇", "I", "商服", 500.0)]),
        factors=frame("use grade factor 优 较优 一般 较劣 劣", [("商服", "", "道路通达度", 0, 0, 0, -5, -13)]),
        dates=frame("date use index", [("2025-01-01", "", 100.0), ("2026-01-01", "", 106.0)]),
        far=frame("use grade floor_area_ratio factor", [("商服", "", 1.5, 1.0), ("商服", "", 2.5, 1.51)]),
        steps=frame("name use column low high level factor", [("年期", "", "宗地形状", None, None, "规则", 0.97)]),
    )
    row = one(table, floor_area_ratio=2.5, 道路通达度="劣")
    assert row["unit_price"] == 675
    assert row["factor_sum"] == -0.13
    assert one(replace(table, decimals=2), floor_area_ratio=2.5, 道路通达度="劣")["unit_price"] == 675.37


def test_composite_of_pengshan() -> None:
    # 645 × 1.05 × 1.02 × 1.0 × 0.963576 + 15 = 680.63 元/㎡ = 45.38 万元/亩; ΣK, T, r and D are assumed.
    with pytest.warns(PriceTableWarning):
        published = read_price_table(DATA / "pengshan")
    basis = published.connotation.by_use
    table = replace(
        published,
        connotation=replace(
            published.connotation, by_use=basis.assign(capitalisation_rate=0.06, development="五通一平")
        ),
        factors=frame("use grade factor 优 较优 一般 较劣 劣", [("商服", "", "道路通达度", 5, 2.5, 0, -2.5, -5)]),
        dates=frame("date use index", [("2021-01-01", "", 100.0), ("2022-01-01", "", 102.0)]),
        development=frame("item unit_cost", [("通气", 15)]),
    )
    row = one(
        table, date(2022, 6, 1), township="凤鸣街道", grade="II", term=35, 道路通达度="优", development="六通一平"
    )
    assert (row["base_price"], row["factor_sum"], row["date_factor"]) == (645, 0.05, 1.02)
    assert (row["far_factor"], row["term_factor"], row["development_correction"]) == (1, 0.963576, 15)
    assert (row["unit_price"], row["wan_per_mu"], row["total_price"]) == (680.63, 45.38, 680630.00)
    assert row["floor_price"] == 453.75


def test_composed_price_of_tongdao() -> None:
    # 居住用地 二级 710; ΣK = 0.3873 (距小区级商服中心距离 较优) + 0.4578 (临近道路状况 优)
    # − 0.2626 (噪声 较劣) = 0.5825 %;
    # 12 months at 0.2 % = 1.024; 50 of 70 years at 6.75 % = (1 − 1.0675⁻⁵⁰) / (1 − 1.0675⁻⁷⁰) = 0.97188… → 0.9719;
    # FAR 1.85 between 0.9550 and 0.9778 = 0.9664; 1,200 ㎡ = 1.00; shape 较优, landscape 较优, south: 1.02 each:
    # 710 × 1.005825 × 1.024 × 0.9719 × 0.9664 × 1.00 × 1.02³ = 728.88623… → 728.89; × 1,200 = 874,668.00;
    # ÷ 1.85 = 393.9946 → 393.99; ÷ 15 = 48.5927 → 48.59.
    table = read_price_table(DATA / "tongdao")
    levels = dict.fromkeys(table.factors["factor"], "一般")
    levels |= {"距小区级商服中心距离": "较优", "临近道路状况": "优", "噪声污染状况": "较劣"}
    row = one(
        table,
        date(2026, 4, 1),
        township="双江镇",
        grade="二级",
        price_use="居住用地",
        floor_area_ratio=1.85,
        area=1200,
        term="50年",
        宗地形状="较优",
        景观条件="较优",
        朝向="南",
        **levels,
    )
    assert row["factor_sum"] == 0.005825
    assert [row[name] for name in ("date_factor", "term_factor", "far_factor")] == [1.024, 0.9719, 0.9664]
    steps = [row[f"系数:{name}"] for name in ("面积修正", "形状修正", "景观修正", "朝向修正")]
    assert steps == [1.0, 1.02, 1.02, 1.02]
    assert (row["unit_price"], row["total_price_fen"]) == (728.89, 87466800)
    assert (row["floor_price"], row["wan_per_mu"]) == (393.99, 48.59)


@pytest.mark.parametrize(
    ("use", "area", "factor"),
    [
        ("居住用地", 499.99, 0.98),
        ("居住用地", 500, 0.99),
        ("居住用地", 2000, 1.02),
        ("商业服务业用地", 1200, 1.02),
        ("工矿用地", 5999.99, 1.0),
        ("公共管理与公共服务用地", 900, 0.96),
        ("公用设施用地", 200, 0.99),
        ("仓储用地", 8999.99, 1.01),
    ],
)
def test_area_bands_of_tongdao(use: str, area: float, factor: float) -> None:
    table = read_price_table(DATA / "tongdao")
    table = replace(table, factors=table.factors.iloc[:0], steps=table.steps[table.steps["name"] == "面积修正"])
    assert one(table, date(2025, 4, 1), price_use=use, grade="三级", area=area)["系数:面积修正"] == factor


@pytest.mark.parametrize(
    ("use", "term", "factor"),
    # (1 − (1 + r)⁻ⁿ) / (1 − (1 + r)⁻ᴺ), computed apart with 40 decimals.
    [("商业服务业用地", 30, 0.9404), ("工矿用地", 20, 0.7191), ("公共管理与公共服务用地", 49, 0.9968)],
)
def test_terms_of_tongdao(use: str, term: int, factor: float) -> None:
    table = read_price_table(DATA / "tongdao")
    table = replace(table, factors=table.factors.iloc[:0], steps=table.steps.iloc[:0])
    assert one(table, date(2025, 4, 1), price_use=use, grade="一级", term=term)["term_factor"] == factor


def test_floor_price_is_turned_into_a_land_price() -> None:
    # 中山 2024: 1,941 元/㎡ of floor area, 58 亩, FAR 1.9986 is a start price of 1.5 亿.
    prices = frame("township grade use unit_price", [("东镇", "I", "商服", 1941.0)])
    table = bare(prices=prices, connotation=connotation(price_form="楼面地价"), far=notice().far)
    row = one(table, floor_area_ratio=1.9986, area=38666.67)
    assert row["total_price"] == pytest.approx(1.5e8, rel=2e-5)
    assert (row["far_factor"], row["far_note"]) == (1, "楼面地价不作容积率修正")
    assert row["floor_price"] == 1941
    corrected = one(replace(table, formula=formulas()["指数-楼面修正"]), floor_area_ratio=2.0)
    assert corrected["unit_price"] == 1941 * 1.3 * 2
    with pytest.raises(BadValueError, match="容积率"):
        one(table, floor_area_ratio=np.nan)


@pytest.mark.parametrize(
    ("formula", "months", "factor"), [("月增长-单利", 12, 1.024), ("月增长-复利", 12, 1.024266), ("月增长-复利", 0, 1)]
)
def test_growth_by_the_month(formula: str, months: int, factor: float) -> None:
    table = bare(formula=formulas()[formula], monthly_growth=Decimal("0.002"))
    row = one(table, (pd.Timestamp(2025, 1, 1) + pd.DateOffset(months=months)).date())
    assert row["date_factor"] == factor
    with pytest.raises(BadValueError, match="早于"):
        one(table, date(2024, 12, 31))


def test_index_in_force_is_the_latest_row() -> None:
    assert one(notice(), date(2025, 12, 31))["date_factor"] == 1
    assert one(notice(), date(2026, 1, 1))["date_factor"] == 1.02
    with pytest.raises(BadValueError, match="2025-01-01 起"):
        one(notice(), date(2024, 12, 31))


def test_index_of_the_use_goes_before_the_common_one() -> None:
    rows = [("2025-01-01", "", 100.0), ("2025-01-01", "商服", 100.0), ("2025-07-01", "商服", 97.0)]
    assert one(notice(dates=frame("date use index", rows)), date(2025, 8, 1))["date_factor"] == 0.97


def test_old_index_warns() -> None:
    with pytest.warns(PriceTableWarning, match="2026-01-01 距 2027-01-02 已超过 12 个月"):
        one(notice(), date(2027, 1, 2))
    with pytest.warns(PriceTableWarning, match="已超过 1 个月"):
        one(notice(index_valid_months=1), date(2026, 2, 2))
    assert one(notice(), date(2027, 1, 1))["date_factor"] == 1.02


def test_age_of_the_notice() -> None:
    table = bare()
    assert one(table, date(2028, 1, 1))["unit_price"] == 645
    with pytest.warns(PriceTableWarning, match="超过 3 年"):
        one(table, date(2028, 1, 2))
    with pytest.warns(PriceTableWarning, match="凭记忆.*未经核对"):
        one(table, date(2031, 1, 1))
    with pytest.raises(StalePriceTableError, match="6 年"):
        one(table, date(2031, 1, 2))
    with pytest.warns(PriceTableWarning, match="超过 3 年"):
        benchmark_price(parcels(), table, on=date(2031, 1, 2), stale="warn")


def test_notice_of_a_leap_day_ages_on_the_first_of_march() -> None:
    table = bare(connotation=connotation(date(2024, 2, 29)))
    assert one(table, date(2027, 3, 1))["unit_price"] == 645
    with pytest.warns(PriceTableWarning):
        one(table, date(2027, 3, 2))


@pytest.mark.parametrize(
    ("term", "factor", "note"),
    [
        (35, 0.963576, ""),
        ("35年", 0.963576, ""),
        ("35.0", 0.963576, ""),
        (40, 1, ""),
        (None, 1, "未填年期，按法定最高年期"),
        ("无年期", 1, "无年期，不作年期修正"),
        ("无限年期", 1, "无年期，不作年期修正"),
    ],
)
def test_terms(term: object, factor: float, note: str) -> None:
    row = one(bare(), term=term)
    assert (row["term_factor"], row["term_note"]) == (factor, note)


def test_term_of_an_unlimited_use() -> None:
    table = bare(connotation=connotation(legal_term=np.inf))
    assert one(table)["term_note"] == "无年期，不作年期修正"
    # 1 − 1.06⁻²⁰ = 0.688195…
    assert one(table, term=20)["term_factor"] == 0.688195


@pytest.mark.parametrize("term", [41, "四十", 0, -5])
def test_terms_that_cannot_be(term: object) -> None:
    with pytest.raises(BadValueError, match=r"term（使用年期）.*4110810010"):
        one(bare(), term=term)


def test_term_needs_what_the_notice_lacks() -> None:
    with pytest.raises(BadValueError, match="还原率"):
        one(bare(connotation=connotation(capitalisation_rate=np.nan)), term=30)
    assert one(bare(connotation=connotation(capitalisation_rate=np.nan)), term=40)["term_factor"] == 1
    with pytest.raises(BadValueError, match="法定最高年期"):
        one(bare(connotation=connotation(legal_term=np.nan)))


def test_ratio_outside_the_table() -> None:
    with pytest.raises(BadValueError, match=r"floor_area_ratio（容积率）.*= 2\.5"):
        one(notice(), floor_area_ratio=2.5)
    row = one(notice(far_outside=Outside.CLAMP), floor_area_ratio=2.5)
    assert (row["far_factor"], row["far_note"]) == (1.3, "容积率在表外，取端值")
    for bad in (np.nan, 0, -1, "1.0≤R≤2.5"):
        with pytest.raises(BadValueError, match="容积率"):
            one(notice(far_outside=Outside.CLAMP), floor_area_ratio=bad)


def test_ratio_is_not_needed_where_the_notice_does_not_correct_for_it() -> None:
    row = one(bare(), floor_area_ratio=np.nan)
    assert (row["far_factor"], row["far_note"], row["unit_price"]) == (1, "公告未设容积率修正", 645)
    assert np.isnan(row["floor_price"])


def test_interpolated_factor_is_rounded_half_up_at_an_exact_tie() -> None:
    # Half way between 0.8 and 1.0001 is 0.90005: 0.9001 at four decimals, whatever binary fractions say.
    far = frame("use grade floor_area_ratio factor", [("商服", "", 1.0, 0.8), ("商服", "", 1.5, 1.0001)])
    assert one(bare(far=far, factor_decimals=4), floor_area_ratio=1.25)["far_factor"] == 0.9001


@pytest.mark.parametrize("level", [None, "中等", ""])
def test_missing_level_is_not_average(level: object) -> None:
    with pytest.raises(BadValueError, match="道路通达度"):
        one(notice(), 道路通达度=level)


def test_missing_columns_are_named() -> None:
    with pytest.raises(MissingColumnError, match="商服繁华"):
        benchmark_price(parcels().drop(columns="商服繁华"), notice(), on=ON)
    with pytest.raises(MissingColumnError, match="宗地形状"):
        benchmark_price(parcels().drop(columns="宗地形状"), notice(), on=ON)
    with pytest.raises(MissingColumnError, match="grade（土地级别）"):
        benchmark_price(parcels().drop(columns="grade"), notice(), on=ON)


def test_factor_of_the_grade_goes_before_the_common_one() -> None:
    rows = [("商服", "", "道路通达度", 8, 4, 0, -4, -8), ("商服", "I", "道路通达度", 6, 3, 0, -3, -6)]
    table = bare(factors=frame("use grade factor 优 较优 一般 较劣 劣", rows))
    assert one(table, 道路通达度="优")["因素:道路通达度"] == 6


def test_steps_of_another_use_leave_a_gap() -> None:
    steps = frame("name use column low high level factor", [("临街", "工业", "临街状况", None, None, "主干道", 1.06)])
    assert "系数:临街" not in one(bare(steps=steps)).index
    with pytest.raises(BadValueError, match="规则、不规则"):
        one(notice(), 宗地形状="三角")


def test_bands_in_any_order() -> None:
    table = notice()
    turned = replace(table, steps=table.steps.iloc[::-1])
    assert one(turned, area=400)["系数:面积修正"] == one(table, area=400)["系数:面积修正"] == 0.98


@pytest.mark.parametrize(
    ("development", "correction"),
    [
        ("五通一平", 0),
        ("六通一平", 15),
        ("通路、通电、供水、场地平整", -16),
        (None, 0),
        ("通路、通电、供水、排水、通气、平整", 9),
    ],
)
def test_development(development: object, correction: float) -> None:
    assert one(notice(), development=development)["development_correction"] == correction


def test_development_without_a_cost() -> None:
    with pytest.raises(BadValueError, match="供热"):
        one(notice(), development="七通一平")
    with pytest.raises(BadValueError, match="不认识"):
        one(notice(), development="啥都通")
    assert one(bare(), development="七通一平")["development_note"] == "公告未设开发程度修正"


def test_parcels_without_a_price_are_all_listed() -> None:
    table = parcels(14, grade="II")
    table.iloc[0, table.columns.get_loc("grade")] = "I"
    table.iloc[1, table.columns.get_loc("township")] = "西乡"
    with pytest.raises(
        NoPriceError, match=r"共 13 行.*411081001001JB00001 = '西乡 / II / 商服'.*另有 3 行.*price_basis"
    ):
        benchmark_price(table, notice(), on=ON)


def test_prices_without_township_or_grade_hold_everywhere() -> None:
    rows = [("", "I", "商服", 500.0), ("东镇", "I", "商服", 645.0), ("", "", "工业", 100.0)]
    table = bare(prices=frame("township grade use unit_price", rows))
    assert one(table)["base_price"] == 645
    assert one(table, township="西乡")["base_price"] == 500
    assert one(table, township="西乡", grade=None, price_use="工业", term="无年期")["base_price"] == 100


def test_area_must_be_positive() -> None:
    for bad in (0, -5, np.nan, 0.004):
        with pytest.raises(BadValueError, match="area（计价面积）"):
            one(bare(), area=bad)


def test_price_must_be_positive() -> None:
    costs = frame("item unit_cost", [("通讯", 5000)])
    with pytest.raises(BadValueError, match="不为正"):
        one(notice(development=costs), development="通路、通电、供水、排水、平整")


def test_repeated_parcels_are_refused() -> None:
    twice = pd.concat([parcels(), parcels()])
    with pytest.raises(BadValueError, match="重复"):
        benchmark_price(twice, notice(), on=ON)


def test_no_parcels_give_the_same_columns() -> None:
    empty = benchmark_price(parcels().iloc[:0], bare(), on=ON)
    assert len(empty) == 0
    assert list(empty.columns) == list(benchmark_price(parcels(), bare(), on=ON).columns)


def basis_parcels(**changes: object) -> pd.DataFrame:
    row = {"planned_use": "0901", "planned_use_scheme": "用地用海分类2023", "township": "东镇", "village": "王庄村"}
    return pd.DataFrame([row | changes], index=["a"])


@pytest.mark.parametrize("village", ["王庄村", "王庄村委会", "王庄村民委员会", "王庄", "王庄社区居委会", " 王庄村 "])
def test_villages_are_known_by_any_of_their_names(village: str) -> None:
    row = price_basis(basis_parcels(village=village), notice()).iloc[0]
    assert (row["price_use"], row["grade"], row["price_gap"]) == ("商服", "I", "")


@pytest.mark.parametrize(
    ("changes", "gap"),
    [
        ({"planned_use": None}, "没有规划用途"),
        ({"planned_use": "0601"}, "规划用途 0601（用地用海分类2023）在公告中没有地价用途"),
        ({"planned_use_scheme": "三调"}, "公告用途对应表没有分类标准 三调"),
        ({"township": None}, "不知所在乡镇"),
        ({"township": "西乡"}, "公告级别范围没有 西乡"),
        ({"village": "张庄"}, "东镇张庄 不在公告级别范围内"),
        ({"village": None}, "东镇（村未知） 不在公告级别范围内"),
        ({"village": "李庄"}, "公告中 东镇 II级 商服 无价"),
    ],
)
def test_reasons_for_having_no_price(changes: dict[str, object], gap: str) -> None:
    assert price_basis(basis_parcels(**changes), notice())["price_gap"].tolist() == [gap]


def test_the_longest_code_decides_within_its_scheme() -> None:
    rows = [("商服", "用地用海分类2023", "09"), ("旅馆", "用地用海分类2023", "090104"), ("工业", "三调", "09")]
    table = notice(uses=frame("use scheme code", rows))
    assert price_basis(basis_parcels(planned_use="090104"), table)["price_use"].tolist() == ["旅馆"]
    assert price_basis(basis_parcels(planned_use="090105"), table)["price_use"].tolist() == ["商服"]


def test_whole_townships_remaining_villages_and_doubtful_names() -> None:
    rows = [
        ("东镇", "", "I", "王庄村"),
        ("东镇", "", "II", "王庄社区"),
        ("东镇", "", "III", "其余"),
        ("东镇", "工业", "I", "全域"),
    ]
    table = notice(grade_ranges=frame("township use grade village", rows))
    assert price_basis(basis_parcels(village="王庄村委会"), table)["grade"].tolist() == ["I"]
    assert price_basis(basis_parcels(village="王庄社区居委会"), table)["grade"].tolist() == ["II"]
    assert price_basis(basis_parcels(village="张庄"), table)["grade"].tolist() == ["III"]
    doubtful = price_basis(basis_parcels(village="王庄"), table)
    assert doubtful["price_gap"].tolist() == ["东镇王庄 在公告级别范围中属于 I、II 几个级别"]


def test_notice_without_ranges_takes_the_parcels_own_grade() -> None:
    table = notice(grade_ranges=notice().grade_ranges.iloc[:0])
    row = price_basis(basis_parcels(grade="I"), table).iloc[0]
    assert (row["grade"], row["price_gap"]) == ("I", "")
    assert price_basis(basis_parcels(), table)["price_gap"].tolist() == ["公告中 东镇 级 商服 无价"]


def test_ranges_against_the_villages_there_are() -> None:
    villages = pd.DataFrame(
        {
            "township": ["东镇", "东镇", "东镇", "西乡"],
            "village": ["王庄村民委员会", "李庄村委会", "赵庄村委会", "刘庄村委会"],
        }
    )
    assert range_findings(notice(), villages)[["value", "message"]].to_numpy().tolist() == [
        ["赵庄村委会", "东镇赵庄村委会 不在公告级别范围内"]
    ]
    rows = [
        ("东镇", "", "I", "王庄"),
        ("东镇", "", "II", "李庄"),
        ("东镇", "", "II", "孙庄"),
        ("东镇", "", "III", "其余"),
    ]
    found = range_findings(notice(grade_ranges=frame("township use grade village", rows)), villages)
    assert found[["where", "value"]].to_numpy().tolist() == [["级别范围 东镇 II", "孙庄"]]
    assert range_findings(notice(), villages.iloc[:2]).empty


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "道路通达度": st.sampled_from(LEVELS),
            "商服繁华": st.sampled_from(LEVELS),
            "宗地形状": st.sampled_from(["规则", "不规则"]),
            "floor_area_ratio": st.integers(100, 200).map(lambda x: x / 100),
            "area": st.integers(1, 10**8).map(lambda x: x / 100),
            "term": st.one_of(st.none(), st.integers(50, 400).map(lambda x: x / 10), st.just("无年期")),
            "development": st.sampled_from([None, "五通一平", "六通一平", "通路、通电、供水、场地平整"]),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=examples(25))
@given(ROWS, st.integers(0, 2), st.integers(1, 9))
def test_printed_factors_multiply_to_the_printed_price(
    rows: list[dict[str, object]], decimals: int, places: int
) -> None:
    table = made(rows)
    prices = benchmark_price(table, notice(decimals=decimals, factor_decimals=places), on=ON)
    assert_same_index(prices, table)
    for _, row in prices.iterrows():
        factors = ("date_factor", "term_factor", "far_factor", "系数:面积修正", "系数:形状修正")
        levels = Fraction(repr(row["因素:道路通达度"])) + Fraction(repr(row["因素:商服繁华"]))
        assert Fraction(repr(row["factor_sum"])) == levels / 100
        exact = Fraction(repr(row["base_price"])) * (1 + Fraction(repr(row["factor_sum"])))
        for name in factors:
            factor = Decimal(repr(row[name]))
            assert -factor.as_tuple().exponent <= max(places, 1)
            exact *= Fraction(factor)
        exact += Fraction(repr(row["development_correction"]))
        unit = round_half_up(exact, decimals)
        assert Decimal(repr(row["unit_price"])) == unit
        total = round_half_up(Fraction(unit) * Fraction(repr(row["area"])), 2)
        assert row["total_price_fen"] == int(total * 100)
        assert Decimal(repr(row["wan_per_mu"])) == round_half_up(Fraction(unit) / 15, 2)
        assert Decimal(repr(row["floor_price"])) == round_half_up(
            Fraction(unit) / Fraction(repr(row["floor_area_ratio"])), decimals
        )


@settings(deadline=None, max_examples=examples(10))
@given(ROWS, st.randoms(use_true_random=False))
def test_order_and_company_of_parcels_do_not_matter(rows: list[dict[str, object]], random: st.DrawFn) -> None:
    table = made(rows)
    whole = benchmark_price(table, notice(), on=ON)
    shuffled = list(table.index)
    random.shuffle(shuffled)
    again = benchmark_price(table.loc[shuffled], notice(), on=ON)
    pd.testing.assert_frame_equal(again.loc[table.index], whole)
    alone = benchmark_price(table.iloc[[-1]], notice(), on=ON)
    pd.testing.assert_frame_equal(alone, whole.iloc[[-1]])


def test_inputs_are_left_alone() -> None:
    table, rules = parcels(3), notice()
    before, prices = table.copy(), rules.prices.copy()
    benchmark_price(table, rules, on=ON)
    price_basis(table.assign(planned_use="09", planned_use_scheme="用地用海分类2023"), rules)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(rules.prices, prices)


def test_messages_name_the_cure() -> None:
    with pytest.raises(BadValueError) as caught:
        one(notice(), floor_area_ratio=9)
    assert re.search("办法：", str(caught.value))


def test_categories_are_priced_like_their_texts() -> None:
    rows: list[dict[str, object]] = [
        {"道路通达度": level, "宗地形状": shape, "term": term, "development": has}
        for level, shape, term, has in zip(
            LEVELS, ["规则", "不规则"] * 3, ["", "30", "20", "40", "10"], ["", "七通一平", "三通一平"] * 2, strict=False
        )
    ]
    parcels = made(rows)
    text = [name for name in parcels.columns if name not in ("floor_area_ratio", "area")]
    table = notice(
        development=frame("item unit_cost", [("通气", 15), ("供热", 9), ("通讯", 6), ("排水", 10), ("供水", 8)])
    )
    of_texts = benchmark_price(parcels.astype(dict.fromkeys(text, "str")), table, on=ON)
    of_categories = benchmark_price(parcels.astype(dict.fromkeys(text, "category")), table, on=ON)
    assert of_texts["unit_price"].nunique() == len(LEVELS)
    pd.testing.assert_frame_equal(of_categories.astype(of_texts.dtypes.to_dict()), of_texts)


@pytest.mark.parametrize("width", [7, 10**6])
def test_pairs_are_numbered_by_counting_and_by_hashing_alike(width: int) -> None:
    rng = np.random.default_rng(3)
    left, right = rng.integers(0, 5, 400), rng.integers(0, 7, 400)
    (first, second), which = numbered_pairs(left, right, width)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == sorted(
        set(zip(left.tolist(), right.tolist(), strict=True))
    )
    assert first[which].tolist() == left.tolist()
    assert second[which].tolist() == right.tolist()
