"""Counties to compile: one of the mind, compiled in milliseconds, and one on disk, with everything it hands over.

What stands here about prices is arithmetic of its own, in fractions and plain loops: nothing of the package computes
what the tests expect.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from landmarket.pricing import write_price_table
from landmarket.pricing.compilation import CompileRule, GradedVillages, UsePricing
from landmarket.pricing.compilation.rule import CellAverage, CellKey, FarSource, HalfStep, Sparse
from landmarket.pricing.price_table import LEVELS, Connotation, PriceForm, PriceTable
from tests.graded_county import corner, write_county

BASE = date(2025, 1, 1)
TOWNSHIPS = ("东镇", "西镇")
GRADES = {"商服": ("I", "II", "III"), "工业": ("I", "II")}
TERM = {"商服": 40, "工业": 50}
RATE = {"商服": Fraction(65, 1000), "工业": Fraction(55, 1000)}
STANDARD_FAR = {"商服": Fraction(7, 5), "工业": Fraction(1)}
FAR = {"商服": {"1.0": "0.8387", "1.2": "0.9213", "1.4": "1", "1.6": "1.1035", "2.0": "1.2987"}}
"""Rows of the published commercial table of 吉安, baseline 1.4; industry has none."""

INDEX = {"2022-01-01": "91.27", "2023-01-01": "94.09", "2024-01-01": "97", "2025-01-01": "100", "2026-01-01": "100.9"}
COSTS = {"通路": 20, "供水": 15, "排水": 12, "通电": 18, "通讯": 10, "场地平整": 25, "通气": 8}
THREE = frozenset({"通路", "供水", "通电", "场地平整"})
DEGREES = {"三通一平": THREE, "五通一平": THREE | {"排水", "通讯"}, "六通一平": THREE | {"排水", "通讯", "通气"}}
"""What 三通 … 六通 consist of (domain rules, 价格内涵); no cost of 供热 is known here."""

Fact = str | float | None


def _term(use: str, years: Fraction) -> Fraction:
    """(1 − (1 + r)^−n) / (1 − (1 + r)^−N), exact for whole years."""
    grown = 1 + RATE[use]
    return (1 - grown ** -int(years)) / (1 - grown ** -TERM[use])


def _index(day: date) -> Fraction:
    """The index on a day, on the straight line between the two dates around it."""
    known = [(date.fromisoformat(each), Fraction(value)) for each, value in INDEX.items()]
    for (before, low), (after, high) in pairwise(known):
        if before <= day <= after:
            return low + (high - low) * Fraction((day - before).days, (after - before).days)
    raise ValueError(day)


def _far(use: str, ratio: Fraction) -> Fraction:
    """The factor at a ratio, on the straight line between the two rows around it."""
    if use not in FAR:
        return Fraction(1)
    rows = [(Fraction(each), Fraction(factor)) for each, factor in FAR[use].items()]
    for (left, low), (right, high) in pairwise(rows):
        if left <= ratio <= right:
            return low + (high - low) * (ratio - left) / (right - left)
    raise ValueError(ratio)


def _development(degree: str) -> int:
    wanted, there = DEGREES["五通一平"], DEGREES[degree]
    return sum(COSTS[item] for item in wanted - there) - sum(COSTS[item] for item in there - wanted)


def multiplier(use: str, day: date, years: int, ratio: str) -> Fraction:
    """What a deal price is multiplied by to stand on the connotation."""
    return _index(BASE) / _index(day) / _term(use, Fraction(years)) / _far(use, Fraction(ratio))


def addition(degree: str) -> int:
    """What is added after that for the development degree [元/㎡]."""
    return _development(degree)


def annuity(use: str) -> Fraction:
    """Worth of a yearly rent of 1 over the legal term: (1 − (1 + r)^−N) / r."""
    return (1 - (1 + RATE[use]) ** -TERM[use]) / RATE[use]


def cents(exact: Fraction) -> float:
    """An exact price rounded half-up to two decimals."""
    return float((Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def edition(**changes: object) -> PriceTable:
    """The last edition."""
    return replace(_edition(), **changes)  # type: ignore[arg-type] # each by its name


@cache
def _edition() -> PriceTable:
    uses = list(GRADES)
    by_use = pd.DataFrame(
        {
            "use": uses,
            "grade": "",
            "legal_term": [float(TERM[use]) for use in uses],
            "floor_area_ratio": [float(STANDARD_FAR[use]) for use in uses],
            "development": "五通一平",
            "capitalisation_rate": [float(RATE[use]) for use in uses],
            "price_form": PriceForm.LAND.value,
        }
    ).astype({"use": "str", "grade": "str"})
    return PriceTable(
        name="某县集体建设用地基准地价",
        document="某政〔2022〕1号",
        source="示例，虚构",
        connotation=Connotation(date(2022, 1, 1), "集体建设用地出让", by_use),
        prices=pd.DataFrame(
            [("", grade, use, 100.0) for use in uses for grade in GRADES[use]],
            columns=["township", "grade", "use", "unit_price"],
        ),
        grade_ranges=pd.DataFrame(columns=["township", "use", "grade", "village"], dtype="str"),
        uses=pd.DataFrame(
            {"use": uses, "scheme": "用地用海分类2023", "code": ["09", "10"]},
            dtype="str",
        ),
        dates=dates({"2022-01-01": "100"}),
        far=pd.DataFrame(
            [(use, "", float(r), float(k)) for use, rows in FAR.items() for r, k in rows.items()],
            columns=["use", "grade", "floor_area_ratio", "factor"],
        ),
        factors=pd.DataFrame(
            {name: pd.Series(dtype="str") for name in ("use", "grade", "factor")}
            | {level: pd.Series(dtype="float64") for level in LEVELS}
        ),
        steps=no_steps(),
        development=pd.DataFrame({"item": list(COSTS), "unit_cost": [float(cost) for cost in COSTS.values()]}),
    )


def no_steps() -> pd.DataFrame:
    """A table of steps without rows."""
    texts = {name: pd.Series(dtype="str") for name in ("name", "use", "column", "level")}
    numbers = {name: pd.Series(dtype="float64") for name in ("low", "high", "factor")}
    return pd.DataFrame(texts | numbers)[["name", "use", "column", "low", "high", "level", "factor"]]


def connotation(table: PriceTable, **columns: object) -> PriceTable:
    """The edition with columns of its connotation changed."""
    stated = replace(table.connotation, by_use=table.connotation.by_use.assign(**columns))
    return replace(table, connotation=stated)


def dates(index: Mapping[str, str], use: str = "") -> pd.DataFrame:
    """An index as rules and notices hold it."""
    days = pd.to_datetime(list(index)).astype("datetime64[s]")
    return pd.DataFrame({"date": days, "use": use, "index": [float(value) for value in index.values()]})


FACTORS = {"商服": {"繁华": "商服繁华度", "道路": "道路通达度"}, "工业": {"道路": "道路通达度"}}


def pricing(use: str, **changes: object) -> UsePricing:
    """How a use is priced."""
    return replace(UsePricing(use, FACTORS[use], FarSource.LAST_EDITION), **changes)  # type: ignore[arg-type] # by name


def rule(**changes: object) -> CompileRule:
    """The county's rule: median, prices to 5 元/㎡, three samples at least, no screen."""
    plain = CompileRule(
        name="某县集体建设用地基准地价（编制稿）",
        document="",
        source="示例，虚构",
        county="411081",
        verified=True,
        base_date=BASE,
        last_edition=Path("edition"),
        samples=Path("samples.csv"),
        key=CellKey.GRADE,
        average=CellAverage.MEDIAN,
        round_to=5.0,
        least_samples=3,
        sparse=Sparse.MERGE,
        span=(0.0, 1.0),
        half_step=HalfStep.TRUNCATE,
        level=0.95,
        resamples=50,
        seed=7,
        index=dates(INDEX),
        case_factors={},
        screens=(),
        uses=tuple(map(pricing, GRADES)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # each by its name


VILLAGES = tuple(f"{name}村" for name in "甲乙丙丁戊己庚辛壬癸子丑")


def graded(names: Mapping[str, Sequence[str]] = GRADES) -> GradedVillages:
    """Twelve villages, odd ones in the east; the better grades take the first villages of each use."""
    rows = []
    for use, own in names.items():
        for number, village in enumerate(VILLAGES):
            rank = number * len(own) // len(VILLAGES)
            code = f"41108100{number % 2 + 1}{number:03d}"
            rows.append((use, code, TOWNSHIPS[number % 2], village, own[rank], 90.0 - 5.0 * number))
    columns = ["use", "village_code", "township", "village", "grade", "score"]
    weights = {
        "商服": pd.Series({"商服繁华度": 0.45, "道路通达度": 0.3, "设施": 0.25}),
        "工业": pd.Series({"道路通达度": 0.6, "设施": 0.4}),
    }
    return GradedVillages(
        pd.DataFrame(rows, columns=columns),
        {use: weights[use] for use in names},
        {use: tuple(own) for use, own in names.items()},
    )


_SAMPLE: dict[str, Fact | pd.Timestamp] = {
    "sample_kind": "出让",
    "parcel_code": None,
    "price_use": "商服",
    "grade": "I",
    "mode": "挂牌",
    "deal_on": "2025-01-01",
    "area": 1000.0,
    "term_years": 40.0,
    "floor_area_ratio": 1.4,
    "deal_unit_price": 800.0,
    "unit_rent": None,
    "development": "五通一平",
    "note": None,
}


def samples(*rows: Mapping[str, Fact]) -> pd.DataFrame:
    """Samples as the sheet is read; what a row does not say stands on the connotation of 商服."""
    facts = [{**_SAMPLE, **row} for row in rows]
    names = [str(row.get("sample_id", f"Y{number:03d}")) for number, row in enumerate(facts)]
    table = pd.DataFrame(facts, index=pd.Index(names, name="sample_id")).drop(columns="sample_id", errors="ignore")
    numbers = ["area", "term_years", "floor_area_ratio", "deal_unit_price", "unit_rent"]
    texts = [name for name in table.columns if name not in (*numbers, "deal_on")]
    days = pd.to_datetime(table["deal_on"]).astype("datetime64[s]")
    return table.astype(dict.fromkeys(numbers, "float64") | dict.fromkeys(texts, "str")).assign(deal_on=days)


def deal(
    use: str, standard: float, *, day: str = "2025-01-01", years: int = 0, ratio: str = "", degree: str = "五通一平"
) -> dict[str, Fact]:
    """A deal whose price, on the connotation, is ``standard``: the correction solved for the price."""
    years, ratio = years or TERM[use], ratio or str(float(STANDARD_FAR[use]))
    raw = (Fraction(standard) - addition(degree)) / multiplier(use, date.fromisoformat(day), years, ratio)
    return {
        "price_use": use,
        "deal_on": day,
        "term_years": float(years),
        "floor_area_ratio": float(ratio),
        "development": degree,
        "deal_unit_price": float(raw),
    }


def lease(use: str, standard: float, *, ratio: str = "") -> dict[str, Fact]:
    """A rent that, capitalised, gives ``standard``."""
    ratio = ratio or str(float(STANDARD_FAR[use]))
    rent = Fraction(standard) / multiplier(use, BASE, TERM[use], ratio) / annuity(use)
    return {
        "price_use": use,
        "sample_kind": "出租",
        "term_years": 10.0,
        "floor_area_ratio": float(ratio),
        "deal_unit_price": None,
        "unit_rent": float(rent),
    }


def priced_samples(
    prices: Mapping[tuple[str, str], Sequence[float]], seed: int = 1, names: Mapping[str, Sequence[str]] = GRADES
) -> pd.DataFrame:
    """Deals and rents on all kinds of terms, by use and grade: what each is worth on the connotation."""
    rng = np.random.default_rng(seed)
    villages = graded(names).villages
    rows = []
    for (use, grade), worths in prices.items():
        home = villages.loc[villages["use"].eq(use) & villages["grade"].eq(grade), "village_code"].to_list()
        for worth in worths:
            ratio = f"{rng.integers(10, 21) / 10:.1f}"
            facts = lease(use, worth, ratio=ratio)
            if rng.random() < 0.7:
                day = date.fromordinal(int(rng.integers(date(2022, 1, 1).toordinal(), BASE.toordinal() + 1)))
                degree = str(rng.choice(list(DEGREES)))
                years = int(rng.choice([20, 30, TERM[use]]))
                facts = deal(use, worth, day=f"{day}", years=years, ratio=ratio, degree=degree)
            code = f"411081{len(rows):013d}"
            rows.append({**facts, "village_code": str(rng.choice(home)), "parcel_code": code})
    return samples(*rows).drop(columns="grade")


RULE = """name = "样例县基准地价（编制稿）"
source = "示例，虚构"
county = "411081"
verified = true
base_date = 2025-01-01
last_edition = "edition"
samples = "sheet.csv"
key = "grade"
average = "median"
round_to = 5
least_samples = 3
sparse = "merge"
span = [0.1, 0.9]
half_step = "truncate"
level = 0.95
resamples = 50
seed = 7

[[index]]
date = 2022-01-01
value = 91.27

[[index]]
date = 2025-01-01
value = 100

[[screen]]
name = "关联方交易"
rule = "text"
column = "note"
words = ["关联方"]

[[use]]
name = "商服"
far = "last_edition"

  [[use.factor]]
  name = "道路"
  weight_of = "道路通达度"

  [[use.factor]]
  name = "设施"
  weight_of = "设施保障率"

[[use]]
name = "工业"
far = "last_edition"

  [[use.factor]]
  name = "道路"
  weight_of = "道路通达度"
"""
"""The rule of the county on disk, whose factors `tests.graded_county` grades."""

_HEADER = (
    *("样点编号", "样点类型", "宗地代码", "用途", "交易方式", "成交日期", "面积（㎡）", "使用年期", "容积率"),
    *("成交单价（元/㎡）", "年租金（元/㎡·年）", "开发程度", "东坐标（m）", "北坐标（m）", "备注"),
)
SHEET: list[tuple[Fact | int, ...]] = [
    (
        *(f"Y{number:02d}", "出让", f"411081{number // 2:013d}", use, "挂牌", "2025-01-01", 1200, TERM[use]),
        *(float(STANDARD_FAR[use]), (900 if use == "商服" else 200) - 10 * (number % 12) + number // 12 % 3, None),
        *("五通一平", number % 12, 500 + number, "关联方" if number == 5 else None),
    )
    for number, use in enumerate([*["商服"] * 36, *["工业"] * 36])
]
"""The sample sheet: as its header says, but for the village a sample lies in, and how far from its corner [m]."""


def write_sheet(path: Path, rows: Sequence[Sequence[Fact | int]] = SHEET) -> None:
    """Write a sample sheet."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(_HEADER)
        for *facts, village, off, note in rows:
            x, y = corner(int(village)) if isinstance(village, int) else (None, None)
            place = ("", "") if x is None or y is None else (x + float(off or 0), y + float(off or 0))
            lines.writerow([*facts, *place, note])


def write_compile_county(folder: Path, rule_text: str = RULE, names: Mapping[str, str] | None = None) -> Path:
    """Write a county of twelve villages that can be compiled; give its folder."""
    write_county(folder, names)
    write_price_table(edition(), folder / "edition")
    write_sheet(folder / "sheet.csv")
    (folder / "compile.toml").write_text(rule_text, encoding="utf-8")
    with (folder / "county.toml").open("a", encoding="utf-8") as file:
        file.write('compile_rule = "compile.toml"\n')
    return folder
