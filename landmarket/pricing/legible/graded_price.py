r"""A price model of grades × uses and correction tables: the legible table (级别基准地价表).

.. math:: P = P_{grade, use} \times \prod_k K_k

The location surface of `SurfacePrice` is cut into grades (土地级别) at its natural breaks; each small square of the map
has one grade, each grade and use one price. How many grades there are is chosen by the inner folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.ndimage import label as patches

from landmarket.errors import BadValueError
from landmarket.pricing.legible.correction_rows import PriceTerms, require_factors
from landmarket.pricing.legible.correction_tables import (
    OWN,
    Outside,
    checked_rows,
    correction_columns,
    publish_categories,
    publish_numbers,
)
from landmarket.pricing.legible.grade_cut import (
    CELL,
    Cut,
    cut_surface,
    deviations,
    grade_trials,
    natural_breaks,
    square_scores,
)
from landmarket.pricing.legible.location_surface import NodeGrid, places_in, require_on_map
from landmarket.pricing.legible.shrunken_fit import Floats, Ints
from landmarket.pricing.legible.surface_fit import (
    Evidence,
    evidence_of,
    final_coefficients,
    foreseen_weights,
    penalty_table,
    surface_design,
)
from landmarket.pricing.legible.surface_price import SurfacePrice, multiplied
from landmarket.units import round_half_up_array

BORROWED = "借用"
"""Source of a cell with too few samples: the price of its grade times the ratio of its use."""

_NEEDED_BY = "grade_price"


@dataclass(frozen=True, eq=False)
class GradedPrice:
    """A compiled price table of grades and uses: tables only (级别基准地价表).

    Attributes
    ----------
    terms : PriceTerms
        What it was compiled from.
    crs : str
        Coordinate system of the map.
    grid : NodeGrid
        Its squares are the cells of this grid, divided by ``parts``.
    parts : int
        Squares along a side of a cell.
    cells : DataFrame
        ``grade``, ``use``, ``base_price`` [currency/㎡], ``samples``, ``source``.
    numbers, categories : DataFrame
        Correction tables.
    squares : DataFrame
        ``column``, ``row``, ``x``, ``y`` of the centre [m], ``grade``, and ``area_code``: which contiguous area (区片)
        of that grade the square is part of.
    penalties : DataFrame
        The shrinkage that the folds chose, by table.
    choices : DataFrame
        ``grades`` tried and their ``held_out_error``.
    """

    terms: PriceTerms
    crs: str
    grid: NodeGrid
    parts: int
    cells: pd.DataFrame
    numbers: pd.DataFrame
    categories: pd.DataFrame
    squares: pd.DataFrame
    penalties: pd.DataFrame
    choices: pd.DataFrame


def grade_price(
    surface: SurfacePrice,
    samples: gpd.GeoDataFrame,
    folds: pd.Series[int],
    counts: Sequence[int] = (4, 6, 8, 10, 12, 16, 20),
    tolerance: float = 0.03,
    parts: int = 2,
) -> GradedPrice:
    """Cut a surface into grades and compile the price of each grade and use (由曲面划分级别、编制级别基准地价).

    Parameters
    ----------
    surface : SurfacePrice
        The surface edition, fitted to the same samples.
    samples : GeoDataFrame
        The samples.
    folds : Series of int
        Inner fold of each sample, those the surface was fitted with: in each fold surface, breaks and prices are made
        without it.
    counts : sequence of int
        Numbers of grades to choose from.
    tolerance : float
        Fraction of the held-out error that may be lost for fewer grades.
    parts : int
        Squares of the map along each step of the surface.

    Returns
    -------
    GradedPrice
        Tables only, rounded as they are used. Grade 1 is the dearest.

    Raises
    ------
    BadValueError
        If a value cannot be used, no count is given, or there are fewer than 2 grades or parts.
    MissingColumnError, CrsError, IndexMismatchError
        As `fit_surface_price`.
    """
    if not counts or min(counts) < 2 or parts < 1:
        raise BadValueError(
            f"{_NEEDED_BY}：级别数 {list(counts)}、parts {parts} 不成立。办法：级别至少 2，parts 至少 1。"
        )
    evidence = evidence_of(samples, surface.terms, folds, _NEEDED_BY)
    places_in(samples, surface.crs, _NEEDED_BY)
    design = surface_design(evidence, surface.terms, surface.bounds, surface.depth)
    square = design.grids[-1].square_of(evidence.x, evidence.y, parts)
    shrinkage = dict(zip(surface.penalties["table"], surface.penalties["log_penalty"], strict=True))
    tried = grade_trials(evidence, surface.terms, design, shrinkage, square, counts, parts)
    limit = min(each.error for each in tried) * (1 + tolerance)
    chosen = next(each for each in tried if each.error <= limit)
    weights = foreseen_weights(design.layout, design.held, evidence, shrinkage)
    whole = final_coefficients(design.columns, evidence.truth, weights, design.layout, shrinkage)
    scores = square_scores(design, whole, parts)
    breaks = natural_breaks(scores[square], chosen.count)
    cut = cut_surface(evidence, surface.terms, scores, square, breaks, np.ones(len(square), dtype=bool))
    weights = foreseen_weights(chosen.layout, chosen.held, evidence, chosen.penalties)
    coefficients = final_coefficients(cut.columns, cut.truth, weights, cut.layout, chosen.penalties)
    own = deviations(cut, cut.truth - cut.columns @ coefficients, weights, chosen.penalties[CELL])
    squares = _square_table(design.grids[-1], parts, len(cut.level) - np.searchsorted(breaks, scores))
    errors = pd.DataFrame({"grades": [each.count for each in tried], "held_out_error": [each.error for each in tried]})
    return GradedPrice(
        surface.terms,
        surface.crs,
        design.grids[-1],
        parts,
        *_tables(evidence, surface.terms, cut, coefficients, own),
        squares,
        penalty_table(chosen.penalties),
        errors,
    )


def predict_graded_price(model: GradedPrice, parcels: gpd.GeoDataFrame, outside: Outside = "raise") -> pd.DataFrame:
    """Price parcels by look-up, one column a factor (查表计算地价).

    Parameters
    ----------
    model : GradedPrice
        The tables.
    parcels : GeoDataFrame
        Parcels with the factors of the model, in its coordinate system.
    outside : {"raise", "nearest"}
        What happens beyond a table or the map: refuse, or take its nearest row or square.

    Returns
    -------
    DataFrame
        On the same index: ``grade``, ``base_price``, one column a correction, and ``unit_price``, the product rounded
        to the decimals of the model.

    Raises
    ------
    BadValueError
        If a factor is missing, or outside and ``outside`` is "raise".
    MissingColumnError, CrsError
        If a column is missing or the coordinate system is another.
    """
    needed_by = "predict_graded_price"
    require_factors(parcels, model.terms, needed_by)
    x, y = places_in(parcels, model.crs, needed_by)
    if outside == "raise":
        require_on_map(parcels, model.grid, x, y, needed_by)
    grade = model.squares["grade"].to_numpy(dtype=np.int64)[model.grid.square_of(x, y, model.parts)]
    prices = model.cells.pivot_table(index="grade", columns="use", values="base_price", sort=False).sort_index()
    uses = model.cells.groupby("use", sort=False)["samples"].sum()
    place = checked_rows(parcels, model.terms.use, uses.index.to_list(), uses.to_list(), outside, needed_by)
    price = prices[uses.index].to_numpy(dtype=np.float64)[grade - 1, place]
    corrections = correction_columns(parcels, model.terms, model.numbers, model.categories, outside, needed_by)
    found = multiplied(pd.DataFrame({"base_price": price}, index=parcels.index).join(corrections), model.terms)
    found.insert(0, "grade", grade)
    return found


def _tables(
    evidence: Evidence, terms: PriceTerms, cut: Cut, coefficients: Floats, own: Floats
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Write cells, numbers and categories."""
    parts, kinds = cut.layout.parts(coefficients), len(terms.categories)
    categories, by_category = publish_categories(evidence.samples, terms, evidence.rows, parts[2 : 2 + kinds])
    numbers, by_number = publish_numbers(evidence.samples, terms, evidence.rows, parts[2 + kinds : -1])
    moved = evidence.centre + float(parts[0][0]) + by_category + by_number
    return _cells(evidence, terms, cut, moved, parts, own), numbers, categories


def _cells(
    evidence: Evidence, terms: PriceTerms, cut: Cut, moved: float, parts: list[Floats], own: Floats
) -> pd.DataFrame:
    """Write the price of each grade and use, and where it comes from."""
    uses, total = evidence.rows.texts[0], len(cut.level)
    logs = moved + (cut.level + parts[-1])[:, None] + parts[1][None, :] + own.reshape(total, len(uses))
    counts = np.bincount(cut.cell, minlength=logs.size)
    table = pd.DataFrame(
        {
            "grade": np.repeat(total - np.arange(total), len(uses)),
            "use": uses * total,
            "base_price": round_half_up_array(np.exp(logs.ravel()), terms.price_decimals),
            "samples": counts,
            "source": np.where(cut.own, OWN, BORROWED),
        }
    )
    return table.sort_values("grade", kind="stable", ignore_index=True)


def _square_table(grid: NodeGrid, parts: int, grade: Ints) -> pd.DataFrame:
    """Write the grade of each square, and number the contiguous areas of a grade."""
    x, y = grid.squares(parts)
    across = (grid.columns - 1) * parts
    field, code, found = grade.reshape(-1, across), np.zeros(len(grade), dtype=np.int64), 0
    for value in np.unique(grade):
        pieces, number = patches(field == value)
        code += np.where(pieces > 0, pieces + found, 0).ravel()
        found += int(number)
    place = np.arange(len(grade))
    return pd.DataFrame(
        {"column": place % across, "row": place // across, "x": x, "y": y, "grade": grade, "area_code": code}
    )
