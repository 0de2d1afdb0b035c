"""A location surface cut into grades, and how many grades the folds ask for (级别划分)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jenkspy
import numpy as np
import numpy.typing as npt

from landmarket.errors import BadValueError
from landmarket.pricing.legible.correction_rows import PriceTerms, row_of
from landmarket.pricing.legible.shrunken_fit import (
    LEFT_OUT,
    Block,
    Floats,
    HeldOut,
    Ints,
    Layout,
    layout_of,
    solve,
    tuned,
)
from landmarket.pricing.legible.surface_fit import Evidence, SurfaceDesign, factor_blocks

_GRADE, CELL = "grade", "grade × use"
_START = {_GRADE: 2.0}
_CELL_PENALTIES = (LEFT_OUT, 8.0, 6.0, 4.0, 2.0, 0.0, -2.0, -4.0, -8.0)
"""Logarithms tried for the shrinkage of a cell: from price of grade × ratio of use to the mean of its own samples."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A surface cut into grades, from the least to the dearest, and the columns of the fit (按级别切开的曲面).

    Attributes
    ----------
    cell : ndarray of int
        Cell of each sample: grade times number of uses plus use.
    own : ndarray of bool
        Which cells have enough samples.
    level : ndarray
        Mean score of each grade.
    columns, truth : ndarray
        Columns of the fit and what is left of each sample's logarithm after the level of its grade.
    layout : Layout
        What the columns are.
    """

    cell: Ints
    own: npt.NDArray[np.bool_]
    level: Floats
    columns: Floats
    truth: Floats
    layout: Layout


@dataclass(frozen=True, eq=False)
class GradeTrial:
    """A number of grades, judged by the folds (一种级别数的检验).

    Attributes
    ----------
    count : int
        Number of grades.
    error : float
        Mean absolute residual of the held-out samples [logarithm].
    penalties : dict of str to float
        Shrinkage chosen for it.
    held : list of HeldOut
        Normal equations without each fold.
    layout : Layout
        Of the coefficients.
    """

    count: int
    error: float
    penalties: dict[str, float]
    held: list[HeldOut]
    layout: Layout


def grade_trials(
    evidence: Evidence,
    terms: PriceTerms,
    design: SurfaceDesign,
    shrinkage: dict[str, float],
    square: Ints,
    counts: Sequence[int],
    parts: int,
) -> list[GradeTrial]:
    """Judge each number of grades on surfaces that have not seen the fold (检验各种级别数).

    Parameters
    ----------
    evidence : Evidence
        The samples.
    terms : PriceTerms
        Their factors.
    design : SurfaceDesign
        The surface.
    shrinkage : dict of str to float
        Penalties of the surface.
    square : ndarray of int
        Square of each sample.
    counts : sequence of int
        Numbers of grades.
    parts : int
        Squares along a side of a cell of the grid.

    Returns
    -------
    list of GradeTrial
        From few grades to many.

    Raises
    ------
    BadValueError
        If samples have too few different scores for any of the numbers.
    """
    diagonal = design.layout.diagonal(shrinkage)
    within = [square_scores(design, solve(each.gram, each.moment, diagonal), parts) for each in design.held]
    most = min(
        len(np.unique(scores[square[evidence.folds != fold]]))
        for fold, scores in zip(np.unique(evidence.folds), within, strict=True)
    )
    possible = sorted({count for count in counts if count < most})
    if not possible:
        raise BadValueError(
            f"grade_price：样点只有 {most} 个不同的区位分值，分不出级别。办法：减少级别数，或增加样点。"
        )
    found = []
    for count in possible:
        cuts, held = _held_cuts(evidence, terms, within, square, count)
        layout = cuts[0].layout
        start = _START | {name: shrinkage[name] for name in layout.names if name in shrinkage}
        penalties, _ = tuned(held, layout, start, sweeps=1)
        errors = _cell_errors(cuts, held, evidence.folds, penalties)
        best = min(errors, key=lambda each: errors[each])
        found.append(GradeTrial(count, errors[best], penalties | {CELL: best}, held, layout))
    return found


def square_scores(design: SurfaceDesign, coefficients: Floats, parts: int) -> Floats:
    """Return the score at the centre of each square (方格分值).

    Parameters
    ----------
    design : SurfaceDesign
        The surface.
    coefficients : ndarray
        Of the surface model.
    parts : int
        Squares along a side of a cell of the grid.

    Returns
    -------
    ndarray
        Logarithm of the location factor.
    """
    grid = design.grids[-1]
    return grid.interpolated(design.scores(coefficients), *grid.squares(parts))


def natural_breaks(scores: Floats, count: int) -> Floats:
    """Return the natural breaks of the samples' scores (自然断点).

    Parameters
    ----------
    scores : ndarray
        Scores of the samples.
    count : int
        Number of grades.

    Returns
    -------
    ndarray
        The highest score of each grade but the dearest.
    """
    return np.asarray(jenkspy.jenks_breaks(scores, count)[1:-1], dtype=np.float64)


def cut_surface(
    evidence: Evidence, terms: PriceTerms, scores: Floats, square: Ints, breaks: Floats, known: npt.NDArray[np.bool_]
) -> Cut:
    """Give each sample its grade and cell (切分级别).

    Parameters
    ----------
    evidence : Evidence
        The samples.
    terms : PriceTerms
        Their factors.
    scores : ndarray
        Score of each square.
    square : ndarray of int
        Square of each sample.
    breaks : ndarray
        Highest score of each grade but the dearest.
    known : ndarray of bool
        The samples that count.

    Returns
    -------
    Cut
        A cell with fewer known samples than ``terms.least`` is not its own.
    """
    own = scores[square]
    grade = np.searchsorted(breaks, own).astype(np.int64)
    total = len(breaks) + 1
    counts = np.bincount(grade[known], minlength=total)
    level = np.bincount(grade[known], own[known], minlength=total) / np.maximum(counts, 1)
    uses = evidence.rows.texts[0]
    cell = grade * len(uses) + row_of(evidence.samples, terms.use, uses)
    enough = np.bincount(cell[known], minlength=total * len(uses)) >= terms.least
    blocks = [*factor_blocks(evidence, terms), Block(_GRADE, np.eye(total)[grade])]
    columns = np.concatenate([each.columns for each in blocks], axis=1)
    return Cut(cell, enough, level, columns, evidence.truth - level[grade], layout_of(blocks))


def deviations(cut: Cut, missed: Floats, weights: Floats, log_penalty: float) -> Floats:
    """Return the shrunken mean of what grade and use leave over in each cell (各格偏差的收缩均值).

    Only after grade and use are known: fitted together, a cell without a coefficient would bend the ratio of its use.

    Parameters
    ----------
    cut : Cut
        Cells of the samples.
    missed, weights : ndarray
        What is left of each sample, and its weight.
    log_penalty : float
        Logarithm of the weight of zero in the mean.

    Returns
    -------
    ndarray
        For each cell; zero where there are too few samples.
    """
    size = len(cut.own)
    total = np.bincount(cut.cell, weights * missed, minlength=size)
    return np.where(cut.own, total / (np.bincount(cut.cell, weights, minlength=size) + np.exp(log_penalty)), 0.0)


def _cell_errors(
    cuts: Sequence[Cut], held: Sequence[HeldOut], folds: Ints, penalties: dict[str, float]
) -> dict[float, float]:
    """Mean absolute residual of the held-out samples for each shrinkage of the cells."""
    missed: dict[float, list[Floats]] = {each: [] for each in _CELL_PENALTIES}
    for cut, fold, out in zip(cuts, held, [folds == each for each in np.unique(folds)], strict=True):
        left = cut.truth - cut.columns @ solve(fold.gram, fold.moment, cut.layout.diagonal(penalties))
        for each, found in missed.items():
            own = deviations(cut, left, (~out).astype(np.float64), each)
            found.append(np.abs(left[out] - own[cut.cell[out]]))
    return {each: float(np.concatenate(found).mean()) for each, found in missed.items()}


def _held_cuts(
    evidence: Evidence, terms: PriceTerms, within: Sequence[Floats], square: Ints, count: int
) -> tuple[list[Cut], list[HeldOut]]:
    """Cut the surface of each fold, which has not seen it, and prepare the normal equations without it."""
    cuts, held = [], []
    for fold, scores in zip(np.unique(evidence.folds), within, strict=True):
        out = evidence.folds == fold
        breaks = natural_breaks(scores[square[~out]], count)
        cut = cut_surface(evidence, terms, scores, square, breaks, ~out)
        rest = cut.columns[~out]
        cuts.append(cut)
        held.append(HeldOut(rest.T @ rest, rest.T @ cut.truth[~out], cut.columns[out], cut.truth[out]))
    return cuts, held
