"""The rule library on income: each answer as its files say, and rules that start from a cited place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest

from landmarket.distribution import (
    FundBase,
    FundRate,
    SplitRule,
    income_rule,
    income_rules,
    read_split_rule,
    regional_rules,
    regions,
    split_gaps,
    split_income,
)
from landmarket.distribution.fund import rules_asked
from landmarket.distribution.rule_records import rule_records
from landmarket.errors import NoRuleInForceError, RuleError, UnverifiedRuleWarning
from landmarket.rules import Rule
from tests.test_distribution import deals, document

DAY = timedelta(days=1)
Record = dict[str, object]
unread = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")
"""The shipped local rules are unverified; where that is not the question, it is let pass."""


# What the files say, read without the package.


@cache
def told() -> tuple[Record, ...]:
    data = Path(str(files("landmarket"))) / "data"
    paths = [data / "fund.toml", *sorted((data / "income").glob("*.toml"))]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return tuple(record for text in texts for record in tomllib.loads(text, parse_float=Decimal)["rule"])


def day_of(record: Record, key: str, default: date) -> date:
    value = record.get(key, default)
    assert isinstance(value, date)
    return value


def texts_of(record: Record, key: str) -> list[str]:
    value = record.get(key, [])
    assert isinstance(value, list)
    return [str(each) for each in value]


def case_of(record: Record) -> dict[str, str]:
    value = record.get("when", {})
    assert isinstance(value, Mapping)
    return {str(aspect): str(text) for aspect, text in value.items()}


def in_force(key: str, day: date, county: str, pilot: bool) -> list[Record]:
    """The records of a key on a day: the county's own, else its prefecture's, its province's, else the nation's."""
    held = [
        record
        for record in told()
        if record["key"] == key
        and day_of(record, "effective_from", date.max) <= day <= day_of(record, "effective_to", date.max)
        and record.get("pilot", pilot) == pilot
    ]
    for code in (county, county[:4], county[:2]):
        if own := [record for record in held if code in texts_of(record, "counties")]:
            return own
    return [record for record in held if not texts_of(record, "counties")]


def plain(rule: Rule | None) -> tuple[object, ...] | None:
    if rule is None:
        return None
    value = list(rule.value) if isinstance(rule.value, tuple) else rule.value
    return rule.name, value, rule.unit, rule.source, rule.verified, dict(rule.when), rule.region


def plain_record(record: Record) -> tuple[object, ...]:
    value, region = record["value"], record.get("region", "")
    return record["name"], value, record["unit"], record["source"], record["verified"], case_of(record), region


def turning_days() -> list[date]:
    turns = {day_of(record, "effective_from", date.max) for record in told()}
    turns |= {day_of(record, "effective_to", date.max) for record in told() if "effective_to" in record}
    return sorted({turn + shift for turn in turns for shift in (-DAY, timedelta(0), DAY)})


KEYS = sorted({str(record["key"]) for record in told()})
LOCAL = sorted({code.ljust(6, "1") for record in told() for code in texts_of(record, "counties")})
COUNTIES = [*LOCAL, "411081", "110115"]


def test_the_dates_and_places_that_matter_are_tried() -> None:
    assert {date(2018, 12, 31), date(2019, 1, 1), date(2021, 8, 31), date(2021, 9, 1)} <= set(turning_days())
    assert {"330521", "210381", "640221", "330782", "331111", "441426", "532601", "440605", "310117"} == set(LOCAL)
    assert "fund_rate" in KEYS
    assert "fund_rate_band" in KEYS


@pytest.mark.parametrize("county", COUNTIES)
@pytest.mark.parametrize("key", KEYS)
def test_each_answer_is_what_the_files_say(key: str, county: str) -> None:
    for pilot in (True, False):
        for day in turning_days():
            said = in_force(key, day, county, pilot)
            for record in said:
                found = income_rule(key, on=day, county=county, pilot=pilot, when=case_of(record))
                assert plain(found) == plain_record(record), day
            if len(said) > 1:
                with pytest.raises(RuleError, match=rf"{len(said)} 条同时有效.*指明是哪一种情形"):
                    income_rule(key, on=day, county=county, pilot=pilot)
            else:
                found = income_rule(key, on=day, county=county, pilot=pilot)
                assert plain(found) == (plain_record(said[0]) if said else None), day


def test_a_case_that_no_record_is_for_has_no_rule() -> None:
    for case in ({"price_use": "工业"}, {}):
        assert income_rule("fund_rate", on=date(2016, 6, 1), county="330521", pilot=True, when=case) is None


@unread
@pytest.mark.parametrize("base", list(FundBase))
@pytest.mark.parametrize("pilot", [True, False])
@pytest.mark.parametrize("county", COUNTIES)
def test_where_no_national_rule_on_the_fund_is_in_force_nothing_is_split(
    county: str, pilot: bool, base: FundBase
) -> None:
    days = [day for day in turning_days() if day >= date(2014, 12, 31)]
    rule = SplitRule(
        name="某办法",
        source="虚构",
        county=county,
        pilot=pilot,
        effective_from=date(2000, 1, 1),
        verified=True,
        fund_base=base,
        fund_rates=(FundRate(Decimal("0.2") if county != "440605" or base is FundBase.GAIN else Decimal("0.1")),),
        tax_rate=Decimal(0),
        retention_rate=Decimal("0.3"),
        direct_distribution=False,
    )
    table = deals(deal_on=[pd.Timestamp(day) for day in days])
    open_days = [not in_force("fund_rate_band", day, county, pilot) for day in days]
    gaps = split_gaps(table, rule)
    assert gaps.ne("").tolist() == open_days
    assert gaps[gaps.ne("")].str.contains("没有生效的国家调节金规定，不当作 0").all()
    assert split_income(table[gaps.eq("")], rule)["fund_fen"].gt(0).all()
    assert any(open_days)
    assert all(open_days) == (not pilot)
    for code in table.index[gaps.ne("")]:
        with pytest.raises(NoRuleInForceError, match="没有生效的国家调节金规定"):
            split_income(table.loc[[code]], rule)


def test_a_rule_of_a_county_does_not_stand_in_for_the_national_one() -> None:
    # 南海's band has no last day in its record; the national rule under which it was made had lapsed.
    held = income_rule("fund_rate_band:price", on=date(2021, 6, 1), county="440605", pilot=True)
    assert held is not None
    rule = _nanhai()
    with pytest.raises(NoRuleInForceError, match=r"2021-06-01 在 440605（试点）没有生效的国家调节金规定"):
        split_income(deals(deal_on=pd.Timestamp(2021, 6, 1)), rule)
    assert rules_asked(date(2021, 6, 1), rule) == [held]


def _nanhai() -> SplitRule:
    return SplitRule(
        name="某办法",
        source="虚构",
        county="440605",
        pilot=True,
        effective_from=date(2015, 1, 1),
        verified=True,
        fund_base=FundBase.PRICE,
        fund_rates=(FundRate(Decimal("0.05")),),
        tax_rate=Decimal(0),
        retention_rate=Decimal("0.3"),
        direct_distribution=True,
    )


@unread
def test_the_rules_a_split_rests_on_are_listed(tmp_path: Path) -> None:
    day = date(2016, 6, 1)
    assert [rule.key for rule in rules_asked(day, _nanhai())] == ["fund_rate_band", "fund_rate_band:price"]
    zhejiang = document(tmp_path, BASED.replace("effective_from = 2016-01-01", "effective_from = 2018-01-01"))
    assert [rule.key for rule in rules_asked(date(2020, 9, 24), zhejiang)] == ["direct_distribution"]
    assert rules_asked(date(2020, 9, 23), zhejiang) == []


def test_places_are_those_of_the_files() -> None:
    assert list(regions()) == list(dict.fromkeys(record["region"] for record in told() if "region" in record))
    assert [plain(rule) for rule in income_rules()] == [plain_record(record) for record in told()]


@pytest.mark.parametrize("region", regions())
def test_rules_of_a_place_by_day(region: str) -> None:
    own = [record for record in told() if record.get("region") == region]
    for day in turning_days():
        held = [
            plain_record(record)
            for record in own
            if day_of(record, "effective_from", date.max) <= day <= day_of(record, "effective_to", date.max)
        ]
        if held:
            assert [plain(rule) for rule in regional_rules(region, on=day)] == held
        else:
            with pytest.raises(RuleError, match=rf"{region} 的规则在 {day} 都不生效"):
                regional_rules(region, on=day)


def test_every_local_rule_can_be_taken_into_a_document() -> None:
    for record in told():
        if record["key"] == "fund_rate":
            assert isinstance(record["value"], Decimal)
            assert case_of(record).keys() <= {"price_use", "zone", "pathway", "mode"}
        if record["key"] == "fund_base":
            assert record["value"] in set(FundBase)
        if record["key"] in {"direct_distribution", "value_added_tax", "land_value_added_tax"}:
            assert isinstance(record["value"], bool)


# A document that starts from a cited place.

BASED = """
name = "某县办法"
source = "虚构〔2016〕1号"
county = "330521"
pilot = true
effective_from = 2016-01-01
verified = true
base = "德清"
tax_rate = 0
retention_rate = 0.3
direct_distribution = true
"""
RATE_OF_INDUSTRY = '\n[[fund_rate]]\nprice_use = "工业"\nzone = "县城规划区"\nrate = 0.2\n'


def rates_of(region: str) -> tuple[FundRate, ...]:
    records = [record for record in told() if record.get("region") == region and record["key"] == "fund_rate"]
    return tuple(FundRate(Decimal(str(record["value"])), **case_of(record)) for record in records)


def test_what_the_document_leaves_out_is_the_cited_rule(tmp_path: Path) -> None:
    rule = document(tmp_path, BASED)
    assert rule.fund_base is FundBase.PRICE
    assert rule.fund_rates == rates_of("德清")
    assert [rate.rate for rate in rule.fund_rates] == list(
        map(Decimal, ("0.24", "0.48", "0.20", "0.40", "0.16", "0.32"))
    )
    assert [record.key for record in rule.inherited] == ["fund_base", *["fund_rate"] * 6]
    assert {record.region for record in rule.inherited} == {"德清"}


def test_what_the_document_says_goes_before(tmp_path: Path) -> None:
    rule = document(tmp_path, BASED + 'fund_base = "price"\n' + RATE_OF_INDUSTRY)
    own = FundRate(Decimal("0.2"), price_use="工业", zone="县城规划区")
    assert rule.fund_rates == (own, *rates_of("德清")[1:])
    assert [record.key for record in rule.inherited] == ["fund_rate"] * 5
    table = deals(zone=["县城规划区", "乡镇规划区"], price_use=["工业", "商服"])
    with pytest.warns(UnverifiedRuleWarning):
        assert split_income(table, rule)["fund_rate"].tolist() == [0.2, 0.4]


def test_rates_on_the_price_are_not_taken_for_rates_on_the_gain(tmp_path: Path) -> None:
    gain = BASED + 'fund_base = "gain"\n'
    with pytest.raises(RuleError, match=r"fund_base = gain.*县城规划区，商服.*却按 price 计征.*比例也写进文件"):
        document(tmp_path, gain + RATE_OF_INDUSTRY)
    cases = [case_of(record) for record in told() if record.get("region") == "德清" and "when" in record]
    lines = ["".join(f'{aspect} = "{text}"\n' for aspect, text in case.items()) for case in cases]
    rule = document(tmp_path, gain + "".join(f"\n[[fund_rate]]\n{line}rate = 0.3\n" for line in lines))
    assert rule.fund_base is FundBase.GAIN
    assert rule.inherited == ()


@pytest.mark.parametrize(
    ("region", "key", "value"),
    [
        ("海城", "reclaimed_share", Decimal("0.4")),
        ("平罗", "reclaimed_share", Decimal("0.3")),
        ("浙江", "direct_distribution", False),
        ("平远", "net_costs", ("取得", "开发")),
        ("文山", "net_costs", ("取得", "复垦", "开发")),
    ],
)
def test_each_figure_can_be_taken(tmp_path: Path, region: str, key: str, value: object) -> None:
    text = BASED.replace("德清", region).replace("2016-01-01", "2024-06-01") + 'fund_base = "gain"\n' + RATE_OF_INDUSTRY
    rule = document(
        tmp_path, text.replace("direct_distribution = true\n", "") if key == "direct_distribution" else text
    )
    assert getattr(rule, key) == value
    assert [record.key for record in rule.inherited] == [key]
    assert rule.gain_costs == ("取得", "复垦", "开发")


def test_costs_stated_in_the_document_go_before(tmp_path: Path) -> None:
    text = BASED.replace("德清", "平远").replace("2016-01-01", "2024-06-01") + 'fund_base = "gain"\n'
    rule = document(tmp_path, text + "net_costs = []\n" + RATE_OF_INDUSTRY)
    assert (rule.net_costs, rule.inherited) == ((), ())


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"德清"', '"许昌"', r"规则库中没有 许昌。办法：base 可写 德清、"),
        ('"德清"', "1", r"base = 1 不是文字"),
        ("2016-01-01", "2019-01-01", r"德清 的规则在 2019-01-01 都不生效（2015-01-01—2018-12-31）"),
        ("2016-01-01", "2014-12-31", r"德清 的规则在 2014-12-31 都不生效"),
        ("tax_rate = 0\n", "", "缺少 tax_rate"),
        ("retention_rate = 0.3\n", "", "缺少 retention_rate"),
        ("direct_distribution = true\n", "", "缺少 direct_distribution"),
        ('"德清"', '"海城"', "缺少 fund_base"),
        ("tax_rate = 0\n", "tax_rate = 0\nfund_bases = 1\n", "不认识的键 fund_bases"),
        ("tax_rate = 0\n", "tax_rate = 0\ntownship_share = 0.1\n", "township_document"),
    ],
)
def test_a_faulty_document_with_a_base_is_refused(tmp_path: Path, before: str, after: str, fault: str) -> None:
    assert before in BASED
    with pytest.raises(RuleError, match=fault):
        document(tmp_path, BASED.replace(before, after))


def test_a_place_without_rates_leaves_them_to_the_document(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"没有 \[\[fund_rate\]\] 记录"):
        document(tmp_path, BASED.replace("德清", "平罗") + 'fund_base = "gain"\n')


@pytest.mark.parametrize("day", ["2015-01-01", "2018-12-31"])
def test_a_base_holds_on_its_first_and_last_day(tmp_path: Path, day: str) -> None:
    assert len(document(tmp_path, BASED.replace("2016-01-01", day)).inherited) == 7


def test_a_figure_that_the_place_has_twice_must_be_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = regional_rules("海城", on=date(2016, 1, 1)) * 2
    monkeypatch.setattr("landmarket.distribution.rule_reading.regional_rules", lambda region, on: twice)
    text = BASED + 'fund_base = "gain"\n'
    with pytest.raises(RuleError, match="规则库中 reclaimed_share 有 2 条，须在文件中写明 reclaimed_share"):
        document(tmp_path, text + RATE_OF_INDUSTRY)
    assert document(tmp_path, text + "reclaimed_share = 0.5\n" + RATE_OF_INDUSTRY).inherited == ()


def test_every_unread_figure_warns_where_it_is_used(tmp_path: Path) -> None:
    rule = document(tmp_path, BASED)
    with pytest.warns(UnverifiedRuleWarning) as caught:
        split_income(deals(), rule)
    said = "\n".join(str(each.message) for each in caught)
    names = [str(record["name"]) for record in told() if record.get("region") == "德清"]
    assert len(names) == 8
    assert [name for name in names if name not in said] == []  # the band as well, which the rates are held against
    assert "某县办法" not in said  # that document was read


def test_figures_of_the_document_alone_do_not_warn(tmp_path: Path) -> None:
    text = BASED.replace("德清", "海城").replace("330521", "110115") + 'fund_base = "gain"\nreclaimed_share = 0.5\n'
    rule = document(tmp_path, text + RATE_OF_INDUSTRY)
    table = deals(zone="县城规划区", pathway="调整")
    assert split_income(table, rule)["reclaimed_fen"].iloc[0] == Decimal("585.6") * 10**6 / 2


def test_figures_of_the_library_are_listed_with_its_source(tmp_path: Path) -> None:
    rule = document(tmp_path, BASED + RATE_OF_INDUSTRY)
    listed = rule_records(rule)
    by_source = {
        source: [record.key for record in listed if record.source == source]
        for source in dict.fromkeys(record.source for record in listed)
    }
    assert by_source == {
        "德清县入市调节金办法，据公开文章（qianinfo.com，2015—2018 年试点综述）": ["fund_base"],
        "虚构〔2016〕1号": [
            "fund_rate",
            "tax_rate",
            "gain_costs",
            "net_costs",
            "retention_rate",
            "direct_distribution",
            "township_share",
            "village_share",
            "reclaimed_share",
            "override_document",
        ],
        "德清县入市调节金办法（凭记忆，未见原文）": ["fund_rate"] * 5,
    }
    assert [record.value for record in listed if record.key == "fund_rate"] == [rate.rate for rate in rule.fund_rates]
    assert listed[0].value == "成交总价款"
    assert [record.verified for record in listed[:3]] == [False, True, False]


def test_a_place_of_a_figure_that_was_changed_later_is_not_named(tmp_path: Path) -> None:
    rule = document(tmp_path, BASED)
    changed = replace(rule, fund_base=FundBase.GAIN, fund_rates=(FundRate(Decimal("0.24"), price_use="工业"),))
    assert changed.taken == ()
    own = {record.key: record.value for record in rule_records(changed)}
    assert (own["fund_base"], own["fund_rate"]) == ("土地增值收益", Decimal("0.24"))
    assert {record.source for record in rule_records(changed)} == {"虚构〔2016〕1号"}
    assert len(split_income(deals(), changed)) == 1  # and nothing warns


def test_a_document_without_a_base_takes_nothing(tmp_path: Path) -> None:
    text = BASED.replace('base = "德清"\n', "") + 'fund_base = "gain"\n' + RATE_OF_INDUSTRY
    rule = document(tmp_path, text)
    assert (rule.inherited, rule.gain_costs, rule.reclaimed_share) == ((), ("取得", "复垦", "开发"), Decimal(0))
    path = tmp_path / "again.toml"
    path.write_text(text, encoding="utf-8")
    assert read_split_rule(path) == rule
