"""What became of deals: payments, lights and idle land against days and sums counted by hand, and a plain judge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.land_book import due_dates, identified, parcel_states, typed_events
from landmarket.land_book.after_deal import IdleRule, after_deals, idle_rule, township_lights
from landmarket.land_book.irregularities import state_irregularities
from landmarket.rules import Rule
from tests.clerk import WAY, code, event
from tests.hunting import examples

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ON = date(2026, 3, 2)
PRICE = 1_000_003_00
RULE = IdleRule(1, 2, 1, Decimal("0.2"), 30, ())
STEPS = WAY[: WAY.index("成交")]
Row = dict[str, object]
Then = tuple[str, date, dict[str, object]]
pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")


def deal(number: int, on: date, *further: Then) -> list[Row]:
    """A parcel that is sold on a day, and what happened to it then."""
    days = {kind: on - timedelta(days=60 - place) for place, kind in enumerate(STEPS)}
    days |= {"出让公告": on - timedelta(days=31), "交易开始": on - timedelta(days=10)}
    before = [event(number, kind, day) for kind, day in days.items()]
    sold = event(number, "成交", on, amount_fen=PRICE, agreed_by=pd.Timestamp(on + timedelta(days=10)))
    return [*before, sold, *(event(number, kind, day, **cells) for kind, day, cells in further)]


def followed(rows: list[Row], on: date = ON, rule: IdleRule = RULE) -> pd.DataFrame:
    events = identified(typed_events(pd.DataFrame(rows)), recorded_by="甲", recorded_at=NOW)
    return after_deals(events, due_dates(events, on=on, county="411081"), rule, on=on)


def until(day: date) -> dict[str, object]:
    return {"agreed_by": pd.Timestamp(day)}


SIGNED: Then = ("签订合同", date(2025, 1, 8), until(date(2025, 4, 1)))
POSTED: Then = ("结果公示", date(2025, 1, 7), {})


def test_payments_are_those_of_the_deal_that_stands() -> None:
    rows = deal(
        1,
        date(2025, 1, 6),
        POSTED,
        SIGNED,
        ("缴款", date(2025, 1, 20), {"amount_fen": 300_000_00}),
        ("缴款", date(2025, 3, 3), {"amount_fen": 200_000_00}),
        ("缴款", date(2026, 3, 3), {"amount_fen": 1}),
    )
    row = followed(rows).loc[code(1)]
    assert (row["paid_fen"], row["unpaid_fen"]) == (500_000_00, 500_003_00)
    assert row["pay_due_on"] == pd.Timestamp("2025-04-01")
    assert row["light"] == "红"
    assert row["light_reasons"] == "价款缴清 2025-04-01 逾期 335 日未履行"


def test_corrected_and_voided_payments_count_as_they_are_now() -> None:
    rows = deal(
        1,
        date(2025, 1, 6),
        POSTED,
        SIGNED,
        ("缴款", date(2025, 1, 20), {"amount_fen": 1}),
        ("缴款", date(2025, 2, 20), {"amount_fen": 777}),
    )
    made = identified(typed_events(pd.DataFrame(rows)), recorded_by="甲", recorded_at=NOW)
    paid = made.loc[made["kind"].eq("缴款"), "event_id"].tolist()
    rows.append(event(1, "更正", date(2025, 3, 3), corrects=paid[0], amount_fen=PRICE))
    rows.append(event(1, "作废", date(2025, 3, 3), corrects=paid[1]))
    assert followed(rows).loc[code(1), "paid_fen"] == PRICE


@pytest.mark.parametrize(
    ("on", "state", "light"),
    [
        (date(2026, 2, 28), "", "红"),
        (date(2026, 3, 1), "闲置满一年", "红"),
        (date(2027, 2, 28), "闲置满一年", "红"),
        (date(2027, 3, 1), "闲置满两年", "红"),
    ],
)
def test_land_is_idle_from_the_anniversary_on(on: date, state: str, light: str) -> None:
    handed = ("交地", date(2025, 2, 10), until(date(2025, 3, 1)))
    row = followed(deal(1, date(2025, 1, 6), POSTED, SIGNED, handed), on).loc[code(1)]
    assert row["idle_state"] == state
    assert row["light"] == light
    assert ("闲置" in row["light_reasons"]) == bool(state)
    if state:
        assert row["idle_since"] == pd.Timestamp("2026-03-01")
        assert row["idle_fee_fen"] == 200_000_60  # a fifth of 1 000 003 yuan
    else:
        assert pd.isna(row["idle_fee_fen"])


def test_a_leap_day_has_its_anniversary_on_the_last_of_february() -> None:
    handed = ("交地", date(2024, 2, 20), until(date(2024, 2, 29)))
    rows = deal(1, date(2024, 1, 8), ("签订合同", date(2024, 1, 10), {}), handed)
    assert followed(rows, date(2025, 2, 27))["idle_state"].tolist() == [""]
    assert followed(rows, date(2025, 2, 28))["idle_state"].tolist() == ["闲置满一年"]


def test_where_no_day_was_agreed_building_begins_a_year_after_hand_over() -> None:
    rows = deal(1, date(2024, 1, 8), ("签订合同", date(2024, 1, 10), {}), ("交地", date(2024, 2, 20), {}))
    assert followed(rows, date(2026, 2, 19))["idle_state"].tolist() == [""]
    assert followed(rows, date(2026, 2, 20))["idle_state"].tolist() == ["闲置满一年"]


def test_land_that_is_built_on_is_never_idle() -> None:
    handed = ("交地", date(2024, 2, 20), until(date(2024, 3, 1)))
    rows = deal(1, date(2024, 1, 8), ("签订合同", date(2024, 1, 10), {}), handed, ("开工", date(2025, 6, 1), {}))
    row = followed(rows).loc[code(1)]
    assert row["idle_state"] == ""
    assert "约定开工 2024-03-01 逾期 457 日才履行" in row["light_reasons"]


def test_a_term_that_ends_soon_is_yellow_and_one_later_is_green() -> None:
    for days, light in ((30, "黄"), (31, "绿")):
        signed = ("签订合同", date(2026, 2, 2), until(ON + timedelta(days=days)))
        row = followed(deal(1, date(2026, 1, 26), ("结果公示", date(2026, 1, 28), {}), signed)).loc[code(1)]
        assert row["light"] == light, row["light_reasons"]
        assert ("将届满" in row["light_reasons"]) == (light == "黄")


def test_settled_and_not_paid_is_red_and_too_much_is_yellow() -> None:
    for amount, light, words in ((PRICE - 1, "红", "缴款少于成交价"), (PRICE + 1, "黄", "缴款多于成交价")):
        rows = deal(
            1,
            date(2025, 1, 6),
            POSTED,
            SIGNED,
            ("缴款", date(2025, 2, 3), {"amount_fen": amount}),
            ("价款缴清", date(2025, 2, 3), {}),
        )
        row = followed(rows).loc[code(1)]
        assert row["light"] == light
        assert words in row["light_reasons"]


def test_disputes_leases_mortgages_and_changed_use_show_while_they_last() -> None:
    paid: list[Then] = [
        POSTED,
        SIGNED,
        ("缴款", date(2025, 2, 3), {"amount_fen": PRICE}),
        ("价款缴清", date(2025, 2, 3), {}),
        ("交地", date(2025, 2, 10), until(date(2025, 3, 3))),
        ("开工", date(2025, 3, 3), {}),
        ("竣工", date(2025, 9, 1), {}),
        ("投入使用", date(2025, 9, 8), {}),
    ]
    lease: Then = ("出租", date(2025, 10, 8), {})
    pledge: Then = ("抵押", date(2025, 10, 9), {})
    ended: Then = ("租约终止", date(2025, 11, 3), {})
    rows = deal(1, date(2025, 1, 6), *paid, lease, pledge)
    rows += deal(2, date(2025, 1, 6), *paid, lease, ended, ("转让", date(2025, 12, 1), {}))
    rows += deal(3, date(2025, 1, 6), *paid, ("改变用途", date(2025, 12, 1), {}))
    rows += deal(4, date(2025, 1, 6), *paid, ("权属争议", date(2025, 12, 1), {}))
    table = followed(rows)
    assert table["is_leased"].tolist() == [True, False, False, False]
    assert table["is_mortgaged"].tolist() == [True, False, False, False]
    assert table["is_disputed"].tolist() == [False, False, False, True]
    assert table["transferred_on"].notna().tolist() == [False, True, False, False]
    assert table["light"].tolist() == ["绿", "绿", "红", "红"]
    assert table["light_reasons"].tolist() == ["", "", "2025-12-01 改变用途", "权属争议未解决"]


def test_land_taken_back_is_no_deal_any_more() -> None:
    rows = deal(1, date(2025, 1, 6), SIGNED, ("收回", date(2025, 12, 1), {}))
    assert followed(rows).empty
    assert len(followed(rows, date(2025, 11, 30))) == 1


def test_lights_add_up_by_township() -> None:
    rows = [*deal(1, date(2025, 1, 6), POSTED, SIGNED), *deal(2, date(2026, 2, 26)), *deal(3, date(2026, 1, 5))]
    over: Then = ("缴款", date(2025, 2, 3), {"amount_fen": PRICE + 5})
    rows += deal(4, date(2025, 1, 6), POSTED, SIGNED, over, ("价款缴清", date(2025, 2, 3), {}))
    table = followed(rows)
    towns = pd.Series(["甲镇", "乙镇", "甲镇", "甲镇"], index=table.index)
    summed = township_lights(table, towns)
    assert table["light"].tolist() == ["红", "黄", "红", "黄"]
    assert list(summed.loc["甲镇", ["红", "黄", "绿", "unpaid_fen", "late_terms"]]) == [2, 1, 0, 2 * PRICE, 2]
    assert list(summed.loc["合计", ["红", "黄", "绿", "unpaid_fen", "late_terms"]]) == [2, 2, 0, 3 * PRICE, 2]
    with pytest.raises(KeyError):
        township_lights(table, towns.iloc[:2])


def test_the_shipped_rule_is_that_of_the_measures_on_idle_land() -> None:
    with pytest.warns(UserWarning, match="闲置"):
        rule = idle_rule(on=ON, county="411081")
    assert (rule.years, rule.recovery_years, rule.fee_share) == (1, 2, Decimal("0.20"))
    assert all("参照" in one.source for one in rule.rules if one.key.startswith("idle"))


def test_a_local_rule_goes_before_the_shipped_one() -> None:
    own = Rule(
        key="idle_fee_share",
        name="闲置费",
        value=Decimal("0.1"),
        unit="占成交价比例",
        effective_from=date(2024, 1, 1),
        effective_to=None,
        source="本县",
        verified=True,
        counties=("411081",),
    )
    with pytest.warns(UserWarning, match="闲置"):
        assert idle_rule(on=ON, county="411081", rules=[own]).fee_share == Decimal("0.1")


Days = st.integers(min_value=0, max_value=900)


@settings(max_examples=examples(40), deadline=None)
@given(
    due=st.none() | st.integers(min_value=1, max_value=500),
    start=st.none() | st.integers(min_value=1, max_value=900),
    look=st.integers(min_value=30, max_value=1300),
)
def test_idle_as_a_plain_judge_says(due: int | None, start: int | None, look: int) -> None:
    handed = date(2023, 3, 1)
    agreed = until(handed + timedelta(days=due)) if due else {}
    built: list[Then] = [("开工", handed + timedelta(days=start), {})] if start else []
    rows = deal(1, date(2023, 1, 9), ("签订合同", date(2023, 1, 11), {}), ("交地", handed, agreed), *built)
    on = handed + timedelta(days=look)
    begin = handed + timedelta(days=due) if due else date(2024, 3, 1)
    stands = start is None or start > look
    years = on.year - begin.year - ((on.month, on.day) < (begin.month, begin.day))
    expected = "" if not stands or years < 1 else "闲置满一年" if years < 2 else "闲置满两年"
    if (begin.month, begin.day) == (2, 29):
        return  # its anniversary is a matter of convention, tested above
    assert followed(rows, on)["idle_state"].tolist() == [expected]


def test_a_book_without_events_has_no_open_dispute() -> None:
    nothing = identified(
        typed_events(pd.DataFrame([event(1, "列入备选", date(2022, 1, 1))])), recorded_by="甲", recorded_at=NOW
    )[:0]
    assert state_irregularities(parcel_states(nothing, on=date(2026, 3, 2))).empty
