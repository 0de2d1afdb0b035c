"""A county's main job, done, and the list of what it rests on (依据)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import pandas as pd

from landmarket.checks import require_projected
from landmarket.columns import label
from landmarket.county import County, read_county_parcels, read_scenario, read_villages, require_meeting
from landmarket.distribution.fund import rules_asked
from landmarket.distribution.rule_records import rule_records
from landmarket.errors import BadValueError
from landmarket.market.terms import Form, public_terms
from landmarket.report import rule_sources, stated_sources
from landmarket.rules import national_rules
from landmarket.scenario import Outcome, Scenario, run_scenario
from landmarket.screening import Screening, screen
from landmarket.screening.result import WHOLE_COLUMN
from landmarket.zoning.conditions import FarEnd
from landmarket.zoning.constraints import Effect

_ENDS = {FarEnd.UPPER: "上限", FarEnd.LOWER: "下限"}
_EFFECTS = {Effect.VETO: "禁止入市", Effect.WARN: "提示", Effect.UNKNOWN: "待核实"}

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Work:
    """A county's main job, done (主要工作): what was read, checked and computed.

    Attributes
    ----------
    county : County
        The county file.
    screening : Screening
        Accepted parcels, findings, parcels set aside.
    scenario : Scenario
        Layers, notice and rules.
    outcome : Outcome
        One table per step.
    """

    county: County
    screening: Screening
    scenario: Scenario
    outcome: Outcome


def do_county(county: County, say: Say) -> Work:
    """Read, check and compute everything for a county.

    Parameters
    ----------
    county : County
        The county file.
    say : callable
        Told of each step, in Chinese, as it begins.

    Returns
    -------
    Work
        All results, nothing written.
    """
    say(f"读取宗地 {county.sources['parcels'].name}")
    parcels = read_county_parcels(county)
    say(f"数据检查 {len(parcels)} 宗")
    villages = read_villages(county)
    there = parcels.to_crs(require_projected(villages, "do_county"))
    require_meeting(there, villages, str(county.sources["parcels"]))
    screening = screen(parcels, county=county.county, villages=villages)
    say(f"数据检查：{findings_line(screening)}")
    if screening.accepted.empty:
        raise BadValueError(f"{county.sources['parcels']}：没有一宗可以采用。办法：先用 check 查看并改正列出的错误。")
    say("读取规划、所有权、管控图层与基准地价公告")
    scenario = read_scenario(county, require_projected(screening.accepted, "do_county"))
    say(f"入市资格、地价、交易与分配 {len(screening.accepted)} 宗")
    return Work(county, screening, scenario, run_scenario(screening.accepted, scenario))


def findings_line(screening: Screening) -> str:
    """Count the findings for the terminal, and name the columns the file does not have.

    Parameters
    ----------
    screening : Screening
        The checked parcels.

    Returns
    -------
    str
        In Chinese.
    """
    summary = screening.summary()
    counts = summary.groupby("严重程度", sort=False)["数量"].sum()
    said = severities_line({str(name): int(count) for name, count in counts.items()})
    whole = screening.findings[screening.findings["source_row"].eq(WHOLE_COLUMN)]
    columns = "；".join(
        f"{check}：{label(column)}" for check, column in zip(whole["check"], whole["column"], strict=True)
    )
    return f"{said}（逐条见工作簿“数据检查”）{'。' + columns if columns else ''}"


def severities_line(counts: Mapping[str, int]) -> str:
    """Say how many findings there are of each severity.

    Parameters
    ----------
    counts : mapping of str to int
        Findings by severity.

    Returns
    -------
    str
        In Chinese.
    """
    return "，".join(f"{severity} {count} 处" for severity, count in counts.items()) or "没有发现问题"


def rules_used(work: Work) -> pd.DataFrame:
    """List everything the results rest on (依据), the reserve price left out.

    Parameters
    ----------
    work : Work
        The county's results.

    Returns
    -------
    DataFrame
        item, value, unit, effective_from, effective_to, source, verified, note.
    """
    votes, deals = (
        tuple(day.date() for day in days.dropna().unique())
        for days in (work.outcome.parcels["vote_on"], work.outcome.deals["deal_on"])
    )
    return rules_asked_on(work.county, work.scenario, votes, deals)


def rules_asked_on(
    county: County, scenario: Scenario, vote_days: Sequence[date], deal_days: Sequence[date]
) -> pd.DataFrame:
    """List everything the results rest on (依据), where only the days on which rules were asked are known.

    Parameters
    ----------
    county : County
        The county file.
    scenario : Scenario
        Layers, notice and rules.
    vote_days, deal_days : sequence of date
        Days of the votes and of the deals, each once.

    Returns
    -------
    DataFrame
        As `rules_used`.
    """
    notice, terms = scenario.price_table, public_terms(scenario.terms)
    choices = {
        "县": f"{county.name}（{county.county}）{'，试点县' if county.pilot else ''}",
        "入市与估价期日": f"{scenario.on:%Y-%m-%d}",
        **{f"容积率区间取值（{use}）": _ENDS[FarEnd(end)] for use, end in scenario.floor_area_ratio.items()},
    }
    published = {
        "基准地价公告": f"{notice.name} {notice.document}",
        "估价期日": f"{notice.connotation.base_date:%Y-%m-%d}",
        "权利类型": notice.connotation.rights,
    }
    stated_terms = dict(zip(terms["item"], terms["value"] + terms["unit"], strict=True))
    layers = [
        stated_sources({f"管控图层：{layer.name}": _EFFECTS[layer.effect]}, layer.source)
        for layer in scenario.constraints
    ]
    in_force = [
        rule
        for rule in (*national_rules(), *scenario.entry_rule.rules)
        if any(rule.holds(day, county.county, county.pilot) for day in _days_asked(rule.key, scenario, vote_days))
    ]
    in_force += dict.fromkeys(rule for day in deal_days for rule in rules_asked(day, scenario.split_rule))
    return pd.concat(
        [
            stated_sources(choices, "县配置文件"),
            stated_sources(published, notice.source),
            *layers,
            rule_sources(rule_records(scenario.split_rule)),
            stated_sources(stated_terms, scenario.terms.source),
            rule_sources(in_force),
        ],
        ignore_index=True,
    )


def _days_asked(key: str, scenario: Scenario, vote_days: Sequence[date]) -> Sequence[date]:
    """Days on which a run asks the rule of a key; none where it does not ask at all."""
    if key.startswith("vote_"):
        return vote_days
    if key == "lease_years_max":
        return [scenario.on] if scenario.terms.form is Form.LEASE else []
    return [scenario.on] if key.startswith(("entry_", "price_table_", "date_index_")) else []


def plain(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Drop the geometry of a layer.

    Parameters
    ----------
    layer : GeoDataFrame
        Any layer.

    Returns
    -------
    DataFrame
        Its other columns.
    """
    return pd.DataFrame(layer).drop(columns=layer.geometry.name)
