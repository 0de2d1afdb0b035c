"""Market entry (入市): whether a parcel may enter the market on a day, with every reason and its article.

A missing fact is 待核实, never 可入市. National rules ship with the package; what differs between places stands in the
county's own rule file.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import require_columns, require_unique_index
from landmarket.columns import label, schema
from landmarket.errors import BadValueError, SchemeError, named_rows
from landmarket.rules import Rule, as_day, require_rule, rule_in_force
from landmarket.workdays import add_working_days
from landmarket.zoning.entry_rule import JOINT, EntryRule, read_entry_rule, words
from landmarket.zoning.parcel_code import other_rights
from landmarket.zoning.reasons import Found, Mask, combine
from landmarket.zoning.votes import VOTE_COLUMNS, vote_reasons

__all__ = ["NEEDED", "EntryRule", "market_entry", "read_entry_rule"]

YES, NO = "是", "否"
NEEDED = (
    "planned_use",
    "planned_use_scheme",
    "planned_use_name",
    "planned_use_share",
    "plan_overlap_share",
    "plan_tied",
    "plan_type",
    "plan_approved_on",
    "ownership_registered",
    "disputed",
    "sealed",
    "expropriation",
    "veto_constraints",
    "warn_constraints",
    "unknown_constraints",
    "owner",
    "owner_count",
    "agent",
    *VOTE_COLUMNS,
    "entry_plan_filed_on",
    "land_source",
    "conversion_document",
    "pathway",
)
"""Columns `market_entry` needs: those of the parcels and those that zoning adds."""
_FLAGS = ("plan_tied", "ownership_registered", "disputed", "sealed", "expropriation")
_DAYS = ("plan_approved_on", "vote_on", "entry_plan_filed_on")
_CHOICES = ("plan_type", "vote_body", "land_source", "pathway", *_FLAGS)


class _Case(NamedTuple):
    """What the checks are given: the parcels, the day, and the rules."""

    parcels: pd.DataFrame
    on: date
    rule: EntryRule
    rules: tuple[Rule, ...]

    def find(self, key: str) -> Rule | None:
        return rule_in_force(self.rules, key, on=self.on, county=self.rule.county, pilot=self.rule.pilot)

    def missing(self, name: str) -> Mask:
        column = self.parcels[name]
        blank = column.astype("str").str.strip().eq("") if column.dtype.kind in "OUT" else False
        return np.asarray(column.isna() | blank, dtype=bool)

    def codes(self, rule: Rule | None) -> tuple[str, ...]:
        if rule is not None and rule.unit != self.rule.scheme:
            raise SchemeError(
                f"规则 {rule.key}（{rule.name}）的代码是 {rule.unit} 的，入市规则用{self.rule.scheme}。"
                "办法：在规则文件中给出同一分类的代码清单，unit 写明分类。"
            )
        return words(rule)

    def texts(self, name: str, where: Mask) -> list[str]:
        return self.parcels.loc[where, name].astype("str").to_list()

    def days(self, name: str, where: Mask) -> list[str]:
        days: pd.Series[str] = self.parcels.loc[where, name].dt.strftime("%Y-%m-%d")
        return days.to_list()


def market_entry(parcels: pd.DataFrame, *, on: date, rule: EntryRule) -> pd.DataFrame:
    """Whether every parcel may enter the market on a day, and why not (入市资格).

    Parameters
    ----------
    parcels : DataFrame
        Indexed by parcel code, with the columns of `NEEDED`: the parcels' own facts and the results of
        `planned_use`, `ownership` and `constraint_hits`.
    on : date
        Day of entry.
    rule : EntryRule
        The county's rules; national ones are added.

    Returns
    -------
    DataFrame
        On the same index: ``allowed`` (可入市, 不可入市, 待核实), ``reason`` (codes of **all** reasons, joined by ;),
        ``reason_text`` and ``article`` in Chinese, joined by ；. Reasons that only warn are listed too.

    Raises
    ------
    MissingColumnError
        If a column is missing; a missing column is never read as consent.
    BadValueError
        If the day is no date, a column holds a value that is not one of its own, or a parcel is named twice.
    SchemeError
        If a planned use is of another classification than the rules.
    NoRuleInForceError
        If the law allows no entry on that day.
    RuleError
        If two rules of one key are in force, or the holidays of the year are not known.

    Warns
    -----
    UnverifiedRuleWarning
        If a rule in use was not checked against its document.

    Notes
    -----
    Land: 土地管理法 art. 63(1); ownership: 实施条例 art. 38; consent: 土地管理法 art. 63(2) and, from 2025-05-01,
    农村集体经济组织法 art. 26–28, by the day of the vote; filing: 实施条例 art. 40.
    """
    require_unique_index(parcels, "market_entry")
    require_columns(parcels, list(NEEDED), "market_entry")
    _require_choices(parcels)
    _require_dates(parcels)
    on = as_day(on, "market_entry")
    case = _Case(parcels, on, rule, rule.all_rules)
    found = [
        _right_reason(parcels.index),
        *_use_reasons(case),
        *_share_reasons(case),
        *_plan_reasons(case),
        *_title_reasons(case),
        *_constraint_reasons(case),
        *_owner_reasons(case),
        *vote_reasons(parcels, case.rules, on=on, county=rule.county, pilot=rule.pilot),
        *_filing_reasons(case),
        *_source_reasons(case),
    ]
    return combine(found, parcels.index)


def _require_choices(parcels: pd.DataFrame) -> None:
    for name in _CHOICES:
        allowed = schema()[name].allowed
        bad = parcels[name].notna() & ~parcels[name].isin(allowed)
        if bad.any():
            rows = parcels.loc[bad, name]
            raise BadValueError(
                f"market_entry：{label(name)}的值不在 {JOINT.join(allowed)} 之内，{named_rows(rows.index, rows)}。"
                "办法：改正，或留空表示不明。"
            )


def _require_dates(parcels: pd.DataFrame) -> None:
    for name in _DAYS:
        column = parcels[name]
        if not pd.api.types.is_datetime64_any_dtype(column.dtype):
            raise BadValueError(
                f"market_entry：{label(name)}不是日期列（{column.dtype}）。办法：用 read_parcels()、read_layer() 读取。"
            )


def _right_reason(codes: pd.Index[str]) -> Found:
    other = other_rights(codes)
    return Found("right_other", other, [f"{code[12:14]}" for code in codes[other]])


def _use_reasons(case: _Case) -> list[Found]:
    parcels = case.parcels
    unknown = case.missing("planned_use")
    other = ~unknown & ~parcels["planned_use_scheme"].eq(case.rule.scheme).to_numpy()
    if other.any():
        rows = parcels.loc[other, "planned_use_scheme"]
        raise SchemeError(
            f"market_entry：规划用途不是{case.rule.scheme}的代码，{named_rows(rows.index, rows)}。"
            "办法：先用 use_crosswalk() 换算，或改规则的 scheme。"
        )
    listed = require_rule(case.rules, "entry_use_codes", on=case.on, county=case.rule.county, pilot=case.rule.pilot)
    warned, added = case.codes(case.find("entry_warn_codes")), case.codes(case.find("entry_use_codes_added"))
    code = parcels["planned_use"].astype("str")
    debatable = code.str.startswith(warned, na=False).to_numpy()
    operating = code.str.startswith((*case.codes(listed), *added), na=False).to_numpy()
    barred = ~unknown & ~operating & ~debatable
    return [
        Found("use_unknown", unknown),
        Found("use_not_operating", barred, _use_names(parcels, barred), [listed.source] * int(barred.sum())),
        Found("use_debatable", debatable, _use_names(parcels, debatable)),
    ]


def _share_reasons(case: _Case) -> list[Found]:
    """Whether the planned use is that of the whole parcel, and the only one."""
    parcels, planned = case.parcels, ~case.missing("planned_use")
    least, most = case.find("entry_least_use_share"), case.find("entry_most_overlap_share")
    share, overlap = (parcels[name].to_numpy(dtype=np.float64) for name in ("planned_use_share", "plan_overlap_share"))
    partial = planned & (share < (float(least.number) if least is not None else 0.0))
    tied = parcels["plan_tied"].eq(YES).to_numpy()
    ambiguous = planned & (tied | (overlap > (float(most.number) if most is not None else 0.0)))
    said = [
        "两种用途面积并列" if equal else f"规划重叠 {value:.1%}"
        for value, equal in zip(overlap[ambiguous], tied[ambiguous], strict=True)
    ]
    return [
        Found("use_partial", partial, [f"{value:.1%}" for value in share[partial]]),
        Found("use_ambiguous", ambiguous, said),
    ]


def _use_names(parcels: pd.DataFrame, where: Mask) -> list[str]:
    rows = parcels.loc[where, ["planned_use", "planned_use_name"]]
    return (rows["planned_use"].astype("str") + " " + rows["planned_use_name"].astype("str")).to_list()


def _plan_reasons(case: _Case) -> list[Found]:
    parcels = case.parcels
    planned = ~case.missing("planned_use")
    accepted = words(case.find("entry_plan_types"))
    kind_unknown, day_unknown = case.missing("plan_type"), case.missing("plan_approved_on")
    unfit = ~kind_unknown & ~parcels["plan_type"].isin(accepted).to_numpy() & bool(accepted) & planned
    later = planned & (parcels["plan_approved_on"] > pd.Timestamp(case.on)).to_numpy()
    return [
        Found("plan_unknown", planned & (kind_unknown | day_unknown)),
        Found("plan_type_unfit", unfit, case.texts("plan_type", unfit)),
        Found("plan_not_approved", later, case.days("plan_approved_on", later)),
    ]


def _title_reasons(case: _Case) -> list[Found]:
    found = []
    for name, bad_when, bad, unknown in (
        ("ownership_registered", NO, "ownership_unregistered", "ownership_registration_unknown"),
        ("disputed", YES, "disputed", "dispute_unknown"),
        ("sealed", YES, "sealed", "seal_unknown"),
        ("expropriation", YES, "expropriation", "expropriation_unknown"),
    ):
        found += [
            Found(bad, case.parcels[name].eq(bad_when).to_numpy(dtype=bool)),
            Found(unknown, case.missing(name)),
        ]
    return found


def _constraint_reasons(case: _Case) -> list[Found]:
    found = []
    for effect in ("veto", "warn", "unknown"):
        name = f"{effect}_constraints"
        touched = ~case.missing(name)
        found.append(Found(f"{effect}_constraint", touched, case.texts(name, touched)))
    return found


def _owner_reasons(case: _Case) -> list[Found]:
    count = case.parcels["owner_count"].to_numpy(dtype=np.float64, na_value=np.nan)
    several = count > 1
    return [
        Found("owner_unknown", case.missing("owner")),
        Found("several_owners", several, [f"{value:.0f} 个" for value in count[several]]),
        Found("agent_unknown", case.missing("agent")),
    ]


def _filing_reasons(case: _Case) -> list[Found]:
    needed = case.find("entry_filing_days")
    if needed is None:
        return []
    days = int(needed.number)
    # Filing on `latest`, the working days after it up to and including the day of entry are as many as needed.
    latest = add_working_days(case.on + timedelta(days=1), -days, case.rule.holidays) - timedelta(days=1)
    filed = case.parcels["entry_plan_filed_on"]
    late = (filed > pd.Timestamp(latest)).to_numpy()
    said = [f"{day} 报送，{days} 个工作日应不迟于 {latest}" for day in case.days("entry_plan_filed_on", late)]
    early = (filed < case.parcels["vote_on"]).to_numpy()
    pairs = zip(case.days("entry_plan_filed_on", early), case.days("vote_on", early), strict=True)
    return [
        Found("filing_unknown", case.missing("entry_plan_filed_on")),
        Found("filing_before_vote", early, [f"{day} 报送，{voted} 表决" for day, voted in pairs]),
        Found("filing_late", late, said, [needed.source] * len(said)),
    ]


def _source_reasons(case: _Case) -> list[Found]:
    found = []
    for name, key, kind in (("land_source", "entry_sources", "source"), ("pathway", "entry_pathways", "pathway")):
        unknown, rule = case.missing(name), case.find(key)
        found.append(Found(f"{kind}_unknown", unknown))
        if rule is not None:
            barred = ~unknown & ~case.parcels[name].isin(words(rule)).to_numpy()
            found.append(Found(f"{kind}_excluded", barred, case.texts(name, barred), [rule.source] * int(barred.sum())))
    conversion = case.find("entry_sources_to_convert")
    if conversion is not None:
        needs = case.parcels["land_source"].isin(words(conversion)).to_numpy()
        without = needs & case.missing("conversion_document")
        said = case.texts("land_source", without)
        found.append(Found("conversion_unknown", without, said, [conversion.source] * len(said)))
    return found
