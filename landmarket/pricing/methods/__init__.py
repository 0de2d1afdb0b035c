"""The valuation methods, for samples and reserve prices (估价方法).

Four ways to the price of a parcel, each in a module of its own. All give 元/㎡ of land, not rounded, with every value
on the way as a column. The fifth, the coefficient method, is `landmarket.pricing.benchmark_price`.
"""

from __future__ import annotations

from landmarket.pricing.methods.appraisal import appraisal_findings, appraise, term_findings
from landmarket.pricing.methods.comparison import Average, comparable_prices, comparison_value, condition_factor
from landmarket.pricing.methods.cost import TaxInterest, cost_value
from landmarket.pricing.methods.income import annual_income, income_value, stepped_income_value
from landmarket.pricing.methods.interest import Interest, Tranche, equal_tranches, interest_factor
from landmarket.pricing.methods.rental_income import bare_land_income, built_land_income, depreciated_value
from landmarket.pricing.methods.residual import ProfitBase, residual_value

__all__ = [
    "Average",
    "Interest",
    "ProfitBase",
    "TaxInterest",
    "Tranche",
    "annual_income",
    "appraisal_findings",
    "appraise",
    "bare_land_income",
    "built_land_income",
    "comparable_prices",
    "comparison_value",
    "condition_factor",
    "cost_value",
    "depreciated_value",
    "equal_tranches",
    "income_value",
    "interest_factor",
    "residual_value",
    "stepped_income_value",
    "term_findings",
]
