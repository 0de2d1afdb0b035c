"""The events of the land book (台账事件): one table, typed, each event with an identifier made from its content."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_values
from landmarket.errors import BadValueError
from landmarket.land_book.kinds import CORRECTING, Turn, event_kinds
from landmarket.land_book.register_sheets import read_register

NEEDED = ["parcel_code", "kind", "happened_on"]
TEXTS = ["collective_code", "party", "deal_no", "event_document", "corrects", "lineage", "remark"]
WHOLES = ["amount_fen", "plan_year"]
CONTENT = [*NEEDED, *TEXTS, *WHOLES, "event_area", "agreed_by"]
"""What an event says; its identifier is made from these and from who recorded it."""
EVENT_COLUMNS = ["event_id", "recorded_at", "recorded_by", *CONTENT]
_DAYS, _NUMBERS = ["happened_on", "agreed_by"], ["event_area"]
_ID_BYTES = 10


def typed_events(events: pd.DataFrame) -> pd.DataFrame:
    """Give a table of events all its columns and types (台账事件表).

    Parameters
    ----------
    events : DataFrame
        With ``parcel_code``, ``kind`` and ``happened_on``; what else `EVENT_COLUMNS` has is missing where absent.

    Returns
    -------
    DataFrame
        On the same index: `EVENT_COLUMNS`; text as ``str``, amounts and years as ``Int64``, days as ``datetime64``.

    Raises
    ------
    MissingColumnError
        If a column is missing that every event has.
    BadValueError
        If an amount or a year is no whole number, or a day is no day.
    """
    require_columns(events, NEEDED, "typed_events")
    typed = {name: _typed(events, name) for name in EVENT_COLUMNS}
    return pd.DataFrame(typed, index=events.index)


def _typed(
    events: pd.DataFrame, name: str
) -> pd.Series[str] | pd.Series[int] | pd.Series[float] | pd.Series[pd.Timestamp]:
    given = events[name] if name in events.columns else pd.Series(None, index=events.index, dtype="object")
    if name in _DAYS:
        days = pd.to_datetime(given, errors="coerce")
        require_values(events, name, days.isna() & given.notna(), "写成 2026-03-02 这样的日期。", "typed_events")
        return days.astype("datetime64[us]").rename(name)
    if name in WHOLES or name in _NUMBERS:
        numbers = pd.to_numeric(given, errors="coerce")
        odd = numbers.isna() & given.notna()
        if name in WHOLES:
            odd |= numbers.notna() & (numbers.astype("float64") % 1 != 0)
        require_values(events, name, odd, "写成数；金额以分、年度以年为单位，须为整数。", "typed_events")
        return numbers.astype("Int64" if name in WHOLES else "float64").rename(name)
    return given.astype("str").where(given.notna() & given.ne("")).rename(name)


def read_events(path: str | Path) -> pd.DataFrame:
    """Read events kept in a sheet (台账事件表).

    Parameters
    ----------
    path : path-like
        ``.xlsx`` or ``.csv`` with 宗地代码、事件、发生日期, and further columns of `EVENT_COLUMNS` as known.

    Returns
    -------
    DataFrame
        As `typed_events`; the index is the row in the sheet, from 1.

    Raises
    ------
    ReadError, MissingColumnError, BadValueError
        As `read_register` and `typed_events`.
    """
    optional = [name for name in EVENT_COLUMNS if name not in NEEDED]
    return typed_events(read_register(path, NEEDED, optional))


def identified(events: pd.DataFrame, *, recorded_by: str, recorded_at: datetime) -> pd.DataFrame:
    """Give events that are about to be recorded their identifiers (事件编号).

    Parameters
    ----------
    events : DataFrame
        As from `typed_events`; an identifier, a recorder and a time that it has are kept.
    recorded_by : str
        Who records them.
    recorded_at : datetime
        When, with a time zone.

    Returns
    -------
    DataFrame
        On the same index. The same event recorded again by the same person has the same identifier.

    Raises
    ------
    BadValueError
        If nobody is named, the time has no zone, or an identifier is not that of its content.
    """
    if not recorded_by.strip() or recorded_at.tzinfo is None:
        raise BadValueError("记录事件须写明记录人（recorded_by）和带时区的时间。办法：recorded_by='张三'。")
    stamp = recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
    done = events.assign(
        recorded_by=events["recorded_by"].fillna(recorded_by.strip()),
        recorded_at=events["recorded_at"].fillna(stamp),
    )
    made = pd.Series(_identifiers(done), index=events.index, dtype="str")
    edited = events["event_id"].notna() & events["event_id"].ne(made).fillna(True)
    cure = "编号与内容不符：已登记的事件不能改，请记更正事件；新事件把编号留空。"
    require_values(events, "event_id", edited, cure, "identified")
    return done.assign(event_id=done["event_id"].fillna(made))


def _identifiers(events: pd.DataFrame) -> list[str]:
    columns = [_written(events[name]) for name in [*CONTENT, "recorded_by"]]
    return [
        blake2b("\x1f".join(cells).encode("utf-8", "surrogatepass"), digest_size=_ID_BYTES).hexdigest()
        for cells in zip(*columns, strict=True)
    ]


def _written(column: pd.Series[str]) -> list[str]:
    if column.name in _DAYS:
        return pd.to_datetime(column).dt.strftime("%Y-%m-%d").fillna("").tolist()
    return ["" if missing else str(cell) for cell, missing in zip(column.tolist(), column.isna().tolist(), strict=True)]


def in_order(events: pd.DataFrame) -> pd.DataFrame:
    """Put events in the order in which they happened (按发生次序).

    Parameters
    ----------
    events : DataFrame
        As from `typed_events`.

    Returns
    -------
    DataFrame
        By parcel, day, place of the kind in ``event_kinds.csv``, and identifier; the order of arrival does not matter.
    """
    places = {name: kind.place for name, kind in event_kinds().items()}
    place = events["kind"].map(places).fillna(len(places)).to_numpy(dtype=np.int64)
    keys = (
        pd.factorize(events["event_id"], sort=True, use_na_sentinel=False)[0],
        place,
        events["happened_on"].to_numpy(),
        pd.factorize(events["parcel_code"], sort=True, use_na_sentinel=False)[0],
    )
    return events.iloc[np.lexsort(keys)]


def effective(events: pd.DataFrame) -> pd.DataFrame:
    """Apply corrections to the events they correct (更正后的事件).

    Parameters
    ----------
    events : DataFrame
        As from `typed_events`, with identifiers.

    Returns
    -------
    DataFrame
        Without corrections and voided events. Where an event was corrected more than once, the correction recorded
        last decides for each cell; its day is the day of the correction's ``happened_on``.
    """
    turning = events["kind"].isin(CORRECTING)
    voided = events.loc[events["kind"].eq(Turn.VOIDED), "corrects"]
    kept = events[~turning & ~events["event_id"].isin(voided)].drop_duplicates("event_id")
    corrections = events[events["kind"].eq(Turn.CORRECTION) & ~events["event_id"].isin(voided)]
    if corrections.empty:
        return kept
    newest = corrections.sort_values(["recorded_at", "event_id"]).groupby("corrects", sort=True)
    cells = newest.last()  # the last filled cell of each column
    corrected = kept.set_index("event_id", drop=False)
    named = cells.index.intersection(corrected.index)
    fields = [name for name in CONTENT if name not in ("kind", "parcel_code", "corrects")]
    rows = corrected.index.isin(named)
    chosen = cells.reindex(corrected.index[rows])
    for name in fields:
        filled = chosen[name].notna().to_numpy()
        at = np.flatnonzero(rows)[filled]
        column = corrected[name].array.copy()
        column[at] = chosen[name].array[filled]
        corrected[name] = column
    return corrected.set_axis(kept.index, axis=0)
