"""What decides a scenario (情景), and what it gives (结果)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

import geopandas as gpd
import pandas as pd

from landmarket.columns import UNKNOWN_TOWNSHIP
from landmarket.display import pairs_table
from landmarket.distribution import SplitRule
from landmarket.market.terms import DealTerms
from landmarket.pricing.price_table import PriceTable
from landmarket.rules import as_day
from landmarket.units import wan_text
from landmarket.zoning.conditions import UNCHOSEN
from landmarket.zoning.constraints import ConstraintLayer
from landmarket.zoning.entry import EntryRule

_ENDS = {"upper": "上限", "lower": "下限"}
ALLOWED = "可入市"
TOTAL = "合计"
GAPS = {
    "price_gap": "没有地价",
    "allowed_price_gap": "其中可入市",
    "far_gap": "其中容积率是区间而没有选定取值",
    "deal_gap": "有地价、可入市而未模拟交易",
    "split_gap": "未分配",
}
"""What `Outcome.gaps` counts, in Chinese."""
_MONEY = (
    "total_price_fen",
    "deal_price_fen",
    "fund_fen",
    "tax_fen",
    "cost_fen",
    "township_fen",
    "reclaimed_fen",
    "village_fen",
    "group_fen",
    "members_fen",
)


@dataclass(frozen=True, eq=False, repr=False)
class Scenario:
    """Everything but the parcels that decides the outcome (情景); change it with `dataclasses.replace`.

    Attributes
    ----------
    name : str
        Name on outputs.
    on : date
        Day of entry and valuation (入市、估价期日).
    seed : int
        Seed of the simulated deals.
    villages, plan, owners : GeoDataFrame
        Villages, planning layer and collective ownership, in the parcels' coordinate system.
    constraints : tuple of ConstraintLayer
        Layers that forbid, warn, or must be checked.
    price_table : PriceTable
        The benchmark-price notice.
    floor_area_ratio : mapping of str to str
        Per price use, which end of a planned range prices the parcel: ``"upper"`` or ``"lower"``.
    entry_rule, terms, split_rule : EntryRule, DealTerms, SplitRule
        The county's rules.
    """

    name: str
    on: date
    seed: int
    villages: gpd.GeoDataFrame
    plan: gpd.GeoDataFrame
    owners: gpd.GeoDataFrame
    constraints: tuple[ConstraintLayer, ...]
    price_table: PriceTable
    floor_area_ratio: Mapping[str, str]
    entry_rule: EntryRule
    terms: DealTerms
    split_rule: SplitRule

    def __post_init__(self) -> None:
        """Take a day with a time of midnight as its date.

        Raises
        ------
        BadValueError
            If the day is no date.
        """
        object.__setattr__(self, "on", as_day(self.on, "Scenario"))

    def __repr__(self) -> str:
        """Name the scenario instead of printing its layers; the seed would tell of reserves."""
        return f"<Scenario {self.name}，{self.on:%Y-%m-%d}>"

    def _repr_html_(self) -> str:
        """List what the scenario rests on, in a notebook; every text is escaped."""
        return pairs_table(self.facts(), "项目", "内容")

    def facts(self) -> dict[str, str]:
        """List what the scenario rests on, in Chinese; neither seed nor reserve (情景依据).

        Returns
        -------
        dict of str to str
            Item and content.
        """
        return {
            "名称": self.name,
            "入市与估价期日": f"{self.on:%Y-%m-%d}",
            "村界、规划、所有权": f"{len(self.villages)}、{len(self.plan)}、{len(self.owners)} 个图斑",
            "管控图层": "、".join(f"{layer.name}（{layer.effect}，{len(layer.areas)}）" for layer in self.constraints),
            "基准地价": self.price_table.citation,
            "容积率区间取值": "、".join(f"{use} {_ENDS.get(end, end)}" for use, end in self.floor_area_ratio.items()),
            "入市办法": self.entry_rule.name,
            "交易条件": f"{self.terms.name}：{self.terms.mode}，{self.terms.form}",
            "收益分配办法": self.split_rule.name,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Outcome:
    """What a scenario gives (结果): one table per step, all indexed by parcel code.

    Attributes
    ----------
    parcels : GeoDataFrame
        Every accepted parcel with where it lies, who owns it, what is planned, and why it has no price.
    entry : DataFrame
        Whether it may enter the market, and why not; every parcel.
    prices : DataFrame
        Every factor and price; the parcels without a ``price_gap``.
    deals : DataFrame
        The simulated deal; the priced parcels that may enter. A parcel that cannot be offered on the terms has missing
        values, and the reason in ``deal_gap``.
    shares : DataFrame
        The split of each deal, on the deals' index. A deal whose income cannot be split has missing values, and the
        reason in ``split_gap``.
    """

    parcels: gpd.GeoDataFrame
    entry: pd.DataFrame
    prices: pd.DataFrame
    deals: pd.DataFrame
    shares: pd.DataFrame

    def __repr__(self) -> str:
        """Count the parcels of each step instead of printing all tables."""
        return f"<Outcome {'，'.join(f'{step} {text}' for step, text in self._steps().items())}>"

    def _repr_html_(self) -> str:
        """Sum each step up, in a notebook; every text is escaped."""
        return pairs_table(self._steps(), "步骤", "结果")

    def _steps(self) -> dict[str, str]:
        """What each step gave, in Chinese."""
        shared = {
            "调节金": "fund_fen",
            "乡镇集体": "township_fen",
            "村集体": "village_fen",
            "组集体": "group_fen",
            "成员": "members_fen",
        }
        return {
            "宗地": f"{len(self.parcels)} 宗",
            "入市资格": _counted(self.entry["allowed"]),
            "基准地价": f"{len(self.prices)} 宗，总地价 {_wan(self.prices['total_price_fen'])}",
            "交易": f"{_counted(self.deals['outcome'])}，成交价 {_wan(self.deals['deal_price_fen'])}",
            "分配": "、".join(f"{name} {_wan(self.shares[column])}" for name, column in shared.items()),
            "未算出（原因见各表的列）": "、".join(f"{GAPS[name]} {count} 宗" for name, count in self.gaps.items()),
        }

    @property
    def gaps(self) -> dict[str, int]:
        """How many parcels have no price, no deal simulated, no split, each with its reason in the column so named.

        ``allowed_price_gap`` counts those among the parcels without a price that may enter the market, ``far_gap``
        those whose floor-area ratio is a range of which no end is chosen for their use.
        """
        unpriced = self.parcels["price_gap"].ne("")
        return {
            "price_gap": int(unpriced.sum()),
            "allowed_price_gap": int((unpriced & self.entry["allowed"].eq(ALLOWED)).sum()),
            "far_gap": int(self.parcels["price_gap"].str.contains(UNCHOSEN, regex=False).sum()),
            "deal_gap": int(self.deals["deal_gap"].ne("").sum()),
            "split_gap": int(self.shares["split_gap"].ne("").sum()),
        }

    @property
    def table(self) -> gpd.GeoDataFrame:
        """All columns of all steps on the index of the parcels; missing where a step does not reach."""
        return cast("gpd.GeoDataFrame", self._columns(None))

    def _columns(self, asked: Collection[str] | None) -> pd.DataFrame:
        """Some columns of the table, or all; each is of the first step that has it."""
        parts: list[pd.DataFrame] = []
        known: set[str] = set()
        for step in (self.parcels, self.entry, self.prices, self.deals, self.shares):
            own = [name for name in step.columns if name not in known and (asked is None or name in asked)]
            known.update(own)
            parts.append(step[own] if step is self.parcels else step[own].reindex(self.parcels.index))
        return pd.concat(parts, axis=1)

    def totals(self) -> pd.DataFrame:
        """Sum by township.

        Returns
        -------
        DataFrame
            Index township and 合计; parcels, area [㎡], allowed, priced, sold, and money in integer fen.
        """
        told = self._columns({"township", "area", "allowed", "total_price_fen", "deal_price_fen", *_MONEY})
        counted = pd.DataFrame(
            {
                "township": told["township"].fillna(UNKNOWN_TOWNSHIP),
                "parcels": 1,
                "area": told["area"],
                "allowed": told["allowed"].eq(ALLOWED).astype("int64"),
                "priced": told["total_price_fen"].notna().astype("int64"),
                "sold": told["deal_price_fen"].notna().astype("int64"),
                **{name: told[name].astype("Int64").fillna(0).astype("int64") for name in _MONEY},
            }
        )
        sums = counted.groupby("township").sum()
        sums.loc[TOTAL] = sums.sum()
        whole = sums.columns.drop("area")
        return sums.astype(dict.fromkeys(whole, "int64"))


def _counted(values: pd.Series[str]) -> str:
    return "、".join(f"{value} {count} 宗" for value, count in values.value_counts().items())


def _wan(fen: pd.Series[int]) -> str:
    return f"{wan_text(int(fen.sum()))} 万元"
