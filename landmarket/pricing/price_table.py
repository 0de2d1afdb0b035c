"""The benchmark-price notice as a value: prices, connotation and correction tables (基准地价表、价格内涵、修正体系)."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from landmarket.display import frame_table, paragraph, rows_table, shown_text
from landmarket.errors import BadValueError, ReadError
from landmarket.pricing.rounding import Floats, rounded_exactly

LEVELS = ("优", "较优", "一般", "较劣", "劣")
"""The five levels of a factor, best first."""
_BASIS = {
    "use": "用途",
    "grade": "级别",
    "legal_term": "法定最高年期（年）",
    "floor_area_ratio": "容积率",
    "development": "开发程度",
    "capitalisation_rate": "土地还原率",
    "price_form": "地价类型",
}


class PriceForm(StrEnum):
    """What a benchmark price is stated per (地价类型): square metre of land, or of floor area."""

    LAND = "地面地价"
    FLOOR = "楼面地价"


class Outside(StrEnum):
    """What happens to a floor-area ratio outside the table (容积率表外处理)."""

    RAISE = "raise"
    CLAMP = "clamp"


@dataclass(frozen=True)
class Formula:
    """One variant of the coefficient formula (系数修正法公式), as notices publish them.

    Attributes
    ----------
    name : str
        Name by which a notice chooses it.
    date_by : str
        ``index``: ratio of two indices; ``growth``: one plus a growth figure.
    growth : str
        ``simple`` or ``compound`` for growth by the month; empty otherwise.
    far_on_floor_price : bool
        Whether a floor price (楼面地价) is also corrected for its floor-area ratio.
    text : str
        The formula in Chinese.
    note : str
        How its terms are read.
    source : str
        Where the variant was seen.
    """

    name: str
    date_by: str
    growth: str
    far_on_floor_price: bool
    text: str
    note: str
    source: str


@cache
def formulas() -> dict[str, Formula]:
    """Return the known variants of the coefficient formula by name.

    Returns
    -------
    dict of str to Formula
        As in ``formulas.csv``.
    """
    text = files("landmarket.pricing").joinpath("data/formulas.csv").read_text(encoding="utf-8-sig")
    return {
        row["name"]: Formula(
            name=row["name"],
            date_by=row["date_by"],
            growth=row["growth"],
            far_on_floor_price=row["far_on_floor_price"] == "是",
            text=row["text"],
            note=row["note"],
            source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    }


@dataclass(frozen=True, eq=False)
class Connotation:
    """The basis the prices are stated on (价格内涵).

    Attributes
    ----------
    base_date : date
        Valuation date of the notice (估价期日).
    rights : str
        Rights the price covers (权利类型).
    by_use : DataFrame
        One row per use, or per use and grade (``grade`` empty: all grades), with ``legal_term`` [年, inf where
        unlimited], ``floor_area_ratio``, ``development``, ``capitalisation_rate`` [fraction] and ``price_form``.
        What the notice leaves open is missing.
    """

    base_date: date
    rights: str
    by_use: pd.DataFrame


def no_findings() -> pd.DataFrame:
    """Return an empty table of findings.

    Returns
    -------
    DataFrame
        Columns severity, where, value, message, cure.
    """
    return pd.DataFrame({name: pd.Series(dtype="str") for name in ("severity", "where", "value", "message", "cure")})


@dataclass(frozen=True, eq=False, repr=False)
class PriceTable:
    """A price notice (基准地价公告): prices by township × grade × use, their basis and their corrections.

    An empty text in ``township``, ``grade`` or ``use`` of any table means "all of them".

    Attributes
    ----------
    name, document, source : str
        Title, number and origin of the notice.
    connotation : Connotation
        The basis of the prices.
    prices : DataFrame
        ``township, grade, use, unit_price`` [元/㎡]; a missing price is a cell without one.
    grade_ranges : DataFrame
        ``township, use, grade, village``; one row per village named.
    uses : DataFrame
        ``use, scheme, code``: beginnings of land-use codes that are priced as this use.
    dates : DataFrame
        ``date, use, index``.
    far : DataFrame
        ``use, grade, floor_area_ratio, factor``.
    factors : DataFrame
        ``use, grade, factor`` and the five levels [%].
    steps : DataFrame
        ``name, use, column, low, high, level, factor``: bands [low, high) or levels of a parcel column.
    development : DataFrame
        ``item, unit_cost`` [元/㎡].
    published : date or None
        Day of publication.
    decimals : int
        Decimals of a unit price [元/㎡].
    factor_decimals : int
        Decimals to which every factor is rounded before it multiplies.
    far_outside : Outside
        What happens to floor-area ratios outside the table.
    formula : Formula
        Variant of the formula.
    monthly_growth : Decimal or None
        Growth by the month [fraction], for the variants that use it.
    index_valid_months : int or None
        Months after its last row that the date index may be used without a warning; None: the package's rule.
    findings : DataFrame
        What reading found: severity, where, value, message, cure.
    """

    name: str
    document: str
    source: str
    connotation: Connotation
    prices: pd.DataFrame
    grade_ranges: pd.DataFrame
    uses: pd.DataFrame
    dates: pd.DataFrame
    far: pd.DataFrame
    factors: pd.DataFrame
    steps: pd.DataFrame
    development: pd.DataFrame
    published: date | None = None
    decimals: int = 2
    factor_decimals: int = 6
    far_outside: Outside = Outside.RAISE
    formula: Formula = field(default_factory=lambda: formulas()["指数"])
    monthly_growth: Decimal | None = None
    index_valid_months: int | None = None
    findings: pd.DataFrame = field(default_factory=no_findings)

    def __post_init__(self) -> None:
        """Check what the arithmetic relies on."""
        if not 0 <= self.decimals <= 2:
            raise ReadError(f"{self.name}：单价小数位 {self.decimals} 不在 0—2 之间。办法：改正公告说明。")
        if not 1 <= self.factor_decimals <= 9:
            raise ReadError(f"{self.name}：系数小数位 {self.factor_decimals} 不在 1—9 之间。办法：改正公告说明。")
        if self.formula.date_by == "growth" and self.monthly_growth is None:
            raise ReadError(f"{self.name}：公式 {self.formula.name} 需要月增长率。办法：在公告说明中补充。")

    @property
    def citation(self) -> str:
        """Cite the notice as a worksheet does.

        Returns
        -------
        str
            Title, number and base date.
        """
        number = f"（{self.document}）" if self.document else ""
        return f"{self.name}{number}，估价期日 {self.connotation.base_date}"

    def scaled(self, factor: float | Decimal) -> PriceTable:
        """Return the same notice with every price multiplied.

        Parameters
        ----------
        factor : float or Decimal
            What to multiply with; positive.

        Returns
        -------
        PriceTable
            Prices rounded half-up to the notice's decimals; the name says what was done.

        Raises
        ------
        BadValueError
            If the factor is not a positive number.
        """
        if not 0 < float(factor) < float("inf"):
            raise BadValueError(f"基准地价表缩放系数 {factor} 应为正数。办法：如上调一成写 1.1。")
        printed: Floats = self.prices["unit_price"].to_numpy(dtype=np.float64)
        times: Floats = np.full(len(printed), float(factor))
        product = printed * times
        scaled = rounded_exactly(product, self.decimals, lambda pair: pair[0] * pair[1], [printed, times], product)
        prices = self.prices.assign(unit_price=scaled)
        return replace(self, prices=prices, name=f"{self.name}（×{factor}）")

    def __repr__(self) -> str:
        """Name the notice instead of printing its tables."""
        priced = int(self.prices["unit_price"].notna().sum())
        return f"<PriceTable {self.citation}，{priced} 个价格，{len(self.findings)} 处问题>"

    def _repr_html_(self) -> str:
        """Show the notice in a notebook: prices by grade and use, their basis, what reading found."""
        published = f"，{self.published} 公布" if self.published else ""
        head = paragraph(f"{self.citation}{published}", self.connotation.rights, f"来源：{self.source}")
        basis = self.connotation.by_use.astype("object").replace(np.inf, "不限").rename(columns=_BASIS)
        tail = paragraph(self.formula.text, f"读取时发现 {len(self.findings)} 处问题（见 .findings）")
        return head + self._price_grid() + frame_table(basis) + tail

    def _price_grid(self) -> str:
        """Township and grade down, use across, as notices print prices; what is printed twice is shown twice."""
        uses = list(dict.fromkeys(self.prices["use"]))
        rows: dict[tuple[str, str], dict[str, list[str]]] = {}
        columns = ("township", "grade", "use", "unit_price")
        for township, grade, use, price in zip(*(self.prices[name] for name in columns), strict=True):
            rows.setdefault((township, grade), {}).setdefault(use, []).append(shown_text(price))
        return rows_table(
            ["乡镇", "级别", *(f"{use or '各用途'}（元/㎡）" for use in uses)],
            [
                [township or "各乡镇", grade or "各级别", *("、".join(cells.get(use, [])) or None for use in uses)]
                for (township, grade), cells in rows.items()
            ],
        )
