"""How unequally an income is spread over people (收入差距): Lorenz curve, Gini coefficient, Theil index and its parts.

An amount is the total of a unit (a member, a household, a village), its weight the people of that unit: everyone in a
unit is taken to have the mean of the unit. Differences inside units are not seen, so measures of villages are lower
bounds of those of their members.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_same_index
from landmarket.errors import BadValueError, named_rows
from landmarket.units import Floats

Amounts: TypeAlias = (
    "Sequence[int] | Sequence[float] | Floats | npt.NDArray[np.int64] | pd.Series[int] | pd.Series[float]"
)
Groups: TypeAlias = "Sequence[str] | pd.Series[str]"


@dataclass(frozen=True, eq=False)
class TheilParts:
    """The Theil index taken apart by group (泰尔指数分解).

    Attributes
    ----------
    groups : DataFrame
        Index group, sorted: ``units``; ``population_share``; ``income_share``; ``theil``, the index within the group,
        missing where it has no income; ``within`` and ``between``, what the group adds to the two totals. ``between``
        is negative for a group that is poorer than all.
    within, between, total : float
        Inequality within groups, between their means, and their sum.
    """

    groups: pd.DataFrame
    within: float
    between: float
    total: float


def lorenz(amounts: Amounts, weights: Amounts | None = None) -> pd.DataFrame:
    r"""Draw the Lorenz curve (洛伦兹曲线): which share of the income the poorest share of the people has.

    .. math:: L\left(\frac{\sum_{i \le k} w_i}{\sum_i w_i}\right) = \frac{\sum_{i \le k} a_i}{\sum_i a_i},
        \qquad \frac{a_1}{w_1} \le \frac{a_2}{w_2} \le \ldots

    Parameters
    ----------
    amounts : sequence, ndarray or Series of number
        Total a of each unit, in one unit of money, not negative.
    weights : sequence, ndarray or Series of number, optional
        People w of each unit, positive. Default: one each.

    Returns
    -------
    DataFrame
        ``population_share`` and ``income_share`` from (0, 0) to (1, 1), one row more than there are units; between its
        points the curve is straight. Income shares are missing where all amounts are 0: there is nothing to share.

    Raises
    ------
    BadValueError
        If there is no unit, the lengths differ, an amount is negative or missing, or a weight is not positive.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    M. O. Lorenz, Methods of measuring the concentration of wealth, Publications of the American Statistical
    Association 9(70), 1905.

    Examples
    --------
    >>> lorenz([75, 25]).to_numpy().tolist()
    [[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]]
    """
    amount, people = _read(amounts, weights, "lorenz")
    order = np.lexsort((people, amount / people))
    columns = {"population_share": people[order], "income_share": amount[order]}
    return pd.DataFrame({name: _running_share(values) for name, values in columns.items()})


def gini(amounts: Amounts, weights: Amounts | None = None) -> float:
    r"""Compute the Gini coefficient (基尼系数).

    .. math:: G = \frac{1}{2 \mu W^2} \sum_i \sum_j w_i w_j |x_i - x_j|
        = \frac{1}{\mu} \sum_k F_k (1 - F_k) (x_{k+1} - x_k),
        \qquad x_i = \frac{a_i}{w_i}, \quad W = \sum_i w_i, \quad \mu = \frac{1}{W} \sum_i a_i

    with the x sorted and F the share of the people up to the k-th of them.

    Parameters
    ----------
    amounts : sequence, ndarray or Series of number
        Total a of each unit, in one unit of money, not negative.
    weights : sequence, ndarray or Series of number, optional
        People w of each unit, positive. Default: one each.

    Returns
    -------
    float
        0 where all have the same; :math:`(n - 1) / n` where one of n has all: no correction for small n is made.
        Missing where all amounts are 0: the mean is 0, and there are no shares of income.

    Raises
    ------
    BadValueError
        If there is no unit, the lengths differ, an amount is negative or missing, or a weight is not positive.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    C. Gini, Variabilità e mutabilità, 1912: half the relative mean difference, every pair counted. It equals twice the
    area between the Lorenz curve and the diagonal. All terms of the second form are positive, so that equal incomes
    give exactly 0.

    Examples
    --------
    >>> gini([25, 75]), gini([0, 0, 0, 8])
    (0.25, 0.75)
    """
    amount, people = _read(amounts, weights, "gini")
    mean = amount.sum() / people.sum()
    if mean == 0:
        return np.nan
    each = amount / people
    order = np.argsort(each, kind="stable")
    below = np.cumsum(people[order])[:-1] / people.sum()
    return float((below * (1 - below) * np.diff(each[order])).sum() / mean)


def theil(amounts: Amounts, weights: Amounts | None = None) -> float:
    r"""Compute the Theil index T (泰尔指数).

    .. math:: T = \sum_i q_i \ln \frac{q_i}{p_i},
        \qquad q_i = \frac{a_i}{\sum_j a_j}, \quad p_i = \frac{w_i}{\sum_j w_j}

    Parameters
    ----------
    amounts : sequence, ndarray or Series of number
        Total a of each unit, in one unit of money, not negative; a unit without income adds nothing
        (:math:`0 \ln 0 = 0`).
    weights : sequence, ndarray or Series of number, optional
        People w of each unit, positive. Default: one each.

    Returns
    -------
    float
        0 where all have the same; :math:`\ln n` where one of n has all. Missing where all amounts are 0: there are no
        shares of income.

    Raises
    ------
    BadValueError
        If there is no unit, the lengths differ, an amount is negative or missing, or a weight is not positive.
    IndexMismatchError
        If both are Series and do not have the same index.

    Notes
    -----
    H. Theil, Economics and Information Theory, 1967, chapter 4; the generalised entropy of order 1. Natural logarithm.

    Examples
    --------
    >>> round(theil([8, 5, 1, 3, 5, 6, 7, 6, 3]), 6)
    0.104946
    """
    amount, people = _read(amounts, weights, "theil")
    return _theil(amount, people)


def theil_parts(amounts: Amounts, groups: Groups, weights: Amounts | None = None) -> TheilParts:
    r"""Take the Theil index apart into inequality within and between groups (泰尔指数分解).

    .. math:: T = \underbrace{\sum_g q_g T_g}_{\text{within}}
        + \underbrace{\sum_g q_g \ln \frac{q_g}{p_g}}_{\text{between}}

    Parameters
    ----------
    amounts : sequence, ndarray or Series of number
        Total of each unit, in one unit of money, not negative.
    groups : sequence or Series of str
        Group of each unit, such as its township.
    weights : sequence, ndarray or Series of number, optional
        People of each unit, positive. Default: one each.

    Returns
    -------
    TheilParts
        With income shares q and population shares p of the groups. All indices are missing where all amounts are 0.

    Raises
    ------
    BadValueError
        If there is no unit, the lengths differ, an amount is negative or missing, a weight is not positive, or a unit
        has no group.
    IndexMismatchError
        If Series are given that do not have the same index.

    Notes
    -----
    Theil 1967; A. F. Shorrocks, The class of additively decomposable inequality measures, Econometrica 48(3), 1980. The
    index between is that of a population in which everyone has the mean of the group.

    Examples
    --------
    >>> parts = theil_parts([1, 1, 2, 2], ["甲镇", "甲镇", "乙镇", "乙镇"])
    >>> parts.within, round(parts.between, 6)
    (0.0, 0.056633)
    """
    amount, people = _read(amounts, weights, "theil_parts")
    names = _read_groups(groups, amounts, len(amount))
    table = pd.DataFrame({"amount": amount, "people": people}).groupby(names, sort=True)
    found = pd.DataFrame({"units": table.size()})
    sums = table.sum()
    total = amount.sum()
    share, of_people = sums["amount"] / (total or np.nan), sums["people"] / people.sum()
    inside = pd.Series([_theil(amount[rows], people[rows]) for rows in table.indices.values()], list(table.indices))
    found = found.assign(population_share=of_people, income_share=share, theil=inside)
    has = sums["amount"] > 0
    found["within"] = (share * found["theil"]).where(has, share * 0)
    found["between"] = (share * np.log((share / of_people).where(has))).where(has, share * 0)
    within, between = (float(found[name].sum(skipna=False)) for name in ("within", "between"))
    return TheilParts(found.rename_axis("group"), within, between, within + between)


def _theil(amount: Floats, people: Floats) -> float:
    """Index of checked units; rounding never makes it negative."""
    total = amount.sum()
    if total == 0:
        return np.nan
    some = amount > 0
    share = amount[some] / total
    return max(0.0, float((share * np.log(share / (people[some] / people.sum()))).sum()))


def _running_share(values: Floats) -> Floats:
    """Running total over the whole from 0 to exactly 1; missing where there is nothing."""
    running = np.concatenate([[0.0], np.cumsum(values)])
    shares: Floats = running / (running[-1] or np.nan)
    return shares


def _read(amounts: Amounts, weights: Amounts | None, needed_by: str) -> tuple[Floats, Floats]:
    """Check amounts and weights; one each where there are no weights."""
    amount = _numbers(amounts)
    if not len(amount):
        raise BadValueError(f"{needed_by}：没有一个单位。办法：至少给一个单位的收入。")
    _require(amounts, amount, np.isfinite(amount) & (amount >= 0), "收入", "应为不小于 0 的数，缺失不当作 0", needed_by)
    if weights is None:
        return amount, np.ones(len(amount))
    _require_alike(amounts, weights, "人口", needed_by)
    people = _numbers(weights)
    _require(weights, people, np.isfinite(people) & (people > 0), "人口", "应大于 0，无人的单位先剔除", needed_by)
    return amount, people


def _read_groups(groups: Groups, amounts: Amounts, count: int) -> npt.NDArray[np.object_]:
    _require_alike(amounts, groups, "分组", "theil_parts")
    names = pd.Series(groups, dtype="object")
    missing = (names.isna() | names.eq("")).to_numpy()
    if missing.any():
        rows = named_rows(_rows_of(groups, count)[missing])
        raise BadValueError(f"theil_parts：没有分组，{rows}。办法：补上分组，如乡镇。")
    return names.to_numpy()


def _require_alike(amounts: Amounts, others: Amounts | Groups, what: str, needed_by: str) -> None:
    if isinstance(amounts, pd.Series) and isinstance(others, pd.Series):
        require_same_index(amounts.to_frame(), others.to_frame(), needed_by)
    if len(amounts) != len(others):
        raise BadValueError(f"{needed_by}：收入 {len(amounts)} 个，{what} {len(others)} 个。办法：两者应逐个对应。")


def _require(
    values: Amounts, numbers: Floats, good: npt.NDArray[np.bool_], what: str, cure: str, needed_by: str
) -> None:
    if not good.all():
        rows = named_rows(_rows_of(values, len(numbers))[~good], numbers[~good].tolist())
        raise BadValueError(f"{needed_by}：{what}不能用，{rows}。办法：{what}{cure}。")


def _rows_of(values: Amounts | Groups, count: int) -> pd.Index[str] | pd.RangeIndex:
    """Name units by their index, else by their position from 1."""
    return values.index if isinstance(values, pd.Series) else pd.RangeIndex(1, count + 1)


def _numbers(values: Amounts) -> Floats:
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(numbers, dtype=np.float64)
