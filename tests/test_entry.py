"""Market entry: parcels written by hand fix every reason; dates on which a rule starts or ends are tried."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landmarket.columns import schema
from landmarket.errors import (
    BadValueError,
    MissingColumnError,
    NoRuleInForceError,
    RuleError,
    SchemeError,
    UnverifiedRuleWarning,
)
from landmarket.rules import national_rules
from landmarket.zoning import EntryRule, market_entry, read_entry_rule, reasons, votes_needed
from landmarket.zoning.entry import NEEDED
from tests.helpers import assert_same_index
from tests.hunting import examples

pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")  # what they say is tested

DATA = Path(__file__).parent / "data"
ON = date(2026, 3, 2)
FORBIDDEN, OPEN, ALLOWED = "不可入市", "待核实", "可入市"


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give the text table of cases the types that reading gives."""
    result = table.copy()
    for name in NEEDED:
        kind = schema()[name].kind
        if kind in ("number", "whole"):
            result[name] = pd.to_numeric(table[name])
        elif kind == "date":
            result[name] = pd.to_datetime(table[name], format="%Y-%m-%d").astype("datetime64[s]")
    return result


CASES = pd.read_csv(DATA / "entry_cases.csv", dtype="str", index_col="parcel_code", encoding="utf-8-sig")
RULE = read_entry_rule(DATA / "entry_rule.toml")


@pytest.fixture
def cases() -> pd.DataFrame:
    return typed(CASES)


@pytest.fixture
def rule() -> EntryRule:
    return RULE


@pytest.fixture
def good(cases: pd.DataFrame) -> pd.DataFrame:
    """One parcel that may enter."""
    return cases.iloc[[0]].copy()


def reason_of(parcels: pd.DataFrame, rule: EntryRule, on: date = ON) -> str:
    return str(market_entry(parcels, on=on, rule=rule)["reason"].iloc[0])


def test_parcels_written_by_hand(cases: pd.DataFrame, rule: EntryRule) -> None:
    result = market_entry(cases, on=ON, rule=rule)
    assert len(cases) == 35
    assert_same_index(result, cases)
    pd.testing.assert_frame_equal(result[["allowed", "reason"]], cases[["allowed", "reason"]])


@pytest.mark.parametrize(
    ("body", "voted", "unread"),
    [
        ("成员大会", "2025-06-01", []),
        ("村民会议", "2025-06-01", ["村民会议同意比例"]),
        ("成员大会", "2025-04-30", ["成员大会同意比例"]),
    ],
)
def test_rules_not_from_a_read_text_are_named(
    good: pd.DataFrame, rule: EntryRule, body: str, voted: str, unread: list[str]
) -> None:
    """The day 土地管理法 came into force, and which codes are 经营性用途, were not read; 农村集体经济组织法 was."""
    good["vote_body"], good["vote_on"] = body, pd.Timestamp(voted)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        market_entry(good, on=ON, rule=rule)
    said = [str(one.message) for one in caught if issubclass(one.category, UnverifiedRuleWarning)]
    names = {text.split("：")[1].split(" = ")[0] for text in said}
    assert names == {"可入市的规划用途", "能否入市有争议的规划用途", *unread}


def test_the_parcels_show_every_reason(cases: pd.DataFrame) -> None:
    assert set(";".join(cases["reason"]).split(";")) == set(reasons())


def test_every_reason_is_said_in_chinese_with_its_article(cases: pd.DataFrame, rule: EntryRule) -> None:
    result = market_entry(cases, on=ON, rule=rule)
    for codes, text, article in result[["reason", "reason_text", "article"]].itertuples(index=False):
        for code in codes.split(";"):
            assert reasons()[code].text in text
        assert article


def test_the_numbers_behind_a_reason_are_said(cases: pd.DataFrame, rule: EntryRule) -> None:
    texts = market_entry(cases, on=ON, rule=rule)["reason_text"].set_axis(cases["case"])
    assert "永久基本农田" in texts["触及永久基本农田"]
    assert "共 99 人，同意 65 人，至少 66 人" in texts["新法首日，九十九人同意六十五"]
    assert "应到 101 人，实到 67 人，至少 68 人" in texts["新法首日，一百零一人到会六十七"]
    assert "2026-02-11 报送，10 个工作日应不迟于 2026-02-10" in texts["报送迟一日，来源与途径不明"]
    assert "2026-01-04 报送，2026-01-05 表决" in texts["表决前一日报送"]
    assert "0103 旱地" in texts["规划为旱地"]
    assert "（GB）" in texts["代码所示为国有"]
    assert "85.0%" in texts["规划用途只占八成五"]


def test_the_article_of_a_failed_vote_is_the_law_of_its_day(good: pd.DataFrame, rule: EntryRule) -> None:
    good["vote_yes"] = 50
    new = market_entry(good, on=ON, rule=rule)["article"].iloc[0]
    good["vote_on"] = pd.Timestamp("2025-04-30")
    old = market_entry(good, on=ON, rule=rule)["article"].iloc[0]
    assert "农村集体经济组织法第二十六条" in new
    assert "土地管理法（2019年修正）第六十三条第二款" in old


@pytest.mark.parametrize("name", NEEDED)
def test_no_column_may_be_absent(good: pd.DataFrame, rule: EntryRule, name: str) -> None:
    with pytest.raises(MissingColumnError, match=name):
        market_entry(good.drop(columns=name), on=ON, rule=rule)


FACTS = [
    "planned_use",
    "plan_type",
    "plan_approved_on",
    "ownership_registered",
    "disputed",
    "sealed",
    "expropriation",
    "owner",
    "agent",
    "vote_on",
    "vote_body",
    "vote_total",
    "vote_attended",
    "vote_yes",
    "entry_plan_filed_on",
    "land_source",
    "pathway",
]


@settings(deadline=None, max_examples=examples(40))
@given(st.sets(st.sampled_from(FACTS), min_size=1))
def test_a_missing_fact_is_never_a_yes(names: set[str]) -> None:
    table = CASES.iloc[[0]].copy()
    table[list(names)] = np.nan
    result = market_entry(typed(table), on=ON, rule=RULE)
    assert result["allowed"].tolist() == [OPEN]


@settings(deadline=None, max_examples=examples(20))
@given(st.permutations(range(30)))
def test_order_is_irrelevant(order: list[int]) -> None:
    shuffled = typed(CASES).iloc[order]
    result = market_entry(shuffled, on=ON, rule=RULE)
    pd.testing.assert_frame_equal(result[["allowed", "reason"]], shuffled[["allowed", "reason"]])


def test_the_input_is_left_as_it_is(cases: pd.DataFrame, rule: EntryRule) -> None:
    before = cases.copy(deep=True)
    market_entry(cases, on=ON, rule=rule)
    pd.testing.assert_frame_equal(cases, before)


def test_no_parcels(cases: pd.DataFrame, rule: EntryRule) -> None:
    assert market_entry(cases.iloc[:0], on=ON, rule=rule).empty


@pytest.mark.parametrize(("total", "least"), [(30, 20), (45, 30), (99, 66), (100, 67), (101, 68), (300, 200)])
def test_two_thirds(good: pd.DataFrame, rule: EntryRule, total: int, least: int) -> None:
    assert votes_needed(total, (2, 3)) == least
    good[["vote_total", "vote_attended"]] = total
    good["vote_yes"] = least
    assert reason_of(good, rule) == "eligible"
    good["vote_yes"] = least - 1
    assert reason_of(good, rule) == "vote_too_few"


@settings(deadline=None)
@given(st.integers(1, 10**6))
def test_votes_needed_is_the_least_number_that_passes(total: int) -> None:
    least = votes_needed(total, (2, 3))
    assert 3 * least >= 2 * total > 3 * (least - 1)


@pytest.mark.parametrize("body", ["成员大会", "成员代表大会", "村民会议", "村民代表会议"])
def test_every_body_has_one_law_from_2020_on(good: pd.DataFrame, rule: EntryRule, body: str) -> None:
    good["vote_body"] = body
    days = {rule.effective_from for rule in national_rules() if rule.key.startswith("vote_")}
    days |= {rule.effective_to for rule in national_rules() if rule.key.startswith("vote_") and rule.effective_to}
    for day in sorted(days):
        for near in (day - timedelta(days=1), day, day + timedelta(days=1)):
            good["vote_on"] = pd.Timestamp(near)
            expected = "vote_no_rule" if near < date(2020, 1, 1) else "eligible"
            assert reason_of(good, rule) == expected, near


def test_the_quorum_began_on_2025_05_01(good: pd.DataFrame, rule: EntryRule) -> None:
    good[["vote_attended", "vote_yes"]] = 66
    good["vote_on"] = pd.Timestamp("2025-04-30")
    assert reason_of(good, rule) == "vote_too_few"
    good["vote_on"] = pd.Timestamp("2025-05-01")
    assert reason_of(good, rule) == "vote_no_quorum;vote_too_few"


@pytest.mark.parametrize(
    ("total", "attended", "yes"),
    [(100, 60, 67), (100, 101, 70), (60, 60, 61), (0, 0, 0), (100, 80, -1), (100, 80, 66.5)],
)
def test_contradictory_votes_are_unknown(
    good: pd.DataFrame, rule: EntryRule, total: float, attended: float, yes: float
) -> None:
    good["vote_total"], good["vote_attended"], good["vote_yes"] = float(total), float(attended), float(yes)
    assert reason_of(good, rule) == "vote_unknown"


def test_votes_as_nullable_integers(good: pd.DataFrame, rule: EntryRule) -> None:
    good = good.astype({"vote_total": "Int64", "vote_attended": "Int64", "vote_yes": "Int64", "owner_count": "Int64"})
    assert reason_of(good, rule) == "eligible"
    good["vote_total"] = pd.array([pd.NA], dtype="Int64")
    assert reason_of(good, rule) == "vote_unknown"


def test_homestead_by_date(good: pd.DataFrame, rule: EntryRule) -> None:
    good["land_source"], good["plan_approved_on"] = "退出宅基地", pd.Timestamp("2021-01-01")
    good["vote_on"], good["entry_plan_filed_on"] = pd.Timestamp("2021-10-01"), pd.Timestamp("2021-12-01")
    dated = replace(
        rule, rules=tuple(r for r in rule.rules if r.key not in ("entry_plan_types", "entry_use_codes_added"))
    )
    with pytest.warns(UnverifiedRuleWarning, match="可作入市依据的规划类型"):
        assert reason_of(good, dated, date(2023, 2, 28)) == "eligible"
    with pytest.warns(UnverifiedRuleWarning):
        assert reason_of(good, dated, date(2023, 3, 1)) == "conversion_unknown"
    good["conversion_document"] = "豫政土〔2022〕5号"
    with pytest.warns(UnverifiedRuleWarning):
        assert reason_of(good, dated, date(2023, 3, 1)) == "eligible"


def test_a_source_list_by_date(good: pd.DataFrame, rule: EntryRule) -> None:
    good["land_source"] = "废弃公益"
    good["vote_on"], good["entry_plan_filed_on"] = pd.Timestamp("2025-06-01"), pd.Timestamp("2025-10-01")
    assert reason_of(good, rule, date(2025, 12, 31)) == "eligible"
    assert reason_of(good, rule, date(2026, 1, 1)) == "source_excluded"


def test_filing_clock_by_date(good: pd.DataFrame, rule: EntryRule) -> None:
    """The clock of ten working days began on 2021-09-01: before it nothing was to be filed."""
    good["entry_plan_filed_on"] = pd.NaT
    good["plan_approved_on"] = good["vote_on"] = pd.Timestamp("2021-01-04")
    with pytest.warns(UnverifiedRuleWarning):
        assert reason_of(good, rule, date(2021, 8, 31)) == "eligible"
    with pytest.warns(UnverifiedRuleWarning):
        assert reason_of(good, rule, date(2021, 9, 1)) == "filing_unknown"


def test_filing_over_the_spring_festival(good: pd.DataFrame, rule: EntryRule) -> None:
    """2026: off 15–23 February, 14 and 28 February worked (国办发明电〔2025〕7号), counted by hand."""
    worked = [date(2026, 2, day) for day in (11, 12, 13, 14, 24, 25, 26, 27, 28)] + [date(2026, 3, 2)]
    assert len(worked) == 10
    good["entry_plan_filed_on"] = pd.Timestamp(worked[0] - timedelta(days=1))
    assert reason_of(good, rule) == "eligible"
    good["entry_plan_filed_on"] = pd.Timestamp(worked[0])
    assert reason_of(good, rule) == "filing_late"


def test_a_year_not_announced_is_refused(good: pd.DataFrame, rule: EntryRule) -> None:
    with pytest.raises(RuleError, match="2030"):
        market_entry(good, on=date(2030, 3, 1), rule=rule)


def test_no_entry_before_the_law(good: pd.DataFrame, rule: EntryRule) -> None:
    with pytest.raises(NoRuleInForceError, match="entry_use_codes"):
        market_entry(good, on=date(2019, 12, 31), rule=rule)


def test_codes_of_another_classification(good: pd.DataFrame, rule: EntryRule) -> None:
    """0601 is industry in the survey's classes and a farm road in the plan's: it must not slip through."""
    good["planned_use"], good["planned_use_scheme"] = "0601", "三调"
    with pytest.raises(SchemeError, match="411081001001JB00001"):
        market_entry(good, on=ON, rule=rule)
    with pytest.raises(SchemeError, match="用地用海分类2023"):
        market_entry(good, on=ON, rule=replace(rule, scheme="三调"))


@pytest.mark.parametrize(("overlap", "ambiguous"), [(0, False), (1e-10, False), (1e-6, False), (1e-4, True)])
def test_noise_of_shared_edges_is_no_second_use(
    good: pd.DataFrame, rule: EntryRule, overlap: float, ambiguous: bool
) -> None:
    national = replace(rule, rules=tuple(each for each in rule.rules if each.key != "entry_most_overlap_share"))
    good["plan_overlap_share"] = overlap
    assert ("use_ambiguous" in reason_of(good, national)) is ambiguous


def test_the_local_list_replaces_the_national_one(good: pd.DataFrame, rule: EntryRule) -> None:
    local = next(r for r in rule.rules if r.key == "entry_use_codes_added")
    only_shops = replace(local, key="entry_use_codes", value="09", source="某县规定")
    changed = replace(rule, rules=(*rule.rules, only_shops))
    result = market_entry(good, on=ON, rule=changed)
    assert result["reason"].tolist() == ["use_not_operating"]
    assert "某县规定" in result["article"].iloc[0]


def test_bad_values_are_refused(good: pd.DataFrame, rule: EntryRule) -> None:
    with pytest.raises(BadValueError, match="sealed（查封）"):
        market_entry(good.assign(sealed="不"), on=ON, rule=rule)
    with pytest.raises(BadValueError, match="vote_on（表决日期）"):
        market_entry(good.assign(vote_on="2026-01-05"), on=ON, rule=rule)
    with pytest.raises(BadValueError, match="重复"):
        market_entry(pd.concat([good, good]), on=ON, rule=rule)


def test_blank_text_is_missing(good: pd.DataFrame, rule: EntryRule) -> None:
    assert reason_of(good.assign(agent="  "), rule) == "agent_unknown"


HEAD = 'name = "某县"\ncounty = "411081"\npilot = false\n'
RECORD = (
    '[[rule]]\nkey = "{key}"\nname = "某规则"\nvalue = "{value}"\nunit = "{unit}"\n'
    'effective_from = 2024-01-01\nsource = "某文"\nverified = true\n'
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "某县"\ncounty = "411081"\n', "pilot"),
        (HEAD + "colour = 1\n", "colour"),
        (HEAD + RECORD.format(key="entry_colour", value="x", unit=""), "entry_colour"),
        (HEAD + RECORD.format(key="entry_use_codes", value="09、9999", unit="用地用海分类2023"), "9999"),
        (HEAD + RECORD.format(key="entry_use_codes", value="09", unit="三调代码"), "三调代码"),
    ],
)
def test_a_malformed_rule_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "entry.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((RuleError, SchemeError), match=re.escape(said)):
        read_entry_rule(path)


def test_a_rule_file_without_records(tmp_path: Path, good: pd.DataFrame) -> None:
    path = tmp_path / "entry.toml"
    path.write_text(HEAD, encoding="utf-8")
    rule = read_entry_rule(path)
    assert (rule.county, rule.pilot, rule.rules) == ("411081", False, ())
    with pytest.warns(UnverifiedRuleWarning):
        assert reason_of(good, rule) == "eligible"


def test_records_without_counties_are_the_countys_own(rule: EntryRule) -> None:
    assert {r.counties for r in rule.rules} == {("411081",)}
