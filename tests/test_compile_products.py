"""What compiling hands over: files that agree with each other, whole or not at all; and the sample county's truth."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import docx
import numpy as np
import openpyxl
import pandas as pd
import pytest
import scipy.stats

from landmarket import compile_products
from landmarket.compile_products import (
    BOOK,
    DRAFT_DOCX,
    DRAFT_XLSX,
    GRADE_BOOK,
    INDEX,
    MAPS,
    NOTICE,
    POLYGONS,
    PRICES_PAGE,
    TABLES,
    CompileWork,
    compile_run,
    do_compiling,
    placed_samples,
    price_villages,
    sources,
    write_compilation,
    write_compile_book,
)
from landmarket.county import read_county
from landmarket.errors import (
    BadValueError,
    LandMarketError,
    OutputError,
    ReadError,
    RuleError,
    UnverifiedRuleWarning,
)
from landmarket.grade_products import grading_villages
from landmarket.io.manifest import altered_files
from landmarket.io.writing import LATEST
from landmarket.pricing import PriceTable, read_price_table
from landmarket.pricing.compilation import compile_price_table, graded_villages
from sample_data.county import notice
from tests import graded_county
from tests.compiled_county import RULE, SHEET, write_compile_county, write_sheet
from tests.test_compilation import assert_same_notice

CREATED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WRITTEN = {
    *(f"{MAPS}/{name}.html" for name in ("index", "基准地价", "级别图_商服", "级别图_工业", "各村级别评定说明")),
    *(f"{TABLES}/{name}.parquet" for name in ("evidence", "samples", "estimates", "proof_by_use", "proof_by_grade")),
    f"{TABLES}/villages_changed.parquet",
    *(f"{NOTICE}/{name}.csv" for name in ("prices", "connotation", "uses", "grade_ranges", "dates", "far", "factors")),
    *(f"{NOTICE}/{name}" for name in ("development.csv", "notice.toml")),
    *(GRADE_BOOK, POLYGONS, BOOK, DRAFT_DOCX, DRAFT_XLSX, "manifest.json", "internal/fingerprint.key"),
}


def quiet(step: str) -> None:
    """Say nothing."""


def compiled(folder: Path) -> CompileWork:
    """Compile the county of a folder."""
    return do_compiling(read_county(folder), quiet)


def handed_over(work: CompileWork, out: Path) -> Path:
    """Write everything; give the run folder."""
    with compile_run(work, out, CREATED) as run:
        write_compilation(work, run, CREATED, quiet)
    return run.final


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The county on disk; not to be changed by a test."""
    return write_compile_county(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def work(county: Path) -> CompileWork:
    """The county, compiled; not to be changed by a test."""
    with pytest.warns(UnverifiedRuleWarning, match="评价标准未经核对原文"):
        return compiled(county)


@pytest.fixture(scope="module")
def run(work: CompileWork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its run folder."""
    return handed_over(work, tmp_path_factory.mktemp("out"))


def test_the_run_folder_is_whole(run: Path) -> None:
    assert {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()} == WRITTEN
    assert altered_files(run) == []
    assert (run.parent / LATEST).read_text(encoding="utf-8").strip() == run.name


def test_the_price_table_reads_back_as_compiled_and_so_does_the_draft(run: Path, work: CompileWork) -> None:
    assert_same_notice(read_price_table(run / NOTICE), work.compilation.table)
    draft, table = read_price_table(run / DRAFT_XLSX), work.compilation.table
    keys = ["use", "grade", "township"]
    for name in ("prices", "far", "factors", "dates"):
        left, right = (getattr(one, name) for one in (draft, table))
        by = [key for key in [*keys, "date", "floor_area_ratio", "factor"] if key in right.columns]
        pd.testing.assert_frame_equal(
            left.sort_values(by, ignore_index=True)[list(right.columns)],
            right.sort_values(by, ignore_index=True),
            obj=name,
        )
    assert draft.connotation.base_date == table.connotation.base_date


def test_tables_for_other_programs_are_those_of_the_compilation(run: Path, work: CompileWork) -> None:
    read = {path.stem: pd.read_parquet(path) for path in (run / TABLES).glob("*.parquet")}
    columns = ["township", "grade", "use", "unit_price", "samples", "way"]
    pd.testing.assert_frame_equal(read["evidence"][columns], work.compilation.evidence[columns], check_dtype=False)
    assert len(read["samples"]) == len(SHEET)
    assert read["samples"]["counted"].sum() == len(SHEET) - 1
    assert read["estimates"]["estimate"].tolist() == work.proof.estimates["estimate"].tolist()
    assert read["proof_by_use"]["n"].tolist() == work.proof.by_use["n"].tolist()


def rows_of(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[dict[str, object]]:
    """The rows of a sheet below its header, which is the first row with more than two cells."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    at = next(number for number, row in enumerate(rows) if sum(cell is not None for cell in row) > 2)
    header = [str(cell).replace("\n", "") for cell in rows[at]]
    return [dict(zip(header, row, strict=True)) for row in rows[at + 1 :]]


def test_the_workbook_holds_prices_evidence_samples_and_sources(run: Path, work: CompileWork) -> None:
    book = openpyxl.load_workbook(run / BOOK)
    assert book.sheetnames[:5] == ["基准地价表", "价格依据", "样点", "因素修正", "容积率修正"]
    assert {"检验 分用途", "检验 分级别", "检验 空间", "检验 逐样点", "两版 汇总", "需要核对", "依据"} <= set(
        book.sheetnames
    )
    evidence = work.compilation.evidence
    printed = rows_of(book["基准地价表"])
    assert [row["基准地价（元/㎡）"] for row in printed] == evidence["unit_price"].tolist()
    assert [row["样点数"] for row in printed] == evidence["samples"].tolist()
    for row, price in zip(printed, evidence["unit_price"], strict=True):
        assert row["万元/亩"] == float((Decimal(price) / 15).quantize(Decimal("0.01"), ROUND_HALF_UP))
    samples = rows_of(book["样点"])
    assert [row["样点编号"] for row in samples] == [str(row[0]) for row in SHEET]
    assert [row["是否采用"] for row in samples].count("否") == 1
    assert samples[5]["剔除原因"] == "关联方交易：“关联方”"
    stated = {str(row["名称"]): row["值"] for row in rows_of(book["依据"])}
    assert sources(work)["item"].tolist() == list(stated)
    assert stated["取整"] == "5 元/㎡"
    assert stated["样点下限"] == "3 个，不足时与更好一级合并"
    assert stated["剔除规则：关联方交易"] == "备注 含 关联方"
    head = [str(cell) for row in book["样点"].iter_rows(max_row=4, values_only=True) for cell in row if cell]
    assert any("采用样点 71/72" in text for text in head)
    assert graded_county.NOTICE in "".join(head)


def test_the_draft_opens_and_states_every_price(run: Path, work: CompileWork) -> None:
    document = docx.Document(str(run / DRAFT_DOCX))
    assert any(graded_county.NAME in paragraph.text for paragraph in document.paragraphs)
    cells = {cell.text.strip() for table in document.tables for row in table.rows for cell in row.cells}
    for price in work.compilation.evidence["unit_price"]:
        assert f"{price:g}" in cells
    assert {"商服", "工业"} <= cells


def test_every_link_of_the_index_leads_to_a_page(run: Path) -> None:
    page = (run / MAPS / INDEX).read_text(encoding="utf-8")
    links = [unquote(unescape(link)) for link in re.findall(r'href="([^"#]+)"', page)]
    local = [link for link in links if not link.startswith(("http", "data:"))]
    assert PRICES_PAGE in local
    assert all((run / MAPS / link).is_file() for link in local)
    assert {path.name for path in (run / MAPS).glob("*.html")} - {INDEX} <= set(local)
    for heading in ("基准地价表", "检验（留一）", "与上一版比较", "需要核对"):
        assert heading in page
    assert graded_county.NOTICE in page


def test_the_manifest_names_what_the_notice_was_made_from(run: Path, county: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    made_from = {Path(entry["path"]).relative_to(county).as_posix(): entry["files"] for entry in manifest["inputs"]}
    layers = {"villages.gpkg", "facilities.gpkg", "roads.gpkg", "facts.csv", "grading.toml", "samples.csv"}
    assert set(made_from) == layers | {"compile.toml", "edition", "sheet.csv"}
    assert "prices.csv" in {file["name"] for file in made_from["edition"]}
    assert [Path(entry["path"]).name for entry in manifest["secret_inputs"]] == ["county.toml"]
    assert {"编制办法", "上一版", "剔除规则：关联方交易"} <= {row["item"] for row in manifest["rules"]}
    assert manifest["notice"] == graded_county.NOTICE


def test_the_same_work_is_written_the_same(run: Path, work: CompileWork, tmp_path: Path) -> None:
    again = handed_over(work, tmp_path)
    for name in sorted(WRITTEN - {"manifest.json", "internal/fingerprint.key", POLYGONS}):
        assert (again / name).read_bytes() == (run / name).read_bytes(), name


@pytest.mark.parametrize("failing", ["write_price_table", "write_draft", "write_tables"])
@pytest.mark.parametrize("error", [OutputError("磁盘已满。办法：清理。"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_no_half_run(
    work: CompileWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    for name in ("write_grade_maps", "write_grade_book", "write_grade_polygons", "write_price_pages"):
        monkeypatch.setattr(compile_products, name, lambda *_: None)
    monkeypatch.setattr(compile_products, failing, fail)
    with pytest.raises(type(error)):
        handed_over(work, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_villages_show_the_price_of_their_grade(work: CompileWork) -> None:
    table = price_villages(work)
    assert list(table.index) == list(work.grading.grades.villages.index)
    price = work.compilation.evidence.set_index(["use", "grade"])["unit_price"]
    for use in ("商服", "工业"):
        own = [price.loc[use, grade.removesuffix("级")] for grade in table[f"{use}级别"]]
        assert table[f"{use}基准地价（元/㎡）"].tolist() == own
        assert table[f"{use}基准地价（万元/亩）"].tolist() == [round(each / 15, 2) for each in own]


def with_rule(work: CompileWork, **changes: object) -> CompileWork:
    """The same county compiled by another rule, its proof left as it was."""
    rule = replace(work.rule, **changes)  # type: ignore[arg-type] # each by its name
    samples = placed_samples(rule.samples, work.grading.grades.villages)
    compilation = compile_price_table(samples, graded_villages(work.grading.grades), rule, work.last)
    return replace(work, rule=rule, compilation=compilation)


def test_a_notice_by_townships_is_written_too(work: CompileWork, tmp_path: Path) -> None:
    towns = with_rule(work, key=type(work.rule.key).TOWNSHIP_GRADE)
    assert set(towns.compilation.table.prices["township"]) == set(graded_county.TOWNSHIPS)
    table = price_villages(towns)
    price = towns.compilation.evidence.set_index(["use", "township", "grade"])["unit_price"]
    keys = zip(table["township"], table["商服级别"].str.removesuffix("级"), strict=True)
    assert table["商服基准地价（元/㎡）"].tolist() == [price.loc["商服", town, grade] for town, grade in keys]
    write_compile_book(towns, tmp_path / BOOK, CREATED)
    assert "乡镇" in rows_of(openpyxl.load_workbook(tmp_path / BOOK)["基准地价表"])[0]


def test_texts_of_the_sheet_stay_texts(county: Path, work: CompileWork, tmp_path: Path) -> None:
    copy = tmp_path / "county"
    shutil.copytree(county, copy)
    evil = ['=HYPERLINK("http://x","关联方")', "<script>alert(1)</script>关联方"]
    write_sheet(copy / "sheet.csv", [(*row[:-1], evil[n]) if n < 2 else row for n, row in enumerate(SHEET)])
    changed = with_rule(work, samples=copy / "sheet.csv")
    write_compile_book(changed, tmp_path / BOOK, CREATED)
    compile_products.write_price_pages(changed, tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / BOOK)["样点"]
    cells = [cell for row in sheet.iter_rows() for cell in row if "关联方" in str(cell.value)]
    assert len(cells) == 3 * 2  # the remark and the reason of three samples
    assert {cell.data_type for cell in cells} == {"s"}
    pages = [page.read_text(encoding="utf-8") for page in tmp_path.glob("*.html")]
    assert len(pages) == 2
    assert not any("<script>alert(1)" in page for page in pages)


# Where a sample lies


def test_samples_lie_in_the_village_around_them(county: Path, tmp_path: Path) -> None:
    side = graded_county.SIDE
    places: list[tuple[object, float | None]] = [(3, 700.0), (0, side), (0, 0.0), (None, None), (11, 2 * side)]
    rows = [(*row[:-3], village, off, None) for row, (village, off) in zip(SHEET, places, strict=False)]
    write_sheet(tmp_path / "sheet.csv", rows)  # type: ignore[arg-type] # a place
    villages = grading_villages(read_county(county))
    placed = placed_samples(tmp_path / "sheet.csv", villages)
    codes = list(villages.index)
    # The corner of four villages belongs to the first of them.
    assert placed["village_code"].tolist() == pytest.approx([codes[3], codes[0], codes[0], np.nan, np.nan], nan_ok=True)
    assert list(placed.index) == ["Y00", "Y01", "Y02", "Y03", "Y04"]
    write_sheet(tmp_path / "none.csv", [(*row[:-3], None, None, None) for row in SHEET[:2]])
    assert placed_samples(tmp_path / "none.csv", villages)["village_code"].isna().all()


# Refusals


def changed_text(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Change a text of a file of the county."""

    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8-sig")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


Refusal = tuple[Callable[[Path], None], type[LandMarketError], str]
REFUSALS: list[Refusal] = [
    (changed_text("county.toml", 'compile_rule = "compile.toml"', ""), RuleError, "没有 compile_rule"),
    (changed_text("county.toml", 'grading_rule = "grading.toml"', ""), RuleError, "没有 grading_rule"),
    (lambda folder: (folder / "compile.toml").unlink(), ReadError, "compile.toml"),
    (lambda folder: (folder / "sheet.csv").unlink(), ReadError, "sheet.csv"),
    (lambda folder: shutil.rmtree(folder / "edition"), ReadError, "edition"),
    (lambda folder: (folder / "edition" / "prices.csv").unlink(), ReadError, "prices.csv"),
    (changed_text("compile.toml", "411081", "410000"), RuleError, "county = 410000，县配置为 411081"),
    (changed_text("compile.toml", "[[use]]", "[[use"), ReadError, "TOML"),
    (changed_text("compile.toml", 'name = "工业"', 'name = "住宅"'), RuleError, "用途 住宅 没有定级"),
    (changed_text("compile.toml", "设施保障率", "保障率"), RuleError, "定级因素中没有 保障率"),
    (changed_text("sheet.csv", "用途", "用处"), ReadError, "样点表缺少列 地价用途"),
    (changed_text("sheet.csv", "2025-01-01", "去年"), BadValueError, "成交日期"),
    (changed_text("sheet.csv", "元/㎡", "万元/亩"), ReadError, "单位不是"),
    (lambda folder: write_sheet(folder / "sheet.csv", [SHEET[0], SHEET[0]]), BadValueError, "样点编号为空或重复"),
    (lambda folder: write_sheet(folder / "sheet.csv", [SHEET[5]]), BadValueError, "没有一个样点可用"),
]


@pytest.mark.parametrize(("change", "error", "said"), REFUSALS)
def test_a_county_that_cannot_be_compiled_is_refused(
    county: Path,
    work: CompileWork,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
    error: type[LandMarketError],
    said: str,
) -> None:
    copy = tmp_path / "county"
    shutil.copytree(county, copy)
    change(copy)
    if "grading_rule" not in said:
        monkeypatch.setattr(compile_products, "do_grading", lambda *_: work.grading)
    with pytest.raises(error, match=said) as refusal:
        compiled(copy)
    assert "办法" in str(refusal.value)


def test_what_is_not_checked_in_its_document_is_warned_of(county: Path, work: CompileWork, tmp_path: Path) -> None:
    (tmp_path / "compile.toml").write_text(RULE.replace("verified = true", "verified = false"), encoding="utf-8")
    shutil.copytree(county / "edition", tmp_path / "edition")
    shutil.copy(county / "sheet.csv", tmp_path / "sheet.csv")
    with pytest.warns(UnverifiedRuleWarning, match="规则未经核对原文：样例县基准地价"):
        unverified = with_rule(work, verified=False)
    assert set(sources(unverified)["verified"]) == {"否"}


# The sample county


def test_the_samples_of_the_sample_county_are_worth_what_they_were_made_from(compiled_sample: CompileWork) -> None:
    # Each was made as the notice's price × 0.97 a year × (ratio / standard)^0.45 × exp(N(0, 0.13)), less the years it
    # lacks, as a price or as a rent, its date written in two ways; industry knows no ratio, a hundredth is four times
    # as dear. Deals and rents brought back by date and term must show that chance, and nothing else.
    facts = compiled_sample.compilation.samples
    made = notice.prices().dropna().set_index(["township", "grade", "use"])["price"]
    grades = facts["village_code"].map(notice.grade_of_villages())
    base = made.reindex(pd.MultiIndex.from_arrays([facts["township"], grades, facts["price_use"]])).to_numpy()
    standard = facts["price_use"].map({"商服": 1.5, "公共管理与公共服务": 1.2, "工业": np.nan})
    ratio = ((facts["floor_area_ratio"] / standard) ** 0.45).fillna(1.0)
    worth = facts["raw_price"] * facts["date_factor"] * facts["term_factor"] / ratio
    assert len(worth) == 400
    chance = np.log(worth / base)
    tame = chance[chance.abs() < 0.8]
    assert 0 < len(chance) - len(tame) < 15  # 4.8 of 400 expected to be four times as dear
    assert scipy.stats.kstest(tame / 0.13, "norm").pvalue > 0.01
    for rented in (False, True):
        own = tame[facts.loc[tame.index, "deal_unit_price"].isna().eq(rented)]
        assert abs(own.mean()) < 3 * 0.13 / np.sqrt(len(own))


def test_the_sample_county_is_compiled_as_its_evidence_says(compiled_sample: CompileWork) -> None:
    compilation = compiled_sample.compilation
    counted = compilation.samples[compilation.samples["counted"]]
    evidence = compilation.evidence.set_index(["use", "grade"])
    assert evidence["way"].eq("样点").all()
    for key, own in counted.groupby(["price_use", "grade"])["standard_price"]:
        row = evidence.loc[key]
        middle = float(np.median(own))
        assert row["median"] == pytest.approx(middle, abs=0.0051)
        assert abs(row["unit_price"] - middle) <= 2.5 + 1e-9
        assert row["unit_price"] % 5 == 0
        assert row["low"] <= middle <= row["high"]
    assert isinstance(compilation.table, PriceTable)
    dropped = compilation.samples.loc[compilation.samples["dropped"].ne(""), ["note", "dropped"]]
    related = dropped["note"].eq("关联方交易")
    assert dropped.loc[related, "dropped"].str.startswith("关联方交易").all()
    assert related.sum() == compilation.samples["note"].eq("关联方交易").sum()
    assert not compiled_sample.compilation.findings["severity"].eq("错误").any()


def test_the_power_of_the_ratio_that_was_planted_is_found(compiled_sample: CompileWork) -> None:
    found = compiled_sample.compilation.findings
    said = str(found.loc[found["where"].eq("用途 商服 容积率修正"), "value"].iloc[0])
    power, error = map(float, re.findall(r"b = ([\d.]+)，标准误 ([\d.]+)", said)[0])
    assert abs(power - 0.45) < 2 * error
    far = compiled_sample.compilation.table.far.query("use == '商服'").set_index("floor_area_ratio")["factor"]
    assert far.loc[1.5] == 1
    assert far.loc[3.0] == pytest.approx(2**power, abs=0.0002)
