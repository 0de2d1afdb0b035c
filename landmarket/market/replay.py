"""Real deals replayed under assumptions (实际成交回放): where the real price lies among the simulated ones.

A few deals out of the news prove nothing about a market; a price that no draw comes near says that something assumed
does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index
from landmarket.errors import BadValueError, RuleError
from landmarket.market.demand import Demand, UseDemand
from landmarket.market.distributions import poisson_shares
from landmarket.market.lot_draws import lot_draws
from landmarket.market.lots import Lot, Round, market_draws
from landmarket.market.market_totals import quantiles_of
from landmarket.market.terms import Form, Mode
from landmarket.units import Floats, floats_of

_NEEDED = ["place", "form", "mode", "land_use", "start_price_fen", "deal_price_fen", "bidder_count"]
_MODES = (Mode.LISTING, Mode.AUCTION)
_RANKS = ("low", "median", "high")
_KINDS = {
    "usable": "str",
    "unusable_reason": "str",
    "assumed_text": "str",
    "appraised_fen": "Int64",
    "sale_share": "float64",
    "simulated_low_fen": "Int64",
    "simulated_median_fen": "Int64",
    "simulated_high_fen": "Int64",
    "price_quantile": "float64",
}
_YES, _NO = "是", "否"
_AMOUNTS = ("start_price_fen", "deal_price_fen", "appraised_fen", "bidder_count")
_TEXTS = ("place", "form", "mode", "land_use")

Cell = str | int | float | None


@dataclass(frozen=True)
class _Deal:
    """A deal as published; None where a fact was not."""

    code: str
    place: str
    form: str
    mode: str
    land_use: str
    price_use: str
    start: int | None
    price: int | None
    appraised: int | None
    bidders: int | None
    score: float | None


@dataclass(frozen=True)
class ReplayAssumptions:
    """What news and notices leave out (回放假设); every number is the user's.

    Attributes
    ----------
    start_ratio : Decimal
        Start price / appraised price, for deals whose appraisal is not known.
    step_ratio : Decimal
        Step / start price.
    mode : Mode
        Listing or auction, for deals whose mode is not known.
    uses : mapping of str to str
        Price use of the assumptions on demand, by the land use as published.
    """

    start_ratio: Decimal
    step_ratio: Decimal
    mode: Mode
    uses: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse ratios that make no sense, and modes that are no bidding.

        Raises
        ------
        RuleError
            Naming them.
        """
        ratios = {"start_ratio": self.start_ratio, "step_ratio": self.step_ratio}
        wrong = [f"{key} = {ratio} 应大于 0" for key, ratio in ratios.items() if not (ratio.is_finite() and ratio > 0)]
        wrong += [] if self.mode in _MODES else [f"mode = {self.mode} 应为 {'、'.join(_MODES)}"]
        if wrong:
            raise RuleError(f"回放假设：{'；'.join(wrong)}。办法：改写。")


def replay(
    deals: pd.DataFrame, demand: Demand, assumptions: ReplayAssumptions, *, draws: int, seed: int
) -> pd.DataFrame:
    """Replay real deals many times (实际成交回放).

    Parameters
    ----------
    deals : DataFrame
        From `landmarket.market.real_deals.real_deals`; it may have ``appraised_fen`` [分], where an appraisal is
        known, and ``location_score``, which demand with several bands needs.
    demand : Demand
        Assumptions on demand.
    assumptions : ReplayAssumptions
        What was not published.
    draws : int
        Number of draws.
    seed : int
        Seed.

    Returns
    -------
    DataFrame
        On the same index: ``usable`` (是: start price and deal price known and simulated), ``unusable_reason``,
        ``assumed_text`` (what was assumed for this deal), ``appraised_fen`` [分], ``sale_share`` of the draws, given
        a sale the 5, 50 and 95 % quantiles ``simulated_low_fen``, ``_median_fen``, ``_high_fen`` [分], and
        ``price_quantile``: the share of the simulated prices below the real one, equal ones counted half. A notice
        with a start price and no deal is simulated too; it has no quantile and is not usable.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If there are no draws.

    Notes
    -----
    The reserve was secret and is taken as the start price. Each deal is a market of its own place, offered once.
    Where the number of bidders was published it is taken as a fact: so many come, instead of a Poisson number.

    Examples
    --------
    A notice without a price is simulated, and no evidence:

    >>> from landmarket.market.real_deals import real_deals
    >>> from landmarket.market.distributions import Shape, Spread
    >>> from landmarket.market.demand import Relisting
    >>> worth = Spread(Shape.UNIFORM, Decimal("0.8"), Decimal("0.4"))
    >>> shop = UseDemand("商服", (Decimal(0),), (Decimal(2),), worth)
    >>> demand = Demand("例", "虚构", True, (shop,), Relisting(0, Decimal(0), Decimal(1)))
    >>> said = ReplayAssumptions(Decimal("0.9"), Decimal("0.01"), Mode.LISTING, {"商业": "商服"})
    >>> replay(real_deals(), demand, said, draws=100, seed=1).loc["中山-联一村-2024", "unusable_reason"]
    '没有成交价（公告），只能模拟，不能对照'
    """
    if draws < 1:
        raise BadValueError(f"replay：draws = {draws} 应为不小于 1 的整数。办法：如 draws=10000。")
    require_unique_index(deals, "replay")
    require_columns(deals, _NEEDED, "replay")
    uses = {use.price_use: use for use in demand.uses}
    rows: list[dict[str, Cell]] = []
    for deal in _deals(deals, assumptions):
        use = uses.get(deal.price_use)
        reason = _not_simulated(deal, use)
        if use is None or reason:
            rows.append({"usable": _NO, "unusable_reason": reason, "assumed_text": ""})
        else:
            rows.append(_replayed(deal, use, demand, assumptions, draws, seed))
    columns = {name: [row.get(name) for row in rows] for name in _KINDS}
    return pd.DataFrame({name: pd.Series(columns[name], deals.index, _KINDS[name]) for name in _KINDS})


def _deals(deals: pd.DataFrame, assumptions: ReplayAssumptions) -> list[_Deal]:
    texts = {name: [value if isinstance(value, str) else "" for value in deals[name]] for name in _TEXTS}
    start, price, appraised, bidders = (_whole(deals, name) for name in _AMOUNTS)
    scores = _known(deals, "location_score")
    return [
        _Deal(
            code=str(code),
            price_use=assumptions.uses.get(texts["land_use"][at], ""),
            start=start[at],
            price=price[at],
            appraised=appraised[at],
            bidders=bidders[at],
            score=scores[at],
            **{name: texts[name][at] for name in _TEXTS},
        )
        for at, code in enumerate(deals.index)
    ]


def _whole(deals: pd.DataFrame, name: str) -> list[int | None]:
    return [None if value is None else int(value) for value in _known(deals, name)]


def _known(deals: pd.DataFrame, name: str) -> list[float | None]:
    if name not in deals.columns:
        return [None] * len(deals)
    return [None if np.isnan(value) else value for value in floats_of(deals[name]).tolist()]


def _not_simulated(deal: _Deal, use: UseDemand | None) -> str:
    """Why a deal cannot be simulated at all; empty where it can."""
    if deal.form not in ("", Form.GRANT):
        return f"供应方式为{deal.form}，只回放出让"
    if deal.start is None:
        return "没有起始价"
    if deal.mode not in ("", *_MODES):
        return f"交易方式为{deal.mode}，不经竞价"
    if use is None:
        return f"用途 {deal.land_use or '未见'} 不在回放假设或需求假设中"
    if len(use.bidders) > 1 and deal.score is None:
        return "没有区位分值，需求假设按分值分档"
    return ""


def _replayed(
    deal: _Deal, use: UseDemand, demand: Demand, assumptions: ReplayAssumptions, draws: int, seed: int
) -> dict[str, Cell]:
    start = deal.start or 0
    mode = Mode(deal.mode or assumptions.mode)
    appraised = deal.appraised or int((start / assumptions.start_ratio).to_integral_value(ROUND_HALF_UP))
    step = max(int((start * assumptions.step_ratio).to_integral_value(ROUND_CEILING)), 1)
    lot = Lot(deal.code, use, _arrivals(deal, use), appraised, (Round(start, step, 0),), 1)
    found = lot_draws(lot, market_draws(demand, mode, 1, deal.place, draws=draws, seed=seed))
    sold = found.price[found.sold_in >= 0]
    row: dict[str, Cell] = {"assumed_text": _assumed(deal, assumptions), "appraised_fen": appraised}
    row["sale_share"] = len(sold) / draws
    if len(sold):
        row |= {f"simulated_{rank}_fen": at for rank, at in zip(_RANKS, quantiles_of(sold), strict=True)}
    if deal.price is None:
        return row | {"usable": _NO, "unusable_reason": "没有成交价（公告），只能模拟，不能对照"}
    if not len(sold):
        return row | {"usable": _NO, "unusable_reason": "模拟中从未成交，无从对照：需求假设下没有人出得起起始价"}
    below = int(np.count_nonzero(sold < deal.price)) + int(np.count_nonzero(sold <= deal.price))
    return row | {"usable": _YES, "unusable_reason": "", "price_quantile": below / 2 / len(sold)}


def _arrivals(deal: _Deal, use: UseDemand) -> Floats:
    """Cumulative chances of 0, 1, 2 … bidders: the published number, or Poisson about the mean of the band."""
    if deal.bidders is not None:
        return np.append(np.zeros(deal.bidders), 1.0)
    if len(use.bidders) == 1 or deal.score is None:
        return poisson_shares(use.bidders[0])
    band = sum(deal.score >= float(least) for least in use.score_from) - 1
    return poisson_shares(use.bidders[max(band, 0)])


def _assumed(deal: _Deal, assumptions: ReplayAssumptions) -> str:
    known = deal.appraised is not None
    said = ["评估价已知" if known else f"评估价为起始价 ÷ {assumptions.start_ratio}"]
    said += [] if deal.mode else [f"交易方式按{assumptions.mode}"]
    said.append("竞买人数按需求假设" if deal.bidders is None else f"竞买 {deal.bidders} 人是公布的事实")
    return "；".join([*said, "底价按起始价", f"加价幅度为起始价 × {assumptions.step_ratio}"])
