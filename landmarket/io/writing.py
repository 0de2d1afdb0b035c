"""Writing whole: every output folder (成果目录) is a new run folder, or it does not exist.

A run is written into a hidden staging folder inside ``out``. At its end the manifest is written last, the folder gets
its final name in one step, and the small file ``latest`` is replaced. Whatever stops the process before that, a power
cut included, the former run stands and ``latest`` names it. The next run removes what a dead process left; a lock,
which the system drops with the process, tells the dead from the living.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from landmarket.errors import LandMarketError, OutputError, ReadError
from landmarket.io.database_address import Source
from landmarket.io.file_names import file_names, safe_file_name
from landmarket.io.locks import acquire, release
from landmarket.io.manifest import INTERNAL, KEY, MANIFEST, as_json, fingerprints, outputs_of, require_public, versions
from landmarket.io.whole import DISK_ERRORS, output_errors, sync_file, sync_folder, write_synced, write_whole
from landmarket.paths import is_there

__all__ = [
    "LATEST",
    "RunFolder",
    "file_names",
    "new_run",
    "output_errors",
    "read_latest",
    "safe_file_name",
    "write_whole",
]

LATEST = "latest"
_STAGING, _LOCK, _POINTER = ".landmarket-staging", ".landmarket-lock", ".landmarket-latest"
_TRIES = 100


@dataclass(frozen=True)
class RunFolder:
    """A run that is being written (成果目录).

    Attributes
    ----------
    folder : Path
        Where to write now; it does not last.
    final : Path
        Where everything is once the run has ended well.
    created : datetime
        Time in the manifest.
    facts : dict of str to object
        What the manifest shall hold besides what it always holds; see `record`.
    """

    folder: Path
    final: Path
    created: datetime
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def internal(self) -> Path:
        """Folder for what must not be shared, such as reserve prices (底价); made on first use."""
        path = self.folder / INTERNAL
        path.mkdir(exist_ok=True)
        return path

    def record(self, **facts: object) -> None:
        """Add facts to the manifest, such as ``counts``, ``rules``, ``terms``, ``notice``.

        Parameters
        ----------
        **facts : object
            Anything `landmarket.io.manifest.as_json` takes; a secret is refused at once.
        """
        for name, fact in facts.items():
            require_public([name], "清单")
            self.facts[name] = as_json(fact, name)


@contextmanager
def new_run(
    out: Path,
    *,
    inputs: Sequence[Source] = (),
    secret_inputs: Sequence[Path] = (),
    seed: int | None = None,
    name: str | None = None,
    created: datetime | None = None,
) -> Iterator[RunFolder]:
    """Write a run folder whole, or not at all.

    Parameters
    ----------
    out : Path
        Folder of all runs; made if need be.
    inputs : sequence of Path or DatabaseLayer, optional
        Files and layers of databases the run is made from; hashed before the block begins.
    secret_inputs : sequence of Path, optional
        Inputs that hold a secret, such as the deal terms with the reserve ratio: hashed with a key that stays in the
        run's internal folder.
    seed : int, optional
        Seed of the simulated deals.
    name : str, optional
        Name of the run folder; by default ``run-20260302-093000-ab12``.
    created : datetime, optional
        Time of the manifest; by default now, in local time.

    Yields
    ------
    RunFolder
        Write into its ``folder``; tell the caller its ``final``.

    Raises
    ------
    OutputError
        If the folder cannot be written whole; nothing is left then and the former run stands.
    ReadError
        If an input is missing.

    Notes
    -----
    Two processes may run at once on one ``out``: each gets its own folder, and ``latest`` names the one that ended
    last.
    """
    created = created or datetime.now().astimezone()
    key = secrets.token_bytes(32)
    facts: dict[str, object] = {
        "created": created.isoformat(timespec="seconds"),
        "versions": versions(),
        "seed": seed,
        "inputs": fingerprints(inputs),
        "secret_inputs": fingerprints(secret_inputs, key),
    }
    with output_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(out)
        lock, chosen = _claim(out, name, created)
    staging, final = out / f".{chosen}{_STAGING}", out / chosen
    run = RunFolder(staging, final, created, {"run": chosen, **facts})
    try:
        with _outputs_only(staging, final):
            yield run
        with output_errors(final):
            _finish(out, run, key)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    finally:
        release(lock, out / f".{chosen}{_LOCK}")


@contextmanager
def _outputs_only(staging: Path, final: Path) -> Iterator[None]:
    """Explain errors of the disk and of the staging folder, by the names that were asked for; let the others pass."""
    try:
        yield
    except OutputError as error:
        if str(staging) not in str(error):
            raise
        raise OutputError(str(error).replace(str(staging), str(final))) from error
    except UnicodeEncodeError:
        with output_errors(final):
            raise
    except OSError as error:
        inside = str(error.filename or "").startswith(str(staging))
        if isinstance(error, LandMarketError) or not (inside or error.errno in DISK_ERRORS):
            raise
        with output_errors(final):
            raise


def _claim(out: Path, name: str | None, created: datetime) -> tuple[int, str]:
    """Choose a free name, lock it and make its staging folder."""
    if name is not None and safe_file_name(name) != name:
        raise OutputError(f"{out / name}：不能作文件夹名。办法：改用 {safe_file_name(name)!r} 之类的名称。")
    for _ in range(1 if name else _TRIES):
        chosen = name or f"run-{created:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        path = out / f".{chosen}{_LOCK}"
        lock = acquire(path)
        if lock is None:
            continue
        try:
            taken = (out / chosen).exists()
            if not taken:
                (out / f".{chosen}{_STAGING}").mkdir()
        except OSError:
            release(lock, path)
            raise
        if not taken:
            return lock, chosen
        release(lock, path)
    raise OutputError(f"{out / (name or 'run-…')}：已有同名成果，或正由另一进程写入。办法：换一个名称。")


def _finish(out: Path, run: RunFolder, key: bytes) -> None:
    """Write the manifest last, give the folder its name, then point ``latest`` to it."""
    secret = bool(run.facts["secret_inputs"]) or (run.folder / INTERNAL).is_dir()
    if secret:
        (run.internal / KEY).write_text(key.hex(), encoding="ascii")
    for path in run.folder.rglob("*"):
        if path.is_file():
            sync_file(path)
    facts = run.facts | {"outputs": outputs_of(run.folder, key)}
    text = json.dumps(as_json(facts), ensure_ascii=False, indent=1, allow_nan=False)
    write_synced(run.folder / MANIFEST, text + "\n")
    for folder in (*(path for path in run.folder.rglob("*") if path.is_dir()), run.folder):
        sync_folder(folder)
    run.folder.rename(run.final)
    try:
        sync_folder(out)
        _point(out, run.final.name)
    except OSError:  # the run is whole, but the caller is told that there is none
        run.final.rename(run.folder)
        raise
    sync_folder(out)


def _point(out: Path, name: str) -> None:
    """Replace ``latest`` in one step."""
    pointer = out / f".{name}{_POINTER}"
    try:
        write_synced(pointer, name + "\n")
        pointer.replace(out / LATEST)
    finally:
        pointer.unlink(missing_ok=True)


def _remove_leftovers(out: Path) -> None:
    """Remove staging folders whose process is dead."""
    names = {
        path.name[1:].removesuffix(ending)
        for path in out.iterdir()
        for ending in (_STAGING, _LOCK, _POINTER)
        if path.name.startswith(".") and path.name.endswith(ending)
    }
    for name in sorted(names):
        path = out / f".{name}{_LOCK}"
        with suppress(PermissionError):  # another user's, who will remove it
            lock = acquire(path)
            if lock is not None:
                shutil.rmtree(out / f".{name}{_STAGING}", ignore_errors=True)
                (out / f".{name}{_POINTER}").unlink(missing_ok=True)
                release(lock, path)


def read_latest(out: Path) -> Path | None:
    """Find the run that ended last.

    Parameters
    ----------
    out : Path
        Folder of all runs.

    Returns
    -------
    Path or None
        Its folder; None if no run has ended yet.

    Raises
    ------
    ReadError
        If ``latest`` names something that is not a whole run.
    """
    path = out / LATEST
    if not is_there(path):
        return None
    try:
        name = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{path}：读不了。办法：删除它，重新运行。") from error
    if safe_file_name(name) != name or not (out / name / MANIFEST).is_file():
        raise ReadError(f"{path}：所指的成果 {name!r} 不存在或不完整。办法：删除它，重新运行。")
    return out / name
