"""Who gets what of a deal's income (收益分配): rules, split, payments over time, members, what a change does."""

from landmarket.distribution.accounts import (
    account_by_year,
    account_deposits,
    read_fund_uses,
    retained_account,
    risk_reserve,
)
from landmarket.distribution.actual_deals import read_actual_deals, with_actual_deals
from landmarket.distribution.balance import balance_by, parcel_balance
from landmarket.distribution.cost_ledger import CostKind, foreign_entries, later_entries, ledger_costs, read_cost_ledger
from landmarket.distribution.disclosure import group_summary, owner_summary, with_initials
from landmarket.distribution.income_plan import IncomePlan, NoticePeriod, ReformPlan, planned_reform, read_income_plan
from landmarket.distribution.library import income_rule, income_rules, regional_rules, regions
from landmarket.distribution.member_payments import member_payments, unrostered
from landmarket.distribution.members import MemberBasis, distribute_to_members, divide_among
from landmarket.distribution.payment_plan import Instalment, PaymentOrder, PaymentPlan, RentTiming, read_payment_plan
from landmarket.distribution.reform import NeutralReform, compare_splits, reform, same_fund_total
from landmarket.distribution.resale import resale_fund
from landmarket.distribution.roster import members_on, read_roster
from landmarket.distribution.rule import LAND_COSTS, FundBase, FundRate, SplitRule
from landmarket.distribution.rule_reading import read_split_rule
from landmarket.distribution.rule_records import rule_records
from landmarket.distribution.schedule import cash_by, payment_schedule, present_value
from landmarket.distribution.settlement import settled_deals
from landmarket.distribution.split import COLLECTIVES, PARTIES, split_gaps, split_income
from landmarket.distribution.taxes import deal_taxes
from landmarket.distribution.township_incomes import read_township_incomes
from landmarket.distribution.worksheet import explain_split, part_reasons, party_names

__all__ = [
    "COLLECTIVES",
    "LAND_COSTS",
    "PARTIES",
    "CostKind",
    "FundBase",
    "FundRate",
    "IncomePlan",
    "Instalment",
    "MemberBasis",
    "NeutralReform",
    "NoticePeriod",
    "PaymentOrder",
    "PaymentPlan",
    "ReformPlan",
    "RentTiming",
    "SplitRule",
    "account_by_year",
    "account_deposits",
    "balance_by",
    "cash_by",
    "compare_splits",
    "deal_taxes",
    "distribute_to_members",
    "divide_among",
    "explain_split",
    "foreign_entries",
    "group_summary",
    "income_rule",
    "income_rules",
    "later_entries",
    "ledger_costs",
    "member_payments",
    "members_on",
    "owner_summary",
    "parcel_balance",
    "part_reasons",
    "party_names",
    "payment_schedule",
    "planned_reform",
    "present_value",
    "read_actual_deals",
    "read_cost_ledger",
    "read_fund_uses",
    "read_income_plan",
    "read_payment_plan",
    "read_roster",
    "read_split_rule",
    "read_township_incomes",
    "reform",
    "regional_rules",
    "regions",
    "resale_fund",
    "retained_account",
    "risk_reserve",
    "rule_records",
    "same_fund_total",
    "settled_deals",
    "split_gaps",
    "split_income",
    "unrostered",
    "with_actual_deals",
    "with_initials",
]
