"""What happens to files (损坏的文件): bits flip, ends are lost, pieces come twice, encodings are mixed up."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "big5", "latin-1", "ascii")
TOKENS = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n", b",", b'"', b"=", b"]]", b"'''", b"nan", b"1e999", b"-0"),
    *(b"99999999999999999999", "，".encode(), "１２".encode("gb18030"), "〇".encode(), b"2026-13-45", b"<script>"),
    b"../..",
)


def flip(data: bytes, chance: random.Random) -> bytes:
    """Flip a few bits."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    """Lose the end, the beginning, or a piece."""
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice((data[:start], data[start:], data[:start] + data[end:], b""))


def duplicate(data: bytes, chance: random.Random) -> bytes:
    """Have a piece, or a whole line, twice."""
    lines = data.splitlines(keepends=True)
    if len(lines) > 1 and chance.random() < 0.5:
        at = chance.randrange(len(lines))
        return b"".join([*lines[: at + 1], *lines[at:]])
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.choice((1, 16, 512, 8192))]
    return data[:start] + piece + data[start:]


def swap(data: bytes, chance: random.Random) -> bytes:
    """Exchange two pieces of one length."""
    size = min(chance.choice((1, 4, 64, 1024)), len(data) // 2)
    if size == 0:
        return data
    first = chance.randrange(len(data) - 2 * size + 1)
    second = chance.randrange(first + size, len(data) - size + 1)
    one, other = data[first : first + size], data[second : second + size]
    return data[:first] + other + data[first + size : second] + one + data[second + size :]


def insert(data: bytes, chance: random.Random) -> bytes:
    """Get something between."""
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(TOKENS) * chance.choice((1, 1, 3)) + data[at:]


def overwrite(data: bytes, chance: random.Random) -> bytes:
    """Something is written over."""
    at, token = chance.randrange(len(data) + 1), chance.choice(TOKENS)
    return data[:at] + token + data[at + len(token) :]


def reencode(data: bytes, chance: random.Random) -> bytes:
    """Text is saved in another encoding, or read in a wrong one and saved."""
    read, saved = chance.choice(ENCODINGS), chance.choice(ENCODINGS)
    return data.decode(read, "replace").encode(saved, "replace")


BYTES: tuple[Mutation, ...] = (flip, cut, duplicate, swap, insert, overwrite, reencode)


def inside(data: bytes, chance: random.Random) -> bytes:
    """Change one member of an archive, such as a sheet of a workbook, and pack it again; elsewhere change the bytes."""
    change = chance.choice(BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as sound:
            members = {name: sound.read(name) for name in sound.namelist()}
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError, RuntimeError):
        return change(data, chance)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as broken:
        chosen = chance.choice([name for name in members if "sheet" in name] or list(members))
        for name, member in members.items():
            broken.writestr(name, change(member, chance) if name == chosen else member)
    return packed.getvalue()


MUTATIONS: tuple[Mutation, ...] = (*BYTES, inside, inside)


def mutated(data: bytes, seed: int) -> tuple[str, bytes]:
    """Name of one or several mutations, and what they leave of a file."""
    chance = random.Random(seed)  # noqa: S311
    if data.startswith(b"PK") and chance.random() < 0.8:  # most changed bytes of an archive only make it no archive
        return "inside", inside(data, chance)
    chosen = [chance.choice(MUTATIONS) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    for mutation in chosen:
        data = mutation(data, chance)
    return "+".join(mutation.__name__ for mutation in chosen), data
