"""The sample county's land book: every planted irregularity is found, and nothing else of its kind."""

from __future__ import annotations

import shutil
import warnings
from datetime import date
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from landmarket.errors import UnverifiedRuleWarning
from landmarket.io.parcels import read_layer, read_parcels
from landmarket.land_book.candidate_rule import candidate_rule
from landmarket.land_book.candidates import candidates
from landmarket.land_book.cause_zones import permit_areas, read_permits, read_use_records, with_use_records
from landmarket.land_book.collectives import read_collectives
from landmarket.land_book.decisions import check_decisions, decision_rules, read_decisions
from landmarket.land_book.disputes import dispute_states, read_disputes
from landmarket.land_book.plan_coverage import plan_areas, plan_coverage, read_plan_register
from landmarket.rules import read_rules
from landmarket.screening import screen

COUNTY = Path(__file__).resolve().parents[1] / "sample_data" / "yuzhou"
BOOK = COUNTY / "land_book"
ON = date(2026, 3, 2)
pytestmark = pytest.mark.filterwarnings("ignore::landmarket.errors.UnverifiedRuleWarning")


def planted(file: str, kind: str) -> set[str]:
    table = pd.read_csv(BOOK / "planted.csv", comment="#", dtype=str, encoding="utf-8-sig")
    found = set(table.loc[(table["file"] == file) & (table["kind"] == kind), "key"])
    assert found, f"{file} {kind}"
    return found


@cache
def parcels() -> gpd.GeoDataFrame:
    """The parcels that the land book has permits or records for."""
    records = read_use_records(BOOK / "use_records.xlsx")
    layer = screen(read_parcels(COUNTY / "parcels.gpkg")).accepted
    return with_use_records(layer.loc[records.index].assign(planned_use="1001"), records)


@cache
def listed() -> pd.DataFrame:
    permits = permit_areas(read_permits(BOOK / "permits.xlsx"), parcels())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnverifiedRuleWarning)
        rule = candidate_rule(read_rules(BOOK / "candidates.toml"), on=ON, county="411081", pilot=True)
    return candidates(parcels(), read_layer(BOOK / "survey.gpkg"), permits, rule, on=ON)


def said(words: str) -> set[str]:
    return set(listed().index[listed()["missing_evidence"].str.contains(words)])


def test_what_the_survey_says_otherwise_is_found() -> None:
    assert said("调查为国有") == planted("survey.gpkg", "调查为国有")
    assert said("图斑在城市或建制镇内") == planted("survey.gpkg", "图斑在建制镇内")
    farmland = planted("survey.gpkg", "调查为水浇地")
    assert (listed().loc[list(farmland), ["legal_stock_area", "unproven_area"]] < 1).all(axis=None)
    assert said("缺宅基地退出日期") == planted("use_records.xlsx", "缺宅基地退出日期")
    assert planted("permits.xlsx", "批准不在截止日以前") <= said("没有 2023-03-01 以前的用地批准")


@pytest.mark.parametrize(("kind", "column"), [("批而未供", "unsupplied_area"), ("闲置", "idle_area")])
def test_land_that_waits_is_found(kind: str, column: str) -> None:
    found = set(listed().index[listed()[column] > 1])
    before = listed()[["state_land_area", "homestead_area", "disused_works_area", "disused_public_area"]].sum(axis=1)
    taken = set(listed().index[before > listed()[column] + 1])
    assert found <= planted("permits.xlsx", kind)
    assert planted("permits.xlsx", kind) <= found | taken


def test_areas_add_up_and_most_candidates_are_proven() -> None:
    areas = listed()[[name for name in listed() if name.endswith("_area") and name != "candidate_area"]]
    assert areas.sum(axis=1).to_numpy() == pytest.approx(parcels().area.to_numpy())
    assert (areas >= 0).all(axis=None)
    assert {"退出的宅基地", "废弃工矿", "低效", "合法存量建设用地"} <= set(listed()["main_cause"])
    assert set(listed()["evidence_status"]) == {"齐全", "待补", "不是备选"}


def test_decisions_that_do_not_stand_are_found() -> None:
    register = read_collectives(BOOK / "collectives.xlsx")
    decisions = read_decisions(BOOK / "decisions.xlsx", register)
    result = check_decisions(decisions, decision_rules([]), on=ON, county="411081", pilot=True)
    texts = result["decision_text"]
    assert set(texts.index[texts.str.contains("同意人数不足")]) == planted("decisions.xlsx", "同意人数不足")
    assert set(texts.index[texts.str.contains("早于审议")]) == planted("decisions.xlsx", "审议在表决以后")
    assert set(texts.index[texts.str.contains("决议公开 4 天")]) == planted("decisions.xlsx", "决议公开不足")
    faulty = [planted("decisions.xlsx", kind) for kind in ("同意人数不足", "审议在表决以后", "决议公开不足")]
    assert set(result.index[result["decision_answer"] != "成立"]) == set().union(*faulty)
    assert set(register.index[register["member_count"].isna()]) == planted("collectives.xlsx", "缺成员人数")


def test_disputes_and_plans_are_found() -> None:
    states = dispute_states(parcels(), read_disputes(BOOK / "disputes.xlsx"), on=ON)["dispute_state"]
    assert set(states.index[states == "未解决"]) == planted("disputes.xlsx", "权属争议未解决")
    assert set(states.index[states == "已解决"]) == planted("disputes.xlsx", "权属争议已解决")
    villages = read_layer(COUNTY / "villages.gpkg", "villages")
    plans = plan_areas(read_plan_register(BOOK / "plans.xlsx"), villages)
    number = plans.set_index("plan_id")
    assert set(number.index[number["plan_expires_on"] < pd.Timestamp(ON)]) == planted("plans.xlsx", "规划已过期")
    assert set(number.index[number["plan_approved_on"].isna()]) == planted("plans.xlsx", "规划没有批准")
    covered = plan_coverage(parcels(), plans, ("村庄规划", "详细规划"), on=ON)
    assert set(covered["plan_status"]) >= {"已覆盖", "没有规划"}
    assert covered["township_plan_share"].min() == pytest.approx(1.0)


def test_nothing_private_or_large_is_shipped(tmp_path: Path) -> None:
    copy = tmp_path / "land_book"
    shutil.copytree(BOOK, copy)
    assert sum(file.stat().st_size for file in copy.rglob("*")) < 1_000_000
    names = read_collectives(copy / "collectives.xlsx")["legal_representative"]
    assert names.str.fullmatch(r"示例\d{4}").all()
