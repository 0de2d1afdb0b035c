"""Checks of a notice as printed: units, order, jumps, gaps (公告检查)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from landmarket.pricing.notice_findings import Finding


def check_notice(frames: Mapping[str, pd.DataFrame], base_date: pd.Timestamp) -> list[Finding]:
    """Check all tables of a notice.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Typed tables by identifier; columns ``@name`` hold the address of each value.
    base_date : Timestamp
        Valuation date of the notice.

    Returns
    -------
    list of Finding
        In the order of the sheets.
    """
    return [*_units(frames["prices"])]


def _units(prices: pd.DataFrame) -> Iterator[Finding]:
    yield from ()
