"""What was sent to other systems (发送清单): files written whole, listed by hash, each entry bound to the last."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pandas as pd

from landmarket.errors import BadValueError, OutputError, ReadError
from landmarket.io.locks import acquire, release
from landmarket.io.manifest import fingerprint
from landmarket.io.sheet_tables import sheet_table
from landmarket.io.sheets import cell_text
from landmarket.io.tables import csv_bytes
from landmarket.io.whole import output_errors, write_whole
from landmarket.land_book.exchange_map import FieldMap

SENT_LIST = "发送清单.csv"
"""The list, beside the files."""
_COLUMNS = ["序号", "文件", "交换表", "行数", "字节数", "sha256", "发送时间", "发送人", "未核对字段数", "上一条"]
_OWN, _VERDICT = "本条", "核对"
WHOLE, FILE_CHANGED, FILE_GONE, ENTRY_CHANGED = "一致", "文件已改动", "文件不在", "清单此条已改动，或之前有条目被删改"
_LOCK = ".发送清单.lock"
_ENDINGS = (".csv", ".xlsx")
_MOST_ROWS = 1_048_575


@dataclass(frozen=True)
class Sent:
    """A sending (一次发送).

    Attributes
    ----------
    file : Path
        The file for the other system.
    listed : Path
        The list it stands in.
    rows : int
        Rows of the file.
    sha256 : str
        Hash of the file.
    entry : str
        Hash of its entry in the list, bound to all before: noted in the covering letter, it proves the list.
    """

    file: Path
    listed: Path
    rows: int
    sha256: str
    entry: str


def write_exchange(
    rows: pd.DataFrame, path: str | Path, field_map: FieldMap, *, sent_by: str, sent_at: datetime | None = None
) -> Sent:
    """Write a table for another system, and list that it was sent (发送).

    Parameters
    ----------
    rows : DataFrame
        As from `exchange_rows`.
    path : path-like
        A new ``.csv`` (UTF-8 with byte-order mark) or ``.xlsx``; the list `SENT_LIST` is kept beside it.
    field_map : FieldMap
        The form.
    sent_by : str
        Who sends it.
    sent_at : datetime, optional
        When, with a time zone; by default now.

    Returns
    -------
    Sent
        File, list and hashes.

    Raises
    ------
    BadValueError
        If the table is not in the form, nobody is named, or the file has another ending.
    ReadError
        If an entry of the list was changed.
    OutputError
        If there is such a file already, somebody else is writing, or it cannot be written: then neither is.
    """
    file, at = Path(path), sent_at or datetime.now(UTC)
    _require_sendable(rows, file, field_map, sent_by, at)
    content = csv_bytes(rows.reset_index(drop=True)) if file.suffix.lower() == ".csv" else _workbook(rows, field_map)
    listed = file.with_name(SENT_LIST)
    with _locked(file):
        if file.exists():
            raise OutputError(f"{file}：已有同名文件，已发送的文件不能覆盖。办法：换一个文件名，如加上日期。")
        before = _listed(listed) if listed.exists() else []
        if any(not is_whole for _, is_whole in _chained(before)):
            raise ReadError(f"{listed}：{ENTRY_CHANGED}。办法：用 verify_sent 查出，从备份恢复清单后再发送。")
        digest = hashlib.sha256(content).hexdigest()
        cells = [len(before) + 1, file.name, field_map.title, len(rows), len(content), digest]
        cells += [at.isoformat(timespec="seconds"), sent_by.strip(), len(field_map.unverified)]
        entry = [*map(str, cells), before[-1][-1] if before else ""]
        entry.append(_hash(entry))
        write_whole(file, content)
        try:
            write_whole(listed, _list_bytes([*before, entry]))
        except OSError:
            with suppress(OSError):
                file.unlink()
            raise
    return Sent(file, listed, len(rows), digest, entry[-1])


def verify_sent(folder: str | Path, latest: str = "") -> pd.DataFrame:
    """Compare what was sent with the list (核对发送清单).

    Parameters
    ----------
    folder : path-like
        Where list and files are.
    latest : str, optional
        Hash of an entry as noted elsewhere, such as in a covering letter: entries cut off the end show by it alone.

    Returns
    -------
    DataFrame
        The list, and ``核对``: 一致, or what was changed since.

    Raises
    ------
    ReadError
        If there is no list, it cannot be read, or it lacks the entry noted elsewhere.
    """
    listed = Path(folder) / SENT_LIST
    entries = _listed(listed)
    if latest and latest not in {entry[-1] for entry in entries}:
        raise ReadError(f"{listed}：没有哈希为 {latest} 的条目，清单末尾可能被删。办法：从备份恢复清单。")
    said = [_verdict(Path(folder), entry) if is_whole else ENTRY_CHANGED for entry, is_whole in _chained(entries)]
    table = pd.DataFrame(entries, columns=[*_COLUMNS, _OWN], dtype="str")
    return table.assign(**{_VERDICT: pd.Series(said, index=table.index, dtype="str")})


def _require_sendable(rows: pd.DataFrame, file: Path, field_map: FieldMap, sent_by: str, at: datetime) -> None:
    headers = [field.header for field in field_map.fields]
    if list(rows.columns) != headers:
        differ = "、".join(map(str, [*pd.Index(headers).symmetric_difference(rows.columns)])) or "次序"
        raise BadValueError(f"{file}：表头与{field_map.title}不同（{differ}）。办法：先用 exchange_rows 转换。")
    if not len(rows) or len(rows) > _MOST_ROWS:
        raise BadValueError(f"{file}：{len(rows)} 行，不能发送。办法：至少一行，至多 {_MOST_ROWS} 行。")
    if not sent_by.strip() or cell_text(sent_by) != sent_by.strip() or not sent_by.isprintable() or at.tzinfo is None:
        raise BadValueError("发送须写明发送人（一行文字）和带时区的时间。办法：sent_by='张三'。")
    if file.suffix.lower() not in _ENDINGS or cell_text(file.name) != file.name or not file.name.isprintable():
        raise BadValueError(f"{file}：文件名须以 {' 或 '.join(_ENDINGS)} 结尾，不以撇号、空格开头。办法：改文件名。")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    lock = file.with_name(_LOCK)
    with output_errors(file):
        handle = acquire(lock)
    if handle is None:
        raise OutputError(f"{file.parent}：另一个人正在写发送清单。办法：稍后再试。")
    try:
        yield
    finally:
        release(handle, lock)


def _workbook(rows: pd.DataFrame, field_map: FieldMap) -> bytes:
    """The rows as a workbook of one sheet; texts stay texts, whatever they begin with."""
    from xlsxwriter.workbook import Workbook  # only here: whoever keeps a book does not wait for it

    buffer = BytesIO()
    book = Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": field_map.title})
    sheet, as_text = book.add_worksheet(), book.add_format({"num_format": "@"})
    as_date = book.add_format({"num_format": "yyyy-mm-dd"})
    for place, name in enumerate(rows.columns):
        column = rows[name]
        sheet.write_string(0, place, str(name), as_text)
        is_day, is_number = pd.api.types.is_datetime64_any_dtype(column), pd.api.types.is_numeric_dtype(column)
        for at, value in enumerate(column.astype("object"), start=1):
            if pd.isna(value):
                continue
            if is_day:
                sheet.write_datetime(at, place, pd.Timestamp(value).to_pydatetime(), as_date)
            elif is_number:
                sheet.write_number(at, place, value)
            else:
                sheet.write_string(at, place, str(value), as_text)
    book.close()
    return buffer.getvalue()


def _listed(path: Path) -> list[list[str]]:
    """Entries of the list as text, whichever program saved it last."""
    try:
        table = sheet_table(path, [*_COLUMNS, _OWN])
    except (ReadError, csv.Error) as error:
        raise ReadError(f"{path}：没有发送清单或清单损坏（{error}）。办法：从备份恢复。") from error
    return [[str(cell) for cell in row] for row in table[[*_COLUMNS, _OWN]].to_numpy()]


def _list_bytes(entries: list[list[str]]) -> bytes:
    return csv_bytes(pd.DataFrame(entries, columns=[*_COLUMNS, _OWN], dtype="str"))


def _hash(cells: list[str]) -> str:
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()


def _chained(entries: list[list[str]]) -> Iterator[tuple[list[str], bool]]:
    """Each entry, and whether it is what was written, after what stood before."""
    last = ""
    for entry in entries:
        yield entry, entry[-1] == _hash(entry[:-1]) and entry[-2] == last
        last = entry[-1]


def _verdict(folder: Path, entry: list[str]) -> str:
    file = folder / entry[_COLUMNS.index("文件")]
    if file.parent != folder or not file.is_file():
        return FILE_GONE
    return WHOLE if fingerprint(file)["sha256"] == entry[_COLUMNS.index("sha256")] else FILE_CHANGED
