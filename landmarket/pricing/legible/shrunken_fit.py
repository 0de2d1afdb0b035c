r"""Least squares in which every table of coefficients is shrunken, the shrinkage chosen by held-out folds (收缩估计).

.. math::
    \min_b \sum_i w_i (z_i - x_i b)^2 + \sum_g e^{\lambda_g + \kappa_g l} \sum_{j \in g} b_j^2

One penalty :math:`\lambda_g` for each table g, and for a table with levels l of detail a growth :math:`\kappa_g`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, cholesky
from scipy.optimize import nnls

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GROWTH = "~"
"""End of the name under which the growth of a penalty with the level of detail is kept."""

LEFT_OUT = 25.0
"""Logarithm of a penalty that leaves a table out."""

_FREE = 1e-9
"""Penalty of what is not shrunken: only keeps the equations solvable."""
_BOUND = 14.0
"""Largest absolute logarithm of a penalty."""
_GAIN = 1e-4
"""Fraction by which the error must fall for a penalty to move."""
_HUBER = 1.345
"""Huber's constant: 95 % efficiency for normal errors."""
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, eq=False)
class Block:
    """Columns of one table of coefficients (一张系数表的列).

    Attributes
    ----------
    name : str
        The table; empty where it is not shrunken.
    columns : ndarray
        One row a sample, one column a coefficient.
    level : int
        Level of detail, 0 where there is one only.
    sign : int
        1 where the coefficients must not be negative, −1 where not positive, else 0.
    """

    name: str
    columns: Floats
    level: int = 0
    sign: int = 0


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The normal equations without a fold, and the fold (留出的一组).

    Attributes
    ----------
    gram, moment : ndarray
        :math:`X'X` and :math:`X'z` of the samples that are not in the fold.
    columns, truth : ndarray
        Rows and values of the fold.
    """

    gram: Floats
    moment: Floats
    columns: Floats
    truth: Floats


@dataclass(frozen=True, eq=False)
class Layout:
    """Which coefficient belongs to which table (系数的排列).

    Attributes
    ----------
    names : tuple of str
        Table of each block.
    levels, sizes, signs : tuple of int
        Level of detail, number of coefficients and required sign of each block.
    """

    names: tuple[str, ...]
    levels: tuple[int, ...]
    sizes: tuple[int, ...]
    signs: tuple[int, ...]

    def diagonal(self, penalties: Mapping[str, float]) -> Floats:
        """Return the penalty of each coefficient.

        Parameters
        ----------
        penalties : mapping of str to float
            Logarithm of the penalty of each table.

        Returns
        -------
        ndarray
            One positive number a coefficient.
        """
        each = [
            np.exp(penalties[name] + penalties.get(name + GROWTH, 0.0) * level) if name else _FREE
            for name, level in zip(self.names, self.levels, strict=True)
        ]
        return np.repeat(np.asarray(each, dtype=np.float64), self.sizes)

    def parts(self, coefficients: Floats) -> list[Floats]:
        """Cut the coefficients into those of each block.

        Parameters
        ----------
        coefficients : ndarray
            All of them.

        Returns
        -------
        list of ndarray
            In the order of the blocks.
        """
        return np.split(coefficients, np.cumsum(self.sizes)[:-1])


def layout_of(blocks: Sequence[Block]) -> Layout:
    """Describe blocks without their columns (系数的排列).

    Parameters
    ----------
    blocks : sequence of Block
        The tables.

    Returns
    -------
    Layout
        Of the same order.
    """
    return Layout(
        tuple(each.name for each in blocks),
        tuple(each.level for each in blocks),
        tuple(each.columns.shape[1] for each in blocks),
        tuple(each.sign for each in blocks),
    )


def held_out(columns: Floats, truth: Floats, folds: Ints) -> list[HeldOut]:
    """Prepare the normal equations without each fold (逐组留出).

    Parameters
    ----------
    columns : ndarray
        One row a sample.
    truth : ndarray
        Value of each sample.
    folds : ndarray of int
        Fold of each sample.

    Returns
    -------
    list of HeldOut
        One a fold.
    """
    found = []
    for fold in np.unique(folds):
        out = folds == fold
        rest = columns[~out]
        found.append(HeldOut(rest.T @ rest, rest.T @ truth[~out], columns[out], truth[out]))
    return found


def solve(gram: Floats, moment: Floats, diagonal: Floats) -> Floats:
    """Solve the shrunken normal equations (解收缩正规方程).

    Parameters
    ----------
    gram, moment : ndarray
        :math:`X'WX` and :math:`X'Wz`.
    diagonal : ndarray
        Penalty of each coefficient.

    Returns
    -------
    ndarray
        The coefficients.
    """
    solution: Floats = cho_solve(cho_factor(gram + np.diag(diagonal), check_finite=False), moment, check_finite=False)
    return solution


def solve_signed(gram: Floats, moment: Floats, diagonal: Floats, signs: Ints) -> Floats:
    """Solve them where some coefficients must not be negative, or not positive (带符号约束求解).

    Parameters
    ----------
    gram, moment, diagonal : ndarray
        As in `solve`.
    signs : ndarray of int
        1, −1 or 0 for each coefficient.

    Returns
    -------
    ndarray
        The coefficients; exact, by eliminating the free ones and non-negative least squares of the rest.
    """
    free = solve(gram, moment, diagonal)
    if (free * signs >= 0).all():
        return free
    bound = np.flatnonzero(signs)
    rest = np.flatnonzero(signs == 0)
    whole = gram + np.diag(diagonal)
    factor = cho_factor(whole[np.ix_(rest, rest)], check_finite=False)
    cross = whole[np.ix_(rest, bound)] * signs[bound]
    inner = signs[bound, None] * whole[np.ix_(bound, bound)] * signs[bound] - cross.T @ cho_solve(factor, cross)
    right = signs[bound] * moment[bound] - cross.T @ cho_solve(factor, moment[rest])
    root = cholesky((inner + inner.T) / 2, lower=True)
    steps, _ = nnls(root.T, np.linalg.solve(root, right))
    result = np.empty(len(moment))
    result[bound] = steps * signs[bound]
    result[rest] = cho_solve(factor, moment[rest] - cross @ steps)
    return result


def residuals(folds: Sequence[HeldOut], layout: Layout, penalties: Mapping[str, float]) -> Floats:
    """Return what each held-out sample was missed by (留出样点的残差).

    Parameters
    ----------
    folds : sequence of HeldOut
        The folds.
    layout : Layout
        Of the coefficients.
    penalties : mapping of str to float
        Logarithm of the penalty of each table.

    Returns
    -------
    ndarray
        Truth less forecast, fold after fold.
    """
    diagonal = layout.diagonal(penalties)
    return np.concatenate([each.truth - each.columns @ solve(each.gram, each.moment, diagonal) for each in folds])


def mean_miss(folds: Sequence[HeldOut], layout: Layout, penalties: Mapping[str, float]) -> float:
    """Return the mean absolute residual of the held-out samples (留出样点的平均绝对残差).

    Parameters
    ----------
    folds : sequence of HeldOut
        The folds.
    layout : Layout
        Of the coefficients.
    penalties : mapping of str to float
        Logarithm of the penalty of each table.

    Returns
    -------
    float
        In the unit of the values, here logarithms of a price: 0.1 is about 10 %.
    """
    return float(np.abs(residuals(folds, layout, penalties)).mean())


def tuned(
    folds: Sequence[HeldOut], layout: Layout, start: Mapping[str, float], sweeps: int = 2
) -> tuple[dict[str, float], float]:
    """Choose every penalty by the held-out folds, one after the other (逐项选定收缩强度).

    Parameters
    ----------
    folds : sequence of HeldOut
        The folds.
    layout : Layout
        Of the coefficients.
    start : mapping of str to float
        Where to begin; its order is the order of the search.
    sweeps : int
        How often the search goes round, with half the step each time.

    Returns
    -------
    penalties : dict of str to float
        Logarithm of the penalty of each table.
    error : float
        Their `mean_miss`.
    """
    best, error = dict(start), mean_miss(folds, layout, start)
    for sweep in range(sweeps):
        for name in start:
            step = (0.7 if name.endswith(GROWTH) else 2.0) / 2**sweep
            for direction in (step, -step):
                before = error
                for tried in _moves(best, name, direction):
                    found = mean_miss(folds, layout, tried)
                    if found >= error * (1 - _GAIN):
                        break
                    best, error = tried, found
                if error < before:
                    break
    return best, error


def _moves(penalties: Mapping[str, float], name: str, step: float) -> Iterator[dict[str, float]]:
    """Go on in one direction as far as penalties may."""
    moved = dict(penalties)
    while abs(moved[name] + step) <= _BOUND:
        moved = {**moved, name: moved[name] + step}
        yield moved


def robust_weights(missed: Floats) -> Floats:
    r"""Weigh samples down that the rest does not foresee (稳健权重).

    .. math:: w = \min(1, 1.345 s / |r|), \quad s = 1.4826 \operatorname{median} |r|

    Parameters
    ----------
    missed : ndarray
        Residuals of the samples when held out.

    Returns
    -------
    ndarray
        Weights above 0, at most 1.

    Notes
    -----
    Huber's weights, one step. Samples fitted exactly all weigh 1.
    """
    size = np.abs(missed)
    limit = _HUBER * _MAD_TO_SIGMA * float(np.median(size))
    return np.where(size <= limit, 1.0, limit / np.maximum(size, 1e-300)) if limit > 0 else np.ones(len(size))
