"""Weights of factors (因素权重): analytic hierarchy process, Delphi and pairwise comparison, each checked."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.weights.expert_tables import Floats, Matrix, read_cells, refuse_cells, square_table
from landmarket.pricing.weights.judgements import consistency, read_judgements, require_consistent

SUM_TOLERANCE = 1e-9
"""How far the sum of weights may be from 1: rounding of the machine, not of a table."""
FEWEST_EXPERTS = 2
"""A variance among experts needs two of them."""


def ahp_weights(matrix: Matrix) -> pd.Series[float]:
    r"""Compute weights by the principal eigenvector of a judgement matrix (层次分析法).

    .. math:: A w = \lambda_{max} w, \quad \sum_j w_j = 1

    Parameters
    ----------
    matrix : DataFrame, ndarray or sequence of sequences
        Judgements a_ij: how many times as important the factor of the row is as that of the column. Numbers, or text
        such as ``"1/3"``; both triangles filled in, the diagonal 1.

    Returns
    -------
    Series of float
        On the labels of the matrix (numbers from 0 where it has none); they sum to 1.

    Raises
    ------
    BadValueError
        If the matrix is not what `consistency` asks for; or if CR ≥ 0.1: then the three judgements are named whose
        change would lower CR most.

    Notes
    -----
    Saaty, The Analytic Hierarchy Process, 1980 (from memory). The limit of CR stands in ``consistency.toml``.

    Examples
    --------
    Saaty 1990, table 3, general condition: 0.200, 0.400, 0.400:

    >>> ahp_weights([[1, "1/2", "1/2"], [2, 1, 1], [2, 1, 1]]).round(3).tolist()
    [0.2, 0.4, 0.4]
    """
    found = consistency(read_judgements(matrix, "ahp_weights"))
    require_consistent(found, "ahp_weights")
    return found.weights


def geometric_mean_weights(matrix: Matrix) -> pd.Series[float]:
    r"""Compute weights by the geometric means of the rows of a judgement matrix (方根法).

    .. math:: w_i = \frac{(\prod_j a_{ij})^{1/n}}{\sum_k (\prod_j a_{kj})^{1/n}}

    Parameters
    ----------
    matrix : DataFrame, ndarray or sequence of sequences
        See `ahp_weights`.

    Returns
    -------
    Series of float
        On the labels of the matrix; they sum to 1. Equal to those of `ahp_weights` up to three factors, and wherever
        the judgements are consistent.

    Raises
    ------
    BadValueError
        As `ahp_weights` does; CR is that of the principal eigenvalue.

    Notes
    -----
    Crawford and Williams 1985 (from memory).

    Examples
    --------
    >>> geometric_mean_weights([[1, "1/2", "1/2"], [2, 1, 1], [2, 1, 1]]).round(3).tolist()
    [0.2, 0.4, 0.4]
    """
    judged = read_judgements(matrix, "geometric_mean_weights")
    require_consistent(consistency(judged), "geometric_mean_weights")
    means = np.exp(np.log(judged.to_numpy()).mean(axis=1))
    return pd.Series(means / means.sum(), index=judged.index, name="weight")


def delphi_weights(scores: pd.DataFrame) -> pd.Series[float]:
    r"""Compute weights from one round of experts' scores (特尔菲法).

    .. math:: E_j = \frac{1}{m} \sum_i a_{ij}, \quad W_j = \frac{E_j}{\sum_k E_k}

    Parameters
    ----------
    scores : DataFrame
        Scores a_ij of importance, a row for each expert, a column for each factor; positive.

    Returns
    -------
    Series of float
        On the factors; they sum to 1.

    Raises
    ------
    BadValueError
        If a score is missing, unreadable or not positive and finite, names are repeated, or there are fewer than two
        experts.

    Notes
    -----
    GB/T 18507-2014 (from memory).

    Examples
    --------
    >>> scores = pd.DataFrame({"繁华": [50, 40], "交通": [30, 40], "环境": [20, 20]}, index=["甲", "乙"])
    >>> delphi_weights(scores).to_dict()
    {'繁华': 0.45, '交通': 0.35, '环境': 0.2}
    """
    means = _scores(scores, "delphi_weights").mean()
    return (means / means.sum()).rename("weight")


def delphi_rounds(rounds: Sequence[pd.DataFrame]) -> pd.DataFrame:
    r"""Compare the rounds of a Delphi inquiry (特尔菲法各轮).

    .. math:: \delta_j^2 = \frac{1}{m - 1} \sum_i (a_{ij} - E_j)^2, \quad V_j = \frac{\delta_j}{E_j}

    Parameters
    ----------
    rounds : sequence of DataFrame
        Scores of each round, see `delphi_weights`; the same experts and factors in each, in any order.

    Returns
    -------
    DataFrame
        A row for each ``round`` (from 1) and ``factor``: ``mean``, ``variance``, ``variation`` (coefficient of
        variation), ``weight`` and ``weight_change`` since the round before, missing in the first.

    Raises
    ------
    BadValueError
        If there is no round, experts or factors differ between rounds, or a round is not what `delphi_weights` asks
        for.

    Notes
    -----
    GB/T 18507-2014 (from memory): the inquiry is repeated until the variance is acceptable. How much is acceptable is
    for the leader of the inquiry to say, so nothing is judged here.

    Examples
    --------
    >>> first = pd.DataFrame({"繁华": [60, 40], "交通": [40, 60]}, index=["甲", "乙"])
    >>> second = pd.DataFrame({"繁华": [65, 55], "交通": [35, 45]}, index=["甲", "乙"])
    >>> delphi_rounds([first, second])[["mean", "variance", "weight"]].loc[2].to_dict("index")
    {'繁华': {'mean': 60.0, 'variance': 50.0, 'weight': 0.6}, '交通': {'mean': 40.0, 'variance': 50.0, 'weight': 0.4}}
    """
    if not len(rounds):
        raise BadValueError("delphi_rounds：没有打分。办法：至少给出一轮专家打分表。")
    tables = [_scores(scores, f"delphi_rounds 第 {k} 轮") for k, scores in enumerate(rounds, start=1)]
    first = tables[0]
    for k, table in enumerate(tables[1:], start=2):
        for who, own, known in (("专家", table.index, first.index), ("因素", table.columns, first.columns)):
            odd = own.symmetric_difference(known, sort=False)
            if len(odd):
                raise BadValueError(
                    f"delphi_rounds：第 {k} 轮与第 1 轮的{who}不一致，{named_rows(odd)}。"
                    f"办法：各轮用同样的{who}名称；中途退出的专家从各轮中一并去掉。"
                )
    parts = []
    for table in tables:
        ordered = table[first.columns]
        mean, variance = ordered.mean(), ordered.var(ddof=1)
        parts.append(
            pd.DataFrame(
                {"mean": mean, "variance": variance, "variation": np.sqrt(variance) / mean, "weight": mean / mean.sum()}
            )
        )
    result = pd.concat(parts, keys=range(1, len(parts) + 1), names=["round", "factor"])
    return result.assign(weight_change=result.groupby(level="factor", sort=False)["weight"].diff())


def pairwise_weights(scores: Matrix) -> pd.Series[float]:
    r"""Compute weights from scored comparisons of all pairs (因素成对比较法).

    .. math:: W_j = \frac{\sum_k d_{jk}}{\sum_j \sum_k d_{jk}}, \quad d_{jk} + d_{kj} = 1

    Parameters
    ----------
    scores : DataFrame, ndarray or sequence of sequences
        d_jk is 1 where the factor of the row matters more than that of the column, 0 where less, 0.5 where as much.
        The diagonal is left blank or 0: a factor is not compared with itself. 0.5 there is refused, because tables
        that count it get other weights.

    Returns
    -------
    Series of float
        On the labels; they sum to 1.

    Raises
    ------
    BadValueError
        If a score is missing or not 0, 0.5 or 1, a pair does not add up to 1, the diagonal is neither blank nor 0, the
        comparisons run in a circle (A over B, B over C, but not A over C), there are fewer than two factors, or a
        factor gets the weight 0.

    Notes
    -----
    GB/T 18507-2014 (from memory); that pairs add up to 1 and must be transitive is taught so
    (https://max.book118.com/html/2022/0527/8030064022004104.shtm).

    Examples
    --------
    Of six points 繁华 has 3, 交通 1.5, 设施 1 and 环境 0.5:

    >>> table = [["", 1, 1, 1], [0, "", 0.5, 1], [0, 0.5, "", 0.5], [0, 0, 0.5, ""]]
    >>> factors = ["繁华", "交通", "设施", "环境"]
    >>> pairwise_weights(pd.DataFrame(table, index=factors, columns=factors)).round(4).tolist()
    [0.5, 0.25, 0.1667, 0.0833]
    """
    name = "pairwise_weights"
    table = read_cells(square_table(scores, name), name)
    values, own = table.to_numpy(copy=True), np.eye(len(table), dtype=bool)
    if len(table) < 2:
        raise BadValueError(f"{name}：只有一个因素，无从比较。办法：至少两个因素。")
    refuse_cells(table, own & ~(np.isnan(values) | (values == 0)), "对角线不参加比较，留空或写 0", name)
    refuse_cells(table, ~own & ~np.isin(values, (0, 0.5, 1)), "重要写 1，同等写 0.5，次要写 0，不留空", name)
    values[own] = 0
    refuse_cells(table, ~own & (values + values.T != 1), "两个方向之和应为 1", name)
    _refuse_circles(table.index, values, name)
    sums = values.sum(axis=1)
    if not sums.all():
        raise BadValueError(
            f"{name}：权重为 0，{named_rows(table.index[sums == 0])}，权重应在 0 与 1 之间。"
            "办法：最次要的因素与相近的一个同等的，记 0.5；确实不起作用的，去掉；否则改用层次分析法或特尔菲法。"
        )
    return pd.Series(sums / sums.sum(), index=table.index, name="weight")


def require_weights(weights: pd.Series[float], rank: Sequence[str] | None = None) -> pd.Series[float]:
    """Raise unless these can be weights (权重检查): each between 0 and 1, together 1.

    Parameters
    ----------
    weights : Series of float
        Weights by factor.
    rank : sequence of str, optional
        All factors from the most to the least important; weights must not increase along it.

    Returns
    -------
    Series of float
        The weights, on the same index.

    Raises
    ------
    BadValueError
        If a weight is missing, unreadable, not above 0 or not below 1 (a single factor has 1), the factors are
        repeated, the sum is not 1 within 1e-9, or the rank leaves out a factor, names another or is not kept.

    Examples
    --------
    >>> require_weights(pd.Series({"繁华": 0.5, "交通": 0.3, "环境": 0.2}), ["繁华", "交通", "环境"]).tolist()
    [0.5, 0.3, 0.2]
    """
    name = "require_weights"
    table = read_cells(weights.to_frame("权重"), name)
    values = table.to_numpy()
    if not len(table):
        raise BadValueError(f"{name}：没有因素。办法：至少给出一个因素的权重。")
    within = (values == 1) if len(table) == 1 else (values > 0) & (values < 1)
    cure = "权重应大于 0、小于 1（只有一个因素时为 1）；百分数先除以 100"
    refuse_cells(table, ~within, cure, name)
    total = math.fsum(values.ravel())
    if abs(total - 1) > SUM_TOLERANCE:
        raise BadValueError(
            f"{name}：权重之和为 {total:.12g}，应为 1。办法：核对各因素的权重，四舍五入的尾差归入最大的一个。"
        )
    checked = pd.Series(values.ravel(), index=weights.index, name=weights.name)
    if rank is not None:
        _require_rank(checked, list(rank), name)
    return checked


def _scores(scores: pd.DataFrame, needed_by: str) -> pd.DataFrame:
    """Read one round of scores and check it."""
    table = read_cells(scores, needed_by)
    values = table.to_numpy()
    if len(table) < FEWEST_EXPERTS or not len(table.columns):
        raise BadValueError(
            f"{needed_by}：{len(table)} 位专家、{len(table.columns)} 个因素。"
            f"办法：一行一位专家，至少 {FEWEST_EXPERTS} 位；一列一个因素。"
        )
    refuse_cells(table, np.isnan(values), "缺的分数请专家补打，不代填", needed_by)
    refuse_cells(table, ~((values > 0) & (values < np.inf)), "分数应为正数", needed_by)
    return table


def _refuse_circles(factors: pd.Index[str], values: Floats, name: str) -> None:
    """Refuse A over B and B over C where A is not over C."""
    over = values == 1
    circles = [
        f"{factors[a]} 重于 {factors[b]}、{factors[b]} 重于 {factors[c]}，而 {factors[a]} 不重于 {factors[c]}"
        for a, b in np.argwhere(over).tolist()
        for c in np.flatnonzero(over[b] & ~over[a]).tolist()
    ]
    if circles:
        raise BadValueError(f"{name}：比较前后矛盾，{named_rows(circles)}。办法：请专家改正其中一项。")


def _require_rank(weights: pd.Series[float], rank: list[str], name: str) -> None:
    """Refuse weights that increase along a rank of all factors."""
    odd = [label for label in dict.fromkeys([*rank, *weights.index]) if rank.count(label) != 1 or label not in weights]
    if odd:
        raise BadValueError(
            f"{name}：重要性排序应把每个因素列一次，{named_rows(odd)}。办法：从最重要到最次要列出全部因素。"
        )
    ordered = weights.loc[rank]
    rises = np.flatnonzero(np.diff(ordered) > SUM_TOLERANCE).tolist()
    if rises:
        pairs = [f"{rank[i]} {ordered.iloc[i]:.6g} 排在 {rank[i + 1]} {ordered.iloc[i + 1]:.6g} 之前" for i in rises]
        raise BadValueError(f"{name}：权重与重要性排序不符，{named_rows(pairs)}。办法：核对权重或排序。")
