"""The tests' own PostGIS: made by any user, and gone with the tests, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[1]
NOBODY = 65534
SCRIPT = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.postgis import cluster
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
with cluster() as url:
    print(os.geteuid(), url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may write into, as other users cannot enter pytest's."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.mark.parametrize("ending", [None, signal.SIGTERM, signal.SIGKILL])
def test_a_cluster_of_an_ordinary_user_ends_with_its_process(shared: Path, ending: signal.Signals | None) -> None:
    environment = {**os.environ, "TMPDIR": str(shared)}
    command = [sys.executable, "-c", SCRIPT]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        user, url = child.stdout.readline().split()
        assert int(user) != 0
        with psycopg.connect(url) as link:
            assert link.execute("SELECT postgis_version() IS NOT NULL").fetchone() == (True,)
        child.send_signal(ending) if ending else child.stdin.close()
        assert child.wait(30) == (-ending if ending else 0)
    for _ in range(100):
        if not list(shared.iterdir()):
            break
        time.sleep(0.1)
    assert list(shared.iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
