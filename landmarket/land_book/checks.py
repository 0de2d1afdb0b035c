"""Faults of events (事件问题): what cannot be recorded in the land book, each named with its cure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.columns import label
from landmarket.errors import SHOWN, BadValueError
from landmarket.land_book.events import CONTENT, effective
from landmarket.land_book.kinds import CORRECTING, Turn, event_kinds, lacking
from landmarket.land_book.lineage import AREA_TOLERANCE, lineage_problems
from landmarket.land_book.states import LISTING, replay
from landmarket.zoning.parcel_code import check_parcel_codes

FAULT_COLUMNS = ["event_id", "parcel_code", "column", "value", "problem", "cure"]
_Mask = npt.NDArray[np.bool_]


def event_faults(
    events: pd.DataFrame,
    *,
    on: date,
    collectives: Collection[str] | None = None,
    parcels: Collection[str] | None = None,
    tolerance: float = AREA_TOLERANCE,
) -> pd.DataFrame:
    """Find everything that is wrong with events (事件检查).

    Parameters
    ----------
    events : DataFrame
        Of the land book, in any order, with identifiers.
    on : date
        Today: no event may be later.
    collectives, parcels : collection of str, optional
        Codes of the collectives and parcels there are; by default every code will do. A parcel made by a split or
        merger need not be among them.
    tolerance : float, default 1.0
        By how much areas before and after a split or merger may differ [㎡].

    Returns
    -------
    DataFrame
        `FAULT_COLUMNS`, a row for each fault, by parcel, event and column; no row where all is sound.
    """
    found = [
        *_cell_faults(events, on),
        *_unknown_codes(events, collectives, parcels),
        *_correction_faults(events),
        *_repeated(effective(events)),
        *_lineage_faults(events, tolerance),
        *_order_faults(events, on),
    ]
    parts = [part for part in found if len(part)]
    table = pd.concat(parts) if parts else pd.DataFrame(columns=FAULT_COLUMNS, dtype="str")
    return table.sort_values(["parcel_code", "event_id", "column", "problem"]).reset_index(drop=True)


def require_events(faults: pd.DataFrame, needed_by: str) -> None:
    """Raise unless there are no faults, naming the first ten.

    Parameters
    ----------
    faults : DataFrame
        As from `event_faults`.
    needed_by : str
        Who refuses them, for the message.

    Raises
    ------
    BadValueError
        If there is any.
    """
    if faults.empty:
        return
    shown = faults.head(SHOWN)[FAULT_COLUMNS].itertuples(index=False)
    lines = [
        f"宗地 {parcel}，事件 {event}，列 {label(column)} = {value}：{problem}。办法：{cure}"
        for event, parcel, column, value, problem, cure in shown
    ]
    more = f"\n另有 {len(faults) - SHOWN} 个问题" if len(faults) > SHOWN else ""
    raise BadValueError(f"{needed_by}：{len(faults)} 个问题，什么也没有写入。\n" + "\n".join(lines) + more)


def _named(events: pd.DataFrame, bad: _Mask | pd.Series[bool], column: str, problem: str, cure: str) -> pd.DataFrame:
    rows = events[np.asarray(bad, dtype=bool)]
    return _table(rows, column, [problem] * len(rows), cure)


def _table(rows: pd.DataFrame, column: str, problems: Sequence[str], cure: str) -> pd.DataFrame:
    values = [_shown(value) for value in rows[column]]
    return pd.DataFrame(
        {
            "event_id": rows["event_id"].fillna("（无）").to_numpy(),
            "parcel_code": rows["parcel_code"].fillna("（无）").to_numpy(),
            "column": column,
            "value": values,
            "problem": list(problems),
            "cure": cure,
        },
        columns=FAULT_COLUMNS,
        dtype="str",
    )


def _shown(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return "缺"
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)


def _cell_faults(events: pd.DataFrame, on: date) -> Iterator[pd.DataFrame]:
    kind, day = events["kind"], events["happened_on"]
    kinds = event_kinds()
    yield _named(events, ~kind.isin(list(kinds)), "kind", "没有这种事件", f"改为下列之一：{'、'.join(kinds)}")
    for column in ("event_id", "parcel_code", "happened_on", "recorded_by"):
        yield _named(events, events[column].isna(), column, "没有填", "补上该单元格")
    distinct = pd.Series(events["parcel_code"].dropna().unique(), dtype="str")
    wrong = distinct[~check_parcel_codes(distinct)["ok"].to_numpy(dtype=bool)]
    yield _named(events, events["parcel_code"].isin(wrong), "parcel_code", "不是 19 位宗地代码", "核对宗地代码")
    late = day > pd.Timestamp(on)
    yield _named(events, late, "happened_on", f"晚于今天 {on}", "将来的事到发生后再记；约定的日期写入约定期限")
    for column in ("amount_fen", "event_area"):
        low = events[column].astype("float64") < (1 if column == "event_area" else 0)
        yield _named(events, low, column, "金额不得为负、面积须为正", "核对数值；退回的款写入备注")
    needing = sorted({column for each in kinds.values() for column in each.columns})
    for column in needing:
        asked = kind.isin([each.name for each in kinds.values() if column in each.columns])
        yield _named(events, asked & events[column].isna(), column, "这种事件须填此列", "补上该单元格")


def _unknown_codes(
    events: pd.DataFrame, collectives: Collection[str] | None, parcels: Collection[str] | None
) -> Iterator[pd.DataFrame]:
    if collectives is not None:
        code = events["collective_code"]
        strange = code.notna() & ~code.isin(list(collectives))
        yield _named(events, strange, "collective_code", "集体台账中没有这个集体", "在集体台账中补登，或改正代码")
    if parcels is not None:
        code = events["parcel_code"]
        made = code[events["kind"].eq(Turn.ESTABLISHED)]
        strange = code.notna() & ~code.isin(list(parcels)) & ~code.isin(made)
        yield _named(events, strange, "parcel_code", "宗地图层中没有这宗地", "核对代码；分割、合并的新宗地先记设立")


def _correction_faults(events: pd.DataFrame) -> Iterator[pd.DataFrame]:
    turning = events["kind"].isin(CORRECTING) & events["corrects"].notna()
    own = events[~events["kind"].isin(CORRECTING)].drop_duplicates("event_id").set_index("event_id")["parcel_code"]
    code = events["corrects"].map(own)
    unknown = turning & ~events["corrects"].isin(own.index)
    yield _named(events, unknown, "corrects", "没有这个事件，或它本身是更正", "写原事件的编号")
    other = turning & ~unknown & code.ne(events["parcel_code"]).fillna(True)
    yield _named(events, other, "corrects", "原事件是另一宗地的", "宗地记错的，把原事件作废，再重新记")
    stray = events["corrects"].notna() & ~events["kind"].isin(CORRECTING)
    yield _named(events, stray, "corrects", "只有更正、作废才写更正事件编号", "清空该单元格，或改写事件")


def _repeated(held: pd.DataFrame) -> Iterator[pd.DataFrame]:
    deals = held[held["kind"].eq(Turn.DEAL) & held["deal_no"].notna()].sort_values(["recorded_at", "event_id"])
    first = deals.groupby("deal_no")["event_id"].transform("first")
    twice = first.ne(deals["event_id"])
    yield _named(deals, twice, "deal_no", "同一成交已经记过", "同一成交只记一次；另一宗成交用另一编号")
    others = held[~held.index.isin(deals.index[twice])] if twice.any() else held
    content = [name for name in CONTENT if name != "remark"]
    ordered = others.sort_values(["recorded_at", "event_id"])
    same = ordered.duplicated(content) & ordered["kind"].ne(Turn.DEAL)
    yield _named(ordered, same, "kind", "同一事件已由他人记过", "不再记；确是两件事的，文号或金额应不同")


def _lineage_faults(events: pd.DataFrame, tolerance: float) -> Iterator[pd.DataFrame]:
    problems = lineage_problems(events, tolerance=tolerance)
    rows = events[events["event_id"].isin(list(problems))].drop_duplicates("event_id")
    said = [problems[str(event_id)] for event_id in rows["event_id"]]
    yield _table(rows, "lineage", said, f"原宗地记分割或合并，每个新宗地记设立，关联宗地以“{LISTING}”分隔，面积相符")


def _order_faults(events: pd.DataFrame, on: date) -> Iterator[pd.DataFrame]:
    """Events before their precondition; the pairs of kind and facts are few, so each is judged once."""
    run = replay(events, on=on)
    pairs = pd.DataFrame({"kind": run.events["kind"].to_numpy(), "before": run.before})
    numbers, distinct = pd.factorize(pd.MultiIndex.from_frame(pairs))
    said = [lacking(event_kinds()[kind], int(mask)) for kind, mask in distinct]
    texts = np.array([*said, ""], dtype=object)[numbers]
    bad = texts != ""
    cure = "先补记或先了结所说的事件；日期写错的改正日期"
    yield _table(run.events[bad], "kind", texts[bad].tolist(), cure)
