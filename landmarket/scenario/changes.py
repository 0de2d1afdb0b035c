"""What a scenario has different from its base (情景改动): the rules, before any parcel is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pandas as pd

from landmarket.market.terms import DealTerms, public_terms
from landmarket.pricing.price_table import PriceTable
from landmarket.scenario.values import Scenario

HIDDEN = "（保密，不显示）"
_TABLES = {
    "grade_ranges": "级别范围",
    "uses": "用途对照",
    "dates": "期日修正",
    "far": "容积率修正",
    "factors": "因素修正",
    "steps": "分段修正",
    "development": "开发程度修正",
}
_LAYERS = {"villages": "村界", "plan": "规划", "owners": "所有权", "constraints": "管控图层"}
_SECRET_TERMS = ("reserve_ratio", "floor_entry_cost", "floor_price_ratio", "industrial_minimum", "industrial_uses")

_Change = tuple[str, str, str]


def scenario_changes(base: Scenario, changed: Scenario) -> pd.DataFrame:
    """List what a scenario has different from its base (情景改动).

    Parameters
    ----------
    base, changed : Scenario
        A scenario, and one made of it by `dataclasses.replace`.

    Returns
    -------
    DataFrame
        ``项目``, ``原``, ``现``, one row for each difference. That the seed or the reserve differs is said, but no
        value of them.

    See Also
    --------
    compare_scenarios : What the differences do.
    """
    rows = [
        *_fact_changes(base.facts(), changed.facts()),
        *_price_changes(base.price_table, changed.price_table),
        *_fact_changes(base.split_rule.facts(), changed.split_rule.facts()),
        *_rate_changes(base, changed),
        *_term_changes(base.terms, changed.terms),
        *_entry_changes(base, changed),
        *_layer_changes(base, changed),
    ]
    if base.seed != changed.seed:
        rows.append(("模拟种子", HIDDEN, f"不同{HIDDEN}"))
    return pd.DataFrame(list(dict.fromkeys(rows)), columns=["项目", "原", "现"], dtype="str")


def _fact_changes(before: dict[str, str], after: dict[str, str]) -> Iterator[_Change]:
    for item in dict.fromkeys([*before, *after]):
        if before.get(item) != after.get(item):
            yield item, before.get(item, "无"), after.get(item, "无")


def _price_changes(before: PriceTable, after: PriceTable) -> Iterator[_Change]:
    """Prices by cell, corrections and basis by table."""
    keys = ["township", "grade", "use"]
    old, new = (table.prices[[*keys, "unit_price"]].reset_index(drop=True) for table in (before, after))
    if not old.equals(new):
        cells = old.merge(new, on=keys, how="outer", suffixes=("_old", "_new"))
        ratio = (cells["unit_price_new"] / cells["unit_price_old"]).dropna()
        moved = int((cells["unit_price_new"].fillna(-1) != cells["unit_price_old"].fillna(-1)).sum())
        said = f"{moved} 格不同" + (f"，为原来的 {ratio.min():.4f}—{ratio.max():.4f} 倍" if len(ratio) else "")
        yield "基准地价各格", f"{len(old)} 格", said
    for name, label in _TABLES.items():
        if not getattr(before, name).equals(getattr(after, name)):
            yield f"公告：{label}", f"{len(getattr(before, name))} 行", f"{len(getattr(after, name))} 行，内容不同"
    if not before.connotation.by_use.equals(after.connotation.by_use):
        yield "公告：价格内涵", f"{len(before.connotation.by_use)} 行", f"{len(after.connotation.by_use)} 行，内容不同"
    shown = {
        "formula": "公式",
        "decimals": "单价小数位",
        "factor_decimals": "系数小数位",
        "far_outside": "容积率表外处理",
    }
    shown |= {"monthly_growth": "月增长率", "index_valid_months": "期日指数有效月数"}
    for name, label in shown.items():
        one, other = (getattr(table, name) for table in (before, after))
        if one != other:
            yield f"公告：{label}", str(getattr(one, "name", one)), str(getattr(other, "name", other))


def _rate_changes(base: Scenario, changed: Scenario) -> Iterator[_Change]:
    before, after = (scenario.split_rule.rates_by_case() for scenario in (base, changed))
    for case, old, new in _fact_changes(before, after):
        yield f"调节金比例：{case}", old, new


def _term_changes(before: DealTerms, after: DealTerms) -> Iterator[_Change]:
    old, new = (
        {
            item: f"{value} {unit}".strip()
            for item, value, unit in public_terms(terms).iloc[:, :3].itertuples(index=False)
        }
        for terms in (before, after)
    )
    yield from _fact_changes(old, new)
    if any(getattr(before, name) != getattr(after, name) for name in _SECRET_TERMS):
        yield "底价规则", HIDDEN, f"不同{HIDDEN}"
    if before.holidays != after.holidays:
        yield "交易条件：节假日", f"{len(before.holidays)} 个年度", f"{len(after.holidays)} 个年度，内容不同"


def _entry_changes(base: Scenario, changed: Scenario) -> Iterator[_Change]:
    before, after = base.entry_rule, changed.entry_rule
    for one in fields(before):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if old != new and one.name != "name":
            shown = {"rules": "规则", "scheme": "用途分类", "pilot": "是否试点", "county": "县", "holidays": "节假日"}
            size = isinstance(old, tuple)
            yield (
                f"入市办法：{shown[one.name]}",
                f"{len(old)} 条" if size else str(old),
                f"{len(new)} 条，内容不同" if size else str(new),
            )


def _layer_changes(base: Scenario, changed: Scenario) -> Iterator[_Change]:
    for name, label in _LAYERS.items():
        old, new = getattr(base, name), getattr(changed, name)
        same = old is new or (old.equals(new) if isinstance(old, pd.DataFrame) else old == new)
        if not same:
            yield f"图层：{label}", f"{len(old)} 个", f"{len(new)} 个，内容不同"
