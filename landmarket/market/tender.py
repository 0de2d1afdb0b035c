"""A tender decided (招标、开标、评标): which bids count, their scores, who wins.

Bids that are late, incomplete or below the reserve are excluded, each with its reasons. Of the others the best score
wins, or the highest price: never the lowest price, which is the Bidding Law's rule for buying, not for selling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import JOINT, fault, require_columns, require_sound, require_unique_index
from landmarket.market.amounts import fen_fault, not_whole, require_secret_fen
from landmarket.market.bids import Bools, meets_at
from landmarket.market.deal import NOBODY, SOLD, TOO_FEW
from landmarket.market.sealed_bids import least_tenderers
from landmarket.market.tender_terms import Award, PriceScore, TenderTerms
from landmarket.units import floats_of, round_half_up

WON, LOST, DRAW, EXCLUDED = "中标", "未中标", "待抽签", "无效投标"
NONE_VALID = "流拍-无有效投标"
WEIGHTED = "加权:"
"""Columns of the weighted marks of each criterion."""

_NEEDED_BY = "decide_tender"
_BID_COLUMNS = ["parcel_code", "bidder", "submitted_at", "price_fen"]
_Standing = tuple[Fraction, int, pd.Timestamp]


def decide_tender(bids: pd.DataFrame, lots: pd.DataFrame, terms: TenderTerms, *, on: date) -> pd.DataFrame:
    r"""Decide the tenders of some lots (评标).

    .. math:: S = w_p \cdot s_p + \sum_c w_c s_c, \qquad s_p = F \cdot P / P_{max}
        \text{ or } s_p = F \cdot \min(1, P / P_0)

    Parameters
    ----------
    bids : DataFrame
        One row per bid, on any unique index: ``parcel_code``, ``bidder``, ``submitted_at``, ``price_fen`` [分], and
        the committee's mark for each criterion, in a column of its name.
    lots : DataFrame
        Index parcel code; ``reserve_price_fen`` [分], ``bids_until`` (last moment to submit), and
        ``benchmark_fen`` [分], :math:`P_0`, where the price score is linear to it.
    terms : TenderTerms
        What wins, weights, full marks :math:`F`, committee.
    on : date
        Day on which the bids are opened.

    Returns
    -------
    DataFrame
        On the index of the bids: ``in_time``, ``exclusion`` (every reason, in Chinese), ``price_score``, a weighted
        mark ``加权:…`` per criterion, ``total_score``, ``tender_rank`` (missing where excluded, or where too few took
        part), ``tender_award``. The reserve is not in it.

    Raises
    ------
    NoRuleInForceError
        If the terms or a rule on tenders are not in force on the day.
    RuleError
        If the committee is too small, or of an even number.
    MissingColumnError
        If a column is missing.
    BadValueError
        If a bid is for no lot, a bidder bids twice for one, a price is not positive, or a mark lies outside.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the terms against the document.

    Notes
    -----
    A tenderer is whoever submitted in time, valid or not (招标投标法 art. 28). Scores are exact, rounded half-up to
    ``score_decimals``, and compared as rounded. Of equal scores the higher price goes first, of equal
    prices the earlier bid; where these are equal too, both have rank 1 and ``tender_award`` says 待抽签: a lot is drawn
    in public, not here.
    """
    terms.document.require_in_force(on)
    terms.require_committee(on)
    _require_bids(bids, terms)
    _require_lots(bids, lots, terms)
    table = pd.DataFrame(index=bids.index)
    known = bids["submitted_at"].notna().to_numpy(dtype=bool)
    in_time = known & (bids["submitted_at"] <= _lot_of(bids, lots)["bids_until"]).to_numpy(dtype=bool)
    table["in_time"] = np.where(in_time, "是", "否")
    table["exclusion"] = _exclusions(bids, lots, terms, known & ~in_time)
    table = table.join(_scores(bids, lots, terms, table["exclusion"].eq("").to_numpy(dtype=bool)))
    tenderers = pd.Series(in_time, index=bids.index).groupby(bids["parcel_code"]).transform("sum")
    enough = (tenderers >= least_tenderers(on, terms.document.county)).to_numpy(dtype=bool)
    ranks, award = _ranks(bids, table, terms, enough)
    table["tender_rank"] = pd.array(ranks, dtype="Int64")
    table["tender_award"] = award
    return table


def tender_awards(bids: pd.DataFrame, decided: pd.DataFrame, lots: pd.DataFrame) -> pd.DataFrame:
    """Tell what became of each lot (招标结果).

    Parameters
    ----------
    bids : DataFrame
        The bids.
    decided : DataFrame
        From `decide_tender`, on the same index.
    lots : DataFrame
        Index parcel code.

    Returns
    -------
    DataFrame
        On the index of the lots: ``tender_outcome``, ``bidder_count`` (tenderers in time), ``bidder`` and
        ``deal_price_fen`` of the winner, missing where there is none.
    """
    award = decided["tender_award"].groupby(bids["parcel_code"]).agg(set).reindex(lots.index)
    count = decided["in_time"].eq("是").groupby(bids["parcel_code"]).sum().reindex(lots.index, fill_value=0)
    won = bids[decided["tender_award"].eq(WON)].set_index("parcel_code")
    table = pd.DataFrame(index=lots.index)
    table["tender_outcome"] = [
        _outcome(seen if isinstance(seen, set) else set(), int(came)) for seen, came in zip(award, count, strict=True)
    ]
    table["bidder_count"] = count.astype("Int64")
    table["bidder"] = won["bidder"].reindex(lots.index)
    table["deal_price_fen"] = won["price_fen"].astype("Int64").reindex(lots.index)
    return table


def _outcome(award: set[str], came: int) -> str:
    if came == 0:
        return NOBODY
    if WON in award:
        return SOLD
    return next((told for told in (DRAW, TOO_FEW) if told in award), NONE_VALID)


def _require_bids(bids: pd.DataFrame, terms: TenderTerms) -> None:
    require_unique_index(bids, _NEEDED_BY)
    names = [each.name for each in terms.criteria]
    require_columns(bids, [*_BID_COLUMNS, *names], _NEEDED_BY)
    wrong = not_whole(bids["price_fen"], 1) & bids["price_fen"].notna().to_numpy(dtype=bool)
    twice = (bids.duplicated(["parcel_code", "bidder"], keep=False) & bids["bidder"].notna()).to_numpy(dtype=bool)
    faults = [
        fault("bidder", twice, "同一投标人对一宗地只能有一份投标，只留截止前最后一份。"),
        fault("price_fen", wrong, "报价应为大于 0 的整数分。"),
    ]
    for name in names:
        mark = floats_of(bids[name])
        outside = ~np.isnan(mark) & ~((mark >= 0) & (mark <= terms.full_marks))
        faults.append(fault(name, outside, f"评分应在 0—{terms.full_marks} 之间。"))
    require_sound(bids, faults, _NEEDED_BY)


def _require_lots(bids: pd.DataFrame, lots: pd.DataFrame, terms: TenderTerms) -> None:
    require_unique_index(lots, _NEEDED_BY)
    scored = terms.award is Award.BEST_SCORE and terms.price_score is PriceScore.TO_BENCHMARK
    require_columns(lots, ["reserve_price_fen", "bids_until", *(["benchmark_fen"] if scored else [])], _NEEDED_BY)
    elsewhere = ~bids["parcel_code"].isin(lots.index)
    faults = [fault("parcel_code", elsewhere, "该宗地不在招标的宗地中，核对宗地代码。")]
    require_sound(bids, faults, _NEEDED_BY)
    require_secret_fen(lots, "reserve_price_fen", _NEEDED_BY)
    faults = [fault("bids_until", lots["bids_until"].isna(), "补上投标截止时间。")]
    faults += [fen_fault(lots, "benchmark_fen")] if scored else []
    require_sound(lots, faults, _NEEDED_BY)


def _lot_of(bids: pd.DataFrame, lots: pd.DataFrame) -> pd.DataFrame:
    """The lot of each bid, on the index of the bids."""
    return lots.reindex(bids["parcel_code"]).set_axis(bids.index)


def _exclusions(bids: pd.DataFrame, lots: pd.DataFrame, terms: TenderTerms, late: Bools) -> list[str]:
    """Every reason why each bid does not count; empty where it does."""
    needed = ["bidder", "submitted_at", "price_fen", *(each.name for each in terms.criteria)]
    incomplete = bids[needed].isna().any(axis=1).to_numpy(dtype=bool)
    price, reserve = floats_of(bids["price_fen"]), floats_of(_lot_of(bids, lots)["reserve_price_fen"])
    below = price < reserve if meets_at(terms.reserve_comparison) else price <= reserve
    reasons = {"逾期送达": late, "投标不完整": incomplete, "低于底价": below}
    return [
        JOINT.join(text for text, holds in zip(reasons, row, strict=True) if holds)
        for row in zip(*reasons.values(), strict=True)
    ]


def _scores(bids: pd.DataFrame, lots: pd.DataFrame, terms: TenderTerms, valid: Bools) -> pd.DataFrame:
    """Price score, weighted marks and total of each valid bid."""
    names = ["price_score", *(WEIGHTED + each.name for each in terms.criteria), "total_score"]
    empty = pd.DataFrame(np.nan, index=bids.index, columns=names)
    if terms.award is Award.HIGHEST_PRICE or not valid.any():
        return empty
    counted = bids[valid]
    if terms.price_score is PriceScore.TO_BEST:
        base = counted["price_fen"].groupby(counted["parcel_code"]).transform("max")
    else:
        base = _lot_of(counted, lots)["benchmark_fen"]
    marks = [counted[each.name] for each in terms.criteria]
    prices = zip(counted["price_fen"], base, strict=True)
    rows = [
        _score(min(Fraction(int(price), int(full)), Fraction(1)), given, terms)
        for (price, full), given in zip(prices, zip(*marks, strict=True) if marks else [()] * len(counted), strict=True)
    ]
    return pd.DataFrame(rows, index=counted.index, columns=names).reindex(bids.index)


def _score(share: Fraction, marks: Sequence[float], terms: TenderTerms) -> list[float]:
    price_score = round_half_up(share * terms.full_marks, terms.score_decimals)
    weighted = [each.weight * Decimal(repr(float(mark))) for each, mark in zip(terms.criteria, marks, strict=True)]
    total = round_half_up(terms.price_weight * price_score + sum(weighted, Decimal(0)), terms.score_decimals)
    return [float(value) for value in (price_score, *weighted, total)]


def _ranks(
    bids: pd.DataFrame, table: pd.DataFrame, terms: TenderTerms, enough: Bools
) -> tuple[list[int | None], npt.NDArray[np.object_]]:
    """Rank the valid bids of each lot, and say of each bid what became of it."""
    valid = table["exclusion"].eq("").to_numpy(dtype=bool)
    by = bids["price_fen"] if terms.award is Award.HIGHEST_PRICE else table["total_score"]
    standing = {
        row: (-Fraction(by.iloc[row]), -int(bids["price_fen"].iloc[row]), bids["submitted_at"].iloc[row])
        for row in np.flatnonzero(valid & enough).tolist()
    }
    award = np.where(valid, np.where(enough, LOST, TOO_FEW), EXCLUDED).astype(object)
    ranks: list[int | None] = [None] * len(bids)
    lots: dict[str, list[int]] = {}
    for row in standing:
        lots.setdefault(str(bids["parcel_code"].iloc[row]), []).append(row)
    for rows in lots.values():
        for row, rank in _placed(rows, standing).items():
            ranks[row] = rank
        first = [row for row in rows if ranks[row] == 1]
        award[first] = WON if len(first) == 1 else DRAW
    return ranks, award


def _placed(rows: Sequence[int], standing: Mapping[int, _Standing]) -> dict[int, int]:
    """Place of each row: one more than the rows that stand before it."""
    ordered = sorted(standing[row] for row in rows)
    return {row: ordered.index(standing[row]) + 1 for row in rows}
