"""Two editions of a notice compared: by hand, by brute force with fractions, and with the published table of 彭山."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, IndexMismatchError, MissingColumnError, PriceTableWarning
from landmarket.pricing import Connotation, PriceTable, benchmark_price, read_price_table
from landmarket.pricing.editions import EditionDiff, at_connotation, diff, edition_index, edition_tables
from landmarket.pricing.editions.changes import Change, GradeChange, grade_change
from landmarket.pricing.price_table import Outside
from landmarket.report.table_book import write_table_book
from landmarket.units import round_half_up
from tests.helpers import assert_same_index
from tests.hunting import examples
from tests.test_corrections import JIAN_FAR

DATA = Path(__file__).parent / "data"
BASIS = ["use", "grade", "legal_term", "floor_area_ratio", "development", "capitalisation_rate", "price_form"]
Cell = tuple[str, str, str, float]
COMMERCIAL = ("商服", "", 40.0, 1.5, "五通一平", 0.06, "地面地价")
INDUSTRIAL = ("工业", "", 50.0, 1.0, "五通一平", 0.055, "地面地价")


def edition(
    prices: Sequence[Cell],
    ranges: Sequence[tuple[str, str, str, str]] = (),
    *,
    on: date = date(2022, 1, 1),
    basis: Sequence[tuple[str, str, float, float, str, float, str]] = (COMMERCIAL, INDUSTRIAL),
) -> PriceTable:
    """A notice with prices, villages by (township, use, grade, village), and a basis."""
    by_use = pd.DataFrame(list(basis), columns=BASIS).astype(dict.fromkeys(("use", "grade", "development"), "str"))
    empty = {name: pd.Series(dtype="str") for name in ("use", "grade", "factor", "优", "较优", "一般", "较劣", "劣")}
    return PriceTable(
        name=f"某县基准地价{on.year}",
        document="",
        source="",
        connotation=Connotation(on, "集体建设用地出让", by_use),
        prices=pd.DataFrame(list(prices), columns=["township", "grade", "use", "unit_price"]).astype(
            {"township": "str", "grade": "str", "use": "str", "unit_price": "float64"}
        ),
        grade_ranges=pd.DataFrame(list(ranges), columns=["township", "use", "grade", "village"]).astype("str"),
        uses=pd.DataFrame(
            {"use": ["商服", "工业"], "scheme": "用地用海分类2023", "code": ["09", "10"]},
        ).astype("str"),
        dates=pd.DataFrame({"date": pd.Series(dtype="datetime64[s]"), "use": "", "index": pd.Series(dtype="float64")}),
        far=pd.DataFrame({"use": "商服", "grade": "", "floor_area_ratio": list(JIAN_FAR.index), "factor": JIAN_FAR}),
        factors=pd.DataFrame(empty),
        steps=pd.DataFrame(
            {name: pd.Series(dtype="str") for name in ("name", "use", "column", "low", "high", "level", "factor")}
        ),
        development=pd.DataFrame({"item": ["通气", "供热"], "unit_cost": [15.0, 16.0]}),
    )


VILLAGES = pd.DataFrame(
    {"township": ["东镇", "东镇", "东镇", "西乡"], "village": ["东关村", "王庄村", "李庄村", "河口村"]},
    index=pd.Index(["A1", "A2", "A3", "B1"], name="village_code"),
)
OLD = edition(
    [
        ("东镇", "I", "商服", 600),
        ("东镇", "II", "商服", 500),
        ("东镇", "III", "商服", 420),
        ("西乡", "I", "商服", 300),
        ("东镇", "I", "工业", 170),
        ("东镇", "II", "工业", math.nan),
    ],
    [("东镇", "", "I", "东关村"), ("东镇", "", "II", "王庄"), ("东镇", "", "III", "李庄村"), ("西乡", "", "I", "全域")],
)
NEW = edition(
    [
        ("东镇", "一级", "商服", 660),
        ("东镇", "II", "商服", 480),
        ("西乡", "I", "商服", 300),
        ("西乡", "II", "商服", 250),
        ("东镇", "I", "工业", 170),
        ("东镇", "II", "工业", 150),
    ],
    [("东镇", "", "一级", "东关村"), ("东镇", "", "一级", "王庄村"), ("西乡", "", "II", "河口")],
    on=date(2025, 1, 1),
)


def row(table: pd.DataFrame, **where: str) -> dict[str, object]:
    """The only row with these values."""
    hits = table[np.logical_and.reduce([table[name] == value for name, value in where.items()])]
    assert len(hits) == 1
    return hits.iloc[0].to_dict()


def test_cells_by_hand() -> None:
    cells = diff(OLD, NEW, VILLAGES).cells
    found = {(r.township, r.grade, r.use): r.status for r in cells.itertuples()}
    assert found == {
        ("东镇", "一级", "商服"): "上调",
        ("东镇", "II", "商服"): "下调",
        ("东镇", "III", "商服"): "取消",
        ("西乡", "I", "商服"): "不变",
        ("西乡", "II", "商服"): "新增",
        ("东镇", "I", "工业"): "不变",
        ("东镇", "II", "工业"): "新增",
    }
    up = row(cells, grade="一级")
    assert (up["price_old"], up["price_new"], up["change"], up["change_rate"]) == (600, 660, 60, 0.1)
    assert up["reason"] == ""
    assert row(cells, grade="III")["reason"] == "新版没有此格"
    assert row(cells, grade="II", use="工业")["reason"] == "旧版此格无价"
    assert math.isnan(float(str(row(cells, grade="III")["change"])))


def test_villages_by_hand() -> None:
    found = diff(OLD, NEW, VILLAGES)
    shown = {
        (code, r.use): (r.grade_old, r.grade_new, r.grade_status, r.status)
        for code, r in zip(found.villages.index, found.villages.itertuples(), strict=True)
    }
    assert shown == {
        ("A1", "商服"): ("I", "一级", "平级", "上调"),
        ("A2", "商服"): ("II", "一级", "升级", "上调"),
        ("A3", "商服"): ("III", "", "不再定级", "取消"),
        ("B1", "商服"): ("I", "II", "降级", "下调"),
        ("A1", "工业"): ("I", "一级", "平级", "取消"),
        ("A2", "工业"): ("II", "一级", "升级", "两版无价"),
        ("A3", "工业"): ("III", "", "不再定级", "两版无价"),
        ("B1", "工业"): ("I", "II", "降级", "两版无价"),
    }
    assert row(found.villages, village="李庄村", use="商服")["reason"] == "新版：东镇李庄村 不在公告级别范围内"
    reason = str(row(found.villages, village="王庄村", use="工业")["reason"])
    assert reason.startswith("旧版：公告中 东镇 II级 工业 无价；新版：")
    summary = row(found.summary, use="商服")
    assert {name: summary[name] for name in ("villages", "上调", "下调", "取消", "升级", "降级")} == {
        "villages": 4,
        "上调": 2,
        "下调": 1,
        "取消": 1,
        "升级": 1,
        "降级": 1,
    }
    assert summary["median_change_rate"] == pytest.approx(0.1)  # +10 %, +32 %, -16.7 %
    assert list(found.movers["village"]) == ["王庄村", "东关村", "河口村"]
    assert list(found.movers["direction"]) == ["上调", "上调", "下调"]


def test_prices_keyed_differently_compare_by_village() -> None:
    """A county-wide edition against one by township: cells have no counterpart, villages have."""
    county = edition(
        [("", "I", "商服", 700), ("", "II", "商服", 400)],
        [
            ("东镇", "商服", "I", "东关村"),
            ("东镇", "商服", "II", "其余"),
            ("西乡", "商服", "II", "全域"),
        ],
        on=date(2025, 1, 1),
        basis=(COMMERCIAL,),
    )
    found = diff(OLD, county, VILLAGES)
    commercial = found.cells[found.cells["use"] == "商服"]
    assert set(commercial["status"]) == {"不可比"}
    assert commercial["change"].isna().all()
    assert set(commercial["reason"]) == {"旧版分乡镇划级别，新版全县统一级别，逐格不能比，见逐村比较"}
    own = found.villages[found.villages["use"] == "商服"]
    assert own["price_old"].tolist() == [600, 500, 420, 300]
    assert own["price_new"].tolist() == [700, 400, 400, 400]
    assert own["status"].tolist() == ["上调", "下调", "下调", "上调"]
    assert set(own["grade_status"]) == {"不可比"}
    dropped = found.villages[found.villages["use"] == "工业"]
    assert set(dropped["status"]) == {"取消", "两版无价"}
    assert (dropped["reason"].str.contains("新版：公告没有用途 工业")).all()
    assert {"两版级别体系不同，逐格与升降级不能比", "只在旧版有价的用途"} <= set(found.findings["message"])


@pytest.mark.parametrize(
    ("old", "new", "apart", "answer"),
    [
        ("III", "I", False, GradeChange.UP),
        ("1", "2", False, GradeChange.DOWN),
        ("二级", "II", False, GradeChange.LEVEL),
        ("甲", "甲", False, GradeChange.LEVEL),
        ("甲", "乙", False, GradeChange.APART),
        ("II", "I", True, GradeChange.APART),
        ("", "I", True, GradeChange.ADDED),
        ("I", "", False, GradeChange.DROPPED),
        ("", "", False, GradeChange.NONE),
    ],
)
def test_grade_order(old: str, new: str, apart: bool, answer: GradeChange) -> None:
    assert grade_change(old, new, apart=apart) is answer


def test_both_names_of_a_grade_in_one_edition_are_two_grades() -> None:
    both = edition([("东镇", "I", "商服", 10), ("东镇", "一级", "商服", 20)])
    found = diff(both, both, VILLAGES.iloc[:0])
    assert found.cells["price_old"].tolist() == found.cells["price_new"].tolist() == [10, 20]


def test_published_table_against_itself_scaled() -> None:
    """彭山, every price raised by a tenth; the notice lists no villages, so the villages bring their grade."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PriceTableWarning)
        pengshan = read_price_table(DATA / "pengshan")
    villages = pengshan.prices[["township", "grade"]].drop_duplicates(ignore_index=True)
    villages = villages.assign(village=[f"第{number}村" for number in range(len(villages))])
    found = diff(pengshan, pengshan.scaled(1.1), villages)
    assert len(found.cells) == len(found.villages) == 51
    assert set(found.cells["status"]) == set(found.villages["status"]) == {"上调"}
    got = row(found.villages, township="凤鸣街道", grade_old="II", use="商服")
    assert (got["price_old"], got["price_new"], got["change"]) == (645, 709.5, 64.5)
    assert found.summary["median_change_rate"].tolist() == pytest.approx([0.1] * 3)
    assert len(found.findings) == 0
    blind = diff(pengshan, pengshan, villages[["township", "village"]])
    assert set(blind.villages["status"]) == {"两版无价"}
    assert set(blind.villages["reason"]) == {"两版：公告没有级别范围，村表也没有级别"}


TOWNSHIPS, GRADES, USES = ("东镇", "西乡"), ("I", "II", "III"), ("商服", "工业")
PRICES = st.dictionaries(
    st.sampled_from([(t, g, u) for t in TOWNSHIPS for g in GRADES for u in USES]),
    st.one_of(st.none(), st.integers(1, 10**8).map(lambda fen: fen / 100)),
)
PLACES = [(township, f"{township}{number}村") for township in TOWNSHIPS for number in range(3)]
LISTS = st.dictionaries(st.sampled_from(PLACES), st.sampled_from(GRADES), min_size=1)
Prices = dict[tuple[str, str, str], float | None]
Lists = dict[tuple[str, str], str]


def made(prices: Prices, lists: Lists, on: date) -> PriceTable:
    """A notice of random prices and villages."""
    cells = [(t, g, u, math.nan if price is None else price) for (t, g, u), price in prices.items()]
    return edition(cells, [(township, "", grade, village) for (township, village), grade in lists.items()], on=on)


def price_of(prices: Prices, lists: Lists, place: tuple[str, str], use: str) -> float | None:
    """Price of a village by plain look-up."""
    return prices.get((place[0], lists.get(place, "?"), use))


def status_of(old: float | None, new: float | None) -> str:
    """What became of a price, by plain comparison."""
    if old is None or new is None:
        return "两版无价" if old is new else "新增" if old is None else "取消"
    return "上调" if new > old else "下调" if new < old else "不变"


@given(PRICES, PRICES, LISTS, LISTS)
@settings(max_examples=examples(15), deadline=None)
def test_villages_by_brute_force(old: Prices, new: Prices, was: Lists, now: Lists) -> None:
    villages = pd.DataFrame(PLACES, columns=["township", "village"], index=[village for _, village in PLACES])
    found = diff(made(old, was, date(2022, 1, 1)), made(new, now, date(2025, 1, 1)), villages)
    uses = list(dict.fromkeys([u for _, _, u in old] + [u for _, _, u in new]))
    assert len(found.villages) == len(uses) * len(PLACES)
    for use in uses:
        own = found.villages[found.villages["use"] == use]
        assert_same_index(own, villages)
        pairs = [(price_of(old, was, place, use), price_of(new, now, place, use)) for place in PLACES]
        assert own["status"].tolist() == [status_of(*pair) for pair in pairs]
        both = [(a, b) for a, b in pairs if a is not None and b is not None]
        changes = [float(Fraction(repr(b)) - Fraction(repr(a))) for a, b in both]
        assert own["change"].dropna().tolist() == changes
        summary = row(found.summary, use=use)
        assert sum(int(str(summary[str(status)])) for status in Change) == len(PLACES)
        grades = [str(g) if g is not GradeChange.APART else "级别不可比" for g in GradeChange]
        assert sum(int(str(summary[name])) for name in grades) == len(PLACES)
        if both:
            median = statistics.median((b - a) / a for a, b in both)
            assert summary["median_change_rate"] == pytest.approx(median)
        assert own["reason"].ne("").tolist() == [None in pair for pair in pairs]
    assert {(str(c.township), str(c.grade), str(c.use)) for c in found.cells.itertuples()} == old.keys() | new.keys()
    for cell in found.cells.itertuples():
        key = (str(cell.township), str(cell.grade), str(cell.use))
        assert cell.status in (status_of(old.get(key), new.get(key)), "不可比")


@given(PRICES, PRICES, LISTS)
@settings(max_examples=examples(6), deadline=None)
def test_turned_round_the_changes_change_sign(old: Prices, new: Prices, lists: Lists) -> None:
    villages = pd.DataFrame(PLACES, columns=["township", "village"], index=[village for _, village in PLACES])
    one, other = made(old, lists, date(2022, 1, 1)), made(new, lists, date(2025, 1, 1))
    there, back = diff(one, other, villages), diff(other, one, villages)
    turned = {"上调": "下调", "下调": "上调", "新增": "取消", "取消": "新增"}
    key = ["use", "township", "village"]
    there, back = (found.villages.sort_values(key, ignore_index=True) for found in (there, back))
    assert there["status"].map(lambda text: turned.get(text, text)).tolist() == back["status"].tolist()
    assert (-there["change"]).dropna().tolist() == back["change"].dropna().tolist()


def test_ten_movers_by_use() -> None:
    names = [f"村{number:02d}" for number in range(25)]
    prices = [("东镇", name, "商服", 100.0) for name in names]
    raised = [("东镇", name, "商服", 100.0 + step) for name, step in zip(names, range(-12, 13), strict=True)]
    ranges = [("东镇", "", name, f"{name}庄") for name in names]
    villages = pd.DataFrame({"township": "东镇", "village": [f"{name}庄" for name in names]})
    found = diff(edition(prices, ranges), edition(raised, ranges, on=date(2025, 1, 1)), villages).movers
    assert found["direction"].tolist() == ["上调"] * 10 + ["下调"] * 10
    assert found["change"].tolist() == [*range(12, 2, -1), *range(-12, -2)]
    assert found["rank"].tolist() == [*range(1, 11)] * 2


PARCELS = pd.DataFrame(
    {
        "planned_use": ["0901", "0901", "1001", "0901", "0701"],
        "planned_use_scheme": "用地用海分类2023",
        "township": ["东镇", "西乡", "东镇", "东镇", "东镇"],
        "village": ["王庄村", "河口村", "东关村", "李庄村", "东关村"],
        "area": [1000.125, 3333.33, 20.0, 50.0, 80.0],
        "owner": ["甲", "乙", "甲", "乙", None],
    },
    index=pd.Index(["P1", "P2", "P3", "P4", "P5"], name="parcel_code"),
)


def test_parcels_by_hand() -> None:
    before = PARCELS.copy(deep=True)
    found = diff(OLD, NEW, VILLAGES, PARCELS)
    pd.testing.assert_frame_equal(PARCELS, before)
    assert_same_index(found.parcels, PARCELS)
    # P1: 1000.13 ㎡ (half-up), 500 → 660; P2: 3333.33 ㎡, 300 → 250, in fen
    assert found.parcels["value_old_fen"].tolist()[:2] == [50_006_500, 99_999_900]
    assert found.parcels["value_new_fen"].tolist()[:2] == [66_008_580, 83_333_250]
    assert found.parcels["change_fen"].tolist()[:2] == [16_002_080, -16_666_650]
    assert found.parcels["change_fen"].isna().tolist() == [False, False, True, True, True]
    assert found.parcels["status"].tolist() == ["上调", "下调", "取消", "取消", "两版无价"]
    assert found.parcels["reason"].tolist()[4] == "两版：规划用途 0701（用地用海分类2023）在公告中没有地价用途"
    owners = found.gains("owner")
    assert owners["change_fen"].to_dict() == {"甲": 16_002_080, "不明": 0, "乙": -16_666_650}
    assert owners["parcels"].to_dict() == {"甲": 2, "不明": 1, "乙": 2}
    assert owners["compared"].to_dict() == {"甲": 1, "不明": 0, "乙": 1}
    assert owners["change_rate"].loc["甲"] == pytest.approx(0.32)
    with pytest.raises(MissingColumnError, match="color"):
        found.gains("color")


@given(st.lists(st.tuples(st.integers(1, 10**8), st.integers(1, 10**7), st.integers(1, 10**7)), min_size=1, max_size=8))
@settings(max_examples=examples(12), deadline=None)
def test_parcel_values_in_exact_fen(rows: list[tuple[int, int, int]]) -> None:
    """Value = unit price × area, half-up to the fen, against fractions; every parcel in a township of its own."""
    names = [f"{number}镇" for number in range(len(rows))]
    one = edition([(name, "", "商服", old / 100) for name, (_, old, _) in zip(names, rows, strict=True)])
    other = edition([(name, "", "商服", new / 100) for name, (_, _, new) in zip(names, rows, strict=True)])
    parcels = pd.DataFrame({"area": [area / 100 for area, _, _ in rows], "township": names, "village": "某村"}, names)
    parcels = parcels.assign(planned_use="0901", planned_use_scheme="用地用海分类2023")
    found = diff(one, other, VILLAGES.iloc[:0], parcels).parcels
    for got, (area, *prices) in zip(found.itertuples(), rows, strict=True):
        values = [int(round_half_up(Fraction(area * price, 100))) for price in prices]
        assert [got.value_old_fen, got.value_new_fen] == values
        assert got.change_fen == values[1] - values[0]


def test_floor_price_is_brought_to_the_land() -> None:
    """楼面地价 300 at floor-area ratio 1.5 is 450 元/㎡ of land; without a ratio there is no value."""
    floor = ("商服", "", 40.0, 1.5, "五通一平", 0.06, "楼面地价")
    per_floor = edition([("", "", "商服", 300)], basis=(floor,))
    land = edition([("", "", "商服", 500)], on=date(2025, 1, 1), basis=(COMMERCIAL,))
    found = diff(per_floor, land, VILLAGES, PARCELS.iloc[:1])
    assert found.parcels["price_old"].tolist() == [450]
    assert found.parcels["change_fen"].tolist() == [50 * 100_013]
    assert set(found.villages["status"]) == {"不可比"}
    assert set(found.villages["reason"]) == {"一版为楼面地价，一版为地面地价"}
    assert found.cells["status"].tolist() == ["不可比"]
    assert found.findings[found.findings["severity"] == "错误"]["value"].tolist() == ["地价类型 楼面地价→地面地价"]
    open_ratio = edition([("", "", "商服", 300)], basis=((*floor[:3], math.nan, *floor[4:]),))
    gap = diff(open_ratio, land, VILLAGES.iloc[:0], PARCELS.iloc[:1]).parcels.iloc[0]
    assert gap["status"] == "新增"
    assert gap["reason"] == "旧版：价格为楼面地价，价格内涵没有容积率，折不成地面地价"


@pytest.mark.parametrize("area", [0.0, -5.0, math.nan, math.inf, "大"])
def test_bad_area_is_refused(area: float | str) -> None:
    with pytest.raises(BadValueError, match=r"P1.*办法"):
        diff(OLD, NEW, VILLAGES, PARCELS.iloc[:1].assign(area=pd.Series([area], index=["P1"])))


@pytest.mark.parametrize(
    ("column", "value", "note"),
    [
        ("floor_area_ratio", 2.0, "容积率 1.5→2"),
        ("floor_area_ratio", math.nan, "容积率 1.5→未写"),
        ("legal_term", math.inf, "年期 40→无年期"),
        ("development", "六通一平", "开发程度 五通一平→六通一平"),
        ("development", "", "开发程度 五通一平→未写"),
        ("development", "通路、通电、供水、排水、通讯、场地平整", ""),
        ("capitalisation_rate", 0.08, ""),
    ],
)
def test_what_differs_in_the_basis_is_said(column: str, value: float | str, note: str) -> None:
    basis = dict(zip(BASIS, COMMERCIAL, strict=True)) | {column: value}
    other = replace(
        NEW,
        connotation=replace(NEW.connotation, by_use=pd.DataFrame([basis, dict(zip(BASIS, INDUSTRIAL, strict=True))])),
    )
    found = diff(OLD, other, VILLAGES)
    commercial = found.villages[(found.villages["use"] == "商服") & found.villages["price_new"].notna()]
    assert set(commercial["connotation"]) == {note}
    assert set(found.villages.loc[found.villages["change"].isna(), "connotation"]) == {""}
    said = found.findings[found.findings["message"].str.startswith("价格内涵不同，差额含内涵变化")]
    assert said["value"].tolist() == [note] * bool(note)
    rates = found.findings["message"].str.startswith("土地还原率不同").sum()
    assert rates == (column == "capitalisation_rate")


def test_basis_by_grade_follows_the_village() -> None:
    """资兴 states the floor-area ratio by grade: a village that rises is priced on another ratio."""
    by_grade = [
        ("商服", grade, 40.0, ratio, "五通一平", 0.06, "地面地价") for grade, ratio in (("I", 1.8), ("II", 1.6))
    ]
    cells: list[Cell] = [("东镇", "I", "商服", 600), ("东镇", "II", "商服", 500)]
    one = edition(cells, [("东镇", "", "I", "东关村"), ("东镇", "", "II", "王庄村")], basis=by_grade)
    other = edition(
        cells, [("东镇", "", "I", "东关村"), ("东镇", "", "I", "王庄村")], basis=by_grade, on=date(2025, 1, 1)
    )
    found = diff(one, other, VILLAGES.iloc[:2]).villages
    assert found["connotation"].tolist() == ["", "容积率 1.6→1.8"]


def other_basis(**changes: float | str) -> Connotation:
    """The basis of commercial land with some figures changed."""
    basis = dict(zip(BASIS, COMMERCIAL, strict=True)) | changes
    return Connotation(date(2025, 1, 1), "", pd.DataFrame([basis]).astype(dict.fromkeys(("use", "grade"), "str")))


def restated(price: float, own: dict[str, float | str], **changes: float | str) -> float:
    """One price restated on another basis."""
    basis = dict(zip(BASIS, COMMERCIAL, strict=True)) | own
    table = edition([("", "I", "商服", price)], basis=[tuple(basis.values())])  # type: ignore[list-item]
    return float(at_connotation(table, other_basis(**(own | changes))).prices["unit_price"].iloc[0])


def test_restated_by_published_factors() -> None:
    """吉安, commercial: k(1.0) = 0.8387 at baseline 1.4; 30 of 40 years at 6.5 % is 0.9232; 通气 costs 15."""
    own: dict[str, float | str] = {"floor_area_ratio": 1.4, "capitalisation_rate": 0.065}
    assert restated(1000, own, floor_area_ratio=1.0) == 838.7
    assert restated(10_000, own, legal_term=30.0) == pytest.approx(9232, abs=0.5)
    assert restated(9232, own | {"legal_term": 30.0}, legal_term=40.0) == pytest.approx(10_000, abs=0.6)
    assert restated(1000, own, development="六通一平") == 1015
    assert restated(1000, own | {"development": "六通一平"}, development="五通一平") == 985
    assert restated(1000, own, floor_area_ratio=1.0, development="六通一平") == 853.7
    assert restated(1000, own) == 1000
    # a tie: 0.40 × 0.6375 + 15 = 15.255
    assert restated(0.4, own, floor_area_ratio=0.4, development="六通一平") == 15.26
    # 645 × 1.05 × 1.02 with 35 of 40 years at 6 %, plus 15 for gas: 680.63
    assert restated(690.795, {"floor_area_ratio": 1.4}, legal_term=35.0, development="六通一平") == 680.63


@given(
    st.integers(10_000, 10**7),
    st.sampled_from([1.4, 0.4, 1.0, 1.5, 2.0, 3.3]),
    st.integers(1, 40),
    st.sampled_from(["五通一平", "六通一平", "七通一平"]),
)
@settings(max_examples=examples(15), deadline=None)
def test_restated_is_what_the_notice_gives_for_such_a_parcel(fen: int, ratio: float, years: int, degree: str) -> None:
    basis = [("商服", "", 40.0, 1.4, "五通一平", 0.065, "地面地价")]
    table = edition([("东镇", "I", "商服", fen / 100)], basis=basis)
    aim = other_basis(floor_area_ratio=ratio, legal_term=float(years), development=degree)
    parcel = pd.DataFrame(
        {
            "township": ["东镇"],
            "grade": ["I"],
            "price_use": ["商服"],
            "floor_area_ratio": [ratio],
            "area": [1.0],
            "term": [str(years)],
            "development": [degree],
        },
        index=["P"],
    )
    priced = benchmark_price(parcel, table, on=table.connotation.base_date)["unit_price"].iloc[0]
    assert at_connotation(table, aim).prices["unit_price"].iloc[0] == priced


def test_restated_says_what_it_is() -> None:
    table = edition([("东镇", "I", "商服", 100), ("东镇", "I", "工业", 50), ("东镇", "II", "商服", math.nan)])
    found = at_connotation(table, other_basis(floor_area_ratio=2.0))
    assert found.name == "某县基准地价2022（已换算价格内涵）"
    assert found.findings["message"].tolist() == ["已换算到另一价格内涵，只供版本比较"]
    assert found.connotation.base_date == date(2022, 1, 1)
    assert found.prices["unit_price"].tolist()[1] == 50  # the other basis has no industry
    assert math.isnan(found.prices["unit_price"].iloc[2])
    assert table.prices["unit_price"].tolist()[0] == 100
    by_use = found.connotation.by_use.set_index("use")["floor_area_ratio"].to_dict()
    assert by_use == {"商服": 2.0, "工业": 1.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price_form": "楼面地价"}, "楼面地价"),
        ({"floor_area_ratio": 9.0}, "容积率"),
        ({"development": "三通一平"}, "单位费用"),
        ({"development": "全通"}, "全通"),
    ],
)
def test_what_cannot_be_restated_is_refused(changes: dict[str, float | str], message: str) -> None:
    with pytest.raises(BadValueError, match=message):
        at_connotation(edition([("东镇", "I", "商服", 100)]), other_basis(**changes))


def test_restating_needs_the_edition_s_own_figures() -> None:
    table = edition([("东镇", "I", "商服", 100)])
    bare = replace(table, far=table.far.iloc[:0], development=table.development.iloc[:0])
    no_rate = replace(
        table,
        connotation=replace(table.connotation, by_use=table.connotation.by_use.assign(capitalisation_rate=math.nan)),
    )
    unstated = replace(
        table, connotation=replace(table.connotation, by_use=table.connotation.by_use.assign(legal_term=math.nan))
    )
    for poor, changes, what in (
        (bare, {"floor_area_ratio": 2.0}, "没有容积率修正表"),
        (bare, {"development": "六通一平"}, "没有开发程度修正表"),
        (no_rate, {"legal_term": 30.0}, "没有土地还原率"),
        (unstated, {}, "没有写全"),
    ):
        with pytest.raises(BadValueError, match=f"{what}.*办法"):
            at_connotation(poor, other_basis(**changes))
    clamped = replace(table, far_outside=Outside.CLAMP)
    assert at_connotation(clamped, other_basis(floor_area_ratio=9.0)).prices["unit_price"].iloc[0] == 220.19


def test_index_by_hand() -> None:
    """商服: 东关 600→660 (1 km²), 王庄 500→660 (3 km²), 河口 300→250 (2 km²); 李庄 has no new price."""
    weights = pd.Series([1e6, 3e6, 5e6, 2e6], index=VILLAGES.index)
    found = row(edition_index(OLD, NEW, VILLAGES, weights), use="商服")
    old, new = Fraction(600 + 1500 + 600, 6), Fraction(660 + 1980 + 500, 6)
    assert (found["level_old"], found["level_new"]) == (450, float(round_half_up(new, 2)))
    assert found["index"] == float(round_half_up(100 * Fraction("523.33") / old, 2)) == 116.3
    assert (found["villages"], found["left_out"]) == (3, 1)
    assert found["weight_share"] == pytest.approx(6 / 11)
    assert (found["date_old"], found["date_new"]) == (pd.Timestamp("2022-01-01"), pd.Timestamp("2025-01-01"))
    nothing = row(edition_index(OLD, NEW, VILLAGES, weights), use="工业")
    assert math.isnan(float(str(nothing["index"])))
    assert (nothing["villages"], nothing["left_out"]) == (0, 4)


def test_index_of_a_scaled_notice_is_the_scale() -> None:
    table = edition(
        [("东镇", "I", "商服", 600), ("东镇", "II", "商服", 500)],
        [("东镇", "", "I", "东关村"), ("东镇", "", "II", "其余")],
    )
    later = replace(table.scaled(1.1), connotation=replace(table.connotation, base_date=date(2025, 1, 1)))
    weights = pd.Series([0.5, 7.0, 3.25], index=VILLAGES.index[:3])
    found = edition_index(table, later, VILLAGES.iloc[:3], weights)
    assert found["index"].tolist() == [110.0]
    assert found["growth"].tolist() == [pytest.approx(0.1, abs=1e-4)]


def test_index_refuses_another_basis_unless_restated() -> None:
    cells: list[Cell] = [("东镇", "I", "商服", 1000)]
    ranges = [("东镇", "", "I", "全域")]
    one = edition(cells, ranges, basis=[("商服", "", 40.0, 1.4, "五通一平", 0.065, "地面地价")])
    basis = [("商服", "", 40.0, 1.0, "五通一平", 0.065, "地面地价")]
    other = edition([("东镇", "I", "商服", 922.57)], ranges, basis=basis, on=date(2025, 1, 1))
    villages, weights = VILLAGES.iloc[:3], pd.Series(1.0, index=VILLAGES.index[:3])
    with pytest.raises(BadValueError, match=r"商服 容积率 1\.4→1.*at_connotation"):
        edition_index(one, other, villages, weights)
    found = edition_index(at_connotation(one, other.connotation), other, villages, weights)
    assert found["level_old"].tolist() == [838.7]
    assert found["index"].tolist() == [110.0]  # 922.57 / 838.70


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf])
def test_index_refuses_what_is_no_weight(weight: float) -> None:
    weights = pd.Series([weight, 1, 1, 1], index=VILLAGES.index)
    with pytest.raises(BadValueError, match=r"权重应为正数.*A1"):
        edition_index(OLD, NEW, VILLAGES, weights)


def test_index_refuses_strange_weights_and_turned_editions() -> None:
    weights = pd.Series(1.0, index=VILLAGES.index)
    with pytest.raises(IndexMismatchError, match="权重"):
        edition_index(OLD, NEW, VILLAGES, weights.iloc[::-1])
    for old, new in ((NEW, OLD), (OLD, OLD)):
        with pytest.raises(BadValueError, match="不晚于旧版"):
            edition_index(old, new, VILLAGES, weights)
    assert "新版的估价期日早于旧版" in set(diff(NEW, OLD, VILLAGES).findings["message"])


@pytest.mark.parametrize("name", [None, "", "  "])
def test_villages_without_a_name_are_refused(name: str | None) -> None:
    for column in ("township", "village"):
        nameless = VILLAGES.assign(**{column: [name, *VILLAGES[column].iloc[1:]]})
        with pytest.raises(BadValueError, match=r"A1.*办法"):
            diff(OLD, NEW, nameless)


def test_villages_that_stand_there_twice_are_refused() -> None:
    twice = pd.concat([VILLAGES, VILLAGES.iloc[:1].set_axis(["A9"])])
    with pytest.raises(BadValueError, match=r"重复.*A9"):
        diff(OLD, NEW, twice)
    with pytest.raises(BadValueError, match="A1"):
        diff(OLD, NEW, VILLAGES.set_axis(["A1", "A1", "A2", "A3"]))
    with pytest.raises(MissingColumnError, match="village"):
        diff(OLD, NEW, VILLAGES[["township"]])


@pytest.mark.parametrize("price", [0.0, -1.0, math.inf])
def test_prices_that_are_none_are_refused(price: float) -> None:
    bad = edition([("东镇", "I", "商服", price)])
    for old, new in ((bad, NEW), (OLD, bad)):
        with pytest.raises(BadValueError, match="东镇 I 商服"):
            diff(old, new, VILLAGES)
    twice = edition([("东镇", "I", "商服", 1), ("东镇", "I", "商服", 2)])
    with pytest.raises(BadValueError, match="重复"):
        diff(twice, NEW, VILLAGES)


def test_findings_of_the_whole() -> None:
    found = diff(OLD, replace(NEW, connotation=replace(NEW.connotation, rights="国有建设用地出让")), VILLAGES).findings
    said = dict(zip(found["message"], found["value"], strict=True))
    assert said["两版权利类型的写法不同"] == "集体建设用地出让→国有建设用地出让"
    assert said["两版级别数不同"] == "东镇 3→2 级、西乡 1→2 级"


def test_tables_for_people(tmp_path: Path) -> None:
    found = diff(OLD, NEW, VILLAGES, PARCELS)
    tables = edition_tables(found)
    assert list(tables) == ["汇总", "涨跌居前", "逐格比较", "逐村比较", "逐宗比较", "须核对"]
    assert not [name for table in tables.values() for name in table.columns if str(name).isascii()]
    assert tables["逐宗比较"]["价值变化（元）"].tolist()[:2] == [160_020.80, -166_666.50]
    assert tables["逐村比较"]["变幅（%）"].tolist()[:2] == [10.0, 32.0]
    assert tables["逐村比较"]["村代码"].tolist()[:4] == ["A1", "A2", "A3", "B1"]
    write_table_book(tmp_path / "b.xlsx", tables, title="比较", line="", created=datetime(2026, 3, 2))
    sheets = openpyxl.load_workbook(tmp_path / "b.xlsx")
    assert sheets.sheetnames == list(tables)
    assert list(edition_tables(diff(OLD, NEW, VILLAGES))) == ["汇总", "涨跌居前", "逐格比较", "逐村比较", "须核对"]


def test_nothing_is_changed_and_nothing_is_needed() -> None:
    frames = [getattr(table, name) for table in (OLD, NEW) for name in ("prices", "grade_ranges", "uses")]
    before = [frame.copy(deep=True) for frame in [*frames, VILLAGES]]
    found = diff(OLD, NEW, VILLAGES)
    for frame, copy in zip([*frames, VILLAGES], before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)
    assert isinstance(found, EditionDiff)
    assert len(found.parcels) == 0
    assert "某县基准地价2022" in repr(found)
    none = diff(OLD, NEW, VILLAGES.iloc[:0], PARCELS.iloc[:0])
    assert len(none.villages) == len(none.parcels) == len(none.movers) == 0
    assert len(none.cells) == 7
    hostile = replace(OLD, prices=OLD.prices.assign(use="<b>商服</b>").drop_duplicates(["township", "grade", "use"]))
    assert "<b>" not in diff(hostile, hostile, VILLAGES)._repr_html_()
