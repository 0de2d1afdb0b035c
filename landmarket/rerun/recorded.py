"""What a run folder says it was made from (清单), held against what is there today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from landmarket.errors import LandMarketError, ReadError
from landmarket.io.database_address import layer_source
from landmarket.io.manifest import INTERNAL, KEY, MANIFEST, Json, fingerprints, versions

_INPUT = ["input", "file", "problem"]


@dataclass(frozen=True)
class RecordedRun:
    """A run as its manifest tells it (清单所记的一次运行).

    Attributes
    ----------
    folder : Path
        The run folder.
    command : tuple of str
        The command, such as ``("run",)`` or ``("book", "report")``.
    options : mapping of str to object
        Its arguments and options, as given; times, folders of output and the form of messages are not among them.
    created : datetime
        When it ran; outputs show it.
    inputs, secret_inputs : list
        Fingerprints, see `landmarket.io.manifest.fingerprints`.
    versions : mapping of str to str
        Versions it ran with.
    """

    folder: Path
    command: tuple[str, ...]
    options: Mapping[str, Json]
    created: datetime
    inputs: list[dict[str, Json]]
    secret_inputs: list[dict[str, Json]]
    versions: Mapping[str, str]


def read_run(folder: Path) -> RecordedRun:
    """Read what a run was made from (读取清单).

    Parameters
    ----------
    folder : Path
        A run folder.

    Returns
    -------
    RecordedRun
        As its manifest tells it.

    Raises
    ------
    ReadError
        If there is no readable manifest, or it names no command: runs that a program made have none.
    """
    path = folder / MANIFEST
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        created = datetime.fromisoformat(facts["created"])
        inputs, secret, known = facts["inputs"], facts["secret_inputs"], dict(facts["versions"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError(f"{path}：没有清单或清单损坏。办法：给出成果目录（其中有 {MANIFEST}）。") from error
    try:
        command, options = tuple(facts["command"]["name"]), dict(facts["command"]["options"])
    except (KeyError, TypeError, ValueError) as error:
        raise ReadError(
            f"{path}：清单没有记命令（成果由程序写成，或版本较旧），不能复算。办法：用命令行重新运行一次，以后即可复算。"
        ) from error
    return RecordedRun(folder, command, options, created, inputs, secret, known)


def changed_inputs(run: RecordedRun) -> pd.DataFrame:
    """List the inputs that are no longer as the run read them (输入的变化).

    Parameters
    ----------
    run : RecordedRun
        The run.

    Returns
    -------
    DataFrame
        ``input`` as stated, ``file`` inside it, ``problem`` in Chinese; empty where nothing changed. Secret inputs can
        only be checked where the run's internal folder is there.
    """
    rows = [row for stated in run.inputs for row in _changes(run, stated, b"")]
    key = run.folder / INTERNAL / KEY
    if key.is_file():
        secret = bytes.fromhex(key.read_text(encoding="ascii"))
        rows += [row for stated in run.secret_inputs for row in _changes(run, stated, secret)]
    elif run.secret_inputs:
        names = "、".join(str(stated.get("path")) for stated in run.secret_inputs)
        rows.append((names, "", f"内部文件夹 {INTERNAL} 不在，无法核对"))
    return pd.DataFrame(rows, columns=_INPUT)


def _changes(run: RecordedRun, stated: dict[str, Json], key: bytes) -> list[tuple[str, str, str]]:
    """Rows for one input: its files that were changed, added or removed, or why it cannot be read."""
    name = str(stated.get("path", stated.get("database", "")))
    source = layer_source(name, str(stated["layer"]), run.folder) if "layer" in stated else Path(name)
    try:
        now = fingerprints([source], key)[0]
    except LandMarketError as error:
        return [(name, "", str(error))]
    if now == stated:
        return []
    if not isinstance(now, dict) or "files" not in now:
        return [(name, str(stated.get("layer", "")), "表的内容已变")]
    before, after = _files(stated), _files(now)
    said = {True: "新增", False: "内容已变"}
    return [
        (name, file, "已删除" if file not in after else said[file not in before])
        for file in sorted(before.keys() | after.keys())
        if before.get(file) != after.get(file)
    ]


def _files(stated: Mapping[str, Json]) -> dict[str, Json]:
    files = stated.get("files")
    return {str(one["name"]): one for one in files if isinstance(one, dict)} if isinstance(files, list) else {}


def changed_versions(run: RecordedRun) -> pd.DataFrame:
    """List the packages whose version is not the run's (版本的变化).

    Parameters
    ----------
    run : RecordedRun
        The run.

    Returns
    -------
    DataFrame
        ``package``, ``then``, ``now``; empty where all are the same.
    """
    now = versions()
    rows = [
        (name, run.versions.get(name, "—"), now.get(name, "—"))
        for name in dict.fromkeys([*run.versions, *now])
        if run.versions.get(name) != now.get(name)
    ]
    return pd.DataFrame(rows, columns=["package", "then", "now"])
