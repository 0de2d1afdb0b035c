"""What the split of a county's income hands over (收益分配成果): workbook, charts, notices for the village."""

from landmarket.income_products.notices import public_notices
from landmarket.income_products.products import income_run, write_income
from landmarket.income_products.work import IncomeWork, Reform, do_income

__all__ = [
    "IncomeWork",
    "Reform",
    "do_income",
    "income_run",
    "public_notices",
    "write_income",
]
