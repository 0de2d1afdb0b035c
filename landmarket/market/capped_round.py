"""A price-capped round (限价竞价): at a premium cap open bidding stops, then one sealed bid each.

The sealed bid (一次报价) nearest the mean of all valid ones wins. A bid outside the band is invalid; equal bids are
refused, all of them. With no valid sealed bid the last open bid wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import JOINT, fault, require_columns, require_sound, require_unique_index
from landmarket.errors import RuleError
from landmarket.exact import MILLION, millionths
from landmarket.market.amounts import fen_fault
from landmarket.market.bids import Bools
from landmarket.market.document import LocalDocument, read_document
from landmarket.rule_file import RuleFile
from landmarket.rules import load_toml

BY_MEAN, BY_OPEN_BID = "一次报价", "公开竞价"
_NEEDED_BY = "decide_capped_round"
_MOST_RATIO = 20  # a cap or band end above this was typed in percent


@dataclass(frozen=True)
class CappedRoundTerms:
    """How a price-capped round goes (限价竞价规则).

    Attributes
    ----------
    document : LocalDocument
        The notice that states it.
    premium_cap : Decimal
        Premium over the start price at which open bidding stops (溢价率上限), such as 0.5.
    band_low, band_high : Decimal
        Lowest and highest sealed bid / price at the cap; both ends are valid.
    """

    document: LocalDocument
    premium_cap: Decimal
    band_low: Decimal
    band_high: Decimal

    def __post_init__(self) -> None:
        """Refuse terms that contradict themselves.

        Raises
        ------
        RuleError
            Naming the key.
        """
        where = f"限价竞价规则 {self.document.name}"
        for key in ("premium_cap", "band_low", "band_high"):
            millionths(getattr(self, key), f"{where}：{key}")
        wrong = []
        if self.premium_cap <= 0:
            wrong.append("premium_cap 应大于 0")
        if not 0 < self.band_low <= self.band_high:
            wrong.append("band_low 应大于 0，且不大于 band_high")
        if max(self.premium_cap, self.band_high) > _MOST_RATIO:
            wrong.append("premium_cap、band_high 过大，疑把百分数写成整数（50% 应写 0.50）")
        if wrong:
            raise RuleError(f"{where}：{'；'.join(wrong)}。办法：改写规则文件。")


def read_capped_round_terms(path: Path) -> CappedRoundTerms:
    """Read how a price-capped round goes.

    Parameters
    ----------
    path : Path
        TOML file whose keys are the attributes of `CappedRoundTerms` and of its document.

    Returns
    -------
    CappedRoundTerms
        The terms.

    Raises
    ------
    ReadError
        If the file is not TOML.
    RuleError
        If a key is missing, unknown or of the wrong kind, or the terms contradict themselves.
    """
    file = RuleFile(load_toml(path), str(path))
    terms = CappedRoundTerms(
        document=read_document(file),
        premium_cap=file.number("premium_cap"),
        band_low=file.number("band_low"),
        band_high=file.number("band_high"),
    )
    file.finish()
    return terms


class Nearest(NamedTuple):
    """Which bid of one lot lies nearest the mean (最接近平均价的报价).

    Attributes
    ----------
    mean : int
        Mean of the bids, half-up to the fen [分].
    position : int
        Position of the winning bid.
    """

    mean: int
    position: int


def nearest_to_mean(prices: Sequence[int]) -> Nearest:
    """Find the bid nearest the mean of all (平均价最近者).

    Parameters
    ----------
    prices : sequence of int
        Valid bids of one lot [分], at least one, all different.

    Returns
    -------
    Nearest
        Of two bids as far from the mean the lower one.

    Examples
    --------
    100, 110 and 150 元: the mean is 120 元, and 110 is nearest.

    >>> nearest_to_mean([10_000, 11_000, 15_000])
    Nearest(mean=12000, position=1)
    """
    count = len(prices)
    mean = (2 * sum(prices) + count) // (2 * count)
    return Nearest(mean, min(range(count), key=lambda i: (abs(prices[i] - mean), prices[i])))


def decide_capped_round(sealed: pd.DataFrame, lots: pd.DataFrame, terms: CappedRoundTerms, *, on: date) -> pd.DataFrame:
    """Judge the sealed bids of the lots whose open bidding reached the cap (一次报价评定).

    Parameters
    ----------
    sealed : DataFrame
        One row per sealed bid, on any unique index: ``parcel_code``, ``bidder``, ``price_fen`` [分].
    lots : DataFrame
        Index parcel code; ``start_price_fen`` and ``open_bid_fen``, the last open bid [分].
    terms : CappedRoundTerms
        Cap and band.
    on : date
        Day of the round.

    Returns
    -------
    DataFrame
        On the index of the sealed bids: ``exclusion`` (every reason, in Chinese), ``sealed_mean_fen`` and
        ``distance_fen`` [分] of the valid ones, ``nearest_bid`` (是 for the winner).

    Raises
    ------
    NoRuleInForceError
        If the terms are not in force on the day.
    MissingColumnError
        If a column is missing.
    BadValueError
        If a bid is for no lot or for one below its cap, a bidder bids twice, or a price is not positive.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the terms against the document.

    Notes
    -----
    The mean is of the bids that are inside the band and of different prices. It is rounded half-up to the fen, and
    distances are from the rounded mean.
    """
    terms.document.require_in_force(on)
    _require_lots(lots)
    _require_sealed(sealed, lots, terms)
    out, equal = _outside(sealed, lots, terms), sealed.duplicated(["parcel_code", "price_fen"], keep=False).to_numpy()
    table = pd.DataFrame(index=sealed.index)
    table["exclusion"] = [
        JOINT.join(text for text, holds in (("超出报价区间", wide), ("报价相同", same)) if holds)
        for wide, same in zip(out.tolist(), equal.tolist(), strict=True)
    ]
    valid = table["exclusion"].eq("").to_numpy(dtype=bool)
    prices = [int(price) for price in sealed["price_fen"]]
    mean, distance = np.zeros(len(sealed), dtype=np.int64), np.zeros(len(sealed), dtype=np.int64)
    nearest = np.full(len(sealed), "否", dtype=object)
    groups = sealed["parcel_code"].groupby(sealed["parcel_code"]).indices
    for rows in groups.values():
        counted = [row for row in np.asarray(rows).tolist() if valid[row]]
        if counted:
            found = nearest_to_mean([prices[row] for row in counted])
            mean[counted], distance[counted] = found.mean, [abs(prices[row] - found.mean) for row in counted]
            nearest[counted[found.position]] = "是"
    table["sealed_mean_fen"] = pd.arrays.IntegerArray(mean, ~valid)
    table["distance_fen"] = pd.arrays.IntegerArray(distance, ~valid)
    table["nearest_bid"] = nearest
    return table


def capped_awards(
    sealed: pd.DataFrame, judged: pd.DataFrame, lots: pd.DataFrame, terms: CappedRoundTerms
) -> pd.DataFrame:
    """Tell who has each lot, and at what price (限价竞价结果).

    Parameters
    ----------
    sealed : DataFrame
        The sealed bids.
    judged : DataFrame
        From `decide_capped_round`, on the same index.
    lots : DataFrame
        Index parcel code; ``start_price_fen``, ``open_bid_fen`` and ``open_bidder``, who made the last open bid.
    terms : CappedRoundTerms
        Cap and band.

    Returns
    -------
    DataFrame
        On the index of the lots: ``cap_reached``, ``decided_by`` (一次报价 or 公开竞价), ``bidder`` and
        ``deal_price_fen``. The last open bid wins below the cap, and where no sealed bid is valid.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a price of a lot is missing or not positive.
    """
    _require_lots(lots)
    require_columns(lots, ["open_bidder"], "capped_awards")
    won = sealed[judged["nearest_bid"].eq("是")].set_index("parcel_code")
    bid = won["price_fen"].astype("Int64").reindex(lots.index)
    by_mean = bid.notna()
    table = pd.DataFrame(index=lots.index)
    table["cap_reached"] = np.where(_cap_reached(lots, terms), "是", "否")
    table["decided_by"] = np.where(by_mean, BY_MEAN, BY_OPEN_BID)
    table["bidder"] = won["bidder"].reindex(lots.index).where(by_mean, lots["open_bidder"])
    table["deal_price_fen"] = bid.where(by_mean, lots["open_bid_fen"].astype("Int64"))
    return table


def _cap(terms: CappedRoundTerms) -> int:
    """Price at the cap / start price, in millionths."""
    return MILLION + millionths(terms.premium_cap, "premium_cap")


def _cap_reached(lots: pd.DataFrame, terms: CappedRoundTerms) -> list[bool]:
    pairs = zip(lots["open_bid_fen"], lots["start_price_fen"], strict=True)
    return [int(bid) * MILLION >= int(start) * _cap(terms) for bid, start in pairs]


def _outside(sealed: pd.DataFrame, lots: pd.DataFrame, terms: CappedRoundTerms) -> Bools:
    """Whether each sealed bid lies outside the band around the price at the cap; exactly, in whole numbers."""
    low, high = (millionths(end, "band") * _cap(terms) for end in (terms.band_low, terms.band_high))
    starts = lots["start_price_fen"].reindex(sealed["parcel_code"])
    unit = MILLION * MILLION
    pairs = zip(sealed["price_fen"], starts, strict=True)
    return np.array(
        [not int(start) * low <= int(price) * unit <= int(start) * high for price, start in pairs], dtype=np.bool_
    )


def _require_lots(lots: pd.DataFrame) -> None:
    require_unique_index(lots, _NEEDED_BY)
    names = ["start_price_fen", "open_bid_fen"]
    require_columns(lots, names, _NEEDED_BY)
    faults = [fen_fault(lots, name) for name in names]
    require_sound(lots, faults, _NEEDED_BY)


def _require_sealed(sealed: pd.DataFrame, lots: pd.DataFrame, terms: CappedRoundTerms) -> None:
    require_unique_index(sealed, _NEEDED_BY)
    require_columns(sealed, ["parcel_code", "bidder", "price_fen"], _NEEDED_BY)
    reached = lots.index[np.array(_cap_reached(lots, terms), dtype=bool)]
    faults = [
        fen_fault(sealed, "price_fen"),
        fault("bidder", sealed["bidder"].isna(), "补上竞买人。"),
        fault("bidder", sealed.duplicated(["parcel_code", "bidder"], keep=False), "每人对一宗地只能有一次报价。"),
        fault("parcel_code", ~sealed["parcel_code"].isin(reached), "该宗地不在其中或公开竞价未到上限，没有一次报价。"),
    ]
    require_sound(sealed, faults, _NEEDED_BY)
