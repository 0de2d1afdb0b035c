"""Facilities of several levels (设施级别与功能分): what each adds at each level of function, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.errors import BadValueError, IndexMismatchError, named_rows
from landmarket.pricing.factors.formulas import BEST, influence_radius


def functional_scores(index: pd.Series[float], level: pd.Series[str], levels: Sequence[str]) -> pd.DataFrame:
    r"""Compute the functional scores of centres (功能分): each centre carries the functions of all lower levels too.

    .. math:: F_i = M_i - M_{next}, \qquad F_{lowest} = M_{lowest}

    Parameters
    ----------
    index : Series of float
        Size index M of each centre, see `landmarket.pricing.factors.size_index`; above 0.
    level : Series of str
        Level of each centre, on the same index.
    levels : sequence of str
        All levels, highest first.

    Returns
    -------
    DataFrame
        On the same index, one column a level of function: the score of each centre; missing for functions above its own
        level. A centre's own function is its own index less the mean index of the next lower level; the functions below
        are the differences of the means, and the lowest is the mean of the lowest level. The scores of a centre add up
        to its index.

    Raises
    ------
    IndexMismatchError
        If the two are not of the same centres.
    BadValueError
        If an index is missing or out of range, a level is unknown or has no centre, or a difference is not positive:
        the centre is no bigger than a usual one of the next lower level.

    Notes
    -----
    "Subtract the next lower index", as teaching texts of GB/T 18507 print it.
    """
    if not index.index.equals(level.index):
        raise IndexMismatchError("设施功能分：规模指数与级别不是同一批设施。办法：先用 .reindex() 对齐。")
    sizeless = ~((index > 0) & (index <= BEST))
    if sizeless.any():
        listed = named_rows(index.index[sizeless], index[sizeless])
        raise BadValueError(f"规模指数应大于 0、不超过 100，{listed}。办法：先用 size_index() 计算，或按级别给定。")
    unknown = ~level.isin(list(levels))
    if unknown.any():
        listed = named_rows(level.index[unknown], level[unknown])
        raise BadValueError(f"设施级别不在 {'、'.join(levels)} 之中，{listed}。办法：改正级别，或在规则中补上该级别。")
    means = index.groupby(level).mean()
    empty = [name for name in levels if name not in means.index]
    if empty:
        raise BadValueError(f"级别 {'、'.join(empty)} 没有设施。办法：从规则中删去该级别，或补上设施。")
    below = {name: float(means[lower]) for name, lower in pairwise(levels)} | {levels[-1]: 0.0}
    own_place = level.map({name: place for place, name in enumerate(levels)}).to_numpy()
    scores = pd.DataFrame(np.nan, index=index.index, columns=list(levels))
    for place, name in enumerate(levels):
        own = index.where(own_place == place, float(means[name])) - below[name]
        scores[name] = own.where(own_place <= place)
    weak = (scores <= 0).any(axis=1)
    if weak.any():
        listed = named_rows(index.index[weak], index[weak].round(2))
        raise BadValueError(
            f"规模指数不高于下一级的平均值，{listed}；各级平均 {means.reindex(list(levels)).round(2).to_dict()}。"
            "办法：核对这些设施的级别与规模，或按级别直接给定作用分。"
        )
    return scores


def overlay_functions(scores: pd.DataFrame) -> float:
    """Overlay what several centres give at one place (商服繁华影响度叠加).

    Parameters
    ----------
    scores : DataFrame
        One row a centre, one column a level of function: the score that reaches the place; missing where the centre
        has no such function.

    Returns
    -------
    float
        For each function the **largest** score over all centres, then the sum over the functions. Two centres of one
        level are never added.

    Raises
    ------
    BadValueError
        If a score is negative.

    Examples
    --------
    A published answer: a city centre gives 50, 15 and 5, another district centre 20 and 4:

    >>> overlay_functions(pd.DataFrame({"市级": [50.0, np.nan], "区级": [15.0, 20.0], "街区级": [5.0, 4.0]}))
    75.0
    """
    if (scores < 0).any(axis=None):
        raise BadValueError(f"作用分不能为负：{scores.min().to_dict()}。办法：核对衰减计算。")
    return float(scores.max().sum())


def level_radii(level: pd.Series[str], levels: Sequence[str], area: float, given: pd.Series[float]) -> pd.Series[float]:
    """Find the influence radius of each level (各级影响半径): surveyed where given, else by formula.

    Parameters
    ----------
    level : Series of str
        Level of each facility.
    levels : sequence of str
        All levels, highest first.
    area : float
        Area served [㎡].
    given : Series of float
        Surveyed radius of each level [m]; missing where there is none.

    Returns
    -------
    Series of float
        Radius [m] by level; where none was surveyed, `influence_radius` of the facilities of the level and all higher
        ones.

    Raises
    ------
    BadValueError
        If a given radius is not positive, or a level without one has no facility, nor has any higher one.
    """
    wrong = given.notna() & ~((given > 0) & np.isfinite(given))
    if wrong.any():
        raise BadValueError(f"影响半径应为正数，{named_rows(given.index[wrong], given[wrong])}。办法：改正规则。")
    radii = given.reindex(list(levels)).astype("float64")
    count = 0
    for name in levels:
        count += int((level == name).sum())
        if np.isnan(radii[name]):
            try:
                radii[name] = influence_radius(area, count)
            except BadValueError as error:
                raise BadValueError(f"级别 {name}：{error}该级没有设施的，从规则中删去或写明 radius。") from error
    return radii


def ready(table: gpd.GeoDataFrame, score: pd.Series[float], radius: pd.Series[float]) -> gpd.GeoDataFrame:
    """Put scores and radii beside the facilities that have them.

    Parameters
    ----------
    table : GeoDataFrame
        Facilities.
    score, radius : Series of float
        On the same index.

    Returns
    -------
    GeoDataFrame
        With ``score`` and ``radius``, as `landmarket.pricing.factors.point_scores` takes it; rows without a score are
        left out, as they have no such function.
    """
    with_both = table.assign(score=score, radius=radius)
    return with_both[with_both["score"].notna()]
