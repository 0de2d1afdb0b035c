"""What reading a notice finds, and how it is said."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from landmarket.errors import PriceTableWarning
from landmarket.pricing.price_table import no_findings


class Finding(NamedTuple):
    """One doubtful cell of a notice (公告疑点).

    Attributes
    ----------
    severity : str
        错误, 警告 or 提示.
    where : str
        Sheet and cell.
    value : str
        What stands there.
    message : str
        What is wrong with it.
    cure : str
        What to do.
    """

    severity: str
    where: str
    value: str
    message: str
    cure: str


def findings_table(found: Sequence[Finding]) -> pd.DataFrame:
    """Put findings into a table.

    Parameters
    ----------
    found : sequence of Finding
        In the order they were met.

    Returns
    -------
    DataFrame
        Columns severity, where, value, message, cure.
    """
    return pd.DataFrame(found).astype("str") if found else no_findings()


def warn_findings(found: Sequence[Finding], name: str) -> None:
    """Warn of every finding.

    Parameters
    ----------
    found : sequence of Finding
        What to warn of.
    name : str
        Title of the notice.

    Warns
    -----
    PriceTableWarning
        One per finding, naming sheet and cell.
    """
    for item in found:
        text = f"{name} [{item.severity}] {item.where} = {item.value!r}：{item.message}。办法：{item.cure}"
        warnings.warn(text, PriceTableWarning, stacklevel=3)
