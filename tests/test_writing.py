"""Run folders: written whole or not at all, whatever kills the process."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import unicodedata
from contextlib import nullcontext
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarket.errors import BadValueError, OutputError, ReadError
from landmarket.io.file_names import LONGEST, file_names
from landmarket.io.locks import acquire, release
from landmarket.io.manifest import INTERNAL, MANIFEST, altered_files, as_json, fingerprints, parts_of
from landmarket.io.writing import LATEST, new_run, read_latest, safe_file_name, write_whole
from landmarket.rules import Rule
from tests.hunting import examples


def write_run(out: Path, text: str = "一", **arguments: object) -> Path:
    """One small run; gives its final folder."""
    with new_run(out, **arguments) as run:  # type: ignore[arg-type] # the tests pass what they name
        (run.folder / "map.html").write_text(text, encoding="utf-8")
        (run.folder / "maps").mkdir()
        (run.folder / "maps" / "凤鸣街道.html").write_text(text * 3, encoding="utf-8")
    return run.final


def hidden(out: Path) -> list[str]:
    """Leftovers in the folder of all runs."""
    return sorted(path.name for path in out.iterdir() if path.name.startswith("."))


def manifest_of(folder: Path) -> dict[str, object]:
    """The manifest as it stands in the file."""
    document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def sha256(path: Path) -> str:
    """Hash by another way than the code's."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_run_is_whole_and_latest(tmp_path: Path) -> None:
    out, source = tmp_path / "a" / "输出", tmp_path / "宗地.geojson"
    source.write_text("{}", encoding="utf-8")
    final = write_run(out, inputs=[source], seed=411081, created=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    assert read_latest(out) == final
    assert final.name.startswith("run-20260302-093000-")
    assert hidden(out) == []
    manifest = manifest_of(final)
    assert manifest["created"] == "2026-03-02T09:30:00+00:00"
    assert manifest["seed"] == 411081
    assert manifest["run"] == final.name
    assert manifest["inputs"] == [
        {"path": source.as_posix(), "files": [{"name": "宗地.geojson", "size": 2, "sha256": sha256(source)}]}
    ]
    assert manifest["outputs"] == [
        {"path": path, "size": (final / path).stat().st_size, "sha256": sha256(final / path)}
        for path in ("map.html", "maps/凤鸣街道.html")
    ]
    assert {"python", "landmarket", "geopandas", "shapely", "GDAL", "pyproj", "folium"} <= set(manifest["versions"])  # type: ignore[call-overload] # JSON
    assert altered_files(final) == []


def test_inputs_with_all_their_parts(tmp_path: Path) -> None:
    names = ["宗地.shp", "宗地.SHX", "宗地.dbf", "宗地.prj", "宗地.shp.xml", "宗地.txt", "宗地2.shp"]
    for name in [*names, "g.gpkg", "g.gpkg-wal"]:
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "规划.gdb").mkdir()
    for name in ("a1.gdbtable", "a0.gdbindexes", "x.lock"):
        (tmp_path / "规划.gdb" / name).write_text(name, encoding="utf-8")
    assert {part.name for part in parts_of(tmp_path / "宗地.shp")} == set(names[:5])
    assert [part.name for part in parts_of(tmp_path / "规划.gdb")] == ["a0.gdbindexes", "a1.gdbtable"]
    assert [part.name for part in parts_of(tmp_path / "g.gpkg")] == ["g.gpkg", "g.gpkg-wal"]
    (entry,) = fingerprints([tmp_path / "宗地.shp"])
    assert isinstance(entry, dict)
    assert (
        {part["name"]: part["sha256"] for part in entry["files"]}
        == {  # type: ignore[union-attr, index, call-overload] # JSON
            name: sha256(tmp_path / name) for name in names[:5]
        }
    )
    with pytest.raises(ReadError, match="没有这个文件"):
        parts_of(tmp_path / "无.shp")


def test_facts_become_plain(tmp_path: Path) -> None:
    rule = Rule("fund", "调节金比例", Decimal("0.20"), "", date(2023, 3, 1), "财税〔2016〕41号", verified=False)
    with new_run(tmp_path / "out") as run:
        run.record(counts={"读入": 3, "采用": 2}, rules=[rule], on=date(2026, 3, 2), missing=[float("nan"), None])
    manifest = manifest_of(run.final)
    assert manifest["counts"] == {"读入": 3, "采用": 2}
    assert manifest["on"] == "2026-03-02"
    assert manifest["missing"] == [None, None]
    (written,) = manifest["rules"]  # type: ignore[misc] # JSON
    assert written["value"] == "0.20"
    assert written["effective_from"] == "2023-03-01"
    assert written["verified"] is False
    with pytest.raises(BadValueError, match="不能写入清单"):
        as_json(object())
    with pytest.raises(BadValueError, match="不能写入清单"):
        as_json({"a": float("inf")})


@pytest.mark.parametrize("name", ["reserve_ratio", "reserve_price_fen", "底价", "floor_price_ratio"])
def test_secrets_stay_out_of_the_manifest(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadValueError, match="保密") as caught, new_run(tmp_path) as run:
        run.record(terms={"step": 1, name: "0.8765"})
    assert "0.8765" not in str(caught.value)
    with pytest.raises(BadValueError, match="保密"), new_run(tmp_path) as run:
        run.record(**{name: "0.8765"})
    assert list(tmp_path.iterdir()) == []


def test_a_secret_cannot_be_guessed_from_its_hash(tmp_path: Path) -> None:
    terms = tmp_path / "deal.toml"
    terms.write_text("reserve_ratio = 0.85", encoding="utf-8")
    finals = []
    for _ in range(2):
        with new_run(tmp_path / "out", secret_inputs=[terms]) as run:
            (run.internal / "底价.csv").write_text("宗地,0.85", encoding="utf-8")
            (run.folder / "a.txt").write_text("a", encoding="utf-8")
        finals.append(run.final)
    texts = [(final / MANIFEST).read_text(encoding="utf-8") for final in finals]
    for text, final in zip(texts, finals, strict=True):
        assert sha256(terms) not in text  # else anyone could try all ratios
        assert sha256(final / INTERNAL / "底价.csv") not in text
        assert "0.85" not in text
    hashes = [re.findall('"hmac_sha256": "([0-9a-f]{64})"', text) for text in texts]
    assert len(hashes[0]) == 2
    assert not set(hashes[0]) & set(hashes[1])  # another key each time
    # whoever holds the internal folder can still prove that nothing was changed
    assert altered_files(finals[0]) == []
    (finals[0] / INTERNAL / "底价.csv").write_text("宗地,0.70", encoding="utf-8")
    assert altered_files(finals[0]) == ["internal/底价.csv"]
    # and a copy without the internal folder is whole
    shutil.rmtree(finals[1] / INTERNAL)
    assert altered_files(finals[1]) == []


def test_altered_files_are_named(tmp_path: Path) -> None:
    final = write_run(tmp_path)
    (final / "map.html").write_text("改", encoding="utf-8")
    (final / "maps" / "凤鸣街道.html").unlink()
    (final / "多.txt").write_text("", encoding="utf-8")
    assert altered_files(final) == ["map.html", "maps/凤鸣街道.html", "多.txt"]
    (final / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(ReadError, match="清单"):
        altered_files(final)


def test_failure_in_the_middle_leaves_the_former_run(tmp_path: Path) -> None:
    former = write_run(tmp_path)

    def fail_halfway() -> None:
        with new_run(tmp_path) as run:
            (run.folder / "half.html").write_text("半", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_halfway()
    assert read_latest(tmp_path) == former
    assert {path.name for path in tmp_path.iterdir()} == {former.name, LATEST}


@pytest.mark.parametrize(
    ("code", "said"),
    [(errno.ENOSPC, "磁盘已满"), (errno.EDQUOT, "配额"), (errno.EROFS, "只读"), (errno.EACCES, "没有写权限")],
)
@pytest.mark.parametrize("call", ["fsync", "mkdir", "rename", "replace"])
def test_disk_errors_are_said_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str, call: str
) -> None:
    former = write_run(tmp_path)

    def failing(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), str(tmp_path))

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(OutputError, match=f"{said}.*办法") as caught:
        write_run(tmp_path)
    monkeypatch.undo()
    assert str(tmp_path) in str(caught.value)
    assert read_latest(tmp_path) == former
    assert {path.name for path in tmp_path.iterdir()} == {former.name, LATEST}
    assert altered_files(former) == []


FSYNCS = 8
"""Of `write_run`: two files, the manifest, two folders, out, the pointer, and out again after the replacement."""


@pytest.mark.parametrize("nth", range(1, FSYNCS + 2))
def test_disk_full_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    """Every fsync of a run in turn meets a full disk; at the last one the run is already there."""
    former, real, calls = write_run(tmp_path), os.fsync, 0

    def failing(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OutputError, match="磁盘已满") if nth <= FSYNCS else nullcontext():
        write_run(tmp_path)
    assert calls == min(nth, FSYNCS)
    latest = read_latest(tmp_path)
    assert latest is not None
    assert altered_files(latest) == []
    assert (latest == former) is (nth < FSYNCS)
    assert {path.name for path in tmp_path.iterdir()} == {former.name, latest.name, LATEST}


def test_a_real_limit_of_the_system(tmp_path: Path) -> None:
    """A file that may not grow further: the system's own error, in a process of its own."""
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from landmarket.io.writing import new_run, read_latest; from landmarket.errors import OutputError\n"
        "out = Path(sys.argv[1])\n"
        "with new_run(out) as run: (run.folder / 'a').write_bytes(b'1')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    with new_run(out) as run: (run.folder / 'b').write_bytes(b'1' * 1_000_000)\n"
        "except OutputError as error: print(error)\n"
        "print(sorted(path.name for path in out.iterdir()) == sorted([read_latest(out).name, 'latest']))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "文件超过允许的大小" in done.stdout
    assert done.stdout.endswith("True\n")


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "文件").write_text("", encoding="utf-8")
    for out in (tmp_path / "文件", tmp_path / "文件" / "里"):
        with pytest.raises(OutputError, match="办法") as caught:
            write_run(out)
        assert str(out) in str(caught.value)
    with pytest.raises(ReadError, match="没有这个文件"):
        write_run(tmp_path / "out", inputs=[tmp_path / "无.shp"])
    assert not (tmp_path / "out").exists()


def test_callers_own_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), new_run(tmp_path):
        (tmp_path / "别处" / "无").read_text(encoding="utf-8")
    with pytest.raises(ReadError), new_run(tmp_path):
        raise ReadError("自己的")
    assert list(tmp_path.iterdir()) == []


def test_given_names(tmp_path: Path) -> None:
    assert write_run(tmp_path, name="2026年3月").name == "2026年3月"
    with pytest.raises(OutputError, match="已有同名成果"):
        write_run(tmp_path, name="2026年3月")
    for name in ("../外面", "CON", "a/b", "", "x."):
        with pytest.raises(OutputError, match="不能作文件夹名"):
            write_run(tmp_path, name=name)
    assert read_latest(tmp_path) == tmp_path / "2026年3月"


def test_read_latest_believes_nothing(tmp_path: Path) -> None:
    assert read_latest(tmp_path) is None
    final = write_run(tmp_path)
    for text in ("../x", final.name + "x", "", "\x00"):
        (tmp_path / LATEST).write_text(text, encoding="utf-8")
        with pytest.raises(ReadError, match="不存在或不完整"):
            read_latest(tmp_path)
    (tmp_path / LATEST).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ReadError, match="读不了"):
        read_latest(tmp_path)
    (tmp_path / LATEST).write_text(final.name, encoding="utf-8")
    (final / MANIFEST).unlink()
    with pytest.raises(ReadError, match="不完整"):
        read_latest(tmp_path)


def test_two_at_once_do_not_clash(tmp_path: Path) -> None:
    with new_run(tmp_path) as first:
        (first.folder / "a").write_text("1", encoding="utf-8")
        with new_run(tmp_path) as second:  # begins later, ends first; must not clean the living one away
            (second.folder / "a").write_text("2", encoding="utf-8")
        assert read_latest(tmp_path) == second.final
        with pytest.raises(OutputError, match="另一进程"):
            write_run(tmp_path, name=first.final.name)
    assert read_latest(tmp_path) == first.final
    assert altered_files(first.final) == altered_files(second.final) == []
    assert hidden(tmp_path) == []


def test_many_threads(tmp_path: Path) -> None:
    finals: list[Path] = []
    threads = [threading.Thread(target=lambda i=i: finals.append(write_run(tmp_path, str(i)))) for i in range(8)]  # type: ignore[misc] # default argument
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(finals)) == 8
    assert all(altered_files(final) == [] for final in finals)
    assert read_latest(tmp_path) in finals
    assert hidden(tmp_path) == []


def test_leftovers_of_the_dead_are_cleaned_and_strangers_files_kept(tmp_path: Path) -> None:
    (tmp_path / ".run-x.landmarket-staging" / "maps").mkdir(parents=True)
    (tmp_path / ".run-x.landmarket-lock").write_text("", encoding="utf-8")
    (tmp_path / ".run-y.landmarket-latest").write_text("run-y", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".x.lock").write_text("", encoding="utf-8")
    write_run(tmp_path)
    assert hidden(tmp_path) == [".git", ".x.lock"]


KILLED = '''
import os, random, signal, sys, time
from pathlib import Path
from landmarket.io.locks import acquire, release
from landmarket.io.manifest import altered_files
from landmarket.io.writing import LATEST, new_run, read_latest, safe_file_name, write_whole

out, source, mode = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def run():
    with new_run(out, inputs=[source], seed=1) as run:
        (run.folder / "maps").mkdir()
        for number in range(4):
            (run.folder / "maps" / f"{number}.html").write_text("页" * 20_000, encoding="utf-8")
        (run.internal / "底价.csv").write_text("密", encoding="utf-8")
        run.record(counts={"读入": 1})

def dies_at(nth):
    """Kill the process before its nth call that touches a file."""
    count = 0
    def event(name, _):
        nonlocal count
        if name in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "fcntl.flock"):
            count += 1
            if count == nth:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(event)

def in_child(action, delay=None):
    child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os._exit(0)
    if delay is not None:
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def check(former):
    latest = read_latest(out)
    assert latest is not None and altered_files(latest) == [], latest
    assert former.is_dir() and altered_files(former) == []
    for path in out.iterdir():  # whatever has a final name is whole
        assert path.name.startswith(".") or path.name == "latest" or altered_files(path) == [], path
    return latest

run()
former, killed, advanced = read_latest(out), 0, 0
start = time.perf_counter()
run()
took = time.perf_counter() - start
draw = random.Random(20260302)
steps = range(1, 400) if mode == "every" else range(int(mode))
for step in steps:
    if mode == "every":
        code = in_child(lambda: (dies_at(step), run()))
    else:
        code = in_child(run, draw.uniform(0, 1.1 * took))
    killed += code == -signal.SIGKILL
    latest = check(former)
    advanced += latest != former
    former = latest
    if mode == "every" and code == 0:
        break
run()
check(former)
print(killed, advanced, sorted(path.name for path in out.iterdir() if path.name.startswith(".")))
'''


@pytest.mark.parametrize(("mode", "at_least"), [("every", 40), (str(examples(40)), examples(25))])
def test_kill_at_any_moment(tmp_path: Path, mode: str, at_least: int) -> None:
    """Real children, really killed: before each of their calls that touch a file, and at random moments."""
    source = tmp_path / "in.txt"
    source.write_text("宗地", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "out"), str(source), mode],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    killed, advanced, left = done.stdout.split(maxsplit=2)
    assert int(killed) >= at_least
    assert int(advanced) >= 1
    assert left.strip() == "[]"


SAFE_NAMES = [
    ("凤鸣街道", "凤鸣街道"),
    ("CON", "_CON"),
    ("con.txt", "_con.txt"),
    ("LPT¹", "_LPT¹"),
    ("COMMON", "COMMON"),
    ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
    ("名字. .", "名字"),
    ("  x", "x"),
    (".hidden", "_.hidden"),
    ("..", "_"),
    ("", "_"),
    ("\x00\n\x1f", "___"),
    ("abc\u202egnp.exe", "abc_gnp.exe"),
    ("零\u200b宽", "零_宽"),
    ("e\u0301", "\u00e9"),
]


@pytest.mark.parametrize(("text", "name"), SAFE_NAMES)
def test_safe_file_name(text: str, name: str) -> None:
    assert safe_file_name(text) == name


@given(st.text(max_size=300))
def test_safe_file_name_is_always_safe(text: str) -> None:
    name = safe_file_name(text)
    assert 1 <= len(name) <= LONGEST
    assert len(f"{name}.parquet".encode()) <= 255
    assert not set(name) & set('<>:"/\\|?*')
    assert not {unicodedata.category(char) for char in name} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert name == name.strip(" ")
    assert name == name.strip(".")
    assert name.split(".")[0].rstrip().upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
    assert safe_file_name(name) == name


@given(st.lists(st.text(alphabet="aA/:.", max_size=4)))
def test_file_names_are_distinct(texts: list[str]) -> None:
    named = file_names(texts)
    assert set(named) == set(texts)
    assert len({name.casefold() for name in named.values()}) == len(named)
    assert all(safe_file_name(name) == name for name in named.values())


def test_a_safe_name_can_be_a_file(tmp_path: Path) -> None:
    for text in ("长" * 500, "😀" * 500, "\u202e../..", "a" * 79 + "."):
        (tmp_path / f"{safe_file_name(text)}.parquet").write_bytes(b"")
    assert len(list(tmp_path.iterdir())) == 4


def test_the_lock_of_a_removed_file_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process cleans the lock file away between our opening and our locking it."""
    path, real = tmp_path / "lock", fcntl.flock

    def late(handle: int, operation: int) -> None:
        path.unlink()
        real(handle, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    assert acquire(path) is None
    monkeypatch.undo()
    handle = acquire(path)
    assert handle is not None
    assert acquire(path) is None
    release(handle, path)
    assert list(tmp_path.iterdir()) == []


def test_write_whole_replaces_or_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "表.xlsx"
    write_whole(path, b"old")

    def failing(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OutputError, match=r"表\.xlsx：写不成，磁盘已满"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    monkeypatch.undo()
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError, match="办法"):
        write_whole(tmp_path / "无" / "表.xlsx", b"")
