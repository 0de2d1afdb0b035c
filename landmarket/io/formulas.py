"""Formulas of a workbook that no program has computed (没有算过的公式): they have no value, and are not empty cells."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

from landmarket.errors import SHOWN, ReadError

if TYPE_CHECKING:
    from openpyxl import Workbook

_NO_VALUE = re.compile(
    rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^<>]*/>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


def require_computed(path: Path, book: Workbook) -> None:
    """Raise where a formula has no value (公式没有算过的值), as a program writes it that does not compute.

    Parameters
    ----------
    path : Path
        An .xlsx file.
    book : Workbook
        Its values.

    Raises
    ------
    ReadError
        Sheets and cells are named. A formula whose computed text is empty is no such formula.
    """
    with ZipFile(path) as archive:
        if not any(_NO_VALUE.search(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")):
            return
    import openpyxl  # only here, as in `landmarket.io.sheets`

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it says of the file was heard when the values were read
        formulas = openpyxl.load_workbook(path)
    cells = []
    for sheet in formulas.worksheets:
        values = book[sheet.title]
        written = [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        empty = [name for name in written if values[name].value is None and values[name].data_type != "str"]
        cells += [f"{sheet.title}!{name}" for name in empty]
    if cells:
        shown = "、".join(cells[:SHOWN]) + (" 等" if len(cells) > SHOWN else "")
        raise ReadError(
            f"{path}：有 {len(cells)} 格的公式没有算过的值：{shown}。"
            "办法：在 Excel 或 WPS 中打开、保存后再读，或把公式改写为数。"
        )
