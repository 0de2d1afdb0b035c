"""The ways that parcels of the sample county take through the land book: which events, how far apart, what is late."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import chinese_calendar
import numpy as np

FIRST, ON = date(2024, 3, 1), date(2026, 3, 2)
_KNOWN = (date(2021, 9, 1), date(2026, 12, 31))
_SOON = (date(2025, 9, 1), date(2026, 2, 27))
_EVER = (date(2024, 9, 2), date(2026, 2, 27))
Span = tuple[date, date]
AGREED = {"成交": "签订合同", "签订合同": "价款缴清", "交地": "开工", "开工": "竣工"}
"""Of each event that names a day for another one, that other one."""
_GAPS = {
    "证据核实": (5, 15), "权属确认": (3, 10), "规划批准": (3, 15), "入库": (3, 10), "列入年度计划": (5, 20),
    "出具规划条件": (5, 15), "提议": (3, 8), "商议": (2, 4), "审议": (2, 5), "决议": (5, 10), "决议公开": (1, 2),
    "报送入市方案": (6, 12), "答复意见": (2, 5), "同意入市": (2, 6), "出让公告": (5, 15), "协议商定": (5, 12),
    "交易开始": (18, 24), "成交": (10, 12), "流拍": (10, 12), "成交确认": (0, 1), "结果公示": (2, 8),
    "签订合同": (2, 8), "缴款": (3, 25), "价款缴清": (0, 0), "交地": (3, 10), "开工": (20, 50), "竣工": (90, 130),
    "投入使用": (5, 20), "权属争议": (5, 12), "争议解决": (40, 80), "退出": (20, 60), "收回": (60, 90),
    "闲置认定": (345, 355), "改变用途": (5, 15), "转让": (10, 30), "出租": (5, 20), "租约终止": (20, 40),
    "抵押": (5, 15), "抵押注销": (30, 60), "分割": (5, 10), "合并": (5, 10), "列入备选": (0, 0),
}  # fmt: skip
"""Least and most working days after the event before it."""

_LAND = ("列入备选", "证据核实", "权属确认", "规划批准", "入库", "列入年度计划")
_DECIDED = (*_LAND, "出具规划条件", "提议", "商议", "审议", "决议", "决议公开")
_FILED = (*_DECIDED, "报送入市方案")
_APPROVED = (*_FILED, "答复意见", "同意入市")
_LISTED = (*_APPROVED, "出让公告", "交易开始")
_DEALT = (*_LISTED, "成交", "成交确认")
_NEGOTIATED = (*_APPROVED, "协议商定", "成交")
_SIGNED = (*_DEALT, "结果公示", "签订合同")
_PAID = (*_SIGNED, "缴款", "缴款", "缴款", "价款缴清")
_AT_ONCE = (*_SIGNED, "缴款", "价款缴清")
_HANDED = (*_PAID, "交地")
_STARTED = (*_HANDED, "开工")
_COMPLETED = (*_STARTED, "竣工")
_USED = (*_COMPLETED, "投入使用")
_DISPUTED = ("列入备选", "证据核实", "权属确认", "权属争议", "争议解决", "规划批准", "入库")


@dataclass(frozen=True)
class Way:
    """What some parcels go through.

    Attributes
    ----------
    name : str
        Which way it is.
    count : int
        How many parcels take it.
    kinds : tuple of str
        Their events, in order.
    ends : Span
        First and last day of the last event.
    planted : str
        Kind of irregularity; empty where there is none.
    gaps : mapping of str to tuple
        Working days where they differ from the usual ones.
    late : tuple of str
        Events whose agreed day is missed.
    due : Span or None
        Where that day lies if it is missed still.
    begin : date
        Before it none of them begins.
    """

    name: str
    count: int
    kinds: tuple[str, ...]
    ends: Span = _SOON
    planted: str = ""
    gaps: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    late: tuple[str, ...] = ()
    due: Span | None = None
    begin: date = FIRST


_LAST_DAYS = (date(2026, 2, 26), ON)
_BEFORE_BOOK = date(2022, 7, 1)
_QUICK = {kind: (low, low) for kind, (low, _) in _GAPS.items() if kind not in ("闲置认定",)}

SPLIT = Way("分割", 1, (*_LAND[:5], "分割"), (date(2025, 3, 3), date(2025, 9, 1)))
MERGED = Way("合并", 2, (*_LAND[:4], "合并"), (date(2025, 6, 2), date(2025, 6, 30)))
WAYS = (
    Way("同意入市", 8, _APPROVED),
    Way("交易开始", 3, _LISTED, (date(2026, 2, 24), ON)),
    Way("备选", 8, _LAND[:1], _EVER),
    Way("签约", 5, (*_SIGNED, "缴款"), (date(2025, 12, 1), date(2026, 2, 27))),
    Way("逾期付款", 3, _HANDED, planted="逾期付款", late=("签订合同",)),
    Way("尾款未缴", 3, (*_SIGNED, "缴款", "缴款"), (date(2025, 2, 3), date(2025, 6, 30)), "尾款未缴",
        late=("签订合同",), due=(date(2025, 9, 1), date(2026, 1, 30))),
    Way("逾期开工", 3, _STARTED, planted="逾期开工", late=("交地",)),
    Way("逾期未开工", 2, _HANDED, (date(2025, 3, 3), date(2025, 8, 1)), "逾期未开工",
        late=("交地",), due=(date(2025, 9, 1), date(2026, 2, 13))),
    Way("闲置满一年", 1, _HANDED, (date(2024, 8, 1), date(2024, 9, 30)), "闲置满一年", _QUICK,
        ("交地",), (date(2024, 12, 2), date(2025, 2, 20))),
    Way("闲置满一年", 1, (*_HANDED, "闲置认定"), (date(2026, 1, 19), date(2026, 2, 27)), "闲置满一年", _QUICK,
        ("交地",), (date(2024, 11, 18), date(2024, 12, 31))),
    Way("闲置满两年", 2, _HANDED, (date(2023, 6, 1), date(2023, 9, 28)), "闲置满两年",
        late=("交地",), due=(date(2023, 12, 1), date(2024, 2, 20)), begin=_BEFORE_BOOK),
    Way("逾期答复", 3, (*_DECIDED, "报送入市方案", "答复意见"), planted="逾期答复", gaps={"答复意见": (7, 15)}),
    Way("逾期未答复", 2, _FILED, (date(2025, 12, 1), date(2026, 1, 30)), "逾期未答复"),
    Way("迟公布结果", 3, _SIGNED[:-1], (date(2025, 6, 2), date(2026, 2, 27)), "迟公布结果", {"结果公示": (14, 25)},
        due=(date(2026, 3, 4), date(2026, 4, 30))),
    Way("未公布结果", 2, _DEALT, (date(2025, 11, 3), date(2026, 1, 16)), "未公布结果",
        due=(date(2026, 3, 4), date(2026, 4, 30))),
    Way("改变用途", 2, (*_COMPLETED, "改变用途"), (date(2025, 12, 1), date(2026, 2, 27)), "改变用途"),
    Way("公告期不足", 2, _SIGNED, (date(2025, 8, 1), date(2026, 1, 30)), "公告期不足", {"交易开始": (5, 7)}),
    Way("逾期竣工", 2, _COMPLETED, (date(2025, 12, 1), date(2026, 2, 27)), "逾期竣工", late=("开工",)),
    Way("逾期未竣工", 2, _STARTED, (date(2025, 6, 2), date(2025, 8, 1)), "逾期未竣工",
        late=("开工",), due=(date(2025, 11, 3), date(2026, 2, 13))),
    Way("缴清与缴款不符", 2, (*_SIGNED, "缴款", "缴款", "价款缴清"), planted="缴清与缴款不符"),
    Way("开工日更正", 1, _STARTED, late=("交地",)),
    Way("争议未决", 1, ("列入备选", "证据核实", "权属确认", "规划批准", "权属争议")),
    Way("争议解决", 2, _DISPUTED),
    Way("核实", 4, _LAND[:2], _EVER),
    Way("确权", 4, _LAND[:3], _EVER),
    Way("规划", 4, _LAND[:4], _EVER),
    Way("入库", 12, _LAND[:5], _EVER),
    Way("2025年计划", 8, _LAND, (date(2025, 1, 6), date(2025, 9, 1))),
    Way("2026年计划", 8, _LAND, (date(2025, 11, 3), date(2026, 2, 27))),
    Way("条件", 3, (*_LAND, "出具规划条件")),
    Way("决议", 5, _DECIDED),
    Way("方案已报送", 2, _FILED, _LAST_DAYS),
    Way("已答复", 2, (*_FILED, "答复意见")),
    Way("公告中", 4, _LISTED[:-1], (date(2026, 2, 9), ON)),
    Way("流拍", 3, (*_LISTED, "流拍")),
    Way("再公告", 3, (*_LISTED, "流拍", "出让公告"), (date(2026, 2, 9), ON)),
    Way("再公告成交", 3, (*_LISTED, "流拍", *_SIGNED[len(_APPROVED):], "缴款")),
    Way("协议中", 2, _NEGOTIATED[:-1]),
    Way("协议成交", 2, (*_NEGOTIATED, "结果公示", "签订合同", "缴款", "价款缴清", "交地")),
    Way("刚成交", 2, _DEALT, (date(2026, 2, 14), date(2026, 2, 27))),
    Way("缴清", 4, _PAID),
    Way("交地", 4, _HANDED),
    Way("开工", 6, _STARTED),
    Way("竣工", 4, _COMPLETED, (date(2025, 11, 3), date(2026, 2, 27))),
    Way("使用", 5, _USED, (date(2025, 12, 1), date(2026, 2, 27))),
    Way("转让", 2, (*_USED, "转让"), (date(2026, 1, 5), date(2026, 2, 27)), gaps=_QUICK),
    Way("出租", 2, (*_USED, "出租"), (date(2026, 1, 5), date(2026, 2, 27)), gaps=_QUICK),
    Way("租约终止", 1, (*_USED, "出租", "租约终止"), (date(2026, 1, 5), date(2026, 2, 27)), gaps=_QUICK),
    Way("抵押", 2, (*_AT_ONCE, "交地", "抵押")),
    Way("抵押注销", 2, (*_AT_ONCE, "交地", "抵押", "抵押注销")),
    Way("收回", 1, (*_HANDED, "收回")),
    Way("退出", 3, (*_LAND[:3], "退出"), _EVER),
)  # fmt: skip
"""Those that events refused on import need come first: a small county has few parcels."""


@cache
def working_days() -> tuple[date, ...]:
    """The working days of the years that events and agreed days lie in, in order."""
    first, last = _KNOWN
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(day for day in days if chinese_calendar.is_workday(day))


def place_of(day: date) -> int:
    """Place of the first working day not before a day."""
    return bisect_left(working_days(), day)


def draw_places(rng: np.random.Generator, way: Way) -> list[int]:
    """Draw the working day of each event: gaps first, then the last day, none before the way may begin."""
    gaps = []
    for kind in way.kinds[1:]:
        low, high = way.gaps.get(kind, _GAPS[kind])
        gaps.append(int(rng.integers(low, high + 1)))
    earliest = max(place_of(way.begin) + sum(gaps), place_of(way.ends[0]))
    latest = place_of(way.ends[1])
    if earliest > latest:
        raise ValueError(f"{way.name}: its events do not fit between {way.begin} and {way.ends[1]}")
    end = int(rng.integers(earliest, latest + 1))
    return [end - sum(gaps[place:]) for place in range(len(way.kinds))]


def agreed_place(rng: np.random.Generator, way: Way, places: list[int], event: int) -> int:
    """The day that an event names for another: kept, or missed where the way says so."""
    kind = way.kinds[event]
    later = [places[i] for i in range(event + 1, len(places)) if way.kinds[i] == AGREED[kind]]
    if later and kind in way.late:
        return max(places[event] + 1, later[0] - int(rng.integers(8, 20)))
    if later:
        return later[0] + int(rng.integers(2, 15))
    first, last = way.due or (ON + timedelta(days=5), ON + timedelta(days=240))
    return max(places[event] + 1, int(rng.integers(place_of(first), place_of(last) + 1)))
