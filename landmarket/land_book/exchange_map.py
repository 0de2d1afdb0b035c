"""Forms of other systems (交换表): which of our columns goes under which of their headers, from editable CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from landmarket.columns import label, schema
from landmarket.errors import ReadError, RuleError
from landmarket.io.manifest import require_public

TEXT, NUMBER, WHOLE, DATE = "文字", "数", "整数", "日期"
_KINDS = (TEXT, NUMBER, WHOLE, DATE)
_HEADERS = ["header", "columns", "kind", "unit", "decimals", "required", "codes", "source", "verified", "note"]
_FOLDER = "data/exchange"
_MOST_DECIMALS = 8
_SCALES = {
    "分": ("money", Fraction(1, 100)),
    "元": ("money", Fraction(1)),
    "万元": ("money", Fraction(10_000)),
    "亿元": ("money", Fraction(100_000_000)),
    "㎡": ("area", Fraction(1)),
    "亩": ("area", Fraction(2_000, 3)),
    "公顷": ("area", Fraction(10_000)),
    "元/㎡": ("unit price", Fraction(1)),
    "分/㎡": ("unit price", Fraction(1, 100)),
    "万元/亩": ("unit price", Fraction(15)),
    "万元/公顷": ("unit price", Fraction(1)),
}


@dataclass(frozen=True)
class Field:
    """A column of another system's form (字段).

    Attributes
    ----------
    header : str
        As that system writes it.
    columns : tuple of str
        Our columns it is made of, several joined; empty where the land book has none: then the header itself.
    kind : str
        文字, 数, 整数 or 日期.
    unit : str
        Its unit, or empty.
    decimals : int
        Decimals it is rounded to, half-up.
    required : bool
        Whether the form asks for it.
    codes : mapping of str to str
        Their text for each of ours; empty where texts are the same.
    source : str
        Where this is from.
    verified : bool
        Whether the system's own template was seen.
    """

    header: str
    columns: tuple[str, ...]
    kind: str
    unit: str
    decimals: int
    required: bool
    codes: Mapping[str, str]
    source: str
    verified: bool

    @property
    def taken(self) -> tuple[str, ...]:
        """Columns of a table that it is read from."""
        return self.columns or (self.header,)

    @property
    def factor(self) -> Fraction:
        """What our value is multiplied by to be theirs; exactly."""
        ours = schema()[self.columns[0]].unit if self.columns and self.columns[0] in schema() else self.unit
        if ours == self.unit or not self.columns:
            return Fraction(1)
        return _SCALES[ours][1] / _SCALES[self.unit][1]

    @property
    def returns(self) -> Mapping[str, str]:
        """Our text for each of theirs, where it is one only."""
        theirs = list(self.codes.values())
        return {their: our for our, their in self.codes.items() if theirs.count(their) == 1}


@dataclass(frozen=True)
class FieldMap:
    """The form of another system (字段对照表).

    Attributes
    ----------
    name : str
        Short name.
    title : str
        Chinese name.
    fields : tuple of Field
        In the order of the form.
    """

    name: str
    title: str
    fields: tuple[Field, ...]

    @property
    def unverified(self) -> tuple[str, ...]:
        """Headers whose template nobody saw."""
        return tuple(field.header for field in self.fields if not field.verified)


@cache
def exchange_forms() -> Mapping[str, str]:
    """Return the forms that ship with the package.

    Returns
    -------
    mapping of str to str
        Chinese name by short name; read-only.
    """
    rows = _rows(files("landmarket.land_book").joinpath(f"{_FOLDER}/forms.csv"), ["name", "title"])
    return MappingProxyType({row["name"]: row["title"] for _, row in rows})


def shipped_field_map(name: str) -> FieldMap:
    """Read a form that ships with the package (自带对照表).

    Parameters
    ----------
    name : str
        One of `exchange_forms`.

    Returns
    -------
    FieldMap
        Its fields.

    Raises
    ------
    RuleError
        If there is no such form.
    """
    known = exchange_forms()
    if name not in known:
        listed = "、".join(f"{known_name}（{title}）" for known_name, title in known.items())
        raise RuleError(f"没有对照表 {name!r}。办法：写 {listed}，或给出自己的对照表文件。")
    folder = files("landmarket.land_book").joinpath(_FOLDER)
    return _field_map(folder.joinpath(f"{name}.csv"), folder.joinpath("codes.csv"), name, known[name])


def read_field_map(path: str | Path, codes: str | Path | None = None) -> FieldMap:
    """Read a form from a bureau's own CSV files (本县对照表).

    Parameters
    ----------
    path : path-like
        The fields, with the columns of those that ship.
    codes : path-like, optional
        The code lists; by default those that ship.

    Returns
    -------
    FieldMap
        Named after the file.

    Raises
    ------
    ReadError
        If a file cannot be read or lacks a column.
    RuleError
        If a row is not as it should be; file and row are named.
    """
    shipped = files("landmarket.land_book").joinpath(f"{_FOLDER}/codes.csv")
    file = Path(path)
    return _field_map(file, shipped if codes is None else Path(codes), file.stem, file.stem)


def _field_map(path: Path | Traversable, codes: Path | Traversable, name: str, title: str) -> FieldMap:
    lists: dict[str, dict[str, str]] = {}
    for row_number, row in _rows(codes, ["codes", "ours", "theirs"]):
        known = lists.setdefault(row["codes"], {})
        if row["ours"] in known or not row["ours"] or not row["theirs"]:
            raise RuleError(f"{codes} 第 {row_number} 行：ours 重复或空着。办法：一个值对一个值，补全两边。")
        known[row["ours"]] = row["theirs"]
    fields = [_field(row, lists, f"{path} 第 {row_number} 行") for row_number, row in _rows(path, _HEADERS)]
    headers = [field.header for field in fields]
    repeated = sorted({header for header in headers if headers.count(header) > 1})
    if repeated or not fields:
        raise RuleError(f"{path}：{'、'.join(repeated) or '字段'} 重复或一个也没有。办法：每个字段一行。")
    require_public([part for field in fields for part in (field.header, *field.columns)], str(path))
    return FieldMap(name, title, tuple(fields))


def _rows(path: Path | Traversable, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with their numbers, every cell a text without white space at its ends."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{path}：读不出来（{error}）。办法：检查路径，另存为 CSV UTF-8。") from error
    try:
        header, *rows = csv.reader(text.splitlines()) if text.strip() else [[]]
    except csv.Error as error:
        raise ReadError(f"{path}：不能作为 CSV 读取（{error}）。办法：查找没有成对的引号。") from error
    names = [name.strip() for name in header]
    lacking = [name for name in needed if name not in names]
    if lacking:
        raise ReadError(f"{path}：缺少列 {'、'.join(lacking)}。办法：从自带的对照表复制一份再改。")
    padded = ((number, [*map(str.strip, row), *[""] * len(names)]) for number, row in enumerate(rows, start=2))
    return [(number, dict(zip(names, row, strict=False))) for number, row in padded if any(row)]


def _field(row: Mapping[str, str], lists: Mapping[str, Mapping[str, str]], where: str) -> Field:
    columns = tuple(filter(None, row["columns"].split("+")))
    unknown = [name for name in columns if name not in schema()]
    said = {
        f"kind={row['kind']!r} 应为 {'、'.join(_KINDS)}": row["kind"] not in _KINDS,
        "header 空着": not row["header"],
        f"columns 中 {'、'.join(unknown)} 不是本程序的列": bool(unknown),
        f"required={row['required']!r} 应为 是 或 否": row["required"] not in ("是", "否"),
        f"verified={row['verified']!r} 应为 true 或 false": row["verified"] not in ("true", "false"),
        f"没有代码表 {row['codes']!r}": bool(row["codes"]) and row["codes"] not in lists,
        f"decimals={row['decimals']!r} 应为 0—{_MOST_DECIMALS}": not _decimals_known(row["decimals"]),
        "几列相连的只能是文字": len(columns) > 1 and row["kind"] != TEXT,
    }
    wrong = [text for text, is_wrong in said.items() if is_wrong]
    if not wrong and len(columns) == 1 and row["kind"] in (NUMBER, WHOLE):
        wrong = _unit_faults(columns[0], row["unit"])
    if wrong:
        raise RuleError(f"{where}：{'；'.join(wrong)}。办法：改正对照表，列名见 columns.csv。")
    codes = MappingProxyType(dict(lists.get(row["codes"], {})))
    decimals = int(row["decimals"] or 0)
    is_required, is_verified = row["required"] == "是", row["verified"] == "true"
    return Field(
        row["header"], columns, row["kind"], row["unit"], decimals, is_required, codes, row["source"], is_verified
    )


def _decimals_known(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and int(text) <= _MOST_DECIMALS)


def _unit_faults(name: str, unit: str) -> list[str]:
    ours = schema()[name].unit
    if ours == unit or (ours in _SCALES and unit in _SCALES and _SCALES[ours][0] == _SCALES[unit][0]):
        return []
    return [f"{label(name)} 的单位是 {ours or '空'}，不能换算为 {unit or '空'}"]
