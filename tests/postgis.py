"""A real PostGIS for the tests: a private cluster in a temporary folder, stopped and removed when they end."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

PASSWORD = "tests-only-7f3a"  # noqa: S105  # of a cluster that lives as long as the tests; looked for in messages
TEMPLATE = "template_postgis"
_TRIES = 5
_FAST = "-c fsync=off -c shared_buffers=16MB -c max_connections=20 -c max_parallel_workers=0 -c jit=off"


def _programs() -> Path:
    """The folder of ``initdb``, ``pg_ctl``; the newest version where there are several."""
    beside = shutil.which("initdb")
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *([Path(beside)] if beside else [])]
    if not found:
        pytest.fail("没有 PostgreSQL（initdb）。办法：sh .ci/postgis.sh，或安装 postgresql、postgresql-postgis。")
    return max(found, key=lambda path: (path.parent.parent.name.zfill(4), str(path))).parent


def _command(*command: str) -> list[str]:
    """How a program of PostgreSQL is run: it refuses to be root, so where we are root, as its own user."""
    return [*(["runuser", "-u", "postgres", "--"] if _root() else []), *command]


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(*command), cwd="/", capture_output=True, text=True, check=False, env=_clean())


def _clean() -> dict[str, str]:
    """The environment without what would send PostgreSQL's programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(programs: Path, data: Path) -> int:
    """Start the cluster on a free port of this machine alone; somebody may take the port in between, so try again."""
    said = ""
    for _ in range(_TRIES):
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {_FAST}"
        log = data / "server.log"
        done = _run(str(programs / "pg_ctl"), "-D", str(data), "-l", str(log), "-o", options, "-w", "-t", "30", "start")
        if done.returncode == 0:
            return port
        said = done.stderr + (log.read_text(encoding="utf-8", errors="replace") if log.exists() else "")
    pytest.fail(f"PostgreSQL 起不来。办法：看下面的记录。\n{said}")


@contextmanager
def _watched(programs: Path, folder: Path) -> Iterator[None]:
    """Have the cluster stopped and its folder removed at the end, also where we are killed and cannot do it."""
    stop = _command(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")
    # The pipe ends when we do, whatever ends us; nobody else has its other end.
    # A process of the cluster may write once more while its folder is removed, so this is tried again.
    script = 'read -r _; "$@"; for turn in 1 2 3 4 5 6 7 8 9; do rm -rf "$0" && break; sleep 0.5; done'
    watch = subprocess.Popen(
        ["sh", "-c", script, str(folder), *stop],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_clean(),
        start_new_session=True,
    )
    try:
        yield
    finally:
        watch.communicate()


@contextmanager
def cluster() -> Iterator[str]:
    """Run a private cluster; give the address, password included, of a database that has PostGIS."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="landmarket-pg-"))
    with _watched(programs, folder):
        data, words = folder / "data", folder / "password"
        words.write_text(PASSWORD, encoding="utf-8")
        if _root():
            for path in (folder, words):
                shutil.chown(path, "postgres")
        made = _run(
            *(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "--pwfile", str(words)),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
        )
        if made.returncode != 0:
            pytest.fail(f"initdb 失败。办法：检查 PostgreSQL 的安装。\n{made.stdout}{made.stderr}")
        url = f"postgresql://postgres:{PASSWORD}@127.0.0.1:{_start(programs, data)}/"
        _make_template(url)
        yield url + TEMPLATE


@pytest.fixture(scope="session")
def postgis_url() -> Iterator[str]:
    """The address, password included, of a database of a cluster that has PostGIS; one a session."""
    with cluster() as url:
        yield url


def _make_template(url: str) -> None:
    with psycopg.connect(url + "postgres", autocommit=True) as link:
        link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    with psycopg.connect(url + TEMPLATE, autocommit=True) as link:
        try:
            link.execute("CREATE EXTENSION postgis")
        except psycopg.Error as error:
            pytest.fail(f"没有 PostGIS 扩展（{error}）。办法：sh .ci/postgis.sh，或安装 postgresql-postgis。")


@contextmanager
def fresh_database(postgis_url: str) -> Iterator[str]:
    """Make an empty database with PostGIS; give its address, password included."""
    name = f"测试_{secrets.token_hex(4)}"
    base = postgis_url.removesuffix(TEMPLATE)
    with psycopg.connect(base + "postgres", autocommit=True) as link:
        link.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        yield base + name
        link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def postgis_database(postgis_url: str) -> Iterator[str]:
    """The address of an empty database with PostGIS, for one test alone."""
    with fresh_database(postgis_url) as url:
        yield url


def execute(database: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements in one transaction; give what the last one found."""
    with psycopg.connect(database) as link:
        for statement in statements:
            cursor = link.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def without_password(url: str) -> str:
    """The same address without the password, as somebody with a ``.pgpass`` writes it."""
    parts = urlsplit(url)
    return f"postgresql://{parts.username}@{parts.hostname}:{parts.port}{parts.path}"
