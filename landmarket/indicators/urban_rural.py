"""What land income does to the gap between town and country (城乡收入差距)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_same_index, require_unique_index, require_values
from landmarket.errors import IndexMismatchError, named_rows
from landmarket.indicators.income import TOTAL
from landmarket.units import Floats, fen_to_yuan


def income_per_resident(members_fen: pd.Series[int], residents: pd.Series[int]) -> pd.Series[float]:
    """Spread members' income over all residents of a place (常住人口人均收益).

    Parameters
    ----------
    members_fen : Series of int
        Income distributed to members [分]; nullable integers keep their gaps.
    residents : Series of int
        Residents of the same places [人], positive, same index.

    Returns
    -------
    Series of float
        ``income_per_resident`` [元/人].

    Raises
    ------
    IndexMismatchError
        If the indexes differ.
    BadValueError
        If a number of residents is missing or not positive.

    Examples
    --------
    1,200 元 for members among 40 residents:

    >>> income_per_resident(pd.Series([120_000]), pd.Series([40])).tolist()
    [30.0]
    """
    require_same_index(members_fen.to_frame(), residents.to_frame(), "income_per_resident")
    people = _positive(residents.rename("residents"), "常住人口应大于 0，核对乡镇表。", "income_per_resident")
    return (fen_to_yuan(members_fen.astype("Int64")) / people).rename("income_per_resident")


def income_gap(
    per_head: pd.Series[float], rural_income: pd.Series[float], urban_income: pd.Series[float]
) -> pd.DataFrame:
    r"""Tell by how much land income narrows the gap between town and country (城乡居民收入比).

    .. math:: R_0 = \frac{U}{V}, \qquad R_1 = \frac{U}{V + v}, \qquad \Delta = R_0 - R_1

    Parameters
    ----------
    per_head : Series of float
        Land income v per rural resident [元 a year], such as `income_per_resident` gives it.
    rural_income, urban_income : Series of float
        Disposable income per head and year of rural residents V and of urban residents U [元], positive, same index.

    Returns
    -------
    DataFrame
        On the same index: ``rural_before``, ``rural_after`` [元], ``ratio_before``, ``ratio_after``, and
        ``ratio_fall``, the points by which the ratio falls. What rests on a missing income is missing.

    Raises
    ------
    IndexMismatchError
        If the indexes differ.
    BadValueError
        If a rural or urban income is missing or not positive, or a land income is negative.

    Notes
    -----
    Income per head is a yearly figure, while an assignment for forty years is paid once: the caller states which part
    of it counts for a year. What members would have earned on the land otherwise is not taken off.

    Examples
    --------
    50,000 and 20,000 元 are 2.5 to 1; with 5,000 元 more in the country 2 to 1:

    >>> income_gap(pd.Series([5000.0]), pd.Series([20000.0]), pd.Series([50000.0]))["ratio_fall"].tolist()
    [0.5]
    """
    rural_income, urban_income = rural_income.rename("rural_income"), urban_income.rename("urban_income")
    for income in (rural_income, urban_income):
        require_same_index(per_head.to_frame(), income.to_frame(), "income_gap")
    rural = _positive(rural_income, "农村居民人均可支配收入应大于 0，单位元。", "income_gap")
    urban = _positive(urban_income, "城镇居民人均可支配收入应大于 0，单位元。", "income_gap")
    land = np.asarray(per_head.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    require_values(
        per_head.rename("per_head").astype("object").to_frame(),
        "per_head",
        land < 0,
        "土地收益不应为负。",
        "income_gap",
    )
    after = rural + land
    found = {
        "rural_before": rural,
        "rural_after": after,
        "ratio_before": urban / rural,
        "ratio_after": urban / after,
        "ratio_fall": urban / rural - urban / after,
    }
    return pd.DataFrame(found, index=per_head.index)


def township_income_gap(indicators: pd.DataFrame, townships: pd.DataFrame) -> pd.DataFrame:
    """Narrowing of the gap between town and country in each township (各乡镇城乡收入比变化).

    Parameters
    ----------
    indicators : DataFrame
        As `split_indicators` gives it by township.
    townships : DataFrame
        Index township; ``rural_income`` and ``urban_income`` per head and year [元], ``residents`` [人]. Townships
        without a deal have an income of 0 from land.

    Returns
    -------
    DataFrame
        On the index of ``townships``, then 合计: ``residents``; ``members_fen``; ``unsplit``, deals that are in no
        income because their split is not known; ``income_per_resident`` [元]; and the columns of `income_gap`. In 合计
        the rural income is the mean weighted by residents, and the urban income that of the townships where it is one
        and the same; else the columns of `income_gap` are missing.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    IndexMismatchError
        If the indicators have a township that the table lacks; parcels of unknown township are among them.
    BadValueError
        If a township is named twice, or a number is missing or not positive.
    """
    require_columns(indicators, ["members_fen", "unsplit"], "township_income_gap")
    stated = ["rural_income", "urban_income", "residents"]
    require_columns(townships, stated, "township_income_gap")
    require_unique_index(townships, "township_income_gap")
    own = indicators[["members_fen", "unsplit"]].drop(TOTAL, errors="ignore")
    lacking = own.index.difference(townships.index, sort=False)
    if len(lacking):
        raise IndexMismatchError(
            f"township_income_gap：乡镇表缺少有成交的乡镇，{named_rows(lacking)}。"
            "办法：补上该乡镇的收入与人口；乡镇不明的宗地先核实所在乡镇。"
        )
    for name in stated:
        _positive(townships[name], "各乡镇的收入（元）与常住人口（人）应大于 0。", "township_income_gap")
    known = townships[stated].join(own.reindex(townships.index, fill_value=0).astype("int64"))
    both = pd.concat([known, _county(known)])
    both["income_per_resident"] = income_per_resident(both["members_fen"], both["residents"])
    alike = both[both["urban_income"].notna()]
    gap = income_gap(alike["income_per_resident"], alike["rural_income"], alike["urban_income"])
    columns = ["residents", "members_fen", "unsplit", "income_per_resident"]
    return both[columns].join(gap).rename_axis("township")


def _county(townships: pd.DataFrame) -> pd.DataFrame:
    """All townships as one."""
    residents = townships["residents"]
    urban = townships["urban_income"].unique()
    county = {
        "residents": residents.sum(),
        "members_fen": townships["members_fen"].sum(),
        "unsplit": townships["unsplit"].sum(),
        "rural_income": (townships["rural_income"] * residents).sum() / residents.sum(),
        "urban_income": urban[0] if len(urban) == 1 else np.nan,
    }
    return pd.DataFrame(county, index=[TOTAL])


def _positive(values: pd.Series[float] | pd.Series[int], cure: str, needed_by: str) -> Floats:
    numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    bad = ~(np.isfinite(numbers) & (numbers > 0))
    require_values(values.astype("object").to_frame(), str(values.name), bad, cure, needed_by)
    return numbers
