"""What a run was made from and what it gave: fingerprints of files, versions, the manifest (清单)."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from landmarket.errors import BadValueError, ReadError
from landmarket.io.database_address import NO_DRIVER, DatabaseLayer, Source
from landmarket.paths import is_file, is_folder

MANIFEST = "manifest.json"
INTERNAL = "internal"
"""Folder of a run for what must not be shared, such as reserve prices (底价)."""

KEY = "fingerprint.key"
"""File in the internal folder: the key of the fingerprints of secret files."""

_PACKAGES = (
    "landmarket",
    "numpy",
    "pandas",
    "geopandas",
    "shapely",
    "pyogrio",
    "pyproj",
    "rasterio",
    "folium",
    "XlsxWriter",
)
_SHAPEFILE_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".shp.xml"})
_SECRET_TERMS = ("floor_price_ratio", "industrial_minimum")  # they bind the reserve price from below
_SECRET_WORDS = ("reserve", "底价", "保留价", "标底")
_CHUNK = 1 << 20

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def secret_name(name: object) -> bool:
    """Tell whether a column or key names a reserve price (底价), or a term that it could be computed from.

    Parameters
    ----------
    name : object
        Column identifier, header or key.

    Returns
    -------
    bool
        True for names such as ``reserve_price_fen``, ``reserve_ratio`` or 挂牌底价.

    Examples
    --------
    >>> [secret_name(name) for name in ("reserve_price_fen", "挂牌底价", "deal_price_fen")]
    [True, True, False]
    """
    text = str(name).lower()
    return text in _SECRET_TERMS or (any(word in text for word in _SECRET_WORDS) and text != "reserve_comparison")


def require_public(names: Iterable[object], where: str) -> None:
    """Raise if a name is that of a secret.

    Parameters
    ----------
    names : iterable of object
        Column identifiers, headers or keys.
    where : str
        Where they would be written, for the message.

    Raises
    ------
    BadValueError
        Naming the secret ones, not their values.
    """
    secret = [str(name) for name in names if secret_name(name)]
    if secret:
        raise BadValueError(f"{where}：{'、'.join(secret)} 在截止前保密，不得写入。办法：只写入内部文件夹 {INTERNAL}。")


def parts_of(path: Path) -> list[Path]:
    """List every file that one input is made of.

    Parameters
    ----------
    path : Path
        A file, a shapefile (all its parts), or a folder such as a FileGDB (all its files).

    Returns
    -------
    list of Path
        Sorted by name; lock files of other programs are left out.

    Raises
    ------
    ReadError
        If there is nothing at that path.
    """
    if is_folder(path):
        return sorted(part for part in path.rglob("*") if part.is_file() and part.suffix.lower() != ".lock")
    if not is_file(path):
        raise ReadError(f"{path}：没有这个文件。办法：检查路径。")
    if path.suffix.lower() == ".shp":
        stem = path.stem.lower()
        return sorted(
            part
            for part in path.parent.iterdir()
            if part.name.lower().startswith(f"{stem}.") and part.name.lower()[len(stem) :] in _SHAPEFILE_PARTS
        )
    journals = [path.with_name(path.name + ending) for ending in ("-wal", "-journal")]
    return [path, *(journal for journal in journals if journal.is_file())]


def fingerprint(path: Path, key: bytes = b"") -> dict[str, Json]:
    """Size and SHA-256 of one file.

    Parameters
    ----------
    path : Path
        The file.
    key : bytes, optional
        If given, the hash is an HMAC with this key and the size is left out: a file with a guessable secret can then
        not be found by trying, yet whoever has file and key can prove that it was not changed.

    Returns
    -------
    dict
        ``size`` [bytes] and ``sha256``, or ``hmac_sha256``.

    Raises
    ------
    ReadError
        If the file cannot be read.
    """
    digest = hmac.new(key, digestmod="sha256") if key else hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise ReadError(f"{path}：读不了（{error.strerror}）。办法：检查路径与权限。") from error
    return {"hmac_sha256": digest.hexdigest()} if key else {"size": size, "sha256": digest.hexdigest()}


def fingerprints(paths: Iterable[Source], key: bytes = b"") -> list[Json]:
    """Fingerprints of inputs with all their parts.

    Parameters
    ----------
    paths : iterable of Path or DatabaseLayer
        Files, shapefiles, folders, layers of databases.
    key : bytes, optional
        As in `fingerprint`.

    Returns
    -------
    list of dict
        ``path`` as given, and ``files``: name inside the input, size, hash; of a layer in a database ``database``,
        ``layer``, ``rows`` and hash, as `landmarket.io.postgis_reading.table_fingerprint` gives them.

    Raises
    ------
    ReadError
        If an input is missing or cannot be read.
    """
    found: list[Json] = []
    for path in paths:
        if isinstance(path, DatabaseLayer):
            found.append({**_table_fingerprint(path)})
            continue
        base = path if is_folder(path) else path.parent
        files: list[Json] = [
            {"name": part.relative_to(base).as_posix(), **fingerprint(part, key)} for part in parts_of(path)
        ]
        found.append({"path": path.as_posix(), "files": files})
    return found


def _table_fingerprint(table: DatabaseLayer) -> dict[str, str | int]:
    try:
        from landmarket.io.postgis_reading import table_fingerprint
    except ImportError as error:
        raise ReadError(NO_DRIVER) from error
    return table_fingerprint(table.address, table.layer)


def versions() -> dict[str, Json]:
    """Versions of the package, of Python, and of the libraries that decide a result.

    Returns
    -------
    dict of str to str
        Name and version; "—" for a library that is not installed.
    """
    found: dict[str, Json] = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "—"
    libraries: dict[str, Json] = {
        "GDAL": pyogrio.__gdal_version_string__,
        "GEOS": shapely.geos_version_string,
        "PROJ": pyproj.proj_version_str,
    }
    return found | libraries


def as_json(value: object, where: str = "manifest") -> Json:
    """Turn a fact into what JSON can hold.

    Parameters
    ----------
    value : object
        Text, numbers, dates, decimals, paths, frozen records, lists and mappings of them.
    where : str, optional
        Name of the fact, for the message.

    Returns
    -------
    str, int, float, bool, None, list or dict
        Decimals and dates become text, so that nothing is lost; missing values become None.

    Raises
    ------
    BadValueError
        If a key names a secret, or the value is of another kind.
    """
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, np.generic):
        return as_json(value.item(), where)
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return as_json(asdict(value), where)
    if isinstance(value, Mapping):
        require_public(value, where)
        return {str(key): as_json(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [as_json(item, where) for item in value]
    raise BadValueError(f"{where}：{value!r} 不能写入清单。办法：改为文字、数、日期或它们的列表。")


def outputs_of(folder: Path, key: bytes) -> list[Json]:
    """Fingerprints of everything in a run folder but the manifest.

    Parameters
    ----------
    folder : Path
        The run folder.
    key : bytes
        Key for the files of the internal folder.

    Returns
    -------
    list of dict
        ``path`` inside the folder, size and hash, sorted by path; the key file is left out.
    """
    found: list[Json] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        inside = path.relative_to(folder)
        if inside.as_posix() in (MANIFEST, f"{INTERNAL}/{KEY}"):
            continue
        secret = inside.parts[0] == INTERNAL
        found.append({"path": inside.as_posix(), **fingerprint(path, key if secret else b"")})
    return found


def run_key(folder: Path) -> bytes | None:
    """Read the key of a run's secret fingerprints (涉密文件指纹的密钥).

    Parameters
    ----------
    folder : Path
        A run folder.

    Returns
    -------
    bytes or None
        The key; None where the run's internal folder does not hold it.

    Raises
    ------
    ReadError
        If the file is not what was written.
    """
    path = folder / INTERNAL / KEY
    if not path.is_file():
        return None
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise ReadError(f"{path}：指纹密钥读不了或被改动。办法：从备份恢复这个文件。") from error
    if not key:
        raise ReadError(f"{path}：指纹密钥是空的。办法：从备份恢复这个文件。")
    return key


def altered_files(folder: Path) -> list[str]:
    """Compare a run folder with its manifest.

    Parameters
    ----------
    folder : Path
        A run folder, or a copy of it.

    Returns
    -------
    list of str
        Files that were changed, removed or added since, sorted; empty if the run is whole. Files of the internal
        folder count only where its key is there too, so that a shared copy without that folder is whole.

    Raises
    ------
    ReadError
        If there is no readable manifest, or the key is damaged.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        stated = {entry["path"]: entry for entry in manifest["outputs"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError(f"{folder / MANIFEST}：没有清单或清单损坏。办法：重新运行，或从备份恢复。") from error
    key = run_key(folder)
    if key is None:
        stated = {name: entry for name, entry in stated.items() if not name.startswith(f"{INTERNAL}/")}
    present = {str(entry["path"]): entry for entry in outputs_of(folder, key or b"\0") if isinstance(entry, dict)}
    return sorted(name for name in stated.keys() | present.keys() if stated.get(name) != present.get(name))
