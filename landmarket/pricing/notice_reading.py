"""Read a price notice from a workbook or from a folder of CSV and TOML (读取基准地价公告)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pandas as pd

from landmarket.columns import rename_map
from landmarket.errors import ReadError
from landmarket.io.sheets import Grid, csv_grid, day, plain, workbook_grids
from landmarket.io.values import half_width, number, term_years
from landmarket.paths import is_folder
from landmarket.pricing.notice_cells import grade_text, words
from landmarket.pricing.notice_checks import check_notice
from landmarket.pricing.notice_conflicts import refuse_conflicts
from landmarket.pricing.notice_findings import Finding, findings_table, warn_findings
from landmarket.pricing.notice_layout import Field, Record, layout, price_records, records, settings
from landmarket.pricing.price_table import Connotation, Outside, PriceForm, PriceTable, formulas
from landmarket.pricing.villages import listed_names
from landmarket.rules import load_toml

_SHOWN = 10
_DECIMALS, _FACTOR_DECIMALS = 2, 6  # where the notice does not say
Value = str | float | Decimal | pd.Timestamp | None


def read_price_table(path: str | Path) -> PriceTable:
    """Read a benchmark-price notice (基准地价公告) and check it.

    Parameters
    ----------
    path : str or Path
        A workbook (``.xlsx``) with the sheets 公告说明, 基准地价表, 价格内涵 …, or a folder with ``notice.toml`` and
        ``prices.csv``, ``connotation.csv`` … of the same columns.

    Returns
    -------
    PriceTable
        With everything that looked wrong in ``findings``.

    Raises
    ------
    ReadError
        If a sheet or header is missing, or a number of a correction table cannot be read.

    Warns
    -----
    PriceTableWarning
        For every finding, naming sheet and cell.

    Notes
    -----
    The column 元/㎡ is the master; 万元/亩 is only compared with it.
    """
    source = Path(path)
    notice, grids = _folder(source) if is_folder(source) else _workbook(source)
    found: list[Finding] = []
    frames = {table: _frame(grids.get(table), table, notice, found) for table in layout() if table != "notice"}
    refuse_conflicts(frames, notice.texts.get("name", ""))
    found += check_notice(frames, _base_date(notice))
    table = _assemble(notice, frames, found)
    warn_findings(found, table.name)
    return table


def _workbook(path: Path) -> tuple[Record, dict[str, Grid]]:
    sheets = workbook_grids(path)
    grids: dict[str, Grid] = {}
    for table, fields in layout().items():
        title = fields[0].sheet
        matching = [name for name in sheets if name == title] or [name for name in sheets if title in name]
        if len(matching) > 1:
            raise ReadError(f"{path}：有 {len(matching)} 张工作表像 {title}：{'、'.join(matching)}。办法：只留一张。")
        if matching:
            grids[table] = sheets[matching[0]]
    for table in ("notice", "prices"):
        if table not in grids:
            title = layout()[table][0].sheet
            raise ReadError(f"{path}：缺少工作表 {title}；现有：{'、'.join(sheets)}。办法：补上该表。")
    return settings(grids.pop("notice")), grids


def _folder(path: Path) -> tuple[Record, dict[str, Grid]]:
    document = load_toml(path / "notice.toml")
    known = {field.column for field in layout()["notice"]}
    unknown = [key for key in document if key not in known]
    if unknown:
        raise ReadError(f"{path / 'notice.toml'}：不认识的键 {unknown}。办法：可用的键：{'、'.join(sorted(known))}。")
    notice = Record(
        {key: str(value) for key, value in document.items()}, {key: f"notice.toml!{key}" for key in document}
    )
    tables = [table for table in layout() if table != "notice"]
    grids = {table: csv_grid(path / f"{table}.csv") for table in tables if (path / f"{table}.csv").exists()}
    if "prices" not in grids:
        raise ReadError(f"{path}：缺少 prices.csv（基准地价表）。办法：补上该文件。")
    return notice, grids


def _frame(grid: Grid | None, table: str, notice: Record, found: list[Finding]) -> pd.DataFrame:
    """Make one typed table; a column ``@name`` holds the address of each value of ``name``."""
    rows = [] if grid is None else price_records(grid) if table == "prices" else records(grid, table)
    unreadable: list[str] = []
    columns: dict[str, pd.Series[str] | pd.Series[float]] = {}
    for field in layout()[table]:
        cells = [row.cells.get(field.column, "") for row in rows]
        texts = [row.texts.get(field.column, "") for row in rows]
        values = [_value(text, cell, field, unreadable, found) for text, cell in zip(texts, cells, strict=True)]
        columns[field.column] = pd.Series(values, dtype=_DTYPES[field.kind])
        columns[f"@{field.column}"] = pd.Series(cells, dtype="str")
    if unreadable:
        more = f" 等 {len(unreadable)} 处" if len(unreadable) > _SHOWN else ""
        raise ReadError(
            f"{notice.texts.get('name', '')}：{'；'.join(unreadable[:_SHOWN])}{more}。办法：改正这些单元格后重读。"
        )
    return pd.DataFrame(columns)


_DTYPES = {
    "text": "str",
    "grade": "str",
    "number": "float64",
    "percent": "float64",
    "price": "float64",
    "years": "float64",
    "date": "datetime64[s]",
}


def _value(text: str, cell: str, field: Field, unreadable: list[str], found: list[Finding]) -> Value:
    if field.kind == "text":
        return re.sub(r"\s+", "", text)
    if field.kind == "grade":
        return grade_text(text)
    if field.kind == "price":
        return _price(text, cell, field, found) if cell else None
    if not text:
        if field.needed:
            unreadable.append(f"{cell} 缺少{field.headers[0]}")
        return None
    if field.kind == "date":
        date = day(text)
        value: Value = None if date is None else pd.Timestamp(date)
    elif field.kind == "years":
        value = term_years(text)
    else:
        exact = _number(text, field)
        value = None if exact is None else float(exact)
    if value is None:
        unreadable.append(f"{cell} = {text!r} 不是{field.headers[0]}")
    return value


def _number(text: str, field: Field) -> Decimal | None:
    """Read a number where ``%`` means hundredths, or only repeats the unit of a column that is in per cent."""
    tidy = half_width(text).strip()
    if not tidy.endswith("%") or field.kind not in ("number", "percent"):
        return number(tidy)
    exact = number(tidy.removesuffix("%"))
    return exact / 100 if exact is not None and field.kind == "number" else exact


def _price(text: str, cell: str, field: Field, found: list[Finding]) -> float | None:
    cure = "核对公告原件；确无价的，该处宗地不能计价"
    if plain(text) in {plain(word) for word in words()["no_price"]}:
        if field.column == "unit_price":
            found.append(Finding("警告", cell, text, "此格无价" if text else "此格空缺，按无价处理", cure))
        return None
    exact = number(text)
    if exact is None or exact <= 0:
        found.append(Finding("错误", cell, text, "不是价格，按无价处理", cure))
        return None
    return float(exact)


def _base_date(notice: Record) -> pd.Timestamp:
    date = day(notice.texts.get("base_date", ""))
    if date is None:
        where = notice.cells.get("base_date", "公告说明")
        raise ReadError(f"{where}：缺少或读不出估价期日。办法：写成 2025-01-01。")
    return pd.Timestamp(date)


def _clean(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[column for column in frame.columns if not column.startswith("@")]].reset_index(drop=True)


def _assemble(notice: Record, frames: Mapping[str, pd.DataFrame], found: list[Finding]) -> PriceTable:
    values = notice.texts
    published = day(values.get("published", ""))
    growth = _setting(notice, "monthly_growth")
    valid = _setting(notice, "index_valid_months")
    decimals, factor_decimals = _setting(notice, "decimals"), _setting(notice, "factor_decimals")
    formula = values.get("formula", "指数")
    if formula not in formulas():
        raise ReadError(f"{notice.cells['formula']} = {formula!r}：不认识的公式。办法：可用 {'、'.join(formulas())}。")
    return PriceTable(
        name=values.get("name", "基准地价公告"),
        document=values.get("document", ""),
        source=values.get("source", ""),
        connotation=Connotation(_base_date(notice).date(), values.get("rights", ""), _by_use(frames["connotation"])),
        prices=_clean(frames["prices"])[["township", "grade", "use", "unit_price"]],
        grade_ranges=_unfold(_clean(frames["grade_ranges"]), "villages", "village"),
        uses=_unfold(_clean(frames["uses"]), "codes", "code"),
        dates=_clean(frames["dates"]).sort_values(["use", "date"], ignore_index=True),
        far=_clean(frames["far"]).sort_values(["use", "grade", "floor_area_ratio"], ignore_index=True),
        factors=_clean(frames["factors"]),
        steps=_steps(frames["steps"]),
        development=_clean(frames["development"]),
        published=published,
        decimals=_DECIMALS if decimals is None else int(decimals),
        factor_decimals=_FACTOR_DECIMALS if factor_decimals is None else int(factor_decimals),
        far_outside=_outside(notice),
        formula=formulas()[formula],
        monthly_growth=None if growth is None else growth / 100,
        index_valid_months=None if valid is None else int(valid),
        findings=findings_table(found),
    )


def _setting(notice: Record, key: str) -> Decimal | None:
    text = notice.texts.get(key)
    if text is None:
        return None
    field = next(field for field in layout()["notice"] if field.column == key)
    value, whole = _number(text, field), field.kind == "whole"
    if value is None or (whole and value != int(value)):
        raise ReadError(f"{notice.cells[key]} = {text!r}：应为{'整' if whole else ''}数。办法：改正公告说明。")
    return value


def _outside(notice: Record) -> Outside:
    text = notice.texts.get("far_outside", "raise")
    if text in words()["raise_outside"]:
        return Outside.RAISE
    if text in words()["clamp_outside"]:
        return Outside.CLAMP
    raise ReadError(f"{notice.cells['far_outside']} = {text!r}：容积率表外处理应为 报错 或 取端值。")


def _by_use(frame: pd.DataFrame) -> pd.DataFrame:
    forms = {plain(word): PriceForm.LAND.value for word in (*words()["land_price"], "")}
    forms |= {plain(word): PriceForm.FLOOR.value for word in words()["floor_price"]}
    unknown = [f"{c} = {v!r}" for v, c in zip(frame["price_form"], frame["@price_form"], strict=True) if v not in forms]
    if unknown:
        raise ReadError(f"{'；'.join(unknown)}：地价类型应为 地面地价 或 楼面地价。")
    return _clean(frame).assign(
        capitalisation_rate=[float(Decimal(repr(rate)) / 100) for rate in frame["capitalisation_rate"]],
        price_form=[forms[form] for form in frame["price_form"]],
    )


def _unfold(frame: pd.DataFrame, many: str, one: str) -> pd.DataFrame:
    """Make one row of each name in a list such as 东关村、西关村."""
    names = [listed_names(text) for text in frame[many]]
    lists = frame.assign(names=pd.Series(names, index=frame.index, dtype="object")).drop(columns=many)
    return lists.explode("names", ignore_index=True).rename(columns={"names": one}).astype({one: "str"})


def _steps(frame: pd.DataFrame) -> pd.DataFrame:
    """Name each step table's column by its identifier; 面积 means the area that prices the parcel."""
    identifiers = rename_map(frame["column"].unique())
    named = frame["column"].map(lambda text: identifiers.get(text, text)).astype("str")
    return _clean(frame).assign(column=named.replace("registered_area", "area"))
