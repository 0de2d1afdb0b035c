"""What following a county's income through hands over: recomputed by hand, without a name too many, whole or not."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import re
import sys
import tomllib
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from html import unescape
from pathlib import Path
from typing import cast
from urllib.parse import unquote

import docx
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from landmarket import cli, income_products
from landmarket.columns import header
from landmarket.county import sample_county
from landmarket.distribution import PARTIES, FundBase, read_split_rule
from landmarket.errors import LandMarketWarning
from landmarket.income_products import IncomeWork, do_income, products, public_notices
from landmarket.income_products import work as work_module
from landmarket.income_products.comparison import to_collectives_change, village_changes
from landmarket.income_products.pages import INDEX
from landmarket.income_products.products import NOTICES, WORKBOOK
from landmarket.income_products.sources import sources_table
from landmarket.io.manifest import altered_files
from landmarket.io.writing import LATEST
from landmarket.products import Work
from tests.helpers import blank_figures

SAMPLE = sample_county()
POSTED = "411081014033JB00005"
LOSS = "411081014033JB00007"
NAMES = dict(zip(PARTIES, (header(name).partition("（")[0].removesuffix("分") for name in PARTIES), strict=True))
COSTS = {"取得": "acquisition_cost", "复垦": "reclamation_cost", "开发": "development_cost"}
PAID = {"交易": "transaction_cost", "税费": "tax_paid"}


def quiet(step: str) -> None:
    """Say nothing."""


# What the files say, read without the package


def sheet_rows(path: Path) -> list[dict[str, object]]:
    """Rows of the only sheet of an input, its header being the first row that is filled throughout."""
    book = openpyxl.load_workbook(path)
    rows: list[list[object]] = [list(row) for row in book[book.sheetnames[0]].iter_rows(values_only=True)]
    at = next(number for number, row in enumerate(rows) if all(cell is not None for cell in row))
    return [
        dict(zip(map(str, rows[at]), row, strict=True)) | {"行": at + 2 + n} for n, row in enumerate(rows[at + 1 :])
    ]


def fen(amount: object) -> int:
    """Yuan as printed, in fen."""
    exact = Decimal(str(amount).replace(",", "")) * 100
    assert exact == int(exact)
    return int(exact)


@dataclass(frozen=True)
class Entry:
    """An entry of the cost ledger."""

    row: int
    code: str
    on: date
    kind: str
    fen: int


@pytest.fixture(scope="module")
def ledger() -> list[Entry]:
    """The ledger as it stands in the file."""
    return [
        Entry(
            cast("int", row["行"]),
            str(row["宗地代码"]),
            date.fromisoformat(str(row["日期"])),
            str(row["类别"]),
            fen(row["金额（元）"]),
        )
        for row in sheet_rows(SAMPLE / "cost_ledger.xlsx")
    ]


@pytest.fixture(scope="module")
def roster() -> list[dict[str, object]]:
    """The roster as it stands in the file."""
    return sheet_rows(SAMPLE / "roster.xlsx")


PLAN = tomllib.loads((SAMPLE / "rules" / "income.toml").read_text(encoding="utf-8"), parse_float=Decimal)
RULE = tomllib.loads((SAMPLE / "rules" / "split.toml").read_text(encoding="utf-8"), parse_float=Decimal)
SETTLED_ON = cast("date", PLAN["settled_on"])
ROSTERED = {"411081022012JA00002": 5, "411081014033JA00002": 5, "411081025001JA00001": 3}
"""The collectives whose members are known, and how many deals of each a small county has."""


# The sample county's income, computed once, and written once through the command


@pytest.fixture(scope="module")
def work(sample_work: Work) -> IncomeWork:
    """The sample county's income; not to be changed by a test."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        patch.setattr(work_module, "do_county", lambda county, say: sample_work)
        return do_income(sample_work.county, quiet)


@dataclass(frozen=True)
class Said:
    """How the command ended."""

    code: int
    out: str
    err: str


def call(patch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in process; return its exit code."""
    patch.setattr(sys, "argv", ["landmarket", "income", *arguments])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture(scope="module")
def told(work: IncomeWork, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The run folder that ``landmarket income`` leaves, and what it said."""
    out = tmp_path_factory.mktemp("income")
    with blank_figures() as patch:
        said = io.StringIO()
        patch.setattr(income_products, "do_income", lambda county, say: work)
        patch.setattr(sys, "stdout", said)
        assert call(patch, str(SAMPLE), "--out", str(out)) == 0
    return out / (out / LATEST).read_text(encoding="utf-8").strip(), said.getvalue()


@pytest.fixture(scope="module")
def run(told: tuple[Path, str]) -> Path:
    """The run folder."""
    return told[0]


# The sheet posted in the village, computed again as a villager would


def printed_notice(run: Path, code: str) -> docx.document.Document:
    """The printed sheet of a deal on A4."""
    (path,) = (run / NOTICES).glob(f"*{code} A4.docx")
    return docx.Document(str(path))


def cells_of(document: docx.document.Document) -> list[list[str]]:
    """The text of every row of every table."""
    return [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]


def rate_of(work: IncomeWork, code: str) -> Fraction:
    """The rate in the rule's own records: the one that states most."""
    deal = work.deals.loc[code]
    fitting = [
        record
        for record in RULE["fund_rate"]
        if all(key == "rate" or deal[key] == stated for key, stated in record.items())
    ]
    return Fraction(max(fitting, key=len)["rate"])


def test_a_villager_recomputes_the_printed_sheet(
    run: Path, work: IncomeWork, ledger: list[Entry], roster: list[dict[str, object]]
) -> None:
    rows = cells_of(printed_notice(run, POSTED))
    printed = {row[0]: row for row in rows}
    price = fen(printed["成交价（元）"][1])
    sums: dict[str, int] = defaultdict(int)
    for entry in ledger:
        if entry.code == POSTED and entry.on <= SETTLED_ON:
            sums[entry.kind] += entry.fen
    land = sum(sums[kind] for kind in COSTS)
    fund = Fraction(price - land) * rate_of(work, POSTED)
    tax = price * Fraction(RULE["tax_rate"]) + sums["交易"] + sums["税费"]
    net = price - fund - tax - land
    kept = net * Fraction(RULE["retention_rate"])
    exact = {"土地增值收益调节金": fund, "税费": tax, "组集体": kept, "成员分配": net - kept}
    exact["成本补偿"] = Fraction(land)
    parts = {name: fen(printed[name][2]) for name in exact}
    assert sum(parts.values()) == price
    for name, quota in exact.items():
        assert abs(parts[name] - quota) < 1
    day = date.fromisoformat(printed["成交日"][1])
    own = [
        row
        for row in roster
        if row["所有权代码"] == work.deals.loc[POSTED, "owner_code"]
        and (row["加入日期"] is None or date.fromisoformat(str(row["加入日期"])) <= day)
        and (row["退出日期"] is None or date.fromisoformat(str(row["退出日期"])) > day)
    ]
    total, weight = parts["成员分配"], sum(Fraction(str(row["份额"])) for row in own)
    lines = [row for row in rows if len(row) == 6 and row[0].isdecimal()]
    assert len(lines) == len(own)
    assert sum(fen(line[4]) for line in lines) == total
    for at in (0, 5, len(own) - 1):  # three villagers, by the place of their line
        share = Fraction(str(own[at]["份额"]))
        assert lines[at][1:3] == [own[at]["户号"], own[at]["姓名"]]
        assert Fraction(lines[at][3]) == share
        assert abs(fen(lines[at][4]) - total * share / weight) < 1


def test_a_printed_sheet_shows_the_amounts_its_parts_come_from(run: Path, work: IncomeWork) -> None:
    printed = {row[0]: row for row in cells_of(printed_notice(run, POSTED))}
    gain, rate = re.findall(r"土地增值收益 ([\d,.]+) 元 × (\d+)%", printed["土地增值收益调节金"][1])[0]
    assert abs(fen(gain) * Fraction(rate) / 100 - fen(printed["土地增值收益调节金"][2])) < 1
    net = re.findall(r"净收益 ([\d,.]+) 元 × 30%", printed["组集体"][1])[0]
    assert fen(net) == fen(printed["组集体"][2]) + fen(printed["成员分配"][2])
    paid = re.findall(r"成交价 × 0\.05%，另加台账中的交易费用与税费 ([\d,.]+) 元", printed["税费"][1])[0]
    exact = fen(paid) + Fraction(fen(printed["成交价（元）"][1]), 2000)
    assert abs(exact - fen(printed["税费"][2])) < 1
    assert printed["公示期"][1].startswith("2026年12月31日至2027年1月7日")  # costs are known from the settlement on


def test_a_printed_sheet_of_adjusted_entry_says_what_the_shares_are_of(
    few: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcels = few.outcome.parcels.copy()
    parcels.loc[POSTED, "pathway"] = "调整"
    rule = replace(few.scenario.split_rule, reclaimed_share=Decimal("0.2"))
    adjusted = replace(few, outcome=replace(few.outcome, parcels=parcels))
    adjusted = replace(adjusted, scenario=replace(few.scenario, split_rule=rule))
    monkeypatch.setattr(work_module, "do_county", lambda county, say: adjusted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        parts = public_notices(do_income(few.county, quiet))[POSTED].parts.set_index("party")
    amount, basis = parts["amount_fen"].to_dict(), parts["basis"].to_dict()
    net = amount["复垦区集体"] + amount["组集体"] + amount["成员分配"]
    for party, rate, base in (("复垦区集体", 20, net), ("组集体", 30, net - amount["复垦区集体"])):
        stated, percent = re.findall(r"([\d,.]+) 元 × (\d+)%", basis[party])[0]
        assert (fen(stated), int(percent)) == (base, rate)
        assert abs(Fraction(base * rate, 100) - amount[party]) < 1
    assert basis["组集体"].startswith("净收益扣除复垦区集体部分后")


def test_a_deal_at_a_loss_says_why_nobody_is_paid(run: Path, work: IncomeWork) -> None:
    document = printed_notice(run, LOSS)
    printed = {row[0]: row for row in cells_of(document)}
    assert set(printed) & set(NAMES.values()) == {"税费", "成本补偿"}
    loss = int(work.shares["loss_fen"].astype("int64").loc[LOSS])
    assert f"另有 {loss // 100:,}.{loss % 100:02} 元没有补偿" in printed["成本补偿"][1]
    text = "".join(paragraph.text for paragraph in document.paragraphs)
    assert "本宗没有可以分配到成员的净收益" in text
    assert "按现行办法，净收益留在" not in text


def test_the_command_counts_every_sheet_it_wrote(told: tuple[Path, str], work: IncomeWork) -> None:
    folder, said = told
    files = list((folder / NOTICES).glob("*.docx"))
    posted = work.deals["owner_code"].isin(work.rostered)
    assert len(files) == 2 * posted.sum()
    assert f"公示表 {posted.sum()} 宗" in said
    assert f"台账未计入 {len(work.uncounted)} 笔" in said
    assert "收支差额 0.00 万元" in said


# Privacy


def pieces(path: Path) -> Iterator[bytes]:
    """What a file holds: its bytes, what is packed in it, the text of its cells."""
    yield path.name.encode()
    if path.suffix in {".xlsx", ".docx"}:
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    elif path.suffix == ".parquet":
        table = pd.read_parquet(path).reset_index()
        yield "\n".join(str(value) for column in table.columns for value in table[column].unique()).encode()
        yield "\n".join(map(str, table.columns)).encode()
    else:
        yield path.read_bytes()


def parts_of(texts: set[str], lengths: set[int]) -> set[str]:
    """Every part of some lengths."""
    return {text[at : at + long] for text in texts for long in lengths for at in range(len(text) - long + 1)}


def test_names_stand_on_the_posted_sheets_alone_and_private_numbers_nowhere(
    run: Path, roster: list[dict[str, object]]
) -> None:
    names = {str(row["姓名"]) for row in roster if len(str(row["姓名"])) >= 3}
    private = {str(row[column]) for row in roster for column in ("身份证号", "银行账号", "电话")}
    assert len(names) > 100
    assert min(map(len, private)) >= 11
    where: dict[str, set[str]] = {"names": set(), "private": set()}
    long, wide = {len(name) for name in names}, {len(number) for number in private}
    for path in (path for path in run.rglob("*") if path.is_file()):
        for text in {piece.decode("utf-8", errors="ignore") for piece in pieces(path)}:
            if parts_of(set(re.findall(r"[\u3400-\u9fff]{3,}", text)), long) & names:
                where["names"].add(path.relative_to(run).parts[0])
            if parts_of(set(re.findall(r"[0-9]{11,}[Xx]?", text)), wide) & private:
                where["private"].add(path.name)
    assert where["names"] == {NOTICES}
    assert where["private"] == set()


# The workbook


def shown(run: Path, *, values: bool) -> dict[str, Worksheet]:
    """The sheets, with what the formulas gave, or with the formulas."""
    book = openpyxl.load_workbook(run / WORKBOOK, data_only=values)
    return {name: book[name] for name in book.sheetnames}


@pytest.fixture(scope="module")
def formulas(run: Path) -> dict[str, Worksheet]:
    """The sheets as formulas."""
    return shown(run, values=False)


@pytest.fixture(scope="module")
def values(run: Path) -> dict[str, Worksheet]:
    """The sheets as stored values."""
    return shown(run, values=True)


def table_of(sheet: Worksheet) -> tuple[list[str], list[list[object]]]:
    """Header and rows below the three lines of heading."""
    rows: list[list[object]] = [list(row) for row in sheet.iter_rows(min_row=4, values_only=True)]
    return [str(cell).replace("\n", "") for cell in rows[0]], rows[1:]


def records(sheet: Worksheet) -> list[dict[str, object]]:
    """Rows by header; the total is the last one where there is one."""
    head, rows = table_of(sheet)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_sheets_speak_chinese_with_units(values: dict[str, Worksheet]) -> None:
    for name, sheet in values.items():
        head, rows = table_of(sheet)
        assert not [cell for cell in head if re.search("[A-Za-z_]|分$", cell)], name
        texts = {cell for row in rows for cell in row if isinstance(cell, str)}
        assert not texts & {"nan", "NaN", "None", "NaT", "<NA>", "True", "False", "gain", "price", ""}, name
        assert str(sheet["A2"].value).startswith("成交为模拟，不是实际成交，不得张贴"), name


def cell_of(sheet: Worksheet, at: str) -> Decimal | None:
    """A stored number."""
    value = sheet[at].value
    return None if value is None else Decimal(str(value))


def recomputed(formula: str, sheet: Worksheet) -> Decimal:
    """The value of one of the two kinds of formula the workbook has, from the stored cells."""
    if found := re.fullmatch(r"=SUM\((\w+):(\w+)\)", formula):
        cells = [Decimal(str(cell.value)) for (cell,) in sheet[f"{found[1]}:{found[2]}"] if cell.value is not None]
        return sum(cells, Decimal(0))
    found = re.fullmatch(r"=ROUND\((\w+)\*\(COUNT\(([\w,]+)\)>0\)-SUM\(\2\),2\)", formula)
    assert found is not None, formula
    parts = [part for at in found[2].split(",") if (part := cell_of(sheet, at)) is not None]
    whole = cell_of(sheet, found[1])
    assert whole is not None
    return round(whole * (len(parts) > 0) - sum(parts, Decimal(0)), 2)


def test_formulas_are_live_and_agree_with_what_is_stored(
    formulas: dict[str, Worksheet], values: dict[str, Worksheet]
) -> None:
    counted, checks = 0, 0
    for name, sheet in formulas.items():
        for row in sheet.iter_rows(min_row=5):
            for cell in row:
                if cell.data_type == "f":
                    stored = cell_of(values[name], cell.coordinate)
                    assert stored is not None
                    assert abs(stored - recomputed(str(cell.value), values[name])) < Decimal("1e-6"), cell.coordinate
                    counted += 1
                    checks += (checked := str(cell.value).startswith("=ROUND"))
                    assert not checked or stored == 0
    assert checks > 1038 + 3 * 1038  # every deal and every instalment
    assert counted > checks


def test_parts_of_every_deal_are_its_price_and_townships_are_their_deals(
    values: dict[str, Worksheet], work: IncomeWork
) -> None:
    *deals, total = records(values["收支平衡"])
    heads = [f"{name}（元）" for name in NAMES.values()]
    assert len(deals) == work.deals["deal_price_fen"].notna().sum()
    by_town: dict[object, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for deal in deals:
        price = fen(deal["成交价（元）"])
        assert price == work.main.outcome.deals.loc[str(deal["宗地代码"]), "deal_price_fen"]
        assert sum(fen(deal[name]) for name in heads) == price
        for name in ("成交价（元）", *heads):
            by_town[deal["乡镇"]][name] += fen(deal[name])
            by_town["合计"][name] += fen(deal[name])
        by_town[deal["乡镇"]]["已分配（宗）"] += 1
        by_town["合计"]["已分配（宗）"] += 1
    assert {name: fen(total[name]) for name in heads} == {name: by_town["合计"][name] for name in heads}
    for row in records(values["乡镇汇总"]):
        stated = by_town.pop(row["乡镇"])
        assert row["已分配（宗）"] == stated["已分配（宗）"]
        assert [fen(row[name]) for name in ("成交价（元）", *heads)] == [stated[n] for n in ("成交价（元）", *heads)]
    assert not by_town


def test_cash_by_year_adds_up_to_the_deals(values: dict[str, Worksheet]) -> None:
    towns = {str(deal["宗地代码"]): deal["乡镇"] for deal in records(values["收支平衡"])[:-1]}
    heads = ["金额（元）", *(f"{name}（元）" for name in NAMES.values())]
    paid: dict[tuple[object, ...], int] = defaultdict(int)
    by_deal: dict[tuple[str, str], int] = defaultdict(int)
    for one in records(values["分期收付"])[:-1]:
        for name in heads:
            paid[str(cast("datetime", one["应付日"]).year), towns[str(one["宗地代码"])], name] += fen(one[name])
            by_deal[str(one["宗地代码"]), name] += fen(one[name])
    stated = {
        (row["年度"], row["乡镇"], name): fen(row[name]) for row in records(values["分年度收付"])[:-1] for name in heads
    }
    assert stated == dict(paid)
    deals = {str(deal["宗地代码"]): deal for deal in records(values["收支平衡"])[:-1]}
    for (code, name), amount in by_deal.items():
        assert amount == fen(deals[code]["成交价（元）" if name == "金额（元）" else name])


def test_present_values_by_decimal_arithmetic(run: Path, work: IncomeWork) -> None:
    schedule = pd.read_parquet(run / "tables" / "schedule.parquet")
    present = pd.read_parquet(run / "tables" / "present_values.parquet")
    rate = Decimal(str(PLAN["discount_rate"]))
    for code in (POSTED, str(work.deals.index[0])):
        own = schedule[schedule["parcel_code"].eq(code)]
        assert own["due_on"].dt.strftime("%Y-%m-%d").tolist() == ["2026-05-01", "2026-06-20", "2027-04-21"]
        for party in PARTIES:
            with localcontext(prec=50):
                worth = sum(
                    (
                        Decimal(amount) / (1 + rate) ** (Decimal((due.date() - work.county.on).days) / 365)
                        for amount, due in zip(own[party].tolist(), own["due_on"], strict=True)
                    ),
                    Decimal(0),
                )
                assert present.loc[code, party] == int(worth.quantize(Decimal(1), ROUND_HALF_UP))


def test_members_of_a_deal_are_paid_what_it_leaves_them(work: IncomeWork, values: dict[str, Worksheet]) -> None:
    paid = work.payments.groupby("parcel_code")["amount_fen"].sum()
    own = work.deals["owner_code"].isin(work.rostered)
    due = work.shares.loc[own, "members_fen"].astype("int64")
    assert paid.to_dict() == due[due > 0].to_dict()
    owners = work.deals["owner_code"]
    stated = {str(row["所有权代码"]): fen(row["金额（元）"]) for row in records(values["成员分配（集体）"])}
    assert stated == due.groupby(owners[own]).sum().to_dict()
    undivided = [str(row["宗地代码"]) for row in records(values["未分到成员"])[:-1]]
    assert set(undivided) == set(work.deals.index[~own & work.shares["members_fen"].gt(0)])


def test_suppressed_cells_have_no_numbers(work: IncomeWork, tmp_path: Path) -> None:
    some = work.payments[work.payments["owner_code"].eq("411081025001JA00001")]
    few = some["group"].eq("第一村民小组") & ~some["household"].isin(sorted(some["household"].unique())[:3])
    products.write_income_book(replace(work, payments=some[~few]), tmp_path / WORKBOOK, datetime(2026, 3, 2))
    rows = records(openpyxl.load_workbook(tmp_path / WORKBOOK)["成员分配（组）"])
    hidden = [row for row in rows if row["隐去"] == "是"]
    assert 2 <= len(hidden) < len(rows)  # never one alone: it could be computed from the total
    assert "第一村民小组" in {row["村民小组"] for row in hidden}
    for row in rows:
        known = [row[name] is not None for name in ("户数", "人数", "金额（元）")]
        assert known == [row["隐去"] == "否"] * 3


# Retained funds and the reserve


def test_retained_accounts_follow_the_payments_and_never_fall_below_zero(run: Path, work: IncomeWork) -> None:
    account = pd.read_parquet(run / "tables" / "accounts.parquet")
    own = {"乡镇": "township_fen", "村": "village_fen", "组": "group_fen"}
    schedule = pd.read_parquet(run / "tables" / "schedule.parquet")
    deposits: dict[tuple[str, date], int] = defaultdict(int)
    for one in schedule.to_dict("records"):
        deal = work.deals.loc[str(one["parcel_code"])]
        deposits[str(deal["owner_code"]), one["due_on"].date()] += int(one[own[str(deal["owner_level"])]])
    uses: dict[tuple[str, date], int] = defaultdict(int)
    for row in sheet_rows(SAMPLE / "fund_uses.xlsx"):
        uses[str(row["集体代码"]), date.fromisoformat(str(row["日期"]))] += fen(row["金额（元）"])
    assert (account["balance_fen"] >= 0).all()
    for column, stated in (("in_fen", deposits), ("out_fen", uses)):
        sums = account.groupby(["collective_code", account["entry_on"].dt.date])[column].sum()
        assert sums[sums > 0].to_dict() == {key: amount for key, amount in stated.items() if amount}
    balance: dict[str, int] = defaultdict(int)
    for one in work.years.to_dict("records"):
        code = str(one["collective_code"])
        assert one["opening_fen"] == balance[code]
        for sign, entries in ((1, deposits), (-1, uses)):
            days = [(owner, day) for owner, day in entries if owner == code and day.year == one["year"]]
            balance[code] += sign * sum(entries[key] for key in days)
        assert one["closing_fen"] == balance[code]
    assert balance == account.groupby("collective_code")["balance_fen"].last().to_dict()
    kept = account[account["in_fen"].gt(0)]
    assert kept["document"].str.removeprefix("宗地 ").isin(work.deals.index).all()


def test_the_risk_reserve_is_a_tenth_of_the_fund_half_up(values: dict[str, Worksheet]) -> None:
    rows = records(values["风险准备金"])
    assert len(rows) == 1038 + 1
    for row in rows[:-1]:
        fund, reserve = fen(row["土地增值收益调节金（元）"]), fen(row["风险准备金（元）"])
        assert reserve == (Decimal(fund) * PLAN["risk_reserve_share"]).quantize(Decimal(1), ROUND_HALF_UP)
        assert fen(row["调节金余额（元）"]) == fund - reserve


# Settled costs


def test_deals_bear_the_ledgers_sums_and_others_the_stated_costs(work: IncomeWork, ledger: list[Entry]) -> None:
    table = pd.DataFrame(work.main.outcome.table.drop(columns="geometry")).to_dict("index")
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for entry in ledger:
        if entry.on <= SETTLED_ON:
            sums[entry.code, entry.kind] += entry.fen
    entered = {code for code, _ in sums}
    for code, deal in work.deals.to_dict("index").items():
        if code in entered:
            assert deal["cost_basis"] == "台账"
            for kind, column in (COSTS | PAID).items():
                assert round(deal[column] * 100) == sums[str(code), kind]
        else:
            assert deal["cost_basis"] == "宗地表"
            assert deal["acquisition_cost"] == table[code]["acquisition_cost"]
            assert deal["development_cost"] == table[code]["development_cost"]
    assert work.deals["cost_basis"].eq("台账").sum() == len(entered & set(work.deals.index))


def test_what_does_not_count_is_listed_with_its_reason_and_nothing_is_lost(
    work: IncomeWork, ledger: list[Entry]
) -> None:
    reasons = work.uncounted.set_index("source_row")["uncounted_reason"].to_dict()
    for entry in ledger:
        if entry.on > SETTLED_ON:
            assert "晚于决算日 2026-12-31" in str(reasons.pop(entry.row))
        elif entry.code not in work.deals.index:
            assert reasons.pop(entry.row) == "宗地没有成交"
    assert not reasons
    columns = [*COSTS.values(), *PAID.values()]
    counted = work.deals.loc[work.deals["cost_basis"].eq("台账"), columns].mul(100).round().sum().sum()
    assert int(counted) + int(work.uncounted["amount_fen"].sum()) == sum(entry.fen for entry in ledger)


# Reforms


def test_changes_add_up_to_zero_and_the_total_stays_where_it_should(work: IncomeWork) -> None:
    assert set(work.reforms) == {"调节金三成", "改按成交价计征，总额不变"}
    for name, one in work.reforms.items():
        assert (one.changes["change"].groupby("group").sum() == 0).all()
        by_party = one.changes["change"].groupby("party").sum()
        own = ["township_fen", "reclaimed_fen", "village_fen", "group_fen", "members_fen"]
        assert to_collectives_change(work, name) == by_party[own].sum()
    third = work.reforms["调节金三成"].shares["fund_fen"]
    exact = [Fraction(int(gain) * 3, 10) for gain in work.shares["gain_fen"]]
    assert all(abs(int(got) - want) < 1 for got, want in zip(third, exact, strict=True))
    equal = work.reforms["改按成交价计征，总额不变"]
    price = int(work.deals["deal_price_fen"].sum())
    bound = price * Fraction(1, 1_000_000) + len(work.deals)  # a rate at six decimals, and a fen a deal
    assert abs(int(equal.shares["fund_fen"].sum()) - int(work.shares["fund_fen"].sum())) <= bound
    assert equal.rule.fund_base is FundBase.PRICE


def test_the_villages_that_change_most_are_those_of_the_sheet(work: IncomeWork, values: dict[str, Worksheet]) -> None:
    name = "调节金三成"
    own = ["township_fen", "reclaimed_fen", "village_fen", "group_fen", "members_fen"]
    change = (work.reforms[name].shares[own] - work.shares[own]).sum(axis=1)
    places = work.deals["township"] + " " + work.deals["village"]
    by_village = change.groupby(places).sum().sort_values()
    rows = records(values[f"增减前十 {name}"])
    assert fen(rows[0]["增减（元）"]) == by_village.iloc[-1]
    assert rows[0]["村"] == by_village.index[-1]
    assert fen(rows[10]["增减（元）"]) == by_village.iloc[0]
    assert len(rows) == len(village_changes(work, name)) == 20


# What it rests on


def test_every_figure_has_its_source_and_whether_it_was_checked(values: dict[str, Worksheet]) -> None:
    rows = records(values["依据"])
    assert all(row["来源"] and row["是否核对原文"] in {"是", "否（未核对）"} for row in rows)
    stated = {str(row["名称"]): (str(row["值"]), row["来源"], row["是否核对原文"]) for row in rows}
    assert stated["决算日"][0] == "2026-12-31"
    assert stated["折现率（每年）"][0] == str(PLAN["discount_rate"])
    assert stated["契税税率（省定）"][0] == str(PLAN["deed_tax_rate"])
    assert stated["城镇居民人均可支配收入（元）"][0] == str(PLAN["urban_income"])
    assert stated["风险准备金占调节金比例"] == ("0.10", PLAN["risk_reserve_document"], "否（未核对）")
    assert stated["公示天数"] == ("7", PLAN["public_notice"]["source"], "否（未核对）")
    payment = tomllib.loads((SAMPLE / "rules" / "payment.toml").read_text(encoding="utf-8"), parse_float=str)
    for number, each in enumerate(payment["instalment"], start=1):
        said, source, _ = stated[f"付款计划第 {number} 期"]
        assert said == f"签约后 {each['days_after_contract']} 日付成交价的 {each['share']}"
        assert source == payment["source"]
    rates = [str(row["值"]) for row in rows if str(row["名称"]).endswith("办法（示例）：调节金比例")]
    assert sorted(map(Decimal, rates)) == sorted(record["rate"] for record in RULE["fund_rate"])
    assert stated["土地增值收益调节金占土地增值收益的比例区间"][1] == "财税〔2023〕52号"
    for tax in ("契税", "印花税（产权转移书据）", "土地增值税"):
        assert stated[f"税费：{tax}"][2] == ("是" if tax.startswith("契税") else "否（未核对）")
    assert {"调节金三成：调节金比例", "改按成交价计征，总额不变：调节金比例"} <= set(stated)


def test_figures_inherited_from_the_library_keep_their_own_source(work: IncomeWork, tmp_path: Path) -> None:
    text = 'name = "某县办法"\nsource = "某政〔2016〕1号"\ncounty = "330521"\npilot = true\nverified = true\n'
    text += 'effective_from = 2016-01-01\neffective_to = 2018-12-31\nbase = "德清"\ntax_rate = 0.0\n'
    text += 'retention_rate = 0.2\ndirect_distribution = true\nfund_base = "price"\n'
    (tmp_path / "split.toml").write_text(text, encoding="utf-8")
    rule = read_split_rule(tmp_path / "split.toml")
    scenario = replace(work.main.scenario, split_rule=rule)
    listed = sources_table(replace(work, main=replace(work.main, scenario=scenario)))
    path = Path(work_module.__file__).parent.parent / "data" / "income" / "local.toml"
    library = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)["rule"]
    cited = [one for one in library if one.get("region") == "德清" and one["key"] == "fund_rate"]
    assert len(cited) >= 2
    for one in cited:
        row = listed[listed["item"].eq(one["name"])]
        assert row[["value", "source"]].to_numpy().tolist() == [[one["value"], one["source"]]]
        assert not row["verified"].any()


def test_the_manifest_lists_every_input_of_the_plan(run: Path, work: IncomeWork) -> None:
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    files = {
        Path(entry["path"]).name: file["sha256"]
        for entry in manifest["inputs"]
        for file in entry["files"]
        if file["name"]
    }
    wanted = ["rules/income.toml", "rules/payment.toml", "rules/split.toml"]
    for name in [*wanted, "cost_ledger.xlsx", "roster.xlsx", "fund_uses.xlsx", "township_incomes.csv"]:
        digest = hashlib.sha256((SAMPLE / name).read_bytes()).hexdigest()
        assert files[Path(name).name] == digest
    assert {Path(entry["path"]).name for entry in manifest["secret_inputs"]} == {"county.toml", "deal.toml"}
    assert [row["item"] for row in manifest["rules"]] == sources_table(work)["item"].tolist()
    assert manifest["notice"] == f"成交为模拟，不是实际成交，不得张贴　{work.county.notice}"


# The run folder


def test_the_run_folder_is_whole_and_its_pages_lead_everywhere(run: Path) -> None:
    assert altered_files(run) == []
    linked: set[Path] = {run / INDEX}
    for page in (run / INDEX, run / NOTICES / INDEX):
        text = page.read_text(encoding="utf-8")
        links = [unquote(unescape(link)) for link in re.findall(r'href="([^"#]+)"', text)]
        linked |= {(page.parent / link).resolve() for link in links if not link.startswith(("http", "data:"))}
        assert not re.search(r"_fen|[a-z]+_[a-z]+（|>nan<", text)
    assert all(path.is_file() for path in linked)
    written = {path.resolve() for path in run.rglob("*") if path.suffix in {".docx", ".png", ".xlsx"}}
    assert written <= linked
    assert {path.stem for path in (run / "图").glob("*.png")} == {path.stem for path in (run / "图").glob("*.pdf")}
    assert {path.stem for path in (run / "tables").iterdir()} == {
        *("shares", "balance", "townships", "schedule", "present_values", "accounts")
    }


# Damaged and unusual inputs, as an analyst sees them


def copied(folder: Path) -> Path:
    """A folder of the sample county whose text files may be changed."""
    county = folder / "county"
    (county / "rules").mkdir(parents=True)
    for path in SAMPLE.iterdir():
        if path.name == "county.toml":
            (county / path.name).write_bytes(path.read_bytes())
        elif path.name != "rules":
            (county / path.name).symlink_to(path, target_is_directory=path.is_dir())
    for path in (SAMPLE / "rules").iterdir():
        (county / "rules" / path.name).write_bytes(path.read_bytes())
    return county


def change_text(county: Path, name: str, old: str, new: str) -> None:
    """Change a text of a file of the county."""
    text = (county / name).read_text(encoding="utf-8")
    assert old in text
    (county / name).write_text(text.replace(old, new), encoding="utf-8")


def change_sheet(county: Path, name: str, old: str | float, new: str | float) -> None:
    """Change the first cell with a value in a workbook of the county."""
    book = openpyxl.load_workbook(county / name)
    cell = next(cell for row in book[book.sheetnames[0]].iter_rows() for cell in row if cell.value == old)
    cell.value = new
    (county / name).unlink()
    book.save(county / name)


@pytest.fixture(scope="module")
def few(sample_work: Work) -> Work:
    """The sample county with thirty deals, five or fewer of each collective whose members are known."""
    outcome = sample_work.outcome
    owners = outcome.parcels.loc[outcome.deals.index, "owner_code"]
    sold = outcome.deals.index[outcome.deals["deal_price_fen"].notna()]
    known = [sold[owners.loc[sold].eq(owner)][:most] for owner, most in ROSTERED.items()]
    others = sold[~owners.loc[sold].isin(list(ROSTERED))]
    codes = [code for some in (*known, others[::60]) for code in some]
    shorter = replace(outcome, deals=outcome.deals.loc[codes], shares=outcome.shares.loc[codes])
    return replace(sample_work, outcome=shorter)


Changed = Callable[[Path], None]


def income(
    patch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    main: Work,
    change: Changed = lambda county: None,
    *,
    charts: bool = False,
) -> tuple[Said, Path]:
    """Call ``landmarket income`` on a changed county whose main job is done; its exit, and its folder of runs."""
    county, out = copied(folder), folder / "out"
    change(county)
    patch.setattr(work_module, "do_county", lambda county, say: replace(main, county=county))
    if not charts:
        patch.setattr(products, "write_charts", lambda *_: {})
    code = call(patch, str(county), "--out", str(out))
    captured = capsys.readouterr()
    return Said(code, captured.out, captured.err), out


REFUSALS: list[tuple[Changed, tuple[str, ...]]] = [
    (lambda c: change_sheet(c, "roster.xlsx", "姓名", "称呼"), ("roster.xlsx", "缺少列 name（姓名")),
    (lambda c: change_sheet(c, "roster.xlsx", "户号", "备注"), ("roster.xlsx", "缺少列 household（户号")),
    (lambda c: change_sheet(c, "cost_ledger.xlsx", "复垦", "招待"), ("cost_ledger.xlsx", "cost_kind（类别）", "招待")),
    (lambda c: change_sheet(c, "cost_ledger.xlsx", "金额（元）", "金额（万元）"), ("金额（万元）", "单位不是元")),
    (lambda c: change_text(c, "county.toml", "income_plan =", "# income_plan ="), ("county.toml", "没有 income_plan")),
    (lambda c: (c / "rules" / "income.toml").unlink(), ("income.toml",)),
    (lambda c: change_text(c, "rules/income.toml", "../roster.xlsx", "../名册.xlsx"), ("income.toml", "名册.xlsx")),
    (lambda c: change_text(c, "rules/income.toml", "按份额", "按亩"), ("member_basis", "按份额")),
    (lambda c: change_text(c, "rules/payment.toml", "share = 0.40", "share = 0.41"), ("付款计划", "share")),
    (lambda c: change_sheet(c, "fund_uses.xlsx", 27746.86, 99999999), ("balance_fen（余额）", "机井与水渠维修")),
    (lambda c: change_text(c, "rules/income.toml", "fund_rate = 0.30", "fund_rate = 0.60"), ("调节金三成", "0.60")),
]


@pytest.mark.parametrize(("change", "said"), REFUSALS)
def test_inputs_that_cannot_be_used_are_refused_by_name_and_nothing_is_written(
    few: Work,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Changed,
    said: tuple[str, ...],
) -> None:
    end, out = income(monkeypatch, capsys, tmp_path, few, change)
    assert end.code == 4
    refusal = end.err.partition("不能处理：")[2]
    for words in (*said, "办法："):
        assert words in refusal
    assert "Traceback" not in end.err
    assert not out.exists() or not list(out.iterdir())


def test_whatever_was_not_checked_is_warned_of_once(
    few: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(income_products, "write_income", lambda *_: None)
    end, _ = income(monkeypatch, capsys, tmp_path, few)
    assert end.code == 0
    noticed = [line for line in end.err.splitlines() if line.startswith("注意：")]
    for words in (
        "收益分配方案未经核对原文：禹州市入市收益决算与分配方案（示例）",
        "付款计划未经核对原文：禹州市入市价款分期付款（示例）",
        "收益分配办法未经核对原文：禹州市集体经营性建设用地入市收益分配办法（示例）",
        "规则未经核对原文：土地增值收益调节金占土地增值收益的比例区间",
    ):
        assert len([line for line in noticed if words in line and "测算假设" not in line]) == 1, words
    assert len(noticed) == len(set(noticed))


def test_checked_documents_are_not_warned_of(
    few: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(county: Path) -> None:
        for name in ("rules/income.toml", "rules/payment.toml"):
            change_text(county, name, "verified = false", "verified = true")

    monkeypatch.setattr(income_products, "write_income", lambda *_: None)
    end, _ = income(monkeypatch, capsys, tmp_path, few, change)
    assert end.code == 0
    assert "收益分配方案未经核对原文" not in end.err
    assert "付款计划未经核对原文" not in end.err


def book_of(out: Path) -> dict[str, Worksheet]:
    """The sheets of the only run."""
    (folder,) = [path for path in out.iterdir() if path.is_dir()]
    return shown(folder, values=True)


def on_a_day_without_a_rule(main: Work, codes: list[str]) -> Work:
    """Some deals on a day before the county's rule and between the national ones."""
    deals = main.outcome.deals.copy()
    deals.loc[codes, "deal_on"] = pd.Timestamp("2023-06-01")
    return replace(main, outcome=replace(main.outcome, deals=deals))


def test_deals_without_a_rule_on_their_day_are_named_and_the_others_go_on(
    few: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = few.outcome.table
    own = table.index[table["deal_price_fen"].notna() & table["owner_code"].isin(list(ROSTERED))]
    late = [str(code) for code in (few.outcome.deals.index[0], few.outcome.deals.index[-1])]
    end, out = income(monkeypatch, capsys, tmp_path, on_a_day_without_a_rule(few, late))
    assert end.code == 0
    sold = int(few.outcome.deals["deal_price_fen"].notna().sum())
    assert f"成交 {sold} 宗，已分配 {sold - 2} 宗，未分配 2 宗" in end.out
    sheets = book_of(out)
    rows = records(sheets["未分配"])
    assert {str(row["宗地代码"]) for row in rows} == set(late)
    for row in rows:
        assert re.search("2023-06-01.*未生效", str(row["未分配原因"]))
    counted = {str(row["宗地代码"]) for row in records(sheets["收支平衡"])[:-1]}
    assert counted == set(few.outcome.deals.index[few.outcome.deals["deal_price_fen"].notna()]) - set(late)
    # what the collective of a deal that was not split has got is not known, so its uses stand apart
    apart = records(sheets["公积公益金未入账"])
    assert {row["集体代码"] for row in apart} == {"411081022012JA00002"}
    assert "411081022012JA00002" not in {row["集体代码"] for row in records(sheets["公积公益金台账"])}
    assert len(list(out.glob(f"run-*/{NOTICES}/*A4.docx"))) == len(own) - 1


def test_a_county_without_any_rule_in_force_is_still_handed_over(
    few: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = replace(few.scenario.split_rule, effective_from=date(2027, 1, 1))
    nothing = replace(few, scenario=replace(few.scenario, split_rule=rule))
    end, out = income(monkeypatch, capsys, tmp_path, nothing, charts=True)
    assert end.code == 0
    sold = int(few.outcome.deals["deal_price_fen"].notna().sum())
    assert f"已分配 0 宗，未分配 {sold} 宗" in end.out
    rows = records(book_of(out)["未分配"])
    assert len(rows) == sold
    assert all("2027-01-01—今" in str(row["未分配原因"]) for row in rows)
    assert not list(out.glob("run-*/图/*"))
    assert not list(out.glob(f"run-*/{NOTICES}/*.docx"))


def test_a_rule_that_forbids_direct_distribution_says_so_on_the_sheet(
    few: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = replace(few.scenario.split_rule, direct_distribution=False)
    kept = replace(few, scenario=replace(few.scenario, split_rule=rule))
    end, out = income(monkeypatch, capsys, tmp_path, kept)
    assert end.code == 0
    paths = list(out.glob(f"run-*/{NOTICES}/*A4.docx"))
    assert len(paths) > 5
    assert f"公示表 {len(paths)} 宗" in end.out
    document = printed_notice(paths[0].parent.parent, POSTED)
    text = "".join(paragraph.text for paragraph in document.paragraphs)
    assert "不直接分配" in text
    printed = {row[0]: row for row in cells_of(document)}
    assert "成员分配" not in printed
    assert "全部留在集体" in printed["组集体"][1]
    assert "× 30%" not in printed["组集体"][1]
    assert "成员分配（组）" not in book_of(out)
    assert [row["宗地代码"] for row in records(book_of(out)["未分到成员"])] == ["（无）"]


def without(*keys: str) -> Changed:
    """Leave keys out of the income plan."""

    def change(county: Path) -> None:
        path = county / "rules" / "income.toml"
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(tuple(f"{key} =" for key in keys))]
        assert len(kept) == len(lines) - len(keys)
        path.write_text("\n".join(kept), encoding="utf-8")

    return change


def test_a_county_without_roster_and_ledger_is_split_all_the_same(
    few: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = ["roster", "member_basis", "cost_ledger", "fund_uses", "places", "urban_income"]
    gone += ["risk_reserve_share", "risk_reserve_document"]
    end, out = income(monkeypatch, capsys, tmp_path, few, without(*gone))
    assert end.code == 0
    assert "公示表 0 宗" in end.out
    assert "台账未计入 0 笔" in end.out
    sheets = book_of(out)
    assert not {"风险准备金", "成员分配（组）", "城乡收入"} & set(sheets)
    assert {row["成本依据"] for row in records(sheets["收支平衡"])[:-1]} == {"宗地表"}
    assert {row["未分到成员原因"] for row in records(sheets["未分到成员"])[:-1]} == {"没有成员名册"}
    stated = {str(row["名称"]): row["值"] for row in records(sheets["依据"])}
    assert [stated[name] for name in ("成本台账", "成员名册", "风险准备金占调节金比例")] == ["无"] * 3


def test_an_entry_of_a_parcel_nobody_knows_is_told_from_one_that_was_not_sold(
    few: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = "411081999999JB00001"
    end, out = income(monkeypatch, capsys, tmp_path, few, lambda c: change_sheet(c, "cost_ledger.xlsx", POSTED, wrong))
    assert end.code == 0
    reasons = {str(row["宗地代码"]): row["未计入原因"] for row in records(book_of(out)["台账未计入"])[:-1]}
    assert "采用的宗地中没有该代码" in str(reasons[wrong])
    assert reasons["411081014033JB00006"] == "宗地没有成交"


def test_land_taken_as_equity_pays_nothing_in_cash(few: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    deals = few.outcome.deals.copy()
    code = str(deals.index[deals["deal_price_fen"].notna()][-1])
    deals.loc[code, "form"] = "作价出资"
    deals.loc[code, ["contract_by", "payment_by"]] = pd.NaT
    changed = replace(few, outcome=replace(few.outcome, deals=deals))
    monkeypatch.setattr(work_module, "do_county", lambda county, say: changed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LandMarketWarning)
        found = do_income(few.county, quiet)
    assert code in found.balance.index
    assert code not in set(found.schedule["parcel_code"])
    assert f"宗地 {code}" not in set(found.account["document"])
    assert len(public_notices(found)) > 5


@pytest.mark.parametrize("failing", ["write_tables", "write_notices", "write_index"])
def test_a_full_disk_leaves_nothing_half_written(
    few: Work,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failing: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("write_income_book", "write_notices", "write_tables"):
        monkeypatch.setattr(products, name, lambda *_: {})
    monkeypatch.setattr(products, failing, fail)
    end, out = income(monkeypatch, capsys, tmp_path, few)
    assert end.code == 4
    assert "不能处理：" in end.err
    assert "磁盘已满" in end.err
    assert "Traceback" not in end.err
    assert not list(out.iterdir())
