"""A supply plan as a value (供应计划): what was chosen, why other parcels were not, how good it is known to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from landmarket.market.supply_limits import Limit, SupplyProblem, mu_text

_YES, _NO = "是", "否"


class PlanStatus(StrEnum):
    """How good a plan is known to be (计划状态)."""

    BEST = "最优（求解器精度内）"
    STOPPED = "已停止搜索，未证明最优"
    BY_ORDER = "按次序列入"
    BELOW_FLOOR = "按次序列入，未达乡镇下限"


@dataclass(frozen=True, eq=False)
class SupplyPlan:
    """A supply plan (供应计划). Internal.

    Attributes
    ----------
    chosen : DataFrame
        On the index of the bank: ``chosen`` 是 or 否, and ``plan_reason``.
    objective_fen : int
        Expected collective income of the parcels chosen [分].
    bound_fen : int or None
        What no plan under the rule exceeds [分]; None where this plan misses floors.
    gap : float or None
        What may be missing to the best plan, (bound − objective) / bound; None where there is no bound.
    status : PlanStatus
        How good it is known to be.
    missed : tuple of str
        Floors that it does not reach.
    """

    chosen: pd.DataFrame
    objective_fen: int
    bound_fen: int | None
    gap: float | None
    status: PlanStatus
    missed: tuple[str, ...] = ()


def written_plan(
    bank: pd.DataFrame,
    problem: SupplyProblem,
    chosen: Sequence[int],
    bound: int | None,
    status: PlanStatus,
    missed: tuple[str, ...] = (),
) -> SupplyPlan:
    """Write a choice of parcels down as a plan (供应计划表), with a reason for each parcel.

    Parameters
    ----------
    bank : DataFrame
        The reserve bank.
    problem : SupplyProblem
        Its parcels that can be supplied, and the limits.
    chosen : sequence of int
        Positions in the problem of the parcels chosen.
    bound : int or None
        What no plan exceeds [分].
    status : PlanStatus
        How good the choice is known to be.
    missed : tuple of str, optional
        Floors that it does not reach.

    Returns
    -------
    SupplyPlan
        Its table is on the index of the bank.
    """
    objective = sum(problem.worth[at] for at in chosen)
    taken = set(chosen)
    reasons = {code: "列入" if at in taken else _why_not(problem, chosen, at) for at, code in enumerate(problem.codes)}
    codes = {problem.codes[at] for at in taken}
    table = pd.DataFrame(index=bank.index)
    table["chosen"] = pd.Series([_YES if str(code) in codes else _NO for code in bank.index], bank.index, dtype="str")
    states = zip(bank.index, bank["supply_state"], strict=True)
    said = [reasons.get(str(code), f"储备状态：{state}") for code, state in states]
    table["plan_reason"] = pd.Series(said, index=bank.index, dtype="str")
    gap = None if bound is None else (bound - objective) / bound if bound else 0.0
    return SupplyPlan(table, objective, bound, gap, status, missed)


def _why_not(problem: SupplyProblem, chosen: Sequence[int], at: int) -> str:
    """Say which limit the plan would break with one parcel more."""
    for limit in problem.limits:
        if limit.is_quota and limit.weights[at] < limit.least:
            return f"未列入：单宗 {mu_text(problem.thirds[at])}，超出{limit.name}"
    broken = next((limit for limit in problem.limits if not limit.holds([*chosen, at])), None)
    if broken is None:
        return "未列入：对集体预期收入没有贡献"
    return _breaks(broken, chosen)


def _breaks(limit: Limit, chosen: Sequence[int]) -> str:
    if limit.is_quota:
        used = -sum(limit.weights[at] for at in chosen)
        return f"未列入：已列入 {mu_text(used)}，再列入将超出{limit.name}"
    return f"未列入：再列入将不满足{limit.name}"
