"""Two editions of a price notice compared (两版基准地价比较): cells, villages, parcels, and what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from landmarket.display import frame_table, paragraph
from landmarket.pricing.editions.cells import compare_cells
from landmarket.pricing.editions.changes import (
    grade_name,
    keying,
    keying_text,
    require_prices,
    uses_of,
)
from landmarket.pricing.editions.parcels import compare_parcels, gains_by, no_parcels
from landmarket.pricing.editions.villages import compare_villages, movers, village_summary
from landmarket.pricing.notice_findings import Finding, findings_table
from landmarket.pricing.price_table import PriceTable

_RESTATE = "先用 at_connotation() 把旧版换算到新版内涵再比较"


@dataclass(frozen=True, eq=False, repr=False)
class EditionDiff:
    """What changes from one edition of a notice to the next (两版基准地价比较).

    Attributes
    ----------
    old, new : str
        The editions, as a worksheet cites them.
    cells : DataFrame
        Price by price, see `landmarket.pricing.editions.cells.compare_cells`.
    villages : DataFrame
        Village by village and use, see `landmarket.pricing.editions.villages.compare_villages`.
    parcels : DataFrame
        Parcel by parcel, see `landmarket.pricing.editions.parcels.compare_parcels`; no rows where none were given.
    summary : DataFrame
        Counts and the median change by use.
    movers : DataFrame
        By use, the ten villages that rose and the ten that fell most.
    findings : DataFrame
        severity, where, value, message, cure: what keeps the editions from being compared as they stand.
    """

    old: str
    new: str
    cells: pd.DataFrame
    villages: pd.DataFrame
    parcels: pd.DataFrame
    summary: pd.DataFrame
    movers: pd.DataFrame
    findings: pd.DataFrame

    def gains(self, by: str) -> pd.DataFrame:
        """Add up what the parcels gain (增减值汇总).

        Parameters
        ----------
        by : str
            ``township``, ``owner``, ``price_use_new`` or another column of ``parcels``.

        Returns
        -------
        DataFrame
            Indexed by it: parcels, compared, values and change in integer fen, change_rate.
        """
        return gains_by(self.parcels, by)

    def __repr__(self) -> str:
        """Count instead of printing the tables."""
        counts = f"{len(self.cells)} 格，{len(self.villages)} 个村与用途，{len(self.parcels)} 宗"
        return f"<EditionDiff {self.old} → {self.new}：{counts}，{len(self.findings)} 处须核对>"

    def _repr_html_(self) -> str:
        """Show the summary in a notebook; every text is escaped."""
        return paragraph(f"{self.old} → {self.new}") + frame_table(self.summary.reset_index())


def diff(old: PriceTable, new: PriceTable, villages: pd.DataFrame, parcels: pd.DataFrame | None = None) -> EditionDiff:
    """Compare two editions of a benchmark-price notice (两版基准地价比较).

    Parameters
    ----------
    old, new : PriceTable
        The editions. Uses are matched by name.
    villages : DataFrame
        With ``township`` and ``village``, as the notices name them, each once.
    parcels : DataFrame, optional
        With ``planned_use, planned_use_scheme, township, village, area`` [㎡].

    Returns
    -------
    EditionDiff
        Nothing is left out: a village or parcel without a price in one edition is a row that says why.

    Raises
    ------
    BadValueError
        If a price is not positive or stands there twice, a village has no name or stands there twice, or an area is
        not positive.

    Notes
    -----
    A difference of two prices that are stated on different bases is also a difference of the bases: each such pair
    says so in ``connotation``, and the findings sum it up.
    """
    for table in (old, new):
        require_prices(table, "diff")
    by_village = compare_villages(old, new, villages)
    by_parcel = no_parcels() if parcels is None else compare_parcels(old, new, parcels)
    found = [
        *_order(old, new),
        *_rights(old, new),
        *_uses(old, new),
        *_keys(old, new),
        *_rates(old, new),
        *_bases(by_village),
    ]
    return EditionDiff(
        old=old.citation,
        new=new.citation,
        cells=compare_cells(old, new),
        villages=by_village,
        parcels=by_parcel,
        summary=village_summary(by_village),
        movers=movers(by_village),
        findings=findings_table(found),
    )


def _order(old: PriceTable, new: PriceTable) -> Iterator[Finding]:
    was, now = old.connotation.base_date, new.connotation.base_date
    if now < was:
        yield Finding("警告", "估价期日", f"{was}→{now}", "新版的估价期日早于旧版", "核对两版的先后")


def _rights(old: PriceTable, new: PriceTable) -> Iterator[Finding]:
    was, now = old.connotation.rights, new.connotation.rights
    if was != now:
        value = f"{was or '未写'}→{now or '未写'}"
        yield Finding(
            "警告", "价格内涵 权利类型", value, "两版权利类型的写法不同", "核对是否同一权利；不同的不能直接比较"
        )


def _uses(old: PriceTable, new: PriceTable) -> Iterator[Finding]:
    before, after = uses_of(old), uses_of(new)
    cure = "确为同一用途而名称不同的，先统一名称"
    for use in [use for use in before if use not in after]:
        yield Finding("提示", "基准地价表", use, "只在旧版有价的用途", cure)
    for use in [use for use in after if use not in before]:
        yield Finding("提示", "基准地价表", use, "只在新版有价的用途", cure)


def _keys(old: PriceTable, new: PriceTable) -> Iterator[Finding]:
    """Find uses whose grades mean something else in the two editions."""
    after = uses_of(new)
    for use in [use for use in uses_of(old) if use in after]:
        was, now = keying(old, use), keying(new, use)
        if was != now:
            value = f"{keying_text(was)}→{keying_text(now)}"
            yield Finding("提示", f"基准地价表 {use}", value, "两版级别体系不同，逐格与升降级不能比", "看逐村的地价")
            continue
        counts = [_grades(table, use) for table in (old, new)]
        changed = [place for place in counts[0] if place in counts[1] and counts[0][place] != counts[1][place]]
        if changed:
            shown = "、".join(f"{place or '全县'} {counts[0][place]}→{counts[1][place]} 级" for place in changed)
            yield Finding("提示", f"基准地价表 {use}", shown, "两版级别数不同", "升级、降级须结合级别范围判断")


def _grades(table: PriceTable, use: str) -> dict[str, int]:
    rows = table.prices[table.prices["use"] == use]
    names: dict[str, set[str]] = {}
    for township, grade in zip(rows["township"], rows["grade"], strict=True):
        names.setdefault(str(township), set()).add(grade_name(str(grade)))
    return {township: len(grades) for township, grades in names.items()}


def _rates(old: PriceTable, new: PriceTable) -> Iterator[Finding]:
    columns = ["use", "grade", "capitalisation_rate"]
    bases = [table.connotation.by_use[columns].dropna() for table in (old, new)]
    both = bases[0].merge(bases[1], on=["use", "grade"], suffixes=("_old", "_new"))
    for use, grade, was, now in both.itertuples(index=False):
        if was != now:
            value = f"{100 * was:g}%→{100 * now:g}%"
            cure = "无须换算；宗地年期修正随之变化"
            yield Finding("提示", f"价格内涵 {use}{grade}", value, "土地还原率不同，不影响级别价", cure)


def _bases(villages: pd.DataFrame) -> Iterator[Finding]:
    """Sum up the villages whose two prices stand on different bases."""
    rows = villages[villages["connotation"] != ""]
    for (use, note), own in rows.groupby(["use", "connotation"], sort=False):
        severity = "错误" if "地价类型" in str(note) else "警告"
        message = f"价格内涵不同，差额含内涵变化（{len(own)} 村）"
        yield Finding(severity, f"价格内涵 {use}", str(note), message, _RESTATE)
