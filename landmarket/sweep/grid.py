"""The county's sums over a grid of scenarios (情景组合结果), and what hangs most on each knob."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal

import geopandas as gpd
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import BadValueError, RuleError, UnverifiedRuleWarning
from landmarket.market.demand import Demand
from landmarket.market.simulation import simulate_market
from landmarket.progress import Progress, unwatched
from landmarket.scenario import TOTAL, Priced, Scenario, Zoned, deals_and_shares, priced_parcels, zoned_parcels
from landmarket.sweep.changes import changed_demand, changed_scenario, setting_name, within_quota
from landmarket.sweep.plan import KnobName, Setting, SweepPlan

_MARKET_COLUMNS = (
    "parcels",
    "area",
    "area_sold_mean",
    "area_sold_low",
    "area_sold_median",
    "area_sold_high",
    "money_mean",
    "money_low_fen",
    "money_median_fen",
    "money_high_fen",
)
_SPLIT_KNOBS = (KnobName.FUND_FACTOR, KnobName.FUND_RATE)
_ENDS = 2


def sweep(
    parcels: gpd.GeoDataFrame, base: Scenario, plan: SweepPlan, *, progress: Progress = unwatched
) -> pd.DataFrame:
    """Run a scenario for every combination of a grid (情景组合).

    Parameters
    ----------
    parcels : GeoDataFrame
        Accepted parcels, as `screen` gives them.
    base : Scenario
        The base scenario.
    plan : SweepPlan
        What is varied.
    progress : callable, optional
        Told of each scenario done, see `landmarket.progress`.

    Returns
    -------
    DataFrame
        Index ``scenario``, the base first; a column for each knob of the grid (missing: as in the base), ``offered``
        parcels, then the county's sums as `Outcome.totals` gives them: counts, area [㎡], money [分].

    Raises
    ------
    RuleError
        If a combination cannot be applied, such as a rate outside its band without a document.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the values of the grid.

    Notes
    -----
    Zoning and entry are computed once, prices once for each notice. All scenarios have one seed, and what a parcel
    draws depends on seed and parcel code alone: differences come from the knobs and not from chance. Deals are one
    draw each; `market_sweep` gives means and quantiles over many. A quota takes parcels by benchmark price per mu.
    """
    _warn_unverified(plan)
    rows = []
    with progress(plan.name, len(plan.settings())) as done:
        for setting, zoned, priced, offered in _prepared(parcels, base, plan):
            outcome = deals_and_shares(zoned, priced, offered, changed_scenario(base, setting, plan))
            rows.append(pd.Series({"offered": len(offered)} | dict(outcome.totals().loc[TOTAL])))
            done(1)
    table = _table(plan, rows)
    return table.astype({name: "int64" for name in table.columns[len(plan.knobs) :] if name != "area"})


def market_sweep(
    parcels: gpd.GeoDataFrame,
    base: Scenario,
    plan: SweepPlan,
    demand: Demand,
    *,
    draws: int,
    progress: Progress = unwatched,
) -> pd.DataFrame:
    """Simulate the market many times for every combination of a grid (情景组合，多次模拟). Internal.

    Parameters
    ----------
    parcels : GeoDataFrame
        Accepted parcels, as `screen` gives them.
    base : Scenario
        The base scenario; its seed is used.
    plan : SweepPlan
        What is varied; the fund is not, for no income is split.
    demand : Demand
        Assumptions on demand of the base.
    draws : int
        Number of draws.
    progress : callable, optional
        Told of each scenario done, see `landmarket.progress`.

    Returns
    -------
    DataFrame
        Index ``scenario``, the base first; a column for each knob of the grid, then those of the row 合计 of
        `landmarket.market.simulation.MarketOutcome.townships`: parcels and area offered [㎡], area sold and money with
        mean and 5, 50 and 95 % quantiles of the joint draws.

    Raises
    ------
    RuleError
        If the grid varies the fund, or a parcel offered cannot be simulated on the terms.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the values of the grid, the terms or the assumptions.
    """
    wrong = [knob.name for knob in plan.knobs if knob.name in _SPLIT_KNOBS]
    if wrong:
        raise RuleError(
            f"情景组合 {plan.name}：多次模拟只算成交，不分配收益，不能变动 {'、'.join(wrong)}。办法：改用 sweep。"
        )
    _warn_unverified(plan)
    rows = []
    with progress(plan.name, len(plan.settings())) as done:
        for setting, _, _, offered in _prepared(parcels, base, plan):
            terms, turned = changed_scenario(base, setting, plan).terms, changed_demand(demand, setting)
            found = simulate_market(offered, terms, turned, draws=draws, seed=base.seed, on=base.on)
            rows.append(found.townships.iloc[-1][list(_MARKET_COLUMNS)])
            done(1)
    table = _table(plan, rows)
    return table.astype({name: "int64" for name in _MARKET_COLUMNS if name == "parcels" or name.endswith("_fen")})


def _prepared(
    parcels: gpd.GeoDataFrame, base: Scenario, plan: SweepPlan
) -> Iterator[tuple[Setting, Zoned, Priced, gpd.GeoDataFrame]]:
    """Price the parcels of each combination and take those that are offered, each notice priced once."""
    zoned = zoned_parcels(parcels, base)
    priced: dict[Decimal | None, Priced] = {}
    for setting in plan.settings():
        turned = dict(setting)
        factor = turned.get(KnobName.PRICE)
        if factor not in priced:
            priced[factor] = priced_parcels(zoned, changed_scenario(base, setting, plan))
        quota = turned.get(KnobName.QUOTA, plan.quota_mu)
        yield setting, zoned, priced[factor], within_quota(priced[factor].offered, quota, plan.name)


def _table(plan: SweepPlan, rows: list[pd.Series[float]]) -> pd.DataFrame:
    settings = plan.settings()
    index = pd.Index([setting_name(setting) for setting in settings], name="scenario")
    knobs = {
        knob.name.column: [float(dict(setting).get(knob.name, "nan")) for setting in settings] for knob in plan.knobs
    }
    return pd.DataFrame(knobs, index=index).join(pd.DataFrame(rows).set_index(index))


def _warn_unverified(plan: SweepPlan) -> None:
    if not plan.verified:
        warnings.warn(f"情景组合未经核对：{plan.name}（{plan.source}）", UnverifiedRuleWarning, stacklevel=3)


def tornado(result: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Find how far each knob moves a sum (敏感性), the furthest first.

    Parameters
    ----------
    result : DataFrame
        From `sweep` or `market_sweep`, of a grid that varies one knob at a time.
    measure : str
        Column of the sum.

    Returns
    -------
    DataFrame
        ``name`` of the knob with its least and largest value, ``low`` and ``high``: the sum at these values, in the
        sum's unit. The rows stand by the span of base, low and high, knobs of one span in the order of the grid.

    Raises
    ------
    MissingColumnError
        If there is no such sum.
    BadValueError
        If the table has no base row first, or no two scenarios that differ in one knob alone.
    """
    require_columns(result, [measure], "tornado")
    knobs = [knob for knob in KnobName if knob.column in result.columns]
    turned = result[[knob.column for knob in knobs]].notna()
    alone = {knob: result[turned[knob.column] & turned.sum(axis=1).eq(1)] for knob in knobs}
    short = [str(knob) for knob, rows in alone.items() if len(rows) < _ENDS]
    if not knobs or turned.iloc[:1].to_numpy().any() or short:
        raise BadValueError(
            f"tornado：{'、'.join(short) or '结果表'} 没有只变动这一项的两个情景，或第一行不是基准。"
            "办法：组合方式用“逐项”，每项至少两个值。"
        )
    base = float(result[measure].iloc[0])
    rows = []
    for knob in sorted(knobs, key=_place_in(result)):
        ordered = alone[knob].sort_values(knob.column)
        ends = [float(value) for value in ordered[measure].iloc[[0, -1]]]
        said = "～".join(f"{value:g}" for value in ordered[knob.column].iloc[[0, -1]])
        rows.append({"name": f"{knob} {said}", "low": ends[0], "high": ends[1]})
    table = pd.DataFrame(rows)
    span = table[["low", "high"]].max(axis=1).clip(lower=base) - table[["low", "high"]].min(axis=1).clip(upper=base)
    return table.loc[span.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _place_in(result: pd.DataFrame) -> Callable[[KnobName], int]:
    places = {str(name): at for at, name in enumerate(result.columns)}
    return lambda knob: places[knob.column]
