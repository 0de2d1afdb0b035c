"""The land book: states, faults, clocks, lineage and views of dated events."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.errors import BadValueError, MissingColumnError
from landmarket.land_book import (
    EVENT_COLUMNS,
    ancestors,
    banked_parcels,
    descendants,
    due_dates,
    event_faults,
    event_kinds,
    identified,
    inherited_owners,
    parcel_states,
    planned_parcels,
    read_events,
    typed_events,
)
from landmarket.land_book.kinds import fact_names
from tests.clerk import FIRST, WAY, book_of, code, event
from tests.hunting import examples

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TODAY = NOW.date()


def recorded(rows: list[dict[str, object]] | pd.DataFrame, by: str = "甲", at: datetime = NOW) -> pd.DataFrame:
    """Events with identifiers."""
    return identified(typed_events(pd.DataFrame(rows)), recorded_by=by, recorded_at=at)


def way_to(kind: str, number: int = 1) -> list[dict[str, object]]:
    """Every step up to one, a day apart."""
    steps = WAY[: WAY.index(kind) + 1]
    return [event(number, step, date(2021, 3, 1 + place)) for place, step in enumerate(steps)]


@settings(max_examples=examples(15), deadline=None)
@given(seed=st.integers(0, 10**6), arrival=st.integers(0, 2**31))
def test_any_order_of_arrival_gives_the_state_the_clerk_has(seed: int, arrival: int) -> None:
    events, states = book_of(6, seed)
    held = recorded(events)
    order = np.random.default_rng(arrival).permutation(len(held))
    arrived = held.iloc[order].reset_index(drop=True)
    table = parcel_states(arrived, on=TODAY)
    assert table["book_state"].to_dict() == states
    pd.testing.assert_frame_equal(table, parcel_states(held, on=TODAY))
    assert event_faults(arrived, on=TODAY).empty
    pd.testing.assert_frame_equal(banked_parcels(arrived, on=TODAY), banked_parcels(held, on=TODAY))


FAULTS = {
    "before": (event(9, "开工", FIRST), "kind"),
    "future": (event(1, "列入备选", date(2026, 1, 6)), "happened_on"),
    "collective": (event(1, "权属确认", date(2021, 3, 30), collective_code="N2X"), "collective_code"),
    "parcel": (event(77, "列入备选", FIRST), "parcel_code"),
    "code": (event(1, "列入备选", FIRST, parcel_code="411081"), "parcel_code"),
    "unknown kind": (event(1, "上架", FIRST), "kind"),
    "no document": (event(1, "证据核实", date(2021, 3, 30), event_document=None), "event_document"),
    "negative": (event(1, "缴款", date(2021, 3, 30), amount_fen=-1), "amount_fen"),
    "corrects nothing": (event(1, "作废", date(2021, 3, 30), corrects="没有"), "corrects"),
    "no lineage": (event(1, "新宗地设立", date(2021, 3, 30), lineage=code(2), parcel_code=code(3)), "lineage"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_named_and_nothing_else(name: str) -> None:
    planted, column = FAULTS[name]
    sound = recorded([*way_to("交地"), *way_to("列入备选", 2), *way_to("列入备选", 9)])
    bad = recorded([planted])
    known, parcels = {"N2411081000001"}, {code(1), code(2), code(9), "411081"}
    assert event_faults(sound, on=TODAY, collectives=known, parcels=parcels).empty
    both = pd.concat([sound, bad], ignore_index=True)
    faults = event_faults(both, on=TODAY, collectives=known, parcels=parcels)
    assert faults[["event_id", "column"]].to_numpy().tolist() == [[bad["event_id"].iloc[0], column]]
    assert faults["cure"].ne("").all()


def test_the_same_deal_twice_is_named_with_its_number() -> None:
    rows = way_to("成交")
    again = {**rows[-1], "happened_on": pd.Timestamp(2021, 5, 1), "amount_fen": 5}
    later = datetime(2026, 1, 5, 10, tzinfo=UTC)
    second = recorded([again], "乙", later)
    faults = event_faults(pd.concat([recorded(rows), second], ignore_index=True), on=TODAY)
    assert set(faults["event_id"]) == set(second["event_id"])
    assert set(faults["column"]) == {"deal_no", "kind"}
    assert "成交" in faults.loc[faults["column"].eq("kind"), "problem"].iloc[0]


def test_the_same_event_from_two_clerks_is_named_once() -> None:
    rows = way_to("列入备选")
    other = recorded(rows, "乙", datetime(2026, 1, 5, 10, tzinfo=UTC))
    both = pd.concat([recorded(rows), other], ignore_index=True)
    faults = event_faults(both, on=TODAY)
    assert set(faults["event_id"]) == set(other["event_id"])
    assert (
        recorded(rows)["event_id"].tolist() == recorded(rows, at=datetime(2025, 1, 1, tzinfo=UTC))["event_id"].tolist()
    )


def test_a_correction_takes_the_place_of_cells_and_a_voided_event_never_was() -> None:
    rows = way_to("规划批准")
    held = recorded(rows)
    first, last = held["event_id"].iloc[0], held["event_id"].iloc[-1]
    moved = event(1, "更正", date(2021, 2, 1), corrects=first, event_area=2500.0, event_document=None)
    voided = event(1, "作废", date(2021, 6, 1), corrects=last)
    both = pd.concat([held, recorded([moved, voided])], ignore_index=True)
    assert event_faults(both, on=TODAY).empty
    state = parcel_states(both, on=date(2021, 2, 1)).loc[code(1)]
    assert (state["book_state"], state["state_since"]) == ("备选", pd.Timestamp(2021, 2, 1))
    assert parcel_states(both, on=TODAY)["next_step"].tolist() == ["规划批准"]
    assert parcel_states(held, on=TODAY)["next_step"].tolist() == ["入库"]


def split_rows(areas: tuple[float, float]) -> list[dict[str, object]]:
    """A parcel of 3000 ㎡ split in two."""
    day, children = date(2022, 1, 4), [code(21), code(22)]
    parts = [
        event(0, "新宗地设立", day, parcel_code=child, lineage=code(1), event_area=area)
        for child, area in zip(children, areas, strict=True)
    ]
    return [*way_to("入库"), event(1, "分割", day, lineage="、".join(children)), *parts]


def test_a_split_closes_the_old_code_and_the_new_ones_inherit() -> None:
    held = recorded(split_rows((1000.0, 2000.0)))
    assert event_faults(held, on=TODAY).empty
    states = parcel_states(held, on=TODAY)
    assert states["book_state"].to_dict() == {code(1): "已分割", code(21): "新宗地", code(22): "新宗地"}
    assert states.loc[code(1), "allowed_events"] == ""
    assert states.loc[code(21), "next_step"] == "列入年度计划"
    assert inherited_owners(held).to_dict() == dict.fromkeys([code(1), code(21), code(22)], "N2411081000001")
    assert (descendants(held, code(1)), ancestors(held, code(22))) == ([code(21), code(22)], [code(1)])
    assert banked_parcels(held, on=TODAY).index.tolist() == [code(21), code(22)]
    later = pd.concat([held, recorded([event(1, "列入年度计划", date(2022, 2, 1))])], ignore_index=True)
    assert event_faults(later, on=TODAY)["problem"].tolist() == ["之前不得有因分割或合并终止"]


def test_a_merger_keeps_only_what_both_origins_had() -> None:
    day = date(2022, 1, 4)
    rows = [*way_to("入库"), *way_to("权属确认", 2)]
    rows += [event(number, "合并", day, lineage=code(30)) for number in (1, 2)]
    rows += [event(0, "新宗地设立", day, parcel_code=code(30), lineage=f"{code(1)}、{code(2)}", event_area=6000.0)]
    held = recorded(rows)
    assert event_faults(held, on=TODAY).empty
    states = parcel_states(held, on=TODAY)
    new = states.loc[code(30)]
    assert (new["standing_facts"], new["next_step"]) == ("列入备选、证据核实、权属确认", "规划批准")
    other = recorded([*rows[:5], {**rows[7], "collective_code": "N2B"}, *rows[5:7], *rows[8:]])
    assert inherited_owners(other).loc[[code(30)]].isna().all()


@pytest.mark.parametrize(("second", "sound"), [(2001.0, True), (2001.5, False), (1998.5, False)])
def test_areas_of_a_split_balance(second: float, sound: bool) -> None:
    faults = event_faults(recorded(split_rows((1000.0, second))), on=TODAY)
    assert faults.empty == sound
    assert sound or faults["column"].tolist() == ["lineage"]


def test_clocks_of_filing_by_the_calendar() -> None:
    # Filed on Monday 29 September 2025; 1 to 8 October are off, Saturday 11 October is worked.
    early = [{**row, "happened_on": pd.Timestamp(2025, 9, 1)} for row in way_to("决议")]
    rows = [*early, event(1, "报送入市方案", date(2025, 9, 29)), event(1, "答复意见", date(2025, 10, 13))]
    table = due_dates(recorded(rows), on=date(2025, 10, 20)).set_index("clock")
    answer = table.loc["意见答复"]
    assert answer["clock_state"] == "按期"
    assert answer["due_by"] == pd.Timestamp(2025, 10, 13)
    assert table.loc["报送到成交", "due_by"] == pd.Timestamp(2025, 10, 20)
    late = due_dates(recorded(rows[:-1]), on=date(2025, 10, 15)).set_index("clock")
    assert (late.loc["意见答复", "clock_state"], late.loc["意见答复", "overdue_days"]) == ("逾期未履行", 2)


def test_agreed_payment_is_due_on_the_day_of_the_contract() -> None:
    rows = way_to("价款缴清")
    rows[-2] = {**rows[-2], "agreed_by": pd.Timestamp(2021, 3, 18)}
    with pytest.warns(UserWarning, match="未经核对"):
        table = due_dates(recorded(rows), on=TODAY).set_index("clock")
    paid = table.loc["价款缴清"]
    assert (paid["due_by"], paid["met_on"], paid["clock_state"]) == (
        pd.Timestamp(2021, 3, 18),
        pd.Timestamp(2021, 3, 19),
        "逾期履行",
    )
    assert table.loc["合同签订", "clock_source"] == "没有写明约定期限"


def test_views_tell_what_can_be_supplied_and_what_was_done() -> None:
    rows = [*way_to("入库"), *way_to("成交", 2), *way_to("出让公告", 3), *way_to("规划批准", 4)]
    held = recorded([*rows, event(1, "权属争议", date(2021, 6, 1))])
    before = banked_parcels(held, on=date(2021, 5, 31))["supply_state"].to_dict()
    assert before == {code(1): "可供应", code(2): "已供应", code(3): "暂不供应"}
    assert banked_parcels(held, on=TODAY).loc[code(1), "supply_state"] == "暂不供应"
    plan = planned_parcels(held, year=2021, on=TODAY)
    assert plan["deal_price_fen"].dropna().to_dict() == {code(2): 100_000_02}
    assert plan.index.tolist() == [code(2), code(3)]
    assert planned_parcels(held, year=2020, on=TODAY).empty


def test_every_fact_of_the_kinds_has_a_beginning() -> None:
    kinds = event_kinds().values()
    begun = {fact for kind in kinds for fact in kind.sets}
    assert begun == set(fact_names())
    assert {fact for kind in kinds for fact in (*kind.requires, *kind.forbids, *kind.clears)} <= begun
    assert all(kind.source for kind in kinds)
    assert {name for kind in kinds for name in kind.columns} <= set(EVENT_COLUMNS)


def test_events_are_read_from_a_sheet_with_chinese_headers(tmp_path: Path) -> None:
    path = tmp_path / "事件.csv"
    path.write_text(
        f"宗地代码,事件,发生日期,事件面积,金额分\n{code(1)},列入备选,2021-03-01,3000,\n", encoding="utf-8-sig"
    )
    read = read_events(path)
    assert read[["parcel_code", "kind", "event_area"]].to_numpy().tolist() == [[code(1), "列入备选", 3000.0]]
    assert read["happened_on"].tolist() == [pd.Timestamp(2021, 3, 1)]
    assert read["amount_fen"].isna().all()


def test_bad_cells_and_missing_columns_are_refused() -> None:
    with pytest.raises(MissingColumnError, match="happened_on"):
        typed_events(pd.DataFrame({"parcel_code": [code(1)], "kind": ["列入备选"]}))
    with pytest.raises(BadValueError, match="amount_fen（金额分）"):
        typed_events(pd.DataFrame([event(1, "成交", FIRST, amount_fen=1.5)]))
    edited = recorded(way_to("列入备选")).assign(event_area=1.0)
    with pytest.raises(BadValueError, match=r"event_id（事件编号）.*更正"):
        recorded(edited)
    with pytest.raises(BadValueError, match="recorded_by"):
        recorded(way_to("列入备选"), by=" ")


def test_an_empty_book_has_empty_pages() -> None:
    nothing = typed_events(pd.DataFrame({"parcel_code": [], "kind": [], "happened_on": []}))
    assert event_faults(nothing, on=TODAY).empty
    assert parcel_states(nothing, on=TODAY).empty
    assert due_dates(nothing, on=TODAY).empty
    assert banked_parcels(nothing, on=TODAY).empty
    assert planned_parcels(nothing, year=2021, on=TODAY).empty
