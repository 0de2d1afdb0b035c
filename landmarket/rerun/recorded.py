"""What a run folder says it was made from (清单), held against what is there today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from landmarket.errors import LandMarketError, ReadError
from landmarket.io.database_address import layer_source
from landmarket.io.manifest import INTERNAL, MANIFEST, Json, fingerprints, run_key, versions

_INPUT = ["input", "file", "problem"]
_COUNTY = ("county", "file")
"""Options by which commands are given a county, or a file to check."""


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
    typed : mapping of str to str
        The paths among them as they were typed; relative inputs begin with one of them.
    inputs, secret_inputs : list
        Fingerprints, see `landmarket.io.manifest.fingerprints`.
    versions : mapping of str to str
        Versions it ran with.
    """

    folder: Path
    command: tuple[str, ...]
    options: Mapping[str, Json]
    typed: Mapping[str, str]
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
        inputs, secret = _inputs(facts["inputs"]), _inputs(facts["secret_inputs"])
        known = {_text(name): _text(version) for name, version in _record(facts["versions"]).items()}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ReadError(f"{path}：没有清单或清单损坏。办法：给出成果目录（其中有 {MANIFEST}）。") from error
    try:
        stated = facts["command"]
        command, options = tuple(map(_text, _list(stated["name"]))), _record(stated["options"])
        typed = {name: _text(text) for name, text in _record(stated.get("typed", {})).items() if name in options}
    except (KeyError, TypeError) as error:
        raise ReadError(
            f"{path}：清单没有记命令（成果由程序写成，或版本较旧），不能复算。办法：用命令行重新运行一次，以后即可复算。"
        ) from error
    return RecordedRun(folder, command, options, typed, created, inputs, secret, known)


def moved(run: RecordedRun, place: Path) -> RecordedRun:
    """Say where a run's county file, or the file it checked, is now (县配置移动后的位置).

    Parameters
    ----------
    run : RecordedRun
        The run.
    place : Path
        The county file, its folder, or the file that was checked, as the run was given it.

    Returns
    -------
    RecordedRun
        The same run, of the inputs there.

    Raises
    ------
    ReadError
        If the run was given neither.
    """
    name = next((name for name in _COUNTY if name in run.typed), None)
    if name is None:
        raise ReadError(f"{run.folder}：清单没有记县配置，不能另给位置。办法：在当时的文件夹里复算，不用 --county。")
    return replace(run, options={**run.options, name: place.resolve().as_posix()})


def _inputs(value: Json) -> list[dict[str, Json]]:
    """Inputs as `landmarket.io.manifest.fingerprints` states them."""
    stated = [_record(one) for one in _list(value)]
    for one in stated:
        for key in ("database", "layer") if "database" in one else ("path",):
            _text(one[key])
        for file in _list(one.get("files", [])):
            _text(_record(file)["name"])
    return stated


def _record(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no record")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


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

    Raises
    ------
    ReadError
        If the key of the secret inputs is damaged.
    """
    rows = [row for stated in run.inputs for row in _changes(run, stated, b"")]
    secret = run_key(run.folder)
    if secret is not None:
        rows += [row for stated in run.secret_inputs for row in _changes(run, stated, secret)]
    elif run.secret_inputs:
        names = "、".join(str(stated.get("path")) for stated in run.secret_inputs)
        rows.append((names, "", f"内部文件夹 {INTERNAL} 不在，无法核对"))
    return pd.DataFrame(rows, columns=_INPUT)


def _changes(run: RecordedRun, stated: dict[str, Json], key: bytes) -> list[tuple[str, str, str]]:
    """Rows for one input: its files that were changed, added or removed, or why it cannot be read."""
    name = str(stated.get("path", stated.get("database", "")))
    source = layer_source(name, str(stated["layer"]), run.folder) if "layer" in stated else _place(run, name)
    try:
        now = fingerprints([source], key)[0]
    except LandMarketError as error:
        looked = f"（找的是 {source.absolute()}）" if isinstance(source, Path) else ""
        return [(name, "", str(error).removeprefix(f"{source}：") + looked)]
    if isinstance(now, dict) and "path" in now:
        now = {**now, "path": name}
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


def _place(run: RecordedRun, name: str) -> Path:
    """Where an input is: it was named by a path as typed, from a folder that is not recorded."""
    bases: dict[Path, Path] = {}
    for option, text in run.typed.items():
        typed, now = Path(text), Path(str(run.options[option]))
        bases |= {typed: now, typed.parent: now.parent} if typed.suffix else {typed: now}
    inside = [base for base in bases if Path(name).is_relative_to(base)]
    nearest = max(inside, key=lambda base: len(base.parts), default=None)
    return Path(name) if nearest is None else bases[nearest] / Path(name).relative_to(nearest)


def _files(stated: Mapping[str, Json]) -> dict[str, Json]:
    return {_text(_record(one)["name"]): one for one in _list(stated.get("files", []))}


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
