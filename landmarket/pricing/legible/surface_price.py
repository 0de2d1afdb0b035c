r"""A price model whose location factor is a published surface: the surface edition (区位曲面基准地价).

.. math:: P = P_{use} \times f(x, y) \times \prod_k K_k

Every factor is looked up in a table of `SurfacePrice`; all the tables are fitted together, on logarithms, by
`landmarket.pricing.legible.shrunken_fit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from landmarket.errors import BadValueError, named_rows
from landmarket.pricing.legible.correction_rows import PriceTerms, require_factors, row_of, table_rows
from landmarket.pricing.legible.correction_tables import (
    OWN,
    POOLED,
    Outside,
    checked_rows,
    correction_columns,
    publish_categories,
    publish_numbers,
)
from landmarket.pricing.legible.location_surface import NodeGrid, node_table, places_in, require_on_map
from landmarket.pricing.legible.shrunken_fit import GROWTH, LEFT_OUT, mean_miss, tuned
from landmarket.pricing.legible.surface_fit import (
    LOCATION,
    Bounds,
    Evidence,
    SurfaceDesign,
    evidence_of,
    final_coefficients,
    foreseen_weights,
    penalty_table,
    surface_design,
)
from landmarket.units import round_half_up_array

_NEEDED_BY = "fit_surface_price"
_START, _START_LOCATION, _START_GROWTH = 0.5, -2.0, 0.5
"""Where the search for penalties begins."""


@dataclass(frozen=True, eq=False)
class SurfacePrice:
    """A compiled price model with a location surface: tables only (区位曲面价格表).

    Attributes
    ----------
    terms : PriceTerms
        What it was compiled from; factors that bring nothing are left out.
    crs : str
        Coordinate system of the surface.
    bounds : tuple of float
        The area it was made for [m].
    depth : int
        The longer side of the area has 2 to this power steps.
    grid : NodeGrid
        Its grid.
    base : DataFrame
        Price of each use [currency/㎡] where every factor is 1, its samples and source.
    nodes : DataFrame
        Location factor of each node.
    numbers, categories : DataFrame
        Correction tables.
    penalties : DataFrame
        The shrinkage that the folds chose, by table.
    inner_error : float
        Mean absolute residual of the samples when held out [logarithm].
    """

    terms: PriceTerms
    crs: str
    bounds: Bounds
    depth: int
    grid: NodeGrid
    base: pd.DataFrame
    nodes: pd.DataFrame
    numbers: pd.DataFrame
    categories: pd.DataFrame
    penalties: pd.DataFrame
    inner_error: float


def fit_surface_price(
    samples: gpd.GeoDataFrame,
    terms: PriceTerms,
    folds: pd.Series[int],
    bounds: Bounds | None = None,
    depths: Sequence[int] = (3, 4, 5, 6),
    tolerance: float = 0.002,
) -> SurfacePrice:
    """Compile samples into base prices, a location surface and correction tables (编制区位曲面价格表).

    Parameters
    ----------
    samples : GeoDataFrame
        Sample prices with their factors, index unique, in a projected coordinate system; polygons count at a point
        inside them. Their order does not matter.
    terms : PriceTerms
        Which columns are price, use and factors.
    folds : Series of int
        Inner fold of each sample, as `random_folds` or `block_folds` deal them: all shrinkage is chosen by them. By
        block where prices are wanted for land away from the samples.
    bounds : tuple of float, optional
        Left, bottom, right, top of the county [m]; by default those of the samples.
    depths : sequence of int
        Depths of the surface to choose from, rising: the longer side has 2 to this power steps. Penalties are chosen at
        the last depth but one.
    tolerance : float
        Fraction of the held-out error that may be lost for fewer tables, and again for a coarser surface.

    Returns
    -------
    SurfacePrice
        Tables only, rounded as they are used.

    Raises
    ------
    BadValueError
        If a price is not positive, a factor is missing, or a sample lies outside the bounds.
    MissingColumnError, CrsError, IndexMismatchError
        If a column is missing, coordinates are not in metres, or folds are of other samples.
    """
    evidence = evidence_of(samples, terms, folds, _NEEDED_BY)
    area = bounds or _bounds_of(evidence)
    _require_inside(evidence, area)
    if not depths:
        raise BadValueError("fit_surface_price：没有给出曲面层数。办法：如 depths=(3, 4, 5)。")
    first = surface_design(evidence, terms, area, sorted(depths)[-2:][0])
    penalties, error = tuned(first.held, first.layout, _start(terms))
    needless = _needless(first, penalties, error * (1 + tolerance), [*terms.categories, *_number_names(terms)])
    terms = replace(
        terms,
        numbers=tuple(each for each in terms.numbers if each.column not in needless),
        categories=tuple(name for name in terms.categories if name not in needless),
    )
    evidence = replace(evidence, rows=table_rows(evidence.samples, terms))
    penalties = {name: value for name, value in penalties.items() if name not in needless}
    designs = {depth: surface_design(evidence, terms, area, depth) for depth in depths}
    errors = {depth: mean_miss(each.held, each.layout, penalties) for depth, each in designs.items()}
    limit = min(errors.values()) * (1 + tolerance)
    depth = min(depth for depth, error in errors.items() if error <= limit)
    return _published(evidence, terms, area, designs[depth], penalties, errors[depth])


def predict_surface_price(model: SurfacePrice, parcels: gpd.GeoDataFrame, outside: Outside = "raise") -> pd.DataFrame:
    """Price parcels by look-up, one column a factor (查表计算地价).

    Parameters
    ----------
    model : SurfacePrice
        The tables.
    parcels : GeoDataFrame
        Parcels with the factors of the model, in its coordinate system.
    outside : {"raise", "nearest"}
        What happens beyond a table or the surface: refuse, or take its nearest row or edge.

    Returns
    -------
    DataFrame
        On the same index: ``base_price``, ``location_factor``, one column a correction, and ``unit_price``, their
        product rounded to the decimals of the model.

    Raises
    ------
    BadValueError
        If a factor is missing, or outside and ``outside`` is "raise".
    MissingColumnError, CrsError
        If a column is missing or the coordinate system is another.
    """
    needed_by = "predict_surface_price"
    require_factors(parcels, model.terms, needed_by)
    x, y = places_in(parcels, model.crs, needed_by)
    if outside == "raise":
        require_on_map(parcels, model.grid, x, y, needed_by)
    base = model.base
    place = checked_rows(parcels, model.terms.use, base["use"].to_list(), base["samples"].to_list(), outside, needed_by)
    factors = model.grid.interpolated(model.nodes["location_factor"].to_numpy(dtype=np.float64), x, y)
    columns = pd.DataFrame(
        {
            "base_price": base["base_price"].to_numpy(dtype=np.float64)[place],
            LOCATION: round_half_up_array(factors, model.terms.factor_decimals),
        },
        index=parcels.index,
    )
    return multiplied(
        columns.join(correction_columns(parcels, model.terms, model.numbers, model.categories, outside, needed_by)),
        model.terms,
    )


def multiplied(columns: pd.DataFrame, terms: PriceTerms) -> pd.DataFrame:
    """Multiply price and factors of each row (连乘).

    Parameters
    ----------
    columns : DataFrame
        Price and factors, nothing else.
    terms : PriceTerms
        Says the decimals.

    Returns
    -------
    DataFrame
        With ``unit_price`` as the last column.
    """
    price = columns.to_numpy(dtype=np.float64).prod(axis=1)
    return columns.assign(unit_price=round_half_up_array(price, terms.price_decimals))


def _number_names(terms: PriceTerms) -> list[str]:
    return [each.column for each in terms.numbers]


def _needless(design: SurfaceDesign, penalties: Mapping[str, float], limit: float, names: list[str]) -> set[str]:
    """Leave out one factor after the other, the least missed first, while the held-out error stays within the limit."""
    dropped: dict[str, float] = {}
    while len(dropped) < len(names):
        errors = {
            name: mean_miss(design.held, design.layout, {**penalties, **dropped, name: LEFT_OUT})
            for name in names
            if name not in dropped
        }
        name = min(errors, key=lambda each: errors[each])
        if errors[name] > limit:
            break
        dropped[name] = LEFT_OUT
    return set(dropped)


def _start(terms: PriceTerms) -> dict[str, float]:
    names = [terms.use, *_number_names(terms), *terms.categories]
    return {LOCATION: _START_LOCATION, LOCATION + GROWTH: _START_GROWTH} | dict.fromkeys(names, _START)


def _bounds_of(evidence: Evidence) -> Bounds:
    return float(evidence.x.min()), float(evidence.y.min()), float(evidence.x.max()), float(evidence.y.max())


def _require_inside(evidence: Evidence, bounds: Bounds) -> None:
    left, bottom, right, top = bounds
    out = ~((evidence.x >= left) & (evidence.x <= right) & (evidence.y >= bottom) & (evidence.y <= top))
    if out.any():
        rows = named_rows(evidence.samples.index[out])
        raise BadValueError(f"fit_surface_price：样点在 bounds 之外，{rows}。办法：核对坐标，或放大 bounds。")


def _published(
    evidence: Evidence,
    terms: PriceTerms,
    area: Bounds,
    design: SurfaceDesign,
    penalties: Mapping[str, float],
    error: float,
) -> SurfacePrice:
    """Solve for all samples and write the tables, each factor 1 where it is commonest."""
    weights = foreseen_weights(design.layout, design.held, evidence, penalties)
    coefficients = final_coefficients(design.columns, evidence.truth, weights, design.layout, penalties)
    parts, kinds = design.layout.parts(coefficients), len(terms.categories)
    scores, grid = design.scores(coefficients), design.grids[-1]
    middle = float(np.median(grid.interpolated(scores, evidence.x, evidence.y)))
    categories, by_category = publish_categories(evidence.samples, terms, evidence.rows, parts[2 : 2 + kinds])
    steps = parts[2 + kinds : 2 + kinds + len(terms.numbers)]
    numbers, by_number = publish_numbers(evidence.samples, terms, evidence.rows, steps)
    uses = evidence.rows.texts[0]
    price = np.exp(evidence.centre + parts[0][0] + parts[1] + middle + by_category + by_number)
    base = pd.DataFrame(
        {
            "use": uses,
            "base_price": round_half_up_array(price, terms.price_decimals),
            "samples": np.bincount(row_of(evidence.samples, terms.use, uses), minlength=len(uses)),
            "source": [OWN] * (len(uses) - 1) + [POOLED],
        }
    )
    factors = round_half_up_array(np.exp(scores - middle), terms.factor_decimals)
    crs = CRS.from_user_input(evidence.samples.crs).to_string()
    nodes = node_table(grid, factors)
    shrinkage = penalty_table(penalties)
    depth = len(design.grids)
    return SurfacePrice(terms, crs, area, depth, grid, base, nodes, numbers, categories, shrinkage, error)
