"""Disputes on ownership (权属争议): opened, settled, and what they mean for a parcel on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from landmarket.checks import JOINT, require_unique_index, require_values
from landmarket.land_book.register_sheets import read_register

_DISPUTE_COLUMNS = ["dispute_no", "parcel_code", "dispute_opened_on"]


def read_disputes(path: str | Path) -> pd.DataFrame:
    """Read the register of disputes on ownership (权属争议台账).

    Parameters
    ----------
    path : path-like
        ``.xlsx`` or ``.csv`` with 争议编号、宗地代码、争议受理日, and 争议解决日 where settled.

    Returns
    -------
    DataFrame
        ``dispute_no``, ``parcel_code``, ``dispute_opened_on``, ``dispute_settled_on``; index: row in the sheet.

    Raises
    ------
    ReadError, MissingColumnError, BadValueError
        As `read_register`; also if a dispute was settled before it was opened.
    """
    disputes = read_register(path, _DISPUTE_COLUMNS, ["dispute_settled_on"], key="dispute_no")
    for name in _DISPUTE_COLUMNS[1:]:
        require_values(disputes, name, disputes[name].isna(), "补上该单元格。", str(path))
    wrong = disputes["dispute_settled_on"] < disputes["dispute_opened_on"]
    require_values(disputes, "dispute_settled_on", wrong, "解决日早于受理日，核对两个日期。", str(path))
    return disputes


def dispute_states(parcels: pd.DataFrame, disputes: pd.DataFrame, *, on: date) -> pd.DataFrame:
    """State of the disputes on every parcel (权属争议状态); an open one keeps it from entering.

    Parameters
    ----------
    parcels : DataFrame
        Indexed by parcel code.
    disputes : DataFrame
        As from `read_disputes`.
    on : date
        The day: what was opened later does not count, what was settled later is still open.

    Returns
    -------
    DataFrame
        On the parcels' index: ``dispute_state`` (无, 已解决, 未解决), ``disputed`` (是 or 否, the column that
        `landmarket.zoning.market_entry` reads) and ``dispute_text``.

    Raises
    ------
    BadValueError
        If a dispute names a parcel that is not there.
    """
    require_unique_index(parcels, "dispute_states")
    unknown = ~disputes["parcel_code"].isin(parcels.index)
    require_values(disputes, "parcel_code", unknown, "宗地表中没有该宗地，核对宗地代码。", "dispute_states")
    today = pd.Timestamp(on)
    known = disputes[disputes["dispute_opened_on"] <= today].sort_values(["dispute_opened_on", "dispute_no"])
    settled = known["dispute_settled_on"] <= today
    words = [
        f"{number}（{opened:%Y-%m-%d} 受理，{f'{end:%Y-%m-%d} 解决' if done else '未解决'}）"
        for number, opened, end, done in zip(
            known["dispute_no"], known["dispute_opened_on"], known["dispute_settled_on"], settled, strict=True
        )
    ]
    open_ = parcels.index.isin(known.loc[~settled, "parcel_code"])
    closed = parcels.index.isin(known["parcel_code"])
    texts = pd.Series(words, index=known["parcel_code"], dtype="str").groupby(level=0, sort=False).agg(JOINT.join)
    state = np.select([open_, closed], ["未解决", "已解决"], "无")
    return pd.DataFrame(
        {
            "dispute_state": pd.Series(state, index=parcels.index, dtype="str"),
            "disputed": pd.Series(np.where(open_, "是", "否"), index=parcels.index, dtype="str"),
            "dispute_text": texts.reindex(parcels.index, fill_value="").astype("str"),
        }
    )
