"""How old a price notice may be when it is applied (基准地价的时效)."""

from __future__ import annotations

import warnings
from datetime import date
from typing import Literal

from landmarket.errors import PriceTableWarning, StalePriceTableError
from landmarket.pricing.price_table import PriceTable
from landmarket.rules import Rule, holding_rule, national_rules

_WARN_AFTER = "price_table_update_years"
_REFUSE_AFTER = "price_table_refusal_years"
_INDEX_MONTHS = "date_index_valid_months"


def staleness_rule(key: str, on: date) -> Rule | None:
    """Find the national rule on age that is in force.

    Parameters
    ----------
    key : str
        Which rule.
    on : date
        The day.

    Returns
    -------
    Rule or None
        None where none is in force. Whether its document was read is said where it bites, not here.

    Raises
    ------
    RuleError
        If two are in force.
    """
    return holding_rule(national_rules(), key, on=on, county="", pilot=False)


def check_age(table: PriceTable, on: date, stale: Literal["raise", "warn"] = "raise") -> None:
    """Warn of an old notice and refuse one that is too old.

    Parameters
    ----------
    table : PriceTable
        The notice.
    on : date
        Day it is applied for.
    stale : {"raise", "warn"}
        What happens to a notice beyond the refusal age.

    Raises
    ------
    StalePriceTableError
        If the notice is beyond the refusal age, unless ``stale="warn"``.

    Warns
    -----
    PriceTableWarning
        If it is beyond the update cycle.
    """
    base = table.connotation.base_date
    refuse, warn = staleness_rule(_REFUSE_AFTER, on), staleness_rule(_WARN_AFTER, on)
    if stale == "raise" and refuse is not None and on > _years_later(base, int(refuse.number)):
        raise StalePriceTableError(
            f"{table.name}：估价期日 {base} 到 {on} 已超过 {refuse.number} 年，{_cited(refuse)}。"
            '办法：换用更新后的基准地价；确需沿用时写 stale="warn"，并在成果中说明。'
        )
    if warn is not None and on > _years_later(base, int(warn.number)):
        warnings.warn(
            f"{table.name}：估价期日 {base} 到 {on} 已超过 {warn.number} 年，应当更新，{_cited(warn)}",
            PriceTableWarning,
            stacklevel=3,
        )


def check_index_age(table: PriceTable, last: date, on: date) -> None:
    """Warn of a date index whose last row lies far back.

    Parameters
    ----------
    table : PriceTable
        The notice.
    last : date
        Day of the row in use.
    on : date
        Day it is applied for.

    Warns
    -----
    PriceTableWarning
        If more months have passed than the notice, or else the package's rule, states.
    """
    rule = staleness_rule(_INDEX_MONTHS, on)
    months = table.index_valid_months
    if months is None:
        if rule is None:
            return
        months = int(rule.number)
    if whole_months(last, on) > months or (whole_months(last, on) == months and on.day != last.day):
        warnings.warn(
            f"{table.name}：期日修正表末行 {last} 距 {on} 已超过 {months} 个月。办法：补充新的地价指数。",
            PriceTableWarning,
            stacklevel=4,
        )


def whole_months(start: date, end: date) -> int:
    """Count the whole months from one day to another (足月数).

    Parameters
    ----------
    start, end : date
        The days; ``end`` not before ``start``.

    Returns
    -------
    int
        Months completed.

    Examples
    --------
    >>> whole_months(date(2025, 4, 1), date(2026, 3, 31)), whole_months(date(2025, 4, 1), date(2026, 4, 1))
    (11, 12)
    """
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _years_later(day: date, years: int) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return date(day.year + years, 3, 1) if leap_day else day.replace(year=day.year + years)


def _cited(rule: Rule) -> str:
    return f"依据 {rule.source}" + ("" if rule.verified else "（未经核对原文）")
