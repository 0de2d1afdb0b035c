"""The best choice of parcels under limits (供应计划求解): HiGHS proposes, whole numbers decide.

The solver works in floating point. What it proposes is checked exactly; a proposal that breaks a limit by less than the
solver can see is cut off, and the solver is asked again. That a choice is the best is known to about eight digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from landmarket.errors import RuleError
from landmarket.io.native_output import native_output_dropped
from landmarket.market.supply_limits import Limit, SupplyProblem

NODES = 500
"""Nodes of the search after which it stops: nodes, not seconds, so that a slow machine finds the same plan."""
_MOST_CUTS = 1000
_OPTIMAL, _INFEASIBLE = 0, 2

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """What the solver found (求解结果).

    Attributes
    ----------
    chosen : tuple of int
        Positions of the parcels chosen.
    bound : int
        What no choice exceeds [分].
    """

    chosen: tuple[int, ...]
    bound: int


@dataclass(frozen=True)
class _Answer:
    """The solver's answer: what it proposes (None: nothing was found), its bound, and how it ended."""

    values: Floats | None
    bound: float
    status: int


def best_choice(problem: SupplyProblem, nodes: int, rule_name: str) -> Choice:
    """Choose the parcels that are worth most together within the limits (最优组合).

    Parameters
    ----------
    problem : SupplyProblem
        Parcels and limits.
    nodes : int
        Nodes after which the search stops.
    rule_name : str
        The rule, for messages.

    Returns
    -------
    Choice
        It keeps to every limit, exactly.

    Raises
    ------
    RuleError
        If no choice keeps to all limits, naming those that contradict each other, or none was found within the nodes.
    """
    limits = list(problem.limits)
    for _ in range(_MOST_CUTS):
        answer = _ask(problem.worth, limits, nodes, whole=True)
        if answer.status == _INFEASIBLE:
            raise _contradiction(problem, rule_name)
        if answer.values is None:
            break
        chosen = tuple(int(at) for at in np.flatnonzero(answer.values > 1 / 2))
        broken = [limit for limit in problem.limits if not limit.holds(chosen)]
        if not broken:
            worth = sum(problem.worth[at] for at in chosen)
            return Choice(chosen, max(worth, _rounded(answer.bound)))
        limits += [_cut(limit, chosen) for limit in broken]
    raise RuleError(
        f"供应计划规则 {rule_name}：{nodes} 个节点内没有找到满足全部约束的组合。办法：增大 nodes，或放宽乡镇下限。"
    )


def relaxed_bound(problem: SupplyProblem, rule_name: str) -> int:
    """Bound what any choice can be worth, as if parcels could be divided (线性松弛上界).

    Parameters
    ----------
    problem : SupplyProblem
        Parcels and limits.
    rule_name : str
        The rule, for messages.

    Returns
    -------
    int
        The bound [分], rounded to the fen.

    Raises
    ------
    RuleError
        If even divided parcels cannot keep to all limits, naming those that contradict each other.
    """
    answer = _ask(problem.worth, problem.limits, 0, whole=False)
    if answer.status == _INFEASIBLE:
        raise _contradiction(problem, rule_name)
    return _rounded(answer.bound)


def _ask(worth: Sequence[int], limits: Sequence[Limit], nodes: int, *, whole: bool) -> _Answer:
    """Ask HiGHS once; areas are given in mu, other rows scaled so that the largest weight is one."""
    rows = np.zeros((len(limits), len(worth)))
    least = np.zeros(len(limits))
    for at, limit in enumerate(limits):
        rows[at] = [weight / limit.unit for weight in limit.weights]
        least[at] = limit.least / limit.unit
    options = {"mip_rel_gap": 0.0, "node_limit": nodes, "presolve": False} if whole else {}
    with native_output_dropped():
        found = milp(
            -np.array(worth, dtype=np.float64),
            integrality=np.full(len(worth), int(whole)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(rows, lb=least),
            options=options,
        )
    searched = whole and found.status != _OPTIMAL and found.mip_dual_bound is not None
    bound = found.mip_dual_bound if searched else found.fun  # of a search that ended it may state an older bound
    limit_of_worth = float(sum(worth))
    stated = limit_of_worth if bound is None or not np.isfinite(bound) else min(-float(bound), limit_of_worth)
    values = None if found.x is None else np.asarray(found.x, dtype=np.float64)
    return _Answer(values, stated, int(found.status))


def _rounded(bound: float) -> int:
    return floor(bound + 1 / 2)


def _cut(limit: Limit, chosen: Sequence[int]) -> Limit:
    """What every choice must do differently from one that breaks a limit: take more, or leave out, of what weighs."""
    taken = set(chosen)
    weights = [0] * len(limit.weights)
    least = 1
    for at, weight in enumerate(limit.weights):
        if at not in taken and weight > 0:
            weights[at] = 1
        elif at in taken and weight < 0:
            weights[at] = -1
            least -= 1
    return Limit(limit.name, tuple(weights), least, unit=1, is_quota=limit.is_quota)


def _contradiction(problem: SupplyProblem, rule_name: str) -> RuleError:
    """Name limits that cannot hold together, none of which could be left out of the contradiction."""
    kept = list(problem.limits)
    for limit in problem.limits:
        fewer = [other for other in kept if other is not limit]
        if _impossible(problem, fewer):
            kept = fewer
    return RuleError(
        f"供应计划规则 {rule_name}：没有满足全部约束的组合，相互矛盾的是：{'、'.join(limit.name for limit in kept)}。"
        "办法：增加指标，或降低其中的下限。"
    )


def _impossible(problem: SupplyProblem, limits: Sequence[Limit]) -> bool:
    return bool(limits) and _ask([0] * len(problem.worth), limits, NODES, whole=True).status == _INFEASIBLE
