"""What compiling a benchmark price hands over (编制成果): the notice, its evidence, proof, maps and draft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from landmarket.checks import require_projected
from landmarket.county import County
from landmarket.errors import RuleError
from landmarket.grade_products import GradeWork, do_grading, write_grade_book, write_grade_maps, write_grade_polygons
from landmarket.io.database_address import Source
from landmarket.io.tables import write_tables
from landmarket.io.writing import RunFolder, new_run
from landmarket.maps.legend import View
from landmarket.maps.table_page import write_table_page
from landmarket.maps.villages import save_page, village_map
from landmarket.pricing.compilation import (
    Compilation,
    CompileRule,
    Proof,
    Screen,
    compile_price_table,
    graded_villages,
    prove,
    read_compile_rule,
)
from landmarket.pricing.editions import EditionDiff, diff, edition_tables
from landmarket.pricing.grading.sample_check import check_samples, villages_of
from landmarket.pricing.notice_reading import read_price_table
from landmarket.pricing.notice_tables import notice_settings, notice_tables
from landmarket.pricing.notice_writing import write_price_table
from landmarket.pricing.price_table import PriceTable
from landmarket.pricing.samples import read_samples
from landmarket.products import Say
from landmarket.report.notice_draft import write_notice_docx, write_notice_xlsx
from landmarket.report.notice_parts import NoticeDraft
from landmarket.report.sources import stated_sources
from landmarket.report.table_book import write_table_book
from landmarket.units import Floats, round_half_up_array, wan_per_mu

MAPS, TABLES, NOTICE = "maps", "tables", "price_table"
GRADE_BOOK, POLYGONS = "定级成果.xlsx", "级别图斑.gpkg"
BOOK, DRAFT_DOCX, DRAFT_XLSX = "基准地价编制.xlsx", "公告稿.docx", "公告稿.xlsx"
PRICES_PAGE, INDEX = "基准地价.html", "index.html"


@dataclass(frozen=True, eq=False)
class CompileWork:
    """A compiled notice of a county (编制工作).

    Attributes
    ----------
    grading : GradeWork
        The grades it rests on.
    rule : CompileRule
        The county's rule.
    last : PriceTable
        The last edition.
    compilation : Compilation
        The notice with its evidence.
    proof : Proof
        How level and fair it is.
    change : EditionDiff
        What changed against the last edition.
    """

    grading: GradeWork
    rule: CompileRule
    last: PriceTable
    compilation: Compilation
    proof: Proof
    change: EditionDiff

    @property
    def county(self) -> County:
        """The county file."""
        return self.grading.county


def do_compiling(county: County, say: Say) -> CompileWork:
    """Grade a county and compile its benchmark price.

    Parameters
    ----------
    county : County
        The county file; it must name a grading and a compile rule.
    say : callable
        Told of each step, in Chinese, as it begins.

    Returns
    -------
    CompileWork
        All results, nothing written.

    Raises
    ------
    RuleError
        If the county file names no rule, or one of another county.
    """
    if county.compile_rule is None:
        raise RuleError(f"{county.path}：[files] 没有 compile_rule。办法：写明编制办法的 TOML 文件。")
    rule = read_compile_rule(county.compile_rule)
    if rule.county != county.county:
        raise RuleError(
            f"{county.compile_rule}：county = {rule.county}，县配置为 {county.county}。办法：换用本县的规则。"
        )
    grading = do_grading(county, say)
    say(f"读取上一版公告与样点 {rule.samples.name}")
    last = read_price_table(rule.last_edition)
    villages = grading.grades.villages
    samples = placed_samples(rule.samples, villages)
    say(f"编制基准地价：{len(samples)} 个样点")
    graded = graded_villages(grading.grades)
    compilation = compile_price_table(samples, graded, rule, last)
    say("留一检验；与上一版比较")
    proof = prove(compilation, graded, rule, samples.geometry)
    places = pd.DataFrame(villages[["township", "village"]])
    grading = with_standard_prices(grading, compilation)
    return CompileWork(grading, rule, last, compilation, proof, diff(last, compilation.table, places))


def with_standard_prices(grading: GradeWork, compilation: Compilation) -> GradeWork:
    """Check the grades against prices on one connotation, as compiling made them (以样点标准地价检验级别).

    Parameters
    ----------
    grading : GradeWork
        A graded county.
    compilation : Compilation
        Its notice.

    Returns
    -------
    GradeWork
        The same grades; samples, their check and the rank correlations by standard prices.
    """
    table = pd.DataFrame(compilation.samples)
    left_out = table["gap"].where(table["gap"].ne(""), table["dropped"])
    own = table[["price_use", "village_code", "grade"]]
    samples = own.assign(unit_price=table["standard_price"], left_out=left_out)
    checks, ranks = check_samples(grading.grades, samples)
    return replace(grading, samples=samples, checks=checks, ranks=ranks)


def placed_samples(path: Path, villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Read samples and find the village each lies in (样点所在村).

    Parameters
    ----------
    path : Path
        The sample sheet.
    villages : GeoDataFrame
        Villages with their code as index, projected.

    Returns
    -------
    GeoDataFrame
        All samples, with ``village_code``: missing where a sample has no coordinates or lies in no village. A sample on
        the border of several villages belongs to the first of them, as in the check of the grades.
    """
    samples = read_samples(path, require_projected(villages, "placed_samples"))
    return samples.assign(village_code=villages_of(samples, villages))


@contextmanager
def compile_run(work: CompileWork, out: Path, created: datetime) -> Iterator[RunFolder]:
    """Open a run folder that knows what the notice was compiled from.

    Parameters
    ----------
    work : CompileWork
        A compiled notice.
    out : Path
        Folder of all runs.
    created : datetime
        Time of the run.

    Yields
    ------
    RunFolder
        Write into its ``folder``.
    """
    county, grading = work.county, work.grading.rule
    rules = [path for path in (county.grading_rule, county.compile_rule) if path is not None]
    files: list[Source] = [county.sources["villages"], *(file.path for file in grading.layers.values()), *rules]
    files += [work.rule.samples, work.rule.last_edition, *([grading.samples.path] if grading.samples else [])]
    with new_run(out, inputs=list(dict.fromkeys(files)), secret_inputs=[county.path], created=created) as run:
        yield run


def write_compilation(work: CompileWork, run: RunFolder, created: datetime, say: Say) -> None:
    """Write everything that compiling hands over into a run folder.

    Parameters
    ----------
    work : CompileWork
        A compiled notice.
    run : RunFolder
        The run folder.
    created : datetime
        Time of the run.
    say : callable
        Told of each step, in Chinese, as it begins.
    """
    say("写级别图、地价图")
    write_grade_maps(work.grading, run.folder / MAPS)
    write_price_pages(work, run.folder / MAPS)
    say("写工作簿、级别图斑、地价表")
    write_grade_book(work.grading, run.folder / GRADE_BOOK, created)
    write_grade_polygons(work.grading, run.folder / POLYGONS)
    write_compile_book(work, run.folder / BOOK, created)
    write_price_table(work.compilation.table, run.folder / NOTICE)
    say("写公告稿")
    write_draft(work, run.folder, created)
    write_tables(run.folder / TABLES, _tables(work))
    rules = sources(work).astype("object")
    run.record(notice=work.county.notice, rules=rules.where(rules.notna(), None).to_dict("records"))


def _tables(work: CompileWork) -> dict[str, pd.DataFrame]:
    """Results for other programs, by the name of their file."""
    compilation, proof = work.compilation, work.proof
    return {
        "evidence": compilation.evidence,
        "samples": pd.DataFrame(compilation.samples.drop(columns="geometry")),
        "estimates": proof.estimates,
        "proof_by_use": proof.by_use,
        "proof_by_grade": proof.by_grade,
        "villages_changed": work.change.villages,
    }


def price_villages(work: CompileWork) -> gpd.GeoDataFrame:
    """Put grade and benchmark price of all uses beside the villages (村级别与地价).

    Parameters
    ----------
    work : CompileWork
        A compiled notice.

    Returns
    -------
    GeoDataFrame
        On the villages' index: township, village, for each use its 级别, 基准地价 [元/㎡] and 万元/亩.
    """
    grades, evidence = work.grading.grades, work.compilation.evidence
    table = grades.villages[["township", "village", grades.villages.geometry.name]]
    for use in work.compilation.evidence["use"].unique():
        own = evidence[evidence["use"].eq(use)].set_index(["township", "grade"])["unit_price"]
        grade = grades.uses[use].villages["grade"]
        town = table["township"] if own.index.get_level_values(0).any() else pd.Series("", index=table.index)
        price = pd.Series(own.reindex(pd.MultiIndex.from_arrays([town, grade])).to_numpy(), index=table.index)
        table = table.assign(
            **{
                f"{use}级别": grade + "级",
                f"{use}基准地价（元/㎡）": price,
                f"{use}基准地价（万元/亩）": _wan_per_mu(price),
            }
        )
    return table


def _wan_per_mu(price: pd.Series[float]) -> pd.Series[float]:
    """Convert prices to 万元/亩 as notices print them, with two decimals."""
    exact: Floats = np.asarray(wan_per_mu(price), dtype=np.float64)
    return pd.Series(round_half_up_array(exact, 2), index=price.index)


def write_price_pages(work: CompileWork, folder: Path) -> None:
    """Write the map of benchmark prices, and the index page of the whole compilation.

    Parameters
    ----------
    work : CompileWork
        A compiled notice.
    folder : Path
        Where the pages go; the grade maps are there already.
    """
    county, table = work.county, price_villages(work)
    uses = list(work.compilation.evidence["use"].unique())
    prices = [f"{use}基准地价（元/㎡）" for use in uses]
    page = village_map(
        table,
        prices[0],
        title=f"{county.name}集体建设用地基准地价图",
        views=[*(View(name, label=name) for name in prices), *(f"{use}级别" for use in uses)],
        remarks={"估价期日": f"{work.rule.base_date}", "地价表": work.compilation.table.name},
        notice=county.notice,
        on=work.rule.base_date,
    )
    save_page(page, folder / PRICES_PAGE, INDEX)
    links = {"基准地价图": PRICES_PAGE}
    links |= {
        path.stem.replace("级别图_", "") + ("级别图" if "级别图_" in path.stem else ""): path.name
        for path in sorted(folder.glob("*.html"))
        if path.name not in (PRICES_PAGE, INDEX)
    }
    write_table_page(
        folder / INDEX,
        {
            "基准地价表": _price_table(work),
            "检验（留一）：一级一价，PRD、PRB、MKI 的“累退”须先与基线比较，见说明": _proof(work.proof.by_use[_PROOF]),
            "与上一版比较": edition_tables(work.change)["汇总"],
            "需要核对": _named(pd.concat([work.compilation.findings, work.grading.findings])),
        },
        title=f"{county.name}集体建设用地定级与基准地价",
        links=links,
        notice=county.notice,
        foot=f"{work.rule.name}（{work.rule.source}）",
    )


_PROOF = ["price_use", "n", "median", "cod", "prd", "prb", "verdict"]
_HEADERS = {
    "township": "乡镇",
    "village": "村",
    "grade": "级别",
    "use": "用途",
    "price_use": "用途",
    "unit_price": "基准地价（元/㎡）",
    "samples": "样点数",
    "mean": "样点平均（元/㎡）",
    "median": "中位数",
    "lowest": "样点最低（元/㎡）",
    "highest": "样点最高（元/㎡）",
    "low": "置信区间下限（元/㎡）",
    "high": "置信区间上限（元/㎡）",
    "way": "取价方式",
    "basis": "依据",
    "sample_id": "样点编号",
    "sample_kind": "样点类型",
    "parcel_code": "宗地代码",
    "village_code": "村代码",
    "mode": "交易方式",
    "deal_on": "成交日期",
    "area": "面积（㎡）",
    "term_years": "使用年期（年）",
    "floor_area_ratio": "容积率",
    "deal_price": "成交总价（元）",
    "deal_unit_price": "成交单价（元/㎡）",
    "unit_rent": "年租金（元/㎡·年）",
    "development": "开发程度",
    "score": "总分值",
    "raw_price": "修正前地价（元/㎡）",
    "price_note": "地价来源",
    "case_factor": "情况修正系数",
    "date_factor": "期日修正系数",
    "term_factor": "年期修正系数",
    "far_factor": "容积率修正系数",
    "development_correction": "开发程度修正（元/㎡）",
    "standard_price": "样点标准地价（元/㎡）",
    "gap": "不能修正的原因",
    "dropped": "剔除原因",
    "counted": "是否采用",
    "note": "备注",
    "price": "样点标准地价（元/㎡）",
    "estimate": "不含本宗样点的级别地价（元/㎡）",
    "ratio": "比率",
    "n": "样点数",
    "cod": "COD",
    "prd": "PRD",
    "prb": "PRB",
    "mki": "MKI",
    "verdict": "结论",
    "finding": "说明",
    "morans_i": "莫兰指数",
    "expected": "期望值",
    "p": "p 值",
    "severity": "严重程度",
    "where": "位置",
    "value": "值",
    "message": "问题",
    "cure": "办法",
    "factor": "因素",
}


_RATIOS = {
    "median": "中位比率",
    "mean": "平均比率",
    "weighted_mean": "加权平均比率",
    "cod": "COD",
    "prd": "PRD",
    "prb": "PRB",
    "mki": "MKI",
    "ki": "KI",
}
_ENDS = {"low": "下限", "high": "上限"}


def _proof(table: pd.DataFrame) -> pd.DataFrame:
    """Head the columns of a ratio study in Chinese, the ends of its intervals too."""
    ends = {f"{name}_{end}": f"{said}{word}" for name, said in _RATIOS.items() for end, word in _ENDS.items()}
    ranks = {"spearman": "等级相关系数", "spearman_p": "等级相关 p 值"}
    return table.rename(columns=_HEADERS | _RATIOS | ends | ranks)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns=_HEADERS)


def _price_table(work: CompileWork) -> pd.DataFrame:
    evidence = work.compilation.evidence
    columns = ["township", "grade", "use", "unit_price", "samples", "low", "high", "way"]
    shown = evidence[columns].assign(**{"万元/亩": _wan_per_mu(evidence["unit_price"])})
    return _named(shown if shown["township"].ne("").any() else shown.drop(columns="township"))


def write_draft(work: CompileWork, folder: Path, created: datetime) -> None:
    """Write the draft notice as a document and as a workbook that reads back as the notice (公告稿).

    Parameters
    ----------
    work : CompileWork
        A compiled notice.
    folder : Path
        Where the two files go.
    created : datetime
        Time in the properties of the files.
    """
    compilation, county = work.compilation, work.county
    samples, table = compilation.samples, compilation.table
    draft = NoticeDraft(
        notice_settings(table),
        notice_tables(table),
        compilation.evidence,
        {"计算公式": table.formula.text, "前版公告": work.last.name + work.last.document},
    )
    counts = {
        "样点": len(samples),
        "采用": int(samples["counted"].sum()),
        "不能修正": int(samples["gap"].ne("").sum()),
        "剔除": int(samples["dropped"].ne("").sum()),
    }
    for write, name in ((write_notice_docx, DRAFT_DOCX), (write_notice_xlsx, DRAFT_XLSX)):
        write(folder / name, draft, county=county.name, counts=counts, created=created, notice_line=county.notice)


def write_compile_book(work: CompileWork, path: Path, created: datetime) -> None:
    """Write the workbook of a compiled notice: prices, evidence, samples, corrections, proof, changes.

    Parameters
    ----------
    work : CompileWork
        A compiled notice.
    path : Path
        The ``.xlsx`` file.
    created : datetime
        Time in the properties of the file.
    """
    compilation, proof, table = work.compilation, work.proof, work.compilation.table
    samples = pd.DataFrame(compilation.samples.drop(columns="geometry")).reset_index()
    samples = samples.assign(counted=samples["counted"].map({True: "是", False: "否"}))
    shown = [name for name in samples.columns if name in _HEADERS]
    tables = {
        "基准地价表": _price_table(work),
        "价格依据": _named(compilation.evidence),
        "样点": _named(samples[shown]),
        "因素修正": _named(table.factors),
        "容积率修正": _named(table.far.rename(columns={"factor": "修正系数"})),
        "检验 分用途": _proof(proof.by_use),
        "检验 分级别": _proof(proof.by_grade),
        "检验 空间": _named(proof.spatial),
        "检验 逐样点": _named(proof.estimates.reset_index()),
        **{f"两版 {name}": table for name, table in edition_tables(work.change).items()},
        "需要核对": _named(compilation.findings),
        "依据": sources(work),
    }
    write_table_book(
        path,
        tables,
        title=f"{work.county.name}集体建设用地基准地价编制",
        line=f"估价期日 {work.rule.base_date}　采用样点 {int(compilation.samples['counted'].sum())}/{len(samples)}",
        created=created,
        notice=work.county.notice,
        long=("依据", "结论", "说明", "办法", "问题", "位置", "不能修正的原因", "剔除原因"),
    )


def sources(work: CompileWork) -> pd.DataFrame:
    """List what the notice rests on (依据).

    Parameters
    ----------
    work : CompileWork
        A compiled notice.

    Returns
    -------
    DataFrame
        item, value, unit, effective_from, effective_to, source, verified, note.
    """
    rule = work.rule
    ways = {"merge": "与更好一级合并", "score": "按地价—总分值曲线推算"}
    stated = {
        "县": f"{work.county.name}（{work.county.county}）",
        "编制办法": rule.name,
        "定级办法": work.grading.rule.name,
        "上一版": work.last.citation,
        "样点": rule.samples.name,
        "估价期日": f"{rule.base_date}",
        "级别地价": {"mean": "平均数", "median": "中位数"}[rule.average],
        "取整": f"{rule.round_to:g} 元/㎡",
        "样点下限": f"{rule.least_samples} 个，不足时{ways[rule.sparse]}",
        "因素修正幅度": f"样点地价的 {rule.span[0]:g}—{rule.span[1]:g} 分位数",
        "半级取值": {"truncate": "截尾", "round": "四舍五入"}[rule.half_step],
        **{f"情况修正：{kind}": f"{value:g}" for kind, value in rule.case_factors.items()},
        **{f"剔除规则：{screen.name}": _screen_text(screen) for screen in rule.screens},
        "置信区间": f"{rule.level:.0%}，自助法 {rule.resamples} 次，种子 {rule.seed}",
    }
    return stated_sources(stated, rule.source).assign(verified="是" if rule.verified else "否")


def _screen_text(screen: Screen) -> str:
    texts = {
        "text": f"{_HEADERS.get(screen.column, screen.column)} 含 {'、'.join(screen.words)}",
        "ratio": f"本级中位数的 {screen.low:g}—{screen.high:g} 倍之外",
        "sigma": f"对数价偏离本级平均超过 {screen.k:g} 倍标准差",
        "iqr": f"对数价超出四分位 {screen.k:g} 倍四分位距",
    }
    return texts[screen.kind]
