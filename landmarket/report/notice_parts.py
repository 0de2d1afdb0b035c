"""The draft of a price notice as a value (公告稿): what it states, and what is still to be filled or checked."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd

from landmarket.checks import require_columns
from landmarket.errors import SHOWN, BadValueError, named_rows
from landmarket.io.manifest import require_public
from landmarket.report.notice_text import facts, statutes
from landmarket.units import YUAN_PER_SQUARE_METRE_IN_WAN_PER_MU, round_half_up

SETTINGS, EVIDENCE, PRICES = "notice", "evidence", "prices"
PRICED = ("township", "grade", "use")
"""What a price is keyed by."""

_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_OPTIONAL = frozenset({"wan_per_mu", "lowest", "highest", "way"})
_FROM_SETTINGS = {
    "公告名称": "name",
    "文号": "document",
    "发布日期": "published",
    "估价期日": "base_date",
    "权利类型": "rights",
}
_MANDATORY = {
    "legal_term": "使用年期",
    "floor_area_ratio": "容积率",
    "development": "开发程度",
    "capitalisation_rate": "土地还原率",
}


class NoticeColumn(NamedTuple):
    """One column (列) of a sheet of the draft, as ``notice_sheets.csv`` lists it.

    Attributes
    ----------
    sheet : str
        Title of the sheet.
    column, header : str
        Identifier and Chinese header.
    kind : str
        ``text``, ``list``, ``column``, ``number``, ``whole``, ``years`` or ``date``.
    """

    sheet: str
    column: str
    header: str
    kind: str


@cache
def notice_columns() -> dict[str, tuple[NoticeColumn, ...]]:
    """Return the columns of every sheet of a draft.

    Returns
    -------
    dict of str to tuple of NoticeColumn
        By the identifier of the table.
    """
    text = files("landmarket.report").joinpath("notice_sheets.csv").read_text(encoding="utf-8-sig")
    sheets: dict[str, tuple[NoticeColumn, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        column = NoticeColumn(row["sheet"], row["column"], row["header"], row["kind"])
        sheets[row["table"]] = (*sheets.get(row["table"], ()), column)
    return sheets


@dataclass(frozen=True, eq=False, repr=False)
class NoticeDraft:
    """A notice that is being drafted (公告稿), as plain tables and texts.

    Attributes
    ----------
    settings : mapping of str to str
        What the notice says beside its tables, as ``landmarket.pricing.notice_tables.notice_settings`` gives it.
    tables : mapping of str to DataFrame
        Its tables, as ``landmarket.pricing.notice_tables.notice_tables`` gives them; ``prices`` and ``connotation`` at
        least.
    evidence : DataFrame
        How each price came about: ``township, grade, use, unit_price`` [元/㎡], ``samples, mean, median, low, high,
        basis``; internal.
    facts : mapping of str to str
        What only the office knows, by the names of ``notice_text.toml``: 发布机关, 有效期, 听证日期, 验收单位 …
    """

    settings: Mapping[str, str]
    tables: Mapping[str, pd.DataFrame]
    evidence: pd.DataFrame
    facts: Mapping[str, str]

    def __post_init__(self) -> None:
        """Check what the writers rely on."""
        known = notice_columns()
        unknown = [name for name in self.tables if name not in known or name in (SETTINGS, EVIDENCE)]
        if unknown:
            allowed = "、".join(name for name in known if name not in (SETTINGS, EVIDENCE))
            raise BadValueError(f"公告稿：不认识的表 {'、'.join(unknown)}。办法：可用的表：{allowed}。")
        keys = {column.column for column in known[SETTINGS]}
        strange = [*(name for name in self.settings if name not in keys), *(_unknown_facts(self.facts))]
        if strange:
            names = "、".join([*sorted(keys), *(fact.name for fact in facts())])
            raise BadValueError(f"公告稿：不认识的填写项 {'、'.join(strange)}。办法：可用的名称：{names}。")
        for name in {*self.tables, PRICES, "connotation"}:
            self._require(name, self.tables.get(name, pd.DataFrame()))
        self._require(EVIDENCE, self.evidence)
        require_public(self.evidence.columns, "公告稿 测算依据")
        _require_prices(self.tables[PRICES])

    def _require(self, name: str, table: pd.DataFrame) -> None:
        needed = [column.column for column in notice_columns()[name] if column.column not in _OPTIONAL]
        require_columns(table, needed, f"公告稿 {notice_columns()[name][0].sheet}")

    def table(self, name: str) -> pd.DataFrame:
        """Give one table.

        Parameters
        ----------
        name : str
            Its identifier.

        Returns
        -------
        DataFrame
            Empty where the notice has none.
        """
        columns = [column.column for column in notice_columns()[name]]
        return self.tables.get(name, pd.DataFrame(columns=columns))

    def stated(self) -> dict[str, str]:
        """Collect everything the text of the notice can be filled with.

        Returns
        -------
        dict of str to str
            By the names of ``notice_text.toml``; what is missing is left out.
        """
        own = {name: self.settings.get(key, "") for name, key in _FROM_SETTINGS.items()}
        return {name: _day(text.strip()) for name, text in (own | dict(self.facts)).items() if text.strip()}

    def __repr__(self) -> str:
        """Name the draft instead of printing its tables."""
        return f"<NoticeDraft {self.settings.get('name', '')}：{len(self.tables[PRICES])} 个价格>"


def _day(text: str) -> str:
    """Write a date as prose does; any other text stays."""
    found = _ISO_DAY.fullmatch(text)
    return f"{int(found[1])}年{int(found[2])}月{int(found[3])}日" if found else text


def _unknown_facts(given: Mapping[str, str]) -> list[str]:
    names = {fact.name for fact in facts()}
    return [name for name in given if name not in names]


def _require_prices(prices: pd.DataFrame) -> None:
    """Refuse prices that are no prices, and two for one cell."""
    price = prices["unit_price"].to_numpy(dtype=np.float64)
    names = pd.Index([" ".join(filter(None, row)) for row in zip(*(prices[key] for key in PRICED), strict=True)])
    for bad, what in (
        ((price <= 0) | np.isinf(price), "不是正数"),
        (prices.duplicated(list(PRICED)).to_numpy(), "重复"),
    ):
        if bad.any():
            rows = named_rows(names[bad], price[bad].tolist())
            raise BadValueError(f"公告稿：基准地价{what}，{rows}。办法：改正基准地价表。")


def wan_per_mu_text(unit_price: float) -> str:
    """Print a unit price in 万元/亩, half-up, as notices do.

    Parameters
    ----------
    unit_price : float
        Unit price [元/㎡].

    Returns
    -------
    str
        Two decimals; — where there is no price.

    Examples
    --------
    The notice of 彭山 prints 712 元/㎡ as 47.47 万元/亩:

    >>> wan_per_mu_text(712), wan_per_mu_text(645)
    ('47.47', '43.00')
    """
    if np.isnan(unit_price):
        return "—"
    return str(round_half_up(Fraction(repr(float(unit_price))) / YUAN_PER_SQUARE_METRE_IN_WAN_PER_MU, 2))


class Gap(NamedTuple):
    """Something to fill in or look at before the notice is issued (待填、待核事项).

    Attributes
    ----------
    kind : str
        待填 or 核对.
    what : str
        What it is.
    cure : str
        What to do.
    """

    kind: str
    what: str
    cure: str


def draft_gaps(draft: NoticeDraft) -> list[Gap]:
    """List what is missing in a draft and what is to be checked (待填与核对事项).

    Parameters
    ----------
    draft : NoticeDraft
        The draft.

    Returns
    -------
    list of Gap
        Facts, the connotation, tables, prices without a figure or without evidence, evidence of another price, and
        statutes whose text nobody has checked.
    """
    stated = draft.stated()
    missing = [Gap("待填", fact.name, fact.hint) for fact in facts() if fact.name not in stated]
    found = [*missing, *_open_connotation(draft), *_absent_tables(draft), *_prices_without(draft)]
    return [*found, *_evidence_gaps(draft), *_unread_statutes()]


def _unread_statutes() -> Iterator[Gap]:
    for statute in statutes():
        if not statute.verified:
            yield Gap("核对", f"编制依据 {statute.name}", f"核对名称与现行版本（{statute.source}）")


def _open_connotation(draft: NoticeDraft) -> Iterator[Gap]:
    """Find what the basis of a priced use leaves open."""
    basis = draft.table("connotation")
    for use in dict.fromkeys(draft.table(PRICES)["use"]):
        rows = basis[basis["use"].isin([use, ""])]
        if not len(rows):
            yield Gap("待填", f"价格内涵 {use}", "补上使用年期、容积率、开发程度、地价类型")
    for row in basis.to_dict("records"):
        for column, name in _MANDATORY.items():
            value = row[column]
            if value == "" or value != value:
                place = " ".join(filter(None, (str(row["use"]), str(row["grade"]))))
                yield Gap("待填", f"价格内涵 {place} {name}", "按测算所依据的内涵填写")


def _absent_tables(draft: NoticeDraft) -> Iterator[Gap]:
    growth = "monthly_growth" in draft.settings
    graded = bool((draft.table(PRICES)["grade"] != "").any())
    for name in ("grade_ranges", "uses", "dates", "far", "factors"):
        if (name == "dates" and growth) or (name == "grade_ranges" and not graded):
            continue
        if not len(draft.table(name)):
            yield Gap("核对", f"没有 {notice_columns()[name][0].sheet}表", "确实不设的，在正文写明；应设的补上")


def _prices_without(draft: NoticeDraft) -> Iterator[Gap]:
    prices = draft.table(PRICES)
    for use, rows in prices[prices["unit_price"].isna()].groupby("use", sort=False):
        yield Gap("核对", f"{use} 无价：{_listed(rows)}", "确无价的保留“—”，该处宗地不能计价；漏填的补上")


def _evidence_gaps(draft: NoticeDraft) -> Iterator[Gap]:
    """Compare every price with its evidence."""
    prices = draft.table(PRICES)
    priced = prices[prices["unit_price"].notna()]
    known = draft.evidence[[*PRICED, "unit_price"]].drop_duplicates(list(PRICED))
    both = priced.merge(known, on=list(PRICED), how="left", suffixes=("", "_evidence"), indicator=True)
    lacking = both[both["_merge"] == "left_only"]
    if len(lacking):
        yield Gap("核对", f"没有测算依据的价格：{_listed(lacking, use=True)}", "补上依据，或说明来源")
    other = both[(both["_merge"] == "both") & (both["unit_price"] != both["unit_price_evidence"])]
    if len(other):
        shown = _listed(other, use=True)
        yield Gap("核对", f"价格与测算依据不一致：{shown}", "核对是否人工调整过；调整过的写明理由")


def _listed(rows: pd.DataFrame, *, use: bool = False) -> str:
    keys = PRICED if use else PRICED[:2]
    names = [" ".join(filter(None, map(str, row))) or "全县" for row in rows[list(keys)].to_numpy().tolist()]
    more = f" 等 {len(names)} 处" if len(names) > SHOWN else ""
    return "、".join(names[:SHOWN]) + more
