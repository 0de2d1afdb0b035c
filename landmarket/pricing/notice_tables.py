"""A price notice as plain tables and texts (公告各表), for whoever prints it without knowing what a notice is."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from landmarket.pricing.notice_cells import words
from landmarket.pricing.price_table import Outside, PriceTable


def notice_tables(table: PriceTable) -> dict[str, pd.DataFrame]:
    """Give the tables of a notice as its sheets state them.

    Parameters
    ----------
    table : PriceTable
        The notice.

    Returns
    -------
    dict of str to DataFrame
        By the identifier of the sheet: prices, connotation, uses, grade_ranges, dates, far, factors, steps,
        development. Columns by identifier; the capitalisation rate is in per cent, as printed.
    """
    rates = [float(Decimal(repr(rate)) * 100) for rate in table.connotation.by_use["capitalisation_rate"]]
    return {
        "prices": table.prices,
        "connotation": table.connotation.by_use.assign(capitalisation_rate=np.array(rates, dtype=np.float64)),
        "uses": table.uses,
        "grade_ranges": table.grade_ranges,
        "dates": table.dates,
        "far": table.far,
        "factors": table.factors,
        "steps": table.steps,
        "development": table.development,
    }


def notice_settings(table: PriceTable) -> dict[str, str]:
    """Give what a notice says beside its tables, as the sheet 公告说明 states it.

    Parameters
    ----------
    table : PriceTable
        The notice.

    Returns
    -------
    dict of str to str
        By identifier: name, document, published, base_date, rights, source, decimals, factor_decimals, far_outside,
        formula, monthly_growth [%], index_valid_months; what the notice leaves open is left out.
    """
    outside = "raise_outside" if table.far_outside is Outside.RAISE else "clamp_outside"
    growth, valid = table.monthly_growth, table.index_valid_months
    texts = {
        "name": table.name,
        "document": table.document,
        "published": "" if table.published is None else table.published.isoformat(),
        "base_date": table.connotation.base_date.isoformat(),
        "rights": table.connotation.rights,
        "source": table.source,
        "decimals": str(table.decimals),
        "factor_decimals": str(table.factor_decimals),
        "far_outside": words()[outside][0],
        "formula": table.formula.name,
        "monthly_growth": "" if growth is None else f"{growth * 100:f}",
        "index_valid_months": "" if valid is None else str(valid),
    }
    return {key: text for key, text in texts.items() if text}
