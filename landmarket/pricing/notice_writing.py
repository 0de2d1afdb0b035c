"""Write a price notice as a folder of CSV and TOML that reads back the same (写出基准地价公告)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from landmarket.errors import OutputError
from landmarket.pricing.notice_layout import Field, layout
from landmarket.pricing.price_table import PriceTable

_FORMULA_SIGNS = ("=", "+", "-", "@")


def write_price_table(table: PriceTable, folder: str | Path) -> None:
    """Write a notice as ``notice.toml`` and one CSV per table.

    Parameters
    ----------
    table : PriceTable
        The notice.
    folder : str or Path
        A folder that holds no notice yet; made if needed.

    Raises
    ------
    OutputError
        If there is a notice already, or the folder cannot be written.

    Notes
    -----
    A text that a spreadsheet would take for a formula is written behind an apostrophe, which reading takes off again.
    The findings are not written: reading finds them again.
    """
    target = Path(folder)
    if (target / "notice.toml").exists():
        raise OutputError(f"{target}：已有 notice.toml。办法：换一个空文件夹。")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, frame in _frames(table).items():
            _write_csv(target / f"{name}.csv", frame, layout()[name])
        (target / "notice.toml").write_text("".join(_settings(table)), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{target}：写不进去（{error.strerror}）。办法：检查路径与权限。") from error


def _frames(table: PriceTable) -> dict[str, pd.DataFrame]:
    rates = [float(Decimal(repr(rate)) * 100) for rate in table.connotation.by_use["capitalisation_rate"]]
    frames = {
        "prices": table.prices,
        "connotation": table.connotation.by_use.assign(capitalisation_rate=np.array(rates, dtype=np.float64)),
        "uses": table.uses.rename(columns={"code": "codes"}),
        "grade_ranges": table.grade_ranges.rename(columns={"village": "villages"}),
        "dates": table.dates,
        "far": table.far,
        "factors": table.factors,
        "steps": table.steps,
        "development": table.development,
    }
    return {name: frame for name, frame in frames.items() if len(frame)}


def _write_csv(path: Path, frame: pd.DataFrame, fields: tuple[Field, ...]) -> None:
    written = [field for field in fields if field.column in frame.columns]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([field.column for field in written])
        columns = [[_text(value, field) for value in frame[field.column]] for field in written]
        rows.writerows(zip(*columns, strict=True))


def _text(value: object, field: Field) -> str:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float):
        if np.isnan(value):
            return "—" if field.kind == "price" else ""
        return "无年期" if np.isinf(value) else f"{Decimal(repr(value)):f}".removesuffix(".0")
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


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
