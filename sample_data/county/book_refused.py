"""Events of the sample county that may not be recorded: each is refused for another reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sample_data.county.book_ways import ON, place_of, working_days

Row = dict[str, object]
_FRESH = date(2026, 3, 2)


def refused_events(rows: Sequence[Row], of_way: Mapping[str, Sequence[str]]) -> list[tuple[Row, str]]:
    """Events to be refused and why, one a parcel; where a county has no parcel to go wrong with, there is none.

    Parameters
    ----------
    rows : sequence of dict
        The events that are recorded.
    of_way : mapping of str to sequence of str
        Parcels by the way they took.

    Returns
    -------
    list of tuple
        Event and reason.
    """
    deal = next((str(row["deal_no"]) for row in rows if row["kind"] == "成交"), "")
    handed = {str(row["parcel_code"]): row["happened_on"] for row in rows if row["kind"] == "交地"}
    wanted: list[tuple[str, int, Row, str]] = [
        ("同意入市", 0, {"kind": "交地"}, "没有签订合同就交地"),
        ("交地", 0, {"kind": "开工"}, "开工早于交地"),
        ("竣工", 0, {"kind": "投入使用", "happened_on": working_days()[place_of(ON) + 8]}, "日期在将来"),
        ("备选", 0, {"kind": "权属确认", "collective_code": "N2411081MF999999"}, "集体不存在"),
        ("分割", 0, {"kind": "列入年度计划", "plan_year": 2026}, "宗地已分割"),
        ("合并", 0, {"kind": "入库"}, "宗地已合并"),
        ("交易开始", 0, _sold(deal), "成交编号重复"),
        ("交易开始", 1, _sold(None), "缺成交编号"),
        ("交易开始", 2, {"kind": "竞得"}, "没有这种事件"),
        ("签约", 0, {"kind": "缴款", "amount_fen": -120_000_00, "event_document": "示例退〔2026〕1号"}, "金额为负"),
        ("争议未决", 0, {"kind": "入库"}, "争议未决就入库"),
        ("备选", 1, {"kind": "更正", "corrects": "0" * 20, "remark": "示例"}, "更正的事件不存在"),
    ]
    found: list[tuple[Row, str]] = []
    for way, number, cells, why in wanted:
        codes = of_way.get(way, ())
        if number < len(codes):
            code = codes[number]
            day = working_days()[place_of(_day(handed[code])) - 3] if why == "开工早于交地" else _FRESH
            found.append(({"parcel_code": code, "happened_on": day} | cells, why))
    missing = {"happened_on": _FRESH, "kind": "列入备选", "event_area": 3000.0}
    found.append((missing | {"parcel_code": "411081004002JB99999"}, "宗地不存在"))
    found.append((missing | {"parcel_code": "411081004002JB0001"}, "宗地代码少一位"))
    return found


def _sold(number: str | None) -> Row:
    return {"kind": "成交", "deal_no": number, "amount_fen": 3_000_000_00, "party": "示例企业999"}


def _day(value: object) -> date:
    return date.fromisoformat(str(value)[:10])
