"""Layers in archives (压缩包): unpacked where nothing can get out of the folder, and no more than a layer needs."""

from __future__ import annotations

import os
import stat
import tempfile
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from landmarket.errors import ReadError
from landmarket.io.boundary_text import SUFFIX as BOUNDARY_TEXT
from landmarket.io.foreign_formats import require_readable_format
from landmarket.io.geoparquet import PARQUET
from landmarket.paths import refuse_pipe

ZIP = ".zip"
_LAYERS = (".shp", ".gpkg", ".gdb", ".geojson", ".json", *PARQUET, BOUNDARY_TEXT)
_MOST_BYTES, _MOST_RATIO, _MOST_MEMBERS = 8 << 30, 200, 10_000
_SMALL = 10 << 20
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_CHUNK = 1 << 20


@contextmanager
def unpacked_layer(path: Path) -> Iterator[Path]:
    """Unpack an archive and find the one file of layers in it (压缩包中的图层).

    Parameters
    ----------
    path : Path
        A ``.zip`` file with one shapefile, GeoPackage, FileGDB, GeoJSON, GeoParquet or boundary text file.

    Yields
    ------
    Path
        That file, in a folder that does not last.

    Raises
    ------
    ReadError
        If the archive is broken or has a password, a member would lie outside the folder or is a link, it unpacks to
        more than any layer is, or it holds no file of layers or several.
    """
    try:
        refuse_pipe(path)
        with ZipFile(path) as archive, tempfile.TemporaryDirectory(prefix="landmarket-") as folder:
            _unpack(archive, path, Path(folder))
            with _named_by_archive(path, folder):
                yield _only_layer(Path(folder), path)
    except OSError as error:
        if isinstance(error, ReadError) or error.filename not in (str(path), path):
            raise
        raise ReadError(f"{path}：打不开（{error.strerror}）。办法：检查路径与权限。") from error
    except (BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise ReadError(f"{path}：压缩包损坏或压缩方法不认识（{error}）。办法：重新压缩，或解开后再读。") from error


@contextmanager
def _named_by_archive(path: Path, folder: str) -> Iterator[None]:
    """Say of a file that is refused where it is in the archive, not in a folder that is gone."""
    try:
        yield
    except ReadError as error:
        raise ReadError(str(error).replace(f"{folder}{os.sep}", f"{path} 中的 ")) from error


def _unpack(archive: ZipFile, path: Path, folder: Path) -> None:
    members = archive.infolist()
    packed, whole = sum(one.compress_size for one in members), sum(one.file_size for one in members)
    if len(members) > _MOST_MEMBERS or whole > _MOST_BYTES or (whole > _SMALL and whole > _MOST_RATIO * packed):
        raise ReadError(
            f"{path}：{len(members)} 个文件，解开后有 {whole / 1e6:,.0f} MB，为压缩后的 {whole / max(packed, 1):,.0f} "
            "倍，不像图层。办法：核对来源；确是图层的，解开后再读。"
        )
    taken: set[str] = set()
    for member in members:
        name = _inner_name(member, path)
        if member.is_dir():
            continue
        if name.casefold() in taken:
            raise ReadError(f"{path}：{name} 有两份（不分大小写）。办法：重新压缩。")
        taken.add(name.casefold())
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        left = member.file_size
        with archive.open(member) as source, target.open("wb") as file:
            while chunk := source.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise ReadError(f"{path}：{name} 比压缩包目录所记的大。办法：重新压缩。")
                file.write(chunk)


def _inner_name(member: ZipInfo, path: Path) -> str:
    """The name of a member, in its folder for certain; names of old programs are in the code page of their machine."""
    name = member.filename
    if not member.flag_bits & _UTF8_FLAG:
        raw = name.encode("cp437", "replace")
        name = raw.decode("gb18030", "replace") if "?" not in raw.decode("ascii", "ignore") else name
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    parts = PurePosixPath(name).parts
    if member.flag_bits & _ENCRYPTED_FLAG:
        raise ReadError(f"{path}：有密码。办法：解开后再读。")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise ReadError(f"{path}：{name} 是链接，不解开。办法：压缩实际的文件。")
    if not parts or name.startswith("/") or ".." in parts or any(":" in part or "\0" in part for part in parts):
        raise ReadError(f"{path}：{name!r} 会写到文件夹以外，不解开。办法：核对来源，重新压缩。")
    return "/".join(parts)


def _only_layer(folder: Path, path: Path) -> Path:
    found = [
        one
        for one in sorted(folder.rglob("*"))
        if one.suffix.lower() in _LAYERS
        and not any(part.lower().endswith(".gdb") or part == "__MACOSX" for part in one.relative_to(folder).parts[:-1])
    ]
    if not found:
        for one in sorted(folder.rglob("*")):
            require_readable_format(path / one.relative_to(folder))
    if len(found) != 1:
        names = "、".join(one.relative_to(folder).as_posix() for one in found) or "没有"
        raise ReadError(f"{path}：压缩包里要有一个图层文件，实有：{names}。办法：一个压缩包只放一个，或解开后再读。")
    return found[0]
