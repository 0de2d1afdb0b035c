"""What if (情景与敏感性): other price levels, and how far each assumption moves the expected income of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

import numpy as np
import pandas as pd

from landmarket.distribution.reform import reform
from landmarket.errors import RuleError
from landmarket.market.market_changes import percent_text, scaled_prices, with_bidders, with_price_level, with_reserve
from landmarket.market.market_plan import Swings
from landmarket.market.simulation import MarketOutcome
from landmarket.market.supply import best_plan
from landmarket.market.supply_rule import SupplyRule
from landmarket.market_products.bank import Assumptions, Watch, valued, with_income

_FEN_PER_WAN = 1_000_000


class Asking(StrEnum):
    """What is asked where the price level changes (要价)."""

    HELD = "起始价、底价不变"
    FOLLOWS = "起始价、底价随之调整"


@dataclass(frozen=True, eq=False)
class PriceCase:
    """The market of a plan at another price level (价格情景). Internal.

    Attributes
    ----------
    change : Decimal
        Relative change of the price level.
    asking : Asking
        What is asked.
    market : MarketOutcome
        The simulation.
    collective_fen : int
        Expected collective income [分].
    """

    change: Decimal
    asking: Asking
    market: MarketOutcome
    collective_fen: int


def price_cases(
    listed: pd.DataFrame, given: Assumptions, changes: tuple[Decimal, ...], watch: Watch
) -> tuple[PriceCase, ...]:
    """Simulate the parcels of a plan at each price level (价格情景).

    Parameters
    ----------
    listed : DataFrame
        The parcels of the plan, as from `valued`.
    given : Assumptions
        What the base rests on.
    changes : tuple of Decimal
        Relative changes of the price level.
    watch : Watch
        Who is told of it.

    Returns
    -------
    tuple of PriceCase
        For each change the case in which start prices and reserves stay, then the one in which they follow: there the
        appraised prices change, and with them what bidders can pay. The two are one where nothing changes.
    """
    cases = []
    for change in changes:
        for asking in Asking if change else (Asking.HELD,):
            name = f"价格{percent_text(change)}，{asking}"
            parcels, market = valued(*_changed(listed, given, change, asking), watch, name)
            cases.append(PriceCase(change, asking, market, _sum(parcels)))
    return tuple(cases)


def _changed(
    listed: pd.DataFrame, given: Assumptions, change: Decimal, asking: Asking
) -> tuple[pd.DataFrame, Assumptions]:
    if asking is Asking.FOLLOWS:
        return scaled_prices(listed, change), given
    return listed, replace(given, demand=with_price_level(given.demand, change)) if change else given


def levers(
    listed: pd.DataFrame, parcels: pd.DataFrame, given: Assumptions, swings: Swings, watch: Watch
) -> pd.DataFrame:
    """Tell how far each assumption moves the expected collective income of a plan (敏感性).

    Parameters
    ----------
    listed : DataFrame
        The parcels of the plan.
    parcels : DataFrame
        Their table of a `MarketOutcome`, on the same index, all assumptions as they are.
    given : Assumptions
        What the base rests on.
    swings : Swings
        By how much each is changed.
    watch : Watch
        Who is told of it.

    Returns
    -------
    DataFrame
        ``name`` of the assumption with its swing; ``low`` and ``high``: expected collective income where it is lower
        and higher [万元], missing where the change is refused; ``note``: what stays as it is, and why it is refused.
    """

    def income(changed: Assumptions, name: str) -> int:
        return _sum(valued(listed, changed, watch, f"敏感性：{name}")[0])

    def of_price(change: Decimal) -> int:
        return income(replace(given, demand=with_price_level(given.demand, change)), "价格水平")

    def of_bidders(change: Decimal) -> int:
        return income(replace(given, demand=with_bidders(given.demand, change)), "竞买人数")

    def of_reserve(change: Decimal) -> int:
        return income(replace(given, terms=with_reserve(given.terms, change)), "底价")

    def of_fund(change: Decimal) -> int:
        document = swings.fund_document or None
        rule = reform(given.split_rule, "敏感性", rate_factor=1 + change, override_document=document)
        return _sum(with_income(listed, parcels, replace(given, split_rule=rule)))

    return pd.DataFrame(
        [
            _lever("价格水平", swings.price, of_price, str(Asking.HELD)),
            _lever("平均竞买人数", swings.bidders, of_bidders),
            _lever("底价比例", swings.reserve, of_reserve, "起始价不变"),
            _lever("调节金比例", swings.fund_rate, of_fund),
        ]
    )


def quota_lever(bank: pd.DataFrame, rule: SupplyRule, swing: Decimal) -> pd.DataFrame:
    """Tell how far the total quota moves the expected collective income of the best plan (指标的敏感性).

    Parameters
    ----------
    bank : DataFrame
        The reserve bank, with expected income.
    rule : SupplyRule
        Quotas and floors.
    swing : Decimal
        By how much the total quota is changed.

    Returns
    -------
    DataFrame
        One row of the columns of `levers`; a plan is made anew at each end.
    """

    def income(change: Decimal) -> int:
        return best_plan(bank, replace(rule, quota_mu=rule.quota_mu * (1 + change))).objective_fen

    return pd.DataFrame([_lever("总指标", swing, income, "重新编制计划")])


def _sum(parcels: pd.DataFrame) -> int:
    return int(parcels["expected_collective_fen"].sum())


def _lever(name: str, swing: Decimal, income: Callable[[Decimal], int], remark: str = "") -> dict[str, str | float]:
    (low, below), (high, above) = _ends(swing, income)
    said = f"{name} ±{percent_text(swing).removeprefix('+')}"
    return {"name": said, "low": low, "high": high, "note": "；".join(filter(None, (remark, below, above)))}


def _ends(swing: Decimal, income: Callable[[Decimal], int]) -> Iterator[tuple[float, str]]:
    """Results of the lower and the higher value [万元]; where it is refused, why."""
    for change in (-swing, swing):
        try:
            yield income(change) / _FEN_PER_WAN, ""
        except RuleError as error:
            yield np.nan, str(error)
