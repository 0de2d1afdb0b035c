"""Samples made ready, and the columns of the surface model in a fit (样点准备与曲面模型的设计)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import require_columns, require_projected, require_unique_index, require_values
from landmarket.errors import BadValueError, IndexMismatchError
from landmarket.pricing.legible.correction_rows import (
    PriceTerms,
    TableRows,
    category_blocks,
    number_blocks,
    require_factors,
    table_rows,
)
from landmarket.pricing.legible.location_surface import NodeGrid, grid_over, places_in
from landmarket.pricing.legible.shrunken_fit import (
    Block,
    HeldOut,
    Layout,
    held_out,
    layout_of,
    residuals,
    robust_weights,
    solve_signed,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bounds = tuple[float, float, float, float]

LOCATION = "location_factor"
_SPARE_WEIGHT = 0.5
"""Weight of samples around a node below which the node adds nothing to its grid."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Samples made ready for a fit (编表准备).

    Attributes
    ----------
    samples : GeoDataFrame
        In the order of their index.
    x, y : ndarray
        Places [m].
    folds : ndarray of int
        Inner fold of each.
    centre : float
        Mean logarithm of price.
    truth : ndarray
        Logarithms of price less the centre.
    rows : TableRows
        Rows of the correction tables.
    """

    samples: gpd.GeoDataFrame
    x: Floats
    y: Floats
    folds: Ints
    centre: float
    truth: Floats
    rows: TableRows


@dataclass(frozen=True, eq=False)
class SurfaceDesign:
    """Columns of the surface model at one depth (曲面模型的设计矩阵).

    Attributes
    ----------
    columns : ndarray
        One row a sample.
    layout : Layout
        What the columns are.
    grids : tuple of NodeGrid
        From coarse to fine.
    used : tuple of ndarray of int
        For each grid the nodes that have samples around them; the others add nothing.
    held : list of HeldOut
        Normal equations without each fold.
    """

    columns: Floats
    layout: Layout
    grids: tuple[NodeGrid, ...]
    used: tuple[Ints, ...]
    held: list[HeldOut]

    def scores(self, coefficients: Floats) -> Floats:
        """Add the grids up to the finest one (合成最细网格).

        Parameters
        ----------
        coefficients : ndarray
            All coefficients of the model.

        Returns
        -------
        ndarray
            Logarithm of the location factor at each node of the finest grid; exact, as steps halve.
        """
        x, y = self.grids[-1].nodes()
        total = np.zeros(self.grids[-1].size)
        for grid, used, part in zip(
            self.grids, self.used, self.layout.parts(coefficients)[-len(self.grids) :], strict=True
        ):
            values = np.zeros(grid.size)
            values[used] = part
            total += grid.interpolated(values, x, y)
        return total


def evidence_of(samples: gpd.GeoDataFrame, terms: PriceTerms, folds: pd.Series[int], needed_by: str) -> Evidence:
    """Check samples and make them ready (检查并准备样点).

    Parameters
    ----------
    samples : GeoDataFrame
        The samples.
    terms : PriceTerms
        Their columns.
    folds : Series of int
        Inner fold of each.
    needed_by : str
        The function that needs them, for the message.

    Returns
    -------
    Evidence
        In the order of the index.

    Raises
    ------
    BadValueError
        If there is no sample or only one fold, or a value cannot be used.
    IndexMismatchError
        If folds are of other samples.
    """
    require_columns(samples, [terms.price], needed_by)
    require_unique_index(samples, needed_by)
    require_factors(samples, terms, needed_by)
    require_projected(samples, needed_by)
    price = pd.to_numeric(samples[terms.price], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    require_values(samples, terms.price, ~((price > 0) & (price < np.inf)), "应为正数，单位为每平方米价格。", needed_by)
    if len(folds) != len(samples) or not samples.index.isin(folds.index).all():
        raise IndexMismatchError(f"{needed_by}：folds 与样点的编号不一致。办法：用 random_folds 或 block_folds 分组。")
    ordered = samples.sort_index()
    groups = np.asarray(folds.reindex(ordered.index), dtype=np.int64)
    if len(np.unique(groups)) < 2:
        raise BadValueError(f"{needed_by}：样点不足或只有一组，无从检验。办法：至少分 2 组，通常 5 组。")
    x, y = places_in(ordered, samples.crs, needed_by)
    logs = np.log(ordered[terms.price].to_numpy(dtype=np.float64))
    centre = float(logs.mean())
    return Evidence(ordered, x, y, groups, centre, logs - centre, table_rows(ordered, terms))


def surface_design(evidence: Evidence, terms: PriceTerms, bounds: Bounds, depth: int) -> SurfaceDesign:
    """Build the columns of the surface model (构造设计矩阵).

    Parameters
    ----------
    evidence : Evidence
        The samples.
    terms : PriceTerms
        Their factors.
    bounds : tuple of float
        The area [m].
    depth : int
        Finest level of the surface.

    Returns
    -------
    SurfaceDesign
        Constant, use, numbers, categories, then the grids from coarse to fine.
    """
    grids = tuple(grid_over(bounds, level) for level in range(1, depth + 1))
    blocks, used = factor_blocks(evidence, terms), []
    for level, grid in enumerate(grids):
        shares = grid.shares(evidence.x, evidence.y)
        used.append(np.flatnonzero(shares.sum(axis=0) >= _SPARE_WEIGHT))
        blocks.append(Block(LOCATION, shares[:, used[-1]], level))
    columns = np.concatenate([each.columns for each in blocks], axis=1)
    held = held_out(columns, evidence.truth, evidence.folds)
    return SurfaceDesign(columns, layout_of(blocks), grids, tuple(used), held)


def factor_blocks(evidence: Evidence, terms: PriceTerms) -> list[Block]:
    """Build the columns of all factors but location (因素的列).

    Parameters
    ----------
    evidence : Evidence
        The samples.
    terms : PriceTerms
        Their factors.

    Returns
    -------
    list of Block
        Constant, use, categories, numbers.
    """
    constant = Block("", np.ones((len(evidence.truth), 1)))
    categories = category_blocks(evidence.samples, terms, evidence.rows)
    return [constant, *categories, *number_blocks(evidence.samples, terms, evidence.rows)]


def foreseen_weights(layout: Layout, held: list[HeldOut], evidence: Evidence, penalties: Mapping[str, float]) -> Floats:
    """Weigh each sample by how well the others foresee it (按留出残差定权).

    Parameters
    ----------
    layout : Layout
        Of the coefficients.
    held : list of HeldOut
        Normal equations without each fold.
    evidence : Evidence
        The samples.
    penalties : mapping of str to float
        Chosen penalties.

    Returns
    -------
    ndarray
        `robust_weights` of the held-out residuals, in the order of the samples.
    """
    missed = np.empty(len(evidence.truth))
    missed[np.argsort(evidence.folds, kind="stable")] = residuals(held, layout, penalties)
    return robust_weights(missed)


def final_coefficients(
    columns: Floats, truth: Floats, weights: Floats, layout: Layout, penalties: Mapping[str, float]
) -> Floats:
    """Solve for all samples (最终求解).

    Parameters
    ----------
    columns : ndarray
        One row a sample.
    truth, weights : ndarray
        Value and weight of each.
    layout : Layout
        What the columns are.
    penalties : mapping of str to float
        Chosen penalties.

    Returns
    -------
    ndarray
        Coefficients with the signs that the layout asks for.
    """
    weighted = columns * weights[:, None]
    signs = np.repeat(np.asarray(layout.signs, dtype=np.int64), layout.sizes)
    return solve_signed(weighted.T @ columns, weighted.T @ truth, layout.diagonal(penalties), signs)


def penalty_table(penalties: Mapping[str, float]) -> pd.DataFrame:
    """Write the chosen shrinkage as a table (收缩强度表).

    Parameters
    ----------
    penalties : mapping of str to float
        Logarithm of the penalty of each table.

    Returns
    -------
    DataFrame
        ``table`` and ``log_penalty``.
    """
    return pd.DataFrame({"table": list(penalties), "log_penalty": list(penalties.values())})
