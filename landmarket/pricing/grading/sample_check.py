"""Sample prices held against the grades they lie in (样点检验)."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from landmarket.checks import require_projected
from landmarket.pricing.grading.checks import INVERTED, LEVEL, factor_price_ranks, price_order
from landmarket.pricing.grading.grades import total_scores
from landmarket.pricing.grading.land import Grades
from landmarket.pricing.notice_findings import Finding, findings_table
from landmarket.pricing.samples import read_samples


def graded_samples(grades: Grades) -> pd.DataFrame:
    """Place the sample prices of a rule in the graded villages (样点所在级别).

    Parameters
    ----------
    grades : Grades
        A graded county.

    Returns
    -------
    DataFrame
        One row a sample: ``price_use, village_code, grade, unit_price`` [元/㎡] and ``left_out``, the reason why it
        does not count; empty where it does. Rents, uses that are not graded and samples outside the county do not. A
        sample on the border of several villages belongs to the first of them.
    """
    columns = ["price_use", "village_code", "grade", "unit_price", "left_out"]
    if grades.rule.samples is None:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in columns}).astype({"unit_price": "float64"})
    crs = require_projected(grades.villages, "graded_samples")
    read = read_samples(grades.rule.samples.path, crs)
    village = villages_of(read, grades.villages)
    grade = pd.Series(None, index=read.index, dtype="str")
    for use, one in grades.uses.items():
        own = read["price_use"].eq(use) & village.notna()
        grade[own] = one.villages["grade"].reindex(village[own]).to_numpy()
    reasons = {
        "租金，未还原为地价": read["deal_unit_price"].isna() & read["unit_rent"].notna(),
        "没有单价": read["deal_unit_price"].isna() & read["unit_rent"].isna(),
        "单价不是正数": read["deal_unit_price"].le(0),
        "用途未定级": ~read["price_use"].isin(list(grades.uses)),
        "没有坐标，或不在县内": village.isna(),
    }
    left_out = pd.Series("", index=read.index, dtype="str")
    for reason, rows in reasons.items():
        left_out[rows & left_out.eq("")] = reason
    table = pd.DataFrame(
        {
            "price_use": read["price_use"],
            "village_code": village,
            "grade": grade,
            "unit_price": read["deal_unit_price"],
            "left_out": left_out,
        }
    )
    return table[columns]


def villages_of(samples: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> pd.Series[str]:
    """Find the village that each sample lies in (样点所在村).

    Parameters
    ----------
    samples : GeoDataFrame
        Points; missing where a sample has no coordinates.
    villages : GeoDataFrame
        Villages with their code as index, in the same coordinate system.

    Returns
    -------
    Series of str
        Village code on the samples' index; missing for one without a point or outside. On the border of several
        villages the first of them.
    """
    at, hit = shapely.STRtree(villages.geometry.to_numpy()).query(samples.geometry.to_numpy(), predicate="intersects")
    first = pd.Series(hit).groupby(at).min()
    found = pd.Series(None, index=samples.index, dtype="str")
    found.iloc[first.index.to_numpy()] = villages.index.to_numpy()[first.to_numpy()]
    return found


def order_findings(checks: pd.DataFrame) -> pd.DataFrame:
    """Take the grades whose mean prices do not fall as findings (倒挂的级别).

    Parameters
    ----------
    checks : DataFrame
        As `check_samples` gives them.

    Returns
    -------
    DataFrame
        severity, where, value, message, cure; no rows where all fall.
    """
    wrong = checks[checks["verdict"].isin([INVERTED, LEVEL])]
    return findings_table(
        [
            Finding("警告", f"用途 {use} {grade} 级", f"平均地价 {mean:.2f} 元/㎡", f"样点检验：{verdict}", cure)
            for use, grade, mean, verdict, cure in zip(
                wrong["use"], wrong["grade"], wrong["mean_price"], wrong["verdict"], wrong["cure"], strict=True
            )
        ]
    )


def check_samples(grades: Grades, samples: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check the order of mean prices and rank the factors, use by use (样点检验).

    Parameters
    ----------
    grades : Grades
        A graded county.
    samples : DataFrame
        As `graded_samples` gives them.

    Returns
    -------
    checks : DataFrame
        As `price_order` gives it, with ``use``; no rows for a use without samples.
    ranks : DataFrame
        ``use, factor, rank_correlation``; the total score among the factors as 总分值.
    """
    checks, ranks = [], []
    counted = samples[samples["left_out"].eq("")]
    for use, one in grades.uses.items():
        own = counted[counted["price_use"].eq(use)]
        if not len(own):
            continue
        checks.append(price_order(own, one.use.names).assign(use=use))
        scores = grades.scores.loc[own["village_code"], list(one.use.weights.index)].set_axis(own.index)
        found = factor_price_ranks(scores.assign(总分值=total_scores(scores, one.use.weights)), own["unit_price"])
        ranks.append(pd.DataFrame({"use": use, "factor": found.index, "rank_correlation": found.to_numpy()}))
    columns = ["use", "grade", "samples", "mean_price", "median_price", "verdict", "cure"]
    empty = pd.DataFrame(columns=["use", "factor", "rank_correlation"])
    whole = pd.concat(checks)[columns] if checks else pd.DataFrame(columns=columns)
    return whole.reset_index(drop=True), pd.concat(ranks, ignore_index=True) if ranks else empty
