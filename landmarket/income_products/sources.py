"""What a county's income rests on (依据): every figure with where it comes from and whether its text was read."""

from __future__ import annotations

import pandas as pd

from landmarket.distribution.fund import rules_asked
from landmarket.distribution.income_plan import IncomePlan
from landmarket.distribution.payment_plan import PaymentPlan, read_payment_plan
from landmarket.distribution.rule_records import rule_records
from landmarket.income_products.tables import taxes_of
from landmarket.income_products.work import IncomeWork
from landmarket.report import rule_sources, stated_sources

_NONE = "无"
_FILES = {
    "cost_ledger": "成本台账",
    "roster": "成员名册",
    "fund_uses": "公积公益金使用台账",
    "places": "各乡镇人口与农村居民收入",
}


def sources_table(work: IncomeWork) -> pd.DataFrame:
    """List what the split and all that follows from it rest on (依据).

    Parameters
    ----------
    work : IncomeWork
        A county's income.

    Returns
    -------
    DataFrame
        The columns of `landmarket.report.rule_sources`: the county's rule with the figures it inherits, rules of the
        library that were asked, the plan, its payments, taxes, and the reforms.
    """
    days = [day.date() for day in work.deals["deal_on"].dropna().unique()]
    asked = list(dict.fromkeys(rule for day in days for rule in rules_asked(day, work.rule)))
    plan, payments = work.plan, read_payment_plan(work.plan.payment_plan)
    return pd.concat(
        [
            rule_sources(rule_records(work.rule)),
            rule_sources(asked),
            stated_sources(_settling(work), plan.source).assign(verified=plan.verified),
            stated_sources(_reserving(plan), plan.risk_reserve_document or plan.source).assign(verified=plan.verified),
            stated_sources(_posting(plan), plan.public_notice.source).assign(verified=plan.verified),
            stated_sources(_paying(payments), payments.source).assign(verified=payments.verified),
            _taxing(work),
            *(rule_sources(rule_records(one.rule)) for one in work.reforms.values()),
        ],
        ignore_index=True,
    )


def _settling(work: IncomeWork) -> dict[str, str]:
    """What the plan itself sets."""
    plan = work.plan
    files = {name: path.name if (path := getattr(plan, key)) else _NONE for key, name in _FILES.items()}
    income = {} if plan.urban_income is None else {"城镇居民人均可支配收入（元）": f"{plan.urban_income:f}"}
    return {
        "收益分配方案": plan.name,
        "决算日": f"{plan.settled_on:%Y-%m-%d}",
        **files,
        "成员分配依据": str(plan.member_basis or "没有成员名册"),
        "收付次序": str(plan.payment_order),
        "租金支付时点": str(plan.rent_timing),
        "折现率（每年）": f"{plan.discount_rate:f}",
        "现值基准日": f"{work.county.on:%Y-%m-%d}",
        "契税税率（省定）": f"{plan.deed_tax_rate:f}",
        **income,
    }


def _reserving(plan: IncomePlan) -> dict[str, str]:
    share = plan.risk_reserve_share
    return {"风险准备金占调节金比例": _NONE if share is None else f"{share:f}"}


def _posting(plan: IncomePlan) -> dict[str, str]:
    return {"公示天数": f"{plan.public_notice.days}"}


def _paying(payments: PaymentPlan) -> dict[str, str]:
    """Name the instalments, each with its day and its share of the price."""
    shares = {
        f"付款计划第 {number} 期": f"签约后 {each.days_after_contract} 日付成交价的 {each.share:f}"
        for number, each in enumerate(payments.instalments, start=1)
    }
    return {"付款计划": payments.name, **shares}


def _taxing(work: IncomeWork) -> pd.DataFrame:
    """Rates on the sheet of taxes, each once; the library's record says whether its text was read."""
    rates = taxes_of(work)[["tax", "rate", "source", "verified", "note"]].drop_duplicates()
    rates = rates.assign(item="税费：" + rates["tax"].astype("str"), value=[f"{rate:g}" for rate in rates["rate"]])
    there = stated_sources({}, "")
    return rates.reindex(columns=list(there.columns)).astype({"verified": "boolean"})
