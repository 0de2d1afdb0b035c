"""Advice on reserves (底价建议): weighed valuations and floors, and what each reserve would bring. Internal."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from landmarket.exact import MILLION, Ints, millionths, times_rate
from landmarket.market.market_plan import MarketPlan
from landmarket.market.offer import offer, reserve_prices
from landmarket.market.reserve_basis import reserve_floors, reserve_price_basis
from landmarket.market.reserve_curve import reserve_curve
from landmarket.market.top_values import top_values
from landmarket.market_products.bank import Assumptions

_BASIS = [
    *("reserve_low_fen", "reserve_point_fen", "reserve_high_fen", "reserve_gap", "reserve_binding"),
    *("reserve_methods", "reserve_floors"),
]
_BEST = ["reserve_price_fen", "reserve_sale_share", "reserve_income_fen", "reserve_income_error_fen"]


def reserve_curves(listed: pd.DataFrame, given: Assumptions, plan: MarketPlan) -> pd.DataFrame:
    """Try reserves on each parcel of a plan (底价—成交概率—预期收入). Internal.

    Parameters
    ----------
    listed : DataFrame
        The parcels of the plan.
    given : Assumptions
        Terms and demand.
    plan : MarketPlan
        Reserves to try, and what land is worth that is not sold.

    Returns
    -------
    DataFrame
        ``parcel_code`` and the columns of `landmarket.market.reserve_curve.reserve_curve`, one row per parcel and
        reserve; the floor of a parcel is tried too.

    Notes
    -----
    As in an open ascending sale whose start price is the reserve. Where a secret reserve stands above the start price
    it only refuses, and raises no bid.
    """
    appraised = dict(zip(listed.index, _appraised(listed, given).tolist(), strict=True))
    floors = _floors(listed, given)
    curves = []
    for code, top, next_to in top_values(
        listed, given.terms, given.demand, draws=given.draws, seed=given.seed, on=given.on
    ):
        price, floor = appraised[code], floors.get(code, 0)
        tried = {_part(price, Fraction(ratio)) for ratio in plan.reserve_ratios} | ({floor} if floor else set())
        kept = _part(price, Fraction(plan.kept_ratio))
        curve = reserve_curve(top.tolist(), next_to.tolist(), sorted(tried), floor_fen=floor, kept_fen=kept)
        curve.insert(0, "parcel_code", code)
        curves.append(curve)
    return pd.concat(curves, ignore_index=True)


def reserve_advice(
    listed: pd.DataFrame, curves: pd.DataFrame, given: Assumptions, plan: MarketPlan, county: str
) -> pd.DataFrame:
    """Put together what the reserve of each parcel of a plan could be (底价建议). Internal.

    Parameters
    ----------
    listed : DataFrame
        The parcels of the plan.
    curves : DataFrame
        From `reserve_curves`.
    given : Assumptions
        Terms, and the day of the decision.
    plan : MarketPlan
        Valuations and their weights; without any there is no weighed value.
    county : str
        County code, 6 digits.

    Returns
    -------
    DataFrame
        On the index of the parcels: ``reserve_price_fen``, the reserve of the terms; ``reserve_floor_fen``, the highest
        floor; range and point of the weighed valuations with what they rest on; ``reserve_best_fen``, that of the
        reserves tried with the highest expected income, with its chance of a sale and income.
    """
    table = reserve_prices(listed, given.terms)[["reserve_price_fen"]]
    floors = _floors(listed, given)
    table["reserve_floor_fen"] = pd.Series(floors, dtype="int64").reindex(listed.index, fill_value=0)
    if plan.reserve_methods:
        methods, every = _methods(listed, given, plan), reserve_floors(listed, given.terms)
        basis = reserve_price_basis(listed, methods, every, on=given.on, county=county)
        table = table.join(basis[_BASIS])
    best = curves[curves["reserve_best"].eq("是")].set_index("parcel_code")[_BEST]
    return table.join(best.rename(columns={"reserve_price_fen": "reserve_best_fen"}))


def _appraised(listed: pd.DataFrame, given: Assumptions) -> Ints:
    """Appraised price of the whole deal [分]: for a lease, the rent of all years."""
    offered = offer(listed, given.terms)
    return offered.appraised * offered.years


def _floors(listed: pd.DataFrame, given: Assumptions) -> dict[str, int]:
    """Highest floor of each parcel that has one [分]."""
    table = reserve_floors(listed, given.terms)
    return {str(code): int(fen) for code, fen in table.groupby("parcel_code")["reserve_floor_fen"].max().items()}


def _part(fen: int, ratio: Fraction) -> int:
    """A part of an amount, half-up to the fen."""
    return int(fen * ratio + Fraction(1, 2))


def _methods(listed: pd.DataFrame, given: Assumptions, plan: MarketPlan) -> pd.DataFrame:
    """The rows that `reserve_price_basis` weighs."""
    appraised, tables = _appraised(listed, given), []
    for method in plan.reserve_methods:
        ratio = millionths(method.ratio, f"供应测算方案 {plan.name}：ratio")
        whole, rest = times_rate(appraised, np.array([ratio]))
        rows = {"parcel_code": listed.index, "method": method.name, "value_fen": whole + (2 * rest >= MILLION)}
        tables.append(pd.DataFrame(rows).assign(weight=float(method.weight), source=method.source))
    return pd.concat(tables, ignore_index=True)
