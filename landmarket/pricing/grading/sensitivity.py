"""How much the grades hang on single figures of the rule (定级敏感性)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from landmarket.errors import BadValueError
from landmarket.pricing.grading.grades import printed_weights
from landmarket.pricing.grading.land import Grades, UseGrades, grade_use, village_scores
from landmarket.pricing.grading.layers import Layers
from landmarket.pricing.grading.rule import PointFactor, RoadFactor, UseRule
from landmarket.pricing.grading.scores import Reach, factor_influences, summed

WEIGHT, RADIUS = "权重", "影响半径"


def sensitivity(
    grades: Grades, layers: Layers, *, weight_step: float = 0.05, radius_share: float = 0.2
) -> pd.DataFrame:
    """Count the villages that change grade when one figure of the rule moves (敏感性分析).

    Parameters
    ----------
    grades : Grades
        A graded county.
    layers : mapping of str to GeoDataFrame or Elevation
        The layers it was graded with.
    weight_step : float, default 0.05
        How far one weight moves up and down; the other weights of the use keep their proportions.
    radius_share : float, default 0.2
        By what share all influence radii of one factor grow and shrink.

    Returns
    -------
    DataFrame
        ``use``, ``what`` (权重 or 影响半径), ``factor``, ``change``, ``changed`` (villages with another grade after the
        boundaries were found anew, as a new edition would), ``changed_same_boundaries`` (with the boundaries kept),
        ``share`` (of the villages, of ``changed``) and ``note`` (why a change cannot be made; counts are missing then).
        One row a use, factor and direction.

    Raises
    ------
    BadValueError
        If a step is not between 0 and 1.
    """
    if not (0 < weight_step < 1 and 0 < radius_share < 1):
        raise BadValueError(f"敏感性：权重变幅 {weight_step}、半径变幅 {radius_share} 应在 0—1 之间。办法：改正。")
    rows = [*_weights(grades, weight_step), *_radii(grades, layers, radius_share)]
    table = pd.DataFrame(
        rows, columns=["use", "what", "factor", "change", "changed", "changed_same_boundaries", "note"]
    )
    table = table.astype({"changed": "Int64", "changed_same_boundaries": "Int64"})
    table.insert(6, "share", table["changed"].astype("Float64") / len(grades.villages))
    return table


Row = tuple[str, str, str, str, int | None, int | None, str]


def _weights(grades: Grades, step: float) -> Iterator[Row]:
    for one in grades.uses.values():
        for factor in one.use.weights.index:
            for move in (step, -step):
                said = f"{move:+.2f}"
                weights = moved_weights(one.use.weights, str(factor), move)
                if weights is None:
                    yield one.use.name, WEIGHT, str(factor), said, None, None, "移动后有权重超出 0—1"
                    continue
                yield _compared(grades, one, replace(one.use, weights=weights), None, WEIGHT, str(factor), said)


def moved_weights(weights: pd.Series[float], factor: str, move: float) -> pd.Series[float] | None:
    """Move one weight; the others keep their proportions to each other.

    Parameters
    ----------
    weights : Series of float
        Weights that sum to 1.
    factor : str
        The one that moves.
    move : float
        By how much.

    Returns
    -------
    Series of float or None
        At four decimals, sum 1; None where a weight would leave 0 to 1, or another become less than 0.0001.
    """
    target = float(weights[factor]) + move
    if not 0 < target < 1 or len(weights) < 2:
        return None
    moved = weights * (1 - target) / (1 - float(weights[factor]))
    moved[factor] = target
    try:
        return printed_weights(moved)
    except BadValueError:
        return None


def _radii(grades: Grades, layers: Layers, share: float) -> Iterator[Row]:
    served = float(grades.villages.geometry.area.sum())
    for factor in grades.rule.factors:
        users = [one for one in grades.uses.values() if factor.name in one.use.weights.index]
        if not isinstance(factor, PointFactor | RoadFactor) or not users:
            continue
        for stretch in (1 + share, 1 - share):
            parts = factor_influences(grades.grid.cells, factor, layers, Reach(served, stretch))
            cells = grades.cells.table.assign(**{factor.name: summed(parts)})
            for one in users:
                yield _compared(grades, one, one.use, cells, RADIUS, factor.name, f"{stretch - 1:+.0%}")


def _compared(
    grades: Grades, one: UseGrades, use: UseRule, cells: pd.DataFrame | None, what: str, factor: str, said: str
) -> Row:
    """Grade once more, with new and with kept boundaries, and count the villages that changed."""
    scored = grades.cells.table if cells is None else cells
    scores = grades.scores if cells is None else village_scores(scored, grades.grid, grades.villages)
    counted: list[int | None] = []
    notes: list[str] = []
    for kept in (None, one.boundaries):
        try:
            again = grade_use(use, grades.rule, scored, scores, grades.grid, grades.villages, grades.neighbours, kept)
        except BadValueError as error:
            counted.append(None)
            notes.append(str(error))
        else:
            counted.append(int(again.villages["grade"].ne(one.villages["grade"]).sum()))
    return one.use.name, what, factor, said, counted[0], counted[1], "；".join(notes)
