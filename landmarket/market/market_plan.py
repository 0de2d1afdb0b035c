"""What simulating a county's market rests on (供应测算方案): demand, draws, supply rule, scenarios, reserves to try."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from landmarket.errors import RuleError
from landmarket.exact import MILLION, millionths
from landmarket.market.supply import SupplyOrder
from landmarket.rule_file import RuleFile, require_files
from landmarket.rules import load_toml

_MOST_DRAWS = 1_000_000
_MOST_RATIO = 10
_SWINGS = ("price", "bidders", "reserve", "quota", "fund_rate")


@dataclass(frozen=True)
class Swings:
    """By how much each assumption is changed to see how far the result moves (敏感性幅度), all relative.

    Attributes
    ----------
    price : Decimal
        Price level.
    bidders : Decimal
        Mean number of bidders.
    reserve : Decimal
        Ratio of the reserve.
    quota : Decimal
        Total quota of the supply rule.
    fund_rate : Decimal
        Rates of the adjustment fund (调节金).
    fund_document : str
        Document, with its number, by which changed rates stand outside the band; empty: as the rule has it.
    """

    price: Decimal
    bidders: Decimal
    reserve: Decimal
    quota: Decimal
    fund_rate: Decimal
    fund_document: str = ""

    @property
    def numbers(self) -> dict[str, Decimal]:
        """The swings by key."""
        return {key: getattr(self, key) for key in _SWINGS}


@dataclass(frozen=True)
class ReserveMethod:
    """A valuation that a reserve is weighed of (底价测算的估价方法). Internal.

    Attributes
    ----------
    name : str
        The method.
    ratio : Decimal
        Its value / price by the benchmark price.
    weight : Decimal
        Its weight.
    source : str
        What ratio and weight rest on.
    """

    name: str
    ratio: Decimal = field(repr=False)
    weight: Decimal = field(repr=False)
    source: str


@dataclass(frozen=True)
class MarketPlan:
    """What simulating a county's market rests on (供应测算方案).

    Attributes
    ----------
    name, source : str
        What the plan is called, and its document.
    verified : bool
        Whether the document was read.
    demand : Path
        Assumptions on demand, for `landmarket.market.demand.read_demand`.
    draws : int
        Number of draws.
    price_changes : tuple of Decimal
        Relative changes of the price level that are compared, ascending.
    reserve_ratios : tuple of Decimal
        Reserves that are tried / appraised price, ascending.
    kept_ratio : Decimal
        What the land is worth to the collective where it is not sold / appraised price.
    likely_failure : Decimal
        Chance of sale below which a parcel is called likely to fail.
    swings : Swings
        By how much each assumption is changed.
    target_wan : Decimal or None
        Deal prices that are hoped for altogether [万元]; None: the sum of the start prices.
    supply : Path or None
        Rule of the supply plan, for `landmarket.market.supply_rule.read_supply_rule`; None: all parcels are offered.
    order : SupplyOrder or None
        Order of the plan made by rule beside the best one; None without a supply rule.
    reserve_methods : tuple of ReserveMethod
        Valuations that the reserve is weighed of; may be empty.
    """

    name: str
    source: str
    verified: bool
    demand: Path
    draws: int
    price_changes: tuple[Decimal, ...]
    reserve_ratios: tuple[Decimal, ...]
    kept_ratio: Decimal
    likely_failure: Decimal
    swings: Swings
    target_wan: Decimal | None = None
    supply: Path | None = None
    order: SupplyOrder | None = None
    reserve_methods: tuple[ReserveMethod, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense.

        Raises
        ------
        RuleError
            Naming the keys.
        """
        checks = {
            f"draws = {self.draws} 应在 1 与 {_MOST_DRAWS} 之间": 1 <= self.draws <= _MOST_DRAWS,
            "price_changes 应大于 -1，由小到大，至少一个，如 [-0.1, 0, 0.1]": _rising(self.price_changes, -1),
            "reserve_ratios 应大于 0，由小到大，至少一个": _rising(self.reserve_ratios, 0),
            f"reserve_ratios 不应超过 {_MOST_RATIO}，疑把百分数写成整数": all(
                ratio <= _MOST_RATIO for ratio in self.reserve_ratios
            ),
            f"kept_ratio = {self.kept_ratio} 应在 0 与 1 之间": 0 <= self.kept_ratio <= 1,
            f"likely_failure = {self.likely_failure} 应在 0 与 1 之间": 0 <= self.likely_failure <= 1,
            f"target_wan = {self.target_wan} 应大于 0": self.target_wan is None or self.target_wan > 0,
            "supply 与 order 都写，或都不写": (self.supply is None) == (self.order is None),
        }
        checks |= {f"[swings] {key} 应大于 0 且小于 1": 0 < value < 1 for key, value in self.swings.numbers.items()}
        wrong = [text for text, holds in checks.items() if not holds] + _method_faults(self.reserve_methods)
        if wrong:
            raise RuleError(f"供应测算方案 {self.name}：{'；'.join(wrong)}。办法：改写规则文件。")
        for number in (*self.price_changes, *self.reserve_ratios, self.kept_ratio, *self.swings.numbers.values()):
            millionths(abs(number), f"供应测算方案 {self.name}")

    @property
    def files(self) -> list[Path]:
        """Every file that the plan names."""
        return [self.demand, *([self.supply] if self.supply else [])]


def _rising(values: tuple[Decimal, ...], above: int) -> bool:
    sound = bool(values) and all(value.is_finite() and value > above for value in values)
    return sound and all(less < more for less, more in pairwise(values))


def _method_faults(methods: tuple[ReserveMethod, ...]) -> list[str]:
    """What keeps the methods from being weighed; no number of theirs is printed."""
    names = [method.name for method in methods]
    wrong = ["[[reserve_method]] 的 name 重复"] if len(set(names)) < len(names) else []
    if not all(method.ratio.is_finite() and 0 < method.ratio <= _MOST_RATIO for method in methods):
        wrong.append(f"[[reserve_method]] 的 ratio 应大于 0，不超过 {_MOST_RATIO}")
    weights = [method.weight * MILLION for method in methods]
    whole = all(weight.is_finite() and 0 <= weight == weight.to_integral_value() for weight in weights)
    if methods and not (whole and sum(weights) == MILLION):
        wrong.append("[[reserve_method]] 的 weight 应为至多六位小数、合计为 1 的数")
    return wrong


def read_market_plan(path: str | Path) -> MarketPlan:
    """Read what simulating a county's market rests on (供应测算方案).

    Parameters
    ----------
    path : path-like
        TOML file whose keys are the attributes of `MarketPlan`, with a table ``[swings]`` and ``[[reserve_method]]``
        records; the files it names are relative to it.

    Returns
    -------
    MarketPlan
        Its content, every file checked to exist; none of them is read.

    Raises
    ------
    ReadError
        If the file is not TOML, or a file it names does not exist.
    RuleError
        If a key is missing, unknown, of the wrong kind or out of range, or one of two that belong together is missing.
    """
    path = Path(path)
    document = RuleFile(load_toml(path), str(path))
    plan = MarketPlan(
        name=document.text("name"),
        source=document.text("source"),
        verified=document.flag("verified"),
        demand=path.parent / document.text("demand"),
        draws=document.whole("draws"),
        price_changes=document.numbers("price_changes"),
        reserve_ratios=document.numbers("reserve_ratios"),
        kept_ratio=document.number("kept_ratio"),
        likely_failure=document.number("likely_failure"),
        swings=_swings(document),
        target_wan=document.number("target_wan") if document.has("target_wan") else None,
        supply=path.parent / document.text("supply") if document.has("supply") else None,
        order=document.choice("order", SupplyOrder) if document.has("order") else None,
        reserve_methods=tuple(_method(record) for record in document.records("reserve_method")),
    )
    document.finish()
    require_files(path, plan.files)
    return plan


def _swings(document: RuleFile) -> Swings:
    record = RuleFile(document.value("swings", "敏感性幅度"), f"{document.where} 的 [swings]")
    swings = Swings(**{key: record.number(key) for key in _SWINGS}, fund_document=record.text("fund_document", ""))
    record.finish()
    return swings


def _method(record: RuleFile) -> ReserveMethod:
    method = ReserveMethod(
        name=record.text("name"),
        ratio=record.number("ratio"),
        weight=record.number("weight"),
        source=record.text("source"),
    )
    record.finish()
    return method
