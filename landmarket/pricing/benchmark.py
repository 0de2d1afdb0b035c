"""Apply a price notice to parcels by the coefficient method (基准地价系数修正法)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import prod
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.checks import Fault, fault, require_columns, require_sound, require_unique_index
from landmarket.errors import NoPriceError, named_rows
from landmarket.pricing.intensity_factors import connotation_columns, development_columns, far_columns
from landmarket.pricing.keys import Keys, text_codes, texts, use_grade_keys
from landmarket.pricing.level_factors import NEEDED_BY, STEP, five_level_columns, step_columns
from landmarket.pricing.price_table import PriceForm, PriceTable
from landmarket.pricing.rounding import divided_exactly, rounded_exactly
from landmarket.pricing.staleness import check_age
from landmarket.pricing.time_factors import date_columns, term_columns
from landmarket.units import round_half_up_array, times_area_fen

_FEN_PER_YUAN = 100
_FEN_PER_CENT_OF_WAN_PER_MU = 15
_LEAST_AREA = 0.005
_MOST = 9e13
"""Areas [㎡] and prices [元] below this are exact to two decimals in floating point."""
_MOST_PRODUCT = 9e14
"""Unit price × area [元] below this is exact in 64-bit integers of 10⁻⁴ 元."""
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
NEEDED = ["township", "price_use", "grade", "floor_area_ratio", "area"]
"""Columns `benchmark_price` needs whatever the notice; factors and step tables name more."""


def benchmark_price(
    parcels: pd.DataFrame, table: PriceTable, *, on: date, stale: Literal["raise", "warn"] = "raise"
) -> pd.DataFrame:
    r"""Price parcels by a benchmark-price notice (基准地价系数修正法测算宗地地价).

    .. math:: P = P_b (1 + \sum K_i) \, T \, Y \, V \prod K_j + D

    Parameters
    ----------
    parcels : DataFrame
        With ``township, price_use, grade, floor_area_ratio, area`` [㎡]; the level of every factor and every column
        of a step table that the notice has for the parcel's use; optionally ``term`` and ``development``.
    table : PriceTable
        The notice.
    on : date
        Valuation date.
    stale : {"raise", "warn"}
        What happens to a notice that is too old to be applied.

    Returns
    -------
    DataFrame
        On the same index: the basis, every factor as a column as it was multiplied, ``unit_price`` [元/㎡],
        ``floor_price`` [元/㎡ of floor area], ``wan_per_mu`` [万元/亩], ``total_price`` [元], and
        both prices in integer fen.

    Raises
    ------
    NoPriceError
        If the notice has no price for a parcel; all are counted.
    BadValueError
        If a value a correction needs is missing or cannot be used; `price_gaps` names all of them beforehand.
    StalePriceTableError
        If the notice is too old.

    Warns
    -----
    PriceTableWarning
        If the notice or its date index should have been updated.

    Notes
    -----
    GB/T 18508-2014 (from memory). Every factor is rounded half-up to the notice's ``factor_decimals`` first, and that
    number is multiplied and printed; the product is rounded half-up once, exactly. Where the price is a floor price
    (楼面地价) the product is also multiplied by the floor-area ratio, to give a price per square metre of land.
    """
    require_unique_index(parcels, NEEDED_BY)
    require_columns(parcels, NEEDED, NEEDED_BY)
    check_age(table, on, stale)
    keys = use_grade_keys(parcels)
    base = cell_prices(parcels["township"], keys, table)
    _require_prices(parcels, base, table)
    factors, faults = factor_columns(parcels, keys, table, on)
    require_sound(parcels, faults, NEEDED_BY)
    priced = factored(parcels, base, factors)
    unit = unit_prices(priced, table)
    require_sound(priced.assign(unit_price=unit), price_faults(priced, unit), NEEDED_BY)
    return with_prices(priced, unit, table, on)


def factored(parcels: pd.DataFrame, base: Floats, factors: pd.DataFrame) -> pd.DataFrame:
    """Put what is multiplied beside what it is of.

    Parameters
    ----------
    parcels : DataFrame
        With ``township, grade, price_use``.
    base : ndarray of float
        Benchmark prices [元/㎡], see `price_cells`.
    factors : DataFrame
        See `factor_columns`.

    Returns
    -------
    DataFrame
        Keys, basis and factors, in the order in which a worksheet prints them.
    """
    head = parcels[["township", "grade", "price_use"]].assign(
        price_form=factors["price_form"], area=factors["area"], base_price=base
    )
    return pd.concat([pd.DataFrame(head), factors.drop(columns=["price_form", "area"])], axis=1)


def with_prices(priced: pd.DataFrame, unit: Floats, table: PriceTable, on: date) -> pd.DataFrame:
    """Put prices and where they come from beside the factors.

    Parameters
    ----------
    priced : DataFrame
        See `factored`.
    unit : ndarray of float
        Unit prices [元/㎡], see `unit_prices`.
    table : PriceTable
        The notice.
    on : date
        Valuation date.

    Returns
    -------
    DataFrame
        As `benchmark_price` gives it.
    """
    return pd.concat([priced, _prices(priced, unit, table)], axis=1).assign(
        base_date=pd.Timestamp(table.connotation.base_date).as_unit("s"),
        priced_on=pd.Timestamp(on).as_unit("s"),
        price_source=texts([table.citation], np.zeros(len(priced), dtype=np.intp), priced.index),
    )


def factor_columns(parcels: pd.DataFrame, keys: Keys, table: PriceTable, on: date) -> tuple[pd.DataFrame, list[Fault]]:
    """Find everything that multiplies the benchmark price of each parcel, and what cannot be used for it.

    Parameters
    ----------
    parcels : DataFrame
        As for `benchmark_price`.
    keys : Keys
        Uses and grades of the parcels.
    table : PriceTable
        The notice.
    on : date
        Valuation date.

    Returns
    -------
    columns : DataFrame
        ``price_form``, ``area`` and the columns of every factor; of no meaning in a row with a fault.
    faults : list of Fault
        Of all factors, in the order in which they are multiplied.
    """
    basis = connotation_columns(keys, table, parcels.index)
    steps = [
        _area(parcels),
        five_level_columns(parcels, keys, table),
        date_columns(keys, table, on, parcels.index),
        term_columns(parcels, keys, basis, table),
        far_columns(parcels, keys, basis, table),
        step_columns(parcels, keys, table),
        development_columns(parcels, keys, basis, table),
    ]
    columns = pd.concat([basis[["price_form"]], *(columns for columns, _ in steps)], axis=1)
    return columns, [each for _, faults in steps for each in faults]


def _area(parcels: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    area = pd.to_numeric(parcels["area"], errors="coerce").to_numpy(dtype=np.float64)
    usable = (area >= _LEAST_AREA) & (area < _MOST)
    rounded = round_half_up_array(np.where(usable, area, np.nan), 2)
    return pd.DataFrame({"area": rounded}, index=parcels.index), [fault("area", ~usable, "应为正数 [㎡]。")]


def _require_prices(parcels: pd.DataFrame, base: Floats, table: PriceTable) -> None:
    missing = np.isnan(base)
    if missing.any():
        wanted = [
            " / ".join(map(str, row)) for row in parcels.loc[missing, ["township", "grade", "price_use"]].to_numpy()
        ]
        raise NoPriceError(
            f"{table.name} 没有这些宗地（乡镇 / 级别 / 用途）的基准地价，{named_rows(parcels.index[missing], wanted)}。"
            "办法：先用 price_basis() 看 price_gap（无价原因），只对有价的宗地计价。"
        )


def price_cells(parcels: pd.DataFrame, table: PriceTable) -> Floats:
    """Look up the notice's price for each parcel; the notice's empty texts mean all.

    Parameters
    ----------
    parcels : DataFrame
        With ``township, grade, price_use``.
    table : PriceTable
        The notice.

    Returns
    -------
    ndarray of float
        Price [元/㎡]; nan where the notice has none.
    """
    return cell_prices(parcels["township"], use_grade_keys(parcels), table)


def cell_prices(township: pd.Series[str], keys: Keys, table: PriceTable) -> Floats:
    """Look up the notice's price for each parcel, its use and grade being known.

    Parameters
    ----------
    township : Series of str
        Township of each parcel.
    keys : Keys
        Uses and grades of the parcels.
    table : PriceTable
        The notice.

    Returns
    -------
    ndarray of float
        As `price_cells` gives it.
    """
    codes, townships = text_codes(township)
    asked = {"township": townships, "grade": [grade for _, grade in keys.pairs], "use": [use for use, _ in keys.pairs]}
    places, wanted, rows = [], [], []
    for name, distinct in asked.items():
        stated_texts = [str(text) for text in table.prices[name]]
        known = pd.Index(["", *dict.fromkeys(filter(None, stated_texts))])
        places.append(known)
        wanted.append(known.get_indexer(pd.Index(distinct, dtype="str")))
        rows.append(known.get_indexer(pd.Index(stated_texts, dtype="str")))
    stated = np.full([len(known) + 1 for known in places], False)
    stated[rows[0], rows[1], rows[2]] = True
    grid = np.full(stated.shape, np.nan)
    grid[rows[0], rows[1], rows[2]] = table.prices["unit_price"].to_numpy()
    for general in ((slice(0, 1), slice(None)), (slice(None), slice(0, 1)), (slice(0, 1), slice(0, 1))):
        grid = np.where(stated, grid, grid[general])
        stated = stated | stated[general]
    cells: Floats = grid[wanted[0][:, None], wanted[1], wanted[2]]
    return cells.ravel().take(codes * len(keys.pairs) + keys.code)


def price_faults(priced: pd.DataFrame, unit: Floats) -> list[Fault]:
    """Find prices that cannot be.

    Parameters
    ----------
    priced : DataFrame
        With ``area`` [㎡].
    unit : ndarray of float
        Unit prices [元/㎡], see `unit_prices`.

    Returns
    -------
    list of Fault
        Unit prices that are not positive, and totals beyond exact money.
    """
    area = priced["area"].to_numpy(dtype=np.float64)
    return [
        fault("unit_price", ~(unit > 0) | (unit >= _MOST), "修正后单价不为正，或大得不像单价，核对各系数。"),
        fault("area", unit * area >= _MOST_PRODUCT, "总价大得不像一宗地，检查面积单位是否为 ㎡。"),
    ]


def _prices(priced: pd.DataFrame, unit: Floats, table: PriceTable) -> pd.DataFrame:
    fen = _hundredths(unit, priced.index)
    total = times_area_fen(fen, _hundredths(priced["area"].to_numpy(dtype=np.float64), priced.index))
    ratio = priced["floor_area_ratio"].to_numpy(dtype=np.float64)
    floor = divided_exactly(unit, ratio, table.decimals)
    wan = (2 * fen + _FEN_PER_CENT_OF_WAN_PER_MU) // (2 * _FEN_PER_CENT_OF_WAN_PER_MU)
    columns = {
        "unit_price": unit,
        "unit_price_fen": fen,
        "floor_price": floor,
        "wan_per_mu": wan / 100,
        "total_price": total / _FEN_PER_YUAN,
        "total_price_fen": total,
    }
    return pd.DataFrame(columns, index=priced.index, copy=False)


def _hundredths(rounded: Floats, index: pd.Index[str]) -> pd.Series[int]:
    """Count hundredths of what is already rounded to two decimals."""
    whole: Whole = np.rint(rounded * 100).astype(np.int64)
    return pd.Series(whole, index=index)


def unit_prices(priced: pd.DataFrame, table: PriceTable) -> Floats:
    """Multiply the printed factors exactly and round once.

    Parameters
    ----------
    priced : DataFrame
        ``base_price`` [元/㎡] and the columns of `factor_columns`.
    table : PriceTable
        The notice.

    Returns
    -------
    ndarray of float
        Unit prices [元/㎡], in the order of the table.
    """
    steps = [priced[name].to_numpy() for name in priced.columns if name.startswith(STEP)]
    per_floor = (priced["price_form"] == PriceForm.FLOOR.value).to_numpy()
    ratio = np.where(per_floor, priced["floor_area_ratio"].to_numpy(), 1.0)
    columns = ["base_price", "date_factor", "term_factor", "far_factor"]
    operands = [priced["factor_sum"].to_numpy(), priced["development_correction"].to_numpy(), ratio]
    operands += [priced[name].to_numpy() for name in columns] + [np.where(np.isnan(each), 1.0, each) for each in steps]
    product = 1.0 + operands[0]
    for operand in operands[2:]:
        product *= operand

    def exact(printed: Sequence[Fraction]) -> Fraction:
        factor_sum, development, *multiplied = printed
        return (1 + factor_sum) * prod(multiplied, start=Fraction(1)) + development

    size = np.abs(product) + np.abs(operands[1])
    return rounded_exactly(product + operands[1], table.decimals, exact, operands, size)
