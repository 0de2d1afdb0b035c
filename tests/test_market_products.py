"""A county's market from file to folder: against the clerk, draw by draw; resumed; nothing of a reserve public."""

from __future__ import annotations

import gc
import io
import json
import math
import os
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket import cli
from landmarket.cli.options import progress
from landmarket.columns import schema
from landmarket.county import read_county, sample_county
from landmarket.errors import BadValueError, LandMarketWarning, OutputError, ReadError, RuleError
from landmarket.io.manifest import INTERNAL, altered_files, secret_name
from landmarket.io.native_output import native_output_dropped
from landmarket.market import tile_store
from landmarket.market.demand import Demand, Relisting, UseDemand, read_demand
from landmarket.market.distributions import ONE, Shape, Spread
from landmarket.market.market_changes import scaled_prices, with_bidders, with_price_level, with_reserve
from landmarket.market.market_plan import MarketPlan, ReserveMethod, Swings, read_market_plan
from landmarket.market.market_totals import Totals
from landmarket.market.offer import reserve_prices
from landmarket.market.simulation import MarketOutcome
from landmarket.market.supply import SupplyOrder
from landmarket.market.supply_rule import SupplyRule, TownshipFloor, UseQuota, read_supply_rule
from landmarket.market.terms import Mode
from landmarket.market.tile_store import FOLDER, TileStore, kept_tiles
from landmarket.market.tiles import Book, Find, Place, Tile, simulate_tile
from landmarket.market.top_values import top_values
from landmarket.market_products import MarketWork, answer, do_market, sentences
from landmarket.market_products import work as market_work
from landmarket.market_products.bank import Watch, reserve_bank, simulated
from landmarket.market_products.cases import Asking, levers, price_cases
from landmarket.market_products.products import CURVES, WORKBOOK
from landmarket.market_products.tables import case_table, plan_table, sources_table
from landmarket.products import Work
from landmarket.progress import unwatched
from landmarket.report.table_book import write_internal_book
from tests import market_clerk
from tests.helpers import blank_figures
from tests.hunting import examples
from tests.market_clerk import ClerkLot, clerk_lots, run_lot, values_of, worth_of
from tests.test_deal import ON
from tests.test_simulation import DEMAND, LIST, POOLED, prices, simulate

DRAWS = 120
SHOWN_DRAWS = 3
D = Decimal
DOCS = Path(__file__).parent.parent / "docs" / "files"
ONE_FEN = 1
RUN = market_work.do_market

pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.LandMarketWarning")
"""The sample's rules are invented, hence unverified."""


@dataclass(frozen=True)
class Done:
    """What ``landmarket simulate --json`` did to the sample county."""

    work: MarketWork
    document: dict[str, object]
    folder: Path
    out: Path


@pytest.fixture(scope="module")
def done(sample_work: Work, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The command, run once with few draws; the main job itself is not done again."""
    out, found = tmp_path_factory.mktemp("market"), list[MarketWork]()

    def run(*some: object, **more: object) -> MarketWork:
        found.append(RUN(*some, **more))  # type: ignore[arg-type]
        return found[0]

    with blank_figures() as patch, redirect_stdout(io.StringIO()) as said, warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        patch.setattr(market_work, "do_county", lambda county, say: sample_work)
        patch.setattr("landmarket.market_products.do_market", run)
        arguments = ["simulate", str(sample_county()), "--draws", str(DRAWS), "--out", str(out), "--json"]
        patch.setattr(sys, "argv", ["landmarket", *arguments])
        cli.main()
    document = json.loads(said.getvalue())
    return Done(found[0], document, Path(document["folder"]), out)


def drawn(spread: Spread, stream: int, draw: int) -> float:
    """One quantity of one draw, lognormal ones too."""
    if spread.shape is not Shape.LOGNORMAL:
        return plain_drawn(spread, stream, draw)
    number = market_clerk.uniform(stream, draw)
    return float(spread.base) * math.exp(float(spread.scale) * NormalDist().inv_cdf(number + 2**-54))


plain_drawn = market_clerk.drawn


@pytest.fixture
def _lognormal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(market_clerk, "drawn", drawn)


def desk(work: MarketWork) -> list[ClerkLot]:
    """The plan on the clerk's desk: no reserve below what the parcel has cost."""
    listed = work.listed
    cost = (listed["acquisition_cost"] + listed["development_cost"]).tolist()
    lots = clerk_lots(listed, work.given.terms, work.demand)
    return [at_cost(lot, math.ceil(round(yuan * 100, 6))) for lot, yuan in zip(lots, cost, strict=True)]


def at_cost(lot: ClerkLot, cost: int) -> ClerkLot:
    """A lot whose reserves are not below a floor [分]."""
    return replace(lot, rounds=[replace(one, reserve=max(one.reserve, cost)) for one in lot.rounds])


def clerk_prices(work: MarketWork, demand: Demand, draw: int) -> list[int]:
    """What each parcel of the plan brings in one draw."""
    return [run_lot(lot, work.given.terms, demand, seed=work.given.seed, draw=draw).price for lot in desk(work)]


# --- the joint draws


@pytest.mark.usefixtures("_lognormal")
def test_the_kept_draws_are_those_of_a_clerk(done: Done) -> None:
    kept = pd.read_parquet(done.folder / INTERNAL / "tables" / "plan_draws.parquet")
    listed, work = done.work.listed, done.work
    assert len(kept) == DRAWS
    for draw in range(SHOWN_DRAWS):
        paid = clerk_prices(work, work.demand, draw)
        assert kept["money_fen"].iloc[draw] == sum(paid)
        # What collectives have is within a fen of their share of each price.
        for column, share in (("collective_fen", "collective_price_share"), ("fund_fen", "fund_price_share")):
            shares = [Fraction(str(round(one, 6))) for one in listed[share].astype("float64").tolist()]
            exact = sum((part * fen for part, fen in zip(shares, paid, strict=True)), Fraction(0))
            assert abs(int(kept[column].iloc[draw]) - exact) < len(paid) * ONE_FEN
    assert (kept[["fund_fen", "collective_fen", "rest_fen"]].sum(axis=1) == kept["money_fen"]).all()


def quantile(values: list[int], level: Fraction) -> int:
    """The least value that this share does not exceed."""
    return next(v for v in sorted(values) if Fraction(sum(w <= v for w in values), len(values)) >= level)


def test_the_answer_by_brute_force_on_the_kept_draws(done: Done) -> None:
    kept = pd.read_parquet(done.folder / INTERNAL / "tables" / "plan_draws.parquet")
    said = done.document["answer"]
    assert isinstance(said, dict)
    for name, column in (("money", "money_fen"), ("collective", "collective_fen")):
        values = kept[column].tolist()
        assert abs(said[name]["mean_fen"] - Fraction(sum(values), DRAWS)) <= Fraction(1, 2)
        assert said[name]["low_fen"] == quantile(values, Fraction(1, 20))
        assert said[name]["high_fen"] == quantile(values, Fraction(19, 20))
    target = 40_000 * 10**6
    assert said["target_fen"] == target
    assert said["shortfall"] == sum(fen < target for fen in kept["money_fen"]) / DRAWS
    chance = done.work.listed["sale_probability"]
    assert said["failing"] == [code for code, share in chance.items() if share < 0.75]
    assert said["unsold"] == pytest.approx(len(chance) - chance.sum())


def test_expected_incomes_add_up_to_the_mean_of_the_joint_draws(done: Done) -> None:
    # Two ways to one number: chance × mean × share parcel by parcel, and the mean over the draws of all together.
    listed, totals = done.work.listed, done.work.joint.totals
    fund, collective, _ = totals.parties
    assert listed["expected_collective_fen"].sum() == pytest.approx(collective.mean(), abs=len(listed))
    assert listed["expected_price_fen"].sum() == pytest.approx(totals.money.mean(), abs=len(listed))
    assert 0 < fund.mean() < collective.mean() < totals.money.mean()


def test_the_share_of_the_collectives_by_hand(done: Done) -> None:
    # The sample's rule: the fund on the gain; the rest after taxes (0.0005 P), fund and costs is the collectives'.
    bank = done.work.bank
    sold = bank[bank["deal_price_mean"].notna()].iloc[::97]
    for row in sold.to_dict("records"):
        price = round(row["deal_price_mean"] * 100)
        cost = round((row["acquisition_cost"] + row["development_cost"]) * 100)
        rates = [
            rate.rate
            for rate in done.work.given.split_rule.fund_rates
            if rate.price_use == row["price_use"] and rate.zone == row["zone"] and rate.pathway in ("", row["pathway"])
        ]
        rate = float(rates[-1])
        fund = rate * max(price - cost, 0)
        rest = max(price - fund - cost - 0.0005 * price, 0)
        assert row["fund_price_share"] * price == pytest.approx(fund, abs=price * 1e-6 + 1)
        assert row["collective_price_share"] * price == pytest.approx(rest, abs=price * 1e-6 + 2)
    assert len(sold) > 10


# --- the plan


def test_the_plan_keeps_to_the_rule_and_tells_of_every_parcel(done: Done, sample_work: Work) -> None:
    work, listed = done.work, done.work.listed
    table = plan_table(work)
    assert sorted(table["parcel_code"]) == sorted(sample_work.outcome.deals.index)
    assert table["plan_reason"].str.len().min() > 0
    assert set(table["chosen"]) == {"是", "否"}
    mu = listed["area"] * 3 / 2000
    assert mu.sum() <= 3000
    assert mu[listed["price_use"].eq("商服")].sum() <= 300
    assert mu.groupby(listed["township"]).sum().reindex(work.bank["township"].unique()).min() >= 20
    assert work.supply is not None
    assert work.supply.best.objective_fen == listed["expected_collective_fen"].sum()
    assert work.supply.best.objective_fen >= work.supply.by_order.objective_fen
    assert work.supply.quota.more_fen >= 0


def test_parcels_that_cannot_be_offered_or_split_are_named(done: Done) -> None:
    work = done.work
    code = work.bank.index[0]
    outcome = work.main.outcome
    deals = outcome.deals.assign(deal_gap=outcome.deals["deal_gap"].mask(outcome.deals.index == code, "面积缺失"))
    changed = replace(work, main=replace(work.main, outcome=replace(outcome, deals=deals)), bank=work.bank.drop(code))
    changed = replace(changed, supply=None)
    row = plan_table(changed).set_index("parcel_code").to_dict("index")[code]
    assert row["chosen"] == "否"
    assert row["plan_reason"] == "不能按交易条件推出：面积缺失"
    waiting = market_work._with_choice(work.bank.assign(split_gap="缺所有权"), work.supply)
    assert waiting["plan_reason"].eq("未列入：收益不能分配，缺所有权").all()


# --- what if


@pytest.mark.usefixtures("_lognormal")
def test_a_price_level_ten_percent_lower_by_the_clerk(done: Done) -> None:
    work = done.work
    case = next(one for one in work.cases if one.change == D("-0.10") and one.asking is Asking.HELD)
    lower = replace(work.demand, county_shock=Spread(Shape.UNIFORM, D("0.828"), D("0.144")))
    for draw in range(SHOWN_DRAWS):
        assert case.market.totals.money[draw] == sum(clerk_prices(work, lower, draw))
    follows = next(one for one in work.cases if one.change == D("-0.10") and one.asking is Asking.FOLLOWS)
    # Where everything follows, only costs and the unit of the start price keep the money from being 0.9 of the base.
    assert follows.market.totals.money.sum() / work.joint.totals.money.sum() == pytest.approx(0.9, abs=0.004)
    rows = case_table(work)
    assert rows["价格水平"].tolist() == ["-20%", "-20%", "-10%", "-10%", "不变", "+10%", "+10%"]
    means = rows["money_mean"].tolist()
    assert means[0] < means[2] < means[4] < means[5]
    assert means[4] == pytest.approx(work.joint.totals.money.mean() / 100)


def ends(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Results at the lower and the higher value of each assumption."""
    return {str(name): (float(low), float(high)) for name, low, high, _ in table.itertuples(index=False)}


def test_levers_move_the_income_the_right_way(done: Done) -> None:
    rows, base = ends(done.work.levers), done.work.listed["expected_collective_fen"].sum() / 10**6
    for name in ("价格水平 ±10%", "平均竞买人数 ±20%", "总指标 ±10%"):
        low, high = rows[name]
        assert low < base < high
    low, high = rows["调节金比例 ±10%"]
    assert high < base < low
    assert rows["底价比例 ±10%"][1] < base
    held = next(one for one in done.work.cases if one.change == D("0.10") and one.asking is Asking.HELD)
    assert rows["价格水平 ±10%"][1] == held.collective_fen / 10**6


def test_a_rate_outside_its_band_leaves_a_gap_with_the_reason(done: Done) -> None:
    work, few = done.work, done.work.listed.iloc[:5]
    swings = replace(work.plan.swings, fund_rate=D("0.9"), fund_document="")
    watch = Watch(unwatched, None)
    table = levers(few, work.market.parcels.loc[few.index], work.given, swings, watch)
    assert math.isnan(ends(table)["调节金比例 ±90%"][0])
    assert table["note"].str.contains("0.20—0.50").sum() == 1


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=5), st.integers(-999_999, 2_000_000))
def test_scaled_prices_by_fractions(amounts: list[int], millionths: int) -> None:
    table = pd.DataFrame({"total_price_fen": amounts, "other": 1})
    before = table.copy(deep=True)
    result = scaled_prices(table, D(millionths) / 10**6)
    exact = [Fraction(fen * (10**6 + millionths), 10**6) for fen in amounts]
    assert result["total_price_fen"].tolist() == [math.floor(fen + Fraction(1, 2)) for fen in exact]
    pd.testing.assert_frame_equal(table, before)
    assert result.index.equals(table.index)


@pytest.mark.parametrize("shape", list(Shape))
def test_a_price_level_multiplies_every_quantile(shape: Shape) -> None:
    from landmarket.market.distributions import quantiles

    spread, shares = Spread(shape, D("0.9"), D("0.3")), np.linspace(0, 0.999, 50)
    lower = with_price_level(replace(DEMAND, county_shock=spread), D("-0.2")).county_shock
    np.testing.assert_allclose(quantiles(lower, shares), 0.8 * quantiles(spread, shares), rtol=1e-12)


def test_changes_that_make_no_sense_are_refused() -> None:
    assert [use.bidders for use in with_bidders(DEMAND, D("0.5")).uses] == [(D("2.10"), D("4.5")), (D("3.30"),)]
    assert with_reserve(replace(LIST, reserve_ratio=D("0.777777")), D("0.05")).reserve_ratio == D("0.816666")
    for refuse in (
        lambda: with_price_level(DEMAND, D(-1)),
        lambda: with_bidders(DEMAND, D("-1.5")),
        lambda: with_reserve(LIST, D("nan")),
        lambda: scaled_prices(prices(2), D(-1)),
    ):
        with pytest.raises(RuleError, match=r"应大于 -1.*办法"):
            refuse()


# --- reserves


@pytest.mark.usefixtures("_lognormal")
def test_reserves_tried_on_one_parcel_by_brute_force(done: Done) -> None:
    work = done.work
    lot = desk(work)[7]
    seed = work.given.seed
    worths = [worth_of(lot, work.demand, "411081", seed, draw) for draw in range(DRAWS)]
    values = [sorted(map(math.floor, values_of(lot, 0, worth, seed, draw))) for draw, worth in enumerate(worths)]
    curve = work.curves[work.curves["parcel_code"].eq(lot.code)]
    cost = (work.listed["acquisition_cost"] + work.listed["development_cost"]).to_dict()[lot.code]
    floor = math.ceil(round(cost * 100, 6))
    tried = {math.floor(Fraction(ratio) * lot.appraised + Fraction(1, 2)) for ratio in work.plan.reserve_ratios}
    assert curve["reserve_price_fen"].tolist() == sorted(tried | {floor})
    kept = math.floor(Fraction(lot.appraised, 2) + Fraction(1, 2))
    for one in curve.to_dict("records"):
        reserve = one["reserve_price_fen"]
        income = [max([reserve, *bids[-2:-1]]) if bids and bids[-1] >= reserve else kept for bids in values]
        assert one["reserve_sale_share"] == sum(bool(bids) and bids[-1] >= reserve for bids in values) / DRAWS
        assert one["reserve_income_fen"] == math.floor(Fraction(sum(income), DRAWS) + Fraction(1, 2))
    allowed = curve[curve["reserve_price_fen"] >= floor]
    best = allowed.sort_values(["reserve_income_fen", "reserve_price_fen"], ascending=[False, True]).iloc[0]
    assert work.advice.loc[lot.code, "reserve_best_fen"] == best["reserve_price_fen"]


def test_advice_by_hand(done: Done) -> None:
    # Two methods: 1.00 × 0.6 + 0.96 × 0.4 of the appraised price, lifted to the cost where that is more.
    work, listed = done.work, done.work.listed
    advice = work.advice.to_dict("index")
    cost = [math.ceil(round(yuan * 100, 6)) for yuan in listed["acquisition_cost"] + listed["development_cost"]]
    for code, price, floor in list(zip(listed.index, listed["total_price_fen"], cost, strict=True))[::23]:
        row = advice[code]
        low = math.floor(Fraction(96 * int(price), 100) + Fraction(1, 2))
        point = math.floor(Fraction(6 * int(price) + 4 * low, 10) + Fraction(1, 2))
        assert row["reserve_low_fen"] == max(low, floor)
        assert row["reserve_point_fen"] == max(point, floor)
        assert row["reserve_high_fen"] == max(int(price), floor)
        assert row["reserve_floor_fen"] == floor


def test_too_few_bidders_are_no_bidders() -> None:
    table = prices(3)
    one, two = (list(top_values(table, replace(LIST, min_bidders=n), DEMAND, draws=200, seed=5, on=ON)) for n in (1, 2))
    for (code, top, second), (again, top2, second2) in zip(one, two, strict=True):
        assert code == again
        assert (top >= second).all()
        assert (top2 == np.where(second > 0, top, 0)).all()
        assert (second2 == second).all()
        assert ((top > 0) & (second == 0)).any()


# --- nothing of it is public


def public_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] != INTERNAL]


def written(fen: int) -> list[str]:
    """How an amount could be printed."""
    yuan = D(fen) / 100
    return [str(fen), f"{yuan:.2f}", f"{yuan:,.2f}", f"{float(yuan)!r}", f"{yuan / 10_000:.2f} 万元"]


def test_no_reserve_and_no_result_in_any_public_file(done: Done) -> None:
    work, found = done.work, public_files(done.folder)
    assert sorted(path.name for path in found) == ["index.html", "manifest.json"]
    text = "".join(path.read_text(encoding="utf-8") for path in found)
    advice = work.advice
    secret = [
        fen for name in map(str, advice) if name.endswith("_fen") for fen in advice[name].dropna().astype("int64")
    ]
    secret += reserve_prices(work.bank, work.given.terms)["reserve_price_fen"].tolist()
    secret += work.bank["expected_collective_fen"].loc[lambda fen: fen > 10**4].tolist()
    secret += [*work.joint.totals.money[:20].tolist(), answer(work).money.mean_fen]
    assert len(secret) > 4000
    numbers = set(re.findall(r"[\d.,]*\d(?: 万元)?", text))
    leaked = [fen for fen in secret if set(written(fen)) & numbers]
    assert leaked == []
    assert not [code for code in work.bank.index if code in text]
    assert str(work.given.seed) not in text
    assert not [column for column in sources_table(work).columns if secret_name(column)]
    for sentence in sentences(work).values():
        assert sentence not in text


def test_the_search_for_leaks_finds_one(done: Done) -> None:
    reserve = int(done.work.advice["reserve_price_fen"].iloc[0])
    book = openpyxl.load_workbook(done.folder / INTERNAL / WORKBOOK, read_only=True)
    cells = {cell for row in book["底价建议"].iter_rows(values_only=True) for cell in row}
    assert reserve / 100 in cells
    tried = int(done.work.curves["reserve_price_fen"].iloc[0])
    assert str(tried) in (done.folder / INTERNAL / CURVES).read_text(encoding="utf-8-sig")


def test_the_folder_is_whole_and_secret_files_have_keyed_fingerprints(done: Done) -> None:
    assert altered_files(done.folder) == []
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    guarded = {Path(entry["path"]).name: entry for entry in manifest["secret_inputs"]}
    assert set(guarded) == {"county.toml", "deal.toml", "market.toml"}
    assert all("sha256" not in file for entry in guarded.values() for file in entry["files"])
    assert {"demand.toml", "supply.toml"} <= {Path(entry["path"]).name for entry in manifest["inputs"]}
    assert manifest["counts"] == done.work.main.screening.counts
    assert {"需求假设", "供应计划规则"} <= {rule["item"] for rule in manifest["rules"]}


def test_the_internal_folder_has_everything(done: Done) -> None:
    inside = done.folder / INTERNAL
    book = openpyxl.load_workbook(inside / WORKBOOK)
    assert book.sheetnames == [
        *("回答", "供应计划", "宗地", "乡镇", "分配方", "价格情景", "敏感性", "底价建议", "底价曲线", "依据")
    ]
    for sheet in book:
        headers = [cell.value for cell in next(sheet.iter_rows(min_row=4, max_row=4)) if cell.value]
        assert headers, sheet.title
        assert not [name for name in headers if re.fullmatch(r"[a-z_]+", str(name))], sheet.title
    stems = {path.stem for path in (inside / "图").glob("*.png")}
    assert stems == {path.stem for path in (inside / "图").glob("*.pdf")}
    assert len(stems) == 5
    answers = [row[1].value for row in book["回答"].iter_rows(min_row=5)]
    assert answers == list(sentences(done.work).values())


def test_the_command_tells_no_reserve(done: Done) -> None:
    assert done.document["sentences"] == dict(list(sentences(done.work).items())[:5])
    reserves = [int(done.work.advice[name].dropna().sum()) for name in ("reserve_price_fen", "reserve_best_fen")]
    whole = sentences(done.work)["底价定多少"]
    for fen in reserves:
        assert f"{Decimal(fen) / 1_000_000:,.2f} 万元" in whole
        assert f"{Decimal(fen) / 1_000_000:,.2f}" not in json.dumps(done.document, ensure_ascii=False, default=str)


def test_an_internal_workbook_goes_nowhere_else(tmp_path: Path) -> None:
    table = pd.DataFrame({"reserve_price_fen": [1]})
    when = pd.Timestamp("2026-03-02").to_pydatetime()
    with pytest.raises(BadValueError, match="只能写入内部文件夹 internal"):
        write_internal_book(tmp_path / "a.xlsx", {"表": table}, title="题", line="行", created=when)
    (tmp_path / INTERNAL).mkdir()
    write_internal_book(tmp_path / INTERNAL / "a.xlsx", {"表": table}, title="题", line="行", created=when)
    assert openpyxl.load_workbook(tmp_path / INTERNAL / "a.xlsx").sheetnames == ["表"]


# --- going on where it stopped


class Killed(BaseException):
    """The process is gone."""


def killer(after: int) -> Callable[[int], object]:
    """Told of townships done; kills after so many."""
    told: list[int] = []

    def done(parcels: int) -> None:
        told.append(parcels)
        if len(told) == after:
            raise Killed

    return done


def same(first: MarketOutcome, second: MarketOutcome) -> bool:
    """Byte for byte."""
    tables = all(
        getattr(first, name).to_parquet() == getattr(second, name).to_parquet()
        for name in ("parcels", "townships", "parties")
    )
    return tables and all(
        getattr(first.totals, part).tobytes() == getattr(second.totals, part).tobytes()
        for part in ("money", "area", "parties")
    )


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_simulation_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, workers: int
) -> None:
    table = prices(30).assign(fund_price_share=0.2, collective_price_share=0.5)
    more = {"shares": ("fund_price_share", "collective_price_share"), "year": "year", "workers": workers}
    whole, store = simulate(table, LIST, DEMAND, 70, **more), TileStore(tmp_path / "kept")
    made: list[str] = []

    def counted(book: Book, find: Find, place: Place) -> Tile:
        made.append(place[0])
        return simulate_tile(book, find, place)

    monkeypatch.setattr(tile_store, "simulate_tile", counted)
    with pytest.raises(Killed):
        simulate(table, LIST, DEMAND, 70, **more, kept=store, done=killer(after))
    kept = len(made)
    assert after <= kept <= 4
    resumed = simulate(table, LIST, DEMAND, 70, **more, kept=store)
    assert sorted(made) == sorted(table["township"].fillna("乡镇不明").unique())
    assert same(resumed, whole)
    again = simulate(table.iloc[::-1], LIST, DEMAND, 70, **more, kept=TileStore(tmp_path / "other"))
    assert resumed.parcels.equals(again.parcels.iloc[::-1])


def test_a_process_that_dies_leaves_what_it_had_finished(tmp_path: Path) -> None:
    code = f"""
import os, sys
from pathlib import Path
from landmarket.market.tile_store import kept_tiles
from tests.test_simulation import DEMAND, LIST, prices, simulate
left = [2]
def done(parcels):
    left[0] -= 1
    if not left[0]:
        os._exit(9)
with kept_tiles(Path({str(tmp_path)!r})) as kept:
    simulate(prices(30), LIST, DEMAND, 70, kept=kept, done=done)
"""
    root = Path(__file__).parent.parent
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=root, check=False, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert ran.returncode == 9
    assert len(list((tmp_path / FOLDER).glob("*.npz"))) == 2
    with kept_tiles(tmp_path) as kept:
        assert same(simulate(prices(30), LIST, DEMAND, 70, kept=kept), simulate(prices(30), LIST, DEMAND, 70))
    assert list(tmp_path.iterdir()) == []


CHANGES: dict[str, Callable[[pd.DataFrame], dict[str, object]]] = {
    "reserve": lambda table: {"terms": replace(LIST, reserve_ratio=D("0.9"))},
    "mode": lambda table: {"terms": replace(LIST, mode=Mode.AUCTION)},
    "demand": lambda table: {"demand": replace(DEMAND, county_shock=ONE)},
    "relisting": lambda table: {"demand": replace(DEMAND, relisting=Relisting(2, D("0.12"), D(4)))},
    "price": lambda table: {"table": table.assign(total_price_fen=table["total_price_fen"] + 10**6)},
    "area": lambda table: {"table": table.assign(area=table["area"] + 1)},
    "draws": lambda table: {"draws": 41},
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_kept_is_never_taken_for_other_work(tmp_path: Path, change: str) -> None:
    table = prices(12)
    asked = {"table": table, "terms": LIST, "demand": DEMAND, "draws": 40}
    other = asked | CHANGES[change](table)
    kept = TileStore(tmp_path)
    simulate(**asked, kept=kept)  # type: ignore[arg-type]
    assert same(simulate(**other, kept=kept), simulate(**other))  # type: ignore[arg-type]


def test_a_broken_tile_is_made_again(tmp_path: Path) -> None:
    table, kept = prices(12), TileStore(tmp_path)
    whole = simulate(table, LIST, DEMAND, 40, kept=kept)
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        path.write_bytes([b"", b"PK\x03\x04", path.read_bytes()[:300], b"x" * 90][number % 4])
    assert same(simulate(table, LIST, DEMAND, 40, kept=kept), whole)


def test_many_threads_find_what_is_kept(tmp_path: Path) -> None:
    """Finalisers that give way to other threads, and calls of different depths, are what upset `ast` in threads."""
    store, numbers = TileStore(tmp_path), np.arange(9)
    store.keep("k", Tile([], [1], {year: Totals(numbers, numbers, numbers) for year in range(4)}))

    class Yielding:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            time.sleep(0)

    def find(depth: int) -> list[int]:
        if depth:
            return find(depth - 1)
        Yielding()
        tile = store.find("k")
        assert tile is not None
        return sorted(tile.totals)

    before, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(3, 10**6)
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(find, [number % 7 for number in range(2_000)]))
    finally:
        gc.set_threshold(*before)
        sys.setswitchinterval(interval)
    assert found == [[0, 1, 2, 3]] * 2_000


def test_shared_budgets_are_not_kept(tmp_path: Path) -> None:
    simulate(prices(12), LIST, POOLED, 20, kept=TileStore(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_one_simulation_at_a_time_in_a_folder(tmp_path: Path) -> None:
    with kept_tiles(tmp_path) as kept:
        with pytest.raises(OutputError, match=r"另一次模拟正在写入.*--out"), kept_tiles(tmp_path):
            pass
        kept.keep("k", Tile([], [], {}))
        if os.name == "posix":
            assert (tmp_path / FOLDER).stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == []


def test_the_command_leaves_no_progress_behind(done: Done) -> None:
    assert sorted(path.name for path in done.out.iterdir()) == sorted([done.folder.name, "latest"])


def small_work(
    sample_work: Work, patch: pytest.MonkeyPatch, plan: MarketPlan
) -> Callable[[TileStore | None], MarketWork]:
    """The job on twenty parcels of the sample, on another plan."""
    patch.setattr(market_work, "do_county", lambda county, say: sample_work)
    patch.setattr(market_work, "read_market_plan", lambda path: plan)
    patch.setattr(market_work, "reserve_bank", lambda main: reserve_bank(main).iloc[:20])
    county = read_county(sample_county())
    return lambda kept: do_market(county, lambda step: None, kept=kept)


def plan_without_supply() -> MarketPlan:
    plan = read_market_plan(sample_county() / "rules" / "market.toml")
    return replace(plan, supply=None, order=None, target_wan=None, reserve_methods=(), draws=30)


def test_without_a_supply_rule_all_are_offered_and_the_work_can_be_resumed(
    sample_work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = small_work(sample_work, monkeypatch, plan_without_supply())
    whole = run(None)
    assert whole.bank["chosen"].eq("是").all()
    assert whole.supply is None
    assert answer(whole).target_fen == whole.bank["start_price_fen"].sum()
    said = sentences(whole)
    assert "没有供应计划规则" in said["一亩指标值多少"]
    assert "起始价合计" in said["达不到目标的可能"]
    assert "建议区间" not in said["底价定多少"]

    def killed(*some: object) -> None:
        raise Killed

    monkeypatch.setattr(market_work, "simulated", killed)
    with pytest.raises(Killed), kept_tiles(tmp_path) as kept:
        run(kept)
    assert list((tmp_path / FOLDER).glob("*.npz"))
    monkeypatch.setattr(market_work, "simulated", simulated)
    with kept_tiles(tmp_path) as kept:
        resumed = run(kept)
    assert sentences(resumed) == said
    assert same(resumed.market, whole.market)
    assert same(resumed.joint, whole.joint)
    pd.testing.assert_frame_equal(resumed.advice, whole.advice)
    cases = price_cases(whole.listed, whole.given, (D(0),), Watch(unwatched, None))
    assert [(case.change, case.asking) for case in cases] == [(D(0), Asking.HELD)]
    no_fall = replace(whole, cases=cases)
    assert sentences(no_fall)["价格下跌怎么办"] == "方案没有列出价格下跌的情景。"


def test_nobody_to_sell_to_is_told(sample_work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    run = small_work(sample_work, monkeypatch, plan_without_supply())
    demand = read_demand(sample_county() / "rules" / "demand.toml")
    alone = replace(demand, uses=tuple(replace(use, bidders=(D(0),)) for use in demand.uses))
    monkeypatch.setattr(market_work, "read_demand", lambda path: alone)
    work = run(None)
    assert answer(work).money.mean_fen == 0
    assert work.bank["no_sale"].eq("流拍-无人报名").all()
    assert f"平均有 {len(work.bank)}.0 宗流拍" in sentences(work)["哪些可能流拍"]


def test_a_county_without_parcels_to_offer_is_refused(sample_work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = sample_work.outcome
    bare = replace(sample_work, outcome=replace(outcome, deals=outcome.deals.assign(deal_gap="面积缺失")))
    monkeypatch.setattr(market_work, "do_county", lambda county, say: bare)
    with pytest.raises(BadValueError, match=r"没有一宗可入市.*办法：先用 run"):
        do_market(read_county(sample_county()), lambda step: None, draws=5)


# --- the command


def test_a_county_without_a_plan_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    county = replace(read_county(sample_county()), market_plan=None)
    monkeypatch.setattr("landmarket.cli.simulate_command.read_county", lambda path: county)
    monkeypatch.setattr(sys, "argv", ["landmarket", "simulate", str(sample_county()), "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == cli.REFUSED
    assert "[files] 没有 market_plan。办法" in capsys.readouterr().err


def test_the_command_speaks_in_five_lines(
    done: Done, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("landmarket.market_products.do_market", lambda *some, **more: done.work)
    monkeypatch.setattr("landmarket.market_products.write_market", lambda *some: None)
    monkeypatch.setattr(sys, "argv", ["landmarket", "simulate", str(sample_county()), "--out", str(tmp_path)])
    cli.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:6] == list(sentences(done.work).values())[:5]
    assert lines[0] == done.work.county.notice
    for word, line in zip(
        ("九成的可能", "可能性", "流拍", "总指标增加 1 亩", "价格水平 -10%"), lines[1:], strict=False
    ):
        assert word in line


def test_help_is_in_chinese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["landmarket", "simulate", "--help"])
    cli.main()
    said = capsys.readouterr().out
    assert said.startswith("用法：")
    assert "抽样次数" in said
    assert "不得外传" in said


def test_progress_counts_every_parcel(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[int] = []
    with progress("储备库", 30) as advance:

        def done(parcels: int) -> None:
            told.append(parcels)
            advance(parcels)

        simulate(prices(30), LIST, DEMAND, 5, done=done)
    assert sum(told) == 30
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "储备库" in captured.err


def test_what_a_solver_prints_is_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    with native_output_dropped():
        os.write(1, b"solver talk\n")
    os.write(1, b"result\n")
    captured = capfd.readouterr()
    assert captured.out == "result\n"
    assert captured.err == ""


# --- the plan's file


PLAN = """name = "方案"
source = "某文〔2026〕1号"
verified = true
demand = "demand.toml"
draws = 100
price_changes = [-0.1, 0]
reserve_ratios = [0.8, 0.9]
kept_ratio = 0.5
likely_failure = 0.5
"""
SWINGS = """
[swings]
price = 0.1
bidders = 0.2
reserve = 0.1
quota = 0.1
fund_rate = 0.1
"""
METHOD = """
[[reserve_method]]
name = "{name}"
ratio = {ratio}
weight = {weight}
source = "报告"
"""


def plan_of(folder: Path, text: str) -> MarketPlan:
    for name in ("demand.toml", "supply.toml"):
        (folder / name).touch()
    (folder / "market.toml").write_text(text, encoding="utf-8")
    return read_market_plan(folder / "market.toml")


def test_a_plan_key_for_key(tmp_path: Path) -> None:
    short = plan_of(tmp_path, PLAN + SWINGS)
    assert short == MarketPlan(
        "方案",
        "某文〔2026〕1号",
        True,
        tmp_path / "demand.toml",
        100,
        (D("-0.1"), D(0)),
        (D("0.8"), D("0.9")),
        D("0.5"),
        D("0.5"),
        Swings(D("0.1"), D("0.2"), D("0.1"), D("0.1"), D("0.1")),
    )
    assert short.files == [tmp_path / "demand.toml"]
    whole = plan_of(
        tmp_path,
        PLAN
        + 'target_wan = 12.5\nsupply = "supply.toml"\norder = "面积从小到大"\n'
        + SWINGS
        + 'fund_document = "某文〔2026〕2号"\n'
        + METHOD.format(name="甲", ratio="1.1", weight="0.25")
        + METHOD.format(name="乙", ratio="0.9", weight="0.75"),
    )
    assert (whole.target_wan, whole.supply, whole.order) == (
        D("12.5"),
        tmp_path / "supply.toml",
        SupplyOrder.SMALL_FIRST,
    )
    assert whole.swings.fund_document == "某文〔2026〕2号"
    assert whole.reserve_methods[0] == ReserveMethod("甲", D("1.1"), D("0.25"), "报告")
    assert "1.1" not in repr(whole.reserve_methods)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("draws = 100", "draws = 0", "draws = 0 应在 1"),
        ("[-0.1, 0]", "[0, -0.1]", "price_changes 应大于 -1，由小到大"),
        ("[-0.1, 0]", "[-1, 0]", "price_changes"),
        ("[0.8, 0.9]", "[]", "reserve_ratios 应大于 0"),
        ("[0.8, 0.9]", "[0.8, 90]", "百分数写成整数"),
        ("kept_ratio = 0.5", "kept_ratio = 1.5", "kept_ratio = 1.5 应在 0 与 1 之间"),
        ("likely_failure = 0.5", "likely_failure = 50", "likely_failure = 50"),
        ("quota = 0.1", "quota = 10", r"\[swings\] quota 应大于 0 且小于 1"),
        ("quota = 0.1\n", "", "缺少 quota"),
        ("draws = 100", "draws = 100\ntarget_wan = 0", "target_wan = 0 应大于 0"),
        ("draws = 100", 'draws = 100\nsupply = "supply.toml"', "supply 与 order 都写"),
        ("draws = 100", "draws = 100\nnonsense = 1", "不认识的键 nonsense"),
        ("[0.8, 0.9]", "[0.8, 0.1234567]", "reserve_ratios"),
        ("[0.8, 0.9]", "[0.8, 0.8234567]", "六位小数"),
    ],
)
def test_plans_that_make_no_sense_are_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = PLAN + SWINGS
    assert old in text
    with pytest.raises(RuleError, match=rf"{said}.*办法"):
        plan_of(tmp_path, text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ([("甲", "1", "0.5"), ("甲", "1", "0.5")], "name 重复"),
        ([("甲", "0", "0.5"), ("乙", "1", "0.5")], "ratio 应大于 0"),
        ([("甲", "1", "0.5"), ("乙", "1", "0.4")], "weight 应为.*合计为 1"),
    ],
)
def test_methods_that_cannot_be_weighed_are_refused(
    tmp_path: Path, methods: list[tuple[str, str, str]], said: str
) -> None:
    rows = "".join(METHOD.format(name=name, ratio=ratio, weight=weight) for name, ratio, weight in methods)
    with pytest.raises(RuleError, match=said):
        plan_of(tmp_path, PLAN + SWINGS + rows)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"找不到文件 .*gone\.toml.*办法"):
        plan_of(tmp_path, PLAN.replace("demand.toml", "gone.toml") + SWINGS)


# --- pages


def in_tables(name: str) -> set[str]:
    text = (DOCS / name).read_text(encoding="utf-8")
    words = {word for row in re.findall(r"^\|.*", text, re.M) for word in re.findall(r"`([^`]+)`", row)}
    return {word.strip("[]").partition(" = ")[0] for word in words}


def test_the_pages_have_every_key() -> None:
    kinds = (MarketPlan, Swings, ReserveMethod, SupplyRule, UseQuota, TownshipFloor)
    keys = {field.name for kind in kinds for field in fields(kind)} - {"reserve_methods", "use_quotas", "floors"}
    assert keys | {"reserve_method", "use_quota", "floor"} <= in_tables("market.md")
    keys = {field.name for kind in (Demand, UseDemand, Spread) for field in fields(kind)} - {
        "uses",
        "relisting",
        "shape",
    }
    assert keys | {"use", "relist_times", "relist_cut", "round_months"} <= in_tables("demand.md")
    page = (DOCS / "market.md").read_text(encoding="utf-8")
    assert all(str(order) in page for order in SupplyOrder)


def test_the_examples_of_the_pages_can_be_read(tmp_path: Path) -> None:
    def example(name: str) -> list[str]:
        return re.findall(r"^```toml\n(.*?)^```", (DOCS / name).read_text(encoding="utf-8"), re.M | re.S)

    texts = (*example("market.md"), *example("demand.md"))
    for name, text in zip(("market.toml", "supply.toml", "demand.toml"), texts, strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    plan = read_market_plan(tmp_path / "market.toml")
    assert len(plan.reserve_methods) == 2
    assert plan.supply is not None
    assert read_supply_rule(plan.supply).quota_mu == 600
    assert read_demand(plan.demand).uses[0].bidders == (D("1.2"), D("2.4"))


def test_new_columns_are_in_the_schema() -> None:
    assert {"fund_price_share", "collective_price_share", "reserve_best_fen", "chosen", "plan_reason"} <= set(schema())
    assert secret_name("reserve_best_fen")
