"""The answer in plain sentences (回答): what comes in, what fails, what a mu is worth, what if. Internal."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from landmarket.columns import header
from landmarket.errors import SHOWN
from landmarket.market.market_changes import percent_text
from landmarket.market.market_tables import TOTAL
from landmarket.market.simulation import MarketOutcome
from landmarket.market.supply import STATEMENT, QuotaValue
from landmarket.market_products.bank import COLLECTIVE
from landmarket.market_products.cases import Asking, PriceCase
from landmarket.market_products.work import MarketWork
from landmarket.units import round_half_up, square_metres_to_mu, wan_text

SHORT = 5
"""How many sentences the command says: the later ones tell of the reserve."""
_FEN_PER_WAN = 1_000_000
_FEN = 100


@dataclass(frozen=True)
class Amount:
    """An amount as it spreads over the draws (金额区间).

    Attributes
    ----------
    mean_fen, low_fen, high_fen : int
        Mean, and the 5 and 95 % quantiles of the joint draws [分].
    """

    mean_fen: int
    low_fen: int
    high_fen: int

    def __str__(self) -> str:
        """Write mean and interval in 万元."""
        return (
            f"{wan_text(self.mean_fen)} 万元，九成的可能在 {wan_text(self.low_fen)} 至 {wan_text(self.high_fen)} 万元"
        )


@dataclass(frozen=True)
class Answer:
    """What the analyst asked (回答), in numbers. Internal.

    Attributes
    ----------
    bank_parcels, listed_parcels : int
        Parcels that can be offered, and those of the plan.
    bank_mu, listed_mu : Decimal
        Their areas [亩].
    money, collective : Amount
        Deal prices, and what collectives and members have of them.
    target_fen : int
        What is hoped for [分].
    shortfall : float
        Share of the draws in which the deal prices do not reach it.
    unsold : float
        Parcels of the plan that are not sold, on average.
    failing : tuple of str
        Those likely to fail.
    """

    bank_parcels: int
    listed_parcels: int
    bank_mu: Decimal
    listed_mu: Decimal
    money: Amount
    collective: Amount
    target_fen: int
    shortfall: float
    unsold: float
    failing: tuple[str, ...]


def answer(work: MarketWork) -> Answer:
    """Compute the numbers of the answer (回答).

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    Answer
        From the joint draws of the plan.
    """
    listed, joint = work.listed, work.joint
    parties = joint.parties[joint.parties["township"].eq(TOTAL)]
    wan = work.plan.target_wan
    target = int(listed["start_price_fen"].sum()) if wan is None else int(round_half_up(wan * _FEN_PER_WAN))
    chance = listed["sale_probability"]
    return Answer(
        bank_parcels=len(work.bank),
        listed_parcels=len(listed),
        bank_mu=_mu(float(work.bank["area"].sum())),
        listed_mu=_mu(float(listed["area"].sum())),
        money=total_of(joint),
        collective=_amount(parties[parties["party"].eq(header(COLLECTIVE))].to_dict("records")),
        target_fen=target,
        shortfall=float(np.mean(joint.totals.money < target)),
        unsold=float((1 - chance).sum()),
        failing=tuple(map(str, chance.index[chance < float(work.plan.likely_failure)])),
    )


def total_of(market: MarketOutcome) -> Amount:
    """Give the sum of all deal prices of a simulation (成交总额).

    Parameters
    ----------
    market : MarketOutcome
        The simulation.

    Returns
    -------
    Amount
        Mean and interval.
    """
    return _amount(market.townships[market.townships["township"].eq(TOTAL)].tail(1).to_dict("records"))


def _amount(rows: Sequence[Mapping[Hashable, object]]) -> Amount:
    (row,) = rows
    mean, low, high = (str(row[name]) for name in ("money_mean", "money_low_fen", "money_high_fen"))
    return Amount(int(round_half_up(float(mean) * _FEN)), int(low), int(high))


def _mu(square_metres: float) -> Decimal:
    return round_half_up(square_metres_to_mu(square_metres), 2)


def sentences(work: MarketWork) -> dict[str, str]:
    """Answer in plain sentences (回答), the five most asked first.

    Parameters
    ----------
    work : MarketWork
        A county's market.

    Returns
    -------
    dict of str to str
        Question and answer.
    """
    found = answer(work)
    return {
        "能收多少": (
            f"推出这 {found.listed_parcels} 宗（{found.listed_mu} 亩），预计成交 {found.money}；"
            f"其中集体及成员预计得 {found.collective}。"
        ),
        "达不到目标的可能": f"成交总额不到{_target(work, found)}的可能性为 {percent(found.shortfall)}。",
        "哪些可能流拍": _failing(work, found),
        "一亩指标值多少": _quota(work),
        "价格下跌怎么办": _fall(work),
        "这些宗地怎么选的": _choice(work, found),
        "底价定多少": _reserves(work),
        "依据什么": (
            f"需求假设 {work.demand.name}（{work.demand.source}），抽样 {work.joint.draws} 次；{STATEMENT}。"
            "竞买人数和出价能力都是假设，不是预测。"
        ),
    }


def percent(share: float) -> str:
    """Write a share in percent with one decimal (百分比).

    Parameters
    ----------
    share : float
        Share.

    Returns
    -------
    str
        For example ``12.5%``.
    """
    return f"{round_half_up(100 * share, 1)}%"


def _target(work: MarketWork, found: Answer) -> str:
    name = "起始价合计" if work.plan.target_wan is None else "方案所期望的"
    return f"{name} {wan_text(found.target_fen)} 万元"


def _failing(work: MarketWork, found: Answer) -> str:
    limit, count = percent(float(work.plan.likely_failure)), len(found.failing)
    shown = "、".join(found.failing[:SHOWN]) + (" 等" if count > SHOWN else "")
    listed = f"有 {count} 宗：{shown}" if count else "没有"
    return f"平均有 {round_half_up(found.unsold, 1)} 宗流拍；成交概率不足 {limit} 的{listed}。"


def _quota(work: MarketWork) -> str:
    if work.supply is None:
        return "没有供应计划规则，指标不是约束。"
    return _worth(work.supply.quota)


def _worth(value: QuotaValue) -> str:
    more = f"总指标增加 {value.extra_mu} 亩，集体预期收入增加 {wan_text(value.more_fen)} 万元"
    less = (
        f"减少 {value.extra_mu} 亩则编不出计划（{value.less_reason}）"
        if value.less_fen is None
        else f"减少 {value.extra_mu} 亩，减少 {wan_text(value.less_fen)} 万元"
    )
    unsure = f"（搜索没有走完，各至多差 {wan_text(value.unproven_fen)} 万元）" if value.unproven_fen else ""
    return f"{more}；{less}{unsure}。宗地整宗推出，一亩之差可能换不来一宗。"


def _fall(work: MarketWork) -> str:
    falls = [case.change for case in work.cases if case.change < 0]
    if not falls:
        return "方案没有列出价格下跌的情景。"
    cases = {case.asking: case for case in work.cases if case.change == max(falls)}
    said = "；".join(_case(work, cases[asking]) for asking in Asking)
    return f"价格水平 {percent_text(max(falls))}：{said}。"


def _case(work: MarketWork, case: PriceCase) -> str:
    before, after = (percent(one.parcels["sale_probability"].mean()) for one in (work.joint, case.market))
    change = f"由 {before} 变为 {after}" if after != before else f"仍为 {before}"
    return f"{case.asking}，预计成交 {total_of(case.market)}，平均成交概率{change}"


def _choice(work: MarketWork, found: Answer) -> str:
    bank = f"储备库可推出 {found.bank_parcels} 宗、{found.bank_mu} 亩"
    if work.supply is None:
        return f"{bank}，没有供应计划规则，全部推出。"
    best, other, rule = work.supply.best, work.supply.by_order, work.supply.rule
    less = best.objective_fen - other.objective_fen
    missed = f"，且未达到{'、'.join(other.missed)}" if other.missed else ""
    return (
        f"{bank}；{rule.year} 年总指标 {rule.quota_mu} 亩。按集体预期收入最高选取：{best.status}，"
        f"预期 {wan_text(best.objective_fen)} 万元；按“{work.plan.order}”逐宗列入的少 {wan_text(less)} 万元{missed}。"
    )


def _reserves(work: MarketWork) -> str:
    return "".join(_reserve_parts(work)) + "由集体决定，截止前保密。"


def _reserve_parts(work: MarketWork) -> Iterator[str]:
    advice, best = work.advice, work.advice["reserve_best_fen"].dropna()
    total = int(advice["reserve_price_fen"].sum())
    yield f"逐宗见“底价建议”；现定底价合计 {wan_text(total)} 万元。"
    if "reserve_low_fen" in advice:
        low = int((advice["reserve_price_fen"] < advice["reserve_low_fen"]).sum())
        high = int((advice["reserve_price_fen"] > advice["reserve_high_fen"]).sum())
        yield f"按估价方法，低于建议区间的 {low} 宗，高于的 {high} 宗：区间说的是土地值多少，不是怎样收入最高。"
    yield (
        f"按试算曲线（一轮公开竞价、起始价即底价，收入含流拍时土地留给集体的价值），预期收入最高的底价"
        f"合计 {wan_text(int(best.sum()))} 万元（{len(best)} 宗）"
    )
    if "reserve_low_fen" in advice:
        below = int((best < advice["reserve_low_fen"].reindex(best.index)).sum())
        yield f"，其中 {below} 宗低于建议区间"
    yield "。" + _reserve_swing(work)


def _reserve_swing(work: MarketWork) -> str:
    """What raising all reserves would bring, by the sensitivity."""
    moved = work.levers[work.levers["name"].str.startswith("底价")].dropna(subset=["low", "high"])
    return "".join(
        f"{row['name']}：降低后集体预期收入 {float(row['low']):,.2f} 万元，提高后 {float(row['high']):,.2f} 万元，"
        "提高底价多半换来流拍。"
        if float(row["high"]) < float(row["low"])
        else f"{row['name']}：降低后集体预期收入 {float(row['low']):,.2f} 万元，提高后 {float(row['high']):,.2f} 万元。"
        for row in moved.to_dict("records")
    )
