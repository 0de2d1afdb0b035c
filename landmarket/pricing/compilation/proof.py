"""The proof of a compiled table (编制成果检验): each sample against a price made without its parcel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.pricing.compilation.cells import cell_prices, cells_of_use
from landmarket.pricing.compilation.compiling import Compilation, GradedVillages
from landmarket.pricing.compilation.rule import CellKey, CompileRule
from landmarket.pricing.ratio_study import grouped_folds, morans_i, ratio_study
from landmarket.pricing.ratio_study.bands import Band, ratio_bands
from landmarket.pricing.ratio_study.formulas import STATISTICS

_NEIGHBOURS = 6
_LEAST_SPATIAL = 20


@dataclass(frozen=True, eq=False)
class Proof:
    """How level and fair a compiled table is (检验成果).

    Attributes
    ----------
    estimates : DataFrame
        One row a counted sample: ``price_use, grade, township, price`` (its own, on the connotation), ``estimate`` (the
        price of its cell made without any sample of its parcel; missing where the cell then has no price) [元/㎡] and
        ``ratio``.
    by_use, by_grade : DataFrame
        Ratio studies, see `landmarket.pricing.ratio_study.ratio_study`.
    spatial : DataFrame
        By use: Moran's I of the logarithms of the ratios (``morans_i, expected, p, n``) and a note; a use with too few
        samples has the note alone.
    """

    estimates: pd.DataFrame
    by_use: pd.DataFrame
    by_grade: pd.DataFrame
    spatial: pd.DataFrame

    def __repr__(self) -> str:
        """Tell level and uniformity by use instead of printing all tables."""
        rows = zip(self.by_use["price_use"], self.by_use["median"], self.by_use["cod"], strict=True)
        return f"<Proof {'；'.join(f'{use} 中位比率 {median:.2f}，COD {cod:.1f}' for use, median, cod in rows)}>"


def prove(compilation: Compilation, graded: GradedVillages, rule: CompileRule, points: gpd.GeoSeries) -> Proof:
    """Hold a compiled table against its samples, none of which sees its own price (留一检验).

    Parameters
    ----------
    compilation : Compilation
        What was compiled.
    graded : GradedVillages
        The grades it was compiled from.
    rule : CompileRule
        The rule it was compiled by.
    points : GeoSeries
        Where each sample lies, on the index of its samples, projected.

    Returns
    -------
    Proof
        All samples of a parcel are left out together. Grades and weights come from experts and locations, not from
        prices, and the corrections from the last edition: what is made anew without the parcel is the price of its
        cell. Which samples are outliers, and floor-area-ratio factors that the rule takes from samples, was decided on
        all of them. Inside one grade all estimates are nearly one:
        there the studies say how level and how uniform it is, and nothing of high against low prices.

    Raises
    ------
    MissingColumnError
        If the samples lack a column.
    """
    samples = compilation.samples
    require_columns(samples, ["parcel_code", "price_use", "grade", "township", "standard_price", "score"], "prove")
    counted = samples[samples["counted"]]
    estimates = pd.concat([_left_out(own, graded, str(use), rule) for use, own in counted.groupby("price_use")])
    estimates = estimates.reindex(counted.index)
    table = pd.DataFrame(
        {
            "price_use": counted["price_use"],
            "grade": counted["grade"],
            "township": counted["township"],
            "price": counted["standard_price"],
            "estimate": estimates,
        }
    ).assign(ratio=estimates / counted["standard_price"])
    known = table[table["estimate"].notna()]
    return Proof(
        table,
        _studied(known, ["price_use"], rule, ratio_bands(_KIND)),
        _studied(known, ["price_use", "grade"], rule, _level_bands())[[*_LEVEL, "verdict", "finding"]],
        _spatial(known, points, rule),
    )


def _left_out(samples: pd.DataFrame, graded: GradedVillages, use: str, rule: CompileRule) -> pd.Series[float]:
    """Price each sample's cell without the samples of its parcel."""
    pricing = next(one for one in rule.uses if one.name == use)
    villages, names = graded.villages[graded.villages["use"].eq(use)], graded.names[use]
    cells, plain = cells_of_use(villages, names, rule), replace(rule, resamples=1)
    groups = samples["parcel_code"].where(samples["parcel_code"].notna(), samples.index.to_series())
    estimates = pd.Series(np.nan, index=samples.index)
    if groups.nunique() < 2:
        return estimates
    fold = grouped_folds(groups, folds=groups.nunique(), seed=rule.seed)
    for number in fold.unique():
        out = samples[fold.eq(number)]
        here = cells[cells["grade"].isin(out["grade"])]
        priced = cell_prices(samples[fold.ne(number)], here, names, pricing, plain)
        by_cell = priced.set_index(["township", "grade"])["unit_price"]
        town = out["township"] if rule.key is CellKey.TOWNSHIP_GRADE else pd.Series("", index=out.index)
        estimates[out.index] = by_cell.reindex(pd.MultiIndex.from_arrays([town, out["grade"]])).to_numpy()
    return estimates


_KIND = "土地"
_LEVEL = ["price_use", "grade", "n", "median", "median_low", "median_high", "cod", "cod_low", "cod_high"]


def _level_bands() -> tuple[Band, ...]:
    """Take the bands on level and uniformity alone; no group is small enough for the test of vertical equity."""
    kept = [band for band in ratio_bands(_KIND) if band.statistic in ("median", "cod")]
    sales = [replace(band, low=0.0) for band in ratio_bands(_KIND) if band.statistic == "vertical_sales"]
    return (*kept, *sales)


def _studied(table: pd.DataFrame, by: Sequence[str], rule: CompileRule, bands: Sequence[Band]) -> pd.DataFrame:
    if not len(table):
        statistics = [f"{name}{end}" for name in STATISTICS for end in ("", "_low", "_high")]
        return pd.DataFrame(columns=[*by, "n", *statistics, "spearman", "spearman_p", "verdict", "finding"])
    study = ratio_study(
        table,
        by=list(by),
        seed=rule.seed,
        bands=bands,
        resamples=rule.resamples,
        level=rule.level,
        least=rule.least_samples,
    )
    return study.reset_index()


def _spatial(table: pd.DataFrame, points: gpd.GeoSeries, rule: CompileRule) -> pd.DataFrame:
    """Ask whether neighbouring samples are off in the same way."""
    rows = []
    for use, own in table.groupby("price_use"):
        placed = own[points.reindex(own.index).notna().to_numpy()]
        if len(placed) < _LEAST_SPATIAL:
            rows.append((use, len(placed), np.nan, np.nan, np.nan, f"样点少于 {_LEAST_SPATIAL} 个，不检验"))
            continue
        if not np.ptp(placed["ratio"]):
            rows.append((use, len(placed), np.nan, np.nan, np.nan, "比率全部相同，不检验"))
            continue
        found = morans_i(
            np.log(placed["ratio"]), gpd.GeoSeries(points.loc[placed.index]), seed=rule.seed, neighbours=_NEIGHBOURS
        )
        clustered = found.i > found.expectation and found.p_permuted < 1 - rule.level
        note = "邻近样点偏差相近：价格表还没有反映的区位差别" if clustered else "看不出邻近样点偏差相近"
        rows.append((use, len(placed), found.i, found.expectation, found.p_permuted, note))
    return pd.DataFrame(rows, columns=["price_use", "n", "morans_i", "expected", "p", "note"])
