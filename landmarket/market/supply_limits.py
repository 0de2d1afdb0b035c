"""What a supply plan must keep to (供应计划的约束), as whole numbers: sums over parcels, each with its least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound, require_unique_index
from landmarket.errors import BadValueError, RuleError, named_rows
from landmarket.exact import MILLION
from landmarket.market.amounts import not_whole
from landmarket.market.supply_rule import FloorBasis, SupplyRule, TownshipFloor, share_millionths
from landmarket.units import fen_series, floats_of, round_half_up

PLAN_COLUMNS = ["township", "price_use", "area", "supply_state", "expected_collective_fen"]
CENTI_PER_THREE_MU = 200_000
"""One mu is 2000/3 ㎡: three times an area [0.01 ㎡] is the area in mu times this."""
_MOST_AREA = 1e10
_MOST_SUM = 9 * 10**15


class SupplyState(StrEnum):
    """Where a parcel of the reserve stands (储备状态)."""

    AVAILABLE = "可供应"
    WAITING = "暂不供应"
    SUPPLIED = "已供应"


@dataclass(frozen=True)
class Limit:
    """One thing that a plan must keep to (约束): the weights of the parcels chosen add up to at least `least`.

    Attributes
    ----------
    name : str
        What it is, in Chinese.
    weights : tuple of int
        Weight of each parcel; those of a quota are negative.
    least : int
        The least sum.
    unit : int
        What a solver divides both by.
    is_quota : bool
        Whether it is a quota: a most, written with the signs turned.
    """

    name: str
    weights: tuple[int, ...]
    least: int
    unit: int
    is_quota: bool = False

    def holds(self, chosen: Sequence[int]) -> bool:
        """Tell whether a choice keeps to it.

        Parameters
        ----------
        chosen : sequence of int
            Positions of the parcels chosen.

        Returns
        -------
        bool
            True if it does, exactly.
        """
        return sum(self.weights[at] for at in chosen) >= self.least


@dataclass(frozen=True)
class SupplyProblem:
    """Parcels that can be supplied, in the order of their codes, with what limits the choice (供应计划问题).

    Attributes
    ----------
    codes : tuple of str
        Parcel codes.
    townships : tuple of str
        Their townships.
    thirds : tuple of int
        Three times their areas [0.01 ㎡]: the area in mu times `CENTI_PER_THREE_MU`.
    worth : tuple of int
        Expected collective income [分].
    limits : tuple of Limit
        Quotas, then floors.
    """

    codes: tuple[str, ...]
    townships: tuple[str, ...]
    thirds: tuple[int, ...]
    worth: tuple[int, ...]
    limits: tuple[Limit, ...]


def available(bank: pd.DataFrame, needed_by: str) -> pd.DataFrame:
    """Give the parcels of a reserve bank that can be supplied (可供应宗地), in the order of their codes.

    Parameters
    ----------
    bank : DataFrame
        Index parcel code; `PLAN_COLUMNS`.
    needed_by : str
        The function that needs them, for messages.

    Returns
    -------
    DataFrame
        The rows whose ``supply_state`` is 可供应, sorted by code.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a township, use, area, state or income cannot be used, or no parcel can be supplied.
    """
    require_unique_index(bank, needed_by)
    require_columns(bank, PLAN_COLUMNS, needed_by)
    require_sound(bank, _faults(bank), needed_by)
    found = bank[bank["supply_state"].eq(SupplyState.AVAILABLE)]
    if found.empty:
        raise BadValueError(
            f"{needed_by}：储备库 {len(bank)} 宗中没有{SupplyState.AVAILABLE}的宗地。办法：核对储备状态。"
        )
    return found.loc[sorted(found.index)]


def _faults(bank: pd.DataFrame) -> list[Fault]:
    area = floats_of(bank["area"])
    states = "、".join(SupplyState)
    return [
        fault("township", bank["township"].isna(), "补上乡镇。"),
        fault("price_use", bank["price_use"].isna(), "补上地价用途。"),
        fault("area", ~((area > 0) & (area < _MOST_AREA)), "计价面积应大于 0。"),
        fault("supply_state", ~bank["supply_state"].isin(list(SupplyState)), f"写 {states} 之一。"),
        fault("expected_collective_fen", not_whole(bank["expected_collective_fen"], 0), "应为不小于 0 的整数分。"),
    ]


def supply_problem(bank: pd.DataFrame, rule: SupplyRule, needed_by: str) -> SupplyProblem:
    """Write a reserve bank and a rule down as whole numbers (供应计划问题).

    Parameters
    ----------
    bank : DataFrame
        As for `available`.
    rule : SupplyRule
        Quotas and floors.
    needed_by : str
        The function that needs it, for messages.

    Returns
    -------
    SupplyProblem
        On the parcels that can be supplied.

    Raises
    ------
    BadValueError
        If a value cannot be used, or incomes add up to more than can be computed exactly.
    RuleError
        If the quota is below the smallest parcel, a floor is more than a township has, or the rule names a use or a
        township that no parcel has.
    """
    parcels = available(bank, needed_by)
    centi = fen_series(pd.to_numeric(parcels["area"])).tolist()
    worth = [int(fen) for fen in parcels["expected_collective_fen"].tolist()]
    if sum(worth) > _MOST_SUM:
        raise BadValueError(
            f"{needed_by}：集体预期收入合计 {sum(worth)} 分，无法精确计算。办法：核对金额的单位（分）。"
        )
    thirds = tuple(3 * area for area in centi)
    townships = tuple(parcels["township"].astype(str))
    uses = tuple(parcels["price_use"].astype(str))
    _require_known(rule, townships, uses)
    limits = (*_quotas(rule, thirds, uses), *_floors(rule, thirds, worth, townships))
    problem = SupplyProblem(tuple(map(str, parcels.index)), townships, thirds, tuple(worth), limits)
    _require_possible(rule, problem)
    return problem


def mu_text(thirds: int) -> str:
    """Print an area kept as thirds in mu with two decimals (亩).

    Parameters
    ----------
    thirds : int
        Three times an area [0.01 ㎡].

    Returns
    -------
    str
        The area [亩], half-up, with its unit.

    Examples
    --------
    >>> mu_text(3 * 5_131_723)
    '76.98 亩'
    """
    return f"{round_half_up(Fraction(thirds, CENTI_PER_THREE_MU), 2)} 亩"


def _quotas(rule: SupplyRule, thirds: Sequence[int], uses: Sequence[str]) -> Iterator[Limit]:
    most = floor(Fraction(rule.quota_mu) * CENTI_PER_THREE_MU)
    yield Limit(f"总指标 {rule.quota_mu} 亩", tuple(-area for area in thirds), -most, CENTI_PER_THREE_MU, is_quota=True)
    for quota in rule.use_quotas:
        most = floor(Fraction(quota.quota_mu) * CENTI_PER_THREE_MU)
        weights = tuple(-area * (use == quota.price_use) for area, use in zip(thirds, uses, strict=True))
        yield Limit(f"{quota.price_use}指标 {quota.quota_mu} 亩", weights, -most, CENTI_PER_THREE_MU, is_quota=True)


def _floors(rule: SupplyRule, thirds: Sequence[int], worth: Sequence[int], townships: Sequence[str]) -> Iterator[Limit]:
    for township in sorted(set(townships)):
        inside = [place == township for place in townships]
        for each in rule.floors_of(township):
            name = floor_name(each)
            if each.basis is FloorBasis.AREA:
                weights = tuple(area * own for area, own in zip(thirds, inside, strict=True))
                least = ceil(Fraction(each.least) * CENTI_PER_THREE_MU)
                yield Limit(name, weights, least, CENTI_PER_THREE_MU)
            else:
                share = share_millionths(each)
                weights = tuple((MILLION * own - share) * fen for fen, own in zip(worth, inside, strict=True))
                yield Limit(name, weights, 0, max(map(abs, weights)) or 1)


def floor_name(each: TownshipFloor) -> str:
    """Name a floor (下限名称).

    Parameters
    ----------
    each : TownshipFloor
        The floor.

    Returns
    -------
    str
        In Chinese, with township, number and unit.
    """
    unit = " 亩" if each.basis is FloorBasis.AREA else "（占集体预期收入）"
    return f"{each.township}下限 {each.least}{unit}"


def _require_known(rule: SupplyRule, townships: Sequence[str], uses: Sequence[str]) -> None:
    """Refuse records that no parcel falls under: a misspelt name would otherwise limit nothing."""
    odd = [quota.price_use for quota in rule.use_quotas if quota.price_use not in uses]
    odd += [one.township for one in rule.floors if one.township and one.township not in townships]
    if odd:
        raise RuleError(
            f"供应计划规则 {rule.name}：{named_rows(odd)}，可供应的宗地中没有这些用途或乡镇。"
            f"现有用途：{'、'.join(sorted(set(uses)))}；乡镇：{'、'.join(sorted(set(townships)))}。"
            "办法：改正名称，或删去该条。"
        )


def _require_possible(rule: SupplyRule, problem: SupplyProblem) -> None:
    """Refuse a quota that no parcel fits into, and a floor beyond all that a township has."""
    smallest = min(problem.thirds)
    if Decimal(smallest) > rule.quota_mu * CENTI_PER_THREE_MU:
        code = problem.codes[problem.thirds.index(smallest)]
        raise RuleError(
            f"供应计划规则 {rule.name}：总指标 {rule.quota_mu} 亩小于最小的一宗（{code}，{mu_text(smallest)}），"
            "一宗也不能列入。办法：增加指标，或分割宗地。"
        )
    short = [
        f"{limit.name}，可供应合计 {mu_text(sum(limit.weights))}"
        for limit in problem.limits
        if not limit.is_quota and min(limit.weights) >= 0 and sum(limit.weights) < limit.least
    ]
    if short:
        raise RuleError(
            f"供应计划规则 {rule.name}：乡镇下限超过该乡镇可供应的全部宗地，{named_rows(short)}。"
            "办法：降低下限，或为该乡镇另写 [[floor]]（least = 0）。"
        )
