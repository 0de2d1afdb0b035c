"""The supply plan (供应计划): which parcels of the reserve bank (储备库) are offered in a year.

A plan is made by a stated order, or so that the expected collective income is highest under the quotas and the floors
of the townships. Best means: for that objective, at the expected incomes given, which rest on assumptions about demand.
Expected incomes depend on the secret reserve prices, so plans are internal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import pandas as pd

from landmarket.checks import fault, require_columns, require_sound
from landmarket.errors import RuleError
from landmarket.market.supply_limits import SupplyProblem, available, supply_problem
from landmarket.market.supply_plan import PlanStatus, SupplyPlan, written_plan
from landmarket.market.supply_rule import SupplyRule
from landmarket.market.supply_solver import NODES, best_choice, relaxed_bound
from landmarket.units import floats_of

STATEMENT = "在所列目标（集体预期收入最高）和需求假设下最优；假设不同，结果不同"
"""What a best plan, and the worth of a quota, may be said to be."""


class SupplyOrder(StrEnum):
    """Order in which a plan takes parcels (排序规则); parcels that tie are taken by code."""

    INCOME_PER_MU = "亩均集体预期收入从高到低"
    INCOME = "集体预期收入从高到低"
    SALE_PROBABILITY = "成交概率从高到低"
    SMALL_FIRST = "面积从小到大"
    BANK = "储备库的次序"


@dataclass(frozen=True)
class QuotaValue:
    """What a change of the quota is worth (指标增减的价值). Internal.

    Attributes
    ----------
    extra_mu : Decimal
        How much the total quota was raised and lowered [亩].
    objective_fen : int
        Best expected collective income at the quota [分].
    more_fen : int
        What is gained by the raise [分].
    less_fen : int or None
        What is lost by the cut [分]; None where no plan is possible after it.
    unproven_fen : int
        By how much the two numbers may be off at most, because a search was stopped [分].
    less_reason : str
        Why no plan is possible after the cut; else empty.
    statement : str
        What the numbers rest on.
    """

    extra_mu: Decimal
    objective_fen: int
    more_fen: int
    less_fen: int | None
    unproven_fen: int
    less_reason: str = ""
    statement: str = STATEMENT


def plan_by_rule(bank: pd.DataFrame, rule: SupplyRule, order: SupplyOrder) -> SupplyPlan:
    """Take parcels one by one in a stated order (按次序列入), first up to the townships' floors of area.

    Parameters
    ----------
    bank : DataFrame
        Index parcel code; ``township``, ``price_use``, ``area`` [㎡], ``supply_state``, ``expected_collective_fen``
        [分], chance of sale included; ``sale_probability`` where the order goes by it.
    rule : SupplyRule
        Quotas and floors.
    order : SupplyOrder
        The order.

    Returns
    -------
    SupplyPlan
        With the bound of the relaxed problem; floors that the order misses are named, not enforced.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a value cannot be used, or no parcel can be supplied.
    RuleError
        If the quota is below the smallest parcel, floors cannot be met, or the rule names what no parcel has.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the rule.
    """
    rule.warn_unverified()
    problem = supply_problem(bank, rule, "plan_by_rule")
    bound = relaxed_bound(problem, rule.name)
    places = _places(bank, problem, order)
    chosen: list[int] = []
    quotas = [limit for limit in problem.limits if limit.is_quota]
    floors = [limit for limit in problem.limits if not limit.is_quota and min(limit.weights) >= 0]
    for limit in floors:
        for at in places:
            if not limit.holds(chosen) and limit.weights[at] and all(one.holds([*chosen, at]) for one in quotas):
                chosen.append(at)
    for at in places:
        if at not in chosen and all(one.holds([*chosen, at]) for one in quotas):
            chosen.append(at)
    missed = tuple(limit.name for limit in problem.limits if not limit.holds(chosen))
    if missed:
        return written_plan(bank, problem, chosen, None, PlanStatus.BELOW_FLOOR, missed)
    return written_plan(bank, problem, chosen, bound, PlanStatus.BY_ORDER)


def _places(bank: pd.DataFrame, problem: SupplyProblem, order: SupplyOrder) -> list[int]:
    """Positions of the parcels of the problem in the order; equal ones by code, as the problem has them."""
    each = range(len(problem.codes))
    if order is SupplyOrder.INCOME_PER_MU:
        return sorted(each, key=lambda at: -Fraction(problem.worth[at], problem.thirds[at]))
    if order is SupplyOrder.INCOME:
        return sorted(each, key=lambda at: -problem.worth[at])
    if order is SupplyOrder.SMALL_FIRST:
        return sorted(each, key=lambda at: problem.thirds[at])
    if order is SupplyOrder.BANK:
        rank = {str(code): at for at, code in enumerate(bank.index)}
        return sorted(each, key=lambda at: rank[problem.codes[at]])
    require_columns(bank, ["sale_probability"], "plan_by_rule")
    parcels = available(bank, "plan_by_rule")
    chance = floats_of(parcels["sale_probability"])
    wrong = ~((chance >= 0) & (chance <= 1))
    require_sound(parcels, [fault("sale_probability", wrong, "成交概率应在 0 与 1 之间。")], "plan_by_rule")
    return sorted(each, key=lambda at: -chance[at])


def best_plan(bank: pd.DataFrame, rule: SupplyRule, *, nodes: int = NODES) -> SupplyPlan:
    r"""Choose the parcels whose expected collective income is highest within quotas and floors (最优供应计划).

    .. math:: \max \sum_i e_i x_i, \quad \sum_i a_i x_i \le Q, \quad \sum_{i \in u} a_i x_i \le Q_u, \quad
        \sum_{i \in t} a_i x_i \ge F_t, \quad \sum_{i \in t} e_i x_i \ge s_t \sum_i e_i x_i, \quad x_i \in \{0, 1\}

    Parameters
    ----------
    bank : DataFrame
        Index parcel code; ``township``, ``price_use``, ``area`` a [㎡], ``supply_state``, ``expected_collective_fen``
        e [分], chance of sale included.
    rule : SupplyRule
        Quotas Q [亩], floors F [亩] and s.
    nodes : int, default 500
        Nodes after which the search stops; the plan then has a gap.

    Returns
    -------
    SupplyPlan
        It keeps to every limit exactly. The same parcels give the same plan, whatever the order of the rows.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    BadValueError
        If a value cannot be used, or no parcel can be supplied.
    RuleError
        If no plan keeps to the rule, naming the quotas and floors that contradict each other; if none was found
        within the nodes; or if the rule names what no parcel has.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the rule.

    Notes
    -----
    Best for this objective at the incomes given, see `STATEMENT`. Solved by HiGHS (Q. Huangfu, J. A. J. Hall, 2018)
    through scipy; bound and gap as the solver states them. It works to about eight digits: of two plans that differ by
    less than a hundred-millionth it may take the lesser one.
    """
    rule.warn_unverified()
    return _solved(bank, rule, nodes)


def _solved(bank: pd.DataFrame, rule: SupplyRule, nodes: int) -> SupplyPlan:
    problem = supply_problem(bank, rule, "best_plan")
    choice = best_choice(problem, nodes, rule.name)
    worth = sum(problem.worth[at] for at in choice.chosen)
    status = PlanStatus.BEST if choice.bound == worth else PlanStatus.STOPPED
    return written_plan(bank, problem, choice.chosen, choice.bound, status)


def quota_value(
    bank: pd.DataFrame, rule: SupplyRule, extra_mu: Decimal = Decimal(1), *, nodes: int = NODES
) -> QuotaValue:
    """Find what some more mu of the total quota are worth, and some less (指标增减的价值), by planning again.

    Parameters
    ----------
    bank : DataFrame
        As for `best_plan`.
    rule : SupplyRule
        Quotas and floors; quotas of uses stay as they are.
    extra_mu : Decimal, default 1
        By how much the total quota is raised and lowered [亩].
    nodes : int, default 500
        Nodes after which each search stops.

    Returns
    -------
    QuotaValue
        Gain and loss of the best expected collective income. Parcels are whole: one mu may be worth nothing, ten much.

    Raises
    ------
    RuleError
        If the change is not positive, or no plan keeps to the rule as it is.

    Warns
    -----
    UnverifiedRuleWarning
        If nobody has checked the rule.
    """
    if extra_mu <= 0:
        raise RuleError(f"quota_value：extra_mu = {extra_mu} 应大于 0（亩）。办法：如 Decimal(1)。")
    rule.warn_unverified()
    now = _solved(bank, rule, nodes)
    more = _solved(bank, replace(rule, quota_mu=rule.quota_mu + extra_mu), nodes)
    unproven = max(_open(now), _open(more))
    gained = max(more.objective_fen - now.objective_fen, 0)
    try:
        less = _solved(bank, replace(rule, quota_mu=max(rule.quota_mu - extra_mu, Decimal(0))), nodes)
    except RuleError as error:
        return QuotaValue(extra_mu, now.objective_fen, gained, None, unproven, str(error))
    lost = max(now.objective_fen - less.objective_fen, 0)
    return QuotaValue(extra_mu, now.objective_fen, gained, lost, max(unproven, _open(less)))


def _open(plan: SupplyPlan) -> int:
    return 0 if plan.bound_fen is None else plan.bound_fen - plan.objective_fen
