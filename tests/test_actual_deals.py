"""Deals that were made, in place of simulated ones; roster and ledger held against the tables."""

from __future__ import annotations

import csv
import warnings
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from landmarket.distribution import MemberBasis, read_actual_deals, read_income_plan, with_actual_deals
from landmarket.errors import BadValueError, LandMarketWarning, ReadError, RuleError
from landmarket.income_products import IncomeWork, do_income, public_notices
from landmarket.income_products import work as work_module
from landmarket.income_products.checks import ledger_check, roster_check, unposted
from landmarket.income_products.inequality import inequality_tables, village_incomes
from landmarket.income_products.tables import present_table
from landmarket.products import Work

OWNER = "411081025001JA00001"  # a village of the sample county that has a roster


def written(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


HEAD = ["宗地代码", "成交日期", "成交价（元）", "交易方式"]
ONE = "411081025001JB00001"


def test_deals_are_read_exactly(tmp_path: Path) -> None:
    path = written(
        tmp_path / "d.csv",
        [HEAD, [ONE, "2026年3月20日", "1,234,567.89", "协议"], ["411081025001JB00005", "2026-4-1", "10", ""]],
    )
    deals = read_actual_deals(path)
    assert deals.index.tolist() == [ONE, "411081025001JB00005"]
    assert deals["deal_price_fen"].tolist() == [123_456_789, 1000]
    assert pd.to_datetime(deals["deal_on"]).dt.date.tolist() == [date(2026, 3, 20), date(2026, 4, 1)]
    assert deals["mode"].tolist() == ["协议", ""]


@pytest.mark.parametrize(
    ("row", "error", "said"),
    [
        ([ONE, "2026-3-20", "0", ""], BadValueError, "成交价应大于 0"),
        ([ONE, "2026-3-20", "12.345", ""], BadValueError, "成交价"),
        ([ONE, "", "12", ""], BadValueError, "成交日期"),
        (["", "2026-3-20", "12", ""], BadValueError, "宗地代码"),
        (["411081025001JB00009", "2026-3-20", "12", ""], BadValueError, "同一宗地只列一次"),
    ],
)
def test_a_deal_that_cannot_be_used_is_named(tmp_path: Path, row: list[str], error: type[Exception], said: str) -> None:
    path = written(tmp_path / "d.csv", [HEAD, ["411081025001JB00009", "2026-3-1", "5", ""], row])
    with pytest.raises(error, match=said) as refused:
        read_actual_deals(path)
    assert "d.csv" in str(refused.value)


def test_amounts_in_another_unit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="万元"):
        read_actual_deals(
            written(tmp_path / "d.csv", [["宗地代码", "成交日期", "成交价（万元）"], [ONE, "2026-3-20", "1"]])
        )


def test_an_unknown_parcel_is_named() -> None:
    parcels = pd.DataFrame(
        {"deal_price_fen": [1], "deal_on": [pd.NaT], "mode": ["挂牌"], "form": ["出让"], "outcome": ["成交"]},
        index=["甲"],
    )
    deals = pd.DataFrame({"deal_on": [date(2026, 1, 1)], "deal_price_fen": [5], "mode": [""]}, index=["乙"])
    with pytest.raises(BadValueError, match=r"乙.*check"):
        with_actual_deals(parcels, deals)


def computed(sample_work: Work, **plan: object) -> IncomeWork:
    """The income of the sample county with another plan."""
    county = sample_work.county
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        patch.setattr(work_module, "do_county", lambda county, say: sample_work)
        patch.setattr(work_module, "read_income_plan", lambda path: replace(read_income_plan(path), **plan))  # type: ignore[arg-type]
        return do_income(county, lambda step: None)


@pytest.fixture(scope="module")
def simulated(sample_work: Work) -> IncomeWork:
    return computed(sample_work)


def test_actual_deals_replace_the_simulated_ones(sample_work: Work, simulated: IncomeWork, tmp_path: Path) -> None:
    own = simulated.deals[simulated.deals["owner_code"].eq(OWNER)].index[:2].tolist()
    rows = [[own[1], "2026-03-20", "2000000", "协议"], [own[0], "2026-04-01", "1000000.01", ""]]
    path = written(tmp_path / "deals.csv", [HEAD, *rows])
    work = computed(sample_work, deals=path, fund_uses=None)
    assert sorted(work.deals.index) == sorted(own)
    assert work.deals.loc[own, "deal_price_fen"].tolist() == [100_000_001, 200_000_000]
    assert work.deals.loc[own[1], "mode"] == "协议"
    assert pd.isna(work.deals.loc[own[0], "mode"])  # not the mode of the simulated terms
    assert work.balance["balance_fen"].eq(0).all()
    assert int(work.balance["deal_price_fen"].sum()) == 300_000_001
    assert path in work.inputs
    notices = public_notices(work)
    assert {code: notice.deal["成交日"] for code, notice in notices.items()} == {
        own[1]: "2026-03-20",
        own[0]: "2026-04-01",
    }
    assert all("模拟" not in notice.notice for notice in notices.values())


def test_simulated_deals_say_so_on_every_notice(simulated: IncomeWork) -> None:
    notices = public_notices(simulated)
    assert notices
    assert all(notice.notice.startswith("成交为模拟，不是实际成交，不得张贴") for notice in notices.values())


def test_a_deal_of_no_known_township_is_in_the_present_values_and_on_its_notice(simulated: IncomeWork) -> None:
    code = next(iter(public_notices(simulated)))
    deals = simulated.deals.copy()
    deals["township"] = deals["township"].astype("object")
    deals.loc[code, "township"] = None
    work = replace(simulated, deals=deals)
    table = present_table(work).set_index("township")
    assert table.sum().to_dict() == simulated.present.sum().to_dict()
    assert table.loc["乡镇不明"].to_dict() == simulated.present.loc[code].to_dict()
    assert public_notices(work)[code].deal["坐落"] == deals.loc[code, "village"]


def test_a_village_has_its_members_once(simulated: IncomeWork) -> None:
    table = village_incomes(simulated, simulated.shares)
    owners = simulated.main.scenario.owners
    deals = simulated.deals[simulated.deals["owner_level"].isin(["村", "组"])]
    assert table["members_fen"].sum() == simulated.shares.loc[deals.index, "members_fen"].sum()
    below = owners[owners["owner_level"].isin(["村", "组"])]
    most = below.drop_duplicates("owner_code")["member_count"].sum()
    assert 0 < table["member_count"].sum() <= most
    # by hand: a village with a collective of its own counts that one's members, whatever its groups have
    village = below[below["owner_code"].eq(OWNER)].iloc[0]
    deal = simulated.deals[simulated.deals["owner_code"].eq(OWNER)].iloc[0]
    assert table.loc[f"{deal['township']} {deal['village']}", "member_count"] == village["member_count"]


def test_a_village_whose_members_are_not_known_is_counted_as_left_out(simulated: IncomeWork) -> None:
    counted, unknown = inequality_tables(simulated)[0][["村数", "成员数不明的村数"]].iloc[0]
    owners = simulated.main.scenario.owners.copy()
    owners.loc[owners["owner_code"].eq(OWNER), "member_count"] = pd.NA
    scenario = replace(simulated.main.scenario, owners=owners)
    after = inequality_tables(replace(simulated, main=replace(simulated.main, scenario=scenario)))[0].iloc[0]
    assert (after["村数"], after["成员数不明的村数"]) == (counted - 1, unknown + 1)


# Roster and ledger against the tables


def test_a_sound_roster_and_ledger_have_nothing_odd(simulated: IncomeWork) -> None:
    checked = roster_check(simulated)
    assert len(checked) == 3
    assert checked["需要核对"].eq("").all()
    assert checked["名册成员数"].tolist() == checked["所有权图层成员数"].tolist()
    assert not len(ledger_check(simulated))
    assert unposted(simulated) == 0


def test_members_of_an_unknown_collective_are_told(simulated: IncomeWork) -> None:
    roster = simulated.roster.copy()
    moved = roster.index[roster["owner_code"].eq(OWNER)][:2]
    roster.loc[moved, "owner_code"] = "411081025001JA00099"
    checked = roster_check(replace(simulated, roster=roster)).set_index("所有权代码")
    assert checked.loc["411081025001JA00099", "需要核对"] == "所有权图层中没有这个代码，这些成员分不到任何一宗"
    assert checked.loc["411081025001JA00099", "名册成员数"] == 2
    assert checked.loc[OWNER, "需要核对"] == "与所有权图层的成员人数不同"
    assert not set(checked.columns) & {"name", "姓名"}


def test_a_blank_share_costs_a_collective_its_notices_and_is_counted(sample_work: Work, simulated: IncomeWork) -> None:
    roster = simulated.roster.copy()
    roster["share"] = roster["share"].astype("object")
    roster.loc[roster.index[roster["owner_code"].eq(OWNER)][0], "share"] = None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work_module, "read_roster", lambda path: roster)
        work = computed(sample_work)
        paid = work.shares.loc[work.deals["owner_code"].eq(OWNER), "members_fen"].gt(0).sum()
        assert unposted(work) == paid > 0
        odd = roster_check(work).set_index("所有权代码").loc[OWNER, "需要核对"]
        assert odd == "有成交没有分到成员，原因见“未分到成员”"
        patch.setattr(work_module, "read_roster", lambda path: roster.assign(share=None))
        with pytest.raises(RuleError, match="名册没有份额"):
            computed(sample_work)
        assert computed(sample_work, member_basis=MemberBasis.HEAD).payments["amount_fen"].sum() > 0


def test_a_cost_that_the_ledger_lacks_is_told(sample_work: Work, simulated: IncomeWork, tmp_path: Path) -> None:
    code = str(simulated.deals.index[simulated.deals["cost_basis"].eq("台账")][0])
    path = written(
        tmp_path / "ledger.csv",
        [["宗地代码", "日期", "类别", "金额（元）", "凭证号"], [code, "2025-01-02", "交易", "100", "1"]],
    )
    checked = ledger_check(computed(sample_work, cost_ledger=path))
    stated = sample_work.outcome.parcels.loc[code]
    assert checked["parcel_code"].tolist() == [code, code]
    assert checked["成本类别"].tolist() == ["取得", "开发"]
    amounts = [Fraction(str(stated["acquisition_cost"])), Fraction(str(stated["development_cost"]))]
    assert [Fraction(str(value)) for value in checked["宗地表所载（元）"]] == amounts
