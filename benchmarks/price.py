"""Benchmark prices beside pandas ``apply`` row by row, and beside the bare arithmetic in blocks of NumPy.

::

    python -m benchmarks.price FOLDER --parcels 100000 1000000 10000000

Ours is the public call: text keys, every check, all columns of the explanation. Parcels are of the sample county's
notice; every fact of a parcel is drawn for itself, so that hardly two parcels are alike. The row at a time looks up the
same tables in Python, without a check, on a part of the rows, and is scaled. The bare arithmetic is given every text as
a small number and every table as an array: in blocks it makes the same corrections and roundings, without a check, a
text or a row's explanation. Multiplying alone is given the factors themselves. Prices must be ours to the fen; where
the bare product lies within a hundred-millionth of half a fen, which it cannot decide, it may be a fen off.
"""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import floor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.timing import OURS, Contest, Part, main
from landmarket import read_county, sample_county
from landmarket.county import read_scenario
from landmarket.errors import LandMarketWarning
from landmarket.pricing import PriceTable, benchmark_price
from landmarket.pricing.price_table import LEVELS

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

ROWS = 20_000
"""How many parcels are priced a row at a time."""
BLOCK = 65_536
BARE = "NumPy 分块裸运算，同样的修正与取整"
PRODUCT = "NumPy 分块，系数已给，只相乘取整"
TERMS = np.array(["", "20", "30", "40"], dtype=object)
DEVELOPMENT = np.array(["", "五通一平", "七通一平"], dtype=object)


@dataclass(frozen=True)
class Job:
    """Parcels, the notice, the day."""

    parcels: pd.DataFrame
    table: PriceTable
    on: date

    def ours(self) -> pd.DataFrame:
        """The public call."""
        return benchmark_price(self.parcels, self.table, on=self.on)

    @cached_property
    def numbers(self) -> BarePrice:
        """What the bare arithmetic is given: outside its clock."""
        return BarePrice(self.parcels, RowPrice(self.table, self.on))

    @cached_property
    def factors(self) -> tuple[Floats, ...]:
        """What is only multiplied, ready in numbers: outside its clock."""
        told = self.ours()
        steps = [told[name].fillna(1.0) for name in told.columns if name.startswith("系数:")]
        columns = ("base_price", "factor_sum", "date_factor", "term_factor", "far_factor", "development_correction")
        return tuple(np.ascontiguousarray(each) for each in (*(told[name] for name in columns), *steps, told["area"]))

    def bare(self) -> tuple[Whole, Whole, Floats, Floats]:
        """Unit prices and totals [fen], floor prices and 万元/亩 by NumPy in blocks."""
        given, rows = self.numbers, len(self.parcels)
        unit, total, floor_price, wan = (np.empty(rows, dtype=kind) for kind in (np.int64, np.int64, float, float))
        for start in range(0, rows, BLOCK):
            at = slice(start, start + BLOCK)
            unit[at], total[at], floor_price[at], wan[at] = given.block(at)
        return unit, total, floor_price, wan

    def product(self) -> tuple[Whole, Whole]:
        """Unit prices and totals [fen] by NumPy in blocks, of factors that are given."""
        base, total, day, term, far, development, *steps, area = self.factors
        unit_fen, total_fen = np.empty(len(base), dtype=np.int64), np.empty(len(base), dtype=np.int64)
        for start in range(0, len(base), BLOCK):
            at = slice(start, start + BLOCK)
            product = base[at] * (1.0 + total[at]) * day[at] * term[at] * far[at]
            for step in steps:
                product *= step[at]
            unit_fen[at] = np.floor((product + development[at]) * 100 + 0.5)
            total_fen[at] = (unit_fen[at] * np.rint(area[at] * 100).astype(np.int64) + 50) // 100
        return unit_fen, total_fen

    def by_row(self, rows: int) -> pd.DataFrame:
        """Unit prices and totals [fen] by ``apply``."""
        price = RowPrice(self.table, self.on)
        return self.parcels.iloc[:rows].apply(price.of, axis=1, result_type="expand")


class RowPrice:
    """The notice in dictionaries, and a parcel's price looked up in them."""

    def __init__(self, table: PriceTable, on: date) -> None:
        prices = table.prices
        self.price = dict(
            zip(zip(prices.township, prices.grade, prices.use, strict=True), prices.unit_price, strict=True)
        )
        self.stated = {row["use"]: row for row in table.connotation.by_use.to_dict("records")}
        self.percent = {(row["use"], row["factor"]): row for row in table.factors.to_dict("records")}
        self.names = list(dict.fromkeys(table.factors["factor"]))
        self.cost = dict(zip(table.development["item"], table.development["unit_cost"], strict=True))
        self.steps = {name: rows.to_dict("records") for name, rows in table.steps.groupby("name", sort=False)}
        days = table.dates[table.dates["date"] <= pd.Timestamp(on)].sort_values("date")
        first = table.dates[table.dates["date"] <= pd.Timestamp(table.connotation.base_date)].sort_values("date")
        self.day = {use: self._day(days, use) / self._day(first, use) for use in self.stated}
        self.far = {use: rows.sort_values("floor_area_ratio") for use, rows in table.far.groupby("use")}
        self.curve = {use: (rows.floor_area_ratio.tolist(), rows.factor.tolist()) for use, rows in self.far.items()}
        self.places = table.factor_decimals

    @staticmethod
    def _day(rows: pd.DataFrame, use: str) -> float:
        return float(rows.loc[rows["use"].isin([use, ""]), "index"].iloc[-1])

    def of(self, row: pd.Series) -> tuple[int, int]:
        """Unit price and total [fen] of a parcel."""
        use = row["price_use"]
        stated = self.stated[use]
        percent = sum(self.percent[use, name][row[name]] for name in self.names if (use, name) in self.percent)
        rate, legal = stated["capitalisation_rate"], stated["legal_term"]
        term = float(row["term"] or legal)
        years = (1 - (1 + rate) ** -term) / (1 - (1 + rate) ** -legal)
        price = self.price[row["township"], row["grade"], use] * (1 + percent / 100)
        for factor in (self.day[use], years, self._ratio(use, row["floor_area_ratio"])):
            price *= floor(factor * 10**self.places + 0.5) / 10**self.places
        for rows in self.steps.values():
            price *= self._step(rows, use, row)
        fen = floor((price + self._development(row["development"] or stated["development"], stated)) * 100 + 0.5)
        return fen, (fen * round(row["area"] * 100) + 50) // 100

    def _ratio(self, use: str, ratio: float) -> float:
        ratios, factors = self.curve.get(use, ([], []))
        if not ratios:
            return 1.0
        at = min(max(bisect_right(ratios, ratio), 1), len(ratios) - 1)
        part = (ratio - ratios[at - 1]) / (ratios[at] - ratios[at - 1])
        return factors[at - 1] + part * (factors[at] - factors[at - 1])

    @staticmethod
    def _step(rows: list[dict], use: str, parcel: pd.Series) -> float:
        for row in rows:
            if row["use"] in (use, ""):
                value = parcel[row["column"]]
                if value == row["level"] if row["level"] else row["low"] <= value and not value >= row["high"]:
                    return row["factor"]
        return 1.0

    def _development(self, own: str, stated: dict) -> float:
        items = ("通路", "通电", "供水", "排水", "通讯", "通气", "供热")
        count = {"三通": 3, "五通": 5, "七通": 7}
        has, base = (set(items[: count[text[:2]]]) for text in (own, stated["development"]))
        return sum(self.cost[item] for item in has - base) - sum(self.cost[item] for item in base - has)


class BarePrice:
    """The notice in arrays, the parcels in numbers, and the prices of a block of them."""

    def __init__(self, parcels: pd.DataFrame, price: RowPrice) -> None:
        uses, places = list(price.stated), list(price.price)
        towns, grades = (list(dict.fromkeys(place[part] for place in places)) for part in (0, 1))
        self.use = number(parcels["price_use"], uses)
        grid = np.full((len(towns), len(grades), len(uses)), np.nan)
        for (town, grade, use), value in price.price.items():
            if town in towns and grade in grades and use in uses:
                grid[towns.index(town), grades.index(grade), uses.index(use)] = value
        self.grid, size = grid.ravel(), len(grades)
        self.cell = (number(parcels["township"], towns) * size + number(parcels["grade"], grades)) * len(
            uses
        ) + self.use
        self.levels = {name: number(parcels[name], list(LEVELS)) for name in price.names}
        self.percents = {
            name: np.array([[price.percent.get((use, name), {}).get(level, 0.0) for level in LEVELS] for use in uses])
            for name in price.names
        }
        self.day = np.array([rounded(price.day[use], price.places) for use in uses])
        self.legal, self.rate = (
            np.array([price.stated[use][key] for use in uses]) for key in ("legal_term", "capitalisation_rate")
        )
        self.years = pd.to_numeric(parcels["term"]).to_numpy(dtype=np.float64)
        self.ratio, self.area = (parcels[name].to_numpy() for name in ("floor_area_ratio", "area"))
        self.curves, self.places = [price.curve.get(use) for use in uses], price.places
        own = list(DEVELOPMENT)
        self.own = number(parcels["development"], own)
        stated = [price.stated[use] for use in uses]
        self.cost = np.array([[price._development(has or each["development"], each) for each in stated] for has in own])
        self.steps = [self._step(parcels, rows, uses) for rows in price.steps.values()]

    @staticmethod
    def _step(parcels: pd.DataFrame, rows: list[dict], uses: list[str]) -> tuple[npt.NDArray, Floats, Floats]:
        """What is looked up, the lower ends of its bands, and a factor a use and level or band."""
        column = parcels[rows[0]["column"]]
        levels = list(dict.fromkeys(row["level"] for row in rows))
        ends = np.unique([row["low"] if row["low"] > 0 else 0.0 for row in rows])
        table = np.ones((len(uses), max(len(levels), len(ends))))
        for row in reversed(rows):
            at = (
                [levels.index(row["level"])]
                if row["level"]
                else np.flatnonzero(~(ends < row["low"]) & ~(ends >= row["high"]))
            )
            of = [place for place, use in enumerate(uses) if row["use"] in (use, "")]
            table[np.ix_(of, at)] = row["factor"]
        return (number(column, levels), np.empty(0), table) if levels[0] else (column.to_numpy(), ends, table)

    def block(self, at: slice) -> tuple[Whole, Whole, Floats, Floats]:
        """Unit prices and totals [fen], floor prices [元/㎡] and 万元/亩 of some parcels."""
        use, ratio = self.use[at], self.ratio[at]
        percent = sum(table[use, self.levels[name][at]] for name, table in self.percents.items())
        legal, rate = self.legal[use], 1 + self.rate[use]
        years = np.where(np.isnan(self.years[at]), legal, self.years[at])
        product = self.grid[self.cell[at]] * (1 + percent / 100) * self.day[use]
        product *= rounded((1 - rate**-years) / (1 - rate**-legal), self.places)
        for number_of, curve in enumerate(self.curves):
            if curve:
                rows = np.flatnonzero(use == number_of)
                product[rows] *= rounded(np.interp(ratio[rows], *curve), self.places)
        for values, ends, table in self.steps:
            step = np.searchsorted(ends, values[at], side="right") - 1 if len(ends) else values[at]
            product *= table[use, step]
        fen = rounded((product + self.cost[self.own[at], use]) * 100, 0).astype(np.int64)
        total = (fen * np.rint(self.area[at] * 100).astype(np.int64) + 50) // 100
        return fen, total, rounded(fen / 100 / ratio, 2), (2 * fen + 15) // 30 / 100


def number(texts: pd.Series, known: list[str]) -> Whole:
    """Place of each text among those known."""
    return pd.Index(known).get_indexer(pd.Index(texts)).astype(np.int64)


def rounded(values: Floats, places: int) -> Floats:
    """Half up, as floating point has it."""
    return np.floor(values * 10**places + 0.5) / 10**places


def drawn(rows: int) -> Job:
    """Parcels of the sample county's notice, each fact drawn for itself."""
    county = read_county(sample_county())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        scenario = read_scenario(county, "EPSG:4547")
    table, rng = scenario.price_table, np.random.default_rng(20261)
    cells = table.prices[table.prices["unit_price"].notna() & table.prices["township"].ne("")]
    key = cells[["township", "grade", "use"]].iloc[rng.integers(0, len(cells), rows)]
    columns: dict[str, object] = {name: key[column].to_numpy() for name, column in KEY.items()}
    for factor in dict.fromkeys(table.factors["factor"]):
        columns[factor] = np.array(LEVELS, dtype=object)[rng.integers(0, len(LEVELS), rows)]
    for name, rows_of in table.steps[table.steps["level"].ne("")].groupby("column"):
        levels = rows_of["level"].unique()
        columns[str(name)] = np.asarray(levels, dtype=object)[rng.integers(0, len(levels), rows)]
    columns["term"], columns["development"] = rng.choice(TERMS, rows), rng.choice(DEVELOPMENT, rows)
    columns["area"] = np.round(np.exp(rng.uniform(np.log(200), np.log(50_000), rows)), 2)
    low = table.far.groupby("use")["floor_area_ratio"].min().reindex(key["use"]).fillna(1.0).to_numpy()
    high = table.far.groupby("use")["floor_area_ratio"].max().reindex(key["use"]).fillna(2.0).to_numpy()
    columns["floor_area_ratio"] = np.clip(np.round(rng.uniform(low, high), 1), low, high)
    codes = pd.Index(np.char.add("411081001001JB", np.arange(10**7, 10**7 + rows).astype("U8")), name="parcel_code")
    parcels = pd.DataFrame(columns, index=codes.astype("str"))
    texts = [name for name in parcels.columns if name not in ("area", "floor_area_ratio")]
    return Job(parcels.astype(dict.fromkeys(texts, "str")), table, scenario.on)


KEY = {"township": "township", "grade": "grade", "price_use": "use"}


def require_equal(ours: object, name: str, other: object) -> None:
    """Stop unless unit prices and totals are ours to the fen, ties that floating point cannot decide aside."""
    assert isinstance(ours, pd.DataFrame)
    unit, total = other[:2] if isinstance(other, tuple) else (np.asarray(other)[:, 0], np.asarray(other)[:, 1])
    head = ours.iloc[: len(unit)]
    off = head["unit_price_fen"].to_numpy() != unit
    if off.sum() > len(unit) * 1e-4 or (np.abs(head["unit_price_fen"].to_numpy() - unit) > 1).any():
        raise AssertionError(f"{name}: {int(off.sum())} unit prices differ")
    np.testing.assert_array_equal(head["total_price_fen"].to_numpy()[~off], total[~off], err_msg=name)


def contests(_folder: Path, size: int) -> tuple[int, Sequence[Contest]]:
    """What is asked about so many parcels."""
    job = drawn(size)
    assert len(job.numbers.use) == len(job.factors[0])
    part = min(ROWS, size)
    sides = {
        OURS: job.ours,
        BARE: job.bare,
        PRODUCT: job.product,
        "pandas apply 逐行": Part(lambda: job.by_row(part), size / part),
    }
    question, target = "基准地价，公开的函数，含检查与全部说明列", "千万宗 3 秒，不超过裸运算的 4 倍"
    return size, [Contest(question, target, sides, require_equal, {BARE: 1 / 4}, most=0.3)]


if __name__ == "__main__":
    main("benchmarks.price", "benchmark prices", contests)
