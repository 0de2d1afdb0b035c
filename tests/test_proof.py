"""The proof of a table: every estimate as a naive recomputation has it, and none that knows its own price."""

from __future__ import annotations

import math
import statistics
from decimal import ROUND_HALF_UP, Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from landmarket.errors import MissingColumnError, UnverifiedRuleWarning
from landmarket.pricing.compilation import Compilation, CompileRule, GradedVillages, Proof, compile_price_table, prove
from landmarket.pricing.compilation.rule import CellAverage, CellKey, Sparse
from tests.compiled_county import GRADES, edition, graded, priced_samples, pricing, rule, samples
from tests.helpers import assert_same_index

CRS = "EPSG:4547"
TRUE = {("商服", "I"): 960, ("商服", "II"): 640, ("商服", "III"): 410, ("工业", "I"): 175, ("工业", "II"): 145}


def points(table: pd.DataFrame, seed: int = 1) -> gpd.GeoSeries:
    """A place for each sample."""
    east, north = np.random.default_rng(seed).uniform(0, 9000, (2, len(table)))
    return gpd.GeoSeries(gpd.points_from_xy(440_000 + east, 3_780_000 + north), index=table.index, crs=CRS)


def noisy(each: int = 5, seed: int = 3) -> pd.DataFrame:
    """Samples around the price of their grade; every fourth is a second one of the parcel before it."""
    rng = np.random.default_rng(seed)
    spread = {cell: (price * rng.lognormal(0, 0.15, each)).round(2).tolist() for cell, price in TRUE.items()}
    table = priced_samples(spread)
    codes = table["parcel_code"].to_list()
    homes = table["village_code"].to_list()
    for number in range(3, len(codes), 4):
        codes[number], homes[number] = codes[number - 1], homes[number - 1]
    return table.assign(parcel_code=codes, village_code=homes)


def compiled(table: pd.DataFrame, own: CompileRule, villages: GradedVillages | None = None) -> Compilation:
    """Compile the county of the mind."""
    return compile_price_table(table, villages or graded(), own, edition())


def proved(table: pd.DataFrame, own: CompileRule) -> tuple[Compilation, Proof]:
    """Compile and prove; the bands that ship were not read in their documents, which is told once."""
    compilation = compiled(table, own)
    with pytest.warns(UnverifiedRuleWarning):
        return compilation, prove(compilation, graded(), own, points(table))


def whole(price: float, step: int = 5) -> float:
    """Half-up to a multiple, in decimals."""
    return float((Decimal(repr(float(price))) / step).quantize(Decimal(1), ROUND_HALF_UP) * step)


def naive(facts: pd.DataFrame, name: object, own: CompileRule) -> float:
    """The price of a sample's cell from the samples of other parcels: plain lists, nothing of the package."""
    one = facts.loc[name]
    rows = [
        row
        for other, row in facts.iterrows()
        if row["price_use"] == one["price_use"]
        and other != name
        and (pd.isna(row["parcel_code"]) or row["parcel_code"] != one["parcel_code"])
    ]
    names = GRADES[str(one["price_use"])]

    def prices(grades: list[str], township: str = "") -> list[float]:
        return [row["standard_price"] for row in rows if row["grade"] in grades and township in ("", row["township"])]

    town = str(one["township"]) if own.key is CellKey.TOWNSHIP_GRADE else ""
    at = names.index(one["grade"])
    tried = [prices([one["grade"]], town), prices([one["grade"]]) if town else []]
    tried.append(prices([one["grade"], names[at - 1] if at else names[1]]))
    average = {CellAverage.MEAN: statistics.fmean, CellAverage.MEDIAN: statistics.median}[own.average]
    if len(tried[0]) < own.least_samples and own.sparse is Sparse.SCORE:
        x, y = [row["score"] for row in rows], [math.log(row["standard_price"]) for row in rows]
        slope, level = statistics.linear_regression(x, y)
        villages = graded().villages
        cell = villages[villages["use"].eq(one["price_use"]) & villages["grade"].eq(one["grade"])]
        return whole(math.exp(level + slope * cell["score"].mean()))
    enough = next((each for each in tried if len(each) >= own.least_samples), None)
    return whole(average(enough)) if enough else math.nan


@pytest.mark.parametrize(
    "own",
    [
        rule(),
        rule(average=CellAverage.MEAN, least_samples=5),
        rule(key=CellKey.TOWNSHIP_GRADE, least_samples=2),
        rule(sparse=Sparse.SCORE, least_samples=5),
    ],
    ids=["median", "mean", "townships", "score"],
)
def test_each_estimate_is_the_price_of_its_cell_without_its_parcel(own: CompileRule) -> None:
    compilation, proof = proved(noisy(), own)
    facts = compilation.samples
    assert list(proof.estimates.index) == list(facts.index)
    expected = [naive(facts, name, own) for name in facts.index]
    assert proof.estimates["estimate"].tolist() == pytest.approx(expected, nan_ok=True)
    assert proof.estimates["price"].tolist() == facts["standard_price"].tolist()
    ratio = np.array(expected) / facts["standard_price"].to_numpy()
    assert proof.estimates["ratio"].tolist() == pytest.approx(ratio.tolist(), nan_ok=True)
    with_itself = compilation.evidence.set_index(["township", "use", "grade"])["unit_price"]
    assert {*with_itself} != {*proof.estimates["estimate"]}


def test_samples_of_one_parcel_are_left_out_together() -> None:
    # Two wild prices of one parcel: whoever left out only one of them would see the other.
    prices, codes = [900.0, 905.0, 910.0, 915.0, 4000.0, 4100.0], ["a", "b", "c", "d", "e", "e"]
    rows = [{"deal_unit_price": price, "village_code": "411081001000"} for price in prices]
    table = samples(*rows).drop(columns="grade").assign(parcel_code=codes)
    own = rule(uses=(pricing("商服"),), average=CellAverage.MEAN, round_to=0.5)
    compilation, proof = proved(table, own)
    estimates = proof.estimates["estimate"].tolist()
    assert estimates[4:] == [907.5, 907.5]  # the mean of the four tame ones
    assert estimates[0] == (905 + 910 + 915 + 4000 + 4100) / 5
    assert compilation.evidence.set_index("grade").loc["I", "unit_price"] > 1900
    # Under names of their own each still sees the other; samples without a name are parcels of their own.
    apart = table.assign(parcel_code=list("abcdef"))
    assert proved(apart, own)[1].estimates["estimate"].iloc[5] == (900 + 905 + 910 + 915 + 4000) / 5
    nameless = table.assign(parcel_code=pd.Series(None, index=table.index, dtype="str"))
    pd.testing.assert_frame_equal(proved(nameless, own)[1].estimates, proved(apart, own)[1].estimates)


def test_samples_that_do_not_count_are_neither_proved_nor_used() -> None:
    table = noisy()
    table.loc["Y001", "deal_on"] = pd.NaT
    _, proof = proved(table, rule())
    assert "Y001" not in proof.estimates.index
    without = proved(noisy().drop(index="Y001"), rule())[1]
    pd.testing.assert_frame_equal(proof.estimates, without.estimates)


@pytest.fixture(scope="module")
def eight() -> Proof:
    """Eight samples a grade, proved; not to be changed by a test."""
    return proved(noisy(8), rule())[1]


def test_studies_are_those_of_the_estimates(eight: Proof) -> None:
    proof = eight
    ratios = proof.estimates.groupby("price_use")["ratio"]
    by_use = proof.by_use.set_index("price_use")
    assert by_use["n"].to_dict() == ratios.size().to_dict()
    for use, own in ratios:
        middle = statistics.median(own)
        assert by_use.loc[use, "median"] == pytest.approx(middle, rel=1e-12)
        cod = 100 * statistics.fmean(abs(ratio - middle) for ratio in own) / middle
        assert by_use.loc[use, "cod"] == pytest.approx(cod, rel=1e-12)
    by_grade = proof.by_grade.set_index(["price_use", "grade"])
    assert by_grade["n"].sum() == by_use["n"].sum()
    assert by_grade.loc[("商服", "II"), "median"] == pytest.approx(
        proof.estimates.query("price_use == '商服' and grade == 'II'")["ratio"].median(), rel=1e-12
    )
    assert "prd" not in by_grade.columns


def test_neighbours_are_asked_where_there_are_enough_samples(eight: Proof) -> None:
    spatial = eight.spatial.set_index("price_use")
    assert spatial["n"].to_dict() == {"商服": 24, "工业": 16}
    assert spatial.loc["商服", "expected"] == pytest.approx(-1 / 23)
    assert -1 <= spatial.loc["商服", "morans_i"] <= 1
    assert spatial.loc["工业", "note"] == "样点少于 20 个，不检验"
    assert math.isnan(spatial.loc["工业", "p"])


def test_dearer_neighbours_are_noticed() -> None:
    table = priced_samples({("商服", "I"): [800.0] * 15 + [1000.0] * 15})
    own = rule(uses=(pricing("商服"),))
    compilation = compiled(table, own)
    east = compilation.samples["standard_price"].gt(900)
    at = points(table)
    split = gpd.GeoSeries(gpd.points_from_xy(at.x + np.where(east, 50_000, 0), at.y), index=table.index, crs=CRS)
    with pytest.warns(UnverifiedRuleWarning):
        proof = prove(compilation, graded(), own, split)
    assert proof.spatial["note"].tolist() == ["邻近样点偏差相近：价格表还没有反映的区位差别"]
    unplaced = split.copy()
    unplaced.iloc[:12] = None
    with pytest.warns(UnverifiedRuleWarning):
        few = prove(compilation, graded(), own, unplaced)
    assert few.spatial[["n", "note"]].to_numpy().tolist() == [[18, "样点少于 20 个，不检验"]]
    pd.testing.assert_frame_equal(few.estimates, proof.estimates)


def test_a_table_that_fits_every_sample_is_proved_too() -> None:
    table = priced_samples({("商服", "I"): [960.0] * 25})
    _, proof = proved(table, rule(uses=(pricing("商服"),)))
    assert set(proof.estimates["ratio"]) == {1.0}
    assert proof.by_use.loc[0, ["n", "median", "cod"]].tolist() == [25, 1, 0]
    assert proof.spatial["note"].tolist() == ["比率全部相同，不检验"]


def test_a_cell_that_has_no_price_without_the_parcel_has_no_estimate() -> None:
    table = priced_samples({("商服", "I"): [900.0, 910.0, 920.0], ("工业", "I"): [170.0]})
    own = rule()
    compilation = compiled(table, own)
    proof = prove(compilation, graded(), own, points(table))
    assert proof.estimates["estimate"].isna().all()
    assert len(proof.estimates) == 4
    assert {"price_use", "n", "median", "cod", "prd", "prb", "verdict", "finding"} <= set(proof.by_use.columns)
    assert {"price_use", "grade", "median_low", "verdict"} <= set(proof.by_grade.columns)
    assert (len(proof.by_use), len(proof.by_grade), len(proof.spatial)) == (0, 0, 0)


def test_order_of_samples_does_not_matter() -> None:
    table, own = noisy(), rule()
    at = points(table)
    straight = compiled(table, own)
    turned = compiled(table.iloc[::-1], own)
    with pytest.warns(UnverifiedRuleWarning):
        left, right = (prove(each, graded(), own, at) for each in (straight, turned))
    assert_same_index(right.estimates, turned.samples)
    pd.testing.assert_frame_equal(left.estimates, right.estimates.loc[left.estimates.index])
    columns = ["price_use", "n", "median", "cod"]
    pd.testing.assert_frame_equal(left.by_use[columns], right.by_use[columns])


def test_columns_that_are_needed_are_named() -> None:
    compilation = compiled(noisy(), rule())
    bare = Compilation(
        compilation.table, compilation.evidence, compilation.samples.drop(columns="parcel_code"), compilation.findings
    )
    with pytest.raises(MissingColumnError, match="parcel_code"):
        prove(bare, graded(), rule(), points(compilation.samples))
