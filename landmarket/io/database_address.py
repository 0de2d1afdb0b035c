"""Addresses of databases (数据库地址): told from paths, and shown without a password."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from landmarket.errors import ReadError

NO_DRIVER = "读写 PostGIS 需要 psycopg。办法：pip install 'landmarket[postgis]'。"
"""What is said where the extra is not installed."""

FINGERPRINT = "database_fingerprint"
"""Where the ``attrs`` of a layer that was read from a database say what was read."""

_STARTS = ("postgresql://", "postgres://")
_CURE = (
    "办法：写成 postgresql://用户@主机:端口/库名；密码放在 pgpass 文件、服务文件或环境变量 PGPASSWORD 里，"
    "一定要写进地址时，@ : / ? # 等字符写成 %40 %3A %2F %3F %23。"
)


def is_database(path: str | Path) -> bool:
    """Tell an address of a database from a path.

    Parameters
    ----------
    path : path-like
        What a caller reads from or writes to.

    Returns
    -------
    bool
        Whether it begins as PostgreSQL's addresses do.

    Examples
    --------
    >>> is_database("postgresql://zhang@db/land"), is_database("宗地.shp")
    (True, False)
    """
    return isinstance(path, str) and path.startswith(_STARTS)


def address_password(address: str) -> str:
    """Return the password that stands in an address.

    Parameters
    ----------
    address : str
        Address of a database.

    Returns
    -------
    str
        The password, or empty.

    Raises
    ------
    ReadError
        If the address cannot be told apart, as when a password has an ``@`` in it; nothing of it is repeated.
    """
    rest = address.split("://", 1)[1]
    authority = rest.split("/", 1)[0].split("?", 1)[0]
    if rest.count("@") > 1 or "#" in rest or ("@" in rest) != ("@" in authority) or not _splits(address):
        raise ReadError(f"数据库地址写法有误，分不清用户、密码和主机。{_CURE}")
    user = authority.rpartition("@")[0]
    given = dict(parse_qsl(rest.partition("?")[2]))
    return unquote(user.partition(":")[2]) or given.get("password", "") or given.get("sslpassword", "")


def _splits(address: str) -> bool:
    """Tell whether an address has parts: one with a single bracket has none."""
    try:
        return bool(urlsplit(address).scheme)
    except ValueError:
        return False


def shown_address(address: str) -> str:
    """Write an address as messages and notes may show it.

    Parameters
    ----------
    address : str
        Address of a database.

    Returns
    -------
    str
        User, host, port and database; neither the password nor any option.

    Examples
    --------
    >>> shown_address("postgresql://zhang:secret@db:5432/land?sslmode=require")
    'postgresql://zhang@db:5432/land'
    """
    address_password(address)
    parts = urlsplit(address)
    user, found, host = parts.netloc.rpartition("@")
    return unquote(f"postgresql://{user.partition(':')[0]}{found}{host}{parts.path}")


@dataclass(frozen=True)
class DatabaseLayer:
    """A layer in a database (数据库图层), where a county file could name a file.

    Attributes
    ----------
    address : str
        Address of the database; never shown, as a password may stand in it.
    layer : str or None
        ``schema.table``, with ``(column)`` where it has several geometries; None where the database has one layer.
    """

    address: str = field(repr=False)
    layer: str | None

    @property
    def name(self) -> str:
        """As a file has a name: the layer."""
        return self.layer or shown_address(self.address)

    def __str__(self) -> str:
        """Write address and layer as messages may show them."""
        return shown_address(self.address) + (f" 的 {self.layer}" if self.layer else "")


Source: TypeAlias = Path | DatabaseLayer
"""Where a layer is."""


def place_of(source: Source) -> str | Path:
    """Return what `read_layer` takes for a layer.

    Parameters
    ----------
    source : Path or DatabaseLayer
        Where the layer is.

    Returns
    -------
    str or Path
        The path, or the address with everything that stands in it.
    """
    return source.address if isinstance(source, DatabaseLayer) else source


def layer_source(text: str, layer: str | None, folder: Path) -> Source:
    """Read where a layer is, as a configuration states it.

    Parameters
    ----------
    text : str
        Path relative to the folder, or address of a database.
    layer : str or None
        Layer of a file or database with several.
    folder : Path
        Folder of the configuration.

    Returns
    -------
    Path or DatabaseLayer
        The place.

    Raises
    ------
    ReadError
        If an address cannot be told apart.

    Examples
    --------
    >>> str(layer_source("postgresql://zhang:secret@db/land", "plan.规划用途", Path("县")))
    'postgresql://zhang@db/land 的 plan.规划用途'
    """
    if not is_database(text):
        return folder / text
    address_password(text)
    return DatabaseLayer(text, layer)
