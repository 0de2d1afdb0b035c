"""What a run hands over: whole, counted, exact, and without the reserve price."""

from __future__ import annotations

import json
import re
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from urllib.parse import unquote

import docx
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest

from landmarket.audience import Audience
from landmarket.errors import BadValueError, ReadError
from landmarket.io.manifest import altered_files
from landmarket.pricing import explain
from landmarket.products import LAYERS, MAPS, RESERVE, WORKBOOK, Work, rules_used, write_maps
from landmarket.products.documents import TOWNSHIPS, parcel_papers
from landmarket.products.run_folder import ATLAS
from landmarket.report.paper_fact_file import read_paper_facts

NOTICE = "示例数据：宗地、地价与成交均为虚构"


@pytest.fixture(scope="module")
def workbook(sample_run: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(sample_run / WORKBOOK, data_only=True)


@pytest.fixture(scope="module")
def pages(sample_run: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((sample_run / MAPS).rglob("*.html"))}


def texts(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[str]:
    return [str(value) for row in sheet.iter_rows(values_only=True) for value in row if value is not None]


def test_a_page_per_township_and_an_index(pages: dict[str, str], sample_work: Work) -> None:
    townships = sample_work.outcome.parcels["township"].nunique()
    assert townships == 26
    assert "index.html" in pages
    assert len(pages) >= townships + 1


def test_notice_and_counts_stand_on_every_page_and_sheet(
    pages: dict[str, str], workbook: openpyxl.Workbook, sample_work: Work
) -> None:
    counts = sample_work.screening.counts
    records = pyogrio.read_info(str(sample_work.county.sources["parcels"]))["features"]
    assert counts["读入"] == counts["采用"] + counts["暂不处理"] == records
    for name, page in pages.items():
        assert NOTICE in page, name
        for label, count in counts.items():
            assert re.search(rf"{label}\D{{0,20}}{count:,}|{label}\D{{0,20}}{count}", page), (name, label)
    for sheet in workbook:
        head = "".join(texts(sheet)[:20])
        assert NOTICE in head, sheet.title
        assert all(f"{label} {count:,} 宗" in head for label, count in counts.items()), sheet.title


def test_set_aside_rows_are_in_the_workbook_with_their_reason(workbook: openpyxl.Workbook, sample_work: Work) -> None:
    listed = texts(workbook["暂不处理"])
    for row, reason in sample_work.screening.set_aside["set_aside_reason"].items():
        assert str(row) in listed
        assert reason in listed


def other_texts(run: Path) -> dict[str, str]:
    """What stands in the documents, pages outside the maps, layers and styles of a run."""
    found = {path.name: document_text(path) for path in run.rglob("*.docx")}
    found |= {path.name: path.read_text(encoding="utf-8") for path in run.rglob("*.html") if path.parent.name != MAPS}
    for name, _ in pyogrio.list_layers(run / LAYERS):
        found[name] = pyogrio.read_dataframe(run / LAYERS, layer=name, read_geometry=False).to_csv()
    return found


def document_text(path: Path) -> str:
    """All paragraphs and cells of a document, its headers and footers."""
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    around = [one.text for part in document.sections for side in (part.header, part.footer) for one in side.paragraphs]
    return "\n".join([one.text for one in document.paragraphs] + cells + around)


def test_the_reserve_price_is_in_its_internal_file_and_nowhere_else(
    sample_run: Path, pages: dict[str, str], workbook: openpyxl.Workbook, sample_work: Work
) -> None:
    reserves = pd.read_csv(sample_run / "internal" / RESERVE, encoding="utf-8-sig", index_col="parcel_code")
    assert len(reserves) == len(sample_work.outcome.deals)
    money = [name for name in reserves.columns if name.startswith("reserve") and name.endswith("fen")]
    secret = set(reserves[money[0]].astype("int64"))
    public = set()
    table = pd.DataFrame(sample_work.outcome.table.drop(columns="geometry"))
    for name in table.columns[[str(name).endswith("_fen") for name in table.columns]]:
        public |= set(table[name].dropna().astype("int64"))
    only = secret - public
    assert len(only) > 0.9 * len(secret)
    tokens = {str(fen) for fen in only} | {f"{fen / 100:.2f}" for fen in only} | {f"{fen / 100:,.2f}" for fen in only}
    tokens |= {f"{fen // 100}" for fen in only if fen % 100 == 0}
    shared = {**pages, "manifest.json": (sample_run / "manifest.json").read_text(encoding="utf-8")}
    for sheet in workbook:
        shared[sheet.title] = "\n".join(texts(sheet))
    for path in (sample_run / "tables").glob("*.parquet"):
        frame = pq.read_table(path).drop_columns(["geometry"] if path.stem == "parcels" else []).to_pandas()
        numbers = frame.select_dtypes("number").to_numpy(dtype="float64", na_value=float("nan")).ravel()
        assert not {float(fen) for fen in only} & set(numbers), path.name
        assert not {fen / 100 for fen in only} & set(numbers), path.name
        shared[path.name] = " ".join(frame.columns) + frame.select_dtypes(exclude="number").to_csv()
    shared |= other_texts(sample_run)
    written = {path.suffix for path in sample_run.rglob("*") if path.is_file() and path.parent.name != "internal"}
    # Whatever else a run writes must be read here too; the atlas shows no amount of a deal.
    assert written == {".html", ".xlsx", ".json", ".parquet", ".docx", ".gpkg", ".pdf"}
    for name, text in shared.items():
        found = set(re.findall(r"\d[\d,]*\.?\d*", text)) & tokens
        assert not found, (name, sorted(found)[:3])
        assert "reserve_" not in text, name
        assert not re.search(
            r"底价(?!（内部|保密)",
            text.replace("流拍-低于底价", "").replace("最高报价与底价的比较", "").replace("成交报价与底价的比较", ""),
        ), name


def test_the_reserve_ratio_is_not_among_the_sources(sample_work: Work) -> None:
    ratio = str(sample_work.scenario.terms.reserve_ratio)
    table = rules_used(sample_work)
    terms = table[table["source"].eq(sample_work.scenario.terms.source)]
    assert ratio not in set(terms["value"])
    assert ratio not in repr(sample_work.scenario.terms)


def test_the_seed_from_which_bids_could_be_replayed_is_internal(
    sample_run: Path, workbook: openpyxl.Workbook, sample_work: Work
) -> None:
    assert (sample_run / "internal" / "seed.txt").read_text(encoding="ascii").strip() == str(sample_work.county.seed)
    assert json.loads((sample_run / "manifest.json").read_text(encoding="utf-8"))["seed"] is None
    assert not [text for text in texts(workbook["依据"]) if "种子" in text]


def test_the_sources_name_the_law_of_the_day_of_each_vote(sample_work: Work) -> None:
    votes = sample_work.outcome.parcels["vote_on"].dropna()
    assert votes.min() < pd.Timestamp(2025, 5, 1) <= votes.max()
    listed = rules_used(sample_work)
    majorities = listed[listed["item"].eq("成员大会同意比例")]
    assert len(majorities) == 2
    assert majorities["effective_from"].nunique() == 2


def test_every_constraint_layer_is_among_the_sources(workbook: openpyxl.Workbook, sample_work: Work) -> None:
    listed = texts(workbook["依据"])
    assert {f"管控图层：{layer.name}" for layer in sample_work.scenario.constraints} <= set(listed)
    assert not {"veto", "warn", "unknown", "upper", "lower"} & set(listed)


def test_the_manifest_accounts_for_every_file_and_finds_a_change(sample_run: Path, tmp_path: Path) -> None:
    assert altered_files(sample_run) == []
    manifest = json.loads((sample_run / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["counts"]["读入"] == manifest["counts"]["采用"] + manifest["counts"]["暂不处理"]
    assert {"parcels.shp", "parcels.dbf"} <= {part["name"] for entry in manifest["inputs"] for part in entry["files"]}
    copy = tmp_path / "run"
    shutil.copytree(sample_run, copy)
    (copy / WORKBOOK).write_bytes(b"")
    assert altered_files(copy) == [WORKBOOK]


def test_each_page_states_a_policy_without_inline_scripts(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        assert "default-src 'none'" in page.split("<script", 1)[0], name
        assert "unsafe-inline" not in page.partition("script-src")[2].partition(";")[0], name


def remultiplied(steps: pd.DataFrame, area: Decimal) -> tuple[Decimal, Decimal]:
    """Unit and total price from the printed numbers of a worksheet, as a person with a calculator would."""
    value = {row.step: row.value for row in steps.itertuples()}
    first, last = steps["step"].tolist().index("级别基准地价"), steps["step"].tolist().index("开发程度修正")
    product = Decimal(value["级别基准地价"]) * (1 + Decimal(value["因素修正系数和 ΣK"]))
    for step in steps["step"].tolist()[first + 1 : last]:
        if "（" not in step and step != "因素修正系数和 ΣK":
            product *= Decimal(value[step])
    unit = (product + Decimal(value["开发程度修正"])).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return unit, (unit * area).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def test_ten_worksheets_give_their_printed_prices_on_a_calculator(sample_work: Work) -> None:
    prices = sample_work.outcome.prices
    chosen = prices.index[:: len(prices) // 10][:10]
    assert len(chosen) == 10
    for code in chosen:
        steps = explain(prices, code)
        value = dict(zip(steps["step"], steps["value"], strict=True))
        percents = [
            Decimal(v) for s, v, u in zip(steps["step"], steps["value"], steps["unit"], strict=True) if u == "%"
        ]
        assert sum(percents) / 100 == Decimal(value["因素修正系数和 ΣK"]), code
        area = next(v for s, v in value.items() if "面积" in s and "㎡" in steps.set_index("step")["unit"][s])
        unit, total = remultiplied(steps, Decimal(area.replace(",", "")))
        assert f"{unit}" == next(v for s, v in value.items() if s.startswith("地面单价")).replace(",", ""), code
        assert f"{total}" == next(v for s, v in value.items() if s.startswith("总地价")).replace(",", ""), code


def test_every_sheet_adds_up_to_the_fen(workbook: openpyxl.Workbook, sample_work: Work) -> None:
    shares = sample_work.outcome.shares
    parties = [
        "fund_fen",
        "tax_fen",
        "cost_fen",
        "township_fen",
        "reclaimed_fen",
        "village_fen",
        "group_fen",
        "members_fen",
    ]
    sold = sample_work.outcome.deals["deal_price_fen"].dropna().astype("int64")
    assert (shares.loc[sold.index, parties].astype("int64").sum(axis=1) == sold).all()
    totals = sample_work.outcome.totals()
    columns = totals.columns.drop("area")
    assert (totals.drop("合计")[columns].sum() == totals.loc["合计", columns]).all()
    rows = list(workbook["收益分配"].iter_rows(values_only=True))
    header = next(i for i, row in enumerate(rows) if row[0] == "宗地代码")
    price = next(i for i, name in enumerate(rows[header]) if str(name).startswith("成交价"))
    last = next(row for row in reversed(rows) if row[0] == "合计")
    assert round(last[price] * 100) == int(sold.sum())


# --- what other programs and people are handed


def test_the_layers_read_back_are_the_parcels_of_the_county(sample_run: Path, sample_work: Work) -> None:
    table = sample_work.outcome.table
    layer = pyogrio.read_dataframe(sample_run / LAYERS, layer="宗地").set_index("parcel_code")
    assert layer.crs == table.crs
    assert set(layer.index) == set(table.index)
    assert np.isclose(layer.area.sum(), table.area.sum(), rtol=1e-9)
    styled = pyogrio.read_dataframe(sample_run / LAYERS, layer="layer_styles", read_geometry=False)
    assert set(styled["f_table_name"]) == {"宗地", "地价", "村界"}


def test_the_atlas_has_an_index_the_county_and_each_township(sample_run: Path) -> None:
    content = (sample_run / ATLAS).read_bytes()
    sheets = 1 + 2 + 2 * 3 + 1 + 26  # index; uses, entry; prices and grades of three uses; deals; townships
    assert len(re.findall(rb"/Type /Page\b(?!s)", content)) == sheets


def test_each_township_has_a_document_whose_sums_are_those_of_the_county(sample_run: Path, sample_work: Work) -> None:
    documents = sorted((sample_run / TOWNSHIPS).glob("*.docx"))
    assert len(documents) == 26
    priced, fund = 0, 0
    for path in documents:
        by_village = docx.Document(str(path)).tables[0]
        heads, *rows = [[cell.text for cell in row.cells] for row in by_village.rows]
        at = {name: heads.index(name) for name in ("总地价（元）", "土地增值收益调节金（元）")}
        for row in rows:
            priced += round(Decimal(row[at["总地价（元）"]].replace(",", "")) * 100)
            fund += round(Decimal(row[at["土地增值收益调节金（元）"]].replace(",", "")) * 100)
        assert "内部工作稿" in document_text(path)
        assert NOTICE in document_text(path)
    table = sample_work.outcome.table[sample_work.outcome.table["township"].notna()]
    assert priced == sum(int(fen) for fen in table["total_price_fen"].dropna())
    assert fund == sum(int(fen) for fen in table["fund_fen"].dropna())


def test_every_link_of_the_first_page_leads_to_a_file(sample_run: Path) -> None:
    page = (sample_run / "index.html").read_text(encoding="utf-8")
    links = [unquote(address) for address in re.findall(r'href="([^"]+)"', page)]
    assert len(links) >= 6
    assert [address for address in links if not (sample_run / address).is_file()] == []
    listed = (sample_run / "乡镇汇总" / "index.html").read_text(encoding="utf-8")
    documents = [unquote(address) for address in re.findall(r'href="([^"]+)"', listed)]
    assert len(documents) == 1 + 2 * 26
    assert [address for address in documents if not (sample_run / "乡镇汇总" / address).is_file()] == []
    assert documents[1].startswith("颍川街道")  # 411081001 comes first


def test_the_manifest_states_the_classification_and_its_cause(sample_run: Path) -> None:
    stated = json.loads((sample_run / "manifest.json").read_text(encoding="utf-8"))["classification"]
    assert stated["classification"] == "内部"
    assert "宗地 parcels" in stated["because"]
    assert "村界 villages" not in stated["because"]  # the sample county states that its villages are public
    assert not any("deal_terms" in name for name in stated["inputs"])


def test_public_maps_from_internal_inputs_are_refused_before_anything_is_written(
    sample_work: Work, tmp_path: Path
) -> None:
    audience = Audience("豫S（2026）012号", 10.0)
    with pytest.raises(BadValueError, match=r"宗地 parcels（内部）.*办法"):
        write_maps(sample_work, tmp_path / "maps", audience)
    assert not list(tmp_path.iterdir())


def test_papers_say_what_the_registers_and_the_bureau_say_and_nothing_of_the_simulated_deal(sample_work: Work) -> None:
    sold = sample_work.outcome.deals.index[sample_work.outcome.deals["outcome"].eq("成交")][0]
    papers = parcel_papers(sample_work, sold, sample_work.county.paper_facts, None)
    said = "\n".join(
        text
        for paper in papers.values()
        for part in paper.parts
        for text in (*part.paragraphs, *(cell for table in part.tables for row in table.rows for cell in row))
    )
    assert sold in said
    assert str(sample_work.outcome.parcels.loc[sold, "owner"]) in said
    assert "示例公共资源交易中心" in said
    fen = int(sample_work.outcome.deals.loc[sold, "deal_price_fen"])
    assert f"{fen // 100:,}" not in said
    assert "〔待填：成交价〕" in said
    assert any(gap.kind == "必备" and "成交价：" in gap.cure for gap in papers["成交确认书"].gaps)


TOML = """["通用"]\n"交易平台" = "甲平台"\n"起始价" = 100\n["411081001001JB00001"]\n"交易平台" = "乙平台"\n"""


def test_what_is_stated_of_a_parcel_prevails_over_what_holds_for_all(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(TOML, encoding="utf-8")
    rows = "宗地代码,填写项,内容\n,交易平台,甲平台\n,起始价,100\n411081001001JB00001,交易平台,乙平台\n"
    (tmp_path / "a.csv").write_text(rows, encoding="utf-8-sig")
    for path in (tmp_path / "a.toml", tmp_path / "a.csv"):
        assert read_paper_facts(path, "411081001001JB00001") == {"交易平台": "乙平台", "起始价": 100}
        assert read_paper_facts(path, "411081001001JB00002") == {"交易平台": "甲平台", "起始价": 100}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", '["通用"]\n"起始价" = 1.5', "起始价 = .*整数分"),
        ("a.toml", '"交易平台" = "甲"', r"交易平台 应为表.*办法"),
        ("a.csv", "宗地代码,填写项,内容\n,交易平台,甲\n,交易平台,乙\n", r"第 3 行：通用 的 填写项 交易平台 写了两次"),
    ],
)
def test_facts_that_cannot_be_read(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match=said):
        read_paper_facts(tmp_path / name, "411081001001JB00001")
