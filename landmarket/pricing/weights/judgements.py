"""Judgement matrices (判断矩阵): what they must satisfy, and how consistent they are."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.weights.expert_tables import Floats, Matrix, read_cells, refuse_cells, square_table
from landmarket.rules import Rule, read_rules

RECIPROCAL_TOLERANCE = 0.005
"""How far a_ij · a_ji may be from 1: three typed decimals of 1/2 … 1/9 pass (0.143 × 7 = 1.001), two do not always."""
NAMED_PAIRS = 3
"""How many judgements a refusal names."""


@dataclass(frozen=True, eq=False)
class Consistency:
    """Consistency of a judgement matrix (判断矩阵的一致性), and which judgements disturb it.

    Attributes
    ----------
    weights : Series of float
        Weights by the principal eigenvector, on the labels of the matrix; they sum to 1.
    lambda_max : float
        Largest eigenvalue λmax, at least n.
    consistency_index : float
        CI = (λmax - n) / (n - 1); 0 for n = 1.
    random_index : float
        RI of that n, from Saaty's table.
    consistency_ratio : float
        CR = CI / RI; 0 for n = 1 and 2.
    worst : DataFrame
        All pairs, the one first whose change alone would lower CR most: ``row``, ``column``, ``value`` as judged,
        ``consistent_value`` as the other judgements imply it, ``consistency_ratio_if_changed``.
    """

    weights: pd.Series[float]
    lambda_max: float
    consistency_index: float
    random_index: float
    consistency_ratio: float
    worst: pd.DataFrame


def consistency(matrix: Matrix) -> Consistency:
    r"""Measure the consistency of a judgement matrix (一致性检验), without refusing an inconsistent one.

    .. math:: A w = \lambda_{max} w, \quad CI = \frac{\lambda_{max} - n}{n - 1}, \quad CR = \frac{CI}{RI_n}

    Parameters
    ----------
    matrix : DataFrame, ndarray or sequence of sequences
        Judgements a_ij: how many times as important the factor of the row is as that of the column. Numbers, or text
        such as ``"1/3"``; both triangles filled in.

    Returns
    -------
    Consistency
        Weights, λmax, CI, RI, CR and the pairs that disturb most.

    Raises
    ------
    BadValueError
        If the matrix is not square, its labels differ, a cell is blank, unreadable or not positive and finite, the
        diagonal is not 1, a pair is not reciprocal within `RECIPROCAL_TOLERANCE`, or n is not in the table of RI.

    Notes
    -----
    Saaty, The Analytic Hierarchy Process, 1980 (from memory). Of two cells that are reciprocal but for typed decimals
    the larger counts: 3 and 0.3333 are 3 and 1/3. What the other judgements imply for a pair is found as Harker
    (1987, from memory) does it: the pair is left out (zeros, the diagonal of both raised by one), and the ratio of the
    weights that result is put in its place; then the whole matrix is solved again. With three factors each pair is
    implied exactly by the two others, so that changing any one of them makes CR 0.

    Examples
    --------
    Saaty 1990, table 3, financing: λmax 3.065, CI 0.032, CR 0.056:

    >>> found = consistency([[1, "1/7", "1/5"], [7, 1, 3], [5, "1/3", 1]])
    >>> round(found.lambda_max, 3), round(found.consistency_index, 3), round(found.consistency_ratio, 3)
    (3.065, 0.032, 0.056)
    """
    judged = read_judgements(matrix, "consistency")
    n = len(judged)
    random_index = random_indices()[n]
    values = judged.to_numpy()
    means = np.exp(np.log(values).mean(axis=1))
    scaled = values * means / means[:, None]  # all ones where consistent, so that the solution is exact there
    largest, vector = _principal(scaled)
    weights = vector * means
    index = _index(float(largest), n)
    return Consistency(
        weights=pd.Series(weights / weights.sum(), index=judged.index, name="weight"),
        lambda_max=max(float(largest), float(n)),
        consistency_index=index,
        random_index=random_index,
        consistency_ratio=index / random_index if random_index else 0.0,
        worst=_worst(judged, scaled, means, random_index),
    )


def require_consistent(found: Consistency, needed_by: str) -> None:
    """Raise unless the consistency ratio is below the limit (CR < 0.1).

    Parameters
    ----------
    found : Consistency
        What `consistency` found.
    needed_by : str
        The function that needs it, for the message.

    Raises
    ------
    BadValueError
        Naming CR and the three judgements whose change would lower it most.
    """
    rule = ratio_limit()
    if found.consistency_ratio < float(rule.number):
        return
    named = "；".join(
        f"行 {row} 列 {column} 现为 {_written(value)}，其余判断推得 {_written(implied)}，改成它则 CR = {ratio:.3f}"
        for row, column, value, implied, ratio in found.worst.head(NAMED_PAIRS).itertuples(index=False, name=None)
    )
    read = "" if rule.verified else "（未经核对原文）"
    raise BadValueError(
        f"{needed_by}：判断矩阵不一致，CR = {found.consistency_ratio:.4g}，应小于 {rule.number}"
        f"，依据 {rule.source}{read}。只改一项时 CR 降得最多的是：{named}。"
        "办法：请专家复核这几项判断再算，不要只为凑数而改；全部判断见 consistency(...).worst。"
    )


def read_judgements(matrix: Matrix, needed_by: str) -> pd.DataFrame:
    """Read a judgement matrix (判断矩阵) and check all that it must satisfy, except consistency.

    Parameters
    ----------
    matrix : DataFrame, ndarray or sequence of sequences
        See `consistency`.
    needed_by : str
        The function that needs it, for the message.

    Returns
    -------
    DataFrame of float
        On the same labels; each pair exactly reciprocal, the larger cell as typed.

    Raises
    ------
    BadValueError
        See `consistency`.
    """
    table = read_cells(square_table(matrix, needed_by), needed_by)
    values, n, most = table.to_numpy(), len(table), max(random_indices())
    if n > most:
        raise BadValueError(f"{needed_by}：{n} 个因素，随机一致性指标表只到 {most} 阶。办法：把因素分层，分层比较。")
    refuse_cells(table, np.isnan(values), "两个方向都要填（互为倒数），不代填", needed_by)
    refuse_cells(table, ~((values > 0) & (values < np.inf)), "判断值应为正数", needed_by)
    refuse_cells(table, np.eye(n, dtype=bool) & (values != 1), "因素与自己比较为 1", needed_by)
    with np.errstate(over="ignore"):
        apart = np.triu(np.abs(values * values.T - 1) > RECIPROCAL_TOLERANCE)
    if apart.any():
        pairs = [
            f"{table.index[i]}—{table.columns[j]}：{_written(values[i, j])} 与 {_written(values[j, i])}"
            for i, j in np.argwhere(apart).tolist()
        ]
        raise BadValueError(
            f"{needed_by}：两个方向的判断不互为倒数（乘积与 1 相差超过 {RECIPROCAL_TOLERANCE}），{named_rows(pairs)}。"
            '办法：改正其中一个；倒数写成分数文字，如 "1/3"。'
        )
    kept = (values > values.T) | np.triu(values == values.T)
    return pd.DataFrame(np.where(kept, values, 1 / values.T), index=table.index, columns=table.columns)


@cache
def random_indices() -> dict[int, float]:
    """Return the mean random consistency index (平均随机一致性指标 RI) by number of factors.

    Returns
    -------
    dict of int to float
        Saaty's table, as shipped in ``random_index.csv``.
    """
    text = files("landmarket.pricing").joinpath("data/random_index.csv").read_text(encoding="utf-8-sig")
    return {int(row["n"]): float(row["value"]) for row in csv.DictReader(text.splitlines())}


@cache
def ratio_limit() -> Rule:
    """Return the value that a consistency ratio (一致性比例 CR) must stay below.

    Returns
    -------
    Rule
        With its source; shipped in ``consistency.toml``.
    """
    (rule,) = read_rules(files("landmarket.pricing").joinpath("data/consistency.toml"))
    return rule


def _principal(matrices: Floats) -> tuple[Floats, Floats]:
    """Solve positive matrices, stacked or one, for the largest eigenvalue and its vector."""
    values, vectors = np.linalg.eig(matrices)
    at = values.real.argmax(axis=-1)[..., None]
    largest = np.take_along_axis(values.real, at, axis=-1)[..., 0]
    return largest, np.abs(np.take_along_axis(vectors, at[..., None], axis=-1)[..., 0])


def _index(largest: float, n: int) -> float:
    """Consistency index; rounding never takes λmax below n."""
    return max(largest - n, 0.0) / (n - 1) if n > 1 else 0.0


def _worst(judged: pd.DataFrame, scaled: Floats, means: Floats, random_index: float) -> pd.DataFrame:
    """Rank all pairs by the consistency ratio that is left if only that judgement is changed to what others imply."""
    n = len(judged)
    i, j = np.triu_indices(n, 1)
    pair = np.arange(len(i))
    changed = np.repeat(scaled[None], len(i), axis=0)
    implied, ratios = scaled[i, j], np.zeros(len(i))  # a single pair: nothing else implies anything
    if n > 2:
        without = changed.copy()
        without[pair, i, j] = without[pair, j, i] = 0
        without[pair, i, i] = without[pair, j, j] = 2
        vectors = _principal(without)[1]
        implied = vectors[pair, i] / vectors[pair, j]
        changed[pair, i, j], changed[pair, j, i] = implied, 1 / implied
        ratios = np.array([_index(largest, n) / random_index for largest in _principal(changed)[0].tolist()])
    table = pd.DataFrame(
        {
            "row": judged.index[i],
            "column": judged.columns[j],
            "value": judged.to_numpy()[i, j],
            "consistent_value": implied * means[i] / means[j],
            "consistency_ratio_if_changed": ratios,
        }
    )
    order = np.argsort(ratios.round(12), kind="stable")  # equal but for rounding: in the order of the matrix
    return table.iloc[order].reset_index(drop=True)


def _written(value: float) -> str:
    """Write a judgement as experts do: 3, or 1/3."""
    return f"{value:.3g}" if value >= 1 else f"1/{1 / value:.3g}"
