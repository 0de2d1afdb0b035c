"""The small parsers under fire: what each promises of any text, for hypothesis and for a coverage-guided fuzzer.

A broken promise is an `AssertionError`, and any error that is not a `LandMarketError` a crash; see `tests.parser_hunt`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pandas as pd

from landmarket.errors import LandMarketError
from landmarket.io.values import number, term_years, to_code, to_date, to_number, to_term
from landmarket.pricing.notice_cells import grade_rank, grade_text
from landmarket.rules import load_toml, read_rules
from landmarket.zoning.far_range import parse_far_range, readable_far_ranges
from landmarket.zoning.parcel_code import check_parcel_codes, parse_parcel_code

Promise = Callable[[str], None]


def column(text: str) -> pd.Series[str]:
    return pd.Series([text], dtype="str")


def parcel_code(text: str) -> None:
    """A code that is taken apart is put together as it was, and only sound ones are taken apart."""
    sound = bool(check_parcel_codes(column(text))["ok"].iloc[0])
    try:
        parsed = parse_parcel_code(text)
    except LandMarketError:
        assert not sound
        return
    assert sound
    assert str(parsed) == text


def far_range(text: str) -> None:
    """A range has ends in order, none negative; whole columns read what single texts read."""
    readable = bool(readable_far_ranges(column(text)).iloc[0])
    try:
        found = parse_far_range(text)
    except LandMarketError:
        assert not readable
        return
    assert readable
    assert found.high is None or found.high > 0
    assert found.high is None or found.low is None or found.low <= found.high


def price(text: str) -> None:
    """A number is finite, the same when printed and read again, and the same in a column."""
    value, (values, bad) = number(text), to_number(column(text))
    if value is None:
        return
    assert value.is_finite()
    assert number(f"{value:f}") == value or len(f"{value:f}") > 300
    assert not bad[0]
    assert float(values.iloc[0]) == float(value)


def day(text: str) -> None:
    """A day lies between 1949 and 2100 and is the same when printed and read again; anything else is bad or blank."""
    values, bad = to_date(column(text))
    if values.isna().iloc[0]:
        return
    assert not bad[0]
    printed = f"{values.iloc[0]:%Y-%m-%d}"
    assert "1949" <= printed[:4] <= "2100"
    assert to_date(column(printed))[0].iloc[0] == values.iloc[0]


def term(text: str) -> None:
    """A term is positive; a column reads what a text reads."""
    years, (values, bad) = term_years(text), to_term(column(text))
    assert years is None or years > 0
    assert bad[0] or values.isna().iloc[0] or float(values.iloc[0]) == years


def code(text: str) -> None:
    """Codes stay texts."""
    values, bad = to_code(column(text))
    assert not bad[0]
    assert values.isna().iloc[0] or str(values.iloc[0])


def grade(text: str) -> None:
    """The name of a grade is the same when brought to one form twice."""
    once = grade_text(text)
    assert grade_text(once) == once
    rank = grade_rank(once)
    assert rank is None or rank > 0


class _Text:
    """A file that is only in memory."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read_text(self, encoding: str) -> str:
        del encoding
        return self.text

    def __str__(self) -> str:
        return "规则.toml"


def rules(text: str) -> None:
    """Rules are read, or refused with a reason; numbers in them are exact and finite."""
    with suppress(LandMarketError):
        load_toml(_Text(text))  # type: ignore[arg-type]
        for rule in read_rules(_Text(text)):  # type: ignore[arg-type]
            assert not isinstance(rule.value, Decimal) or rule.value.is_finite()


PROMISES: Mapping[str, Promise] = {
    each.__name__: each for each in (parcel_code, far_range, price, day, term, code, grade, rules)
}
_RULE = (Path(__file__).parents[1] / "landmarket" / "data" / "entry.toml").read_text(encoding="utf-8")
SEEDS: Mapping[str, tuple[str, ...]] = {
    "parcel_code": (
        "411081004002JB00001",
        "340123002004GB00011",
        "411081004002JA00000",
        "４１１０８１００４００２JB00001",
    ),
    "far_range": ("1.0≤R≤2.5", "≥1.2", "1.0-2.0", "＜１．５", "1.0～2.0", "不大于2", "1.5以下", "0.8<R<1"),
    "price": ("1,020", "１ ０２０．５", " 170 ", "-5", "1e3", "1020元/㎡", "12.5%", "1,5", "—"),
    "day": ("2025年11月3日", "20251103", "2025/1/3", "2025.1.3", "2025-11-03 00:00:00", "2025-02-30", "民国一百年"),
    "term": ("40", "40 年", "４０年", "无年期", "长期", "0", "-1"),
    "code": ("0601", "330521100.0", " 411081 ", "无"),
    "grade": ("Ⅱ级", "II", "2级", "二级", "一", "十二级"),
    "rules": ("", _RULE[:3000], '[[rule]]\nkey = "a"\nvalue = 1.0\n', 'a = """\n', '"甲" = [1, {b = 2}]'),
}
