"""Real deals and notices of collective land (实际成交案例), as published, and their unit prices computed again.

Fixtures to hold a simulation against: few, uneven, from news and notices; no sample of the market.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files

import pandas as pd

from landmarket.checks import require_columns
from landmarket.units import YUAN_PER_SQUARE_METRE_IN_WAN_PER_MU, square_metres_to_mu

_AMOUNTS = {
    "start_price_fen": "start_wan",
    "deal_price_fen": "deal_wan",
    "deposit_fen": "deposit_wan",
    "annual_rent_fen": "rent_wan",
    "collective_income_fen": "collective_wan",
}
_TEXTS = ("place", "dated", "stage", "form", "mode", "land_use")
_REMARKS = ("approximate", "source", "verified", "note")
_FEN_PER_WAN = 1_000_000
_FEN = 100


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("landmarket.market").joinpath("data/real_deals.csv").read_text(encoding="utf-8-sig")
    return tuple(csv.DictReader(text.splitlines()))


def real_deals() -> pd.DataFrame:
    """Return the real deals that ship with the package (实际成交案例).

    Returns
    -------
    DataFrame
        Index ``deal_code``: ``place``, ``dated`` (as precise as published), ``stage`` (成交, or 公告 for a notice),
        ``form``, ``mode``, ``land_use``, ``term_years`` [年], ``area`` [㎡], amounts ``start_price_fen``,
        ``deal_price_fen``, ``deposit_fen``, ``annual_rent_fen``, ``collective_income_fen`` [分] with gaps,
        ``bidder_count``, ``approximate`` (which facts are), ``source``, ``verified`` (whether the page was read and its
        address is known), ``note``.

    Examples
    --------
    >>> deals = real_deals()
    >>> int(deals.loc["宜城-刘台村-2017", "deal_price_fen"])
    45200000
    """
    rows = _rows()
    table = pd.DataFrame(index=pd.Index([row["deal_code"] for row in rows], name="deal_code"))
    for name in _TEXTS:
        table[name] = pd.Series([row[name] or None for row in rows], index=table.index, dtype="str")
    table["term_years"] = [float(row["term"] or "nan") for row in rows]
    table["area"] = [_square_metres(row["area_printed"], row["area_unit"]) for row in rows]
    for name, printed in _AMOUNTS.items():
        table[name] = pd.array([_fen(row[printed]) for row in rows], dtype="Int64")
    table["bidder_count"] = pd.array([int(row["bidders"]) if row["bidders"] else None for row in rows], dtype="Int64")
    for name in _REMARKS:
        table[name] = pd.Series([row[name] for row in rows], index=table.index, dtype="str")
    return table


def recomputed(deals: pd.DataFrame) -> pd.DataFrame:
    """Compute premium, unit prices and the share of the deposit from amounts and areas (案例复算).

    Parameters
    ----------
    deals : DataFrame
        From `real_deals`, or with the same columns of amounts, ``area`` and ``term_years``.

    Returns
    -------
    DataFrame
        On the same index, missing where a fact is: ``premium_rate``, deal price / start price − 1; ``deal_unit_price``
        [元/㎡] and ``wan_per_mu`` [万元/亩] of the deal price; ``start_unit_price`` [元/㎡] and ``start_wan_per_mu``
        [万元/亩] of the start price; ``rent_unit_price`` [元/㎡·年]; ``deposit_share``, deposit / start price, for a
        lease / rent of all years; ``collective_share``, what the collective got / deal price. Not rounded.

    Raises
    ------
    MissingColumnError
        If a column is missing.

    Examples
    --------
    宜城刘台村, 2017: a premium of 5.12 %, 611.33 元/㎡.

    >>> again = recomputed(real_deals()).loc["宜城-刘台村-2017", ["premium_rate", "deal_unit_price"]]
    >>> (again * [100, 1]).round(2).tolist()
    [5.12, 611.33]
    """
    require_columns(deals, [*_AMOUNTS, "area", "term_years"], "recomputed")
    start, deal, deposit, rent, collective = (deals[name].astype("Float64").astype("float64") for name in _AMOUNTS)
    area = deals["area"]
    table = pd.DataFrame(index=deals.index)
    table["premium_rate"] = deal / start - 1
    table["deal_unit_price"] = deal / _FEN / area
    table["wan_per_mu"] = deal / _FEN_PER_WAN / square_metres_to_mu(area)
    table["start_unit_price"] = start / _FEN / area
    table["start_wan_per_mu"] = table["start_unit_price"] / YUAN_PER_SQUARE_METRE_IN_WAN_PER_MU
    table["rent_unit_price"] = rent / _FEN / area
    table["deposit_share"] = deposit / start.fillna(rent * deals["term_years"])
    table["collective_share"] = collective / deal
    return table


def _square_metres(printed: str, unit: str) -> float:
    if not printed:
        return float("nan")
    exact = Fraction(printed)
    return float(exact * 2000 / 3 if unit == "亩" else exact)


def _fen(wan: str) -> int | None:
    return int(Decimal(wan) * _FEN_PER_WAN) if wan else None
