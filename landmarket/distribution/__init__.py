"""Who gets what of a deal's income (收益分配): adjustment fund, taxes, costs, collective, members."""

from landmarket.distribution.members import distribute_to_members
from landmarket.distribution.rule import FundBase, FundRate, SplitRule, read_split_rule
from landmarket.distribution.split import PARTIES, split_gaps, split_income

__all__ = [
    "PARTIES",
    "FundBase",
    "FundRate",
    "SplitRule",
    "distribute_to_members",
    "read_split_rule",
    "split_gaps",
    "split_income",
]
