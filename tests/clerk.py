"""A plain clerk who keeps one parcel at a time: valid histories, and the facts they end with, by hand-written steps."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pandas as pd

FIRST = date(2021, 3, 1)
WAY = [
    "列入备选",
    "证据核实",
    "权属确认",
    "规划批准",
    "入库",
    "列入年度计划",
    "出具规划条件",
    "提议",
    "商议",
    "审议",
    "决议",
    "报送入市方案",
    "答复意见",
    "同意入市",
    "出让公告",
    "交易开始",
    "成交",
    "签订合同",
    "价款缴清",
    "交地",
    "开工",
    "竣工",
    "投入使用",
]
STATE = {kind: kind for kind in ("同意入市", "成交", "流拍")} | {
    "列入备选": "备选",
    "入库": "储备库",
    "列入年度计划": "列入计划",
    "报送入市方案": "方案已报送",
    "出让公告": "公告中",
    "交易开始": "交易中",
    "签订合同": "已签约",
    "交地": "已交地",
    "开工": "已开工",
    "竣工": "已竣工",
    "投入使用": "使用中",
    "闲置认定": "闲置",
    "收回": "已收回",
    "退出": "已退出",
}


def code(number: int) -> str:
    """The code of the clerk's parcel of that number."""
    return f"411081001001JB{number:05d}"


def event(number: int, kind: str, on: date, **cells: object) -> dict[str, object]:
    """An event with everything that any kind asks for."""
    given: dict[str, object] = {"parcel_code": code(number), "kind": kind, "happened_on": pd.Timestamp(on)}
    given |= {"event_document": f"文〔{on.year}〕{number}号"}
    if kind in ("列入备选", "分割", "合并", "新宗地设立"):
        given["event_area"] = 3000.0
    if kind == "权属确认":
        given["collective_code"] = "N2411081000001"
    if kind in ("成交", "签订合同", "成交确认"):
        given["deal_no"] = f"C{number}-{on:%Y%m%d}" if kind == "成交" else f"C{number}"
    if kind in ("成交", "抵押", "缴款"):
        given["amount_fen"] = 100_000_00 + number
    if kind in ("成交", "抵押", "出租", "转让"):
        given["party"] = "某公司"
    if kind == "列入年度计划":
        given["plan_year"] = on.year
    if kind in ("出让公告",):
        given["agreed_by"] = pd.Timestamp(on + timedelta(days=20))
    return given | cells


def history(number: int, seed: int) -> tuple[list[dict[str, object]], str]:
    """A valid history of one parcel and the state it ends in; each event on a later day."""
    chance = Random(seed * 1000 + number)  # noqa: S311  # histories, no secrets
    day, state, kinds = FIRST + timedelta(days=chance.randrange(60)), "", []
    for step in WAY[: chance.randrange(1, len(WAY) + 1)]:
        kinds.append(step)
        if step == "权属确认" and chance.random() < 0.3:
            kinds += ["权属争议", "争议解决"]
        if step == "交易开始" and chance.random() < 0.4:
            kinds += ["流拍", "出让公告", "交易开始"]
        if step == "价款缴清" and chance.random() < 0.3:
            kinds += ["抵押", "抵押注销"]
        if step == "交地" and chance.random() < 0.3:
            kinds += ["闲置认定", "闲置处置"]
    if "签订合同" in kinds and chance.random() < 0.2:
        kinds.append("收回")
    elif "成交" not in kinds and chance.random() < 0.2:
        kinds.append("退出")
    rows = []
    for kind in kinds:
        day += timedelta(days=chance.randrange(1, 30))
        rows.append(event(number, kind, day))
        state = STATE.get(kind, state)
    return rows, state


def book_of(count: int, seed: int) -> tuple[pd.DataFrame, dict[str, str]]:
    """Histories of several parcels, and the state each ends in."""
    rows, states = [], {}
    for number in range(1, count + 1):
        made, states[code(number)] = history(number, seed)
        rows += made
    return pd.DataFrame(rows), states
