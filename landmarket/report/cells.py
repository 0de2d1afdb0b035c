"""What stands in the cells of a workbook: text that stays text, exact numbers, dates, and their formats."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from landmarket.columns import header, label, schema
from landmarket.errors import BadValueError, named_rows

LONGEST_TEXT = 32_767
"""Most UTF-16 units of a cell (Excel specifications and limits)."""

MONEY, WHOLE, PLAIN_WHOLE, DATE, GENERAL, TEXT = "#,##0.00", "#,##0", "0", "yyyy-mm-dd", "General", "@"
FACTOR, SHARE, RATE = "0.0000##", "0.00%", "0.00##%"
FORMATS = (MONEY, WHOLE, PLAIN_WHOLE, DATE, GENERAL, TEXT, FACTOR, SHARE, RATE)
"""Every number format of the workbook."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_EPOCH = pd.Timestamp("1899-12-30")
_FIRST_SERIAL = 61  # 1900-03-01; earlier serials are off by a day in Excel
_HEADERS = {
    "item": "名称",
    "value": "值",
    "unit": "单位",
    "effective_from": "生效日期",
    "effective_to": "失效日期",
    "source": "来源",
    "verified": "是否核对原文",
    "note": "说明",
    "check": "检查项",
    "column": "列",
    "cure": "办法",
    "set_aside_reason": "暂不处理原因",
}
_DATES = ("effective_from", "effective_to")
_RATES = ("fund_rate", "capitalisation_rate")  # multiplied, hence shown in full
_MEASURES = ("元", "㎡", "亩")
_FACTOR_PREFIX, _PERCENT_PREFIX = "系数:", "因素:"


@dataclass(frozen=True)
class Cells:
    """One column of a sheet, ready to be written.

    Attributes
    ----------
    name : str
        Identifier.
    header : str
        Chinese header with its unit.
    number_format : str
        Excel number format; ``@`` for text.
    entries : list of str, float or None
        What is written; None leaves the cell empty.
    total : float
        Exact sum of the numbers; zero for text.
    """

    name: str
    header: str
    number_format: str
    entries: list[str | float | None]
    total: float

    @property
    def is_text(self) -> bool:
        """Whether the cells hold text."""
        return self.number_format == TEXT

    @cached_property
    def longest(self) -> int:
        """Width of the longest entry in characters, a Chinese character counting two."""
        distinct = set(self.entries)
        texts = [entry for entry in distinct if isinstance(entry, str)]
        numbers = [entry for entry in distinct if isinstance(entry, float)]
        ends = [self._printed(number) for number in (min(numbers), max(numbers), self.total)] if numbers else []
        return max(map(display_width, {*texts, *ends}), default=0)

    def _printed(self, number: float) -> str:
        """About what a cell shows, to measure its width."""
        printed = {DATE: "2026-03-02", SHARE: f"{number:.2%}", FACTOR: f"{number:.4f}", MONEY: f"{number:,.2f}"}
        return printed.get(self.number_format, f"{number:.8g}")


def display_width(text: str) -> int:
    """Width of a text's longest line, a full-width character counting two.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    int
        Width in half-width characters.

    Notes
    -----
    GB 18030 has one byte for a half-width character and two for a Chinese one.

    Examples
    --------
    >>> display_width("面积（㎡）"), display_width("JB00001")
    (10, 7)
    """
    return max(len(line.encode("gb18030", errors="replace")) for line in text.split("\n"))


def exact_sum(numbers: Iterable[float]) -> float:
    """Sum amounts [元], areas [㎡] or [亩] as if they were decimals.

    Parameters
    ----------
    numbers : iterable of float
        Numbers of at most six decimals.

    Returns
    -------
    float
        The float nearest to the decimal sum.

    Examples
    --------
    >>> exact_sum([0.1] * 3)
    0.3
    """
    return round(math.fsum(numbers), 6)


def safe_text(text: str) -> str:
    """Make a text that a cell can hold; whatever is changed is seen.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Control characters as their pictures (``␀`` … ``␡``), bidirectional overrides and broken characters as ``�``,
        and a text longer than a cell cut with a mark that says how much is missing.

    Examples
    --------
    >>> safe_text("a\\x00b"), len(safe_text("长" * 40_000))
    ('a␀b', 32767)
    """
    if len(text) <= LONGEST_TEXT // 2 and text.isprintable():
        return text
    shown = _ILLEGAL.sub(_picture, text.replace("\r\n", "\n")).replace("\r", "␍")
    if _units(shown) <= LONGEST_TEXT:
        return shown
    mark = f"…（原文 {len(text)} 字，以下截去）"
    kept = shown.encode("utf-16-le")[: 2 * (LONGEST_TEXT - _units(mark))].decode("utf-16-le", errors="ignore")
    return kept + mark


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "␡" if code == 0x7F else chr(0x2400 + code) if code < 0x20 else "�"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def cells_of(table: pd.DataFrame, name: str) -> Cells:
    """Prepare one column of a table.

    Parameters
    ----------
    table : DataFrame
        The table.
    name : str
        Identifier of the column.

    Returns
    -------
    Cells
        Integer fen shown in yuan; codes as text; dates as dates; missing as empty cells.

    Raises
    ------
    BadValueError
        If a number is infinite.
    """
    values, column = table[name], schema().get(name)
    kind = column.kind if column else ""
    title = _HEADERS.get(name) or header(name) + ("（%）" if name.startswith(_PERCENT_PREFIX) else "")
    if name == "verified":
        return Cells(name, title, TEXT, [_verified(value) for value in values.tolist()], 0.0)
    objects = values.dtype == object and pd.api.types.infer_dtype(values, skipna=True)
    if pd.api.types.is_datetime64_any_dtype(values) or name in _DATES or objects in ("date", "datetime"):
        return Cells(name, title, DATE, _serials(pd.to_datetime(values).dt.tz_localize(None)), 0.0)
    if kind == "code" or not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return Cells(name, title, TEXT, _texts(values), 0.0)
    numbers = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    if np.isinf(numbers).any():
        bad = named_rows(values.index[np.isinf(numbers)])
        raise BadValueError(f"工作簿：列 {label(name)} 有无穷大，{bad}。办法：检查除数是否为零。")
    number_format = _number_format(name, kind, column.unit if column else "")
    if kind == "fen":
        total = sum(values.dropna().astype("int64").tolist()) / 100
        return Cells(name, _in_yuan(title), number_format, _numbers(numbers / 100), total)
    return Cells(name, title, number_format, _numbers(numbers), exact_sum(numbers[~np.isnan(numbers)].tolist()))


def _number_format(name: str, kind: str, unit: str) -> str:
    if kind == "whole":
        return WHOLE if unit else PLAIN_WHOLE
    if kind == "fen" or any(measure in unit for measure in _MEASURES) or name.endswith("面积"):
        return MONEY
    if name.endswith("_factor") or name == "factor_sum" or name.startswith(_FACTOR_PREFIX):
        return FACTOR
    if name in _RATES:
        return RATE
    return SHARE if name.endswith(("_share", "_rate", "占比")) else GENERAL


def _in_yuan(title: str) -> str:
    """Turn the header of integer fen into the header of yuan: 起始价分（分） → 起始价（元）."""
    name, _, unit = title.partition("（")
    return f"{name.removesuffix('分')}（{unit.replace('分', '元', 1)}"


def _numbers(values: npt.NDArray[np.float64]) -> list[str | float | None]:
    entries = values.astype(object)
    entries[np.isnan(values)] = None
    return list(entries.tolist())


def _texts(values: pd.Series[str]) -> list[str | float | None]:
    if isinstance(values.dtype, pd.StringDtype):  # each distinct text once
        numbers, distinct = pd.factorize(values)
        texts = [safe_text(text) or None for text in distinct.tolist()]
        return [texts[number] if number >= 0 else None for number in numbers.tolist()]
    cells = zip(values.tolist(), values.notna().tolist(), strict=True)
    return [(_text(value) or None) if present else None for value, present in cells]


def _text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():  # a code that a reader made a number
        return str(int(value))
    return safe_text(str(value))


def _verified(value: object) -> str:
    if value is True or (isinstance(value, str) and value == "是"):
        return "是"
    return "否（未核对）" if value is False or (isinstance(value, str) and value == "否") else "—"


def _serials(days: pd.Series[pd.Timestamp]) -> list[str | float | None]:
    serials = (days - _EPOCH) / pd.Timedelta(days=1)
    return [
        None if math.isnan(serial) else float(serial) if serial >= _FIRST_SERIAL else f"{day:%Y-%m-%d}"
        for serial, day in zip(serials.tolist(), days.tolist(), strict=True)
    ]
