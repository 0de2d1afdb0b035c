"""The summary by township (汇总): live formulas over the other sheets, stored with their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from landmarket.report.cells import MONEY, TEXT, WHOLE, display_width, exact_sum, safe_text
from landmarket.report.layout import FIRST_ROW, HEADER_ROW, UNPLACED, Sheet, SummaryColumn, summary_columns

TOTAL = "合计"


def townships_in_order(parcels: pd.DataFrame) -> list[str]:
    """List the townships that have parcels.

    Parameters
    ----------
    parcels : DataFrame
        With ``township``; ``township_code`` orders them where it is there.

    Returns
    -------
    list of str
        By code, else by name; parcels without a township last, under a name that says so.
    """
    names = parcels["township"].astype("object")
    names = names.where(names.notna() & names.ne(""), UNPLACED)
    keys = parcels["township_code"].astype("object") if "township_code" in parcels.columns else names
    found = pd.DataFrame({"name": names, "key": keys.where(keys.notna(), "").astype("str")})
    first = found.groupby("name")["key"].min()
    return sorted(first.index, key=lambda name: (name == UNPLACED, first[name], name))


def write_summary(
    target: Worksheet, sheets: Sequence[Sheet], townships: Sequence[str], pens: Mapping[str, Format]
) -> int:
    """Write one row per township and the totals.

    Parameters
    ----------
    target : Worksheet
        The empty sheet.
    sheets : sequence of Sheet
        The sheets the formulas look into; a column whose sheet is missing is left out.
    townships : sequence of str
        Rows.
    pens : mapping of str to Format
        Formats by name.

    Returns
    -------
    int
        Number of columns written.
    """
    by_name = {sheet.name: sheet for sheet in sheets}
    wanted = [column for column in summary_columns() if _has(by_name.get(column.sheet), column)]
    target.write_string(HEADER_ROW, 0, "乡镇", pens["head"])
    target.set_column(0, 0, max((display_width(name) for name in townships), default=8) + 3)
    last = FIRST_ROW + len(townships) - 1
    for row, name in enumerate(townships, start=FIRST_ROW):
        target.write_string(row, 0, safe_text(name), pens[TEXT])
    target.write_string(last + 1, 0, TOTAL, pens[f"total {TEXT}"])
    for position, column in enumerate(wanted, start=1):
        sheet, pen = by_name[column.sheet], WHOLE if column.header.endswith("（宗）") else MONEY
        values = _values(sheet, column, [safe_text(name) for name in townships])
        target.write_string(HEADER_ROW, position, column.header.replace("（", "\n（"), pens["head"])
        target.set_column(position, position, max(len(f"{exact_sum(values):,.2f}") + 2 if pen == MONEY else 0, 11))
        for row, value in enumerate(values, start=FIRST_ROW):
            target.write_formula(row, position, _formula(sheet, column, row), pens[pen], value)
        cells = f"{xl_rowcol_to_cell(FIRST_ROW, position)}:{xl_rowcol_to_cell(last, position)}"
        target.write_formula(last + 1, position, f"=SUM({cells})", pens[f"total {pen}"], exact_sum(values))
    target.freeze_panes(FIRST_ROW, 1)
    return len(wanted) + 1


def _has(sheet: Sheet | None, column: SummaryColumn) -> bool:
    return sheet is not None and sheet.rows > 0 and sheet.position(column.column) is not None


def _values(sheet: Sheet, column: SummaryColumn, townships: Sequence[str]) -> list[float]:
    """What the formulas give, by township."""
    entries = {item.cells.name: item.cells.entries for item in sheet.columns}
    sums: dict[str, list[float]] = {name: [] for name in townships}
    for township, value in zip(entries["township"], entries[column.column], strict=True):
        number = value if isinstance(value, float) else None
        counted = {"count": 1.0, "filled": float(number is not None), "equal": float(value == column.match)}
        sums[str(township)].append((number or 0.0) if column.how == "sum" else counted[column.how])
    return [exact_sum(amounts) for amounts in sums.values()]


def _formula(sheet: Sheet, column: SummaryColumn, row: int) -> str:
    """Count or add the rows of the township named in the first cell of the row, case and wildcards exact."""
    ours = f"EXACT({_range(sheet, 'township')},{xl_rowcol_to_cell(row, 0, col_abs=True)})"
    cells = _range(sheet, column.column)
    match = column.match.replace('"', '""')
    return {
        "count": f"=SUMPRODUCT({ours}*1)",
        "filled": f"=SUMPRODUCT({ours}*ISNUMBER({cells}))",
        "equal": f'=SUMPRODUCT({ours}*EXACT({cells},"{match}"))',
        "sum": f"=SUMPRODUCT({ours}*1,{cells})",
    }[column.how]


def _range(sheet: Sheet, name: str) -> str:
    position = sheet.position(name) or 0
    return f"'{sheet.name}'!{xl_range_abs(FIRST_ROW, position, FIRST_ROW + sheet.rows - 1, position)}"
