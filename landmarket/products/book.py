"""The workbook of a county (工作簿)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from landmarket.audience import INTERNAL_TABLE, strictest
from landmarket.products.work import Work, plain, rules_used
from landmarket.report import write_workbook
from landmarket.screening.result import row_numbers

WORKBOOK = "地价与收益分配.xlsx"


def write_report(work: Work, path: Path, created: datetime) -> None:
    """Write the workbook of a county.

    Parameters
    ----------
    work : Work
        The county's results.
    path : Path
        The ``.xlsx`` file.
    created : datetime
        Time in the properties of the file.
    """
    outcome, screening = work.outcome, work.screening
    write_workbook(
        path,
        {
            "parcels": plain(outcome.parcels),
            "entry": outcome.entry,
            "prices": outcome.prices,
            "deals": outcome.deals,
            "shares": outcome.shares,
            "findings": screening.findings.assign(source_row=row_numbers(screening.findings)),
            "set_aside": plain(screening.set_aside),
        },
        title=f"{work.county.name}农村集体经营性建设用地",
        counts=screening.counts,
        sources=rules_used(work),
        created=created,
        notice=work.county.notice,
        internal_line=f"{INTERNAL_TABLE}；资料密级：{strictest(work.county.classified)[0]}",
    )
