"""What the split of a county's income hands over (收益分配成果): workbook, charts, notices for the village."""

from landmarket.income_products.products import INDEX, NOTICES, WORKBOOK, income_run, write_income
from landmarket.income_products.work import IncomeWork, Reform, do_income

__all__ = ["INDEX", "NOTICES", "WORKBOOK", "IncomeWork", "Reform", "do_income", "income_run", "write_income"]
