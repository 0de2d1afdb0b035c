"""Write a price notice as a folder of CSV and TOML that reads back the same (写出基准地价公告)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from landmarket.errors import OutputError
from landmarket.io.tables import csv_bytes
from landmarket.io.writing import output_errors, write_whole
from landmarket.pricing.notice_layout import Field, layout
from landmarket.pricing.notice_tables import notice_tables
from landmarket.pricing.price_table import PriceTable

_SHOWN = 10


def write_price_table(table: PriceTable, folder: str | Path) -> None:
    """Write a notice as ``notice.toml`` and one CSV per table.

    Parameters
    ----------
    table : PriceTable
        The notice.
    folder : str or Path
        An empty folder; made if needed.

    Raises
    ------
    OutputError
        If the folder holds anything, or cannot be written whole; nothing is left in it then.

    Notes
    -----
    A text that a spreadsheet would take for a formula is written behind an apostrophe, which reading takes off again.
    The findings are not written: reading finds them again. ``notice.toml`` is written last: a folder without it is no
    notice.
    """
    target = Path(folder)
    contents = {f"{name}.csv": _csv(frame, layout()[name]) for name, frame in _frames(table).items()}
    contents["notice.toml"] = "".join(_settings(table)).encode()
    with output_errors(target):
        made = not target.exists()
        target.mkdir(parents=True, exist_ok=True)
        held = sorted(path.name for path in target.iterdir())
    if held:
        raise OutputError(f"{target}：文件夹里已有 {'、'.join(held[:_SHOWN])}。办法：换一个空文件夹。")
    try:
        for name, content in contents.items():
            write_whole(target / name, content)
    except BaseException:
        _remove(target, contents, folder_too=made)
        raise


def _remove(target: Path, names: Iterable[str], *, folder_too: bool) -> None:
    with suppress(OSError):
        for name in names:
            (target / name).unlink(missing_ok=True)
        if folder_too:
            target.rmdir()


def _frames(table: PriceTable) -> dict[str, pd.DataFrame]:
    """Take the tables of a notice by the columns of its sheets, those without rows left out."""
    frames = notice_tables(table)
    frames["uses"] = frames["uses"].rename(columns={"code": "codes"})
    frames["grade_ranges"] = frames["grade_ranges"].rename(columns={"village": "villages"})
    return {name: frame for name, frame in frames.items() if len(frame)}


def _csv(frame: pd.DataFrame, fields: tuple[Field, ...]) -> bytes:
    """Numbers stay numbers, unless the column also has a word for what is no number."""
    columns = {field.column: _printed(frame[field.column], field) for field in fields if field.column in frame.columns}
    return csv_bytes(pd.DataFrame(columns, index=frame.index))


def _printed(values: pd.Series[float], field: Field) -> pd.Series[float] | pd.Series[str]:
    if field.kind not in ("price", "years"):
        return values
    words = values.isna() if field.kind == "price" else values == np.inf
    if not words.any():
        return values
    texts = values.map(repr, na_action="ignore").astype("str")
    return texts.mask(words, "—" if field.kind == "price" else "无年期")


def _settings(table: PriceTable) -> Iterator[str]:
    texts = {"name": table.name, "document": table.document, "source": table.source, "rights": table.connotation.rights}
    texts |= {"far_outside": table.far_outside.value, "formula": table.formula.name}
    for key, text in texts.items():
        if text:
            escaped = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
            yield f"{key} = {escaped}\n"
    yield f"base_date = {table.connotation.base_date}\n"
    if table.published is not None:
        yield f"published = {table.published}\n"
    yield f"decimals = {table.decimals}\nfactor_decimals = {table.factor_decimals}\n"
    if table.monthly_growth is not None:
        yield f"monthly_growth = {table.monthly_growth * 100:f}\n"
    if table.index_valid_months is not None:
        yield f"index_valid_months = {table.index_valid_months}\n"
