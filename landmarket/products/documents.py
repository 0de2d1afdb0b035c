"""The documents of a county (文档): townships in sums, a price written out, the papers of a deal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from landmarket.audience import INTERNAL_DRAFT, strictest
from landmarket.errors import BadValueError, NoPriceError
from landmarket.io.file_names import file_names
from landmarket.io.whole import output_errors
from landmarket.maps.table_page import write_table_page
from landmarket.pricing.worksheet import explain
from landmarket.products.work import Work, rules_used
from landmarket.report.deal_papers import deal_papers, write_papers
from landmarket.report.paper import Paper
from landmarket.report.paper_fact_file import read_paper_facts
from landmarket.report.paper_facts import FactValue
from landmarket.report.paper_template import PaperTemplate, read_template
from landmarket.report.worksheet_document import write_township_document, write_worksheet_document
from landmarket.units import wan_text

TOWNSHIPS = "乡镇汇总"
_KINDS = {"网页": "html", "Word": "docx"}
_MONEY = ["total_price_fen", "deal_price_fen", "fund_fen"]


def write_townships(work: Work, folder: Path, created: datetime) -> list[Path]:
    """Write each township in sums (乡镇汇总), as document and as page.

    Parameters
    ----------
    work : Work
        The county's results.
    folder : Path
        Where to; made if need be.
    created : datetime
        Time in the properties of the documents.

    Returns
    -------
    list of Path
        The documents.
    """
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(work.outcome.table.drop(columns=work.outcome.table.geometry.name))
    stems, written = file_names(_townships(work)), []
    for name, stem in stems.items():
        own = table[table["township"].eq(name)]
        path = folder / f"{stem}.docx"
        write_township_document(
            path,
            {"按村汇总": _sums(own, "village"), "按基准地价用途汇总": _sums(own, "price_use")},
            township=name,
            created=created,
            paragraphs=(_said(own),),
            notice_line=work.county.notice,
            internal_line=internal_line(work),
        )
        written.append(path)
    write_table_page(
        folder / "index.html",
        {},
        title=f"{work.county.name}　{TOWNSHIPS}",
        links={"返回首页": "../index.html"}
        | {f"{name}（{kind}）": f"{stem}.{end}" for name, stem in stems.items() for kind, end in _KINDS.items()},
        notice=work.county.notice,
        foot=internal_line(work),
    )
    return written


def _townships(work: Work) -> list[str]:
    """Names of the townships that have parcels, in the order of their codes."""
    table = work.outcome.table[["township_code", "township"]].dropna().drop_duplicates()
    return [str(name) for name in table.sort_values("township_code")["township"].unique()]


def internal_line(work: Work) -> str:
    """Say that a document is internal, and how its inputs are classified (内部使用说明).

    Parameters
    ----------
    work : Work
        The county's results.

    Returns
    -------
    str
        For every page.
    """
    return f"{INTERNAL_DRAFT}；资料密级：{strictest(work.county.classified)[0]}"


def require_parcel(work: Work, code: str) -> None:
    """Raise unless a parcel was accepted (采用的宗地).

    Parameters
    ----------
    work : Work
        The county's results.
    code : str
        Parcel code.

    Raises
    ------
    BadValueError
        If it was not.
    """
    if code not in work.outcome.parcels.index:
        raise BadValueError(f"采用的宗地中没有 {code}。办法：核对代码，或用 check 看它为何暂不处理。")


def price_steps(work: Work, code: str) -> pd.DataFrame:
    """Write out how the price of a parcel came about (测算过程).

    Parameters
    ----------
    work : Work
        The county's results.
    code : str
        Parcel code.

    Returns
    -------
    DataFrame
        As `landmarket.pricing.explain` gives it.

    Raises
    ------
    BadValueError
        If the parcel was not accepted.
    NoPriceError
        If it has no price.
    """
    require_parcel(work, code)
    if code not in work.outcome.prices.index:
        gap = work.outcome.parcels["price_gap"].astype("str").loc[[code]].iloc[0]
        raise NoPriceError(f"{code} 没有地价：{gap}。办法：核对规划用途、级别范围与公告。")
    return explain(work.outcome.prices, code)


def write_worksheet(work: Work, code: str, path: Path, created: datetime) -> None:
    """Write how the price of a parcel came about (宗地地价测算说明), as document and as page.

    Parameters
    ----------
    work : Work
        The county's results.
    code : str
        Parcel code.
    path : Path
        The ``.docx`` file; the page goes beside it.
    created : datetime
        Time in the properties of the document.

    Raises
    ------
    BadValueError
        If the parcel was not accepted.
    NoPriceError
        If it has no price.
    """
    steps, facts = price_steps(work, code), _register_facts(work, code)
    shown = {name: facts.get(name, "") for name in ("宗地代码", "坐落", "土地所有权人", "用途", "面积")}
    shown["估价期日"] = f"{work.scenario.on:%Y-%m-%d}"
    write_worksheet_document(
        path,
        steps,
        shown,
        rules_used(work),
        created=created,
        notice_line=work.county.notice,
        internal_line=internal_line(work),
    )


def parcel_papers(work: Work, code: str, facts: Path | None, templates: Path | None) -> dict[str, Paper]:
    """Fill in the papers of a deal (交易文书): from the registers, then from what the bureau states, which prevails.

    Parameters
    ----------
    work : Work
        The county's results; nothing of its simulated deal goes into a paper.
    code : str
        Parcel code.
    facts : Path or None
        What the bureau states, see `landmarket.report.paper_fact_file.read_paper_facts`.
    templates : Path or None
        Folder of edited templates.

    Returns
    -------
    dict of str to Paper
        By the name of the paper.

    Raises
    ------
    BadValueError
        If the parcel was not accepted, or a fact may not be stated.
    ReadError
        If a file cannot be read, or the folder holds no template.
    """
    require_parcel(work, code)
    stated: dict[str, FactValue] = dict(_register_facts(work, code))
    if facts is not None:
        stated |= read_paper_facts(facts, code)
    return deal_papers(stated, () if templates is None else _templates(templates))


def write_parcel_papers(work: Work, papers: dict[str, Paper], folder: Path, created: datetime) -> list[Path]:
    """Write the papers of a deal as documents and as pages.

    Parameters
    ----------
    work : Work
        The county's results.
    papers : dict of str to Paper
        From `parcel_papers`.
    folder : Path
        Where to.
    created : datetime
        Time in the properties of the files.

    Returns
    -------
    list of Path
        The files.
    """
    return write_papers(
        folder, papers, created=created, notice_line=work.county.notice, internal_line=internal_line(work)
    )


def _templates(folder: Path) -> Sequence[PaperTemplate]:
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise BadValueError(f"{folder}：没有 .toml 模板。办法：核对目录；模板可由 landmarket papers --templates 指定。")
    return [read_template(path) for path in paths]


def _register_facts(work: Work, code: str) -> dict[str, str]:
    """State what layers and registers say of a parcel; blank where they say nothing."""
    row = work.outcome.parcels.loc[[code]]
    text = {name: _text(row[name]) for name in ("township", "village", "owner", "planned_use_name", "planned_use")}
    area = float(row["area"].iloc[0])
    use = f"{text['planned_use_name']}（{text['planned_use']}）" if text["planned_use"] else text["planned_use_name"]
    return {
        "县名": work.county.name,
        "宗地代码": code,
        "坐落": f"{text['township']}{text['village']}",
        "土地所有权人": text["owner"],
        "用途": use,
        "面积": f"{area:.2f} 平方米",
    }


def _text(values: pd.Series[str]) -> str:
    return "" if values.isna().iloc[0] else str(values.iloc[0])


def _sums(own: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sum the parcels of a township; those without a name stand in a row of their own."""
    named = own.assign(**{by: own[by].fillna("（无）")})
    grouped = named.groupby(by, sort=True)
    sums = grouped[_MONEY].sum().astype("Int64")
    counted = {
        "宗数": grouped.size(),
        "可入市宗数": named["allowed"].eq("可入市").groupby(named[by]).sum(),
        "成交宗数": named["outcome"].eq("成交").groupby(named[by]).sum(),
    }
    return pd.concat([pd.DataFrame(counted), grouped["area"].sum(), sums], axis=1).reset_index()


def _said(own: pd.DataFrame) -> str:
    total, paid, fund = (wan_text(int(own[name].dropna().astype("int64").sum())) for name in _MONEY)
    return (
        f"采用宗地 {len(own)} 宗，可入市 {int(own['allowed'].eq('可入市').sum())} 宗；"
        f"有基准地价的总地价 {total} 万元；模拟成交 {int(own['outcome'].eq('成交').sum())} 宗，"
        f"成交价 {paid} 万元，其中调节金 {fund} 万元。交易为模拟，不是成交事实。"
    )
