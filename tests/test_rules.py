"""Dated rules: reading them, and one answer for every key on every date on which anything changes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from landmarket.errors import NoRuleInForceError, ReadError, RuleError, UnverifiedRuleWarning
from landmarket.rules import Rule, national_rules, read_rules, require_rule, rule_in_force

RULES = national_rules()
KEYS = sorted({rule.key for rule in RULES})
COUNTIES = ("411081", "330521")
DAY = timedelta(days=1)

# What the shipped rules leave open on purpose, after a key's first day: (key, pilot) -> first and last day.
GAPS = {
    ("fund_rate_band", True): (date(2019, 1, 1), date(2023, 12, 31)),
    ("fund_rate_band", False): (date.min, date.max),
}
# What the later parts of the work cannot do without on a day of 2026, in a pilot county.
NEEDED = {
    "auction_min_bidders": Decimal(1),
    "fund_rate_band": (Decimal("0.2"), Decimal("0.5")),
    "lease_years_max": Decimal(20),
    "legal_term.居住": Decimal(70),
    "legal_term.工业": Decimal(50),
    "legal_term.教科文卫体": Decimal(50),
    "legal_term.商业旅游娱乐": Decimal(40),
    "legal_term.综合": Decimal(50),
    "listing_days_min": Decimal(10),
    "notice_days_min": Decimal(20),
    "price_table_update_years": Decimal(3),
    "price_table_refusal_years": Decimal(6),
    "reserve_comparison": "不低于",
    "tender_min_bidders": Decimal(3),
}


@contextmanager
def unverified_allowed() -> Iterator[None]:
    """Rules that nobody has checked may be looked at here: what they say is not the question."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedRuleWarning)
        yield


def turning_days() -> list[date]:
    """Every day on which any shipped rule starts or ends, the day before and the day after."""
    turns = {rule.effective_from for rule in RULES} | {rule.effective_to for rule in RULES if rule.effective_to}
    return sorted({turn + shift for turn in turns for shift in (-DAY, timedelta(0), DAY)})


def test_there_are_turning_days_and_keys() -> None:
    assert set(NEEDED) <= set(KEYS)
    assert {date(2025, 4, 30), date(2025, 5, 1), date(2018, 12, 31), date(2019, 1, 1)} <= set(turning_days())


@pytest.mark.parametrize("pilot", [True, False])
@pytest.mark.parametrize("county", COUNTIES)
@pytest.mark.parametrize("key", KEYS)
def test_each_key_has_one_answer_or_a_documented_gap(key: str, county: str, pilot: bool) -> None:
    first = min(rule.effective_from for rule in RULES if rule.key == key)
    start, end = GAPS.get((key, pilot), (date.max, date.min))
    with unverified_allowed():
        for day in turning_days():
            found = rule_in_force(RULES, key, on=day, county=county, pilot=pilot)  # two answers raise
            open_on_purpose = day < first or start <= day <= end
            assert (found is None) == open_on_purpose, f"{key} {day}"


@pytest.mark.parametrize(("key", "value"), NEEDED.items())
def test_what_the_work_needs_today(key: str, value: object) -> None:
    with unverified_allowed():
        assert require_rule(RULES, key, on=date(2026, 3, 2), county="411081", pilot=True).value == value


@pytest.mark.parametrize(
    ("day", "comparison", "unit"),
    [
        (date(2007, 10, 31), "高于", "工作日"),
        (date(2007, 11, 1), "不低于", "日"),
    ],
)
def test_the_second_listing_regulation_replaced_the_first(day: date, comparison: str, unit: str) -> None:
    with unverified_allowed():
        found = [
            require_rule(RULES, k, on=day, county="411081", pilot=True)
            for k in ("reserve_comparison", "listing_days_min")
        ]
    assert (found[0].value, found[1].unit) == (comparison, unit)


def test_every_rule_names_its_document() -> None:
    assert not [rule.key for rule in RULES if not rule.source.strip() or not rule.name.strip()]


def test_the_gap_of_the_fund_is_refused_and_told() -> None:
    with pytest.raises(NoRuleInForceError, match=r"2021-06-01.*fund_rate_band.*2018-12-31"):
        require_rule(RULES, "fund_rate_band", on=date(2021, 6, 1), county="411081", pilot=True)


RECORD = """
[[rule]]
key = "k"
name = "某规则"
value = 0.1
unit = ""
effective_from = 2020-01-01
source = "某文〔2020〕1号"
verified = true
"""


def written(folder: Path, text: str) -> tuple[Rule, ...]:
    """Rules read from a file with this text."""
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path)


def test_numbers_are_exact(tmp_path: Path) -> None:
    assert written(tmp_path, RECORD)[0].number == Decimal("0.1")


def test_dates_are_inclusive(tmp_path: Path) -> None:
    (rule,) = written(tmp_path, RECORD + "effective_to = 2020-12-31\n")
    held = [rule.holds(date(2020, 1, 1) + DAY * n, "411081", True) for n in (-1, 0, 365, 366)]
    assert held == [False, True, True, False]


def test_a_local_rule_goes_before_one_for_everywhere(tmp_path: Path) -> None:
    local = RECORD.replace("0.1", "0.3") + 'counties = ["4110"]\n'
    rules = written(tmp_path, RECORD + local)
    values = [require_rule(rules, "k", on=date(2021, 1, 1), county=c, pilot=True).number for c in ("411081", "410182")]
    assert values == [Decimal("0.3"), Decimal("0.1")]


@pytest.mark.parametrize("backwards", [False, True])
def test_the_nearest_place_decides(tmp_path: Path, backwards: bool) -> None:
    places = {"0.2": '["41"]', "0.3": '["4110", "4403"]', "0.4": '["44", "411081"]'}
    local = [RECORD.replace("0.1", value) + f"counties = {codes}\n" for value, codes in places.items()]
    texts = [RECORD, *local]
    rules = written(tmp_path, "".join(reversed(texts) if backwards else texts))
    counties = ("411081", "411082", "410182", "330521", "440306", "440106")
    values = [require_rule(rules, "k", on=date(2021, 1, 1), county=c, pilot=True).number for c in counties]
    assert values == [Decimal(text) for text in ("0.4", "0.3", "0.2", "0.1", "0.3", "0.4")]


def test_two_answers_of_the_same_place_are_refused(tmp_path: Path) -> None:
    local = RECORD + 'counties = ["41", "411081"]\n'
    rules = written(tmp_path, local + local)
    with pytest.raises(RuleError, match="2 条同时有效"):
        rule_in_force(rules, "k", on=date(2021, 1, 1), county="411081", pilot=False)


def test_two_answers_are_refused(tmp_path: Path) -> None:
    rules = written(tmp_path, RECORD + RECORD)
    with pytest.raises(RuleError, match="2 条同时有效"):
        rule_in_force(rules, "k", on=date(2021, 1, 1), county="411081", pilot=False)


def test_an_unchecked_rule_warns(tmp_path: Path) -> None:
    rules = written(tmp_path, RECORD.replace("true", "false"))
    with pytest.warns(UnverifiedRuleWarning, match="某规则"):
        require_rule(rules, "k", on=date(2021, 1, 1), county="411081", pilot=False)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('unit = ""\n', "", "unit"),
        ('unit = ""', 'unit = ""\nrate = 1', "rate"),
        ("2020-01-01", '"2020-01-01"', "不是日期"),
        ("true", '"yes"', "true 或 false"),
        ("0.1", "{ a = 1 }", "不是数"),
        ('source = "某文〔2020〕1号"', "source = 2020", "应为文字"),
        ("true", "true\neffective_to = 2019-12-31", "早于"),
        ("true", "true\ncounties = [411081]", "代码文字"),
    ],
)
def test_a_faulty_record_is_refused(tmp_path: Path, before: str, after: str, fault: str) -> None:
    with pytest.raises(RuleError, match=fault):
        written(tmp_path, RECORD.replace(before, after))


def test_a_text_is_no_number(tmp_path: Path) -> None:
    (rule,) = written(tmp_path, RECORD.replace("0.1", '"高于"'))
    with pytest.raises(RuleError, match="不是数"):
        _ = rule.number


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="不是有效的 TOML"):
        written(tmp_path, "用途 = 1")
    with pytest.raises(RuleError, match=r"\[\[rule\]\]"):
        written(tmp_path, "a = 1")
    with pytest.raises(ReadError, match="打不开"):
        read_rules(tmp_path / "none.toml")
